"""First weights: variances, bounds and independence, judged by statistics."""

from math import sqrt

import numpy as np
import pytest
from scipy import stats

from glassnet.errors import InvalidValue, ShapeMismatch, UnknownName
from glassnet.network import catalogue
from glassnet.network.initializers import INITIALIZERS
from glassnet.network.layers import Dense
from glassnet.network.specification import Specification

N_OUT, N_IN = 300, 200

# Variance of an entry, (n_in, n_out) -> number, from the papers.
VARIANCES = {
    "zeros": lambda n_in, n_out: 0.0,
    "constant": lambda n_in, n_out: 0.0,
    "normal": lambda n_in, n_out: 0.01**2,
    "uniform": lambda n_in, n_out: 1 / 3,
    "he_normal": lambda n_in, n_out: 2 / n_in,
    "he_uniform": lambda n_in, n_out: 2 / n_in,
    "lecun": lambda n_in, n_out: 1 / n_in,
    "lecun_uniform": lambda n_in, n_out: 1 / n_in,
    "glorot_normal": lambda n_in, n_out: 2 / (n_in + n_out),
    "glorot_uniform": lambda n_in, n_out: 2 / (n_in + n_out),
    "orthogonal": lambda n_in, n_out: 1 / max(n_in, n_out),
}
NORMAL = ["normal", "he_normal", "lecun", "glorot_normal"]
UNIFORM = ["uniform", "he_uniform", "lecun_uniform", "glorot_uniform"]


def draw(name, seed=0, n_out=N_OUT, n_in=N_IN, **values):
    return INITIALIZERS[name](**values).draw(np.random.default_rng(seed), n_out, n_in)


def test_every_initializer_has_a_variance_here():
    assert set(VARIANCES) == set(INITIALIZERS)


@pytest.mark.parametrize("shape", [(N_OUT, N_IN), (50, 900)])
@pytest.mark.parametrize("name", sorted(INITIALIZERS))
def test_mean_and_variance_are_those_of_the_paper(name, shape):
    """Over N entries the mean errs by σ/√N, the variance of normal ones by √(2/N) of itself."""
    n_out, n_in = shape
    variance, entries = VARIANCES[name](n_in, n_out), n_out * n_in

    W = draw(name, n_out=n_out, n_in=n_in)

    assert (W.shape, W.dtype) == (shape, np.float64)
    centre = 0.1 if name == "constant" else 0
    assert np.abs(W.mean() - centre) <= 5 * sqrt(variance / entries) + 1e-15
    assert np.abs(W.var() - variance) <= 5 * variance * sqrt(2 / entries) + 1e-30


@pytest.mark.parametrize("name", UNIFORM)
def test_uniform_ones_fill_their_interval(name):
    bound = sqrt(3 * VARIANCES[name](N_IN, N_OUT))

    W = draw(name)

    assert stats.kstest(W.ravel(), stats.uniform(-bound, 2 * bound).cdf).pvalue > 1e-3
    assert np.abs(W).max() <= bound


@pytest.mark.parametrize("name", NORMAL)
def test_normal_ones_are_normal(name):
    W = draw(name)

    spread = stats.norm(0, sqrt(VARIANCES[name](N_IN, N_OUT)))

    assert stats.kstest(W.ravel(), spread.cdf).pvalue > 1e-3


@pytest.mark.parametrize("shape", [(7, 7), (3, 8), (8, 3), (1, 5), (5, 1)])
def test_orthogonal_has_orthonormal_rows_or_columns(shape):
    W = draw("orthogonal", n_out=shape[0], n_in=shape[1])

    short = W @ W.T if shape[0] <= shape[1] else W.T @ W

    assert W.shape == shape
    np.testing.assert_allclose(short, np.eye(min(shape)), atol=1e-14)
    np.testing.assert_array_equal(3 * W, draw("orthogonal", 0, *shape, gain=3.0))


def test_orthogonal_is_uniform_over_the_group():
    """An entry of a uniform rotation of the plane is cos of a uniform angle: its sign is fair."""
    rng = np.random.default_rng(1)
    first = np.array([INITIALIZERS["orthogonal"]().draw(rng, 2, 2)[0, 0] for _ in range(2000)])

    angle = np.arccos(np.clip(first, -1, 1)) / np.pi

    assert stats.kstest(angle, "uniform").pvalue > 1e-3


def test_hyperparameters_set_the_scale():
    assert (draw("constant", value=0.7) == 0.7).all()
    np.testing.assert_allclose(draw("normal", std=2.0), 200 * draw("normal"), rtol=1e-15)
    np.testing.assert_allclose(draw("he_normal", k=8.0), 2 * draw("he_normal"), rtol=1e-15)
    np.testing.assert_allclose(draw("he_uniform", k=8.0), 2 * draw("he_uniform"), rtol=1e-15)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("constant", {"value": float("nan")}),
        ("normal", {"std": 0.0}),
        ("he_normal", {"k": -2.0}),
        ("he_uniform", {"k": "two"}),
        ("orthogonal", {"gain": float("inf")}),
    ],
)
def test_hyperparameters_out_of_range_are_refused(name, values):
    (parameter,) = values

    with pytest.raises(InvalidValue, match=f"{parameter} of .* must be a number in"):
        INITIALIZERS[name](**values)


# What init="auto" is for each activation: He where half of the line is (nearly) silent.
AUTOMATIC = {
    **dict.fromkeys(
        ["relu", "leaky_relu", "elu", "gelu", "silu", "mish", "softplus"], "he_uniform"
    ),
    **dict.fromkeys(
        ["identity", "logistic", "tanh", "softsign", "exp", "sin", "cos", "square", "softmax"],
        "glorot_uniform",
    ),
    "selu": "lecun",
}


@pytest.mark.parametrize("activation", sorted(AUTOMATIC))
def test_auto_picks_by_activation(activation):
    assert Dense(2, activation).init.name == AUTOMATIC[activation]


def specification(*layers):
    return Specification(5, (*layers, Dense(4, "tanh")))


def test_the_same_seed_gives_the_same_weights():
    spec = specification(Dense(6, "tanh"))

    first, again, other = (spec.initial_state(seed).theta for seed in (7, 7, 8))

    np.testing.assert_array_equal(first, again)
    W = np.flatnonzero(spec.is_weight)
    assert (first[W] != other[W]).all()


def test_layers_draw_independently():
    """What one layer is or draws changes nothing in another: studies of one layer stay fair."""
    short = specification(Dense(6, "tanh"), Dense(3, "tanh"))
    other = specification(Dense(6, "relu", init="orthogonal", bias_init="normal"), Dense(3, "tanh"))

    W, W_other = (spec.unpack(spec.initial_state(3).theta).W for spec in (short, other))

    np.testing.assert_array_equal(W[2], W_other[2])
    np.testing.assert_array_equal(W[3], W_other[3])


def test_layers_of_one_shape_differ():
    spec = specification(Dense(5, "tanh"), Dense(5, "tanh"))

    W = spec.unpack(spec.initial_state(3).theta).W

    assert abs(np.corrcoef(W[1].ravel(), W[2].ravel())[0, 1]) < 0.8
    assert (W[1] != W[2]).all()


def test_biases_begin_at_zero_unless_asked():
    spec = specification(Dense(6, "tanh", bias_init=0.25), Dense(3, "tanh", bias_init="normal"))

    b = spec.unpack(spec.initial_state(0).theta).b

    assert b[1].tolist() == [0.25] * 6
    assert (b[2] != 0).all()
    assert not b[3].any()


def test_float32_weights_are_the_rounded_float64_ones():
    spec = specification(Dense(6, "tanh"))

    half, full = spec.initial_state(0, "float32").theta, spec.initial_state(0).theta

    assert half.dtype == np.float32
    np.testing.assert_array_equal(half, full.astype("float32"))


@pytest.mark.parametrize("number", [0.5, 2, np.float32(0.5), np.int64(3)])
def test_a_number_means_a_constant(number):
    assert catalogue.initializer(number, "tanh") == INITIALIZERS["constant"](float(number))


def test_a_users_own_initializer_draws():
    class Eye:
        def draw(self, rng, n_out, n_in):
            return np.eye(n_out, n_in)

    spec = specification(Dense(6, "tanh", init=Eye()))

    np.testing.assert_array_equal(spec.unpack(spec.initial_state(0).theta).W[1], np.eye(6, 5))


def test_a_draw_of_another_shape_is_refused():
    """It has as many entries as W: reshaped, it would be a different matrix without a word."""

    class Transposed:
        def draw(self, rng, n_out, n_in):
            return np.ones((n_in, n_out))

    spec = specification(Dense(6, "tanh", init=Transposed()))

    with pytest.raises(ShapeMismatch, match=r"must return \(6, 5\) for W\[1\]; got shape \(5, 6\)"):
        spec.initial_state(0)


@pytest.mark.parametrize(
    ("own", "error", "says"),
    [
        ("he", UnknownName, "no initializer is named 'he'.*Did you mean 'he_"),
        ("atuo", UnknownName, "Did you mean 'auto'"),
        (None, InvalidValue, "must be a name, a number or an object with draw"),
        (True, InvalidValue, "must be a name, a number or an object with draw"),
        (INITIALIZERS["zeros"], InvalidValue, r"class of one. Make one of it: Zeros\(\)"),
    ],
)
def test_what_is_no_initializer_is_refused(own, error, says):
    with pytest.raises(error, match=says):
        catalogue.initializer(own, "tanh")
