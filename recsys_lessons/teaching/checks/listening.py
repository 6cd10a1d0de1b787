"""A plugin of pytest that writes down what came of each cell under nbval, for `notebooks`.

Loaded in a process of its own: ``python -m pytest -p recsys_lessons.teaching.checks.listening``. The environment
variable `TOLD` names the file for the result: JSON, by number of the cell a list of word, exception and text.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from queue import Empty
from typing import Any

TOLD = "RECSYS_LESSONS_TOLD"

PASSED = "passed"
FAILED = "failed"
TIME_LIMIT = "time limit"
DIED = "kernel died"

_POLL = 0.5  # seconds between two looks at whether the kernel is alive

_told: dict[int, tuple[str, str, str]] = {}


def pytest_runtest_call(item: Any) -> None:
    """Before the first cell: make nbval notice a kernel that is gone, instead of waiting until the time limit."""
    kernel = item.parent.kernel
    if "await_reply" in vars(kernel):
        return
    wait = type(kernel).await_reply

    def await_reply(msg_id: str, timeout: float) -> None:
        end = time.monotonic() + timeout
        while True:
            left = end - time.monotonic()
            try:
                return wait(kernel, msg_id, max(min(_POLL, left), 0.01))
            except Empty:
                if left <= _POLL:
                    raise
                if not kernel.is_alive():
                    raise RuntimeError("the kernel is gone") from None

    kernel.await_reply = await_reply


def pytest_runtest_makereport(item: Any, call: Any) -> None:
    """Keep what came of a cell; after one that took the kernel with it there is nothing to keep."""
    ended = any(word in (TIME_LIMIT, DIED) and not name for word, name, _ in _told.values())
    if call.when != "call" or ended:
        return
    if call.excinfo is None:
        _told[item.cell_num] = (PASSED, "", "")
    elif call.excinfo.typename != "Skipped":
        _told[item.cell_num] = _failure(item, str(call.excinfo.value))


def _failure(item: Any, message: str) -> tuple[str, str, str]:
    error = next((output for output in item.test_outputs or [] if output.get("output_type") == "error"), {})
    name = error.get("ename", "")
    if message.startswith("Timeout"):
        seconds = item.config.option.nbval_cell_timeout
        return TIME_LIMIT, name, f"ran longer than {seconds:g} s: an endless loop?"
    if not error:
        return DIED, "", "the kernel stopped while this ran: exit, or too much memory?"
    return FAILED, name, error.get("evalue", "")


def pytest_sessionfinish() -> None:
    """Write the file."""
    Path(os.environ[TOLD]).write_text(json.dumps(_told), encoding="utf-8")
