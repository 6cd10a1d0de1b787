"""State of a lab: reorder a list, say which of its items are liked, and compare five metrics with a pinned list.

Plain Python and NumPy. It must not know widgets; :mod:`recsys_lessons.teaching.widgets.metric_view` does. It computes
no metric itself: that is done by :mod:`recsys_lessons.teaching.ranked_lists`, over the library's own metrics.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from string import ascii_uppercase
from typing import Any

import numpy as np

from recsys_lessons.teaching.ranked_lists import five_metrics
from recsys_lessons.validation import positive_int

__all__ = ["MetricLab", "RankedList", "Verdict"]


@dataclass(frozen=True)
class RankedList:
    """Items in an order, and which of them are liked.

    Attributes
    ----------
    order : tuple of int
        The items, from the top.
    liked : frozenset of int
    """

    order: tuple[int, ...]
    liked: frozenset[int]

    @property
    def places(self) -> tuple[int, ...]:
        """The places of the likes, 1 for the top."""
        return tuple(place for place, item in enumerate(self.order, 1) if item in self.liked)


@dataclass(frozen=True)
class Verdict:
    """What a metric says; None of a list without likes.

    Attributes
    ----------
    metric : str
    pinned, now : float or None
    difference : float or None
        `now` less `pinned`.
    """

    metric: str
    pinned: float | None
    now: float | None
    difference: float | None


class MetricLab:
    """State of the lab: a list, a pinned one, a chosen item, and where metrics cut.

    Parameters
    ----------
    places : collection of int
        The places of the likes to begin with, 1 for the top.
    n_items : int
        The length of the list.
    k : int
        Where precision, recall and NDCG cut it.

    Attributes
    ----------
    labels : list of str
        Names of the items, from the top of the first list: A, B, C and so on.
    now, pinned : RankedList
    chosen : int
        The item that `move` moves.
    k : int

    Raises
    ------
    ValueError
        If a place is outside of the list or named twice, `k` exceeds its length, or it has more items than there
        are letters.

    Examples
    --------
    >>> lab = MetricLab([3, 7], n_items=8, k=4)
    >>> lab.choose(6)
    >>> lab.move(6)
    >>> lab.now.places
    (3, 6)
    >>> [verdict.metric for verdict in lab.verdicts() if verdict.difference]
    ['AUC']
    """

    def __init__(self, places: Collection[int] = (2, 6, 11, 16), *, n_items: int = 20, k: int = 10) -> None:
        self.n_items = positive_int("n_items", n_items)
        if self.n_items > len(ascii_uppercase):
            raise ValueError(f"n_items is {n_items}; expected at most {len(ascii_uppercase)}, one for each letter")
        self.labels = list(ascii_uppercase[: self.n_items])
        if len(set(places)) < len(places):
            raise ValueError(f"places is {list(places)}; expected different places from 1 to {self.n_items}")
        liked = frozenset(self._within("places", place) - 1 for place in places)
        self._start = (RankedList(tuple(range(self.n_items)), liked), self._within("k", k))
        self.reset()

    # --- actions ------------------------------------------------------------------------------------------------------

    def choose(self, item: int) -> None:
        """Choose the item, from 0 to ``n_items - 1``, that is moved next."""
        self.chosen = self._within("item + 1", item + 1) - 1

    def move(self, to: int) -> None:
        """Move the chosen item to a place; what lies between moves by one."""
        order = self._moved(self._within("to", to))
        self.now = RankedList(order, self.now.liked)

    def step(self, by: int) -> None:
        """Move the chosen item by so many places, down if `by` is above 0; no further than the list reaches."""
        self.move(min(self.n_items, max(1, self.place + by)))

    def like(self, liked: bool) -> None:
        """Say whether the chosen item is liked."""
        one = {self.chosen}
        self.now = RankedList(self.now.order, self.now.liked | one if liked else self.now.liked - one)

    def clear(self) -> None:
        """Let nothing be liked."""
        self.now = RankedList(self.now.order, frozenset())

    def cut(self, k: int) -> None:
        """Set `k`; it counts for the pinned list, too."""
        self.k = self._within("k", k)

    def pin(self) -> None:
        """Keep the present list to compare the next ones with."""
        self.pinned = self.now

    def back(self) -> None:
        """Take the pinned list again."""
        self.now = self.pinned

    def reset(self) -> None:
        """Begin again: the first list, and it is the pinned one; its first like, if there is one, is chosen."""
        self.now, self.k = self._start
        self.pinned = self.now
        self.chosen = min(self.now.liked, default=0)

    # --- what to show -------------------------------------------------------------------------------------------------

    @property
    def place(self) -> int:
        """The place of the chosen item, 1 for the top."""
        return self.now.order.index(self.chosen) + 1

    def verdicts(self) -> list[Verdict]:
        """The five metrics of the pinned list and of the present one."""
        pinned, now = (self._values(ranked) for ranked in (self.pinned, self.now))
        return [
            Verdict(name, was, is_now, None if was is None or is_now is None else is_now - was)
            for (name, was), is_now in zip(pinned.items(), now.values(), strict=True)
        ]

    def paths(self) -> dict[str, np.ndarray]:
        """What each metric would say with the chosen item at place 1, 2 and so on; empty without likes.

        Returns
        -------
        dict of str to array of float, shape (n_items,)
        """
        if not self.now.liked:
            return {}
        lists = [RankedList(self._moved(to), self.now.liked).places for to in range(1, self.n_items + 1)]
        return five_metrics(lists, self.n_items, self.k)

    def _values(self, ranked: RankedList) -> dict[str, float | None]:
        measured = five_metrics([ranked.places or (1,)], self.n_items, self.k)
        return {name: float(values[0]) if ranked.liked else None for name, values in measured.items()}

    def _moved(self, to: int) -> tuple[int, ...]:
        others = [item for item in self.now.order if item != self.chosen]
        return (*others[: to - 1], self.chosen, *others[to - 1 :])

    def _within(self, name: str, value: Any) -> int:
        number = positive_int(name, value)
        if number > self.n_items:
            raise ValueError(f"{name} is {number}; expected a number from 1 to {self.n_items}, the length of the list")
        return number
