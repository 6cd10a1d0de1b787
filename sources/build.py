"""Build the notebooks of the course from the scripts in this folder.

    python sources/build.py              build what is stale
    python sources/build.py 00 03        build these, stale or not: lessons and exercises
    python sources/build.py --all        build everything
    python sources/build.py --draft 03   build it although the form of a lesson is not complete
    python sources/build.py --check      say what is stale, and end with 1 if anything is

A lesson is a jupytext percent script, ``sources/lessons/NN_name.py``. Its notebook is executed from top to
bottom in an empty folder and a fresh kernel, and stored with its outputs in ``notebooks/NN_name.ipynb``. From a page
of exercises, ``sources/exercises/NN_name.py``, and the bank of problems come two (`worksheets.py`): the executed
``solutions/NN_name.ipynb`` and, without the worked answers and without outputs, ``exercises/NN_name.ipynb``. A
cell that raises, writes to stderr or leaves something that cannot be reproduced stops the build of that
notebook: the message names the line, and the notebook that was there stays. So does a departure from the form
of a lesson (`lesson_form.py`), which is looked for first.

Two builds of one source give the same bytes. So cell ids come from content, there is no time of execution, no
state of a widget, no version of Python. Each notebook carries the hash of the source (and of `FORMAT`) that
it was built from.

This script must know nothing about the lessons' subject; it imports nothing from the library (`worksheets.py` reads
the bank).
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jupytext
import lesson_form
import nbformat
import slides
import worksheets
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellControlSignal, CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from traitlets import default

ROOT = Path(__file__).resolve().parent.parent
FORMAT = 2  # raise it when this file comes to write notebooks differently: all of them become stale
REPAIR = "make notebooks"
LIMIT_BYTES = 1_500_000
CELL_SECONDS = 120

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
KEPT_CELL_METADATA = ("tags", "nbgrader", "slideshow", "jupyter", "editable", "deletable")


@dataclass(frozen=True)
class Shelf:
    """One folder of sources and the folder of notebooks that is made from it."""

    sources: Path
    notebooks: Path
    form: Callable[[NotebookNode], list[str]] = lambda notebook: []
    #: Where notebooks go that a learner fills in; None for lessons.
    unsolved: Path | None = None

    def scripts(self) -> list[Path]:
        """All sources, in order."""
        return sorted(self.sources.glob("*.py"))

    def notebook_of(self, script: Path) -> Path:
        """The notebook that is built from `script`."""
        return self.notebooks / f"{script.stem}.ipynb"

    def orphans(self) -> list[Path]:
        """Notebooks whose source is gone."""
        built = {path for script in self.scripts() for path in self.made_from(script)}
        folders = [folder for folder in (self.notebooks, self.unsolved) if folder is not None]
        return sorted(path for folder in folders for path in folder.glob("*.ipynb") if path not in built)

    def exercise_of(self, script: Path) -> Path | None:
        """The notebook without worked answers that is built from `script`; None for a lesson."""
        return None if self.unsolved is None else self.unsolved / f"{script.stem}.ipynb"

    def made_from(self, script: Path) -> list[Path]:
        """All notebooks that are built from `script`."""
        exercise = self.exercise_of(script)
        return [self.notebook_of(script)] + ([] if exercise is None else [exercise])

    def texts(self) -> list[tuple[Path, Path]]:
        """Pages, and the style of the slides, that are copied as they are: (source, copy)."""
        paths = [*self.sources.glob("*.md"), *self.sources.glob("*.css")]
        return [(path, self.notebooks / path.name) for path in sorted(paths)]


LESSONS = Shelf(ROOT / "sources" / "lessons", ROOT / "notebooks", lesson_form.problems)
EXERCISES = Shelf(ROOT / "sources" / "exercises", ROOT / "solutions", worksheets.problems, ROOT / "exercises")
SHELVES = (LESSONS, EXERCISES)


class BuildError(Exception):
    """A notebook could not be built; the message says which cell of which source, and why."""


# --- from a script to a notebook ---------------------------------------------------------------------------


def source_hash(script: Path) -> str:
    """Hash of the text of `script`, of its problems in the bank and of `FORMAT`; line endings do not count."""
    text = script.read_bytes().replace(b"\r\n", b"\n")
    if _names_problems(script):
        text += worksheets.bank_of(script).read_bytes().replace(b"\r\n", b"\n") + b"format %d\n" % worksheets.FORMAT
    return hashlib.sha256(b"format %d\n" % FORMAT + text).hexdigest()


def _names_problems(script: Path) -> bool:
    return re.search(rb"^# %% .*\bproblem=", script.read_bytes(), flags=re.MULTILINE) is not None


def relative(path: Path) -> str:
    """`path` as people write it: from the root of the project where it lies there, with forward slashes."""
    path = path.resolve()
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else path.name


def read(script: Path) -> NotebookNode:
    """Turn a percent script into a clean notebook that has not been executed."""
    parsed = jupytext.read(script, fmt="py:percent").cells
    if _names_problems(script):
        try:
            parsed = worksheets.expanded(parsed, script.stem[:2])
        except (ValueError, LookupError) as error:
            raise BuildError(f"{relative(script)}: {error}") from error
    cells = []
    seen: Counter[str] = Counter()
    for cell in slides.arranged(parsed):
        digest = hashlib.sha256(f"{cell.cell_type}\n{cell.source}".encode()).hexdigest()[:12]
        seen[digest] += 1
        cell_id = digest if seen[digest] == 1 else f"{digest}-{seen[digest]}"
        make = getattr(nbformat.v4, f"new_{cell.cell_type}_cell")
        metadata = {key: cell.metadata[key] for key in KEPT_CELL_METADATA if key in cell.metadata}
        cells.append(make(cell.source, id=cell_id, metadata=metadata))
    return nbformat.v4.new_notebook(cells=cells, metadata=_metadata(script))


def _metadata(script: Path) -> NotebookNode:
    return nbformat.from_dict(
        {
            "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
            "language_info": {"file_extension": ".py", "mimetype": "text/x-python", "name": "python"},
            "recsys_lessons": {"sha256": source_hash(script), "source": relative(script)},
            "rise": slides.DECK,
        }
    )


def line_of(cell: NotebookNode, script: Path) -> int:
    """Number of the line in `script` on which `cell` begins; 1 when it cannot be told."""
    text = script.read_text(encoding="utf-8")
    first = cell.source.split("\n", 1)[0]
    at = text.find(cell.source) if cell.source in text else text.find(first)
    return text.count("\n", 0, max(at, 0)) + 1


# --- execution ---------------------------------------------------------------------------------------------


class _ThisPython(KernelSpecManager):
    """Whatever kernels a person has installed, lessons run on the Python that runs this script."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}", "--log-level=40"]
        return KernelSpec(argv=argv, display_name="Python 3 (ipykernel)", language="python")


class _Kernel(AsyncKernelManager):
    @default("kernel_spec_manager")
    def _only_this_python(self) -> KernelSpecManager:
        return _ThisPython()


def _environment(scratch: Path) -> dict[str, str]:
    environment = dict(os.environ)
    # Lessons run on what the package brings, whatever a maintainer has downloaded.
    environment.pop("RECSYS_LESSONS_DATA", None)
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), environment.get("PYTHONPATH")]))
    environment["PYTHONHASHSEED"] = "0"
    environment["IPYTHONDIR"] = str(scratch / "ipython")  # no start-up files, no history
    environment["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"
    environment["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"
    return environment


def execute(notebook: NotebookNode, script: Path) -> None:
    """Run all cells of `notebook` in place, in a fresh kernel and an empty folder.

    Raises
    ------
    BuildError
        If a cell raises, takes longer than `CELL_SECONDS`, kills its kernel or writes to stderr.
    """
    started: list[NotebookNode] = []
    with tempfile.TemporaryDirectory(prefix="lesson-") as folder:
        scratch = Path(folder)
        work = scratch / "work"
        work.mkdir()
        client = NotebookClient(
            notebook,
            timeout=CELL_SECONDS,
            kernel_manager_class=_Kernel,
            resources={"metadata": {"path": str(work)}},
            record_timing=False,
            store_widget_state=False,
            coalesce_streams=True,
            on_cell_execute=lambda cell, cell_index: started.append(cell),
        )
        try:
            client.execute(env=_environment(scratch))
        except CellExecutionError as error:
            told = [line for output in started[-1].outputs for line in output.get("traceback", [])]
            _fail(script, started[-1], f"{error.ename}: {error.evalue}\n" + _plain("\n".join(told)))
        except CellTimeoutError:
            _fail(script, started[-1], f"the cell ran for more than {CELL_SECONDS} seconds")
        except DeadKernelError:
            _fail(script, started[-1] if started else None, "the kernel died")
        except CellControlSignal as error:
            _fail(script, started[-1] if started else None, str(error))
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if output.output_type == "stream" and output.name == "stderr":
                _fail(script, cell, f"the cell writes to stderr:\n{output.text}")


def _fail(script: Path, cell: NotebookNode | None, reason: str) -> None:
    where = relative(script) if cell is None else f"{relative(script)}, line {line_of(cell, script)}"
    raise BuildError(f"{where}: {reason.rstrip()}")


def _plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def clean(notebook: NotebookNode, script: Path) -> None:
    """Take out of `notebook` what an execution leaves and a reader does not need."""
    notebook.metadata = _metadata(script)
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type != "code":
            continue
        kept = []
        for output in cell.outputs:
            data = output.get("data")
            if data is not None:
                # Without its model a stored view reads "Error displaying widget"; its static page stays.
                is_widget = data.pop(WIDGET_VIEW, None) is not None
                if is_widget and "text/html" not in data:
                    continue
                output.metadata.pop(WIDGET_VIEW, None)
            kept.append(output)
        cell.outputs = kept


# --- what every stored notebook must satisfy ---------------------------------------------------------------


def problems(notebook: NotebookNode) -> list[str]:
    """Say what is wrong with an executed notebook; an empty list means nothing."""
    found = []
    ids = Counter(cell.get("id") for cell in notebook.cells)
    found += [f"cell id {cell_id} is used {count} times" for cell_id, count in ids.items() if count > 1]
    if notebook.metadata.get("widgets"):
        found.append("the state of widgets is stored")
    if "version" in notebook.metadata.get("language_info", {}):
        found.append("language_info.version is stored")
    if notebook.metadata.get("kernelspec", {}).get("name") != "python3":
        found.append("the kernel is not python3")
    code_cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    counts = [cell.execution_count for cell in code_cells]
    if counts != list(range(1, len(counts) + 1)):
        found.append(f"code cells were not executed once from top to bottom: counts {counts}")
    for number, cell in enumerate(code_cells, start=1):
        found += [f"code cell {number}: {problem}" for problem in _cell_problems(cell)]
    return found


_ABSOLUTE_PATH = re.compile(
    r"(?<![\w./:<-])/(?:home|root|tmp|usr|opt|var|etc|Users|work|mnt|srv|private|workspace)/[\w.-]+|\b[A-Za-z]:\\\w"
)
_URL_READ = re.compile(
    r"https?://|\burlopen\b|\burlretrieve\b|\brequests\.\w|\bfetch_\w+\((?!download_if_missing=False\))|!\s*(?:pip|curl|wget)\b|%pip\b"
)
_ADDRESS = re.compile(r"\bat 0x[0-9a-fA-F]{6,}")
_PICTURE_DATA = re.compile(r"data:image/png;base64,[A-Za-z0-9+/=]+")
_PICTURE_TAG = re.compile(r"<img\b[^>]*>", re.IGNORECASE)
_ALT = re.compile(r"""\balt\s*=\s*(?:"\s*[^"\s][^"]*"|'\s*[^'\s][^']*')""", re.IGNORECASE)
_COMMENT = re.compile(r"(?:^|\s)#.*$")


def _cell_problems(cell: NotebookNode) -> list[str]:
    found = []
    lines = [_COMMENT.sub("", line).rstrip() for line in cell.source.splitlines()]
    code = [line for line in lines if line]
    if code and code[-1].endswith(";"):
        found.append("ends with a semicolon, which silences a value in JupyterLab and not in the test")
    if _ABSOLUTE_PATH.search(cell.source):
        found.append(f"contains an absolute path: {_ABSOLUTE_PATH.search(cell.source).group()}")
    if any(match := _URL_READ.search(line) for line in code):
        found.append(f"reads from the network: {match.group()}")
    if "execution" in cell.metadata:
        found.append("times of execution are stored")
    if "raises-exception" in cell.metadata.get("tags", []):
        found.append("is tagged raises-exception, which hides every error")
    for output in cell.outputs:
        found += _output_problems(output)
    return found


def _output_problems(output: NotebookNode) -> list[str]:
    found = []
    if output.output_type == "error":
        return [f"stores the error {output.ename}: {output.evalue}"]
    if output.output_type == "stream" and output.name == "stderr":
        return [f"writes to stderr: {output.text[:200]}"]
    data: dict[str, Any] = output.get("data", {"text/plain": output.get("text", "")})
    if WIDGET_VIEW in data:
        found.append("stores the view of a widget, which cannot be shown again")
    unknown = [kind for kind in data if kind.startswith("image/") and kind != "image/png"]
    found += [f"stores a picture as {kind}; expected image/png" for kind in unknown]
    if "image/png" in data:
        # The text alternative counts only where JupyterLab shows it, and that is in HTML.
        if not _PICTURE_TAG.search(data.get("text/html", "")):
            found.append("shows a picture without a text alternative (recsys_lessons.teaching.plotting adds one)")
        if not output.metadata.get("image/png", {}).get("alt", "").strip():
            found.append("stores a picture without alt in its metadata")
    for kind, content in data.items():
        if not (kind.startswith("text/") and isinstance(content, str)):
            continue
        found += ["has an <img> without alt" for tag in _PICTURE_TAG.findall(content) if not _ALT.search(tag)]
        text = _PICTURE_DATA.sub("", content)
        if match := _ABSOLUTE_PATH.search(text):
            found.append(f"prints an absolute path: {match.group()}")
        if match := _ADDRESS.search(text):
            found.append(f"prints a memory address ({match.group()}), which differs from run to run")
    return found


# --- building ----------------------------------------------------------------------------------------------


def built_from(notebook: Path) -> str | None:
    """Hash of the source that a stored notebook was built from; None if there is no such notebook."""
    try:
        stored = nbformat.read(notebook, as_version=4)
        return stored.metadata["recsys_lessons"]["sha256"]
    except (OSError, KeyError, nbformat.reader.NotJSONError, nbformat.ValidationError):
        return None


def is_stale(script: Path, notebook: Path) -> bool:
    """Whether `notebook` is missing or was built from another text or in another format."""
    return built_from(notebook) != source_hash(script)


def build(
    script: Path,
    target: Path,
    form: Callable[[NotebookNode], list[str]] | None = None,
    exercise: Path | None = None,
) -> None:
    """Build the executed notebook `target` from `script`, and from it the `exercise` without worked answers.

    Without `form`, a function that says what the notebook lacks, any form will do.

    Raises
    ------
    BuildError
        If it cannot be built. The notebook that was there is left as it was.
    """
    notebook = read(script)
    _refuse(script, form(notebook) if form else [])
    execute(notebook, script)
    clean(notebook, script)
    found = problems(notebook)
    content = serialized(notebook)
    if len(content) > LIMIT_BYTES:
        found.append(f"the notebook has {len(content):,} bytes; expected at most {LIMIT_BYTES:,}")
    _refuse(script, found)
    replace(target, content)
    if exercise is not None:
        replace(exercise, serialized(worksheets.unsolved(notebook)))


def _refuse(script: Path, found: list[str]) -> None:
    if found:
        raise BuildError("\n".join(f"{relative(script)}: {problem}" for problem in found))


def serialized(notebook: NotebookNode) -> bytes:
    """The bytes of a notebook's file."""
    nbformat.validate(notebook)
    return (nbformat.writes(notebook, version=4).rstrip("\n") + "\n").encode("utf-8")


def replace(target: Path, content: bytes) -> None:
    """Write `content` beside `target`, then put it in its place in one step."""
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        temporary.write_bytes(content)
        os.replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)


def check(shelves: tuple[Shelf, ...] = SHELVES) -> list[str]:
    """Say what is not as the sources want it; an empty list means that everything is current."""
    found = []
    for shelf in shelves:
        for script in shelf.scripts():
            for notebook in shelf.made_from(script):
                if not notebook.exists():
                    found.append(f"{relative(notebook)} is missing")
                elif is_stale(script, notebook):
                    found.append(f"{relative(notebook)} is stale: {relative(script)} has changed since it was built")
        found += [
            f"{relative(copy)} differs from {relative(source)}"
            for source, copy in shelf.texts()
            if not copy.exists() or copy.read_bytes() != source.read_bytes()
        ]
        found += [f"{relative(orphan)} has no source: delete it" for orphan in shelf.orphans()]
    return found


def everything(shelves: tuple[Shelf, ...]) -> list[tuple[Path, Shelf]]:
    """Every script, with the shelf on which it stands."""
    return [(script, shelf) for shelf in shelves for script in shelf.scripts()]


def select(names: list[str], shelves: tuple[Shelf, ...]) -> list[tuple[Path, Shelf]]:
    """Find the scripts that `names` mean: a stem, the beginning of one, or a path (``exercises/05``)."""
    pairs = everything(shelves)
    chosen: list[tuple[Path, Shelf]] = []
    for name in names:
        folder = Path(name).parent.name
        standing = [pair for pair in pairs if folder in _folders(*pair)]
        matching = [pair for pair in standing or pairs if pair[0].stem.startswith(Path(name).stem)]
        if not matching:
            raise BuildError(f"no source is called {name}; there are: {', '.join(p[0].stem for p in pairs) or 'none'}")
        chosen += [pair for pair in matching if pair not in chosen]
    return chosen


def _folders(script: Path, shelf: Shelf) -> set[str]:
    """Names of the folders in which a person finds `script` and what is made from it."""
    return {shelf.sources.name, *(path.parent.name for path in shelf.made_from(script))}


def main(arguments: list[str] | None = None, shelves: tuple[Shelf, ...] = SHELVES) -> int:
    """Run the command; the result is the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="which to build, by name or its beginning (default: what is stale)")
    parser.add_argument("--all", action="store_true", help="build everything")
    parser.add_argument("--draft", action="store_true", help="report departures from the form, and build all the same")
    parser.add_argument("--check", action="store_true", help="build nothing, say what is stale")
    options = parser.parse_args(arguments)
    if options.check:
        found = check(shelves)
        for line in found:
            print(line)
        print(f"repair with: {REPAIR}" if found else "all notebooks are current")
        return 1 if found else 0
    try:
        chosen = select(options.names, shelves)
    except BuildError as error:
        print(error, file=sys.stderr)
        return 1
    if not options.names:
        pairs = everything(shelves)
        chosen = [
            (script, shelf)
            for script, shelf in pairs
            if options.all or any(is_stale(script, notebook) for notebook in shelf.made_from(script))
        ]
    failures = 0
    for script, shelf in chosen:
        notebook = shelf.notebook_of(script)
        if options.draft:
            for problem in shelf.form(read(script)):
                print(f"{relative(script)}: {problem}", file=sys.stderr)
        try:
            build(script, notebook, None if options.draft else shelf.form, shelf.exercise_of(script))
        except BuildError as error:
            failures += 1
            print(f"NOT built {relative(notebook)}\n{error}\n", file=sys.stderr)
        else:
            print(f"built {relative(notebook)}")
    for shelf in shelves:
        for source, copy in shelf.texts():
            if not copy.exists() or copy.read_bytes() != source.read_bytes():
                replace(copy, source.read_bytes())
                print(f"copied {relative(copy)}")
        for orphan in shelf.orphans():
            failures += 1
            print(f"{relative(orphan)} has no source: delete it", file=sys.stderr)
    if not chosen:
        print("all notebooks are current")
    return 1 if failures else 0


if __name__ == "__main__":
    raise SystemExit(main())
