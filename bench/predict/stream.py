"""``glassnet predict`` on a file larger than what it may keep: rows per second, and its memory.

A model of 20 columns, 100 units and two classes (the network of workload W2) predicts made rows
from CSV and from Parquet, to CSV and to Parquet. Each job is a process of its own on one thread;
its memory is looked at after every chunk, and stands here as what was added after the first.

    python bench/predict/stream.py [--rows 1000000] [--json FILE]

To reach: less than 20 MB on 10,000,000 rows of CSV, and 500,000 rows per second from Parquet to
Parquet. The files lie in a temporary folder (--folder) that is removed; 10,000,000 rows take 3 GB.
Linux only.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

import glassnet as gn

HERE = Path(__file__).resolve()
RESULTS = HERE.parent.parent / "results" / "predict_stream.json"
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "GLASSNET_THREADS": "1"}
COLUMNS = 20
CHUNK = 100_000
JOBS = [("csv", "csv"), ("parquet", "csv"), ("parquet", "parquet")]


def write_model(path: Path) -> None:
    """The model file: W2's network, untrained, behind the encoders of its columns."""
    from glassnet.data.encode import TableEncoder
    from glassnet.data.frames import as_table
    from glassnet.data.targets import TargetEncoder
    from glassnet.estimators.table_model import TableModel

    rng = np.random.default_rng(0)
    table = as_table(rng.normal(size=(1000, COLUMNS)), [f"x{j}" for j in range(COLUMNS)])
    layers = [gn.Dense(100, "relu"), gn.Dense(1, "logistic")]
    net = gn.Network(COLUMNS, layers, loss="binary_cross_entropy", seed=0)
    target = TargetEncoder("y", "binary", ("no", "yes"))
    gn.save(TableModel(TableEncoder.fit(table), target, net, {}), path)


def write_rows(folder: Path, rows: int) -> None:
    """The same rows as CSV and as Parquet."""
    import pyarrow as pa
    from pyarrow import csv, parquet

    rng = np.random.default_rng(1)
    names = [f"x{j}" for j in range(COLUMNS)]
    schema = pa.schema([(name, pa.float64()) for name in names])
    with (
        csv.CSVWriter(folder / "rows.csv", schema) as lines,
        parquet.ParquetWriter(folder / "rows.parquet", schema) as groups,
    ):
        for start in range(0, rows, CHUNK):
            values = rng.normal(size=(min(CHUNK, rows - start), COLUMNS)).round(4)
            table = pa.table(dict(zip(names, values.T, strict=True)), schema=schema)
            lines.write(table)
            groups.write(table)


def memory() -> float:
    """VmRSS of this process, in MB."""
    lines = Path("/proc/self/status").read_text("utf-8").splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) * 1024 / 1e6


def child(arguments: list[str]) -> None:
    """Run the command, and print what it took."""
    import importlib

    from glassnet.cli.main import run
    from glassnet.estimators.table_predictions import TablePredictions

    command = importlib.import_module("glassnet.cli.predict")
    seen: list[float] = []

    class Watched(TablePredictions):
        def of(self, chunk: Any) -> Any:
            answer = super().of(chunk)
            seen.append(memory())
            return answer

    command.__dict__["TablePredictions"] = Watched
    start, used = time.perf_counter(), time.process_time()
    status = run(["predict", *arguments, "--quiet"])
    found = {
        "status": status,
        "seconds": time.perf_counter() - start,
        "processor_seconds": time.process_time() - used,
        "chunks": len(seen),
        # The first chunk's own memory is not whole before it has been written.
        "growth_mb": round(max(seen) - seen[min(1, len(seen) - 1)], 2),
        "memory_mb": round(max(seen), 1),
    }
    print(json.dumps(found))


def measured(folder: Path, source: str, output: str, rows: int) -> dict[str, Any]:
    """One job."""
    files = [str(folder / name) for name in ("m.glassnet", f"rows.{source}", f"out.{output}")]
    command = [sys.executable, str(HERE), "--child", files[0], files[1], "-o", files[2]]
    done = subprocess.run(
        command, stdout=subprocess.PIPE, check=True, env={**os.environ, **ONE_THREAD}
    )
    found = json.loads(done.stdout)
    if found["status"]:
        raise SystemExit(f"{source} to {output} ended with {found['status']}")
    return {**found, "rows_per_second": round(rows / found["seconds"])}


def main() -> None:
    """Make the files, run the jobs, write what they took."""
    if sys.argv[1:2] == ["--child"]:
        child(sys.argv[2:])
        return
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--folder", help="where the temporary folder is made")
    parser.add_argument("--json", type=Path, default=RESULTS, help="file to write")
    options = parser.parse_args()
    results: dict[str, Any] = {"rows": options.rows}
    with tempfile.TemporaryDirectory(dir=options.folder) as place:
        folder = Path(place)
        write_model(folder / "m.glassnet")
        write_rows(folder, options.rows)
        for source, output in JOBS:
            results[f"{source} to {output}"] = measured(folder, source, output, options.rows)
            (folder / f"out.{output}").unlink()
    options.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
