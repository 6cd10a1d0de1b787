"""Problems of lesson 05, losses."""

from __future__ import annotations

from math import exp, log

import numpy as np

from recsys_lessons import LightFM
from recsys_lessons.teaching.checks.problem import Case, Problem, Wrong
from recsys_lessons.teaching.checks.properties import hits_at_k, item_lists
from recsys_lessons.teaching.checks.small_data import small_likes

# --- the weight of a WARP update -------------------------------------------------------------------------------------


def warp_weight(n_items, draws):
    """Weight of a WARP update whose violation was found at draw number `draws`.

    Parameters
    ----------
    n_items : int
        Number of items in all, the positive among them.
    draws : int
        How many items were drawn until one violated, at least 1.

    Returns
    -------
    float
        The logarithm of the estimated rank; 0 where that rank is below 2.
    """
    rank = (n_items - 1) // draws
    return log(rank) if rank > 1 else 0.0


def _warp_cases():
    yield Case((4, 1), log(3), "three others, the first one violates")
    yield Case((9, 3), log(2), "8 / 3 is no whole number")
    yield Case((4, 4), 0.0, "more draws than other items")
    yield Case((2, 1), 0.0, "a single other item")
    rng = np.random.default_rng(5)
    for _ in range(20):
        n_items = int(rng.integers(2, 10_000))
        yield Case((n_items, int(rng.integers(1, 2 * n_items))))


def _positive_counted(n_items, draws):
    return log(max(n_items // draws, 1))


def _not_rounded(n_items, draws):
    return log(max((n_items - 1) / draws, 1))


def _rank_itself(n_items, draws):
    return float(max((n_items - 1) // draws, 0))


def _one_added(n_items, draws):
    return log((n_items - 1) // draws + 1)


def _by_maximum(n_items, draws):
    return np.log(np.maximum(np.floor_divide(n_items - 1, draws), 1)).astype(np.float32)


WARP_WEIGHT = Problem(
    answer=warp_weight,
    title="The weight of a WARP update",
    objective="turn the length of WARP's search into the weight of its update",
    minutes=5,
    difficulty=1,
    make_cases=_warp_cases,
    wrong=(
        Wrong(_positive_counted, "The positive is counted among those it is ranked against; these are n_items - 1."),
        Wrong(_not_rounded, "The estimated rank is a whole number: the quotient is rounded down before the logarithm."),
        Wrong(_rank_itself, "This is the estimated rank itself; the weight is its logarithm."),
        Wrong(_one_added, "One is added to the rank before the logarithm. That saves rank 0, and moves all others."),
    ),
    variants=(_by_maximum,),
    hints=(
        "The fewer draws it took to find a violation, the worse the positive probably ranks.",
        "rank = (number of the other items) / draws, rounded down; weight = log(rank), and 0 if the rank is below 2.",
        "rank = (n_items - 1) // draws, then return log(rank) if rank > 1 else 0.0",
    ),
)

# --- WARP's search ---------------------------------------------------------------------------------------------------


def find_violation(scores, positive, liked, drawn):
    """WARP's search for one user: go through the items as they are drawn, until one violates.

    Parameters
    ----------
    scores : float array of shape (n_items,)
        What the model gives each item for this user.
    positive : int
        The liked item that is being trained.
    liked : set of int
        All items the user likes. They are never negatives; a draw that meets one is a draw all the same.
    drawn : int array
        The items in the order in which they are drawn; the search ends with the last.

    Returns
    -------
    (int, int)
        The violating item and the number of draws up to it. Without a violation: -1 and the number of all draws.
    """
    for draws, item in enumerate(drawn, start=1):
        if scores[item] > scores[positive] - 1 and item not in liked:
            return int(item), draws
    return -1, len(drawn)


def _search_cases():
    scores = np.array([2.0, 1.5, 1.0, -1.0, 0.5])
    yield Case((scores, 0, {0}, np.array([3, 1, 2])), (1, 2), "item 1 lies above 2 - 1")
    yield Case((scores, 0, {0}, np.array([2, 3])), (-1, 2), "item 2 lies at exactly 2 - 1")
    yield Case((scores, 0, {0, 1}, np.array([1, 3, 1, 4])), (-1, 4), "item 1 is liked as well")
    yield Case((scores, 4, {4}, np.array([4, 4, 0])), (0, 3), "the positive itself is drawn, twice")
    yield Case((scores, 3, {3}, np.array([], dtype=np.int64)), (-1, 0), "no draw at all")
    rng = np.random.default_rng(6)
    for _ in range(30):
        n_items = int(rng.integers(4, 12))
        liked = {int(item) for item in rng.choice(n_items, size=rng.integers(1, 4), replace=False)}
        some = rng.integers(0, 7, n_items) / 2
        yield Case((some, min(liked), liked, rng.integers(0, n_items, size=rng.integers(1, 9))))


def _liked_not_counted(scores, positive, liked, drawn):
    draws = 0
    for item in drawn:
        if item in liked:
            continue
        draws += 1
        if scores[item] > scores[positive] - 1:
            return int(item), draws
    return -1, len(drawn)


def _liked_may_violate(scores, positive, liked, drawn):
    for draws, item in enumerate(drawn, start=1):
        if scores[item] > scores[positive] - 1 and item != positive:
            return int(item), draws
    return -1, len(drawn)


def _margin_reached(scores, positive, liked, drawn):
    for draws, item in enumerate(drawn, start=1):
        if scores[item] >= scores[positive] - 1 and item not in liked:
            return int(item), draws
    return -1, len(drawn)


def _no_margin(scores, positive, liked, drawn):
    for draws, item in enumerate(drawn, start=1):
        if scores[item] > scores[positive] and item not in liked:
            return int(item), draws
    return -1, len(drawn)


def _from_zero(scores, positive, liked, drawn):
    for draws, item in enumerate(drawn):
        if scores[item] > scores[positive] - 1 and item not in liked:
            return int(item), draws
    return -1, len(drawn)


def _all_at_once(scores, positive, liked, drawn):
    violates = (scores[drawn] > scores[positive] - 1) & ~np.isin(drawn, list(liked))
    if not violates.any():
        return np.array([-1, len(drawn)])
    return np.array([drawn[violates.argmax()], violates.argmax() + 1])


FIND_VIOLATION = Problem(
    answer=find_violation,
    title="WARP's search",
    objective="search for a violation as WARP does, and count what the search costs",
    minutes=10,
    difficulty=2,
    make_cases=_search_cases,
    wrong=(
        Wrong(_liked_not_counted, "A draw that meets a liked item is not counted. It costs a draw like any other."),
        Wrong(_liked_may_violate, "Only the positive itself is spared. No item the user likes is a negative."),
        Wrong(_margin_reached, "An item exactly one below the positive keeps the margin: it is no violation."),
        Wrong(_no_margin, "The margin is missing: an item violates once it is less than 1 below the positive."),
        Wrong(_from_zero, "The draws are counted from 0. The first draw is one draw."),
    ),
    variants=(_all_at_once,),
    hints=(
        "Walk through the draws in order and count each one, whatever it meets.",
        "Item j violates if its score is greater than the positive's minus 1, and the user does not like it.",
        "for draws, item in enumerate(drawn, start=1): if scores[item] > scores[positive] - 1 and ...: return ...",
    ),
)

# --- the gradient of BPR ---------------------------------------------------------------------------------------------


def bpr_gradient(user, positive, negative):
    """Gradient of BPR's loss on one triple, log(1 + exp(-z)) with z = user · positive - user · negative.

    Parameters
    ----------
    user, positive, negative : float arrays of shape (n_components,)
        The three embeddings. There are no biases.

    Returns
    -------
    tuple of three arrays of shape (n_components,)
        The derivatives of the loss with respect to `user`, `positive` and `negative`.
    """
    difference = user @ positive - user @ negative
    slope = -1 / (1 + exp(difference))
    return slope * (positive - negative), slope * user, -slope * user


def _finite_differences(user, positive, negative, step=1e-5):
    """The same by raising and lowering one number at a time."""

    def loss(rows):
        return np.log1p(np.exp(-(rows[0] @ rows[1] - rows[0] @ rows[2])))

    rows = np.array([user, positive, negative], dtype=np.float64)
    gradient = np.zeros_like(rows)
    for place in np.ndindex(*rows.shape):
        moved = np.zeros_like(rows)
        moved[place] = step
        gradient[place] = (loss(rows + moved) - loss(rows - moved)) / (2 * step)
    return tuple(gradient)


def _bpr_cases():
    one, two, three = np.array([1.0, 0.0]), np.array([0.5, 1.0]), np.array([0.5, -1.0])
    yield Case((one, two, three), ([0, -1], [-0.5, 0], [0.5, 0]), "both items score the same, so the slope is -1/2")
    rng = np.random.default_rng(7)
    for n_components in (1, 2, 3, 8):
        for scale in (0.3, 1.5):
            triple = tuple(scale * rng.standard_normal((3, n_components)))
            yield Case(triple, _finite_differences(*triple), "expected: finite differences of the loss")


def _ascent(user, positive, negative):
    return tuple(-part for part in bpr_gradient(user, positive, negative))


def _other_slope(user, positive, negative):
    slope = -1 / (1 + exp(-(user @ positive - user @ negative)))
    return slope * (positive - negative), slope * user, -slope * user


def _negative_forgotten(user, positive, negative):
    slope = -1 / (1 + exp(user @ positive - user @ negative))
    return slope * positive, slope * user, -slope * user


def _both_raised(user, positive, negative):
    slope = -1 / (1 + exp(user @ positive - user @ negative))
    return slope * (positive - negative), slope * user, slope * user


def _no_slope(user, positive, negative):
    return negative - positive, -user, user


def _by_matrix(user, positive, negative):
    away = np.stack([positive - negative, user, -user])
    return (1 / (1 + np.exp(-(user @ (positive - negative)))) - 1) * away


BPR_GRADIENT = Problem(
    answer=bpr_gradient,
    title="The gradient of BPR",
    objective="derive the gradient of BPR from its loss",
    minutes=15,
    difficulty=2,
    make_cases=_bpr_cases,
    wrong=(
        Wrong(_ascent, "The sign is that of the step, which goes against the gradient. The gradient was asked for."),
        Wrong(_other_slope, "The slope is that of a pair in the wrong order: the strength falls as the lead z grows."),
        Wrong(_negative_forgotten, "The user's derivative lacks the negative: the user stands in both products of z."),
        Wrong(_both_raised, "The negative moves as the positive does. z falls when the negative's score rises."),
        Wrong(_no_slope, "This is the gradient of -z. The chain rule asks for the slope of log(1 + exp(-z)) besides."),
    ),
    variants=(_by_matrix,),
    hints=(
        "Two steps of the chain rule: how the loss changes with z, and how z changes with each embedding.",
        "dL/dz = -1 / (1 + exp(z)); dz/duser = positive - negative, dz/dpositive = user, dz/dnegative = -user.",
        "slope = -1 / (1 + exp(user @ positive - user @ negative)); return slope * (positive - negative), ...",
    ),
    tolerance=1e-5,
)

# --- how far WARP's estimate lies off --------------------------------------------------------------------------------


def mean_estimate(n_items, n_violating, max_sampled):
    """Mean of WARP's estimated rank over all searches that find a violation.

    Each draw takes one of the `n_items - 1` other items, all equally likely, with replacement; `n_violating` of them
    violate. The search gives up after `max_sampled` draws.

    Parameters
    ----------
    n_items, n_violating, max_sampled : int
        At least one item violates.

    Returns
    -------
    float
    """
    share = n_violating / (n_items - 1)
    draws = np.arange(1, max_sampled + 1)
    probability = (1 - share) ** (draws - 1) * share
    return float(probability @ ((n_items - 1) // draws) / probability.sum())


def _estimate_cases():
    yield Case((3, 1, 2), 5 / 3, "found at once: (1/2) · 2, at the second draw: (1/4) · 1, divided by 3/4")
    yield Case((5, 4, 10), 4.0, "all others violate")
    yield Case((101, 10, 1), 100.0, "a single draw")
    rng = np.random.default_rng(8)
    for _ in range(12):
        n_items = int(rng.integers(3, 2_000))
        yield Case((n_items, int(rng.integers(1, n_items)), int(rng.integers(1, 60))))


def _unfound_kept(n_items, n_violating, max_sampled):
    share = n_violating / (n_items - 1)
    draws = np.arange(1, max_sampled + 1)
    return float(((1 - share) ** (draws - 1) * share) @ ((n_items - 1) // draws))


def _of_mean_draws(n_items, n_violating, max_sampled):
    share = n_violating / (n_items - 1)
    draws = np.arange(1, max_sampled + 1)
    probability = (1 - share) ** (draws - 1) * share
    return float((n_items - 1) // (probability @ draws / probability.sum()))


def _rank_not_rounded(n_items, n_violating, max_sampled):
    share = n_violating / (n_items - 1)
    draws = np.arange(1, max_sampled + 1)
    probability = (1 - share) ** (draws - 1) * share
    return float(probability @ ((n_items - 1) / draws) / probability.sum())


def _all_equally(n_items, n_violating, max_sampled):
    return float(np.mean((n_items - 1) // np.arange(1, max_sampled + 1)))


def _draw_by_draw(n_items, n_violating, max_sampled):
    others = n_items - 1
    still_searching, mean = 1.0, 0.0
    for draw in range(1, max_sampled + 1):
        found_now = still_searching * n_violating / others
        mean += found_now * (others // draw)
        still_searching -= found_now
    return mean / (1 - still_searching)


MEAN_ESTIMATE = Problem(
    answer=mean_estimate,
    title="How far WARP's estimate lies off",
    objective="compute the bias of WARP's rank estimate instead of simulating it",
    minutes=15,
    difficulty=3,
    make_cases=_estimate_cases,
    wrong=(
        Wrong(_unfound_kept, "Searches that find nothing are part of the mean, as a rank of 0. It is over the others."),
        Wrong(_of_mean_draws, "This is the rank at the mean number of draws. The mean of the ranks is another number."),
        Wrong(_rank_not_rounded, "WARP rounds the rank of each search down, before the mean is taken."),
        Wrong(_all_equally, "All numbers of draws count the same. An early end is likelier than a late one."),
    ),
    variants=(_draw_by_draw,),
    hints=(
        "The number of draws is random. Ask how likely each is, and what rank it leads to.",
        "P(found at draw N) = (1 - p)^(N - 1) · p with p = n_violating / (n_items - 1). Divide by the sum over all N.",
        "draws = np.arange(1, max_sampled + 1); probability = ...; return probability @ ((n_items - 1) // draws) / ...",
    ),
)

# --- open: five films ------------------------------------------------------------------------------------------------


def five_films(train):
    """Five films for each user, for the top of a page: none that the user has in `train`.

    Parameters
    ----------
    train : float32 COO matrix of shape (n_users, n_films)
        A 1 for each like.

    Returns
    -------
    int array of shape (n_users, 5)
        Numbers of films, best first.
    """
    model = LightFM(loss="warp", no_components=16, random_state=0)
    model.fit(train, epochs=30)
    films, _ = model.recommend(np.arange(train.shape[0]), n=5, exclude=train)
    return films


FIVE_FILMS_BAR = 0.105  # five seeds: WARP .117-.121, k-OS .099-.107, BPR .081-.090, popularity .072


def _five_cases():
    yield Case((small_likes().train,), why="435 users, 656 films; five likes of each are held out")


def _five_required(case, value):
    (train,) = case.arguments
    lists = item_lists(value, (train.shape[0], 5), train.shape[1])
    known = np.count_nonzero(hits_at_k(lists, train))
    if known:
        return f"The lists of {known} users hold films they have in train."
    precision = hits_at_k(lists, small_likes().test).mean()
    if precision < FIVE_FILMS_BAR:
        told = f"Precision@5 is {precision:.3f}; the bar is {FIVE_FILMS_BAR}."
        if precision > 0.1:
            return f"{told} You are close: how many epochs, how many components, which seed?"
        return f"{told} Which loss works on the top of a list?"
    return None


def _trained(train, **settings):
    return LightFM(no_components=16, random_state=0, **settings).fit(train, epochs=30)


def _five_by(loss):
    def five(train):
        films, _ = _trained(train, loss=loss).recommend(np.arange(train.shape[0]), n=5, exclude=train)
        return films

    return five


def _known_kept(train):
    return _trained(train, loss="warp").recommend(np.arange(train.shape[0]), n=5)[0]


def _most_popular(train):
    order = np.argsort(-np.asarray(train.sum(axis=0)).ravel(), kind="stable")
    likes = train.tocsr()
    return np.array([[film for film in order if not likes[user, film]][:5] for user in range(train.shape[0])])


def _ten_films(train):
    return _trained(train, loss="warp").recommend(np.arange(train.shape[0]), n=10, exclude=train)[0]


def _average_of_three(train):
    users, films = train.shape
    scores = np.zeros(train.shape)
    for seed in range(3):
        model = LightFM(loss="warp-kos", no_components=16, random_state=seed).fit(train, epochs=30)
        for user in range(users):
            scores[user] += model.predict(user, np.arange(films))
    scores[train.toarray() > 0] = -np.inf
    return np.argsort(-scores, axis=1)[:, :5].tolist()


FIVE_FILMS = Problem(
    answer=five_films,
    title="Open: the top of a page",
    objective="choose a loss for the top of a list, and beat popularity on likes you have not seen",
    minutes=20,
    difficulty=3,
    make_cases=_five_cases,
    requires=(_five_required,),
    is_open=True,
    wrong=(
        Wrong(_known_kept, "hold films they have in train"),
        Wrong(_five_by("logistic"), "Which loss works on the top of a list?"),
        Wrong(_five_by("bpr"), "Which loss works on the top of a list?"),
        Wrong(_most_popular, "Which loss works on the top of a list?"),
        Wrong(_ten_films, "expected (435, 5)"),
    ),
    variants=(_average_of_three,),
    hints=(
        "One loss looks for the films that stand wrongly above a like, and steps hardest for those near the bottom.",
        'LightFM(loss="warp", ...), some 30 epochs, then recommend; it leaves out what `exclude` holds.',
        "model.recommend(np.arange(train.shape[0]), n=5, exclude=train) returns films and scores.",
    ),
)

PROBLEMS = (WARP_WEIGHT, FIND_VIOLATION, BPR_GRADIENT, MEAN_ESTIMATE, FIVE_FILMS)
