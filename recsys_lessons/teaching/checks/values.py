"""Plain values: compare what was answered with what was expected, show it shortly, and carry it between processes.

A plain value is None, a truth value, a number, a text, an array of numbers or texts, a SciPy sparse matrix, or a list,
tuple, set or dict of these. Only plain values leave the process that runs a learner's code, so nothing that is read
back can run code of its own.

This module knows values. It must not know about problems or learners.
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Any

import numpy as np
import scipy.sparse as sp

__all__ = ["NotPlain", "decoded", "difference", "encoded", "plain", "shown", "unchanged"]

_KINDS = "biufU"  # of arrays: truth values, integers, real numbers, texts
_SHOWN = 24  # longest array that is shown whole
_WIDTH = 96


class NotPlain(ValueError):
    """A value that is not plain; the message says which part of it."""


# --- comparing -------------------------------------------------------------------------------------------------------


def difference(expected: Any, got: Any, tolerance: float = 1e-6) -> str | None:
    """Say how `got` differs from `expected`; None if it does not.

    The kind of a container and the precision of a number do not count: a list stands for a tuple or an array, float32
    for float64, 1.0 for 1. Sparse matrices are compared whatever their format.

    Parameters
    ----------
    expected, got : plain value
    tolerance : float
        Numbers are equal that differ by at most `tolerance` times the larger of 1 and the expected one.

    Returns
    -------
    str or None

    Examples
    --------
    >>> difference([1, 2], np.array([1.0, 2.0])) is None
    True
    >>> difference(np.zeros((2, 3)), np.zeros((3, 2)))
    'the shape is (3, 2); expected (2, 3). Rows and columns are exchanged'
    >>> difference(0.25, -0.25)
    'the sign is wrong'
    """
    if expected is None or got is None:
        return None if expected is got else _kind_differs(expected, got)
    if sp.issparse(expected):
        return _sparse_difference(expected, got, tolerance)
    if isinstance(expected, str):
        return None if isinstance(got, str) and got == expected else _kind_differs(expected, got, str)
    if isinstance(expected, Mapping):
        return _mapping_difference(expected, got, tolerance)
    if isinstance(expected, Set):
        if not isinstance(got, Iterable) or isinstance(got, str | Mapping):
            return _kind_differs(expected, got)
        try:
            return None if set(expected) == set(_items(got)) else "other elements"
        except TypeError:  # lists or arrays in place of numbers, texts or tuples
            return "its elements are of another kind"
    if isinstance(expected, Sequence) and not _is_numeric(expected):
        return _sequence_difference(expected, got, tolerance)
    return _array_difference(expected, got, tolerance)


def _items(values: Iterable[Any]) -> list[Any]:
    return [value.item() if isinstance(value, np.generic) else value for value in values]


def _kind_of(value: Any) -> str:
    if value is None:
        return "None"
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}, {value.dtype}"
    if sp.issparse(value):
        return f"a sparse matrix of shape {value.shape}"
    kind = type(value).__name__
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"


def _kind_differs(expected: Any, got: Any, only: type | None = None) -> str:
    if only is not None and isinstance(got, only):
        return "another text"
    return f"it is {_kind_of(got)}; expected {_kind_of(expected)}"


def _is_numeric(values: Sequence[Any]) -> bool:
    try:
        return np.asarray(values).dtype.kind in "biuf"
    except ValueError:  # ragged
        return False


def _sequence_difference(expected: Sequence[Any], got: Any, tolerance: float) -> str | None:
    if isinstance(got, str | Mapping | Set) or not isinstance(got, Sequence | np.ndarray):
        return _kind_differs(expected, got)
    if len(got) != len(expected):
        return f"it has {len(got)} elements; expected {len(expected)}"
    for number, (one, other) in enumerate(zip(expected, got, strict=True)):
        if found := difference(one, other, tolerance):
            return f"element {number}: {found}"
    return None


def _mapping_difference(expected: Mapping[Any, Any], got: Any, tolerance: float) -> str | None:
    if not isinstance(got, Mapping):
        return _kind_differs(expected, got)
    got = dict(zip(_items(got.keys()), got.values(), strict=True))
    if set(expected) != set(got):
        return f"the keys are {shown(sorted(got, key=str))}; expected {shown(sorted(expected, key=str))}"
    for key, value in expected.items():
        if found := difference(value, got[key], tolerance):
            return f"at {key!r}: {found}"
    return None


def _sparse_difference(expected: Any, got: Any, tolerance: float) -> str | None:
    if not sp.issparse(got):
        return _kind_differs(expected, got)
    if got.shape != expected.shape:
        return _shape_differs(expected.shape, got.shape)
    ours, theirs = (sp.csr_matrix(matrix, dtype=np.float64) for matrix in (expected, got))
    return _numbers_differ(*_aligned(ours, theirs), tolerance)


def _aligned(one: sp.csr_matrix, other: sp.csr_matrix) -> tuple[np.ndarray, np.ndarray]:
    """The entries of two matrices at all places where either stores one. A stored zero equals none."""
    places = []
    for matrix in (one, other):
        entries = matrix.tocoo()
        entries.sum_duplicates()
        places.append((entries.row.astype(np.int64) * matrix.shape[1] + entries.col, entries.data))
    every = np.union1d(places[0][0], places[1][0])
    values = np.zeros((2, len(every)))
    for row, (at, data) in zip(values, places, strict=True):
        row[np.searchsorted(every, at)] = data
    return values[0], values[1]


def _shape_differs(expected: tuple[int, ...], got: tuple[int, ...]) -> str:
    told = f"the shape is {got}; expected {expected}"
    return f"{told}. Rows and columns are exchanged" if got == expected[::-1] and len(got) == 2 else told


def _array_difference(expected: Any, got: Any, tolerance: float) -> str | None:
    wanted = np.asarray(expected)
    if isinstance(got, str | Mapping | Set) or sp.issparse(got):
        return _kind_differs(expected, got)
    try:
        given = np.asarray(got)
    except ValueError:
        given = np.empty(0, dtype=object)
    if given.dtype.kind not in _KINDS:
        return _kind_differs(expected, got)
    if given.shape != wanted.shape:
        return _shape_differs(wanted.shape, given.shape)
    if wanted.dtype.kind == "U" or given.dtype.kind == "U":
        return None if np.array_equal(wanted, given) else "other texts"
    return _numbers_differ(wanted.astype(np.float64).ravel(), given.astype(np.float64).ravel(), tolerance)


def _numbers_differ(expected: np.ndarray, got: np.ndarray, tolerance: float) -> str | None:
    close = _close(expected, got, tolerance)
    if close.all():
        return None
    if _close(expected, -got, tolerance).all():
        return "the sign is wrong"
    if len(expected) == 1:
        return "another number"
    return f"{np.count_nonzero(~close)} of {len(expected)} numbers differ"


def _close(expected: np.ndarray, got: np.ndarray, tolerance: float) -> np.ndarray:
    with np.errstate(invalid="ignore", over="ignore"):
        near = np.abs(expected - got) <= tolerance * np.maximum(1, np.abs(expected))
    return (near & np.isfinite(expected)) | (expected == got) | (np.isnan(expected) & np.isnan(got))


def unchanged(before: Any, after: Any) -> bool:
    """Whether an argument is what it was, to the bit; of an object that is not plain nothing is said."""
    try:
        return encoded(before) == encoded(after)
    except NotPlain:
        return True


# --- showing ---------------------------------------------------------------------------------------------------------


def shown(value: Any) -> str:
    """A value on one or a few short lines, numbers with three significant digits.

    Examples
    --------
    >>> shown(2 / 3)
    '0.667'
    >>> shown({"user": 3, "scores": np.array([0.25, 1.0])})
    "{'user': 3, 'scores': [0.25 1.  ]}"
    """
    if isinstance(value, bool | np.bool_):
        return str(bool(value))
    if isinstance(value, int | np.integer):
        return str(int(value))
    if isinstance(value, float | np.floating):
        return _number(float(value))
    if isinstance(value, np.ndarray):
        return _array(value)
    if sp.issparse(value):
        whole = f"sparse matrix of shape {value.shape} with {value.nnz} stored entries"
        return f"{whole}:\n{_array(value.toarray())}" if np.prod(value.shape) <= _SHOWN else whole
    if isinstance(value, Mapping):
        return _cut("{" + ", ".join(f"{key!r}: {shown(entry)}" for key, entry in list(value.items())[:_SHOWN]) + "}")
    if isinstance(value, list | tuple | set | frozenset):
        elements = sorted(value, key=str) if isinstance(value, set | frozenset) else value
        inside = ", ".join(shown(element) for element in list(elements)[:_SHOWN])
        if len(value) > _SHOWN:
            inside += f", ... ({len(value)} elements)"
        left, right = {"list": "[]", "tuple": "()"}.get(type(value).__name__, "{}")
        return _cut(f"{left}{inside}{right}")
    if value is None or isinstance(value, str):
        return _cut(repr(value))
    return _cut(f"a {type(value).__name__}")


def _number(value: float) -> str:
    if not math.isfinite(value) or value == int(value) and abs(value) < 1e6:
        return f"{value:g}" if not math.isfinite(value) else f"{value:.1f}"
    return f"{value:.3g}"


def _array(value: np.ndarray) -> str:
    if value.ndim == 0:
        return shown(value.item())
    told = np.array2string(value.ravel()[:_SHOWN] if value.size > _SHOWN else value, precision=3, max_line_width=_WIDTH)
    return f"array of shape {value.shape}, {value.dtype}, beginning {told}" if value.size > _SHOWN else told


def _cut(text: str, limit: int = 400) -> str:
    return text if len(text) <= limit else text[:limit] + " ..."


# --- carrying --------------------------------------------------------------------------------------------------------


def encoded(value: Any) -> str:
    """A plain value as one line of JSON.

    Raises
    ------
    NotPlain
        If the value, or a part of it, is not plain.

    Examples
    --------
    >>> decoded(encoded({"ranks": np.array([1, 2]), "seen": {3}}))
    {'ranks': array([1, 2]), 'seen': {3}}
    """
    return json.dumps(_packed(value))


def _packed(value: Any) -> Any:
    if value is None or type(value) in (bool, int, float, str):
        return value
    if isinstance(value, np.generic):
        return _packed(np.asarray(value)) | {"scalar": True}
    if isinstance(value, np.ndarray):
        if value.dtype.kind not in _KINDS:
            raise NotPlain(f"an array of {value.dtype}")
        # The order of bytes is the machine's own: both processes run on it.
        data = base64.b64encode(np.ascontiguousarray(value).tobytes()).decode("ascii")
        return {"array": data, "dtype": value.dtype.str, "shape": list(value.shape)}
    if sp.issparse(value):
        entries = value.tocoo()
        return {"sparse": [_packed(part) for part in (entries.row, entries.col, entries.data)], "shape": value.shape}
    if isinstance(value, Mapping):
        return {"dict": [[_packed(key), _packed(entry)] for key, entry in value.items()]}
    for name, kind in (("list", list), ("tuple", tuple), ("set", Set)):
        if isinstance(value, kind):
            return {name: [_packed(element) for element in value]}
    if isinstance(value, bool | int | float | str):  # of a class of its own
        return _packed(next(kind for kind in (bool, int, float, str) if isinstance(value, kind))(value))
    if isinstance(value, range):
        return {"list": list(value)}
    if hasattr(value, "__array__"):  # a column of a table
        return _packed(np.asarray(value))
    raise NotPlain(f"a {type(value).__name__}")


def plain(value: Any) -> Any:
    """A copy of a value in plain types: a column of a table becomes an array.

    Raises
    ------
    NotPlain
        If the value, or a part of it, cannot be made plain.
    """
    return decoded(encoded(value))


def decoded(text: str) -> Any:
    """The value that `encoded` wrote.

    Raises
    ------
    NotPlain
        If `text` is anything else. No text makes this function do more than build plain values.
    """
    try:
        return _unpacked(json.loads(text))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, OverflowError, MemoryError) as error:
        raise NotPlain(f"a text that is no plain value ({type(error).__name__})") from error


def _unpacked(packed: Any) -> Any:
    if not isinstance(packed, dict):
        if isinstance(packed, list):
            raise NotPlain("a bare list")
        return packed
    if "array" in packed:
        dtype = np.dtype(str(packed["dtype"]))
        if dtype.kind not in _KINDS:
            raise NotPlain(f"an array of {dtype}")
        array = np.frombuffer(base64.b64decode(packed["array"], validate=True), dtype=dtype)
        array = array.reshape([int(length) for length in packed["shape"]]).copy()
        return array[()] if packed.get("scalar") else array
    if "sparse" in packed:
        row, column, data = (_unpacked(part) for part in packed["sparse"])
        shape = tuple(int(length) for length in packed["shape"])
        return sp.coo_matrix((data, (row, column)), shape=shape)
    if "dict" in packed:
        return {_unpacked(key): _unpacked(entry) for key, entry in packed["dict"]}
    for name, kind in (("list", list), ("tuple", tuple), ("set", set)):
        if name in packed:
            return kind(_unpacked(element) for element in packed[name])
    raise NotPlain("an unknown kind")
