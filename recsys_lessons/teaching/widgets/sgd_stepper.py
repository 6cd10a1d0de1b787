"""State of a lab: Funk SVD on a small table, update by update.

Plain Python and NumPy. It must not know widgets; the view is :mod:`recsys_lessons.teaching.widgets.sgd_stepper_view`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from recsys_lessons.teaching.rating_steps import SgdPath, Update, learn_step_by_step
from recsys_lessons.validation import non_negative_float, positive_float

__all__ = ["MOST_STEPS", "Blank", "SgdStepper"]

MOST_STEPS = 1100


@dataclass(frozen=True)
class Blank:
    """What is predicted where nothing is known, and of what it is made.

    Attributes
    ----------
    user, item : int
    user_bias, item_bias, taste : float
        `taste` is the inner product of the two vectors.
    predicted : float
        The global mean and these three.
    """

    user: int
    item: int
    user_bias: float
    item_bias: float
    taste: float
    predicted: float


class SgdStepper:
    """Step through the updates of a small table with two components, and change what they depend on.

    Whatever is changed, as many updates as before are made anew from the first.

    Parameters
    ----------
    ratings : array of float, shape (n_users, n_items)
        NaN where a rating is not known.
    users, items : sequences of str, optional
        Names of the rows and of the columns.
    learning_rate, penalty, start, seed : optional
        To begin with; `start` is the standard deviation of the random numbers that vectors begin with.

    Attributes
    ----------
    learning_rate, penalty, start : float
    seed : int
    path : SgdPath
        All numbers after each of `MOST_STEPS` updates.
    users, items : list of str

    Raises
    ------
    ValueError
        If the table is not two-dimensional or has no known rating, or names or settings do not fit.

    Examples
    --------
    >>> stepper = SgdStepper([[5, 1], [4, np.nan]])
    >>> stepper.step(200)
    >>> round(stepper.rmse, 3), [round(blank.predicted, 2) for blank in stepper.blanks()]
    (0.019, [2.14])
    """

    def __init__(
        self,
        ratings: Any,
        users: Sequence[str] | None = None,
        items: Sequence[str] | None = None,
        *,
        learning_rate: float = 0.1,
        penalty: float = 0.02,
        start: float = 0.3,
        seed: int = 0,
    ) -> None:
        self.ratings = np.asarray(ratings, dtype=np.float64)
        if self.ratings.ndim != 2 or np.isnan(self.ratings).all() or np.isinf(self.ratings).any():
            raise ValueError(
                f"ratings has shape {self.ratings.shape}; expected a table of finite numbers or NaN, with at least one "
                "known rating"
            )
        n_users, n_items = self.ratings.shape
        self.users = [f"u{row}" for row in range(n_users)] if users is None else [str(name) for name in users]
        self.items = [f"i{column}" for column in range(n_items)] if items is None else [str(name) for name in items]
        if (len(self.users), len(self.items)) != self.ratings.shape:
            raise ValueError(
                f"there are {len(self.users)} users and {len(self.items)} items; expected {self.ratings.shape}, as "
                "ratings has"
            )
        self._asked = 0
        self._begin = {"learning_rate": learning_rate, "penalty": penalty, "start": start, "seed": seed}
        self.change(**self._begin)

    # --- what can be done ---------------------------------------------------------------------------------------------

    def change(self, **settings: Any) -> None:
        """Set `learning_rate`, `penalty`, `start`, `seed` or `n_steps`.

        Raises
        ------
        ValueError
            If a name is unknown or a value out of range; nothing is changed then.
        """
        checks = {
            "learning_rate": lambda value: positive_float("learning_rate", value),
            "penalty": lambda value: non_negative_float("penalty", value),
            "start": lambda value: non_negative_float("start", value),
            "seed": lambda value: _up_to("seed", value, 2**31),
            "n_steps": lambda value: _up_to("n_steps", value, MOST_STEPS),
        }
        if unknown := sorted(set(settings) - set(checks)):
            raise ValueError(f"{unknown[0]} is no setting; expected some of {', '.join(checks)}")
        checked = {name: checks[name](value) for name, value in settings.items()}
        self._asked = checked.pop("n_steps", self._asked)
        for name, value in checked.items():
            setattr(self, name, value)
        if checked:
            self.path: SgdPath = learn_step_by_step(
                self.ratings, MOST_STEPS, self.learning_rate, self.penalty, self.start, self.seed
            )

    def step(self, times: int = 1) -> None:
        """Make the next updates, as many as are left at most."""
        self._asked = min(self.n_steps + int(times), MOST_STEPS)

    def reset(self) -> None:
        """No update; all settings as at the beginning."""
        self.change(n_steps=0, **self._begin)

    # --- what is shown ------------------------------------------------------------------------------------------------

    @property
    def n_known(self) -> int:
        """Known ratings, that is updates in an epoch."""
        return len(self.path.known)

    @property
    def n_steps(self) -> int:
        """Updates made: as many as asked for, unless the numbers get out of hand before."""
        return min(self._asked, self.path.n_bounded)

    @property
    def out_of_hand(self) -> bool:
        """Whether the next update would give numbers beyond all bounds."""
        return self.n_steps == self.path.n_bounded < MOST_STEPS

    @property
    def predicted(self) -> np.ndarray:
        """The table as it is predicted now (float64)."""
        return self.path.predicted[self.n_steps]

    @property
    def rmse(self) -> float:
        """On the known ratings."""
        return self.path.rmse(self.n_steps)

    @property
    def latest(self) -> Update | None:
        """The update made last; None before the first."""
        return self.path.update(self.n_steps) if self.n_steps else None

    @property
    def upcoming(self) -> Update | None:
        """The next update; None if there is none."""
        return None if self.n_steps == MOST_STEPS or self.out_of_hand else self.path.update(self.n_steps + 1)

    @property
    def reach(self) -> float:
        """The largest number in a vector, over all updates: a picture of this size holds every step."""
        ends = slice(self.path.n_bounded + 1)
        return float(max(np.abs(self.path.users[ends]).max(), np.abs(self.path.items[ends]).max()))

    def blanks(self) -> list[Blank]:
        """Where nothing is known."""
        at, path, found = self.n_steps, self.path, []
        for u, i in np.argwhere(np.isnan(self.ratings)).tolist():
            parts = (path.user_biases[at, u], path.item_biases[at, i], path.users[at, u] @ path.items[at, i])
            found.append(Blank(u, i, *(float(part) for part in parts), float(self.predicted[u, i])))
        return found


def _up_to(name: str, value: Any, most: int) -> int:
    if not (isinstance(value, (int, np.integer)) and 0 <= value <= most):
        raise ValueError(f"{name} is {value!r}; expected a whole number from 0 to {most}")
    return int(value)
