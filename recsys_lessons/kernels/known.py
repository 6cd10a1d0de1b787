"""Does a user have an entry for an item? Such items are never drawn as negatives, whatever their value.

The answer is nearly always no, and a search through the user's items takes longer than a step of learning. So each user
also has a row of bits (a Bloom filter with one hash function): the bit of each of their items is set. A bit that is not
set says no; a bit that is set says maybe, and only then the search decides.
"""

from __future__ import annotations

import numpy as np

from recsys_lessons.kernels.compiling import inner, kernel, part

BITS_PER_ITEM = 16
"""At least as many bits for each item that a user has: at most one no in 16 takes the long way."""
WORD = 32


@part
def place_of_bit(item, n_words):
    """Word and bit of an item in a row of `n_words` words, a power of two (Knuth's multiplicative hashing)."""
    bit = ((np.int64(item) * 2654435761) >> 8) & (n_words * WORD - 1)
    return bit >> 5, bit & (WORD - 1)


@kernel
def set_bits(known_starts, known_items, bit_starts, bits):
    """Set the bit of each user's items. Row u of the bits is ``bits[bit_starts[u]:bit_starts[u + 1]]``, all zero."""
    for user in range(known_starts.shape[0] - 1):
        n_words = bit_starts[user + 1] - bit_starts[user]
        for position in range(known_starts[user], known_starts[user + 1]):
            word, bit = place_of_bit(known_items[position], n_words)
            bits[bit_starts[user] + word] |= np.uint32(1 << bit)


@inner
def search(data, user, item):
    """Binary search among the user's items."""
    low, end = data.known_starts[user], data.known_starts[user + 1]
    high = end
    while low < high:
        middle = (low + high) >> 1
        if data.known_items[middle] < item:
            low = middle + 1
        else:
            high = middle
    return low < end and data.known_items[low] == item


@inner
def is_known(data, user, item):
    """Whether the user has an entry for the item."""
    start = data.bit_starts[user]
    word, bit = place_of_bit(item, data.bit_starts[user + 1] - start)
    if (np.int64(data.bits[start + word]) >> bit) & 1 == 0:
        return False
    return search(data, user, item)
