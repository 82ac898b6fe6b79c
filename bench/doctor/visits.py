"""The doctor's visits to a program: before it begins, at 2, 5 and 10 % of its steps, at its end."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from typing import Any

import glassnet as gn
from bench.doctor.cases import AT_THE_END
from bench.doctor.metrics import Bar
from bench.doctor.programs import Program
from bench.doctor.runs import Outcome, trained
from glassnet.doctor.findings import Finding

EARLY = (0.02, 0.05, 0.1)


@dataclass(frozen=True)
class Sign:
    """A finding and the step at which the doctor first had it."""

    step: int
    finding: Finding

    @property
    def alarm(self) -> bool:
        """Whether it makes the network ill."""
        return self.finding.severity != "advice"

    @property
    def code(self) -> str:
        """The cause."""
        return self.finding.code


@dataclass
class Seen:
    """All that the doctor said of one run, in the order in which it said it.

    ``subject`` is the first diagnosis, made before the first step: what remedies are applied to.
    """

    outcome: Outcome
    signs: list[Sign] = field(default_factory=list[Sign])
    subject: Any = None
    seconds: float = 0.0
    raised: str = ""

    @property
    def alarms(self) -> list[Sign]:
        """The signs that are more than advice."""
        return [sign for sign in self.signs if sign.alarm]

    def early(self, steps: int) -> bool:
        """Whether something was said within the first tenth of the training."""
        return any(
            sign.step <= max(1, math.ceil(EARLY[-1] * steps)) and sign.code not in AT_THE_END
            for sign in self.alarms
        )


def visited(program: Program, bar: Bar, seed: int) -> Seen:
    """Train it once, with the doctor looking in."""
    seen = Seen(Outcome())
    _look(seen, program, program.network(seed), 0, None)
    stops = sorted({min(program.steps, max(1, math.ceil(part * program.steps))) for part in EARLY})

    def visit(net: gn.Network, step: int, history: Any) -> None:
        _look(seen, program, net, step, history)

    seen.outcome = trained(program, bar, seed, stops, visit)
    if seen.outcome.network is not None:
        _look(seen, program, seen.outcome.network, program.steps, seen.outcome.history, end=True)
    return seen


def _look(
    seen: Seen, program: Program, net: gn.Network, step: int, history: Any, *, end: bool = False
) -> None:
    """A diagnosis, and what is new in it; of a run's end only what is judged there."""
    began = time.perf_counter()
    held = None if program.held is None else (program.held.X, program.held.y)
    try:
        diagnosis = gn.diagnose(
            net, program.rows.X, program.rows.y, optimizer=program.optimizer,
            epochs=program.epochs, batch_size=program.batch_size, history=history, validation=held,
        )  # fmt: skip
    except Exception as error:  # noqa: BLE001 - the doctor must never raise: that it did is a result
        seen.raised = f"{type(error).__name__}: {error}"
        return
    finally:
        seen.seconds += time.perf_counter() - began
    seen.subject = seen.subject or diagnosis
    known = {sign.code for sign in seen.signs}
    seen.signs += [
        Sign(step, finding)
        for finding in diagnosis.findings
        if finding.code not in known and (finding.code in AT_THE_END) == end
    ]
