"""Predictions and scores of rows on disk: what memory they take beside the output.

    python bench/streams/answers.py [--rows 2000000] [--folder FOLDER] [--json FILE]

2,000,000 rows of 20 inputs and a class of text are written as Parquet, in float32 and in float64,
in row groups of 65,536 rows and in pyarrow's own of 1,048,576, and as .npy. Each is predicted by a
process of its own: an MLPClassifier of 20-100-1 trained on a thousand rows, which has predicted a
small file before. The growth is VmHWM, which the system counts, from then on, less the output.
Files lie in a temporary folder that is removed. Linux only.

To reach: a growth below 64 MB.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

import glassnet as gn

HERE = Path(__file__).resolve()
RESULTS = HERE.parent.parent / "results" / "streams_answers.json"
INPUTS = 20
PART = 65_536
SMALL = 1000
NAMES = [f"x{j}" for j in range(INPUTS)]
JOBS = [
    ("float32", "predict"),
    ("float32", "predict_proba"),
    ("float32", "score"),
    ("float64", "predict"),
    ("float64", "score"),
    ("large-groups", "predict"),
    ("arrays", "predict"),
    ("arrays", "predict_proba"),
]


def some_rows(number: int, rows: int) -> np.ndarray:
    """Part of the rows, (rows, 20) float64: the same for the same number."""
    return np.random.Generator(np.random.Philox(key=number)).standard_normal((rows, INPUTS))


def classes(x: np.ndarray) -> np.ndarray:
    """Two classes of text that follow from two inputs."""
    return np.where(x[:, 0] * x[:, 1] > 0, "yes", "no")


def write(folder: Path, rows: int) -> None:
    """The rows in each of the formats; a part of them is in memory at a time."""
    import pyarrow as pa
    from pyarrow import parquet

    parts = [(k, min(PART, rows - k * PART)) for k in range(-(-rows // PART))]
    how = {"use_dictionary": ["y"], "compression": "none"}
    for name, dtype, size in (
        ("float32", "float32", PART),
        ("float64", "float64", PART),
        ("large-groups", "float64", 2**20),
    ):
        schema = pa.schema([*((x, pa.from_numpy_dtype(dtype)) for x in NAMES), ("y", pa.string())])
        with parquet.ParquetWriter(folder / f"{name}.parquet", schema, **how) as out:
            held: list[Any] = []
            for k, count in parts:
                x = some_rows(k, count)
                columns = dict(zip(NAMES, x.astype(dtype).T, strict=True)) | {"y": classes(x)}
                held.append(pa.table(columns, schema=schema))
                if size == PART or len(held) * PART == size or k == parts[-1][0]:
                    out.write_table(pa.concat_tables(held), row_group_size=size)
                    held = []
    X = np.lib.format.open_memmap(folder / "X.npy", "w+", "float32", (rows, INPUTS))
    for k, count in parts:
        X[k * PART : k * PART + count] = some_rows(k, count)
    X.flush()


def rows_of(folder: Path, kind: str) -> gn.Rows:
    """The rows of a job."""
    if kind == "arrays":
        return gn.Rows(folder / "X.npy")
    return gn.Rows(folder / f"{kind}.parquet", "y")


def model(small: Path, kind: str) -> gn.MLPClassifier:
    """A classifier that was trained on the small files, and has predicted them."""
    rows = rows_of(small, kind)
    clf = gn.MLPClassifier((100,), max_iter=30, random_state=0, n_iter_no_change=100)
    if kind == "arrays":
        X = np.load(small / "X.npy")
        clf.fit(X, classes(X))
    else:
        clf.fit(rows)
        clf.score(rows)
    clf.predict(rows)
    return clf


def memory(what: str) -> float:
    """VmHWM or VmRSS of this process, in MB."""
    lines = Path("/proc/self/status").read_text("utf-8").splitlines()
    return int(next(line for line in lines if line.startswith(what)).split()[1]) * 1024 / 1e6


def child(folder: Path, small: Path, kind: str, method: str) -> None:
    """Predict, and print what it took."""
    import warnings

    warnings.simplefilter("ignore")
    ask = getattr(model(small, kind), method)
    rows = rows_of(folder, kind)
    Path("/proc/self/clear_refs").write_text("5", "ascii")  # VmHWM begins anew
    before = memory("VmRSS")
    found = np.asarray(ask(rows))
    print(
        json.dumps(
            {
                "rows": len(rows.open(targets=False)),
                "output_mb": round(found.nbytes / 1e6, 1),
                "growth_beside_output_mb": round(memory("VmHWM") - before - found.nbytes / 1e6, 1),
                "process_peak_mb": round(memory("VmHWM"), 1),
            }
        )
    )


def main() -> None:
    """Measure, print and keep what was found."""
    if sys.argv[1:2] == ["--child"]:
        child(Path(sys.argv[2]), Path(sys.argv[3]), *sys.argv[4:])
        return
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--folder", type=Path, help="where the temporary folder is made")
    parser.add_argument("--json", type=Path, default=RESULTS, help="file to write")
    options = parser.parse_args()
    found: dict[str, Any] = {
        "inputs": INPUTS,
        "window_mb": round(gn.Rows("").buffer_bytes / 1e6, 1),
    }
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder, small = Path(name), Path(name) / "small"
        small.mkdir()
        write(folder, options.rows)
        write(small, SMALL)
        for kind, method in JOBS:
            command = [sys.executable, str(HERE), "--child", name, str(small), kind, method]
            told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            found[f"{method} of {kind}"] = json.loads(told)
            print(f"{method} of {kind}: {told.strip()}", flush=True)
    options.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
