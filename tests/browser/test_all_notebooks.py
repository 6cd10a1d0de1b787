"""Every notebook in a real JupyterLab: it runs to the end, and shows nothing broken when it is opened again."""

import time
from pathlib import Path

import nbformat
import pytest

from tests.browser.pages import course, end_kernels, faults, open_notebook, opened, run_all, save

pytestmark = [pytest.mark.browser, pytest.mark.slow]

ROOT = Path(__file__).resolve().parents[2]
LESSONS = sorted(path.name for path in (ROOT / "notebooks").glob("*.ipynb"))


@pytest.fixture(scope="module")
def lab(chromium, repository, tmp_path_factory):
    folder = tmp_path_factory.mktemp("course")
    with course(repository, folder) as address:
        yield address, folder / "my-course"


@pytest.mark.parametrize("name", LESSONS)
def test_it_runs_to_the_end_and_opens_again(chromium, lab, tmp_path, name):
    address, copy = lab
    has_lab = any(
        "nbval-ignore-output" in cell.metadata.get("tags", [])
        for cell in nbformat.read(copy / "notebooks" / name, as_version=4).cells
    )
    with opened(chromium, tmp_path) as page:
        open_notebook(page, address, f"notebooks/{name}")
        ran = run_all(page)
        assert ran and faults(page) == []
        time.sleep(1)
        if has_lab:
            assert page.locator(".jupyter-widgets").count() > 0
        save(page)
        # Opened without a kernel there are no live widgets: the picture above and the lab's first state stand there.
        end_kernels(address)
        page.reload()
        page.wait_for_selector(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Cell", timeout=90_000)
        time.sleep(2)
        assert faults(page) == []
    end_kernels(address)
    saved = nbformat.read(copy / "notebooks" / name, as_version=4)
    assert not [output for cell in saved.cells for output in cell.get("outputs", []) if output.output_type == "error"]
    assert "widgets" not in saved.metadata
