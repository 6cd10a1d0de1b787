"""Figures of tuning: knobs against the seed, and the curves of one training."""

import numpy as np
import pytest

from recsys_lessons.teaching.plotting import plot_knobs, plot_live_curves, plot_tries

KNOBS = {
    "rate": {"0.01": [0.05, 0.06], "0.25": [0.0, 0.01]},
    "search": {"50": [0.09, 0.1]},
    "rho": {"0.5": [0.07, 0.08]},
}
DEFAULT = [0.07, 0.08, 0.075]


def title_of(figure):
    return figure.axes[0].get_title(loc="left")


# --- knobs ---------------------------------------------------------------------------------------------------


def test_knobs_are_told_by_where_their_means_lie(drawn, capsys):
    plot_knobs(KNOBS, DEFAULT, measure="precision@10")
    assert capsys.readouterr().out == (
        "defaults: 0.070 to 0.080 in 3 seeds\n"
        "means below the range of the defaults: rate 0.25 (0.005), rate 0.01 (0.055)\n"
        "means above it: search 50 (0.095)\n"
        "means within it: rho 0.5\n"
    )
    assert title_of(drawn[0][0]) == "rate 0.25 costs most, search 50 gains most"
    assert drawn[1] == [
        "Dots, precision@10 by knob, one dot a seed. Gray band, defaults: 0.070 to 0.080. rate 0.01: 0.050 to 0.060, "
        "rate 0.25: 0.000 to 0.010, search 50: 0.090 to 0.100, rho 0.5: 0.070 to 0.080."
    ]


def test_a_knob_that_does_nothing_is_called_so(drawn, capsys):
    plot_knobs({"rho": {"0.5": [0.07, 0.08]}}, DEFAULT, measure="precision@10")
    plot_knobs({"rho": {"0.5": [0.07, 0.08]}}, DEFAULT, measure="precision@10", title="Another")
    assert [title_of(figure) for figure in drawn[0]] == ["No knob does more than the seed", "Another"]
    assert "means below the range of the defaults: none" in capsys.readouterr().out


def test_low_and_high_differ_in_color_marker_and_height_and_every_seed_can_be_counted(drawn):
    plot_knobs(KNOBS, DEFAULT, measure="precision@10")
    low, high = drawn[0][0].axes[0].lines[:2]
    assert low.get_color() != high.get_color()
    assert low.get_marker() != high.get_marker()
    assert max(low.get_ydata()) < 0 < min(high.get_ydata())  # the axis points down: the low position is above
    assert len(set(low.get_ydata())) == 2


@pytest.mark.parametrize(
    ("results", "default", "problem"),
    [
        ({}, DEFAULT, "at least one knob"),
        ({"rate": {}}, DEFAULT, "0 positions of 'rate'"),
        ({"rate": {"1": [1], "2": [1], "3": [1]}}, DEFAULT, "3 positions of 'rate'"),
        ({"rate": {"1": [np.nan]}}, DEFAULT, "values of 'rate'"),
        ({"rate": {"1": [1]}}, [], "values of 'default'"),
    ],
)
def test_knobs_without_numbers_are_an_error(drawn, results, default, problem):
    with pytest.raises(ValueError, match=problem):
        plot_knobs(results, default, measure="precision@10")


# --- live curves -----------------------------------------------------------------------------------------------


def test_curves_say_where_they_begin_and_end(drawn, capsys):
    plot_live_curves([3, 2, 1], [0.2, 0.3, 0.4], [0.06, 0.08, 0.07])
    plot_live_curves([3, 2, 1], [0.2, 0.3, 0.4], [0.06, 0.08, 0.07], title="Another")
    assert capsys.readouterr().out.startswith(
        "loss: 3.00 in epoch 1, 1.00 in epoch 3\n"
        "learned: 0.200 after epoch 1, 0.400 after epoch 3\n"
        "validation: 0.060 after epoch 1, 0.070 after epoch 3\n"
    )
    titles = [figure.get_suptitle() for figure in drawn[0]]
    assert titles == ["Epoch 3 ends at a loss of 1.00, validation at 0.070", "Another"]
    assert drawn[1][0] == (
        "Three line charts by epoch, 1 to 3. Loss: 3 to 1. precision@10 on learned likes: 0.200 to 0.400. "
        "precision@10 on validation: 0.060 to 0.070."
    )


def test_each_curve_has_an_axis_of_its_own_from_zero(drawn):
    plot_live_curves([3, 2], [0.2, 0.3], [0.0, 0.0])
    panels = drawn[0][0].axes
    assert [axes.get_ylim()[0] for axes in panels] == [0, 0, 0]
    assert len({axes.get_ylim()[1] for axes in panels}) == 3


@pytest.mark.parametrize(
    ("curves", "problem"),
    [
        (([], [], []), "at least one"),
        (([1], [1, 2], [1]), r"\[1, 2, 1\] epochs"),
        (([1], [np.inf], [1]), "learned has inf"),
    ],
)
def test_curves_that_do_not_fit_are_an_error(drawn, curves, problem):
    with pytest.raises(ValueError, match=problem):
        plot_live_curves(*curves)


# --- tries ---------------------------------------------------------------------------------------------------


def test_tries_mark_the_best_and_tell_its_gain_over_the_average(drawn, capsys):
    plot_tries([0.5, 0.7, 0.9], [0.08, 0.10, 0.06], knob="rho", measure="precision@10")
    assert capsys.readouterr().out == "average of 3: 0.080\nbest: rho = 0.7, 0.100, a gain of 25.0%\n"
    axes = drawn[0][0].axes[0]
    assert title_of(drawn[0][0]) == "The best is rho = 0.7, a gain of 25.0%"
    assert axes.lines[1].get_xydata().tolist() == [[0.7, 0.1]]
    assert axes.get_xlabel() == "rho (one training each)"


def test_tries_that_found_nothing_have_no_gain(drawn, capsys):
    plot_tries([1, 2], [0, 0], knob="rho", measure="precision@10")
    assert capsys.readouterr().out == "average of 2: 0.000\nbest: rho = 1, 0.000\n"


@pytest.mark.parametrize(
    ("positions", "scores", "says"),
    [([], [], "0 positions and 0 scores"), ([1, 2], [1], "2 positions and 1 scores"), ([1], [np.nan], "finite")],
)
def test_tries_that_do_not_fit_are_refused(positions, scores, says):
    with pytest.raises(ValueError, match=says):
        plot_tries(positions, scores, knob="rho", measure="precision@10")
