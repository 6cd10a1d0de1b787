"""What the answers of open problems are asked: a property each, with a sentence for the answer that lacks it.

The functions take a value of any plain kind. They must not know which problem it answers.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp

from recsys_lessons.teaching.checks.problem import Unfit

__all__ = ["hits_at_k", "item_lists", "numbers"]


def numbers(value: Any, shape: tuple[int, ...]) -> np.ndarray:
    """A value as an array of real numbers of this shape.

    Raises
    ------
    Unfit
        If it is something else, or not all numbers are finite.
    """
    try:
        array = np.asarray(value)
    except ValueError:
        array = np.empty(0, dtype=object)
    if array.dtype.kind not in "biuf":
        raise Unfit(f"It returns {type(value).__name__}; expected an array of numbers of shape {shape}.")
    if array.shape != shape:
        raise Unfit(f"It returns an array of shape {array.shape}; expected {shape}.")
    if not np.isfinite(array).all():
        raise Unfit(f"{np.count_nonzero(~np.isfinite(array))} of its {array.size} numbers are not finite.")
    return array


def item_lists(value: Any, shape: tuple[int, int], n_items: int) -> np.ndarray:
    """A value as one list of different items for each user, an integer array of this shape.

    Raises
    ------
    Unfit
        If it is something else.
    """
    array = numbers(value, shape)
    if not np.array_equal(array, array.astype(np.int64)):
        raise Unfit("Its entries are not whole numbers; expected numbers of items.")
    lists = array.astype(np.int64)
    if lists.min() < 0 or lists.max() >= n_items:
        raise Unfit(f"It lists item {lists.min() if lists.min() < 0 else lists.max()}; they are 0 to {n_items - 1}.")
    ordered = np.sort(lists, axis=1)
    repeated = np.flatnonzero((ordered[:, 1:] == ordered[:, :-1]).any(axis=1))
    if len(repeated):
        raise Unfit(f"The list of user {repeated[0]} names an item twice.")
    return lists


def hits_at_k(lists: np.ndarray, interactions: sp.spmatrix) -> np.ndarray:
    """Share of each user's list that is among their interactions, one number a user."""
    wanted = sp.csr_matrix(interactions)
    users = np.repeat(np.arange(len(lists)), lists.shape[1])
    found = np.asarray(wanted[users, lists.ravel()]).reshape(lists.shape) > 0
    return found.mean(axis=1)
