"""The server's answers of models with several targets, or with a coverage."""

import json
from functools import cache

import numpy as np
import pytest

import glassnet as gn
from glassnet.estimators.tables.margins import Ends, Threshold
from tests.serve import test_answers as answers
from tests.serve.models import flats, folder


@cache
def made(kind):
    """A model of the flats: two numbers, two labels, or one target with margins."""
    X, rent, price = flats()
    fast = {"preset": "fast", "epochs": 3, "random_state": 0}
    area = X["area"].fillna(0)
    if kind == "numbers2":
        targets = rent.to_frame().assign(heat=(area * 7) % 50)
        return gn.TableRegressor(**fast).fit(X[["area", "town"]], targets)
    if kind == "labels":
        targets = rent.to_frame().gt(740).assign(large=area > 80).astype(int)
        return gn.TableClassifier(**fast).fit(X[["area", "town"]], targets)
    if kind == "interval":
        reg = gn.TableRegressor(**fast).fit(X[["area", "town"]], rent)
        reg.margins_ = Ends(0.9, 100, 5.0, 7.0)
        return reg
    clf = gn.TableClassifier(**fast).fit(X[["area", "town"]], price)
    clf.margins_ = Threshold(0.9, 100, 0.4)
    return clf


def ask(kind, method, path, **more):
    """What a server of one such model answers."""
    path_of_model = folder() / f"{kind}.glassnet"
    if not path_of_model.exists():
        gn.save(made(kind), path_of_model)
    response = answers.ask(method, path, kind, **more)
    assert response.status_code == 200, response.text
    return response.json()


def rows():
    """Rows of the flats, as the models take them and as JSON has them."""
    X = flats()[0][["area", "town"]].head(20).dropna()
    return X, json.dumps(X.to_dict("records"))


def outputs(kind):
    """What the inference protocol's metadata says of outputs, and what comes."""
    X, _ = rows()
    told = ask(kind, "GET", f"/v2/models/{kind}")
    inputs = [
        {"name": name, "datatype": sort, "shape": [len(X)], "data": X[name].tolist()}
        for name, sort in (("area", "FP64"), ("town", "BYTES"))
    ]
    content = json.dumps({"inputs": inputs})
    found = ask(kind, "POST", f"/v2/models/{kind}/infer", content=content)
    return told, {one["name"]: one for one in found["outputs"]}


def test_numbers_of_several_targets_stand_side_by_side_in_the_order_of_the_targets():
    X, content = rows()

    found = ask("numbers2", "POST", "/predict", content=content)

    assert (found["target"], found["targets"]) == ("rent, heat", ["rent", "heat"])
    wanted = made("numbers2").predict(X).tolist()
    assert [each["prediction"] for each in found["predictions"]] == wanted


def test_labels_have_a_probability_each_by_name():
    X, content = rows()

    found = ask("labels", "POST", "/predict", content=content)["predictions"]

    assert [each["prediction"] for each in found] == made("labels").predict(X).tolist()
    assert list(found[0]["probabilities"]) == ["rent", "large"]
    chances = [list(each["probabilities"].values()) for each in found]
    assert chances == made("labels").predict_proba(X).tolist()


@pytest.mark.parametrize("kind", ["numbers2", "labels", "interval", "set"])
def test_tensors_have_the_shapes_and_types_that_the_description_says(kind):
    told, found = outputs(kind)

    assert [one["name"] for one in told["outputs"]] == list(found)
    for one in told["outputs"]:
        came = found[one["name"]]
        assert came["datatype"] == one["datatype"]
        assert came["shape"][1:] == one["shape"][1:], one
        assert len(came["data"]) == np.prod(came["shape"])
    if kind in ("numbers2", "labels"):
        assert told["outputs"][0]["shape"] == [-1, 2]
        wanted = made(kind).predict(rows()[0]).ravel().tolist()
        assert found["prediction"]["data"] == wanted


def test_the_names_of_labels_are_told():
    told = ask("labels", "GET", "/v2/models/labels")

    assert told["parameters"]["targets"] == ["rent", "large"]
    assert told["parameters"]["classes"] == ["rent", "large"]


def test_an_interval_has_two_ends_around_the_prediction():
    found = ask("interval", "POST", "/predict", content=rows()[1])["predictions"]

    for each in found:
        low, high = each["interval"]
        assert (each["prediction"] - low, high - each["prediction"]) == pytest.approx((5, 7))


def test_a_set_holds_the_classes_from_its_probability_on():
    found = ask("set", "POST", "/predict", content=rows()[1])["predictions"]

    for each in found:
        likely = [name for name, p in each["probabilities"].items() if p >= 0.4]
        assert each["set"] == likely
    assert any(len(each["set"]) == 2 for each in found)
