"""Figures of feature matrices: what features do to a model, and what the row of a new item does.

Nothing here knows models or data sets: arrays and names come in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from recsys_lessons.teaching.plotting.style import BLUE, GRAY, ORANGE, VERMILION, drawing

__all__ = ["plot_bias_by_count", "plot_feature_matrix", "plot_new_film", "plot_with_and_without"]


def plot_with_and_without(
    results: Mapping[str, tuple[Sequence[float], Sequence[float]]],
    *,
    measure: str,
    title: str | None = None,
    names: tuple[str, str] = ("identity", "identity and genres"),
    added: str = "genres",
    reference: tuple[str, float] | None = None,
    where: str | None = None,
) -> None:
    """Compare models without and with some features, for several ways to train: two lines of dots for each way.

    Parameters
    ----------
    results : mapping of str to (sequence of float, sequence of float)
        For each way to train, from top to bottom, the values without and with the features, one for each seed, in the
        same order of seeds.
    measure : str
        What was measured, with the candidates: the label of the axis.
    title : str, optional
        Replaces the title, which otherwise names the ways to train that are ahead in four of five seeds or more, and
        those that lose a third or more in the mean.
    names : (str, str)
        What the two are called in the legend.
    added : str
        What the second has and the first has not, for the title.
    reference : (str, float), optional
        Name and value of something without a seed to compare with: a dashed line.
    where : str, optional
        If given, the ways to train are named ``"group · model"``, and the title names the groups in which each model
        loses a third or more in the mean: ``"where {} are refused"`` takes their names.

    Raises
    ------
    ValueError
        If there is nothing to compare, the numbers of seeds differ, or a value (or that of the reference) is not
        finite.

    Examples
    --------
    >>> results = {"logistic": ([0.05, 0.06], [0.01, 0.0]), "warp": ([0.07, 0.08], [0.09, 0.1])}
    >>> plot_with_and_without(results, measure="precision@10")  # doctest: +ELLIPSIS
    [figure] Dots, precision@10, one a seed, identity against identity and genres. logistic: 0.050 to 0.060 ...
    identity and genres ahead, of 2 seeds: warp in 2; the others in none
    largest fall: logistic, 0.050–0.060 becomes 0.000–0.010
    largest gain: warp, 0.070–0.080 becomes 0.090–0.100
    """
    if not results:
        raise ValueError("results is empty; expected at least one way to train")
    pairs = {name: [np.asarray(values, dtype=np.float64) for values in pair] for name, pair in results.items()}
    lengths = {name: [values.size for values in pair] for name, pair in pairs.items()}
    n_seeds = next(iter(lengths.values()))[0]
    if n_seeds == 0 or any(length != [n_seeds, n_seeds] for length in lengths.values()):
        listed = ", ".join(f"{name}: {length}" for name, length in lengths.items())
        raise ValueError(f"results has different numbers of seeds ({listed}); expected two lists of the same length")
    for name, pair in pairs.items():
        if not all(np.isfinite(values).all() for values in pair):
            raise ValueError(f"results has a value for {name!r} that is not finite")
    if reference is not None and not np.isfinite(reference[1]):
        raise ValueError(f"reference has {reference[1]} for {reference[0]!r}; expected a finite number")

    def span(values: np.ndarray, to: str = " to ") -> str:
        return f"{values.min():.3f}{to}{values.max():.3f}"

    counts = {name: int((with_ > without).sum()) for name, (without, with_) in pairs.items()}
    ahead = [f"{name} in {count}" for name, count in sorted(counts.items(), key=lambda pair: -pair[1]) if count]
    helped = [name for name, count in counts.items() if 5 * count >= 4 * n_seeds]
    finding = (
        f"{added.capitalize()} help {len(helped) or 'none'} of {len(counts)}{': ' * bool(helped)}{', '.join(helped)}"
    )
    harmed: dict[str, bool] = {}
    for name, (without, with_) in pairs.items():
        group = name if where is None else name.split(" · ")[0]
        harmed[group] = harmed.get(group, True) and 3 * with_.mean() <= 2 * without.mean() and without.mean() > 0
    groups = [group for group, all_harmed in harmed.items() if all_harmed]
    if where is None:
        finding += f", and cost {_listed(groups, 'and')} a third or more" if groups else ""
    else:
        cost = f"cost a third or more {where.format(_listed(groups, 'or'))}" if groups else "cost a third nowhere"
        finding = f"{added.capitalize()} {cost}"
    never = "" if all(counts.values()) else "; the others in none" if ahead else "nowhere"
    change = {name: with_.mean() - without.mean() for name, (without, with_) in pairs.items()}
    facts = [f"{names[1]} ahead, of {n_seeds} seeds: {'; '.join(ahead)}{never}"]
    for word, name in (("fall", min(change, key=change.__getitem__)), ("gain", max(change, key=change.__getitem__))):
        if change[name] < 0 if word == "fall" else change[name] > 0:
            facts.append(f"largest {word}: {name}, {span(pairs[name][0], '–')} becomes {span(pairs[name][1], '–')}")
    described = ". ".join(f"{name}: {span(without)} and {span(with_)}" for name, (without, with_) in pairs.items())
    if reference is not None:
        facts.append(f"{reference[0]}: {reference[1]:.3f}")
        described += f". Dashed line, {reference[0]}: {reference[1]:.3f}"
    with drawing(
        title or finding,
        alt=f"Dots, {measure}, one a seed, {names[0]} against {names[1]}. {described}.",
        facts=facts,
        x_label=f"{measure} (one dot a seed)",
        height=1.8 + 0.42 * len(pairs),
    ) as axes:
        for which, (color, marker, shift) in enumerate(((BLUE, "o", -0.14), (ORANGE, "D", 0.14))):
            for place, pair in enumerate(pairs.values()):
                axes.plot(
                    pair[which],
                    np.full(n_seeds, place + shift),
                    marker,
                    color=color,
                    markersize=7,
                    markeredgecolor="white",
                    markeredgewidth=0.8,
                    label=names[which] if place == 0 else None,
                    clip_on=False,
                )
        axes.set_yticks(range(len(pairs)), list(pairs))
        axes.set_ylim(len(pairs) - 0.5, -0.5)
        highest = max(values.max() for pair in pairs.values() for values in pair)
        if reference is not None:
            axes.axvline(reference[1], color=GRAY, linestyle="--", linewidth=1.5, label=reference[0], zorder=1)
            highest = max(highest, reference[1])
        axes.set_xlim(0, 1.06 * highest if highest > 0 else 1.0)
        axes.figure.legend(loc="outside lower center", ncols=3)


def _listed(names: Sequence[str], last: str) -> str:
    """Join names as a sentence does: a, b or c."""
    return f" {last} ".join([", ".join(names[:-1])] * (len(names) > 1) + [names[-1]])


def plot_bias_by_count(
    counts: Sequence[int] | np.ndarray,
    biases: Sequence[float] | np.ndarray,
    likes: Sequence[int] | np.ndarray,
    *,
    title: str | None = None,
    kind: str = "genres",
) -> None:
    """Draw the bias of each item against the number of its features; items without a like stand out.

    Parameters
    ----------
    counts : array of int, shape (n_items,)
        How many features each item has.
    biases : array of float, shape (n_items,)
    likes : array of int, shape (n_items,)
        How many likes each item has.
    title : str, optional
        Replaces the title, which otherwise gives the correlation.
    kind : str
        What the features are called.

    Raises
    ------
    ValueError
        If the arrays do not have the same length, or there are fewer than ten items.

    Examples
    --------
    >>> counts, likes = [1, 1, 1, 2, 2, 2, 3, 3, 3, 4], [5, 4, 3, 2, 1, 1, 1, 0, 0, 0]
    >>> plot_bias_by_count(counts, np.arange(10.0), likes)  # doctest: +ELLIPSIS
    [figure] Dots, bias of 10 items by the number of their genres. Correlation 0.96. The median rises from 1.00 ...
    correlation of bias and number of genres: 0.96
    median bias with 1 of the genres: 1.00 · with 4 (1 item): 9.00
    genres of the ten items with the highest bias: 2.2 on average, of all: 2.2
    """
    counts, biases, likes = (np.asarray(values) for values in (counts, biases, likes))
    if not len(counts) == len(biases) == len(likes):
        raise ValueError(
            f"counts, biases and likes have {len(counts)}, {len(biases)} and {len(likes)} entries; expected the same"
        )
    if len(counts) < 10:
        raise ValueError(f"there are {len(counts)} items; expected at least ten")
    correlation = float(np.corrcoef(counts, biases)[0, 1]) if np.ptp(counts) and np.ptp(biases) else 0.0
    fewest, most = int(counts.min()), int(counts.max())
    low, high = (float(np.median(biases[counts == count])) for count in (fewest, most))
    best = np.argsort(-biases, kind="stable")[:10]
    n_most = int((counts == most).sum())
    with_most = f"{most} ({n_most:,} item{'s' if n_most > 1 else ''})"
    change = "rises" if high > low else "falls" if high < low else "stays"
    with drawing(
        title or f"The more {kind}, the higher the bias: correlation {correlation:.2f}",
        alt=(
            f"Dots, bias of {len(counts):,} items by the number of their {kind}. Correlation {correlation:.2f}. "
            f"The median {change} from {low:.2f} at {fewest} to {high:.2f} at {most}."
        ),
        facts=[
            f"correlation of bias and number of {kind}: {correlation:.2f}",
            f"median bias with {fewest} of the {kind}: {low:.2f} · with {with_most}: {high:.2f}",
            f"{kind} of the ten items with the highest bias: {counts[best].mean():.1f} on average, "
            f"of all: {counts.mean():.1f}",
        ],
        x_label=f"number of {kind} of an item (dots are spread sideways)",
        y_label="bias of the item",
        height=3.8,
    ) as axes:
        # The golden ratio spreads dots evenly, the same way each time.
        spread = np.arange(len(counts)) * 0.6180339887 % 1.0 * 0.36
        for chosen, side, color, marker, name in (
            (likes > 0, -0.38, BLUE, "o", "liked by somebody"),
            (likes == 0, 0.02, VERMILION, "x", "liked by nobody"),
        ):
            axes.plot(
                (counts + side + spread)[chosen],
                biases[chosen],
                marker,
                color=color,
                markersize=3,
                alpha=0.5,
                label=f"{name} ({int(chosen.sum()):,})",
            )
        axes.set_xticks(range(fewest, most + 1))
        legend = axes.legend(loc="upper left", markerscale=2.5)
        for handle in legend.legend_handles:
            handle.set_alpha(1.0)


def plot_new_film(
    row: Mapping[str, float],
    genres: Sequence[str],
    models: Mapping[str, tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]],
    *,
    title: str | None = None,
) -> None:
    """Show where a new film, which has genres and no identity, comes in for the median user.

    Parameters
    ----------
    row : mapping of str to float
        Genres of the film and their weights.
    genres : sequence of str
        Names of all genres; a leading ``"genre:"`` is not shown and need not be given.
    models : mapping of str to five arrays
        By the name of the model: vectors of the users, vectors and biases of the films to compete with, embeddings and
        biases of the genres, as many as there are names.
    title : str, optional
        Replaces the title, which otherwise names the best and the worst place.

    Raises
    ------
    ValueError
        If the row is empty or has a genre that there is not, or the arrays do not fit each other.

    Examples
    --------
    >>> films = np.array([[1.0], [2.0], [3.0]]), np.zeros(3)
    >>> toy = np.ones((1, 1)), *films, np.ones((2, 1)), np.ones(2)
    >>> plot_new_film({"Crime": 2}, ["Drama", "Crime"], {"toy": toy})
    [figure] Bars, the place of a new film among 4 for the median user. toy: 1. Weights in its row: Crime: 2.
    toy: place 1 of 4 for the median user, score 4.00
    """
    names = [str(name).removeprefix("genre:") for name in genres]
    weights = {str(name).removeprefix("genre:"): float(weight) for name, weight in row.items()}
    if not weights:
        raise ValueError("row is empty; expected at least one genre and its weight")
    if unknown := [name for name in weights if name not in names]:
        raise ValueError(f"row has {unknown[0]!r}, which is no genre; expected some of {', '.join(names)}")
    if not models:
        raise ValueError("models is empty; expected at least one")
    x = np.array([weights.get(name, 0.0) for name in names])
    places: dict[str, int] = {}
    facts = []
    n_films = 0
    for name, (users, films, film_biases, embeddings, biases) in models.items():
        if len(embeddings) != len(names) or len(biases) != len(names):
            raise ValueError(f"models[{name!r}] has {len(embeddings)} embeddings for {len(names)} genres")
        n_films = len(films)
        mine = users @ (x @ embeddings) + x @ biases
        ahead = ((users @ films.T + film_biases) > mine[:, None]).sum(axis=1)
        places[name] = 1 + int(np.median(ahead))
        facts.append(
            f"{name}: place {places[name]:,} of {n_films + 1:,} for the median user, score {np.median(mine):.2f}"
        )
    best, worst = min(places, key=places.__getitem__), max(places, key=places.__getitem__)
    finding = f"A new film: place {places[best]:,} for {best}" + (
        f", {places[worst]:,} for {worst}" if len(places) > 1 else ""
    )
    told = ". ".join(f"{name}: {weight:g}" for name, weight in weights.items())
    ranked = ". ".join(f"{name}: {place:,}" for name, place in places.items())
    with drawing(
        title or finding,
        alt=(
            f"Bars, the place of a new film among {n_films + 1:,} for the median user. {ranked}. "
            f"Weights in its row: {told}."
        ),
        facts=facts[:4],
        x_label=f"median place among all films (1 is best, {n_films + 1:,} is last; short is good)",
        height=1.5 + 0.34 * len(places),
    ) as axes:
        axes.barh(range(len(places)), list(places.values()), color=ORANGE, height=0.55)
        axes.set_yticks(range(len(places)), list(places))
        axes.set_ylim(len(places) - 0.4, -0.6)
        axes.set_xlim(0, 1.1 * (n_films + 1))
        axes.axvline(n_films + 1, color=GRAY, linewidth=1, linestyle=":")
        axes.grid(axis="y", visible=False)
        for at, place in enumerate(places.values()):
            axes.annotate(f"{place:,}", (place, at), xytext=(4, 0), textcoords="offset points", va="center")


def plot_feature_matrix(matrix: np.ndarray, rows: Sequence[str], columns: Sequence[str]) -> None:
    """Draw a small feature matrix: a square for each cell, filled where the weight is not zero.

    Parameters
    ----------
    matrix : array of float, shape (n_rows, n_columns)
        The weights, dense.
    rows, columns : sequences of str
        Names of the items or users, and of their features.

    Raises
    ------
    ValueError
        If the matrix is empty or the names do not fit it.

    Examples
    --------
    >>> plot_feature_matrix(np.array([[1, 0, 0.5]]), ["tea"], ["tea", "tag:vegan", "drinks"])
    [figure] Matrix of 1 row and 3 columns. tea: tea 1, drinks 0.5.
    1 row, 3 columns, 2 of 3 cells filled
    """
    matrix = np.asarray(matrix, dtype=np.float64)
    if matrix.ndim != 2 or matrix.size == 0:
        raise ValueError(f"matrix has shape {matrix.shape}; expected a table with at least one cell")
    if matrix.shape != (len(rows), len(columns)):
        raise ValueError(f"there are {len(rows)} rows and {len(columns)} columns named for a table of {matrix.shape}")
    n_rows, n_columns = matrix.shape
    filled = int(np.count_nonzero(matrix))
    counted = f"{n_rows} {'row' if n_rows == 1 else 'rows'}"
    told = "; ".join(
        f"{name}: " + (", ".join(f"{columns[f]} {row[f]:g}" for f in np.flatnonzero(row)) or "nothing")
        for name, row in zip(rows, matrix, strict=True)
    )
    with drawing(
        f"{filled} of {matrix.size} cells say something",
        alt=f"Matrix of {counted} and {n_columns} columns. {told}.",
        facts=[f"{counted}, {n_columns} columns, {filled} of {matrix.size} cells filled"],
        height=2.1 + 0.3 * n_rows,
    ) as axes:
        axes.imshow(matrix != 0, cmap="Blues", vmin=0, vmax=1.6, aspect="auto")
        for place in np.argwhere(matrix):
            axes.text(place[1], place[0], f"{matrix[tuple(place)]:.3g}", ha="center", va="center", color="white")
        axes.set_yticks(range(n_rows), list(rows))
        axes.set_xticks(range(n_columns), list(columns), rotation=40, ha="right", rotation_mode="anchor", fontsize=9)
        # The grid runs between the cells, not through them.
        axes.set_xticks(np.arange(n_columns + 1) - 0.5, minor=True)
        axes.set_yticks(np.arange(n_rows + 1) - 0.5, minor=True)
        axes.grid(visible=False)
        axes.grid(which="minor", visible=True)
        axes.tick_params(which="both", length=0)
        axes.spines[:].set_visible(False)
