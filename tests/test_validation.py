"""Argument checks: what passes, in which type it comes out, and what each message names."""

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st

from recsys_lessons import validation

FORMATS = ("coo", "csr", "csc", "lil", "dok", "dia", "bsr")
DTYPES = (np.bool_, np.int8, np.uint8, np.int32, np.int64, np.float32, np.float64)
NEGATIVE = "User or item ids cannot be negative"


@st.composite
def dense_matrices(draw):
    shape = draw(st.tuples(st.integers(1, 6), st.integers(1, 6)))
    cells = st.lists(st.integers(0, 3), min_size=shape[0] * shape[1], max_size=shape[0] * shape[1])
    return np.array(draw(cells)).reshape(shape).astype(draw(st.sampled_from(DTYPES)))


def parts(matrix):
    """Copies of all arrays a sparse matrix consists of."""
    names = ("data", "row", "col", "indices", "indptr", "offsets", "rows")
    return {name: np.array(getattr(matrix, name)) for name in names if hasattr(matrix, name)}


def assert_unchanged(matrix, before):
    for name, array in parts(matrix).items():
        assert array.dtype == before[name].dtype
        np.testing.assert_array_equal(array, before[name])


@given(dense_matrices(), st.sampled_from(FORMATS), st.booleans())
def test_every_format_and_dtype_becomes_float32(dense, sparse_format, as_array):
    matrix = (sp.coo_array if as_array else sp.coo_matrix)(dense).asformat(sparse_format)
    before = parts(matrix) if sparse_format != "dok" else {}
    coo = validation.sparse_interactions("interactions", matrix)
    csr = validation.as_csr_float32("features", matrix)
    for result, kind in ((coo, sp.coo_matrix), (csr, sp.csr_matrix)):
        assert type(result) is kind
        assert result.dtype == np.float32
        np.testing.assert_array_equal(result.toarray(), dense.astype(np.float32))
    assert coo.row.dtype == coo.col.dtype == csr.indices.dtype == csr.indptr.dtype == np.int32
    assert csr.has_canonical_format
    if before:
        assert_unchanged(matrix, before)


def test_right_types_are_not_copied():
    interactions = sp.coo_matrix(np.eye(3, dtype=np.float32))
    result = validation.sparse_interactions("interactions", interactions)
    assert result is not interactions
    assert np.shares_memory(result.data, interactions.data)
    assert np.shares_memory(result.row, interactions.row)
    features = sp.csr_array(np.eye(3, dtype=np.float32))
    assert np.shares_memory(validation.as_csr_float32("features", features).data, features.data)


def test_entries_stay_as_they_are_stored():
    matrix = sp.coo_array(([2, 0, 5], ([1, 0, 1], [2, 1, 2])), shape=(2, 3))
    result = validation.sparse_interactions("interactions", matrix)
    assert (result.row.tolist(), result.col.tolist(), result.data.tolist()) == (
        [1, 0, 1],
        [2, 1, 2],
        [2, 0, 5],
    )


@pytest.mark.parametrize("sparse_format", ["coo", "csr"])
def test_feature_duplicates_are_added_up_in_a_copy(sparse_format):
    if sparse_format == "coo":
        matrix = sp.coo_matrix((np.array([100, 100, 0], np.int8), ([0, 0, 1], [1, 1, 0])), shape=(2, 2))
    else:
        matrix = sp.csr_matrix((np.array([100, 100, 0], np.float32), [1, 1, 0], [0, 2, 3]), shape=(2, 2))
    before = parts(matrix)
    result = validation.as_csr_float32("features", matrix)
    assert result.data.tolist() == [200, 0]
    assert_unchanged(matrix, before)


@pytest.mark.parametrize("check", [validation.sparse_interactions, validation.as_csr_float32])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e300])
def test_values_must_be_finite_in_32_bits(check, value):
    with pytest.raises(ValueError, match=r"Not all input values are finite.*ratings holds 1 such"):
        check("ratings", sp.coo_matrix([[1.0, value]]))


def test_large_finite_values_pass():
    # Their float32 sum is infinite: each value has to be looked at by itself.
    matrix = sp.coo_matrix(np.full((2, 2), 3e38))
    assert np.isfinite(validation.sparse_interactions("ratings", matrix).data).all()


def broken_csr(change):
    matrix = sp.csr_matrix(np.eye(3, dtype=np.float32))
    change(matrix)
    return matrix


def broken_coo(change):
    matrix = sp.coo_matrix(np.eye(3, dtype=np.float32))
    change(matrix)
    return matrix


@pytest.mark.parametrize("check", [validation.sparse_interactions, validation.as_csr_float32])
@pytest.mark.parametrize(
    "matrix",
    [
        broken_csr(lambda m: m.indices.__setitem__(1, 7)),
        broken_csr(lambda m: m.indices.__setitem__(1, -1)),
        broken_csr(lambda m: m.indptr.__setitem__(1, 9)),
        broken_csr(lambda m: m.indptr.__setitem__(3, 99)),
        broken_csr(lambda m: m.indptr.__setitem__(0, 1)),
        broken_coo(lambda m: m.row.__setitem__(0, 3)),
        broken_coo(lambda m: m.col.__setitem__(0, -1)),
        broken_coo(lambda m: setattr(m, "data", m.data[:2])),
    ],
)
def test_broken_index_arrays(check, matrix):
    with pytest.raises(ValueError, match="features is not a well-formed sparse matrix"):
        check("features", matrix)


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        (np.eye(2), r"must be a scipy.sparse matrix of shape .*, got numpy.ndarray of shape \(2, 2\)"),
        ([[1, 2]], "got list"),
        (None, "got NoneType"),
        (sp.coo_array(np.ones(3)), r"must be two-dimensional, got shape \(3,\)"),
        (sp.coo_matrix(np.array([[1j]])), "must hold real numbers, got values of type complex128"),
        (sp.coo_matrix((2**31, 1)), "at most 2147483647 rows"),
    ],
)
def test_not_an_interaction_matrix(matrix, message):
    with pytest.raises(ValueError, match="interactions .*" + message):
        validation.sparse_interactions("interactions", matrix)


@pytest.mark.parametrize("features", [np.ones(3), np.ones((1, 1, 1)), [["a"]], "ab", [[1], [1, 2]], None])
def test_not_a_feature_matrix(features):
    with pytest.raises(ValueError, match="item_features must be"):
        validation.as_csr_float32("item_features", features)


@given(dense_matrices())
def test_dense_features_pass(dense):
    np.testing.assert_array_equal(validation.as_csr_float32("features", dense).toarray(), dense)
    np.testing.assert_array_equal(validation.as_csr_float32("features", dense.tolist()).toarray(), dense)


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (0, 0)])
def test_empty_matrices_pass(shape):
    assert validation.sparse_interactions("interactions", sp.csr_matrix(shape)).shape == shape
    assert validation.as_csr_float32("features", sp.coo_array(shape)).shape == shape


@given(
    st.lists(st.integers(0, 2**31 - 1), max_size=5),
    st.sampled_from([list, tuple, np.int64, np.uint32, np.float64, object]),
)
def test_ids_pass(ids, kind):
    given_ids = kind(ids) if kind in (list, tuple) else np.array(ids, dtype=kind)
    result = validation.as_ids("item_ids", given_ids)
    assert result.dtype == np.int32
    assert result.tolist() == ids


@pytest.mark.parametrize("one", [3, np.int64(3), np.int32(3), np.uint8(3), np.array(3), 3.0])
def test_one_id_is_an_array_of_one(one):
    assert validation.as_ids("user_ids", one).tolist() == [3]


def test_any_one_dimensional_collection_of_ids_passes():
    assert validation.as_ids("user_ids", range(3)).tolist() == [0, 1, 2]
    assert validation.as_ids("user_ids", np.array([0, 1, 2])[::-1]).flags.c_contiguous
    assert validation.as_ids("user_ids", []).dtype == np.int32


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        ([0, -1], NEGATIVE),
        (np.array([-1.0]), NEGATIVE),
        ([2**70, -1], NEGATIVE),
        ([np.iinfo(np.int64).min], NEGATIVE),
        ([2**31], "holds the id 2147483648; the largest possible id is 2147483647"),
        ([2**63], "largest possible"),
        ([2**70], "largest possible"),
        (1e15, "largest possible"),
        ([1.5], "must hold whole numbers, got 1.5"),
        ([np.nan], "got nan"),
        ([np.inf], "got inf"),
        ([True, False], "got True of type bool"),
        (["7"], "got '7' of type str"),
        ("7", "got '7' of type str"),
        ([1, None], "got None of type NoneType"),
        (np.array(["2020-01-01"], dtype="datetime64[ns]"), "must hold whole numbers"),
        ({1, 2}, "of type set"),
        ([[1, 2]], r"one-dimensional, got an array of shape \(1, 2\)"),
        ([[1], [1, 2]], "list or a one-dimensional array"),
        (sp.eye(2), "must hold whole numbers"),
    ],
)
def test_not_ids(ids, message):
    with pytest.raises(ValueError, match=message) as caught:
        validation.as_ids("user_ids", ids)
    assert "user_ids" in str(caught.value)


def test_ids_below_upper():
    assert validation.as_ids("item_ids", [4], upper=5).tolist() == [4]
    for ids in ([5], [2**40], [2**70]):
        with pytest.raises(ValueError, match="item_ids holds the id .* from 0 to 4"):
            validation.as_ids("item_ids", ids, upper=5)
    with pytest.raises(ValueError, match="no ids are known"):
        validation.as_ids("item_ids", [0], upper=0)


@pytest.mark.parametrize("value", [1, np.int64(1), np.uint8(1)])
def test_positive_int(value):
    result = validation.positive_int("epochs", value)
    assert result == 1
    assert type(result) is int


@pytest.mark.parametrize("value", [0, -1, 1.0, 2.7, True, "1", None, np.float64(2), [1]])
def test_not_a_positive_int(value):
    with pytest.raises(ValueError, match="max_sampled must be a positive integer"):
        validation.positive_int("max_sampled", value)
    with pytest.raises(ValueError, match="Number of threads must be 1 or larger"):
        validation.number_of_threads(value)


@pytest.mark.parametrize("value", [-1e-9, np.nan, np.inf, "0", None, True, 1j, [0.1]])
def test_not_a_number(value):
    for check in (validation.non_negative_float, validation.positive_float, validation.fraction):
        with pytest.raises(ValueError, match="rho must be a"):
            check("rho", value)


def test_bounds_of_numbers():
    assert validation.non_negative_float("alpha", 0) == 0.0
    assert validation.positive_float("rate", np.float32(0.5)) == 0.5
    assert validation.fraction("rho", 0.95) == 0.95
    with pytest.raises(ValueError, match="above 0, got 0"):
        validation.positive_float("rate", 0)
    for value in (0, 1):
        with pytest.raises(ValueError, match="between 0 and 1"):
            validation.fraction("rho", value)


def test_choice_suggests():
    assert validation.choice("loss", "warp", ("bpr", "warp")) == "warp"
    with pytest.raises(ValueError, match=r"loss must be one of 'bpr', 'warp', got 'WARP'. Did you mean 'warp'\?"):
        validation.choice("loss", "WARP", ("bpr", "warp"))
    for value in (None, 3, ["warp"], "hinge-something-else"):
        with pytest.raises(ValueError) as caught:
            validation.choice("loss", value, ("bpr", "warp"))
        assert "Did you mean" not in str(caught.value)


@given(st.none() | st.text() | st.integers() | st.tuples(st.text()), st.lists(st.text() | st.integers()))
def test_a_suggestion_is_a_known_name_or_nothing(value, known):
    hint = validation.suggestion(value, known)
    assert hint == "" or any(f"Did you mean {name!r}" in hint for name in known)


def test_random_states():
    random_state, generator = np.random.RandomState(3), np.random.default_rng(3)
    assert validation.check_random_state(random_state) is random_state
    assert validation.check_random_state(generator) is generator
    assert validation.check_random_state(np.int64(3)).randint(1000) == random_state.randint(1000)
    assert validation.check_random_state(None) is not np.random.mtrand._rand


@pytest.mark.parametrize("value", [-1, 2**32, 1.0, "1", True, np.random, [1, 2]])
def test_not_a_random_state(value):
    with pytest.raises(ValueError, match="random_state must be None, an integer"):
        validation.check_random_state(value)


@pytest.mark.parametrize("make", [lambda: 3, lambda: np.random.RandomState(3), lambda: np.random.default_rng(3)])
def test_seed_words(make):
    words = validation.seed_words(make(), 1000)
    assert words.dtype == np.int64
    assert words.shape == (1000,)
    assert 0 <= words.min() < 2**24
    assert 2**32 - 2**24 < words.max() < 2**32
    np.testing.assert_array_equal(words, validation.seed_words(make(), 1000))


def test_seed_words_advance_an_object_and_leave_global_state_alone():
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    source = np.random.default_rng(3)
    first, second = validation.seed_words(source, 4), validation.seed_words(source, 4)
    assert (first != second).any()
    assert (validation.seed_words(None, 4) != validation.seed_words(None, 4)).any()
    np.testing.assert_array_equal(before, np.random.get_state()[1])  # noqa: NPY002


@pytest.mark.parametrize("format_", ["csr", "csc"])
def test_what_stands_beyond_the_last_entry_is_not_read(format_):
    matrix = sp.coo_matrix([[1, 0, 2], [0, 3, 0]]).asformat(format_)
    expected = matrix.toarray()
    matrix.data = np.append(matrix.data, [7, 7])
    matrix.indices = np.append(matrix.indices, [0, 99_999]).astype(np.int32)
    for check in (validation.as_coo, validation.sparse_interactions, validation.as_csr_float32):
        np.testing.assert_array_equal(check("interactions", matrix).toarray(), expected)
    assert len(matrix.data) == len(matrix.indices) == 5
