"""Every activation against its formula in 40 digits, at random numbers and at the edges."""

from dataclasses import replace

import mpmath
import numpy as np
import pytest
from mpmath import mp, mpf

from glassnet.errors import InvalidValue
from glassnet.network import catalogue
from glassnet.network.activations import ACTIVATIONS
from glassnet.network.contracts import Elementwise
from glassnet.network.intervals import Interval

mp.dps = 40

ALPHA = mpf("1.6732632423543772848170429916717")
SCALE = mpf("1.0507009873554804934193349852946")


def sigma(z):
    return 1 / (1 + mpmath.exp(-z))


def softplus(z):
    return mpmath.log1p(mpmath.exp(z)) if z < 200 else z + mpmath.exp(-z)


def tanh_of_softplus(z):
    e = mpmath.exp(min(z, mpf(2000)))  # tanh(log(1 + e)) with no difference of near numbers
    return e * (e + 2) / (e * (e + 2) + 2)


def density(z):
    return mpmath.npdf(z) if abs(z) < 1e6 else mpf(0)


def cdf(z):
    return mpmath.erfc(-z / mpmath.sqrt(2)) / 2 if abs(z) < 1e6 else mpf(z > 0)


# φ and φ′ as textbooks have them, on numbers of 40 digits.
TRUTH = {
    "identity": (lambda z: z, lambda z: mpf(1)),
    "logistic": (sigma, lambda z: sigma(z) * sigma(-z)),
    "tanh": (mpmath.tanh, lambda z: mpmath.sech(z) ** 2),
    "relu": (lambda z: max(z, mpf(0)), lambda z: mpf(z > 0)),
    "leaky_relu": (lambda z: z if z > 0 else z / 100, lambda z: mpf(1) if z > 0 else 1 / mpf(100)),
    "elu": (lambda z: z if z > 0 else mpmath.expm1(z), lambda z: mpmath.exp(min(z, 0))),
    "selu": (
        lambda z: SCALE * (z if z > 0 else ALPHA * mpmath.expm1(z)),
        lambda z: SCALE * (1 if z > 0 else ALPHA * mpmath.exp(z)),
    ),
    "gelu": (lambda z: z * cdf(z), lambda z: cdf(z) + z * density(z)),
    "silu": (lambda z: z * sigma(z), lambda z: sigma(z) * (1 + z * sigma(-z))),
    "mish": (
        lambda z: z * tanh_of_softplus(z),
        lambda z: tanh_of_softplus(z) + z * (1 - tanh_of_softplus(z) ** 2) * sigma(z),
    ),
    "softplus": (softplus, sigma),
    "softsign": (lambda z: z / (1 + abs(z)), lambda z: 1 / (1 + abs(z)) ** 2),
    "exp": (mpmath.exp, mpmath.exp),
    "sin": (mpmath.sin, mpmath.cos),
    "cos": (mpmath.cos, lambda z: -mpmath.sin(z)),
    "square": (lambda z: z * z, lambda z: 2 * z),
}

# Where φ, φ′ or φ″ jumps, found by hand.
KINKS = dict.fromkeys(("relu", "leaky_relu", "elu", "selu", "softsign"), (0.0,))

# The numbers each φ takes; ends that it reaches are closed.
RANGES = {
    "identity": ("-inf", "inf", "()"),
    "logistic": ("0", "1", "()"),
    "tanh": ("-1", "1", "()"),
    "relu": ("0", "inf", "[)"),
    "leaky_relu": ("-inf", "inf", "()"),
    "elu": ("-1", "inf", "()"),
    "selu": (-SCALE * ALPHA, "inf", "()"),
    "gelu": (mpf("-0.169971207479903661693868470982"), "inf", "[)"),
    "silu": (mpf("-0.278464542761073795109358739023"), "inf", "[)"),
    "mish": (mpf("-0.308843413017250406628760229042"), "inf", "[)"),
    "softplus": ("0", "inf", "()"),
    "softsign": ("-1", "1", "()"),
    "exp": ("0", "inf", "()"),
    "sin": ("-1", "1", "[]"),
    "cos": ("-1", "1", "[]"),
    "square": ("0", "inf", "[)"),
    "softmax": ("0", "1", "()"),
}

NAMES = sorted(TRUTH)
EVERY = sorted(ACTIVATIONS)


def edges(dtype):
    """±0, subnormal numbers, where exp rounds away, under- and overflows, and the largest."""
    limits = np.finfo(dtype)
    sizes = [0.0, float(limits.smallest_subnormal), float(limits.smallest_normal), 1e-30, 1e-8]
    sizes += [0.5, 1.0, 4.0, 5.5, 8.0, 13.0, 17.0, 30.0, 37.0, 40.0, 88.0, 88.73, 104.0]
    sizes += [float(limits.max) / 3, float(limits.max)]
    if dtype == "float64":
        sizes += [709.7, 709.79, 710.0, 745.2, 1e10, 1e154, 1e155, 1e308]
    return np.array([sign * size for size in sizes for sign in (1.0, -1.0)], dtype)


def numbers(dtype, rng):
    return np.concatenate([edges(dtype), rng.uniform(-8, 8, 60), rng.uniform(-45, 45, 30)]).astype(
        dtype
    )


def value_and_back(phi, z, g=None):
    """φ(z) and φ back, with every floating-point warning but underflow an error."""
    with np.errstate(all="raise", under="ignore"):
        a = phi.value(z)
        return a, phi.back(z, a, np.ones_like(z) if g is None else g)


def four_points(f, z, h):
    return (f(z - 2 * h) - 8 * f(z - h) + 8 * f(z + h) - f(z + 2 * h)) / (12 * h)


def test_every_activation_has_a_truth_here():
    assert set(TRUTH) | {"softmax"} == set(ACTIVATIONS)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", NAMES)
def test_value_is_the_formula_to_a_few_units_in_the_last_place(name, dtype):
    """An error of one unit in z itself would already give ε |z φ′|; the rest is a few ε |φ|.

    Below the smallest normal number the unit is the smallest subnormal one, and z may multiply it.
    """
    z = numbers(dtype, np.random.default_rng(1))
    phi, slope = TRUTH[name]
    limits = np.finfo(dtype)
    eps, largest, grain = float(limits.eps), float(limits.max), float(limits.smallest_subnormal)

    a, _ = value_and_back(ACTIVATIONS[name](), z[:, None])

    for each, got in zip(z, a[:, 0], strict=True):
        exact = phi(mpf(float(each)))
        if abs(exact) > largest:
            assert 0.99 * largest < float(got) <= largest
            continue
        bound = 4 * eps * (abs(exact) + abs(each * slope(mpf(float(each)))))
        bound += 4 * grain * (1 + min(abs(float(each)), 1e3))
        assert abs(mpf(float(got)) - exact) <= bound, (float(each), float(got))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", NAMES)
def test_derivative_is_the_formula_to_a_few_units_of_its_terms(name, dtype):
    """Terms of order 1 are added (as in 1 − a²), so the error is a few ε times max(1, |φ′|).

    exp passes on the rounding of z; mish multiplies 1 − t² by z before it vanishes, near z = 20.
    """
    z = numbers(dtype, np.random.default_rng(2))
    z = z[(z != 0) | (name not in ("relu", "leaky_relu"))]  # at_zero is a convention, tested below
    slope = TRUTH[name][1]
    limits = np.finfo(dtype)

    _, back = value_and_back(ACTIVATIONS[name](), z[:, None])

    for each, got in zip(z, back[:, 0], strict=True):
        exact = slope(mpf(float(each)))
        if abs(exact) > float(limits.max):
            assert 0.99 * limits.max < abs(float(got)) <= limits.max
            continue
        near = 4 * float(limits.eps) * max(1, abs(exact))
        if name == "exp":
            near *= 1 + abs(each)
        if name == "mish":
            near *= 1 + min(abs(each), 20)
        assert abs(mpf(float(got)) - exact) <= near, (float(each), float(got))


@pytest.mark.parametrize("name", NAMES)
def test_derivative_is_the_slope_of_the_value(name):
    z = np.random.default_rng(3).uniform(-4, 4, (50, 3))
    z = np.where(np.abs(z) < 0.01, 0.5, z)
    phi = ACTIVATIONS[name]()

    slopes = four_points(phi.value, z, 1e-3)

    np.testing.assert_allclose(phi.derivative(z, phi.value(z)), slopes, rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize("name", ["logistic", "tanh", "softsign", "exp", "sin", "cos", "square"])
def test_derivative_is_a_complex_step_of_numpys_own_formula(name):
    formulas = {
        "logistic": lambda z: 1 / (1 + np.exp(-z)),
        "tanh": np.tanh,
        "softsign": lambda z: z / (1 + np.where(z.real < 0, -z, z)),
        "exp": np.exp,
        "sin": np.sin,
        "cos": np.cos,
        "square": lambda z: z * z,
    }
    z = np.random.default_rng(4).uniform(-3, 3, (40, 2))
    phi = ACTIVATIONS[name]()

    slopes = formulas[name](z + 1e-150j).imag / 1e-150

    np.testing.assert_allclose(phi.derivative(z, phi.value(z)), slopes, rtol=1e-13)


@pytest.mark.parametrize("name", NAMES)
def test_back_multiplies_each_entry_by_its_slope(name):
    rng = np.random.default_rng(5)
    z, g = rng.normal(size=(6, 4)), rng.normal(size=(6, 4))
    phi = ACTIVATIONS[name]()
    a = phi.value(z)

    np.testing.assert_array_equal(phi.back(z, a, g), g * phi.derivative(z, a))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", EVERY)
def test_nothing_overflows_and_the_dtype_stays(name, dtype):
    z = edges(dtype)
    z = np.stack([z, z[::-1], np.roll(z, 3)], axis=1)

    a, back = value_and_back(ACTIVATIONS[name](), z)

    assert np.isfinite(a).all()
    assert np.isfinite(back).all()
    assert (a.dtype, back.dtype) == (z.dtype, z.dtype)
    assert (a.shape, back.shape) == (z.shape, z.shape)


@pytest.mark.parametrize("name", EVERY)
def test_nan_stays_nan(name):
    z = np.array([[np.nan, 1.0], [0.5, 2.0]])

    a = ACTIVATIONS[name]().value(z)

    assert np.isnan(a[0, 0])
    assert np.isfinite(a[1]).all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", EVERY)
def test_values_lie_in_the_range(name, dtype):
    """Within one rounding: an open end can be reached by it, as 1 is by tanh(40)."""
    z = np.random.default_rng(6).normal(scale=5, size=(500, 4)).astype(dtype)
    z[: edges(dtype).size, 0] = edges(dtype)
    phi = ACTIVATIONS[name]()
    slack = 2 * np.finfo(dtype).eps

    a, _ = value_and_back(phi, z)

    assert a.min() >= phi.range.lower - slack * abs(phi.range.lower)
    assert a.max() <= phi.range.upper


@pytest.mark.parametrize("name", EVERY)
def test_the_range_is_that_of_the_mathematics(name):
    lower, upper, ends = RANGES[name]

    expected = Interval(float(mpf(lower)), float(mpf(upper)), ends[0] == "[", ends[1] == "]")

    assert ACTIVATIONS[name]().range == expected


@pytest.mark.parametrize(
    ("name", "near"), [("gelu", "-0.75"), ("silu", "-1.278"), ("mish", "-1.192")]
)
def test_the_lower_end_is_reached_where_the_slope_is_zero(name, near):
    value, slope = TRUTH[name]

    lowest = value(mpmath.findroot(slope, mpf(near)))

    assert ACTIVATIONS[name]().range.lower == float(lowest)


@pytest.mark.parametrize("name", NAMES)
def test_kinks_are_the_jumps_of_the_value_and_its_first_two_derivatives(name):
    value, slope = TRUTH[name]
    h = mpf("1e-12")

    def jumps(z):
        sizes = (
            value(z + h) - value(z - h),
            slope(z + h) - slope(z - h),
            (slope(z + 2 * h) - slope(z + h)) / h - (slope(z - h) - slope(z - 2 * h)) / h,
        )
        return any(abs(size) > mpf("1e-6") for size in sizes)

    found = tuple(z for z in (-3.0, -1.0, -0.5, 0.0, 0.5, 1.0, 3.0) if jumps(mpf(z)))

    assert found == KINKS.get(name, ())
    assert ACTIVATIONS[name]().kinks == found


def test_side_counts_the_kinks_below_and_at():
    z = np.array([[-1.0, 0.0, 1.0]])

    assert ACTIVATIONS["relu"]().side(z).tolist() == [[0.0, 1.0, 2.0]]
    assert ACTIVATIONS["tanh"]().side(z).tolist() == [[0.0, 0.0, 0.0]]


@pytest.mark.parametrize("at_zero", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("zero", [0.0, -0.0])
def test_at_zero_is_the_slope_at_both_zeros(at_zero, zero):
    z = np.array([[zero]])

    relu = ACTIVATIONS["relu"](at_zero=at_zero)
    leaky = ACTIVATIONS["leaky_relu"](slope=0.1, at_zero=at_zero)

    assert relu.derivative(z, relu.value(z)).item() == at_zero
    assert leaky.derivative(z, leaky.value(z)).item() == at_zero


@pytest.mark.parametrize("name", ["relu", "leaky_relu"])
def test_the_slope_at_zero_is_zero_unless_asked(name):
    phi, z = ACTIVATIONS[name](), np.zeros((1, 1))

    assert phi.derivative(z, phi.value(z)).item() == 0.0


@pytest.mark.parametrize(("name", "slope"), [("elu", 1.0), ("selu", float(SCALE * ALPHA))])
def test_elu_and_selu_take_the_slope_from_the_left_at_zero(name, slope):
    phi, z = ACTIVATIONS[name](), np.zeros((1, 1))

    assert phi.derivative(z, phi.value(z)).item() == slope


def test_hyperparameters_shape_the_function():
    z = np.array([[-2.0, 3.0]])

    assert ACTIVATIONS["leaky_relu"](slope=0.25).value(z).tolist() == [[-0.5, 3.0]]
    np.testing.assert_allclose(
        ACTIVATIONS["elu"](alpha=2.0).value(z), [[2 * (np.exp(-2) - 1), 3.0]], rtol=1e-15
    )


@pytest.mark.parametrize(
    ("alpha", "shown"), [(0.0, "[0, ∞)"), (1.0, "(-1, ∞)"), (2.5, "(-2.5, ∞)")]
)
def test_the_range_of_elu_follows_alpha(alpha, shown):
    assert str(replace(ACTIVATIONS["elu"](), alpha=alpha).range).replace("-0,", "0,") == shown


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("relu", {"at_zero": float("nan")}),
        ("relu", {"at_zero": "half"}),
        ("leaky_relu", {"slope": 0.0}),
        ("leaky_relu", {"slope": 1.5}),
        ("leaky_relu", {"slope": True}),
        ("elu", {"alpha": -1.0}),
        ("elu", {"alpha": float("inf")}),
    ],
)
def test_hyperparameters_out_of_range_are_refused(name, values):
    (parameter,) = values

    with pytest.raises(InvalidValue, match=f"{parameter} of .* must be a number in .*; got"):
        ACTIVATIONS[name](**values)


def test_a_numpy_hyperparameter_does_not_widen_float32():
    phi = ACTIVATIONS["leaky_relu"](slope=np.float64(0.1))

    assert phi.value(np.ones((1, 1), "float32")).dtype == np.float32
    assert phi.slope == 0.1
    assert type(phi.slope) is float


class TestSoftmax:
    def test_rows_are_exact_to_a_few_units(self):
        rng = np.random.default_rng(7)
        z = rng.normal(scale=4, size=(20, 5))

        a, _ = value_and_back(ACTIVATIONS["softmax"](), z)

        for row, got in zip(z, a, strict=True):
            powers = [mpmath.exp(mpf(float(each))) for each in row]
            exact = [float(power / sum(powers)) for power in powers]
            np.testing.assert_allclose(got, exact, rtol=4e-15)  # ε (|z| + a few)

    @pytest.mark.parametrize("dtype", ["float32", "float64"])
    def test_rows_sum_to_one_at_the_edges(self, dtype):
        z = edges(dtype)
        z = np.stack([z, z[::-1], np.roll(z, 5), np.roll(z, 9)], axis=1)

        a, _ = value_and_back(ACTIVATIONS["softmax"](), z)

        np.testing.assert_allclose(a.sum(axis=1), 1, rtol=4 * np.finfo(dtype).eps)

    def test_the_largest_scores_share_the_row(self):
        a, _ = value_and_back(
            ACTIVATIONS["softmax"](), np.array([[1e308, -1e308, 1e308], [-1e308, -1e308, -1e308]])
        )

        np.testing.assert_allclose(a, [[0.5, 0, 0.5], [1 / 3] * 3], rtol=1e-15)

    def test_back_is_the_product_with_the_jacobian(self):
        rng = np.random.default_rng(8)
        z, g = rng.normal(size=(4, 3)), rng.normal(size=(4, 3))
        phi = ACTIVATIONS["softmax"]()

        def softmax(z):
            return np.exp(z) / np.exp(z).sum()

        back = phi.back(z, phi.value(z), g)

        for i in range(4):
            for j in range(3):
                step = z[i] + 1e-150j * np.eye(3)[j]
                np.testing.assert_allclose(
                    back[i, j], g[i] @ softmax(step).imag / 1e-150, rtol=1e-12, atol=1e-15
                )


def cube():
    class Cube:
        name = "cube"
        kinks = (0,)

        def value(self, z):
            return z**3

        def derivative(self, z, a):
            return 3 * z * z

    return Cube()


class OwnCube(Elementwise):
    name = "own_cube"

    def value(self, z):
        return z**3

    def derivative(self, z, a):
        return 3 * z * z


@pytest.mark.parametrize("own", [cube(), OwnCube()], ids=["duck-typed", "subclass"])
def test_a_users_own_activation_works(own):
    phi, z = catalogue.activation(own), np.array([[-2.0, 3.0]])
    a = phi.value(z)

    assert a.tolist() == [[-8.0, 27.0]]
    assert phi.back(z, a, 2 * np.ones_like(z)).tolist() == [[24.0, 54.0]]
    assert phi.range == Interval()
    assert phi.side(z).shape == z.shape


def test_a_duck_typed_activation_brings_what_it_says():
    thing = cube()
    phi = catalogue.activation(thing)

    assert (phi.name, phi.kinks) == ("cube", (0.0,))
    assert phi.side(np.array([[-1.0, 1.0]])).tolist() == [[0.0, 2.0]]
    assert phi == catalogue.activation(thing)
    assert hash(phi) == hash(catalogue.activation(thing))
    assert phi != catalogue.activation(cube())
    assert repr(phi) == repr(thing)


def test_a_users_activation_without_a_name_bears_that_of_its_class():
    class Wave:
        value = derivative = staticmethod(np.sin)

    assert catalogue.activation(Wave()).name == "Wave"


@pytest.mark.parametrize(
    ("own", "says"),
    [
        (3, "must be a name or an object with the methods"),
        (None, "must be a name or an object with the methods"),
        (ACTIVATIONS["relu"], r"class of one. Make one of it: ReLU\(\)"),
        (type("Tanh2", (), {"name": "tanh", "value": 1, "derivative": 2}), "class of one"),
    ],
)
def test_what_is_no_activation_is_refused(own, says):
    with pytest.raises(InvalidValue, match=says):
        catalogue.activation(own)


def test_a_users_activation_may_not_bear_the_name_of_another():
    """Losses and engines go by the name, and would take it for the other."""

    class Steep(Elementwise):
        name = "logistic"

        def value(self, z):
            return 1 / (1 + np.exp(-9 * z))

        def derivative(self, z, a):
            return 9 * a * (1 - a)

    class Shifted(ACTIVATIONS["tanh"]):
        def value(self, z):
            return np.tanh(z - 1)

    for own in (Steep(), Shifted()):
        with pytest.raises(InvalidValue, match="Give yours another name"):
            catalogue.activation(own)


def test_a_users_activation_must_state_a_range_as_an_interval():
    class Clipped:
        range = (0, 1)
        value = derivative = staticmethod(np.sin)

    with pytest.raises(InvalidValue, match="range of 'Clipped' must be a glassnet Interval"):
        catalogue.activation(Clipped())


def test_a_subclass_must_have_a_name():
    class Nameless(Elementwise):
        value = derivative = staticmethod(np.sin)

    with pytest.raises(InvalidValue, match="must have a name"):
        catalogue.activation(Nameless())
