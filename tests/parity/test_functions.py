"""The compiled functions, entry by entry, against those of the catalogue in float64."""

from dataclasses import fields

import mpmath
import numpy as np
import pytest

from glassnet.engine.native import compiled
from glassnet.network import catalogue
from glassnet.network.activations import ACTIVATIONS
from glassnet.network.losses import LOSSES

pytestmark = pytest.mark.skipif(compiled() is None, reason="the native engine was not built here")

ELEMENTWISE = sorted(set(ACTIVATIONS) - {"softmax"})
SINGLE = sorted(set(LOSSES) - {"cross_entropy"})
DTYPES = ["float32", "float64"]
ULPS = 8  # a handful of rounded operations, and functions good to one or two

# φ′ is the difference of terms of this size, and rounds on their scale.
TERMS = {
    "gelu": lambda z: 1.0,
    "mish": lambda z: 1 + np.abs(z),
    "silu": lambda z: 1.0,
    "sin": lambda z: 1.0,
    "cos": lambda z: 1.0,
    "tanh": lambda z: 1.0,
    "logistic": lambda z: 1.0,
}


def numbers(dtype, rng):
    """Edge values and random ones of every size; as many as fill whole vectors."""
    top = 80.0 if dtype == "float32" else 700.0
    edges = [0.0, -0.0, 1e-30, -1e-30, 0.5, -0.5, 1.0, -1.0, 5.0, -5.0, 30.0, -30.0, top, -top]
    drawn = rng.normal(size=4096) * 10.0 ** rng.uniform(-6, 1.8, 4096)
    found = np.concatenate([edges, drawn, np.linspace(-20, 20, 4096)])
    return np.resize(found, -(-len(found) // 16) * 16).astype(dtype)


def parameters(part):
    return [float(getattr(part, field.name)) for field in fields(part)] + [0.0] * 4


def assert_near(found, wanted, dtype, around=0.0, z=0.0, condition=1.0):
    """A few units in the last place; results below the normal numbers count as 0, also inside."""
    info = np.finfo(dtype)
    wanted = np.asarray(wanted, dtype=np.float64)
    flushed = 2 * float(info.smallest_normal) * (1 + np.abs(z))
    allowed = ULPS * float(info.eps) * np.maximum(np.abs(wanted) * condition, around)
    in_range = np.abs(wanted) < float(info.max) / 8  # beyond, each dtype stops at its own largest
    difference = np.abs(found.astype(np.float64) - wanted)
    np.testing.assert_array_less(difference[in_range], (allowed + flushed)[in_range])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ELEMENTWISE)
def test_an_activation_is_that_of_the_catalogue(name, dtype):
    phi = catalogue.activation(name)
    z = numbers(dtype, np.random.default_rng(1))
    a, slope = np.empty_like(z), np.empty_like(z)

    compiled().activation(name, parameters(phi)[:4], z, a, slope)

    exact = z.astype(np.float64)
    value = phi.value(exact)
    # The catalogue takes erfc of a rounded z / √2, which its steepness z² times multiplies; float32
    # does not see that.
    rounded = name == "gelu" and dtype == "float64"
    steep = 1 + exact * exact if rounded else np.ones_like(exact)
    assert_near(a, value, dtype, z=exact, condition=steep)
    around = TERMS.get(name, lambda z: 0.0)(exact)
    assert_near(slope, phi.derivative(exact, value), dtype, around, z=exact, condition=steep)


def computed(name, z):
    a, slope = np.empty_like(z), np.empty_like(z)
    compiled().activation(name, parameters(catalogue.activation(name))[:4], z, a, slope)
    return a, slope


def exactly(function, z):
    """A function of mpmath's in 40 digits, rounded to float64."""
    with mpmath.workdps(40):
        return np.array([float(function(mpmath.mpf(float(number)))) for number in z])


@pytest.mark.parametrize("dtype", DTYPES)
def test_gelu_keeps_its_digits_in_the_tail(dtype):
    lowest = -12.5 if dtype == "float32" else -37.0
    z = np.random.default_rng(3).uniform(lowest, 6, 512).astype(dtype)

    a, slope = computed("gelu", z)

    assert_near(a, exactly(lambda v: v * mpmath.ncdf(v), z), dtype, z=z)
    assert_near(slope, exactly(lambda v: mpmath.ncdf(v) + v * mpmath.npdf(v), z), dtype, 1.0, z=z)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("largest", [1e3, 1e5, 1e7, 1e30])  # on both sides of each reduction's end
def test_sin_keeps_its_digits_near_its_zeros_and_far_out(largest, dtype):
    rng = np.random.default_rng(4)
    zeros = np.pi / 2 * rng.integers(1, int(min(largest, 1e15)), 256)
    z = np.concatenate([zeros, rng.uniform(-largest, largest, 256)]).astype(dtype)

    a, slope = computed("sin", z)

    assert_near(a, exactly(mpmath.sin, z), dtype)
    assert_near(slope, exactly(mpmath.cos, z), dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ["gelu", "sin"])
def test_an_infinite_score_gives_what_the_catalogue_gives(name, dtype):
    z = np.resize([np.inf, -np.inf, 1.0], 48).astype(dtype)  # ∞, nan, one beside them

    with np.errstate(invalid="ignore"):
        value = catalogue.activation(name).value(z)

    np.testing.assert_allclose(computed(name, z)[0], value, rtol=ULPS * np.finfo(dtype).eps)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("partner", [False, True])
@pytest.mark.parametrize("name", SINGLE)
def test_a_loss_is_that_of_the_catalogue(name, partner, dtype):
    loss, rng = catalogue.loss(name), np.random.default_rng(2)
    z = np.clip(numbers(dtype, rng), -60, 60)
    phi = catalogue.activation(loss.partner)
    a = phi.value(z.astype(np.float64)).astype(dtype)
    y = rng.integers(0, 2, z.shape).astype(dtype)
    value, slope = np.empty_like(z), np.empty_like(z)

    compiled().loss(name, parameters(loss)[:4], partner, z, a, y, value, slope)

    exact = [array.astype(np.float64) for array in (z, a, y)]
    with np.errstate(over="ignore"):
        wanted = loss.of_score(*exact) if partner else loss.of_output(*exact[1:])
        back = loss.score_derivative(*exact) if partner else loss.derivative(*exact[1:])
    # Logarithms stop at the smallest normal number, which each dtype has for itself.
    inside = partner | (name not in ("binary_cross_entropy", "poisson")) | (np.abs(z) < 15)
    assert_near(value[inside], wanted[inside], dtype, around=1.0)
    assert_near(slope[inside], back[inside], dtype, around=1.0)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ELEMENTWISE)
def test_nan_goes_through_an_activation(name, dtype):
    z = np.full(16, np.nan, dtype)
    a, slope = np.zeros_like(z), np.zeros_like(z)

    compiled().activation(name, parameters(catalogue.activation(name))[:4], z, a, slope)

    assert np.isnan(a).all()


def test_the_module_has_the_names_of_the_catalogue():
    knows = compiled().knows

    assert [name for name in ACTIVATIONS if not knows("activation", name)] == []
    assert [name for name in LOSSES if not knows("loss", name)] == []
    assert not knows("activation", "no such function")
