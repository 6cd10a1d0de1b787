"""What a user of `load_movies` would notice. Expected numbers were taken from the source with pandas."""

import re

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st

from recsys_lessons.datasets import _packing, load_movies
from recsys_lessons.datasets._records import hold_out_per_user


@pytest.fixture(scope="module")
def movies():
    return load_movies()


def test_it_is_the_published_set(movies):
    assert (movies.n_users, movies.n_items, movies.n_interactions) == (671, 9066, 100_004)
    stars, counts = np.unique(movies.values, return_counts=True)
    assert stars.tolist() == [0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5]
    assert counts.tolist() == [1101, 3326, 1687, 7271, 4449, 20064, 10538, 28750, 7723, 15095]
    assert movies.timestamps.min() == 789652009 and movies.timestamps.max() == 1476640644
    per_user = np.bincount(movies.users)
    assert per_user.min() == 20 and per_user.max() == 2391
    assert movies.user_labels[per_user.argmax()] == 547


def test_first_and_last_rating_are_those_of_the_source(movies):
    rows = [
        (movies.user_labels[user], str(movies.item_labels[item]), value, time)
        for user, item, value, time in zip(
            *(column[[0, -1]] for column in (movies.users, movies.items, movies.values, movies.timestamps)),
            strict=True,
        )
    ]
    assert rows == [
        (1, "Dangerous Minds (1995)", 2.5, 1260759144),
        (671, "Seabiscuit (2003)", 3.5, 1074784724),
    ]


def test_the_most_rated_film_is_known(movies):
    assert movies.item_labels[np.bincount(movies.items).argmax()] == "Forrest Gump (1994)"
    assert np.bincount(movies.items).max() == 341 and np.bincount(movies.items).min() == 1


def test_titles_are_whole(movies):
    assert "Léon: The Professional (a.k.a. The Professional) (Léon) (1994)" in movies.item_labels
    assert '"Great Performances" Cats (1998)' in movies.item_labels
    assert max(map(len, movies.item_labels)) == 158
    for label, title, year in zip(movies.item_labels, movies.titles, movies.years, strict=True):
        assert title and title == title.strip() and "  " not in title
        assert label == (f"{title} ({year})" if year else title)
    assert {str(label) for label in movies.item_labels[movies.years == 0]} == {
        "Hyena Road",
        "Stranger Things",
        "The Lovers and the Despot",
    }
    assert movies.years[movies.years > 0].min() == 1902 and movies.years.max() == 2016
    doubled = [label for label, n in zip(*np.unique(movies.item_labels, return_counts=True), strict=True) if n > 1]
    assert doubled == ["Hamlet (2000)", "War of the Worlds (2005)"]


def test_genres(movies):
    assert movies.item_features.shape == (9066, 20) == (movies.n_items, len(movies.item_feature_labels))
    assert isinstance(movies.item_features, sp.csr_matrix) and movies.item_features.dtype == np.float32
    assert set(movies.item_features.data) == {1.0}
    assert movies.item_features.getnnz(axis=1).min() >= 1
    none_listed = movies.item_features[:, -1].nnz
    assert movies.item_feature_labels[-1] == "genre:(no genres listed)" and none_listed == 17
    toy_story = movies.item_features[movies.item_labels.tolist().index("Toy Story (1995)")].indices
    assert [label[6:] for label in movies.item_feature_labels[toy_story]] == [
        *("Adventure", "Animation", "Children", "Comedy", "Fantasy")
    ]


def test_types_and_order(movies):
    assert movies.users.dtype == movies.items.dtype == np.int32
    assert movies.values.dtype == np.float32 and movies.timestamps.dtype == np.int64
    cells = movies.users.astype(np.int64) * movies.n_items + movies.items
    assert (np.diff(cells) > 0).all(), "sorted by user and film, no film rated twice"
    assert movies.item_labels.dtype.kind == movies.item_feature_labels.dtype.kind == "U"


def test_two_loads_share_nothing(movies):
    other = load_movies()
    other.values[:] = 0
    other.item_features.data[:] = 7
    assert load_movies().values.min() == 0.5 and load_movies().item_features.max() == 1


def test_matrix_holds_the_ratings(movies):
    everything, liked = movies.matrix(), movies.matrix(min_value=4)
    assert everything.format == "coo" and everything.dtype == np.float32 and everything.shape == (671, 9066)
    assert everything.nnz == 100_004 and liked.nnz == 28750 + 7723 + 15095
    assert liked.data.min() == 4
    assert everything.sum() == pytest.approx(movies.values.sum(dtype=float))
    with pytest.raises(ValueError, match="min_value must be a number, got nan"):
        movies.matrix(min_value=float("nan"))


@given(split=st.sampled_from(["random", "latest"]), held_out=st.integers(1, 19), seed=st.integers(0, 2**32 - 1))
def test_every_user_gives_the_same_number_of_ratings_to_the_test_set(movies, split, held_out, seed):
    data = movies.as_lightfm(split=split, held_out=held_out, seed=seed)
    train, test = data["train"], data["test"]
    assert set(test.getnnz(axis=1)) == {held_out}
    assert train.getnnz(axis=1).min() == 20 - held_out
    assert train.nnz + test.nnz == movies.n_interactions
    assert (abs(train + test - movies.matrix())).nnz == 0, "no rating is lost, changed or in both sets"


def test_random_split_depends_on_the_seed_alone(movies):
    first, same, other = (movies.as_lightfm(seed=seed)["test"] for seed in (3, 3, 4))
    assert np.array_equal(first.col, same.col) and np.array_equal(first.data, same.data)
    assert not np.array_equal(first.col, other.col)


def test_random_split_is_not_by_film_or_time(movies):
    test = movies.as_lightfm()["test"]
    mask = np.isin(movies.users.astype(np.int64) * 9066 + movies.items, test.row.astype(np.int64) * 9066 + test.col)
    sizes = np.bincount(movies.users)
    place = (np.arange(len(movies.users)) - np.repeat(np.cumsum(sizes) - sizes, sizes)) / np.repeat(sizes, sizes)
    # The mean of 6,710 uniform places: 1/2 with a standard deviation of 0.0035, less for ranks.
    assert abs(place[mask].mean() - 0.5) < 0.025


def test_latest_split_takes_the_latest(movies):
    data = movies.as_lightfm(split="latest", held_out=5)
    when = sp.coo_matrix((movies.timestamps, (movies.users, movies.items))).tocsr()
    for user in range(0, 671, 30):
        train, test = (data[part].tocsr()[user].indices for part in ("train", "test"))
        assert when[user, train].max() <= when[user, test].min()


def test_time_split_cuts_once_for_all(movies):
    data = movies.as_lightfm(split="time", test_fraction=0.25)
    when = sp.coo_matrix((movies.timestamps, (movies.users, movies.items))).tocsr()
    train_times, test_times = (np.asarray(when[data[part].row, data[part].col]).ravel() for part in ("train", "test"))
    assert train_times.max() < test_times.min()
    assert test_times.min() == np.sort(movies.timestamps)[75_003], "three quarters of 100,004 come before"
    assert len(test_times) == pytest.approx(25_001, abs=50)


def test_min_rating_leaves_the_split_alone(movies):
    every, liked = movies.as_lightfm(), movies.as_lightfm(min_rating=4.0)
    for part in ("train", "test"):
        expected = every[part].tocsr()
        expected.data[expected.data < 4] = 0
        expected.eliminate_zeros()
        assert abs(expected - liked[part]).nnz == 0
        assert liked[part].shape == (671, 9066)


def test_dictionary_is_lightfms(movies):
    ids, genres, both = (
        movies.as_lightfm(indicator_features=indicator, genre_features=genre)
        for indicator, genre in ((True, False), (False, True), (True, True))
    )
    assert list(ids) == ["train", "test", "item_features", "item_feature_labels", "item_labels"]
    assert ids["item_feature_labels"] is ids["item_labels"]
    assert abs(ids["item_features"] - sp.identity(9066)).nnz == 0
    assert genres["item_features"].shape == (9066, 20) and genres["item_feature_labels"][0] == "genre:Action"
    assert both["item_features"].shape == (9066, 9086)
    assert abs(both["item_features"][:, :9066] - ids["item_features"]).nnz == 0
    assert abs(both["item_features"][:, 9066:] - genres["item_features"]).nnz == 0
    assert both["item_feature_labels"].tolist() == ids["item_labels"].tolist() + genres["item_feature_labels"].tolist()
    for data in (ids, genres, both):
        assert isinstance(data["item_features"], sp.csr_matrix) and data["item_features"].dtype == np.float32
        assert isinstance(data["train"], sp.coo_matrix) and data["train"].dtype == np.float32
        assert data["train"].row.dtype == np.int32


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"indicator_features": False}, "At least one of indicator_features or genre_features must be True"),
        ({"held_out": 20}, "held_out must be at most 19"),
        ({"held_out": 0}, "held_out must be a positive integer, got 0"),
        ({"split": "tiem"}, "Did you mean 'time'"),
        ({"split": "time", "test_fraction": 1.0}, "test_fraction must be a number between 0 and 1"),
        ({"min_rating": "4"}, "min_rating must be a number, got '4'"),
    ],
)
def test_wrong_arguments_are_named(movies, arguments, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        movies.as_lightfm(**arguments)


def test_terms_lie_beside_the_data(repository):
    terms = (repository / "recsys_lessons/datasets/files/movies.LICENSE.txt").read_text(encoding="utf-8")
    assert "distributed under these\n  same license conditions" in terms
    assert "commercial or revenue-bearing purposes" in terms and "10.1145/2827872" in terms


def test_bundled_files_are_small_and_hold_no_pickles(repository):
    packaged = sorted((repository / "recsys_lessons/datasets/files").glob("*.npz"))
    assert [path.name for path in packaged] == ["groceries.npz", "movies.npz"]
    assert sum(path.stat().st_size for path in packaged) < 5_000_000
    for path in packaged:
        with np.load(path, allow_pickle=False) as archive:
            assert all(archive[name].dtype.kind in "iu" for name in archive.files)


# ------------------------------------------------------------------------------------------- packing


def test_written_twice_is_the_same_bytes(tmp_path, monkeypatch):
    arrays = {"a": np.arange(1000), "b": np.zeros((3, 4), dtype=np.float32)}
    _packing.write_npz(tmp_path / "one.npz", arrays)
    monkeypatch.setattr("time.time", lambda: 2_000_000_000.0)
    monkeypatch.setattr("time.localtime", lambda *_: (2033, 5, 18, 3, 33, 20, 2, 138, 0))
    _packing.write_npz(tmp_path / "two.npz", arrays)
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()
    with np.load(tmp_path / "one.npz", allow_pickle=False) as archive:
        assert archive.files == ["a", "b"]
        assert np.array_equal(archive["a"], arrays["a"]) and archive["b"].shape == (3, 4)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.npz", "two.npz"]


@given(st.lists(st.text(st.characters(exclude_characters="\n", exclude_categories=["Cs"]))))
def test_text_comes_back(texts):
    packed = _packing.pack_text(texts)
    assert packed.dtype == np.uint8 and _packing.unpack_text(packed) == texts


def test_text_with_line_breaks_is_refused():
    with pytest.raises(ValueError, match="line breaks"):
        _packing.pack_text(["two\nlines"])


@given(st.lists(st.lists(st.integers(0, 2**40))))
def test_grouped_numbers_come_back(groups):
    sizes = np.array([len(group) for group in groups], dtype=np.uint16)
    numbers = np.array([number for group in groups for number in group], dtype=np.int64)
    differences = _packing.grouped_diff(numbers, sizes)
    assert np.array_equal(_packing.grouped_cumsum(differences, sizes), numbers)
    starts = [sum(map(len, groups[:i])) for i, group in enumerate(groups) if group]
    assert [int(differences[start]) for start in starts] == [group[0] for group in groups if group]


@given(st.lists(st.integers(0, 256**3 - 1)))
def test_bytes_come_back(numbers):
    assert _packing.join_bytes(_packing.split_bytes(np.array(numbers, dtype=np.int64), 3)).tolist() == numbers


@pytest.mark.parametrize("number", [-1, 256**2])
def test_numbers_that_do_not_fit_are_refused(number):
    with pytest.raises(ValueError, match="between 0 and 65535 to fit in 2 bytes"):
        _packing.split_bytes(np.array([1, number]), 2)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(-3, 3)), min_size=1, max_size=40))
def test_hold_out_equals_sorting_each_user_by_hand(rows):
    # Every user gets two more rows, so that one can always be held out.
    rows = rows + [(user, 9) for user, _ in rows] * 2
    users, order = (np.array(column) for column in zip(*rows, strict=True))
    expected = set()
    for user in set(users.tolist()):
        mine = [(order[row], row) for row in range(len(rows)) if users[row] == user]
        expected |= {row for _, row in sorted(mine)[:2]}
    assert set(np.flatnonzero(hold_out_per_user(users, 2, order)).tolist()) == expected
