"""How long a fit of a made table takes, and how much memory its process needs at most.

20 columns of normal numbers; the target is a smooth function of eight of them with noise, or
whether that is above 0. Every fit has a process of its own, started for it: its peak holds Python,
the libraries, the table and the fit. Rows are merged into the record.

    python bench/accuracy/tables_size.py [--rows 6000,500000] [--presets fast,default] [--threads 2]

``--limit`` ends a fit that takes longer than so many seconds; the record says so. With
``--unquiet`` the record says that the machine had other work meanwhile.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from table_record import read_runs, write_runs

import glassnet as gn

RECORD = Path(__file__).resolve().parent.parent / "results" / "tables_size.json"
_KEY = ("preset", "task", "rows", "threads")
_COLUMNS = 20


def options() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", default="6000", help="numbers, by commas")
    parser.add_argument("--presets", default="fast,default", help="names, by commas")
    parser.add_argument("--tasks", default="classification,regression", help="names, by commas")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--limit", type=float, default=1200.0, help="seconds of a fit at most")
    parser.add_argument("--unquiet", action="store_true")
    parser.add_argument("--json", type=Path, default=RECORD)
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def made(rows: int, task: str) -> tuple[Any, Any]:
    """(rows, 20) float64 and its target."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((rows, _COLUMNS))
    y = (
        np.sin(2 * X[:, 0])
        + X[:, 1] * X[:, 2]
        + np.abs(X[:, 3])
        - X[:, 4]
        + np.tanh(X[:, 5] + X[:, 6])
    )
    y += 0.3 * X[:, 7] ** 2 + 0.3 * rng.standard_normal(rows)
    return X, np.where(y > np.median(y), "above", "below") if task == "classification" else y


def fit(preset: str, task: str, rows: int, threads: int) -> dict[str, Any]:
    """Seconds of a fit in this process, the most memory of it, and what its notes say."""
    X, y = made(rows, task)
    kind = gn.TableClassifier if task == "classification" else gn.TableRegressor
    model = kind(preset, random_state=0, threads=threads)
    began = time.perf_counter()
    model.fit(X, y)
    seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024  # kibibytes on Linux
    return {
        "seconds": round(seconds, 2),
        "peak_bytes": peak,
        "notes": [str(n) for n in model.notes_],
    }


def measured(preset: str, task: str, rows: int, asked: argparse.Namespace) -> dict[str, Any]:
    """The same in a process of its own."""
    command = [
        sys.executable, __file__, "--one", "--presets", preset, "--tasks", task,
        "--rows", str(rows), "--threads", str(asked.threads),
    ]  # fmt: skip
    threads = {name: str(asked.threads) for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")}
    try:
        done = subprocess.run(
            command, check=True, stdout=subprocess.PIPE, text=True, timeout=asked.limit,
            env={**os.environ, **threads},
        )  # fmt: skip
        found = json.loads(done.stdout.splitlines()[-1])
    except subprocess.TimeoutExpired:
        found = {"seconds": None, "notes": [f"ended after {asked.limit:g} seconds"]}
    return {
        "preset": preset, "task": task, "rows": rows, "columns": _COLUMNS, "threads": asked.threads,
        **found, "quiet": not asked.unquiet, "version": gn.__version__,
        "machine": platform.machine(),
    }  # fmt: skip


def main() -> None:
    """Measure and write; after each fit."""
    asked = options()
    chosen = [
        (preset, task, int(rows))
        for rows in asked.rows.split(",")
        for preset in asked.presets.split(",")
        for task in asked.tasks.split(",")
    ]
    if asked.one:
        print(json.dumps(fit(*chosen[0], asked.threads)))
        return
    for preset, task, rows in chosen:
        run = measured(preset, task, rows, asked)
        write_runs(asked.json, [*read_runs(asked.json), run], _KEY)
        print(
            f"{preset} {task} {rows:,} × {_COLUMNS}: {run['seconds']} s, "
            f"{run.get('peak_bytes', 0) / 1e9:.2f} GB; {' '.join(run['notes'])}",
            flush=True,
        )


if __name__ == "__main__":
    main()
