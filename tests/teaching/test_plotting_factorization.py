"""Figures of matrix factorization: what they say, what they refuse, and that the stepper is the library's update."""

import numpy as np
import pytest

from recsys_lessons.teaching.plotting import (
    plot_against,
    plot_by_number_known,
    plot_error_by_epoch,
    plot_sgd_steps,
    plot_what_is_left,
)
from recsys_lessons.teaching.rating_steps import learn_step_by_step

TABLE = np.array([[5, 4, 2, np.nan], [1, 2, 4, 5], [4, 3, 1, 2]])


@pytest.fixture
def shown(monkeypatch):
    """Text alternatives and titles of the figures that a notebook would receive."""
    received = []
    from recsys_lessons.teaching.plotting import style

    monkeypatch.setattr("IPython.get_ipython", lambda: object())
    monkeypatch.setattr("IPython.display.display", lambda data, *, metadata, raw: None)
    monkeypatch.setattr(style, "_png", lambda figure: received.append(figure) or b"")
    return received


def title_of(figure) -> str:
    return figure.get_suptitle() or figure.axes[0].get_title("left")


def test_the_title_says_in_how_many_epochs_it_is_ahead_of_the_reference(shown, capsys):
    plot_error_by_epoch([0.9, 0.7, 0.5], [1.0, 0.92, 0.95], reference=("the biases", [0.99, 0.9, 0.9]))
    plot_error_by_epoch([0.9, 0.7, 0.5], [1.0, 0.88, 0.95], reference=("the biases", [0.99, 0.9, 0.9]), name="with it")
    assert [title_of(figure) for figure in shown] == [
        "The model: ahead of the biases in none of 3 epochs",
        "With it: ahead of the biases in 1 of 3 epochs",
    ]
    assert [text.get_text() for text in shown[1].axes[1].texts] == ["with it", "the biases"]
    assert "lowest on test: 0.880, after epoch 2 of 3 · the biases at that epoch: 0.900" in capsys.readouterr().out


def test_settings_are_compared_with_the_baseline_on_the_same_split(shown, capsys):
    values = {"better": [0.88, 0.89], "mixed": [0.91, 0.90], "worse": [0.92, 0.93]}
    plot_against(values, [0.90, 0.91], name="biases", title="One is better")
    assert capsys.readouterr().out == "below biases on all 2 splits: better\nbelow on none: worse\n"
    axes = shown[0].axes[0]
    offsets = [line.get_xdata() for line in axes.lines[:3]]
    np.testing.assert_allclose(offsets, [[-0.02, -0.02], [0.01, -0.01], [0.02, 0.02]])
    assert len({line.get_marker() for line in axes.lines[:3]}) == 3, "color alone must not tell them apart"
    plot_against(values, [0.90, 0.91], name="biases")
    plot_against({"a": [0.8, 0.8], "b": [0.8, 0.9], "worse": [0.92, 0.93]}, [0.90, 0.91], name="biases")
    plot_against({"a": [0.8, 0.8]}, [0.90, 0.91], name="biases")
    plot_against({"worse": [0.92, 0.93]}, [0.90, 0.91], name="biases")
    assert [title_of(figure) for figure in shown[1:]] == [
        "Ahead of biases on every split: better",
        "All are ahead of biases on every split but worse",
        "All are ahead of biases on every split",
        "Ahead of biases on every split: none",
    ]
    capsys.readouterr()
    plot_against({"mixed": [0.91, 0.90]}, [0.90, 0.91], name="biases", title="Neither")
    assert capsys.readouterr().out == "below biases on all 2 splits: nothing\nbelow on none: nothing\n"


def test_what_is_left_is_measured_by_the_slope(shown, capsys):
    start = np.random.default_rng(1).normal(0, 0.1, 5000)
    plot_what_is_left(start, 0.8 * start)
    assert title_of(shown[0]) == "A pair that began 0.1 stars higher ends 0.08 higher, on average"
    assert capsys.readouterr().out == "correlation of the two: 1.00\nslope of the best line: 0.80\n"
    assert len(shown[0].axes[0].lines[0].get_xdata()) == 2500


def test_new_users_are_shown_by_the_mean_over_seeds(shown, capsys):
    plot_by_number_known([0, 10], {"biases": [[1.0, 0.9], [0.9, 0.8]], "mean": [[0.9, 1.1], [0.9, 1.1]]})
    assert title_of(shown[0]) == "Lowest on average: biases with 10; mean with 0"
    np.testing.assert_allclose(shown[0].axes[0].lines[0].get_ydata(), [0.95, 0.85])
    assert "biases: 0.950 · 0.850 with 0, 10 known" in capsys.readouterr().out


def test_the_stepper_shows_the_blank(shown, capsys):
    plot_sgd_steps(TABLE, steps=330, users=["Ann", "Bob", "Cid"], items=list("GMPO"))
    out = capsys.readouterr().out
    assert (
        "predicted where nothing is known: Ann, O: 2.9" in out or "predicted where nothing is known: Ann, O: 3.0" in out
    )
    plane, table = shown[0].axes
    assert title_of(shown[0]) == "Ann and Cid agree: their vectors point the same way"
    assert sorted(text.get_text() for text in plane.texts) == sorted(["Ann", "Bob", "Cid", *"GMPO"])
    assert "(?)" in table.texts[3].get_text() and table.texts[0].get_text().endswith("(5)")


def test_vectors_that_begin_at_zero_stay_there(shown, capsys):
    plot_sgd_steps(TABLE, steps=50, start=0)
    path = learn_step_by_step(TABLE, 50, 0.1, 0.02, 0, seed=0)
    assert not path.users.any() and not path.items.any()
    plot_sgd_steps(np.array([[5.0, 1.0], [1.0, 5.0]]), steps=400)
    assert [title_of(figure) for figure in shown] == [
        "The users' vectors have hardly a length",
        "No two users point the same way",
    ]
    plot_sgd_steps(np.array([[1.0, 2.0]]), steps=0)
    assert "predicted where nothing is known: no such place" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: plot_error_by_epoch([], [], reference=("b", [])), "train has 0 epochs and test 0"),
        (lambda: plot_error_by_epoch([1.0], [np.nan], reference=("b", [1.0])), "finite"),
        (lambda: plot_error_by_epoch([1.0], [1.0], reference=("b", [1.0, 2.0])), r"reference has shape \(2,\)"),
        (lambda: plot_against({}, [1.0], name="b", title="t"), "values is empty"),
        (lambda: plot_against({"a": [1.0, 2.0]}, [1.0], name="b", title="t"), "'a' has 2 splits; expected 1"),
        (lambda: plot_against({"a": [np.nan]}, [1.0], name="b", title="t"), "not finite"),
        (lambda: plot_what_is_left(np.ones(3), np.ones(4)), r"start has shape \(3,\) and end \(4,\)"),
        (lambda: plot_what_is_left(np.ones(3), np.ones(3)), "the same for all pairs"),
        (lambda: plot_by_number_known([], {}, title="t"), "is empty"),
        (lambda: plot_by_number_known([1], {"a": np.ones((5, 2))}, title="t"), r"'a' has shape \(5, 2\)"),
        (lambda: plot_sgd_steps(np.full((2, 2), np.nan)), "at least one known rating"),
        (lambda: plot_sgd_steps(TABLE, steps=-1), "must be at least 0"),
        (lambda: plot_sgd_steps(TABLE, users=["Ann"]), "1 users and 4 items"),
        (lambda: plot_sgd_steps(TABLE, learning_rate=2.0), "grow beyond all bounds with learning_rate=2.0"),
    ],
)
def test_what_cannot_be_shown_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
