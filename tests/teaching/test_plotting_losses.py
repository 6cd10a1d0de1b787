"""Figures of losses: two measures at once, what a search finds, one search."""

import numpy as np
import pytest

from recsys_lessons.teaching.plotting import plot_search_by_epoch, plot_two_measures, plot_warp_search

MEASURES = ("precision@10", "AUC")
SCORES = [2.0, 1.5, -1.0, -2.0, -3.0]


def title(figure):
    return figure.axes[0].get_title(loc="left") if figure._suptitle is None else figure._suptitle.get_text()


# --- two measures --------------------------------------------------------------------------------------------


def test_two_measures_are_told_with_the_winner_of_each_seed(drawn, capsys):
    paths = {"a": {"short": ([0.1, 0.3], [0.7, 0.7]), "long": ([0.2, 0.2], [0.8, 0.9])}}
    plot_two_measures(paths, measures=MEASURES, reference=("most popular", 0.05, 0.5))
    assert capsys.readouterr().out == (
        "highest precision@10, in how many of 2 seeds: short 1, long 1\n"
        "highest AUC, in how many of 2 seeds: long 2\n"
        "most popular: precision@10 0.050, AUC 0.500\n"
    )
    assert drawn[1] == [
        "Dots, AUC against precision@10, one a seed. short: 0.200, 0.700. long: 0.200, 0.850. "
        "Cross, most popular: 0.050, 0.500."
    ]


@pytest.mark.parametrize(
    ("one", "two", "expected"),
    [
        (([2, 2], [2, 2]), ([1, 1], [1, 1]), "One leads on precision@10 and AUC"),
        (([2, 2], [1, 1]), ([1, 1], [2, 2]), "One leads on precision@10, two on AUC"),
        (([1, 2], [1, 1]), ([2, 1], [2, 2]), "Two leads on AUC, nobody on precision@10"),
        (([1, 2], [2, 1]), ([2, 1], [1, 2]), "Nobody leads on precision@10 and AUC"),
    ],
)
def test_the_title_names_who_leads_in_four_of_five_seeds(drawn, one, two, expected):
    plot_two_measures({"a": {"one": one}, "b": {"two": two}}, measures=MEASURES)
    plot_two_measures({"a": {"one": one}}, measures=MEASURES, title="Another")
    assert [title(figure) for figure in drawn[0]] == [expected, "Another"]


def test_settings_of_a_path_are_joined_and_names_stand_clear_of_the_dots(drawn):
    paths = {"a": {"up": ([1.0], [1.0]), "down": ([2.0], [3.0])}, "b": {"alone": ([4.0], [2.0])}}
    plot_two_measures(paths, measures=MEASURES, below=["down"])
    axes = drawn[0][0].axes[0]
    joined = [line for line in axes.lines if line.get_linestyle() == "-" and len(line.get_xdata()) > 1]
    assert [list(line.get_ydata()) for line in joined] == [[1.0, 3.0]]
    assert {text.get_text(): text.get_va() for text in axes.texts} == {"up": "bottom", "down": "top", "alone": "bottom"}
    dots = [line.get_color() for line in axes.lines if line.get_marker() == "o"]
    assert dots[0] == dots[1] != dots[2]


def test_a_loss_has_the_same_color_in_all_figures(drawn):
    one = ([1.0], [2.0])
    plot_two_measures(
        {"k-OS": {"k-OS": one}, "WARP": {"up to 1": one}, "WARP, longer": {"40": one}}, measures=("a", "b")
    )
    plot_search_by_epoch({"k-OS": [1, 2], "WARP": [2, 3]}, [1, 2, 3], pools={"catalog": 1})
    race, search, refused = drawn[0][0].axes[0], *drawn[0][1].axes
    of_race = [line.get_color() for line in race.lines if line.get_marker() == "o"]
    of_search = [line.get_color() for line in search.lines]
    assert of_race == [*of_search, of_search[1]]
    assert refused.lines[0].get_color() == of_search[1]


@pytest.mark.parametrize(
    ("paths", "message"),
    [
        ({}, "paths is empty"),
        ({"a": {"x": ([1], [1])}, "b": {"x": ([1], [1])}}, "two settings of the same name"),
        ({"a": {"x": ([1], [1, 2])}}, r"x: \[1, 2\]"),
        ({"a": {"x": ([], [])}}, "different numbers of seeds"),
        ({"a": {"x": ([1], [np.nan])}}, "'x' that is not finite"),
    ],
)
def test_settings_that_cannot_be_placed_are_refused(drawn, paths, message):
    with pytest.raises(ValueError, match=message):
        plot_two_measures(paths, measures=MEASURES)
    assert drawn == ([], [])


# --- search by epoch -----------------------------------------------------------------------------------------


def test_a_search_is_told_by_its_cost_and_by_what_it_finds(drawn, capsys):
    plot_search_by_epoch({"BPR": [1.2, 1.2], "WARP": [4.9, 9.4]}, [1, 10, 12], pools={"the catalog": 1, "likes": 24})
    assert capsys.readouterr().out == (
        "draws for an update in epoch 1 and 2: BPR 1.2 and 1.2, WARP 4.9 and 9.4\n"
        "median likes of a film WARP finds: 1 before training, 12 after 2 epochs\n"
        "median likes of a film drawn from the catalog: 1; likes: 24\n"
    )
    plot_search_by_epoch({"WARP": [4.9, 4.9]}, [1, 10, 1], pools={})
    assert [title(figure) for figure in drawn[0]] == [
        "WARP's search grows longer, and finds better-known films",
        "WARP's search grows no longer, and finds no better-known films",
    ]
    left, right = drawn[0][0].axes
    assert len(left.lines) == 2
    assert list(right.lines[0].get_ydata()) == [1, 10, 12]


@pytest.mark.parametrize(
    ("draws", "likes", "message"),
    [
        ({}, [1, 2], "draws is empty"),
        ({"a": [1.0, 2.0]}, [1, 2], "a: 2 epochs, and likes 2 entries"),
        ({"a": []}, [1], "expected one entry more"),
        ({"a": [np.inf]}, [1, 2], "not finite"),
    ],
)
def test_epochs_that_do_not_fit_are_refused(drawn, draws, likes, message):
    with pytest.raises(ValueError, match=message):
        plot_search_by_epoch(draws, likes, pools={})
    assert drawn == ([], [])


# --- one search ----------------------------------------------------------------------------------------------


def test_a_search_that_finds_something_tells_rank_and_weight(drawn, capsys):
    plot_warp_search([0.0] * 9, 0, {0}, max_sampled=1, seed=1)
    out = capsys.readouterr().out
    assert "break the rule: 8 of 9 items" in out
    assert "this search: draw 1 breaks the rule, rank 8, weight 2.08\n" in out
    assert title(drawn[0][0]) == "Draw 1 breaks the rule: rank estimated at 8, weight 2.08"


def test_a_search_that_finds_nothing_takes_no_step(drawn, capsys):
    plot_warp_search([5.0, 0.0, 0.0], 0, set(), max_sampled=4)
    assert capsys.readouterr().out == (
        "break the rule: 0 of 3 items\nthis search: nothing in 4 draws, no step\n2,000 searches: 0% find one\n"
    )
    assert title(drawn[0][0]) == "Nothing breaks the rule in 4 draws: no step"


def test_known_items_are_no_negatives(drawn, capsys):
    plot_warp_search(SCORES, 0, {1}, max_sampled=4)
    assert "break the rule: 0 of 5 items" in capsys.readouterr().out


def test_the_margin_decides_what_breaks_the_rule(drawn, capsys):
    for margin in (0, 1, 3.5):
        plot_warp_search(SCORES, 0, {0}, margin=margin)
    found = [line.split()[3] for line in capsys.readouterr().out.splitlines() if line.startswith("break")]
    assert found == ["0", "1", "2"]


def test_the_same_seed_draws_the_same(drawn, capsys):
    plot_warp_search(SCORES, 0, {0}, seed=3)
    first = capsys.readouterr().out
    plot_warp_search(SCORES, 0, {0}, seed=3)
    assert capsys.readouterr().out == first


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"scores": [1.0]}, "at least two finite numbers"),
        ({"scores": [1.0, np.nan]}, "at least two finite numbers"),
        ({"liked": 5}, "from 0 to 4, got 5"),
        ({"max_sampled": 0}, "at least 1, got 0"),
        ({"margin": -1.0}, "at least 0, got -1.0"),
    ],
)
def test_arguments_out_of_range_are_refused(drawn, change, message):
    arguments = {"scores": SCORES, "liked": 0, "known": {0}} | change
    with pytest.raises(ValueError, match=message):
        plot_warp_search(**arguments)
    assert drawn == ([], [])
