"""A class on one machine: a JupyterHub as `deploy/` configures it, and learners who work at the same time.

Each learner is a system account and a thread here that does what a browser does: logs in, waits for the server, runs
the first lesson cell by cell, opens lesson 07, and trains in its lab while turning to other users. The course does the
same work as for people; what a browser draws is not measured (that is the section `labs`). Everything stays on this
computer's loopback. Needs root, Node.js and npm: accounts are made, and removed afterwards.
"""

from __future__ import annotations

import os
import pwd
import random
import re
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from recsys_lessons.learner_copy import FIRST_LESSON
from tests.hub import MEMBER, Hub, Kernel, Learner, MissingError, hub

LAB_LESSON = "notebooks/07_tuning.ipynb"
ARRIVAL = 9.0  # seconds from one learner to the next, on average: twenty come within three minutes
TRAINING = 600.0  # seconds that one training may take, before it counts as a failure
RUNS = ({}, {"Loss": {"index": 1}}, {"Components": {"value": 60}})  # what is set before each training


@dataclass
class Seen:
    """What one learner has met with."""

    name: str
    #: Seconds from the beginning of the class.
    arrived: float = 0.0
    left: float = 0.0
    #: Seconds from pressing Log in: until the server was there, and until the first figure of the first lesson.
    server: float = 0.0
    figure: float = 0.0
    #: Seconds from pressing Train to the first list from the new model; and of each answer while a model was trained.
    first_points: list[float] = field(default_factory=list)
    answers: list[float] = field(default_factory=list)
    #: MB of each process at the end, by what it is.
    memory: dict[str, float] = field(default_factory=dict)
    failure: str = ""


def run(quick: bool, n_learners: int = 20) -> None:
    """Print the table of one class; `quick` makes it a class of four."""
    names = [f"class-{number:02}-{os.getpid()}" for number in range(1, (4 if quick else n_learners) + 1)]
    try:
        with hub(dict.fromkeys(names, MEMBER)) as running:
            _report(*_class(running, names))
    except MissingError as missing:
        print(f"no class can be held here: {missing}")


def _class(running: Hub, names: list[str]) -> tuple[list[Seen], Machine]:
    """Let all come, work and stay."""
    rng = random.Random(1)
    seen = [Seen(name) for name in names]
    machine = Machine()
    machine.start()
    threads = [
        threading.Thread(
            target=_take_part, args=(running, one, rng.uniform(0, ARRIVAL * len(names)), random.Random(number))
        )
        for number, one in enumerate(seen)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    machine.end()
    for one in seen:
        one.memory = memory_of(one.name)
    return seen, machine


def _take_part(running: Hub, seen: Seen, arrives: float, rng: random.Random) -> None:
    time.sleep(arrives)
    seen.arrived = arrives
    began = time.monotonic()
    try:
        learner = Learner(running.address, seen.name)
        if not learner.log_in(running.passwords[seen.name]):
            raise AssertionError("the password was refused")
        learner.start_server()
        seen.server = time.monotonic() - began
        with learner.kernel(FIRST_LESSON) as kernel:
            for source in _code_cells(learner, FIRST_LESSON):
                outputs = kernel.run(source)
                if seen.figure:
                    time.sleep(rng.uniform(2, 6))  # from here on, the learner reads
                elif any("image/png" in output.get("data", {}) for output in outputs):
                    seen.figure = time.monotonic() - began
        with learner.kernel(LAB_LESSON) as kernel:
            cells = list(_code_cells(learner, LAB_LESSON))
            kernel.run(cells[0])  # the data; the lab needs no more of the lesson
            kernel.run(cells[-1])
            for settings in RUNS:
                _train(kernel, settings, seen, rng)
                time.sleep(rng.uniform(2, 6))
    except Exception as error:  # one learner's trouble must not end the class; it is reported
        seen.failure = f"{type(error).__name__}: {error}"
    seen.left = arrives + time.monotonic() - began


def _code_cells(learner: Learner, notebook: str) -> Iterator[str]:
    answer = learner.api(f"contents/{notebook}")
    answer.raise_for_status()
    return (cell["source"] for cell in answer.json()["content"]["cells"] if cell["cell_type"] == "code")


def _train(kernel: Kernel, settings: dict[str, dict], seen: Seen, rng: random.Random) -> None:
    """Turn the knobs, press Train, and ask for one user's list after the other until the training is over."""
    for description, state in settings.items():
        kernel.set(kernel.widget(description=description), **state)
    body = next(number for number, state in kernel.widgets.items() if "For user" in str(state.get("value")))
    told = next(number for number, state in kernel.widgets.items() if _TOLD.search(str(state.get("value"))))
    users = kernel.widget(description="User number")
    kernel.press(kernel.widget(description="Train"))
    emptied = kernel.wait_for(body, lambda state: _EMPTY in state["value"])  # the old list goes first
    seen.first_points.append(emptied + kernel.wait_for(body, lambda state: _EMPTY not in state["value"]))
    deadline = time.monotonic() + TRAINING
    while "done" not in kernel.widgets[told]["value"]:
        if time.monotonic() > deadline:
            raise AssertionError(f"after {TRAINING:.0f} s the lab says: {kernel.widgets[told]['value']}")
        user = rng.choice([number for number in range(600) if number != kernel.widgets[users]["value"]])
        kernel.set(users, value=user)
        seen.answers.append(kernel.wait_for(body, lambda state, user=user: f"For user {user}:" in state["value"]))
        kernel.listen(rng.uniform(0.5, 1.5))


_EMPTY = "nothing is trained yet"
_TOLD = re.compile(r"^(nothing trained yet|starting|done: |stopped after |about .* left)")


def memory_of(account: str) -> dict[str, float]:
    """MB that the processes of an account hold, by what they are; pages that several share count in parts (PSS)."""
    found: dict[str, float] = {}
    uid = pwd.getpwnam(account).pw_uid
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if folder.stat().st_uid != uid:
                continue
            command = (folder / "cmdline").read_text()
            (pss,) = re.findall(r"^Pss: +(\d+) kB", (folder / "smaps_rollup").read_text(), re.MULTILINE)
        except (FileNotFoundError, ProcessLookupError):  # it has ended in the meantime
            continue
        kind = "server" if "jupyterhub-singleuser" in command else "kernels" if "ipykernel" in command else "other"
        found[kind] = found.get(kind, 0.0) + int(pss) / 1024
    return found


class Machine(threading.Thread):
    """Looks at the machine's memory and processors twice a second.

    Attributes
    ----------
    taken : float
        MB of memory that were there at the beginning and were not at the worst moment.
    busy : list of float
        Share of all processors that was busy, by the half second.
    work, own : float
        Seconds of processor time that were spent on everything, and by this process: the simulated learners.
    """

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.taken, self.busy, self.work, self.own = 0.0, [], 0.0, 0.0
        self._over = threading.Event()

    def run(self) -> None:
        before, own, (first, _) = _available(), time.process_time(), _processors()
        work, idle = _processors()
        while not self._over.wait(0.5):
            self.taken = max(self.taken, before - _available())
            now = _processors()
            self.busy.append((now[0] - work) / max(1e-9, now[0] - work + now[1] - idle))
            work, idle = now
        self.work, self.own = work - first, time.process_time() - own

    def end(self) -> None:
        """Look no more."""
        self._over.set()
        self.join()


def _available() -> float:
    (kilobytes,) = re.findall(r"^MemAvailable: +(\d+) kB", Path("/proc/meminfo").read_text(), re.MULTILINE)
    return int(kilobytes) / 1024


def _processors() -> tuple[float, float]:
    """Seconds that all processors together were busy, and idle, since the machine started."""
    ticks = os.sysconf("SC_CLK_TCK")
    times = [int(word) / ticks for word in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    idle = times[3] + times[4]
    return sum(times) - idle, idle


def _report(seen: list[Seen], machine: Machine) -> None:
    fine = [one for one in seen if not one.failure]
    first_points = [seconds for one in fine for seconds in one.first_points]
    answers = [seconds for one in fine for seconds in one.answers]
    totals = [sum(one.memory.values()) for one in fine]
    rows = [("learners", f"{len(seen)}"), ("failures", f"{len(seen) - len(fine)}")]
    if fine:
        minute = min(120, len(machine.busy))  # in half seconds; a class may be over sooner
        busiest = np.convolve(machine.busy, np.ones(minute) / minute, mode="valid").max() if minute else np.nan
        minutes = [(one.left - one.arrived) / 60 for one in fine]
        parts = {kind: np.mean([one.memory.get(kind, 0.0) for one in fine]) for kind in ("server", "kernels")}
        rows += [
            ("from the first login to the last run, minutes", f"{max(one.left for one in seen) / 60:.1f}"),
            ("a learner's lesson and lab, minutes", f"{np.median(minutes):.1f} (longest {max(minutes):.1f})"),
            ("from Log in to the server, seconds", _spread([one.server for one in fine])),
            ("from Log in to the first figure, seconds", _spread([one.figure for one in fine])),
            ("from Train to the first list of the new model, seconds", _spread(first_points)),
            (f"answer of the lab in training ({len(answers)}), seconds", _spread(answers, digits=2)),
            ("memory of a learner, MB", f"{np.mean(totals):.0f} (most {max(totals):.0f})"),
            ("of these: server, two kernels", f"{parts['server']:.0f}, {parts['kernels']:.0f}"),
            ("memory that the class took from the machine, GB", f"{machine.taken / 1024:.1f}"),
            ("processor time for a learner, seconds", f"{(machine.work - machine.own) / len(seen):.0f}"),
            ("processors busy on average, and in the busiest minute", f"{np.mean(machine.busy):.0%}, {busiest:.0%}"),
            ("processor time of the simulation itself, seconds", f"{machine.own:.0f}"),
        ]
    print("\n| a class | |\n|---|--:|")
    for what, told in rows:
        print(f"| {what} | {told} |")
    for one in seen:
        if one.failure:
            print(f"\n{one.name}: {one.failure}")


def _spread(values: list[float], digits: int = 1) -> str:
    median, late = np.percentile(values, (50, 95))
    return f"median {median:.{digits}f}, 95% within {late:.{digits}f}, longest {max(values):.{digits}f}"
