"""Scores, ranks and best items: against brute force, with ties, and exact under permutation."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys_lessons.kernels import ranking, reference


class Scene:
    """Users, items whose scores are often tied, test entries, and items left out."""

    def __init__(self, seed, n_users=4, n_items=37, n_components=5, coarse=True):
        random = np.random.default_rng(seed)
        self.n_items, self.n_components = n_items, n_components

        def numbers(*shape):
            return (
                random.integers(-1, 2, shape).astype(np.float32)
                if coarse
                else random.normal(size=shape).astype(np.float32)
            )

        self.users, self.user_biases = numbers(n_users, n_components), numbers(n_users)
        self.items, self.item_biases = numbers(n_items, n_components), numbers(n_items)
        self.tests = [random.permutation(n_items)[: random.integers(0, 6)] for _ in range(n_users)]
        self.trains = [random.permutation(n_items)[: random.integers(0, n_items + 1)] for _ in range(n_users)]

    def permuted(self, order):
        """The same scene with item ``order[i]`` at place i."""
        other = object.__new__(Scene)
        other.__dict__.update(self.__dict__)
        places = np.argsort(order)
        other.items, other.item_biases = self.items[order], self.item_biases[order]
        other.tests = [places[entries] for entries in self.tests]
        other.trains = [places[entries] for entries in self.trains]
        return other

    def columns(self):
        width = -(-self.n_items // ranking.BLOCK) * ranking.BLOCK
        columns, biases = np.zeros((self.n_components, width), np.float32), np.zeros((1, width), np.float32)
        columns[:, : self.n_items], biases[0, : self.n_items] = self.items.T, self.item_biases
        return columns, biases

    def room(self):
        """Scratch memory with something in it, which must not matter."""
        scores = np.full((ranking.GROUP, self.columns()[0].shape[1]), 7, np.float32)
        return np.full(ranking.GROUP, 99, np.int64), scores

    def scores(self, user):
        return [
            reference.score_pair(self.users[user], self.user_biases[user], item, bias)
            for item, bias in zip(self.items, self.item_biases, strict=True)
        ]

    def ranks(self):
        starts, items = flat(self.tests)
        out = np.full(len(items), -1, np.float32)
        ranking.rank_entries(
            0, len(self.users), self.users, self.user_biases, *self.columns(), self.n_items, starts, items,
            *flat(self.trains), *self.room(), out,
        )  # fmt: skip
        return np.split(out, starts[1:-1])

    def recommend(self, n):
        rows = np.arange(len(self.users), dtype=np.int32)[::-1].copy()
        scores, ids = np.zeros((len(rows), n), np.float32), np.zeros((len(rows), n), np.int32)
        ranking.recommend_rows(
            0, len(rows), rows, self.users, self.user_biases, *self.columns(), self.n_items,
            *flat(self.trains[::-1]), *self.room(), scores, ids,
        )  # fmt: skip
        return ids[::-1], scores[::-1]


def flat(lists):
    starts = np.cumsum([0, *map(len, lists)]).astype(np.int64)
    return starts, np.concatenate([np.zeros(0, np.int32), *lists]).astype(np.int32)


scenes = st.builds(
    Scene,
    seed=st.integers(0, 10_000),
    n_users=st.integers(1, 9),
    n_items=st.sampled_from([1, 2, 7, 31, 32, 33, 70]),
    n_components=st.integers(1, 9),
    coarse=st.booleans(),
)


@given(scenes)
@settings(max_examples=40)
def test_scores_have_the_same_bits_in_pairs_and_for_all_items(scene):
    n_users, n_items = len(scene.users), scene.n_items
    pairs = np.stack(np.meshgrid(np.arange(n_users), np.arange(n_items), indexing="ij")).reshape(2, -1).astype(np.int32)
    found = np.zeros(pairs.shape[1], np.float32)
    ranking.predict_pairs(
        pairs[0].copy(), pairs[1].copy(), scene.users, scene.user_biases, scene.items, scene.item_biases,
        scene.n_components, found,
    )  # fmt: skip
    np.testing.assert_array_equal(found, np.concatenate([scene.scores(user) for user in range(n_users)]))
    group, room = scene.room()
    for first in range(n_users):
        group[:] = np.arange(first, first + ranking.GROUP) % n_users
        ranking.score_group(scene.users, scene.user_biases, group, *scene.columns(), room)
        for row, user in enumerate(group):
            np.testing.assert_array_equal(room[row, :n_items], found[user * n_items : (user + 1) * n_items])


@given(scenes)
@settings(max_examples=40)
def test_ranks_equal_brute_force(scene):
    for user, ranks in enumerate(scene.ranks()):
        scores = scene.scores(user)
        expected = [reference.rank_of(scores, item, scene.trains[user]) for item in scene.tests[user]]
        assert ranks.tolist() == expected


@given(scenes, st.integers(1, 40))
@settings(max_examples=40)
def test_best_items_equal_brute_force(scene, n):
    ids, scores = scene.recommend(n)
    for user in range(len(scene.users)):
        expected_ids, expected_scores = reference.best_of(scene.scores(user), n, scene.trains[user])
        assert ids[user].tolist() == expected_ids
        np.testing.assert_array_equal(scores[user], np.float32(expected_scores))


@given(scenes, st.randoms(use_true_random=False))
@settings(max_examples=40)
def test_permuting_the_items_permutes_the_results(scene, shuffler):
    order = list(range(scene.n_items))
    shuffler.shuffle(order)
    other = scene.permuted(np.array(order))
    for ranks, permuted in zip(scene.ranks(), other.ranks(), strict=True):
        np.testing.assert_array_equal(ranks, permuted)
    (ids, scores), (other_ids, other_scores) = scene.recommend(5), other.recommend(5)
    np.testing.assert_array_equal(scores, other_scores)
    # Which of several tied items makes the list depends on their numbers; which scores do, and which items score
    # higher than the last one, does not.
    for row in range(len(ids)):
        above = scores[row] > scores[row, -1]
        assert set(ids[row, above]) == {order[place] for place in other_ids[row, above]}


def test_all_tied_is_last_for_everyone():
    scene = Scene(0, n_items=100)
    scene.items[:], scene.item_biases[:] = 0, 0
    scene.tests, scene.trains = [np.arange(3)] * 4, [np.arange(10, 20)] * 4
    assert all(ranks.tolist() == [89, 89, 89] for ranks in scene.ranks())
    np.testing.assert_array_equal(scene.recommend(3)[0], [[0, 1, 2]] * 4)


def test_a_list_longer_than_the_items_is_filled_up():
    scene = Scene(1, n_items=3)
    scene.trains = [np.array([1]), np.array([0, 1, 2]), np.array([]), np.array([2, 0])]
    ids, scores = scene.recommend(4)
    assert [row.tolist().count(-1) for row in ids] == [2, 4, 1, 3]
    np.testing.assert_array_equal(np.isneginf(scores), ids == -1)


def test_unit_rows():
    embeddings = np.array([[3, 4, 0], [0, 0, 0], [1e-30, 0, 0]], np.float32)
    found, expected = np.ones((3, 3), np.float32), np.ones((3, 3), np.float32)
    ranking.unit_rows(embeddings, 3, found)
    reference.unit_rows(embeddings, 3, expected)
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_allclose(found, [[0.6, 0.8, 0], [0, 0, 0], [1, 0, 0]], rtol=1e-6)


@pytest.mark.parametrize("n_slices", [2, 3])
def test_slices_of_users_give_the_same(n_slices):
    scene = Scene(2)
    starts, items = flat(scene.tests)
    out = np.full(len(items), -1, np.float32)
    for users in np.array_split(np.arange(len(scene.users)), n_slices):
        ranking.rank_entries(
            int(users[0]), int(users[-1]) + 1, scene.users, scene.user_biases, *scene.columns(), scene.n_items, starts,
            items, *flat(scene.trains), *scene.room(), out,
        )  # fmt: skip
    np.testing.assert_array_equal(out, np.concatenate(scene.ranks()))
