"""Layers that see their inputs by groups: the pattern, its first weights, what files hold."""

import numpy as np
import pytest

import glassnet as gn
from glassnet.errors import InvalidValue, ShapeMismatch

GROUPS = gn.Blocks((2, 1, 3), (1, 2, 2))


def made(**options):
    layers = [gn.Dense(5, "tanh", connections=GROUPS, **options), gn.Dense(1, "identity")]
    return gn.Network(6, layers, seed=0)


def rows(m=20):
    rng = np.random.default_rng(0)
    return rng.normal(size=(m, 6)), rng.normal(size=(m, 1))


def test_a_mask_is_1_in_the_blocks_alone():
    wanted = [
        [1, 1, 0, 0, 0, 0], [0, 0, 1, 0, 0, 0], [0, 0, 1, 0, 0, 0],
        [0, 0, 0, 1, 1, 1], [0, 0, 0, 1, 1, 1],
    ]  # fmt: skip

    assert GROUPS.mask().tolist() == wanted
    assert GROUPS.count == int(np.sum(wanted)) == 10


def test_each_block_is_drawn_as_a_layer_of_its_size():
    blocks = gn.Blocks((1000, 10), (4, 500))
    layer = gn.Dense(504, "relu", init=gn.LecunNormal(), connections=blocks)

    W = gn.Network(1010, [layer, gn.Dense(1, "identity")], seed=1).W[1]

    assert W[:4, :1000].var() == pytest.approx(1 / 1000, rel=0.1)  # 4,000 draws
    assert W[4:, 1000:].var() == pytest.approx(1 / 10, rel=0.1)
    assert not W[blocks.mask() == 0].any()


@pytest.mark.parametrize("engine", ["native", "reference"])
@pytest.mark.parametrize("optimizer", ["sgd", "adamw", "lbfgs", "irprop", "rmsprop"])
def test_training_leaves_what_is_no_connection_at_0(optimizer, engine):
    net, (X, y) = made(), rows()
    before = net.W[1].copy()

    gn.train(net, X, y, optimizer=optimizer, epochs=3, batch_size=20, engine=engine)

    assert not net.W[1][GROUPS.mask() == 0].any()
    assert (net.W[1] != before)[GROUPS.mask() == 1].all()


def test_a_layer_of_blocks_is_as_many_layers_side_by_side():
    net, (X, _) = made(), rows()
    W, b = net.W[1], net.b[1]

    a = gn.trace(net, X).a[1]

    parts = [np.tanh(X[:, i] @ W[u, i].T + b[u]) for i, u in GROUPS.pieces()]
    np.testing.assert_allclose(a, np.concatenate(parts, axis=1), rtol=1e-12)


def test_a_model_file_holds_the_groups(tmp_path):
    net = made()

    gn.save(net, tmp_path / "net.glassnet")
    found = gn.load(tmp_path / "net.glassnet")

    assert found.specification == net.specification
    np.testing.assert_array_equal(found.state.theta, net.state.theta)


def test_a_file_with_a_weight_where_there_is_none_is_refused(tmp_path):
    net = made()
    net.W[1][0, 5] = 1.0

    gn.save(net, tmp_path / "net.glassnet")

    with pytest.raises(gn.errors.BadFile, match="must be 0 where a layer has no connection"):
        gn.load(tmp_path / "net.glassnet")


def test_derive_and_check_know_which_weights_there_are():
    net, (X, y) = made(), rows()

    found = gn.derive(net, X[0], y[0], "W[1]")
    checked = gn.check_gradients(net, X, y)

    assert found.relative_error < 1e-8
    assert not found.value["W[1]"][GROUPS.mask() == 0].any()
    assert checked.passed
    assert checked.blocks[0].entries == checked.blocks[0].checked == GROUPS.count
    with pytest.raises(InvalidValue, match="unit 0 of layer 1 does not see input 5"):
        gn.derive(net, X[0], y[0], "W[1][0,5]")


def test_widening_deepening_and_merging_keep_away_from_blocks():
    net = made(init="zeros")

    with pytest.raises(InvalidValue, match="by groups"):
        gn.widen(net, 1, 1)
    with pytest.raises(InvalidValue, match="by groups"):
        gn.deepen(net, 0, activation="identity")
    assert gn.merge_twins(net).units == net.units
    assert gn.deepen(net, 1, activation="identity").units == (6, 5, 5, 1)
    assert 1 not in gn.growth_score(net, *rows()).wider


@pytest.mark.parametrize(
    ("inputs", "units", "words"),
    [
        ((), (), "sizes, positive integers"),
        ((1, 0), (1, 1), "sizes, positive integers"),
        ((1, 2.0), (1, 1), "sizes, positive integers"),
        ((1, 2), (3,), "as many groups of inputs as of units; got 2 and 1"),
        (3, 3, "sizes, positive integers; got 3"),
    ],
)
def test_groups_that_cannot_be_are_refused(inputs, units, words):
    with pytest.raises(InvalidValue, match=words):
        gn.Blocks(inputs, units)


def test_groups_must_fit_the_layer():
    with pytest.raises(InvalidValue, match="must sum to the layer's 4 units; got 5"):
        gn.Dense(4, "tanh", connections=GROUPS)
    with pytest.raises(InvalidValue, match="must be Blocks or None"):
        gn.Dense(4, "tanh", connections=[[1, 0]])
    with pytest.raises(ShapeMismatch, match="must sum to the 7 numbers that it is given; got 6"):
        gn.Network(7, [gn.Dense(5, "tanh", connections=GROUPS), gn.Dense(1, "identity")])


def test_an_input_scale_multiplies_each_column_and_learns():
    rng = np.random.default_rng(4)
    X = rng.normal(size=(200, 5))
    y = X[:, :1]  # the other columns tell nothing
    net = gn.Network(5, [gn.input_scale(5), gn.Dense(8, "tanh"), gn.Dense(1, "identity")], seed=0)

    gn.train(net, X, y, optimizer=gn.AdamW(0.01, weight_decay=0.1), epochs=60, batch_size=50)

    scales = np.diag(net.W[1])
    assert scales[0] > 2 * np.abs(scales[1:]).max()


def test_an_embedding_gives_a_level_its_column():
    net = gn.Network(5, [gn.embeddings((3, 2), (2, 1)), gn.Dense(1, "identity")], seed=0)

    a = gn.trace(net, [[0, 1, 0, 0, 1]]).a[1][0]

    assert a.tolist() == [*net.W[1][:2, 1], net.W[1][2, 4]]


def test_a_linear_network_of_blocks_collapses_to_one_layer_that_sees_all():
    layers = [
        gn.Dense(5, "identity", connections=GROUPS, kappa=0.5),
        gn.Dense(2, "identity", connections=gn.Blocks((1, 4), (1, 1))),
    ]
    net, (X, _) = gn.Network(6, layers, seed=0), rows()

    flat = gn.collapse(net)

    assert flat.units == (6, 2)
    np.testing.assert_allclose(gn.predict(flat, X), gn.predict(net, X), rtol=1e-12)
