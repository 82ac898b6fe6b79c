"""Runs: their clock, their frames, the numbers in them, the doctor beside them."""

import base64
import json
import threading
import time

import numpy as np
import pytest

import glassnet as gn
from glassnet.lab.building import experiment
from glassnet.lab.preparing import prepared
from glassnet.lab.reading import read
from tests.lab.server import LONG, SMALL, Ear, changed, lab, wait_for


@pytest.fixture(scope="module")
def asking():
    with lab(runs=64) as found:
        yield found


def made(settings):
    told = read(settings)
    return experiment(told, prepared(told.data)[0])


def trained(settings, epochs):
    """The same experiment without the lab."""
    found = made(settings)
    net = found.network()
    found.train(net, epochs=epochs)
    return found, net


def test_catalogue_offers_what_the_package_has(asking):
    told = asking.ok("GET", "/api/catalogue")
    from glassnet.network.activations import ACTIVATIONS
    from glassnet.network.losses import LOSSES
    from glassnet.optim.optimizers import OPTIMIZERS

    assert {each["name"] for each in told["activations"]} == set(ACTIVATIONS)
    assert {each["name"] for each in told["losses"]} == set(LOSSES)
    assert {each["name"] for each in told["optimizers"]} == set(OPTIMIZERS)
    assert all(each["formula"] for each in told["activations"] + told["losses"])


@pytest.mark.parametrize("name", ["iris", "wine", "breast_cancer", "digits", "diabetes"])
def test_the_columns_that_are_told_are_those_of_the_set(asking, name):
    from glassnet.data.datasets import bundled

    sets = asking.ok("GET", "/api/catalogue")["sets"]
    told = next(each for each in sets if each["name"] == name)

    assert told["columns"] == [str(column) for column in bundled(name).names[:-1]]


def test_step_epoch_pause_and_restart(asking):
    run = asking.begin()  # 45 rows in batches of 10: 5 steps an epoch

    assert asking.do(run, "step", batches=3)["step"] == 3
    assert asking.do(run, "epoch")["step"] == 5
    assert asking.do(run, "epoch")["step"] == 10
    assert asking.do(run, "play")["playing"] is True
    assert wait_for(lambda: asking.state(run)["step"] > 100)
    state = asking.do(run, "pause")
    time.sleep(0.1)
    again = asking.state(run)
    assert (again["step"], again["playing"]) == (state["step"], False)
    began, now = asking.do(run, "restart"), asking.do(run, "pause")
    assert (began["step"], now["step"], now["restarted"]) == (0, 0, 1)
    assert began["told"] < now["told"]


def test_no_speed_is_exceeded(asking):
    """How far it falls short is the machine's."""
    run = asking.begin()
    asking.do(run, "speed", steps_per_second=100)
    begun = time.monotonic()
    asking.do(run, "play")
    assert wait_for(lambda: asking.state(run)["step"] >= 50)
    step = asking.do(run, "pause")["step"]

    assert step <= 100 * (time.monotonic() - begun) + 3  # the steps of one stretch


def test_a_frame_has_the_numbers_of_the_network(asking):
    run = asking.begin()
    ear = Ear(asking, run)
    asking.do(run, "views", names=["weights", "units", "boundary", "hidden"], resolution=20)
    asking.do(run, "epoch")
    assert wait_for(lambda: any(f["step"] == 5 and f.get("units", {}).get("resolution") == 20
                                for f in ear.of("frame")))  # fmt: skip
    frame = ear.of("frame")[-1]
    found, net = trained(SMALL, 1)
    rows = found.rows.train

    for layer in frame["layers"]:
        l = layer["layer"]
        assert np.allclose(layer["W"], net.W[l], rtol=1e-6, atol=0)
        assert np.allclose(layer["b"], net.b[l], rtol=1e-6, atol=1e-12)
        assert layer["norms"]["W"] == pytest.approx(np.linalg.norm(net.W[l]))
    right = (gn.predict(net, found.rows.X[rows]) > 0.5) == (found.targets[rows] > 0.5)
    assert frame["metric"] == pytest.approx(right.mean())
    low, high = found.rows.X.min(axis=0), found.rows.X.max(axis=0)
    corner = low - 0.15 * (high - low)
    byte = base64.b64decode(frame["boundary"]["values"])[0]
    assert byte == round(255 * float(gn.predict(net, [corner])[0, 0]))
    assert [len(grid) for grid in frame["units"]["grid"]] == [4, 1]
    hidden = frame["hidden"][0]["after"]
    assert len(hidden) == 60


def test_curves_come_in_parts_that_make_a_whole(asking):
    run = asking.begin()
    ear = Ear(asking, run)
    for last in range(5, 65, 5):
        assert asking.do(run, "step", batches=25)["epoch"] == last
        assert wait_for(lambda: [each["epoch"] for each in ear.of("frame")][-1:] == [last])  # noqa: B023 - called within its turn
    epochs, losses = [], []
    for frame in ear.of("frame"):
        curves = frame["curves"]
        if curves["from"] == 0:
            epochs, losses = [], []
        assert curves["from"] == len(epochs)
        epochs += curves["epochs"]
        losses += curves["loss"]
    history = asking.take(run, "history").json()

    assert epochs == list(range(last + 1))
    assert losses[1:] == history["J"]


def test_a_reload_goes_on_counting_and_sees_the_whole_curve(asking):
    run = asking.begin()
    first = Ear(asking, run)
    for _ in range(4):
        asking.do(run, "epoch")
    assert wait_for(lambda: first.of("frame") and first.of("frame")[-1]["epoch"] == 4)
    seen = first.ids[-1]
    again = Ear(asking, run, last=seen)
    assert wait_for(lambda: again.of("frame"))

    assert again.ids[0] == seen + 1
    assert again.of("frame")[0]["curves"]["epochs"] == [0, 1, 2, 3, 4]
    assert again.of("state")[0]["epoch"] == 4


def test_a_run_that_stands_sends_a_frame_once(asking):
    run = asking.begin()
    ear = Ear(asking, run)
    assert wait_for(lambda: ear.of("frame"))
    asking.do(run, "epoch")
    assert wait_for(lambda: ear.of("frame")[-1]["step"] == 5)
    count = len(ear.of("frame"))
    time.sleep(0.5)
    assert len(ear.of("frame")) == count
    asking.do(run, "views", names=["hidden"])  # what it shows may still change

    assert wait_for(lambda: "hidden" in ear.of("frame")[-1] and "units" not in ear.of("frame")[-1])


def test_states_are_counted_and_frames_say_of_which_beginning_they_are(asking):
    run = asking.begin()
    ear = Ear(asking, run)
    for do in ("epoch", "restart", "step"):
        asking.do(run, do)
    assert wait_for(
        lambda: (
            ear.of("frame") and [ear.of("frame")[-1][k] for k in ("restarted", "step")] == [1, 1]
        )
    )

    counts = [state["told"] for state in ear.of("state")]
    assert counts == sorted(set(counts))
    assert {frame["restarted"] for frame in ear.of("frame")} <= {0, 1}


def test_what_is_asked_while_the_settings_change_is_answered_by_the_network_that_comes(asking):
    run = asking.begin()
    found = asking.server.lab.hub.find(run)
    answers = []

    def seed():
        return found.asked(lambda: found.lane.experiment.settings.training.seed)

    def ask():
        answers.extend(seed() for _ in range(200))

    asker = threading.Thread(target=ask)
    asker.start()
    for k in range(1, 20):
        asking.ok("PUT", f"/api/runs/{run}", {"settings": changed(training={"seed": k})})
    asker.join(LONG)
    asking.ok("DELETE", f"/api/runs/{run}")

    assert len(answers) == 200
    assert answers == sorted(answers)
    assert seed() == 19  # it stands for good


def test_a_fork_from_the_start_and_a_restart_leave_no_finding_of_before(asking):
    alike = [{"units": 4, "activation": "tanh", "init": "zeros"}] * 2
    run = asking.begin(changed(network={"layers": alike}))
    clinic, found = asking.server.lab.clinic, asking.server.lab.hub.find(run)
    assert asking.ok("POST", f"/api/runs/{run}/diagnose", {})["findings"]
    before = clinic._chart(found)
    asking.do(run, "fork", settings={"training": {"optimizer": "sgd"}}, **{"from": "start"})
    forked = clinic._chart(found)
    asking.do(run, "restart")

    assert len({id(chart) for chart in (before, forked, clinic._chart(found))}) == 3


def test_the_fork_takes_the_same_batches(asking):
    settings = changed(training={"learning_rate": 0.02})
    run = asking.begin(settings)
    asking.do(run, "fork", settings={"training": {"optimizer": "sgd"}}, **{"from": "start"})
    ear = Ear(asking, run)
    for _ in range(6):
        asking.do(run, "epoch")
    assert wait_for(lambda: ear.of("frame") and ear.of("frame")[-1]["epoch"] == 6)
    frame = ear.of("frame")[-1]
    _, mine = trained(settings, 6)
    settings["training"]["optimizer"] = "sgd"
    _, other = trained(settings, 6)

    assert np.allclose(frame["layers"][0]["W"], mine.W[1], rtol=1e-6)
    assert np.allclose(frame["twin"]["layers"][0]["W"], other.W[1], rtol=1e-6)
    assert frame["twin"]["step"] == frame["step"] == 30
    # A frame brings what its curve has come to when it is sent, which may be more than it shows.
    twins = [each["twin"] for each in ear.of("frame") if "twin" in each]
    assert [epoch for each in twins for epoch in each["curves"]["epochs"]][-1] == 6


def test_a_twin_that_is_the_same_stays_the_same_from_any_moment(asking):
    run = asking.begin()
    asking.do(run, "step", batches=7)  # within an epoch
    asking.do(run, "fork", settings={}, **{"from": "now"})
    ear = Ear(asking, run)
    state = asking.do(run, "step", batches=9)
    assert wait_for(lambda: ear.of("frame") and ear.of("frame")[-1]["step"] == state["step"])
    frame = ear.of("frame")[-1]

    assert frame["layers"] == frame["twin"]["layers"]
    assert asking.do(run, "unfork")["forked"] is False


def test_the_settings_of_a_fork_are_told_to_a_page_that_comes_back(asking):
    run = asking.begin()
    asking.do(run, "fork", settings={"training": {"optimizer": "sgd"}}, **{"from": "now"})
    told = asking.ok("GET", f"/api/runs/{run}")
    asking.do(run, "unfork")

    assert told["twin"]["training"]["optimizer"] == "sgd"
    assert told["twin"]["network"] == told["settings"]["network"]
    assert asking.ok("GET", f"/api/runs/{run}")["twin"] is None


def test_a_plane_of_inputs_that_other_rows_lack_gives_way(asking):
    run = asking.begin({"version": 1, "data": {"set": "iris"}})
    ear = Ear(asking, run)
    asking.do(run, "views", plane=[2, 3])
    assert wait_for(lambda: ear.of("frame") and ear.of("frame")[-1]["plane"] == [2, 3])
    asking.ok("PUT", f"/api/runs/{run}", {"settings": SMALL})

    assert wait_for(lambda: ear.of("frame")[-1]["restarted"] == 1)
    assert ear.of("frame")[-1]["plane"] == [0, 1]
    assert "ended" not in asking.state(run)


def test_a_change_of_training_keeps_the_weights_and_another_network_begins_anew(asking):
    run = asking.begin()
    asking.do(run, "step", batches=10)
    kept = asking.ok("PUT", f"/api/runs/{run}",
                     {"settings": changed(training={"learning_rate": 0.5})})  # fmt: skip
    anew = asking.ok("PUT", f"/api/runs/{run}",
                     {"settings": changed(network={"layers": []})})  # fmt: skip

    assert (kept["restarted"], kept["state"]["step"]) == (False, 10)
    assert (anew["restarted"], anew["state"]["step"]) == (True, 0)


def test_a_run_that_diverges_says_so_and_can_begin_again(asking):
    settings = changed(
        data={"set": "sine", "noise": 0.0}, training={"optimizer": "sgd", "learning_rate": 50}
    )
    run = asking.begin(settings)
    ear = Ear(asking, run)
    asking.do(run, "play")
    assert wait_for(lambda: any("ended" in state for state in ear.of("state")))
    assert wait_for(lambda: not asking.state(run)["playing"])
    state = asking.state(run)

    assert state["ended"].startswith("diverged")
    assert "ended" not in asking.do(run, "restart")


def test_the_microscope_has_the_numbers_of_a_trace(asking):
    run = asking.begin()
    asking.do(run, "epoch")
    told = asking.ok("POST", f"/api/runs/{run}/microscope", {"rows": [0, 3, 5]})
    found, net = trained(SMALL, 1)
    rows = found.rows.train[[0, 3, 5]]
    t = gn.trace(net, found.rows.X[rows], found.targets[rows])
    arrays = {k: v for stage in told["stages"] for k, v in stage["arrays"].items()}

    assert told["J"] == t.J
    for l in (1, 2):
        for name in ("z", "a", "delta", "dW", "db"):
            assert np.array_equal(arrays[f"{name}[{l}]"], getattr(t, name)[l]), (name, l)
    before = net.W[1].copy()
    one = made(SMALL)
    taken = gn.train(
        net, found.rows.X[rows], found.targets[rows], epochs=1, batch_size=3,
        shuffle=False, **{k: v for k, v in one.arguments().items() if k == "optimizer"},
    )  # fmt: skip
    assert taken.ended == "epochs"
    assert np.allclose(np.array(arrays["change[1]"]), net.W[1] - before, atol=1e-15)


def test_columns_for_samples_are_the_transposed_numbers(asking):
    run = asking.begin()
    rows, columns = (
        asking.ok("POST", f"/api/runs/{run}/microscope", {"rows": [1, 2], "samples": samples})
        for samples in ("rows", "columns")
    )

    for mine, other in zip(rows["stages"], columns["stages"], strict=True):
        assert mine["id"] == other["id"]
        for name in ("z[1]", "a[1]", "delta[2]"):
            if name in mine["arrays"]:
                assert np.array_equal(np.array(mine["arrays"][name]).T, other["arrays"][name])
    assert (
        "{W^{(1)}} a^{(0)}"
        in columns["stages"][0]["equation"].replace("W^", "{W^").replace(") a", ")} a")
        or r"W^{(1)} a^{(0)}" in columns["stages"][0]["equation"]
    )


def test_a_click_on_a_weight_gives_the_number_of_derive_along_its_paths(asking):
    settings = changed(network={"layers": [{"units": 3, "activation": "tanh"},
                                           {"units": 2, "activation": "relu"}]})  # fmt: skip
    run = asking.begin(settings)
    asking.do(run, "epoch")
    found, net = trained(settings, 1)
    k = found.rows.train[4]
    for place, wrt in (((1, 2, 1), "W[1][2,0]"), ((2, 0, 3), "W[2][0,2]"), ((1, 1, 0), "b[1][1]"),
                       ((3, 0, 2), "W[3][0,1]")):  # fmt: skip
        layer, unit, input_ = place
        told = asking.ok("POST", f"/api/runs/{run}/derive",
                         {"row": 4, "layer": layer, "unit": unit, "input": input_})  # fmt: skip
        right = gn.derive(net, found.rows.X[k], found.targets[k], wrt)

        assert told["value"] == right.value
        assert told["numerical"] == right.numerical
        assert len(told["paths"]) == told["total_paths"] == {1: 2, 2: 1, 3: 1}[layer]
        assert sum(path["product"] for path in told["paths"]) == pytest.approx(right.value)
        for path in told["paths"]:
            product = np.prod([factor["value"] for factor in path["factors"]])
            assert path["product"] == pytest.approx(product)


def test_a_planted_fault_is_found_proven_and_cured(asking):
    alike = [{"units": 4, "activation": "tanh", "init": "zeros"}] * 2
    run = asking.begin(changed(data={"set": "circles"}, network={"layers": alike}))
    ear = Ear(asking, run)
    assert wait_for(lambda: ear.of("frame"))
    assert ear.of("frame")[0]["layers"][0]["twins"] == [[0, 1, 2, 3]]
    findings = asking.ok("POST", f"/api/runs/{run}/diagnose", {})["findings"]
    assert findings[0]["cause"] == "INIT_SYMM"
    told = {"finding": findings[0]["id"]}
    assert asking.ok("POST", f"/api/runs/{run}/prove", told) == {"proving": True}
    assert wait_for(lambda: ear.of("proof"))
    proof = ear.of("proof")[0]
    cured = asking.ok("POST", f"/api/runs/{run}/cure", told)

    assert proof["cured"] is True
    assert len(proof["with"]["steps"]) == len(proof["with"]["loss"]) > 1
    assert cured["settings"]["network"]["layers"][0]["init"] == "auto"
    after = asking.ok("POST", f"/api/runs/{run}/diagnose", {})["findings"]
    assert "INIT_SYMM" not in [each["cause"] for each in after]


def test_findings_come_by_themselves(asking):
    run = asking.begin(changed(network={"layers": [{"units": 4, "activation": "identity"}]}))
    ear = Ear(asking, run)
    asking.do(run, "play")

    assert wait_for(lambda: any(f and f[0]["cause"] == "ALL_LINEAR" for f in ear.of("findings")))
    asking.do(run, "pause")


IMPOSSIBLE = [
    ({"data": {"set": "moon"}}, "data.set"),
    ({"data": {"set": "xor", "target": "y"}}, "data.target"),
    ({"data": {"set": "iris", "target": "petal"}}, "data.target"),
    ({"data": {"set": "iris", "inputs": ["target"], "target": "target"}}, "data.inputs"),
    ({"data": {"set": "iris", "task": "regression"}}, "data.task"),
    ({"data": {"set": "iris", "task": "binary"}}, "data.task"),
    ({"data": {"set": "sine"}, "network": {"loss": "cross_entropy"}}, "network.loss"),
    ({"network": {"loss": "poisson", "output": {"activation": "identity"}}},
     "network.output.activation"),
    ({"network": {"output": {"activation": "softmax"}}}, "network.loss"),
    ({"network": {"layers": [{}, {"units": 300}]}}, "network.layers.1.units"),
    ({"network": {"layers": [{"init": "zeros", "init_scale": 1}]}}, "network.layers.0.init_scale"),
    ({"network": {"layers": [{}] * 9}}, "network.layers"),
    ({"training": {"momentum": 0.5}}, "training.momentum"),
    ({"training": {"optimizer": "sgd", "learning_rate": 0}}, "training.learning_rate"),
    ({"training": {"optimizer": "lbfgs", "clip": 1}}, "training.clip"),
    ({"training": {"optimizer": "lbfgs", "schedule": "cosine"}}, "training.schedule"),
    ({"training": {"batch_size": 1}, "network": {"layers": [{"batch_norm": True}]}},
     "training.batch_size"),
]  # fmt: skip


@pytest.mark.parametrize(("settings", "where"), IMPOSSIBLE, ids=lambda v: str(v)[:60])
def test_what_cannot_be_is_explained_at_its_place(asking, settings, where):
    answer = asking.client.post("/api/runs", json={"settings": {"version": 1, **settings}})
    told = answer.json()

    assert answer.status_code == 422
    assert told["where"] == where, told
    assert told["errors"][0]["message"][-1] == "."


def test_every_set_of_the_catalogue_can_be_begun_as_it_stands(asking):
    for each in asking.ok("GET", "/api/catalogue")["sets"]:
        told = asking.ok("POST", "/api/runs", {"settings": {"data": {"set": each["name"]}}})
        assert told["data"]["task"] == each["task"]
        assert len(told["data"]["x"]) == len(told["data"]["y"]) == len(told["data"]["rows"])
        json.dumps(told, allow_nan=False)
        asking.ok("DELETE", f"/api/runs/{told['run']}")
