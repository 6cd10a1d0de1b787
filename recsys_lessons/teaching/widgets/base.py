"""What all labs share: the frame, work in the background, the place where errors appear, the way onto the page.

This module must not know what any lab is about.
"""

from __future__ import annotations

import asyncio
import html
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import ipywidgets

__all__ = ["LabView", "signed", "wide"]

# JupyterLab's own variables follow its theme; the fallbacks are for pages that do not define them. On a narrow page a
# table is scrolled sideways, before its headings are cut.
_STYLE = """<style>
.recsys-lab { color: var(--jp-ui-font-color1, inherit); font-family: var(--jp-ui-font-family, sans-serif);
  font-size: var(--jp-ui-font-size1, 13px); line-height: 1.5; }
.recsys-lab table { border-collapse: collapse; table-layout: fixed; width: 100%; min-width: 720px; margin: 0;
  font-size: inherit; color: inherit; }
.recsys-lab caption { text-align: left; font-weight: bold; padding: 4px 0; color: inherit; }
.recsys-lab th, .recsys-lab td { text-align: left; padding: 3px 8px; overflow: hidden; white-space: nowrap;
  text-overflow: ellipsis; color: inherit; background: transparent; border: 0; }
.recsys-lab thead th { border-bottom: 1px solid var(--jp-border-color1, #888); }
.recsys-lab tbody tr { border-bottom: 1px solid var(--jp-border-color2, #ccc); background: transparent; }
.recsys-lab .rank { width: 2.5em; text-align: right; font-weight: normal;
  color: var(--jp-ui-font-color2, inherit); }
.recsys-lab p { margin: 6px 0; }
.recsys-lab-error { color: var(--jp-error-color1, #b00020); font-weight: bold; white-space: pre-wrap; }
</style>"""

# A lab is two outputs of its cell: the live view, and a static page of how the lab starts. While the view is loaded or
# lives, the page is hidden. A stored view whose kernel is gone says "model not found": then it is hidden instead.
_STILL_STYLE = """<style>
.jp-OutputArea:has(.widget-vbox, .jp-OutputArea-output.lm-Panel:not(.jupyter-widgets))
  > .jp-OutputArea-child:has(.recsys-lab-still) { display: none; }
.jp-OutputArea:has(.recsys-lab-still)
  > .jp-OutputArea-child:has(> .jp-OutputArea-output.lm-Panel.jupyter-widgets) { display: none; }
</style>"""


def wide(width: str) -> dict[str, Any]:
    """Arguments of a control that is so wide (``"200px"``) and has as much room as its description needs."""
    return {"style": {"description_width": "initial"}, "layout": ipywidgets.Layout(width=width)}


def signed(number: float, digits: int = 2) -> str:
    """A number with its sign, and none where nothing is left of it.

    Examples
    --------
    >>> signed(0.5), signed(-0.0214, 3), signed(-0.001)
    ('+0.50', '−0.021', '0.00')
    """
    text = f"{number:+.{digits}f}"
    return text[1:] if float(text) == 0 else text.replace("-", "−")


class LabView:
    """The frame of a lab: title, controls, a body of fixed height, and a foot where errors appear.

    A subclass makes its controls, calls this constructor, connects each control with `on_change`, and draws
    with `set_body`. It writes no ``try``: `on_change` and `on_click` are the places where exceptions of callbacks
    are caught.

    Parameters
    ----------
    title : str
        Name of the lab.
    controls : sequence of ipywidgets.Widget
        Everything that can be operated, each with a description.
    height : int
        Height of the body in pixels; it never changes, so the page does not jump.

    Attributes
    ----------
    widget : ipywidgets.VBox
        The whole lab.
    error : Exception or None
        The exception that is shown at the foot; None while all is well.
    task : asyncio.Task or None
        The latest work in the background.
    is_following : bool
        Whether the controls are being set, see `following`.
    """

    is_following = False

    def __init__(self, title: str, controls: Sequence[ipywidgets.Widget], *, height: int) -> None:
        self.error: Exception | None = None
        self.task: asyncio.Task | None = None
        self._turn = self._n_running = 0
        # JupyterLab sends what a slider says to another thread of the kernel (a subshell) than what a button says.
        self._one_at_a_time = threading.RLock()
        self._body_html = ""
        heading = ipywidgets.HTML(f'{_STYLE}<div class="recsys-lab"><strong>{html.escape(title)}</strong></div>')
        self._body = ipywidgets.HTML(layout=ipywidgets.Layout(width="100%"))
        frame = ipywidgets.Box(
            [self._body],
            layout=ipywidgets.Layout(height=f"{height}px", overflow="auto", width="100%", flex="0 0 auto"),
        )
        self._foot = ipywidgets.HTML()
        self.widget = ipywidgets.VBox([heading, *controls, frame, self._foot])

    def set_body(self, content: str) -> None:
        """Replace the body by `content`, HTML in which every foreign text has been escaped."""
        self._body_html = content
        self._body.value = f'<div class="recsys-lab">{content}</div>'

    def on_change(self, control: ipywidgets.Widget, callback: Callable[[Any], None]) -> None:
        """Call ``callback(new value)`` when `control` has a new value; show its exception at the foot."""
        control.observe(self._guarded(lambda change: callback(change["new"])), names="value")

    def on_click(self, button: ipywidgets.Button, callback: Callable[[], None]) -> None:
        """Call ``callback()`` when `button` is pressed; show its exception at the foot."""
        button.on_click(self._guarded(lambda pressed: callback()))

    def _guarded(self, callback: Callable[[Any], None]) -> Callable[[Any], None]:
        def guarded(event: Any) -> None:
            with self._one_at_a_time:
                if not self._n_running:  # a callback may set controls, whose callbacks must not take its errors away
                    self.show_error(None)
                self._n_running += 1
                try:
                    callback(event)
                except Exception as error:  # whatever it is, a learner must see it
                    self.show_error(error)
                finally:
                    self._n_running -= 1

        return guarded

    @contextmanager
    def following(self) -> Iterator[None]:
        """While controls are set to what the state says: `is_following` is True, and callbacks should do nothing."""
        before, self.is_following = self.is_following, True
        try:
            yield
        finally:
            self.is_following = before

    def show_error(self, error: Exception | None) -> None:
        """Show an exception at the foot, for work that ends outside of a callback; None takes it away."""
        self.error = error
        if error is None:
            self._foot.value = ""
        else:
            text = html.escape(f"{type(error).__name__}: {error}")
            self._foot.value = f'<div class="recsys-lab recsys-lab-error" role="alert">{text}</div>'

    def work(self, step: Callable[[], bool], draw: Callable[[], None]) -> None:
        """Call `step` in the background while it returns True, and `draw` after each call.

        `step` runs in another thread: it should take some 50 ms in code that holds no lock of Python (kernels, NumPy),
        and must touch no widget. `draw` runs on the loop of the caller, and never beside a callback. New work, or
        `end_work`, ends what was going on: the step that is running is finished and not drawn. Where there is no loop
        (a test, a script), all of it is done at once. An exception is shown at the foot and ends the work; what there
        is by then is drawn.
        """
        self._turn += 1
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            try:
                while step():
                    pass
            finally:
                draw()
            return
        self.task = loop.create_task(self._work(step, draw, self._turn))

    async def _work(self, step: Callable[[], bool], draw: Callable[[], None], turn: int) -> None:
        try:
            more = True
            while more and turn == self._turn:
                more = await asyncio.to_thread(step)
                with self._one_at_a_time:
                    if turn == self._turn:
                        draw()
        except Exception as error:  # whatever it is, a learner must see it
            with self._one_at_a_time:
                if turn == self._turn:
                    self.show_error(error)
                    draw()

    def end_work(self) -> None:
        """Let no step and no drawing follow. Called as well when the cell that shows the lab is run again."""
        self._turn += 1

    def show(self, summary: str) -> None:
        """Put the lab onto the page. What the same cell showed before ends its work.

        Where nothing is live (a stored notebook, a page made from one), the present body is shown as a static
        page; outside of a notebook, `summary` is printed.
        """
        from IPython import get_ipython
        from IPython.display import display

        shell = get_ipython()
        _replace(_cell(shell), self)
        if shell is None:
            print(f"[lab] {summary}")
            return
        still = (
            f'{_STYLE}{_STILL_STYLE}<div class="recsys-lab recsys-lab-still">{self._body_html}'
            "<p><em>This is how the lab starts. Run the cell to make it live.</em></p></div>"
        )
        view = "application/vnd.jupyter.widget-view+json"
        display({view: self.widget._repr_mimebundle_()[view]}, raw=True)
        display({"text/html": still, "text/plain": f"[lab] {summary}"}, raw=True)


# By the cell that shows it: a cell that is run again ends the work it had started, and another lab is left alone.
_shown: dict[str, LabView] = {}


def _replace(cell: str, view: LabView) -> None:
    if not cell:  # a script, or a front end that does not name its cells
        return
    if cell in _shown:
        _shown[cell].end_work()
    _shown[cell] = view


def _cell(shell: Any) -> str:
    """The id of the cell that runs now; empty where there is none."""
    parent: Callable[[], dict] | None = getattr(shell, "get_parent", None)
    return str(parent().get("metadata", {}).get("cellId", "")) if parent is not None else ""
