"""Funk SVD: predicted ratings from biases and embeddings, learned one rating at a time."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NoReturn

import numpy as np
import scipy.sparse as sp
from tqdm.auto import tqdm

from recsys_lessons.kernels import funk_svd, random
from recsys_lessons.kernels.funk_svd import Ratings, RatingSettings
from recsys_lessons.models.arguments import check_callback, check_rows_kept, number_of_epochs
from recsys_lessons.models.estimator import Diverged
from recsys_lessons.models.rating_model import Entries, RankingRatingModel, boolean, checked_ratings, entry_arrays
from recsys_lessons.models.storage import LearnedArray
from recsys_lessons.validation import (
    check_random_state,
    non_negative_float,
    positive_float,
    positive_int,
    seed_words,
)


class FunkSVD(RankingRatingModel):
    """Explicit ratings, predicted as global mean + user bias + item bias + inner product of two embeddings.

    Parameters
    ----------
    no_components : int
        Length of the embeddings.
    epochs : int
        Passes over the ratings in `fit`, `fit_partial` and `fold_in`, where no other number is given.
    learning_rate : float
        Step size, the same for all parameters and epochs.
    regularization : float
        Penalty: each rating adds ``regularization / 2`` times the squares of the biases and embeddings that it touches
        to the loss, see :mod:`recsys_lessons.kernels.funk_svd`.
    init_std : float
        Standard deviation of the normal numbers that embeddings start from; biases start from 0.
    clip : bool
        Cut predictions off at the lowest and the highest rating seen in training. Ranks and recommendations are never
        cut off.
    random_state : None, int, numpy.random.RandomState or numpy.random.Generator
        With an int, each `fit` starts from the same seed; an object is advanced by each `fit`.
    biased : bool
        Learn biases. With False they stay 0, and a prediction is the global mean plus an inner product.

    Attributes
    ----------
    global_mean : float
        Mean of the ratings given to `fit`; None before, like the others.
    user_biases, item_biases : float32 array of shape (n_users,), (n_items,)
    user_embeddings, item_embeddings : float32 array of shape (n_users, no_components), (n_items, no_components)
        Users and items without any rating have a bias and an embedding of zero, so that their predictions are made of
        what is known. All four arrays can be changed and assigned.
    rating_range : tuple of float
        The lowest and the highest rating seen.
    training_history : list of dict
        For each epoch since the last `fit`: "loss" (mean squared error of the predictions, each made before the step
        that its rating causes, neither clipped nor with the penalty), its root "rmse", and "ratings", their number.

    Notes
    -----
    The arithmetic and the defaults are those of Surprise's `SVD`. Differences: in each epoch the users come in a new
    random order, each with all their ratings, item by item; numbers are float32; a model without biases keeps the
    global mean, which Surprise's drops as well. The order in which ratings are stored makes no difference. Training
    runs in one thread and gives the same bytes on every x86-64 processor.

    These defaults make results comparable with Surprise's; they are not the best. On the bundled movies their large
    random start (`init_std`) and small penalty leave the model behind its own biases, that is behind :class:`BiasOnly`.
    Lesson 02 finds out why, and uses a smaller start, a larger penalty and more and larger steps.

    A stored zero is a rating of 0; what is not stored is not known. A rating that is stored twice is learned twice.

    References
    ----------
    Simon Funk, "Netflix Update: Try This at Home", 2006. Yehuda Koren, Robert Bell and Chris Volinsky, "Matrix
    Factorization Techniques for Recommender Systems", Computer 42 (2009) 30-37.

    Examples
    --------
    Two groups of users and two groups of items; user 0 has not rated item 1:

    >>> import numpy as np, scipy.sparse as sp
    >>> from recsys_lessons import FunkSVD
    >>> ratings = 1 + 4 * np.kron(np.eye(2), np.ones((4, 3)))
    >>> ratings[0, 1] = 0
    >>> model = FunkSVD(no_components=2, epochs=300, learning_rate=0.05, random_state=1).fit(sp.coo_matrix(ratings))
    >>> model.predict(0, [0, 1, 4]).round(1)
    array([5., 5., 1.], dtype=float32)
    """

    _fixed_by_fit = ("no_components",)

    item_embeddings = LearnedArray("item", "embeddings")
    item_biases = LearnedArray("item", "biases")
    user_embeddings = LearnedArray("user", "embeddings")
    user_biases = LearnedArray("user", "biases")

    def __init__(
        self,
        no_components: int = 100,
        epochs: int = 20,
        learning_rate: float = 0.005,
        regularization: float = 0.02,
        init_std: float = 0.1,
        clip: bool = True,
        random_state: None | int | np.random.RandomState | np.random.Generator = None,
        biased: bool = True,
    ):
        self.no_components = no_components
        self.epochs = epochs
        self.learning_rate = learning_rate
        self.regularization = regularization
        self.init_std = init_std
        self.clip = clip
        self.random_state = random_state
        self.biased = biased
        self._check_arguments()
        self._forget()

    def _check_arguments(self) -> None:
        positive_int("no_components", self.no_components)
        positive_int("epochs", self.epochs)
        positive_float("learning_rate", self.learning_rate)
        non_negative_float("regularization", self.regularization)
        non_negative_float("init_std", self.init_std)
        boolean("clip", self.clip)
        boolean("biased", self.biased)
        check_random_state(self.random_state)

    # ------------------------------------------------------------------------------------------------- training

    def fit(
        self,
        ratings: sp.spmatrix | sp.sparray,
        epochs: int | None = None,
        verbose: bool = False,
        *,
        callback: Callable[[FunkSVD, int], bool | None] | None = None,
    ) -> FunkSVD:
        """Learn from scratch.

        Parameters
        ----------
        ratings : sparse matrix of shape (n_users, n_items)
            The known ratings; a stored zero is one of them.
        epochs : int, optional
            Passes over the ratings, by default as many as the constructor was told; 0 draws the first embeddings and
            learns nothing.
        verbose : bool
            Show a progress bar with the root mean squared error.
        callback : callable, optional
            Called as ``callback(model, epoch)`` after each epoch, counted from 0; training ends when it returns True.
            If it has a method ``on_fit_end(model)``, that is called once at the end.

        Returns
        -------
        FunkSVD
            The model itself.

        Raises
        ------
        ValueError
            For wrong input, before anything is changed; and when the numbers that are learned are no longer finite, in
            which case the model is left as not fitted.
        """
        return self._train(True, ratings, epochs, verbose, callback)

    def fit_partial(
        self,
        ratings: sp.spmatrix | sp.sparray,
        epochs: int | None = None,
        verbose: bool = False,
        *,
        callback: Callable[[FunkSVD, int], bool | None] | None = None,
    ) -> FunkSVD:
        """Go on learning from where the model is; as `fit` if it was never fitted.

        Two epochs in one call and in two calls give the same model, to the bit. The global mean stays that of the first
        `fit`. Arguments as for `fit`; the shape of `ratings` must be the same as then.
        """
        return self._train(False, ratings, epochs, verbose, callback)

    def _train(self, restart, ratings, epochs, verbose, callback) -> FunkSVD:
        self._check_arguments()
        epochs = self.epochs if epochs is None else number_of_epochs(epochs)
        check_callback(callback)
        entries = checked_ratings(ratings)
        if restart or not self.__sklearn_is_fitted__():
            data = self._start(entries)
            self._stream = np.zeros(random.STATE_WORDS, dtype=np.int64)
            random.start_stream(self._stream, *(int(word) for word in seed_words(self.random_state, 3)))
        else:
            data = self._continue(entries)
        self._draw_embeddings("item", data.items)
        self._draw_embeddings("user", data.users)
        self._run_epochs(self._by_user(data), epochs, verbose, callback)
        return self

    def _continue(self, entries: sp.coo_matrix) -> Entries:
        users, items = self._represented()
        known = len(users.biases), len(items.biases)
        if entries.shape != known:
            raise ValueError(
                f"ratings must have the shape that the model was fitted with, {known}, got {entries.shape}. Fit the "
                "model again to add users or items."
            )
        data = entry_arrays(entries)
        lowest, highest = self.rating_range
        self.rating_range = (min(lowest, float(data.values.min())), max(highest, float(data.values.max())))
        return data

    def _draw_embeddings(self, side: str, rated: np.ndarray) -> None:
        """First embeddings of the rows that have ratings and no embedding yet."""
        embeddings = self._parameters[side].embeddings
        is_rated = np.bincount(rated, minlength=len(embeddings)) > 0
        rows = np.flatnonzero(is_rated & ~embeddings.any(axis=1))
        if self.init_std > 0:
            funk_svd.fill_normal(embeddings, rows, int(self.no_components), float(self.init_std), self._stream)

    def _by_user(self, data: Entries) -> Ratings:
        n_users = len(self._parameters["user"].biases)
        starts = np.concatenate([[0], np.cumsum(np.bincount(data.users, minlength=n_users))]).astype(np.int64)
        return Ratings(starts, data.items, data.values)

    def _run_epochs(self, data: Ratings, epochs: int, verbose: bool, callback: Callable | None) -> None:
        n_rows = {side: len(factors.biases) for side, factors in self._parameters.items()}
        progress = tqdm(range(epochs), desc="Epoch", disable=not verbose)
        for epoch in progress:
            check_rows_kept(self._parameters, n_rows)
            order = np.arange(len(data.starts) - 1, dtype=np.int32)
            random.shuffle(order, self._stream)
            record = self._epoch(data, order, learn_items=True)
            if callback is not None or epoch == epochs - 1:
                self._check_finite()
            self.training_history.append(record)
            progress.set_postfix(rmse=f"{record['rmse']:.4f}", refresh=False)
            if callback is not None and callback(self, epoch):
                progress.close()
                break
        finish = getattr(callback, "on_fit_end", None)
        if finish is not None:
            finish(self)

    def _epoch(self, data: Ratings, order: np.ndarray, learn_items: bool) -> dict[str, float]:
        """One pass over the ratings of all users, in a given order, and its record."""
        settings = RatingSettings(
            float(self.global_mean),
            float(self.learning_rate),
            float(self.regularization),
            learn_items,
            bool(self.biased),
        )
        users, items = self._parameters["user"], self._parameters["item"]
        loss = funk_svd.learn_ratings(users, items, data, order, settings) / max(len(data.values), 1)
        if not math.isfinite(loss):
            self._give_up()
        return {"loss": loss, "rmse": math.sqrt(loss), "ratings": len(data.values)}

    def _check_finite(self) -> None:
        # Needed only where nothing follows: the loss of a next epoch would tell.
        if not all(np.isfinite(array).all() for factors in self._parameters.values() for array in factors):
            self._give_up()

    def _give_up(self) -> NoReturn:
        self._forget()
        raise Diverged(
            "Not all estimated parameters are finite, your model may have diverged. Try decreasing the learning rate "
            f"(now {self.learning_rate}) or bringing the ratings to a smaller scale. The model is not fitted any more."
        )

    def fold_in(self, ratings: sp.spmatrix | sp.sparray, epochs: int | None = None) -> FunkSVD:
        """A model for new users, learned from their ratings while all items stay as they are.

        Each new user starts from zero, that is from the predictions global mean + item bias, and learns a bias and an
        embedding with this model's loss and step size. What one user gets does not depend on the others.

        Parameters
        ----------
        ratings : sparse matrix of shape (n_new_users, n_items)
            The new users' ratings; a row may be empty.
        epochs : int, optional
            Passes over the ratings, by default as many as the constructor was told.

        Returns
        -------
        FunkSVD
            A fitted model whose users are the rows of `ratings` and whose items are copies of this model's. This model
            is not changed.
        """
        epochs = self.epochs if epochs is None else number_of_epochs(epochs)
        folded, entries = self._fold(ratings)
        data = folded._by_user(entries)
        order = np.arange(len(data.starts) - 1, dtype=np.int32)
        for _ in range(epochs):
            folded.training_history.append(folded._epoch(data, order, learn_items=False))
        folded._check_finite()
        return folded
