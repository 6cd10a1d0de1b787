"""State of a lab: one reader's feed by several lists, how far back candidates go, and by what account it is judged.

Plain Python and NumPy. It must not know widgets; the view is
:mod:`recsys_lessons.teaching.widgets.feed_simulator_view`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from recsys_lessons.datasets.newsroom import Newsroom
from recsys_lessons.validation import choice, positive_int

__all__ = ["ACCOUNTS", "FeedEntry", "FeedSimulator"]

DAYS = (0.25, 0.5, 1, 2, 3, 5, 7, 14, 21)
ACCOUNTS = ("truth", "log", "look", "showing")
ORACLE = "oracle"
_DAY = 24 * 60 * 60


@dataclass(frozen=True)
class FeedEntry:
    """An article in a reader's feed.

    Attributes
    ----------
    article : int
    topic : str
    age : float
        In days.
    chance : float
        True chance that this reader clicks it at its place.
    fate : {"clicked", "skipped", "unshown"}
        What the log of the days that follow holds of it, for this reader.
    """

    article: int
    topic: str
    age: float
    chance: float
    fate: str


class FeedSimulator:
    """Feeds of all readers at one moment, by several lists, for candidates of the last days.

    Parameters
    ----------
    site : Newsroom
    models : mapping of str to (model, dict)
        For each list, what recommends and the features it is asked with. An ``"oracle"`` is added, which chooses
        from all articles.
    moment : int
        When the feeds are filled, in seconds. Candidates are out by then, and not yet shown to the reader.
    n : int
        Places of a feed.
    days : sequence of float
        How far back candidates may go, ascending.

    Attributes
    ----------
    names : list of str
        Of the lists, without the oracle.
    readers : array of int
        Those who signed up before `site.split_time`.
    days : tuple of float

    Raises
    ------
    ValueError
        If there is no list, no reader or no article, one is called oracle, or a number is out of range.

    Examples
    --------
    >>> from recsys_lessons import Popularity
    >>> from recsys_lessons.datasets import make_newsroom
    >>> site = make_newsroom(n_readers=100, n_articles=200)
    >>> popular = Popularity().fit(site.as_lightfm()["train"])
    >>> lab = FeedSimulator(site, {"most clicked": (popular, {})}, site.split_time)
    >>> lab.share("oracle", 1, "truth")
    1.0
    >>> bool(0 < lab.share("most clicked", 21, "truth") < 1)
    True
    """

    def __init__(
        self,
        site: Newsroom,
        models: Mapping[str, tuple[Any, Mapping[str, Any]]],
        moment: int,
        *,
        n: int = 5,
        days: Sequence[float] = DAYS,
    ) -> None:
        if not models or ORACLE in models:
            raise ValueError(f"models has {list(models)}; expected at least one list, and none called {ORACLE!r}")
        self.days = tuple(days)
        if not self.days or min(self.days) <= 0 or list(self.days) != sorted(set(self.days)):
            raise ValueError(f"days is {days!r}; expected numbers above 0, ascending")
        self.n = positive_int("n", n)
        self.site, self.moment = site, int(moment)
        self.readers = np.flatnonzero(site.readers["joined"] < site.split_time)
        self._out = site.published(self.moment)
        if not (len(self.readers) and len(self._out)):
            raise ValueError(f"moment is {moment}; expected a time at which there are readers and articles")
        self.names = list(models)
        self._models = {name: (model, dict(features)) for name, (model, features) in models.items()}
        self._models[ORACLE] = site.oracle(self.moment), {}
        self._known = site.shown(before=self.moment)
        self._lists: dict[tuple[str, float], np.ndarray] = {}
        self._clicks: dict[tuple[str, float, str], np.ndarray] = {}
        self._worth = self._log()
        labels = [f"chosen:{topic}" for topic in site.articles["topic"]]
        column = {label: place for place, label in enumerate(site.user_feature_labels)}
        self._chosen = site.user_features.toarray()[:, [column[label] for label in labels]]  # reader, article

    def _log(self) -> dict[str, sp.csr_matrix]:
        """What each click of the days that follow counts, by account; and what was shown in them."""
        shown, shape = self.site.impressions, (self.site.n_users, self.site.n_items)
        later = shown["timestamp"] >= self.moment
        often = np.bincount(shown["article"][later], minlength=shape[1]) / shape[0]
        reader, article, place = (shown[of][later & shown["clicked"]] for of in ("reader", "article", "position"))
        for_looks = 1 / self.site.examination(place)
        weights = {"log": np.ones(len(reader)), "look": for_looks, "showing": for_looks / often[article]}
        worth = {name: sp.csr_matrix((weight, (reader, article)), shape) for name, weight in weights.items()}
        reader, article = shown["reader"][later], shown["article"][later]
        worth["shown"] = sp.csr_matrix((np.ones(len(reader)), (reader, article)), shape)
        return worth

    # --- lists --------------------------------------------------------------------------------------------------------

    def candidates(self, days: float) -> np.ndarray:
        """Articles that came out in so many days before the moment: ids."""
        return np.setdiff1d(self._out, self.site.published(self.moment - int(days * _DAY)))

    def listed(self, name: str, days: float) -> np.ndarray:
        """The feeds of all readers: ids of shape (n_readers, n), −1 where a place stays empty.

        The oracle's are from all articles, whatever `days` is.
        """
        choice("name", name, [*self.names, ORACLE])
        if days not in self.days:
            raise ValueError(f"days is {days!r}; expected one of {self.days}")
        key = (name, 0 if name == ORACLE else days)
        if key not in self._lists:
            model, features = self._models[name]
            pool = self._out if name == ORACLE else self.candidates(days)
            if len(pool):
                lists, _ = model.recommend(self.readers, n=self.n, exclude=self._known, items=pool, **features)
            else:
                lists = np.full((len(self.readers), self.n), -1)
            self._lists[key] = lists
        return self._lists[key]

    # --- what lists are worth -----------------------------------------------------------------------------------------

    def clicks(self, name: str, days: float, account: str = "truth") -> np.ndarray:
        """What each reader's feed is worth.

        Parameters
        ----------
        name : str
        days : float
        account : {"truth", "log", "look", "showing"}
            The expected clicks; or the clicks that the log of the days that follow holds on these articles: each
            counted once; divided by the chance of a look at its place; and by how often the article was shown, too.

        Returns
        -------
        float64 array of shape (n_readers,)
        """
        choice("account", account, ACCOUNTS)
        lists = self.listed(name, days)
        key = (name, days, account)
        if key not in self._clicks:
            if account == "truth":
                articles, places = np.maximum(lists, 0), range(self.n)
                worth = self.site.click_probability(self.readers[:, None], articles, self.moment, positions=places)
            else:
                worth = self._at(self._worth[account], lists)
            self._clicks[key] = np.where(lists < 0, 0, worth).sum(axis=1)
        return self._clicks[key]

    def of_reader(self, name: str, days: float, account: str, reader: int) -> float:
        """What one reader's feed is worth by an account."""
        return float(self.clicks(name, days, account)[self._row(reader)])

    def share(self, name: str, days: float, account: str = "truth", reader: int | None = None) -> float:
        """What a list is worth by an account, as a share of the oracle's, for one reader or for all of them.

        NaN where the oracle's is worth nothing, as may be for one reader in the log.
        """
        if reader is None:
            own, best = (float(self.clicks(one, days, account).sum()) for one in (name, ORACLE))
        else:
            own, best = (self.of_reader(one, days, account, reader) for one in (name, ORACLE))
        return own / best if best else float("nan")

    def best(self, account: str) -> tuple[str, float]:
        """The list and the window with the largest share by an account, the oracle left out."""
        every = ((name, days) for days in self.days for name in self.names)
        return max(every, key=lambda one: self.share(*one, account))

    def shown_share(self, name: str, days: float) -> float:
        """In which share of the places stands an article that its reader is shown in the days that follow."""
        lists = self.listed(name, days)
        shown = self._at(self._worth["shown"], lists) > 0
        return float(shown[lists >= 0].mean()) if (lists >= 0).any() else float("nan")

    def chosen_share(self, name: str, days: float) -> float:
        """In which share of the places stands a topic that its reader chose at sign-up."""
        lists = self.listed(name, days)
        chosen = self._chosen[self.readers[:, None], np.maximum(lists, 0)]
        return float(chosen[lists >= 0].mean()) if (lists >= 0).any() else float("nan")

    def feed(self, name: str, days: float, reader: int) -> list[FeedEntry]:
        """One reader's feed, from the top down."""
        own = self.listed(name, days)[self._row(reader)]
        own = own[own >= 0]
        chances = self.site.click_probability(reader, own, self.moment, positions=range(len(own)))
        feed = []
        for article, chance in zip(own.tolist(), chances.tolist(), strict=True):
            fate = "clicked" if self._worth["log"][reader, article] else "skipped"
            fate = fate if self._worth["shown"][reader, article] else "unshown"
            age = (self.moment - int(self.site.articles["published"][article])) / _DAY
            feed.append(FeedEntry(article, str(self.site.articles["topic"][article]), age, chance, fate))
        return feed

    def told(self, reader: int) -> list[str]:
        """What a reader told at sign-up, as in ``"chosen:sport"``."""
        self._row(reader)
        return [str(label) for label in self.site.user_feature_labels[self.site.user_features[reader].indices]]

    def _row(self, reader: int) -> int:
        row = int(np.searchsorted(self.readers, reader))
        if row == len(self.readers) or self.readers[row] != reader:
            raise ValueError(f"reader is {reader}; expected one of the {len(self.readers)} who had signed up in train")
        return row

    def _at(self, matrix: sp.csr_matrix, lists: np.ndarray) -> np.ndarray:
        rows = np.repeat(self.readers, lists.shape[1])
        return np.asarray(matrix[rows, np.maximum(lists, 0).ravel()]).reshape(lists.shape)
