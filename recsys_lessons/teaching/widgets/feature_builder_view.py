"""The feature builder on the page: genres to toggle and weigh, the place by each model, and the sum behind it."""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence
from typing import Any

import ipywidgets

from recsys_lessons.teaching.plotting.style import GRAY, ORANGE
from recsys_lessons.teaching.widgets.base import LabView, signed, wide
from recsys_lessons.teaching.widgets.feature_builder import FeatureBuilder
from recsys_lessons.teaching.widgets.picture import Picture

__all__ = ["FeatureBuilderView", "show_feature_builder"]

WEIGHTS = (0.1, 0.25, 0.5, 1, 2, 3, 5, 10)
_NONE = "–"
_ALT = (
    "Bars: the new film's place among all films for the median user, by each model; short is good. A gray diamond "
    "marks the place before the last change."
)


class FeatureBuilderView(LabView):
    """Widgets for one `FeatureBuilder`.

    Parameters
    ----------
    builder : FeatureBuilder
        The state; everything shown is asked from it.

    Attributes
    ----------
    genres : dict of str to ipywidgets.ToggleButton
    genre : ipywidgets.Dropdown
        Whose weight the slider shows; the genre toggled last.
    weight : ipywidgets.SelectionSlider
    identity, normalize : ipywidgets.Checkbox
    reset : ipywidgets.Button
    """

    def __init__(self, builder: FeatureBuilder) -> None:
        self.builder = builder
        self.genres = {
            genre: ipywidgets.ToggleButton(description=genre, layout=ipywidgets.Layout(width="auto", height="28px"))
            for genre in builder.genres
        }
        self.genre = ipywidgets.Dropdown(
            options=[_NONE], description="Genre", tooltip="Whose weight the slider shows", **wide("210px")
        )
        own = {*WEIGHTS, *builder.weights.values()}
        self.weight = ipywidgets.SelectionSlider(
            options=[(f"{weight:g}", weight) for weight in sorted(own)],
            value=1,
            description="Its weight",
            tooltip="Before the row is normalized",
            **wide("300px"),
        )
        self.identity = ipywidgets.Checkbox(
            description="Identity",
            tooltip="The film's own column: in no training, so with an embedding as drawn and no bias",
            indent=False,
            **wide("100px"),
        )
        self.normalize = ipywidgets.Checkbox(
            description="Normalize the row", tooltip="Make its sum 1", indent=False, **wide("160px")
        )
        self.reset = ipywidgets.Button(
            description="Reset", tooltip="The row of the start", layout=ipywidgets.Layout(width="auto")
        )
        rows = ipywidgets.Layout(flex_flow="row wrap", align_items="center")
        settings = [self.genre, self.weight, self.identity, self.normalize, self.reset]
        n_models = len(builder.placed())
        self.picture = Picture(1, height=1.0 + 0.32 * n_models, alt=_ALT)
        super().__init__(
            "A film that comes out tomorrow",
            [
                ipywidgets.HBox(list(self.genres.values()), layout=rows),
                ipywidgets.HBox(settings, layout=rows),
                self.picture.widget,
            ],
            height=360,
        )
        for genre, button in self.genres.items():
            self.on_change(button, lambda on, genre=genre: self._do(lambda: self._toggle(genre, on)))
        self.on_change(self.genre, lambda genre: self._do(lambda: None))
        self.on_change(self.weight, lambda weight: self._do(lambda: builder.weigh(self.genre.value, weight)))
        self.on_change(self.identity, lambda on: self._do(lambda: builder.change(identity=on)))
        self.on_change(self.normalize, lambda on: self._do(lambda: builder.change(normalize=on)))
        self.on_click(self.reset, lambda: self._do(builder.reset))
        self.draw()

    # --- what the controls do -----------------------------------------------------------------------------------------

    def _do(self, action: Callable[[], Any]) -> None:
        """Change the state and draw; not while the controls follow the state."""
        if not self.is_following:
            action()
            self.draw()

    def _toggle(self, genre: str, on: bool) -> None:
        self.builder.weigh(genre, 1.0 if on else 0.0)
        if on:
            self._follow(genre)

    def _follow(self, genre: str) -> None:
        """Let the controls show the state, and the slider the weight of `genre` if the film has it."""
        weights = self.builder.weights
        shown = genre if genre in weights else next(iter(weights), _NONE)
        with self.following():
            for name, button in self.genres.items():
                button.value = name in weights
                button.button_style = "primary" if name in weights else ""
            if self.genre.options != (tuple(weights) or (_NONE,)):
                self.genre.options = tuple(weights) or (_NONE,)
            self.genre.value = shown
            self.weight.value = weights.get(shown, 1)
            self.genre.disabled = self.weight.disabled = not weights
            self.identity.value, self.normalize.value = self.builder.identity, self.builder.normalize

    # --- drawing ------------------------------------------------------------------------------------------------------

    def draw(self) -> None:
        """Show the state as it is now."""
        self._follow(self.genre.value)
        self.picture.draw(self._draw_places)
        self.set_body(f"{self._row_html()}{self._sum_html()}")

    def _draw_places(self, panels: Sequence[Any]) -> None:
        (axes,) = panels
        builder, placed = self.builder, self.builder.placed()
        axes.barh(range(len(placed)), [one.place for one in placed.values()], color=ORANGE, height=0.55)
        moved = [(builder.before[name], at) for at, name in enumerate(placed) if name in builder.before]
        if moved:
            axes.plot(*zip(*moved, strict=True), "D", color=GRAY, markersize=6, label="before the last change")
            axes.legend(loc="upper center", bbox_to_anchor=(0.85, 1.25), fontsize=8)
        for at, one in enumerate(placed.values()):
            beyond = max(one.place, builder.before.get(list(placed)[at], 0))
            axes.annotate(f"{one.place:,}", (beyond, at), xytext=(8, 0), textcoords="offset points", va="center")
        axes.set_yticks(range(len(placed)), list(placed))
        axes.set_ylim(len(placed) - 0.4, -0.6)
        axes.set_xlim(0, 1.12 * builder.n_films)
        axes.axvline(builder.n_films, color=GRAY, linewidth=1, linestyle=":")
        axes.grid(axis="y", visible=False)
        axes.set_title(
            f"place among {builder.n_films:,} films for the median user, 1 is best", fontsize=10, fontweight="normal"
        )

    def _row_html(self) -> str:
        row = self.builder.built()
        told = ", ".join(f"{html.escape(name)} {weight:.3g}" for name, weight in row.weights.items()) or "empty"
        n_columns = row.matrix.shape[1]
        zeros = n_columns - row.matrix.nnz
        refused = " <strong>Dataset refuses to normalize an empty row.</strong>" if row.refused else ""
        return f"<p><strong>The row:</strong> {told}; {zeros} of {n_columns} columns are 0.{refused}</p>"

    def _sum_html(self) -> str:
        placed = self.builder.placed().values()
        given = {"identity": 1.0} | self.builder.weights
        rows = []
        for name, weight in self.builder.built().weights.items():
            cells = [f"{given[name]:g}", f"{weight:.3g}", *(signed(one.added[name]) for one in placed)]
            rows.append(_row(name, cells))
        blank = ["", ""]
        rows.append(_row("sum", [*blank, *(signed(one.score) for one in placed)], strong=True))
        rows.append(_row("of this, biases", [*blank, *(signed(one.bias) for one in placed)]))
        rows.append(_row("length of the vector", [*blank, *(f"{one.length:.2f}" for one in placed)]))
        names = ("column", "weight", "in row", *self.builder.placed())
        head = "".join(f'<th scope="col">{html.escape(name)}</th>' for name in names)
        return (
            "<table><caption>What each column adds to the mean user's score (places: the median user's)</caption>"
            '<colgroup><col style="width: 170px"></colgroup>'
            f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
        )


def _row(name: str, cells: Sequence[str], *, strong: bool = False) -> str:
    style = "" if strong else ' style="font-weight: normal"'
    inside = "".join(f"<td><strong>{cell}</strong></td>" if strong and cell else f"<td>{cell}</td>" for cell in cells)
    return f'<tr><th scope="row"{style}>{html.escape(name)}</th>{inside}</tr>'


def show_feature_builder(models: Any, genres: Any, **arguments: Any) -> None:
    """Show the feature builder. The cell that calls this carries the tag ``nbval-ignore-output``.

    Parameters
    ----------
    models, genres, **arguments
        Those of `FeatureBuilder`.

    Raises
    ------
    ValueError
        As `FeatureBuilder`.
    """
    view = FeatureBuilderView(FeatureBuilder(models, genres, **arguments))
    view.show("feature builder: edit the row of a new film, and see its place by each model")
