"""Problems of lesson 12, inside the kernels."""

from __future__ import annotations

import math

import numpy as np

from recsys_lessons import LightFM
from recsys_lessons.losses import OwnLoss, pairwise_loss
from recsys_lessons.teaching.checks.problem import Case, Problem, Wrong
from recsys_lessons.teaching.checks.properties import hits_at_k, item_lists
from recsys_lessons.teaching.checks.small_data import small_likes

# --- a sum in lanes --------------------------------------------------------------------------------------------------


def lane_sum(numbers, n_lanes):
    """Add up float32 numbers in lanes: the order is part of the result, to the last bit.

    Number i is added to lane `i % n_lanes`, in the order of i; each lane starts at 0. Then the lanes are added by
    halves, the first to the first of the second half and so on, until one is left. All sums are float32.

    Parameters
    ----------
    numbers : float32 array of shape (n,)
        May be empty, and of any length.
    n_lanes : int
        1, 2, 4 or 8.

    Returns
    -------
    float32
    """
    lanes = np.zeros(n_lanes, dtype=np.float32)
    for i in range(len(numbers)):
        lanes[i % n_lanes] += numbers[i]
    while len(lanes) > 1:
        half = len(lanes) // 2
        lanes = lanes[:half] + lanes[half:]
    return lanes[0]


def _lane_cases():
    big = float(2**24)  # the float32 after it is 2**24 + 2, so that 2**24 + 1 is rounded to 2**24
    numbers = np.array([big, 1, 1, 1, -big, 1, 1, 1], dtype=np.float32)
    yield Case((numbers, 1), 3.0, "one lane: three ones are added to 2**24, and lost")
    yield Case((numbers, 2), 5.0, "two lanes: one of six ones is lost")
    yield Case((numbers, 4), 6.0, "four lanes: nothing is lost")
    longer = np.zeros(17, dtype=np.float32)
    longer[[0, 4, 8, 16]] = big, 1, 1, -big
    yield Case((longer, 8), 1.0, "17 numbers in eight lanes: one of two ones is lost")
    yield Case((np.array([0.5, 0.25, 2.0], dtype=np.float32), 8), 2.75, "fewer numbers than lanes")
    yield Case((np.zeros(0, dtype=np.float32), 4), 0.0, "no number at all")
    rng = np.random.default_rng(12)
    for _ in range(25):
        some = rng.normal(size=rng.integers(9, 60)).astype(np.float32)
        yield Case((some, int(rng.choice([1, 2, 4, 8]))))


def _one_after_the_other(numbers, n_lanes):
    total = np.float32(0)
    for number in numbers:
        total += number
    return total


def _in_double(numbers, n_lanes):
    return np.float32(numbers.astype(np.float64).sum())


def _in_blocks(numbers, n_lanes):
    size = -(-len(numbers) // n_lanes)
    lanes = np.array(
        [_one_after_the_other(numbers[lane * size : (lane + 1) * size], 1) for lane in range(n_lanes)], dtype=np.float32
    )
    while len(lanes) > 1:
        half = len(lanes) // 2
        lanes = lanes[:half] + lanes[half:]
    return lanes[0]


def _lanes(numbers, n_lanes):
    lanes = np.zeros(n_lanes, dtype=np.float32)
    for i, number in enumerate(numbers):
        lanes[i % n_lanes] += number
    return lanes


def _neighbors_first(numbers, n_lanes):
    lanes = _lanes(numbers, n_lanes)
    while len(lanes) > 1:
        lanes = lanes[::2] + lanes[1::2]
    return lanes[0]


def _lanes_one_by_one(numbers, n_lanes):
    return _one_after_the_other(_lanes(numbers, n_lanes), 1)


def _lanes_in_double(numbers, n_lanes):
    lanes = np.zeros(n_lanes)
    for i, number in enumerate(numbers):
        lanes[i % n_lanes] += number
    while len(lanes) > 1:
        lanes = lanes[: len(lanes) // 2] + lanes[len(lanes) // 2 :]
    return lanes[0]


def _in_rows(numbers, n_lanes):
    rows = np.zeros((-(-len(numbers) // n_lanes), n_lanes), dtype=np.float32)
    rows.ravel()[: len(numbers)] = numbers
    lanes = np.zeros(n_lanes, dtype=np.float32)
    for row in rows:
        lanes = lanes + row

    def total(some):
        if len(some) == 1:
            return some[0]
        return total([one + other for one, other in zip(some[: len(some) // 2], some[len(some) // 2 :], strict=True)])

    return total(list(lanes))


LANE_SUM = Problem(
    answer=lane_sum,
    title="A sum in lanes",
    objective="add float32 numbers in a fixed order, and get the same bits",
    minutes=8,
    difficulty=1,
    make_cases=_lane_cases,
    wrong=(
        Wrong(_one_after_the_other, "One number is added after the other; the lanes make no difference here."),
        Wrong(_in_double, "This is the sum in float64, rounded at the end. It is closer to the truth, and other bits."),
        Wrong(_lanes_in_double, "The lanes are float64: np.zeros makes them so, unless it is told a dtype."),
        Wrong(_in_blocks, "Each lane gets a block of neighbors. Number i belongs to lane i % n_lanes."),
        Wrong(_neighbors_first, "Neighboring lanes are added first; the first lane's partner starts the second half."),
        Wrong(_lanes_one_by_one, "The lanes are right, and then added one after the other instead of by halves."),
    ),
    variants=(_in_rows,),
    hints=(
        "n_lanes running sums in an array; i % n_lanes says which of them gets number i.",
        "Halving: with eight lanes, 0 + 4, 1 + 5, 2 + 6, 3 + 7; then the four sums in the same way, then two.",
        "lanes = np.zeros(n_lanes, dtype=np.float32), fill it; then while len(lanes) > 1: lanes = lanes[:half] + ...",
    ),
    tolerance=0.0,
)

# --- a smoothed hinge ------------------------------------------------------------------------------------------------


def smoothed_hinge(difference, draws):
    """A loss of pairs as `pairwise_loss` takes it: a hinge without the sudden end.

    The strength is 1 where the difference is 0 or less, and 0 where it is 1 or more. Between, it falls along a
    straight line. The loss is 0 where the strength is 0, and has no jump anywhere.

    Parameters
    ----------
    difference : float
        Score of the liked item less that of the negative.
    draws : int
        How many items were drawn until the negative was found; plays no part.

    Returns
    -------
    (float, float)
        Strength and loss. The strength says how fast the loss falls as the difference grows.
    """
    if difference >= 1:
        return 0.0, 0.0
    if difference <= 0:
        return 1.0, 0.5 - difference
    return 1.0 - difference, 0.5 * (1.0 - difference) ** 2


def _hinge_cases():
    yield Case((2.0, 1), (0.0, 0.0), "beyond 1")
    yield Case((1.0, 3), (0.0, 0.0), "at 1, where the line ends")
    yield Case((0.5, 1), (0.5, 0.125), "in the middle of the line: a triangle of width and height a half")
    yield Case((0.0, 2), (1.0, 0.5), "at 0, where the line begins: a triangle of width and height 1")
    yield Case((-1.0, 1), (1.0, 1.5), "the triangle and a square")
    yield Case((0.25, 7), (0.75, 0.28125), "on the line, found at draw 7")
    rng = np.random.default_rng(13)
    for _ in range(20):
        yield Case((float(rng.uniform(-2, 2)), int(rng.integers(1, 10))))


def _exchanged(difference, draws):
    strength, loss = smoothed_hinge(difference, draws)
    return loss, strength


def _with_a_jump(difference, draws):
    strength, loss = smoothed_hinge(difference, draws)
    return strength, 1.0 - difference if difference <= 0 else loss


def _squared_throughout(difference, draws):
    gap = max(1.0 - difference, 0.0)
    return gap, gap * gap / 2


def _the_derivative(difference, draws):
    strength, loss = smoothed_hinge(difference, draws)
    return -strength, loss


def _plain_hinge(difference, draws):
    return (1.0, 1.0 - difference) if difference < 1 else (0.0, 0.0)


def _not_halved(difference, draws):
    strength, loss = smoothed_hinge(difference, draws)
    return strength, loss if difference <= 0 else strength**2


def _by_clipping(difference, draws):
    gap = 1 - np.float64(difference)
    strength = np.clip(gap, 0, 1)
    return [strength, strength * gap - strength**2 / 2]


SMOOTHED_HINGE = Problem(
    answer=smoothed_hinge,
    title="A smoothed hinge",
    objective="turn the strength of a step into a loss that the library can train with",
    minutes=10,
    difficulty=2,
    make_cases=_hinge_cases,
    wrong=(
        Wrong(_exchanged, "Strength and loss are exchanged: the library steps by the first of the two."),
        Wrong(_with_a_jump, "At 0 the loss jumps: the two pieces do not meet there."),
        Wrong(_squared_throughout, "Below 0 the strength goes on growing: this is the squared hinge."),
        Wrong(_the_derivative, "This is the derivative of the loss. The strength says how fast the loss falls."),
        Wrong(_plain_hinge, "This is the hinge: its strength ends suddenly at 1, where it should fall along a line."),
        Wrong(_not_halved, "Between 0 and 1 the loss falls twice as fast as the strength says."),
    ),
    variants=(_by_clipping,),
    hints=(
        "The loss at a difference is the area under the strength to the right of it.",
        "Between 0 and 1 that area is a triangle, 0.5 * (1 - difference) ** 2; below 0 a rectangle joins it.",
        "Three cases: (0.0, 0.0) from 1 on; (1.0, 0.5 - difference) up to 0; between, (1.0 - difference, ...).",
    ),
)

# --- lost updates ----------------------------------------------------------------------------------------------------


def replay(events, n_counters):
    """What threads without a lock make of some counters, and how many of their updates are lost.

    All counters start at 0. A thread that reads a counter remembers the value. A thread that writes a counter stores
    the value that it last read there itself, plus 1. (It has always read before, and remembers the value further on.)

    Parameters
    ----------
    events : int array of shape (n_events, 3)
        In the order in which they happen: thread, counter, and 0 for a read or 1 for a write.
    n_counters : int

    Returns
    -------
    (int array of shape (n_counters,), int)
        The counters in the end; and how many writes are missing there: the number of writes less the sum of all
        counters.
    """
    counters = np.zeros(n_counters, dtype=np.int64)
    remembered = {}
    for thread, counter, is_write in events:
        if is_write:
            counters[counter] = remembered[thread, counter] + 1
        else:
            remembered[thread, counter] = counters[counter]
    return counters, int(np.sum(events[:, 2]) - np.sum(counters))


_READ, _WRITE = 0, 1


def _replay_cases():
    def case(events, n_counters, counters, lost, why):
        return Case((np.array(events, dtype=np.int64).reshape(-1, 3), n_counters), (np.array(counters), lost), why)

    one, two = 0, 1
    in_turn = [(one, 0, _READ), (one, 0, _WRITE), (two, 0, _READ), (two, 0, _WRITE)]
    yield case(in_turn, 1, [2], 0, "one thread after the other")
    at_once = [(one, 0, _READ), (two, 0, _READ), (one, 0, _WRITE), (two, 0, _WRITE)]
    yield case(at_once, 1, [1], 1, "both read before one writes")
    late = [(two, 0, _READ), *[(one, 0, kind) for _ in range(3) for kind in (_READ, _WRITE)], (two, 0, _WRITE)]
    yield case(late, 1, [1], 3, "a late write undoes three others")
    elsewhere = [(one, 0, _READ), (two, 2, _READ), (one, 0, _WRITE), (two, 2, _WRITE)]
    yield case(elsewhere, 3, [1, 0, 1], 0, "at the same time, and two different counters")
    crossed = [(one, 0, _READ), (one, 0, _WRITE), (one, 0, _READ), (one, 1, _READ), (one, 0, _WRITE), (one, 1, _WRITE)]
    yield case(crossed, 2, [2, 1], 0, "one thread reads two counters before it writes them")
    again = [(one, 0, _READ), (one, 0, _WRITE), (one, 0, _WRITE)]
    yield case(again, 1, [1], 1, "written twice after one read")
    yield case([], 2, [0, 0], 0, "nothing happens")
    rng = np.random.default_rng(14)
    for _ in range(20):
        n_threads, n_counters = rng.integers(1, 4), int(rng.integers(1, 4))
        events, has_read = [], set()
        for _ in range(rng.integers(6, 25)):
            thread, counter = int(rng.integers(n_threads)), int(rng.integers(n_counters))
            kind = int(rng.integers(2)) if (thread, counter) in has_read else _READ
            has_read.add((thread, counter))
            events.append((thread, counter, kind))
        yield Case((np.array(events), n_counters))


def _nothing_lost(events, n_counters):
    counters = np.bincount(events[events[:, 2] == 1, 1], minlength=n_counters)
    return counters, 0


def _replayed(place, remembers_writes=False):
    def replayed(events, n_counters):
        counters, remembered = np.zeros(n_counters, dtype=np.int64), {}
        for thread, counter, is_write in events:
            if is_write:
                counters[counter] = remembered.get(place(thread, counter), 0) + 1
            if not is_write or remembers_writes:
                remembered[place(thread, counter)] = counters[counter]
        return counters, int(np.sum(events[:, 2]) - np.sum(counters))

    return replayed


def _stale_writes(events, n_counters):
    counters, remembered, lost = np.zeros(n_counters, dtype=np.int64), {}, 0
    for thread, counter, is_write in events:
        if is_write:
            lost += int(remembered[thread, counter] != counters[counter])
            counters[counter] = remembered[thread, counter] + 1
        else:
            remembered[thread, counter] = counters[counter]
    return counters, lost


def _backwards(events, n_counters):
    """Each counter holds 1 more than what its last writer last read, which is looked up in the past."""

    def value(counter, before):
        writes = [n for n in range(before) if events[n][1] == counter and events[n][2] == 1]
        if not writes:
            return 0
        thread = events[writes[-1]][0]
        read = max(n for n in range(writes[-1]) if tuple(events[n]) == (thread, counter, 0))
        return 1 + value(counter, read)

    counters = [value(counter, len(events)) for counter in range(n_counters)]
    return counters, sum(int(event[2]) for event in events) - sum(counters)


REPLAY = Problem(
    answer=replay,
    title="Updates that get lost",
    objective="find out what a race makes of shared numbers, event by event",
    minutes=12,
    difficulty=2,
    make_cases=_replay_cases,
    wrong=(
        Wrong(_nothing_lost, "Each write adds 1 to what stands there. A thread adds 1 to what it has read before."),
        Wrong(
            _replayed(lambda thread, counter: counter),
            "What one thread reads of a counter, the others remember too. Each thread has a memory of its own.",
        ),
        Wrong(
            _replayed(lambda thread, counter: thread),
            "A thread remembers one value only, whichever counter it read. It remembers one for each counter.",
        ),
        Wrong(
            _replayed(lambda thread, counter: (thread, counter), remembers_writes=True),
            "After its write, a thread goes on from what it wrote. It remembers what it read, until it reads again.",
        ),
        Wrong(
            _stale_writes,
            "The counters are right. Counted are writes by threads that had read an old value; one such write can "
            "undo several others.",
        ),
    ),
    variants=(_backwards,),
    hints=(
        "Go through the events with a memory: what has this thread last read of this counter?",
        "A read copies the counter to remembered[thread, counter]; a write copies that, plus 1, to the counter.",
        "for thread, counter, is_write in events: ...; then lost = events[:, 2].sum() - counters.sum()",
    ),
)

# --- a gradient check ------------------------------------------------------------------------------------------------


def wrong_gradients(loss, gradient, points):
    """Which derivatives of a hand-written gradient are wrong.

    A derivative is wrong if, at one of the points at least, it differs from the slope of the loss by more than 0.001
    times the larger of 1 and the size of that slope.

    Parameters
    ----------
    loss : callable
        ``loss(parameters)`` returns a float, for a float array of shape (n_parameters,).
    gradient : callable
        ``gradient(parameters)`` returns an array of shape (n_parameters,): what somebody believes to be the
        derivatives of `loss`.
    points : float32 array of shape (n_points, n_parameters)
        Where to look.

    Returns
    -------
    list of int
        The numbers of the parameters whose derivative is wrong, in rising order.
    """
    h = 1e-5
    wrong = set()
    for point in points.astype(np.float64):
        claimed = gradient(point)
        for parameter in range(len(point)):
            moved = np.zeros(len(point))
            moved[parameter] = h
            slope = (loss(point + moved) - loss(point - moved)) / (2 * h)
            if abs(claimed[parameter] - slope) > 0.001 * max(1, abs(slope)):
                wrong.add(parameter)
    return sorted(wrong)


def _pair(penalty=0.0):
    """BPR of one user and two items, two components: p 0-1, q_i 2-3, q_j 4-5, then the three biases."""

    def lead(x):
        return x[0:2] @ (x[2:4] - x[4:6]) + x[7] - x[8]

    def loss(x):
        return float(np.logaddexp(0, -lead(x)) + penalty / 2 * (x[:6] @ x[:6]))

    def gradient(x):
        strength = 1 / (1 + math.exp(lead(x)))
        parts = [-strength * (x[2:4] - x[4:6]), -strength * x[0:2], strength * x[0:2], [0, -strength, strength]]
        return np.concatenate(parts) + penalty * np.concatenate([x[:6], np.zeros(3)])

    return loss, gradient


def _but(gradient, change):
    """A gradient with a mistake: ``change(x, its derivatives)`` alters them in place."""

    def mistaken(x):
        derivatives = np.array(gradient(x), dtype=np.float64)
        change(x, derivatives)
        return derivatives

    return mistaken


def _check_cases():
    def case(functions, points, expected, why):
        return Case((*functions, np.array(points, dtype=np.float32)), expected, why)

    def plain(x):
        return float(x[0] ** 2 + 3 * x[1])

    yield case((plain, lambda x: np.array([2 * x[0], 3.0])), [[1, 2]], [], "x[0]² + 3 x[1], and it is right")
    yield case((plain, lambda x: np.array([x[0], 3.0])), [[1, 2]], [0], "x[0]² + 3 x[1], and a 2 is forgotten")
    yield case(
        (plain, lambda x: np.array([x[0] + 1, 3.0])), [[1, 2], [2, 2]], [0], "right at the first point by chance"
    )
    steep = (lambda x: float(500 * x[0] ** 2), lambda x: 1000 * x)
    yield case(steep, [[0.3]], [], "500 x², right: the slope itself changes fast")
    flat = (
        lambda x: float((x[0] - 0.5) ** 2 * (1 + x[0]) + 0 * x[1]),
        lambda x: np.array([2 * (x[0] - 0.5) * (1 + x[0]) + (x[0] - 0.5) ** 2, 0.0]),
    )
    yield case(flat, [[0.5, 4]], [], "right, at the lowest point: both slopes are nearly 0")
    large = (lambda x: float(-123456.789 * x[0]), lambda x: np.array([-123456.79]))
    yield case(large, [[1]], [], "a slope below -100,000, right to eight digits")

    def three(x):
        return float(x[0] ** 2 + 0.25 * x[1] + 10 * x[2])

    def off(x):
        return np.array([2 * x[0] + 0.0025, 0.2515, 10.005])

    yield case((three, off), [[0.75, 1, 1]], [0, 1], "x[0]² + x[1] / 4 + 10 x[2]; off by 0.0025, 0.0015 and 0.005")

    loss, gradient = _pair()
    points = [[1, 1, 2, 0, 0, 2, 0.5, 0, 0], [0.3, -1, 0.5, 2, -1, 0.25, 0, 0.1, -0.2]]
    yield case((loss, gradient), points, [], "BPR of one pair, right")

    def moves_user_bias(x, derivatives):
        derivatives[6] = derivatives[8]

    yield case((loss, _but(gradient, moves_user_bias)), points, [6], "BPR; the user's bias moves, and cancels")

    def raises_negative(x, derivatives):
        derivatives[[4, 5, 8]] *= -1

    yield case((loss, _but(gradient, raises_negative)), points, [4, 5, 8], "BPR; the negative is pulled up")

    def forgets_negative(x, derivatives):
        derivatives[:2] = -derivatives[8] * x[2:4]

    first = [1, 1, 2, 0, 0, 0, 0, 0, 0], [1, -1, 1, 1, 0, 2, 0, 0, 0]
    yield case((loss, _but(gradient, forgets_negative)), first, [1], "BPR; the user's step forgets the negative")
    with_penalty, right = _pair(penalty=0.1)
    yield case((with_penalty, right), points, [], "BPR with a penalty, right")

    def penalty_of_user_alone(x, derivatives):
        derivatives[2:6] -= 0.1 * x[2:6]

    spread = [1, 1, 2, -1, 1, 2, 0, 0, 0], points[1]
    yield case(
        (with_penalty, _but(right, penalty_of_user_alone)), spread, [2, 3, 4, 5], "the items' penalty is left out"
    )
    rng = np.random.default_rng(15)
    for _ in range(15):
        n = int(rng.integers(2, 6))
        square = rng.normal(size=(n, n))
        curved, slope = square @ square.T, rng.normal(size=n) + 2
        wrong = sorted(int(one) for one in rng.choice(n, size=rng.integers(0, n), replace=False))

        def bowl(x, curved=curved, slope=slope):
            return float(x @ curved @ x / 2 + slope @ x)

        def of_bowl(x, curved=curved, slope=slope, wrong=wrong):
            derivatives = curved @ x + slope
            derivatives[wrong] += 0.5 * (1 + abs(derivatives[wrong]))
            return derivatives

        yield case((bowl, of_bowl), rng.normal(size=(2, n)), wrong, "a bowl")


def _checked(h=1e-5, ahead=1, back=1, n_points=None, width=2.0, dtype=np.float64, together=False, limit=None):
    def checked(loss, gradient, points):
        wrong = set()
        for point in points[:n_points].astype(dtype):
            claimed = gradient(point)
            for parameter in range(len(point)):
                moved = np.full(len(point), h if together else 0, dtype=dtype)
                moved[parameter] = h
                slope = (loss(point + ahead * moved) - loss(point - back * moved)) / (width * h)
                allowed = limit(slope) if limit is not None else 0.001 * max(1, abs(slope))
                if abs(claimed[parameter] - slope) > allowed:
                    wrong.add(parameter)
        return sorted(wrong)

    return checked


def _four_places(loss, gradient, points):
    found = []
    for parameter in range(points.shape[1]):
        for point in points.tolist():

            def at(shift, point=point, parameter=parameter):
                moved = list(point)
                moved[parameter] += shift
                return loss(np.array(moved))

            h = 1e-4
            slope = (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h)
            if abs(gradient(np.array(point))[parameter] - slope) > 0.001 * max(1, abs(slope)):
                found.append(parameter)
                break
    return np.array(found, dtype=np.int32)


WRONG_GRADIENTS = Problem(
    answer=wrong_gradients,
    title="A gradient check",
    objective="find the wrong derivatives of an update by finite differences",
    minutes=15,
    difficulty=3,
    make_cases=_check_cases,
    wrong=(
        Wrong(
            _checked(h=1e-3, back=0, width=1.0),
            "The slope is taken to one side only. Where it changes fast, that is another slope than at the point.",
        ),
        Wrong(_checked(width=1.0), "The two places are 2 h apart, and their difference is divided by h."),
        Wrong(
            _checked(dtype=np.float32),
            "The points stay float32: a step of 1e-5 is rounded there, or lost. Compute in float64.",
        ),
        Wrong(_checked(n_points=1), "Only the first point is looked at. A derivative can be right there by chance."),
        Wrong(_checked(together=True), "All parameters are moved at once. A derivative belongs to one of them alone."),
        Wrong(
            _checked(limit=lambda slope: 0.001),
            "The limit is 0.001 whatever the slope. A large slope is known to so many digits only.",
        ),
        Wrong(
            _checked(limit=lambda slope: 0.001 * abs(slope)),
            "The limit is 0.001 times the slope. Where the slope is nearly 0, rounding alone is above that.",
        ),
    ),
    variants=(_four_places,),
    hints=(
        "Move one parameter a little up and a little down, leave the others, and see how much the loss changes.",
        "slope = (loss(x + h) - loss(x - h)) / (2 h) with h = 1e-5, for one parameter at a time, in float64.",
        "Two loops, over points.astype(np.float64) and over parameters; a set of those beyond 0.001 * max(1, |slope|).",
    ),
)

# --- open: lists that are good and broad -----------------------------------------------------------------------------


def broad_lists(learn, train):
    """Lists of ten films that find likes, and do not name the same films to everybody: by a loss of your own.

    Parameters
    ----------
    learn : callable
        ``learn(loss)`` trains ``LightFM(loss=loss, no_components=16, random_state=0)`` on `train` for 30 epochs, and
        returns ten films for each user, best first, none that the user has in `train`: an int array of shape
        (n_users, 10). It takes what `pairwise_loss` or `pointwise_loss` makes, and no loss of the library.
    train : float32 COO matrix of shape (n_users, n_films)
        A 1 for each like.

    Returns
    -------
    int array of shape (n_users, 10)
        What `learn` returns.
    """
    n_likes = np.bincount(train.col, minlength=train.shape[1])
    weights = np.sqrt(n_likes / n_likes.mean())

    def against_popular(difference, draws, liked, other):
        return weights[other], weights[other] * (1 - difference)

    return learn(pairwise_loss(against_popular, margin=1.0))


# Five seeds, precision@10 and the share of the 20 most liked films. Too popular: logistic .059-.060 and .93, WARP
# .092-.098 and .31-.33, k-OS .087-.095 and .27-.29, hinge with search .095-.101 and .33-.34. Too little found: BPR
# .068-.073 and .12-.13, weights without the root .071-.075 and .12-.13. Good: strength times the root of the negative's
# popularity .091-.094 and .23-.25 (without search .084-.090 and .23-.24), divided by the root of the liked one's
# .085-.089 and .24, BPR with half of the popularity given back .087-.091 and .24-.25.
BROAD_PRECISION, BROAD_SHARE = 0.080, 0.26


def _learn(loss):
    if not isinstance(loss, OwnLoss):
        raise ValueError(f"loss is {loss!r}; expected one of your own, made by pairwise_loss or pointwise_loss")
    train = small_likes().train
    model = LightFM(loss=loss, no_components=16, random_state=0).fit(train, epochs=30)
    return model.recommend(np.arange(train.shape[0]), n=10, exclude=train)[0]


def _broad_cases():
    yield Case((_learn, small_likes().train), why="435 users, 656 films; five likes of each are held out")


def _broad_required(case, value):
    _, train = case.arguments
    lists = item_lists(value, (train.shape[0], 10), train.shape[1])
    known = np.count_nonzero(hits_at_k(lists, train))
    if known:
        return f"The lists of {known} users hold films they have in train."
    precision = hits_at_k(lists, small_likes().test).mean()
    favorites = np.argsort(-np.bincount(train.col, minlength=train.shape[1]), kind="stable")[:20]
    share = np.isin(lists, favorites).mean()
    told = f"Precision@10 is {precision:.3f} (bar: {BROAD_PRECISION:.3f}), the 20 most liked have {share:.0%} of all "
    told += f"places (at most {BROAD_SHARE:.0%})."
    if precision < BROAD_PRECISION and share > BROAD_SHARE:
        return f"{told} Which films are refused, and does a pair that is in order still make a step?"
    if precision < BROAD_PRECISION:
        return f"{told} The most liked are refused too hard: are they drawn too often, or are their weights too large?"
    if share > BROAD_SHARE:
        return f"{told} It finds enough. What tells your loss how popular the two films of a pair are?"
    return None


def _with_loss(function, **options):
    def lists(learn, train):
        return learn(pairwise_loss(function, **options))

    return lists


def _logistic(difference, draws):
    return 1 / (1 + math.exp(difference)), math.log1p(math.exp(-difference))


def _searched_hinge(difference, draws):
    return 1.0, 1.0 - difference


def _weighted(power, of_liked):
    def lists(learn, train):
        n_likes = np.bincount(train.col, minlength=train.shape[1])
        weights = (n_likes / n_likes.mean()) ** power

        def loss(difference, draws, liked, other):
            weight = weights[liked if of_liked else other]
            return weight, weight * (1 - difference)

        return learn(pairwise_loss(loss, margin=1.0))

    return lists


BROAD_LISTS = Problem(
    answer=broad_lists,
    title="Open: good lists, and broad ones",
    objective="write a loss that finds likes without naming the same films to everybody",
    minutes=25,
    difficulty=3,
    make_cases=_broad_cases,
    requires=(_broad_required,),
    is_open=True,
    wrong=(
        Wrong(_with_loss(_logistic, negatives="entries"), "The most liked are refused too hard"),
        Wrong(_with_loss(_searched_hinge, margin=1.0), "It finds enough."),
        Wrong(_with_loss(_searched_hinge), "does a pair that is in order still make a step?"),
        Wrong(_weighted(1.0, of_liked=False), "The most liked are refused too hard"),
        Wrong(_weighted(0.5, of_liked=True), "It finds enough."),
        Wrong(lambda learn, train: _with_loss(_logistic)(learn, train)[:, :5], "expected (435, 10)"),
    ),
    variants=(_weighted(-0.5, of_liked=True),),
    hints=(
        "A search for films within a margin finds likes. Let its steps depend on how popular the two films are.",
        "strength = weight × hinge's strength; the weight grows with the negative's popularity, and less than it.",
        "weights = np.sqrt(n_likes / n_likes.mean()); return weights[other], weights[other] * (1 - difference)",
    ),
)

PROBLEMS = (LANE_SUM, SMOOTHED_HINGE, REPLAY, WRONG_GRADIENTS, BROAD_LISTS)
