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
def fetch_row(features, matrix, row):
    """Fetch what a matrix holds for a user or an item, or for the first feature: the others are shared, mostly near."""
    if features is None:
        prefetch(matrix, row)
    elif features.starts[row] < features.starts[row + 1]:
        prefetch(matrix, features.indices[features.starts[row]])


@inner
def next_candidate(model, data, settings, worker):
    """The item that was drawn before; the next one is drawn: that of a random entry for BPR, else any item."""
    item = worker.candidate[0]
    if settings.loss == BPR:
        following = np.int64(data.items[below(worker.stream, data.items.shape[0])])
    else:
        following = below(worker.stream, settings.n_items)
    fetch_row(model.items.features, model.items.parameters.embeddings, following)
    worker.candidate[0] = following
    return item
