r"""Logistic loss: is this entry positive or not?

.. math:: loss = -w \left( y \log \sigma(s) + (1 - y) \log(1 - \sigma(s)) \right), \qquad
          -\frac{\partial\, loss}{\partial s} = w\, (y - \sigma(s))

for an entry of weight w with score s; y is 1 where the entry's value is positive and 0 otherwise. Only entries that are
there are learned from: unobserved pairs play no part.
"""

from __future__ import annotations

import numpy as np

from recsys_lessons.kernels.compiling import inner
from recsys_lessons.kernels.elementary import log_loss
from recsys_lessons.kernels.representation import bias, score_item


@inner
def judge(model, user, item, value, weight, worker):
    """Strength of the step on an entry, and its loss."""
    users = model.users
    score = score_item(model.items, item, worker.user) + bias(users.features, users.parameters.biases, user)
    sign = 1.0 if value > 0.0 else -1.0
    loss, strength = log_loss(sign * np.float64(score))
    return sign * weight * strength, weight * loss
