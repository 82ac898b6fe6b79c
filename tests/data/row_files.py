"""Sets of rows on disk that the tests of streams share."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import parquet


def numbered(m=1000, d=3, seed=0):
    """X whose last column is the number of the row, and y that follows from the others."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(m, d)).astype("float32")
    y = np.tanh(X[:, 0] - X[:, 1]).astype("float32")
    X[:, -1] = np.arange(m) / m
    return X, y


def write_parquet(folder: Path, X, y, *, files=3, group=97, more=None):
    """The rows in some files; ``more`` are columns beside x0, x1, … and y."""
    folder.mkdir(parents=True, exist_ok=True)
    for k, rows in enumerate(np.array_split(np.arange(len(X)), files)):
        columns = {f"x{j}": X[rows, j] for j in range(X.shape[1])} | {"y": y[rows]}
        columns |= {name: np.asarray(values)[rows] for name, values in (more or {}).items()}
        parquet.write_table(pa.table(columns), folder / f"{k}.parquet", row_group_size=group)
    return folder


def break_group(path: Path, number: int):
    """Overwrite the pages of one row group, so that it cannot be read."""
    meta = parquet.ParquetFile(path).metadata.row_group(number)
    data = bytearray(path.read_bytes())
    for j in range(meta.num_columns):
        column = meta.column(j)
        start = column.dictionary_page_offset or column.data_page_offset
        data[start : start + 20] = b"\xff" * 20
    path.write_bytes(bytes(data))
