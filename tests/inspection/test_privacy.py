"""(ε, δ) of a training: against closed forms, published values and bad input."""

import sys
from math import exp, inf, sqrt

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.stats import norm

import glassnet as gn
from glassnet.errors import InvalidValue, Unsupported


def gaussian_epsilon(mu, delta):
    """ε at which the Gaussian mechanism with shift μ (in deviations) has this δ.

    Balle & Wang (2018), Improving the Gaussian mechanism, theorem 8.
    """

    def excess(epsilon):
        left = norm.cdf(mu / 2 - epsilon / mu)
        return left - exp(epsilon) * norm.cdf(-mu / 2 - epsilon / mu) - delta

    return brentq(excess, 1e-9, 100)


@pytest.mark.parametrize(("epochs", "sigma"), [(1, 1.0), (16, 4.0), (25, 10.0)])
def test_with_whole_batches_it_is_the_gaussian_mechanism_repeated(epochs, sigma):
    # Every step sees every row, so T steps are one Gaussian mechanism with μ = √T / σ.
    found = gn.privacy(rows=100, batch_size=100, epochs=epochs, noise_multiplier=sigma, delta=1e-5)

    wanted = gaussian_epsilon(sqrt(epochs) / sigma, 1e-5)
    assert wanted <= found.epsilon <= wanted * 1.01
    assert found.steps == (gn.NoisySteps(100, 100, epochs, sigma),)


def test_it_is_below_the_published_bound_of_the_moments_accountant():
    # Abadi et al. (2016), figure 2 and section 3.2: q = 0.01, σ = 4, T = 10,000: ε = 1.26 at 10⁻⁵.
    found = gn.privacy(rows=10_000, batch_size=100, epochs=100, noise_multiplier=4.0, delta=1e-5)

    assert found.steps[0].steps == 10_000
    assert 1.26 * 0.7 < found.epsilon < 1.26


def test_more_steps_less_noise_and_larger_batches_tell_more():
    def epsilon(rows=1000, batch_size=50, epochs=5, noise_multiplier=4.0, delta=1e-4):
        return gn.privacy(
            rows=rows, batch_size=batch_size, epochs=epochs, noise_multiplier=noise_multiplier,
            delta=delta,
        ).epsilon  # fmt: skip

    assert epsilon(epochs=10) > epsilon()
    assert epsilon(noise_multiplier=3.0) > epsilon()
    assert epsilon(batch_size=100) > epsilon()
    assert epsilon(delta=1e-7) > epsilon()
    assert epsilon(batch_size=5000) == epsilon(batch_size=1000)


def test_a_run_says_what_the_numbers_say_and_runs_add_up():
    X, y = np.random.default_rng(0).normal(size=(60, 2)), np.arange(60) % 2
    net = gn.Network(2, [gn.Dense(1, "logistic")], loss="binary_cross_entropy")
    settings = {"batch_size": 12, "clip_per_sample": 1.0, "noise_multiplier": 5.0}
    first = gn.train(net, X, y, epochs=3, **settings)
    second = gn.train(net, X, y, epochs=4, **settings)
    planned = {"rows": 60, "batch_size": 12, "noise_multiplier": 5.0, "delta": 1e-3}

    found = gn.privacy(first, delta=1e-3)
    assert found == gn.privacy(epochs=3, **planned)
    both = gn.privacy([first, second], delta=1e-3)
    assert both.epsilon == pytest.approx(gn.privacy(epochs=7, **planned).epsilon, rel=1e-3)
    continued = gn.train(net, X, y, epochs=5, after=second, **settings)
    assert [part.steps for part in gn.privacy(continued, delta=1e-3).steps] == [20, 5]


def test_steps_without_noise_keep_nothing_private():
    X, y = np.ones((8, 1)), np.arange(8) % 2
    net = gn.Network(1, [gn.Dense(1, "logistic")], loss="binary_cross_entropy")
    clipped = gn.train(net, X, y, epochs=1, clip_per_sample=1.0)

    assert gn.privacy(clipped, delta=0.1).epsilon == inf


def test_without_the_accountant_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "dp_accounting", None)

    with pytest.raises(Unsupported, match=r'pip install "glassnet\[privacy\]"'):
        gn.privacy(rows=10, batch_size=1, epochs=1, noise_multiplier=1.0, delta=1e-3)


PLAN = {"rows": 100, "batch_size": 10, "epochs": 2, "noise_multiplier": 1.0, "delta": 1e-5}


@pytest.mark.parametrize(
    ("runs", "changed", "words"),
    [
        (None, {"delta": 0}, r"delta must be in \(0, 1\); got 0"),
        (None, {"delta": 1}, r"delta must be in \(0, 1\); got 1"),
        (None, {"rows": None}, "needs the runs of a training, or else all of rows"),
        (None, {"rows": 0}, "rows of privacy must be an integer, 1 or above; got 0"),
        (None, {"noise_multiplier": -1.0}, "noise_multiplier of privacy must be above 0"),
        ("run", {}, "got runs and rows, batch_size, epochs, noise_multiplier"),
        ("run", dict.fromkeys(list(PLAN)[:4]), "runs must be a Run that train has given"),
        ([], dict.fromkeys(list(PLAN)[:4]), "runs must be a Run that train has given"),
    ],
)
def test_bad_arguments_are_named(runs, changed, words):
    with pytest.raises(InvalidValue, match=words):
        gn.privacy(runs, **{**PLAN, **changed})
