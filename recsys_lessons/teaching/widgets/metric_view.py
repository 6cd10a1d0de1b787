"""The metric lab on the page: a list to reorder, five metrics at once, and their path as one item moves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import ipywidgets
import numpy as np

from recsys_lessons.teaching.plotting.style import BLUE, GRAY, GREEN, ORANGE, PURPLE, VERMILION
from recsys_lessons.teaching.widgets.base import LabView
from recsys_lessons.teaching.widgets.metric_lab import MetricLab, RankedList
from recsys_lessons.teaching.widgets.picture import Picture

__all__ = ["MetricView", "show_metric_lab"]

# One for each metric, in the order of `five_metrics`.
LINES = ((BLUE, "-"), (GREEN, "--"), (ORANGE, "-"), (PURPLE, ":"), (VERMILION, "-"))
_ALT = (
    "Left: the pinned list and the present one, likes filled, with a dashed line at the cut and a line from the old "
    "place of each like to the new one. Right: the five metrics over the places that the chosen film could take, with "
    "dots at the place it has."
)


class MetricView(LabView):
    """Widgets for one `MetricLab`.

    Parameters
    ----------
    lab : MetricLab
        The state; everything shown is asked from it.

    Attributes
    ----------
    films : ipywidgets.Select
        The films in their present order; chooses one.
    at : ipywidgets.BoundedIntText
        Chooses the film by its place.
    place, k : ipywidgets.IntSlider
        Where the chosen film goes, and where metrics cut.
    liked : ipywidgets.ToggleButton
    buttons : dict of str to ipywidgets.Button
        "up", "down", "clear", "pin", "back", "reset".
    """

    def __init__(self, lab: MetricLab) -> None:
        self.lab = lab
        narrow: dict[str, Any] = {"description_width": "initial"}
        self.films = ipywidgets.Select(
            description="Film",
            rows=lab.n_items,
            style=narrow,
            layout=ipywidgets.Layout(width="84px", flex="0 0 auto", flex_flow="column"),
        )
        # JupyterLab keeps arrow keys from the list above, and not from a field of numbers.
        self.at = ipywidgets.BoundedIntText(
            value=1,
            min=1,
            max=lab.n_items,
            description="Film at place",
            style=narrow,
            layout=ipywidgets.Layout(width="145px"),
        )
        self.place = ipywidgets.IntSlider(
            value=1,
            min=1,
            max=lab.n_items,
            description="Move it to place",
            style=narrow,
            layout=ipywidgets.Layout(width="540px"),
        )
        self.k = ipywidgets.IntSlider(
            value=lab.k,
            min=1,
            max=lab.n_items,
            description="Cut after k =",
            style=narrow,
            layout=ipywidgets.Layout(width="255px"),
        )
        self.liked = ipywidgets.ToggleButton(
            description="Liked", tooltip="Whether the chosen film is liked", layout=ipywidgets.Layout(width="auto")
        )
        self.buttons = {
            name: ipywidgets.Button(description=text, tooltip=tip, layout=ipywidgets.Layout(width="auto"))
            for name, text, tip in (
                ("up", "▲ Up", "Move the chosen film one place up"),
                ("down", "▼ Down", "Move the chosen film one place down"),
                ("clear", "No likes", "Let nothing be liked"),
                ("pin", "Pin", "Keep this list to compare the next ones with"),
                ("back", "Back to pin", "Take the pinned list again"),
                ("reset", "Reset", "The list of the beginning, and pin it"),
            )
        }
        self.picture = Picture(2, height=3.3, alt=_ALT)
        rows = ipywidgets.Layout(flex_flow="row wrap")
        sliders = ipywidgets.HBox([self.at, self.place], layout=rows)
        up, down, *others = self.buttons.values()
        actions = ipywidgets.HBox([up, down, self.liked, *others, self.k], layout=rows)
        right = ipywidgets.VBox([sliders, actions, self.picture.widget])
        super().__init__("Reorder a list", [ipywidgets.HBox([self.films, right])], height=215)
        for name, action in (
            ("up", lambda: lab.step(-1)),
            ("down", lambda: lab.step(1)),
            ("clear", lab.clear),
            ("pin", lab.pin),
            ("back", lab.back),
            ("reset", lab.reset),
        ):
            self.on_click(self.buttons[name], lambda action=action: self._do(action))
        for control, set_it in (
            (self.films, lab.choose),
            (self.at, lambda place: lab.choose(lab.now.order[place - 1])),
            (self.place, lab.move),
            (self.liked, lab.like),
            (self.k, lab.cut),
        ):
            self.on_change(control, lambda value, set_it=set_it: self._do(lambda: set_it(value)))
        self.draw()

    def _do(self, action: Callable[[], None]) -> None:
        if not self.is_following:  # a control that follows the state asks for nothing
            action()
            self.draw()

    # --- drawing ------------------------------------------------------------------------------------------------------

    def draw(self) -> None:
        """Show the state as it is now."""
        lab = self.lab
        with self.following():
            self._fill_films()
            self.at.value = self.place.value = lab.place
            self.k.value, self.liked.value = lab.k, lab.chosen in lab.now.liked
        self.buttons["clear"].disabled = not lab.now.liked
        self.buttons["pin"].disabled = self.buttons["back"].disabled = lab.now == lab.pinned
        self.picture.draw(self._draw_panels)
        self.set_body(f"{self._told_html()}{self._verdicts_html()}")

    def _fill_films(self) -> None:
        lab = self.lab
        options = [
            (f"{place}. {lab.labels[item]}{' ♥' if item in lab.now.liked else ''}", item)
            for place, item in enumerate(lab.now.order, 1)
        ]
        with self.films.hold_sync():
            if options != list(self.films.options):
                self.films.options = options
            self.films.value = lab.chosen

    def _draw_panels(self, panels: Sequence[Any]) -> None:
        self._draw_lists(panels[0])
        self._draw_paths(panels[1])

    def _draw_lists(self, axes: Any) -> None:
        lab = self.lab
        for x, (ranked, color) in enumerate(((lab.pinned, GRAY), (lab.now, BLUE))):
            colors = [color if item in ranked.liked else "white" for item in ranked.order]
            edges = ["black" if item == lab.chosen else GRAY for item in ranked.order]
            widths = [2.0 if item == lab.chosen else 0.6 for item in ranked.order]
            axes.scatter(
                np.full(lab.n_items, x), np.arange(1, lab.n_items + 1), s=62, marker="s",
                c=colors, edgecolors=edges, linewidths=widths, zorder=3,
            )  # fmt: skip
            for item in sorted(ranked.liked | {lab.chosen}):
                side, place = 2 * x - 1, _place(ranked, item)
                axes.text(
                    x + 0.13 * side, place, lab.labels[item],
                    fontsize=8, ha="left" if side > 0 else "right", va="center",
                )  # fmt: skip
        ends = [[_place(ranked, item) for ranked in (lab.pinned, lab.now)] for item in sorted(lab.now.liked)]
        if ends:
            axes.plot([0, 1], np.transpose(ends), color=BLUE, linewidth=0.9, alpha=0.6)
        axes.axhline(lab.k + 0.5, color=GRAY, linestyle="--", linewidth=1.2)
        axes.set_xlim(-0.7, 1.7)
        axes.set_ylim(lab.n_items + 0.8, 0.2)
        axes.set_xticks([0, 1], ["pinned", "now"])
        axes.set_yticks([1, *range(5, lab.n_items + 1, 5)])
        axes.set_ylabel("place of the film")
        axes.set_title("likes (filled), and the cut", fontsize=10, fontweight="normal")
        axes.grid(visible=False)

    def _draw_paths(self, axes: Any) -> None:
        lab = self.lab
        at = np.arange(1, lab.n_items + 1)
        for (name, path), (color, style) in zip(lab.paths().items(), LINES, strict=False):
            axes.plot(at, path, color=color, linestyle=style, linewidth=1.5, label=name)
            axes.plot([lab.place], [path[lab.place - 1]], "o", color=color, markersize=5)
        axes.axvline(lab.k + 0.5, color=GRAY, linestyle="--", linewidth=1.2)
        axes.set_xlim(0.5, lab.n_items + 0.5)
        axes.set_ylim(-0.03, 1.42)
        axes.set_xticks([1, *range(5, lab.n_items + 1, 5)])
        axes.set_yticks([0, 0.5, 1])
        axes.set_xlabel("place of the chosen film")
        axes.set_title("if the chosen film stood elsewhere", fontsize=10, fontweight="normal")
        if lab.now.liked:
            axes.legend(fontsize=8, ncols=2, loc="upper left", borderaxespad=0.1)

    # --- the words ----------------------------------------------------------------------------------------------------

    def _told_html(self) -> str:
        lab = self.lab
        lists = (("Pinned", lab.pinned), ("now", lab.now))
        told = "; ".join(f"{name}: likes at {', '.join(map(str, r.places)) or 'no place'}" for name, r in lists)
        if len(lab.now.liked) == lab.n_items:
            told += ". With every film liked there is no pair, and AUC counts as a half"
        return f"<p>{told}. Chosen: <strong>{lab.labels[lab.chosen]}</strong>, place {lab.place}.</p>"

    def _verdicts_html(self) -> str:
        rows = []
        for verdict in self.lab.verdicts():
            cells = [_number(verdict.pinned), _number(verdict.now), _number(verdict.difference, "+")]
            cells = "".join(f"<td>{cell}</td>" for cell in cells)
            rows.append(f'<tr><th scope="row">{verdict.metric}</th>{cells}</tr>')
        head = "".join(f'<th scope="col">{name}</th>' for name in ("metric", "pinned", "now", "difference"))
        return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def _place(ranked: RankedList, item: int) -> int:
    return ranked.order.index(item) + 1


def _number(value: float | None, sign: str = "") -> str:
    if value is None:
        return "–"
    return "0" if sign and abs(value) < 1e-9 else f"{value:{sign}.3f}"


def show_metric_lab(places: Any = (2, 6, 11, 16), **arguments: Any) -> None:
    """Show the lab *reorder a list*. The cell that calls this carries the tag ``nbval-ignore-output``.

    Parameters
    ----------
    places, **arguments
        Those of `MetricLab`.

    Raises
    ------
    ValueError
        As `MetricLab`.
    """
    view = MetricView(MetricLab(places, **arguments))
    view.show("metric lab: reorder a list, and see what five metrics say")
