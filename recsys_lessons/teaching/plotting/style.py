"""The one style of the figures: colors, sizes, and `drawing`, in which every figure is drawn.

This module knows matplotlib and the notebook. It must not know what a figure is about.
"""

from __future__ import annotations

import base64
import html
import io
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

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
PIXELS_PER_INCH = 100  # on the page; the picture itself is twice as fine, for sharp screens
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
    with drawing_panels(title, [""], alt=alt, facts=facts, height=height) as (axes,):
        axes.set_xlabel(x_label)
        axes.set_ylabel(y_label)
        yield axes


@contextmanager
def drawing_panels(
    title: str,
    panel_titles: Sequence[str],
    *,
    alt: str,
    facts: Sequence[str],
    height: float = 3.6,
    share_y: bool = False,
) -> Iterator[list[Axes]]:
    """Draw one figure of several panels side by side, in the same style and under the same rules as `drawing`.

    Parameters
    ----------
    title : str
        The finding, over all panels.
    panel_titles : sequence of str
        One for each panel, from left to right; short.
    alt, facts, height
        As in `drawing`.
    share_y : bool
        Whether all panels have the same vertical axis, labeled once.

    Yields
    ------
    list of matplotlib.axes.Axes
        One for each panel.

    Raises
    ------
    ValueError
        If the title or the text alternative is empty, or if there are no facts or no panels.
    """
    for name, value in (("title", title), ("alt", alt)):
        if not value.strip():
            raise ValueError(f"{name} is empty; expected a sentence that says what the figure shows")
    if not facts:
        raise ValueError("facts is empty; expected two to four lines of text, since pictures are never compared")
    if not panel_titles:
        raise ValueError("panel_titles is empty; expected one short title for each panel")

    with course_style():
        figure, all_axes = new_figure(len(panel_titles), height=height, dpi=2 * PIXELS_PER_INCH, share_y=share_y)
        if len(all_axes) == 1:
            all_axes[0].set_title(title, wrap=True)
        else:
            figure.suptitle(title, x=0.01, ha="left", fontsize=12, fontweight="bold", wrap=True)
            for axes, panel_title in zip(all_axes, panel_titles, strict=True):
                axes.set_title(panel_title, fontsize=10, fontweight="normal")
        yield all_axes
        picture = _png(figure)
    _show(picture, alt=alt)
    for fact in facts:
        print(fact)


_one_at_a_time = threading.RLock()


@contextmanager
def course_style(changes: Mapping[str, Any] = MappingProxyType({})) -> Iterator[None]:
    """Make and change figures in the style of the course; a person's own matplotlibrc must not change them.

    One thread at a time: the settings of matplotlib are those of the whole process.
    """
    import matplotlib

    style = {k: v for k, v in matplotlib.rcParamsDefault.items() if not k.startswith(("backend", "toolbar", "webagg"))}
    with _one_at_a_time, matplotlib.rc_context({**style, **_STYLE, **changes}):
        yield


def new_figure(n_panels: int, *, height: float, dpi: int, share_y: bool = False) -> tuple[Figure, list[Axes]]:
    """A figure that belongs to nobody else, pyplot does not know it, and its panels side by side."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(_WIDTH, height), dpi=dpi, layout="constrained")
    FigureCanvasAgg(figure)
    return figure, list(figure.subplots(1, n_panels, sharey=share_y, squeeze=False)[0])


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
    width = round(_WIDTH * PIXELS_PER_INCH)
    # JupyterLab and nbconvert's lab template show an image/png output without its alt text, and prefer
    # text/html where there is one. Tools that cannot show HTML (nbconvert to PDF) take the PNG.
    source = f"data:image/png;base64,{data}"
    image = f'<img src="{source}" alt="{html.escape(alt)}" width="{width}" style="border-radius: 6px">'
    display(
        {"text/html": image, "image/png": data, "text/plain": f"[figure] {alt}"},
        metadata={"image/png": {"alt": alt, "width": width}},
        raw=True,
    )
