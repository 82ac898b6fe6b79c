"""The learning-rate range test finds the rate at which theory says descent diverges."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sklearn.datasets import load_digits

import glassnet as gn
from glassnet.errors import Diverged, InvalidValue, ShapeMismatch, UnknownName
from tests.training.runs import fingerprint, small_net, two_classes


def quadratic(curvatures):
    """J = 1/2 sum of λ_j θ_j^2: rows whose second moments are the curvatures, targets of 0."""
    d = len(curvatures)
    X = np.diag(np.sqrt(d * np.asarray(curvatures, dtype=float)))
    net = gn.Network(d, [gn.Dense(1, "identity", bias=False, init=1.0)])
    return net, X, np.zeros(d)


@pytest.mark.parametrize("curvatures", [[1.0], [0.01], [50.0], [4.0, 1.0, 0.1]])
@pytest.mark.parametrize("steps", [100, 300])
def test_a_quadratic_diverges_from_two_over_its_largest_curvature_on(curvatures, steps):
    net, X, y = quadratic(curvatures)
    limit = 2 / max(curvatures)

    # No rate is 1 / curvature, from which a single step would end at θ = 0 for good.
    found = gn.learning_rate_range(net, X, y, low=1.3e-5, high=1e4, steps=steps)

    # Smoothing reaches over 1/20 of the range to either side.
    reach = (1e4 / 1.3e-5) ** (1 / 20)
    assert limit / reach < found.divergence < limit * reach
    assert found.suggestion < found.divergence


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_the_suggestion_trains_digits_and_the_divergence_does_not(optimizer):
    X, y = load_digits(return_X_y=True)
    X = X[:1200] / 16
    y = y[:1200]

    def net():
        layers = [gn.Dense(32, "relu"), gn.Dense(10, "softmax")]
        return gn.Network(64, layers, loss="cross_entropy", seed=0)

    found = gn.learning_rate_range(net(), X, y, optimizer=optimizer, high=1e3)

    def cost(rate):
        method = {"sgd": gn.SGD, "adam": gn.Adam}[optimizer](rate)
        try:
            return gn.train(net(), X, y, optimizer=method, epochs=3).history[-1]["J"]
        except Diverged:
            return np.inf

    assert cost(found.suggestion) < 0.7
    assert cost(10 * found.divergence) > 1.5
    assert cost(found.suggestion / 100) > cost(found.suggestion)


def test_the_network_is_left_as_it_is():
    X, y, w = two_classes()
    net, judge = (small_net(norm=True, dropout=0.2) for _ in range(2))
    for each in (net, judge):
        gn.train(each, X, y, epochs=1)
    theta = net.state.theta.copy()

    gn.learning_rate_range(net, X, y, sample_weight=w)

    assert fingerprint(net) == fingerprint(judge)
    assert np.array_equal(net.state.theta, theta)


def test_rates_and_costs_are_those_of_the_steps():
    X, y, _ = two_classes()
    net = small_net()

    found = gn.learning_rate_range(net, X, y, low=1e-4, high=1e-1, steps=30, batch_size=40)

    theta, costs = net.state.theta.copy(), []
    for rate in np.geomspace(1e-4, 1e-1, 30):
        net.state.theta[:] = theta
        a = gn.predict(net, X)[:, 0]
        costs.append(-np.mean(y * np.log(a) + (1 - y) * np.log(1 - a)))
        delta = ((a - y) / len(y))[:, None]
        hidden = np.tanh(X @ net.W[1].T + net.b[1])
        back = (delta @ net.W[2]) * (1 - hidden**2)
        g = [back.T @ X, back.sum(axis=0), delta.T @ hidden, delta.sum(axis=0)]
        theta = theta - rate * np.concatenate([block.ravel() for block in g])
    np.testing.assert_allclose(found.rates, np.geomspace(1e-4, 1e-1, 30), rtol=1e-12)
    np.testing.assert_allclose(found.costs, costs, rtol=1e-9)


def test_smoothing_averages_neighbours_under_a_triangle():
    X, y, _ = two_classes()

    found = gn.learning_rate_range(small_net(), X, y, steps=60, high=1e-3, batch_size=4)

    # 60 steps: a reach of 3, weights 1 2 3 2 1 about each cost.
    J = found.costs
    inside = (J[8] + 2 * J[9] + 3 * J[10] + 2 * J[11] + J[12]) / 9
    edge = (3 * J[0] + 2 * J[1] + J[2]) / 6
    assert found.smoothed[10] == pytest.approx(inside, rel=1e-12)
    assert found.smoothed[0] == pytest.approx(edge, rel=1e-12)
    assert len(found.smoothed) == 60


def test_a_cost_that_stays_as_it_is_suggests_nothing():
    net, X, y = quadratic([1.0])
    net.state.theta[:] = 0

    found = gn.learning_rate_range(net, X, y)

    assert found.suggestion is None
    assert found.divergence is None


def test_a_cost_that_only_falls_does_not_diverge():
    net, X, y = quadratic([1.0])

    found = gn.learning_rate_range(net, X, y, high=0.5)

    assert found.divergence is None
    assert found.suggestion is not None


def test_sparse_rows_are_taken():
    X, y, _ = two_classes()
    X[abs(X) < 0.5] = 0

    dense, sparse = (
        gn.learning_rate_range(small_net(), rows, y, steps=20) for rows in (X, csr_matrix(X))
    )

    np.testing.assert_allclose(sparse.costs, dense.costs, rtol=1e-9)


X, Y, W = two_classes(m=10)


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ({"low": 0}, InvalidValue, "low and high must be 0 < low < high; got 0 and 10.0"),
        ({"low": 1.0, "high": 1.0}, InvalidValue, "low and high must be 0 < low < high"),
        ({"high": float("inf")}, InvalidValue, "low and high must be 0 < low < high"),
        ({"steps": 9}, InvalidValue, "steps must be at least 10; got 9"),
        ({"steps": 20.0}, InvalidValue, "steps must be a positive integer; got 20.0"),
        ({"batch_size": 0}, InvalidValue, "batch_size must be a positive integer; got 0"),
        ({"optimizer": "irprop"}, InvalidValue, "irprop has step sizes of its own"),
        ({"optimizer": "lbfgs"}, InvalidValue, "lbfgs has step sizes of its own"),
        ({"optimizer": "smg"}, UnknownName, "no optimizer is named 'smg'"),
        ({"X": X[:3]}, ShapeMismatch, "X and y must have as many rows; got 3 and 10"),
        ({"sample_weight": -W}, InvalidValue, "sample_weight must be"),
        ({"net": None}, InvalidValue, "net must be a Network; got NoneType"),
    ],
)
def test_a_bad_argument_is_named(given, error, words):
    with pytest.raises(error, match=words):
        gn.learning_rate_range(**{"net": small_net(), "X": X, "y": Y, **given})


def test_a_cost_that_is_infinite_at_once_is_said_to_be():
    net, X, y = quadratic([1.0])

    with pytest.raises(Diverged, match="not finite at the network's own parameters"):
        gn.learning_rate_range(net, X, y + 1e200)
