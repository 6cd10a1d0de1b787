"""Averaging is ordinary training on one machine, keeps users apart, and averages what it says."""

import numpy as np
import pytest
import scipy.sparse as sp

from recsys_lessons import LightFM
from recsys_lessons.datasets import load_movies
from recsys_lessons.evaluation import precision_at_k
from recsys_lessons.teaching.averaging import bytes_of_averaging, train_by_averaging

SCHEDULES = ("adagrad", "adadelta")
FIELDS = ("embeddings", "biases") + tuple(
    f"{kind}_{memory}" for kind in ("embedding", "bias") for memory in ("gradients", "momentum")
)
ARGUMENTS = {"loss": "warp", "no_components": 4, "random_state": 3}


@pytest.fixture(scope="module")
def likes():
    rng = np.random.default_rng(2)
    return sp.coo_matrix((rng.random((30, 40)) < 0.2).astype(np.float32))


def arrays(model):
    return {name: getattr(model, name).tobytes() for side in ("item", "user") for name in names_of(side)}


def names_of(side):
    return [f"{side}_{field}" for field in FIELDS]


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("features", [False, True])
def test_one_machine_is_ordinary_training(likes, features, schedule):
    about = {"item_features": sp.hstack([sp.identity(40), np.ones((40, 1))], format="csr") if features else None}
    arguments = {**ARGUMENTS, "learning_schedule": schedule}
    alone = train_by_averaging(arguments, likes, machines=1, rounds=3, epochs_of_a_round=2, **about)
    assert arrays(alone) == arrays(LightFM(**arguments).fit(likes, epochs=6, **about))


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_items_are_the_mean_and_users_their_own_machines(likes, schedule):
    """Two rounds of two machines, by hand: all that a model remembers, with what the learning schedule does."""
    # The logistic loss learns the users' biases, too.
    arguments = {**ARGUMENTS, "loss": "logistic", "learning_schedule": schedule}
    owner = np.random.default_rng(3).permutation(30) % 2
    start = LightFM(**arguments).fit(likes, epochs=0)
    models, parts = [], []
    for machine in range(2):
        part = likes.tocsr().multiply((owner == machine)[:, None]).tocoo()
        part.eliminate_zeros()
        model = LightFM(**{**arguments, "random_state": 3 + 1000 * machine}).fit(part, epochs=0)
        model.item_embeddings, model.user_embeddings = start.item_embeddings, start.user_embeddings
        models.append(model)
        parts.append(part)
    for _ in range(2):
        for model, part in zip(models, parts, strict=True):
            model.fit_partial(part, epochs=1)
        for name in names_of("item"):
            mean = np.mean([getattr(model, name) for model in models], axis=0)
            for model in models:
                setattr(model, name, mean)
    together = train_by_averaging(arguments, likes, machines=2, rounds=2)
    for name in names_of("item"):
        assert np.array_equal(getattr(together, name), getattr(models[0], name)), name
    for machine, model in enumerate(models):
        own = owner == machine
        for name in names_of("user"):
            assert np.array_equal(getattr(together, name)[own], getattr(model, name)[own]), name


def test_what_was_learned_is_not_taken_for_untouched(likes):
    """Further training steps on with the sums of each user: they are above the 1 that each number begins with."""
    model = train_by_averaging(ARGUMENTS, likes, machines=3, rounds=2)
    assert (model.user_embedding_gradients > 1).any(axis=1).all()


def test_the_bytes_are_those_of_the_arrays(likes):
    model = train_by_averaging(ARGUMENTS, likes, machines=3, rounds=1)
    names = ("item_embeddings", "item_biases", "item_embedding_gradients", "item_bias_gradients")
    sent = sum(np.ascontiguousarray(getattr(model, name)).nbytes for name in names)
    assert bytes_of_averaging(40, 4, machines=3) == 3 * 2 * sent


def test_seldom_averages_cost_precision():
    """As the lesson says: after every epoch little is lost, once at the end much."""
    form = load_movies().as_lightfm(min_rating=4.0)
    arguments = {"loss": "warp", "no_components": 32, "random_state": 0}
    found = {
        rounds: precision_at_k(
            train_by_averaging(arguments, form["train"], machines=4, rounds=rounds, epochs_of_a_round=30 // rounds),
            form["test"],
            form["train"],
        ).mean()
        for rounds in (30, 1)
    }
    assert found[30] > 0.075 and found[1] < 0.06


@pytest.mark.parametrize("seed", [np.int64(3), np.uint32(3)])
def test_a_seed_may_be_of_numpy(likes, seed):
    given = {**ARGUMENTS, "random_state": seed}
    expected = train_by_averaging(ARGUMENTS, likes, machines=2, rounds=1)
    assert arrays(train_by_averaging(given, likes, machines=2, rounds=1)) == arrays(expected)


def test_a_large_seed_has_others_after_it(likes):
    model = train_by_averaging({**ARGUMENTS, "random_state": 2**32 - 500}, likes, machines=2, rounds=1)
    assert model.random_state == 2**32 - 500


@pytest.mark.parametrize("name", ["machines", "rounds", "epochs_of_a_round"])
@pytest.mark.parametrize("value", [0, -1, 1.5])
def test_wrong_input_is_named(likes, name, value):
    with pytest.raises(ValueError, match=f"^{name} must be a positive integer, got {value}"):
        train_by_averaging(ARGUMENTS, likes, **{"machines": 2, "rounds": 1, name: value})


@pytest.mark.parametrize("name", ["n_items", "no_components", "machines"])
def test_wrong_numbers_of_bytes_are_named(name):
    with pytest.raises(ValueError, match=f"{name} must be a positive integer, got -1"):
        bytes_of_averaging(**{"n_items": 3, "no_components": 2, "machines": 2, name: -1})


@pytest.mark.parametrize(
    "arguments, message",
    [
        (None, "arguments must be a dictionary of arguments of LightFM, got None"),
        ({"loss": "warp"}, "arguments must have a whole number as random_state, .* got None"),
        ({"random_state": True}, "arguments must have a whole number as random_state, .* got True"),
        ({"random_state": -1}, "arguments: random_state must be .*, got -1"),
        ({"losss": "warp", "random_state": 1}, "arguments has 'losss', which is no argument of LightFM"),
    ],
)
def test_wrong_arguments_are_named(likes, arguments, message):
    with pytest.raises(ValueError, match=message):
        train_by_averaging(arguments, likes, machines=2, rounds=1)


def test_a_dense_train_is_named(likes):
    with pytest.raises(ValueError, match="train must be a scipy.sparse matrix"):
        train_by_averaging(ARGUMENTS, likes.toarray(), machines=2, rounds=1)
