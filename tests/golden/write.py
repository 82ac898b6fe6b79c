"""Writes the golden model files of the present format; run once, when a format is new.

    python tests/golden/write.py

A release must read the files of every format there has been and predict as they did, so what lies
here is never written again. Beside each file its rows and predictions stand in JSON.
"""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np

import glassnet as gn
from glassnet.data.frames import as_column
from glassnet.data.tables import Table
from glassnet.estimators.table_fit import fit_table
from glassnet.estimators.table_plan import TableSettings
from glassnet.files.header import FORMAT_VERSION

ROWS = np.random.default_rng(7).normal(size=(40, 3)).round(3)
SIGNS = (ROWS[:, 0] > 0).astype(int)
NAMES = np.array(["ärger", "b, c", "日本"])[SIGNS + (ROWS[:, 1] > 0)]


def models() -> dict[str, Any]:
    """One of each kind, with every part that a format has."""
    some = {"max_iter": 4, "random_state": 0}
    network = gn.Network(
        3,
        [gn.Dense(4, gn.LeakyReLU(0.2), batch_norm=True, dropout=0.1), gn.Dense(1, "logistic")],
        loss="binary_cross_entropy",
        penalties=[gn.L2(1e-3)],
        input_stage=gn.Scaling((0.1, 0.2, 0.3), (1.0, 2.0, 3.0)),
        seed=5,
    )
    gn.train(network, ROWS, SIGNS, epochs=3, optimizer=gn.AdamW())
    two = [gn.Head(3, "softmax", "cross_entropy"), gn.Head(1, "exp", "poisson", scale=0.5)]
    heads = gn.Network(3, [gn.Dense(4, "tanh"), gn.output_layer(two)], dtype="float32", seed=1)
    return {
        "network": (network, True),
        "heads": (heads, False),
        "classifier": (
            gn.MLPClassifier((5,), "tanh", early_stopping=True, warm_start=True, **some).fit(
                ROWS, NAMES
            ),
            True,
        ),
        "multilabel": (
            gn.MLPClassifier((4,), **some).fit(ROWS, np.column_stack([SIGNS, 1 - SIGNS])),
            False,
        ),
        "regressor": (
            gn.MLPRegressor(hidden_layer_sizes=(4, 3), schedule=gn.Cosine(0.1), **some).fit(
                ROWS.astype(np.float32), ROWS[:, :2] ** 2
            ),
            False,
        ),
        "table": (fit_table(table(), "sold", TableSettings(hidden=(4,), epochs=5)).model, True),
    }


def table() -> Table:
    """Numbers, some of them missing, texts, booleans and a target of two classes."""
    size = np.where(np.arange(40) % 9 == 4, np.nan, ROWS[:, 0])
    colour = [None if k % 11 == 3 else ("red", "grün", "blue")[k % 3] for k in range(40)]
    return Table(
        [
            as_column(size, "size"),
            as_column(colour, "colour"),
            as_column(SIGNS.astype(bool), "open"),
            as_column(ROWS[:, 2], "weight"),
            as_column(np.where(ROWS[:, 1] > 0, "yes", "no"), "sold"),
        ]
    )


def predictions(model: Any) -> list[Any]:
    """What a model says of the rows, as numbers and texts."""
    if isinstance(model, gn.Network):
        return gn.predict(model, ROWS).tolist()
    if isinstance(model, gn.MLPRegressor | gn.MLPClassifier):
        scores = getattr(model, "predict_proba", model.predict)(ROWS)
        return [scores.tolist(), model.predict(ROWS).tolist()]
    return [model.probabilities(table()).tolist(), model.predict(table()).tolist()]


def main() -> None:
    """Write the files, each once."""
    warnings.simplefilter("ignore")
    folder = Path(__file__).parent / f"format-{FORMAT_VERSION}"
    folder.mkdir(exist_ok=True)
    for name, (model, training) in models().items():
        path = folder / f"{name}.glassnet"
        if path.exists():
            continue
        gn.save(model, path, training=training)
        expected = json.dumps(predictions(model), ensure_ascii=False)
        path.with_suffix(".json").write_text(expected + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
