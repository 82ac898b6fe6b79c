"""Averages of networks on tables are served as they predict offline, to the bit."""

import json

import numpy as np
import pandas as pd
import pytest

from tests.serve.models import areas, flats, prices, rents
from tests.serve.test_answers import ask


def rows_of(X):
    """Rows as JSON has them, columns in another order."""
    held = X[X.columns[::-1]].astype(object)
    return held.where(X[X.columns[::-1]].notna(), None).to_dict("records")


def answers(name, rows, **options):
    content = json.dumps(rows)
    response = ask("POST", f"/models/{name}/predict", name, content=content, **options)
    assert response.status_code == 200, response.text
    return response.json()


def test_classes_and_their_probabilities_are_those_of_the_estimator():
    X, _, _ = flats()

    found = answers("prices", rows_of(X))

    assert found["target"] == "price"
    given = found["predictions"]
    assert [each["prediction"] for each in given] == prices().predict(X).tolist()
    chances = [list(each["probabilities"].values()) for each in given]
    assert chances == prices().predict_proba(X).tolist()
    assert list(given[0]["probabilities"]) == ["cheap", "dear"]


def test_quantiles_stand_beside_the_prediction_by_their_levels():
    X, _, _ = flats()

    given = answers("rents", rows_of(X))["predictions"]

    assert [each["prediction"] for each in given] == rents().predict(X).tolist()
    assert [list(each["quantiles"].values()) for each in given] == (
        rents().predict_quantiles(X).tolist()
    )
    assert list(given[0]["quantiles"]) == ["0.1", "0.5", "0.9"]


@pytest.mark.parametrize("kind", ["objects", "lists", "csv"])
def test_numbers_alone_are_served_in_every_form(kind):
    X = pd.DataFrame(np.random.default_rng(1).normal(size=(20, 3)), columns=["a", "b", "c"])
    wanted = areas().predict(X).tolist()
    if kind == "csv":
        headers = {"content-type": "text/csv"}
        text = X[["c", "a", "b"]].to_csv(index=False, float_format="%.17g")
        found = ask("POST", "/predict", "areas", content=text, headers=headers).json()
    else:
        found = answers("areas", rows_of(X) if kind == "objects" else X.to_numpy().tolist())

    assert [each["prediction"] for each in found["predictions"]] == wanted


def test_a_row_alone_has_the_bits_of_the_batch():
    X, _, _ = flats()
    rows = rows_of(X)[:12]

    together = answers("prices", rows)["predictions"]

    assert [answers("prices", [row])["predictions"][0] for row in rows] == together


def test_columns_that_are_new_are_ignored_and_those_that_lack_are_named():
    X, _, _ = flats()
    (row,) = rows_of(X.iloc[:1])

    found = answers("prices", [row | {"colour": "red"}])
    row.pop("grade")
    refused = ask("POST", "/predict", "prices", content=json.dumps([row]))

    assert found["ignored"] == ["colour"]
    assert refused.status_code == 400
    assert "'grade' is not there" in refused.json()["error"]


@pytest.mark.parametrize(("column", "odd"), [("town", "Hamm"), ("grade", "excellent")])
def test_a_level_that_training_did_not_have_is_refused_or_counted(column, odd):
    X, _, _ = flats()
    (row,) = rows_of(X.iloc[:1])
    content = json.dumps([row | {column: odd}])

    refused = ask("POST", "/predict", "prices", content=content)
    taken = ask("POST", "/predict", "prices", content=content, lenient=True)

    assert refused.status_code == 400
    assert f"'{column}' must have a level of training" in refused.json()["error"]
    assert f"'{odd}'" in refused.json()["error"]
    assert taken.json()["unknown"] == {column: 1}


def test_a_day_that_is_none_is_one_line():
    X, _, _ = flats()
    (row,) = rows_of(X.iloc[:1])

    refused = ask("POST", "/predict", "prices", content=json.dumps([row | {"built": "soon"}]))

    assert refused.status_code == 400
    assert "'built'" in refused.json()["error"]


def test_the_inference_protocol_has_their_columns_and_answers():
    X, _, _ = flats()
    told = ask("GET", "/v2/models/rents", "rents").json()
    assert {one["name"]: one["datatype"] for one in told["inputs"]} == {
        "area": "FP64", "town": "BYTES", "grade": "BYTES", "built": "BYTES",
    }  # fmt: skip
    assert [one["name"] for one in told["outputs"]] == ["prediction", "quantiles"]
    rows = X[X["area"].notna()]
    inputs = [
        {"name": name, "datatype": kind, "shape": [len(rows)], "data": rows[name].tolist()}
        for name, kind in (("built", "BYTES"), ("area", "FP64"), ("grade", "BYTES"),
                           ("town", "BYTES"))
    ]  # fmt: skip

    content = json.dumps({"inputs": inputs})
    found = ask("POST", "/v2/models/rents/infer", "rents", content=content).json()

    outputs = {one["name"]: one for one in found["outputs"]}
    assert outputs["prediction"]["data"] == rents().predict(rows).tolist()
    assert outputs["quantiles"]["shape"] == [len(rows), 3]
    assert outputs["quantiles"]["data"] == rents().predict_quantiles(rows).ravel().tolist()
