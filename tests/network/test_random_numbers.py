"""Philox against its published answers and NumPy's; the dropout mask and what it depends on."""

from math import cos, log, pi, sin, sqrt

import numpy as np
import pytest
from scipy.stats import kstest

from glassnet.network.random_numbers import (
    DROPOUT,
    INITIAL_WEIGHTS,
    NOISE,
    SAMPLE_ORDER,
    generator,
    keep_mask,
    normals,
    philox,
)

ONES = 0xFFFFFFFF

# Known-answer vectors of Random123 (its file kat_vectors): philox4x32, 10 rounds.
KNOWN = [
    (
        (0, 0, 0, 0),
        (0, 0),
        (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8),
    ),
    (
        (ONES, ONES, ONES, ONES),
        (ONES, ONES),
        (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD),
    ),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]


def plain_philox(counter, key, bits, multipliers, weyl):
    """The paper's algorithm on Python's integers, for words of any size."""
    full = 2**bits
    (c0, c1, c2, c3), (k0, k1) = counter, key
    for _ in range(10):
        high0, low0 = divmod(multipliers[0] * c0, full)
        high1, low1 = divmod(multipliers[1] * c2, full)
        c0, c1, c2, c3 = high1 ^ c1 ^ k0, low1, high0 ^ c3 ^ k1, low0
        k0, k1 = (k0 + weyl[0]) % full, (k1 + weyl[1]) % full
    return c0, c1, c2, c3


WIDE = {  # for words of 64 bits, as NumPy has it
    "bits": 64,
    "multipliers": (0xD2E7470EE14C6C93, 0xCA5A826395121157),
    "weyl": (0x9E3779B97F4A7C15, 0xBB67AE8584CAA73B),
}
NARROW = {
    "bits": 32,
    "multipliers": (0xD2511F53, 0xCD9E8D57),
    "weyl": (0x9E3779B9, 0xBB67AE85),
}


@pytest.mark.parametrize(("counter", "key", "answer"), KNOWN, ids=["zeros", "ones", "pi"])
def test_philox_gives_the_published_answers(counter, key, answer):
    assert tuple(int(word) for word in philox(counter, key)) == answer


def test_the_plain_algorithm_is_numpys():
    """NumPy's Philox has 64-bit words and steps its counter before it draws."""
    rng = np.random.default_rng(0)
    for _ in range(5):
        counter, key = rng.integers(2**63, size=4).tolist(), rng.integers(2**63, size=2).tolist()
        bits = np.random.Philox(key=np.array(key, "u8"), counter=np.array(counter, "u8"))
        counter[0] += 1

        assert tuple(bits.random_raw(4).tolist()) == plain_philox(counter, key, **WIDE)


def test_philox_is_the_plain_algorithm_on_arrays():
    rng = np.random.default_rng(1)
    counters = rng.integers(2**32, size=(4, 3, 5))
    key = tuple(rng.integers(2**32, size=2).tolist())

    words = philox(tuple(counters), key)

    for index in np.ndindex(3, 5):
        expected = plain_philox([int(c[index]) for c in counters], key, **NARROW)
        assert tuple(int(word[index]) for word in words) == expected


def test_counters_broadcast():
    words = philox((np.arange(4)[None, :], np.arange(3)[:, None], 7, 8), (1, 2))

    assert {word.shape for word in words} == {(3, 4)}
    assert words[2][1, 3] == philox((3, 1, 7, 8), (1, 2))[2]


def mask(rate=0.5, *, seed=1, t=5, layer=2, rows=64, units=10, first_row=0):
    return keep_mask(rate, seed=seed, t=t, layer=layer, rows=rows, units=units, first_row=first_row)


@pytest.mark.parametrize("rate", [0.0, 0.1, 0.25, 0.5, 0.9])
def test_the_share_of_kept_entries_is_binomial(rate):
    kept = mask(rate, rows=2000, units=50)

    assert (kept.shape, kept.dtype) == ((2000, 50), bool)
    assert abs(kept.mean() - (1 - rate)) <= 5 * sqrt(rate * (1 - rate) / kept.size)


def test_each_unit_and_each_row_has_the_rate():
    kept = mask(0.3, rows=4000, units=13)

    assert np.abs(kept.mean(axis=0) - 0.7).max() <= 5 * sqrt(0.21 / 4000)
    assert np.abs(kept.mean(axis=1) - 0.7).max() <= 5.5 * sqrt(0.21 / 13)


def test_neighbours_are_dropped_independently():
    """Correlation of neighbouring units, rows, steps and layers within five standard errors."""
    kept = mask(0.5, rows=3000, units=8).astype(float)
    later = mask(0.5, rows=3000, units=8, t=6).astype(float)
    above = mask(0.5, rows=3000, units=8, layer=3).astype(float)
    pairs = [(kept[:, 1:], kept[:, :-1]), (kept[1:], kept[:-1]), (kept, later), (kept, above)]

    for one, other in pairs:
        assert abs(np.corrcoef(one.ravel(), other.ravel())[0, 1]) <= 5 / sqrt(one.size)


def test_a_mask_is_the_words_of_its_counters():
    """Word 0 counts units in fours, then row, step, and purpose, layer, member in one word."""
    seed = 0x0123456789ABCDEF
    kept = mask(0.3, seed=seed, t=9, layer=2, rows=3, units=6, first_row=40)

    for row in range(3):
        for unit in range(6):
            counter = (unit // 4, 40 + row, 9, 1 * 2**28 + 2 * 2**16)
            words = plain_philox(counter, (seed % 2**32, seed // 2**32), **NARROW)
            assert kept[row, unit] == (words[unit % 4] >= int(0.3 * 2**32))


@pytest.mark.parametrize("cuts", [[64], [1, 63], [20, 20, 24], [63, 1]])
def test_any_split_of_the_batch_has_the_same_mask(cuts):
    starts = np.cumsum([0, *cuts[:-1]])

    parts = [mask(rows=rows, first_row=start) for rows, start in zip(cuts, starts, strict=True)]

    np.testing.assert_array_equal(np.concatenate(parts), mask())


@pytest.mark.parametrize("rows", [1, 10, 63])
@pytest.mark.parametrize("units", [1, 4, 5, 9])
def test_a_smaller_layer_or_batch_has_the_corner_of_the_mask(rows, units):
    np.testing.assert_array_equal(mask(rows=rows, units=units), mask()[:rows, :units])


@pytest.mark.parametrize(
    "other", [{"seed": 2}, {"seed": 1 + 2**32}, {"t": 6}, {"layer": 3}, {"first_row": 64}]
)
def test_the_mask_changes_with_seed_step_layer_and_rows(other):
    """Two independent fair masks agree in half of their entries."""
    same = np.mean(mask() == mask(**other))

    assert abs(same - 0.5) <= 5 * sqrt(0.25 / 640)


def test_the_mask_is_repeatable():
    np.testing.assert_array_equal(mask(), mask())


def test_large_seeds_and_steps_are_taken():
    assert mask(seed=2**64 - 1, t=2**40).shape == (64, 10)


def test_generators_of_a_purpose_and_number_are_their_own():
    purposes = (DROPOUT, INITIAL_WEIGHTS, SAMPLE_ORDER)
    draws = {
        (seed, purpose, number): tuple(generator(seed, purpose, number).integers(2**62, size=4))
        for seed in (0, 1, 2**64 - 1)
        for purpose in purposes
        for number in (0, 1, 1000)
    }

    assert len(set(draws.values())) == len(draws)
    assert draws[0, INITIAL_WEIGHTS, 1] == tuple(
        generator(0, INITIAL_WEIGHTS, 1).integers(2**62, size=4)
    )


def test_long_draws_of_two_numbers_do_not_meet():
    """The number stands in a high word of the counter, far beyond what one draw counts to."""
    one = generator(0, SAMPLE_ORDER, 0).integers(2**62, size=20000)
    other = generator(0, SAMPLE_ORDER, 1).integers(2**62, size=20000)

    assert not np.isin(one, other).any()


def test_normal_numbers_are_those_of_box_and_muller():
    seed, t = 5 + (7 << 32), 11
    found = normals(5, seed=seed, t=t)

    for k in range(5):
        words = [int(word) for word in philox((k // 2, 0, t, NOISE << 28), (5, 7))]
        u = ((words[0] << 32 | words[1]) >> 11) * 2.0**-53 + 2.0**-53
        v = ((words[2] << 32 | words[3]) >> 11) * 2.0**-53
        side = sin(2 * pi * v) if k % 2 else cos(2 * pi * v)
        assert found[k] == pytest.approx(sqrt(-2 * log(u)) * side, rel=1e-14)


def test_normal_numbers_are_normal_and_differ_from_step_to_step():
    numbers = np.stack([normals(50_000, seed=1, t=t) for t in range(4)])

    assert kstest(numbers.ravel(), "norm").pvalue > 0.01
    correlations = np.corrcoef(numbers) - np.eye(4)
    assert np.abs(correlations).max() < 5 / sqrt(50_000)
    np.testing.assert_array_equal(normals(100, seed=1, t=2), numbers[2, :100])
