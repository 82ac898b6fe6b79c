"""Outputs of a network for rows."""

import gc
import weakref
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from scipy import sparse

from glassnet.engine import prediction
from glassnet.engine.prediction import predict
from glassnet.errors import InvalidValue, ShapeMismatch
from glassnet.network.layers import Dense
from glassnet.network.network import Network

ROWS = np.random.default_rng(0).normal(size=(7, 3))


def network(**more):
    layers = [Dense(4, "tanh", dropout=0.5, batch_norm=True), Dense(2, "logistic")]
    return Network(3, layers, loss="squared_error", **more)


def test_outputs_are_those_of_the_formulas_without_dropout_on_running_statistics():
    net = network()

    z = ROWS @ net.W[1].T + net.b[1]
    hidden = np.tanh(z / np.sqrt(1 + 1e-5))  # mean 0 and variance 1 at first; γ = 1, β = 0
    wanted = 1 / (1 + np.exp(-(hidden @ net.W[2].T + net.b[2])))

    np.testing.assert_allclose(predict(net, ROWS), wanted, rtol=1e-14)


def test_rows_in_many_pieces_have_the_outputs_of_rows_in_one(monkeypatch):
    net = network()
    whole = predict(net, ROWS)

    monkeypatch.setattr(prediction, "_CHUNK", 2)

    np.testing.assert_allclose(predict(net, ROWS), whole, rtol=1e-14)


def test_no_rows_have_no_outputs():
    assert predict(network(), np.zeros((0, 3))).shape == (0, 2)


def test_sparse_rows_have_the_outputs_of_dense_ones():
    thinned = np.where(ROWS > 0, ROWS, 0.0)

    for kind in (sparse.csr_array, sparse.csr_matrix, sparse.csc_array):
        found = predict(network(), kind(thinned))

        np.testing.assert_allclose(found, predict(network(), thinned), rtol=1e-14)
        assert isinstance(found, np.ndarray)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_outputs_have_the_dtype_of_the_network(dtype):
    assert predict(network(dtype=dtype), ROWS).dtype == dtype


def test_lists_integers_and_booleans_are_rows_too():
    net = network()

    np.testing.assert_array_equal(predict(net, [[1, 0, 1]]), predict(net, [[1.0, 0.0, 1.0]]))
    np.testing.assert_array_equal(predict(net, [[True, False, True]]), predict(net, [[1, 0, 1]]))


def test_the_rows_given_are_not_changed():
    rows = ROWS.copy()

    predict(network(), rows)

    np.testing.assert_array_equal(rows, ROWS)


@pytest.mark.parametrize(
    ("rows", "error", "words"),
    [
        (np.ones((2, 4)), ShapeMismatch, "layer 1 takes 3 inputs; X has shape \\(2, 4\\)"),
        (np.ones(3), ShapeMismatch, r"X must be 2-D, .*reshape\(1, -1\)"),
        (np.full((1, 3), np.nan), InvalidValue, "X must be finite"),
        (np.full((1, 3), np.inf), InvalidValue, "X must be finite"),
        (np.array([["a", "b", "c"]]), InvalidValue, "X must hold numbers"),
        (sparse.csr_array(np.full((1, 3), np.nan)), InvalidValue, "X must be finite"),
        (np.ones((1, 3), dtype=complex), InvalidValue, "X must hold numbers"),
    ],
)
def test_rows_that_a_network_cannot_take_are_refused(rows, error, words):
    with pytest.raises(error, match=words):
        predict(network(), rows)


def test_values_too_large_for_float32_are_refused():
    with pytest.raises(InvalidValue, match="X must be finite in float32"):
        predict(network(dtype="float32"), np.full((1, 3), 1e300))


@pytest.mark.parametrize("engine", ["auto", "reference"])
@pytest.mark.parametrize("write", ["weights", "statistics", "another State"])
def test_a_row_is_answered_by_the_network_as_it_stands(engine, write):
    net = network()
    before = predict(net, ROWS[:1], engine=engine)
    if write == "weights":
        net.W[1][0, 0] += 1
    elif write == "statistics":
        next(iter(net.state.buffers.values()))[:] += 1
    else:
        net.state = network(seed=1).state

    after = predict(net, ROWS[:1], engine=engine)

    assert not np.array_equal(after, before)
    np.testing.assert_array_equal(
        after, predict(Network.of(net.specification, net.state), ROWS[:1], engine=engine)
    )


def test_rows_of_several_threads_do_not_meet():
    nets = [network(seed=seed) for seed in range(2)]
    wanted = [predict(net, ROWS) for net in nets]

    def ask(k):
        return all(np.array_equal(predict(nets[k % 2], ROWS), wanted[k % 2]) for _ in range(50))

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(ask, range(16)))


def test_what_is_kept_goes_with_its_network():
    net = network()
    predict(net, ROWS)
    held = weakref.ref(net)

    del net
    gc.collect()

    assert held() is None
