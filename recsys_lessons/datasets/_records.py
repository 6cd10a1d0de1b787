"""What all data records share: interactions with values and times, labels, features, and LightFM's form.

Nothing here knows where data comes from, and nothing here reads a file.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from recsys_lessons import validation

__all__ = [
    "InteractionRecord",
    "as_matrix",
    "hold_out_per_user",
    "identity_block",
    "lightfm_form",
    "not_nan",
    "one_hot",
]
__all__ += ["stack_features"]

Block = tuple[sp.csr_matrix, np.ndarray]
"""A feature matrix and the labels of its columns."""


@dataclass(frozen=True, eq=False, repr=False)
class InteractionRecord:
    """Who met what, how it went and when, with what is known of both sides.

    Attributes
    ----------
    users, items : int32 arrays of shape (n_interactions,)
        Row numbers, from 0.
    values : float32 array of shape (n_interactions,)
        How it went: a rating, a number of units.
    timestamps : int64 array of shape (n_interactions,)
        Seconds since the beginning of 1970.
    user_labels : array of shape (n_users,)
    item_labels : array of str of shape (n_items,)
    item_features : float32 CSR matrix of shape (n_items, n_item_features)
    item_feature_labels : array of str of shape (n_item_features,)
    user_features : float32 CSR matrix of shape (n_users, n_user_features) or None
    user_feature_labels : array of str of shape (n_user_features,) or None
    """

    users: np.ndarray
    items: np.ndarray
    values: np.ndarray
    timestamps: np.ndarray
    user_labels: np.ndarray
    item_labels: np.ndarray
    item_features: sp.csr_matrix
    item_feature_labels: np.ndarray
    user_features: sp.csr_matrix | None = None
    user_feature_labels: np.ndarray | None = None

    @property
    def n_users(self) -> int:
        """Number of users."""
        return len(self.user_labels)

    @property
    def n_items(self) -> int:
        """Number of items."""
        return len(self.item_labels)

    @property
    def n_interactions(self) -> int:
        """Number of interactions; one user may meet one item several times."""
        return len(self.users)

    def matrix(self, min_value: float = -np.inf) -> sp.coo_matrix:
        """Return the values as a sparse matrix.

        Parameters
        ----------
        min_value : float, default: no limit
            Interactions with a smaller value are left out.

        Returns
        -------
        float32 COO matrix of shape (n_users, n_items)
            Values of repeated interactions are summed; rows in order, columns in order within a row.
        """
        kept = self.values >= not_nan("min_value", min_value)
        return as_matrix(self.users[kept], self.items[kept], self.values[kept], (self.n_users, self.n_items))

    def __repr__(self) -> str:
        first, last = self.timestamps[[self.timestamps.argmin(), self.timestamps.argmax()]].astype("M8[s]")
        return (
            f"{type(self).__name__}({self.n_users:,} users, {self.n_items:,} items, "
            f"{self.n_interactions:,} interactions, {first.astype('M8[D]')} to {last.astype('M8[D]')})"
        )


def as_matrix(users: np.ndarray, items: np.ndarray, values: Any, shape: tuple[int, int]) -> sp.coo_matrix:
    """Return interactions as a float32 COO matrix, sorted by row and column, repeated ones summed."""
    values = np.broadcast_to(np.asarray(values, dtype=np.float32), users.shape)
    matrix = sp.coo_matrix((values, (users, items)), shape=shape).tocsr()
    matrix.sum_duplicates()
    return matrix.tocoo()


def identity_block(labels: np.ndarray) -> Block:
    """Return one feature for each row: an identity matrix with the rows' own labels."""
    return sp.identity(len(labels), dtype=np.float32, format="csr"), labels


def one_hot(name: str, codes: np.ndarray, levels: Sequence[str]) -> Block:
    """Return one column for each level, a single 1 in each row, and labels ``"name:level"``.

    >>> features, labels = one_hot("size", np.array([1, 0, 1]), ["small", "large"])
    >>> features.toarray().tolist()
    [[0.0, 1.0], [1.0, 0.0], [0.0, 1.0]]
    >>> labels.tolist()
    ['size:small', 'size:large']
    """
    rows = len(codes)
    ones = np.ones(rows, dtype=np.float32)
    matrix = sp.csr_matrix((ones, codes.astype(np.int32), np.arange(rows + 1)), shape=(rows, len(levels)))
    return matrix, np.array([f"{name}:{level}" for level in levels])


def stack_features(blocks: Iterable[Block]) -> Block:
    """Return feature blocks side by side; a single block is returned as it is."""
    blocks = list(blocks)
    if len(blocks) == 1:
        return blocks[0]
    matrix = sp.csr_matrix(sp.hstack([matrix for matrix, _ in blocks], format="csr", dtype=np.float32))
    return matrix, np.concatenate([labels for _, labels in blocks])


def lightfm_form(
    train: sp.coo_matrix,
    test: sp.coo_matrix,
    item_labels: np.ndarray,
    item_blocks: Sequence[Block],
    user_block: Block | None = None,
) -> dict[str, Any]:
    """Return the dictionary that LightFM's fetchers return."""
    item_features, item_feature_labels = stack_features(item_blocks)
    form = {
        "train": train,
        "test": test,
        "item_features": item_features,
        "item_feature_labels": item_feature_labels,
        "item_labels": item_labels,
    }
    if user_block is not None:
        form["user_features"], form["user_feature_labels"] = user_block
    return form


def hold_out_per_user(users: np.ndarray, held_out: int, order: np.ndarray) -> np.ndarray:
    """Return a mask of the `held_out` interactions of each user that come first in `order`.

    Parameters
    ----------
    users : int array of shape (n_interactions,)
    held_out : int
        At least 1, and smaller than the number of interactions of every user who has any.
    order : array of shape (n_interactions,)
        A number for each interaction; a user's smallest are held out, the earlier row on equal numbers.

    Examples
    --------
    >>> hold_out_per_user(np.array([0, 1, 0, 1, 1]), 1, np.array([2, 9, 1, 7, 8]))
    array([False, False,  True,  True, False])
    """
    validation.positive_int("held_out", held_out)
    counts = np.bincount(users)
    fewest = counts[counts > 0].min()
    if held_out >= fewest:
        raise ValueError(
            f"held_out must be at most {fewest - 1}, so that every user keeps an interaction to learn from, "
            f"got {held_out}."
        )
    by_user = np.lexsort((order, users))
    first_of_user = np.repeat(np.cumsum(counts) - counts, counts)
    mask = np.zeros(len(users), dtype=bool)
    mask[by_user[np.arange(len(users)) - first_of_user < held_out]] = True
    return mask


def not_nan(name: str, value: float) -> float:
    if not isinstance(value, int | float | np.number) or np.isnan(value):
        raise ValueError(f"{name} must be a number, got {value!r}.")
    return float(value)
