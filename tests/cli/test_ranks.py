"""``glassnet fit --ranks``: the same model as on one process, written once."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

import glassnet as gn
from glassnet.cli.main import run


@pytest.fixture
def table(tmp_path):
    """A small table of two classes."""
    rng = np.random.default_rng(3)
    x = rng.normal(size=(300, 3))
    labels = np.where(x[:, 0] * x[:, 1] > 0, "yes", "no")
    lines = [f"{a:.4f},{b:.4f},{c:.4f},{label}" for (a, b, c), label in zip(x, labels, strict=True)]
    path = tmp_path / "table.csv"
    path.write_text("\n".join(["a,b,c,y", *lines]) + "\n", "utf-8")
    return path


def fit(folder, table, *words):
    """``glassnet fit`` in a process of its own, in a folder."""
    command = [sys.executable, "-m", "glassnet.cli", "fit", table, "--plain", "--target", "y"]
    return subprocess.run(
        [*command, "--no-report", "--epochs", "6", "--batch-norm", "--json", *words],
        cwd=folder,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_two_ranks_fit_the_model_of_one_process(tmp_path, table):
    pytest.importorskip("torch", reason="torch is not installed: pip install glassnet[scale]")
    alone = fit(tmp_path, table, "-o", "one.glassnet")

    done = fit(tmp_path, table, "-o", "two.glassnet", "--ranks", "2", "--checkpoint", "c")

    assert done.returncode == 0, done.stderr
    found, wanted = json.loads(done.stdout), json.loads(alone.stdout)
    assert found["epochs"] == wanted["epochs"] == 6
    assert found["scores"] == pytest.approx(wanted["scores"], rel=1e-3)
    thetas = [
        gn.load(tmp_path / name).network.state.theta for name in ("one.glassnet", "two.glassnet")
    ]
    np.testing.assert_allclose(thetas[1], thetas[0], atol=1e-4)
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "c",
        "one.glassnet",
        "table.csv",
        "two.glassnet",
    ]


@pytest.mark.parametrize(("more", "restarts"), [((), 0), (("--checkpoint", "c"), 3)])
def test_the_same_command_is_started_on_every_rank(table, monkeypatch, more, restarts):
    seen = []

    def launched(command, ranks, **options):
        seen.append((command[1:], ranks, options["restarts"]))
        return 7

    monkeypatch.setattr("glassnet.cli.ranks.launch", launched)
    words = [str(table), "--plain", "--target", "y", "--ranks", "4", *more]

    assert run(["fit", *words]) == 7

    assert seen == [(["-m", "glassnet.cli", "fit", *words], 4, restarts)]


def test_ranks_that_were_started_in_another_number_are_refused(
    tmp_path, table, monkeypatch, capsys
):
    place = {"RANK": "0", "WORLD_SIZE": "3", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "4000"}
    for name, value in place.items():
        monkeypatch.setenv(name, value)

    status = run(["fit", str(table), "--plain", "--target", "y", "--ranks", "2"])

    assert status == 1
    assert "--ranks 2 was asked for, and 3 ranks were started" in capsys.readouterr().err
