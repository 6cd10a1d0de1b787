"""The gates of the stored notebooks: built from the present sources, executed, clean.

That their outputs are what the library gives today is nbval's business: ``make test`` runs it over
notebooks/.
"""

import re

import nbformat
import pytest

from tests.test_build import ROOT, build

SHELF_OF = dict(build.everything(build.SHELVES))
PAIRS = [(script, shelf.notebook_of(script)) for script, shelf in SHELF_OF.items()]
STORED = [notebook for _, notebook in PAIRS]
REPAIR = f"repair with: {build.REPAIR}"


def test_there_are_lessons():
    assert PAIRS, "sources/lessons has no script"


def test_every_source_is_built_and_nothing_else():
    found = build.check()
    assert not found, "\n".join([*found, REPAIR])


@pytest.mark.parametrize(("script", "notebook"), PAIRS, ids=lambda path: path.stem)
def test_the_hash_is_current(script, notebook):
    assert build.built_from(notebook) == build.source_hash(script), f"{notebook.name} is stale; {REPAIR}"


@pytest.mark.parametrize(("script", "notebook"), PAIRS, ids=lambda path: path.stem)
def test_cells_are_those_of_the_source(script, notebook):
    # A hash can be right while somebody has edited the notebook by hand.
    stored = nbformat.read(notebook, as_version=4)
    wanted = build.read(script)
    assert [(cell.id, cell.cell_type, cell.source, cell.metadata) for cell in stored.cells] == [
        (cell.id, cell.cell_type, cell.source, cell.metadata) for cell in wanted.cells
    ], f"{notebook.name} was edited: edit its source; {REPAIR}"
    assert stored.metadata == wanted.metadata


@pytest.mark.parametrize("notebook", STORED, ids=lambda path: path.stem)
def test_what_is_stored_is_clean(notebook):
    stored = nbformat.read(notebook, as_version=4)
    nbformat.validate(stored)
    assert build.problems(stored) == []


@pytest.mark.parametrize(("script", "notebook"), PAIRS, ids=lambda path: path.stem)
def test_the_form_is_kept(script, notebook):
    assert SHELF_OF[script].form(nbformat.read(notebook, as_version=4)) == []


@pytest.mark.parametrize("notebook", STORED, ids=lambda path: path.stem)
def test_the_file_is_small_and_canonical(notebook):
    content = notebook.read_bytes()
    assert len(content) <= build.LIMIT_BYTES
    assert build.serialized(nbformat.read(notebook, as_version=4)) == content, f"saved by hand; {REPAIR}"


@pytest.mark.parametrize("notebook", STORED, ids=lambda path: path.stem)
def test_links_to_files_of_the_course_lead_somewhere(notebook):
    text = "\n".join(
        cell.source for cell in nbformat.read(notebook, as_version=4).cells if cell.cell_type == "markdown"
    )
    links = re.findall(r"\]\(([^)#:\s]+)[)#]", text)
    assert [link for link in links if not (notebook.parent / link).exists()] == []


@pytest.mark.parametrize(("script", "notebook"), PAIRS, ids=lambda path: path.stem)
def test_a_lesson_leads_to_its_exercises(script, notebook):
    exercise = ROOT / "exercises" / notebook.name
    if SHELF_OF[script].unsolved is None and exercise.exists():
        text = nbformat.read(notebook, as_version=4).cells[-1].source
        assert f"../exercises/{exercise.name}" in text


@pytest.mark.parametrize(
    "script", [script for script in SHELF_OF if SHELF_OF[script].unsolved], ids=lambda path: path.stem
)
def test_an_exercise_is_its_solution_without_answers(script):
    solved = nbformat.read(SHELF_OF[script].notebook_of(script), as_version=4)
    exercise = nbformat.read(SHELF_OF[script].exercise_of(script), as_version=4)
    assert exercise == build.worksheets.unsolved(solved)
    assert not any("BEGIN SOLUTION" in cell.source for cell in exercise.cells)
    assert not any("raises-exception" in cell.metadata.get("tags", []) for cell in exercise.cells)
