r"""Biases alone: some users rate higher than others, some items are liked better, and that explains a good deal.

With :math:`\hat r_{ui} = \mu + b_u + b_i` (Koren, Bell and Volinsky 2009, equation 3), minimize over the known ratings

.. math:: \sum_{u,i} (r_{ui} - \mu - b_u - b_i)^2 + \lambda_{items} \sum_i b_i^2 + \lambda_{users} \sum_u b_u^2 .

While the users' biases stand still, the best bias of each item is a *damped mean* of what is left to explain,

.. math:: b_i = \frac{\sum_{u} (r_{ui} - \mu - b_u)}{\lambda_{items} + n_i},

the mean as if the item had :math:`\lambda` more ratings with nothing to explain; likewise for users. Taking turns, each
turn lowers the sum above, until nothing moves.
"""

from __future__ import annotations

import numpy as np

from recsys_lessons.kernels.compiling import kernel


@kernel
def mean_rating(values):
    """Mean of a float32 array (float64), added up from left to right."""
    total = 0.0
    for position in range(values.shape[0]):
        total += np.float64(values[position])
    return total / values.shape[0]


@kernel
def damped_means(rows, columns, values, global_mean, column_biases, damping, sums, biases):
    """Set the biases of one side, whose entries are `rows`, while those of the other side stand still.

    `sums` is room for (n_rows, 2) float64: what is left to explain, and the number of ratings. A row without ratings
    gets the bias 0.
    """
    sums[:] = 0.0
    for entry in range(rows.shape[0]):
        unexplained = np.float64(values[entry]) - global_mean - np.float64(column_biases[columns[entry]])
        sums[rows[entry], 0] += unexplained
        sums[rows[entry], 1] += 1.0
    for row in range(biases.shape[0]):
        biases[row] = np.float32(sums[row, 0] / (damping + sums[row, 1])) if sums[row, 1] > 0.0 else np.float32(0)


@kernel
def squared_errors(users, items, values, global_mean, user_biases, item_biases):
    """Sum of the squared errors of the biases' predictions (float64)."""
    squares = 0.0
    for entry in range(values.shape[0]):
        bias = np.float64(user_biases[users[entry]]) + np.float64(item_biases[items[entry]])
        error = np.float64(values[entry]) - global_mean - bias
        squares += error * error
    return squares
