"""Early stopping on models whose scores are known in advance."""

import numpy as np
import pytest
import scipy.sparse as sp

from recsys_lessons import evaluation
from recsys_lessons.callbacks import EarlyStopping

VALIDATION = sp.csr_matrix([[1, 0, 0, 0], [0, 1, 0, 0]])


class Model:
    """A model whose state is its number of epochs, and whose metric is read from a list."""

    def __init__(self, scores):
        self.scores = scores
        self.epochs = 0
        self.n_snapshots = 0

    def _snapshot(self):
        self.n_snapshots += 1
        return self.epochs

    def _restore(self, snapshot):
        self.epochs = snapshot

    def fit(self, epochs, callback):
        for epoch in range(epochs):
            self.epochs += 1
            if callback(self, epoch):
                return self
        callback.on_fit_end(self)
        return self


def score(model, validation):
    assert validation is VALIDATION
    return model.scores[model.epochs - 1]


def test_stops_after_patience_and_restores_the_best():
    model, stop = Model([1, 3, 2, 2.5, 2, 9]), EarlyStopping(VALIDATION, metric=score, patience=3)
    model.fit(6, stop)
    assert stop.history == [1, 3, 2, 2.5, 2]
    assert stop.epochs == [0, 1, 2, 3, 4]
    assert (stop.best_epoch, stop.best_score, stop.stopped) == (1, 3, True)
    # Epochs count from 0, so the restored model was trained for best_epoch + 1 of them.
    assert model.epochs == stop.best_epoch + 1
    assert model.n_snapshots == 2


def test_the_best_is_restored_when_the_epochs_run_out():
    model, stop = Model([1, 3, 2]), EarlyStopping(VALIDATION, metric=score)
    model.fit(3, stop)
    assert (stop.stopped, stop.best_epoch, model.epochs) == (False, 1, 2)
    model.epochs = 77
    stop.on_fit_end(model)
    assert model.epochs == 77


def test_without_restoring():
    model, stop = Model([3, 2, 1]), EarlyStopping(VALIDATION, metric=score, patience=1, restore_best=False)
    model.fit(3, stop)
    assert (stop.stopped, stop.best_epoch, model.epochs, model.n_snapshots) == (True, 0, 2, 0)


def test_a_model_that_cannot_be_restored():
    model = type("Plain", (), {"scores": [1], "epochs": 1})()
    with pytest.raises(ValueError, match="A Plain cannot be put back to its best epoch; use restore_best=False"):
        EarlyStopping(VALIDATION, metric=score)(model, 0)
    assert EarlyStopping(VALIDATION, metric=score, restore_best=False)(model, 0) is False


@pytest.mark.parametrize(
    ("scores", "min_delta", "history", "best_epoch"),
    [
        ([1, 1, 1, 5], 0.0, [1, 1, 1], 0),
        ([1, 1.5, 1.5, 9], 0.5, [1, 1.5, 1.5], 0),
        ([1, 1.6, 2.2], 0.5, [1, 1.6, 2.2], 2),
    ],
)
def test_small_gains_do_not_count(scores, min_delta, history, best_epoch):
    stop = EarlyStopping(VALIDATION, metric=score, patience=2, min_delta=min_delta)
    Model(scores).fit(len(scores), stop)
    assert stop.history == history
    assert stop.best_epoch == best_epoch


def test_evaluation_every_few_epochs():
    stop = EarlyStopping(VALIDATION, metric=score, patience=2, every=3)
    model = Model([9, 9, 2, 9, 9, 1, 9, 9, 0, 9, 9, 9]).fit(12, stop)
    assert stop.epochs == [2, 5, 8]
    assert stop.history == [2, 1, 0]
    assert (stop.best_epoch, model.epochs) == (2, 3)


def test_less_is_better():
    stop = EarlyStopping(VALIDATION, metric=score, patience=1, greater_is_better=False)
    Model([3, 2, 4]).fit(3, stop)
    assert (stop.best_epoch, stop.best_score) == (1, 2)


def test_a_second_training_starts_anew():
    stop = EarlyStopping(VALIDATION, metric=score, patience=1)
    Model([5, 4]).fit(2, stop)
    Model([1, 2]).fit(2, stop)
    assert (stop.history, stop.best_epoch, stop.stopped) == ([1, 2], 1, False)


class Table:
    """A model with a table of scores."""

    def __init__(self, table):
        self.table = np.asarray(table)
        self.arguments = None

    def predict_rank(self, test_interactions, **arguments):
        self.arguments = arguments
        ranks = test_interactions.astype(np.float32)
        for user in range(ranks.shape[0]):
            entries = slice(*ranks.indptr[user : user + 2])
            scores = self.table[user]
            ranks.data[entries] = [(scores >= scores[item]).sum() - 1 for item in ranks.indices[entries]]
        return ranks

    def predict(self, user_ids, item_ids):
        return self.table[user_ids, item_ids]


@pytest.mark.parametrize("name", evaluation.__all__)
@pytest.mark.parametrize("by_name", [True, False])
def test_metrics_of_the_library(name, by_name):
    metric = getattr(evaluation, name)
    stop = EarlyStopping(VALIDATION, metric=name if by_name else metric, restore_best=False)
    model = Table([[3, 2, 1, 0], [3, 2, 1, 0]])
    stop(model, 0)
    assert stop.history == [np.mean(metric(model, VALIDATION))]
    assert stop.greater_is_better == (name not in ("rmse", "mae"))


def test_precision_is_the_default_and_arguments_are_passed_on():
    model, train = Table([[3, 2, 1, 0], [3, 2, 1, 0]]), sp.csr_matrix((2, 4))
    stop = EarlyStopping(
        VALIDATION,
        train_interactions=train,
        user_features="u",
        item_features="i",
        num_threads=2,
        restore_best=False,
    )
    stop(model, 0)
    assert stop.history == [0.1]
    assert model.arguments["user_features"] == "u"
    assert model.arguments["item_features"] == "i"
    assert model.arguments["num_threads"] == 2
    assert model.arguments["train_interactions"].shape == train.shape


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"validation": sp.csr_matrix((2, 4))},
            r"validation must hold interactions, got none in shape \(2, 4\)",
        ),
        ({"validation": np.eye(2)}, "validation must be a scipy.sparse matrix"),
        ({"metric": "precison_at_k"}, r"metric must be one of .*Did you mean 'precision_at_k'\?"),
        ({"metric": None}, "metric must be one of"),
        (
            {"metric": "rmse", "train_interactions": VALIDATION},
            "metric rmse looks at ratings only; leave out train_inter",
        ),
        ({"patience": 0}, "patience must be a positive integer"),
        ({"every": 0}, "every must be a positive integer"),
        ({"min_delta": -1}, "min_delta must be a finite number of at least 0"),
        ({"num_threads": 0}, "Number of threads must be 1 or larger"),
    ],
)
def test_wrong_arguments(options, message):
    with pytest.raises(ValueError, match=message):
        EarlyStopping(**({"validation": VALIDATION} | options))


def test_a_metric_that_is_not_a_number():
    with pytest.raises(ValueError, match="The metric is NaN after epoch 0"):
        Model([np.nan]).fit(1, EarlyStopping(VALIDATION, metric=score))
