"""The WARP stepper on the page: what was drawn, the step in two dimensions, and what each loss would do."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any

import ipywidgets
import numpy as np

from recsys_lessons.teaching.plotting.style import BLUE, GRAY, GREEN, VERMILION
from recsys_lessons.teaching.widgets.base import LabView, wide
from recsys_lessons.teaching.widgets.picture import Picture
from recsys_lessons.teaching.widgets.warp_stepper import WarpStepper

__all__ = ["WarpStepperView", "show_warp_stepper"]

NAMES = {"warp": "WARP", "bpr": "BPR", "logistic": "logistic"}
RATES = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0)
MARKS = {
    "keeps": (GRAY, "o", "keeps the rule"),
    "known": (GREEN, "s", "known, skipped"),
    "breaks": (VERMILION, "D", "breaks the rule"),
    "drawn": (VERMILION, "D", "negative"),
}
_ALT = (
    "Left: the scores of the items drawn, one after the other, with a solid line at the like's score, a dashed one at "
    "the rule, and gray bars that count all items by score. Right: the vectors of user, like and negative in the plane "
    "of the step, with an arrow on each for what the step adds."
)


class WarpStepperView(LabView):
    """Widgets for one `WarpStepper`.

    Parameters
    ----------
    stepper : WarpStepper
        The state; everything shown is asked from it.

    Attributes
    ----------
    controls : dict of str to ipywidgets.Widget
        By the names that `WarpStepper.change` knows.
    buttons : dict of str to ipywidgets.Button
        "draw", "search", "take", "next", "reset".
    """

    def __init__(self, stepper: WarpStepper) -> None:
        self.stepper = stepper
        self.controls = _controls(stepper)
        self.buttons = {
            name: ipywidgets.Button(description=text, tooltip=tip, layout=ipywidgets.Layout(width="auto"))
            for name, text, tip in (
                ("draw", "Draw one", "Draw one film"),
                ("search", "Draw to the end", "Draw until the search is over"),
                ("take", "Take the step", "Move the vectors, then search anew"),
                ("next", "Next search", "Take no step, search anew with other draws"),
                ("reset", "Reset", "The model's own vectors again"),
            )
        }
        self.picture = Picture(2, height=3.3, alt=_ALT)
        rows = ipywidgets.Layout(flex_flow="row wrap")
        settings = ipywidgets.HBox(list(self.controls.values()), layout=rows)
        actions = ipywidgets.HBox(list(self.buttons.values()), layout=rows)
        super().__init__("One search, draw by draw", [settings, actions, self.picture.widget], height=250)
        for name, action in (
            ("draw", stepper.draw),
            ("search", stepper.search),
            ("take", stepper.take),
            ("reset", stepper.reset),
        ):
            self.on_click(self.buttons[name], lambda action=action: self._do(action))
        self.on_click(self.buttons["next"], lambda: self._do(lambda: stepper.change(seed=stepper.seed + 1)))
        for name, control in self.controls.items():
            self.on_change(control, lambda value, name=name: self._do(lambda: stepper.change(**{name: value})))
        self.draw()

    def _do(self, action: Any) -> None:
        action()
        self.draw()

    # --- drawing ------------------------------------------------------------------------------------------------------

    def draw(self) -> None:
        """Show the state as it is now."""
        stepper = self.stepper
        self.buttons["draw"].disabled = self.buttons["search"].disabled = stepper.over
        self.buttons["take"].disabled = stepper.step() is None
        self.controls["max_sampled"].disabled = self.controls["margin"].disabled = stepper.loss != "warp"
        self.picture.draw(self._draw_panels, layout=stepper.loss)
        self.set_body(f"{self._told_html()}{self._losses_html()}{self._odds_html()}")

    def _draw_panels(self, panels: Sequence[Any]) -> None:
        self._draw_scores(panels[0])
        self._draw_plane(panels[1])

    def _draw_scores(self, axes: Any) -> None:
        stepper = self.stepper
        n_places = stepper.max_sampled if stepper.loss == "warp" else max(10, len(stepper.drawn))
        # All items by score, behind: how long a search takes is how much of this lies above the dashed line.
        counts, edges = np.histogram(stepper.scores, bins=40)
        widths = 0.5 + counts / counts.max() * n_places * 0.6
        axes.stairs(widths, edges, baseline=0.5, orientation="horizontal", fill=True, color="#E3E3E3")
        for verdict, (color, marker, name) in MARKS.items():
            chosen = [(place, one.score) for place, one in enumerate(stepper.drawn, 1) if one.verdict == verdict]
            if chosen:
                axes.plot(*zip(*chosen, strict=True), marker, color=color, markersize=6, label=name)
        axes.axhline(stepper.scores[stepper.liked], color=BLUE, linewidth=1.5, label="the like")
        if stepper.loss == "warp":
            axes.axhline(stepper.rule, color=BLUE, linewidth=1.5, linestyle="--", label=f"like − {stepper.margin:g}")
        axes.set_xlim(0.5, n_places + 0.5)
        low, high = edges[0], max(edges[-1], float(stepper.scores[stepper.liked]))
        axes.set_ylim(low, high + 0.35 * (high - low))
        axes.set_title("scores, draw by draw", fontsize=10, fontweight="normal")
        axes.set_xlabel("draw")
        axes.xaxis.get_major_locator().set_params(integer=True, nbins=6)
        axes.legend(loc="upper left", ncols=2, fontsize=8)

    def _draw_plane(self, axes: Any) -> None:
        stepper = self.stepper
        plane, step = stepper.plane(), stepper.step()
        vectors = {
            "user": (stepper.user_vector, BLUE, None if step is None else step.user),
            "like": (stepper.item_vectors[stepper.liked], GREEN, None if step is None else step.liked),
        }
        rival = stepper.latest if stepper.loss != "logistic" else None
        if rival is not None:
            name = "negative" if stepper.found is not None else "drawn"
            vectors[name] = (stepper.item_vectors[rival], VERMILION, None if step is None else step.negative)
        ends = [np.zeros(2)]
        for name, (vector, color, added) in vectors.items():
            x, y = plane @ vector
            axes.plot([0, x], [0, y], color=color, linewidth=1.2, alpha=0.6)
            axes.plot([x], [y], "o", color=color, markersize=5, label=name)
            ends.append(np.array([x, y]))
            if added is not None:
                to = np.array([x, y]) + plane @ added
                axes.annotate("", to, (x, y), arrowprops={"arrowstyle": "->", "color": color, "linewidth": 2.2})
                ends.append(to)
        axes.plot([0], [0], "+", color=GRAY)
        low, high = np.min(ends, axis=0), np.max(ends, axis=0)
        middle, half = (low + high) / 2, 0.6 * max(float(np.max(high - low)), 1e-3)
        axes.set_xlim(middle[0] - half, middle[0] + half)
        axes.set_ylim(middle[1] - half, middle[1] + half)
        axes.set_title("the vectors, and what the step adds", fontsize=10, fontweight="normal")
        axes.set_xlabel("along the user")
        axes.set_ylabel("across")
        axes.legend(loc="best", fontsize=8)

    def _told_html(self) -> str:
        stepper = self.stepper
        liked = f"<strong>{html.escape(stepper.labels[stepper.liked])}</strong>"
        told = f"The like: {liked}, score {stepper.scores[stepper.liked]:.2f}. Steps taken: {stepper.n_steps}. "
        if stepper.loss == "logistic":
            return f"<p>{told}Logistic draws nothing: the like alone is pushed up.</p>"
        if not stepper.drawn:
            return f"<p>{told}Nothing drawn yet.</p>"
        last = stepper.drawn[-1]
        title = html.escape(stepper.labels[last.item])
        verdict = {
            "known": "known to the user, skipped",
            "keeps": "keeps the rule",
            "breaks": "breaks the rule: the search ends",
            "drawn": "the negative, whatever its score",
        }[last.verdict]
        told += f"Draw {len(stepper.drawn)}: <strong>{title}</strong>, score {last.score:.2f}, {verdict}."
        if stepper.over and stepper.found is None:
            told += f" Nothing in {len(stepper.drawn)} draws: no step."
        return f"<p>{told}</p>"

    def _losses_html(self) -> str:
        stepper = self.stepper
        strengths, score = stepper.strengths(), stepper.scores[stepper.liked]
        latest = stepper.drawn[-1].score if stepper.drawn else None
        reasons = {
            "warp": "log of the rank, (items − 1) / draws"
            + (f" = {stepper.rank:,}" if strengths["warp"] is not None else ""),
            "bpr": "1 − σ(like − drawn)" + ("" if latest is None else f" = 1 − σ({_number(score - latest)})"),
            "logistic": f"1 − σ(like) = 1 − σ({_number(score)})",
        }
        rows = []
        for loss, value in strengths.items():
            told = "no step" if value is None else f"{value:.3f}"
            name = f"<strong>{NAMES[loss]}</strong>" if loss == stepper.loss else NAMES[loss]
            rows.append(f'<tr><th scope="row">{name}</th><td>{told}</td><td>{html.escape(reasons[loss])}</td></tr>')
        return (
            "<table><caption>How strong a step each loss takes with the film drawn last</caption>"
            '<thead><tr><th scope="col">loss</th><th scope="col">strength</th><th scope="col">from</th></tr></thead>'
            f"<tbody>{''.join(rows)}</tbody></table>"
        )

    def _odds_html(self) -> str:
        odds = self.stepper.odds()
        told = f"<p>{odds.n_breaking:,} of {self.stepper.n_items:,} films break the rule. Of 2,000 searches, "
        if odds.found == 0:
            return f"{told}none finds one.</p>"
        return (
            f"{told}{odds.found:.0%} find one; then the mean estimated rank is {odds.mean_rank:,.0f} and the "
            f"mean strength {odds.mean_strength:.2f}.</p>"
        )


def _number(value: float) -> str:
    return f"{value:.2f}".replace("-", "−")


def _controls(stepper: WarpStepper) -> dict[str, ipywidgets.Widget]:
    return {
        "loss": ipywidgets.Dropdown(
            options=[(name, loss) for loss, name in NAMES.items()],
            value=stepper.loss,
            description="Loss",
            **wide("180px"),
        ),
        "place": ipywidgets.BoundedIntText(
            value=stepper.place,
            min=0,
            max=len(stepper.likes) - 1,
            description="Which like",
            tooltip="The user's likes, counted from 0",
            **wide("150px"),
        ),
        "max_sampled": ipywidgets.IntSlider(
            value=stepper.max_sampled, min=1, max=100, description="Draws, at most", **wide("330px")
        ),
        "margin": ipywidgets.FloatSlider(
            value=stepper.margin, min=0, max=3, step=0.25, description="Margin", readout_format=".2f", **wide("260px")
        ),
        "learning_rate": ipywidgets.SelectionSlider(
            options=[(f"{rate:g}", rate) for rate in RATES],
            value=stepper.learning_rate,
            description="Learning rate",
            **wide("280px"),
        ),
    }


def show_warp_stepper(model: Any, interactions: Any, user: int, **arguments: Any) -> None:
    """Show the lab *one search, draw by draw*. The cell that calls this carries the tag ``nbval-ignore-output``.

    Parameters
    ----------
    model, interactions, user, **arguments
        Those of `WarpStepper`.

    Raises
    ------
    ValueError
        As `WarpStepper`.
    """
    view = WarpStepperView(WarpStepper(model, interactions, user, **arguments))
    view.show("WARP stepper: draw negatives one by one, and take the step")
