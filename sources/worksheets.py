"""From the text of an exercise page and the problems of its lesson: the solution notebook and the exercise.

A page is a jupytext percent script, ``sources/exercises/NN_name.py``. Where a Markdown cell carries
``problem="warp_weight"``, its text becomes

- a heading with the problem's number and title, a line with objective, minutes and difficulty, and the text;
- the worked answer out of the bank, its body between nbgrader's markers;
- the check.

The exercise is the same notebook with the body replaced, as ``nbgrader generate_assignment`` replaces it.
"""

from __future__ import annotations

import ast
import copy
import inspect
import re
import textwrap
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from recsys_lessons.teaching.checks.problem import Problem, problems_of

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
STUB = "# YOUR CODE HERE\nraise NotImplementedError()"
SCHEMA = 3
FORMAT = 2  # raise it when this file comes to write notebooks differently: all exercises become stale


def bank_of(script: Path) -> Path:
    """The file that holds the problems of a page."""
    root = Path(__file__).resolve().parent.parent
    return root / "recsys_lessons/teaching/checks/problems" / f"lesson_{script.stem[:2]}.py"


def expanded(cells: list[NotebookNode], lesson: str) -> list[NotebookNode]:
    """The cells of the solution notebook of `lesson`.

    Raises
    ------
    ValueError
        If the page does not name every problem of the lesson once, in the order of the bank.
    """
    problems = {problem.name: problem for problem in problems_of(lesson)}
    named = [cell.metadata["problem"] for cell in cells if "problem" in cell.metadata]
    if named != list(problems):
        raise ValueError(f"the page names the problems {named}; expected those of the bank: {list(problems)}")
    made = []
    for cell in cells:
        name = cell.metadata.get("problem")
        made += [cell] if name is None else _problem_cells(cell, problems[name], 1 + named.index(name))
    return made


def _problem_cells(cell: NotebookNode, problem: Problem, number: int) -> list[NotebookNode]:
    stars = "●" * problem.difficulty + "○" * (3 - problem.difficulty)
    facts = f"*Goal: {problem.objective} · {problem.minutes} minutes · {stars}*"
    told = nbformat.v4.new_markdown_cell(f"## {number}. {problem.title}\n\n{facts}\n\n{cell.source}")
    told.metadata["slideshow"] = {"slide_type": "slide"}
    answer = nbformat.v4.new_code_cell(answer_source(problem))
    answer.metadata |= {"nbgrader": _grading(problem.name, solution=True), "deletable": False}
    check = nbformat.v4.new_code_cell(f'check("{problem.name}", {problem.name})')
    graded = _grading(f"check_{problem.name}", solution=False) | {"points": 1}
    check.metadata |= {"nbgrader": graded, "deletable": False, "editable": False}
    return [told, answer, check]


def _grading(grade_id: str, *, solution: bool) -> dict[str, object]:
    return {
        "grade": not solution,
        "grade_id": grade_id,
        "locked": not solution,
        "schema_version": SCHEMA,
        "solution": solution,
        "task": False,
    }


def answer_source(problem: Problem) -> str:
    """The worked answer, its body between nbgrader's markers."""
    code = textwrap.dedent(inspect.getsource(problem.answer)).rstrip()
    function = ast.parse(code).body[0]
    lines = code.split("\n")
    first = function.body[1].lineno - 1  # after the docstring
    while lines[first - 1].lstrip().startswith("#"):
        first -= 1
    return "\n".join([*lines[:first], f"    {BEGIN}", *lines[first:], f"    {END}"])


def unsolved(notebook: NotebookNode) -> NotebookNode:
    """The exercise: a copy of the solution notebook without the worked answers and without outputs."""
    exercise = copy.deepcopy(notebook)
    for cell in exercise.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
            cell.source = _without_solution(cell.source)
    return exercise


def _without_solution(source: str) -> str:
    pattern = rf"^( *){BEGIN}\n.*?^ *{END}$"
    return re.sub(pattern, lambda found: textwrap.indent(STUB, found[1]), source, flags=re.MULTILINE | re.DOTALL)


# --- the form of a page ----------------------------------------------------------------------------------------------


def problems(notebook: NotebookNode) -> list[str]:
    """Say where an exercise page departs from the form; an empty list means nowhere."""
    found = []
    cells = notebook.cells
    first = cells[0].source if cells else ""
    if not re.match(r"# Exercises \d\d: [^\n]+\n", first):
        found.append("the first cell does not begin with '# Exercises NN: Title'")
    stated = re.search(r"\*(\d+) minutes in all\. You need lesson \d\d\.[^\n]*\*", first)
    minutes = [int(m) for c in cells for m in re.findall(r"^\*Goal: .* · (\d+) minutes · [●○]{3}\*$", c.source, re.M)]
    if not stated:
        found.append("the first cell has no line '*NN minutes in all. You need lesson NN.*'")
    elif int(stated[1]) != sum(minutes):
        found.append(f"the first cell says {stated[1]} minutes; the problems add up to {sum(minutes)}")
    code = [cell for cell in cells if cell.cell_type == "code"]
    if not code or "import check, hint, solution" not in code[0].source:
        found.append("the first code cell does not import check, hint, solution")
    if any(BEGIN in cell.source and "nbgrader" not in cell.metadata for cell in code):
        found.append("a worked answer stands in a cell that is no problem's")
    return found
