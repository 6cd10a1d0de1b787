"""What is trained on: bundled films, MovieLens 100K where it can be had, and made-up long-tailed interactions."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
import scipy.sparse as sp

from recsys_lessons.datasets import fetch_movielens, load_movies

MOVIELENS = "MovieLens 100K"
MOVIES = "bundled movies"
LARGE = "long tail, 740,000"


@cache
def movies() -> dict[str, Any]:
    """The bundled ratings of at least 4, split at random, with identity and genres."""
    return load_movies().as_lightfm(genre_features=True, min_rating=4.0)


@cache
def movielens() -> dict[str, Any] | None:
    """MovieLens 100K with its published split, identity and genres; None, with a printed reason, without it."""
    try:
        form = fetch_movielens(genre_features=True, min_rating=4.0)
    except OSError as error:
        print(f"\nSKIPPED {MOVIELENS}: {error}")
        return None
    return {**form, "train": form["train"].astype(np.float32), "test": form["test"].astype(np.float32)}


def rating_sets() -> Iterator[tuple[str, sp.coo_matrix, sp.coo_matrix]]:
    """All ratings, those below 4 too: name, train, test."""
    for name, form in ((MOVIES, load_movies().as_lightfm()), (MOVIELENS, movielens() and fetch_movielens())):
        if form:
            yield name, form["train"].astype(np.float32), form["test"].astype(np.float32)


@cache
def large() -> sp.coo_matrix:
    """As many users, items and interactions as MovieLens 1M has with about three quarters of its ratings."""
    return long_tailed(6_040, 3_700, 740_000)


def long_tailed(n_users: int, n_items: int, n_interactions: int, seed: int = 0) -> sp.coo_matrix:
    """Different (user, item) pairs; popularity falls with rank**-0.9, activity with rank**-0.5.

    Who meets what is otherwise chance. Returns float32 ones of shape (n_users, n_items), sorted by user and item.
    """
    generator = np.random.default_rng(seed)
    user_shares = np.cumsum(np.arange(1, n_users + 1) ** -0.5)
    item_shares = np.cumsum(np.arange(1, n_items + 1) ** -0.9)
    pairs = np.zeros(0, dtype=np.int64)
    while len(pairs) < n_interactions:
        users = np.searchsorted(user_shares, generator.random(n_interactions) * user_shares[-1])
        items = np.searchsorted(item_shares, generator.random(n_interactions) * item_shares[-1])
        pairs = np.union1d(pairs, users * np.int64(n_items) + items)
    kept = np.ones(len(pairs), dtype=bool)
    kept[generator.choice(len(pairs), len(pairs) - n_interactions, replace=False)] = False
    users, items = np.divmod(pairs[kept], n_items)
    ones = np.ones(n_interactions, dtype=np.float32)
    return sp.coo_matrix((ones, (users.astype(np.int32), items.astype(np.int32))), shape=(n_users, n_items))
