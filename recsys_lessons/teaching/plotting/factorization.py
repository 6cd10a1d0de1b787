"""Figures of matrix factorization: errors of ratings, and vectors that move.

This module knows arrays of numbers. It must not know models or data sets; `plot_sgd_steps` has
:mod:`recsys_lessons.teaching.rating_steps` learn, so that one call can show any number of steps.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from recsys_lessons.teaching.plotting.style import (
    BLUE,
    GRAY,
    GREEN,
    ORANGE,
    PALETTE,
    VERMILION,
    drawing,
    drawing_panels,
)
from recsys_lessons.teaching.rating_steps import BOUND, learn_step_by_step

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_DARK = "#444444"  # text on a white card


def plot_error_by_epoch(
    train: Sequence[float],
    test: Sequence[float],
    *,
    reference: tuple[str, Sequence[float]],
    name: str = "the model",
    title: str | None = None,
) -> None:
    """Show the error on train and on test after each epoch, beside the test error of another model.

    Parameters
    ----------
    train, test : sequences of float
        RMSE after each epoch, in stars; equally many.
    reference : (str, sequence of float)
        Name of what to compare with, and its RMSE on test after each epoch: a dashed line.
    name : str
        What the model is called.
    title : str, optional
        Replaces the title, which otherwise says in how many epochs it is ahead of the reference.

    Raises
    ------
    ValueError
        If there is no epoch, the lengths differ, or an error is not finite.

    Examples
    --------
    >>> flat = ("biases", [0.99, 0.9, 0.9])
    >>> plot_error_by_epoch([0.9, 0.7, 0.5], [1.0, 0.92, 0.95], reference=flat)  # doctest: +ELLIPSIS
    [figure] Lines, RMSE by epoch. Train goes from 0.900 to 0.500. Test is lowest in epoch 2 at ...
    lowest on test: 0.920, after epoch 2 of 3 · biases at that epoch: 0.900
    train at that epoch: 0.700 · after the last: 0.500
    """
    train, test = np.asarray(train, dtype=np.float64), np.asarray(test, dtype=np.float64)
    if train.size == 0 or train.shape != test.shape:
        raise ValueError(f"train has {train.size} epochs and test {test.size}; expected equally many, at least one")
    if not (np.isfinite(train).all() and np.isfinite(test).all()):
        raise ValueError("train and test must hold finite errors")
    rival, other = reference[0], np.asarray(reference[1], dtype=np.float64)
    if other.shape != test.shape or not np.isfinite(other).all():
        raise ValueError(
            f"the reference has shape {other.shape}; expected a finite error for each of {test.size} epochs"
        )
    best = int(test.argmin())
    ahead = int((test < other).sum())
    finding = f"{name[:1].upper()}{name[1:]}: ahead of {rival} in {ahead or 'none'} of {len(test)} epochs"
    with drawing_panels(
        title or finding,
        ["train", "test"],
        alt=(
            f"Lines, RMSE by epoch. Train goes from {train[0]:.3f} to {train[-1]:.3f}. Test is lowest in epoch "
            f"{best + 1} at {test[best]:.3f} and ends at {test[-1]:.3f}. Dashed line, {rival}, from {other[0]:.3f} to "
            f"{other[-1]:.3f}."
        ),
        facts=[
            f"lowest on test: {test[best]:.3f}, after epoch {best + 1} of {len(test)} · "
            f"{rival} at that epoch: {other[best]:.3f}",
            f"train at that epoch: {train[best]:.3f} · after the last: {train[-1]:.3f}",
        ],
        height=3.2,
    ) as panels:
        epochs = np.arange(1, len(test) + 1)
        for axes, errors, color in zip(panels, (train, test), (ORANGE, BLUE), strict=True):
            axes.plot(epochs, errors, color=color)
            axes.set_xlabel("epochs of training")
            axes.xaxis.get_major_locator().set_params(integer=True)
        on_train, on_test = panels
        on_train.set_ylabel("RMSE (stars)")
        on_test.plot(epochs[best], test[best], "o", color=BLUE, markersize=7)
        on_test.plot(epochs, other, color=GRAY, linestyle="--", linewidth=1.5)
        above = test[-1] >= other[-1]
        for text, errors, higher, color in ((name, test, above, BLUE), (rival, other, not above, _DARK)):
            on_test.annotate(
                text,
                (epochs[-1], errors[-1]),
                xytext=(0, 6 if higher else -6),
                textcoords="offset points",
                ha="right",
                va="bottom" if higher else "top",
                color=color,
            )
        on_test.margins(y=0.2)


def plot_against(
    values: Mapping[str, Sequence[float]],
    baseline: Sequence[float],
    *,
    name: str,
    title: str | None = None,
) -> None:
    """Compare test errors with those of a baseline on the same splits: one row a setting, one dot a split.

    What is shown is the difference, since one split may be harder for everybody.

    Parameters
    ----------
    values : mapping of str to sequence of float
        For each setting, from top to bottom, the RMSE on each split, in stars.
    baseline : sequence of float
        The baseline's RMSE on the same splits.
    name : str
        What the baseline is called.
    title : str, optional
        Replaces the title, which otherwise says which settings are ahead of the baseline on every split.

    Raises
    ------
    ValueError
        If there is no setting, the numbers of splits differ, or an error is not finite.

    Examples
    --------
    >>> plot_against({"defaults": [0.91, 0.90], "fixed": [0.88, 0.86]}, [0.9, 0.89], name="biases")
    [figure] Dots, RMSE minus that of biases on the same split. defaults: +0.010 to +0.010. fixed: -0.030 to -0.020.
    below biases on all 2 splits: fixed
    below on none: defaults
    """
    if not values:
        raise ValueError("values is empty; expected at least one setting")
    baseline = np.asarray(baseline, dtype=np.float64)
    rows = {}
    for setting, errors in values.items():
        errors = np.asarray(errors, dtype=np.float64)
        if errors.shape != baseline.shape or errors.size == 0:
            raise ValueError(f"{setting!r} has {errors.size} splits; expected {baseline.size}, as the baseline has")
        if not (np.isfinite(errors).all() and np.isfinite(baseline).all()):
            raise ValueError(f"{setting!r} or the baseline has an error that is not finite")
        rows[setting] = errors - baseline
    n = baseline.size
    always = [setting for setting, row in rows.items() if (row < 0).all()]
    never = [setting for setting, row in rows.items() if (row >= 0).all()]
    described = ". ".join(f"{setting}: {row.min():+.3f} to {row.max():+.3f}" for setting, row in rows.items())
    others = [setting for setting in rows if setting not in always]
    if not others:
        finding = f"All are ahead of {name} on every split"
    elif len(others) < len(always):
        finding = f"All are ahead of {name} on every split but {', '.join(others)}"
    else:
        finding = f"Ahead of {name} on every split: {', '.join(always) or 'none'}"
    with drawing(
        title or finding,
        alt=f"Dots, RMSE minus that of {name} on the same split. {described}.",
        facts=[
            f"below {name} on all {n} splits: {' · '.join(always) or 'nothing'}",
            f"below on none: {' · '.join(never) or 'nothing'}",
        ],
        x_label=f"RMSE minus that of {name} (stars; left is better)",
        height=1.5 + 0.42 * len(rows),
    ) as axes:
        shift = np.linspace(-0.2, 0.2, n) if n > 1 else np.zeros(1)
        for place, row in enumerate(rows.values()):
            color = GREEN if (row < 0).all() else VERMILION if (row >= 0).all() else GRAY
            marker = "o" if (row < 0).all() else "s" if (row >= 0).all() else "D"
            axes.plot(row, place + shift, marker, color=color, markersize=6.5, markeredgecolor="white")
        axes.axvline(0, color=GRAY, linestyle="--", linewidth=1.5)
        axes.set_yticks(range(len(rows)), list(rows))
        axes.set_ylim(len(rows) - 0.4, -0.6)
        reach = 1.1 * max(np.abs(row).max() for row in rows.values())
        lowest = min(row.min() for row in rows.values())
        highest = max(row.max() for row in rows.values())
        axes.set_xlim(min(1.15 * lowest, -0.25 * reach), max(1.15 * highest, 0.25 * reach))


def plot_what_is_left(start: np.ndarray, end: np.ndarray) -> None:
    """Compare what pairs of vectors contribute after training with what they did before it.

    Parameters
    ----------
    start, end : arrays of float of the same shape (n_pairs,)
        Inner products of the same pairs before and after training, in stars.

    Raises
    ------
    ValueError
        If there are fewer than two pairs, the shapes differ, or `start` does not vary.

    Examples
    --------
    >>> plot_what_is_left(np.array([-0.1, 0.0, 0.1]), np.array([-0.1, 0.05, 0.1]))
    [figure] Scatter of 3 pairs, inner product after training by inner product before. Correlation 0.96, slope 1.00.
    correlation of the two: 0.96
    slope of the best line: 1.00
    """
    start, end = np.asarray(start, dtype=np.float64), np.asarray(end, dtype=np.float64)
    if start.shape != end.shape or start.ndim != 1 or start.size < 2:
        raise ValueError(f"start has shape {start.shape} and end {end.shape}; expected the same pairs, at least two")
    if start.std() == 0:
        raise ValueError("start is the same for all pairs; expected numbers that vary")
    slope, offset = np.polyfit(start, end, 1)
    correlation = np.corrcoef(start, end)[0, 1]
    # More dots than this only make a blot; they are taken at equal distances.
    some = slice(None, None, max(1, start.size // 2000))
    with drawing(
        f"A pair that began 0.1 stars higher ends {0.1 * slope:.2f} higher, on average",
        alt=(
            f"Scatter of {start.size} pairs, inner product after training by inner product before. Correlation "
            f"{correlation:.2f}, slope {slope:.2f}."
        ),
        facts=[f"correlation of the two: {correlation:.2f}", f"slope of the best line: {slope:.2f}"],
        x_label=f"inner product before training (stars; {start[some].size:,} of {start.size:,} pairs)",
        y_label="after training (stars)",
    ) as axes:
        axes.plot(start[some], end[some], ".", color=BLUE, markersize=3, alpha=0.5)
        span = np.array([start.min(), start.max()])
        axes.plot(span, offset + slope * span, color=VERMILION)
        axes.axhline(0, color=GRAY, linewidth=0.8)


def plot_by_number_known(
    known: Sequence[int],
    errors: Mapping[str, np.ndarray],
    *,
    title: str | None = None,
) -> None:
    """Show the error for new users by how many of their ratings are known: lines of means over seeds.

    Parameters
    ----------
    known : sequence of int
        How many ratings of each user are known.
    errors : mapping of str to array of shape (n_seeds, len(known))
        RMSE in stars.
    title : str, optional
        Replaces the title, which otherwise says whose mean is lowest with how many ratings.

    Raises
    ------
    ValueError
        If there is nothing to show, or a shape does not fit.

    Examples
    --------
    >>> plot_by_number_known([0, 10], {"biases": np.array([[1.0, 0.9], [0.9, 0.8]])})
    [figure] Lines, RMSE of new users by ratings known, mean of 2 seeds. biases: 0.950 to 0.850.
    biases: 0.950 · 0.850 with 0, 10 known
    """
    known = list(known)
    if not errors or not known:
        raise ValueError("errors or known is empty; expected at least one line of at least one point")
    tables = {name: np.asarray(table, dtype=np.float64) for name, table in errors.items()}
    for name, table in tables.items():
        if table.ndim != 2 or table.shape[1] != len(known) or table.shape[0] == 0:
            raise ValueError(f"{name!r} has shape {table.shape}; expected (n_seeds, {len(known)})")
    means = {name: table.mean(axis=0) for name, table in tables.items()}
    n_seeds = max(len(table) for table in tables.values())
    best = [min(means, key=lambda name: means[name][place]) for place in range(len(known))]
    where = {name: ", ".join(str(n) for n, winner in zip(known, best, strict=True) if winner == name) for name in means}
    finding = "; ".join(f"{name} with {places}" for name, places in where.items() if places)
    with drawing(
        title or f"Lowest on average: {finding}",
        alt=f"Lines, RMSE of new users by ratings known, mean of {n_seeds} seeds. "
        + ". ".join(f"{name}: {mean[0]:.3f} to {mean[-1]:.3f}" for name, mean in means.items())
        + ".",
        facts=[
            f"{name}: {' · '.join(f'{error:.3f}' for error in mean)} with {', '.join(map(str, known))} known"
            for name, mean in means.items()
        ],
        x_label="ratings known of each new user",
        y_label=f"RMSE (stars), mean of {n_seeds} seeds",
    ) as axes:
        places = np.arange(len(known))
        markers = "osD^v"
        for number, (name, mean) in enumerate(means.items()):
            color = PALETTE[number % len(PALETTE)]
            axes.plot(places, mean, color=color, marker=markers[number % len(markers)], markersize=6, label=name)
        axes.set_xticks(places, [str(number) for number in known])
        axes.legend(loc="upper left", bbox_to_anchor=(1, 1))


def plot_sgd_steps(
    ratings: np.ndarray,
    *,
    steps: int = 110,
    learning_rate: float = 0.1,
    penalty: float = 0.02,
    start: float = 0.3,
    seed: int = 0,
    users: Sequence[str] | None = None,
    items: Sequence[str] | None = None,
) -> None:
    """Show how the vectors of a small table move, and what the table is predicted to be.

    Parameters
    ----------
    ratings : array of float, shape (n_users, n_items)
        NaN where a rating is not known.
    steps : int
        Updates, one known rating each, in reading order, over and over.
    learning_rate, penalty : float
        Size of a step, and of the penalty on the squares.
    start : float
        Standard deviation of the numbers that the vectors begin with.
    seed : int
        Which numbers.
    users, items : sequences of str, optional
        Names of the rows and of the columns.

    Raises
    ------
    ValueError
        If the table is not two-dimensional or has no known rating, steps is negative, a number is out of range, or the
        numbers grow beyond all bounds.

    Examples
    --------
    >>> plot_sgd_steps(np.array([[5, 1], [4, np.nan]]), steps=200)  # doctest: +ELLIPSIS
    [figure] Left, paths of 2 users' and 2 items' vectors over 200 updates in the plane. Right, the predicted table. ...
    RMSE on the 3 known ratings: 1.708 before, 0.019 after
    predicted where nothing is known: u1, i1: 2.14
    """
    ratings = np.asarray(ratings, dtype=np.float64)
    if ratings.ndim != 2 or np.isnan(ratings).all():
        raise ValueError(f"ratings has shape {ratings.shape}; expected a table with at least one known rating")
    if steps < 0 or learning_rate <= 0 or penalty < 0 or start < 0:
        raise ValueError("steps, penalty and start must be at least 0, and learning_rate above 0")
    users = [f"u{row}" for row in range(ratings.shape[0])] if users is None else list(users)
    items = [f"i{column}" for column in range(ratings.shape[1])] if items is None else list(items)
    if (len(users), len(items)) != ratings.shape:
        raise ValueError(f"there are {len(users)} users and {len(items)} items for a table of shape {ratings.shape}")
    path = learn_step_by_step(ratings, steps, learning_rate, penalty, start, seed)
    predicted = path.predicted[-1]
    if not np.abs(predicted).max() <= BOUND:  # so that NaN is refused as well
        raise ValueError(f"the numbers grow beyond all bounds with learning_rate={learning_rate}; try a smaller one")
    known = ~np.isnan(ratings)
    blanks = [f"{users[u]}, {items[i]}: {predicted[u, i]:.2f}" for u, i in np.argwhere(~known)]
    finding = _who_agrees(path.users[-1], users)
    with drawing_panels(
        finding,
        ["vectors (pale: how they grew)", "predicted (known) ratings"],
        alt=(
            f"Left, paths of {len(users)} users' and {len(items)} items' vectors over {steps} updates in the plane. "
            f"Right, the predicted table. {finding}."
        ),
        facts=[
            f"RMSE on the {known.sum()} known ratings: {path.rmse(0):.3f} before, {path.rmse(steps):.3f} after",
            f"predicted where nothing is known: {'; '.join(blanks) or 'no such place'}",
        ],
        height=3.9,
    ) as (plane, table):
        reach = max(np.abs(path.users).max(), np.abs(path.items).max())
        draw_vectors(plane, path.users, path.items, users, items, reach)
        draw_ratings(table, predicted, ratings, users, items)


def draw_vectors(
    axes: Axes,
    user_paths: np.ndarray,
    item_paths: np.ndarray,
    users: Sequence[str],
    items: Sequence[str],
    reach: float,
) -> None:
    """Draw vectors in the plane, and pale behind them how they grew.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    user_paths, item_paths : arrays of shape (n_steps + 1, n_users, 2), (n_steps + 1, n_items, 2)
    users, items : sequences of str
        Their names.
    reach : float
        The largest number that must fit.
    """
    reach = 1.15 * max(reach, 0.1)
    axes.set_xlim(-1.7 * reach, 1.7 * reach)
    axes.set_ylim(-1.45 * reach, 1.45 * reach)
    axes.set_aspect("equal")
    axes.axhline(0, color=GRAY, linewidth=0.8)
    for paths, color, marker in ((user_paths, BLUE, "o"), (item_paths, VERMILION, "s")):
        for path in np.swapaxes(paths, 0, 1):
            axes.plot(*path.T, color=color, linewidth=1, alpha=0.3)
            axes.plot(*np.transpose([[0, 0], path[-1]]), color=color, linewidth=1.6)
            axes.plot(*path[-1], marker, color=color, markersize=6, markeredgecolor="white")
    axes.axvline(0, color=GRAY, linewidth=0.8)
    axes.set_xlabel("component 1")
    axes.spines[["left", "bottom"]].set_visible(False)
    axes.set_ylabel("component 2")
    ends = [(*each, BLUE) for each in zip(user_paths[-1], users, strict=True)]
    ends += [(*each, VERMILION) for each in zip(item_paths[-1], items, strict=True)]
    _label_around(axes, ends, reach)


def draw_ratings(
    axes: Axes, predicted: np.ndarray, ratings: np.ndarray, users: Sequence[str], items: Sequence[str]
) -> None:
    """Write a table: what is predicted, below it what is known; places where nothing is known are framed.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    predicted, ratings : arrays of shape (n_users, n_items)
        NaN where a rating is not known.
    users, items : sequences of str
        Names of the rows and of the columns.
    """
    known = ~np.isnan(ratings)
    axes.set_xlim(-0.5, len(items) - 0.5)
    axes.set_ylim(len(users) - 0.5, -0.5)
    for u, i in np.ndindex(*ratings.shape):
        text = f"{predicted[u, i]:.2f}\n".replace("-", "−") + (f"({ratings[u, i]:g})" if known[u, i] else "(?)")
        weight = "normal" if known[u, i] else "bold"
        axes.text(i, u, text, ha="center", va="center", fontsize=10, fontweight=weight)
    for u, i in np.argwhere(~known):
        frame_place(axes, u, i, ORANGE)
    axes.set_xticks(range(len(items)), items, fontsize=9)
    axes.set_yticks(range(len(users)), users)
    axes.tick_params(length=0)
    axes.grid(visible=False)


def frame_place(axes: Axes, row: int, column: int, color: str) -> None:
    """Frame a place of a table drawn by `draw_ratings`."""
    from matplotlib.patches import Rectangle

    axes.add_patch(Rectangle((column - 0.48, row - 0.48), 0.96, 0.96, fill=False, edgecolor=color, linewidth=2.5))


def _who_agrees(vectors: np.ndarray, names: Sequence[str]) -> str:
    """Say which two of the vectors point the same way, if any do."""
    lengths = np.linalg.norm(vectors, axis=1)
    if lengths.max() < 0.1:
        return "The users' vectors have hardly a length"
    cosines = vectors @ vectors.T / np.maximum(np.outer(lengths, lengths), 1e-12)
    np.fill_diagonal(cosines, -1)
    first, second = np.unravel_index(cosines.argmax(), cosines.shape)
    if cosines[first, second] < 0.9:
        return "No two users point the same way"
    return f"{names[first]} and {names[second]} agree: their vectors point the same way"


def _label_around(axes: Axes, ends: list, reach: float) -> None:
    """Write the names of vectors (end, name, color) on a circle around the plane, in their directions, but apart."""
    ends = sorted(ends, key=lambda end: np.arctan2(end[0][1], end[0][0]))
    angles = np.array([np.arctan2(end[1], end[0]) for end, _, _ in ends])
    apart = min(0.32, 6.0 / len(ends))
    for _ in range(200):  # whoever is too near to the next steps aside, both by half
        gaps = np.diff(angles, append=angles[:1] + 2 * np.pi)
        push = np.maximum(apart - gaps, 0) / 2 if len(ends) > 1 else np.zeros(1)
        angles += np.roll(push, 1) - push
    for (end, name, color), angle in zip(ends, angles, strict=True):
        direction = reach * np.array([np.cos(angle), np.sin(angle)])
        side = np.cos(angle) if abs(np.cos(angle)) > 0.3 else 0
        # A plain line: an arrow of matplotlib's, which ends at the text by itself, takes ten times as long.
        axes.plot(*np.transpose([end, (1.13 if side else 1.05) * direction]), ":", color=GRAY, linewidth=0.6)
        axes.text(
            *(1.15 * direction), name, fontsize=9, color=color,
            ha="left" if side > 0 else "right" if side < 0 else "center", va="center",
        )  # fmt: skip
