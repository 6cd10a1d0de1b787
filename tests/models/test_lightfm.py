"""What a LightFM refuses, its scores, ranks and recommendations, and scikit-learn's conventions."""

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys_lessons import LightFM
from tests.models.likes import LOSSES, assert_same_bits, learned, some_features, some_likes, two_groups

N_USERS, N_ITEMS = 12, 17
USERS, ITEMS = np.arange(N_USERS), np.arange(N_ITEMS)


@pytest.fixture(scope="module")
def likes():
    return some_likes(N_USERS, N_ITEMS)


@pytest.fixture(scope="module")
def plain(likes):
    return LightFM(loss="warp", random_state=1).fit(likes, epochs=5)


@pytest.fixture(scope="module")
def features():
    return {"user_features": some_features(N_USERS), "item_features": some_features(N_ITEMS, seed=2)}


@pytest.fixture(scope="module")
def hybrid(likes, features):
    return LightFM(loss="warp", random_state=1).fit(likes, epochs=5, **features)


def all_scores(model, **features):
    """Users x items, from predict."""
    users, items = np.repeat(USERS, N_ITEMS), np.tile(ITEMS, N_USERS)
    return model.predict(users, items, **features).reshape(N_USERS, N_ITEMS)


# ----------------------------------------------------------------------------------------------------- wrong arguments


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("no_components", 0), ("no_components", -1), ("no_components", 2.5), ("no_components", True), ("k", 0),
        ("n", 0), ("n", 1.5), ("learning_schedule", "sgd"), ("loss", "wrap"), ("loss", None), ("learning_rate", 0),
        ("learning_rate", -0.1), ("learning_rate", np.nan), ("learning_rate", np.inf), ("rho", 0), ("rho", 1),
        ("rho", 1.5), ("epsilon", -1), ("item_alpha", -1e-9), ("user_alpha", -1), ("user_alpha", np.nan),
        ("max_sampled", 0), ("max_sampled", -1), ("random_state", -1), ("random_state", "seed"), ("random_state", 1.5),
    ],
)  # fmt: skip
def test_wrong_constructor_arguments(argument, value):
    with pytest.raises(ValueError, match=f"{argument} must (be|lie)"):
        LightFM(**{argument: value})
    model = LightFM()
    before = model.get_params()
    with pytest.raises(ValueError, match=argument):
        model.set_params(**{"no_components": 3, argument: value})
    assert model.get_params() == before


def test_numpy_numbers_are_numbers(likes):
    model = LightFM(no_components=np.int64(4), k=np.int32(1), learning_rate=np.float32(0.1), max_sampled=np.int8(3))
    assert model.fit(likes, epochs=np.int64(2), num_threads=np.int64(1)).item_embeddings.shape == (N_ITEMS, 4)


def broken(matrix, value):
    matrix = matrix.astype(np.float64)
    matrix.data[3] = value
    return matrix


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e300])
@pytest.mark.parametrize("argument", ["interactions", "user_features", "item_features", "sample_weight"])
def test_numbers_that_are_not_finite(likes, features, argument, value):
    given = {"interactions": likes, "sample_weight": abs(likes), **features}
    with pytest.raises(ValueError, match=f"Not all input values are finite.*{argument}"):
        LightFM().fit(**{**given, argument: broken(given[argument], value)})


def wrong_fits(likes):
    """Arguments that `fit` refuses, and what it says."""
    few = sp.identity(5, format="csr")
    moved = sp.coo_matrix((np.ones(likes.nnz), (likes.row[::-1], likes.col[::-1])), shape=likes.shape)
    return {
        "dense": ({"interactions": likes.toarray()}, "interactions must be a scipy.sparse matrix"),
        "list": ({"interactions": [[1]]}, "interactions must be a scipy.sparse matrix"),
        "none": ({"interactions": None}, "interactions must be a scipy.sparse matrix"),
        "complex": ({"interactions": likes.astype(complex)}, "interactions must hold real numbers"),
        "few users": ({"user_features": few}, "user feature rows does not equal the number of users.*5.*12"),
        "few items": ({"item_features": few}, "item feature rows does not equal the number of items.*5.*17"),
        "features of a wrong kind": ({"item_features": "genres"}, "item_features must be"),
        "weights of a wrong shape": ({"sample_weight": sp.coo_matrix((2, 2))}, "must be the same shape"),
        "weights elsewhere": ({"sample_weight": moved}, "must be in the same order"),
        "weights below zero": ({"sample_weight": -abs(likes)}, "sample_weight must not be negative"),
        "dense weights": ({"sample_weight": likes.toarray()}, "sample_weight must be a scipy.sparse matrix"),
        "epochs": ({"epochs": -1}, "epochs must be"),
        "half an epoch": ({"epochs": 1.5}, "epochs must be"),
        "no threads": ({"num_threads": 0}, "Number of threads must be 1 or larger"),
        "callback": ({"callback": 3}, "callback must be"),
    }


@pytest.mark.parametrize("case", wrong_fits(some_likes(N_USERS, N_ITEMS)))
def test_a_fitted_model_survives_a_wrong_fit(likes, case):
    arguments, message = wrong_fits(likes)[case]
    model = LightFM(loss="warp", random_state=1).fit(likes, epochs=2)
    before, history = learned(model), list(model.training_history)
    for method in (model.fit, model.fit_partial):
        with pytest.raises(ValueError, match=message):
            method(**{"interactions": likes, **arguments})
        for name, array in learned(model).items():
            np.testing.assert_array_equal(before[name], array)
        assert model.training_history == history
    assert_same_bits(model.fit_partial(likes), LightFM(loss="warp", random_state=1).fit(likes, epochs=3))


def test_index_arrays_that_point_outside(likes):
    for bad in (-1, N_ITEMS, 2**31 - 1):
        matrix = likes.copy()
        matrix.col = matrix.col.copy()
        matrix.col[0] = bad
        with pytest.raises(ValueError, match="interactions is not a well-formed sparse matrix"):
            LightFM().fit(matrix)


def test_going_on_with_other_features(likes, features, hybrid, plain):
    wide = sp.identity(N_ITEMS + 9, format="csr")
    model = LightFM(random_state=1).fit(likes, **features)
    with pytest.raises(ValueError, match="specifies more features than there are estimated.*23 vs 26"):
        model.fit_partial(likes, user_features=features["user_features"], item_features=wide)
    with pytest.raises(ValueError, match="Incorrect number of features in item_features"):
        narrow = features["item_features"][:, :-1]
        model.fit_partial(likes, user_features=features["user_features"], item_features=narrow)
    with pytest.raises(ValueError, match="specifies more features than there are estimated.*12 vs 20"):
        LightFM().fit(likes).fit_partial(some_likes(20, N_ITEMS))


def test_everything_needs_a_fitted_model(likes, tmp_path):
    model = LightFM()
    for ask in (
        lambda: model.predict(0, [1]),
        lambda: model.predict_rank(likes),
        lambda: model.recommend(0),
        lambda: model.similar_items(0),
        lambda: model.get_item_representations(),
        lambda: model.get_user_representations(),
        lambda: model.fold_in(likes),
        lambda: model.save(tmp_path / "model"),
    ):
        with pytest.raises(ValueError, match="You must fit the model before"):
            ask()
    assert not list(tmp_path.iterdir())
    with pytest.raises(ValueError, match="item_biases can be assigned once the model is fitted"):
        model.item_biases = np.zeros(3)


# --------------------------------------------------------------------------------------------------------- predictions


@pytest.mark.parametrize("one", [3, np.int64(3), np.int32(3), np.uint8(3), np.array(3)])
def test_a_single_user_is_paired_with_all_items(plain, one):
    np.testing.assert_array_equal(plain.predict(one, ITEMS), plain.predict(np.full(N_ITEMS, 3), ITEMS))
    assert plain.predict(one, ITEMS).dtype == np.float32


@pytest.mark.parametrize("dtype", [np.int8, np.uint16, np.int32, np.int64, np.float64, object])
def test_ids_of_any_integer_type(plain, dtype):
    np.testing.assert_array_equal(plain.predict(USERS.astype(dtype), USERS.astype(dtype)), plain.predict(USERS, USERS))
    np.testing.assert_array_equal(plain.predict(USERS.tolist(), tuple(USERS.tolist())), plain.predict(USERS, USERS))


def test_nothing_asked_nothing_given(plain, hybrid, features):
    for model, described in ((plain, {}), (hybrid, features)):
        assert model.predict([], [], **described).shape == (0,)
        assert model.predict(0, [], **described).dtype == np.float32
        assert model.predict(np.array([], dtype=int), np.array([], dtype=int), **described).shape == (0,)
        ids, scores = model.recommend([], n=3, **described)
        assert ids.shape == scores.shape == (0, 3)
        assert model.predict_rank(sp.csr_matrix((N_USERS, N_ITEMS)), **described).nnz == 0
        ids, _ = model.recommend([1, 2], n=3, items=[], **described)
        assert (ids == -1).all()


@pytest.mark.parametrize(
    ("users", "items", "message"),
    [
        ("12", [0], "string|whole numbers"),
        ("1", ["a"], "string|whole numbers"),
        ([0, 1], [0, 1, 2], r"number of user IDs \(2\) to equal the number of item IDs \(3\)"),
        ([-1], [0], "cannot be negative"),
        ([0], [-3], "cannot be negative"),
        ([N_USERS], [0], "12 vs 13|from 0 to 11"),
        ([0], [N_ITEMS], "17 vs 18|from 0 to 16"),
        ([0], [2**31], "largest possible"),
        ([2**40], [0], "largest possible"),
        ([2**70], [0], "largest possible"),
        ([0.5], [0], "whole numbers"),
        ([np.nan], [0], "whole numbers"),
        ([True], [0], "whole numbers"),
        ([[0]], [[0]], "one-dimensional"),
    ],
)
def test_wrong_ids(plain, users, items, message):
    with pytest.raises(ValueError, match=message):
        plain.predict(users, items)


def test_ids_beyond_the_feature_matrix(hybrid, features):
    with pytest.raises(ValueError, match="item_ids holds the id 17"):
        hybrid.predict(0, [N_ITEMS], **features)


def test_missing_columns_are_an_error_everywhere(hybrid, likes, features):
    narrow = {**features, "item_features": features["item_features"][:, :-1]}
    wide = {**features, "item_features": sp.csr_matrix((N_ITEMS, 40))}
    absent = {"user_features": features["user_features"]}
    for described, message in (
        (narrow, "Incorrect number of features in item_features"),
        (wide, "specifies more features than"),
        (absent, "item_features is missing"),
    ):
        for ask in (
            lambda described=described: hybrid.predict(0, [1], **described),
            lambda described=described: hybrid.predict_rank(likes, **described),
            lambda described=described: hybrid.recommend(0, **described),
            lambda described=described: hybrid.fold_in(likes, item_features=described.get("item_features")),
        ):
            with pytest.raises(ValueError, match=message):
                ask()


def test_new_rows_of_known_features(hybrid, features):
    # An item that is described by the same features scores the same, whether or not it was there in training.
    items = features["item_features"]
    more = sp.vstack([items, items[4]], format="csr")
    both = {**features, "item_features": more}
    np.testing.assert_array_equal(
        hybrid.predict(USERS, np.full(12, N_ITEMS), **both), all_scores(hybrid, **features)[:, 4]
    )
    ids, _ = hybrid.recommend(USERS, n=N_ITEMS + 1, **both)
    assert (ids == N_ITEMS).any(axis=1).all()


def test_scores_are_products_of_representations(hybrid, features):
    user_biases, users = hybrid.get_user_representations(features["user_features"])
    item_biases, items = hybrid.get_item_representations(features["item_features"].toarray())
    assert users.dtype == items.dtype == user_biases.dtype == np.float32
    expected = users.astype(float) @ items.T.astype(float) + user_biases[:, None] + item_biases
    np.testing.assert_allclose(all_scores(hybrid, **features), expected, atol=1e-6)
    dense = features["item_features"].toarray()
    np.testing.assert_allclose(items, dense @ hybrid.item_embeddings, atol=1e-6)
    assert hybrid.get_item_representations()[1].base is not None
    np.testing.assert_array_equal(hybrid.get_item_representations()[1], hybrid.item_embeddings)


# -------------------------------------------------------------------- predict, ranks and recommendations hold together


def check_consistent(model, described, train):
    scores = all_scores(model, **described)
    everything = sp.csr_matrix(np.ones((N_USERS, N_ITEMS)))
    ranks = model.predict_rank(everything, **described)
    assert ranks.dtype == np.float32
    for user in USERS:
        expected = [(scores[user] >= score).sum() - 1 for score in scores[user]]
        assert ranks[[user]].toarray()[0].tolist() == expected
    ids, listed = model.recommend(USERS, n=N_ITEMS, **described)
    for user in USERS:
        np.testing.assert_array_equal(listed[user], scores[user, ids[user]])
        assert ids[user].tolist() == sorted(range(N_ITEMS), key=lambda item: (-scores[user, item], item))

    seen = np.zeros(train.shape, bool)
    seen[train.row, train.col] = True
    unseen = sp.csr_matrix(~seen)
    ranks = model.predict_rank(unseen, train, **described).toarray()
    ids, listed = model.recommend(USERS, n=N_ITEMS, exclude=train, **described)
    for user in USERS:
        others = scores[user][~seen[user]]
        for item in np.flatnonzero(~seen[user]):
            assert ranks[user, item] == (others >= scores[user, item]).sum() - 1
        kept = ids[user][ids[user] >= 0]
        assert set(kept) == set(np.flatnonzero(~seen[user]))
        assert np.isneginf(listed[user][len(kept) :]).all()


@pytest.mark.parametrize("loss", LOSSES)
def test_scores_ranks_and_lists_agree_in_bits(loss, likes, features):
    for described in ({}, features):
        check_consistent(LightFM(loss=loss, random_state=1).fit(likes, epochs=3, **described), described, likes)


def test_ties(likes):
    model = LightFM(random_state=1).fit(likes)
    model.item_embeddings[:] = np.round(model.item_embeddings * 20)
    model.user_embeddings[:] = np.round(model.user_embeddings * 20)
    model.item_biases[:] = 0
    assert len(np.unique(model.predict(0, ITEMS))) < N_ITEMS
    check_consistent(model, {}, likes)
    model.item_embeddings[:] = 0
    ranks = model.predict_rank(likes)
    assert (ranks.data == N_ITEMS - 1).all()


@given(st.permutations(list(range(N_ITEMS))))
@settings(max_examples=20)
def test_permuting_items_permutes_everything(order):
    likes, described = some_likes(N_USERS, N_ITEMS), some_features(N_ITEMS, seed=2)
    model = LightFM(loss="warp", random_state=1).fit(likes, item_features=described, epochs=2)
    scores = all_scores(model, item_features=described)
    permuted = described[order]
    np.testing.assert_array_equal(all_scores(model, item_features=permuted), scores[:, order])
    columns = likes.tocsc()[:, order]
    ranks = model.predict_rank(likes, item_features=described).toarray()
    np.testing.assert_array_equal(model.predict_rank(columns, item_features=permuted).toarray(), ranks[:, order])
    ids, listed = model.recommend(USERS, n=4, item_features=described)
    other_ids, other_listed = model.recommend(USERS, n=4, item_features=permuted)
    np.testing.assert_array_equal(listed, other_listed)
    np.testing.assert_array_equal(ids, np.array(order)[other_ids])


def test_ranks_of_stored_entries(plain):
    stored = sp.csr_matrix(([0.0, 5.0], ([1, 1], [2, 3])), shape=(N_USERS, N_ITEMS))
    ranks = plain.predict_rank(stored)
    assert ranks.nnz == 2
    assert ranks.has_sorted_indices
    twice = sp.coo_matrix(([1.0, 1.0, 1.0], ([1, 1, 1], [2, 2, 3])), shape=(N_USERS, N_ITEMS))
    np.testing.assert_array_equal(plain.predict_rank(twice).toarray(), ranks.toarray())


def test_test_and_train_must_not_overlap(plain, likes):
    overlap = sp.csr_matrix(likes)
    with pytest.raises(ValueError, match=f"share {overlap.nnz} interactions.*check your data split"):
        plain.predict_rank(likes, likes)
    ranks = plain.predict_rank(likes, likes, check_intersections=False)
    assert ranks.shape == likes.shape
    with pytest.raises(ValueError, match="must have the shape of test_interactions"):
        plain.predict_rank(likes, sp.csr_matrix((3, 3)))
    with pytest.raises(ValueError, match="12 vs 13"):
        plain.predict_rank(sp.csr_matrix((13, N_ITEMS)))


def test_threads_change_no_rank_and_no_list(plain, likes):
    np.testing.assert_array_equal(plain.predict_rank(likes).data, plain.predict_rank(likes, num_threads=3).data)
    for one, other in zip(plain.recommend(USERS), plain.recommend(USERS, num_threads=20), strict=True):
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(plain.predict(USERS, USERS), plain.predict(USERS, USERS, num_threads=2))


def test_recommending_among_candidates(plain, likes):
    scores = all_scores(plain)
    ids, listed = plain.recommend([5, 0, 5], n=3, items=[9, 2, 9, 14], exclude=None)
    assert ids.dtype == np.int32
    for row, user in enumerate((5, 0, 5)):
        assert ids[row].tolist() == sorted([9, 2, 14], key=lambda item: -scores[user, item])
        np.testing.assert_array_equal(listed[row], scores[user, ids[row]])
    one, score = plain.recommend(5, n=2, items=[9])
    assert one.tolist() == [9, -1]
    assert score.shape == (2,)
    excluded, _ = plain.recommend(5, n=2, items=[9], exclude=sp.csr_matrix(([1], ([5], [9])), shape=likes.shape))
    assert excluded.tolist() == [-1, -1]


def test_an_excluded_entry_may_be_a_stored_zero(plain, likes):
    best = plain.recommend(0, n=1)[0][0]
    zero = sp.coo_matrix(([0.0], ([0], [best])), shape=likes.shape)
    assert plain.recommend(0, n=1, exclude=zero)[0][0] != best


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n": 0}, "n must be a positive integer"), ({"n": 1.5}, "n must be"), ({"user_ids": N_USERS}, "user_ids"),
        ({"user_ids": -1}, "cannot be negative"), ({"items": [N_ITEMS]}, "items holds the id"),
        ({"exclude": np.ones((12, 17))}, "exclude must be"), ({"exclude": sp.csr_matrix((12, 3))}, "exclude must have"),
        ({"exclude": sp.csr_matrix((2, 17)), "user_ids": 5}, "exclude must have"),
        ({"num_threads": 0}, "Number of threads"),
    ],
)  # fmt: skip
def test_wrong_wishes(plain, arguments, message):
    with pytest.raises(ValueError, match=message):
        plain.recommend(**{"user_ids": 0, **arguments})


@pytest.mark.parametrize("described", [False, True], ids=["identity", "features"])
def test_similar_items(plain, hybrid, features, described):
    model, items = (hybrid, features["item_features"]) if described else (plain, None)
    _, embeddings = model.get_item_representations(items)
    unit = embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True)
    cosines = unit @ unit.T
    np.fill_diagonal(cosines, -np.inf)
    ids, found = model.similar_items(ITEMS, n=5, item_features=items)
    for item in ITEMS:
        np.testing.assert_allclose(found[item], np.sort(cosines[item])[::-1][:5], atol=1e-6)
        assert item not in ids[item]
    one, cosine = model.similar_items(3, n=5, item_features=items)
    np.testing.assert_array_equal(one, ids[3])
    np.testing.assert_array_equal(cosine, found[3])


# -------------------------------------------------------------------------------------------------------------- fold_in


@pytest.mark.parametrize("loss", LOSSES)
def test_folding_in(loss):
    train, test = two_groups(60, 40)
    if loss == "logistic":
        rest = -1.0 * (train.toarray() + test.toarray() == 0)
        train = sp.coo_matrix(train.toarray() + rest)
    old, new = slice(0, 50), slice(50, 60)
    model = LightFM(loss=loss, random_state=1).fit(train.tocsr()[old], epochs=20)
    before, stream = learned(model), model._stream.copy()
    folded = model.fold_in(train.tocsr()[new])
    for name, array in learned(model).items():
        np.testing.assert_array_equal(before[name], array, err_msg=name)
    np.testing.assert_array_equal(stream, model._stream)
    np.testing.assert_array_equal(folded.item_embeddings, model.item_embeddings)
    assert folded.item_embeddings.base is not model.item_embeddings.base
    assert folded.user_embeddings.shape == (10, 10)

    held_out, known = test.tocsr()[new], sp.csr_matrix(train.toarray()[new] > 0)
    with_history = folded.predict_rank(held_out, known).data
    popular = LightFM(loss=loss, random_state=1).fit(train.tocsr()[new], epochs=0)
    popular.item_biases, popular.item_embeddings = model.item_biases, np.zeros((40, 10))
    without = popular.predict_rank(held_out, known).data
    assert with_history.mean() < 0.7 * without.mean()


def test_folding_in_starts_from_the_features(likes, features, hybrid):
    first, nobody = likes.tocsr()[:3], sp.csr_matrix((3, N_ITEMS))
    described = {"user_features": features["user_features"][:3], "item_features": features["item_features"]}
    silent = hybrid.fold_in(nobody, **described)
    np.testing.assert_array_equal(
        silent.predict(USERS[:3], USERS[:3], item_features=features["item_features"]),
        hybrid.predict(USERS[:3], USERS[:3], **features),
    )
    folded = hybrid.fold_in(first, **described)
    assert not np.array_equal(folded.user_embeddings, silent.user_embeddings)
    ids, _ = folded.recommend([0, 1, 2], n=3, exclude=first, item_features=features["item_features"])
    assert ids.shape == (3, 3)
    assert_same_bits(folded, hybrid.fold_in(first, **described))


# --------------------------------------------------------------------------------------------------------- scikit-learn


def test_params():
    model = LightFM(loss="bpr", no_components=7)
    params = model.get_params()
    assert params["loss"] == "bpr"
    assert len(params) == 12
    assert model.set_params(loss="warp", k=3) is model
    assert (model.loss, model.k, model.no_components) == ("warp", 3, 7)
    with pytest.raises(ValueError, match="Invalid parameter lose for estimator LightFM"):
        model.set_params(lose="warp")
    model.set_params(random_state=3).fit(some_likes())
    assert repr(model) == "LightFM(no_components=7, k=3, loss='warp', random_state=3)"
    assert repr(LightFM()) == "LightFM()"
    assert eval(repr(model)).get_params() == model.get_params()


def test_another_number_of_components_means_not_fitted(likes):
    model = LightFM(random_state=1).fit(likes)
    model.set_params(learning_rate=0.1).predict(0, [1])
    model.set_params(no_components=5)
    with pytest.raises(ValueError, match="You must fit"):
        model.predict(0, [1])


def test_fit_returns_the_model(likes):
    model = LightFM()
    assert model.fit(likes) is model
    assert model.fit_partial(likes) is model


def test_clone(likes):
    sklearn = pytest.importorskip("sklearn.base", reason="scikit-learn is not installed")
    model = LightFM(loss="warp", no_components=6, random_state=5).fit(likes)
    copy = sklearn.clone(model)
    assert copy.get_params() == model.get_params()
    assert copy.item_embeddings is None
    assert_same_bits(copy.fit(likes), model)


def test_randomized_search(likes):
    selection = pytest.importorskip("sklearn.model_selection", reason="scikit-learn is not installed")
    train, test = two_groups(40, 30)

    search = selection.RandomizedSearchCV(
        LightFM(loss="warp", random_state=1, learning_rate=0.2),
        {"no_components": [1, 2, 16], "loss": ["warp", "bpr"]},
        n_iter=4,
        scoring=lambda model, interactions, y=None: -model.predict_rank(test).data.mean(),
        cv=[(np.arange(40), np.arange(40))],
        random_state=0,
    )
    search.fit(train.tocsr())
    assert search.best_params_["no_components"] in (1, 2, 16)
    assert search.best_score_ == max(search.cv_results_["mean_test_score"])
    assert len(search.best_estimator_.training_history) == 1


def test_forgotten_features_are_missed_even_where_they_are_as_many_as_items(likes):
    n_items = likes.shape[1]
    described = sp.csr_matrix(np.tri(n_items, dtype=np.float32))
    model = LightFM(loss="warp", random_state=1).fit(likes, item_features=described)
    for forget in (
        lambda: model.predict(0, [0]),
        lambda: model.predict_rank(likes),
        lambda: model.recommend(0),
        lambda: model.fit_partial(likes),
        lambda: model.fold_in(likes),
    ):
        with pytest.raises(ValueError, match="item_features is missing"):
            forget()


def test_an_identity_matrix_may_be_left_out_later(likes):
    identity = sp.identity(likes.shape[1], dtype=np.float32, format="csr")
    model = LightFM(loss="warp", random_state=1).fit(likes, item_features=identity)
    np.testing.assert_array_equal(model.predict(0, [0, 1]), model.predict(0, [0, 1], item_features=identity))
    assert model.fit_partial(likes).recommend(0, n=1)[0].shape == (1,)


def test_a_banned_item_comes_last(likes):
    model = LightFM(loss="warp", random_state=1).fit(likes)
    model.item_biases[3] = -np.inf
    n_items = likes.shape[1]
    everything = sp.csr_matrix(np.ones((1, n_items), dtype=np.float32))
    user = sp.csr_matrix(([1.0], ([0], [0])), shape=(1, likes.shape[0]), dtype=np.float32)
    assert model.predict_rank(everything, user_features=user).toarray()[0, 3] == n_items - 1
    known = sp.csr_matrix(([1.0, 1.0], ([0, 0], [0, 1])), shape=(1, n_items))
    banned = sp.csr_matrix(([1.0], ([0], [3])), shape=(1, n_items))
    assert model.predict_rank(banned, known, user_features=user).data.tolist() == [n_items - 3]


def test_another_schedule_starts_anew(likes):
    # Adagrad divides by the root of sums that Adadelta starts at zero.
    model = LightFM(learning_schedule="adadelta").fit(likes).set_params(learning_schedule="adagrad")
    assert model.item_embeddings is None
    assert np.isfinite(model.fit_partial(likes).item_embeddings).all()


def test_new_users_are_folded_in_with_all_items(likes):
    model = LightFM(loss="warp", random_state=1).fit(likes)
    with pytest.raises(ValueError, match="interactions must have a column for each of"):
        model.fold_in(likes.tocsc()[:, :2])
    assert not model.fold_in(likes, epochs=0).user_embeddings.any()


@pytest.mark.parametrize("name", ["max_sampled", "k", "n", "no_components"])
def test_absurd_numbers_are_refused(name):
    with pytest.raises(ValueError, match=f"{name} must be at most 2147483647"):
        LightFM(**{name: 10**12})


def test_the_suffix_may_be_left_out(likes, tmp_path):
    model = LightFM(random_state=1).fit(likes)
    model.save(tmp_path / "model")
    np.testing.assert_array_equal(LightFM.load(tmp_path / "model").item_embeddings, model.item_embeddings)
