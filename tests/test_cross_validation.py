"""Splits: nothing lost, nothing shared, and the right entries on the right side."""

import math

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st

from recsys_lessons.cross_validation import (
    cold_items,
    cold_users,
    leave_one_out,
    random_train_test_split,
    split_by_time,
)

SHARED = (random_train_test_split, cold_items, cold_users)
SPLITS = {
    "random": lambda matrix: random_train_test_split(matrix, 0.4, 3),
    "cold items": lambda matrix: cold_items(matrix, 0.4, 3),
    "cold users": lambda matrix: cold_users(matrix, 0.4, 3),
    "time": lambda matrix: split_by_time(matrix, np.arange(matrix.nnz)[::-1] // 2, 0.4),
    "last": lambda matrix: leave_one_out(matrix, np.arange(matrix.nnz)[::-1] // 2),
    "leave one out": lambda matrix: leave_one_out(matrix, random_state=3),
}


@st.composite
def interactions(draw, unique=False):
    """Draw a COO matrix with duplicates, explicit zeros and empty rows, its values all different."""
    n_users, n_items = draw(st.integers(1, 6)), draw(st.integers(1, 6))
    pairs = st.tuples(st.integers(0, n_users - 1), st.integers(0, n_items - 1))
    entries = draw(st.lists(pairs, unique=unique, max_size=20))
    dtype = draw(st.sampled_from([np.int8, np.int32, np.float32, np.float64]))
    kind = draw(st.sampled_from([sp.coo_matrix, sp.coo_array]))
    positions = ([user for user, _ in entries], [item for _, item in entries])
    return kind((np.arange(len(entries), dtype=dtype), positions), shape=(n_users, n_items))


def triples(matrix):
    return list(zip(matrix.row.tolist(), matrix.col.tolist(), matrix.data.tolist(), strict=True))


def pairs(matrix):
    return {(user, item) for user, item, _ in triples(matrix)}


@pytest.mark.parametrize("split", SPLITS.values(), ids=SPLITS.keys())
@given(matrix=interactions())
def test_a_split_loses_nothing_and_shares_nothing(split, matrix):
    before = triples(matrix)
    train, test = split(matrix)
    for part in (train, test):
        assert type(part) is sp.coo_matrix
        assert part.shape == matrix.shape
        assert part.dtype == matrix.dtype
        part.data[:] = part.data  # the parts belong to the caller
        assert not np.shares_memory(part.data, matrix.data)
    assert sorted(triples(train) + triples(test)) == sorted(before)
    assert not pairs(train) & pairs(test)
    assert triples(matrix) == before


@pytest.mark.parametrize("split", SPLITS.values(), ids=SPLITS.keys())
@given(matrix=interactions())
def test_weights_are_split_alike(split, matrix):
    weights = sp.coo_matrix((np.random.default_rng(0).random(matrix.nnz), (matrix.row, matrix.col)), matrix.shape)
    for part, weight in zip(split(matrix), split(weights), strict=True):
        assert weight.dtype == np.float64
        np.testing.assert_array_equal(part.row, weight.row)
        np.testing.assert_array_equal(part.col, weight.col)


@pytest.mark.parametrize("split", SPLITS.values(), ids=SPLITS.keys())
@pytest.mark.parametrize("sparse_format", ["csr", "csc", "lil", "dok"])
def test_every_format(split, sparse_format):
    values = np.random.default_rng(0).integers(0, 3, (6, 7))
    matrix = sp.coo_array(values).asformat(sparse_format)
    train, test = split(matrix)
    assert train.nnz > 0 < test.nnz
    np.testing.assert_array_equal((train + test).toarray(), matrix.toarray())


@pytest.mark.parametrize("split", SPLITS.values(), ids=SPLITS.keys())
def test_empty_and_wrong_matrices(split):
    for shape in ((0, 0), (3, 0), (2, 3)):
        assert [part.shape for part in split(sp.coo_matrix(shape))] == [shape, shape]
    broken = sp.csr_matrix(np.eye(3))
    broken.indices[0] = 9
    with pytest.raises(ValueError, match="interactions is not a well-formed sparse matrix"):
        split(broken)


@pytest.mark.parametrize("split", SHARED)
def test_dense_interactions(split):
    with pytest.raises(ValueError, match="interactions must be a scipy.sparse matrix"):
        split(np.ones((2, 2)))


@given(interactions(unique=True), st.floats(0, 1), st.integers(0, 2**32 - 1))
def test_random_split_is_a_shuffle_cut_in_two(matrix, share, seed):
    train, test = random_train_test_split(matrix, share, seed)
    order = np.arange(matrix.nnz)
    np.random.RandomState(seed).shuffle(order)
    cut = math.floor(round((1 - share) * matrix.nnz, 9))
    assert train.data.tolist() == matrix.data[order[:cut]].tolist()
    assert test.data.tolist() == matrix.data[order[cut:]].tolist()


@pytest.mark.parametrize("share", [0.0, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9, 1.0])
def test_shares_are_exact(share):
    matrix = sp.coo_matrix(np.ones((10, 10)))
    assert random_train_test_split(matrix, share)[1].nnz == round(100 * share)
    assert len(np.unique(cold_items(matrix, share)[1].col)) == round(10 * share)
    assert len(np.unique(cold_users(matrix, share)[1].row)) == round(10 * share)
    assert split_by_time(matrix, np.arange(100), share)[1].nnz == round(100 * share)


@pytest.mark.parametrize("share", [-0.1, 1.1, 20, np.nan, "0.2", None, True])
def test_wrong_shares(share):
    for split in SHARED:
        with pytest.raises(ValueError, match="test_percentage must be a share between 0 and 1, got"):
            split(sp.coo_matrix(np.ones((3, 3))), share)


@pytest.mark.parametrize("split", [*SHARED, lambda m, random_state: leave_one_out(m, random_state=random_state)])
def test_random_states(split):
    matrix = sp.coo_matrix(np.ones((20, 20)))

    def held_out(random_state):
        return pairs(split(matrix, random_state=random_state)[1])

    assert held_out(1) == held_out(np.int64(1)) == held_out(np.random.RandomState(1))
    assert held_out(1) != held_out(2)
    assert held_out(np.random.default_rng(1)) == held_out(np.random.default_rng(1))
    generator = np.random.default_rng(1)
    assert held_out(generator) != held_out(generator)
    assert held_out(None) != held_out(None)
    with pytest.raises(ValueError, match="random_state must be None, an integer"):
        held_out("seed")


def test_random_splits_are_even():
    matrix = sp.coo_matrix(np.ones((4, 5)))
    counts = sum(random_train_test_split(matrix, 0.25, seed)[1].toarray() for seed in range(2000))
    # Binomial with mean 500 and standard deviation 19.4.
    assert np.abs(counts - 500).max() < 5 * 19.4


def test_duplicates_do_not_change_the_odds():
    matrix = sp.coo_matrix(([1] * 6, ([0] * 6, [0, 0, 0, 0, 1, 2])), shape=(1, 3))
    counts = sum(random_train_test_split(matrix, 1 / 3, seed)[1].toarray() > 0 for seed in range(1500))
    assert np.abs(counts - 500).max() < 5 * 18.3


@given(interactions(), st.floats(0, 1), st.data())
def test_split_by_time_separates_past_from_future(matrix, share, data):
    times = data.draw(st.lists(st.integers(0, 8), min_size=matrix.nnz, max_size=matrix.nnz))
    train, test = split_by_time(matrix, np.array(times, dtype=np.int64), share)
    first = {}
    for pair, time in zip(zip(matrix.row.tolist(), matrix.col.tolist(), strict=True), times, strict=True):
        first[pair] = min(time, first.get(pair, time))
    train_times, test_times = ([first[pair] for pair in pairs(part)] for part in (train, test))
    assert max(train_times, default=-1) < min(test_times, default=9)
    # As much as asked for; more only if the earliest test time is shared.
    wanted = len(first) - math.floor(round((1 - share) * len(first), 9))
    assert len(test_times) >= wanted
    assert sum(time > min(test_times) for time in test_times) < max(wanted, 1)
    for cutoff in (train_times + test_times)[:2]:
        train, test = split_by_time(matrix, np.array(times), cutoff=cutoff)
        assert pairs(test) == {pair for pair in first if first[pair] >= cutoff}


def test_forms_of_time():
    matrix = sp.coo_matrix(([1, 1, 1], ([0, 0, 1], [0, 1, 1])), shape=(2, 2))
    days = np.array(["2020-01-03", "2020-01-01", "2020-01-02"], dtype="datetime64[D]")
    seconds = days.astype("datetime64[s]").astype(np.int64)
    stored = sp.coo_matrix((seconds, (matrix.row, matrix.col)), shape=matrix.shape)
    for times, cutoff in (
        (days, days[2]),
        (seconds, seconds[2]),
        (seconds.tolist(), seconds[2]),
        (stored, seconds[2]),
    ):
        assert pairs(split_by_time(matrix, times, cutoff=cutoff)[1]) == {(0, 0), (1, 1)}
        assert pairs(split_by_time(matrix, times, 1 / 3)[1]) == {(0, 0)}
        assert pairs(split_by_time(matrix, times)[1]) == {(0, 0)}
        assert pairs(leave_one_out(matrix, times)[1]) == {(0, 0)}


@pytest.mark.parametrize("split", [split_by_time, leave_one_out])
@pytest.mark.parametrize(
    ("times", "message"),
    [
        ([1, 2], r"each of the 3 entries, got an array of shape \(2,\)"),
        ([[1, 2, 3]], r"got an array of shape \(1, 3\)"),
        (["a", "b", "c"], "one number or datetime64"),
        ([True, False, True], "one number or datetime64"),
        ([1, np.nan, 3], r"timestamps holds 1 missing values \(NaN or NaT\)"),
        (np.array(["NaT", "NaT", "2020-01-01"], dtype="datetime64[s]"), "timestamps holds 2 missing values"),
        (sp.coo_matrix([[1, 2], [3, 0]]), "the same entries as interactions, in the same order"),
        (sp.coo_matrix((2, 3)), "the same entries as interactions"),
    ],
)
def test_wrong_times(split, times, message):
    with pytest.raises(ValueError, match=message):
        split(sp.coo_matrix(([1, 1, 1], ([0, 0, 1], [0, 1, 1])), shape=(2, 2)), times)


@pytest.mark.parametrize("cutoff", ["2020", np.nan, np.datetime64("2020-01-01"), [1, 2], np.array([1])])
def test_wrong_cutoffs(cutoff):
    with pytest.raises(ValueError, match="cutoff must be a time like those in timestamps"):
        split_by_time(sp.coo_matrix([[1, 1]]), [1, 2], cutoff=cutoff)


def test_one_way_to_choose():
    matrix = sp.coo_matrix([[1, 1]])
    with pytest.raises(ValueError, match="test_percentage or cutoff"):
        split_by_time(matrix, [1, 2], 0.5, cutoff=2)
    with pytest.raises(ValueError, match="timestamps or random_state"):
        leave_one_out(matrix, [1, 2], random_state=1)


@given(interactions(), st.data())
def test_the_last_one_is_left_out(matrix, data):
    times = data.draw(st.lists(st.integers(0, 8), min_size=matrix.nnz, max_size=matrix.nnz))
    expected = set()
    for user in range(matrix.shape[0]):
        first = {}
        for (owner, item, _), time in zip(triples(matrix), times, strict=True):
            if owner == user:
                first[item] = min(time, first.get(item, time))
        if len(first) > 1:
            # `max` returns the first of several: looked for from the back, the one stored last.
            expected.add((user, max(reversed(first), key=first.get)))
    _, test = leave_one_out(matrix, np.array(times, dtype=np.float64))
    assert pairs(test) == expected


@given(interactions(), st.integers(0, 99))
def test_a_random_one_is_left_out(matrix, seed):
    train, test = leave_one_out(matrix, random_state=seed)
    for user in range(matrix.shape[0]):
        n_pairs = sum(owner == user for owner, _ in pairs(matrix))
        held_out = sum(owner == user for owner, _ in pairs(test))
        assert held_out == (n_pairs > 1)
        assert sum(owner == user for owner, _ in pairs(train)) == n_pairs - held_out


def test_every_interaction_may_be_left_out():
    matrix = sp.coo_matrix(np.ones((3, 4)))
    counts = sum(leave_one_out(matrix, random_state=seed)[1].toarray() for seed in range(2000))
    assert np.abs(counts - 500).max() < 5 * 19.4


@given(interactions(), st.floats(0, 1), st.integers(0, 99))
def test_cold_items_and_users_are_unknown(matrix, share, seed):
    for split, axis in ((cold_items, "col"), (cold_users, "row")):
        train, test = (set(getattr(part, axis).tolist()) for part in split(matrix, share, seed))
        present = set(getattr(matrix, axis).tolist())
        assert not train & test
        assert train | test == present
        assert len(train) == math.floor(round((1 - share) * len(present), 9))
