"""What a problem is: the worked answer, the cases it is tried on, the mistakes people make, three hints.

The problems of a lesson stand in one file, ``problems/lesson_NN.py``, as the tuple ``PROBLEMS``. The worked answer is
written once, there: the build copies it into the solution notebook, and its signature and docstring into the exercise.

This module must not know how an answer is called or how a failure looks.
"""

from __future__ import annotations

import copy
import difflib
import functools
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

__all__ = ["Case", "Problem", "Unfit", "UnknownProblem", "Wrong", "find_problem", "problems_of"]


class _AsTheWorkedAnswer:
    def __repr__(self) -> str:
        return "AS_THE_WORKED_ANSWER"


#: The expected value of a case is what the worked answer returns.
AS_THE_WORKED_ANSWER = _AsTheWorkedAnswer()


class UnknownProblem(LookupError):
    """No problem has this name."""


class Unfit(ValueError):
    """A property cannot be looked at, since the value is of another kind; the message says what was expected."""


@dataclass(frozen=True, eq=False)
class Case:
    """One call of an answer.

    Attributes
    ----------
    arguments : tuple
        What the answer is called with, in the order of its parameters. Each call gets a copy.
    expected : plain value
        What it should return: a value worked out by hand or in another way, or `AS_THE_WORKED_ANSWER`.
    why : str
        What is special about it, as a learner should read it: ``"a user without likes"``.
    """

    arguments: tuple[Any, ...]
    expected: Any = AS_THE_WORKED_ANSWER
    why: str = ""


@dataclass(frozen=True)
class Wrong:
    """A wrong answer that people give, and what to say to somebody who gives it.

    Attributes
    ----------
    answer : callable
        The wrong answer: a function with the parameters of the worked one.
    diagnosis : str
        One or two sentences: which mistake this is. No answer to copy.
    """

    answer: Callable[..., Any]
    diagnosis: str


@dataclass(frozen=True, eq=False)
class Problem:
    """A function for a learner to write.

    Attributes
    ----------
    answer : callable
        The worked answer. Its name is the problem's; a learner gets its signature and docstring. It may use only what
        the first code cell of the exercise notebook imports.
    title : str
        Heading on the page.
    objective : str
        What it practises: a verb and its object, without a period: ``"weigh a WARP update"``.
    minutes : int
        For somebody who has taken the lesson.
    difficulty : int
        1, 2 or 3.
    make_cases : callable
        Returns the cases, hand-sized ones first. Called once; random cases draw from a seeded generator.
    wrong : sequence of Wrong
        At least three mistakes, each told apart from the others by the cases.
    variants : sequence of callable
        Unusual right answers, at least one.
    hints : sequence of str
        Three: the idea, the formula, almost the code.
    requires : sequence of callable
        Properties: each is called with a case and the value returned (a plain value of any kind), and says what is
        wrong with it, or None; it may raise `Unfit`. For an open problem this is all that is asked; otherwise they are
        asked only of a wrong value, to name the mistake.
    is_open : bool
        Whether many answers are right, so that a value need not equal the worked answer's.
    tolerance : float
        See `values.difference`.
    """

    answer: Callable[..., Any]
    title: str
    objective: str
    minutes: int
    difficulty: int
    make_cases: Callable[[], Sequence[Case]]
    wrong: Sequence[Wrong]
    variants: Sequence[Callable[..., Any]]
    hints: Sequence[str]
    requires: Sequence[Callable[[Case, Any], str | None]] = ()
    is_open: bool = False
    tolerance: float = 1e-6

    @property
    def name(self) -> str:
        """The name of the function to write."""
        return self.answer.__name__

    @property
    def lesson(self) -> str:
        """The number of the lesson, such as ``"05"``."""
        return self.answer.__module__.rsplit("_", 1)[-1]

    @property
    def parameters(self) -> list[str]:
        """Names of the arguments."""
        return list(inspect.signature(self.answer).parameters)

    @functools.cached_property
    def cases(self) -> tuple[Case, ...]:
        """All cases, made when they are first asked for.

        Each is copied as it comes, so that `make_cases` may go on and change the arrays it has handed out.
        """
        return tuple(replace(case, arguments=copy.deepcopy(case.arguments)) for case in self.make_cases())


def _modules() -> list[str]:
    package = importlib.import_module("recsys_lessons.teaching.checks.problems")
    return sorted(m.name for m in pkgutil.iter_modules(package.__path__) if m.name.startswith("lesson_"))


def problems_of(lesson: str) -> tuple[Problem, ...]:
    """The problems of a lesson, in the order of its notebook.

    Parameters
    ----------
    lesson : str
        Its number: ``"05"``.

    Raises
    ------
    UnknownProblem
        If the lesson has none.
    """
    module = f"lesson_{lesson}"
    if module not in _modules():
        known = ", ".join(name.removeprefix("lesson_") for name in _modules())
        raise UnknownProblem(f"lesson is {lesson!r}, which has no exercises; those that have: {known}")
    return importlib.import_module(f"recsys_lessons.teaching.checks.problems.{module}").PROBLEMS


@functools.cache
def _lesson_of() -> dict[str, str]:
    """The number of the lesson of each problem."""
    return {
        problem.name: module.removeprefix("lesson_")
        for module in _modules()
        for problem in problems_of(module.removeprefix("lesson_"))
    }


def find_problem(name: str) -> Problem:
    """The problem of this name.

    Raises
    ------
    UnknownProblem
        If there is none; the message names the closest ones.
    """
    known = _lesson_of()
    if name not in known:
        close = difflib.get_close_matches(str(name), known, n=3)
        meant = f" Did you mean {' or '.join(repr(other) for other in close)}?" if close else ""
        raise UnknownProblem(f"no problem is called {name!r}.{meant}")
    return next(problem for problem in problems_of(known[name]) if problem.name == name)
