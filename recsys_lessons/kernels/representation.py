r"""A row is the weighted sum of its features' embeddings.

A user (or an item) with features :math:`f` of weight :math:`w_f` is represented by

.. math:: q = \sum_f w_f \, e_f, \qquad b = \sum_f w_f \, b_f

and the score of a user for an item is :math:`q_{user} \cdot q_{item} + b_{user} + b_{item}` (Kula 2015, section 3.1).
Without features every row has one feature of its own, with weight 1: ``features`` is None, the row's representation is
its embedding, and Numba leaves the branch for features out of the compiled code.
"""

from __future__ import annotations

import numpy as np

from recsys_lessons.kernels.compiling import inner, kernel, part
from recsys_lessons.kernels.lanes import LANES, broadcast, element, load, products, store, total


@part
def dot(left, i, right, j):
    """Inner product of row i of `left` and row j of `right`: eight running sums, added up at the end."""
    return total(products(left, i, right, j))


@inner
def sum_embeddings(features, embeddings, row, out, out_row):
    """Write the weighted sum of the embeddings of a row's features to row `out_row` of `out`."""
    for column in range(0, out.shape[1], LANES):
        sums = broadcast(np.float32(0))
        for position in range(features.starts[row], features.starts[row + 1]):
            weight = broadcast(features.weights[position])
            sums += weight * load(embeddings, features.indices[position], column)
        store(out, out_row, column, sums)


@inner
def represent(features, embeddings, row, vector):
    """Where the representation of a row stands: a matrix and a row of it. It is computed in `vector` if need be."""
    if features is None:
        return embeddings, row
    sum_embeddings(features, embeddings, row, vector, 0)
    return vector, 0


@inner
def copy_representation(features, embeddings, row, vector):
    """Write the representation of a row to `vector`, where no update of the embeddings reaches it."""
    if features is None:
        for column in range(0, vector.shape[1], LANES):
            store(vector, 0, column, load(embeddings, row, column))
    else:
        sum_embeddings(features, embeddings, row, vector, 0)


@inner
def bias(features, biases, row):
    """Weighted sum of the biases of a row's features."""
    if features is None:
        return biases[row]
    result = np.float32(0)
    for position in range(features.starts[row], features.starts[row + 1]):
        result += features.weights[position] * biases[features.indices[position]]
    return result


@inner
def score_row(features, parameters, row, user_vector):
    """Score of an item for a user, without the user's bias.

    The inner product with a sum is the sum of the inner products: an item that is only scored is never written down.
    """
    if features is None:
        return dot(user_vector, 0, parameters.embeddings, row) + parameters.biases[row]
    sums, bias_sum = broadcast(np.float32(0)), np.float32(0)
    for position in range(element(features.starts, row), element(features.starts, row + 1)):
        feature, weight = element(features.indices, position), element(features.weights, position)
        sums += broadcast(weight) * products(user_vector, 0, parameters.embeddings, feature)
        bias_sum += weight * element(parameters.biases, feature)
    return total(sums) + bias_sum


@inner
def score_item(items, item, user_vector):
    """Score of an item for a user, without the user's bias."""
    return score_row(items.features, items.parameters, item, user_vector)


@kernel
def representations(features, embeddings, biases, out_embeddings, out_biases):
    """Representations of all rows of a feature matrix, written to the two output arrays (padded like `embeddings`)."""
    for row in range(out_biases.shape[0]):
        sum_embeddings(features, embeddings, row, out_embeddings, row)
        out_biases[row] = bias(features, biases, row)
