"""The training lab in a real JupyterLab: trains in the background, stops, and leaves nothing broken."""

import time

import nbformat
import pytest

from tests.browser.pages import course, end_kernels, faults, open_notebook, opened, run_all

pytestmark = [pytest.mark.browser, pytest.mark.slow]

DATA = """\
from recsys_lessons.datasets import load_movies
from recsys_lessons.teaching.widgets import show_training_lab
data = load_movies().as_lightfm(genre_features=True, min_rating=4.0)"""
LAB = """\
show_training_lab(data["train"], data["test"], item_features=data["item_features"], labels=data["item_labels"])"""


@pytest.fixture(scope="module")
def lab(chromium, repository, tmp_path_factory):
    """The address of a JupyterLab with a notebook of three cells: the data, the lab, and one to ask the kernel."""
    folder = tmp_path_factory.mktemp("training")
    with course(repository, folder) as address:
        cells = [nbformat.v4.new_code_cell(source) for source in (DATA, LAB, "print('the kernel', 'answers')")]
        notebook = nbformat.v4.new_notebook(cells=cells)
        notebook.metadata["kernelspec"] = {
            "name": "python3",
            "display_name": "Python 3 (ipykernel)",
            "language": "python",
        }
        nbformat.write(notebook, folder / "my-course/notebooks/lab.ipynb")
        yield address


@pytest.fixture
def page(chromium, lab, tmp_path):
    with opened(chromium, tmp_path) as page:
        open_notebook(page, lab, "notebooks/lab.ipynb")
        run_all(page)
        page.wait_for_selector("button:has-text('Train')", timeout=10_000)
        yield page
        assert faults(page) == []
    end_kernels(lab)


def picture(page):
    return page.locator("img.widget-image").get_attribute("src")


def changed(page, before, seconds):
    """Wait until the picture is another one than `before`; return the new one and how long it took, in seconds."""
    began = time.perf_counter()
    page.wait_for_function(
        "before => document.querySelector('img.widget-image').src !== before", arg=before, timeout=1000 * seconds
    )
    return picture(page), time.perf_counter() - began


def test_it_trains_in_the_background_and_stops(page):
    text = page.locator(".jp-OutputArea-output .recsys-lab").last
    assert "No run yet" in text.inner_text()
    before = picture(page)
    page.locator("input[type=number]").first.wait_for()
    page.click("button:has-text('Train')")
    after, _ = changed(page, before, 10)
    after, _ = changed(page, after, 10)
    # The kernel answers while it trains.
    cell = page.locator(".jp-Notebook .jp-CodeCell").nth(2)
    cell.locator(".cm-content").click()
    page.keyboard.press("Control+A")
    page.keyboard.type("print('it', 'answers')")
    page.keyboard.press("Shift+Enter")
    page.wait_for_selector("text=it answers", timeout=10_000)
    # A control of the lab answers as well.
    number = page.get_by_label("User number")
    number.fill("7")
    number.press("Enter")
    page.wait_for_selector("text=For user 7", timeout=5_000)
    began = time.perf_counter()
    page.click("button:has-text('Stop')")
    page.wait_for_selector("text=/stopped after|done: 30/", timeout=5_000)
    assert time.perf_counter() - began < 1.5  # half a second of the lab's, and the browser's own time on a busy machine
    page.click("button:has-text('Pin this run')")
    page.click("button:has-text('Copy as code')")
    assert "random_state=42" in page.locator("textarea:visible").last.input_value()
    page.click("button:has-text('Reset')")
    page.wait_for_selector("text=No run yet", timeout=5_000)


def test_run_again_leaves_no_training_behind(page):
    page.click("button:has-text('Train')")
    changed(page, picture(page), 10)
    page.locator(".jp-Notebook .jp-CodeCell").nth(1).locator(".cm-content").click()
    page.keyboard.press("Shift+Enter")
    page.wait_for_selector("text=No run yet", timeout=20_000)
    time.sleep(0.5)
    page.locator(".jp-Notebook .jp-CodeCell").nth(2).locator(".cm-content").click()
    page.keyboard.press("Control+A")
    page.keyboard.type("from recsys_lessons.teaching.widgets import base as v; print('tasks', [len(v._shown), ")
    page.keyboard.type("sum(not t.done() for t in __import__('asyncio').all_tasks() if '_work' in repr(t))])")
    page.keyboard.press("Shift+Enter")
    page.wait_for_selector("text=tasks [1, 0]", timeout=10_000)


def test_two_labs_train_at_once_and_each_ends_where_it_would_alone(page):
    # The third cell shows a second lab.
    page.locator(".jp-Notebook .jp-CodeCell").nth(2).locator(".cm-content").click()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(LAB)
    page.keyboard.press("Shift+Enter")
    labs = page.locator(".jp-OutputArea-output:has(.jupyter-widgets)")
    labs.nth(1).locator("button:text-is('Train')").wait_for(timeout=20_000)
    for number in (0, 1):
        labs.nth(number).locator("button:text-is('Train')").click()
    for number in (0, 1):
        labs.nth(number).locator("text=done: 30 epochs").wait_for(timeout=60_000)
    for number in (0, 1):  # the table comes last
        labs.nth(number).locator(".recsys-lab tbody tr td:text-is('30')").wait_for(timeout=10_000)
    ended = [labs.nth(number).locator(".recsys-lab tbody tr").first.inner_text() for number in (0, 1)]
    assert ended[0] == ended[1] and ended[0].split()[:3] == ["1", "defaults", "30"]
    labs.nth(0).locator("button:text-is('Reset')").click()
    labs.nth(0).locator("text=No run yet").wait_for(timeout=5_000)
    assert labs.nth(1).locator("text=done: 30 epochs").count() == 1
