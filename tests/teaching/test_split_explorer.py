"""The split explorer without a browser: what it counts is what the library's splits do, at every setting."""

import itertools

import numpy as np
import pytest
import scipy.sparse as sp

from recsys_lessons import Popularity, cross_validation
from recsys_lessons.datasets import load_movies
from recsys_lessons.evaluation import precision_at_k
from recsys_lessons.teaching.like_splits import KINDS, SPLITS, precision_of_popularity, split_likes
from recsys_lessons.teaching.plotting import plot_threshold_and_split
from recsys_lessons.teaching.widgets import SplitExplorer, SplitExplorerView, explore_splits
from recsys_lessons.teaching.widgets.split_explorer_view import SHARES, THRESHOLDS


@pytest.fixture(scope="module")
def movies():
    return load_movies()


@pytest.fixture
def ratings():
    rng = np.random.default_rng(0)
    users, items = np.nonzero(rng.random((40, 30)) < 0.4)
    return users, items, rng.integers(1, 11, len(users)) / 2, rng.permutation(len(users))


@pytest.fixture
def explorer(ratings):
    return SplitExplorer(*ratings)


def library_split(likes, times, split, share, seed):
    if split == "time":
        return cross_validation.split_by_time(likes, times, share)
    name = {"random": "random_train_test_split", "cold items": "cold_items", "cold users": "cold_users"}[split]
    return getattr(cross_validation, name)(likes, share, seed)


# --- state -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("split", SPLITS)
@pytest.mark.parametrize("share", [0.1, 0.5])
def test_train_and_test_are_the_librarys(ratings, split, share):
    users, items, stars, times = ratings
    explorer = SplitExplorer(*ratings, threshold=3.0, split=split, test_share=share, seed=7)
    liked = stars >= 3
    likes = sp.coo_matrix((np.ones(liked.sum(), np.float32), (users[liked], items[liked])), shape=(40, 30))
    for mine, theirs in zip(
        (explorer.divided().train, explorer.divided().test),
        library_split(likes, times[liked], split, share, 7),
        strict=True,
    ):
        assert (mine != theirs.tocsr()).nnz == 0
    train, test = (part.toarray() > 0 for part in (explorer.divided().train, explorer.divided().test))
    pairs = np.argwhere(test)
    kinds = [
        ("both known", "user new", "film new", "both new")[(not train[u].any()) + 2 * (not train[:, i].any())]
        for u, i in pairs
    ]
    asked = explorer.asked()
    assert asked.shares == {kind: pytest.approx(kinds.count(kind) / len(kinds)) for kind in KINDS}
    assert sum(asked.shares.values()) == pytest.approx(1)
    assert (asked.n_test, asked.n_testers) == (test.sum(), test.any(axis=1).sum())


def test_it_says_what_the_figure_says(ratings, capsys):
    for threshold, split, share in itertools.product((2.0, 4.0), SPLITS, (0.1, 0.3)):
        explorer = SplitExplorer(*ratings, threshold=threshold, split=split, test_share=share)
        plot_threshold_and_split(*ratings, threshold=threshold, split=split, test_share=share)
        kept, asked = explorer.kept(), explorer.asked()
        new_users, new_films = (100 * (asked.shares[kind] + asked.shares["both new"]) for kind in KINDS[1:3])
        assert capsys.readouterr().out.splitlines()[1:] == [
            f"kept: {kept.n_likes} of {len(ratings[0])} ratings · users with a like: {kept.n_users} · "
            f"films with a like: {kept.n_items}",
            f"in test: {asked.n_test} likes of {asked.n_testers} users · "
            f"right answers for each: {asked.n_test / asked.n_testers:.1f}",
            f"test likes of new users: {new_users:.1f}% · of new films: {new_films:.1f}%",
            f"the ten most liked films: precision@10 {asked.popularity:.3f} on test, train likes left out",
        ]


def test_it_starts_where_the_lessons_figure_stands(movies, capsys):
    explorer = SplitExplorer(movies.users, movies.items, movies.values, movies.timestamps)
    plot_threshold_and_split(movies.users, movies.items, movies.values, movies.timestamps)
    asked = explorer.asked()
    assert f"in test: {asked.n_test:,} likes of {asked.n_testers} users" in capsys.readouterr().out


def test_popularity_is_that_of_the_library():
    # Unequal popularity everywhere: the library counts ties against the model, a list has to break them.
    train = sp.csr_matrix(np.tril(np.ones((30, 30), dtype=np.float32)))
    test = sp.csr_matrix(np.triu(np.ones((30, 30), dtype=np.float32), 1) * (np.arange(30) % 3 == 0))
    expected = precision_at_k(Popularity().fit(train), test, train).mean()
    assert precision_of_popularity(train, test) == pytest.approx(expected)


def test_a_higher_threshold_never_keeps_more(explorer):
    before = explorer.kept()
    for threshold in (4.5, 5.0):
        explorer.change(threshold=threshold)
        now = explorer.kept()
        assert now.n_likes < before.n_likes
        assert (now.n_users, now.n_items) <= (before.n_users, before.n_items)
        assert now.density == now.n_likes / (now.n_users * now.n_items)
        before = now


def test_lists_are_those_of_train(explorer):
    rated, liked = explorer.list_lengths()
    assert rated.sum() == len(explorer.ratings) and liked.sum() == explorer.divided().train.nnz
    assert len(rated) == len(liked) == 40
    assert (np.diff(rated) <= 0).all() and (np.diff(liked) <= 0).all() and (liked <= rated).all()


def test_the_corner_shows_the_same_cells_whatever_the_settings(explorer):
    corner = explorer.corner(n_users=10, n_items=8)
    assert corner.shape == (10, 8) and set(np.unique(corner)) <= {0, 1, 2}
    explorer.change(split="cold users", test_share=0.5)
    other = explorer.corner(n_users=10, n_items=8)
    np.testing.assert_array_equal(corner > 0, other > 0)
    for row in other:  # a user is in train or in test
        assert len(set(row[row > 0])) <= 1
    explorer.change(split="cold items")
    for column in explorer.corner(n_users=10, n_items=8).T:
        assert len(set(column[column > 0])) <= 1
    assert explorer.corner(n_users=1000, n_items=1000).shape == (40, 30)


def test_the_corner_has_whoever_came_last_at_the_bottom():
    users, items = [0, 1, 2, 3], [0, 0, 0, 1]
    explorer = SplitExplorer(users, items, [5, 5, 5, 5], [3, 1, 2, 4], split="time", test_share=0.25)
    assert explorer.corner().tolist() == [[1, 0], [1, 0], [1, 0], [0, 2]]
    days = np.array([3, 1, 2, 4], dtype="datetime64[D]")
    assert SplitExplorer(users, items, [5, 5, 5, 5], days, split="time", test_share=0.25).corner()[3, 1] == 2


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"threshold": 9.0}, "threshold is 9.0: no rating is that high; expected at most 5"),
        ({"threshold": "4"}, "threshold must be a finite number"),
        ({"split": "leave one out"}, "split must be one of"),
        ({"test_share": 0.0}, "test_share must be a number between 0 and 1"),
        ({"split": "cold users", "test_share": 0.999}, "test_share is 0.999: 0 likes are in train"),
    ],
)
def test_what_cannot_be_set_is_refused_and_changes_nothing(explorer, ratings, settings, message):
    with pytest.raises(ValueError, match=message):
        explorer.change(**settings)
    assert (explorer.threshold, explorer.split, explorer.test_share) == (4.0, "random", 0.1)
    with pytest.raises(ValueError, match=message):
        SplitExplorer(*ratings, **settings)


def test_arrays_that_do_not_fit_are_refused(ratings):
    for arrays in ((*ratings[:3], ratings[3][1:]), ([], [], [], []), [np.ones((2, 2), int)] * 4):
        with pytest.raises(ValueError, match="one of each for every rating"):
            SplitExplorer(*arrays)
    with pytest.raises(ValueError, match="split must be one of"):
        split_likes(sp.coo_matrix(np.eye(3)), np.arange(3), "latest", 0.5)


def test_inputs_stay_as_they_were(ratings):
    before = [values.copy() for values in ratings]
    view = SplitExplorerView(SplitExplorer(*ratings))
    view.controls["split"].value = "time"
    for values, copy in zip(ratings, before, strict=True):
        np.testing.assert_array_equal(values, copy)


# --- view ------------------------------------------------------------------------------------------------------------


def test_every_corner_of_the_controls_works_on_the_lessons_data(movies):
    view = SplitExplorerView(SplitExplorer(movies.users, movies.items, movies.values, movies.timestamps))
    assert [value for _, value in view.controls["threshold"].options] == list(THRESHOLDS)
    assert [value for _, value in view.controls["test_share"].options] == list(SHARES)
    pictures = set()
    for threshold, share, split in itertools.product(THRESHOLDS[:: len(THRESHOLDS) - 1], SHARES[::7], SPLITS):
        view.controls["threshold"].value = threshold
        view.controls["test_share"].value = share
        view.controls["split"].value = split
        assert view.error is None
        assert f"▸ {split}</th>" in view._body_html
        pictures.add(view.picture.png)
    assert len(pictures) == 16


def test_the_words_follow_the_split(explorer):
    view = SplitExplorerView(explorer)
    assert "Which likes are missing from the table?" in view._body_html
    view.controls["split"].value = "cold users"
    assert "who has just come in?" in view._body_html
    kept = explorer.kept()
    assert f"Likes: {kept.n_likes} of {len(explorer.ratings)} ratings" in view._body_html


def test_an_error_is_shown_and_goes_away(ratings):
    users, items, stars, times = ratings
    few = (stars < 5) | (np.arange(len(stars)) == np.argmax(stars == 5))  # a single rating of 5
    explorer = SplitExplorer(users[few], items[few], stars[few], times[few])
    view = SplitExplorerView(explorer)
    before = view._body_html
    view.controls["threshold"].value = 5.0
    assert isinstance(view.error, ValueError) and "test_share is 0.1" in view._foot.value
    assert view._body_html == before and explorer.threshold == 4.0
    view.controls["threshold"].value = 4.5
    assert view.error is None and view._foot.value == ""


def test_controls_can_only_be_set_to_what_there_is(ratings):
    users, items, stars, times = ratings
    view = SplitExplorerView(SplitExplorer(users, items, np.minimum(stars, 3.0), times, threshold=2.2, test_share=0.25))
    assert [value for _, value in view.controls["threshold"].options] == [0.5, 1.0, 1.5, 2.0, 2.2, 2.5, 3.0]
    assert view.controls["test_share"].value == 0.25


def test_every_control_has_a_name_and_the_picture_a_text(explorer):
    view = SplitExplorerView(explorer)
    assert all(control.description for control in view.controls.values())
    assert "Three panels" in view.picture.alt.value
    assert view.widget.children[-2].layout.height.endswith("px")


def test_outside_of_a_notebook_a_summary_is_printed(ratings, capsys):
    assert explore_splits(*ratings) is None
    assert capsys.readouterr().out.startswith("[lab] threshold and split:")
