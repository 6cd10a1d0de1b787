"""Data for the lessons: three sets inside the package, two more on request.

=====================  =====================================================================================
`load_movies`          100,004 real film ratings (MovieLens, 2016), with titles, years, genres and times
`load_groceries`       a year of household purchases, with product and household attributes
`make_newsroom`        a made-up news site whose true click probabilities are known
`fetch_movielens`      MovieLens 100K, as LightFM's function of that name: downloaded on request
`fetch_stackexchange`  CrossValidated, as LightFM's function of that name: downloaded on request
=====================  =====================================================================================

Importing this package loads and downloads nothing: a loader's module is imported when the loader is first
named.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from recsys_lessons.datasets.groceries import load_groceries
    from recsys_lessons.datasets.movielens import fetch_movielens
    from recsys_lessons.datasets.movies import load_movies
    from recsys_lessons.datasets.newsroom import make_newsroom
    from recsys_lessons.datasets.stackexchange import fetch_stackexchange

__all__ = ["fetch_movielens", "fetch_stackexchange", "load_groceries", "load_movies", "make_newsroom"]

_HOME_OF = {
    "fetch_movielens": "recsys_lessons.datasets.movielens",
    "fetch_stackexchange": "recsys_lessons.datasets.stackexchange",
    "load_groceries": "recsys_lessons.datasets.groceries",
    "load_movies": "recsys_lessons.datasets.movies",
    "make_newsroom": "recsys_lessons.datasets.newsroom",
}


def __getattr__(name: str) -> object:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    loader = getattr(import_module(_HOME_OF[name]), name)
    globals()[name] = loader
    return loader


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
