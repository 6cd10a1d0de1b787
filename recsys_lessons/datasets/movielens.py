"""MovieLens 100K, downloaded on request, with the arguments and results of LightFM's function.

Nothing here knows of models or metrics.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import scipy.sparse as sp

from recsys_lessons.datasets import _records
from recsys_lessons.datasets._archives import Source, obtain, read_members

__all__ = ["fetch_movielens"]

CHECKSUMS = {
    "ml-100k/u.genre": "9757e0d3e6b298159a80dd48eaf938114690e911e39af97a76949ef1663610bb",
    "ml-100k/u.item": "553841ebc7de3a0fd0d6b62a204ea30c1e651aacfb2814c7a6584ac52f2c5701",
    "ml-100k/u.occupation": "cd5fbec9afe345d993a62fc7817df1a4a9079c4feb267b3118763b8fd942137d",
    "ml-100k/u.user": "f120e114da2e8cf314fd28f99417c94ae9ddf1cb6db8ce0e4b5995d40e90e62c",
    "ml-100k/ua.base": "67b5bcdb380c29f85d56a012ecd88612ae020f30a6730d117a334ee8203b91f2",
    "ml-100k/ua.test": "d0497e202417720f57a184ec8c66be2d1afa4ff41bb53787c57b28d6bf79bc42",
}
SOURCE = Source(
    title="MovieLens 100K",
    file_names=("ml-100k.zip",),
    url="https://files.grouplens.org/datasets/movielens/ml-100k.zip",
    page="https://grouplens.org/datasets/movielens/100k/",
    read=lambda path: read_members(path, CHECKSUMS),
)

# The bands in which MovieLens 1M gives ages: the youngest age of each, and its name.
AGE_BANDS = {0: "under 18", 18: "18-24", 25: "25-34", 35: "35-44", 45: "45-49", 50: "50-55", 56: "56+"}
GENDERS = ("F", "M")
GENRES_START = 5


def fetch_movielens(
    data_home: str | os.PathLike[str] | None = None,
    indicator_features: bool = True,
    genre_features: bool = False,
    min_rating: float = 0.0,
    download_if_missing: bool = True,
    *,
    user_features: bool = False,
) -> dict[str, Any]:
    """Fetch MovieLens 100K: 100,000 ratings of 1,682 films by 943 users, given in 1997 and 1998.

    The archive is looked for in the folder that the environment variable ``RECSYS_LESSONS_DATA`` names, then
    in `data_home`, and is downloaded from GroupLens otherwise. It may not be redistributed, nor used
    commercially; cite Harper and Konstan (2015), "The MovieLens Datasets: History and Context", ACM TiiS
    5(4), 19.

    Parameters
    ----------
    data_home : path, optional
        Folder in which the archive is kept. Default: the folder for caches of the operating system.
    indicator_features : bool
        Give each film a feature of its own: an identity matrix.
    genre_features : bool
        Give each film its genres. With both, the genres follow the identity.
    min_rating : float
        Leave out ratings below this.
    download_if_missing : bool
        If False and the archive is nowhere, raise an ``OSError``.
    user_features : bool
        Also return age band, gender and occupation of the users, without an identity. To have both, stack
        ``scipy.sparse.identity(943)`` and these.

    Returns
    -------
    dict
        ``train``, ``test``: int32 COO matrices of ratings, of shape (943, 1682), from the published split
        ``ua`` with 10 ratings of each user in the test set (90,570 and 9,430 ratings); ``item_features``:
        float32 CSR matrix of shape (1682, n_item_features); ``item_feature_labels``, ``item_labels``: arrays
        of str, titles and ``"genre:Comedy"``; and, when asked for, ``user_features``: float32 CSR matrix of
        shape (943, 30), and ``user_feature_labels``, as in ``"age:25-34"``, ``"gender:F"``,
        ``"occupation:writer"``.

    Raises
    ------
    ValueError
        If both kinds of features are off, or the archive found is damaged or not the one expected.
    OSError
        If the archive is missing and cannot be downloaded; the message says how to go on.

    Notes
    -----
    The same as LightFM 1.17, except that film titles are whole: LightFM cuts each to its first letter, and
    would lose letters with accents.
    """
    if not (indicator_features or genre_features):
        raise ValueError("At least one of indicator_features or genre_features must be True.")
    min_rating = _records.not_nan("min_rating", min_rating)
    members = obtain(SOURCE, data_home, download_if_missing)
    # Latin-1 is the encoding of this data set; of the files read here, only the titles need it.
    tables = {name.removeprefix("ml-100k/"): content.decode("latin-1") for name, content in members.items()}

    titles, genre_block = _films(tables["u.item"], tables["u.genre"])
    users = [line.split("|") for line in tables["u.user"].splitlines()]
    train, test = (_ratings(tables[name], min_rating, (len(users), len(titles))) for name in ("ua.base", "ua.test"))
    blocks = []
    if indicator_features:
        blocks.append(_records.identity_block(titles))
    if genre_features:
        blocks.append(genre_block)
    user_block = _user_block(users, tables["u.occupation"].split()) if user_features else None
    return _records.lightfm_form(train, test, titles, blocks, user_block)


def _ratings(table: str, min_rating: float, shape: tuple[int, int]) -> sp.coo_matrix:
    users, items, ratings, _ = np.array(table.split(), dtype=np.int32).reshape(-1, 4).T
    kept = ratings >= min_rating
    matrix = sp.coo_matrix((ratings[kept], (users[kept] - 1, items[kept] - 1)), shape=shape, dtype=np.int32)
    return matrix.tocsr().tocoo()


def _films(item_table: str, genre_table: str) -> tuple[np.ndarray, _records.Block]:
    """Return titles, and genres with their labels."""
    films = [line.split("|") for line in item_table.splitlines()]
    genres = [line.split("|")[0] for line in genre_table.splitlines() if line]
    has_genre = np.array([film[GENRES_START:] for film in films], dtype=np.float32)
    labels = np.array([f"genre:{genre}" for genre in genres])
    return np.array([film[1] for film in films]), (sp.csr_matrix(has_genre), labels)


def _user_block(users: list[list[str]], occupations: list[str]) -> _records.Block:
    _, ages, genders, user_occupations, _ = zip(*users, strict=True)
    bands = np.searchsorted(list(AGE_BANDS), np.array(ages, dtype=int), side="right") - 1
    return _records.stack_features(
        [
            _records.one_hot("age", bands, list(AGE_BANDS.values())),
            _records.one_hot("gender", np.array([GENDERS.index(gender) for gender in genders]), GENDERS),
            _records.one_hot(
                "occupation", np.array([occupations.index(name) for name in user_occupations]), occupations
            ),
        ]
    )
