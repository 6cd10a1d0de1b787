"""Figures of feedback: what they say of small data, and what they refuse."""

import numpy as np
import pytest
import scipy.sparse as sp

from recsys_lessons import Popularity
from recsys_lessons.cross_validation import random_train_test_split
from recsys_lessons.evaluation import precision_at_k
from recsys_lessons.teaching.like_splits import precision_of_popularity
from recsys_lessons.teaching.plotting import (
    feedback,
    plot_mean_by_count,
    plot_ranges_by_epoch,
    plot_small_splits,
    plot_threshold_and_split,
)


@pytest.fixture
def titles(monkeypatch):
    """The titles of the figures drawn."""
    seen = []
    for name in ("drawing", "drawing_panels"):
        one = getattr(feedback, name)
        monkeypatch.setattr(
            feedback, name, lambda title, *a, _one=one, **k: (seen.append(title), _one(title, *a, **k))[1]
        )
    return seen


@pytest.mark.parametrize(
    ("means", "finding"),
    [([2.0, 3.0, 4.0], "are rated higher"), ([4.0, 3.0, 2.0], "are rated lower"), ([3.0, 3.0, 3.0], "like the others")],
)
def test_the_finding_follows_the_means(titles, means, finding):
    plot_mean_by_count([1, 3, 200], means)
    assert titles[0].endswith(finding)


def test_ranges_of_counts_are_open_at_the_end_and_leave_out_what_is_empty(capsys):
    plot_mean_by_count([0, 1, 1, 7, 150, 999], [5.0, 2.0, 3.0, 4.0, 3.0, 4.0])
    picture, first, last = capsys.readouterr().out.splitlines()
    assert "1: 2.50 stars (2 films). 5–9: 4.00 stars (1 films). 100+: 3.50 stars (2 films)" in picture
    assert first == "films with 1 rating: 2, mean 2.50 stars"
    assert last == "films with 100 ratings or more: 2, mean 3.50 stars"


def test_counts_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="one of each for every film"):
        plot_mean_by_count([1, 2], [3.0])
    with pytest.raises(ValueError, match="no film with 1 ratings"):
        plot_mean_by_count([0, 0], [3.0, 3.0])


@pytest.mark.parametrize("make", [np.asarray, sp.coo_matrix, sp.csr_array])
def test_small_splits_are_told_pair_by_pair(make, capsys):
    train, test = make(np.array([[5, 0], [0, 4]])), make(np.array([[0, 3], [0, 0]]))
    plot_small_splits({"a": (train, test), "b": (test, train)}, ["Ann", "Bob"], ["X", "Y"], title="Two ways")
    assert capsys.readouterr().out.splitlines() == [
        "[figure] Grids of users by items. a: in test are Ann and Y. b: in test are Ann and X, Bob and Y.",
        "a: 2 in train, 1 in test",
        "b: 1 in train, 2 in test",
    ]


@pytest.mark.parametrize(
    ("splits", "users", "message"),
    [
        ({}, ["Ann"], "splits is empty"),
        ({"a": (np.eye(2), np.eye(2))}, ["Ann"], r"expected \(1, 2\)"),
        ({"a": (np.ones((13, 2)), np.ones((13, 2)))}, list("ABCDEFGHIJKLM"), "at most 12"),
    ],
)
def test_splits_that_cannot_be_read_are_refused(splits, users, message):
    with pytest.raises(ValueError, match=message):
        plot_small_splits(splits, users, ["X", "Y"], title="No")


def test_ranges_span_all_seeds(capsys):
    plot_ranges_by_epoch({"a": [[1, 2], [3, 5]], "b": [[0, 0], [0, 0]]}, [10, 20], measure="hits", title="Up")
    assert capsys.readouterr().out.splitlines()[1:] == [
        "a: 1.000 to 3.000 after 10 epochs, 2.000 to 5.000 after 20 (2 seeds)",
        "b: 0.000 to 0.000 after 10 epochs, 0.000 to 0.000 after 20 (2 seeds)",
    ]


@pytest.mark.parametrize(("values", "message"), [({}, "values is empty"), ({"a": [[1.0]]}, r"expected \(n_seeds, 2\)")])
def test_ranges_that_do_not_fit_are_refused(values, message):
    with pytest.raises(ValueError, match=message):
        plot_ranges_by_epoch(values, [1, 2], measure="hits", title="No")


@pytest.fixture
def ratings():
    rng = np.random.default_rng(0)
    users, items = np.nonzero(rng.random((40, 30)) < 0.4)
    return users, items, rng.integers(1, 6, len(users)).astype(float), rng.permutation(len(users))


@pytest.mark.parametrize("split", ["random", "time", "cold items", "cold users"])
def test_every_split_can_be_shown(ratings, split, titles, capsys):
    plot_threshold_and_split(*ratings, threshold=3.0, split=split)
    lines = capsys.readouterr().out.splitlines()
    kept = (ratings[2] >= 3).sum()
    assert lines[1].startswith(f"kept: {kept} of {len(ratings[0])} ratings")
    expected = {"cold users": "test likes of new users: 100.0%", "cold items": "of new films: 100.0%"}
    assert expected.get(split, "test likes of new users:") in lines[3]
    assert titles[0].startswith(f"{100 * kept / len(ratings[0]):.0f}% of the ratings are likes")


def test_its_popularity_is_that_of_the_library(ratings, capsys):
    users, items, stars, _ = ratings
    likes = sp.coo_matrix(((stars >= 2).astype(np.float32), (users, items)), shape=(40, 30)).tocsr()
    likes.eliminate_zeros()
    # Unequal popularity everywhere: the library counts ties against the model, a list has to break them.
    train, test = random_train_test_split(likes, 0.2, 3)
    extra = sp.csr_matrix(np.tril(np.ones((31, 30), dtype=np.float32), -1)[1:])
    train = sp.vstack([train, sp.csr_matrix(np.repeat(extra.toarray(), 50, axis=0))]).tocsr()
    test = sp.vstack([test, sp.csr_matrix((1500, 30), dtype=np.float32)]).tocsr()
    assert len(np.unique(train.getnnz(axis=0))) == 30
    expected = precision_at_k(Popularity().fit(train), test, train).mean()
    assert precision_of_popularity(train, test) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"threshold": 9.0}, "no rating is that high"),
        ({"split": "leave one out"}, "split must be one of"),
        ({"split": "time", "test_share": 0.0}, "0 in test"),
    ],
)
def test_settings_that_leave_nothing_are_refused(ratings, settings, message):
    with pytest.raises(ValueError, match=message):
        plot_threshold_and_split(*ratings, **settings)


def test_arrays_of_different_lengths_are_refused(ratings):
    with pytest.raises(ValueError, match="differ in length"):
        plot_threshold_and_split(*ratings[:3], ratings[3][1:])


def test_inputs_stay_as_they_were(ratings):
    before = [values.copy() for values in ratings]
    plot_threshold_and_split(*ratings, threshold=2.0)
    for values, copy in zip(ratings, before, strict=True):
        np.testing.assert_array_equal(values, copy)
