"""The doctor at a program: before it begins, at a tenth of its steps, and at its end."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field, replace
from typing import Any

import glassnet as gn
from bench.doctor.cases import AT_THE_END
from bench.doctor.metrics import Bar
from bench.doctor.programs import Program
from bench.doctor.runs import At, Outcome, trained
from glassnet.doctor.findings import Finding

EARLY = 0.1  # of the training


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
    """All that the doctor said of one run: what it had at a tenth of it, and of its end the rest.

    ``diagnosis`` holds the same findings and what remedies are applied to.
    """

    outcome: Outcome = field(default_factory=Outcome)
    signs: list[Sign] = field(default_factory=list[Sign])
    diagnosis: Any = None
    seconds: float = 0.0
    raised: str = ""

    @property
    def alarms(self) -> list[Sign]:
        """The signs that are more than advice."""
        return [sign for sign in self.signs if sign.alarm]

    @property
    def early(self) -> bool:
        """Whether there was an alarm within the first tenth of the training."""
        return any(sign.code not in AT_THE_END for sign in self.alarms)


def visited(program: Program, bar: Bar, seed: int) -> Seen:
    """Train it once under the doctor's eyes, after a diagnosis before the first step.

    What the doctor says at a tenth of the training comes first, then what it said before; both
    stand, also where the end would take them back. Of the end only what is judged there is added.
    """
    seen, doctor = Seen(), gn.Doctor()
    first = _timed(seen, lambda: _before(program, seed))
    at = min(program.steps, max(1, math.ceil(EARLY * program.steps)))
    told: list[Any] = []
    asked = At([at], lambda _: told.append(_timed(seen, lambda: doctor.diagnosis)))
    seen.outcome = trained(program, bar, seed, [doctor, asked])
    whole = _timed(seen, lambda: doctor.diagnosis) if asked.met else None
    watched = told[0] if told else whole  # a run that diverged before is over by then
    _note(seen, watched, program)
    _note(seen, first, program, explained=[] if watched is None else watched.consequences)
    _note(seen, whole, program, late=True)
    if first is not None:
        newest = first if watched is None else watched
        findings = [sign.finding for sign in seen.signs]
        seen.diagnosis = replace(first, findings=findings, consequences=newest.consequences)
    return seen


def _before(program: Program, seed: int) -> Any:
    return gn.diagnose(
        program.network(seed), program.rows.X, program.rows.y,
        program.options.get("sample_weight"), optimizer=program.optimizer, epochs=program.epochs,
        batch_size=program.batch_size,
        validation=None if program.held is None else (program.held.X, program.held.y),
    )  # fmt: skip


def _timed(seen: Seen, ask: Any) -> Any:
    """What the doctor answers; None where it raised, which it never may."""
    began = time.process_time()
    try:
        return ask()
    except Exception as error:  # noqa: BLE001 - that the doctor raised is a result
        seen.raised = seen.raised or f"{type(error).__name__}: {error}"
        return None
    finally:
        seen.seconds += time.process_time() - began


def _note(
    seen: Seen, diagnosis: Any, program: Program, *, explained: Any = (), late: bool = False
) -> None:
    """Add what is new in a diagnosis; ``explained`` are consequences by a better one."""
    if diagnosis is None:
        return
    known = {sign.code for sign in seen.signs} | {each.code for each in explained}
    seen.signs += [
        Sign(_step(finding.first, program), finding)
        for finding in diagnosis.findings
        if finding.code not in known and (finding.code in AT_THE_END) == late
    ]
    seen.signs.sort(key=lambda sign: not sign.alarm)


def _step(first: str, program: Program) -> int:
    """The step of a first sign in words: "static", "step 12", "after training"."""
    words = first.split()
    if words[0] == "step" and words[1].isdigit():
        return int(words[1])
    return program.steps if first == "after training" else 0
