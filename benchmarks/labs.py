"""Labs in a real browser: how long from a key press to the new picture, and what ten minutes of random clicks leave.

Both open the lessons in a JupyterLab of their own, with the tools of the browser tests, and need Chromium.
"""

from __future__ import annotations

import json
import random
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nbformat
import numpy as np

from tests.browser.pages import LABS, LOOKS, course, end_kernels, faults, open_notebook, opened, run_all

ROOT = Path(__file__).resolve().parents[1]
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
MISSING = "no chromium on the path: the labs are measured in a browser"
REPETITIONS = 20
MINUTES = 10

# The kernel's memory in MB, its threads but for those of the pool that steps run in, and steps that still go on.
STATE = """\
import asyncio, json, threading
pages = int(open("/proc/self/statm").read().split()[1])
names = sorted(t.name for t in threading.enumerate() if not t.name.startswith("asyncio_"))
busy = sum(not task.done() for task in asyncio.all_tasks() if "LabView._work" in repr(task))
print("state:", json.dumps({"memory": pages * 4096 / 2**20, "threads": len(names), "busy": busy}))"""

# How long until they change: from the key press on, seen by the page itself, frame by frame.
_WATCH = """looks => {
    const seen = eval(looks);
    const before = seen();
    window.answered = new Promise(resolve => addEventListener("keydown", () => {
        const began = performance.now();
        const look = () => {
            if (seen() !== before) resolve(performance.now() - began);
            else if (performance.now() - began > 1500) resolve(null);
            else requestAnimationFrame(look);
        };
        requestAnimationFrame(look);
    }, {once: true, capture: true}));
}"""


def lessons_with_labs() -> list[str]:
    """Names of the notebooks in which a lab is shown."""
    return [
        path.name
        for path in sorted((ROOT / "notebooks").glob("*.ipynb"))
        if any("teaching.widgets import" in cell.source for cell in nbformat.read(path, as_version=4).cells)
    ]


@contextmanager
def _labs(names: list[str]) -> Iterator:
    """For each lesson: its name and a page on which it has been run, with a last cell that tells the kernel's state."""
    with tempfile.TemporaryDirectory() as folder, course(ROOT, Path(folder)) as address:

        def pages():
            for name in names:
                path = Path(folder) / "my-course/notebooks" / name
                notebook = nbformat.read(path, as_version=4)
                notebook.cells.append(nbformat.v4.new_code_cell(STATE))
                nbformat.write(notebook, path)
                with opened(CHROMIUM, Path(folder)) as page:
                    open_notebook(page, address, f"notebooks/{name}")
                    run_all(page)
                    page.locator(LABS).first.wait_for(timeout=60_000)
                    time.sleep(1)
                    yield name, page
                end_kernels(address)

        yield pages()


def _state(page) -> dict[str, float]:
    """Run the last cell again and read what it prints."""
    cell = page.locator(".jp-Notebook .jp-CodeCell").last
    prompt = cell.locator(".jp-InputPrompt")
    before = prompt.inner_text()
    cell.locator(".cm-content").click()
    page.keyboard.press("Control+Enter")
    deadline = time.monotonic() + 60
    while prompt.inner_text() in (before, "[*]:") and time.monotonic() < deadline:
        time.sleep(0.1)
    return json.loads(cell.locator(".jp-OutputArea-output").inner_text().partition("state:")[2])


def _answer(page, key: str) -> float | None:
    """Milliseconds from the press of a key to the first change in a lab; None if there is none."""
    page.evaluate(_WATCH, LOOKS)
    page.keyboard.press(key)
    return page.evaluate("window.answered")


def _answers(page, controls, keys: tuple[str, str], repetitions: int) -> list[float]:
    """The times of the first of these controls that answers both keys at once; none where all start a training."""
    for number in range(controls.count()):
        controls.nth(number).focus()
        if all(_answer(page, key) is not None for key in keys):
            return [_answer(page, key) for key in keys * (repetitions // 2)]
    return []


def run(quick: bool) -> None:
    """Print a table: lab by lab, the time from a key press on a slider to the new picture.

    A lab without a slider that draws is measured by a list; one in which all that can be set waits for Train, not.
    """
    if CHROMIUM is None:
        print(MISSING)
        return
    repetitions = 6 if quick else REPETITIONS
    print("\n| lesson | what | median ms | longest |\n|---|---|--:|--:|")

    def tell(name: str, what: str, times: list[float | None]) -> None:
        told = [t for t in times if t is not None] or [np.nan]
        print(f"| {name.removesuffix('.ipynb')} | {what} | {np.median(told):.0f} | {max(told):.0f} |", flush=True)

    with _labs(lessons_with_labs()) as pages:
        for name, page in pages:
            for kind, controls, keys in (
                ("slider", ".jupyter-widgets .noUi-handle", ("ArrowRight", "ArrowLeft")),
                ("list", ".jupyter-widgets select", ("ArrowDown", "ArrowUp")),
            ):
                times = _answers(page, page.locator(controls), keys, repetitions)
                if times:
                    tell(name, f"{kind} to picture", times)
                    break
            if name.startswith("07"):
                tell(name, "Train to first point", [_first_point(page) for _ in range(repetitions)])
                tell(name, "drawing, an epoch", _drawing(repetitions))


def _first_point(page) -> float:
    """Milliseconds from Train to the first epoch in the lab's table; then it is stopped and reset."""
    page.evaluate("""() => {
        const button = [...document.querySelectorAll("button")].find(one => one.innerText === "Train");
        window.answered = new Promise(resolve => {
            const began = performance.now();
            button.click();
            const look = () => {
                const row = document.querySelector(".jp-OutputArea-output .recsys-lab tbody tr td:nth-child(3)");
                if (row && Number(row.innerText) >= 1) resolve(performance.now() - began);
                else requestAnimationFrame(look);
            };
            requestAnimationFrame(look);
        });
    }""")
    taken = page.evaluate("window.answered")
    page.click("button:has-text('Reset')")
    page.wait_for_selector("text=No run yet")
    time.sleep(0.3)
    return taken


def _drawing(n_epochs: int) -> list[float]:
    """Milliseconds that the training lab draws after each epoch on the bundled movies."""
    from recsys_lessons.datasets import load_movies
    from recsys_lessons.teaching.widgets import Settings, TrainingLab, TrainingView

    data = load_movies().as_lightfm(min_rating=4.0)
    view = TrainingView(TrainingLab(data["train"], data["test"]))
    run_ = view.lab.begin(Settings(epochs=n_epochs))
    times = []
    while not run_.done:
        view.lab.advance(run_)
        began = time.perf_counter()
        view.draw()
        times.append(1000 * (time.perf_counter() - began))
    return times


def run_clicking(quick: bool) -> None:
    """Click and type at random in every lab, and print what that leaves in the kernel."""
    if CHROMIUM is None:
        print(MISSING)
        return
    names = lessons_with_labs()
    seconds = 60 * (1 if quick else MINUTES) / len(names)
    print(f"\n{seconds:.0f} s of random clicks in each lab")
    print("\n| lesson | actions | memory before, MB | after | threads before | after | steps left | faults |")
    print("|---|--:|--:|--:|--:|--:|--:|---|")
    with _labs(names) as pages:
        for seed, (name, page) in enumerate(pages):
            rng = random.Random(seed)
            _click(page, rng, 5)  # what is loaded at the first click is no growth
            before = _state(page)
            n_actions = _click(page, rng, seconds)
            stop = page.locator("button:has-text('Stop'):enabled")
            if stop.count():
                stop.first.click()
            time.sleep(3)
            after, wrong = _state(page), faults(page)
            print(
                f"| {name.removesuffix('.ipynb')} | {n_actions} | {before['memory']:.0f} | {after['memory']:.0f} "
                f"| {before['threads']} | {after['threads']} | {after['busy']} | {'; '.join(wrong) or 'none'} |",
                flush=True,
            )


def _click(page, rng: random.Random, seconds: float) -> int:
    """Operate controls of the labs on the page at random for a while; give the number of actions."""
    deadline, n_actions = time.monotonic() + seconds, 0
    shown = ".jupyter-widgets:visible"
    while time.monotonic() < deadline:
        controls = page.query_selector_all(
            f"button{shown}:enabled, {shown} .noUi-handle, {shown} select, {shown} input[type=checkbox]:enabled, "
            f"{shown} input[type=number], {shown} input[type=text]"
        )
        control = rng.choice(controls)
        if not (control.is_visible() and control.is_enabled()):  # what ran in between may have changed it
            continue
        kind = control.evaluate("one => one.matches('.noUi-handle') ? 'handle' : one.type ?? one.tagName")
        if kind == "handle":
            control.focus()
            for _ in range(rng.randrange(1, 6)):
                page.keyboard.press(rng.choice(["ArrowRight", "ArrowLeft", "PageUp", "PageDown", "Home", "End"]))
        elif kind.startswith("select"):
            n = control.evaluate("one => one.options.length")
            if n:  # a list of films is empty when none has the letters typed
                control.select_option(index=rng.randrange(n))
        elif kind in ("number", "text"):
            control.fill(
                str(rng.randrange(0, 700)) if kind == "number" else rng.choice(["", "a", "love", "zzz", "the"])
            )
            control.press("Enter")
        else:
            control.evaluate("one => one.click()")
        n_actions += 1
        time.sleep(rng.random() * 0.2)
    return n_actions
