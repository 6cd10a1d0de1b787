"""Training with one thread against LightFM: an epoch of ours and one of LightFM's in turn."""

from __future__ import annotations

from typing import Any

import scipy.sparse as sp

import recsys_lessons
from benchmarks import data, peers
from benchmarks.timing import Table, ms, race, times

LOSSES = ("logistic", "bpr", "warp", "warp-kos")
TARGET = 2.5


def run(quick: bool) -> None:
    """Milliseconds of an epoch, all losses, with and without features."""
    cases = list(_cases(quick))
    table = Table(
        "Training, one thread: milliseconds of an epoch",
        {"data": 18, "features": 17, "loss": 8, "components": 0, "ours": 9, "LightFM": 9, "ratio": 18, "CPU ratio": 0},
        f"Each epoch is one call of fit_partial. At least {TARGET}× is claimed.",
    )
    for name, interactions, features in cases:
        rounds = 3 if quick else 5 if interactions.nnz > 500_000 else 11
        described = "none" if features is None else "identity + genres"
        for components in (30, 64):
            for loss in LOSSES:
                compared = compare(interactions, features, loss, components, rounds)
                table.row(
                    name,
                    described,
                    loss,
                    components,
                    ms(compared.median("ours")),
                    ms(compared.median("LightFM")),
                    times(compared.ratio("LightFM", "ours"), TARGET),
                    times(compared.cpu_ratio("LightFM", "ours")),
                )


def compare(interactions: sp.coo_matrix, features: Any, loss: str, components: int, rounds: int, warm_up: bool = True):
    """Race an epoch of ours against one of LightFM's."""
    ours = recsys_lessons.LightFM(no_components=components, loss=loss, random_state=1)
    runners = {"ours": lambda: ours.fit_partial(interactions, item_features=features), "LightFM": None}
    if peers.lightfm:
        theirs = peers.lightfm.LightFM(no_components=components, loss=loss, random_state=1)
        runners["LightFM"] = lambda: theirs.fit_partial(interactions, item_features=features)
    return race(runners, rounds, warm_up)


def _cases(quick: bool):
    """Name, interactions and item features of each case."""
    films, movielens = data.movies(), data.movielens()
    yield data.MOVIES, films["train"], None
    yield data.MOVIES, films["train"], films["item_features"]
    if movielens:
        yield data.MOVIELENS, movielens["train"], None
        yield data.MOVIELENS, movielens["train"], movielens["item_features"]
    if not quick:
        yield data.LARGE, data.large(), None
