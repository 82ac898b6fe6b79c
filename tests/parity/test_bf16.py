"""Products of bfloat16 numbers: near the full ones, as exact as they can be, and opt-in."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning

import glassnet as gn
from glassnet.data.batches import Data
from glassnet.engine import threads
from glassnet.engine.choice import choose
from glassnet.engine.interface import KEEP, Plan, Program
from glassnet.engine.native import NativeEngine, compiled
from glassnet.errors import InvalidValue, Unsupported
from glassnet.network.layers import Dense
from glassnet.network.penalties import L2, MaxNorm
from glassnet.network.specification import Specification
from glassnet.optim.clipping import Clipping
from glassnet.optim.optimizers import SGD, Adam, Momentum
from tests.parity.bits import assert_same_bits

has = compiled() is not None and compiled().has_bf16()
only = pytest.mark.skipif(not has, reason="this machine has no bfloat16 products")

ROUNDING = 2.0**-8  # half a unit in the last place of a bfloat16 number near 1 is 2⁻⁹


def program(units, hidden="tanh", optimizer=None, clipping=None, layer=None, **more):
    outputs, loss = (
        ("softmax", "cross_entropy") if units[-1] > 1 else ("logistic", "binary_cross_entropy")
    )
    layers = [Dense(n, hidden, **(layer or {})) for n in units[1:-1]]
    spec = Specification(units[0], (*layers, Dense(units[-1], outputs)), loss, **more)
    return Program(spec, optimizer or SGD(0.1), clipping or Clipping(), 1, "bf16")


def opened(of, rows=90):
    spec, rng = of.specification, np.random.default_rng(4)
    x = rng.normal(size=(rows, spec.inputs)).astype("float32")
    classes = rng.integers(0, max(2, spec.units[-1]), rows)
    y = np.eye(max(2, spec.units[-1]))[classes][:, : spec.units[-1]].astype("float32")
    return NativeEngine().open(of, spec.initial_state(0, "float32"), Data(x, y))


def rounded(x):
    """Each number to the nearest bfloat16, ties to even."""
    bits = np.asarray(x, "float32").view(np.uint32).astype(np.uint64)
    bits += 0x7FFF + ((bits >> 16) & 1)
    return (bits & 0xFFFF0000).astype(np.uint32).view(np.float32)


@only
@pytest.mark.parametrize("rows", [1, 2, 33, 64])
@pytest.mark.parametrize("n", [1, 2, 15, 16, 17, 31, 33, 65])
def test_products_are_those_of_the_rounded_numbers(n, rows):
    """Each product of two bfloat16 numbers is exact in float32, so that only sums round."""
    session = opened(program((n, 17, n, 3), "relu"))
    theta = session.state().theta
    blocks = session._spec.unpack(theta)

    seen = session.gradient(np.arange(rows), KEEP)

    for l in (1, 2, 3):
        a, W, delta = rounded(seen.a[l - 1]), rounded(blocks.W[l]), rounded(seen.delta[l])
        z = a.astype(float) @ W.astype(float).T + rounded(blocks.b[l])
        scale = np.abs(a).astype(float) @ np.abs(W).astype(float).T + 1e-3
        assert (np.abs(seen.z[l] - z) / scale).max() < 1e-6
        dW = delta.astype(float).T @ a.astype(float)
        scale = np.abs(delta).astype(float).T @ np.abs(a).astype(float) + 1e-6
        assert (np.abs(seen.dW[l] - dW) / scale).max() < 1e-5
        if l > 1:
            da = delta.astype(float) @ W.astype(float)
            scale = np.abs(delta).astype(float) @ np.abs(W).astype(float) + 1e-6
            assert (np.abs(seen.da[l - 1] - da) / scale).max() < 1e-5


VARIANTS = {
    "relu": program((784, 50, 10), "relu"),
    "one output": program((20, 100, 33, 1), "relu", Adam(0.01)),
    "batch norm, dropout": program(
        (20, 33, 17, 3), "tanh", Adam(0.01), layer={"batch_norm": True, "dropout": 0.3}
    ),
    "clipped, max-norm": program(
        (20, 33, 3), "tanh", Momentum(0.1), Clipping(norm=0.1), max_norm=MaxNorm(0.5)
    ),
    "no bias, penalty": program((15, 18, 3), "gelu", layer={"bias": False}, penalties=(L2(0.1),)),
    "frozen": program((15, 33, 18, 3), "tanh", layer={"frozen": True}),
}
PLAN = Plan(np.arange(150) % 90, np.array([0, 64, 129, 150]), np.array([0.05, 0.04, 0.03]))


@only
@pytest.mark.parametrize("name", VARIANTS)
def test_gradients_are_near_the_full_ones(name):
    found = opened(VARIANTS[name]).gradient(np.arange(90), KEEP)
    wanted = opened(replace(VARIANTS[name], precision="full")).gradient(np.arange(90), KEEP)

    assert found.J == pytest.approx(wanted.J, rel=ROUNDING)
    # A z that changes its sign takes its whole contribution along, so relu is further off.
    assert 0 < np.linalg.norm(found.g - wanted.g) < 10 * ROUNDING * np.linalg.norm(wanted.g)


@only
@pytest.mark.parametrize("name", VARIANTS)
def test_threads_and_watching_change_no_bit(name, monkeypatch):
    monkeypatch.setattr(threads, "WORTH_A_THREAD", 1.0)
    alone = opened(VARIANTS[name])
    alone.run(PLAN)
    three = opened(replace(VARIANTS[name], threads=3))
    three.run(PLAN)
    watched = opened(VARIANTS[name])
    for k in range(PLAN.steps):
        watched.look(PLAN.part(k, k + 1), KEEP)

    assert_same_bits(three.state(), alone.state())
    assert_same_bits(watched.state(), alone.state())


@only
def test_a_loaded_state_is_trained_on_not_the_copies_of_the_last():
    session, fresh = opened(VARIANTS["relu"]), opened(VARIANTS["relu"])
    first = session.state()
    session.run(PLAN)

    session.load(first)
    session.run(PLAN)
    fresh.run(PLAN)

    assert_same_bits(session.state(), fresh.state())


@only
def test_predictions_are_float32s():
    session = opened(VARIANTS["relu"])
    full = opened(replace(VARIANTS["relu"], precision="full"))
    x = np.random.default_rng(0).normal(size=(50, 784)).astype("float32")

    np.testing.assert_array_equal(session.forward(x).z, full.forward(x).z)


@only
def test_an_estimator_learns_with_it():

    X, y = load_digits(return_X_y=True)
    X = X.astype("float32")
    clf = gn.MLPClassifier((64,), precision="bf16", random_state=0, max_iter=30)

    with pytest.warns(ConvergenceWarning):
        clf.fit(X[:1400], y[:1400])

    assert clf.score(X[1400:], y[1400:]) > 0.92


@only
def test_weights_of_float64_are_refused():
    net = gn.Network(2, [gn.Dense(3, "tanh"), gn.Dense(1, "identity")])

    with pytest.raises(Unsupported, match='dtype must be "float32"; got "float64"'):
        gn.train(net, np.eye(2), np.ones(2), precision="bf16")


def test_a_machine_without_them_is_told(monkeypatch):
    class Without:
        @staticmethod
        def has_bf16():
            return False

    monkeypatch.setattr("glassnet.engine.native.compiled", lambda: Without)
    for engine in ("auto", "native"):
        with pytest.raises(Unsupported, match="no products of bfloat16 numbers"):
            choose(engine, VARIANTS["relu"])


def test_the_reference_has_none():
    with pytest.raises(Unsupported, match="not in bfloat16"):
        choose("reference", VARIANTS["relu"])


@pytest.mark.parametrize("precision", ["half", "BF16", None, 16])
def test_another_precision_is_refused(precision):
    net = gn.Network(2, [gn.Dense(1, "identity")], dtype="float32")

    with pytest.raises(InvalidValue, match='precision must be "full" or "bf16"'):
        gn.train(net, np.eye(2), np.ones(2), precision=precision)
