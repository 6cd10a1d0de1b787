"""What a model has to beat: the global mean, biases without embeddings, and popularity."""

from __future__ import annotations

import math

import numpy as np
import scipy.sparse as sp

from recsys_lessons.kernels.biases import damped_means, squared_errors
from recsys_lessons.models.rating_model import Entries, RankingRatingModel, RatingModel, boolean, checked_ratings
from recsys_lessons.models.storage import LearnedArray
from recsys_lessons.validation import choice, non_negative_float, positive_int


class GlobalMean(RatingModel):
    """Every prediction is the mean of all ratings. There is nothing to rank by.

    Attributes
    ----------
    global_mean : float
        None before `fit`.

    Notes
    -----
    A stored zero is a rating of 0; what is not stored is not known.

    Examples
    --------
    >>> import scipy.sparse as sp
    >>> from recsys_lessons import GlobalMean
    >>> GlobalMean().fit(sp.coo_matrix([[5, 3], [1, 0]])).predict(1, [0, 1])
    array([3., 3.], dtype=float32)
    """

    def __init__(self):
        self._forget()

    def fit(self, ratings: sp.spmatrix | sp.sparray) -> GlobalMean:
        """Learn the mean of `ratings`, a sparse matrix of shape (n_users, n_items) with at least one rating."""
        self._start(checked_ratings(ratings))
        return self


class BiasOnly(RankingRatingModel):
    """Predicts global mean + user bias + item bias: generous users and popular items, and no taste.

    The biases minimize the squared error plus a penalty, see :mod:`recsys_lessons.kernels.biases`. They are the part of
    :class:`FunkSVD` that needs no embeddings: whatever a model gains over this one, it has learned about taste.

    Parameters
    ----------
    item_regularization, user_regularization : float
        Penalty on the squared biases: an item's bias is a mean over its ratings and as many more with nothing to
        explain.
    epochs : int
        How often the items' biases are computed from the users' and then the users' from the items'.
    clip : bool
        Cut predictions off at the lowest and the highest rating seen in training. Ranks and recommendations are never
        cut off.

    Attributes
    ----------
    global_mean : float
        Mean of the ratings; None before `fit`, like the others.
    user_biases, item_biases : float32 array of shape (n_users,), (n_items,)
        0 for users and items without any rating. Can be changed and assigned.
    training_history : list of dict
        After each epoch: "loss" (mean squared error on the training ratings, without the penalty), its root "rmse", and
        "ratings", their number.

    Notes
    -----
    A stored zero is a rating of 0; what is not stored is not known. A rating that is stored twice counts twice. The
    defaults are those of Surprise's `BaselineOnly`.

    References
    ----------
    Yehuda Koren, Robert Bell and Chris Volinsky, "Matrix Factorization Techniques for Recommender Systems", Computer 42
    (2009) 30-37, equation 3.

    Examples
    --------
    User 1 gives two stars less than user 0, so their rating of item 1 is guessed to be two less than user 0's:

    >>> import scipy.sparse as sp
    >>> from recsys_lessons import BiasOnly
    >>> ratings = sp.coo_matrix([[5, 4], [3, 0]])
    >>> model = BiasOnly(item_regularization=0, user_regularization=0, epochs=50, clip=False).fit(ratings)
    >>> model.predict(1, [0, 1]).round(2)
    array([3., 2.], dtype=float32)
    """

    item_biases = LearnedArray("item", "biases")
    user_biases = LearnedArray("user", "biases")

    def __init__(
        self,
        item_regularization: float = 10.0,
        user_regularization: float = 15.0,
        epochs: int = 10,
        clip: bool = True,
    ):
        self.item_regularization = item_regularization
        self.user_regularization = user_regularization
        self.epochs = epochs
        self.clip = clip
        self._check_arguments()
        self._forget()

    def _check_arguments(self) -> None:
        non_negative_float("item_regularization", self.item_regularization)
        non_negative_float("user_regularization", self.user_regularization)
        positive_int("epochs", self.epochs)
        boolean("clip", self.clip)

    def fit(self, ratings: sp.spmatrix | sp.sparray) -> BiasOnly:
        """Learn the biases from `ratings`, a sparse matrix of shape (n_users, n_items) with at least one rating."""
        self._check_arguments()
        data = self._start(checked_ratings(ratings))
        for _ in range(self.epochs):
            self._learn("item", data)
            self._learn("user", data)
            users, items = self._parameters["user"], self._parameters["item"]
            loss = squared_errors(*data, self.global_mean, users.biases, items.biases) / len(data.values)
            self.training_history.append({"loss": loss, "rmse": math.sqrt(loss), "ratings": len(data.values)})
        return self

    def fold_in(self, ratings: sp.spmatrix | sp.sparray) -> BiasOnly:
        """A model for new users, whose biases are learned from their ratings while the items' biases stay as they are.

        Arguments, result and errors as for `RatingModel.fold_in`.
        """
        folded, data = self._fold(ratings)
        folded._learn("user", data)
        return folded

    def _learn(self, side: str, data: Entries) -> None:
        rows, columns = (data.users, data.items) if side == "user" else (data.items, data.users)
        other = "item" if side == "user" else "user"
        damping = self.user_regularization if side == "user" else self.item_regularization
        biases = self._parameters[side].biases
        damped_means(
            rows, columns, data.values, float(self.global_mean), self._parameters[other].biases, float(damping),
            np.empty((len(biases), 2)), biases,
        )  # fmt: skip


class Popularity(RankingRatingModel):
    """The same list for everybody: items by how many have liked them, or by their mean rating.

    Parameters
    ----------
    by : {"interactions", "ratings"}
        What is predicted for an item: how many of its entries are positive (above 0), or its mean rating.
    damping : float
        For ``by="ratings"``: so many ratings equal to the global mean are added to each item's. With 0, an item with a
        single rating, the highest one, comes first.

    Attributes
    ----------
    item_popularity : float32 array of shape (n_items,)
        None before `fit`. An item without any rating has 0 interactions, and the global mean as its mean rating.

    Notes
    -----
    A stored zero is a rating of 0, and no positive interaction. An entry that is stored twice counts twice.

    Examples
    --------
    >>> import scipy.sparse as sp
    >>> from recsys_lessons import Popularity
    >>> ratings = sp.coo_matrix([[2, 5, 0], [2, 0, 0], [2, 0, 1]])
    >>> Popularity().fit(ratings).recommend(1, n=2)
    (array([0, 1], dtype=int32), array([3., 1.], dtype=float32))
    >>> Popularity(by="ratings").fit(ratings).recommend(1, n=2)
    (array([1, 0], dtype=int32), array([5., 2.], dtype=float32))
    """

    item_popularity = LearnedArray("item", "biases")

    def __init__(self, by: str = "interactions", damping: float = 0.0):
        self.by = by
        self.damping = damping
        self._check_arguments()
        self._forget()

    def _check_arguments(self) -> None:
        choice("by", self.by, ("interactions", "ratings"))
        non_negative_float("damping", self.damping)

    def fit(self, ratings: sp.spmatrix | sp.sparray) -> Popularity:
        """Learn from `ratings`, a sparse matrix of shape (n_users, n_items) with at least one entry."""
        self._check_arguments()
        entries = checked_ratings(ratings)
        data = self._start(entries)
        users, items = self._parameters["user"], self._parameters["item"]
        if self.by == "ratings":
            sums = np.empty((len(items.biases), 2))
            damped_means(
                data.items, data.users, data.values, self.global_mean, users.biases, float(self.damping), sums,
                items.biases,
            )  # fmt: skip
            items.biases[:] += np.float32(self.global_mean)
        else:
            items.biases[:] = np.bincount(data.items[data.values > 0], minlength=len(items.biases))
        # It is part of the items' popularity, or plays no part in it.
        self.global_mean = 0.0
        return self
