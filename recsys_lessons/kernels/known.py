"""Does a user have an entry for an item? Such items are never drawn as negatives, whatever their value."""

from __future__ import annotations

from recsys_lessons.kernels.compiling import part


@part
def is_known(data, user, item):
    """Binary search among the user's items, without a branch that a processor could guess wrong."""
    place, size = data.known_starts[user], data.known_starts[user + 1] - data.known_starts[user]
    if size == 0:
        return False
    while size > 1:
        half = size >> 1
        place = place + half if data.known_items[place + half] <= item else place
        size -= half
    return data.known_items[place] == item
