"""The newcomer lab on the page: what they tell and click, the topics on the list, and what gives them their places.

Above it the newcomer is chosen: a reader, or an article, whose view is
:mod:`recsys_lessons.teaching.widgets.newcomer_article_view`.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any

import ipywidgets
import numpy as np

from recsys_lessons.teaching.plotting.style import BLUE, GRAY, GREEN, ORANGE, PURPLE, SKY, VERMILION
from recsys_lessons.teaching.widgets.base import signed, wide
from recsys_lessons.teaching.widgets.newcomer_article import ArticleLab
from recsys_lessons.teaching.widgets.newcomer_article_view import ArticleView
from recsys_lessons.teaching.widgets.newcomer_controls import NewcomerControls
from recsys_lessons.teaching.widgets.newcomer_lab import Listed, NewcomerLab
from recsys_lessons.teaching.widgets.newcomer_steps import value_of
from recsys_lessons.teaching.widgets.picture import Picture

__all__ = ["NewcomerView", "show_newcomer_lab"]

NEWCOMERS = ("a reader", "an article")
_COLORS = (VERMILION, BLUE, ORANGE, GREEN, SKY, PURPLE)
_OTHER = "#C8C8C8"
_ALT = (
    "Left: the topics of the articles on the list, a column for each number of clicks. Right, over the same clicks, "
    "three lines: how much of the list's lead over the mean candidate comes from what was told, from the clicks and "
    "from popularity."
)


class NewcomerView(NewcomerControls):
    """Widgets for one `NewcomerLab`, and for the article that may be chosen instead.

    Parameters
    ----------
    lab : NewcomerLab
        The state; everything shown is asked from it.
    article : ArticleLab, optional
        The other newcomer. Without it there is nothing to choose.

    Attributes
    ----------
    newcomer : ipywidgets.Widget
        Chooses between the two.
    article : ArticleView or None
        The other newcomer's widgets, made when it is first chosen.
    told, topic, epochs, buttons
        As in `NewcomerControls`; the names of the buttons are "one", "five", "undo", "reset".
    """

    def __init__(self, lab: NewcomerLab, article: ArticleLab | None = None) -> None:
        super().__init__(
            lab,
            title="What they say, and what they do",
            topic=("Clicks on", "The topic of the next articles to click, most popular first"),
            buttons={
                "one": ("Click one", "Click the next article of this topic", 1),
                "five": ("Click five", "Click the next five articles of this topic", 5),
            },
            undo="Take back the latest click, or the latest five",
            picture=Picture(2, height=2.9, alt=_ALT),
            height=27 * len(lab.topics) + 155,
        )
        self.article: ArticleView | None = None
        self._article_lab = article
        self.newcomer = ipywidgets.Dropdown(
            options=NEWCOMERS, description="Newcomer", tooltip="Whom the lab is about", **wide("200px")
        )
        if article is not None:
            self._reader = self.widget
            self.widget = ipywidgets.VBox([self.newcomer, self._reader])
            self.on_change(self.newcomer, self._show_newcomer)

    def _show_newcomer(self, newcomer: str) -> None:
        shown = self._reader
        if newcomer == "an article":
            self.article = self.article or ArticleView(self._article_lab)
            shown = self.article.widget
        self.widget.children = (self.newcomer, shown)

    def end_work(self) -> None:
        """Let no step and no drawing follow, of neither newcomer."""
        super().end_work()
        if self.article is not None:
            self.article.end_work()

    # --- drawing ------------------------------------------------------------------------------------------------------

    def draw_history(self, history: list[Listed]) -> None:
        """Draw the picture and the body; `history` is the lab's."""
        self.picture.draw(lambda panels: self._draw_panels(panels, history), layout=len(self._colors()))
        self.set_body(f"{self._told_html(history)}{self._topics_html()}")

    def _colors(self) -> dict[str, str]:
        """A color for what is clicked and for what was chosen; all other topics share one."""
        lab = self.lab
        of_clicks = [one.topic for one in lab.by_topic() if one.n_clicked]
        named = [value_of(label) for label in lab.told if value_of(label) in lab.topics]
        return dict(zip(dict.fromkeys([lab.topic, *of_clicks, *named]), _COLORS, strict=False))

    def _draw_panels(self, panels: Sequence[Any], history: list[Listed]) -> None:
        from matplotlib.colors import to_rgb

        lab, colors = self.lab, self._colors()
        last = next(end for end in (10, 20, max(40, lab.most)) if end >= len(lab.clicks))
        image = np.ones((lab.n, last + 1, 3))  # white where nothing is known
        for one in history:
            places = [color for topic, color in colors.items() for _ in range(one.topics.get(topic, 0))]
            places += [_OTHER] * (lab.n - len(places))
            image[:, one.n_clicks] = [to_rgb(color) for color in places]
        axes = panels[0]
        axes.imshow(image, origin="lower", aspect="auto", extent=(-0.5, last + 0.5, 0, lab.n), interpolation="nearest")
        for topic, color in [*colors.items(), ("another topic", _OTHER)]:
            axes.plot([], [], "s", color=color, label=topic)
        axes.grid(visible=False)
        axes.set_title(f"topics of the {lab.n} articles listed", fontsize=10, fontweight="normal")
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.24), ncols=4, fontsize=7, columnspacing=1)
        numbers = [one.n_clicks for one in history]
        mark = {"marker": "o", "markersize": 4} if len(numbers) == 1 else {}
        for name, color, style, values in (
            ("what was told", BLUE, "-", [one.from_told for one in history]),
            ("clicks", VERMILION, "-", [one.from_clicks for one in history]),
            ("popularity", GRAY, "--", [one.from_popularity for one in history]),
        ):
            panels[1].plot(numbers, values, style, color=color, label=name, **mark)
        panels[1].axhline(0, color=GRAY, linewidth=0.8)
        panels[1].set_xlim(-0.5, last + 0.5)
        panels[1].set_title("the list's lead over the mean candidate", fontsize=10, fontweight="normal")
        panels[1].legend(loc="upper center", bbox_to_anchor=(0.5, -0.24), ncols=3, fontsize=7, columnspacing=1)
        for axes in panels:
            axes.set_xlabel("clicks")
            axes.xaxis.get_major_locator().set_params(integer=True)

    def _told_html(self, history: list[Listed]) -> str:
        lab = self.lab
        told = ", ".join(html.escape(label) for label in lab.told) or "nothing"
        begun = f"<p><strong>Told:</strong> {told}. <strong>Clicks:</strong> {len(lab.clicks)}. "
        if not history or history[-1].n_clicks != len(lab.clicks):
            return f"{begun}Folding in.</p>"
        now = history[-1]
        first = "; ".join(html.escape(lab.labels[item]) for item in now.items[:3])
        most = max(one.n_listed for one in lab.by_topic())
        leaders = " and ".join(html.escape(one.topic) for one in lab.by_topic() if one.n_listed == most)
        return (
            f"{begun}<strong>The list leads by</strong> {now.from_told:.2f} from what was told, {now.from_clicks:.2f} "
            f"from clicks, {now.from_popularity:.2f} from popularity.<br><strong>Most listed:</strong> "
            f"{leaders}, {most} of {lab.n}. <strong>First:</strong> {first}.</p>"
        )

    def _topics_html(self) -> str:
        rows = []
        for one in self.lab.by_topic():
            parts = (one.from_told, one.from_clicks, one.from_popularity)
            cells = "".join(f"<td>{signed(part)}</td>" for part in (*parts, sum(parts)))
            name = html.escape(one.topic)
            rows.append(f'<tr><th scope="row">{name}</th><td>{one.n_clicked}</td><td>{one.n_listed}</td>{cells}</tr>')
        names = ("topic", "clicked", "listed", "told", "clicks", "popularity", "sum")
        head = "".join(f'<th scope="col">{name}</th>' for name in names)
        return (
            "<table><caption>What gives a topic's articles their score, over the mean candidate</caption>"
            f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
        )


def show_newcomer_lab(
    model: Any, attributes: Any, *arguments: Any, article: ArticleLab | None = None, **named: Any
) -> None:
    """Show the newcomer lab. The cell that calls this carries the tag ``nbval-ignore-output``.

    Parameters
    ----------
    model, attributes, *arguments, **named
        Those of `NewcomerLab`.
    article : ArticleLab, optional
        The newcomer that can be chosen instead of the reader.

    Raises
    ------
    ValueError
        As `NewcomerLab`.
    """
    view = NewcomerView(NewcomerLab(model, attributes, *arguments, **named), article)
    view.show("newcomer lab: tell, click, and see what the list is made of")
