"""Small real data for open problems: a model trains on it in a tenth of a second.

This module must not know the problems.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp

from recsys_lessons.datasets import load_movies

__all__ = ["Likes", "small_likes"]


class Likes(NamedTuple):
    """Likes of users who gave at least 20, of films that got at least 20, split in train, validation and test.

    Attributes
    ----------
    train, validation, test : float32 COO matrices of shape (435, 656)
        A 1 for each film rated with at least four stars. `validation` and `test` hold five likes of each user, drawn
        at random; no two of the three share one.
    titles : array of str of shape (656,)
    genres : float32 CSR matrix of shape (656, 20)
        A 1 for each genre of a film.
    """

    train: sp.coo_matrix
    validation: sp.coo_matrix
    test: sp.coo_matrix
    titles: np.ndarray
    genres: sp.csr_matrix


@functools.cache
def small_likes() -> Likes:
    """The small set of likes; always the same. Take copies of its matrices before changing them."""
    movies = load_movies()
    likes = (movies.matrix(4.0) > 0).astype(np.float32).tocsr()
    films = np.flatnonzero(likes.sum(axis=0).A1 >= 20)
    likes = likes[:, films]
    likes = likes[np.flatnonzero(likes.sum(axis=1).A1 >= 20)].tocoo()
    order = np.random.default_rng(0).permutation(likes.nnz)
    # The place of each like in its user's random order: the first five are test, the next five validation.
    by_user = order[np.argsort(likes.row[order], kind="stable")]
    starts = np.searchsorted(likes.row[by_user], np.arange(likes.shape[0]))
    place = np.empty(likes.nnz, dtype=np.int64)
    place[by_user] = np.arange(likes.nnz) - starts[likes.row[by_user]]

    def part(chosen: np.ndarray) -> sp.coo_matrix:
        return sp.coo_matrix((likes.data[chosen], (likes.row[chosen], likes.col[chosen])), shape=likes.shape)

    return Likes(
        train=part(place >= 10),
        validation=part((place >= 5) & (place < 10)),
        test=part(place < 5),
        titles=movies.titles[films],
        genres=movies.item_features[films],
    )
