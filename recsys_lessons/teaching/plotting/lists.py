"""Figures of lists of items: what was liked, what is recommended."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from recsys_lessons.teaching.plotting.style import BLUE, ORANGE, drawing


def plot_genre_profile(
    liked: Sequence[int] | np.ndarray,
    recommended: Sequence[int] | np.ndarray,
    genres,
    names: Sequence[str],
    *,
    title: str | None = None,
    most: int = 10,
) -> None:
    """Compare the genres of the films a user liked with those of the films recommended to the user.

    For each genre, one pair of bars: its share of the liked films, and its share of the recommended ones. A
    film may have several genres, so shares add up to more than 100%.

    Parameters
    ----------
    liked, recommended : sequences of int
        Ids of films: rows of `genres`. Padding with -1, as ``recommend`` returns it, is left out.
    genres : array or sparse matrix, shape [n_items, n_genres]
        Which film has which genre; every entry other than zero counts as one.
    names : sequence of str, length n_genres
        Names of the columns of `genres`; a leading ``"genre:"`` is not shown.
    title : str, optional
        Replaces the title, which otherwise names the leading genre of each list.
    most : int
        How many genres to show; those with the largest shares come first.

    Raises
    ------
    ValueError
        If a list is empty, an id is not a row of `genres`, or the names do not fit the columns.

    Examples
    --------
    >>> genres = np.array([[1, 0, 0], [1, 1, 0], [0, 0, 1], [1, 0, 1]])
    >>> plot_genre_profile([0, 1], [2, 3], genres, ["Drama", "Crime", "Comedy"])  # doctest: +ELLIPSIS
    [figure] Paired bars, share of films by genre, liked beside recommended. Drama: 100% and 50%. Comedy: ...
    leading genre of 2 liked films: Drama (100%)
    leading genre of 2 recommended films: Comedy (100%)
    largest difference: Comedy, 0% of liked, 100% of recommended
    """
    n_items, n_genres = genres.shape
    if len(names) != n_genres:
        raise ValueError(f"names has {len(names)} entries; expected {n_genres}, one for each column of genres")
    names = [str(name).removeprefix("genre:") for name in names]
    if most < 1:
        raise ValueError(f"most is {most}; expected at least 1")
    shares = []
    counts = []
    for argument, ids in (("liked", liked), ("recommended", recommended)):
        ids = np.asarray(ids)
        if ids.size and ids.dtype.kind not in "iu":
            raise ValueError(f"{argument} has dtype {ids.dtype}; expected the integer ids of films")
        ids = ids[ids != -1].astype(np.int64)
        if ids.size == 0:
            raise ValueError(f"{argument} has no films; expected at least one id")
        if ids.min() < 0 or ids.max() >= n_items:
            wrong = ids[(ids < 0) | (ids >= n_items)][0]
            raise ValueError(f"{argument} contains the id {wrong}; expected ids from 0 to {n_items - 1}")
        rows = genres[ids]
        rows = rows.toarray() if hasattr(rows, "toarray") else np.asarray(rows)
        shares.append((rows != 0).mean(axis=0))
        counts.append(ids.size)
    of_liked, of_recommended = shares
    # Stable and by rounded sums, so that equal shares keep the order of the names.
    order = np.argsort(-np.round(of_liked + of_recommended, 9), kind="stable")[:most]
    order = order[(of_liked + of_recommended)[order] > 0]
    if order.size == 0:
        raise ValueError("genres is all zero for these films; expected at least one genre")

    def percent(share: float) -> str:
        return f"{100 * share:.0f}%"

    top_liked, top_recommended = int(of_liked.argmax()), int(of_recommended.argmax())
    widest = int(np.round(np.abs(of_liked - of_recommended), 9).argmax())
    if top_liked == top_recommended:
        finding = f"{names[top_liked]} leads both lists"
    else:
        finding = f"{names[top_liked]} leads what was liked, {names[top_recommended]} what is recommended"
    lead = percent(of_recommended[top_recommended])
    gap = f"{percent(of_liked[widest])} of liked, {percent(of_recommended[widest])} of recommended"
    pairs = ". ".join(f"{names[g]}: {percent(of_liked[g])} and {percent(of_recommended[g])}" for g in order)
    present = int(((of_liked + of_recommended) > 0).sum())
    shown = f"the {len(order)} most frequent of {present} genres" if len(order) < present else "genre"
    by = f"for {shown}" if len(order) < present else "by genre"
    with drawing(
        title or finding,
        alt=f"Paired bars, share of films {by}, liked beside recommended. {pairs}.",
        facts=[
            f"leading genre of {counts[0]} liked films: {names[top_liked]} ({percent(of_liked[top_liked])})",
            f"leading genre of {counts[1]} recommended films: {names[top_recommended]} ({lead})",
            f"largest difference: {names[widest]}, {gap}",
        ],
        x_label="share of the films in the list (%)",
        y_label=shown,
        height=1.4 + 0.36 * len(order),
    ) as axes:
        place = np.arange(len(order))
        axes.barh(place - 0.2, 100 * of_liked[order], height=0.38, color=BLUE, label=f"liked ({counts[0]})")
        # A hatch beside the color: the pair stays apart in a black-and-white print.
        axes.barh(
            place + 0.2,
            100 * of_recommended[order],
            height=0.38,
            color=ORANGE,
            edgecolor="white",
            hatch="///",
            linewidth=0,
            label=f"recommended ({counts[1]})",
        )
        axes.set_yticks(place, [names[g] for g in order])
        axes.invert_yaxis()
        axes.grid(visible=False, axis="y")
        axes.set_xlim(0, 100)
        axes.legend(loc="lower right")
