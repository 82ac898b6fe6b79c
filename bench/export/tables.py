"""Exported table estimators beside their source: the largest difference, by target and preset.

A table of 1,500 rows with every kind of column (numbers, far and with gaps, levels, rare ones, an
order, truths, dates with and without a zone) is put to every kind of target. ONNX in onnxruntime,
C compiled by the system's compiler, and PyTorch answer 700 rows: 500 of training, and 200 with
cells that are missing, levels that are new and numbers far out of range. C of "default", whose
four networks make 20 MB of text, is compiled for two targets only.

To reach: 10⁻⁶ of a probability, 10⁻⁵ standard deviations of a number.

    python bench/export/tables.py [--quick] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import platform
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import glassnet as gn
from glassnet.export.agreement import agreement, exported_answers
from glassnet.export.rows import made_rows, rows_for
from glassnet.export.source import source

RESULTS = Path(__file__).resolve().parent.parent / "results" / "export_tables.json"
LIMITS = {"probability": 1e-6, "standard deviations": 1e-5}
WRITERS: dict[str, tuple[str, Callable[..., Any], dict[str, str]]] = {
    "onnx": ("m.onnx", gn.export_onnx, {}),
    "onnx float64": ("wide.onnx", gn.export_onnx, {"dtype": "float64"}),
    "torch": ("module", gn.export_torch, {}),
    "c": ("m.c", gn.export_c, {}),
    "c float64": ("wide.c", gn.export_c, {"dtype": "float64"}),
}
IN_C = ("classes", "number")  # of "default"


def table(rows: int = 1500) -> tuple[pd.DataFrame, dict[str, tuple[Any, dict[str, Any], Any]]]:
    """A frame, and of each target the estimator, its parameters and y."""
    rng = np.random.default_rng(0)
    size, far = rng.normal(40.0, 9.0, rows), rng.normal(1e9, 1e6, rows)
    shop = rng.choice([f"shop {k}" for k in range(40)], rows, p=_falling(40))
    sent = pd.Timestamp("1990-01-01") + pd.to_timedelta(rng.random(rows) * 1.1e9, unit="s")
    paid = pd.Timestamp("2001-01-01", tz="UTC") + pd.to_timedelta(rng.random(rows) * 7e8, unit="s")
    grade = pd.Categorical(
        rng.choice(["low", "mid", "high"], rows), ["low", "mid", "high"], ordered=True
    )
    X = pd.DataFrame({
        "size": size, "far": far, "few": rng.integers(0, 4, rows) * 1.5, "shop": shop,
        "sex": rng.choice(["f", "m"], rows), "grade": grade, "member": rng.random(rows) < 0.4,
        "sent": sent, "paid": paid.tz_convert("Europe/Berlin"),
    })  # fmt: skip
    number = size / 9 + 2 * (shop == "shop 0") + 3 * (grade == "high") + rng.normal(0, 0.3, rows)
    for name in ("size", "shop", "grade", "sent"):
        X.loc[rng.random(rows) < 0.08, name] = None
    classes = np.array(["few", "many", "some"])[np.digitize(number, [4, 6])]
    labels = np.column_stack([number > 4, number > 6, shop == "shop 0"]).astype(int)
    clf, reg, tempered = gn.TableClassifier, gn.TableRegressor, {"calibrate": "temperature"}
    return X, {
        "two classes": (clf, {}, number > 5),
        "classes": (clf, tempered, classes),
        "labels": (clf, tempered, labels),
        "number": (reg, {}, 1000 + 25 * number),
        "standard scaling": (reg, {"scaling": "standard"}, number),
        "quantile scaling": (reg, {"scaling": "quantile"}, number),
        "quantiles": (reg, {"loss": "quantile"}, number),
        "counts": (reg, {"loss": "poisson"}, np.floor(np.exp(number / 4))),
        "two numbers": (reg, {}, np.column_stack([number, 1000 + number**2])),
    }


def _falling(levels: int) -> Any:
    shares = 1 / np.arange(1, levels + 1) ** 2
    return shares / shares.sum()


def compared(est: Any, X: pd.DataFrame, writers: list[str]) -> dict[str, Any]:
    """The largest difference of each exporter, the unit, and what writing took and made."""
    found = source(est)
    found_rows = [rows_for(found, X.head(500)), made_rows(found, 200, 0)]
    result: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        for name in writers:
            file, write, options = WRITERS[name]
            path = Path(folder) / file
            began = time.perf_counter()
            write(est, path, **options)
            seconds = time.perf_counter() - began
            seen = [agreement(found, r, exported_answers(path, found, r)) for r in found_rows]
            result |= {name: max(each.largest for each in seen), "unit": seen[0].unit}
            result[f"{name}, seconds to write"] = round(seconds, 2)
            if path.is_file():
                result[f"{name}, bytes"] = path.stat().st_size
    return result


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help='"fast" only, written nowhere')
    parser.add_argument("--json", type=Path, default=RESULTS)
    options = parser.parse_args()
    X, targets = table()
    cells: list[dict[str, Any]] = []
    for preset in ("fast",) if options.quick else ("fast", "default"):
        for target, (kind, parameters, y) in targets.items():
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                est = kind(preset, epochs=6, random_state=0, **parameters).fit(X, y)
            in_c = preset == "fast" or target in IN_C
            found = compared(est, X, [name for name in WRITERS if in_c or not name.startswith("c")])
            cells.append({"preset": preset, "target": target, **found})
            asked = [name for name in WRITERS if name in found]
            beyond = [name for name in asked if not found[name] <= LIMITS[found["unit"]]]
            shown = "  ".join(f"{name} {found[name]:.1e}" for name in asked)
            print(f"{preset:8} {target:17} {shown}", *(["BEYOND:", *beyond] if beyond else []))
    for unit in LIMITS:
        of = [cell for cell in cells if cell["unit"] == unit]
        worst = {name: max(cell.get(name, 0.0) for cell in of) for name in WRITERS}
        print(unit, "at most", "  ".join(f"{name} {each:.1e}" for name, each in worst.items()))
    if not options.quick:
        machine = {"python": platform.python_version(), "machine": platform.machine()}
        told = {"machine": machine, "limits": LIMITS, "cells": cells}
        options.json.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
