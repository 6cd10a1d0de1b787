"""The command line: ``python -m benchmarks [section ...] [--quick]``. Each section prints its own table."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence

from benchmarks import factors, labs, machine, own_loss, quality, ranking, scale, start, threads, training

SECTIONS = {
    "training": training.run,
    "threads": threads.run,
    "ranking": ranking.run,
    "factors": factors.run,
    "start": start.run,
    "scale": scale.run,
    "quality": quality.run,
    "own_loss": own_loss.run,
    "labs": labs.run,
    "clicking": labs.run_clicking,
}


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Time the library against its peers.")
    parser.add_argument("sections", nargs="*", metavar="section", help=f"of {', '.join(SECTIONS)}; all by default")
    parser.add_argument("--quick", action="store_true", help="few rounds, and nothing that takes minutes")
    options = parser.parse_args(arguments)
    for name in options.sections:
        if name not in SECTIONS:
            parser.error(f"there is no section {name!r}; there are {', '.join(SECTIONS)}")
    print(machine.describe(), flush=True)
    for name in options.sections or SECTIONS:
        started = time.perf_counter()
        SECTIONS[name](options.quick)
        print(f"\n({name}: {time.perf_counter() - started:.0f} s, load {machine.load()})", flush=True)


if __name__ == "__main__":
    main()
