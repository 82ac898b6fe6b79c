"""Training reaches what theory says it must, goes on where it stopped, and keeps the books."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

import glassnet as gn
from glassnet.data.batches import Order
from glassnet.network.random_numbers import keep_mask
from glassnet.optim.contracts import Clock
from glassnet.optim.schedules import SCHEDULES
from tests.training.runs import Steps, fingerprint, small_net, table, two_classes

STEPPING = ("sgd", "momentum", "nesterov", "rmsprop", "adam", "adamw", "irprop")
XOR = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), np.array([0, 1, 1, 0])


def linear_rows(m=60, d=4, outputs=2):
    rng = np.random.default_rng(5)
    X = rng.normal(size=(m, d))
    y = X @ rng.normal(size=(d, outputs)) + 3 + 0.1 * rng.normal(size=(m, outputs))
    return X, y, rng.uniform(0.1, 2.0, m)


def linear_net(d=4, outputs=2, **options):
    return gn.Network(d, [gn.Dense(outputs, "identity")], seed=1, **options)


def least_squares(X, y, w, ridge=0.0):
    """Minimum of Σ w ½(a − y)² / Σ w + ½ ridge Σ W², from the normal equations."""
    with_ones = np.column_stack([X, np.ones(len(X))])
    share = w / w.sum()
    penalty = ridge * np.diag([1.0] * X.shape[1] + [0.0])
    A = with_ones.T @ (share[:, None] * with_ones) + penalty
    return np.linalg.solve(A, with_ones.T @ (share[:, None] * y)).T


@pytest.mark.parametrize("optimizer", [*STEPPING[1:], "lbfgs"])
def test_every_optimizer_learns_xor(optimizer):
    X, y = XOR
    layers = [gn.Dense(8, "tanh"), gn.Dense(1, "logistic")]
    net = gn.Network(2, layers, loss="binary_cross_entropy", seed=0)
    rate = {"momentum": gn.Momentum(0.2), "nesterov": gn.Nesterov(0.2)}
    quick = {"rmsprop": gn.RMSprop(0.02), "adam": gn.Adam(0.05), "adamw": gn.AdamW(0.05)}

    gn.train(net, X, y, optimizer={**rate, **quick}.get(optimizer, optimizer), epochs=300)

    assert ((gn.predict(net, X)[:, 0] > 0.5) == y).all()


@pytest.mark.parametrize(("weighted", "ridge"), [(False, 0.0), (True, 0.0), (True, 0.3)])
def test_a_linear_network_ends_at_least_squares(weighted, ridge):
    X, y, w = linear_rows()
    w = w if weighted else np.ones(len(X))
    net = linear_net(penalties=[gn.L2(ridge)] if ridge else [])

    gn.train(net, X, y, optimizer=gn.SGD(0.5), epochs=400, batch_size=60, sample_weight=w)

    found = np.column_stack([net.W[1], net.b[1]])
    np.testing.assert_allclose(found, least_squares(X, y, w, ridge), rtol=1e-6, atol=1e-9)


def test_lbfgs_ends_where_unpenalised_logistic_regression_does():
    X, y, w = two_classes(m=200)
    net = gn.Network(3, [gn.Dense(1, "logistic")], loss="binary_cross_entropy")
    method = gn.LBFGS(tolerance=1e-10)

    gn.train(net, X, y, optimizer=method, epochs=500, sample_weight=w)
    gn.train(net, X, y, optimizer=method, epochs=500, sample_weight=w)

    judge = LogisticRegression(C=np.inf, tol=1e-12, max_iter=10_000).fit(X, y, w)
    np.testing.assert_allclose(net.W[1], judge.coef_, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(net.b[1], judge.intercept_, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("optimizer", STEPPING)
def test_two_calls_give_the_same_bits_as_one(optimizer):
    X, y, w = two_classes()
    once, twice = (small_net(norm=True, dropout=0.3) for _ in range(2))

    gn.train(once, X, y, optimizer=optimizer, epochs=5, batch_size=7, sample_weight=w)
    for epochs in (2, 3):
        gn.train(twice, X, y, optimizer=optimizer, epochs=epochs, batch_size=7, sample_weight=w)

    assert fingerprint(twice) == fingerprint(once)


def test_a_schedule_goes_on_where_that_is_asked_for():
    X, y, _ = two_classes()
    once, twice, afresh = (small_net() for _ in range(3))
    options = {"schedule": gn.Plateau(patience=0, tolerance=10.0), "optimizer": gn.SGD(0.1)}

    gn.train(once, X, y, epochs=6, **options)
    gn.train(twice, X, y, epochs=3, **options)
    second = gn.train(twice, X, y, epochs=3, continue_schedule=True, **options)
    gn.train(afresh, X, y, epochs=3, **options)
    new = gn.train(afresh, X, y, epochs=3, **options)

    assert fingerprint(twice) == fingerprint(once)
    assert second.history[0]["rate"] == pytest.approx(0.1 * 0.2**2)
    assert new.history[0]["rate"] == 0.1


def test_a_run_begins_with_a_whole_epoch_wherever_its_state_was_taken():
    X, y, _ = two_classes()
    nets = [small_net(), small_net()]
    nets[1].state = replace(nets[1].state, position=14)

    for net in nets:
        gn.train(net, X, y, epochs=2, batch_size=7)

    assert fingerprint(nets[0]) == fingerprint(nets[1])


@pytest.mark.parametrize("schedule", ["cosine", "one_cycle", "step", "warm_up"])
def test_the_clock_of_a_schedule_begins_with_the_run(schedule):
    X, y, _ = two_classes()
    net, schedule = small_net(), SCHEDULE_CASES[schedule]

    runs = [gn.train(net, X, y, epochs=6, batch_size=8, schedule=schedule) for _ in range(2)]

    rates = [run.history.column("rate").tolist() for run in runs]
    assert rates[0] == rates[1]
    assert len(set(rates[0])) > 1


def test_a_schedule_of_another_kind_does_not_inherit_a_memory():
    X, y, _ = two_classes()
    net = small_net()
    gn.train(net, X, y, epochs=2, schedule="inverse_scaling")

    run = gn.train(net, X, y, epochs=2, schedule="plateau", continue_schedule=True)

    assert run.ended == "epochs"


@pytest.mark.parametrize(("first", "second"), [("momentum", "rmsprop"), ("adam", "momentum")])
def test_an_optimizer_does_not_inherit_the_memory_of_another(first, second):
    X, y, _ = two_classes()
    used, fresh = small_net(), small_net()
    gn.train(used, X, y, optimizer=first, epochs=2)
    fresh.state = gn.Network.of(used.specification, used.state).state
    fresh.state = type(fresh.state)(
        fresh.state.theta, fresh.state.seed, fresh.state.t, fresh.state.epoch
    )

    gn.train(used, X, y, optimizer=second, epochs=2)
    gn.train(fresh, X, y, optimizer=second, epochs=2)

    assert np.array_equal(used.state.theta, fresh.state.theta)


@pytest.mark.parametrize("norm", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
def test_sparse_rows_train_like_dense_ones(norm, weighted):
    X, y, w = two_classes()
    X[np.abs(X) < 0.5] = 0
    nets = [small_net(norm=norm) for _ in range(2)]
    options = {"epochs": 4, "batch_size": 8, "sample_weight": w if weighted else None}

    runs = [
        gn.train(net, rows, y, validation=(rows[:9], y[:9]), **options)
        for net, rows in zip(nets, (X, csr_matrix(X)), strict=True)
    ]

    np.testing.assert_allclose(nets[1].state.theta, nets[0].state.theta, rtol=1e-9, atol=1e-12)
    for column in ("J", "val_loss"):
        np.testing.assert_allclose(
            runs[1].history.column(column), runs[0].history.column(column), rtol=1e-9
        )


@pytest.mark.parametrize("optimizer", [*STEPPING, "lbfgs"])
def test_float32_stays_float32(optimizer):
    X, y, w = two_classes()
    net = small_net(norm=True, dropout=0.1, dtype="float32")

    gn.train(net, X, y, optimizer=optimizer, epochs=3, sample_weight=w, clip_norm=None)

    arrays = [net.state.theta, *net.state.buffers.values()]
    arrays += [v for v in net.state.memory.values() if isinstance(v, np.ndarray)]
    assert {array.dtype for array in arrays} == {np.dtype("float32")}


def test_float32_follows_float64_within_rounding():
    X, y, w = two_classes()
    single, double = (small_net(dtype=dtype) for dtype in ("float32", "float64"))
    single.state = type(single.state)(double.state.theta.astype("float32"), seed=3)

    for net in (single, double):
        gn.train(net, X, y, optimizer=gn.SGD(0.1), epochs=3, sample_weight=w)

    np.testing.assert_allclose(single.state.theta, double.state.theta, rtol=1e-4, atol=1e-5)


def test_rows_of_weight_0_are_as_good_as_absent():
    X, y, w = two_classes()
    w[::3] = 0
    kept = w > 0
    with_zeros, without = (small_net(norm=True) for _ in range(2))
    options = {"optimizer": "sgd", "epochs": 5, "batch_size": 40}

    gn.train(with_zeros, X, y, sample_weight=w, **options)
    gn.train(without, X[kept], y[kept], sample_weight=w[kept], **options)

    np.testing.assert_allclose(with_zeros.state.theta, without.state.theta, rtol=1e-10, atol=1e-13)


def test_a_batch_that_weighs_nothing_counts_and_takes_no_step():
    X, y, _ = two_classes(m=8)
    w = np.array([1.0, 1.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0])
    net, steps = small_net(norm=True), Steps("theta")
    options = {"batch_size": 2, "shuffle": False, "sample_weight": w}

    run = gn.train(net, X, y, epochs=1, observers=[steps], **options)

    theta = [moment.theta for moment in steps.moments] + [net.state.theta]
    still = [np.array_equal(before, after) for before, after in pairwise(theta)]
    assert still == [False, True, False, False]
    assert net.state.t == 4
    counted = [moment.J for k, moment in enumerate(steps.moments) if k != 1]
    assert run.history[0]["J"] == pytest.approx(np.mean(counted), rel=1e-14)


def test_the_mean_cost_of_an_epoch_weighs_batches_as_their_rows():
    X, y, w = two_classes(m=10)
    net, steps = small_net(), Steps()

    run = gn.train(net, X, y, epochs=1, batch_size=4, sample_weight=w, observers=[steps])

    costs, weights = np.array([(m.J, m.weight_sum) for m in steps.moments]).T
    assert len(costs) == 3
    assert weights.sum() == pytest.approx(w.sum())
    assert run.history[0]["J"] == pytest.approx((costs * weights).sum() / weights.sum(), rel=1e-14)


def test_a_batch_size_above_the_rows_means_all_rows():
    X, y, _ = two_classes(m=10)
    nets = [small_net(), small_net()]

    for net, size in zip(nets, (10, 1000), strict=True):
        gn.train(net, X, y, epochs=3, batch_size=size)

    assert fingerprint(nets[0]) == fingerprint(nets[1])


@pytest.mark.parametrize("norm", [False, True])
@pytest.mark.parametrize("optimizer", ["adam", "lbfgs"])
def test_one_row_is_enough(optimizer, norm):
    net = small_net(norm=norm)

    run = gn.train(net, [[0.5, 1.0, 2.0]], [1.0], optimizer=optimizer, epochs=20)

    assert run.history[-1]["J"] < run.history[0]["J"]


@pytest.mark.parametrize(("rows", "steps"), [(9, 2), (10, 3), (8, 2), (5, 1), (4, 1)])
def test_a_last_batch_of_one_row_joins_the_one_before_under_batch_norm(rows, steps):
    X, y, _ = two_classes(m=rows)
    net, watching = small_net(norm=True), Steps("mean", "z")

    gn.train(net, X, y, epochs=1, batch_size=4, observers=[watching])

    sizes = [len(moment.z[1]) for moment in watching.moments]
    assert len(sizes) == steps
    assert sum(sizes) == rows
    assert min(sizes) >= 2
    last = watching.moments[-1]
    np.testing.assert_allclose(last.mean[1], last.z[1].mean(axis=0), rtol=1e-12, atol=1e-15)


def test_batches_are_those_that_order_draws_and_masks_those_of_the_step():
    X, y, _ = two_classes(m=10)
    net, watching = small_net(dropout=0.5), Steps("a", "mask")

    gn.train(net, X, y, epochs=2, batch_size=4, observers=[watching])

    order = Order(rows=10, batch_size=4, seed=3)
    batches = [order.epoch(e)[i : i + 4] for e in range(2) for i in (0, 4, 8)]
    for t, (rows, moment) in enumerate(zip(batches, watching.moments, strict=True)):
        assert np.array_equal(moment.a[0], X[rows])
        kept = keep_mask(0.5, seed=3, t=t, layer=1, rows=len(rows), units=6)
        assert np.array_equal(moment.mask[1], 2.0 * kept)


def test_without_shuffling_rows_come_as_they_are():
    X, y, _ = two_classes(m=6)
    watching = Steps("a")

    gn.train(small_net(), X, y, epochs=2, batch_size=4, shuffle=False, observers=[watching])

    assert [moment.a[0].tolist() for moment in watching.moments] == [
        X[:4].tolist(),
        X[4:].tolist(),
    ] * 2


SCHEDULE_CASES = {
    "constant": gn.ConstantRate(),
    "step": gn.StepDecay(epochs=2, factor=0.5),
    "exponential": gn.ExponentialDecay(0.5),
    "inverse_scaling": gn.InverseScaling(0.5),
    "cosine": gn.Cosine(floor=0.1),
    "cosine_log": gn.CosineLog(2),
    "flat_cosine": gn.FlatCosine(0.3),
    "one_cycle": gn.OneCycle(rise=0.4),
    "warm_up": gn.WarmUp(steps=5, then=gn.Cosine()),
    "plateau": gn.Plateau(factor=0.5, patience=0, tolerance=0.05),
}


def test_dropout_and_decay_fade_as_their_schedules_say():
    X, y, _ = two_classes(m=20)
    X = X[:, :2]
    layers = [gn.Dense(6, "tanh", dropout=0.5), gn.Dense(1, "logistic")]
    net = gn.Network(2, layers, loss="binary_cross_entropy", seed=0)
    watching = Steps("mask", "theta", "g", "change")

    gn.train(
        net,
        X,
        y,
        optimizer=gn.SGD(0.1, weight_decay=0.5),
        epochs=3,
        batch_size=10,
        dropout_schedule=gn.FlatCosine(),
        decay_schedule="cosine",
        observers=[watching],
    )

    is_weight = net.specification.is_weight
    for k, moment in enumerate(watching.moments):
        fade = 1.0 if k < 3 else (1 + np.cos(np.pi * (k - 3) / 3)) / 2
        assert moment.mask[1].max() == pytest.approx(1 / (1 - 0.5 * fade))
        decay = 0.1 * 0.5 * (1 + np.cos(np.pi * k / 6)) / 2
        wanted = -0.1 * moment.g - decay * moment.theta * is_weight
        np.testing.assert_allclose(moment.change, wanted, atol=1e-12)


def test_multipliers_act_on_their_layer_alone():
    X, y, _ = two_classes(m=20)
    X = X[:, :2]
    slow = gn.Multipliers(rate=0.5, bias_rate=0.1, decay=2.0)
    layers = [gn.Dense(6, "tanh", multipliers=slow), gn.Dense(1, "logistic")]
    net = gn.Network(2, layers, loss="binary_cross_entropy", seed=0)
    watching = Steps("theta", "g", "change")

    gn.train(net, X, y, optimizer=gn.SGD(0.1, weight_decay=0.5), epochs=1, observers=[watching])

    (moment,) = watching.moments
    theta, g, change = (
        net.specification.unpack(part) for part in (moment.theta, moment.g, moment.change)
    )
    np.testing.assert_allclose(change.W[1], -0.05 * g.W[1] - 0.1 * theta.W[1], atol=1e-12)
    np.testing.assert_allclose(change.b[1], -0.01 * g.b[1], atol=1e-12)
    np.testing.assert_allclose(change.W[2], -0.1 * g.W[2] - 0.05 * theta.W[2], atol=1e-12)
    np.testing.assert_allclose(change.b[2], -0.1 * g.b[2], atol=1e-12)


@pytest.mark.parametrize("name", sorted(SCHEDULES))
def test_every_step_has_the_rate_of_its_schedule(name):
    X, y, _ = two_classes(m=20)
    schedule, watching = SCHEDULE_CASES[name], Steps()

    run = gn.train(
        small_net(),
        X,
        y,
        optimizer=gn.SGD(0.3),
        epochs=6,
        batch_size=8,
        schedule=schedule,
        observers=[watching],
    )

    memory, expected = schedule.start(), []
    for epoch, row in enumerate(run.history):
        clock = Clock(step=3 * epoch, steps_per_epoch=3, total_steps=18)
        expected += schedule.rates(0.3, memory, clock, 3).tolist()
        memory = schedule.epoch_end(memory, row["J"], 20)
    assert [moment.rate for moment in watching.moments] == expected
    assert run.history.column("rate").tolist() == expected[2::3]


def test_a_plateau_that_has_nowhere_to_go_ends_the_run():
    X, y, _ = two_classes()
    schedule = gn.Plateau(factor=0.1, patience=0, tolerance=100.0, smallest=0.05)

    run = gn.train(small_net(), X, y, optimizer=gn.SGD(0.1), epochs=50, schedule=schedule)

    # Epoch 1 sets the mark; 2 is a plateau at 0.1, 3 one at 0.01, which is below 0.05.
    assert run.ended == "plateau"
    assert len(run.history) == 3


def test_a_plateau_is_told_the_metric_that_early_stopping_watches():
    X, y, _ = two_classes()
    metric = Scripted([0.5, 0.4, 0.3, 0.2])
    schedule = gn.Plateau(factor=0.5, patience=0, tolerance=0.0)

    run = gn.train(
        small_net(),
        X,
        y,
        optimizer=gn.SGD(0.1),
        epochs=4,
        schedule=schedule,
        validation=(X, y),
        early_stopping=gn.EarlyStopping(metric, patience=9),
    )

    # J falls all the while; the metric gets worse from epoch 2 on.
    assert (np.diff(run.history.column("J")) < 0).all()
    assert run.history.column("rate").tolist() == [0.1, 0.1, 0.05, 0.025]


class Scripted:
    """A metric that says what it was told to."""

    name = "scripted"
    greater_is_better = True

    def __init__(self, values):
        self.values = iter(values)

    def value(self, a, y, w):
        return next(self.values)


@pytest.mark.parametrize(("norm", "value"), [(0.01, None), (None, 0.003), (0.01, 0.003)])
def test_the_gradient_is_clipped_before_the_step(norm, value):
    X, y, _ = two_classes()
    watching = Steps("g", "change")

    gn.train(
        small_net(),
        X,
        y,
        optimizer=gn.SGD(0.5),
        epochs=2,
        clip_norm=norm,
        clip_value=value,
        observers=[watching],
    )

    for moment in watching.moments:
        g = np.clip(moment.g, -value, value) if value else moment.g
        length = np.sqrt((g * g).sum())
        g = g * min(1, norm / length) if norm else g
        np.testing.assert_allclose(moment.change, -0.5 * g, rtol=1e-9, atol=1e-15)
        assert not np.allclose(g, moment.g)


def test_validation_by_a_share_is_validation_on_those_rows():
    X, y, w = two_classes()
    shared, own = small_net(), small_net()

    by_share = gn.train(shared, X, y, epochs=3, sample_weight=w, validation=0.25)
    held = held_rows(40, 0.25, seed=3)
    rest = np.setdiff1d(np.arange(40), held)
    by_rows = gn.train(
        own,
        X[rest],
        y[rest],
        epochs=3,
        sample_weight=w[rest],
        validation=(X[held], y[held], w[held]),
    )

    assert len(held) == 10
    assert fingerprint(shared) == fingerprint(own)
    assert table(by_share.history) == table(by_rows.history)


def held_rows(m, share, *, seed):
    from glassnet.data.splits import hold_out

    return hold_out(m, share, seed=seed)[1]


def test_validation_is_the_weighted_loss_without_penalties_and_each_metric():
    X, y, w = two_classes()
    net = small_net(norm=True, dropout=0.5, penalties=[gn.L2(0.5)])

    run = gn.train(
        net,
        X,
        y,
        epochs=2,
        validation=(X, y, w),
        metrics=["accuracy", "rmse"],
        early_stopping=gn.EarlyStopping("mae", restore_best=False),
    )

    a = gn.predict(net, X)[:, 0]
    each = -(y * np.log(a) + (1 - y) * np.log(1 - a))
    last = run.history[-1]
    assert last["val_loss"] == pytest.approx(np.average(each, weights=w), rel=1e-12)
    assert last["val_accuracy"] == pytest.approx(np.average((a > 0.5) == y, weights=w), rel=1e-12)
    assert last["val_rmse"] == pytest.approx(np.average((a - y) ** 2, weights=w) ** 0.5, rel=1e-12)
    assert last["val_mae"] == pytest.approx(np.average(abs(a - y), weights=w), rel=1e-12)


def test_validation_of_many_rows_is_taken_in_parts_that_add_up():
    X, y, _ = two_classes(m=40_000)
    net = small_net()

    run = gn.train(net, X[:100], y[:100], epochs=1, validation=(X, y))

    a = gn.predict(net, X)[:, 0]
    each = -(y * np.log(a) + (1 - y) * np.log(1 - a))
    assert run.history[0]["val_loss"] == pytest.approx(each.mean(), rel=1e-12)


def test_validating_changes_no_bit_of_training():
    X, y, _ = two_classes()
    watched, plain = (small_net(norm=True, dropout=0.3) for _ in range(2))

    gn.train(watched, X, y, epochs=3, validation=(X[:5], y[:5]), metrics=["accuracy"])
    gn.train(plain, X, y, epochs=3)

    assert fingerprint(watched) == fingerprint(plain)


def test_frozen_layers_stay_as_they_are():
    X, y, _ = two_classes()
    layers = [gn.Dense(6, "tanh", batch_norm=True, frozen=True), gn.Dense(1, "logistic")]
    net = gn.Network(3, layers, loss="binary_cross_entropy")
    before, buffers = net.W[1].copy(), {k: v.copy() for k, v in net.state.buffers.items()}
    last = net.W[2].copy()

    gn.train(net, X, y, epochs=2)

    assert np.array_equal(net.W[1], before)
    assert all(np.array_equal(net.state.buffers[name], v) for name, v in buffers.items())
    assert not np.array_equal(net.W[2], last)


def test_an_error_in_a_users_activation_ends_the_run_between_whole_steps():
    X, y, _ = two_classes()
    steps = Steps("theta")

    class Fragile(gn.Elementwise):
        name, calls = "fragile", 0

        def value(self, z):
            self.calls += 1
            if self.calls == 9:
                raise ZeroDivisionError("user's own")
            return np.tanh(z)

        def derivative(self, z, a):
            return 1 - a * a

    def net(activation):
        return gn.Network(3, [gn.Dense(4, activation), gn.Dense(1, "identity")], seed=2)

    broken = net(Fragile())
    with pytest.raises(ZeroDivisionError):
        gn.train(broken, X, y, epochs=3, batch_size=8)
    gn.train(net("tanh"), X, y, epochs=3, batch_size=8, observers=[steps])

    assert (broken.state.t, broken.state.position) == (8, 0)
    np.testing.assert_allclose(broken.state.theta, steps.moments[8].theta, rtol=1e-12)
