"""A stack of identity layers predicts what its one-layer collapse predicts."""

from itertools import product

import numpy as np
import pytest

import glassnet as gn
from glassnet.errors import InvalidValue


def trained(layers, *, loss="squared_error", outputs=1, dtype="float64", **options):
    """A network that has been trained a little, and rows it has not seen."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(64, 5))
    y = rng.normal(size=(64, outputs)) if loss == "squared_error" else rng.integers(0, 2, 64)
    net = gn.Network(5, layers, loss=loss, seed=1, dtype=dtype, **options)
    gn.train(net, X, y, epochs=3)
    return net, rng.normal(size=(20, 5))


@pytest.mark.parametrize(
    ("depth", "norm", "dropout", "bias"),
    list(product((1, 2, 4), (False, True), (0.0, 0.5), (0, 1))),
)
def test_a_stack_of_identity_layers_equals_one_linear_layer(depth, norm, dropout, bias):
    hidden = [
        gn.Dense(6, "identity", bias=bool(bias), batch_norm=norm, dropout=dropout)
        for _ in range(depth - 1)
    ]
    net, X = trained([*hidden, gn.Dense(3, "identity", batch_norm=norm)], outputs=3)

    flat = gn.collapse(net)

    assert flat.depth == 1
    assert flat.units == (5, 3)
    np.testing.assert_allclose(gn.predict(flat, X), gn.predict(net, X), rtol=1e-10, atol=1e-12)


def test_the_weights_are_the_product_written_out():
    net = gn.Network(2, [gn.Dense(2, "identity"), gn.Dense(1, "identity")])
    net.state.theta[:] = [1, 2, 3, 4, 10, 20, 5, 6, 7]  # W[1], b[1], W[2], b[2]

    flat = gn.collapse(net)

    # (5, 6) times rows (1, 2) and (3, 4); 5 * 10 + 6 * 20 + 7
    assert flat.W[1].tolist() == [[23.0, 34.0]]
    assert flat.b[1].tolist() == [177.0]


def test_an_output_activation_and_an_input_stage_stay():
    stage = gn.Scaling((1.0,) * 5, (2.0,) * 5)
    layers = [gn.Dense(4, "identity"), gn.Dense(1, "logistic")]
    net, X = trained(layers, loss="binary_cross_entropy", input_stage=stage)

    flat = gn.collapse(net)

    np.testing.assert_allclose(gn.predict(flat, X), gn.predict(net, X), rtol=1e-12)


def test_without_any_bias_the_collapse_has_none():
    layers = [gn.Dense(4, "identity", bias=False), gn.Dense(1, "identity", bias=False)]

    assert gn.collapse(gn.Network(3, layers)).parameter_count == 3


def test_the_collapse_keeps_the_dtype_and_shares_no_memory():
    net, _ = trained([gn.Dense(4, "identity"), gn.Dense(1, "identity")], dtype="float32")
    before = net.state.theta.copy()

    flat = gn.collapse(net)
    flat.state.theta[:] = 0

    assert flat.state.theta.dtype == np.float32
    assert np.array_equal(net.state.theta, before)


def test_a_layer_that_is_not_linear_is_named():
    layers = [gn.Dense(4, "identity"), gn.Dense(4, "tanh"), gn.Dense(1, "identity")]

    with pytest.raises(InvalidValue, match="layer 2 has 'tanh'"):
        gn.collapse(gn.Network(3, layers))
