"""A learner's first minute: `recsys-lessons lab` opens a browser on lesson 00."""

import sys

import nbformat
import pytest

from tests.browser.pages import wait_for_kernel
from tests.serving import CHROMIUM_FLAGS, api, free_port, read, serving


@pytest.mark.browser
def test_the_first_lesson_opens_and_a_kernel_starts(chromium, repository, tmp_path):
    from playwright.sync_api import sync_playwright

    lesson = nbformat.read(repository / "notebooks/00_start_here.ipynb", as_version=4)
    heading = lesson.cells[0].source.splitlines()[0].lstrip("# ")
    copy = tmp_path / "my-course"
    lab = [sys.executable, "-m", "recsys_lessons.cli", "lab", "--no-browser"]
    command = [*lab, f"--port={free_port()}", f"--folder={copy}"]
    with serving(command, tmp_path / "lab.log", cwd=repository) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        page = browser.new_page(viewport={"width": 1400, "height": 1000})
        page.goto(address)
        page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=90_000)
        page.wait_for_selector(f".jp-Notebook h1:has-text({heading!r})", timeout=30_000)
        wait_for_kernel(address, "notebooks/00_start_here.ipynb")
        page.wait_for_selector(".jp-NotebookPanel-toolbar [data-status='idle']", timeout=90_000)
        assert page.locator(".lm-TabBar-tabLabel:has-text('00_start_here.ipynb')").count() == 1
        assert page.locator(".jp-Dialog").count() == 0, page.locator(".jp-Dialog").all_inner_texts()
        assert page.locator(".Toastify__toast").all_inner_texts() == []
        assert '"python3"' in read(api(address, "kernels"))
        # The lesson's link opens the glossary as a page to read, with its mathematics, and not in the editor.
        page.click(".jp-Notebook a:has-text('glossary')")
        page.wait_for_selector(".jp-MarkdownViewer h1:has-text('Glossary')", timeout=30_000)
        page.wait_for_selector(".jp-MarkdownViewer mjx-container", timeout=30_000)
        browser.close()
    assert (copy / "notebooks/00_start_here.ipynb").is_file()
