"""exp and log with the same digits everywhere.

The C library and NumPy choose a version of ``exp`` and ``log`` by processor, and the versions differ in the last bit.
One bit is enough to send a training run down another path. These are plain arithmetic in a fixed order.
"""

from __future__ import annotations

import numpy as np

from recsys_lessons.kernels.compiling import kernel, part

_LOG_2 = 0.6931471805599453
_LOG2_E = 1.4426950408889634
# ln 2 in two pieces: k * _LOG_2_HIGH is exact for every k that occurs, so the remainder keeps all its digits.
_LOG_2_HIGH = 0.693147180369123816490
_LOG_2_LOW = 1.90821492927058770002e-10
_LOWEST = -708.0
_POWERS_OF_TWO = 2.0 ** np.arange(-1022, 1, dtype=np.float64)


@part
def exp_negative(x):
    """exp(x) for x <= 0, relative error below 1e-11; 0.0 for x < -708.

    x = k ln 2 + r with |r| <= ln 2 / 2; exp(r) by its Taylor polynomial of degree 9, even and odd powers apart so that
    a processor can work on both at once; the result times 2**k.
    """
    if not x >= _LOWEST:
        return x if x != x else 0.0
    k = int(x * _LOG2_E - 0.5)
    r = (x - k * _LOG_2_HIGH) - k * _LOG_2_LOW
    s = r * r
    even = 1.0 + s * (1.0 / 2.0 + s * (1.0 / 24.0 + s * (1.0 / 720.0 + s * (1.0 / 40320.0))))
    odd = 1.0 + s * (1.0 / 6.0 + s * (1.0 / 120.0 + s * (1.0 / 5040.0 + s * (1.0 / 362880.0))))
    return (even + r * odd) * _POWERS_OF_TWO[k + 1022]


@part
def log1p_unit(x):
    """log(1 + x) for 0 <= x <= 1, relative error below 1e-10.

    With z = x / (2 + x): log(1 + x) = 2 artanh(z) = 2 (z + z**3 / 3 + z**5 / 5 + ...), and z <= 1/3. Even and odd
    powers of z**2 apart, as above.
    """
    z = x / (2.0 + x)
    s = z * z
    t = s * s
    even = 1.0 + t * (1.0 / 5.0 + t * (1.0 / 9.0 + t * (1.0 / 13.0 + t * (1.0 / 17.0))))
    odd = 1.0 / 3.0 + t * (1.0 / 7.0 + t * (1.0 / 11.0 + t * (1.0 / 15.0 + t * (1.0 / 19.0))))
    return 2.0 * z * (even + s * odd)


@part
def logarithm(x):
    """Natural logarithm of x >= 1: halve until x is below 2, then :func:`log1p_unit`."""
    halvings = 0
    while x >= 2.0:
        x /= 2.0
        halvings += 1
    return halvings * _LOG_2 + log1p_unit(x - 1.0)


@part
def log_loss(margin):
    """Logistic loss log(1 + exp(-margin)) and how fast it falls, 1 / (1 + exp(margin)), without overflow.

    One exponential serves both.
    """
    small = exp_negative(-abs(margin))
    if margin >= 0.0:
        return log1p_unit(small), small / (1.0 + small)
    return log1p_unit(small) - margin, 1.0 / (1.0 + small)


@kernel
def exponentials(x, out):
    """Write exp of each entry of a float64 array, all <= 0, to `out`."""
    for i in range(x.shape[0]):
        out[i] = exp_negative(x[i])
