"""The controls that both newcomers have: what they tell, whose clicks come in, and how long they are folded in."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any

import ipywidgets

from recsys_lessons.teaching.widgets.base import LabView, wide
from recsys_lessons.teaching.widgets.newcomer_steps import Newcomer, value_of
from recsys_lessons.teaching.widgets.picture import Picture

__all__ = ["NewcomerControls"]

EPOCHS = (2, 5, 10, 20, 50, 100)
_SLICE = 0.04  # seconds of folding in between two drawings


class NewcomerControls(LabView, ABC):
    """Widgets for one newcomer; a subclass draws.

    Parameters
    ----------
    lab : Newcomer
        The state; everything shown is asked from it.
    title : str
        As for `LabView`.
    topic : (str, str)
        Description and tooltip of the list of topics.
    buttons : mapping of str to (str, str, int)
        Those that let clicks come in: by their name, the text, the tooltip, and how many clicks.
    undo : str
        The tooltip of the button that takes clicks back.
    picture : Picture
    height : int
        As for `LabView`.

    Attributes
    ----------
    told : dict of str to ipywidgets.Widget
        A list for each kind of which one can be told, by the kind; a box for each feature of the other kinds, by its
        name.
    topic, epochs : ipywidgets.Widget
    buttons : dict of str to ipywidgets.Button
        Those above, "undo", "reset".
    """

    def __init__(
        self,
        lab: Newcomer,
        *,
        title: str,
        topic: tuple[str, str],
        buttons: Mapping[str, tuple[str, str, int]],
        undo: str,
        picture: Picture,
        height: int,
    ) -> None:
        self.lab: Any = lab
        self.picture = picture
        self.told: dict[str, ipywidgets.Widget] = {}
        rows = ipywidgets.Layout(flex_flow="row wrap", align_items="center")
        lines = self._told_lines(rows)
        self.topic = ipywidgets.Dropdown(
            options=lab.topics, value=lab.topic, description=topic[0], tooltip=topic[1], **wide("200px")
        )
        self.epochs = ipywidgets.SelectionSlider(
            options=sorted({*EPOCHS, lab.epochs}),
            value=lab.epochs,
            description="Epochs of folding in",
            continuous_update=False,
            style={"description_width": "initial"},
            layout=ipywidgets.Layout(width="320px", margin="2px 2px 2px 16px"),
        )
        texts = {name: (text, tip) for name, (text, tip, _) in buttons.items()}
        texts |= {"undo": ("Undo", undo), "reset": ("Reset", "No clicks; told and epochs as at the start")}
        self.buttons = {
            name: ipywidgets.Button(description=text, tooltip=tip, layout=ipywidgets.Layout(width="auto"))
            for name, (text, tip) in texts.items()
        }
        self._clicking = [self.buttons[name] for name in buttons]
        actions = ipywidgets.HBox([self.topic, *self.buttons.values(), self.epochs], layout=rows)
        super().__init__(title, [*lines, actions, picture.widget], height=height)
        for control in self.told.values():
            self.on_change(control, lambda value: self._do(self._tell))
        self.on_change(self.topic, lambda topic: self._do(lambda: lab.choose(topic)))
        self.on_change(self.epochs, lambda epochs: self._do(lambda: lab.fold_for(epochs)))
        actions = {name: lambda times=times: lab.click(times) for name, (_, _, times) in buttons.items()}
        for name, action in {**actions, "undo": lab.undo, "reset": self._reset}.items():
            self.on_click(self.buttons[name], lambda action=action: self._do(action))
        lab.finish()
        self.draw()

    def _told_lines(self, rows: ipywidgets.Layout) -> list[ipywidgets.HBox]:
        """The lists in one line, then a line of boxes for each kind of which several can be told."""
        lists, lines = [], []
        for kind, (labels, one_only) in self.lab.kinds.items():
            if one_only:
                options = [("not told", ""), *((value_of(label), label) for label in labels)]
                self.told[kind] = ipywidgets.Dropdown(options=options, description=kind.capitalize(), **wide("200px"))
                lists.append(self.told[kind])
            else:
                boxes = {
                    label: ipywidgets.Checkbox(description=value_of(label), indent=False, **wide("105px"))
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
        for button in self._clicking:
            button.disabled = not self.lab.n_to_click
        self.buttons["undo"].disabled = not self.lab.clicks
        self.draw_history(self.lab.history())

    @abstractmethod
    def draw_history(self, history: list[Any]) -> None:
        """Draw the picture and the body; `history` is the lab's."""
