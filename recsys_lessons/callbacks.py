"""What can be handed to ``fit`` as ``callback``: it is called with the model and the epoch after every epoch.

Nothing here knows how a model is trained. A callback that returns True ends the training.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from recsys_lessons import evaluation
from recsys_lessons.validation import (
    choice,
    non_negative_float,
    number_of_threads,
    positive_int,
    sparse_interactions,
)

__all__ = ["EarlyStopping"]


class EarlyStopping:
    """Stop training when a metric on held-out interactions no longer improves.

    Parameters
    ----------
    validation : sparse matrix of shape (n_users, n_items)
        Held-out interactions (for `rmse` and `mae`: ratings). Not the ones you report your final result on.
    train_interactions : sparse matrix of shape (n_users, n_items), optional
        What the model is trained on, so that known items are left out of the rankings.
    metric : str or callable
        The name of a function of `recsys_lessons.evaluation`, or a function that is called as
        ``metric(model, validation, **arguments)``, where the arguments are those among `train_interactions`,
        `user_features`, `item_features` and `num_threads` that were given here. It returns a number or one
        number a user, which are averaged.
    patience : int
        Stop after so many evaluations in a row without improvement.
    min_delta : float
        A smaller gain than this, or the same gain, is no improvement.
    restore_best : bool
        At the end, put the model back to the epoch with the best value.
    every : int
        Evaluate after every so many epochs.
    user_features, item_features : sparse matrix, optional
        What the model is trained with.
    num_threads : int
        For the evaluation.
    greater_is_better : bool, optional
        Whether larger values are better; by default yes, except for `rmse` and `mae`.

    Attributes
    ----------
    history : list of float
        The metric after each evaluated epoch.
    epochs : list of int
        The evaluated epochs, counted from 0.
    best_score : float or None
        The best value so far.
    best_epoch : int or None
        The epoch it belongs to, counted from 0 within the call of ``fit`` or ``fit_partial``. Training
        ``best_epoch + 1`` epochs with the same seed and one thread gives the restored model again.
    stopped : bool
        Whether it ended the training.

    Notes
    -----
    An object follows one call of ``fit`` or ``fit_partial`` at a time: with epoch 0 it starts anew. The
    best epoch is restored when the callback stops the training, and by ``on_fit_end(model)``, which ``fit``
    calls when it has run through all its epochs. The model's learned arrays are kept and put back with its
    methods ``_snapshot()`` and ``_restore(snapshot)``.

    Examples
    --------
    >>> import scipy.sparse as sp
    >>> class Model:
    ...     learned = 0
    ...     def _snapshot(self):
    ...         return self.learned
    ...     def _restore(self, snapshot):
    ...         self.learned = snapshot
    >>> def metric(model, validation):
    ...     return [0.1, 0.3, 0.2, 0.2, 0.4][model.learned]
    >>> model, stop = Model(), EarlyStopping(sp.coo_matrix([[1]]), metric=metric, patience=2)
    >>> for epoch in range(5):
    ...     model.learned = epoch
    ...     if stop(model, epoch):
    ...         break
    >>> stop.history, stop.best_epoch, model.learned
    ([0.1, 0.3, 0.2, 0.2], 1, 1)
    """

    def __init__(
        self,
        validation: Any,
        *,
        train_interactions: Any = None,
        metric: str | Callable[..., Any] = evaluation.precision_at_k,
        patience: int = 3,
        min_delta: float = 0.0,
        restore_best: bool = True,
        every: int = 1,
        user_features: Any = None,
        item_features: Any = None,
        num_threads: int = 1,
        greater_is_better: bool | None = None,
    ):
        if sparse_interactions("validation", validation).nnz == 0:
            raise ValueError(f"validation must hold interactions, got none in shape {validation.shape}.")
        if not callable(metric):
            metric = getattr(evaluation, choice("metric", metric, evaluation.__all__))
        arguments = {
            "train_interactions": train_interactions,
            "user_features": user_features,
            "item_features": item_features,
            "num_threads": None if number_of_threads(num_threads) == 1 else num_threads,
        }
        given = {name: value for name, value in arguments.items() if value is not None}
        measures_error = metric in (evaluation.rmse, evaluation.mae)
        if measures_error and given:
            raise ValueError(f"The metric {metric.__name__} looks at ratings only; leave out {', '.join(given)}.")
        self.validation = validation
        self.metric = metric
        self.patience = positive_int("patience", patience)
        self.min_delta = non_negative_float("min_delta", min_delta)
        self.restore_best = restore_best
        self.every = positive_int("every", every)
        self.greater_is_better = not measures_error if greater_is_better is None else greater_is_better
        self._arguments = given
        self._start()

    def _start(self) -> None:
        self.history: list[float] = []
        self.epochs: list[int] = []
        self.best_score: float | None = None
        self.best_epoch: int | None = None
        self.stopped = False
        self._n_without_gain = 0
        self._best_state: Any = None

    def __call__(self, model: Any, epoch: int) -> bool:
        """Evaluate after `epoch` if it is time to; return whether training should stop.

        Raises
        ------
        ValueError
            If `restore_best` is set and the model has no way to be put back, or if the metric gives NaN.
        """
        if epoch == 0:
            self._start()
        if self.restore_best and not (hasattr(model, "_snapshot") and hasattr(model, "_restore")):
            raise ValueError(f"A {type(model).__name__} cannot be put back to its best epoch; use restore_best=False.")
        if (epoch + 1) % self.every:
            return False
        score = float(np.mean(self.metric(model, self.validation, **self._arguments)))
        if np.isnan(score):
            raise ValueError(f"The metric is NaN after epoch {epoch}; it must be a number for every user.")
        self.history.append(score)
        self.epochs.append(epoch)
        if self._is_improvement(score):
            self.best_score, self.best_epoch = score, epoch
            self._n_without_gain = 0
            if self.restore_best:
                self._best_state = model._snapshot()
        else:
            self._n_without_gain += 1
        self.stopped = self._n_without_gain >= self.patience
        if self.stopped:
            self.on_fit_end(model)
        return self.stopped

    def on_fit_end(self, model: Any) -> None:
        """Put the model back to its best epoch, once; without `restore_best` do nothing."""
        if self._best_state is not None:
            model._restore(self._best_state)
            self._best_state = None

    def _is_improvement(self, score: float) -> bool:
        if self.best_score is None:
            return True
        gain = score - self.best_score if self.greater_is_better else self.best_score - score
        return gain > self.min_delta
