"""How good a model's rankings and ratings are.

The ranking metrics ask the model for one thing only, ``predict_rank``: the rank of each test item among all
items, 0 for the best, ties counted against the model. Any object with that method can be evaluated. `rmse`
and `mae` ask for ``predict``.

What all ranking metrics share:

- The stored entries of `test_interactions` are the test items, whatever their value: explicit zeros and -1 count too,
  as in LightFM. (Take out what is not liked before evaluating, for example ``ratings.multiply(ratings >= 4)``.)
  Several entries for the same user and item count once.
- The result has one ``float64`` value for each user with at least one test item, in the order of the users; with
  ``preserve_rows=True`` one for every user, where users without test items get 0.0 (`auc_score`: 0.5), never NaN.
- Everything is computed from whole-number ranks, summed in the order of rank: renumbering users or items renumbers the
  results and changes no bit of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp

from recsys_lessons.validation import (
    as_csr_float32,
    as_ids,
    number_of_threads,
    positive_int,
    sparse_interactions,
)

__all__ = ["auc_score", "mae", "ndcg_at_k", "precision_at_k", "recall_at_k", "reciprocal_rank", "rmse"]

# Items outside of `items` are shown to the model as known ones, at most so many (user, item) pairs at a time.
PAIRS_PER_BLOCK = 4_000_000


def precision_at_k(
    model: Any,
    test_interactions: Any,
    train_interactions: Any = None,
    k: int = 10,
    user_features: Any = None,
    item_features: Any = None,
    preserve_rows: bool = False,
    num_threads: int = 1,
    check_intersections: bool = True,
    *,
    items: Any = None,
) -> np.ndarray:
    """Return, for each user, the share of the first `k` places that test items take.

    Parameters
    ----------
    model : object with ``predict_rank``
        A fitted model.
    test_interactions : sparse matrix of shape (n_users, n_items)
        The stored entries are the items to be found.
    train_interactions : sparse matrix of shape (n_users, n_items), optional
        Items each user is known to have; they are left out of the ranking.
    k : int
        The length of the list. It may exceed the number of items; the share is still one of `k` places.
    user_features, item_features : sparse matrix, optional
        What the model was trained with: one row a user or item, one column a feature.
    preserve_rows : bool
        Return a value for every user, 0.0 where there are no test items.
    num_threads : int
        Handed to the model; the result does not depend on it.
    check_intersections : bool
        Let the model raise if test and train share an interaction.
    items : array of int, optional
        Candidates: only these items compete, and test items outside of them are ignored.

    Returns
    -------
    float64 array of shape (n_users with test items,) or (n_users,)

    Raises
    ------
    ValueError
        For wrong arguments, and if test and train share interactions.

    Notes
    -----
    (number of test items with rank < k) / k. A user with fewer than `k` test items cannot reach 1.

    Examples
    --------
    Two users, five items, ranked by the number of the item. The first user's test items are 0 and 3:

    >>> class InOrder:
    ...     def predict_rank(self, test_interactions, train_interactions=None, **arguments):
    ...         ranks = test_interactions.tocsr().astype(np.float32)
    ...         ranks.data[:] = ranks.indices
    ...         return ranks
    >>> test = sp.csr_matrix([[1, 0, 0, 1, 0], [0, 1, 0, 0, 0]])
    >>> precision_at_k(InOrder(), test, k=2)
    array([0.5, 0.5])
    """
    k = positive_int("k", k)
    ranked = _rank(
        model,
        test_interactions,
        train_interactions,
        user_features,
        item_features,
        num_threads,
        check_intersections,
        items,
    )
    return ranked.by_user(ranked.hits(k) / k, preserve_rows)


def recall_at_k(
    model: Any,
    test_interactions: Any,
    train_interactions: Any = None,
    k: int = 10,
    user_features: Any = None,
    item_features: Any = None,
    preserve_rows: bool = False,
    num_threads: int = 1,
    check_intersections: bool = True,
    *,
    items: Any = None,
) -> np.ndarray:
    """Return, for each user, the share of the test items that is among the first `k` places.

    Parameters, result and errors are those of `precision_at_k`.

    Notes
    -----
    (number of test items with rank < k) / (number of test items).

    Examples
    --------
    >>> class InOrder:
    ...     def predict_rank(self, test_interactions, train_interactions=None, **arguments):
    ...         ranks = test_interactions.tocsr().astype(np.float32)
    ...         ranks.data[:] = ranks.indices
    ...         return ranks
    >>> test = sp.csr_matrix([[1, 0, 0, 1, 0], [0, 1, 0, 0, 0], [0, 0, 0, 0, 0]])
    >>> recall_at_k(InOrder(), test, k=2)
    array([0.5, 1. ])
    >>> recall_at_k(InOrder(), test, k=2, preserve_rows=True)
    array([0.5, 1. , 0. ])
    """
    k = positive_int("k", k)
    ranked = _rank(
        model,
        test_interactions,
        train_interactions,
        user_features,
        item_features,
        num_threads,
        check_intersections,
        items,
    )
    return ranked.by_user(ranked.hits(k) / np.maximum(ranked.n_test, 1), preserve_rows)


def ndcg_at_k(
    model: Any,
    test_interactions: Any,
    train_interactions: Any = None,
    k: int = 10,
    user_features: Any = None,
    item_features: Any = None,
    preserve_rows: bool = False,
    num_threads: int = 1,
    check_intersections: bool = True,
    *,
    items: Any = None,
) -> np.ndarray:
    """Return, for each user, the normalized discounted cumulative gain of the first `k` places.

    Parameters, result and errors are those of `precision_at_k`.

    Notes
    -----
    A test item with rank r < k (r = 0 is the top) gains 1 / log2(r + 2). The sum of the gains is divided by
    the best sum possible, that of min(k, number of test items) test items in the first places: 1.0 means
    that no list of length `k` could be better. Relevance is binary: values of the test entries are not
    looked at.

    K. Järvelin and J. Kekäläinen, "Cumulated gain-based evaluation of IR techniques", ACM Transactions on
    Information Systems 20 (2002) 422-446, in its common form with a discount from the second place on.

    Examples
    --------
    Test items at ranks 0 and 3: (1 + 1/log2(5)) / (1 + 1/log2(3)).

    >>> class InOrder:
    ...     def predict_rank(self, test_interactions, train_interactions=None, **arguments):
    ...         ranks = test_interactions.tocsr().astype(np.float32)
    ...         ranks.data[:] = ranks.indices
    ...         return ranks
    >>> test = sp.csr_matrix([[1, 0, 0, 1, 0]])
    >>> print(ndcg_at_k(InOrder(), test, k=5).round(4))
    [0.8772]
    """
    k = positive_int("k", k)
    ranked = _rank(
        model,
        test_interactions,
        train_interactions,
        user_features,
        item_features,
        num_threads,
        check_intersections,
        items,
    )
    places = min(k, ranked.n_items)
    # One table for both sums: a perfect ranking then adds up the same numbers in the same order and gives
    # exactly 1.
    gain_at = 1.0 / np.log2(np.arange(places) + 2.0)
    is_hit = ranked.rank < places
    gained = np.bincount(ranked.user[is_hit], weights=gain_at[ranked.rank[is_hit]], minlength=len(ranked.n_test))
    best = np.concatenate([[1.0], np.cumsum(gain_at)])[np.minimum(ranked.n_test, places)]
    return ranked.by_user(gained / best, preserve_rows)


def reciprocal_rank(
    model: Any,
    test_interactions: Any,
    train_interactions: Any = None,
    user_features: Any = None,
    item_features: Any = None,
    preserve_rows: bool = False,
    num_threads: int = 1,
    check_intersections: bool = True,
    *,
    items: Any = None,
) -> np.ndarray:
    """Return, for each user, 1 / (1 + rank of the best-ranked test item): 1 at the top, 1/2 one place below.

    Parameters, result and errors are those of `precision_at_k`.

    Examples
    --------
    >>> class InOrder:
    ...     def predict_rank(self, test_interactions, train_interactions=None, **arguments):
    ...         ranks = test_interactions.tocsr().astype(np.float32)
    ...         ranks.data[:] = ranks.indices
    ...         return ranks
    >>> test = sp.csr_matrix([[1, 0, 0, 1, 0], [0, 1, 0, 0, 0], [0, 0, 0, 0, 0]])
    >>> reciprocal_rank(InOrder(), test, preserve_rows=True)
    array([1. , 0.5, 0. ])
    """
    ranked = _rank(
        model,
        test_interactions,
        train_interactions,
        user_features,
        item_features,
        num_threads,
        check_intersections,
        items,
    )
    values = np.zeros(len(ranked.n_test))
    has_test = ranked.n_test > 0
    values[has_test] = 1.0 / (1.0 + ranked.rank[ranked.first[has_test]])
    return ranked.by_user(values, preserve_rows)


def auc_score(
    model: Any,
    test_interactions: Any,
    train_interactions: Any = None,
    user_features: Any = None,
    item_features: Any = None,
    preserve_rows: bool = False,
    num_threads: int = 1,
    check_intersections: bool = True,
    *,
    items: Any = None,
) -> np.ndarray:
    """Return, for each user, the area under the ROC curve of the ranking of all items.

    Parameters, result and errors are those of `precision_at_k`, with 0.5 for users without test items under
    ``preserve_rows=True`` and for users who have no item left to compare with.

    Notes
    -----
    The share of the pairs (test item, other item) in which the test item has the higher score. *Other*
    items are neither in test nor in train. A tie counts as lost, since ranks count ties against the model
    (in the ROC curve it counts one half): a model that gives every item the same score gets 0.

    Where no scores are tied this is LightFM's value, the mean over test items of 1 - (other items above it) /
    (number of other items). For test items tied among themselves LightFM counts them as other items and can
    become negative; here the result is always between 0 and 1.

    Examples
    --------
    Test items at ranks 0 and 3 of five: of the three others, the first beats all three, the second only one.

    >>> class InOrder:
    ...     def predict_rank(self, test_interactions, train_interactions=None, **arguments):
    ...         ranks = test_interactions.tocsr().astype(np.float32)
    ...         ranks.data[:] = ranks.indices
    ...         return ranks
    >>> test = sp.csr_matrix([[1, 0, 0, 1, 0]])
    >>> print(auc_score(InOrder(), test).round(4))
    [0.6667]
    """
    ranked = _rank(
        model,
        test_interactions,
        train_interactions,
        user_features,
        item_features,
        num_threads,
        check_intersections,
        items,
    )
    n_pairs = ranked.n_test * ranked.n_others
    others_above = np.concatenate([[0], np.cumsum(ranked.rank - ranked.test_items_above())])
    lost = others_above[ranked.first + ranked.n_test] - others_above[ranked.first]
    values = np.full(len(n_pairs), 0.5)
    np.divide(n_pairs - lost, n_pairs, out=values, where=n_pairs > 0)
    return ranked.by_user(values, preserve_rows, nobody=0.5)


def rmse(model: Any, ratings: Any) -> float:
    """Return the root of the mean squared difference between predicted and true ratings.

    Parameters
    ----------
    model : object with ``predict(user_ids, item_ids)``
        A fitted model of ratings.
    ratings : sparse matrix of shape (n_users, n_items)
        The true ratings. Every stored entry counts, explicit zeros and repeated entries too.

    Returns
    -------
    float
        In the units of the ratings; 0 is perfect.

    Raises
    ------
    ValueError
        Without any rating, for values that are not finite, and for predictions of the wrong shape or not
        finite.

    Examples
    --------
    >>> class AlwaysThree:
    ...     def predict(self, user_ids, item_ids):
    ...         return np.full(len(user_ids), 3.0)
    >>> rmse(AlwaysThree(), sp.coo_matrix([[3, 5], [1, 0]]))
    1.632993161855452
    """
    errors = _errors(model, ratings)
    return math.sqrt(math.fsum(errors**2) / len(errors))


def mae(model: Any, ratings: Any) -> float:
    """Return the mean absolute difference between predicted and true ratings.

    Parameters, result and errors are those of `rmse`.

    Examples
    --------
    >>> class AlwaysThree:
    ...     def predict(self, user_ids, item_ids):
    ...         return np.full(len(user_ids), 3.0)
    >>> mae(AlwaysThree(), sp.coo_matrix([[3, 5], [1, 0]]))
    1.3333333333333333
    """
    errors = _errors(model, ratings)
    return math.fsum(np.abs(errors)) / len(errors)


def _errors(model: Any, ratings: Any) -> np.ndarray:
    entries = sparse_interactions("ratings", ratings)
    if entries.nnz == 0:
        raise ValueError(f"ratings must hold at least one rating, got an empty matrix of shape {entries.shape}.")
    predicted = np.asarray(model.predict(entries.row, entries.col), dtype=np.float64)
    if predicted.shape != entries.data.shape or not np.isfinite(predicted).all():
        raise ValueError(
            f"model.predict must return {entries.nnz} finite numbers, got an array of shape "
            f"{predicted.shape} with {np.count_nonzero(np.isfinite(predicted))} finite numbers."
        )
    return predicted - entries.data


class _Ranked(NamedTuple):
    """Ranks of test items, user by user and best first within each user."""

    user: np.ndarray
    """int64 (n_test_entries,): whose test item it is, ascending."""
    rank: np.ndarray
    """int64 (n_test_entries,): its rank, ascending within a user."""
    is_known: np.ndarray
    """bool (n_test_entries,): whether the user has it in train too; then it is no competitor."""
    first: np.ndarray
    """int64 (n_users,): where in these arrays the user's test items begin."""
    n_test: np.ndarray
    """int64 (n_users,): number of test items."""
    n_others: np.ndarray
    """int64 (n_users,): number of ranked items that are neither in test nor in train."""
    n_items: int
    """Number of items there are."""

    def hits(self, k: int) -> np.ndarray:
        return np.bincount(self.user[self.rank < k], minlength=len(self.n_test))

    def test_items_above(self) -> np.ndarray:
        """Return how many of the user's other test items are counted in each rank.

        A rank counts the competitors with the same or a higher score. Of two test items that compete, the
        one is counted in the other's rank exactly if its own rank is not larger; a known test item, which
        nobody's rank counts, counts those with a smaller rank.
        """
        place = self.user * (self.n_items + 1) + self.rank
        competitors = place[~self.is_known]
        not_larger = np.searchsorted(competitors, place - self.is_known, side="right")
        before_user = np.searchsorted(competitors, self.user * (self.n_items + 1), side="left")
        return not_larger - before_user - ~self.is_known

    def by_user(self, values: np.ndarray, preserve_rows: bool, nobody: float = 0.0) -> np.ndarray:
        has_test = self.n_test > 0
        return np.where(has_test, values, nobody) if preserve_rows else values[has_test]


def _rank(
    model: Any,
    test_interactions: Any,
    train_interactions: Any,
    user_features: Any,
    item_features: Any,
    num_threads: int,
    check_intersections: bool,
    items: Any,
) -> _Ranked:
    arguments = {
        "user_features": user_features,
        "item_features": item_features,
        "num_threads": number_of_threads(num_threads),
        "check_intersections": check_intersections,
    }
    test = as_csr_float32("test_interactions", test_interactions, allow_dense=False)
    n_users, n_items = test.shape
    train = None
    if train_interactions is not None:
        train = as_csr_float32("train_interactions", train_interactions, allow_dense=False)
        if train.shape != test.shape:
            raise ValueError(
                f"train_interactions has shape {train.shape} and test_interactions {test.shape}; they must be the same."
            )

    if items is None:
        n_candidates = n_items
        ranks = _predicted_ranks(model.predict_rank, test, train, arguments)
    else:
        is_candidate = np.zeros(n_items, dtype=bool)
        is_candidate[as_ids("items", items, upper=n_items)] = True
        n_candidates = int(is_candidate.sum())
        test = _only(test, is_candidate)
        train = None if train is None else _only(train, is_candidate)
        blocks = _blocks_without(test, train, np.flatnonzero(~is_candidate))
        parts = [_predicted_ranks(model.predict_rank, *block, arguments) for block in blocks]
        ranks = np.concatenate([*parts, np.empty(0, dtype=np.int64)])

    n_test = np.diff(test.indptr).astype(np.int64)
    user = np.repeat(np.arange(n_users), n_test)
    is_known = np.zeros(test.nnz, dtype=bool)
    n_others = n_candidates - n_test
    if train is not None:
        shared = _pattern(test).multiply(_pattern(train)).tocsr()
        is_known = (_pattern(test) + shared).data == 2
        n_others = n_others - np.diff(train.indptr) + np.diff(shared.indptr)
    # Sorted as one number: rank by rank, known items last among equal ranks.
    key = np.sort((user * (n_items + 1) + ranks) * 2 + is_known)
    return _Ranked(
        user=user,
        rank=key // 2 - user * (n_items + 1),
        is_known=key % 2 == 1,
        first=test.indptr[:-1].astype(np.int64),
        n_test=n_test,
        n_others=n_others,
        n_items=n_items,
    )


def _predicted_ranks(
    predict_rank: Callable[..., Any],
    test: sp.csr_matrix,
    train: sp.csr_matrix | None,
    arguments: dict[str, Any],
) -> np.ndarray:
    """Return the ranks of the test entries, in the order of `test`, as whole numbers."""
    # A copy of the pattern: the model may build its answer on the index arrays that it is given.
    ranks = sp.csr_matrix(predict_rank(test.copy(), train_interactions=train, **arguments))
    if not ranks.has_sorted_indices:
        ranks = ranks.sorted_indices()
    if ranks.shape != test.shape or not (
        np.array_equal(ranks.indptr, test.indptr) and np.array_equal(ranks.indices, test.indices)
    ):
        raise ValueError(
            "model.predict_rank must return a rank for each stored entry of the matrix it is given and no "
            f"other: expected {test.nnz} of shape {test.shape}, got {ranks.nnz} of shape {ranks.shape}."
        )
    with np.errstate(invalid="ignore"):
        whole = ranks.data.astype(np.int64)
    if not ((whole == ranks.data) & (whole >= 0) & (whole < test.shape[1])).all():
        raise ValueError("model.predict_rank must return whole numbers from 0 to the number of items - 1.")
    return whole


def _blocks_without(
    test: sp.csr_matrix, train: sp.csr_matrix | None, excluded: np.ndarray
) -> Iterator[tuple[sp.csr_matrix, sp.csr_matrix]]:
    """Yield (test, known) for a few users at a time, with the excluded items among what each user knows."""
    users = np.flatnonzero(np.diff(test.indptr))
    step = max(1, PAIRS_PER_BLOCK // max(len(excluded), 1))
    for start in range(0, len(users), step):
        is_in_block = np.zeros(test.shape[0], dtype=bool)
        block = users[start : start + step]
        is_in_block[block] = True
        rows = np.repeat(block, len(excluded))
        columns = np.tile(excluded, len(block))
        known = sp.csr_matrix((np.ones(len(rows), dtype=np.float32), (rows, columns)), shape=test.shape)
        if train is not None:
            known = known + _pattern(_rows(train, is_in_block))
        yield _rows(test, is_in_block), known


def _rows(matrix: sp.csr_matrix, is_kept: np.ndarray) -> sp.csr_matrix:
    """Return `matrix` with the other rows emptied."""
    counts = np.diff(matrix.indptr)
    is_entry_kept = np.repeat(is_kept, counts)
    starts = np.concatenate([[0], np.cumsum(np.where(is_kept, counts, 0))])
    return sp.csr_matrix((matrix.data[is_entry_kept], matrix.indices[is_entry_kept], starts), shape=matrix.shape)


def _only(matrix: sp.csr_matrix, is_column_kept: np.ndarray) -> sp.csr_matrix:
    """Return `matrix` with the other columns emptied."""
    is_entry_kept = is_column_kept[matrix.indices]
    starts = np.concatenate([[0], np.cumsum(is_entry_kept)])[matrix.indptr]
    return sp.csr_matrix((matrix.data[is_entry_kept], matrix.indices[is_entry_kept], starts), shape=matrix.shape)


def _pattern(matrix: sp.csr_matrix) -> sp.csr_matrix:
    return sp.csr_matrix((np.ones(matrix.nnz, dtype=np.float32), matrix.indices, matrix.indptr), shape=matrix.shape)
