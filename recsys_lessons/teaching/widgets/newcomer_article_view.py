"""The newcomer lab's other half on the page: what an article says, who clicks it, and what its audience is worth."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any

from recsys_lessons.teaching.plotting.style import BLUE, GRAY, PURPLE, VERMILION
from recsys_lessons.teaching.widgets.base import signed
from recsys_lessons.teaching.widgets.newcomer_article import ArticleLab, Audience
from recsys_lessons.teaching.widgets.newcomer_controls import NewcomerControls
from recsys_lessons.teaching.widgets.picture import Picture

__all__ = ["ArticleView"]

_ALT = (
    "Left: the audience's true chance of a click, as a share of the best audience's, over the number of clicks. Three "
    "lines: chosen by features and clicks, by features alone, by clicks alone; and a line for a lot. Right, over the "
    "same clicks, two lines: how much of the audience's lead over the mean candidate comes from features and clicks."
)


class ArticleView(NewcomerControls):
    """Widgets for one `ArticleLab`.

    Parameters
    ----------
    lab : ArticleLab
        The state; everything shown is asked from it.

    Attributes
    ----------
    told, topic, epochs, buttons
        As in `NewcomerControls`; the names of the buttons are "one", "ten", "undo", "reset".
    """

    def __init__(self, lab: ArticleLab) -> None:
        super().__init__(
            lab,
            title="What it says, and who clicks",
            topic=("Really about", "Readers click it with the true chance of an article on this topic"),
            buttons={
                "one": ("One click", "The next reader clicks", 1),
                "ten": ("Ten clicks", "The next ten readers click", 10),
            },
            undo="Take back the latest click, or the latest ten",
            picture=Picture(2, height=2.9, alt=_ALT),
            height=27 * len(lab.groups) + 175,
        )

    def draw_history(self, history: list[Audience]) -> None:
        """Draw the picture and the body; `history` is the lab's."""
        self.picture.draw(lambda panels: self._draw_panels(panels, history))
        self.set_body(f"{self._told_html(history)}{self._groups_html()}")

    def _draw_panels(self, panels: Sequence[Any], history: list[Audience]) -> None:
        lab = self.lab
        last = next(end for end in (10, 20, 50, max(100, lab.most)) if end >= len(lab.clicks))
        numbers = [one.n_clicks for one in history]
        dots = "o" if len(numbers) == 1 else ""  # a line of one point is none
        for name, color, style, size, values in (
            ("features and clicks", PURPLE, "-", 9, [one.share for one in history]),
            ("features alone", BLUE, "--", 4, [one.share_told for one in history]),
            ("clicks alone", VERMILION, "--", 4, [one.share_clicks for one in history]),
        ):
            panels[0].plot(numbers, values, style, color=color, label=name, marker=dots, markersize=size)
        panels[0].axhline(lab.share_by_lot, color=GRAY, linewidth=1, linestyle=":", label="by lot")
        panels[0].set_ylim(0, 1.02)
        panels[0].set_title(f"share of the oracle, {lab.n} readers", fontsize=10, fontweight="normal")
        for name, color, values in (
            ("features", BLUE, [one.from_told for one in history]),
            ("clicks", VERMILION, [one.from_clicks for one in history]),
        ):
            panels[1].plot(numbers, values, color=color, label=name, marker=dots, markersize=4)
        panels[1].axhline(0, color=GRAY, linewidth=0.8)
        panels[1].set_title("its lead over the mean candidate", fontsize=10, fontweight="normal")
        for axes in panels:
            axes.set_xlim(-0.02 * last, 1.02 * last)
            axes.set_xlabel("clicks")
            axes.xaxis.get_major_locator().set_params(integer=True)
            axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.24), ncols=2, fontsize=7, columnspacing=1)

    def _told_html(self, history: list[Audience]) -> str:
        lab = self.lab
        told = ", ".join(html.escape(label) for label in lab.told) or "nothing"
        begun = (
            f"<p><strong>It says:</strong> {told}. <strong>Really about:</strong> {html.escape(lab.topic)}. "
            f"<strong>Clicks:</strong> {len(lab.clicks)}."
        )
        if not history or history[-1].n_clicks != len(lab.clicks):
            return f"{begun} Folding in.</p>"
        now = history[-1]
        return (
            f"{begun}<br><strong>Of the oracle</strong> its {lab.n} readers give {now.share:.2f}; by features alone "
            f"{now.share_told:.2f}, by clicks alone {now.share_clicks:.2f}, by lot {lab.share_by_lot:.2f}.<br>"
            f"<strong>The audience leads by</strong> {now.from_told:.2f} from features, {now.from_clicks:.2f} from "
            "clicks.</p>"
        )

    def _groups_html(self) -> str:
        rows = []
        for one in self.lab.by_group():
            parts = (one.from_told, one.from_clicks)
            cells = "".join(f"<td>{signed(part)}</td>" for part in (*parts, sum(parts)))
            counts = f"<td>{one.n_clicked}</td><td>{one.n_shown}</td>"
            rows.append(
                f'<tr><th scope="row">{html.escape(one.group)}</th>{counts}{cells}<td>{one.chance:.2f}</td></tr>'
            )
        names = ("chose", "clicked", "shown", "features", "clicks", "sum", "chance")
        head = "".join(f'<th scope="col">{name}</th>' for name in names)
        return (
            "<table><caption>What gives the readers who chose a topic their score, over the mean candidate</caption>"
            f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
        )
