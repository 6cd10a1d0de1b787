"""The figures of the lessons: one call, one figure, and the same style everywhere.

A figure function returns ``None`` and leaves four things in the notebook: the picture on its own light card
(readable in the light and in the dark theme), a title that states what was found, a text alternative for
screen readers, and two to four *figure facts* in print. The facts matter: a test of a notebook never compares
pictures, so the numbers a reader should take away are compared as text.

This module knows arrays, lists and histories. It must not know models, data sets or widgets.

A new figure is one function here, around `drawing`::

    def plot_something(values):
        highest = max(values)
        with drawing(f"The highest value is {highest}", x_label="position", y_label="value (units)",
                     alt=f"Line chart of {len(values)} values.", facts=[f"highest value: {highest}"]) as axes:
            axes.plot(values, color=BLUE)
"""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "BLUE",
    "GRAY",
    "GREEN",
    "ORANGE",
    "PALETTE",
    "PURPLE",
    "SKY",
    "drawing",
    "plot_by_seed",
    "plot_genre_profile",
    "plot_training",
]

# Okabe and Ito's palette (2008), which stays apart in all common forms of color blindness; its yellow is left
# out, since it cannot be read on a white card.
BLUE = "#0072B2"
ORANGE = "#E69F00"
GREEN = "#009E73"
VERMILION = "#D55E00"
SKY = "#56B4E9"
PURPLE = "#CC79A7"
GRAY = "#6B6B6B"
PALETTE = (BLUE, ORANGE, GREEN, VERMILION, SKY, PURPLE)

_INK = "#222222"
_WIDTH = 7.2  # inches
_PIXELS_PER_INCH = 100  # on the page; the picture itself is twice as fine, for sharp screens
_STYLE = {
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "axes.facecolor": "white",
    "axes.edgecolor": GRAY,
    "axes.labelcolor": _INK,
    "axes.titlelocation": "left",
    "axes.titlesize": 12,
    "axes.titleweight": "bold",
    "axes.titlecolor": _INK,
    "axes.titlepad": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#E3E3E3",
    "grid.linewidth": 0.8,
    "text.color": _INK,
    "xtick.color": _INK,
    "ytick.color": _INK,
    "font.family": ["DejaVu Sans"],
    "font.size": 10,
    "lines.linewidth": 2.0,
    "legend.frameon": False,
    "figure.constrained_layout.h_pad": 0.12,
    "figure.constrained_layout.w_pad": 0.12,
}


@contextmanager
def drawing(
    title: str,
    *,
    alt: str,
    facts: Sequence[str],
    x_label: str = "",
    y_label: str = "",
    height: float = 3.6,
) -> Iterator[Axes]:
    """Draw one figure in the course's style; it is shown when the block ends.

    Parameters
    ----------
    title : str
        The finding, in one short sentence.
    alt : str
        What a person who cannot see the picture should be told: the kind of chart, the axes, what it shows.
    facts : sequence of str
        Two to four short lines, printed under the picture.
    x_label, y_label : str
        What the axes show, with units.
    height : float
        Height of the figure in inches; the width is always the same.

    Yields
    ------
    matplotlib.axes.Axes
        Axes of a figure that belongs to nobody else: pyplot does not know it.

    Raises
    ------
    ValueError
        If the title or the text alternative is empty, or if there are no facts.

    Notes
    -----
    Nothing is shown when the block raises.
    """
    for name, value in (("title", title), ("alt", alt)):
        if not value.strip():
            raise ValueError(f"{name} is empty; expected a sentence that says what the figure shows")
    if not facts:
        raise ValueError("facts is empty; expected two to four lines of text, since pictures are never compared")

    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    # A person's own matplotlibrc must not change the lessons' pictures.
    style = {k: v for k, v in matplotlib.rcParamsDefault.items() if not k.startswith(("backend", "toolbar", "webagg"))}
    with matplotlib.rc_context({**style, **_STYLE}):
        figure = Figure(figsize=(_WIDTH, height), dpi=2 * _PIXELS_PER_INCH, layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.add_subplot()
        axes.set_title(title, wrap=True)
        axes.set_xlabel(x_label)
        axes.set_ylabel(y_label)
        yield axes
        picture = _png(figure)
    _show(picture, alt=alt)
    for fact in facts:
        print(fact)


def _png(figure: Figure) -> bytes:
    """Render `figure` to the bytes of a PNG with at most 256 colors, a third of the size of a full one."""
    from PIL import Image

    raw = io.BytesIO()
    figure.savefig(raw, format="png", metadata={"Software": None})
    raw.seek(0)
    with Image.open(raw) as image:
        small = image.convert("RGB").quantize(256, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    packed = io.BytesIO()
    small.save(packed, format="png", optimize=True)
    return packed.getvalue()


def _show(picture: bytes, *, alt: str) -> None:
    """Show a PNG with its text alternative; outside of a notebook, print the text alternative."""
    from IPython import get_ipython
    from IPython.display import display

    if get_ipython() is None:
        print(f"[figure] {alt}")
        return
    data = base64.b64encode(picture).decode("ascii")
    width = round(_WIDTH * _PIXELS_PER_INCH)
    # JupyterLab and nbconvert's lab template show an image/png output without its alt text, and prefer
    # text/html where there is one. Tools that cannot show HTML (nbconvert to PDF) take the PNG.
    source = f"data:image/png;base64,{data}"
    image = f'<img src="{source}" alt="{html.escape(alt)}" width="{width}" style="border-radius: 6px">'
    display(
        {"text/html": image, "image/png": data, "text/plain": f"[figure] {alt}"},
        metadata={"image/png": {"alt": alt, "width": width}},
        raw=True,
    )


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


def plot_by_seed(
    values: Mapping[str, Sequence[float]],
    *,
    measure: str,
    title: str,
    reference: tuple[str, float] | None = None,
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

    Raises
    ------
    ValueError
        If there is no setting, the numbers of seeds differ, or a value is not finite.

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
    ranges = {name: f"{row.min():.3f} to {row.max():.3f}" for name, row in rows.items()}
    n_seeds = next(iter(lengths.values()))
    facts = [f"{name}: {span} in {n_seeds} seeds" for name, span in ranges.items()]
    described = ". ".join(f"{name}: {span}" for name, span in ranges.items())
    if reference is not None:
        facts.append(f"{reference[0]}: {reference[1]:.3f}")
        described += f". Dashed line, {reference[0]}: {reference[1]:.3f}"
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
        axes.set_xlim(left=0)
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
        axes.set_xlim(right=1.08 * highest if highest > 0 else 1.0)
