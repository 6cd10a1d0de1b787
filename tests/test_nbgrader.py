"""The classroom route: what nbgrader makes of a solved exercise is ours, and it judges ours as we do.

nbgrader lives in an environment of its own that sees the packages of this one: its extensions of JupyterLab are for
those who ask for them.
"""

import re
import shutil
import subprocess
from pathlib import Path

import nbformat
import pytest

from tests.environments import beside

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parent.parent
SOLUTIONS = sorted((ROOT / "solutions").glob("*.ipynb"))


@pytest.fixture(scope="module")
def nbgrader(tmp_path_factory):
    """A function that runs nbgrader in a folder and returns what it says."""
    python, environment = beside(tmp_path_factory.mktemp("nbgrader") / "environment", "nbgrader")

    def run(*words, cwd):
        ran = subprocess.run(
            [python, "-m", "nbgrader", *words], cwd=cwd, env=environment, capture_output=True, text=True, timeout=600
        )
        return ran.stdout + ran.stderr

    return run


def test_what_nbgrader_releases_is_our_exercise(nbgrader, tmp_path):
    for solution in SOLUTIONS:
        (tmp_path / "source/all").mkdir(parents=True, exist_ok=True)
        shutil.copy(solution, tmp_path / "source/all")
    said = nbgrader("generate_assignment", "all", "--course-dir=.", "--create", cwd=tmp_path)
    for solution in SOLUTIONS:
        released = tmp_path / "release/all" / solution.name
        assert released.exists(), said[-3000:]
        theirs, ours = (nbformat.read(p, as_version=4) for p in (released, ROOT / "exercises" / solution.name))
        assert [plain(cell) for cell in theirs.cells] == [plain(cell) for cell in ours.cells]


def plain(cell):
    """A cell without what nbgrader adds to it: checksums."""
    metadata = dict(cell.metadata)
    if "nbgrader" in metadata:
        about = metadata["nbgrader"]
        metadata["nbgrader"] = {key: about[key] for key in about if key not in ("checksum", "cell_type")}
    return cell.id, cell.cell_type, cell.source, metadata, cell.get("outputs", [])


@pytest.mark.parametrize("solution", SOLUTIONS, ids=lambda path: path.stem)
def test_it_validates_solutions_and_fails_exercises_everywhere(nbgrader, tmp_path, solution):
    shutil.copy(solution, tmp_path / "solved.ipynb")
    shutil.copy(ROOT / "exercises" / solution.name, tmp_path / "unsolved.ipynb")
    assert "Success! Your notebook passes all the tests." in nbgrader("validate", "solved.ipynb", cwd=tmp_path)
    assert "Success! The notebook does not pass any tests." in nbgrader(
        "validate", "--invert", "unsolved.ipynb", cwd=tmp_path
    )
    told = nbgrader("validate", "unsolved.ipynb", cwd=tmp_path)
    checks = re.findall(r'check\("(\w+)"', (ROOT / "exercises" / solution.name).read_text().replace('\\"', '"'))
    assert all(f"{name}: not attempted" in told for name in set(checks))
