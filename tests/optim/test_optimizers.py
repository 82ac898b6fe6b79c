"""Optimizers against their papers, one number at a time, and on functions with known minima."""

from math import inf, sqrt

import numpy as np
import pytest

from glassnet.optim.optimizers import (
    OPTIMIZERS,
    SGD,
    Adam,
    AdamW,
    Momentum,
    Nesterov,
    RMSprop,
    optimizer,
)
from glassnet.optim.whole_batch import IRprop

THETA, GRADIENTS, RATES = 1.5, (0.4, -0.9, 0.25), (0.1, 0.05, 0.2)


# One parameter, step by step, in the letters of the papers. Each gives θ after every step.


def sgd(theta, weight_decay=0.0):
    for g, eta in zip(GRADIENTS, RATES, strict=True):
        theta = theta - eta * g - eta * weight_decay * theta
        yield theta


def momentum(theta, mu=0.9, weight_decay=0.0):
    v = 0.0
    for g, eta in zip(GRADIENTS, RATES, strict=True):
        v = mu * v - eta * g
        theta = theta + v - eta * weight_decay * theta
        yield theta


def nesterov(theta, mu=0.9):
    """In the form of Sutskever et al., eq. 3-4: the gradient is taken ahead, at ϑ = θ + μ v.

    Ours keeps ϑ. With a rate that changes, ϑ uses the velocity as it is.
    """
    behind, v = theta, 0.0
    for g, eta in zip(GRADIENTS, RATES, strict=True):
        v = mu * v - eta * g  # g was taken at behind + μ v
        behind = behind + v
        yield behind + mu * v


def rmsprop(theta, rho=0.9, epsilon=1e-8):
    v = 0.0
    for g, eta in zip(GRADIENTS, RATES, strict=True):
        v = rho * v + (1 - rho) * g**2
        theta = theta - eta * g / (sqrt(v) + epsilon)
        yield theta


def adam(theta, beta_1=0.9, beta_2=0.999, epsilon=1e-8, weight_decay=0.0):
    m = v = 0.0
    for t, (g, eta) in enumerate(zip(GRADIENTS, RATES, strict=True), start=1):
        m = beta_1 * m + (1 - beta_1) * g
        v = beta_2 * v + (1 - beta_2) * g**2
        m_hat, v_hat = m / (1 - beta_1**t), v / (1 - beta_2**t)
        theta = theta - eta * m_hat / (sqrt(v_hat) + epsilon) - eta * weight_decay * theta
        yield theta


BY_HAND = {
    "sgd": (SGD(), sgd(THETA)),
    "sgd with decay": (SGD(weight_decay=0.3), sgd(THETA, 0.3)),
    "momentum": (Momentum(), momentum(THETA)),
    "momentum 0.5 with decay": (
        Momentum(momentum=0.5, weight_decay=0.3),
        momentum(THETA, 0.5, 0.3),
    ),
    "nesterov": (Nesterov(), nesterov(THETA)),
    "nesterov 0.5": (Nesterov(momentum=0.5), nesterov(THETA, 0.5)),
    "rmsprop": (RMSprop(), rmsprop(THETA)),
    "rmsprop 0.5": (RMSprop(rho=0.5, epsilon=0.1), rmsprop(THETA, 0.5, 0.1)),
    "adam": (Adam(), adam(THETA)),
    "adam 0.5, 0.6": (Adam(beta_1=0.5, beta_2=0.6, epsilon=0.1), adam(THETA, 0.5, 0.6, 0.1)),
    "adamw": (AdamW(), adam(THETA, weight_decay=0.01)),
    "adamw 0.4": (AdamW(weight_decay=0.4), adam(THETA, weight_decay=0.4)),
}


def walked(method, theta, gradients, rates, costs=None):
    """θ after each step."""
    memory, J = method.start(theta), costs or [0.0] * len(gradients)
    for g, eta, cost in zip(gradients, rates, J, strict=True):
        change, memory = method.step(theta, g, memory, eta, cost)
        theta = theta + change
        yield theta


@pytest.mark.parametrize(("method", "wanted"), BY_HAND.values(), ids=BY_HAND)
def test_the_first_steps_are_those_of_the_paper(method, wanted):
    found = walked(method, np.array([THETA]), [np.array([g]) for g in GRADIENTS], RATES)

    assert [float(theta[0]) for theta in found] == pytest.approx(list(wanted), rel=1e-15, abs=0)


def test_steps_by_hand_to_the_digit():
    """The first two steps of each paper on g = 1, then g = 1, with η = 0.1, written out."""
    ones = [np.ones(1)] * 2
    wanted = {
        SGD(): (-0.1, -0.2),
        Momentum(): (-0.1, -0.1 - 0.19),
        Nesterov(): (-0.19, -0.19 - (0.9 * 0.19 + 0.1)),
        RMSprop(rho=0.75): (-0.1 / 0.5, -0.2 - 0.1 / sqrt(0.75 * 0.25 + 0.25)),
        Adam(): (-0.1, -0.2),
        AdamW(weight_decay=0.5): (-0.1, -0.2 + 0.1 * 0.5 * 0.1),
        IRprop(0.1): (-0.1, -0.1 - 0.12),
    }

    for method, steps in wanted.items():
        found = [float(theta[0]) for theta in walked(method, np.zeros(1), ones, [0.1, 0.1])]
        assert found == pytest.approx(steps, rel=1e-7), method  # ε = 1e-8 beside 1


def test_every_optimizer_is_checked_by_hand():
    by_hand = {method.name for method, _ in BY_HAND.values()} | {"irprop"}  # case by case, below

    assert by_hand | {"lbfgs"} == set(OPTIMIZERS)


# Convergence: every optimizer of the registry on two functions in both precisions.

CURVATURES = np.array([1.0, 10.0, 3.0])
RATE = {"rmsprop": (1e-3, 1e-3), "adam": (1e-2, 1e-2), "adamw": (1e-2, 1e-2)}
STEPPING = sorted(set(OPTIMIZERS) - {"lbfgs"})


def quadratic(x):
    """½ Σ cᵢ xᵢ², minimum 0 at 0."""
    c = CURVATURES.astype(x.dtype)
    return float(np.sum(c * x * x) / 2), c * x


def rosenbrock(x):
    """(1 − x₀)² + 20 (x₁ − x₀²)², minimum 0 at (1, 1) in a bent valley."""
    off = x[1] - x[0] * x[0]
    slope = np.array([-2 * (1 - x[0]) - 80 * off * x[0], 40 * off], dtype=x.dtype)
    return float((1 - x[0]) ** 2 + 20 * off**2), slope


def descended(method, function, x, rate, steps):
    memory = method.start(x)
    for _ in range(steps):
        J, g = function(x)
        change, memory = method.step(x, g, memory, rate, J)
        x = x + change
    return x


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", STEPPING)
def test_it_finds_the_minimum_of_a_quadratic(name, dtype):
    method = AdamW(weight_decay=0.0) if name == "adamw" else optimizer(name)
    rate = RATE.get(name, (0.05, 0))[0]

    x = descended(method, quadratic, np.array([1.0, -2.0, 3.0], dtype=dtype), rate, 4000)

    assert x.dtype == dtype
    assert np.abs(x).max() < 2e-3  # rmsprop ends in steps of about its rate


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", STEPPING)
def test_it_walks_along_the_valley_of_rosenbrock(name, dtype):
    method = AdamW(weight_decay=0.0) if name == "adamw" else optimizer(name)
    rate = RATE.get(name, (0, 1e-3))[1]
    start = np.array([-1.2, 1.0], dtype=dtype)

    x = descended(method, rosenbrock, start, rate, 12000)

    assert x.dtype == dtype
    assert x == pytest.approx([1.0, 1.0], abs=0.02)


# Weight decay, and what a step may touch.


@pytest.mark.parametrize("method", [SGD(weight_decay=0.5), Momentum(weight_decay=0.5), AdamW()])
def test_decay_acts_where_it_should_and_nowhere_else(method):
    theta, decays = np.array([2.0, 2.0]), np.array([1.0, 0.0])

    change, _ = method.step(theta, np.zeros(2), method.start(theta), 0.1, 0.0, decays)

    assert change == pytest.approx([-0.1 * method.weight_decay * 2.0, 0.0])


@pytest.mark.parametrize("name", STEPPING)
def test_a_step_changes_none_of_its_arguments(name):
    method, theta = optimizer(name), np.array([1.0, -1.0])
    memory = method.start(theta)
    for _ in range(3):  # read-only arrays: writing into one raises
        g = np.array([0.5, 2.0])
        for array in (theta, g, *memory.values()):
            if isinstance(array, np.ndarray):
                array.setflags(write=False)
        before = dict(memory)
        change, after = method.step(theta, g, memory, 0.1, 1.0)
        assert all(memory[key] is before[key] for key in before)
        theta, memory = theta + change, after


@pytest.mark.parametrize("name", STEPPING)
def test_hyperparameters_of_numpy_leave_float32_as_it_is(name):
    method = type(optimizer(name))(learning_rate=np.float64(0.01))
    fields = {key: np.float64(value) for key, value in vars(method).items()}
    method, theta = type(method)(**fields), np.ones(2, dtype=np.float32)

    change, memory = method.step(theta, theta, method.start(theta), 0.1, 1.0)

    arrays = [change, *(value for value in memory.values() if isinstance(value, np.ndarray))]
    assert {array.dtype for array in arrays} == {np.dtype(np.float32)}


# iRprop⁺, case by case: s, the change and the memory of g after a step, given those before.

IRPROP_CASES = {
    # last g, g, last J, J: next s, change, g kept
    "the sign stays: faster": ((2.0, 3.0, 1.0, 0.9), (0.12, -0.12, 3.0)),
    "the sign stays though J grew: faster": ((2.0, 3.0, 1.0, 1.1), (0.12, -0.12, 3.0)),
    "the sign turns and J grew: back, slower": ((2.0, -3.0, 1.0, 1.1), (0.05, 0.07, 0.0)),
    "the sign turns and J fell: stay, slower": ((2.0, -3.0, 1.0, 0.9), (0.05, 0.0, 0.0)),
    "the sign turns and J is the same: stay, slower": ((2.0, -3.0, 1.0, 1.0), (0.05, 0.0, 0.0)),
    "after a turn g counts as 0: same pace": ((0.0, -3.0, 1.0, 1.1), (0.1, 0.1, -3.0)),
    "g is 0: stay": ((2.0, 0.0, 1.0, 1.1), (0.1, 0.0, 0.0)),
    "the first step": ((0.0, 3.0, inf, 1.0), (0.1, -0.1, 3.0)),
}


@pytest.mark.parametrize(("given", "wanted"), IRPROP_CASES.values(), ids=IRPROP_CASES)
def test_irprop_weighs_the_sign_of_the_gradient_when(given, wanted):
    last_g, g, last_J, J = given
    last_change = -0.07  # what the step before added to θ
    memory = {
        "s": np.array([0.1]),
        "g": np.array([last_g]),
        "change": np.array([last_change]),
        "J": last_J,
    }

    change, after = IRprop().step(np.zeros(1), np.array([g]), memory, 99.0, J)

    assert (after["s"][0], change[0], after["g"][0]) == pytest.approx(wanted)
    assert after["change"] is change or after["change"] == change
    assert after["J"] == J


def test_irprop_keeps_its_steps_between_their_limits():
    method = IRprop(1.0, smallest_step=0.9, largest_step=1.1)
    start = method.start(np.zeros(2))

    _, memory = method.step(np.zeros(2), np.array([1.0, 1.0]), start, 0.0, 1.0)
    _, memory = method.step(np.zeros(2), np.array([1.0, -1.0]), memory, 0.0, 0.5)

    assert memory["s"].tolist() == [1.1, 0.9]


def test_irprop_may_have_steps_of_one_length():
    assert IRprop(smallest_step=0.1, largest_step=0.1).largest_step == 0.1


def test_only_optimizers_for_whole_batches_size_their_own_steps():
    assert {name for name, kind in OPTIMIZERS.items() if not kind.uses_rate} == {"irprop", "lbfgs"}


# A peer.


def torch_peers(torch):
    return {
        "sgd": (SGD(), lambda p: torch.optim.SGD(p, lr=0.1)),
        "momentum": (Momentum(), lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9)),
        "nesterov": (
            Nesterov(),
            lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True),
        ),
        "rmsprop": (RMSprop(), lambda p: torch.optim.RMSprop(p, lr=0.1, alpha=0.9, eps=1e-8)),
        "adam": (Adam(), lambda p: torch.optim.Adam(p, lr=0.1)),
        "adamw": (AdamW(), lambda p: torch.optim.AdamW(p, lr=0.1, weight_decay=0.01)),
    }


@pytest.mark.parametrize("name", ["sgd", "momentum", "nesterov", "rmsprop", "adam", "adamw"])
def test_steps_are_those_of_torch(name):
    torch = pytest.importorskip("torch")
    method, peer = torch_peers(torch)[name]
    start, target = np.array([1.5, -0.5, 0.25]), np.array([0.1, 0.2, 0.3])
    parameter = torch.nn.Parameter(torch.from_numpy(start.copy()))
    made = peer([parameter])
    theta, memory = start, method.start(start)

    for _ in range(5):
        made.zero_grad()
        ((parameter - torch.from_numpy(target)) ** 4).sum().backward()
        made.step()
        g = 4 * (theta - target) ** 3
        change, memory = method.step(theta, g, memory, 0.1, 0.0)
        theta = theta + change

    np.testing.assert_allclose(theta, parameter.detach().numpy(), rtol=1e-12)
