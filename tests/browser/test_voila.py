"""A lesson as a page for a class without JupyterLab: Voilà runs it and its lab is live."""

import re

import pytest

from tests.browser.pages import opened
from tests.environments import beside
from tests.serving import free_port, serving

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_the_training_lab_trains(chromium, repository, tmp_path):
    python, variables = beside(tmp_path / "environment", "voila")
    command = [python, "-m", "voila", "notebooks/07_tuning.ipynb", "--no-browser", f"--port={free_port()}"]
    printed = re.compile(r"http://localhost:\d+/")
    with serving(command, tmp_path / "voila.log", repository, address=printed, variables=variables) as address:
        with opened(chromium, tmp_path) as page:
            foreign = []
            page.on("request", lambda request: foreign.append(request.url))
            page.goto(address, timeout=240_000)  # the lesson is run first
            train = page.get_by_role("button", name="Train", exact=True)
            train.wait_for(timeout=60_000)
            before = page.locator("img.widget-image").get_attribute("src")
            train.click()
            page.wait_for_selector("text=/done: 30/", timeout=60_000)
            assert page.locator("img.widget-image").get_attribute("src") != before
            assert page.locator(".jupyter-widgets .recsys-lab:has-text('For user 0')").is_visible()
            assert not page.locator(".recsys-lab-still").is_visible()
            assert page.complaints == []
        # Without a network two style sheets for icons are missing, which no lesson uses; nothing else is asked for.
        ours = (address, "data:", "blob:", "ws:")
        others = {url for url in foreign if not url.startswith(ours)}
        assert all("fontawesome" in url for url in others), others
