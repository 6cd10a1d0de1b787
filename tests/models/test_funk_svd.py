"""FunkSVD: it learns what it says, says what it is given wrong, and gives the same bytes again."""

import hashlib
import os
import subprocess
import sys

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st

from recsys_lessons import BiasOnly, FunkSVD, GlobalMean
from recsys_lessons.callbacks import EarlyStopping
from recsys_lessons.datasets import load_movies
from recsys_lessons.evaluation import rmse
from recsys_lessons.kernels import funk_svd
from recsys_lessons.models.rating_model import entry_arrays

N_USERS, N_ITEMS = 30, 20
LEARNED = ("user_embeddings", "user_biases", "item_embeddings", "item_biases")


def some_ratings(seed=0, density=0.4) -> sp.coo_matrix:
    """Ratings by taste: users and items of two kinds, generous users, good items. User 3 and item 4 have none."""
    source = np.random.default_rng(seed)
    taste = np.outer(np.repeat([1, -1], N_USERS // 2), np.tile([1, -1], N_ITEMS // 2))
    truth = 3 + taste + source.normal(0, 0.4, (N_USERS, 1)) + source.normal(0, 0.4, N_ITEMS)
    known = source.random(truth.shape) < density
    known[3], known[:, 4] = False, False
    users, items = np.nonzero(known)
    return sp.coo_matrix((truth[users, items].astype(np.float32), (users, items)), shape=truth.shape)


def small_model(**changes) -> FunkSVD:
    return FunkSVD(**{"no_components": 5, "learning_rate": 0.02, "epochs": 15, "random_state": 1, **changes})


def state(model: FunkSVD) -> str:
    """Digest of all that was learned."""
    digest = hashlib.sha256()
    for name in LEARNED:
        digest.update(np.ascontiguousarray(getattr(model, name)).tobytes())
    return digest.hexdigest()


@pytest.fixture(scope="module")
def ratings():
    return some_ratings()


@pytest.fixture(scope="module")
def fitted(ratings):
    return small_model().fit(ratings)


@pytest.fixture(scope="module")
def movies():
    """Train and test ratings of the bundled movies."""
    everything = load_movies().matrix()
    is_test = np.random.default_rng(1).random(everything.nnz) < 0.2
    return tuple(
        sp.coo_matrix((everything.data[part], (everything.row[part], everything.col[part])), shape=everything.shape)
        for part in (~is_test, is_test)
    )


# ------------------------------------------------------------------------------------------------------- learning


def test_it_beats_the_biases_and_they_beat_the_mean_on_movies(movies):
    train, test = movies
    model = FunkSVD(no_components=16, epochs=40, learning_rate=0.01, regularization=0.1, init_std=0.05, random_state=1)
    error, biases, mean = (rmse(each.fit(train), test) for each in (model, BiasOnly(), GlobalMean()))
    assert error < biases - 0.008
    assert biases < mean - 0.1


def test_it_finds_the_planted_taste(ratings):
    model = small_model(epochs=200).fit(ratings)
    assert model.training_history[-1]["rmse"] < 0.3
    assert model.training_history[-1]["rmse"] < BiasOnly().fit(ratings).training_history[-1]["rmse"] / 2


def test_a_prediction_is_the_mean_two_biases_and_an_inner_product(fitted):
    users, items = np.array([0, 7, 3]), np.array([5, 5, 1])
    expected = fitted.global_mean + fitted.user_biases[users] + fitted.item_biases[items]
    expected = expected + np.sum(fitted.user_embeddings[users] * fitted.item_embeddings[items], axis=1)
    np.testing.assert_allclose(fitted.predict(users, items), expected, rtol=1e-5)
    assert fitted.predict(users, items).dtype == np.float32
    np.testing.assert_array_equal(fitted.predict(7, [5, 1])[0], fitted.predict([7], [5])[0])


def test_without_biases_a_prediction_is_the_mean_and_an_inner_product(ratings, fitted, tmp_path):
    model = small_model(biased=False, clip=False).fit(ratings)
    folded = model.fold_in(ratings.tocsr()[:7])
    for each in (model, folded, FunkSVD.load(model.save(tmp_path / "model.npz")).fit_partial(ratings, epochs=2)):
        assert not each.user_biases.any() and not each.item_biases.any()
        assert each.user_embeddings[0].any()
    expected = model.global_mean + model.item_embeddings[[5, 1]] @ model.user_embeddings[7]
    np.testing.assert_allclose(model.predict(7, [5, 1]), expected, rtol=1e-5)
    assert state(model) != state(fitted)


def test_predictions_are_clipped_to_the_ratings_seen_unless_told_otherwise(ratings):
    clipped, free = (small_model(clip=clip).fit(ratings) for clip in (True, False))
    for model in (clipped, free):
        model.user_biases[:2] = -50, 50
    lowest, highest = ratings.data.min(), ratings.data.max()
    assert clipped.rating_range == (lowest, highest)
    assert clipped.predict([0, 1], [0, 0]).tolist() == [lowest, highest]
    assert free.predict(0, [0])[0] < -40 and free.predict(1, [0])[0] > 40
    np.testing.assert_array_equal(clipped.recommend(1)[1], free.recommend(1)[1])
    assert clipped.recommend(1)[1].min() > 40


def test_the_history_holds_the_error_before_each_step(ratings):
    start = small_model(clip=False).fit(ratings, epochs=0)
    assert start.training_history == []
    squares = (ratings.data - start.predict(ratings.row, ratings.col)) ** 2
    model = small_model(learning_rate=1e-12).fit(ratings, epochs=2)
    assert len(model.training_history) == 2
    for record in model.training_history:
        assert record["loss"] == pytest.approx(squares.mean(), rel=1e-5)
        assert record["rmse"] == pytest.approx(np.sqrt(record["loss"]))
        assert record["ratings"] == ratings.nnz


def test_users_and_items_without_ratings_are_predicted_from_what_is_known(fitted):
    assert not fitted.user_embeddings[3].any() and fitted.user_biases[3] == 0
    assert not fitted.item_embeddings[4].any() and fitted.item_biases[4] == 0
    assert fitted.user_embeddings[[2, 5]].all() and fitted.item_embeddings[[3, 5]].all()
    np.testing.assert_allclose(fitted.predict(3, [4, 0]), fitted.global_mean + fitted.item_biases[[4, 0]], rtol=1e-6)
    np.testing.assert_allclose(fitted.predict([0], [4]), fitted.global_mean + fitted.user_biases[0], rtol=1e-6)


def test_first_embeddings_have_the_deviation_asked_for_and_are_padded_with_zeros(ratings):
    model = FunkSVD(no_components=50, init_std=0.3, random_state=2).fit(ratings, epochs=0)
    for side, without in (("user", 3), ("item", 4)):
        drawn = np.delete(getattr(model, f"{side}_embeddings"), without, axis=0)
        assert drawn.std() == pytest.approx(0.3, rel=0.1)
        assert abs(drawn.mean()) < 0.05
        assert not model._parameters[side].embeddings[:, 50:].any()
    assert not FunkSVD(init_std=0).fit(ratings, epochs=2).item_embeddings.any()


def test_a_stored_zero_is_a_rating_and_a_duplicate_is_learned_twice():
    zeros = sp.coo_matrix(([0.0, 4.0], ([0, 0], [0, 1])), shape=(1, 2))
    model = small_model(epochs=300, clip=False, regularization=0).fit(zeros)
    assert model.global_mean == 2.0 and model.rating_range == (0.0, 4.0)
    np.testing.assert_allclose(model.predict(0, [0, 1]), [0, 4], atol=0.1)
    twice = sp.coo_matrix(([1.0, 1.0, 4.0], ([0, 0, 0], [0, 0, 1])), shape=(1, 2))
    model = small_model().fit(twice)
    assert model.global_mean == 2.0 and model.training_history[0]["ratings"] == 3


@given(
    format_=st.sampled_from(["coo", "csr", "csc", "lil", "dok", "bsr"]),
    dtype=st.sampled_from([np.float64, np.float32, np.int8, np.int64, np.uint8]),
    as_array=st.booleans(),
    seed=st.integers(0, 5),
)
def test_every_sparse_format_and_type_gives_the_same_model(format_, dtype, as_array, seed):
    source = np.random.default_rng(seed)
    dense = source.integers(0, 6, (6, 8)) * (source.random((6, 8)) < 0.5)
    dense[0, 0] = 3
    expected = small_model(epochs=2).fit(sp.csr_matrix(dense.astype(np.float32)))
    wrapped = sp.coo_array(dense.astype(dtype)) if as_array else sp.coo_matrix(dense.astype(dtype))
    given_ratings = wrapped.asformat(format_)
    before = given_ratings.toarray()
    model = small_model(epochs=2).fit(given_ratings)
    assert state(model) == state(expected)
    np.testing.assert_array_equal(given_ratings.toarray(), before)


def test_the_order_of_the_entries_makes_no_difference(ratings, fitted):
    order = np.random.default_rng(4).permutation(ratings.nnz)
    shuffled = sp.coo_matrix((ratings.data[order], (ratings.row[order], ratings.col[order])), ratings.shape)
    assert state(small_model().fit(shuffled)) == state(fitted)


@pytest.mark.parametrize("shape", [(7, 2**16), (2**16 + 1, 9), (9, 2**16 + 1), (2**17, 2**17)])
def test_entries_are_sorted_by_user_and_item_however_many_there_are(shape):
    source = np.random.default_rng(6)
    users, items = (np.append(source.integers(n, size=2000), [n - 1, 0]).astype(np.int32) for n in shape)
    entries = entry_arrays(sp.coo_matrix((np.arange(2002, dtype=np.float32), (users, items)), shape))
    by_hand = sorted(zip(users, items, range(2002), strict=True))
    assert [tuple(int(one) for one in entry) for entry in zip(*entries, strict=True)] == by_hand


def test_read_only_and_strided_arrays_compile_nothing_new(ratings):
    small_model(epochs=1).fit(ratings).fold_in(ratings, epochs=1)
    compiled = len(funk_svd.learn_ratings.signatures)
    frozen = ratings.copy()
    for array in (frozen.row, frozen.col, frozen.data):
        array.flags.writeable = False
    small_model(epochs=1).fit(frozen).fit_partial(frozen, epochs=1).fold_in(frozen, epochs=1)
    small_model(epochs=1).fit(sp.coo_matrix((frozen.data[::2], (frozen.row[::2], frozen.col[::2])), frozen.shape))
    assert len(funk_svd.learn_ratings.signatures) == compiled


# ------------------------------------------------------------------------------------------------ reproducibility


def test_a_seed_gives_the_same_bytes_and_another_seed_others(ratings, fitted):
    assert state(small_model().fit(ratings)) == state(fitted)
    assert state(fitted.__class__(**fitted.get_params()).fit(ratings).fit(ratings)) == state(fitted)
    assert state(small_model(random_state=2).fit(ratings)) != state(fitted)
    generators = [np.random.default_rng(3), np.random.default_rng(3), np.random.RandomState(3)]
    first, second, third = (state(small_model(random_state=source).fit(ratings)) for source in generators)
    assert first == second != third


def test_epochs_can_be_split_between_calls(ratings, fitted):
    model = small_model().fit_partial(ratings, epochs=4)
    model.fit_partial(ratings, epochs=11)
    assert state(model) == state(fitted)
    assert model.training_history == fitted.training_history


def test_fit_partial_learns_new_ratings_of_known_shape(ratings, fitted):
    model = small_model().fit(ratings)
    newcomer = sp.coo_matrix(([9.0, 9.0], ([3, 3], [0, 1])), shape=ratings.shape)
    model.fit_partial(newcomer)
    assert model.user_embeddings[3].all() and model.user_biases[3] > 0.1
    assert model.global_mean == fitted.global_mean
    assert model.rating_range == (fitted.rating_range[0], 9.0)


def test_a_saved_model_predicts_and_learns_to_the_same_bytes(ratings, fitted, tmp_path):
    model = small_model(random_state=np.random.default_rng(1)).fit(ratings, epochs=3)
    path = model.save(tmp_path / "model")
    assert path == tmp_path / "model.npz"
    loaded = FunkSVD.load(path)
    assert loaded.get_params() == {**model.get_params(), "random_state": None}
    np.testing.assert_array_equal(loaded.predict(0, range(N_ITEMS)), model.predict(0, range(N_ITEMS)))
    assert loaded.training_history == model.training_history
    assert state(loaded.fit_partial(ratings, epochs=2)) == state(model.fit_partial(ratings, epochs=2))
    with np.load(path, allow_pickle=False) as file:
        assert set(file.files) == {"about", "stream", *LEARNED}
    assert [entry.name for entry in tmp_path.iterdir()] == ["model.npz"]


def test_files_of_other_kinds_are_refused(ratings, fitted, tmp_path):
    biases = BiasOnly().fit(ratings).save(tmp_path / "biases")
    with pytest.raises(ValueError, match=r"biases\.npz does not hold a FunkSVD but a BiasOnly"):
        FunkSVD.load(biases)
    (tmp_path / "text.npz").write_text("not a model")
    with pytest.raises(ValueError, match=r"text\.npz does not hold a model written by FunkSVD\.save"):
        FunkSVD.load(tmp_path / "text.npz")
    np.savez(tmp_path / "numbers.npz", numbers=np.arange(3))
    with pytest.raises(ValueError, match=r"numbers\.npz does not hold a model written by FunkSVD\.save"):
        FunkSVD.load(tmp_path / "numbers.npz")
    with pytest.raises(FileNotFoundError):
        FunkSVD.load(tmp_path / "nothing.npz")
    with pytest.raises(ValueError, match="You must fit the model"):
        FunkSVD().save(tmp_path / "unfitted")


PROGRAM = """
import hashlib, sys
import numpy as np, scipy.sparse as sp
from recsys_lessons import FunkSVD
random = np.random.RandomState(0)
ratings = sp.random(60, 40, 0.3, random_state=random, dtype=np.float32)
model = FunkSVD(no_components=20, epochs=10, learning_rate=0.05, random_state=4).fit(ratings)
parts = [model.user_embeddings, model.user_biases, model.item_embeddings, model.predict(5, np.arange(40))]
print(hashlib.sha256(b"".join(np.ascontiguousarray(part).tobytes() for part in parts)).hexdigest())
assert "sklearn" not in sys.modules
"""


def test_every_processor_gives_the_same_bytes(tmp_path):
    digests = set()
    for processor in ("generic", ""):
        environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path / f"cache-{processor}")}
        environment.pop("NUMBA_CPU_NAME", None)
        if processor:
            environment |= {"NUMBA_CPU_NAME": processor, "NUMBA_CPU_FEATURES": ""}
        done = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        digests.add(done.stdout)
    assert len(digests) == 1


# --------------------------------------------------------------------------------------------- ranks, best items


def scores_of(model: FunkSVD) -> np.ndarray:
    """All predictions, without clipping."""
    free = model.__class__(**{**model.get_params(), "clip": False})
    free._restore(model._snapshot())
    n_users, n_items = len(model.user_biases), len(model.item_biases)
    return np.stack([free.predict(user, np.arange(n_items)) for user in range(n_users)])


def test_ranks_and_recommendations_follow_from_the_predictions(ratings, fitted):
    scores = scores_of(fitted)
    test = some_ratings(seed=5, density=0.2).tocsr()
    test = (test - test.multiply(ratings.tocsr() != 0)).tocsr()
    test.eliminate_zeros()
    ranks = fitted.predict_rank(test, ratings)
    train = ratings.toarray() != 0
    for user, item in zip(*test.nonzero(), strict=True):
        others = np.flatnonzero(~train[user])
        expected = np.count_nonzero(scores[user, others] >= scores[user, item]) - 1
        assert ranks[user, item] == expected
    ids, best = fitted.recommend(np.arange(N_USERS), n=4, exclude=ratings)
    for user in range(N_USERS):
        candidates = np.flatnonzero(~train[user])
        order = candidates[np.lexsort((candidates, -scores[user, candidates]))][:4]
        assert ids[user].tolist() == order.tolist()
        np.testing.assert_array_equal(best[user], scores[user, order])
    assert fitted.recommend(0, n=3, items=[4, 9])[0].tolist()[2] == -1


def test_permuting_users_and_items_permutes_the_results(ratings, fitted):
    source = np.random.default_rng(7)
    users, items = source.permutation(N_USERS), source.permutation(N_ITEMS)
    permuted = small_model()
    permuted._restore(fitted._snapshot())
    permuted.user_embeddings, permuted.user_biases = fitted.user_embeddings[users], fitted.user_biases[users]
    permuted.item_embeddings, permuted.item_biases = fitted.item_embeddings[items], fitted.item_biases[items]
    np.testing.assert_array_equal(scores_of(permuted), scores_of(fitted)[users][:, items])
    test = ratings.tocsr()
    ranks = permuted.predict_rank(test[users][:, items]).toarray()
    np.testing.assert_array_equal(ranks, fitted.predict_rank(test).toarray()[users][:, items])
    ids, best = permuted.recommend(np.arange(N_USERS), n=5)
    expected_ids, expected_best = fitted.recommend(users, n=5)
    np.testing.assert_array_equal(best, expected_best)
    np.testing.assert_array_equal(items[ids], expected_ids)


# ------------------------------------------------------------------------------------------------------ new users


def test_folding_in_new_users_is_better_than_not_and_nearly_as_good_as_training(movies):
    train, test = (part.tocsr() for part in movies)
    is_new = np.random.default_rng(2).random(train.shape[0]) < 0.2
    settings = {"no_components": 16, "epochs": 20, "random_state": 1}
    others = sp.diags_array((~is_new).astype(np.float32)) @ train
    others.eliminate_zeros()
    model = FunkSVD(**settings).fit(others)
    theirs = test[is_new]
    unknown = FunkSVD(**settings)
    unknown._restore(model._snapshot())
    unknown.user_embeddings, unknown.user_biases = np.zeros((theirs.shape[0], 16)), np.zeros(theirs.shape[0])
    known = model.fold_in(train[is_new])
    trained = FunkSVD(**settings).fit(train)
    trained.user_embeddings, trained.user_biases = trained.user_embeddings[is_new], trained.user_biases[is_new]
    error, without, with_them = (rmse(each, theirs) for each in (known, unknown, trained))
    assert error < without - 0.05
    assert error < with_them + 0.01


def test_fold_in_leaves_the_model_alone_and_the_items_as_they_are(ratings, fitted):
    before = state(fitted)
    folded = fitted.fold_in(ratings.tocsr()[:7], epochs=4)
    assert state(fitted) == before and len(fitted.training_history) == 15
    np.testing.assert_array_equal(folded.item_embeddings, fitted.item_embeddings)
    np.testing.assert_array_equal(folded.item_biases, fitted.item_biases)
    assert not np.shares_memory(folded.item_biases, fitted.item_biases)
    assert folded.user_embeddings.shape == (7, 5)
    assert len(folded.training_history) == 4
    assert folded.training_history[-1]["loss"] < folded.training_history[0]["loss"]
    assert folded.recommend(6, n=3)[0].shape == (3,)


def test_what_a_new_user_gets_does_not_depend_on_the_others(ratings, fitted):
    rows = ratings.tocsr()
    together = fitted.fold_in(rows[:7])
    for user in range(7):
        alone = fitted.fold_in(rows[user])
        np.testing.assert_array_equal(alone.user_embeddings[0], together.user_embeddings[user])
        assert alone.user_biases[0] == together.user_biases[user]
    # User 3 has no ratings.
    np.testing.assert_allclose(
        together.predict(3, np.arange(N_ITEMS)),
        np.clip(fitted.global_mean + fitted.item_biases, *fitted.rating_range), rtol=1e-6,
    )  # fmt: skip


def test_an_empty_matrix_can_be_folded_in(fitted):
    folded = fitted.fold_in(sp.coo_matrix((0, N_ITEMS), dtype=np.float32))
    assert folded.user_embeddings.shape == (0, 5)
    assert folded.predict([], []).shape == (0,)


# ---------------------------------------------------------------------------------------- callbacks, conventions


def test_a_callback_sees_every_epoch_and_can_stop(ratings):
    class Stop:
        seen, ended = (), 0

        def __call__(self, model, epoch):
            self.seen += ((epoch, len(model.training_history)),)
            return epoch == 2

        def on_fit_end(self, model):
            self.ended += 1

    stop = Stop()
    model = small_model().fit(ratings, callback=stop)
    assert stop.seen == ((0, 1), (1, 2), (2, 3)) and stop.ended == 1
    assert state(model) == state(small_model().fit(ratings, epochs=3))


def test_early_stopping_goes_back_to_the_best_epoch(ratings):
    noise = some_ratings(seed=9)
    stop = EarlyStopping(noise, metric="rmse", patience=2)
    model = small_model(epochs=200, learning_rate=0.1, regularization=0).fit(ratings, callback=stop)
    assert stop.stopped and len(stop.history) < 200
    assert rmse(model, noise) == min(stop.history)


def test_verbose_shows_the_error(ratings, capsys):
    small_model().fit(ratings, epochs=2, verbose=True)
    shown = capsys.readouterr()
    assert "rmse=" in shown.err + shown.out
    small_model().fit(ratings, epochs=2)
    shown = capsys.readouterr()
    assert shown.err + shown.out == ""


def test_scikit_learn_can_clone_and_search(ratings):
    base = pytest.importorskip("sklearn.base", reason="scikit-learn is not installed")
    from sklearn.model_selection import ParameterSampler
    from sklearn.utils.validation import check_is_fitted

    model = small_model(clip=False).fit(ratings)
    check_is_fitted(model)
    clone = base.clone(model)
    assert clone.get_params() == model.get_params()
    assert clone.item_biases is None
    with pytest.raises(ValueError, match="You must fit the model"):
        clone.predict(0, [0])
    for parameters in ParameterSampler({"no_components": [2, 3], "regularization": [0.1]}, 2, random_state=1):
        fitted = clone.set_params(**parameters).fit(ratings)
        assert fitted.item_embeddings.shape == (N_ITEMS, parameters["no_components"])


def test_parameters_are_shown_and_set(ratings):
    assert repr(FunkSVD(epochs=3, clip=False)) == "FunkSVD(epochs=3, clip=False)"
    model = small_model().fit(ratings)
    assert model.set_params(learning_rate=0.5) is model
    assert model.learning_rate == 0.5 and model.item_biases is not None
    with pytest.raises(ValueError, match="epochs must be a positive integer, got 0"):
        model.set_params(epochs=0, learning_rate=0.1)
    assert model.learning_rate == 0.5
    with pytest.raises(ValueError, match="Invalid parameter rate for estimator FunkSVD. Valid parameters are: no_comp"):
        model.set_params(rate=1)
    assert model.set_params(no_components=4).item_biases is None


# --------------------------------------------------------------------------------------------------------- errors


@pytest.mark.parametrize(
    ("argument", "value", "message"),
    [
        ("no_components", 0, "no_components must be a positive integer, got 0"),
        ("no_components", 2.5, "no_components must be a positive integer, got 2.5"),
        ("epochs", -1, "epochs must be a positive integer, got -1"),
        ("learning_rate", 0, "learning_rate must be a finite number above 0, got 0"),
        ("regularization", -0.1, "regularization must be a finite number of at least 0, got -0.1"),
        ("init_std", float("nan"), "init_std must be a finite number of at least 0, got nan"),
        ("clip", "no", "clip must be True or False, got 'no'"),
        ("biased", 1, "biased must be True or False, got 1"),
        ("random_state", -3, "random_state must be None, an integer from 0"),
    ],
)
def test_wrong_constructor_arguments(argument, value, message):
    with pytest.raises(ValueError, match=message):
        FunkSVD(**{argument: value})


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (np.ones((2, 2)), r"ratings must be a scipy.sparse matrix .* Wrap a dense array"),
        (sp.coo_matrix((3, 3)), r"ratings must hold at least one rating, got an empty matrix of shape \(3, 3\)"),
        (sp.coo_matrix([[1.0, np.nan]]), "ratings holds 1 such values"),
        (sp.coo_matrix([[1.0, np.inf]]), "ratings holds 1 such values"),
        (sp.coo_matrix([[1e300]]), "ratings holds 1 such values"),
        (sp.coo_matrix([[1 + 2j]]), "ratings must hold real numbers"),
        ("ratings.csv", "ratings must be a scipy.sparse matrix"),
    ],
)
def test_wrong_ratings_change_nothing(ratings, wrong, message):
    model = small_model().fit(ratings, epochs=1)
    before = state(model)
    for method in (model.fit, model.fit_partial):
        with pytest.raises(ValueError, match=message):
            method(wrong)
    assert state(model) == before


def test_wrong_training_arguments(ratings, fitted):
    with pytest.raises(ValueError, match="epochs must be a positive integer, got 1.5"):
        small_model().fit(ratings, epochs=1.5)
    with pytest.raises(ValueError, match="callback must be a function of"):
        small_model().fit(ratings, callback=3)
    with pytest.raises(ValueError, match=r"shape that the model was fitted with, \(30, 20\), got \(30, 19\)"):
        fitted.fit_partial(ratings.tocsr()[:, :19])
    with pytest.raises(ValueError, match="a column for each of the 20 items in training, got 19"):
        fitted.fold_in(ratings.tocsr()[:, :19])
    with pytest.raises(ValueError, match="epochs must be a positive integer, got -1"):
        fitted.fold_in(ratings, epochs=-1)


def test_wrong_questions(ratings, fitted):
    with pytest.raises(ValueError, match="user_ids holds the id 30, but the ids known here go from 0 to 29"):
        fitted.predict(30, [0])
    with pytest.raises(ValueError, match="item_ids holds the id 20, but the ids known here go from 0 to 19"):
        fitted.predict(0, [20])
    with pytest.raises(ValueError, match="User or item ids cannot be negative"):
        fitted.predict(-1, [0])
    with pytest.raises(ValueError, match=r"number of user IDs \(2\) to equal the number of item IDs \(1\)"):
        fitted.predict([0, 1], [0])
    with pytest.raises(ValueError, match="item_features must be None: FunkSVD has no features"):
        fitted.predict_rank(ratings, item_features=sp.eye_array(N_ITEMS))
    with pytest.raises(ValueError, match=f"share {ratings.nnz} interactions"):
        fitted.predict_rank(ratings, ratings)
    with pytest.raises(ValueError, match="train_interactions must have the shape of test_interactions"):
        fitted.predict_rank(ratings, ratings.tocsr()[:5])
    with pytest.raises(
        ValueError, match=r"more users or items than were in training, \(30, 20\), got shape \(31, 20\)"
    ):
        fitted.predict_rank(sp.coo_matrix((31, 20)))
    for method, arguments in (("predict", (0, [0])), ("recommend", (0,)), ("predict_rank", (ratings,)),
                              ("fold_in", (ratings,))):  # fmt: skip
        with pytest.raises(ValueError, match="You must fit the model before trying to obtain predictions"):
            getattr(FunkSVD(), method)(*arguments)


def test_arrays_that_do_not_fit_together_are_named(ratings):
    model = small_model().fit(ratings, epochs=1)
    model.item_biases = np.zeros(3)
    with pytest.raises(
        ValueError, match="item_embeddings and item_biases must have one row for each item, got 20 and 3"
    ):
        model.predict(0, [0])
    with pytest.raises(ValueError, match=r"item_embeddings must have shape \(n_features, 5\), got \(3, 4\)"):
        model.item_embeddings = np.zeros((3, 4))


@pytest.mark.parametrize("changes", [{"learning_rate": 100.0}, {"learning_rate": 1e30, "epochs": 1}])
def test_divergence_is_an_error_and_leaves_no_model(ratings, changes):
    model = small_model(**changes)
    with pytest.raises(ValueError, match=r"may have diverged. Try decreasing the learning rate \(now 1"):
        model.fit(ratings)
    assert model.item_biases is None and model.training_history == []
    with pytest.raises(ValueError, match="You must fit the model"):
        model.predict(0, [0])
