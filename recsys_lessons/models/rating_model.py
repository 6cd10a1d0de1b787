"""What models of ratings have in common: a global mean, and biases and embeddings of users and items.

A baseline is such a model with some of these left out, so all of them predict, rank, fold in and save alike. How the
numbers are learned is the business of each model.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp

from recsys_lessons.kernels.biases import mean_rating
from recsys_lessons.kernels.funk_svd import Factors
from recsys_lessons.models import scoring
from recsys_lessons.models.arguments import entries_to_rank, id_pairs
from recsys_lessons.models.estimator import Estimator
from recsys_lessons.models.files import (
    portable_params,
    read_model,
    saved_array,
    saved_stream,
    write_model,
)
from recsys_lessons.models.scoring import Representations
from recsys_lessons.models.storage import padded_copy, padded_full
from recsys_lessons.validation import as_ids, number_of_threads, sparse_interactions

_SIDES = ("item", "user")


class Entries(NamedTuple):
    """Ratings as arrays for kernels, one number each for an entry."""

    users: np.ndarray
    items: np.ndarray
    values: np.ndarray


class RatingModel(Estimator):
    """Base of the models of ratings. A subclass has `fit`, and a `fold_in` of its own if it learns about users."""

    no_components: int = 0
    clip: bool = False

    # ---------------------------------------------------------------------------------------------- predictions

    def predict(self, user_ids: int | np.ndarray, item_ids: np.ndarray) -> np.ndarray:
        """Predicted ratings of (user, item) pairs.

        Parameters
        ----------
        user_ids : int or array of shape (n_pairs,)
            Row numbers of users; a single one is paired with all items.
        item_ids : array of shape (n_pairs,)
            Row numbers of items.

        Returns
        -------
        float32 array of shape (n_pairs,)
            In the units of the ratings. With ``clip=True`` no prediction lies outside of what was seen in training.

        Raises
        ------
        ValueError
            For ids that were not in the shape of the training matrix.
        """
        self._check_fitted()
        user_ids, item_ids = id_pairs(user_ids, item_ids)
        users, items = self._represented()
        as_ids("user_ids", user_ids, upper=len(users.biases))
        as_ids("item_ids", item_ids, upper=len(items.biases))
        ratings = scoring.predict(user_ids, item_ids, users, items)
        return np.clip(ratings, *self.rating_range) if self.clip else ratings

    def fold_in(self, ratings: sp.spmatrix | sp.sparray) -> RatingModel:
        """A model for new users, learned from their ratings while all that is known of the items stays as it is.

        Parameters
        ----------
        ratings : sparse matrix of shape (n_new_users, n_items)
            The new users' ratings; a row may be empty.

        Returns
        -------
        RatingModel
            A fitted model of the same class, whose users are the rows of `ratings` and whose items are copies of this
            model's. This model is not changed.
        """
        return self._fold(ratings)[0]

    def _fold(self, ratings: sp.spmatrix | sp.sparray) -> tuple[RatingModel, Entries]:
        """A model that knows nothing yet about the users who are the rows of `ratings`, and their ratings."""
        self._check_fitted()
        entries = sparse_interactions("ratings", ratings)
        n_users, n_items = entries.shape
        known = len(self._represented()[1].biases)
        if n_items != known:
            raise ValueError(f"ratings must have a column for each of the {known} items in training, got {n_items}.")
        folded = type(self)(**self.get_params())
        folded._restore(self._snapshot())
        folded.training_history = []
        folded._parameters["user"] = _new_factors(n_users, self.no_components)
        return folded, entry_arrays(entries)

    def _represented(self) -> tuple[Representations, Representations]:
        """Users, with the global mean as part of their biases, and items."""
        users, items = (self._parameters[side] for side in ("user", "item"))
        for side, factors in (("user", users), ("item", items)):
            if len(factors.embeddings) != len(factors.biases):
                raise ValueError(
                    f"{side}_embeddings and {side}_biases must have one row for each {side}, "
                    f"got {len(factors.embeddings)} and {len(factors.biases)}."
                )
        biases = users.biases + np.float32(self.global_mean)
        return (
            Representations(users.embeddings, biases, self.no_components),
            Representations(items.embeddings, items.biases, self.no_components),
        )

    # ------------------------------------------------------------------------------------------------ the state

    def _forget(self) -> None:
        self._parameters: dict[str, Factors | None] = {side: None for side in _SIDES}
        self._stream: np.ndarray | None = None
        self.global_mean: float | None = None
        self.rating_range: tuple[float, float] | None = None
        self.training_history: list[dict[str, float]] = []

    def _start(self, entries: sp.coo_matrix) -> Entries:
        """Forget what was learned and start from the mean of the ratings, with biases and embeddings of zero."""
        self._forget()
        ratings = entry_arrays(entries)
        self.global_mean = float(mean_rating(ratings.values))
        self.rating_range = (float(ratings.values.min()), float(ratings.values.max()))
        for side, n_rows in zip(("user", "item"), entries.shape, strict=True):
            self._parameters[side] = _new_factors(n_rows, self.no_components)
        return ratings

    def __sklearn_is_fitted__(self) -> bool:
        return self._parameters["item"] is not None

    def _snapshot(self) -> dict[str, Any]:
        """Copy of all that training changes."""
        self._check_fitted()
        return {
            "parameters": {side: _copy(self._parameters[side], self.no_components) for side in _SIDES},
            "stream": None if self._stream is None else self._stream.copy(),
            "global_mean": self.global_mean,
            "rating_range": self.rating_range,
            "history": [dict(record) for record in self.training_history],
        }

    def _restore(self, snapshot: dict[str, Any]) -> None:
        """Go back to a snapshot, which stays usable."""
        self._parameters = {side: _copy(snapshot["parameters"][side], self.no_components) for side in _SIDES}
        self._stream = None if snapshot["stream"] is None else snapshot["stream"].copy()
        self.global_mean, self.rating_range = snapshot["global_mean"], snapshot["rating_range"]
        self.training_history = [dict(record) for record in snapshot["history"]]

    def save(self, path: str | os.PathLike) -> Path:
        """Write the fitted model to an ``.npz`` file (the suffix is added if missing) and return its path.

        The file holds plain arrays and text, no pickles, and replaces an older one only once it is complete. A loaded
        model predicts, and goes on training, to the same bytes. A `random_state` that is an object is saved as None:
        what matters of it is in the model's own stream.
        """
        self._check_fitted()
        about = {
            "model": type(self).__name__,
            "params": portable_params(self.get_params()),
            "global_mean": self.global_mean,
            "rating_range": self.rating_range,
            "history": self.training_history,
        }
        arrays = {} if self._stream is None else {"stream": self._stream}
        for side in _SIDES:
            arrays[f"{side}_embeddings"] = self._parameters[side].embeddings[:, : self.no_components]
            arrays[f"{side}_biases"] = self._parameters[side].biases
        return write_model(path, about, arrays)

    @classmethod
    def load(cls, path: str | os.PathLike) -> RatingModel:
        """Read a model that `save` wrote.

        Raises
        ------
        ValueError
            If the file is not such a model, or comes from a newer version of the library.
        """
        about, arrays = read_model(path, cls.__name__)
        try:
            model = cls(**about["params"])
            parameters = {}
            for side in _SIDES:
                n_rows = len(arrays[f"{side}_biases"])
                parameters[side] = Factors(
                    saved_array(arrays, f"{side}_embeddings", (n_rows, model.no_components)),
                    saved_array(arrays, f"{side}_biases", (n_rows,)),
                )
            lowest, highest = about["rating_range"]
            snapshot = {
                "parameters": parameters,
                "stream": saved_stream(arrays) if "stream" in arrays else None,
                "global_mean": float(about["global_mean"]),
                "rating_range": (float(lowest), float(highest)),
                "history": list(about["history"]),
            }
            model._restore(snapshot)
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{path} does not hold a model written by {cls.__name__}.save: {error}") from error
        return model


class RankingRatingModel(RatingModel):
    """A model of ratings that does not predict the same for all items."""

    def predict_rank(
        self,
        test_interactions: sp.spmatrix | sp.sparray,
        train_interactions: sp.spmatrix | sp.sparray | None = None,
        item_features: None = None,
        user_features: None = None,
        num_threads: int = 1,
        check_intersections: bool = True,
    ) -> sp.csr_matrix:
        """Rank of each test entry among all items, by predicted rating (never clipped), 0 being the best.

        Parameters
        ----------
        test_interactions : sparse matrix of shape (n_users, n_items)
            Each stored entry, whatever its value, is ranked.
        train_interactions : sparse matrix of the same shape, optional
            The user's items that are left out of the ranking.
        item_features, user_features : None
            This model has no features; the arguments are those of `LightFM`.
        num_threads : int
            Users are spread over threads; the ranks do not depend on it.
        check_intersections : bool
            Raise if an entry is in both matrices.

        Returns
        -------
        scipy.sparse.csr_matrix of float32
            The rank of each stored entry of `test_interactions` (duplicates are merged). An item that scores the same
            as another stands behind it.
        """
        self._check_fitted()
        num_threads = number_of_threads(num_threads)
        for name, features in (("item_features", item_features), ("user_features", user_features)):
            if features is not None:
                raise ValueError(f"{name} must be None: {type(self).__name__} has no features.")
        test, train = entries_to_rank(test_interactions, train_interactions, check_intersections)
        users, items = self._represented()
        known = len(users.biases), len(items.biases)
        if test.shape[0] > known[0] or test.shape[1] > known[1]:
            raise ValueError(
                f"test_interactions must not have more users or items than were in training, {known}, "
                f"got shape {test.shape}."
            )
        items = items._replace(embeddings=items.embeddings[: test.shape[1]], biases=items.biases[: test.shape[1]])
        return scoring.rank(test, train, users, items, num_threads)

    def recommend(
        self,
        user_ids: int | np.ndarray,
        n: int = 10,
        *,
        exclude: sp.spmatrix | sp.sparray | None = None,
        items: np.ndarray | None = None,
        num_threads: int = 1,
    ) -> tuple[np.ndarray, np.ndarray]:
        """The `n` items with the highest predicted ratings, best first.

        Parameters
        ----------
        user_ids : int or array of shape (n_users,)
            Row numbers of users.
        n : int
            How many items.
        exclude : sparse matrix of shape (all users, all items), optional
            Entries that are not recommended, usually the training ratings.
        items : array of ids, optional
            The candidates; all items by default.
        num_threads : int
            Users are spread over threads; the result does not depend on it.

        Returns
        -------
        ids : int32 array of shape (n_users, n), or (n,) for a single user
            Equal scores in the order of the ids. Where fewer than `n` candidates are left, -1.
        scores : float32 array of the same shape
            The predicted ratings, not clipped: clipped ones could not be told apart at the top. Minus infinity
            beside -1.
        """
        self._check_fitted()
        num_threads = number_of_threads(num_threads)
        users, represented = self._represented()
        return scoring.recommend(user_ids, n, exclude, items, users, represented, num_threads)


def boolean(name: str, value: Any) -> bool:
    """`value`, which must be True or False."""
    if not isinstance(value, bool | np.bool_):
        raise ValueError(f"{name} must be True or False, got {value!r}.")
    return bool(value)


def checked_ratings(ratings: Any) -> sp.coo_matrix:
    """Ratings as COO matrix, entry by entry (a stored zero is a rating of 0), of which there must be at least one."""
    entries = sparse_interactions("ratings", ratings)
    if entries.nnz == 0:
        raise ValueError(f"ratings must hold at least one rating, got an empty matrix of shape {entries.shape}.")
    return entries


def entry_arrays(entries: sp.coo_matrix) -> Entries:
    """Users and items, int32, and values, float32: user by user, item by item, whatever order they are stored in."""
    # NumPy sorts numbers of 16 bits several times as fast as longer ones.
    short = [
        numbers.astype(np.uint16) if n_numbers <= 2**16 else numbers
        for numbers, n_numbers in zip((entries.col, entries.row), entries.shape[::-1], strict=True)
    ]
    order = np.lexsort(short)
    return Entries(entries.row[order], entries.col[order], entries.data[order])


def _new_factors(n_rows: int, n_components: int) -> Factors:
    return Factors(padded_full(n_rows, n_components, 0.0), np.zeros(n_rows, dtype=np.float32))


def _copy(factors: Factors, n_components: int) -> Factors:
    """Deep copy that keeps padding and alignment."""
    return Factors(padded_copy(factors.embeddings[:, :n_components]), factors.biases.copy())
