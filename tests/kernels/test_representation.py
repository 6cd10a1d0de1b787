"""Rows as weighted sums of their features' embeddings."""

import numpy as np
import pytest

from recsys_lessons.kernels import reference, representation
from recsys_lessons.kernels.structures import Features, Side
from tests.kernels.problems import some_features, some_parameters


def identity(n_rows):
    return Features(
        np.arange(n_rows + 1, dtype=np.int64), np.arange(n_rows, dtype=np.int32), np.ones(n_rows, np.float32)
    )


@pytest.fixture
def learned():
    return some_parameters(np.random.default_rng(0), 17, 11)


def test_representations_equal_the_reference_in_bits(learned):
    features = some_features(np.random.default_rng(1), 7, 17)
    found = np.zeros((7, 16), np.float32), np.zeros(7, np.float32)
    expected = np.zeros((7, 16), np.float32), np.zeros(7, np.float32)
    representation.representations(features, learned.embeddings, learned.biases, *found)
    reference.representations(features, learned.embeddings, learned.biases, *expected)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)
    dense = np.zeros((7, 17))
    for row in range(7):
        for feature, weight in reference.features_of(features, row):
            dense[row, feature] = weight
    np.testing.assert_allclose(found[0], dense @ learned.embeddings.astype(float), atol=1e-6)
    np.testing.assert_allclose(found[1], dense @ learned.biases.astype(float), atol=1e-6)
    assert not found[0][:, 11:].any()


def test_identity_features_are_the_embeddings_themselves(learned):
    found = np.full((17, 16), 9, np.float32), np.full(17, 9, np.float32)
    representation.representations(identity(17), learned.embeddings, learned.biases, *found)
    np.testing.assert_array_equal(found[0], learned.embeddings)
    np.testing.assert_array_equal(found[1], learned.biases)


def test_a_row_without_features_is_zero(learned):
    nothing = Features(np.zeros(3, np.int64), np.zeros(0, np.int32), np.zeros(0, np.float32))
    found = np.full((2, 16), 9, np.float32), np.full(2, 9, np.float32)
    representation.representations(nothing, learned.embeddings, learned.biases, *found)
    assert not found[0].any()
    assert not found[1].any()


@pytest.mark.parametrize("with_features", [False, True])
def test_score_of_an_item(learned, with_features):
    features = some_features(np.random.default_rng(1), 7, 17) if with_features else None
    side = Side(features, learned)
    user = np.random.default_rng(2).normal(size=(1, 16)).astype(np.float32)
    for item in range(7):
        found = representation.score_item(side, item, user)
        assert found == reference.score_item(side, item, user[0])
        exact = user[0].astype(float) @ reference.represent(side, item).astype(float) + reference.bias(side, item)
        assert found == pytest.approx(exact, abs=1e-5)


def test_copies_are_out_of_reach_of_updates(learned):
    copy = np.zeros((1, 16), np.float32)
    representation.copy_representation(None, learned.embeddings, 3, copy)
    before = copy.copy()
    learned.embeddings[3] += 1
    np.testing.assert_array_equal(copy, before)
