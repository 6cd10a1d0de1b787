"""Runs things in turn, so that whatever else the machine does hits all of them, and prints tables of the results."""

from __future__ import annotations

import gc
import math
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np


class Times(NamedTuple):
    """Seconds of each round by name: on the clock, and of processor time summed over threads."""

    wall: dict[str, np.ndarray]
    cpu: dict[str, np.ndarray]

    def median(self, name: str) -> float:
        """Median seconds on the clock; NaN for what did not run."""
        return float(np.median(self.wall[name])) if name in self.wall else math.nan

    def ratio(self, slow: str, fast: str) -> float:
        """Median over the rounds of `slow` divided by `fast`, on the clock; NaN if either did not run."""
        return _ratio(self.wall, slow, fast)

    def cpu_ratio(self, slow: str, fast: str) -> float:
        """The same in processor time, which other programs on the machine disturb less."""
        return _ratio(self.cpu, slow, fast)


def _ratio(seconds: dict[str, np.ndarray], slow: str, fast: str) -> float:
    if slow not in seconds or fast not in seconds:
        return math.nan
    return float(np.median(seconds[slow] / seconds[fast]))


def race(runners: Mapping[str, Callable[[], object] | None], rounds: int, warm_up: bool = True) -> Times:
    """Time the runners one after the other, `rounds` times over, in opposite order every other round.

    A runner that is None (a missing peer) is left out. The first, untimed call compiles and fills caches.
    """
    present = {name: runner for name, runner in runners.items() if runner is not None}
    times = Times({name: np.zeros(rounds) for name in present}, {name: np.zeros(rounds) for name in present})
    if warm_up:
        for runner in present.values():
            runner()
    for turn in range(rounds):
        for name in list(present)[:: -1 if turn % 2 else 1]:
            gc.collect()
            wall, cpu = time.perf_counter(), time.process_time()
            present[name]()
            times.cpu[name][turn] = time.process_time() - cpu
            times.wall[name][turn] = time.perf_counter() - wall
    return times


class Table:
    """A Markdown table whose rows are printed as they come."""

    def __init__(self, title: str, columns: Mapping[str, int], note: str = ""):
        print(f"\n### {title}\n")
        if note:
            print(f"{note}\n")
        self.widths = [max(width, len(name)) for name, width in columns.items()]
        self._print(list(columns))
        self._print(["-" * width for width in self.widths])

    def row(self, *cells: object) -> None:
        """Print one row."""
        self._print([str(cell) for cell in cells])

    def _print(self, cells: list[str]) -> None:
        padded = (cell.ljust(width) for cell, width in zip(cells, self.widths, strict=True))
        print(f"| {' | '.join(padded)} |", flush=True)


def ms(seconds: float) -> str:
    """Milliseconds with three digits or more."""
    return "–" if math.isnan(seconds) else f"{seconds * 1e3:,.0f}" if seconds >= 0.1 else f"{seconds * 1e3:.2f}"


def times(ratio: float, target: float | None = None) -> str:
    """A ratio as in "3.1×", with "(below 5)" if it misses its target."""
    if math.isnan(ratio):
        return "–"
    return f"{ratio:.2f}×" + (f" (below {target:g})" if target is not None and ratio < target else "")
