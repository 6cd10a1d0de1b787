"""Grade submissions: what each problem of each notebook is worth, and why.

A notebook's cells and answers run in a confined process; the verdict is computed here. Where the process ends before
it has answered all, what it was at is left out of another run: so a loop, an exit or a crash costs its own points.
Check cells of a submission are not run, so editing, deleting or forging them changes nothing; it is reported.
"""

from __future__ import annotations

import ast
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from nbformat import NotebookNode

from recsys_lessons.kernels.compiling import cache_folder
from recsys_lessons.teaching.checks import judging
from recsys_lessons.teaching.checks.calling import Attempt, Raised, Result
from recsys_lessons.teaching.checks.judging import Verdict, judge
from recsys_lessons.teaching.checks.notebooks import NotebookError, lesson_of, read_notebook
from recsys_lessons.teaching.checks.problem import Problem, UnknownProblem, problems_of
from recsys_lessons.teaching.checks.values import NotPlain, decoded
from recsys_lessons.teaching.grading.confining import Confinement, Ended

__all__ = ["SECONDS", "TOTAL_SECONDS", "Grade", "Graded", "Submission", "find_submissions", "grade_all"]

#: How long a cell, or an answer on all its cases, may take.
SECONDS = 20.0

#: How long one submission may take in all.
TOTAL_SECONDS = 180.0

STOPPED = "stopped"  # an outcome beside those of `judging`

_WHY = {
    "done": "It said that all was done, and it was not.",
    "time limit": "It ran longer than {seconds:g} s: an endless loop?",
    "ended": "The process ended while it ran: exit, a crash, or too much memory?",
    "too much handed back": "It handed back more than a notebook may.",
    "too many files": "It wrote more files than a notebook may.",
}
_ALLOWED = {"check", "hint", "solution"}


@dataclass(frozen=True)
class Submission:
    """A file that was handed in: whose it is, and where it lies."""

    learner: str
    path: Path
    name: str


@dataclass(frozen=True)
class Grade:
    """What one problem of one submission is worth: 1 point or 0, and why."""

    problem: str
    verdict: Verdict

    @property
    def points(self) -> int:
        """1 for a right answer."""
        return int(self.verdict.outcome == judging.RIGHT)


@dataclass(frozen=True)
class Graded:
    """A submission with its grades; `notes` are what a teacher should know of it."""

    submission: Submission
    lesson: str
    grades: tuple[Grade, ...]
    notes: tuple[str, ...] = ()

    @property
    def points(self) -> int:
        """Sum over the problems."""
        return sum(grade.points for grade in self.grades)


# --- what was handed in ----------------------------------------------------------------------------------------------


def find_submissions(folder: Path, exercises: Sequence[str] = ()) -> list[Submission]:
    """All notebooks below a folder, with the learners they belong to.

    A learner is named by the folder directly below `folder`, as in nbgrader's ``submitted/``; of a notebook that lies
    in `folder` itself, by its file name without the name of the exercise.

    Parameters
    ----------
    folder : pathlib.Path
    exercises : sequence of str
        Names of the exercises, such as ``"05_losses"``.

    Returns
    -------
    list of Submission
        Sorted by learner and name.
    """
    found = []
    for path in sorted(folder.rglob("*.ipynb")):
        relative = path.relative_to(folder)
        if any(part.startswith(".") for part in relative.parts):
            continue
        learner = relative.parts[0] if len(relative.parts) > 1 else _learner_in(path.stem, exercises)
        found.append(Submission(learner, path, relative.as_posix()))
    return sorted(found, key=lambda submission: (submission.learner, submission.name))


def _learner_in(stem: str, exercises: Sequence[str]) -> str:
    exercise = next((name for name in exercises if name in stem), "")
    return stem.replace(exercise, "").strip(" _-.()") or stem


# --- grading ---------------------------------------------------------------------------------------------------------


def grade_all(
    submissions: Sequence[Submission],
    confinement: Confinement,
    *,
    seconds: float = SECONDS,
    jobs: int | None = None,
    on_graded: Callable[[Graded], None] = lambda graded: None,
) -> list[Graded]:
    """Grade submissions, several at a time.

    Parameters
    ----------
    submissions : sequence of Submission
    confinement : Confinement
    seconds : float
        Time limit of a cell or an answer.
    jobs : int, optional
        How many at a time; by default one for each processor.
    on_graded : callable
        Told of each, as it is done.

    Returns
    -------
    list of Graded
        In the order of `submissions`.
    """
    folder = cache_folder()
    cache = None if folder is None else folder.parent
    jobs = jobs or os.cpu_count() or 1
    slots: SimpleQueue[int] = SimpleQueue()
    for slot in range(jobs):
        slots.put(slot)
    telling = threading.Lock()

    def one(submission: Submission) -> Graded:
        slot = slots.get()
        try:
            graded = _grade(submission, confinement, seconds, slot, cache)
        finally:
            slots.put(slot)
        with telling:
            on_graded(graded)
        return graded

    with ThreadPoolExecutor(jobs) as pool:
        return list(pool.map(one, submissions))


def _grade(submission: Submission, confinement: Confinement, seconds: float, slot: int, cache: Path | None) -> Graded:
    try:
        if submission.path.is_symlink():
            raise NotebookError("the file is a link to another place, and was not followed")
        notebook = read_notebook(submission.path)
        lesson = lesson_of(notebook, submission.path)
    except NotebookError as error:
        return _unreadable(submission, str(error).replace(str(submission.path), submission.path.name))
    problems = problems_of(lesson)
    cells, notes = _cells_of(notebook, problems)
    answers = _Answers(lesson, cells, [problem.name for problem in problems])
    end = time.monotonic() + TOTAL_SECONDS
    while answers.open and time.monotonic() < end:
        ended = confinement.run(answers.job(), answers.hear, slot=slot, seconds=seconds, cache=cache)
        # A process that says it is done and has not answered all was told so by a learner's code.
        if ended.why == "done" and not answers.open:
            break
        answers.blame(ended, _WHY[ended.why].format(seconds=seconds))
    grades = tuple(Grade(problem.name, answers.verdict(problem)) for problem in problems)
    return Graded(submission, lesson, grades, (*notes, *answers.notes()))


def _unreadable(submission: Submission, reason: str) -> Graded:
    try:
        problems = problems_of(submission.path.name[:2])
    except UnknownProblem:
        return Graded(submission, "", (), (reason,))
    grades = tuple(Grade(problem.name, Verdict(STOPPED, f"The file: {reason}.")) for problem in problems)
    return Graded(submission, submission.path.name[:2], grades, (reason,))


class _Answers:
    """What is known of the answers of one submission, over several runs."""

    def __init__(self, lesson: str, cells: list[tuple[int, str, str]], problems: list[str]) -> None:
        self.lesson, self.cells, self.open = lesson, cells, list(problems)
        self.attempts: dict[str, Attempt | Verdict] = {}
        self.raised: dict[int, tuple[str, str]] = {}
        self.stopped: dict[int, str] = {}
        self.origins: dict[str, str] = {}

    def job(self) -> dict[str, Any]:
        cells = [(number, source) for number, source, _ in self.cells if number not in self.stopped]
        return {"lesson": self.lesson, "cells": cells, "problems": self.open}

    def hear(self, line: dict[str, Any]) -> None:
        """Take in a line; it may be anything."""
        raised = line.get("raised")
        if isinstance(line.get("cell"), int) and isinstance(raised, list) and len(raised) == 2:
            self.raised[line["cell"]] = (str(raised[0])[:100], str(raised[1])[:2000])
        name = line.get("problem")
        if isinstance(name, str) and name in self.open:
            self.open.remove(name)
            self.origins[name] = str(line.get("origin") or "")[:200]
            self.attempts[name] = _attempt(line.get("attempt"))

    def blame(self, ended: Ended, told: str) -> None:
        """Leave what a run ended at out of the next one."""
        kind, _, what = ended.during.partition(" ")
        if kind == "problem" and what in self.open:
            self.open.remove(what)
            self.attempts[what] = Verdict(STOPPED, told)
        elif kind == "cell" and what.isdigit() and int(what) not in self.stopped:
            self.stopped[int(what)] = told
        else:  # a word that a learner's code made up: there is nothing to leave out
            for name in self.open:
                self.attempts[name] = Verdict(STOPPED, told)
            self.open.clear()

    def verdict(self, problem: Problem) -> Verdict:
        """The verdict on one problem."""
        tried = self.attempts.get(problem.name)
        own = next((number for number, _, grade_id in self.cells if grade_id == problem.name), None)
        nothing = isinstance(tried, Attempt) and tried.state == "empty"
        if own in self.stopped and (tried is None or nothing):
            return Verdict(STOPPED, self.stopped[own])
        if own in self.raised and nothing and self.raised[own][0] != "NotImplementedError":
            return Verdict(judging.ERROR, "", (("raised", ": ".join(self.raised[own]).rstrip(": ")),))
        if tried is None:
            return Verdict(STOPPED, "It was not reached: the time for one submission was used up before.")
        return tried if isinstance(tried, Verdict) else _in_words(_judged(problem, tried))

    def notes(self) -> Iterator[str]:
        """What a teacher should know."""
        for number, told in self.stopped.items():
            yield f"cell {number} was stopped. {told}"
        for name, origin in self.origins.items():
            if origin:
                yield f"the answer to {name} is not written in the notebook; it comes from {origin}"


_LIMITS = {
    "MemoryError": "It asked for more memory than a submission may use.",
    "BlockingIOError": "It started more processes than a submission may.",
    "OSError: [Errno 27]": "It wrote a larger file than a submission may.",
    "OSError: [Errno 28]": "It wrote more files than a submission may.",
    "TooMuchPrinted": "It printed more than a submission may.",
    "SystemExit": "It ended the program instead of returning a value.",
}


def _in_words(verdict: Verdict) -> Verdict:
    """Say what an exception means that a limit has caused."""
    raised = dict(verdict.facts).get("raised", "")
    told = next((words for beginning, words in _LIMITS.items() if raised.startswith(beginning)), "")
    return replace(verdict, diagnosis=told) if told and not verdict.diagnosis else verdict


_judging = threading.Lock()


def _judged(problem: Problem, tried: Attempt) -> Verdict:
    """The verdict. Attempts come from outside: one that cannot be judged is worth nothing, and the teacher is told."""
    with _judging:
        try:
            return judge(problem, tried)
        except Exception as error:
            told = f"What it handed back could not be judged ({type(error).__name__}: {error})."
            return Verdict(judging.ERROR, told)


def _attempt(packed: Any) -> Attempt | Verdict:
    """An attempt as `answering` hands it back; a verdict where it is none."""
    try:
        told = decoded(packed)
        results = [
            Result(
                value=result["value"],
                not_plain=str(result["not_plain"]),
                raised=None if result["raised"] is None else Raised(**{k: str(v) for k, v in result["raised"].items()}),
                changed=tuple(map(str, result["changed"])),
                printed=str(result["printed"]),
            )
            for result in told["results"]
        ]
        state = told["state"]
        if state not in ("given", "empty", "not callable", "other parameters"):
            raise NotPlain(f"the state {state!r}")
        return Attempt(state, str(told["told"]), tuple(map(str, told["globals_read"])), results)
    except (NotPlain, KeyError, TypeError, AttributeError) as error:
        return Verdict(judging.ERROR, f"What it handed back cannot be read ({type(error).__name__}).")


# --- what is in a notebook -------------------------------------------------------------------------------------------


def _cells_of(notebook: NotebookNode, problems: Sequence[Problem]) -> tuple[list[tuple[int, str, str]], list[str]]:
    """The cells to run (number, source, grade id), and notes on check cells that are not as they were handed out."""
    cells, notes, seen = [], [], {}
    for number, cell in enumerate((c for c in notebook.cells if c.cell_type == "code"), start=1):
        about = cell.metadata.get("nbgrader", {})
        grade_id = str(about.get("grade_id", "")) if isinstance(about, dict) else ""
        if grade_id.startswith("check_"):
            seen[grade_id] = cell.source.strip()
        elif not _only_checks(cell.source):
            cells.append((number, cell.source, grade_id))
            notes += _suspicions(number, cell.source)
    for problem in problems:
        handed_out = f'check("{problem.name}", {problem.name})'
        found = seen.get(f"check_{problem.name}")
        if found is None:
            notes.append(f"the check cell of {problem.name} was deleted")
        elif found != handed_out:
            notes.append(f"the check cell of {problem.name} was edited")
    return cells, notes


def _tree(source: str) -> ast.Module:
    """The syntax tree of a cell; an empty one where it is not plain Python."""
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ast.Module(body=[], type_ignores=[])


def _only_checks(source: str) -> bool:
    body = _tree(source).body
    return bool(body) and all(
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Call)
        and isinstance(statement.value.func, ast.Name)
        and statement.value.func.id in _ALLOWED
        for statement in body
    )


def _suspicions(number: int, source: str) -> list[str]:
    """What in a cell looks like help that was not meant."""
    found = []
    for node in ast.walk(_tree(source)):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name in _ALLOWED:
            found.append(f"cell {number} replaces {node.name}")
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id in _ALLOWED:
            found.append(f"cell {number} replaces {node.id}")
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("recsys_lessons.teaching"):
            names = {alias.name for alias in node.names}
            if node.module != "recsys_lessons.teaching.checks" or not names <= _ALLOWED:
                found.append(
                    f"cell {number} imports {', '.join(sorted(names))} from {node.module}, where the answers are"
                )
        elif isinstance(node, ast.Import):
            found += [
                f"cell {number} imports {alias.name}, where the answers are"
                for alias in node.names
                if alias.name.startswith("recsys_lessons.teaching")
            ]
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in ("__import__", "importlib.import_module"):
            found.append(f"cell {number} imports a module by a text")
    return sorted(set(found))
