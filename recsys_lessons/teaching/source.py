"""The source of a function on the page, beside the equation it implements.

A lesson shows the code that runs, not a copy of it. Kernels are shown as the Python they are written in, before Numba
compiles them; the decorators that ask for compilation are left out, and a first line says so.

This module knows Python's own syntax and the notebook. It must not know what any function computes.
"""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Callable

__all__ = ["show_source"]

_COMPILED_BY = re.compile(r"@(?:part|inner|kernel)\s*")


def show_source(function: Callable, *, part: str | tuple[str, str] | None = None, docstring: bool = False) -> None:
    """Show the Python source of a function, a method, a class or a compiled kernel as highlighted code.

    Parameters
    ----------
    function : callable
        What to show.
    part : str or (str, str), optional
        Show only some lines: from the one line that contains the first text to the next line that contains the second.
        A single text shows one line.
    docstring : bool
        Whether to show docstrings.

    Raises
    ------
    ValueError
        If there is no Python source, or a text of `part` is not found, or its first text is found in several lines.

    Examples
    --------
    >>> from recsys_lessons.kernels import warp
    >>> show_source(warp.fill_rank_weights)
    # recsys_lessons.kernels.warp, compiled by Numba
    def fill_rank_weights(weights, n_items):
        for draws in range(1, weights.shape[0]):
            rank = (n_items - 1) // draws
            weights[draws] = logarithm(np.float64(rank)) if rank > 1 else 0.0
    >>> show_source(warp.fill_rank_weights, part="rank = ")
    # recsys_lessons.kernels.warp, compiled by Numba, from fill_rank_weights
    rank = (n_items - 1) // draws
    """
    plain = _unwrapped(function)
    try:
        if inspect.ismodule(plain):
            raise TypeError("a module is too long to show")
        code = textwrap.dedent(inspect.getsource(plain))
        code = code if docstring else _without_docstrings(code)
    except (TypeError, OSError, SyntaxError) as error:  # SyntaxError: a lambda, of which a line is no statement
        raise ValueError(f"function is {function!r}, of which there is no Python source to show") from error
    lines = code.rstrip().split("\n")
    compiled = _COMPILED_BY.fullmatch(lines[0]) is not None
    if compiled:
        lines = lines[1:]
    origin = "" if plain.__module__ == "__main__" else plain.__module__
    if compiled:
        origin += ", compiled by Numba"
    if part is not None:
        lines = _cut(lines, part, plain.__name__)
        origin += f", from {plain.__name__}"
    origin = origin.removeprefix(", ")
    _show("\n".join([f"# {origin}", *lines] if origin else lines))


def _unwrapped(function: Callable) -> Callable:
    """The Python function behind a compiled one, a decorated one, a property or a bound method."""
    if isinstance(function, property):
        function = function.fget
    function = getattr(function, "py_func", function)
    return inspect.unwrap(function)


def _without_docstrings(code: str) -> str:
    """`code` without its docstrings and the empty line after each; one that is all there is stays."""
    lines = code.split("\n")
    for node in ast.walk(ast.parse(code)):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) or len(node.body) < 2:
            continue
        first = node.body[0]
        if ast.get_docstring(node) is None or first.lineno == node.lineno:
            continue
        last = first.end_lineno
        if not lines[last].strip():
            last += 1
        lines[first.lineno - 1 : last] = [None] * (last - first.lineno + 1)
    return "\n".join(line for line in lines if line is not None)


def _cut(lines: list[str], part: str | tuple[str, str], name: str) -> list[str]:
    """The lines that `part` asks for, without their common indent."""
    first, last = (part, None) if isinstance(part, str) else part
    if not first or last == "":
        raise ValueError(f"part is {part!r}; expected text of the first line, or of the first and the last")
    starts = [number for number, line in enumerate(lines) if first in line]
    if not starts:
        raise ValueError(f"part begins with {first!r}, which is in no line of {name}")
    if len(starts) > 1:
        raise ValueError(
            f"part begins with {first!r}, which is in {len(starts)} lines of {name}; give more of the line"
        )
    start = end = starts[0]
    if last is not None:
        ends = [number for number, line in enumerate(lines) if number >= start and last in line]
        if not ends:
            raise ValueError(f"part ends with {last!r}, which is in no line of {name} from {first!r} on")
        end = ends[0]
    return textwrap.dedent("\n".join(lines[start : end + 1])).split("\n")


def _show(code: str) -> None:
    """Show `code` highlighted; outside of a notebook, print it."""
    from IPython import get_ipython
    from IPython.display import display

    if get_ipython() is None:
        print(code)
        return
    # JupyterLab highlights a fenced block in the colors of its theme. The fence is longer than any in the code.
    fence = "`" * max(3, 1 + max(map(len, re.findall(r"`+", code)), default=0))
    display({"text/markdown": f"{fence}python\n{code}\n{fence}", "text/plain": code}, raw=True)
