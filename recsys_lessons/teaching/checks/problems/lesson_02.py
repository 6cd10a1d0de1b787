"""Problems of lesson 02, matrix factorization."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from scipy.sparse.linalg import svds

from recsys_lessons import BiasOnly, FunkSVD
from recsys_lessons.teaching.checks.problem import Case, Problem, Unfit, Wrong
from recsys_lessons.teaching.checks.properties import numbers
from recsys_lessons.teaching.checks.small_data import dense_stars

# --- stars for pairs -------------------------------------------------------------------------------------------------


def stars_for_pairs(mean, user_biases, film_biases, user_vectors, film_vectors, users, films):
    """Predict the stars of many pairs of a user and a film.

    Parameters
    ----------
    mean : float
        The global mean.
    user_biases, film_biases : float arrays of shape (n_users,), (n_films,)
    user_vectors, film_vectors : float arrays of shape (n_users, n_components), (n_films, n_components)
    users, films : int arrays of shape (n_pairs,)
        Pair number k is user users[k] with film films[k]; there may be no pair at all. A user of -1 came after
        training: such a user has no bias and no vector.

    Returns
    -------
    float array of shape (n_pairs,)
        Mean + user's bias + film's bias + inner product of the vectors, not cut off at any scale. For a user of -1 only
        the mean and the film's bias.
    """
    taste = np.sum(user_vectors[users] * film_vectors[films], axis=1)
    return mean + film_biases[films] + np.where(users >= 0, user_biases[users] + taste, 0)


def _pair_cases():
    lesson = (
        3.0,
        np.array([0.5, 0.0, -0.5]),
        np.array([-0.25, -0.25, -0.25, 0.75]),
        np.array([[1.0], [-1.0], [1.0]]),
        np.array([[1.75], [0.75], [-1.25], [-1.25]]),
    )
    asked = np.array([0, 0, 1]), np.array([3, 0, 3])
    yield Case((*lesson, *asked), [3.0, 5.0, 5.0], "the numbers of the lesson: Ann and Orchard, Ann and Galaxy, Bob")
    yield Case((*lesson, np.array([-1, 1, -1]), np.array([3, 0, 0])), [3.75, 1.0, 2.75], "two users came later")
    two = (
        3.5,
        np.array([0.25, -1.0]),
        np.array([0.5, 1.0, -0.5]),
        np.array([[1.0, 2.0], [0.5, -1.0]]),
        np.array([[1.0, -1.0], [2.0, 1.0], [0.0, 0.5]]),
    )
    yield Case(
        (*two, np.array([1, 0]), np.array([1, 0])),
        [3.5, 3.25],
        "two components: 3.5 - 1 + 1 + 1 - 1 and 3.5 + 0.75 - 1",
    )
    yield Case((*two, np.array([0]), np.array([1])), [8.75], "no cut at 5 stars")
    nobody = np.array([], dtype=np.int64)
    yield Case((*two, nobody, nobody), np.array([]), "no pair")
    rng = np.random.default_rng(1)
    for _ in range(12):
        n_users, n_films, n_components, n_pairs = rng.integers(2, 7, 4)
        tables = rng.normal(size=n_users), rng.normal(size=n_films)
        vectors = rng.normal(size=(n_users, n_components)), rng.normal(size=(n_films, n_components))
        pairs = rng.integers(-1, n_users, n_pairs), rng.integers(0, n_films, n_pairs)
        yield Case((float(rng.normal(3.5)), *tables, *vectors, *pairs))


def _pairs_as(taste_of=None, new="film", with_mean=True, biased=True):
    """An answer with another inner product, another prediction for new users, or a part missing."""

    def stars(mean, user_biases, film_biases, user_vectors, film_vectors, users, films):
        products = user_vectors[users] * film_vectors[films]
        taste = products.sum(axis=1) if taste_of is None else taste_of(products)
        user_part = biased * user_biases[users] + taste
        film_part = biased * film_biases[films]
        if new == "film":
            user_part = np.where(users >= 0, user_part, 0)
        if new == "mean":
            user_part, film_part = (np.where(users >= 0, part, 0) for part in (user_part, film_part))
        if new == "average":
            user_part = np.where(users >= 0, user_part, user_biases.mean())
        return with_mean * mean + film_part + user_part

    return stars


def _whole_table(mean, user_biases, film_biases, user_vectors, film_vectors, users, films):
    taste = user_vectors[users] @ film_vectors[films].T
    return mean + film_biases[films] + np.where(users >= 0, user_biases[users] + taste.T, 0).T


def _no_bias_of_films(mean, user_biases, film_biases, user_vectors, film_vectors, users, films):
    full = _pairs_as()(mean, user_biases, film_biases, user_vectors, film_vectors, users, films)
    return full - film_biases[films]


def _pair_by_pair(mean, user_biases, film_biases, user_vectors, film_vectors, users, films):
    told = []
    for user, film in zip(users, films, strict=True):
        stars = mean + film_biases[film]
        if user != -1:
            stars += user_biases[user] + user_vectors[user] @ film_vectors[film]
        told.append(stars)
    return told


STARS_FOR_PAIRS = Problem(
    answer=stars_for_pairs,
    title="One number for each pair",
    objective="predict the stars of many pairs at once, newcomers among them",
    minutes=6,
    difficulty=1,
    make_cases=_pair_cases,
    wrong=(
        Wrong(
            _whole_table,
            "It fills a table, every user with every film. A matrix product pairs all; each user has one film here.",
        ),
        Wrong(
            _pairs_as(new="none"),
            "A newcomer got the numbers of the last user: to NumPy, row -1 is the last row.",
        ),
        Wrong(_pairs_as(new="mean"), "For a newcomer the film's bias is gone. The film is known, whoever watches it."),
        Wrong(_pairs_as(new="average"), "A newcomer got the average bias of the users. No bias was asked for."),
        Wrong(
            _pairs_as(taste_of=np.sum), "All pairs share one product: the sum runs over pairs as well as components."
        ),
        Wrong(
            _pairs_as(taste_of=lambda products: products.sum(axis=1) / max(products.shape[1], 1)),
            "The products of the components are averaged. An inner product adds them up.",
        ),
        Wrong(_pairs_as(with_mean=False), "The global mean is missing: the biases only say how far above or below it."),
        Wrong(_pairs_as(biased=False), "The biases are missing."),
        Wrong(_no_bias_of_films, "The film's bias is missing."),
    ),
    variants=(_pair_by_pair,),
    hints=(
        "Take the row of each pair's user and the row of its film, multiply place by place, and add up each row.",
        "mean + film_biases[films], and for users >= 0 also user_biases[users] + the sum over components of p · q.",
        "taste = np.sum(user_vectors[users] * film_vectors[films], axis=1); np.where(users >= 0, ... + taste, 0)",
    ),
)

# --- one step of Funk SVD, weighted ----------------------------------------------------------------------------------


def weighted_step(stars, weight, mean, user_bias, film_bias, user_vector, film_vector, learning_rate, penalty):
    """One update of Funk SVD by one rating that has a weight.

    The loss is weight / 2 · e^2 + penalty / 2 · (the squares of both biases and of all components of both vectors),
    where e is the stars less the predicted stars. Every number goes one step of size `learning_rate` against its slope,
    all from the values before the step. The mean stays.

    Parameters
    ----------
    stars, weight, mean, user_bias, film_bias : float
        The weight is 0 or more.
    user_vector, film_vector : float arrays of shape (n_components,)
    learning_rate, penalty : float

    Returns
    -------
    (user_bias, film_bias, user_vector, film_vector)
        Two numbers and two arrays of shape (n_components,), new: the arguments stay as they are.
    """
    error = stars - (mean + user_bias + film_bias + user_vector @ film_vector)
    pull = learning_rate * weight * error
    shrink = 1 - learning_rate * penalty
    return (
        shrink * user_bias + pull,
        shrink * film_bias + pull,
        shrink * user_vector + pull * film_vector,
        shrink * film_vector + pull * user_vector,
    )


def _stepped(stars, weight, mean, user_bias, film_bias, user_vector, film_vector, learning_rate, penalty, step=1e-5):
    """The same by finite differences of the loss: one number raised and lowered at a time."""
    n = len(user_vector)
    start = np.concatenate([[user_bias, film_bias], user_vector, film_vector]).astype(float)

    def loss(values):
        error = stars - (mean + values[0] + values[1] + values[2 : 2 + n] @ values[2 + n :])
        return weight / 2 * error**2 + penalty / 2 * values @ values

    moved = step * np.eye(len(start))
    end = start - learning_rate * np.array([(loss(start + by) - loss(start - by)) / (2 * step) for by in moved])
    return float(end[0]), float(end[1]), end[2 : 2 + n], end[2 + n :]


def _step_cases():
    p, q = np.array([1.0, 0.5]), np.array([1.5, -1.0])
    yield Case(
        (5.0, 1.0, 3.0, 0.5, -0.5, p, q, 0.1, 0.2),
        (0.59, -0.39, [1.13, 0.39], [1.57, -0.93]),
        "the step of the lesson: weight 1",
    )
    yield Case(
        (5.0, 3.0, 3.0, 0.5, -0.5, p, q, 0.1, 0.2),
        (0.79, -0.19, [1.43, 0.19], [1.77, -0.83]),
        "the same rating with weight 3",
    )
    yield Case(
        (1.0, 0.0, 3.0, 1.0, -2.0, p, q, 0.5, 0.2),
        (0.9, -1.8, [0.9, 0.45], [1.35, -0.9]),
        "weight 0: only the penalty is left",
    )
    yield Case(
        (2.0, 0.5, 3.0, 0.0, 0.0, np.array([2.0, 0.0]), np.array([1.0, 1.0]), 0.1, 0.0),
        (-0.15, -0.15, [1.85, -0.15], [0.7, 1.0]),
        "rated 3 stars lower than predicted, half weight, no penalty",
    )
    rng = np.random.default_rng(2)
    for n_components in (1, 1, 2, 2, 3, 3, 5, 5):
        told = float(rng.integers(1, 11) / 2), float(rng.choice([0.25, 0.5, 2.0, 4.0])), float(rng.normal(3.5, 0.2))
        biases, vectors = rng.normal(0, 0.5, 2), rng.normal(0, 1, (2, n_components))
        step = float(rng.choice([0.02, 0.05, 0.1])), float(rng.choice([0.05, 0.2, 0.5]))
        asked = (*told, float(biases[0]), float(biases[1]), vectors[0], vectors[1], *step)
        yield Case(asked, _stepped(*asked), "expected: finite differences of the loss")


def _step_as(error_of=None, pull_of=None, shrink_of=None, biases=True, others=True, new=False):
    """An answer with another error, pull or shrinkage, biases left as they are, or vectors in another order."""

    def step(stars, weight, mean, user_bias, film_bias, p, q, rate, penalty):
        error = (stars if error_of is None else error_of(stars, weight)) - (mean + user_bias + film_bias + p @ q)
        pull = rate * weight * error if pull_of is None else pull_of(rate, weight, error)
        shrink = 1 - rate * penalty if shrink_of is None else shrink_of(rate, weight, penalty)
        of_bias = shrink if biases else 1.0
        user = shrink * p + pull * (q if others else p)
        film = shrink * q + pull * ((user if new else p) if others else q)
        return of_bias * user_bias + pull, of_bias * film_bias + pull, user, film

    return step


def _error_anew(stars, weight, mean, user_bias, film_bias, p, q, rate, penalty):
    """The vectors see the biases that have stepped already."""
    shrink = 1 - rate * penalty
    pull = rate * weight * (stars - (mean + user_bias + film_bias + p @ q))
    user_bias, film_bias = shrink * user_bias + pull, shrink * film_bias + pull
    pull = rate * weight * (stars - (mean + user_bias + film_bias + p @ q))
    return user_bias, film_bias, shrink * p + pull * q, shrink * q + pull * p


def _shrunk_after(stars, weight, mean, user_bias, film_bias, p, q, rate, penalty):
    pull = rate * weight * (stars - (mean + user_bias + film_bias + p @ q))
    shrink = 1 - rate * penalty
    return shrink * (user_bias + pull), shrink * (film_bias + pull), shrink * (p + pull * q), shrink * (q + pull * p)


def _by_slopes(stars, weight, mean, user_bias, film_bias, user_vector, film_vector, learning_rate, penalty):
    p, q = user_vector.tolist(), film_vector.tolist()
    missed = mean + user_bias + film_bias + sum(one * other for one, other in zip(p, q, strict=True)) - stars
    slopes = [weight * missed * other + penalty * one for one, other in zip(p + q, q + p, strict=True)]
    moved = [one - learning_rate * slope for one, slope in zip(p + q, slopes, strict=True)]
    user_bias, film_bias = (
        bias - learning_rate * (weight * missed + penalty * bias) for bias in (user_bias, film_bias)
    )
    return user_bias, film_bias, moved[: len(p)], np.array(moved[len(p) :])


WEIGHTED_STEP = Problem(
    answer=weighted_step,
    title="A step for a rating that counts more",
    objective="derive the update of Funk SVD from a loss with a weight",
    minutes=12,
    difficulty=2,
    make_cases=_step_cases,
    wrong=(
        Wrong(_step_as(new=True), "The film's step uses the user's new vector. Both start from the old ones."),
        Wrong(
            _error_anew, "The error was computed anew after the biases had moved. All steps start from the old values."
        ),
        Wrong(
            _step_as(pull_of=lambda rate, weight, error: -rate * weight * error),
            "The step goes up the slope: a rating above the prediction now lowers it.",
        ),
        Wrong(_step_as(others=False), "Each vector is pulled along itself. The slope in one vector is the other."),
        Wrong(
            _step_as(shrink_of=lambda rate, weight, penalty: 1 - rate * weight * penalty),
            "The penalty is weighted as well. In this loss the weight stands at the squared error alone.",
        ),
        Wrong(_step_as(pull_of=lambda rate, weight, error: rate * error), "The weight is missing."),
        Wrong(
            _step_as(pull_of=lambda rate, weight, error: 2 * rate * weight * error),
            "The pull is twice too strong: the half in front of the square cancels the 2 of its slope.",
        ),
        Wrong(
            _step_as(error_of=lambda stars, weight: weight * stars, pull_of=lambda rate, weight, error: rate * error),
            "The weight multiplies the stars. It says how hard to push, not what to aim at.",
        ),
        Wrong(_step_as(biases=False), "The biases are not shrunk. Their squares are in the penalty, too."),
        Wrong(_step_as(shrink_of=lambda rate, weight, penalty: 1.0), "The penalty is missing."),
        Wrong(
            _step_as(shrink_of=lambda rate, weight, penalty: 1 - penalty),
            "The shrinking is not multiplied by the learning rate. The penalty is a part of the slope.",
        ),
        Wrong(
            _shrunk_after, "The pull is shrunk along with the old value. Only the old value is in the penalty's slope."
        ),
    ),
    variants=(_by_slopes,),
    hints=(
        "Write the slope in each of the four first. The weight comes into one of the loss's two parts.",
        "Slope in p: -weight · e · q + penalty · p; in a bias: -weight · e + penalty · bias. New: old - rate · slope.",
        "pull = learning_rate * weight * error; shrink = 1 - learning_rate * penalty; shrink * user_vector + ...",
    ),
    tolerance=1e-5,
)

# --- damped biases ---------------------------------------------------------------------------------------------------


def damped_biases(ratings, film_damping, user_damping):
    """Global mean, biases of films, and biases of users by what the films' leave.

    A film's bias is a damped mean of how far its ratings lie above the global mean: their sum divided by their number
    plus `film_damping`. A user's bias is the damped mean of what then remains of the user's ratings, with
    `user_damping`.

    Parameters
    ----------
    ratings : float COO matrix of shape (n_users, n_films)
        One stored entry for each rating, at least one in all. A stored 0 is a rating.
    film_damping, user_damping : float
        0 or more.

    Returns
    -------
    (mean, film_biases, user_biases)
        A number and arrays of shape (n_films,), (n_users,). Without ratings the bias is 0.
    """
    users, films = ratings.row, ratings.col
    n_users, n_films = ratings.shape
    mean = ratings.data.mean()
    left = ratings.data - mean
    counts = np.bincount(films, minlength=n_films)
    film_biases = np.bincount(films, left, n_films) / np.maximum(counts + film_damping, 1)
    left = left - film_biases[films]
    counts = np.bincount(users, minlength=n_users)
    user_biases = np.bincount(users, left, n_users) / np.maximum(counts + user_damping, 1)
    return mean, film_biases, user_biases


def _by_the_library(ratings, film_damping, user_damping):
    model = BiasOnly(film_damping, user_damping, epochs=1).fit(ratings)
    return model.global_mean, model.item_biases, model.user_biases


def _rated(*entries, shape):
    rows, columns, stars = zip(*entries, strict=True)
    return sp.coo_matrix((np.array(stars, dtype=float), (rows, columns)), shape=shape)


def _bias_cases():
    small = _rated((0, 0, 5), (0, 1, 3), (1, 0, 4), shape=(3, 3))
    yield Case(
        (small, 2.0, 1.0),
        (4.0, [1 / 4, -1 / 3, 0], [1 / 36, -1 / 8, 0]),
        "user 2 and film 2 have no rating; user 0 has (1 - 1/4) + (-1 + 1/3) left, from two ratings",
    )
    yield Case(
        (small, 0.0, 0.0),
        (4.0, [1 / 2, -1, 0], [1 / 4, -1 / 2, 0]),
        "no damping: plain means, and still 0 where there is no rating",
    )
    yield Case(
        (_rated((1, 0, 0), (0, 0, 6), (1, 1, 9), shape=(2, 2)), 1.0, 3.0),
        (5.0, [-4 / 3, 2], [(1 + 4 / 3) / 4, (-5 + 4 / 3 + 2) / 5]),
        "a scale from 0: user 1 gave film 0 the worst, and that is a rating; nothing is stored for user 0 and film 1",
    )
    rng = np.random.default_rng(3)
    for _ in range(16):
        shape = tuple(rng.integers(2, 7, 2))
        places = np.flatnonzero(rng.random(shape) < 0.6)
        places = rng.permutation(places if len(places) else [0])
        stars = rng.integers(1, 11, len(places)) / 2
        ratings = sp.coo_matrix((stars, np.unravel_index(places, shape)), shape=shape)
        asked = ratings, float(rng.choice([0.5, 1, 3, 10])), float(rng.choice([0.25, 2, 5, 15]))
        yield Case(asked, _by_the_library(*asked), "expected: the library's BiasOnly with one epoch")


def _sums(rows, values, length):
    return np.bincount(rows, values, length), np.bincount(rows, minlength=length)


def _biases_as(films_left=True, users_first=False, exchanged=False, damped=True, everybody=False, towards_zero=False):
    """An answer with another order, other dampings or another count below."""

    def biases(ratings, film_damping, user_damping):
        shape = {"film": ratings.shape[1], "user": ratings.shape[0]}
        rows = {"film": ratings.col, "user": ratings.row}
        damping = {"film": film_damping, "user": user_damping}
        if exchanged:
            damping = {"film": user_damping, "user": film_damping}
        mean = ratings.data.mean()
        left, made = ratings.data - mean, {}
        for side in ("user", "film") if users_first else ("film", "user"):
            sums, counts = _sums(rows[side], left, shape[side])
            if everybody:
                counts = np.full(shape[side], ratings.shape[0] if side == "film" else ratings.shape[1])
            made[side] = sums / np.maximum(counts + damped * damping[side], 1)
            if towards_zero and side == "film":
                whole, _ = _sums(rows[side], ratings.data, shape[side])
                made[side] = np.where(counts > 0, whole / np.maximum(counts + damping[side], 1) - mean, 0)
            if films_left:
                left = left - made[side][rows[side]]
        return mean, made["film"], made["user"]

    return biases


def _mean_of_means(ratings, film_damping, user_damping):
    sums, counts = _sums(ratings.col, ratings.data, ratings.shape[1])
    mean = (sums[counts > 0] / counts[counts > 0]).mean()
    left = ratings.data - mean
    film_biases = np.bincount(ratings.col, left, ratings.shape[1]) / np.maximum(counts + film_damping, 1)
    sums, counts = _sums(ratings.row, left - film_biases[ratings.col], ratings.shape[0])
    return mean, film_biases, sums / np.maximum(counts + user_damping, 1)


def _zero_unrated(ratings, film_damping, user_damping):
    rated = ratings.data != 0
    places = ratings.row[rated], ratings.col[rated]
    return damped_biases(sp.coo_matrix((ratings.data[rated], places), ratings.shape), film_damping, user_damping)


def _biases_in_dicts(ratings, film_damping, user_damping):
    entries = list(zip(ratings.row.tolist(), ratings.col.tolist(), ratings.data.tolist(), strict=True))
    mean = sum(stars for _, _, stars in entries) / len(entries)
    film_biases = [0.0] * ratings.shape[1]
    for film in {film for _, film, _ in entries}:
        above = [stars - mean for _, other, stars in entries if other == film]
        film_biases[film] = sum(above) / (len(above) + film_damping)
    user_biases = [0.0] * ratings.shape[0]
    for user in {user for user, _, _ in entries}:
        left = [stars - mean - film_biases[film] for other, film, stars in entries if other == user]
        user_biases[user] = sum(left) / (len(left) + user_damping)
    return [mean, film_biases, np.float32(user_biases)]


DAMPED_BIASES = Problem(
    answer=damped_biases,
    title="Biases that believe few ratings less",
    objective="compute damped biases, one side after the other",
    minutes=12,
    difficulty=2,
    make_cases=_bias_cases,
    wrong=(
        Wrong(
            _biases_as(films_left=False),
            "The films' biases are still in what the users' are computed from: who rates good films looks generous.",
        ),
        Wrong(_biases_as(users_first=True), "The users come first here. What is left for the other side then differs."),
        Wrong(_biases_as(damped=False), "The damping is missing: one rating of five stars counts fully."),
        Wrong(_biases_as(exchanged=True), "The two dampings are exchanged."),
        Wrong(
            _biases_as(everybody=True),
            "Silence is counted: the sums are divided by all who could have rated. Divide by those who did.",
        ),
        Wrong(
            _biases_as(towards_zero=True),
            "The film's stars are damped, so that few ratings pull it to 0 stars. Damp what lies above the mean.",
        ),
        Wrong(_mean_of_means, "The global mean is an average of films' means. It is the mean of all ratings."),
        Wrong(_zero_unrated, "A stored 0 was left out. It is a rating, the worst."),
    ),
    variants=(_biases_in_dicts,),
    hints=(
        "Work on one array with a number for each rating: what is still to be explained.",
        "b_i = sum(r - mean) / (n_i + film_damping); then b_u = sum(r - mean - b_i) / (n_u + user_damping).",
        "np.bincount(films, left, n_films) / (counts + damping), without 0 / 0; left = left - film_biases[films]; ...",
    ),
    tolerance=1e-5,
)

# --- folding in at one stroke ----------------------------------------------------------------------------------------


def fold_in_at_once(films, stars, mean, film_biases, film_vectors, penalty):
    """Bias and vector of a new user, by one linear system instead of many updates.

    Mean, biases and vectors of the films stand still. The loss is the sum, over the user's ratings, of the loss of the
    lesson: 1/2 · e^2 + penalty/2 · (the square of the user's bias and of all components of the user's vector). Each
    rating brings the penalty along once more. Find the bias and the vector that make the sum as small as it can be.

    Parameters
    ----------
    films : int array of shape (n_ratings,)
        What the user has rated; there may be no rating at all.
    stars : float array of shape (n_ratings,)
    mean : float
    film_biases, film_vectors : float arrays of shape (n_films,), (n_films, n_components)
    penalty : float
        Greater than 0.

    Returns
    -------
    (user_bias, user_vector)
        A number and an array of shape (n_components,). Without ratings both are 0.
    """
    rows = np.column_stack([np.ones(len(films)), film_vectors[films]])
    left = stars - mean - film_biases[films]
    ridge = penalty * max(len(films), 1) * np.eye(rows.shape[1])
    weights = np.linalg.solve(rows.T @ rows + ridge, rows.T @ left)
    return weights[0], weights[1:]


def _by_more_rows(films, stars, mean, film_biases, film_vectors, penalty):
    """Least squares, the penalty written as further rows with nothing to explain."""
    known = np.insert(film_vectors, 0, 1, axis=1)[films]
    size = known.shape[1]
    more = np.sqrt(penalty * len(films)) * np.eye(size)
    explained = np.concatenate([stars - mean - film_biases[films], np.zeros(size)])
    weights = np.linalg.lstsq(np.concatenate([known, more]), explained, rcond=None)[0]
    return float(weights[0]), weights[1:]


def _fold_cases():
    biases, vectors = np.array([0.5, -0.5, 0.0]), np.array([[1.0], [2.0], [-1.0]])
    one = np.array([0]), np.array([5.0]), 3.0
    yield Case(
        (*one, biases, vectors, 1.0), (0.5, [0.5]), "one rating, 1.5 left to explain: (1 + 1)b + p = b + (1 + 1)p"
    )
    opposite = np.array([0, 2]), np.array([4.5, 1.0]), 3.0
    yield Case(
        (*opposite, biases, vectors, 0.5),
        (-1 / 3, [1.0]),
        "two films that point away from each other, with 1 and -2 left: 2b + b = -1 and 2p + p = 3",
    )
    none = np.array([], dtype=np.int64), np.array([]), 3.0
    yield Case((*none, biases, np.array([[1.0, 2], [0, 1], [3, 1]]), 0.1), (0.0, [0.0, 0.0]), "no rating")
    rng = np.random.default_rng(4)
    for _ in range(16):
        n_films, n_components = int(rng.integers(3, 9)), int(rng.integers(1, 5))
        films = rng.permutation(n_films)[: int(rng.integers(1, n_films + 1))]
        stars = rng.integers(1, 11, len(films)) / 2
        asked = films, stars, float(rng.normal(3.5, 0.3)), rng.normal(0, 0.5, n_films)
        asked += rng.normal(0, 1, (n_films, n_components)), float(rng.choice([0.05, 0.1, 0.3, 2.0]))
        yield Case(asked, _by_more_rows(*asked), "expected: least squares in which the penalty is written as more rows")


def _fold_as(left_of=None, ridge_of=None, biased=True):
    """An answer with something else left to explain, another penalty, or no bias."""

    def fold(films, stars, mean, film_biases, film_vectors, penalty):
        rows = np.column_stack([np.ones(len(films)) * biased, film_vectors[films]])
        left = stars - mean - film_biases[films] if left_of is None else left_of(stars, mean, film_biases[films])
        size = np.eye(rows.shape[1])
        ridge = penalty * len(films) * size if ridge_of is None else ridge_of(penalty, len(films), size)
        weights = np.linalg.pinv(rows.T @ rows + ridge) @ rows.T @ left
        return weights[0], weights[1:]

    return fold


def _free_bias(penalty, n_ratings, size):
    ridge = penalty * n_ratings * size
    ridge[0, 0] = 0
    return ridge


def _bias_first(films, stars, mean, film_biases, film_vectors, penalty):
    n_ratings = max(len(films), 1)
    left = stars - mean - film_biases[films]
    bias = left.sum() / (n_ratings + penalty * n_ratings)
    rows = film_vectors[films]
    ridge = penalty * n_ratings * np.eye(rows.shape[1])
    return bias, np.linalg.solve(rows.T @ rows + ridge, rows.T @ (left - bias))


def _all_films(films, stars, mean, film_biases, film_vectors, penalty):
    rows = np.column_stack([np.ones(len(film_vectors)), film_vectors])
    left = np.zeros(len(film_vectors))
    left[films] = stars - mean - film_biases[films]
    ridge = penalty * max(len(films), 1) * np.eye(rows.shape[1])
    weights = np.linalg.solve(rows.T @ rows + ridge, rows.T @ left)
    return weights[0], weights[1:]


def _turn_by_turn(films, stars, mean, film_biases, film_vectors, penalty):
    """One number at a time, each to its best while the others stand still, until nothing moves."""
    rows = [[1.0, *film_vectors[film].tolist()] for film in films]
    left = [star - mean - film_biases[film] for film, star in zip(films, stars, strict=True)]
    weights = [0.0] * (1 + film_vectors.shape[1])
    for _ in range(2_000 if rows else 0):
        before = list(weights)
        for place in range(len(weights)):
            above, below = 0.0, 0.0
            for row, target in zip(rows, left, strict=True):
                others = sum(w * x for w, x in zip(weights, row, strict=True)) - weights[place] * row[place]
                above += row[place] * (target - others)
                below += row[place] ** 2 + penalty
            weights[place] = above / below
        if max(abs(one - other) for one, other in zip(before, weights, strict=True)) < 1e-12:
            break
    return weights[0], weights[1:]


FOLD_IN_AT_ONCE = Problem(
    answer=fold_in_at_once,
    title="Folded in at one stroke",
    objective="fold in a new user by ridge regression on fixed films",
    minutes=15,
    difficulty=3,
    make_cases=_fold_cases,
    wrong=(
        Wrong(
            _fold_as(left_of=lambda stars, mean, biases: stars - mean),
            "The films' biases are not taken off, so a user who rates good films is told to be generous.",
        ),
        Wrong(_fold_as(left_of=lambda stars, mean, biases: stars - biases), "The mean is not taken off."),
        Wrong(
            _fold_as(ridge_of=lambda penalty, n_ratings, size: penalty * size),
            "The penalty is paid once. In this loss every rating brings it along.",
        ),
        Wrong(
            _fold_as(ridge_of=lambda penalty, n_ratings, size: penalty / 2 * n_ratings * size),
            "The penalty counts half. Both parts of the loss have a half in front, which cancels.",
        ),
        Wrong(_fold_as(ridge_of=_free_bias), "The user's bias pays no penalty here. Its square is in the loss."),
        Wrong(
            _fold_as(ridge_of=lambda penalty, n_ratings, size: 0 * size),
            "There is no penalty: with few ratings many vectors explain them all.",
        ),
        Wrong(_fold_as(biased=False), "The user has no bias here: a column of ones is missing."),
        Wrong(
            _bias_first,
            "The bias is found first, the vector from what it leaves. Both share the ratings: solve for them together.",
        ),
        Wrong(_all_films, "Films that the user has not rated take part, as if nothing were left to explain in them."),
    ),
    variants=(_by_more_rows, _turn_by_turn),
    hints=(
        "The bias is one more component, at which every film has a 1. What is left is linear in these numbers.",
        "(A'A + n · penalty · I) w = A' · left, with a row (1, q_i) of A for each rating; left = stars - mean - b_i.",
        "rows = np.column_stack([np.ones(len(films)), film_vectors[films]]), then np.linalg.solve; beware of n = 0.",
    ),
    tolerance=1e-5,
)

# --- open: two thin matrices -----------------------------------------------------------------------------------------


def two_thin_matrices(train):
    """Two matrices with eight columns whose product predicts the stars, alone: nothing is added to it.

    Parameters
    ----------
    train : float64 COO matrix of shape (n_users, n_films)
        Stars, 0.5 to 5. Every user and every film has at least 34.

    Returns
    -------
    (of_users, of_films)
        Float arrays of shape (n_users, 8), (n_films, 8). The prediction for user u and film i is the inner product of
        their rows, cut off at 0.5 and 5.
    """
    settings = {"init_std": 0.05, "epochs": 80, "regularization": 0.1, "learning_rate": 0.01}
    model = FunkSVD(no_components=6, random_state=0, **settings).fit(train)
    user_levels = model.global_mean + model.user_biases
    of_users = np.column_stack([user_levels, np.ones(train.shape[0]), model.user_embeddings])
    of_films = np.column_stack([np.ones(train.shape[1]), model.item_biases, model.item_embeddings])
    return of_users, of_films


# RMSE on this split; ranges are over five seeds. Naive: zeros for blanks 2.33, the mean .970, biases alone .825, the
# defaults of Funk SVD .824-.825, half the start and 40 epochs .814-.821, no biases .819-.824 (80 epochs .813-.816),
# ridge in turns with a penalty of .05 .817-.842. Good: 80 epochs of the lesson's settings .796-.803, ridge in turns
# with a penalty of .1 or .13 .797-.807, six components of what biases leave .801, the SVD of the table filled in with
# biases .801. On the edge: 40 epochs of the lesson's settings .805-.812. On four other splits all move together, by up
# to .02, and keep this order.
THIN_BAR = 0.81


def _thin_cases():
    yield Case((dense_stars().train,), why="236 users, 294 films; a fifth of the ratings is held out")


def _thin_required(case, value):
    (train,) = case.arguments
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise Unfit("It returns no pair; expected two matrices.")
    of_users, of_films = (numbers(part, (length, 8)) for part, length in zip(value, train.shape, strict=True))
    held_out = dense_stars()
    predicted = np.clip(np.sum(of_users[held_out.users] * of_films[held_out.films], axis=1), 0.5, 5)
    error = np.sqrt(np.mean((predicted - held_out.stars) ** 2))
    if error <= THIN_BAR:
        return None
    told = f"RMSE is {error:.3f}; the bar is {THIN_BAR}."
    if error > 1.2:
        return f"{told} The mean for everybody gets 0.970. Is the mean in the product? And what did a blank mean?"
    if error > 0.835:
        return f"{told} Biases alone get 0.825. Are all of them in the product? Do the other columns learn by heart?"
    if error > 0.8235:
        return f"{told} Biases alone get 0.825. Six columns are left for taste: did they get anywhere?"
    return f"{told} There is taste in it. Do biases have columns of their own, and who chose penalty and epochs?"


def _columns(n_components, with_mean=True, with_biases=True, ones=True, **settings):
    """An answer by Funk SVD, with or without a part of the prediction."""

    def matrices(train):
        model = FunkSVD(no_components=n_components, random_state=0, **settings).fit(train)
        mean = model.global_mean if with_mean else 0.0
        of_users = [mean + model.user_biases * with_biases, np.ones(train.shape[0]), model.user_embeddings]
        of_films = [np.ones(train.shape[1]), model.item_biases * with_biases, model.item_embeddings]
        if not ones:
            of_films[0] = model.item_biases
            of_users[1], of_films[1] = np.zeros(train.shape[0]), np.zeros(train.shape[1])
        return np.column_stack(of_users), np.column_stack(of_films)

    return matrices


_AS_IN_THE_LESSON = {"init_std": 0.05, "epochs": 40, "regularization": 0.1, "learning_rate": 0.01}


def _no_biases(train):
    model = FunkSVD(no_components=7, biased=False, random_state=0, **_AS_IN_THE_LESSON).fit(train)
    of_users = np.column_stack([np.full(train.shape[0], model.global_mean), model.user_embeddings])
    return of_users, np.column_stack([np.ones(train.shape[1]), model.item_embeddings])


def _zeros_for_blanks(train):
    left, strengths, right = svds(train.tocsr(), k=8, random_state=0)
    return left * strengths, right.T


def _biases_only(train):
    return _columns(6, init_std=0.0)(train)


def _turned(train):
    of_users, of_films = two_thin_matrices(train)
    return of_users, of_films.T


def _filled_with_biases(train):
    """The best eight columns for the whole table, biases in its blanks."""
    model = BiasOnly(3, 5).fit(train)
    table = model.global_mean + model.user_biases[:, None] + model.item_biases.astype(float)
    table[train.row, train.col] = train.data
    left, strengths, right = np.linalg.svd(table, full_matrices=False)
    return left[:, :8] * strengths[:8], right[:8].T


def _in_turns(train):
    """Users by ridge on fixed films, films by ridge on fixed users, ten times."""
    mean, rng = train.data.mean(), np.random.default_rng(0)
    of_users, of_films = np.zeros((train.shape[0], 7)), rng.normal(0, 0.1, (train.shape[1], 7))
    of_films[:, 0] = 0
    turns = (train.tocsr(), of_users, of_films), (train.T.tocsr(), of_films, of_users)
    for _ in range(10):
        for table, own, other in turns:
            for row, (begin, end) in enumerate(zip(table.indptr[:-1], table.indptr[1:], strict=True)):
                rated = table.indices[begin:end]
                stars = table.data[begin:end]
                own[row] = np.r_[fold_in_at_once(rated, stars, mean, other[:, 0], other[:, 1:], 0.1)]
    return (
        np.column_stack([mean + of_users[:, 0], np.ones(train.shape[0]), of_users[:, 1:]]).tolist(),
        np.column_stack([np.ones(train.shape[1]), of_films]),
    )


TWO_THIN_MATRICES = Problem(
    answer=two_thin_matrices,
    title="Open: eight columns",
    objective="write mean, biases and taste as two thin matrices, and predict stars you have not seen",
    minutes=20,
    difficulty=3,
    make_cases=_thin_cases,
    requires=(_thin_required,),
    is_open=True,
    wrong=(
        Wrong(_zeros_for_blanks, "what did a blank mean?"),
        Wrong(_columns(6, with_mean=False, **_AS_IN_THE_LESSON), "Is the mean in the product?"),
        Wrong(_columns(6, with_biases=False, **_AS_IN_THE_LESSON), "Are all of them in the product?"),
        Wrong(_columns(6, ones=False, **_AS_IN_THE_LESSON), "Is the mean in the product?"),
        Wrong(_biases_only, "did they get anywhere?"),
        Wrong(_columns(6), "did they get anywhere?"),
        Wrong(_columns(6, init_std=0.05, epochs=300, learning_rate=0.01), "Do the other columns learn by heart?"),
        Wrong(_no_biases, "Do biases have columns of their own"),
        Wrong(_columns(8, **_AS_IN_THE_LESSON), "expected (236, 8)"),
        Wrong(_turned, "expected (294, 8)"),
    ),
    variants=(_filled_with_biases, _in_turns),
    hints=(
        "A column of ones on one side lets the other side's column through, whoever is asked. Which two need that?",
        "(mean + b_u) · 1 + 1 · b_i + p_u · q_i is one inner product of eight numbers, six of them for taste.",
        "model = FunkSVD(no_components=6, ...).fit(train); np.column_stack([mean + biases, np.ones(...), embeddings])",
    ),
)

PROBLEMS = (STARS_FOR_PAIRS, WEIGHTED_STEP, DAMPED_BIASES, FOLD_IN_AT_ONCE, TWO_THIN_MATRICES)
