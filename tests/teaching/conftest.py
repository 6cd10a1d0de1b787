"""What the tests of figures and labs share."""

import numpy as np
import pytest

from recsys_lessons.teaching.plotting import style
from recsys_lessons.teaching.widgets import picture


@pytest.fixture
def drawn(monkeypatch):
    """The figures that were drawn, and their text alternatives."""
    figures, alts = [], []
    monkeypatch.setattr(style, "_png", lambda figure: figures.append(figure) or b"")
    monkeypatch.setattr(style, "_show", lambda picture, alt: alts.append(alt))
    return figures, alts


@pytest.fixture(autouse=True)
def like_new(monkeypatch):
    """Hold every picture of a lab against the same one drawn into new panels: nothing of earlier ones may be left."""
    draw = picture.Picture.draw

    def draw_and_compare(self, onto, *, layout=None):
        draw(self, onto, layout=layout)
        new = picture.Picture(len(self._panels), height=self._figure.get_figheight(), alt="")
        new._layout, new._empty = layout, [set()] * len(new._panels)
        for axes, place in zip(new._panels, self._panels, strict=True):
            axes.set_position(place.get_position(original=True))
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(picture, "_wipe", lambda axes, parts: axes.clear())
            draw(new, onto, layout=layout)
        different = np.any(np.asarray(self._canvas.buffer_rgba()) != np.asarray(new._canvas.buffer_rgba()), axis=2)
        assert not different.any(), f"{different.sum()} pixels differ from those of a new picture"

    monkeypatch.setattr(picture.Picture, "draw", draw_and_compare)
