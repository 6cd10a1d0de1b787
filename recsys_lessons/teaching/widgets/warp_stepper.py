"""State of a lab: one like, negatives drawn one by one, and the step that a loss then takes.

Plain Python and NumPy. It must not know widgets; the view is :mod:`recsys_lessons.teaching.widgets.warp_stepper_view`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from recsys_lessons.kernels.warp import MARGIN
from recsys_lessons.teaching.warp_search import draws, estimated_rank, first_hits, rule_breakers, strength
from recsys_lessons.validation import (
    choice,
    non_negative_float,
    position,
    positive_float,
    positive_int,
    sparse_interactions,
)

__all__ = ["LOSSES", "Drawn", "Odds", "Step", "WarpStepper"]

LOSSES = ("warp", "bpr", "logistic")
N_SEARCHES = 2000


@dataclass(frozen=True)
class Drawn:
    """An item that was drawn.

    Attributes
    ----------
    item : int
    score : float
        By the model as it is when the item is drawn.
    verdict : {"known", "keeps", "breaks", "drawn"}
        "known" items are skipped; of others, WARP asks whether they break the rule, and BPR takes the first.
    """

    item: int
    score: float
    verdict: str


@dataclass(frozen=True)
class Step:
    """What one update adds, by plain gradient descent; Adagrad's first step is the same.

    Attributes
    ----------
    strength : float
        How fast the loss falls with the score difference (with the score, for logistic).
    user, liked : array of float, shape (n_components,)
        What is added to the two vectors.
    negative : array of float, shape (n_components,), or None
        What is added to the vector of the negative; None for logistic, which has none.
    liked_bias, negative_bias, user_bias : float
        What is added to the biases. A pairwise loss leaves the user's alone.
    """

    strength: float
    user: np.ndarray
    liked: np.ndarray
    negative: np.ndarray | None
    liked_bias: float
    negative_bias: float
    user_bias: float


@dataclass(frozen=True)
class Odds:
    """How many searches end.

    Attributes
    ----------
    n_breaking : int
        Items that break the rule.
    found : float
        Share of the searches that find one.
    mean_rank, mean_strength : float
        Over the searches that find one; NaN if none does.
    """

    n_breaking: int
    found: float
    mean_rank: float
    mean_strength: float


class WarpStepper:
    """Step through updates of one user and one liked item.

    Parameters
    ----------
    model : object
        A fitted `LightFM` without features; its numbers are copied.
    interactions : sparse matrix of shape (n_users, n_items)
        What it was trained on.
    user : int
        A user with at least one interaction.
    labels : sequence of str, optional
        Titles of the items; their numbers by default.

    Attributes
    ----------
    loss : {"warp", "bpr", "logistic"}
    place : int
        Which of the user's likes, by item number.
    max_sampled : int
    margin : float
        The library's is 1.
    learning_rate : float
    seed : int
        Of the present search; each next search has the next one.
    drawn : list of Drawn
        In the present search.
    n_steps : int
        How many steps were taken.

    Raises
    ------
    ValueError
        If shapes do not fit, or there is no such user, or the user likes nothing.

    Examples
    --------
    >>> import scipy.sparse as sp
    >>> from recsys_lessons import LightFM
    >>> likes = sp.coo_matrix(np.eye(3, 50, dtype=np.float32))
    >>> model = LightFM(loss="warp", no_components=2, random_state=1).fit(likes, epochs=3)
    >>> stepper = WarpStepper(model, likes, user=0)
    >>> stepper.search()
    >>> [one.verdict for one in stepper.drawn]
    ['breaks']
    >>> before = stepper.scores[stepper.liked]
    >>> stepper.take()
    >>> stepper.n_steps, bool(stepper.scores[stepper.liked] > before), stepper.drawn
    (1, True, [])
    """

    def __init__(self, model: Any, interactions: Any, user: int, *, labels: Sequence[str] | None = None) -> None:
        entries = sparse_interactions("interactions", interactions)
        self.n_items = entries.shape[1]
        vectors = (len(model.user_embeddings), len(model.item_embeddings))
        if vectors != entries.shape:
            raise ValueError(
                f"model has {vectors[0]} user and {vectors[1]} item vectors; expected {entries.shape}, one for each "
                "row and column of interactions (a model without features)"
            )
        if not 0 <= user < entries.shape[0]:
            raise ValueError(f"user is {user}; expected a number from 0 to {entries.shape[0] - 1}")
        if labels is not None and len(labels) != self.n_items:
            raise ValueError(f"labels has {len(labels)} entries; expected {self.n_items}, one for each item")
        self.labels = [str(label) for label in (range(self.n_items) if labels is None else labels)]
        self.user = int(user)
        # An entry that is not above 0 is no like, but is not drawn either.
        own = entries.row == user
        self.known = np.unique(entries.col[own])
        self.likes = np.unique(entries.col[own & (entries.data > 0)])
        if not len(self.likes):
            raise ValueError(f"user {user} likes nothing; expected at least one positive interaction")
        # BPR draws the item of a random entry, so the entries themselves are kept.
        self._entries = entries.col
        self._model = model
        self.loss, self.place, self.max_sampled, self.margin = "warp", 0, 10, float(MARGIN)
        self.learning_rate = 0.05
        self.reset()

    def reset(self) -> None:
        """The model's own numbers again, and the first search before its first draw."""
        self.user_vector = np.asarray(self._model.user_embeddings[self.user], dtype=np.float64)
        self.item_vectors = np.asarray(self._model.item_embeddings, dtype=np.float64)
        self.item_biases = np.asarray(self._model.item_biases, dtype=np.float64)
        self.user_bias = float(self._model.user_biases[self.user])
        self.n_steps = self.seed = 0
        self._begin()

    def change(self, **settings: Any) -> None:
        """Set `loss`, `place`, `max_sampled`, `margin`, `learning_rate` or `seed`; the search begins anew.

        Raises
        ------
        ValueError
            If a name is unknown or a value out of range; nothing is changed then.
        """
        checks = {
            "loss": lambda value: choice("loss", value, LOSSES),
            "place": lambda value: position("place", value, len(self.likes)),
            "max_sampled": lambda value: positive_int("max_sampled", value),
            "margin": lambda value: non_negative_float("margin", value),
            "learning_rate": lambda value: positive_float("learning_rate", value),
            "seed": lambda value: position("seed", value, 2**31),
        }
        if unknown := sorted(set(settings) - set(checks)):
            raise ValueError(f"{unknown[0]} is no setting; expected some of {', '.join(checks)}")
        checked = {name: checks[name](value) for name, value in settings.items()}
        for name, value in checked.items():
            setattr(self, name, value)
        self._begin()

    def _begin(self) -> None:
        self.drawn: list[Drawn] = []
        self.scores = self.item_vectors @ self.user_vector + self.item_biases + self.user_bias
        self._breaks = rule_breakers(self.scores, self.liked, self.known, self.margin)

    # --- what is known ------------------------------------------------------------------------------------------------

    @property
    def liked(self) -> int:
        """The liked item."""
        return int(self.likes[self.place])

    @property
    def rule(self) -> float:
        """Above this score an item breaks the rule."""
        return float(self.scores[self.liked] - self.margin)

    @property
    def found(self) -> int | None:
        """The negative that the search ended with; None if it has not, or with nothing."""
        last = self.drawn[-1] if self.drawn else None
        return last.item if last is not None and last.verdict in ("breaks", "drawn") else None

    @property
    def over(self) -> bool:
        """Whether nothing is left to draw."""
        return self.loss == "logistic" or self.found is not None or len(self.drawn) >= self._most_draws

    @property
    def _most_draws(self) -> int:
        return self.max_sampled if self.loss == "warp" else 1000

    @property
    def latest(self) -> int | None:
        """The item drawn last."""
        return self.drawn[-1].item if self.drawn else None

    @property
    def rank(self) -> int | None:
        """WARP's estimate after the draws so far; None before the first."""
        return int(estimated_rank(self.n_items, len(self.drawn))) if self.drawn else None

    def strengths(self) -> dict[str, float | None]:
        """How strong a step each loss takes with the item drawn last; None where it takes none.

        For WARP the rank is that of the draws so far.
        """
        latest = self.drawn[-1] if self.drawn else None
        score, usable = float(self.scores[self.liked]), latest is not None and latest.verdict != "known"
        breaks = usable and bool(self._breaks[latest.item])
        return {
            "warp": float(strength(self.rank)) if breaks else None,
            "bpr": _falls(score - latest.score) if usable else None,
            "logistic": _falls(score),
        }

    def odds(self) -> Odds:
        """How 2,000 searches of WARP, the same in all states, end for this like with these settings."""
        finds, ends = first_hits(self._breaks, self.max_sampled, 0, N_SEARCHES)
        ranks = estimated_rank(self.n_items, ends)
        some = bool(finds.any())
        return Odds(
            int(self._breaks.sum()),
            float(finds.mean()),
            float(ranks.mean()) if some else np.nan,
            float(strength(ranks).mean()) if some else np.nan,
        )

    # --- actions ------------------------------------------------------------------------------------------------------

    def draw(self) -> Drawn | None:
        """Draw one item; None, and nothing happens, if the search is over."""
        if self.over:
            return None
        # The same stream as `draws` gives whole searches: the n-th draw does not depend on how it is asked for.
        n = len(self.drawn) + 1
        if self.loss == "warp":
            item = int(draws(self.n_items, self.max_sampled, self.seed)[n - 1])
        else:
            item = int(self._entries[draws(len(self._entries), n, self.seed)[-1]])
        if item in self.known:
            verdict = "known"
        elif self.loss == "bpr":
            verdict = "drawn"
        else:
            verdict = "breaks" if self._breaks[item] else "keeps"
        self.drawn.append(Drawn(item, float(self.scores[item]), verdict))
        return self.drawn[-1]

    def search(self) -> None:
        """Draw until the search is over."""
        while self.draw() is not None:
            pass

    def step(self) -> Step | None:
        """The step that the loss takes now; None while it has no negative."""
        if self.loss == "logistic":
            strong = self.strengths()["logistic"]
            size = self.learning_rate * strong
            liked = self.item_vectors[self.liked]
            return Step(strong, size * liked, size * self.user_vector, None, size, 0.0, size)
        if self.found is None:
            return None
        strong = self.strengths()[self.loss]
        size = self.learning_rate * strong
        apart = self.item_vectors[self.liked] - self.item_vectors[self.found]
        return Step(strong, size * apart, size * self.user_vector, -size * self.user_vector, size, -size, 0.0)

    def take(self) -> None:
        """Take the step, if there is one, and begin the next search."""
        step = self.step()
        if step is not None:
            self.user_vector = self.user_vector + step.user
            self.item_vectors = self.item_vectors.copy()
            self.item_biases = self.item_biases.copy()
            self.item_vectors[self.liked] += step.liked
            self.item_biases[self.liked] += step.liked_bias
            if step.negative is not None:
                self.item_vectors[self.found] += step.negative
                self.item_biases[self.found] += step.negative_bias
            self.user_bias += step.user_bias
            self.n_steps += 1
        self.seed += 1
        self._begin()

    # --- two dimensions -----------------------------------------------------------------------------------------------

    def plane(self) -> np.ndarray:
        """Two directions of length 1 (shape (2, n_components)) between which the whole step takes place.

        The first is that of the user, the second what is left of the difference between the like and its rival: every
        change is a sum of the two, so that a picture in this plane hides nothing of a step. Along the first lies the
        score, but for the biases.
        """
        rival = self.latest if self.loss != "logistic" else None
        first = _of_length_one(self.user_vector)
        apart = self.item_vectors[self.liked] - (0 if rival is None else self.item_vectors[rival])
        second = apart - (apart @ first) * first
        if np.linalg.norm(second) < 1e-12:  # they lie along the user: any direction across will do
            across = np.eye(len(first))[np.abs(first).argmin()]
            second = across - (across @ first) * first
        second = _of_length_one(second)
        if self.item_vectors[self.liked] @ second < 0:
            second = -second
        return np.stack([first, second])


def _of_length_one(vector: np.ndarray) -> np.ndarray:
    length = np.linalg.norm(vector)
    return vector / length if length > 0 else np.eye(len(vector))[0]


def _falls(margin: float) -> float:
    """How fast the logistic loss falls with the score: 1 − σ(margin)."""
    return float(1 / (1 + np.exp(min(margin, 700.0))))
