"""Figures of tuning: what each knob does to a measure, and how a training goes, epoch by epoch.

Nothing here knows models or data sets: numbers and names come in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from recsys_lessons.teaching.plotting.style import BLUE, GRAY, GREEN, ORANGE, drawing, drawing_panels

__all__ = ["plot_knobs", "plot_live_curves", "plot_tries"]


def plot_tries(positions: Sequence[float], scores: Sequence[float], *, knob: str, measure: str) -> None:
    """Show what a measure came to at each position of a knob, one training each, and mark the best.

    Parameters
    ----------
    positions : sequence of float
        The values of the knob that were tried.
    scores : sequence of float
        What was measured at each.
    knob, measure : str
        Names of the two: the labels of the axes.

    Raises
    ------
    ValueError
        If nothing was tried, the lengths differ, or a number is not finite.

    Examples
    --------
    >>> plot_tries([1, 2, 3], [0.10, 0.12, 0.11], knob="depth", measure="precision@10")
    [figure] Dots, precision@10 by depth, one training each. 1: 0.100. 2: 0.120. 3: 0.110.
    average of 3: 0.110
    best: depth = 2, 0.120, a gain of 9.1%
    """
    where, reached = np.asarray(positions, dtype=np.float64), np.asarray(scores, dtype=np.float64)
    if where.size == 0 or where.shape != reached.shape:
        raise ValueError(f"there are {where.size} positions and {reached.size} scores; expected as many, at least one")
    if not (np.isfinite(where).all() and np.isfinite(reached).all()):
        raise ValueError("positions and scores must be finite numbers")
    best, average = int(reached.argmax()), float(reached.mean())
    gain = f", a gain of {reached[best] / average - 1:.1%}" if average > 0 else ""
    with drawing(
        f"The best is {knob} = {where[best]:g}{gain}",
        alt=f"Dots, {measure} by {knob}, one training each. "
        + " ".join(f"{at:g}: {score:.3f}." for at, score in zip(where, reached, strict=True)),
        facts=[
            f"average of {reached.size}: {average:.3f}",
            f"best: {knob} = {where[best]:g}, {reached[best]:.3f}{gain}",
        ],
        x_label=f"{knob} (one training each)",
        y_label=measure,
        height=3.2,
    ) as axes:
        axes.plot(where, reached, "o", color=BLUE)
        axes.plot(where[best], reached[best], "o", color=ORANGE, markersize=11, markeredgecolor="white")
        axes.axhline(average, color=GRAY, linestyle="--", linewidth=1.2)
        axes.annotate(
            "average",
            (1, average),
            xycoords=("axes fraction", "data"),
            xytext=(-4, 4),
            textcoords="offset points",
            ha="right",
            color=GRAY,
        )


def plot_knobs(
    results: Mapping[str, Mapping[str, Sequence[float]]],
    default: Sequence[float],
    *,
    measure: str,
    title: str | None = None,
) -> None:
    """Turn one knob at a time and compare with what the seed alone does: a row for each knob, a dot for each seed.

    Parameters
    ----------
    results : mapping of str to mapping of str to sequence of float
        For each knob, from top to bottom, one or two positions, from low to high, and what was measured with each seed.
    default : sequence of float
        What was measured with all knobs at their defaults, one value for each seed: drawn as a band.
    measure : str
        What was measured, with the candidates: the label of the axis.
    title : str, optional
        Replaces the title, which otherwise says which knobs moved the mean farthest out of the band.

    Raises
    ------
    ValueError
        If there are no knobs, a knob has no position or more than two, or a value is not finite.

    Examples
    --------
    >>> knobs = {"rate": {"0.1": [1, 2], "9": [5, 6]}, "rho": {"0.5": [3, 4]}}
    >>> plot_knobs(knobs, [3, 4], measure="hits")  # doctest: +ELLIPSIS
    [figure] Dots, hits by knob, one dot a seed. Gray band, defaults: 3.000 to 4.000. rate 0.1: 1.000 to 2.000, ...
    defaults: 3.000 to 4.000 in 2 seeds
    means below the range of the defaults: rate 0.1 (1.500)
    means above it: rate 9 (5.500)
    means within it: rho 0.5
    """
    if not results:
        raise ValueError("results is empty; expected at least one knob")
    start = np.asarray(default, dtype=np.float64)
    rows = {
        knob: {name: np.asarray(row, dtype=np.float64) for name, row in places.items()}
        for knob, places in results.items()
    }
    for knob, places in rows.items():
        if not 1 <= len(places) <= 2:
            raise ValueError(f"results has {len(places)} positions of {knob!r}; expected one or two")
    for name, row in [("default", start), *((knob, row) for knob, places in rows.items() for row in places.values())]:
        if row.size == 0 or not np.isfinite(row).all():
            raise ValueError(f"the values of {name!r} are {row}; expected finite numbers, at least one")
    low, high = float(start.min()), float(start.max())
    means = {f"{knob} {name}": float(row.mean()) for knob, places in rows.items() for name, row in places.items()}
    below = sorted((name for name in means if means[name] < low), key=means.__getitem__)
    above = sorted((name for name in means if means[name] > high), key=means.__getitem__, reverse=True)
    within = [name for name in means if low <= means[name] <= high]

    def listed(names: Sequence[str], *, told: bool = True) -> str:
        return ", ".join(f"{name} ({means[name]:.3f})" if told else name for name in names) or "none"

    outside = [f"{names[0]} {verb} most" for names, verb in ((below, "costs"), (above, "gains")) if names]
    described = ", ".join(
        f"{knob} {name}: {row.min():.3f} to {row.max():.3f}"
        for knob, places in rows.items()
        for name, row in places.items()
    )
    with drawing(
        title or ", ".join(outside) or "No knob does more than the seed",
        alt=f"Dots, {measure} by knob, one dot a seed. Gray band, defaults: {low:.3f} to {high:.3f}. {described}.",
        facts=[
            f"defaults: {low:.3f} to {high:.3f} in {start.size} seeds",
            f"means below the range of the defaults: {listed(below)}",
            f"means above it: {listed(above)}",
            f"means within it: {listed(within, told=False)}",
        ],
        x_label=f"{measure}\n(one mark a seed; ▼ the lower value of a knob, ▲ the higher)",
        height=1.7 + 0.52 * len(rows),
    ) as axes:
        axes.axvspan(low, high, color=GRAY, alpha=0.22, linewidth=0)
        axes.annotate(
            f"only the seed differs ({start.size} seeds)",
            (low, 1),
            xycoords=("data", "axes fraction"),
            xytext=(-5, -3),
            textcoords="offset points",
            ha="right",
            va="top",
            color=GRAY,
        )
        for place, places in enumerate(rows.values()):
            for side, (name, row) in enumerate(places.items()):
                color, marker = ((BLUE, "v"), (ORANGE, "^"))[side] if len(places) == 2 else (GREEN, "o")
                height = place + (0.0 if len(places) == 1 else (-0.18, 0.18)[side])
                style = {"color": color, "markersize": 7, "markeredgecolor": "white", "markeredgewidth": 0.6}
                # Dots of equal value must stay countable.
                axes.plot(row, height + np.linspace(-0.07, 0.07, row.size), marker, **style)
                axes.annotate(
                    name,
                    (row.max(), height),
                    xytext=(8, 0),
                    textcoords="offset points",
                    va="center",
                    fontsize=9,
                    bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.7, "pad": 0.5},
                )
        axes.set_yticks(range(len(rows)), list(rows))
        axes.set_ylim(len(rows) - 0.5, -0.95)
        most = max(high, *(row.max() for places in rows.values() for row in places.values()))
        axes.set_xlim(0, 1.12 * most if most > 0 else 1.0)
        axes.grid(axis="y", visible=False)


def plot_live_curves(
    loss: Sequence[float],
    learned: Sequence[float],
    validation: Sequence[float],
    *,
    measure: str = "precision@10",
    title: str | None = None,
) -> None:
    """Follow a training: three panels by epoch, the loss and a measure on what was learned and on what was kept back.

    Parameters
    ----------
    loss : sequence of float
        Mean loss of an interaction in each epoch.
    learned, validation : sequence of float
        The measure after each epoch, on the interactions that are learned and on those of the validation part. Each has
        an axis of its own, since they are not the same race.
    measure : str
        What was measured.
    title : str, optional
        Replaces the title, which otherwise says where loss and validation end.

    Raises
    ------
    ValueError
        If there are no epochs, the lengths differ, or a value is not finite.

    Examples
    --------
    >>> plot_live_curves([3, 2, 1], [0.2, 0.3, 0.4], [0.06, 0.08, 0.07])  # doctest: +ELLIPSIS
    [figure] Three line charts by epoch, 1 to 3. Loss: 3 to 1. precision@10 on learned likes: 0.200 to 0.400. ...
    loss: 3.00 in epoch 1, 1.00 in epoch 3
    learned: 0.200 after epoch 1, 0.400 after epoch 3
    validation: 0.060 after epoch 1, 0.070 after epoch 3
    """
    curves = [np.asarray(values, dtype=np.float64) for values in (loss, learned, validation)]
    lengths = [len(curve) for curve in curves]
    if len(set(lengths)) > 1 or not lengths[0]:
        raise ValueError(f"loss, learned and validation have {lengths} epochs; expected as many, at least one")
    for name, curve in zip(("loss", "learned", "validation"), curves, strict=True):
        if not np.isfinite(curve).all():
            raise ValueError(f"{name} has {curve[~np.isfinite(curve)][0]}; expected finite numbers")
    losses, on_learned, kept_back = curves
    n = len(losses)
    with drawing_panels(
        title or f"Epoch {n} ends at a loss of {losses[-1]:.2f}, validation at {kept_back[-1]:.3f}",
        ["loss", f"{measure}, learned likes", f"{measure}, validation"],
        alt=(
            f"Three line charts by epoch, 1 to {n}. Loss: {losses[0]:.3g} to {losses[-1]:.3g}. {measure} on learned "
            f"likes: {on_learned[0]:.3f} to {on_learned[-1]:.3f}. {measure} on validation: {kept_back[0]:.3f} to "
            f"{kept_back[-1]:.3f}."
        ),
        facts=[
            f"loss: {losses[0]:.2f} in epoch 1, {losses[-1]:.2f} in epoch {n}",
            f"learned: {on_learned[0]:.3f} after epoch 1, {on_learned[-1]:.3f} after epoch {n}",
            f"validation: {kept_back[0]:.3f} after epoch 1, {kept_back[-1]:.3f} after epoch {n}",
        ],
        height=2.9,
    ) as panels:
        epochs = np.arange(1, n + 1)
        for axes, curve, color in zip(panels, curves, (GRAY, GREEN, BLUE), strict=True):
            axes.plot(epochs, curve, color=color, marker="o", markersize=3)
            axes.set_ylim(0, 1.12 * curve.max() if curve.max() > 0 else 1.0)
            axes.set_xlabel("epochs")
            axes.xaxis.get_major_locator().set_params(integer=True, nbins=5)
