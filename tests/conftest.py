"""What all tests share: quiet plotting, hypothesis without a clock, and optional outside material."""

import os
import shutil
from collections import defaultdict
from pathlib import Path

import pytest
from hypothesis import settings

# Figures are drawn without a screen.
os.environ.setdefault("MPLBACKEND", "Agg")

# The first example may compile a kernel, so examples are not timed. In CI they are the same in every run.
settings.register_profile("course", deadline=None, derandomize=bool(os.environ.get("CI")), print_blob=True)
settings.load_profile("course")

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the source checkout."""
    return REPOSITORY


@pytest.fixture(scope="session")
def archives() -> Path:
    """The folder of downloaded archives that must not be redistributed."""
    named = os.environ.get("RECSYS_LESSONS_DATA")
    if not named:
        pytest.skip("RECSYS_LESSONS_DATA is not set: the archives of MovieLens 100K and CrossValidated are not here")
    if not Path(named).is_dir():
        pytest.skip(f"RECSYS_LESSONS_DATA is {named!r}, which is not a folder")
    return Path(named)


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium for browser tests."""
    pytest.importorskip("playwright.sync_api", reason="the package playwright is not installed")
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    pytest.skip("no chromium on the path: install it to run the browser tests")


def pytest_terminal_summary(terminalreporter):
    """Say how long each notebook took, and which cells most of all. This is a report: nothing fails for it."""
    seconds: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for outcome in ("passed", "failed", ""):
        for report in terminalreporter.stats.get(outcome, []):
            notebook, _, cell = report.nodeid.partition(".ipynb::")
            if cell:
                # The time to start a kernel is the notebook's, not a cell's.
                seconds[notebook][cell if report.when == "call" else "its kernel"] += report.duration
    if not seconds:
        return
    terminalreporter.section("seconds of notebooks")
    for notebook, cells in sorted(seconds.items(), key=lambda item: -sum(item[1].values())):
        slowest = sorted(cells.items(), key=lambda item: -item[1])[:3]
        told = ", ".join(f"{cell} {duration:.1f}" for cell, duration in slowest)
        terminalreporter.write_line(f"{sum(cells.values()):6.1f}  {notebook.rsplit('/', 1)[-1]}: {told}")
