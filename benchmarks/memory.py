"""Run by `benchmarks.scale` in a process of its own: prints the bytes that reading and training take at their peak."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import scipy.sparse as sp

from recsys_lessons import LightFM

STATUS = Path("/proc/self/status")


def main(folder: Path, components: int) -> None:
    """Train one epoch of WARP on the interactions in `folder`."""
    tiny = sp.coo_matrix(np.eye(4, dtype=np.float32))
    LightFM(components, loss="warp", random_state=1).fit(tiny)  # Loads the kernels.
    before = _kilobytes("VmRSS")
    # ru_maxrss would not do: a new process inherits that of the one which started it.
    Path("/proc/self/clear_refs").write_text("5")
    users, items = (np.load(folder / f"{name}.npy") for name in ("users", "items"))
    n_users, n_items = np.load(folder / "shape.npy")
    interactions = sp.coo_matrix((np.ones(len(users), np.float32), (users, items)), shape=(n_users, n_items))
    LightFM(components, loss="warp", random_state=1).fit(interactions)
    print((_kilobytes("VmHWM") - before) * 1024)


def _kilobytes(field: str) -> int:
    lines = STATUS.read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{field}:"))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
