"""Per-sample clipping and noise through ``gn.train`` and the estimators."""

import numpy as np
import pytest

import glassnet as gn
from glassnet.errors import InvalidValue, Unsupported
from glassnet.network.random_numbers import normals


def rows(m=40, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(m, 3))
    return X, (X[:, 0] + X[:, 1] ** 2 > 0.5).astype(int)


def small_net(**options):
    layers = [gn.Dense(5, "tanh", **options), gn.Dense(1, "logistic")]
    return gn.Network(3, layers, loss="binary_cross_entropy", seed=3)


def test_no_row_pulls_harder_than_the_limit():
    X, y = rows()
    net, rate, limit = small_net(), 0.1, 0.05
    before = net.state.theta.copy()
    assert gn.ledger(net, X, y).norms.max() > 2 * limit

    gn.train(net, X, y, optimizer=gn.SGD(rate), epochs=1, batch_size=40, clip_per_sample=limit)

    assert np.linalg.norm(net.state.theta - before) <= rate * limit * (1 + 1e-12)


def test_a_limit_that_no_row_reaches_changes_no_bit():
    X, y = rows()
    clipped, plain = small_net(dropout=0.2), small_net(dropout=0.2)

    gn.train(clipped, X, y, epochs=5, batch_size=8, clip_per_sample=1e6)
    gn.train(plain, X, y, epochs=5, batch_size=8, engine="reference")

    np.testing.assert_array_equal(clipped.state.theta, plain.state.theta)


def test_the_cost_reported_is_J():
    X, y = rows()
    net = small_net()
    J = gn.ledger(net, X, y).losses.mean()

    run = gn.train(net, X, y, epochs=1, batch_size=40, clip_per_sample=0.01)

    assert run.history[0]["J"] == pytest.approx(J, rel=1e-12)


def test_one_wild_row_moves_a_clipped_training_little():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(100, 1))
    y = 2 * X[:, 0]
    X[0], y[0] = 10, -1000
    slopes = []
    for limit in (None, 1.0):
        net = gn.Network(1, [gn.Dense(1, "identity", bias=False)])
        gn.train(net, X, y, optimizer=gn.SGD(0.05), epochs=100, batch_size=100,
                 clip_per_sample=limit)  # fmt: skip
        slopes.append(float(net.W[1][0, 0]))

    assert slopes[0] < -20
    assert slopes[1] == pytest.approx(2, abs=0.1)


@pytest.mark.parametrize("noise", [None, 0.8])
def test_a_run_that_was_cut_off_goes_on_to_the_bit(tmp_path, noise):
    X, y = rows()
    settings = {"batch_size": 8, "clip_per_sample": 0.1, "noise_multiplier": noise}
    whole, parts = small_net(), small_net()
    saved = gn.Checkpoint(tmp_path / "run", every_steps=1)

    class Stop(gn.Every):
        def see(self, moment):
            return moment.t == 7  # in the middle of the second epoch

    gn.train(whole, X, y, epochs=4, **settings)
    gn.train(parts, X, y, epochs=4, **settings, checkpoint=saved, observers=[Stop()])
    resumed = small_net()
    run = gn.train(resumed, X, y, epochs=4, **settings, checkpoint=saved, resume=True)

    np.testing.assert_array_equal(resumed.state.theta, whole.state.theta)
    assert [part.steps for part in run.noise] == [20]


def test_noise_is_drawn_by_seed_and_step_and_has_the_deviation_asked_for():
    X, _ = rows(400)
    C, sigma, B = 0.3, 2.0, 50
    changes = []

    class Changes(gn.Every):
        needs = frozenset({"change"})

        def see(self, moment):
            changes.append(moment.change)

    net = small_net()
    net.state.theta[:] = 0.0
    gn.train(
        net, X, np.full(400, 0.5), optimizer=gn.SGD(1.0), epochs=3, batch_size=B,
        clip_per_sample=C, noise_multiplier=sigma, observers=[Changes()],
    )  # fmt: skip

    # At θ = 0 and y = ½ the first gradient is 0: what moves is noise.
    noise = normals(net.parameter_count, seed=3, t=0)
    np.testing.assert_allclose(changes[0], -sigma * C / B * noise, rtol=1e-12)
    assert len(changes) == 24
    assert np.std(changes) == pytest.approx(sigma * C / B, rel=0.1)


def test_noisy_batches_take_each_row_by_itself():
    X, y = rows(200)
    sizes = []

    class Sizes(gn.Every):
        def see(self, moment):
            sizes.append(moment.weight_sum)

    run = gn.train(
        small_net(), X, y, epochs=50, batch_size=20, clip_per_sample=1.0, noise_multiplier=1.0,
        observers=[Sizes()],
    )  # fmt: skip

    q = 20 / 200
    assert len(sizes) == 500
    assert np.mean(sizes) == pytest.approx(20, abs=4 * np.sqrt(200 * q * (1 - q) / 500))
    assert np.var(sizes) == pytest.approx(200 * q * (1 - q), rel=0.3)
    assert run.noise == (gn.NoisySteps(200, 20, 500, 1.0),)


def test_batches_that_come_out_empty_are_steps_too():
    X, y = rows(12)

    run = gn.train(small_net(), X, y, epochs=20, batch_size=1, clip_per_sample=1.0,
                   noise_multiplier=0.5)  # fmt: skip

    assert run.left.state.t == 240
    assert np.isfinite(run.history.column("J")).all()
    assert (run.history.column("J") > 0).all()


def test_a_run_remembers_the_noise_of_the_one_before_it():
    X, y = rows()
    net, settings = small_net(), {"batch_size": 10, "clip_per_sample": 1.0}
    first = gn.train(net, X, y, epochs=2, **settings, noise_multiplier=1.0)
    second = gn.train(net, X, y, epochs=5, after=first, **settings, noise_multiplier=3.0)
    plain = gn.train(net, X, y, epochs=6, after=second, **settings)

    assert second.noise == (gn.NoisySteps(40, 10, 8, 1.0), gn.NoisySteps(40, 10, 12, 3.0))
    assert plain.noise == (*second.noise, gn.NoisySteps(40, 10, 4, 0.0))
    newton = gn.train(net, X, y, epochs=8, after=second, optimizer="lbfgs")
    assert newton.noise[-1].noise_multiplier == 0


def test_an_observer_is_told_of_clipping_and_noise():
    X, y = rows()
    told = {}

    class Setup(gn.Observer):
        def prepare(self, settings):
            told.update(settings)

    gn.train(small_net(), X, y, epochs=1, clip_per_sample=0.5, noise_multiplier=2,
             observers=[Setup()])  # fmt: skip

    assert (told["clip_per_sample"], told["noise_multiplier"]) == (0.5, 2)


def test_estimators_clip_rows():
    X, y = rows(60)
    settings = {"hidden_layer_sizes": (4,), "random_state": 0, "max_iter": 3, "tol": 0}
    loose, tight = (
        gn.MLPClassifier(clip_per_sample=limit, n_iter_no_change=np.inf, **settings)
        for limit in (1e9, 1e-3)
    )
    with pytest.warns(UserWarning, match="."):
        loose.fit(X, y)
    with pytest.warns(UserWarning, match="."):
        tight.fit(X, y)

    assert (loose.network_.state.theta != tight.network_.state.theta).any()
    with pytest.raises(InvalidValue, match=r"clip_per_sample.*must be a float in the range"):
        gn.MLPClassifier(clip_per_sample=0).fit(X, y)


X, Y = rows(10)
NOISE = {"clip_per_sample": 1.0, "noise_multiplier": 1.0}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"clip_per_sample": 0}, "clip_per_sample must be above 0; got 0"),
        ({"clip_per_sample": 1.0, "noise_multiplier": 0}, "noise_multiplier must be above 0"),
        ({"noise_multiplier": 1.0}, "noise_multiplier needs clip_per_sample"),
        ({"clip_per_sample": 1.0, "optimizer": "lbfgs"}, "lbfgs takes no clip_per_sample"),
        ({**NOISE, "sample_weight": np.ones(10)}, "rows of equal weight"),
        ({**NOISE, "stop": gn.StopRule(1e-4, 3)}, "stop looks at the cost"),
        ({**NOISE, "early_stopping": True}, "early_stopping looks at the cost"),
        ({**NOISE, "schedule": "plateau"}, "schedule='plateau' looks at the cost"),
    ],
)
def test_what_does_not_go_together_is_named(options, words):
    net = small_net()
    before = net.state.theta.copy()

    with pytest.raises(InvalidValue, match=words):
        gn.train(net, X, Y, **options)
    np.testing.assert_array_equal(net.state.theta, before)


def test_batch_norm_couples_rows_unless_it_is_frozen():
    with pytest.raises(InvalidValue, match="batch norm in layer 1 couples the rows"):
        gn.train(small_net(batch_norm=True), X, Y, clip_per_sample=1.0)

    gn.train(small_net(batch_norm=True, frozen=True), X, Y, epochs=1, clip_per_sample=1.0)


def test_an_engine_that_cannot_clip_rows_says_so():
    with pytest.raises(Unsupported, match="no clip_per_sample"):
        gn.train(small_net(), X, Y, clip_per_sample=1.0, engine="native")
