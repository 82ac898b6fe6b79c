"""Either kind of model of a table says through its face what it says by itself."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import glassnet as gn
from glassnet.data.frames import as_column, as_table
from glassnet.data.stream_chunks import Chunk
from glassnet.data.tables import Table
from glassnet.errors import InvalidValue
from glassnet.estimators.table_face import face_of
from glassnet.estimators.table_predictions import TablePredictions

RNG = np.random.default_rng(3)
N = 80
X = pd.DataFrame(
    {"size": RNG.normal(size=N).round(3), "shop": RNG.choice(["a", "b", "c"], N), "same": 1.0}
)
NUMBER = X["size"] * 2 + (X["shop"] == "a")
TARGETS: dict[str, Any] = {
    "two classes": pd.Series(np.where(NUMBER > 0, "up", "down"), name="side"),
    "three classes": pd.Series(np.digitize(NUMBER, [-1, 1]), name="level"),
    "numbers": NUMBER.rename("worth"),
    "counts": (NUMBER.abs() * 3).round().rename("visits"),
    "several numbers": pd.DataFrame({"one": NUMBER, "other": -NUMBER}),
    "several labels": pd.DataFrame({"big": NUMBER > 1, "small": NUMBER < -1}).astype(int),
    "quantiles": NUMBER.rename("worth"),
    "quantiles of two": pd.DataFrame({"one": NUMBER, "other": -NUMBER}),
}
NAMES = {
    "two classes": ["predicted side", "probability of down", "probability of up"],
    "three classes": ["predicted level", *(f"probability of {k}" for k in range(3))],
    "numbers": ["predicted worth"],
    "counts": ["predicted visits"],
    "several numbers": ["predicted one", "predicted other"],
    "several labels": [
        "predicted big", "predicted small", "probability of big", "probability of small",
    ],
    "quantiles": ["predicted worth", "0.2 quantile", "0.8 quantile"],
    "quantiles of two": [
        "predicted one", "predicted other", "one 0.2 quantile", "one 0.8 quantile",
        "other 0.2 quantile", "other 0.8 quantile",
    ],
}  # fmt: skip


def fitted(what: str) -> Any:
    options: dict[str, Any] = {"epochs": 3, "members": 2, "random_state": 0}
    if what in ("two classes", "three classes", "several labels"):
        return gn.TableClassifier("fast", **options).fit(X, TARGETS[what])
    if "quantiles" in what:
        options |= {"loss": "quantile", "quantiles": [0.2, 0.8]}
    if what == "counts":
        options["loss"] = "poisson"
    return gn.TableRegressor("fast", **options).fit(X, TARGETS[what])


def details(model: Any, what: str) -> Any:
    if hasattr(model, "predict_proba"):
        return model.predict_proba(X)
    return model.predict_quantiles(X) if "quantiles" in what else None


@pytest.mark.parametrize("what", TARGETS)
def test_its_columns_are_the_predictions_of_the_estimator_to_the_bit(what: str) -> None:
    model = fitted(what)
    face = face_of(model)
    shuffled = as_table(X[["shop", "same", "size"]].assign(new=1.0))

    found = face.columns(face.answers(face.outputs(face.encode(shuffled).x)))

    assert list(found) == NAMES[what]
    values = np.asarray(model.predict(X)).reshape(N, -1)
    for j, name in enumerate(NAMES[what][: values.shape[1]]):
        assert found[name].tolist() == values[:, j].tolist()
    beside = details(model, what)
    if beside is not None:
        flat = beside.reshape(N, -1)
        for j, name in enumerate(NAMES[what][values.shape[1] :]):
            assert found[name].tolist() == flat[:, j].tolist()


@pytest.mark.parametrize("what", TARGETS)
def test_targets_are_encoded_as_the_fit_encoded_them(what: str) -> None:
    model = fitted(what)
    targets = TARGETS[what] if isinstance(TARGETS[what], pd.DataFrame) else TARGETS[what].to_frame()
    table = as_table(pd.concat([X, targets], axis=1))

    y = face_of(model).encoded_target(table)

    assert y is not None
    np.testing.assert_allclose(y, model.head_.encoded(np.asarray(TARGETS[what])), rtol=1e-12)
    assert face_of(model).encoded_target(as_table(X)) is None


def test_the_first_network_is_that_of_the_estimator_with_its_encoders() -> None:
    face = face_of(fitted("numbers"))

    assert face.first.network is face.members[0]
    assert face.first.target.name == "worth"
    assert face.known == ("size", "shop", "same")
    assert face.encoder.names == ("size", "shop")


def test_text_in_the_place_of_several_numbers_is_named() -> None:
    face = face_of(fitted("several numbers"))
    table = Table(
        [*as_table(X).columns, as_column(["a"] * N, "one"), as_column([1.0] * N, "other")]
    )

    with pytest.raises(InvalidValue, match="'one' must hold numbers"):
        face.encoded_target(table)


def test_predictions_in_chunks_are_those_of_the_whole() -> None:
    model = fitted("two classes")
    whole = TablePredictions(model, "a.csv", "line")
    parts = TablePredictions(model, "a.csv", "line")
    table = as_table(X)
    rows = np.arange(N)

    wanted = whole.of(Chunk(table, rows))
    found = [parts.of(Chunk(table.take(some), some)) for some in np.array_split(rows, 7)]

    for name, values in wanted.columns.items():
        together = [value for part in found for value in part.columns[name]]
        assert together == list(values)
    assert (parts.rows, parts.faulty) == (N, 0)
