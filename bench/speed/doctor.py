"""What the doctor costs a run: plain, watched, watched and examined, and with ``stop=True``.

The turns of a round follow each other in one process, in an order that turns with the round; each
trains a new network of the same seed on the same rows, on one thread, and ends with the same bits.
Times are the processor's, so that what else runs on the machine counts less. A ratio is the median,
over the rounds, of a turn's time over the plain turn's of the same round.

    python bench/speed/doctor.py [--rounds 15] [--quick] [--json FILE]
"""

# ruff: noqa: I001 - the harness sets the number of threads before NumPy is imported
from __future__ import annotations

import harness

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

import glassnet as gn
from glassnet.bench.workloads import WORKLOADS, Training, rows


@dataclass(frozen=True)
class Case:
    """A workload's network and batches, on so many of its rows for so many epochs."""

    workload: str
    rows: int
    epochs: int

    @property
    def work(self) -> Training:
        found = WORKLOADS[self.workload]
        assert isinstance(found, Training)
        return replace(found, rows=self.rows)


CASES = {
    "W1, 500 epochs": Case("W1", 200, 500),
    "W2, 10 epochs": Case("W2", 20_000, 10),
    "W2, 100 epochs": Case("W2", 20_000, 100),
    "W3b, 5 epochs": Case("W3b", 12_000, 5),
    "W4, 4 epochs": Case("W4", 3_000, 4),
}
QUICK = ("W1, 500 epochs", "W2, 10 epochs")


def turns(case: Case) -> dict[str, Callable[[], Any]]:
    """The ways to train, each with a doctor or without; they return θ."""
    work = case.work
    X, y = rows(work, "float32")
    shape = work.shape
    layers = [*(gn.Dense(n, shape.hidden) for n in shape.units[1:-1])]
    layers.append(gn.Dense(shape.units[-1], shape.output))
    loss = "cross_entropy" if shape.output == "softmax" else "binary_cross_entropy"
    optimizer = gn.Adam(work.rate) if work.optimizer == "adam" else gn.SGD(work.rate)

    def trained(*doctors: gn.Doctor) -> Any:
        net = gn.Network(shape.units[0], layers, loss=loss, seed=0, dtype="float32")
        gn.train(
            net, X, y, optimizer=optimizer, epochs=case.epochs, batch_size=work.batch,
            observers=doctors, threads=1,
        )  # fmt: skip
        return net.state.theta

    def examined() -> Any:
        doctor = gn.Doctor()
        theta = trained(doctor)
        assert doctor.diagnosis.rows
        return theta

    return {
        "plain": trained,
        "watched": lambda: trained(gn.Doctor()),
        "watched, examined": examined,
        "watched, stop=True": lambda: trained(gn.Doctor(stop=True)),
    }


def measured(case: Case, rounds: int) -> dict[str, Any]:
    """Seconds of each turn, and its time over the plain one's."""
    ways = turns(case)
    ends = {name: way() for name, way in ways.items()}
    assert all(np.array_equal(end, ends["plain"]) for end in ends.values())
    names, seconds = list(ways), {name: list[float]() for name in ways}
    for turn in range(rounds):
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            start = time.process_time()
            ways[name]()
            seconds[name].append(time.process_time() - start)
    ratios = {
        name: [a / b for a, b in zip(each, seconds["plain"], strict=True)]
        for name, each in seconds.items()
        if name != "plain"
    }
    return {
        "median_s": {name: statistics.median(each) for name, each in seconds.items()},
        "over_plain": {name: statistics.median(each) for name, each in ratios.items()},
        "quartiles": {name: statistics.quantiles(each, n=4)[::2] for name, each in ratios.items()},
        "rounds": rounds,
    }


def main() -> None:
    options = harness.arguments(__doc__, rounds=15, name="doctor_overhead")
    results: dict[str, Any] = {}
    for name in QUICK if options.quick else CASES:
        found = results[name] = measured(CASES[name], options.rounds)
        print(
            f"{name:16} {found['median_s']['plain'] * 1e3:8.1f} ms",
            *(f"  {way} {100 * (ratio - 1):+.1f} %" for way, ratio in found["over_plain"].items()),
            flush=True,
        )
    harness.write(options.json, results)


if __name__ == "__main__":
    main()
