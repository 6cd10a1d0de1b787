"""Funk SVD against Surprise's SVD: time at the same factors and epochs, and the error on held-out ratings."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

import numpy as np
import scipy.sparse as sp

from benchmarks import data, peers
from benchmarks.timing import Table, ms, race, times
from recsys_lessons import FunkSVD

COMPONENTS, EPOCHS, RATE, PENALTY = 100, 20, 0.005, 0.02
TARGET = 5
ERROR_TARGET = 0.005


def run(quick: bool) -> None:
    """Milliseconds of a whole fit, and the RMSE; each round starts from another seed."""
    cases = list(data.rating_sets())
    table = Table(
        "Funk SVD, one thread: milliseconds of a fit, and RMSE on the test set",
        {
            "data": 14, "ours": 8, "Surprise": 8, "ratio": 16, "CPU ratio": 0,
            "RMSE: ours": 0, "Surprise ": 0, "difference": 8,
        },
        f"{COMPONENTS} factors, {EPOCHS} epochs, learning rate {RATE}, regularization {PENALTY}. At least {TARGET}× "
        f"is claimed, and an RMSE within\n{ERROR_TARGET}: the mean over the rounds, each from another seed, of "
        "predictions clipped to the scale.",
    )  # fmt: skip
    for name, train, test in cases:
        models = {"ours": [], "Surprise": []}
        theirs = _surprise_trainer(train) if peers.surprise else None
        runners = {"ours": _each_seed(_our_trainer(train), models["ours"])}
        runners["Surprise"] = theirs and _each_seed(theirs, models["Surprise"])
        measured = race(runners, 3 if quick else 5)
        error = np.mean([_error(model.predict(test.row, test.col), train, test) for model in models["ours"]])
        their_errors = [_error(_surprise_predict(model, test), train, test) for model in models["Surprise"]]
        table.row(
            name,
            ms(measured.median("ours")),
            ms(measured.median("Surprise")),
            times(measured.ratio("Surprise", "ours"), TARGET),
            times(measured.cpu_ratio("Surprise", "ours")),
            f"{error:.4f}",
            f"{np.mean(their_errors):.4f}" if their_errors else "–",
            f"{error - np.mean(their_errors):+.4f}" if their_errors else "–",
        )


def _each_seed(train: Callable[[int], object], models: list) -> Callable[[], None]:
    """A runner that trains from seeds 0, 1, 2, ... and keeps the models."""
    seeds = count()
    return lambda: models.append(train(next(seeds)))


def _our_trainer(train: sp.coo_matrix) -> Callable[[int], FunkSVD]:
    settings = {"no_components": COMPONENTS, "epochs": EPOCHS, "learning_rate": RATE, "regularization": PENALTY}
    return lambda seed: FunkSVD(**settings, random_state=seed).fit(train)


def _surprise_trainer(train: sp.coo_matrix) -> Callable[[int], object]:
    # Their ratings are laid out beforehand, so that only the training is timed.
    reader = peers.surprise.Reader(rating_scale=_scale(train))
    ratings = peers.surprise.Dataset(reader).construct_trainset(
        [(*entry, None) for entry in zip(train.row.tolist(), train.col.tolist(), train.data.tolist(), strict=True)]
    )
    settings = {"n_factors": COMPONENTS, "n_epochs": EPOCHS, "lr_all": RATE, "reg_all": PENALTY}
    return lambda seed: peers.surprise.SVD(**settings, random_state=seed).fit(ratings)


def _surprise_predict(model, test: sp.coo_matrix) -> np.ndarray:
    return np.array(
        [model.predict(user, item).est for user, item in zip(test.row.tolist(), test.col.tolist(), strict=True)]
    )


def _scale(ratings: sp.coo_matrix) -> tuple[float, float]:
    return float(ratings.data.min()), float(ratings.data.max())


def _error(predicted: np.ndarray, train: sp.coo_matrix, test: sp.coo_matrix) -> float:
    return float(np.sqrt(np.mean((np.clip(predicted, *_scale(train)) - test.data) ** 2)))
