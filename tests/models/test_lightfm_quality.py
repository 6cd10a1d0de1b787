"""How well a LightFM learns the bundled movies: what LightFM's own tests expect of it on MovieLens."""

import numpy as np
import pytest
import scipy.sparse as sp

from recsys_lessons import LightFM
from recsys_lessons.cross_validation import random_train_test_split
from recsys_lessons.datasets import load_movies
from recsys_lessons.evaluation import auc_score, precision_at_k


@pytest.fixture(scope="module")
def movies():
    """Ratings of 4 and above, split: (train, test), genres, and identity beside genres."""
    record = load_movies()
    ratings = record.matrix().tocoo()
    liked = ratings.data >= 4
    likes = sp.coo_matrix((np.ones(liked.sum()), (ratings.row[liked], ratings.col[liked])), shape=ratings.shape)
    genres = record.item_features
    return {
        "split": random_train_test_split(likes, 0.2, random_state=1),
        "ratings": ratings,
        "genres": genres,
        "hybrid": sp.hstack([sp.identity(likes.shape[1]), genres], format="csr"),
    }


def quality(model, train, test, **features):
    """AUC in training, AUC in testing, precision@10 in testing; known films are left out of the test rankings."""
    return (
        auc_score(model, train, **features).mean(),
        auc_score(model, test, train, **features).mean(),
        precision_at_k(model, test, train, k=10, **features).mean(),
    )


@pytest.mark.parametrize(
    ("arguments", "least"),
    [
        ({"loss": "logistic"}, (0.90, 0.88, 0.07)),
        ({"loss": "bpr"}, (0.86, 0.80, 0.09)),
        ({"loss": "warp"}, (0.94, 0.91, 0.10)),
        ({"loss": "warp-kos"}, (0.89, 0.86, 0.09)),
        ({"loss": "warp", "learning_schedule": "adadelta"}, (0.94, 0.90, 0.10)),
    ],
    ids=lambda value: "-".join(value.values()) if isinstance(value, dict) else "",
)
@pytest.mark.parametrize("threads", [1, 2])
def test_each_loss_learns(movies, arguments, least, threads):
    train, test = movies["split"]
    model = LightFM(random_state=10, **arguments).fit(train, epochs=10, num_threads=threads)
    found = quality(model, train, test)
    assert (np.array(found) > least).all(), found


def test_the_logistic_loss_tells_likes_from_dislikes(movies):
    labels = movies["ratings"].copy()
    labels.data = np.where(labels.data >= 4, 1.0, -1.0)
    train, test = random_train_test_split(labels, 0.2, random_state=1)
    model = LightFM(random_state=10).fit(train, epochs=10)
    for part, least in ((train, 0.80), (test, 0.72)):
        scores = model.predict(part.row, part.col)
        order = np.argsort(scores, kind="stable")
        positive = part.data[order] > 0
        ranks = np.flatnonzero(positive)
        n_positive, n_negative = positive.sum(), (~positive).sum()
        auc = (ranks.sum() - n_positive * (n_positive - 1) / 2) / (n_positive * n_negative)
        assert auc > least


def test_genres_alone_say_something(movies):
    train, test = movies["split"]
    model = LightFM(loss="warp", random_state=10).fit(train, item_features=movies["genres"], epochs=10)
    _, found, _ = quality(model, train, test, item_features=movies["genres"])
    assert 0.65 < found < 0.85


def test_genres_beside_identity(movies):
    train, test = movies["split"]
    model = LightFM(loss="warp", random_state=10).fit(train, item_features=movies["hybrid"], epochs=10)
    found = quality(model, train, test, item_features=movies["hybrid"])
    assert (np.array(found) > (0.93, 0.90, 0.08)).all(), found


def test_genres_describe_films_that_nobody_has_seen(movies):
    train, _ = movies["split"]
    popular = np.bincount(movies["ratings"].col, minlength=train.shape[1])
    cold = np.zeros(train.shape[1], bool)
    cold[np.random.default_rng(0).choice(np.flatnonzero(popular >= 5), 400, replace=False)] = True
    kept = ~cold[train.col]
    known = sp.coo_matrix((train.data[kept], (train.row[kept], train.col[kept])), shape=train.shape)
    unseen = sp.coo_matrix((train.data[~kept], (train.row[~kept], train.col[~kept])), shape=train.shape)
    hybrid = LightFM(loss="warp", random_state=10).fit(known, item_features=movies["hybrid"], epochs=10)
    # Among the cold films alone: against known ones, those that nobody has an entry for stand far behind.
    columns = np.flatnonzero(cold)
    test = unseen.tocsr()[:, columns]
    plain = LightFM(loss="warp", random_state=10).fit(known, epochs=10)
    described = {"item_features": movies["hybrid"][columns]}
    told = auc_score(hybrid, test, **described).mean()
    plain.item_embeddings, plain.item_biases = plain.item_embeddings[columns], plain.item_biases[columns]
    for field in ("embedding_gradients", "bias_gradients", "embedding_momentum", "bias_momentum"):
        setattr(plain, f"item_{field}", getattr(plain, f"item_{field}")[columns])
    guessed = auc_score(plain, test, item_features=sp.identity(len(columns))).mean()
    assert told > 0.55
    assert abs(guessed - 0.5) < 0.04


def test_a_penalty_keeps_from_learning_by_heart(movies):
    train, test = movies["split"]
    free = LightFM(50, loss="bpr", random_state=10).fit(train, epochs=20)
    held = LightFM(50, loss="bpr", item_alpha=1e-3, user_alpha=1e-3, random_state=10).fit(train, epochs=20)
    free_train, free_test, _ = quality(free, train, test)
    held_train, held_test, _ = quality(held, train, test)
    assert free_train > 0.95
    assert held_train < free_train
    assert held_train - held_test < free_train - free_test


@pytest.mark.parametrize("learning_rate", [0.05, 0.1, 0.5])
def test_warp_is_stable(movies, learning_rate):
    train, _ = movies["split"]
    model = LightFM(loss="warp", learning_rate=learning_rate, random_state=10).fit(train, epochs=10)
    assert np.isfinite(model.item_embeddings).all()


@pytest.mark.parametrize("loss", ["logistic", "bpr", "warp", "warp-kos"])
def test_all_weights_halved(movies, loss):
    train, test = movies["split"]
    halves = sp.coo_matrix((np.full(train.nnz, 0.5), (train.row, train.col)), shape=train.shape)
    model = LightFM(loss=loss, random_state=10).fit(train, sample_weight=halves, epochs=10)
    assert quality(model, train, test)[0] > 0.72
