"""Each update is the gradient of the loss and the penalty that the kernels' docstrings state.

The oracle is written apart from kernels and reference: the loss in float64 with the functions of :mod:`math`, its
gradient by central differences. An Adagrad step with remembered squares of A is ``learning_rate / sqrt(A)`` times it.
"""

import itertools
import math

import numpy as np
import pytest

from recsys_lessons.kernels import reference, schedules
from recsys_lessons.kernels.lanes import padded_width
from recsys_lessons.kernels.structures import ADADELTA, Features, Model, Side
from recsys_lessons.kernels.training import learn_entries
from tests.kernels.problems import LOSSES, Problem, interactions, label, settings, some_parameters

USER, POSITIVE, NEGATIVE = 1, 2, 4
N_ITEMS, N_COMPONENTS = 50, 5
SPREAD, SHARED = "features apart", "features shared"


def forced(loss, features, penalty, value=1.0, weight=1.7) -> Problem:
    """One entry to learn from, for which the pairwise losses have a single negative to find.

    The user has an entry for every item but one, and a single positive.
    """
    random = np.random.default_rng(3)
    others = [item for item in range(N_ITEMS) if item not in (POSITIVE, NEGATIVE)]
    items = [POSITIVE, *others, NEGATIVE]
    users = [USER] * (N_ITEMS - 1) + [USER + 1]
    values = [value] + [-1.0] * (N_ITEMS - 2) + [1.0]
    if features == SPREAD:
        sides = [several(random, 3), several(random, N_ITEMS)]
    elif features == SHARED:
        sides = [several(random, 3, shared=True), several(random, N_ITEMS, shared=True)]
    else:
        sides = [None, None]
    n_features = [3 * n_rows if features else n_rows for n_rows in (3, N_ITEMS)]
    model = Model(
        *(
            Side(side, some_parameters(random, n, N_COMPONENTS, first_gradient=1.0))
            for side, n in zip(sides, n_features, strict=True)
        )
    )
    # BPR draws the item of a random entry: here one in fifty is the negative.
    data = interactions(users, items, values, [weight] * N_ITEMS, 3)
    chosen = settings(
        loss, penalty=penalty, max_sampled=1000, n_items=N_ITEMS, n_items_seen=N_ITEMS, learning_rate=0.01
    )
    return Problem(model, data, chosen, N_COMPONENTS, seed=17)


def several(random, n_rows, shared=False) -> Features:
    """Rows of two or three features, none of which, or one of which, is shared."""
    rows = [[row, n_rows + row] + ([2 * n_rows] if shared else []) for row in range(n_rows)]
    starts = np.cumsum([0, *map(len, rows)]).astype(np.int64)
    indices = np.array(sum(rows, []), np.int32)
    return Features(starts, indices, random.uniform(0.4, 1.6, len(indices)).astype(np.float32))


def touched(side, row):
    """Features of a row with their weights."""
    if side.features is None:
        return {row: 1.0}
    positions = range(side.features.starts[row], side.features.starts[row + 1])
    return {int(side.features.indices[p]): float(side.features.weights[p]) for p in positions}


def stated_loss(start, parameters, draws, value) -> tuple[float, float]:
    """Loss and penalty as the docstrings say, of (user embeddings, user biases, item embeddings, ...)."""
    user_embeddings, user_biases, item_embeddings, item_biases = parameters

    def represent(side, row, embeddings, biases):
        weights = touched(side, row)
        return sum(w * embeddings[f] for f, w in weights.items()), sum(w * biases[f] for f, w in weights.items())

    users, items = start.model.users, start.model.items
    user, user_bias = represent(users, USER, user_embeddings, user_biases)
    positive, positive_bias = represent(items, POSITIVE, item_embeddings, item_biases)
    negative, negative_bias = represent(items, NEGATIVE, item_embeddings, item_biases)
    score = math.fsum(user * positive) + user_bias + positive_bias
    other_score = math.fsum(user * negative) + user_bias + negative_bias
    weight = float(start.data.weights[0])
    loss = next(name for name, number in LOSSES.items() if number == start.settings.loss)
    if loss == "logistic":
        probability = 1 / (1 + math.exp(-score))
        data_loss = -weight * math.log(probability if value > 0 else 1 - probability)
    elif loss == "bpr":
        data_loss = -weight * math.log(1 / (1 + math.exp(-(score - other_score))))
    else:
        rank = max(1, (N_ITEMS - 1) // draws)
        data_loss = min(weight * math.log(rank), 10) * (1 - score + other_score)

    penalty = 0.0
    for row in (POSITIVE,) if loss == "logistic" else (POSITIVE, NEGATIVE):
        for feature in touched(items, row):
            squares = np.sum(item_embeddings[feature] ** 2) + item_biases[feature] ** 2
            penalty += start.settings.item_penalty / 2 * squares
    for feature in touched(users, USER):
        squares = np.sum(user_embeddings[feature] ** 2)
        squares += user_biases[feature] ** 2 if loss == "logistic" else 0.0
        penalty += start.settings.user_penalty / 2 * squares
    return data_loss, penalty


def learned(model):
    return [
        array.astype(np.float64)
        for side in model
        for array in (side.parameters.embeddings[:, :N_COMPONENTS], side.parameters.biases)
    ]


def central_differences(start, draws, value):
    """Gradient of the stated loss plus penalty, in float64."""
    parameters, h = learned(start.model), 1e-6
    gradients = [np.zeros_like(array) for array in parameters]
    for array, gradient in zip(parameters, gradients, strict=True):
        for place in np.ndindex(array.shape):
            original = array[place]
            array[place] = original + h
            above = sum(stated_loss(start, parameters, draws, value))
            array[place] = original - h
            below = sum(stated_loss(start, parameters, draws, value))
            array[place] = original
            gradient[place] = (above - below) / (2 * h)
    return gradients


def learn(kernel, start, dtype=np.float32):
    """Learn the first entry. Returns the state after it and the number of draws."""
    after, stream, entry = start.copy(dtype), start.stream(), np.zeros(1, np.int32)
    scratch = start.worker(stream) if kernel is learn_entries else stream
    loss, updates, draws = kernel(after.model, start.data, entry, start.settings, scratch)
    assert updates == 1
    return after, loss, draws


CASES = [
    (loss, features, penalty, value)
    for loss, features, penalty in itertools.product(LOSSES, (None, SPREAD, SHARED), (0.0, 0.2))
    for value in ((1.0, -1.0) if loss == "logistic" else (1.0,))
]


@pytest.mark.parametrize(("loss", "features", "penalty", "value"), CASES, ids=label)
@pytest.mark.parametrize("kernel", [learn_entries, reference.learn_entries], ids=["kernel", "reference"])
def test_update_is_the_gradient_of_what_is_stated(kernel, loss, features, penalty, value):
    start = forced(loss, features, penalty, value)
    exact = kernel is not learn_entries
    if features == SHARED:
        # Positive and negative step one after the other on a feature they share: many squares remembered keep the
        # first step from changing the size of the second.
        for side in start.model:
            side.parameters.embedding_gradients[:, :N_COMPONENTS] = 1e8
            side.parameters.bias_gradients[:] = 1e8
        start = start._replace(settings=start.settings._replace(learning_rate=1.0 if exact else 10.0))
    after, loss_found, draws = learn(kernel, start, np.float64 if exact else np.float32)
    assert loss_found == pytest.approx(stated_loss(start, learned(start.model), draws, value)[0], rel=1e-6)
    squares = 1e8 if features == SHARED else 1.0
    tolerance = (1e-4 if features == SHARED else 1e-8) if exact else (1e-3 if features == SHARED else 5e-5)
    factor = start.settings.learning_rate / math.sqrt(squares)
    expected = central_differences(start, draws, value)
    assert sum(np.count_nonzero(gradient) for gradient in expected) >= 2 * N_COMPONENTS
    for before, now, gradient in zip(learned(start.model), learned(after.model), expected, strict=True):
        np.testing.assert_allclose((before - now) / factor, gradient, rtol=0, atol=tolerance)


@pytest.mark.parametrize("loss", ["warp", "warp-kos"])
def test_the_step_of_warp_is_limited(loss):
    start = forced(loss, None, 0.0, weight=50.0)
    after, loss_found, draws = learn(learn_entries, start)
    assert 50 * math.log((N_ITEMS - 1) // draws) > 10
    assert loss_found == pytest.approx(stated_loss(start, learned(start.model), draws, 1.0)[0], rel=1e-6)
    changes = (start.model.items.parameters.biases - after.model.items.parameters.biases) / 0.01
    np.testing.assert_allclose(changes[[POSITIVE, NEGATIVE]], [-10, 10], rtol=1e-4)
    assert np.count_nonzero(changes) == 2


@pytest.mark.parametrize("loss", LOSSES)
def test_adadelta_sees_the_same_gradient(loss):
    start = forced(loss, SPREAD, 0.1)
    for side in start.model:
        for memory in (side.parameters.embedding_gradients, side.parameters.embedding_momentum):
            memory[:, :N_COMPONENTS] = 0
        side.parameters.bias_gradients[:] = 0
        side.parameters.bias_momentum[:] = 0
    adadelta = start._replace(settings=start.settings._replace(schedule=ADADELTA))
    after, _, draws = learn(learn_entries, adadelta)
    rest = 1 - adadelta.settings.rho
    gradients = central_differences(start, draws, 1.0)
    sides = (side.parameters for side in after.model)
    memories = itertools.chain.from_iterable((p.embedding_gradients[:, :N_COMPONENTS], p.bias_gradients) for p in sides)
    for before, now, gradient, squares in zip(
        learned(start.model), learned(after.model), gradients, memories, strict=True
    ):
        np.testing.assert_allclose(squares / rest, gradient**2, atol=1e-5)
        step = gradient * math.sqrt(adadelta.settings.epsilon) / np.sqrt(rest * gradient**2 + adadelta.settings.epsilon)
        np.testing.assert_allclose(before - now, step, atol=1e-6)


def one_number(schedule, gradients):
    """Path of one embedding component, from 0.5, under given gradients of the loss, by the formulas of the papers."""
    theta, path = 0.5, []
    squares, moved = (1.0, 0.0) if schedule == "adagrad" else (0.0, 0.0)
    for data_gradient in gradients:
        g = data_gradient + 0.03 * theta
        if schedule == "adagrad":
            theta -= 0.05 / math.sqrt(squares) * g
            squares += g**2
        else:
            squares = 0.9 * squares + 0.1 * g**2
            delta = math.sqrt(moved + 1e-5) / math.sqrt(squares + 1e-5) * g
            moved = 0.9 * moved + 0.1 * delta**2
            theta -= delta
        path.append(theta)
    return path


@pytest.mark.parametrize("schedule", ["adagrad", "adadelta"])
def test_schedules_follow_their_papers(schedule):
    gradients = [0.3, -1.2, 0.0, 2.5, 0.01, -0.4]
    chosen = settings("warp", schedule)
    first = 1.0 if schedule == "adagrad" else 0.0
    learned_numbers = some_parameters(np.random.default_rng(0), 2, N_COMPONENTS, first_gradient=first)
    learned_numbers.embeddings[1, :N_COMPONENTS] = 0.5
    learned_numbers.biases[1] = 0.5
    learned_numbers.embedding_momentum[:] = 0
    learned_numbers.bias_momentum[:] = 0
    vector = np.zeros((1, padded_width(N_COMPONENTS)), np.float32)
    vector[0, :N_COMPONENTS] = 2.0
    untouched = learned_numbers.embeddings[0].copy()
    for gradient, expected in zip(gradients, one_number(schedule, gradients), strict=True):
        half = np.float32(gradient / 2)
        schedules.step_embedding(learned_numbers, 1, vector, half, 0.03, chosen)
        schedules.step_bias(learned_numbers, 1, np.float32(gradient), 0.03, chosen)
        np.testing.assert_allclose(learned_numbers.embeddings[1, :N_COMPONENTS], expected, atol=1e-6)
        np.testing.assert_allclose(learned_numbers.biases[1], expected, atol=1e-6)
    np.testing.assert_array_equal(learned_numbers.embeddings[0], untouched)
    np.testing.assert_array_equal(learned_numbers.embeddings[:, N_COMPONENTS:], 0)
