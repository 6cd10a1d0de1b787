"""Losses of the learner's own: copies give the built-in ones' bytes, others keep the contract, wrong ones are named."""

import copy
import hashlib
import math
import subprocess
import sys

import cloudpickle
import numpy as np
import pytest
import scipy.sparse as sp
import sklearn.base

from benchmarks.own_loss import copies
from recsys_lessons import LightFM
from recsys_lessons.kernels.elementary import log_loss
from recsys_lessons.losses import pairwise_loss, pointwise_loss

N_USERS, N_ITEMS = 40, 60
ARRAYS = ("item_embeddings", "item_biases", "user_embeddings", "user_biases")
COPIES = copies(N_ITEMS)


@pairwise_loss
def hinge(difference, draws):
    return (1.0, 1.0 - difference) if difference < 1 else (0.0, 0.0)


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(8)
    liked = rng.random((N_USERS, N_ITEMS)) < np.linspace(0.5, 0.05, N_ITEMS)
    values = np.where(rng.random(liked.shape) < 0.2, -1.0, 1.0)
    interactions = sp.coo_matrix((liked * values).astype(np.float32))
    weights = interactions.copy()
    # With larger ones WARP cuts strength times weight at 10, which a loss of one's own cannot know.
    weights.data = rng.uniform(0.2, 2, interactions.nnz).astype(np.float32)
    genres = sp.csr_matrix(rng.integers(0, 2, (N_ITEMS, 4)).astype(np.float32))
    return interactions, weights, sp.hstack([sp.identity(N_ITEMS, format="csr"), genres], format="csr")


def arrays(model):
    return [getattr(model, name).tobytes() for name in ARRAYS]


class TestCopies:
    @pytest.mark.parametrize("schedule", ["adagrad", "adadelta"])
    @pytest.mark.parametrize("features", [False, True], ids=["identity", "features"])
    @pytest.mark.parametrize("loss", COPIES)
    def test_a_copy_gives_the_same_bytes(self, data, loss, features, schedule):
        interactions, weights, item_features = data
        models = []
        for one in (loss, COPIES[loss]):
            model = LightFM(loss=one, no_components=5, learning_schedule=schedule, item_alpha=0.01, random_state=4)
            model.fit(interactions, sample_weight=weights, item_features=item_features if features else None, epochs=6)
            models.append(model)
        assert arrays(models[0]) == arrays(models[1])
        for theirs, ours in zip(*(model.training_history for model in models), strict=True):
            assert (theirs["updates"], theirs["draws"]) == (ours["updates"], ours["draws"])
            assert ours["loss"] == pytest.approx(theirs["loss"], rel=1e-5)

    @pytest.mark.parametrize("loss", COPIES)
    def test_users_are_folded_in_alike(self, data, loss):
        interactions, _, _ = data
        models = [LightFM(loss=one, no_components=5, random_state=4) for one in (loss, COPIES[loss])]
        folded = [model.fit(interactions, epochs=3).fold_in(interactions.tocsr()[:7]) for model in models]
        assert arrays(folded[0]) == arrays(folded[1])

    def test_two_threads_learn(self, data):
        model = LightFM(loss=COPIES["bpr"], no_components=5, random_state=4).fit(data[0], epochs=5, num_threads=2)
        assert model.training_history[-1]["loss"] < model.training_history[0]["loss"]


class TestContract:
    def test_one_step_is_strength_times_what_stands_on_the_other_side(self):
        likes = sp.coo_matrix(np.array([[1.0, 0.0]], dtype=np.float32))
        model = LightFM(loss=hinge, no_components=3, learning_rate=0.1, random_state=0).fit(likes, epochs=0)
        user, items = np.array([1.0, 2.0, 0.5]), np.array([[0.1, 0.2, 0.0], [0.3, 0.0, -0.4]])
        model.user_embeddings[0], model.item_embeddings[:] = user, items
        model.fit_partial(likes, epochs=1)
        assert model.training_history[-1]["loss"] == pytest.approx(1 - user @ (items[0] - items[1]), rel=1e-5)
        assert model.user_embeddings[0] == pytest.approx(user + 0.1 * (items[0] - items[1]))
        assert model.item_embeddings == pytest.approx(items + 0.1 * np.array([user, -user]))
        assert model.item_biases == pytest.approx([0.1, -0.1])

    def test_a_pointwise_loss_gets_the_stored_values(self):
        stars = sp.coo_matrix(np.array([[5.0, 1.0, 3.0], [4.0, 2.0, 3.0]], dtype=np.float32))

        @pointwise_loss
        def squared(score, value):
            return value - score, 0.5 * (value - score) ** 2

        model = LightFM(loss=squared, no_components=2, learning_rate=0.2, random_state=0).fit(stars, epochs=400)
        predicted = model.predict(np.repeat([0, 1], 3), np.tile([0, 1, 2], 2))
        assert predicted == pytest.approx([5, 1, 3, 4, 2, 3], abs=0.1)

    def test_it_is_told_the_items_and_may_read_arrays(self, data):
        counts = np.bincount(data[0].col, minlength=N_ITEMS).astype(np.float64) + 1

        @pairwise_loss
        def against_popular(difference, draws, liked, other):
            z = difference + math.log(counts[liked]) - math.log(counts[other])
            loss, strength = log_loss(z)
            return strength, loss

        kept, popular = (
            LightFM(loss=loss, no_components=4, random_state=1).fit(data[0], epochs=30)
            for loss in (against_popular, pairwise_loss(COPIES["bpr"].function))
        )
        # The popularity that the loss takes over needs not be learned.
        rises = [np.polyfit(np.log(counts), model.item_biases, 1)[0] for model in (kept, popular)]
        assert rises[0] < rises[1] / 2

    def test_draws_are_counted_and_max_sampled_limits_the_search(self, data):
        seen = pairwise_loss(lambda difference, draws: (1.0, float(draws)), margin=0.0)
        model = LightFM(loss=seen, no_components=4, random_state=1, max_sampled=3).fit(data[0], epochs=1)
        record = model.training_history[0]
        assert 1 <= record["loss"] * record["interactions"] / record["updates"] <= 3
        assert record["updates"] < record["interactions"]  # some searches find nothing

    def test_catalog_negatives_are_any_item_and_entries_those_that_others_have(self):
        # Item 2 has no entry: only a loss that draws from the catalog ever refuses it.
        likes = sp.coo_matrix(np.array([[1, 0, 0], [0, 1, 0]], dtype=np.float32))
        refused = {}
        for negatives in ("catalog", "entries"):
            loss = pairwise_loss(hinge.function, negatives=negatives)
            model = LightFM(loss=loss, no_components=2, random_state=1).fit(likes, epochs=20)
            refused[negatives] = model.item_biases[2]
        assert refused["catalog"] < 0 and refused["entries"] == 0

    def test_it_can_be_called_and_names_itself(self):
        assert hinge(0.5, 1) == (1.0, 0.5) and hinge.name == "hinge"
        assert "hinge" in repr(LightFM(loss=hinge))

    @pytest.mark.parametrize("first", ["logistic", "bpr", hinge])
    @pytest.mark.parametrize("then", ["warp-kos", "bpr", hinge])
    def test_a_loss_set_by_a_callback_counts_from_the_next_fit(self, data, first, then):
        def switch(model, epoch):
            model.loss = then

        switched = LightFM(loss=first, no_components=4, random_state=1).fit(data[0], epochs=3, callback=switch)
        assert arrays(switched) == arrays(LightFM(loss=first, no_components=4, random_state=1).fit(data[0], epochs=3))

    def test_a_user_with_everything_and_no_draws_learn_nothing(self):
        everything = sp.coo_matrix(np.ones((2, 5), dtype=np.float32))
        for loss, settings in ((hinge, {}), (pairwise_loss(hinge.function, margin=1.0), {"max_sampled": 0})):
            model = LightFM(loss=loss, no_components=3, random_state=1)
            for name, value in settings.items():
                setattr(model, name, value)
            assert model.fit(everything, epochs=2).training_history[-1]["updates"] == 0

    @pytest.mark.parametrize("num_threads", [1, 2])
    def test_what_it_raises_reaches_whoever_trains(self, data, num_threads):
        def third_draw(difference, draws):
            if draws == 3:
                raise ArithmeticError("the third draw")
            return 1.0, 0.0

        model = LightFM(loss=pairwise_loss(third_draw), no_components=4, random_state=1)
        with pytest.raises(ArithmeticError, match="the third draw"):
            model.fit(data[0], epochs=3, num_threads=num_threads)

    def test_numbers_of_other_types_are_taken(self, data):
        ones = pairwise_loss(lambda difference, draws: (1, np.float32(2)))
        floats = pairwise_loss(lambda difference, draws: (1.0, 2.0))
        models = [LightFM(loss=loss, no_components=4, random_state=1).fit(data[0], epochs=2) for loss in (ones, floats)]
        assert arrays(models[0]) == arrays(models[1])
        assert models[0].training_history == models[1].training_history

    def test_copies_of_a_model_keep_it(self, data):
        model = LightFM(loss=hinge, no_components=4, random_state=1).fit(data[0], epochs=1)
        copied = copy.deepcopy(model)
        assert arrays(copied.fit_partial(data[0])) == arrays(model.fit_partial(data[0]))
        assert sklearn.base.clone(model).loss.name == "hinge"

    @pytest.mark.parametrize(
        "loss",
        [
            pairwise_loss(lambda difference, draws: (1.0, 1.0 - difference), margin=1.0),
            pointwise_loss(lambda score, value: (value - score, 0.0)),
        ],
        ids=["pairwise", "pointwise"],
    )
    def test_it_travels_to_another_process(self, data, loss, tmp_path):
        likes = tmp_path / "likes.npz"
        sp.save_npz(likes, data[0])
        (tmp_path / "loss").write_bytes(cloudpickle.dumps(loss))
        code = f"""\
import hashlib, pickle, scipy.sparse as sp
from pathlib import Path
from recsys_lessons import LightFM
loss = pickle.loads(Path({str(tmp_path / "loss")!r}).read_bytes())
model = LightFM(loss=loss, no_components=4, random_state=1).fit(sp.load_npz({str(likes)!r}).tocoo())
print(hashlib.sha256(model.item_embeddings.tobytes()).hexdigest())"""
        there = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
        here = LightFM(loss=loss, no_components=4, random_state=1).fit(data[0])
        assert there == hashlib.sha256(here.item_embeddings.tobytes()).hexdigest()


class TestRefused:
    def test_a_function_of_the_wrong_shape(self):
        with pytest.raises(ValueError, match=r"one takes \(difference\); expected \(difference, draws\) or"):
            pairwise_loss(_named("one", lambda difference: (1.0, 0.0)))
        with pytest.raises(ValueError, match=r"takes \(score, value, more\); expected \(score, value\)"):
            pointwise_loss(lambda score, value, more: (1.0, 0.0))
        with pytest.raises(ValueError, match=r"alone returns float64; expected two numbers, \(strength, loss\)"):
            pairwise_loss(_named("alone", lambda difference, draws: difference))
        with pytest.raises(ValueError, match="expected two numbers"):
            pointwise_loss(lambda score, value: (1.0, 0.0, 0.0))
        for no_function in ("hinge", math.hypot, divmod, hinge):
            with pytest.raises(ValueError, match="function must be a function of"):
                pairwise_loss(no_function)
        for odd in (lambda a, *, b: (a, b), lambda *a: (1.0, 0.0)):
            with pytest.raises(ValueError, match=r"takes \(.*\*"):
                pairwise_loss(odd)

    def test_what_numba_cannot_compile(self):
        with pytest.raises(ValueError, match="Numba cannot compile unknown"):
            pairwise_loss(_named("unknown", lambda difference, draws: (nowhere(difference), 0.0)))  # noqa: F821

    def test_wrong_options(self):
        with pytest.raises(ValueError, match="negatives must be one of 'catalog', 'entries'"):
            pairwise_loss(hinge.function, negatives="popular")
        with pytest.raises(ValueError, match="margin"):
            pairwise_loss(hinge.function, margin=-1.0)

    def test_a_function_that_is_not_wrapped(self):
        with pytest.raises(ValueError, match="wrap it by pairwise_loss or pointwise_loss"):
            LightFM(loss=hinge.function)

    def test_a_loss_that_diverges(self, data):
        broken = pairwise_loss(lambda difference, draws: (1e30 * math.exp(draws), 0.0))
        with pytest.raises(ValueError, match="finite|NaN|infinite"):
            LightFM(loss=broken, no_components=4, random_state=1).fit(data[0], epochs=3)

    def test_saving_says_what_to_do(self, data, tmp_path):
        model = LightFM(loss=hinge, no_components=4, random_state=1).fit(data[0], epochs=1)
        with pytest.raises(ValueError, match="loss is hinge, a function"):
            model.save(tmp_path / "model")
        assert not list(tmp_path.iterdir())
        model.loss = "bpr"
        model.save(tmp_path / "model")
        loaded = LightFM.load(tmp_path / "model")
        loaded.loss = model.loss = hinge
        assert arrays(loaded.fit_partial(data[0])) == arrays(model.fit_partial(data[0]))


def _named(name, function):
    function.__name__ = name
    return function
