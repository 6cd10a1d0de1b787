"""What a learner calls: `check`, `hint`, `solution`.

A right answer prints one line. Anything else raises, so that nbval and nbgrader see it as well as a reader does, and
shows in JupyterLab as a short block instead of a traceback.
"""

from __future__ import annotations

import textwrap
from typing import Any

from recsys_lessons.teaching.checks.calling import attempt
from recsys_lessons.teaching.checks.judging import ERROR, NOT_ATTEMPTED, RIGHT, SETUP, Verdict, judge
from recsys_lessons.teaching.checks.problem import Problem, UnknownProblem, find_problem

__all__ = ["AnswerRaised", "CheckFailed", "Incorrect", "NeedsSetup", "NotAttempted", "check", "hint", "solution"]


class CheckFailed(AssertionError):
    """A check that did not pass; its message is the whole block that a learner reads."""

    def _render_traceback_(self) -> list[str]:
        # IPython shows this in place of a traceback, which would lead into the check and not to the mistake.
        return str(self).splitlines()


class NotAttempted(CheckFailed):
    """Nothing is written yet."""


class Incorrect(CheckFailed):
    """The answer is wrong."""


class AnswerRaised(CheckFailed):
    """The learner's code raised an exception."""


class NeedsSetup(CheckFailed):
    """The check cannot run: a cell above has not been run, or there is no such problem."""


_FAILURES = {NOT_ATTEMPTED: NotAttempted, ERROR: AnswerRaised, SETUP: NeedsSetup}
_LABELS = 11  # width of the column of labels
_WIDTH = 90  # of the column of texts


def check(name: str, answer: Any) -> None:
    """Check a learner's answer: print one line if it is right, else raise.

    Parameters
    ----------
    name : str
        The name of the problem.
    answer : callable
        The function that was to be written.

    Raises
    ------
    NotAttempted, Incorrect, AnswerRaised, NeedsSetup
        All are `CheckFailed`, a subclass of AssertionError.

    Examples
    --------
    >>> from math import log
    >>> check("warp_weight", lambda n_items, draws: log(max((n_items - 1) // draws, 1)))
    warp_weight: right
    >>> try:
    ...     check("warp_weight", lambda n_items, draws: log(max(n_items // draws, 1)))
    ... except Incorrect as failure:
    ...     print(failure)
    warp_weight: wrong
      case       three others, the first one violates
      n_items    4
      draws      1
      expected   1.1
      got        1.39
      likely     The positive is counted among those it is ranked against; these are n_items - 1.
      next       hint("warp_weight")
    """
    problem = _problem(name)
    verdict = judge(problem, attempt(problem, answer))
    if verdict.outcome != RIGHT:
        raise _FAILURES.get(verdict.outcome, Incorrect)(failure_text(problem.name, verdict))
    print(f"{problem.name}: right")


def failure_text(name: str, verdict: Verdict) -> str:
    """The block that a learner reads: what was tried, what came of it, the likely mistake, what to do next."""
    if verdict.outcome == NOT_ATTEMPTED:
        return f"{name}: not attempted\n  Write the body of {name} in the cell above, run that cell, then this one."
    lines = [f"{name}: {verdict.outcome}"]
    facts = [*verdict.facts, *([("likely", verdict.diagnosis)] if verdict.diagnosis else [])]
    for label, text in [*facts, ("next", f'hint("{name}")')]:
        first, *others = [part for line in text.splitlines() for part in textwrap.wrap(line, _WIDTH) or [""]] or [""]
        lines.append(f"  {label:<{_LABELS - 1}} {first}".rstrip())
        lines += [f"  {'':<{_LABELS - 1}} {other}" for other in others]
    return "\n".join(lines)


_hints_given: dict[str, int] = {}


def hint(name: str, step: int | None = None) -> None:
    """Print a hint: the first time the idea, then the formula, then almost the code.

    Parameters
    ----------
    name : str
        The name of the problem.
    step : int, optional
        1, 2 or 3; by default the one after that given last.

    Raises
    ------
    NeedsSetup
        If there is no such problem.
    ValueError
        If there is no such step.

    Examples
    --------
    >>> hint("warp_weight", 1)
    hint 1 of 3: The fewer draws it took to find a violation, the worse the positive probably ranks.
    """
    problem = _problem(name)
    last = len(problem.hints)
    if step is None:
        step = min(_hints_given.get(name, 0) + 1, last)
    if isinstance(step, bool) or step not in range(1, last + 1):
        raise ValueError(f"step is {step!r}; expected an integer from 1 to {last}")
    _hints_given[name] = step
    print(f"hint {step} of {last}: {problem.hints[step - 1]}")
    if step == last:
        print(f'After this there is solution("{name}").')


def solution(name: str) -> None:
    """Show the worked answer.

    Raises
    ------
    NeedsSetup
        If there is no such problem.
    """
    from recsys_lessons.teaching.source import show_source

    show_source(_problem(name).answer)


def _problem(name: str) -> Problem:
    try:
        return find_problem(name)
    except UnknownProblem as error:
        raise NeedsSetup(str(error.args[0])) from None
