"""The figure of recall against work."""

import numpy as np
import pytest

from recsys_lessons.teaching.plotting import plot_recall_by_work

SEARCHES = {"patient": ([104, 260, 512], [0.9, 0.992, 1.0]), "blind": ([90, 300], [0.4, 0.416])}
N_ITEMS = {"patient": 1000, "blind": 2000}


def test_what_is_enough_is_told_with_its_work(drawn, capsys):
    plot_recall_by_work(SEARCHES, n_items=N_ITEMS)
    assert capsys.readouterr().out == ("patient: 0.99 from 260 distances on, of 1,000 (26.0%)\nblind: at most 0.42\n")
    assert drawn[1] == [
        "Lines, recall of the exact 10 by distances computed for a query. "
        "Patient: 0.90 at 100 to 1.00 at 510. Blind: 0.40 at 90 to 0.42 at 300."
    ]
    axes = drawn[0][0].axes[0]
    assert axes.get_title(loc="left") == "Patient: 0.99 from 260 distances on, of 1,000 (26.0%)"
    assert axes.get_xscale() == "log"


def test_another_bar_another_k_another_title(drawn, capsys):
    plot_recall_by_work(SEARCHES, n_items=N_ITEMS, k=5, enough=0.4, title="Found")
    assert "blind: 0.40 from 90 distances on, of 2,000 (4.5%)" in capsys.readouterr().out
    axes = drawn[0][0].axes[0]
    assert axes.get_title(loc="left") == "Found"
    assert axes.get_ylabel() == "recall: share of the exact 5 found"


def test_lines_are_the_searches_and_exact_ones_are_marked_once(drawn):
    plot_recall_by_work(SEARCHES | {"third": ([1, 2], [0, 1])}, n_items=N_ITEMS | {"third": 1000})
    axes = drawn[0][0].axes[0]
    curves = [line for line in axes.lines if line.get_linestyle() == "-"]
    assert [list(line.get_ydata()) for line in curves] == [[0.9, 0.992, 1.0], [0.4, 0.416], [0, 1]]
    assert len({line.get_color() for line in curves}) == len({line.get_marker() for line in curves}) == 3
    exact = [line.get_xdata()[0] for line in axes.lines if line.get_linestyle() == "--"]
    assert exact == [1000, 2000]
    assert {text.get_text() for text in axes.texts} == {"exact: 1,000", "exact: 2,000"}


@pytest.mark.parametrize(
    ("searches", "n_items", "message"),
    [
        ({}, {}, "0 searches; expected 1 to 6"),
        ({str(n): ([1], [1]) for n in range(7)}, {str(n): 2 for n in range(7)}, "7 searches"),
        ({"a": ([1], [1])}, {}, "n_items has no 'a'"),
        ({"a": ([1, 2], [1])}, {"a": 9}, "expected as many of both"),
        ({"a": ([], [])}, {"a": 9}, "at least one"),
        ({"a": ([2, 2], [0, 1])}, {"a": 9}, "rising numbers"),
        ({"a": ([0, 2], [0, 1])}, {"a": 9}, "above 0"),
        ({"a": ([1, 2], [0, 1.1])}, {"a": 9}, "shares from 0 to 1"),
        ({"a": ([1, 2], [0, np.nan])}, {"a": 9}, "shares from 0 to 1"),
    ],
)
def test_wrong_input_is_named_before_anything_is_drawn(drawn, searches, n_items, message):
    with pytest.raises(ValueError, match=message):
        plot_recall_by_work(searches, n_items=n_items)
    assert drawn == ([], [])
