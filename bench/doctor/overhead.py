"""What watching costs: a healthy program trained with and without the doctor, in turns."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import glassnet as gn
from bench.doctor.cases import BadCase, Case
from bench.doctor.programs import Program, program
from glassnet.errors import GlassnetError

ROUNDS = 9
LENGTH = 1.0  # seconds of training: the doctor's rounds grow rarer, so a run has a fixed cost


def overhead(cases: Sequence[Case], folder: Path, rounds: int = ROUNDS) -> dict[str, Any] | None:
    """Of the largest healthy program: the median over rounds of watched over unwatched, less 1.

    It is trained for so many epochs that it lasts about a second. The doctor watches and is not
    asked: a diagnosis is made when somebody wants to read it.
    """
    found = _largest(cases, folder)
    if found is None:
        return None
    name, made = found
    short = min(_seconds(made, ()) for _ in range(3))
    made = replace(made, epochs=max(made.epochs, round(made.epochs * LENGTH / short)))
    times: dict[str, list[float]] = {"watched": [], "alone": []}
    for number in range(rounds):
        order = sorted(times, reverse=bool(number % 2))
        for turn in order:
            watching = [gn.Doctor()] if turn == "watched" else []
            times[turn].append(_seconds(made, watching))
    ratios = [a / b for a, b in zip(times["watched"], times["alone"], strict=True)]
    apart = [a - b for a, b in zip(times["watched"], times["alone"], strict=True)]
    return {
        "case": name, "steps": made.steps, "rounds": rounds,
        "seconds": statistics.median(times["alone"]), "overhead": statistics.median(ratios) - 1,
        "seconds_more": statistics.median(apart),
    }  # fmt: skip


def _seconds(made: Program, observers: Sequence[Any]) -> float:
    net, began = made.network(0), time.process_time()
    gn.train(net, made.rows.X, made.rows.y, epochs=made.epochs, observers=observers,
             **made.arguments())  # fmt: skip
    return time.process_time() - began


def _largest(cases: Sequence[Case], folder: Path) -> tuple[str, Program] | None:
    """The program with the most multiplications that the native engine trains."""
    best: tuple[float, str, Program] | None = None
    for case in cases:
        try:
            made = program(case.recipe(fixed=not case.healthy), folder, 0, case.record["success"])
        except (BadCase, GlassnetError, KeyError, TypeError, ValueError):
            continue
        size = float(made.spec.parameter_count) * len(made.rows.X) * made.epochs
        if made.native and (best is None or size > best[0]):
            best = size, case.id, made
    return None if best is None else best[1:]
