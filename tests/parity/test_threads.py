"""Threads change the time and not a bit."""

import os
import signal
import subprocess
import sys
import threading
from dataclasses import replace

import numpy as np
import pytest

from glassnet.data.batches import Data
from glassnet.engine import threads
from glassnet.engine.interface import KEEP, Plan, Program
from glassnet.engine.native import NativeEngine, compiled
from glassnet.errors import InvalidValue, Unsupported
from glassnet.network.heads import Head, output_layer
from glassnet.network.layers import Dense
from glassnet.network.penalties import L1, L2, MaxNorm
from glassnet.network.specification import Specification
from glassnet.optim.clipping import Clipping
from glassnet.optim.optimizers import SGD, Adam
from tests.parity.bits import assert_same_bits
from tests.parity.cases import CASES

pytestmark = pytest.mark.skipif(compiled() is None, reason="the native engine was not built here")

ROWS, BATCH = 150, 67


@pytest.fixture(autouse=True)
def worth_a_thread(monkeypatch):
    """However small the network, it is shared out."""
    monkeypatch.setattr(threads, "WORTH_A_THREAD", 1.0)


def opened(program, dtype, count):
    spec, rng = program.specification, np.random.default_rng(5)
    x = rng.normal(size=(ROWS, spec.inputs)).astype(dtype)
    y = rng.integers(0, 2, (ROWS, spec.units[-1])).astype(dtype)
    w = rng.uniform(0, 2, ROWS).astype(dtype)
    state = spec.initial_state(0, dtype)
    return NativeEngine().open(replace(program, threads=count), state, Data(x, y, w)), x


PLAN = Plan(
    np.random.default_rng(1).integers(0, ROWS, 3 * BATCH),
    np.array([0, BATCH, 2 * BATCH, 3 * BATCH - 20]),
    np.array([0.1, 0.05, 0.02]),
)


def network(*units, hidden="tanh", output="logistic", loss="binary_cross_entropy", **more):
    layer, k = more.pop("layer", {}), more.pop("members", 1)
    layers = [Dense(n, hidden, members=k, **layer) for n in units[1:-1]]
    return Specification(units[0], (*layers, Dense(units[-1], output, members=k)), loss, **more)


PROGRAMS = {
    "one output": Program(network(5, 40, 33, 1), Adam(0.01)),
    "relu, many outputs": Program(network(19, 50, 70, 17, hidden="relu"), SGD(0.1)),
    "batch norm, dropout": Program(
        network(5, 40, 33, 3, layer={"batch_norm": True, "dropout": 0.3}), Adam(0.01)
    ),
    "penalties, max-norm": Program(
        network(5, 40, 33, 1, penalties=(L1(0.1), L2(0.1)), max_norm=MaxNorm(0.5)), SGD(0.1)
    ),
    "clipped by norm": Program(
        network(5, 40, 33, 3, layer={"batch_norm": True}), Adam(0.01), Clipping(norm=0.1)
    ),
    "frozen": Program(network(5, 40, 33, 3, layer={"frozen": True}), Adam(0.01)),
    "no bias, one layer": Program(network(40, 70, layer={"bias": False}), SGD(0.1)),
    "several heads": Program(
        Specification(
            5,
            (
                Dense(40, "relu"),
                output_layer(
                    [
                        Head(17, "softmax", "cross_entropy"),
                        Head(1, "logistic", "squared_error", scale=0.3),
                        Head(2, "logistic", "binary_cross_entropy"),
                    ]
                ),
            ),
        ),
        Adam(0.01),
    ),
    "members": Program(
        Specification(
            5,
            (
                Dense(7, "relu"),
                Dense(40, "silu", members=3, dropout=0.3),
                Dense(33, "relu", members=3),
                Dense(3, "softmax", members=3),
            ),
            "cross_entropy",
        ),
        Adam(0.01),
    ),
    "members from the first layer on, clipped by norm": Program(
        network(5, 40, 33, 17, hidden="relu", members=32), Adam(0.01), Clipping(norm=0.1)
    ),
    "softmax": Program(network(5, 40, 3, output="softmax", loss="cross_entropy"), Adam(0.01)),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", PROGRAMS)
def test_a_run_has_the_same_bits_on_any_number_of_threads(name, dtype):
    alone, x = opened(PROGRAMS[name], dtype, 1)
    wanted = alone.run(PLAN)

    for count in (2, 3, 5):
        session, _ = opened(PROGRAMS[name], dtype, count)
        found = session.run(PLAN)
        np.testing.assert_array_equal(found.costs, wanted.costs)
        assert_same_bits(session.state(), alone.state())
        np.testing.assert_array_equal(session.forward(x).a, alone.forward(x).a)


@pytest.mark.parametrize("name", PROGRAMS)
def test_what_is_kept_has_the_same_bits_on_any_number_of_threads(name):
    moments = []
    for count in (1, 3):
        session, _ = opened(PROGRAMS[name], "float32", count)
        session.run(PLAN.part(0, 1))
        moments.append(session.look(PLAN.part(1, 2), KEEP))
        moments.append(session.gradient(np.arange(50), KEEP))

    for found, wanted in zip(moments[2:], moments[:2], strict=True):
        for quantity in KEEP | {"J", "loss", "penalty"}:
            one, other = getattr(found, quantity), getattr(wanted, quantity)
            for a, b in zip(
                *((v if isinstance(v, list) else [v]) for v in (one, other)), strict=True
            ):
                np.testing.assert_array_equal(a, b, err_msg=quantity)


@pytest.mark.parametrize("name", CASES)
def test_every_case_has_the_same_bits_on_two_threads(name):
    case, states = CASES[name], []
    for count in (1, 2):
        program = replace(case.program(), threads=count)
        try:
            session = NativeEngine().open(program, case.state(), case.data())
        except Unsupported as reason:
            pytest.skip(str(reason))
        session.run(case.plan())
        states.append(session.state())

    assert_same_bits(*states)


def test_a_step_that_spoils_the_parameters_is_taken_back_on_two_threads():
    program = Program(
        network(5, 40, 1, hidden="identity", output="identity", loss="squared_error"), SGD()
    )
    plan = Plan(np.arange(128) % ROWS, np.arange(5) * 32, np.array([0.1, 0.1, 1e40, 0.1]))
    (alone, _), (two, _) = (opened(program, "float32", count) for count in (1, 2))

    ended = {session.run(plan).ended for session in (alone, two)}

    assert ended == {"diverged"}
    assert alone.state().t == 2
    assert_same_bits(two.state(), alone.state())


def test_two_callers_at_once_both_get_their_numbers():
    wanted, _ = opened(PROGRAMS["one output"], "float32", 1)
    wanted.run(PLAN)
    sessions = [opened(PROGRAMS["one output"], "float32", 2)[0] for _ in range(8)]
    callers = [threading.Thread(target=session.run, args=(PLAN,)) for session in sessions]

    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()

    for session in sessions:
        assert_same_bits(session.state(), wanted.state())


FORKED = """
import os, numpy as np
from glassnet.engine import threads
threads.WORTH_A_THREAD = 1.0
from tests.parity.test_threads import PLAN, PROGRAMS, opened
session, _ = opened(PROGRAMS["one output"], "float32", 2)
session.run(PLAN)
child = os.fork()
if child == 0:
    session.run(PLAN)  # the threads of the parent are not here
    os._exit(0)
_, status = os.waitpid(child, 0)
session.run(PLAN)
print("status", os.waitstatus_to_exitcode(status))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_child_after_fork_has_threads_of_its_own():
    done = subprocess.run(
        [sys.executable, "-c", FORKED], capture_output=True, text=True, timeout=300,
        cwd=os.path.join(os.path.dirname(__file__), "..", ".."),
    )  # fmt: skip

    assert done.stdout.strip() == "status 0", done.stderr[-2000:]


def test_ctrl_c_ends_every_thread_after_the_same_step():
    steps = 400_000
    session, _ = opened(PROGRAMS["relu, many outputs"], "float32", 2)
    plan = Plan(np.zeros(32 * steps, np.int64), np.arange(steps + 1) * 32, np.full(steps, 1e-6))
    timer = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT))
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    timer.start()
    try:
        stretch = session.run(plan)
    finally:
        signal.signal(signal.SIGINT, before)

    assert stretch.ended == "interrupted"
    assert session.state().t == len(stretch.costs) < steps
    assert session.run(plan.part(0, 3)).ended == "done"


def test_another_handlers_exception_passes_through_and_the_session_goes_on():
    class Alarm(Exception):
        pass

    def handler(*_):
        raise Alarm

    steps = 400_000
    session, _ = opened(PROGRAMS["relu, many outputs"], "float32", 2)
    plan = Plan(np.zeros(32 * steps, np.int64), np.arange(steps + 1) * 32, np.full(steps, 1e-6))
    before = signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    try:
        with pytest.raises(Alarm):
            session.run(plan)
    finally:
        signal.signal(signal.SIGALRM, before)

    assert session.run(plan.part(0, 3)).ended == "done"


@pytest.mark.parametrize("name", ["GLASSNET_THREADS", "OMP_NUM_THREADS"])
def test_the_environment_says_how_many_threads(name, monkeypatch):
    monkeypatch.delenv("GLASSNET_THREADS", raising=False)
    monkeypatch.setenv(name, "3")

    assert threads.thread_count() == 3
    assert threads.thread_count(2) == 2


@pytest.mark.parametrize("text", ["0", "-1", "many", "2.5"])
def test_a_wrong_number_of_threads_is_refused(text, monkeypatch):
    monkeypatch.setenv("GLASSNET_THREADS", text)

    with pytest.raises(InvalidValue, match="GLASSNET_THREADS must be a positive whole number"):
        threads.thread_count()


def test_a_small_network_uses_one_thread_whatever_is_asked_for(monkeypatch):
    monkeypatch.undo()
    code = (
        "import os, numpy as np\n"
        "from tests.parity.test_threads import PLAN, PROGRAMS, opened\n"
        "session, _ = opened(PROGRAMS['one output'], 'float32', 4)\n"
        "before = len(os.listdir('/proc/self/task'))\n"
        "session.run(PLAN)\n"
        "print(len(os.listdir('/proc/self/task')) - before)"
    )
    if not os.path.exists("/proc/self/task"):
        pytest.skip("there is no /proc here")
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        cwd=os.path.join(os.path.dirname(__file__), "..", ".."),
    )  # fmt: skip

    assert done.stdout.strip() == "0", done.stderr[-2000:]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", PROGRAMS)
def test_a_step_that_is_applied_has_the_same_bits_on_every_number_of_threads(name, dtype):
    program = PROGRAMS[name]
    if program.clipping.per_sample is not None:
        pytest.skip("its steps are made of something else than the gradient of J")
    states = []
    for count in (1, 2, 3):
        session, _ = opened(program, dtype, count)
        for k in range(PLAN.steps):
            moment = session.gradient(PLAN.step_rows(k))
            session.apply(moment.g, PLAN.pace(k), moment.J)
        states.append(session.state())

    assert_same_bits(states[1], states[0])
    assert_same_bits(states[2], states[0])
