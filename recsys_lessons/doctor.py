"""The doctor: one look at everything the course needs on this computer, with a remedy for whatever is wrong.

Each check is a generator of findings. The round never raises and never downloads anything; a finding
without a remedy is good news. Printing and exit codes are the command line's.
"""

import json
import os
import platform
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

import recsys_lessons

_INSTALL_LAB = 'pip install "recsys-lessons[lab]"'
_REINSTALL = "pip install --force-reinstall recsys-lessons"

#: Archives that the two fetchers look for in the folder RECSYS_LESSONS_DATA before they would download them.
ARCHIVES = ("ml-100k.zip", "stackexchange-crossvalidated.zip")


@dataclass(frozen=True)
class Finding:
    """One line of the doctor's report."""

    section: str
    text: str
    #: What to do about it; None if all is well.
    remedy: str | None = None


def examine() -> Iterator[Finding]:
    """Run every check.

    Yields
    ------
    Finding
        As soon as it is known: the last ones come after compiling the kernels.
    """
    for section, check in _CHECKS.items():
        try:
            for text, remedy in check():
                yield Finding(section, text, remedy)
        except Exception as error:
            # The doctor must finish its round whatever state the patient is in.
            yield Finding(section, f"{type(error).__name__}: {error}", _REINSTALL)


_Lines = Iterator[tuple[str, str | None]]


def _versions() -> _Lines:
    found = f"Python {platform.python_version()} on {platform.system()} {platform.machine()}, {sys.executable}"
    yield found, None if sys.version_info >= (3, 11) else "install Python 3.11 or newer"
    package_folder = Path(recsys_lessons.__file__).parent
    yield f"recsys-lessons {recsys_lessons.__version__} in {package_folder}", None
    for package in ("numpy", "scipy", "numba", "llvmlite"):
        yield from _version(package, _REINSTALL)
    for package in ("jupyterlab", "ipywidgets", "matplotlib"):
        yield from _version(package, _INSTALL_LAB)


def _version(package: str, remedy: str) -> _Lines:
    try:
        yield f"{package} {version(package)}", None
    except PackageNotFoundError:
        yield f"{package} is not installed", remedy


def _threads() -> _Lines:
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    yield (
        f"{usable} of {os.cpu_count()} processors usable; training uses one unless num_threads says more",
        None,
    )


def _data() -> _Lines:
    for name in ("load_movies", "load_groceries", "make_newsroom"):
        try:
            getattr(import_module("recsys_lessons.datasets"), name)()
        except Exception as error:
            yield f"{name}() failed: {type(error).__name__}: {error}", _REINSTALL
        else:
            yield f"{name}() works offline", None
    named = os.environ.get("RECSYS_LESSONS_DATA")
    if named is None:
        yield (
            "RECSYS_LESSONS_DATA is not set: fetch_movielens() and fetch_stackexchange() would download",
            None,
        )
    elif not Path(named).is_dir():
        yield (
            f"RECSYS_LESSONS_DATA is {named!r}, which is not a folder",
            f"set it to a folder that holds {' or '.join(ARCHIVES)}, or unset it",
        )
    else:
        present = [archive for archive in ARCHIVES if (Path(named) / archive).is_file()]
        yield f"RECSYS_LESSONS_DATA is {named!r} and holds {', '.join(present) or 'no archive'}", None


def _course() -> _Lines:
    from recsys_lessons import learner_copy

    try:
        course = learner_copy.course_folder()
    except learner_copy.LearnerCopyError as error:
        text, _, remedy = str(error).rpartition(". ")
        yield text, remedy
        return
    yield f"{len(learner_copy.course_files(course))} files in {course}", None
    copy = learner_copy.default_copy_folder()
    if copy.exists():
        problem = _unwritable(copy)
        yield (
            f"your copy is {copy}",
            problem and f"{problem}: open another one, recsys-lessons lab --folder PATH",
        )
    else:
        yield f"your copy will be {copy}; `recsys-lessons lab` makes it", None


def _lab() -> _Lines:
    try:
        version("jupyterlab")
        paths = import_module("jupyter_core.paths")
        kernelspec = import_module("jupyter_client.kernelspec")
    except ImportError:
        yield "JupyterLab is not installed: the lessons cannot be opened", _INSTALL_LAB
        return
    yield from _kernel(kernelspec)
    yield from _widget_extension(paths.jupyter_path("labextensions"))
    yield from _widgets_fit()


def _kernel(kernelspec: object) -> _Lines:
    # As `recsys-lessons lab` does: a kernel of this environment comes before one in the home folder.
    os.environ.setdefault("JUPYTER_PREFER_ENV_PATH", "1")
    repair = f"{_quoted(sys.executable)} -m pip install --force-reinstall ipykernel"
    try:
        spec = kernelspec.KernelSpecManager().get_kernel_spec("python3")
    except kernelspec.NoSuchKernel:
        yield "the kernel python3 is missing", repair
        return
    program = spec.argv[0]
    if Path(program).is_absolute() and not _same_python(Path(program)):
        yield (
            f"the kernel python3 in {spec.resource_dir} runs another Python: {program}",
            f"jupyter kernelspec remove python3, then {repair}",
        )
        return
    try:
        yield f"the kernel python3 runs this Python, with ipykernel {version('ipykernel')}", None
    except PackageNotFoundError:
        yield "ipykernel is not installed, so the kernel python3 cannot start", repair


def _same_python(program: Path) -> bool:
    # Not resolved: the python of a virtual environment is a link to the system's, and yet another Python.
    return program.parent.resolve() == Path(sys.executable).parent.resolve()


def _quoted(program: str) -> str:
    return f'"{program}"' if " " in program else program


def _widget_extension(folders: list[str]) -> _Lines:
    extension = "@jupyter-widgets/jupyterlab-manager"
    manifests = [Path(folder) / extension / "package.json" for folder in folders]
    manifest = next((path for path in manifests if path.is_file()), None)
    remedy = f"{_quoted(sys.executable)} -m pip install --force-reinstall jupyterlab-widgets"
    if manifest is None:
        yield f"the JupyterLab extension {extension} is missing: widgets would stay blank", remedy
        return
    number = json.loads(manifest.read_text(encoding="utf-8")).get("version", "of unknown version")
    if not _enabled(extension):
        yield f"the JupyterLab extension {extension} is disabled", f"jupyter labextension enable {extension}"
        return
    yield f"the JupyterLab extension {extension} {number} is there", None


def _enabled(extension: str) -> bool:
    config = import_module("jupyterlab_server.config")
    disabled = config.get_page_config(import_module("jupyter_core.paths").jupyter_path("labextensions")).get(
        "disabledExtensions", {}
    )
    return not (disabled.get(extension) if isinstance(disabled, dict) else extension in disabled)


def _widgets_fit() -> _Lines:
    from packaging.requirements import Requirement

    for requirement in map(Requirement, requires("ipywidgets") or []):
        if requirement.name.replace("_", "-") != "jupyterlab-widgets":
            continue
        found = version("jupyterlab-widgets")
        if requirement.specifier.contains(found, prereleases=True):
            yield f"ipywidgets {version('ipywidgets')} and jupyterlab-widgets {found} fit together", None
        else:
            yield (
                f"ipywidgets {version('ipywidgets')} needs {requirement}, not {found}",
                f"{_quoted(sys.executable)} -m pip install --force-reinstall ipywidgets",
            )


def _kernel_cache() -> _Lines:
    folder = import_module("recsys_lessons.kernels.compiling").cache_folder()
    if folder is None:
        yield (
            "no folder for compiled kernels is writable, so they are compiled anew in every session",
            "make the cache folder of your home writable, or set NUMBA_CACHE_DIR to a folder that is",
        )
    else:
        problem = _unwritable(folder)
        yield (
            f"compiled kernels are kept in {folder}",
            problem and f"{problem}: make it writable, or delete it",
        )
    yield "compiling what is not there yet, which may take a minute the first time", None
    seconds = import_module("recsys_lessons.models.warm_up").warm_up()
    yield f"every kernel is compiled or loaded, in {seconds:.1f} s", None
    if folder is not None and folder.is_dir():
        size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
        yield f"the cache takes {size / 1e6:.1f} MB; it may be deleted at any time", None


def _unwritable(folder: Path) -> str | None:
    try:
        # A real file: permission bits do not tell the truth on every file system.
        with tempfile.TemporaryFile(dir=folder):
            return None
    except OSError as error:
        return f"{folder} cannot be written ({error.strerror})"


_CHECKS: dict[str, Callable[[], _Lines]] = {
    "Versions": _versions,
    "Threads": _threads,
    "Data": _data,
    "Course": _course,
    "JupyterLab and widgets": _lab,
    "Kernel cache": _kernel_cache,
}

SECTIONS = tuple(_CHECKS)
