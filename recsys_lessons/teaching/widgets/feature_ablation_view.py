"""The feature ablation lab on the page: attributes to choose, gains with their intervals, true and dealt, in a table.

Epochs run in another thread, as in the training lab; the picture grows seed by seed.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from typing import Any

import ipywidgets

from recsys_lessons.teaching.plotting.style import BLUE, ORANGE
from recsys_lessons.teaching.widgets.base import LabView, signed, wide
from recsys_lessons.teaching.widgets.feature_ablation import MOST_ROWS, Ablated, FeatureAblation, Gain, Training
from recsys_lessons.teaching.widgets.picture import Picture

__all__ = ["FeatureAblationView", "show_feature_ablation"]

LOSSES = {"WARP": "warp", "BPR": "bpr", "logistic": "logistic", "k-OS WARP": "warp-kos"}
_NAMES = {loss: name for name, loss in LOSSES.items()}
MOST_SEEDS = 10
_ALT = (
    "Two panels, AUC and precision, with a row for each set of attributes: a dot with its 95% interval for the gain "
    "over identities alone with true columns, a diamond for the same columns dealt at random. All numbers are in the "
    "table below."
)


class FeatureAblationView(LabView):
    """Widgets for one `FeatureAblation`.

    Parameters
    ----------
    lab : FeatureAblation
        The state; everything shown is asked from it.

    Attributes
    ----------
    attributes : dict of str to ipywidgets.Checkbox
    loss, dealt, seeds : ipywidgets.Widget
    buttons : dict of str to ipywidgets.Button
        "train", "each", "stop", "back", "reset".
    """

    def __init__(self, lab: FeatureAblation) -> None:
        self.lab = lab
        self.training: Training | None = None
        self.attributes = {
            name: ipywidgets.Checkbox(value=True, description=name, indent=False, **wide("120px"))
            for name in lab.attributes
        }
        self.loss = ipywidgets.Dropdown(options=LOSSES, description="Loss", **wide("170px"))
        self.seeds = ipywidgets.IntSlider(
            value=3, min=1, max=MOST_SEEDS, description="Seeds", continuous_update=False, **wide("260px")
        )
        self.dealt = ipywidgets.Checkbox(
            value=False,
            description="Dealt at random",
            tooltip="Deal the rows of the chosen columns to products at random, anew for each seed",
            indent=False,
            **wide("160px"),
        )
        self._start = {one: one.value for one in (*self.attributes.values(), self.loss, self.seeds, self.dealt)}
        self.buttons = {
            name: ipywidgets.Button(description=text, tooltip=tip, layout=ipywidgets.Layout(width="auto"))
            for name, text, tip in (
                ("train", "Train", "Train with the chosen attributes together"),
                ("each", "Train each alone", "A row for each chosen attribute"),
                ("stop", "Stop", "Finish the epoch that is running, and no more"),
                ("back", "Take back a row", "Forget the latest row"),
                ("reset", "Reset", "Stop, forget all rows, and set the controls as at the start"),
            )
        }
        self.picture = Picture(2, height=3.5, alt=_ALT)
        rows = ipywidgets.Layout(flex_flow="row wrap", align_items="center")
        chosen = ipywidgets.HBox(list(self.attributes.values()), layout=rows)
        settings = ipywidgets.HBox([self.loss, self.seeds, self.dealt], layout=rows)
        actions = ipywidgets.HBox(list(self.buttons.values()), layout=rows)
        super().__init__(
            "What are the attributes worth?",
            [chosen, settings, actions, self.picture.widget],
            height=27 * MOST_ROWS + 130,
        )
        for name, action in (
            ("train", lambda: self._train([self.chosen()])),
            ("each", lambda: self._train([[name] for name in self.chosen()])),
            ("stop", self._stop),
            ("back", self._take_back),
            ("reset", self._reset),
        ):
            self.on_click(self.buttons[name], action)
        for control in self.attributes.values():
            self.on_change(control, lambda value: self._enable())
        self.draw()

    def chosen(self) -> list[str]:
        """The attributes that are ticked."""
        return [name for name, control in self.attributes.items() if control.value]

    # --- what the buttons do ------------------------------------------------------------------------------------------

    def _train(self, sets: Iterable[Iterable[str]]) -> None:
        self.end_work()
        training = self.lab.begin(sets, loss=self.loss.value, dealt=self.dealt.value, seeds=self.seeds.value)
        self.training = training
        self.draw()
        drawn = self._n_measured()

        def draw() -> None:
            nonlocal drawn
            if training.over or self._n_measured() != drawn:
                drawn = self._n_measured()
                self.draw()

        self.work(lambda: self.lab.advance(training), draw)

    def _n_measured(self) -> int:
        return sum(len(row.true) + len(row.dealt) for row in self.lab.rows)

    def _stop(self) -> None:
        self.end_work()
        self.draw()

    def _take_back(self) -> None:
        self.end_work()
        self.lab.take_back()
        self.draw()

    def _reset(self) -> None:
        self.end_work()
        self.lab.reset()
        for control, value in self._start.items():
            control.value = value
        self.draw()

    def end_work(self) -> None:
        """Let no epoch follow."""
        super().end_work()
        self.training = None

    # --- drawing ------------------------------------------------------------------------------------------------------

    def _enable(self) -> None:
        working = self.training is not None and not self.training.over
        self.buttons["train"].disabled = self.buttons["each"].disabled = not self.chosen()
        self.buttons["stop"].disabled = not working
        self.buttons["back"].disabled = self.buttons["reset"].disabled = not self.lab.rows

    def draw(self) -> None:
        """Show the state as it is now."""
        self._enable()
        names = [self._name(row) for row in self.lab.rows]
        self.picture.draw(self._draw_panels, layout=tuple(names))
        self.set_body(self._rows_html())

    def _draw_panels(self, panels: Sequence[Any]) -> None:
        rows = self.lab.rows
        for measure, (axes, title) in enumerate(zip(panels, ("AUC", f"precision@{self.lab.k}"), strict=True)):
            axes.axvline(0, color="#222222", linewidth=1.2)
            least, most = _SPANS[measure]
            for which, (color, marker, shift, told) in _MARKS.items():
                gains = [(place + shift, self.lab.gain(row, which, measure)) for place, row in enumerate(rows)]
                shown = [(place, gain) for place, gain in gains if gain is not None]
                places = [place for place, _ in shown]
                ends = [gain.low for _, gain in shown], [gain.high for _, gain in shown]
                least, most = min([least, *ends[0]]), max([most, *ends[1]])
                axes.hlines(places, *ends, color=color, linewidth=2.5)
                means = [gain.mean for _, gain in shown]
                axes.plot(means, places, marker, color=color, markersize=6, markeredgecolor="white", label=told)
            axes.set_title(f"{title}, less identities alone", fontsize=10, fontweight="normal")
            axes.set_yticks(range(len(rows)), [self._name(row) for row in rows] if measure == 0 else [], fontsize=8)
            axes.set_ylim(max(len(rows), 3) - 0.5, -0.5)
            axes.locator_params(axis="x", nbins=4)
            room = 0.05 * (most - least)
            axes.set_xlim(least - room, most + room)
            axes.grid(axis="y", visible=False)
        panels[0].legend(fontsize=8, loc="upper center", bbox_to_anchor=(0.4, -0.1), ncols=2)

    def _name(self, row: Ablated) -> str:
        """Attributes and loss in few words."""
        left_out = [name for name in self.lab.attributes if name not in row.attributes]
        if not left_out:
            named = "all"
        elif len(left_out) == 1 and len(row.attributes) > 2:
            named = f"all but {left_out[0]}"
        else:
            named = " + ".join(row.attributes)
        return f"{named}, {_NAMES[row.loss]}"

    def _rows_html(self) -> str:
        lines = []
        for row in self.lab.rows:
            gains = [self.lab.gain(row, which, measure) for measure in (0, 1) for which in ("true", "dealt", "said")]
            seeds = "/".join(f"{len(measured)}" for measured in (row.true, row.dealt) if measured)
            cells = "".join(f"<td>{_told(gain)}</td>" for gain in gains)
            name, columns = html.escape(self._name(row)), self.lab.n_columns(row)
            lines.append(f'<tr><th scope="row">{name}</th><td>{columns:,}</td><td>{seeds or "–"}</td>{cells}</tr>')
        empty = '<tr><td colspan="9">Nothing trained yet: choose attributes, and press Train.</td></tr>'
        names = ("true", "dealt", "says")
        head = "".join(f'<th scope="col">{name}</th>' for name in ("columns", "seeds", *names, *names))
        return (
            '<table style="min-width: 800px">'
            "<caption>Gain over identities alone; <em>says</em> is true less dealt. Bold: the 95% interval over "
            "households leaves out 0</caption>"
            '<colgroup><col style="width: 230px"><col style="width: 88px"><col style="width: 60px"></colgroup>'
            f'<thead><tr><td></td><td></td><td></td><th colspan="3" scope="colgroup">AUC</th>'
            f'<th colspan="3" scope="colgroup">precision@{self.lab.k}</th></tr>'
            f'<tr><th scope="col">attributes</th>{head}</tr></thead><tbody>{"".join(lines) or empty}</tbody></table>'
            f"{self._last_html()}"
        )

    def _last_html(self) -> str:
        if not self.lab.rows:
            return ""
        row = self.lab.rows[-1]
        told = []
        for which, name in (("true", "true"), ("dealt", "dealt"), ("said", "true less dealt")):
            gain = self.lab.gain(row, which)
            if gain is not None:
                told.append(
                    f"{name} {signed(gain.mean, 3)} ({signed(gain.low, 3)} to {signed(gain.high, 3)}), "
                    f"above 0 in {gain.ahead} of {gain.n_seeds}"
                )
        name = html.escape(self._name(row))
        return f"<p><strong>AUC, {name}:</strong> {'; '.join(told) or 'training'}.</p>"


_MARKS = {"true": (BLUE, "o", -0.14, "true columns"), "dealt": (ORANGE, "D", 0.14, "dealt at random")}
_SPANS = ((-0.02, 0.03), (-0.01, 0.01))  # at least so much of the axes is shown


def _told(gain: Gain | None) -> str:
    if gain is None:
        return "–"
    return f"<strong>{signed(gain.mean, 3)}</strong>" if gain.told else signed(gain.mean, 3)


def show_feature_ablation(train: Any, test: Any, *arguments: Any, **named: Any) -> None:
    """Show the feature ablation lab. The cell that calls this carries the tag ``nbval-ignore-output``.

    Parameters
    ----------
    train, test, *arguments, **named
        Those of `FeatureAblation`.

    Raises
    ------
    ValueError
        As `FeatureAblation`.
    """
    view = FeatureAblationView(FeatureAblation(train, test, *arguments, **named))
    view.show("feature ablation lab: what attributes are worth, true and dealt at random")
