r"""Losses of your own: a short function that `LightFM` learns with, at the speed of the losses it comes with.

A function gets what its loss depends on and returns two numbers, *strength* and *loss*. Numba compiles it, so it may
use arithmetic, conditions, loops, :mod:`math`, NumPy's functions of numbers, and the numbers and arrays that stand
around it. These are taken as they are when the function is wrapped: do not change an array afterwards. It can make no
arrays or lists, must not index beyond the end of one (nobody checks), and random numbers of its own would not follow
the model's seed.

**Pairwise** (`pairwise_loss`): ``function(difference, draws)`` or ``function(difference, draws, liked, other)``.
`difference` (float64) is the score of the liked item less that of a negative, `draws` (int64) how many items were
drawn until it was found (with a margin at most the model's `max_sampled`, else at most 1,000), `liked` and `other`
(int64) are their columns.

**Pointwise** (`pointwise_loss`): ``function(score, value)``. `score` (float64) is what the model gives the entry,
`value` (float64) what is stored there: 1 or -1, or a number of stars. All entries are learned from.

*strength* says how fast the loss falls as the difference (or the score) grows, :math:`-\partial\, loss / \partial d`:
the step is the learning rate times strength times what :mod:`recsys_lessons.kernels.step` says, and a strength of 0
makes none. *loss* is reported in `training_history` and plays no part in training. Sample weights multiply both.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from recsys_lessons.kernels.own import compile_loss
from recsys_lessons.validation import choice, non_negative_float

__all__ = ["OwnLoss", "pairwise_loss", "pointwise_loss"]

NEGATIVES = ("catalog", "entries")
PAIR, SHORT_PAIR, ENTRY = (
    ("difference", "draws", "liked", "other"),
    ("difference", "draws"),
    ("score", "value"),
)


@dataclass(frozen=True)
class OwnLoss:
    """What `pairwise_loss` and `pointwise_loss` make: a loss to pass as ``LightFM(loss=...)``, and to call.

    Attributes
    ----------
    name : str
    is_pairwise : bool
    negatives : {"catalog", "entries"}
    margin : float or None
    """

    name: str
    is_pairwise: bool
    function: Callable = field(repr=False)
    compiled: Callable = field(repr=False)
    negatives: str = "catalog"
    margin: float | None = None

    def __call__(self, *arguments: Any) -> tuple[float, float]:
        """Strength and loss, by the function as it was written."""
        return self.function(*arguments)


def pairwise_loss(
    function: Callable | None = None, *, negatives: str = "catalog", margin: float | None = None
) -> OwnLoss | Callable[[Callable], OwnLoss]:
    """Make a loss of pairs, a liked item against a negative one; also as a decorator.

    Parameters
    ----------
    function : callable
        ``function(difference, draws)`` or ``function(difference, draws, liked, other)``, see the module.
    negatives : {"catalog", "entries"}
        Items are drawn alike, as for WARP, or as often as they have entries, as for BPR.
    margin : float, optional
        The search goes on, up to the model's `max_sampled` draws, until an item scores more than the liked one less
        `margin`; if none does, there is no step. Known items count as draws. Without it, the first item that the user
        has no entry for is taken.

    Returns
    -------
    OwnLoss

    Raises
    ------
    ValueError
        If the function has other arguments, Numba cannot compile it, or it does not return two numbers.

    Examples
    --------
    >>> @pairwise_loss(margin=1.0)
    ... def hinge(difference, draws):
    ...     return 1.0, 1.0 - difference
    >>> hinge(0.25, 3)
    (1.0, 0.75)
    >>> import numpy as np, scipy.sparse as sp
    >>> from recsys_lessons import LightFM
    >>> likes = sp.coo_matrix(np.kron(np.eye(2), np.ones((4, 3))))
    >>> model = LightFM(loss=hinge, no_components=4, random_state=1).fit(likes, epochs=20)
    >>> bool(model.predict(0, [0]) > model.predict(0, [5]) + 0.5)
    True
    """
    choice("negatives", negatives, NEGATIVES)
    if margin is not None:
        margin = non_negative_float("margin", margin)

    def make(function: Callable) -> OwnLoss:
        name, n_arguments = _described(function, (SHORT_PAIR, PAIR))
        compiled = compile_loss(name, function, "pair" if n_arguments == len(PAIR) else "short pair")
        return OwnLoss(name, True, function, compiled, negatives, margin)

    return make if function is None else make(function)


def pointwise_loss(function: Callable) -> OwnLoss:
    """Make a loss of single entries; also as a decorator.

    Parameters
    ----------
    function : callable
        ``function(score, value)``, see the module.

    Returns
    -------
    OwnLoss

    Raises
    ------
    ValueError
        If the function has other arguments, Numba cannot compile it, or it does not return two numbers.

    Examples
    --------
    >>> @pointwise_loss
    ... def squared(score, value):
    ...     return value - score, 0.5 * (value - score) ** 2
    >>> squared(3.0, 5.0)
    (2.0, 2.0)
    """
    name, _ = _described(function, (ENTRY,))
    return OwnLoss(name, False, function, compile_loss(name, function, "entry"))


def _described(function: Any, allowed: tuple[tuple[str, ...], ...]) -> tuple[str, int]:
    """Name and number of arguments of a function, checked."""
    expected = " or ".join(f"({', '.join(names)})" for names in allowed)
    plain = getattr(function, "py_func", function)
    if not inspect.isfunction(plain):
        raise ValueError(f"function must be a function of {expected}, written in Python, got {function!r}.")
    name, signature = plain.__name__, inspect.signature(plain)
    parameters = signature.parameters.values()
    positional = all(one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD) for one in parameters)
    if not positional or len(parameters) not in {len(one) for one in allowed}:
        raise ValueError(f"{name} takes {signature}; expected {expected}.")
    return name, len(parameters)
