"""The newcomer lab on the page: what they tell and click, the topics on the list, and what gives them their places."""

from __future__ import annotations

import html
import time
from collections.abc import Callable, Sequence
from typing import Any

import ipywidgets
import numpy as np

from recsys_lessons.teaching.plotting.style import BLUE, GRAY, GREEN, ORANGE, PURPLE, SKY, VERMILION
from recsys_lessons.teaching.widgets.base import LabView, signed, wide
from recsys_lessons.teaching.widgets.newcomer_lab import Listed, NewcomerLab
from recsys_lessons.teaching.widgets.picture import Picture

__all__ = ["NewcomerView", "show_newcomer_lab"]

EPOCHS = (2, 5, 10, 20, 50, 100)
_COLORS = (VERMILION, BLUE, ORANGE, GREEN, SKY, PURPLE)
_OTHER = "#C8C8C8"
_SLICE = 0.04  # seconds of folding in between two drawings
_ALT = (
    "Left: the topics of the articles on the list, a column for each number of clicks. Right, over the same clicks, "
    "three lines: how much of the list's lead over the mean candidate comes from what was told, from the clicks and "
    "from popularity."
)


class NewcomerView(LabView):
    """Widgets for one `NewcomerLab`.

    Parameters
    ----------
    lab : NewcomerLab
        The state; everything shown is asked from it.

    Attributes
    ----------
    told : dict of str to ipywidgets.Widget
        A list for each kind of which one can be told, by the kind; a box for each attribute of the other kinds, by its
        name.
    topic, epochs : ipywidgets.Widget
    buttons : dict of str to ipywidgets.Button
        "one", "five", "undo", "reset".
    """

    def __init__(self, lab: NewcomerLab) -> None:
        self.lab = lab
        self.told: dict[str, ipywidgets.Widget] = {}
        rows = ipywidgets.Layout(flex_flow="row wrap", align_items="center")
        lines = self._told_lines(rows)
        self.topic = ipywidgets.Dropdown(
            options=lab.topics,
            value=lab.topic,
            description="Clicks on",
            tooltip="The topic of the next articles to click, most popular first",
            **wide("200px"),
        )
        self.epochs = ipywidgets.SelectionSlider(
            options=sorted({*EPOCHS, lab.epochs}),
            value=lab.epochs,
            description="Epochs of folding in",
            continuous_update=False,
            style={"description_width": "initial"},
            layout=ipywidgets.Layout(width="320px", margin="2px 2px 2px 16px"),
        )
        self.buttons = {
            name: ipywidgets.Button(description=text, tooltip=tip, layout=ipywidgets.Layout(width="auto"))
            for name, text, tip in (
                ("one", "Click one", "Click the next article of this topic"),
                ("five", "Click five", "Click the next five articles of this topic"),
                ("undo", "Undo", "Take back the latest click, or the latest five"),
                ("reset", "Reset", "No clicks; told and epochs as at the start"),
            )
        }
        self.picture = Picture(2, height=2.9, alt=_ALT)
        actions = ipywidgets.HBox([self.topic, *self.buttons.values(), self.epochs], layout=rows)
        controls = [*lines, actions, self.picture.widget]
        super().__init__("What they say, and what they do", controls, height=27 * len(lab.topics) + 155)
        for control in self.told.values():
            self.on_change(control, lambda value: self._do(self._tell))
        self.on_change(self.topic, lambda topic: self._do(lambda: lab.choose(topic)))
        self.on_change(self.epochs, lambda epochs: self._do(lambda: lab.fold_for(epochs)))
        for name, action in (
            ("one", lab.click),
            ("five", lambda: lab.click(5)),
            ("undo", lab.undo),
            ("reset", self._reset),
        ):
            self.on_click(self.buttons[name], lambda action=action: self._do(action))
        lab.finish()
        self.draw()

    def _told_lines(self, rows: ipywidgets.Layout) -> list[ipywidgets.HBox]:
        """The lists in one line, then a line of boxes for each kind of which several can be told."""
        lists, lines = [], []
        for kind, (labels, one_only) in self.lab.kinds.items():
            if one_only:
                options = [("not told", ""), *((_value(label), label) for label in labels)]
                self.told[kind] = ipywidgets.Dropdown(options=options, description=kind.capitalize(), **wide("200px"))
                lists.append(self.told[kind])
            else:
                boxes = {
                    label: ipywidgets.Checkbox(description=_value(label), indent=False, **wide("105px"))
                    for label in labels
                }
                self.told |= boxes
                name = ipywidgets.Label(f"{kind.capitalize()}:")
                lines.append(ipywidgets.HBox([name, *boxes.values()], layout=rows))
        self._show_told()
        return [ipywidgets.HBox(lists, layout=rows), *lines] if lists else lines

    # --- what the controls do -----------------------------------------------------------------------------------------

    def _do(self, action: Callable[[], Any]) -> None:
        """Change the state, then fold in what is missing and draw."""
        if self.is_following:
            return
        action()
        run = self.lab.run

        def fold() -> bool:
            began = time.perf_counter()
            while (more := self.lab.advance(run)) and time.perf_counter() < began + _SLICE:
                pass
            return more

        self.work(fold, self.draw)

    def _tell(self) -> None:
        told = []
        for name, control in self.told.items():
            if isinstance(control, ipywidgets.Checkbox):
                told += [name] if control.value else []
            elif control.value:
                told.append(control.value)
        self.lab.tell(told)

    def _reset(self) -> None:
        self.lab.reset()
        with self.following():  # the controls must not change the state one by one
            self._show_told()
            self.topic.value, self.epochs.value = self.lab.topic, self.lab.epochs

    def _show_told(self) -> None:
        for name, control in self.told.items():
            if isinstance(control, ipywidgets.Checkbox):
                control.value = name in self.lab.told
            else:
                of_kind = [label for label in self.lab.kinds[name][0] if label in self.lab.told]
                control.value = of_kind[0] if of_kind else ""

    # --- drawing ------------------------------------------------------------------------------------------------------

    def draw(self) -> None:
        """Show the state as it is now, as far as it is folded in."""
        history = self.lab.history()
        self.buttons["one"].disabled = self.buttons["five"].disabled = not self.lab.n_to_click
        self.buttons["undo"].disabled = not self.lab.clicks
        self.picture.draw(lambda panels: self._draw_panels(panels, history), layout=len(self._colors()))
        self.set_body(f"{self._told_html(history)}{self._topics_html()}")

    def _colors(self) -> dict[str, str]:
        """A color for what is clicked and for what was chosen; all other topics share one."""
        lab = self.lab
        of_clicks = [one.topic for one in lab.by_topic() if one.n_clicked]
        named = [_value(label) for label in lab.told if _value(label) in lab.topics]
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


def _value(label: str) -> str:
    """``"north"`` of ``"region:north"``."""
    return label.partition(":")[2] or label


def show_newcomer_lab(model: Any, attributes: Any, *arguments: Any, **named: Any) -> None:
    """Show the newcomer lab. The cell that calls this carries the tag ``nbval-ignore-output``.

    Parameters
    ----------
    model, attributes, *arguments, **named
        Those of `NewcomerLab`.

    Raises
    ------
    ValueError
        As `NewcomerLab`.
    """
    view = NewcomerView(NewcomerLab(model, attributes, *arguments, **named))
    view.show("newcomer lab: tell, click, and see what the list is made of")
