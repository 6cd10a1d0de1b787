"""Figures of metrics: the verdicts they print are those of a pencil, and what cannot be drawn is refused."""

import numpy as np
import pytest

from recsys_lessons.teaching.plotting import (
    plot_found_by_depth,
    plot_lead_by_candidates,
    plot_paired_intervals,
    plot_ranked_lists,
)


def title(figure):
    return figure.get_suptitle() or figure.axes[0].get_title(loc="left")


# --- ranked lists --------------------------------------------------------------------------------------------


def test_a_list_gets_the_five_verdicts_of_a_pencil(drawn, capsys):
    plot_ranked_lists({"Ann": [7, 3]}, n_items=8, k=4)
    assert capsys.readouterr().out == (
        "Ann: precision@4 0.250 · recall@4 0.500 · AUC 0.417 · reciprocal rank 0.333 · NDCG@4 0.307\n"
    )
    assert title(drawn[0][0]) == "1 of 4 places is a like, 1 of 2 found"
    assert "Ann 3, 7" in drawn[1][0]


def test_two_lists_are_told_apart_by_what_prefers_them(drawn):
    plot_ranked_lists({"a": [1, 19, 20], "b": [8, 9, 10]}, n_items=20, k=10)
    assert title(drawn[0][0]) == "a is ahead on reciprocal rank, NDCG@10; b is ahead on precision@10, recall@10, AUC"
    plot_ranked_lists({"a": [3], "b": [3]}, n_items=4, k=2)
    assert title(drawn[0][1]) == "All five metrics are equal"


def test_likes_are_filled_and_the_cut_is_drawn(drawn):
    plot_ranked_lists({"a": [1, 3]}, n_items=4, k=2, title="Another")
    left = drawn[0][0].axes[0]
    filled = [bar.get_facecolor() != (1.0, 1.0, 1.0, 1.0) for bar in left.patches]
    assert filled == [True, False, True, False]
    assert left.lines[0].get_ydata()[0] == 2.5
    assert title(drawn[0][0]) == "Another"


@pytest.mark.parametrize(
    ("lists", "k", "message"),
    [
        ({}, 4, "0 lists; expected one or two"),
        ({"a": [1], "b": [1], "c": [1]}, 4, "3 lists"),
        ({"a": []}, 4, "different places from 1 to 8"),
        ({"a": [3, 3]}, 4, "different places"),
        ({"a": [0]}, 4, "different places"),
        ({"a": [9]}, 4, "different places"),
        ({"a": [1]}, 9, "k is 9"),
    ],
)
def test_lists_that_cannot_be_ranked_are_refused(drawn, lists, k, message):
    with pytest.raises(ValueError, match=message):
        plot_ranked_lists(lists, n_items=8, k=k)
    assert drawn == ([], [])


# --- found by depth ------------------------------------------------------------------------------------------


def test_the_title_names_the_depth_at_which_the_lead_changes(drawn, capsys):
    top, deep = np.array([0, 1, 800, 900]), np.array([39, 39, 39, 39])
    plot_found_by_depth({"top": [top, top], "deep": [deep, deep]}, n_items=1000)
    assert title(drawn[0][0]) == "Up to place 39 top has found more likes, further down deep"
    assert capsys.readouterr().out == (
        "found in the first 10: top 0.500 · deep 0.000\n"
        "found in the first 100: top 0.500 · deep 1.000\n"
        "found in the first 500: top 0.500 · deep 1.000\n"
    )


@pytest.mark.parametrize(("ranks", "word"), [([1, 2], "more"), ([90, 95], "fewer")])
def test_a_lead_that_never_changes_is_told(drawn, ranks, word):
    plot_found_by_depth({"a": [np.array(ranks)], "b": [np.array([40, 50])]}, n_items=100)
    assert title(drawn[0][0]) == f"a finds {word} likes than b, however far you look"


def test_all_are_found_in_the_end(drawn):
    plot_found_by_depth({"a": [np.array([1, 99])], "b": [np.array([40, 50])]}, n_items=100)
    assert {line.get_ydata()[-1] for line in drawn[0][0].axes[0].lines[:4]} == {1.0}


@pytest.mark.parametrize(
    ("ranks", "message"),
    [
        ({"a": [np.array([1])]}, "1 models; expected two"),
        ({"a": [np.array([1])], "b": []}, "'b'. is empty"),
        ({"a": [np.array([1])], "b": [np.array([])]}, "'b'. is empty"),
    ],
)
def test_ranks_that_cannot_be_compared_are_refused(drawn, ranks, message):
    with pytest.raises(ValueError, match=message):
        plot_found_by_depth(ranks, n_items=100)
    assert drawn == ([], [])


# --- paired intervals ----------------------------------------------------------------------------------------


def test_overlaps_and_clear_differences_are_counted(drawn, capsys):
    separate = {"a": [(0.1, 0.3), (0.5, 0.6), (0.1, 0.2)], "b": [(0.2, 0.4), (0.1, 0.2), (0.1, 0.2)]}
    plot_paired_intervals(separate, [(-0.2, -0.1), (0.3, 0.4), (-0.1, 0.1)], seeds=[1, 2, 3], measure="recall")
    assert capsys.readouterr().out == (
        "separate intervals overlap in 2 of 3 seeds\nthe interval of the difference leaves out 0 in 2 of 3\n"
    )
    assert title(drawn[0][0]) == "Intervals overlap in 2 of 3 seeds, differences leave out 0 in 2"
    low, high = drawn[0][0].axes[1].get_xlim()
    assert low < -0.2
    assert high > 0.4


@pytest.mark.parametrize(
    ("separate", "difference", "message"),
    [
        ({"a": [(0, 1)]}, [(0, 1)], "1 models; expected two"),
        ({"a": [(0, 1)], "b": [(0, 1)]}, [(0, 1), (0, 1)], r"one row a seed"),
        ({"a": [(0, 1)], "b": [0, 1]}, [(0, 1)], r"expected \(1, 2\)"),
    ],
)
def test_intervals_that_do_not_fit_are_refused(drawn, separate, difference, message):
    with pytest.raises(ValueError, match=message):
        plot_paired_intervals(separate, difference, seeds=[1], measure="recall")
    assert drawn == ([], [])


# --- lead by candidates --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lead", "expected"),
    [
        ([[-0.2], [0.1]], "With few negatives b leads, with all of them a"),
        ([[0.2], [-0.1]], "With few negatives a leads, with all of them b"),
        ([[0.2], [0.1]], "a leads, however many negatives there are"),
    ],
)
def test_the_title_tells_who_leads_at_both_ends(drawn, lead, expected):
    plot_lead_by_candidates([10, 100], lead, names=("a", "b"), measure="hit rate")
    assert title(drawn[0][0]) == expected


def test_seeds_with_a_lead_are_counted(drawn, capsys):
    plot_lead_by_candidates([10, 1000], [[-0.2, 0.1], [0.1, 0.2]], names=("a", "b"), measure="hit rate")
    assert capsys.readouterr().out == "a ahead, of 2 seeds: 1 with 10 negatives · 2 with all\n"
    assert len(drawn[0][0].axes[0].lines[2].get_xdata()) == 4
    assert "1,000: +0.100 to +0.200." in drawn[1][0]


@pytest.mark.parametrize(
    ("numbers", "lead", "message"),
    [
        ([10, 100], [[0.1]], "one row for each of 2"),
        ([10, 100], [0.1, 0.2], r"shape \(2,\)"),
        ([100, 10], [[0.1], [0.2]], "ascending"),
        ([10], [[0.1]], "two or more"),
    ],
)
def test_leads_that_cannot_be_drawn_are_refused(drawn, numbers, lead, message):
    with pytest.raises(ValueError, match=message):
        plot_lead_by_candidates(numbers, lead, names=("a", "b"), measure="hit rate")
    assert drawn == ([], [])
