"""How a lesson becomes a deck: every cell gets a slide type, unless its source names one.

A section begins a slide. Each text after it, with the code that follows, is the next slide below; so is code that
follows code. One short paragraph that closes what code has shown comes up under it. A cell of type "notes" is for
the teacher: in the notebook it is folded to one line, on a slide to a faint one.

jupyterlab-rise shows the deck; `sources/lessons/rise.css` is its style.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import nbformat
from nbformat import NotebookNode

# What jupyterlab-rise reads in the metadata of a notebook. Its default theme loads a font from the network.
DECK: dict[str, Any] = {
    "auto_select": "code",
    "center": False,
    "scroll": True,
    "slideNumber": "c/t",
    "start_slideshow_at": "selected",
    "theme": "white",
    "transition": "none",
}
NOTES = "<details><summary>For the teacher</summary>\n\n{}\n\n</details>"
SHORT = 240  # characters


def arranged(cells: Iterable[NotebookNode]) -> list[NotebookNode]:
    """Copies of `cells`: sections begin a cell of their own, each cell has a slide type, notes are folded."""
    found = [part for cell in cells for part in _parts(cell)]
    on_slides = [cell for cell in found if _given(cell) not in ("notes", "skip")]
    for above, cell, below in zip([None, *on_slides], on_slides, [*on_slides[1:], None], strict=False):
        if not _given(cell):
            cell.metadata["slideshow"] = {"slide_type": _default(cell, _type(above), _type(below))}
    for cell in found:
        if _given(cell) == "notes" and not cell.source.startswith("<details>"):
            cell.source = NOTES.format(cell.source.strip())
    return found


def _given(cell: NotebookNode) -> str:
    return cell.metadata.get("slideshow", {}).get("slide_type", "")


def _type(cell: NotebookNode | None) -> str:
    return "" if cell is None else cell.cell_type


def _default(cell: NotebookNode, above: str, below: str) -> str:
    """The slide type of a cell between cells of the types `above` and `below`."""
    if cell.cell_type == "code":
        return "subslide" if above == "code" else "-"
    if re.match(r"##? ", cell.source):
        return "slide"
    closes = above == "code" and below != "code"
    short = len(cell.source) <= SHORT and "\n\n" not in cell.source and not cell.source.startswith(("#", "<", "|"))
    return "fragment" if closes and short and not cell.metadata.get("tags") else "subslide"


def _parts(cell: NotebookNode) -> Iterator[NotebookNode]:
    """`cell`, or if it is text with headings of the second level further down, the parts that they begin."""
    parts: list[list[str]] = [[]]
    fenced = False
    for line in cell.source.split("\n"):
        fenced ^= line.lstrip().startswith(("```", "~~~"))
        if cell.cell_type == "markdown" and line.startswith("## ") and not fenced and any(parts[-1]):
            parts.append([])
        parts[-1].append(line)
    for number, lines in enumerate(parts):
        part = nbformat.from_dict({**cell, "source": "\n".join(lines).strip("\n"), "metadata": {**cell.metadata}})
        if number:
            part.metadata.pop("tags", None)
        yield part
