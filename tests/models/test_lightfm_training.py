"""Training a LightFM: what is exact."""

import inspect
import threading

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys_lessons import LightFM
from recsys_lessons.kernels.training import learn_entries
from tests.models.likes import (
    LEARNED,
    LOSSES,
    SCHEDULES,
    assert_same_bits,
    learned,
    some_features,
    some_likes,
    two_groups,
)

PAIRWISE = LOSSES[1:]
each_loss = pytest.mark.parametrize("loss", LOSSES)
each_schedule = pytest.mark.parametrize("schedule", SCHEDULES)


def test_the_constructor_is_lightfms():
    parameters = inspect.signature(LightFM).parameters
    assert {name: parameter.default for name, parameter in parameters.items()} == {
        "no_components": 10, "k": 5, "n": 10, "learning_schedule": "adagrad", "loss": "logistic",
        "learning_rate": 0.05, "rho": 0.95, "epsilon": 1e-6, "item_alpha": 0.0, "user_alpha": 0.0, "max_sampled": 10,
        "random_state": None,
    }  # fmt: skip
    assert list(inspect.signature(LightFM.fit).parameters)[1:8] == [
        "interactions", "user_features", "item_features", "sample_weight", "epochs", "num_threads", "verbose",
    ]  # fmt: skip
    assert list(inspect.signature(LightFM.predict).parameters)[1:] == [
        "user_ids", "item_ids", "item_features", "user_features", "num_threads",
    ]  # fmt: skip


# ---------------------------------------------------------------------------------------------------- exact equalities


@each_schedule
@each_loss
def test_two_epochs_are_twice_one_epoch(loss, schedule):
    likes = some_likes()
    arguments = {"loss": loss, "learning_schedule": schedule, "random_state": 3}
    together = LightFM(**arguments).fit(likes, epochs=2)
    apart = LightFM(**arguments).fit_partial(likes).fit_partial(likes)
    assert_same_bits(together, apart)
    assert together.training_history == apart.training_history


@each_schedule
@each_loss
def test_identity_features_are_no_features_to_the_last_bit(loss, schedule):
    likes = some_likes()
    arguments = {"loss": loss, "learning_schedule": schedule, "random_state": 3, "user_alpha": 0.01, "item_alpha": 0.01}
    plain = LightFM(**arguments).fit(likes, epochs=3)
    for described in (
        {"user_features": sp.identity(12, format="csr")},
        {"item_features": sp.identity(17, format="csr")},
        {"user_features": sp.identity(12, format="csr"), "item_features": sp.identity(17, format="csr")},
    ):
        model = LightFM(**arguments).fit(likes, epochs=3, **described)
        assert_same_bits(plain, model)
        assert plain.training_history == model.training_history
        np.testing.assert_array_equal(plain.predict(3, np.arange(17)), model.predict(3, np.arange(17), **described))


@each_loss
def test_equal_seeds_equal_models(loss):
    likes = some_likes()
    model = LightFM(loss=loss, random_state=10).fit(likes, epochs=2)
    assert_same_bits(model, LightFM(loss=loss, random_state=10).fit(likes, epochs=2))
    assert_same_bits(model, LightFM(loss=loss, random_state=np.int64(10)).fit(likes, epochs=2))
    other = LightFM(loss=loss, random_state=11).fit(likes, epochs=2)
    assert not np.array_equal(model.item_embeddings, other.item_embeddings)


def test_fit_with_a_seed_starts_anew_and_with_an_object_goes_on():
    likes = some_likes()
    seeded = LightFM(random_state=10)
    assert_same_bits(LightFM(random_state=10).fit(likes), seeded.fit(likes).fit(likes))
    for source in (np.random.RandomState(4), np.random.default_rng(4)):
        model = LightFM(random_state=source)
        first = model.fit(likes).item_embeddings.copy()
        assert not np.array_equal(first, model.fit(likes).item_embeddings)
        again = type(source)(np.random.PCG64(4)) if isinstance(source, np.random.Generator) else type(source)(4)
        np.testing.assert_array_equal(first, LightFM(random_state=again).fit(likes).item_embeddings)


def test_global_random_state_is_neither_read_nor_moved():
    likes = some_likes()
    np.random.seed(1)  # noqa: NPY002
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    LightFM(loss="warp").fit(likes)
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002
    one = LightFM(loss="warp").fit(likes)
    np.random.seed(1)  # noqa: NPY002
    assert not np.array_equal(one.item_embeddings, LightFM(loss="warp").fit(likes).item_embeddings)


# --------------------------------------------------------------------------------------------------------- the numbers


@each_schedule
def test_first_numbers(schedule):
    model = LightFM(no_components=7, learning_schedule=schedule, random_state=1).fit(some_likes(), epochs=0)
    first = 1.0 if schedule == "adagrad" else 0.0
    for name, array in learned(model).items():
        assert array.dtype == np.float32
        n_rows = 17 if name.startswith("item") else 12
        assert array.shape == ((n_rows, 7) if "embedding" in name else (n_rows,))
        if name.endswith("embeddings"):
            assert 0 < np.abs(array).max() <= 0.5 / 7
        else:
            assert (array == (first if name.endswith("gradients") else 0.0)).all()
    assert model.training_history == []


def test_adagrad_has_no_momentum():
    model = LightFM(loss="warp", random_state=1).fit(some_likes(), epochs=3)
    assert not any(array.any() for name, array in learned(model).items() if name.endswith("momentum"))
    assert (model.item_embedding_gradients >= 1).all()
    assert (model.item_embedding_gradients > 1).any()


@each_loss
def test_history(loss):
    likes = some_likes()
    model = LightFM(loss=loss, random_state=1).fit(likes, epochs=3)
    assert len(model.training_history) == 3
    n_learned = likes.nnz if loss == "logistic" else int((likes.data > 0).sum())
    for record in model.training_history:
        assert set(record) == {"loss", "updates", "draws", "interactions"}
        assert record["interactions"] == n_learned
        assert 0 < record["updates"] <= n_learned
        assert record["draws"] == 0 if loss == "logistic" else record["draws"] >= record["updates"]
    model.fit_partial(likes)
    assert len(model.training_history) == 4
    assert len(model.fit(likes).training_history) == 1


def test_the_loss_of_an_epoch_is_the_mean_of_the_stated_loss():
    likes = sp.coo_matrix(([1.0, -1.0, 3.0], ([0, 0, 1], [0, 1, 2])), shape=(2, 3))
    weight = sp.coo_matrix(([0.5, 2.0, 1.0], ([0, 0, 1], [0, 1, 2])), shape=(2, 3))
    model = LightFM(random_state=1, learning_rate=1e-12).fit(likes, sample_weight=weight)
    scores = model.predict(likes.row, likes.col).astype(float)
    expected = (weight.data * np.log1p(np.exp(-np.sign(likes.data) * scores))).mean()
    assert model.training_history[0]["loss"] == pytest.approx(expected, rel=1e-6)


@each_loss
def test_the_loss_falls(loss):
    train, _ = two_groups()
    if loss == "logistic":
        dense = np.where(train.toarray() > 0, 1.0, -1.0)
        train = sp.coo_matrix(dense)
    history = LightFM(loss=loss, random_state=1).fit(train, epochs=20).training_history
    assert history[-1]["loss"] < 0.5 * history[0]["loss"]


# ---------------------------------------------------------------------------------------- what each loss leaves alone


@pytest.mark.parametrize("loss", PAIRWISE)
def test_pairwise_losses_do_not_touch_user_biases(loss):
    model = LightFM(loss=loss, random_state=1, user_alpha=0.1).fit(some_likes(), epochs=5)
    assert not model.user_biases.any()
    assert model.item_biases.any()


@pytest.mark.parametrize("loss", PAIRWISE)
def test_only_positive_entries_teach_pairwise_losses(loss):
    negative = some_likes()
    negative.data[:] = -1
    model = LightFM(loss=loss, random_state=1)
    before = learned(model.fit(negative, epochs=0))
    model.fit_partial(negative, epochs=3)
    for name, array in learned(model).items():
        np.testing.assert_array_equal(before[name], array)
    assert all(record["updates"] == record["interactions"] == 0 for record in model.training_history)
    assert all(record["loss"] == 0 for record in model.training_history)


def test_k_os_lifts_no_item_that_is_disliked():
    # Items 1 to 4 are only ever disliked; being known they are no negatives either.
    likes = sp.coo_matrix(([1.0, -1.0, -1.0, 0.0, -5.0], ([0] * 5, [0, 1, 2, 3, 4])), shape=(1, 9))
    model = LightFM(loss="warp-kos", n=4, k=2, random_state=1).fit(likes, epochs=30)
    assert model.training_history[0]["updates"] > 0
    assert model.item_biases[0] > 0
    assert not model.item_biases[1:5].any()


@each_loss
def test_the_size_of_a_value_plays_no_part(loss):
    likes = some_likes()
    larger = likes.copy()
    larger.data *= 5
    assert_same_bits(LightFM(loss=loss, random_state=1).fit(likes), LightFM(loss=loss, random_state=1).fit(larger))


def test_bpr_learns_nothing_from_a_user_who_likes_everything():
    likes = sp.coo_matrix(np.ones((1, 5)))
    model = LightFM(loss="bpr", random_state=1)
    before = learned(model.fit(likes, epochs=0))
    model.fit_partial(likes, epochs=3)
    np.testing.assert_array_equal(before["item_embeddings"], model.item_embeddings)
    assert model.training_history[0]["updates"] == 0


@pytest.mark.parametrize("loss", PAIRWISE)
@pytest.mark.parametrize("n_items", [1, 2])
def test_hardly_any_items(loss, n_items):
    likes = sp.coo_matrix(([1.0, 1.0], ([0, 1], [0, n_items - 1])), shape=(2, n_items))
    model = LightFM(loss=loss, max_sampled=10, random_state=1).fit(likes, epochs=20)
    assert np.isfinite(model.predict(0, np.arange(n_items))).all()


@pytest.mark.parametrize("loss", ["warp", "warp-kos"])
def test_no_draws_no_learning(loss):
    model = LightFM(loss=loss, random_state=1)
    model.max_sampled = 0
    before = learned(model.fit(some_likes(), epochs=0))
    model.fit_partial(some_likes(), epochs=2)
    np.testing.assert_array_equal(before["item_embeddings"], model.item_embeddings)


@pytest.mark.parametrize("loss", PAIRWISE)
def test_negatives_are_columns_of_the_interactions(loss):
    # Rows of features beyond the items describe items that nobody could have chosen yet.
    likes = some_likes(n_items=5, n_entries=20)
    model = LightFM(loss=loss, random_state=1)
    before = learned(model.fit(likes, item_features=sp.identity(9, format="csr"), epochs=0))
    model.fit_partial(likes, item_features=sp.identity(9, format="csr"), epochs=5)
    np.testing.assert_array_equal(before["item_embeddings"][5:], model.item_embeddings[5:])
    assert not np.array_equal(before["item_embeddings"][:5], model.item_embeddings[:5])


# ------------------------------------------------------------------------------------------------------ sample weights


def with_weights(likes, values):
    return sp.coo_matrix((np.asarray(values, np.float32), (likes.row, likes.col)), shape=likes.shape)


@each_loss
def test_weights_of_one_are_no_weights(loss):
    likes = some_likes()
    plain = LightFM(loss=loss, random_state=1).fit(likes, epochs=2)
    ones = with_weights(likes, np.ones(likes.nnz))
    assert_same_bits(plain, LightFM(loss=loss, random_state=1).fit(likes, sample_weight=ones, epochs=2))


@each_loss
def test_weights_of_zero_teach_nothing(loss):
    likes = some_likes()
    model = LightFM(loss=loss, random_state=1, item_alpha=0.5, user_alpha=0.5)
    before = learned(model.fit(likes, epochs=0))
    model.fit_partial(likes, sample_weight=with_weights(likes, np.zeros(likes.nnz)), epochs=2)
    assert [epoch["updates"] for epoch in model.training_history] == [0, 0]
    for name, array in learned(model).items():
        np.testing.assert_array_equal(before[name], array, err_msg=name)


@each_loss
def test_weights_belong_to_their_entries(loss):
    # User 0 likes item 0 with all weight, user 1 likes item 1 with none; what is weightless does not move.
    likes = sp.coo_matrix(([1.0, 1.0], ([0, 1], [0, 1])), shape=(2, 4))
    model = LightFM(loss=loss, random_state=1)
    before = learned(model.fit(likes, epochs=0))
    model.fit_partial(likes, sample_weight=with_weights(likes, [1.0, 0.0]), epochs=30)
    np.testing.assert_array_equal(before["user_embeddings"][1], model.user_embeddings[1])
    assert not np.array_equal(before["user_embeddings"][0], model.user_embeddings[0])
    assert model.item_biases[0] > 0


# ------------------------------------------------------------------------------------------------ callback, divergence


def test_a_callback_sees_each_epoch_and_can_stop():
    seen = []

    def callback(model, epoch):
        seen.append((epoch, len(model.training_history)))
        return epoch == 2

    model = LightFM(random_state=1).fit(some_likes(), epochs=10, callback=callback)
    assert seen == [(0, 1), (1, 2), (2, 3)]
    assert_same_bits(model, LightFM(random_state=1).fit(some_likes(), epochs=3))
    seen.clear()
    model.fit_partial(some_likes(), epochs=1, callback=callback)
    assert seen == [(0, 4)]


def test_a_callback_may_predict_and_assign():
    def callback(model, epoch):
        model.predict(0, np.arange(17))
        model.item_biases = np.zeros(17)

    model = LightFM(random_state=1).fit(some_likes(), epochs=3, callback=callback)
    assert not model.item_biases.any()


@pytest.mark.parametrize("threads", [1, 2])
@each_loss
def test_divergence_raises_and_leaves_the_model_not_fitted(loss, threads):
    model = LightFM(loss=loss, learning_rate=1e30, random_state=1)
    with pytest.raises(ValueError, match="Not all estimated parameters are finite.*learning rate"):
        model.fit(some_likes(), epochs=20, num_threads=threads)
    assert model.item_embeddings is None
    with pytest.raises(ValueError, match="You must fit the model"):
        model.predict(0, [1])
    model.set_params(learning_rate=0.05).fit(some_likes())
    assert np.isfinite(model.predict(0, np.arange(17))).all()


@pytest.mark.parametrize("features", [False, True], ids=["identity", "features"])
@each_loss
def test_hard_penalties_do_not_overflow(loss, features):
    described = {"user_features": some_features(12), "item_features": some_features(17)} if features else {}
    model = LightFM(loss=loss, user_alpha=1.0, item_alpha=1.0, random_state=1)
    model.fit(some_likes(), epochs=20, **described)
    free = LightFM(loss=loss, random_state=1).fit(some_likes(), epochs=20, **described)
    assert 0 < np.linalg.norm(model.item_embeddings) < np.linalg.norm(free.item_embeddings)
    assert 0 < np.linalg.norm(model.user_embeddings) < np.linalg.norm(free.user_embeddings)


# ---------------------------------------------------------------------------------------------------------- threads


@each_loss
def test_two_threads_learn_as_well(loss):
    train, test = two_groups(60, 40)
    if loss == "logistic":
        noise = sp.coo_matrix(-1.0 * (train.toarray() + test.toarray() == 0))
        train = (train.tocsr() + noise.tocsr()).tocoo()

    def in_better_half(num_threads):
        models = [
            LightFM(loss=loss, random_state=seed).fit(train, epochs=30, num_threads=num_threads) for seed in range(5)
        ]
        return np.mean([np.mean(model.predict_rank(test, num_threads=num_threads).data < 20) for model in models])

    by_one = in_better_half(1)
    # By chance half of them would be.
    assert by_one > 0.8
    assert in_better_half(2) > by_one - 0.03
    model = LightFM(loss=loss, random_state=1).fit(train, epochs=2, num_threads=2)
    assert model.training_history[-1]["interactions"] == (train.nnz if loss == "logistic" else (train.data > 0).sum())


def test_more_threads_than_entries():
    likes = sp.coo_matrix(([1.0], ([0], [1])), shape=(2, 3))
    model = LightFM(loss="warp", random_state=1).fit(likes, epochs=2, num_threads=8)
    np.testing.assert_array_equal(model.predict_rank(likes, num_threads=8).toarray().shape, (2, 3))


def test_training_in_a_background_thread():
    model = LightFM(loss="warp", random_state=1)
    worker = threading.Thread(target=model.fit, args=(some_likes(),), kwargs={"epochs": 3})
    worker.start()
    worker.join()
    assert_same_bits(model, LightFM(loss="warp", random_state=1).fit(some_likes(), epochs=3))


# ------------------------------------------------------------------------------------------------- inputs of all kinds


@pytest.mark.parametrize("dtype", [np.int8, np.int32, np.int64, np.float32, np.float64, bool])
@pytest.mark.parametrize("form", ["coo", "csr", "csc", "lil", "dok", "bsr"])
@pytest.mark.parametrize("kind", ["matrix", "array"])
def test_formats_and_types(kind, form, dtype):
    dense = (some_likes(signs=False).toarray() > 0).astype(dtype)
    wrap = getattr(sp, f"{form}_{kind}")
    given = wrap(dense)
    expected = LightFM(loss="warp", random_state=1).fit(sp.coo_matrix(dense.astype(np.float32)))
    found = LightFM(loss="warp", random_state=1).fit(given)
    # The order of the entries is part of what is learned; formats agree up to it.
    assert found.training_history[0]["interactions"] == expected.training_history[0]["interactions"]
    if form in ("coo", "csr", "lil"):
        assert_same_bits(found, expected)
    ranks = found.predict_rank(given)
    assert ranks.shape == dense.shape
    assert ranks.nnz == np.count_nonzero(dense)


def test_all_inputs_compile_to_the_same_code():
    LightFM(loss="warp").fit(some_likes()).predict(0, [1])
    known = list(learn_entries.signatures) if hasattr(learn_entries, "signatures") else []
    for dtype in (np.int64, np.float64, bool):
        for wrap in (sp.coo_matrix, sp.csr_array):
            LightFM(loss="bpr").fit(wrap(some_likes().astype(dtype)))
    frozen = some_likes()
    for array in (frozen.data, frozen.row, frozen.col):
        array.flags.writeable = False
    LightFM(loss="warp").fit(frozen, sample_weight=frozen.astype(np.float32) * 0)
    assert (list(learn_entries.signatures) if hasattr(learn_entries, "signatures") else []) == known


@settings(max_examples=25)
@given(
    st.integers(0, 6), st.integers(0, 6), st.data(),
    st.sampled_from(LOSSES), st.sampled_from(["coo", "csr", "csc"]),
    st.sampled_from([np.float32, np.int64, np.float64]),
)  # fmt: skip
def test_any_shape_and_any_entries(n_users, n_items, data, loss, form, dtype):
    places = st.tuples(st.integers(0, max(n_users - 1, 0)), st.integers(0, max(n_items - 1, 0)))
    entries = data.draw(st.lists(places, max_size=25 if n_users * n_items else 0))
    values = data.draw(st.lists(st.integers(-2, 2), min_size=len(entries), max_size=len(entries)))
    rows, columns = [user for user, _ in entries], [item for _, item in entries]
    likes = sp.coo_array((np.array(values, dtype), (np.array(rows, int), np.array(columns, int))), (n_users, n_items))
    likes = likes.asformat(form)
    before = likes.copy()
    model = LightFM(no_components=3, loss=loss, random_state=1).fit(likes, epochs=2)
    assert likes.dtype == dtype
    assert likes.format == form
    np.testing.assert_array_equal(likes.data, before.data)
    assert np.isfinite(model.item_embeddings).all()
    assert model.predict_rank(likes).shape == (n_users, n_items)
    ids, scores = model.recommend(np.arange(n_users), n=2)
    assert ids.shape == scores.shape == (n_users, 2)


@each_loss
def test_nothing_given_is_changed(loss):
    likes = some_likes().astype(np.int32)
    weights = with_weights(likes, np.linspace(0, 1, likes.nnz)).astype(np.float64)
    users, items = some_features(12).astype(np.float64).tocoo(), some_features(17).tocsc()
    test = sp.csr_matrix(([1, 1], ([3, 4], [0, 0])), shape=likes.shape)
    given = [likes, weights, users, items, test]
    copies = [matrix.copy() for matrix in given]
    model = LightFM(loss=loss, random_state=1)
    described = {"user_features": users, "item_features": items}
    model.fit(likes, sample_weight=weights, epochs=2, **described)
    model.predict_rank(test, likes, check_intersections=False, **described)
    model.recommend([0, 1], exclude=likes, **described)
    model.fold_in(likes, user_features=users, item_features=items)
    for matrix, copy in zip(given, copies, strict=True):
        assert matrix.dtype == copy.dtype
        assert matrix.format == copy.format
        for field in ("data", "row", "col", "indices", "indptr"):
            if hasattr(copy, field):
                np.testing.assert_array_equal(getattr(matrix, field), getattr(copy, field))


@pytest.mark.parametrize("loss", PAIRWISE)
def test_duplicates_count_as_often_as_they_are_stored(loss):
    once = sp.coo_matrix(([1.0], ([0], [0])), shape=(2, 5))
    thrice = sp.coo_matrix(([1.0] * 300, ([0] * 300, [0] * 300)), shape=(2, 5))
    assert LightFM(loss=loss, random_state=1).fit(once).training_history[0]["interactions"] == 1
    model = LightFM(loss=loss, random_state=1).fit(thrice)
    assert model.training_history[0]["interactions"] == 300


def test_a_stored_zero_is_a_negative_label_and_a_known_item():
    likes = sp.coo_matrix(([1.0, 0.0], ([0, 0], [0, 1])), shape=(1, 2))
    model = LightFM(random_state=1).fit(likes, epochs=50)
    high, low = model.predict(0, [0, 1])
    assert high > 0 > low
    assert LightFM(loss="bpr", random_state=1).fit(likes).training_history[0]["updates"] == 0


@each_loss
def test_the_empty_matrix(loss):
    model = LightFM(loss=loss, random_state=1).fit(sp.csr_matrix((3, 4)), epochs=3)
    assert model.item_embeddings.shape == (4, 10)
    assert model.training_history[0] == {"loss": 0.0, "updates": 0, "draws": 0, "interactions": 0}


@each_loss
def test_rows_without_features(loss):
    # LightFM 1.17 divides by their number and diverges.
    items = some_features(17).tolil()
    items[3] = 0
    model = LightFM(loss=loss, random_state=1, item_alpha=0.01).fit(some_likes(), item_features=items, epochs=3)
    assert np.isfinite(model.item_embeddings).all()
    users = np.arange(12)
    np.testing.assert_array_equal(model.predict(users, np.full(12, 3), item_features=items), model.user_biases)


def test_dense_features_are_accepted():
    likes, items = some_likes(), some_features(17)
    model = LightFM(random_state=1).fit(likes, item_features=items.toarray())
    assert_same_bits(model, LightFM(random_state=1).fit(likes, item_features=items))


def test_a_progress_bar_shows_the_loss(capsys):
    model = LightFM(random_state=1).fit(some_likes(), epochs=3, verbose=True)
    shown = capsys.readouterr().err
    assert "3/3" in shown
    assert f"loss={model.training_history[-1]['loss']:.4f}" in shown
    LightFM(random_state=1).fit(some_likes(), epochs=3)
    assert capsys.readouterr().err == ""


def test_learned_arrays_can_be_changed_and_assigned():
    model = LightFM(random_state=1).fit(some_likes(), epochs=2)
    model.item_biases *= 0.0
    assert not model.item_biases.any()
    model.item_embeddings[0] = 0
    model.user_biases[:] = 0
    assert model.predict(0, [0])[0] == 0
    model.user_biases = np.arange(12)
    assert model.user_biases.dtype == np.float32
    assert model.predict(5, [0])[0] == 5
    for name in LEARNED:
        given = getattr(model, name) + 1
        setattr(model, name, given)
        given[:] = 77
        assert not (getattr(model, name) == 77).any(), "what was assigned still belongs to the caller"
    with pytest.raises(ValueError, match="item_embeddings must have shape"):
        model.item_embeddings = np.zeros((17, 3))
