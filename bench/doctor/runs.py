"""Training a program, and judging it by the median of its metric over the last epochs."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import glassnet as gn
from bench.doctor.metrics import Bar
from bench.doctor.programs import Program
from glassnet.errors import GlassnetError
from glassnet.training.observers import Observer, UnderWay


@dataclass(frozen=True)
class Outcome:
    """How a run ended: the median of the metric over the last epochs, nan where it diverged."""

    metric: float = float("nan")
    passed: bool = False
    seconds: float = 0.0
    said: str = ""


class At(Observer):
    """Calls ``act`` with the network after each of some steps, counted from 1."""

    every_epoch = False

    def __init__(self, steps: Sequence[int], act: Callable[[gn.Network], None]) -> None:
        self.steps, self.act = sorted(steps), act
        self.seconds = 0.0
        self._run: UnderWay | None = None

    def meet(self, run: UnderWay) -> None:
        self._run = run

    @property
    def met(self) -> bool:
        """Whether the run has begun."""
        return self._run is not None

    def next(self, t: int) -> int | None:
        return next((step - 1 for step in self.steps if step > t), None)

    def see(self, moment: Any) -> None:
        began = time.process_time()
        if self._run is not None and moment.finite:
            self.act(self._run.network())
        self.seconds += time.process_time() - began


def trained(program: Program, bar: Bar, seed: int, observers: Sequence[At | Any] = ()) -> Outcome:
    """Train it from its beginning."""
    net = program.network(seed)
    values: list[float] = []
    judge = At(_ends(program), lambda here: values.append(_metric(program, bar, here)))
    said, began = "", time.process_time()
    try:
        with np.errstate(all="ignore"):
            run = gn.train(
                net, program.rows.X, program.rows.y, epochs=program.epochs,
                observers=[*observers, judge], **program.arguments(),
            )  # fmt: skip
        if run.ended != "epochs":  # its best parameters may have been put back
            values = [_metric(program, bar, net)]
    except GlassnetError as error:  # it diverged, or is what no engine takes: it fails
        said, values = str(error), []
    away = sum(each.seconds for each in (*observers, judge) if isinstance(each, At))
    metric = float(np.median(values)) if values else float("nan")
    return Outcome(metric, bar.passed(metric), time.process_time() - began - away, said)


def _ends(program: Program) -> list[int]:
    """The steps that end the last epochs: one batch of few rows can throw a healthy network."""
    count = 5 if program.epochs >= 20 else 3 if program.epochs >= 6 else 1
    return [program.steps - program.steps_per_epoch * k for k in range(count)]


def _metric(program: Program, bar: Bar, net: gn.Network) -> float:
    rows = program.judged
    outputs: Any = gn.predict(net, rows.X)
    if program.read is not None:
        outputs = program.read(outputs)
    return float("nan") if outputs is None else bar.value(outputs, rows.aligned, rows.answers)
