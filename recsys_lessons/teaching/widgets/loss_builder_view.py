"""The loss builder on the page: the loss as curves and as code, where the pairs are, and what the lists do.

Epochs run in another thread. A loss is compiled in the callback of the button, which takes some 40 ms, see
`LossBuilder.begin`. All widgets are changed from the kernel's own loop.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import ipywidgets
import numpy as np

from recsys_lessons.teaching.plotting.style import BLUE, GRAY, PALETTE, VERMILION
from recsys_lessons.teaching.widgets.base import wide
from recsys_lessons.teaching.widgets.loss_builder import AS_BUILT_IN, BuiltRun, LossBuilder, LossPoint, LossSettings
from recsys_lessons.teaching.widgets.picture import Picture
from recsys_lessons.teaching.widgets.runs_view import RunsView

__all__ = ["LossBuilderView", "show_loss_builder"]

SHAPES = {"logistic": "logistic", "hinge": "hinge", "squared hinge": "squared hinge", "constant step": "constant"}
MARGINS = (0.0, 0.5, 1.0, 2.0)
SEARCHES = {
    "the first drawn": "none",
    "the first within the margin": "margin",
    "within the margin, × log of rank": "rank",
}
NEGATIVES = {"all alike": "catalog", "as often as they have entries": "entries"}

_DIFFERENCES = np.linspace(-3.0, 5.0, 161)
_BINS = np.linspace(-4.0, 12.0, 33)
_MANY_DRAWS = 10
_CURVE_ALT = (
    "Two charts over the difference of two scores: loss (dashed) and strength of the step of the loss that is set; and "
    "how many of some 2,000 pairs of a learned like and an item without an entry stand at each difference now, for "
    "each run. A vertical line marks the margin."
)
_RUNS_ALT = (
    "Three line charts over epochs: precision at k and AUC on validation, and the share of the most liked items on all "
    "lists. The present run is thick, pinned runs are thin."
)


class LossBuilderView(RunsView):
    """Widgets for one `LossBuilder`.

    Parameters
    ----------
    lab : LossBuilder
        The state; everything shown is asked from it.

    Attributes
    ----------
    controls, buttons, progress, left, code
        As in `RunsView`; its buttons and "bpr", "warp".
    """

    settings_class = LossSettings

    def __init__(self, lab: LossBuilder) -> None:
        self._differences: dict[int, np.ndarray] = {}
        self.curves = Picture(2, height=2.3, alt=_CURVE_ALT)
        self.picture = Picture(3, height=2.1, alt=_RUNS_ALT)
        super().__init__(
            lab,
            "Loss builder",
            _controls(),
            presets={
                name: (f"Set as {name.upper()}", f"Set the choices that make {name.upper()}") for name in AS_BUILT_IN
            },
            train="Compile this loss and train a new model with it",
            pictures=[self.curves, self.picture],
            progress_width="240px",
            code_height="300px",
            height=300,
        )
        for name, control in self.controls.items():
            if name != "epochs":
                self.on_change(control, lambda value: self._redraw_loss())
        for name, settings in AS_BUILT_IN.items():
            self.on_click(self.buttons[name], lambda settings=settings: self._set(settings))
        self.draw()

    # --- what the buttons do -----------------------------------------------------------------------------------------

    def _set(self, settings: LossSettings) -> None:
        """Set the controls of the loss; how long to train stays."""
        with self.following():
            for name, value in asdict(settings).items():
                if name != "epochs":
                    self.controls[name].value = value
        self._redraw_loss()

    # --- drawing -----------------------------------------------------------------------------------------------------

    def _redraw_loss(self) -> None:
        """Show the loss that is set."""
        if not self.is_following:
            self._draw_curves()
            self._draw_body()

    def draw(self) -> None:
        """Show the state as it is now."""
        self._draw_run()
        # As they are between two epochs: a control may be moved, and the loss be drawn, while an epoch changes them.
        self._differences = {run.number: run.differences for run in self._runs() if run.differences is not None}
        self._draw_curves()
        self.picture.draw(self._draw_runs, layout=any(run.points for run in self._runs()))
        self._draw_body()

    def _looks(self) -> list[tuple[BuiltRun, str, float]]:
        """Each run with the color and the width of its line."""
        return [
            (run, PALETTE[number % len(PALETTE)], 2.4 if run is self.lab.run else 1.2)
            for number, run in enumerate(self._runs())
        ]

    def _draw_curves(self) -> None:
        names = ("shape", "margin", "search")  # which decide how wide the labels of the strengths are
        self.curves.draw(self._draw_loss, layout=tuple(self.controls[name].value for name in names))

    def _draw_loss(self, panels: Sequence[Any]) -> None:
        settings = self.settings()
        for axes, values in zip(panels, (_DIFFERENCES, _BINS), strict=True):
            axes.set_xlabel("difference of scores")
            axes.set_xlim(values[0], values[-1])
            axes.axvline(settings.margin, color=GRAY, linewidth=1, linestyle=":")
        curve, crowd = panels
        by_draws = settings.search == "rank" and self.lab.max_sampled > 1
        draws = (1, min(_MANY_DRAWS, self.lab.max_sampled)) if by_draws else (1,)
        for n_draws, width in zip(draws, (2.0, 1.0), strict=False):
            strength, loss = self.lab.curve(settings, _DIFFERENCES, n_draws)
            told = f", draw {n_draws}" if by_draws else ""
            curve.plot(_DIFFERENCES, strength, color=BLUE, linewidth=width, label=f"strength{told}")
            if n_draws == 1:
                curve.plot(_DIFFERENCES, loss, color=VERMILION, linestyle="--", linewidth=1.2, label=f"loss{told}")
                at_none = strength[np.searchsorted(_DIFFERENCES, 0.0)]
                curve.set_ylim(-0.12 * strength[0], 2.5 * max(1.0, at_none))
        if settings.search != "none":
            curve.axvspan(settings.margin, _DIFFERENCES[-1], color=GRAY, alpha=0.15, linewidth=0)
            right, top = _DIFFERENCES[-1], curve.get_ylim()[1]
            curve.text(right, top / 4, "not searched ", color=GRAY, fontsize=7, ha="right", va="center")
        curve.set_title("the loss that is set", fontsize=10, fontweight="normal")
        curve.legend(fontsize=7, loc="upper right")
        crowd.set_title("pairs, now", fontsize=10, fontweight="normal")
        crowd.set_yticks([])
        for run, color, width in self._looks():
            if run.number in self._differences:
                kept_in = np.clip(self._differences[run.number], _BINS[0], _BINS[-1])
                counts = np.histogram(kept_in, _BINS)[0]
                crowd.stairs(counts, _BINS, color=color, linewidth=width, label=f"run {run.number}")
        if crowd.patches:
            crowd.legend(fontsize=7, loc="upper left")

    def _draw_runs(self, panels: Sequence[Any]) -> None:
        longest = max([run.settings.epochs for run in self._runs()], default=self.controls["epochs"].value)
        titles = (f"precision@{self.lab.k}", "AUC", f"{len(self.lab.popular)} most liked: share")
        for axes, title in zip(panels, titles, strict=True):
            axes.set_title(title, fontsize=10, fontweight="normal")
            axes.set_xlabel("epoch")
            axes.set_xlim(0, longest + 1)
            axes.xaxis.get_major_locator().set_params(integer=True, nbins=6)
            if not any(run.points for run in self._runs()):
                axes.set_yticks([])
        for run, color, width in self._looks():
            points = list(run.points)  # the thread that trains may add one at any time
            epochs = [point.epoch for point in points]
            mark = {"marker": "o", "markersize": 3} if len(epochs) == 1 else {}
            for axes, name in zip(panels, ("precision", "auc", "top_share"), strict=True):
                values = [getattr(point, name) for point in points]
                axes.plot(epochs, values, color=color, linewidth=width, label=f"run {run.number}", **mark)

    def _draw_body(self) -> None:
        columns = {
            "run": 5,
            "loss": 26,
            "epochs": 9,
            f"precision@{self.lab.k}": 15,
            "AUC": 9,
            "most liked": 13,
            "pairs at rest": 15,
            "": 8,
        }
        text = html.escape(self.settings().code())
        self.set_body(
            f"{self._runs_html(columns, _in_words, _numbers)}"
            f'<p><strong>What is set, as code</strong></p><pre style="margin: 0">{text}</pre>'
        )


def _controls() -> dict[str, ipywidgets.Widget]:
    """One control for each setting, by its name."""
    defaults = LossSettings()
    return {
        "shape": ipywidgets.Dropdown(options=SHAPES, value=defaults.shape, description="Shape", **wide("190px")),
        "margin": ipywidgets.SelectionSlider(
            options=[(f"{margin:g}", margin) for margin in MARGINS],
            value=defaults.margin,
            description="Margin",
            tooltip="The lead that a liked item should have",
            continuous_update=False,
            **wide("220px"),
        ),
        "search": ipywidgets.Dropdown(
            options=SEARCHES, value=defaults.search, description="Negative is", **wide("310px")
        ),
        "negatives": ipywidgets.Dropdown(
            options=NEGATIVES, value=defaults.negatives, description="Drawn", **wide("260px")
        ),
        "epochs": ipywidgets.IntSlider(
            value=defaults.epochs, min=1, max=60, description="Epochs", continuous_update=False, **wide("280px")
        ),
    }


def _in_words(settings: LossSettings) -> str:
    for name, built_in in AS_BUILT_IN.items():
        if {**asdict(settings), "epochs": 0} == {**asdict(built_in), "epochs": 0}:
            return f"as {name.upper()}"
    searched = {"none": "", "margin": ", search", "rank": ", search, × log of rank"}[settings.search]
    drawn = "" if settings.negatives == "catalog" else ", from entries"
    return f"{settings.shape} {settings.margin:g}{searched}{drawn}"


def _numbers(point: LossPoint) -> list[str]:
    return [f"{point.precision:.4f}", f"{point.auc:.3f}", f"{point.top_share:.0%}", f"{point.at_rest:.0%}"]


def show_loss_builder(train: Any, validation: Any, **arguments: Any) -> None:
    """Show the loss builder. The cell that calls this carries the tag ``nbval-ignore-output``.

    Parameters
    ----------
    train, validation, **arguments
        Those of `LossBuilder`.

    Raises
    ------
    ValueError
        As `LossBuilder`.
    """
    view = LossBuilderView(LossBuilder(train, validation, **arguments))
    view.show("loss builder: a loss as curves and as code, and what training makes of it")
