"""State of a lab: an approximate search, what it finds of the exact answer, and the work it does for that.

Plain Python and NumPy. It must not know widgets; the view is :mod:`recsys_lessons.teaching.widgets.search_view`.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from types import MappingProxyType
from typing import Any

import numpy as np

from recsys_lessons.serving import equal_lengths, search_exact, search_recall, with_zero
from recsys_lessons.validation import choice, position, positive_int, suggestion

__all__ = [
    "CONNECTIVITIES",
    "EXPANSIONS",
    "LENGTHS",
    "Compared",
    "SearchLab",
    "SearchRun",
    "SearchSettings",
    "Searched",
]

CONNECTIVITIES = (8, 16, 32)
EXPANSIONS = (8, 16, 32, 64, 128, 256, 512)
LENGTHS = (1, 10, 100)
_ADDED = 2_000  # vectors in a step of building
_ASKED = 25  # queries in a step of the exact search
_KEPT = 40_000  # vectors in all indexes that are kept, of up to 700 bytes each


@dataclass(frozen=True)
class SearchSettings:
    """What an index is made of.

    Attributes
    ----------
    catalog : str
    biases : bool
        Whether the items' biases are a column of their vectors.
    metric : bool
        Whether a column makes all vectors equally long, so that the index can search by distance; otherwise it searches
        by inner product.
    connectivity : int
        To how many others each item is linked.
    """

    catalog: str
    biases: bool = True
    metric: bool = True
    connectivity: int = 16


@dataclass(frozen=True)
class Searched:
    """All queries, asked at one expansion.

    Attributes
    ----------
    k, expansion : int
    found : int array of shape (n_queries, k)
        Where the index returned fewer, -1.
    recall : float array of shape (n_queries,)
        The share of each exact answer that was found.
    work : float
        Distances (or inner products) that were computed for a query, on average.
    share : float
        The same as a share of what the exact search computes, one for each item.
    """

    k: int
    expansion: int
    found: np.ndarray
    recall: np.ndarray
    work: float
    share: float


@dataclass
class SearchRun:
    """An index as far as it is built, and what was measured with it.

    Attributes
    ----------
    settings : SearchSettings
    n_items, n_added : int
    index : usearch.index.Index
    points : dict of (int, int) to Searched
        By k and expansion.
    """

    settings: SearchSettings
    n_items: int
    index: Any
    n_added: int = 0
    points: dict[tuple[int, int], Searched] = field(default_factory=dict)
    vectors: np.ndarray = field(repr=False, default_factory=lambda: np.empty((0, 0), np.float32))
    lock: Any = field(repr=False, default_factory=threading.Lock)

    def curve(self, k: int) -> list[Searched]:
        """What was measured with this k, least expansion first."""
        points = self.points.copy()  # a step in the background may be adding to it
        return [points[k, expansion] for expansion in EXPANSIONS if (k, expansion) in points]


@dataclass(frozen=True)
class Compared:
    """One user's two lists.

    Attributes
    ----------
    user : int
    exact, found : tuple of int
        Best first.
    missed : frozenset of int
        What of `exact` is not in `found`.
    """

    user: int
    exact: tuple[int, ...]
    found: tuple[int, ...]

    @property
    def missed(self) -> frozenset[int]:
        return frozenset(self.exact) - frozenset(self.found)


class SearchLab:
    """Build indexes, search them, and hold what they find against the exact answer.

    The exact answer is always that of the scores with biases, whatever the index was given.

    Parameters
    ----------
    catalogs : mapping of str to float32 array of shape (n_items, n_columns)
        Item vectors by the name of their set, each with the biases as its last column, see
        `recsys_lessons.serving.item_vectors`. At least 100 items in each.
    queries : float32 array of shape (n_queries, n_columns)
        With a 1 as the last column, see `recsys_lessons.serving.query_vectors`; one query is enough.
    labels : mapping of str to sequence of str, optional
        Titles of the items of a catalog, by its name; those of others are shown by their numbers.
    catalog : str, optional
        The one to begin with; the first by default.
    connectivity, expansion, k : int
        To begin with: one of `CONNECTIVITIES`, of `EXPANSIONS`, of `LENGTHS`.
    expansion_add : int
        How many candidates an index keeps while an item looks for its links.
    built : mapping of str to usearch.index.Index, optional
        Indexes that need not be built, by the name of their catalog: with biases, equal lengths and the first
        connectivity, by distance (``"l2sq"``), float32, items numbered from 0. The lab sets their `expansion_search`.

    Attributes
    ----------
    settings : SearchSettings
    k, expansion : int
    user : int
        The query whose lists are shown.

    Raises
    ------
    ImportError
        If usearch is not installed.
    ValueError
        For shapes that do not fit, numbers that are not finite, settings that do not exist, and built indexes that are
        not those that the lab would build.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> vectors = rng.standard_normal((500, 9))
    >>> queries = np.column_stack([rng.standard_normal((20, 8)), np.ones(20)])
    >>> lab = SearchLab({"500 made up": vectors}, queries, expansion=512)
    >>> found = lab.finish()
    >>> found.recall.mean(), found.share > 0.5
    (np.float64(1.0), True)
    >>> lab.compare().missed
    frozenset()
    """

    def __init__(
        self,
        catalogs: Mapping[str, np.ndarray],
        queries: np.ndarray,
        *,
        labels: Mapping[str, Sequence[str] | np.ndarray] = MappingProxyType({}),
        catalog: str | None = None,
        connectivity: int = 16,
        expansion: int = 64,
        k: int = 10,
        expansion_add: int = 64,
        built: Mapping[str, Any] = MappingProxyType({}),
    ) -> None:
        _index_class()
        if not catalogs:
            raise ValueError("catalogs is empty; expected item vectors by the name of their set")
        self._queries = _rows("queries", queries)
        if not len(self._queries) or self._queries.shape[1] < 2:
            raise ValueError(
                f"queries has shape {self._queries.shape}; expected a row for each user, and two columns or more, of "
                "which the last meets the biases, see query_vectors"
            )
        if not (self._queries[:, -1] == 1).all():
            raise ValueError(
                f"queries has {self._queries[self._queries[:, -1] != 1][0, -1]:g} in the last column; "
                "expected a 1 as the last column of each row, see query_vectors"
            )
        self._catalogs = {}
        for name, vectors in catalogs.items():
            if not isinstance(name, str):
                raise ValueError(f"catalogs has the name {name!r}; expected strings as names")
            rows = _rows(f"catalog {name!r}", vectors)
            if rows.shape[1] != self._queries.shape[1]:
                raise ValueError(
                    f"catalog {name!r} has shape {rows.shape}; expected {self._queries.shape[1]} columns, as in queries"
                )
            if len(rows) < LENGTHS[-1]:
                raise ValueError(f"catalog {name!r} has {len(rows)} items; expected at least {LENGTHS[-1]}")
            self._catalogs[name] = rows
        for name, titles in labels.items():
            choice("a name in labels", name, tuple(self._catalogs))
            if len(titles) != len(self._catalogs[name]):
                n_items = len(self._catalogs[name])
                raise ValueError(f"labels of {name!r} has {len(titles)} entries; expected {n_items}, one for each item")
        self._labels = dict(labels)
        self._expansion_add = positive_int("expansion_add", expansion_add)
        self._exact: dict[str, list[np.ndarray]] = {name: [] for name in self._catalogs}
        self._exact_lock = threading.Lock()
        self._runs: dict[SearchSettings, SearchRun] = {}
        self.n_queries, self.user = len(self._queries), 0
        self.settings = SearchSettings(next(iter(self._catalogs)))
        self.change(catalog=self.settings.catalog if catalog is None else catalog, connectivity=connectivity)
        self.ask(k=k, expansion=expansion)
        for name, index in built.items():
            choice("a name in built", name, tuple(self._catalogs))
            settings = SearchSettings(name, connectivity=self.settings.connectivity)
            n_items = self._check_built(settings, index)
            self._runs[settings] = SearchRun(settings, n_items, index, n_added=n_items)

    def _check_built(self, settings: SearchSettings, index: Any) -> int:
        """Raise unless the lab could have built this index; how many items it has."""
        if not isinstance(index, _index_class()):
            raise ValueError(f"built has {index!r} for {settings.catalog!r}; expected a usearch.index.Index")
        n_items, width = self._catalogs[settings.catalog].shape
        alike = self._new_index(settings, width)
        has = (len(index), index.ndim, index.connectivity, str(index.metric), str(index.dtype))
        expected = (n_items, alike.ndim, alike.connectivity, str(alike.metric), str(alike.dtype))
        if has != expected:
            raise ValueError(
                f"built has an index for {settings.catalog!r} with (items, columns, links, metric, type) {has}; "
                f"expected {expected}"
            )
        is_there = np.asarray(index.contains(np.arange(n_items)))
        if not is_there.all():
            raise ValueError(
                f"built has an index for {settings.catalog!r} without the item {np.argmin(is_there)}; "
                f"expected items that are numbered from 0 to {n_items - 1}"
            )
        return n_items

    @property
    def catalogs(self) -> dict[str, int]:
        """How many items each catalog has, by its name."""
        return {name: len(vectors) for name, vectors in self._catalogs.items()}

    # --- what can be done ---------------------------------------------------------------------------------------------

    def change(self, **settings: Any) -> None:
        """Change what the index is made of: fields of `SearchSettings`.

        Raises
        ------
        ValueError
            For a setting that does not exist, or a value it cannot have.
        """
        known = [one.name for one in fields(SearchSettings)]
        for name in settings:
            if name not in known:
                raise ValueError(f"there is no setting {name!r}; expected {', '.join(known)}.{suggestion(name, known)}")
        changed = replace(self.settings, **settings)
        self.settings = SearchSettings(
            choice("catalog", changed.catalog, tuple(self._catalogs)),
            _one_of("biases", changed.biases, (True, False)),
            _one_of("metric", changed.metric, (True, False)),
            _one_of("connectivity", changed.connectivity, CONNECTIVITIES),
        )

    def ask(self, *, k: int | None = None, expansion: int | None = None) -> None:
        """Change how many items are asked for, or how many candidates a search keeps.

        Raises
        ------
        ValueError
            If it is none of `LENGTHS` or `EXPANSIONS`.
        """
        if k is not None:
            self.k = _one_of("k", k, LENGTHS)
        if expansion is not None:
            self.expansion = _one_of("expansion", expansion, EXPANSIONS)

    def choose(self, user: int) -> None:
        """Show the lists of another user.

        Raises
        ------
        ValueError
            If there is no such query.
        """
        self.user = position("user", user, self.n_queries)

    def next_with_a_miss(self) -> bool:
        """Go to the next user whose list lacks something, after the last to the first; False if there is none."""
        if (now := self.now) is None:
            return False
        later = (self.user + 1 + np.arange(self.n_queries)) % self.n_queries
        lacking = later[now.recall[later] < 1]
        if len(lacking):
            self.user = int(lacking[0])
        return len(lacking) > 0

    # --- building and searching ---------------------------------------------------------------------------------------

    @property
    def run(self) -> SearchRun:
        """The present index, begun if it was not."""
        if self.settings in self._runs:
            return self._runs[self.settings]
        vectors = self._catalogs[self.settings.catalog]
        index = self._new_index(self.settings, vectors.shape[1])
        run = self._runs[self.settings] = SearchRun(self.settings, len(vectors), index)
        while sum(one.n_items for one in self._runs.values()) > _KEPT and len(self._runs) > 1:
            del self._runs[next(iter(self._runs))]  # the oldest
        return run

    def _new_index(self, settings: SearchSettings, width: int) -> Any:
        """An empty index for item vectors of so many columns, that of the biases among them."""
        return _index_class()(
            ndim=width - (not settings.biases) + settings.metric,
            metric="l2sq" if settings.metric else "ip",
            dtype="f32",
            connectivity=settings.connectivity,
            expansion_add=self._expansion_add,
        )

    def advance(self, run: SearchRun, k: int, expansion: int) -> bool:
        """Do some 50 ms of what is missing for this k: exact answers, building, measuring; whether anything is left.

        The given expansion is measured first. It writes into `run` and the exact answers alone, and may be called from
        two threads.
        """
        with self._exact_lock:
            blocks, catalog = self._exact[run.settings.catalog], self._catalogs[run.settings.catalog]
            if len(blocks) * _ASKED < self.n_queries:
                asked = self._queries[len(blocks) * _ASKED :][:_ASKED]
                blocks.append(search_exact(catalog, asked, LENGTHS[-1])[0])
                return True
        with run.lock:
            if run.n_added < run.n_items:
                self._add(run)
                return True
            missing = [one for one in dict.fromkeys((expansion, *EXPANSIONS)) if (k, one) not in run.points]
            if missing:
                run.points[k, missing[0]] = self._search(run, k, missing[0])
            return len(missing) > 1

    def _add(self, run: SearchRun) -> None:
        if not run.n_added:
            vectors = self._catalogs[run.settings.catalog]
            vectors = vectors if run.settings.biases else vectors[:, :-1]
            run.vectors = equal_lengths(vectors) if run.settings.metric else np.ascontiguousarray(vectors)
        numbers = np.arange(run.n_added, min(run.n_added + _ADDED, run.n_items))
        run.index.add(numbers, run.vectors[numbers], threads=1)  # with more threads, each build would be another
        run.n_added += len(numbers)
        if run.n_added == run.n_items:
            run.vectors = run.vectors[:0]  # the index has its own copy

    def _search(self, run: SearchRun, k: int, expansion: int) -> Searched:
        queries = self._queries if run.settings.biases else np.ascontiguousarray(self._queries[:, :-1])
        if run.settings.metric:
            queries = with_zero(queries)
        run.index.expansion_search = expansion
        matches = run.index.search(queries, k, threads=1)
        # For one query usearch gives a row without a count, as long as what was found.
        keys = np.atleast_2d(matches.keys)
        counts = getattr(matches, "counts", [keys.shape[1]])
        found = np.full((len(queries), k), -1)
        found[:, : keys.shape[1]] = keys
        found[np.arange(k) >= np.reshape(counts, (-1, 1))] = -1
        work = matches.computed_distances / len(queries)
        recall = search_recall(found, self._exact_of(run.settings.catalog)[:, :k])
        return Searched(k, expansion, found, recall, work, work / run.n_items)

    def _exact_of(self, catalog: str) -> np.ndarray:
        return np.concatenate(self._exact[catalog])

    def finish(self) -> Searched:
        """Do all that is missing for the present settings, and give the present point."""
        run = self.run
        while self.advance(run, self.k, self.expansion):
            pass
        return run.points[self.k, self.expansion]

    # --- what to show -------------------------------------------------------------------------------------------------

    @property
    def now(self) -> Searched | None:
        """The point of the present settings; None until it is measured."""
        return self.run.points.get((self.k, self.expansion))

    def others(self) -> list[SearchRun]:
        """The other indexes over the present catalog that are measured with the present k."""
        present = self.run
        return [
            run
            for run in self._runs.values()
            if run is not present and run.settings.catalog == self.settings.catalog and run.curve(self.k)
        ]

    def compare(self) -> Compared | None:
        """The two lists of the present user; None until they are there."""
        if (now := self.now) is None:
            return None
        exact = self._exact_of(self.settings.catalog)[self.user, : self.k]
        found = now.found[self.user]
        return Compared(self.user, tuple(exact.tolist()), tuple(found[found >= 0].tolist()))

    def label(self, item: int) -> str:
        """The title of an item of the present catalog, or its number."""
        titles = self._labels.get(self.settings.catalog)
        return f"item {item:,}" if titles is None else str(titles[item])


def _one_of(name: str, value: Any, options: tuple[Any, ...]) -> Any:
    if value not in options:
        raise ValueError(f"{name} is {value!r}; expected one of {', '.join(map(str, options))}")
    return options[options.index(value)]


def _rows(name: str, vectors: Any) -> np.ndarray:
    """Vectors as a float32 array, a row for each, or raise."""
    try:
        with np.errstate(over="ignore"):
            rows = np.require(vectors, np.float32, "C")
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} must be an array of numbers, a row for each vector: {error}") from None
    if rows.ndim != 2:
        raise ValueError(f"{name} has shape {rows.shape}; expected a row for each vector")
    if not np.isfinite(rows).all():
        raise ValueError(
            f"{name} has {rows.size - np.count_nonzero(np.isfinite(rows))} values that are not finite in 32 bits; "
            "expected finite numbers"
        )
    return rows


def _index_class() -> Any:
    """usearch's index."""
    try:
        from usearch.index import Index
    except ImportError as error:
        raise ImportError("This lab needs the package usearch, which is not installed: pip install usearch") from error
    return Index
