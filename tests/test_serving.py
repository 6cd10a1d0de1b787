"""Vectors for an index: scores as the model's, neighbors in the order of the scores, and how much a search found."""

import re

import numpy as np
import pytest
import scipy.sparse as sp

from recsys_lessons import FunkSVD, LightFM
from recsys_lessons.serving import (
    equal_lengths,
    item_vectors,
    query_vectors,
    search_exact,
    search_recall,
    with_zero,
)

LIKES = sp.random(40, 60, density=0.15, format="csr", random_state=3)
LIKES.data[:] = 1


@pytest.fixture(scope="module")
def model():
    return LightFM(no_components=5, loss="warp", random_state=3).fit(LIKES, epochs=10)


@pytest.fixture(scope="module")
def hybrid():
    features = {"item_features": sp.random(60, 9, density=0.4, format="csr", random_state=4, dtype=np.float32)}
    features["user_features"] = sp.random(40, 7, density=0.5, format="csr", random_state=5, dtype=np.float32)
    return LightFM(no_components=5, loss="logistic", random_state=3).fit(LIKES, epochs=10, **features), features


def scores(model, **features):
    users, items = np.divmod(np.arange(LIKES.shape[0] * LIKES.shape[1]), LIKES.shape[1])
    return model.predict(users, items, **features).reshape(LIKES.shape)


class TestVectors:
    def test_inner_products_are_scores_but_for_the_users_bias(self, model):
        products = query_vectors(model).astype(float) @ item_vectors(model).astype(float).T
        assert np.ptp(model.item_biases) > 0.1
        assert np.allclose(products + model.user_biases[:, None], scores(model), atol=1e-5)

    def test_features_are_summed(self, hybrid):
        model, features = hybrid
        queries = query_vectors(model, features["user_features"])
        items = item_vectors(model, features["item_features"])
        biases, _ = model.get_user_representations(features["user_features"])
        assert items.shape == (60, 6)
        assert queries.shape == (40, 6)
        assert np.ptp(biases) > 0.01
        assert np.allclose(queries @ items.T + biases[:, None], scores(model, **features), atol=1e-5)

    def test_a_new_items_row_has_a_vector(self, hybrid):
        model, features = hybrid
        row = features["item_features"][7]
        assert np.array_equal(item_vectors(model, row)[0], item_vectors(model, features["item_features"])[7])

    def test_a_folded_in_user_is_a_query(self, model):
        folded = model.fold_in(LIKES[:3])
        ids, _ = search_exact(item_vectors(model), query_vectors(folded), n=5)
        assert np.array_equal(ids, folded.recommend(np.arange(3), n=5)[0])

    def test_without_biases_the_last_column_is_missing(self, model):
        assert np.array_equal(item_vectors(model, biases=False), item_vectors(model)[:, :-1])
        assert np.array_equal(query_vectors(model, biases=False), query_vectors(model)[:, :-1])

    def test_vectors_are_copies_as_an_index_wants_them(self, model):
        before = model.item_embeddings.copy()
        for biases in (True, False):
            vectors = item_vectors(model, biases=biases)
            assert vectors.dtype == np.float32
            assert vectors.flags.c_contiguous
            vectors[:] = 0
        assert np.array_equal(model.item_embeddings, before)

    def test_not_fitted(self):
        with pytest.raises(ValueError, match="fit"):
            item_vectors(LightFM())
        with pytest.raises(ValueError, match="fit"):
            query_vectors(LightFM())

    @pytest.mark.parametrize("of", [item_vectors, query_vectors])
    @pytest.mark.parametrize("model", [None, FunkSVD()])
    def test_another_model_is_refused(self, of, model):
        with pytest.raises(ValueError, match="model must be a LightFM, got"):
            of(model)


class TestMetric:
    def test_nearest_first_is_highest_score_first(self, model):
        items, queries = item_vectors(model), query_vectors(model)
        far = with_zero(queries).astype(float)[:, None] - equal_lengths(items).astype(float)[None]
        distances = np.square(far).sum(axis=2)
        longest = np.square(items.astype(float)).sum(axis=1).max()
        of_scores = np.square(queries.astype(float)).sum(axis=1)[:, None] + longest
        of_scores = of_scores - 2 * queries.astype(float) @ items.astype(float).T
        assert np.allclose(distances, of_scores, atol=1e-4)

    def test_without_the_column_nearest_is_not_highest(self):
        items, query = [[1, 0], [3, 3]], [[1, 0]]
        plain = np.square(np.subtract(items, query)).sum(axis=1)
        reduced = np.square(equal_lengths(items) - with_zero(query)).sum(axis=1)
        assert plain.argmin() == 0
        assert reduced.argmin() == np.matmul(items, query[0]).argmax() == 1

    def test_all_lengths_are_equal(self, model):
        items = item_vectors(model)
        longest = np.linalg.norm(items, axis=1).max()
        assert np.allclose(np.linalg.norm(equal_lengths(items), axis=1), longest, rtol=1e-6)
        assert np.allclose(np.linalg.norm(equal_lengths(items, 10 * longest), axis=1), 10 * longest, rtol=1e-6)
        assert np.array_equal(equal_lengths(items)[:, :-1], items)

    def test_a_longer_newcomer_is_refused(self):
        with pytest.raises(ValueError, match=r"length must be at least .* 5, got 4"):
            equal_lengths([[3, 4]], length=4)
        with pytest.raises(ValueError, match=r"length must be at least"):
            equal_lengths([[3, 4]], length=5 * (1 - 1e-5))

    @pytest.mark.parametrize("seed", range(20))
    def test_the_length_of_the_longest_may_be_named_however_it_was_rounded(self, seed):
        vectors = np.random.default_rng(seed).normal(size=(30, 5)).astype(np.float32)
        expected = equal_lengths(vectors)
        longest = np.sqrt(np.square(vectors, dtype=np.float64).sum(axis=1).max())
        for length in (np.linalg.norm(vectors, axis=1).max(), longest, np.float32(longest), float(f"{longest:.7g}")):
            assert np.allclose(equal_lengths(vectors, length), expected, atol=0.01)
            assert np.isfinite(equal_lengths(vectors, length)).all()

    def test_the_length_in_the_message_will_do(self):
        vectors = np.random.default_rng(3).normal(size=(30, 5))
        with pytest.raises(ValueError, match="length must be at least") as raised:
            equal_lengths(vectors, 1e-3)
        named = float(re.search(r"longest vector, ([\d.]+)", str(raised.value))[1])
        assert np.allclose(equal_lengths(vectors, named), equal_lengths(vectors), atol=0.01)

    def test_lengths_must_fit_in_32_bits(self):
        with pytest.raises(ValueError, match=r"vectors must have lengths that fit in 32 bits, up to 3.4e\+38, got one"):
            equal_lengths([[3e38, 3e38], [1, 1]])
        for length in (1e39, 1e300):
            with pytest.raises(ValueError, match=r"length must fit in 32 bits, up to 3.4e\+38, got"):
                equal_lengths([[3, 4]], length)

    def test_no_items(self):
        assert equal_lengths(np.empty((0, 3))).shape == (0, 4)


class TestSearchExact:
    def test_finds_what_the_model_recommends(self, model):
        ids, _ = search_exact(item_vectors(model), query_vectors(model), n=10)
        assert np.array_equal(ids, model.recommend(np.arange(40), n=10)[0])

    def test_leaves_out_what_is_known(self, model):
        ids, values = search_exact(item_vectors(model), query_vectors(model), n=60, exclude=LIKES, num_threads=2)
        assert np.array_equal(ids, model.recommend(np.arange(40), n=60, exclude=LIKES)[0])
        assert ((ids < 0).sum(axis=1) == LIKES.getnnz(axis=1)).all()
        assert np.isneginf(values[ids < 0]).all()

    def test_ties_in_the_order_of_ids(self):
        ids, _ = search_exact(np.ones((5, 2)), [[1, 1]], n=4)
        assert ids.tolist() == [[0, 1, 2, 3]]

    def test_read_only_vectors(self, model):
        items, queries = item_vectors(model), query_vectors(model)
        items.flags.writeable = queries.flags.writeable = False
        assert search_exact(items, queries, n=3)[0].shape == (40, 3)

    def test_columns_must_fit(self, model):
        with pytest.raises(ValueError, match="as many columns as vectors, 6, got 5"):
            search_exact(item_vectors(model), query_vectors(model, biases=False))

    @pytest.mark.parametrize("of", [equal_lengths, with_zero, lambda v: search_exact(v, [[1, 1]])])
    def test_vectors_must_be_finite_and_two_dimensional(self, of):
        with pytest.raises(ValueError, match="are finite"):
            of([[1, np.nan]])
        with pytest.raises(ValueError, match="a row for each vector"):
            of([1, 2])

    @pytest.mark.parametrize(
        "given, message",
        [
            ([["a"]], "must hold real numbers, got values of type <U1"),
            ([[1 + 2j]], "must hold real numbers, got values of type complex128"),
            ([[None, 1]], "must hold real numbers, got values of type object"),
            ([[1, 2], [3]], "must have a row for each vector and at least one column: "),
            (sp.csr_matrix([[1, 2]]), "must have a row for each vector and at least one column, got a sparse matrix"),
            (np.empty((3, 0)), r"must have a row for each vector and at least one column, got shape \(3, 0\)"),
            ([[1e300, 1]], "holds 1 such values"),
        ],
    )
    def test_wrong_vectors_are_named(self, given, message):
        for name, of in (
            ("vectors", equal_lengths),
            ("queries", with_zero),
            ("vectors", lambda vectors: search_exact(vectors, [[1, 1]])),
            ("queries", lambda queries: search_exact([[1, 1]], queries)),
        ):
            with pytest.raises(ValueError, match=f"{name} {message}"):
                of(given)

    def test_products_beyond_32_bits_are_refused_instead_of_lost(self):
        with pytest.raises(
            ValueError, match=r"inner products that fit in 32 bits.* 3e\+38 in vectors and 3e\+38 in qu"
        ):
            search_exact([[3e38, -3e38], [1, 1]], [[3e38, 3e38]])
        with pytest.raises(ValueError, match="inner products that fit in 32 bits"):
            search_exact([[-3e38, -3e38]], [[1, 1]])
        ids, scores = search_exact([[1e18, -1e18], [1, 1]], [[1e18, 1e18]], n=2)
        assert ids.tolist() == [[1, 0]] and np.isfinite(scores).all()

    @pytest.mark.parametrize("shape", [(3, 5), (1, 5), (2, 4)])
    def test_what_is_excluded_has_a_row_for_each_query(self, shape):
        with pytest.raises(ValueError, match=r"exclude must have a row for each query .*, \(2, 5\), got shape"):
            search_exact(np.ones((5, 2)), np.ones((2, 2)), exclude=sp.csr_matrix(shape))


class TestSearchRecall:
    def test_counts_what_was_found_in_any_order(self):
        assert search_recall([[3, 1, 9], [4, 4, 4], [0, 0, 0]], [[1, 3], [4, 5], [6, 7]]).tolist() == [1, 0.5, 0]

    def test_missing_items_are_not_asked_for(self):
        assert search_recall([[1, -1], [2, 9]], [[1, -1], [-1, -1]]).tolist() == [1, 1]

    def test_keys_of_an_index_are_unsigned(self):
        nothing = np.iinfo(np.uint64).max
        assert search_recall(np.array([[1, nothing]], dtype=np.uint64), [[1, 2]]).tolist() == [0.5]

    def test_a_row_for_each_query(self):
        with pytest.raises(ValueError, match=r"shapes \(1, 2\) and \(2,\)"):
            search_recall([[1, 2]], [1, 2])

    @pytest.mark.parametrize("name", ["found", "exact"])
    @pytest.mark.parametrize(
        "given, message",
        [
            ([["a"]], "must hold whole numbers, the ids of items, got values of type <U1"),
            ([[0.5]], "must hold whole numbers, the ids of items, got values of type float64"),
            ([[1, 2], [3]], "must have a row of ids for each query: "),
        ],
    )
    def test_wrong_ids_are_named(self, name, given, message):
        with pytest.raises(ValueError, match=f"{name} {message}"):
            search_recall(**{"found": [[1]], "exact": [[1]], name: given})

    def test_empty_rows_of_ids(self):
        assert search_recall(np.empty((2, 0)), [[1], [-1]]).tolist() == [0, 1]


class TestWithAnIndex:
    def test_a_patient_search_finds_all(self, model):
        index_module = pytest.importorskip("usearch.index")
        items, queries = item_vectors(model), query_vectors(model)
        exact, _ = search_exact(items, queries, n=10)
        index = index_module.Index(ndim=7, metric="l2sq", dtype="f32", expansion_search=60)
        index.add(np.arange(60), equal_lengths(items), threads=1)
        found = index.search(with_zero(queries), 10, threads=1)
        assert search_recall(found.keys, exact).mean() > 0.99
        assert found.computed_distances > 0
