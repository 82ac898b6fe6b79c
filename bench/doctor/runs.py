"""Training a program: in stretches, so that a doctor can look between, and judged at its end."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import glassnet as gn
from bench.doctor.metrics import Bar
from bench.doctor.programs import Program
from glassnet.errors import Diverged, GlassnetError
from glassnet.training.history import History
from glassnet.training.observers import EpochEnd, Observer

Visit = Callable[[gn.Network, int, Any], None]


@dataclass
class Outcome:
    """How a run ended: the median of the metric over the last epochs, nan where it diverged."""

    metric: float = float("nan")
    passed: bool = False
    seconds: float = 0.0
    said: str = ""
    history: Any = field(default=None, repr=False)
    network: Any = field(default=None, repr=False)


class _StopAt(Observer):
    """Ends a run after so many steps, and keeps its rows for when it diverges."""

    def __init__(self, step: int | None) -> None:
        self.step, self.rows = step, list[dict[str, float]]()

    def next(self, t: int) -> int | None:
        return self.step if self.step is not None and t <= self.step else None

    def see(self, moment: Any) -> bool:
        return True

    def epoch(self, end: EpochEnd) -> None:
        self.rows.append(dict(end.row))


def trained(
    program: Program, bar: Bar, seed: int, stops: Sequence[int] = (), visit: Visit | None = None
) -> Outcome:
    """Train it from its beginning; ``visit`` is called with the network after each of the steps.

    A run that diverges before a stop is visited there once, as it was left.
    """
    net, out = program.network(seed), Outcome()
    began, away = time.perf_counter(), 0.0
    values: list[float] = []
    run: Any = None
    try:
        with np.errstate(all="ignore"):
            for stop in stops:
                run = _stretch(program, net, run, program.epochs, stop)
                if visit is not None:
                    left = time.perf_counter()
                    visit(net, stop, run.history)
                    away += time.perf_counter() - left
            for epoch in _last(program.epochs):
                if run is None or len(run.history) < epoch:
                    run = _stretch(program, net, run, epoch, None)
                values.append(_metric(program, bar, net))
        out.history, out.network = run.history, net
    except Diverged as error:
        out.said, values = str(error), []
        out.history = _with_end(run)
        if visit is not None and stops and net.state.t <= stops[-1]:
            visit(net, net.state.t, out.history)
    except GlassnetError as error:  # what no engine takes counts as a program that fails
        out.said = str(error)
    out.metric = float(np.median(values)) if values else float("nan")
    out.passed = bar.passed(out.metric)
    out.seconds = time.perf_counter() - began - away
    return out


def _stretch(program: Program, net: gn.Network, run: Any, epochs: int, stop: int | None) -> Any:
    watching = [] if stop is None else [_StopAt(stop - 1)]
    return gn.train(
        net, program.rows.X, program.rows.y, epochs=epochs, after=run, observers=watching,
        **program.arguments(),
    )  # fmt: skip


def _last(epochs: int) -> range:
    """The epochs whose metric is taken: one batch of few rows can throw a healthy network."""
    count = 5 if epochs >= 20 else 3 if epochs >= 6 else 1
    return range(epochs - count + 1, epochs + 1)


def _metric(program: Program, bar: Bar, net: gn.Network) -> float:
    rows = program.judged
    outputs: Any = gn.predict(net, rows.X)
    if program.read is not None:
        outputs = program.read(outputs)
    return float("nan") if outputs is None else bar.value(outputs, rows.aligned, rows.answers)


def _with_end(run: Any) -> History:
    """The history of a run that diverged: what there was, and a cost that is not finite."""
    rows = [] if run is None else [dict(row) for row in run.history]
    step = rows[-1]["step"] if rows else 0
    return History([*rows, {"epoch": len(rows) + 1, "step": step + 1, "J": float("inf")}])
