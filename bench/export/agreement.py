"""Exported models beside their source: the largest difference, by data set, task and activation.

Each bundled data set is put to three tasks: two classes, several classes, and a number (diabetes is
cut at its median and its terciles; the others predict their first column). A pipeline of
StandardScaler and an estimator is fitted to it for each activation, with hidden layers of 32 and 16
units; exp and square have the first alone, since two layers of them magnify what float32 rounds
away. Tables of mixed columns, with missing values, are fitted by ``glassnet fit``. Then ONNX in
onnxruntime, C compiled by the system's compiler, and PyTorch answer all rows.

To reach: 10⁻⁶ of a probability, 10⁻⁵ standard deviations of the target of a regression.

Last, int8 in C on held-out digits and on MNIST (mnist.npz in the folder that GLASSNET_DATA names;
left out where it is not there): at most 0.5 % of accuracy lost.

    python bench/export/agreement.py [--quick] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.datasets import load_digits
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import glassnet as gn
from glassnet.arrays import Array
from glassnet.data.datasets import bundled
from glassnet.data.frames import as_column
from glassnet.data.tables import Table
from glassnet.estimators.table_fit import fit_table
from glassnet.estimators.table_plan import TableSettings
from glassnet.export.agreement import agreement, exported_answers
from glassnet.export.c.running import CompiledModel
from glassnet.export.rows import rows_for
from glassnet.export.source import source
from glassnet.network.activations import ACTIVATIONS

RESULTS = Path(__file__).resolve().parent.parent / "results" / "export.json"
DATA = ("iris", "wine", "breast_cancer", "digits", "diabetes")
TASKS = ("binary", "multiclass", "regression")
STEEP = ("exp", "square")
LIMITS = {"probability": 1e-6, "standard deviations": 1e-5}
WRITERS: dict[str, tuple[str, Callable[..., Any], dict[str, str]]] = {
    "onnx": ("m.onnx", gn.export_onnx, {}),
    "onnx float64": ("wide.onnx", gn.export_onnx, {"dtype": "float64"}),
    "c": ("m.c", gn.export_c, {}),
    "c float64": ("wide.c", gn.export_c, {"dtype": "float64"}),
    "torch": ("module", gn.export_torch, {}),
}


def hidden(activation: str) -> tuple[int, ...]:
    """Units of the hidden layers."""
    return (32,) if activation in STEEP else (32, 16)


def rows_and_targets(name: str, task: str) -> tuple[Array, Array]:
    """Columns as numbers that float32 has, and the targets of a task."""
    table = bundled(name)
    target = table["target"]
    columns = [column.values for column in table.without("target").columns]
    if task == "regression" and target.kind != "categorical" and name == "diabetes":
        y = target.values
    elif task == "regression":
        y, columns = columns[0], columns[1:]
        if name == "digits":  # whose first pixel is always 0
            y = sum(columns)
    elif name == "diabetes":
        cuts = [1 / 2] if task == "binary" else [1 / 3, 2 / 3]
        y = np.digitize(target.values, np.quantile(target.values, cuts))
    else:
        y = target.values
        y = (y == sorted(set(y))[0]).astype(int) if task == "binary" else y.astype(str)
    return np.column_stack(columns).astype(np.float32).astype(np.float64), y


def mixed(rows: int = 300) -> Table:
    """Numbers, texts and truth values, with gaps; three targets."""
    rng = np.random.default_rng(0)
    size, shop = rng.normal(40.0, 9.0, rows), rng.choice(["north", "south", "größe"], rows)
    member, far = rng.random(rows) < 0.5, rng.normal(1e9, 1e6, rows)
    number = size / 9 + 2 * (shop == "north") - 2 * member + rng.normal(0, 0.2, rows)
    gaps = rng.random((2, rows)) < 0.1

    def with_gaps(values: Array, gone: Array) -> list[Any]:
        return [None if lost else v for v, lost in zip(values.tolist(), gone, strict=True)]

    return Table(
        [
            as_column(with_gaps(size, gaps[0]), "size"),
            as_column(with_gaps(shop, gaps[1]), "shop"),
            as_column(member.tolist(), "member"),
            as_column(far, "far"),
            as_column((number > 4).tolist(), "binary"),
            as_column(np.array(["few", "many", "some"])[np.digitize(number, [3, 5])], "multiclass"),
            as_column(1000 + 25 * number, "regression"),
        ]
    )


def pipeline(task: str, activation: str, X: Array, y: Array) -> Any:
    """A fitted pipeline."""
    options = {"hidden_layer_sizes": hidden(activation), "activation": activation}
    kind = gn.MLPRegressor if task == "regression" else gn.MLPClassifier
    if task == "regression":
        y = (y - y.mean()) / y.std()
    model = make_pipeline(StandardScaler(), kind(**options, max_iter=10, random_state=0))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it has not converged
        return model.fit(X, y)


def models(quick: bool) -> Iterator[tuple[str, str, str, Any, Any]]:
    """Data set, task, activation, model, rows."""
    activations = ("tanh", "gelu", "exp") if quick else tuple(ACTIVATIONS)
    for name in ("iris",) if quick else DATA:
        for task in TASKS:
            X, y = rows_and_targets(name, task)
            for activation in activations:
                yield name, task, activation, pipeline(task, activation, X, y), X
    table = mixed()
    for task in TASKS:
        rows = table.without(*(other for other in TASKS if other != task))
        for activation in activations:
            settings = TableSettings(hidden=hidden(activation), activation=activation, epochs=10)
            yield "mixed", task, activation, fit_table(rows, task, settings).model, rows


def compared(model: Any, rows: Any, folder: Path) -> dict[str, Any]:
    """The largest difference of each exporter, and the unit."""
    found = source(model)
    given = rows_for(found, rows)
    result: dict[str, Any] = {}
    for name, (path, write, options) in WRITERS.items():
        write(model, folder / path, **options)
        seen = agreement(found, given, exported_answers(folder / path, found, given))
        # A pipeline's targets have a standard deviation of 1, but it does not know that.
        known = found.answer.of_classes or found.answer.restored
        spread = 1.0 if known else float(found.answers(given).std())
        result |= {name: seen.largest * spread, "unit": seen.unit}
    return result


def lost(model: Any, calibration: Array, X: Array, y: Array, folder: Path) -> dict[str, Any]:
    """Accuracy of the model and of its int8 C file, in percent."""
    made = gn.export_c(model, folder / "eight.c", dtype="int8", calibration=calibration)
    answers = CompiledModel(source(model), made.paths[0], folder).answers(X)
    eight = model.classes_[answers.argmax(axis=1)]
    own = 100 * float(np.mean(model.predict(X) == y))
    return {
        "rows": len(X), "accuracy": own, "int8": 100 * float(np.mean(eight == y)),
        "constants": made.constants, "stack": made.stack,
    }  # fmt: skip


def eight_bits(quick: bool) -> Iterator[tuple[str, dict[str, Any]]]:
    """Digits for three splits and activations, then MNIST."""
    X, y = load_digits(return_X_y=True)
    for seed in range(1 if quick else 3):
        order = np.random.default_rng(seed).permutation(len(X))
        train, test = order[:1200], order[1200:]
        for activation in ("relu",) if quick else ("relu", "tanh", "gelu"):
            with warnings.catch_warnings(), tempfile.TemporaryDirectory() as folder:
                warnings.simplefilter("ignore")
                clf = gn.MLPClassifier((64, 32), activation, max_iter=60, random_state=seed)
                clf.fit(X[train], y[train])
                name = f"digits, {activation}, split {seed}"
                yield name, lost(clf, X[train[:300]], X[test], y[test], Path(folder))
    place = Path(os.environ.get("GLASSNET_DATA", "")) / "mnist.npz"
    if quick or not os.environ.get("GLASSNET_DATA") or not place.is_file():
        return
    held = np.load(place)
    X, X_test = (
        held[f"X_{part}"].reshape(-1, 784).astype(np.float32) / 255 for part in ("train", "test")
    )
    y, y_test = held["y_train"], held["y_test"]
    with warnings.catch_warnings(), tempfile.TemporaryDirectory() as folder:
        warnings.simplefilter("ignore")
        clf = gn.MLPClassifier((128,), max_iter=4, batch_size=128, random_state=0).fit(X, y)
        yield "MNIST, relu", lost(clf, X[:500], X_test, y_test, Path(folder))


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a few of them, written nowhere")
    parser.add_argument("--json", type=Path, default=RESULTS)
    options = parser.parse_args()
    cells: list[dict[str, Any]] = []
    for name, task, activation, model, rows in models(options.quick):
        with tempfile.TemporaryDirectory() as folder:
            found = compared(model, rows, Path(folder))
        cells.append({"data": name, "task": task, "activation": activation, **found})
        shown = "  ".join(f"{writer} {found[writer]:.1e}" for writer in WRITERS)
        beyond = [w for w in WRITERS if not found[w] <= LIMITS[found["unit"]]]
        print(f"{name:14}{task:11}{activation:11}{shown}", "BEYOND:" if beyond else "", *beyond)
    rounded: dict[str, Any] = {}
    for name, found in eight_bits(options.quick):
        rounded[name] = found
        print(f"{name:24} {found['accuracy']:.2f} % in float, {found['int8']:.2f} % in int8")
    print(summary(cells))
    if not options.quick:
        machine = {"python": platform.python_version(), "machine": platform.machine()}
        told = {"machine": machine, "limits": LIMITS, "cells": cells, "int8": rounded}
        options.json.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


def summary(cells: list[dict[str, Any]]) -> str:
    """The worst of each exporter, by unit."""
    lines: list[str] = []
    for unit, limit in LIMITS.items():
        of = [cell for cell in cells if cell["unit"] == unit]
        for writer in WRITERS:
            worst = max(of, key=lambda cell: cell[writer])
            where = ", ".join(worst[key] for key in ("data", "task", "activation"))
            good = sum(cell[writer] <= limit for cell in of)
            lines.append(
                f"{writer:13} {unit}: at most {worst[writer]:.1e} ({where}); "
                f"{good} of {len(of)} within {limit:.0e}"
            )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
