"""Training on several machines by averaging: each has some of the users, and now and then all items are averaged.

The machines are played one after the other in this process: what is measured is what averaging does to the model.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import scipy.sparse as sp

from recsys_lessons import LightFM
from recsys_lessons.kernels.structures import Parameters
from recsys_lessons.parallel import checked_arguments
from recsys_lessons.validation import positive_int, sparse_interactions

__all__ = ["bytes_of_averaging", "train_by_averaging"]

_ITEM_ARRAYS = tuple(f"item_{field}" for field in Parameters._fields)
_USER_ARRAYS = tuple(f"user_{field}" for field in Parameters._fields)


def train_by_averaging(
    arguments: Mapping[str, Any],
    train: sp.spmatrix | sp.sparray,
    *,
    machines: int,
    rounds: int,
    epochs_of_a_round: int = 1,
    item_features: sp.spmatrix | sp.sparray | None = None,
) -> LightFM:
    """Deal the users to machines; in each round every machine trains on its own users, then the items are averaged.

    All machines start from the same embeddings. A user is on one machine only, so there is nothing to average of users.
    What the learning schedule remembers of the items, as Adagrad's sums of squared gradients, is averaged like them.

    Parameters
    ----------
    arguments : dict
        Of `LightFM`; `random_state`, a whole number, deals the users as well.
    train : sparse matrix of shape (n_users, n_items)
    machines : int
        How many parts the users are dealt into; with 1, this is ordinary training.
    rounds : int
        How often the items are averaged.
    epochs_of_a_round : int
        Epochs between two averages.
    item_features : sparse matrix, optional
        As for `LightFM.fit`.

    Returns
    -------
    LightFM
        The averaged items, and each user as their machine has learned them, both with what the learning schedule
        remembers of them: the model can be trained on.

    Raises
    ------
    ValueError
        For wrong input, as `LightFM`, and without `random_state`.

    Examples
    --------
    >>> likes = sp.coo_matrix(np.kron(np.eye(2), np.ones((4, 3))))
    >>> arguments = {"loss": "warp", "random_state": 1}
    >>> alone = train_by_averaging(arguments, likes, machines=1, rounds=5)
    >>> bool((alone.item_embeddings == LightFM(**arguments).fit(likes, epochs=5).item_embeddings).all())
    True
    >>> model = train_by_averaging(arguments, likes, machines=2, rounds=5)
    >>> model.item_embeddings.shape, model.user_embeddings.shape
    ((6, 10), (8, 10))
    """
    arguments = checked_arguments("arguments", arguments)
    machines, rounds = positive_int("machines", machines), positive_int("rounds", rounds)
    epochs_of_a_round = positive_int("epochs_of_a_round", epochs_of_a_round)
    entries, seed = sparse_interactions("train", train), int(arguments["random_state"])
    n_users = entries.shape[0]
    owner = np.random.default_rng(seed).permutation(n_users) % machines
    parts, models = [], []
    for machine in range(machines):
        own = owner[entries.row] == machine
        part = (entries.data[own], (entries.row[own], entries.col[own]))
        parts.append(sp.coo_matrix(part, shape=entries.shape))
        # Every machine draws its own random numbers.
        model = LightFM(**{**arguments, "random_state": (seed + 1000 * machine) % 2**32})
        models.append(model.fit(parts[-1], item_features=item_features, epochs=0))
        model.item_embeddings, model.user_embeddings = models[0].item_embeddings, models[0].user_embeddings
    for _ in range(rounds):
        for model, part in zip(models, parts, strict=True):
            model.fit_partial(part, item_features=item_features, epochs=epochs_of_a_round)
        for name in _ITEM_ARRAYS:
            average = np.mean([getattr(model, name) for model in models], axis=0)
            for model in models:
                setattr(model, name, average)
    whole = models[0]
    for name in _USER_ARRAYS:
        for machine, model in enumerate(models):
            getattr(whole, name)[owner == machine] = getattr(model, name)[owner == machine]
    return whole


def bytes_of_averaging(n_items: int, no_components: int, machines: int) -> int:
    """Bytes that cross the network for one average: float32 embeddings, biases and Adagrad's sums, there and back.

    Parameters
    ----------
    n_items, no_components, machines : int

    Returns
    -------
    int
        With Adagrad; Adadelta remembers two numbers where Adagrad remembers one.

    Raises
    ------
    ValueError
        For what is no positive whole number.

    Examples
    --------
    >>> bytes_of_averaging(10_000_000, 64, machines=8) / 1e9
    83.2
    """
    n_items, machines = positive_int("n_items", n_items), positive_int("machines", machines)
    return n_items * (positive_int("no_components", no_components) + 1) * 2 * 4 * machines * 2
