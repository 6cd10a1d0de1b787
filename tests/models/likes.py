"""Small data for tests of models."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

LOSSES = ("logistic", "bpr", "warp", "warp-kos")
SCHEDULES = ("adagrad", "adadelta")
LEARNED = [
    f"{side}_{field}"
    for side in ("item", "user")
    for field in (
        "embeddings", "biases", "embedding_gradients", "bias_gradients", "embedding_momentum", "bias_momentum",
    )
]  # fmt: skip


def some_likes(n_users=12, n_items=17, n_entries=90, seed=0, signs=True) -> sp.coo_matrix:
    """Random entries of both signs, some of them twice."""
    random = np.random.default_rng(seed)
    values = random.choice([1.0, 2.0, -1.0] if signs else [1.0], n_entries)
    entries = random.integers(0, n_users, n_entries), random.integers(0, n_items, n_entries)
    return sp.coo_matrix((values.astype(np.float32), entries), shape=(n_users, n_items))


def some_features(n_rows, n_shared=6, seed=1) -> sp.csr_matrix:
    """A feature of its own for each row, and a few that are shared."""
    shared = sp.random_array((n_rows, n_shared), density=0.3, rng=np.random.default_rng(seed), dtype=np.float32)
    return sp.csr_matrix(sp.hstack([sp.identity(n_rows, dtype=np.float32), shared], format="csr"))


def two_groups(n_users=40, n_items=30, seed=0) -> tuple[sp.coo_matrix, sp.coo_matrix]:
    """Two groups of users that like two groups of items: entries to learn from, and entries held out."""
    random = np.random.default_rng(seed)
    users, items = np.nonzero(np.arange(n_users)[:, None] % 2 == np.arange(n_items)[None, :] % 2)
    held_out = random.random(len(users)) < 0.3
    return tuple(
        sp.coo_matrix((np.ones(chosen.sum(), np.float32), (users[chosen], items[chosen])), shape=(n_users, n_items))
        for chosen in (~held_out, held_out)
    )


def learned(model) -> dict[str, np.ndarray]:
    """Copies of all that a model has learned."""
    return {name: getattr(model, name).copy() for name in LEARNED}


def assert_same_bits(model, other) -> None:
    """Everything learned is the same to the last bit."""
    for name, array in learned(model).items():
        np.testing.assert_array_equal(array.view(np.uint32), learned(other)[name].view(np.uint32), err_msg=name)
