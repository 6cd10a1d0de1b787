"""What a user of `load_groceries` would notice. Expected numbers were taken from the source with pandas."""

import re

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys_lessons.datasets import load_groceries
from recsys_lessons.datasets.groceries import HOUSEHOLD_COLUMNS, PRODUCT_FEATURES


@pytest.fixture(scope="module")
def groceries():
    return load_groceries()


@pytest.fixture(scope="module")
def described():
    return load_groceries(described_only=True)


@pytest.fixture(scope="module")
def small():
    return load_groceries(described_only=True, min_households=100)


def cells(record_or_matrix, n_items):
    users, items = (
        (record_or_matrix.row, record_or_matrix.col)
        if sp.issparse(record_or_matrix)
        else (record_or_matrix.users, record_or_matrix.items)
    )
    return users.astype(np.int64) * n_items + items


def test_it_is_the_described_set(groceries):
    assert (groceries.n_users, groceries.n_items, groceries.n_interactions) == (2467, 67_829, 1_441_473)
    assert groceries.values.sum(dtype=float) == 1_896_740
    assert groceries.values.min() == 1 and groceries.values.max() == 144
    assert len(np.unique(groceries.users.astype(np.int64) * 1000 + groceries.visits)) == 140_897
    assert repr(groceries).startswith("Groceries(2,467 users, 67,829 items, 1,441,473 interactions, 2017-01-01")


def test_one_household_is_that_of_the_source(groceries):
    user = groceries.user_labels.tolist().index(900)
    mine = groceries.users == user
    assert mine.sum() == 2089 and groceries.values[mine].sum() == 2880
    assert len(np.unique(groceries.items[mine])) == 896 and groceries.visits[mine].max() == 606
    first = mine & (groceries.visits == 0)
    assert set(groceries.timestamps[first].astype("M8[s]").astype(str)) == {"2017-01-01T11:53:00"}
    assert 1095275 in groceries.products["product_id"][groceries.items[first]]


def test_the_best_seller_is_bananas(groceries):
    visits = np.bincount(groceries.items)
    assert groceries.item_labels[visits.argmax()] == "BANANAS, 40 LB, National #1082185"
    assert visits.max() == 16_982 and visits.min() == 1
    best = {name: column[visits.argmax()] for name, column in groceries.products.items()}
    assert best["department"] == "PRODUCE" and best["category"] == "TROPICAL FRUIT"


def test_the_long_tail_is_there(groceries):
    pairs = groceries.matrix()
    buyers = np.bincount(pairs.col, minlength=groceries.n_items)
    assert pairs.nnz == 858_509
    assert (buyers == 1).sum() == 26_258 and buyers.min() == 1


def test_rows_are_ordered_and_typed(groceries):
    assert groceries.users.dtype == groceries.items.dtype == groceries.visits.dtype == np.int32
    assert groceries.values.dtype == np.float32 and groceries.timestamps.dtype == np.int64
    order = cells(groceries, groceries.n_items)
    same_pair = np.diff(order) == 0
    assert (np.diff(order) >= 0).all()
    assert (np.diff(groceries.visits)[same_pair] > 0).all(), "a product once in a basket"
    assert (np.diff(groceries.timestamps)[same_pair] >= 0).all()


def test_a_visit_has_one_time(groceries):
    basket = groceries.users.astype(np.int64) * 1000 + groceries.visits
    order = np.lexsort((groceries.timestamps, basket))
    same_basket = np.diff(basket[order]) == 0
    assert (np.diff(groceries.timestamps[order])[same_basket] == 0).all()
    same_user = (np.diff(basket[order] // 1000) == 0) & ~same_basket
    assert (np.diff(groceries.timestamps[order])[same_user] >= 0).all(), "visits are numbered in order of time"


def test_no_fuel_no_coupons(groceries):
    assert not {"FUEL", "COUPON", "MISCELLANEOUS"} & set(groceries.products["department"])
    assert not {"FUEL", "COUPON/MISC ITEMS", "COUPONS/STORE & MFG"} & set(groceries.products["category"])


@pytest.mark.parametrize("which", ["groceries", "described", "small"])
def test_features_say_what_the_tables_say(which, request):
    record = request.getfixturevalue(which)
    assert record.item_features.shape == (record.n_items, 2554) == (record.n_items, len(record.item_feature_labels))
    assert record.user_features.shape == (record.n_users, 44) == (record.n_users, len(record.user_feature_labels))
    for matrix in (record.item_features, record.user_features):
        assert isinstance(matrix, sp.csr_matrix) and matrix.dtype == np.float32 and set(matrix.data) == {1.0}
    assert set(record.item_features.getnnz(axis=1)) == {len(PRODUCT_FEATURES)}
    assert set(record.user_features.getnnz(axis=1)) == {len(HOUSEHOLD_COLUMNS)}
    for item in range(0, record.n_items, record.n_items // 50):
        labels = dict(label.split(":", 1) for label in record.item_feature_labels[record.item_features[item].indices])
        for name in ("department", "category", "type", "brand"):
            assert labels[name] == record.products[name][item]
    for user in range(0, record.n_users, record.n_users // 50):
        labels = dict(label.split(":", 1) for label in record.user_feature_labels[record.user_features[user].indices])
        assert labels == {name: record.households[name][user] for name in HOUSEHOLD_COLUMNS}


@pytest.mark.parametrize(
    ("band", "low", "high"),
    [("under $1", 0, 1), ("$1 to 2", 1, 2), ("$2 to 3", 2, 3), ("$3 to 5", 3, 5), ("$5 to 10", 5, 10)],
)
def test_price_bands(groceries, band, low, high):
    column = groceries.item_feature_labels.tolist().index(f"price:{band}")
    price = groceries.products["price"]
    in_band = groceries.item_features[:, [column]].toarray().ravel() > 0
    assert np.array_equal(in_band, (price >= np.float32(low)) & (price < np.float32(high)))


def test_prices(groceries):
    price = groceries.products["price"]
    assert price.dtype == np.float32 and np.isnan(price).sum() == 59
    assert np.nanmin(price) > 0
    bananas = groceries.products["product_id"] == 1082185
    assert price[bananas] == np.float32(0.94)


def test_households(groceries):
    age, counts = np.unique(groceries.households["age"], return_counts=True)
    assert dict(zip(age.tolist(), counts.tolist(), strict=True)) == {
        "19-24": 46,
        "25-34": 142,
        "35-44": 194,
        "45-54": 288,
        "55-64": 59,
        "65+": 72,
        "unknown": 1666,
    }
    first = groceries.user_labels.tolist().index(1)
    assert {name: str(groceries.households[name][first]) for name in ("age", "income", "home_ownership")} == {
        "age": "65+",
        "income": "35-49K",
        "home_ownership": "Homeowner",
    }


def test_described_only_keeps_just_these_households(groceries, described):
    assert (described.n_users, described.n_items, described.n_interactions) == (801, 51_943, 812_532)
    assert "unknown" not in described.households["age"] and "unknown" in groceries.households["age"]
    kept = np.isin(groceries.user_labels, described.user_labels)[groceries.users]
    for name in ("values", "timestamps", "visits"):
        assert np.array_equal(getattr(groceries, name)[kept], getattr(described, name))
    assert np.array_equal(groceries.user_labels[groceries.users[kept]], described.user_labels[described.users])
    assert np.array_equal(groceries.item_labels[groceries.items[kept]], described.item_labels[described.items])
    assert groceries.item_feature_labels.tolist() == described.item_feature_labels.tolist()


@settings(max_examples=5)
@given(min_households=st.integers(1, 700))
def test_min_households_keeps_the_products_it_promises(described, min_households):
    kept = load_groceries(described_only=True, min_households=min_households)
    pairs = described.matrix()
    buyers = np.bincount(pairs.col, minlength=described.n_items)
    assert kept.item_labels.tolist() == described.item_labels[buyers >= min_households].tolist()
    assert kept.n_interactions == (buyers[described.items] >= min_households).sum()
    assert kept.products["type"].tolist() == described.products["type"][buyers >= min_households].tolist()


def test_matrix_sums_units(small):
    matrix = small.matrix()
    assert matrix.shape == (801, small.n_items) and matrix.dtype == np.float32
    assert matrix.sum(dtype=float) == small.values.sum(dtype=float)
    row = small.items[0]
    mine = (small.users == small.users[0]) & (small.items == row)
    assert matrix.tocsr()[small.users[0], row] == small.values[mine].sum()


@settings(max_examples=20)
@given(test_days=st.integers(1, 365), min_purchases=st.integers(1, 4), repeats=st.booleans())
def test_split_by_time_equals_counting_by_hand(small, test_days, min_purchases, repeats):
    data = small.as_lightfm(test_days=test_days, min_purchases=min_purchases, repeats=repeats)
    # The last purchase is of January 1, 2018, so the last day ends with it.
    cut = np.datetime64("2018-01-02") - test_days
    in_test = small.timestamps.astype("M8[s]") >= cut
    pair = cells(small, small.n_items)
    before, visits_before = np.unique(pair[~in_test], return_counts=True)
    after, visits_after = np.unique(pair[in_test], return_counts=True)
    if not repeats:
        new = ~np.isin(after, before)
        after, visits_after = after[new], visits_after[new]
    for part, expected, visits in (("train", before, visits_before), ("test", after, visits_after)):
        matrix, kept = data[part], visits >= min_purchases
        assert matrix.shape == (801, small.n_items) and matrix.dtype == np.float32
        assert np.array_equal(cells(matrix, small.n_items), expected[kept])
        assert np.array_equal(matrix.data, visits[kept])


def test_default_split(groceries):
    data = groceries.as_lightfm()
    with_repeats = groceries.as_lightfm(repeats=True)
    assert (data["train"].nnz, data["test"].nnz, with_repeats["test"].nnz) == (802_665, 55_844, 96_906)
    assert with_repeats["train"].multiply(with_repeats["test"]).nnz == 41_062
    assert data["train"].multiply(data["test"]).nnz == 0


def test_dictionary_is_lightfms(small):
    ids = small.as_lightfm()
    assert list(ids) == ["train", "test", "item_features", "item_feature_labels", "item_labels"]
    assert ids["item_feature_labels"] is ids["item_labels"]
    assert abs(ids["item_features"] - sp.identity(small.n_items)).nnz == 0
    both = small.as_lightfm(product_features=True, user_features=True)
    assert list(both)[5:] == ["user_features", "user_feature_labels"]
    assert both["item_features"].shape == (small.n_items, small.n_items + 2554)
    assert abs(both["item_features"][:, small.n_items :] - small.item_features).nnz == 0
    assert abs(both["user_features"] - small.user_features).nnz == 0
    assert len(both["item_feature_labels"]) == small.n_items + 2554
    assert isinstance(both["item_features"], sp.csr_matrix) and both["item_features"].dtype == np.float32


@given(groups=st.lists(st.sampled_from(PRODUCT_FEATURES), min_size=1, unique=True))
def test_groups_of_product_features_can_be_chosen(small, groups):
    data = small.as_lightfm(indicator_features=False, product_features=groups)
    assert {label.split(":")[0] for label in data["item_feature_labels"]} == set(groups)
    assert set(data["item_features"].getnnz(axis=1)) == {len(groups)}
    assert data["item_features"].shape == (small.n_items, len(data["item_feature_labels"]))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"indicator_features": False},
            "At least one of indicator_features or product_features must be True",
        ),
        ({"indicator_features": False, "product_features": []}, "At least one of indicator_features"),
        ({"product_features": ["departement"]}, "Did you mean 'department'"),
        ({"test_days": 0}, "test_days must be a positive integer, got 0"),
        ({"test_days": 366}, "test_days must be at most 365, got 366"),
        ({"min_purchases": 0.5}, "min_purchases must be a positive integer, got 0.5"),
    ],
)
def test_wrong_arguments_are_named(small, arguments, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        small.as_lightfm(**arguments)


@pytest.mark.parametrize("min_households", [0, 2468, 1.5])
def test_wrong_min_households(min_households):
    with pytest.raises(ValueError, match=f"min_households must be .*, got {min_households}"):
        load_groceries(min_households=min_households)


def test_terms_lie_beside_the_data(repository):
    terms = (repository / "recsys_lessons/datasets/files/groceries.LICENSE.txt").read_text(encoding="utf-8")
    assert "MIT License" in terms and "simulated" in terms and "84.51°" in terms
