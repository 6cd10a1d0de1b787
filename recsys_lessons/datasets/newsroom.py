"""A made-up news site with planted taste, whose true click probabilities are known.

Nothing here knows of models or metrics, apart from the shape that a model's answers have: the oracle gives its own in
the same shape.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import scipy.sparse as sp

from recsys_lessons import validation
from recsys_lessons.datasets import _records
from recsys_lessons.kernels import elementary, random
from recsys_lessons.kernels import newsroom as kernels

__all__ = ["Newsroom", "Oracle", "make_newsroom"]

REGIONS = ("capital", "north", "east", "south", "west")
REGION_BOUNDS = np.array([0.30, 0.50, 0.70, 0.85])
AGE_BANDS = ("18-24", "25-34", "35-44", "45-54", "55-64", "65+")
AGE_BOUNDS = np.array([0.12, 0.30, 0.48, 0.66, 0.83])
TOPICS = ("politics", "economy", "world", "sport", "culture", "science", "technology", "health")
MOST_CHOSEN = 3
LENGTHS = ("short", "medium", "long")
LENGTH_BOUNDS = np.array([0.4, 0.8])
AUTHORS = (
    *("Abara", "Acheson", "Almeida", "Andersen", "Aoki", "Baptiste", "Bergman", "Castillo", "Cho", "Cohen", "Dahl"),
    *("Demir", "Diallo", "Dvorak", "Eriksen", "Farouk", "Ferrari", "Fontaine", "Garcia", "Haddad", "Hoang", "Ibarra"),
    *("Ito", "Jansen", "Joshi", "Kamara", "Kaplan", "Kovacs", "Lindqvist", "Mbeki", "Mendes", "Moreau", "Nakata"),
    *("Novak", "Okafor", "Olsen", "Park", "Petrov", "Quispe", "Rahman", "Rossi", "Sato", "Silva", "Tanaka"),
    *("Turner", "Ueda", "Wójcik", "Zhang"),
)
ARTICLE_FEATURES = ("topic", "author", "length")

HOME_SHARE = 0.8  # of an author's articles are about the author's own topic
SLANT_SHARE = 0.3  # of what metadata tells of an article's content comes from its author, the rest from its topic
# What an attribute adds to an interest, before the sum is scaled to variance 1: the topics chosen at sign-up tell most.
REGION_EFFECT, AGE_EFFECT, CHOSEN_EFFECT = 0.5, 0.5, 2.0
BASE = -0.5
TASTE = 1.6
ACTIVITY_SPREAD = 0.6

FIRST_DAY = np.datetime64("2026-01-05", "s").astype(np.int64).item()
SECONDS_PER_DAY = 86_400
LN_2 = 0.6931471805599453


@dataclass(frozen=True, eq=False, repr=False)
class Newsroom(_records.InteractionRecord):
    """Clicks on a news site, and the truth behind them: what `make_newsroom` returns.

    "User" and "reader" mean the same here, and so do "item" and "article". An interaction is a click. Nobody is shown
    an article twice, so no pair of reader and article occurs twice.

    Attributes
    ----------
    users, items : int32 arrays of shape (n_clicks,)
        Row numbers of reader and article, from 0; sorted by reader, then by time.
    values : float32 array of shape (n_clicks,)
        All 1.
    timestamps : int64 array of shape (n_clicks,)
        Seconds since the beginning of 1970. The site opens on 5 January 2026.
    user_labels : int32 array of shape (n_users,)
        The readers' numbers, from 0.
    item_labels : array of str of shape (n_items,)
        As in ``"sport by Aoki, 2026-01-08 (#213)"``. Articles are numbered in the order of publication.
    item_features : float32 CSR matrix of shape (n_items, n_item_features)
        Three ones in a row: topic, author and length of the article. The length says nothing about anything.
    item_feature_labels : array of str of shape (n_item_features,)
        As in ``"topic:sport"``, ``"author:Aoki"``, ``"length:short"``.
    user_features : float32 CSR matrix of shape (n_users, n_user_features)
        A one for the reader's region, one for the age band, and one for each of 1 to 3 topics chosen at sign-up.
    user_feature_labels : array of str of shape (n_user_features,)
        As in ``"region:north"``, ``"age:25-34"``, ``"chosen:sport"``.
    impressions : dict of str to array of shape (n_impressions,)
        Everything that was shown, as a table sorted by reader, time and position: ``reader``, ``article`` (int32),
        ``position`` (int32, 0 is the top of the feed), ``timestamp`` (int64), ``visit`` (int32; the same number is the
        same feed) and ``clicked`` (bool).
    readers : dict of str to array of shape (n_users,)
        ``region``, ``age`` (str) and ``joined`` (int64, the time of sign-up; visits follow it).
    articles : dict of str to array of shape (n_items,)
        ``topic``, ``author``, ``length`` (str) and ``published`` (int64, ascending).
    planted : dict of str to array
        What no site knows: ``interests``, float64 (n_users, n_topics), how much more than others a reader likes a
        topic, in standard deviations; ``contents``, float64 (n_items, n_topics), how much of each topic is really in an
        article; ``qualities``, float64 (n_items,), the appeal to everybody; ``prominences``, float64 (n_items,), how
        hard the editors push it, as a factor on its chance of being shown.
    split_time : int
        Where the test days begin, in seconds: articles published from here on are cold, readers who join are new.
    settings : dict of str to number
        The arguments of `make_newsroom`.
    """

    impressions: dict[str, np.ndarray] = field(kw_only=True)
    readers: dict[str, np.ndarray] = field(kw_only=True)
    articles: dict[str, np.ndarray] = field(kw_only=True)
    planted: dict[str, np.ndarray] = field(kw_only=True)
    split_time: int = field(kw_only=True)
    settings: dict[str, float] = field(kw_only=True)

    @property
    def cold_articles(self) -> np.ndarray:
        """Articles published in the test days, which have no click to learn from: int32 ids."""
        return np.flatnonzero(self.articles["published"] >= self.split_time).astype(np.int32)

    @property
    def warm_articles(self) -> np.ndarray:
        """Articles published before the test days: int32 ids."""
        return np.flatnonzero(self.articles["published"] < self.split_time).astype(np.int32)

    @property
    def new_readers(self) -> np.ndarray:
        """Readers who join in the test days, who have no click to learn from: int32 ids."""
        return np.flatnonzero(self.readers["joined"] >= self.split_time).astype(np.int32)

    def published(self, timestamp: Any) -> np.ndarray:
        """Return the articles that are out at a time (seconds or ``datetime64``): int32 ids."""
        return np.flatnonzero(self.articles["published"] <= _seconds("timestamp", timestamp)).astype(np.int32)

    def shown(self, before: Any = None) -> sp.coo_matrix:
        """Return what each reader has been shown, clicked or not: float32 COO matrix (n_users, n_items) of ones.

        Parameters
        ----------
        before : seconds or datetime64, optional
            Only what was shown earlier than this; everything by default.
        """
        table = self.impressions
        chosen = slice(None) if before is None else table["timestamp"] < _seconds("before", before)
        shape = (self.n_users, self.n_items)
        return _records.as_matrix(table["reader"][chosen], table["article"][chosen], 1, shape)

    def click_probability(self, readers: Any, articles: Any, timestamps: Any, positions: Any = 0) -> np.ndarray:
        """Return the true probability that a reader who is shown an article clicks it.

        It is ``examination(position) * freshness(age) * sigmoid(quality - 0.5 + 1.6 * interests @ content)``, and 0
        before the article is published.

        Parameters
        ----------
        readers, articles : ids, arrays of any shapes that NumPy broadcasts
        timestamps : seconds or datetime64, likewise
        positions : int, likewise
            0 is the top of the feed, where everything is looked at.

        Returns
        -------
        float64 array of the broadcast shape

        Examples
        --------
        The expected clicks of a whole feed, to compare recommenders without chance:

        >>> from recsys_lessons.datasets import make_newsroom
        >>> newsroom = make_newsroom(n_readers=100, n_articles=200)
        >>> moment = newsroom.split_time
        >>> feed, _ = newsroom.oracle(moment).recommend(7, n=5)
        >>> expected = newsroom.click_probability(7, feed, moment, positions=range(5)).sum()
        >>> bool(0.5 < expected < 5)
        True
        """
        times = np.asarray(_times("timestamps", timestamps))
        given = np.broadcast_arrays(np.asarray(readers), np.asarray(articles), times, np.asarray(positions))
        shape = given[0].shape
        rows = validation.as_ids("readers", given[0].ravel(), upper=self.n_users)
        columns = validation.as_ids("articles", given[1].ravel(), upper=self.n_items)
        chances = np.empty(len(rows))
        kernels.probabilities(rows, columns, np.ascontiguousarray(given[2].ravel()), self._site(), chances)
        return (chances * self.examination(given[3].ravel())).reshape(shape)

    def examination(self, positions: Any) -> np.ndarray:
        """Return the chance that a reader looks at a position: ``(position + 1) ** -position_bias``, float64.

        >>> from recsys_lessons.datasets import make_newsroom
        >>> make_newsroom(n_readers=10, n_articles=20, position_bias=1.0).examination([0, 1, 3]).round(9).tolist()
        [1.0, 0.5, 0.25]
        """
        places = np.asarray(positions)
        flat = validation.as_ids("positions", places.ravel())
        return _powers(flat + 1.0, self.settings["position_bias"]).reshape(places.shape)

    def freshness(self, days: Any) -> np.ndarray:
        """Return what is left of an article's appeal at an age: ``2 ** (-days / half_life_days)``, float64."""
        ages = np.asarray(days, dtype=np.float64)
        if not (ages >= 0).all():
            raise ValueError(f"days must hold ages of at least 0, got {ages[~(ages >= 0)][0]}.")
        factors = np.empty(ages.size)
        elementary.exponentials(-LN_2 / self.settings["half_life_days"] * ages.ravel(), factors)
        return factors.reshape(ages.shape)

    def oracle(self, timestamp: Any = None) -> Oracle:
        """Return the best possible recommender: it ranks by the true click probability.

        Parameters
        ----------
        timestamp : seconds or datetime64, optional
            When it is asked. By default it does not look at the clock: all articles count as just published.
        """
        site = self._site()
        if timestamp is None:
            site = site._replace(published=np.zeros(self.n_items, dtype=np.int64), decay=0.0)
        return Oracle(site, 0 if timestamp is None else _seconds("timestamp", timestamp))

    def as_lightfm(
        self,
        indicator_features: bool = True,
        article_features: bool | str | Sequence[str] = False,
        *,
        user_features: bool = False,
        skips: bool = False,
    ) -> dict[str, Any]:
        """Return the clicks, split by time, in the form of LightFM's `fetch_movielens`.

        Parameters
        ----------
        indicator_features : bool
            Give each article a feature of its own: an identity matrix.
        article_features : bool or sequence of str
            Give each article its attributes: all three, or those named, from ``"topic"``, ``"author"`` and
            ``"length"``. They follow the identity.
        user_features : bool
            Also return the attributes of the readers, without an identity. To have both, stack
            ``scipy.sparse.identity(n_users)`` and these.
        skips : bool
            Put what was shown and not clicked into the training set, as -1. The logistic loss learns from it; BPR and
            WARP leave it out.

        Returns
        -------
        dict
            ``train``, ``test``: float32 COO matrices of shape (n_users, n_items), without a common entry: clicks before
            `split_time`, and from then on. Most test clicks are on articles that have no training click, and some are
            by readers who have none. ``item_features``: float32 CSR matrix; ``item_feature_labels``,
            ``item_labels``: arrays of str; and, when asked for, ``user_features`` and ``user_feature_labels``.

        Raises
        ------
        ValueError
            If articles have no features at all, or an attribute is unknown.

        Examples
        --------
        >>> from recsys_lessons.datasets import make_newsroom
        >>> data = make_newsroom(n_readers=100, n_articles=200).as_lightfm(article_features=True, user_features=True)
        >>> data["train"].shape, data["item_features"].shape, data["user_features"].shape
        ((100, 200), (200, 259), (100, 19))
        """
        groups = _chosen_groups(article_features)
        if not (indicator_features or groups):
            raise ValueError("At least one of indicator_features or article_features must be True.")
        table, shape = self.impressions, (self.n_users, self.n_items)
        is_test = table["timestamp"] >= self.split_time
        in_train = ~is_test if skips else ~is_test & table["clicked"]
        train, test = (
            _records.as_matrix(
                table["reader"][chosen], table["article"][chosen], np.where(table["clicked"][chosen], 1, -1), shape
            )
            for chosen in (in_train, is_test & table["clicked"])
        )
        blocks = []
        if indicator_features:
            blocks.append(_records.identity_block(self.item_labels))
        if groups:
            columns = np.array([label.partition(":")[0] in groups for label in self.item_feature_labels])
            blocks.append((self.item_features[:, columns], self.item_feature_labels[columns]))
        user_block = (self.user_features, self.user_feature_labels) if user_features else None
        return _records.lightfm_form(train, test, self.item_labels, blocks, user_block)

    def __repr__(self) -> str:
        last_second = FIRST_DAY + self.settings["days"] * SECONDS_PER_DAY - 1
        first, last = np.array([FIRST_DAY, last_second]).astype("M8[s]").astype("M8[D]")
        n_impressions = len(self.impressions["reader"])
        return (
            f"Newsroom({self.n_users:,} readers, {self.n_items:,} articles, {n_impressions:,} impressions, "
            f"{self.n_interactions:,} clicks, {first} to {last})"
        )

    def _site(self) -> kernels.Site:
        names = ("interests", "contents", "qualities")
        return _site(*map(self.planted.get, names), self.articles["published"], self.settings["half_life_days"])


class Oracle:
    """A recommender that knows the true click probabilities: what `Newsroom.oracle` returns.

    It answers like a fitted model and may be given to the functions of `recsys_lessons.evaluation`. Features are
    accepted and not looked at.
    """

    def __init__(self, site: kernels.Site, timestamp: int):
        self._site, self._timestamp = site, timestamp
        self._n_users, self._n_items = len(site.interests), len(site.contents)

    def probabilities(self, user_id: int) -> np.ndarray:
        """Return the click probability of every article for one reader, at the top of the feed: float64 (n_items,)."""
        (row,) = validation.as_ids("user_id", [user_id], upper=self._n_users)
        return self._probabilities(row)

    def predict(
        self, user_ids: Any, item_ids: Any, item_features: Any = None, user_features: Any = None, num_threads: int = 1
    ) -> np.ndarray:
        """Return the click probability of each (reader, article), or of one reader for all articles: float32."""
        articles = validation.as_ids("item_ids", item_ids, upper=self._n_items)
        readers = validation.as_ids("user_ids", user_ids, upper=self._n_users)
        if np.ndim(user_ids) == 0:
            readers = np.repeat(readers, len(articles))
        if len(readers) != len(articles):
            raise ValueError(
                f"Expected the number of user IDs ({len(readers)}) to equal the number of item IDs ({len(articles)})."
            )
        chances = np.empty(len(articles))
        times = np.full(len(articles), self._timestamp, dtype=np.int64)
        kernels.probabilities(readers, articles, times, self._site, chances)
        return chances.astype(np.float32)

    def predict_rank(
        self,
        test_interactions: Any,
        train_interactions: Any = None,
        item_features: Any = None,
        user_features: Any = None,
        num_threads: int = 1,
        check_intersections: bool = True,
    ) -> sp.csr_matrix:
        """Return the rank of each stored entry among all articles but the reader's in `train_interactions`.

        Returns
        -------
        float32 CSR matrix of the shape of `test_interactions`
            0 is best; an article that is as likely as another stands behind it.

        Raises
        ------
        ValueError
            If a matrix has another shape than (n_users, n_items), or, with `check_intersections`, if the two share an
            entry.
        """
        test = self._known_shape("test_interactions", test_interactions)
        train = self._known_shape("train_interactions", train_interactions)
        if check_intersections and test.multiply(train).nnz:
            raise ValueError(
                "test_interactions and train_interactions share entries. Set check_intersections to False."
            )
        ranks = np.empty(test.nnz, dtype=np.float32)
        for user in np.flatnonzero(np.diff(test.indptr)):
            chances = self._probabilities(user)
            entries = slice(test.indptr[user], test.indptr[user + 1])
            of_test = chances[test.indices[entries]]
            chances[train.indices[train.indptr[user] : train.indptr[user + 1]]] = -1.0
            is_candidate = chances[test.indices[entries]] >= 0
            ranks[entries] = len(chances) - np.searchsorted(np.sort(chances), of_test) - is_candidate
        return sp.csr_matrix((ranks, test.indices.copy(), test.indptr.copy()), shape=test.shape)

    def recommend(
        self,
        user_ids: Any,
        n: int = 10,
        *,
        exclude: Any = None,
        items: Any = None,
        item_features: Any = None,
        user_features: Any = None,
        num_threads: int = 1,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the `n` most probable clicks of each reader, best first.

        Parameters
        ----------
        user_ids : int or array of shape (n_users,)
        n : int
        exclude : sparse matrix of shape (n_users, n_items), optional
            Entries that are not recommended.
        items : array of ids, optional
            The candidates. Articles that are not published yet are never recommended.

        Returns
        -------
        ids : int32 array of shape (n_users, n), or (n,) for a single reader
            Equal chances in the order of the ids. Where fewer candidates are left, -1.
        probabilities : float32 array of the same shape
            Minus infinity beside -1.
        """
        n = validation.positive_int("n", n)
        rows = validation.as_ids("user_ids", user_ids, upper=self._n_users)
        excluded = self._known_shape("exclude", exclude)
        is_out = self._site.published > self._timestamp
        if items is not None:
            is_named = np.zeros(self._n_items, dtype=bool)
            is_named[validation.as_ids("items", items, upper=self._n_items)] = True
            is_out |= ~is_named
        ids = np.full((len(rows), n), -1, dtype=np.int32)
        scores = np.full((len(rows), n), -np.inf, dtype=np.float32)
        for place, user in enumerate(rows):
            chances = self._probabilities(user)
            chances[is_out] = -1.0
            chances[excluded.indices[excluded.indptr[user] : excluded.indptr[user + 1]]] = -1.0
            best = np.argsort(-chances, kind="stable")[:n]
            best = best[chances[best] >= 0]
            ids[place, : len(best)], scores[place, : len(best)] = best, chances[best]
        return (ids[0], scores[0]) if np.ndim(user_ids) == 0 else (ids, scores)

    def _probabilities(self, user: int) -> np.ndarray:
        chances = np.empty(self._n_items)
        kernels.probabilities_of_all(int(user), self._timestamp, self._site, chances)
        return chances

    def _known_shape(self, name: str, matrix: Any) -> sp.csr_matrix:
        shape = (self._n_users, self._n_items)
        if matrix is None:
            return sp.csr_matrix(shape, dtype=np.float32)
        given = validation.as_csr_float32(name, matrix, allow_dense=False)
        if given.shape != shape:
            raise ValueError(f"{name} must have the shape (n_users, n_items) = {shape}, got {given.shape}.")
        return given


def make_newsroom(
    seed: int = 0,
    *,
    n_readers: int = 2400,
    n_articles: int = 1600,
    days: int = 28,
    test_days: int = 7,
    visits_per_reader: float = 60.0,
    feed_length: int = 10,
    attribute_strength: float = 0.6,
    metadata_strength: float = 0.6,
    position_bias: float = 0.7,
    half_life_days: float = 5.0,
    quality_spread: float = 0.8,
    editorial_push: float = 0.5,
    cold_articles: float = 0.25,
    new_readers: float = 0.1,
) -> Newsroom:
    """Make up a news site: readers whose taste is known, articles, feeds, and the clicks that follow.

    A reader has interests in 8 topics. A share `attribute_strength` of their variance is the sum of what region, age
    band and the topics chosen at sign-up bring along; the rest is the reader's own. An article has a content in the
    same 8 topics. A share `metadata_strength` of its squared length follows from the article's topic and author; the
    rest is the article's own. On a visit, a reader is shown a feed of articles not shown before: drawn by prominence
    and freshness, whoever the reader is, and ordered by prominence and chance. A click on each has the probability
    ``examination * freshness * relevance``, where

    - ``examination = (position + 1) ** -position_bias``
    - ``freshness = 2 ** (-age / half_life_days)``
    - ``relevance = sigmoid(quality - 0.5 + 1.6 * interests @ content)``

    Each part of the site has random numbers of its own: a changed setting leaves the rest as it was. The same feeds are
    shown whatever `attribute_strength`, `metadata_strength`, `position_bias` and `quality_spread`, so that two sites
    differ only by what you changed.

    Parameters
    ----------
    seed : int
        From 0 to 2**32 - 1. The same arguments give the same bytes on every x86-64 processor.
    n_readers, n_articles : int
        At least 2 of each.
    days : int
        The site's days, at most 3,650; visits begin on the second, when there is something to read.
    test_days : int
        The last of them are for testing. At least two days come before.
    visits_per_reader : float
        Mean number of visits of a reader who is there all the time; some come five times as often as others.
    feed_length : int
        Positions in a feed.
    attribute_strength : float
        0: attributes say nothing of interests. 1: they say everything.
    metadata_strength : float
        0: topic and author say nothing of an article's content. 1: they say everything.
    position_bias : float
        0: every position is looked at. 1: the tenth is looked at a tenth as often as the first.
    half_life_days : float
        After so many days an article is half as likely to be shown, and half as likely to be clicked when shown. At
        least ``days / 500``; a large number stops time.
    quality_spread : float
        Standard deviation of the appeal to everybody, which makes some articles popular. (Taste has 1.6.)
    editorial_push : float
        0: articles of the same age are equally likely to be shown, in any order. The larger, the more some are pushed,
        whatever their quality: they stand in more feeds, and higher. (Prominence is log-normal with this standard
        deviation; its logarithm plus noise of standard deviation 1 orders a feed.)
    cold_articles : float
        Share of articles published in the test days. The default is what an even stream of articles gives.
    new_readers : float
        Share of readers who sign up in the test days.

    Returns
    -------
    Newsroom
        By default about 1.3 million impressions and 150,000 clicks, which a lesson can train on in a few seconds.

    Raises
    ------
    ValueError
        If an argument is out of its range.

    Examples
    --------
    >>> newsroom = make_newsroom(n_readers=100, n_articles=200)
    >>> newsroom.user_features.shape, newsroom.item_features.shape
    ((100, 19), (200, 59))
    >>> sorted(newsroom.impressions)
    ['article', 'clicked', 'position', 'reader', 'timestamp', 'visit']
    """
    settings = {
        "seed": _seed(seed),
        "n_readers": _at_least_two("n_readers", n_readers),
        "n_articles": _at_least_two("n_articles", n_articles),
        "days": validation.positive_int("days", days),
        "test_days": validation.positive_int("test_days", test_days),
        "visits_per_reader": validation.positive_float("visits_per_reader", visits_per_reader),
        "feed_length": validation.positive_int("feed_length", feed_length),
        "attribute_strength": _at_most("attribute_strength", attribute_strength, 1),
        "metadata_strength": _at_most("metadata_strength", metadata_strength, 1),
        "position_bias": _at_most("position_bias", position_bias, 10),
        "half_life_days": validation.positive_float("half_life_days", half_life_days),
        "quality_spread": _at_most("quality_spread", quality_spread, 10),
        "editorial_push": _at_most("editorial_push", editorial_push, 10),
        "cold_articles": _at_most("cold_articles", cold_articles, 1),
        "new_readers": _at_most("new_readers", new_readers, 1),
    }
    if days > 3650:
        raise ValueError(f"days must be at most 3650, got {days}.")
    if test_days > days - 2:
        raise ValueError(f"test_days must leave at least two of the {days} days for training, got {test_days}.")
    if half_life_days < days / 500:
        raise ValueError(f"half_life_days must be at least days / 500 = {days / 500:g}, got {half_life_days}.")
    visits = visits_per_reader * n_readers
    if visits * feed_length > 2**31 - 1:
        raise ValueError(
            f"visits_per_reader * n_readers * feed_length must stay below 2**31, got {visits * feed_length:g}."
        )

    return _simulate(settings)


def _simulate(settings: dict[str, Any]) -> Newsroom:
    n_readers, n_articles = settings["n_readers"], settings["n_articles"]
    open_time = FIRST_DAY + SECONDS_PER_DAY
    end_time = FIRST_DAY + settings["days"] * SECONDS_PER_DAY
    split_time = end_time - settings["test_days"] * SECONDS_PER_DAY
    of_readers, of_joining, of_publishing, of_articles, of_visits, of_clicks = _streams(settings["seed"], 6)

    readers, interests, user_block = _make_readers(of_readers, n_readers, settings["attribute_strength"])
    is_new = _uniform(of_joining, n_readers).argsort(kind="stable") < round(settings["new_readers"] * n_readers)
    joined = np.where(is_new, _times_between(of_joining, split_time, end_time, n_readers), open_time)

    n_cold = round(settings["cold_articles"] * n_articles)
    early = _times_between(of_publishing, FIRST_DAY, split_time, n_articles)
    late = _times_between(of_publishing, split_time, end_time, n_articles)
    published = np.sort(np.where(np.arange(n_articles) < n_cold, late, early))
    articles, contents, item_block = _make_articles(of_articles, n_articles, settings["metadata_strength"])
    qualities = settings["quality_spread"] * _bell(of_articles, n_articles)
    push = settings["editorial_push"] * _bell(of_articles, n_articles)

    visit_readers, visit_times = _make_visits(of_visits, joined, open_time, end_time, settings["visits_per_reader"])
    n_published = np.searchsorted(published, visit_times, side="right")
    # Ages are counted from the end, and the largest weight is 1, so that nothing overflows.
    log_weights = push - LN_2 / (settings["half_life_days"] * SECONDS_PER_DAY) * (end_time - published)
    cumulative_weights = np.cumsum(_exp(log_weights - log_weights.max()))
    last_reader = np.full(n_articles, -1, dtype=np.int32)
    feeds = np.full((len(visit_readers), settings["feed_length"]), -1, dtype=np.int32)
    keys = np.empty(settings["feed_length"])
    kernels.fill_feeds(visit_readers, n_published, cumulative_weights, push, last_reader, of_visits, keys, feeds)

    visit, position = (index.astype(np.int32) for index in np.nonzero(feeds >= 0))
    site = _site(interests, contents, qualities, published, settings["half_life_days"])
    examination = _powers(np.arange(1.0, settings["feed_length"] + 1.0), settings["position_bias"])
    impressions = {
        "reader": visit_readers[visit],
        "article": feeds[visit, position],
        "position": position,
        "timestamp": visit_times[visit],
        "visit": visit,
        "clicked": np.empty(len(visit), dtype=np.bool_),
    }
    shown = (impressions[name] for name in ("reader", "article", "position", "timestamp"))
    kernels.click(*shown, site, examination, of_clicks, impressions["clicked"])

    clicked = impressions["clicked"]
    dates = published.astype("M8[s]").astype("M8[D]").astype(str).tolist()
    bylines = zip(articles["topic"].tolist(), articles["author"].tolist(), dates, strict=True)
    return Newsroom(
        users=impressions["reader"][clicked],
        items=impressions["article"][clicked],
        values=np.ones(np.count_nonzero(clicked), dtype=np.float32),
        timestamps=impressions["timestamp"][clicked],
        user_labels=np.arange(n_readers, dtype=np.int32),
        item_labels=np.array(
            [f"{topic} by {author}, {date} (#{i})" for i, (topic, author, date) in enumerate(bylines)]
        ),
        item_features=item_block[0],
        item_feature_labels=item_block[1],
        user_features=user_block[0],
        user_feature_labels=user_block[1],
        impressions=impressions,
        readers=readers | {"joined": joined},
        articles=articles | {"published": published},
        planted={"interests": interests, "contents": contents, "qualities": qualities, "prominences": _exp(push)},
        split_time=split_time,
        settings=settings,
    )


def _make_readers(
    stream: np.ndarray, n: int, attribute_strength: float
) -> tuple[dict[str, np.ndarray], np.ndarray, _records.Block]:
    """Return the readers as a table, their interests, and their features."""
    region = np.searchsorted(REGION_BOUNDS, _uniform(stream, n), side="right")
    age = np.searchsorted(AGE_BOUNDS, _uniform(stream, n), side="right")
    n_chosen = 1 + (_uniform(stream, n) * MOST_CHOSEN).astype(np.int64)
    is_chosen = _uniform(stream, n, len(TOPICS)).argsort(axis=1, kind="stable") < n_chosen[:, None]

    told = REGION_EFFECT * _bell(stream, len(REGIONS), len(TOPICS))[region]
    told += AGE_EFFECT * _bell(stream, len(AGE_BANDS), len(TOPICS))[age]
    told += CHOSEN_EFFECT * is_chosen
    kernels.standardize(told)
    own = _bell(stream, n, len(TOPICS))
    interests = math.sqrt(attribute_strength) * told + math.sqrt(1.0 - attribute_strength) * own

    chosen_block = (sp.csr_matrix(is_chosen, dtype=np.float32), np.array([f"chosen:{topic}" for topic in TOPICS]))
    blocks = [_records.one_hot("region", region, REGIONS), _records.one_hot("age", age, AGE_BANDS), chosen_block]
    table = {"region": np.array(REGIONS)[region], "age": np.array(AGE_BANDS)[age]}
    return table, interests, _records.stack_features(blocks)


def _make_articles(
    stream: np.ndarray, n: int, metadata_strength: float
) -> tuple[dict[str, np.ndarray], np.ndarray, _records.Block]:
    """Return the articles as a table, their contents, and their features."""
    n_topics = len(TOPICS)
    author = (_uniform(stream, n) * len(AUTHORS)).astype(np.int64)
    elsewhere = (_uniform(stream, n) * n_topics).astype(np.int64)
    topic = np.where(_uniform(stream, n) < HOME_SHARE, author % n_topics, elsewhere)
    length = np.searchsorted(LENGTH_BOUNDS, _uniform(stream, n), side="right")

    # A topic, a slant and an own part each have squared length 1, on average or exactly; so has their mixture.
    slant = _bell(stream, len(AUTHORS), n_topics)[author] / math.sqrt(n_topics)
    told = math.sqrt(1.0 - SLANT_SHARE) * np.eye(n_topics)[topic] + math.sqrt(SLANT_SHARE) * slant
    own = _bell(stream, n, n_topics) / math.sqrt(n_topics)
    contents = math.sqrt(metadata_strength) * told + math.sqrt(1.0 - metadata_strength) * own

    coded = {"topic": (topic, TOPICS), "author": (author, AUTHORS), "length": (length, LENGTHS)}
    block = _records.stack_features(_records.one_hot(name, *coded[name]) for name in ARTICLE_FEATURES)
    return {name: np.array(levels)[codes] for name, (codes, levels) in coded.items()}, contents, block


def _make_visits(
    stream: np.ndarray, joined: np.ndarray, open_time: int, end_time: int, visits_per_reader: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return reader (int32) and time (int64) of all visits, by reader and time. Everybody comes at least once."""
    activity = _exp(ACTIVITY_SPREAD * _bell(stream, len(joined)) - ACTIVITY_SPREAD * ACTIVITY_SPREAD / 2)
    expected = visits_per_reader * activity * ((end_time - joined) / (end_time - open_time))
    counts = np.maximum(1, (expected + _uniform(stream, len(joined))).astype(np.int64))
    readers = np.repeat(np.arange(len(joined), dtype=np.int32), counts)
    times = _times_between(stream, joined[readers], end_time, len(readers))
    return readers, times[np.lexsort((times, readers))]


def _site(
    interests: np.ndarray, contents: np.ndarray, qualities: np.ndarray, published: np.ndarray, half_life_days: float
) -> kernels.Site:
    decay = LN_2 / (half_life_days * SECONDS_PER_DAY)
    return kernels.Site(interests, contents, BASE + qualities, published, TASTE, decay)


def _streams(seed: int, n: int) -> np.ndarray:
    """Return `n` streams of random numbers, one a row."""
    source, streams = np.empty(random.STATE_WORDS, dtype=np.int64), np.empty((n, random.STATE_WORDS), dtype=np.int64)
    random.start_stream(source, *validation.seed_words(seed, 3).tolist())
    random.spawn(streams, source)
    return streams


def _uniform(stream: np.ndarray, *shape: int) -> np.ndarray:
    numbers = np.empty(math.prod(shape))
    random.fill_uniform(numbers, stream)
    return numbers.reshape(shape)


def _bell(stream: np.ndarray, *shape: int) -> np.ndarray:
    numbers = np.empty(math.prod(shape))
    kernels.fill_bell(numbers, stream)
    return numbers.reshape(shape)


def _times_between(stream: np.ndarray, first: int | np.ndarray, end: int, n: int) -> np.ndarray:
    return first + (_uniform(stream, n) * (end - first)).astype(np.int64)


def _exp(x: np.ndarray) -> np.ndarray:
    """exp in the library's own arithmetic, whose digits are the same on every processor."""
    small = np.empty(len(x))
    elementary.exponentials(-np.abs(x), small)
    return np.where(x > 0, 1.0 / small, small)


def _powers(bases: np.ndarray, exponent: float) -> np.ndarray:
    """Return ``bases ** -exponent`` for bases of at least 1, in the library's own arithmetic."""
    powers = np.empty(len(bases))
    kernels.negative_powers(bases, float(exponent), powers)
    return powers


def _chosen_groups(article_features: bool | str | Sequence[str]) -> tuple[str, ...]:
    if isinstance(article_features, str):
        article_features = (article_features,)
    if isinstance(article_features, bool | np.bool_):
        return ARTICLE_FEATURES if article_features else ()
    return tuple(validation.choice("article_features", group, ARTICLE_FEATURES) for group in article_features)


def _times(name: str, timestamps: Any) -> np.ndarray:
    """Return times, given as whole seconds or as ``datetime64``, as int64 seconds since the beginning of 1970."""
    given = np.asarray(timestamps)
    if given.dtype.kind == "M" and not np.isnat(given).any():
        return given.astype("M8[s]").astype(np.int64)
    if given.dtype.kind in "iu":
        return given.astype(np.int64)
    raise ValueError(f"{name} must be whole seconds since the beginning of 1970 or datetime64, got {timestamps!r}.")


def _seconds(name: str, timestamp: Any) -> int:
    time = _times(name, timestamp)
    if time.ndim:
        raise ValueError(f"{name} must be a single time, got an array of shape {time.shape}.")
    return time.item()


def _seed(seed: Any) -> int:
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or not 0 <= seed < 2**32:
        raise ValueError(f"seed must be an integer from 0 to 2**32 - 1, got {seed!r}.")
    return int(seed)


def _at_least_two(name: str, value: Any) -> int:
    if validation.positive_int(name, value) < 2:
        raise ValueError(f"{name} must be at least 2, got {value!r}.")
    return int(value)


def _at_most(name: str, value: Any, largest: float) -> float:
    """Return a number from 0 to `largest`, both included."""
    if isinstance(value, bool) or not isinstance(value, int | float | np.number) or not 0 <= value <= largest:
        raise ValueError(f"{name} must be a number from 0 to {largest}, got {value!r}.")
    return float(value)
