"""Judge an attempt: right, not attempted, wrong (and which mistake), or an error in the learner's code.

The judge sees plain values and what the problem says of them; it never calls a learner's code. So the same verdict
comes out in a notebook and in a process that reads what another one has handed back.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from recsys_lessons.teaching.checks.calling import Attempt, Raised, Result, attempt
from recsys_lessons.teaching.checks.problem import AS_THE_WORKED_ANSWER, Case, Problem, Unfit
from recsys_lessons.teaching.checks.values import difference, shown

__all__ = ["ERROR", "NOT_ATTEMPTED", "RIGHT", "SETUP", "WRONG", "Verdict", "judge"]

RIGHT = "right"
NOT_ATTEMPTED = "not attempted"
WRONG = "wrong"
ERROR = "error in the code"
SETUP = "needs setup"


@dataclass(frozen=True)
class Verdict:
    """What is said to a learner.

    Attributes
    ----------
    outcome : str
        One of the words of this module.
    diagnosis : str
        The likely mistake; empty if none is known.
    facts : tuple of (str, str)
        What was found: a label and a text.
    """

    outcome: str
    diagnosis: str = ""
    facts: tuple[tuple[str, str], ...] = ()


def judge(problem: Problem, tried: Attempt) -> Verdict:
    """Judge what an answer has done on the cases of `problem`.

    Parameters
    ----------
    problem : Problem
    tried : Attempt

    Returns
    -------
    Verdict
    """
    if tried.state == "empty":
        return Verdict(NOT_ATTEMPTED)
    if tried.state == "not callable":
        return Verdict(WRONG, f"{problem.name} is {tried.told}; expected a function.")
    if tried.state == "other parameters":
        wanted = ", ".join(problem.parameters)
        return Verdict(WRONG, f"Its parameters are {tried.told}; expected ({wanted}).")
    facts, diagnosis, raised = _first_fault(problem, tried)
    if raised is not None:
        setup = raised.missing_name in problem.answer.__globals__ and bool(raised.missing_name)
        if setup:
            return Verdict(SETUP, f"{raised.missing_name} is not defined: run the first code cell of the notebook.")
        return Verdict(ERROR, "", facts)
    if tried.globals_read:
        names = ", ".join(tried.globals_read)
        facts = tuple(fact for fact in facts if fact[0] == "case") + (("reads", names),)
        return Verdict(
            WRONG,
            f"It reads {names} from the notebook. Make it an argument or write its value inside the function; "
            "a constant of the notebook has a name in capitals.",
            facts,
        )
    if not facts:
        return Verdict(RIGHT)
    # A mistake that the bank knows is the more precise word; for an argument that was changed there is only one.
    return Verdict(WRONG, (not _changes(tried) and _known_mistake(problem, tried)) or diagnosis, facts)


def _changes(tried: Attempt) -> bool:
    return any(result.changed for result in tried.results)


def _first_fault(problem: Problem, tried: Attempt) -> tuple[tuple[tuple[str, str], ...], str, Raised | None]:
    """The first case that went wrong: facts about it, a diagnosis if the fault itself names one, and the exception."""
    for number, (case, result) in enumerate(zip(problem.cases, tried.results, strict=False)):
        told = _told(problem, case)
        printed = [("printed", _beginning(result.printed))] if result.printed.strip() else []
        if result.raised is not None:
            what = f"{result.raised.kind}: {result.raised.message}".rstrip(": ")
            lines = [("at", result.raised.line)] if result.raised.line else []
            return (*told, ("raised", what), *lines, *printed), "", result.raised
        if result.changed:
            names = " and ".join(result.changed)
            return tuple(told), f"It changes its argument {names}. Work on a copy: {result.changed[0]}.copy().", None
        if fault := _fault_of(problem, case, number, result):
            facts, diagnosis = fault
            return (*told, *facts, *printed), diagnosis, None
    return (), "", None


def _beginning(printed: str, n_lines: int = 6, n_characters: int = 300) -> str:
    lines = printed.rstrip()[:n_characters].splitlines()
    cut = len(printed.rstrip()) > n_characters or len(lines) > n_lines
    return "\n".join([*lines[:n_lines], *(["..."] if cut else [])])


def _told(problem: Problem, case: Case) -> list[tuple[str, str]]:
    told = [("case", case.why)] if case.why else []
    return told + [(name, shown(value)) for name, value in zip(problem.parameters, case.arguments, strict=False)]


def _fault_of(problem: Problem, case: Case, number: int, result: Result) -> tuple[list[tuple[str, str]], str] | None:
    """What is wrong with the value of one case: facts, and a diagnosis if a property names one."""
    value = result.value
    if problem.is_open:
        told = f"It returns {result.not_plain}." if result.not_plain else _unmet(problem, case, value)
        return ([("got", result.not_plain or shown(value))], told) if told else None
    expected = _expected(problem, case, number)
    if result.not_plain:
        return [("expected", shown(expected)), ("got", result.not_plain)], ""
    found = difference(expected, value, problem.tolerance)
    if not found:
        return None
    if value is None:
        return [("expected", shown(expected)), ("got", "None")], _NONE
    facts = [("expected", shown(expected)), ("got", shown(value))]
    if facts[0][1] == facts[1][1]:  # equal to three digits
        facts = [("expected", repr(expected)[:200]), ("got", repr(value)[:200])]
    if not found.startswith("another"):
        facts.append(("that is", found))
    return facts, _unmet(problem, case, value)


_NONE = "It returns None. Is a return missing, on this path or on all?"


def _unmet(problem: Problem, case: Case, value: Any) -> str:
    """What the first property that does not hold says; empty if all hold."""
    if value is None:
        return _NONE
    try:
        return next((told for required in problem.requires if (told := required(case, value))), "")
    except Unfit as error:
        return str(error)


def _expected(problem: Problem, case: Case, number: int) -> Any:
    if case.expected is not AS_THE_WORKED_ANSWER:
        return case.expected
    return _values_of(problem, problem.answer)[number]


@functools.lru_cache(maxsize=256)
def _values_of(problem: Problem, answer: Callable[..., Any]) -> tuple[Any, ...]:
    """What an answer of the bank returns on all cases; shorter if it raises."""
    return tuple(result.value for result in attempt(problem, answer).results if result.raised is None)


def _known_mistake(problem: Problem, tried: Attempt) -> str:
    """The diagnosis of the wrong answer in the bank that returns the same values; empty if none does."""
    if problem.is_open or any(result.not_plain for result in tried.results):
        return ""
    for wrong in problem.wrong:
        theirs = _values_of(problem, wrong.answer)
        if len(theirs) == len(tried.results) and all(
            difference(value, result.value, problem.tolerance) is None
            for value, result in zip(theirs, tried.results, strict=True)
        ):
            return wrong.diagnosis
    return ""
