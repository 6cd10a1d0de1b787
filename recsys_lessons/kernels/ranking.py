"""From representations to scores, ranks and recommendations.

All scores that are compared with one another come from here, in one order of additions: the two biases first, then the
products, component by component. Equal items therefore have equal scores to the last bit, a score does not depend on
where its item stands, and every processor computes the same one. (A matrix product from BLAS promises none of this.)

The items' embeddings are passed transposed, `(n_components, padded number of items)`, so that eight items are scored at
once.
"""

from __future__ import annotations

import numpy as np

from recsys_lessons.kernels.compiling import kernel, part
from recsys_lessons.kernels.lanes import LANES, at_least, broadcast, load, store, total

BLOCK = 4 * LANES
"""The padded number of items is a multiple of this."""


@part
def score_all(user_embeddings, user_biases, user, item_columns, item_biases, scores):
    """Scores of all items for one user, written to ``scores`` of shape (1, padded number of items)."""
    user_bias = broadcast(user_biases[user])
    for column in range(0, item_columns.shape[1], BLOCK):
        first = user_bias + load(item_biases, 0, column)
        second = user_bias + load(item_biases, 0, column + LANES)
        third = user_bias + load(item_biases, 0, column + 2 * LANES)
        fourth = user_bias + load(item_biases, 0, column + 3 * LANES)
        for component in range(item_columns.shape[0]):
            weight = broadcast(user_embeddings[user, component])
            first += weight * load(item_columns, component, column)
            second += weight * load(item_columns, component, column + LANES)
            third += weight * load(item_columns, component, column + 2 * LANES)
            fourth += weight * load(item_columns, component, column + 3 * LANES)
        store(scores, 0, column, first)
        store(scores, 0, column + LANES, second)
        store(scores, 0, column + 2 * LANES, third)
        store(scores, 0, column + 3 * LANES, fourth)


@kernel
def predict_pairs(users, items, user_embeddings, user_biases, item_embeddings, item_biases, n_components, out):
    """Scores of (user, item) pairs, written to `out` (float32): the same digits as :func:`score_all`."""
    for pair in range(users.shape[0]):
        user, item = users[pair], items[pair]
        score = user_biases[user] + item_biases[item]
        for component in range(n_components):
            score += user_embeddings[user, component] * item_embeddings[item, component]
        out[pair] = score


@part
def silence(scores, n_items, items, start, end):
    """Take items out of the race: those beyond the last one (padding) and those of a list, here minus infinity."""
    for item in range(n_items, scores.shape[1]):
        scores[0, item] = -np.inf
    for position in range(start, end):
        scores[0, items[position]] = -np.inf


@part
def count_at_least(scores, score):
    """How many scores are at least `score`."""
    threshold, counts = broadcast(score), broadcast(np.float32(0))
    for column in range(0, scores.shape[1], LANES):
        counts += at_least(load(scores, 0, column), threshold)
    return total(counts)


@kernel
def rank_entries(
    first_user, last_user, user_embeddings, user_biases, item_columns, item_biases, n_items,
    test_starts, test_items, train_starts, train_items, scores, out,
):  # fmt: skip
    """Rank of each test entry of users `first_user` to `last_user` - 1 among all items but the user's train items.

    0 is best; an item that scores the same as another stands behind it. Written to `out` (float32), one per test entry.
    """
    for user in range(first_user, last_user):
        start, end = test_starts[user], test_starts[user + 1]
        if start == end:
            continue
        score_all(user_embeddings, user_biases, user, item_columns, item_biases, scores)
        for position in range(start, end):
            out[position] = scores[0, test_items[position]]
        silence(scores, n_items, train_items, train_starts[user], train_starts[user + 1])
        for position in range(start, end):
            itself = np.float32(1) if scores[0, test_items[position]] == out[position] else np.float32(0)
            out[position] = count_at_least(scores, out[position]) - itself


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
def keep_best(scores, n_items, best_scores, best_items, row):
    """The best items of one user, best first, in row `row` of the two output arrays.

    A heap of the best so far has the last of them at its root. Taken out one by one, from the end, they are in order.
    """
    size = best_items.shape[1]
    for place in range(size):
        best_scores[row, place], best_items[row, place] = -np.inf, n_items
    for item in range(n_items):
        score = scores[0, item]
        if score > -np.inf and comes_after(best_scores[row, 0], best_items[row, 0], score, item):
            best_scores[row, 0], best_items[row, 0] = score, item
            sift_down(best_scores, best_items, row, size)
    for end in range(size - 1, 0, -1):
        best_scores[row, 0], best_scores[row, end] = best_scores[row, end], best_scores[row, 0]
        best_items[row, 0], best_items[row, end] = best_items[row, end], best_items[row, 0]
        sift_down(best_scores, best_items, row, end)
    for place in range(size):
        if best_items[row, place] == n_items:
            best_items[row, place] = -1


@kernel
def recommend_rows(
    first_row, last_row, users, user_embeddings, user_biases, item_columns, item_biases, n_items,
    excluded_starts, excluded_items, scores, best_scores, best_items,
):  # fmt: skip
    """Best items for ``users[first_row:last_row]``, best first; equal scores by item number.

    ``excluded_starts[row]`` to ``excluded_starts[row + 1]`` are the positions of the row's excluded items. Where fewer
    items are left than asked for, the rest is filled with item -1 and score minus infinity.
    """
    for row in range(first_row, last_row):
        score_all(user_embeddings, user_biases, users[row], item_columns, item_biases, scores)
        silence(scores, n_items, excluded_items, excluded_starts[row], excluded_starts[row + 1])
        keep_best(scores, n_items, best_scores, best_items, row)


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
