"""What all tests share: quiet plotting, hypothesis without a clock, and optional outside material."""

import os
import shutil
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
