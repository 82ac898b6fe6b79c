"""A run that diverges stops, says where, and leaves the last good parameters."""

import re

import numpy as np
import pytest

import glassnet as gn
from glassnet.errors import Diverged
from tests.training.runs import Steps, two_classes


class Exploding(gn.Elementwise):
    """exp(z³): a small z is harmless, one that has grown a little is infinite."""

    name = "exploding"

    def value(self, z):
        with np.errstate(over="ignore"):
            return np.exp(z**3)

    def derivative(self, z, a):
        return 3 * z**2 * a


def linear_net(**options):
    """Gradient descent with a rate above 2 / curvature multiplies its error at every step."""
    return gn.Network(3, [gn.Dense(1, "identity")], **options)


def diverging(net, X, y, **options):
    with pytest.raises(Diverged) as caught:
        gn.train(net, X, y, **options)
    return str(caught.value)


@pytest.mark.parametrize("batch_size", [4, 7, 40])
@pytest.mark.parametrize("observed", [False, True])
def test_the_last_whole_epoch_is_kept(batch_size, observed):
    X, y, _ = two_classes()
    options = {"optimizer": gn.SGD(4.0), "batch_size": batch_size}
    net, judge = linear_net(), linear_net()

    message = diverging(
        net, X, y, epochs=1000, observers=[gn.LayerNorms()] if observed else [], **options
    )

    epoch = int(re.search(r"\(epoch (\d+)\)", message)[1])
    step = int(re.search(r"at step (\d+)", message)[1])
    assert epoch > 2
    gn.train(judge, X, y, epochs=epoch - 1, **options)
    assert np.array_equal(net.state.theta, judge.state.theta)
    assert (net.state.t, net.state.epoch) == (judge.state.t, judge.state.epoch)
    assert judge.state.t < step <= judge.state.t + -(-40 // batch_size)
    assert "now 4)" in message


def test_training_can_go_on_from_what_was_kept():
    X, y, _ = two_classes()
    net = linear_net()
    diverging(net, X, y, optimizer=gn.SGD(4.0), epochs=1000)

    run = gn.train(net, X, y, optimizer=gn.SGD(0.1), epochs=50)

    J = run.history.column("J")
    assert J[-1] < 1e-2 * J[0]


@pytest.mark.parametrize(("activation", "x", "layer"), [("relu", 1e160, 1), (Exploding(), 7.4, 2)])
@pytest.mark.parametrize("observed", [False, True])
def test_the_layer_that_grew_first_is_named(activation, x, layer, observed):
    # Nothing moves at this rate: z[1] = x, and one row of step 3 is unlike the others. It is huge
    # itself, or it is 15 times the others and only exp(x^3) = 1e176 is huge.
    hidden = gn.Dense(2, activation, init=1.0)
    net = gn.Network(1, [hidden, gn.Dense(1, "identity", init=1.0)])
    X = np.full((10, 1), 0.5)
    X[4] = x

    message = diverging(
        net,
        X,
        np.zeros(10),
        optimizer=gn.SGD(1e-12),
        epochs=2,
        batch_size=2,
        shuffle=False,
        observers=[gn.Observer()] if observed else [],
    )

    assert "the loss became inf at step 3 (epoch 1)" in message
    assert f"‖z‖ grew first in layer {layer}, at step 3" in message


def test_what_grew_first_is_what_norms_of_every_step_say():
    X, y, _ = two_classes()
    layers = [gn.Dense(4, "tanh"), gn.Dense(4, "relu"), gn.Dense(1, "identity")]
    watching = Steps("z", "delta", "dW")
    options = {"optimizer": gn.SGD(3.0), "epochs": 1000}

    message = diverging(gn.Network(3, layers, seed=4), X, y, **options)
    diverging(gn.Network(3, layers, seed=4), X, y, observers=[watching], **options)

    order = [("z", 1), ("z", 2), ("z", 3)]
    order += [(name, l) for l in (3, 2, 1) for name in ("delta", "dW")]
    with np.errstate(over="ignore"):
        norms = [
            {key: np.linalg.norm(getattr(moment, key[0])[key[1]]) for key in order}
            for moment in watching.moments
        ]
    step, name, layer = next(
        (t, *key)
        for t in range(len(norms))
        for key in order
        if norms[t][key] > 100 * next(before[key] for before in norms if before[key] > 0)
    )
    sign = {"z": "‖z‖", "delta": "‖δ‖", "dW": "‖∂J/∂W‖"}[name]
    assert step > 0
    assert f"{sign} grew first in layer {layer}, at step {step + 1}" in message


def test_a_gradient_that_begins_at_0_has_not_grown_by_beginning():
    # With W[2] = 0, z[2] and delta[1] are 0 at first; then they grow by 1e-12 a step, until the row
    # of step 3 comes.
    hidden = gn.Dense(2, "relu", init=1.0)
    net = gn.Network(1, [hidden, gn.Dense(1, "identity", init="zeros")])
    X, y = np.full((10, 1), 0.5), np.ones(10)
    X[4], y[4] = 2.0, 1e200

    message = diverging(net, X, y, optimizer=gn.SGD(1e-12), epochs=1, batch_size=2, shuffle=False)

    assert "‖δ‖ grew first in layer 2, at step 3" in message


def test_growth_is_seen_though_every_epoch_is_one_step_of_its_own():
    X, y, _ = two_classes()
    options = {"optimizer": gn.SGD(4.0), "epochs": 1000, "batch_size": 40}

    message = diverging(linear_net(), X, y, observers=[gn.Observer()], **options)

    assert "grew first in layer 1" in message


def test_a_cost_that_is_infinite_at_once_is_said_to_be():
    X, y, _ = two_classes()
    net = linear_net()
    before = net.state.theta.copy()

    message = diverging(net, X, 1e200 * (y + 1), epochs=3)

    assert "the loss became inf at step 1 (epoch 1)" in message
    assert np.array_equal(net.state.theta, before)


def test_a_step_to_infinity_from_a_finite_cost_is_not_taken():
    X, y, _ = two_classes()
    net = gn.Network(3, [gn.Dense(1, "identity")])

    message = diverging(net, X, 1e150 * y, optimizer=gn.SGD(1e200), epochs=3, batch_size=40)

    assert "a parameter became infinite at step 1" in message
    assert np.isfinite(net.state.theta).all()


def test_early_stopping_restores_the_best_epoch_when_the_run_diverges():
    X, y, _ = two_classes()

    class UpAndAway:
        name, greater_is_better = "up", False
        calls = 0

        def value(self, a, y, w):
            self.calls += 1
            return [3.0, 1.0, 2.0][self.calls - 1] if self.calls <= 3 else 9.0

    net, judge = linear_net(), linear_net()
    options = {"optimizer": gn.SGD(4.0), "batch_size": 40}
    message = diverging(
        net,
        X,
        y,
        epochs=1000,
        validation=(X, y),
        early_stopping=gn.EarlyStopping(UpAndAway(), patience=1000),
        **options,
    )

    assert int(re.search(r"\(epoch (\d+)\)", message)[1]) > 3
    gn.train(judge, X, y, epochs=2, **options)
    assert np.array_equal(net.state.theta, judge.state.theta)


def test_lbfgs_from_a_cost_that_is_not_finite_changes_nothing():
    X, y, _ = two_classes()
    net = linear_net()

    message = diverging(net, X, 1e200 * (y + 1), optimizer="lbfgs")

    assert "at the first parameters already" in message
    assert np.array_equal(net.state.theta, linear_net().state.theta)


def test_float32_diverges_as_clearly():
    X, y, _ = two_classes()
    net = gn.Network(3, [gn.Dense(4, "tanh"), gn.Dense(1, "identity")], dtype="float32")

    message = diverging(net, X, 1e15 * y, optimizer=gn.SGD(1.0), epochs=100)

    assert "grew first" in message or "was largest" in message
    assert np.isfinite(net.state.theta).all()
