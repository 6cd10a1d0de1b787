"""Compile every kernel once, or load it from the cache, so that the first lesson does not start with a wait."""

from __future__ import annotations

import time

import numpy as np
import scipy.sparse as sp

from recsys_lessons.losses import pairwise_loss
from recsys_lessons.models.baselines import BiasOnly
from recsys_lessons.models.funk_svd import FunkSVD
from recsys_lessons.models.lightfm import LightFM


def warm_up() -> float:
    """Run all models on four users and four items, with and without features. Returns the seconds it took."""
    started = time.perf_counter()
    likes = sp.coo_matrix(np.array([[1, 1, 0, 0], [1, 0, 1, 0], [0, 1, 0, 1], [0, 0, 1, 1]], dtype=np.float32))
    features = sp.csr_matrix(np.eye(4, 6, dtype=np.float32))
    for user_features in (None, features):
        for item_features in (None, features):
            # One compiled function serves all losses and schedules; k-OS WARP groups its positives first.
            model = LightFM(no_components=2, loss="warp-kos", random_state=1)
            model.fit(likes, user_features=user_features, item_features=item_features)
    LightFM(no_components=2, loss=pairwise_loss(lambda difference, draws: (1.0, 0.0)), random_state=1).fit(likes)
    with_features = {"user_features": features, "item_features": features}
    model.predict(0, np.arange(4), **with_features)
    model.predict_rank(likes, **with_features)
    model.recommend(0, n=2, **with_features)
    model.similar_items(0, n=2, item_features=features)
    FunkSVD(no_components=2, epochs=1, random_state=1).fit(likes)
    BiasOnly().fit(likes)
    return time.perf_counter() - started
