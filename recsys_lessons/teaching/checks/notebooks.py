"""Run a learner's exercise notebook and tell how far it is: `recsys-lessons check`.

The notebook runs under nbval from top to bottom, in a kernel of its own, as often as it takes to hear of every
problem: a cell that loops for ever or kills the kernel is left out of the next run, so it costs its own problem only.
The learner's file is read and not written.

This module must not know what is right: the checks in the notebook say so.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

import recsys_lessons
from recsys_lessons.teaching.checks import judging, listening
from recsys_lessons.teaching.checks.listening import DIED, PASSED, TIME_LIMIT
from recsys_lessons.teaching.checks.problem import UnknownProblem, problems_of

__all__ = ["SECONDS", "NotebookError", "Outcome", "check_notebook", "lesson_of", "read_notebook"]

#: How long a cell may run.
SECONDS = 30.0

NO_CHECK = "check is missing"

_OUTCOMES = {
    "NotAttempted": judging.NOT_ATTEMPTED,
    "Incorrect": judging.WRONG,
    "AnswerRaised": judging.ERROR,
    "NeedsSetup": judging.SETUP,
}


class NotebookError(Exception):
    """What is wrong with a file, in one sentence a learner can act on."""


@dataclass(frozen=True)
class Outcome:
    """How it stands with one problem: its name, a word of `judging` or of this module, and what to do next."""

    problem: str
    outcome: str
    next_step: str = ""

    @property
    def right(self) -> bool:
        """Whether the answer is right."""
        return self.outcome == judging.RIGHT


def read_notebook(path: Path) -> NotebookNode:
    """Read a notebook.

    Raises
    ------
    NotebookError
        If there is none, or it cannot be read.
    """
    if not path.is_file():
        raise NotebookError(f"there is no file {path}")
    try:
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
    except OSError as error:
        raise NotebookError(f"{path} cannot be read: {error.strerror or error}") from error
    except Exception as error:  # broken JSON, a wrong schema, an encoding: nbformat has no common class for them
        told = str(error).strip().split("\n")[0][:120]
        raise NotebookError(f"{path} is no notebook, or it is damaged ({type(error).__name__}: {told})") from error
    return notebook


def lesson_of(notebook: NotebookNode, path: Path) -> str:
    """The number of the lesson that an exercise notebook belongs to.

    Its own metadata say so; where they are lost, the name of the file.

    Raises
    ------
    NotebookError
        If neither names a lesson that has exercises.
    """
    source = str(notebook.metadata.get("recsys_lessons", {}).get("source", ""))
    for name in (source.rsplit("/", 1)[-1] if source.startswith("sources/exercises/") else "", path.name):
        try:
            problems_of(name[:2])
        except UnknownProblem:
            continue
        return name[:2]
    raise NotebookError(f"{path} is not one of the course's exercises, as far as its metadata and its name tell")


def check_notebook(path: Path, seconds: float = SECONDS) -> list[Outcome]:
    """Run an exercise notebook and report on each problem of its lesson.

    Parameters
    ----------
    path : pathlib.Path
        Saved with or without outputs; those do not count.
    seconds : float
        Time limit for each cell.

    Returns
    -------
    list of Outcome
        In the order of the notebook.

    Raises
    ------
    NotebookError
        If the file is no notebook, or not one of the exercises.
    """
    path = path.absolute()
    notebook = read_notebook(path)
    problems = [problem.name for problem in problems_of(lesson_of(notebook, path))]
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    checks = {_grade_id(cell): number for number, cell in enumerate(cells)}
    answers = {name: checks.get(name) for name in problems}
    told: dict[int, _Told] = {}
    skipped: set[int] = set()
    while True:
        ran = _run(notebook, path, seconds, skipped)
        told = ran | {number: told[number] for number in skipped if number in told}
        stopped = next((number for number, what in ran.items() if what.kind in (TIME_LIMIT, DIED)), None)
        if stopped is None or stopped in skipped or len(skipped) == len(cells):
            break
        skipped.add(stopped)
        told[stopped] = ran[stopped]
    return [_outcome(name, answers[name], checks.get(f"check_{name}"), told) for name in problems]


@dataclass(frozen=True)
class _Told:
    """What came of a cell: a word of `listening`, and the exception's name and text."""

    kind: str
    name: str = ""
    text: str = ""


def _grade_id(cell: NotebookNode) -> str:
    return str(cell.metadata.get("nbgrader", {}).get("grade_id", ""))


def _outcome(name: str, answer: int | None, check: int | None, told: dict[int, _Told]) -> Outcome:
    hint = f'hint("{name}")'
    if check is None:
        return Outcome(name, NO_CHECK, "its check cell was deleted: recsys-lessons reset puts the notebook back")
    at = told.get(check, _Told(DIED))
    written = _Told(PASSED) if answer is None else told.get(answer, _Told(PASSED))
    # A cell that failed on its own says more than the check that missed it.
    if written.kind != PASSED and at.kind != PASSED:
        at = written
    if at.kind in (TIME_LIMIT, DIED):
        return Outcome(name, at.kind, at.text)
    if at.kind == PASSED:
        return Outcome(name, judging.RIGHT)
    outcome = _OUTCOMES.get(at.name, judging.ERROR)
    if at.name in _OUTCOMES:
        likely = [line.strip() for line in at.text.splitlines() if line.strip().startswith(("likely", "raised"))]
        step = likely[-1].split(maxsplit=1)[1] if likely else hint
        return Outcome(name, outcome, at.text.splitlines()[0].partition(": ")[2] if outcome == judging.SETUP else step)
    return Outcome(name, outcome, f"{at.name}: {at.text.splitlines()[0] if at.text else ''}".rstrip(": "))


def _run(notebook: NotebookNode, path: Path, seconds: float, skipped: set[int]) -> dict[int, _Told]:
    """Run the notebook once under nbval; what came of each code cell, by number."""
    copy = nbformat.from_dict(notebook)
    code = [cell for cell in copy.cells if cell.cell_type == "code"]
    for number, cell in enumerate(code):
        cell.outputs, cell.execution_count = [], None
        tags = [tag for tag in cell.metadata.get("tags", []) if not tag.startswith(("nbval", "raises"))]
        cell.metadata["tags"] = [*tags, "nbval-skip"] if number in skipped else tags
    # The copy runs elsewhere, so that nothing is written beside the learner's file; its code sees the learner's folder.
    copy.cells.insert(0, nbformat.v4.new_code_cell(f"import os\nos.chdir({str(path.parent)!r})\ndel os"))
    with tempfile.TemporaryDirectory(prefix="recsys-check-") as folder:
        target, told = Path(folder) / "notebook.ipynb", Path(folder) / "told.json"
        nbformat.write(copy, target)
        arguments = ["-q", "-c", os.devnull, "--rootdir", folder, "-p", "no:cacheprovider", "-p", listening.__name__]
        arguments += ["--nbval-lax", "--nbval-current-env", "--nbval-cell-timeout", str(seconds), str(target)]
        ran = subprocess.run(
            [sys.executable, "-m", "pytest", *arguments],
            env=_environment(path.parent, told),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
        )
        if not told.is_file():
            raise NotebookError(f"nbval could not run {path}: {(ran.stdout + ran.stderr).strip()[-500:]}")
        cells = json.loads(told.read_text(encoding="utf-8"))
    # The first cell is the one that was put before the learner's.
    return {int(number) - 1: _Told(*what) for number, what in cells.items() if int(number) > 0}


def _environment(folder: Path, told: Path) -> dict[str, str]:
    """The environment of the run: without options for pytest, and with modules that lie beside the notebook."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
    package = Path(recsys_lessons.__file__).resolve().parent.parent
    search = [environment.get("PYTHONPATH"), str(folder), str(package)]
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, search))
    environment[listening.TOLD] = str(told)
    environment["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"
    return environment


def table(path: Path, outcomes: Sequence[Outcome]) -> str:
    """The outcomes of a notebook as a short table.

    Examples
    --------
    >>> print(table(Path("05_losses.ipynb"), [Outcome("warp_weight", "right"), Outcome("bpr", "wrong", 'hint("bpr")')]))
    05_losses.ipynb: 1 of 2 right
      warp_weight  right
      bpr          wrong  hint("bpr")
    """
    n_right = sum(outcome.right for outcome in outcomes)
    names = max(len(outcome.problem) for outcome in outcomes)
    words = max(len(outcome.outcome) for outcome in outcomes)
    lines = [
        f"  {outcome.problem:<{names}}  {outcome.outcome:<{words}}  {outcome.next_step}".rstrip()
        for outcome in outcomes
    ]
    return "\n".join([f"{path.name}: {n_right} of {len(outcomes)} right", *lines])
