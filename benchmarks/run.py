"""The command line: ``python -m benchmarks [section ...] [--quick]``. Each section prints its own table."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence

from benchmarks import (
    classroom,
    factors,
    labs,
    machine,
    own_loss,
    parallel,
    quality,
    ranking,
    scale,
    start,
    threads,
    training,
)

SECTIONS = {
    "training": training.run,
    "threads": threads.run,
    "ranking": ranking.run,
    "factors": factors.run,
    "start": start.run,
    "scale": scale.run,
    "quality": quality.run,
    "own_loss": own_loss.run,
    "parallel": parallel.run,
    "labs": labs.run,
    "clicking": labs.run_clicking,
    "classroom": classroom.run,
}


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Time the library against its peers.")
    parser.add_argument("sections", nargs="*", metavar="section", help=f"of {', '.join(SECTIONS)}; all by default")
    parser.add_argument("--quick", action="store_true", help="few rounds, and nothing that takes minutes")
    parser.add_argument("--learners", type=int, default=20, metavar="N", help="of the section classroom (default: 20)")
    options = parser.parse_args(arguments)
    for name in options.sections:
        if name not in SECTIONS:
            parser.error(f"there is no section {name!r}; there are {', '.join(SECTIONS)}")
    print(machine.describe(), flush=True)
    for name in options.sections or SECTIONS:
        started = time.perf_counter()
        further = {"n_learners": options.learners} if name == "classroom" else {}
        SECTIONS[name](options.quick, **further)
        print(f"\n({name}: {time.perf_counter() - started:.0f} s, load {machine.load()})", flush=True)


if __name__ == "__main__":
    main()
