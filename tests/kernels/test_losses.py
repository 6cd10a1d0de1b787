"""The corner cases of each loss."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys_lessons.kernels import bpr, k_os, known, reference, warp
from recsys_lessons.kernels.candidates import next_candidate
from recsys_lessons.kernels.step import NO_NEGATIVE
from recsys_lessons.kernels.structures import LOGISTIC
from recsys_lessons.kernels.training import learn_entries
from tests.kernels.problems import LOSSES, interactions, problem, settings

PAIRWISE = [loss for loss in LOSSES if loss != "logistic"]


def learned_from(start, order=None):
    """The state after one pass over the entries, and what the kernel returned: the same as the reference's, in bits."""
    order = np.arange(len(start.data.users), dtype=np.int32) if order is None else np.asarray(order, np.int32)
    after, expected = start.copy(), start.copy()
    result = learn_entries(after.model, start.data, order, start.settings, start.worker(start.stream()))
    assert result == reference.learn_entries(expected.model, start.data, order, start.settings, start.stream())
    assert unchanged(expected.model, after.model)
    return after.model, result


def unchanged(before, after):
    return all(
        np.array_equal(one, other)
        for left, right in zip(before, after, strict=True)
        for one, other in zip(left.parameters, right.parameters, strict=True)
    )


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 300)), max_size=60), st.sampled_from([1, 2, 8]))
def test_is_known(entries, n_words):
    users, items = [user for user, _ in entries], [item for _, item in entries]
    data = interactions(users, items, [1.0] * len(entries), [], 3)
    data = data._replace(bit_starts=n_words * np.arange(4, dtype=np.int64), bits=np.zeros(3 * n_words, np.uint32))
    known.set_bits(data.known_starts, data.known_items, data.bit_starts, data.bits)
    for user in range(3):
        for item in {*items, 0, 7, 299, 300, 2**31 - 1}:
            expected = (user, item) in entries
            assert known.is_known(data, user, item) == reference.is_known(data, user, item) == expected


@pytest.mark.parametrize("loss", PAIRWISE)
def test_pairwise_losses_leave_user_biases_alone(loss):
    start = problem(loss, user_features=True, penalty=0.1)
    after, (_, updates, _) = learned_from(start)
    assert updates > 5
    np.testing.assert_array_equal(start.model.users.parameters.biases, after.users.parameters.biases)
    np.testing.assert_array_equal(start.model.users.parameters.bias_gradients, after.users.parameters.bias_gradients)
    assert not np.array_equal(start.model.items.parameters.biases, after.items.parameters.biases)


@pytest.mark.parametrize("loss", PAIRWISE)
def test_pairwise_losses_learn_nothing_from_entries_that_are_not_positive(loss):
    start = problem(loss, penalty=0.1)
    start.data.values[:] = np.where(np.arange(50) % 2, 0.0, -1.0)
    after, result = learned_from(start)
    assert result == (0.0, 0, 0)
    assert unchanged(start.model, after)


@pytest.mark.parametrize("loss", PAIRWISE)
def test_known_items_are_never_pushed_down(loss):
    # User 0 has entries for all but item 3, some of them negative; nobody else is learned from.
    items = [item for item in range(12) if item != 3]
    values = [1.0 if item % 2 else -1.0 for item in items]
    start = problem(loss)._replace(data=interactions([0] * 11 + [1], [*items, 3], [*values, -1.0], [], 7))
    start = start._replace(settings=start.settings._replace(max_sampled=200, n_items_seen=12))
    after, (_, updates, _) = learned_from(start, order=np.tile(np.arange(12), 10))
    assert updates > 0
    moved = after.items.parameters.biases - start.model.items.parameters.biases
    assert moved[3] < 0
    assert (np.delete(moved, 3) >= 0).all()


@pytest.mark.parametrize("loss", PAIRWISE)
def test_a_user_who_knows_everything_teaches_nothing(loss):
    start = problem(loss)._replace(data=interactions([0] * 12, list(range(12)), [1.0] * 12, [], 7))
    start = start._replace(settings=start.settings._replace(n_items_seen=12))
    after, (total_loss, updates, draws) = learned_from(start)
    assert (total_loss, updates) == (0.0, 0)
    assert draws == (0 if loss == "bpr" else 12 * start.settings.max_sampled)
    assert unchanged(start.model, after)


def test_bpr_draws_negatives_as_often_as_they_have_entries():
    # Users 1 and 2 make item 4 three times as frequent as item 5.
    data = interactions([0, 1, 2, 1, 1], [0, 4, 4, 4, 5], [1.0] * 5, [], 3)
    start = problem("bpr")._replace(data=data, settings=settings("bpr", n_items_seen=3))
    worker = start.worker(start.stream())
    next_candidate(start.model, data, start.settings, worker)
    drawn = [bpr.draw_negative(start.model, data, 0, start.settings, worker)[0] for _ in range(2000)]
    assert set(drawn) == {4, 5}
    assert 0.7 < drawn.count(4) / 2000 < 0.8


def test_bpr_gives_up_in_the_end():
    # Told of more items than there are, the search cannot end with a negative.
    data = interactions([0, 0], [0, 1], [1.0, 1.0], [], 1)
    start = problem("bpr")._replace(data=data, settings=settings("bpr", n_items_seen=3))
    worker = start.worker(start.stream())
    assert bpr.draw_negative(start.model, data, 0, start.settings, worker) == (NO_NEGATIVE, bpr.MAX_DRAWS)
    upcoming = reference.candidates(data, start.settings, start.stream())
    next(upcoming)
    assert reference.draw_negative(data, 0, 3, upcoming) == (None, bpr.MAX_DRAWS)


def test_warp_weighs_by_the_estimated_rank():
    weights = np.full(8, -1.0)
    warp.fill_rank_weights(weights, 12)
    assert weights[0] == -1.0
    expected = [math.log(rank) for rank in (11, 5, 3, 2, 2, 1, 1)]
    np.testing.assert_allclose(weights[1:], expected, atol=1e-11)
    assert weights[1:].tolist() == [reference.rank_weight(draws, 12) for draws in range(1, 8)]


@pytest.mark.parametrize("n_items", [1, 2, 3])
def test_warp_with_hardly_any_items(n_items):
    weights = np.full(11, -1.0)
    warp.fill_rank_weights(weights, n_items)
    assert np.isfinite(weights[1:]).all()
    assert (weights[1:] >= 0).all()


@pytest.mark.parametrize("loss", ["warp", "warp-kos"])
def test_warp_is_content_when_no_negative_violates_the_margin(loss):
    start = problem(loss)._replace(data=interactions([0], [3], [1.0], [], 7))
    start.model.items.parameters.biases[:] = -2
    start.model.items.parameters.biases[3] = 20
    after, (total_loss, updates, draws) = learned_from(start)
    assert (total_loss, updates, draws) == (0.0, 0, start.settings.max_sampled)
    assert unchanged(start.model, after)


@pytest.mark.parametrize("loss", ["warp", "warp-kos"])
def test_warp_draws_nothing_when_told_so(loss):
    start = problem(loss)
    start = start._replace(settings=start.settings._replace(max_sampled=0))
    after, result = learned_from(start)
    assert result == (0.0, 0, 0)
    assert unchanged(start.model, after)


def ladder(weights=(), k=2, n=4):
    """One user whose positives 0, 1, ..., 5 score 5, 4, ..., 0."""
    start = problem("warp-kos")._replace(
        data=interactions([0] * 7, [*range(6), 9], [1.0] * 6 + [-1.0], weights, 1),
        settings=settings("warp-kos", k=k, n=n),
    )
    start.model.items.parameters.embeddings[:] = 0
    start.model.items.parameters.biases[:6] = np.arange(5, -1, -1)
    return start


@pytest.mark.parametrize(("k", "n"), [(1, 4), (2, 4), (4, 4), (9, 4), (3, 20)])
def test_k_os_takes_the_kth_best_of_those_drawn(k, n):
    start = ladder(k=k, n=n)
    stream, plain, watched = start.stream(), start.stream(), start.stream()
    for _ in range(30):
        item, weight = k_os.choose_positive(start.model, start.data, 0, start.settings, start.worker(stream))
        drawn = sorted(reference.below(watched, 6) for _ in range(min(n, 6)))
        assert item == drawn[min(k, len(drawn)) - 1]
        assert weight == 1.0
        assert reference.choose_positive(start.model, start.data, 0, start.settings, plain) == (item, weight)


def test_positives_are_grouped_by_user():
    start = problem("warp-kos", weighted=True)
    data = start.data
    entries = np.full(len(data.positive_items), -1, np.int32)
    places = data.positive_starts[:-1].copy()
    k_os.group_positives(data.users, data.values, places, entries)
    np.testing.assert_array_equal(data.items[entries], data.positive_items)
    np.testing.assert_array_equal(data.weights[entries], data.positive_weights)
    np.testing.assert_array_equal(places, data.positive_starts[1:])
    assert 0 < len(entries) < len(data.values)


def test_k_os_finds_a_place_even_among_scores_that_are_no_numbers():
    # The next check of the learned numbers reports the divergence.
    assert k_os.position_of_rank(np.full((1, 8), np.nan, np.float32), 3, 1) == 2


def test_k_os_uses_the_weight_of_the_chosen_positive():
    start = ladder(weights=[10.0, 11.0, 12.0, 13.0, 14.0, 15.0, 99.0])
    worker = start.worker(start.stream())
    for _ in range(30):
        item, weight = k_os.choose_positive(start.model, start.data, 0, start.settings, worker)
        assert weight == 10 + item


def test_k_os_never_chooses_what_is_not_positive():
    start = ladder()
    start.model.items.parameters.biases[9] = 50
    worker = start.worker(start.stream())
    chosen = {k_os.choose_positive(start.model, start.data, 0, start.settings, worker)[0] for _ in range(200)}
    assert 9 not in chosen
    assert len(chosen) > 2


def test_logistic_learns_from_both_labels():
    start = problem("logistic")
    assert start.settings.loss == LOGISTIC
    _, (_, updates, draws) = learned_from(start)
    assert (updates, draws) == (50, 0)


@pytest.mark.parametrize("loss", LOSSES)
def test_a_weight_of_zero_changes_nothing_that_is_learned(loss):
    start = problem(loss, weighted=True, user_features=True)
    start.data.weights[:] = 0
    start.data.positive_weights[:] = 0
    after, (total_loss, _, _) = learned_from(start)
    assert total_loss == 0.0
    assert unchanged(start.model, after)


@pytest.mark.parametrize("loss", LOSSES)
def test_items_stay_as_they_are_while_users_are_folded_in(loss):
    start = problem(loss, item_features=True, penalty=0.1)
    start = start._replace(settings=start.settings._replace(learn_items=False))
    after, (_, updates, _) = learned_from(start)
    assert updates > 0
    for one, other in zip(start.model.items.parameters, after.items.parameters, strict=True):
        np.testing.assert_array_equal(one, other)
    assert not np.array_equal(start.model.users.parameters.embeddings, after.users.parameters.embeddings)


@pytest.mark.parametrize("loss", LOSSES)
def test_padding_stays_zero(loss):
    start = problem(loss, "adadelta", True, True, penalty=0.1)
    after, _ = learned_from(start)
    for side in after:
        assert not side.parameters.embeddings[:, start.n_components :].any()
        assert not side.parameters.embedding_momentum[:, start.n_components :].any()
