"""Figures of predicted ratings: where they err, and in which direction.

Nothing here knows models or data sets: arrays and names come in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from recsys_lessons.teaching.plotting.style import GRAY, PALETTE, drawing_panels
from recsys_lessons.teaching.residuals import by_group

__all__ = ["plot_residuals"]


def plot_residuals(
    residuals: Mapping[str, Sequence[float]],
    groups: Sequence[int],
    names: Sequence[str],
    *,
    by: str,
    title: str | None = None,
) -> None:
    """Show, for groups of ratings, how far predictions lie too high on average, and the size of the error.

    Parameters
    ----------
    residuals : mapping of str to sequence of float
        For each model, predicted less given stars, one for each rating.
    groups : sequence of int
        The number of each rating's group, from 0; groups are in the order of their numbers.
    names : sequence of str
        What to call the groups. A group without a rating is left out.
    by : str
        What the groups are: the label of the axis.
    title : str, optional
        Replaces the title, which otherwise gives the first model's mean error in the first and in the last group.

    Raises
    ------
    ValueError
        If there is no model, a model has another number of residuals than there are groups, a residual is not finite,
        or a group has no name.

    Examples
    --------
    >>> plot_residuals({"biases": [1.0, 2.0, -1.0]}, [0, 0, 1], ["1 star", "5 stars"], by="stars")  # doctest: +ELLIPSIS
    [figure] Two line charts by stars, 1 star to 5 stars. Mean of predicted less given: biases +1.50, -1.00. RMSE: ...
    stars: 1 star · 5 stars
    ratings: 2 · 1
    biases, mean: +1.50 · -1.00
    biases, RMSE: 1.58 · 1.00
    """
    if not residuals:
        raise ValueError("residuals is empty; expected at least one model")
    numbers = np.asarray(groups, dtype=np.int64)
    if numbers.ndim != 1 or not numbers.size or numbers.min() < 0 or numbers.max() >= len(names):
        raise ValueError(f"groups must hold numbers from 0 to {len(names) - 1}, one for each of the {len(names)} names")
    off = {name: np.asarray(values, dtype=np.float64) for name, values in residuals.items()}
    for name, values in off.items():
        if values.shape != numbers.shape or not np.isfinite(values).all():
            raise ValueError(f"residuals of {name!r} must be {numbers.size} finite numbers, one for each group number")

    grouped = {name: by_group(values, numbers, len(names)) for name, values in off.items()}
    counts = next(iter(grouped.values())).counts
    there = np.flatnonzero(counts)
    labels = [names[number] for number in there]
    tables = {name: (of.means[there], of.sizes[there]) for name, of in grouped.items()}

    def listed(values: np.ndarray, sign: str, between: str) -> str:
        return between.join(f"{value:{sign}.2f}" for value in values)

    first = next(iter(tables))
    facts = [f"{by}: {' · '.join(labels)}", "ratings: " + " · ".join(f"{count:,}" for count in counts[there])]
    for name, (mean, size) in tables.items():
        facts.append(f"{name}, mean: {listed(mean, '+', ' · ')}")
        facts.append(f"{name}, RMSE: {listed(size, '', ' · ')}")
    described = ". ".join(
        f"{what}: " + "; ".join(f"{name} {listed(table[which], sign, ', ')}" for name, table in tables.items())
        for which, (what, sign) in enumerate((("Mean of predicted less given", "+"), ("RMSE", "")))
    )
    mean = tables[first][0]
    with drawing_panels(
        title or f"{first}: {mean[0]:+.2f} for {labels[0]}, {mean[-1]:+.2f} for {labels[-1]}",
        ["mean of predicted less given (stars)", "RMSE (stars)"],
        alt=f"Two line charts by {by}, {labels[0]} to {labels[-1]}. {described}.",
        facts=facts,
    ) as panels:
        for which, axes in enumerate(panels):
            if which == 0:
                axes.axhline(0, color=GRAY, linewidth=1.2, linestyle="--")
            for color, (name, table) in zip(np.resize(PALETTE, len(tables)), tables.items(), strict=True):
                axes.plot(range(len(there)), table[which], "o-", color=color, label=name)
            axes.set_xticks(range(len(there)), labels, rotation=45, ha="right")
            axes.set_xlabel(by)
        panels[1].set_ylim(bottom=0)
        panels[0].figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
