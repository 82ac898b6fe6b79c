"""The mathematics runs on arrays of any library of the standard, and agrees with NumPy."""

import numpy as np
import pytest

from glassnet.arrays import like, to_numpy
from glassnet.network import catalogue
from glassnet.network.activations import ACTIVATIONS
from glassnet.network.batch_norm import BatchNorm, fold
from glassnet.network.heads import Head, JointActivation, JointLoss
from glassnet.network.layers import Dense, Scaling
from glassnet.network.losses import LOSSES
from glassnet.network.metrics import METRICS
from glassnet.network.penalties import PENALTIES, MaxNorm
from glassnet.network.specification import Specification


def strict(array):
    library = pytest.importorskip("array_api_strict", reason="array-api-strict is not installed")
    return library.asarray(array)


def torch(array):
    library = pytest.importorskip("torch", reason="PyTorch is not installed")
    return library.asarray(array)


def jax(array):
    library = pytest.importorskip("jax", reason="JAX is not installed")
    library.config.update("jax_enable_x64", True)
    return library.numpy.asarray(array)


LIBRARIES = [strict, torch, jax]
# JAX compiles each operation for each dtype: one dtype of it is enough.
CASES = [
    (library, dtype)
    for library in LIBRARIES
    for dtype in ("float32", "float64")
    if library is not jax or dtype == "float64"
]


def agree(got, expected, dtype):
    """Libraries have their own exp and sum their own way: a few units of the terms' size, 1."""
    got = to_numpy(got)
    assert got.dtype == expected.dtype
    few = 8 * np.finfo(dtype).eps
    np.testing.assert_allclose(got, expected, rtol=few, atol=few)


def batch(dtype, columns=3):
    rng = np.random.default_rng(0)
    z = rng.normal(scale=3, size=(6, columns))
    z[0] = 0
    y = np.eye(columns)[rng.integers(0, columns, 6)]
    w = rng.uniform(size=6)
    return z.astype(dtype), y.astype(dtype), (w / w.sum()).astype(dtype)


@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
@pytest.mark.parametrize(("library", "dtype"), CASES)
def test_activations_agree(library, name, dtype):
    phi = ACTIVATIONS[name]()
    z, g, _ = batch(dtype)
    a = phi.value(z)
    other = phi.value(library(z))

    agree(other, a, dtype)
    agree(phi.back(library(z), library(a), library(g)), phi.back(z, a, g), dtype)
    agree(phi.side(library(z)), phi.side(z), dtype)


@pytest.mark.parametrize("name", sorted(LOSSES))
@pytest.mark.parametrize(("library", "dtype"), CASES)
def test_losses_agree_by_both_routes(library, name, dtype):
    loss = LOSSES[name]()
    z, y, _ = batch(dtype)
    partner, other = catalogue.activation(loss.partner), catalogue.activation("softmax")

    for phi in (partner, other):
        a = phi.value(z)
        there = (library(z), library(a), library(y))
        agree(loss.value(phi, *there), loss.value(phi, z, a, y), dtype)
        agree(loss.delta(phi, *there), loss.delta(phi, z, a, y), dtype)
    agree(loss.side(library(z), library(y)), loss.side(z, y), dtype)


@pytest.mark.parametrize("library", LIBRARIES)
def test_label_smoothing_agrees(library):
    z, y, _ = batch("float64")
    loss = catalogue.loss("cross_entropy", label_smoothing=0.1)
    phi = catalogue.activation("softmax")
    a = phi.value(z)

    there = (library(z), library(a), library(y))

    agree(loss.value(phi, *there), loss.value(phi, z, a, y), "float64")


@pytest.mark.parametrize(("library", "dtype"), CASES)
def test_heads_agree(library, dtype):
    heads = (Head(2, "softmax", "cross_entropy"), Head(1, "identity", "huber", scale=2.0))
    phi, loss = JointActivation(heads), JointLoss(heads)
    z, y, _ = batch(dtype)
    a = phi.value(z)

    there = (library(z), library(a), library(y))

    agree(phi.value(there[0]), a, dtype)
    agree(loss.value(phi, *there), loss.value(phi, z, a, y), dtype)
    agree(loss.delta(phi, *there), loss.delta(phi, z, a, y), dtype)


@pytest.mark.parametrize("name", sorted(PENALTIES))
@pytest.mark.parametrize(("library", "dtype"), CASES)
def test_penalties_agree(library, name, dtype):
    W = batch(dtype)[0]
    penalty = PENALTIES[name](0.3)

    agree(penalty.derivative(library(W)), penalty.derivative(W), dtype)
    assert float(penalty.value(library(W))) == pytest.approx(float(penalty.value(W)), rel=1e-6)


@pytest.mark.parametrize("library", LIBRARIES)
def test_max_norm_agrees(library):
    W = batch("float64")[0]

    agree(MaxNorm(1.0).project(library(W)), MaxNorm(1.0).project(W), "float64")


@pytest.mark.parametrize(("library", "dtype"), CASES)
def test_batch_norm_agrees(library, dtype):
    norm = BatchNorm()
    z, g, w = batch(dtype)
    gamma = np.array([0.5, 1.0, 2.0], dtype)

    def through(give):
        z_, g_, w_, gamma_ = give(z), give(g), give(w), give(gamma)
        mean, variance = norm.statistics(z_, w_)
        x_hat = norm.normalise(z_, mean, variance)
        back = norm.back(g_, gamma_, x_hat, variance, w_)
        W, b = fold(z_.T, gamma_, norm, gamma_, mean, mean, variance)
        return [mean, variance, x_hat, *back, norm.moved(mean, variance, 3), W, b]

    for got, expected in zip(through(library), through(np.asarray), strict=True):
        agree(got, expected, dtype)


@pytest.mark.parametrize("name", sorted(METRICS))
@pytest.mark.parametrize("library", LIBRARIES)
def test_metrics_agree(library, name):
    a, y, w = batch("float64")
    metric = METRICS[name]()

    assert metric.value(library(a), library(y), library(w)) == pytest.approx(metric.value(a, y, w))


@pytest.mark.parametrize("library", LIBRARIES)
def test_parameters_are_unpacked_and_packed_alike(library):
    spec = Specification(2, (Dense(3, "tanh", batch_norm=True), Dense(1, "identity", bias=False)))
    theta = spec.initial_state(0).theta
    there = library(theta)

    blocks = spec.unpack(there)

    assert blocks.b[2] is None
    np.testing.assert_array_equal(to_numpy(blocks.W[1]), spec.unpack(theta).W[1])
    np.testing.assert_array_equal(to_numpy(spec.pack(blocks)), theta)


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_scaling_stage_agrees(library):
    z = batch("float32")[0]
    stage = Scaling((1.0, 2.0, 3.0), (1.0, 0.5, 2.0))

    agree(stage.forward(library(z)), stage.forward(z), "float32")


@pytest.mark.parametrize("library", LIBRARIES)
def test_arrays_go_there_and_back(library):
    numbers = np.array([[1.0, 2.0]])
    reference = library(np.zeros((1, 1), "float32"))

    there = like(numbers, reference)

    assert (type(there), there.dtype) == (type(reference), reference.dtype)
    np.testing.assert_array_equal(to_numpy(there), numbers.astype("float32"))
