"""Checks of arguments, shared by the whole library.

Each function takes the name of an argument and what was given for it, and returns it in the one type the
library works with, or raises a ``ValueError`` that says which argument, what was given and what was
expected. Nothing here changes what the caller passed in, and nothing here knows of models, metrics or data
sets.
"""

from __future__ import annotations

import difflib
import itertools
import math
import numbers
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import scipy.sparse as sp

__all__ = [
    "as_coo",
    "as_csr_float32",
    "as_ids",
    "check_random_state",
    "choice",
    "finite_float32",
    "fraction",
    "non_negative_float",
    "non_negative_int",
    "number_of_threads",
    "positive_float",
    "positive_int",
    "seed_words",
    "sparse_interactions",
    "suggestion",
]

LARGEST_INDEX = int(np.iinfo(np.int32).max)
NOT_FINITE = "Not all input values are finite. Check the input for NaNs and infinite values."
NEGATIVE_IDS = (
    "User or item ids cannot be negative. "
    "Check your inputs for negative numbers or very large numbers that can overflow."
)
# Similar names are looked for only while an error is being raised, but a catalogue of a million titles
# would still make the learner wait for the message.
NAMES_COMPARED = 20_000


# --------------------------------------------------------------------------------------------- scalars


def positive_int(name: str, value: Any) -> int:
    """Return `value` as an ``int`` from 1 to 2**31 - 1; Python and NumPy integers pass, bools and floats do not.

    >>> positive_int("epochs", np.int64(3))
    3
    >>> positive_int("max_sampled", 0)
    Traceback (most recent call last):
        ...
    ValueError: max_sampled must be a positive integer, got 0.
    """
    if not _is_integer(value) or value < 1:
        raise ValueError(f"{name} must be a positive integer, got {value!r}.")
    if value > LARGEST_INDEX:
        raise ValueError(f"{name} must be at most {LARGEST_INDEX}, got {value!r}.")
    return int(value)


def non_negative_int(name: str, value: Any) -> int:
    """Return `value` as an ``int`` from 0 to 2**31 - 1; bools and floats do not pass.

    >>> non_negative_int("retries", -1)
    Traceback (most recent call last):
        ...
    ValueError: retries must be a whole number of at least 0, got -1.
    """
    if not _is_integer(value) or value < 0:
        raise ValueError(f"{name} must be a whole number of at least 0, got {value!r}.")
    return 0 if value == 0 else positive_int(name, value)


def number_of_threads(value: Any) -> int:
    """Return the argument `num_threads` as an ``int`` of at least 1."""
    if not _is_integer(value) or value < 1:
        raise ValueError(f"Number of threads must be 1 or larger. Got num_threads={value!r}.")
    return int(value)


def non_negative_float(name: str, value: Any) -> float:
    """Return `value` as a finite ``float`` of at least 0.

    >>> non_negative_float("item_alpha", -0.1)
    Traceback (most recent call last):
        ...
    ValueError: item_alpha must be a finite number of at least 0, got -0.1.
    """
    if not _is_finite_number(value) or value < 0:
        raise ValueError(f"{name} must be a finite number of at least 0, got {value!r}.")
    return float(value)


def positive_float(name: str, value: Any) -> float:
    """Return `value` as a finite ``float`` above 0."""
    if not _is_finite_number(value) or value <= 0:
        raise ValueError(f"{name} must be a finite number above 0, got {value!r}.")
    return float(value)


def position(name: str, value: Any, n: int) -> int:
    """Return `value` as an ``int`` if it is a place among `n`, counted from 0."""
    if not _is_integer(value) or not 0 <= value < n:
        raise ValueError(f"{name} is {value!r}; expected a whole number from 0 to {n - 1}")
    return int(value)


def fraction(name: str, value: Any) -> float:
    """Return `value` as a ``float`` strictly between 0 and 1."""
    if not _is_finite_number(value) or not 0 < value < 1:
        raise ValueError(f"{name} must be a number between 0 and 1 (neither included), got {value!r}.")
    return float(value)


def choice(name: str, value: Any, options: Sequence[str]) -> str:
    """Return `value` if it is one of `options`.

    >>> choice("loss", "wrap", ("logistic", "bpr", "warp"))
    Traceback (most recent call last):
        ...
    ValueError: loss must be one of 'logistic', 'bpr', 'warp', got 'wrap'. Did you mean 'warp'?
    """
    if not isinstance(value, str) or value not in options:
        listed = ", ".join(repr(option) for option in options)
        raise ValueError(f"{name} must be one of {listed}, got {value!r}.{suggestion(value, options)}")
    return value


def suggestion(value: Any, known: Iterable[Any]) -> str:
    """Return a hint that names the member of `known` most like `value`, or "" if none is like it.

    A value that differs only in its type (``"7"`` for ``7``) or in capitals counts as most alike.

    >>> suggestion("genre:Comdey", ["genre:Comedy", "genre:Drama"])
    " Did you mean 'genre:Comedy'?"
    >>> suggestion("7", [6, 7])
    ' Did you mean 7 (int, not str)?'
    """
    written = str(value)
    names: dict[str, Any] = {}
    for candidate in itertools.islice(known, NAMES_COMPARED):
        if str(candidate) == written and type(candidate) is not type(value):
            return f" Did you mean {candidate!r} ({type(candidate).__name__}, not {type(value).__name__})?"
        if isinstance(candidate, str):
            names.setdefault(candidate.casefold(), candidate)
    if not isinstance(value, str):
        return ""
    alike = difflib.get_close_matches(written.casefold(), names, n=1, cutoff=0.7)
    return f" Did you mean {names[alike[0]]!r}?" if alike else ""


def _is_integer(value: Any) -> bool:
    return isinstance(value, numbers.Integral) and not isinstance(value, bool)


def _is_finite_number(value: Any) -> bool:
    return isinstance(value, numbers.Real) and not isinstance(value, bool) and math.isfinite(value)


# ------------------------------------------------------------------------------------------------- ids


def as_ids(name: str, ids: Any, upper: int | None = None) -> np.ndarray:
    """Return user or item ids as a one-dimensional ``int32`` array.

    Parameters
    ----------
    name : str
        The argument's name, for the message.
    ids : int, sequence of int or array of shape (n_ids,)
        Whole numbers from 0: Python or NumPy integers, or floats without a fractional part. One integer
        gives an array of one id, nothing gives an empty array.
    upper : int, optional
        How many users or items there are; every id must be below it.

    Returns
    -------
    int32 array of shape (n_ids,)

    Raises
    ------
    ValueError
        For negative or too large ids, fractions, NaN, bools, strings, and arrays of two or more dimensions.

    Examples
    --------
    >>> as_ids("user_ids", [0, 2, 5])
    array([0, 2, 5], dtype=int32)
    >>> as_ids("user_ids", [0, 7], upper=5)
    Traceback (most recent call last):
        ...
    ValueError: user_ids holds the id 7, but the ids known here go from 0 to 4.
    """
    try:
        given = np.asarray(ids)
    except (ValueError, TypeError) as error:
        raise ValueError(f"{name} must be a list or a one-dimensional array of integers: {error}") from None
    if given.ndim == 0:
        given = given.reshape(1)
    if given.ndim != 1:
        raise ValueError(f"{name} must be one-dimensional, got an array of shape {given.shape}.")
    if given.size == 0:
        return np.empty(0, dtype=np.int32)
    if given.dtype == object and all(_is_integer(entry) for entry in given):
        pass  # integers beyond 64 bits: the range check below compares them exactly
    elif given.dtype.kind == "f":
        whole = np.isfinite(given) & (given == np.floor(given))
        if not whole.all():
            raise ValueError(f"{name} must hold whole numbers, got {given[~whole][0]!s}.")
    elif given.dtype.kind not in "iu":
        wrong = next((entry for entry in given.tolist() if not _is_integer(entry)), given[0])
        raise ValueError(
            f"{name} must hold whole numbers (the row numbers of users or items), got {wrong!r} "
            f"of type {type(wrong).__name__}."
        )
    smallest, largest = given.min(), given.max()
    if smallest < 0:
        raise ValueError(f"{NEGATIVE_IDS} {name} holds {smallest!s}.")
    if upper is not None and largest >= upper:
        known = f"the ids known here go from 0 to {upper - 1}" if upper > 0 else "no ids are known here"
        raise ValueError(f"{name} holds the id {largest!s}, but {known}.")
    if largest > LARGEST_INDEX:
        raise ValueError(f"{name} holds the id {largest!s}; the largest possible id is {LARGEST_INDEX}.")
    return np.ascontiguousarray(given, dtype=np.int32)


# -------------------------------------------------------------------------------------------- matrices


def sparse_interactions(name: str, matrix: Any) -> sp.coo_matrix:
    """Return a sparse matrix as COO with ``float32`` values and ``int32`` indices, entry by entry.

    Duplicates, explicit zeros and the order of the entries are kept. Arrays that already have the right
    type are shared with the caller's matrix, others are copied, and the caller's matrix is never changed.

    Parameters
    ----------
    name : str
        The argument's name, for the message.
    matrix : scipy.sparse matrix or array of shape (n_rows, n_columns)
        Any format (COO, CSR, CSC, LIL, DOK, ...), any real or boolean type.

    Returns
    -------
    scipy.sparse.coo_matrix of shape (n_rows, n_columns)
        Only read from it: its arrays may be the caller's.

    Raises
    ------
    ValueError
        For a dense or not two-dimensional argument, for values that are not finite (in ``float32``), and
        for a matrix whose index arrays are broken or point outside its shape.

    Examples
    --------
    >>> interactions = sparse_interactions("interactions", sp.csr_array([[0, 1], [2, 0]]))
    >>> interactions.row, interactions.col, interactions.data
    (array([0, 1], dtype=int32), array([1, 0], dtype=int32), array([1., 2.], dtype=float32))
    """
    entries = as_coo(name, matrix)
    return sp.coo_matrix((finite_float32(name, entries.data), (entries.row, entries.col)), shape=entries.shape)


def as_coo(name: str, matrix: Any) -> sp.coo_matrix:
    """Return a sparse matrix as COO with ``int32`` indices, its values and their type as they are.

    As `sparse_interactions`, without looking at the values.
    """
    if not sp.issparse(matrix):
        raise ValueError(
            f"{name} must be a scipy.sparse matrix of shape (n_users, n_items), got {_describe(matrix)}. "
            "Wrap a dense array in scipy.sparse.coo_matrix(...)."
        )
    entries = _check_sparse(name, matrix).tocoo(copy=False)
    row, column = (np.ascontiguousarray(indices, dtype=np.int32) for indices in (entries.row, entries.col))
    return sp.coo_matrix((entries.data, (row, column)), shape=matrix.shape)


def as_csr_float32(name: str, features: Any, *, allow_dense: bool = True) -> sp.csr_matrix:
    """Return a matrix as CSR with ``float32`` values, columns sorted and without duplicates.

    Parameters
    ----------
    name : str
        The argument's name, for the message.
    features : scipy.sparse matrix or array, or dense array, of shape (n_rows, n_columns)
        Any sparse format or a dense two-dimensional array; any real or boolean type. Duplicate entries are
        added up.
    allow_dense : bool
        Whether a dense array will do. (Not for interactions: in a sparse matrix a stored zero is an entry.)

    Returns
    -------
    scipy.sparse.csr_matrix of shape (n_rows, n_columns)
        Only read from it: its arrays may be the caller's.

    Raises
    ------
    ValueError
        As for `sparse_interactions`.

    Examples
    --------
    >>> as_csr_float32("item_features", [[1, 0], [0.5, 0.5]]).data
    array([1. , 0.5, 0.5], dtype=float32)
    """
    if not sp.issparse(features) and allow_dense:
        try:
            dense = np.asarray(features)
        except (ValueError, TypeError) as error:
            raise ValueError(f"{name} must be a sparse or dense matrix: {error}") from None
        if dense.ndim != 2 or dense.dtype.kind not in "biuf":
            raise ValueError(
                f"{name} must be a scipy.sparse matrix or a two-dimensional array of numbers, "
                f"got {_describe(features)}."
            )
        return sp.csr_matrix(finite_float32(name, dense))
    if getattr(features, "format", None) != "csr":
        # Converted to float32 first: SciPy adds up duplicates in their own type, where small integers wrap.
        features = sparse_interactions(name, features).tocsr()
    features = _check_sparse(name, features)
    values = finite_float32(name, features.data)
    indices, starts = (np.asarray(array, dtype=np.int32) for array in (features.indices, features.indptr))
    canonical = sp.csr_matrix((values, indices, starts), shape=features.shape)
    if not canonical.has_canonical_format:
        # Summing works in place, on arrays that may still be the caller's.
        canonical = canonical.copy()
        canonical.sum_duplicates()
        _check_finite(name, canonical.data)
    return canonical


def _check_sparse(name: str, matrix: Any) -> Any:
    """Return a well-formed matrix without what may stand in its arrays beyond the last entry, or raise."""
    if matrix.ndim != 2:
        raise ValueError(f"{name} must be two-dimensional, got shape {matrix.shape}.")
    if max(matrix.shape) > LARGEST_INDEX:
        raise ValueError(f"{name} has shape {matrix.shape}; at most {LARGEST_INDEX} rows and columns are possible.")
    if matrix.dtype.kind not in "biuf":
        raise ValueError(f"{name} must hold real numbers, got values of type {matrix.dtype}.")
    try:
        if matrix.format in ("csr", "csc", "bsr"):
            # Checked on a wrapper of the same arrays, since SciPy's check replaces attributes of what it
            # checks.
            parts = (matrix.data, matrix.indices, matrix.indptr)
            matrix = type(matrix)(parts, shape=matrix.shape)
            matrix.check_format(full_check=True)
        elif matrix.format == "coo":
            for indices, length in zip((matrix.row, matrix.col), matrix.shape, strict=True):
                if len(indices) != len(matrix.data):
                    raise ValueError("row, column and data arrays differ in length")
                if len(indices) and (indices.min() < 0 or indices.max() >= length):
                    raise ValueError("row or column indices outside the shape")
    except ValueError as error:
        raise ValueError(f"{name} is not a well-formed sparse matrix of shape {matrix.shape}: {error}.") from None
    return matrix


def finite_float32(name: str, values: np.ndarray) -> np.ndarray:
    """Real numbers as C-contiguous ``float32``, if all are finite there; the caller's array if it is so already."""
    with np.errstate(over="ignore", invalid="ignore"):
        converted = np.ascontiguousarray(values, dtype=np.float32)
    _check_finite(name, converted)
    return converted


def _check_finite(name: str, values: np.ndarray) -> None:
    finite = np.isfinite(values)
    if not finite.all():
        raise ValueError(
            f"{NOT_FINITE} {name} holds {values.size - np.count_nonzero(finite)} such values "
            "(numbers beyond 3.4e38 do not fit in 32 bits)."
        )


def _describe(value: Any) -> str:
    shape = getattr(value, "shape", None)
    kind = f"{type(value).__module__}.{type(value).__qualname__}".removeprefix("builtins.")
    return kind if shape is None else f"{kind} of shape {shape}"


# ------------------------------------------------------------------------------------------ randomness


def check_random_state(random_state: Any) -> np.random.RandomState | np.random.Generator:
    """Return the source of random numbers that `random_state` stands for.

    Parameters
    ----------
    random_state : None, int, numpy.random.RandomState or numpy.random.Generator
        None: a new source, seeded by the operating system. An integer from 0 to 2**32 - 1: a new
        ``RandomState`` with that seed, whose stream NumPy keeps for ever. A ``RandomState`` or
        ``Generator``: itself, which every use advances. NumPy's global state is never touched.

    Raises
    ------
    ValueError
        For anything else.

    Examples
    --------
    >>> check_random_state(7).randint(100)
    47
    """
    if isinstance(random_state, np.random.RandomState | np.random.Generator):
        return random_state
    if random_state is None:
        return np.random.RandomState()
    if _is_integer(random_state) and 0 <= random_state < 2**32:
        return np.random.RandomState(int(random_state))
    raise ValueError(
        "random_state must be None, an integer from 0 to 2**32 - 1, a numpy.random.RandomState "
        f"or a numpy.random.Generator, got {random_state!r}."
    )


def seed_words(random_state: Any, n_words: int) -> np.ndarray:
    """Draw `n_words` words of 32 random bits, from which the library's own random streams are seeded.

    Parameters
    ----------
    random_state : None, int, numpy.random.RandomState or numpy.random.Generator
        As for `check_random_state`; an object is advanced.
    n_words : int
        How many words.

    Returns
    -------
    int64 array of shape (n_words,)
        Values from 0 to 2**32 - 1.

    Examples
    --------
    >>> seed_words(7, 2)
    array([327741615, 976413892])
    """
    source = check_random_state(random_state)
    draw = source.integers if isinstance(source, np.random.Generator) else source.randint
    return draw(0, 2**32, size=n_words, dtype=np.uint32).astype(np.int64)
