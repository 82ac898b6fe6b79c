"""Predictions of rows that come in chunks: those of the model, and an account of the rest."""

from __future__ import annotations

import numpy as np
import pytest

import glassnet as gn
from glassnet.data.encode import TableEncoder
from glassnet.data.frames import as_table
from glassnet.data.rules import LevelRule, NumberRule
from glassnet.data.stream_chunks import Chunk
from glassnet.data.targets import TargetEncoder
from glassnet.errors import BadFile
from glassnet.estimators.table_model import TableModel
from glassnet.estimators.table_predictions import TablePredictions

ENCODER = TableEncoder(
    (
        NumberRule("near", 0.0, 1e-300, indicator=False),
        LevelRule("shop", "categorical", ("a", "b", "c"), missing=False),
    )
)
TARGETS = {
    "regression": TargetEncoder("y", "regression", (), 2.0, 3.0),
    "binary": TargetEncoder("y", "binary", (False, True)),
    "multiclass": TargetEncoder("y", "multiclass", (1, 2, 5)),
}
OUTPUTS = {"regression": "identity", "binary": "logistic", "multiclass": "softmax"}


def model(task: str) -> TableModel:
    target = TARGETS[task]
    layers = [gn.Dense(3, "tanh"), gn.Dense(target.outputs, OUTPUTS[task])]
    loss = {"regression": "squared_error", "binary": "binary_cross_entropy"}
    net = gn.Network(4, layers, loss=loss.get(task, "cross_entropy"), seed=2)
    return TableModel(ENCODER, target, net, {})


def chunk() -> Chunk:
    near = [0.0, 1e300, 2e-300, np.inf, np.nan, -1e-300, -1e300]
    shop = ["a", "a", "z", "b", "c", None, "b"]
    return Chunk(
        as_table(list(zip(near, shop, strict=True)), ["near", "shop"]),
        np.arange(2, 9),
        {"id": list("tuvwxyz")},
        {5: "it has 1 cells, and the header 3"},
    )


@pytest.mark.parametrize("task", TARGETS)
def test_the_rows_that_can_be_read_are_predicted_as_alone(task: str) -> None:
    found = TablePredictions(model(task), "a.csv", "line", "skip")

    answer = found.of(chunk())

    good = [0, 2, 4]
    assert answer.columns["id"] == ["t", "v", "x"]
    table = chunk().table.take(np.array(good))
    predicted = np.asarray(answer.columns["predicted y"])
    assert predicted.tolist() == model(task).predict(table).tolist()
    if task != "regression":
        chances = [values for name, values in answer.columns.items() if "probability" in name]
        assert np.array_equal(np.column_stack(chances), model(task).probabilities(table))


def test_rows_without_prediction_are_marked_and_keep_their_place() -> None:
    answer = TablePredictions(model("binary"), "a.csv", "line", "null").of(chunk())

    assert answer.columns["id"] == list("tuvwxyz")
    assert set(answer.absent) == {"predicted y", "probability of False", "probability of True"}
    for gone in answer.absent.values():
        assert gone.tolist() == [False, True, False, True, False, True, True]


def test_what_was_odd_is_counted_over_the_chunks_and_named_by_its_line() -> None:
    found = TablePredictions(model("binary"), "a.csv", "line", "skip")
    found.of(chunk())
    found.of(chunk())

    assert (found.rows, found.faulty) == (14, 8)
    assert dict(found.unknown) == {"shop": 2}
    assert dict(found.imputed) == {"near": 2}
    assert found.faults[:4] == [
        "line 3: the column 'near' must stay near the values of training (mean 0, scale 1e-300)",
        "line 5: the column 'near' must hold finite numbers; got inf",
        "line 7: it has 1 cells, and the header 3",
        "line 8: the column 'near' must stay near the values of training (mean 0, scale 1e-300)",
    ]
    assert len(found.faults) == 5


def test_the_first_fault_ends_it_where_that_is_asked_for() -> None:
    found = TablePredictions(model("binary"), "a.csv", "row")

    with pytest.raises(BadFile, match=r"^a\.csv, row 3: the column 'near'.*--on-error skip"):
        found.of(chunk())
