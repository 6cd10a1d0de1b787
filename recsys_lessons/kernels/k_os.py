r"""k-OS WARP: WARP on the k-th best of a few positives (Weston, Yee and Weiss 2013, section 3).

For each positive entry, `n` positives of its user are drawn, with replacement and at most as many as the user has, and
ranked by score; the k-th from the top is the one that WARP then pushes up. A small k works on items that already stand
high, a k near n lifts the ones that the model understands least. The sample weight is that of the chosen positive.
"""

from __future__ import annotations

import numpy as np

from recsys_lessons.kernels.compiling import inner, part
from recsys_lessons.kernels.random import below
from recsys_lessons.kernels.representation import score_item


@part
def position_of_rank(scores, size, rank):
    """Where among the first `size` scores the one stands that has `rank` others above it.

    Equal scores rank in the order of drawing. Counting for each score how many are above it has no branch that a
    processor could guess wrong; for ten scores that beats sorting.
    """
    for candidate in range(size):
        above = 0
        for other in range(size):
            ahead = scores[other] > scores[candidate]
            tied_before = (scores[other] == scores[candidate]) & (other < candidate)
            above += ahead | tied_before
        if above == rank:
            return candidate
    return size - 1


@inner
def choose_positive(model, data, user, settings, worker):
    """The k-th best among the positives drawn for a user who has at least one: the item and its sample weight."""
    start, end = data.positive_starts[user], data.positive_starts[user + 1]
    n_drawn = settings.n if settings.n < end - start else end - start
    k = settings.k if settings.k < n_drawn else n_drawn
    for place in range(n_drawn):
        worker.drawn[place] = start + below(worker.stream, end - start)
        item = np.int64(data.positive_items[worker.drawn[place]])
        worker.drawn_scores[place] = score_item(model.items, item, worker.user)
    chosen = worker.drawn[position_of_rank(worker.drawn_scores, n_drawn, k - 1)]
    weight = np.float64(data.positive_weights[chosen]) if data.positive_weights.shape[0] > 0 else 1.0
    return np.int64(data.positive_items[chosen]), weight
