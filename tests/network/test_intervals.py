"""Intervals: what lies in which."""

from itertools import product
from math import inf, nan, nextafter

import pytest

from glassnet.network.intervals import REALS, Interval

ENDS = [-inf, -1.0, 0.0, 1.0, inf]
ALL = [
    Interval(lower, upper, closed_lower, closed_upper)
    for lower, upper in product(ENDS, ENDS)
    for closed_lower, closed_upper in product([False, True], repeat=2)
    if lower < upper
    and not (closed_lower and lower == -inf)
    and not (closed_upper and upper == inf)
]
# Each end, and a number just beside it, tell apart all intervals of these ends.
PROBES = [
    probe
    for end in ENDS
    if abs(end) < inf
    for probe in (nextafter(end, -inf), end, nextafter(end, inf))
]
PROBES += [-2.0, -0.5, 0.5, 2.0, -1e308, 1e308]


@pytest.mark.parametrize("one", ALL, ids=str)
def test_within_means_that_every_number_of_one_is_in_the_other(one):
    inside = [probe for probe in PROBES if one.holds(probe)]

    for other in ALL:
        assert one.within(other) == all(other.holds(probe) for probe in inside)


def test_holds_regards_the_ends():
    half = Interval(0, 1, closed_lower=True)

    assert [half.holds(x) for x in (-0.1, 0, -0.0, 0.5, 1, nan, inf)] == [
        False, True, True, True, False, False, False,
    ]  # fmt: skip
    assert not REALS.holds(inf)
    assert not REALS.holds(nan)


@pytest.mark.parametrize(
    ("interval", "words"),
    [
        (REALS, "(−∞, ∞)"),
        (Interval(0, inf, closed_lower=True), "[0, ∞)"),
        (Interval(-1, 1, closed_lower=True, closed_upper=True), "[-1, 1]"),
        (Interval(-1.7580993408473768, inf), "(-1.758, ∞)"),
    ],
)
def test_it_is_written_as_in_mathematics(interval, words):
    assert str(interval) == words
