"""The builder, on small scripts of its own: what it writes, what it refuses, what it leaves alone."""

import importlib.util
import sys
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parent.parent


def load_builder():
    sys.path.insert(0, str(ROOT / "sources"))  # as when it is run as a script
    spec = importlib.util.spec_from_file_location("recsys_lessons_build", ROOT / "sources" / "build.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


build = load_builder()
lesson_form = build.lesson_form

HEAD = """\
# %% [markdown]
# # A lesson

# %% [markdown] tags=["objectives"]
# You will be able to
#
# - add
# - multiply

"""
GOOD = HEAD + "# %%\n1 + 1\n\n# %%\nprint('six')\n\n# %%\n1 + 1\n"


@pytest.fixture
def shelf(tmp_path):
    made = build.Shelf(tmp_path / "sources", tmp_path / "notebooks")
    made.sources.mkdir()
    return made


def write(shelf, text, name="00_lesson"):
    script = shelf.sources / f"{name}.py"
    script.write_text(text, encoding="utf-8")
    return script, shelf.notebook_of(script)


def refused(shelf, text):
    """The message with which the build of `text` fails."""
    script, notebook = write(shelf, text)
    with pytest.raises(build.BuildError) as failure:
        build.build(script, notebook)
    assert not notebook.exists()
    return str(failure.value)


def executed(source="1 + 1", outputs=(), tags=(), **metadata):
    """A notebook with one executed cell, as `problems` gets it."""
    head = nbformat.v4.new_markdown_cell("# A lesson")
    cell = nbformat.v4.new_code_cell(source, execution_count=1, outputs=list(outputs), metadata={"tags": list(tags)})
    return nbformat.v4.new_notebook(
        cells=[head, cell],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}, **metadata},
    )


# --- one lesson through the whole builder ------------------------------------------------------------------


def test_a_lesson_is_executed_and_stored_clean(shelf, capsys):
    script, notebook = write(shelf, GOOD)
    assert build.main(["--check"], (shelf,)) == 1
    assert capsys.readouterr().out == "00_lesson.ipynb is missing\nrepair with: make notebooks\n"

    assert build.main([], (shelf,)) == 0
    first = notebook.read_bytes()
    stored = nbformat.read(notebook, as_version=4)
    codes = [cell for cell in stored.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in codes] == [1, 2, 3]
    assert codes[0].outputs[0].data == {"text/plain": "2"}
    assert codes[1].outputs[0].text == "six\n"
    assert stored.metadata.kernelspec.name == "python3"
    assert "version" not in stored.metadata.language_info
    assert stored.metadata.recsys_lessons == {"source": "00_lesson.py", "sha256": build.source_hash(script)}
    assert all("execution" not in cell.metadata for cell in stored.cells)
    assert [path.name for path in shelf.notebooks.iterdir()] == ["00_lesson.ipynb"]

    capsys.readouterr()
    assert build.main(["--check"], (shelf,)) == 0
    assert build.main([], (shelf,)) == 0
    assert capsys.readouterr().out == "all notebooks are current\n" * 2

    assert build.main(["--all"], (shelf,)) == 0
    assert notebook.read_bytes() == first


def test_a_failing_cell_is_named_and_the_old_notebook_stays(shelf, capsys):
    script, notebook = write(shelf, GOOD)
    notebook.parent.mkdir()
    notebook.write_bytes(b"{}")
    write(shelf, HEAD + "# %%\na = 1\n\n# %%\nb = 0\na / b\n")
    assert build.main([], (shelf,)) == 1
    message = capsys.readouterr().err
    assert "NOT built 00_lesson.ipynb" in message
    assert "00_lesson.py, line 14: ZeroDivisionError: division by zero" in message
    assert "----> 2 a / b" in message
    assert notebook.read_bytes() == b"{}"
    assert build.is_stale(script, notebook)


def test_stderr_stops_the_build(shelf):
    message = refused(shelf, HEAD + "# %%\nimport warnings\nwarnings.warn('beware')\n")
    assert "00_lesson.py, line 11: the cell writes to stderr" in message
    assert "beware" in message


def test_lessons_run_in_an_empty_folder_that_goes_away(shelf, monkeypatch):
    monkeypatch.setenv("RECSYS_LESSONS_DATA", "/nowhere")
    script, notebook = write(
        shelf,
        HEAD
        + "# %%\nimport os\nfrom pathlib import Path\n\n"
        + "print(os.listdir(), os.environ.get('RECSYS_LESSONS_DATA'))\n"
        + "_ = Path('litter.txt').write_text('litter')\n\n# %%\nimport recsys_lessons\n",
    )
    build.build(script, notebook)
    assert nbformat.read(notebook, as_version=4).cells[2].outputs[0].text == "[] None\n"
    assert not list(ROOT.rglob("litter.txt"))


def test_what_a_widget_stores_is_reduced_to_its_static_page(shelf):
    text = """\
# %%
from IPython.display import display
import ipywidgets

slider = ipywidgets.IntSlider()
bundle = slider._repr_mimebundle_()
display({**bundle, "text/html": "<p>still</p>"}, raw=True)

# %%
slider
"""
    script, notebook = write(shelf, HEAD + text)
    build.build(script, notebook)
    stored = nbformat.read(notebook, as_version=4)
    assert "widgets" not in stored.metadata
    kept, dropped = stored.cells[2], stored.cells[3]
    assert kept.outputs[0].data["text/html"] == "<p>still</p>"
    assert build.WIDGET_VIEW not in kept.outputs[0].data
    assert dropped.outputs == []


# --- parts -------------------------------------------------------------------------------------------------


def test_ids_come_from_content_and_equal_cells_differ(shelf):
    script, _ = write(shelf, GOOD)
    ids = [cell.id for cell in build.read(script).cells]
    assert len(set(ids)) == len(ids) == 5
    assert ids[4] == f"{ids[2]}-2"
    write(shelf, GOOD.replace("print('six')", "print('seven')"))
    changed = [cell.id for cell in build.read(script).cells]
    assert [one == other for one, other in zip(ids, changed, strict=True)] == [True, True, True, False, True]


def test_the_hash_follows_text_and_format_but_not_line_endings(shelf, monkeypatch):
    script, _ = write(shelf, GOOD)
    before = build.source_hash(script)
    script.write_bytes(GOOD.replace("\n", "\r\n").encode())
    assert build.source_hash(script) == before
    monkeypatch.setattr(build, "FORMAT", build.FORMAT + 1)
    assert build.source_hash(script) != before


def test_names_choose_and_unknown_names_list_what_there_is(shelf, capsys):
    for name in ("00_start", "01_feedback", "02_factors"):
        write(shelf, GOOD, name)
    chosen = build.select(["01", "sources/lessons/00_start.py"], (shelf,))
    assert chosen == [(shelf.sources / "01_feedback.py", shelf), (shelf.sources / "00_start.py", shelf)]
    assert build.main(["07"], (shelf,)) == 1
    assert capsys.readouterr().err == "no source is called 07; there are: 00_start, 01_feedback, 02_factors\n"


def test_a_notebook_without_source_is_reported(shelf, capsys):
    shelf.notebooks.mkdir()
    (shelf.notebooks / "99_gone.ipynb").write_text("{}")
    assert build.check((shelf,)) == ["99_gone.ipynb has no source: delete it"]
    assert build.main([], (shelf,)) == 1
    assert "99_gone.ipynb has no source: delete it" in capsys.readouterr().err


def test_the_glossary_is_copied(shelf):
    (shelf.sources / "glossary.md").write_text("# Words\n")
    assert build.check((shelf,)) == ["glossary.md differs from glossary.md"]
    assert build.main([], (shelf,)) == 0
    assert (shelf.notebooks / "glossary.md").read_text() == "# Words\n"
    assert build.check((shelf,)) == []


@pytest.mark.parametrize(
    "content", ["", "{}", "not json", '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}']
)
def test_a_broken_notebook_counts_as_stale(shelf, content):
    script, notebook = write(shelf, GOOD)
    notebook.parent.mkdir()
    notebook.write_text(content)
    assert build.is_stale(script, notebook)


# --- what is refused ---------------------------------------------------------------------------------------

PIXEL = "iVBORw0KGgo="


def shown(data, **metadata):
    return nbformat.v4.new_output("display_data", data=data, metadata=metadata)


def test_a_good_notebook_has_no_problems():
    picture = shown(
        {"image/png": PIXEL, "text/html": f'<img alt="a bar" src="data:image/png;base64,{PIXEL}">'},
        **{"image/png": {"alt": "a bar"}},
    )
    assert build.problems(executed("a = 1 / 2  # see https://example.org; a note\na", [picture])) == []
    assert build.problems(executed("fetch_movielens(download_if_missing=False)")) == []


@pytest.mark.parametrize(
    ("notebook", "expected"),
    [
        (executed("plot();"), "ends with a semicolon"),
        (executed("plot();  # why"), "ends with a semicolon"),
        (executed("open('/home/me/x.csv')"), "contains an absolute path: /home/me"),
        (executed("open(r'C:\\data')"), "contains an absolute path"),
        (executed("read('https://example.org/x.csv')"), "reads from the network"),
        (executed("%pip install x"), "reads from the network"),
        (executed("fetch_movielens()"), "reads from the network"),
        (executed(tags=["raises-exception"]), "tagged raises-exception"),
        (executed(outputs=[nbformat.v4.new_output("error", ename="E", evalue="v")]), "stores the error E: v"),
        (
            executed(outputs=[nbformat.v4.new_output("stream", name="stderr", text="w")]),
            "writes to stderr: w",
        ),
        (
            executed(outputs=[nbformat.v4.new_output("stream", text="in /tmp/x/y")]),
            "prints an absolute path: /tmp/x",
        ),
        (executed(outputs=[shown({"text/plain": "<a at 0x7f0011223344>"})]), "prints a memory address"),
        (executed(outputs=[shown({"image/png": PIXEL, "text/plain": ""})]), "without a text alternative"),
        (executed(outputs=[shown({"text/html": "<img src='x'>"})]), "<img> without alt"),
        (executed(outputs=[shown({"text/html": "<img alt='' src='x'>"})]), "<img> without alt"),
        (executed(outputs=[shown({"image/svg+xml": "<svg/>"})]), "as image/svg+xml; expected image/png"),
        (executed(outputs=[shown({build.WIDGET_VIEW: {}})]), "stores the view of a widget"),
        (executed(widgets={"a": 1}), "the state of widgets is stored"),
        (executed(language_info={"name": "python", "version": "3.11"}), "language_info.version is stored"),
        (executed(kernelspec={"name": "conda-x", "display_name": "x"}), "the kernel is not python3"),
    ],
)
def test_what_must_not_be_stored_is_found(notebook, expected):
    found = build.problems(notebook)
    assert len(found) >= 1
    assert any(expected in problem for problem in found), found


def test_order_of_execution_and_ids_are_checked():
    notebook = executed()
    notebook.cells[1].execution_count = 3
    notebook.cells[0].id = notebook.cells[1].id
    found = " ".join(build.problems(notebook))
    assert "counts [3]" in found
    assert "is used 2 times" in found


def test_a_departure_from_the_form_is_found_before_anything_runs(shelf, capsys):
    strict = build.Shelf(shelf.sources, shelf.notebooks, lesson_form.problems)
    _, notebook = write(shelf, HEAD + "# %%\n1 / 0\n")
    assert build.main([], (strict,)) == 1
    told = capsys.readouterr().err
    assert "00_lesson.py: there is no section '## Quiz'" in told
    assert "ZeroDivisionError" not in told
    assert not notebook.exists()


def test_a_draft_is_built_and_told_what_it_lacks(shelf, capsys):
    strict = build.Shelf(shelf.sources, shelf.notebooks, lesson_form.problems)
    _, notebook = write(shelf, GOOD)
    assert build.main(["--draft", "00"], (strict,)) == 0
    assert "00_lesson.py: there is no section '## Quiz'" in capsys.readouterr().err
    assert notebook.exists()


def test_a_notebook_that_is_too_large_is_refused(shelf, monkeypatch):
    monkeypatch.setattr(build, "LIMIT_BYTES", 500)
    assert "expected at most 500" in refused(shelf, GOOD)
