"""The claims that `make_newsroom` makes, held against what it makes. Statistical bounds hold for these seeds."""

import hashlib
import os
import subprocess
import sys

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.stats import chi2

from recsys_lessons import LightFM, evaluation
from recsys_lessons.datasets import make_newsroom
from recsys_lessons.kernels import newsroom as kernels

DAY = 86_400


@pytest.fixture(scope="module")
def newsroom():
    return make_newsroom()


@pytest.fixture(scope="module")
def small():
    return make_newsroom(3, n_readers=120, n_articles=150, visits_per_reader=8)


def small_site(**settings):
    return make_newsroom(1, **{"n_readers": 300, "n_articles": 200, "visits_per_reader": 10} | settings)


def true_chances(newsroom, with_position=True):
    """Click probability of each impression, by the stated formula and with NumPy's functions."""
    shown, planted = newsroom.impressions, newsroom.planted
    match = (planted["interests"][shown["reader"]] * planted["contents"][shown["article"]]).sum(axis=1)
    relevance = 1 / (1 + np.exp(-(planted["qualities"][shown["article"]] - 0.5 + 1.6 * match)))
    age = (shown["timestamp"] - newsroom.articles["published"][shown["article"]]) / DAY
    freshness = 2 ** (-age / newsroom.settings["half_life_days"])
    examination = (shown["position"] + 1.0) ** -newsroom.settings["position_bias"] if with_position else 1
    return examination * freshness * relevance


def ages(newsroom):
    shown = newsroom.impressions
    return (shown["timestamp"] - newsroom.articles["published"][shown["article"]]) / DAY


def assert_calibrated(clicked, chances, groups):
    """Clicks of each group are as many as its chances say: each within 4 deviations, all together by chi-square."""
    expected, variance = np.bincount(groups, chances), np.bincount(groups, chances * (1 - chances))
    z = (np.bincount(groups, clicked) - expected) / np.sqrt(variance)
    assert np.abs(z).max() < 4, z
    assert (z**2).sum() < chi2.ppf(0.999, len(z)), z


def content_hash(newsroom):
    """Of all that follows from the seed. (Prominences are left out: they are the one output of exp.)"""
    digest = hashlib.sha256()
    matrices = (newsroom.user_features, newsroom.item_features)
    arrays = [part for matrix in matrices for part in (matrix.indptr, matrix.indices, matrix.data)]
    for table in (newsroom.impressions, newsroom.readers, newsroom.articles):
        arrays += table.values()
    arrays += [newsroom.planted[name] for name in ("interests", "contents", "qualities")]
    arrays += [newsroom.users, newsroom.items, newsroom.timestamps, newsroom.item_labels]
    for array in arrays:
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


# ------------------------------------------------------------------------------------------- the record


def test_sizes(newsroom):
    n_impressions = len(newsroom.impressions["reader"])
    assert (newsroom.n_users, newsroom.n_items) == (2400, 1600)
    assert 1.2e6 < n_impressions < 1.4e6 and 140_000 < newsroom.n_interactions < 160_000
    assert 0.10 < newsroom.n_interactions / n_impressions < 0.13
    assert repr(newsroom).startswith("Newsroom(2,400 readers, 1,600 articles, 1,2") and "2026-02-01" in repr(newsroom)
    assert all(isinstance(value, int | float) for value in newsroom.settings.values())


def test_types_and_order(newsroom):
    shown = newsroom.impressions
    kinds = {name: column.dtype for name, column in shown.items()}
    assert kinds == dict(
        reader=np.int32, article=np.int32, position=np.int32, timestamp=np.int64, visit=np.int32, clicked=np.bool_
    )
    order = np.lexsort((shown["position"], shown["timestamp"], shown["visit"], shown["reader"]))
    assert np.array_equal(order, np.arange(len(order)))
    assert newsroom.users.dtype == newsroom.items.dtype == np.int32 and newsroom.timestamps.dtype == np.int64
    clicked = shown["clicked"]
    assert np.array_equal(newsroom.users, shown["reader"][clicked])
    assert np.array_equal(newsroom.items, shown["article"][clicked])
    assert np.array_equal(newsroom.timestamps, shown["timestamp"][clicked])
    assert (newsroom.values == 1).all() and newsroom.values.dtype == np.float32


def test_feeds_are_possible(newsroom):
    shown = newsroom.impressions
    assert (newsroom.articles["published"][shown["article"]] <= shown["timestamp"]).all()
    assert (newsroom.readers["joined"][shown["reader"]] <= shown["timestamp"]).all()
    pairs = shown["reader"].astype(np.int64) * newsroom.n_items + shown["article"]
    assert len(np.unique(pairs)) == len(pairs), "nobody is shown an article twice"
    first = np.r_[True, np.diff(shown["visit"]) != 0]
    assert (shown["position"][first] == 0).all() and (np.diff(shown["position"])[~first[1:]] == 1).all()
    assert (np.diff(newsroom.articles["published"]) >= 0).all()
    assert len(np.unique(shown["reader"])) == newsroom.n_users, "everybody comes"


def test_features_are_the_tables(newsroom):
    for matrix, labels, table, names in (
        (newsroom.item_features, newsroom.item_feature_labels, newsroom.articles, ("topic", "author", "length")),
        (newsroom.user_features, newsroom.user_feature_labels, newsroom.readers, ("region", "age")),
    ):
        assert isinstance(matrix, sp.csr_matrix) and matrix.dtype == np.float32 and set(matrix.data) == {1.0}
        assert matrix.shape[1] == len(labels) == len(set(labels.tolist()))
        for name in names:
            columns = [i for i, label in enumerate(labels) if label.startswith(f"{name}:")]
            part = matrix[:, columns]
            assert (part.getnnz(axis=1) == 1).all()
            assert [f"{name}:{value}" for value in table[name]] == labels[columns][part.indices].tolist()
    chosen = newsroom.user_features[:, newsroom.user_feature_labels.tolist().index("chosen:politics") :]
    assert set(chosen.getnnz(axis=1)) == {1, 2, 3}
    label = f"{newsroom.articles['topic'][7]} by {newsroom.articles['author'][7]}, 2026-01-05 (#7)"
    assert newsroom.item_labels[7] == label and len(set(newsroom.item_labels)) == newsroom.n_items


def test_cold_and_new(newsroom):
    assert len(newsroom.cold_articles) == 400 and len(newsroom.new_readers) == 240
    assert np.array_equal(np.r_[newsroom.warm_articles, newsroom.cold_articles], np.arange(1600))
    assert newsroom.split_time == np.datetime64("2026-01-26").astype("M8[s]").astype(int)
    data = newsroom.as_lightfm()
    train = data["train"].tocsr()
    assert train[newsroom.new_readers].nnz == 0 and train[:, newsroom.cold_articles].nnz == 0
    test = data["test"]
    assert 0.5 < np.isin(test.col, newsroom.cold_articles).mean() < 0.8, "both kinds are in the test set"
    assert np.array_equal(newsroom.published(np.datetime64("2026-01-25T23:59:59")), np.arange(1200))


def test_shown(small):
    assert small.shown().nnz == len(small.impressions["reader"]) and set(small.shown().data) == {1.0}
    before = small.shown(before=np.datetime64(small.split_time, "s"))
    assert before.nnz == (small.impressions["timestamp"] < small.split_time).sum()


# ---------------------------------------------------------------------------------- clicks and their chances


def test_the_oracle_knows_the_stated_formula(newsroom):
    shown = newsroom.impressions
    chances = newsroom.click_probability(shown["reader"], shown["article"], shown["timestamp"], shown["position"])
    np.testing.assert_allclose(chances, true_chances(newsroom), rtol=1e-9)


def test_clicks_follow_the_chances(newsroom):
    chances = true_chances(newsroom)
    deciles = np.searchsorted(np.quantile(chances, np.arange(0.1, 1, 0.1)), chances)
    clicked = newsroom.impressions["clicked"]
    assert_calibrated(clicked, chances, deciles)
    assert_calibrated(clicked, chances, newsroom.impressions["position"])
    assert_calibrated(clicked, chances, ages(newsroom).astype(int))
    assert_calibrated(clicked, chances, newsroom.impressions["reader"] % 50)
    assert_calibrated(clicked, chances, newsroom.impressions["article"] % 50)


@pytest.mark.parametrize("position_bias", [0.0, 0.5, 1.0, 2.0])
def test_click_rates_fall_with_the_position_as_stated(position_bias):
    site = make_newsroom(2, n_readers=1000, position_bias=position_bias, editorial_push=0, half_life_days=1e9)
    position, clicked = site.impressions["position"], site.impressions["clicked"]
    curve = (np.arange(10) + 1.0) ** -position_bias
    # Nothing but the position differs between positions here, so one number is left to fit.
    top_rate = clicked.sum() / curve[position].sum()
    assert_calibrated(clicked, top_rate * curve[position], position)
    np.testing.assert_allclose(site.examination(range(10)), curve, rtol=1e-9)


@pytest.mark.parametrize("half_life", [2.0, 5.0])
def test_click_rates_halve_with_each_half_life(half_life):
    site = make_newsroom(4, quality_spread=0, position_bias=0, half_life_days=half_life)
    age, clicked = ages(site), site.impressions["clicked"]
    in_half_lives = (age / half_life * 2).astype(int)
    enough = np.flatnonzero(np.bincount(in_half_lives) > 20_000)
    assert len(enough) >= 4
    rates = np.bincount(in_half_lives, clicked)[enough] / np.bincount(in_half_lives)[enough]
    curve = np.bincount(in_half_lives, 2 ** (-age / half_life))[enough] / np.bincount(in_half_lives)[enough]
    # Articles differ a little in what readers think of them, so the band is wider than the binomial one.
    np.testing.assert_allclose(rates / curve, clicked.sum() / (2 ** (-age / half_life)).sum(), rtol=0.06)
    np.testing.assert_allclose(site.freshness([0, half_life, 3 * half_life]), [1, 0.5, 0.125], rtol=1e-9)


def test_feeds_are_filled_by_freshness():
    site = make_newsroom(5, n_readers=300, n_articles=3000, visits_per_reader=20, editorial_push=0, half_life_days=2)
    late = site.impressions["timestamp"] >= site.split_time
    # Few articles have been seen by then: the age of what is shown is nearly exponential, cut off at the first day.
    assert ages(site)[late].mean() == pytest.approx(2 / np.log(2), rel=0.05)


def test_naive_click_rates_mistake_the_place_for_the_article():
    site = make_newsroom(6, editorial_push=1.5, position_bias=1.5, half_life_days=1e9)
    shown, push = site.impressions, np.log(site.planted["prominences"])
    pushed = (push > np.quantile(push, 0.75))[shown["article"]]
    others = (push < np.quantile(push, 0.25))[shown["article"]]
    clicked, looked = shown["clicked"], site.examination(shown["position"])
    assert abs(np.corrcoef(push, site.planted["qualities"])[0, 1]) < 0.08, "editors push good and bad alike"
    assert clicked[pushed].mean() > 1.8 * clicked[others].mean(), "the pushed look better"
    corrected = [clicked[chosen].sum() / looked[chosen].sum() for chosen in (pushed, others)]
    assert corrected[0] == pytest.approx(corrected[1], rel=0.1), "but only because they stand higher"


# --------------------------------------------------------------------------------------------- planted taste


def unexplained(features, values):
    """What linear regression leaves of each column, per degree of freedom and squared unit."""
    features = features.toarray().astype(float)
    residuals = values - features @ np.linalg.lstsq(features, values, rcond=None)[0]
    return (residuals**2).sum(axis=0) / (len(values) - np.linalg.matrix_rank(features))


@pytest.mark.parametrize("strength", [0.0, 0.3, 0.6, 1.0])
def test_attributes_explain_the_stated_share_of_interests(strength):
    site = make_newsroom(7, n_readers=4000, n_articles=20, visits_per_reader=1, attribute_strength=strength)
    interests = site.planted["interests"]
    np.testing.assert_allclose(interests.var(axis=0, ddof=1), 1, atol=0.08)
    explained = 1 - unexplained(site.user_features, interests) / interests.var(axis=0, ddof=1)
    tolerance = 1e-9 if strength == 1 else 0.03
    np.testing.assert_allclose(explained, strength, atol=tolerance)
    assert explained.mean() == pytest.approx(strength, abs=0.01)


@pytest.mark.parametrize("strength", [0.0, 0.6, 1.0])
def test_metadata_explain_the_stated_share_of_contents(strength):
    site = make_newsroom(8, n_readers=20, n_articles=4000, visits_per_reader=1, metadata_strength=strength)
    contents = site.planted["contents"]
    assert (contents**2).sum(axis=1).mean() == pytest.approx(1, abs=0.05)
    told = site.item_features[:, :-3]
    explained = 1 - unexplained(told, contents).sum() / (contents**2).sum(axis=1).mean()
    assert explained == pytest.approx(strength, abs=1e-9 if strength == 1 else 0.03)


def test_length_says_nothing(newsroom):
    length = newsroom.item_features[:, -3:]
    targets = np.c_[newsroom.planted["contents"], newsroom.planted["qualities"]]
    targets = targets - targets.mean(axis=0)
    assert (1 - unexplained(length, targets) / targets.var(axis=0, ddof=1) < 0.01).all()


@pytest.mark.parametrize(("strength", "lowest", "highest"), [(0.0, 0.9, 1.1), (1.0, 1.3, 3.0)])
def test_strength_shows_in_the_clicks(strength, lowest, highest):
    site = make_newsroom(9, attribute_strength=strength)
    shown = site.impressions
    topics = np.char.partition(site.item_feature_labels[:8], ":")[:, 2]
    chosen = site.user_features[:, 11:].toarray() == 1
    topic = site.item_features[:, :8].indices[shown["article"]]
    assert topics.tolist() == np.char.partition(site.user_feature_labels[11:], ":")[:, 2].tolist()
    wanted = chosen[shown["reader"], topic]
    lift = shown["clicked"][wanted].mean() / shown["clicked"][~wanted].mean()
    assert lowest < lift < highest


# ------------------------------------------------------------------------------------------------ the seed


def test_same_seed_same_bytes(newsroom):
    assert content_hash(make_newsroom(0)) == content_hash(newsroom)
    assert content_hash(newsroom) == "2546a867d2da514d1e19ab7a1a33cb7d3413fac5476462ed9675094ce419e35a"
    assert content_hash(make_newsroom(np.int64(1))) != content_hash(newsroom)


@pytest.mark.parametrize("variable", ["NUMBA_DISABLE_JIT=1", "NUMBA_CPU_NAME=generic"])
def test_same_bytes_however_the_kernels_run(variable, small, repository):
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from test_newsroom import content_hash, make_newsroom\n"
        "print(content_hash(make_newsroom(3, n_readers=120, n_articles=150, visits_per_reader=8)))"
    )
    name, _, value = variable.partition("=")
    environment = os.environ | {name: value, "PYTHONPATH": str(repository)}
    folder = str(repository / "tests" / "datasets")
    run = subprocess.run([sys.executable, "-c", code, folder], env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert run.stdout.strip() == content_hash(small)


def test_two_sites_share_nothing(small):
    again = small_site()
    again.impressions["clicked"][:] = True
    again.planted["interests"][:] = 0
    assert not small_site().impressions["clicked"].all() and small_site().planted["interests"].any()


def test_each_kernel_is_compiled_once(newsroom, small):
    newsroom.oracle(newsroom.split_time).probabilities(np.int32(1))
    small.oracle().probabilities(2)
    small.click_probability([0, 1], 3, np.datetime64("2026-01-20"), [[0], [4]])
    for name in ("click", "fill_feeds", "fill_bell", "standardize", "negative_powers", "probabilities"):
        assert len(getattr(getattr(kernels, name), "signatures", [()])) == 1, name
    assert len(getattr(kernels.probabilities_of_all, "signatures", [()])) == 1


# ---------------------------------------------------------------------------------------------- the knobs


@pytest.mark.parametrize("changed", ["attribute_strength", "metadata_strength", "position_bias", "quality_spread"])
def test_a_changed_knob_leaves_the_feeds_as_they_were(changed):
    one, other = small_site(**{changed: 0.2}), small_site(**{changed: 0.9})
    for name in ("reader", "article", "position", "timestamp", "visit"):
        assert np.array_equal(one.impressions[name], other.impressions[name])
    assert not np.array_equal(one.impressions["clicked"], other.impressions["clicked"])
    assert (one.user_features != other.user_features).nnz == 0 == (one.item_features != other.item_features).nnz
    assert one.item_labels.tolist() == other.item_labels.tolist()
    if changed == "position_bias":
        fewer, more = other.impressions["clicked"], one.impressions["clicked"]
        assert (more >= fewer).all(), "what is clicked in spite of a strong bias is clicked under a weak one"


def test_shares_of_cold_articles_and_new_readers():
    for share in (0.0, 0.1, 0.5, 1.0):
        site = small_site(cold_articles=share, new_readers=share)
        assert len(site.cold_articles) == 200 * share and len(site.new_readers) == 300 * share
    assert small_site(cold_articles=1.0, new_readers=1.0).as_lightfm()["train"].nnz == 0


def test_visits_and_feeds():
    site = make_newsroom(10, n_readers=2000, new_readers=0, visits_per_reader=7, feed_length=4, n_articles=300)
    per_reader = np.bincount(site.impressions["reader"][site.impressions["position"] == 0])
    assert per_reader.mean() == pytest.approx(7, rel=0.06) and per_reader.min() >= 1
    assert np.percentile(per_reader, 95) > 4 * np.percentile(per_reader, 5)
    assert site.impressions["position"].max() == 3


def test_days():
    site = small_site(days=60, test_days=3)
    assert site.split_time == np.datetime64("2026-01-05", "s").astype(int) + 57 * DAY
    assert 0 <= (site.impressions["timestamp"].min() - np.datetime64("2026-01-06", "s").astype(int)) < 3 * DAY
    assert site.impressions["timestamp"].max() < np.datetime64("2026-03-06", "s").astype(int)


def test_quality_makes_articles_popular_and_the_editors_make_them_seen():
    spread = {}
    for name in ("quality_spread", "editorial_push"):
        for value in (0.0, 1.5):
            site = make_newsroom(11, n_readers=1000, half_life_days=1e9, **{"editorial_push": 0} | {name: value})
            views = np.bincount(site.impressions["article"], minlength=site.n_items)
            clicks = np.bincount(site.items, minlength=site.n_items)
            early = slice(0, 300)  # the oldest have had the same time to be seen
            spread[name, value] = [
                (part[early].std() / part[early].mean()) for part in (views, clicks / np.maximum(views, 1))
            ]
    assert spread["quality_spread", 1.5][0] == spread["quality_spread", 0.0][0]
    assert spread["quality_spread", 1.5][1] > 2 * spread["quality_spread", 0.0][1]
    assert spread["editorial_push", 1.5][0] > 2 * spread["editorial_push", 0.0][0]


def test_everything_is_seen_in_the_end():
    site = make_newsroom(12, n_readers=3, n_articles=25, visits_per_reader=300, new_readers=0, half_life_days=0.1)
    shown = site.shown().getnnz(axis=1)
    assert (shown >= 24).all(), "feeds run short, and nothing hangs"


def test_the_smallest_site():
    site = make_newsroom(n_readers=2, n_articles=2, days=3, test_days=1, visits_per_reader=0.1, feed_length=1)
    assert repr(site).startswith("Newsroom(2 readers, 2 articles")
    assert site.as_lightfm()["train"].shape == (2, 2)
    assert np.isfinite(site.planted["interests"]).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"seed": -1}, "seed must be an integer from 0 to 2\\*\\*32 - 1, got -1"),
        ({"seed": 1.5}, "seed must be an integer"),
        ({"seed": None}, "seed must be an integer"),
        ({"seed": True}, "seed must be an integer"),
        ({"n_readers": 1}, "n_readers must be at least 2, got 1"),
        ({"n_articles": 10.0}, "n_articles must be a positive integer, got 10.0"),
        ({"days": 0}, "days must be a positive integer, got 0"),
        ({"days": 4000}, "days must be at most 3650, got 4000"),
        ({"days": 8, "test_days": 7}, "test_days must leave at least two of the 8 days for training, got 7"),
        ({"visits_per_reader": 0}, "visits_per_reader must be a finite number above 0, got 0"),
        ({"visits_per_reader": 1e9}, "must stay below 2\\*\\*31"),
        ({"feed_length": 0}, "feed_length must be a positive integer, got 0"),
        ({"attribute_strength": 1.1}, "attribute_strength must be a number from 0 to 1, got 1.1"),
        ({"metadata_strength": float("nan")}, "metadata_strength must be a number from 0 to 1, got nan"),
        ({"position_bias": -0.1}, "position_bias must be a number from 0 to 10, got -0.1"),
        ({"half_life_days": 0}, "half_life_days must be a finite number above 0, got 0"),
        ({"half_life_days": 0.01}, "half_life_days must be at least days / 500 = 0.056, got 0.01"),
        ({"quality_spread": "big"}, "quality_spread must be a number from 0 to 10, got 'big'"),
        ({"editorial_push": 11}, "editorial_push must be a number from 0 to 10, got 11"),
        ({"cold_articles": True}, "cold_articles must be a number from 0 to 1, got True"),
        ({"new_readers": -1}, "new_readers must be a number from 0 to 1, got -1"),
    ],
)
def test_wrong_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        make_newsroom(**arguments)


# -------------------------------------------------------------------------------------------- LightFM's form


def test_as_lightfm(small):
    data = small.as_lightfm(article_features=("author", "topic"), user_features=True)
    shape = (small.n_users, small.n_items)
    assert data["train"].shape == data["test"].shape == shape and data["train"].dtype == np.float32
    assert data["train"].nnz + data["test"].nnz == small.n_interactions
    assert data["train"].nnz == (small.timestamps < small.split_time).sum()
    assert set(data["train"].data) == set(data["test"].data) == {1.0}
    assert data["train"].multiply(data["test"]).nnz == 0
    assert data["item_features"].shape == (150, 150 + 56) == (150, len(data["item_feature_labels"]))
    assert data["item_feature_labels"][0] == small.item_labels[0] == data["item_labels"][0]
    assert data["user_features"] is small.user_features
    only = small.as_lightfm(False, "topic")
    assert (
        only["item_feature_labels"].tolist() == small.item_feature_labels[:8].tolist() and "user_features" not in only
    )


def test_skips_are_negative_and_only_in_train(small):
    plain, skips = small.as_lightfm(), small.as_lightfm(skips=True)
    train = skips["train"]
    assert set(train.data) == {-1.0, 1.0} and set(skips["test"].data) == {1.0}
    assert train.nnz == (small.impressions["timestamp"] < small.split_time).sum()
    liked = sp.coo_matrix((train.data > 0, (train.row, train.col)), shape=train.shape).tocsr()
    liked.eliminate_zeros()
    assert (liked != plain["train"].tocsr().astype(bool)).nnz == 0
    assert (skips["test"].tocsr() != plain["test"].tocsr()).nnz == 0


def test_wrong_features(small):
    with pytest.raises(ValueError, match="At least one of indicator_features or article_features"):
        small.as_lightfm(indicator_features=False)
    with pytest.raises(ValueError, match="got 'topics'. Did you mean 'topic'"):
        small.as_lightfm(article_features=["topics"])


# ------------------------------------------------------------------------------------------------ the oracle


def test_chances_broadcast(small):
    moment = np.datetime64(small.split_time, "s")
    table = small.click_probability(np.arange(4)[:, None], np.arange(20), moment, 2)
    assert table.shape == (4, 20) and table.dtype == np.float64
    assert table[1, 7] == small.click_probability(1, 7, small.split_time, 2)
    assert (table > 0).all() and (small.click_probability(0, small.cold_articles, moment - 1) == 0).all()
    assert small.click_probability(0, 3, [small.split_time])[0] == small.oracle(moment).probabilities(0)[3]


def test_predictions_of_the_oracle(small):
    timeless = small.oracle()
    match = small.planted["contents"] @ small.planted["interests"][5]
    np.testing.assert_allclose(
        timeless.probabilities(5), 1 / (1 + np.exp(0.5 - small.planted["qualities"] - 1.6 * match)), rtol=1e-9
    )
    assert np.array_equal(timeless.predict(5, [3, 1]), timeless.predict([5, 5], [3, 1]))
    assert np.array_equal(timeless.predict(5, np.arange(150)), timeless.probabilities(5).astype(np.float32))
    assert timeless.predict([], []).shape == (0,)


def test_ranks_of_the_oracle(small):
    moment = small.split_time  # most articles are out, the others all have chance 0: a tie
    data = small.as_lightfm()
    ranks = small.oracle(moment).predict_rank(data["test"], data["train"])
    test, train = data["test"].tocsr(), data["train"].tocsr().toarray() > 0
    assert ranks.dtype == np.float32 and np.array_equal(ranks.indices, test.indices)
    for user in range(small.n_users):
        chances = small.oracle(moment).probabilities(user)
        for item, rank in zip(ranks[user].indices, ranks[user].data, strict=True):
            others = ~train[user] & (np.arange(small.n_items) != item)
            assert rank == (chances[others] >= chances[item]).sum()


def test_recommendations_of_the_oracle(small):
    moment = small.split_time
    oracle, shown = small.oracle(moment), small.shown(before=moment)
    ids, chances = oracle.recommend(np.arange(10), n=150, exclude=shown)
    assert ids.dtype == np.int32 and chances.dtype == np.float32
    for user in range(10):
        mine = ids[user][ids[user] >= 0]
        assert not np.isin(mine, shown.tocsr()[user].indices).any() and np.isin(mine, small.published(moment)).all()
        assert len(mine) == len(small.published(moment)) - shown.tocsr()[user].nnz
        assert (np.diff(chances[user][: len(mine)]) <= 0).all()
        assert (chances[user][len(mine) :] == -np.inf).all()
    one, _ = oracle.recommend(3, n=2, items=[4, 9, 11])
    assert one.shape == (2,) and np.isin(one, [4, 9, 11]).all()


def test_wrong_questions(small):
    oracle = small.oracle()
    for ask, message in (
        (lambda: small.click_probability(120, 0, small.split_time), "readers holds the id 120"),
        (lambda: small.click_probability(0, 150, small.split_time), "articles holds the id 150"),
        (lambda: small.click_probability(0, 0, 1.5), "timestamps must be whole seconds"),
        (lambda: small.click_probability(0, 0, small.split_time, -1), "positions"),
        (lambda: small.oracle([1, 2]), "timestamp must be a single time"),
        (lambda: small.published(np.datetime64("NaT")), "timestamp must be whole seconds"),
        (lambda: small.freshness(-1), "days must hold ages of at least 0, got -1"),
        (lambda: oracle.probabilities(120), "user_id holds the id 120"),
        (lambda: oracle.predict([0, 1], [0]), "number of user IDs \\(2\\)"),
        (lambda: oracle.recommend(0, n=0), "n must be a positive integer"),
        (lambda: oracle.recommend(0, exclude=sp.eye(3)), "exclude must have the shape"),
        (lambda: oracle.predict_rank(sp.eye(3)), "test_interactions must have the shape"),
        (lambda: oracle.predict_rank(small.matrix(), small.matrix()), "share entries"),
    ):
        with pytest.raises(ValueError, match=message):
            ask()


# ------------------------------------------------------------------------- what can be learned, and what not


class Fixed:
    """The same score of an article for everybody."""

    def __init__(self, scores):
        self.scores = scores

    def predict(self, users, items):
        return self.scores[items]

    def best(self, users, candidates, exclude):
        excluded = exclude.tocsr()
        lists = []
        for user in users:
            scores = np.full(len(self.scores), -np.inf)
            scores[candidates] = self.scores[candidates]
            scores[excluded[user].indices] = -np.inf
            lists.append(np.argsort(-scores, kind="stable")[:5])
        return np.array(lists)


class Learned:
    """A trained LightFM together with its features; identity columns beside the features in the hybrid."""

    def __init__(self, site, loss, kind, data, epochs=10):
        users, items = site.user_features, site.item_features
        if kind == "ids":
            self.features = {}
        elif kind == "features":
            self.features = {"user_features": users, "item_features": items}
        else:
            self.features = {
                "user_features": sp.hstack([sp.identity(site.n_users), users], format="csr", dtype=np.float32),
                "item_features": sp.hstack([sp.identity(site.n_items), items], format="csr", dtype=np.float32),
            }
        self.model = LightFM(16, loss=loss, random_state=1).fit(data["train"], epochs=epochs, **self.features)

    def predict(self, users, items):
        return self.model.predict(users, items, **self.features)

    def best(self, users, candidates, exclude):
        return self.model.recommend(users, 5, items=candidates, exclude=exclude, **self.features)[0]


class Knowing:
    def __init__(self, oracle):
        self.oracle = oracle

    def predict(self, users, items):
        return self.oracle.predict(users, items)

    def best(self, users, candidates, exclude):
        return self.oracle.recommend(users, 5, items=candidates, exclude=exclude)[0]


@pytest.fixture(scope="module")
def contest(newsroom):
    data, skips = newsroom.as_lightfm(), newsroom.as_lightfm(skips=True)
    clicks = np.bincount(data["train"].col, minlength=newsroom.n_items).astype(float)
    players = {
        "oracle": Knowing(newsroom.oracle()),
        "popularity": Fixed(clicks),
        "newest": Fixed(np.arange(newsroom.n_items, dtype=float)),
        "arbitrary": Fixed(np.random.RandomState(0).rand(newsroom.n_items)),
        "warp, ids": Learned(newsroom, "warp", "ids", data, epochs=20),
        "bpr, ids": Learned(newsroom, "bpr", "ids", data, epochs=20),
        "warp, features": Learned(newsroom, "warp", "features", data),
        "bpr, features": Learned(newsroom, "bpr", "features", data),
        "warp, hybrid": Learned(newsroom, "warp", "hybrid", data),
        "bpr, hybrid": Learned(newsroom, "bpr", "hybrid", data),
        "logistic, hybrid": Learned(newsroom, "logistic", "hybrid", skips, epochs=5),
    }
    return players, data["train"]


def relevance_of_five(newsroom, contest, candidates, readers):
    """Mean true relevance of each player's five recommendations: the expected clicks on fresh news, place by place."""
    players, train = contest
    truth = newsroom.oracle()
    return {
        name: truth.predict(np.repeat(readers, 5), player.best(readers, candidates, train).ravel()).mean()
        for name, player in players.items()
    }


def test_on_warm_articles_everybody_finds_their_place(newsroom, contest):
    known = np.setdiff1d(np.arange(newsroom.n_users), newsroom.new_readers)
    value = relevance_of_five(newsroom, contest, newsroom.warm_articles, known)
    assert max(value, key=value.get) == "oracle"
    assert value["popularity"] > 1.3 * value["arbitrary"], "popularity is a decent baseline"
    assert min(value["warp, ids"], value["bpr, ids"]) > 1.15 * value["popularity"], "but factorization beats it"
    hybrids = [value[name] for name in ("warp, hybrid", "bpr, hybrid")]
    assert min(hybrids) > 1.03 * max(
        value["warp, ids"], value["bpr, ids"], value["warp, features"], value["bpr, features"]
    )


def test_on_cold_articles_only_metadata_helps(newsroom, contest):
    known = np.setdiff1d(np.arange(newsroom.n_users), newsroom.new_readers)
    value = relevance_of_five(newsroom, contest, newsroom.cold_articles, known)
    assert max(value, key=value.get) == "oracle"
    for name in ("popularity", "warp, ids", "bpr, ids"):
        assert value[name] < 1.3 * value["arbitrary"], "nothing is known of them but their metadata"
        assert value["warp, features"] > 1.4 * value[name] and value["bpr, features"] > 1.4 * value[name]


def test_new_readers_are_known_by_their_attributes(newsroom, contest):
    value = relevance_of_five(newsroom, contest, newsroom.warm_articles, newsroom.new_readers)
    assert max(value, key=value.get) == "oracle"
    for name in ("warp, features", "bpr, features", "warp, hybrid", "bpr, hybrid"):
        assert value[name] > 1.1 * max(value["popularity"], value["warp, ids"], value["bpr, ids"])


def test_without_strength_attributes_do_not_help():
    site = make_newsroom(13, n_readers=1200, attribute_strength=0)
    data = site.as_lightfm()
    clicks = np.bincount(data["train"].col, minlength=site.n_items).astype(float)
    contest = ({"features": Learned(site, "bpr", "features", data), "popularity": Fixed(clicks)}, data["train"])
    value = relevance_of_five(site, contest, site.warm_articles, site.new_readers)
    assert value["features"] < 1.05 * value["popularity"]


def test_on_held_out_impressions_the_oracle_is_best(newsroom, contest):
    """Each visit of the test days is ranked anew: share of clicks among the first three, and NDCG@5."""
    shown = newsroom.impressions
    held_out = shown["timestamp"] >= newsroom.split_time
    reader, article, time, visit, clicked = (
        shown[name][held_out] for name in ("reader", "article", "timestamp", "visit", "clicked")
    )
    scores = {name: player.predict(reader, article) for name, player in contest[0].items()}
    scores["oracle"] = newsroom.click_probability(reader, article, time)
    figures = {}
    for name, score in scores.items():
        order = np.lexsort((article, -score, visit))
        start = np.flatnonzero(np.r_[True, np.diff(visit[order]) != 0])
        lengths = np.diff(np.r_[start, len(order)])
        rank = np.arange(len(order)) - np.repeat(start, lengths)
        hit = clicked[order]
        gain = np.add.reduceat(np.where(rank < 5, hit / np.log2(rank + 2), 0), start)
        n_clicks = np.add.reduceat(hit.astype(int), start)
        best = np.r_[0, np.cumsum(1 / np.log2(np.arange(5) + 2))][np.minimum(n_clicks, 5)]
        figures[name] = hit[rank < 3].mean(), (gain[n_clicks > 0] / best[n_clicks > 0]).mean()
    for place in (0, 1):
        others = [pair[place] for name, pair in figures.items() if name != "oracle"]
        assert figures["oracle"][place] > 1.1 * max(others)


def test_the_metrics_of_the_library_accept_the_oracle(newsroom, contest):
    data = newsroom.as_lightfm()
    moment = newsroom.split_time + 3 * DAY
    arguments = {"test_interactions": data["test"], "train_interactions": data["train"]}
    oracle, hybrid = newsroom.oracle(moment), contest[0]["warp, hybrid"]
    for metric in (evaluation.auc_score, evaluation.ndcg_at_k, evaluation.precision_at_k):
        best = metric(oracle, **arguments).mean()
        assert best > metric(hybrid.model, **arguments, **hybrid.features).mean()
