"""Metrics against their definitions in plain Python, against scikit-learn, and under renumbering."""

import math
from fractions import Fraction

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import ndcg_score, roc_auc_score

from recsys_lessons import evaluation
from recsys_lessons.evaluation import (
    auc_score,
    mae,
    ndcg_at_k,
    precision_at_k,
    recall_at_k,
    reciprocal_rank,
    rmse,
)

METRICS = (precision_at_k, recall_at_k, ndcg_at_k, reciprocal_rank, auc_score)
AT_K = (precision_at_k, recall_at_k, ndcg_at_k)
FORMATS = ("coo", "csr", "csc", "lil", "dok")


class Scores:
    """A model that is a table of scores; it ranks by counting, ties against itself."""

    def __init__(self, scores):
        self.scores = np.asarray(scores)
        self.calls = []

    def predict_rank(
        self,
        test_interactions,
        train_interactions=None,
        item_features=None,
        user_features=None,
        num_threads=1,
        check_intersections=True,
    ):
        self.calls.append((test_interactions, train_interactions, item_features, user_features, num_threads))
        test = test_interactions.tocsr()
        known = np.zeros(test.shape, dtype=bool)
        if train_interactions is not None:
            known[train_interactions.nonzero()] = True
        ranks = []
        for user in range(test.shape[0]):
            for item in test.indices[test.indptr[user] : test.indptr[user + 1]]:
                if check_intersections and known[user, item]:
                    raise ValueError("Test interactions matrix and train interactions matrix share interactions")
                rivals = self.scores[user] >= self.scores[user, item]
                ranks.append(sum(rivals & ~known[user]) - (not known[user, item]))
        return sp.csr_matrix((np.array(ranks, np.float32), test.indices, test.indptr), shape=test.shape)


def definition(metric, scores, test, known, k):
    """Return one user's metric by its definition, exactly; `test` and `known` are sets of items."""
    if not test:
        return 0.5 if metric is auc_score else 0.0
    rank = {
        item: sum(1 for other, score in enumerate(scores) if score >= scores[item] and other not in known | {item})
        for item in test
    }
    hits = [item for item in test if rank[item] < k]
    if metric is precision_at_k:
        return Fraction(len(hits), k)
    if metric is recall_at_k:
        return Fraction(len(hits), len(test))
    if metric is reciprocal_rank:
        return Fraction(1, 1 + min(rank.values()))
    if metric is ndcg_at_k:
        best = math.fsum(1 / math.log2(place + 2) for place in range(min(k, len(test))))
        return math.fsum(1 / math.log2(rank[item] + 2) for item in hits) / best
    others = set(range(len(scores))) - test - known
    pairs = [(item, other) for item in test for other in others]
    if not pairs:
        return 0.5
    return Fraction(sum(scores[item] > scores[other] for item, other in pairs), len(pairs))


@st.composite
def rankings(draw, disjoint=True):
    """Draw a table of scores with ties, and which cells are test and which train."""
    n_users, n_items = draw(st.integers(1, 5)), draw(st.integers(1, 8))
    n = n_users * n_items

    def table(values):
        return np.array(draw(st.lists(values, min_size=n, max_size=n))).reshape(n_users, n_items)

    scores = table(st.integers(0, 5)).astype(np.float32)
    test = table(st.booleans())
    train = table(st.booleans())
    return scores, test, train & ~test if disjoint else train


def call(metric, model, test, train, k, **options):
    if metric in AT_K:
        options["k"] = k
    return metric(model, sp.csr_matrix(test), sp.csr_matrix(train), **options)


def by_definition(metric, scores, test, train, k):
    users = zip(scores, test, train, strict=True)
    items = [(score, set(tested.nonzero()[0]), set(known.nonzero()[0])) for score, tested, known in users]
    return [float(definition(metric, *user, k)) for user in items]


@given(rankings(), st.integers(1, 10))
def test_definitions(ranking, k):
    scores, test, train = ranking
    for metric in METRICS:
        result = call(metric, Scores(scores), test, train, k, preserve_rows=True)
        assert result.dtype == np.float64
        np.testing.assert_allclose(result, by_definition(metric, scores, test, train, k), rtol=1e-15)
        some = call(metric, Scores(scores), test, train, k)
        np.testing.assert_array_equal(some, result[test.any(axis=1)])


@given(rankings(disjoint=False), st.integers(1, 10))
def test_definitions_hold_where_test_and_train_meet(ranking, k):
    scores, test, train = ranking
    for metric in METRICS:
        result = call(metric, Scores(scores), test, train, k, preserve_rows=True, check_intersections=False)
        np.testing.assert_allclose(result, by_definition(metric, scores, test, train, k), rtol=1e-15)


@given(rankings(), st.integers(1, 10), st.sampled_from([1, 7, evaluation.PAIRS_PER_BLOCK]), st.data())
def test_candidates_are_the_only_items(ranking, k, pairs_per_block, data):
    scores, test, train = ranking
    items = data.draw(st.lists(st.integers(0, scores.shape[1] - 1)))
    kept = np.unique(np.array(items, dtype=int))
    for metric in METRICS:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(evaluation, "PAIRS_PER_BLOCK", pairs_per_block)
            result = call(metric, Scores(scores), test, train, k, items=items, preserve_rows=True)
        expected = call(metric, Scores(scores[:, kept]), test[:, kept], train[:, kept], k, preserve_rows=True)
        np.testing.assert_array_equal(result, expected)


@given(rankings(), st.integers(1, 10), st.integers(0, 99))
def test_renumbering_changes_no_bit(ranking, k, seed):
    scores, test, train = ranking
    rng = np.random.default_rng(seed)
    users, items = rng.permutation(scores.shape[0]), rng.permutation(scores.shape[1])
    cell = np.ix_(users, items)
    for metric in METRICS:
        result = call(metric, Scores(scores), test, train, k, preserve_rows=True)
        renumbered = call(metric, Scores(scores[cell]), test[cell], train[cell], k, preserve_rows=True)
        np.testing.assert_array_equal(renumbered, result[users])


@given(st.integers(2, 40), st.integers(0, 999))
def test_auc_is_that_of_scikit_learn(n_items, seed):
    rng = np.random.default_rng(seed)
    # Ties among positives and among negatives, none between the two: there the conventions differ.
    test = rng.random((6, n_items)) < 0.4
    test[:, 0], test[:, 1] = True, False
    scores = rng.integers(0, 5, test.shape) * 2 + test
    expected = [roc_auc_score(*user) for user in zip(test, scores, strict=True)]
    np.testing.assert_allclose(auc_score(Scores(scores), sp.csr_matrix(test)), expected, rtol=1e-14)


@given(st.integers(2, 40), st.integers(1, 12), st.integers(0, 999))
def test_ndcg_is_that_of_scikit_learn(n_items, k, seed):
    rng = np.random.default_rng(seed)
    test = rng.random((6, n_items)) < 0.4
    test[:, 0] = True
    scores = rng.permuted(np.tile(np.arange(n_items), (6, 1)), axis=1)
    expected = [ndcg_score([relevant], [score], k=k) for relevant, score in zip(test, scores, strict=True)]
    np.testing.assert_allclose(ndcg_at_k(Scores(scores), sp.csr_matrix(test), k=k), expected, rtol=1e-14)


def test_a_perfect_ranking_scores_exactly_one():
    test = np.tril(np.ones((30, 40), dtype=bool))
    model = Scores(test * 100.0 + np.arange(40))
    for k in (1, 3, 17, 40, 100):
        assert (ndcg_at_k(model, sp.csr_matrix(test), k=k) == 1).all()
    assert (auc_score(model, sp.csr_matrix(test)) == 1).all()
    assert (reciprocal_rank(model, sp.csr_matrix(test)) == 1).all()
    assert (recall_at_k(model, sp.csr_matrix(test), k=40) == 1).all()


def test_ties_count_against_the_model():
    model, test = Scores(np.zeros((1, 20))), sp.csr_matrix(([1, 1], ([0, 0], [3, 4])), shape=(1, 20))
    assert precision_at_k(model, test).tolist() == [0]
    assert ndcg_at_k(model, test).tolist() == [0]
    assert auc_score(model, test).tolist() == [0]
    assert reciprocal_rank(model, test).tolist() == [1 / 20]


def test_users_without_test_items():
    model, test = Scores(np.ones((3, 4))), sp.csr_matrix((3, 4))
    for metric in METRICS:
        assert metric(model, test).shape == (0,)
        nobody = 0.5 if metric is auc_score else 0.0
        assert metric(model, test, preserve_rows=True).tolist() == [nobody] * 3


def test_auc_without_items_to_compare_with():
    model = Scores([[2, 1, 0]])
    assert auc_score(model, sp.csr_matrix([[1, 1, 1]])).tolist() == [0.5]
    assert auc_score(model, sp.csr_matrix([[1, 0, 0]]), sp.csr_matrix([[0, 1, 1]])).tolist() == [0.5]


@pytest.mark.parametrize("shape", [(0, 0), (0, 4), (3, 0)])
def test_empty_shapes(shape):
    for metric in METRICS:
        result = metric(Scores(np.ones(shape)), sp.coo_matrix(shape), sp.coo_matrix(shape), preserve_rows=True)
        assert result.shape == (shape[0],)


def test_k_beyond_the_number_of_items():
    model, test = Scores([[2, 1, 0]]), sp.csr_matrix([[1, 0, 1]])
    assert precision_at_k(model, test, k=10).tolist() == [0.2]
    assert recall_at_k(model, test, k=10).tolist() == [1.0]
    assert 0 < ndcg_at_k(model, test, k=10)[0] < 1


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("sparse_format", FORMATS)
@pytest.mark.parametrize("kind", [sp.coo_matrix, sp.coo_array])
@pytest.mark.parametrize("dtype", [np.bool_, np.int8, np.int64, np.float64])
def test_every_format_gives_the_same(metric, sparse_format, kind, dtype):
    rng = np.random.default_rng(0)
    test = rng.random((5, 12)) < 0.3
    train = (rng.random((5, 12)) < 0.3) & ~test
    model = Scores(rng.random((5, 12)))
    expected = metric(model, sp.csr_matrix(test), sp.csr_matrix(train))
    arguments = [kind(matrix.astype(dtype)).asformat(sparse_format) for matrix in (test, train)]
    np.testing.assert_array_equal(metric(model, *arguments), expected)


@pytest.mark.parametrize("metric", METRICS)
def test_stored_entries_count_once_whatever_their_value(metric):
    scores = np.random.default_rng(1).random((2, 6))
    row, column = [0, 0, 0, 0, 1], [4, 1, 1, 0, 2]
    test = sp.coo_matrix((np.array([0.0, 1.0, -1.0, -1.0, 5.0]), (row, column)), shape=(2, 6))
    before = test.data.copy(), test.row.copy(), test.col.copy()
    once = sp.coo_matrix((np.ones(4), ([0, 0, 0, 1], [0, 1, 4, 2])), shape=(2, 6))
    np.testing.assert_array_equal(metric(Scores(scores), test), metric(Scores(scores), once))
    # Twice in train: two stored entries, one known item.
    train = sp.csr_matrix(([1.0, 1.0], [3, 3], [0, 2, 2]), shape=(2, 6))
    known = sp.csr_matrix(([1.0], [3], [0, 1, 1]), shape=(2, 6))
    np.testing.assert_array_equal(metric(Scores(scores), test, train), metric(Scores(scores), once, known))
    assert train.nnz == 2
    for array, old in zip((test.data, test.row, test.col), before, strict=True):
        np.testing.assert_array_equal(array, old)


@pytest.mark.parametrize("metric", METRICS)
def test_arguments_reach_the_model(metric):
    model = Scores(np.ones((1, 3)))
    metric(model, sp.csr_matrix([[1, 0, 0]]), user_features="u", item_features="i", num_threads=2)
    test, train, item_features, user_features, num_threads = model.calls[0]
    assert (train, item_features, user_features, num_threads) == (None, "i", "u", 2)
    assert (type(test), test.dtype, test.indices.dtype) == (sp.csr_matrix, np.float32, np.int32)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"num_threads": 0}, "Number of threads must be 1 or larger"),
        ({"test_interactions": np.eye(3)}, "test_interactions must be a scipy.sparse matrix"),
        (
            {"test_interactions": sp.csr_matrix([[np.nan, 1, 1]])},
            "Not all input values are finite.*test_inter",
        ),
        (
            {"train_interactions": sp.csr_matrix([[np.inf, 1, 1]])},
            "Not all input values are finite.*train_inter",
        ),
        ({"train_interactions": sp.csr_matrix((2, 3))}, r"shape \(2, 3\) and test_interactions \(3, 3\)"),
        ({"train_interactions": sp.identity(3)}, "share interactions"),
        ({"train_interactions": sp.identity(3), "items": [1]}, "share interactions"),
        ({"items": [3]}, "items holds the id 3, but the ids known here go from 0 to 2"),
        ({"items": [-1]}, "cannot be negative.*items"),
        ({"items": ["a"]}, "items must hold whole numbers"),
    ],
)
def test_wrong_arguments(metric, options, message):
    arguments = {"test_interactions": sp.identity(3)} | options
    with pytest.raises(ValueError, match=message):
        metric(Scores(np.ones((3, 3))), **arguments)


@pytest.mark.parametrize("metric", AT_K)
@pytest.mark.parametrize("k", [0, -1, 2.5, "3", None])
def test_wrong_k(metric, k):
    with pytest.raises(ValueError, match="k must be a positive integer, got"):
        metric(Scores(np.ones((3, 3))), sp.identity(3), k=k)


class Answer:
    """A model that answers every question with the same matrix."""

    def __init__(self, answer):
        self.answer = answer

    def predict_rank(self, test_interactions, **arguments):
        return self.answer


def test_order_and_format_of_the_answer_do_not_matter():
    test = sp.csr_matrix([[1, 1, 0]])
    for answer in (
        sp.csr_matrix(([2.0, 0.0], [1, 0], [0, 2]), shape=(1, 3)),
        sp.coo_array(([0.0, 2.0], ([0, 0], [0, 1])), shape=(1, 3)),
    ):
        assert reciprocal_rank(Answer(answer), test).tolist() == [1.0]


@pytest.mark.parametrize(
    "answer",
    [
        sp.csr_matrix([[1.0, 0.0, 0.0]]),
        sp.csr_matrix([[1.0, 0.0, 2.0]]),
        sp.csr_matrix((1, 4)),
        sp.csr_matrix([[1.0, 3.0, 0.0]]),
        sp.csr_matrix([[1.0, -1.0, 0.0]]),
        sp.csr_matrix([[1.0, 0.5, 0.0]]),
        sp.csr_matrix([[1.0, np.nan, 0.0]]),
    ],
)
def test_wrong_answers(answer):
    with pytest.raises(ValueError, match=r"model.predict_rank must return"):
        precision_at_k(Answer(answer), sp.csr_matrix([[1, 1, 0]]))


class Ratings:
    """A model of ratings that is a table."""

    def __init__(self, table):
        self.table = np.asarray(table)

    def predict(self, user_ids, item_ids):
        return self.table[user_ids, item_ids]


@given(rankings(), st.integers(0, 99))
def test_rmse_and_mae(ranking, seed):
    predicted, is_rated, _ = ranking
    rng = np.random.default_rng(seed)
    ratings = rng.integers(0, 11, predicted.shape) / 2
    user, item = is_rated.nonzero()
    truth = sp.coo_matrix((ratings[user, item], (user, item)), shape=ratings.shape)
    if truth.nnz == 0:
        for metric in (rmse, mae):
            with pytest.raises(ValueError, match="ratings must hold at least one rating"):
                metric(Ratings(predicted), truth)
        return
    errors = [Fraction(float(predicted[cell])) - Fraction(ratings[cell]) for cell in zip(user, item, strict=True)]
    squares = sum(error**2 for error in errors) / len(errors)
    assert rmse(Ratings(predicted), truth) == pytest.approx(math.sqrt(squares), rel=1e-15)
    absolute = sum(abs(error) for error in errors) / len(errors)
    assert mae(Ratings(predicted), truth) == pytest.approx(float(absolute), rel=1e-15)
    order = rng.permutation(truth.nnz)
    shuffled = sp.coo_matrix((truth.data[order], (user[order], item[order])), shape=truth.shape)
    assert rmse(Ratings(predicted), shuffled) == rmse(Ratings(predicted), truth)
    assert mae(Ratings(predicted), shuffled.tocsc()) == mae(Ratings(predicted), truth)


def test_repeated_ratings_and_zeros_count():
    truth = sp.coo_matrix(([5.0, 3.0, 0.0], ([0, 0, 1], [0, 0, 1])), shape=(2, 2))
    assert mae(Ratings(np.full((2, 2), 3.0)), truth) == 5 / 3


@pytest.mark.parametrize("metric", [rmse, mae])
@pytest.mark.parametrize("answer", [[1.0], [[1.0, 2.0]], [1.0, np.nan]])
def test_wrong_predictions(metric, answer):
    model = Ratings(np.ones((1, 2)))
    model.predict = lambda user_ids, item_ids: answer
    with pytest.raises(ValueError, match="model.predict must return 2 finite numbers"):
        metric(model, sp.coo_matrix([[1, 2]]))
