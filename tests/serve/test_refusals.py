"""What a person or a program sends by mistake is answered with its reason, and nothing breaks."""

import asyncio
import json

import httpx
import pytest

from glassnet.serve.app import application
from glassnet.serve.measures import Measures
from glassnet.web.guard import LOOPBACK
from tests.serve.models import shelf
from tests.serve.test_answers import JSON, ask, predict

INFER = "/v2/models/insects/infer"


def tensor(**other):
    return {"name": "rows", "shape": [1, 4], "datatype": "FP64", "data": [1, 2, 3, 4]} | other


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (b"", "JSON"),
        (b"{", "JSON"),
        (b"[[NaN, 2]]", "JSON"),
        (b"\xff\xfe", "JSON"),
        (b"[" * 3000, "JSON"),
        (b"null", "null"),
        (b"[]", "empty"),
        (b"{}", "null"),
        (b"[1]", "row 1 is 1"),
        (b'[{"age": 3}]', "'shop'"),
        (b'[[3, "east"], [3]]', "row 2"),
        (b'[["three", "east"]]', "'three'"),
        (b'[[true, "east"]]', "true"),
        (b'[[3, ["east"]]]', "'shop'"),
        (b'[[1e400, "east"]]', "J"),
    ],
)
def test_a_body_that_is_no_rows_is_refused_with_its_reason(body, word):
    found = ask("POST", "/predict", content=body)

    assert found.status_code == 400
    assert word in found.json()["error"]


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ("", "header"),
        ("age,shop\n", "one row"),
        ("age\n3\n", "'shop'"),
        ("age,shop\n3\n", "row 1"),
        ("age,shop\nthree,east\n", "'three'"),
        ("age,age,shop\n3,3,east\n", "twice"),
        ('age,shop\n"3,east\n', "CSV"),
    ],
)
def test_csv_that_is_none_is_refused_with_its_reason(body, word):
    found = ask("POST", "/predict", content=body, headers={"content-type": "text/csv"})

    assert found.status_code == 400
    assert word in found.json()["error"]


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"inputs": []},
        {"inputs": [3]},
        {"inputs": [tensor(name=3)]},
        {"inputs": [tensor(datatype="FP8")]},
        {"inputs": [tensor(datatype=["FP64"])]},
        {"inputs": [tensor(shape=[1, -4])]},
        {"inputs": [tensor(shape=[1, 4, 1])]},
        {"inputs": [tensor(shape=[True, 4])]},
        {"inputs": [tensor(shape=[10**12, 4])]},
        {"inputs": [tensor(shape=[0, 4], data=[])]},
        {"inputs": [tensor(data=[1, 2])]},
        {"inputs": [tensor(data=[1, 2, 3, "4"])]},
        {"inputs": [tensor(data=None)]},
        {"inputs": [tensor(datatype="INT8", data=[1, 2, 3, 400])]},
        {"inputs": [tensor(parameters={"binary_data_size": 32})]},
        {"inputs": [tensor(parameters=3)]},
        {"inputs": [tensor(), tensor()]},
        {"inputs": [tensor(name="x0")]},
        {"inputs": [tensor(data=[1, 2, 3, None])]},
        {"inputs": [tensor()], "outputs": [{"name": "other"}]},
        {"inputs": [tensor()], "outputs": 3},
        {"inputs": [tensor()], "parameters": {"binary_data_output": "yes"}},
    ],
)
def test_tensors_that_are_none_are_refused(told):
    found = ask("POST", INFER, content=json.dumps(told))

    assert found.status_code == 400
    assert found.json()["error"]


@pytest.mark.parametrize("length", ["-1", "x", "9999"])
def test_a_header_length_that_is_none_is_refused(length):
    headers = JSON | {"inference-header-content-length": length}

    assert ask("POST", INFER, content=b"{}", headers=headers).status_code == 400


def test_other_addresses_methods_and_kinds_are_refused():
    assert ask("GET", "/nothing").status_code == 404
    assert ask("GET", "/predict").status_code == 405
    assert ask("GET", "/v2/models/absent").status_code == 404
    assert predict([[1]], "/models/absent/predict").status_code == 404
    picture = {"content-type": "image/png"}
    assert ask("POST", "/predict", content=b"", headers=picture).status_code == 415
    packed = JSON | {"content-encoding": "gzip"}
    assert ask("POST", "/predict", content=b"[]", headers=packed).status_code == 415
    assert all("error" in ask("GET", path).json() for path in ("/nothing", "/predict"))


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/v2", {}, 401),
        ("/v2", {"authorization": "Bearer wrong"}, 401),
        ("/v2", {"authorization": "bearer of-sixteen-signs"}, 401),
        ("/v2", {"authorization": "Bearer of-sixteen-signs"}, 200),
        ("/nothing", {}, 401),
        ("/metrics", {}, 401),
        ("/v2/health/live", {}, 200),
    ],
)
def test_the_token_is_asked_for_everywhere_but_at_health(path, headers, status):
    assert ask("GET", path, headers=headers, token="of-sixteen-signs").status_code == status


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "evil.example"}, 421),
        ({"host": "127.0.0.1.evil.example"}, 421),
        ({"host": "localhost:8000"}, 200),
        ({"host": "[::1]:8000"}, 200),
        ({"host": "localhost:8000", "origin": "http://evil.example"}, 403),
        ({"host": "localhost:8000", "origin": "null"}, 403),
        ({"host": "localhost:8000", "origin": "http://localhost:8000"}, 200),
    ],
)
def test_a_page_from_elsewhere_is_turned_away(headers, status):
    assert ask("GET", "/v2", headers=headers, hosts=LOOPBACK).status_code == status


def test_a_fault_of_the_server_is_told_without_its_inside():
    measures, told = Measures(), []

    def log(event, **fields):
        told.append((event, fields))

    held = shelf("insects", measures=measures)
    app = application(held, measures, log)
    object.__setattr__(held["insects"].face, "read", lambda outputs: 1 / 0)

    async def one():
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            return await client.post("/predict", json=[[1, 2, 3, 4]])

    found = asyncio.run(one())

    assert found.status_code == 500
    assert "division" not in found.text
    assert any(event == "fault" and "division" in fields["error"] for event, fields in told)
