"""The search lab on the page: recall against work, and one user's list, exact beside approximate."""

from __future__ import annotations

import html
import math
import time
from collections.abc import Callable, Sequence
from typing import Any

import ipywidgets
import numpy as np

from recsys_lessons.teaching.plotting.style import BLUE, GRAY, VERMILION
from recsys_lessons.teaching.widgets.base import LabView, wide
from recsys_lessons.teaching.widgets.picture import Picture
from recsys_lessons.teaching.widgets.search_lab import CONNECTIVITIES, EXPANSIONS, LENGTHS, SearchLab, SearchRun

__all__ = ["SearchView", "show_search_lab"]

_SLICE = 0.05  # seconds of work between two drawings
_LISTED = 10  # places of a list that are shown
_OTHER = "#B5B5B5"
_ALT = (
    "Recall of the approximate search against its work, as a share of what the exact search does; both go up with the "
    "expansion. One line for the present index, gray ones for others over the same items, a dot for the present "
    "expansion, and the exact search at a recall of 1."
)


class SearchView(LabView):
    """Widgets for one `SearchLab`.

    Parameters
    ----------
    lab : SearchLab
        The state; everything shown is asked from it.

    Attributes
    ----------
    catalog, connectivity, biases, metric, k, expansion, user : ipywidgets.Widget
    next : ipywidgets.Button
    progress : ipywidgets.IntProgress
    """

    def __init__(self, lab: SearchLab) -> None:
        self.lab = lab
        rows = ipywidgets.Layout(flex_flow="row wrap", align_items="center")
        self.catalog = ipywidgets.Dropdown(
            options=list(lab.catalogs), value=lab.settings.catalog, description="Items", **wide("260px")
        )
        self.connectivity = ipywidgets.Dropdown(
            options=CONNECTIVITIES,
            value=lab.settings.connectivity,
            description="Links of an item (connectivity)",
            tooltip="To how many other items each is linked in the index",
            **wide("260px"),
        )
        self.biases = ipywidgets.Checkbox(
            value=lab.settings.biases,
            description="biases as a column",
            indent=False,
            tooltip="Without it the index does not know which items are popular",
            **wide("160px"),
        )
        self.metric = ipywidgets.Checkbox(
            value=lab.settings.metric,
            description="equal lengths, by distance",
            indent=False,
            tooltip="Without it the index searches by inner product",
            **wide("200px"),
        )
        self.k = ipywidgets.Dropdown(
            options=LENGTHS,
            value=lab.k,
            description="Items asked for (k)",
            tooltip="Length of the list",
            **wide("190px"),
        )
        self.expansion = ipywidgets.SelectionSlider(
            options=EXPANSIONS,
            value=lab.expansion,
            description="Candidates kept in a search (expansion)",
            tooltip="A search keeps at least as many as it is asked for",
            continuous_update=False,
            **wide("450px"),
        )
        self.user = ipywidgets.BoundedIntText(
            value=lab.user, min=0, max=lab.n_queries - 1, description="User", **wide("130px")
        )
        self.next = ipywidgets.Button(
            description="Next user with a miss",
            tooltip="The next user whose list lacks an item",
            layout=ipywidgets.Layout(width="auto"),
        )
        self.progress = ipywidgets.IntProgress(value=0, max=1, description="Index", **wide("260px"))
        self.picture = Picture(1, height=2.9, alt=_ALT)
        controls = [
            ipywidgets.HBox([self.catalog, self.biases, self.metric], layout=rows),
            ipywidgets.HBox([self.connectivity, self.k, self.progress], layout=rows),
            ipywidgets.HBox([self.expansion], layout=rows),
            self.picture.widget,
            ipywidgets.HBox([self.user, self.next], layout=rows),
        ]
        super().__init__("Recall against work", controls, height=390)
        for name in ("catalog", "connectivity", "biases", "metric"):
            self.on_change(getattr(self, name), lambda value, name=name: self._do(lambda: lab.change(**{name: value})))
        self.on_change(self.k, lambda k: self._do(lambda: lab.ask(k=k)))
        self.on_change(self.expansion, lambda expansion: self._do(lambda: lab.ask(expansion=expansion)))
        self.on_change(self.user, self._choose)
        self.on_click(self.next, self._next)
        lab.finish()
        self.draw()

    def _do(self, action: Callable[[], None]) -> None:
        action()
        self.draw()
        lab = self.lab
        run, k, expansion = lab.run, lab.k, lab.expansion
        if len(run.curve(k)) == len(EXPANSIONS):
            self.end_work()
            return

        def step() -> bool:
            until = time.perf_counter() + _SLICE
            while more := lab.advance(run, k, expansion):
                if time.perf_counter() > until:
                    break
            return more

        self.work(step, self._follow)

    def _follow(self) -> None:
        if self.lab.run.curve(self.lab.k):
            self.draw()
        else:  # nothing of the picture has changed
            self._draw_progress()
            self._draw_lists()

    def _choose(self, user: int) -> None:
        if not self.is_following:
            self.lab.choose(user)
            self._draw_lists()

    def _next(self) -> None:
        if self.lab.next_with_a_miss():
            with self.following():
                self.user.value = self.lab.user
        self._draw_lists()

    # --- drawing ------------------------------------------------------------------------------------------------------

    def draw(self) -> None:
        """Show the state as it is now, as far as it is built and measured."""
        self._draw_progress()
        self.picture.draw(self._draw_curves, layout=self.lab.settings.catalog)
        self._draw_lists()

    def _draw_progress(self) -> None:
        run = self.lab.run
        self.progress.max, self.progress.value = run.n_items, run.n_added

    def _draw_curves(self, panels: Sequence[Any]) -> None:
        from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

        lab, axes = self.lab, panels[0]
        n_items = lab.catalogs[lab.settings.catalog]
        axes.set_xscale("log")
        low = 100 * 30 / n_items
        axes.set_xlim(low, 140)
        axes.xaxis.set_minor_locator(NullLocator())
        axes.xaxis.set_major_locator(FixedLocator([tick for tick in (0.01, 0.1, 1, 10, 100) if tick >= low]))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}%"))
        curves = [one.recall.mean() for run in (lab.run, *lab.others()) for one in run.curve(lab.k)]
        lowest = math.floor(10 * min([*curves, 0.85])) / 10
        axes.set_ylim(lowest, 1 + 0.04 * (1 - lowest))
        axes.axhline(1, color=GRAY, linewidth=0.8, linestyle="--")
        for other in lab.others():
            self._line(axes, other, color=_OTHER, linewidth=1.2)
        axes.plot([100], [1], "D", color=GRAY, markersize=6, label="exact search")
        self._line(axes, lab.run, color=BLUE, marker="o", markersize=4, label="this index, by expansion")
        if (now := lab.now) is not None:
            axes.plot([100 * now.share], [now.recall.mean()], "o", color=VERMILION, markersize=9, label="now")
        if lab.others():
            axes.plot([], [], color=_OTHER, linewidth=1.2, label="other indexes you built")
        axes.set_title(f"recall of the exact {lab.k}, among {n_items:,} items", fontsize=10, fontweight="normal")
        axes.set_xlabel("distances computed for a user, of those of the exact search (logarithmic)")
        axes.legend(loc="lower right", fontsize=8)

    def _line(self, axes: Any, run: SearchRun, **style: Any) -> None:
        points = run.curve(self.lab.k)
        axes.plot([100 * one.share for one in points], [one.recall.mean() for one in points], **style)

    def _draw_lists(self) -> None:
        compared = self.lab.compare()
        if compared is None:
            run = self.lab.run
            self.set_body(f"<p>Building the index: {run.n_added:,} of {run.n_items:,} items.</p>")
            return
        self.set_body(f"{self._told_html()}{self._lists_html(compared)}")

    def _told_html(self) -> str:
        lab, now = self.lab, self.lab.now
        n_items = lab.catalogs[lab.settings.catalog]
        n_whole = int(np.count_nonzero(now.recall == 1))
        worst = int(np.argmin(now.recall))
        told = f"; the worst, user {worst}, gets {round(now.recall[worst] * now.k)} of {now.k}"
        return (
            f"<p><strong>Recall of the exact {now.k}:</strong> {now.recall.mean():.3f}, from {now.work:,.0f} distances "
            f"for a user instead of {n_items:,} ({now.share:.2%}). <strong>Whole lists:</strong> {n_whole} of "
            f"{lab.n_queries} user{'s' * (lab.n_queries > 1)}{told if n_whole < lab.n_queries else ''}.</p>"
        )

    def _lists_html(self, compared: Any) -> str:
        label = self.lab.label
        found, rows = compared.found, []
        # Of a long list, a piece in which something is missed, if anything is.
        first = min(map(compared.exact.index, compared.missed), default=0)
        first = max(0, min(first, len(compared.exact) - _LISTED))
        for place in range(first, min(first + _LISTED, len(compared.exact))):
            item = compared.exact[place]
            other = html.escape(label(found[place])) if place < len(found) else "–"
            title = html.escape(label(item))
            if item in compared.missed:
                title = f'<strong style="color: {VERMILION}">missed: {title}</strong>'
            if place < len(found) and found[place] not in compared.exact:
                other = f"<em>instead: {other}</em>"
            rows.append(f'<tr><th scope="row" class="rank">{place + 1}</th><td>{title}</td><td>{other}</td></tr>')
        n_found = len(compared.exact) - len(compared.missed)
        more = f", places {first + 1} to {first + _LISTED} shown" if len(compared.exact) > _LISTED else ""
        return (
            f"<table><caption>User {compared.user}: {n_found} of {len(compared.exact)} found{more}</caption>"
            '<thead><tr><th scope="col" class="rank"></th><th scope="col">exact</th>'
            f'<th scope="col">approximate</th></tr></thead><tbody>{"".join(rows)}</tbody></table>'
        )


def show_search_lab(catalogs: Any, queries: Any, **named: Any) -> None:
    """Show the search lab. The cell that calls this carries the tag ``nbval-ignore-output``.

    Parameters
    ----------
    catalogs, queries, **named
        Those of `SearchLab`.

    Raises
    ------
    ImportError, ValueError
        As `SearchLab`.
    """
    view = SearchView(SearchLab(catalogs, queries, **named))
    view.show("search lab: buy recall with work")
