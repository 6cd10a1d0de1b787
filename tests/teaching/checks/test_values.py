"""Plain values: what counts as equal, how they travel, what is refused."""

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from recsys_lessons.teaching.checks.values import NotPlain, decoded, difference, encoded, plain, shown, unchanged

NUMBERS = st.one_of(st.booleans(), st.integers(-(2**40), 2**40), st.floats(allow_nan=False))
ARRAYS = hnp.arrays(st.sampled_from([np.float64, np.float32, np.int32, np.bool_]), hnp.array_shapes(min_side=0))
LEAVES = st.one_of(st.none(), NUMBERS, st.text(max_size=5), ARRAYS)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(st.text(max_size=3), inner, max_size=3),
    ),
    max_leaves=6,
)


@given(VALUES)
def test_a_value_travels_unchanged(value):
    there = decoded(encoded(value))
    assert unchanged(value, there)
    assert difference(value, there) is None
    assert isinstance(shown(there), str)


@given(hnp.arrays(np.float64, (3, 2), elements=st.floats(-5, 5)), st.integers(0, 2), st.integers(0, 1))
def test_one_changed_number_is_a_difference(array, row, column):
    other = array.copy()
    other[row, column] += 1e-3
    assert difference(array, other) is not None
    assert not unchanged(array, other)


@pytest.mark.parametrize(
    ("expected", "got"),
    [
        ([1, 2], np.array([1.0, 2.0])),
        ((1, [2.0, 3.0]), [np.int64(1), np.array([2, 3])]),
        (np.float32(0.1), 0.1),
        (True, np.bool_(True)),
        ({1, 2}, [2, np.int64(1)]),
        ({"a": 1}, {"a": 1.0}),
        (np.nan, float("nan")),
        (np.inf, np.inf),
        (sp.csr_matrix([[0, 1]]), sp.coo_matrix([[0.0, 1.0]])),
        (np.array(["a"]), ["a"]),
    ],
)
def test_kinds_that_count_as_equal(expected, got):
    assert difference(expected, plain(got)) is None


@pytest.mark.parametrize(
    ("expected", "got", "told"),
    [
        (1.0, -1.0, "sign"),
        (np.zeros((2, 3)), np.zeros((3, 2)), "exchanged"),
        ([1, 2, 3], [1, 2], "shape"),
        (1.0, None, "None"),
        (1.0, "1.0", "a str"),
        ("a", "b", "another text"),
        ([0.0, 1.0], [0.0, np.nan], "1 of 2 numbers differ"),
        (np.inf, -np.inf, "sign"),
        ({"a": 1}, {"b": 1}, "keys"),
        ((1, "a"), (1,), "1 elements"),
        (sp.csr_matrix([[0, 1]]), np.array([[0, 1]]), "an array"),
        (sp.csr_matrix([[0, 1]]), sp.csr_matrix([[1, 0]]), "2 of 2 numbers differ"),
        (np.array([1.0]), [[1], [1, 2]], "a list"),
        ({(1, 2)}, [[1, 2]], "another kind"),
        ({(1, 2)}, [(1, 3)], "other elements"),
    ],
)
def test_differences_are_named(expected, got, told):
    assert told in difference(expected, got)


def test_a_stored_zero_equals_none():
    stored = sp.csr_matrix(([0.0, 1.0], ([0, 0], [0, 1])), shape=(1, 2))
    assert stored.nnz == 2
    assert difference(sp.csr_matrix([[0.0, 1.0]]), stored) is None


@pytest.mark.parametrize("value", [object(), lambda: 1, np.array([object()]), (i for i in "a"), [object()], 1j])
def test_what_is_not_plain_is_refused(value):
    with pytest.raises(NotPlain):
        encoded(value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[1]",
        "{}",
        '{"array": "AAAA", "dtype": "O", "shape": [1]}',
        '{"array": "AAAA", "dtype": "<f8", "shape": [99]}',
        '{"array": "!", "dtype": "<f8", "shape": []}',
        '{"array": 3, "dtype": "<f8", "shape": [1]}',
        '{"sparse": [1, 2], "shape": [1, 1]}',
        '{"dict": [1]}',
        '{"set": [{"list": []}]}',
        '{"list": {}, "tuple": 0, "x": 1, "list": 3}',
        "[" * 100_000,
        3,
        None,
    ],
)
def test_a_text_that_is_none_is_refused_and_nothing_else_happens(text):
    with pytest.raises(NotPlain):
        decoded(text)


def test_long_values_are_shown_short():
    assert len(shown(np.arange(10_000))) < 300
    assert len(shown(list(range(10_000)))) < 600
    assert len(shown("x" * 10_000)) < 500
    assert "(100, 3)" in shown(np.zeros((100, 3)))
