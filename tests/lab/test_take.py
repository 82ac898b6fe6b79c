"""What is taken away gives the same history to the last bit, whatever was done on the way."""

import subprocess
import sys

import numpy as np
import pytest

import glassnet as gn
from tests.lab.server import SMALL, Ear, changed, lab, wait_for


@pytest.fixture(scope="module")
def asking():
    with lab() as found:
        yield found


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def history_of(code):
    """The epochs that the code gives, run as it is."""
    names = {}
    exec(compile(code, "experiment.py", "exec"), names)
    return names["epochs"]


def same_history(asking, run):
    told = asking.take(run, "history").json()
    epochs = history_of(asking.take(run, "python").text)

    assert len(told["J"]) == len(epochs) > 0
    for name in ("J", "rate", "step", *[n for n in told if n.startswith("val_")]):
        values = [row.get(name) for row in epochs]
        assert told[name] == values, name


def test_the_code_gives_the_same_history(asking):
    run = asking.begin()
    asking.do(run, "speed", steps_per_second=3000)
    asking.do(run, "play")
    assert wait_for(lambda: asking.state(run)["epoch"] > 30)
    asking.do(run, "pause")
    asking.do(run, "epoch")

    same_history(asking, run)


def test_the_code_runs_by_itself(asking, tmp_path):
    run = asking.begin()
    asking.do(run, "step", batches=12)
    (tmp_path / "experiment.py").write_text(asking.take(run, "python").text)
    done = subprocess.run([sys.executable, "experiment.py"], capture_output=True, text=True)

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("epoch 2 {")


def test_the_code_follows_changes_on_the_way_even_within_an_epoch(asking):
    run = asking.begin(changed(training={"batch_size": 7, "seed": 3}))
    asking.step_to(run, 25)  # 7 steps an epoch: within the fourth
    for training in (
        {"learning_rate": 0.05},
        {"weight_decay": 0.01},
        {"optimizer": "momentum", "momentum": 0.8, "clip": 0.5},
    ):
        told = asking.ok("GET", f"/api/runs/{run}")["settings"]
        told["training"] |= training
        answer = asking.ok("PUT", f"/api/runs/{run}", {"settings": told})
        assert answer["restarted"] is False
        step = answer["state"]["step"]
        asking.step_to(run, step + 17)
    asking.do(run, "epoch")

    same_history(asking, run)


@pytest.mark.parametrize(
    "settings",
    [
        {"data": {"set": "iris", "noise": 0.1, "test": 0.2, "inputs": [
            "sepal length (cm)", "petal width (cm)"]}},
        {"data": {"set": "diabetes", "noise": 0.0, "test": 0.0}},
        {"data": {"set": "sine", "rows": 40, "noise": 0.2}, "training": {"batch_size": "all"}},
        {"data": {"set": "flower", "rows": 60, "noise": 0.1, "standardise": False},
         "network": {"loss": "cross_entropy", "output": {"activation": "softmax"}, "layers": [
             {"units": 3, "activation": "relu", "batch_norm": True, "init": "normal",
              "init_scale": 0.5},
             {"units": 3, "activation": "gelu", "dropout": 0.25}]},
         "training": {"schedule": "cosine", "epochs": 12, "optimizer": "nesterov",
                      "momentum": 0.7, "shuffle": False}},
        {"data": {"set": "moons", "rows": 40}, "training": {
            "optimizer": "lbfgs", "batch_size": "all"}},
    ],
    ids=["iris", "diabetes", "sine", "flower", "lbfgs"],
)  # fmt: skip
def test_the_code_gives_the_same_history_on_every_kind_of_rows(asking, settings):
    run = asking.begin({"version": 1, **settings})
    for _ in range(8):
        asking.do(run, "epoch")

    same_history(asking, run)


def test_the_code_reads_the_file_that_was_uploaded(asking, tmp_path):
    rows = ["size,shop,sold"]
    rows += [f"{k % 7},{'north' if k % 3 else 'south'},{'yes' if k % 5 > 2 else 'no'}"
             for k in range(60)]  # fmt: skip
    rows[5] = ",south,no"
    body = "\n".join(rows).encode()
    (tmp_path / "shop's.csv").write_bytes(body)
    answer = asking.client.post("/api/uploads", params={"name": "shop's.csv"}, content=body)
    key = answer.json()["upload"]
    run = asking.begin({"version": 1, "data": {"set": "upload", "upload": key, "test": 0.25}})
    for _ in range(5):
        asking.do(run, "epoch")

    same_history(asking, run)


def test_the_model_is_the_network_as_it_stands(asking, tmp_path):
    run = asking.begin()
    asking.do(run, "step", batches=12)
    path = tmp_path / "m.glassnet"
    path.write_bytes(asking.take(run, "model").content)
    net = gn.load(path)
    told = asking.ok("POST", f"/api/runs/{run}/microscope", {"rows": [0, 1]})

    assert net.state.t == 12
    weights = {
        name: np.array(array) for stage in told["stages"] for name, array in stage["arrays"].items()
    }
    for l in (1, 2):
        assert np.array_equal(net.W[l], weights[f"W[{l}]"])


def test_settings_taken_away_restore_the_experiment(asking):
    run = asking.begin(changed(training={"learning_rate": 0.123}))
    told = asking.take(run, "settings").json()
    again = asking.ok("POST", "/api/runs", {"settings": told})

    assert again["settings"] == told
    assert told["training"]["learning_rate"] == 0.123


def test_the_history_does_not_depend_on_speed_pauses_or_who_watches(asking):
    loud, quiet = asking.begin(SMALL), asking.begin(SMALL)
    ears = [Ear(asking, loud) for _ in range(3)]
    asking.do(loud, "views", names=["units", "hidden"], resolution=20)
    asking.do(loud, "speed", steps_per_second=400)
    asking.do(loud, "play")
    assert wait_for(lambda: len(ears[0].of("frame")) > 5)
    step = asking.do(loud, "pause")["step"]
    asking.do(loud, "speed")
    asking.do(loud, "step", batches=3)
    epochs = step // 5 + 20
    for run in (loud, quiet):
        asking.step_to(run, 5 * epochs)
    watched, alone = (asking.take(run, "history").json() for run in (loud, quiet))

    assert watched == alone
    assert len(alone["J"]) == epochs
