"""Call an answer on the cases of its problem, and say what happened, in plain values.

A call gets copies of its arguments. What the answer prints is kept; a warning it causes goes nowhere, because a
check must not write to stderr.

This module must not know what is right.
"""

from __future__ import annotations

import contextlib
import copy
import dis
import inspect
import io
import linecache
import types
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from recsys_lessons.teaching.checks.problem import Problem
from recsys_lessons.teaching.checks.values import NotPlain, plain, unchanged

__all__ = ["Attempt", "Raised", "Result", "attempt"]

_KEPT = 2_000  # characters of what an answer prints that are kept in one call
_ALLOWED = 10_000_000  # characters that it may print in one call


class TooMuchPrinted(RuntimeError):
    """An answer printed without end, or nearly."""


class Printed(io.TextIOBase):
    """Where an answer's output goes: the beginning is kept, the rest counted."""

    def __init__(self) -> None:
        self.kept, self.length = "", 0

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if len(self.kept) < _KEPT:
            self.kept = (self.kept + text)[:_KEPT]
        self.length += len(text)
        if self.length > _ALLOWED:
            raise TooMuchPrinted(f"printed more than {_ALLOWED:,} characters in one call")
        return len(text)


@dataclass(frozen=True)
class Raised:
    """An exception in an answer: its type, its message, and the line of the answer that was reached."""

    kind: str
    message: str
    line: str = ""
    missing_name: str = ""


@dataclass(frozen=True)
class Result:
    """What one call gave: a plain value, a word on a value that is not plain, or an exception."""

    value: Any = None
    not_plain: str = ""
    raised: Raised | None = None
    changed: tuple[str, ...] = ()
    printed: str = ""


@dataclass(frozen=True)
class Attempt:
    """All that is known of an answer before it is judged.

    Attributes
    ----------
    state : str
        ``"given"``, or why there are no results: ``"empty"`` (nothing written yet), ``"not callable"``,
        ``"other parameters"``.
    told : str
        What was found instead, for the last two.
    globals_read : tuple of str
        Variables of the notebook, other than functions, classes, modules and constants in capitals, that it reads.
    results : list of Result
        One for each case, up to the first exception.
    """

    state: str = "given"
    told: str = ""
    globals_read: tuple[str, ...] = ()
    results: list[Result] = field(default_factory=list)


def attempt(problem: Problem, answer: Any) -> Attempt:
    """Call `answer` on all cases of `problem`, in order, until one raises.

    Parameters
    ----------
    problem : Problem
    answer : object
        What the learner wrote; need not be callable.

    Returns
    -------
    Attempt
    """
    if answer is None or answer is NotImplemented or answer is ...:
        return Attempt("empty")
    if not callable(answer):
        return Attempt("not callable", f"a {type(answer).__name__}")
    if told := _other_parameters(problem, answer):
        return Attempt("other parameters", told)
    if _is_empty(answer):
        return Attempt("empty")
    results = []
    for case in problem.cases:
        result = _call(answer, case.arguments, problem.parameters)
        if result.raised is not None and result.raised.kind == "NotImplementedError":
            return Attempt("empty")
        results.append(result)
        if result.raised is not None:
            break
    return Attempt("given", globals_read=tuple(_globals_read(answer)), results=results)


def _other_parameters(problem: Problem, answer: Callable[..., Any]) -> str:
    wanted = inspect.signature(problem.answer)
    try:
        given = inspect.signature(answer)
    except (TypeError, ValueError):  # some built-in functions have none
        return ""
    try:
        given.bind(*wanted.parameters)
    except TypeError:
        return f"{given}"
    return ""


def _is_empty(answer: Callable[..., Any]) -> bool:
    """Whether the body is a docstring, ``pass`` or ``...``, and nothing else."""
    code = getattr(answer, "__code__", None)
    if not isinstance(code, types.CodeType):
        return False
    told = [step for step in dis.get_instructions(code) if step.opname not in ("RESUME", "NOP", "POP_TOP", "CACHE")]
    return all(
        step.opname in ("LOAD_CONST", "RETURN_CONST", "RETURN_VALUE") and step.argval in (None, ...)
        if step.opname != "RETURN_VALUE"
        else True
        for step in told
    )


def _call(answer: Callable[..., Any], arguments: tuple[Any, ...], names: list[str]) -> Result:
    copies = copy.deepcopy(arguments)
    printed = Printed()
    value, raised = None, None
    with _quiet(printed):
        try:
            value = answer(*copies)
        except (Exception, SystemExit) as error:
            raised = _described(answer, error)
    pairs = zip(names, arguments, copies, strict=False)
    changed = tuple(name for name, before, after in pairs if not unchanged(before, after))
    try:
        value, not_plain = plain(value), ""
    except NotPlain as error:
        value, not_plain = None, str(error)
    return Result(value, not_plain, raised, changed, printed.kept)


@contextlib.contextmanager
def _quiet(printed: Printed) -> Iterator[None]:
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(Printed()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _described(answer: Callable[..., Any], error: BaseException) -> Raised:
    """The exception, with the last line of the learner's own code that it came through."""
    code = getattr(answer, "__code__", None)
    own = code.co_filename if isinstance(code, types.CodeType) else None
    line = ""
    frame = error.__traceback__
    while frame is not None:
        at = frame.tb_frame.f_code
        if at.co_filename == own:
            text = linecache.getline(at.co_filename, frame.tb_lineno).strip()
            line = f"line {frame.tb_lineno} of the cell" + (f": {text}" if text else "")
        frame = frame.tb_next
    missing = getattr(error, "name", None) if isinstance(error, NameError) else None
    return Raised(type(error).__name__, str(error), line, missing or "")


def _globals_read(answer: Callable[..., Any]) -> list[str]:
    """Names of data of the notebook that an answer, or a function of the notebook it calls, reads or writes."""
    found: list[str] = []
    seen: set[types.CodeType] = set()

    def look(function: Callable[..., Any]) -> None:
        code, namespace = getattr(function, "__code__", None), getattr(function, "__globals__", None)
        if isinstance(code, types.CodeType) and isinstance(namespace, dict):
            walk(code, namespace)

    def walk(code: types.CodeType, namespace: dict[str, Any]) -> None:
        if code in seen:
            return
        seen.add(code)
        for step in dis.get_instructions(code):
            if step.opname not in ("LOAD_GLOBAL", "LOAD_NAME", "STORE_GLOBAL") or step.argval not in namespace:
                continue
            thing = namespace[step.argval]
            if isinstance(thing, types.FunctionType):
                if thing.__globals__ is namespace:
                    look(thing)
            elif not (isinstance(thing, types.ModuleType) or callable(thing) or step.argval.isupper()):
                found.append(step.argval)
        for constant in code.co_consts:
            if isinstance(constant, types.CodeType):
                walk(constant, namespace)

    look(answer)
    return sorted(set(found))
