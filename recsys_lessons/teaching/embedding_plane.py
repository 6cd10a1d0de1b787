"""Vectors seen in two dimensions: the plane in which they differ most, and who is near whom there and in all of them.

The map of lesson 03, as figure and as lab, shows them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["N_NEAREST", "Nearby", "Plane", "alike_nearby", "closeness", "cosines", "nearby", "plane_of"]

N_NEAREST = 10


@dataclass(frozen=True, eq=False)
class Plane:
    """The plane of the first two principal components.

    Attributes
    ----------
    axes : array of float, shape (2, n_components)
        Directions of length 1. A principal axis has no sign of its own: its largest number is positive.
    shares : array of float, shape (2,)
        How much of the spread (the sum of the squared distances from the center) lies along each.
    places : array of float, shape (n, 2)
        The vectors on the map; their mean is at (0, 0).
    """

    axes: np.ndarray
    shares: np.ndarray
    places: np.ndarray

    def arrow(self, vector: np.ndarray) -> tuple[np.ndarray, float]:
        """Tip of an arrow from the center in the direction of `vector`, and how many times as long it is drawn.

        A film is a sum of several features' vectors and reaches further than one: the arrow is as long as the map
        allows.
        """
        tip = self.axes @ np.asarray(vector, dtype=np.float64)
        scale = 0.8 * np.abs(self.places).max() / np.abs(tip).max() if tip.any() else 1.0
        return scale * tip, float(scale)


def plane_of(vectors: np.ndarray) -> Plane:
    """The plane in which vectors (shape (n, n_components), at least two components) differ most.

    Examples
    --------
    >>> plane = plane_of(np.array([[0.0, 0.0, 1.0], [0.0, 2.0, 1.0], [4.0, 0.0, 1.0]]))
    >>> plane.shares.sum().round(6).item(), plane.places.mean(axis=0).round(6).tolist()
    (1.0, [0.0, 0.0])
    """
    vectors = np.asarray(vectors, dtype=np.float64)
    centered = vectors - vectors.mean(axis=0)
    _, lengths, axes = np.linalg.svd(centered, full_matrices=False)
    axes = axes[:2]
    axes *= np.sign(axes[np.arange(2), np.abs(axes).argmax(axis=1)])[:, None]
    return Plane(axes, lengths[:2] ** 2 / (lengths**2).sum(), centered @ axes.T)


def cosines(vectors: np.ndarray) -> np.ndarray:
    """Cosine of the angle between each two rows; 0 for rows of length 0."""
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit = vectors / np.where(norms > 0, norms, 1)
    return unit @ unit.T


def closeness(places: np.ndarray) -> np.ndarray:
    """The negative distance between each two rows."""
    return -np.linalg.norm(places[:, None] - places, axis=2)


def alike_nearby(likeness: np.ndarray, chosen: np.ndarray) -> tuple[float, float]:
    """How many of the `N_NEAREST` most like a chosen row are chosen, on average over the chosen ones.

    Parameters
    ----------
    likeness : array of float, shape (n, n)
        Rows that are equally like another (to six decimals) count in parts.
    chosen : array of bool, shape (n,)

    Returns
    -------
    measured, by_chance : float
        `by_chance` is what it would be if all rows were equally near.
    """
    counts = []
    for row in np.flatnonzero(chosen):
        near = np.delete(np.round(likeness[row], 6), row)
        others = np.delete(chosen, row)
        border = np.sort(near)[-N_NEAREST]
        nearer, level = near > border, near == border
        counts.append(others[nearer].sum() + (N_NEAREST - nearer.sum()) * others[level].mean())
    return float(np.mean(counts)), float(N_NEAREST * (chosen.sum() - 1) / (len(chosen) - 1))


@dataclass(frozen=True)
class Nearby:
    """Of the `N_NEAREST` nearest of a chosen row, how many are chosen, on average.

    Attributes
    ----------
    by_angle : float
        With all components, by the cosine.
    on_map : float
        In the plane, by distance.
    by_chance : float
    """

    by_angle: float
    on_map: float
    by_chance: float


def nearby(vectors: np.ndarray, places: np.ndarray, chosen: np.ndarray) -> Nearby:
    """Count the chosen rows among the nearest of chosen rows, with all components and on the map."""
    on_map, by_chance = alike_nearby(closeness(places), chosen)
    return Nearby(alike_nearby(cosines(vectors), chosen)[0], on_map, by_chance)
