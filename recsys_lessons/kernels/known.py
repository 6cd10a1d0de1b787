"""Does a user have an entry for an item? Such items are never drawn as negatives, whatever their value."""

from __future__ import annotations

from recsys_lessons.kernels.compiling import part


@part
def is_known(data, user, item):
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
