"""The same search on a cluster: the same table, whatever is killed meanwhile."""

import json
import os
import signal
import threading
import time

import numpy as np
import pytest

import glassnet as gn
from tests.cluster.nodes import two_nodes

RNG = np.random.default_rng(3)
X = RNG.normal(size=(300, 3))
Y = np.sin(2 * X[:, 0]) + 0.3 * X[:, 1]
SPACE = {"width": [4, 12, 24], "depth": [1, 2], "learning_rate_init": [0.001, 0.003, 0.01, 0.03]}

# Said twice: the driver is a process of its own, since what Ray does to one stays.
SEARCH = """
import json, sys
import numpy as np
import glassnet as gn
address, options = sys.argv[1], json.loads(sys.argv[2])
rng = np.random.default_rng(3)
X = rng.normal(size=(300, 3))
y = np.sin(2 * X[:, 0]) + 0.3 * X[:, 1]
found = gn.search(X, y, options.pop("space"), ray=address, workers=2, folds=2, **options)
trials = found.study.get_trials()
print(json.dumps({
    "records": [[r.number, dict(r.values), list(r.last.scores), r.epochs] for r in found.records],
    "parameters": {name: str(value) for name, value in found.best_parameters.items()},
    "test_score": found.test_score,
    "lost": sum(trial.user_attrs.get("failed") == "its worker was killed" for trial in trials),
}))
"""


def told(found):
    return [[r.number, dict(r.values), list(r.last.scores), r.epochs] for r in found.records]


def searched(nodes, **options):
    return nodes.value(SEARCH, nodes.address, json.dumps({"space": SPACE, **options}), timeout=600)


def kill_one(nodes, killed):
    """End the first process that is seen to compute, without a warning to it."""
    until = time.monotonic() + 300
    while not killed and time.monotonic() < until:
        pid = nodes.kill_busy()
        killed += [] if pid is None else [pid]
        time.sleep(0.01)


def test_two_nodes_find_what_one_machine_finds_though_one_worker_is_killed(two_ray_nodes):
    killed = []
    killer = threading.Thread(target=kill_one, args=(two_ray_nodes, killed))
    killer.start()
    there = searched(two_ray_nodes, trials=9, epochs=45)
    killer.join()

    here = gn.search(X, Y, SPACE, workers=1, folds=2, trials=9, epochs=45)
    beside = gn.search(X, Y, SPACE, workers=2, folds=2, trials=9, epochs=45)
    assert killed
    assert there["lost"] == 1
    assert there["records"] == told(here) == told(beside)
    assert there["parameters"] == {name: str(v) for name, v in here.best_parameters.items()}
    assert there["test_score"] == here.test_score


@pytest.mark.long
def test_a_lost_machine_costs_only_what_it_was_computing():
    """The other one does all the rest; Ray gives a machine up after some seconds of silence."""
    with two_nodes() as nodes:
        second = nodes.commands[1]

        def cut():
            until = time.monotonic() + 300
            while not nodes.busy() and time.monotonic() < until:
                time.sleep(0.01)
            os.killpg(second.pid, signal.SIGKILL)

        cutter = threading.Thread(target=cut)
        cutter.start()
        there = searched(nodes, trials=9, epochs=45)
        cutter.join()

    assert there["records"] == told(gn.search(X, Y, SPACE, folds=2, trials=9, epochs=45))


@pytest.mark.long
def test_the_command_searches_on_a_cluster_too(two_ray_nodes, tmp_path):
    table = np.column_stack([X, Y])
    np.savetxt(tmp_path / "d.csv", table, delimiter=",", header="a,b,c,y", comments="")
    said = []
    for name, where in (("here", []), ("there", ["--ray", two_ray_nodes.address])):
        done = two_ray_nodes.run(
            "search", str(tmp_path / "d.csv"), "--target=y", "--trials=3", "--epochs=9",
            "--workers=2", f"--output={tmp_path / name}.glassnet",
            f"--storage={tmp_path / name}.db", "--json", *where,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        said.append(json.loads(done.stdout.splitlines()[-1]))

    same = ("best_parameters", "best_score", "test_score", "trials")
    assert [said[0][name] for name in same] == [said[1][name] for name in same]


@pytest.mark.long
def test_ctrl_c_keeps_what_the_cluster_has_done(two_ray_nodes, tmp_path):
    """The driver hears four outcomes and is then interrupted as from a keyboard."""
    code = SEARCH.replace(
        "**options)", "on_outcome=heard, **options)", 1
    ).replace("found = gn", "seen = []\ndef heard(outcome):\n    seen.append(outcome)\n"
              "    if len(seen) == 4:\n        raise KeyboardInterrupt\nfound = gn", 1)  # fmt: skip

    there = two_ray_nodes.value(
        code, two_ray_nodes.address, json.dumps({"space": SPACE, "trials": 9, "epochs": 45})
    )

    assert len(there["records"]) == 4
    assert np.isfinite(there["test_score"])
    assert two_ray_nodes.busy() == []
