"""Figures of the store: what a list wins by repeats, how sure a difference is, when a lead is lost.

Nothing here knows models or data sets: arrays and names come in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from recsys_lessons.teaching.plotting.style import BLUE, GRAY, ORANGE, PALETTE, drawing, drawing_panels

__all__ = ["plot_by_share", "plot_differences", "plot_repeats"]


def plot_repeats(
    results: Mapping[str, Mapping[str, tuple[float, float]]],
    *,
    title: str | None = None,
) -> None:
    """Show what each list is worth when repeats count, and when only first purchases do.

    Parameters
    ----------
    results : mapping of str to mapping of str to (float, float)
        For each measure, a panel; for each list, from top to bottom, its value on all purchases and on first ones.
    title : str, optional
        Replaces the title, which otherwise names the best list of the first measure in both.

    Raises
    ------
    ValueError
        If there is no measure or no list, the measures have different lists, or a value is not between 0 and 1.

    Examples
    --------
    >>> values = {"often": (0.8, 0.6), "WARP": (0.7, 0.65)}
    >>> two = {"AUC": values, "precision@10": {"often": (0.4, 0.03), "WARP": (0.2, 0.04)}}
    >>> plot_repeats(two)  # doctest: +ELLIPSIS
    [figure] Dots, two for each list. AUC, all purchases and first ones: often 0.800, 0.600; WARP 0.700, 0.650. ...
    on all purchases and on first ones:
    often: AUC 0.800 and 0.600, precision@10 0.400 and 0.030
    WARP: AUC 0.700 and 0.650, precision@10 0.200 and 0.040
    """
    if not results or not all(results.values()):
        raise ValueError("results is empty; expected at least one measure with at least one list")
    names = list(next(iter(results.values())))
    if any(list(values) != names for values in results.values()):
        raise ValueError("results has different lists for different measures; expected the same, in the same order")
    tables = {measure: np.array([values[name] for name in names], float) for measure, values in results.items()}
    if not all(((table >= 0) & (table <= 1)).all() for table in tables.values()):
        raise ValueError("results has a value that is not between 0 and 1")
    described, facts = [], ["on all purchases and on first ones:"]
    for measure, table in tables.items():
        listed = "; ".join(f"{name} {one:.3f}, {other:.3f}" for name, (one, other) in zip(names, table, strict=True))
        described.append(f"{measure}, all purchases and first ones: {listed}")
    for row, name in enumerate(names):
        measured = (f"{measure} {table[row, 0]:.3f} and {table[row, 1]:.3f}" for measure, table in tables.items())
        facts.append(f"{name}: {', '.join(measured)}")
    measure, table = next(iter(tables.items()))
    best = [names[place] for place in table.argmax(axis=0)]
    with drawing_panels(
        title or f"Best {measure} on all purchases: {best[0]} · on first ones: {best[1]}",
        list(tables),
        alt=f"Dots, two for each list. {'. '.join(described)}.",
        facts=facts,
        height=1.9 + 0.4 * len(names),
        share_y=True,
    ) as all_axes:
        rows = np.arange(len(names))
        for axes, table in zip(all_axes, tables.values(), strict=True):
            axes.hlines(rows, table.min(axis=1), table.max(axis=1), color="#BBBBBB", linewidth=1.5)
            for column, (color, marker, name) in enumerate(
                ((ORANGE, "D", "all purchases"), (BLUE, "o", "first purchases, known products left out"))
            ):
                axes.plot(table[:, column], rows, marker, color=color, markersize=8, label=name, clip_on=False)
            axes.set_xlim(left=max(0, table.min() - 0.15 * np.ptp(table)))
            axes.grid(axis="y", visible=False)
        all_axes[0].set_yticks(rows, names)
        all_axes[0].set_ylim(len(names) - 0.5, -0.5)
        handles, labels = all_axes[0].get_legend_handles_labels()
        all_axes[0].figure.legend(handles, labels, loc="outside lower center", ncols=2)


def plot_differences(
    differences: Mapping[str, tuple[float, float, float, int]],
    *,
    measure: str,
    n_seeds: int,
    unit: str = "seeds",
    title: str | None = None,
) -> None:
    """Show differences of two models each, with their intervals: right of the line the first is ahead.

    Parameters
    ----------
    differences : mapping of str to (float, float, float, int)
        For each comparison, from top to bottom: mean, lower end, upper end, and the seeds in which it is above 0.
    measure : str
        What was measured: the label of the axis.
    n_seeds : int
        Out of how many seeds.
    unit : str
        What is counted, if not seeds.
    title : str, optional
        Replaces the title, which otherwise counts the intervals that leave out 0.

    Raises
    ------
    ValueError
        If there is no comparison, a number is not finite, or an interval's ends are in the wrong order.

    Examples
    --------
    >>> plot_differences({"a − b": (0.02, 0.01, 0.03, 10), "b − c": (0.0, -0.01, 0.01, 4)}, measure="AUC", n_seeds=10)
    [figure] Intervals of differences in AUC. a − b: +0.020, +0.010 to +0.030. b − c: +0.000, -0.010 to +0.010.
    a − b: +0.020 (+0.010 to +0.030), above 0 in 10 of 10 seeds
    b − c: +0.000 (-0.010 to +0.010), above 0 in 4 of 10 seeds
    """
    if not differences:
        raise ValueError("differences is empty; expected at least one comparison")
    table = np.array([row[:3] for row in differences.values()], dtype=np.float64)
    if not np.isfinite(table).all() or (table[:, 1] > table[:, 2]).any():
        raise ValueError("differences has a number that is not finite, or an interval with its ends exchanged")
    facts, described = [], []
    for name, (mean, low, high, ahead) in differences.items():
        facts.append(f"{name}: {mean:+.3f} ({low:+.3f} to {high:+.3f}), above 0 in {ahead} of {n_seeds} {unit}")
        described.append(f"{name}: {mean:+.3f}, {low:+.3f} to {high:+.3f}")
    up, down = int((table[:, 1] > 0).sum()), int((table[:, 2] < 0).sum())
    with drawing(
        title or f"{up} of {len(table)} intervals lie above 0, {down} below",
        alt=f"Intervals of differences in {measure}. {'. '.join(described)}.",
        facts=facts,
        x_label=f"difference in {measure} (dot: mean; line: 95% interval)",
        height=1.5 + 0.42 * len(table),
    ) as axes:
        axes.axvline(0, color="#222222", linewidth=1.2)
        for place, (mean, low, high) in enumerate(table):
            color = BLUE if low > 0 else ORANGE if high < 0 else GRAY
            axes.plot([low, high], [place] * 2, color=color, linewidth=3)
            axes.plot(mean, place, "o", color=color, markersize=7, markeredgecolor="white")
        axes.set_yticks(range(len(table)), list(differences))
        axes.set_ylim(len(table) - 0.5, -0.5)
        axes.grid(axis="y", visible=False)
        axes.margins(x=0.08)


def plot_by_share(
    shares: Sequence[float],
    lines: Mapping[str, np.ndarray],
    *,
    x_label: str,
    measure: str,
    title: str | None = None,
) -> None:
    """Show how models do as a share grows of something that is wrong or missing, and where the lead changes.

    Parameters
    ----------
    shares : sequence of float
        From 0 to 1, ascending.
    lines : mapping of str to array of shape (n_seeds, len(shares))
        For each model, a row for each seed. What needs no seed may have one row.
    x_label : str
        What the share is of.
    measure : str
        What was measured: the label of the axis.
    title : str, optional
        Replaces the title, which otherwise names the model with the highest mean at the ends.

    Raises
    ------
    ValueError
        If there are no shares or no lines, or a shape does not fit.

    Examples
    --------
    >>> lines = {"WARP": np.array([[0.7, 0.5], [0.71, 0.5]]), "BPR": np.array([[0.6, 0.58]])}
    >>> plot_by_share([0, 0.2], lines, x_label="cold products", measure="AUC")
    [figure] Lines, AUC by cold products, 0% to 20%, mean and range. WARP: 0.705, 0.500. BPR: 0.600, 0.580.
    WARP: 0.705 · 0.500 at 0% · 20%
    BPR: 0.600 · 0.580 at 0% · 20%
    highest mean: WARP · BPR
    """
    tables = {name: np.asarray(values, dtype=np.float64) for name, values in lines.items()}
    if not len(shares) or not tables:
        raise ValueError("shares or lines is empty; expected at least one share and one model")
    for name, table in tables.items():
        if table.ndim != 2 or table.shape[1] != len(shares) or not np.isfinite(table).all():
            raise ValueError(
                f"lines[{name!r}] has shape {table.shape}; expected finite numbers, (n_seeds, {len(shares)})"
            )
    means = {name: table.mean(axis=0) for name, table in tables.items()}
    names = list(means)
    best = [names[place] for place in np.argmax(list(means.values()), axis=0)]
    percent = " · ".join(f"{share:.0%}" for share in shares)
    facts = [f"{name}: {' · '.join(f'{value:.3f}' for value in mean)} at {percent}" for name, mean in means.items()]
    described = ". ".join(f"{name}: {', '.join(f'{value:.3f}' for value in mean)}" for name, mean in means.items())
    if best[0] == best[-1]:
        finding = f"{best[0]} leads from {shares[0]:.0%} to {shares[-1]:.0%}"
    else:
        finding = f"{best[0]} leads at {shares[0]:.0%}, {best[-1]} at {shares[-1]:.0%}"
    with drawing(
        title or finding,
        alt=f"Lines, {measure} by {x_label}, {shares[0]:.0%} to {shares[-1]:.0%}, mean and range. {described}.",
        facts=[*facts, f"highest mean: {' · '.join(best)}"],
        x_label=f"{x_label}, in %",
        y_label=f"{measure} (mean and range)",
        height=3.4,
    ) as axes:
        places = 100 * np.asarray(shares, dtype=np.float64)
        for place, (name, table) in enumerate(tables.items()):
            color, marker = PALETTE[place % len(PALETTE)], "osD^v<"[place % 6]
            axes.fill_between(places, table.min(axis=0), table.max(axis=0), color=color, alpha=0.2, linewidth=0)
            axes.plot(places, means[name], color=color, marker=marker, markersize=6, label=name)
        axes.set_xticks(places)
        axes.figure.legend(loc="outside lower center", ncols=3)
