"""`recsys-lessons check`, on whole notebooks: unsolved, solved, and broken in the ways learners break them."""

import json
from pathlib import Path

import nbformat
import pytest

from recsys_lessons import cli
from recsys_lessons.teaching.checks import judging, listening, notebooks
from recsys_lessons.teaching.checks.problem import problems_of
from tests.teaching.checks.exercises import ROOT, SOLVED, filled

EXERCISES = sorted((ROOT / "exercises").glob("*.ipynb"))
SOLUTIONS = sorted((ROOT / "solutions").glob("*.ipynb"))


def outcomes(path, seconds=notebooks.SECONDS):
    return {outcome.problem: outcome for outcome in notebooks.check_notebook(path, seconds)}


def test_a_solved_one_is_right_with_and_without_outputs(tmp_path):
    bare = tmp_path / "05_losses.ipynb"
    notebook = nbformat.read(SOLVED, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    nbformat.write(notebook, bare)
    before = bare.read_bytes()
    for path in (SOLVED, bare):
        assert all(outcome.right for outcome in outcomes(path).values())
    assert bare.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == [bare.name]


def test_each_mistake_costs_its_own_problem(tmp_path):
    path = filled(
        tmp_path / "05_losses.ipynb",
        {
            "warp_weight": "def warp_weight(n_items, draws):\n    while True:\n        pass",
            "find_violation": "def find_violation(scores, positive, liked, drawn):\n    return scores[99]",
            "bpr_gradient": "def bpr_gradient(user positive, negative):\n    pass",
            "mean_estimate": "import os\ndef mean_estimate(n_items, n_violating, max_sampled):\n    os._exit(0)",
        },
    )
    told = outcomes(path, seconds=4)
    assert told["warp_weight"].outcome == listening.TIME_LIMIT
    assert "4 s" in told["warp_weight"].next_step
    assert told["find_violation"].outcome == judging.ERROR
    assert "IndexError" in told["find_violation"].next_step
    assert told["bpr_gradient"].outcome == judging.ERROR
    assert "SyntaxError" in told["bpr_gradient"].next_step
    assert told["mean_estimate"].outcome == listening.DIED
    assert told["five_films"].right


def test_a_known_mistake_is_told_and_a_deleted_check_noticed(tmp_path):
    path = filled(
        tmp_path / "my answers.ipynb",
        {"warp_weight": "def warp_weight(n_items, draws):\n    return log(max(n_items // draws, 1))"},
        without=["check_bpr_gradient"],
    )
    told = outcomes(path)
    assert told["warp_weight"].outcome == judging.WRONG
    assert told["warp_weight"].next_step == problems_of("05")[0].wrong[0].diagnosis
    assert told["bpr_gradient"].outcome == notebooks.NO_CHECK
    assert "reset" in told["bpr_gradient"].next_step


def test_a_loop_that_swallows_interrupts_ends_too(tmp_path):
    stubborn = (
        "def warp_weight(n_items, draws):\n"
        "    while True:\n"
        "        try:\n"
        "            while True:\n"
        "                pass\n"
        "        except BaseException:\n"
        "            pass"
    )
    told = outcomes(filled(tmp_path / "05_losses.ipynb", {"warp_weight": stubborn}), seconds=3)
    assert told.pop("warp_weight").outcome == listening.TIME_LIMIT
    assert all(outcome.right for outcome in told.values())


def test_files_beside_the_notebook_are_seen(tmp_path):
    (tmp_path / "mine.py").write_text("def rank(n_items, draws):\n    return max((n_items - 1) // draws, 1)\n")
    (tmp_path / "note.txt").write_text("read")
    answer = (
        "from mine import rank\n"
        "assert open('note.txt').read() == 'read'\n"
        "def warp_weight(n_items, draws):\n"
        "    return log(rank(n_items, draws))"
    )
    assert outcomes(filled(tmp_path / "05_losses.ipynb", {"warp_weight": answer}))["warp_weight"].right


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "no notebook"),
        (b'{"cells": [', "no notebook"),
        (SOLVED.read_bytes()[:3000], "no notebook"),
        (b"\xff\xfe\x00", "no notebook"),
        (json.dumps({"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode(), "not one of"),
    ],
)
def test_a_broken_file_is_told_of(tmp_path, capsys, content, told):
    path = tmp_path / "answers.ipynb"
    path.write_bytes(content)
    assert cli.main(["check", str(path)]) == 2
    assert told in capsys.readouterr().err


class TestCommand:
    def test_one_right_notebook_ends_with_0(self, capsys):
        assert cli.main(["check", str(SOLVED)]) == 0
        assert "5 of 5 right" in capsys.readouterr().out

    def test_all_shows_progress_and_leaves_backups_out(self, tmp_path, capsys):
        filled(tmp_path / "exercises/05_losses.ipynb", {})
        filled(tmp_path / "exercises/05_losses.backup-1.ipynb", {})
        (tmp_path / "exercises/06_nothing.ipynb").write_text("{}")
        assert cli.main(["check", "--all", "--folder", str(tmp_path)]) == 2
        told = capsys.readouterr()
        assert told.out.count("right\n") >= 5
        assert "5 of 5 problems right in 2 notebooks" in told.out
        assert "06_nothing" in told.err

    @pytest.mark.parametrize("words", [[], ["--all", "a.ipynb"]])
    def test_what_to_check_must_be_said(self, words, capsys):
        assert cli.main(["check", *words]) == 2
        assert "--all" in capsys.readouterr().err

    def test_a_missing_file_and_an_empty_copy(self, tmp_path, capsys):
        assert cli.main(["check", str(tmp_path / "none.ipynb")]) == 2
        assert "there is no file" in capsys.readouterr().err
        assert cli.main(["check", "--all", "--folder", str(tmp_path)]) == 2
        assert "no exercises" in capsys.readouterr().err

    @pytest.mark.parametrize("seconds", ["0", "-1", "soon", "nan"])
    def test_a_time_limit_must_be_a_time(self, seconds, capsys):
        with pytest.raises(SystemExit):
            cli.main(["check", "--seconds", seconds, "a.ipynb"])
        assert "seconds" in capsys.readouterr().err


def test_solutions_and_exercises_are_pairs():
    assert [path.name for path in EXERCISES] == [path.name for path in SOLUTIONS]
    assert all(Path(notebooks.lesson_of(notebooks.read_notebook(p), p)) == Path(p.name[:2]) for p in EXERCISES)
