"""What views of labs that train in runs share: train, stop, pin, progress, and the code of a run.

This module must not know what is set or drawn.
"""

from __future__ import annotations

from typing import Any

import ipywidgets

from recsys_lessons.teaching.widgets.base import LabView
from recsys_lessons.teaching.widgets.training_lab import Run, TrainingLab

__all__ = ["RunsView"]


class RunsView(LabView):
    """Widgets for a `TrainingLab`, or a lab derived from it.

    A subclass makes the widgets below before it calls the constructor, and has `settings` and `draw`.

    Attributes
    ----------
    lab : TrainingLab
    buttons : dict of str to ipywidgets.Button
        Among them "stop", "pin", "code".
    progress : ipywidgets.IntProgress
    code : ipywidgets.Textarea
    """

    lab: TrainingLab
    buttons: dict[str, ipywidgets.Button]
    progress: ipywidgets.IntProgress
    code: ipywidgets.Textarea

    def settings(self) -> Any:
        """What the controls say."""
        raise NotImplementedError

    def draw(self) -> None:
        """Show the state as it is now."""
        raise NotImplementedError

    def end_work(self) -> None:
        """Let no epoch follow."""
        super().end_work()
        self.lab.stop()

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

    def _pin(self) -> None:
        self.lab.pin()
        self.draw()

    def _show_code(self) -> None:
        run = self.lab.run
        if run is not None and run.points:
            self.code.value = self.lab.code(run)
            self.code.layout.display = ""

    def _runs(self) -> list[Run]:
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
        if run is not None and run.points and self.code.layout.display == "":
            self.code.value = self.lab.code(run)
