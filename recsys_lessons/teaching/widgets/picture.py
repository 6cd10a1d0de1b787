"""A picture that changes in place: one matplotlib figure, drawn again into one image of fixed size.

pyplot knows nothing of it, so figures neither pile up nor appear twice, and the page does not jump.
"""

from __future__ import annotations

import html
import io
from collections.abc import Callable, Hashable, Sequence
from typing import TYPE_CHECKING, Any

import ipywidgets
import numpy as np
from PIL import Image

from recsys_lessons.teaching.plotting.style import PIXELS_PER_INCH, course_style, new_figure

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

__all__ = ["Picture"]


class Picture:
    """A row of panels in the course's style, and the widget that shows them.

    Parameters
    ----------
    n_panels : int
    height : float
        In inches.
    alt : str
        What a person who cannot see the picture should be told.

    Attributes
    ----------
    widget : ipywidgets.Widget
    """

    def __init__(self, n_panels: int, *, height: float, alt: str) -> None:
        with course_style():
            self._figure, self._panels = new_figure(n_panels, height=height, dpi=PIXELS_PER_INCH)
        self._figure.set_layout_engine("none")  # `draw` says when
        self._canvas: Any = self._figure.canvas  # Agg's
        self._layout: Hashable = object()  # like no other
        self._empty: list[set[Artist]] = []  # what a panel consists of before anything is drawn
        width = round(self._figure.get_figwidth() * PIXELS_PER_INCH)
        size = {"width": f"{width}px", "height": f"{round(height * PIXELS_PER_INCH)}px"}
        self._image = ipywidgets.Image(format="png", layout=ipywidgets.Layout(**size, flex="0 0 auto"))
        # An Image has no text alternative (and with a tooltip it fails to appear at all), so the text stands beside
        # it, where screen readers find it and eyes do not.
        hidden = "position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%)"
        self.alt = ipywidgets.HTML(f'<p style="{hidden}">{html.escape(alt)}</p>')
        self.widget = ipywidgets.VBox([self._image, self.alt])

    def draw(self, onto: Callable[[Sequence[Axes]], None], *, layout: Hashable = None) -> None:
        """Draw anew: `onto` gets the empty panels.

        The panels are made anew, and their places worked out, when `layout` is another than last time; that takes as
        long as the rest. So name by it what makes labels or ticks wider, and what kind of chart it is. Otherwise only
        what was drawn, written and set (limits, ticks, scales) is taken away; `onto` sets the rest, such as grids, in
        each drawing or in none.
        """
        from matplotlib.layout_engine import ConstrainedLayoutEngine

        # With a place of its own a title needs not look for the topmost label.
        with course_style({"axes.titley": 1.0}):
            if layout != self._layout:
                for axes in self._panels:
                    axes.clear()
                self._empty = [set(axes.get_children()) for axes in self._panels]
                self._draw_onto(onto)
                ConstrainedLayoutEngine(h_pad=0.12, w_pad=0.12).execute(self._figure)
                self._layout = layout
            for axes, parts in zip(self._panels, self._empty, strict=True):
                _wipe(axes, parts)
            self._draw_onto(onto)
            # Not savefig, which draws everything twice.
            self._canvas.draw()
        raw = io.BytesIO()
        Image.fromarray(np.asarray(self._canvas.buffer_rgba())[..., :3]).save(raw, "png", compress_level=1)
        self._image.value = raw.getvalue()

    def _draw_onto(self, onto: Callable[[Sequence[Axes]], None]) -> None:
        for axes in self._panels:
            axes.locator_params(nbins=4)  # each tick costs a millisecond
        onto(self._panels)

    @property
    def png(self) -> bytes:
        """The picture as it is shown."""
        return bytes(self._image.value)


def _wipe(axes: Axes, parts: set[Artist]) -> None:
    """Leave of `axes` only these parts, as ``axes.clear()`` does; that one makes all ticks anew, half of the time."""
    from matplotlib.ticker import AutoLocator, ScalarFormatter

    for artist in axes.get_children():
        if artist not in parts:
            artist.remove()
    if axes.get_xscale() != "linear":
        axes.set_xscale("linear")
    if axes.get_yscale() != "linear":
        axes.set_yscale("linear")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(AutoLocator())
        axis.set_major_formatter(ScalarFormatter())
        axis.set_label_text("")
    axes.set_title("")
    axes.set_prop_cycle(None)
    axes.set_aspect("auto")
    axes.relim()
    axes.set_xlim(0, 1, auto=True)
    axes.set_ylim(0, 1, auto=True)
