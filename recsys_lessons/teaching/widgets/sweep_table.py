"""The table of a sweep: what is tried, what came of it as it comes, and the best so far.

`SweepTable` holds no widget; `SweepTableView` draws it. Fits run where `recsys_lessons.parallel.Sweep` runs them:
here, or on a cluster.
"""

from __future__ import annotations

import html
import math
import numbers
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import ipywidgets

from recsys_lessons.losses import OwnLoss
from recsys_lessons.parallel import Sweep, SweepResult
from recsys_lessons.teaching.widgets.base import LabView, wide
from recsys_lessons.validation import choice

__all__ = ["SweepRow", "SweepTable", "SweepTableView", "show_sweep_table"]

AS_LISTED = "as listed"


@dataclass(frozen=True)
class SweepRow:
    """One line of the table.

    Attributes
    ----------
    number : int
        Place of the setting in the list, from 0.
    told : tuple of str
        The arguments in which settings differ, in the order of `SweepTable.arguments`. Different values have different
        texts.
    result : SweepResult or None
        None as long as there is none.
    best : frozenset of str
        The metrics in which no other setting is better so far; a metric that is no number (NaN) is never best.
    """

    number: int
    told: tuple[str, ...]
    result: SweepResult | None
    best: frozenset[str]


class SweepTable:
    """The state: settings, the sweep that runs, what it has given.

    Parameters
    ----------
    settings, train, validation, **arguments
        Those of `recsys_lessons.parallel.Sweep`, among them `metrics`, `epochs` and `client`.

    Attributes
    ----------
    run : Sweep or None
        The sweep that was started last.
    arguments : tuple of str
        Names of the arguments in which settings differ.
    common : dict
        What all settings have in common.
    order : str
        "as listed", or the metric that the table is sorted by.

    Raises
    ------
    ValueError, ImportError
        As `Sweep`, and for a metric that has the name of an order, "as listed".

    Examples
    --------
    >>> import numpy as np, scipy.sparse as sp
    >>> likes = sp.coo_matrix(np.kron(np.eye(2), np.ones((4, 3))))
    >>> train = likes.tolil(); train[0, 1] = 0; train = train.tocoo()
    >>> validation = (likes.tocsr() - train.tocsr()).tocoo()
    >>> settings = [{"no_components": n, "loss": "warp", "random_state": 1} for n in (2, 4)]
    >>> table = SweepTable(settings, train, validation, epochs=30, metrics=["reciprocal_rank"])
    >>> table.arguments, table.common
    (('no_components',), {'loss': 'warp', 'random_state': 1})
    >>> run = table.begin()
    >>> while table.advance(run):
    ...     pass
    >>> [(row.told, row.result.metrics["reciprocal_rank"]) for row in table.rows()]
    [(('2',), 1.0), (('4',), 1.0)]
    """

    def __init__(self, settings: Sequence[Mapping[str, Any]], train: Any, validation: Any, **arguments: Any) -> None:
        self._given = (settings, train, validation), arguments
        checked = self._new_run()
        self.settings = checked.settings
        self.metrics = tuple(checked.metrics)
        if AS_LISTED in self.metrics:
            raise ValueError(f"metrics has the name {AS_LISTED!r}, which is that of an order; expected another one")
        self.where = "here" if arguments.get("client") is None else "on the cluster"
        names = list(dict.fromkeys(name for setting in self.settings for name in setting))
        told = {name: _told_apart([setting.get(name) for setting in self.settings]) for name in names}
        self.arguments = tuple(name for name in names if len(set(told[name])) > 1)
        self.common = {name: self.settings[0][name] for name in names if name not in self.arguments}
        self._told = list(zip(*(told[name] for name in self.arguments), strict=True)) or [()] * len(self.settings)
        self.run: Sweep | None = None
        self.order = AS_LISTED

    def _new_run(self) -> Sweep:
        positional, named = self._given
        return Sweep(*positional, **named)

    @property
    def is_running(self) -> bool:
        """Whether a result is still to come."""
        return self.run is not None and not self.run.is_done and not self.run.is_stopped

    @property
    def is_broken(self) -> bool:
        """Whether an exception ended the sweep."""
        run = self.run
        return run is not None and run.is_done and not run.is_stopped and len(run.results) < len(self.settings)

    def begin(self) -> Sweep:
        """A new sweep over all settings; the one before is stopped and forgotten."""
        self.stop()
        self.run = self._new_run()
        return self.run

    def advance(self, run: Sweep) -> bool:
        """Wait for the next result of `run`; whether there was one."""
        return next(run, None) is not None

    def stop(self) -> None:
        """Begin no fit any more, and let those that run end with their epoch. Does not wait for them."""
        if self.run is not None:
            self.run.stop(wait=False)

    def sort(self, order: str) -> None:
        """Sort by a metric, best first, or as the settings are listed."""
        self.order = choice("order", order, (AS_LISTED, *self.metrics))

    def results(self) -> dict[int, SweepResult]:
        """What is ready, by the number of its setting."""
        return {} if self.run is None else {result.number: result for result in list(self.run.results)}

    def rows(self) -> list[SweepRow]:
        """The table, in the chosen order. What has no result, diverged, or gave no number stands below the others."""
        results = self.results()
        top = {
            name: max((v for r in results.values() if not math.isnan(v := _measured(r, name))), default=None)
            for name in self.metrics
        }
        rows = []
        for number, told in enumerate(self._told):
            result = results.get(number)
            best = frozenset(name for name in self.metrics if _measured(result, name) == top[name])
            rows.append(SweepRow(number, tuple(told), result, best))
        if self.order != AS_LISTED:
            # Python's sort keeps the order of what is equal.
            rows.sort(key=lambda row: _last_where_missing(_measured(row.result, self.order)))
        return rows


def _measured(result: SweepResult | None, name: str) -> float:
    """A metric of a result; NaN where there is none."""
    return math.nan if result is None else result.metrics.get(name, math.nan)


def _last_where_missing(value: float) -> tuple[bool, float]:
    """What the highest value is least by, and NaN greatest."""
    return (True, 0.0) if math.isnan(value) else (False, -value)


class SweepTableView(LabView):
    """Start, Stop, and the table, which is drawn again with each result.

    Parameters
    ----------
    table : SweepTable

    Attributes
    ----------
    start, stop : ipywidgets.Button
    order : ipywidgets.Dropdown
    progress : ipywidgets.IntProgress
    """

    def __init__(self, table: SweepTable) -> None:
        self.table = table
        narrow = ipywidgets.Layout(width="auto")
        self.start = ipywidgets.Button(description="Start", tooltip="Fit all settings, from the first", layout=narrow)
        self.stop = ipywidgets.Button(
            description="Stop", tooltip="Begin no fit any more; those that run end with their epoch", layout=narrow
        )
        self.order = ipywidgets.Dropdown(
            options=[AS_LISTED, *table.metrics], value=table.order, description="Order", **wide("240px")
        )
        self.progress = ipywidgets.IntProgress(min=0, max=len(table.settings), description="Fits", **wide("260px"))
        self.left = ipywidgets.Label()
        line = ipywidgets.HBox(
            [self.start, self.stop, self.order, self.progress, self.left],
            layout=ipywidgets.Layout(flex_flow="row wrap"),
        )
        # A row of the table takes 27 pixels in JupyterLab; above it stand the caption and the heading.
        super().__init__("A sweep, live", [line], height=27 * min(len(table.settings), 12) + 90)
        self.on_click(self.start, self._start)
        self.on_click(self.stop, self._stop)
        self.on_change(self.order, self._sort)
        self.draw()

    def _start(self) -> None:
        run = self.table.begin()
        self.draw()
        # A step waits for a result. No fit holds Python's lock, so the page stays alive.
        self.work(lambda: self.table.advance(run), self.draw)

    def _stop(self) -> None:
        self.table.stop()
        self.draw()

    def _sort(self, order: str) -> None:
        self.table.sort(order)
        self.draw()

    def end_work(self) -> None:
        """Let no fit follow."""
        super().end_work()
        self.table.stop()

    def draw(self) -> None:
        """Show the state as it is now."""
        table = self.table
        n_ready = len(table.results())
        self.start.disabled, self.stop.disabled = table.is_running, not table.is_running
        self.progress.value = n_ready
        told = f"{n_ready} of {len(table.settings)}"
        if table.run is None:
            self.left.value = "nothing started yet"
        elif table.is_running:
            self.left.value = f"{told}, running {table.where}"
        elif table.is_broken:
            self.left.value = f"ended by an error after {told}"
        else:
            self.left.value = f"stopped after {told}" if table.run.is_stopped else f"done: {told}"
        self.set_body(_as_html(table))


def _told(value: Any) -> str:
    """An argument in a cell: a number in short, a loss of one's own by its name, – where it is not given."""
    if value is None:
        return "–"
    return f"{value:g}" if isinstance(value, float) else str(getattr(value, "name", value))


def _told_in_full(value: Any) -> str:
    """The same with all digits of a number, and with what belongs to a loss beside its function."""
    if isinstance(value, OwnLoss):
        margin = "" if value.margin is None else f", margin {value.margin:g}"
        return f"{value.name}, {value.negatives}{margin}"
    return str(float(value)) if isinstance(value, numbers.Real) else _told(value)


def _told_apart(values: Sequence[Any]) -> list[str]:
    """A text for each value, the same for equal values alone: in short, otherwise in full, otherwise numbered."""
    # Two losses are equal if they are made of the same function in the same way.
    kinds = [(v.function, v.negatives, v.margin) if isinstance(v, OwnLoss) else v for v in values]
    first = [kinds.index(kind) for kind in kinds]
    texts = {place: _told(values[place]) for place in first}
    counts = Counter(texts.values())
    texts = {place: _told_in_full(values[place]) if counts[text] > 1 else text for place, text in texts.items()}
    counts, seen = Counter(texts.values()), Counter()
    for place, text in texts.items():
        if counts[text] > 1:
            seen[text] += 1
            texts[place] = f"{text} ({seen[text]})"
    return [texts[place] for place in first]


def _as_html(table: SweepTable) -> str:
    def cell(text: str, is_best: bool = False) -> str:
        shown = html.escape(text)
        return f'<td title="{shown}">{f"<strong>{shown} ✓</strong>" if is_best else shown}</td>'

    lines = []
    for row in table.rows():
        result = row.result
        if result is None:
            waiting = "waiting" if table.is_running else "–"
            measured = [cell(waiting)] * len(table.metrics) + [cell("")]
        elif result.diverged:
            measured = [f'<td colspan="{len(table.metrics)}" title="{html.escape(result.diverged)}">diverged</td>']
            measured.append(cell(f"epoch {len(result.losses) + 1}"))
        else:
            measured = [cell(f"{result.metrics[name]:.4f}", name in row.best) for name in table.metrics]
            measured.append(cell(f"{result.losses[-1]:.4f}" if result.losses else "–"))
        told = "".join(cell(text) for text in row.told)
        lines.append(f'<tr><th scope="row" class="rank">{row.number}</th>{told}{"".join(measured)}</tr>')
    names = [name.replace("_", " ") for name in (*table.arguments, *table.metrics, "last loss")]
    head = "".join(f'<th scope="col" title="{html.escape(name)}">{html.escape(name)}</th>' for name in names)
    common = ", ".join(f"{name.replace('_', ' ')} {_told(value)}" for name, value in table.common.items())
    caption = f"All: {html.escape(common)}" if common else "Settings"
    return (
        f'<table><caption>{caption}</caption><thead><tr><th scope="col" class="rank">#</th>{head}</tr></thead>'
        f"<tbody>{''.join(lines)}</tbody></table>"
    )


def show_sweep_table(settings: Sequence[Mapping[str, Any]], train: Any, validation: Any, **arguments: Any) -> None:
    """Show the live table of a sweep. The cell that calls this carries the tag ``nbval-ignore-output``.

    Parameters
    ----------
    settings, train, validation, **arguments
        Those of `SweepTable`: also `metrics`, `epochs`, `item_features`, `user_features` and `client`.

    Raises
    ------
    ValueError, ImportError
        As `SweepTable`.
    """
    view = SweepTableView(SweepTable(settings, train, validation, **arguments))
    view.show(f"a sweep of {len(view.table.settings)} settings, live")
