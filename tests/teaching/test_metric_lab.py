"""The metric lab without a browser: its verdicts are the library's, and moves do what they say."""

import numpy as np
import pytest
import scipy.sparse as sp

from recsys_lessons import Popularity
from recsys_lessons.evaluation import auc_score, ndcg_at_k, precision_at_k, recall_at_k, reciprocal_rank
from recsys_lessons.teaching.plotting import plot_ranked_lists
from recsys_lessons.teaching.ranked_lists import five_metrics
from recsys_lessons.teaching.widgets import MetricLab, MetricView, RankedList, show_metric_lab


def from_a_model(ranked, k):
    """What the library says of a model that scores the items in the order of the list."""
    n = len(ranked.order)
    scores = np.empty(n, dtype=np.float32)
    scores[list(ranked.order)] = np.arange(n, 0, -1)
    model = Popularity(by="ratings").fit(sp.csr_matrix(scores[None]))
    likes = sp.csr_matrix([[float(item in ranked.liked) for item in range(n)]])
    return [
        precision_at_k(model, likes, k=k)[0],
        recall_at_k(model, likes, k=k)[0],
        auc_score(model, likes)[0],
        reciprocal_rank(model, likes)[0],
        ndcg_at_k(model, likes, k=k)[0],
    ]


# --- state -----------------------------------------------------------------------------------------------------------


def test_after_any_moves_the_verdicts_are_those_of_the_library_to_the_bit():
    rng = np.random.default_rng(0)
    lab = MetricLab()
    for _ in range(60):
        lab.choose(int(rng.integers(20)))
        lab.move(int(rng.integers(1, 21)))
        lab.like(bool(rng.integers(2)))
        lab.cut(int(rng.integers(1, 21)))
        assert sorted(lab.now.order) == list(range(20))
        if not lab.now.liked:
            continue
        verdicts = lab.verdicts()
        assert [verdict.now for verdict in verdicts] == from_a_model(lab.now, lab.k)
        for verdict, path in zip(verdicts, lab.paths().values(), strict=True):
            assert path[lab.place - 1] == verdict.now
        if rng.random() < 0.2:
            lab.pin()
    assert [verdict.pinned for verdict in lab.verdicts()] == from_a_model(lab.pinned, lab.k)
    for verdict in lab.verdicts():
        assert verdict.difference == verdict.now - verdict.pinned


def test_a_path_is_what_moving_would_give():
    lab = MetricLab([2, 6, 11, 16])
    lab.choose(10)
    paths = lab.paths()
    for to in range(1, 21):
        lab.move(to)
        assert [path[to - 1] for path in paths.values()] == [verdict.now for verdict in lab.verdicts()]


def test_it_starts_as_the_lessons_figure(capsys):
    lab = MetricLab()
    plot_ranked_lists({"a": [2, 6, 11, 16]}, n_items=20, k=10)
    told = " · ".join(f"{verdict.metric} {verdict.now:.3f}" for verdict in lab.verdicts())
    assert capsys.readouterr().out.splitlines()[-1] == f"a: {told}"
    assert all(verdict.difference == 0 for verdict in lab.verdicts())


def test_what_lies_between_moves_by_one():
    lab = MetricLab([2, 3], n_items=5, k=2)
    lab.choose(1)
    lab.move(4)
    assert lab.now == RankedList((0, 2, 3, 1, 4), frozenset({1, 2}))
    assert lab.now.places == (2, 4) and lab.place == 4
    lab.step(1)
    lab.step(1)  # no further than the end
    assert lab.place == 5
    lab.step(-9)
    assert lab.now.order == (1, 0, 2, 3, 4)


def test_pin_back_and_reset():
    lab = MetricLab([2, 6], n_items=8, k=4)
    start = lab.now
    lab.move(1)
    lab.pin()
    moved = lab.now
    lab.clear()
    assert lab.now.liked == frozenset() and lab.pinned == moved
    lab.back()
    assert lab.now == moved
    lab.cut(8)
    lab.choose(7)
    lab.reset()
    assert (lab.now, lab.pinned, lab.k, lab.chosen) == (start, start, 4, 1)


def test_without_likes_there_is_no_verdict():
    lab = MetricLab([], n_items=4, k=2)
    assert lab.paths() == {}
    assert {(v.pinned, v.now, v.difference) for v in lab.verdicts()} == {(None, None, None)}
    lab.like(True)
    assert lab.chosen == 0
    assert all(v.now == 1 or v.metric == "precision@2" for v in lab.verdicts())
    assert all(v.pinned is None and v.difference is None for v in lab.verdicts())


def test_the_answers_of_the_lesson():
    gains = {}
    for item in (1, 5, 10, 15):
        lab = MetricLab()
        lab.choose(item)
        lab.step(-1)
        gains[item] = [round(verdict.difference, 3) for verdict in lab.verdicts()]
    assert gains == {
        1: [0, 0, 0.016, 0.5, 0.144],
        5: [0, 0, 0.016, 0, 0.012],
        10: [0.1, 0.25, 0.016, 0, 0.113],
        15: [0, 0, 0.016, 0, 0],
    }
    lab = MetricLab()
    lab.clear()
    for item in (0, 18, 19):
        lab.choose(item)
        lab.like(True)
    lab.pin()
    for item, to in ((0, 8), (18, 9), (19, 10)):
        lab.choose(item)
        lab.move(to)
    precision, recall, auc, _, ndcg = lab.verdicts()
    assert (lab.now.places, recall.now) == ((8, 9, 10), 1)
    assert precision.now == pytest.approx(3 * precision.pinned)
    assert (round(auc.pinned, 3), round(auc.now, 3)) == (0.333, 0.588)
    assert (round(ndcg.pinned, 3), round(ndcg.now, 3)) == (0.469, 0.425)
    lab = MetricLab()
    lab.move(20)  # the first like
    assert lab.now.places == (5, 10, 15, 20)
    assert [verdict.difference for verdict in lab.verdicts()][:2] == [0, 0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"places": [0]}, "places must be a positive integer, got 0"),
        ({"places": [21]}, "places is 21; expected a number from 1 to 20"),
        ({"places": [3, 3]}, "expected different places from 1 to 20"),
        ({"k": 21}, "k is 21; expected a number from 1 to 20"),
        ({"n_items": 27}, "n_items is 27; expected at most 26"),
    ],
)
def test_wrong_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        MetricLab(**arguments)


@pytest.mark.parametrize(("action", "value"), [("choose", -1), ("choose", 20), ("move", 0), ("move", 21), ("cut", 0)])
def test_wrong_actions_are_refused_and_change_nothing(action, value):
    lab = MetricLab()
    before = (lab.now, lab.chosen, lab.k)
    with pytest.raises(ValueError, match=r"positive integer|from 1 to 20"):
        getattr(lab, action)(value)
    assert (lab.now, lab.chosen, lab.k) == before


def test_lists_of_different_lengths_are_measured_each_for_itself():
    together = five_metrics([[1], [2, 5, 7], [8, 3]], 8, 4)
    for row, places in enumerate([[1], [2, 5, 7], [3, 8]]):
        assert [values[row] for values in together.values()] == [v[0] for v in five_metrics([places], 8, 4).values()]


# --- view ------------------------------------------------------------------------------------------------------------


def test_controls_follow_each_other():
    view = MetricView(MetricLab())
    assert (view.films.value, view.at.value, view.place.value, view.liked.value) == (1, 2, 2, True)
    view.films.value = 10
    assert (view.lab.chosen, view.at.value, view.place.value, view.liked.value) == (10, 11, 11, True)
    view.buttons["up"].click()
    assert (view.at.value, view.place.value, view.films.value) == (10, 10, 10)
    assert view.films.options[9] == ("10. K ♥", 10)
    view.at.value = 1
    assert (view.lab.chosen, view.liked.value) == (0, False)
    view.liked.value = True
    assert view.lab.now.places == (1, 2, 6, 10, 16)
    view.place.value = 20
    assert view.films.options[-1] == ("20. A ♥", 0) and view.films.value == 0
    assert view.lab.now.places == (1, 5, 9, 15, 20)
    assert view.error is None


@pytest.mark.parametrize("end", ["min", "max"])
def test_both_ends_of_every_control_work(end):
    view = MetricView(MetricLab())
    for control in (view.k, view.at, view.place):
        control.value = getattr(control, end)
        assert view.error is None
    assert view.lab.k == view.lab.place == getattr(view.k, end)
    for name in ("up", "up", "down", "down"):
        view.buttons[name].click()
    view.films.value = 0 if end == "min" else 19
    assert view.error is None and len(view.films.options) == 20


def test_buttons_do_what_they_say():
    view = MetricView(MetricLab())
    assert view.buttons["pin"].disabled and view.buttons["back"].disabled
    view.buttons["up"].click()
    assert not view.buttons["pin"].disabled and "+0.144" in view._body_html
    assert "Pinned: likes at 2, 6, 11, 16; now: likes at 1, 6, 11, 16. Chosen: <strong>B</strong>" in view._body_html
    view.buttons["pin"].click()
    assert view.lab.pinned.places == (1, 6, 11, 16) and "+0.144" not in view._body_html
    view.buttons["clear"].click()
    assert "now: likes at no place" in view._body_html and "<td>–</td>" in view._body_html
    assert view.buttons["clear"].disabled and view.error is None
    view.buttons["back"].click()
    assert view.lab.now.places == (1, 6, 11, 16)
    view.buttons["reset"].click()
    assert view.lab.now.places == view.lab.pinned.places == (2, 6, 11, 16)
    view.k.value = 4
    assert "precision@4" in view._body_html


def test_each_action_draws_once(monkeypatch):
    view = MetricView(MetricLab())
    drawn = []
    monkeypatch.setattr(view.picture, "draw", lambda onto: drawn.append(1))
    for act in (
        lambda: setattr(view.place, "value", 9),
        lambda: setattr(view.films, "value", 4),
        view.buttons["up"].click,
        lambda: setattr(view.liked, "value", True),
    ):
        drawn.clear()
        act()
        assert len(drawn) == 1


def test_every_film_may_be_liked():
    view = MetricView(MetricLab([], n_items=3, k=3))
    for place in (1, 2, 3):
        view.at.value = place
        view.liked.value = True
    assert view.error is None and "AUC counts as a half" in view._body_html


def test_the_picture_changes_with_the_list():
    view = MetricView(MetricLab())
    pictures = {view.picture.png}
    for act in (view.buttons["down"].click, view.buttons["pin"].click, view.buttons["clear"].click):
        act()
        pictures.add(view.picture.png)
    assert len(pictures) == 4
    assert "dashed line at the cut" in view.picture.alt.value


def test_every_control_has_a_name():
    view = MetricView(MetricLab())
    controls = (view.films, view.at, view.place, view.k, view.liked, *view.buttons.values())
    assert all(control.description for control in controls)


def test_an_error_is_shown_and_goes_away(monkeypatch):
    view = MetricView(MetricLab())
    with monkeypatch.context() as patch:
        patch.setattr("recsys_lessons.teaching.widgets.metric_lab.five_metrics", lambda *_: 1 / 0)
        view.buttons["up"].click()
        assert isinstance(view.error, ZeroDivisionError) and "ZeroDivisionError" in view._foot.value
    view.buttons["down"].click()
    assert view.error is None


def test_outside_of_a_notebook_a_summary_is_printed(capsys):
    assert show_metric_lab([1, 3], n_items=5, k=2) is None
    assert capsys.readouterr().out.startswith("[lab] metric lab:")
