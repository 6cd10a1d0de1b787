"""The hybrid model: users and items as sums of their features' embeddings, learned with one of four losses."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

import numpy as np
import scipy.sparse as sp
from tqdm.auto import tqdm

from recsys_lessons.kernels import k_os, known, random, representation, training, warp
from recsys_lessons.kernels.structures import (
    ADADELTA,
    ADAGRAD,
    BPR,
    K_OS_WARP,
    LOGISTIC,
    WARP,
    Interactions,
    Model,
    Parameters,
    Settings,
    Side,
    Worker,
)
from recsys_lessons.losses import OwnLoss
from recsys_lessons.models import scoring
from recsys_lessons.models.arguments import (
    check_callback,
    check_rows_kept,
    entries_to_rank,
    id_pairs,
    number_of_epochs,
)
from recsys_lessons.models.estimator import Diverged, Estimator
from recsys_lessons.models.files import (
    portable_params,
    read_model,
    saved_array,
    saved_stream,
    write_model,
)
from recsys_lessons.models.scoring import Representations
from recsys_lessons.models.storage import LearnedArray, copy_parameters, new_parameters, padded_full
from recsys_lessons.validation import (
    as_csr_float32,
    as_ids,
    check_random_state,
    choice,
    non_negative_float,
    number_of_threads,
    positive_float,
    positive_int,
    seed_words,
    sparse_interactions,
)

LOSSES = {"logistic": LOGISTIC, "bpr": BPR, "warp": WARP, "warp-kos": K_OS_WARP}
SCHEDULES = {"adagrad": ADAGRAD, "adadelta": ADADELTA}
_SIDES = ("item", "user")
BLOCKS_OF_A_THREAD = 32
ENTRIES_OF_A_BLOCK = 256
"""With several threads an epoch is cut into blocks of neighboring entries: of so many, or so many for each thread."""
ENTRIES_OF_A_SHARE = 1 << 16
"""With several threads: how many entries a thread takes at a time. Few would be learned user by user, hardly mixed."""


class LightFM(Estimator):
    """A hybrid recommender: matrix factorization whose rows are sums of feature embeddings (Kula 2015).

    The score of a user for an item is the inner product of their representations plus their biases, and a
    representation is the weighted sum of the embeddings of the row's features. Without features each user and item is
    its own feature, and the model is a plain factorization. The class takes LightFM's arguments and has its methods
    and attributes.

    Parameters
    ----------
    no_components : int
        Length of the embeddings.
    k, n : int
        For k-OS WARP: of `n` positives drawn, the `k`-th best is learned.
    learning_schedule : {"adagrad", "adadelta"}
        How steps shrink as training goes on, see :mod:`recsys_lessons.kernels.schedules`.
    loss : {"logistic", "bpr", "warp", "warp-kos"} or OwnLoss
        What is learned, see the modules of these names in :mod:`recsys_lessons.kernels`; or a loss of your own, see
        :mod:`recsys_lessons.losses`.
    learning_rate : float
        First step size of Adagrad; Adadelta needs none.
    rho, epsilon : float
        Adadelta's memory, between 0 and 1, and the constant under its roots.
    item_alpha, user_alpha : float
        Penalty on the items' and the users' features: the gradient of ``alpha / 2 * theta ** 2`` for the numbers that
        an update touches.
    max_sampled : int
        How many negatives WARP draws at most in search of a violation, and a loss of your own with a margin.
    random_state : None, int, numpy.random.RandomState or numpy.random.Generator
        With an int, each `fit` starts from the same seed; an object is advanced by each `fit`.

    Attributes
    ----------
    item_embeddings, user_embeddings : float32 array of shape (n_features, no_components)
        One row for each feature of that side; None before `fit`. All learned arrays can be changed and assigned.
    item_biases, user_biases : float32 array of shape (n_features,)
    item_embedding_gradients, item_bias_gradients, user_embedding_gradients, user_bias_gradients : float32 arrays
        Squared gradients so far, as the learning schedule remembers them.
    item_embedding_momentum, item_bias_momentum, user_embedding_momentum, user_bias_momentum : float32 arrays
        Squared updates so far (Adadelta only).
    training_history : list of dict
        For each epoch since the last `fit`: "loss" (mean sampled loss of an interaction, times its weight, without the
        penalty; 0 where WARP finds no violation), "updates" made, negatives ("draws") drawn, and "interactions" learned
        from (all entries for the logistic loss, the positive ones for the others).

    Notes
    -----
    Where this differs from LightFM 1.17:

    - the penalty is a plain one (above); LightFM's shrinks all parameters lazily, and an epoch's scores with it grow
      where they should shrink;
    - the pairwise losses leave the users' biases alone, on which they do not depend; LightFM lowers them at every step;
    - k-OS WARP looks at positive entries only, takes sample weights, and works with two items;
    - BPR makes no update for a user who has an entry for everything; LightFM takes a positive for a negative;
    - negatives are the columns of the interactions; surplus rows of a feature matrix are not drawn;
    - `fit` with an integer seed gives the same model each time, as in scikit-learn;
    - one thread gives the same bytes on every x86-64 processor;
    - a feature matrix with missing columns is an error everywhere, and wrong input raises ``ValueError``.

    References
    ----------
    Maciej Kula, "Metadata Embeddings for User and Item Cold-start Recommendations", CBRecSys 2015.

    Examples
    --------
    Two groups of users, two groups of items, and a user of the first group who has not seen item 1:

    >>> import numpy as np, scipy.sparse as sp
    >>> from recsys_lessons import LightFM
    >>> likes = sp.coo_matrix(np.kron(np.eye(2), np.ones((4, 3))) > 0)
    >>> likes = likes.tolil(); likes[0, 1] = False
    >>> model = LightFM(no_components=4, loss="warp", random_state=1).fit(likes.tocoo(), epochs=30)
    >>> ids, scores = model.recommend(0, n=1, exclude=likes)
    >>> ids
    array([1], dtype=int32)
    """

    _fixed_by_fit = ("no_components", "learning_schedule")

    item_embeddings = LearnedArray("item", "embeddings")
    item_biases = LearnedArray("item", "biases")
    item_embedding_gradients = LearnedArray("item", "embedding_gradients")
    item_bias_gradients = LearnedArray("item", "bias_gradients")
    item_embedding_momentum = LearnedArray("item", "embedding_momentum")
    item_bias_momentum = LearnedArray("item", "bias_momentum")
    user_embeddings = LearnedArray("user", "embeddings")
    user_biases = LearnedArray("user", "biases")
    user_embedding_gradients = LearnedArray("user", "embedding_gradients")
    user_bias_gradients = LearnedArray("user", "bias_gradients")
    user_embedding_momentum = LearnedArray("user", "embedding_momentum")
    user_bias_momentum = LearnedArray("user", "bias_momentum")

    def __init__(
        self,
        no_components: int = 10,
        k: int = 5,
        n: int = 10,
        learning_schedule: str = "adagrad",
        loss: str | OwnLoss = "logistic",
        learning_rate: float = 0.05,
        rho: float = 0.95,
        epsilon: float = 1e-6,
        item_alpha: float = 0.0,
        user_alpha: float = 0.0,
        max_sampled: int = 10,
        random_state: None | int | np.random.RandomState | np.random.Generator = None,
    ):
        self.no_components = no_components
        self.k = k
        self.n = n
        self.learning_schedule = learning_schedule
        self.loss = loss
        self.learning_rate = learning_rate
        self.rho = rho
        self.epsilon = epsilon
        self.item_alpha = item_alpha
        self.user_alpha = user_alpha
        self.max_sampled = max_sampled
        self.random_state = random_state
        self._check_arguments()
        positive_int("max_sampled", max_sampled)
        self._forget()

    # ------------------------------------------------------------------------------------------------ arguments

    def _check_arguments(self) -> None:
        positive_int("no_components", self.no_components)
        positive_int("k", self.k)
        positive_int("n", self.n)
        choice("learning_schedule", self.learning_schedule, tuple(SCHEDULES))
        if not isinstance(self.loss, OwnLoss):
            if callable(self.loss):
                raise ValueError(f"loss is the function {self.loss!r}; wrap it by pairwise_loss or pointwise_loss.")
            choice("loss", self.loss, tuple(LOSSES))
        positive_float("learning_rate", self.learning_rate)
        if not 0 < non_negative_float("rho", self.rho) < 1:
            raise ValueError(f"rho must lie between 0 and 1, got {self.rho!r}.")
        non_negative_float("epsilon", self.epsilon)
        if self.epsilon == 0 and self.learning_schedule == "adadelta":
            raise ValueError("epsilon must be above 0 with learning_schedule='adadelta': its first step would be 0.")
        non_negative_float("item_alpha", self.item_alpha)
        non_negative_float("user_alpha", self.user_alpha)
        # 0 can be assigned, as in LightFM: WARP then finds no violation and learns nothing.
        if self.max_sampled != 0:
            positive_int("max_sampled", self.max_sampled)
        check_random_state(self.random_state)

    def __sklearn_is_fitted__(self) -> bool:
        return self._parameters["item"] is not None

    # ------------------------------------------------------------------------------------------------- training

    def fit(
        self,
        interactions: sp.spmatrix | sp.sparray,
        user_features: sp.spmatrix | sp.sparray | np.ndarray | None = None,
        item_features: sp.spmatrix | sp.sparray | np.ndarray | None = None,
        sample_weight: sp.spmatrix | sp.sparray | None = None,
        epochs: int = 1,
        num_threads: int = 1,
        verbose: bool = False,
        *,
        callback: Callable[[LightFM, int], bool | None] | None = None,
    ) -> LightFM:
        """Learn from scratch.

        Parameters
        ----------
        interactions : sparse matrix of shape (n_users, n_items)
            A value > 0 is positive feedback. Other stored values are negative labels for the logistic loss; the other
            losses skip them, but never draw them as negatives. The size of a value plays no part. Duplicates count as
            often as they are stored.
        user_features : matrix of shape (at least n_users, n_user_features), optional
            Weights of each user's features; None gives each user one feature of their own.
        item_features : matrix of shape (at least n_items, n_item_features), optional
            Likewise for items.
        sample_weight : sparse matrix of shape (n_users, n_items), optional
            Factor on the loss of each interaction: same entries as `interactions`, in the same order.
        epochs : int
            Passes over the interactions; 0 draws the first embeddings and learns nothing.
        num_threads : int
            More than one is faster and gives slightly different numbers in each run: threads overwrite each other's
            updates now and then (Hogwild).
        verbose : bool
            Show a progress bar with the loss.
        callback : callable, optional
            Called as ``callback(model, epoch)`` after each epoch, counted from 0; training ends when it returns True.
            If it has a method ``on_fit_end(model)``, that is called once at the end.

        Returns
        -------
        LightFM
            The model itself.

        Raises
        ------
        ValueError
            For wrong input, before anything is changed; and when the numbers that are learned are no longer finite, in
            which case the model is left as not fitted.
        """
        return self._train(
            True,
            interactions,
            user_features,
            item_features,
            sample_weight,
            epochs,
            num_threads,
            verbose,
            callback,
        )

    def fit_partial(
        self,
        interactions: sp.spmatrix | sp.sparray,
        user_features: sp.spmatrix | sp.sparray | np.ndarray | None = None,
        item_features: sp.spmatrix | sp.sparray | np.ndarray | None = None,
        sample_weight: sp.spmatrix | sp.sparray | None = None,
        epochs: int = 1,
        num_threads: int = 1,
        verbose: bool = False,
        *,
        callback: Callable[[LightFM, int], bool | None] | None = None,
    ) -> LightFM:
        """Go on learning from where the model is; as `fit` if it was never fitted.

        Two epochs in one call and in two calls give the same model, to the bit. Arguments and errors as for `fit`;
        users, items and features must be those of the first call.
        """
        return self._train(
            False,
            interactions,
            user_features,
            item_features,
            sample_weight,
            epochs,
            num_threads,
            verbose,
            callback,
        )

    def _train(
        self,
        restart,
        interactions,
        user_features,
        item_features,
        sample_weight,
        epochs,
        num_threads,
        verbose,
        callback,
    ) -> LightFM:
        self._check_arguments()
        epochs = number_of_epochs(epochs)
        num_threads = number_of_threads(num_threads)
        check_callback(callback)
        entries = sparse_interactions("interactions", interactions)
        weights = _sample_weights(sample_weight, entries)
        n_users, n_items = entries.shape
        restart = restart or self._parameters["item"] is None
        features = {
            "user": self._training_features("user", user_features, n_users, restart),
            "item": self._training_features("item", item_features, n_items, restart),
        }
        if restart:
            described = {side: matrix is not None and not _is_identity(matrix) for side, matrix in features.items()}
            widths = {
                "user": n_users if features["user"] is None else features["user"].shape[1],
                "item": n_items if features["item"] is None else features["item"].shape[1],
            }
            self._start(widths)
            self._described = described
        data = _training_data(entries, weights, self._loss_alike)
        self._run_epochs(data, entries.shape, features, epochs, num_threads, verbose, callback)
        return self

    def _training_features(self, side: str, features: Any, n_rows: int, restart: bool) -> sp.csr_matrix | None:
        """Feature matrix of one side, checked against the interactions and, unless `restart`, against the model."""
        name = f"{side}_features"
        if features is not None:
            features = as_csr_float32(name, features)
            if features.shape[0] < n_rows:
                raise ValueError(
                    f"Number of {side} feature rows does not equal the number of {side}s: {name} has "
                    f"{features.shape[0]} rows, the interactions have {n_rows} {side}s."
                )
        if not restart:
            if features is None:
                self._check_undescribed(side)
            self._check_width(side, n_rows if features is None else features.shape[1])
        return features

    def _check_undescribed(self, side: str) -> None:
        if self._described[side]:
            raise ValueError(
                f"{side}_features is missing: the model was fitted with a matrix of {len(self._learned(side).biases)} "
                f"features. Pass {side}_features here too."
            )

    def _check_width(self, side: str, width: int) -> None:
        known = len(self._learned(side).biases)
        if width == known:
            return
        if width > known:
            raise ValueError(
                f"The {side} feature matrix specifies more features than there are estimated feature embeddings: "
                f"{known} vs {width}. Fit the model again to add features or {side}s."
            )
        raise ValueError(
            f"Incorrect number of features in {side}_features: the model knows {known} features, got {width}. "
            f"Pass the matrix with all its columns, as in training."
        )

    def _start(self, widths: dict[str, int]) -> None:
        """First embeddings: uniform between -0.5 and 0.5, divided by `no_components`; items first, as in LightFM."""
        self._forget()
        self._stream = np.zeros(random.STATE_WORDS, dtype=np.int64)
        random.start_stream(self._stream, *(int(word) for word in seed_words(self.random_state, 3)))
        first_gradient = 1.0 if self.learning_schedule == "adagrad" else 0.0
        for side in _SIDES:
            parameters = new_parameters(widths[side], self.no_components, first_gradient)
            random.fill_embeddings(parameters.embeddings, self.no_components, self._stream)
            self._parameters[side] = parameters

    def _run_epochs(self, data, shape, features, epochs, num_threads, verbose, callback, learn_items=True) -> None:
        # Once for all epochs: a callback that sets another loss must not have it run on data prepared for this one.
        settings, learn = self._settings(data, shape, learn_items), self._learning()
        sides = {
            side: None if features[side] is None else scoring.csr_arrays(features[side]) for side in ("user", "item")
        }
        n_learned = len(data.values) if settings.loss == LOGISTIC else int(np.count_nonzero(data.values > 0))
        widths = {side: len(self._learned(side).biases) for side in _SIDES}
        progress = tqdm(range(epochs), desc="Epoch", disable=not verbose)
        for epoch in progress:
            check_rows_kept(self._parameters, widths)
            # Built in each epoch: a callback may have assigned other arrays.
            model = Model(*(Side(sides[side], self._learned(side)) for side in ("user", "item")))
            loss, updates, draws = self._epoch(learn, model, data, settings, num_threads)
            self._check_finite()
            record = {
                "loss": loss / max(n_learned, 1),
                "updates": updates,
                "draws": draws,
                "interactions": n_learned,
            }
            self.training_history.append(record)
            progress.set_postfix(loss=f"{record['loss']:.4f}", refresh=False)
            if callback is not None and callback(self, epoch):
                progress.close()
                break
        finish = getattr(callback, "on_fit_end", None)
        if finish is not None:
            finish(self)

    @property
    def _loss_alike(self) -> str:
        """The loss, or the one that a loss of the learner's own is treated like: in what is learned from and drawn."""
        if not isinstance(self.loss, OwnLoss):
            return self.loss
        return "logistic" if not self.loss.is_pairwise else "bpr" if self.loss.negatives == "entries" else "warp"

    def _settings(self, data: Interactions, shape: tuple[int, int], learn_items: bool) -> Settings:
        return Settings(
            loss=LOSSES[self._loss_alike],
            schedule=SCHEDULES[self.learning_schedule],
            learning_rate=float(self.learning_rate),
            rho=float(self.rho),
            epsilon=float(self.epsilon),
            item_penalty=float(self.item_alpha),
            user_penalty=float(self.user_alpha),
            max_sampled=int(self.max_sampled),
            k=int(self.k),
            n=int(self.n),
            n_items=shape[1],
            n_items_seen=int(np.count_nonzero(np.bincount(data.items))) if self._loss_alike == "bpr" else shape[1],
            learn_items=learn_items,
            margin=-1.0 if getattr(self.loss, "margin", None) is None else self.loss.margin,
        )

    def _epoch(
        self, learn: Callable, model: Model, data: Interactions, settings: Settings, num_threads: int
    ) -> tuple[float, int, int]:
        """One pass over the data in a new random order: sum of the losses, updates, draws."""
        order = np.arange(len(data.users), dtype=np.int32)
        if num_threads == 1:
            random.shuffle(order, self._stream)
            return learn(model, data, order, settings, self._worker(settings, self._stream))
        streams = np.zeros((num_threads, random.STATE_WORDS), dtype=np.int64)
        random.spawn(streams, self._stream)
        workers = [self._worker(settings, stream) for stream in streams]

        # A thread takes a share when it is done with another, so that none waits for a slow one. Shares are blocks of
        # neighboring entries, which are mostly of one user: threads rarely write the same user's rows, and the rows of
        # a share's users stay in the cache. Blocks are dealt anew in each epoch: no users are always the first.
        n_blocks = max(BLOCKS_OF_A_THREAD * num_threads, len(order) // ENTRIES_OF_A_BLOCK)
        blocks = np.array_split(order, n_blocks)
        deal = np.arange(n_blocks, dtype=np.int32)
        random.shuffle(deal, self._stream)
        shares = SimpleQueue()
        for dealt in np.array_split(deal, max(num_threads, len(order) // ENTRIES_OF_A_SHARE)):
            shares.put(np.concatenate([blocks[block] for block in dealt]))

        def learn_shares(worker: Worker) -> list[tuple[float, int, int]]:
            results = []
            while True:
                try:
                    share = shares.get_nowait()
                except Empty:
                    return results
                random.shuffle(share, worker.stream)
                results.append(learn(model, data, share, settings, worker))

        with ThreadPoolExecutor(num_threads) as pool:
            results = [result for of_a_thread in pool.map(learn_shares, workers) for result in of_a_thread]
        losses, updates, draws = zip(*results, strict=True)
        return sum(losses), sum(updates), sum(draws)

    def _learning(self) -> Callable:
        """The kernel that learns from some entries, with the loss of the library or the learner's own."""
        if not isinstance(self.loss, OwnLoss):
            return training.learn_entries
        own = self.loss.compiled
        if self.loss.is_pairwise:
            return lambda *arguments: training.learn_entries(*arguments, None, own)
        return lambda *arguments: training.learn_with_own_entries(*arguments, own)

    def _worker(self, settings: Settings, stream: np.ndarray) -> Worker:
        rank_weights = np.zeros(settings.max_sampled + 1)
        warp.fill_rank_weights(rank_weights, settings.n_items)
        return Worker(
            stream,
            *(padded_full(1, self.no_components, 0.0) for _ in range(4)),
            candidate=np.zeros(1, dtype=np.int64),
            rank_weights=rank_weights,
            drawn=np.zeros(settings.n, dtype=np.int64),
            drawn_scores=padded_full(1, settings.n, -np.inf),
        )

    def _check_finite(self) -> None:
        for parameters in self._parameters.values():
            if not (np.isfinite(parameters.embeddings).all() and np.isfinite(parameters.biases).all()):
                self._forget()
                raise Diverged(
                    "Not all estimated parameters are finite, your model may have diverged. Try decreasing the "
                    f"learning rate (now {self.learning_rate}) or normalising feature values and sample weights. "
                    "The model is not fitted any more."
                )

    def fold_in(
        self,
        interactions: sp.spmatrix | sp.sparray,
        user_features: sp.spmatrix | sp.sparray | np.ndarray | None = None,
        item_features: sp.spmatrix | sp.sparray | np.ndarray | None = None,
        sample_weight: sp.spmatrix | sp.sparray | None = None,
        epochs: int = 20,
        num_threads: int = 1,
    ) -> LightFM:
        """A model for new users, learned from their first interactions while all items stay as they are.

        Each new user starts from the sum of their features, or, without `user_features`, from zero, and learns an
        embedding of their own with this model's loss and schedule.

        Parameters
        ----------
        interactions : sparse matrix of shape (n_new_users, n_items)
            What the new users did, as for `fit`.
        user_features : matrix of shape (n_new_users, n_user_features), optional
            Their features, as in training: where each of them starts.
        item_features : matrix of shape (at least n_items, n_item_features), optional
            As in training.
        sample_weight, epochs, num_threads
            As for `fit`.

        Returns
        -------
        LightFM
            A fitted model whose users are the rows of `interactions`, one feature each (so it is asked without
            `user_features`), and whose items are copies of this model's (so it is asked with `item_features` if this
            one is). This model is not changed.

        Raises
        ------
        ValueError
            If the model is not fitted, for input of the wrong shape or type, and when training diverges.
        """
        self._check_fitted()
        entries = sparse_interactions("interactions", interactions)
        weights = _sample_weights(sample_weight, entries)
        n_users, n_items = entries.shape
        epochs, num_threads = number_of_epochs(epochs), number_of_threads(num_threads)
        items = self._represent("item", item_features, 0)
        if n_items != len(items.biases):
            raise ValueError(f"interactions must have a column for each of {len(items.biases)} items, got {n_items}.")
        folded = type(self)(**{**self.get_params(), "max_sampled": max(self.max_sampled, 1)})
        folded.max_sampled = self.max_sampled
        folded._stream = self._stream.copy()
        folded._described = {"user": False, "item": self._described["item"]}
        first_gradient = 1.0 if self.learning_schedule == "adagrad" else 0.0
        users = new_parameters(n_users, self.no_components, first_gradient)
        if user_features is not None:
            start = self._represent("user", user_features, n_users)
            users.embeddings[:, : self.no_components] = start.embeddings[:n_users, : self.no_components]
            users.biases[:] = start.biases[:n_users]
        # Items that stay as they are need no features while the users learn: their sums are embeddings of their own.
        fixed = new_parameters(len(items.biases), self.no_components, first_gradient)
        fixed = fixed._replace(embeddings=items.embeddings, biases=items.biases)
        folded._parameters = {"user": users, "item": fixed}
        data = _training_data(entries, weights, self._loss_alike)
        folded._run_epochs(
            data,
            entries.shape,
            {"user": None, "item": None},
            epochs,
            num_threads,
            False,
            None,
            learn_items=False,
        )
        folded._parameters["item"] = copy_parameters(self._learned("item"), self.no_components)
        return folded

    # ---------------------------------------------------------------------------------------------- predictions

    def predict(
        self,
        user_ids: int | np.ndarray,
        item_ids: np.ndarray,
        item_features: sp.spmatrix | sp.sparray | np.ndarray | None = None,
        user_features: sp.spmatrix | sp.sparray | np.ndarray | None = None,
        num_threads: int = 1,
    ) -> np.ndarray:
        """Scores of (user, item) pairs: higher is better; a score is no probability and no rating.

        Parameters
        ----------
        user_ids : int or array of shape (n_pairs,)
            Row numbers of users; a single one is paired with all items.
        item_ids : array of shape (n_pairs,)
            Row numbers of items.
        item_features, user_features
            As in training, with all columns (note the order, which is LightFM's).
        num_threads : int
            Accepted as in LightFM; pairs are scored in one thread.

        Returns
        -------
        float32 array of shape (n_pairs,)

        Raises
        ------
        ValueError
            If the model is not fitted, for ids that it does not know, and for features other than those of training.
        """
        self._check_fitted()
        number_of_threads(num_threads)
        users, items = id_pairs(user_ids, item_ids)
        if len(users) == 0:
            return np.empty(0, dtype=np.float32)
        users, user_rows = self._represent_some("user", user_features, users)
        items, item_rows = self._represent_some("item", item_features, items)
        return scoring.predict(user_rows, item_rows, users, items)

    def predict_rank(
        self,
        test_interactions: sp.spmatrix | sp.sparray,
        train_interactions: sp.spmatrix | sp.sparray | None = None,
        item_features: sp.spmatrix | sp.sparray | np.ndarray | None = None,
        user_features: sp.spmatrix | sp.sparray | np.ndarray | None = None,
        num_threads: int = 1,
        check_intersections: bool = True,
    ) -> sp.csr_matrix:
        """Rank of each test entry among all items, 0 being the best.

        Parameters
        ----------
        test_interactions : sparse matrix of shape (n_users, n_items)
            Each stored entry, whatever its value, is ranked.
        train_interactions : sparse matrix of the same shape, optional
            The user's items that are left out of the ranking.
        item_features, user_features
            As in training.
        num_threads : int
            Users are spread over threads; the ranks do not depend on it.
        check_intersections : bool
            Raise if an entry is in both matrices.

        Returns
        -------
        scipy.sparse.csr_matrix of float32
            The rank of each stored entry of `test_interactions` (duplicates are merged). An item that scores the same
            as another stands behind it.

        Raises
        ------
        ValueError
            If the model is not fitted, for matrices that do not fit it or each other, for features other than those of
            training, and for learned numbers that are NaN.
        """
        self._check_fitted()
        num_threads = number_of_threads(num_threads)
        test, train = entries_to_rank(test_interactions, train_interactions, check_intersections)
        users = self._represent("user", user_features, test.shape[0])
        items = self._represent("item", item_features, test.shape[1])
        items = items._replace(embeddings=items.embeddings[: test.shape[1]], biases=items.biases[: test.shape[1]])
        return scoring.rank(test, train, users, items, num_threads)

    def recommend(
        self,
        user_ids: int | np.ndarray,
        n: int = 10,
        *,
        exclude: sp.spmatrix | sp.sparray | None = None,
        items: np.ndarray | None = None,
        item_features: sp.spmatrix | sp.sparray | np.ndarray | None = None,
        user_features: sp.spmatrix | sp.sparray | np.ndarray | None = None,
        num_threads: int = 1,
    ) -> tuple[np.ndarray, np.ndarray]:
        """The `n` items with the highest scores, best first.

        Parameters
        ----------
        user_ids : int or array of shape (n_users,)
            Row numbers of users.
        n : int
            How many items.
        exclude : sparse matrix of shape (all users, all items), optional
            Entries that are not recommended, usually the training interactions.
        items : array of ids, optional
            The candidates; all items by default.
        item_features, user_features
            As in training.
        num_threads : int
            Users are spread over threads; the result does not depend on it.

        Returns
        -------
        ids : int32 array of shape (n_users, n), or (n,) for a single user
            Equal scores in the order of the ids. Where fewer than `n` candidates are left, -1.
        scores : float32 array of the same shape
            Minus infinity beside -1.

        Raises
        ------
        ValueError
            If the model is not fitted, for ids that it does not know, an `exclude` of another shape, features other
            than those of training, and for learned numbers that are NaN.
        """
        self._check_fitted()
        num_threads = number_of_threads(num_threads)
        users = self._represent("user", user_features, 0)
        represented = self._represent("item", item_features, 0)
        return scoring.recommend(user_ids, n, exclude, items, users, represented, num_threads)

    def similar_items(
        self,
        item_ids: int | np.ndarray,
        n: int = 10,
        *,
        item_features: sp.spmatrix | sp.sparray | np.ndarray | None = None,
        num_threads: int = 1,
    ) -> tuple[np.ndarray, np.ndarray]:
        """The items whose representations point most nearly the same way (cosine), without the item itself.

        Arguments and errors as for `recommend`.

        Returns
        -------
        ids : int32 array of shape (n_item_ids, n), or (n,) for a single item
        cosines : float32 array of the same shape
        """
        self._check_fitted()
        represented = self._represent("item", item_features, 0)
        return scoring.similar(item_ids, n, represented, number_of_threads(num_threads))

    def get_item_representations(self, features: Any = None) -> tuple[np.ndarray, np.ndarray]:
        """Biases, float32 (n_items,), and embeddings, float32 (n_items, no_components), of the rows of `features`.

        None gives the learned arrays themselves: one row for each feature.
        """
        return self._representations("item", features)

    def get_user_representations(self, features: Any = None) -> tuple[np.ndarray, np.ndarray]:
        """Biases, float32 (n_users,), and embeddings, float32 (n_users, no_components), of the rows of `features`.

        None gives the learned arrays themselves: one row for each feature.
        """
        return self._representations("user", features)

    def _representations(self, side: str, features: Any) -> tuple[np.ndarray, np.ndarray]:
        self._check_fitted()
        if features is None:
            return getattr(self, f"{side}_biases"), getattr(self, f"{side}_embeddings")
        represented = self._represent(side, features, 0)
        return represented.biases, represented.embeddings[:, : self.no_components]

    def _represent(self, side: str, features: Any, n_rows: int) -> Representations:
        """Representations of all rows of a feature matrix, of which there must be at least `n_rows`."""
        parameters = self._learned(side)
        if features is None:
            self._check_undescribed(side)
            if n_rows > len(parameters.biases):
                self._check_width(side, n_rows)
            return Representations(parameters.embeddings, parameters.biases, self.no_components)
        matrix = as_csr_float32(f"{side}_features", features)
        self._check_width(side, matrix.shape[1])
        if matrix.shape[0] < n_rows:
            raise ValueError(
                f"Number of {side} feature rows does not equal the number of {side}s: {side}_features has "
                f"{matrix.shape[0]} rows, {n_rows} {side}s are asked for."
            )
        embeddings = padded_full(matrix.shape[0], self.no_components, 0.0)
        biases = np.zeros(matrix.shape[0], dtype=np.float32)
        representation.representations(
            scoring.csr_arrays(matrix), parameters.embeddings, parameters.biases, embeddings, biases
        )
        return Representations(embeddings, biases, self.no_components)

    def _represent_some(self, side: str, features: Any, ids: np.ndarray) -> tuple[Representations, np.ndarray]:
        """Representations that cover `ids`, and where each id stands in them: only what is asked for is summed."""
        n_rows = int(ids.max()) + 1
        if features is None:
            represented = self._represent(side, None, 0)
            return represented, as_ids(f"{side}_ids", ids, upper=len(represented.biases))
        matrix = as_csr_float32(f"{side}_features", features)
        if n_rows > matrix.shape[0]:
            as_ids(f"{side}_ids", ids, upper=matrix.shape[0])
        rows, places = np.unique(ids, return_inverse=True)
        return self._represent(side, matrix[rows], 0), places.astype(np.int32)

    def _learned(self, side: str) -> Parameters:
        """Parameters of one side, with arrays that agree in their number of rows."""
        parameters = self._parameters[side]
        lengths = {field: len(array) for field, array in zip(Parameters._fields, parameters, strict=True)}
        if len(set(lengths.values())) > 1:
            listed = ", ".join(f"{side}_{field}: {length}" for field, length in lengths.items())
            raise ValueError(f"The arrays of the {side} features must have one row for each feature, got {listed}.")
        return parameters

    # ------------------------------------------------------------------------------------------------ the state

    def _forget(self) -> None:
        self._parameters: dict[str, Parameters | None] = {side: None for side in _SIDES}
        # Whether a side was trained with features other than each row's own.
        self._described: dict[str, bool] = {}
        self._stream: np.ndarray | None = None
        self.training_history: list[dict[str, float]] = []

    def _snapshot(self) -> dict[str, Any]:
        """Copy of all that training changes."""
        self._check_fitted()
        return {
            "parameters": {side: copy_parameters(self._learned(side), self.no_components) for side in _SIDES},
            "stream": self._stream.copy(),
            "history": [dict(record) for record in self.training_history],
        }

    def _restore(self, snapshot: dict[str, Any]) -> None:
        """Go back to a snapshot, which stays usable."""
        self._parameters = {
            side: copy_parameters(parameters, self.no_components) for side, parameters in snapshot["parameters"].items()
        }
        self._stream = snapshot["stream"].copy()
        self.training_history = [dict(record) for record in snapshot["history"]]

    def save(self, path: str | os.PathLike) -> Path:
        """Write the fitted model to an ``.npz`` file (the suffix is added if missing) and return its path.

        The file holds plain arrays and text, no pickles, and replaces an older one only once it is complete. A loaded
        model predicts and goes on training to the same bytes. A `random_state` that is an object is saved as None:
        what matters of it is in the model's own stream. Raises ``ValueError`` if the model is not fitted, or has a loss
        of your own, which is code.
        """
        self._check_fitted()
        if isinstance(self.loss, OwnLoss):
            raise ValueError(
                f"loss is {self.loss.name}, a function, which a file of arrays cannot hold. Predictions do not need "
                "it: set model.loss to one of LightFM's before you save, and back after loading if you train on."
            )
        about = {
            "model": "LightFM",
            "params": portable_params(self.get_params()),
            "described": self._described,
            "history": self.training_history,
        }
        arrays = {
            f"{side}_{field}": array[:, : self.no_components] if array.ndim == 2 else array
            for side in _SIDES
            for field, array in zip(Parameters._fields, self._learned(side), strict=True)
        }
        return write_model(path, about, {"stream": self._stream, **arrays})

    @classmethod
    def load(cls, path: str | os.PathLike) -> LightFM:
        """Read a model that `save` wrote; the suffix ``.npz`` may be left out.

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        ValueError
            If the file is not such a model, or comes from a newer version of the library.
        """
        about, saved = read_model(path, "LightFM")
        try:
            params = about["params"]
            model = cls(**{**params, "max_sampled": max(params["max_sampled"], 1)})
            model.max_sampled = params["max_sampled"]
            for side in _SIDES:
                n_features = len(saved[f"{side}_biases"])
                vector, matrix = (n_features,), (n_features, model.no_components)
                arrays = (
                    saved_array(saved, f"{side}_{field}", vector if field.startswith("bias") else matrix)
                    for field in Parameters._fields
                )
                model._parameters[side] = copy_parameters(Parameters(*arrays), model.no_components)
            model._described = {side: bool(about["described"][side]) for side in _SIDES}
            model._stream, model.training_history = saved_stream(saved), list(about["history"])
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{path} does not hold a model written by LightFM.save: {error}") from error
        return model


def _is_identity(matrix: sp.csr_matrix) -> bool:
    """Whether each row has one feature, its own, with weight 1: what leaving the matrix out means."""
    rows = np.arange(min(matrix.shape))
    square = matrix.shape[0] == matrix.shape[1] == matrix.nnz
    return square and np.array_equal(matrix.indices, rows) and bool((matrix.data == 1).all())


def _sample_weights(sample_weight: Any, entries: sp.coo_matrix) -> np.ndarray:
    """Weight of each entry, float32; an empty array where none are given."""
    if sample_weight is None:
        return np.empty(0, dtype=np.float32)
    weights = sparse_interactions("sample_weight", sample_weight)
    if weights.shape != entries.shape:
        raise ValueError(
            f"Sample_weight and interactions matrices must be the same shape: {weights.shape} and {entries.shape}."
        )
    if not (np.array_equal(weights.row, entries.row) and np.array_equal(weights.col, entries.col)):
        raise ValueError("Sample_weight and interaction matrix entries must be in the same order")
    if (weights.data < 0).any():
        raise ValueError(f"sample_weight must not be negative, got {weights.data.min()}.")
    return weights.data


def _training_data(entries: sp.coo_matrix, weights: np.ndarray, loss: str) -> Interactions:
    """The arrays that a kernel walks through, and the look-ups that the loss needs."""
    n_users = entries.shape[0]
    nothing = np.zeros(0, dtype=np.int32)
    known_starts, known_items = np.zeros(1, dtype=np.int64), nothing
    bit_starts, bits = np.zeros(1, dtype=np.int64), np.zeros(0, dtype=np.uint32)
    positive_starts, positive_items = np.zeros(1, dtype=np.int64), nothing
    positive_weights = np.zeros(0, dtype=np.float32)
    if loss != "logistic":
        marks = sp.coo_matrix((np.ones(entries.nnz, dtype=np.int8), (entries.row, entries.col)), shape=entries.shape)
        stored = marks.tocsr()
        stored.sum_duplicates()
        known_starts = stored.indptr.astype(np.int64)
        known_items = stored.indices.astype(np.int32, copy=False)
        bit_starts, bits = _known_bits(known_starts, known_items)
    if loss == "warp-kos":
        counts = np.bincount(entries.row, entries.data > 0, minlength=n_users)
        positive_starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        positive = np.empty(positive_starts[-1], dtype=np.int32)
        k_os.group_positives(entries.row, entries.data, positive_starts[:-1].copy(), positive)
        positive_items = entries.col[positive]
        positive_weights = weights[positive] if len(weights) else positive_weights
    users, items = (scoring.as_compiled(indices, np.int32) for indices in (entries.row, entries.col))
    values, weights = (scoring.as_compiled(numbers, np.float32) for numbers in (entries.data, weights))
    return Interactions(
        users, items, values, weights, known_starts, known_items,
        bit_starts, bits, positive_starts, positive_items, positive_weights,
    )  # fmt: skip


def _known_bits(known_starts: np.ndarray, known_items: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each user a row of bits, a power of two of words long, in which the bits of their items are set."""
    wanted = np.maximum(np.diff(known_starts) * known.BITS_PER_ITEM, known.WORD) / known.WORD
    n_words = 2 ** np.ceil(np.log2(wanted)).astype(np.int64)
    bit_starts = np.concatenate([[0], np.cumsum(n_words)]).astype(np.int64)
    bits = np.zeros(bit_starts[-1], dtype=np.uint32)
    known.set_bits(known_starts, known_items, bit_starts, bits)
    return bit_starts, bits
