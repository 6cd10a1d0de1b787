"""Figures of serving: how much of the exact answer a search finds, against the work that it does.

Nothing here knows models or indexes: counts and shares come in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from recsys_lessons.teaching.plotting.style import GRAY, PALETTE, drawing

__all__ = ["plot_recall_by_work"]

MARKERS = "os^Dv*"


def plot_recall_by_work(
    searches: Mapping[str, tuple[Sequence[float], Sequence[float]]],
    *,
    n_items: Mapping[str, int],
    k: int = 10,
    enough: float = 0.99,
    title: str | None = None,
) -> None:
    """Draw the recall of searches by the distances they compute for a query, and what the exact search computes.

    Parameters
    ----------
    searches : mapping of str to (sequence of float, sequence of float)
        By the name of the search, the distances computed for a query, rising, and the recall.
    n_items : mapping of str to int
        For each search, among how many items: as many distances an exact search computes.
    k : int
        Recall at how many places.
    enough : float
        The recall whose work is told.
    title : str, optional
        Replaces the title, which otherwise tells the work of the first search for `enough`.

    Raises
    ------
    ValueError
        If there is no search or more than six, a search has no `n_items`, work and recall differ in length or are
        empty, work does not rise, or a recall is outside of 0 to 1.

    Examples
    --------
    >>> searches = {"patient": ([100, 200, 400], [0.9, 0.99, 1.0]), "blind": ([100, 300], [0.4, 0.41])}
    >>> plot_recall_by_work(searches, n_items={"patient": 1000, "blind": 1000})  # doctest: +ELLIPSIS
    [figure] Lines, recall of the exact 10 by distances computed for a query. Patient: 0.90 at 100 to 1.00 ...
    patient: 0.99 from 200 distances on, of 1,000 (20.0%)
    blind: at most 0.41
    """
    if not 1 <= len(searches) <= len(PALETTE):
        raise ValueError(f"searches has {len(searches)} searches; expected 1 to {len(PALETTE)}")
    curves = {name: tuple(np.asarray(values, dtype=np.float64) for values in pair) for name, pair in searches.items()}
    for name, (work, recall) in curves.items():
        if name not in n_items:
            raise ValueError(f"n_items has no {name!r}; expected a number for each search")
        if work.ndim != 1 or work.shape != recall.shape or not work.size:
            raise ValueError(
                f"searches[{name!r}] has work of shape {work.shape} and recall of shape {recall.shape}; "
                "expected as many of both, at least one"
            )
        if not (np.diff(work) > 0).all() or work[0] <= 0:
            raise ValueError(f"the work of searches[{name!r}] is {work.tolist()}; expected rising numbers above 0")
        if not ((recall >= 0) & (recall <= 1)).all():
            raise ValueError(f"the recall of searches[{name!r}] is {recall.tolist()}; expected shares from 0 to 1")
    facts = [f"{name}: {_told(*curve, n_items[name], enough)}" for name, curve in curves.items()]
    spans = [
        f"{name[:1].upper()}{name[1:]}: {recall[0]:.2f} at {_about(work[0])} to {recall[-1]:.2f} at {_about(work[-1])}."
        for name, (work, recall) in curves.items()
    ]
    with drawing(
        title or f"{facts[0][:1].upper()}{facts[0][1:]}",
        alt=f"Lines, recall of the exact {k} by distances computed for a query. {' '.join(spans)}",
        facts=facts,
        x_label="distances computed for a query (logarithmic)",
        y_label=f"recall: share of the exact {k} found",
    ) as axes:
        for number, (name, (work, recall)) in enumerate(curves.items()):
            color = PALETTE[number]
            axes.plot(work, recall, color=color, marker=MARKERS[number], markersize=5, label=name)
        for count in sorted(set(n_items[name] for name in curves)):
            axes.axvline(count, color=GRAY, linestyle="--", linewidth=1.2)
            axes.annotate(
                f"exact: {count:,}", (count, 0.03), xytext=(-5, 0), textcoords="offset points",
                ha="right", va="bottom", rotation=90, color=GRAY,
            )  # fmt: skip
        axes.set_xscale("log")
        numbers = [count for work, _ in curves.values() for count in work] + list(n_items.values())
        steps = (1, 2, 5) if max(numbers) / min(numbers) < 300 else (1,)
        axes.set_xticks([step * 10.0**power for power in range(10) for step in steps], minor=False)
        axes.xaxis.set_major_formatter("{x:,.0f}")
        axes.set_xlim(min(numbers) / 1.25, max(numbers) * 1.25)
        axes.set_ylim(0, 1.04)
        axes.legend(loc="lower right", bbox_to_anchor=(0.93, 0.42 if len(curves) > 2 else 0.02))


def _told(work: np.ndarray, recall: np.ndarray, n_items: int, enough: float) -> str:
    reached = np.flatnonzero(recall >= enough)
    if not reached.size:
        return f"at most {recall.max():.2f}"
    least = work[reached[0]]
    return f"{enough:.2f} from {_about(least)} distances on, of {n_items:,} ({least / n_items:.1%})"


def _about(work: float) -> str:
    """A count to two digits: the last ones of a search depend on how a processor adds up."""
    return f"{float(f'{work:.2g}'):,.0f}"
