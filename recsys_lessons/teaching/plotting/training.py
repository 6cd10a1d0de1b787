"""Figures of trainings: how one went, and how several compare."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from recsys_lessons.teaching.plotting.style import BLUE, GRAY, PALETTE, drawing


def plot_training(history: Sequence[Mapping[str, float]], *, title: str | None = None) -> None:
    """Show how the loss changed from epoch to epoch.

    Parameters
    ----------
    history : sequence of mappings
        A model's ``training_history``: one mapping an epoch, with ``"loss"`` and, where the model counts
        them, ``"updates"`` and ``"draws"``.
    title : str, optional
        Replaces the title, which otherwise says from where to where the loss went.

    Raises
    ------
    ValueError
        If there is no epoch, or an epoch without a finite loss.

    Examples
    --------
    >>> plot_training([{"loss": 0.9}, {"loss": 0.5}, {"loss": 0.45}])
    [figure] Line chart, loss by epoch. The loss falls from 0.9 in epoch 1 to 0.45 in epoch 3.
    loss in epoch 1: 0.9 · in epoch 3: 0.45
    epochs in which the loss rose: 0 of 2
    """
    if len(history) == 0:
        raise ValueError("history has no epochs; expected the training_history of a model that has been fitted")
    losses = np.array([epoch["loss"] for epoch in history], dtype=np.float64)
    if not np.isfinite(losses).all():
        wrong = int(np.flatnonzero(~np.isfinite(losses))[0])
        raise ValueError(f"history has the loss {losses[wrong]} in epoch {wrong + 1}; expected finite numbers")
    epochs = np.arange(1, len(losses) + 1)
    first, last = f"{losses[0]:.3g}", f"{losses[-1]:.3g}"
    direction = "falls" if losses[-1] < losses[0] else "rises" if losses[-1] > losses[0] else "stays"
    if len(losses) == 1:
        finding = f"The loss of the only epoch is {first}"
        facts = [f"loss in epoch 1: {first}"]
    else:
        path = f"at {first}" if direction == "stays" else f"from {first} to {last}"
        finding = f"The loss {direction} {path} in {len(losses)} epochs"
        facts = [
            f"loss in epoch 1: {first} · in epoch {len(losses)}: {last}",
            f"epochs in which the loss rose: {int((np.diff(losses) > 0).sum())} of {len(losses) - 1}",
        ]
    draws = [epoch["draws"] / epoch["updates"] for epoch in history if epoch.get("draws") and epoch.get("updates")]
    if len(draws) == len(losses):
        path = f"{draws[0]:.3g} in epoch 1 · {draws[-1]:.3g} in epoch {len(draws)}"
        facts.append(f"negatives drawn for each update: {path}")
    described = (
        finding
        if len(losses) == 1
        else (f"The loss {direction} from {first} in epoch 1 to {last} in epoch {len(losses)}")
    )
    with drawing(
        title or finding,
        alt=f"Line chart, loss by epoch. {described}.",
        facts=facts,
        x_label="epoch",
        y_label="mean loss of an interaction",
        height=3.0,
    ) as axes:
        axes.plot(epochs, losses, color=BLUE, marker="o", markersize=5, clip_on=False)
        axes.set_ylim(bottom=min(0.0, float(losses.min())))
        axes.set_xlim(0.5, len(losses) + 0.5)
        axes.xaxis.get_major_locator().set_params(integer=True)


def plot_by_seed(
    values: Mapping[str, Sequence[float]],
    *,
    measure: str,
    title: str,
    reference: tuple[str, float] | None = None,
    start: float = 0.0,
) -> None:
    """Compare settings of which each was trained with several seeds: one row a setting, one dot a seed.

    Parameters
    ----------
    values : mapping of str to sequence of float
        For each setting, from top to bottom, the measured value of each seed. All settings have the same seeds in
        the same order.
    measure : str
        What was measured, with the candidates: the label of the axis.
    title : str
        The finding.
    reference : (str, float), optional
        Name and value of something without a seed to compare with: a dashed line.
    start : float
        Where the axis begins: near the values if their differences are small beside them.

    Raises
    ------
    ValueError
        If there is no setting, the numbers of seeds differ, or a value is not finite or lies before a `start` that
        was given.

    Examples
    --------
    >>> plot_by_seed({"plain": [0.10, 0.12], "tuned": [0.14, 0.13]}, measure="precision@10", title="Tuning helps")
    [figure] Dots, precision@10 by setting, one dot a seed. plain: 0.100 to 0.120. tuned: 0.130 to 0.140.
    plain: 0.100 to 0.120 in 2 seeds
    tuned: 0.130 to 0.140 in 2 seeds
    """
    if not values:
        raise ValueError("values is empty; expected at least one setting")
    rows = {name: np.asarray(row, dtype=np.float64) for name, row in values.items()}
    lengths = {name: row.size for name, row in rows.items()}
    if len(set(lengths.values())) > 1 or 0 in lengths.values():
        listed = ", ".join(f"{name}: {length}" for name, length in lengths.items())
        raise ValueError(
            f"values has different numbers of seeds ({listed}); expected the same seeds for all, at least one"
        )
    for name, row in rows.items():
        if not np.isfinite(row).all():
            raise ValueError(f"values has {row[~np.isfinite(row)][0]} for {name!r}; expected finite numbers")
        if start and row.min() < start:
            raise ValueError(f"start is {start:g}, but {name!r} has {row.min():g}; expected no value before start")
    ranges = {name: f"{row.min():.3f} to {row.max():.3f}" for name, row in rows.items()}
    n_seeds = next(iter(lengths.values()))
    facts = [f"{name}: {span} in {n_seeds} seeds" for name, span in ranges.items()]
    described = ". ".join(f"{name}: {span}" for name, span in ranges.items())
    if reference is not None:
        facts.append(f"{reference[0]}: {reference[1]:.3f}")
        described += f". Dashed line, {reference[0]}: {reference[1]:.3f}"
    if start:
        described += f". The axis begins at {start:g}"
    with drawing(
        title,
        alt=f"Dots, {measure} by setting, one dot a seed. {described}.",
        facts=facts,
        x_label=f"{measure} (one dot a seed)",
        height=1.5 + 0.45 * len(rows),
    ) as axes:
        # Dots of equal value must stay countable; a seed has the same height in all rows.
        shift = np.linspace(-0.2, 0.2, n_seeds) if n_seeds > 1 else np.zeros(1)
        for place, row in enumerate(rows.values()):
            color = PALETTE[place % len(PALETTE)]
            axes.plot(row, place + shift, "o", color=color, markersize=7, markeredgecolor="white", markeredgewidth=0.8)
        axes.set_yticks(range(len(rows)), list(rows))
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.set_xlim(left=start)
        if reference is not None:
            axes.axvline(reference[1], color=GRAY, linestyle="--", linewidth=1.5)
            axes.annotate(
                reference[0],
                (reference[1], 1),
                xycoords=("data", "axes fraction"),
                xytext=(-5, -4),
                textcoords="offset points",
                ha="right",
                va="top",
                color=GRAY,
            )
        highest = max(row.max() for row in [*rows.values(), np.array([reference[1] if reference else 0.0])])
        axes.set_xlim(right=start + 1.08 * (highest - start) if highest > start else start + 1.0)
