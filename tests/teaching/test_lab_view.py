"""The frame that all labs share: errors in callbacks, controls that follow the state, and labs of one cell."""

import asyncio
import threading
import time

import ipywidgets
import pytest

from recsys_lessons.teaching.plotting.style import course_style
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


class Busy:
    """Work in which nobody else must be: counts how many are, and keeps the most."""

    def __init__(self):
        self.n_calls = self.n_inside = self.most = 0

    def __call__(self, value=None):
        self.n_calls += 1
        self.n_inside += 1
        self.most = max(self.most, self.n_inside)
        time.sleep(0.02)
        self.n_inside -= 1


def at_once(*calls):
    threads = [threading.Thread(target=call) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_callbacks_of_two_threads_wait_for_each_other(view):
    busy, button = Busy(), ipywidgets.Button()
    view.on_change(view.outer, busy)
    view.on_click(button, busy)

    def slide():
        for value in range(1, 6):
            view.outer.value = value

    at_once(slide, lambda: [button.click() for _ in range(5)])
    assert view.error is None and (busy.n_calls, busy.most) == (10, 1)


def test_work_is_not_drawn_beside_a_callback_of_another_thread(view):
    busy, steps = Busy(), iter(range(5))
    view.on_change(view.outer, busy)

    async def work():
        view.work(lambda: next(steps) < 4, busy)
        for value in range(1, 6):
            await asyncio.to_thread(setattr, view.outer, "value", value)
        await view.task

    asyncio.run(work())
    assert view.error is None and (busy.n_calls, busy.most) == (10, 1)


def test_the_style_is_set_by_one_thread_at_a_time():
    busy = Busy()

    def draw():
        with course_style():
            busy()

    at_once(draw, draw, draw)
    assert (busy.n_calls, busy.most) == (3, 1)
