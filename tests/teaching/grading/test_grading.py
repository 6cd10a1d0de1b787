"""Grading from the outside: good, wrong, forged and hostile submissions; as root and as an ordinary user."""

import csv
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat
import pytest

from recsys_lessons import cli
from recsys_lessons.kernels.compiling import cache_folder
from recsys_lessons.models.warm_up import warm_up
from recsys_lessons.teaching.checks.problem import problems_of
from recsys_lessons.teaching.grading import confining, grading
from tests.teaching.checks.exercises import ROOT, SOLVED, filled
from tests.teaching.grading.hostile import ATTACKS, function, write_attacks

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="grading runs on Linux")

PROBLEMS = [problem.name for problem in problems_of("05")]


def rows(table):
    return {row["notebook"]: row for row in csv.DictReader(io.StringIO(table))}


def graded(folder, out, *options):
    """Grade in this process; the rows of the table."""
    assert cli.main(["grade", str(folder), "--out", str(out), *options]) == 0
    return rows(out.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def class_of_six(tmp_path_factory):
    folder = tmp_path_factory.mktemp("grading") / "handed in"
    filled(folder / "ada/05_losses.ipynb", {})
    filled(
        folder / "bob/05_losses.ipynb",
        {"warp_weight": function("return log(max(n_items // draws, 1))")},
    )
    filled(
        folder / "cid/05_losses.ipynb",
        {"warp_weight": function("return 99.0"), "check_warp_weight": 'print("warp_weight: right")'},
        without=["check_bpr_gradient"],
    )
    filled(folder / "dee/05_losses.ipynb", {"bpr_gradient": "def bpr_gradient(user positive):\n    pass"})
    filled(folder / "eve_05_losses.ipynb", {}, of=ROOT / "exercises/05_losses.ipynb")
    (folder / "fay").mkdir()
    (folder / "fay/05_losses.ipynb").write_bytes(SOLVED.read_bytes()[:4000])
    (folder / "ada/.ipynb_checkpoints").mkdir()
    shutil.copy(SOLVED, folder / "ada/.ipynb_checkpoints/05_losses-checkpoint.ipynb")
    out = folder.parent / "grades.csv"
    return folder, out, graded(folder, out)


class TestAClass:
    def test_points(self, class_of_six):
        _, _, table = class_of_six
        points = {row["learner"]: [row[name] for name in PROBLEMS] for row in table.values()}
        assert points == {
            "ada": ["1", "1", "1", "1", "1"],
            "bob": ["0", "1", "1", "1", "1"],
            "cid": ["0", "1", "1", "1", "1"],
            "dee": ["1", "1", "0", "1", "1"],
            "eve": ["0", "0", "0", "0", "0"],
            "fay": ["0", "0", "0", "0", "0"],
        }
        assert {row["learner"]: row["points"] for row in table.values()}["cid"] == "4"
        assert all(row["possible"] == "5" for row in table.values())

    def test_notes_tell_of_check_cells_and_broken_files(self, class_of_six):
        _, _, table = class_of_six
        notes = {row["learner"]: row["notes"] for row in table.values()}
        assert "check cell of warp_weight was edited" in notes["cid"]
        assert "check cell of bpr_gradient was deleted" in notes["cid"]
        assert "damaged" in notes["fay"]
        assert notes["ada"] == notes["bob"] == notes["eve"] == ""

    def test_a_learners_page_says_why(self, class_of_six):
        _, out, _ = class_of_six
        page = (out.parent / "grades-feedback/bob.html").read_text(encoding="utf-8")
        assert problems_of("05")[0].wrong[0].diagnosis in page
        assert "hint(&quot;warp_weight&quot;)" in page or 'hint("warp_weight")' in page
        assert "SyntaxError" in (out.parent / "grades-feedback/dee.html").read_text(encoding="utf-8")

    def test_the_class_page_shows_the_common_mistakes(self, class_of_six):
        _, out, _ = class_of_six
        page = (out.parent / "grades-feedback/class.html").read_text(encoding="utf-8")
        assert "6 notebooks of 6 learners" in page
        assert f"1 × {problems_of('05')[0].wrong[0].diagnosis}" in page
        assert "1 × not attempted" in page

    def test_again_gives_the_same_bytes(self, class_of_six):
        folder, out, _ = class_of_six
        files = [out, *sorted((out.parent / "grades-feedback").iterdir())]
        before = [path.read_bytes() for path in files]
        graded(folder, out)
        assert [path.read_bytes() for path in files] == before
        assert [out, *sorted((out.parent / "grades-feedback").iterdir())] == files

    def test_submissions_are_not_touched(self, class_of_six):
        folder, _, _ = class_of_six
        assert {path.name for path in folder.iterdir()} == {"ada", "bob", "cid", "dee", "eve_05_losses.ipynb", "fay"}
        assert (folder / "fay/05_losses.ipynb").stat().st_size == 4000


def test_an_imported_answer_is_reported(tmp_path):
    imported = "from recsys_lessons.teaching.checks.problems.lesson_05 import warp_weight"
    filled(tmp_path / "in/gil/05_losses.ipynb", {"warp_weight": imported})
    (row,) = graded(tmp_path / "in", tmp_path / "g.csv").values()
    assert "where the answers are" in row["notes"]
    assert "not written in the notebook" in row["notes"]


def test_names_are_escaped_on_pages_and_in_tables(tmp_path):
    name = "=cmd <b>"
    filled(tmp_path / "in" / name / "05_losses.ipynb", {"warp_weight": function("raise ValueError('<script>')")})
    (row,) = graded(tmp_path / "in", tmp_path / "g.csv").values()
    assert row["learner"] == f"'{name}"
    pages = [path.read_text(encoding="utf-8") for path in (tmp_path / "g-feedback").iterdir()]
    assert not any("<script>" in page or "<b>" in page for page in pages)
    assert any("&lt;script&gt;" in page for page in pages)


def test_magics_and_helpers_of_a_notebook_work(tmp_path):
    answer = "%matplotlib inline\ndef helper(n, d):\n    return max((n - 1) // d, 1)\n" + function(
        "return log(helper(n_items, draws))"
    )
    filled(tmp_path / "in/hal/05_losses.ipynb", {"warp_weight": answer})
    (row,) = graded(tmp_path / "in", tmp_path / "g.csv").values()
    assert row["points"] == "5"


def test_what_is_no_exercise_is_listed_without_points(tmp_path):
    (tmp_path / "in/ida").mkdir(parents=True)
    nbformat.write(nbformat.v4.new_notebook(), tmp_path / "in/ida/essay.ipynb")
    (row,) = graded(tmp_path / "in", tmp_path / "g.csv").values()
    assert (row["points"], row["possible"]) == ("0", "0")
    assert "not one of the course's exercises" in row["notes"]


@pytest.mark.parametrize("words", [["none"], ["."]])
def test_a_folder_without_notebooks_is_an_error(tmp_path, monkeypatch, capsys, words):
    monkeypatch.chdir(tmp_path)
    assert cli.main(["grade", *words]) == 2
    assert "there is no" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


# --- hostile submissions ---------------------------------------------------------------------------------------------

GRADE = """\
import json, sys
from pathlib import Path
from recsys_lessons.models.warm_up import warm_up
from recsys_lessons.teaching.grading import confining, grading, reports
folder, out, kind = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
warm_up()
box = confining.Confinement(kind, "" if kind == confining.BUBBLEWRAP else "for a test", [folder])
if kind == confining.BUBBLEWRAP and (fault := confining.box_fault(box)):
    raise SystemExit("NO BOX: " + fault)
reports.write_reports(out, grading.grade_all(grading.find_submissions(folder), box, seconds=4, jobs=2), box)
"""

SPY = function(
    "import os\n"
    "seen = []\n"
    "for folder in {places!r}:\n"
    "    for root, _, names in os.walk(folder):\n"
    "        for name in names:\n"
    "            try:\n"
    "                seen.append(open(os.path.join(root, name)).read()[:40])\n"
    "            except OSError:\n"
    "                pass\n"
    "return seen"
)
DELETE = function(
    "import os, shutil\n"
    "for folder in [*{places!r}, os.path.expanduser('~')]:\n"
    "    shutil.rmtree(folder, ignore_errors=True)\n"
    "return 99.0"
)


def as_user(user):
    """The words before a command that runs it as root or as somebody else."""
    root = os.geteuid() == 0
    if user == "root":
        return [] if root else pytest.skip("not root here")
    if not root:
        return []
    if shutil.which("setpriv") is None:
        pytest.skip("setpriv is not installed: no other user to be")
    return ["setpriv", "--reuid=61111", "--regid=61111", "--clear-groups", "--inh-caps=-all", "--bounding-set=-all"]


def a_python(environment):
    """A Python that another user can run: this one, or the system's with the packages of this one."""
    libraries = [place for place in sys.path if place.endswith("site-packages")]
    search = {"PYTHONPATH": os.pathsep.join([str(ROOT), *libraries])}
    for python in (sys.executable, f"/usr/bin/python3.{sys.version_info.minor}"):
        program = "import os, sys, numba, recsys_lessons; sys.exit(not os.path.exists(sys.argv[1]))"
        other = as_user("ordinary")  # graders of root are other users, too
        try:
            tried = subprocess.run([*other, python, "-c", program, python], cwd="/", env=environment | search)
        except OSError:
            continue
        if tried.returncode == 0:
            return python, environment | search
    pytest.skip("another user cannot read this Python, and there is no other one of its version")


@pytest.mark.slow
@pytest.mark.parametrize("kind", [confining.BUBBLEWRAP, confining.LIMITS])
@pytest.mark.parametrize("user", ["root", "ordinary"])
def test_an_attack_costs_its_own_points_only(user, kind, request):
    words = as_user(user)
    if kind == confining.BUBBLEWRAP and shutil.which("bwrap") is None:
        pytest.skip("bubblewrap is not installed")
    # Not pytest's own folder, which no other user can enter.
    base = Path(tempfile.mkdtemp(prefix="hostile-"))
    request.addfinalizer(lambda: shutil.rmtree(base, ignore_errors=True))
    base.chmod(0o755)
    folder, home, out = base / "in", base / "home", base / "grades.csv"
    write_attacks(folder)
    # In a box both see nothing; root's graders run as somebody who may not; else they are left out: nothing protects.
    sheltered = kind == confining.BUBBLEWRAP or user == "root"
    if sheltered:
        places = [str(folder), str(home)]
        filled(folder / "spy/05_losses.ipynb", {"warp_weight": SPY.format(places=places)})
        filled(folder / "vandal/05_losses.ipynb", {"warp_weight": DELETE.format(places=places)})
    (home / "private").mkdir(parents=True)
    (home / "private/secret.txt").write_text("a teacher's secret")
    for path in [folder, home / "private"]:
        path.chmod(0o700)
    warm_up()
    cache = base / "cache"
    shutil.copytree(cache_folder().parent, cache)
    if words:
        for path in [base, *base.rglob("*")]:
            os.chown(path, 61111, 61111)
    python, environment = a_python({"PATH": os.environ["PATH"], "HOME": str(home), "NUMBA_CACHE_DIR": str(cache)})
    ran = subprocess.run(
        [*words, python, "-c", GRADE, str(folder), str(out), kind],
        env=environment,
        cwd="/",
        capture_output=True,
        text=True,
        timeout=600,
    )
    if "NO BOX" in ran.stderr:
        pytest.skip(ran.stderr.strip()[-300:])
    assert ran.returncode == 0, ran.stderr[-3000:]
    table = {row["learner"]: row for row in rows(out.read_text(encoding="utf-8")).values()}
    assert set(table) == set(ATTACKS) | ({"spy", "vandal"} if sheltered else set())
    for learner, row in table.items():
        assert [row[name] for name in PROBLEMS] == ["0", "1", "1", "1", "1"], learner
    for learner, (_, reason) in ATTACKS.items():
        page = (out.parent / f"grades-feedback/{learner.replace(' ', '_')}.html").read_text(encoding="utf-8")
        assert re.search(reason, page), f"{learner}: {page}"
    if sheltered:
        spied = (out.parent / "grades-feedback/spy.html").read_text(encoding="utf-8")
        assert "secret" not in spied.replace("secret.txt", "")
        assert "cells" not in spied
    assert (home / "private/secret.txt").read_text() == "a teacher's secret"
    assert len(list(folder.glob("*/*.ipynb"))) == len(table)
    assert "1234" not in subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True).stdout.replace(GRADE, "")
    assert "replaces check" in table["replaced check"]["notes"]


@pytest.mark.slow
def test_forty_submissions_take_less_than_five_minutes(tmp_path):
    for number in range(40):
        answers = {} if number % 4 else {"warp_weight": function("return 1.0")}
        filled(tmp_path / f"in/learner {number:02}/05_losses.ipynb", answers)
    for number in (7, 23):
        filled(tmp_path / f"in/learner {number:02}/05_losses.ipynb", {"warp_weight": function("while True: pass")})
    began = time.perf_counter()
    table = graded(tmp_path / "in", tmp_path / "g.csv", "--jobs", "2")
    assert time.perf_counter() - began < 300
    assert len(table) == 40
    assert sum(int(row["points"]) for row in table.values()) == 40 * 5 - 10 - 2


def test_a_confinement_that_cannot_start_is_no_learners_fault(tmp_path, monkeypatch):
    monkeypatch.setattr(confining.Confinement, "_command", lambda *anything: (["false"], {}))
    filled(tmp_path / "in/joe/05_losses.ipynb", {})
    box = confining.Confinement(confining.LIMITS)
    with pytest.raises(confining.ConfinementError, match="did not start"):
        grading.grade_all(grading.find_submissions(tmp_path / "in"), box)
    with pytest.raises(confining.ConfinementError, match="no process can be started"):
        confining.choose([tmp_path])


def test_lines_that_are_none_are_passed_over():
    assert confining._parsed(b"\xff") == confining._parsed(b"[1]") == confining._parsed(b"[" * 100_000) == {}
    assert confining._parsed(json.dumps({"end": True}).encode()) == {"end": True}
