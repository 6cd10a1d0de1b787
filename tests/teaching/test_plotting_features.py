"""Figures of features: what is told, what is drawn, what is refused."""

import numpy as np
import pytest

from recsys_lessons.teaching.plotting import (
    plot_bias_by_count,
    plot_feature_matrix,
    plot_new_film,
    plot_with_and_without,
)

RESULTS = {"logistic": ([0.05, 0.06], [0.01, 0.0]), "warp": (np.array([0.07, 0.08]), [0.07, 0.1])}
MEASURE = "precision@10 on test"


# --- with and without ----------------------------------------------------------------------------------------


def test_ways_to_train_are_told_with_counts_over_seeds(drawn, capsys):
    plot_with_and_without(RESULTS, measure=MEASURE, title="Genres ruin logistic")
    assert capsys.readouterr().out == (
        "identity and genres ahead, of 2 seeds: warp in 1; the others in none\n"
        "largest fall: logistic, 0.050–0.060 becomes 0.000–0.010\n"
        "largest gain: warp, 0.070–0.080 becomes 0.070–0.100\n"
    )
    assert drawn[1] == [
        "Dots, precision@10 on test, one a seed, identity against identity and genres. "
        "logistic: 0.050 to 0.060 and 0.000 to 0.010. warp: 0.070 to 0.080 and 0.070 to 0.100."
    ]


@pytest.mark.parametrize(
    ("ahead", "title"),
    [
        ((5, 2), "Genres help 1 of 2: one"),
        ((4, 5), "Genres help 2 of 2: one, two"),
        ((3, 0), "Genres help none of 2, and cost two a third or more"),
        ((0, 0), "Genres help none of 2, and cost one and two a third or more"),
    ],
)
def test_the_title_names_what_is_ahead_in_four_of_five_seeds_and_what_loses_a_third(drawn, ahead, title):
    results = {
        name: (np.ones(5), np.where(np.arange(5) < n, 2.0, 0.5)) for name, n in zip(("one", "two"), ahead, strict=True)
    }
    plot_with_and_without(results, measure=MEASURE)
    plot_with_and_without(results, measure=MEASURE, title="Another")
    assert [figure.axes[0].get_title(loc="left") for figure in drawn[0]] == [title, "Another"]


def test_the_two_sides_differ_in_color_marker_and_height(drawn):
    plot_with_and_without(RESULTS, measure=MEASURE, title="Genres ruin logistic", names=("plain", "hybrid"))
    axes = drawn[0][0].axes[0]
    without, with_ = axes.lines[0], axes.lines[2]
    assert without.get_color() != with_.get_color()
    assert without.get_marker() != with_.get_marker()
    assert without.get_ydata()[0] < 0 < with_.get_ydata()[0]  # the axis points down: without is above
    assert [text.get_text() for text in drawn[0][0].legends[0].get_texts()] == ["plain", "hybrid"]


def test_no_fall_or_gain_is_told_where_there_is_none(drawn, capsys):
    plot_with_and_without({"warp": ([0.0, 0.0], [0.0, 0.0])}, measure=MEASURE, title="Nothing")
    assert capsys.readouterr().out == "identity and genres ahead, of 2 seeds: nowhere\n"


@pytest.mark.parametrize(
    ("results", "message"),
    [
        ({}, "results is empty"),
        ({"a": ([], [])}, "different numbers of seeds"),
        ({"a": ([1.0], [1.0, 2.0])}, r"a: \[1, 2\]"),
        ({"a": ([1.0], [1.0]), "b": ([1.0, 2.0], [1.0, 2.0])}, r"a: \[1, 1\], b: \[2, 2\]"),
        ({"a": ([1.0], [np.nan])}, "'a' that is not finite"),
    ],
)
def test_results_that_cannot_be_compared_are_refused(drawn, results, message):
    with pytest.raises(ValueError, match=message):
        plot_with_and_without(results, measure=MEASURE, title="Genres ruin logistic")
    assert drawn == ([], [])


def test_the_title_names_groups_of_which_each_member_loses_a_third(drawn):
    fall, rise = ([0.3, 0.3], [0.19, 0.19]), ([0.3, 0.3], [0.21, 0.21])
    results = {"none · one": fall, "liked · one": fall, "liked · two": fall, "all · one": fall, "all · two": rise}
    plot_with_and_without(results, measure=MEASURE, where="where {} are refused")
    plot_with_and_without({"few · one": fall} | results, measure=MEASURE, where="where {} are refused")
    plot_with_and_without({"all · two": rise, "no · one": ([0.0, 0.0], [0.0, 0.0])}, measure=MEASURE, where="where {}")
    assert [figure.axes[0].get_title(loc="left") for figure in drawn[0]] == [
        "Genres cost a third or more where none or liked are refused",
        "Genres cost a third or more where few, none or liked are refused",
        "Genres cost a third nowhere",
    ]


def test_a_reference_is_drawn_and_told(drawn, capsys):
    plot_with_and_without(RESULTS, measure=MEASURE, reference=("popularity", 0.2))
    axes = drawn[0][0].axes[0]
    assert list(axes.lines[-1].get_xdata()) == [0.2, 0.2]
    assert axes.get_xlim()[1] > 0.2
    assert capsys.readouterr().out.endswith("popularity: 0.200\n")
    assert drawn[1][0].endswith("Dashed line, popularity: 0.200.")
    with pytest.raises(ValueError, match="nan for 'popularity'"):
        plot_with_and_without(RESULTS, measure=MEASURE, reference=("popularity", np.nan))


# --- bias by count -------------------------------------------------------------------------------------------

COUNTS, LIKES = np.array([1, 1, 1, 2, 2, 2, 3, 3, 3, 4]), np.array([5, 4, 3, 2, 1, 1, 1, 0, 0, 0])


@pytest.mark.parametrize(("sign", "word"), [(1, "rises"), (-1, "falls"), (0, "stays")])
def test_the_change_of_the_median_is_told(drawn, sign, word):
    plot_bias_by_count(COUNTS, sign * np.arange(10.0), LIKES)
    assert f"The median {word} from" in drawn[1][0]


def test_every_item_is_drawn_beside_its_count(drawn):
    plot_bias_by_count(COUNTS, np.arange(10.0), LIKES, kind="tags")
    liked, unliked = drawn[0][0].axes[0].lines
    np.testing.assert_array_equal(liked.get_ydata(), np.arange(7.0))
    np.testing.assert_array_equal(unliked.get_ydata(), [7.0, 8.0, 9.0])
    assert (np.abs(liked.get_xdata() - COUNTS[:7]) < 0.5).all()
    assert (np.abs(unliked.get_xdata() - COUNTS[7:]) < 0.5).all()
    assert drawn[0][0].axes[0].get_title(loc="left").startswith("The more tags")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [((COUNTS, np.arange(9.0), LIKES), "10, 9 and 10 entries"), (([1], [1.0], [1]), "1 items; expected at least ten")],
)
def test_items_that_cannot_be_drawn_are_refused(drawn, arguments, message):
    with pytest.raises(ValueError, match=message):
        plot_bias_by_count(*arguments)
    assert drawn == ([], [])


# --- a new film ----------------------------------------------------------------------------------------------

USERS = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
FILMS, FILM_BIASES = np.array([[1.0, 0.0], [0.0, 1.0], [3.0, 3.0]]), np.array([0.0, 0.5, 0.0])
EMBEDDINGS, BIASES = np.array([[2.0, 0.0], [0.0, 1.0]]), np.array([0.0, 0.25])
GENRES = ["genre:Drama", "genre:Crime"]


def test_the_place_of_a_new_film_is_that_of_the_median_user(drawn, capsys):
    model = USERS, FILMS, FILM_BIASES, EMBEDDINGS, BIASES
    # Scores of the film: 2.25, 1.25 and 3.25. Films ahead: one (3), two (1.5 and 3), one (6).
    plot_new_film({"Drama": 1, "genre:Crime": 1}, GENRES, {"toy": model, "same": model})
    assert capsys.readouterr().out == (
        "toy: place 2 of 4 for the median user, score 2.25\nsame: place 2 of 4 for the median user, score 2.25\n"
    )
    (axes,) = drawn[0][0].axes
    assert [bar.get_width() for bar in axes.patches] == [2, 2]
    assert "Weights in its row: Drama: 1. Crime: 1." in drawn[1][0]


def test_a_weight_counts(drawn, capsys):
    model = USERS, FILMS, FILM_BIASES, EMBEDDINGS, BIASES
    plot_new_film({"Crime": 10}, GENRES, {"toy": model})
    assert capsys.readouterr().out == "toy: place 1 of 4 for the median user, score 12.50\n"


@pytest.mark.parametrize(
    ("row", "models", "message"),
    [
        ({}, {"toy": (USERS, FILMS, FILM_BIASES, EMBEDDINGS, BIASES)}, "row is empty"),
        ({"Horror": 1}, {"toy": (USERS, FILMS, FILM_BIASES, EMBEDDINGS, BIASES)}, "'Horror', which is no genre"),
        ({"Drama": 1}, {}, "models is empty"),
        ({"Drama": 1}, {"toy": (USERS, FILMS, FILM_BIASES, EMBEDDINGS[:1], BIASES)}, "1 embeddings for 2 genres"),
    ],
)
def test_films_that_cannot_be_placed_are_refused(drawn, row, models, message):
    with pytest.raises(ValueError, match=message):
        plot_new_film(row, GENRES, models)
    assert drawn == ([], [])


# --- the matrix ----------------------------------------------------------------------------------------------


def test_a_matrix_is_told_by_its_filled_cells_and_each_shows_its_weight(drawn, capsys):
    plot_feature_matrix(np.array([[1, 0, 0.25], [0, 0, 0]]), ["tea", "salt"], ["tea", "salt", "drinks"])
    assert capsys.readouterr().out == "2 rows, 3 columns, 2 of 6 cells filled\n"
    assert drawn[1] == ["Matrix of 2 rows and 3 columns. tea: tea 1, drinks 0.25; salt: nothing."]
    axes = drawn[0][0].axes[0]
    assert {(text.get_position(), text.get_text()) for text in axes.texts} == {((0, 0), "1"), ((2, 0), "0.25")}
    assert [label.get_text() for label in axes.get_xticklabels()] == ["tea", "salt", "drinks"]


@pytest.mark.parametrize(
    ("matrix", "rows", "says"),
    [(np.zeros((0, 3)), [], "at least one cell"), (np.ones((1, 3)), ["a", "b"], "2 rows and 3 columns named")],
)
def test_a_matrix_that_does_not_fit_its_names_is_refused(matrix, rows, says):
    with pytest.raises(ValueError, match=says):
        plot_feature_matrix(matrix, rows, ["x", "y", "z"])
