"""L-BFGS: whole iterations on all rows, and a whole State whatever ends them."""

import numpy as np
import pytest

import glassnet as gn
from glassnet.data.datasets import flower
from tests.training.runs import small_net, two_classes

X, Y, W = two_classes()


class Networks(gn.Observer):
    """Keeps θ after every iteration."""

    def __init__(self):
        self.thetas = []

    def epoch(self, end):
        self.thetas.append(end.network().state.theta)


class Fragile(gn.Elementwise):
    """tanh, until it fails."""

    name = "fragile"

    def __init__(self, calls):
        self.left = calls

    def value(self, z):
        self.left -= 1
        if self.left < 0:
            raise ZeroDivisionError
        return np.tanh(z)

    def derivative(self, z, a):
        return 1 - a * a


def test_iterations_are_scipys():
    from scipy.optimize import minimize

    net, networks = (
        gn.Network(3, [gn.Dense(1, "logistic")], loss="binary_cross_entropy"),
        Networks(),
    )
    start, expected = net.state.theta.copy(), []
    with_ones = np.column_stack([X, np.ones(len(X))])

    def cost(theta):
        z = with_ones @ theta
        J = np.average(np.logaddexp(0, z) - Y * z, weights=W)
        return J, with_ones.T @ ((1 / (1 + np.exp(-z)) - Y) * W / W.sum())

    gn.train(net, X, Y, optimizer="lbfgs", epochs=6, sample_weight=W, observers=[networks])
    minimize(
        cost,
        start,
        method="L-BFGS-B",
        jac=True,
        callback=lambda x: expected.append(x.copy()),
        options={"maxiter": 6},
    )

    np.testing.assert_allclose(networks.thetas, expected, rtol=1e-6, atol=1e-9)


def test_running_statistics_are_those_of_all_rows_at_the_last_parameters():
    net = small_net(norm=True)

    gn.train(net, X, Y, optimizer="lbfgs", epochs=20, sample_weight=W)

    z = X @ net.W[1].T + net.b[1]
    mean = np.average(z, axis=0, weights=W)
    variance = np.average((z - mean) ** 2, axis=0, weights=W)
    np.testing.assert_allclose(net.state.buffers["mean[1]"], mean, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(net.state.buffers["variance[1]"], variance, rtol=1e-9)


@pytest.mark.parametrize("calls", [1, 2, 3, 5, 8, 13])
def test_an_error_within_a_line_search_leaves_the_last_iteration(calls):
    networks = Networks()

    def net(activation):
        return gn.Network(3, [gn.Dense(4, activation), gn.Dense(1, "identity")], seed=2)

    broken = net(Fragile(calls))
    start = broken.state.theta.copy()
    with pytest.raises(ZeroDivisionError):
        gn.train(broken, X, Y, optimizer="lbfgs", epochs=50, observers=[networks])

    assert np.array_equal(broken.state.theta, [start, *networks.thetas][-1])
    assert broken.state.t == broken.state.epoch == len(networks.thetas)


@pytest.mark.parametrize(
    ("method", "epochs", "ended"),
    [
        (gn.LBFGS(tolerance=1e-4), 500, "converged"),
        (gn.LBFGS(), 3, "epochs"),
        (gn.LBFGS(max_evaluations=5), 500, "evaluations"),
    ],
)
def test_it_says_why_it_ended(method, epochs, ended):
    net = gn.Network(3, [gn.Dense(1, "logistic")], loss="binary_cross_entropy")

    run = gn.train(net, X, Y, optimizer=method, epochs=epochs)

    assert run.ended == ended


def test_the_stop_rule_counts_iterations():
    run = gn.train(small_net(), X, Y, optimizer="lbfgs", epochs=99, stop=gn.StopRule(1e9, 2))

    assert run.ended == "converged"
    assert len(run.history) == 4


def test_dropout_is_one_function_of_the_parameters():
    layers = [gn.Dense(8, "tanh", dropout=0.3), gn.Dense(1, "logistic")]
    net = gn.Network(2, layers, loss="binary_cross_entropy", seed=1)

    run = gn.train(net, *flower(), optimizer="lbfgs", epochs=50)

    J = run.history.column("J")
    assert len(J) > 10
    assert (np.diff(J) <= 0).all()


def test_frozen_parameters_stay():
    layers = [gn.Dense(4, "tanh", frozen=True), gn.Dense(1, "logistic")]
    net = gn.Network(3, layers, loss="binary_cross_entropy")
    before = net.W[1].copy()

    run = gn.train(net, X, Y, optimizer="lbfgs", epochs=20)

    assert np.array_equal(net.W[1], before)
    assert run.history[-1]["J"] < run.history[0]["J"]


def test_all_rows_are_taken_whatever_the_batch_size():
    nets = [small_net(), small_net()]

    for net, size in zip(nets, (1, 40), strict=True):
        gn.train(net, X, Y, optimizer="lbfgs", epochs=5, batch_size=size)

    assert np.array_equal(nets[0].state.theta, nets[1].state.theta)
