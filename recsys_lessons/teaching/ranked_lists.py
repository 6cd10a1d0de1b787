"""Five metrics of ranked lists, from the places of the likes alone.

The metrics are those of :mod:`recsys_lessons.evaluation`. The figure and the lab of lesson 06 show them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import scipy.sparse as sp

from recsys_lessons.evaluation import auc_score, ndcg_at_k, precision_at_k, recall_at_k, reciprocal_rank

__all__ = ["five_metrics"]


class _InOrder:
    """Ranks items by their numbers: each list as it stands."""

    def predict_rank(self, test_interactions: sp.csr_matrix, **_: Any) -> sp.csr_matrix:
        ranks = test_interactions.astype(np.float32)
        ranks.data[:] = ranks.indices
        return ranks


def five_metrics(lists: Sequence[Sequence[int]], n_items: int, k: int) -> dict[str, np.ndarray]:
    """Measure lists that have a like each.

    Parameters
    ----------
    lists : sequence of sequence of int
        For each list, the places of its likes: 1 is the top.
    n_items : int
        The length of each list.
    k : int
        Where precision, recall and NDCG cut the lists.

    Returns
    -------
    dict of str to array of float, shape (n_lists,)
        By the name of the metric.

    Examples
    --------
    >>> {name: float(of_each[0].round(3)) for name, of_each in five_metrics([[3, 7]], n_items=8, k=4).items()}
    {'precision@4': 0.25, 'recall@4': 0.5, 'AUC': 0.417, 'reciprocal rank': 0.333, 'NDCG@4': 0.307}
    """
    rows = np.repeat(np.arange(len(lists)), [len(places) for places in lists])
    columns = np.concatenate([np.sort(np.asarray(places)) for places in lists]) - 1
    likes = sp.csr_matrix((np.ones(len(rows)), (rows, columns)), shape=(len(lists), n_items))
    in_order = _InOrder()
    return {
        f"precision@{k}": precision_at_k(in_order, likes, k=k),
        f"recall@{k}": recall_at_k(in_order, likes, k=k),
        "AUC": auc_score(in_order, likes),
        "reciprocal rank": reciprocal_rank(in_order, likes),
        f"NDCG@{k}": ndcg_at_k(in_order, likes, k=k),
    }
