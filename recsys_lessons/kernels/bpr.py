r"""BPR: a positive item should score above a random negative one (Rendle et al. 2009, section 4).

.. math:: loss = -w \log \sigma(s_+ - s_-), \qquad
          -\frac{\partial\, loss}{\partial (s_+ - s_-)} = w\, (1 - \sigma(s_+ - s_-))

The negative item is that of a random entry, so popular items are drawn often, as in LightFM. Items that the user has an
entry for are drawn again. A user with an entry for every item of the data has no negative: nothing is learned.
"""

from __future__ import annotations

import numpy as np

from recsys_lessons.kernels.candidates import next_candidate
from recsys_lessons.kernels.compiling import inner
from recsys_lessons.kernels.elementary import log_loss
from recsys_lessons.kernels.known import is_known
from recsys_lessons.kernels.representation import score_item
from recsys_lessons.kernels.step import NO_NEGATIVE

MAX_DRAWS = 1000
"""After so many known items in a row, no negative is left that is worth the search."""


@inner
def draw_negative(model, data, user, settings, worker):
    """The item of a random entry, one that the user has no entry for (or NO_NEGATIVE), and the number of draws."""
    if data.known_starts[user + 1] - data.known_starts[user] >= settings.n_items_seen:
        return NO_NEGATIVE, 0
    for draw in range(1, MAX_DRAWS + 1):
        item = next_candidate(model, data, settings, worker)
        if not is_known(data, user, item):
            return item, draw
    return NO_NEGATIVE, MAX_DRAWS


@inner
def judge(model, data, user, positive, weight, settings, worker):
    """A negative for a positive entry, the strength of the step, the loss, and the negatives drawn."""
    negative, draws = draw_negative(model, data, user, settings, worker)
    if negative == NO_NEGATIVE:
        return negative, 0.0, 0.0, draws
    positive_score = score_item(model.items, positive, worker.user)
    negative_score = score_item(model.items, negative, worker.user)
    loss, strength = log_loss(np.float64(positive_score - negative_score))
    return negative, weight * strength, weight * loss, draws
