"""Showing source: what a learner sees of functions, kernels, methods and classes, and what is refused."""

import functools
import inspect
import os
import subprocess
import sys

import numba
import pytest

import recsys_lessons
from recsys_lessons.kernels import lanes, reference, representation, training, warp
from recsys_lessons.teaching.source import show_source


def plain(a, b=2):
    """Add.

    With an empty line after this.
    """

    # Why it is so.
    total = a + b
    for _ in range(3):
        total += 1
    if total > 3:
        total -= 1
    return total


def only_told():
    """This is all there is."""


def fenced():
    """Not shown."""
    return "```python ````"


def remembered(function):
    @functools.wraps(function)
    def wrapper(*args):
        return function(*args)

    return wrapper


@remembered
def decorated(a):
    """Not shown."""

    def inside():
        """Not shown either."""
        return a

    return inside()


compiled_here = numba.njit(plain)


class Thing:
    """Not shown."""

    size = 3

    def grow(self, by):
        """Not shown."""
        self.size += by

    @property
    def double(self):
        """Not shown."""
        return 2 * self.size

    @classmethod
    def make(cls):
        return cls()


@pytest.fixture
def shown(monkeypatch):
    """What a notebook would receive."""
    received = []
    monkeypatch.setattr("IPython.get_ipython", lambda: object())
    monkeypatch.setattr("IPython.display.display", lambda data, *, raw: received.append(data))
    return received


def text(capsys, *args, **kwargs):
    capsys.readouterr()
    assert show_source(*args, **kwargs) is None
    first, *rest = capsys.readouterr().out.rstrip("\n").split("\n")
    return first, "\n".join(rest)


def test_a_function_is_shown_without_its_docstring(capsys):
    origin, code = text(capsys, plain)
    assert origin == f"# {__name__}"
    assert code == (
        "def plain(a, b=2):\n"
        "    # Why it is so.\n"
        "    total = a + b\n"
        "    for _ in range(3):\n"
        "        total += 1\n"
        "    if total > 3:\n"
        "        total -= 1\n"
        "    return total"
    )


def test_the_docstring_can_be_asked_for(capsys):
    _, code = text(capsys, plain, docstring=True)
    assert code.startswith('def plain(a, b=2):\n    """Add.\n\n    With an empty')


def test_a_docstring_that_is_all_stays(capsys):
    assert text(capsys, only_told)[1] == 'def only_told():\n    """This is all there is."""'


def test_a_wrapped_function_is_shown_as_written(capsys):
    _, code = text(capsys, decorated)
    assert code == "@remembered\ndef decorated(a):\n    def inside():\n        return a\n\n    return inside()"


@pytest.mark.parametrize(
    "function",
    [
        warp.find_violation,  # compiled as a part of another, with arguments that Python cannot pass
        representation.dot,  # a part that Python can call
        training.learn_entries,  # called from Python
    ],
)
def test_a_compiled_kernel_is_shown_as_python(function, capsys):
    origin, code = text(capsys, function)
    plain_function = getattr(function, "py_func", function)  # there is none where the compiler is off
    written = inspect.getsource(plain_function)
    assert origin == f"# {plain_function.__module__}, compiled by Numba"
    assert code.startswith(f"def {plain_function.__name__}(")
    assert written.rstrip().endswith(code.split("\n", 1)[1].split("\n")[-1])
    assert '"""' not in code and "@" not in code
    assert set(code.split("\n")) <= set(written.split("\n"))


@pytest.mark.parametrize("function", [reference.step, lanes.total, recsys_lessons.LightFM.predict])
def test_plain_functions_of_the_library_are_shown(function, capsys):
    origin, code = text(capsys, function)
    assert origin == f"# {function.__module__}"
    assert code.startswith(f"def {function.__name__}(")


def test_what_somebody_else_compiled_is_shown(capsys):
    assert text(capsys, compiled_here) == text(capsys, plain)


def test_kernels_are_shown_alike_without_the_compiler(capsys):
    code = "from recsys_lessons.kernels import warp; from recsys_lessons.teaching.source import show_source;"
    code += "show_source(warp.find_violation); show_source(warp.fill_rank_weights)"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "NUMBA_DISABLE_JIT": "1"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    show_source(warp.find_violation)
    show_source(warp.fill_rank_weights)
    assert done.stdout == capsys.readouterr().out


def test_methods_properties_and_classes_are_shown_from_the_left_margin(capsys):
    grow = "def grow(self, by):\n    self.size += by"
    assert text(capsys, Thing.grow)[1] == grow
    assert text(capsys, Thing().grow)[1] == grow
    assert text(capsys, Thing.double)[1] == "@property\ndef double(self):\n    return 2 * self.size"
    assert text(capsys, Thing.make)[1] == "@classmethod\ndef make(cls):\n    return cls()"
    assert text(capsys, Thing)[1].startswith("class Thing:\n    size = 3\n\n    def grow(self, by):\n        self.size")


class TestPart:
    def test_one_line(self, capsys):
        assert text(capsys, plain, part="a + b") == (f"# {__name__}, from plain", "total = a + b")

    def test_from_a_line_to_the_next_that_contains_a_text(self, capsys):
        assert text(capsys, plain, part=("for _", "+= 1"))[1] == "for _ in range(3):\n    total += 1"
        assert text(capsys, plain, part=("a + b", "total"))[1] == "total = a + b"
        assert text(capsys, plain, part=("total > 3", "return"))[1] == "if total > 3:\n    total -= 1\nreturn total"

    def test_of_a_kernel(self, capsys):
        assert text(capsys, warp.judge, part="strength = weight") == (
            "# recsys_lessons.kernels.warp, compiled by Numba, from judge",
            "strength = weight * worker.rank_weights[draws]",
        )

    def test_a_text_in_a_docstring_is_found_only_where_docstrings_are_shown(self, capsys):
        with pytest.raises(ValueError, match="part begins with 'Add.', which is in no line of plain"):
            show_source(plain, part="Add.")
        assert text(capsys, plain, part="Add.", docstring=True)[1] == '"""Add.'

    @pytest.mark.parametrize(
        ("part", "message"),
        [
            ("nowhere", "begins with 'nowhere', which is in no line of plain"),
            ("total", "begins with 'total', which is in 5 lines of plain; give more of the line"),
            (("return", "a + b"), "ends with 'a \\+ b', which is in no line of plain from 'return' on"),
            ("", "expected text of the first line"),
            (("return", ""), "expected text of the first line"),
        ],
    )
    def test_what_is_not_found_is_refused(self, part, message, capsys):
        with pytest.raises(ValueError, match=message):
            show_source(plain, part=part)
        assert capsys.readouterr().out == ""


@pytest.mark.parametrize("function", [len, 3, "plain", recsys_lessons, eval("lambda: 1")])
def test_what_has_no_python_source_is_refused(function):
    with pytest.raises(ValueError, match="of which there is no Python source to show"):
        show_source(function)


def test_a_notebook_gets_a_fenced_block_and_plain_text(shown):
    show_source(plain)
    (data,) = shown
    assert list(data) == ["text/markdown", "text/plain"]
    assert data["text/plain"].startswith(f"# {__name__}\ndef plain(a, b=2):\n")
    assert data["text/markdown"] == f"```python\n{data['text/plain']}\n```"
    assert "/" not in data["text/plain"]


def test_the_fence_is_longer_than_any_in_the_code(shown):
    show_source(fenced)
    (data,) = shown
    assert data["text/markdown"].startswith("`````python\n")
    assert data["text/markdown"].endswith("\n`````")


def test_a_function_of_the_notebook_itself_needs_no_origin(capsys, monkeypatch):
    monkeypatch.setattr(plain, "__module__", "__main__")
    assert text(capsys, plain)[0] == "def plain(a, b=2):"
