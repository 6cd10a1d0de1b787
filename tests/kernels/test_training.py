"""Training kernels equal the reference: one update in all combinations, and whole trainings to the last bit."""

import numpy as np
import pytest

from recsys_lessons.kernels import reference
from recsys_lessons.kernels.own import compile_loss
from recsys_lessons.kernels.random import shuffle
from recsys_lessons.kernels.structures import Model
from recsys_lessons.kernels.training import learn_entries, learn_with_own_entries
from tests.kernels.problems import COMBINATIONS, LOSSES, SCHEDULES, label, problem


def both(start, order):
    """The state after learning `order`, from the kernel and from the reference, and what each returned."""
    compiled, plain = start.copy(), start.copy()
    streams = start.stream(), start.stream()
    results = (
        learn_entries(compiled.model, start.data, order, start.settings, start.worker(streams[0])),
        reference.learn_entries(plain.model, start.data, order, start.settings, streams[1]),
    )
    assert streams[0].tolist() == streams[1].tolist(), "the random streams went apart"
    return compiled.model, plain.model, *results


def pairs_of_arrays(left: Model, right: Model):
    for name, one, other in zip(("users", "items"), left, right, strict=True):
        for field, array in one.parameters._asdict().items():
            yield f"{name}.{field}", array, getattr(other.parameters, field)


@pytest.mark.parametrize("combination", COMBINATIONS, ids=lambda names: "-".join(map(label, names)))
def test_one_update_equals_the_reference(combination):
    start = problem(*combination)
    for entry in range(6):
        compiled, plain, result, expected = both(start, np.array([entry], np.int32))
        assert result[1:] == expected[1:]
        assert result[0] == pytest.approx(expected[0], abs=1e-6)
        for name, one, other in pairs_of_arrays(compiled, plain):
            np.testing.assert_allclose(one, other, rtol=0, atol=1e-6, err_msg=f"{name}, entry {entry}")


@pytest.mark.parametrize("item_features", [False, True], ids=["items", "item_features"])
@pytest.mark.parametrize("user_features", [False, True], ids=["users", "user_features"])
@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("loss", LOSSES)
def test_whole_trainings_agree_in_bits(loss, schedule, user_features, item_features):
    start = problem(loss, schedule, user_features, item_features, weighted=True, penalty=0.01, n_entries=40)
    order = np.tile(np.arange(40, dtype=np.int32), 4)
    shuffle(order, start.stream())
    compiled, plain, result, expected = both(start, order)
    assert result == expected
    assert result[1] > 20
    for name, one, other in pairs_of_arrays(compiled, plain):
        np.testing.assert_array_equal(one.view(np.uint32), other.view(np.uint32), err_msg=name)


def _pair(difference, draws, liked, other):
    return 1.0 / (draws + 0.25 * abs(liked - other)), 1.0 - difference


def _entry(score, value):
    return 0.5 * (value - score), 0.25 * (value - score) ** 2


@pytest.mark.parametrize("weighted", [False, True], ids=["", "weighted"])
@pytest.mark.parametrize(
    ("like", "kind", "function", "margin"),
    [
        ("logistic", "entry", _entry, -1.0),
        ("bpr", "pair", _pair, -1.0),
        ("warp", "pair", _pair, -1.0),
        ("warp", "pair", _pair, 0.5),
    ],
)
def test_a_loss_of_the_learners_own_equals_the_reference_to_the_bit(like, kind, function, margin, weighted):
    start = problem(like, "adagrad", True, True, weighted)
    start = start._replace(settings=start.settings._replace(margin=margin))
    order = np.arange(len(start.data.users), dtype=np.int32)
    compiled, plain = start.copy(), start.copy()
    streams = start.stream(), start.stream()
    own = compile_loss("own", function, kind)
    learn, compiled_loss = (learn_with_own_entries, [own]) if kind == "entry" else (learn_entries, [None, own])
    worker = start.worker(streams[0])
    result = learn(compiled.model, start.data, order, start.settings, worker, *compiled_loss)
    of_entry, of_pair = (function, None) if kind == "entry" else (None, function)
    expected = reference.learn_entries(plain.model, start.data, order, start.settings, streams[1], of_entry, of_pair)
    assert result == expected and result[1] > 5
    assert streams[0].tolist() == streams[1].tolist(), "the random streams went apart"
    for name, one, other in pairs_of_arrays(compiled.model, plain.model):
        assert one.tobytes() == other.tobytes(), name
