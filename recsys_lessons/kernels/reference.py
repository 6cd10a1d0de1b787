r"""The algorithms of the course as plain loops: the specification that the compiled kernels are held to.

A function here has the name of its compiled twin and does the same, one number at a time, without Numba and without
lanes. Read this first, the kernels after it. The tests run both from the same state and compare.

Two things decide whether they agree in the last bit:

- *Types.* Learned numbers are float32; a Python number beside one becomes float32 before they meet. Losses and the
  strength of a step are Python numbers, that is float64. Given float64 arrays, everything here runs in float64: that is
  how the tests compare it with finite differences.
- *Order.* Floating-point addition depends on the order. Where a kernel adds up in lanes,
  :func:`score_item` does too; everything else is added from left to right.
"""

from __future__ import annotations

import math

import numpy as np

from recsys_lessons.kernels.structures import ADAGRAD, BPR, K_OS_WARP, LOGISTIC

# ------------------------------------------------------------------------------------------------ random numbers


def next_word(stream):
    """Next number of the stream, from 0 to 2**32 - 1: sfc32, three words stirred together and a counter."""
    a, b, c, counter = (int(word) for word in stream)
    word = (a + b + counter) % 2**32
    rotated = (c << 21) % 2**32 | c >> 11
    stream[:] = b ^ b >> 9, (c + (c << 3)) % 2**32, (rotated + word) % 2**32, (counter + 1) % 2**32
    return word


def below(stream, n):
    """A random integer from 0 to n - 1: the stream's next number as a fraction of 2**32, times n, rounded down."""
    return next_word(stream) * n // 2**32


def start_stream(stream, first, second, third):
    """Seed a stream (an array of four integers) with three words; the first 15 numbers are discarded."""
    stream[:] = first, second, third, 1
    for _ in range(15):
        next_word(stream)


def spawn(streams, stream):
    """Seed several streams from another one."""
    for child in streams:
        first, second, third = next_word(stream), next_word(stream), next_word(stream)
        start_stream(child, first, second, third)


def shuffle(numbers, stream):
    """Put an array in random order: its last place is filled with a random entry, then the place before it, ..."""
    for last in range(len(numbers) - 1, 0, -1):
        other = below(stream, last + 1)
        numbers[last], numbers[other] = numbers[other], numbers[last]


def fill_uniform(numbers, stream):
    """Fill an array with numbers between 0 (included) and 1 (excluded)."""
    for i in range(len(numbers)):
        numbers[i] = next_word(stream) / 2**32


def fill_embeddings(embeddings, n_components, stream):
    """First embeddings: numbers between -0.5 and 0.5, divided by their number; what lies beyond is padding."""
    for row in range(len(embeddings)):
        for component in range(n_components):
            embeddings[row, component] = (next_word(stream) / 2**32 - 0.5) / n_components


# ------------------------------------------------------------------------------------------- elementary functions


def polynomial(coefficients, x):
    """c[0] + c[1] x + c[2] x**2 + ..., from the inside out (Horner)."""
    result = coefficients[-1]
    for coefficient in reversed(coefficients[:-1]):
        result = coefficient + x * result
    return result


def exp_negative(x):
    """exp(x) for x <= 0: x = k ln 2 + r, and exp(x) = 2**k exp(r) with the Taylor polynomial of exp(r)."""
    if x < -708:
        return 0.0
    k = int(x * 1.4426950408889634 - 0.5)
    # ln 2 in two pieces, so that the remainder keeps all its digits.
    r = (x - k * 0.693147180369123816490) - k * 1.90821492927058770002e-10
    even = polynomial([1 / math.factorial(power) for power in (0, 2, 4, 6, 8)], r * r)
    odd = polynomial([1 / math.factorial(power) for power in (1, 3, 5, 7, 9)], r * r)
    return math.ldexp(even + r * odd, k)


def log1p_unit(x):
    """log(1 + x) for 0 <= x <= 1, as 2 (z + z**3 / 3 + z**5 / 5 + ... + z**19 / 19) with z = x / (2 + x)."""
    z = x / (2 + x)
    s = z * z
    even = polynomial([1 / power for power in (1, 5, 9, 13, 17)], s * s)
    odd = polynomial([1 / power for power in (3, 7, 11, 15, 19)], s * s)
    return 2 * z * (even + s * odd)


def logarithm(x):
    """Natural logarithm of x >= 1: halve until x is below 2."""
    halvings = 0
    while x >= 2:
        x, halvings = x / 2, halvings + 1
    return halvings * 0.6931471805599453 + log1p_unit(x - 1)


def log_loss(margin):
    """Logistic loss log(1 + exp(-margin)) and how fast it falls, 1 / (1 + exp(margin))."""
    small = exp_negative(-abs(margin))
    if margin >= 0:
        return log1p_unit(small), small / (1 + small)
    return log1p_unit(small) - margin, 1 / (1 + small)


# ------------------------------------------------------------------------------------------------ representation


def features_of(features, row):
    """The (feature, weight) pairs of a row; without a feature matrix the row is its own feature, with weight 1."""
    if features is None:
        return [(row, 1.0)]
    positions = range(features.starts[row], features.starts[row + 1])
    return [(features.indices[position], features.weights[position]) for position in positions]


def represent(side, row):
    """Embedding of a row: the weighted sum of the embeddings of its features."""
    embeddings = side.parameters.embeddings
    representation = np.zeros(embeddings.shape[1], embeddings.dtype)
    for feature, weight in features_of(side.features, row):
        for component in range(len(representation)):
            representation[component] += weight * embeddings[feature, component]
    return representation


def bias(side, row):
    """Bias of a row: the weighted sum of the biases of its features."""
    result = side.parameters.biases.dtype.type(0)
    for feature, weight in features_of(side.features, row):
        result += weight * side.parameters.biases[feature]
    return result


def dot_in_lanes(left, right):
    """Inner product of two embeddings as eight sums: over components 0, 8, 16, ..., over 1, 9, 17, ..., and so on.

    The compiled twin adds in this order because a processor can work on eight sums at once; another order would give
    other last digits.
    """
    sums = np.zeros(8, left.dtype)
    for component in range(len(left)):
        sums[component % 8] += left[component] * right[component]
    return sums


def total(sums):
    """Sum of eight lanes, by halves: the first four plus the last four, and so on."""
    for half in (4, 2, 1):
        for lane in range(half):
            sums[lane] += sums[lane + half]
    return sums[0]


def score_item(items, item, user_embedding):
    """Score of an item for a user, without the user's bias.

    The inner product with a weighted sum of embeddings, as the weighted sum of the inner products.
    """
    sums = np.zeros(8, user_embedding.dtype)
    for feature, weight in features_of(items.features, item):
        products = dot_in_lanes(user_embedding, items.parameters.embeddings[feature])
        for lane in range(8):
            sums[lane] += weight * products[lane]
    return total(sums) + bias(items, item)


def representations(features, embeddings, biases, out_embeddings, out_biases):
    """Write the representations of all rows of a feature matrix to the two output arrays."""
    for row in range(len(out_biases)):
        out_embeddings[row], out_biases[row] = 0, 0
        for feature, weight in features_of(features, row):
            for component in range(embeddings.shape[1]):
                out_embeddings[row, component] += weight * embeddings[feature, component]
            out_biases[row] += weight * biases[feature]


# -------------------------------------------------------------------------------------- the schedules, the penalty


def step_number(theta, gradients, momentum, place, data_gradient, penalty, settings):
    """Update one learned number, ``theta[place]``, by Adagrad or Adadelta; the arrays are remembered squares.

    The gradient is that of the loss plus that of ``penalty / 2 * theta ** 2``.
    """
    gradient = data_gradient + penalty * theta[place]
    if settings.schedule == ADAGRAD:
        theta[place] -= settings.learning_rate * gradient / np.sqrt(gradients[place])
        gradients[place] += gradient * gradient
    else:
        rho, rest, epsilon = settings.rho, 1 - settings.rho, settings.epsilon
        gradients[place] = rho * gradients[place] + rest * gradient * gradient
        step = gradient * np.sqrt(momentum[place] + epsilon) / np.sqrt(gradients[place] + epsilon)
        theta[place] -= step
        momentum[place] = rho * momentum[place] + rest * step * step


def step_row(side, row, vector, scale, slope, penalty, settings):
    """Update all features of a row, whose embedding has the gradient `scale` times `vector` and whose bias has `slope`.

    By the chain rule a feature of weight w receives w times the gradient. A slope of 0 leaves the biases alone.
    """
    learned = side.parameters
    for feature, weight in features_of(side.features, row):
        memory = learned.embedding_gradients, learned.embedding_momentum
        for component in range(len(vector)):
            gradient = weight * scale * vector[component]
            step_number(learned.embeddings, *memory, (feature, component), gradient, penalty, settings)
        if slope != 0:
            memory = learned.bias_gradients, learned.bias_momentum
            step_number(learned.biases, *memory, feature, weight * slope, penalty, settings)


def step(model, user, positive, negative, strength, settings):
    """One step that raises the score of `positive` for a user and, unless it is None, lowers that of `negative`.

    `strength` is the rate at which the loss falls with the score, or with the difference between the two scores. All
    gradients are taken before anything moves.
    """
    users, items = model.users, model.items
    user_embedding = represent(users, user)
    direction = -represent(items, positive)
    if negative is not None:
        direction += represent(items, negative)
    if settings.learn_items:
        alpha = settings.item_penalty
        step_row(items, positive, user_embedding, -strength, -strength, alpha, settings)
        if negative is not None:
            step_row(items, negative, user_embedding, strength, strength, alpha, settings)
    # In a pair the user's bias cancels: it is part of both scores.
    user_slope = -strength if negative is None else 0
    step_row(users, user, direction, strength, user_slope, settings.user_penalty, settings)


# ----------------------------------------------------------------------------------------------------- the losses


def is_known(data, user, item):
    """Does the user have an entry for the item?"""
    return item in data.known_items[data.known_starts[user] : data.known_starts[user + 1]]


def judge_logistic(model, user, item, value, weight):
    """Strength of the step on an entry and its loss, -w log(probability given to what was observed)."""
    score = float(score_item(model.items, item, represent(model.users, user)) + bias(model.users, user))
    sign = 1 if value > 0 else -1
    loss, strength = log_loss(sign * score)
    return sign * weight * strength, weight * loss


def candidates(data, settings, stream):
    """Items to look at as negatives, one `next` after the other: that of a random entry for BPR, else any item.

    The first `next` only draws; from then on each gives the item that was drawn before and draws the one after it. A
    kernel can so fetch an item from memory while the one before it is being scored.
    """
    item = None
    while True:
        if settings.loss == BPR:
            following = data.items[below(stream, len(data.items))]
        else:
            following = below(stream, settings.n_items)
        yield item
        item = following


def draw_negative(data, user, n_items_seen, upcoming):
    """BPR: the item of a random entry that the user has no entry for, or None, and the number of draws."""
    if data.known_starts[user + 1] - data.known_starts[user] >= n_items_seen:
        return None, 0
    for draw in range(1, 1001):
        item = next(upcoming)
        if not is_known(data, user, item):
            return item, draw
    return None, 1000


def judge_bpr(model, data, user, positive, weight, settings, upcoming):
    """A negative or None, the strength of the step, the loss -w log sigmoid(difference of scores), and the draws."""
    negative, draws = draw_negative(data, user, settings.n_items_seen, upcoming)
    if negative is None:
        return None, 0.0, 0.0, draws
    user_embedding = represent(model.users, user)
    positive_score = score_item(model.items, positive, user_embedding)
    negative_score = score_item(model.items, negative, user_embedding)
    loss, strength = log_loss(float(positive_score - negative_score))
    return negative, weight * strength, weight * loss, draws


def rank_weight(draws, n_items):
    """WARP: log of the rank that is estimated from the number of draws it took to find a violation."""
    return logarithm(max(1, (n_items - 1) // draws))


def find_violation(model, data, user, positive_score, settings, upcoming):
    """WARP: draw items until one scores above the positive less 1. Returns it, or None, its score and the draws."""
    user_embedding = represent(model.users, user)
    for draw in range(1, settings.max_sampled + 1):
        item = next(upcoming)
        score = score_item(model.items, item, user_embedding)
        if score > positive_score - 1 and not is_known(data, user, item):
            return item, score, draw
    return None, positive_score, settings.max_sampled


def judge_warp(model, data, user, positive, weight, settings, upcoming):
    """A violating negative or None, the strength of the step, the loss, and the draws."""
    positive_score = score_item(model.items, positive, represent(model.users, user))
    negative, negative_score, draws = find_violation(model, data, user, positive_score, settings, upcoming)
    if negative is None:
        return None, 0.0, 0.0, draws
    strength = min(weight * rank_weight(draws, settings.n_items), 10.0)
    return negative, strength, strength * float(1 - positive_score + negative_score), draws


def judge_entry(model, user, item, value, weight, loss_of_entry):
    """A pointwise loss of the learner's own: strength of the step on an entry, and its loss."""
    score = float(score_item(model.items, item, represent(model.users, user)) + bias(model.users, user))
    strength, loss = loss_of_entry(score, float(value))
    return weight * strength, weight * loss


def find_within(model, data, user, positive_score, settings, upcoming):
    """Draw items until one scores above the positive less a margin. Returns it, or None, its score and the draws."""
    user_embedding = represent(model.users, user)
    limit = positive_score - type(positive_score)(settings.margin)
    for draw in range(1, settings.max_sampled + 1):
        item = next(upcoming)
        score = score_item(model.items, item, user_embedding)
        if score > limit and not is_known(data, user, item):
            return item, score, draw
    return None, positive_score, settings.max_sampled


def judge_pair(model, data, user, positive, weight, settings, upcoming, loss_of_pair):
    """A pairwise loss of the learner's own: a negative or None, the strength of the step, the loss, and the draws."""
    user_embedding = represent(model.users, user)
    positive_score = score_item(model.items, positive, user_embedding)
    if settings.margin >= 0:
        negative, negative_score, draws = find_within(model, data, user, positive_score, settings, upcoming)
    else:
        negative, draws = draw_negative(data, user, settings.n_items_seen, upcoming)
        negative_score = None if negative is None else score_item(model.items, negative, user_embedding)
    if negative is None:
        return None, 0.0, 0.0, draws
    strength, loss = loss_of_pair(float(positive_score - negative_score), draws, int(positive), int(negative))
    return negative, weight * strength, weight * loss, draws


def choose_positive(model, data, user, settings, stream):
    """k-OS WARP: the k-th best of `n` positives drawn with replacement, and its sample weight.

    Of those that score the same, the one drawn first.
    """
    start, end = int(data.positive_starts[user]), int(data.positive_starts[user + 1])
    n_drawn = min(settings.n, end - start)
    drawn = [start + below(stream, end - start) for _ in range(n_drawn)]
    user_embedding = represent(model.users, user)
    scores = {position: score_item(model.items, data.positive_items[position], user_embedding) for position in drawn}
    score = sorted((scores[position] for position in drawn), reverse=True)[min(settings.k, n_drawn) - 1]
    chosen = next(position for position in drawn if scores[position] == score)
    weight = float(data.positive_weights[chosen]) if len(data.positive_weights) else 1.0
    return data.positive_items[chosen], weight


# ------------------------------------------------------------------------------------------------------- an epoch


def learn_entries(model, data, order, settings, stream, loss_of_entry=None, loss_of_pair=None):
    """Learn from the entries `order` of the data. Returns the sum of the losses, the updates made, and the draws.

    Entries with a value <= 0 are labels for the logistic loss; the other losses pass them over. An entry whose step
    has no strength (no violation, weight 0, a rank of 1) makes no update.
    """
    loss, updates, draws = 0.0, 0, 0
    upcoming = candidates(data, settings, stream)
    number = model.users.parameters.embeddings.dtype.type
    if settings.loss != LOGISTIC and len(data.items):
        next(upcoming)
    for entry in order:
        if settings.loss != LOGISTIC and not data.values[entry] > 0:
            continue
        user, item = data.users[entry], data.items[entry]
        weight = float(data.weights[entry]) if len(data.weights) else 1.0
        if settings.loss == K_OS_WARP:
            item, weight = choose_positive(model, data, user, settings, stream)

        negative, entry_draws = None, 0
        if loss_of_entry is not None:
            strength, entry_loss = judge_entry(model, user, item, data.values[entry], weight, loss_of_entry)
        elif loss_of_pair is not None:
            negative, strength, entry_loss, entry_draws = judge_pair(
                model, data, user, item, weight, settings, upcoming, loss_of_pair
            )
        elif settings.loss == LOGISTIC:
            strength, entry_loss = judge_logistic(model, user, item, data.values[entry], weight)
        elif settings.loss == BPR:
            negative, strength, entry_loss, entry_draws = judge_bpr(model, data, user, item, weight, settings, upcoming)
        else:
            negative, strength, entry_loss, entry_draws = judge_warp(
                model, data, user, item, weight, settings, upcoming
            )

        # In the precision of what is learned. Nothing to be learned is no update: the penalty acts in updates only.
        if number(strength) != 0:
            step(model, user, item, negative, strength, settings)
            updates += 1
        loss += entry_loss
        draws += entry_draws
    return loss, updates, draws


# ------------------------------------------------------------------------------------------- ranks and best items


def score_pair(user_embedding, user_bias, item_embedding, item_bias):
    """Score of an item for a user: the two biases first, then the products from the first component to the last."""
    score = user_bias + item_bias
    for component in range(len(user_embedding)):
        score += user_embedding[component] * item_embedding[component]
    return score


def rank_of(scores, item, left_out):
    """How many of the other items, without those left out, score at least as high: 0 is best, ties are pessimistic."""
    rank = 0
    for other in range(len(scores)):
        if other != item and other not in left_out and scores[other] >= scores[item]:
            rank += 1
    return rank


def best_of(scores, n, left_out):
    """The `n` best items and their scores, best first, equal scores by number; -1 and minus infinity fill the rest."""
    candidates = [item for item in range(len(scores)) if item not in left_out]
    best = sorted(candidates, key=lambda item: (-scores[item], item))[:n]
    missing = n - len(best)
    return best + [-1] * missing, [scores[item] for item in best] + [-np.inf] * missing


def unit_rows(embeddings, n_components, out):
    """Write each row divided by its length to `out`; a row of zeros stays zero."""
    for row in range(len(embeddings)):
        square = 0.0
        for component in range(n_components):
            square += float(embeddings[row, component]) ** 2
        for component in range(n_components):
            out[row, component] = float(embeddings[row, component]) / math.sqrt(square) if square > 0 else 0.0


# --------------------------------------------------------------------------------------- rating models: Funk SVD


def predict_rating(users, items, user, item, global_mean):
    """Global mean + user bias + item bias + inner product of the embeddings."""
    inner = total(dot_in_lanes(users.embeddings[user], items.embeddings[item]))
    return global_mean + users.biases[user] + items.biases[item] + inner


def learn_ratings(users, items, ratings, order, settings):
    """Funk SVD: learn from all ratings of the users `order`. Returns the sum of the squared errors before each step."""
    # A number of the type of the learned ones, so that everything is computed in this type.
    number = users.biases.dtype.type
    learning_rate = number(settings.learning_rate)
    shrinkage = 1 - learning_rate * number(settings.regularization)
    squares = 0.0
    for user in order:
        for position in range(ratings.starts[user], ratings.starts[user + 1]):
            item, rating = ratings.items[position], number(ratings.values[position])
            error = rating - predict_rating(users, items, user, item, number(settings.global_mean))
            pull = learning_rate * error
            if settings.learn_biases:
                users.biases[user] = shrinkage * users.biases[user] + pull
                if settings.learn_items:
                    items.biases[item] = shrinkage * items.biases[item] + pull
            for component in range(users.embeddings.shape[1]):
                p, q = users.embeddings[user, component], items.embeddings[item, component]
                users.embeddings[user, component] = shrinkage * p + pull * q
                if settings.learn_items:
                    items.embeddings[item, component] = shrinkage * q + pull * p
            squares += float(error) * float(error)
    return squares


def normal_pair(stream):
    """Two standard normal numbers from a random point of the unit disk (the polar method)."""
    while True:
        x = next_word(stream) / 2**31 - 1
        y = next_word(stream) / 2**31 - 1
        square = x * x + y * y
        if 0 < square < 1:
            scale = math.sqrt(2 * logarithm(1 / square) / square)
            return x * scale, y * scale


def fill_normal(embeddings, rows, n_components, deviation, stream):
    """Fill some rows with normal numbers of mean 0, two at a time; of an odd number of components the last is lost."""
    for row in rows:
        numbers = []
        while len(numbers) < n_components:
            numbers.extend(normal_pair(stream))
        for component in range(n_components):
            embeddings[row, component] = deviation * numbers[component]


def mean_rating(values):
    """Mean of the ratings."""
    total = 0.0
    for value in values:
        total += float(value)
    return total / len(values)


def damped_means(rows, columns, values, global_mean, column_biases, damping, biases):
    """Biases of one side while the other's stand still: the sum of what is left to explain over damping + number."""
    for row in range(len(biases)):
        total, number = 0.0, 0
        for entry in range(len(values)):
            if rows[entry] == row:
                total += float(values[entry]) - global_mean - float(column_biases[columns[entry]])
                number += 1
        biases[row] = total / (damping + number) if number > 0 else 0


def squared_errors(users, items, values, global_mean, user_biases, item_biases):
    """Sum of the squared errors of global mean + user bias + item bias."""
    squares = 0.0
    for user, item, value in zip(users, items, values, strict=True):
        bias = float(user_biases[user]) + float(item_biases[item])
        error = float(value) - global_mean - bias
        squares += error * error
    return squares
