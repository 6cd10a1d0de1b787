"""The random stream: known numbers, bounds, uniformity, and the same with the compiler off."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys_lessons.kernels import random, reference

# From sfc32 as published in C (PractRand) and JavaScript: seeded with three words and the counter 1, the first 15
# numbers discarded.
PUBLISHED = {
    (1, 2, 3): [3987121759, 92551270, 1122162139, 24194941, 3548292025, 428635494],
    (0xFFFFFFFF, 0xDEADBEEF, 0x80000001): [1536875801, 1631076175, 1288007370, 1053098745, 1550348326, 415721061],
}
words = st.integers(0, 2**32 - 1)


def started(first=1, second=2, third=3):
    stream = np.zeros(random.STATE_WORDS, dtype=np.int64)
    random.start_stream(stream, first, second, third)
    return stream


def wrapping(state):
    """sfc32 once more, in 32-bit words that wrap around by themselves."""
    a, b, c, counter = (np.array([word], dtype=np.uint32) for word in state)
    while True:
        word = a + b + counter
        counter = counter + np.uint32(1)
        a, b, c = b ^ (b >> np.uint32(9)), c + (c << np.uint32(3)), (c << np.uint32(21) | c >> np.uint32(11)) + word
        yield int(word[0])


@pytest.mark.parametrize("twin", [random, reference], ids=["kernel", "reference"])
@pytest.mark.parametrize("seed", PUBLISHED)
def test_published_numbers(twin, seed):
    stream = np.zeros(4, dtype=np.int64)
    twin.start_stream(stream, *seed)
    assert [twin.next_word(stream) for _ in range(6)] == PUBLISHED[seed]


@given(words, words, words, words)
def test_every_state_goes_on_as_in_32_bits(a, b, c, counter):
    compiled, plain = np.array([a, b, c, counter], dtype=np.int64), [a, b, c, counter]
    for expected, _ in zip(wrapping((a, b, c, counter)), range(20), strict=False):
        assert random.next_word(compiled) == reference.next_word(plain) == expected
        assert compiled.tolist() == plain
        assert compiled.min() >= 0
        assert compiled.max() < 2**32


@given(words, st.integers(1, 2**31))
def test_below_stays_below(first, n):
    stream, plain = started(first), started(first)
    for _ in range(5):
        number = random.below(stream, n)
        assert 0 <= number < n
        assert number == reference.below(plain, n)


def test_below_reaches_both_ends_even_for_the_largest_range():
    # The counter is the first state's only word: it decides what comes out.
    lowest, highest = np.array([0, 0, 5, 0]), np.array([0, 0, 5, 2**32 - 1])
    assert random.below(lowest, 2**31) == 0
    assert random.below(highest, 2**31) == 2**31 - 1
    assert random.below(np.array([0, 0, 5, 2**32 - 1]), 1) == 0


def test_uniform():
    numbers = np.empty(60_000)
    random.fill_uniform(numbers, started())
    assert numbers.min() >= 0
    assert numbers.max() < 1
    counts = np.histogram(numbers, bins=60, range=(0, 1))[0]
    # Chi-square of 59 degrees of freedom: mean 59, standard deviation 10.9.
    assert 25 < ((counts - 1000) ** 2 / 1000).sum() < 105
    assert abs(np.corrcoef(numbers[:-1], numbers[1:])[0, 1]) < 0.015


def test_shuffle_gives_every_order_equally_often():
    stream, counts = started(), {}
    for _ in range(6000):
        numbers = np.arange(3, dtype=np.int32)
        random.shuffle(numbers, stream)
        counts[tuple(numbers.tolist())] = counts.get(tuple(numbers.tolist()), 0) + 1
    assert len(counts) == 6
    assert all(870 < count < 1130 for count in counts.values())


@pytest.mark.parametrize("n", [0, 1, 2, 1000])
def test_shuffle_equals_the_reference(n):
    numbers, expected = np.arange(n, dtype=np.int32), np.arange(n, dtype=np.int32)
    random.shuffle(numbers, started())
    reference.shuffle(expected, started())
    np.testing.assert_array_equal(numbers, expected)
    np.testing.assert_array_equal(np.sort(numbers), np.arange(n))


def test_fillings_equal_the_reference():
    uniform, expected = np.empty(50), np.empty(50)
    random.fill_uniform(uniform, started())
    reference.fill_uniform(expected, started())
    np.testing.assert_array_equal(uniform, expected)
    embeddings, expected = np.zeros((9, 16), np.float32), np.zeros((9, 16), np.float32)
    random.fill_embeddings(embeddings, 11, started())
    reference.fill_embeddings(expected, 11, started())
    np.testing.assert_array_equal(embeddings, expected)
    assert np.abs(embeddings[:, :11]).max() <= 0.5 / 11
    assert not embeddings[:, 11:].any()


def test_spawned_streams_differ_and_equal_the_reference():
    streams, expected = np.zeros((3, 4), np.int64), np.zeros((3, 4), np.int64)
    random.spawn(streams, started())
    reference.spawn(expected, started())
    np.testing.assert_array_equal(streams, expected)
    drawn = [[random.below(stream, 2**31) for _ in range(100)] for stream in streams]
    assert len(set(sum(drawn, []))) == 300
