"""Problems of lesson 06, metrics."""

from __future__ import annotations

from math import log2

import numpy as np
import scipy.sparse as sp
from scipy.stats import hypergeom, rankdata

from recsys_lessons.evaluation import auc_score, ndcg_at_k, precision_at_k
from recsys_lessons.teaching.checks.problem import Case, Problem, Unfit, Wrong
from recsys_lessons.teaching.checks.properties import numbers


class _Ranked:
    """Scores as a model that the library's metrics can ask."""

    def __init__(self, scores):
        self.scores = np.atleast_2d(scores)

    def predict_rank(self, test_interactions, train_interactions=None, **_):
        scores, ranks = self.scores, test_interactions.tocsr().astype(np.float32)
        known = np.zeros(scores.shape, bool) if train_interactions is None else train_interactions.toarray() > 0
        users = np.repeat(np.arange(len(scores)), np.diff(ranks.indptr))
        above = ~known[users] & (scores[users] >= scores[users, ranks.indices][:, None])
        above[np.arange(len(users)), ranks.indices] = False
        ranks.data[:] = above.sum(axis=1)
        return ranks


def _by_the_library(metric, scores, train, test, **arguments):
    """The mean of the library's metric, for scores without ties."""
    test, train = sp.csr_matrix(test, dtype=np.float32), sp.csr_matrix(train, dtype=np.float32)
    return float(metric(_Ranked(scores), test, train, **arguments).mean())


def _some_likes(rng, n_users, n_items):
    """Who has what in train and in test, nothing in both; somebody has nothing in test, somebody something."""
    part = rng.choice(3, size=(n_users, n_items), p=(0.5, 0.25, 0.25))
    part[0, :2], part[1, part[1] == 2] = (0, 2), 0
    return part == 1, part == 2


def _in_order_of_number(n_items):
    return np.arange(n_items, 0, -1) / 2


# --- precision, averaged over users ----------------------------------------------------------------------------------


def mean_precision(scores, train, test, k):
    """Precision@k, averaged over the users who have an item in test.

    Items that a user has in train are left out of that user's list. Of equal scores, the item with the lower number
    stands first. Where fewer than `k` items are left, the places that stay empty count as misses.

    Parameters
    ----------
    scores : float array of shape (n_users, n_items)
        Any numbers, also negative ones.
    train, test : bool arrays of shape (n_users, n_items)
        What each user has. No item of a user is in both, and at least one user has an item in test.
    k : int
        Length of the list. It may exceed the number of items.

    Returns
    -------
    float
    """
    ranked = np.argsort(np.where(train, np.inf, -scores), axis=1, kind="stable")[:, :k]
    hits = np.take_along_axis(test, ranked, axis=1).sum(axis=1)
    return float(hits[test.any(axis=1)].mean() / k)


def _precision_cases():
    scores = np.array([[0.9, 0.7, 0.5, 0.1], [0.2, 0.8, 0.6, 0.4], [0.1, 0.2, 0.3, 0.4]])
    nothing = np.zeros((3, 4), dtype=bool)
    test = nothing.copy()
    test[0, 1] = test[0, 3] = test[1, 1] = test[2, 2] = True
    yield Case((scores, nothing, test, 2), 0.5, "three users with one hit each in two places")
    train = nothing.copy()
    train[0, 0], train[1, 2] = True, True
    yield Case((scores, train, test, 3), 4 / 9, "two users have their item of train near the top")
    one = test.copy()
    one[2, 2] = False
    yield Case((scores, train, one, 1), 1.0, "a user without items in test")
    yield Case((scores - 1, train, test, 1), 2 / 3, "no score is above 0")
    tied = np.array([[1.0, 2.0, 2.0, 2.0]])
    yield Case((tied, nothing[:1], np.array([[False, True, False, True]]), 2), 0.5, "equal scores: by number")
    yield Case((tied, nothing[:1], np.array([[False, True, False, True]]), 8), 0.25, "more places than items")
    known = np.array([[True, True, False, True]])
    yield Case((tied, known, ~known, 2), 0.5, "a single item is left for two places")
    wide = np.arange(40)[None] % 3 == 1
    yield Case((np.arange(40)[None] // 20 * 1.0, wide & False, wide, 10), 0.3, "forty items, two scores")
    rng = np.random.default_rng(60)
    for number in range(20):
        shape = int(rng.integers(3, 7)), int(rng.integers(4, 9))
        train, test = _some_likes(rng, *shape)
        k = int(rng.integers(1, shape[1] + 2))
        some = rng.integers(-3, 3, shape) / 2
        if number < 10:
            some = rng.permuted(np.tile(np.arange(shape[1]) - 2.5, (shape[0], 1)), axis=1)
            expected = _by_the_library(precision_at_k, some, train, test, k=k)
            yield Case((some, train, test, k), expected, "expected: the library's own metric")
        else:
            yield Case((some, train, test, k))


def _top(scores, k):
    return np.argsort(-scores, axis=1, kind="stable")[:, :k]


def _hits(ranked, test):
    return np.take_along_axis(test, ranked, axis=1).sum(axis=1)


def _train_kept(scores, train, test, k):
    return (_hits(_top(scores, k), test)[test.any(axis=1)] / k).mean()


def _train_at_zero(scores, train, test, k):
    return (_hits(_top(np.where(train, 0, scores), k), test)[test.any(axis=1)] / k).mean()


def _over_all_users(scores, train, test, k):
    return (_hits(_top(np.where(train, -np.inf, scores), k), test) / k).mean()


def _worst_first(scores, train, test, k):
    return (_hits(_top(np.where(train, -np.inf, -scores), k), test)[test.any(axis=1)] / k).mean()


def _recall(scores, train, test, k):
    users = test.any(axis=1)
    return (_hits(_top(np.where(train, -np.inf, scores), k), test)[users] / test[users].sum(axis=1)).mean()


def _reversed(scores, train, test, k):
    ranked = np.argsort(np.where(train, -np.inf, scores), axis=1, kind="stable")[:, ::-1][:, :k]
    return (_hits(ranked, test)[test.any(axis=1)] / k).mean()


def _of_filled_places(scores, train, test, k):
    places = np.maximum(np.minimum(k, (~train).sum(axis=1)), 1)
    return (_hits(_top(np.where(train, -np.inf, scores), k), test) / places)[test.any(axis=1)].mean()


def _of_the_possible(scores, train, test, k):
    users = test.any(axis=1)
    possible = np.minimum(k, test[users].sum(axis=1))
    return (_hits(_top(np.where(train, -np.inf, scores), k), test)[users] / possible).mean()


def _precision_in_lists(scores, train, test, k):
    shares = []
    for user in range(len(scores)):
        left = [item for item in range(scores.shape[1]) if not train[user, item]]
        left.sort(key=lambda item: (-scores[user, item], item))
        if any(test[user]):
            shares.append(sum(bool(test[user, item]) for item in left[:k]) / k)
    return sum(shares) / len(shares)


MEAN_PRECISION = Problem(
    answer=mean_precision,
    title="Who competes, and who counts",
    objective="average precision@k over the right users, with the right items in the race",
    minutes=8,
    difficulty=1,
    make_cases=_precision_cases,
    wrong=(
        Wrong(_train_kept, "Items of train compete. A model is sure of them, and they take places from items of test."),
        Wrong(_train_at_zero, "Items of train are set to a score of 0. Among negative scores, that puts them on top."),
        Wrong(_over_all_users, "Users without items in test count as 0. Nobody can find anything for them; leave out."),
        Wrong(_worst_first, "The lists begin with the lowest score. argsort sorts upwards."),
        Wrong(_recall, "The hits are divided by the number of items in test: that is recall."),
        Wrong(_reversed, "Equal scores stand in the wrong order. A sort that is reversed reverses its ties as well."),
        Wrong(
            _of_filled_places, "Where fewer than k items are left, the hits are divided by these. It stays k places."
        ),
        Wrong(_of_the_possible, "The hits are divided by the most that were possible. Precision@k divides by k."),
    ),
    variants=(_precision_in_lists,),
    hints=(
        "Put what a user has in train behind everything else, take the first k, count what is in test.",
        "Minus infinity is below all scores. For each user: hits / k. Then the mean where test.any(axis=1).",
        "ranked = np.argsort(np.where(train, np.inf, -scores), axis=1, kind='stable')[:, :k]",
    ),
)

# --- NDCG with gains -------------------------------------------------------------------------------------------------


def graded_ndcg(scores, gains, k):
    """NDCG@k of one list whose items are worth different amounts.

    An item at place n, the top being place 1, adds its gain / log2(n + 1), for the first `k` places. The sum is divided
    by the largest one that any order of the same items could reach.

    Parameters
    ----------
    scores : float array of shape (n_items,)
        Of equal scores, the item with the lower number stands first.
    gains : float array of shape (n_items,)
        What each item is worth to the user: 0 for nothing, never less.
    k : int
        Length of the list. It may exceed the number of items.

    Returns
    -------
    float
        From 0 to 1; 0 if no item is worth anything.
    """
    discount = 1 / np.log2(np.arange(2, len(scores) + 2))
    discount[k:] = 0
    best = np.sort(gains)[::-1] @ discount
    ranked = np.argsort(-scores, kind="stable")
    return float(gains[ranked] @ discount / best) if best > 0 else 0.0


def _ndcg_cases():
    ann = np.array([0, 0, 1.0, 0, 0, 0, 1, 0])
    yield Case((_in_order_of_number(8), ann, 4), 0.5 / (1 + 1 / log2(3)), "Ann's list: gains of 1 at places 3 and 7")
    scores = _in_order_of_number(3)
    stars = np.array([0.0, 3.0, 1.0])
    yield Case((scores, stars, 3), (3 / log2(3) + 0.5) / (3 + 1 / log2(3)), "gains 0, 3 and 1 from the top")
    yield Case((scores, stars, 1), 0.0, "nothing at the only place")
    yield Case((scores[::-1], stars, 1), 1 / 3, "room for one: a gain of 1, and 3 was to be had")
    yield Case((np.array([5.0, 5.0]), np.array([0.0, 2.0]), 2), 1 / log2(3), "equal scores: by number")
    yield Case((scores, np.zeros(3), 2), 0.0, "no item is worth anything")
    yield Case(
        (np.array([1.0, 2.0]), np.array([4.0, 1.0]), 5), (1 + 4 / log2(3)) / (4 + 1 / log2(3)), "k above n_items"
    )
    yield Case((scores, stars / 4, 3), (3 / log2(3) + 0.5) / (3 + 1 / log2(3)), "all gains are below 1")
    rng = np.random.default_rng(61)
    for number in range(24):
        n_items = int(rng.integers(3, 12))
        k = int(rng.integers(1, n_items + 2))
        if number < 8:
            scores, likes = rng.permutation(n_items) - 2.5, (rng.random(n_items) < 0.4).astype(float)
            likes[int(rng.integers(n_items))] = 1
            expected = _by_the_library(ndcg_at_k, scores, np.zeros((1, n_items)), likes, k=k)
            yield Case((scores, likes, k), expected, "gains of 0 and 1; expected: the library's own metric")
        else:
            yield Case((rng.integers(-3, 6, n_items) / 2, rng.integers(0, 6, n_items) / 2, k))


def _ratio(shown, ideal):
    """Quotient of the discounted sums of two lists of gains."""
    best = ideal @ (1 / np.log2(np.arange(2, len(ideal) + 2)))
    return float(shown @ (1 / np.log2(np.arange(2, len(shown) + 2))) / best) if best > 0 else 0.0


def _shown(scores, gains, k):
    return gains[np.argsort(-scores, kind="stable")][:k]


def _ideal_not_cut(scores, gains, k):
    return _ratio(_shown(scores, gains, k), np.sort(gains)[::-1])


def _ideal_of_the_shown(scores, gains, k):
    return _ratio(_shown(scores, gains, k), np.sort(_shown(scores, gains, k))[::-1])


def _ideal_full(scores, gains, k):
    return _ratio(_shown(scores, gains, k), np.full(k, gains.max()))


def _not_normalized(scores, gains, k):
    shown = _shown(scores, gains, k)
    return float(shown @ (1 / np.log2(np.arange(2, len(shown) + 2))))


def _one_place_lower(scores, gains, k):
    shown, ideal = _shown(scores, gains, k), np.sort(gains)[::-1][:k]
    discount = 1 / np.log2(np.arange(3, len(shown) + 3))
    return float(shown @ discount / (ideal @ discount)) if ideal.any() else 0.0


def _second_place_free(scores, gains, k):
    shown, ideal = _shown(scores, gains, k), np.sort(gains)[::-1][:k]
    discount = 1 / np.maximum(1, np.log2(np.arange(1, len(shown) + 1)))
    return float(shown @ discount / (ideal @ discount)) if ideal.any() else 0.0


def _gain_or_none(scores, gains, k):
    return _ratio(_shown(scores, (gains > 0) * 1.0, k), np.sort((gains > 0) * 1.0)[::-1][:k])


def _powers_of_two(scores, gains, k):
    return _ratio(_shown(scores, 2**gains - 1, k), np.sort(2**gains - 1)[::-1][:k])


def _ties_reversed(scores, gains, k):
    return _ratio(gains[np.argsort(scores, kind="stable")[::-1]][:k], np.sort(gains)[::-1][:k])


def _nothing_by_nothing(scores, gains, k):
    return _ratio(_shown(scores, gains, k), np.sort(gains)[::-1][:k]) if gains.any() else float("nan")


def _ndcg_in_lists(scores, gains, k):
    def discounted(order):
        return sum(float(gains[item]) / log2(place + 1) for place, item in enumerate(order[:k], start=1))

    items = range(len(scores))
    best = discounted(sorted(items, key=lambda item: -gains[item]))
    return discounted(sorted(items, key=lambda item: -scores[item])) / best if best else 0


GRADED_NDCG = Problem(
    answer=graded_ndcg,
    title="Not all likes are worth the same",
    objective="compute NDCG@k from its definition, for gains of any size",
    minutes=10,
    difficulty=2,
    make_cases=_ndcg_cases,
    wrong=(
        Wrong(_ideal_not_cut, "The best possible sum goes on below place k. It is the best of lists with k places."),
        Wrong(_ideal_of_the_shown, "The best order is sought among the items shown. A better list may show others."),
        Wrong(_ideal_full, "The best list is taken to hold the largest gain at every place. So many there may not be."),
        Wrong(_not_normalized, "This is the discounted sum. It has not been divided by the best possible one."),
        Wrong(_one_place_lower, "The discount is that of one place lower. The top, place 1, has log2(2) = 1."),
        Wrong(
            _second_place_free, "The second place is not discounted: this is log2(n), with 1 at least. Use log2(n + 1)."
        ),
        Wrong(
            _gain_or_none, "All gains above 0 count the same. An item worth 3 adds three times as much as one worth 1."
        ),
        Wrong(_powers_of_two, "The gains are raised to 2 ** gain - 1, another form of NDCG. Here they count as given."),
        Wrong(
            _ties_reversed, "Equal scores stand in the wrong order. A sort that is reversed reverses its ties as well."
        ),
        Wrong(
            _nothing_by_nothing, "Where no item is worth anything it divides 0 by 0. The docstring says what to return."
        ),
    ),
    variants=(_ndcg_in_lists,),
    hints=(
        "Two sums with the same discounts: the gains in the order of the scores, and in the best order.",
        "NDCG@k = sum of gain(n) / log2(n + 1) over places 1 to k, divided by that of the gains sorted downwards.",
        "discount = 1 / np.log2(np.arange(2, len(scores) + 2)); discount[k:] = 0; np.sort(gains)[::-1] @ discount",
    ),
)

# --- AUC with ties, averaged over users ------------------------------------------------------------------------------


def mean_auc(scores, train, test):
    """AUC with a tie counted as half a pair, averaged over users.

    A user's pairs are made of one item in test and one other item, which is neither in test nor in train. A pair is won
    if the item in test scores higher. Users without a pair are left out of the average; the others count the same.

    Parameters
    ----------
    scores : float array of shape (n_users, n_items)
    train, test : bool arrays of shape (n_users, n_items)
        What each user has. No item of a user is in both, and at least one user has a pair.

    Returns
    -------
    float
    """
    shares = []
    for user in range(len(scores)):
        liked = scores[user, test[user]][:, None]
        other = scores[user, ~test[user] & ~train[user]]
        if liked.size and other.size:
            shares.append(np.mean((liked > other) + (liked == other) / 2))
    return float(np.mean(shares))


def _auc_cases():
    ann = np.zeros((1, 8), dtype=bool)
    ann[0, [2, 6]] = True
    yield Case((_in_order_of_number(8)[None], ann & False, ann), 5 / 12, "Ann's list: likes at places 3 and 7 of eight")
    scores, nothing = np.array([[2.0, 1.0, 1.0, 0.0]] * 2), np.zeros((2, 4), dtype=bool)
    one_each = np.array([[False, True, False, False], [True, False, False, False]])
    yield Case((scores, nothing, one_each), 0.75, "a like that is tied with one of three; a like on top")
    test = np.array([[False, True, False, False], [True, False, True, False]])
    train = np.array([[True, False, False, False], [False, False, False, False]])
    yield Case((scores, train, test), 0.8125, "the best item of the first user is in train")
    only_first = np.array([[True], [False]])
    yield Case((scores, train | ~(test | only_first), test), 0.75, "the second user has nothing else left")
    yield Case((scores, train, test & only_first), 0.75, "the second user has nothing in test")
    yield Case((scores * 0, nothing, test), 0.5, "a model that knows nothing")
    rng = np.random.default_rng(62)
    for number in range(20):
        shape = int(rng.integers(3, 6)), int(rng.integers(4, 10))
        train, test = _some_likes(rng, *shape)
        if number < 8:
            some = rng.permuted(np.tile(np.arange(shape[1]) - 2.5, (shape[0], 1)), axis=1)
            train[:, -1] = test[:, -1] = False  # everybody has another item
            yield Case(
                (some, train, test), _by_the_library(auc_score, some, train, test), "expected: the library's own"
            )
        else:
            some = rng.integers(-2, 3, shape) / 2
            yield Case((some, train, test), _auc_by_ranks(some, train, test), "expected: from mean ranks")


def _auc_by_ranks(scores, train, test):
    """The same from ranks, where equal scores share the mean of their places (Mann and Whitney 1947)."""
    shares = []
    for row, known, wanted in zip(scores, train, test, strict=True):
        ranks, liked = rankdata(row[~known]), wanted[~known]
        n_liked, n_others = int(liked.sum()), int((~liked).sum())
        if n_liked and n_others:
            shares.append((ranks[liked].sum() - n_liked * (n_liked + 1) / 2) / (n_liked * n_others))
    return float(np.mean(shares))


def _pairs(scores, train, test, tie=0.5, others=None):
    """For each user with pairs: how each of them ends."""
    found = []
    for user in range(len(scores)):
        other = ~test[user] & ~train[user] if others is None else others(train[user], test[user])
        liked, other = scores[user, test[user]][:, None], scores[user, other]
        if liked.size and other.size:
            found.append(((liked > other) + tie * (liked == other)).ravel())
    return found


def _mean(shares):
    return float(np.mean(shares)) if len(shares) else 0.5


def _ties_lost(scores, train, test):
    return _mean([pairs.mean() for pairs in _pairs(scores, train, test, tie=0)])


def _ties_won(scores, train, test):
    return _mean([pairs.mean() for pairs in _pairs(scores, train, test, tie=1)])


def _train_competes(scores, train, test):
    return _mean([pairs.mean() for pairs in _pairs(scores, train, test, others=lambda known, liked: ~liked)])


def _likes_compete(scores, train, test):
    return _mean([pairs.mean() for pairs in _pairs(scores, train, test, others=lambda known, liked: ~known)])


def _over_pairs(scores, train, test):
    return _mean(np.concatenate(_pairs(scores, train, test)))


def _over_likes(scores, train, test):
    found = []
    for user in range(len(scores)):
        one = slice(user, user + 1)
        for pairs in _pairs(scores[one], train[one], test[one]):
            found += [pairs.mean()] * int(test[user].sum())
    return _mean(found)


def _half_for_nobody(scores, train, test):
    found = [pairs.mean() for pairs in _pairs(scores, train, test)]
    return _mean(found + [0.5] * (len(scores) - len(found)))


def _by_sorting(scores, train, test):
    places = np.argsort(np.argsort(-scores, axis=1, kind="stable"), axis=1)
    return _mean([pairs.mean() for pairs in _pairs(-places, train, test)])


MEAN_AUC = Problem(
    answer=mean_auc,
    title="Half a pair for a tie",
    objective="count the pairs of AUC, and average over users",
    minutes=12,
    difficulty=2,
    make_cases=_auc_cases,
    wrong=(
        Wrong(_ties_lost, "A tie is lost here, as in the library. The docstring asks for half a pair."),
        Wrong(_ties_won, "A tie is won here: >= stands where > belongs, with a half for equal scores."),
        Wrong(_train_competes, "Items of train are among the others. A user's pairs leave them out."),
        Wrong(_likes_compete, "The others include items in test: likes are compared with one another."),
        Wrong(_over_pairs, "This is the share of all pairs. A user with many counts for more; here users count alike."),
        Wrong(_over_likes, "Each like counts the same here, so a user with many counts for more. Average over users."),
        Wrong(_half_for_nobody, "Users without a pair are given 0.5. They are left out of the average."),
        Wrong(_by_sorting, "Sorting has decided the ties, by the number of the item. Compare the scores themselves."),
    ),
    variants=(_auc_by_ranks,),
    hints=(
        "One user at a time: compare each score in test with each of the others, then average over users.",
        "Of a user: (pairs won + half the pairs tied) / (number of pairs). Skip a user who has no pair.",
        "liked = scores[user, test[user]][:, None]; then liked > other is a table with one row for each like.",
    ),
)

# --- an interval for a difference that weighs users ------------------------------------------------------------------


def paired_interval(a, b, likes, drawn):
    """95% interval of the difference between two models when each like counts the same, by bootstrap over users.

    A user who is drawn twice brings everything twice: both values, and the likes.

    Parameters
    ----------
    a, b : float arrays of shape (n_users,)
        A metric of each user under the two models.
    likes : int array of shape (n_users,)
        How many likes each user has in test, at least 1: the weight of the user in an average.
    drawn : int array of shape (n_draws, n_users)
        For each draw the users that it consists of.

    Returns
    -------
    (float, float)
        The 2.5th and the 97.5th percentile (``np.percentile``) of the average of a - b over all draws.
    """
    total = (likes * (a - b))[drawn].sum(axis=1)
    return tuple(np.percentile(total / likes[drawn].sum(axis=1), [2.5, 97.5]))


def _interval_cases():
    a, b = np.array([0.5, 0.25]), np.array([0.25, 0.5])
    yield Case((a, b, np.array([1, 3]), np.array([[0, 1]])), (-0.125, -0.125), "one draw, everybody once")
    yield Case((a, b, np.array([1, 3]), np.array([[0, 0]])), (0.25, 0.25), "one draw, the same user twice")
    all_draws = np.array([[1, 1], [0, 1], [0, 0]])
    ends = (-0.25 + 0.05 * 0.125, 0.25 - 0.05 * 0.375)
    yield Case((a, b, np.array([1, 3]), all_draws), ends, "differences -0.25, -0.125 and 0.25, one a draw")
    rng = np.random.default_rng(63)
    for number in range(12):
        n_users = int(rng.integers(2, 9))
        likes = rng.integers(1, 12, n_users)
        drawn = rng.integers(n_users, size=(int(rng.integers(20, 60)), n_users))
        a = rng.integers(0, 11, n_users) / 10
        b = np.clip(a + rng.integers(-2, 2, n_users) / 10, 0, 1)
        why = "the metric is always the same, so the model that is ahead is ahead in every draw"
        if number == 0:
            yield Case((np.full(n_users, 0.5), np.full(n_users, 0.25), likes, drawn), (0.25, 0.25), why)
        yield Case((a, b, likes, drawn))


def _weights_forgotten(a, b, likes, drawn):
    return tuple(np.percentile((a - b)[drawn].mean(axis=1), [2.5, 97.5]))


def _weights_of_everybody(a, b, likes, drawn):
    return tuple(np.percentile((likes * (a - b))[drawn].sum(axis=1) / likes.sum(), [2.5, 97.5]))


def _weights_in_place(a, b, likes, drawn):
    return tuple(np.percentile((a - b)[drawn] @ likes / likes.sum(), [2.5, 97.5]))


def _ends_subtracted(a, b, likes, drawn):
    weight = likes[drawn].sum(axis=1)
    (low_a, high_a), (low_b, high_b) = (
        np.percentile((likes * values)[drawn].sum(axis=1) / weight, [2.5, 97.5]) for values in (a, b)
    )
    return low_a - high_b, high_a - low_b


def _ninety_percent(a, b, likes, drawn):
    return tuple(np.percentile((likes * (a - b))[drawn].sum(axis=1) / likes[drawn].sum(axis=1), [5, 95]))


def _b_minus_a(a, b, likes, drawn):
    return tuple(np.percentile((likes * (b - a))[drawn].sum(axis=1) / likes[drawn].sum(axis=1), [2.5, 97.5]))


def _over_draws(a, b, likes, drawn):
    return tuple(np.percentile((likes * (a - b))[drawn].sum(axis=0) / likes[drawn].sum(axis=0), [2.5, 97.5]))


def _of_users(a, b, likes, drawn):
    return tuple(np.percentile((a - b)[drawn], [2.5, 97.5]))


def _one_draw_after_another(a, b, likes, drawn):
    averages = [
        np.average(a[users], weights=likes[users]) - np.average(b[users], weights=likes[users]) for users in drawn
    ]
    return [float(np.quantile(averages, share)) for share in (0.025, 0.975)]


PAIRED_INTERVAL = Problem(
    answer=paired_interval,
    title="Draw users, weigh likes",
    objective="compute a bootstrap interval of a paired difference when users have weights",
    minutes=12,
    difficulty=2,
    make_cases=_interval_cases,
    wrong=(
        Wrong(_weights_forgotten, "Each user counts the same here. Each like should, so a user counts by their likes."),
        Wrong(_weights_of_everybody, "The sum of a draw is divided by the likes of all users, not of those it drew."),
        Wrong(
            _weights_in_place, "The weights have not been drawn along: a drawn user gets the likes of somebody else."
        ),
        Wrong(_ends_subtracted, "Two intervals were subtracted. Subtract user by user first: the draws are shared."),
        Wrong(
            _ninety_percent, "5 in 100 lie beyond each end: this is a 90% interval. Of 95%, half of the rest is 2.5%."
        ),
        Wrong(_b_minus_a, "The difference is b - a; a - b was asked for."),
        Wrong(_over_draws, "The averages run over the draws, one for each column. A draw is a row."),
        Wrong(_of_users, "These are percentiles of single users. Average each draw first."),
    ),
    variants=(_one_draw_after_another,),
    hints=(
        "A draw is a small test of its own: who is in it brings a difference and a weight. Average within the draw.",
        "For one draw: sum of likes · (a - b) over the drawn users, divided by the sum of their likes.",
        "total = (likes * (a - b))[drawn].sum(axis=1), divided by likes[drawn].sum(axis=1); then np.percentile.",
    ),
)

# --- open: three judges ----------------------------------------------------------------------------------------------


def three_judges(n_users, n_items, n_negatives):
    """Two models on which three metrics do not agree.

    Every user has one like in test and nothing in train. A model is told by where it puts the like of each user. Find
    places such that

    - NDCG@10 is higher for the first model, by 0.2 at least;
    - the expected hit rate@10 with `n_negatives` sampled items is higher for the *second*, by 0.1 at least;
    - AUC is higher for the first model, by 0.005 at least.

    The sample comes from the other n_items - 1 items, none twice. A like is a hit if fewer than ten of it stand above.

    Parameters
    ----------
    n_users : int
        At least 50.
    n_items : int
        At least 500.
    n_negatives : int
        At least 30, at most a tenth of the items.

    Returns
    -------
    int array of shape (2, n_users)
        One row a model, one column a user: the rank of the like, 0 for the top and n_items - 1 for the end.
    """
    cut = 10 * n_items / n_negatives  # here ten of the items drawn stand above the like, on average
    ranks = np.zeros((2, n_users), dtype=np.int64)
    ranks[0, n_users // 2 :] = 1.4 * cut
    ranks[1] = 0.8 * cut
    return ranks


NDCG_LEAD, HIT_RATE_LEAD, AUC_LEAD = 0.2, 0.1, 0.005
# The worked answer leads by 0.5 in NDCG, by 0.19 to 0.25 in hit rate and by 0.01 to 0.03 in AUC.


def _judge_cases():
    yield Case((200, 1_000, 99), why="99 negatives from 1,000 items")
    yield Case((200, 20_000, 99), why="99 negatives from 20,000 items")
    yield Case((51, 1_000, 30), why="30 negatives from 1,000 items")
    yield Case((80, 5_000, 60), why="60 negatives from 5,000 items")


def _leads(ranks, n_items, n_negatives):
    """Lead of the first model in NDCG@10, in expected sampled hit rate@10 and in AUC; every user has one like."""
    gain = np.where(ranks < 10, 1 / np.log2(ranks + 2), 0)
    hit = hypergeom.cdf(9, n_items - 1, ranks, n_negatives)
    auc = 1 - ranks / (n_items - 1)
    return [float(values[0].mean() - values[1].mean()) for values in (gain, hit, auc)]


def _judges_required(case, value):
    n_users, n_items, n_negatives = case.arguments
    ranks = numbers(value, (2, n_users))
    if not np.array_equal(ranks, np.floor(ranks)):
        raise Unfit("Its entries are not whole numbers; expected ranks.")
    if ranks.min() < 0 or ranks.max() >= n_items:
        raise Unfit(f"Its ranks go from {ranks.min():.0f} to {ranks.max():.0f}; expected 0 to {n_items - 1}.")
    ndcg, hit_rate, auc = _leads(ranks.astype(np.int64), n_items, n_negatives)
    if ndcg < NDCG_LEAD:
        return (
            f"The first model leads by {ndcg:.3f} in NDCG@10; expected {NDCG_LEAD}. Whose likes are in the first ten?"
        )
    if -hit_rate < HIT_RATE_LEAD:
        return (
            f"The second model leads by {-hit_rate:.3f} in the sampled hit rate; expected {HIT_RATE_LEAD}. "
            "Where in the catalog is its cut?"
        )
    if auc < AUC_LEAD:
        return (
            f"The first model leads by {auc:.4f} in AUC; expected {AUC_LEAD}. "
            "How far down may the likes be that it misses?"
        )
    return None


def _two_places(first, second):
    """Half of the first model's likes on top, the others at one place; all of the second model's at another."""

    def ranks(n_users, n_items, n_negatives):
        places = np.zeros((2, n_users), dtype=np.int64)
        places[0, n_users // 2 :] = min(first(n_items, n_negatives), n_items - 1)
        places[1] = second(n_items, n_negatives)
        return places

    return ranks


_rest_at_the_end = _two_places(lambda n_items, n_negatives: n_items, lambda n_items, n_negatives: 10)
_for_one_catalog = _two_places(lambda n_items, n_negatives: 140, lambda n_items, n_negatives: 80)
_for_one_sample = _two_places(lambda n_items, n_negatives: n_items // 7, lambda n_items, n_negatives: n_items // 12)


def _exchanged(n_users, n_items, n_negatives):
    return three_judges(n_users, n_items, n_negatives)[::-1]


def _all_better(n_users, n_items, n_negatives):
    return np.array([np.zeros(n_users), np.full(n_users, n_items // 2)])


def _places_from_one(n_users, n_items, n_negatives):
    return np.array([np.ones(n_users), np.full(n_users, n_items)])


def _by_lot(n_users, n_items, n_negatives):
    rng = np.random.default_rng(n_users)
    cut = 10 * n_items / n_negatives
    third = n_users // 3
    first = np.concatenate([rng.integers(0, 3, third), rng.uniform(1.1, 1.3, n_users - third) * cut])
    second = rng.uniform(0.85, 0.95, n_users) * cut
    return [first.astype(int).tolist(), second.astype(int).tolist()]


THREE_JUDGES = Problem(
    answer=three_judges,
    title="Open: three judges",
    objective="say where in a ranking NDCG@10, a sampled hit rate and AUC look",
    minutes=20,
    difficulty=3,
    make_cases=_judge_cases,
    requires=(_judges_required,),
    is_open=True,
    wrong=(
        Wrong(_exchanged, "Whose likes are in the first ten?"),
        Wrong(_all_better, "Where in the catalog is its cut?"),
        Wrong(_for_one_catalog, "Where in the catalog is its cut?"),
        Wrong(_for_one_sample, "Where in the catalog is its cut?"),
        Wrong(_rest_at_the_end, "How far down may the likes be that it misses?"),
        Wrong(_places_from_one, "expected 0 to 999"),
    ),
    variants=(_by_lot,),
    hints=(
        "NDCG@10 looks at ten places, the hit rate at all above its cut, AUC at the mean place. Use three zones.",
        "The cut lies near place 10 · n_items / n_negatives. Second model: all likes above it, in no top ten.",
        "First model: half of the likes at 0, the others a little below the cut. Its mean place must be the smaller.",
    ),
)

PROBLEMS = (MEAN_PRECISION, GRADED_NDCG, MEAN_AUC, PAIRED_INTERVAL, THREE_JUDGES)
