"""A picture that changes in place: one matplotlib figure, drawn again into one image of fixed size.

pyplot knows nothing of it, so figures neither pile up nor appear twice, and the page does not jump.
"""

from __future__ import annotations

import html
import io
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import ipywidgets

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
        width = round(self._figure.get_figwidth() * PIXELS_PER_INCH)
        size = {"width": f"{width}px", "height": f"{round(height * PIXELS_PER_INCH)}px"}
        self._image = ipywidgets.Image(format="png", layout=ipywidgets.Layout(**size, flex="0 0 auto"))
        # An Image has no text alternative (and with a tooltip it fails to appear at all), so the text stands beside
        # it, where screen readers find it and eyes do not.
        hidden = "position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%)"
        self.alt = ipywidgets.HTML(f'<p style="{hidden}">{html.escape(alt)}</p>')
        self.widget = ipywidgets.VBox([self._image, self.alt])

    def draw(self, onto: Callable[[Sequence[Axes]], None]) -> None:
        """Draw anew: `onto` gets the empty panels."""
        with course_style():
            for axes in self._panels:
                axes.clear()
            onto(self._panels)
            raw = io.BytesIO()
            self._figure.savefig(raw, format="png", metadata={"Software": None})
        self._image.value = raw.getvalue()

    @property
    def png(self) -> bytes:
        """The picture as it is shown."""
        return bytes(self._image.value)
