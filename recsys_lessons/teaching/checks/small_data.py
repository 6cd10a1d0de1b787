"""Small real data for open problems: a model trains on it in a tenth of a second.

This module must not know the problems.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp

from recsys_lessons import LightFM
from recsys_lessons.datasets import load_groceries, load_movies, make_newsroom

__all__ = [
    "Catalog",
    "DenseStars",
    "Likes",
    "News",
    "Premieres",
    "Shop",
    "Stars",
    "dense_stars",
    "small_catalog",
    "small_likes",
    "small_news",
    "small_premieres",
    "small_shop",
    "small_stars",
]


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


class Stars(NamedTuple):
    """Stars for films that got at least 20 ratings, a fifth of the films held out whole.

    Attributes
    ----------
    ratings : float64 COO matrix of shape (671, 1303)
        Stars for the known films; the columns of the new ones are empty. Every user has at least six.
    genres : float32 CSR matrix of shape (1303, 20)
        A 1 for each genre of a film; every film has at least one.
    users, films : int32 arrays of shape (13643,)
        Who rated which new film.
    stars : float64 array of shape (13643,)
        What they gave.
    """

    ratings: sp.coo_matrix
    genres: sp.csr_matrix
    users: np.ndarray
    films: np.ndarray
    stars: np.ndarray


@functools.cache
def small_stars() -> Stars:
    """The small set of stars; always the same. Take copies of its arrays before changing them."""
    movies = load_movies()
    stars = movies.matrix().astype(np.float64).tocsr()
    films = np.flatnonzero(stars.getnnz(axis=0) >= 20)
    stars = stars[:, films].tocoo()
    n_films = len(films)
    is_new = np.random.default_rng(0).permutation(n_films) < n_films // 5
    held_out = is_new[stars.col]
    known = sp.coo_matrix((stars.data[~held_out], (stars.row[~held_out], stars.col[~held_out])), shape=stars.shape)
    asked = stars.row[held_out], stars.col[held_out]
    return Stars(known, movies.item_features[films], *asked, stars.data[held_out])


class DenseStars(NamedTuple):
    """Stars of films and users with at least 50 ratings of each other, a fifth of them held out at random.

    Attributes
    ----------
    train : float64 COO matrix of shape (236, 294)
        Four fifths of the ratings; 28% of its places. Every user and every film has at least 34.
    users, films : int32 arrays of shape (4865,)
        Who gave each rating that is held out, and to which film.
    stars : float64 array of shape (4865,)
        What they gave.
    """

    train: sp.coo_matrix
    users: np.ndarray
    films: np.ndarray
    stars: np.ndarray


@functools.cache
def dense_stars() -> DenseStars:
    """The part of the table of stars that is a third full; always the same. Take copies before changing it."""
    stars = load_movies().matrix().astype(np.float64).tocsr()
    size = None
    while stars.shape != size:
        size = stars.shape
        stars = stars[:, np.flatnonzero(stars.getnnz(axis=0) >= 50)]
        stars = stars[np.flatnonzero(stars.getnnz(axis=1) >= 50)]
    stars = stars.tocoo()
    held_out = np.random.default_rng(0).permutation(stars.nnz) < stars.nnz // 5
    places = stars.row[~held_out], stars.col[~held_out]
    train = sp.coo_matrix((stars.data[~held_out], places), shape=stars.shape)
    return DenseStars(train, stars.row[held_out], stars.col[held_out], stars.data[held_out])


class Shop(NamedTuple):
    """Purchases of 801 households until the last four weeks of the year, and what they buy in these.

    Attributes
    ----------
    households, products, days : int32 arrays of shape (349875,)
        One row for each product of a visit, in order of time. `days` counts back from the first day of the last four
        weeks: 1 is the day before it.
    later : bool CSR matrix of shape (801, 2105)
        What each household buys in the four weeks, first purchases and repeats. 41 buy nothing, and one
        of the 801 has no row above.
    """

    households: np.ndarray
    products: np.ndarray
    days: np.ndarray
    later: sp.csr_matrix


@functools.cache
def small_shop() -> Shop:
    """The small shop; always the same. Take copies of its arrays before changing them."""
    shop = load_groceries(described_only=True, min_households=40)
    day = 24 * 60 * 60
    start = (shop.timestamps.max() // day + 1 - 28) * day
    before = np.flatnonzero(shop.timestamps < start)
    before = before[np.argsort(shop.timestamps[before], kind="stable")]
    days = (start - 1 - shop.timestamps[before]) // day + 1
    later = shop.as_lightfm(repeats=True, test_days=28)["test"].tocsr() > 0
    return Shop(shop.users[before], shop.items[before], days.astype(np.int32), later)


class Premieres(NamedTuple):
    """The films of `small_likes`, a fifth of them held out whole.

    Attributes
    ----------
    train : float32 COO matrix of shape (435, 656)
        Likes of the known films; the columns of the new ones are empty. Every user has at least six.
    genres : float32 CSR matrix of shape (656, 20)
        A 1 for each genre of a film.
    is_new : bool array of shape (656,)
        Which 131 films are new. They stand anywhere between the others.
    of_known, of_new : float32 CSR matrices of shape (435, 656)
        Held out: four to ten likes of known films for each user, and all likes of new ones; two users have none.
    """

    train: sp.coo_matrix
    genres: sp.csr_matrix
    is_new: np.ndarray
    of_known: sp.csr_matrix
    of_new: sp.csr_matrix


@functools.cache
def small_premieres() -> Premieres:
    """The small set of likes with new films; always the same. Take copies of its arrays before changing them."""
    likes = small_likes()
    n_films = len(likes.titles)
    is_new = np.random.default_rng(2).permutation(n_films) < n_films // 5

    def those(matrix: sp.spmatrix, films: np.ndarray) -> sp.csr_matrix:
        return (matrix @ sp.diags(films, dtype=np.float32)).tocsr()  # stores no zeros

    held_out = likes.validation + likes.test
    train, of_known = those(likes.train, ~is_new), those(held_out, ~is_new)
    of_new = those(likes.train + held_out, is_new)
    for matrix in (train, of_known, of_new):
        matrix.eliminate_zeros()
    return Premieres(train.tocoo(), likes.genres, is_new, of_known, of_new)


class News(NamedTuple):
    """A made-up news site: what was shown until Sunday, and the articles that compete on Wednesday morning.

    Attributes
    ----------
    seen : float32 COO matrix of shape (535, 1600)
        What each reader was shown before Monday: 1 if it was clicked, -1 if not.
    article_features : float32 CSR matrix of shape (1600, 59)
        Topic, author and length of each article, as ones.
    reader_features : float32 CSR matrix of shape (535, 19)
        Region, age band and chosen topics of each reader, as ones.
    known : bool CSR matrix of shape (535, 1600)
        What each reader was shown before Wednesday morning.
    fresh : int64 array of shape (65,)
        Articles published in the day before. Every reader has at least ten of them left. None is in `seen`.
    chances : float64 array of shape (535, 1600)
        The true chance of a click at the top of Wednesday's feed, 0 for an article that is not fresh or that the
        reader was shown already.
    looks : float64 array of shape (5,)
        The chance that a reader looks at each place of the feed.
    """

    seen: sp.coo_matrix
    article_features: sp.csr_matrix
    reader_features: sp.csr_matrix
    known: sp.csr_matrix
    fresh: np.ndarray
    chances: np.ndarray
    looks: np.ndarray


@functools.cache
def small_news() -> News:
    """The small news site; always the same. Take copies of its arrays before changing them."""
    day = 24 * 60 * 60
    site = make_newsroom(0, n_readers=600)
    wednesday = site.split_time + 2 * day
    fresh = np.setdiff1d(site.published(wednesday), site.published(wednesday - day)).astype(np.int64)
    known = site.shown(before=wednesday).tocsr() > 0
    left = len(fresh) - known[:, fresh].getnnz(axis=1)
    readers = np.flatnonzero((site.readers["joined"] < site.split_time) & (left >= 10))
    seen = site.as_lightfm(skips=True)["train"].tocsr()[readers].tocoo()
    known = known[readers]
    chances = np.zeros(known.shape)
    chances[:, fresh] = site.click_probability(readers[:, None], fresh, wednesday)
    chances[known.toarray()] = 0
    looks = site.examination(range(5))
    return News(seen, site.item_features, site.user_features[readers], known, fresh, chances, looks)


class Catalog(NamedTuple):
    """Vectors of a trained model, for a search by inner product: the films that anybody liked, and users in two halves.

    Attributes
    ----------
    items : float32 array of shape (6170, 33)
        The embeddings of the films, and their biases as the last column.
    yesterday, today : float32 arrays of shape (335, 33) and (336, 33)
        The embeddings of the users, and a 1 as the last column. No user stands in both.
    """

    items: np.ndarray
    yesterday: np.ndarray
    today: np.ndarray


@functools.cache
def small_catalog(seed: int = 0) -> Catalog:
    """The small catalog; always the same for a seed. Take copies of its arrays before changing them."""
    likes = (load_movies().matrix(4.0) > 0).astype(np.float32).tocsr()
    likes = likes[:, np.flatnonzero(likes.getnnz(axis=0))].tocoo()
    model = LightFM(loss="warp", no_components=32, random_state=seed).fit(likes, epochs=30)
    items = np.column_stack([model.item_embeddings, model.item_biases])
    users = np.column_stack([model.user_embeddings, np.ones(likes.shape[0], dtype=np.float32)])
    users = users[np.random.default_rng(seed).permutation(len(users))]
    half = len(users) // 2
    return Catalog(items, users[:half], users[half:])
