"""Every unsolved exercise fails in its checks, with meaning, and nowhere else.

A file of its own, since the notebooks of one file run one after the other.
"""

import nbformat
import pytest

from recsys_lessons.teaching.checks import listening, notebooks
from tests.teaching.checks.exercises import ROOT

EXERCISES = sorted((ROOT / "exercises").glob("*.ipynb"))


@pytest.mark.parametrize("path", EXERCISES, ids=lambda path: path.stem)
def test_an_unsolved_exercise_fails_in_its_checks_and_nowhere_else(path):
    # What nbval says of every cell, not only of the checks.
    told = notebooks._run(notebooks.read_notebook(path), path, notebooks.SECONDS, set())
    cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    failed = {number for number, what in told.items() if what.kind != listening.PASSED}
    checks = {n for n, cell in enumerate(cells) if cell.metadata.get("nbgrader", {}).get("grade")}
    assert len(told) == len(cells)
    assert failed == checks
    assert {told[number].name for number in failed} == {"NotAttempted"}
    assert all("not attempted" in told[number].text for number in failed)
