"""From representations to scores, ranks and recommendations.

All scores that are compared with one another come from here, in one order of additions: the two biases first, then the
products, component by component. Equal items therefore have equal scores to the last bit, a score does not depend on
where its item stands, and every processor computes the same one. (A matrix product from BLAS promises none of this.)

The items' embeddings are passed transposed, `(n_components, padded number of items)`, so that eight items are scored at
once, and four users at a time, so that an item's numbers are read once for all four.
"""

from __future__ import annotations

import numpy as np

from recsys_lessons.kernels.compiling import kernel, part
from recsys_lessons.kernels.lanes import LANES, at_least, broadcast, load, store, total

BLOCK = 2 * LANES
"""The padded number of items is a multiple of this."""
GROUP = 4
"""So many users are scored together."""


@part
def score_group(user_embeddings, user_biases, group, item_columns, item_biases, scores):
    """Scores of all items for the four users in `group`, written to ``scores`` of shape (4, padded number of items)."""
    first, second, third, fourth = group[0], group[1], group[2], group[3]
    for column in range(0, item_columns.shape[1], BLOCK):
        low, high = load(item_biases, 0, column), load(item_biases, 0, column + LANES)
        first_low, first_high = broadcast(user_biases[first]) + low, broadcast(user_biases[first]) + high
        second_low, second_high = broadcast(user_biases[second]) + low, broadcast(user_biases[second]) + high
        third_low, third_high = broadcast(user_biases[third]) + low, broadcast(user_biases[third]) + high
        fourth_low, fourth_high = broadcast(user_biases[fourth]) + low, broadcast(user_biases[fourth]) + high
        for component in range(item_columns.shape[0]):
            low, high = load(item_columns, component, column), load(item_columns, component, column + LANES)
            weight = broadcast(user_embeddings[first, component])
            first_low += weight * low
            first_high += weight * high
            weight = broadcast(user_embeddings[second, component])
            second_low += weight * low
            second_high += weight * high
            weight = broadcast(user_embeddings[third, component])
            third_low += weight * low
            third_high += weight * high
            weight = broadcast(user_embeddings[fourth, component])
            fourth_low += weight * low
            fourth_high += weight * high
        store(scores, 0, column, first_low)
        store(scores, 0, column + LANES, first_high)
        store(scores, 1, column, second_low)
        store(scores, 1, column + LANES, second_high)
        store(scores, 2, column, third_low)
        store(scores, 2, column + LANES, third_high)
        store(scores, 3, column, fourth_low)
        store(scores, 3, column + LANES, fourth_high)


@kernel
def predict_pairs(users, items, user_embeddings, user_biases, item_embeddings, item_biases, n_components, out):
    """Scores of (user, item) pairs, written to `out` (float32): the same digits as :func:`score_group`."""
    for pair in range(users.shape[0]):
        user, item = users[pair], items[pair]
        score = user_biases[user] + item_biases[item]
        for component in range(n_components):
            score += user_embeddings[user, component] * item_embeddings[item, component]
        out[pair] = score


@part
def silence(scores, row, n_items, items, start, end):
    """Take items out of the race: those beyond the last one (padding) and those of a list, here minus infinity."""
    for item in range(n_items, scores.shape[1]):
        scores[row, item] = -np.inf
    for position in range(start, end):
        scores[row, items[position]] = -np.inf


@part
def count_at_least(scores, row, score):
    """How many scores of a row are at least `score`."""
    threshold, counts = broadcast(score), broadcast(np.float32(0))
    for column in range(0, scores.shape[1], LANES):
        counts += at_least(load(scores, row, column), threshold)
    return total(counts)


@kernel
def rank_entries(
    first_user, last_user, user_embeddings, user_biases, item_columns, item_biases, n_items,
    test_starts, test_items, train_starts, train_items, group, scores, out,
):  # fmt: skip
    """Rank of each test entry of users `first_user` to `last_user` - 1 among all items but the user's train items.

    0 is best; an item that scores the same as another stands behind it. Written to `out` (float32), one per test entry.
    `group`, int64 (4,), and `scores`, float32 (4, padded number of items), are working memory.
    """
    user = first_user
    while user < last_user:
        size = 0
        while user < last_user and size < GROUP:
            if test_starts[user] < test_starts[user + 1]:
                group[size] = user
                size += 1
            user += 1
        if size == 0:
            return
        for row in range(size, GROUP):
            group[row] = group[0]
        score_group(user_embeddings, user_biases, group, item_columns, item_biases, scores)
        for row in range(size):
            start, end = test_starts[group[row]], test_starts[group[row] + 1]
            for position in range(start, end):
                out[position] = scores[row, test_items[position]]
            silence(scores, row, n_items, train_items, train_starts[group[row]], train_starts[group[row] + 1])
            n_known = train_starts[group[row] + 1] - train_starts[group[row]]
            for position in range(start, end):
                if out[position] == -np.inf:  # as do the items that were taken out: they must not be counted
                    out[position] = n_items - n_known - 1
                else:
                    itself = np.float32(1) if scores[row, test_items[position]] == out[position] else np.float32(0)
                    out[position] = count_at_least(scores, row, out[position]) - itself


@part
def comes_after(score, item, other_score, other_item):
    """Whether an item stands behind another in a list: lower score, or the same score and a higher number."""
    return score < other_score or (score == other_score and item > other_item)


@part
def sift_down(scores, items, row, size):
    """Restore the heap whose root, the last of the list, was replaced."""
    parent = 0
    while True:
        last, left = parent, 2 * parent + 1
        for child in (left, left + 1):
            if child < size and comes_after(scores[row, child], items[row, child], scores[row, last], items[row, last]):
                last = child
        if last == parent:
            return
        scores[row, parent], scores[row, last] = scores[row, last], scores[row, parent]
        items[row, parent], items[row, last] = items[row, last], items[row, parent]
        parent = last


@part
def keep_best(scores, row, n_items, best_scores, best_items, out_row):
    """The best items of a row of scores, best first, in row `out_row` of the two output arrays.

    A heap of the best so far has the last of them at its root. Taken out one by one, from the end, they are in order.
    """
    size = best_items.shape[1]
    for place in range(size):
        best_scores[out_row, place], best_items[out_row, place] = -np.inf, n_items
    for item in range(n_items):
        score = scores[row, item]
        if score > -np.inf and comes_after(best_scores[out_row, 0], best_items[out_row, 0], score, item):
            best_scores[out_row, 0], best_items[out_row, 0] = score, item
            sift_down(best_scores, best_items, out_row, size)
    for end in range(size - 1, 0, -1):
        best_scores[out_row, 0], best_scores[out_row, end] = best_scores[out_row, end], best_scores[out_row, 0]
        best_items[out_row, 0], best_items[out_row, end] = best_items[out_row, end], best_items[out_row, 0]
        sift_down(best_scores, best_items, out_row, end)
    for place in range(size):
        if best_items[out_row, place] == n_items:
            best_items[out_row, place] = -1


@kernel
def recommend_rows(
    first_row, last_row, users, user_embeddings, user_biases, item_columns, item_biases, n_items,
    excluded_starts, excluded_items, group, scores, best_scores, best_items,
):  # fmt: skip
    """Best items for ``users[first_row:last_row]``, best first; equal scores by item number.

    ``excluded_starts[row]`` to ``excluded_starts[row + 1]`` are the positions of the row's excluded items. Where fewer
    items are left than asked for, the rest is filled with item -1 and score minus infinity. Working memory as above.
    """
    for first in range(first_row, last_row, GROUP):
        size = GROUP if first + GROUP <= last_row else last_row - first
        for row in range(GROUP):
            group[row] = users[first + (row if row < size else 0)]
        score_group(user_embeddings, user_biases, group, item_columns, item_biases, scores)
        for row in range(size):
            start, end = excluded_starts[first + row], excluded_starts[first + row + 1]
            silence(scores, row, n_items, excluded_items, start, end)
            keep_best(scores, row, n_items, best_scores, best_items, first + row)


@kernel
def unit_rows(embeddings, n_components, out):
    """Write each row divided by its length to `out`; a row of zeros stays zero."""
    for row in range(embeddings.shape[0]):
        square = 0.0
        for component in range(n_components):
            square += np.float64(embeddings[row, component]) * np.float64(embeddings[row, component])
        length = np.sqrt(square)
        for component in range(n_components):
            out[row, component] = np.float32(embeddings[row, component] / length) if length > 0.0 else np.float32(0)
