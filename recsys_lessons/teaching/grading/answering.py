"""Run the cells of one submission, and its answers on the cases of their problems. Nothing here is trusted.

The process ``python -m recsys_lessons.teaching.grading.answering`` is confined by whoever starts it. It reads a job
from stdin (JSON: ``lesson``, ``cells`` as pairs of number and source, ``problems``, ``memory``, ``processes``,
``file_bytes``, ``cache``, ``scratch``, ``alone``) and writes what happens to stdout, a line of JSON each:

- ``{"begun": "cell 3"}``, ``{"begun": "problem warp_weight"}``: so that it is known what ran when this process ended;
- ``{"cell": 3, "raised": [name, message]}``;
- ``{"problem": "warp_weight", "attempt": ...}``: an `Attempt`, as plain values;
- ``{"end": true}``.

A learner's code can write such lines itself. That gains it nothing: a line holds answers, not verdicts.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import resource
import shutil
import signal
import sys
from pathlib import Path
from typing import Any


def main() -> None:
    """Do the job that stands in stdin."""
    job = json.loads(sys.stdin.buffer.read())
    channel = os.dup(1)
    os.set_inheritable(channel, False)
    _to_nothing(0, 1)
    if job["cache"]:
        shutil.copytree(job["cache"], os.environ["NUMBA_CACHE_DIR"], dirs_exist_ok=True)
    scratch = Path(job["scratch"])
    for name in ("home", "temporary", "work"):
        (scratch / name).mkdir()
    os.chdir(scratch / "work")
    _limit(job)
    os.register_at_fork(after_in_child=lambda: os._exit(0))  # an answer needs no second process
    _Answers(job, channel).run()


def _to_nothing(*streams: int) -> None:
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in streams:
        os.dup2(nothing, stream)
    os.close(nothing)


def _limit(job: dict[str, Any]) -> None:
    limits = {
        resource.RLIMIT_AS: job["memory"],
        resource.RLIMIT_FSIZE: job["file_bytes"],
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NPROC: job["processes"],
    }
    for kind, wanted in limits.items():
        _, hard = resource.getrlimit(kind)
        limit = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(kind, (limit, limit))


class _Answers:
    """One submission: cells run one after the other, then each answer is tried."""

    def __init__(self, job: dict[str, Any], channel: int) -> None:
        self.job, self.channel, self.process = job, channel, os.getpid()

    def say(self, **line: Any) -> None:
        if os.getpid() != self.process:  # a fork of a learner's code, past Python
            os._exit(0)
        if self.job["alone"]:  # what the last step has started; as far as this user may see, there is nobody else
            with contextlib.suppress(ProcessLookupError):
                os.kill(-1, signal.SIGKILL)
        text = (json.dumps(line) + "\n").encode()
        while text:
            text = text[os.write(self.channel, text) :]

    def run(self) -> None:
        self.say(begun="start")
        from IPython.core.interactiveshell import InteractiveShell

        from recsys_lessons.models.warm_up import warm_up
        from recsys_lessons.teaching.checks.calling import Printed, attempt
        from recsys_lessons.teaching.checks.problem import problems_of

        class Shell(InteractiveShell):
            def enable_gui(self, gui: str | None = None) -> None:
                """Nothing is shown: `%matplotlib inline` asks for this."""

        shell = Shell.instance(colors="nocolor", history_length=0)
        shell.history_manager.enabled = False
        warm_up()  # a learner's code may delete the folder of the kernels
        _to_nothing(2)  # up to here, what goes wrong is the grader's own and can be read
        for number, source in self.job["cells"]:
            self.say(begun=f"cell {number}")
            sys.stdout, sys.stderr = Printed(), Printed()
            done = shell.run_cell(source, store_history=False, silent=True)
            error = done.error_before_exec or done.error_in_exec
            if error is not None:
                self.say(cell=number, raised=[type(error).__name__, str(error)[:2000]])
        for problem in problems_of(self.job["lesson"]):
            if problem.name in self.job["problems"]:
                self.say(begun=f"problem {problem.name}")
                tried = attempt(problem, shell.user_ns.get(problem.name))
                origin = _origin(shell.user_ns.get(problem.name))
                self.say(problem=problem.name, attempt=_plain(tried), origin=origin)
        self.say(end=True)
        os._exit(0)  # whatever a learner's code has left running


def _plain(tried: Any) -> str:
    from recsys_lessons.teaching.checks.values import encoded

    return encoded(dataclasses.asdict(tried))


def _origin(answer: Any) -> str:
    """The module of this package that an answer comes from; empty for one that was written in the notebook."""
    code = getattr(getattr(answer, "__wrapped__", answer), "__code__", None)
    package = Path(__file__).resolve().parents[2]
    path = Path(getattr(code, "co_filename", ""))
    return path.relative_to(package.parent).as_posix() if path.is_relative_to(package) else ""


if __name__ == "__main__":
    main()
