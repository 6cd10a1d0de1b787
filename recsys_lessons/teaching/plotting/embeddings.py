"""Figures of embeddings: where films and features lie, how one update moves them, what an identity is worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from recsys_lessons.teaching.embedding_plane import N_NEAREST, nearby, plane_of
from recsys_lessons.teaching.plotting.style import BLUE, GRAY, ORANGE, VERMILION, drawing


def plot_moves(before: np.ndarray, after: np.ndarray, names: Sequence[str], *, title: str | None = None) -> None:
    """Show how far vectors of two components have moved: a dot where each was, an arrow to where it is.

    Parameters
    ----------
    before, after : arrays of shape (n, 2)
        The vectors, before and after.
    names : sequence of str, length n
        What the rows are called.
    title : str, optional
        Replaces the title, which otherwise counts those that moved and names one that alone stayed.

    Raises
    ------
    ValueError
        If the arrays do not have the same n rows of two finite numbers, n being the number of names.

    Examples
    --------
    >>> plot_moves(np.zeros((2, 2)), np.array([[0.5, 0.0], [0.0, 0.0]]), ["Galaxy", "Picnic"])
    [figure] Arrows in the plane of the two components. Galaxy: from (0, 0) to (0.5, 0). Picnic: stays at (0, 0).
    moved: Galaxy by 0.5
    stayed: Picnic
    """
    before, after = (np.asarray(array, dtype=np.float64) for array in (before, after))
    for name, array in (("before", before), ("after", after)):
        if array.shape != (len(names), 2) or not np.isfinite(array).all():
            raise ValueError(f"{name} has shape {array.shape}; expected {len(names)} rows of two finite numbers")
    lengths = np.linalg.norm(after - before, axis=1)
    moved = lengths > 1e-6
    told = [
        f"{name}: from ({a[0]:.3g}, {a[1]:.3g}) to ({b[0]:.3g}, {b[1]:.3g})"
        if is_moved
        else f"{name}: stays at ({a[0]:.3g}, {a[1]:.3g})"
        for name, a, b, is_moved in zip(names, before, after, moved, strict=True)
    ]
    movers = [f"{name} by {length:.3g}" for name, length, m in zip(names, lengths, moved, strict=True) if m]
    stayers = [name for name, m in zip(names, moved, strict=True) if not m]
    alone = f", {stayers[0]} stays" if len(stayers) == 1 else ""
    with drawing(
        title or f"{moved.sum()} of {len(names)} vectors move{alone}",
        alt=f"Arrows in the plane of the two components. {'. '.join(told)}.",
        facts=[f"moved: {', '.join(movers) or 'none'}", f"stayed: {', '.join(stayers) or 'none'}"],
        x_label="first component",
        y_label="second component",
        height=3.4,
    ) as axes:
        for name, start, end, is_moved in zip(names, before, after, moved, strict=True):
            color = BLUE if is_moved else GRAY
            axes.plot(*start, "o", color=color, markersize=8)
            if is_moved:
                axes.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": color, "lw": 2})
            axes.annotate(name, start, (0, 9), textcoords="offset points", ha="center", color=color)
        both = np.concatenate([before, after])
        axes.set_xlim(both[:, 0].min() - 0.3, both[:, 0].max() + 0.3)
        axes.set_ylim(both[:, 1].min() - 0.3, both[:, 1].max() + 0.5)


def plot_identities(
    counts: Sequence[int],
    values: Mapping[str, np.ndarray],
    *,
    measure: str,
    title: str | None = None,
    reference: tuple[str, float] | None = None,
) -> None:
    """Show what it brings to give an identity to more and more items, chosen in different ways.

    Parameters
    ----------
    counts : sequence of int
        How many items have an identity; they are drawn at equal distances.
    values : mapping of str to array of shape (n_counts, n_seeds)
        For each way of choosing, what was measured.
    measure : str
        What was measured, with the candidates: the label of the axis.
    title : str, optional
        Replaces the title, which otherwise says how many of the first way do as much as how many of the second.
    reference : (str, float), optional
        Name and value of something to compare with: a dashed line.

    Raises
    ------
    ValueError
        If there is nothing to draw, or the arrays do not have a row of finite numbers for each count.

    Examples
    --------
    >>> at = {"most liked": np.array([[0.01, 0.02], [0.05, 0.06]])}
    >>> plot_identities([0, 30], at, measure="precision@10", title="Thirty help")
    [figure] Lines, precision@10 by number of films with an identity. most liked: 0.015 at 0, 0.055 at 30.
    most liked, 0: 0.010–0.020, 30: 0.050–0.060
    """
    rows = {name: np.asarray(array, dtype=np.float64) for name, array in values.items()}
    if not rows or not len(counts):
        raise ValueError("values or counts is empty; expected something to draw")
    for name, array in rows.items():
        if array.ndim != 2 or len(array) != len(counts) or array.size == 0 or not np.isfinite(array).all():
            raise ValueError(
                f"values has shape {array.shape} for {name!r}; expected {len(counts)} rows of finite numbers"
            )
    labels = [f"{count:,}" for count in counts]

    def ranges(array: np.ndarray) -> str:
        spans = zip(labels, array.min(axis=1), array.max(axis=1), strict=True)
        return ", ".join(f"{label}: {low:.3f}–{high:.3f}" for label, low, high in spans)

    facts = [f"{name}, {ranges(array)}" for name, array in rows.items()]
    told = ". ".join(
        f"{name}: " + ", ".join(f"{m:.3f} at {label}" for label, m in zip(labels, array.mean(axis=1), strict=True))
        for name, array in rows.items()
    )
    if reference is not None:
        facts.append(f"{reference[0]}: {reference[1]:.3f}")
        told += f". Dashed line, {reference[0]}: {reference[1]:.3f}"
    place = np.arange(len(counts))
    with drawing(
        title or _who_does_more(counts, rows, measure),
        alt=f"Lines, {measure} by number of films with an identity. {told}.",
        facts=facts,
        x_label="films with an identity of their own",
        y_label=measure,
    ) as axes:
        for (name, array), color, marker in zip(rows.items(), (BLUE, ORANGE, VERMILION), "os^", strict=False):
            axes.plot(place, array.mean(axis=1), color=color, marker=marker, label=f"{name} (mean)")
            axes.fill_between(place, array.min(axis=1), array.max(axis=1), color=color, alpha=0.25, linewidth=0)
        if reference is not None:
            axes.axhline(reference[1], color=GRAY, linestyle="--", linewidth=1.5)
            axes.annotate(
                reference[0],
                (0, reference[1]),
                xycoords=("axes fraction", "data"),
                xytext=(4, 4),
                textcoords="offset points",
                color=GRAY,
            )
        axes.set_xticks(place, labels)
        axes.set_ylim(bottom=0)
        axes.legend(loc="lower right")


def _who_does_more(counts: Sequence[int], rows: Mapping[str, np.ndarray], measure: str) -> str:
    """The smallest number of the first way with which every seed does better than all seeds of more of the second."""
    if len(rows) == 2:
        (first, ours), (second, theirs) = rows.items()
        for few, values in zip(counts, ours, strict=True):
            beaten = [many for many, others in zip(counts, theirs, strict=True) if others.max() < values.min()]
            if beaten and few > 0 and max(beaten) > few:
                return f"{few:,} {first} do more than {max(beaten):,} {second}"
    return f"{measure} by number of films with an identity"


def plot_embedding_map(
    films: np.ndarray,
    genres,
    names: Sequence[str],
    *,
    highlight: str,
    genre_vectors: np.ndarray | None = None,
    title: str | None = None,
) -> None:
    """Lay vectors out on the two axes along which the films differ most (principal components).

    Parameters
    ----------
    films : array of shape (n_films, n_components)
        The vectors of the films.
    genres : array or sparse matrix of shape (n_films, n_genres)
        Which film has which genre; every entry other than zero counts as one.
    names : sequence of str, length n_genres
        Names of the genres; a leading ``"genre:"`` is not shown.
    highlight : str
        The genre whose films are colored.
    genre_vectors : array of shape (n_genres, n_components), optional
        Embeddings of the genres. That of the colored genre is drawn: an arrow from the center of the map, in the
        direction in which the genre moves a film.
    title : str, optional
        Replaces the title, which otherwise says how many of a colored film's nearest on the map are colored, too.

    Raises
    ------
    ValueError
        If the shapes do not fit each other, there are too few films, or none or all of them have the genre.

    Notes
    -----
    The nearest are counted twice: with all components, by the cosine of the vectors, and on the map, by distance.
    Films that are equally near count in parts.

    Examples
    --------
    >>> vectors = np.repeat(np.eye(2), 11, axis=0)
    >>> horror = np.repeat([[1], [0]], 11, axis=0)
    >>> plot_embedding_map(vectors, horror, ["Horror"], highlight="Horror")  # doctest: +ELLIPSIS
    [figure] Map of 22 films on two axes that hold 100% of their spread; 11 Horror films are colored. Of the 10 ...
    22 films with 2 different vectors · the two axes hold 100% of their spread
    of the 10 nearest of a Horror film, 10.0 are Horror (by distance on this map: 10.0; by chance: 4.8)
    """
    films = np.asarray(films, dtype=np.float64)
    genres = np.asarray(genres.toarray() if hasattr(genres, "toarray") else genres) != 0
    names = [str(name).removeprefix("genre:") for name in names]
    n_films = len(films)
    if films.ndim != 2 or n_films <= N_NEAREST + 1 or not np.isfinite(films).all():
        raise ValueError(f"films has shape {films.shape}; expected more than {N_NEAREST + 1} rows of finite numbers")
    if genres.shape != (n_films, len(names)):
        raise ValueError(f"genres has shape {genres.shape}; expected {(n_films, len(names))}")
    if highlight not in names:
        raise ValueError(f"highlight is {highlight!r}; expected one of {', '.join(names)}")
    if genre_vectors is not None and np.shape(genre_vectors) != (len(names), films.shape[1]):
        raise ValueError(f"genre_vectors has shape {np.shape(genre_vectors)}; expected {(len(names), films.shape[1])}")
    chosen = genres[:, names.index(highlight)]
    if chosen.all() or not chosen.any():
        raise ValueError(f"{chosen.sum()} of {n_films} films are {highlight}; expected some that are and some not")

    plane = plane_of(films)
    places, (first, second) = plane.places, 100 * plane.shares
    held = f"{first + second:.0f}%"
    n_places = len(np.unique(films, axis=0))
    counted = nearby(films, places, chosen)
    alike, on_map, by_chance = counted.by_angle, counted.on_map, counted.by_chance
    told = (
        f"of the {N_NEAREST} nearest of a {highlight} film, {alike:.1f} are {highlight} "
        f"(by distance on this map: {on_map:.1f}; by chance: {by_chance:.1f})"
    )
    finding = (
        f"Of a {highlight} film's {N_NEAREST} nearest here, {on_map:.1f} are {highlight} ({by_chance:.1f} by chance)"
    )
    with drawing(
        title or finding,
        alt=f"Map of {n_films} films on two axes that hold {held} of their spread; {chosen.sum()} "
        f"{highlight} films are colored. {told[0].upper()}{told[1:]}.",
        facts=[
            f"{n_films} films with {n_places} different vectors · the two axes hold {held} of their spread",
            told,
        ],
        x_label=f"first axis ({first:.0f}% of the spread)",
        y_label=f"second axis ({second:.0f}%)",
        height=5.0,
    ) as axes:
        axes.plot(*places[~chosen].T, "o", color="#B8B8B8", markersize=4, label="other films")
        axes.plot(
            *places[chosen].T, "D", color=ORANGE, markersize=6, markeredgecolor="white", label=f"{highlight} films"
        )
        if genre_vectors is not None:
            tip, scale = plane.arrow(np.asarray(genre_vectors)[names.index(highlight)])
            arrow = {"arrowstyle": "-|>", "color": BLUE, "lw": 2.5, "shrinkA": 0, "shrinkB": 0}
            axes.annotate("", tip, (0, 0), arrowprops=arrow)
            axes.update_datalim([tip])
            axes.plot([], [], color=BLUE, lw=2.5, label=f"embedding of {highlight} (drawn {scale:.1f} times as long)")
        axes.margins(0.08)
        axes.set_aspect("equal", adjustable="datalim")  # or distances would not be those that are counted
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.13), ncols=3)
