"""The loss builder, as plain Python: a loss put together from four choices, its code, and what training makes of it.

`LossBuilder` is a `TrainingLab` whose knobs are those of the loss. It writes the loss as a learner would, and the
library compiles what stands there: the code that the lab shows is the code that runs.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy.sparse as sp

from recsys_lessons.evaluation import auc_score, precision_at_k
from recsys_lessons.losses import NEGATIVES, OwnLoss, pairwise_loss
from recsys_lessons.models.lightfm import LightFM
from recsys_lessons.teaching.widgets.training_lab import Run, TrainingLab, as_code
from recsys_lessons.validation import choice, non_negative_float, positive_int

__all__ = ["AS_BUILT_IN", "BuiltRun", "LossBuilder", "LossPoint", "LossSettings"]

SHAPES = ("logistic", "hinge", "squared hinge", "constant")
SEARCHES = ("none", "margin", "rank")
_N_PAIRS = 2000


@dataclass(frozen=True)
class LossSettings:
    """What a loss is put together from.

    Attributes
    ----------
    shape : {"logistic", "hinge", "squared hinge", "constant"}
        How the strength of a step depends on the difference of two scores.
    margin : float
        The lead that the liked item should have.
    search : {"none", "margin", "rank"}
        The negative is the first item drawn; or the first one within the margin; or that, and the step is multiplied
        by the logarithm of the rank that WARP estimates from the number of draws.
    negatives : {"catalog", "entries"}
        Items are drawn alike, or as often as they have entries.
    epochs : int
    """

    shape: str = "hinge"
    margin: float = 1.0
    search: str = "none"
    negatives: str = "catalog"
    epochs: int = 15

    def check(self) -> None:
        """Raise ``ValueError`` that names what cannot be."""
        choice("shape", self.shape, SHAPES)
        choice("search", self.search, SEARCHES)
        choice("negatives", self.negatives, NEGATIVES)
        non_negative_float("margin", self.margin)
        positive_int("epochs", self.epochs)

    def function_code(self) -> str:
        """The loss as a function of Python.

        Raises
        ------
        ValueError
            If a setting cannot be.
        """
        self.check()
        m = float(self.margin)
        lines = {
            "logistic": [f"loss, strength = log_loss(difference{f' - {m}' if m else ''})"],
            "hinge": [f"strength, loss = (1.0, {m} - difference) if difference <= {m} else (0.0, 0.0)"],
            "squared hinge": [f"gap = max({m} - difference, 0.0)", "strength, loss = gap, gap * gap / 2"],
            "constant": [f"strength, loss = 1.0, {m} - difference"],
        }[self.shape]
        if self.search == "rank":
            lines += ["weight = rank_weights[draws]", "return weight * strength, weight * loss"]
        else:
            lines += ["return strength, loss"]
        return "".join(["def own_loss(difference, draws):\n", *(f"    {line}\n" for line in lines)])

    def code(self) -> str:
        """The same as a loss that can be trained with."""
        told = ", ".join(as_code(self.options()))
        return f"@pairwise_loss{f'({told})' if told else ''}\n{self.function_code()}"

    def options(self) -> dict[str, Any]:
        """The options of `pairwise_loss`, those that are not its defaults."""
        options: dict[str, Any] = {} if self.negatives == "catalog" else {"negatives": self.negatives}
        return options if self.search == "none" else options | {"margin": float(self.margin)}

    def needs_code(self, max_sampled: int) -> str:
        """What must stand above the function; `train` is there."""
        lines = ["import numpy as np\n"] if self.search == "rank" else []
        lines += ["from recsys_lessons import LightFM"]
        lines += ["from recsys_lessons.kernels.elementary import log_loss"] if self.shape == "logistic" else []
        lines += ["from recsys_lessons.kernels.warp import fill_rank_weights"] if self.search == "rank" else []
        lines += ["from recsys_lessons.losses import pairwise_loss\n"]
        if self.search == "rank":
            lines += [f"rank_weights = np.zeros({max_sampled + 1})"]
            lines += ["fill_rank_weights(rank_weights, train.shape[1])\n"]
        return "\n".join([*lines, "\n"])


AS_BUILT_IN = {
    "bpr": LossSettings("logistic", 0.0, "none", "entries"),
    "warp": LossSettings("hinge", 1.0, "rank", "catalog"),
}
"""The settings that train as a loss of the library does, to the bit (WARP's with fewer than 22,028 items: with more
it cuts the logarithm of the rank at 10)."""


@dataclass(frozen=True)
class LossPoint:
    """What was measured after an epoch.

    Attributes
    ----------
    epoch : int
        From 1.
    precision, auc : float
        On validation, with train items left out.
    top_share : float
        Which share of the places on all users' lists the most popular items have.
    at_rest : float
        Which share of the pairs, see `LossBuilder.pairs`, make no step.
    seconds : float
        How long the epoch and its measuring took.
    """

    epoch: int
    precision: float
    auc: float
    top_share: float
    at_rest: float
    seconds: float


@dataclass
class BuiltRun(Run):
    """One training with a loss that was built.

    Attributes
    ----------
    differences : array of shape (n_pairs,) or None
        The present difference of each of `LossBuilder.pairs`.
    """

    differences: np.ndarray | None = None


class LossBuilder(TrainingLab):
    """Put a loss together, look at its curve, train with it, and compare runs.

    Parameters
    ----------
    train, validation : sparse matrix of shape (n_users, n_items)
        Interactions to learn from, and to measure on.
    no_components : int
    learning_rate : float
    max_sampled : int
        Draws of a search, at most.
    n_popular : int
        How many of the items with most likes in `train` count as popular.
    labels, k, seed, measured_users
        As for `TrainingLab`.

    Attributes
    ----------
    pairs : (users, liked, others)
        Three int arrays: likes of `train`, and for each an item that the user has no entry for, drawn alike. The same
        ones are looked at in all runs.
    popular : int array of shape (n_popular,)

    Raises
    ------
    ValueError
        If shapes do not fit, a number is out of range, or there are no pairs to learn from.

    Examples
    --------
    >>> likes = sp.coo_matrix(np.eye(4, 6, dtype=np.float32))
    >>> lab = LossBuilder(likes, sp.coo_matrix(np.eye(4, 6, k=1, dtype=np.float32)), k=2, no_components=2)
    >>> print(LossSettings("squared hinge", 0.5).function_code())
    def own_loss(difference, draws):
        gap = max(0.5 - difference, 0.0)
        strength, loss = gap, gap * gap / 2
        return strength, loss
    <BLANKLINE>
    >>> run = lab.begin(LossSettings("squared hinge", 0.5, epochs=2))
    >>> while not run.done:
    ...     point = lab.advance(run)
    >>> [point.epoch for point in run.points]
    [1, 2]
    """

    run: BuiltRun | None

    def __init__(
        self,
        train: Any,
        validation: Any,
        *,
        no_components: int = 30,
        learning_rate: float = 0.05,
        max_sampled: int = 10,
        n_popular: int = 10,
        labels: Sequence[str] | np.ndarray | None = None,
        k: int = 10,
        seed: int = 42,
        measured_users: int = 250,
    ) -> None:
        super().__init__(train, validation, labels=labels, k=k, seed=seed, measured_users=measured_users)
        self._model = {"no_components": no_components, "learning_rate": learning_rate, "max_sampled": max_sampled}
        LightFM(**self._model)  # refuses what it cannot have
        positive_int("n_popular", n_popular)
        n_liked = np.bincount(self.train.col[self.train.data > 0], minlength=self.train.shape[1])
        self.popular = np.argsort(-n_liked, kind="stable")[:n_popular]
        if not (self.train.data > 0).any():
            raise ValueError("train has no likes; expected some to learn from")
        self.pairs = self._draw_pairs()
        if not len(self.pairs[0]):
            raise ValueError(
                f"train has an entry for each of {_N_PAIRS:,} items drawn for users who like something; "
                "expected users without an entry for some items"
            )
        self._functions: dict[LossSettings, Callable] = {}
        self._losses: dict[LossSettings, OwnLoss] = {}
        self.curve(AS_BUILT_IN["bpr"], [0.0])  # log_loss is compiled once, now, and not when a control is moved

    @property
    def max_sampled(self) -> int:
        """Draws of a search, at most."""
        return self._model["max_sampled"]

    def _draw_pairs(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        rng = np.random.default_rng(self.seed)
        entries = rng.choice(np.flatnonzero(self.train.data > 0), size=_N_PAIRS)
        users, liked = self.train.row[entries], self.train.col[entries]
        others = rng.integers(self.train.shape[1], size=_N_PAIRS)
        known = sp.csr_matrix((np.ones(self.train.nnz), (self.train.row, self.train.col)), shape=self.train.shape)
        unknown = known[users, others].A1 == 0
        return users[unknown], liked[unknown], others[unknown]

    def function(self, settings: LossSettings) -> Callable:
        """The loss as a function of Python, not compiled.

        Raises
        ------
        ValueError
            If a setting cannot be.
        """
        settings.check()
        kept = replace(settings, epochs=1)
        if kept not in self._functions:
            space: dict[str, Any] = {"train": self.train}
            exec(kept.needs_code(self.max_sampled) + kept.function_code(), space)
            self._functions[kept] = space["own_loss"]
        return self._functions[kept]

    def curve(self, settings: LossSettings, differences: Sequence[float] | np.ndarray, draws: int = 1) -> np.ndarray:
        """Strength and loss, two rows, at these differences, the negative having been found at draw `draws`.

        Raises
        ------
        ValueError
            If a setting cannot be, no search has so many draws, or differences are no sequence of numbers.
        """
        function = self.function(settings)
        if positive_int("draws", draws) > self.max_sampled:
            raise ValueError(f"draws is {draws}; expected a number from 1 to {self.max_sampled}")
        try:
            places = np.asarray(differences, dtype=float)
        except (TypeError, ValueError) as error:
            raise ValueError(f"differences must be a sequence of numbers: {error}") from None
        if places.ndim != 1:
            raise ValueError(f"differences has shape {places.shape}; expected a sequence of numbers, of shape (n,)")
        return np.array([function(place, int(draws)) for place in places.tolist()]).reshape(-1, 2).T

    def begin(self, settings: LossSettings) -> BuiltRun:
        """Make a new run the present one; a run that is not done is stopped.

        A loss that was not trained with before is compiled, in some 40 ms.

        Raises
        ------
        ValueError
            If a setting cannot be.
        """
        settings.check()
        self.stop()
        self._n_runs += 1
        model = LightFM(**self._model, loss=self._loss(settings), random_state=self.seed)
        self.run = BuiltRun(self._n_runs, settings, model)
        return self.run

    def _loss(self, settings: LossSettings) -> OwnLoss:
        kept = replace(settings, epochs=1)
        if kept not in self._losses:
            self._losses[kept] = pairwise_loss(self.function(kept), **kept.options())
        return self._losses[kept]

    def _epoch(self, run: BuiltRun) -> LossPoint:
        began = time.perf_counter()
        run.model.fit_partial(self.train)
        known, held_out = self._measured
        lists, _ = run.model.recommend(np.arange(self.train.shape[0]), n=self.k, exclude=self.train)
        users, liked, others = self.pairs
        run.differences = run.model.predict(users, liked) - run.model.predict(users, others)
        return LossPoint(
            epoch=len(run.points) + 1,
            precision=float(precision_at_k(run.model, held_out, known, k=self.k).mean()),
            auc=float(auc_score(run.model, held_out, known).mean()),
            top_share=float(np.isin(lists[lists >= 0], self.popular).mean()),
            at_rest=self._at_rest(run.settings, run.differences),
            seconds=time.perf_counter() - began,
        )

    def _at_rest(self, settings: LossSettings, differences: np.ndarray) -> float:
        """Share of pairs that make no step: their strength is 0, or no search would take them."""
        strengths = self.curve(settings, differences)[0]
        found = differences < settings.margin if settings.search != "none" else np.ones(len(differences), dtype=bool)
        return float(np.mean((strengths == 0) | ~found))

    def code(self, run: BuiltRun) -> str:
        """The lines that train a model equal to this run's, to the bit, from `train`."""
        settings = run.settings
        arguments = ", ".join(as_code({**self._model, "random_state": self.seed}))
        return (
            f"{settings.needs_code(self.max_sampled)}"
            f"{settings.code()}\n\n"
            f"model = LightFM(loss=own_loss, {arguments})\n"
            f"model.fit(train, epochs={len(run.points)})\n"
        )

    def _features(self, run: Run) -> None:
        return None
