"""Film ratings that come with the package: MovieLens latest-small of October 2016.

Nothing here knows of models or metrics.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import scipy.sparse as sp

from recsys_lessons import validation
from recsys_lessons.datasets import _records
from recsys_lessons.datasets._packing import grouped_cumsum, join_bytes, read_packaged, unpack_text

__all__ = ["Movies", "load_movies"]


@dataclass(frozen=True, eq=False, repr=False)
class Movies(_records.InteractionRecord):
    """Ratings of films: what `load_movies` returns.

    Attributes
    ----------
    users, items : int32 arrays of shape (n_ratings,)
        Row numbers, from 0; sorted by user, then by film.
    values : float32 array of shape (n_ratings,)
        Stars, from 0.5 to 5 in steps of a half.
    timestamps : int64 array of shape (n_ratings,)
        Seconds since the beginning of 1970, UTC.
    user_labels : int32 array of shape (n_users,)
        MovieLens' user ids. Nothing else is known of the users.
    item_labels : array of str of shape (n_items,)
        Title and year, as in ``"Toy Story (1995)"``. Two pairs of films share a label: there were two Hamlets
        in 2000 and two Wars of the Worlds in 2005.
    item_features : float32 CSR matrix of shape (n_items, n_genres)
        A 1 for each genre of a film; every film has at least one.
    item_feature_labels : array of str of shape (n_genres,)
        As in ``"genre:Comedy"``. The last is ``"genre:(no genres listed)"``, which 17 films have.
    titles : array of str of shape (n_items,)
    years : int32 array of shape (n_items,)
        The year of release, or of a series' first season; 0 for three entries whose year is not given.
    movie_ids : int32 array of shape (n_items,)
        MovieLens' film ids.
    """

    titles: np.ndarray = field(kw_only=True)
    years: np.ndarray = field(kw_only=True)
    movie_ids: np.ndarray = field(kw_only=True)

    def as_lightfm(
        self,
        indicator_features: bool = True,
        genre_features: bool = False,
        min_rating: float = 0.0,
        *,
        split: str = "random",
        held_out: int = 10,
        test_fraction: float = 0.1,
        seed: int = 0,
    ) -> dict[str, Any]:
        """Return the ratings, split into train and test, in the form of LightFM's `fetch_movielens`.

        Parameters
        ----------
        indicator_features : bool
            Give each film a feature of its own: an identity matrix.
        genre_features : bool
            Give each film its genres. With both, the genres follow the identity.
        min_rating : float
            Leave out ratings below this, after the split.
        split : {"random", "latest", "time"}
            ``"random"``: `held_out` ratings of each user, drawn by `seed`, are the test set; MovieLens 100K's
            own split (ua) is of this kind, with 10. ``"latest"``: the `held_out` latest of each user.
            ``"time"``: all ratings given at or after the moment that leaves `test_fraction` of them; most
            users are then in one of the two sets alone, as in life.
        held_out : int
            1 to 19: every user has at least 20 ratings.
        test_fraction : float
            Between 0 and 1; only for ``split="time"``.
        seed : int
            Only for ``split="random"``; the same seed gives the same split.

        Returns
        -------
        dict
            ``train``, ``test``: float32 COO matrices of ratings, of shape (n_users, n_items), without a
            common entry; ``item_features``: float32 CSR matrix of shape (n_items, n_item_features);
            ``item_feature_labels``, ``item_labels``: arrays of str.

        Raises
        ------
        ValueError
            If both kinds of features are off, or an argument is out of its range.

        Examples
        --------
        >>> from recsys_lessons.datasets import load_movies
        >>> data = load_movies().as_lightfm(genre_features=True, min_rating=4.0)
        >>> data["train"].shape, data["item_features"].shape
        ((671, 9066), (9066, 9086))
        """
        if not (indicator_features or genre_features):
            raise ValueError("At least one of indicator_features or genre_features must be True.")
        in_test = self._test_mask(split, held_out, test_fraction, seed)
        liked = self.values >= _records.not_nan("min_rating", min_rating)
        train, test = (
            _records.as_matrix(
                self.users[chosen], self.items[chosen], self.values[chosen], (self.n_users, self.n_items)
            )
            for chosen in (liked & ~in_test, liked & in_test)
        )
        blocks = []
        if indicator_features:
            blocks.append(_records.identity_block(self.item_labels))
        if genre_features:
            blocks.append((self.item_features, self.item_feature_labels))
        return _records.lightfm_form(train, test, self.item_labels, blocks)

    def _test_mask(self, split: str, held_out: int, test_fraction: float, seed: int) -> np.ndarray:
        validation.choice("split", split, ("random", "latest", "time"))
        if split == "time":
            n_train = int(self.n_interactions * (1 - validation.fraction("test_fraction", test_fraction)))
            return self.timestamps >= np.sort(self.timestamps)[n_train]
        if split == "latest":
            order = -self.timestamps
        else:
            order = validation.check_random_state(seed).permutation(self.n_interactions)
        return _records.hold_out_per_user(self.users, held_out, order)


def load_movies() -> Movies:
    """Load 100,004 ratings of 9,066 films by 671 users of MovieLens, given from 1995 to 2016.

    This is MovieLens latest-small as GroupLens published it in October 2016, without its tags and without the
    59 films that nobody rated. Every user has rated at least 20 films; 1.64% of the table is filled. The data
    may be used and passed on, not commercially, under GroupLens' terms (``movies.LICENSE.txt`` beside the
    data); cite Harper and Konstan (2015), "The MovieLens Datasets: History and Context", ACM TiiS 5(4), 19.

    Returns
    -------
    Movies
        A new record on each call; its arrays are yours.

    Examples
    --------
    >>> movies = load_movies()
    >>> movies
    Movies(671 users, 9,066 items, 100,004 interactions, 1995-01-09 to 2016-10-16)
    >>> str(movies.item_labels[0]), [str(label) for label in movies.item_feature_labels[[0, -1]]]
    ('Toy Story (1995)', ['genre:Action', 'genre:(no genres listed)'])
    """
    packed = read_packaged("movies.npz")
    counts = packed["ratings_per_user"]
    titles, years = unpack_text(packed["titles"]), packed["years"].astype(np.int32)
    genres = unpack_text(packed["genres"])
    has_genre = packed["genre_bits"][:, None] >> np.arange(len(genres), dtype=np.uint32) & 1
    times = np.repeat(packed["first_times"], counts) + join_bytes(packed["seconds_since_first"])
    return Movies(
        users=np.repeat(np.arange(len(counts), dtype=np.int32), counts),
        items=grouped_cumsum(join_bytes(packed["item_steps"]), counts).astype(np.int32),
        values=packed["half_stars"].astype(np.float32) / 2,
        timestamps=times,
        user_labels=packed["user_ids"].astype(np.int32),
        item_labels=np.array(
            [f"{title} ({year})" if year else title for title, year in zip(titles, years, strict=True)]
        ),
        item_features=sp.csr_matrix(has_genre, dtype=np.float32),
        item_feature_labels=np.array([f"genre:{genre}" for genre in genres]),
        titles=np.array(titles),
        years=years,
        movie_ids=packed["movie_ids"],
    )
