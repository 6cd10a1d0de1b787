"""Which cell of a lesson is on which slide."""

import jupytext
import pytest

from tests.test_build import build

slides = build.slides

SCRIPT = """\
# %% [markdown]
# # Title

# %% [markdown] tags=["objectives"]
# Short, but tagged.

# %%
1

# %%
2

# %% [markdown]
# One short paragraph closes it.
#
# ## A section further down
#
# Text.

# %%
3

# %% [markdown] slideshow={"slide_type": "notes"}
# Ask **why**.

# %%
4

# %% [markdown]
# Short, but it opens what follows.

# %%
5

# %% [markdown] slideshow={"slide_type": "skip"}
# Too long.

# %% [markdown]
# ```
# ## not a heading
# ```
#
# Two paragraphs.

# %% slideshow={"slide_type": "fragment"}
6

# %% [markdown]
# <details><summary>Answer</summary>Short.</details>
"""
WANTED = [
    ("# Title", "slide"),
    ("Short, but tagged.", "subslide"),
    ("1", "-"),
    ("2", "subslide"),
    ("One short paragraph closes it.", "fragment"),
    ("## A section further down\n\nText.", "slide"),
    ("3", "-"),
    ("<details><summary>For the teacher</summary>\n\nAsk **why**.\n\n</details>", "notes"),
    ("4", "subslide"),
    ("Short, but it opens what follows.", "subslide"),
    ("5", "-"),
    ("Too long.", "skip"),
    ("```\n## not a heading\n```\n\nTwo paragraphs.", "subslide"),
    ("6", "fragment"),
    ("<details><summary>Answer</summary>Short.</details>", "subslide"),
]


@pytest.fixture
def cells():
    return slides.arranged(jupytext.reads(SCRIPT, fmt="py:percent").cells)


def test_every_cell_has_its_slide(cells):
    assert [(cell.source, cell.metadata["slideshow"]["slide_type"]) for cell in cells] == WANTED


def test_a_part_of_a_cell_keeps_no_tags():
    script = '# %% [markdown] tags=["recap"]\n# ## Recap\n#\n# - a\n#\n# ## Next\n'
    first, second = slides.arranged(jupytext.reads(script, fmt="py:percent").cells)
    assert (first.source, first.metadata["tags"]) == ("## Recap\n\n- a", ["recap"])
    assert (second.source, second.metadata) == ("## Next", {"slideshow": {"slide_type": "slide"}})


def test_notes_that_are_folded_already_stay_as_they_are(cells):
    (notes,) = [cell for cell in cells if cell.metadata["slideshow"]["slide_type"] == "notes"]
    assert [cell.source for cell in slides.arranged([notes])] == [notes.source]


def test_the_source_is_not_changed():
    cells = jupytext.reads(SCRIPT, fmt="py:percent").cells
    before = [(cell.source, dict(cell.metadata)) for cell in cells]
    slides.arranged(cells)
    assert [(cell.source, dict(cell.metadata)) for cell in cells] == before
