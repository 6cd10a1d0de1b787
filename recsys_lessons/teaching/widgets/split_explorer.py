"""State of a lab: choose what counts as a like and how likes are put aside, and see what the test then asks.

Plain Python and NumPy. It must not know widgets; :mod:`recsys_lessons.teaching.widgets.split_explorer_view` does. It
splits nothing itself: that is done by :mod:`recsys_lessons.teaching.like_splits`, over the library's own splits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from recsys_lessons.teaching.like_splits import SPLITS, LikeSplit, precision_of_popularity, split_likes
from recsys_lessons.validation import choice, fraction, positive_float, positive_int

__all__ = ["Asked", "Kept", "SplitExplorer"]


@dataclass(frozen=True)
class Kept:
    """What the threshold leaves of the ratings.

    Attributes
    ----------
    n_likes, n_users, n_items : int
        Ratings that are likes; users and items with at least one.
    density : float
        Likes as a share of the cells of the table that these users and items make.
    """

    n_likes: int
    n_users: int
    n_items: int
    density: float


@dataclass(frozen=True)
class Asked:
    """What the test of a split is about.

    Attributes
    ----------
    n_test, n_testers : int
        Likes in test, and users who have one.
    shares : dict of str to float
        Of the test likes, by what train knows: "both known", "user new", "film new", "both new".
    popularity : float
        Mean precision@10 of the ten most liked items, a user's own likes of train left out.
    """

    n_test: int
    n_testers: int
    shares: dict[str, float]
    popularity: float


class SplitExplorer:
    """State of the lab: ratings, a threshold, and a split.

    Parameters
    ----------
    users, items, ratings, times : arrays of shape (n_ratings,)
        Who rated what, how, and when. No pair of user and item occurs twice.
    threshold : float
        A rating of at least so much is a like.
    split : {"random", "time", "cold items", "cold users"}
    test_share : float
        The share of the likes, the items or the users to put aside, between 0 and 1 (neither included).
    seed : int
        For all splits but ``"time"``.

    Raises
    ------
    ValueError
        If the arrays differ in length or are empty, no rating reaches the threshold, a setting is not one of those
        above, or train or test is left without likes.

    Examples
    --------
    >>> explorer = SplitExplorer([0, 0, 1, 1, 2], [0, 1, 0, 2, 0], [5, 4, 4, 2, 5], [1, 2, 3, 4, 5], split="time")
    >>> explorer.kept()
    Kept(n_likes=4, n_users=3, n_items=2, density=0.6666666666666666)
    >>> explorer.asked().shares["user new"]
    1.0
    >>> explorer.change(test_share=0.6)
    >>> explorer.asked().n_test
    3
    """

    def __init__(
        self,
        users: Any,
        items: Any,
        ratings: Any,
        times: Any,
        *,
        threshold: float = 4.0,
        split: str = "random",
        test_share: float = 0.1,
        seed: int = 0,
    ) -> None:
        self.users, self.items, self.ratings, self.times = (np.asarray(v) for v in (users, items, ratings, times))
        shapes = {values.shape for values in (self.users, self.items, self.ratings, self.times)}
        if len(shapes) > 1 or self.users.ndim != 1 or self.users.size == 0:
            raise ValueError(
                f"users, items, ratings and times have the shapes {sorted(shapes)}; "
                "expected one of each for every rating"
            )
        self.shape = (int(self.users.max()) + 1, int(self.items.max()) + 1)
        self.seed = seed
        self._found: dict[tuple, Asked] = {}
        self._parts: dict[tuple, LikeSplit] = {}
        self.threshold, self.split, self.test_share = threshold, split, test_share
        self.change(threshold=threshold, split=split, test_share=test_share)

    def change(
        self, *, threshold: float | None = None, split: str | None = None, test_share: float | None = None
    ) -> None:
        """Set what is given, or nothing if it cannot be: then train or test would be empty."""
        wanted = (
            self.threshold if threshold is None else positive_float("threshold", threshold),
            self.split if split is None else choice("split", split, SPLITS),
            self.test_share if test_share is None else fraction("test_share", test_share),
        )
        if not (self.ratings >= wanted[0]).any():
            raise ValueError(
                f"threshold is {wanted[0]}: no rating is that high; expected at most {self.ratings.max():g}"
            )
        self._divide(*wanted)
        self.threshold, self.split, self.test_share = wanted

    def kept(self) -> Kept:
        """What the threshold leaves."""
        liked = self.ratings >= self.threshold
        n_users, n_items = (len(np.unique(ids[liked])) for ids in (self.users, self.items))
        n_likes = int(liked.sum())
        return Kept(n_likes, n_users, n_items, n_likes / (n_users * n_items))

    def divided(self) -> LikeSplit:
        """Train and test of the present settings."""
        return self._divide(self.threshold, self.split, self.test_share)

    def asked(self, split: str | None = None) -> Asked:
        """What the test of a split is about, of the present one by default, at the present threshold and share."""
        key = (self.threshold, self.split if split is None else split, self.test_share)
        if key not in self._found:
            parts = self._divide(*key)
            popularity = precision_of_popularity(parts.train, parts.test)
            self._found[key] = Asked(parts.test.nnz, parts.n_testers, parts.shares, popularity)
        return self._found[key]

    def list_lengths(self) -> tuple[np.ndarray, np.ndarray]:
        """Each user's number of ratings, and of likes in train: both in falling order, shape (n_users,)."""
        rated = np.bincount(self.users, minlength=self.shape[0])
        return np.sort(rated)[::-1], np.sort(self.divided().train.getnnz(axis=1))[::-1]

    def corner(self, n_users: int = 96, n_items: int = 80) -> np.ndarray:
        """A part of the table, to be looked at: 0 for no like, 1 for a like in train, 2 for one in test.

        Rows are users who came in at even intervals, in the order of their first rating. Columns are the items with
        most ratings, most first. Whom and what it shows does not depend on the settings.

        Returns
        -------
        int8 array of shape (at most n_users, at most n_items)
        """
        by_time = self.users[np.argsort(self.times, kind="stable")]
        in_order = by_time[np.sort(np.unique(by_time, return_index=True)[1])]
        n_shown = min(positive_int("n_users", n_users), len(in_order))
        rows = in_order[np.arange(n_shown) * len(in_order) // n_shown]
        most_rated = np.argsort(-np.bincount(self.items), kind="stable")[: positive_int("n_items", n_items)]
        parts = self.divided()
        train, test = (part[rows][:, most_rated].toarray() > 0 for part in (parts.train, parts.test))
        return (train + 2 * test).astype(np.int8)

    def _divide(self, threshold: float, split: str, test_share: float) -> LikeSplit:
        key = (threshold, split, test_share)
        if key not in self._parts:
            liked = self.ratings >= threshold
            ones = np.ones(liked.sum(), dtype=np.float32)
            likes = sp.coo_matrix((ones, (self.users[liked], self.items[liked])), shape=self.shape)
            parts = split_likes(likes, self.times[liked], split, test_share, self.seed)
            # Matrices are kept for one threshold and share: one for each split.
            self._parts = {k: v for k, v in self._parts.items() if (k[0], k[2]) == (threshold, test_share)}
            self._parts[key] = parts
        return self._parts[key]
