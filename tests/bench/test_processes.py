"""The worker processes: they answer, they fail with a word, and they are gone afterwards."""

import os
import signal
import subprocess
import sys
import time
from importlib.util import find_spec

import pytest

from glassnet.bench.contract import Entry
from glassnet.bench.processes import Worker, WorkerFailed, environment, processors, reason

OWN = Entry("glassnet", 1, "float32")


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def gone(pids, seconds=60.0):
    """Whether the processes are gone within so many seconds."""
    end = time.monotonic() + seconds
    while any(map(alive, pids)) and time.monotonic() < end:
        time.sleep(0.02)
    return not any(map(alive, pids))


def children(pid):
    found = []
    for folder in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{folder}/stat", encoding="utf-8") as file:
                parent = int(file.read().rpartition(")")[2].split()[1])
        except OSError:
            continue
        found += [int(folder)] * (parent == pid)
    return found


@pytest.fixture
def worker():
    made = []

    def make(entry=OWN):
        made.append(Worker(entry, processors()[-1:]))
        return made[-1]

    yield make
    for each in made:
        each.close()


def test_a_worker_makes_ready_takes_turns_and_ends(worker):
    own = worker()
    own.ask(prepare="W1")
    assert own.answer(60) == {}
    own.ask(turn=0.001)
    assert own.answer(60)["seconds"] > 0

    own.close()

    assert gone([own.pid])


def test_a_worker_that_fails_says_why_in_a_line(worker):
    own = worker()
    own.ask(prepare="W99")

    with pytest.raises(WorkerFailed, match=r"^KeyError: 'W99'$"):
        own.answer(60)


def test_a_worker_that_says_nothing_is_not_waited_for(worker):
    with pytest.raises(WorkerFailed, match=r"no answer for 0 s"):
        worker().answer(0.01)


@pytest.mark.parametrize("peer", ["scikit-learn", "PyTorch", "JAX"])
@pytest.mark.parametrize("name", ["W1", "W6a"])
@pytest.mark.long
def test_each_peer_trains_and_predicts(worker, peer, name):
    if find_spec({"scikit-learn": "sklearn", "PyTorch": "torch", "JAX": "jax"}[peer]) is None:
        pytest.skip(f"{peer} is not installed")
    for dtype in ("float32", "float64"):
        ready = worker(Entry(peer, 1, dtype))
        ready.ask(prepare=name)
        ready.answer(120)
        ready.ask(turn=0.001)
        assert 0 < ready.answer(60)["seconds"] < 1


def test_threads_are_told_to_every_library():
    made = environment(Entry("PyTorch", 3, "float64"))

    assert made["OMP_NUM_THREADS"] == made["GLASSNET_THREADS"] == "3"
    assert made["JAX_ENABLE_X64"] == "1"


def test_hints_after_an_error_are_not_the_error():
    traceback = "Traceback\n  File\ntorch.exc.BackendError: no compiler\n\nSet X=1 to see more\n"

    assert reason(traceback) == "BackendError: no compiler"
    assert reason("Killed\n") == "Killed"
    assert reason("") == ""


@pytest.mark.skipif(sys.platform != "linux", reason="finds the workers in /proc")
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL])
def test_no_worker_outlives_the_command(end, tmp_path):
    program = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler);"
        "from glassnet.cli.main import main;"
        "main(['bench', '--workloads', 'W1', '--threads', '1', '--peers', 'scikit-learn'])"
    )
    command = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    with command:
        assert command.stderr is not None
        assert "ceilings" in command.stderr.readline()
        workers = children(command.pid)
        while not workers:
            time.sleep(0.02)
            workers = children(command.pid)
        command.send_signal(end)
        command.wait(60)

    assert gone(workers)
    assert command.returncode == (130 if end == signal.SIGINT else -signal.SIGKILL)
