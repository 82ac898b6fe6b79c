"""The lab opens with a file, a model, or an estimator and its rows; from Python or as a command."""

import os
import re
import signal
import subprocess
import sys
import threading

import httpx
import numpy as np
import pytest

import glassnet as gn
from glassnet.errors import InvalidValue
from glassnet.lab.lab import Beginning
from glassnet.lab.opening import of_network, opened
from tests.lab.server import LONG, Ear, lab, wait_for

RNG = np.random.default_rng(3)
X = RNG.normal(size=(80, 2))
Y = np.where(X[:, 0] * X[:, 1] > 0, "same", "other")


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "signs.csv"
    rows = [f"{a!r},{b!r},{label}" for (a, b), label in zip(X.tolist(), Y, strict=True)]
    path.write_text("\n".join(["a,b,kind", *rows]))
    return path


def first_frame(asking, run):
    ear = Ear(asking, run)
    assert wait_for(lambda: ear.of("frame"))
    return ear.of("frame")[0]


def test_a_table_is_the_upload_that_was_given(table):
    with lab(opened(table)) as asking:
        told = asking.ok("GET", "/api/catalogue")
        begun = asking.ok("POST", "/api/runs", {"settings": told["start"]["settings"]})
        code = asking.take(begun["run"], "python").text

    assert told["given"]["upload"] == "given"
    assert told["given"]["name"] == "signs.csv"
    assert begun["data"]["names"] == ["a", "b"]
    assert begun["data"]["classes"] == ["other", "same"]
    assert "read_table('signs.csv')" in code


def test_a_model_is_begun_with_its_weights(tmp_path):
    net = gn.Network(2, [gn.Dense(5, "tanh"), gn.Dense(1, "logistic")],
                     loss="binary_cross_entropy", seed=4)  # fmt: skip
    gn.train(net, X, (Y == "same").astype(int), epochs=3)
    path = tmp_path / "m.glassnet"
    gn.save(net, path)
    with lab(opened(path)) as asking:
        start = asking.ok("GET", "/api/catalogue")["start"]
        run = asking.begin(start["settings"])
        frame = first_frame(asking, run)
        other = {**start["settings"], "network": {"layers": [{"units": 5, "activation": "relu"}]}}
        anew = first_frame(asking, asking.begin(other))
        asking.do(run, "epoch")
        again = asking.do(run, "restart")

    assert start["weights"] is True
    assert frame["step"] == net.state.t == again["step"]
    assert np.allclose(frame["layers"][0]["W"], net.W[1], rtol=1e-6)
    assert anew["step"] == 0


def test_the_code_of_a_run_that_began_with_weights_reads_them(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    net = gn.Network(2, [gn.Dense(3, "tanh"), gn.Dense(1, "logistic")],
                     loss="binary_cross_entropy", seed=4)  # fmt: skip
    gn.train(net, X, (Y == "same").astype(int), epochs=2)
    gn.save(net, "m.glassnet")
    with lab(opened("m.glassnet")) as asking:
        run = asking.begin(asking.ok("GET", "/api/catalogue")["start"]["settings"])
        for _ in range(3):
            asking.do(run, "epoch")
        history, code = asking.take(run, "history").json(), asking.take(run, "python").text
    names = {}
    exec(compile(code, "experiment.py", "exec"), names)

    assert [row["J"] for row in names["epochs"]] == history["J"]
    assert len(history["J"]) == 3


def test_a_network_with_other_parts_is_refused_in_one_sentence():
    net = gn.Network(2, [gn.Dense(3, gn.LeakyReLU(0.3)), gn.Dense(1, "identity")])
    with pytest.raises(InvalidValue, match="other parts"):
        of_network(net, "m.glassnet")


@pytest.mark.parametrize("fitted", [False, True])
def test_from_python_an_estimator_learns_its_own_rows(fitted):
    estimator = gn.MLPClassifier(
        (6, 3), tol=10.0, n_iter_no_change=2, random_state=1, learning_rate_init=0.02
    )
    if fitted:
        estimator.fit(X, Y)
    with gn.lab(estimator, X, Y, browser=False) as here:
        address, token = here.url.split("/?token=")
        with httpx.Client(
            base_url=address,
            headers={"authorization": f"Bearer {token}"},
            verify=False,
            timeout=LONG,
        ) as client:
            start = client.get("/api/catalogue").json()["start"]
            told = client.post("/api/runs", json={"settings": start["settings"]}).json()
            model = client.get(f"/api/runs/{told['run']}/take/model").content

    assert [layer["units"] for layer in told["settings"]["network"]["layers"]] == [6, 3]
    assert told["settings"]["training"]["learning_rate"] == 0.02
    assert told["data"]["classes"] == ["other", "same"]
    if fitted:
        assert told["state"]["step"] == estimator.network_.state.t > 0
        assert len(model) > 0


def test_the_room_and_the_function_go_by_one_name():
    import glassnet.lab.server  # noqa: F401 - this binds the room to the name

    with gn.lab(browser=False) as here:
        assert repr(here) == f"OpenLab({here.url.split('/?')[0]})"
        assert "token" not in repr(here)


def test_without_rows_an_estimator_is_not_enough():
    with pytest.raises(InvalidValue, match="rows"):
        gn.lab(gn.MLPClassifier())


def test_in_a_notebook_the_page_comes_in_a_frame_of_the_same_machine():
    pytest.importorskip("anywidget")
    from glassnet.lab.notebook import script, widget

    text = script(8899, 'a"</script>')
    assert 'encodeURIComponent("a\\"</script>")' in text
    shown = widget(8899, "token-of-the-lab")
    assert "http://${here}:8899/" in shown._esm
    shown.close()


def test_only_a_page_of_this_machine_may_frame_it_and_only_in_a_notebook(monkeypatch):
    from glassnet.lab import python

    monkeypatch.setattr(python, "in_notebook", lambda: True)
    with gn.lab() as here, httpx.Client(verify=False, timeout=LONG) as client:
        policy = client.get(here.url).headers["content-security-policy"]

    assert policy.endswith("frame-ancestors 'self' http://127.0.0.1:* http://localhost:*")


def test_the_command_prints_its_address_serves_and_ends_with_ctrl_c(table):
    command = [
        sys.executable,
        "-m",
        "glassnet.cli",
        "lab",
        str(table),
        "--no-browser",
        "--port",
        "0",
    ]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    drained = threading.Thread(target=process.stderr.read, daemon=True)
    drained.start()
    try:
        line = process.stdout.readline()
        url = re.search(r"http://\S+", line)[0]
        with httpx.Client(verify=False, timeout=LONG, follow_redirects=True) as client:
            assert wait_for(lambda: _answers(client, url))
            told = client.get(url.split("/?")[0] + "/api/catalogue").json()
        process.send_signal(signal.SIGINT)
        assert process.wait(LONG) == 0
    finally:
        process.kill()
        process.wait(LONG)
        drained.join(LONG)
        process.stdout.close()
        process.stderr.close()

    assert told["given"]["name"] == "signs.csv"


def _answers(client, url):
    try:
        return client.get(url).status_code in (200, 503)
    except httpx.TransportError:
        return False


def test_a_wrong_file_is_one_line_on_stderr(tmp_path):
    path = tmp_path / "rows.xyz"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(InvalidValue, match="must end in"):
        opened(path)
    assert isinstance(Beginning().settings.data.rows, int)
