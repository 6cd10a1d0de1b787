"""Whether the models are as good as LightFM's: precision@10 and AUC of all losses over 10 seeds."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

import recsys_lessons
from benchmarks import data, peers
from benchmarks.timing import Table
from benchmarks.training import LOSSES
from recsys_lessons.evaluation import auc_score, precision_at_k

SETTINGS = {"no_components": 30, "learning_rate": 0.05, "item_alpha": 1e-6}
EPOCHS = 10


def run(quick: bool) -> None:
    """Means and standard deviations over the seeds."""
    cases = list(_cases(quick))
    table = Table(
        "Quality: mean ± standard deviation over the seeds",
        {
            "data": 14, "features": 17, "loss": 8, "precision@10: ours": 0, "LightFM": 15, "apart": 6,
            "AUC: ours": 15, "LightFM ": 15, "apart ": 6,
        },
        f"{SETTINGS['no_components']} components, learning rate {SETTINGS['learning_rate']}, item_alpha "
        f"{SETTINGS['item_alpha']}, {EPOCHS} epochs, known items excluded, {_seeds(quick)} seeds.\n"
        "Apart: ours minus LightFM's in standard deviations from seed to seed (the larger of the two).",
    )  # fmt: skip
    for name, form, features in cases:
        for loss in LOSSES:
            ours = _scores(recsys_lessons, form, features, loss, _seeds(quick))
            theirs = _scores(peers.lightfm, form, features, loss, _seeds(quick)) if peers.lightfm else None
            described = "none" if features is None else "identity + genres"
            table.row(name, described, loss, *_compared(ours, theirs, 0), *_compared(ours, theirs, 1))


def _seeds(quick: bool) -> int:
    return 3 if quick else 10


def _cases(quick: bool):
    """Name, data and item features of each case."""
    films, movielens = data.movies(), data.movielens()
    if movielens:
        yield data.MOVIELENS, movielens, None
        if not quick:
            yield data.MOVIELENS, movielens, movielens["item_features"]
    if not quick:
        yield data.MOVIES, films, None
        yield data.MOVIES, films, films["item_features"]


def _scores(library: Any, form: dict[str, Any], features: Any, loss: str, seeds: int) -> np.ndarray:
    """Precision and AUC of each seed. Both libraries' own ranks, our metrics."""
    scores = np.zeros((seeds, 2))
    for seed in range(seeds):
        model = library.LightFM(loss=loss, random_state=seed, **SETTINGS)
        model.fit(form["train"], item_features=features, epochs=EPOCHS)
        ranks = model.predict_rank(form["test"], form["train"], item_features=features)
        ranked = SimpleNamespace(predict_rank=lambda *_, ranks=ranks, **__: ranks.copy())
        scores[seed] = [metric(ranked, form["test"], form["train"]).mean() for metric in (precision_at_k, auc_score)]
    return scores


def _compared(ours: np.ndarray, theirs: np.ndarray | None, metric: int) -> tuple[str, str, str]:
    mean, spread = ours[:, metric].mean(), ours[:, metric].std()
    if theirs is None:
        return f"{mean:.4f} ± {spread:.4f}", "–", "–"
    their_mean, their_spread = theirs[:, metric].mean(), theirs[:, metric].std()
    apart = (mean - their_mean) / max(spread, their_spread, 1e-12)
    return f"{mean:.4f} ± {spread:.4f}", f"{their_mean:.4f} ± {their_spread:.4f}", f"{apart:+.1f}"
