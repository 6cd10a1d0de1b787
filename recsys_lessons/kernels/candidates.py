"""Which item is looked at next as a possible negative.

Items are drawn one ahead of time, so that what is known of the next one is on its way from memory while the present one
is being scored.
"""

from __future__ import annotations

import numpy as np

from recsys_lessons.kernels.compiling import inner
from recsys_lessons.kernels.lanes import prefetch
from recsys_lessons.kernels.random import below
from recsys_lessons.kernels.structures import BPR


@inner
def fetch_item(features, embeddings, item):
    """Fetch an item's row, or that of its first feature."""
    if features is None:
        prefetch(embeddings, item)
    elif features.starts[item] < features.starts[item + 1]:
        prefetch(embeddings, features.indices[features.starts[item]])


@inner
def next_candidate(model, data, settings, worker):
    """The item that was drawn before; the next one is drawn: that of a random entry for BPR, else any item."""
    item = worker.candidate[0]
    if settings.loss == BPR:
        following = np.int64(data.items[below(worker.stream, data.items.shape[0])])
    else:
        following = below(worker.stream, settings.n_items)
    fetch_item(model.items.features, model.items.parameters.embeddings, following)
    worker.candidate[0] = following
    return item
