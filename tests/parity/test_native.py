"""What only the native engine promises: bits, ragged sizes, instruction sets, signals."""

import os
import signal
import subprocess
import sys
import threading

import numpy as np
import pytest

from glassnet.data.batches import Data
from glassnet.engine.interface import KEEP, Plan, Program
from glassnet.engine.native import NativeEngine, compiled
from glassnet.engine.reference_session import ReferenceEngine
from glassnet.network.layers import Dense
from glassnet.network.specification import Specification
from glassnet.network.state import State
from glassnet.optim.optimizers import SGD, Adam
from tests.parity.bits import arrays, assert_close, assert_same_bits

pytestmark = pytest.mark.skipif(compiled() is None, reason="the native engine was not built here")

SIZES = [1, 2, 7, 15, 16, 17, 31, 33]  # around the widths of vectors
TOLERANCE = {"float32": 2e-5, "float64": 1e-12}


def opened(engine, units, rows, dtype="float32", optimizer=None, hidden="tanh", batch_norm=False):
    rng = np.random.default_rng([*units, rows])
    outputs, loss = (
        ("softmax", "cross_entropy") if units[-1] > 1 else ("logistic", "binary_cross_entropy")
    )
    layers = [Dense(n, hidden, batch_norm=batch_norm) for n in units[1:-1]]
    spec = Specification(units[0], (*layers, Dense(units[-1], outputs)), loss)
    x = rng.normal(size=(rows, units[0])).astype(dtype)
    y = rng.integers(0, max(2, units[-1]), rows)
    y = (np.eye(units[-1])[y] if units[-1] > 1 else y[:, None]).astype(dtype)
    program = Program(spec, optimizer or SGD(0.1))
    return engine.open(program, spec.initial_state(0, dtype), Data(x, y)), x


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("rows", SIZES)
@pytest.mark.parametrize("n", SIZES)
def test_sizes_that_fit_no_vector_have_the_numbers_of_the_reference(n, rows, dtype):
    units = (n, SIZES[-1 - SIZES.index(n)], n, n)
    plan = Plan(np.arange(rows), np.array([0, rows]), np.array([0.1]))

    found = opened(NativeEngine(), units, rows, dtype)[0].look(plan, KEEP)
    wanted = opened(ReferenceEngine(), units, rows, dtype)[0].look(plan, KEEP)

    assert found.J == pytest.approx(wanted.J, rel=TOLERANCE[dtype])
    for name in ("z", "a", "delta", "dW", "db"):
        for one, other in zip(getattr(found, name)[1:], getattr(wanted, name)[1:], strict=True):
            assert_close(one, other, TOLERANCE[dtype], name)
    assert_close(found.g, wanted.g, TOLERANCE[dtype])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("outputs", [1, 2, 17])
@pytest.mark.parametrize("batch_norm", [False, True])
def test_a_row_has_the_same_bits_alone_and_in_any_batch(outputs, batch_norm, dtype):
    session, x = opened(NativeEngine(), (19, 33, 40, outputs), 300, dtype, batch_norm=batch_norm)

    together = session.forward(x)

    for start, stop in ((0, 1), (7, 8), (3, 20), (250, 300)):
        apart = session.forward(x[start:stop])
        np.testing.assert_array_equal(apart.a, together.a[start:stop])
        np.testing.assert_array_equal(apart.z, together.z[start:stop])


def test_a_large_network_has_the_numbers_of_the_reference():
    """Wide enough that weights and deltas are taken in blocks."""
    units, rows = (70, 600, 500, 10), 300
    plan = Plan(np.arange(rows), np.array([0, rows]), np.array([0.01]))

    native, reference = (opened(e, units, rows)[0] for e in (NativeEngine(), ReferenceEngine()))
    found, wanted = native.look(plan, KEEP), reference.look(plan, KEEP)

    assert_close(found.g, wanted.g, 1e-4)
    assert_close(found.change, wanted.change, 1e-4)


def test_watched_or_not_a_large_network_has_the_same_bits():
    units, rows = (70, 600, 500, 10), 300
    plan = Plan(np.arange(rows), np.array([0, 200, 300]), np.array([0.01, 0.01]))
    (watched, _), (unwatched, _) = (
        opened(NativeEngine(), units, rows, "float32", Adam()) for _ in "ab"
    )

    unwatched.run(plan)
    for k in range(2):
        watched.look(plan.part(k, k + 1), KEEP)

    assert_same_bits(watched.state(), unwatched.state())


def test_training_falls_as_the_reference_does():
    rows, steps = 200, 300
    order = np.random.default_rng(0).integers(0, rows, 20 * steps)
    plan = Plan(order, np.arange(steps + 1) * 20, np.full(steps, 0.01))

    native, reference = (
        opened(e, (10, 24, 3), rows, "float32", Adam(0.01))[0].run(plan).costs
        for e in (NativeEngine(), ReferenceEngine())
    )

    np.testing.assert_allclose(native, reference, rtol=2e-3)
    assert native[-20:].mean() < 0.7 * native[:20].mean()


EVERY_SET = """
import sys
from glassnet.engine.native import compiled
import pytest
try:
    compiled().instruction_set()
except ValueError as error:
    print("lacks", error)
    sys.exit(0)
sys.exit(pytest.main(["-q", "-x", "-p", "no:cacheprovider", *sys.argv[1:]]))
"""


@pytest.mark.parametrize("name", ["avx512", "avx2", "plain"])
def test_every_instruction_set_of_the_machine_has_these_numbers(name):
    if os.environ.get("GLASSNET_ISA"):
        pytest.skip("one instruction set is asked for already")
    selected = "sizes_that_fit or any_batch or of_the_catalogue or numbers_of_the_reference"
    here = os.path.dirname(__file__)
    files = [os.path.join(here, f"test_{part}.py") for part in ("functions", "native", "numbers")]

    done = subprocess.run(
        [
            sys.executable,
            "-c",
            EVERY_SET,
            *files,
            "-k",
            f"({selected}) and not array and not torch and not jax",
        ],
        env={**os.environ, "GLASSNET_ISA": name},
        capture_output=True,
        text=True,
        cwd=os.path.join(here, "..", ".."),
    )

    if done.stdout.startswith("lacks"):
        pytest.skip(done.stdout.strip())
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]


def test_an_unknown_instruction_set_is_refused():
    code = "from glassnet.engine.native import compiled; compiled().instruction_set()"

    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "GLASSNET_ISA": "avx1024"},
        capture_output=True,
        text=True,
    )

    assert "GLASSNET_ISA must be avx512, avx2 or plain; got avx1024." in done.stderr


def test_sub_normals_are_as_before_after_a_call():
    session, x = opened(NativeEngine(), (3, 5, 1), 8)

    session.run(Plan(np.arange(8), np.array([0, 8]), np.array([0.1])))
    session.forward(x)

    assert np.float32(1e-40) * np.float32(0.5) > 0


def test_ctrl_c_ends_a_run_after_a_whole_step():
    steps = 400_000
    session, _ = opened(NativeEngine(), (20, 512, 1), 64)  # many seconds, were it let run
    plan = Plan(np.zeros(32 * steps, np.int64), np.arange(steps + 1) * 32, np.full(steps, 1e-6))
    timer = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT))
    # A process that a shell put in the background was told to ignore Ctrl-C.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    timer.start()
    try:
        stretch = session.run(plan)
    finally:
        signal.signal(signal.SIGINT, before)

    assert stretch.ended == "interrupted"
    assert 0 < len(stretch.costs) < steps
    assert session.state().t == len(stretch.costs)
    again = session.run(plan.part(0, 3))  # the session goes on
    assert (again.ended, len(again.costs)) == ("done", 3)


def test_a_run_gives_way_to_other_threads():
    session, _ = opened(NativeEngine(), (20, 64, 1), 64)
    steps = 30_000
    plan = Plan(np.zeros(32 * steps, np.int64), np.arange(steps + 1) * 32, np.full(steps, 1e-6))
    thread = threading.Thread(target=session.run, args=(plan,))
    thread.start()
    count = 0
    while thread.is_alive():
        count += 1
    thread.join()

    assert count > 1000


def test_many_sessions_leave_nothing_behind():
    def resident():
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    if not os.path.exists("/proc/self/statm"):
        pytest.skip("there is no /proc here")
    plan = Plan(np.arange(64), np.array([0, 64]), np.array([0.1]))

    def fit():
        session, _ = opened(NativeEngine(), (20, 64, 1), 64)
        session.run(plan)
        session.look(plan, KEEP)
        arrays(session.state())

    for _ in range(100):
        fit()
    before = resident()
    for _ in range(1000):
        fit()

    assert resident() - before < 5e6


def test_a_state_crosses_to_the_bit():
    """state() after load() is what was loaded, padding or not."""
    session, _ = opened(NativeEngine(), (19, 33, 17, 3), 8, "float32", Adam())
    p = session.state().theta.size
    rng = np.random.default_rng(3)
    theta, m, v = (rng.normal(size=p).astype(np.float32) for _ in range(3))
    state = State(theta, t=5, memory={"m": m, "v": v * v, "t": 4})

    session.load(state)

    assert_same_bits(session.state(), state)


@pytest.mark.parametrize("row", [-1, 8, 2**62])
def test_a_row_that_is_not_there_is_refused(row):
    session, _ = opened(NativeEngine(), (3, 5, 1), 8)
    plan = Plan(np.array([0, row]), np.array([0, 2]), np.array([0.1]))

    for verb in (session.run, lambda plan: session.look(plan, KEEP)):
        with pytest.raises(IndexError, match="numbers of rows of the data"):
            verb(plan)
