"""Ranks on a cluster learn what ranks on one machine learn, whatever is killed meanwhile."""

import os
import signal
import subprocess
import sys
from contextlib import contextmanager

import numpy as np
import pytest

from glassnet.saving.model_file import load
from glassnet.scale.ray_desk import Desk

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    path = tmp_path_factory.mktemp("table") / "d.csv"
    rng = np.random.default_rng(0)
    X = rng.normal(size=(3000, 5))
    columns = np.column_stack([X, np.sin(X[:, 0]) + X[:, 1] * X[:, 2]])
    np.savetxt(path, columns, delimiter=",", header="a,b,c,d,e,y", comments="")
    return path


def fit(nodes, table, output, *more):
    words = ("fit", "--plain", str(table), "--target=y", "--ranks=2", "--no-report")
    words = (*words, f"--output={output}")
    return nodes.run(*words, *more, timeout=600)


def parameters(path):
    return load(path).network.state.theta.tobytes()


@pytest.fixture(scope="module")
def on_one_machine(two_ray_nodes, table, tmp_path_factory):
    pytest.importorskip("torch", reason="ranks send through PyTorch: pip install glassnet[scale]")
    output = tmp_path_factory.mktemp("local") / "m.glassnet"
    done = fit(two_ray_nodes, table, output, "--epochs=120")
    assert done.returncode == 0, done.stderr
    return done.stdout, parameters(output)


def test_two_machines_learn_what_two_ranks_of_one_machine_learn(
    two_ray_nodes, table, on_one_machine, tmp_path
):
    output = tmp_path / "m.glassnet"

    done = fit(two_ray_nodes, table, output, "--epochs=120", "--ray", two_ray_nodes.address)

    assert done.returncode == 0, done.stderr
    assert parameters(output) == on_one_machine[1]
    assert scores(done.stdout) == scores(on_one_machine[0])
    assert "epoch 120/120" in done.stdout


def scores(text):
    return [line for line in text.splitlines() if line.startswith(("R²", "RMSE", "doctor"))]


@pytest.mark.parametrize("which", [0, -1], ids=["first", "last"])
def test_a_killed_rank_costs_no_bit(two_ray_nodes, table, on_one_machine, tmp_path, which):
    """They go on from the checkpoint, which is with the process that asked, and with no other."""
    output = tmp_path / "m.glassnet"
    options = ("--epochs=120", f"--checkpoint={tmp_path / 'run.checkpoint'}")
    with begun(two_ray_nodes, table, output, *options) as fitting:
        before = next((epoch for epoch in epochs(fitting) if epoch >= 15), None)
        assert before is not None, fitting.stderr.read()
        os.kill(sorted(two_ray_nodes.processes("ray::_rank"))[which], signal.SIGKILL)
        after = list(epochs(fitting))
        said = fitting.stderr.read()

    assert fitting.returncode == 0, said
    assert "all ranks start again" in said
    assert min(after) >= before
    assert parameters(output) == on_one_machine[1]


@contextmanager
def begun(nodes, table, output, *more):
    words = ("fit", "--plain", str(table), "--target=y", "--ranks=2", "--no-report")
    words = (*words, f"--output={output}")
    command = [sys.executable, "-m", "glassnet.cli", *words, "--ray", nodes.address, *more]
    pipe = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, env=nodes.environment, **pipe) as fitting:
        try:
            yield fitting
            fitting.wait(300)
        finally:
            fitting.kill()


def epochs(fitting):
    """The numbers of the epochs that are told, as they are told."""
    for line in fitting.stdout:
        if line.startswith("epoch "):
            yield int(line.split()[1].split("/")[0])


def test_ctrl_c_ends_all_ranks_after_a_whole_step_and_keeps_the_model(
    two_ray_nodes, table, tmp_path
):
    output = tmp_path / "m.glassnet"
    options = ("--epochs=100000", "--hidden=512,512")
    with begun(two_ray_nodes, table, output, *options) as fitting:
        assert next(epochs(fitting), None), fitting.stderr.read()
        fitting.send_signal(signal.SIGINT)
        said, _ = fitting.communicate(timeout=300)

    assert fitting.returncode == 130
    assert "interrupted: the best parameters so far were kept" in said
    assert output.exists()


def test_too_many_ranks_are_refused_with_how_many_there_may_be(two_ray_nodes, table, tmp_path):
    done = fit(
        two_ray_nodes, table, tmp_path / "m", "--ranks=3", "--ray", two_ray_nodes.address
    )  # fmt: skip

    assert done.returncode == 1
    assert "a processor for each of 3 ranks; it has 2" in done.stderr


def test_a_desk_gives_what_was_laid_down_once():
    desk = Desk()
    desk.tell("one ", b"1")
    desk.tell("two", b"2")

    assert desk.take() == ("one two", b"2")
    assert desk.take() == ("", None)
    assert desk.tell("", None) is False
    desk.leave()
    assert desk.tell("", None) is True
