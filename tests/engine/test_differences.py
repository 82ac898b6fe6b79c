"""The judge itself, against closed forms."""

import numpy as np
import pytest

from glassnet.data.batches import Batch, Data
from glassnet.engine.differences import numerical_gradient, relative_error
from glassnet.network.layers import Dense
from glassnet.network.penalties import L1
from glassnet.network.specification import Specification


def one_weight(output, loss="squared_error", **more):
    """J of one weight θ without bias, for one row x = 1, y = 0."""
    return Specification(1, (Dense(1, output, bias=False),), loss, **more)


def row(x=1.0, y=0.0):
    return Batch(np.array([[x]]), np.array([[y]]), np.ones(1), 1.0)


def test_a_quadratic_has_its_gradient():
    rng = np.random.default_rng(1)
    spec = Specification(3, (Dense(2, "identity"),), "squared_error")
    x, y = rng.normal(size=(5, 3)), rng.normal(size=(5, 2))
    w = rng.uniform(1, 2, 5)
    theta = rng.normal(size=8)
    batch = Data(x, y, w).take(np.arange(5))

    found = numerical_gradient(spec, theta, {}, batch)

    W, b = theta[:6].reshape(2, 3), theta[6:]
    residual = (w / w.sum())[:, None] * (x @ W.T + b - y)
    wanted = np.concatenate([(residual.T @ x).ravel(), residual.sum(axis=0)])
    assert relative_error(found.g, wanted) < 1e-11
    assert found.skipped_count == 0


def test_a_function_that_is_no_polynomial_has_its_derivative():
    found = numerical_gradient(one_weight("exp"), np.array([0.3]), {}, row())

    assert found.g[0] == pytest.approx(np.exp(0.6), rel=1e-11)  # J = ½ exp(2θ)


def test_the_error_falls_with_the_fourth_power_of_the_step():
    wrong = [
        abs(numerical_gradient(one_weight("exp"), np.zeros(1), {}, row(), step=h).g[0] - 1.0)
        for h in (0.1, 0.05)
    ]

    # J⁽⁵⁾ h⁴ / 30 with J = ½ exp(2θ), and terms of h⁶ beside it.
    assert wrong == pytest.approx([16 * 0.1**4 / 30, 16 * 0.05**4 / 30], rel=0.05)


def test_the_step_grows_with_the_parameter():
    theta = np.array([1e6])

    found = numerical_gradient(one_weight("identity"), theta, {}, row())

    assert found.g[0] == pytest.approx(1e6, rel=1e-9)


def test_a_cost_that_does_not_change_has_derivative_exactly_0():
    found = numerical_gradient(one_weight("relu"), np.array([-1.0]), {}, row(y=0.1))

    assert found.g[0] == 0.0
    assert found.skipped_count == 0


@pytest.mark.parametrize("near", [0.0, 5e-5, -5e-5, 1.5e-4, -1.5e-4])
def test_a_coordinate_whose_step_crosses_a_kink_is_skipped(near):
    spec = Specification(2, (Dense(2, "relu", bias=False),), "squared_error")
    x = np.array([[1.0, 0.0]])
    theta = np.array([near, 1.0, 0.7, 1.0])  # z = (near, 0.7); the second input moves nothing

    found = numerical_gradient(spec, theta, {}, Batch(x, np.zeros((1, 2)), np.ones(1), 1.0))

    assert found.skipped.tolist() == [True, False, False, False]
    assert found.g == pytest.approx([0.0, 0.0, 0.7, 0.0], rel=1e-9)


def test_a_kink_that_is_only_touched_is_seen():
    layers = (Dense(1, "square", bias=False), Dense(1, "relu", bias=False))
    spec = Specification(
        1, layers, "squared_error"
    )  # z[2] = θ², 0 at θ = 0 and above on both sides

    found = numerical_gradient(spec, np.array([0.0, 1.0]), {}, row())

    assert found.skipped.tolist() == [True, False]


def test_a_residual_that_crosses_a_kink_of_the_loss_is_skipped():
    spec = one_weight("identity", "absolute_error")

    assert numerical_gradient(spec, np.array([0.5]), {}, row(y=0.5)).skipped_count == 1
    assert numerical_gradient(spec, np.array([0.5]), {}, row(y=0.4)).g[0] == pytest.approx(1.0)


def test_a_weight_that_crosses_0_under_an_l1_penalty_is_skipped():
    spec = Specification(1, (Dense(1, "identity"),), "squared_error", (L1(0.5),))

    found = numerical_gradient(spec, np.zeros(2), {}, row(y=1.0))

    assert found.skipped.tolist() == [True, False]  # biases are not penalised
    assert found.g[1] == pytest.approx(-1.0)


def test_only_the_coordinates_asked_for_are_differentiated():
    spec = Specification(1, (Dense(2, "identity"),), "squared_error")
    batch = Batch(np.ones((1, 1)), np.zeros((1, 2)), np.ones(1), 1.0)

    found = numerical_gradient(spec, np.ones(4), {}, batch, coordinates=np.array([2]))

    assert found.g == pytest.approx([0.0, 0.0, 2.0, 0.0])


def test_the_parameters_given_are_not_moved():
    theta = np.array([0.5])

    numerical_gradient(one_weight("tanh"), theta, {}, row())

    assert theta.tolist() == [0.5]


def test_the_relative_error_is_a_share_of_both_lengths():
    assert relative_error(np.array([3.0, 4.0]), np.array([0.0, 0.0])) == 1.0
    assert relative_error(np.array([3.0, 4.0]), np.array([3.0, 4.0])) == 0.0
    assert relative_error(np.array([1.0]), np.array([-1.0])) == 1.0
    assert relative_error(np.zeros(3), np.zeros(3)) == 0.0
