"""Labs by keyboard alone: JupyterLab's own keys must not take those of a widget away."""

import nbformat
import pytest

from tests.browser.pages import cells, course, end_kernels, faults, open_notebook, opened, run_all

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LAB = """\
import ipywidgets
from recsys_lessons.teaching.widgets.base import LabView

loss = ipywidgets.Dropdown(options=["WARP", "BPR", "logistic"], description="Loss")
epochs = ipywidgets.IntSlider(value=5, description="Epochs")
button = ipywidgets.Button(description="Train")
view = LabView("By keyboard", [loss, epochs, button], height=60)
for control in (loss, epochs):
    view.on_change(control, lambda value: view.set_body(f"{loss.value} {epochs.value}"))
view.on_click(button, lambda: view.set_body("trained"))
view.show("a lab")"""


def test_arrows_letters_and_space_reach_the_control(chromium, repository, tmp_path):
    with course(repository, tmp_path) as address:
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in (LAB, "1 + 1")])
        notebook.metadata["kernelspec"] = {
            "name": "python3",
            "display_name": "Python 3 (ipykernel)",
            "language": "python",
        }
        nbformat.write(notebook, tmp_path / "my-course/notebooks/keys.ipynb")
        with opened(chromium, tmp_path) as page:
            open_notebook(page, address, "notebooks/keys.ipynb")
            run_all(page)
            chosen = page.locator(".jupyter-widgets select")
            chosen.wait_for(timeout=30_000)
            page.wait_for_timeout(1000)  # until the widget listens
            chosen.focus()
            page.keyboard.press("ArrowDown")
            page.wait_for_selector("text=BPR 5", timeout=5_000)
            page.keyboard.type("l")
            page.wait_for_selector("text=logistic 5", timeout=5_000)
            page.wait_for_timeout(1500)  # letters typed at once are one word to a list
            page.keyboard.type("b")  # where JupyterLab would insert a cell
            page.wait_for_selector("text=BPR 5", timeout=5_000)
            page.keyboard.press("Tab")
            page.keyboard.press("ArrowUp")
            page.wait_for_selector("text=BPR 6", timeout=5_000)
            page.locator("button:text-is('Train')").focus()
            page.keyboard.press("Space")
            page.wait_for_selector("text=trained", timeout=5_000)
            assert len(cells(page)) == 2 and faults(page) == []
        end_kernels(address)
