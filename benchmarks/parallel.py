"""A sweep on two worker processes of a Dask cluster on this machine against the same sweep in one process."""

from __future__ import annotations

import itertools
import logging
import tempfile

from benchmarks import data
from benchmarks.timing import Table, race, times
from recsys_lessons.parallel import sweep

TARGET = 1.6
EPOCHS = 10
SETTINGS = [
    {"loss": loss, "no_components": components, "item_alpha": alpha, "learning_rate": rate, "random_state": 1}
    for loss, components, alpha, rate in itertools.product(("bpr", "warp"), (16, 32, 64), (0.0, 1e-5), (0.05, 0.1))
]


def run(quick: bool) -> None:
    """Seconds of a whole sweep, data sent and results received."""
    try:
        from distributed import Client, LocalCluster
    except ImportError as error:
        print(f"\nSKIPPED: {error}")
        return
    films = data.movies()
    arguments = {name: films[name] for name in ("train", "item_features")}
    settings = SETTINGS[::4] if quick else SETTINGS
    table = Table(
        f"A sweep of {len(settings)} fits ({data.MOVIES}): seconds",
        {"": 8, "one process": 0, "two workers": 0, "ratio": 18, "results": 0},
        f"{EPOCHS} epochs each, identity + genres, precision@10. The workers are running and have compiled. "
        f"At least {TARGET}× is\nclaimed, and the same results to the bit.",
    )
    found = {}
    with (
        tempfile.TemporaryDirectory() as folder,
        LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            local_directory=folder,
            silence_logs=logging.CRITICAL,
        ) as cluster,
        Client(cluster) as client,
    ):

        def runner(name, where):
            def measured():
                found[name] = sweep(settings, validation=films["test"], epochs=EPOCHS, client=where, **arguments)

            return measured

        measured = race(
            {"one process": runner("one process", None), "two workers": runner("two workers", client)},
            1 if quick else 3,
        )
    table.row(
        f"{len(settings)} fits",
        f"{measured.median('one process'):.1f}",
        f"{measured.median('two workers'):.1f}",
        times(measured.ratio("one process", "two workers"), TARGET),
        "same" if found["one process"] == found["two workers"] else "DIFFERENT",
    )
