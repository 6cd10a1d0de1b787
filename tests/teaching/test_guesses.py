"""Guesses: what is kept, where, what is printed, and that nothing a learner wrote is lost."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from recsys_lessons.teaching import guesses
from recsys_lessons.teaching.guesses import guess, your_guess


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """An empty folder to run in, and a session that has kept nothing in memory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(guesses, "_kept_in_memory", {})
    return tmp_path


@pytest.fixture
def file(folder):
    return folder / "my-guesses.json"


@pytest.fixture
def printed(capsys):
    """Call with an action: what it prints, without the last line end."""

    def run(action, *args, **kwargs):
        capsys.readouterr()
        action(*args, **kwargs)
        captured = capsys.readouterr()
        assert captured.err == ""
        return captured.out.removesuffix("\n")

    return run


def in_a_fresh_process(code, folder):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONIOENCODING": "utf-8"}
    code = f"from recsys_lessons.teaching.guesses import guess, your_guess\n{code}"
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, env=environment, capture_output=True, check=True)
    assert done.stderr == b""
    return done.stdout.decode().removesuffix("\n")


class TestAsking:
    @pytest.mark.parametrize("answer", ["?", " ? ", "", ["?"], ["drama", "?"], ("?", "?"), np.array(["?", "a"])])
    def test_a_question_mark_is_no_guess(self, answer, printed, folder):
        assert printed(guess, "01 leak", answer) == 'put your guess in place of "?"'
        assert list(folder.iterdir()) == []

    def test_what_is_expected_is_said(self, printed):
        asked = printed(guess, "01 leak", "?", expected="a number from 0 to 10")
        assert asked == 'put your guess in place of "?": a number from 0 to 10'
        assert printed(guess, "01 a", "?", one_of=("yes", "no")) == 'put your guess in place of "?": "yes" or "no"'
        assert printed(guess, "01 a", "?", one_of=(1, 2, 3)) == 'put your guess in place of "?": 1, 2 or 3'
        asked = printed(guess, "01 a", "?", one_of=("yes", "no"), expected="does it rise, yes or no?")
        assert asked == 'put your guess in place of "?": does it rise, yes or no?'

    def test_asking_prints_the_same_whatever_is_there(self, printed, file):
        before = printed(guess, "01 leak", "?")
        guess("01 leak", 4)
        assert printed(guess, "01 leak", "?") == before
        file.write_text("no guesses")
        assert printed(guess, "01 leak", "?") == before
        assert file.read_text() == "no guesses"

    def test_a_question_mark_takes_no_guess_away(self, printed):
        guess("01 leak", 4)
        guess("01 leak", "?")
        assert printed(your_guess, "01 leak", measured=5) == "you guessed: 4 · measured: 5"


class TestKeeping:
    @pytest.mark.parametrize(
        ("answer", "kept", "text"),
        [
            (3, 3, "3"),
            (0.25, 0.25, "0.25"),
            (-7, -7, "-7"),
            (True, True, "True"),
            ("  bottom ", "bottom", "bottom"),
            ("naïve · «π»", "naïve · «π»", "naïve · «π»"),
            (["Drama", "Crime"], ["Drama", "Crime"], "Drama, Crime"),
            ((1, 2.5), [1, 2.5], "1, 2.5"),
            (np.float32(0.5), 0.5, "0.5"),
            (np.int64(9), 9, "9"),
            (np.array(3), 3, "3"),
            (np.array([1, 2]), [1, 2], "1, 2"),
        ],
    )
    def test_a_guess_is_kept_and_shown(self, answer, kept, text, printed, file):
        assert printed(guess, "01 leak", answer) == f"kept: {text}"
        assert json.loads(file.read_text(encoding="utf-8")) == {"01 leak": kept}
        assert printed(your_guess, "01 leak", measured="0.081") == f"you guessed: {text} · measured: 0.081"

    @pytest.mark.parametrize(
        "answer", [None, float("nan"), float("inf"), [], {}, {"a": 1}, [[1]], [None], object(), print, 1j, b"3"]
    )
    def test_what_cannot_be_kept_is_refused(self, answer, folder):
        with pytest.raises(ValueError, match="expected a number, a text in quotes, or a list"):
            guess("01 leak", answer)
        assert list(folder.iterdir()) == []

    @pytest.mark.parametrize("name", ["leak", "1 leak", "01", "01 ", "", None, 1])
    def test_a_name_begins_with_the_number_of_a_lesson(self, name):
        with pytest.raises(ValueError, match="expected the number of the lesson and a word"):
            guess(name, 3)

    def test_a_changed_guess_replaces_the_old_one(self, printed, file):
        guess("01 leak", 3)
        guess("02 biases", "worse")
        guess("01 leak", 5)
        assert printed(your_guess, "01 leak", measured=8) == "you guessed: 5 · measured: 8"
        assert json.loads(file.read_text()) == {"01 leak": 5, "02 biases": "worse"}

    def test_an_unknown_name_was_not_guessed(self, printed, folder):
        assert printed(your_guess, "99 whatever", measured=1) == "you guessed: nothing yet · measured: 1"
        assert printed(your_guess, "no number", measured=1) == "you guessed: nothing yet · measured: 1"
        assert list(folder.iterdir()) == []

    def test_a_later_session_knows_the_guess(self, printed, folder):
        assert in_a_fresh_process('guess("01 größe", "klein")', folder) == "kept: klein"
        assert in_a_fresh_process('your_guess("01 größe", measured=2)', folder) == "you guessed: klein · measured: 2"
        assert printed(your_guess, "01 größe", measured=2) == "you guessed: klein · measured: 2"

    def test_two_sessions_in_one_folder_keep_both_guesses(self, printed, folder):
        guess("01 leak", 3)
        in_a_fresh_process('guess("02 biases", 1)', folder)
        guess("01 leak", 4)
        assert printed(your_guess, "02 biases", measured=0) == "you guessed: 1 · measured: 0"

    def test_each_folder_has_its_own(self, printed, folder, monkeypatch):
        guess("01 leak", 3)
        (folder / "other").mkdir()
        monkeypatch.chdir(folder / "other")
        assert printed(your_guess, "01 leak", measured=8) == "you guessed: nothing yet · measured: 8"


class TestOneOf:
    @pytest.mark.parametrize("answer", ["Middle", " middle "])
    def test_capitals_and_spaces_make_no_difference(self, answer, printed):
        assert printed(guess, "08 rank", answer, one_of=("top", "middle")) == "kept: middle"

    def test_each_element_of_a_list_counts(self, printed):
        assert printed(guess, "05 order", ["WARP", "bpr"], one_of=("warp", "bpr")) == "kept: warp, bpr"
        with pytest.raises(ValueError, match='answer is \'svd\'; expected "warp" or "bpr"'):
            guess("05 order", ["warp", "svd"], one_of=("warp", "bpr"))

    def test_numbers_can_be_choices(self, printed):
        assert printed(guess, "06 places", 10, one_of=(5, 10)) == "kept: 10"

    def test_another_answer_is_refused_and_not_kept(self, folder):
        with pytest.raises(ValueError, match='answer is \'up\'; expected "top", "middle" or "bottom"'):
            guess("08 rank", "up", one_of=("top", "middle", "bottom"))
        assert list(folder.iterdir()) == []

    @pytest.mark.parametrize("one_of", ["top", (), ("top",), (["a"], ["b"])])
    def test_a_choice_needs_two(self, one_of):
        with pytest.raises(ValueError, match="expected at least two answers"):
            guess("08 rank", "top", one_of=one_of)


class TestTheFile:
    @pytest.mark.parametrize(
        "content",
        [
            b'{"01 leak": 3',
            b"",
            b"\xff\xfe\x00",
            b"[1, 2]",
            b"3",
            b'{"name": "somebody else\'s"}',
            b'{"01 leak": {"a": 1}}',
            b'{"01 leak": null}',
            b"[" * 100_000,
        ],
    )
    def test_what_is_not_ours_is_kept_aside_and_told(self, content, printed, folder, file):
        file.write_bytes(content)
        shown = printed(your_guess, "01 leak", measured=8)
        assert shown == "you guessed: nothing yet that could be read from my-guesses.json · measured: 8"
        assert file.read_bytes() == content
        assert printed(guess, "01 leak", 3) == (
            "my-guesses.json could not be read as guesses. It is kept as my-guesses.backup-1.json, and a new one "
            "begins.\nkept: 3"
        )
        assert (folder / "my-guesses.backup-1.json").read_bytes() == content
        assert printed(your_guess, "01 leak", measured=8) == "you guessed: 3 · measured: 8"

    def test_no_older_backup_is_replaced(self, folder, file):
        for content in ("first", "second"):
            file.write_text(content)
            guess("01 leak", 3)
        assert (folder / "my-guesses.backup-1.json").read_text() == "first"
        assert (folder / "my-guesses.backup-2.json").read_text() == "second"

    def test_a_write_that_fails_leaves_the_old_guesses(self, folder, file, printed, monkeypatch):
        guess("01 leak", 3)
        before = file.read_bytes()

        def fails(source, target):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "replace", fails)
        assert printed(guess, "01 leak", 5) == "kept: 5"
        assert file.read_bytes() == before
        assert list(folder.iterdir()) == [file]
        assert printed(your_guess, "01 leak", measured=8) == "you guessed: 5 · measured: 8"

    def test_a_folder_that_cannot_be_written_works_in_memory(self, folder, printed, monkeypatch):
        def refuses(*args, **kwargs):
            raise PermissionError(13, "Permission denied")

        with monkeypatch.context() as patched:
            patched.setattr("builtins.open", refuses)
            assert printed(guess, "01 leak", 5) == "kept: 5"
            assert printed(guess, "01 leak", "?") == 'put your guess in place of "?"'
            assert printed(guess, "02 biases", 1) == "kept: 1"
            assert printed(your_guess, "01 leak", measured=8) == "you guessed: 5 · measured: 8"
            assert list(folder.iterdir()) == []
        # Writable again: what was kept in memory goes with the next guess.
        guess("03 genres", "better")
        assert json.loads((folder / "my-guesses.json").read_text()) == {
            "01 leak": 5,
            "02 biases": 1,
            "03 genres": "better",
        }

    @pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="nothing is read-only for root")
    def test_a_read_only_folder(self, folder, printed):
        folder.chmod(0o555)
        try:
            assert printed(guess, "01 leak", 5) == "kept: 5"
            assert printed(your_guess, "01 leak", measured=8) == "you guessed: 5 · measured: 8"
            assert list(folder.iterdir()) == []
        finally:
            folder.chmod(0o755)

    def test_a_folder_in_the_place_of_the_file_is_kept_too(self, folder, file, printed):
        file.mkdir()
        (file / "mine.txt").write_text("mine")
        assert printed(guess, "01 leak", 3).endswith("kept: 3")
        assert (folder / "my-guesses.backup-1.json" / "mine.txt").read_text() == "mine"
