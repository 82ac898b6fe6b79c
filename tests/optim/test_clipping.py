"""Clipping of the gradient, by its length and by its entries."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from glassnet.errors import InvalidValue
from glassnet.optim.clipping import Clipping

GRADIENTS = hnp.arrays(np.float64, st.integers(1, 20), elements=st.floats(-1e6, 1e6))


@given(GRADIENTS, st.floats(1e-3, 1e3))
def test_the_length_is_held_and_the_direction_kept(g, limit):
    clipped = Clipping(norm=limit).clip(g)

    assert np.linalg.norm(clipped) <= limit * (1 + 1e-12)
    length = np.linalg.norm(g)
    np.testing.assert_allclose(clipped, g * min(1.0, limit / length) if length else g, rtol=1e-12)


@given(GRADIENTS, st.floats(1e-3, 1e3))
def test_every_entry_is_held(g, limit):
    clipped = Clipping(value=limit).clip(g)

    np.testing.assert_array_equal(clipped, np.minimum(limit, np.maximum(-limit, g)))


def test_entries_are_held_before_the_length():
    clipped = Clipping(norm=1.0, value=3.0).clip(np.array([300.0, -4.0]))

    assert clipped == pytest.approx(np.array([3.0, -3.0]) / np.sqrt(18))


@pytest.mark.parametrize(
    "clipping", [Clipping(), Clipping(norm=5.0), Clipping(norm=5.0, value=4.0)]
)
def test_a_gradient_within_the_limits_keeps_its_bits(clipping):
    g = np.array([3.0, -4.0, 0.0])

    np.testing.assert_array_equal(clipping.clip(g), g)


def test_a_gradient_of_0_stays_0():
    assert Clipping(norm=1.0, value=1.0).clip(np.zeros(3)).tolist() == [0.0, 0.0, 0.0]


@pytest.mark.parametrize(("dtype", "size"), [("float32", 1e25), ("float64", 1e200)])
def test_a_gradient_whose_square_overflows_keeps_its_direction(dtype, size):
    g = np.array([3 * size, -4 * size], dtype=dtype)

    with np.errstate(over="ignore"):
        clipped = Clipping(norm=1.0).clip(g)

    assert clipped.dtype == dtype
    assert clipped == pytest.approx([0.6, -0.8])


def test_a_gradient_that_is_not_finite_stays_so():
    with np.errstate(invalid="ignore"):
        for bad in (np.nan, np.inf):
            assert not np.isfinite(Clipping(norm=1.0).clip(np.array([1.0, bad]))).all()


def test_the_gradient_given_is_not_changed_and_its_dtype_kept():
    g = np.array([3.0, 4.0], dtype=np.float32)
    g.setflags(write=False)

    clipped = Clipping(norm=np.float64(1.0), value=np.float64(3.5)).clip(g)

    assert clipped.dtype == np.float32


@pytest.mark.parametrize("name", ["norm", "value"])
@pytest.mark.parametrize("bad", [0, -1.0, np.nan, np.inf, "1", True])
def test_a_limit_must_be_above_0(name, bad):
    with pytest.raises(InvalidValue, match=f"clip_{name} must be above 0; got"):
        Clipping(**{name: bad})


LENGTHS = hnp.arrays(np.float64, st.integers(1, 20), elements=st.floats(0, 1e6))


@given(LENGTHS, st.floats(1e-3, 1e3))
def test_rows_are_shortened_to_the_limit_and_no_further(lengths, limit):
    factors = Clipping(per_sample=limit).factors(lengths)

    shortened = factors * lengths
    assert (shortened <= limit * (1 + 1e-15)).all()
    assert (factors[lengths <= limit] == 1).all()
    np.testing.assert_allclose(shortened[lengths > limit], limit, rtol=1e-15)


def test_a_row_without_a_length_is_left_alone_and_shows_in_the_sum():
    factors = Clipping(per_sample=1.0).factors(np.array([0.0, np.nan, 2.0]))

    assert factors.tolist() == [1.0, 1.0, 0.5]


def test_without_a_limit_of_rows_every_factor_is_1():
    assert Clipping(norm=1.0).factors(np.array([5.0, 0.5])).tolist() == [1.0, 1.0]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"per_sample": 0}, "clip_per_sample must be above 0; got 0"),
        ({"per_sample": 1.0, "noise_multiplier": np.inf, "batch_rows": 1}, "noise_multiplier must"),
        ({"noise_multiplier": 1.0, "batch_rows": 1}, "noise_multiplier needs clip_per_sample"),
        ({"per_sample": 1.0, "noise_multiplier": 1.0}, "must be given together; got 1.0 and None"),
        ({"per_sample": 1.0, "batch_rows": 3}, "must be given together; got None and 3"),
        ({"per_sample": 1.0, "noise_multiplier": 1.0, "batch_rows": 0}, "batch_rows must be"),
    ],
)
def test_limits_of_rows_and_noise_go_together(fields, words):
    with pytest.raises(InvalidValue, match=words):
        Clipping(**fields)
