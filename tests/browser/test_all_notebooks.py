"""Every notebook in a real JupyterLab: it runs to the end, its lab answers, and opened again nothing is broken."""

from pathlib import Path

import nbformat
import pytest

from tests.browser.pages import (
    LABS,
    LOOKS,
    course,
    end_kernels,
    faults,
    looks,
    open_notebook,
    opened,
    run_all,
    save,
    wait_for_kernel,
)

pytestmark = [pytest.mark.browser, pytest.mark.slow]

ROOT = Path(__file__).resolve().parents[2]
LESSONS = sorted(path.name for path in (ROOT / "notebooks").glob("*.ipynb"))
WITH_LABS = {name for name in LESSONS if "teaching.widgets import" in (ROOT / "notebooks" / name).read_text()}

# How each lab starts, for where nothing is live.
STILLS = ".recsys-lab-still"

# A stored view for which the kernel has no model.
GIVEN_UP = ".jp-OutputArea-output.lm-Panel.jupyter-widgets"

# What is done in each lab: a button pressed, or an option chosen; and what must be read afterwards.
DRIVEN = {
    "00_start_here.ipynb": [("type", "User number", "5", "User 5")],
    "01_feedback.ipynb": [("press", "time", "▸ time"), ("press", "cold items", "▸ cold items")],
    "02_matrix_factorization.ipynb": [
        ("press", "One update", "Update 1 (blue frame): Ann gave"),
        ("press", "Ten epochs", "Update 111 (blue frame): Ann gave"),
        ("press", "Reset", "Next, update 1: Ann gave"),
    ],
    "03_feature_embeddings.ipynb": [
        ("type", "Title has", "toy story", "Nearest by angle to Toy Story (1995)"),
        ("press", "identity", "Princess Bride, The (1987)"),
        ("choose", "Genre", "Musical", "2.3"),
    ],
    "04_building_features.ipynb": [
        ("press", "Horror", "Horror 1"),
        ("press", "Reset", "Comedy 1, Drama 1, Thriller 1;"),
    ],
    "05_losses.ipynb": [
        ("press", "Draw to the end", "Draw 8: "),
        ("press", "Take the step", "Steps taken: 1."),
        ("choose", "Loss", "BPR", "Nothing drawn yet"),
        ("press", "Draw one", "the negative, whatever its score"),
    ],
    "06_metrics.ipynb": [
        ("press", "▲ Up", "Chosen: B, place 1"),
        ("press", "Pin", "Pinned: likes at 1, 6"),
        ("press", "▼ Down", "now: likes at 2, 6"),
    ],
    "07_tuning.ipynb": [("press", "Train", "done: 30 epochs"), ("press", "Pin this run", "pinned")],
    "08_cold_start.ipynb": [
        ("press", "Click five", "Clicks: 5."),
        ("choose", "Age", "not told", "Told: region:north, chosen"),
        ("choose", "Newcomer", "an article", "It says: topic:sport. Really about: culture"),
        ("press", "Ten clicks", "Clicks: 10."),
    ],
    "09_scenario_a_news.ipynb": [("choose", "Judged by", "clicks in the log", "Best by the log: shown most")],
    "10_scenario_b_ratings.ipynb": [
        ("choose", "Grouped by", "stars predicted", "Funk SVD, as it is"),
        ("choose", "Model", "nine questions", "nine questions, as it is"),
    ],
    "11_scenario_c_store.ipynb": [("press", "Train", "AUC, all, WARP: true +0.023")],
    "12_inside_the_kernels.ipynb": [
        ("press", "Train", "done: 15 epochs"),
        ("press", "Pin this run", "pinned"),
        ("press", "Set as WARP", "weight = rank_weights[draws]"),
    ],
    "13_serving_and_scale.ipynb": [
        ("press", "Start", "done: 3 of 3"),
        ("press", "Next user with a miss", "User 29: 9 of 10 found"),
        ("choose", "Items asked for (k)", "100", "Recall of the exact 100:"),
        ("choose", "Items", "30,000 made up", "instead of 30,000"),
    ],
}


@pytest.fixture(scope="module")
def lab(chromium, repository, tmp_path_factory):
    folder = tmp_path_factory.mktemp("course")
    with course(repository, folder) as address:
        yield address, folder / "my-course"


@pytest.mark.parametrize("name", LESSONS)
def test_it_runs_to_the_end_and_opens_again(chromium, lab, tmp_path, name):
    address, copy = lab
    with opened(chromium, tmp_path) as page:
        open_notebook(page, address, f"notebooks/{name}")
        ran = run_all(page)
        assert ran and faults(page) == []
        if name in WITH_LABS:
            page.locator(LABS).first.wait_for(timeout=30_000)
            drive(page, DRIVEN[name])
            assert faults(page) == []
            assert not page.locator(STILLS).first.is_visible()
        save(page)
        # Opened with a new kernel there are no live widgets: the picture above and the lab's first state stand there.
        end_kernels(address)
        page.reload()
        page.wait_for_selector(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Cell", timeout=90_000)
        wait_for_kernel(address, f"notebooks/{name}")
        if name in WITH_LABS:
            page.locator(GIVEN_UP).first.wait_for(state="attached", timeout=60_000)
            page.get_by_text("Loading widget...").first.wait_for(state="detached", timeout=30_000)
        assert faults(page) == []
        stills = page.locator(STILLS).all()
        assert bool(stills) == (name in WITH_LABS) and all(still.is_visible() for still in stills)
    end_kernels(address)
    saved = nbformat.read(copy / "notebooks" / name, as_version=4)
    assert not [output for cell in saved.cells for output in cell.get("outputs", []) if output.output_type == "error"]
    assert "widgets" not in saved.metadata


def drive(page, steps):
    """Operate a lab; after each step it must look otherwise, and say what is expected."""
    for action, control, *value, expected in steps:
        before = looks(page)
        if action == "press":
            page.locator(f".jp-OutputArea-output:has(.jupyter-widgets) button:text-is('{control}')").first.click()
        elif action == "choose":
            page.get_by_label(control, exact=True).first.select_option(label=value[0])
        else:
            page.get_by_label(control, exact=True).first.fill(value[0])
            page.keyboard.press("Enter")
        page.wait_for_function("([looks, before]) => eval(looks)() !== before", arg=[LOOKS, before], timeout=10_000)
        page.locator(".jp-OutputArea-output:has(.jupyter-widgets)").get_by_text(expected).first.wait_for(timeout=60_000)


def test_every_lab_is_driven():
    assert set(DRIVEN) == WITH_LABS
