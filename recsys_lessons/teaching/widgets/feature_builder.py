"""State of a lab: edit the feature row of a new film, and see where each model would place it.

Plain Python and NumPy. It must not know widgets; its view is
:mod:`recsys_lessons.teaching.widgets.feature_builder_view`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from recsys_lessons.data import Dataset
from recsys_lessons.models.lightfm import LightFM
from recsys_lessons.validation import non_negative_float, suggestion

__all__ = ["BuiltRow", "FeatureBuilder", "Placed"]

NEW_FILM = "the new film"


@dataclass(frozen=True)
class BuiltRow:
    """A row of the feature matrix, as `Dataset` builds it.

    Attributes
    ----------
    columns : tuple of str
        Names of the columns; the identity, where there is one, is called "identity" and comes first.
    matrix : scipy.sparse.csr_matrix of float32, shape (1, number of columns)
    refused : bool
        Whether the row was to be normalized and is empty, which `Dataset` refuses; it is left empty then.
    """

    columns: tuple[str, ...]
    matrix: sp.csr_matrix
    refused: bool

    @property
    def weights(self) -> dict[str, float]:
        """The cells that are not zero, by name."""
        return {
            self.columns[column]: float(weight)
            for column, weight in zip(self.matrix.indices, self.matrix.data, strict=True)
        }


@dataclass(frozen=True)
class Placed:
    """Where one model places the new film.

    Attributes
    ----------
    place : int
        Half of the users see the film there or further up; 1 is best.
    added : dict of str to float
        What each cell of the row that is not zero adds to the score, for the mean user.
    score : float
        Their sum, the film's score for the mean user.
    bias, length : float
        Of the sum of the weighted embeddings: its bias, and the length of its vector.
    """

    place: int
    added: dict[str, float]
    score: float
    bias: float
    length: float


class FeatureBuilder:
    """Edit the row of a film that no model has met.

    Parameters
    ----------
    models : mapping of str to five arrays
        By the name of the model: vectors of the users, vectors and biases of the films to compete with, embeddings and
        biases of the genres; as for `plot_new_film`.
    genres : sequence of str
        Names of the genres; a leading ``"genre:"`` is not shown and need not be given.
    row : mapping of str to float, optional
        Genres and weights to begin with.
    seed : int
        The film's identity was in no training, so it has the embedding that a new model draws from this seed, and no
        bias.

    Attributes
    ----------
    genres : tuple of str
    weights : dict of str to float
        Of the genres that the film has, in the order of `genres`, before normalization.
    identity, normalize : bool
        Whether the row has the film's identity, and whether its sum is made 1.
    before : dict of str to int
        The place by each model before the last change; empty before there was one.

    Raises
    ------
    ValueError
        If the arrays do not fit each other or the genres, or the row has a genre that there is not.

    Examples
    --------
    >>> films = np.array([[1.0], [2.0], [3.0]]), np.zeros(3)
    >>> toy = np.ones((1, 1)), *films, np.ones((2, 1)), np.ones(2)
    >>> builder = FeatureBuilder({"toy": toy}, ["Drama", "Crime"], row={"Crime": 2})
    >>> builder.built().weights, builder.placed()["toy"].place, builder.placed()["toy"].score
    ({'Crime': 2.0}, 1, 4.0)
    >>> builder.change(normalize=True)
    >>> builder.built().weights, builder.placed()["toy"].place, builder.before
    ({'Crime': 1.0}, 2, {'toy': 1})
    """

    def __init__(
        self,
        models: Mapping[str, tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]],
        genres: Sequence[str] | np.ndarray,
        *,
        row: Mapping[str, float] | None = None,
        seed: int = 42,
    ) -> None:
        self.genres = tuple(str(genre).removeprefix("genre:") for genre in genres)
        if len(set(self.genres)) < len(self.genres) or "identity" in self.genres:
            raise ValueError(f"genres has {', '.join(self.genres)}; expected different names, none of them 'identity'")
        if not models:
            raise ValueError("models is empty; expected at least one")
        self._sums: dict[str, LightFM] = {}
        self._scores: dict[str, np.ndarray] = {}
        for name, arrays in models.items():
            self._sums[name] = self._model(name, seed, *arrays)
            users, films, film_biases, *_ = arrays
            # No user's bias is in it: it moves all films of the user alike.
            self._scores[name] = np.asarray(users @ films.T + film_biases, dtype=np.float32)
        sizes = {scores.shape[1] for scores in self._scores.values()}
        if len(sizes) > 1:
            raise ValueError(f"models have {sorted(sizes)} films; expected the same number in each")
        self.n_films = 1 + sizes.pop()
        self._at_start = dict(row or {})
        self.reset()

    def _model(self, name: str, seed: int, users, films, film_biases, embeddings, biases) -> LightFM:
        """A model of the new film alone: its features are an identity, which nobody trained, and the genres."""
        if not len(embeddings) == len(biases) == len(self.genres):
            raise ValueError(
                f"models[{name!r}] has {len(embeddings)} embeddings and {len(biases)} biases; expected "
                f"{len(self.genres)}, one for each genre"
            )
        if len(films) != len(film_biases):
            raise ValueError(f"models[{name!r}] has {len(films)} films and {len(film_biases)} biases; expected as many")
        widths = {array.shape[1] for array in (users, films, embeddings)}
        if len(widths) > 1:
            raise ValueError(f"models[{name!r}] has vectors of {sorted(widths)} numbers; expected one length")
        model = LightFM(no_components=widths.pop(), random_state=seed)
        everything = sp.csr_matrix(np.ones((1, 1 + len(self.genres))))
        model.fit(sp.coo_matrix((len(users), 1)), item_features=everything, epochs=0)
        model.user_embeddings, model.item_embeddings[1:], model.item_biases[1:] = users, embeddings, biases
        return model

    # --- what can be done ---------------------------------------------------------------------------------------------

    def reset(self) -> None:
        """The row of the start: its genres, no identity, not normalized."""
        self.identity = self.normalize = False
        self.weights: dict[str, float] = {}
        self._placed: dict[str, Placed] = {}
        for genre, weight in self._at_start.items():
            self._set(str(genre).removeprefix("genre:"), weight)
        self.before: dict[str, int] = {}

    def weigh(self, genre: str, weight: float) -> None:
        """Give a genre a weight; 0 takes it out of the row.

        Raises
        ------
        ValueError
            If there is no such genre, or the weight is negative or not finite.
        """
        before = self._places()
        self._set(genre, weight)
        self._changed(before)

    def change(self, *, identity: bool | None = None, normalize: bool | None = None) -> None:
        """Put the identity into the row or take it out, normalize the row or leave it."""
        before = self._places()
        self.identity = self.identity if identity is None else bool(identity)
        self.normalize = self.normalize if normalize is None else bool(normalize)
        self._changed(before)

    def _set(self, genre: str, weight: float) -> None:
        if genre not in self.genres:
            raise ValueError(
                f"genre is {genre!r}; expected one of {', '.join(self.genres)}.{suggestion(genre, self.genres)}"
            )
        weights = self.weights | {genre: non_negative_float("weight", weight)}
        self.weights = {name: weights[name] for name in self.genres if weights.get(name, 0) > 0}

    def _changed(self, before: dict[str, int]) -> None:
        self.before, self._placed = before, {}

    def _places(self) -> dict[str, int]:
        return {name: one.place for name, one in self.placed().items()}

    # --- what to show -------------------------------------------------------------------------------------------------

    def built(self) -> BuiltRow:
        """The row, built by `Dataset` from what is set."""
        empty = not self.weights and not self.identity
        dataset = Dataset(item_identity_features=self.identity)
        dataset.fit(users=["somebody"], items=[NEW_FILM], item_features=self.genres)
        matrix = dataset.build_item_features([(NEW_FILM, self.weights)], normalize=self.normalize and not empty)
        *_, columns = dataset.mapping()
        names = tuple("identity" if name == NEW_FILM else str(name) for name in columns)
        matrix.sort_indices()
        return BuiltRow(names, matrix, refused=self.normalize and empty)

    def placed(self) -> dict[str, Placed]:
        """Where each model places the film, by the model's name."""
        if not self._placed:
            row = self.built()
            self._placed = {name: self._place(name, row) for name in self._sums}
        return self._placed

    def _place(self, name: str, row: BuiltRow) -> Placed:
        model, scores = self._sums[name], self._scores[name]
        # The models have a column for the identity, whether or not the row has one.
        cells = row.matrix if self.identity else sp.hstack([sp.csr_matrix((1, 1)), row.matrix], format="csr")
        users = np.arange(len(scores))
        mine = model.predict(users, np.zeros_like(users), item_features=cells)
        ahead = np.count_nonzero(scores > mine[:, None], axis=1)
        (bias,), (vector,) = model.get_item_representations(cells)
        # A row for each cell, with this cell alone.
        n_cells = cells.nnz
        alone = sp.csr_matrix((cells.data, (range(n_cells), cells.indices)), shape=(n_cells, cells.shape[1]))
        added: dict[str, float] = {}
        if n_cells:
            biases, vectors = model.get_item_representations(alone)
            parts = biases + vectors @ model.user_embeddings.mean(axis=0)
            added = dict(zip(row.weights, parts.tolist(), strict=True))
        return Placed(
            place=1 + int(np.median(ahead)),
            added=added,
            score=float(mine.mean()),
            bias=float(bias),
            length=float(np.linalg.norm(vector)),
        )
