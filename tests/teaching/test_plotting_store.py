"""Figures of the store: what is told, what is drawn, what is refused."""

import numpy as np
import pytest

from recsys_lessons.teaching.plotting import (
    plot_by_share,
    plot_differences,
    plot_repeats,
)

LISTS = {
    "AUC": {"often": (0.8, 0.6), "WARP": (0.7, 0.65)},
    "precision@10": {"often": (0.4, 0.03), "WARP": (0.2, 0.04)},
}
GAPS = {"a − b": (0.02, 0.01, 0.03, 10), "b − c": (0.0, -0.01, 0.01, 4), "c − d": (-0.02, -0.03, -0.01, 0)}
LINES = {"WARP": np.array([[0.7, 0.5], [0.71, 0.5]]), "BPR": np.array([[0.6, 0.58]])}


def title(drawn):
    return drawn[0][0].axes[0].get_title(loc="left")


def test_repeats_has_a_panel_for_each_measure_and_two_dots_for_each_list(drawn, capsys):
    plot_repeats(LISTS)
    told = capsys.readouterr().out
    assert "often: AUC 0.800 and 0.600, precision@10 0.400 and 0.030" in told
    left, right = drawn[0][0].axes
    assert [line.get_xdata().tolist() for line in left.lines] == [[0.8, 0.7], [0.6, 0.65]]
    assert [line.get_xdata().tolist() for line in right.lines] == [[0.4, 0.2], [0.03, 0.04]]
    assert drawn[0][0].get_suptitle() == "Best AUC on all purchases: often · on first ones: WARP"


@pytest.mark.parametrize(
    ("results", "message"),
    [
        ({}, "results is empty"),
        ({"AUC": {}}, "results is empty"),
        ({"AUC": {"a": (0.5, 0.5)}, "precision": {"b": (0.5, 0.5)}}, "different lists"),
        ({"AUC": {"a": (0.5, 1.5)}}, "not between 0 and 1"),
    ],
)
def test_repeats_refuses(results, message):
    with pytest.raises(ValueError, match=message):
        plot_repeats(results)


def test_differences_are_told_with_their_intervals(drawn, capsys):
    plot_differences(GAPS, measure="AUC", n_seeds=10)
    assert capsys.readouterr().out.splitlines()[0] == ("a − b: +0.020 (+0.010 to +0.030), above 0 in 10 of 10 seeds")
    assert title(drawn) == "1 of 3 intervals lie above 0, 1 below"
    _, *lines = drawn[0][0].axes[0].lines
    intervals = lines[::2]
    assert len({line.get_color() for line in intervals}) == 3  # above, undecided, below


@pytest.mark.parametrize(
    ("differences", "message"),
    [({}, "empty"), ({"a": (0, 1, -1, 0)}, "exchanged"), ({"a": (np.nan, 0, 1, 0)}, "not finite")],
)
def test_differences_refuses(differences, message):
    with pytest.raises(ValueError, match=message):
        plot_differences(differences, measure="AUC", n_seeds=10)


def test_the_lead_is_told_at_each_share(drawn, capsys):
    plot_by_share([0, 0.2], LINES, x_label="cold products", measure="AUC")
    assert "highest mean: WARP · BPR\n" in capsys.readouterr().out
    assert title(drawn) == "WARP leads at 0%, BPR at 20%"
    assert drawn[0][0].axes[0].lines[0].get_ydata() == pytest.approx([0.705, 0.5])


def test_who_leads_at_both_ends_is_named_once(drawn):
    plot_by_share([0, 0.2], {"WARP": LINES["WARP"]}, x_label="cold products", measure="AUC")
    assert title(drawn) == "WARP leads from 0% to 20%"


@pytest.mark.parametrize(
    ("shares", "lines", "message"),
    [([], LINES, "empty"), ([0], {}, "empty"), ([0], LINES, "has shape"), ([0], {"a": [[np.nan]]}, "finite")],
)
def test_by_share_refuses(shares, lines, message):
    with pytest.raises(ValueError, match=message):
        plot_by_share(shares, lines, x_label="cold products", measure="AUC")
