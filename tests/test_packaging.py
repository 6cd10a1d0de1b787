"""The project holds together: what it says it needs, what it ships, what a fresh machine gets."""

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

import recsys_lessons
from recsys_lessons import learner_copy
from tests.serving import api, free_port, read, serving

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PYTHONS = ("3.11", "3.12", "3.13")

#: Where the conda route takes another package: matplotlib there brings Qt, which no lesson needs.
CONDA_NAMES = {"matplotlib": "matplotlib-base"}


def requirements(*extras: str) -> dict[str, Requirement]:
    """The direct dependencies of the library and some extras, by canonical name."""
    lines = PROJECT["project"]["dependencies"] + [
        line for extra in extras for line in PROJECT["project"]["optional-dependencies"][extra]
    ]
    return {canonicalize_name(Requirement(line).name): Requirement(line) for line in lines}


def constraints(python: str) -> dict[str, str]:
    """The tested version of each package on one Python, by canonical name."""
    lines = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if line and line[0] != "#"]
    found: dict[str, str] = {}
    for line in lines:
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate({"python_version": python}):
            name = canonicalize_name(requirement.name)
            assert name not in found, f"{name} is constrained twice on Python {python}"
            (pin,) = requirement.specifier
            assert pin.operator == "==", f"{line}: constraints.txt names exact versions"
            found[name] = pin.version
    return found


def tracked() -> list[str]:
    """Every file git knows."""
    if not (ROOT / ".git").exists() or shutil.which("git") is None:
        pytest.skip("this is not a git checkout: there is no list of tracked files")
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    return [name for name in listing.decode().split("\0") if name and (ROOT / name).is_file()]


class TestDependencies:
    @pytest.mark.parametrize("python", PYTHONS)
    def test_every_dependency_was_tested_in_a_version_it_allows(self, python):
        tested = constraints(python)
        for name, requirement in requirements(*PROJECT["project"]["optional-dependencies"]).items():
            assert name in tested, f"constraints.txt lacks {name}"
            assert requirement.specifier.contains(tested[name]), f"{requirement} excludes the tested {tested[name]}"

    def test_make_installs_the_tested_versions(self):
        from importlib.metadata import PackageNotFoundError, version

        tested = constraints(f"{sys.version_info.major}.{sys.version_info.minor}")
        different = {}
        for name in requirements("lab", "test"):
            try:
                found = version(name)
            except PackageNotFoundError:
                found = "not installed"
            if found != tested[name]:
                different[name] = f"{found}, tested {tested[name]}"
        made_by_make = Path(sys.prefix).resolve() == ROOT / ".venv"
        if different and not made_by_make:
            pytest.skip(f"this environment was not made by `make`: {different}")
        assert not different

    def test_conda_gets_the_same_ranges(self):
        listed = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
        (from_pip,) = [entry["pip"] for entry in listed if isinstance(entry, dict)]
        lines = [entry for entry in listed if isinstance(entry, str) and not entry.startswith("python=")]
        lines += [line for line in from_pip if not line.startswith("-e")]
        conda = {canonicalize_name(Requirement(line).name): Requirement(line).specifier for line in lines}
        assert "-e .[lab,test]" in from_pip
        (python,) = [entry.partition("=")[2] for entry in listed if str(entry).startswith("python=")]
        supported = SpecifierSet(PROJECT["project"]["requires-python"])
        assert python in PYTHONS and all(supported.contains(python) for python in PYTHONS)
        needed = {CONDA_NAMES.get(name, name): requirement for name, requirement in requirements("lab", "test").items()}
        assert {name: conda.get(name) for name in needed} == {name: r.specifier for name, r in needed.items()}
        assert set(conda) - set(needed) == {"pip"}, "environment.yml names what pyproject.toml does not"

    def test_the_classifiers_name_the_pythons_of_the_constraints(self):
        prefix = "Programming Language :: Python :: 3."
        named = [f"3.{c.removeprefix(prefix)}" for c in PROJECT["project"]["classifiers"] if c.startswith(prefix)]
        assert named == list(PYTHONS)

    def test_the_benchmark_installs_the_peers_of_pyproject(self):
        (line,) = re.findall(r"for peer in (.+); do", (ROOT / "Makefile").read_text())
        assert line.split() == [requirement.split(">")[0].split("=")[0] for requirement in bench_extra()]

    def test_there_is_no_other_lock_file(self):
        locks = (
            "poetry.lock",
            "uv.lock",
            "pdm.lock",
            "Pipfile.lock",
            "conda-lock.yml",
            "pixi.lock",
            "requirements.txt",
        )
        assert [name for name in tracked() if Path(name).name in locks] == []


def bench_extra() -> list[str]:
    return PROJECT["project"]["optional-dependencies"]["bench"]


class TestRepository:
    def test_nothing_is_tracked_that_is_not_source(self):
        unwanted = re.compile(
            r"\.(pkl|pickle|pyc|nbi|nbc)$|\.ipynb_checkpoints/|^my-course/|^\.venv/|ml-100k\.zip|crossvalidated\.zip"
        )
        assert [name for name in tracked() if unwanted.search(name)] == []

    def test_no_tracked_text_names_a_place_on_somebodys_computer(self):
        # Nobody's name is "me": the test of the notebook builder needs an example.
        place = re.compile(rb"(?<![\w.:/])(?:/home/(?!me\b)|/root/|/Users/|/work/|[A-Z]:\\Users\\)[\w.-]+")
        found = {
            name: places
            for name in tracked()
            if Path(name).suffix not in {".npz", ".png"}
            and name != "tests/test_packaging.py"
            and (places := place.findall((ROOT / name).read_bytes()))
        }
        assert found == {}

    @pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "TEACHING.md"])
    def test_a_page_names_only_commands_and_files_that_exist(self, page):
        text = (ROOT / page).read_text()
        targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
        assert set(re.findall(r"(?:^|`)make ([a-z]+)", text, re.MULTILINE)) <= targets
        links = re.findall(r"\]\(([^)#:]+)\)", text)
        assert [link for link in links if not (ROOT / link).exists()] == []


class TestFloors:
    """A floor imports only floors below it; the order is that of the design."""

    FLOORS = (
        {"validation"},
        {"kernels"},
        {"losses"},
        {"models", "data"},
        {"evaluation", "cross_validation", "callbacks", "datasets", "serving"},
        {"jobs"},
        {"parallel"},
        {"teaching"},
        {"cli", "doctor", "learner_copy"},
    )

    def floor(self, name: str) -> int:
        (number,) = [number for number, names in enumerate(self.FLOORS) if name in names]
        return number

    def imports(self) -> list[tuple[str, str]]:
        """Pairs of a file and a module it imports, the lazy exports of the package itself left out."""
        found = []
        package = ROOT / "recsys_lessons"
        for path in sorted(package.rglob("*.py")):
            relative = path.relative_to(package)
            if relative == Path("__init__.py"):
                continue
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Import):
                    found += [(relative.as_posix(), alias.name) for alias in node.names]
                elif isinstance(node, ast.ImportFrom):
                    home = ["recsys_lessons", *relative.parts[:-1]][: len(relative.parts) - node.level + 1]
                    module = ".".join([*(home if node.level else []), *filter(None, [node.module])])
                    whole = module == "recsys_lessons"
                    found += [(relative.as_posix(), self.home(alias.name) if whole else module) for alias in node.names]
        return found

    def home(self, name: str) -> str:
        """The module that the package's attribute `name` is, or comes from."""
        return getattr(getattr(recsys_lessons, name, None), "__module__", f"recsys_lessons.{name}")

    def test_a_floor_imports_only_floors_below(self):
        upward = [
            (importer, imported)
            for importer, imported in self.imports()
            if imported.startswith("recsys_lessons.")
            and imported.split(".")[1] != "__version__"
            and self.floor(imported.split(".")[1]) > self.floor(Path(importer).parts[0].removesuffix(".py"))
        ]
        assert upward == []

    def test_only_kernels_know_numba(self):
        knowing = {importer for importer, imported in self.imports() if imported.split(".")[0] in {"numba", "llvmlite"}}
        assert {importer for importer in knowing if not importer.startswith("kernels/")} == set()

    def test_the_library_imports_neither_jupyter_nor_plots(self):
        heavy = {"matplotlib", "ipywidgets", "IPython", "jupyterlab", "sklearn", "distributed", "dask"}
        code = (
            "import sys; import recsys_lessons.data, recsys_lessons.datasets, recsys_lessons.parallel; "
            f"from recsys_lessons import LightFM; print(sorted({heavy!r} & set(sys.modules)))"
        )
        answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
        assert answer.stdout.strip() == "[]"


class TestLazyExports:
    @pytest.mark.parametrize("name", recsys_lessons.__all__)
    def test_every_export_can_be_had_and_is_listed(self, name):
        assert getattr(recsys_lessons, name)
        assert name in dir(recsys_lessons)

    def test_an_unknown_name_is_an_attribute_error(self):
        with pytest.raises(AttributeError, match="no attribute 'WARP'"):
            recsys_lessons.WARP  # noqa: B018

    def test_the_package_itself_imports_nothing_heavy(self):
        code = "import recsys_lessons, sys; print(sorted({'numpy', 'scipy', 'numba'} & set(sys.modules)))"
        answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
        assert answer.stdout.strip() == "[]"


def in_new_environment(folder: Path) -> Path:
    """A virtual environment, and its Python."""
    venv.create(folder, with_pip=True)
    return folder / ("Scripts" if os.name == "nt" else "bin") / "python"


def run(*command: object, cwd: Path, seconds: float = 900) -> str:
    """Run a command to its end and give what it printed; its words are the message if it fails."""
    outside = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "VIRTUAL_ENV"}}
    answer = subprocess.run(
        [str(word) for word in command], cwd=cwd, env=outside, capture_output=True, text=True, timeout=seconds
    )
    assert answer.returncode == 0, f"{command}\n{answer.stdout[-3000:]}\n{answer.stderr[-3000:]}"
    return answer.stdout


def clone(target: Path) -> Path:
    """The working tree's tracked files as a fresh clone would have them, uncommitted changes included."""
    for name in tracked():
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, target / name)
    return target


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder far from the checkout."""
    return tmp_path_factory.mktemp("learner")


@pytest.fixture(scope="module")
def wheel(place: Path) -> Path:
    """The wheel of the working tree; what Jupyter or a learner left behind must not get into it."""
    source = clone(place / "source")
    (source / "notebooks/.ipynb_checkpoints").mkdir()
    (source / "notebooks/.ipynb_checkpoints/left-checkpoint.ipynb").write_text("{}")
    (source / "notebooks/my-guesses.json").write_text("{}")
    build = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--wheel-dir", place / "wheels", source]
    run(*build, cwd=place)
    (built,) = (place / "wheels").glob("*.whl")
    shutil.rmtree(source)
    return built


@pytest.fixture(scope="module")
def python(place: Path, wheel: Path) -> Path:
    """The Python of an environment that holds the wheel and what a learner needs."""
    python = in_new_environment(place / "environment")
    install = [python, "-m", "pip", "install", "--quiet", "-c", ROOT / "constraints.txt", f"{wheel}[lab]"]
    run(*install, cwd=place)
    return python


@pytest.mark.slow
class TestFreshInstall:
    """The wheel in an empty environment."""

    def test_the_wheel_carries_the_course_and_the_licences_and_nothing_else(self, wheel):
        with zipfile.ZipFile(wheel) as archive:
            names = archive.namelist()
        course = {f"recsys_lessons/course/{name}" for name in learner_copy.course_files(ROOT)}
        assert {f"recsys_lessons/course/notebooks/{name}" for name in ("00_start_here.ipynb", "glossary.md")} <= course
        assert course <= set(names)
        assert any(name.endswith("licenses/LICENSE") for name in names)
        assert {name.split("/")[0].split("-")[0] for name in names} == {"recsys_lessons"}
        unwanted = [
            name for name in names if "checkpoint" in name or "guesses.json" in name or name.startswith("tests")
        ]
        assert unwanted == []
        assert wheel.stat().st_size < 10e6

    def test_lab_serves_the_learners_copy(self, python, place):
        home = place / "home"
        home.mkdir()
        command = [python.with_name("recsys-lessons"), "lab", "--no-browser", f"--port={free_port()}"]
        with serving([str(word) for word in command], place / "lab.log", cwd=home) as address:
            assert "/lab/tree/notebooks/00_start_here.ipynb" in address
            assert "jupyter-config-data" in read(address)
            assert '"nbformat"' in read(api(address, "contents/notebooks/00_start_here.ipynb"))
        assert (home / "my-course/notebooks/00_start_here.ipynb").is_file()

    def test_the_library_works_and_the_doctor_is_content(self, python, place):
        report = run(python.with_name("recsys-lessons"), "doctor", cwd=place)
        assert "Nothing to repair." in report

    def test_reset_keeps_the_learners_file(self, python, place):
        lesson = place / "my-course/notebooks/00_start_here.ipynb"
        lesson.parent.mkdir(parents=True)
        lesson.write_text("mine")
        run(python.with_name("recsys-lessons"), "reset", "notebooks/00", cwd=place)
        assert lesson.with_name("00_start_here.backup-1.ipynb").read_text() == "mine"
        assert lesson.read_text() != "mine"


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_make_lab_works_on_a_fresh_clone_and_the_second_call_is_fast(tmp_path):
    checkout = clone(tmp_path / "clone")
    command = ["make", "lab", f"LAB=--no-browser --port={free_port()}"]
    with serving(command, tmp_path / "first.log", cwd=checkout, seconds=900) as address:
        assert "/lab/tree/notebooks/00_start_here.ipynb" in address
    assert (checkout / "my-course/notebooks/00_start_here.ipynb").is_file()
    with serving(command, tmp_path / "second.log", cwd=checkout, seconds=30) as address:
        assert "Installing" not in (tmp_path / "second.log").read_text()
    collected = run("make", "-n", "test", cwd=checkout)
    assert "pytest" in collected and "pip install" not in collected


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_make_without_a_usable_python_says_what_is_needed(tmp_path):
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path / name)
    answer = subprocess.run(
        ["make", "lab", "PYTHON=/nowhere/python"], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert answer.returncode != 0
    assert "No usable Python found among: /nowhere/python." in answer.stderr
    assert "Python 3.11 or newer" in answer.stderr
