"""The loop around the losses: one pass over the interactions, in a given order."""

from __future__ import annotations

import numpy as np

from recsys_lessons.kernels import bpr, k_os, logistic, own, warp
from recsys_lessons.kernels.candidates import fetch_row, next_candidate
from recsys_lessons.kernels.compiling import inner, kernel, uncached
from recsys_lessons.kernels.representation import copy_representation
from recsys_lessons.kernels.step import NO_NEGATIVE, step
from recsys_lessons.kernels.structures import BPR, K_OS_WARP, LOGISTIC

AHEAD = 4
"""How many entries ahead the rows of a user and an item are fetched from memory."""


@inner
def fetch_rows(model, data, entry, settings):
    """Fetch what learning from an entry will read and write. k-OS WARP chooses its item later."""
    users, items = model
    fetch_row(users.features, users.parameters.embeddings, np.int64(data.users[entry]))
    fetch_row(users.features, users.parameters.embedding_gradients, np.int64(data.users[entry]))
    if settings.loss != K_OS_WARP:
        fetch_row(items.features, items.parameters.embeddings, np.int64(data.items[entry]))
        fetch_row(items.features, items.parameters.embedding_gradients, np.int64(data.items[entry]))


@kernel
def learn_entries(model, data, order, settings, worker, loss_of_entry=None, loss_of_pair=None):
    """Learn from the entries `order` of the data, one after the other.

    Entries with a value <= 0 are labels for the logistic loss; the other losses learn nothing from them, but never draw
    them as negatives. An entry whose step has no strength (no violation, weight 0, a rank of 1) makes no update.
    A loss of the learner's own comes as one of the last two arguments and takes the place of the logistic loss or of
    BPR and WARP. Returns the sum of the losses (float64), the updates made, and the negatives drawn.
    """
    users = model.users
    loss, updates, draws = 0.0, 0, 0
    if settings.loss != LOGISTIC and data.items.shape[0] > 0:
        next_candidate(model, data, settings, worker)  # draws the first one
    for position in range(order.shape[0]):
        entry = np.int64(order[position])
        if position + AHEAD < order.shape[0]:
            fetch_rows(model, data, np.int64(order[position + AHEAD]), settings)
        if settings.loss != LOGISTIC and not data.values[entry] > 0.0:
            continue
        user = np.int64(data.users[entry])
        copy_representation(users.features, users.parameters.embeddings, user, worker.user)
        item = np.int64(data.items[entry])
        weight = np.float64(data.weights[entry]) if data.weights.shape[0] > 0 else 1.0
        if settings.loss == K_OS_WARP:
            item, weight = k_os.choose_positive(model, data, user, settings, worker)

        negative, entry_draws = NO_NEGATIVE, 0
        if loss_of_entry is not None:
            strength, entry_loss = own.judge_entry(model, user, item, data.values[entry], weight, worker, loss_of_entry)
        elif loss_of_pair is not None:
            negative, strength, entry_loss, entry_draws = own.judge_pair(
                model, data, user, item, weight, settings, worker, loss_of_pair
            )
        elif settings.loss == LOGISTIC:
            strength, entry_loss = logistic.judge(model, user, item, data.values[entry], weight, worker)
        elif settings.loss == BPR:
            negative, strength, entry_loss, entry_draws = bpr.judge(model, data, user, item, weight, settings, worker)
        else:
            negative, strength, entry_loss, entry_draws = warp.judge(model, data, user, item, weight, settings, worker)

        # Nothing to be learned is no update, so the penalty leaves the numbers alone too.
        learned_strength = np.float32(strength)
        if learned_strength != 0:
            step(model, user, item, negative, learned_strength, settings, worker)
            updates += 1
        loss += entry_loss
        draws += entry_draws
    return loss, updates, draws


learn_with_own_entries = uncached(learn_entries)
