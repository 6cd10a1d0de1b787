"""State of a lab: predicted less given stars by group, and what a shift and a stretch change.

Plain Python and NumPy. It must not know widgets; the view is
:mod:`recsys_lessons.teaching.widgets.residual_explorer_view`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from recsys_lessons.teaching.residuals import ByGroup, by_group
from recsys_lessons.validation import choice, sparse_interactions

__all__ = ["GROUPINGS", "Adjustment", "Errors", "ResidualExplorer"]

GROUPINGS = ("stars given", "stars predicted", "ratings of the film", "ratings of the user")
BOUNDS = (0, 1, 5, 20, 50, 100, 200, 1000)  # ratings in train, from


@dataclass(frozen=True)
class Adjustment:
    """What is done to predictions before they are compared with stars; they stay inside the scale.

    Attributes
    ----------
    shift : float
        Stars to add.
    stretch : float
        Factor on the distance from train's mean rating.
    """

    shift: float = 0.0
    stretch: float = 1.0


AS_THEY_ARE = Adjustment()


@dataclass(frozen=True)
class Errors:
    """What predictions are worth.

    Attributes
    ----------
    rmse, mae : float
        In stars.
    within : float
        Share of ratings that are predicted to half a star.
    mean : float
        Of predicted less given stars.
    """

    rmse: float
    mae: float
    within: float
    mean: float


class ResidualExplorer:
    """Predictions of several models for the test ratings of several splits.

    Parameters
    ----------
    predictions : mapping of str to sequence of array
        For each model, what it predicts for each split's test ratings, in their order.
    splits : sequence of (train, test)
        Sparse matrices of stars.

    Attributes
    ----------
    names : list of str
        Of the models.
    n_splits : int
    stars : float64 array
        The scale, ascending: the stars that occur in the first split.

    Raises
    ------
    ValueError
        If there is no model or no split, or a model has not one finite prediction for each test rating.

    Examples
    --------
    >>> train = sp.coo_matrix([[1.0, 3.0, 0.0], [0.0, 2.0, 0.0]])
    >>> test = sp.coo_matrix([[0.0, 0.0, 3.0], [1.0, 0.0, 0.0]])
    >>> lab = ResidualExplorer({"mean": [np.array([2.0, 2.0])]}, [(train, test)])
    >>> lab.by_group("mean", "stars given", 0).means.tolist()
    [1.0, nan, -1.0]
    >>> lab.errors("mean", 0, Adjustment(shift=1.0))
    Errors(rmse=1.4142135623730951, mae=1.0, within=0.5, mean=1.0)
    """

    def __init__(self, predictions: Mapping[str, Sequence[Any]], splits: Sequence[tuple[Any, Any]]) -> None:
        if not predictions or not splits:
            raise ValueError("predictions or splits is empty; expected at least one model and one split")
        self._splits = [tuple(sparse_interactions("splits", part) for part in parts) for parts in splits]
        self._predictions: dict[str, list[np.ndarray]] = {}
        for name, of_splits in predictions.items():
            if len(of_splits) != len(splits):
                raise ValueError(f"predictions[{name!r}] has {len(of_splits)} splits; expected {len(splits)}")
            own = [np.asarray(values, dtype=np.float64) for values in of_splits]
            for number, (values, (_, test)) in enumerate(zip(own, self._splits, strict=True)):
                if values.shape != (test.nnz,) or not np.isfinite(values).all():
                    raise ValueError(
                        f"predictions[{name!r}][{number}] has shape {values.shape}; expected {test.nnz} finite "
                        "numbers, one for each test rating"
                    )
            self._predictions[str(name)] = own
        self.names, self.n_splits = list(self._predictions), len(splits)
        self.stars = np.unique(np.concatenate([part.data for parts in self._splits for part in parts])).astype(
            np.float64
        )
        self._known = [self._n_known(*parts) for parts in self._splits]
        self._as_they_are: dict[tuple, Any] = {}  # asked for again whenever a slider moves

    @staticmethod
    def _n_known(train: sp.coo_matrix, test: sp.coo_matrix) -> dict[str, np.ndarray]:
        """For each test rating: how many train ratings its film has, and its user."""
        n_users, n_items = train.shape
        return {
            "ratings of the film": np.bincount(train.col, minlength=n_items)[test.col],
            "ratings of the user": np.bincount(train.row, minlength=n_users)[test.row],
        }

    def adjusted(self, name: str, split: int, how: Adjustment = AS_THEY_ARE) -> np.ndarray:
        """Predictions of a model for a split's test ratings, in stars."""
        choice("name", name, self.names)
        if not 0 <= split < self.n_splits:
            raise ValueError(f"split is {split}; expected a number from 0 to {self.n_splits - 1}")
        middle = self._splits[split][0].data.mean()
        predicted = self._predictions[name][split]
        if how != AS_THEY_ARE:  # to the bit
            predicted = middle + how.stretch * (predicted - middle) + how.shift
        return np.clip(predicted, self.stars[0], self.stars[-1])

    def groups(self, by: str) -> list[str]:
        """Names of the groups of a grouping: stars, or from how many ratings in train on."""
        choice("by", by, GROUPINGS)
        return [f"{one:g}" for one in (self.stars if by.startswith("stars") else BOUNDS)]

    def by_group(self, name: str, by: str, split: int, how: Adjustment = AS_THEY_ARE) -> ByGroup:
        """Mean and size of predicted less given, group by group.

        By "stars predicted" a rating belongs to the stars nearest to its own prediction, after the adjustment.
        """
        if how != AS_THEY_ARE:
            return self._by_group(name, by, split, how)
        if (name, by, split) not in self._as_they_are:
            self._as_they_are[name, by, split] = self._by_group(name, by, split, how)
        return self._as_they_are[name, by, split]

    def _by_group(self, name: str, by: str, split: int, how: Adjustment) -> ByGroup:
        n_groups, predicted = len(self.groups(by)), self.adjusted(name, split, how)
        given = self._splits[split][1].data.astype(np.float64)
        if by == "stars given":
            group = np.searchsorted(self.stars, given)
        elif by == "stars predicted":
            group = np.searchsorted((self.stars[1:] + self.stars[:-1]) / 2, predicted)
        else:
            group = np.searchsorted(BOUNDS, self._known[split][by], side="right") - 1
        return by_group(predicted - given, group, n_groups)

    def errors(self, name: str, split: int, how: Adjustment = AS_THEY_ARE) -> Errors:
        """What a model's predictions are worth on a split."""
        if how != AS_THEY_ARE:
            return self._errors(name, split, how)
        if (name, split) not in self._as_they_are:
            self._as_they_are[name, split] = self._errors(name, split, how)
        return self._as_they_are[name, split]

    def _errors(self, name: str, split: int, how: Adjustment) -> Errors:
        off = self.adjusted(name, split, how) - self._splits[split][1].data
        size = np.abs(off)
        return Errors(
            float(np.sqrt(np.mean(off**2))), float(size.mean()), float(np.mean(size <= 0.5)), float(off.mean())
        )

    def better_on(self, name: str, how: Adjustment) -> tuple[int, int, int, int]:
        """On how many splits an adjustment is better than none: by RMSE, MAE, half a star, and mean nearer to 0."""
        better = np.zeros(4, dtype=int)
        for split in range(self.n_splits):
            own, was = self.errors(name, split, how), self.errors(name, split)
            nearer = abs(own.mean) < abs(was.mean)
            better += (own.rmse < was.rmse, own.mae < was.mae, own.within > was.within, nearer)
        rmse, mae, within, mean = better.tolist()
        return rmse, mae, within, mean
