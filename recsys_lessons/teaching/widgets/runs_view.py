"""What views of labs that train in runs share: their buttons, progress, the table of runs, and the code of a run.

This module must not know what is set or drawn.
"""

from __future__ import annotations

import html
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from types import MappingProxyType
from typing import Any

import ipywidgets

from recsys_lessons.teaching.widgets.base import LabView, wide
from recsys_lessons.teaching.widgets.picture import Picture
from recsys_lessons.teaching.widgets.training_lab import Run, TrainingLab

__all__ = ["RunsView"]


class RunsView(LabView, ABC):
    """Widgets for a `TrainingLab`, or a lab derived from it.

    A subclass says what class its settings are of, has `draw`, and calls that at the end of its constructor.

    Parameters
    ----------
    lab : TrainingLab
        The state; everything shown is asked from it.
    title : str
        As for `LabView`.
    controls : dict of str to ipywidgets.Widget
        By the names of the settings.
    beside : sequence of ipywidgets.Widget
        More that stands beside the controls.
    presets : mapping of str to (str, str)
        Buttons before those that all have: by their name, the text and the tooltip. A subclass connects them.
    train : str
        The tooltip of the button that trains.
    pictures : sequence of Picture
    progress_width, code_height : str
    height : int
        As for `LabView`.

    Attributes
    ----------
    lab, controls
        As they were given.
    buttons : dict of str to ipywidgets.Button
        The presets, "train", "stop", "reset", "pin", "code".
    progress : ipywidgets.IntProgress
    left : ipywidgets.Label
        What the present run does.
    code : ipywidgets.Textarea
    """

    settings_class: type
    """The class of the settings; without arguments, the defaults."""

    def __init__(
        self,
        lab: TrainingLab,
        title: str,
        controls: dict[str, ipywidgets.Widget],
        *,
        beside: Sequence[ipywidgets.Widget] = (),
        presets: Mapping[str, tuple[str, str]] = MappingProxyType({}),
        train: str,
        pictures: Sequence[Picture],
        progress_width: str,
        code_height: str,
        height: int,
    ) -> None:
        self.lab: Any = lab
        self.controls = controls
        actions = {
            "train": ("Train", train, self._train),
            "stop": ("Stop", "Finish the epoch that is running, and no more", self._stop),
            "reset": ("Reset", "Stop, forget all runs, and set the defaults again", self._reset),
            "pin": ("Pin this run", "Keep this run to compare the next ones with", self._pin),
            "code": ("Copy as code", "Show the lines that repeat this run", self._show_code),
        }
        texts = {**presets, **{name: (text, tip) for name, (text, tip, _) in actions.items()}}
        self.buttons = {
            name: ipywidgets.Button(description=text, tooltip=tip, layout=ipywidgets.Layout(width="auto"))
            for name, (text, tip) in texts.items()
        }
        self.progress = ipywidgets.IntProgress(min=0, max=1, value=0, description="Epochs", **wide(progress_width))
        self.left = ipywidgets.Label()
        self.code = ipywidgets.Textarea(
            description="Code",
            tooltip="Select all, copy",
            layout=ipywidgets.Layout(width="100%", height=code_height, display="none"),
        )
        rows = ipywidgets.Layout(flex_flow="row wrap")
        settings = ipywidgets.HBox([*controls.values(), *beside], layout=rows)
        line = ipywidgets.HBox([*self.buttons.values(), self.progress, self.left], layout=rows)
        super().__init__(title, [settings, line, *(picture.widget for picture in pictures), self.code], height=height)
        for name, (_, _, action) in actions.items():
            self.on_click(self.buttons[name], action)

    def settings(self) -> Any:
        """What the controls say."""
        return self.settings_class(**{name: control.value for name, control in self.controls.items()})

    @abstractmethod
    def draw(self) -> None:
        """Show the state as it is now."""

    def end_work(self) -> None:
        """Let no epoch follow."""
        super().end_work()
        self.lab.stop()

    # --- what the buttons do -----------------------------------------------------------------------------------------

    def _train(self) -> None:
        run = self.lab.begin(self.settings())
        self.code.layout.display = "none"
        self.draw()

        def one_epoch() -> bool:
            self.lab.advance(run)
            return not run.done

        self.work(one_epoch, self.draw)

    def _stop(self) -> None:
        self.lab.stop()
        self.draw()

    def _reset(self) -> None:
        self.end_work()
        self.lab.reset()
        self.code.layout.display = "none"
        with self.following():
            for name, value in asdict(self.settings_class()).items():
                self.controls[name].value = value
        self.draw()

    def _pin(self) -> None:
        self.lab.pin()
        self.draw()

    def _show_code(self) -> None:
        run = self.lab.run
        if run is not None and run.points:
            self.code.value = self.lab.code(run)
            self.code.layout.display = ""

    # --- drawing -----------------------------------------------------------------------------------------------------

    def _runs(self) -> list[Any]:
        """Pinned runs and the present one, each once."""
        runs = list(self.lab.pinned)
        if self.lab.run is not None and self.lab.run not in runs:
            runs.append(self.lab.run)
        return runs

    def _draw_run(self) -> None:
        """What can be pressed, how far the present run is, and its code if that is shown."""
        run = self.lab.run
        self.buttons["stop"].disabled = run is None or run.done
        self.buttons["pin"].disabled = run is None or not run.points or run in self.lab.pinned
        self.buttons["code"].disabled = run is None or not run.points
        self.progress.max = 1 if run is None else run.settings.epochs
        self.progress.value = 0 if run is None else len(run.points)
        self.left.value = _told(run)
        if run is not None and run.points and self.code.layout.display == "":
            self.code.value = self.lab.code(run)

    def _runs_html(
        self, columns: Mapping[str, int], set_so: Callable[[Any], str], numbers: Callable[[Any], list[str]]
    ) -> str:
        """The table of runs.

        `columns` are headings with widths in percent: of the run, of what was set, of epochs, of each number, and of
        whether it is pinned. `set_so` puts settings into words, `numbers` a point.
        """
        rows = []
        for run in self._runs():
            points = list(run.points)  # the thread that trains may add one at any time
            measured = numbers(points[-1]) if points else ["–"] * (len(columns) - 4)
            pinned = "pinned" if run in self.lab.pinned else ""
            settings = html.escape(set_so(run.settings))
            cells = "".join(f"<td>{html.escape(cell)}</td>" for cell in (f"{len(points)}", *measured, pinned))
            rows.append(f'<tr><td>{run.number}</td><td title="{settings}">{settings}</td>{cells}</tr>')
        head = "".join(
            f'<th scope="col" style="width: {width}%">{html.escape(name)}</th>' for name, width in columns.items()
        )
        empty = f'<tr><td colspan="{len(columns)}">No run yet: press Train.</td></tr>'
        return (
            '<table style="min-width: 900px"><caption>Runs, measured on validation</caption>'
            f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows) or empty}</tbody></table>"
        )


def _told(run: Run | None) -> str:
    if run is None:
        return "nothing trained yet"
    if run.stopped:
        return f"stopped after {len(run.points)} of {run.settings.epochs} epochs"
    if run.done:
        return f"done: {run.settings.epochs} epochs"
    return f"about {run.seconds_left:.0f} s left" if run.points else "starting"
