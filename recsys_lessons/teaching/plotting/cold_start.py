"""Figures of cold start: where newcomers come in, and how soon a few clicks say more than attributes.

Nothing here knows models or data sets: arrays and names come in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

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

__all__ = ["plot_by_clicks", "plot_newcomer_list", "plot_two_races"]


def plot_two_races(
    results: Mapping[str, tuple[Sequence[float], Sequence[float]]],
    *,
    races: tuple[str, str] = ("against all films", "among newcomers"),
    measure: str = "AUC of newcomers",
    title: str | None = None,
) -> None:
    """Show the AUC of newcomers in two races, for several models: two lines of dots for each, and the coin's 0.5.

    Parameters
    ----------
    results : mapping of str to (sequence of float, sequence of float)
        For each model, from top to bottom, its values in the first and in the second race, one for each split.
    races : (str, str)
        What the two are called: against whom newcomers are ranked.
    measure : str
        What was measured: the label of the axis.
    title : str, optional
        Replaces the title, which otherwise gives the range of the means in each race.

    Raises
    ------
    ValueError
        If there is nothing to show, a race has no value, or a value is not between 0 and 1.

    Examples
    --------
    >>> plot_two_races({"ids": ([0.2, 0.3], [0.5, 0.51]), "genres": ([0.7, 0.71], [0.68, 0.7])})  # doctest: +ELLIPSIS
    [figure] Dots, AUC of newcomers, one a split, against all films and among newcomers. ids: 0.200 to 0.300 ...
    against all films, lowest: ids, 0.200–0.300
    against all films, highest: genres, 0.700–0.710
    among newcomers, lowest: ids, 0.500–0.510
    among newcomers, highest: genres, 0.680–0.700
    """
    if not results:
        raise ValueError("results is empty; expected at least one model")
    tables = {name: [np.asarray(values, dtype=np.float64) for values in pair] for name, pair in results.items()}
    for name, pair in tables.items():
        if not all(values.ndim == 1 and values.size for values in pair):
            raise ValueError(f"results has no values for {name!r}; expected one for each split, in both races")
        if not all(((values >= 0) & (values <= 1)).all() for values in pair):
            raise ValueError(f"results has a value for {name!r} that is not between 0 and 1")

    def span(values: np.ndarray, to: str = "–") -> str:
        return f"{values.min():.3f}{to}{values.max():.3f}"

    facts, ranges = [], []
    for which, race in enumerate(races):
        means = {name: pair[which].mean() for name, pair in tables.items()}
        ends = min(means, key=means.__getitem__), max(means, key=means.__getitem__)
        for end, name in zip(("lowest", "highest"), ends, strict=True):
            facts.append(f"{race}, {end}: {name}, {span(tables[name][which])}")
        ranges.append(f"{means[ends[0]]:.2f} to {means[ends[1]]:.2f} {race}")
    described = ". ".join(
        f"{name}: {span(first, ' to ')} and {span(second, ' to ')}" for name, (first, second) in tables.items()
    )
    with drawing(
        title or f"Mean {measure}: {', '.join(ranges)}",
        alt=f"Dots, {measure}, one a split, {races[0]} and {races[1]}. {described}.",
        facts=facts,
        x_label=f"{measure} (one dot a split; a coin gets 0.5)",
        height=1.8 + 0.42 * len(tables),
    ) as axes:
        axes.axvline(0.5, color=GRAY, linewidth=1.2, linestyle="--")
        for which, (color, marker, shift) in enumerate(((BLUE, "o", -0.14), (ORANGE, "D", 0.14))):
            for place, pair in enumerate(tables.values()):
                axes.plot(
                    pair[which],
                    np.full(pair[which].size, place + shift),
                    marker,
                    color=color,
                    markersize=7,
                    markeredgecolor="white",
                    markeredgewidth=0.8,
                    label=races[which] if place == 0 else None,
                    clip_on=False,
                )
        axes.set_yticks(range(len(tables)), list(tables))
        axes.set_ylim(len(tables) - 0.5, -0.5)
        axes.set_xlim(0, 1)
        axes.figure.legend(loc="outside lower center", ncols=2)


def plot_by_clicks(
    shown: Sequence[int],
    panels: Mapping[str, Mapping[str, np.ndarray]],
    *,
    measure: str,
    title: str | None = None,
    setting: str = "",
    challenger: str = "from zero",
    champion: str = "attributes",
) -> None:
    """Show the quality of what newcomers get by how many of their clicks are known, a panel for each site.

    Parameters
    ----------
    shown : sequence of int
        How many clicks of each newcomer are known.
    panels : mapping of str to mapping of str to array of shape (n_splits, len(shown)) or (n_splits,)
        For each site and each line, the values; one number a split where clicks are not used.
    measure : str
        What was measured: the label of the axis.
    title : str, optional
        Replaces the title, which otherwise says when the challenger is ahead of the champion in each split.
    setting : str
        What the title adds to the challenger, such as how long it was folded in.
    challenger, champion : str
        The lines whose crossing is told.

    Raises
    ------
    ValueError
        If there is nothing to show, a shape does not fit, or one of the two lines is missing.

    Examples
    --------
    >>> lines = {"attributes": np.array([0.8, 0.7]), "from zero": np.array([[0.6, 0.9], [0.5, 0.8]])}
    >>> plot_by_clicks([0, 10], {"a site": lines}, measure="share")  # doctest: +ELLIPSIS
    [figure] Lines, share by clicks known, mean of 2 splits. a site, attributes: 0.750. a site, from zero: 0.550 ...
    a site, attributes: 0.750
    a site, from zero: 0.550 · 0.850 with 0 · 10 clicks
    a site, splits in which from zero is ahead of attributes: 0 · 2 of 2
    """
    shown = list(shown)
    if not shown or not panels:
        raise ValueError("shown or panels is empty; expected at least one number of clicks and one site")
    facts, described, crossings = [], [], []
    tables: dict[str, dict[str, np.ndarray]] = {}
    for site, lines in panels.items():
        tables[site] = {name: np.asarray(values, dtype=np.float64) for name, values in lines.items()}
        for name in (challenger, champion):
            if name not in tables[site]:
                raise ValueError(f"panels[{site!r}] has no line {name!r}")
        for name, table in tables[site].items():
            if table.ndim not in (1, 2) or table.size == 0 or table.shape[1:] not in ((), (len(shown),)):
                raise ValueError(f"{name!r} has shape {table.shape}; expected (n_splits,) or (n_splits, {len(shown)})")
            if table.ndim == 1:
                facts.append(f"{site}, {name}: {table.mean():.3f}")
                described.append(f"{site}, {name}: {table.mean():.3f}")
                continue
            mean = table.mean(axis=0)
            listed = " · ".join(f"{value:.3f}" for value in mean)
            facts.append(f"{site}, {name}: {listed} with {' · '.join(map(str, shown))} clicks")
            described.append(f"{site}, {name}: {mean[0]:.3f} to {mean[-1]:.3f}")
        first, second = (_by_number(tables[site][name], len(shown)) for name in (challenger, champion))
        ahead = (first > second).sum(axis=0)
        n_splits = len(first)
        counted = " · ".join(str(count) for count in ahead)
        facts.append(f"{site}, splits in which {challenger} is ahead of {champion}: {counted} of {n_splits}")
        always = [n for n, count in zip(shown, ahead, strict=True) if count == n_splits]
        crossings.append(f"{site}: {f'with {always[0]} clicks' if always else f'not with {shown[-1]} clicks'}")
    with drawing_panels(
        title
        or f"Clicks {challenger}{f' ({setting})' if setting else ''} overtake {champion} · {' · '.join(crossings)}",
        list(tables),
        alt=f"Lines, {measure} by clicks known, mean of {n_splits} splits. {'. '.join(described)}.",
        facts=facts,
        height=3.9,
        share_y=True,
    ) as all_axes:
        styles = {}
        for axes, lines in zip(all_axes, tables.values(), strict=True):
            for name, table in lines.items():
                color, marker = styles.setdefault(
                    name, (PALETTE[len(styles) % len(PALETTE)], "osD^v<"[len(styles) % 6])
                )
                mean = _by_number(table, len(shown)).mean(axis=0)
                flat = table.ndim == 1
                axes.plot(
                    range(len(shown)),
                    mean,
                    "--" if flat else "-",
                    color=GRAY if flat and name != champion else color,
                    marker=None if flat else marker,
                    markersize=6,
                    label=name,
                )
            axes.set_xticks(range(len(shown)), [str(number) for number in shown])
            axes.set_xlabel("clicks known of each newcomer")
        all_axes[0].set_ylabel(measure)
        handles, labels = all_axes[0].get_legend_handles_labels()
        all_axes[0].figure.legend(handles, labels, loc="outside lower center", ncols=2)


def _by_number(table: np.ndarray, n_shown: int) -> np.ndarray:
    """One column for each number of clicks, also where clicks are not used."""
    return np.repeat(table[:, None], n_shown, axis=1) if table.ndim == 1 else table


def plot_newcomer_list(
    lists: Mapping[int, Sequence[str]],
    *,
    attributes: Sequence[str],
    clicked: str,
    title: str | None = None,
) -> None:
    """Show what a newcomer's list is made of, before the first click and after each of some numbers of them.

    Parameters
    ----------
    lists : mapping of int to sequence of str
        By the number of clicks, the topic of each article on the list.
    attributes : sequence of str
        What is known of the newcomer; may be empty.
    clicked : str
        The topic of the clicked articles.
        It has a color of its own, and so has a topic that ends one of the attributes. The others are gray.
    title : str, optional
        Replaces the title, which otherwise says with how many clicks their topic leads the list.

    Raises
    ------
    ValueError
        If there is no list, or one is empty.

    Examples
    --------
    >>> lists = {0: ["sport", "sport", "world"], 5: ["culture", "culture", "sport"]}
    >>> plot_newcomer_list(lists, attributes=["chosen:sport"], clicked="culture")  # doctest: +ELLIPSIS
    [figure] Bars, topics of the 3 articles on the list of a newcomer with chosen:sport, by clicks on culture. 0 ...
    0 clicks on culture: sport 2, world 1
    5 clicks on culture: culture 2, sport 1
    """
    if not lists or not all(len(topics) for topics in lists.values()):
        raise ValueError("lists has nothing to show; expected at least one list with at least one article")
    counts = {n: {topic: list(topics).count(topic) for topic in dict.fromkeys(topics)} for n, topics in lists.items()}
    ordered = {n: dict(sorted(of.items(), key=lambda pair: (-pair[1], pair[0]))) for n, of in counts.items()}
    leads = [n for n, of in ordered.items() if next(iter(of)) == clicked]
    known = ", ".join(attributes) or "no attributes"
    finding = f"{clicked.capitalize()} leads with {leads[0]} clicks" if leads else f"{clicked.capitalize()} never leads"
    told = {n: ", ".join(f"{topic} {count}" for topic, count in of.items()) for n, of in ordered.items()}
    n_places = max(len(topics) for topics in lists.values())
    named = {text.rsplit(":", 1)[-1] for text in attributes} - {clicked}
    own = [clicked, *sorted({topic for of in counts.values() for topic in of} & named)]
    others = sorted({topic for of in counts.values() for topic in of} - set(own))
    with drawing(
        title or finding,
        alt=(
            f"Bars, topics of the {n_places} articles on the list of a newcomer with {known}, by clicks on {clicked}. "
            + ". ".join(f"{n} clicks: {text}" for n, text in told.items())
            + "."
        ),
        facts=[f"{n} clicks on {clicked}: {text}" for n, text in told.items()],
        x_label=f"articles on the list of {n_places}, newcomer with {known}",
        y_label=f"clicks on {clicked}",
        height=1.9 + 0.42 * len(lists),
    ) as axes:
        left = np.zeros(len(lists))
        colors = {topic: (VERMILION, BLUE, ORANGE, GREEN)[place % 4] for place, topic in enumerate(own)}
        for topic in (*own, *others):
            widths = np.array([of.get(topic, 0) for of in counts.values()])
            label = topic if topic in colors else "another topic" if topic == others[0] else None
            color = colors.get(topic, "#BBBBBB")
            axes.barh(range(len(lists)), widths, left=left, height=0.62, color=color, edgecolor="white", label=label)
            left += widths
        axes.set_yticks(range(len(lists)), [str(n) for n in lists])
        axes.set_ylim(len(lists) - 0.5, -0.5)
        axes.set_xlim(0, n_places)
        axes.locator_params(axis="x", integer=True)
        axes.grid(axis="y", visible=False)
        axes.figure.legend(loc="outside lower center", ncols=4)
