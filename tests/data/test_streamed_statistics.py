"""Statistics of rows read in pieces are those of all rows at once."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glassnet.data.scaling import center_and_scale
from glassnet.data.streamed_statistics import Levels, Moments

numbers = st.floats(allow_nan=False, allow_infinity=False, width=32)


def exact(values):
    """Mean and standard deviation in rational arithmetic."""
    parts = [Fraction(v) for v in values]
    mean = sum(parts) / len(parts)
    variance = sum((v - mean) ** 2 for v in parts) / len(parts)
    return float(mean), float(np.sqrt(float(variance)))


@given(st.lists(numbers, min_size=1, max_size=30), st.integers(1, 7))
def test_merged_parts_have_the_moments_of_the_whole(values, size):
    parts = [values[k : k + size] for k in range(0, len(values), size)]
    found = Moments.of(np.array(parts[0])[:, None])
    for part in parts[1:]:
        found = found.merged(Moments.of(np.array(part)[:, None]))

    mean, deviation = exact(values)
    largest = max(map(abs, values))
    # Each merge rounds a few times: some ulp of the largest value for each of at most 30 parts.
    assert found.mean[0] == pytest.approx(mean, abs=1e-14 * largest)
    assert found.spread[0] == pytest.approx(deviation, abs=3e-14 * largest, rel=1e-7)
    assert (found.low[0], found.high[0]) == (min(values), max(values))


def test_a_small_spread_about_a_large_mean_keeps_its_digits():
    """The plain formula E x² − (E x)² would leave nothing: x² has 16 digits and needs 20."""
    rng = np.random.default_rng(0)
    values = 1e9 + rng.normal(size=100_000)
    found = Moments.of(values[:1, None])
    for start in range(1, len(values), 777):
        found = found.merged(Moments.of(values[start : start + 777, None]))

    assert found.spread[0] == pytest.approx(values.std(), rel=1e-8)
    assert found.mean[0] == pytest.approx(values.mean(), rel=1e-15)


@pytest.mark.parametrize("size", [1.7e308, 1e-300, 1e200, 1e-200])
def test_no_magnitude_overflows_or_vanishes(size):
    values = np.array([-size, size, size, -size])
    halves = Moments.of(values[:2, None]).merged(Moments.of(values[2:, None]))
    apart = Moments.of(values[[0, 3], None]).merged(Moments.of(values[1:3, None]))

    for found in (halves, apart):
        wanted = pytest.approx(center_and_scale(values), rel=1e-15, abs=0)
        assert found.center_and_scale(0) == wanted


def test_a_constant_has_scale_one_and_no_values_too():
    found = Moments.of(np.array([[0.1, np.nan]] * 3)).merged(Moments.of(np.array([[0.1, np.nan]])))

    assert found.center_and_scale(0) == (0.1, 1.0)
    assert found.center_and_scale(1) == (0.0, 1.0)
    assert found.total.tolist() == [4, 0]


def test_missing_values_are_left_out_column_by_column():
    values = np.array([[1.0, np.nan], [np.nan, 4.0], [3.0, 8.0], [np.nan, np.nan]])
    found = Moments.of(values[:2]).merged(Moments.of(values[2:]))

    np.testing.assert_allclose(found.mean, np.nanmean(values, axis=0))
    np.testing.assert_allclose(found.spread, np.nanstd(values, axis=0))
    assert found.total.tolist() == [2, 2]


def test_a_weight_of_two_counts_as_the_row_twice():
    rng = np.random.default_rng(1)
    values, w = rng.normal(size=(50, 3)), rng.integers(0, 4, 50)
    found = Moments.of(values[:20], w[:20]).merged(Moments.of(values[20:], w[20:]))
    twice = np.repeat(values, w, axis=0)

    np.testing.assert_allclose(found.mean, twice.mean(axis=0))
    np.testing.assert_allclose(found.spread, twice.std(axis=0))
    assert found.total.tolist() == [w.sum()] * 3


def test_levels_are_counted_over_parts():
    first, rest = Levels(10), Levels(10)
    first.add(np.array(["b", None, "a"], object))
    rest.add(np.array(["a", "c"], object))
    first.merge(rest)

    assert first.counts == {"b": 1, "a": 2, "c": 1}
    assert first.missing == 1
    assert not first.many


def test_more_different_values_than_asked_for_are_many():
    levels = Levels(3)
    levels.add(np.arange(3.0))
    assert not levels.many
    levels.add(np.array([0.5]))

    assert levels.many
    assert not levels.whole
