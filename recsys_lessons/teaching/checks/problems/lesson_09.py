"""Problems of lesson 09, the front page of a news site."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from recsys_lessons import LightFM
from recsys_lessons.teaching.checks.problem import Case, Problem, Wrong
from recsys_lessons.teaching.checks.properties import item_lists
from recsys_lessons.teaching.checks.small_data import small_news

# --- who may stand in the feed ---------------------------------------------------------------------------------------


def may_stand(published, readers, articles, times, moment, max_age, n_readers):
    """Which articles may stand in whose feed at a moment: those that are out, fresh, and not shown to the reader yet.

    An article that comes out at `moment` is out; one of age `max_age` or more is no longer fresh. What is shown at
    `moment` or later is not known yet.

    Parameters
    ----------
    published : int array of shape (n_articles,)
        When each article comes out, in seconds.
    readers, articles, times : int arrays of shape (n_showings,)
        Who was shown what, and when; in any order, the same pair more than once. The log goes on after `moment`.
    moment, max_age : int
        In seconds.
    n_readers : int

    Returns
    -------
    bool array of shape (n_readers, n_articles)
    """
    is_fresh = (published <= moment) & (moment - published < max_age)
    before = times < moment
    was_shown = np.zeros((n_readers, len(published)), dtype=bool)
    was_shown[readers[before], articles[before]] = True
    return is_fresh & ~was_shown


def _stand_cases():
    published = np.array([0, 40, 60, 100, 101])
    log = np.array([0, 0, 1]), np.array([2, 3, 1]), np.array([70, 100, 99])
    why = "at 100 article 3 comes out, 4 is not out yet, and 1 is 60 old; reader 0 was shown 2 at 70 and gets 3 at 100"
    expected = [[False, False, False, True, False], [False, False, True, True, False]]
    yield Case((published, *log, 100, 60, 2), expected, why)
    longer = [[False, True, False, True, False], [False, False, True, True, False]]
    yield Case((published, *log, 100, 61, 2), longer, "the same, with one second more for age")
    none = np.array([], dtype=np.int64)
    yield Case((published[:2], none, none, none, 10, 60, 1), [[True, False]], "an empty log")
    again = np.array([0, 0]), np.array([1, 1]), np.array([90, 20])
    yield Case(
        (published[:3], *again, 80, 60, 1), [[False, False, True]], "shown before and after the moment, log unsorted"
    )
    rng = np.random.default_rng(91)
    for _ in range(15):
        n_readers, n_articles, n_showings = (int(n) for n in rng.integers(2, 8, 3))
        drawn = rng.integers(0, n_readers, n_showings), rng.integers(0, n_articles, n_showings)
        out = np.sort(rng.integers(0, 30, n_articles))
        yield Case((out, *drawn, rng.integers(5, 35, n_showings), 20, int(rng.integers(5, 20)), n_readers))


def _stand_by(fresh=None, counted=lambda times, moment: times < moment, whose="own"):
    def may(published, readers, articles, times, moment, max_age, n_readers):
        age = moment - published
        is_fresh = (age >= 0) & (age < max_age) if fresh is None else fresh(age, max_age)
        before = counted(times, moment)
        was_shown = np.zeros((n_readers, len(published)), dtype=bool)
        was_shown[readers[before] if whose == "own" else slice(None), articles[before]] = True
        return is_fresh & ~was_shown

    return may


def _article_by_article(published, readers, articles, times, moment, max_age, n_readers):
    shown = {(int(u), int(i)) for u, i, time in zip(readers, articles, times, strict=True) if time < moment}
    oldest = moment - max_age + 1
    return [
        [int(oldest <= out <= moment and (reader, article) not in shown) for article, out in enumerate(published)]
        for reader in range(n_readers)
    ]


MAY_STAND = Problem(
    answer=may_stand,
    title="Who competes tonight",
    objective="choose the candidates of a moment without a look into the future",
    minutes=8,
    difficulty=1,
    make_cases=_stand_cases,
    wrong=(
        Wrong(
            _stand_by(fresh=lambda age, max_age: age < max_age),
            "Articles that are not out yet compete. Their age is negative, so they are young enough.",
        ),
        Wrong(
            _stand_by(counted=lambda times, moment: times == times),
            "What will be shown later is left out, too. At the moment of the feed nobody knows it.",
        ),
        Wrong(
            _stand_by(counted=lambda times, moment: times <= moment),
            "What is shown at the moment itself counts as shown before. It is this feed.",
        ),
        Wrong(
            _stand_by(fresh=lambda age, max_age: (age >= 0) & (age <= max_age)),
            "An article exactly as old as `max_age` is no longer fresh.",
        ),
        Wrong(
            _stand_by(fresh=lambda age, max_age: (age > 0) & (age < max_age)),
            "An article that comes out at the moment itself is out.",
        ),
        Wrong(_stand_by(whose="all"), "What one reader was shown is taken away from all of them."),
    ),
    variants=(_article_by_article,),
    hints=(
        "Two masks: one over articles, by their age, and one over pairs of reader and article, by the log so far.",
        "0 <= moment - published < max_age; and shown with times < moment.",
        "was_shown = np.zeros((n_readers, len(published)), dtype=bool); was_shown[readers[before], ...] = True",
    ),
)

# --- clicks per look -------------------------------------------------------------------------------------------------


def clicks_per_look(articles, positions, clicked, looks, n_articles):
    """Clicks of each article for a showing that is looked at: every click counts for those who did not look.

    A click at a position counts for ``1 / looks[position]`` clicks; their sum is divided by the number of showings. A
    position that nobody looks at tells nothing: its showings are left out, in both.

    Parameters
    ----------
    articles, positions : int arrays of shape (n_showings,)
        What was shown, and where; 0 is the top.
    clicked : bool array of shape (n_showings,)
    looks : float array of shape (n_positions,)
        The chance that a reader looks at a position; it may be 0.
    n_articles : int

    Returns
    -------
    float array of shape (n_articles,)
        NaN for an article that was never shown where somebody looks. Small samples may exceed 1.
    """
    seen = looks[positions] > 0
    shown_at, weight = articles[seen], clicked[seen] / looks[positions[seen]]
    worth = np.bincount(shown_at, weights=weight, minlength=n_articles)
    showings = np.bincount(shown_at, minlength=n_articles)
    return np.where(showings > 0, worth / np.maximum(showings, 1), np.nan)


def _look_cases():
    looks = np.array([1.0, 0.5, 0.25, 0.0])
    storm = np.array([0, 0, 0, 0]), np.array([0, 0, 0, 0]), np.array([True, False, True, False])
    budget = np.array([1, 1, 1, 1]), np.array([1, 1, 2, 2]), np.array([False, True, False, False])
    both = tuple(np.concatenate(pair) for pair in zip(storm, budget, strict=True))
    yield Case((*both, looks, 2), [0.5, 0.5], "two of four at the top; one of four further down, where half look")
    mixed = np.array([0, 0, 0]), np.array([0, 2, 2]), np.array([True, True, False])
    yield Case((*mixed, looks, 1), [5 / 3], "a click at the top and one where a quarter looks, of three showings")
    hidden = np.array([0, 0, 1, 1]), np.array([0, 3, 3, 3]), np.array([True, False, False, False])
    yield Case((*hidden, looks, 3), [1, np.nan, np.nan], "places nobody looks at; article 2 is never shown")
    none = np.array([], dtype=np.int64)
    yield Case((none, none, none.astype(bool), looks, 2), [np.nan, np.nan], "nothing was shown")
    nobody = np.array([0, 1, 1]), np.array([1, 1, 0]), np.array([False, False, False])
    yield Case((*nobody, looks, 2), [0, 0], "shown, and never clicked")
    rng = np.random.default_rng(92)
    for _ in range(15):
        n_showings, n_positions, n_articles = int(rng.integers(4, 25)), int(rng.integers(2, 5)), int(rng.integers(2, 5))
        chances = np.round((1 + np.arange(n_positions)) ** -rng.uniform(0.3, 1.5), 2) * (rng.random(n_positions) < 0.85)
        places = rng.integers(0, n_positions, n_showings)
        clicks = rng.random(n_showings) < 0.6 * chances[places]
        yield Case((rng.integers(0, n_articles, n_showings), places, clicks, chances, n_articles))


def _rate_by(weight=lambda look: 1 / look, showings=lambda look: 1.0 * (look > 0), never=np.nan, first=0):
    """Sums of `weight` over clicks and of `showings` over showings, and their quotient."""

    def rates(articles, positions, clicked, looks, n_articles):
        look = looks[positions - first]
        counted = np.where(clicked & (look > 0), weight(np.where(look > 0, look, 1)), 0.0)
        above = np.bincount(articles, weights=counted, minlength=n_articles)
        below = np.bincount(articles, weights=showings(look), minlength=n_articles)
        return np.where(below > 0, above / np.where(below > 0, below, 1), never)

    return rates


def _by_positions(articles, positions, clicked, looks, n_articles):
    """The mean over positions of the corrected rates there: each position counts the same."""
    rates = []
    for article in range(n_articles):
        here = [
            clicked[(articles == article) & (positions == place)].mean() / looks[place]
            for place in range(len(looks))
            if looks[place] > 0 and ((articles == article) & (positions == place)).any()
        ]
        rates.append(np.mean(here) if here else np.nan)
    return np.array(rates)


def _showing_by_showing(articles, positions, clicked, looks, n_articles):
    counted = [[] for _ in range(n_articles)]
    for article, place, click in zip(articles, positions, clicked, strict=True):
        if looks[place]:
            counted[article].append(click / looks[place])
    return np.array([sum(own) / len(own) if own else np.nan for own in counted], dtype=np.float32)


CLICKS_PER_LOOK = Problem(
    answer=clicks_per_look,
    title="Clicks for those who looked",
    objective="correct a click log for where things stood",
    minutes=10,
    difficulty=2,
    make_cases=_look_cases,
    wrong=(
        Wrong(
            _rate_by(weight=lambda look: 1.0 + 0 * look), "This is the click-through rate, wherever an article stood."
        ),
        Wrong(
            _rate_by(weight=lambda look: 1.0 + 0 * look, showings=lambda look: look),
            "All clicks are divided by all looks. That is a fair estimate, but here each click is weighed by its own.",
        ),
        Wrong(
            _rate_by(showings=lambda look: 1.0 + 0 * look),
            "Showings where nobody looks are counted. They tell nothing.",
        ),
        Wrong(_rate_by(never=0.0), "An article that was never looked at gets 0. Nothing is known of it."),
        Wrong(_rate_by(first=1), "Positions are counted from 1. Here 0 is the top."),
        Wrong(_rate_by(weight=lambda look: look), "A click counts for less where few look. It has to count for more."),
        Wrong(
            _by_positions, "The rates of the positions are averaged. Each showing counts the same, not each position."
        ),
    ),
    variants=(_showing_by_showing,),
    hints=(
        "A click where half of the readers look stands for two: one that was seen, one that would have been.",
        "sum of clicked / look over the article's showings, divided by their number; only where look > 0.",
        "np.bincount(articles[seen], weights=clicked[seen] / looks[positions[seen]], minlength=n_articles) / ...",
    ),
    tolerance=1e-5,
)

# --- what an article is worth now ------------------------------------------------------------------------------------


def worth_now(published, articles, times, clicked, moment, half_life, prior):
    """The chance that a showing of each article is clicked at a moment, from what was clicked before.

    An article's freshness is 1 when it comes out and halves every `half_life` seconds. Its appeal is its clicks before
    `moment`, divided by the sum of the freshness that its showings before `moment` had; to both numbers comes one
    imagined showing of a fresh article with a chance of `prior`. The chance now is the appeal times the freshness at
    `moment`.

    Parameters
    ----------
    published : int array of shape (n_articles,)
        When each article comes out, in seconds.
    articles, times : int arrays of shape (n_showings,)
        What was shown, and when; in any order. The log goes on after `moment`.
    clicked : bool array of shape (n_showings,)
    moment : int
    half_life, prior : float

    Returns
    -------
    float array of shape (n_articles,)
        0 for an article that comes out after `moment`.
    """
    n_articles, before = len(published), times < moment
    shown_at = articles[before]
    freshness = 0.5 ** ((times[before] - published[shown_at]) / half_life)
    clicks = np.bincount(shown_at, weights=clicked[before], minlength=n_articles)
    looks = np.bincount(shown_at, weights=freshness, minlength=n_articles)
    age = moment - published
    return np.where(age >= 0, (clicks + prior) / (looks + 1) * 0.5 ** (np.maximum(age, 0) / half_life), 0)


def _worth_cases():
    published = np.array([0, 100, 200, 201])
    old = np.array([0, 0, 0]), np.array([100, 100, 100]), np.array([True, True, False])
    new = np.array([1, 1, 0]), np.array([100, 150, 200]), np.array([True, False, True])
    log = tuple(np.concatenate(pair) for pair in zip(old, new, strict=True))
    # Article 0: (2 + 1/4) / (3/2 + 1) · 1/4; article 1, with half lives of 100: (1 + 1/4) / (1 + 1/√2 + 1) · 1/2.
    expected = [0.9 / 4, 1.25 / (2 + 2**-0.5) / 2, 0.25, 0]
    why = "article 0 is clicked at 200 as well; 2 comes out at 200, never shown; 3 is not out yet"
    yield Case((published, *log, 200, 100.0, 0.25), expected, why)
    none = np.array([], dtype=np.int64)
    yield Case((published, none, none, none.astype(bool), 200, 100.0, 0.5), [0.125, 0.25, 0.5, 0], "an empty log")
    same = np.array([0, 0, 1, 1]), np.array([0, 0, 200, 200]), np.array([True, False, True, False])
    yield Case((np.array([0, 0]), *same, 300, 100.0, 0.0), [1 / 24, 1 / 12], "a click of two, when fresh and when old")
    rng = np.random.default_rng(93)
    for _ in range(15):
        n_articles, n_showings = int(rng.integers(2, 5)), int(rng.integers(0, 12))
        out = np.sort(rng.integers(0, 250, n_articles))
        shown = rng.integers(0, n_articles, n_showings)
        at = out[shown] + rng.integers(0, 120, n_showings)
        log = shown, at, rng.random(n_showings) < 0.4
        yield Case((out, *log, 200, float(rng.integers(20, 150)), float(rng.integers(0, 5) / 8)))


def _worth_by(
    base=0.5,
    counted=lambda times, moment: times < moment,
    click_weight=lambda fresh: np.ones_like(fresh),
    look_weight=lambda fresh: fresh,
    now=lambda age, fresh: np.where(age >= 0, fresh, 0),
    with_prior=True,
):
    def worth(published, articles, times, clicked, moment, half_life, prior):
        before = counted(times, moment)
        own, n_articles = articles[before], len(published)
        fresh = base ** ((times[before] - published[own]) / half_life)
        clicks = np.bincount(own, weights=clicked[before] * click_weight(fresh), minlength=n_articles)
        looks = np.bincount(own, weights=look_weight(fresh), minlength=n_articles)
        age = moment - published
        appeal = (clicks + prior) / (looks + 1) if with_prior else clicks / np.maximum(looks, 1e-9)
        return appeal * now(age, base ** (age / half_life))

    return worth


def _showings_in_turn(published, articles, times, clicked, moment, half_life, prior):
    answer = []
    for article, out in enumerate(published):
        clicks, looks = prior, 1.0
        for other, time, click in zip(articles, times, clicked, strict=True):
            if other == article and time < moment:
                clicks += float(click)
                looks += 2.0 ** (-(time - out) / half_life)
        answer.append(float(clicks / looks * 2.0 ** (-(moment - out) / half_life)) if out <= moment else 0.0)
    return answer


WORTH_NOW = Problem(
    answer=worth_now,
    title="What is it worth now?",
    objective="give popularity a clock",
    minutes=15,
    difficulty=2,
    make_cases=_worth_cases,
    wrong=(
        Wrong(
            _worth_by(counted=lambda times, moment: times == times),
            "Clicks from after the moment are counted. That is the future.",
        ),
        Wrong(
            _worth_by(counted=lambda times, moment: times <= moment),
            "What happens at the moment itself is counted. Only what was before it is known.",
        ),
        Wrong(
            _worth_by(look_weight=np.ones_like),
            "All showings weigh the same. One of an old article had less of a chance; the old are made to pay for it.",
        ),
        Wrong(
            _worth_by(now=lambda age, fresh: 1.0 * (age >= 0)),
            "This is the appeal of a fresh article. How old is it at the moment?",
        ),
        Wrong(
            _worth_by(click_weight=lambda fresh: fresh),
            "A click counts less where the article was old. That it was old stands in the sum of showings already.",
        ),
        Wrong(_worth_by(base=np.exp(-1)), "After a half-life 0.37 is left. It should be a half."),
        Wrong(_worth_by(now=lambda age, fresh: fresh), "An article that is not out yet has a chance. It is 0."),
        Wrong(_worth_by(with_prior=False), "The imagined showing is missing, in the clicks or in the looks."),
    ),
    variants=(_showings_in_turn,),
    hints=(
        "Two clocks: how old the article was when it was shown, and how old it is at the moment.",
        "(clicks + prior) / (sum of 0.5^(age at showing / half_life) + 1) · 0.5^(age now / half_life)",
        "freshness = 0.5 ** ((times[before] - published[articles[before]]) / half_life); np.bincount(..., freshness)",
    ),
)

# --- the share of an oracle ------------------------------------------------------------------------------------------


def share_of_oracle(lists, candidates, chances, looks):
    """Expected clicks of each reader's list as a share of the best list there is, averaged over readers.

    A place earns the chance of the article that stands there times the chance of a look. The oracle fills the places
    with the best of the reader's candidates, the best one on top; with too few of them, its last places are empty.
    Readers whose oracle earns nothing are left out.

    Parameters
    ----------
    lists : int array of shape (n_readers, n_places)
        Numbers of articles, no article twice; -1 is an empty place, which earns nothing. So does an article that is no
        candidate.
    candidates : bool array of shape (n_readers, n_articles)
        The candidates of each reader.
    chances : float array of shape (n_readers, n_articles)
        The true chance of a click when the article is looked at.
    looks : float array of shape (n_places,)
        Falling.

    Returns
    -------
    float
        NaN if there is no reader whose oracle earns anything.
    """
    worth = np.where(candidates, chances, 0)
    own = np.where(lists >= 0, np.take_along_axis(worth, np.maximum(lists, 0), axis=1), 0) @ looks
    best = -np.sort(-worth, axis=1)[:, : len(looks)]
    best = best @ looks[: best.shape[1]]
    earns = best > 0
    return np.mean(own[earns] / best[earns]) if earns.any() else np.nan


def _oracle_cases():
    looks = np.array([1.0, 0.5])
    chances = np.array([[0.5, 0.25, 1.0], [0.25, 0.0, 0.5]])
    free = np.ones((2, 3), dtype=bool)
    lists = np.array([[0, 1], [2, 0]])
    yield Case(
        (lists, free, chances, looks), 0.75, "reader 0: (1/2 + 1/8) of (1 + 1/4); reader 1 has the oracle's list"
    )
    fewer = np.array([[True, True, False], [True, True, True]])
    yield Case((lists, fewer, chances, looks), 1.0, "for reader 0 article 2, the best one, is no candidate")
    taken = np.array([[2, 0], [2, 0]])
    yield Case((taken, fewer, chances, looks), 0.7, "reader 0 gets article 2, which is no candidate: 1/4 of 5/8")
    empty = np.array([[1, -1], [2, 0]])
    yield Case((empty, free, chances, looks), 0.6, "an empty place: 1/4 of 5/4, not the last article")
    nothing = np.array([[True, True, True], [False, True, False]])
    yield Case((lists, nothing, chances, looks), 0.5, "the second reader's oracle earns nothing")
    yield Case((lists, ~free, chances, looks), np.nan, "nobody has a candidate")
    long = np.array([[1, 2, 0, -1]])
    yield Case((long, free[:1], chances[:1], np.array([1.0, 0.5, 0.25, 0.25])), 2 / 3, "four places, three articles")
    rng = np.random.default_rng(94)
    for _ in range(20):
        n_readers, n_articles, n_places = int(rng.integers(2, 5)), int(rng.integers(3, 7)), int(rng.integers(1, 6))
        lists = np.array([rng.permutation(n_articles) for _ in range(n_readers)])[:, :n_places]
        lists = np.pad(lists, ((0, 0), (0, n_places - lists.shape[1])), constant_values=-1)
        lists[rng.random(lists.shape) < 0.15] = -1
        stands = rng.random((n_readers, n_articles)) < rng.choice([0, 0.5, 0.9], n_readers, p=[0.2, 0.4, 0.4])[:, None]
        some = rng.integers(0, 5, (n_readers, n_articles)) / 8
        yield Case((lists, stands, some, (1 + np.arange(n_places)) ** -0.7))


def _earned(worth, lists, looks):
    return np.where(lists >= 0, np.take_along_axis(worth, np.maximum(lists, 0), axis=1), 0) @ looks


def _best_of(worth, looks):
    best = -np.sort(-worth, axis=1)[:, : len(looks)]
    return best @ looks[: best.shape[1]]


def _share_by(own=_earned, best=_best_of, total="ratios", oracle_from="candidates", paid="candidates"):
    def share(lists, candidates, chances, looks):
        worth = np.where(candidates, chances, 0)
        mine = own(worth if paid == "candidates" else chances, lists, looks)
        top = best(worth if oracle_from == "candidates" else chances, looks)
        earns = top > 0
        if total == "sums":
            return mine.sum() / top.sum() if earns.any() else np.nan
        if total == "all":
            return float(np.mean(np.where(earns, mine / np.where(earns, top, 1), 0)))
        return np.mean(mine[earns] / top[earns]) if earns.any() else np.nan

    return share


def _last_article(worth, lists, looks):
    return np.take_along_axis(worth, lists, axis=1) @ looks


def _every_place(worth, lists, looks):
    return _earned(worth, lists, np.ones_like(looks))


def _first_candidates(worth, looks):
    return np.sort(worth, axis=1)[:, -len(looks) :] @ looks[: worth.shape[1]]


def _reader_by_reader(lists, candidates, chances, looks):
    shares = []
    for own, stands, chance in zip(lists, candidates, chances, strict=True):
        best = sum(c * look for c, look in zip(sorted(chance[stands], reverse=True), looks, strict=False))
        if best > 0:
            earned = sum(chance[i] * look for i, look in zip(own, looks, strict=True) if i >= 0 and stands[i])
            shares.append(earned / best)
    return float(np.mean(shares)) if shares else float("nan")


SHARE_OF_ORACLE = Problem(
    answer=share_of_oracle,
    title="What share of the possible?",
    objective="compare a list with the best list that the same candidates allow",
    minutes=15,
    difficulty=2,
    make_cases=_oracle_cases,
    wrong=(
        Wrong(_share_by(total="sums"), "Sums over all readers are divided. Here each reader's share counts the same."),
        Wrong(
            _share_by(oracle_from="all"),
            "The oracle chooses from all articles. It gets the same candidates as the list.",
        ),
        Wrong(_share_by(paid="all"), "An article that is no candidate earns something in the list."),
        Wrong(
            _share_by(own=_last_article), "An empty place earns what the last article would: -1 counts from the end."
        ),
        Wrong(
            _share_by(total="all"),
            "A reader whose oracle earns nothing counts as 0. There is nothing to have a share of.",
        ),
        Wrong(
            _share_by(own=_every_place, best=lambda worth, looks: _best_of(worth, np.ones_like(looks))),
            "Looks are missing: all places earn alike.",
        ),
        Wrong(_share_by(best=_first_candidates), "The oracle's best article stands at the bottom of its list."),
    ),
    variants=(_reader_by_reader,),
    hints=(
        "Set the chance of everything that is no candidate to 0 first. Then both lists are paid from the same table.",
        "share = sum(worth of place · look) / sum(sorted worth, best first, · look), then the mean over readers.",
        "np.take_along_axis(worth, np.maximum(lists, 0), axis=1), 0 where lists < 0; -np.sort(-worth, axis=1)[:, :n]",
    ),
)

# --- open: the same five for everybody -------------------------------------------------------------------------------


def feeds(seen, article_features, reader_features, known, fresh):
    """Five articles for each reader on Wednesday morning: fresh ones that the reader was not shown yet.

    Parameters
    ----------
    seen : float32 COO matrix of shape (n_readers, n_articles)
        What each reader was shown before Monday: 1 if it was clicked, -1 if not.
    article_features : float32 CSR matrix of shape (n_articles, n_article_features)
        A 1 for topic, author and length of each article.
    reader_features : float32 CSR matrix of shape (n_readers, n_reader_features)
        A 1 for region, age band and each chosen topic of a reader.
    known : bool CSR matrix of shape (n_readers, n_articles)
        What each reader was shown before Wednesday.
    fresh : int array
        Articles published in the day before. None of them is in `seen`; every reader has at least ten of them left.

    Returns
    -------
    int array of shape (n_readers, 5)
        Numbers of articles, best first.
    """
    n_readers, n_articles = seen.shape
    is_old = seen.getnnz(axis=0) > 0
    articles = sp.hstack([sp.identity(n_articles), article_features], format="csr")
    blank = sp.hstack([sp.diags(is_old, dtype=np.float32), article_features], format="csr")
    readers = sp.hstack([sp.identity(n_readers), reader_features], format="csr")
    # Logistic needs the skips: clicks alone tell it that everything is clicked.
    model = LightFM(loss="logistic", no_components=16, random_state=0)
    model.fit(seen, item_features=articles, user_features=readers, epochs=5)
    asked = {"item_features": blank, "user_features": readers}
    return model.recommend(np.arange(n_readers), n=5, exclude=known, items=fresh, **asked)[0]


# Share of the oracle's expected clicks / articles named, of 65, lowest and highest of ten seeds (five where the model
# is not the point). Logistic on clicks, everything else as in the worked answer, .433-.574 / 16-20, its biases set to
# zero .449-.559 / 15-23, 20 epochs .459-.576 / 17-21; shown most .495 / 30; lots .440-.452 / 65; BPR on identities
# .433-.460 / 65; without what readers told, logistic on both .704-.712 / 62-63, BPR .653-.665 / 62-64. Logistic on
# both .747-.762 / 63-65, after 20 epochs .734-.745 / 64-65; BPR on clicks .727-.743 / 64-65, with skips beside them
# .719-.746 / 54-63; the ranks of the two added up .740-.749 / 64-65; WARP .701-.751 / 55-64; k-OS .676-.701 / 50-57.
# Without a model: click rates by topic and author of the groups a reader belongs to, moved by the reader's own,
# .721 / 65. The oracle names 58.
SHARE_BAR, NAMED_BAR = 0.718, 60


def _feeds_cases():
    news = small_news()
    why = "535 readers, 65 fresh articles; the true chances of Wednesday are held out"
    yield Case((news.seen, news.article_features, news.reader_features, news.known, news.fresh), why=why)


def _feeds_required(case, value):
    news = small_news()
    n_readers, n_articles = news.known.shape
    lists = item_lists(value, (n_readers, 5), n_articles)
    stale = np.flatnonzero((~np.isin(lists, news.fresh)).any(axis=1))
    if len(stale):
        return f"The feeds of {len(stale)} readers hold articles that are not of the last day."
    shown = np.take_along_axis(news.known.toarray(), lists, axis=1).any(axis=1)
    if shown.any():
        return f"The feeds of {shown.sum()} readers hold articles that they were shown already."
    earned = np.take_along_axis(news.chances, lists, axis=1) @ news.looks
    best = -np.sort(-news.chances, axis=1)[:, :5] @ news.looks
    share, named = earned.mean() / best.mean(), len(np.unique(lists))
    told = f"The feeds earn {share:.3f} of the oracle's clicks and name {named} of {len(news.fresh)} articles; "
    told += f"the bars are {SHARE_BAR} and {NAMED_BAR}."
    if named < NAMED_BAR:
        if named < 40:
            return f"{told} Most readers get the same. What tells your list what one reader wants and another does not?"
        return f"{told} Some articles stand in nobody's feed. What does your model learn from those who passed one by?"
    if share < 0.6:
        return f"{told} Lots name all 65. Nobody has clicked these articles yet: by what does your list choose?"
    if share < SHARE_BAR:
        return f"{told} That is a good part of the way. What do you know of a reader, and of what was not clicked?"
    return None


def _clicks_of(seen):
    clicked = seen.data > 0
    return sp.coo_matrix((seen.data[clicked], (seen.row[clicked], seen.col[clicked])), shape=seen.shape)


def _scores_by(loss, clicks_only=False, metadata=True, attributes=True, biases=True, seed=0):
    def scores(seen, article_features, reader_features, known, fresh):
        n_readers, n_articles = seen.shape
        articles = sp.hstack([sp.identity(n_articles)] + [article_features] * metadata, format="csr")
        readers = sp.hstack([sp.identity(n_readers)] + [reader_features] * attributes, format="csr")
        model = LightFM(loss=loss, no_components=16, random_state=seed)
        data = _clicks_of(seen) if clicks_only else seen
        model.fit(data, item_features=articles, user_features=readers, epochs=5)
        of_articles, vectors = model.get_item_representations(articles)
        _, of_readers = model.get_user_representations(readers)
        return of_readers @ vectors.T + of_articles * biases

    return scores


def _feeds_by(*judges, candidates="fresh", again=False):
    """Feeds by the sum of the ranks that the judges give."""

    def five(seen, article_features, reader_features, known, fresh):
        allowed = np.zeros(known.shape, dtype=bool)
        allowed[:, fresh if candidates == "fresh" else slice(None)] = True
        allowed &= ~known.toarray() | again
        ranks = np.zeros(known.shape)
        for judge in judges:
            scores = np.where(allowed, judge(seen, article_features, reader_features, known, fresh), -np.inf)
            ranks += np.argsort(np.argsort(-scores, axis=1, kind="stable"), axis=1)
        return np.argsort(np.where(allowed, ranks, np.inf), axis=1, kind="stable")[:, :5]

    return five


def _most_shown(seen, article_features, reader_features, known, fresh):
    return np.tile(known.toarray().sum(axis=0), (known.shape[0], 1))


def _drawn(seen, article_features, reader_features, known, fresh):
    return np.random.default_rng(0).random(known.shape)


def _click_rates(seen, article_features, reader_features, known, fresh):
    """Clicks for a showing by topic, author and length: of a reader's groups, moved by the reader's own."""
    clicks, shown = (_clicks_of(seen).tocsr() @ article_features).toarray(), (abs(seen) @ article_features).toarray()
    overall = clicks.sum(axis=0) / np.maximum(shown.sum(axis=0), 1)
    groups = reader_features.toarray().T
    of_groups = (groups @ clicks + 20 * overall) / (groups @ shown + 20)
    expected = overall * np.exp(groups.T @ np.log((of_groups + 1e-9) / (overall + 1e-9)))
    own = (clicks + 100 * expected) / (shown + 100)
    return np.log(own + 1e-9) @ article_features.toarray().T


FEEDS = Problem(
    answer=feeds,
    title="Open: the same five for everybody",
    objective="find out why a recommender gives everybody the same, and repair it",
    minutes=20,
    difficulty=3,
    make_cases=_feeds_cases,
    requires=(_feeds_required,),
    is_open=True,
    wrong=(
        Wrong(_feeds_by(_scores_by("logistic", clicks_only=True)), "Most readers get the same"),
        Wrong(_feeds_by(_scores_by("logistic", clicks_only=True, biases=False)), "Most readers get the same"),
        Wrong(_feeds_by(_most_shown), "Most readers get the same"),
        Wrong(_feeds_by(_drawn), "by what does your list choose"),
        Wrong(_feeds_by(_scores_by("bpr", clicks_only=True, metadata=False)), "by what does your list choose"),
        Wrong(_feeds_by(_scores_by("logistic", attributes=False)), "What do you know of a reader"),
        Wrong(_feeds_by(_scores_by("bpr", clicks_only=True), candidates="all"), "not of the last day"),
        Wrong(_feeds_by(_most_shown, again=True), "they were shown already"),
    ),
    variants=(
        _feeds_by(_scores_by("bpr", clicks_only=True)),
        _feeds_by(_scores_by("bpr", clicks_only=True), _scores_by("logistic")),
        _feeds_by(_click_rates),
    ),
    hints=(
        "Look at what the model was told. Clicks only: is there anything it could have learned that is not a yes?",
        "Give logistic the skips, or take a loss that compares; identities and metadata on both sides.",
        "model.fit(seen, item_features=..., user_features=...); recommend(..., exclude=known, items=fresh, ...)",
    ),
)

PROBLEMS = (MAY_STAND, CLICKS_PER_LOOK, WORTH_NOW, SHARE_OF_ORACLE, FEEDS)
