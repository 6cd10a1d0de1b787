"""Figures of losses: two measures at once, what a search costs and finds, and one search of WARP.

Nothing here knows models or data sets: arrays and names come in.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

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
from recsys_lessons.teaching.warp_search import draws, estimated_rank, first_hits, rule_breakers, strength

__all__ = ["plot_search_by_epoch", "plot_two_measures", "plot_warp_search"]

COLORS = {"WARP": BLUE, "BPR": ORANGE, "logistic": GREEN, "k-OS": VERMILION}
"""The color of each loss, the same in all figures; a name may go on after a comma."""

REPEATS = 2000
"""How many searches of WARP the right panel of `plot_warp_search` counts."""


def plot_two_measures(
    paths: Mapping[str, Mapping[str, tuple[Sequence[float], Sequence[float]]]],
    *,
    measures: tuple[str, str],
    title: str | None = None,
    reference: tuple[str, float, float] | None = None,
    candidates: str = "",
    below: Collection[str] = (),
) -> None:
    """Place settings by two measures, one dot a seed; the settings of a path are joined in their order.

    Parameters
    ----------
    paths : mapping of str to mapping of str to (sequence of float, sequence of float)
        For each path, which has a color of its own (a loss has that of `COLORS`), its settings in order; for each
        setting the values of both measures, one for each seed. A setting alone is a path of one.
    measures : (str, str)
        The names of what is measured, along and upwards.
    title : str, optional
        Replaces the title, which otherwise names what is highest in four of five seeds or more.
    reference : (str, float, float), optional
        Something without a seed to compare with: a gray cross.
    candidates : str
        What competed, for the label of the axis.
    below : collection of str
        Settings whose name stands below their dots, not above.

    Raises
    ------
    ValueError
        If there is no setting, two have the same name, numbers of seeds differ, or a value is not finite.

    Examples
    --------
    >>> paths = {"one": {"slow": ([0.1, 0.12], [0.7, 0.71])}, "two": {"fast": ([0.08, 0.09], [0.8, 0.81])}}
    >>> plot_two_measures(paths, measures=("precision@10", "AUC"))
    [figure] Dots, AUC against precision@10, one a seed. slow: 0.110, 0.705. fast: 0.085, 0.805.
    highest precision@10, in how many of 2 seeds: slow 2
    highest AUC, in how many of 2 seeds: fast 2
    """
    settings = {
        name: tuple(np.asarray(values, dtype=np.float64) for values in pair)
        for path in paths.values()
        for name, pair in path.items()
    }
    if not settings:
        raise ValueError("paths is empty; expected at least one setting")
    if len(settings) < sum(len(path) for path in paths.values()):
        raise ValueError("paths has two settings of the same name; expected a name for each")
    lengths = {name: [values.size for values in pair] for name, pair in settings.items()}
    n_seeds = next(iter(lengths.values()))[0]
    if n_seeds == 0 or any(length != [n_seeds, n_seeds] for length in lengths.values()):
        listed = ", ".join(f"{name}: {length}" for name, length in lengths.items())
        raise ValueError(f"paths has different numbers of seeds ({listed}); expected the same for all, at least one")
    for name, pair in settings.items():
        if not all(np.isfinite(values).all() for values in pair):
            raise ValueError(f"paths has a value for {name!r} that is not finite")

    names = list(settings)
    facts = []
    leaders: dict[str, str | None] = {}
    for which, measure in enumerate(measures):
        table = np.array([pair[which] for pair in settings.values()])
        wins = np.bincount(table.argmax(axis=0), minlength=len(names))
        ranked = ", ".join(f"{names[i]} {wins[i]}" for i in np.argsort(-wins, kind="stable") if wins[i])
        facts.append(f"highest {measure}, in how many of {n_seeds} seeds: {ranked}")
        leaders[measure] = names[int(wins.argmax())] if 5 * wins.max() >= 4 * n_seeds else None
    if reference is not None:
        facts.append(f"{reference[0]}: {measures[0]} {reference[1]:.3f}, {measures[1]} {reference[2]:.3f}")
    described = ". ".join(f"{name}: {x.mean():.3f}, {y.mean():.3f}" for name, (x, y) in settings.items())
    if reference is not None:
        described += f". Cross, {reference[0]}: {reference[1]:.3f}, {reference[2]:.3f}"
    with drawing(
        title or _leads(leaders),
        alt=f"Dots, {measures[1]} against {measures[0]}, one a seed. {described}.",
        facts=facts,
        x_label=f"{measures[0]}{', ' * bool(candidates)}{candidates} (one dot a seed; some coincide)",
        y_label=measures[1],
        height=4.2,
    ) as axes:
        for place, (path_name, path) in enumerate(paths.items()):
            color = COLORS.get(path_name.split(",")[0], PALETTE[place % len(PALETTE)])
            means = np.array([[np.mean(values) for values in pair] for pair in path.values()])
            if len(path) > 1:
                axes.plot(*means.T, color=color, linewidth=1.2, alpha=0.6)
            for name in path:
                x, y = settings[name]
                axes.plot(x, y, "o", color=color, markersize=6, markeredgecolor="white", markeredgewidth=0.7)
                is_below = name in below
                axes.annotate(
                    name,
                    (x.mean(), y.min() if is_below else y.max()),
                    xytext=(0, -7 if is_below else 7),
                    textcoords="offset points",
                    ha="center",
                    va="top" if is_below else "bottom",
                    fontsize=9,
                )
        if reference is not None:
            axes.plot(*reference[1:], "X", color=GRAY, markersize=9, markeredgecolor="white")
            axes.annotate(
                reference[0],
                reference[1:],
                xytext=(9, 0),
                textcoords="offset points",
                va="center",
                color=GRAY,
                fontsize=9,
            )
        axes.margins(0.12, 0.14)


def _leads(leaders: Mapping[str, str | None]) -> str:
    """Who leads on which measure: "WARP leads on AUC, nobody on precision@10"."""
    led: dict[str, list[str]] = {}
    for measure, name in sorted(leaders.items(), key=lambda pair: pair[1] is None):
        led.setdefault(name or "nobody", []).append(measure)
    first, *rest = led.items()
    told = [f"{first[0]} leads on {' and '.join(first[1])}", *(f"{n} on {' and '.join(m)}" for n, m in rest)]
    told[0] = told[0][0].upper() + told[0][1:]
    return ", ".join(told)


def plot_search_by_epoch(
    draws: Mapping[str, Sequence[float]],
    likes: Sequence[float],
    *,
    pools: Mapping[str, float],
    title: str | None = None,
) -> None:
    """Show how many draws an update takes as training proceeds, and how well-known the negatives are that it finds.

    Parameters
    ----------
    draws : mapping of str to sequence of float
        For each loss, draws per update in each epoch, from the first.
    likes : sequence of float
        Of the loss named last: median likes of the negatives found, before the first epoch and after each.
    pools : mapping of str to float
        Medians to compare with, by what is drawn from: dashed lines.
    title : str, optional
        Replaces the title, which otherwise tells what becomes of the search of the loss named last.

    Raises
    ------
    ValueError
        If there is no loss, the numbers of epochs do not fit, or a value is not finite.

    Examples
    --------
    >>> draws = {"BPR": [1.2, 1.2], "WARP": [4.9, 9.4]}
    >>> plot_search_by_epoch(draws, [1, 10, 12], pools={"the catalog": 1})  # doctest: +ELLIPSIS
    [figure] Left, lines, draws per update by epoch. BPR: 1.2 to 1.2. WARP: 4.9 to 9.4. Right, line, median likes ...
    draws for an update in epoch 1 and 2: BPR 1.2 and 1.2, WARP 4.9 and 9.4
    median likes of a film WARP finds: 1 before training, 12 after 2 epochs
    median likes of a film drawn from the catalog: 1
    """
    if not draws:
        raise ValueError("draws is empty; expected at least one loss")
    lines = {name: np.asarray(values, dtype=np.float64) for name, values in draws.items()}
    found = np.asarray(likes, dtype=np.float64)
    n_epochs = len(found) - 1
    if n_epochs < 1 or any(len(line) != n_epochs for line in lines.values()):
        listed = ", ".join(f"{name}: {len(line)}" for name, line in lines.items())
        raise ValueError(f"draws has {listed} epochs, and likes {len(found)} entries; expected one entry more")
    if not all(np.isfinite(values).all() for values in [*lines.values(), found, np.array(list(pools.values()))]):
        raise ValueError("draws, likes or pools has a value that is not finite")
    last = list(lines)[-1]
    first_and_last = ", ".join(f"{name} {line[0]:.1f} and {line[-1]:.1f}" for name, line in lines.items())
    facts = [
        f"draws for an update in epoch 1 and {n_epochs}: {first_and_last}",
        f"median likes of a film {last} finds: {found[0]:g} before training, {found[-1]:g} after {n_epochs} epochs",
        *([f"median likes of a film drawn from {'; '.join(f'{n}: {v:g}' for n, v in pools.items())}"] if pools else []),
    ]
    longer = "longer" if lines[last][-1] > lines[last][0] else "no longer"
    better = "better-known" if found[-1] > found[0] else "no better-known"
    finding = f"{last}'s search grows {longer}, and finds {better} films"
    spans = ". ".join(f"{name}: {line[0]:.1f} to {line[-1]:.1f}" for name, line in lines.items())
    dashed = "".join(f" Dashed, {name}: {value:g}." for name, value in pools.items())
    with drawing_panels(
        title or finding,
        ["draws for each update", f"likes of the films that {last} refuses"],
        alt=(
            f"Left, lines, draws per update by epoch. {spans}. Right, line, median likes of the films that {last} "
            f"finds by epoch: {found[0]:g} to {found[-1]:g}.{dashed}"
        ),
        facts=facts,
        height=3.3,
    ) as (left, right):
        epochs = np.arange(1, n_epochs + 1)
        for place, (name, line) in enumerate(lines.items()):
            color = COLORS.get(name.split(",")[0], PALETTE[(place + 1) % len(PALETTE)])
            left.plot(epochs, line, color=color, marker="o", markersize=4)
            left.annotate(
                name, (epochs[-1], line[-1]), xytext=(0, 7), textcoords="offset points", ha="right", color=color
            )
        left.set_ylim(0, 1.15 * max(line.max() for line in lines.values()))
        left.set_xlabel("epoch")
        left.set_ylabel("draws")
        right.plot(range(n_epochs + 1), found, color=COLORS.get(last.split(",")[0], BLUE), marker="o", markersize=4)
        for name, value in pools.items():
            right.axhline(value, color=GRAY, linestyle="--", linewidth=1.2)
            right.annotate(
                f"drawn from {name}",
                (n_epochs, value),
                xytext=(0, 4),
                textcoords="offset points",
                ha="right",
                color=GRAY,
            )
        right.set_ylim(0, 1.2 * max([found.max(), *pools.values()]))
        right.set_xlabel("epochs of training")
        right.set_ylabel("likes of a film (median)")
        for axes in (left, right):
            axes.xaxis.get_major_locator().set_params(integer=True)


def plot_warp_search(
    scores: Sequence[float] | np.ndarray,
    liked: int,
    known: Collection[int],
    *,
    max_sampled: int = 10,
    margin: float = 1.0,
    seed: int = 0,
    title: str | None = None,
) -> None:
    """Let WARP search a negative for one like: what it draws, where it stops, and how 2,000 other searches end.

    Parameters
    ----------
    scores : array of float, shape (n_items,)
        What a user's model gives each item.
    liked : int
        The item that the user likes.
    known : collection of int
        Items the user has an interaction with, which are no negatives; drawing one counts as a draw.
    max_sampled : int
        How many items are drawn at most.
    margin : float
        An item breaks the rule if it scores more than the liked one less this.
    seed : int
        Which items are drawn.
    title : str, optional
        Replaces the title, which otherwise tells how the search ends.

    Raises
    ------
    ValueError
        If an argument is out of its range, or a score is not finite.

    Notes
    -----
    This is the search of :mod:`recsys_lessons.kernels.warp`, with NumPy's random numbers.

    Examples
    --------
    >>> plot_warp_search([2.0, 1.5, -1.0, -2.0, -3.0], 0, {0}, max_sampled=4)  # doctest: +ELLIPSIS
    [figure] Left, dots, scores of the items drawn, one after the other; dashed, the line of the rule at 1.00. ...
    break the rule: 1 of 5 items
    this search: draw 4 breaks the rule, rank 1, weight 0.00
    2,000 searches: 57% find one
    where they find one: estimated rank 1 to 4, mean 2; mean weight 0.66
    """
    scores = np.asarray(scores, dtype=np.float64)
    n_items = scores.size
    if scores.ndim != 1 or n_items < 2 or not np.isfinite(scores).all():
        raise ValueError("scores must be at least two finite numbers, one for each item")
    if not 0 <= liked < n_items:
        raise ValueError(f"liked must be an item from 0 to {n_items - 1}, got {liked}")
    if max_sampled < 1:
        raise ValueError(f"max_sampled must be at least 1, got {max_sampled}")
    if not (np.isfinite(margin) and margin >= 0):
        raise ValueError(f"margin must be a finite number of at least 0, got {margin}")
    line = scores[liked] - margin
    breaks = rule_breakers(scores, liked, known, margin)

    drawn = draws(n_items, max_sampled, seed)
    hits = np.flatnonzero(breaks[drawn])
    n_draws = int(hits[0]) + 1 if hits.size else max_sampled
    drawn = drawn[:n_draws]
    finds, ends = first_hits(breaks, max_sampled, seed, REPEATS)
    ranks = estimated_rank(n_items, ends)
    if hits.size:
        rank = estimated_rank(n_items, n_draws)
        finding = f"Draw {n_draws} breaks the rule: rank estimated at {rank:,}, weight {strength(rank):.2f}"
        ending = f"draw {n_draws} breaks the rule, rank {rank:,}, weight {strength(rank):.2f}"
    else:
        finding = f"Nothing breaks the rule in {max_sampled} draws: no step"
        ending = f"nothing in {max_sampled} draws, no step"
    facts = [
        f"break the rule: {int(breaks.sum()):,} of {n_items:,} items",
        f"this search: {ending}",
        f"{REPEATS:,} searches: {finds.mean():.0%} find one",
    ]
    if finds.any():
        facts.append(
            f"where they find one: estimated rank {ranks.min():,} to {ranks.max():,}, mean {ranks.mean():,.0f}; "
            f"mean weight {strength(ranks).mean():.2f}"
        )
    with drawing_panels(
        title or finding,
        ["this search: scores of the items drawn", f"{REPEATS:,} searches: how they end"],
        alt=(
            f"Left, dots, scores of the items drawn, one after the other; dashed, the line of the rule at {line:.2f}. "
            f"{ending.capitalize()}. Right, bars, at which draw {REPEATS:,} searches end; "
            f"{1 - finds.mean():.0%} find nothing."
        ),
        facts=facts,
        height=3.6,
    ) as (left, right):
        places = np.arange(1, n_draws + 1)
        is_hit = breaks[drawn]
        is_known = np.isin(drawn, [liked, *known])
        for chosen, color, marker, name in (
            (~is_hit & ~is_known, GRAY, "o", "keeps the rule"),
            (is_known, GREEN, "s", "known, skipped"),
            (is_hit, VERMILION, "D", "breaks the rule"),
        ):
            if chosen.any():
                left.plot(places[chosen], scores[drawn][chosen], marker, color=color, markersize=6, label=name)
        left.axhline(scores[liked], color=BLUE, linewidth=1.5, label="the like")
        left.axhline(line, color=BLUE, linewidth=1.5, linestyle="--", label=f"the like − {margin:g}")
        left.set_xlim(0.5, max_sampled + 0.5)
        low, high = min(scores[drawn].min(), line), max(scores[drawn].max(), scores[liked])
        left.set_ylim(low - 0.12 * (high - low + 1), high + 0.5 * (high - low + 1))
        left.set_xlabel("draw")
        left.set_ylabel("score")
        left.legend(loc="upper left", ncols=2, fontsize=9)
        counts = np.bincount(ends, minlength=max_sampled + 1)[1:] / REPEATS
        right.bar(np.arange(1, max_sampled + 1), counts, color=ORANGE, width=0.8)
        right.bar(
            [max_sampled + 1 + 0.04 * max_sampled], [1 - finds.mean()], color=GRAY, width=max(0.8, 0.03 * max_sampled)
        )
        right.annotate(
            "nothing\nfound",
            (max_sampled + 1 + 0.04 * max_sampled, 1 - finds.mean()),
            xytext=(0, 3),
            textcoords="offset points",
            ha="center",
            color=GRAY,
            fontsize=9,
        )
        right.set_xlim(0, 1.15 * (max_sampled + 1) + 0.5)
        right.set_ylim(0, 1.25 * max(counts.max(), 1 - finds.mean()))
        right.set_xlabel("first draw that breaks the rule")
        right.set_ylabel("share of the searches")
        for axes in (left, right):
            axes.xaxis.get_major_locator().set_params(integer=True)
