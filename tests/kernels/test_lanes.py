"""The eight-lane type: what Numba compiles equals the plain Python functions, bit for bit."""

import numba
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from recsys_lessons.kernels import lanes, reference, representation
from recsys_lessons.kernels.lanes import (
    LANES,
    at_least,
    broadcast,
    element,
    load,
    padded_width,
    products,
    square_root,
    store,
    total,
)

float32 = st.floats(width=32, allow_nan=False)
matrices = arrays.arrays(np.float32, (2, 3 * LANES), elements=float32)


def arithmetic(matrix, number, out):
    a, b = load(matrix, 0, LANES), load(matrix, 1, 2 * LANES)
    store(out, 0, 0, a + b)
    store(out, 1, 0, a - b)
    store(out, 2, 0, a * b)
    store(out, 3, 0, a / b)
    store(out, 4, 0, square_root(a))
    store(out, 5, 0, at_least(a, b))
    sums = broadcast(number)
    sums += a * b
    store(out, 6, 0, sums)
    differences = broadcast(number)
    differences -= b
    store(out, 7, 0, differences)
    return total(a), total(b)


compiled_arithmetic = numba.njit(arithmetic, error_model="numpy")


def bits(array):
    """The bits of float32 numbers, with one value for all kinds of NaN."""
    array = np.asarray(array, np.float32)
    return np.where(np.isnan(array), np.uint32(0x7FC00000), array.view(np.uint32))


@given(matrices, float32)
def test_compiled_operations_equal_the_python_ones(matrix, number):
    found, expected = np.zeros((8, LANES), np.float32), np.zeros((8, LANES), np.float32)
    with np.errstate(all="ignore"):
        totals = compiled_arithmetic(matrix, np.float32(number), found)
        expected_totals = arithmetic(matrix, np.float32(number), expected)
    np.testing.assert_array_equal(bits(found), bits(expected))
    np.testing.assert_array_equal(bits(totals), bits(expected_totals))


def inner_product(left, i, right, j, out):
    store(out, 0, 0, products(left, i, right, j))


compiled_inner_product = numba.njit(inner_product, error_model="numpy")


@pytest.mark.parametrize("n_lanes", range(1, 20))
def test_products_of_any_width_equal_the_python_ones(n_lanes):
    random = np.random.default_rng(n_lanes)
    left, right = (random.normal(size=(rows, n_lanes * LANES)).astype(np.float32) for rows in (3, 4))
    found, expected = np.zeros((1, LANES), np.float32), np.zeros((1, LANES), np.float32)
    compiled_inner_product(left, 2, right, 1, found)
    inner_product(left, 2, right, 1, expected)
    np.testing.assert_array_equal(bits(found), bits(expected))
    np.testing.assert_allclose(found.sum(), left[2] @ right[1], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("dtype", [np.int32, np.int64, np.float32])
def test_an_element_keeps_its_type(dtype):
    numbers = np.arange(5).astype(dtype)
    found = numba.njit(lambda array, index: element(array, index))(numbers, np.int32(3))
    assert found == element(numbers, 3) == 3
    assert np.asarray(found).dtype.kind == np.dtype(dtype).kind


def test_python_operations_do_what_they_say():
    matrix = np.arange(32, dtype=np.float32).reshape(2, 16)
    np.testing.assert_array_equal(load(matrix, 1, 8), np.arange(24, 32))
    store(matrix, 0, 8, load(matrix, 1, 0))
    np.testing.assert_array_equal(matrix[0], [*range(8), *range(16, 24)])
    taken = load(matrix, 0, 0)
    matrix[0, 0] = 99
    assert taken[0] == 0, "lanes are numbers, not a view"
    assert broadcast(0.1).dtype == np.float32
    np.testing.assert_array_equal(at_least(np.float32([1, 2, np.nan]), np.float32([1, 3, 0])), [1, 0, 0])
    # Halves first: 1e8 and -1e8 meet before the small numbers are added, in the order of the lanes they would not.
    assert total(np.float32([1e8, 1, 1, 1, -1e8, 1, 1, 1])) == 6


@pytest.mark.parametrize(("n", "width"), [(1, 8), (8, 8), (9, 16), (64, 64)])
def test_padded_width(n, width):
    assert padded_width(n) == width


@given(arrays.arrays(np.float32, (2, 24), elements=st.floats(-100, 100, width=32)))
def test_dot_adds_in_the_order_of_the_reference(matrix):
    found = representation.dot(matrix, 0, matrix, 1)
    assert found == reference.total(reference.dot_in_lanes(matrix[0], matrix[1]))
    assert found == pytest.approx(float(matrix[0].astype(float) @ matrix[1].astype(float)), abs=0.5)


@pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="the compiler is off: there is no machine code to look at")
def test_eight_lanes_fit_one_instruction():
    code = next(iter(compiled_arithmetic.inspect_llvm().values())) if compiled_arithmetic.signatures else None
    if code is None:
        compiled_arithmetic(np.zeros((2, 24), np.float32), np.float32(0), np.zeros((8, 8), np.float32))
        code = next(iter(compiled_arithmetic.inspect_llvm().values()))
    assert f"fadd <{lanes.LANES} x float>" in code
