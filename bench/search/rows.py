"""What the benchmarks of the search share: the rows, the options, and their JSON."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import sklearn

import glassnet as gn

RESULTS = Path(__file__).resolve().parent.parent / "results"
CLASSES = {"digits": True, "covertype": True, "concrete": False}


def options(text: str | None, **numbers: Any) -> argparse.Namespace:
    """Parse ``--data``, ``--sets``, ``--json`` and an option for each number."""
    parser = argparse.ArgumentParser(
        description=text, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", default=os.environ.get("GLASSNET_DATA"), help="folder")
    parser.add_argument("--sets", nargs="+", default=list(CLASSES), choices=list(CLASSES))
    parser.add_argument("--json", help="file to write; results of sets it has stay")
    for name, value in numbers.items():
        parser.add_argument(f"--{name}", type=type(value), default=value)
    return parser.parse_args()


def rows(name: str, folder: str | None) -> tuple[Any, Any]:
    """Standardised inputs as float32 (categories as columns of 0 and 1), and the target."""
    if name == "digits":
        from sklearn.datasets import load_digits

        x, y = load_digits(return_X_y=True)
    else:
        import pandas as pd

        if not folder or not Path(folder).is_dir():
            print(f"{name} skipped: no data folder. Give --data FOLDER or set GLASSNET_DATA.")
            sys.exit(0)
        file = {"covertype": "covertype_93k", "concrete": "concrete"}[name]
        table = pd.read_parquet(Path(folder) / f"{file}.parquet")
        table = table[[column for column in table if not column.startswith("test_")]]
        target = {"covertype": "Cover_Type", "concrete": "strength_mpa"}[name]
        y = table.pop(target).to_numpy()
        x = pd.get_dummies(table).to_numpy(dtype=float)
    y = y.astype(int) if CLASSES[name] else (y - y.mean()) / y.std()
    spread = x.std(axis=0)
    return ((x - x.mean(axis=0)) / np.where(spread > 0, spread, 1.0)).astype("float32"), y


def searched(x: Any, y: Any, seconds: float, **told: Any) -> dict[str, Any]:
    """``gn.search`` for so long: what it found, and when."""
    begun, used, trace = time.monotonic(), time.process_time(), []

    def hear(outcome: Any) -> None:
        if outcome.scores and (not trace or outcome.score > trace[-1][1]):
            trace.append((round(time.monotonic() - begun, 2), outcome.score))

    found = gn.search(x, y, trials=10**6, time_budget=seconds, on_outcome=hear, **told)
    return {
        "best": found.best_score,
        "test": found.test_score,
        "trials": len(found.records),
        "epochs": sum(record.last.epochs for record in found.records),
        "cpu_seconds": round(time.process_time() - used, 1),
        "trace": trace,
        "parameters": {name: repr(value) for name, value in found.best_parameters.items()},
    }


def write(told: argparse.Namespace, name: str, results: dict[str, Any]) -> None:
    """Write the results of the sets that were run, beside those of others in the file."""
    path = Path(told.json) if told.json else RESULTS / f"{name}.json"
    kept = json.loads(path.read_text())["results"] if path.exists() else {}
    versions = {
        "glassnet": gn.__version__,
        "optuna": optuna.__version__,
        "scikit-learn": sklearn.__version__,
        "numpy": np.__version__,
        "python": platform.python_version(),
        "machine": platform.machine(),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"versions": versions, "results": kept | results}, indent=1)
    path.write_text(text + "\n")
    print(f"written: {path.name}")
