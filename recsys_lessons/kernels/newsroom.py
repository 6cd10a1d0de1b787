r"""A made-up news site: what a reader is shown, and how likely a click is.

Article :math:`a`, published some time ago, stands at position :math:`p` (0 is the top) of the feed of reader :math:`r`:

.. math:: P(click) = (p + 1)^{-b} \cdot 2^{-age / half\,life} \cdot sigmoid(base_a + taste \cdot u_r \cdot c_a)

that is: the reader looks at the position, the news is still news, and the article appeals to the reader. The first
factor makes this a position-based click model (Craswell et al. 2008; a power of the position: Joachims et al. 2017).

A feed is drawn without replacement; an article's chance is proportional to :math:`prominence_a 2^{-age / half\,life}`.
As time passes, the weights of all articles shrink by the same factor and stay in proportion: one table of cumulative
weights, in the order of publication, serves every moment.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from recsys_lessons.kernels.compiling import kernel, part
from recsys_lessons.kernels.elementary import exp_negative, logarithm
from recsys_lessons.kernels.random import next_word

SQRT_12 = 3.4641016151377544
TRIES = 64
"""So often an article is drawn for one place of a feed before the newest one that is left takes it."""


class Site(NamedTuple):
    """What decides about clicks, whatever the position."""

    interests: np.ndarray
    """float64 (n_readers, n_topics)"""
    contents: np.ndarray
    """float64 (n_articles, n_topics)"""
    bases: np.ndarray
    """float64 (n_articles,): the appeal of an article to a reader without particular interests."""
    published: np.ndarray
    """int64 (n_articles,): seconds."""
    taste: float
    """How much interests weigh."""
    decay: float
    """ln 2 / half-life, per second."""


@part
def uniform(stream):
    """A number between 0 (included) and 1 (excluded)."""
    return next_word(stream) / 4294967296.0


@part
def sigmoid(x):
    """1 / (1 + exp(-x)), without overflow on either side."""
    small = exp_negative(-abs(x))
    return 1.0 / (1.0 + small) if x >= 0.0 else small / (1.0 + small)


@part
def click_probability(site, reader, article, time):
    """Probability of a click at the top of the feed; 0 before the article is published."""
    age = time - site.published[article]
    if age < 0:
        return 0.0
    match = 0.0
    for topic in range(site.interests.shape[1]):
        match += site.interests[reader, topic] * site.contents[article, topic]
    return sigmoid(site.bases[article] + site.taste * match) * exp_negative(-site.decay * age)


@kernel
def probabilities(readers, articles, times, site, out):
    """Click probability at the top of the feed, for each (reader, article, time), written to `out` (float64)."""
    for i in range(out.shape[0]):
        out[i] = click_probability(site, readers[i], articles[i], times[i])


@kernel
def probabilities_of_all(reader, time, site, out):
    """Click probability of every article for one reader at one time, written to `out` (float64)."""
    for article in range(out.shape[0]):
        out[article] = click_probability(site, reader, article, time)


@kernel
def negative_powers(bases, exponent, out):
    """Write ``base ** -exponent`` of each base, all at least 1, to `out` (float64)."""
    for i in range(out.shape[0]):
        out[i] = exp_negative(-exponent * logarithm(bases[i]))


@kernel
def fill_bell(numbers, stream):
    """Fill a float64 array with numbers of mean 0 and variance 1, nearly normal: twelve uniform ones, minus 6.

    (Irwin and Hall 1927. Nothing is rounded on the way, and no number lies beyond 6.)
    """
    for i in range(numbers.shape[0]):
        total = -6.0
        for _ in range(12):
            total += uniform(stream)
        numbers[i] = total


@kernel
def standardize(table):
    """Shift and scale each column of a float64 table, in place, to mean 0 and variance 1; a constant one becomes 0."""
    n_rows = table.shape[0]
    for column in range(table.shape[1]):
        mean = 0.0
        for row in range(n_rows):
            mean += table[row, column]
        mean /= n_rows
        variance = 0.0
        for row in range(n_rows):
            table[row, column] -= mean
            variance += table[row, column] * table[row, column]
        deviation = np.sqrt(variance / n_rows)
        for row in range(n_rows):
            table[row, column] = table[row, column] / deviation if deviation > 1e-9 else 0.0


@part
def first_above(cumulative, n, target):
    """Position of the first of the `n` ascending numbers that is above `target`; the last one if there is none."""
    low, high = 0, n - 1
    while low < high:
        middle = (low + high) // 2
        if cumulative[middle] > target:
            high = middle
        else:
            low = middle + 1
    return low


@part
def draw_unseen(cumulative, n_published, last_reader, reader, stream):
    """An article among the first `n_published` that this reader has not been shown, by weight; -1 if none is left."""
    if n_published == 0:
        return -1
    for _ in range(TRIES):
        article = first_above(cumulative, n_published, uniform(stream) * cumulative[n_published - 1])
        if last_reader[article] != reader:
            return article
    for article in range(n_published - 1, -1, -1):
        if last_reader[article] != reader:
            return article
    return -1


@part
def insert(feeds, visit, length, article, keys, key):
    """Put an article into a feed of `length` articles so that their keys keep falling."""
    place = length
    while place > 0 and keys[place - 1] < key:
        feeds[visit, place], keys[place] = feeds[visit, place - 1], keys[place - 1]
        place -= 1
    feeds[visit, place], keys[place] = article, key


@kernel
def fill_feeds(readers, n_published, cumulative, push, last_reader, stream, keys, feeds):
    """Fill the feed of each visit, a row of `feeds`, int32 (n_visits, feed_length), that holds -1 everywhere.

    Visits stand reader by reader, in order of time; ``n_published[visit]`` articles are published by then.
    ``last_reader[article]`` is the reader who was last shown an article, -1 at first: nobody sees an article twice.
    A feed is in the order of ``push``, the logarithm of prominence, plus noise of variance 1; `keys` is room for them.
    """
    for visit in range(feeds.shape[0]):
        for length in range(feeds.shape[1]):
            article = draw_unseen(cumulative, n_published[visit], last_reader, readers[visit], stream)
            if article < 0:
                break
            last_reader[article] = readers[visit]
            insert(feeds, visit, length, article, keys, push[article] + (uniform(stream) - 0.5) * SQRT_12)


@kernel
def click(readers, articles, positions, times, site, examination, stream, clicked):
    """Decide for each impression whether it is clicked. ``examination[position]`` is the chance of being looked at."""
    for i in range(clicked.shape[0]):
        chance = examination[positions[i]] * click_probability(site, readers[i], articles[i], times[i])
        clicked[i] = uniform(stream) < chance
