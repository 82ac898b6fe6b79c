"""Layers that see their inputs by groups, where the groups lie across the widths of vectors."""

import numpy as np
import pytest

from glassnet.data.batches import Data
from glassnet.engine.interface import KEEP, Plan, Program
from glassnet.engine.native import NativeEngine, compiled
from glassnet.engine.reference_session import ReferenceEngine
from glassnet.network.connections import Blocks
from glassnet.network.layers import Dense
from glassnet.network.specification import Specification
from glassnet.optim.clipping import Clipping
from glassnet.optim.optimizers import AdamW
from tests.parity.bits import assert_close, assert_same_bits

pytestmark = pytest.mark.skipif(compiled() is None, reason="the native engine was not built here")

ROWS = 70
# Sizes of groups of inputs, units of layer 1 and of layer 2: below, at and beyond whole vectors.
SHAPES = {
    "scales": ([1] * 37, [1] * 37, [1] * 37),
    "mixed": ([1, 17, 3, 1, 15], [16, 1, 5, 33, 2], [1, 1, 7, 2, 16]),
    "one": ([5], [40], [3]),
    "wide": ([2, 40], [18, 1], [1, 20]),
}
TOLERANCE = {"float32": 2e-5, "float64": 1e-12}


def specification(shape, hidden="relu", batch_norm=False, bias=True):
    inputs, first, second = SHAPES[shape]
    layers = (
        Dense(sum(first), "identity", bias=bias, connections=Blocks(inputs, first)),
        Dense(sum(second), hidden, batch_norm=batch_norm, connections=Blocks(first, second)),
        Dense(6, "relu"),
        Dense(1, "identity"),
    )
    return Specification(sum(inputs), layers)


def opened(engine, spec, dtype, clipping=None, threads=1):
    rng = np.random.default_rng(5)
    x = rng.normal(size=(ROWS, spec.inputs)).astype(dtype)
    y = rng.normal(size=(ROWS, 1)).astype(dtype)
    program = Program(spec, AdamW(0.01, weight_decay=0.1), clipping or Clipping(), threads)
    return engine.open(program, spec.initial_state(0, dtype), Data(x, y))


def plan(steps=6):
    rows = np.random.default_rng(1).integers(0, ROWS, 20 * steps)
    return Plan(rows, np.arange(steps + 1) * 20, np.full(steps, 0.01))


# Batch norm undoes the one weight of a unit, whose gradient is then no more than rounding.
@pytest.mark.parametrize(
    ("dtype", "batch_norm"), [("float32", False), ("float64", False), ("float64", True)]
)
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("shape", SHAPES)
def test_a_look_has_the_numbers_of_the_reference(shape, bias, batch_norm, dtype):
    spec = specification(shape, batch_norm=batch_norm, bias=bias)

    found, wanted = (
        opened(engine, spec, dtype).look(plan(), KEEP)
        for engine in (NativeEngine(), ReferenceEngine())
    )

    assert found.J == pytest.approx(wanted.J, rel=TOLERANCE[dtype])
    for name in ("z", "a", "delta", "dW"):
        for one, other in zip(getattr(found, name)[1:], getattr(wanted, name)[1:], strict=True):
            assert_close(one, other, 10 * TOLERANCE[dtype], name)


@pytest.mark.parametrize("clipping", [None, Clipping(norm=0.1), Clipping(value=0.01)])
@pytest.mark.parametrize("shape", SHAPES)
def test_a_run_ends_where_the_reference_does_and_leaves_no_weight_without_connection(
    shape, clipping
):
    spec = specification(shape, "tanh")

    native, reference = (
        opened(engine, spec, "float64", clipping) for engine in (NativeEngine(), ReferenceEngine())
    )
    for session in (native, reference):
        session.run(plan())

    found, wanted = native.state().theta, reference.state().theta
    assert_close(found, wanted, 1e-10)
    assert not found[spec.is_connected == 0].any()


@pytest.mark.parametrize("shape", SHAPES)
def test_watching_and_threads_change_no_bit(shape, monkeypatch):
    monkeypatch.setattr("glassnet.engine.threads.WORTH_A_THREAD", 1.0)
    spec = specification(shape)

    sessions = [opened(NativeEngine(), spec, "float32", threads=n) for n in (1, 3, 1)]
    for session in sessions[:2]:
        session.run(plan())
    for k in range(6):
        sessions[2].look(plan().part(k, k + 1), KEEP)

    assert_same_bits(sessions[1].state(), sessions[0].state())
    assert_same_bits(sessions[2].state(), sessions[0].state())


def test_a_row_has_the_same_bits_alone_and_in_any_batch():
    session = opened(NativeEngine(), specification("mixed"), "float32")
    x = np.random.default_rng(2).normal(size=(ROWS, 37)).astype("float32")

    together = session.forward(x)

    for start, stop in ((0, 1), (7, 8), (3, 20), (50, 70)):
        np.testing.assert_array_equal(session.forward(x[start:stop]).a, together.a[start:stop])
