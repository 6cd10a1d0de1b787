"""A sweep on two worker processes of a Dask cluster on this machine against the same sweep in one process."""

from __future__ import annotations

import itertools
import logging
import tempfile
import time

import numpy as np

from benchmarks import data
from benchmarks.timing import Table, race, times
from recsys_lessons.parallel import sweep

TARGET = 1.6
EPOCHS = 20
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
        {"": 8, "one process": 0, "two workers": 0, "ratio": 18, "by CPU": 0, "results": 0},
        f"{EPOCHS} epochs each, identity + genres, precision@10. The workers are running and have compiled. By CPU: "
        "processor time\nof one process over that of the busier worker, which is the ratio where both cores are free. "
        f"At least {TARGET}× is claimed,\nand the same results to the bit.",
    )
    found, busier = {}, []
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

        def here():
            found["here"] = sweep(settings, validation=films["test"], epochs=EPOCHS, **arguments)

        def there():
            before = client.run(time.process_time)
            found["there"] = sweep(settings, validation=films["test"], epochs=EPOCHS, client=client, **arguments)
            after = client.run(time.process_time)
            busier.append(max(after[worker] - before[worker] for worker in after))

        measured = race({"here": here, "there": there}, 1 if quick else 3)
    table.row(
        f"{len(settings)} fits",
        f"{measured.median('here'):.1f}",
        f"{measured.median('there'):.1f}",
        times(measured.ratio("here", "there"), TARGET),
        times(float(np.median(measured.cpu["here"] / busier[1:]))),  # the first is the untimed one
        "same" if found["here"] == found["there"] else "DIFFERENT",
    )
