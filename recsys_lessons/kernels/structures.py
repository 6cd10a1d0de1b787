"""Arrays that travel together, as named tuples that Numba understands."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

LOGISTIC, BPR, WARP, K_OS_WARP = 0, 1, 2, 3
ADAGRAD, ADADELTA = 0, 1


class Features(NamedTuple):
    """A sparse matrix of rows (users or items) by features, in CSR form."""

    starts: np.ndarray
    """int64 (n_rows + 1,): row r occupies positions starts[r] to starts[r + 1] of the two arrays below."""
    indices: np.ndarray
    """int32: the features of each row."""
    weights: np.ndarray
    """float32: their weights."""


class Parameters(NamedTuple):
    """What is learned for the features of one side, with the memory of the learning schedule.

    Matrices are float32 (n_features, padded width), see :mod:`.lanes`; vectors are float32 (n_features,).
    """

    embeddings: np.ndarray
    biases: np.ndarray
    embedding_gradients: np.ndarray
    """Adagrad: 1 + the sum of squared gradients so far. Adadelta: their decaying average."""
    bias_gradients: np.ndarray
    embedding_momentum: np.ndarray
    """Adadelta: decaying average of squared updates."""
    bias_momentum: np.ndarray


class Side(NamedTuple):
    """One side of the model, users or items: their features and what is learned for these."""

    features: Features | None
    """None: every row has one feature of its own, with weight 1."""
    parameters: Parameters


class Model(NamedTuple):
    """Both sides."""

    users: Side
    items: Side


class Interactions(NamedTuple):
    """The training data, one entry per interaction; and, per user, what must not be drawn as a negative."""

    users: np.ndarray
    """int32 (n,)"""
    items: np.ndarray
    """int32 (n,)"""
    values: np.ndarray
    """float32 (n,): positive feedback where > 0."""
    weights: np.ndarray
    """float32 (n,) sample weights, or (0,) where all are 1."""
    known_starts: np.ndarray
    """int64 (n_users + 1,)"""
    known_items: np.ndarray
    """int32: the items of each user's entries, positive or not, ascending and without repetition."""
    bit_starts: np.ndarray
    """int64 (n_users + 1,)"""
    bits: np.ndarray
    """uint32: the same items as a row of bits for each user, see :mod:`.known`."""
    positive_starts: np.ndarray
    """int64 (n_users + 1,). This and what follows is used by k-OS WARP alone and empty for other losses."""
    positive_items: np.ndarray
    """int32: the items of each user's entries with a value > 0, in their order; repeated entries stay repeated."""
    positive_weights: np.ndarray
    """float32: their sample weights, or (0,) where all are 1."""


class Settings(NamedTuple):
    """The numbers a kernel needs beside arrays."""

    loss: int
    schedule: int
    learning_rate: float
    rho: float
    epsilon: float
    item_penalty: float
    user_penalty: float
    max_sampled: int
    k: int
    n: int
    n_items: int
    n_items_seen: int
    """Number of different items in the interactions."""
    learn_items: bool
    """False while new users are folded in: the items stay as they are."""
    margin: float = -1.0
    """For a pairwise loss of the learner's own, see :mod:`.own`. Below 0: no search, the first negative will do."""


class Worker(NamedTuple):
    """What belongs to one thread."""

    stream: np.ndarray
    """State of its random numbers, see :mod:`.random`."""
    user: np.ndarray
    """float32 (1, padded width): the representation of the user at hand; likewise below."""
    positive: np.ndarray
    negative: np.ndarray
    direction: np.ndarray
    """The direction of the user's gradient."""
    candidate: np.ndarray
    """int64 (1,): the item that will be looked at next as a negative, drawn ahead of time."""
    rank_weights: np.ndarray
    """float64 (max_sampled + 1,): see :func:`.warp.fill_rank_weights`."""
    drawn: np.ndarray
    """int64 (n,): positives drawn by k-OS WARP, as positions in `positive_items`, ..."""
    drawn_scores: np.ndarray
    """float32 (1, n padded to whole lanes): ... and their scores."""
