"""Problems of lesson 01, feedback."""

from __future__ import annotations

import functools

import numpy as np
import scipy.sparse as sp

from recsys_lessons.teaching.checks.problem import Case, Problem, Unfit, Wrong
from recsys_lessons.teaching.checks.properties import numbers
from recsys_lessons.teaching.checks.small_data import small_shop

# --- likes, lows and silence -----------------------------------------------------------------------------------------


def likes_and_lows(ratings, threshold):
    """Feedback of two kinds from ratings, silence kept as silence.

    Parameters
    ----------
    ratings : float CSR matrix of shape (n_users, n_items)
        One stored entry for each rating, in whatever scale: on some sites 0 is the worst. A stored 0 is a rating; a
        place where nothing is stored is silence.
    threshold : float
        A rating of at least this is a like.

    Returns
    -------
    sparse matrix of shape (n_users, n_items)
        1 for each like, -1 for each lower rating, and nothing stored elsewhere. `ratings` stays as it is.
    """
    feedback = ratings.copy()
    feedback.data = np.where(ratings.data >= threshold, 1, -1)
    return feedback


def _stored(rows, columns, values, shape):
    return sp.csr_matrix((np.array(values, dtype=float), (rows, columns)), shape=shape)


def _feedback_cases():
    ratings = _stored([0, 0, 1, 1, 2, 2, 2], [0, 1, 1, 2, 0, 2, 3], [5, 2, 4, 4.5, 4, 1, 5], (3, 4))
    signs = [[1, -1, 0, 0], [0, 1, 1, 0], [1, 0, -1, 1]]
    yield Case((ratings, 4.0), sp.csr_matrix(signs), "the seven ratings of the lesson; two are exactly 4")
    of_ten = _stored([0, 0, 2, 2], [0, 2, 1, 2], [0, 8, 6, 7], (3, 3))
    signs = [[-1, 0, 1], [0, 0, 0], [0, -1, 1]]
    yield Case(
        (of_ten, 7.0), sp.csr_matrix(signs), "a scale from 0 to 10: user 0 gave item 0 the worst; user 1 is silent"
    )
    thumbs = _stored([0, 0, 1], [0, 1, 1], [1, 0, 1], (2, 2))
    yield Case((thumbs, 1.0), sp.csr_matrix([[1, -1], [0, 1]]), "thumbs: 1 is up, a stored 0 is down")
    rng = np.random.default_rng(1)
    for _ in range(12):
        shape = tuple(rng.integers(2, 6, 2))
        places = np.flatnonzero(rng.random(shape) < 0.5)
        given = rng.integers(0, 11, len(places)) / 2
        yield Case((_stored(*np.unravel_index(places, shape), given, shape), float(rng.integers(2, 10) / 2)))


def _with_values(values_of):
    """An answer that keeps the stored places and gives them other values."""

    def feedback(ratings, threshold):
        made = ratings.copy()
        made.data = values_of(ratings.data, threshold)
        return made

    return feedback


def _line_by_line(stars, threshold):
    values = stars.copy()
    values[values >= threshold] = 1
    values[values < threshold] = -1
    return values


def _silence_is_low(ratings, threshold):
    return sp.csr_matrix(np.where(ratings.toarray() >= threshold, 1, -1))


def _zero_is_silence(ratings, threshold):
    stars = ratings.toarray()
    return sp.csr_matrix(np.where(stars == 0, 0, np.where(stars >= threshold, 1, -1)))


def _entry_by_entry(ratings, threshold):
    entries = ratings.tocoo()
    feedback = sp.lil_matrix(ratings.shape, dtype=np.float32)
    for user, item, stars in zip(entries.row, entries.col, entries.data, strict=True):
        feedback[user, item] = 1 - 2 * (stars < threshold)
    return feedback


LIKES_AND_LOWS = Problem(
    answer=likes_and_lows,
    title="Likes, lows and silence",
    objective="turn ratings into likes and lows at a threshold, and leave silence alone",
    minutes=5,
    difficulty=1,
    make_cases=_feedback_cases,
    wrong=(
        Wrong(
            _with_values(lambda stars, threshold: np.where(stars > threshold, 1, -1)),
            "A rating of exactly the threshold is a like.",
        ),
        Wrong(
            _with_values(lambda stars, threshold: np.where(stars >= threshold, 1, 0)),
            "The lows are gone: a 0 at their places says no more than silence does.",
        ),
        Wrong(_silence_is_low, "Silence became a low. Whoever has not rated an item has said nothing about it."),
        Wrong(
            _zero_is_silence,
            "A stored 0 was taken for silence. In a sparse matrix what is stored counts, not what is 0.",
        ),
        Wrong(
            _with_values(_line_by_line),
            "Likes became lows: the second line reads what the first has written. Ask both of the stars.",
        ),
        Wrong(
            _with_values(lambda stars, threshold: np.sign(stars - threshold)),
            "A rating of exactly the threshold has become 0, which is neither a like nor a low.",
        ),
        Wrong(
            _with_values(lambda stars, threshold: np.where(stars >= threshold, stars, -1)),
            "Likes keep their stars. A like is a 1, whatever the scale was.",
        ),
    ),
    variants=(_entry_by_entry,),
    hints=(
        "Work on the stored values alone: what you never touch stays silent.",
        "value = 1 where stars >= threshold, else -1, for each stored entry, stored zeros among them.",
        "feedback = ratings.copy(); feedback.data = np.where(ratings.data >= threshold, ..., ...)",
    ),
)

# --- the most liked that is left -------------------------------------------------------------------------------------


def most_liked_left(feedback, k):
    """For each user the most liked items among those that the user has not rated.

    Parameters
    ----------
    feedback : CSR matrix of shape (n_users, n_items)
        A stored 1 for each like, a stored -1 for each lower rating.
    k : int
        Length of a list, at least 1; there may be fewer items than that.

    Returns
    -------
    int array of shape (n_users, k)
        Items by their number of likes over all users, most first; of items with as many likes the one with the smaller
        number comes first. Items without a like take part. What the user has rated, high or low, is left out. Places
        for which no item is left hold -1.
    """
    n_users = feedback.shape[0]
    likes = np.bincount(feedback.indices[feedback.data > 0], minlength=feedback.shape[1])
    order = np.argsort(-likes, kind="stable")
    lists = np.full((n_users, k), -1)
    for user in range(n_users):
        rated = feedback.indices[feedback.indptr[user] : feedback.indptr[user + 1]]
        left = order[~np.isin(order, rated)][:k]
        lists[user, : len(left)] = left
    return lists


def _left_cases():
    lesson = sp.csr_matrix([[1, -1, 0, 0], [0, 1, 1, 0], [1, 0, -1, 1]])
    yield Case((lesson, 2), [[2, 3], [0, 3], [1, -1]], "likes 2, 1, 1, 1; one item is left for user 2")
    disliked = sp.csr_matrix([[-1, 1, 0, 0], [-1, 0, 1, 0], [-1, 0, 1, 0], [0, 0, 0, 0]])
    yield Case(
        (disliked, 3),
        [[2, 3, -1], [1, 3, -1], [1, 3, -1], [2, 1, 0]],
        "item 0 has three lows and no like; user 3 has rated nothing",
    )
    everything = sp.csr_matrix([[1, -1], [0, 1]])
    yield Case(
        (everything, 3), [[-1, -1, -1], [0, -1, -1]], "user 0 has rated all items; k is larger than their number"
    )
    rng = np.random.default_rng(2)
    for _ in range(20):
        shape = tuple(rng.integers(3, 9, 2))
        signs = rng.choice([-1, 0, 1], size=shape, p=[0.25, 0.5, 0.25])
        yield Case((sp.csr_matrix(signs), int(rng.integers(1, 6))))


def _lists_by(scores_of=None, order_of=None, spared=None):
    """An answer with other scores, another order or other items left out."""

    def lists(feedback, k):
        table = feedback.toarray()
        scores = (table > 0).sum(axis=0) if scores_of is None else scores_of(table)
        order = np.argsort(-scores, kind="stable") if order_of is None else order_of(scores)
        made = np.full((len(table), k), -1)
        for user, row in enumerate(table):
            left = order[~((row != 0) if spared is None else spared(row))[order]][:k]
            made[user, : len(left)] = left
        return made

    return lists


def _cut_first(feedback, k):
    table = feedback.toarray()
    first = np.argsort(-(table > 0).sum(axis=0), kind="stable")[:k]
    made = np.full((len(table), k), -1)
    for user, row in enumerate(table):
        left = first[row[first] == 0]
        made[user, : len(left)] = left
    return made


def _without_likes_out(feedback, k):
    table = feedback.toarray()
    likes = (table > 0).sum(axis=0)
    order = np.argsort(-likes, kind="stable")
    made = np.full((len(table), k), -1)
    for user, row in enumerate(table):
        left = order[(row[order] == 0) & (likes[order] > 0)][:k]
        made[user, : len(left)] = left
    return made


def _rated_at_the_end(feedback, k):
    table = feedback.toarray()
    likes = (table > 0).sum(axis=0)
    made = np.full((len(table), k), -1)
    for user, row in enumerate(table):
        order = np.argsort(-np.where(row == 0, likes, -1), kind="stable")[:k]
        made[user, : len(order)] = order
    return made


def _by_sorted_tuples(feedback, k):
    table = feedback.toarray().tolist()
    n_items = feedback.shape[1]
    likes = [sum(row[item] > 0 for row in table) for item in range(n_items)]
    lists = []
    for row in table:
        left = sorted((-likes[item], item) for item in range(n_items) if row[item] == 0)
        lists.append(([item for _, item in left] + [-1] * k)[:k])
    return lists


MOST_LIKED_LEFT = Problem(
    answer=most_liked_left,
    title="The most liked that is left",
    objective="build popularity's list for each user from likes and lows",
    minutes=10,
    difficulty=2,
    make_cases=_left_cases,
    wrong=(
        Wrong(
            _lists_by(scores_of=lambda table: (table != 0).sum(axis=0)),
            "All ratings are counted, lows among them. A low is stored, and it is no like.",
        ),
        Wrong(
            _lists_by(scores_of=lambda table: table.sum(axis=0)),
            "Lows are subtracted from the likes. The number of likes was asked for.",
        ),
        Wrong(
            _lists_by(spared=lambda row: row > 0), "Only likes are left out: items that the user rated low come back."
        ),
        Wrong(_lists_by(spared=lambda row: row != row), "Nothing is left out: users get what they have rated."),
        Wrong(
            _lists_by(order_of=lambda scores: np.argsort(scores, kind="stable")[::-1]),
            "Among equally liked items the larger number comes first. Reversing an order reverses its ties.",
        ),
        Wrong(_cut_first, "The list is cut to k before the rated items are taken out, so others do not move up."),
        Wrong(_without_likes_out, "Items without a like are left out. They come last, and they do take part."),
        Wrong(_rated_at_the_end, "Where too few items are left, rated ones fill the list. Those places hold -1."),
    ),
    variants=(_by_sorted_tuples,),
    hints=(
        "One order serves everybody. Walk down it for each user, and pass over what is stored in the user's row.",
        "likes = stored entries above 0 in each column; sort, descending and stable; take the first k not rated.",
        "order = np.argsort(-likes, kind='stable'); left = order[~np.isin(order, rated)][:k], for each user",
    ),
)

# --- a split that the future cannot cross ----------------------------------------------------------------------------


def split_in_time(users, items, times, n_late):
    """Split a log into a past to learn from and a future to be judged by.

    The future begins as early as it can, on two conditions: it holds `n_late` rows at most, and rows of the same time
    are never torn apart. All rows before it are train. Of its own rows some are in neither part: those of users
    without a row in train, and those whose pair of user and item stands in train already.

    Parameters
    ----------
    users, items, times : int arrays of shape (n_rows,)
        One row for each event, in no particular order. A user may have several rows with the same item.
    n_late : int
        At least 1, and less than the number of rows.

    Returns
    -------
    (train, test) : two int arrays
        Numbers of rows, ascending. `test` may be empty.
    """
    late = times > np.sort(times)[-n_late - 1]
    pairs = users * (items.max() + 1) + items
    known = np.isin(users, users[~late])
    again = np.isin(pairs, pairs[~late])
    return np.flatnonzero(~late), np.flatnonzero(late & known & ~again)


def _log(*rows):
    return tuple(np.array(column) for column in zip(*rows, strict=True))


def _split_cases():
    five = _log((0, 0, 1), (1, 1, 2), (1, 2, 5), (2, 0, 4), (2, 3, 7))
    yield Case((*five, 2), ([0, 1, 3], [2, 4]), "the five likes of the lesson: the future begins on day 5")
    tie = _log((0, 1, 6), (0, 0, 1), (1, 0, 5), (1, 2, 5), (1, 1, 2))
    yield Case(
        (*tie, 2), ([1, 2, 3, 4], [0]), "rows 2 and 3 are of one time; with both the future would hold three rows"
    )
    yield Case((*tie, 3), ([1, 4], [0, 2, 3]), "room for three rows: both go to the future")
    strangers = _log((3, 0, 9), (0, 0, 1), (0, 1, 8), (1, 1, 2), (2, 1, 8), (3, 2, 9))
    yield Case((*strangers, 4), ([1, 3], [2]), "users 2 and 3 have come after the future began")
    again = _log((0, 2, 1), (0, 2, 7), (1, 2, 7), (1, 0, 2), (0, 1, 8), (0, 1, 9))
    yield Case(
        (*again, 4),
        ([0, 3], [2, 4, 5]),
        "user 0 meets item 2 again; item 1 comes twice, both times in the future",
    )
    yield Case((*_log((0, 0, 4), (0, 1, 4), (1, 0, 4)), 2), ([0, 1, 2], []), "all rows are of one time")
    numbered = _log((0, 1, 1), (3, 1, 2), (3, 0, 7), (1, 2, 3))
    yield Case((*numbered, 1), ([0, 1, 3], [2]), "a user whose number is larger than any item's")
    rng = np.random.default_rng(3)
    for _ in range(24):
        n_rows = int(rng.integers(5, 16))
        log = rng.integers(0, 4, n_rows), rng.integers(0, 5, n_rows), rng.integers(0, 9, n_rows)
        yield Case((*log, int(rng.integers(1, n_rows))))


def _split_as(late_of=None, known=True, again="pair", train_of=None):
    """An answer with another future, other rows left out of test, or another train."""

    def split(users, items, times, n_late):
        late = times > np.sort(times)[-n_late - 1] if late_of is None else late_of(times, n_late)
        pairs = {"pair": users * 1_000 + items, "item": items, "none": -1 - np.arange(len(users))}[again]
        test = late & ~np.isin(pairs, pairs[~late])
        if known:
            test &= np.isin(users, users[~late])
        train = ~late if train_of is None else train_of(users, late, test)
        return np.flatnonzero(train), np.flatnonzero(test)

    return split


def _last_rows(times, n_late):
    return np.arange(len(times)) >= len(times) - n_late


def _torn(times, n_late):
    return np.isin(np.arange(len(times)), np.argsort(times, kind="stable")[-n_late:])


def _ties_late(times, n_late):
    return times >= np.sort(times)[-n_late]


def _share_of_time(times, n_late):
    return times > times.max() - (times.max() - times.min()) * n_late / len(times)


def _split_row_by_row(users, items, times, n_late):
    rows = range(len(users))
    told = times.tolist()
    start = min(time for time in {*told, np.inf} if sum(other >= time for other in told) <= n_late)
    train = [row for row in rows if times[row] < start]
    seen = {(int(users[row]), int(items[row])) for row in train}
    known = {user for user, _ in seen}
    late = [row for row in rows if times[row] >= start]
    return train, [row for row in late if users[row] in known and (int(users[row]), int(items[row])) not in seen]


SPLIT_IN_TIME = Problem(
    answer=split_in_time,
    title="A date that nothing crosses",
    objective="split a log by time, with ties, strangers and repeats",
    minutes=15,
    difficulty=2,
    make_cases=_split_cases,
    wrong=(
        Wrong(
            _split_as(_last_rows), "The last rows of the log were taken for the latest. Its order says nothing of time."
        ),
        Wrong(_split_as(_torn), "Rows of the same time stand on both sides of the date."),
        Wrong(_split_as(_ties_late), "The tie at the date went to the future, which now holds more rows than it may."),
        Wrong(_split_as(_share_of_time), "This is a share of the days. `n_late` counts rows."),
        Wrong(_split_as(known=False), "Test holds users of whom train knows nothing."),
        Wrong(
            _split_as(again="none"), "Test holds pairs of user and item that stand in train: answers that are known."
        ),
        Wrong(
            _split_as(again="item"),
            "Every item that train knows is left out of test. A pair is known only if this very user had the item.",
        ),
        Wrong(
            _split_as(train_of=lambda users, late, test: ~test),
            "Rows left out of test went to train, and they are of the future. Left out means in neither.",
        ),
        Wrong(
            _split_as(train_of=lambda users, late, test: ~late & np.isin(users, users[test])),
            "Train lost the users who do not come back. All rows before the date are train.",
        ),
    ),
    variants=(_split_row_by_row,),
    hints=(
        "First the date, from the times alone. Then look at the late rows: does train know the user, has it the pair?",
        "A row is late if its time is greater than that of the (n_late + 1)-th latest row.",
        "late = times > np.sort(times)[-n_late - 1]; known = np.isin(users, users[~late]); so for pairs",
    ),
)

# --- three kinds of leak ---------------------------------------------------------------------------------------------


def find_leaks(train, test):
    """What a train set tells that would not be known when the model is asked.

    Parameters
    ----------
    train, test : int arrays of shape (n_rows, 3)
        Columns: user, item, time. Rows in no particular order; test has at least one.

    Returns
    -------
    (answers, own_future, later) : three int arrays, ascending
        answers: rows of *test* whose pair of user and item stands in train as well, at whatever time;
        own_future: rows of *train* not earlier than the first test row of the same user;
        later: rows of *train* not in `own_future`, and not earlier than the first test row of all.
    """
    pairs = {(user, item) for user, item, _ in train.tolist()}
    answers = [row for row, (user, item, _) in enumerate(test.tolist()) if (user, item) in pairs]
    first = {}
    for user, _, time in test.tolist():
        first[user] = min(time, first.get(user, time))
    begin = min(first.values())
    own_future, later = [], []
    for row, (user, _, time) in enumerate(train.tolist()):
        if user in first and time >= first[user]:
            own_future.append(row)
        elif time >= begin:
            later.append(row)
    return answers, own_future, later


def _rows(*rows):
    return np.array(rows, dtype=np.int64).reshape(-1, 3)


def _leak_cases():
    yield Case(
        (_rows((0, 0, 1), (0, 1, 3), (1, 2, 2), (1, 0, 6)), _rows((0, 2, 5), (1, 2, 7))),
        ([1], [], [3]),
        "user 1 had item 2 on day 2 already; row 3 is later than the first test row, which is another user's",
    )
    yield Case(
        (_rows((0, 1, 9), (0, 0, 4), (0, 2, 5)), _rows((0, 3, 8), (0, 0, 5))),
        ([1], [0, 2], []),
        "a user with two test rows; row 2 is of the same time as the first of them",
    )
    yield Case(
        (_rows((0, 1, 2), (1, 0, 2), (2, 2, 7)), _rows((0, 0, 7), (1, 1, 9))),
        ([], [], [2]),
        "train knows both users and both items, and neither pair; user 2 is not in test",
    )
    yield Case(
        (_rows((0, 1, 1), (0, 12, 2), (1, 3, 3)), _rows((1, 2, 8), (12, 0, 9), (0, 12, 9))),
        ([2], [], []),
        "numbers of two digits",
    )
    yield Case((_rows(), _rows((0, 0, 1))), ([], [], []), "nothing in train")
    rng = np.random.default_rng(4)
    for _ in range(20):
        parts = [
            np.column_stack([rng.integers(0, 4, n), rng.integers(0, 5, n), rng.integers(0, 10, n)])
            for n in (int(rng.integers(3, 12)), int(rng.integers(1, 6)))
        ]
        parts[1][:, 2] += int(rng.integers(0, 6))
        yield Case(tuple(parts))


def _leaks_as(answers=None, first=min, later_than=None, equal=True, own_only_pairs=False, own_again=False):
    """An answer with another rule for one of the three kinds."""

    def leaks(train, test):
        rows, asked = train.tolist(), test.tolist()
        pairs = {(user, item) for user, item, _ in rows}
        told = (
            [n for n, row in enumerate(asked) if (row[0], row[1]) in pairs] if answers is None else answers(rows, asked)
        )
        at = {user: first(time for other, _, time in asked if other == user) for user, _, _ in asked}
        begin = (later_than or min)(time for _, _, time in asked)
        bound = 0 if equal else 1
        own = [n for n, (user, _, time) in enumerate(rows) if user in at and time >= at[user] + bound]
        begun = [n for n, (_, _, time) in enumerate(rows) if time >= begin + bound]
        if own_only_pairs:
            own = [n for n in own if rows[n][:2] in [row[:2] for row in asked]]
        return told, own, begun if own_again else [n for n in begun if n not in own]

    return leaks


def _known_both(rows, asked):
    users, items = {row[0] for row in rows}, {row[1] for row in rows}
    return [n for n, (user, item, _) in enumerate(asked) if user in users and item in items]


def _known_items(rows, asked):
    items = {row[1] for row in rows}
    return [n for n, (_, item, _) in enumerate(asked) if item in items]


def _rows_of_train(rows, asked):
    pairs = [row[:2] for row in asked]
    return [n for n, row in enumerate(rows) if row[:2] in pairs]


def _whole_rows(rows, asked):
    return [n for n, row in enumerate(asked) if row in rows]


def _one_date(train, test):
    """The beginning of test taken for every user's."""
    _, _, time = test.min(axis=0)
    answers = _leaks_as()(train, test)[0]
    late, tested = train[:, 2] >= time, np.isin(train[:, 0], test[:, 0])
    return answers, np.flatnonzero(late & tested), np.flatnonzero(late & ~tested)


def _leaks_by_arrays(train, test):
    width = 1 + max(train[:, 1].max(initial=0), test[:, 1].max())
    answers = np.isin(test[:, 0] * width + test[:, 1], train[:, 0] * width + train[:, 1])
    first = np.full(1 + max(train[:, 0].max(initial=0), test[:, 0].max()), np.iinfo(np.int64).max)
    np.minimum.at(first, test[:, 0], test[:, 2])
    own = train[:, 2] >= first[train[:, 0]]
    later = (train[:, 2] >= test[:, 2].min()) & ~own
    return np.flatnonzero(answers), np.flatnonzero(own), np.flatnonzero(later)


FIND_LEAKS = Problem(
    answer=find_leaks,
    title="Three kinds of leak",
    objective="find what a train set knows too early: answers, a user's future, the others' future",
    minutes=15,
    difficulty=2,
    make_cases=_leak_cases,
    wrong=(
        Wrong(
            _leaks_as(_known_both),
            "A test row counts as answered if train knows its user and its item, each from anywhere. The pair counts.",
        ),
        Wrong(_leaks_as(_known_items), "A test row counts as answered if train knows its item, whoever had it."),
        Wrong(_leaks_as(_rows_of_train), "The answers are given as rows of train; rows of test were asked for."),
        Wrong(
            _leaks_as(_whole_rows), "A pair is found only if its time agrees, too. It is an answer at whatever time."
        ),
        Wrong(_leaks_as(first=max), "A user's future begins with the first of their test rows, not with the last."),
        Wrong(_leaks_as(later_than=max), "`later` begins with the first test row of all, not with the last."),
        Wrong(
            _leaks_as(equal=False), "Rows of the same time as the first test row are not known before it: they leak."
        ),
        Wrong(
            _leaks_as(own_only_pairs=True), "Any later row of the same user leaks, not only those with a tested item."
        ),
        Wrong(_leaks_as(own_again=True), "A row of a user's own future is listed a second time under `later`."),
        Wrong(_one_date, "One date was used for all. Each user's future begins with their own first test row."),
    ),
    variants=(_leaks_by_arrays,),
    hints=(
        "Three questions to each row: is the pair on the other side, is it the user's own future, is it anybody's?",
        "A set of (user, item); each user's earliest time in test; the least of these: one for each kind.",
        "first[user] = min(time, first.get(user, time)) over test; then one walk through train with if and elif",
    ),
)

# --- open: a number that comes true ----------------------------------------------------------------------------------


def next_four_weeks(households, products, days):
    """Say what precision@10 the shop's list will have in the four weeks to come.

    The list, for each household: the ten products that stand in most of its rows, most first; of products with as many
    rows the one with the smaller number. Repeats are welcome. In four weeks precision@10 is measured as the share of
    the ten places that hold a product which the household has bought in those weeks, averaged over the households that
    have bought anything in them.

    Parameters
    ----------
    households, products : int arrays of shape (n_rows,)
        One row for each product of a visit, up to today, in any order.
    days : int array of shape (n_rows,)
        How long ago: 1 is the last day.

    Returns
    -------
    float
        The precision to expect.
    """
    shape = households.max() + 1, products.max() + 1
    past = days > 28
    counts, bought = (
        sp.coo_matrix((np.ones(rows.sum(), dtype=np.int16), (households[rows], products[rows])), shape=shape).toarray()
        for rows in (past, ~past)
    )
    lists = np.argsort(-counts, axis=1, kind="stable")[:, :10]
    hits = np.take_along_axis(bought > 0, lists, axis=1).mean(axis=1)
    return hits[bought.any(axis=1)].mean()


# What came true in the four cases, and by how much an answer is off:
#                                         .430   .427   .238   .055
#   the last four weeks                  -.018  +.003  -.015  -.006
#   the mean of these and the four before -.016 +.001  -.012  -.003
#   as the colleague promised            +.168  +.001  +.147  +.474
#   a tenth of the rows, by lot          +.071  -.113  +.035  +.330
#   as many as in four weeks, by lot     +.017  -.007  -.004  +.283
#   four weeks, known to the list        +.060  +.163  +.063  +.100
#   one week                             -.187  -.202  -.102  -.008
#   eight weeks                          +.117  +.123  +.085  +.021
#   all households, buying or not        -.035  -.009  -.043  -.006
# On nine days of the shop's year the last four weeks are off by .026 at most, if eight weeks come before them. With
# five seeds, lots move by .01. The last case is there for them: where habits last, they are about right.
FOUR_WEEKS_BAR = 0.03


@functools.cache
def _shop_logs():
    """Logs up to a day, and the precision that came true in the four weeks after it."""
    shop = small_shop()
    later = shop.later.tocoo()
    n_rows = np.bincount(shop.households, minlength=shop.later.shape[0])
    quiet = n_rows <= np.quantile(n_rows, 0.2)
    rows = np.column_stack([shop.households, shop.products, shop.days])
    future = np.column_stack([later.row, later.col, np.zeros_like(later.row)])
    every = np.concatenate([rows, future]).astype(np.int64)
    logs = [(every, 0), (every, 168), (every[quiet[every[:, 0]]], 0), (_fashion(), 0)]
    return [_log_and_truth(rows, today) for rows, today in logs]


def _fashion(n_households=200, n_products=300, n_periods=13):
    """Households that take up eight new products out of ten every four weeks."""
    rng = np.random.default_rng(8)
    liked = np.array([rng.choice(n_products, 10, replace=False) for _ in range(n_households)])
    rows = []
    for period in reversed(range(n_periods)):
        chosen = np.take_along_axis(liked, rng.integers(0, 10, (n_households, 20)), axis=1).ravel()
        days = rng.integers(28 * (period - 1) + 1, 28 * period + 1, len(chosen))
        rows.append(np.column_stack([np.repeat(np.arange(n_households), 20), chosen, days]))
        liked[:, :8] = rng.integers(0, n_products, (n_households, 8))
        liked = rng.permuted(liked, axis=1)
    return np.concatenate(rows)


def _log_and_truth(rows, today):
    """The log that ends `today` days before the day numbered 1, households numbered anew; and what came of it."""
    past = rows[rows[:, 2] > today] - [0, 0, today]
    coming = rows[(rows[:, 2] <= today) & (rows[:, 2] > today - 28)]
    known, households = np.unique(past[:, 0], return_inverse=True)
    coming = coming[np.isin(coming[:, 0], known)]
    log = households, past[:, 1], past[:, 2]
    return log, _precision(*log[:2], np.searchsorted(known, coming[:, 0]), coming[:, 1], len(known))


def _four_weeks_cases():
    whys = (
        "801 households, up to the last four weeks of the year",
        "the same shop half a year earlier",
        "the fifth of the households that buy least",
        "another shop, made up: every four weeks a household takes up eight new products of ten",
    )
    for (log, truth), why in zip(_shop_logs(), whys, strict=True):
        yield Case(log, truth, why)


def _comes_true(case, value):
    try:
        said = float(numbers(value, ()))
    except Unfit:
        raise Unfit(f"It returns {type(value).__name__}, or no finite number; expected one number.") from None
    if not 0 <= said <= 1:
        return f"It returns {said:.3g}. A precision is a share of places, from 0 to 1."
    off = said - case.expected
    if abs(off) <= FOUR_WEEKS_BAR:
        return None
    told = f"It says {said:.3f}, and {case.expected:.3f} came true; the difference may be {FOUR_WEEKS_BAR}."
    if off > 0:
        return (
            f"{told} Does the list know rows that it is asked about, or later ones? And how many weeks of answers wait?"
        )
    return f"{told} How many days do the answers come from, over which households is the mean, are repeats left out?"


def _precision(households, products, buyers, bought, n_households, over_all=False):
    """Precision@10 of the list by rows of the first two arrays, on what the third buy."""
    n_products = 1 + max(products.max(), bought.max())
    counts, wanted = (
        sp.coo_matrix((np.ones(len(who), dtype=np.int16), (who, what)), (n_households, n_products)).toarray()
        for who, what in ((households, products), (buyers, bought))
    )
    lists = np.argsort(-counts, axis=1, kind="stable")[:, :10]
    hits = np.take_along_axis(wanted > 0, lists, axis=1).mean(axis=1)
    return float(hits.mean() if over_all else hits[wanted.any(axis=1)].mean())


def _measured(learned_of, asked_of, over_all=False):
    """An answer that learns from some rows of the log and asks others."""

    def estimate(households, products, days):
        learned, asked = learned_of(days), asked_of(days)
        parts = households[learned], products[learned], households[asked], products[asked]
        return _precision(*parts, households.max() + 1, over_all)

    return estimate


def _every(days):
    return np.ones(len(days), dtype=bool)


def _by_lot(days, share=0.1):
    return np.random.default_rng(0).random(len(days)) < share


def _as_many_days_by_lot(days):
    return _by_lot(days, 28 / days.max())


def _last_tenth(days):
    return np.arange(len(days)) >= 0.9 * len(days)


def _between(first, last):
    return lambda days: (days >= first) & (days <= last)


_as_promised = _measured(_every, _by_lot, over_all=True)
_rows_by_lot = _measured(lambda days: ~_by_lot(days), _by_lot)
_as_many_by_lot = _measured(lambda days: ~_as_many_days_by_lot(days), _as_many_days_by_lot)
_answers_counted = _measured(_every, _between(1, 28))
_tenth_at_the_end = _measured(lambda days: ~_last_tenth(days), _last_tenth)
_one_week = _measured(_between(8, 10_000), _between(1, 7))
_eight_weeks = _measured(_between(57, 10_000), _between(1, 56))
_all_households = _measured(_between(29, 10_000), _between(1, 28), over_all=True)
_weeks_before_those = _measured(_between(57, 10_000), _between(29, 56))


def _first_purchases(households, products, days):
    past = days > 28
    pairs = households * (products.max() + 1) + products
    new = ~past & ~np.isin(pairs, pairs[past])
    parts = households[past], products[past], households[new], products[new]
    return _precision(*parts, households.max() + 1)


def _both_numbers(households, products, days):
    return [next_four_weeks(households, products, days), _as_promised(households, products, days)]


def _mean_of_two(households, products, days):
    return (next_four_weeks(households, products, days) + _weeks_before_those(households, products, days)) / 2


def _household_by_household(households, products, days):
    past, later = {}, {}
    for household, product, day in zip(households.tolist(), products.tolist(), days.tolist(), strict=True):
        if day > 28:
            counts = past.setdefault(household, {})
            counts[product] = counts.get(product, 0) + 1
        else:
            later.setdefault(household, set()).add(product)
    shares = []
    for household, bought in later.items():
        counts = past.get(household, {})
        best = sorted(counts, key=lambda product, counts=counts: (-counts[product], product))[:10]
        shares.append(len(bought.intersection(best)) / 10)
    return np.float32(np.mean(shares))


NEXT_FOUR_WEEKS = Problem(
    answer=next_four_weeks,
    title="Open: a number that comes true",
    objective="repair an evaluation, and say what a list will be worth in the weeks to come",
    minutes=20,
    difficulty=3,
    make_cases=_four_weeks_cases,
    requires=(_comes_true,),
    is_open=True,
    wrong=(
        Wrong(_as_promised, "Does the list know rows that it is asked about"),
        Wrong(_rows_by_lot, "Does the list know rows that it is asked about"),
        Wrong(_as_many_by_lot, "Does the list know rows that it is asked about"),
        Wrong(_answers_counted, "Does the list know rows that it is asked about"),
        Wrong(_eight_weeks, "how many weeks of answers wait"),
        Wrong(_tenth_at_the_end, "How many days do the answers come from"),
        Wrong(_one_week, "How many days do the answers come from"),
        Wrong(_all_households, "over which households is the mean"),
        Wrong(_first_purchases, "are repeats left out"),
        Wrong(_both_numbers, "expected one number"),
    ),
    variants=(_mean_of_two, _household_by_household),
    hints=(
        "Stand four weeks back and do what the shop will do today. What happened since then is known to you.",
        "Learn the lists from days above 28, ask about days 1 to 28, average over households that bought in these.",
        "past = days > 28; counts from [past], bought from [~past]; lists = np.argsort(-counts, kind='stable')[:, :10]",
    ),
)

PROBLEMS = (LIKES_AND_LOWS, MOST_LIKED_LEFT, SPLIT_IN_TIME, FIND_LEAKS, NEXT_FOUR_WEEKS)
