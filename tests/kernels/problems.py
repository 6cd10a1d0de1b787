"""Small training problems, in the arrays that kernels take."""

from __future__ import annotations

import itertools
from typing import NamedTuple

import numpy as np

from recsys_lessons.kernels import known, warp
from recsys_lessons.kernels.lanes import padded_width
from recsys_lessons.kernels.structures import (
    ADADELTA,
    ADAGRAD,
    BPR,
    K_OS_WARP,
    LOGISTIC,
    WARP,
    Features,
    Interactions,
    Model,
    Parameters,
    Settings,
    Side,
    Worker,
)

LOSSES = {"logistic": LOGISTIC, "bpr": BPR, "warp": WARP, "warp-kos": K_OS_WARP}
SCHEDULES = {"adagrad": ADAGRAD, "adadelta": ADADELTA}
# (loss, schedule, user features, item features, weights, penalties)
COMBINATIONS = list(itertools.product(LOSSES, SCHEDULES, (False, True), (False, True), (False, True), (0.0, 0.03)))


def label(value) -> str:
    """Name of a parameter in the list of tests."""
    return str(value)


class Problem(NamedTuple):
    """A model, data and settings, and a seed for the random stream."""

    model: Model
    data: Interactions
    settings: Settings
    n_components: int
    seed: int

    def copy(self, dtype=np.float32) -> Problem:
        """The same state, in arrays of its own and perhaps with more digits."""
        sides = []
        for features, parameters in self.model:
            if features is not None:
                features = features._replace(weights=features.weights.astype(dtype))
            sides.append(Side(features, Parameters(*(array.astype(dtype) for array in parameters))))
        return self._replace(model=Model(*sides))

    def stream(self) -> np.ndarray:
        """A fresh random stream, the same each time."""
        return np.array([self.seed, 2 * self.seed + 1, 77, 1], dtype=np.int64)

    def worker(self, stream: np.ndarray) -> Worker:
        """Scratch memory for a kernel."""
        width = padded_width(self.n_components)
        rank_weights = np.zeros(self.settings.max_sampled + 1)
        warp.fill_rank_weights(rank_weights, self.settings.n_items)
        return Worker(
            stream,
            *(np.zeros((1, width), np.float32) for _ in range(4)),
            candidate=np.zeros(1, np.int64),
            rank_weights=rank_weights,
            drawn=np.zeros(self.settings.n, np.int64),
            drawn_scores=np.full((1, padded_width(self.settings.n)), -np.inf, np.float32),
        )


def interactions(users, items, values, weights, n_users) -> Interactions:
    """Entries with the look-ups that kernels need, made the slow and obvious way."""
    stored = [sorted({item for user, item in zip(users, items, strict=True) if user == row}) for row in range(n_users)]
    positive = [
        [entry for entry, user in enumerate(users) if user == row and values[entry] > 0] for row in range(n_users)
    ]
    in_order = [entry for entries in positive for entry in entries]

    def starts(lists):
        return np.concatenate([[0], np.cumsum([len(entries) for entries in lists])]).astype(np.int64)

    weights = np.asarray(weights, np.float32)
    known_starts, known_items = starts(stored), np.asarray([item for row in stored for item in row], np.int32)
    # One word of bits for everyone is too few for some: both answers of the bits and of the search occur.
    bit_starts, bits = np.arange(n_users + 1, dtype=np.int64), np.zeros(n_users, np.uint32)
    known.set_bits(known_starts, known_items, bit_starts, bits)
    return Interactions(
        users=np.asarray(users, np.int32),
        items=np.asarray(items, np.int32),
        values=np.asarray(values, np.float32),
        weights=weights,
        known_starts=known_starts,
        known_items=known_items,
        bit_starts=bit_starts,
        bits=bits,
        positive_starts=starts(positive),
        positive_items=np.asarray([items[entry] for entry in in_order], np.int32),
        positive_weights=weights[in_order] if len(weights) else weights,
    )


def some_features(random, n_rows, n_features) -> Features:
    """Every row has a feature of its own and up to three that it shares with others."""
    rows = []
    for row in range(n_rows):
        shared = random.choice(n_features - n_rows, size=random.integers(0, 4), replace=False) + n_rows
        rows.append([row, *sorted(shared.tolist())])
    starts = np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64)
    indices = np.array([feature for row in rows for feature in row], np.int32)
    return Features(starts, indices, random.uniform(-0.5, 1.5, len(indices)).astype(np.float32))


def some_parameters(random, n_features, n_components, first_gradient=None) -> Parameters:
    """Learned numbers as they may stand in the middle of a training; padded as in a model."""
    width = padded_width(n_components)

    def matrix(low, high, padding):
        padded = np.full((n_features, width), padding, np.float32)
        padded[:, :n_components] = random.uniform(low, high, (n_features, n_components))
        return padded

    def vector(low, high):
        return random.uniform(low, high, n_features).astype(np.float32)

    low, high = (0.5, 3.0) if first_gradient is None else (first_gradient, first_gradient)
    return Parameters(
        embeddings=matrix(-0.6, 0.6, 0.0),
        biases=vector(-0.3, 0.3),
        embedding_gradients=matrix(low, high, 1.0),
        bias_gradients=vector(low, high),
        embedding_momentum=matrix(0.0, 0.02, 0.0),
        bias_momentum=vector(0.0, 0.02),
    )


def settings(loss, schedule="adagrad", penalty=0.0, **changes) -> Settings:
    """Settings with a different number for each penalty, so that a mix-up shows."""
    return Settings(
        **{
            "loss": LOSSES[loss],
            "schedule": SCHEDULES[schedule],
            "learning_rate": 0.05,
            "rho": 0.9,
            "epsilon": 1e-5,
            "item_penalty": penalty,
            "user_penalty": 2 * penalty,
            "max_sampled": 6,
            "k": 2,
            "n": 4,
            "n_items": 12,
            "n_items_seen": 12,
            "learn_items": True,
            **changes,
        }
    )


def problem(
    loss="warp", schedule="adagrad", user_features=False, item_features=False, weighted=False, penalty=0.0,
    n_components=11, n_entries=50, seed=5,
) -> Problem:  # fmt: skip
    """Seven users, twelve items; entries with labels of both signs, some of them twice."""
    random = np.random.default_rng(seed)
    n_users, n_items, n_features = 7, 12, 17
    users = random.integers(0, n_users, n_entries)
    items = random.integers(0, n_items, n_entries)
    values = random.choice([-1.0, 0.0, 1.0, 4.0], n_entries, p=[0.2, 0.1, 0.4, 0.3])
    weights = random.uniform(0.1, 3.0, n_entries) if weighted else []
    sides = []
    for has_features, n_rows in ((user_features, n_users), (item_features, n_items)):
        features = some_features(random, n_rows, n_features) if has_features else None
        sides.append(Side(features, some_parameters(random, n_features if has_features else n_rows, n_components)))
    return Problem(
        model=Model(*sides),
        data=interactions(users.tolist(), items.tolist(), values.tolist(), weights, n_users),
        settings=settings(loss, schedule, penalty, n_items=n_items, n_items_seen=len(set(items.tolist()))),
        n_components=n_components,
        seed=seed,
    )
