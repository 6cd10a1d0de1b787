"""The feed simulator on the page: a reader's feed beside the oracle's, and every list and window by one account."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any

import ipywidgets

from recsys_lessons.teaching.plotting.style import PALETTE
from recsys_lessons.teaching.widgets.base import LabView, wide
from recsys_lessons.teaching.widgets.feed_simulator import ACCOUNTS, ORACLE, FeedEntry, FeedSimulator
from recsys_lessons.teaching.widgets.picture import Picture

__all__ = ["FeedSimulatorView", "show_feed_simulator"]

NAMES = {
    "truth": "true expected clicks",
    "log": "clicks in the log",
    "look": "clicks per look",
    "showing": "clicks per look and showing",
}
_SHORT = {"truth": "truth", "log": "the log", "look": "look", "showing": "look and showing"}
_FATES = {
    # None of the lists' colors.
    "clicked": ("#222222", "shown later, clicked"),
    "skipped": ("#A9713A", "shown later, not clicked"),
    "unshown": ("#C8C8C8", "not in the log"),
}
_ALT = (
    "Left and middle: a reader's feed and the oracle's, a bar for each place, as long as the true chance of a click, "
    "colored by what the log of the following days holds. Right: each list as a share of the oracle, by how far back "
    "candidates go, under the account chosen; the numbers for the chosen window are in the table."
)


class FeedSimulatorView(LabView):
    """Widgets for one `FeedSimulator`.

    Parameters
    ----------
    lab : FeedSimulator
        The state; everything shown is asked from it.
    name : str, optional
        The list to begin with; the first by default.
    days : float
        The window to begin with.
    reader : int, optional
        The reader to begin with; the first by default.

    Attributes
    ----------
    controls : dict of str to ipywidgets.Widget
        "name", "days", "reader", "account".
    reset : ipywidgets.Button

    Raises
    ------
    ValueError
        If there is no such list, window or reader.
    """

    def __init__(
        self, lab: FeedSimulator, *, name: str | None = None, days: float = 1, reader: int | None = None
    ) -> None:
        self.lab = lab
        name = lab.names[0] if name is None else name
        reader = int(lab.readers[0]) if reader is None else reader
        lab.feed(name, days, reader)  # it names what is wrong
        self.controls = {
            "name": ipywidgets.Dropdown(options=lab.names, value=name, description="List", **wide("210px")),
            "days": ipywidgets.SelectionSlider(
                options=[(f"{one:g}", one) for one in lab.days],
                value=days,
                description="Candidates of the last … days",
                **wide("420px"),
            ),
            "reader": ipywidgets.SelectionSlider(
                options=[(f"{one}", one) for one in lab.readers.tolist()],
                value=reader,
                description="Reader",
                tooltip="Those who had signed up in train, by number",
                **wide("260px"),
            ),
            "account": ipywidgets.Dropdown(
                options=[(name, account) for account, name in NAMES.items()],
                description="Judged by",
                **wide("290px"),
            ),
        }
        self._start = {of: control.value for of, control in self.controls.items()}
        self.reset = ipywidgets.Button(
            description="Reset", tooltip="As at the start", layout=ipywidgets.Layout(width="auto")
        )
        self.picture = Picture(3, height=2.8, alt=_ALT)
        row = ipywidgets.Layout(flex_flow="row wrap")
        controls = ipywidgets.HBox([*self.controls.values(), self.reset], layout=row)
        super().__init__(
            "One feed, and four accounts of it", [controls, self.picture.widget], height=27 * len(lab.names) + 215
        )
        for control in self.controls.values():
            self.on_change(control, lambda value: self.draw())
        self.on_click(self.reset, self._reset)
        self.draw()

    def _reset(self) -> None:
        for of, value in self._start.items():
            self.controls[of].value = value

    def draw(self) -> None:
        """Show what the controls say."""
        self.picture.draw(self._draw_panels)
        self.set_body(f"{self._reader_html()}{self._best_html()}{self._lists_html()}")

    def _chosen(self) -> tuple[str, float, int, str]:
        name, days, reader, account = (control.value for control in self.controls.values())
        return name, days, reader, account

    def _draw_panels(self, panels: Sequence[Any]) -> None:
        name, days, reader, _ = self._chosen()
        for axes, of in zip(panels, (name, ORACLE), strict=False):
            self._draw_feed(axes, of, self.lab.feed(of, days, reader))
        self._draw_windows(panels[2])

    def _draw_feed(self, axes: Any, name: str, feed: list[FeedEntry]) -> None:
        places = range(1, len(feed) + 1)
        axes.barh(places, [one.chance for one in feed], color=[_FATES[one.fate][0] for one in feed], height=0.7)
        for place, one in zip(places, feed, strict=True):
            axes.text(0.02, place, f"{one.topic}, {_age(one.age)}", va="center", fontsize=8)
        axes.set_xlim(0, 1)
        axes.set_ylim(self.lab.n + 0.6, 0.4)
        axes.set_yticks([])
        axes.set_xticks([0, 0.5, 1])
        axes.set_title(f"{name}: {sum(one.chance for one in feed):.2f}", fontsize=10, fontweight="normal")
        axes.set_xlabel("chance of a click", fontsize=9)
        axes.grid(visible=False, axis="y")

    def _draw_windows(self, axes: Any) -> None:
        lab = self.lab
        name, days, _, account = self._chosen()
        places = range(len(lab.days))
        top = 1.0
        for number, of in enumerate(lab.names):
            values = [lab.share(of, one, account) for one in lab.days]
            top = max([top, *values])
            is_chosen = of == name
            color, width = PALETTE[number % len(PALETTE)], 2.6 if is_chosen else 1.2
            axes.plot(places, values, color=color, linewidth=width)
            if is_chosen:
                here = lab.days.index(days)
                axes.plot([here], [values[here]], "o", color=color, markersize=7)
        axes.set_ylim(0, top)
        axes.set_xticks(places, [f"{one:g}" for one in lab.days], fontsize=7)
        axes.set_title(f"share, by {_SHORT[account]}", fontsize=10, fontweight="normal")
        axes.set_xlabel("candidates of the last … days", fontsize=9)

    def _reader_html(self) -> str:
        name, days, reader, account = self._chosen()
        told = html.escape(", ".join(self.lab.told(reader)))
        parts = []
        for of in dict.fromkeys((account, "truth")):
            own, best = (self.lab.of_reader(one, days, of, reader) for one in (name, ORACLE))
            parts.append(f"{NAMES[of]} {own:.2f}, the oracle's {best:.2f}")
        n = len(self.lab.candidates(days))
        fates = " · ".join(f"{_square(color)} {fate}" for color, fate in _FATES.values())
        return (
            f"<p>{fates}</p><p><strong>Reader {reader}</strong> ({told}): {'; '.join(parts)}. "
            f"Candidates: {n:,} articles.</p>"
        )

    def _best_html(self) -> str:
        account = self.controls["account"].value
        name, days = self.lab.best(account)
        value = f"{self.lab.share(name, days, account):.2f}"
        value += "" if account == "truth" else f", in truth {self.lab.share(name, days):.2f}"
        return f"<p><strong>Best by {_SHORT[account]}:</strong> {html.escape(name)}, last {_days(days)}, {value}.</p>"

    def _lists_html(self) -> str:
        name, days, reader, account = self._chosen()
        rows = []
        colors = [*(_square(PALETTE[number % len(PALETTE)]) for number in range(len(self.lab.names))), ""]
        for of, square in zip([*self.lab.names, ORACLE], colors, strict=True):
            numbers = [self.lab.share(of, days, one) for one in ACCOUNTS]
            numbers.insert(0, self.lab.share(of, days, "truth", reader))
            cells = [f"{number:.2f}" if number == number else "–" for number in numbers]
            cells += [_percent(self.lab.shown_share(of, days)), _percent(self.lab.chosen_share(of, days))]
            marked = [
                f"<strong>{cell}</strong>" if n == 1 + ACCOUNTS.index(account) else cell for n, cell in enumerate(cells)
            ]
            head = f"<strong>{html.escape(of)}</strong>" if of == name else html.escape(of)
            tds = "".join(f"<td>{cell}</td>" for cell in marked)
            rows.append(f'<tr><th scope="row" style="font-weight: normal">{square} {head}</th>{tds}</tr>')
        names = ("this reader", "truth", "log", "look", "showing", "shown", "chosen")
        head = "".join(f'<th scope="col">{one}</th>' for one in ("list", *names))
        return (
            "<table><caption>Share of the oracle: true for this reader, and by each account "
            "for all. Share of the places: shown to the reader later, on a topic chosen at sign-up</caption>"
            '<colgroup><col style="width: 170px"><col style="width: 100px"></colgroup>'
            f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
        )


def _days(days: float) -> str:
    return "day" if days == 1 else f"{days:g} days"


def _age(days: float) -> str:
    return f"{days * 24:.0f} h" if days < 2 else f"{days:.0f} days"


def _square(color: str) -> str:
    # The border shows a dark color on a dark page.
    box = "display: inline-block; width: 0.7em; height: 0.7em; border: 1px solid var(--jp-ui-font-color2, #888)"
    return f'<span aria-hidden="true" style="{box}; background: {color}"></span>'


def _percent(share: float) -> str:
    return f"{share:.0%}" if share == share else "–"


def show_feed_simulator(
    site: Any,
    models: Any,
    moment: int,
    *,
    name: str | None = None,
    days: float = 1,
    reader: int | None = None,
    **arguments: Any,
) -> None:
    """Show the feed simulator. The cell that calls this carries the tag ``nbval-ignore-output``.

    Parameters
    ----------
    site, models, moment, **arguments
        Those of `FeedSimulator`.
    name, days, reader
        What to begin with, as for `FeedSimulatorView`.

    Raises
    ------
    ValueError
        As `FeedSimulator` and `FeedSimulatorView`.
    """
    lab = FeedSimulator(site, models, moment, **arguments)
    view = FeedSimulatorView(lab, name=name, days=days, reader=reader)
    view.show("feed simulator: a reader's feed beside the oracle's, by four accounts")
