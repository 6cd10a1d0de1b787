"""Figures of cold start: what is told, what is drawn, what is refused."""

import numpy as np
import pytest

from recsys_lessons.teaching.plotting import plot_by_clicks, plot_newcomer_list, plot_two_races

RACES = {"ids": ([0.2, 0.3], [0.5, 0.51]), "genres": (np.array([0.7, 0.71]), [0.68, 0.7])}
LINES = {
    "popularity": np.array([0.5, 0.6]),
    "attributes": np.array([0.8, 0.7]),
    "from zero": np.array([[0.6, 0.75, 0.9], [0.5, 0.75, 0.8]]),
}
LISTS = {0: ["sport", "sport", "world"], 5: ["culture", "culture", "sport"], 10: np.array(["culture"] * 3)}


# --- two races -----------------------------------------------------------------------------------------------


def test_both_races_are_told_with_their_ends(drawn, capsys):
    plot_two_races(RACES)
    assert capsys.readouterr().out == (
        "against all films, lowest: ids, 0.200–0.300\n"
        "against all films, highest: genres, 0.700–0.710\n"
        "among newcomers, lowest: ids, 0.500–0.510\n"
        "among newcomers, highest: genres, 0.680–0.700\n"
    )
    assert drawn[1] == [
        "Dots, AUC of newcomers, one a split, against all films and among newcomers. "
        "ids: 0.200 to 0.300 and 0.500 to 0.510. genres: 0.700 to 0.710 and 0.680 to 0.700."
    ]
    title = drawn[0][0].axes[0].get_title(loc="left")
    assert title == "Mean AUC of newcomers: 0.25 to 0.70 against all films, 0.51 to 0.69 among newcomers"


def test_the_coin_is_drawn_and_the_races_stand_apart(drawn):
    plot_two_races(RACES, races=("all", "new"), title="Buried")
    axes = drawn[0][0].axes[0]
    coin, first, _, second, _ = axes.lines
    assert list(coin.get_xdata()) == [0.5, 0.5]
    assert first.get_ydata()[0] < 0 < second.get_ydata()[0]  # the axis points down: the first race is above
    assert first.get_marker() != second.get_marker()
    assert axes.get_xlim() == (0, 1)
    assert [text.get_text() for text in drawn[0][0].legends[0].get_texts()] == ["all", "new"]


@pytest.mark.parametrize(
    ("results", "message"),
    [
        ({}, "results is empty"),
        ({"ids": ([], [0.5])}, "no values for 'ids'"),
        ({"ids": ([0.5], [1.5])}, "not between 0 and 1"),
        ({"ids": ([np.nan], [0.5])}, "not between 0 and 1"),
    ],
)
def test_races_that_cannot_be_drawn_are_refused(results, message):
    with pytest.raises(ValueError, match=message):
        plot_two_races(results)


# --- by clicks -----------------------------------------------------------------------------------------------


def test_the_crossing_is_counted_over_splits(drawn, capsys):
    plot_by_clicks([0, 5, 10], {"a site": LINES}, measure="share")
    assert capsys.readouterr().out == (
        "a site, popularity: 0.550\n"
        "a site, attributes: 0.750\n"
        "a site, from zero: 0.550 · 0.750 · 0.850 with 0 · 5 · 10 clicks\n"
        "a site, splits in which from zero is ahead of attributes: 0 · 1 · 2 of 2\n"
    )


def test_a_challenger_that_never_leads_everywhere_is_told_so(drawn):
    never = {**LINES, "from zero": np.full((2, 3), 0.1)}
    plot_by_clicks([0, 5, 10], {"one": LINES, "two": never}, measure="share")
    assert drawn[0][0].get_suptitle() == (
        "Clicks from zero overtake attributes · one: with 10 clicks · two: not with 10 clicks"
    )


def test_the_title_says_in_what_setting_the_challenger_ran(drawn):
    plot_by_clicks([0, 5, 10], {"one": LINES, "two": LINES}, measure="share", setting="20 epochs")
    assert drawn[0][0].get_suptitle().startswith("Clicks from zero (20 epochs) overtake attributes · ")


def test_what_needs_no_clicks_is_a_level_line(drawn):
    plot_by_clicks([0, 5, 10], {"one": LINES, "two": LINES}, measure="share")
    for axes in drawn[0][0].axes:
        popularity, attributes, zero = axes.lines
        assert list(popularity.get_ydata()) == pytest.approx([0.55] * 3)
        assert popularity.get_linestyle() == attributes.get_linestyle() == "--"
        assert popularity.get_color() != attributes.get_color() != zero.get_color()
        assert list(zero.get_ydata()) == pytest.approx([0.55, 0.75, 0.85])
        assert [tick.get_text() for tick in axes.get_xticklabels()] == ["0", "5", "10"]


@pytest.mark.parametrize(
    ("shown", "panels", "message"),
    [
        ([], {"one": LINES}, "shown or panels is empty"),
        ([0], {}, "shown or panels is empty"),
        ([0, 5, 10], {"one": {"attributes": np.ones(2)}}, "no line 'from zero'"),
        ([0, 5], {"one": LINES}, "expected"),
        ([0, 5, 10], {"one": {**LINES, "popularity": np.empty(0)}}, "'popularity' has shape"),
    ],
)
def test_lines_that_do_not_fit_are_refused(shown, panels, message):
    with pytest.raises(ValueError, match=message):
        plot_by_clicks(shown, panels, measure="share")


# --- the list of a newcomer ----------------------------------------------------------------------------------


def test_topics_are_counted_for_each_number_of_clicks(drawn, capsys):
    plot_newcomer_list(LISTS, attributes=["chosen:sport"], clicked="culture")
    assert capsys.readouterr().out == (
        "0 clicks on culture: sport 2, world 1\n"
        "5 clicks on culture: culture 2, sport 1\n"
        "10 clicks on culture: culture 3\n"
    )
    axes = drawn[0][0].axes[0]
    assert axes.get_title(loc="left") == "Culture leads with 5 clicks"
    assert "chosen:sport" in axes.get_xlabel()
    assert [text.get_text() for text in drawn[0][0].legends[0].get_texts()] == ["culture", "sport", "another topic"]
    colors = [bars[0].get_facecolor() for bars in axes.containers]
    assert len(set(colors)) == 3


def test_the_bars_of_a_row_add_up_to_the_list(drawn):
    plot_newcomer_list(LISTS, attributes=[], clicked="world")
    axes = drawn[0][0].axes[0]
    assert axes.get_title(loc="left") == "World never leads"
    assert "no attributes" in axes.get_xlabel()
    for row in range(3):
        assert sum(bars[row].get_width() for bars in axes.containers) == 3


@pytest.mark.parametrize("lists", [{}, {0: []}])
def test_a_list_of_nothing_is_refused(lists):
    with pytest.raises(ValueError, match="nothing to show"):
        plot_newcomer_list(lists, attributes=[], clicked="sport")
