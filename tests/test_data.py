"""`Dataset`: numbering, matrices, and errors in place of silent guesses."""

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st

from recsys_lessons.data import Dataset

IDS = st.integers(-5, 5) | st.text("ab", min_size=1, max_size=3)


def films(**options):
    dataset = Dataset(**options)
    dataset.fit(["ann", "bob"], ["Heat", "Alien", "Up"], item_features=["action", "horror", "year"])
    return dataset


def test_ids_are_numbered_in_order_of_appearance():
    dataset = Dataset()
    assert dataset.fit(["b", "a", "b"], iter([7, 3]), user_features=["old"]) is dataset
    users, user_features, items, item_features = dataset.mapping()
    assert users == {"b": 0, "a": 1}
    assert user_features == {"b": 0, "a": 1, "old": 2}
    assert items == item_features == {7: 0, 3: 1}
    assert dataset.interactions_shape() == (2, 2)
    assert dataset.user_features_shape() == (2, 3)
    assert dataset.item_features_shape() == (2, 2)
    assert dataset.model_dimensions() == (3, 2)
    assert repr(dataset) == "Dataset(2 users, 2 items, 3 user features, 2 item features)"


def test_without_identity_features():
    dataset = Dataset(user_identity_features=False, item_identity_features=False)
    dataset.fit(range(3), range(4), user_features=["x"])
    assert dataset.model_dimensions() == (1, 0)
    assert dataset.build_item_features([], normalize=False).shape == (4, 0)


def test_fit_starts_anew_and_fit_partial_extends():
    dataset = films()
    mapping = dataset.mapping()
    dataset.fit_partial(users=["cat", "ann"], item_features=["slow"])
    assert dataset.mapping()[0] is mapping[0]
    assert mapping[0] == {"ann": 0, "bob": 1, "cat": 2}
    assert mapping[3]["slow"] == 6
    interactions, _ = dataset.build_interactions([("cat", "Up")])
    assert interactions.shape == (3, 3)
    dataset.fit(["zoe"], ["Up"])
    assert dataset.mapping()[0] == {"zoe": 0}
    assert "ann" in mapping[0]


@given(st.lists(IDS, min_size=1), st.lists(IDS, min_size=1), st.data())
def test_interactions_against_dictionaries(users, items, data):
    dataset = Dataset()
    dataset.fit(users, items)
    rows = data.draw(st.lists(st.tuples(st.sampled_from(users), st.sampled_from(items), st.floats(-5, 5, width=32))))
    interactions, weights = dataset.build_interactions(iter(rows))
    user_of = list(dict.fromkeys(users))
    item_of = list(dict.fromkeys(items))
    for matrix, dtype in ((interactions, np.int32), (weights, np.float32)):
        assert isinstance(matrix, sp.coo_matrix)
        assert matrix.dtype == dtype
        assert matrix.shape == (len(user_of), len(item_of))
        found = [(user_of[row], item_of[column]) for row, column in zip(matrix.row, matrix.col, strict=True)]
        assert found == [row[:2] for row in rows]
    assert (interactions.data == 1).all()
    assert weights.data.tolist() == [row[2] for row in rows]


def test_missing_weights_are_one():
    _, weights = films().build_interactions([("ann", "Up"), ["ann", "Up", 3]])
    assert weights.data.tolist() == [1.0, 3.0]


@given(st.booleans(), st.booleans(), st.data())
def test_features_against_dictionaries(identity, normalize, data):
    names = ["action", "horror", "year"]
    weight = st.floats(-4, 4, width=32).filter(lambda value: abs(value) > 0.01)
    features = data.draw(
        st.dictionaries(
            st.sampled_from(["Heat", "Alien", "Up"]),
            st.dictionaries(st.sampled_from(names), weight, min_size=1)
            | st.lists(st.sampled_from(names), unique=True, min_size=1),
        )
    )
    expected = np.zeros((3, 6), dtype=np.float64)
    for row, film in enumerate(["Heat", "Alien", "Up"]):
        expected[row, row] = identity
        given_features = features.get(film, {})
        for name in given_features:
            expected[row, 3 + names.index(name)] = given_features[name] if isinstance(given_features, dict) else 1
    norms = np.abs(expected).sum(axis=1, keepdims=True)
    dataset = films(item_identity_features=identity)
    if normalize and not norms.all():
        with pytest.raises(ValueError, match="Cannot normalize feature matrix: some rows have zero norm"):
            dataset.build_item_features(features.items(), normalize=True)
        return
    if normalize:
        expected /= norms
    matrix = dataset.build_item_features(features.items(), normalize=normalize)
    assert isinstance(matrix, sp.csr_matrix)
    assert matrix.dtype == np.float32
    np.testing.assert_allclose(matrix.toarray(), expected if identity else expected[:, 3:], rtol=1e-6)


def test_features_of_one_item_in_several_rows_are_joined():
    matrix = films().build_item_features([("Up", ["action"]), ("Up", ["horror"])], normalize=False)
    assert matrix.toarray()[2].tolist() == [0, 0, 1, 1, 1, 0]


def test_user_features():
    dataset = Dataset(user_identity_features=False)
    dataset.fit(["ann"], [1], user_features=["young", "old"])
    assert dataset.build_user_features([("ann", {"old": 2, "young": 2})]).toarray().tolist() == [[0.5, 0.5]]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ([("ann", "Up", 1, 2)], r"Expecting tuples of .*Got \('ann', 'Up', 1, 2\)"),
        ([("ann",)], "Expecting tuples"),
        (["xy"], "Expecting tuples .*Got 'xy'"),
        ([7], "Expecting tuples .*Got 7"),
        ([{"ann": 1, "Up": 2}], "Expecting tuples"),
        ("ann", "data must be a list, got a string"),
        (7, "data must be a list or another iterable, got 7"),
        ([("Bob", "Up")], r"User id 'Bob' not in user id mapping. Make sure .*Did you mean 'bob'\?"),
        ([("bob", "Alein")], r"Item id 'Alein' not in item id mapping. Make sure .*Did you mean 'Alien'\?"),
        ([(["bob"], "Alien")], r"User id \['bob'\] not in user id mapping"),
        (
            [("bob", "Up", "3")],
            r"weight of interaction \('bob', 'Up', '3'\) must be a finite number, got '3'",
        ),
        ([("bob", "Up", np.nan)], "must be a finite number, got nan"),
        ([("bob", "Up", -np.inf)], "must be a finite number, got -inf"),
        ([("bob", "Up", 1e39)], "must be a finite number"),
        ([("bob", "Up", None)], "must be a finite number, got None"),
    ],
)
def test_interaction_errors(data, message):
    with pytest.raises(ValueError, match=message):
        films().build_interactions(data)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ([("Up", "action")], "features of item 'Up' must be a list, got a string, 'action'"),
        ([("Up", 3)], "features of item 'Up' must be a list or another iterable, got 3"),
        ([("Up", ["action"], 1)], "Expected tuples of .item_id, features., got"),
        (["Up"], "Expected tuples of .item_id, features., got 'Up'"),
        ({"Up": ["action"]}, "Expected tuples"),
        ([("up", ["action"])], r"Item id 'up' not in item id mapping.*Did you mean 'Up'\?"),
        (
            [("Up", ["acton"])],
            r"Feature 'acton' of item 'Up' not in feature mapping. Call fit first. Did you mean",
        ),
        ([("Up", [["action"]])], "not in feature mapping"),
        ([("Up", ["Heat"])], "'Heat', given as a feature of item 'Up', is an item id"),
        (
            [("Up", ["action", "action"])],
            "Feature 'action' is given more than once for item 'Up'.*'action': 2.0",
        ),
        ([("Up", ["action"]), ("Up", {"action": 2})], "given more than once"),
        (
            [("Up", {"action": np.nan})],
            "weight of feature 'action' of item 'Up' must be a finite number, got nan",
        ),
        ([("Up", {"action": "many"})], "must be a finite number, got 'many'"),
    ],
)
def test_feature_errors(data, message):
    with pytest.raises(ValueError, match=message):
        films().build_item_features(data)


def test_rows_that_cannot_be_normalized_are_named():
    dataset = films(item_identity_features=False)
    with pytest.raises(ValueError, match="2 of 3 items have none, the first is 'Alien'"):
        dataset.build_item_features([("Heat", ["action"]), ("Up", {"year": 0})])


def test_an_id_of_another_type_is_pointed_out():
    dataset = Dataset()
    dataset.fit([1, 2], ["10"])
    with pytest.raises(ValueError, match=r"Did you mean 2 \(int, not str\)\?"):
        dataset.build_interactions([("2", "10")])
    with pytest.raises(ValueError, match=r"Did you mean '10' \(str, not int\)\?"):
        dataset.build_interactions([(2, 10)])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"users": "ann", "items": []}, "users must be a list, got a string, 'ann'"),
        ({"users": [], "items": 3}, "items must be a list or another iterable, got 3"),
        ({"users": [], "items": [1], "item_features": "genre"}, "item_features must be a list, got a string"),
        ({"users": [["a"]], "items": []}, r"users must hold user ids \(hashable values\), got \['a'\]"),
        ({"users": [], "items": [np.nan]}, "items must hold item ids, got nan"),
        (
            {"users": ["a"], "items": [], "user_features": ["a"]},
            "'a' is both a user id and the name of a user feat",
        ),
        ({"users": [], "items": [1995], "item_features": [1995]}, "1995 is both an item id .*'feature:1995'"),
    ],
)
def test_fit_errors(arguments, message):
    with pytest.raises(ValueError, match=message):
        Dataset().fit(**arguments)


def test_names_that_meet_later_are_an_error_and_add_nothing():
    dataset = films()
    for arguments in (
        {"items": ["action"]},
        {"item_features": ["Up"]},
        {"users": ["new"], "items": ["horror"]},
    ):
        with pytest.raises(ValueError, match="would share one column"):
            dataset.fit_partial(**arguments)
    assert repr(dataset) == "Dataset(2 users, 3 items, 2 user features, 6 item features)"


def test_names_may_meet_without_identity_features():
    dataset = Dataset(item_identity_features=False)
    dataset.fit(["u"], [1, 2], item_features=[1, 2])
    assert dataset.build_item_features([(1, [2]), (2, [1])]).toarray().tolist() == [[0, 1], [1, 0]]


def test_nothing_is_built_before_fit():
    for build in (Dataset().build_interactions, Dataset().build_user_features, Dataset().build_item_features):
        with pytest.raises(ValueError, match="You must call fit first"):
            build([])


def test_empty_data():
    dataset = films()
    interactions, weights = dataset.build_interactions([])
    assert interactions.shape == weights.shape == (2, 3)
    assert interactions.nnz == weights.nnz == 0
    assert (dataset.build_user_features([]) != sp.identity(2)).nnz == 0
    dataset.fit([], [])
    assert dataset.build_item_features([]).shape == (0, 0)


def test_a_failed_fit_forgets_nothing():
    dataset = films()
    with pytest.raises(ValueError, match="letter by letter"):
        dataset.fit("ab", ["Heat"])
    with pytest.raises(ValueError, match="must be a list"):
        dataset.fit(["ann"], 3)
    assert dataset.interactions_shape() == (2, 3)
    assert dataset.item_features_shape() == (3, 6)
    assert dataset.fit(["cem"], ["Up"]).interactions_shape() == (1, 1)
