"""Funk SVD on a small table, rating after rating, with every number kept: the vectors, the biases, and each update.

From the formula, with NumPy; :mod:`recsys_lessons.kernels.funk_svd` does the same to float32 numbers. The figure and
the lab of lesson 02 show it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

__all__ = ["BOUND", "SgdPath", "Update", "learn_step_by_step"]

BOUND = 1e3
"""Predictions beyond this have got out of hand: no rating is that large."""


@dataclass(frozen=True, eq=False)
class Update:
    """One update, in all its numbers.

    Attributes
    ----------
    user, item : int
    rating, predicted, error : float
        `error` is the rating minus what was predicted.
    before, gradient, after : dict of str to float or array of shape (2,)
        By "user bias", "item bias", "user vector" and "item vector": the number, the slope of the loss in it, and the
        number less the learning rate times that slope.
    """

    user: int
    item: int
    rating: float
    predicted: float
    error: float
    before: dict[str, float | np.ndarray]
    gradient: dict[str, float | np.ndarray]
    after: dict[str, float | np.ndarray]


@dataclass(frozen=True, eq=False)
class SgdPath:
    """All numbers before the first update and after each.

    Attributes
    ----------
    ratings : array of float, shape (n_users, n_items)
        NaN where a rating is not known.
    penalty : float
    mean : float
        Of the known ratings.
    users, items : arrays of shape (n_steps + 1, n_users, 2), (n_steps + 1, n_items, 2)
    user_biases, item_biases : arrays of shape (n_steps + 1, n_users), (n_steps + 1, n_items)
    """

    ratings: np.ndarray
    penalty: float
    mean: float
    users: np.ndarray
    items: np.ndarray
    user_biases: np.ndarray
    item_biases: np.ndarray

    @cached_property
    def known(self) -> np.ndarray:
        """Rows and columns of the known ratings, in reading order."""
        return np.argwhere(~np.isnan(self.ratings))

    @cached_property
    def predicted(self) -> np.ndarray:
        """The predicted tables, shape (n_steps + 1, n_users, n_items)."""
        with np.errstate(over="ignore", invalid="ignore"):
            inner = self.users @ np.swapaxes(self.items, 1, 2)
            return self.mean + self.user_biases[:, :, None] + self.item_biases[:, None, :] + inner

    @cached_property
    def n_bounded(self) -> int:
        """How many updates can be made before a prediction gets out of hand."""
        with np.errstate(invalid="ignore"):
            fine = (np.abs(self.predicted) <= BOUND).all(axis=(1, 2))
        return len(fine) - 1 if fine.all() else max(int(fine.argmin()) - 1, 0)

    def rmse(self, step: int) -> float:
        """Root mean squared error on the known ratings after `step` updates."""
        return float(np.sqrt(np.nanmean((self.predicted[step] - self.ratings) ** 2)))

    def update(self, step: int) -> Update:
        """The update number `step`, counted from 1."""
        u, i = (int(place) for place in self.known[(step - 1) % len(self.known)])
        before, after = (
            {
                "user bias": float(self.user_biases[at, u]),
                "item bias": float(self.item_biases[at, i]),
                "user vector": self.users[at, u],
                "item vector": self.items[at, i],
            }
            for at in (step - 1, step)
        )
        rating, predicted = float(self.ratings[u, i]), float(self.predicted[step - 1, u, i])
        error = rating - predicted
        pulls = {
            "user bias": 1.0,
            "item bias": 1.0,
            "user vector": before["item vector"],
            "item vector": before["user vector"],
        }
        gradient = {name: -error * pull + self.penalty * before[name] for name, pull in pulls.items()}
        return Update(u, i, rating, predicted, error, before, gradient, after)


def learn_step_by_step(
    ratings: np.ndarray, steps: int, learning_rate: float, penalty: float, start: float, seed: int
) -> SgdPath:
    """Learn a small table by Funk SVD with two components, one known rating after the other in reading order.

    Parameters
    ----------
    ratings : array of float, shape (n_users, n_items)
        NaN where a rating is not known.
    steps : int
        Updates; after the last known rating comes the first again.
    learning_rate, penalty : float
        Size of a step, and of the penalty on the squares.
    start : float
        Standard deviation of the numbers that the vectors begin with; biases begin at 0.
    seed : int
        Which numbers.

    Examples
    --------
    >>> path = learn_step_by_step(np.array([[5.0, 1.0], [4.0, np.nan]]), 200, 0.1, 0.02, start=0.3, seed=0)
    >>> path.predicted[-1].round(2).tolist(), round(path.rmse(0), 2), round(path.rmse(200), 2)
    ([[4.97, 1.02], [4.0, 2.14]], 1.71, 0.02)
    """
    n_users, n_items = ratings.shape
    source = np.random.default_rng(seed)
    p, q = source.normal(0, start, (n_users, 2)), source.normal(0, start, (n_items, 2))
    b_user, b_item = np.zeros(n_users), np.zeros(n_items)
    mean = float(np.nanmean(ratings))
    known = np.argwhere(~np.isnan(ratings))
    numbers = (p, q, b_user, b_item)
    kept = [np.empty((steps + 1, *of_kind.shape)) for of_kind in numbers]
    shrink = 1 - learning_rate * penalty
    with np.errstate(over="ignore", invalid="ignore"):
        for step in range(steps + 1):
            for history, of_kind in zip(kept, numbers, strict=True):
                history[step] = of_kind
            u, i = known[step % len(known)]
            error = ratings[u, i] - (mean + b_user[u] + b_item[i] + p[u] @ q[i])
            b_user[u] = shrink * b_user[u] + learning_rate * error
            b_item[i] = shrink * b_item[i] + learning_rate * error
            p[u], q[i] = shrink * p[u] + learning_rate * error * q[i], shrink * q[i] + learning_rate * error * p[u]
    return SgdPath(ratings, penalty, mean, *kept)
