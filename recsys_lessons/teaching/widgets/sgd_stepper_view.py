"""The SGD stepper on the page: vectors that grow, the table they make, and the latest update in pencil numbers."""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence
from typing import Any

import ipywidgets
import numpy as np

from recsys_lessons.teaching.plotting.factorization import draw_ratings, draw_vectors, frame_place
from recsys_lessons.teaching.plotting.style import BLUE
from recsys_lessons.teaching.rating_steps import Update
from recsys_lessons.teaching.widgets.base import LabView, wide
from recsys_lessons.teaching.widgets.picture import Picture
from recsys_lessons.teaching.widgets.sgd_stepper import MOST_STEPS, SgdStepper

__all__ = ["SgdStepperView", "show_sgd_stepper"]

VALUES = {
    "learning_rate": (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5),
    "penalty": (0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5),
    "start": (0, 0.01, 0.03, 0.1, 0.3, 1),
}
LAST_SEED = 9
_SYMBOLS = {
    "user bias": "b<sub>u</sub>",
    "item bias": "b<sub>i</sub>",
    "user vector": "p<sub>u</sub>",
    "item vector": "q<sub>i</sub>",
}
_SLOPES = {
    "user bias": "−e + λ b<sub>u</sub>",
    "item bias": "−e + λ b<sub>i</sub>",
    "user vector": "−e q<sub>i</sub> + λ p<sub>u</sub>",
    "item vector": "−e p<sub>u</sub> + λ q<sub>i</sub>",
}
_ALT = (
    "Left: the vectors of users and items in the plane of two components, pale behind them how they grew. Right: the "
    "table of predicted ratings, the known ones in brackets, redder where they differ; the place of the latest update "
    "is framed blue, unknown places orange."
)


class SgdStepperView(LabView):
    """Widgets for one `SgdStepper`.

    Parameters
    ----------
    stepper : SgdStepper
        The state; everything shown is asked from it.

    Attributes
    ----------
    controls : dict of str to ipywidgets.Widget
        By the names that `SgdStepper.change` knows.
    buttons : dict of str to ipywidgets.Button
        "one", "ten", "epoch", "epochs" (ten), "reset".
    """

    def __init__(self, stepper: SgdStepper) -> None:
        self.stepper = stepper
        self.controls = _controls(stepper)
        self.buttons = {
            name: ipywidgets.Button(description=text, tooltip=tip, layout=ipywidgets.Layout(width="auto"))
            for name, text, tip in (
                ("one", "One update", "Learn from the next rating"),
                ("ten", "Ten", "Ten updates"),
                ("epoch", "An epoch", f"{stepper.n_known} updates, one for each rating"),
                ("epochs", "Ten epochs", f"{10 * stepper.n_known} updates"),
                ("reset", "Reset", "No update; settings as at the start"),
            )
        }
        self.picture = Picture(2, height=3.2, alt=_ALT)
        rows = ipywidgets.Layout(flex_flow="row wrap", align_items="center")
        settings = [control for name, control in self.controls.items() if name != "n_steps"]
        actions = [*self.buttons.values(), self.controls["n_steps"]]
        super().__init__(
            "Update by update",
            [
                ipywidgets.HBox(settings, layout=rows),
                ipywidgets.HBox(actions, layout=rows),
                self.picture.widget,
            ],
            height=270,
        )
        for name, action in (
            ("one", stepper.step),
            ("ten", lambda: stepper.step(10)),
            ("epoch", lambda: stepper.step(stepper.n_known)),
            ("epochs", lambda: stepper.step(10 * stepper.n_known)),
            ("reset", stepper.reset),
        ):
            self.on_click(self.buttons[name], lambda action=action: self._do(action))
        for name, control in self.controls.items():
            self.on_change(control, lambda value, name=name: self._do(lambda: stepper.change(**{name: value})))
        self.draw()

    def _do(self, action: Callable[[], Any]) -> None:
        """Change the state and draw; not while the controls follow the state."""
        if not self.is_following:
            action()
            self.draw()

    # --- drawing ------------------------------------------------------------------------------------------------------

    def draw(self) -> None:
        """Show the state as it is now."""
        stepper = self.stepper
        with self.following():
            for name, control in self.controls.items():
                control.value = getattr(stepper, name)
        for name in ("one", "ten", "epoch", "epochs"):
            self.buttons[name].disabled = stepper.upcoming is None
        # Two decimals at each tick, so that only large numbers make the labels wider.
        self.picture.draw(self._draw_panels, layout=len(f"{stepper.reach:.2f}"))
        self.set_body(f"{self._told_html()}{self._update_html()}")

    def _draw_panels(self, panels: Sequence[Any]) -> None:
        stepper, path = self.stepper, self.stepper.path
        until = slice(stepper.n_steps + 1)
        plane, table = panels
        draw_vectors(plane, path.users[until], path.items[until], stepper.users, stepper.items, stepper.reach)
        for axis in (plane.xaxis, plane.yaxis):
            axis.set_major_formatter("{x:.2f}")
        # White where the prediction is right, red where it is two stars off.
        off = np.nan_to_num(np.minimum(np.abs(stepper.predicted - stepper.ratings) / 2, 1))
        table.imshow(1 - off[:, :, None] * [0.05, 0.45, 0.55], aspect="auto", interpolation="nearest")
        draw_ratings(table, stepper.predicted, stepper.ratings, stepper.users, stepper.items)
        if stepper.latest is not None:
            frame_place(table, stepper.latest.user, stepper.latest.item, BLUE)
        for axes, title in ((plane, "vectors (pale: how they grew)"), (table, "predicted (known) ratings")):
            axes.set_title(title, fontsize=10, fontweight="normal")

    def _told_html(self) -> str:
        stepper = self.stepper
        told = f"<strong>RMSE</strong> on the {stepper.n_known} known ratings: <strong>{stepper.rmse:.3f}</strong>. "
        for blank in stepper.blanks()[:3]:
            place = html.escape(f"{stepper.users[blank.user]}, {stepper.items[blank.item]}")
            parts = (stepper.path.mean, blank.user_bias, blank.item_bias, blank.taste)
            told += (
                f"<br><strong>{place}</strong>: μ + b<sub>u</sub> + b<sub>i</sub> + p<sub>u</sub> · q<sub>i</sub> = "
                f"{_sum(parts)} = <strong>{_number(blank.predicted, 2)}</strong>"
            )
        if stepper.out_of_hand:
            told += "<br><strong>The next update would take the numbers beyond all bounds.</strong>"
        return f"<p>{told}</p>"

    def _update_html(self) -> str:
        stepper = self.stepper
        latest, upcoming = stepper.latest, stepper.upcoming
        shown = latest or upcoming
        if shown is None:
            return ""
        name = f"Update {stepper.n_steps} (blue frame)" if latest else "Next, update 1"
        then = f" Next: {self._rated(upcoming)}." if latest and upcoming else ""
        rows = "".join(
            f'<tr><th scope="row">{symbol}</th><td>{_number(shown.before[key])}</td><td>{_SLOPES[key]}</td>'
            f"<td>{_number(shown.gradient[key])}</td><td>{_number(shown.after[key]) if latest else '?'}</td></tr>"
            for key, symbol in _SYMBOLS.items()
        )
        heads = ("", "before", "gradient", "=", f"after: before − {stepper.learning_rate:g} × gradient")
        widths = ("3em", "18%", "18%", "18%", "")
        head = "".join(
            f'<th scope="col" style="width: {width}">{text}</th>' for text, width in zip(heads, widths, strict=True)
        )
        return (
            f"<p>{name}: {self._rated(shown)}, predicted {_number(shown.predicted)}, so "
            f"<strong>e = {_number(shown.error)}</strong>.{then}</p>"
            f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
        )

    def _rated(self, update: Update) -> str:
        user, item = (
            html.escape(names[at])
            for names, at in ((self.stepper.users, update.user), (self.stepper.items, update.item))
        )
        return f"{user} gave <em>{item}</em> {update.rating:g}"


def _number(value: float | np.ndarray, digits: int = 3) -> str:
    """``0.250``, ``−0.250``, or ``(0.250, −0.250)``."""
    if np.ndim(value):
        return f"({', '.join(_number(float(one), digits) for one in value)})"
    text = f"{value:.{digits}f}"
    return text.lstrip("-") if not text.strip("-0.") else text.replace("-", "−")


def _sum(parts: Sequence[float]) -> str:
    """``3.00 + 0.50 − 0.25``."""
    first, *others = (_number(part, 2) for part in parts)
    return first + "".join(f" − {one[1:]}" if one.startswith("−") else f" + {one}" for one in others)


def _controls(stepper: SgdStepper) -> dict[str, ipywidgets.Widget]:
    def slider(name: str, description: str, tooltip: str, width: str) -> ipywidgets.SelectionSlider:
        value = getattr(stepper, name)
        return ipywidgets.SelectionSlider(
            options=[(f"{one:g}", one) for one in sorted({*VALUES[name], value})],
            value=value,
            description=description,
            tooltip=tooltip,
            **wide(width),
        )

    return {
        "learning_rate": slider("learning_rate", "Learning rate η", "Size of a step", "260px"),
        "penalty": slider("penalty", "Penalty λ", "What large numbers cost", "230px"),
        "start": slider("start", "Start", "Standard deviation of the vectors' first, random numbers", "200px"),
        "seed": ipywidgets.IntSlider(
            value=stepper.seed,
            min=0,
            max=max(LAST_SEED, stepper.seed),
            description="Seed",
            tooltip="Which random numbers",
            **wide("200px"),
        ),
        "n_steps": ipywidgets.IntSlider(
            value=stepper.n_steps,
            min=0,
            max=MOST_STEPS,
            description="Updates",
            tooltip="How many are made, from the first",
            **wide("400px"),
        ),
    }


def show_sgd_stepper(ratings: Any, **arguments: Any) -> None:
    """Show the lab *update by update*. The cell that calls this carries the tag ``nbval-ignore-output``.

    Parameters
    ----------
    ratings, **arguments
        Those of `SgdStepper`.

    Raises
    ------
    ValueError
        As `SgdStepper`.
    """
    view = SgdStepperView(SgdStepper(ratings, **arguments))
    view.show("SGD stepper: learn from one rating after the other, and watch vectors, table and blank")
