"""exp and log of our own, against four hundred decimal digits."""

import math
from decimal import Decimal, getcontext

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys_lessons.kernels import elementary, reference

# As many as 1 + 1e-300 needs to be told from 1.
getcontext().prec = 400
EXP, LOG = 1e-11, 1e-10
"""Relative errors as documented."""


def relative_error(found, exact: Decimal) -> float:
    return abs(float((Decimal(float(found)) - exact) / exact))


def exponents():
    random = np.random.default_rng(0)
    edges = [0.0, -5e-324, -1e-300, -1e-9, -0.34, -0.35, -math.log(2) / 2, -math.log(2), -1.0, -700.0, -708.0]
    return [*edges, *-random.uniform(0, 3, 300), *-random.uniform(0, 708, 300), *-(10.0 ** random.uniform(-12, 2, 100))]


def test_exp():
    worst = max(relative_error(elementary.exp_negative(float(x)), Decimal(float(x)).exp()) for x in exponents())
    assert worst < EXP


def test_exp_at_its_ends():
    assert elementary.exp_negative(0.0) == 1.0
    assert elementary.exp_negative(-0.0) == 1.0
    assert elementary.exp_negative(-708.001) == 0.0
    assert elementary.exp_negative(-math.inf) == 0.0
    assert math.isnan(elementary.exp_negative(math.nan))


def test_log1p():
    random = np.random.default_rng(1)
    numbers = [1e-300, 1e-12, 1e-5, 0.5, 1.0, *random.uniform(0, 1, 500), *10.0 ** random.uniform(-15, 0, 100)]
    worst = max(relative_error(elementary.log1p_unit(float(x)), (1 + Decimal(float(x))).ln()) for x in numbers)
    assert worst < LOG
    assert elementary.log1p_unit(0.0) == 0.0


def test_logarithm():
    random = np.random.default_rng(2)
    numbers = [1.5, 2.0, 3.0, 4.0, 1e15, *random.uniform(1.001, 10, 200), *np.exp(random.uniform(0.1, 35, 200))]
    worst = max(relative_error(elementary.logarithm(float(x)), Decimal(float(x)).ln()) for x in numbers)
    assert worst < LOG
    assert elementary.logarithm(1.0) == 0.0


@given(st.floats(-700, 700))
def test_log_loss(margin):
    loss, strength = elementary.log_loss(margin)
    assert relative_error(loss, (1 + (-Decimal(margin)).exp()).ln()) < LOG
    assert relative_error(strength, 1 / (1 + Decimal(margin).exp())) < EXP


@pytest.mark.parametrize("margin", [-math.inf, -1e308, -750.0, 750.0, 1e308, math.inf])
def test_log_loss_does_not_overflow(margin):
    assert elementary.log_loss(margin) == (max(-margin, 0), margin < 0)


def test_a_score_that_is_no_number_shows():
    assert all(map(math.isnan, elementary.log_loss(math.nan)))


@given(st.floats(-1000, 0), st.floats(1, 1e12))
def test_same_bits_as_the_reference(negative, large):
    assert elementary.exp_negative(negative) == reference.exp_negative(negative)
    assert elementary.log1p_unit(1 / large) == reference.log1p_unit(1 / large)
    assert elementary.logarithm(large) == reference.logarithm(large)
    for margin in (negative, -negative):
        assert elementary.log_loss(margin) == reference.log_loss(margin)


def test_an_array_of_exponentials():
    numbers = np.array([0.0, -1.0, -20.0, -1000.0])
    out = np.empty(4)
    elementary.exponentials(numbers, out)
    assert out.tolist() == [reference.exp_negative(x) for x in numbers.tolist()]
