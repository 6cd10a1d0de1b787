"""What browser tests share: a JupyterLab on the course, and a page that runs notebooks and tells what is wrong."""

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import Request, urlopen

from tests.serving import CHROMIUM_FLAGS, api, free_port, read, serving

BROKEN_WIDGETS = ("Error displaying widget", "Error creating widget", "Click to show javascript error")

LABS = ".jp-OutputArea-output .jupyter-widgets"

# Pictures and texts of all labs on the page: whatever happens in a lab changes them.
LOOKS = """() => [...document.querySelectorAll(".jp-OutputArea-output .recsys-lab, img.widget-image")]
    .map(part => part.src ?? part.innerHTML).join("|")"""

# Prompts of code cells, and what their outputs complain of. All cells are in the page (see `course`).
_CELLS = """() => [...document.querySelectorAll(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-CodeCell")].map(cell => ({
    source: cell.querySelector(".cm-content")?.innerText.slice(0, 80) ?? "",
    prompt: cell.querySelector(".jp-InputPrompt")?.innerText.trim() ?? "",
    faults: [...cell.querySelectorAll(
        ".jp-mod-error, [data-mime-type='application/vnd.jupyter.stderr'], .recsys-lab-error"
    )].map(output => output.innerText),
}))"""


@contextmanager
def course(repository: Path, folder: Path, port: int | None = None) -> Iterator[str]:
    """Serve a learner's copy of the course, as `recsys-lessons lab` does, and give the address of the page.

    JupyterLab leaves cells that are off the screen out of the page; here it is told to keep all.
    """
    settings = folder / "jupyter-settings/jupyterlab_settings_dir/@jupyterlab/notebook-extension"
    settings.mkdir(parents=True, exist_ok=True)
    (settings / "tracker.jupyterlab-settings").write_text(json.dumps({"windowingMode": "none"}))
    command = [sys.executable, "-m", "recsys_lessons.cli", "lab", "--no-browser"]
    command += [f"--port={port or free_port()}", f"--folder={folder / 'my-course'}"]
    with serving(command, folder / "lab.log", cwd=repository) as address:
        yield address


@contextmanager
def opened(chromium: str, pictures: Path) -> Iterator:
    """A page; what its scripts complain of is in `page.complaints`, a picture of its end in `pictures`."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        page = browser.new_page(viewport={"width": 1400, "height": 1400})
        page.complaints = []
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        try:
            yield page
        finally:
            page.screenshot(path=pictures / "at-the-end.png")  # kept by pytest for a look at what failed
            browser.close()


def open_notebook(page, address: str, path: str) -> None:
    """Open a notebook of the course and wait until its kernel is connected."""
    root, token = address.split("/lab")[0], address.partition("?")[2]
    page.goto(f"{root}/lab/tree/{path}?{token}&reset")
    # Just after its start a server may not know its kernels; then JupyterLab asks which one to take, or gives up, and
    # the page is loaded anew.
    deadline = time.monotonic() + 200
    loaded = time.monotonic()
    while not connected(address, path):
        assert time.monotonic() < deadline, f"{path} has no kernel: {page.locator('.jp-Dialog').all_inner_texts()}"
        asked = page.locator(".jp-Dialog:has-text('Select Kernel') button:has-text('Select')").last
        if asked.count():
            asked.click()
        elif time.monotonic() - loaded > 60:
            page.reload()
            loaded = time.monotonic()
        time.sleep(0.5)
    page.wait_for_selector(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Cell", timeout=90_000)
    page.wait_for_selector(".jp-NotebookPanel-toolbar [data-status='idle']", timeout=90_000)


def wait_for_kernel(address: str, path: str, seconds: float = 90) -> None:
    """Wait until the kernel of a notebook is `connected`."""
    deadline = time.monotonic() + seconds
    while not connected(address, path):
        assert time.monotonic() < deadline, f"{path} has no kernel after {seconds} s"
        time.sleep(0.2)


def connected(address: str, path: str) -> bool:
    """Tell whether a page is connected to an idle kernel of this notebook.

    The server is asked: a page shows a kernel as idle also while there is none, and of the cells that run then each
    asks for a kernel of its own.
    """
    sessions = json.loads(read(api(address, "sessions")))
    kernels = [session["kernel"] for session in sessions if session["path"] == path]
    return any(kernel["connections"] and kernel["execution_state"] == "idle" for kernel in kernels)


def cells(page) -> list[dict]:
    """The code cells of the open notebook: beginning of the source, prompt, and faults."""
    return page.evaluate(_CELLS)


def run_all(page, seconds: float = 300) -> list[dict]:
    """Run all cells of a notebook whose kernel is connected, to the end or to a fault; give `cells`."""
    page.click(".lm-MenuBar-item:has-text('Run')")
    page.click("text=Run All Cells >> nth=0")
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = cells(page)
        prompts = [cell["prompt"] for cell in found]
        waiting = any("*" in prompt for prompt in prompts)
        if not waiting and prompts and all(any(c.isdigit() for c in prompt) for prompt in prompts):
            return found
        if not waiting and any(cell["faults"] for cell in found):
            return found
        time.sleep(0.5)
    asked = page.locator(".jp-Dialog").all_inner_texts()
    status = page.locator(".jp-NotebookPanel-toolbar [data-status]").first.get_attribute("data-status")
    raise AssertionError(f"not at the end after {seconds} s: prompts {prompts}, kernel {status}, dialogs {asked}")


def looks(page) -> str:
    """What the labs on the page show."""
    return page.evaluate(LOOKS)


def faults(page) -> list[str]:
    """All that a learner would see go wrong in the open notebook."""
    text = page.locator("body").inner_text()
    found = [f"{cell['source'][:60]}: {fault}" for cell in cells(page) for fault in cell["faults"]]
    return found + [words for words in BROKEN_WIDGETS if words in text] + page.complaints


def save(page) -> None:
    """Save the notebook and wait until nothing is unsaved."""
    page.click(".lm-MenuBar-item:has-text('File')")
    page.click("text=/^Save Notebook$/ >> nth=0")
    page.wait_for_selector(".lm-TabBar-tab.jp-mod-current:not(.jp-mod-dirty)", timeout=30_000)


def end_kernels(address: str) -> None:
    """Shut all kernels down, and wait until they are: a page opened meanwhile would take one that is about to go."""
    for session in json.loads(read(api(address, "sessions"))):
        urlopen(Request(api(address, f"sessions/{session['id']}"), method="DELETE"), timeout=30).close()
    deadline = time.monotonic() + 30
    while json.loads(read(api(address, "sessions"))) or json.loads(read(api(address, "kernels"))):
        assert time.monotonic() < deadline, "there are kernels still"
        time.sleep(0.1)
