r"""WARP: draw negatives until one is ranked wrongly; the sooner that happens, the worse the rank, the larger the step.

Weston, Bengio and Usunier 2011 ("WSABIE", section 3). A negative violates the margin if :math:`s_- > s_+ - 1`. If the
first violation is found at draw number N, about one in N items is in the positive's way, and its rank is estimated as
:math:`\lfloor (n_{items} - 1) / N \rfloor`. The loss is

.. math:: loss = \min\left(w \log \max(1, rank),\; 10\right) \cdot (1 - s_+ + s_-)

and 0 if `max_sampled` draws find no violation. Items that the user has an entry for are no negatives; drawing one
counts as a draw, as in LightFM.
"""

from __future__ import annotations

import numpy as np

from recsys_lessons.kernels.candidates import next_candidate
from recsys_lessons.kernels.compiling import inner, kernel
from recsys_lessons.kernels.elementary import logarithm
from recsys_lessons.kernels.known import is_known
from recsys_lessons.kernels.representation import score_item
from recsys_lessons.kernels.step import NO_NEGATIVE

MARGIN = np.float32(1)
MAX_STRENGTH = 10.0


@kernel
def fill_rank_weights(weights, n_items):
    """Log of the estimated rank by the number of draws until the violation, at index 1 and above (float64)."""
    for draws in range(1, weights.shape[0]):
        rank = (n_items - 1) // draws
        weights[draws] = logarithm(np.float64(rank)) if rank > 1 else 0.0


@inner
def find_violation(model, data, user, positive_score, settings, worker):
    """Draw items until one violates the margin. Returns the item (or NO_NEGATIVE), its score and the draws made."""
    for draw in range(1, settings.max_sampled + 1):
        item = next_candidate(model, data, settings, worker)
        score = score_item(model.items, item, worker.user)
        if score > positive_score - MARGIN and not is_known(data, user, item):
            return item, score, draw
    return NO_NEGATIVE, positive_score, settings.max_sampled


@inner
def judge(model, data, user, positive, weight, settings, worker):
    """A violating negative for a positive item, the strength of the step, the loss, and the negatives drawn."""
    positive_score = score_item(model.items, positive, worker.user)
    negative, negative_score, draws = find_violation(model, data, user, positive_score, settings, worker)
    if negative == NO_NEGATIVE:
        return negative, 0.0, 0.0, draws
    strength = weight * worker.rank_weights[draws]
    if strength > MAX_STRENGTH:
        strength = MAX_STRENGTH
    return negative, strength, strength * np.float64(MARGIN - positive_score + negative_score), draws
