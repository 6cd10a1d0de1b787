"""How training time and memory grow with the number of interactions: 0.1, 1 and 20 million."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile

import numpy as np
import scipy.sparse as sp

from benchmarks import data
from benchmarks.memory import STATUS
from benchmarks.timing import Table, times
from benchmarks.training import compare

COMPONENTS = 64
# Interactions, users, items, rounds. The smaller shapes are those of MovieLens 100K and 1M, the last of 20M.
SIZES = ((100_000, 943, 1_682, 7), (1_000_000, 6_040, 3_700, 3), (20_000_000, 140_000, 27_000, 1))


def run(quick: bool) -> None:
    """WARP, 64 components, one thread: seconds per million interactions, and peak memory of ours."""
    table = Table(
        f"Scale (long tail, WARP, {COMPONENTS} components, one thread)",
        {
            "interactions": 0, "users": 8, "items": 8, "ours, s per million": 0, "LightFM, s per million": 0,
            "ratio": 17, "CPU ratio": 0, "peak memory, MB": 0, "bound, MB": 0,
        },
        "Peak memory: what a process holds more at its peak than before it reads the interactions, those included.\n"
        "Bound: 3 × the bytes of the interactions (12 each) + 4 × the bytes of the parameters.",
    )  # fmt: skip
    for n_interactions, n_users, n_items, rounds in SIZES[: 2 if quick else 3]:
        interactions = data.long_tailed(n_users, n_items, n_interactions)
        compared = compare(interactions, None, "warp", COMPONENTS, rounds, warm_up=rounds > 1)
        millions = n_interactions / 1e6
        bound = 3 * 12 * n_interactions + 4 * 4 * (n_users + n_items) * (COMPONENTS + 1)
        table.row(
            f"{n_interactions:,}",
            f"{n_users:,}",
            f"{n_items:,}",
            f"{compared.median('ours') / millions:.2f}",
            f"{compared.median('LightFM') / millions:.2f}",
            times(compared.ratio("LightFM", "ours"), 1),
            times(compared.cpu_ratio("LightFM", "ours")),
            f"{peak_memory(interactions) / 1e6:,.0f}" if STATUS.exists() else "Linux only",
            f"{bound / 1e6:,.0f}",
        )


def peak_memory(interactions: sp.coo_matrix) -> int:
    """Bytes that a process of its own needs to read the interactions and train an epoch."""
    with tempfile.TemporaryDirectory() as folder:
        arrays = {"users": interactions.row, "items": interactions.col, "shape": interactions.shape}
        for name, array in arrays.items():
            np.save(os.path.join(folder, f"{name}.npy"), array)
        command = [sys.executable, "-m", "benchmarks.memory", folder, str(COMPONENTS)]
        return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
