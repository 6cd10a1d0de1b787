"""A learner's guesses: recorded before an experiment runs, shown again beside what was measured.

Guesses lie in ``my-guesses.json`` in the folder the notebook runs in, so they outlive the kernel. The file belongs to
the learner: it is replaced in one step, a file that cannot be read is kept aside, and nothing but `guess` writes it.
Where the folder is read-only, guesses last as long as the kernel. A lesson runs from top to bottom without any guess,
and prints the same in every folder that has none.

This module knows one file. It must not know what is guessed, or whether the guess was right.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import re
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

__all__ = ["FILE_NAME", "guess", "guessed", "your_guess"]

FILE_NAME = "my-guesses.json"

_UNANSWERED = ("?", "")
_NAME = re.compile(r"\d\d \S")
_NOTHING_YET = "nothing yet"

# By file: what could not be written to it.
_kept_in_memory: dict[Path, dict[str, Any]] = {}


class _UnreadableGuesses(Exception):
    """The file is there, and holds no guesses."""


def guess(name: str, answer: Any, *, expected: str | None = None, one_of: Sequence[Any] | None = None) -> None:
    """Record a learner's guess before the experiment runs.

    While `answer` is ``"?"``, nothing is recorded, and a line says what to put there. A new answer replaces the one
    that was recorded under the same name.

    Parameters
    ----------
    name : str
        The number of the lesson and one or more words: ``"01 leak"``.
    answer : number, str, or list of these
        The guess. ``"?"`` means that there is none yet, and so does a list that contains ``"?"``.
    expected : str, optional
        What kind of answer is wanted, for the line that asks for it: ``"a number from 0 to 10"``.
    one_of : sequence, optional
        The only answers that count; in a list each element must be one of them. Capitals and spaces around a word make
        no difference.

    Raises
    ------
    ValueError
        If the name does not begin with the number of a lesson, or the answer is not of a kind that can be kept, or not
        one of `one_of`.

    Examples
    --------
    >>> guess("01 leak", "?", expected="a number from 0 to 10")
    put your guess in place of "?": a number from 0 to 10
    >>> guess("08 newcomer", "?", one_of=("top", "middle", "bottom"))
    put your guess in place of "?": "top", "middle" or "bottom"

    In a folder of its own, so that this example keeps nothing of yours:

    >>> import contextlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
    ...     guess("01 leak", 3, expected="a number from 0 to 10")
    ...     your_guess("01 leak", measured="0.081")
    kept: 3
    you guessed: 3 · measured: 0.081
    """
    if not isinstance(name, str) or not _NAME.match(name):
        raise ValueError(f'name is {name!r}; expected the number of the lesson and a word, such as "01 leak"')
    choices = None if one_of is None else _checked_choices(one_of)
    answer = _plain(answer)
    if _is_unanswered(answer):
        wanted = expected or (choices and _alternatives(choices))
        print(f'put your guess in place of "?": {wanted}' if wanted else 'put your guess in place of "?"')
        return
    if choices is not None:
        answer = [_chosen(a, choices) for a in answer] if isinstance(answer, list) else _chosen(answer, choices)
    _record(name, answer)
    print(f"kept: {_as_text(answer)}")


def your_guess(name: str, *, measured: Any) -> None:
    """Show what was guessed beside what was measured.

    Parameters
    ----------
    name : str
        The name the guess was recorded under, in this session or in an earlier one.
    measured : object
        What the experiment gave, as it should be printed; best a string with as many digits as matter.

    Examples
    --------
    >>> your_guess("00 nobody was asked this", measured=f"{0.08123:.3f}")
    you guessed: nothing yet · measured: 0.081
    """
    known, missing = _known()
    guessed = _as_text(known[name]) if name in known else missing
    print(f"you guessed: {guessed} · measured: {measured}")


def guessed(name: str) -> Any:
    """Return the guess recorded under a name, or None if there is none that can be read.

    Examples
    --------
    >>> guessed("00 nobody was asked this") is None
    True
    """
    return _known()[0].get(name)


# --- answers -----------------------------------------------------------------------------------------------


def _plain(answer: Any) -> Any:
    """`answer` in the types that JSON keeps; a NumPy number becomes Python's."""
    if isinstance(answer, str):
        return answer.strip()
    if isinstance(answer, list | tuple) or getattr(answer, "ndim", 0) == 1:
        elements = [_plain(element) for element in answer]
        if elements and not any(isinstance(element, list) for element in elements):
            return elements
    elif callable(getattr(answer, "item", None)) and getattr(answer, "ndim", 1) == 0:
        return _plain(answer.item())
    elif isinstance(answer, bool | int) or (isinstance(answer, float) and math.isfinite(answer)):
        return answer
    raise ValueError(f"answer is {answer!r}; expected a number, a text in quotes, or a list of these")


def _is_unanswered(answer: Any) -> bool:
    return any(element in _UNANSWERED for element in (answer if isinstance(answer, list) else [answer]))


def _checked_choices(one_of: Sequence[Any]) -> list[Any]:
    choices = [] if isinstance(one_of, str) else [_plain(choice) for choice in one_of]
    if len(choices) < 2 or any(isinstance(choice, list) for choice in choices):
        raise ValueError(f'one_of is {one_of!r}; expected at least two answers, such as ("top", "bottom")')
    return choices


def _chosen(answer: Any, choices: list[Any]) -> Any:
    """The choice that `answer` means."""
    for choice in choices:
        if answer == choice or (
            isinstance(answer, str) and isinstance(choice, str) and answer.casefold() == choice.casefold()
        ):
            return choice
    raise ValueError(f"answer is {answer!r}; expected {_alternatives(choices)}")


def _alternatives(choices: list[Any]) -> str:
    quoted = [f'"{choice}"' if isinstance(choice, str) else str(choice) for choice in choices]
    return f"{', '.join(quoted[:-1])} or {quoted[-1]}"


def _as_text(answer: Any) -> str:
    return ", ".join(map(str, answer)) if isinstance(answer, list) else str(answer)


# --- the file ----------------------------------------------------------------------------------------------


def _file() -> Path:
    return Path.cwd() / FILE_NAME


def _known() -> tuple[dict[str, Any], str]:
    """All guesses of this folder, and what to say where there is none."""
    try:
        known, missing = _read(_file()), _NOTHING_YET
    except _UnreadableGuesses:
        known, missing = {}, f"{_NOTHING_YET} that could be read from {FILE_NAME}"
    return known | _kept_in_memory.get(_file(), {}), missing


def _read(file: Path) -> dict[str, Any]:
    """The guesses in `file`; none if there is no file.

    Raises
    ------
    _UnreadableGuesses
        If something is there that is not ours, or that the system does not let us read.
    """
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        if not isinstance(content, dict):
            raise ValueError("not an object")
        for name, answer in content.items():
            if not _NAME.match(name):
                raise ValueError(f"not the name of a guess: {name}")
            _plain(answer)
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:  # ValueError: not UTF-8, not JSON, or not ours
        raise _UnreadableGuesses from error
    return content


def _record(name: str, answer: Any) -> None:
    file = _file()
    waiting = {**_kept_in_memory.get(file, {}), name: answer}
    try:
        try:
            known = _read(file)
        except _UnreadableGuesses:
            known = {}
            aside = _keep_aside(file)
            print(f"{FILE_NAME} could not be read as guesses. It is kept as {aside.name}, and a new one begins.")
        _write(file, {**known, **waiting})
    except OSError:
        _kept_in_memory[file] = waiting  # a folder that cannot be written to: for this session only
    else:
        _kept_in_memory.pop(file, None)


def _write(file: Path, guesses: dict[str, Any]) -> None:
    """Replace `file` in one step: a reader finds the old guesses or the new ones."""
    unfinished = file.with_name(f".{FILE_NAME}.{uuid.uuid4().hex}.tmp")
    try:
        with open(unfinished, "x", encoding="utf-8", newline="\n") as opened:
            json.dump(guesses, opened, ensure_ascii=False, indent=1, sort_keys=True)
            opened.write("\n")
        os.replace(unfinished, file)
    finally:
        with contextlib.suppress(OSError):
            unfinished.unlink()


def _keep_aside(file: Path) -> Path:
    """Move `file` to the first free numbered name beside it."""
    number = 1
    while os.path.lexists(aside := file.with_name(f"{file.stem}.backup-{number}{file.suffix}")):
        number += 1
    os.rename(file, aside)
    return aside
