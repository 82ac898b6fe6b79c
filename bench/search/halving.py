"""How soon halving has what random search finds in all its time: several seeds.

    python bench/search/halving.py --data FOLDER [--sets digits concrete] [--seconds 30]

For each seed random search runs for so many seconds, then halving, on the same folds and space; the
time counts at which halving first has a score as high as random search's best.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from rows import options, rows, searched, write


def measure(x: Any, y: Any, seconds: float, workers: int, seed: int) -> dict[str, Any]:
    """Both with one seed."""
    told = {"workers": workers, "seed": seed}
    random = searched(x, y, seconds, method="random", **told)
    halving = searched(x, y, seconds, method="halving", **told)
    reached = [when for when, score in halving["trace"] if score >= random["best"]]
    return {"random": random, "halving": halving, "reached": reached[0] if reached else None}


def main() -> None:
    """All sets and seeds."""
    told = options(__doc__, seconds=30.0, workers=2, seeds=3)
    results: dict[str, Any] = {}
    for name in told.sets:
        x, y = rows(name, told.data)
        runs = [measure(x, y, told.seconds, told.workers, seed) for seed in range(told.seeds)]
        shares = [
            np.inf if run["reached"] is None else run["reached"] / told.seconds for run in runs
        ]
        for run in runs:
            print(
                f"{name:10} random {run['random']['best']:.4f} ({run['random']['trials']} trials), "
                f"halving {run['halving']['best']:.4f} ({run['halving']['trials']}), reached after "
                f"{run['reached']} s of {told.seconds:g}",
                flush=True,
            )
        median = float(np.median(shares))
        print(f"{name:10} median share of the time: {median:.2f}", flush=True)
        results[name] = {"median_share": median, "seconds": told.seconds, "runs": runs}
    write(told, "search_halving", results)


if __name__ == "__main__":
    main()
