r"""Logistic loss: is this entry positive or not?

.. math:: loss = -w \left( y \log \sigma(s) + (1 - y) \log(1 - \sigma(s)) \right), \qquad
          -\frac{\partial\, loss}{\partial s} = w\, (y - \sigma(s))

for an entry of weight w with score s; y is 1 where the entry's value is positive and 0 otherwise. Only entries that are
there are learned from: unobserved pairs play no part.
"""

from __future__ import annotations

import numpy as np

from recsys_lessons.kernels.compiling import part
from recsys_lessons.kernels.elementary import sigmoid, softplus
from recsys_lessons.kernels.representation import bias, score_item


@part
def judge(model, user, item, value, weight, worker):
    """Strength of the step on an entry, and its loss."""
    users = model.users
    score = score_item(model.items, item, worker.user, worker.positive) + bias(
        users.features, users.parameters.biases, user
    )
    score = np.float64(score)
    if value > 0.0:
        return weight * sigmoid(-score), weight * softplus(-score)
    return -weight * sigmoid(score), weight * softplus(score)
