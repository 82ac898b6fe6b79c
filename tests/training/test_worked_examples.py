"""The worked examples of the field, as every course and book has them."""

import statistics
from itertools import pairwise

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

import glassnet as gn
from glassnet.data.datasets import flower
from tests.training.runs import Steps

HIDDEN = ("logistic", "tanh", "relu", "identity")


def test_four_tanh_units_learn_the_flower_that_logistic_regression_cannot():
    X, y = flower()
    scores = []
    for seed in range(5):
        layers = [gn.Dense(4, "tanh"), gn.Dense(1, "logistic")]
        net = gn.Network(2, layers, loss="binary_cross_entropy", seed=seed)
        gn.train(net, X, y, optimizer="lbfgs", epochs=1000)
        scores.append(float(((gn.predict(net, X)[:, 0] > 0.5) == y).mean()))

    straight = gn.Network(2, [gn.Dense(1, "logistic")], loss="binary_cross_entropy")
    gn.train(straight, X, y, optimizer="lbfgs", epochs=1000)
    line = ((gn.predict(straight, X)[:, 0] > 0.5) == y).mean()
    judge = LogisticRegression(C=np.inf).fit(X, y).score(X, y)

    assert statistics.median(scores) >= 0.90
    assert line < 0.60
    assert line == pytest.approx(judge, abs=0.01)


def test_the_gradient_of_a_two_output_relu_network_is_the_one_derived_by_hand():
    # One row x = (1, 2), targets y = (1, 0), J = sum of 1/2 (a - y)^2 over the two outputs.
    #
    # Hidden layer, three relu units, one row of W[1] and one entry of b[1] for each:
    #   W[1] = (1  1), (2 -1), (-1 -1)     b[1] = (-1, 1, 0)
    #   z[1] = (1+2-1, 2-2+1, -1-2) = (2, 1, -3)          a[1] = (2, 1, 0)
    # Output layer, two relu units:
    #   W[2] = (1 1 5), (2 -1 4)           b[2] = (0, -1)
    #   z[2] = (2+1+0, 4-1+0-1) = (3, 2)                  a[2] = (3, 2)
    #   J = 1/2 (3-1)^2 + 1/2 (2-0)^2 = 2 + 2 = 4
    #
    # Backward. Both outputs are above 0, so their slopes are 1:
    #   δ[2] = (3-1, 2-0) = (2, 2)
    #   ∂J/∂W[2] = δ[2]ᵀ a[1] = (4 2 0), (4 2 0)          ∂J/∂b[2] = (2, 2)
    #   δ[2] W[2] = (2·1 + 2·2, 2·1 + 2·(-1), 2·5 + 2·4) = (6, 0, 18)
    # The third hidden unit is off (z = -3), and the two outputs cancel at the second:
    #   δ[1] = (6, 0, 0)
    #   ∂J/∂W[1] = δ[1]ᵀ x = (6 12), (0 0), (0 0)         ∂J/∂b[1] = (6, 0, 0)
    net = gn.Network(2, [gn.Dense(3, "relu"), gn.Dense(2, "relu")], loss="squared_error")
    net.W[1][:] = [[1, 1], [2, -1], [-1, -1]]
    net.b[1][:] = [-1, 1, 0]
    net.W[2][:] = [[1, 1, 5], [2, -1, 4]]
    net.b[2][:] = [0, -1]
    steps = Steps("z", "a", "delta", "dW", "db")

    gn.train(net, [[1, 2]], [[1, 0]], optimizer=gn.SGD(0.5), epochs=1, observers=[steps])

    (step,) = steps.moments
    assert step.J == 4
    assert step.z[1].tolist() == [[2, 1, -3]]
    assert step.a[2].tolist() == [[3, 2]]
    assert step.delta[2].tolist() == [[2, 2]]
    assert step.delta[1].tolist() == [[6, 0, 0]]
    assert step.dW[1].tolist() == [[6, 12], [0, 0], [0, 0]]
    assert step.db[1].tolist() == [6, 0, 0]
    assert step.dW[2].tolist() == [[4, 2, 0], [4, 2, 0]]
    assert step.db[2].tolist() == [2, 2]
    # And the step with a rate of 1/2 subtracts half of it.
    assert net.W[1].tolist() == [[-2, -5], [2, -1], [-1, -1]]
    assert net.b[1].tolist() == [-4, 1, 0]


def spread_between_units(net):
    """The largest difference between two hidden units of the first layer: their rows of W, b."""
    units = np.column_stack([net.W[1], net.b[1], net.W[2].T])
    return float(np.ptp(units, axis=0).max())


@pytest.mark.parametrize("activation", HIDDEN)
@pytest.mark.parametrize("init", ["zeros", 0.3, "normal"])
@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_equal_units_stay_equal_for_100_steps_and_random_ones_do_not(activation, init, optimizer):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(50, 3))
    y = (X[:, 0] > X[:, 1] ** 2).astype(float)
    layers = [gn.Dense(5, activation, init=init), gn.Dense(1, "logistic", init=init)]
    net = gn.Network(3, layers, loss="binary_cross_entropy", seed=1)
    at_first = net.state.theta.copy()

    gn.train(net, X, y, optimizer=optimizer, epochs=100, batch_size=50)

    assert net.state.t == 100
    assert not np.array_equal(net.state.theta, at_first)
    if init == "normal":
        assert spread_between_units(net) > 1e-3
    else:
        assert spread_between_units(net) < 1e-6


def test_a_stack_of_identity_layers_learns_no_more_than_one_layer():
    X, y = flower()
    deep_layers = [gn.Dense(8, "identity"), gn.Dense(8, "identity"), gn.Dense(1, "logistic")]
    deep = gn.Network(2, deep_layers, loss="binary_cross_entropy", seed=0)
    flat = gn.Network(2, [gn.Dense(1, "logistic")], loss="binary_cross_entropy")

    for net in (deep, flat):
        gn.train(net, X, y, optimizer=gn.LBFGS(tolerance=1e-9), epochs=2000)

    collapsed = gn.collapse(deep)
    np.testing.assert_allclose(gn.predict(collapsed, X), gn.predict(deep, X), rtol=1e-9)
    np.testing.assert_allclose(collapsed.W[1], flat.W[1], atol=1e-4)
    np.testing.assert_allclose(collapsed.b[1], flat.b[1], atol=1e-4)


@pytest.mark.parametrize("seed", range(5))
def test_the_error_fades_towards_the_input_of_a_deep_sigmoid_network(seed):
    X, y = load_digits(return_X_y=True)
    hidden = [gn.Dense(30, "logistic", init="lecun") for _ in range(4)]
    net = gn.Network(
        64,
        [*hidden, gn.Dense(10, "softmax", init="lecun")],
        loss="cross_entropy",
        seed=seed,
    )
    norms = gn.LayerNorms()

    gn.train(net, X / 16, y, optimizer="sgd", epochs=1, batch_size=len(X), observers=[norms])

    delta = np.array(norms.rows[0]["delta"][:4])
    fall = delta[1:] / delta[:-1]
    assert ((fall > 3) & (fall < 8)).all(), fall


@pytest.mark.parametrize(
    "sizes", [(2, 4, 1), (64, 30, 10), (784, 100, 10), (5, 1), (3, 7, 6, 5, 2)]
)
def test_parameters_are_counted_as_books_count_them(sizes):
    layers = [gn.Dense(n, "tanh") for n in sizes[1:-1]] + [gn.Dense(sizes[-1], "identity")]

    net = gn.Network(sizes[0], layers)

    # (d + 1) m1 + (m1 + 1) m2 + ...
    expected = sum((n + 1) * m for n, m in pairwise(sizes))
    assert net.parameter_count == len(net.state.theta) == expected
    assert net.depth == len(sizes) - 1  # the input is not counted as a layer
