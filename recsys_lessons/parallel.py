"""Many fits, or recommendations for all users, on one machine or on several.

`sweep` fits one model for each of a list of settings, and `recommend_all` asks a model for every user's list, block by
block. Without a `client` they run here. With a `distributed.Client`, or the address of a Dask scheduler, they run on
the workers of that cluster, on which this library must be installed. The data goes out once, results come back as they
are ready, and they are the same to the bit: each fit has its seed and one thread, and each user's list is its own.

`Sweep` and `Recommendations` are the same as objects: iterators over what is ready, with a `stop`.
"""

from __future__ import annotations

import hashlib
import numbers
import reprlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from recsys_lessons import evaluation
from recsys_lessons.jobs import Jobs, checked_client
from recsys_lessons.losses import OwnLoss
from recsys_lessons.models import scoring
from recsys_lessons.models.arguments import entries_to_rank, number_of_epochs
from recsys_lessons.models.estimator import Diverged
from recsys_lessons.models.lightfm import LightFM
from recsys_lessons.models.scoring import Representations
from recsys_lessons.models.storage import padded_copy
from recsys_lessons.serving import check_fitted
from recsys_lessons.validation import as_coo, as_ids, choice, positive_int, sparse_interactions

__all__ = ["Recommendations", "RecommendedBlock", "Sweep", "SweepResult", "digest", "recommend_all", "sweep"]

RANKING_METRICS = tuple(name for name in evaluation.__all__ if name not in ("mae", "rmse"))


def digest(model: LightFM) -> str:
    """SHA-256 of a fitted model's embeddings and biases, in hexadecimal: equal for models that are equal to the bit.

    Raises ``ValueError`` for another model, and for one that is not fitted.

    >>> likes = sp.coo_matrix(np.kron(np.eye(2), np.ones((4, 3))))
    >>> one, other = (LightFM(random_state=1).fit(likes, epochs=2) for _ in range(2))
    >>> digest(one) == digest(other)
    True
    """
    check_fitted(model)
    hashed = hashlib.sha256()
    for array in (model.item_embeddings, model.item_biases, model.user_embeddings, model.user_biases):
        hashed.update(np.ascontiguousarray(array).tobytes())
    return hashed.hexdigest()


class _Run(Iterator):
    """What iterators over jobs share. At the end of a ``with`` block all is stopped."""

    _jobs: Jobs

    @property
    def is_stopped(self) -> bool:
        """Whether `stop` was called."""
        return self._jobs.is_stopped

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to do, because all is done or because of `stop`."""
        return self._jobs.is_done

    def stop(self, wait: bool = True) -> None:
        """Begin nothing any more; fits that run end with their epoch, and give no result.

        May be called from another thread. With `wait` it returns once nothing is running, here or on the cluster. A
        metric that runs here may call it, too, to end with what there is so far: without its own fit.
        """
        self._jobs.stop(wait)

    def __enter__(self):
        return self

    def __exit__(self, *raised: object) -> None:
        self.stop()


# --- many fits -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SweepResult:
    """What came of one setting.

    Attributes
    ----------
    number : int
        Place of the setting in the list, from 0.
    setting : dict
        The arguments of `LightFM`.
    metrics : dict of float
        Mean over users, by the metric's name; empty if training diverged.
    losses : tuple of float
        The loss of each epoch, as in `training_history`; of a training that diverged, of the epochs before.
    digest : str
        See :func:`digest`; empty if training diverged.
    diverged : str
        What the model said when training diverged; empty if it did not.
    """

    number: int
    setting: dict[str, Any]
    metrics: dict[str, float]
    losses: tuple[float, ...]
    digest: str
    diverged: str = ""


class Sweep(_Run):
    """Fit and measure one model for each setting: an iterator over the results in the order in which they are ready.

    Parameters
    ----------
    settings : sequence of dict
        Arguments of `LightFM`, one dictionary for each fit; `random_state` must be among them, a whole number.
    train, validation : sparse matrix of shape (n_users, n_items)
        What each model learns from, and what it is measured on.
    user_features, item_features, sample_weight, epochs
        As for `LightFM.fit`, the same for all.
    metrics : sequence of str or callable, or dict of them
        Names of ranking metrics of :mod:`recsys_lessons.evaluation`, or functions that are called as
        ``metric(model, validation, train_interactions=..., user_features=..., item_features=...)`` and return a number,
        or one number a user. In a dictionary, the keys are what the results call them.
    client : None, str or distributed.Client
        Where to run: here, on the cluster whose scheduler has this address, or on the one of this client. Losses and
        metrics of your own must be such that they can be sent there.
    retries : int
        How often a fit is sent out again when what it needs was lost with a worker; 0 for never.

    Attributes
    ----------
    settings : list of dict
    metrics : dict of callable
        As they were given, in the form that is used.
    results : list of SweepResult
        What is ready so far, in the order in which it came.
    is_stopped, is_done : bool

    Raises
    ------
    ValueError
        For wrong input, before anything runs, and for a metric that returns something else than numbers. While it
        runs, what a fit raises is raised here, with a note that names the setting; only a training that diverges is a
        result.
    RuntimeError
        While it runs: if no scheduler answers, the client was closed, the cluster has no worker, or a fit was lost with
        its worker more than `retries` times.
    ImportError
        If there is a client and the package `distributed` is missing.

    Notes
    -----
    Leave it early inside a ``with`` block only, or call `stop`: otherwise the cluster goes on with it for as long as
    there is a name for it.

    Examples
    --------
    >>> likes = sp.coo_matrix(np.kron(np.eye(2), np.ones((4, 3))))
    >>> train = likes.tolil(); train[0, 1] = 0; train = train.tocoo()
    >>> validation = (likes.tocsr() - train.tocsr()).tocoo()
    >>> run = Sweep([{"no_components": 2, "random_state": seed} for seed in (1, 2, 3)], train, validation)
    >>> for result in run:
    ...     print(result.number, result.metrics)
    ...     if result.number == 1:
    ...         run.stop()
    0 {'precision_at_k': 0.1}
    1 {'precision_at_k': 0.1}
    """

    def __init__(
        self,
        settings: Sequence[Mapping[str, Any]],
        train: sp.spmatrix | sp.sparray,
        validation: sp.spmatrix | sp.sparray,
        *,
        user_features: sp.spmatrix | sp.sparray | np.ndarray | None = None,
        item_features: sp.spmatrix | sp.sparray | np.ndarray | None = None,
        sample_weight: sp.spmatrix | sp.sparray | None = None,
        epochs: int = 10,
        metrics: Sequence[str | Callable] | Mapping[str, str | Callable] = ("precision_at_k",),
        client: Any = None,
        retries: int = 3,
    ) -> None:
        checked_client(client)
        self.settings = _checked_settings(settings)
        sparse_interactions("train", train)
        as_coo("validation", validation)
        if validation.shape != train.shape:
            raise ValueError(f"validation must have the shape of train, {train.shape}, got {validation.shape}.")
        features = {"user_features": user_features, "item_features": item_features}
        features = {name: matrix for name, matrix in features.items() if matrix is not None}
        # A fit of no epochs checks all that a fit is given.
        LightFM(no_components=1).fit(train, sample_weight=sample_weight, epochs=0, **features)
        if entries_to_rank(validation, train, True)[0].nnz == 0:
            raise ValueError(f"validation must hold interactions, got none in shape {validation.shape}.")
        given = _SweepData(
            self.settings,
            train,
            validation,
            features,
            sample_weight,
            number_of_epochs(epochs),
            _named_metrics(metrics),
        )
        if client is not None:
            _check_can_be_sent(given)
        self.metrics = given.metrics
        self.results: list[SweepResult] = []
        self._jobs = Jobs(_fit_and_measure, given, len(self.settings), client=client, retries=retries)

    def __next__(self) -> SweepResult:
        number, (measured, losses, digested, diverged) = next(self._jobs)
        result = SweepResult(number, dict(self.settings[number]), measured, losses, digested, diverged)
        self.results.append(result)
        return result


def sweep(
    settings: Sequence[Mapping[str, Any]],
    train: sp.spmatrix | sp.sparray,
    validation: sp.spmatrix | sp.sparray,
    *,
    client: Any = None,
    **arguments: Any,
) -> list[SweepResult]:
    """Fit and measure one model for each setting: the results, in the order of the settings.

    Parameters
    ----------
    settings, train, validation, client, **arguments
        Those of `Sweep`.

    Returns
    -------
    list of SweepResult

    Raises
    ------
    ValueError, RuntimeError, ImportError
        As `Sweep`.

    Examples
    --------
    >>> likes = sp.coo_matrix(np.kron(np.eye(2), np.ones((4, 3))))
    >>> train = likes.tolil(); train[0, 1] = 0; train = train.tocoo()
    >>> validation = (likes.tocsr() - train.tocsr()).tocoo()
    >>> settings = [{"loss": loss, "no_components": 4, "random_state": 1} for loss in ("bpr", "warp")]
    >>> results = sweep(settings, train, validation, epochs=30, metrics=["reciprocal_rank"])
    >>> [result.metrics["reciprocal_rank"] for result in results]
    [1.0, 1.0]
    """
    return sorted(Sweep(settings, train, validation, client=client, **arguments), key=lambda result: result.number)


@dataclass(frozen=True)
class _SweepData:
    """What all fits of a sweep need."""

    settings: list[dict[str, Any]]
    train: Any
    validation: Any
    features: dict[str, Any]
    sample_weight: Any
    epochs: int
    metrics: dict[str, Callable]


def _fit_and_measure(given: _SweepData, number: int, is_stopped: Callable[[], bool]) -> tuple | None:
    """Metrics, losses, digest and what was said if training diverged, for one setting; None if stopped."""
    setting = given.settings[number]
    losses: list[float] = []

    def after_epoch(model: LightFM, epoch: int) -> bool:
        losses.append(model.training_history[-1]["loss"])
        return is_stopped()

    try:
        model = LightFM(**setting)
        try:
            model.fit(
                given.train,
                sample_weight=given.sample_weight,
                epochs=given.epochs,
                callback=after_epoch,
                **given.features,
            )
        except Diverged as error:
            return {}, tuple(losses), "", str(error)
        measured = {}
        for name, metric in given.metrics.items():
            if is_stopped():
                return None
            values = metric(model, given.validation, train_interactions=given.train, **given.features)
            measured[name] = _mean(name, values)
    except Exception as error:
        error.add_note(f"This happened with settings[{number}], {setting}.")
        raise
    return None if is_stopped() else (measured, tuple(losses), digest(model), "")


def _mean(name: str, values: Any) -> float:
    """Mean of what a metric returned."""
    try:
        given = np.asarray(values)
    except (TypeError, ValueError):
        given = np.empty(0)
    if given.ndim > 1 or given.size == 0 or given.dtype.kind not in "biuf":
        raise ValueError(f"metrics: {name} returned {reprlib.repr(values)}; expected a number, or one for each user.")
    return float(np.mean(given))


def _checked_settings(settings: Any) -> list[dict[str, Any]]:
    if not isinstance(settings, Sequence) or not all(isinstance(setting, Mapping) for setting in settings):
        raise ValueError(f"settings must be a list of dictionaries, one for each fit, got {settings!r}.")
    if not settings:
        raise ValueError("settings must hold at least one dictionary of arguments, got none.")
    return [checked_arguments(f"settings[{number}]", setting) for number, setting in enumerate(settings)]


def checked_arguments(name: str, arguments: Any) -> dict[str, Any]:
    """Arguments of `LightFM` as a new dictionary, if it takes them, with a seed among them; otherwise raise."""
    if not isinstance(arguments, Mapping):
        raise ValueError(f"{name} must be a dictionary of arguments of LightFM, got {arguments!r}.")
    known = LightFM().get_params()
    for argument in arguments:
        if argument not in known:
            raise ValueError(f"{name} has {argument!r}, which is no argument of LightFM. It takes: {', '.join(known)}.")
    seed = arguments.get("random_state")
    if isinstance(seed, bool) or not isinstance(seed, numbers.Integral):
        raise ValueError(
            f"{name} must have a whole number as random_state, so that its fit can be repeated anywhere, got {seed!r}."
        )
    try:
        LightFM(**arguments)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error
    return dict(arguments)


def _named_metrics(metrics: Any) -> dict[str, Callable]:
    if isinstance(metrics, str) or callable(metrics):
        metrics = [metrics]
    if not isinstance(metrics, Mapping):
        if not isinstance(metrics, Sequence):
            raise ValueError(
                f"metrics must be a list of names and functions, or a dictionary of them, got {metrics!r}."
            )
        names = [metric if isinstance(metric, str) else _name_of(metric) for metric in metrics]
        if len(set(names)) < len(names):
            raise ValueError(f"metrics must have different names, got {names}; use a dictionary, {{name: metric}}.")
        metrics = dict(zip(names, metrics, strict=True))
    if not metrics:
        raise ValueError("metrics must hold at least one metric, got none.")
    for name in metrics:
        if not isinstance(name, str):
            raise ValueError(f"metrics must have strings as names, got {name!r}.")
    return {
        name: metric if callable(metric) else getattr(evaluation, choice("metrics", metric, RANKING_METRICS))
        for name, metric in metrics.items()
    }


def _name_of(metric: Any) -> str:
    name = getattr(metric, "__name__", None)
    if name is None:
        raise ValueError(f"metrics holds {metric!r}, which has no name; use a dictionary, {{name: metric}}.")
    return name


def _check_can_be_sent(given: _SweepData) -> None:
    """Raise for a loss or a metric that cannot be pickled, by its name."""
    import cloudpickle

    own = {f"settings[{number}]: the loss": setting.get("loss") for number, setting in enumerate(given.settings)}
    own = {name: loss for name, loss in own.items() if isinstance(loss, OwnLoss)}
    own |= {f"metrics: {name}": metric for name, metric in given.metrics.items()}
    checked: set[int] = set()
    for name, thing in own.items():
        if id(thing) in checked:
            continue
        checked.add(id(thing))
        try:
            cloudpickle.dumps(thing)
        except Exception as error:
            raise ValueError(
                f"{name} {thing!r} cannot be sent to another process ({type(error).__name__}: {error}). Without a "
                "client it can be used."
            ) from error


# --- recommendations for all users -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class RecommendedBlock:
    """The lists of some users.

    Attributes
    ----------
    start : int
        Place of the first of them among all users that were asked for.
    user_ids : int32 array of shape (n_in_block,)
    ids : int32 array of shape (n_in_block, k)
    scores : float32 array of shape (n_in_block, k)
        As from `LightFM.recommend`.
    """

    start: int
    user_ids: np.ndarray
    ids: np.ndarray
    scores: np.ndarray


class Recommendations(_Run):
    """The best items of every user: an iterator over blocks of users, in the order in which they are ready.

    Parameters
    ----------
    model : LightFM
        A fitted model.
    user_ids : array of int, optional
        Row numbers of users; by default all.
    k : int
        How many items for each.
    user_features, item_features
        As in training.
    exclude : sparse matrix of shape (all users, all items), optional
        Entries that are not recommended, usually the training interactions.
    block : int
        How many users are asked for at a time.
    client : None, str or distributed.Client
        Where to run: here, on the cluster whose scheduler has this address, or on the one of this client.
    retries : int
        How often a block is sent out again when what it needs was lost with a worker; 0 for never.

    Attributes
    ----------
    user_ids : int32 array
    is_stopped, is_done : bool

    Raises
    ------
    ValueError
        For wrong input, before anything runs, as `LightFM.recommend`.
    RuntimeError, ImportError
        As `Sweep`.

    Notes
    -----
    No array of users times items is made: a block is scored in groups of a few users. What goes to each worker are the
    representations of users and items, and the entries to exclude. All are copied at the beginning: the model may be
    trained on meanwhile.
    """

    def __init__(
        self,
        model: LightFM,
        user_ids: np.ndarray | None = None,
        *,
        k: int = 10,
        user_features: sp.spmatrix | sp.sparray | np.ndarray | None = None,
        item_features: sp.spmatrix | sp.sparray | np.ndarray | None = None,
        exclude: sp.spmatrix | sp.sparray | None = None,
        block: int = 1024,
        client: Any = None,
        retries: int = 3,
    ) -> None:
        check_fitted(model)
        k, block = positive_int("k", k), positive_int("block", block)
        users = _snapshot(model._represent("user", user_features, 0))
        items = _snapshot(model._represent("item", item_features, 0))
        if user_ids is None:
            user_ids = np.arange(len(users.biases))
        self.user_ids = as_ids("user_ids", user_ids, upper=len(users.biases)).copy()
        self.k = k
        if exclude is not None:
            exclude = as_coo("exclude", exclude).tocsr()
            n_rows = int(self.user_ids.max()) + 1 if len(self.user_ids) else 0
            if exclude.shape[1] != len(items.biases) or exclude.shape[0] < n_rows:
                raise ValueError(
                    f"exclude must have a row for each user and {len(items.biases)} columns, got shape {exclude.shape}."
                )
        given = _ListsData(users, items, exclude, self.user_ids, k, block)
        n_blocks = -(-len(self.user_ids) // block)
        self._jobs = Jobs(_recommend_block, given, n_blocks, client=client, retries=retries)
        self._block = block

    def __next__(self) -> RecommendedBlock:
        number, (ids, scores) = next(self._jobs)
        start = number * self._block
        return RecommendedBlock(start, self.user_ids[start : start + self._block], ids, scores)


def recommend_all(
    model: LightFM, user_ids: np.ndarray | None = None, *, k: int = 10, client: Any = None, **arguments: Any
) -> tuple[np.ndarray, np.ndarray]:
    """The `k` best items of every user, block by block.

    Parameters
    ----------
    model, user_ids, k, client, **arguments
        Those of `Recommendations`, among them `exclude`, `user_features`, `item_features` and `block`.

    Returns
    -------
    ids : int32 array of shape (n_users, k)
        Equal to those of `LightFM.recommend`, to the bit, as are the scores. Where fewer than `k` items are left, -1.
    scores : float32 array of the same shape
        Minus infinity beside -1.

    Raises
    ------
    ValueError, RuntimeError, ImportError
        As `Recommendations`.

    Examples
    --------
    >>> likes = sp.coo_matrix(np.kron(np.eye(2), np.ones((4, 3))))
    >>> model = LightFM(loss="warp", random_state=1).fit(likes, epochs=20)
    >>> ids, scores = recommend_all(model, k=3, block=2)
    >>> [sorted(row) for row in ids[[0, -1]].tolist()]
    [[0, 1, 2], [3, 4, 5]]
    >>> bool((scores == model.recommend(np.arange(8), n=3)[1]).all())
    True
    """
    run = Recommendations(model, user_ids, k=k, client=client, **arguments)
    ids = np.empty((len(run.user_ids), run.k), dtype=np.int32)
    scores = np.empty((len(run.user_ids), run.k), dtype=np.float32)
    for block in run:
        rows = slice(block.start, block.start + len(block.user_ids))
        ids[rows], scores[rows] = block.ids, block.scores
    return ids, scores


def _snapshot(represented: Representations) -> Representations:
    """A copy, whatever is trained meanwhile."""
    embeddings = padded_copy(represented.embeddings[:, : represented.n_components])
    return Representations(embeddings, represented.biases.copy(), represented.n_components)


@dataclass(frozen=True)
class _ListsData:
    """What all blocks need."""

    users: Representations
    items: Representations
    exclude: sp.csr_matrix | None
    user_ids: np.ndarray
    k: int
    block: int


def _recommend_block(
    given: _ListsData, number: int, is_stopped: Callable[[], bool]
) -> tuple[np.ndarray, np.ndarray] | None:
    """Ids and scores for one block of users; None if stopped."""
    if is_stopped():
        return None
    rows = given.user_ids[number * given.block : (number + 1) * given.block]
    users = Representations(given.users.embeddings[rows], given.users.biases[rows], given.users.n_components)
    exclude = None if given.exclude is None else given.exclude[rows]
    return scoring.recommend(np.arange(len(rows)), given.k, exclude, None, users, given.items, 1)
