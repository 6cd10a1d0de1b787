"""State of a lab: films in two dimensions by what they are described with, and the nearest of one of them.

Plain Python and NumPy. It must not know widgets; the view is :mod:`recsys_lessons.teaching.widgets.embedding_map_view`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import scipy.sparse as sp

from recsys_lessons.teaching.embedding_plane import N_NEAREST, Nearby, Plane, closeness, nearby, plane_of
from recsys_lessons.validation import as_csr_float32, choice, position

__all__ = ["EmbeddingMap", "Neighbor"]


@dataclass(frozen=True)
class Neighbor:
    """One of the nearest of a film.

    Attributes
    ----------
    film : int
        Its place among the films of the map.
    cosine : float
        Of the angle between the two vectors, with all components.
    place_on_map : int
        1 if no film is nearer in the plane.
    n_trainings : int
        In how many of the trainings it is among the nearest.
    """

    film: int
    cosine: float
    place_on_map: int
    n_trainings: int


class _View:
    """What one model makes of the films: computed when it is first asked for."""

    def __init__(self, model: Any, rows: sp.csr_matrix) -> None:
        self._model, self._rows = model, rows
        self.nearby: dict[str, Nearby] = {}
        self.vectors = np.asarray(model.get_item_representations(rows)[1], dtype=np.float64)

    @cached_property
    def plane(self) -> Plane:
        return plane_of(self.vectors)

    @cached_property
    def distances(self) -> np.ndarray:
        return np.round(-closeness(self.plane.places), 6)

    def nearest(self, film: int) -> tuple[np.ndarray, np.ndarray]:
        return self._model.similar_items(film, N_NEAREST, item_features=self._rows)


class EmbeddingMap:
    """Look at films by several models, which were given other descriptions of them.

    Parameters
    ----------
    models : mapping of str to sequence of LightFM
        For each set of features, the models trained with it, equally many, which differ in their random numbers.
    feature_sets : mapping of str to sparse matrix of shape (n_items, n_features)
        What they were trained with, under the same names.
    genres : sparse matrix of shape (n_items, n_genres)
        A set whose last columns are these knows genres. If it has other columns as well, they can be subtracted.
    genre_names : sequence of str, length n_genres
        A leading ``"genre:"`` is not shown.
    labels : sequence of str, length n_items
        Titles.
    items : array of int, optional
        The films on the map, all by default. The order stays; the first ones are found first.
    shown, genre : str, optional
        To begin with: a name of `models`, by default the last, and a genre that some of the films have, by default the
        first.

    Attributes
    ----------
    shown : str
        The set of features whose models are looked at.
    subtract : bool
        Whether genres are taken out of the films' sums, where that can be done.
    training : int
        Which of the models, from 0.
    genre : str
        The genre looked at.
    film : int
        The film looked at, by its place among those of the map; at first the first one of the genre.
    genres : tuple of str
        Those that some, not all, of the films have.
    titles : list of str

    Raises
    ------
    ValueError
        If names or shapes do not fit each other, or there are too few films.

    Examples
    --------
    >>> from recsys_lessons import LightFM
    >>> likes, horror = sp.identity(12, format="csr"), sp.csr_matrix(np.repeat([[1], [0]], 6, axis=0))
    >>> both = sp.hstack([sp.identity(12), horror], format="csr")
    >>> models = {"both": [LightFM(no_components=4, random_state=1).fit(likes, item_features=both, epochs=2)]}
    >>> map_ = EmbeddingMap(models, {"both": both}, horror, ["Horror"], [f"Film {i}" for i in range(12)])
    >>> map_.titles[map_.film], map_.find("film 1"), len(map_.neighbors())
    ('Film 0', [1, 10, 11], 10)
    """

    def __init__(
        self,
        models: Mapping[str, Sequence[Any]],
        feature_sets: Mapping[str, Any],
        genres: Any,
        genre_names: Sequence[str],
        labels: Sequence[str],
        *,
        items: Any = None,
        shown: str | None = None,
        genre: str | None = None,
    ) -> None:
        known = as_csr_float32("genres", genres)
        n_items, n_genres = known.shape
        for name, given, expected in (("labels", labels, n_items), ("genre_names", genre_names, n_genres)):
            if len(given) != expected:
                raise ValueError(f"{name} has {len(given)} entries; expected {expected}, as genres has")
        films = np.arange(n_items) if items is None else np.asarray(items)
        if films.ndim != 1 or films.dtype.kind not in "iu" or len(films) <= N_NEAREST + 1:
            raise ValueError(f"items has shape {films.shape}; expected the numbers of more than {N_NEAREST + 1} films")
        if films.min() < 0 or films.max() >= n_items:
            raise ValueError(f"items has numbers from {films.min()} to {films.max()}; expected 0 to {n_items - 1}")
        self._models, self._rows, self._genre_columns = _checked(models, feature_sets, known, films)
        self.n_trainings = len(next(iter(self._models.values())))
        self.titles = [str(labels[item]) for item in films]
        self._plain_titles = [_plain(title) for title in self.titles]
        names = [str(name).removeprefix("genre:") for name in genre_names]
        self._has = {name: np.asarray(known[films][:, g].toarray()).ravel() != 0 for g, name in enumerate(names)}
        self._column = {name: g for g, name in enumerate(names)}
        self.genres = tuple(name for name, has in self._has.items() if has.any() and not has.all())
        if not self.genres:
            raise ValueError("genres has none that some of the films have and some have not")
        self._views: dict[tuple[str, bool, int], _View] = {}
        self.shown = choice("shown", list(self._models)[-1] if shown is None else shown, tuple(self._models))
        self.genre = choice("genre", self.genres[0] if genre is None else genre, self.genres)
        self.subtract, self.training = False, 0
        self.film = int(self.of_genre.argmax())

    # --- what is looked at --------------------------------------------------------------------------------------------

    def change(self, **settings: Any) -> None:
        """Set `shown`, `subtract`, `training`, `genre` or `film`.

        Raises
        ------
        ValueError
            If a name is unknown or a value none of the possible ones; nothing is changed then.
        """
        checks = {
            "shown": lambda value: choice("shown", value, tuple(self._models)),
            "subtract": bool,
            "training": lambda value: position("training", value, self.n_trainings),
            "genre": lambda value: choice("genre", value, self.genres),
            "film": lambda value: position("film", value, len(self.titles)),
        }
        if unknown := sorted(set(settings) - set(checks)):
            raise ValueError(f"{unknown[0]} is no setting; expected some of {', '.join(checks)}")
        checked = {name: checks[name](value) for name, value in settings.items()}
        for name, value in checked.items():
            setattr(self, name, value)

    def find(self, text: str) -> list[int]:
        """Films whose titles hold all words of `text`, in any order, whatever the case and the accents."""
        words = _plain(text).split()
        return [film for film, title in enumerate(self._plain_titles) if all(word in title for word in words)]

    @property
    def sets(self) -> tuple[str, ...]:
        """Names of the sets of features."""
        return tuple(self._models)

    @property
    def can_subtract(self) -> bool:
        """Whether the set knows genres and something else."""
        return self._genre_columns[self.shown] == "some"

    @property
    def subtracted(self) -> bool:
        """Whether genres are subtracted now."""
        return self.subtract and self.can_subtract

    @property
    def of_genre(self) -> np.ndarray:
        """Which films have the genre looked at (bool)."""
        return self._has[self.genre]

    def genres_of(self, film: int) -> tuple[str, ...]:
        """Names of all genres of a film."""
        return tuple(name for name, has in self._has.items() if has[film])

    # --- what is seen -------------------------------------------------------------------------------------------------

    def _view(self, training: int) -> _View:
        key = (self.shown, self.subtracted, training)
        if key not in self._views:
            # Without its genres a film is the row of features in which they are zero.
            rows = self._rows[self.shown]
            if self.subtracted:
                n_others = rows.shape[1] - len(self._column)
                empty = sp.csr_matrix((rows.shape[0], len(self._column)), dtype=rows.dtype)
                rows = sp.csr_matrix(sp.hstack([rows[:, :n_others], empty]))
            self._views[key] = _View(self._models[self.shown][training], rows)
        return self._views[key]

    @property
    def plane(self) -> Plane:
        """The map, see :func:`recsys_lessons.teaching.embedding_plane.plane_of`."""
        return self._view(self.training).plane

    @property
    def vectors(self) -> np.ndarray:
        """The films' vectors, float64 (n_films, n_components)."""
        return self._view(self.training).vectors

    @property
    def genre_vector(self) -> np.ndarray | None:
        """Embedding of the genre looked at; None where the films' sums hold none."""
        if self.subtracted or self._genre_columns[self.shown] == "none":
            return None
        embeddings = self._models[self.shown][self.training].item_embeddings
        return np.asarray(embeddings[len(embeddings) - len(self._column) + self._column[self.genre]])

    def nearby(self) -> Nearby:
        """Of the nearest of a film of the genre, how many have it, on average over these films."""
        view = self._view(self.training)
        if self.genre not in view.nearby:
            view.nearby[self.genre] = nearby(view.vectors, view.plane.places, self.of_genre)
        return view.nearby[self.genre]

    def neighbors(self) -> list[Neighbor]:
        """The films nearest to the film looked at, by the angle in all components (the model's `similar_items`)."""
        found = [set(self._view(one).nearest(self.film)[0].tolist()) for one in range(self.n_trainings)]
        view = self._view(self.training)
        films, cosines = view.nearest(self.film)
        away = np.delete(view.distances[self.film], self.film)
        return [
            Neighbor(
                film,
                cosine,
                1 + int((away < view.distances[self.film, film]).sum()),
                sum(film in others for others in found),
            )
            for film, cosine in zip(films.tolist(), cosines.tolist(), strict=True)
        ]

    def n_twins(self) -> int:
        """How many other films have the very vector of the film looked at."""
        return int((self.vectors == self.vectors[self.film]).all(axis=1).sum()) - 1


def _checked(
    models: Mapping[str, Sequence[Any]], feature_sets: Mapping[str, Any], genres: sp.csr_matrix, films: np.ndarray
) -> tuple[dict[str, list[Any]], dict[str, sp.csr_matrix], dict[str, str]]:
    """Models, the films' rows, and whether genres are "none", "some" or "all" of the columns."""
    if not models or set(models) != set(feature_sets):
        raise ValueError(
            f"models has {sorted(models)} and feature_sets {sorted(feature_sets)}; expected the same names"
        )
    trained = {str(name): list(of_set) for name, of_set in models.items()}
    if len({len(of_set) for of_set in trained.values()}) != 1 or not all(trained.values()):
        counts = ", ".join(f"{len(of_set)} of {name}" for name, of_set in trained.items())
        raise ValueError(f"models has {counts}; expected equally many, at least one")
    rows, columns = {}, {}
    n_items, n_genres = genres.shape
    for name, of_set in trained.items():
        matrix = as_csr_float32(f"feature_sets[{name!r}]", feature_sets[name])
        if matrix.shape[0] != n_items:
            raise ValueError(f"feature_sets[{name!r}] has {matrix.shape[0]} rows; expected {n_items}, as genres has")
        for model in of_set:
            shape = np.shape(model.item_embeddings)
            if shape[0] != matrix.shape[1] or shape[1] < 2:
                raise ValueError(
                    f"a model of {name!r} has item_embeddings of shape {shape}; expected {matrix.shape[1]} rows of at "
                    "least two components"
                )
        n_others = matrix.shape[1] - n_genres
        knows = n_others >= 0 and (matrix[:, n_others:] != genres).nnz == 0
        columns[name] = "none" if not knows else "some" if n_others else "all"
        rows[name] = sp.csr_matrix(matrix[films])
    return trained, rows, columns


def _plain(text: str) -> str:
    """Lower case, without accents."""
    return "".join(one for one in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(one))
