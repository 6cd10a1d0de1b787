"""recsys_lessons: a hybrid recommender you can read, and the library behind the course.

Importing the package is cheap: a model is loaded when its name is first used.

>>> import recsys_lessons
>>> recsys_lessons.__version__
'0.1.0'
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from recsys_lessons.models.baselines import BiasOnly, GlobalMean, Popularity
    from recsys_lessons.models.funk_svd import FunkSVD
    from recsys_lessons.models.lightfm import LightFM

__version__ = "0.1.0"

__all__ = ["BiasOnly", "FunkSVD", "GlobalMean", "LightFM", "Popularity", "__version__"]

_HOME_OF = {
    "BiasOnly": "recsys_lessons.models.baselines",
    "FunkSVD": "recsys_lessons.models.funk_svd",
    "GlobalMean": "recsys_lessons.models.baselines",
    "LightFM": "recsys_lessons.models.lightfm",
    "Popularity": "recsys_lessons.models.baselines",
}


def __getattr__(name: str) -> object:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    model = getattr(import_module(_HOME_OF[name]), name)
    globals()[name] = model
    return model


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
