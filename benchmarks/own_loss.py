"""Losses written outside of the library against the built-in ones that they copy: speed, and whether bytes agree."""

from __future__ import annotations

import numpy as np

from benchmarks import data
from benchmarks.timing import Table, ms, race, times
from recsys_lessons import LightFM
from recsys_lessons.kernels.elementary import log_loss
from recsys_lessons.kernels.warp import fill_rank_weights
from recsys_lessons.losses import OwnLoss, pairwise_loss, pointwise_loss

TARGET = 0.9
EPOCHS = 5
LEARNED = [f"{side}_{kind}" for side in ("item", "user") for kind in ("embeddings", "biases")]


def run(quick: bool) -> None:
    """Milliseconds of training with a built-in loss and with its copy."""
    films = data.movies()
    train, features = films["train"], films["item_features"]
    table = Table(
        f"A loss of one's own ({data.MOVIES}): milliseconds of {EPOCHS} epochs",
        {
            "loss": 8,
            "features": 17,
            "components": 10,
            "built in": 9,
            "its copy": 9,
            "ratio": 18,
            "CPU ratio": 9,
            "bytes": 0,
        },
        f"One thread. At least {TARGET}× is claimed, and the same bytes.",
    )
    for loss, copy in copies(train.shape[1]).items():
        for described in (False, True):
            for components in (30, 64):
                models = {
                    name: LightFM(components, loss=one, random_state=1).fit(
                        train, item_features=features if described else None, epochs=0
                    )
                    for name, one in (("built in", loss), ("its copy", copy))
                }
                runners = {
                    name: lambda model=model, described=described: model.fit_partial(
                        train, item_features=features if described else None, epochs=EPOCHS
                    )
                    for name, model in models.items()
                }
                measured = race(runners, 5 if quick else 21)
                alike = all(
                    np.array_equal(getattr(models["built in"], name), getattr(models["its copy"], name))
                    for name in LEARNED
                )
                table.row(
                    loss,
                    "identity + genres" if described else "none",
                    components,
                    ms(measured.median("built in")),
                    ms(measured.median("its copy")),
                    times(measured.ratio("built in", "its copy"), TARGET),
                    times(measured.cpu_ratio("built in", "its copy")),
                    "same" if alike else "DIFFERENT",
                )


def copies(n_items: int) -> dict[str, OwnLoss]:
    """Three of the library's losses, written as a learner would."""
    weights = np.zeros(11)
    fill_rank_weights(weights, n_items)

    @pointwise_loss
    def logistic(score, value):
        sign = 1.0 if value > 0 else -1.0
        loss, strength = log_loss(sign * score)
        return sign * strength, loss

    @pairwise_loss(negatives="entries")
    def bpr(difference, draws):
        loss, strength = log_loss(difference)
        return strength, loss

    @pairwise_loss(margin=1.0)
    def warp(difference, draws):
        return weights[draws], weights[draws] * (1 - difference)

    return {"logistic": logistic, "bpr": bpr, "warp": warp}
