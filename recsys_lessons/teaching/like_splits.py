"""Likes put aside for testing, and what train knows of the users and items that the test asks about.

The splits are those of :mod:`recsys_lessons.cross_validation`. The figure and the lab of lesson 01 show them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from recsys_lessons import cross_validation, validation

__all__ = ["KINDS", "SPLITS", "LikeSplit", "precision_of_popularity", "split_likes"]

SPLITS = ("random", "time", "cold items", "cold users")
KINDS = ("both known", "user new", "film new", "both new")


@dataclass(frozen=True, eq=False)
class LikeSplit:
    """Train and test, and whom and what the test likes are about.

    Attributes
    ----------
    train, test : csr_matrix of shape (n_users, n_items)
    user_is_new, item_is_new : bool array of shape (n_test_likes,)
        For each test like, whether train holds no like of the user, or of the item.
    """

    train: sp.csr_matrix
    test: sp.csr_matrix
    user_is_new: np.ndarray
    item_is_new: np.ndarray

    @property
    def n_testers(self) -> int:
        """How many users have a like in test."""
        return int((self.test.getnnz(axis=1) > 0).sum())

    @property
    def shares(self) -> dict[str, float]:
        """By `KINDS`, the share of the test likes."""
        user, item = self.user_is_new, self.item_is_new
        chosen = (~user & ~item, user & ~item, ~user & item, user & item)
        return {kind: float(which.mean()) for kind, which in zip(KINDS, chosen, strict=True)}


def split_likes(likes: Any, times: np.ndarray, split: str, test_share: float, seed: int = 0) -> LikeSplit:
    """Put a share of the likes, the items or the users aside.

    Parameters
    ----------
    likes : sparse matrix of shape (n_users, n_items)
    times : array of shape (n_likes,)
        When each like was given, in the order of ``likes.tocoo()``.
    split : {"random", "time", "cold items", "cold users"}
    test_share : float
        Between 0 and 1.
    seed : int
        For all splits but ``"time"``.

    Raises
    ------
    ValueError
        If `split` is none of those, or train or test is left without likes.

    Examples
    --------
    >>> likes = sp.coo_matrix([[1, 1, 0], [0, 1, 1]])
    >>> parts = split_likes(likes, np.array([1, 2, 3, 4]), "time", 0.5)
    >>> parts.test.toarray().tolist(), parts.user_is_new.tolist(), parts.item_is_new.tolist()
    ([[0, 0, 0], [0, 1, 1]], [True, True], [False, True])
    """
    validation.choice("split", split, SPLITS)
    if split == "time":
        parts = cross_validation.split_by_time(likes, times, test_share)
    elif split == "random":
        parts = cross_validation.random_train_test_split(likes, test_share, seed)
    else:
        divide = cross_validation.cold_items if split == "cold items" else cross_validation.cold_users
        parts = divide(likes, test_share, seed)
    train, test = (part.tocsr() for part in parts)
    if train.nnz == 0 or test.nnz == 0:
        raise ValueError(f"test_share is {test_share}: {train.nnz} likes are in train and {test.nnz} in test")
    entries = test.tocoo()
    return LikeSplit(
        train,
        test,
        user_is_new=(train.getnnz(axis=1) == 0)[entries.row],
        item_is_new=(train.getnnz(axis=0) == 0)[entries.col],
    )


def precision_of_popularity(train: sp.csr_matrix, test: sp.csr_matrix) -> float:
    """Mean precision@10 of the items with most entries in `train`, a user's own left out; ties as they are numbered."""
    order = np.argsort(-train.getnnz(axis=0), kind="stable")
    hits = []
    for user in np.flatnonzero(test.getnnz(axis=1)):
        known = set(train.indices[train.indptr[user] : train.indptr[user + 1]].tolist())
        wanted = set(test.indices[test.indptr[user] : test.indptr[user + 1]].tolist())
        best = [item for item in order[: len(known) + 10].tolist() if item not in known][:10]
        hits.append(len(wanted.intersection(best)) / 10)
    return float(np.mean(hits))
