r"""Funk SVD: a rating is a mean, two biases and the inner product of two embeddings, learned one rating at a time.

Funk 2006 ("Netflix Update: Try This at Home"), with the biases of Koren, Bell and Volinsky 2009 ("Matrix Factorization
Techniques for Recommender Systems", equations 4 and 5):

.. math:: \hat r_{ui} = \mu + b_u + b_i + p_u \cdot q_i, \qquad
          loss = \tfrac12 (r_{ui} - \hat r_{ui})^2
               + \tfrac\lambda2 \left(b_u^2 + b_i^2 + \lVert p_u \rVert^2 + \lVert q_i \rVert^2\right)

for each known rating r of a user u for an item i. With the error :math:`e = r_{ui} - \hat r_{ui}`, the gradient with
respect to :math:`b_u` is :math:`-e + \lambda b_u`, that with respect to :math:`p_u` is :math:`-e\,q_i + \lambda p_u`,
and likewise for the item. One step of size :math:`\eta` against them, all four from the old values:

.. math:: b_u \leftarrow (1 - \eta\lambda)\, b_u + \eta e, \qquad
          p_u \leftarrow (1 - \eta\lambda)\, p_u + \eta e\, q_i,

.. math:: b_i \leftarrow (1 - \eta\lambda)\, b_i + \eta e, \qquad
          q_i \leftarrow (1 - \eta\lambda)\, q_i + \eta e\, p_u.

Whoever has many ratings is penalized often: summed over an epoch, the penalty on a user is that above times the number
of the user's ratings. (Funk trained one component after the other; here all components move at once, as in the 2009
article.)
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from recsys_lessons.kernels.compiling import kernel, part
from recsys_lessons.kernels.elementary import logarithm
from recsys_lessons.kernels.lanes import LANES, broadcast, load, prefetch, store
from recsys_lessons.kernels.random import next_word
from recsys_lessons.kernels.representation import dot

AHEAD = 8
"""How many ratings ahead the embedding of an item is fetched from memory."""


class Ratings(NamedTuple):
    """The training data, user by user."""

    starts: np.ndarray
    """int64 (n_users + 1,): user u has the ratings starts[u] to starts[u + 1] of the two arrays below."""
    items: np.ndarray
    """int32: what is rated."""
    values: np.ndarray
    """float32: how. Any number is a rating, zero too."""


class Factors(NamedTuple):
    """What is learned for one side, users or items."""

    embeddings: np.ndarray
    """float32 (n_rows, padded width), see :mod:`.lanes`."""
    biases: np.ndarray
    """float32 (n_rows,)"""


class RatingSettings(NamedTuple):
    """The numbers a kernel needs beside arrays."""

    global_mean: float
    learning_rate: float
    regularization: float
    learn_items: bool
    """False while new users are folded in: the items stay as they are."""
    learn_biases: bool = True
    """False for a model without biases: they stay as they are."""


@part
def predict_rating(users, items, user, item, global_mean):
    """The predicted rating: global mean, biases, inner product of the embeddings (float32)."""
    return global_mean + users.biases[user] + items.biases[item] + dot(users.embeddings, user, items.embeddings, item)


@part
def step_embeddings(users, items, user, item, shrinkage, pull, learn_items):
    """Shrink both embeddings and pull each towards the other, or push it away where `pull` is negative."""
    shrink, pulls = broadcast(shrinkage), broadcast(pull)
    for column in range(0, users.shape[1], LANES):
        user_lanes, item_lanes = load(users, user, column), load(items, item, column)
        store(users, user, column, shrink * user_lanes + pulls * item_lanes)
        if learn_items:
            store(items, item, column, shrink * item_lanes + pulls * user_lanes)


@kernel
def learn_ratings(users, items, ratings, order, settings):
    """Learn from all ratings of the users `order`, one user after the other.

    Returns the sum of the squared errors (float64), each taken before the step that it causes. Rating after rating is
    the same user's, whose embedding stays close to the processor: that takes half the time of an order in which every
    rating is somebody else's, and the model is as good.
    """
    global_mean, learning_rate = np.float32(settings.global_mean), np.float32(settings.learning_rate)
    shrinkage = np.float32(1) - learning_rate * np.float32(settings.regularization)
    squares = 0.0
    for turn in range(order.shape[0]):
        user = np.int64(order[turn])
        for position in range(ratings.starts[user], ratings.starts[user + 1]):
            if position + AHEAD < ratings.items.shape[0]:
                prefetch(items.embeddings, ratings.items[position + AHEAD])
            item = np.int64(ratings.items[position])
            error = ratings.values[position] - predict_rating(users, items, user, item, global_mean)
            pull = learning_rate * error
            if settings.learn_biases:
                users.biases[user] = shrinkage * users.biases[user] + pull
                if settings.learn_items:
                    items.biases[item] = shrinkage * items.biases[item] + pull
            step_embeddings(users.embeddings, items.embeddings, user, item, shrinkage, pull, settings.learn_items)
            squares += np.float64(error) * np.float64(error)
    return squares


@part
def normal_pair(stream):
    """Two independent numbers of the standard normal distribution (Marsaglia and Bray 1964, the polar method).

    A random point of the unit disk has a random direction, and the logarithm of its squared distance is exponentially
    distributed: all that two normal numbers are made of.
    """
    while True:
        x, y = next_word(stream) / 2147483648.0 - 1.0, next_word(stream) / 2147483648.0 - 1.0
        square = x * x + y * y
        if 0.0 < square < 1.0:
            scale = np.sqrt(2.0 * logarithm(1.0 / square) / square)
            return x * scale, y * scale


@kernel
def fill_normal(embeddings, rows, n_components, deviation, stream):
    """Fill columns 0 to `n_components` - 1 of some rows with normal numbers of mean 0 and the given deviation."""
    for position in range(rows.shape[0]):
        row = rows[position]
        for component in range(0, n_components, 2):
            first, second = normal_pair(stream)
            embeddings[row, component] = np.float32(deviation * first)
            if component + 1 < n_components:
                embeddings[row, component + 1] = np.float32(deviation * second)
