"""Lessons as slides: jupyterlab-rise shows each as a deck, with a live kernel and without a network."""

import sys
from pathlib import Path

import nbformat
import pytest

from tests.browser.pages import wait_for_kernel
from tests.serving import CHROMIUM_FLAGS, free_port, serving

pytestmark = [pytest.mark.browser, pytest.mark.slow]

ROOT = Path(__file__).resolve().parents[2]
LESSONS = sorted(path.name for path in (ROOT / "notebooks").glob("*.ipynb"))
SCREEN = {"width": 1280, "height": 720}  # a projector

# What is wrong with the slide that is shown: text or pictures that no scrolling brings onto the screen.
FAULTS = """() => {
    const slide = document.querySelector("section.present > section.present");
    const faults = [];
    const scrolls = (overflow) => overflow === "auto" || overflow === "scroll";
    const cut = (element) => {
        const style = getComputedStyle(element);
        const hides = !scrolls(style.overflowX) && style.overflowX !== "visible";
        return hides && element.scrollWidth > element.clientWidth + 2;
    };
    slide.scrollTop = slide.scrollHeight;
    const ends = [...slide.querySelectorAll(".jp-Cell")].map((cell) => cell.getBoundingClientRect().bottom);
    if (Math.max(0, ...ends) > innerHeight) faults.push(`ends ${Math.max(...ends) - innerHeight} pixels too low`);
    slide.scrollTop = 0;
    const starts = [...slide.querySelectorAll(".jp-Cell")].map((cell) => cell.getBoundingClientRect());
    if (starts.some((start) => start.height && start.top < 0)) faults.push("begins above the screen");
    const content = "pre, table, img, p, li, h1, h2, h3, mjx-container, .cm-line, .jp-OutputArea-output";
    for (const element of slide.querySelectorAll(content)) {
        const box = element.getBoundingClientRect();
        const parents = [];
        for (let parent = element; parent !== slide; parent = parent.parentElement) parents.push(parent);
        const reachable = parents.some((parent) => scrolls(getComputedStyle(parent).overflowX));
        if (!reachable && (box.right > innerWidth + 1 || parents.some(cut))) {
            faults.push(`is cut at the right: ${element.tagName} ${element.textContent.slice(0, 60)}`);
        }
    }
    return faults;
}"""
PLACE = """() => {
    const slide = document.querySelector("section.present > section.present");
    return [slide.id, slide.querySelectorAll("div.fragment.visible").length];
}"""


@pytest.fixture(scope="module")
def lab(repository, tmp_path_factory):
    """The address of a JupyterLab on a copy of the course, and the folder of the copy."""
    folder = tmp_path_factory.mktemp("slides")
    copy = folder / "my-course"
    command = [sys.executable, "-m", "recsys_lessons.cli", "lab", "--no-browser"]
    command += [f"--port={free_port()}", f"--folder={copy}"]
    with serving(command, folder / "lab.log", cwd=repository) as address:
        yield address, copy


@pytest.fixture
def page(chromium, lab):
    """A page that can reach this machine only; what it asked of others is in `page.foreign`."""
    from playwright.sync_api import sync_playwright

    foreign = []

    def local_only(route):
        if route.request.url.startswith(("http://localhost:", "http://127.0.0.1:", "data:", "blob:")):
            route.continue_()
        else:
            foreign.append(route.request.url)
            route.abort()

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        context = browser.new_context(viewport=SCREEN)
        context.route("**/*", local_only)
        page = context.new_page()
        page.foreign = foreign
        yield page
        browser.close()


def open_deck(page, address, lesson):
    """Open the slides of a lesson, and wait for the first of them."""
    root, token = address.split("/lab", 1)[0], address.split("?", 1)[1]
    page.goto(f"{root}/rise/notebooks/{lesson}?{token}")
    page.wait_for_selector(".reveal section.present > section.present .jp-Cell", timeout=90_000)
    page.wait_for_selector(".slide-number", timeout=30_000)
    page.wait_for_timeout(1000)  # until reveal has laid them out
    page.locator("section.present > section.present .jp-Cell").first.click(position={"x": 1, "y": 1})


@pytest.mark.parametrize("lesson", LESSONS)
def test_every_slide_can_be_read_to_its_end(page, lab, lesson):
    address, copy = lab
    open_deck(page, address, lesson)
    faults, places = [], []
    while (place := page.evaluate(PLACE)) not in places:
        places.append(place)
        faults += [f"{place[0]} {fault}" for fault in page.evaluate(FAULTS)]
        page.keyboard.press("Space")
        page.wait_for_timeout(300)
    assert faults == []
    slides = page.evaluate("() => [...document.querySelectorAll('.slides > section > section')].map(s => s.id)")
    assert {slide for slide, _ in places} == set(slides)
    kinds = [cell.metadata.slideshow.slide_type for cell in nbformat.read(copy / "notebooks" / lesson, 4).cells]
    assert len(slides) == kinds.count("slide") + kinds.count("subslide")
    assert len(places) == len(slides) + kinds.count("fragment")
    assert page.foreign == []


def test_code_runs_on_a_slide(page, lab):
    address, copy = lab
    published = nbformat.read(ROOT / "notebooks" / LESSONS[0], as_version=4)
    code = [cell for cell in published.cells if cell.cell_type == "code"]
    last = next(n for n, cell in enumerate(code) if any("text/plain" in o.get("data", {}) for o in cell.outputs))
    wanted = code[last].outputs[-1].data["text/plain"]
    assert wanted.strip()
    handed_out = nbformat.read(copy / "notebooks" / LESSONS[0], as_version=4)
    assert not any(cell.get("outputs") for cell in handed_out.cells)
    open_deck(page, address, LESSONS[0])
    wait_for_kernel(address, f"notebooks/{LESSONS[0]}")
    for number in range(last + 1):
        cell = page.locator(".jp-CodeCell").nth(number)
        page.evaluate("slide => { location.hash = '#/' + slide }", cell.evaluate("c => c.closest('section').id"))
        cell.locator(".jp-InputPrompt").click()
        page.keyboard.press("Shift+Enter")
        cell.locator(f".jp-InputPrompt:text-is('[{number + 1}]:')").wait_for(timeout=90_000)
    shown = page.locator(".jp-CodeCell").nth(last).locator(".jp-OutputArea-output pre").last
    assert shown.inner_text().split() == wanted.split()
    assert page.foreign == []


def test_widgets_live_on_slides(page, lab):
    address, copy = lab
    path = copy / "notebooks" / "zz_widget.ipynb"
    cell = nbformat.v4.new_code_cell("from ipywidgets import IntSlider\n\nIntSlider(value=3)")
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    deck = nbformat.read(copy / "notebooks" / LESSONS[0], as_version=4).metadata.rise
    nbformat.write(nbformat.v4.new_notebook(cells=[cell], metadata={"kernelspec": kernel, "rise": deck}), path)
    open_deck(page, address, path.name)
    wait_for_kernel(address, f"notebooks/{path.name}")
    page.locator(".jp-CodeCell .jp-InputPrompt").click()
    page.keyboard.press("Shift+Enter")
    page.wait_for_selector(".widget-slider .noUi-handle", timeout=90_000)
    assert page.locator(".widget-readout").inner_text() == "3"
    path.unlink()


def test_the_button_in_the_toolbar_opens_the_slides(page, lab):
    address, _ = lab
    page.goto(address)
    page.wait_for_selector(".jp-NotebookPanel-toolbar [data-status='idle']", timeout=90_000)
    page.locator(".jp-NotebookPanel-toolbar [title*='Reveal Slideshow']").first.click()
    slide = page.frame_locator("iframe").locator("section.present > section.present .jp-Cell")
    slide.first.wait_for(timeout=90_000)
    assert page.foreign == []
