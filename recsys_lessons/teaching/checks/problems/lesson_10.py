"""Problems of lesson 10, scenario B: star ratings."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from recsys_lessons import BiasOnly, FunkSVD, LightFM, Popularity
from recsys_lessons.teaching.checks.problem import Case, Problem, Wrong
from recsys_lessons.teaching.checks.properties import numbers
from recsys_lessons.teaching.checks.small_data import small_stars

# --- errors in stars -------------------------------------------------------------------------------------------------


def errors_in_stars(users, predicted, given):
    """Three errors of predicted stars, each prediction first brought inside the scale of 0.5 to 5.

    Parameters
    ----------
    users : int array of shape (n_ratings,)
        Who gave each rating; any numbers, in any order.
    predicted, given : float arrays of shape (n_ratings,)
        At least one rating.

    Returns
    -------
    (float, float, float)
        MAE over all ratings; RMSE over all ratings; the mean over users of each user's own RMSE.
    """
    off = np.clip(predicted, 0.5, 5) - given
    own = [np.sqrt(np.mean(off[users == user] ** 2)) for user in np.unique(users)]
    return np.mean(np.abs(off)), np.sqrt(np.mean(off**2)), np.mean(own)


def _errors_cases():
    ann = np.array([7, 7, 7, 7])
    yield Case((ann, np.array([4.0, 4, 3, 3]), np.array([5.0, 4, 2, 3])), (0.5, 0.5**0.5, 0.5**0.5), "a single user")
    yield Case(
        (np.array([3, 9, 3, 3]), np.array([4.0, 5, 3, 2]), np.array([4.0, 1, 3, 2])),
        (1.0, 2.0, 2.0),
        "user 9 gave one rating, off by 4; user 3 gave three, all met",
    )
    yield Case(
        (np.array([0, 0, 1]), np.array([9.0, -3, 4]), np.array([5.0, 0.5, 2])),
        (2 / 3, (4 / 3) ** 0.5, 1.0),
        "9 and -3 lie outside of the scale",
    )
    yield Case((np.array([4]), np.array([0.0]), np.array([1.0])), (0.5, 0.5, 0.5), "half a star is the lowest")
    yield Case((np.array([4]), np.array([3.25]), np.array([3.5])), (0.25, 0.25, 0.25), "shown as predicted")
    rng = np.random.default_rng(1)
    for _ in range(12):
        n_ratings = int(rng.integers(2, 14))
        users, predicted = rng.integers(0, 5, n_ratings) * 11, rng.normal(3.4, 2, n_ratings)
        yield Case((users, predicted, rng.integers(1, 11, n_ratings) / 2))


def _errors_of(off, users):
    own = [np.sqrt(np.mean(off[users == user] ** 2)) for user in np.unique(users)]
    return np.mean(np.abs(off)), np.sqrt(np.mean(off**2)), np.mean(own)


def _outside(users, predicted, given):
    return _errors_of(predicted - given, users)


def _from_one_star(users, predicted, given):
    return _errors_of(np.clip(predicted, 1, 5) - given, users)


def _to_half_stars(users, predicted, given):
    return _errors_of(np.clip(np.round(2 * predicted) / 2, 0.5, 5) - given, users)


def _without_root(users, predicted, given):
    off = np.clip(predicted, 0.5, 5) - given
    own = [np.mean(off[users == user] ** 2) for user in np.unique(users)]
    return np.mean(np.abs(off)), np.mean(off**2), np.mean(own)


def _root_of_mean(users, predicted, given):
    off = np.clip(predicted, 0.5, 5) - given
    own = [np.mean(off[users == user] ** 2) for user in np.unique(users)]
    return np.mean(np.abs(off)), np.sqrt(np.mean(off**2)), np.sqrt(np.mean(own))


def _by_rating(users, predicted, given):
    off = np.clip(predicted, 0.5, 5) - given
    own = [np.sqrt(np.mean(off[users == user] ** 2)) for user in users]
    return np.mean(np.abs(off)), np.sqrt(np.mean(off**2)), np.mean(own)


def _signed(users, predicted, given):
    off = np.clip(predicted, 0.5, 5) - given
    return abs(np.mean(off)), *_errors_of(off, users)[1:]


def _errors_in_lists(users, predicted, given):
    squares = {}
    total = 0.0
    for user, guess, star in zip(users.tolist(), predicted.tolist(), given.tolist(), strict=True):
        off = min(max(guess, 0.5), 5.0) - star
        total += abs(off)
        squares.setdefault(user, []).append(off * off)
    every = sum(sum(of) for of in squares.values())
    own = [(sum(of) / len(of)) ** 0.5 for of in squares.values()]
    return [total / len(users), (every / len(users)) ** 0.5, sum(own) / len(own)]


ERRORS_IN_STARS = Problem(
    answer=errors_in_stars,
    title="Three errors in stars",
    objective="measure an error in stars over ratings and over users",
    minutes=8,
    difficulty=1,
    make_cases=_errors_cases,
    wrong=(
        Wrong(_outside, "Predictions outside of the scale are left there. Nobody can give nine stars, or minus three."),
        Wrong(_from_one_star, "The lowest rating on this site is half a star, not one."),
        Wrong(_to_half_stars, "Predictions are rounded to half stars. They are only brought inside the scale."),
        Wrong(_without_root, "The roots are missing: these are squared stars, not stars."),
        Wrong(_root_of_mean, "The last root is taken of the mean over users. Each user's own RMSE has one, before it."),
        Wrong(_by_rating, "Each user's RMSE counts once for every rating. In a mean over users it counts once."),
        Wrong(_signed, "In the first number errors upwards and downwards cancel. MAE takes each without its sign."),
    ),
    variants=(_errors_in_lists,),
    hints=(
        "One row of errors serves all three. For the last, take one user's errors at a time.",
        "MAE = mean(|off|), RMSE = sqrt(mean(off^2)); then the same root for each user, and the mean of these.",
        "off = np.clip(predicted, 0.5, 5) - given; own = [... off[users == user] ... for user in np.unique(users)]",
    ),
)

# --- a line for scores that compare films of one user ----------------------------------------------------------------


def line_within_users(users, scores, given, asked_users, asked_scores):
    """Stars from the scores of a ranking loss, which say something only about films of the same user.

    A prediction is the user's mean rating plus `slope` times the distance of the score from the user's mean score,
    brought inside the scale of 0.5 to 5. There is one slope for all users: that of least squares on the known ratings.

    Parameters
    ----------
    users : int array of shape (n_known,)
    scores, given : float arrays of shape (n_known,)
        Score and stars of the known ratings, from which means and slope are learned.
    asked_users : int array of shape (n_asked,)
        A user without a known rating gets the means of all known ratings and scores.
    asked_scores : float array of shape (n_asked,)

    Returns
    -------
    float array of shape (n_asked,)
        Where no user has two known scores that differ, the slope is 0.
    """
    n_users = 1 + max(users.max(), asked_users.max())
    n_known = np.bincount(users, minlength=n_users)
    of_stars, of_scores = (
        np.where(n_known > 0, np.bincount(users, values, n_users) / np.maximum(n_known, 1), values.mean())
        for values in (given, scores)
    )
    off = scores - of_scores[users]
    spread = off @ off
    slope = off @ (given - of_stars[users]) / spread if spread > 1e-9 else 0.0
    return np.clip(of_stars[asked_users] + slope * (asked_scores - of_scores[asked_users]), 0.5, 5)


def _line_cases():
    users = np.array([0, 0, 1, 1])
    yield Case(
        (users, np.array([1.0, 3, 10, 12]), np.array([4.0, 5, 1, 2]), np.array([0, 1, 1]), np.array([2.0, 10, 12])),
        [4.5, 1.0, 2.0],
        "user 1 has higher scores and lower stars; for both, two of score are one star",
    )
    yield Case(
        (
            np.array([2, 0, 2, 0, 0]),
            np.array([0.0, 1, 4, 2, 3]),
            np.array([3.0, 4, 2, 3, 5]),
            np.array([2]),
            np.array([3.0]),
        ),
        [2.4],
        "slope (-1 - 1 + 0 + 0 + 1) / 10 = -0.1",
    )
    yield Case(
        (users, np.array([1.0, 3, 10, 12]), np.array([4.0, 5, 1, 2]), np.array([2, 5]), np.array([6.5, 4.5])),
        [3.0, 2.0],
        "users without a known rating: mean score 6.5, mean rating 3",
    )
    yield Case(
        (users, np.array([1.0, 3, 10, 12]), np.array([4.0, 5, 1, 2]), np.array([0, 1]), np.array([30.0, -30])),
        [5.0, 0.5],
        "far outside of the known scores",
    )
    yield Case(
        (np.array([0, 1, 2]), np.array([1.0, 5, 9]), np.array([2.0, 3, 4]), np.array([0, 2]), np.array([8.0, 9])),
        [2.0, 4.0],
        "one rating each: no user has two scores to compare",
    )
    yield Case(
        (users, np.array([0.01, 0.03, 0.1, 0.12]), np.array([4.0, 5, 1, 2]), np.array([0, 1]), np.array([0.02, 0.12])),
        [4.5, 2.0],
        "scores a hundred times smaller: the line is a hundred times as steep",
    )
    rng = np.random.default_rng(2)
    for _ in range(20):
        n_known, n_asked = int(rng.integers(6, 16)), int(rng.integers(2, 6))
        users, asked = rng.integers(0, 4, n_known), rng.integers(0, 5, n_asked)
        level = rng.normal(0, 2, 5)
        taste = rng.normal(0, 1, n_known)
        given = np.clip(np.round(2 * (3 + taste * 0.6 - 0.2 * level[users] + rng.normal(0, 0.5, n_known))) / 2, 0.5, 5)
        yield Case((users, level[users] + taste, given, asked, level[asked] + rng.normal(0, 1, n_asked)))


def _means_of(users, values, n_users):
    n_known = np.bincount(users, minlength=n_users)
    return np.where(n_known > 0, np.bincount(users, values, n_users) / np.maximum(n_known, 1), values.mean())


def _line(slope_of, bounds=(0.5, 5)):
    """An answer with another slope, from errors of scores and stars within users, or from all."""

    def line(users, scores, given, asked_users, asked_scores):
        n_users = 1 + max(users.max(), asked_users.max())
        of_stars, of_scores = _means_of(users, given, n_users), _means_of(users, scores, n_users)
        slope = slope_of(users, scores, given, scores - of_scores[users], given - of_stars[users])
        return np.clip(of_stars[asked_users] + slope * (asked_scores - of_scores[asked_users]), *bounds)

    return line


def _within(users, scores, given, off, stars_off):
    spread = off @ off
    return off @ stars_off / spread if spread > 1e-9 else 0.0


def _over_all(users, scores, given, off, stars_off):
    return _within(users, scores, given, scores - scores.mean(), given - given.mean())


def _the_other_way(users, scores, given, off, stars_off):
    slope = _within(users, scores, given, stars_off, off)
    return 1 / slope if abs(slope) > 1e-9 else 0.0


def _scores_on_stars(users, scores, given, off, stars_off):
    return _within(users, scores, given, stars_off, off)


def _ratio_of_spreads(users, scores, given, off, stars_off):
    return np.sqrt(stars_off @ stars_off / (off @ off)) if off @ off > 1e-9 else 0.0


def _mean_of_slopes(users, scores, given, off, stars_off):
    slopes = [_within(None, None, None, off[users == user], stars_off[users == user]) for user in np.unique(users)]
    return np.mean([slope for slope in slopes if slope != 0] or 0.0)


def _one_line(users, scores, given, asked_users, asked_scores):
    slope = _over_all(users, scores, given, None, None)
    return np.clip(given.mean() + slope * (asked_scores - scores.mean()), 0.5, 5)


def _level_of_stars_only(users, scores, given, asked_users, asked_scores):
    n_users = 1 + max(users.max(), asked_users.max())
    of_stars = _means_of(users, given, n_users)
    off = scores - scores.mean()
    slope = off @ (given - of_stars[users]) / (off @ off)
    return np.clip(of_stars[asked_users] + slope * (asked_scores - scores.mean()), 0.5, 5)


def _level_of_asked(users, scores, given, asked_users, asked_scores):
    n_users = 1 + max(users.max(), asked_users.max())
    of_stars, of_scores = _means_of(users, given, n_users), _means_of(users, scores, n_users)
    slope = _within(None, None, None, scores - of_scores[users], given - of_stars[users])
    of_asked = _means_of(asked_users, asked_scores, n_users)
    return np.clip(of_stars[asked_users] + slope * (asked_scores - of_asked[asked_users]), 0.5, 5)


def _by_columns(users, scores, given, asked_users, asked_scores):
    """Least squares with a column for each user, and a mean for the others."""
    names, row = np.unique(users, return_inverse=True)
    table = np.column_stack([np.eye(len(names))[row], scores])
    weights = np.linalg.pinv(table, rcond=1e-9) @ given
    slope = weights[-1] if np.linalg.matrix_rank(table) == len(names) + 1 else 0.0
    told = []
    for user, score in zip(asked_users, asked_scores, strict=True):
        own = users == user if user in names else np.ones(len(users), dtype=bool)
        told.append(min(5.0, max(0.5, given[own].mean() + slope * (score - scores[own].mean()))))
    return told


LINE_WITHIN_USERS = Problem(
    answer=line_within_users,
    title="A line for scores that only compare",
    objective="bring scores of a ranking loss onto stars within each user",
    minutes=15,
    difficulty=2,
    make_cases=_line_cases,
    wrong=(
        Wrong(_one_line, "One line for everybody. It reads the level of a score, which a ranking loss leaves open."),
        Wrong(_line(_over_all), "The slope compares scores of different users. Take both sides from the users' means."),
        Wrong(_level_of_stars_only, "Stars are taken from the user's mean, scores are not: they have levels as well."),
        Wrong(_line(_scores_on_stars), "This is the slope of scores on stars. Stars are to be predicted."),
        Wrong(
            _line(_the_other_way),
            "Scores are fitted to stars, and the line is turned round. It is steeper than that which predicts stars.",
        ),
        Wrong(
            _line(_ratio_of_spreads),
            "The spreads of scores and stars are made equal. Least squares also asks how far the two go together.",
        ),
        Wrong(_line(_mean_of_slopes), "This averages a slope for each user. One slope for all has a single sum below."),
        Wrong(_line(_within, (-np.inf, np.inf)), "Predictions leave the scale: nobody can give six stars."),
        Wrong(_level_of_asked, "The mean scores are those of the ratings asked for. All is learned from known ones."),
    ),
    variants=(_by_columns,),
    hints=(
        "Take each user's mean off scores and off stars; what remains can be compared between users.",
        "slope = sum(score_off · star_off) / sum(score_off^2), over all known ratings, each less its user's mean.",
        "of_scores = np.bincount(users, scores) / np.bincount(users); off = scores - of_scores[users]; then off @ ...",
    ),
)

# --- stars from nine chances -----------------------------------------------------------------------------------------


def stars_from_chances(chances):
    """Two predictions from the answers to nine questions: the mean of the stars, and their middle.

    The questions were asked one by one, so a chance may be higher than that of an easier question. Such a chance is
    first lowered to the lowest of the easier ones.

    Parameters
    ----------
    chances : float array of shape (9, n_ratings)
        Row by row the chance of at least 1 star, at least 1.5, and so on to at least 5. Ratings are 0.5 to 5, in
        steps of a half.

    Returns
    -------
    (float array of shape (n_ratings,), float array of shape (n_ratings,))
        The expected number of stars; and the most stars of which the chance to get at least so many is 1/2 or more.
    """
    lowered = np.minimum.accumulate(chances, axis=0)
    return 0.5 + 0.5 * lowered.sum(axis=0), 0.5 + 0.5 * (lowered >= 0.5).sum(axis=0)


def _chances_cases():
    lesson = [1.0] * 6 + [0.5, 0.5, 0.0]
    yield Case((np.array([lesson]).T,), ([4.0], [4.5]), "the example of the lesson; at least 4.5 has exactly 1/2")
    yield Case((np.array([[0.0] * 9, [1.0] * 9]).T,), ([0.5, 5.0], [0.5, 5.0]), "surely half a star; surely five")
    crossed = [1.0, 1, 1, 0.25, 0.75, 0.5, 0.25, 0, 0]
    yield Case((np.array([crossed]).T,), ([2.5], [2.0]), "0.75 and 0.5 stand after 0.25")
    split = [0.75, 0.75, 0.75, 0.75, 0.75, 0.75, 0.75, 0.75, 0.25]
    yield Case((np.array([split]).T,), ([3.625], [4.5]), "loved or hated")
    low = [0.4] * 9
    yield Case((np.array([low]).T,), ([2.3], [0.5]), "more likely half a star than more")
    rng = np.random.default_rng(3)
    for n_ratings in (1, 2, 3, 9, 9, 12, 5, 7):
        likely = np.sort(rng.random((9, n_ratings)), axis=0)[::-1]
        yield Case((np.clip(likely + rng.normal(0, 0.08, likely.shape), 0, 1),))


def _both(lowered, middle=lambda lowered: (lowered >= 0.5).sum(axis=0)):
    return 0.5 + 0.5 * lowered.sum(axis=0), 0.5 + 0.5 * middle(lowered)


def _as_they_come(chances):
    return _both(chances)


def _raised(chances):
    return _both(np.maximum.accumulate(chances[::-1], axis=0)[::-1])


def _along_ratings(chances):
    return _both(np.minimum.accumulate(chances, axis=1))


def _neighbor_only(chances):
    lowered = chances.copy()
    lowered[1:] = np.minimum(chances[1:], chances[:-1])
    return _both(lowered)


def _no_first_half(chances):
    mean, middle = stars_from_chances(chances)
    return mean - 0.5, middle - 0.5


def _most_likely(chances):
    lowered = np.minimum.accumulate(chances, axis=0)
    bounds = np.vstack([np.ones(chances.shape[1]), lowered, np.zeros(chances.shape[1])])
    return _both(lowered, lambda _: np.argmax(bounds[:-1] - bounds[1:], axis=0))


def _more_than_half(chances):
    return _both(np.minimum.accumulate(chances, axis=0), lambda lowered: (lowered > 0.5).sum(axis=0))


def _mean_rounded(chances):
    lowered = np.minimum.accumulate(chances, axis=0)
    return _both(lowered, lambda lowered: np.round(lowered.sum(axis=0)))


def _chance_by_star(chances):
    means, middles = [], []
    for of_rating in np.transpose(chances):
        at_least = [1.0]
        for chance in of_rating:
            at_least.append(min(float(chance), at_least[-1]))
        exactly = [one - other for one, other in zip(at_least, [*at_least[1:], 0.0], strict=True)]
        means.append(sum((number + 1) / 2 * chance for number, chance in enumerate(exactly)))
        middles.append(max((number + 1) / 2 for number, chance in enumerate(at_least) if chance >= 0.5))
    return [means, middles]


STARS_FROM_CHANCES = Problem(
    answer=stars_from_chances,
    title="Mean and middle of nine answers",
    objective="turn the chances of at least so many stars into one number, for RMSE and for MAE",
    minutes=12,
    difficulty=2,
    make_cases=_chances_cases,
    wrong=(
        Wrong(
            _as_they_come,
            "Chances that cross are left, or only sorted, which changes no sum. At least 4 cannot beat at least 3.",
        ),
        Wrong(_raised, "The easier question is raised to the harder one. It was to be the other way round."),
        Wrong(_along_ratings, "The lowest chance is carried from rating to rating. The questions stand in the rows."),
        Wrong(
            _neighbor_only,
            "Each chance is compared with its neighbour, as that was before. A low one counts for all that follow.",
        ),
        Wrong(_no_first_half, "The half star that everybody gives at least is missing."),
        Wrong(
            _most_likely, "The second number is the likeliest rating. The middle has half of the chance on either side."
        ),
        Wrong(_more_than_half, "A chance of exactly 1/2 is enough for the middle."),
        Wrong(_mean_rounded, "The second number is the mean, rounded. Mean and middle can lie a star apart."),
    ),
    variants=(_chance_by_star,),
    hints=(
        "Once no chance is higher than the one above it, each yes is worth half a star, as in the lesson.",
        "Mean: 0.5 + 0.5 · sum of the chances. Middle: 0.5 + 0.5 · how many of them are 1/2 or more.",
        "lowered = np.minimum.accumulate(chances, axis=0); then lowered.sum(axis=0) and (lowered >= 0.5).sum(axis=0)",
    ),
)

# --- means out of other folds ----------------------------------------------------------------------------------------


def means_out_of_fold(films, stars, order, n_folds, damping):
    """Predict each rating by its film's mean, learned without the fold that the rating is in.

    The rating `order[0]` is in fold 0, `order[1]` in fold 1, and so on; after the last fold comes fold 0 again.

    Parameters
    ----------
    films : int array of shape (n_ratings,)
    stars : float array of shape (n_ratings,)
    order : int array of shape (n_ratings,)
        A permutation of the ratings' numbers.
    n_folds : int
        At least 2; no more than ratings.
    damping : float
        Greater than 0. So many ratings, equal to the mean of all ratings of the other folds, are added to those that
        the film has in the other folds.

    Returns
    -------
    float array of shape (n_ratings,)
        In the order of `stars`.
    """
    fold = np.empty(len(order), dtype=int)
    fold[order] = np.arange(len(order)) % n_folds
    predicted = np.empty(len(stars))
    for number in range(n_folds):
        test, learn = fold == number, fold != number
        mean = stars[learn].mean()
        sums = np.bincount(films[learn], stars[learn], minlength=films.max() + 1)
        counts = np.bincount(films[learn], minlength=films.max() + 1)
        predicted[test] = ((sums + damping * mean) / (counts + damping))[films[test]]
    return predicted


def _by_popularity(films, stars, order, n_folds, damping):
    """The library's damped means, trained once for each fold."""
    fold = np.empty(len(order), dtype=int)
    fold[order] = np.arange(len(order)) % n_folds
    predicted = np.empty(len(stars))
    for number in range(n_folds):
        learn = fold != number
        shape = len(stars), films.max() + 1
        table = sp.coo_matrix((stars[learn], (np.flatnonzero(learn), films[learn])), shape=shape)
        model = Popularity(by="ratings", damping=damping).fit(table)
        predicted[~learn] = model.item_popularity[films[~learn]]
    return predicted


def _fold_cases():
    in_order = np.arange(4)
    yield Case(
        (np.array([0, 0, 1, 0]), np.array([5.0, 1, 3, 2]), in_order, 2, 1.0),
        [1.5, 4.5, 1.5, 4.5],
        "ratings 1 and 3 tell of 0 and 2; film 1 has no rating among them",
    )
    yield Case(
        (np.array([0, 0, 0]), np.array([1.0, 2, 5]), np.array([1, 2, 0]), 3, 1.0),
        [3.5, 3.0, 1.5],
        "as many folds as ratings",
    )
    yield Case(
        (np.array([0, 1, 0, 1, 1]), np.array([4.0, 2, 5, 1, 3]), np.array([3, 0, 4, 1, 2]), 2, 2.0),
        [11 / 3, 2.5, 10 / 3, 8 / 3, 8 / 3],
        "fold 0 has three ratings, 3, 4 and 2; fold 1 has two, 0 and 1",
    )
    rng = np.random.default_rng(4)
    for _ in range(16):
        n_ratings = int(rng.integers(5, 18))
        films, stars = rng.integers(0, 5, n_ratings), rng.integers(1, 11, n_ratings) / 2
        asked = films, stars, rng.permutation(n_ratings), int(rng.integers(2, 6)), float(rng.choice([0.5, 1, 3, 5]))
        yield Case(asked, _by_popularity(*asked), "expected: the library's Popularity, trained for each fold")


def _folded(assign, mean_of=lambda stars, learn: stars[learn].mean(), damped=True, learned=None):
    """An answer with another fold, another mean, no damping, or another part to learn from."""

    def answer(films, stars, order, n_folds, damping):
        fold, n_films = assign(order, n_folds), films.max() + 1
        predicted = np.empty(len(stars))
        for number in range(n_folds):
            test = fold == number
            learn = (learned or np.logical_not)(test)
            mean = mean_of(stars, learn)
            sums, counts = np.bincount(films[learn], stars[learn], n_films), np.bincount(films[learn], None, n_films)
            if damped:
                means = (sums + damping * mean) / (counts + damping)
            else:
                means = np.where(counts > 0, sums / np.maximum(counts, 1), mean)
            predicted[test] = means[films[test]]
        return predicted

    return answer


def _dealt(order, n_folds):
    fold = np.empty(len(order), dtype=int)
    fold[order] = np.arange(len(order)) % n_folds
    return fold


def _order_itself(order, n_folds):
    return order % n_folds


def _not_shuffled(order, n_folds):
    return np.arange(len(order)) % n_folds


def _in_blocks(order, n_folds):
    fold = np.empty(len(order), dtype=int)
    fold[order] = np.arange(len(order)) * n_folds // len(order)
    return fold


def _mean_of_all(stars, learn):
    return stars.mean()


def _all_learned(test):
    return np.ones(len(test), dtype=bool)


def _fold_learned(test):
    return test


def _one_left_out(films, stars, order, n_folds, damping):
    predicted = np.empty(len(stars))
    for rating, film in enumerate(films):
        others = np.arange(len(stars)) != rating
        of_film = stars[others & (films == film)]
        predicted[rating] = (of_film.sum() + damping * stars[others].mean()) / (len(of_film) + damping)
    return predicted


def _in_order_of_folds(films, stars, order, n_folds, damping):
    predicted = means_out_of_fold(films, stars, order, n_folds, damping)
    return np.concatenate([predicted[order[number::n_folds]] for number in range(n_folds)])


def _rating_by_rating(films, stars, order, n_folds, damping):
    fold = {int(rating): place % n_folds for place, rating in enumerate(order)}
    predicted = []
    for rating, film in enumerate(films):
        learn = [other for other in range(len(films)) if fold[other] != fold[rating]]
        of_film = [stars[other] for other in learn if films[other] == film]
        mean = sum(stars[other] for other in learn) / len(learn)
        predicted.append((sum(of_film) + damping * mean) / (len(of_film) + damping))
    return predicted


MEANS_OUT_OF_FOLD = Problem(
    answer=means_out_of_fold,
    title="A mean that has not seen the rating",
    objective="deal ratings into folds and predict each from the others",
    minutes=15,
    difficulty=3,
    make_cases=_fold_cases,
    wrong=(
        Wrong(_folded(_dealt, learned=_all_learned), "The means contain the very ratings that they predict."),
        Wrong(
            _folded(_dealt, _mean_of_all), "The film's ratings leave the fold out, the mean of all does not: it leaks."
        ),
        Wrong(_one_left_out, "Only the rating itself is left out. The whole fold that it is in stays unseen."),
        Wrong(_folded(_dealt, learned=_fold_learned), "It learns from the fold that it predicts, not from the others."),
        Wrong(
            _folded(_order_itself),
            "Place and rating are exchanged: order[i] is the rating at place i, and the place decides the fold.",
        ),
        Wrong(_folded(_not_shuffled), "The permutation is not used: neighbours in the file are dealt as they stand."),
        Wrong(_folded(_in_blocks), "The folds are cut in blocks. They are dealt like cards, one rating each in turn."),
        Wrong(_folded(_dealt, damped=False), "The damping is missing: a single rating of a film counts fully."),
        Wrong(_in_order_of_folds, "The predictions come fold by fold. They were asked for in the order of `stars`."),
    ),
    variants=(_rating_by_rating,),
    hints=(
        "First a fold for each rating; then, fold by fold, learn from the rest and fill in the places of the fold.",
        "mean of a film = (sum of its stars + damping · mean of all) / (their number + damping), all in other folds.",
        "fold[order] = np.arange(len(order)) % n_folds; in the loop: predicted[fold == number] = means[films[...]]",
    ),
)

# --- open: new films -------------------------------------------------------------------------------------------------


def stars_for_new_films(ratings, genres, users, films):
    """Predict the stars of films that nobody has rated yet.

    Parameters
    ----------
    ratings : float64 COO matrix of shape (n_users, n_films)
        Stars, 0.5 to 5. The columns of new films are empty; every user has rated at least six others.
    genres : float32 CSR matrix of shape (n_films, n_genres)
        A 1 for each genre of a film, at least one, for new films too.
    users, films : int arrays of shape (n_asked,)
        Who will rate which new film.

    Returns
    -------
    float array of shape (n_asked,)
        Stars, from 0.5 to 5.
    """
    level = np.asarray(ratings.sum(axis=1)).ravel() / ratings.getnnz(axis=1)
    places = ratings.row, ratings.col
    left = sp.csr_matrix((ratings.data - level[ratings.row], places), shape=ratings.shape)
    rated = sp.csr_matrix((np.ones(ratings.nnz), places), shape=ratings.shape)
    share = genres.toarray() / genres.sum(axis=1).A1[:, None]
    taste = (left @ share) / (rated @ share + 2)  # what each user's genres get beyond the user's mean
    return np.clip(level[users] + np.sum(taste[users] * share[films], axis=1), 0.5, 5)


# RMSE. Naive: mean of all 1.009, Funk SVD .938 and biases .937 (five seeds, the same to .0001), each user's mean .926,
# nine questions with identities and genres .918-.920 (five seeds), a genre's mean for everybody beside the user's .919.
# Good: nine questions with genres alone .910-.911 (five seeds), films alike by genre .911, a ridge for each user
# .901-.905, the user's genres damped by 1 to 10 .902-.911. The bar is for this split: on four others each user's mean
# has .934-.947, the user's genres damped by 2 .913-.923, and questions with identities .910-.925 overlap with these.
NEW_FILMS_BAR = 0.915


def _new_films_cases():
    data = small_stars()
    asked = data.ratings, data.genres, data.users, data.films
    yield Case(asked, why="671 users, 1,303 films; a fifth of the films has no rating")


def _new_films_required(case, value):
    stars = small_stars().stars
    predicted = numbers(value, stars.shape)
    outside = np.count_nonzero((predicted < 0.5) | (predicted > 5))
    if outside:
        return f"{outside:,} predictions lie outside of the scale, 0.5 to 5."
    error = np.sqrt(np.mean((predicted - stars) ** 2))
    if error <= NEW_FILMS_BAR:
        return None
    told = f"RMSE is {error:.3f}; the bar is {NEW_FILMS_BAR}."
    if error > 0.95:
        return f"{told} The mean of each user's ratings gets 0.926 without a look at the film."
    if error > 0.922:
        return f"{told} What does this use of a new film? Its genres are all that is known of it."
    return f"{told} Is a genre worth the same to everybody? And do identities hold the genres down?"


def _level_of(ratings):
    return np.asarray(ratings.sum(axis=1)).ravel() / ratings.getnnz(axis=1)


def _mean_for_all(ratings, genres, users, films):
    return np.full(len(users), ratings.data.mean())


def _users_mean(ratings, genres, users, films):
    return _level_of(ratings)[users]


def _only_biases(ratings, genres, users, films):
    return BiasOnly(3, 5).fit(ratings).predict(users, films)


def _only_funk(ratings, genres, users, films):
    settings = {"no_components": 20, "init_std": 0.05, "regularization": 0.1, "learning_rate": 0.01}
    return FunkSVD(**settings, epochs=40, random_state=0).fit(ratings).predict(users, films)


def _genres_for_all(ratings, genres, users, films):
    level, share = _level_of(ratings), genres.toarray() / genres.sum(axis=1).A1[:, None]
    weight = np.bincount(ratings.col, minlength=len(share)) @ share
    total = np.bincount(ratings.col, ratings.data - level[ratings.row], len(share)) @ share
    return np.clip(level[users] + share[films] @ (total / (weight + 50)), 0.5, 5)


def _not_clipped(ratings, genres, users, films):
    level, share = _level_of(ratings), genres.toarray()
    left = sp.csr_matrix((ratings.data - level[ratings.row], (ratings.row, ratings.col)), shape=ratings.shape)
    return level[users] + np.sum((left @ share / 20)[users] * share[films], axis=1)


def _whole_table(ratings, genres, users, films):
    return np.repeat(_level_of(ratings)[:, None], ratings.shape[1], axis=1)


def _score_for_stars(ratings, genres, users, films):
    likes = sp.coo_matrix(ratings.toarray() >= 4, dtype=np.float32)
    model = LightFM(loss="warp", no_components=16, random_state=0).fit(likes, item_features=genres, epochs=5)
    return np.clip(model.predict(users, films, item_features=genres), 0.5, 5)


def _nine_questions(ratings, genres, users, films):
    chances = []
    for stars in np.arange(1, 5.5, 0.5):
        answers = sp.coo_matrix((np.where(ratings.data >= stars, 1, -1), (ratings.row, ratings.col)), ratings.shape)
        model = LightFM(loss="logistic", no_components=16, random_state=0)
        model.fit(answers, item_features=genres, epochs=10)
        chances.append(1 / (1 + np.exp(-model.predict(users, films, item_features=genres).astype(float))))
    return 0.5 + 0.5 * np.sum(chances, axis=0)


def _alike_by_genre(ratings, genres, users, films):
    model = BiasOnly(3, 5).fit(ratings)
    places = ratings.row, ratings.col
    residual = ratings.data - model.global_mean - model.user_biases[ratings.row]
    table = genres.toarray()
    table /= np.linalg.norm(table, axis=1, keepdims=True)
    alike = (table @ table.T) ** 4
    sums = sp.csr_matrix((residual, places), shape=ratings.shape) @ alike
    weights = sp.csr_matrix((np.ones(ratings.nnz), places), shape=ratings.shape) @ alike
    return np.clip(model.global_mean + model.user_biases[users] + (sums / (weights + 10))[users, films], 0.5, 5)


def _ridge_for_each(ratings, genres, users, films):
    known, table = ratings.tocsr(), genres.toarray().astype(float)
    predicted = np.empty(len(users))
    for user in range(ratings.shape[0]):
        of_user, asked = known[user], users == user
        given, rows = of_user.data, table[of_user.indices]
        away, level = rows - rows.mean(axis=0), given.mean()
        weights = np.linalg.solve(away.T @ away + 10 * np.eye(table.shape[1]), away.T @ (given - level))
        predicted[asked] = level + (table[films[asked]] - rows.mean(axis=0)) @ weights
    return np.clip(predicted, 0.5, 5).tolist()


STARS_FOR_NEW_FILMS = Problem(
    answer=stars_for_new_films,
    title="Open: the films of next month",
    objective="predict stars where the film has no history",
    minutes=20,
    difficulty=3,
    make_cases=_new_films_cases,
    requires=(_new_films_required,),
    is_open=True,
    wrong=(
        Wrong(_mean_for_all, "gets 0.926 without a look at the film"),
        Wrong(_score_for_stars, "gets 0.926 without a look at the film"),
        Wrong(_users_mean, "What does this use of a new film?"),
        Wrong(_only_biases, "What does this use of a new film?"),
        Wrong(_only_funk, "What does this use of a new film?"),
        Wrong(_genres_for_all, "Is a genre worth the same to everybody?"),
        Wrong(_not_clipped, "lie outside of the scale"),
        Wrong(_whole_table, "expected (13643,)"),
    ),
    variants=(_nine_questions, _alike_by_genre, _ridge_for_each),
    hints=(
        "Two people with the same mean differ in which genres lie above it. How far above, for this person?",
        "level of the user + mean over the film's genres of what the user gave such films beyond that level, damped.",
        "left = stars less the user's mean, as a CSR matrix; taste = (left @ share) / (rated @ share + damping)",
    ),
)

PROBLEMS = (ERRORS_IN_STARS, LINE_WITHIN_USERS, STARS_FROM_CHANCES, MEANS_OUT_OF_FOLD, STARS_FOR_NEW_FILMS)
