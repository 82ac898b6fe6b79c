"""Rows larger than memory, for ``throughput.py``: Parquet files of 31 inputs and a target, float32.

    python bench/streams/make_rows.py FOLDER [--rows 20000000] [--files 8]

20,000,000 rows take 2.6 GB. The target is a function of ten inputs with interactions (Friedman,
1991, with more terms) and noise. Files are written a row group at a time.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

INPUTS = 31
GROUP = 65_536
NAMES = [*(f"x{j}" for j in range(INPUTS)), "y"]


def group_of_rows(number: int, rows: int) -> np.ndarray:
    """The rows of one row group, (rows, 32) float32: the same for the same number."""
    rng = np.random.Generator(np.random.Philox(key=number))
    values = rng.standard_normal((rows, INPUTS + 1), dtype=np.float32)
    x = values[:, :INPUTS]
    values[:, INPUTS] = (
        np.sin(2 * x[:, 0] * x[:, 1])
        + 0.5 * x[:, 2] ** 2
        + x[:, 3] * np.abs(x[:, 4])
        + np.tanh(x[:, 5:10].sum(axis=1))
        + 0.3 * values[:, INPUTS]
    )
    return values


def write(folder: Path, rows: int, files: int) -> int:
    """Write the files; return their bytes."""
    import pyarrow as pa
    from pyarrow import parquet

    folder.mkdir(parents=True, exist_ok=True)
    schema = pa.schema([(name, pa.float32()) for name in NAMES])
    groups = [(k, min(GROUP, rows - k * GROUP)) for k in range(-(-rows // GROUP))]
    for file, part in enumerate(np.array_split(np.array(groups), files)):
        path = folder / f"rows-{file:02d}.parquet"
        # Random digits do not compress, and a dictionary of them is longer than they are.
        with parquet.ParquetWriter(path, schema, use_dictionary=False, compression="none") as out:
            for number, count in part.tolist():
                columns = group_of_rows(number, count).T
                table = pa.table(dict(zip(NAMES, columns, strict=True)), schema=schema)
                out.write_table(table, row_group_size=GROUP)
    return sum(path.stat().st_size for path in folder.glob("*.parquet"))


def main() -> None:
    """Write the files and say how large they are."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows", type=int, default=20_000_000)
    parser.add_argument("--files", type=int, default=8)
    options = parser.parse_args()
    size = write(options.folder, options.rows, options.files)
    print(f"{options.rows:,} rows in {options.files} files, {size / 1e9:.2f} GB: {options.folder}")


if __name__ == "__main__":
    main()
