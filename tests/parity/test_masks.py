"""The compiled masks of dropout, number by number, against those of network/random_numbers.py."""

import numpy as np
import pytest

from glassnet.data.batches import Data
from glassnet.engine.interface import Plan, Program
from glassnet.engine.native import NativeEngine, compiled
from glassnet.engine.reference_session import ReferenceEngine
from glassnet.network.layers import Dense
from glassnet.network.random_numbers import keep_mask
from glassnet.network.specification import Specification
from glassnet.network.state import State
from glassnet.optim.optimizers import SGD

pytestmark = pytest.mark.skipif(compiled() is None, reason="the native engine was not built here")

UNITS = (1, 2, 7, 15, 16, 17, 31, 33, 70)
SEED, STEP = 0xFEDCBA9876543210, 2**32 + 5  # both halves of the key; a step beyond a word


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("rows", [1, 2, 3, 7, 8, 9, 17])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_mask_has_the_bits_that_its_counters_give(dtype, rows, rate):
    session = opened(NativeEngine(), dtype, rate, rows)

    masks = session.gradient(None, frozenset({"mask"})).mask

    require_masks(masks, dtype, rate, rows)


@pytest.mark.parametrize("factor", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("made", [NativeEngine, ReferenceEngine])
def test_a_factor_of_a_plan_acts_on_every_layers_rate(made, factor):
    session = opened(made(), "float64", 0.5, 9)
    plan = Plan(np.arange(9), np.array([0, 9]), np.array([0.1]), dropout=np.array([factor]))

    promised = session.gradient(None, frozenset({"mask"}), dropout=factor)
    moment = session.look(plan, frozenset({"mask", "g"}))

    require_masks(moment.mask, "float64", 0.5 * factor, 9)
    require_masks(promised.mask, "float64", 0.5 * factor, 9)
    np.testing.assert_array_equal(promised.g, moment.g)


@pytest.mark.parametrize("made", [NativeEngine, ReferenceEngine])
def test_a_run_takes_the_factors_that_its_steps_have(made):
    plan = Plan(
        np.arange(9), np.array([0, 3, 6, 9]), np.full(3, 0.1), dropout=np.array([1.0, 0.5, 0.0])
    )
    ran, looked = opened(made(), "float64", 0.5, 9), opened(made(), "float64", 0.5, 9)

    ran.run(plan)
    for k in range(3):
        looked.look(plan.part(k, k + 1), frozenset())

    np.testing.assert_array_equal(ran.state().theta, looked.state().theta)


def require_masks(masks, dtype, rate, rows):
    kept = np.dtype(dtype).type(1 / (1 - rate))
    for layer, units in enumerate(UNITS, start=1):
        keep = keep_mask(rate, seed=SEED, t=STEP, layer=layer, rows=rows, units=units)
        np.testing.assert_array_equal(masks[layer], np.where(keep, kept, 0), err_msg=f"{units}")


def opened(engine, dtype, rate, rows):
    layers = tuple(Dense(units, "tanh", dropout=rate) for units in UNITS)
    spec = Specification(3, (*layers, Dense(1, "identity")), loss="squared_error")
    program = Program(spec, SGD())
    rng = np.random.default_rng(0)
    data = Data(*(rng.normal(size=(rows, columns)).astype(dtype) for columns in (3, 1)))
    state = State(rng.normal(size=spec.parameter_count).astype(dtype), seed=SEED, t=STEP)
    return engine.open(program, state, data)
