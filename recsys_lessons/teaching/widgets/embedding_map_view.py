"""The embedding map on the page: a title to search, the film and its nearest on the map, and the list of them."""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import ipywidgets

from recsys_lessons.teaching.plotting.style import BLUE, ORANGE, VERMILION
from recsys_lessons.teaching.widgets.base import LabView, wide
from recsys_lessons.teaching.widgets.embedding_map import EmbeddingMap, Neighbor
from recsys_lessons.teaching.widgets.picture import Picture

__all__ = ["EmbeddingMapView", "show_embedding_map"]

_ALT = (
    "A map of films on the two axes along which their vectors differ most. Films of the chosen genre are colored, an "
    "arrow shows the genre's own embedding; the film looked at is a star, and its ten nearest by angle are numbered. "
    "The table below lists them."
)
_OTHER = "#C4C4C4"


class EmbeddingMapView(LabView):
    """Widgets for one `EmbeddingMap`.

    Parameters
    ----------
    embedding_map : EmbeddingMap
        The state; everything shown is asked from it.

    Attributes
    ----------
    controls : dict of str to ipywidgets.Widget
        By the names that `EmbeddingMap.change` knows; "film" is the list of the titles found.
    search : ipywidgets.Text
        What titles must hold.
    """

    def __init__(self, embedding_map: EmbeddingMap) -> None:
        self.map = embedding_map
        self.search = ipywidgets.Text(
            placeholder="all films",
            description="Title has",
            tooltip="Words or parts of words; the first film found is shown",
            **wide("330px"),
        )
        self.controls = _controls(embedding_map)
        self._list_titles()
        self.picture = Picture(1, height=3.7, alt=_ALT)
        finding = ipywidgets.VBox([self.search, self.controls["film"]], layout=ipywidgets.Layout(flex="0 0 auto"))
        others = [control for name, control in self.controls.items() if name != "film"]
        settings = ipywidgets.VBox(others, layout=ipywidgets.Layout(margin="0 0 0 16px"))
        rows = ipywidgets.Layout(flex_flow="row wrap")
        super().__init__(
            "A map of films", [ipywidgets.HBox([finding, settings], layout=rows), self.picture.widget], height=405
        )
        self.on_change(self.search, lambda text: self._do(lambda: None))
        for name, control in self.controls.items():
            self.on_change(control, lambda value, name=name: self._do(lambda: self._change(name, value)))
        self.draw()

    # --- what the controls do -----------------------------------------------------------------------------------------

    def _do(self, action: Callable[[], Any]) -> None:
        """Change the state and draw; not while the list of titles follows the search."""
        if not self.is_following:
            action()
            self._list_titles()
            self.draw()

    def _change(self, name: str, value: Any) -> None:
        if value is not None:  # the list has no film chosen while it is filled
            self.map.change(**{name: value})

    def _list_titles(self) -> None:
        """Show the titles found; a film that is not among them gives way to the first that is."""
        found = self.map.find(self.search.value)
        titles = self.controls["film"]
        options = tuple((self.map.titles[film], film) for film in found)
        if found and self.map.film not in found:
            self.map.change(film=found[0])
        with self.following():
            if titles.options != options:
                titles.options = options
            titles.value = self.map.film if found else None

    # --- drawing ------------------------------------------------------------------------------------------------------

    def draw(self) -> None:
        """Show the state as it is now."""
        subtract = self.controls["subtract"]
        subtract.disabled = not self.map.can_subtract
        if subtract.disabled and subtract.value:
            subtract.value = False  # what cannot act now must not act later, unseen
        neighbors = self.map.neighbors()
        legend = (self.map.genre, self.map.genre_vector is None)
        self.picture.draw(lambda panels: self._draw_map(panels[0], neighbors), layout=legend)
        self.set_body(f"{self._told_html()}{self._neighbors_html(neighbors)}")

    def _draw_map(self, axes: Any, neighbors: list[Neighbor]) -> None:
        shown, plane, chosen = self.map, self.map.plane, self.map.of_genre
        films = [neighbor.film for neighbor in neighbors]
        ring = {"markerfacecolor": "none", "markeredgecolor": VERMILION, "markeredgewidth": 1.5}
        star = {"color": VERMILION, "markersize": 16, "markeredgecolor": "white"}
        diamond = {"color": ORANGE, "markersize": 5, "markeredgecolor": "white"}
        for which, marker, order, name, look in (
            ([shown.film], "*", 5, "the film", star),
            (films, "o", 4, "its ten nearest\nby angle", {"markersize": 9, **ring}),
            (chosen, "D", 3, f"{shown.genre} films", diamond),
            (~chosen, "o", 2, "other films", {"color": _OTHER, "markersize": 4}),
        ):
            axes.plot(*plane.places[which].T, marker, zorder=order, label=name, **look)
        for number, film in enumerate(films, 1):
            at = {"xytext": (5, 4), "textcoords": "offset points", "color": VERMILION, "fontsize": 8}
            axes.annotate(str(number), plane.places[film], **at)
        if (vector := shown.genre_vector) is not None:
            tip, _ = plane.arrow(vector)
            arrow = {"arrowstyle": "-|>", "color": BLUE, "lw": 2, "shrinkA": 0, "shrinkB": 0}
            axes.annotate("", tip, (0, 0), arrowprops=arrow)
            axes.update_datalim([tip])
            axes.plot([], [], color=BLUE, lw=2, label=f"embedding of\n{shown.genre} (longer)")
        axes.margins(0.06)
        axes.set_aspect("equal", adjustable="datalim")
        axes.set_xticks([])  # only distances mean something
        axes.set_yticks([])
        axes.set_xlabel(f"first axis ({plane.shares[0]:.0%} of the spread)")
        axes.set_ylabel(f"second axis ({plane.shares[1]:.0%})")
        axes.legend(loc="upper left", bbox_to_anchor=(1, 1), fontsize=9)

    def _told_html(self) -> str:
        shown, nearby = self.map, self.map.nearby()
        genre, twins = html.escape(shown.genre), shown.n_twins()
        told = (
            f"<p>Of the ten nearest of a <strong>{genre}</strong> film, <strong>{nearby.by_angle:.1f}</strong> are "
            f"{genre} (by distance on this map: {nearby.on_map:.1f}; by chance: {nearby.by_chance:.1f})."
        )
        if not shown.find(self.search.value):
            told += f" No title has <em>{html.escape(self.search.value)}</em>: the film stays."
        elif twins:
            told += f" The film has its place with {twins} other{'s' if twins > 1 else ''}."
        return (
            f"{told}<br>In the table, <em>on map</em>: place by distance on the map; <em>trainings</em>: how many name "
            "it among the ten.</p>"
        )

    def _neighbors_html(self, neighbors: list[Neighbor]) -> str:
        shown, rows = self.map, []
        for number, one in enumerate(neighbors, 1):
            genres = [html.escape(genre) for genre in shown.genres_of(one.film)]
            marked = [f"<strong>{genre}</strong>" if genre == html.escape(shown.genre) else genre for genre in genres]
            title = html.escape(shown.titles[one.film])
            rows.append(
                f'<tr><td class="rank">{number}</td><td title="{title}">{title}</td><td>{one.cosine:.2f}</td>'
                f"<td>{one.place_on_map}</td><td>{one.n_trainings} of {shown.n_trainings}</td>"
                f'<td title="{", ".join(genres)}">{", ".join(marked)}</td></tr>'
            )
        widths = ("2.5em", "36%", "4.5em", "5em", "7em", "")
        heads = ("", "film", "cosine", "on map", "trainings", "genres")
        head = "".join(
            f'<th scope="col" style="width: {width}">{name}</th>' for name, width in zip(heads, widths, strict=True)
        )
        film = html.escape(shown.titles[shown.film])
        of_film = ", ".join(html.escape(genre) for genre in shown.genres_of(shown.film))
        return (
            f"<table><caption>Nearest by angle to {film} ({of_film})</caption><thead><tr>{head}</tr></thead>"
            f"<tbody>{''.join(rows)}</tbody></table>"
        )


def _controls(shown: EmbeddingMap) -> dict[str, ipywidgets.Widget]:
    return {
        "film": ipywidgets.Select(rows=6, description="Film", **wide("330px")),
        "shown": ipywidgets.ToggleButtons(
            options=shown.sets,
            value=shown.shown,
            description="Features",
            style={"description_width": "initial", "button_width": "90px"},
        ),
        "subtract": ipywidgets.Checkbox(
            value=shown.subtract,
            description="Subtract the genres",
            tooltip="Take the genres' embeddings out of the films' sums",
            indent=False,
            **wide("200px"),
        ),
        "genre": ipywidgets.Dropdown(options=shown.genres, value=shown.genre, description="Genre", **wide("250px")),
        "training": ipywidgets.Dropdown(
            options=[(f"{number + 1} of {shown.n_trainings}", number) for number in range(shown.n_trainings)],
            value=shown.training,
            description="Training",
            tooltip="The same features and films, other random numbers",
            **wide("250px"),
        ),
    }


def show_embedding_map(
    models: Mapping[str, Sequence[Any]], feature_sets: Mapping[str, Any], *arguments: Any, **named: Any
) -> None:
    """Show the lab *a map of films*. The cell that calls this carries the tag ``nbval-ignore-output``.

    Parameters
    ----------
    models, feature_sets, *arguments, **named
        Those of `EmbeddingMap`.

    Raises
    ------
    ValueError
        As `EmbeddingMap`.
    """
    view = EmbeddingMapView(EmbeddingMap(models, feature_sets, *arguments, **named))
    view.show("map of films: search a title, and see what is near it by which features")
