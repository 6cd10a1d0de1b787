"""An exam for models that meet new users: a few ratings of each are shown, others are asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp

from recsys_lessons.cross_validation import cold_users


class Exam(NamedTuple):
    """What a model may learn from, what is shown of each newcomer, and what it is asked."""

    old: sp.coo_matrix
    shown: list[sp.coo_matrix]
    asked: sp.coo_matrix


def exam_of_newcomers(
    ratings: sp.spmatrix | sp.sparray, shown: Sequence[int], asked: tuple[int, int], seed: int
) -> Exam:
    """Keep a fifth of the users out of training, and split the ratings of each by lot.

    Parameters
    ----------
    ratings : sparse matrix of shape (n_users, n_items)
    shown : sequence of int
        How many ratings of each newcomer are shown; one matrix is made for each number. What is shown first stays
        among what is shown later.
    asked : tuple of int
        From which rating, counted from 0, up to which, exclusive, a newcomer is asked. Who has fewer is asked less,
        or nothing.
    seed : int
        Chooses the newcomers and the order of each one's ratings.

    Returns
    -------
    Exam
        `old`, the ratings of all others; `shown`, a list of matrices; and `asked`, one matrix; all as large as
        `ratings`, and blank elsewhere.

    Raises
    ------
    ValueError
        If a newcomer would be asked what was shown.

    Examples
    --------
    >>> import numpy as np, scipy.sparse as sp
    >>> old, shown, asked = exam_of_newcomers(sp.coo_matrix(np.ones((5, 4))), shown=[0, 2], asked=(2, 3), seed=0)
    >>> old.nnz, [known.nnz for known in shown], asked.nnz
    (16, [0, 2], 1)
    """
    if max(shown, default=0) > asked[0]:
        raise ValueError(f"{max(shown)} ratings are shown and those from {asked[0]} asked; expected no overlap")
    old, new = cold_users(ratings, random_state=seed)
    rng = np.random.default_rng(seed)
    number = np.empty(new.nnz, dtype=np.int64)
    for user in np.unique(new.row):
        own = new.row == user
        number[own] = rng.permutation(np.count_nonzero(own))
    chosen = [number < n for n in shown] + [(number >= asked[0]) & (number < asked[1])]
    *known, questions = [_keep(new, where) for where in chosen]
    return Exam(old, known, questions)


def _keep(ratings: sp.coo_matrix, where: np.ndarray) -> sp.coo_matrix:
    return sp.coo_matrix((ratings.data[where], (ratings.row[where], ratings.col[where])), shape=ratings.shape)
