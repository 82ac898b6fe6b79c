"""erfc against 40 digits."""

import mpmath
import numpy as np
import pytest
from mpmath import mp, mpf

from glassnet.network.error_function import erfc

mp.dps = 40


@pytest.mark.parametrize(("dtype", "last"), [("float32", 9.0), ("float64", 26.0)])
def test_erfc_is_exact_to_a_few_units_in_the_last_place(dtype, last):
    rng = np.random.default_rng(0)
    seams = np.array([0.46875, 4.0, 0.0, -0.0, 1e-300, -0.46875, -4.0, -30.0, -1e30])
    nearby = [np.nextafter(seams[:2], 0), np.nextafter(seams[:2], 9)]
    x = np.concatenate([seams, *nearby, rng.uniform(-6, last, 500), rng.uniform(-1, 1, 200)])
    x = x.astype(dtype)

    with np.errstate(all="raise", under="ignore"):
        got = erfc(x)

    assert got.dtype == x.dtype
    exact = [mpmath.erfc(mpf(float(each))) for each in x]
    error = [
        float(abs(mpf(float(g)) - e) / e) / float(np.finfo(dtype).eps)
        for g, e in zip(got, exact, strict=True)
    ]
    assert max(error) < 6


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_erfc_underflows_to_zero_and_never_overflows(dtype):
    largest = float(np.finfo(dtype).max)

    with np.errstate(all="raise", under="ignore"):
        got = erfc(np.array([27.5, 41.0, 1e30, largest, -largest], dtype))

    assert got.tolist() == [0.0, 0.0, 0.0, 0.0, 2.0]


def test_erfc_keeps_nan():
    assert np.isnan(erfc(np.array([np.nan])))[0]
