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
        self._canvas: Any = self._figure.canvas  # Agg's
        self._layout: Hashable = object()  # like no other
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

        The places of the panels are worked out when `layout` is another than last time, which takes a third of the
        time that a drawing takes: name by it what makes labels or ticks wider.
        """
        from matplotlib.layout_engine import ConstrainedLayoutEngine

        with course_style():
            if layout != self._layout:
                self._figure.set_layout_engine(ConstrainedLayoutEngine(h_pad=0.12, w_pad=0.12))
            for axes in self._panels:
                axes.clear()
                axes.locator_params(nbins=4)  # each tick costs a millisecond
            onto(self._panels)
            # Not savefig, which draws everything twice.
            self._canvas.draw()
            self._figure.set_layout_engine("none")
            self._layout = layout
        raw = io.BytesIO()
        Image.fromarray(np.asarray(self._canvas.buffer_rgba())[..., :3]).save(raw, "png", compress_level=1)
        self._image.value = raw.getvalue()

    @property
    def png(self) -> bytes:
        """The picture as it is shown."""
        return bytes(self._image.value)
