"""The split explorer on the page: a part of the table, how long lists are left, and what the test asks about."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ipywidgets
import numpy as np

from recsys_lessons.teaching.like_splits import KINDS, SPLITS
from recsys_lessons.teaching.plotting.style import BLUE, GRAY, PURPLE, SKY, VERMILION
from recsys_lessons.teaching.widgets.base import LabView, wide
from recsys_lessons.teaching.widgets.picture import Picture
from recsys_lessons.teaching.widgets.split_explorer import SplitExplorer

__all__ = ["SplitExplorerView", "explore_splits"]

QUESTIONS = {
    "random": "Which likes are missing from the table?",
    "time": "What comes next, be it from new people or of new films?",
    "cold items": "Who will like a film that nobody has liked yet?",
    "cold users": "What does somebody like who has just come in?",
}
_ALT = (
    "Three panels. A part of the table of users by films, its cells colored by likes in train and in test. The number "
    "of likes in train of each user, longest list first, below that of all ratings. Bars: the share of the test likes "
    "whose user and film train knows, and those where one or both are new."
)
THRESHOLDS = (0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0)
SHARES = (0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5)


# Beside "both new", "user new" would read as all that are new.
SHOWN = tuple(f"only {kind}" if kind in ("user new", "film new") else kind for kind in KINDS)


class SplitExplorerView(LabView):
    """Widgets for one `SplitExplorer`.

    Parameters
    ----------
    explorer : SplitExplorer
        The state; everything shown is asked from it.

    Attributes
    ----------
    controls : dict of str to ipywidgets.Widget
        By the names that `SplitExplorer.change` knows.
    """

    def __init__(self, explorer: SplitExplorer) -> None:
        self.explorer = explorer
        self.controls = _controls(explorer)
        self.picture = Picture(3, height=2.7, alt=_ALT)
        settings = ipywidgets.HBox(list(self.controls.values()), layout=ipywidgets.Layout(flex_flow="row wrap"))
        super().__init__("Threshold and split", [settings, self.picture.widget], height=285)
        for name, control in self.controls.items():
            self.on_change(control, lambda value, name=name: self._change(name, value))
        self.draw()

    def _change(self, name: str, value: Any) -> None:
        self.explorer.change(**{name: value})
        self.draw()

    def draw(self) -> None:
        """Show the state as it is now."""
        self.picture.draw(self._draw_panels)
        self.set_body(f"{self._told_html()}{self._splits_html()}")

    # --- the picture --------------------------------------------------------------------------------------------------

    def _draw_panels(self, panels: Sequence[Any]) -> None:
        for axes, title in zip(
            panels, ("the table, a part of it", "length of users' lists", "what train knows of test"), strict=True
        ):
            axes.set_title(title, fontsize=10, fontweight="normal")
        self._draw_corner(panels[0])
        self._draw_lengths(panels[1])
        self._draw_kinds(panels[2])

    def _draw_corner(self, axes: Any) -> None:
        from matplotlib.colors import to_rgba_array

        colors = to_rgba_array(["white", SKY, VERMILION])[:, :3]
        axes.imshow(colors[self.explorer.corner()], aspect="auto", interpolation="nearest")
        axes.grid(visible=False)
        axes.set_xticks([])
        axes.set_yticks([])
        axes.set_xlabel("films, most rated first", fontsize=8)
        axes.set_ylabel("users, as they came in", fontsize=8)
        for place, color, name in ((0, SKY, "like in train"), (0.5, VERMILION, "in test")):
            axes.text(place, -0.19, f"■ {name}", color=color, fontsize=8, transform=axes.transAxes)

    def _draw_lengths(self, axes: Any) -> None:
        rated, liked = self.explorer.list_lengths()
        x = np.arange(1, len(rated) + 1)
        axes.plot(x, rated, color=GRAY, linewidth=1.2, linestyle="--", label="all ratings")
        axes.plot(x[liked > 0], liked[liked > 0], color=BLUE, label="likes in train")
        axes.set_yscale("log")
        axes.set_yticks([1, 10, 100, 1000], ["1", "10", "100", "1,000"])  # powers of ten are slow to draw
        axes.minorticks_off()
        axes.set_ylim(0.8, 1.5 * rated[0])
        axes.set_xlim(0, len(rated) * 1.02)
        axes.set_xlabel("user, longest list first", fontsize=8)
        axes.tick_params(labelsize=8)
        axes.legend(fontsize=8, loc="upper right")

    def _draw_kinds(self, axes: Any) -> None:
        shares = [100 * share for share in self.explorer.asked().shares.values()]
        bars = axes.bar(range(len(SHOWN)), shares, color=[GRAY, PURPLE, PURPLE, PURPLE])
        axes.bar_label(bars, [_percent(share) for share in shares], fontsize=8)
        axes.set_xticks(range(len(SHOWN)), [name.replace(" ", "\n") for name in SHOWN])
        axes.set_ylim(0, 112)
        axes.set_yticks([0, 50, 100])
        axes.tick_params(labelsize=8)
        axes.grid(visible=False, axis="x")
        axes.set_xlabel("of the test likes (%)", fontsize=8)

    # --- the words ----------------------------------------------------------------------------------------------------

    def _told_html(self) -> str:
        explorer, kept = self.explorer, self.explorer.kept()
        _, liked = explorer.list_lengths()
        listed = liked[liked > 0]
        n_all = (len(np.unique(ids)) for ids in (explorer.users, explorer.items))
        users, items = (f"{n:,} of {total:,}" for n, total in zip((kept.n_users, kept.n_items), n_all, strict=True))
        return (
            f"<p><strong>{QUESTIONS[explorer.split]}</strong></p>"
            f"<p>Likes: {kept.n_likes:,} of {len(explorer.ratings):,} ratings. Users with a like: {users}. Films with "
            f"one: {items}. Their table is filled to {kept.density:.2%}. In train: {len(listed):,} users, half of them "
            f"with {np.median(listed):g} likes or more.</p>"
        )

    def _splits_html(self) -> str:
        rows = []
        for split in SPLITS:
            asked = self.explorer.asked(split)
            name = f"▸ {split}" if split == self.explorer.split else split
            cells = [f"{asked.n_test:,}", f"{asked.n_testers:,}", f"{asked.n_test / asked.n_testers:.1f}"]
            cells += [f"{share:.1%}" for share in asked.shares.values()] + [f"{asked.popularity:.3f}"]
            rows.append(f'<tr><th scope="row">{name}</th>{"".join(f"<td>{cell}</td>" for cell in cells)}</tr>')
        names = ("split", "test likes", "users", "likes of each", *SHOWN, "popularity")
        head = "".join(f'<th scope="col">{name}</th>' for name in names)
        return (
            '<table style="table-layout: auto"><caption>The test of each split at this threshold and share</caption>'
            f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
            "<p>Popularity: precision@10 of the ten most liked films. Compare it within a row only.</p>"
        )


def _controls(explorer: SplitExplorer) -> dict[str, ipywidgets.Widget]:
    reached = [value for value in THRESHOLDS if value <= explorer.ratings.max()]
    return {
        "threshold": ipywidgets.SelectionSlider(
            options=[(f"{value:g}", value) for value in sorted({*reached, explorer.threshold})],
            value=explorer.threshold,
            description="Like: stars, at least",
            continuous_update=False,
            **wide("340px"),
        ),
        "test_share": ipywidgets.SelectionSlider(
            options=[(f"{value:.0%}", value) for value in sorted({*SHARES, explorer.test_share})],
            value=explorer.test_share,
            description="Test share",
            tooltip="Of the likes; in a cold split, of the films or of the users",
            continuous_update=False,
            **wide("300px"),
        ),
        "split": ipywidgets.ToggleButtons(
            options=[(split, split) for split in SPLITS],
            value=explorer.split,
            description="Split",
            tooltips=[QUESTIONS[split] for split in SPLITS],
            style={"description_width": "initial", "button_width": "100px"},
            layout=ipywidgets.Layout(width="620px"),
        ),
    }


def _percent(share: float) -> str:
    return f"{share:.0f}%" if share == 0 or share >= 1 else f"{share:.1f}%"


def explore_splits(users: Any, items: Any, ratings: Any, times: Any, **arguments: Any) -> None:
    """Show the lab *threshold and split*. The cell that calls this carries the tag ``nbval-ignore-output``.

    Parameters
    ----------
    users, items, ratings, times, **arguments
        Those of `SplitExplorer`.

    Raises
    ------
    ValueError
        As `SplitExplorer`.
    """
    view = SplitExplorerView(SplitExplorer(users, items, ratings, times, **arguments))
    view.show("threshold and split: what counts as a like, and which question the test asks")
