"""What the speed scripts share: one thread, turns within a process, and their JSON.

Import it before NumPy, which reads the number of threads when it is imported. On one thread no
library leaves threads that spin into the next measurement, so these cases share a process; what
needs several threads is in ``glassnet bench``.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "GLASSNET_THREADS"):
    os.environ[_name] = "1"

RESULTS = Path(__file__).resolve().parent.parent / "results"


def arguments(text: str | None, *, rounds: int, name: str) -> argparse.Namespace:
    """Parse ``--rounds``, ``--quick`` and ``--json``."""
    parser = argparse.ArgumentParser(
        description=text, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=rounds)
    parser.add_argument("--quick", action="store_true", help="three rounds, to see that it runs")
    parser.add_argument("--json", type=Path, default=RESULTS / f"{name}.json", help="file to write")
    options = parser.parse_args()
    options.rounds = 3 if options.quick else options.rounds
    return options


def interleaved(
    turns: Mapping[str, Callable[[], object]], rounds: int, *, seconds: float = 0.05
) -> dict[str, list[float]]:
    """Seconds of a call, round by round; a fast one is repeated for so many seconds a round."""
    times: dict[str, list[float]] = {name: [] for name in turns}
    for turn in turns.values():
        turn()
    for _ in range(rounds):
        for name, turn in turns.items():
            start, calls = time.perf_counter(), 0
            while calls == 0 or time.perf_counter() - start < seconds:
                turn()
                calls += 1
            times[name].append((time.perf_counter() - start) / calls)
    return times


def compared(times: Mapping[str, list[float]], ours: str = "glassnet") -> dict[str, Any]:
    """Medians, and the median over the rounds of each other's time over ours."""
    return {
        "median_s": {name: statistics.median(each) for name, each in times.items()},
        "times_as_long": {
            name: statistics.median(a / b for a, b in zip(each, times[ours], strict=True))
            for name, each in times.items()
            if name != ours
        },
    }


def write(path: Path, results: Any) -> None:
    """Write the results beside the machine and the versions they were measured with."""
    from glassnet.bench.records import machine

    libraries = ("glassnet", "numpy", "scikit-learn")
    text = {
        "machine": {key: value for key, value in machine({}).items() if key != "ceilings"},
        "versions": {name: version(name) for name in libraries},
        "results": results,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(text, indent=1) + "\n", encoding="utf-8")
    print(f"written: {path.name}")
