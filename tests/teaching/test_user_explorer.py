"""The lab *liked beside recommended* without a browser: its state, its view, what happens to exceptions."""

import numpy as np
import pytest
import scipy.sparse as sp

from recsys_lessons.teaching.widgets import UserExplorer, UserExplorerView, explore_users
from recsys_lessons.teaching.widgets.base import LabView

LABELS = ["Heat", "Up & Away", "<b>Jaws</b>", "Alien", "Brazil"]
# User 2 has liked everything, user 3 nothing.
LIKED = sp.csr_array(np.array([[1, 0, 1, 0, 0], [0, 1, 0, 0, 0], [1, 1, 1, 1, 1], [0, 0, 0, 0, 0]], dtype=np.float32))
TEST = sp.csr_array(np.array([[0, 1, 0, 0, 0], [0, 0, 0, 0, 0], [0, 0, 0, 0, 0], [0, 0, 0, 0, 1]]))


class FixedOrder:
    """Ranks items by their id, and remembers what it was asked."""

    def __init__(self):
        self.calls = []

    def recommend(self, user_ids, n, *, exclude=None, **features):
        self.calls.append(features)
        ids = np.full((1, n), -1, dtype=np.int32)
        left = [item for item in range(5) if exclude is None or not exclude[[user_ids[0]]].toarray()[0, item]][:n]
        ids[0, : len(left)] = left
        return ids, np.zeros((1, n), dtype=np.float32)


class Failing(FixedOrder):
    def recommend(self, user_ids, n, **arguments):
        if user_ids[0] == 1:
            raise RuntimeError("no answer for <user> 1")
        return super().recommend(user_ids, n, **arguments)


def explorer(model=None, **arguments):
    return UserExplorer(model or FixedOrder(), LIKED, LABELS, **{"n": 3, "test": TEST, **arguments})


# --- state -------------------------------------------------------------------------------------------------


def test_lists_of_a_user():
    lists = explorer().lists()
    assert lists.user == 0
    assert lists.liked == ("Heat", "<b>Jaws</b>")
    assert lists.recommended == ("Up & Away", "Alien", "Brazil")
    assert lists.hits == (True, False, False)
    assert lists.excluded == ("Heat", "<b>Jaws</b>")


def test_both_ends_of_the_range():
    state = explorer()
    state.user = state.n_users - 1
    assert state.lists().liked == ()
    assert state.lists().recommended == ("Heat", "Up & Away", "<b>Jaws</b>")
    assert state.lists().excluded == ()
    state.user = 0
    assert state.lists().liked == ("Heat", "<b>Jaws</b>")


def test_a_user_who_likes_everything_gets_nothing():
    lists = explorer(user=2).lists()
    assert lists.recommended == ()
    assert len(lists.liked) == 5


def test_features_are_passed_on_only_when_given():
    model = FixedOrder()
    explorer(model).lists()
    assert model.calls[-1] == {}
    features = sp.eye_array(5, format="csr")
    explorer(model, item_features=features).lists()
    assert model.calls[-1] == {"item_features": features}


def test_zeros_negatives_and_duplicates_are_not_likes():
    stored = sp.coo_array(([0.0, -1.0, 1.0, 1.0], ([0, 0, 0, 0], [0, 1, 2, 2])), shape=(1, 5))
    assert UserExplorer(FixedOrder(), stored, LABELS).lists().liked == ("<b>Jaws</b>",)
    assert stored.nnz == 4


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"labels": LABELS[:4]}, "labels has 4 entries; expected 5"),
        ({"interactions": np.zeros((0, 5))}, "interactions has shape"),
        ({"test": np.zeros((4, 4))}, r"test has shape \(4, 4\); expected \(4, 5\)"),
        ({"n": 0}, "n is 0"),
        ({"n": 2.5}, "n is 2.5; expected a whole number"),
        ({"user": 4}, "user is 4; expected a number from 0 to 3"),
        ({"user": -1}, "user is -1"),
        ({"user": "0"}, "user is '0'"),
    ],
)
def test_wrong_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        UserExplorer(**{"model": FixedOrder(), "interactions": LIKED, "labels": LABELS, **arguments})


def test_numpy_integers_are_users():
    state = explorer()
    state.user = np.int32(2)
    assert state.user == 2


# --- view --------------------------------------------------------------------------------------------------


def body_of(view):
    return view.widget.children[-2].children[0].value


def foot_of(view):
    return view.widget.children[-1].value


def test_every_user_can_be_shown():
    view = UserExplorerView(explorer())
    for user in (3, 2, 1, 0):
        view.slider.value = user
        assert view.error is None
        assert f">User {user}</caption>" in body_of(view)
        assert view.number.value == user
    view.number.value = 3
    assert view.explorer.user == view.slider.value == 3
    assert (view.slider.min, view.slider.max) == (view.number.min, view.number.max) == (0, 3)


def test_titles_are_escaped_and_hits_marked():
    body = body_of(UserExplorerView(explorer()))
    assert "<b>" not in body
    assert "&lt;b&gt;Jaws&lt;/b&gt;" in body
    assert "✓ </strong>Up &amp; Away" in body
    assert "Liked (2 of 2)" in body
    assert "with 1 of the user's 1 likes in test (✓)" in body
    assert "Left out, being liked already: Heat, &lt;b&gt;Jaws&lt;/b&gt;." in body


def test_nothing_to_recommend_is_said():
    assert "Nothing is left to recommend" in body_of(UserExplorerView(explorer(user=2)))


def test_controls_have_descriptions_and_the_body_a_fixed_height():
    view = UserExplorerView(explorer())
    assert view.slider.description
    assert view.number.description
    assert view.widget.children[-2].layout.height.endswith("px")


def test_an_exception_in_a_callback_is_shown_and_goes_away():
    view = UserExplorerView(explorer(Failing()))
    before = body_of(view)
    view.slider.value = 1
    assert isinstance(view.error, RuntimeError)
    assert "RuntimeError: no answer for &lt;user&gt; 1" in foot_of(view)
    assert 'role="alert"' in foot_of(view)
    assert body_of(view) == before
    view.slider.value = 2
    assert view.error is None
    assert foot_of(view) == ""


def test_an_exception_for_the_first_user_is_raised():
    with pytest.raises(RuntimeError, match="no answer"):
        UserExplorerView(explorer(Failing(), user=1))


# --- showing -----------------------------------------------------------------------------------------------


def test_outside_of_a_notebook_a_summary_is_printed(capsys):
    assert explore_users(FixedOrder(), LIKED, LABELS, n=3) is None
    assert capsys.readouterr().out == ("[lab] user 0: 2 liked, recommended first: Up & Away, Alien, Brazil\n")


def test_a_notebook_gets_the_widget_and_a_static_page(monkeypatch):
    received = []
    monkeypatch.setattr("IPython.get_ipython", lambda: object())
    monkeypatch.setattr("IPython.display.display", lambda data, *, raw: received.append(data))
    explore_users(FixedOrder(), LIKED, LABELS, n=3)
    view, page = received
    assert list(view) == ["application/vnd.jupyter.widget-view+json"]
    assert view["application/vnd.jupyter.widget-view+json"]["model_id"]
    assert ">User 0</caption>" in page["text/html"]
    assert "Run the cell to make it live" in page["text/html"]
    assert page["text/plain"].startswith("[lab] user 0")


def test_the_frame_knows_nothing_of_users():
    view = LabView("Any lab", [], height=100)
    view.set_body("<p>body</p>")
    assert "<p>body</p>" in body_of(view)
