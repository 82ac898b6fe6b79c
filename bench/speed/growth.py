"""How the time of a training step grows with batch size, width, depth and rows.

Networks of n-n-n-10 units, relu, Adam, float32, one thread; each of the four is doubled again and
again while the others stay. The sizes take turns, round after round; reported are medians, and the
factor by which a doubling of the work (multiplications and additions) made a step longer.

    python bench/speed/growth.py [--rounds 9] [--quick] [--json FILE]

Wanted: from widths and batches of 256 on, 1.9 to 2.2 for a doubling of the work, at powers of two
too; no more time for a step of many rows than of few, but for what memory takes.
"""

# ruff: noqa: I001 - the harness sets the number of threads before NumPy is imported
from __future__ import annotations

import harness

from dataclasses import replace
from itertools import pairwise
from math import log2
from statistics import median
from typing import Any

from glassnet.bench.contract import Entry
from glassnet.bench.peers import native
from glassnet.bench.workloads import Shape, Training

WIDTH, BATCH, DEPTH, ROWS = 256, 256, 2, 4096
TURN = 2e8  # multiplications and additions between two looks at the clock, about


def case(
    *, width: int = WIDTH, batch: int = BATCH, depth: int = DEPTH, rows: int = ROWS
) -> Training:
    """A network of ``depth`` hidden layers as wide as the input."""
    shape = Shape((width,) * (depth + 1) + (10,), "relu", "softmax")
    work = Training(shape, batch, max(rows, batch), "adam", 1)
    return replace(work, steps=max(1, int(TURN / work.operations)))


def doubled(first: int, last: int) -> list[int]:
    """first, 2 first, 4 first, …, last."""
    return [first << k for k in range((last // first).bit_length())]


AXES = {
    "batch": doubled(1, 2048),
    "width": doubled(8, 2048),
    "depth": doubled(1, 32),
    "rows": doubled(1024, 131_072),
}
QUICK = {
    "batch": doubled(16, 512),
    "width": doubled(16, 512),
    "depth": doubled(1, 4),
    "rows": doubled(1024, 4096),
}


def measured(axis: str, sizes: list[int], rounds: int) -> list[dict[str, Any]]:
    """A record per size: seconds of a step, its work, and the factor of the last doubling."""
    works = [case(**{axis: size}) for size in sizes]
    entry = Entry("glassnet", 1, "float32")
    turns = {str(size): native.train(work, entry) for size, work in zip(sizes, works, strict=True)}
    times = harness.interleaved(turns, rounds)
    records: list[dict[str, Any]] = []
    for size, work in zip(sizes, works, strict=True):
        seconds = [each / work.steps for each in times[str(size)]]
        record = {"axis": axis, "size": size, "operations": work.operations, "rounds": seconds}
        records.append(record | {"median_s": median(seconds)})
    for before, after in pairwise(records):
        ratio = median(b / a for a, b in zip(before["rounds"], after["rounds"], strict=True))
        doublings = log2(after["operations"] / before["operations"])
        after["by_doubling_of_size"] = ratio
        after["by_doubling_of_work"] = ratio ** (1 / doublings) if doublings else None
    return [{key: value for key, value in r.items() if key != "rounds"} for r in records]


def main() -> None:
    options = harness.arguments(__doc__, rounds=9, name="growth")
    results: list[dict[str, Any]] = []
    for axis, sizes in (QUICK if options.quick else AXES).items():
        for record in measured(axis, sizes, options.rounds):
            results.append(record)
            factor = record.get("by_doubling_of_work")
            print(
                f"{axis:6} {record['size']:7,} {record['median_s'] * 1e6:12.1f} µs a step"
                f" {record['operations'] / record['median_s'] / 1e9:7.1f} GFLOP/s",
                "" if factor is None else f"  ×{factor:.2f} by a doubling of the work",
                flush=True,
            )
    harness.write(options.json, results)


if __name__ == "__main__":
    main()
