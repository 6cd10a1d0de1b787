"""What the tests of figures share."""

import pytest

from recsys_lessons.teaching.plotting import style


@pytest.fixture
def drawn(monkeypatch):
    """The figures that were drawn, and their text alternatives."""
    figures, alts = [], []
    monkeypatch.setattr(style, "_png", lambda figure: figures.append(figure) or b"")
    monkeypatch.setattr(style, "_show", lambda picture, alt: alts.append(alt))
    return figures, alts
