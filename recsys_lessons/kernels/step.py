r"""One step of gradient descent: pull an item up for a user and, in a pair, push another one down.

All losses end here. Let :math:`d` be the score of an item (logistic loss) or the difference between the scores of a
positive and a negative item (the pairwise losses), and let the loss fall with :math:`d` at the rate of `strength`:
:math:`-\partial\, loss / \partial d = s`. The gradients are then

.. math:: -s\,(q_+ - q_-) \text{ for the user}, \quad -s\, q_u \text{ for the positive}, \quad
          +s\, q_u \text{ for the negative item}

and :math:`\mp s` for the items' biases. Without a negative item its terms are absent, and the user's bias has the
gradient -s; in a pair it cancels and is left alone (LightFM 1.17 moves it, always downwards).
"""

from __future__ import annotations

import numpy as np

from recsys_lessons.kernels.compiling import inner
from recsys_lessons.kernels.lanes import LANES, broadcast, load, store
from recsys_lessons.kernels.representation import represent
from recsys_lessons.kernels.schedules import step_row

NO_NEGATIVE = -1


@inner
def step(model, user, positive, negative, strength, settings, worker):
    """One step on (user, positive, negative); the user's representation is in ``worker.user``.

    `strength`, float32, is not zero: a slope of zero stands for a bias that the loss does not depend on.
    """
    users, items = model
    direction = worker.direction
    pair = negative != NO_NEGATIVE
    # The items are about to move: what the user's gradient needs of them is taken before.
    liked, liked_row = represent(items.features, items.parameters.embeddings, positive, worker.positive)
    nothing = broadcast(np.float32(0))
    for column in range(0, direction.shape[1], LANES):
        store(direction, 0, column, nothing - load(liked, liked_row, column))
    if pair:
        other, other_row = represent(items.features, items.parameters.embeddings, negative, worker.negative)
        for column in range(0, direction.shape[1], LANES):
            store(direction, 0, column, load(direction, 0, column) + load(other, other_row, column))
    if settings.learn_items:
        alpha = settings.item_penalty
        step_row(items.features, items.parameters, positive, worker.user, -strength, -strength, alpha, settings)
        if pair:
            step_row(items.features, items.parameters, negative, worker.user, strength, strength, alpha, settings)
    user_slope = np.float32(0) if pair else -strength
    alpha = settings.user_penalty
    step_row(users.features, users.parameters, user, direction, strength, user_slope, alpha, settings)
