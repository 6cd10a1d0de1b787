"""The learner's copy: a folder of lessons and exercises that belongs to the learner.

Lessons are read and exercises are filled in there, never in the course itself, so that an update of the
course and the work of a learner cannot meet. Nothing here overwrites a file of the learner without keeping
the old one. A notebook is handed out without its outputs: a result that stands on the page before anybody has
guessed spoils the guess, and it comes when its cell is run.

This module knows files and folders, and where a notebook keeps its outputs. It must not know about models or data.
"""

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from recsys_lessons.teaching.guesses import FILE_NAME as GUESSES

#: The folders of the course that a learner works in.
COURSE_FOLDERS = ("notebooks", "exercises")

#: The name of the learner's copy, in a checkout and in the current folder alike.
COPY_NAME = "my-course"

FIRST_LESSON = "notebooks/00_start_here.ipynb"


class LearnerCopyError(Exception):
    """What went wrong, in one sentence a learner can act on."""


@dataclass(frozen=True)
class Reset:
    """What `reset` did to one file."""

    name: str
    #: Where the learner's old file is kept, or None if there was nothing to keep.
    kept_as: Path | None
    #: False if the learner's file was the same as the course's already.
    changed: bool


def checkout_folder() -> Path | None:
    """The root of the source checkout this package runs from, or None if it was installed.

    Returns
    -------
    pathlib.Path or None
    """
    root = Path(__file__).resolve().parent.parent
    return root if (root / "pyproject.toml").is_file() and (root / "notebooks").is_dir() else None


def course_folder() -> Path:
    """The folder that holds the published course: the checkout's root, or package data when installed.

    Returns
    -------
    pathlib.Path

    Raises
    ------
    LearnerCopyError
        If the installation carries no course.
    """
    checkout = checkout_folder()
    folder = checkout or Path(__file__).resolve().parent / "course"
    if not (folder / FIRST_LESSON).is_file():
        remedy = "Build it: make notebooks" if checkout else "Reinstall: pip install --force-reinstall recsys-lessons"
        raise LearnerCopyError(f"the course is missing: there is no {FIRST_LESSON} in {folder}. {remedy}")
    return folder


def default_copy_folder() -> Path:
    """Where the learner's copy lives unless the learner says otherwise.

    Returns
    -------
    pathlib.Path
        What the environment variable `RECSYS_LESSONS_COPY` names; without it, `my-course` at the root of a checkout,
        or in the current folder for an installed package.
    """
    named = os.environ.get("RECSYS_LESSONS_COPY")
    return Path(named) if named else (checkout_folder() or Path.cwd()) / COPY_NAME


def course_files(course: Path) -> list[str]:
    """The names of all files a learner gets, such as `notebooks/00_start_here.ipynb`.

    Parameters
    ----------
    course : pathlib.Path
        A folder that holds `notebooks/` and, once there are any, `exercises/`.

    Returns
    -------
    list of str
        Sorted names relative to `course`, with forward slashes on every system.
    """
    return sorted(
        path.relative_to(course).as_posix()
        for folder in COURSE_FOLDERS
        for path in (course / folder).rglob("*")
        if path.is_file() and not _is_hidden(path.relative_to(course))
    )


def update(course: Path, copy: Path) -> list[str]:
    """Bring the learner's copy up to date: add what is missing, touch nothing that is there.

    Parameters
    ----------
    course, copy : pathlib.Path
        The published course and the learner's copy. The copy is created when it does not exist.

    Returns
    -------
    list of str
        The names that were added.

    Raises
    ------
    LearnerCopyError
        If the copy cannot be written.
    """
    added = []
    with _errors_explained(copy):
        for name in course_files(course):
            target = copy / name
            if not os.path.lexists(target):
                _write(target, _handed_out(course / name))
                added.append(name)
    return added


def find(course: Path, copy: Path, asked: str) -> str:
    """The one file of the course that a learner means.

    Parameters
    ----------
    course, copy : pathlib.Path
    asked : str
        A name (`notebooks/00_start_here.ipynb`), the beginning of one (`exercises/05`), or a path to the
        file in the learner's copy.

    Returns
    -------
    str
        A name out of `course_files(course)`.

    Raises
    ------
    LearnerCopyError
        If no file, or more than one, begins so.
    """
    names = course_files(course)
    for beginning in _relative_names(copy, asked):
        if beginning in names:
            return beginning
        matches = [name for name in names if beginning and name.startswith(beginning)]
        if len(matches) == 1:
            return matches[0]
        if matches:
            raise LearnerCopyError(f"{asked!r} could be any of: {', '.join(matches)}. Give more of the name.")
    raise LearnerCopyError(f"no file of the course begins with {asked!r}. There are: {', '.join(names)}")


def reset(course: Path, copy: Path, name: str) -> Reset:
    """Put the published file back into the learner's copy, and keep the learner's file beside it.

    Parameters
    ----------
    course, copy : pathlib.Path
    name : str
        A name out of `course_files(course)`.

    Returns
    -------
    Reset
        `kept_as` is a numbered file such as `00_start_here.backup-1.ipynb`; no older backup is replaced.

    Raises
    ------
    LearnerCopyError
        If the copy cannot be written. The learner's file is then still in its place.
    """
    published = _handed_out(course / name)
    target = copy / name
    with _errors_explained(copy):
        if not os.path.lexists(target):
            _write(target, published)
            return Reset(name, kept_as=None, changed=True)
        if target.is_file() and target.read_bytes() == published:
            return Reset(name, kept_as=None, changed=False)
        backup = _keep_beside(target)
        _write(target, published)
        return Reset(name, kept_as=backup, changed=True)


def _handed_out(path: Path) -> bytes:
    """What a learner gets of a file of the course: a notebook without outputs, anything else as it is."""
    content = path.read_bytes()
    if path.suffix != ".ipynb":
        return content
    notebook = json.loads(content)
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None
    return (json.dumps(notebook, indent=1, ensure_ascii=False) + "\n").encode()


def _is_hidden(relative: Path) -> bool:
    """Whether a file in a folder of the course is no part of it: left by a tool, or by somebody who learned there."""
    guesses = relative.match(f"{Path(GUESSES).stem}*{Path(GUESSES).suffix}")
    return guesses or any(part.startswith(".") or part == "__pycache__" for part in relative.parts)


def _relative_names(copy: Path, asked: str) -> Iterator[str]:
    """What may be meant: a path from the current folder, if that is in the copy, and the name as it is."""
    inside = copy.resolve()
    for candidate in (Path(asked).absolute(), Path(asked).resolve()):
        for base in (copy.absolute(), inside):
            if candidate.is_relative_to(base):
                yield candidate.relative_to(base).as_posix()
    name = asked.replace("\\", "/").removeprefix("./")
    yield name.removeprefix(f"{copy.name}/")


def _write(target: Path, content: bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".tmp", dir=target.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        # mkstemp makes a file for its owner alone; a lesson is an ordinary file of the learner.
        os.chmod(name, 0o666 & ~_umask())
        os.replace(name, target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def _keep_beside(target: Path) -> Path:
    if target.is_dir():
        raise LearnerCopyError(f"{target} is a folder where a lesson should be. Move it away and try again.")
    content = target.read_bytes() if target.exists() else os.fsencode(os.readlink(target))
    number = 1
    while True:
        backup = target.with_name(f"{target.stem}.backup-{number}{target.suffix}")
        try:
            # Mode "x" fails if the name is taken, so two resets at once cannot lose a file.
            with backup.open("xb") as file:
                file.write(content)
            return backup
        except FileExistsError:
            number += 1


@contextmanager
def _errors_explained(copy: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise LearnerCopyError(
            f"cannot write to {copy}: {reason}. Choose a folder you can write to with --folder PATH."
        ) from error
