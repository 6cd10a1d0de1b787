"""predict_rank and precision_at_k against LightFM, from the same embeddings, and whether the ranks are the same."""

from __future__ import annotations

import importlib

import numpy as np

import recsys_lessons
from benchmarks import data, peers
from benchmarks.timing import Table, ms, race, times
from recsys_lessons.evaluation import precision_at_k

COMPONENTS = 30
TARGET = 15
LEARNED = [f"{side}_{kind}" for side in ("item", "user") for kind in ("embeddings", "biases")]


def run(quick: bool) -> None:
    """Milliseconds of ranking the test items of the bundled films."""
    films = data.movies()
    train, test = films["train"], films["test"]
    ours = recsys_lessons.LightFM(COMPONENTS, loss="warp", random_state=1).fit(train, epochs=10)
    for name in LEARNED:
        # Multiples of 1/64 this small add up without rounding, whatever the order: equal scores are equal everywhere.
        setattr(ours, name, np.round(getattr(ours, name) * 64) / 64)
    theirs, their_precision = None, None
    if peers.lightfm:
        theirs = peers.lightfm.LightFM(COMPONENTS, loss="warp").fit(train, epochs=0)
        for name in LEARNED:
            setattr(theirs, name, np.array(getattr(ours, name)))
        their_precision = importlib.import_module("lightfm.evaluation").precision_at_k
        _check_ranks(ours.predict_rank(test, train), theirs.predict_rank(test, train))
    table = Table(
        f"Ranking ({data.MOVIES}, {test.nnz:,} test items, {COMPONENTS} components): milliseconds",
        {"what": 16, "ours": 9, "LightFM": 9, "ratio": 18, "CPU ratio": 0},
        f"Known items excluded, one thread. At least {TARGET}× is claimed.",
    )
    cases = {
        "predict_rank": (
            lambda: ours.predict_rank(test, train),
            theirs and (lambda: theirs.predict_rank(test, train)),
        ),
        "precision_at_k": (
            lambda: precision_at_k(ours, test, train),
            theirs and (lambda: their_precision(theirs, test, train)),
        ),
    }
    for what, (our_runner, their_runner) in cases.items():
        measured = race({"ours": our_runner, "LightFM": their_runner}, 3 if quick else 11)
        table.row(
            what,
            ms(measured.median("ours")),
            ms(measured.median("LightFM")),
            times(measured.ratio("LightFM", "ours"), TARGET),
            times(measured.cpu_ratio("LightFM", "ours")),
        )


def _check_ranks(ours, theirs) -> None:
    """Raise unless all ranks are equal: both count ties against the item."""
    ours.sort_indices()
    theirs.sort_indices()
    different = np.flatnonzero(ours.data != theirs.data)
    if len(different):
        raise AssertionError(
            f"{len(different)} of {ours.nnz} ranks differ from LightFM's, the first: "
            f"{ours.data[different[0]]:.0f} and {theirs.data[different[0]]:.0f}."
        )
    print(f"\nAll {ours.nnz:,} ranks are equal to LightFM's.")
