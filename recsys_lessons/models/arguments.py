"""What several models are asked in the same way, checked in one place and with the same words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.sparse as sp

from recsys_lessons.validation import as_coo, as_ids, positive_int


def number_of_epochs(epochs: Any) -> int:
    """`epochs` as an ``int`` of at least 0."""
    return 0 if not isinstance(epochs, bool) and epochs == 0 else positive_int("epochs", epochs)


def check_callback(callback: Callable | None) -> None:
    """Raise unless `callback` is None or can be called."""
    if callback is not None and not callable(callback):
        raise ValueError(f"callback must be a function of (model, epoch), got {callback!r}.")


def check_rows_kept(learned: dict[str, tuple[np.ndarray, ...] | None], n_rows: dict[str, int]) -> None:
    """Raise unless the learned arrays of each side have the number of rows that training began with.

    A callback may have assigned others, and kernels trust the indices that they are given.
    """
    for side, expected in n_rows.items():
        arrays = learned[side]
        if arrays is None:
            raise ValueError("callback must leave the model fitted: its learned arrays are gone after the last epoch.")
        given = {len(array) for array in arrays}
        if given != {expected}:
            raise ValueError(
                f"callback must leave the {side} arrays with one row for each feature, {expected} rows, "
                f"got {' and '.join(map(str, sorted(given)))}."
            )


def id_pairs(user_ids: Any, item_ids: Any) -> tuple[np.ndarray, np.ndarray]:
    """Row numbers of users and items, int32 (n_pairs,) each; a single user is paired with all items."""
    if isinstance(user_ids, str) or isinstance(item_ids, str):
        raise ValueError("user_ids and item_ids must be row numbers, got a string.")
    items = as_ids("item_ids", item_ids)
    users = as_ids("user_ids", user_ids)
    if np.ndim(user_ids) == 0:
        users = np.repeat(users, len(items))
    if len(users) != len(items):
        raise ValueError(
            f"Expected the number of user IDs ({len(users)}) to equal the number of item IDs ({len(items)})"
        )
    return users, items


def entries_to_rank(
    test_interactions: Any, train_interactions: Any, check_intersections: bool
) -> tuple[sp.csr_matrix, sp.csr_matrix | None]:
    """Test and train entries as CSR matrices of ones, of one shape and, if that is checked, without common entries."""
    test = _stored_entries("test_interactions", test_interactions)
    if train_interactions is None:
        return test, None
    train = _stored_entries("train_interactions", train_interactions)
    if train.shape != test.shape:
        raise ValueError(
            f"train_interactions must have the shape of test_interactions, {test.shape}, got {train.shape}."
        )
    shared = test.multiply(train).nnz if check_intersections else 0
    if shared:
        raise ValueError(
            f"Test interactions matrix and train interactions matrix share {shared} interactions. This will "
            "cause incorrect evaluation, check your data split."
        )
    return test, train


def _stored_entries(name: str, matrix: Any) -> sp.csr_matrix:
    """Which entries are stored: CSR of ones, without duplicates."""
    entries = as_coo(name, matrix)
    stored = sp.csr_matrix((np.ones(entries.nnz, dtype=np.float32), (entries.row, entries.col)), shape=entries.shape)
    stored.data[:] = 1
    return stored
