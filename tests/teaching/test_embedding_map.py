"""The embedding map without a browser: neighbors against the library's, the map against the figure's, and the view."""

import numpy as np
import pytest
import scipy.sparse as sp

from recsys_lessons import LightFM
from recsys_lessons.teaching.plotting import plot_embedding_map
from recsys_lessons.teaching.widgets import EmbeddingMap, EmbeddingMapView

N_FILMS, SHOWN = 60, 40
NAMES = ["genre:War", "genre:Drama", "genre:Noir", "genre:None of these"]
TITLES = [f"Film {n}" for n in range(N_FILMS - 3)] + ["Matrix, The (1999)", "Amélie (2001)", "<script>"]
ORDER = np.arange(N_FILMS)[::-1][:SHOWN]  # the last first, so that a place on the map is no number of a film


@pytest.fixture(scope="module")
def world():
    rng = np.random.default_rng(0)
    known = rng.random((N_FILMS, 4)) < [0.3, 0.5, 0.2, 0]
    known[[3, 4]] = known[5]
    genres = sp.csr_matrix(known.astype(np.float32))
    identity = sp.identity(N_FILMS, dtype=np.float32, format="csr")
    sets = {"identity": identity, "genres": genres, "both": sp.hstack([identity, genres], format="csr")}
    likes = sp.coo_matrix((rng.random((80, N_FILMS)) < 0.2).astype(np.float32))
    models = {
        name: [
            LightFM(loss="warp", no_components=5, random_state=seed).fit(likes, item_features=matrix, epochs=3)
            for seed in range(3)
        ]
        for name, matrix in sets.items()
    }
    return models, sets, genres


@pytest.fixture
def films(world):
    models, sets, genres = world
    return EmbeddingMap(models, sets, genres, NAMES, TITLES, items=ORDER, genre="Drama")


class TestMap:
    @pytest.mark.parametrize(
        ("shown", "subtract"), [("identity", False), ("genres", False), ("both", False), ("both", True)]
    )
    def test_it_is_the_map_of_the_figure(self, films, world, shown, subtract, capsys):
        models, sets, genres = world
        films.change(shown=shown, subtract=subtract, training=1)
        model = models[shown][1]
        vectors = model.get_item_representations(sets[shown])[1]
        if subtract:
            vectors = vectors - genres @ model.item_embeddings[-4:]
        assert films.vectors == pytest.approx(vectors[ORDER], abs=1e-6)
        if not subtract:
            assert np.array_equal(films.vectors, vectors[ORDER])
        plot_embedding_map(films.vectors, genres[ORDER], NAMES, highlight="Drama")
        told, found = capsys.readouterr().out, films.nearby()
        assert f"{found.by_angle:.1f} are Drama (by distance on this map: {found.on_map:.1f}" in told
        assert f"by chance: {found.by_chance:.1f})" in told
        assert f"the two axes hold {films.plane.shares.sum():.0%}" in told

    def test_the_arrow_is_the_genres_own_embedding(self, films, world):
        models, _, _ = world
        assert films.genre_vector == pytest.approx(models["both"][0].item_embeddings[N_FILMS + 1])
        films.change(subtract=True)
        assert films.genre_vector is None
        films.change(shown="genres", training=2)
        assert films.subtract and not films.subtracted
        assert films.genre_vector == pytest.approx(models["genres"][2].item_embeddings[1])
        films.change(shown="identity")
        assert films.genre_vector is None and not films.can_subtract

    def test_only_genres_that_some_have_and_some_have_not_can_be_chosen(self, films):
        assert films.genres == ("War", "Drama", "Noir")
        with pytest.raises(ValueError, match="genre must be one of 'War', 'Drama', 'Noir'"):
            films.change(genre="None of these")


class TestNeighbors:
    @pytest.mark.parametrize("shown", ["identity", "genres", "both"])
    def test_they_are_the_librarys(self, films, world, shown):
        models, sets, _ = world
        films.change(shown=shown, film=7, training=2)
        found = films.neighbors()
        ids, cosines = models[shown][2].similar_items(7, 10, item_features=sets[shown][ORDER])
        assert [one.film for one in found] == ids.tolist()
        assert [one.cosine for one in found] == cosines.tolist()

    def test_with_genres_subtracted_the_angle_is_between_what_is_left(self, films):
        films.change(subtract=True, film=3)
        unit = films.vectors / np.linalg.norm(films.vectors, axis=1, keepdims=True)
        cosines = np.delete(unit @ unit[3], 3)
        assert [one.cosine for one in films.neighbors()] == pytest.approx(np.sort(cosines)[::-1][:10], abs=1e-5)

    def test_places_on_the_map_are_counted_by_distance(self, films):
        films.change(film=5)
        away = np.linalg.norm(films.plane.places - films.plane.places[5], axis=1)
        order = [film for film in np.argsort(away, kind="stable") if film != 5]
        for one in films.neighbors():
            assert one.place_on_map == order.index(one.film) + 1

    def test_trainings_are_counted(self, films):
        films.change(film=5)
        lists = []
        for training in range(3):
            films.change(training=training)
            lists.append([one.film for one in films.neighbors()])
            assert all(one.n_trainings == 0 or one.film in lists[training] for one in films.neighbors())
        for one in films.neighbors():
            assert one.n_trainings == sum(one.film in others for others in lists) >= 1

    def test_films_with_the_same_row_are_twins(self, films, world):
        _, _, genres = world
        rows = genres[ORDER].toarray()
        film = 0
        films.change(shown="genres", film=film)
        assert films.n_twins() == (rows == rows[film]).all(axis=1).sum() - 1
        films.change(shown="both")
        assert films.n_twins() == 0


def test_titles_are_found_by_words_in_any_order_and_without_accents(films):
    by_title = {films.titles[film]: film for film in range(SHOWN)}
    assert films.find("the mat") == [by_title["Matrix, The (1999)"]]
    assert films.find("AMELIE") == [by_title["Amélie (2001)"]]
    assert films.find("") == list(range(SHOWN)) and films.find("zzz") == []


def test_the_first_film_of_the_genre_is_looked_at(films):
    assert films.of_genre[films.film] and not films.of_genre[: films.film].any()
    assert "Drama" in films.genres_of(films.film)


def test_wrong_input_is_named(films, world):
    models, sets, genres = world
    for change, message in (
        ({"labels": TITLES[1:]}, "labels has 59 entries; expected 60"),
        ({"genre_names": NAMES[1:]}, "genre_names has 3 entries; expected 4"),
        ({"items": np.arange(11)}, "expected the numbers of more than 11 films"),
        ({"items": np.arange(60) + 1}, "items has numbers from 1 to 60; expected 0 to 59"),
        ({"models": {"both": models["both"]}}, "expected the same names"),
        ({"models": {**models, "both": models["both"][:1]}}, "3 of identity, 3 of genres, 1 of both; expected equally"),
        ({"models": {**models, "both": models["genres"]}}, "a model of 'both' has item_embeddings of shape"),
        ({"feature_sets": {**sets, "both": sets["both"][:9]}}, r"feature_sets\['both'\] has 9 rows; expected 60"),
        ({"genres": sp.csr_matrix((60, 4))}, "genres has none that some"),
        ({"shown": "tags"}, "shown must be one of"),
        ({"genre": "Horror"}, "genre must be one of"),
    ):
        given = {"models": models, "feature_sets": sets, "genres": genres, "genre_names": NAMES, "labels": TITLES}
        with pytest.raises(ValueError, match=message):
            EmbeddingMap(**{**given, **change})
    for wrong, message in (
        ({"shown": "tags"}, "shown must be one of"),
        ({"training": 3}, "training is 3; expected a whole number from 0 to 2"),
        ({"film": -1}, "film is -1"),
        ({"epochs": 1}, "epochs is no setting; expected some of shown"),
    ):
        with pytest.raises(ValueError, match=message):
            films.change(genre="War", **wrong)
        assert films.genre == "Drama"


class TestView:
    def test_typing_shows_the_first_film_found_and_lists_the_others(self, films):
        view = EmbeddingMapView(films)
        view.search.value = "script"
        before = view.picture.png
        view.search.value = "the matrix"
        assert films.titles[films.film] == "Matrix, The (1999)"
        assert view.picture.png != before and "Nearest by angle to Matrix, The (1999)" in view._body.value
        assert [title for title, _ in view.controls["film"].options] == ["Matrix, The (1999)"]
        view.search.value = "film 3"
        assert [film for _, film in view.controls["film"].options] == films.find("film 3")
        view.controls["film"].value = view.controls["film"].options[-1][1]
        chosen = films.film
        assert chosen == view.controls["film"].options[-1][1]
        view.search.value = "film"  # it is still among those found, so it stays
        assert films.film == chosen == view.controls["film"].value
        view.search.value = "<b>zzz"
        assert films.film == chosen and "No title has <em>&lt;b&gt;zzz</em>" in view._body.value
        view.search.value = ""
        assert len(view.controls["film"].options) == SHOWN and view.error is None

    @pytest.mark.parametrize("end", [0, -1])
    @pytest.mark.parametrize("shown", ["identity", "genres", "both"])
    def test_both_ends_of_every_control(self, films, shown, end):
        view = EmbeddingMapView(films)
        view.controls["shown"].value = shown
        view.controls["subtract"].value = end == 0
        for name in ("film", "training"):
            view.controls[name].value = view.controls[name].options[end][1]
        view.controls["genre"].value = view.controls["genre"].options[end]
        assert view.error is None
        assert view.controls["subtract"].disabled == (shown != "both")
        assert (films.shown, films.film, films.training) == (shown, end % SHOWN, end % 3)

    def test_the_numbers_on_the_page_are_those_of_the_state(self, films):
        view = EmbeddingMapView(films)
        body = view._body.value
        for one in films.neighbors():
            assert f"<td>{one.cosine:.2f}</td><td>{one.place_on_map}</td><td>{one.n_trainings} of 3</td>" in body
        assert f"<strong>{films.nearby().by_angle:.1f}</strong> are Drama" in body

    def test_an_error_is_shown(self, films):
        view = EmbeddingMapView(films)
        films.neighbors = lambda: 1 / 0
        view.controls["training"].value = 1
        assert isinstance(view.error, ZeroDivisionError) and "ZeroDivisionError" in view._foot.value

    def test_every_control_has_a_name_and_titles_are_escaped(self, films):
        view = EmbeddingMapView(films)
        view.search.value = "script"
        assert all(control.description for control in [view.search, *view.controls.values()])
        assert "<script>" not in view._body.value and "&lt;script&gt;" in view._body.value

    def test_what_cannot_be_subtracted_is_not_subtracted_later_unseen(self, films):
        view = EmbeddingMapView(films)
        view.controls["shown"].value = "both"
        view.controls["subtract"].value = True
        view.controls["shown"].value = "identity"
        assert not view.controls["subtract"].value and view.controls["subtract"].disabled
        view.controls["shown"].value = "both"
        assert not films.subtracted and view.error is None
