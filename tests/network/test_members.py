"""Batch-ensembles: k members that share W, each with r, s and b of its own."""

import numpy as np
import pytest

import glassnet as gn
from glassnet.errors import Diverged, InvalidValue, UnknownName

ENGINES = ("reference", "native")


def made(k=4, *, outputs=1, **options):
    """Two shared layers above a plain one, of float64."""
    layers = [
        gn.Dense(5, "tanh"),
        gn.Dense(6, "silu", members=k, **options),
        gn.Dense(outputs, "identity", members=k),
    ]
    return gn.Network(3, layers, seed=1)


def classifier(k=4, dtype="float32"):
    layers = [gn.Dense(8, "relu", members=k), gn.Dense(3, "softmax", members=k)]
    return gn.Network(3, layers, loss="cross_entropy", seed=2, dtype=dtype)


def rows(m=60):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(m, 3))
    return X, np.sin(X[:, :1] * 2) + 0.1 * rng.normal(size=(m, 1))


def labels(m=60):
    X, y = rows(m)
    return X, np.digitize(y[:, 0], [-0.4, 0.4])


def test_a_member_is_scale_times_shared_weights_times_scale_plus_its_bias():
    net, (X, _) = made(), rows()
    net.s[2][:] = np.random.default_rng(1).normal(size=(4, 6))
    net.b[2][:] = np.random.default_rng(2).normal(size=(4, 6))
    net.b[3][:] = np.random.default_rng(3).normal(size=(4, 1))

    outputs = []
    for i in range(4):
        a = np.tanh(X @ net.W[1].T + net.b[1])
        z = net.s[2][i] * ((net.r[2][i] * a) @ net.W[2].T) + net.b[2][i]
        a = z / (1 + np.exp(-z))
        outputs.append(net.s[3][i] * ((net.r[3][i] * a) @ net.W[3].T) + net.b[3][i])

    assert np.ptp(outputs, axis=0).min() > 1e-6  # the members differ
    for engine in ENGINES:
        found = gn.predict(net, X, engine=engine)
        np.testing.assert_allclose(found, np.mean(outputs, axis=0), rtol=1e-13, atol=1e-14)


def test_only_the_first_shared_layer_begins_with_signs_and_all_else_with_ones():
    net = made(k=50)

    assert net.r[1] is net.s[1] is None
    assert set(np.unique(net.r[2])) == {-1.0, 1.0}
    assert abs(net.r[2].mean()) < 0.2
    for ones in (net.s[2], net.r[3], net.s[3]):
        np.testing.assert_array_equal(ones, 1.0)
    assert (net.b[2].shape, net.b[3].shape, net.b[1].shape) == ((50, 6), (50, 1), (5,))
    plain = gn.Network(
        3, [gn.Dense(5, "tanh"), gn.Dense(6, "silu"), gn.Dense(1, "identity")], seed=1
    )
    for l in (1, 2, 3):  # W does not depend on how many share it
        np.testing.assert_array_equal(net.W[l], plain.W[l])


@pytest.mark.parametrize("engine", ENGINES)
def test_the_cost_is_the_mean_of_the_members_costs(engine):
    net, (X, y) = made(), rows()
    weight = np.random.default_rng(4).uniform(0, 2, len(X))
    costs = [
        float(weight @ ((gn.predict(member, X) - y) ** 2)[:, 0] / 2 / weight.sum())
        for member in gn.member_networks(net)
    ]

    run = gn.train(
        net, X, y, epochs=1, batch_size=60, sample_weight=weight, optimizer="sgd", engine=engine
    )

    assert run.history[0]["J"] == pytest.approx(np.mean(costs), rel=1e-12)


@pytest.mark.parametrize("engine", ENGINES)
def test_validation_judges_the_mean_of_the_outputs(engine):
    net, (X, y) = classifier(dtype="float64"), labels()

    run = gn.train(net, X, y, epochs=2, validation=(X, y), metrics=["accuracy"], engine=engine)

    p = gn.predict(net, X)
    np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-12)
    wanted = -np.log(p[np.arange(len(y)), y]).mean()
    assert run.history[-1]["val_loss"] == pytest.approx(wanted, rel=1e-12)
    assert run.history[-1]["val_accuracy"] == (p.argmax(axis=1) == y).mean()


@pytest.mark.parametrize("engine", ENGINES)
def test_a_batch_ensemble_learns_and_its_members_come_to_differ(engine):
    layers = [gn.Dense(16, "relu", members=8), gn.Dense(1, "identity", members=8)]
    net, (X, y) = gn.Network(3, layers, seed=0), rows(300)

    run = gn.train(net, X, y, epochs=40, optimizer=gn.Adam(0.01), engine=engine)

    assert run.history[-1]["J"] < 0.25 * run.history[0]["J"]
    errors = [((gn.predict(m, X) - y) ** 2).mean() for m in gn.member_networks(net)]
    assert ((gn.predict(net, X) - y) ** 2).mean() < np.mean(errors)
    assert (np.ptp(net.s[1], axis=0) > 0).all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_member_networks_predict_what_the_members_do(dtype):
    net, (X, y) = classifier(dtype=dtype), labels()
    gn.train(net, X, y, epochs=3)

    members = gn.member_networks(net)
    mean = sum(gn.predict(m, X).astype(np.float64) for m in members) / len(members)

    tolerance = 1e-6 if dtype == "float32" else 1e-14
    np.testing.assert_allclose(gn.predict(net, X), mean, rtol=0, atol=tolerance)
    assert {str(m.state.theta.dtype) for m in members} == {dtype}
    assert gn.member_networks(members[0]) == [members[0]]


def test_member_networks_keep_batch_norm_blocks_kappa_and_what_has_no_bias():
    layers = [
        gn.input_scale(4),
        gn.Dense(6, "tanh", batch_norm=True),
        gn.Dense(6, "selu", members=3, kappa=0.5, bias=False),
        gn.Dense(6, "relu", members=3, residual=True),
        gn.Dense(2, "identity", members=3),
    ]
    net = gn.Network(4, layers, seed=0, dtype="float64")
    X = np.random.default_rng(0).normal(size=(50, 4))
    gn.train(net, X, X[:, :2] * X[:, 2:], epochs=2)

    members = gn.member_networks(net)

    mean = sum(gn.predict(member, X) for member in members) / 3
    np.testing.assert_allclose(gn.predict(net, X), mean, rtol=0, atol=1e-13)
    assert members[0].specification.layer(2).batch_norm is not None


def test_members_do_not_share_memory_with_the_ensemble():
    net, (X, _) = made(), rows()
    before = gn.predict(net, X)

    for member in gn.member_networks(net):
        member.state.theta[:] = 0

    np.testing.assert_array_equal(gn.predict(net, X), before)


def test_saving_keeps_a_batch_ensemble_and_its_training(tmp_path):
    net, (X, y) = classifier(), labels()
    gn.train(net, X, y, epochs=2)
    gn.save(net, tmp_path / "net.glassnet", training=True)

    found = gn.load(tmp_path / "net.glassnet")

    assert found.specification == net.specification
    np.testing.assert_array_equal(gn.predict(found, X), gn.predict(net, X))
    for each in (net, found):
        gn.train(each, X, y, epochs=1)
    np.testing.assert_array_equal(found.state.theta, net.state.theta)


def test_a_run_that_was_cut_off_goes_on_with_the_same_bits(tmp_path):
    X, y = labels()
    whole, part = classifier(), classifier()
    gn.train(whole, X, y, epochs=4)
    gn.train(part, X, y, epochs=2, checkpoint=tmp_path / "run.ckpt")

    gn.train(part, X, y, epochs=4, checkpoint=tmp_path / "run.ckpt", resume=True)

    np.testing.assert_array_equal(part.state.theta, whole.state.theta)


def test_sparse_rows_give_what_dense_ones_give():
    sparse = pytest.importorskip("scipy.sparse")
    X, y = labels()
    X[np.abs(X) < 0.5] = 0
    thin = sparse.csr_array(X)
    for engine in ENGINES:
        dense_net, thin_net = classifier(dtype="float64"), classifier(dtype="float64")
        gn.train(dense_net, X, y, epochs=2, engine=engine)
        gn.train(thin_net, thin, y, epochs=2, engine=engine)
        np.testing.assert_allclose(
            gn.predict(thin_net, thin, engine=engine),
            gn.predict(dense_net, X, engine=engine),
            rtol=1e-12,
        )


def test_a_predictor_gives_what_predict_gives():
    net, (X, _) = classifier(), labels()
    ask = gn.predictor(net)

    X = X.astype(np.float32)
    np.testing.assert_array_equal(ask(X), gn.predict(net, X))
    np.testing.assert_array_equal(ask(X[0]), gn.predict(net, X[:1])[0])


@pytest.mark.parametrize("engine", ENGINES)
def test_a_batch_ensemble_that_diverges_keeps_its_last_whole_epoch(engine):
    net, (X, y) = made(), rows()
    before = net.state.theta.copy()

    with pytest.raises(Diverged, match="layer"):
        gn.train(net, X, y, optimizer=gn.SGD(1e160), epochs=3, engine=engine)

    np.testing.assert_array_equal(net.state.theta, before)


def test_lbfgs_takes_a_batch_ensemble():
    net, (X, y) = made(), rows()

    run = gn.train(net, X, y, optimizer="lbfgs", epochs=30)

    assert run.history[-1]["J"] < 0.5 * run.history[0]["J"]


def test_the_gradient_check_takes_a_batch_ensemble():
    net, (X, y) = made(), rows(7)

    found = gn.check_gradients(net, X, y)

    assert found.passed
    assert {"r[2]", "s[2]", "r[3]", "s[3]"} <= {block.name for block in found.blocks}


def test_the_summary_and_the_name_say_that_members_share():
    net = made()

    assert "silu + 4 members" in net.summary()
    assert "(4, 6)" in net.summary()
    assert repr(net).endswith("4 members)")


def test_rates_and_decay_treat_scales_as_biases():
    factors = gn.Multipliers(rate=0.5, bias_rate=0.1, decay=0.0)
    spec = made(multipliers=factors).specification

    rates = {str(slot): spec.rate_multipliers[slot.start] for slot in spec.slots if slot.layer == 2}
    decays = {slot.name for slot in spec.slots if spec.decay_multipliers[slot.start] > 0}

    assert rates == {"W[2]": 0.5, "b[2]": 0.1, "r[2]": 0.1, "s[2]": 0.1}
    assert decays == {"W"}


@pytest.mark.parametrize(
    ("layers", "words"),
    [
        ([gn.Dense(4, "relu", members=3), gn.Dense(1, "identity")], "must have as many"),
        ([gn.Dense(4, "relu", members=3), gn.Dense(1, "identity", members=2)], "layer 1 has 3"),
        (
            [gn.Dense(3, "relu", members=3, residual=True), gn.Dense(1, "identity", members=3)],
            "cannot be residual",
        ),
    ],
)
def test_layers_that_do_not_go_together_are_refused(layers, words):
    with pytest.raises(InvalidValue, match=words):
        gn.Network(3, layers)


@pytest.mark.parametrize(
    "options",
    [
        {"members": 0},
        {"members": 2.5},
        {"members": True},
        {"members": 2, "batch_norm": True},
        {"members": 2, "connections": gn.Blocks((1, 2), (2, 2))},
    ],
)
def test_a_layer_refuses_what_members_cannot_have(options):
    with pytest.raises((InvalidValue, UnknownName), match="members"):
        gn.Dense(4, "relu", **options)


@pytest.mark.parametrize("engine", ENGINES)
def test_clipping_single_rows_is_refused(engine):
    net, (X, y) = made(), rows()

    with pytest.raises(InvalidValue, match="run_many"):
        gn.train(net, X, y, clip_per_sample=0.1, engine=engine)
