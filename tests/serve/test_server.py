"""The server as a process: it stops, reloads and turns away without losing a request."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import pytest

import glassnet as gn
from glassnet.cli.main import run
from tests.serve.models import classifier, folder, mixed

JSON = {"content-type": "application/json"}
LONG = 300  # seconds; who waits on a machine with other work waits long, and ends at once
DRAIN = 1.0  # seconds that a server which stops still waits for a silent client


@contextmanager
def serving(*models, options=()):
    """A server process on a free port: the port, the process, and the lines it has logged."""
    command = [sys.executable, "-m", "glassnet.cli", "serve", *map(str, models), "--port", "0"]
    process = subprocess.Popen(
        [*command, *options],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
    )
    lines: list[dict] = []
    begun = threading.Event()

    def listen():
        for line in process.stderr:
            lines.append(json.loads(line))
            if lines[-1]["event"] == "serving":
                begun.set()
        begun.set()

    reader = threading.Thread(target=listen, daemon=True)
    reader.start()
    try:
        assert begun.wait(LONG), "the server did not begin"
        assert lines[-1]["event"] == "serving", lines
        yield int(lines[-1]["address"].rsplit(":", 1)[1]), process, lines
    finally:
        process.kill()
        process.wait(LONG)
        reader.join(LONG)
        process.stderr.close()


class Client(threading.Thread):
    """Asks over one connection until told to stop, or told to close it.

    A request that a slow machine sends only when the server has waited its time for it is late,
    and was not the server's to lose.
    """

    def __init__(self, port, path, row):
        super().__init__(daemon=True)
        self.port, self.path, self.body = port, path, json.dumps([row])
        self.answers, self.lost, self.closed = [], 0, False
        self.enough = threading.Event()

    def run(self):
        connection = HTTPConnection("127.0.0.1", self.port, timeout=LONG)
        connection.connect()
        sent = time.monotonic()
        while not (self.enough.is_set() or self.closed):
            before, sent = sent, None
            try:
                connection.request("POST", self.path, self.body, JSON)
                sent = time.monotonic()
                answer = connection.getresponse()
                self.answers.append((answer.status, json.loads(answer.read())))
                self.closed = answer.getheader("connection") == "close"
            except (OSError, HTTPException):
                self.closed = (sent or time.monotonic()) - before > DRAIN / 2
                self.lost += not self.closed
                break
        connection.close()


def wait_for(condition):
    end = time.monotonic() + LONG
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False


def asked(port):
    """The status of one request on a connection of its own; None if it was closed, being late."""
    with closing(HTTPConnection("127.0.0.1", port, timeout=LONG)) as connection:
        try:
            connection.request("POST", "/predict", "[[1, 2, 3, 4]]", JSON)
            return connection.getresponse().status
        except (ConnectionError, HTTPException):
            return None


def heard(port, text):
    """What comes first on a connection that says this; nothing if it is closed."""
    with socket.create_connection(("127.0.0.1", port), timeout=LONG) as line:
        try:
            line.sendall(text)
            return line.recv(1000)
        except ConnectionError:
            return b""


def test_a_stop_under_load_loses_no_request():
    with serving(folder() / "insects.glassnet") as (port, process, lines):
        clients = [Client(port, "/predict", [1.0, 2.0, 3.0, 4.0]) for _ in range(6)]
        for client in clients:
            client.start()
        assert wait_for(lambda: all(len(client.answers) > 20 for client in clients))
        process.send_signal(signal.SIGTERM)
        process.wait(LONG)
        for client in clients:
            client.join(LONG)

    assert [client.lost for client in clients] == [0] * 6
    assert all(client.closed for client in clients)
    assert {status for client in clients for status, _ in client.answers} == {200}
    assert process.returncode == 0
    assert lines[-1]["event"] == "stopped"


def test_a_new_file_is_served_under_load_and_a_broken_one_is_not(tmp_path):
    path = tmp_path / "m.glassnet"
    gn.save(classifier(), path)
    other = gn.Network(4, [gn.Dense(2, "identity")], seed=9)

    with serving(path, options=["--reload", "0.05"]) as (port, _, lines):
        clients = [Client(port, "/predict", [1.0, 2.0, 3.0, 4.0]) for _ in range(3)]
        for client in clients:
            client.start()
        assert wait_for(lambda: all(client.answers for client in clients))
        path.write_bytes(b"no model at all")
        assert wait_for(lambda: any(line["event"] == "not reloaded" for line in lines))
        gn.save(other, path)
        assert wait_for(lambda: sum(line["event"] == "loaded" for line in lines) == 2)
        before = [len(client.answers) for client in clients]
        assert wait_for(
            lambda: all(len(c.answers) > b + 5 for c, b in zip(clients, before, strict=True))
        )
        for client in clients:
            client.enough.set()
            client.join(LONG)

    answers = [answer for client in clients for answer in client.answers]
    assert [client.lost for client in clients] == [0] * 3
    assert {status for status, _ in answers} == {200}
    assert [len({told["version"] for _, told in client.answers}) for client in clients] == [2] * 3
    wanted = gn.predict(other, [[1.0, 2.0, 3.0, 4.0]])[0].tolist()
    assert clients[0].answers[-1][1]["predictions"][0]["prediction"] == wanted


def test_a_client_that_never_comes_to_the_point_is_closed():
    with serving(folder() / "insects.glassnet", options=["--max-seconds", "0.5"]) as (port, *_):
        head = b"POST /predict HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        assert heard(port, head + b"X-Slow: ") == b""
        late = head + b"Content-Length: 9\r\n\r\n["
        assert wait_for(lambda: heard(port, late).startswith(b"HTTP/1.1 408"))
        large = head + b"Content-Length: 1000000000\r\n\r\n" + b"[" * 1000
        assert wait_for(lambda: heard(port, large).startswith(b"HTTP/1.1 413"))
        assert wait_for(lambda: asked(port) == 200)


@pytest.mark.parametrize("case", ["absent", "twice", "garbage", "beyond", "short", "taken"])
def test_what_cannot_be_served_ends_in_one_line(tmp_path, monkeypatch, capsys, case):
    good = folder() / "mixed.glassnet"
    garbage = tmp_path / "garbage.glassnet"
    garbage.write_bytes(b"\0" * 100)
    second = tmp_path / "mixed.glassnet"
    gn.save(mixed(), second)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        arguments = {
            "absent": [Path("absent.glassnet")],
            "twice": [good, second],
            "garbage": [garbage],
            "beyond": [good, "--host", "0.0.0.0"],
            "short": [good],
            "taken": [good, "--port", taken.getsockname()[1]],
        }[case]
        port = [] if case == "taken" else ["--port", "0"]
        if case == "short":
            monkeypatch.setenv("GLASSNET_TOKEN", "short")
        status = run(["serve", *map(str, [*arguments, *port])])

    said = capsys.readouterr().err.splitlines()
    assert status == 1
    words = {
        "absent": "no such file",
        "twice": "different names",
        "garbage": "garbage.glassnet",
        "beyond": "token",
        "short": "16",
        "taken": "port",
    }
    assert said[-1].startswith("glassnet: ")
    assert words[case] in said[-1]
