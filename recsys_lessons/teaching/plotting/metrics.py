"""Figures of metrics: a list and its five verdicts, how deep likes lie, intervals, and sampled candidates.

Nothing here knows models or data sets: places, ranks and intervals come in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np

from recsys_lessons.teaching.plotting.style import BLUE, GRAY, ORANGE, PALETTE, drawing, drawing_panels
from recsys_lessons.teaching.ranked_lists import five_metrics

__all__ = ["plot_found_by_depth", "plot_lead_by_candidates", "plot_paired_intervals", "plot_ranked_lists"]


def plot_ranked_lists(
    lists: Mapping[str, Sequence[int]], *, n_items: int, k: int, title: str | None = None, item: str = "film"
) -> None:
    """Draw one or two ranked lists with their likes, and beside them the five metrics of each.

    Parameters
    ----------
    lists : mapping of str to sequence of int
        By the name of the list, the places of the likes: 1 is the top.
    n_items : int
        The length of the lists: all candidates.
    k : int
        Where precision, recall and NDCG cut the list.
    title : str, optional
        Replaces the title, which otherwise tells the hits of one list, or which of two lists each metric prefers.
    item : str
        What stands in the list.

    Raises
    ------
    ValueError
        If there are not one or two lists, or a place is outside of the list or named twice.

    Examples
    --------
    >>> plot_ranked_lists({"a": [3, 7]}, n_items=8, k=4)  # doctest: +ELLIPSIS
    [figure] Left, a list of 8 places, cut after 4, with likes at: a 3, 7. Right, bars, five metrics. a: precision@4 ...
    a: precision@4 0.250 · recall@4 0.500 · AUC 0.417 · reciprocal rank 0.333 · NDCG@4 0.307
    """
    if len(lists) not in (1, 2):
        raise ValueError(f"lists has {len(lists)} lists; expected one or two")
    if not 1 <= k <= n_items:
        raise ValueError(f"k is {k}; expected a number from 1 to {n_items}, the length of the list")
    for name, places in lists.items():
        if not places or len(set(places)) < len(places) or not all(1 <= place <= n_items for place in places):
            raise ValueError(f"lists[{name!r}] is {list(places)}; expected different places from 1 to {n_items}")
    measured = five_metrics(list(lists.values()), n_items, k)
    values = {
        name: {metric: float(of_each[row]) for metric, of_each in measured.items()} for row, name in enumerate(lists)
    }
    if len(lists) == 1:
        ((name, places),) = lists.items()
        hits = sum(place <= k for place in places)
        finding = f"{hits} of {k} places {'is a like' if hits == 1 else 'are likes'}, {hits} of {len(places)} found"
    else:
        one, other = lists
        better = {one: [], other: [], "": []}
        for metric, value in values[one].items():
            gap = value - values[other][metric]
            better["" if abs(gap) < 1e-9 else one if gap > 0 else other].append(metric)
        verdicts = [f"{who} is ahead on {', '.join(names)}" for who, names in better.items() if who and names]
        finding = "; ".join(verdicts) or "All five metrics are equal"
    told = [f"{name}: " + " · ".join(f"{m} {v:.3f}" for m, v in found.items()) for name, found in values.items()]
    where = "; ".join(f"{name} {', '.join(map(str, sorted(places)))}" for name, places in lists.items())
    with drawing_panels(
        title or finding,
        [f"likes (filled) and the cut after place {k}", "what five metrics say"],
        alt=f"Left, a list of {n_items} places, cut after {k}, with likes at: {where}. "
        f"Right, bars, five metrics. {' '.join(told)}",
        facts=told,
        height=max(2.9, 1.3 + 0.17 * n_items),
    ) as (left, right):
        thickness = 0.7 / len(lists)
        for column, (name, places) in enumerate(lists.items()):
            color = (BLUE, ORANGE)[column]
            for place in range(1, n_items + 1):
                liked = place in places
                left.barh(
                    place, 0.8, left=column - 0.4, height=0.72,
                    color=color if liked else "white", edgecolor=color if liked else GRAY, linewidth=0.8,
                )  # fmt: skip
            at = np.arange(5) + (column - (len(lists) - 1) / 2) * thickness
            right.barh(at, list(values[name].values()), color=color, height=thickness * 0.9, label=name)
            for y, value in zip(at, values[name].values(), strict=True):
                right.annotate(f"{value:.3f}", (value, y), xytext=(4, 0), textcoords="offset points", va="center")
        left.axhline(k + 0.5, color=GRAY, linestyle="--", linewidth=1.2)
        left.set_xticks(range(len(lists)), list(lists))
        left.set_xlim(-0.9, len(lists) - 0.1)
        left.set_ylim(n_items + 0.6, 0.4)
        left.set_yticks(range(1, n_items + 1) if n_items <= 12 else [1, *range(5, n_items + 1, 5)])
        left.set_ylabel(f"place of the {item}")
        left.grid(visible=False)
        right.set_yticks(range(5), list(values[name]))
        right.set_ylim(4.6, -0.6)
        right.set_xlim(0, 1.22)
        right.set_xticks([0, 0.5, 1])
        right.set_xlabel("value (1 is best)")
        right.grid(axis="y", visible=False)


def plot_found_by_depth(
    ranks: Mapping[str, Sequence[np.ndarray]], *, n_items: int, k: int = 10, title: str | None = None
) -> None:
    """Draw for two models or more what share of all likes stands in the first n places, for every n.

    Parameters
    ----------
    ranks : mapping of str to sequence of arrays
        By the name of the model, for each seed the ranks of all test likes, 0 for the top.
    n_items : int
        How many candidates there are.
    k : int
        The length of the list that a user sees; a line marks it.
    title : str, optional
        Replaces the title, which otherwise tells where the first two lines cross for the last time.

    Raises
    ------
    ValueError
        If there are fewer than two models, or a model has no ranks.

    Examples
    --------
    >>> plot_found_by_depth({"a": [np.array([0, 90])], "b": [np.array([20, 30])]}, n_items=100)  # doctest: +ELLIPSIS
    [figure] Lines, share of likes found in the first n places. In the first 10: a 0.500, b 0.000. ...
    found in the first 10: a 0.500 · b 0.000
    found in the first 50: a 0.500 · b 1.000
    """
    if len(ranks) < 2:
        raise ValueError(f"ranks has {len(ranks)} models; expected two or more")
    if empty := [name for name, seeds in ranks.items() if not len(seeds) or any(len(seed) == 0 for seed in seeds)]:
        raise ValueError(f"ranks[{empty[0]!r}] is empty; expected ranks of likes for at least one seed")
    depth = np.unique(np.round(np.geomspace(1, n_items, 400)).astype(np.int64))
    found = {
        name: np.array([np.searchsorted(np.sort(seed), depth, side="left") / len(seed) for seed in seeds])
        for name, seeds in ranks.items()
    }
    one, other = list(found)[:2]
    gap = found[one].mean(axis=0) - found[other].mean(axis=0)
    differs = np.flatnonzero(gap)
    turns = [here for here, there in pairwise(differs) if gap[here] > 0 > gap[there]]
    finding = (
        f"Up to place {depth[turns[-1]]:,} {one} has found more likes, further down {other}"
        if turns
        else f"{one} finds {'more' if gap.mean() > 0 else 'fewer'} likes than {other}, however far you look"
    )
    facts = []
    for n in dict.fromkeys(n for n in (k, 10 * k, 100 * k, n_items // 2) if n < n_items):
        if n <= n_items // 2:
            shares = (np.mean([np.mean(seed < n) for seed in seeds]) for seeds in ranks.values())
            facts.append((n, " · ".join(f"{name} {share:.3f}" for name, share in zip(ranks, shares, strict=True))))
    with drawing(
        title or finding,
        alt="Lines, share of likes found in the first n places. "
        + " ".join(f"In the first {n:,}: {told.replace(' · ', ', ')}." for n, told in facts),
        facts=[f"found in the first {n:,}: {told}" for n, told in facts],
        x_label="the first n places (logarithmic)",
        y_label="share of all likes in test",
        height=3.8,
    ) as axes:
        for (name, lines), color, style in zip(found.items(), PALETTE, ("-", "--", "-.", ":"), strict=False):
            axes.plot(depth, lines.T, color=color, linestyle=style, linewidth=0.8, alpha=0.5)
            axes.plot(depth, lines.mean(axis=0), color=color, linestyle=style, label=name)
        axes.axvline(k, color=GRAY, linestyle=":", linewidth=1.2)
        axes.annotate(f"place {k}", (k, 0.97), xytext=(4, 0), textcoords="offset points", color=GRAY, va="top")
        axes.set_xscale("log")
        axes.set_xlim(1, n_items)
        axes.set_ylim(0, 1.02)
        axes.set_xticks(ticks := [10**e for e in range(6) if 10**e <= n_items], [f"{tick:,}" for tick in ticks])
        axes.legend(loc="upper left", bbox_to_anchor=(0.0, 0.9))


def plot_paired_intervals(
    separate: Mapping[str, Sequence[tuple[float, float]] | np.ndarray],
    difference: Sequence[tuple[float, float]] | np.ndarray,
    *,
    seeds: Sequence[int],
    measure: str,
    title: str | None = None,
) -> None:
    """Compare two models by an interval for each, and by one for the difference, for several seeds.

    Parameters
    ----------
    separate : mapping of str to array of shape (n_seeds, 2)
        For both models, lower and upper end for each seed.
    difference : array of shape (n_seeds, 2)
        The same for the difference, first model minus second.
    seeds : sequence of int
        What the rows are called.
    measure : str
        What was measured: the label of the axis.
    title : str, optional
        Replaces the title, which otherwise counts overlaps, and differences that leave out 0.

    Raises
    ------
    ValueError
        If there are not two models, or the numbers of intervals differ.

    Examples
    --------
    >>> both = {"a": [(0.1, 0.3), (0.2, 0.4)], "b": [(0.0, 0.2), (0.1, 0.3)]}
    >>> gap = [(0.05, 0.15), (-0.1, 0.3)]
    >>> plot_paired_intervals(both, gap, seeds=[1, 2], measure="precision@10")  # doctest: +ELLIPSIS
    [figure] Left, intervals of precision@10 for a and b, a row for each of 2 seeds; right, of the difference. ...
    separate intervals overlap in 2 of 2 seeds
    the interval of the difference leaves out 0 in 1 of 2
    """
    if len(separate) != 2:
        raise ValueError(f"separate has {len(separate)} models; expected two")
    ends = {name: np.asarray(values, dtype=np.float64) for name, values in separate.items()}
    gaps = np.asarray(difference, dtype=np.float64)
    shapes = [values.shape for values in (*ends.values(), gaps)]
    if any(shape != (len(seeds), 2) for shape in shapes):
        raise ValueError(f"separate and difference have shapes {shapes}; expected ({len(seeds)}, 2), one row a seed")
    one, other = ends
    overlap = int(((ends[one][:, 0] <= ends[other][:, 1]) & (ends[other][:, 0] <= ends[one][:, 1])).sum())
    clear = int(((gaps[:, 0] > 0) | (gaps[:, 1] < 0)).sum())
    n = len(seeds)
    with drawing_panels(
        title or f"Intervals overlap in {overlap} of {n} seeds, differences leave out 0 in {clear}",
        ["each model for itself", f"the difference, {one} − {other}"],
        alt=f"Left, intervals of {measure} for {one} and {other}, a row for each of {n} seeds; right, of the "
        f"difference. Separate intervals overlap in {overlap}, the difference leaves out 0 in {clear}.",
        facts=[
            f"separate intervals overlap in {overlap} of {n} seeds",
            f"the interval of the difference leaves out 0 in {clear} of {n}",
        ],
        height=2.0 + 0.36 * n,
    ) as (left, right):
        for (name, values), color, marker, shift in zip(
            ends.items(), (BLUE, ORANGE), ("o", "D"), (-0.14, 0.14), strict=True
        ):
            for row, (low, high) in enumerate(values):
                left.plot([low, high], [row + shift] * 2, color=color, label=name if row == 0 else None)
                left.plot((low + high) / 2, row + shift, marker, color=color, markersize=5)
        for row, (low, high) in enumerate(gaps):
            right.plot([low, high], [row] * 2, color=GRAY)
            right.plot((low + high) / 2, row, "s", color=GRAY, markersize=5)
        right.axvline(0, color="#222222", linewidth=1.2)
        low, high = min(0.0, gaps.min()), max(0.0, gaps.max())
        right.set_xlim(low - 0.12 * (high - low), high + 0.12 * (high - low))
        for axes in (left, right):
            axes.set_ylim(n - 0.5, -0.5)
            axes.locator_params(axis="x", nbins=5)
            axes.grid(axis="y", visible=False)
        left.set_yticks(range(n), [f"seed {seed}" for seed in seeds])
        right.set_yticks([])
        left.set_xlabel(measure)
        right.set_xlabel("difference (0: equally good)")
        left.figure.legend(loc="outside lower center", ncols=2)


def plot_lead_by_candidates(
    numbers: Sequence[int],
    lead: Sequence[Sequence[float]] | np.ndarray,
    *,
    names: tuple[str, str],
    measure: str,
    title: str | None = None,
) -> None:
    """Draw the lead of one model over another against the number of candidates a metric was computed on.

    Parameters
    ----------
    numbers : sequence of int
        How many negatives each like competed with, ascending; the last is all there are.
    lead : array of shape (n_numbers, n_seeds)
        The metric of the first model minus that of the second.
    names : (str, str)
        The two models.
    measure : str
        What was measured.
    title : str, optional
        Replaces the title, which otherwise tells who leads at both ends.

    Raises
    ------
    ValueError
        If `lead` does not have one row for each number, or the numbers are not ascending.

    Examples
    --------
    >>> lead = [[-0.2, -0.1], [0.1, 0.2]]
    >>> plot_lead_by_candidates([10, 100], lead, names=("a", "b"), measure="hit rate")  # doctest: +ELLIPSIS
    [figure] Dots, hit rate of a minus that of b by number of negatives, 2 seeds. 10: -0.200 to -0.100. 100: +0.100 ...
    a ahead, of 2 seeds: 0 with 10 negatives · 2 with all
    """
    lead = np.asarray(lead, dtype=np.float64)
    if lead.ndim != 2 or len(lead) != len(numbers):
        raise ValueError(f"lead has shape {lead.shape}; expected one row for each of {len(numbers)} numbers")
    if len(numbers) < 2 or any(np.diff(numbers) <= 0):
        raise ValueError(f"numbers is {list(numbers)}; expected two or more, ascending")
    one, other = names
    ahead = (lead > 0).sum(axis=1)
    n_seeds = lead.shape[1]
    few, many = (one if mean > 0 else other for mean in lead.mean(axis=1)[[0, -1]])
    finding = (
        f"With few negatives {few} leads, with all of them {many}"
        if few != many
        else f"{few} leads, however many negatives there are"
    )
    ranges = [f"{n:,}: {row.min():+.3f} to {row.max():+.3f}." for n, row in zip(numbers, lead, strict=True)]
    counts = [f"{count} with {n:,}" for n, count in zip(numbers[:-1], ahead, strict=False)]
    counts[0] += " negatives"
    counts.append(f"{ahead[-1]} with all")
    with drawing(
        title or finding,
        alt=f"Dots, {measure} of {one} minus that of {other} by number of negatives, {n_seeds} seeds. "
        + " ".join(ranges),
        facts=[f"{one} ahead, of {n_seeds} seeds: {' · '.join(counts)}"],
        x_label="negatives that each like competes with (logarithmic)",
        y_label=f"{measure}:\n{one} minus {other}",
        height=3.4,
    ) as axes:
        axes.axhline(0, color="#222222", linewidth=1.2)
        axes.plot(numbers, lead.mean(axis=1), color=BLUE, linewidth=1.2)
        axes.plot(np.repeat(numbers, n_seeds), lead.ravel(), "o", color=BLUE, markersize=6, markeredgecolor="white")
        axes.set_xscale("log")
        axes.set_xticks(numbers, [f"{n:,}" for n in numbers[:-1]] + [f"all ({numbers[-1]:,})"])
        axes.set_xticks([], minor=True)
