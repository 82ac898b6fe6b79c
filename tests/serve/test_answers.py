"""Every answer is that of the model asked offline, in whatever form rows and answers come."""

import asyncio
import json
import warnings

import httpx
import numpy as np
import pytest

from glassnet.data.frames import as_column
from glassnet.data.tables import Table
from glassnet.serve.app import application
from glassnet.serve.measures import Measures
from glassnet.web.limits import Limits
from tests.serve.models import AGES, SHOPS, classifier, columns, mixed, numbers, shelf

JSON = {"content-type": "application/json"}


def ask(method, path, *names, content=None, headers=None, **options):
    """The response of a server of these models to one request."""
    measures = Measures()
    app = application(
        shelf(*(names or ("mixed", "numbers", "insects")), measures=measures),
        measures,
        lambda *_, **__: None,
        **options,
    )

    async def one():
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            return await client.request(method, path, content=content, headers=headers or JSON)

    return asyncio.run(one())


def predict(rows, path="/predict", **options):
    return ask("POST", path, content=json.dumps(rows), **options)


def test_rows_as_objects_are_predicted_as_offline():
    rows = [{"age": age, "shop": shop} for age, shop in zip(AGES, SHOPS, strict=True)]

    found = predict(rows).json()

    table = columns()
    chances = mixed().probabilities(table).tolist()
    assert [entry["prediction"] for entry in found["predictions"]] == mixed().predict(
        table
    ).tolist()
    assert [list(entry["probabilities"].values()) for entry in found["predictions"]] == chances
    assert list(found["predictions"][0]["probabilities"]) == ["no", "yes"]


def test_rows_as_lists_follow_the_columns_of_training():
    objects = predict([{"shop": "east", "age": 3}]).json()

    assert predict([[3, "east"]]).json() == objects
    assert predict({"rows": [[3, "east"]]}).json() == objects


def test_csv_gives_what_json_gives():
    body = "shop,day,age\r\neast,1,3\r\nnorth,2,NA\r\n"

    found = ask(
        "POST", "/predict", content=body, headers={"content-type": "text/csv; charset=utf-8"}
    )

    told = predict([{"age": 3, "shop": "east"}, {"age": None, "shop": "north"}]).json()
    assert found.json() == told | {"ignored": ["day"]}


def test_a_matrix_of_numbers_gives_the_bits_of_the_table_it_stands_for():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(50, 3)) * [1, 10, 100]
    x[rng.random(50) < 0.3, 1] = np.nan
    rows = [[None if np.isnan(v) else v for v in row] for row in x.tolist()]

    found = predict(rows, "/models/numbers/predict").json()

    table = Table([as_column(x[:, j], f"c{j}") for j in range(3)])
    values = [entry["prediction"] for entry in found["predictions"]]
    assert values == numbers().predict(table).tolist()


def test_an_estimator_answers_as_its_predict_proba():
    X = np.random.default_rng(1).normal(size=(30, 4))

    found = predict(X.tolist(), "/models/insects/predict").json()["predictions"]

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        chances, labels = classifier().predict_proba(X), classifier().predict(X)
    assert [list(each["probabilities"].values()) for each in found] == chances.tolist()
    assert [each["prediction"] for each in found] == labels.tolist()


def test_requests_that_come_together_are_answered_as_alone():
    measures = Measures()
    app = application(shelf("insects", measures=measures), measures, lambda *_, **__: None)
    X = np.random.default_rng(2).normal(size=(64, 4))

    async def together():
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            return await asyncio.gather(
                *(client.post("/predict", json=[row]) for row in X.tolist())
            )

    found = [answer.json()["predictions"][0] for answer in asyncio.run(together())]

    assert [list(each["probabilities"].values()) for each in found] == classifier().predict_proba(
        X
    ).tolist()
    assert b'glassnet_rows_total{model="insects"} 64.0' in measures.text()


def test_a_row_that_the_model_cannot_take_spoils_no_other():
    measures = Measures()
    app = application(shelf("insects", measures=measures), measures, lambda *_, **__: None)

    async def together():
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            rows = [[0.0] * 4, [1e308] * 4, [1.0] * 4]
            return await asyncio.gather(*(client.post("/predict", json=[row]) for row in rows))

    codes = [answer.status_code for answer in asyncio.run(together())]

    assert codes[0] == codes[2] == 200


@pytest.mark.parametrize("binary", [False, True])
def test_tensors_give_what_rows_give(binary):
    x = np.random.default_rng(3).normal(size=(5, 4)).astype(np.float32)
    told = {"name": "rows", "shape": [5, 4], "datatype": "FP32"}
    raw = x.tobytes() if binary else b""
    entry = {"parameters": {"binary_data_size": len(raw)}} if binary else {"data": x.tolist()}
    head = json.dumps(
        {"inputs": [told | entry], "parameters": {"binary_data_output": binary}, "id": "7"}
    ).encode()
    headers = JSON | {"Inference-Header-Content-Length": str(len(head))}

    found = ask("POST", "/v2/models/insects/infer", content=head + raw, headers=headers)

    chances = classifier().predict_proba(x.astype(np.float64))
    if not binary:
        outputs = {one["name"]: one for one in found.json()["outputs"]}
        assert outputs["probabilities"]["data"] == chances.ravel().tolist()
        assert outputs["prediction"]["data"] == classifier().predict(x).tolist()
        assert found.json()["id"] == "7"
        return
    size = int(found.headers["inference-header-content-length"])
    outputs = json.loads(found.content[:size])["outputs"]
    assert [one["name"] for one in outputs] == ["prediction", "probabilities"]
    texts = outputs[0]["parameters"]["binary_data_size"]
    values = np.frombuffer(found.content[size + texts :], "<f8").reshape(5, 3)
    assert values.tolist() == chances.tolist()
    assert found.content[size : size + texts].count(b"\0\0\0") == 5


def test_a_tensor_a_column_serves_mixed_tables():
    inputs = [
        {"name": "age", "shape": [2], "datatype": "INT32", "data": [31, 58]},
        {"name": "shop", "shape": [2, 1], "datatype": "BYTES", "data": ["north", "south"]},
    ]

    found = ask("POST", "/v2/models/mixed/infer", content=json.dumps({"inputs": inputs})).json()

    rows = predict([[31, "north"], [58, "south"]]).json()["predictions"]
    outputs = {one["name"]: one["data"] for one in found["outputs"]}
    assert outputs["prediction"] == [row["prediction"] for row in rows]
    assert outputs["probabilities"] == [p for r in rows for p in r["probabilities"].values()]


def test_metadata_names_inputs_and_outputs():
    plain = ask("GET", "/v2/models/insects").json()
    table = ask("GET", "/v2/models/mixed").json()

    assert plain["inputs"] == [{"name": "rows", "datatype": "FP64", "shape": [-1, 4]}]
    assert plain["parameters"]["classes"] == ["ant", "bee", "cow"]
    assert [(one["name"], one["datatype"]) for one in table["inputs"]] == [
        ("age", "FP64"),
        ("shop", "BYTES"),
    ]
    version = table["versions"][0]
    assert ask("GET", f"/v2/models/mixed/versions/{version}").status_code == 200
    assert ask("GET", "/v2/models/mixed/versions/0").status_code == 404


@pytest.mark.parametrize(
    "path", ["/v2", "/v2/health/live", "/v2/health/ready", "/v2/models/mixed/ready"]
)
def test_the_protocol_s_small_questions_are_answered(path):
    assert ask("GET", path).status_code == 200


def test_levels_that_training_did_not_have_are_accepted_where_wished():
    refused = predict([[3, "west"]])
    accepted = predict([[3, "west"]], lenient=True)

    assert refused.status_code == 400
    assert "'west'" in refused.json()["error"]
    assert accepted.json()["unknown"] == {"shop": 1}


def test_limits_bound_a_request():
    few = Limits(body=100, rows=2)

    assert predict([[1, "east"]] * 3, limits=few).status_code == 413
    assert predict([[1, "e" * 200]], limits=few).status_code == 413
    assert predict([[1, "east"]] * 2, limits=few).status_code == 200
