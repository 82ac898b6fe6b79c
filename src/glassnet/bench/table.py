"""The results as lines for a terminal, and as the tables of a page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from glassnet.bench.ceilings import CEILINGS, UNITS
from glassnet.bench.peers.catalogue import ENGINES, OURS
from glassnet.bench.records import Record
from glassnet.bench.workloads import WORKLOADS, sentence

_NONE = "–"


def duration(seconds: float) -> str:
    """A short time with three digits.

    Examples
    --------
    >>> duration(2.134e-6), duration(0.0745), duration(12)
    ('2.13 µs', '74.5 ms', '12 s')
    """
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-6:.3g} µs"


def times(value: float | None) -> str:
    """A ratio: with digits where they tell something.

    Examples
    --------
    >>> times(1.234), times(12.34), times(123.4), times(None)
    ('1.23×', '12.3×', '123×', '–')
    """
    if value is None:
        return _NONE
    return f"{value:.2f}×" if value < 10 else f"{value:.3g}×" if value < 1000 else f"{value:.0f}×"


def share(value: float | None) -> str:
    """A share in percent, with two digits.

    Examples
    --------
    >>> share(0.8412), share(0.0041), share(None)
    ('84 %', '0.41 %', '–')
    """
    if value is None:
        return _NONE
    return f"{100 * value:.0f} %" if value >= 0.0995 else f"{100 * value:.2g} %"


def heading(workload: str, threads: int, dtype: str) -> str:
    """The line above the engines of a race."""
    return f"{workload}: {sentence(WORKLOADS[workload])}; {_threads(threads)}, {dtype}"


def lines(records: Sequence[Record], missing: Sequence[Record]) -> list[str]:
    """A line per engine of a race, the fastest first."""
    found: list[str] = []
    for record in sorted(records, key=lambda record: record["median_s"]):
        words = [f"  {_named(record):22} {duration(record['median_s']):>8}"]
        if record["times_as_long"] is not None:
            words.append(f"{times(record['times_as_long']):>7}")
        if record["share_of_fma_peak"] is not None:
            words.append(f"{share(record['share_of_fma_peak']):>6} of the FMA peak")
        if record["engine"] == OURS:
            words += [f"{times(value)} {what}" for what, value in _comparisons(record)]
        found.append("  ".join(words))
    return found + [f"  {_named(record):22} none: {record['reason']}" for record in missing]


def ceiling_lines(ceilings: Mapping[int, Mapping[str, float]]) -> list[str]:
    """A line per number of threads."""
    return [
        f"{_threads(threads)}: "
        + ", ".join(f"{words} {_rate(name, found[name])}" for name, words in CEILINGS.items())
        for threads, found in ceilings.items()
    ]


def markdown(
    machine: Record, ceilings: Mapping[int, Mapping[str, float]], records: Sequence[Record]
) -> str:
    """The machine, its ceilings and the races, as tables for a page."""
    where = f"{machine['processor']}, {machine['cores']} cores, {machine['instruction_set']}"
    parts = [f"Machine: {where}.", _table(["ceiling", *map(_threads, ceilings)], _rates(ceilings))]
    for threads, dtype in dict.fromkeys((r["threads"], r["dtype"]) for r in records):
        these = [r for r in records if (r["threads"], r["dtype"]) == (threads, dtype)]
        if any(record["engine"] == OURS for record in these):
            parts += [f"One step or call, {_threads(threads)}, {dtype}:", _races(these)]
    return "\n\n".join(parts)


def _races(records: Sequence[Record]) -> str:
    raced = {record["engine"] for record in records}
    peers = [name for name in ENGINES if name in raced and name != OURS]
    several = any("over_one_thread" in record for record in records)
    head = ["workload", OURS, "of the FMA peak", "over the best peer", *peers]
    rows: list[list[str]] = []
    for workload in dict.fromkeys(record["workload"] for record in records):
        by_engine = {r["engine"]: r for r in records if r["workload"] == workload}
        if OURS not in by_engine:
            continue
        own = by_engine[OURS]
        row = [
            f"{workload}: {sentence(WORKLOADS[workload])}",
            f"**{duration(own['median_s'])}**",
            share(own["share_of_fma_peak"]),
            f"**{times(own['over_best_peer'])}**",
            *(_cell(by_engine.get(name)) for name in peers),
        ]
        rows.append(row + [times(own.get("over_one_thread"))] * several)
    return _table(head + ["over one thread"] * several, rows)


def _cell(record: Record | None) -> str:
    if record is None:
        return _NONE
    return f"{duration(record['median_s'])} ({times(record['times_as_long'])})"


def _rates(ceilings: Mapping[int, Mapping[str, float]]) -> list[list[str]]:
    return [
        [words, *(_rate(name, found[name]) for found in ceilings.values())]
        for name, words in CEILINGS.items()
    ]


def _rate(name: str, value: float) -> str:
    return "not measured" if value != value else f"{value / 1e9:.3g} {UNITS[name]}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    every = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in every)


def _comparisons(record: Record) -> list[tuple[str, float]]:
    words = {
        "over_best_peer": "over the best peer",
        "over_best_float32_peer": "over the best float32 peer",
        "over_float32": "over float32",
        "over_one_thread": "over one thread",
    }
    return [(words[key], record[key]) for key in words if record.get(key) is not None]


def _named(record: Record) -> str:
    other = [] if record["dtype"] == "float32" else [record["dtype"]]
    several = [] if record["threads"] == 1 else [_threads(record["threads"])]
    return " ".join([record["engine"], *other, *several])


def _threads(count: int) -> str:
    return f"{count} thread{'s' * (count > 1)}"
