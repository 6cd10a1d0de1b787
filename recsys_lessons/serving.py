r"""A fitted model as vectors, for an index that searches by inner product or by distance.

The score of user :math:`u` for item :math:`i` is :math:`p_u \cdot q_i + b_u + b_i`. An index knows vectors only, so the
item's bias becomes one more column, which meets a 1 in the query (`item_vectors`, `query_vectors`):

.. math:: (p_u, 1) \cdot (q_i, b_i) = p_u \cdot q_i + b_i

The user's bias is left out: it is the same for all items of a list.

Many an index expects a metric, and an inner product is none: a long vector can be nearer to another than this one is
to itself. One more column makes all item vectors equally long, a 0 in the query leaves the scores as they are
(`equal_lengths`, `with_zero`; Bachrach et al. 2014, Neyshabur and Srebro 2015):

.. math:: v_i \to \left(v_i, \sqrt{M^2 - |v_i|^2}\right) \qquad
    |q - v_i|^2 = |q|^2 + M^2 - 2\, q \cdot v_i

so that the nearest item is the one with the highest score.

This module knows no index; `search_exact` is what an index is compared with.

References
----------
Yoram Bachrach et al., "Speeding Up the Xbox Recommender System Using a Euclidean Transformation for Inner-Product
Spaces", RecSys 2014.

Behnam Neyshabur and Nathan Srebro, "On Symmetric and Asymmetric LSHs for Inner Product Search", ICML 2015.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp

from recsys_lessons.models import scoring
from recsys_lessons.models.lightfm import LightFM
from recsys_lessons.validation import as_coo, finite_float32, number_of_threads, positive_float

__all__ = ["equal_lengths", "item_vectors", "query_vectors", "search_exact", "search_recall", "with_zero"]

_LARGEST = 3.4e38
"""What fits in 32 bits, a little less than exactly: sums are rounded."""
_ROUNDING = 1e-6
"""By how much of itself a length may fall short that was computed from the longest vector in 32 bits, or printed."""


def item_vectors(model: Any, item_features: Any = None, *, biases: bool = True) -> np.ndarray:
    """The items as an index stores them: their representations, and the bias as the last column.

    Parameters
    ----------
    model : LightFM
        A fitted model.
    item_features : matrix of shape (n_items, n_item_features), optional
        As in training; a new item's row will do.
    biases : bool
        Without them there is no last column, and the scores are others.

    Returns
    -------
    float32 array of shape (n_items, no_components + 1), or (n_items, no_components) without biases
        C-contiguous.

    Raises
    ------
    ValueError
        For another model, one that is not fitted, and features other than those of training.

    Examples
    --------
    >>> import scipy.sparse as sp
    >>> from recsys_lessons import LightFM
    >>> model = LightFM(no_components=2, random_state=1).fit(sp.coo_matrix([[1, 1]]), epochs=0)
    >>> model.item_embeddings, model.item_biases = [[1, 2], [0, 1]], [0.5, -0.5]
    >>> item_vectors(model)
    array([[ 1. ,  2. ,  0.5],
           [ 0. ,  1. , -0.5]], dtype=float32)
    """
    check_fitted(model)
    bias, embeddings = model.get_item_representations(item_features)
    return _beside(embeddings, bias) if biases else np.array(embeddings, dtype=np.float32, order="C")


def query_vectors(model: Any, user_features: Any = None, *, biases: bool = True) -> np.ndarray:
    """The users as an index is asked: their representations, and a 1 that meets the item's bias.

    Parameters
    ----------
    model : LightFM
        A fitted model; that of new users is made by its `fold_in`.
    user_features : matrix of shape (n_users, n_user_features), optional
        As in training; a new user's row will do.
    biases : bool
        Without them there is no last column.

    Returns
    -------
    float32 array of shape (n_users, no_components + 1), or (n_users, no_components) without biases
        C-contiguous.

    Raises
    ------
    ValueError
        For another model, one that is not fitted, and features other than those of training.

    Examples
    --------
    >>> import scipy.sparse as sp
    >>> from recsys_lessons import LightFM
    >>> model = LightFM(no_components=2, random_state=1).fit(sp.coo_matrix([[1, 1]]), epochs=0)
    >>> model.user_embeddings = [[3, 4]]
    >>> query_vectors(model)
    array([[3., 4., 1.]], dtype=float32)
    """
    check_fitted(model)
    _, embeddings = model.get_user_representations(user_features)
    ones = np.ones(len(embeddings), dtype=np.float32)
    return _beside(embeddings, ones) if biases else np.array(embeddings, dtype=np.float32, order="C")


def equal_lengths(vectors: np.ndarray, length: float | None = None) -> np.ndarray:
    """Item vectors with one more column that makes them all equally long.

    Parameters
    ----------
    vectors : array of shape (n_items, n_columns)
        From `item_vectors`.
    length : float, optional
        The length :math:`M` of all; that of the longest vector by default. Name a larger one if items will be added.
        Where it falls short of the longest vector by no more than rounding, that vector's length is taken.

    Returns
    -------
    float32 array of shape (n_items, n_columns + 1)

    Raises
    ------
    ValueError
        If a vector is longer than `length`, and for numbers that are not finite or lengths beyond 32 bits.

    Examples
    --------
    >>> equal_lengths([[3, 4], [0, 3]])
    array([[3., 4., 0.],
           [0., 3., 4.]], dtype=float32)
    """
    vectors = _vectors("vectors", vectors)
    squares = np.square(vectors, dtype=np.float64).sum(axis=1)
    square = squares.max(initial=0.0)
    longest = float(np.sqrt(square))
    if longest > _LARGEST:
        raise ValueError(f"vectors must have lengths that fit in 32 bits, up to {_LARGEST:g}, got one of {longest:g}.")
    if length is not None:
        given = positive_float("length", length)
        if given < longest * (1 - _ROUNDING):
            raise ValueError(
                f"length must be at least that of the longest vector, {longest:.9g}, got {given:.9g}. "
                "Make the index anew with a larger one."
            )
        if given > _LARGEST:
            raise ValueError(f"length must fit in 32 bits, up to {_LARGEST:g}, got {given:g}.")
        square = max(square, given**2)
    return _beside(vectors, np.sqrt(square - squares))


def with_zero(queries: np.ndarray) -> np.ndarray:
    """Queries for items from `equal_lengths`: a 0 meets their last column.

    Parameters
    ----------
    queries : array of shape (n_queries, n_columns)
        From `query_vectors`.

    Returns
    -------
    float32 array of shape (n_queries, n_columns + 1)

    Raises
    ------
    ValueError
        For numbers that are not finite.

    Examples
    --------
    >>> with_zero([[1, 2]])
    array([[1., 2., 0.]], dtype=float32)
    """
    queries = _vectors("queries", queries)
    return _beside(queries, np.zeros(len(queries)))


def search_exact(
    vectors: np.ndarray, queries: np.ndarray, n: int = 10, *, exclude: Any = None, num_threads: int = 1
) -> tuple[np.ndarray, np.ndarray]:
    """The `n` items with the highest inner product for each query, by looking at all of them.

    A block of queries and items at a time, never all their scores at once. Of a model's vectors these are the ids that
    its `recommend` gives, but that items may change places whose scores differ by rounding: here they lack the user's
    bias, and are added up in another order.

    Parameters
    ----------
    vectors : array of shape (n_items, n_columns)
    queries : array of shape (n_queries, n_columns)
    n : int
        How many items.
    exclude : sparse matrix of shape (n_queries, n_items), optional
        Entries that are not wanted, usually the training interactions.
    num_threads : int
        Queries are spread over threads; the result does not depend on it.

    Returns
    -------
    ids : int32 array of shape (n_queries, n)
        Equal scores in the order of the ids. Where fewer than `n` items are left, -1.
    scores : float32 array of the same shape
        Minus infinity beside -1.

    Raises
    ------
    ValueError
        For shapes that do not fit, numbers that are not finite, and numbers so large that an inner product might not
        fit in 32 bits.

    Examples
    --------
    >>> ids, scores = search_exact([[3, 4], [0, 3], [1, 1]], [[1, 0], [0, 1]], n=2)
    >>> ids
    array([[0, 2],
           [0, 1]], dtype=int32)
    >>> scores
    array([[3., 1.],
           [4., 3.]], dtype=float32)
    """
    vectors, queries = _vectors("vectors", vectors), _vectors("queries", queries)
    if vectors.shape[1] != queries.shape[1]:
        raise ValueError(
            f"queries must have as many columns as vectors, {vectors.shape[1]}, got {queries.shape[1]}. "
            "(The bias column goes with a 1 from query_vectors, that of equal_lengths with with_zero.)"
        )
    largest, asked = (float(max(rows.max(initial=0), -rows.min(initial=0))) for rows in (vectors, queries))
    if largest * asked * vectors.shape[1] > _LARGEST:
        raise ValueError(
            f"vectors and queries must have inner products that fit in 32 bits, up to {_LARGEST:g}, got numbers up to "
            f"{largest:g} in vectors and {asked:g} in queries, in {vectors.shape[1]} columns."
        )
    if exclude is not None:
        exclude = as_coo("exclude", exclude)
        if exclude.shape != (len(queries), len(vectors)):
            raise ValueError(
                f"exclude must have a row for each query and a column for each item, {(len(queries), len(vectors))}, "
                f"got shape {exclude.shape}."
            )
    items, users = (
        scoring.Representations(rows, np.zeros(len(rows), dtype=np.float32), rows.shape[1])
        for rows in (vectors, queries)
    )
    return scoring.recommend(np.arange(len(queries)), n, exclude, None, users, items, number_of_threads(num_threads))


def search_recall(found: np.ndarray, exact: np.ndarray) -> np.ndarray:
    """For each query, the share of the exact answer that a search has found, in whatever order.

    Parameters
    ----------
    found : array of ids, shape (n_queries, any)
        What the search returned.
    exact : array of ids, shape (n_queries, k)
        The true answer, from `search_exact` or `recommend`, each id once in a row; -1 stands for no item. Where items
        have equal scores, another answer would be as true, and is not counted.

    Returns
    -------
    float64 array of shape (n_queries,)
        Recall@k; 1 where the exact answer is empty.

    Raises
    ------
    ValueError
        If the two do not have a row for each query, or hold something else than whole numbers.

    Examples
    --------
    >>> search_recall([[7, 2, 4], [1, 5, 3]], [[2, 7], [1, 2]])
    array([1. , 0.5])
    """
    found, exact = _ids("found", found), _ids("exact", exact)
    if found.ndim != 2 or exact.ndim != 2 or len(found) != len(exact):
        raise ValueError(
            f"found and exact must have a row of ids for each query, got shapes {found.shape} and {exact.shape}."
        )
    asked = exact >= 0
    hits = np.zeros(len(exact))
    for place in range(exact.shape[1]):
        hits += (found == exact[:, place, None]).any(axis=1) & asked[:, place]
    n_asked = asked.sum(axis=1)
    return np.where(n_asked > 0, hits / np.maximum(n_asked, 1), 1.0)


def check_fitted(model: Any) -> None:
    """Raise unless `model` is a `LightFM` that is fitted."""
    if not isinstance(model, LightFM):
        raise ValueError(f"model must be a LightFM, got {model!r}.")
    model._check_fitted()


def _beside(vectors: np.ndarray, column: np.ndarray) -> np.ndarray:
    wider = np.empty((len(vectors), vectors.shape[1] + 1), dtype=np.float32)
    wider[:, :-1] = vectors
    wider[:, -1] = column
    return wider


def _vectors(name: str, vectors: Any) -> np.ndarray:
    expected = f"{name} must have a row for each vector and at least one column"
    given = _array(expected, vectors)
    if given.ndim != 2 or given.shape[1] == 0:
        raise ValueError(f"{expected}, got shape {given.shape}.")
    if given.dtype.kind not in "biuf":
        raise ValueError(f"{name} must hold real numbers, got values of type {given.dtype}.")
    return np.require(finite_float32(name, given), np.float32, ("C", "ALIGNED"))


def _ids(name: str, ids: Any) -> np.ndarray:
    given = _array(f"{name} must have a row of ids for each query", ids)
    if given.size and given.dtype.kind not in "iu":
        raise ValueError(f"{name} must hold whole numbers, the ids of items, got values of type {given.dtype}.")
    return given


def _array(expected: str, rows: Any) -> np.ndarray:
    if sp.issparse(rows):
        raise ValueError(f"{expected}, got a sparse matrix; use its toarray().")
    try:
        return np.asarray(rows)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{expected}: {error}") from None
