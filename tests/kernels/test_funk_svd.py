"""Kernels of explicit ratings: the step is the gradient of the stated loss, and they equal the reference."""

import copy

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys_lessons.kernels import biases, funk_svd, random, reference
from recsys_lessons.kernels.funk_svd import Factors, Ratings, RatingSettings
from recsys_lessons.kernels.lanes import padded_width

N_USERS, N_ITEMS = 5, 7


def factors(source, n_rows, n_components) -> Factors:
    embeddings = np.zeros((n_rows, padded_width(n_components)), np.float32)
    embeddings[:, :n_components] = source.normal(0, 0.5, (n_rows, n_components))
    return Factors(embeddings, source.normal(0, 0.5, n_rows).astype(np.float32))


def problem(n_components=11, n_ratings=40, seed=3, learn_items=True):
    source = np.random.default_rng(seed)
    users, items = factors(source, N_USERS, n_components), factors(source, N_ITEMS, n_components)
    raters = np.sort(source.integers(0, N_USERS, n_ratings))
    ratings = Ratings(
        np.searchsorted(raters, np.arange(N_USERS + 1)).astype(np.int64),
        source.integers(0, N_ITEMS, n_ratings).astype(np.int32),
        source.choice([0.0, 0.5, 3.5, 5.0], n_ratings).astype(np.float32),
    )
    return users, items, ratings, RatingSettings(3.2, 0.03, 0.07, learn_items)


def entries(ratings: Ratings):
    """Users, items and values, one number each for a rating."""
    return np.repeat(np.arange(N_USERS, dtype=np.int32), np.diff(ratings.starts)), ratings.items, ratings.values


def only(ratings: Ratings, user, entry) -> Ratings:
    """A single rating."""
    starts = (np.arange(N_USERS + 1) > user).astype(np.int64)
    return Ratings(starts, ratings.items[entry : entry + 1], ratings.values[entry : entry + 1])


def as_float64(side: Factors) -> Factors:
    return Factors(*(array.astype(np.float64) for array in side))


def loss(users, items, user, item, rating, settings):
    """The loss of one rating as the kernel's documentation states it."""
    p, q, b_user, b_item = users.embeddings[user], items.embeddings[item], users.biases[user], items.biases[item]
    error = rating - (settings.global_mean + b_user + b_item + p @ q)
    return (error**2 + settings.regularization * (b_user**2 + b_item**2 + p @ p + q @ q)) / 2


def slope(function, array, place, width=1e-5):
    """Central difference of a function with respect to one number of an array."""
    start = array[place]
    array[place] = start + width
    above = function()
    array[place] = start - width
    below = function()
    array[place] = start
    return (above - below) / (2 * width)


def bits(array):
    return array.view(np.uint32).tolist()


def numbers_of(users, items, user, item):
    """All that a rating of `item` by `user` touches: where each number is."""
    for side, row in ((users, user), (items, item)):
        yield from ((side.embeddings, (row, component)) for component in range(side.embeddings.shape[1]))
        yield side.biases, row


def test_a_step_goes_against_the_gradient_of_the_stated_loss():
    users, items, ratings, settings = problem()
    users, items = as_float64(users), as_float64(items)
    for entry in range(10):
        user, item, rating = (array[entry].item() for array in entries(ratings))
        touched = list(numbers_of(users, items, user, item))
        gradient = [
            slope(lambda: loss(users, items, user, item, rating, settings), array, place)  # noqa: B023
            for array, place in touched
        ]
        before = np.array([array[place] for array, place in touched])
        reference.learn_ratings(users, items, only(ratings, user, entry), [user], settings)
        moved = np.array([array[place] for array, place in touched]) - before
        np.testing.assert_allclose(moved, -settings.learning_rate * np.array(gradient), rtol=1e-6, atol=1e-9)
        assert np.abs(moved).max() > 1e-3


@pytest.mark.parametrize("learn_items", [True, False])
@pytest.mark.parametrize("n_components", [1, 8, 11, 24])
def test_one_update_equals_the_reference(n_components, learn_items):
    users, items, ratings, settings = problem(n_components, learn_items=learn_items)
    for entry in range(10):
        compiled, plain = copy.deepcopy((users, items)), copy.deepcopy((users, items))
        user = entries(ratings)[0][entry]
        order, single = np.array([user], np.int32), only(ratings, user, entry)
        result = funk_svd.learn_ratings(*compiled, single, order, settings)
        assert result == pytest.approx(reference.learn_ratings(*plain, single, order, settings), abs=1e-6)
        for one, other in zip(compiled, plain, strict=True):
            np.testing.assert_allclose(one.embeddings, other.embeddings, rtol=0, atol=1e-6)
            np.testing.assert_allclose(one.biases, other.biases, rtol=0, atol=1e-6)
        assert bits(compiled[0].embeddings) != bits(users.embeddings)
        assert (bits(compiled[1].embeddings) != bits(items.embeddings)) == learn_items
        assert (bits(compiled[1].biases) != bits(items.biases)) == learn_items


@pytest.mark.parametrize("n_components", [1, 8, 11, 40])
def test_a_whole_training_equals_the_reference_in_bits(n_components):
    users, items, ratings, settings = problem(n_components)
    order = np.tile(np.arange(N_USERS, dtype=np.int32), 5)
    random.shuffle(order, np.array([1, 2, 3, 1]))
    compiled, plain = copy.deepcopy((users, items)), copy.deepcopy((users, items))
    result = funk_svd.learn_ratings(*compiled, ratings, order, settings)
    assert result == reference.learn_ratings(*plain, ratings, order, settings)
    for one, other in zip(compiled, plain, strict=True):
        assert bits(one.embeddings) == bits(other.embeddings)
        assert bits(one.biases) == bits(other.biases)
        assert not one.embeddings[:, n_components:].any(), "the padding must stay zero"


@pytest.mark.parametrize("learn_items", [True, False])
def test_without_biases_only_the_embeddings_are_learned_and_equal_the_reference_in_bits(learn_items):
    users, items, ratings, settings = problem(learn_items=learn_items)
    settings = settings._replace(learn_biases=False)
    order = np.arange(N_USERS, dtype=np.int32)
    compiled, plain = copy.deepcopy((users, items)), copy.deepcopy((users, items))
    result = funk_svd.learn_ratings(*compiled, ratings, order, settings)
    assert result == reference.learn_ratings(*plain, ratings, order, settings)
    for before, one, other in zip((users, items), compiled, plain, strict=True):
        assert bits(one.embeddings) == bits(other.embeddings)
        assert bits(one.biases) == bits(other.biases) == bits(before.biases)
    assert bits(compiled[0].embeddings) != bits(users.embeddings)


def test_training_lowers_the_loss_of_an_epoch():
    users, items, ratings, settings = problem(n_ratings=12)
    order = np.arange(N_USERS, dtype=np.int32)
    losses = [funk_svd.learn_ratings(users, items, ratings, order, settings) for _ in range(60)]
    assert losses[-1] < losses[0] / 5


def test_the_error_is_taken_before_the_step():
    users, items, ratings, settings = problem()
    user, item, rating = (array[0] for array in entries(ratings))
    predicted = 3.2 + users.biases[user] + items.biases[item] + users.embeddings[user] @ items.embeddings[item]
    squares = funk_svd.learn_ratings(users, items, only(ratings, user, 0), np.array([user], np.int32), settings)
    assert squares == pytest.approx((rating - predicted) ** 2, rel=1e-5)


@given(st.integers(0, 2**31), st.integers(1, 7), st.lists(st.integers(0, 5), max_size=4, unique=True))
def test_normal_numbers_equal_the_reference_in_bits(seed, n_components, rows):
    streams = [np.array([seed, 5, 7, 1], np.int64) for _ in range(2)]
    compiled, plain = (np.zeros((6, 8), np.float32) for _ in range(2))
    funk_svd.fill_normal(compiled, np.array(rows, np.int64), n_components, 0.3, streams[0])
    reference.fill_normal(plain, rows, n_components, 0.3, streams[1])
    assert bits(compiled) == bits(plain)
    assert streams[0].tolist() == streams[1].tolist()
    assert np.count_nonzero(compiled) == len(rows) * n_components


def test_normal_numbers_have_the_moments_and_tails_of_the_normal_distribution():
    numbers = np.zeros((400, 16), np.float32)
    stream = np.zeros(4, np.int64)
    random.start_stream(stream, 1, 2, 3)
    funk_svd.fill_normal(numbers, np.arange(400), 15, 2.0, stream)
    drawn = np.sort(numbers[:, :15].astype(np.float64).ravel() / 2.0)
    # 6,000 numbers: the bounds are about four standard errors.
    assert abs(drawn.mean()) < 0.052
    assert abs(drawn.var() - 1) < 0.073
    assert abs((drawn**4).mean() - 3) < 0.51
    within = [np.mean(np.abs(drawn) < bound) for bound in (1, 2, 3)]
    assert (np.abs(np.array(within) - [0.6827, 0.9545, 0.9973]) < [0.024, 0.011, 0.003]).all()
    assert abs(np.corrcoef(numbers[:, 0], numbers[:, 1])[0, 1]) < 0.2


# ---------------------------------------------------------------------------------------------------------- biases


@pytest.mark.parametrize("damping", [0.0, 2.5])
def test_damped_means_equal_the_reference_in_bits(damping):
    users, items, ratings, _ = problem(n_ratings=9)
    compiled, plain = np.full(N_ITEMS, 9, np.float32), np.full(N_ITEMS, 9, np.float32)
    sums = np.full((N_ITEMS, 2), 7.0)
    raters, rated, values = entries(ratings)
    by_item = rated, raters, values
    biases.damped_means(*by_item, 3.2, users.biases, damping, sums, compiled)
    reference.damped_means(*by_item, 3.2, users.biases, damping, plain)
    assert bits(compiled) == bits(plain)
    unrated = np.setdiff1d(np.arange(N_ITEMS), ratings.items)
    assert len(unrated) and not compiled[unrated].any()


def test_mean_and_squared_errors_equal_the_reference_in_bits():
    users, items, ratings, _ = problem()
    assert biases.mean_rating(ratings.values) == reference.mean_rating(ratings.values)
    assert biases.mean_rating(ratings.values) == pytest.approx(np.mean(ratings.values, dtype=float), rel=1e-12)
    known = *entries(ratings), 3.2, users.biases, items.biases
    assert biases.squared_errors(*known) == reference.squared_errors(*known)


def test_the_best_biases_are_where_the_gradient_of_the_stated_sum_is_zero():
    raters, rated, values = entries(problem()[2])
    user_biases, item_biases = (np.zeros(n, np.float32) for n in (N_USERS, N_ITEMS))

    def stated_sum():
        unexplained = values - 3.2 - user_biases[raters] - item_biases[rated]
        penalty = 1.5 * np.sum(user_biases.astype(float) ** 2) + 0.5 * np.sum(item_biases.astype(float) ** 2)
        return np.sum(unexplained.astype(float) ** 2) + penalty

    sums = [stated_sum()]
    for _ in range(60):
        biases.damped_means(rated, raters, values, 3.2, user_biases, 0.5, np.empty((N_ITEMS, 2)), item_biases)
        biases.damped_means(raters, rated, values, 3.2, item_biases, 1.5, np.empty((N_USERS, 2)), user_biases)
        sums.append(stated_sum())
    assert sums[1] < sums[0] and (np.diff(sums) < 1e-4).all()
    user_biases, item_biases = user_biases.astype(float), item_biases.astype(float)
    gradient = [slope(stated_sum, array, place) for array in (user_biases, item_biases) for place in range(len(array))]
    np.testing.assert_allclose(gradient, 0, atol=1e-4)
