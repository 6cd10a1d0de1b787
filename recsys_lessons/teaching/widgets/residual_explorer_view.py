"""The residual explorer on the page: errors by group for all models, one of them shifted and stretched by hand."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any

import ipywidgets
import numpy as np

from recsys_lessons.teaching.plotting.style import GRAY, PALETTE
from recsys_lessons.teaching.widgets.base import LabView, wide
from recsys_lessons.teaching.widgets.picture import Picture
from recsys_lessons.teaching.widgets.residual_explorer import (
    AS_THEY_ARE,
    GROUPINGS,
    Adjustment,
    Errors,
    ResidualExplorer,
)

__all__ = ["ResidualExplorerView", "show_residual_explorer"]

_ALT = (
    "Two line charts by group of ratings: left the mean of predicted less given stars, right the RMSE, a line for each "
    "model. The chosen model is thick, as adjusted, with dots that grow with the number of ratings, and dotted as it "
    "was. What all ratings together say is in the table."
)


class ResidualExplorerView(LabView):
    """Widgets for one `ResidualExplorer`.

    Parameters
    ----------
    lab : ResidualExplorer
        The state; everything shown is asked from it.
    name : str, optional
        The model to begin with; the first by default.

    Attributes
    ----------
    controls : dict of str to ipywidgets.Widget
        "name", "by", "split", "shift", "stretch".
    reset : ipywidgets.Button

    Raises
    ------
    ValueError
        If there is no such model.
    """

    def __init__(self, lab: ResidualExplorer, *, name: str | None = None) -> None:
        self.lab = lab
        name = lab.names[0] if name is None else name
        lab.adjusted(name, 0)  # it names what is wrong
        self.controls = {
            "name": ipywidgets.Dropdown(options=lab.names, value=name, description="Model", **wide("210px")),
            "by": ipywidgets.Dropdown(options=GROUPINGS, description="Grouped by", **wide("250px")),
            "split": ipywidgets.IntSlider(
                min=0, max=max(1, lab.n_splits - 1), disabled=lab.n_splits == 1, description="Split", **wide("200px")
            ),
            "shift": _slider(0, -0.5, 0.5, "Shift by … stars"),
            "stretch": _slider(1, 0.5, 2, "Stretch around the mean, ×", "420px"),
        }
        self._start = {of: control.value for of, control in self.controls.items()}
        self.reset = ipywidgets.Button(
            description="Reset", tooltip="As at the start", layout=ipywidgets.Layout(width="auto")
        )
        self.picture = Picture(2, height=2.8, alt=_ALT)
        row = ipywidgets.Layout(flex_flow="row wrap")
        controls = ipywidgets.HBox([*self.controls.values(), self.reset], layout=row)
        super().__init__("Where do they err?", [controls, self.picture.widget], height=27 * len(lab.names) + 150)
        for control in self.controls.values():
            self.on_change(control, lambda value: self.draw())
        self.on_click(self.reset, self._reset)
        self.draw()

    def _reset(self) -> None:
        for of, value in self._start.items():
            self.controls[of].value = value

    def adjustment(self) -> Adjustment:
        """What the sliders say, to two decimals."""
        return Adjustment(round(self.controls["shift"].value, 2), round(self.controls["stretch"].value, 2))

    # --- drawing ------------------------------------------------------------------------------------------------------

    def draw(self) -> None:
        """Show what the controls say."""
        self.picture.draw(self._draw_panels)
        self.set_body(self._errors_html())

    def _draw_panels(self, panels: Sequence[Any]) -> None:
        lab, how = self.lab, self.adjustment()
        name, by, split = (self.controls[of].value for of in ("name", "by", "split"))
        grouped = {of: lab.by_group(of, by, split) for of in lab.names}
        chosen = lab.by_group(name, by, split, how)
        labels = lab.groups(by)
        there = np.flatnonzero(chosen.counts + sum(of.counts for of in grouped.values()))
        places = np.arange(len(there))
        areas = 4 + 90 * chosen.counts[there] / chosen.counts.max()
        for which, axes in enumerate(panels, 1):  # means, sizes
            for number, (of, values) in enumerate(grouped.items()):
                color = PALETTE[number % len(PALETTE)]
                is_chosen = of == name
                if not is_chosen or how != AS_THEY_ARE:
                    style = ":" if is_chosen else "-"
                    axes.plot(places, values[which][there], style, color=color, linewidth=1.2)
                if is_chosen:
                    axes.plot(places, chosen[which][there], color=color, linewidth=2.4)
                    axes.scatter(places, chosen[which][there], areas, color=color, edgecolors="white", zorder=3)
            axes.yaxis.set_major_formatter("{x:.2f}")  # always as wide
            axes.set_xticks(places, [labels[number] for number in there])
            axes.set_xlabel(by if by.startswith("stars") else f"{by} in train, from", fontsize=9)
        panels[0].axhline(0, color=GRAY, linewidth=1.2, linestyle="--")
        panels[0].set_title("mean of predicted less given (stars)", fontsize=10, fontweight="normal")
        # Not from 0: the models lie close to each other.
        lowest = min(float(np.nanmin(values.sizes[there])) for values in (chosen, *grouped.values()))
        panels[1].set_ylim(bottom=max(0.0, lowest - 0.1))
        panels[1].set_title("RMSE (stars)", fontsize=10, fontweight="normal")

    def _errors_html(self) -> str:
        lab, how = self.lab, self.adjustment()
        name, split = self.controls["name"].value, self.controls["split"].value
        lines = []
        for number, of in enumerate(lab.names):
            square = f'<span aria-hidden="true" style="color: {PALETTE[number % len(PALETTE)]}">&#9632;</span>'
            lines.append((f"{square} {html.escape(of)}", _cells(lab.errors(of, split)), False))
        adjusted = f"{html.escape(name)}, adjusted" if how != AS_THEY_ARE else f"{html.escape(name)}, as it is"
        lines.append((adjusted, _cells(lab.errors(name, split, how)), True))
        counts = [f"{count} of {lab.n_splits}" for count in lab.better_on(name, how)]
        lines.append(("better than as it is, on splits", counts if how != AS_THEY_ARE else ["–"] * 4, False))
        rows = []
        for told, cells, is_chosen in lines:
            weight = "bold" if is_chosen else "normal"
            tds = "".join(f"<td>{cell}</td>" for cell in cells)
            rows.append(
                f'<tr style="font-weight: {weight}"><th scope="row" style="font-weight: {weight}">{told}</th>{tds}</tr>'
            )
        names = ("RMSE", "MAE", "within half a star", "too high by")
        head = "".join(f'<th scope="col">{one}</th>' for one in ("model", *names))
        return (
            f"<table><caption>All test ratings of split {split}, in stars</caption>"
            '<colgroup><col style="width: 220px"></colgroup>'
            f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
        )


def _cells(errors: Errors) -> list[str]:
    mean = f"{errors.mean:+.3f}"
    mean = "0.000" if mean[1:] == "0.000" else mean.replace("-", "−")
    return [f"{errors.rmse:.4f}", f"{errors.mae:.4f}", f"{errors.within:.1%}", mean]


def _slider(value: float, low: float, high: float, description: str, width: str = "360px") -> ipywidgets.FloatSlider:
    return ipywidgets.FloatSlider(
        value=value,
        min=low,
        max=high,
        step=0.05,
        readout_format="+.2f" if low < 0 else ".2f",
        description=description,
        **wide(width),
    )


def show_residual_explorer(predictions: Any, splits: Any, *, name: str | None = None) -> None:
    """Show the residual explorer. The cell that calls this carries the tag ``nbval-ignore-output``.

    Parameters
    ----------
    predictions, splits
        Those of `ResidualExplorer`.
    name : str, optional
        The model to begin with, as for `ResidualExplorerView`.

    Raises
    ------
    ValueError
        As `ResidualExplorer` and `ResidualExplorerView`.
    """
    view = ResidualExplorerView(ResidualExplorer(predictions, splits), name=name)
    view.show("residual explorer: where predictions err, by group, shifted and stretched by hand")
