r"""k-OS WARP: WARP on the k-th best of a few positives (Weston, Yee and Weiss 2013, section 3).

For each positive entry, `n` positives of its user are drawn, with replacement and at most as many as the user has, and
ranked by score; the k-th from the top is the one that WARP then pushes up. A small k works on items that already stand
high, a k near n lifts the ones that the model understands least. The sample weight is that of the chosen positive.
"""

from __future__ import annotations

import numpy as np

from recsys_lessons.kernels.compiling import part
from recsys_lessons.kernels.random import below
from recsys_lessons.kernels.representation import score_item


@part
def choose_positive(model, data, user, settings, worker):
    """The k-th best among the positives drawn for a user who has at least one: the item and its sample weight."""
    start, end = data.positive_starts[user], data.positive_starts[user + 1]
    n_drawn = settings.n if settings.n < end - start else end - start
    drawn, scores = worker.drawn, worker.drawn_scores
    for count in range(n_drawn):
        position = start + below(worker.stream, end - start)
        item = np.int64(data.positive_items[position])
        score = score_item(model.items, item, worker.user, worker.positive)
        # Insert it among those drawn before, best first; equal scores stay in the order of drawing.
        place = count
        while place > 0 and scores[place - 1] < score:
            drawn[place], scores[place] = drawn[place - 1], scores[place - 1]
            place -= 1
        drawn[place], scores[place] = position, score
    chosen = drawn[(settings.k if settings.k < n_drawn else n_drawn) - 1]
    weight = np.float64(data.positive_weights[chosen]) if data.positive_weights.shape[0] > 0 else 1.0
    return np.int64(data.positive_items[chosen]), weight
