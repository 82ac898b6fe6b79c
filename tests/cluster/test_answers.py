"""An address at which nobody answers, or somebody else, is told apart in seconds."""

import socket
import sys
import threading
from contextlib import contextmanager

import pytest

import glassnet as gn
from glassnet.cluster.answers import found, host_and_port, require_answer
from glassnet.cluster.connection import connected
from glassnet.errors import InvalidValue, Unreachable, Unsupported


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    """Who answers here is a thread beside others: it is waited for longer than a cluster is."""
    monkeypatch.setattr("glassnet.cluster.answers._PATIENCE", 60.0)


@contextmanager
def listener(answer):
    """Somebody who takes one call, and gives one answer if any."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def take():
            line, _ = server.accept()
            with line:
                line.recv(100)
                line.sendall(answer)
                over.wait(300)

        over = threading.Event()
        taking = threading.Thread(target=take)
        taking.start()
        yield f"127.0.0.1:{server.getsockname()[1]}"
        over.set()
        taking.join()


def closed_port():
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        return line.getsockname()[1]


def test_a_port_that_nobody_listens_at_is_told_as_such():
    address = f"127.0.0.1:{closed_port()}"

    with pytest.raises(Unreachable, match=rf"{address} \(Connection refused; tried"):
        require_answer(address)


def test_somebody_who_says_nothing_is_not_waited_for(monkeypatch):
    monkeypatch.setattr("glassnet.cluster.answers._PATIENCE", 0.2)

    with listener(b"") as address, pytest.raises(Unreachable, match="timed out"):
        require_answer(address)


def test_somebody_who_speaks_another_language_is_no_cluster():
    with (
        listener(b"HTTP/1.1 400 Bad Request\r\n\r\n") as address,
        pytest.raises(Unreachable, match="does not speak HTTP/2"),
    ):
        require_answer(address)


def test_settings_of_http_2_are_an_answer():
    with listener(bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])) as address:
        require_answer(address)


@pytest.mark.parametrize("address", ["here", "ray://a:10001", "a:", ":6379", "a:0", "a:70000"])
def test_what_is_no_address_is_refused(address):
    with pytest.raises(InvalidValue, match="host:port"):
        host_and_port(address)


def test_auto_is_the_variable_or_else_the_cluster_started_last(monkeypatch, tmp_path):
    monkeypatch.setenv("RAY_TMPDIR", str(tmp_path))
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    assert found("auto") is None

    (tmp_path / "ray").mkdir()
    (tmp_path / "ray/ray_current_cluster").write_text("10.0.0.1:6379\n")
    assert found("auto") == "10.0.0.1:6379"

    monkeypatch.setenv("RAY_ADDRESS", "10.0.0.2:6379")
    assert found("auto") == "10.0.0.2:6379"
    assert found("10.0.0.3:1") == "10.0.0.3:1"


def test_a_search_without_its_cluster_leaves_no_study_behind(tmp_path):
    X, y = [[float(k)] for k in range(40)], [float(k % 7) for k in range(40)]
    path = tmp_path / "study.db"

    with pytest.raises(Unreachable, match="nobody answered"):
        gn.search(X, y, ray=f"127.0.0.1:{closed_port()}", storage=path, trials=1)

    assert not path.exists()


def test_without_ray_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    settings = bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])

    with (
        listener(settings) as address,
        pytest.raises(Unsupported, match=r"needs ray, .*glassnet\[ray\]"),
        connected(address),
    ):
        pass
