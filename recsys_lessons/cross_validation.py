"""Splitting interactions into what a model learns from and what it is judged by.

All functions return ``(train, test)``: two COO matrices of the shape and dtype of `interactions`, which
together hold each of its stored entries exactly once. The unit that is split is the pair of a user and an
item: entries stored several times for one pair stay together, so that train and test never share a pair.
The caller's matrix is not changed.

Which entries go where depends on their positions, on the times and on `random_state`, never on the values:
a matrix of weights with the same entries in the same order is split alike by the same arguments (give a
seed, not a random state object, which the first call advances).
"""

from __future__ import annotations

import math
import numbers
from typing import Any

import numpy as np
import scipy.sparse as sp

from recsys_lessons.validation import as_coo, check_random_state

__all__ = ["cold_items", "cold_users", "leave_one_out", "random_train_test_split", "split_by_time"]

Split = tuple[sp.coo_matrix, sp.coo_matrix]


def random_train_test_split(interactions: Any, test_percentage: float = 0.2, random_state: Any = None) -> Split:
    """Put a random share of the interactions aside for testing.

    Parameters
    ----------
    interactions : sparse matrix of shape (n_users, n_items)
        The interactions.
    test_percentage : float
        The share that goes to test, between 0 and 1; rounded in favor of test.
    random_state : None, int, numpy.random.RandomState or numpy.random.Generator
        Where the randomness comes from.

    Returns
    -------
    (train, test) : coo_matrix of shape (n_users, n_items)
        In random order. Users and items may occur in test only.

    Raises
    ------
    ValueError
        For dense or broken matrices, shares outside 0 to 1, and unknown kinds of random state.

    Notes
    -----
    For the same integer seed this is the split that LightFM makes, entry by entry, if no pair is stored twice. Only
    rounding differs: of 10 entries with ``test_percentage=0.9``, LightFM trains on ``int((1 - 0.9) * 10)``, which is 0
    in binary arithmetic, and this function leaves 1.

    Examples
    --------
    >>> interactions = sp.coo_matrix(np.ones((3, 4), dtype=np.int32))
    >>> train, test = random_train_test_split(interactions, test_percentage=0.25, random_state=1)
    >>> train.nnz, test.nnz
    (9, 3)
    >>> (train + test).toarray().tolist() == interactions.toarray().tolist()
    True
    """
    entries = as_coo("interactions", interactions)
    pair, n_pairs = _pairs(entries)
    order = np.arange(n_pairs)
    check_random_state(random_state).shuffle(order)
    place = np.empty(n_pairs, dtype=np.int64)
    place[order] = np.arange(n_pairs)
    shuffled = np.argsort(place[pair], kind="stable")
    is_test = place[pair] >= _train_count(n_pairs, test_percentage)
    return _take(entries, shuffled[~is_test[shuffled]]), _take(entries, shuffled[is_test[shuffled]])


def split_by_time(
    interactions: Any, timestamps: Any, test_percentage: float | None = None, *, cutoff: Any = None
) -> Split:
    """Train on the past, test on the future.

    Parameters
    ----------
    interactions : sparse matrix of shape (n_users, n_items)
        The interactions.
    timestamps : array of shape (n_entries,), or sparse matrix with the same entries in the same order
        When each stored entry happened, in the order of ``interactions.tocoo()``: numbers or ``datetime64``.
    test_percentage : float, optional
        The share of the latest interactions that goes to test, 0.2 if nothing is given. What happened at
        the same time stays together, so test may be somewhat larger.
    cutoff : number or datetime64, optional
        Instead of a share: test is what happened at this time or later.

    Returns
    -------
    (train, test) : coo_matrix of shape (n_users, n_items)
        Every interaction of train happened before every interaction of test. A pair that was stored several
        times happened when it happened first; its repetitions stay with it.

    Raises
    ------
    ValueError
        For times that are missing (NaN, NaT) or not one for each entry, and if both a share and a cutoff
        are given.

    Examples
    --------
    >>> interactions = sp.coo_matrix(([1, 1, 1], ([0, 0, 1], [0, 1, 1])), shape=(2, 2))
    >>> train, test = split_by_time(interactions, timestamps=[2001, 2003, 2002], cutoff=2003)
    >>> test.toarray()
    array([[0, 1],
           [0, 0]])
    """
    if test_percentage is not None and cutoff is not None:
        raise ValueError("Give test_percentage or cutoff to split_by_time, not both.")
    entries = as_coo("interactions", interactions)
    pair, n_pairs = _pairs(entries)
    first_time = _first_times(entries, pair, timestamps)
    if cutoff is None:
        n_train = _train_count(n_pairs, 0.2 if test_percentage is None else test_percentage)
        if n_train == n_pairs:
            return _split(entries, np.zeros(entries.nnz, dtype=bool))
        cutoff = np.sort(first_time)[n_train]
    try:
        is_time = np.ndim(cutoff) == 0 and bool(cutoff == cutoff)
        is_late = first_time >= cutoff if is_time else None
    except TypeError:
        is_late = None
    if is_late is None:
        raise ValueError(f"cutoff must be a time like those in timestamps ({first_time.dtype}), got {cutoff!r}.")
    return _split(entries, is_late[pair])


def leave_one_out(interactions: Any, timestamps: Any = None, random_state: Any = None) -> Split:
    """Put one interaction of each user aside: the last one, or a random one.

    Parameters
    ----------
    interactions : sparse matrix of shape (n_users, n_items)
        The interactions.
    timestamps : array of shape (n_entries,) or sparse matrix, optional
        As for `split_by_time`. With times the last interaction is put aside (of several at the same time,
        the one stored last), without them a random one.
    random_state : None, int, numpy.random.RandomState or numpy.random.Generator
        For the random choice.

    Returns
    -------
    (train, test) : coo_matrix of shape (n_users, n_items)
        Users with a single interaction keep it in train.

    Raises
    ------
    ValueError
        For times that are missing or not one for each entry, and if both times and a random state are given.

    Examples
    --------
    >>> interactions = sp.coo_matrix([[1, 1, 1], [0, 1, 0]])
    >>> train, test = leave_one_out(interactions, timestamps=[10, 30, 20, 40])
    >>> test.toarray()
    array([[0, 1, 0],
           [0, 0, 0]])
    """
    if timestamps is not None and random_state is not None:
        raise ValueError("Give timestamps or random_state to leave_one_out, not both.")
    entries = as_coo("interactions", interactions)
    pair, n_pairs = _pairs(entries)
    if timestamps is None:
        key = np.arange(n_pairs)
        check_random_state(random_state).shuffle(key)
    else:
        key = _first_times(entries, pair, timestamps)
    user_of_pair = np.empty(n_pairs, dtype=np.int64)
    user_of_pair[pair] = entries.row
    # Stable, and pairs are numbered as they are stored: of equal keys the one stored last ends up last.
    by_user_and_key = np.lexsort((key, user_of_pair))
    counts = np.bincount(user_of_pair, minlength=entries.shape[0])
    last = np.cumsum(counts) - 1
    is_held_out = np.zeros(n_pairs, dtype=bool)
    is_held_out[by_user_and_key[last[counts >= 2]]] = True
    return _split(entries, is_held_out[pair])


def cold_items(interactions: Any, test_percentage: float = 0.2, random_state: Any = None) -> Split:
    """Put all interactions of some random items aside: in training these items are unknown.

    Parameters
    ----------
    interactions : sparse matrix of shape (n_users, n_items)
        The interactions.
    test_percentage : float
        The share of the items (of those that have any interaction) to put aside, between 0 and 1; rounded
        in favor of test.
    random_state : None, int, numpy.random.RandomState or numpy.random.Generator
        Where the randomness comes from.

    Returns
    -------
    (train, test) : coo_matrix of shape (n_users, n_items)
        No item has entries in both. The cold ones are ``np.unique(test.col)``.

    Raises
    ------
    ValueError
        As for `random_train_test_split`.

    Examples
    --------
    >>> train, test = cold_items(sp.coo_matrix(np.ones((2, 5))), test_percentage=0.4, random_state=1)
    >>> np.unique(test.col)
    array([0, 3], dtype=int32)
    """
    entries = as_coo("interactions", interactions)
    return _split(entries, _is_cold(entries.col, entries.shape[1], test_percentage, random_state))


def cold_users(interactions: Any, test_percentage: float = 0.2, random_state: Any = None) -> Split:
    """Put all interactions of some random users aside: in training these users are unknown.

    Parameters, result and errors are those of `cold_items`, with users in the place of items.

    Examples
    --------
    >>> train, test = cold_users(sp.coo_matrix(np.ones((5, 2))), test_percentage=0.4, random_state=1)
    >>> np.unique(test.row)
    array([0, 3], dtype=int32)
    """
    entries = as_coo("interactions", interactions)
    return _split(entries, _is_cold(entries.row, entries.shape[0], test_percentage, random_state))


def _pairs(entries: sp.coo_matrix) -> tuple[np.ndarray, int]:
    """Return the number of each entry's (user, item) pair, and how many pairs there are.

    Pairs are numbered in the order in which they first occur; without duplicates that is the number of the
    entry.
    """
    position = entries.row.astype(np.int64) * entries.shape[1] + entries.col
    in_order = np.sort(position)
    if not (in_order[1:] == in_order[:-1]).any():
        return np.arange(len(position)), len(position)
    _, first_entry, sorted_pair = np.unique(position, return_index=True, return_inverse=True)
    by_occurrence = np.argsort(first_entry)
    number = np.empty(len(first_entry), dtype=np.int64)
    number[by_occurrence] = np.arange(len(first_entry))
    return number[sorted_pair], len(first_entry)


def _first_times(entries: sp.coo_matrix, pair: np.ndarray, timestamps: Any) -> np.ndarray:
    """Return, for each pair, the earliest of its times."""
    if sp.issparse(timestamps):
        times_of = as_coo("timestamps", timestamps)
        if times_of.shape != entries.shape or not (
            np.array_equal(times_of.row, entries.row) and np.array_equal(times_of.col, entries.col)
        ):
            raise ValueError("timestamps must have the same entries as interactions, in the same order.")
        times = times_of.data
    else:
        times = np.asarray(timestamps)
    if times.shape != (entries.nnz,) or times.dtype.kind not in "iufmM":
        raise ValueError(
            f"timestamps must hold one number or datetime64 for each of the {entries.nnz} entries, "
            f"got an array of shape {times.shape} and type {times.dtype}."
        )
    if times.dtype.kind != "u" and (times != times).any():
        raise ValueError(f"timestamps holds {np.count_nonzero(times != times)} missing values (NaN or NaT).")
    by_time = np.argsort(times, kind="stable")
    _, earliest = np.unique(pair[by_time], return_index=True)
    return times[by_time[earliest]]


def _is_cold(index: np.ndarray, length: int, test_percentage: float, random_state: Any) -> np.ndarray:
    present = np.unique(index)
    n_train = _train_count(len(present), test_percentage)
    check_random_state(random_state).shuffle(present)
    is_cold = np.zeros(length, dtype=bool)
    is_cold[present[n_train:]] = True
    return is_cold[index]


def _train_count(n: int, test_percentage: Any) -> int:
    is_number = isinstance(test_percentage, numbers.Real) and not isinstance(test_percentage, bool)
    if not is_number or not 0 <= test_percentage <= 1:
        raise ValueError(f"test_percentage must be a share between 0 and 1, got {test_percentage!r}.")
    # (1 - 0.9) * 10 is 0.9999999999999998 in binary, but means 1.
    return math.floor((1.0 - test_percentage) * n + 1e-12 * n)


def _split(entries: sp.coo_matrix, is_test: np.ndarray) -> Split:
    return _take(entries, np.flatnonzero(~is_test)), _take(entries, np.flatnonzero(is_test))


def _take(entries: sp.coo_matrix, chosen: np.ndarray) -> sp.coo_matrix:
    positions = (entries.row[chosen], entries.col[chosen])
    return sp.coo_matrix((entries.data[chosen], positions), shape=entries.shape, dtype=entries.dtype)
