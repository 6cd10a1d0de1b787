"""The training lab, as plain Python: settings, runs, epochs one by one, pinned runs, the code that repeats a run.

`TrainingLab` holds no widget and starts no thread; `training_view` draws it. It holds no algorithm either: a model
trains, `evaluation` measures.
"""

from __future__ import annotations

import numbers
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
import scipy.sparse as sp

from recsys_lessons.evaluation import auc_score, precision_at_k
from recsys_lessons.models.lightfm import LightFM
from recsys_lessons.validation import position, positive_int, sparse_interactions

__all__ = ["Point", "Run", "Settings", "TrainingLab", "as_code"]


@dataclass(frozen=True)
class Settings:
    """What a run is trained with; the names are those of `LightFM`, `penalty` is both its alphas.

    Attributes
    ----------
    loss : {"logistic", "bpr", "warp", "warp-kos"}
    no_components : int
    learning_schedule : {"adagrad", "adadelta"}
    learning_rate : float
        For Adagrad; Adadelta has none.
    penalty : float
    max_sampled : int
        Draws of a search, for WARP and k-OS WARP.
    epochs : int
    features : bool
        Whether items have their features, or identities alone.
    """

    loss: str = "warp"
    no_components: int = 30
    learning_schedule: str = "adagrad"
    learning_rate: float = 0.05
    penalty: float = 0.0
    max_sampled: int = 10
    epochs: int = 30
    features: bool = False

    def arguments(self) -> dict[str, Any]:
        """The arguments of `LightFM`."""
        named = {f.name: getattr(self, f.name) for f in fields(self)}
        for name in ("penalty", "epochs", "features"):
            del named[name]
        return named | {"item_alpha": self.penalty, "user_alpha": self.penalty}

    def differences(self, other: Settings) -> str:
        """What is set otherwise than in `other`, in words; empty if nothing is."""
        told = []
        for f in fields(self):
            mine = getattr(self, f.name)
            if mine != getattr(other, f.name):
                told.append(f"{f.name.replace('_', ' ')} {mine:g}" if isinstance(mine, float) else f"{f.name} {mine}")
        return ", ".join(told).replace("no_components", "components").replace("_", " ")


@dataclass(frozen=True)
class Point:
    """What was measured after an epoch.

    Attributes
    ----------
    epoch : int
        From 1.
    loss : float
        Mean sampled loss of the epoch.
    precision, auc : (float, float)
        On train, among all items; and on validation, with train items left out.
    n_listed : int
        How many different items stand on the lists of all users, train items left out.
    seconds : float
        How long the epoch and its measuring took.
    """

    epoch: int
    loss: float
    precision: tuple[float, float]
    auc: tuple[float, float]
    n_listed: int
    seconds: float


@dataclass
class Run:
    """One training: its settings, what was measured so far, and the model as it is now."""

    number: int
    settings: Settings
    model: LightFM
    points: list[Point] = field(default_factory=list)
    stopped: bool = False

    @property
    def done(self) -> bool:
        """Whether no epoch is to come."""
        return self.stopped or len(self.points) >= self.settings.epochs

    @property
    def seconds_left(self) -> float:
        """An estimate: the epochs that are left, times the median of those that were."""
        left = 0 if self.done else self.settings.epochs - len(self.points)
        return left * float(np.median([point.seconds for point in self.points])) if self.points else 0.0


class TrainingLab:
    """Train with settings of one's choice, epoch by epoch, and compare runs.

    Parameters
    ----------
    train, validation : sparse matrix of shape (n_users, n_items)
        Interactions to learn from, and to measure on. Not the test set: settings are chosen here.
    item_features : sparse matrix of shape (n_items, n_features), optional
        What `Settings.features` turns on; without it there is nothing to turn on.
    labels : sequence of str, optional
        Titles of the items, for recommendations; their numbers by default.
    k : int
        Length of the lists that precision is measured on.
    seed : int
        Each run starts from it; from 0 to 2**32 - 1.
    measured_users : int
        How many users are measured after each epoch, drawn once; fewer are faster.

    Attributes
    ----------
    run : Run or None
        The latest one.
    pinned : list of Run
        Those to compare with, oldest first.

    Raises
    ------
    ValueError
        If shapes do not fit or a number is out of range.

    Examples
    --------
    >>> likes = sp.coo_matrix(np.eye(4, 6, dtype=np.float32))
    >>> lab = TrainingLab(likes, sp.coo_matrix(np.eye(4, 6, k=1, dtype=np.float32)), k=2)
    >>> run = lab.begin(Settings(no_components=2, epochs=2))
    >>> while not run.done:
    ...     point = lab.advance(run)
    >>> [point.epoch for point in run.points], run.done
    ([1, 2], True)
    """

    def __init__(
        self,
        train: Any,
        validation: Any,
        *,
        item_features: Any = None,
        labels: Sequence[str] | np.ndarray | None = None,
        k: int = 10,
        seed: int = 42,
        measured_users: int = 250,
    ) -> None:
        self.train = sparse_interactions("train", train)
        held_out = sparse_interactions("validation", validation)
        if held_out.shape != self.train.shape:
            raise ValueError(f"validation has shape {held_out.shape}; expected {self.train.shape}, as train")
        n_items = self.train.shape[1]
        if item_features is not None and item_features.shape[0] != n_items:
            raise ValueError(f"item_features has {item_features.shape[0]} rows; expected {n_items}, one for each item")
        if labels is not None and len(labels) != n_items:
            raise ValueError(f"labels has {len(labels)} entries; expected {n_items}, one for each item")
        self.item_features = item_features
        self.labels = [str(label) for label in (range(n_items) if labels is None else labels)]
        self.k = positive_int("k", k)
        self.seed = position("seed", seed, 2**32)
        users = np.unique(held_out.row)
        if not len(users):
            raise ValueError("validation has no interactions; expected some to measure on")
        chosen = np.random.default_rng(self.seed).permutation(users)[: positive_int("measured_users", measured_users)]
        self._measured = (_of_users(self.train, chosen), _of_users(held_out, chosen))
        self.run: Run | None = None
        self.pinned: list[Run] = []
        self._n_runs = 0

    def begin(self, settings: Settings) -> Run:
        """Make a new run the present one; a run that is not done is stopped.

        Raises
        ------
        ValueError
            If the settings ask for features and there are none, or `LightFM` refuses them.
        """
        if settings.features and self.item_features is None:
            raise ValueError("features is True, and this lab has no item_features")
        positive_int("epochs", settings.epochs)
        if not isinstance(settings.loss, str):
            raise ValueError(f"loss is {settings.loss!r}; expected the name of one, which code can repeat")
        model = LightFM(**settings.arguments(), random_state=self.seed)
        self.stop()
        self._n_runs += 1
        self.run = Run(self._n_runs, settings, model)
        return self.run

    def advance(self, run: Run) -> Point | None:
        """Train `run` for one epoch and measure it; None, and nothing happens, if it is done.

        It may be called from another thread than the rest, one call at a time for each run. An epoch during which the
        run was stopped is finished and counts. An exception ends the run.
        """
        if run.done:
            return None
        try:
            point = self._epoch(run)
        except Exception:
            run.stopped = True
            raise
        run.points.append(point)
        return point

    def _epoch(self, run: Run) -> Point:
        began = time.perf_counter()
        features = self._features(run)
        run.model.fit_partial(self.train, item_features=features)
        known, held_out = self._measured
        precision = (
            float(precision_at_k(run.model, known, k=self.k, item_features=features).mean()),
            float(precision_at_k(run.model, held_out, known, k=self.k, item_features=features).mean()),
        )
        auc = (
            float(auc_score(run.model, known, item_features=features).mean()),
            float(auc_score(run.model, held_out, known, item_features=features).mean()),
        )
        users = np.arange(self.train.shape[0])
        lists, _ = run.model.recommend(users, n=self.k, exclude=self.train, item_features=features)
        n_listed = len(np.unique(lists[lists >= 0]))
        loss = float(run.model.training_history[-1]["loss"])
        return Point(len(run.points) + 1, loss, precision, auc, n_listed, time.perf_counter() - began)

    def stop(self) -> None:
        """Let the present run have no further epoch."""
        if self.run is not None and not self.run.done:
            self.run.stopped = True

    def reset(self) -> None:
        """Stop, and forget all runs."""
        self.stop()
        self.run, self.pinned, self._n_runs = None, [], 0

    def pin(self) -> bool:
        """Keep the present run to compare others with; False if there is none, or it is pinned already."""
        if self.run is None or not self.run.points or self.run in self.pinned:
            return False
        self.pinned.append(self.run)
        return True

    def recommendations(self, user: int) -> list[str]:
        """The best `k` items for a user, train items left out; empty before the first epoch.

        Raises
        ------
        ValueError
            If there is no such user.
        """
        if not 0 <= user < self.train.shape[0]:
            raise ValueError(f"user is {user}; expected a number from 0 to {self.train.shape[0] - 1}")
        run = self.run
        if run is None or not run.points:
            return []
        items, _ = run.model.recommend([user], n=self.k, exclude=self.train, item_features=self._features(run))
        return [self.labels[item] for item in items[0] if item >= 0]

    def code(self, run: Run) -> str:
        """The lines that train a model equal to this run's, to the bit, from `train` and `item_features`."""
        arguments = run.settings.arguments() | {"random_state": self.seed}
        inside = "".join(f"    {one},\n" for one in as_code(arguments))
        features = ", item_features=item_features" if run.settings.features else ""
        return (
            "from recsys_lessons import LightFM\n\n"
            f"model = LightFM(\n{inside})\n"
            f"model.fit(train{features}, epochs={len(run.points)})\n"
        )

    def _features(self, run: Run) -> Any:
        return self.item_features if run.settings.features else None


def as_code(arguments: Mapping[str, Any]) -> list[str]:
    """Numbers and strings as arguments in code, in which no name is needed to write them.

    >>> as_code({"loss": "warp", "k": np.int64(5), "learning_rate": np.float64(0.05)})
    ["loss='warp'", 'k=5', 'learning_rate=0.05']
    """
    told = []
    for name, value in arguments.items():
        kind = str if isinstance(value, str) else int if isinstance(value, numbers.Integral) else float
        told.append(f"{name}={kind(value)!r}")
    return told


def _of_users(interactions: sp.coo_matrix, users: np.ndarray) -> sp.csr_matrix:
    """The same matrix with the rows of these users alone."""
    kept = np.isin(interactions.row, users)
    entries = (interactions.data[kept], (interactions.row[kept], interactions.col[kept]))
    return sp.csr_matrix(entries, shape=interactions.shape)
