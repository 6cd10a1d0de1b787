"""Figures of embeddings: what is counted, what is printed, what is refused."""

import numpy as np
import pytest
import scipy.sparse as sp

from recsys_lessons.teaching.embedding_plane import alike_nearby, closeness, cosines
from recsys_lessons.teaching.plotting import plot_embedding_map, plot_identities, plot_moves, style

NAMES = ["Galaxy", "Picnic"]
START = np.array([[1.0, 2.0], [0.0, -1.0]])


@pytest.fixture
def drawn(monkeypatch):
    """The figures that were drawn; none is rendered or shown."""
    figures = []
    monkeypatch.setattr(style, "_png", lambda figure: figures.append(figure) or b"")
    monkeypatch.setattr(style, "_show", lambda picture, alt: None)
    return figures


# --- moves ---------------------------------------------------------------------------------------------------


def test_those_that_moved_are_named_with_their_distance(drawn, capsys):
    plot_moves(START, START + [[0.3, -0.4], [0, 0]], NAMES)
    assert capsys.readouterr().out == "moved: Galaxy by 0.5\nstayed: Picnic\n"
    assert drawn[0].axes[0].get_title(loc="left") == "1 of 2 vectors move, Picnic stays"


def test_the_title_names_nobody_if_several_stay(drawn):
    plot_moves(START, START, NAMES)
    assert drawn[0].axes[0].get_title(loc="left") == "0 of 2 vectors move"


@pytest.mark.parametrize(
    ("after", "printed"),
    [
        (START, "moved: none\nstayed: Galaxy, Picnic\n"),
        (START + 1, "moved: Galaxy by 1.41, Picnic by 1.41\nstayed: none\n"),
    ],
)
def test_all_or_none_may_move(drawn, capsys, after, printed):
    plot_moves(START, after, NAMES, title="A title")
    assert capsys.readouterr().out == printed
    assert drawn[0].axes[0].get_title(loc="left") == "A title"


@pytest.mark.parametrize("after", [START[:1], np.ones((2, 3)), START * np.nan])
def test_moves_that_do_not_fit_are_refused(drawn, after):
    with pytest.raises(ValueError, match="after has shape"):
        plot_moves(START, after, NAMES)
    assert drawn == []


# --- identities ----------------------------------------------------------------------------------------------


def test_each_way_of_choosing_is_a_line_within_its_range(drawn, capsys):
    values = {"most liked": np.array([[0.01, 0.03], [0.05, 0.06]]), "at random": [[0.01, 0.03], [0.02, 0.02]]}
    plot_identities([0, 3000], values, measure="precision@10", title="Some help", reference=("popular", 0.0541))
    assert capsys.readouterr().out == (
        "most liked, 0: 0.010–0.030, 3,000: 0.050–0.060\n"
        "at random, 0: 0.010–0.030, 3,000: 0.020–0.020\n"
        "popular: 0.054\n"
    )
    liked, random, _ = drawn[0].axes[0].lines
    np.testing.assert_allclose(liked.get_ydata(), [0.02, 0.055])
    np.testing.assert_allclose(random.get_ydata(), [0.02, 0.02])
    assert liked.get_marker() != random.get_marker()  # told apart without colors
    assert [label.get_text() for label in drawn[0].axes[0].get_xticklabels()] == ["0", "3,000"]


@pytest.mark.parametrize(
    ("liked", "random", "title"),
    [
        (
            [[0.1, 0.1], [0.5, 0.6], [0.8, 0.8]],
            [[0.1, 0.1], [0.1, 0.2], [0.3, 0.4]],
            "30 most liked do more than 3,000 at random",
        ),
        (
            [[0.1, 0.1], [0.5, 0.6], [0.8, 0.8]],
            [[0.1, 0.1], [0.1, 0.2], [0.3, 0.5]],
            "score by number of films with an identity",
        ),
        (
            [[0.3, 0.3], [0.1, 0.1], [0.1, 0.1]],
            [[0.1, 0.1], [0.2, 0.2], [0.2, 0.2]],
            "score by number of films with an identity",
        ),
    ],
)
def test_the_title_claims_only_what_all_seeds_show(drawn, liked, random, title):
    plot_identities([0, 30, 3000], {"most liked": liked, "at random": random}, measure="score")
    assert drawn[0].axes[0].get_title(loc="left") == title


@pytest.mark.parametrize(
    ("counts", "values", "message"),
    [
        ([], {"a": np.zeros((0, 2))}, "values or counts is empty"),
        ([0], {}, "values or counts is empty"),
        ([0, 1], {"a": np.zeros((1, 2))}, r"shape \(1, 2\) for 'a'; expected 2 rows"),
        ([0], {"a": np.zeros(1)}, r"shape \(1,\)"),
        ([0], {"a": [[np.inf]]}, "finite"),
    ],
)
def test_values_that_do_not_fit_the_counts_are_refused(drawn, counts, values, message):
    with pytest.raises(ValueError, match=message):
        plot_identities(counts, values, measure="precision@10", title="Some help")
    assert drawn == []


# --- the map -------------------------------------------------------------------------------------------------


@pytest.fixture
def world():
    """40 films in 5 components, and three genres of which each film has one or two."""
    rng = np.random.default_rng(0)
    genres = np.zeros((40, 3))
    genres[np.arange(40), np.arange(40) % 3] = 1
    genres[::5, 2] = 1
    embeddings = rng.normal(size=(3, 5))
    return genres @ embeddings + 0.01 * rng.normal(size=(40, 5)), genres, embeddings


@pytest.mark.parametrize("make", [np.asarray, sp.csr_matrix, sp.csr_array])
def test_films_places_and_neighbors_are_counted(drawn, capsys, world, make):
    films, genres, embeddings = world
    names = ["genre:War", "genre:Drama", "genre:Noir"]
    plot_embedding_map(np.round(films, 1), make(genres), names, highlight="War", genre_vectors=embeddings)
    printed = capsys.readouterr().out
    assert printed.startswith(
        f"40 films with {len(np.unique(np.round(films, 1), axis=0))} different vectors · the two axes hold"
    )
    assert "of the 10 nearest of a War film," in printed
    assert "by distance on this map:" in printed
    labels = [text.get_text() for text in drawn[0].axes[0].get_legend().get_texts()]
    assert labels[:2] == ["other films", "War films"]
    assert labels[2].startswith("embedding of War (")


def test_the_map_is_the_best_plane(drawn, world):
    films, genres, _ = world
    plot_embedding_map(films, genres, NAMES + ["Noir"], highlight="Picnic")
    shown = np.concatenate([line.get_xydata() for line in drawn[0].axes[0].lines])
    values = np.linalg.eigvalsh(np.cov(films.T))[::-1]
    np.testing.assert_allclose(np.sort(shown.var(axis=0, ddof=1))[::-1], values[:2])


def test_the_map_shows_the_distances_its_title_counts(drawn, capsys, world):
    films, genres, _ = world
    plot_embedding_map(films, genres, NAMES + ["Noir"], highlight="Noir")
    axes = drawn[0].axes[0]
    assert axes.get_aspect() == 1
    on_map = capsys.readouterr().out.split("by distance on this map: ")[1].split(";")[0]
    assert axes.get_title(loc="left").startswith(f"Of a Noir film's 10 nearest here, {on_map} are Noir (")


def test_another_sign_of_the_components_gives_the_same_facts(drawn, capsys, world):
    films, genres, _ = world
    for sign in (1, -1):
        plot_embedding_map(sign * films, genres, NAMES + ["Noir"], highlight="Noir")
    first, second = capsys.readouterr().out.split("\n40 ")
    assert first.removeprefix("40 ") == second.rstrip("\n")


def test_neighbors_that_are_equally_near_count_in_parts():
    # All rows point the same way: the ten nearest of 21 others are any ten.
    chosen = np.arange(22) < 8
    alike, by_chance = alike_nearby(cosines(np.ones((22, 2))), chosen)
    assert alike == pytest.approx(by_chance) == pytest.approx(10 * 7 / 21)


def test_neighbors_with_all_components_are_found_by_angle_not_by_length():
    angles = np.repeat([0.0, 1.5], 12) + np.linspace(0, 0.1, 24)
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1) * np.linspace(1, 50, 24)[:, None]
    alike, _ = alike_nearby(cosines(vectors), np.arange(24) < 12)
    assert alike == 10


def test_neighbors_on_the_map_are_found_by_distance():
    line = np.stack([np.arange(24.0), np.zeros(24)], axis=1)  # all in one direction, seen from the first
    alike, _ = alike_nearby(closeness(line), np.arange(24) < 12)
    assert 5 < alike < 10
    assert alike_nearby(closeness(line * [[1, 0]]), np.arange(24) == 0)[0] == 0


def test_inputs_stay_as_they_were(drawn, world):
    films, genres, embeddings = (array.copy() for array in world)
    plot_embedding_map(films, genres, NAMES + ["Noir"], highlight="Noir", genre_vectors=embeddings)
    for array, before in zip((films, genres, embeddings), world, strict=True):
        np.testing.assert_array_equal(array, before)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"films": np.ones((5, 2))}, "films has shape"),
        ({"films": np.full((40, 5), np.nan)}, "films has shape"),
        ({"genres": np.ones((40, 2))}, r"genres has shape \(40, 2\); expected \(40, 3\)"),
        ({"highlight": "Horror"}, "highlight is 'Horror'; expected one of War, Drama, Noir"),
        ({"genre_vectors": np.ones((3, 4))}, r"genre_vectors has shape \(3, 4\); expected \(3, 5\)"),
        ({"genres": np.ones((40, 3))}, "40 of 40 films are War"),
        ({"genres": np.zeros((40, 3))}, "0 of 40 films are War"),
    ],
)
def test_maps_that_do_not_fit_are_refused(drawn, world, change, message):
    films, genres, embeddings = world
    arguments = {"films": films, "genres": genres, "names": ["War", "Drama", "Noir"], "highlight": "War"}
    with pytest.raises(ValueError, match=message):
        plot_embedding_map(**{**arguments, "genre_vectors": embeddings, **change})
    assert drawn == []
