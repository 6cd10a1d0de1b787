"""The frame that all labs share: errors in callbacks, controls that follow the state, and labs of one cell."""

import ipywidgets
import pytest

from recsys_lessons.teaching.widgets import base
from recsys_lessons.teaching.widgets.base import LabView


@pytest.fixture
def view():
    lab = LabView("a lab", [], height=10)
    lab.outer, lab.inner = ipywidgets.IntSlider(), ipywidgets.IntSlider()
    return lab


def fail(value):
    raise ArithmeticError("no <way>")


def test_an_error_is_shown_escaped_until_something_works(view):
    view.on_change(view.outer, fail)
    view.outer.value = 3
    assert isinstance(view.error, ArithmeticError) and "no &lt;way&gt;" in view._foot.value
    view.on_change(view.inner, lambda value: None)
    view.inner.value = 1
    assert view.error is None and view._foot.value == ""


def test_the_error_of_a_control_that_a_callback_sets_stays(view):
    view.on_change(view.inner, fail)
    view.on_change(view.outer, lambda value: setattr(view.inner, "value", value))
    view.outer.value = 3
    assert isinstance(view.error, ArithmeticError)


def test_controls_follow_until_the_block_ends_however_it_ends(view):
    with pytest.raises(ArithmeticError), view.following():
        with view.following():
            pass
        assert view.is_following
        fail(0)
    assert not view.is_following


def test_labs_without_a_cell_leave_each_other_alone(monkeypatch):
    monkeypatch.setattr(base, "_shown", {})
    ended = []
    for name in ("first", "second"):
        lab = LabView(name, [], height=10)
        lab.end_work = lambda name=name: ended.append(name)
        base._replace("", lab)
    assert ended == []
