"""Every engine, quantity by quantity, against the reference."""

import numpy as np
import pytest

from glassnet.engine.interface import KEEP
from tests.parity.bits import assert_close, assert_near, assert_same_bits
from tests.parity.cases import CASES, ELSEWHERE, ENGINES, STEPS

REFERENCE = ENGINES["reference"]
OTHERS = {**ENGINES, **ELSEWHERE}
TOLERANCE = {"float64": 1e-12, "float32": 2e-5}  # of the largest entry of an array

every_engine = pytest.mark.parametrize(
    "engine",
    [
        # JAX compiles each operation for each shape: minutes.
        pytest.param(engine, id=name, marks=[pytest.mark.long] if name == "jax" else [])
        for name, engine in OTHERS.items()
    ],
)
every_case = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


@every_engine
@every_case
def test_a_step_has_the_numbers_of_the_reference(engine, case):
    found = case.open(engine).look(case.plan(1), KEEP)
    wanted = case.open(REFERENCE).look(case.plan(1), KEEP)

    tolerance = TOLERANCE[case.dtype]
    assert (found.J, found.loss) == pytest.approx((wanted.J, wanted.loss), rel=tolerance)
    assert found.penalty == pytest.approx(wanted.penalty, rel=tolerance)
    assert found.weight_sum == pytest.approx(wanted.weight_sum, rel=tolerance)
    for name in sorted(KEEP):
        seen, right = getattr(found, name), getattr(wanted, name)
        if not isinstance(right, list):
            seen, right = [seen], [right]
        assert [layer is None for layer in seen] == [layer is None for layer in right], name
        for one, other in zip(seen, right, strict=True):
            if other is not None:
                assert_close(one, other, tolerance, name)


@every_engine
@every_case
def test_a_run_ends_where_the_reference_does(engine, case):
    session, reference = case.open(engine), case.open(REFERENCE)
    found, wanted = session.run(case.plan()), reference.run(case.plan())

    tolerance = 20 * TOLERANCE[case.dtype]  # what each step adds
    np.testing.assert_allclose(found.costs, wanted.costs, rtol=tolerance)
    np.testing.assert_allclose(found.weights, wanted.weights, rtol=tolerance)
    assert_near(session.state(), reference.state(), tolerance)
    scores, right = session.forward(case.data().x), reference.forward(case.data().x)
    if right.z is None:
        assert scores.z is None
    else:
        assert_close(scores.z, right.z, tolerance)
    assert_close(scores.a, right.a, tolerance)


@pytest.mark.parametrize("second", ENGINES.values(), ids=ENGINES)
@pytest.mark.parametrize("first", ENGINES.values(), ids=ENGINES)
@every_case
def test_a_run_may_cross_from_one_engine_to_another(first, second, case):
    plan, whole, begun = case.plan(), case.open(REFERENCE), case.open(first)
    whole.run(plan)
    begun.run(plan.part(0, 3))

    ended = case.open(second, begun.state())
    ended.run(plan.part(3, STEPS))

    if first is second is REFERENCE:
        assert_same_bits(ended.state(), whole.state())
    else:
        assert_near(ended.state(), whole.state(), 20 * TOLERANCE[case.dtype])
