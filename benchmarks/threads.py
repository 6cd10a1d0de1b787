"""Two threads against one, with implicit's BPR beside ours."""

from __future__ import annotations

from collections.abc import Callable

import recsys_lessons
from benchmarks import data, peers
from benchmarks.timing import Table, ms, race, times
from benchmarks.training import LOSSES

TARGET = 1.6


def run(quick: bool) -> None:
    """Milliseconds of an epoch on the long-tailed set."""
    interactions = data.large()
    table = Table(
        f"Two threads ({data.LARGE} interactions): milliseconds of an epoch",
        {"loss": 8, "components": 0, "one thread": 0, "two threads": 0, "speed-up": 18, "by CPU": 0},
        f"At least {TARGET}× is claimed. By CPU: processor time of one thread over half that of two, which is the "
        "speed-up\nwhere both cores are free.",
    )
    for components in (30, 64):
        for loss in LOSSES:
            runners = {threads: _ours(loss, components, threads, interactions) for threads in (1, 2)}
            measured = race(runners, 3 if quick else 7)
            table.row(
                loss,
                components,
                ms(measured.median(1)),
                ms(measured.median(2)),
                times(measured.ratio(1, 2), TARGET),
                times(2 * measured.cpu_ratio(1, 2)),
            )
    _beside_implicit(3 if quick else 7, interactions)


def _beside_implicit(rounds: int, interactions) -> None:
    table = Table(
        f"BPR beside implicit's ({data.LARGE} interactions): milliseconds of an epoch",
        {"components": 0, "threads": 0, "ours (Adagrad)": 0, "implicit (plain SGD)": 0, "ratio": 8, "CPU ratio": 0},
        "Nothing is claimed: implicit's updates are plain SGD without Adagrad's second table of numbers to read, keep "
        "and\ntake roots of.",
    )
    by_user = interactions.tocsr()
    for components in (30, 64):
        for threads in (1, 2):
            runners = {
                "ours": _ours("bpr", components, threads, interactions),
                "implicit": _implicit(components, threads, by_user),
            }
            measured = race(runners, rounds)
            table.row(
                components,
                threads,
                ms(measured.median("ours")),
                ms(measured.median("implicit")),
                times(measured.ratio("implicit", "ours")),
                times(measured.cpu_ratio("implicit", "ours")),
            )


def _ours(loss: str, components: int, threads: int, interactions) -> Callable[[], object]:
    model = recsys_lessons.LightFM(no_components=components, loss=loss, random_state=1)
    return lambda: model.fit_partial(interactions, num_threads=threads)


def _implicit(components: int, threads: int, by_user) -> Callable[[], object] | None:
    if not peers.implicit_bpr:
        return None
    # A second call of fit goes on from the factors of the first.
    model = peers.implicit_bpr.BayesianPersonalizedRanking(
        factors=components, iterations=1, num_threads=threads, random_state=1
    )
    return lambda: model.fit(by_user, show_progress=False)
