"""L-BFGS on functions with known minima."""

import numpy as np
import pytest

from glassnet.optim.lbfgs import minimise
from glassnet.optim.whole_batch import LBFGS

START = np.array([-1.2, 1.0])


def rosenbrock(x):
    off = x[1] - x[0] ** 2
    slope = np.array([-2 * (1 - x[0]) - 400 * off * x[0], 200 * off])
    return float((1 - x[0]) ** 2 + 100 * off**2), slope


def test_it_reaches_the_minimum():
    found = minimise(rosenbrock, START, method=LBFGS(tolerance=1e-8), iterations=200)

    assert found.theta == pytest.approx([1.0, 1.0], abs=1e-5)
    assert found.J < 1e-10
    assert found.converged
    assert 0 < found.iterations < 200


def test_it_takes_no_more_iterations_than_asked():
    found = minimise(rosenbrock, START, method=LBFGS(), iterations=5)

    assert found.iterations == 5
    assert not found.converged
    assert found.J < rosenbrock(START)[0]


def test_it_takes_hardly_more_evaluations_than_allowed():
    seen = []

    def counted(x):
        seen.append(x)
        return rosenbrock(x)

    found = minimise(counted, START, method=LBFGS(max_evaluations=10), iterations=1000)

    assert 10 <= len(seen) <= 30  # SciPy ends a line search that has begun, of 20 at most
    assert not found.converged


def test_each_iteration_is_told_and_falls():
    told = []

    def each(theta, J):
        told.append((theta.copy(), J))
        return False

    found = minimise(rosenbrock, START, method=LBFGS(), iterations=12, each=each)

    assert len(told) == found.iterations == 12
    assert all(J == rosenbrock(theta)[0] for theta, J in told)
    assert [J for _, J in told] == sorted((J for _, J in told), reverse=True)
    np.testing.assert_array_equal(found.theta, told[-1][0])


def test_a_wish_to_stop_is_granted():
    seen = []

    def each(theta, J):
        seen.append(theta)
        return len(seen) == 3

    found = minimise(rosenbrock, START, method=LBFGS(), iterations=100, each=each)

    assert found.iterations == len(seen) == 3
    assert not found.converged
    np.testing.assert_array_equal(found.theta, seen[-1])


def test_the_start_is_not_changed_and_may_be_float32():
    start = START.astype(np.float32)

    found = minimise(rosenbrock, start, method=LBFGS(), iterations=3)

    assert start.tolist() == START.astype(np.float32).tolist()
    assert found.theta.dtype == np.float64


def test_the_tolerance_is_the_largest_entry_of_the_gradient():
    def quadratic(x):
        return float(x @ x) / 2, x

    loose = minimise(quadratic, np.full(3, 0.9), method=LBFGS(tolerance=1.0), iterations=10)

    assert loose.iterations == 0
    assert loose.converged
    assert loose.theta.tolist() == [0.9, 0.9, 0.9]
