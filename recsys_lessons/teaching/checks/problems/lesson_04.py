"""Problems of lesson 04, building features."""

from __future__ import annotations

import functools
from zlib import crc32

import numpy as np
import scipy.sparse as sp

from recsys_lessons import LightFM
from recsys_lessons.datasets import load_movies
from recsys_lessons.evaluation import precision_at_k
from recsys_lessons.teaching.checks.problem import Case, Problem, Unfit, Wrong

# --- one-hot, with a place for the rest ------------------------------------------------------------------------------


def one_hot(values, known):
    """One row for each value: a single 1, in the column of that value.

    Parameters
    ----------
    values : list of str or None
        Such as the brand of each product; None where it is missing.
    known : list of str
        The values that have a column of their own, in the order of the columns. No value stands here twice.

    Returns
    -------
    float array of shape (len(values), len(known) + 1)
        The last column is *other*: for every value that is not known, and for None.
    """
    column_of = {value: column for column, value in enumerate(known)}
    columns = [column_of.get(value, len(known)) for value in values]
    return np.eye(len(known) + 1)[columns]


def _one_hot_cases():
    brands = ["Roma", "Hafer", None, "Zoe", "Roma"]
    expected = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 1], [1, 0, 0]]
    yield Case((brands, ["Roma", "Hafer"]), expected, "one brand is missing, another is not known")
    yield Case((["Hafer"], ["Roma", "Hafer", "Alba"]), [[0, 1, 0, 0]], "a single product; most brands are absent")
    yield Case((["Roma", None], []), [[1], [1]], "no brand is known")
    yield Case((["roma", "Romana", "Roma"], ["Roma"]), [[0, 1], [0, 1], [1, 0]], "names that only resemble a known one")
    rng = np.random.default_rng(4)
    shelf = ["Alba", "Cora", "Hafer", "Roma", "Zoe", None]
    for _ in range(12):
        known = [shelf[place] for place in rng.permutation(5)[: rng.integers(1, 5)]]
        yield Case(([shelf[place] for place in rng.integers(0, 6, size=rng.integers(1, 9))], known))


def _rest_empty(values, known):
    return one_hot(values, known) * np.append(np.ones(len(known)), 0)


def _missing_empty(values, known):
    return one_hot(values, known) * np.array([[value is not None] for value in values])


def _rest_in_last(values, known):
    rows = one_hot(values, known)
    if known:
        rows[:, -2] += rows[:, -1]
        rows[:, -1] = 0
    return rows


def _alphabetical(values, known):
    return one_hot(values, sorted(known))


def _rest_first(values, known):
    return np.roll(one_hot(values, known), 1, axis=1)


def _by_values_seen(values, known):
    seen = list(dict.fromkeys(value for value in values if value in known))
    return one_hot(values, seen)


def _compared(values, known):
    is_one = np.array([[value == name for name in known] for value in values]).reshape(len(values), len(known))
    return np.column_stack([is_one, ~is_one.any(axis=1)]).astype(np.float32)


def _as_lists(values, known):
    rows = []
    for value in values:
        row = [0] * (len(known) + 1)
        row[known.index(value) if value in known else -1] = 1
        rows.append(row)
    return rows


ONE_HOT = Problem(
    answer=one_hot,
    title="A column for the rest",
    objective="turn a category into columns, with a place for what is rare, new or missing",
    minutes=5,
    difficulty=1,
    make_cases=_one_hot_cases,
    wrong=(
        Wrong(_rest_empty, "A value that is not known leaves its row empty. It has a column, the last."),
        Wrong(_missing_empty, "A missing value leaves its row empty. Missing belongs to the rest."),
        Wrong(_rest_in_last, "What is not known went to the last known value. Is that an index of -1, or off by one?"),
        Wrong(_alphabetical, "The columns are in alphabetical order. They have the order of known."),
        Wrong(_rest_first, "The column of the rest stands first. It is the last."),
        Wrong(_by_values_seen, "The columns depend on the values of this call. Another call would get another matrix."),
    ),
    variants=(_compared, _as_lists),
    hints=(
        "First find the number of each value's column. What number has the column of the rest?",
        "A dict from known value to column; its get method takes a second argument, for what it does not hold.",
        "columns = [column_of.get(value, len(known)) for value in values]; rows of np.eye(len(known) + 1)",
    ),
)

# --- bins ------------------------------------------------------------------------------------------------------------


def price_bins(train_prices, prices, n_bins):
    """The bin of each price. The bins are cut so that each would hold as many train prices as any other.

    The edges are the quantiles 1/n_bins, 2/n_bins, ... (n_bins - 1)/n_bins of the train prices, as `np.quantile`
    computes them. A price that equals an edge belongs above it.

    Parameters
    ----------
    train_prices : float array
        Of the items known when the bins are cut. NaN where missing; at least one is not.
    prices : float array of shape (n_items,)
        The prices to put into bins. Some may lie outside of all train prices; NaN where missing.
    n_bins : int
        At least 1.

    Returns
    -------
    int array of shape (n_items,)
        0 for the cheapest bin, n_bins - 1 for the dearest, n_bins for a missing price.
    """
    edges = np.quantile(train_prices[~np.isnan(train_prices)], np.arange(1, n_bins) / n_bins)
    bins = np.searchsorted(edges, prices, side="right")
    return np.where(np.isnan(prices), n_bins, bins)


def _bins_cases():
    nan = np.nan
    known = np.array([2.0, 4, 1, 3, 5])
    new = np.array([3, 2.9, 100, 0.5, nan])
    yield Case((known, new, 2), [1, 0, 1, 0, 2], "the edge is 3; two prices lie outside, one is missing")
    gaps = np.array([10.0, nan, 0, 20, nan, 40, 30])
    yield Case((gaps, np.array([9.0, 10, 29, 30, nan]), 4), [0, 1, 2, 3, 4], "two train prices are missing")
    yield Case(
        (np.array([1.0, 1, 1, 1, 9]), np.array([1.0, 9, 0]), 4), [3, 3, 0], "all edges are 1, so bins stay empty"
    )
    yield Case((known, new, 1), [0, 0, 0, 0, 1], "a single bin")
    skewed = np.array([1.0, 2, 3, 4, 100])
    yield Case((skewed, np.array([5.0, 2.5, 60]), 2), [1, 0, 1], "one train price is far out")
    rng = np.random.default_rng(41)
    for _ in range(20):
        train_prices = rng.integers(1, 30, size=rng.integers(5, 12)).astype(float)
        prices = rng.integers(0, 40, size=rng.integers(1, 9)).astype(float)
        train_prices[rng.random(len(train_prices)) < 0.15] = nan
        train_prices[0] = 12.0
        prices[rng.random(len(prices)) < 0.2] = nan
        yield Case((train_prices, prices, int(rng.choice([2, 4, 8]))))


def _of_new_prices(train_prices, prices, n_bins):
    return price_bins(prices, prices, n_bins)


def _of_all_prices(train_prices, prices, n_bins):
    return price_bins(np.append(train_prices, prices), prices, n_bins)


def _equally_wide(train_prices, prices, n_bins):
    edges = np.linspace(np.nanmin(train_prices), np.nanmax(train_prices), n_bins + 1)[1:-1]
    return np.where(np.isnan(prices), n_bins, np.searchsorted(edges, prices, side="right"))


def _edge_below(train_prices, prices, n_bins):
    edges = np.nanquantile(train_prices, np.arange(1, n_bins) / n_bins)
    return np.where(np.isnan(prices), n_bins, np.searchsorted(edges, prices, side="left"))


def _missing_dearest(train_prices, prices, n_bins):
    edges = np.nanquantile(train_prices, np.arange(1, n_bins) / n_bins)
    return np.searchsorted(edges, prices, side="right")


def _missing_is_zero(train_prices, prices, n_bins):
    edges = np.quantile(np.nan_to_num(train_prices), np.arange(1, n_bins) / n_bins)
    return np.where(np.isnan(prices), n_bins, np.searchsorted(edges, prices, side="right"))


def _gaps_left(train_prices, prices, n_bins):
    edges = np.quantile(train_prices, np.arange(1, n_bins) / n_bins)
    return np.where(np.isnan(prices), n_bins, np.searchsorted(edges, prices, side="right"))


def _from_one(train_prices, prices, n_bins):
    edges = np.nanquantile(train_prices, np.arange(n_bins + 1) / n_bins)
    return np.where(np.isnan(prices), n_bins, np.searchsorted(edges, prices, side="right"))


def _price_by_price(train_prices, prices, n_bins):
    percent = [100 * part / n_bins for part in range(1, n_bins)]
    edges = np.percentile(train_prices[train_prices == train_prices], percent) if percent else []
    return [n_bins if price != price else sum(bool(price >= edge) for edge in edges) for price in prices]


PRICE_BINS = Problem(
    answer=price_bins,
    title="Bins that were cut yesterday",
    objective="cut a number into bins by what was known in training, and use them for new items",
    minutes=12,
    difficulty=2,
    make_cases=_bins_cases,
    wrong=(
        Wrong(_of_new_prices, "The edges come from the prices to be binned. They are cut once, from train prices."),
        Wrong(_of_all_prices, "New prices take part in cutting the edges. What comes later must not move them."),
        Wrong(_equally_wide, "The bins are equally wide. They should hold equally many train prices."),
        Wrong(_edge_below, "A price that equals an edge went below it. It belongs above."),
        Wrong(
            _missing_dearest, "Missing prices stand among the dearest, where NaN sorts. They have a bin of their own."
        ),
        Wrong(_missing_is_zero, "Missing train prices count as 0 and move the edges. Leave them out."),
        Wrong(_gaps_left, "The edges are NaN where a train price is missing. Leave those out first."),
        Wrong(_from_one, "The lowest and the highest train price are edges, too. Only inner edges separate bins."),
    ),
    variants=(_price_by_price,),
    hints=(
        "n bins have n - 1 edges between them. A price's bin is the number of edges that are not above it.",
        "np.quantile(known train prices, k / n_bins) for k = 1 ... n_bins - 1, then np.searchsorted; mind its side.",
        'np.searchsorted(edges, prices, side="right"), and np.where(np.isnan(prices), n_bins, ...) around it',
    ),
)

# --- side by side ----------------------------------------------------------------------------------------------------


def item_matrix(n_known, genres, bins, n_bins):
    """The feature matrix of all items, side by side: identities, genres, price bins.

    The first `n_known` items were there in training. The others are new: nothing is known of them but genres and bin.

    Parameters
    ----------
    n_known : int
        At least 1.
    genres : float CSR matrix of shape (n_items, n_genres)
    bins : int array of shape (n_items,)
        The bin of each item, from 0 to n_bins - 1.
    n_bins : int

    Returns
    -------
    CSR matrix of shape (n_items, n_known + n_genres + n_bins)
        An identity for each known item, the genres as they are, and a 1 in the column of the bin.
    """
    n_items = genres.shape[0]
    identities = sp.eye(n_items, n_known)
    prices = sp.csr_matrix((np.ones(n_items), (np.arange(n_items), bins)), shape=(n_items, n_bins))
    return sp.hstack([identities, genres, prices], format="csr")


def _matrix_cases():
    genres = sp.csr_matrix(np.array([[1.0, 0], [0, 0], [0.5, 0.5]]))
    expected = sp.csr_matrix(np.array([[1, 0, 1, 0, 0, 1, 0], [0, 1, 0, 0, 1, 0, 0], [0, 0, 0.5, 0.5, 0, 1, 0]]))
    yield Case((2, genres, np.array([1, 0, 1]), 3), expected, "item 2 is new, item 1 has no genre, bin 2 is empty")
    expected = sp.csr_matrix(np.array([[1, 1, 0, 0, 1], [0, 0, 0, 0, 1], [0, 0.5, 0.5, 1, 0]]))
    yield Case((1, genres, np.array([1, 1, 0]), 2), expected, "two new items")
    expected = sp.csr_matrix(np.array([[1, 0, 0, 1, 0, 1], [0, 1, 0, 0, 0, 1], [0, 0, 1, 0.5, 0.5, 1]]))
    yield Case((3, genres, np.array([0, 0, 0]), 1), expected, "no new item, a single bin")
    rng = np.random.default_rng(42)
    for _ in range(12):
        n_items, n_bins = int(rng.integers(2, 7)), int(rng.integers(1, 5))
        some = sp.csr_matrix((rng.random((n_items, rng.integers(1, 4))) < 0.4).astype(float))
        yield Case((int(rng.integers(1, n_items + 1)), some, rng.integers(0, n_bins, size=n_items), n_bins))


def _side_by_side(*blocks):
    return sp.hstack(blocks, format="csr")


def _identity_for_all(n_known, genres, bins, n_bins):
    return _side_by_side(sp.identity(genres.shape[0]), genres, np.eye(n_bins)[bins])


def _width_of_bins_seen(n_known, genres, bins, n_bins):
    return _side_by_side(sp.eye(genres.shape[0], n_known), genres, np.eye(bins.max() + 1)[bins])


def _bin_as_number(n_known, genres, bins, n_bins):
    return _side_by_side(sp.eye(genres.shape[0], n_known), genres, bins[:, None])


def _other_order(n_known, genres, bins, n_bins):
    return _side_by_side(genres, np.eye(n_bins)[bins], sp.eye(genres.shape[0], n_known))


def _bins_before_genres(n_known, genres, bins, n_bins):
    return _side_by_side(sp.eye(genres.shape[0], n_known), np.eye(n_bins)[bins], genres)


def _known_only(n_known, genres, bins, n_bins):
    return item_matrix(n_known, genres[:n_known], bins[:n_known], n_bins)


def _identity_of_another(n_known, genres, bins, n_bins):
    borrowed = np.arange(genres.shape[0]).clip(max=n_known - 1)
    return _side_by_side(np.eye(n_known)[borrowed], genres, np.eye(n_bins)[bins])


def _row_by_row(n_known, genres, bins, n_bins):
    described = genres.toarray()
    rows = []
    for item, bin_of_item in enumerate(bins):
        identity = [float(item == other) for other in range(n_known)]
        rows.append([*identity, *described[item], *[float(bin_of_item == b) for b in range(n_bins)]])
    return sp.coo_matrix(np.array(rows, dtype=np.float32))


ITEM_MATRIX = Problem(
    answer=item_matrix,
    title="Side by side",
    objective="stack identities, genres and bins into one sparse matrix, for known and for new items",
    minutes=10,
    difficulty=2,
    make_cases=_matrix_cases,
    wrong=(
        Wrong(
            _identity_for_all, "New items have identities, too. The model was trained without them: no room is left."
        ),
        Wrong(_width_of_bins_seen, "The number of bin columns depends on which bins occur. It is n_bins, always."),
        Wrong(_bin_as_number, "The bin stands in one column, as a weight. Bin 3 would be three times bin 1."),
        Wrong(_other_order, "The identities do not come first. A model knows columns by their place."),
        Wrong(_bins_before_genres, "Bins and genres have changed places. A model knows columns by their place."),
        Wrong(_known_only, "New items have no row. They have genres and a bin, and need one."),
        Wrong(_identity_of_another, "New items share the identity of a known one. They would inherit all that it is."),
    ),
    variants=(_row_by_row,),
    hints=(
        "Three blocks with a row for every item. The first is a diagonal that stops before the new items.",
        "sp.eye takes numbers of rows and of columns; sp.csr_matrix((ones, (rows, bins)), shape=...) is one-hot.",
        'sp.hstack([sp.eye(n_items, n_known), genres, prices], format="csr"), with shape (n_items, n_bins) for prices',
    ),
)

# --- normalize the names, not the identity ---------------------------------------------------------------------------


def normalize_names(features, n_identities):
    """Divide the named features of each item by their sum, and leave its identity as it is.

    Parameters
    ----------
    features : float CSR matrix of shape (n_items, n_features)
        Weights, none of them negative. The first `n_identities` columns are identities, the others names.
    n_identities : int

    Returns
    -------
    CSR matrix of shape (n_items, n_features)
        In each row the weights of the names sum to 1; where that is impossible, since all are 0, they stay 0.
    """
    identities, names = features[:, :n_identities], features[:, n_identities:]
    sums = np.asarray(names.sum(axis=1)).ravel()
    factors = 1 / np.where(sums > 0, sums, 1)
    return sp.hstack([identities, sp.diags(factors) @ names], format="csr")


def _normalize_cases():
    rows = np.array([[1, 0, 1, 1, 2], [0, 1, 0, 0, 0], [0, 0, 0.5, 0, 0], [0, 0, 0, 0, 0]])
    expected = np.array([[1, 0, 0.25, 0.25, 0.5], [0, 1, 0, 0, 0], [0, 0, 1, 0, 0], [0, 0, 0, 0, 0]])
    why = "item 1 has no name, item 2 no identity, item 3 nothing"
    yield Case((sp.csr_matrix(rows), 2), sp.csr_matrix(expected), why)
    yield Case((sp.csr_matrix(expected), 2), sp.csr_matrix(expected), "normalized already: nothing changes")
    names = np.array([[1, 1.0], [0, 4]])
    yield Case((sp.csr_matrix(names), 0), sp.csr_matrix([[0.5, 0.5], [0, 1]]), "no identities at all")
    stored = sp.csr_matrix((np.array([1, 0.0, 1, 3]), ([0, 0, 1, 1], [0, 2, 1, 2])), shape=(2, 3))
    yield Case((stored, 2), sp.csr_matrix([[1.0, 0, 0], [0, 1, 1]]), "the one name of item 0 is a stored zero")
    yield Case((sp.csr_matrix([[0.5, 0.25, 0.25]]), 1), sp.csr_matrix([[0.5, 0.5, 0.5]]), "an identity with weight ½")
    rng = np.random.default_rng(43)
    for _ in range(15):
        n_items, n_names, n_known = int(rng.integers(1, 6)), int(rng.integers(1, 5)), int(rng.integers(0, 4))
        named = rng.choice([0, 0, 0.25, 1, 3], size=(n_items, n_names))
        yield Case((sp.hstack([sp.eye(n_items, n_known), named], format="csr"), n_known))


def _normalized_by(features, n_identities, divisor):
    rows = features.toarray().astype(float)
    rows[:, n_identities:] /= divisor(rows[:, n_identities:])
    return sp.csr_matrix(rows)


def _whole_row(features, n_identities):
    return _normalized_by(features, 0, lambda names: np.where(names.sum(axis=1) > 0, names.sum(axis=1), 1)[:, None])


def _by_count(features, n_identities):
    return _normalized_by(features, n_identities, lambda names: np.maximum((names > 0).sum(axis=1), 1)[:, None])


def _by_length(features, n_identities):
    def lengths(names):
        norm = np.sqrt((names**2).sum(axis=1))
        return np.where(norm > 0, norm, 1)[:, None]

    return _normalized_by(features, n_identities, lengths)


def _zero_by_zero(features, n_identities):
    with np.errstate(invalid="ignore"):
        return _normalized_by(features, n_identities, lambda names: names.sum(axis=1)[:, None])


def _at_least_one(features, n_identities):
    return _normalized_by(features, n_identities, lambda names: np.maximum(names.sum(axis=1), 1)[:, None])


def _sum_with_identity(features, n_identities):
    total = features.toarray().sum(axis=1)
    return _normalized_by(features, n_identities, lambda names: np.where(total > 0, total, 1)[:, None])


def _columns_instead(features, n_identities):
    return _normalized_by(features, n_identities, lambda names: np.where(names.any(axis=0), names.sum(axis=0), 1))


def _identities_gone(features, n_identities):
    return normalize_names(features[:, n_identities:], 0)


def _entry_after_entry(features, n_identities):
    entries = features.tocoo()
    named = entries.col >= n_identities
    sums = np.bincount(entries.row[named], weights=entries.data[named], minlength=features.shape[0])
    kept = ~named | (entries.data != 0)
    data = [
        weight / sums[item] if column >= n_identities else weight
        for item, column, weight in zip(entries.row[kept], entries.col[kept], entries.data[kept], strict=True)
    ]
    return sp.coo_matrix((np.array(data, dtype=float), (entries.row[kept], entries.col[kept])), shape=features.shape)


NORMALIZE_NAMES = Problem(
    answer=normalize_names,
    title="Quiet names, an identity at full weight",
    objective="normalize a part of a sparse matrix, and keep empty rows empty",
    minutes=10,
    difficulty=2,
    make_cases=_normalize_cases,
    wrong=(
        Wrong(_whole_row, "The identity is divided along with the names. This is what Dataset does by default."),
        Wrong(_by_count, "The names are divided by how many there are. Some have a weight other than 1."),
        Wrong(_by_length, "The squares of the weights sum to 1. The weights themselves should."),
        Wrong(_zero_by_zero, "Items without names are divided by 0. They stay as they are, and no NaN comes in."),
        Wrong(_at_least_one, "Names whose sum is below 1 are left as they are. Only a sum of 0 is spared."),
        Wrong(_sum_with_identity, "The identity is left alone, but it is in the sum. The names sum to less than 1."),
        Wrong(_columns_instead, "Columns are divided by their sums. The rows were asked for."),
        Wrong(_identities_gone, "The identities are gone. They stay, unchanged."),
    ),
    variants=(_entry_after_entry,),
    hints=(
        "Cut the matrix into two blocks, change one, and put them together again.",
        "sp.diags(factors) @ names multiplies each row by a factor of its own. What factor has a row whose sum is 0?",
        "sums = np.asarray(names.sum(axis=1)).ravel(); factors = 1 / np.where(sums > 0, sums, 1)",
    ),
)

# --- hashing ---------------------------------------------------------------------------------------------------------


def hashed(names, n_buckets):
    """A row for each item, in which the number of a name's column is computed from the name.

    `crc32(name.encode())` is a whole number from 0 to 2³² - 1, the *code* of the name. The column is the remainder of
    the code divided by `n_buckets`. Into it goes 1 if the code is below 2³¹, and -1 otherwise. Different names of one
    item that meet in a column are added up there.

    Parameters
    ----------
    names : list of lists of str
        The names of each item's features. A name that stands there twice counts once.
    n_buckets : int
        How many columns there are.

    Returns
    -------
    float array of shape (len(names), n_buckets)
    """
    rows = np.zeros((len(names), n_buckets))
    for row, given in zip(rows, names, strict=True):
        for name in set(given):
            code = crc32(name.encode())
            row[code % n_buckets] += 1 if code < 2**31 else -1
    return rows


def _hashed_cases():
    # code                             column of 3  sign
    # tag:vegan       1,575,594,416         2        +
    # tag:organic     2,248,667,600         2        -
    # tag:raw           395,658,854         2        +
    # brand:Roma      2,677,547,662         1        -
    # brand:Hafer     3,290,438,509         1        -
    # category:drinks 1,018,247,728         1        +
    yield Case(([["tag:vegan"], ["brand:Roma"], []], 3), [[0, 0, 1], [0, -1, 0], [0, 0, 0]], "one name each, or none")
    two = [["tag:vegan", "tag:raw"], ["brand:Hafer", "brand:Roma"]]
    yield Case((two, 3), [[0, 0, 2], [0, -2, 0]], "two names meet in a column, with the same sign")
    cancelled = [["tag:organic", "tag:vegan", "brand:Roma"]]
    yield Case((cancelled, 3), [[0, -1, 0]], "two names meet in a column, with opposite signs")
    yield Case(([["tag:raw", "brand:Roma", "tag:raw"]], 3), [[0, -1, 1]], "a name stands there twice")
    rng = np.random.default_rng(44)
    vocabulary = [
        f"{kind}:{word}" for kind in ("tag", "brand") for word in ("alt", "neu", "süß", "rot", "grün", "blau")
    ]
    for _ in range(15):
        items = [list(rng.choice(vocabulary, size=rng.integers(0, 7))) for _ in range(rng.integers(1, 5))]
        yield Case(([[str(name) for name in item] for item in items], int(rng.integers(1, 8))))


def _hashed_with(names, n_buckets, sign=lambda code: 1 if code < 2**31 else -1, bucket=None):
    rows = np.zeros((len(names), n_buckets))
    for row, given in zip(rows, names, strict=True):
        for name in dict.fromkeys(given):
            code = crc32(name.encode())
            row[bucket(code) if bucket else code % n_buckets] += sign(code)
    return rows


def _no_sign(names, n_buckets):
    return _hashed_with(names, n_buckets, sign=lambda code: 1)


def _sign_by_parity(names, n_buckets):
    return _hashed_with(names, n_buckets, sign=lambda code: -1 if code % 2 else 1)


def _other_way_round(names, n_buckets):
    return -_hashed_with(names, n_buckets)


def _overwritten(names, n_buckets):
    rows = np.zeros((len(names), n_buckets))
    for row, given in zip(rows, names, strict=True):
        for name in given:
            code = crc32(name.encode())
            row[code % n_buckets] = 1 if code < 2**31 else -1
    return rows


def _twice(names, n_buckets):
    rows = np.zeros((len(names), n_buckets))
    for row, given in zip(rows, names, strict=True):
        for name in given:
            code = crc32(name.encode())
            row[code % n_buckets] += 1 if code < 2**31 else -1
    return rows


def _without_kind(names, n_buckets):
    return _hashed_with([[name.split(":")[-1] for name in given] for given in names], n_buckets)


def _sign_only_left(names, n_buckets):
    return np.sign(_hashed_with(names, n_buckets))


def _through_a_table(names, n_buckets):
    every = sorted({name for given in names for name in given})
    codes = np.array([crc32(bytes(name, "utf-8")) for name in every], dtype=np.int64)
    table = np.zeros((len(every), n_buckets), dtype=np.float32)
    table[np.arange(len(every)), codes % n_buckets] = 1 - 2 * (codes >> 31)
    has = np.array([[name in given for name in every] for given in names], dtype=np.float32)
    return has.reshape(len(names), len(every)) @ table


HASHED = Problem(
    answer=hashed,
    title="Columns without a list",
    objective="compute the column of a feature from its name, so that names never seen have one, too",
    minutes=12,
    difficulty=2,
    make_cases=_hashed_cases,
    wrong=(
        Wrong(_no_sign, "Every name adds a 1. Half of the codes are 2³¹ or more, and take 1 away."),
        Wrong(
            _sign_by_parity, "The sign comes from the lowest bit, which helps to choose the column. Take the highest."
        ),
        Wrong(_other_way_round, "The signs are exchanged."),
        Wrong(_overwritten, "Of names that meet in a column the last one wins. They are added up."),
        Wrong(_twice, "A name that an item has twice counts twice."),
        Wrong(_without_kind, "The kind was cut off before hashing. The tag organic and a brand organic are two names."),
        Wrong(_sign_only_left, "Two names with the same sign in one column count as one. They make 2 or -2."),
    ),
    variants=(_through_a_table,),
    hints=(
        "Go through the items and their different names. Each name says where, and whether up or down.",
        "code = crc32(name.encode()); column = code % n_buckets; sign = 1 if code < 2**31 else -1",
        "for name in set(given): code = crc32(name.encode()); row[code % n_buckets] += ...",
    ),
)

# --- open: twelve thousand noes --------------------------------------------------------------------------------------


@functools.cache
def _films():
    """Likes of all users and films in train and test, and the genres, as lesson 04 has them."""
    movies = load_movies()
    data = movies.as_lightfm(min_rating=4.0)
    train, test = ((data[part].tocsr() > 0).astype(np.float32) for part in ("train", "test"))
    train.sort_indices()
    return train, test, movies.item_features


def few_noes(train, genres):
    """Say no, at most once for every four likes, so that genres beside identities do little harm.

    It is judged by a logistic model that is trained on what you return, with identities and genres at full weight:
    ``LightFM(loss="logistic", no_components=16)``, 10 epochs, the average of three seeds.

    Parameters
    ----------
    train : float32 CSR matrix of shape (n_users, n_films)
        A 1 for each like.
    genres : float32 CSR matrix of shape (n_films, 20)
        A 1 for each genre of a film.

    Returns
    -------
    sparse matrix of shape (n_users, n_films)
        A 1 for each like of `train`, and a -1 for at most ``train.nnz // 4`` pairs of a user and a film not liked.
    """
    rng = np.random.default_rng(0)
    n_noes = train.nnz // 4
    users = rng.choice(train.nonzero()[0], n_noes)
    # Without noes a film rises with each of its genres, so those with many need most of the noes.
    weights = genres.getnnz(axis=1) ** 2.0
    films = rng.choice(train.shape[1], n_noes, p=weights / weights.sum())
    refused = sp.csr_matrix((np.ones(n_noes), (users, films)), shape=train.shape) > 0
    return train - (refused > train)


# Precision@10, lowest and highest of five draws or more. No noes at all .000. Films drawn by popularity .003-.004, by
# its root .011-.015, evenly .022-.030, evenly among films with a like .022-.028, without one .024-.028, with two at
# most .026-.031, only films with four genres or more .011-.019. Films with two genres or more .032-.040, with three
# .033-.037, in proportion to genres .037-.043, to genres among films without likes .037-.041, to the squares of genres
# .041-.046, to their cubes .041-.046. Identities alone, without noes, .053.
NOES_BAR = 0.034


def _noes_cases():
    train, _, genres = _films()
    yield Case((train, genres), why="671 users, 9,066 films, 20 genres; some likes of each user are held out")


def _noes_required(case, value):
    train, genres = case.arguments
    if not sp.issparse(value) or value.shape != train.shape:
        what = f"a matrix of shape {value.shape}" if sp.issparse(value) else type(value).__name__
        raise Unfit(f"It returns {what}; expected a sparse matrix of shape {train.shape}.")
    feedback = sp.csr_matrix(value, dtype=np.float64)
    feedback.sum_duplicates()
    feedback.eliminate_zeros()
    odd = feedback.data[~np.isin(feedback.data, (-1, 1))]
    if len(odd):
        return f"It has an entry of {odd[0]:g}; 1 and -1 are allowed. A pair that stands in a matrix twice is added up."
    n_kept = (feedback > 0).multiply(train).nnz
    if n_kept < train.nnz:
        return f"Of {train.nnz:,} likes only {n_kept:,} are left. A like stays a like."
    if (feedback > 0).nnz > train.nnz:
        return f"It has {(feedback > 0).nnz - train.nnz:,} likes that nobody gave."
    n_noes = (feedback < 0).nnz
    if n_noes > train.nnz // 4:
        return f"It has {n_noes:,} noes; {train.nnz // 4:,} are allowed."
    precision = _precision_after(feedback.astype(np.float32), genres)
    if precision >= NOES_BAR:
        return None
    told = f"Precision@10 is {precision:.3f}; the bar is {NOES_BAR}."
    if precision < 0.02:
        return f"{told} Which films stand on the ruined lists, and do your noes reach them?"
    return f"{told} Noes drawn evenly come about as far. Which films did training lift most?"


def _precision_after(feedback, genres):
    train, test, _ = _films()
    both = sp.hstack([sp.identity(train.shape[1]), genres], format="csr")
    reached = []
    for seed in range(3):
        model = LightFM(loss="logistic", no_components=16, random_state=seed)
        model.fit(feedback, item_features=both, epochs=10)
        reached.append(precision_at_k(model, test, train, item_features=both).mean())
    return np.mean(reached)


def _refusing(weights_of, n_noes_of=lambda train: train.nnz // 4):
    def noes(train, genres):
        rng = np.random.default_rng(0)
        weights = weights_of(train, genres).astype(float)
        users = rng.choice(train.nonzero()[0], n_noes_of(train))
        films = rng.choice(train.shape[1], len(users), p=weights / weights.sum())
        refused = sp.csr_matrix((np.ones(len(users)), (users, films)), shape=train.shape) > 0
        return train - (refused > train)

    return noes


def _nobody(train, genres):
    return train


def _added_up(train, genres):
    rng = np.random.default_rng(0)
    users, films = rng.choice(train.nonzero()[0], train.nnz // 4), rng.choice(train.indices, train.nnz // 4)
    return train - sp.csr_matrix((np.ones(len(users)), (users, films)), shape=train.shape)


def _likes_forgotten(train, genres):
    feedback = few_noes(train, genres)
    return feedback.multiply(feedback < 0)


def _a_dense_one(train, genres):
    return np.zeros(3)


def _a_ticket_for_each_genre(train, genres):
    tickets = np.repeat(np.arange(train.shape[1]), genres.getnnz(axis=1))
    rng = np.random.default_rng(1)
    films = rng.permutation(tickets)[: train.nnz // 4]
    users = rng.permutation(train.nonzero()[0])[: len(films)]
    feedback, likes = train.tolil(), train.toarray() > 0
    for user, film in zip(users, films, strict=True):
        if not likes[user, film]:
            feedback[user, film] = -1
    return feedback.tocoo()


FEW_NOES = Problem(
    answer=few_noes,
    title="Open: one no for four likes",
    objective="spend a small number of negatives where shared features do most harm",
    minutes=20,
    difficulty=3,
    make_cases=_noes_cases,
    requires=(_noes_required,),
    is_open=True,
    wrong=(
        Wrong(_nobody, "do your noes reach them?"),
        Wrong(_refusing(lambda train, genres: train.getnnz(axis=0)), "do your noes reach them?"),
        Wrong(_refusing(lambda train, genres: genres.getnnz(axis=1) >= 4), "do your noes reach them?"),
        Wrong(_refusing(lambda train, genres: np.ones(train.shape[1])), "Which films did training lift most?"),
        Wrong(_refusing(lambda train, genres: train.getnnz(axis=0) > 0), "Which films did training lift most?"),
        Wrong(_refusing(lambda train, genres: genres.getnnz(axis=1), lambda train: 3 * train.nnz), "are allowed"),
        Wrong(_added_up, "A pair that stands in a matrix twice"),
        Wrong(_likes_forgotten, "A like stays a like"),
        Wrong(_a_dense_one, "expected a sparse matrix"),
    ),
    variants=(
        _refusing(lambda train, genres: genres.getnnz(axis=1)),
        _refusing(lambda train, genres: genres.getnnz(axis=1) * (train.getnnz(axis=0) == 0)),
        _a_ticket_for_each_genre,
    ),
    hints=(
        "There are too few noes to reach every film often. Lesson 04 showed what the films on the ruined lists share.",
        "A film's bias comes close to counting its genres. Draw films with a probability that grows with that number.",
        "weights = genres.getnnz(axis=1); rng.choice(n_films, n_noes, p=weights / weights.sum()); try its powers",
    ),
)

PROBLEMS = (ONE_HOT, PRICE_BINS, ITEM_MATRIX, NORMALIZE_NAMES, HASHED, FEW_NOES)
