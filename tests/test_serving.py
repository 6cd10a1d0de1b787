"""Vectors for an index: scores as the model's, neighbors in the order of the scores, and how much a search found."""

import numpy as np
import pytest
import scipy.sparse as sp

from recsys_lessons import LightFM
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
