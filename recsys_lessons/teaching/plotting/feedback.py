"""Figures of feedback: who rated what and how often, and how it is split."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import scipy.sparse as sp

from recsys_lessons import validation
from recsys_lessons.teaching.like_splits import SPLITS, precision_of_popularity, split_likes
from recsys_lessons.teaching.plotting.style import BLUE, ORANGE, PALETTE, SKY, drawing, drawing_panels

_MOST_CELLS = 12  # rows or columns of a matrix whose cells are to be read one by one
_LINE_STYLES = ("-", "--", ":", "-.")


def plot_mean_by_count(
    counts: Sequence[int] | np.ndarray,
    means: Sequence[float] | np.ndarray,
    *,
    bounds: Sequence[int] = (1, 2, 5, 10, 20, 50, 100),
) -> None:
    """Compare the ratings of films that few have rated with those of films that many have rated.

    One bar for each range of numbers of ratings: the mean of the films' mean ratings, each film counting once.

    Parameters
    ----------
    counts : array of int, shape (n_items,)
        How many ratings each film has. Films without any are left out.
    means : array of float, shape (n_items,)
        The mean rating of each film.
    bounds : sequence of int
        Where each range begins; the last one is open. A range without films is not shown.

    Raises
    ------
    ValueError
        If the arrays do not fit each other, or no film has a rating.

    Examples
    --------
    >>> plot_mean_by_count([1, 1, 2, 12], [2.0, 3.0, 3.5, 4.5], bounds=[1, 2, 10])  # doctest: +ELLIPSIS
    [figure] Bars, mean rating of films by number of ratings. 1: 2.50 stars (2 films). 2–9: 3.50 stars ...
    films with 1 rating: 2, mean 2.50 stars
    films with 10 ratings or more: 1, mean 4.50 stars
    """
    counts, means = np.asarray(counts), np.asarray(means, dtype=np.float64)
    if counts.shape != means.shape or counts.ndim != 1:
        raise ValueError(f"counts has shape {counts.shape}, means {means.shape}; expected one of each for every film")
    ends = [*[bound - 1 for bound in bounds[1:]], None]
    labels, heights, sizes = [], [], []
    for first, last in zip(bounds, ends, strict=True):
        chosen = (counts >= first) & (counts <= (counts.max(initial=0) if last is None else last))
        if chosen.any():
            labels.append(f"{first}+" if last is None else str(first) if first == last else f"{first}–{last}")
            heights.append(float(means[chosen].mean()))
            sizes.append(int(chosen.sum()))
    if not heights:
        raise ValueError(f"counts has no film with {bounds[0]} ratings or more; expected at least one")

    def named(place: int) -> str:
        label = labels[place]
        words = f"{label[:-1]} ratings or more" if label.endswith("+") else f"{label} ratings"
        return words.replace("1 ratings", "1 rating") if label == "1" else words

    if heights[-1] > heights[0]:
        finding = "Films that many people rated are rated higher"
    elif heights[-1] < heights[0]:
        finding = "Films that many people rated are rated lower"
    else:
        finding = "Films that many people rated are rated like the others"
    bars = zip(labels, heights, sizes, strict=True)
    described = ". ".join(f"{label}: {height:.2f} stars ({size:,} films)" for label, height, size in bars)
    ends_of_scale = dict.fromkeys([0, len(labels) - 1])
    with drawing(
        finding,
        alt=f"Bars, mean rating of films by number of ratings. {described}.",
        facts=[
            f"films with {named(place)}: {sizes[place]:,}, mean {heights[place]:.2f} stars" for place in ends_of_scale
        ],
        x_label="ratings that a film has",
        y_label="mean rating (stars)",
        height=3.2,
    ) as axes:
        bars = axes.bar(range(len(labels)), heights, color=BLUE, width=0.7)
        axes.bar_label(bars, [f"{height:.2f}\n{size:,} films" for height, size in zip(heights, sizes, strict=True)])
        axes.set_xticks(range(len(labels)), labels)
        axes.set_ylim(0, 5)
        axes.grid(visible=False, axis="x")


def plot_small_splits(splits: Mapping[str, tuple], users: Sequence[str], items: Sequence[str], *, title: str) -> None:
    """Draw small matrices that are split in several ways, cell by cell.

    Parameters
    ----------
    splits : mapping of str to (train, test)
        For each panel, from left to right, its title and two matrices of shape (n_users, n_items), sparse or dense.
    users, items : sequences of str
        Names of the rows and the columns, at most 12 each.
    title : str
        The finding.

    Raises
    ------
    ValueError
        If a matrix does not fit the names, or is too large to be read.

    Examples
    --------
    >>> train, test = [[1, 0], [0, 1]], [[0, 1], [0, 0]]
    >>> plot_small_splits({"by time": (train, test)}, ["Ann", "Bob"], ["Galaxy", "Picnic"], title="Ann's last one")
    [figure] Grids of users by items. by time: in test are Ann and Picnic.
    by time: 2 in train, 1 in test
    """
    if not splits:
        raise ValueError("splits is empty; expected at least one")
    shape = (len(users), len(items))
    if max(shape) > _MOST_CELLS:
        raise ValueError(f"the matrices have shape {shape}; expected at most {_MOST_CELLS} rows and columns")
    grids = {}
    for name, pair in splits.items():
        train, test = (np.asarray(part.toarray() if sp.issparse(part) else part) != 0 for part in pair)
        if train.shape != shape or test.shape != shape:
            raise ValueError(f"splits has shapes {train.shape} and {test.shape} for {name!r}; expected {shape}")
        grids[name] = (train, test)
    described = []
    for name, (_, test) in grids.items():
        pairs = [f"{users[row]} and {items[column]}" for row, column in zip(*np.nonzero(test), strict=True)]
        described.append(f"{name}: in test are {', '.join(pairs) or 'none'}")
    with drawing_panels(
        title,
        list(grids),
        alt=f"Grids of users by items. {'. '.join(described)}.",
        facts=[f"{name}: {train.sum()} in train, {test.sum()} in test" for name, (train, test) in grids.items()],
        height=2.3 if len(grids) > 1 else 2.6,
        share_y=True,
    ) as all_axes:
        for axes, (train, test) in zip(all_axes, grids.values(), strict=True):
            for cells, color, letter in ((train, SKY, "train"), (test, ORANGE, "test")):
                for row, column in zip(*np.nonzero(cells), strict=True):
                    axes.add_patch(_cell(column, row, color))
                    axes.text(column, row, letter, ha="center", va="center", fontsize=8)
            axes.set_xlim(-0.5, shape[1] - 0.5)
            axes.set_ylim(shape[0] - 0.5, -0.5)
            axes.set_xticks(range(shape[1]), items, rotation=40, ha="right")
            axes.set_yticks(range(shape[0]), users)
            axes.set_xticks(np.arange(shape[1] + 1) - 0.5, minor=True)
            axes.set_yticks(np.arange(shape[0] + 1) - 0.5, minor=True)
            axes.grid(visible=False)
            axes.grid(visible=True, which="minor")
            axes.tick_params(which="both", length=0)


def _cell(column: int, row: int, color: str):
    from matplotlib.patches import Rectangle

    return Rectangle((column - 0.46, row - 0.46), 0.92, 0.92, color=color, alpha=0.75, linewidth=0)


def plot_ranges_by_epoch(values: Mapping[str, np.ndarray], epochs: Sequence[int], *, measure: str, title: str) -> None:
    """Follow a measure through training, for several settings: a line for the mean, a band for all seeds.

    Parameters
    ----------
    values : mapping of str to array of shape (n_seeds, n_points)
        For each setting, what was measured with each seed after each number of epochs.
    epochs : sequence of int, length n_points
        After how many epochs it was measured.
    measure : str
        What was measured, with the candidates: the label of the vertical axis.
    title : str
        The finding.

    Raises
    ------
    ValueError
        If there is no setting, or the arrays do not fit `epochs`.

    Examples
    --------
    >>> plot_ranges_by_epoch({"honest": np.array([[0.1, 0.2], [0.1, 0.3]])}, [10, 20], measure="p@10", title="Up")
    [figure] Lines with bands, p@10 by epoch. honest: 0.100 to 0.100 after 10, 0.200 to 0.300 after 20.
    honest: 0.100 to 0.100 after 10 epochs, 0.200 to 0.300 after 20 (2 seeds)
    """
    if not values:
        raise ValueError("values is empty; expected at least one setting")
    rows = {name: np.asarray(row, dtype=np.float64) for name, row in values.items()}
    for name, row in rows.items():
        if row.ndim != 2 or row.shape[1] != len(epochs) or row.shape[0] == 0:
            raise ValueError(f"values has shape {row.shape} for {name!r}; expected (n_seeds, {len(epochs)})")

    def span(row: np.ndarray, point: int) -> str:
        return f"{row[:, point].min():.3f} to {row[:, point].max():.3f}"

    described = [
        f"{name}: " + ", ".join(f"{span(row, point)} after {epoch}" for point, epoch in enumerate(epochs))
        for name, row in rows.items()
    ]
    with drawing(
        title,
        alt=f"Lines with bands, {measure} by epoch. {'. '.join(described)}.",
        facts=[
            f"{name}: {span(row, 0)} after {epochs[0]} epochs, {span(row, -1)} after {epochs[-1]} ({len(row)} seeds)"
            for name, row in rows.items()
        ],
        x_label="epochs",
        y_label=f"{measure}\n(mean and range of {len(next(iter(rows.values())))} seeds)",
        height=3.4,
    ) as axes:
        for place, (name, row) in enumerate(rows.items()):
            color = PALETTE[place % len(PALETTE)]
            style = _LINE_STYLES[place % len(_LINE_STYLES)]
            axes.fill_between(epochs, row.min(axis=0), row.max(axis=0), color=color, alpha=0.2, linewidth=0)
            axes.plot(epochs, row.mean(axis=0), style, color=color, marker="o", markersize=5)
            axes.annotate(name, (epochs[-1], row[:, -1].mean()), xytext=(8, 0), textcoords="offset points", va="center")
        axes.set_ylim(bottom=0)
        axes.set_xticks(list(epochs))
        axes.spines["bottom"].set_bounds(epochs[0], epochs[-1])
        axes.margins(x=0.02)
        axes.set_xlim(right=epochs[-1] + 0.22 * (epochs[-1] - epochs[0] or 1))


def plot_threshold_and_split(
    users: np.ndarray,
    items: np.ndarray,
    ratings: np.ndarray,
    times: np.ndarray,
    *,
    threshold: float = 4.0,
    split: str = "random",
    test_share: float = 0.1,
    seed: int = 0,
) -> None:
    """Show what a threshold keeps of the ratings, and whom and what the test set of a split asks about.

    The likes are split by the function of :mod:`recsys_lessons.cross_validation` of that name. An item or a user is new
    if train holds no like of it.

    Parameters
    ----------
    users, items, ratings, times : arrays of shape (n_ratings,)
        Who rated what, how, and when. No pair of user and item occurs twice.
    threshold : float
        A rating of at least so much is a like.
    split : {"random", "time", "cold items", "cold users"}
        How likes are put aside for testing.
    test_share : float
        The share of the likes, the items or the users to put aside, between 0 and 1.
    seed : int
        For all splits but ``"time"``.

    Raises
    ------
    ValueError
        If the arrays differ in length, a setting is not one of those above, or train or test is left without likes.

    Examples
    --------
    >>> users, items, ratings = [0, 0, 1, 1, 2], [0, 1, 0, 2, 0], [5, 4, 4, 2, 5]
    >>> plot_threshold_and_split(users, items, ratings, [1, 2, 3, 4, 5], split="time")  # doctest: +ELLIPSIS
    [figure] Two panels, for likes of 4 stars or more and the split 'time'. Kept: 4 of 5 ratings. ...
    kept: 4 of 5 ratings · users with a like: 3 · films with a like: 2
    in test: 1 likes of 1 users · right answers for each: 1.0
    test likes of new users: 100.0% · of new films: 0.0%
    the ten most liked films: precision@10 0.100 on test, train likes left out
    """
    users, items, ratings, times = (np.asarray(values) for values in (users, items, ratings, times))
    if len({values.shape for values in (users, items, ratings, times)}) > 1:
        raise ValueError("users, items, ratings and times differ in length; expected one of each for every rating")
    validation.choice("split", split, SPLITS)
    kept = ratings >= threshold
    if not kept.any():
        raise ValueError(f"threshold is {threshold}: no rating is that high")
    shape = (int(users.max()) + 1, int(items.max()) + 1)
    likes = sp.coo_matrix((np.ones(kept.sum(), dtype=np.float32), (users[kept], items[kept])), shape=shape)
    parts = split_likes(likes, times[kept], split, test_share, seed)
    test, user_is_new, film_is_new = parts.test, parts.user_is_new, parts.item_is_new
    shares = {kind: 100 * share for kind, share in parts.shares.items()}
    n_testers = parts.n_testers
    precision = precision_of_popularity(parts.train, test)
    stars, counts = np.unique(ratings, return_counts=True)
    mostly = max(shares, key=shares.get)
    described = ", ".join(f"{name} {share:.1f}%" for name, share in shares.items())
    with drawing_panels(
        f"{100 * kept.mean():.0f}% of the ratings are likes; in test, {shares[mostly]:.0f}% have {_spoken(mostly)}",
        [f"likes: {threshold:g} stars or more", f"test, split: {split}"],
        alt=(
            f"Two panels, for likes of {threshold:g} stars or more and the split {split!r}. Kept: {kept.sum():,} of "
            f"{kept.size:,} ratings. Test likes by what train knows: {described}."
        ),
        facts=[
            f"kept: {kept.sum():,} of {kept.size:,} ratings · users with a like: {np.unique(users[kept]).size:,} · "
            f"films with a like: {np.unique(items[kept]).size:,}",
            f"in test: {test.nnz:,} likes of {n_testers:,} users · right answers for each: {test.nnz / n_testers:.1f}",
            f"test likes of new users: {100 * user_is_new.mean():.1f}% · of new films: {100 * film_is_new.mean():.1f}%",
            f"the ten most liked films: precision@10 {precision:.3f} on test, train likes left out",
        ],
        height=3.2,
    ) as (left, right):
        colors = [BLUE if star >= threshold else "#C9C9C9" for star in stars]
        left.bar([f"{star:g}" for star in stars], counts / 1000, color=colors)
        left.set_xlabel("stars (gray: left out)")
        left.set_ylabel("ratings (thousands)")
        left.grid(visible=False, axis="x")
        names = [kind.replace(" ", "\n") for kind in shares]
        bars = right.bar(names, list(shares.values()), color=[SKY, ORANGE, ORANGE, ORANGE])
        right.bar_label(bars, [f"{share:.0f}%" for share in shares.values()])
        right.set_xlabel("who and what the test likes are about")
        right.set_ylabel("share of test likes (%)")
        right.set_ylim(0, 110)
        right.grid(visible=False, axis="x")


def _spoken(kind: str) -> str:
    return {
        "both known": "a known user and film",
        "user new": "a new user",
        "film new": "a new film",
        "both new": "a new user and film",
    }[kind]
