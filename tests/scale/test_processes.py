"""Ranks as processes that send through PyTorch: same bits, a kill in the middle, Ctrl-C."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from glassnet.scale.launch import free_port

pytest.importorskip("torch", reason="torch is not installed: pip install glassnet[scale]")
if not hasattr(os, "fork"):
    pytest.skip("the ranks are forks, which this system has not", allow_module_level=True)

SCRIPT = Path(__file__).with_name("forked.py")


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """What the script's trainings left, by name and rank."""
    folder = tmp_path_factory.mktemp("ranks")
    done = subprocess.run(
        [sys.executable, SCRIPT, folder],
        env=os.environ | dict.fromkeys(["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"], "1"),
        capture_output=True,
        text=True,
        check=False,
        timeout=1800,
    )
    assert done.returncode == 0, done.stderr
    return Found(folder, json.loads((folder / "processes.json").read_text("utf-8")))


class Found:
    """The files of a folder."""

    def __init__(self, folder, processes):
        self.folder, self.processes = folder, processes

    def of(self, name, world):
        """What each rank of a training found."""
        files = [self.folder / f"{name}-{rank}.json" for rank in range(world)]
        return [json.loads(file.read_text("utf-8")) for file in files]

    def theta(self, name):
        """θ of rank 0."""
        return np.load(self.folder / f"{name}-0.npy")


@pytest.mark.parametrize("world", [2, 4])
@pytest.mark.parametrize("name", ["plain", "normed"])
def test_ranks_find_what_one_process_finds_to_float32_rounding(found, name, world):
    (alone,) = found.of(f"{name}-alone", 1)

    ranks = found.of(f"{name}-{world}", world)

    theta, wanted = found.theta(f"{name}-{world}"), found.theta(f"{name}-alone")
    np.testing.assert_allclose(theta, wanted, atol=2e-4 * np.abs(wanted).max())
    assert (theta != wanted).any()  # the sums were of other parts
    for rank in ranks:
        assert rank["digest"] == ranks[0]["digest"]
        assert rank["history"] == ranks[0]["history"]
        assert (rank["t"], rank["ended"]) == (alone["t"], "epochs")
        for row, other in zip(rank["history"], alone["history"], strict=True):
            assert row["J"] == pytest.approx(other["J"], rel=1e-4)
            assert row["val_loss"] == pytest.approx(other["val_loss"], rel=1e-3)
            assert (row["rate"], row["step"]) == (other["rate"], other["step"])


def test_as_many_ranks_find_the_same_bits_again(found):
    assert found.of("again-2", 2) == found.of("plain-2", 2)


def test_a_rank_killed_at_step_120_ends_the_other_at_once_with_a_line(found):
    statuses, seconds = found.processes["killed"]

    said = (found.folder / "killed-0.lost").read_text("utf-8")

    assert statuses == [0, -9]
    assert seconds < 150  # half of what a silent one is waited for
    assert said.startswith("rank 0 of 2 lost another rank while adding up step 12")
    assert "Start all ranks again: with a checkpoint they go on from the last save." in said


def test_ranks_started_again_end_with_the_bits_of_the_run_nobody_killed(found):
    assert found.processes["resumed"][0] == [0, 0]

    assert found.of("resumed", 2) == found.of("plain-2", 2)


def test_a_rank_that_falls_silent_counts_as_lost_after_the_timeout(found):
    said = (found.folder / "silent-0.lost").read_text("utf-8")

    assert said.startswith("rank 0 of 2 lost another rank while adding up step 7 (Timed out")
    assert (found.folder / "silent-1.lost").exists()


@pytest.mark.long
def test_torchrun_starts_ranks_again_and_they_end_with_the_same_bits(tmp_path):
    for name in ("clean", "killed"):
        command = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2"]
        command += ["--max-restarts", "2", "--master-addr", "127.0.0.1"]
        command += ["--master-port", str(free_port()), str(SCRIPT), str(tmp_path), name]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
        assert done.returncode == 0, done.stderr

    found = Found(tmp_path, {})

    assert found.of("killed", 2) == found.of("clean", 2)


def test_ctrl_c_on_one_rank_ends_all_after_the_same_step(found):
    assert found.processes["interrupted"][0] == [0, 0]

    first, second = found.of("interrupted", 2)

    assert (first["ended"], first["t"]) == ("interrupted", 71)
    assert first == second
