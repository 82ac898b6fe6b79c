"""Who may join a cluster, and which cluster may be joined."""

import os
from pathlib import Path

import pytest

from tests.cluster.nodes import two_nodes

JOIN = """
import json, sys, time
import glassnet
from glassnet.cluster.connection import connected
glassnet.__version__ = sys.argv[2] if len(sys.argv) > 2 else glassnet.__version__
begun = time.monotonic()
try:
    with connected(sys.argv[1]) as ray:
        said = [node["Alive"] for node in ray.nodes()]
except glassnet.errors.GlassnetError as error:
    said = [type(error).__name__, str(error)]
print(json.dumps([time.monotonic() - begun, *said]))
"""
LOOPBACK = {"0100007F", "0000000000000000FFFF00000100007F", "0" * 24 + "01000000"}


def listening(pids):
    """Addresses, as the kernel writes them, at which processes take calls."""
    held = set()
    for pid in pids:
        for link in Path(f"/proc/{pid}/fd").iterdir():
            name = os.readlink(link)
            if name.startswith("socket:["):
                held.add(name[8:-1])
    lines = [
        line.split()
        for table in ("/proc/net/tcp", "/proc/net/tcp6")
        for line in Path(table).read_text().splitlines()[1:]
    ]
    return {line[1].split(":")[0] for line in lines if line[3] == "0A" and line[9] in held}


def test_the_nodes_of_these_tests_listen_on_the_loopback_interface_alone(two_ray_nodes):
    found = listening(two_ray_nodes.processes())

    assert found
    assert found <= LOOPBACK


@pytest.mark.long
def test_whoever_has_the_token_joins_by_address_and_by_auto(two_ray_nodes):
    for address in (two_ray_nodes.address, "auto"):
        assert two_ray_nodes.value(JOIN, address)[1:] == [True, True]


@pytest.mark.long
def test_another_token_is_refused_within_30_s(two_ray_nodes, tmp_path):
    other = tmp_path / "token"
    other.write_text("0" * 64)

    seconds, kind, said = two_ray_nodes.value(
        JOIN, two_ray_nodes.address, RAY_AUTH_TOKEN_PATH=str(other)
    )

    assert (kind, seconds < 30) == ("Unreachable", True)
    assert "refused the token" in said
    assert "RAY_AUTH_TOKEN_PATH" in said


@pytest.mark.long
def test_nodes_of_another_version_are_refused_with_both(two_ray_nodes):
    _, kind, said = two_ray_nodes.value(JOIN, two_ray_nodes.address, "7.7.7")

    assert kind == "Unsupported"
    assert "glassnet 7.7.7" in said
    assert "glassnet 0.1.0" in said


@pytest.mark.long
def test_a_node_without_glassnet_is_named(tmp_path):
    """Its glassnet is a file that says what Python says where there is none."""
    (tmp_path / "glassnet.py").write_text(
        "raise ModuleNotFoundError(\"No module named 'glassnet'\", name='glassnet')"
    )

    with two_nodes(PYTHONPATH=str(tmp_path)) as nodes:
        _, kind, said = nodes.value(JOIN, nodes.address)

    assert kind == "Unsupported"
    assert "127.0.0.1 of the cluster has no glassnet. Install glassnet there" in said
