"""Growth beside halving, TPE and random search at equal wall time, on the same folds and space.

    python bench/search/growth.py --data FOLDER [--sets digits concrete] [--seconds 25]

For each set and method: the lowest validation error (1 − accuracy, or 1 − R²) over time, and the
parameters of the network that has it. Growth is held against halving: has it come to halving's
error at all, how soon, and with how many parameters?
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from rows import RESULTS, write
from sklearn import datasets

import glassnet as gn

BUNDLED = {"digits": True, "breast_cancer": True, "diabetes": False}  # whether classes
TARGETS = {"concrete": "strength_mpa", "kin8nm": "y", "energy": "heating_load", "power_plant": "PE"}
SETS = ["digits", "breast_cancer", "diabetes", "concrete", "kin8nm"]
METHODS = ["growth", "halving", "tpe", "random"]


def standardised(values: Any) -> Any:
    """Each column less its mean, over its spread."""
    spread = values.std(axis=0)
    return (values - values.mean(axis=0)) / np.where(spread > 0, spread, 1.0)


def rows(name: str, folder: str | None) -> tuple[Any, Any]:
    """Standardised inputs as float32, and the target."""
    if name in BUNDLED:
        x, y = getattr(datasets, f"load_{name}")(return_X_y=True)
    else:
        if not folder or not Path(folder).is_dir():
            print(f"{name} skipped: no data folder. Give --data FOLDER or set GLASSNET_DATA.")
            sys.exit(0)
        table = pq.read_table(Path(folder) / f"{name}.parquet").to_pandas()
        table = table[[column for column in table if not column.startswith("test_")]]
        y = table.pop(TARGETS[name]).to_numpy(dtype=float)
        x = table.to_numpy(dtype=float)
    return standardised(x).astype("float32"), y if BUNDLED.get(name) else standardised(y)


def searched(x: Any, y: Any, method: str, seconds: float, workers: int, seed: int) -> Any:
    """One method: its best over time as (seconds, error, parameters), and what it found last."""
    begun, trace = time.monotonic(), []

    def hear(outcome: Any) -> None:
        error = 1 - outcome.score
        if outcome.scores and (not trace or error < trace[-1][1]):
            trace.append((round(time.monotonic() - begun, 2), error, outcome.parameters))

    told = {"trials": 10**6, "time_budget": seconds, "workers": workers, "seed": seed}
    found = gn.search(x, y, method=method, on_outcome=hear, **told)
    best = max(found.records, key=lambda record: (record.last.score, -record.number))
    return {
        "error": 1 - found.best_score,
        "test_error": 1 - found.test_score,
        "parameters": best.last.parameters,
        "hidden_layer_sizes": list(found.best_parameters["hidden_layer_sizes"]),
        "trials": len(found.records),
        "epochs": sum(record.last.epochs for record in found.records),
        "trace": trace,
    }


def reached(found: Any, error: float) -> tuple[float, int] | None:
    """When a method first had an error as low as that, and with how many parameters."""
    there = [(when, size) for when, value, size in found["trace"] if value <= error + 1e-12]
    return there[0] if there else None


def measure(name: str, told: argparse.Namespace) -> dict[str, Any]:
    """The methods asked for on one set, beside those that were measured before."""
    x, y = rows(name, told.data)
    path = Path(told.json) if told.json else RESULTS / "search_growth.json"
    kept = json.loads(path.read_text())["results"] if path.exists() else {}
    found = kept.get(name, {}).get("methods", {}) | {
        method: searched(x, y, method, told.seconds, told.workers, told.seed)
        for method in told.methods
    }
    halving = found["halving"]
    there, then = reached(found["growth"], halving["error"]), reached(halving, halving["error"])
    assert then is not None
    won = there is not None and (there[1] < then[1] or there[0] < then[0])
    for method, each in found.items():
        print(
            f"{name:14} {method:8} error {each['error']:.4f} (test {each['test_error']:.4f})  "
            f"{each['parameters']:7,} parameters  {each['trials']:4} trials",
            flush=True,
        )
    words = "never" if there is None else f"after {there[0]:.1f} s with {there[1]:,} parameters"
    print(
        f"{name:14} halving's error: growth {words}, halving after {then[0]:.1f} s with "
        f"{then[1]:,}",
        flush=True,
    )
    return {"rows": len(x), "seconds": told.seconds, "workers": told.workers, "seed": told.seed,
            "growth_reached": there, "halving_reached": then, "won": won,
            "methods": found}  # fmt: skip


def main() -> None:
    """All sets asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", default=os.environ.get("GLASSNET_DATA"), help="folder")
    parser.add_argument("--sets", nargs="+", default=SETS, choices=[*BUNDLED, *TARGETS])
    parser.add_argument("--methods", nargs="+", default=METHODS, choices=METHODS)
    parser.add_argument("--json", help="file to write; results of sets it has stay")
    for option, value in {"seconds": 25.0, "workers": 2, "seed": 0}.items():
        parser.add_argument(f"--{option}", type=type(value), default=value)
    told = parser.parse_args()
    x, y = rows("diabetes", None)
    gn.search(x[:60], y[:60], trials=1, epochs=1)  # what is imported at first is nobody's time
    for name in told.sets:
        write(told, "search_growth", {name: measure(name, told)})


if __name__ == "__main__":
    main()
