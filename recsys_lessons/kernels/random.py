"""The library's own stream of random numbers.

sfc32 ("small fast counting", Chris Doty-Humphrey, PractRand 2010): three 32-bit words are stirred together and a
counter guarantees a period of at least 2**32. The state is an array that the caller owns, so one seed gives one stream
on every machine, threads have streams of their own, and a saved model continues where it stopped.

The words live in int64 and are masked to 32 bits, which keeps every intermediate result exact: the same code runs, with
the same numbers and without overflow warnings, when Numba is switched off.
"""

from __future__ import annotations

import numpy as np

from recsys_lessons.kernels.compiling import kernel, part

STATE_WORDS = 4
_MASK = 0xFFFFFFFF


@part
def next_word(stream):
    """Next number of the stream: an integer from 0 to 2**32 - 1."""
    a, b, c, counter = stream[0], stream[1], stream[2], stream[3]
    word = (a + b + counter) & _MASK
    stream[0] = b ^ (b >> 9)
    stream[1] = (c + (c << 3)) & _MASK
    stream[2] = ((((c << 21) & _MASK) | (c >> 11)) + word) & _MASK
    stream[3] = (counter + 1) & _MASK
    return word


@part
def below(stream, n):
    """A random integer from 0 to n - 1, for n up to 2**31 (Lemire 2019, without rejection: bias below n / 2**32)."""
    return (next_word(stream) * n) >> 32


@kernel
def start_stream(stream, first, second, third):
    """Seed the state `stream` (int64, four words) with three 32-bit words; the first numbers drawn are discarded."""
    stream[0], stream[1], stream[2], stream[3] = first, second, third, 1
    for _ in range(15):
        next_word(stream)


@kernel
def shuffle(numbers, stream):
    """Put an array in random order, in place (Fisher and Yates, from the end)."""
    for last in range(numbers.shape[0] - 1, 0, -1):
        other = below(stream, last + 1)
        numbers[last], numbers[other] = numbers[other], numbers[last]


@kernel
def fill_uniform(numbers, stream):
    """Fill a float64 array with numbers between 0 (included) and 1 (excluded), each a multiple of 2**-32."""
    for i in range(numbers.shape[0]):
        numbers[i] = next_word(stream) / 4294967296.0


@kernel
def fill_embeddings(embeddings, n_components, stream):
    """Fill columns 0 to `n_components` - 1, row by row: uniform between -0.5 and 0.5, divided by `n_components`."""
    for row in range(embeddings.shape[0]):
        for component in range(n_components):
            number = next_word(stream) / 4294967296.0
            embeddings[row, component] = np.float32((number - 0.5) / n_components)


@kernel
def spawn(streams, stream):
    """Seed the rows of `streams`, int64 (n, 4), from another stream."""
    for i in range(streams.shape[0]):
        first, second, third = next_word(stream), next_word(stream), next_word(stream)
        streams[i, 0], streams[i, 1], streams[i, 2], streams[i, 3] = first, second, third, 1
        for _ in range(15):
            next_word(streams[i])
