"""Mean and scale of a column hold for every magnitude a float has."""

from fractions import Fraction
from math import isqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glassnet.data.scaling import center_and_scale, require_finite, standardised
from glassnet.errors import InvalidValue

FINITE = st.floats(allow_nan=False, allow_infinity=False)
EPS = np.finfo(float).eps


def exact(values):
    """Mean and variance in rational arithmetic: the definition, with nothing rounded."""
    known = [Fraction(float(value)) for value in values]
    mean = sum(known) / len(known)
    return mean, sum((value - mean) ** 2 for value in known) / len(known)


def square_root(variance):
    digits = 2**2300  # below the square of the least positive float
    return Fraction(isqrt(int(variance * digits * digits)), digits)


@given(st.lists(FINITE, min_size=1, max_size=12))
def test_mean_and_scale_are_those_of_the_definition(values):
    array = np.array(values)
    mean, scale = center_and_scale(array)
    true_mean, variance = exact(array)
    low, high = Fraction(float(array.min())), Fraction(float(array.max()))
    if low == high:
        assert (mean, scale) == (array[0], 1.0)
        return
    # The mean is rounded to a float, and its sum was taken on the scale of the spread.
    spread = high - low
    tiny = Fraction(5e-324)
    size = max(abs(low), abs(high))
    assert abs(Fraction(mean) - true_mean) <= 20 * Fraction(EPS) * (spread + size) + 2 * tiny
    if spread > Fraction(2**40) * tiny:  # below, a scale has only a few bits
        true_scale = square_root(variance)
        assert abs(Fraction(scale) - true_scale) <= 40 * Fraction(EPS) * size + (
            Fraction(1e-10) * true_scale
        )
    assert 0 < scale < np.inf


@given(st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=30), st.sampled_from([1e-300, 1, 1e304]))
def test_standardised_values_have_mean_0_and_deviation_1_on_any_scale(values, factor):
    array = np.array(values) * factor
    mean, scale = center_and_scale(array)
    z = standardised("x", array, mean, scale)
    assert np.all(np.isfinite(z))
    if np.ptp(array) > max(1e-6 * np.abs(array).max(), 1e-290):  # sub-normals have few digits
        # The mean is off by half an ulp of the values, which is up to 1e6 of the spread's.
        assert abs(z.mean()) < 1e-8
        assert abs(z.std() - 1) < 1e-8


def test_a_constant_that_rounds_in_its_mean_still_has_scale_1():
    assert np.full(49, 0.1).std() > 0  # what a plain formula would divide by
    assert center_and_scale(np.full(49, 0.1)) == (0.1, 1.0)


def test_a_small_spread_about_a_large_mean_keeps_its_digits():
    values = 1e9 + np.array([0.0, 1e-3, 2e-3])
    spread = values - values[0]  # exact, by Sterbenz
    _, scale = center_and_scale(values)
    assert scale == pytest.approx(spread.std(), rel=1e-12)


@pytest.mark.parametrize(
    "values", [[1e308, -1e308], [1.7e308, 1.6e308], [1.7e308, 1.6e308, -1.7e308], [5e-324, 1e-320]]
)
def test_the_ends_of_the_range_neither_overflow_nor_vanish(values):
    array = np.array(values)
    mean, scale = center_and_scale(array)
    assert np.all(np.abs(standardised("x", array, mean, scale)) <= len(values) ** 0.5 * 1.1)


def test_no_values_leave_values_as_they_are():
    assert center_and_scale(np.array([])) == (0.0, 1.0)


def test_a_value_out_of_all_proportion_is_refused_by_name_and_row():
    with pytest.raises(InvalidValue, match=r"'x' must stay near.* row 2 "):
        standardised("x", np.array([0.0, 1e300]), 0.0, 1e-300)


def test_infinities_are_refused_and_missing_values_pass():
    require_finite("x", np.array([np.nan, 1e308]))
    with pytest.raises(InvalidValue, match=r"'x'.* rows 1 and 3"):
        require_finite("x", np.array([np.inf, 0.0, -np.inf]))
