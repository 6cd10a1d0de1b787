"""How long a learner waits in a fresh process: for the import, and for the first fit."""

from __future__ import annotations

import math
import os
import subprocess
import sys
import tempfile

import numpy as np
import scipy.sparse as sp

from benchmarks import data, peers
from benchmarks.timing import Table

PROGRAM = """
import time
import numpy, scipy.sparse, sys
train = scipy.sparse.load_npz(sys.argv[1])
started = time.perf_counter()
from {library} import LightFM
imported, cpu = time.perf_counter(), time.process_time()
LightFM(loss="warp", random_state=1).fit(train)
print(imported - started, time.perf_counter() - imported, time.process_time() - cpu)
"""
IMPORT_TARGET = 1
FIT_TARGETS = {"empty": 8, "warm": 1}


def run(quick: bool) -> None:
    """Seconds in subprocesses: medians."""
    table = Table(
        f"First fit in a fresh process ({data.MOVIES}, WARP, one epoch): seconds",
        {"library": 8, "kernel cache": 0, "import": 15, "first fit": 15, "first fit, CPU": 0},
        "NumPy and scipy.sparse are imported before the clock starts. Claimed: import below "
        f"{IMPORT_TARGET} s, first fit below {FIT_TARGETS['empty']} s with\nan empty kernel cache and below "
        f"{FIT_TARGETS['warm']} s with a warm one.",
    )
    measured = {("ours", "empty"): [], ("ours", "warm"): [], ("LightFM", ""): []}
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "train.npz")
        sp.save_npz(path, data.movies()["train"], compressed=False)
        for turn in range(1 if quick else 5):
            cache = os.path.join(folder, f"cache-{turn}")
            measured["ours", "empty"].append(_seconds("recsys_lessons", path, cache))
            measured["ours", "warm"].append(_seconds("recsys_lessons", path, cache))
            if peers.lightfm:
                measured["LightFM", ""].append(_seconds("lightfm", path, cache))
    for (library, cache), seconds in measured.items():
        if seconds:
            imported, fitted, cpu = np.median(seconds, axis=0)
            targets = (IMPORT_TARGET, FIT_TARGETS[cache]) if library == "ours" else (math.inf, math.inf)
            table.row(library, cache, _judged(imported, targets[0]), _judged(fitted, targets[1]), f"{cpu:.2f}")


def _judged(seconds: float, target: float) -> str:
    return f"{seconds:.2f}" + (f" (above {target})" if seconds > target else "")


def _seconds(library: str, path: str, cache: str) -> list[float]:
    """Of the import, of the first fit, and its processor time, in a new process that keeps its kernels in `cache`."""
    environment = {**os.environ, "NUMBA_CACHE_DIR": cache}
    command = [sys.executable, "-c", PROGRAM.format(library=library), path]
    output = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout
    return [float(seconds) for seconds in output.split()]
