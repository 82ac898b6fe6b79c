"""A predictor is predict, prepared."""

import gc
import subprocess
import sys
import threading
import weakref

import numpy as np
import pytest
from scipy.sparse import csr_array

import glassnet as gn
from glassnet.errors import InvalidValue, ShapeMismatch

ENGINES = ["auto", "reference"]


def network(outputs=3, **more):
    loss = "cross_entropy" if outputs > 1 else "binary_cross_entropy"
    head = "softmax" if outputs > 1 else "logistic"
    return gn.Network(5, [gn.Dense(19, "tanh", **more), gn.Dense(outputs, head)], loss=loss, seed=3)


def rows(count=300, dtype="float64"):
    return np.random.default_rng(0).normal(size=(count, 5)).astype(dtype)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("outputs", [1, 3])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_it_gives_what_predict_gives_for_one_row_and_for_many(engine, outputs, dtype):
    net = gn.Network(
        5,
        [gn.Dense(19, "tanh", batch_norm=True), gn.Dense(outputs, "logistic")],
        loss="binary_cross_entropy",
        dtype=dtype,
    )
    x = rows(dtype=dtype)
    gn.train(net, x, np.zeros((300, outputs)), epochs=2)  # running statistics that are not 0 and 1
    ask, wanted = gn.predictor(net, engine=engine), gn.predict(net, x, engine=engine)

    np.testing.assert_array_equal(ask(x), wanted)
    one = ask(x[7])
    assert one.shape == (outputs,)
    assert one.dtype == wanted.dtype
    np.testing.assert_array_equal(one, gn.predict(net, x[7:8], engine=engine)[0])


@pytest.mark.parametrize(
    "form",
    [
        lambda x: x.astype("float32").astype("float64"),
        np.asfortranarray,
        lambda x: x[::2],
        lambda x: x.tolist(),
        csr_array,
        lambda x: x.round().astype(int),
    ],
    ids=["rounded", "Fortran", "strided", "lists", "CSR", "integers"],
)
def test_it_takes_rows_in_any_form_that_predict_takes(form):
    net, x = network(), rows()

    np.testing.assert_array_equal(gn.predictor(net)(form(x)), gn.predict(net, form(x)))


def test_no_rows_give_no_rows():
    assert gn.predictor(network())(np.empty((0, 5))).shape == (0, 3)


def test_training_on_does_not_change_it():
    net, x = network(), rows()
    ask, before = gn.predictor(net), gn.predict(net, x)

    gn.train(net, x, np.eye(3)[np.arange(300) % 3], epochs=3)

    np.testing.assert_array_equal(ask(x), before)
    assert not np.array_equal(gn.predict(net, x), before)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("x", "error", "words"),
    [
        (np.zeros(4), ShapeMismatch, "a row must hold 5 numbers"),
        (np.zeros((2, 6)), ShapeMismatch, "layer 1 takes 5 inputs"),
        (np.zeros((1, 1, 5)), ShapeMismatch, "2-D"),
        (np.float64(3), ShapeMismatch, "2-D"),
        (np.array([0, 1, np.nan, 0, 0]), InvalidValue, "finite"),
        (np.array([[0, 1, np.inf, 0, 0]]), InvalidValue, "finite"),
        (np.array(list("abcde")), InvalidValue, "numbers"),
    ],
)
def test_what_predict_refuses_it_refuses(engine, x, error, words):
    with pytest.raises(error, match=words):
        gn.predictor(network(), engine=engine)(x)


def test_several_threads_may_ask_at_once():
    net, x = network(), rows(5000)
    ask, wanted, wrong = gn.predictor(net), gn.predict(net, x), []

    def caller(start):
        asked = range(start, 2000, 4)
        wrong.extend(i for i in asked if not np.array_equal(ask(x[i]), wanted[i]))
        if not np.array_equal(ask(x), wanted):
            wrong.append("all")

    callers = [threading.Thread(target=caller, args=(k,)) for k in range(4)]
    for thread in callers:
        thread.start()
    for thread in callers:
        thread.join(timeout=60)

    assert not any(thread.is_alive() for thread in callers)
    assert wrong == []


def test_nothing_is_left_when_it_goes():
    net = network()
    ask = gn.predictor(net)
    held = weakref.ref(net)
    net.ask = ask  # leads back to itself

    del net, ask
    gc.collect()

    assert held() is None


def test_a_process_ends_quietly_with_one_alive():
    code = (
        "import glassnet as gn\n"
        "ask = gn.predictor(gn.Network(2, [gn.Dense(1, 'identity')], loss='huber'))"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)

    assert (done.returncode, done.stderr) == (0, "")
