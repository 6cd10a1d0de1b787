"""Predicted less given stars, group by group: how far off on average, and how large an error is.

The figure and the lab of lesson 10 show it. Nothing here knows models or data sets.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

__all__ = ["ByGroup", "by_group"]


class ByGroup(NamedTuple):
    """What `by_group` returns: an entry for each group.

    Attributes
    ----------
    counts : int64 array
        Ratings of the group.
    means : float64 array
        Of predicted less given; above 0 they are predicted too high. NaN for a group without a rating.
    sizes : float64 array
        Root of the mean square of predicted less given, the RMSE of the group. NaN for a group without a rating.
    """

    counts: np.ndarray
    means: np.ndarray
    sizes: np.ndarray


def by_group(residuals: np.ndarray, groups: np.ndarray, n_groups: int) -> ByGroup:
    """Take the mean and the size of residuals in each group.

    Parameters
    ----------
    residuals : float array of shape (n_ratings,)
        Predicted less given.
    groups : int array of shape (n_ratings,)
        From 0 to `n_groups` − 1.
    n_groups : int

    Examples
    --------
    >>> counts, means, sizes = by_group(np.array([1.0, 2.0, -1.0]), np.array([0, 0, 2]), 3)
    >>> counts.tolist(), means.tolist(), sizes.round(2).tolist()
    ([2, 0, 1], [1.5, nan, -1.0], [1.58, nan, 1.0])
    """
    counts = np.bincount(groups, minlength=n_groups)

    def mean(values: np.ndarray) -> np.ndarray:
        sums = np.bincount(groups, values, minlength=n_groups)
        return np.divide(sums, counts, out=np.full(n_groups, np.nan), where=counts > 0)

    return ByGroup(counts, mean(residuals), np.sqrt(mean(residuals**2)))
