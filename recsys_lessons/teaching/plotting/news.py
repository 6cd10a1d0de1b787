"""Figures of the news site: what lists are worth under several measures, side by side.

Nothing here knows models or data sets: arrays and names come in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from recsys_lessons.teaching.plotting.style import BLUE, GRAY, GREEN, ORANGE, PURPLE, SKY, drawing, drawing_panels

__all__ = ["plot_feed", "plot_shares"]

_MARKS = ((BLUE, "o"), (ORANGE, "D"), (GREEN, "s"), (PURPLE, "^"))


def plot_shares(
    results: Mapping[str, Mapping[str, Sequence[float]]],
    *,
    measure: str,
    title: str,
    reference: tuple[str, float] | None = None,
) -> None:
    """Show what each list is worth under several measures, as a share of the best possible: one mark a measure.

    Parameters
    ----------
    results : mapping of str to mapping of str to sequence of float
        For each list, from top to bottom, its values under each measure, one for each site. All lists have the same
        measures.
    measure : str
        What the values are: the label of the axis.
    title : str
        The finding.
    reference : (str, float), optional
        Name and value of something to compare with: a dashed line.

    Raises
    ------
    ValueError
        If there is nothing to show, there are more than 4 measures, the lists differ in their measures, or a value is
        missing or not finite.

    Examples
    --------
    >>> results = {"a": {"truth": [0.2, 0.4], "log": [1.0, 1.2]}, "b": {"truth": [0.7, 0.7], "log": [0.8, 0.6]}}
    >>> plot_shares(results, measure="share of the oracle", title="b is better")  # doctest: +ELLIPSIS
    [figure] Dots with ranges, share of the oracle, by list. a: truth 0.30 (0.20 to 0.40), log 1.10 (1.00 to 1.20). ...
    truth: a 0.30 · b 0.70
    log: a 1.10 · b 0.70
    """
    if not results:
        raise ValueError("results is empty; expected at least one list")
    names = list(next(iter(results.values())))
    if not 1 <= len(names) <= len(_MARKS):
        raise ValueError(f"results has {len(names)} measures; expected 1 to {len(_MARKS)}")
    tables = {}
    for row, of_row in results.items():
        if list(of_row) != names:
            raise ValueError(f"results has the measures {', '.join(of_row)} for {row!r}; expected {', '.join(names)}")
        tables[row] = {name: np.asarray(values, dtype=np.float64) for name, values in of_row.items()}
        for name, values in tables[row].items():
            if values.ndim != 1 or not values.size or not np.isfinite(values).all():
                raise ValueError(f"results has no finite numbers for {name!r} of {row!r}; expected one for each site")

    described = ". ".join(
        f"{row}: " + ", ".join(f"{name} {v.mean():.2f} ({v.min():.2f} to {v.max():.2f})" for name, v in of_row.items())
        for row, of_row in tables.items()
    )
    against = f" Dashed line, {reference[0]}: {reference[1]:.2f}." if reference else ""
    with drawing(
        title,
        alt=f"Dots with ranges, {measure}, by list. {described}.{against}",
        facts=[
            f"{name}: " + " · ".join(f"{row} {of_row[name].mean():.2f}" for row, of_row in tables.items())
            for name in names
        ],
        x_label=f"{measure} (mean and range)",
        height=1.7 + (0.26 + 0.14 * len(names)) * len(tables),
    ) as axes:
        if reference:
            axes.axvline(reference[1], color=GRAY, linewidth=1.2, linestyle="--", label=reference[0])
        for which, (name, (color, mark)) in enumerate(zip(names, _MARKS, strict=False)):
            shift = 0.2 * (which - (len(names) - 1) / 2)
            for place, of_row in enumerate(tables.values()):
                values = of_row[name]
                axes.plot([values.min(), values.max()], [place + shift] * 2, color=color, linewidth=1.6)
                axes.plot(
                    [values.mean()],
                    [place + shift],
                    mark,
                    color=color,
                    markersize=7,
                    markeredgecolor="white",
                    markeredgewidth=0.8,
                    label=name if place == 0 else None,
                )
        axes.set_yticks(range(len(tables)), list(tables))
        axes.set_ylim(len(tables) - 0.5, -0.5)
        axes.set_xlim(left=0)
        if len(names) > 1 or reference:
            axes.figure.legend(loc="outside lower center", ncols=len(names) + bool(reference))


def plot_feed(feeds: Mapping[str, Sequence[tuple[str, float]]], *, reader: str, title: str | None = None) -> None:
    """Show what stands in a reader's feed, place by place, with the true chance of a click on each.

    Parameters
    ----------
    feeds : mapping of str to sequence of (str, float)
        For each of one to three recommenders, a panel: its articles from the top down, with their chances.
    reader : str
        Who reads.
    title : str, optional
        Replaces the title, which otherwise gives the expected clicks of each feed.

    Raises
    ------
    ValueError
        If there is nothing to show, there are more than three feeds, or a chance is not between 0 and 1.

    Examples
    --------
    >>> plot_feed({"lots": [("world", 0.1), ("sport", 0.2)], "oracle": [("sport", 0.5)]}, reader="sport")
    [figure] Bars, chance of a click by place in the feed, for a reader: sport. lots: world 0.10, sport 0.20. \
oracle: sport 0.50.
    reader: sport
    lots: 0.30 expected clicks: world, sport
    oracle: 0.50 expected clicks: sport
    """
    if not 1 <= len(feeds) <= 3:
        raise ValueError(f"feeds has {len(feeds)} recommenders; expected 1 to 3")
    for name, feed in feeds.items():
        if not feed:
            raise ValueError(f"feeds has no article for {name!r}; expected at least one")
        if not all(0 <= chance <= 1 for _, chance in feed):
            raise ValueError(f"feeds has a chance for {name!r} that is not between 0 and 1")

    total = {name: sum(chance for _, chance in feed) for name, feed in feeds.items()}
    listed = ". ".join(
        f"{name}: " + ", ".join(f"{article} {chance:.2f}" for article, chance in feed) for name, feed in feeds.items()
    )
    with drawing_panels(
        title or "Expected clicks: " + ", ".join(f"{name} {clicks:.2f}" for name, clicks in total.items()),
        list(feeds),
        alt=f"Bars, chance of a click by place in the feed, for a reader: {reader}. {listed}.",
        facts=[f"reader: {reader}"]
        + [
            f"{name}: {total[name]:.2f} expected clicks: {', '.join(article for article, _ in feed)}"
            for name, feed in feeds.items()
        ],
        height=1.7 + 0.32 * max(map(len, feeds.values())),
    ) as panels:
        for axes, feed in zip(panels, feeds.values(), strict=True):
            places = range(1, len(feed) + 1)
            axes.barh(places, [chance for _, chance in feed], color=SKY, height=0.7)
            for place, (article, _) in zip(places, feed, strict=True):
                axes.text(0.02, place, article, va="center", fontsize=9, color="black")
            axes.set_xlim(0, 1)
            axes.set_ylim(max(map(len, feeds.values())) + 0.6, 0.4)
            axes.set_yticks(list(places))
            axes.set_xlabel("chance of a click")
            axes.grid(visible=False, axis="y")
        panels[0].set_ylabel("place")
