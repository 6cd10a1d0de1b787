"""The command line and the learner's copy, driven as a learner drives them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from recsys_lessons import cli, doctor, learner_copy
from recsys_lessons.learner_copy import LearnerCopyError

LESSON = "notebooks/00_start_here.ipynb"
NOTEBOOK = {
    "cells": [
        {"cell_type": "markdown", "metadata": {}, "source": "# Start: é?"},
        {"cell_type": "code", "metadata": {}, "source": "1 + 1", "execution_count": 1, "outputs": [{"text": "2"}]},
    ],
    "metadata": {"recsys_lessons": {"source": "published"}},
    "nbformat": 4,
    "nbformat_minor": 5,
}


def handed_out() -> str:
    """What a learner gets of `NOTEBOOK`, as text."""
    without = json.loads(json.dumps(NOTEBOOK))
    without["cells"][1] |= {"execution_count": None, "outputs": []}
    return json.dumps(without, indent=1, ensure_ascii=False) + "\n"


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small published course, which the commands use in place of the real one."""
    folder = tmp_path / "published"
    for name in (LESSON, "notebooks/glossary.md", "notebooks/figures/map.png", "exercises/05_losses.ipynb"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        is_notebook = name.endswith(".ipynb")
        (folder / name).write_text(json.dumps(NOTEBOOK) if is_notebook else f"published {name}")
    checkpoint = folder / "notebooks/.ipynb_checkpoints/00_start_here-checkpoint.ipynb"
    checkpoint.parent.mkdir()
    checkpoint.write_text("left behind by Jupyter")
    monkeypatch.setattr(learner_copy, "course_folder", lambda: folder)
    return folder


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return tmp_path / "my-course"


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What JupyterLab would have been started with."""
    calls: list[list[str]] = []
    monkeypatch.setattr(cli, "_serve", lambda arguments: calls.append(arguments) or 0)
    return calls


def test_lab_copies_the_course_and_starts_on_the_first_lesson(course, copy, served, capsys):
    assert (
        cli.main(["lab", "--folder", str(copy), "--no-browser", "--port", "9123", "--", "--ServerApp.ip=0.0.0.0"]) == 0
    )
    assert (copy / LESSON).read_text(encoding="utf-8") == handed_out()
    assert (copy / "notebooks/figures/map.png").exists()
    assert not list(copy.rglob("*checkpoint*"))
    (arguments,) = served
    assert f"--ServerApp.root_dir={copy}" in arguments
    assert f"--LabApp.default_url=/lab/tree/{LESSON}" in arguments
    assert {"--no-browser", "--port=9123", "--ServerApp.ip=0.0.0.0", "--LabApp.news_url=None"} <= set(arguments)
    (extensions,) = [a.partition("=")[2] for a in arguments if "extra_labextensions_path" in a]
    for name in ("recsys-lessons-slides", "recsys-lessons-keys"):
        assert (Path(extensions) / name / "static/remoteEntry.js").is_file()
    assert str(copy) in capsys.readouterr().out


def test_lab_never_touches_what_the_learner_has_and_adds_what_is_new(course, copy, served):
    cli.main(["lab", "--folder", str(copy)])
    (copy / LESSON).write_text("my notes")
    (copy / "notebooks/mine.ipynb").write_text("all my own")
    (course / LESSON).write_text("a newer edition")
    (course / "notebooks/01_feedback.ipynb").write_text(json.dumps(NOTEBOOK))
    cli.main(["lab", "--folder", str(copy)])
    assert (copy / LESSON).read_text() == "my notes"
    assert (copy / "notebooks/mine.ipynb").read_text() == "all my own"
    assert (copy / "notebooks/01_feedback.ipynb").read_text(encoding="utf-8") == handed_out()
    assert not list(copy.rglob("*.tmp"))


def test_the_glossary_goes_with_the_lessons(course, copy, served):
    cli.main(["lab", "--folder", str(copy)])
    assert (copy / "notebooks/glossary.md").read_text() == "published notebooks/glossary.md"


def test_guesses_are_neither_copied_nor_reset(course, copy, served, capsys):
    for name in ("my-guesses.json", "my-guesses.backup-1.json"):
        (course / "notebooks" / name).write_text("left by whoever learned in the course itself")
    cli.main(["lab", "--folder", str(copy)])
    assert not list(copy.rglob("my-guesses*"))
    (copy / "notebooks/my-guesses.json").write_text("mine")
    (copy / LESSON).write_text("my notes")
    cli.main(["lab", "--folder", str(copy)])
    assert cli.main(["reset", LESSON, "--folder", str(copy)]) == 0
    assert cli.main(["reset", "notebooks/my-guesses.json", "--folder", str(copy)]) == 2
    assert (copy / "notebooks/my-guesses.json").read_text() == "mine"
    assert sorted(path.name for path in copy.rglob("my-guesses*")) == ["my-guesses.json"]


def test_a_copy_of_a_read_only_course_can_be_edited(course, copy, served):
    (course / LESSON).chmod(0o444)
    cli.main(["lab", "--folder", str(copy)])
    assert (copy / LESSON).stat().st_mode & 0o200


def test_an_interrupted_copy_leaves_no_half_file(course, copy, monkeypatch):
    def fails(source, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fails)
    with pytest.raises(LearnerCopyError, match="No space left on device"):
        learner_copy.update(course, copy)
    assert [path for path in copy.rglob("*") if path.is_file()] == []


def test_the_default_copy_lies_in_the_checkout_or_in_the_current_folder(tmp_path, repository, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert learner_copy.default_copy_folder() == repository / "my-course"
    monkeypatch.setattr(learner_copy, "checkout_folder", lambda: None)
    assert learner_copy.default_copy_folder() == tmp_path / "my-course"


def test_lab_without_jupyterlab_says_what_to_install(course, copy, monkeypatch, capsys):
    monkeypatch.setattr(cli.importlib.util, "find_spec", lambda name: None)
    assert cli.main(["lab", "--folder", str(copy)]) == 2
    captured = capsys.readouterr()
    assert 'pip install "recsys-lessons[lab]"' in captured.err
    assert not copy.exists()


@pytest.mark.parametrize("port", ["0", "65536", "eight", "-1", "²"])
def test_lab_refuses_a_port_that_is_none(port, capsys):
    with pytest.raises(SystemExit) as stopped:
        cli.main(["lab", f"--port={port}"])
    assert stopped.value.code == 2
    assert "expected a number from 1 to 65535" in capsys.readouterr().err


def test_a_folder_that_cannot_be_written_costs_one_line(course, tmp_path, served, capsys):
    (tmp_path / "a-file").write_text("")
    assert cli.main(["lab", "--folder", str(tmp_path / "a-file")]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert error.startswith("recsys-lessons lab: cannot write to ")
    assert "--folder" in error
    assert served == []


def test_a_read_only_folder_costs_one_line(course, copy, served, capsys):
    copy.mkdir()
    copy.chmod(0o555)
    if os.access(copy, os.W_OK):
        # Root may write anywhere; the kernel's own file system still refuses.
        copy = Path("/proc/my-course")
        if not copy.parent.is_dir():
            pytest.skip("running as root on a system without /proc: no folder refuses to be written")
    assert cli.main(["lab", "--folder", str(copy)]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "cannot write to" in error


def test_reset_restores_one_file_and_keeps_every_old_one(course, copy, capsys):
    learner_copy.update(course, copy)
    for number, work in enumerate(["first try", "second try", "third try"], start=1):
        (copy / LESSON).write_text(work)
        assert cli.main(["reset", LESSON, "--folder", str(copy)]) == 0
        assert (copy / LESSON).read_text(encoding="utf-8") == handed_out()
        assert f"00_start_here.backup-{number}.ipynb" in capsys.readouterr().out
    kept = [path.read_text() for path in sorted((copy / "notebooks").glob("*.backup-*"))]
    assert kept == ["first try", "second try", "third try"]


def test_reset_of_an_untouched_file_changes_nothing(course, copy, capsys):
    learner_copy.update(course, copy)
    assert cli.main(["reset", LESSON, "--folder", str(copy)]) == 0
    assert "nothing was changed" in capsys.readouterr().out
    assert not list((copy / "notebooks").glob("*.backup-*"))


def test_reset_brings_a_deleted_file_back(course, copy, capsys):
    learner_copy.update(course, copy)
    (copy / LESSON).unlink()
    assert cli.main(["reset", LESSON, "--folder", str(copy)]) == 0
    assert (copy / LESSON).read_text(encoding="utf-8") == handed_out()


@pytest.mark.parametrize(
    "asked",
    [
        "exercises/05",
        "exercises/05_losses.ipynb",
        "./exercises/05",
        r"exercises\05",
        "my-course/exercises/05",
        "ABSOLUTE",
    ],
)
def test_reset_understands_the_ways_to_name_a_file(course, copy, asked):
    learner_copy.update(course, copy)
    asked = str(copy / "exercises/05_losses.ipynb") if asked == "ABSOLUTE" else asked
    assert learner_copy.find(course, copy, asked) == "exercises/05_losses.ipynb"


def test_reset_understands_a_path_seen_from_inside_the_copy(course, copy, monkeypatch):
    learner_copy.update(course, copy)
    monkeypatch.chdir(copy / "exercises")
    assert learner_copy.find(course, copy, "05_losses.ipynb") == "exercises/05_losses.ipynb"
    assert learner_copy.find(course, copy, "exercises/05_losses.ipynb") == "exercises/05_losses.ipynb"
    assert learner_copy.find(course, copy, "notebooks/00") == "notebooks/00_start_here.ipynb"


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ("notebooks/", "could be any of: notebooks/00_start_here.ipynb, notebooks/figures/map.png"),
        ("exercises/06", "no file of the course begins with 'exercises/06'"),
        ("../../etc/passwd", "no file of the course begins with"),
        ("", "no file of the course begins with ''"),
    ],
)
def test_reset_of_no_file_or_several_costs_one_line(course, copy, capsys, asked, answer):
    learner_copy.update(course, copy)
    assert cli.main(["reset", "exercises/05", asked, "--folder", str(copy)]) == 2
    error = capsys.readouterr().err
    assert answer in error
    assert error.count("\n") == 1


def test_reset_keeps_the_file_in_place_when_nothing_can_be_written(course, copy, monkeypatch, capsys):
    learner_copy.update(course, copy)
    (copy / LESSON).write_text("my notes")

    def fails(source, target):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(os, "replace", fails)
    assert cli.main(["reset", LESSON, "--folder", str(copy)]) == 2
    assert (copy / LESSON).read_text() == "my notes"


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="this system has no symbolic links")
def test_a_link_in_the_copy_is_the_learners_too(course, copy, tmp_path):
    elsewhere = tmp_path / "elsewhere.ipynb"
    (copy / "notebooks").mkdir(parents=True)
    (copy / LESSON).symlink_to(elsewhere)
    learner_copy.update(course, copy)
    assert (copy / LESSON).is_symlink()
    assert not elsewhere.exists()


def test_a_missing_course_says_how_to_get_it(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(learner_copy, "checkout_folder", lambda: tmp_path)
    assert cli.main(["lab", "--folder", str(tmp_path / "copy")]) == 2
    assert "make notebooks" in capsys.readouterr().err
    monkeypatch.setattr(learner_copy, "checkout_folder", lambda: None)
    monkeypatch.setattr(learner_copy, "__file__", str(tmp_path / "learner_copy.py"))
    assert cli.main(["lab", "--folder", str(tmp_path / "copy")]) == 2
    assert "Reinstall" in capsys.readouterr().err


def test_no_command_prints_the_help(capsys):
    assert cli.main([]) == 0
    help_text = capsys.readouterr().out
    assert all(command in help_text for command in ("lab", "reset", "doctor"))


def test_the_command_line_starts_quickly_and_loads_no_model():
    heavy = {"numba", "scipy", "jupyterlab"}
    code = f"import sys, recsys_lessons.cli; print(sorted({heavy!r} & set(sys.modules)))"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"


class TestDoctor:
    @pytest.fixture(autouse=True)
    def quick(self, monkeypatch):
        """Leave out what compiles; the checks around it are under test."""
        monkeypatch.setattr(doctor, "_CHECKS", {k: v for k, v in doctor._CHECKS.items() if k != "Kernel cache"})

    def findings(self, section: str) -> list[doctor.Finding]:
        return [finding for finding in doctor.examine() if finding.section == section]

    def test_a_healthy_installation_needs_no_repair(self, capsys, monkeypatch):
        monkeypatch.delenv("RECSYS_LESSONS_DATA", raising=False)
        code = cli.main(["doctor"])
        report = capsys.readouterr().out
        assert (code, "Nothing to repair." in report) == (0, True), report
        assert all(
            package in report for package in ("Python 3", "numpy", "numba", "llvmlite", "jupyterlab", "ipywidgets")
        )

    def test_a_missing_package_is_named_with_its_remedy(self, monkeypatch, capsys):
        def absent(package):
            if package == "matplotlib":
                raise doctor.PackageNotFoundError(package)
            return "1.0"

        monkeypatch.setattr(doctor, "version", absent)
        (finding,) = [f for f in self.findings("Versions") if f.remedy]
        assert finding.text == "matplotlib is not installed"
        assert finding.remedy == 'pip install "recsys-lessons[lab]"'
        assert cli.main(["doctor"]) == 1
        assert "to repair: follow the arrows" in capsys.readouterr().out

    def test_the_folder_of_archives_is_looked_into(self, tmp_path, monkeypatch):
        (tmp_path / "ml-100k.zip").write_bytes(b"")
        monkeypatch.setenv("RECSYS_LESSONS_DATA", str(tmp_path))
        assert self.findings("Data")[-1].text.endswith("holds ml-100k.zip")
        monkeypatch.setenv("RECSYS_LESSONS_DATA", str(tmp_path / "nowhere"))
        assert "unset it" in self.findings("Data")[-1].remedy

    def test_a_broken_data_set_is_reported(self, monkeypatch):
        class Broken:
            def __getattr__(self, name):
                raise OSError("truncated file")

        monkeypatch.setattr(doctor, "import_module", lambda name: Broken())
        assert "truncated file" in self.findings("Data")[0].text

    def test_a_kernel_of_another_python_is_reported(self, tmp_path, monkeypatch):
        spec = tmp_path / "kernels/python3"
        spec.mkdir(parents=True)
        argv = ["/opt/other/bin/python", "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        (spec / "kernel.json").write_text(json.dumps({"argv": argv, "display_name": "Other", "language": "python"}))
        monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
        (finding,) = [f for f in self.findings("JupyterLab and widgets") if "python3" in f.text]
        assert "/opt/other/bin/python" in finding.text
        assert "ipykernel" in finding.remedy

    def test_missing_and_misfit_widget_packages_are_reported(self, tmp_path, monkeypatch):
        (line,) = doctor._widget_extension([str(tmp_path)])
        assert "is missing" in line[0]
        assert "jupyterlab-widgets" in line[1]
        monkeypatch.setattr(doctor, "version", lambda package: "1.1.0")
        (line,) = doctor._widgets_fit()
        assert "not 1.1.0" in line[0]

    def test_a_failing_check_does_not_stop_the_round(self, monkeypatch):
        def fails():
            raise RuntimeError("out of order")
            yield

        monkeypatch.setitem(doctor._CHECKS, "Threads", fails)
        findings = list(doctor.examine())
        assert any("out of order" in f.text and f.remedy for f in findings)
        assert findings[-1].section != "Threads"


@pytest.mark.skipif(os.name == "nt", reason="the cache check is the same; permissions differ")
def test_the_doctor_tells_where_kernels_are_kept(tmp_path, monkeypatch):
    class Compiling:
        @staticmethod
        def cache_folder():
            return tmp_path

    class WarmUp:
        @staticmethod
        def warm_up():
            (tmp_path / "kernel.nbc").write_bytes(bytes(1_500_000))
            return 2.0

    stand_ins = {"recsys_lessons.kernels.compiling": Compiling, "recsys_lessons.models.warm_up": WarmUp}
    monkeypatch.setattr(doctor, "import_module", stand_ins.__getitem__)
    texts = [text for text, remedy in doctor._kernel_cache() if remedy is None]
    assert len(texts) == 4
    assert "2.0 s" in texts[2]
    assert "1.5 MB" in texts[3]
    monkeypatch.setattr(Compiling, "cache_folder", staticmethod(lambda: None))
    assert "writable" in next(doctor._kernel_cache())[1]
