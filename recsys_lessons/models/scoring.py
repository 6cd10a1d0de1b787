"""Predictions, ranks and recommendations of any model that scores by representations.

A model hands over the representations of users and items (embeddings and biases); this module lays them out for the
kernels and spreads users over threads. It knows nothing of features, losses or metrics.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp

from recsys_lessons.kernels import ranking
from recsys_lessons.kernels.structures import Features
from recsys_lessons.models.storage import padded_full
from recsys_lessons.validation import as_coo, as_ids, positive_int


class Representations(NamedTuple):
    """Embeddings, float32 (n_rows, at least n_components), C-contiguous, and biases, float32 (n_rows,)."""

    embeddings: np.ndarray
    biases: np.ndarray
    n_components: int


def as_compiled(array: np.ndarray, dtype: type) -> np.ndarray:
    """The array as kernels are compiled for it; only if it is not so yet, a copy.

    To Numba a read-only array (of a caller's) is another type, for which it would compile everything once more.
    """
    return np.require(array, dtype, ("C", "ALIGNED", "WRITEABLE"))


def csr_arrays(matrix: sp.csr_matrix) -> Features:
    """Arrays of a CSR matrix in the types that kernels are compiled for."""
    return Features(
        as_compiled(matrix.indptr, np.int64),
        as_compiled(matrix.indices, np.int32),
        as_compiled(matrix.data, np.float32),
    )


def in_threads(work: Callable[[int, int], None], n_rows: int, num_threads: int) -> None:
    """Call ``work(first, last)`` on `num_threads` slices of the rows; kernels release the GIL."""
    bounds = np.linspace(0, n_rows, num_threads + 1).astype(int).tolist()
    if num_threads == 1:
        work(0, n_rows)
        return
    with ThreadPoolExecutor(num_threads) as pool:
        list(pool.map(work, bounds[:-1], bounds[1:]))


def item_columns(items: Representations) -> tuple[np.ndarray, np.ndarray]:
    """Item embeddings transposed, (n_components, padded number of items), and biases, (1, padded number of items)."""
    n_items = len(items.biases)
    width = -(-max(n_items, 1) // ranking.BLOCK) * ranking.BLOCK
    columns = padded_full(items.n_components, width, 0.0)
    columns[:, :n_items] = items.embeddings[:, : items.n_components].T
    biases = padded_full(1, width, 0.0)
    biases[0, :n_items] = items.biases
    return columns, biases


def _refuse_nan(users: Representations, items: Representations) -> None:
    """Raise for NaN: no score is above it, so that every comparison would call it the best."""
    for side, rows in (("user", users), ("item", items)):
        if np.isnan(rows.embeddings).any() or np.isnan(rows.biases).any():
            raise ValueError(
                f"The embeddings or biases of the model's {side}s hold NaN, so nothing can be ranked. "
                "Look for a division by zero in what was assigned to them."
            )


def working_memory(columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Room for a group of users and their scores, one for each thread."""
    return np.zeros(ranking.GROUP, dtype=np.int64), padded_full(ranking.GROUP, columns.shape[1], 0.0)


def predict(user_ids: np.ndarray, item_ids: np.ndarray, users: Representations, items: Representations) -> np.ndarray:
    """Score of each (user, item) pair: float32 (n_pairs,)."""
    scores = np.empty(len(user_ids), dtype=np.float32)
    ranking.predict_pairs(
        as_compiled(user_ids, np.int32),
        as_compiled(item_ids, np.int32),
        users.embeddings,
        users.biases,
        items.embeddings,
        items.biases,
        users.n_components,
        scores,
    )
    return scores


def rank(
    test: sp.csr_matrix,
    train: sp.csr_matrix | None,
    users: Representations,
    items: Representations,
    num_threads: int,
) -> sp.csr_matrix:
    """Rank of each stored entry of `test` among all items that `train` has no entry for: float32, 0 is best."""
    _refuse_nan(users, items)
    n_items = test.shape[1]
    columns, biases = item_columns(items)
    tests = csr_arrays(test)
    trains = csr_arrays(train if train is not None else sp.csr_matrix(test.shape, dtype=np.float32))
    ranks = np.empty(len(tests.indices), dtype=np.float32)

    def work(first: int, last: int) -> None:
        ranking.rank_entries(
            first, last, users.embeddings, users.biases, columns, biases, n_items, tests.starts, tests.indices,
            trains.starts, trains.indices, *working_memory(columns), ranks,
        )  # fmt: skip

    in_threads(work, test.shape[0], num_threads)
    return sp.csr_matrix((ranks, test.indices.copy(), test.indptr.copy()), shape=test.shape)


def recommend(
    user_ids: object,
    n: int,
    exclude: object,
    candidates: object,
    users: Representations,
    items: Representations,
    num_threads: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Best items of each user: ids, int32 (n_users, n), and scores, float32 (n_users, n); one row for a scalar id."""
    n = positive_int("n", n)
    rows = as_compiled(as_ids("user_ids", user_ids, upper=len(users.biases)), np.int32)
    n_items = len(items.biases)
    if exclude is None:
        excluded = sp.csr_matrix((len(rows), n_items), dtype=np.float32)
    else:
        excluded = as_coo("exclude", exclude).tocsr()
        if excluded.shape[1] != n_items or (len(rows) and rows.max() >= excluded.shape[0]):
            raise ValueError(
                f"exclude must have a row for each user and {n_items} columns, got shape {excluded.shape}"
                f"{f' for user {rows.max()}' if len(rows) else ''}."
            )
        excluded = excluded[rows]
    if candidates is not None:
        candidates = np.unique(as_ids("items", candidates, upper=n_items))
        items = Representations(items.embeddings[candidates], items.biases[candidates], items.n_components)
        excluded = excluded[:, candidates]
    asked = Representations(users.embeddings[rows], users.biases[rows], users.n_components)
    _refuse_nan(asked, items)
    columns, biases = item_columns(items)
    exclusions = csr_arrays(excluded)
    scores = np.empty((len(rows), n), dtype=np.float32)
    ids = np.empty((len(rows), n), dtype=np.int32)

    def work(first: int, last: int) -> None:
        ranking.recommend_rows(
            first, last, rows, users.embeddings, users.biases, columns, biases, len(items.biases), exclusions.starts,
            exclusions.indices, *working_memory(columns), scores, ids,
        )  # fmt: skip

    in_threads(work, len(rows), num_threads)
    if candidates is not None and len(candidates):
        ids = np.where(ids >= 0, candidates[ids], -1).astype(np.int32)
    return (ids[0], scores[0]) if np.ndim(user_ids) == 0 else (ids, scores)


def similar(item_ids: object, n: int, items: Representations, num_threads: int) -> tuple[np.ndarray, np.ndarray]:
    """Items whose embeddings point the same way: ids and cosines as from :func:`recommend`, without the item itself."""
    queries = as_ids("item_ids", item_ids, upper=len(items.biases))
    directions = padded_full(len(items.biases), items.n_components, 0.0)
    ranking.unit_rows(items.embeddings, items.n_components, directions)
    nowhere = np.zeros(len(items.biases), dtype=np.float32)
    directed = Representations(directions, nowhere, items.n_components)
    itself = sp.csr_matrix(
        (np.ones(len(queries), np.float32), queries, np.arange(len(queries) + 1)),
        shape=(len(queries), len(nowhere)),
    )
    asked = Representations(directions[queries], nowhere[queries], items.n_components)
    ids, cosines = recommend(np.arange(len(queries)), n, itself, None, asked, directed, num_threads)
    return (ids[0], cosines[0]) if np.ndim(item_ids) == 0 else (ids, cosines)
