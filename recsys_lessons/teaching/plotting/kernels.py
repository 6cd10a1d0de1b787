"""Figures of losses that are written by hand: their shape, and what training with one makes of the lists.

Nothing here knows models or data sets: arrays, names and functions of numbers come in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from recsys_lessons.teaching.plotting.style import BLUE, GRAY, GREEN, ORANGE, PALETTE, VERMILION, drawing_panels

__all__ = ["plot_built_loss", "plot_loss_shapes"]

COLORS = {"BPR": ORANGE, "hinge": BLUE, "squared hinge": GREEN}
"""The color of each shape; others follow the palette."""

FAR = 3.0
"""How far the curves go to both sides of 0."""


def plot_loss_shapes(losses: Mapping[str, Callable[[float, int], tuple[float, float]]]) -> None:
    """Draw losses of pairs, and the strength of their steps, against the difference of the two scores.

    Parameters
    ----------
    losses : mapping of str to callable
        By name, functions ``(difference, draws) -> (strength, loss)``; they are asked for the first draw.

    Raises
    ------
    ValueError
        If there is no loss, or a value is not finite.

    Examples
    --------
    >>> hinge = lambda difference, draws: (1, 1 - difference) if difference < 1 else (0, 0)
    >>> plot_loss_shapes({"hinge": hinge})  # doctest: +ELLIPSIS
    [figure] Two line charts against the difference of the scores, from -3 to 3. Loss and strength. hinge: ...
    strength at a difference of -1, 0 and 2: hinge 1.00, 1.00, 0.00
    never at rest, up to a difference of 3: none
    """
    if not losses:
        raise ValueError("losses is empty; expected at least one")
    differences = np.linspace(-FAR, FAR, 241)
    curves = {name: _curve(name, loss, differences) for name, loss in losses.items()}
    places = (-1, 0, 2)
    at = {name: strength[[np.abs(differences - d).argmin() for d in places]] for name, (strength, _) in curves.items()}
    restless = [name for name, (strength, _) in curves.items() if (strength != 0).all()]
    resting = [name for name in curves if name not in restless]
    finding = "; ".join(
        f"{_listed(names)} {'is' if len(names) == 1 else 'are'} {state}"
        for names, state in ((restless, "never at rest"), (resting, "content with a lead"))
        if names
    )
    with drawing_panels(
        finding[0].upper() + finding[1:],
        ["loss", "strength of the step"],
        alt=f"Two line charts against the difference of the scores, from -{FAR:g} to {FAR:g}. Loss and strength. "
        + " ".join(
            f"{name}: loss {loss[0]:.2f} to {loss[-1]:.2f}, strength {strength[0]:.2f} to {strength[-1]:.2f}."
            for name, (strength, loss) in curves.items()
        ),
        facts=[
            "strength at a difference of -1, 0 and 2: "
            + "; ".join(f"{name} {', '.join(f'{value:.2f}' for value in values)}" for name, values in at.items()),
            f"never at rest, up to a difference of {FAR:g}: {_listed(restless) or 'none'}",
        ],
        height=3.2,
    ) as panels:
        for axes, which in zip(panels, (1, 0), strict=True):
            for place, (name, curve) in enumerate(curves.items()):
                color = COLORS.get(name, PALETTE[place % len(PALETTE)])
                axes.plot(differences, curve[which], color=color, linewidth=2, label=name)
            axes.axvline(0, color=GRAY, linewidth=0.8, linestyle="--")
            axes.set_xlabel("score of the like less score of the negative")
            axes.set_ylim(bottom=0)
        panels[0].set_ylabel("loss")
        panels[1].set_ylabel("strength")
        panels[0].legend(frameon=False)


def plot_built_loss(
    loss: Callable[[float, int], tuple[float, float]],
    *,
    name: str,
    precision: Sequence[float],
    popular: Sequence[float],
) -> None:
    """Show a loss of pairs and what its training makes of the lists, epoch by epoch.

    Parameters
    ----------
    loss : callable
        ``(difference, draws) -> (strength, loss)``.
    name : str
    precision, popular : sequence of float
        After each epoch: precision@10, and the share of all places that the ten most liked items have.

    Raises
    ------
    ValueError
        If there are no epochs, their numbers differ, or a value is not finite.

    Examples
    --------
    >>> plot_built_loss(
    ...     lambda difference, draws: (1.0, -difference), name="plain", precision=[0.1, 0.2], popular=[0.5, 0.4]
    ... )  # doctest: +ELLIPSIS
    [figure] Three panels. Loss and strength of plain against the difference. By epoch, 1 to 2: ...
    precision@10: 0.100 after epoch 1, 0.200 after epoch 2
    share of the ten most liked: 50% after epoch 1, 40% after epoch 2
    """
    differences = np.linspace(-FAR, FAR, 241)
    strength, curve = _curve(name, loss, differences)
    lines = {
        "precision@10": np.asarray(precision, dtype=np.float64),
        "share of the ten most liked": np.asarray(popular, dtype=np.float64),
    }
    lengths = [len(line) for line in lines.values()]
    if len(set(lengths)) > 1 or lengths[0] == 0:
        raise ValueError(f"precision and popular have {lengths} epochs; expected as many, at least one")
    for measure, line in lines.items():
        if not np.isfinite(line).all():
            raise ValueError(f"{measure} has {line[~np.isfinite(line)][0]}; expected finite numbers")
    n_epochs = lengths[0]
    share = lines["share of the ten most liked"]

    def told(measure: str, line: np.ndarray) -> str:
        form = ".0%" if measure.startswith("share") else ".3f"
        return f"{measure}: {line[0]:{form}} after epoch 1, {line[-1]:{form}} after epoch {n_epochs}"

    facts = [told(measure, line) for measure, line in lines.items()]
    with drawing_panels(
        f"After {n_epochs} epochs with {name}: precision@10 {lines['precision@10'][-1]:.3f}, "
        f"ten most liked {share[-1]:.0%}",
        [name, *lines],
        alt=f"Three panels. Loss and strength of {name} against the difference. By epoch, 1 to {n_epochs}: "
        + ". ".join(facts)
        + ".",
        facts=facts,
        height=3.0,
    ) as panels:
        panels[0].plot(differences, curve, color=GRAY, linewidth=1.6, label="loss")
        panels[0].plot(differences, strength, color=BLUE, linewidth=2, label="strength")
        panels[0].set_xlabel("difference")
        panels[0].legend(frameon=False, fontsize=8)
        epochs = np.arange(1, n_epochs + 1)
        for axes, line, color in zip(panels[1:], lines.values(), (BLUE, VERMILION), strict=True):
            axes.plot(epochs, line, color=color, marker="o", markersize=3)
            axes.set_ylim(0, 1.2 * max(line.max(), 0.01))
            axes.set_xlabel("epoch")
            axes.xaxis.get_major_locator().set_params(integer=True)


def _curve(name: str, loss: Callable, differences: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    strength, values = np.array([loss(float(difference), 1) for difference in differences], dtype=np.float64).T
    if not (np.isfinite(strength).all() and np.isfinite(values).all()):
        raise ValueError(f"{name} gives a value that is not finite between -{FAR:g} and {FAR:g}")
    return strength, values


def _listed(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)
