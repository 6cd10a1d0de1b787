r"""k-OS WARP: WARP on the k-th best of a few positives (Weston, Yee and Weiss 2013, section 3).

For each positive entry, `n` positives of its user are drawn, with replacement and at most as many as the user has, and
ranked by score; the k-th from the top is the one that WARP then pushes up. A small k works on items that already stand
high, a k near n lifts the ones that the model understands least. The sample weight is that of the chosen positive.
"""

from __future__ import annotations

import numpy as np

from recsys_lessons.kernels.candidates import fetch_row
from recsys_lessons.kernels.compiling import inner, kernel, part
from recsys_lessons.kernels.lanes import LANES, at_least, broadcast, load, total
from recsys_lessons.kernels.random import below
from recsys_lessons.kernels.representation import score_item


@kernel
def group_positives(users, values, places, entries):
    """Write the entries with a value > 0 to `entries` (int32), user by user, each user's in their order.

    ``places[u]``, int64, is where user u's entries begin; it comes back as where they end.
    """
    for entry in range(users.shape[0]):
        if values[entry] > 0.0:
            entries[places[users[entry]]] = entry
            places[users[entry]] += 1


@part
def position_of_rank(scores, size, rank):
    """Where among the first `size` scores the first one stands that is as high as the one with `rank` others above.

    `scores` has one row, of whole lanes, with minus infinity beyond the first `size`. Counting for each score how many
    are above it beats sorting for ten scores: there is no branch that a processor could guess wrong. That is also why
    all positions are looked at, from the last to the first, and the last one found stays.
    """
    found = size - 1
    for position in range(size - 1, -1, -1):
        score = broadcast(scores[0, position])
        not_below, not_above = broadcast(np.float32(0)), broadcast(np.float32(0))
        for column in range(0, scores.shape[1], LANES):
            others = load(scores, 0, column)
            not_below += at_least(others, score)
            not_above += at_least(score, others)
        fits = (scores.shape[1] - total(not_above) <= rank) & (rank < total(not_below))
        found = position if fits else found
    return found


@inner
def choose_positive(model, data, user, settings, worker):
    """The k-th best among the positives drawn for a user who has at least one: the item and its sample weight."""
    start, end = data.positive_starts[user], data.positive_starts[user + 1]
    n_drawn = settings.n if settings.n < end - start else end - start
    k = settings.k if settings.k < n_drawn else n_drawn
    for place in range(n_drawn):
        position = start + below(worker.stream, end - start)
        worker.drawn[place] = position
        fetch_row(model.items.features, model.items.parameters.embeddings, np.int64(data.positive_items[position]))
    for place in range(n_drawn):
        item = np.int64(data.positive_items[worker.drawn[place]])
        worker.drawn_scores[0, place] = score_item(model.items, item, worker.user)
    for place in range(n_drawn, settings.n):
        worker.drawn_scores[0, place] = -np.inf
    chosen = worker.drawn[position_of_rank(worker.drawn_scores, n_drawn, k - 1)]
    weight = np.float64(data.positive_weights[chosen]) if data.positive_weights.shape[0] > 0 else 1.0
    item = np.int64(data.positive_items[chosen])
    # It may come to be updated: what Adagrad remembers of it can be on its way while negatives are drawn.
    fetch_row(model.items.features, model.items.parameters.embedding_gradients, item)
    return item, weight
