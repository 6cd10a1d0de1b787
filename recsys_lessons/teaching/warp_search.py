"""WARP's search for a negative, taken apart: who breaks the rule, what a search draws, how many searches end.

The search itself is the one of :mod:`recsys_lessons.kernels.warp`, with NumPy's random numbers. The figure and the
lab of lesson 05 show it.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from recsys_lessons.kernels.warp import MAX_STRENGTH

__all__ = ["draws", "estimated_rank", "first_hits", "rule_breakers", "strength"]


def rule_breakers(scores: np.ndarray, liked: int, known: Collection[int], margin: float) -> np.ndarray:
    """Which items a search for `liked` would stop at (bool, one for each item).

    Parameters
    ----------
    scores : array of float, shape (n_items,)
    liked : int
    known : collection of int
        Items the user has an interaction with, which are no negatives.
    margin : float
        An item breaks the rule if it scores more than the liked one less this.

    Examples
    --------
    >>> rule_breakers(np.array([2.0, 1.5, 1.2, -1.0]), 0, {0, 2}, margin=1.0).tolist()
    [False, True, False, False]
    """
    breaks = scores > scores[liked] - margin
    breaks[[liked, *known]] = False
    return breaks


def draws(n_items: int, max_sampled: int, seed: int) -> np.ndarray:
    """Items that one search draws if nothing ends it (int64, shape ``(max_sampled,)``)."""
    return np.random.default_rng(seed).integers(n_items, size=max_sampled)


def first_hits(breaks: np.ndarray, max_sampled: int, seed: int, n_searches: int) -> tuple[np.ndarray, np.ndarray]:
    """Let many searches run.

    Parameters
    ----------
    breaks : array of bool, shape (n_items,)
        From `rule_breakers`.
    max_sampled, seed, n_searches : int

    Returns
    -------
    finds : array of bool, shape (n_searches,)
        Which searches found an item.
    ends : array of int64, shape (number that found one,)
        How many items each of these drew.
    """
    drawn = breaks[np.random.default_rng([seed, 1]).integers(breaks.size, size=(n_searches, max_sampled))]
    finds = drawn.any(axis=1)
    return finds, drawn.argmax(axis=1)[finds] + 1


def estimated_rank(n_items: int, n_draws: int | np.ndarray) -> int | np.ndarray:
    """WARP's estimate of how many items break the rule, from the draws that it took to find one.

    Examples
    --------
    >>> estimated_rank(9066, np.array([1, 19])).tolist()
    [9065, 477]
    """
    return np.maximum(1, (n_items - 1) // n_draws)


def strength(rank: int | np.ndarray) -> float | np.ndarray:
    """Strength of WARP's step: the logarithm of the estimated rank, at most `MAX_STRENGTH`."""
    return np.minimum(MAX_STRENGTH, np.log(rank))
