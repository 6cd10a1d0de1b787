"""The training lab on the page: controls, three live curves, runs in a table, recommendations that change.

Epochs run in another thread, over kernels that hold no lock of Python, so controls and Stop stay alive. All widgets
are changed from the kernel's own loop.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any

import ipywidgets

from recsys_lessons.teaching.plotting.style import GRAY, PALETTE
from recsys_lessons.teaching.widgets.base import wide
from recsys_lessons.teaching.widgets.picture import Picture
from recsys_lessons.teaching.widgets.runs_view import RunsView
from recsys_lessons.teaching.widgets.training_lab import Point, Settings, TrainingLab

__all__ = ["TrainingView", "show_training_lab"]

LOSSES = {"logistic": "logistic", "BPR": "bpr", "WARP": "warp", "k-OS WARP": "warp-kos"}
SCHEDULES = {"Adagrad": "adagrad", "Adadelta": "adadelta"}
LEARNING_RATES = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0)
PENALTIES = (0.0, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1.0, 10.0)

_ALT = (
    "Three line charts over epochs: the mean loss; precision at k; AUC. In the last two, solid lines are validation, "
    "dashed lines are train. The present run is thick, pinned runs are thin."
)


class TrainingView(RunsView):
    """Widgets for one `TrainingLab`.

    Parameters
    ----------
    lab : TrainingLab
        The state; everything shown is asked from it.

    Attributes
    ----------
    controls, buttons, progress, left, code
        As in `RunsView`.
    user : ipywidgets.BoundedIntText
        Whose recommendations are shown.
    """

    settings_class = Settings

    def __init__(self, lab: TrainingLab) -> None:
        self.user = ipywidgets.BoundedIntText(
            value=0, min=0, max=lab.train.shape[0] - 1, description="User number", **wide("200px")
        )
        self.picture = Picture(3, height=2.6, alt=_ALT)
        super().__init__(
            lab,
            "Training lab",
            _controls(lab.item_features is not None),
            beside=[self.user],
            train="Train a new model with these settings",
            pictures=[self.picture],
            progress_width="320px",
            code_height="210px",
            height=280,
        )
        self.on_change(self.user, lambda user: self._draw_tables())
        self.draw()

    # --- drawing -----------------------------------------------------------------------------------------------------

    def draw(self) -> None:
        """Show the state as it is now."""
        self._draw_run()
        self.picture.draw(self._draw_curves, layout=any(run.points for run in self._runs()))
        self._draw_tables()

    def _draw_curves(self, panels: Sequence[Any]) -> None:
        for axes, title in zip(panels, ("loss", f"precision@{self.lab.k}", "AUC"), strict=True):
            axes.set_title(title, fontsize=10, fontweight="normal")
            axes.set_xlabel("epoch")
            # The place of each epoch is known from the start, so that curves grow to the right and nothing else moves.
            axes.set_xlim(0, max([run.settings.epochs for run in self._runs()], default=self.settings().epochs) + 1)
            axes.xaxis.get_major_locator().set_params(integer=True, nbins=6)
            if not any(run.points for run in self._runs()):
                axes.set_yticks([])
        for number, run in enumerate(self._runs()):
            color, width = PALETTE[number % len(PALETTE)], 2.4 if run is self.lab.run else 1.2
            points = list(run.points)  # the thread that trains may add one at any time
            epochs = [point.epoch for point in points]
            mark = {"marker": "o", "markersize": 3} if len(epochs) == 1 else {}
            panels[0].plot(epochs, [point.loss for point in points], color=color, linewidth=width, **mark)
            for axes, name in ((panels[1], "precision"), (panels[2], "auc")):
                on_train, held_out = (
                    zip(*(getattr(point, name) for point in points), strict=True) if epochs else ((), ())
                )
                axes.plot(epochs, held_out, color=color, linewidth=width, label=f"run {run.number}", **mark)
                axes.plot(epochs, on_train, color=color, linewidth=width * 0.7, linestyle="--", **mark)
        if self._runs():
            panels[1].plot([], [], color=GRAY, label="validation")
            panels[1].plot([], [], color=GRAY, linestyle="--", label="train")
            panels[1].legend(fontsize=7, loc="center right")

    def _draw_tables(self) -> None:
        columns = {
            "run": 5,
            "settings": 32,
            "epochs": 8,
            "loss": 8,
            f"precision@{self.lab.k}": 13,
            "AUC": 9,
            "items on all lists": 17,
            "": 8,
        }
        runs = self._runs_html(columns, lambda settings: settings.differences(Settings()) or "defaults", _numbers)
        self.set_body(f"{runs}{self._list_html()}")

    def _list_html(self) -> str:
        titles = self.lab.recommendations(self.user.value)
        told = "; ".join(html.escape(title) for title in titles) or "nothing is trained yet"
        return f"<p><strong>For user {self.user.value}:</strong> {told}</p>"


def _controls(has_features: bool) -> dict[str, ipywidgets.Widget]:
    """One control for each setting, by its name."""
    defaults = Settings()
    penalties = [("none" if value == 0 else f"{value:g}", value) for value in PENALTIES]
    slider = {"continuous_update": False, **wide("320px")}
    return {
        "loss": ipywidgets.Dropdown(options=LOSSES, value=defaults.loss, description="Loss", **wide("200px")),
        "no_components": ipywidgets.IntSlider(
            value=defaults.no_components, min=2, max=64, description="Components", **slider
        ),
        "learning_schedule": ipywidgets.Dropdown(
            options=SCHEDULES, value=defaults.learning_schedule, description="Schedule", **wide("200px")
        ),
        "learning_rate": ipywidgets.SelectionSlider(
            options=[(f"{value:g}", value) for value in LEARNING_RATES],
            value=defaults.learning_rate,
            description="Learning rate",
            tooltip="For Adagrad; Adadelta has none",
            **slider,
        ),
        "penalty": ipywidgets.SelectionSlider(
            options=penalties, value=defaults.penalty, description="Penalty", **slider
        ),
        "max_sampled": ipywidgets.IntSlider(
            value=defaults.max_sampled,
            min=1,
            max=100,
            description="Draws of a search, at most",
            tooltip="For WARP and k-OS WARP",
            continuous_update=False,
            **wide("420px"),
        ),
        "epochs": ipywidgets.IntSlider(value=defaults.epochs, min=1, max=60, description="Epochs", **slider),
        "features": ipywidgets.Checkbox(
            value=False, disabled=not has_features, indent=False, description="Item features", **wide("160px")
        ),
    }


def _numbers(point: Point) -> list[str]:
    loss = f"{point.loss:.3f}" if point.loss < 1e5 else f"{point.loss:.1e}"
    return [loss, f"{point.precision[1]:.4f}", f"{point.auc[1]:.3f}", f"{point.n_listed:,}"]


def show_training_lab(train: Any, validation: Any, **arguments: Any) -> None:
    """Show the training lab. The cell that calls this carries the tag ``nbval-ignore-output``.

    Parameters
    ----------
    train, validation, **arguments
        Those of `TrainingLab`.

    Raises
    ------
    ValueError
        As `TrainingLab`.
    """
    view = TrainingView(TrainingLab(train, validation, **arguments))
    view.show("training lab: loss, precision and AUC of each epoch")
