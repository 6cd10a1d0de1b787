"""The baselines: worked numbers, best biases, the interface and the errors of the other models."""

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st

from recsys_lessons import BiasOnly, FunkSVD, GlobalMean, Popularity
from recsys_lessons.evaluation import precision_at_k, rmse
from recsys_lessons.kernels import biases

ALL = [GlobalMean(), BiasOnly(), Popularity(), Popularity(by="ratings", damping=2)]
RANKING = ALL[1:]


def named(model) -> str:
    return repr(model)


@pytest.fixture
def ratings() -> sp.coo_matrix:
    """Three users and four items; the rating of item 2 is a stored 0, item 3 has none, user 0 rated item 0 twice."""
    users, items = [0, 0, 0, 1, 1, 2], [0, 0, 1, 0, 2, 1]
    return sp.coo_matrix(([5.0, 3.0, 1.0, 4.0, 0.0, 2.0], (users, items)), shape=(3, 4))


def some_ratings(seed, n_users=12, n_items=9) -> sp.coo_matrix:
    source = np.random.default_rng(seed)
    users, items = np.nonzero(source.random((n_users, n_items)) < 0.6)
    values = 3 + source.normal(0, 1, n_users)[users] + source.normal(0, 1, n_items)[items]
    noise = source.normal(0, 0.3, len(users))
    return sp.coo_matrix(((values + noise).astype(np.float32), (users, items)), shape=(n_users, n_items))


def test_the_global_mean_counts_every_stored_rating(ratings):
    model = GlobalMean().fit(ratings)
    assert model.global_mean == 2.5
    assert model.predict([0, 2, 1], [3, 0, 2]).tolist() == [2.5, 2.5, 2.5]
    assert not hasattr(model, "predict_rank") and not hasattr(model, "recommend")


def test_popularity_counts_positive_interactions(ratings):
    model = Popularity().fit(ratings)
    assert model.item_popularity.tolist() == [3, 2, 0, 0]
    assert model.predict(2, [0, 1, 2]).tolist() == [3, 2, 0]
    assert model.recommend(1, n=4)[0].tolist() == [0, 1, 2, 3]
    ranks = model.predict_rank(sp.coo_matrix(np.ones((3, 4)))).toarray()
    # The two items without a positive interaction stand behind each other.
    assert ranks.tolist() == [[0, 1, 3, 3]] * 3
    ids, scores = model.recommend([0, 1], n=3, exclude=ratings)
    assert ids.tolist() == [[2, 3, -1], [1, 3, -1]]
    assert scores.tolist() == [[0, 0, -np.inf], [2, 0, -np.inf]]


def test_popularity_by_ratings_is_a_mean_and_damping_pulls_it_to_the_mean_of_all(ratings):
    plain = Popularity(by="ratings").fit(ratings)
    assert plain.item_popularity.tolist() == [4, 1.5, 0, 2.5]
    assert plain.recommend(0, n=4)[0].tolist() == [0, 3, 1, 2]
    damped = Popularity(by="ratings", damping=3).fit(ratings)
    expected = [(12 + 7.5) / 6, (3 + 7.5) / 5, (0 + 7.5) / 4, 2.5]
    np.testing.assert_allclose(damped.predict(0, [0, 1, 2, 3]), expected, rtol=1e-6)


def test_one_epoch_of_biases_by_hand():
    ratings = sp.coo_matrix([[5.0, 3.0], [1.0, 0.0]])
    model = BiasOnly(item_regularization=1, user_regularization=2, epochs=1, clip=False).fit(ratings)
    # The mean is 3. Items: (2 - 2) / (1 + 2) = 0 and 0 / (1 + 1) = 0. Users: (2 + 0) / (2 + 2) and -2 / (2 + 1).
    np.testing.assert_allclose(model.item_biases, [0, 0], atol=1e-7)
    np.testing.assert_allclose(model.user_biases, [0.5, -2 / 3], rtol=1e-6)
    np.testing.assert_allclose(model.predict([0, 1], [0, 1]), [3.5, 3 - 2 / 3], rtol=1e-6)
    # Errors: 5 - 3.5, 3 - 3.5 and 1 - 7/3.
    loss = (1.5**2 + 0.5**2 + (4 / 3) ** 2) / 3
    assert model.training_history == [{"loss": pytest.approx(loss), "rmse": pytest.approx(np.sqrt(loss)), "ratings": 3}]


@given(st.integers(0, 1000), st.sampled_from([(0.5, 4.0), (10.0, 15.0), (3.0, 0.0)]))
def test_biases_solve_the_penalized_least_squares(seed, penalties):
    ratings = some_ratings(seed)
    model = BiasOnly(*penalties, epochs=300, clip=False).fit(ratings)
    n_users, n_items = ratings.shape
    # The same problem as one linear system: the user's and the item's column, and a row for each penalty.
    design = np.zeros((ratings.nnz, n_users + n_items))
    design[np.arange(ratings.nnz), ratings.row] = 1
    design[np.arange(ratings.nnz), n_users + ratings.col] = 1
    roots = np.sqrt(np.repeat([penalties[1], penalties[0]], [n_users, n_items]))
    target = np.concatenate([ratings.data - ratings.data.mean(dtype=float), np.zeros(n_users + n_items)])
    best = np.linalg.lstsq(np.vstack([design, np.diag(roots)]), target, rcond=None)[0]
    np.testing.assert_allclose(np.concatenate([model.user_biases, model.item_biases]), best, atol=2e-3)


def test_a_funk_svd_without_embeddings_learns_nearly_these_biases():
    ratings = some_ratings(3, n_users=40, n_items=30)
    slow = FunkSVD(no_components=1, init_std=0, epochs=600, learning_rate=0.01, regularization=0.05, clip=False)
    slow.fit(ratings)
    # Each rating is penalized by 0.05 there, so a user's penalty grows with their number of ratings, here about 21.
    exact = BiasOnly(item_regularization=0.05 * 24, user_regularization=0.05 * 18, epochs=100, clip=False).fit(ratings)
    np.testing.assert_allclose(slow.user_biases, exact.user_biases, atol=0.1)
    np.testing.assert_allclose(slow.item_biases, exact.item_biases, atol=0.1)
    assert not slow.user_embeddings.any()
    assert np.ptp(exact.user_biases) > 1


def test_folding_in_gives_new_users_the_bias_they_would_have():
    ratings = some_ratings(4).tocsr()
    model = BiasOnly(epochs=200).fit(ratings)
    again = model.fold_in(ratings[[2, 5]])
    np.testing.assert_allclose(again.user_biases, model.user_biases[[2, 5]], rtol=1e-5)
    np.testing.assert_array_equal(again.item_biases, model.item_biases)
    new = sp.csr_matrix(([5.0, 5.0], ([0, 0], [1, 2])), shape=(2, 9))
    folded = model.fold_in(new)
    left = 10 - 2 * model.global_mean - model.item_biases[[1, 2]].sum()
    np.testing.assert_allclose(folded.user_biases, [left / (15 + 2), 0], rtol=1e-5)
    assert rmse(folded, new) < rmse(model.fold_in(sp.csr_matrix((2, 9))), new)


def test_predictions_of_biases_are_clipped_and_ranks_are_not(ratings):
    model = BiasOnly().fit(ratings)
    model.item_biases = [90, 91, -90, 0]
    assert model.predict(0, [0, 1, 2]).tolist() == [5, 5, 0]
    assert model.recommend(0, n=2)[0].tolist() == [1, 0]
    assert BiasOnly(clip=False).fit(ratings).rating_range == (0.0, 5.0)
    model.clip = False
    assert model.predict(0, [0])[0] > 80


# ------------------------------------------------------------------------------------------- the common interface


@pytest.mark.parametrize("model", ALL, ids=named)
def test_a_saved_baseline_predicts_the_same(model, ratings, tmp_path):
    model = type(model)(**model.get_params()).fit(ratings)
    loaded = type(model).load(model.save(tmp_path / "baseline"))
    assert loaded.get_params() == model.get_params()
    np.testing.assert_array_equal(loaded.predict(1, range(4)), model.predict(1, range(4)))
    assert loaded.training_history == model.training_history


@pytest.mark.parametrize("model", ALL, ids=named)
def test_folding_in_makes_the_new_rows_the_users(model, ratings):
    model = type(model)(**model.get_params()).fit(ratings)
    folded = model.fold_in(ratings.tocsr()[[1]])
    np.testing.assert_allclose(folded.predict(0, range(4)), model.predict(1, range(4)), atol=0.3)
    with pytest.raises(ValueError, match="user_ids holds the id 1, but the ids known here go from 0 to 0"):
        folded.predict(1, [0])
    with pytest.raises(ValueError, match="a column for each of the 4 items in training, got 3"):
        model.fold_in(ratings.tocsr()[:, :3])


@pytest.mark.parametrize("model", ALL, ids=named)
def test_a_clone_is_unfitted_and_has_the_same_arguments(model, ratings):
    base = pytest.importorskip("sklearn.base", reason="scikit-learn is not installed")
    clone = base.clone(type(model)(**model.get_params()).fit(ratings))
    assert repr(clone) == repr(model)
    assert clone.global_mean is None
    with pytest.raises(ValueError, match="You must fit the model before trying to obtain predictions"):
        clone.predict(0, [0])


@pytest.mark.parametrize("model", RANKING, ids=named)
def test_ranks_and_recommendations_follow_from_the_predictions(model):
    ratings = some_ratings(8)
    model = type(model)(**model.get_params()).fit(ratings)
    model.clip = False
    for user in range(12):
        scores = model.predict(user, np.arange(9))
        ids, best = model.recommend(user, n=9)
        assert ids.tolist() == np.lexsort((np.arange(9), -scores)).tolist()
        np.testing.assert_array_equal(best, scores[ids])
    ranks = model.predict_rank(sp.coo_matrix(np.ones((12, 9)))).toarray()
    scores = np.stack([model.predict(user, np.arange(9)) for user in range(12)])
    np.testing.assert_array_equal(ranks, (scores[:, None, :] >= scores[:, :, None]).sum(axis=2) - 1)
    assert precision_at_k(model, ratings, k=3).shape == (12,)


@given(st.integers(0, 100), st.sampled_from(RANKING))
def test_permuting_users_and_items_permutes_the_results(seed, model):
    ratings = some_ratings(seed).tocsr()
    source = np.random.default_rng(seed)
    users, items = source.permutation(12), source.permutation(9)
    model = type(model)(**model.get_params()).fit(ratings)
    permuted = type(model)(**model.get_params()).fit(ratings[users][:, items])
    expected = np.stack([model.predict(user, items) for user in users])
    scores = np.stack([permuted.predict(user, np.arange(9)) for user in range(12)])
    # The sums over ratings come in another order, so the last digits may differ.
    np.testing.assert_allclose(scores, expected, rtol=1e-5)


@given(
    st.sampled_from(["coo", "csr", "csc", "lil", "dok"]), st.sampled_from([np.int8, np.int64, np.float64]),
    st.sampled_from(ALL),
)  # fmt: skip
def test_every_sparse_format_and_type_gives_the_same_model(format_, dtype, model):
    dense = np.array([[5, 3, 0, 1], [0, 0, 2, 4]])
    expected = type(model)(**model.get_params()).fit(sp.csr_matrix(dense)).predict(1, range(4))
    given_ratings = sp.coo_array(dense.astype(dtype)).asformat(format_)
    predicted = type(model)(**model.get_params()).fit(given_ratings).predict(1, range(4))
    np.testing.assert_allclose(predicted, expected, rtol=1e-6)
    np.testing.assert_array_equal(given_ratings.toarray(), dense)


def test_read_only_arrays_compile_nothing_new(ratings):
    BiasOnly().fit(ratings)
    compiled = len(biases.damped_means.signatures)
    for array in (ratings.row, ratings.col, ratings.data):
        array.flags.writeable = False
    BiasOnly().fit(ratings)
    assert len(biases.damped_means.signatures) == compiled


# --------------------------------------------------------------------------------------------------------- errors


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: BiasOnly(item_regularization=-1), "item_regularization must be a finite number of at least 0, got -1"),
        (lambda: BiasOnly(user_regularization="a"), "user_regularization must be a finite number .* got 'a'"),
        (lambda: BiasOnly(epochs=0), "epochs must be a positive integer, got 0"),
        (lambda: BiasOnly(clip=1), "clip must be True or False, got 1"),
        (lambda: Popularity(by="rating"), r"by must be one of .*, got 'rating'. Did you mean 'ratings'"),
        (lambda: Popularity(damping=-2), "damping must be a finite number of at least 0, got -2"),
    ],
)  # fmt: skip
def test_wrong_constructor_arguments(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize("model", ALL, ids=named)
def test_wrong_ratings(model):
    for wrong, message in (
        (np.ones((2, 2)), "ratings must be a scipy.sparse matrix"),
        (sp.coo_matrix((2, 2)), "ratings must hold at least one rating"),
        (sp.coo_matrix([[np.nan]]), "Not all input values are finite"),
    ):
        with pytest.raises(ValueError, match=message):
            type(model)(**model.get_params()).fit(wrong)


@pytest.mark.parametrize("model", ALL, ids=named)
def test_wrong_questions(model, ratings):
    model = type(model)(**model.get_params()).fit(ratings)
    with pytest.raises(ValueError, match="user_ids holds the id 3"):
        model.predict(3, [0])
    with pytest.raises(ValueError, match="item_ids holds the id 4"):
        model.predict(0, [4])
    with pytest.raises(ValueError, match="User or item ids cannot be negative"):
        model.predict(0, [-1])
    assert model.predict([], []).shape == (0,)
    if model.__class__ is not GlobalMean:
        with pytest.raises(ValueError, match=f"user_features must be None: {type(model).__name__} has no features"):
            model.predict_rank(ratings, user_features=sp.eye_array(3))
        with pytest.raises(ValueError, match="n must be a positive integer, got 0"):
            model.recommend(0, n=0)


def test_a_newer_file_is_refused(ratings, tmp_path, monkeypatch):
    monkeypatch.setattr("recsys_lessons.models.files.FORMAT", 7)
    path = GlobalMean().fit(ratings).save(tmp_path / "newer")
    monkeypatch.undo()
    with pytest.raises(ValueError, match=r"newer.npz was written by a newer version of recsys_lessons \(format 7\)"):
        GlobalMean.load(path)
