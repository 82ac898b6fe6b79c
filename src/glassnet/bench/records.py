"""What a race comes to: medians, and ratios taken within its rounds."""

from __future__ import annotations

import os
import platform
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from glassnet.bench.contract import Entry
from glassnet.bench.peers.catalogue import ENGINES, OURS
from glassnet.bench.race import Result
from glassnet.bench.workloads import WORKLOADS
from glassnet.engine.native import compiled

Record = dict[str, Any]


def records(result: Result, peaks: Mapping[int, float]) -> list[Record]:
    """One record per engine of a race.

    Parameters
    ----------
    result : Result
    peaks : mapping
        Threads -> floating-point operations a second, at most.

    Returns
    -------
    list of dict
        ``workload``, ``engine``, ``version``, ``threads``, ``dtype``, ``rounds``; ``median_s`` and
        ``quartiles_s`` of a step; ``times_as_long`` as glassnet on the same threads in the same
        dtype; ``over_best_peer``, how many times faster than the fastest peer of the same dtype
        (None without one); ``over_best_float32_peer`` and ``over_float32``, than the fastest peer
        and than itself in float32, where the dtype is another; ``over_one_thread``, than itself on
        one, where both ran;
        ``share_of_fma_peak`` (None where there is no peak to compare with).
    """
    return [_record(result, entry, peaks) for entry in result.times]


def _record(result: Result, entry: Entry, peaks: Mapping[int, float]) -> Record:
    times = result.times
    own = Entry(OURS, entry.threads, entry.dtype)
    single, plain = (replace(entry, threads=1), replace(entry, dtype="float32"))
    quarters = statistics.quantiles(times[entry], n=4, method="inclusive")
    made: Record = {
        "workload": result.workload,
        "engine": entry.engine,
        "version": ENGINES[entry.engine].version,
        "threads": entry.threads,
        "dtype": entry.dtype,
        "rounds": len(times[entry]),
        "median_s": statistics.median(times[entry]),
        "quartiles_s": [quarters[0], quarters[2]],
        "times_as_long": ratio(times[entry], times[own]) if own in times else None,
        "over_best_peer": _over(times, entry, _best_peer(times, entry.threads, entry.dtype)),
    }
    if entry.dtype != "float32":
        best = _best_peer(times, entry.threads, "float32")
        made["over_best_float32_peer"] = _over(times, entry, best)
        made["over_float32"] = _over(times, entry, plain if plain in times else None)
    if entry.threads > 1 and single in times:
        made["over_one_thread"] = ratio(times[single], times[entry])
    made["share_of_fma_peak"] = _share(result.workload, entry, made["median_s"], peaks)
    return made


def ratio(times: Sequence[float], others: Sequence[float]) -> float:
    """Median over the rounds of one time over the other.

    Examples
    --------
    >>> ratio([2.0, 9.0, 2.2], [1.0, 3.0, 1.0])
    2.2
    """
    return statistics.median(one / other for one, other in zip(times, others, strict=True))


def _best_peer(times: Mapping[Entry, Sequence[float]], threads: int, dtype: str) -> Entry | None:
    peers = [e for e in times if e.engine != OURS and (e.threads, e.dtype) == (threads, dtype)]
    return min(peers, key=lambda entry: statistics.median(times[entry]), default=None)


def _over(times: Mapping[Entry, Sequence[float]], entry: Entry, best: Entry | None) -> float | None:
    return None if best is None else ratio(times[best], times[entry])


def _share(workload: str, entry: Entry, seconds: float, peaks: Mapping[int, float]) -> float | None:
    peak = peaks.get(entry.threads)
    if peak is None or peak != peak or entry.dtype == "bf16":  # nan: nothing is compiled
        return None
    halves = 2 if entry.dtype == "float64" else 1  # a vector holds half as many
    return halves * WORKLOADS[workload].operations / seconds / peak


def missing(result: Result) -> list[Record]:
    """One record per engine that has no times, with the reason in a line."""
    return [
        {
            "workload": result.workload,
            "engine": entry.engine,
            "threads": entry.threads,
            "dtype": entry.dtype,
            "reason": why,
        }
        for entry, why in result.missing.items()
    ]


def machine(ceilings: Mapping[int, Mapping[str, float]]) -> Record:
    """The machine's description, with its ceilings by threads."""
    module = compiled()
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "architecture": platform.machine(),
        "system": platform.system(),
        "python": platform.python_version(),
        "instruction_set": None if module is None else module.instruction_set(),
        "ceilings": {str(threads): dict(found) for threads, found in ceilings.items()},
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
