"""One case, judged: every seed of the program and of its fixed twin, and the remedies."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.doctor.cases import AT_THE_END, BadCase, Case
from bench.doctor.cures import Clinic, edit_of, prescribed, remedy_of
from bench.doctor.metrics import Bar
from bench.doctor.places import layers_of
from bench.doctor.programs import Program, program
from bench.doctor.refusals import refusal
from bench.doctor.visits import Seen, Sign, visited

SHARE = 0.8  # of the seeds must pass for a case to count as cured: four of five


@dataclass(frozen=True)
class Request:
    """What is asked of every case."""

    folder: Path
    seeds: int = 5
    cures: bool = True
    at_least: float = 0.0


def judged(case: Case, request: Request) -> dict[str, Any]:
    """All that one case contributes, as plain data; ``not_run`` says what the bench lacks."""
    began = time.perf_counter()
    base = {
        "id": case.id, "role": case.role, "faults": list(case.faults), "where": case.where,
        "known_cures": sorted(case.cures),
    }  # fmt: skip
    if case.broken:
        return base | {"not_run": case.broken}
    runs, why = _tried(case, request, fixed=False)
    if why:
        return base | {"not_run": why}
    twins, why = ([], "") if case.healthy else _tried(case, request, fixed=True)
    found = base | {"runs": runs, "twins": twins, "twins_not_run": why}
    return found | _cured(case, runs, request) | {"seconds": time.perf_counter() - began}


def _tried(case: Case, request: Request, *, fixed: bool) -> tuple[list[dict[str, Any]], str]:
    """The runs of all seeds; none, and why, of a program that the bench cannot run."""
    try:
        bar = Bar.of(case.record["success"])
        return [_run(case, bar, request, seed, fixed=fixed) for seed in range(request.seeds)], ""
    except BadCase as error:
        return [], str(error)
    except Exception as error:  # noqa: BLE001 - one case must not end the others
        return [], f"{type(error).__name__}: {error}"


def _run(
    case: Case, bar: Bar, request: Request, seed: int, *, fixed: bool = False
) -> dict[str, Any]:
    recipe = case.recipe(fixed=fixed)
    made = program(recipe, request.folder, seed, case.record["success"])
    seen = visited(made, bar, seed)
    refused = None if seen.alarms else refusal(recipe)
    if refused is not None:
        seen.signs.insert(0, Sign(0, refused))
    healthy = (fixed or case.healthy) and seen.outcome.passed
    ill = not fixed and not case.healthy and not seen.outcome.passed
    found = {
        "seed": seed,
        "steps": made.steps,
        "capped": made.epochs < made.asked_epochs,
        "metric": seen.outcome.metric,
        "passed": seen.outcome.passed,
        "agrees": _agrees(case, bar, seen.outcome.passed, fixed=fixed),
        "counts": "healthy" if healthy else "ill" if ill else "",
        "signs": [_sign(sign, made) for sign in seen.signs],
        "refused": refused is not None,
        "raised": seen.raised,
        "seconds": seen.outcome.seconds,
        "doctor_seconds": seen.seconds,
    }
    if ill:
        found |= _of_causes(case, made, seen)
    if not request.cures:
        return found
    clinic = Clinic(made, bar, seed, seen.diagnosis)
    if healthy:
        return found | {"worse": _worse(clinic, bar, seen, request.at_least)}
    return (
        found if fixed or case.healthy else found | _remedies(case, clinic, seen, request.at_least)
    )


def _agrees(case: Case, bar: Bar, passed: bool, *, fixed: bool) -> bool | None:
    """Whether such an outcome is among those of the file's own check; None where it has none."""
    told = (case.record.get("checked") or {}).get("fixed" if fixed else "faulty") or []
    return passed in {isinstance(v, int | float) and bar.passed(v) for v in told} if told else None


def _sign(sign: Sign, made: Program) -> dict[str, Any]:
    remedy = remedy_of(sign.finding)
    return {
        "code": sign.code, "step": sign.step, "layer": sign.finding.layer,
        "severity": sign.finding.severity, "saw": sign.finding.saw,
        "remedy": None if remedy is None else remedy.plain(),
        "edits": None if remedy is None else remedy.edits(made.spec.depth),
        "edit": "" if remedy is None else edit_of(remedy, made),
    }  # fmt: skip


def _of_causes(case: Case, made: Program, seen: Seen) -> dict[str, Any]:
    named = seen.alarms
    right = [sign.step for sign in named if sign.code in case.faults]
    places = layers_of(case.where, made.spec.depth)
    late = case.faults[0] in AT_THE_END
    return {
        "flagged": bool(named) if late else seen.early,
        "top_1": bool(named) and named[0].code == case.faults[0],
        "top_3": any(sign.code in case.faults for sign in named[:3]),
        "right": {sign.code: sign.code in case.faults for sign in named},
        "layer": None if not places else bool(named) and named[0].finding.layer in places,
        "first_right": min(right, default=None),
    }


def _worse(clinic: Clinic, bar: Bar, seen: Seen, at_least: float) -> list[str]:
    """Remedies that are offered to a healthy run, proven ones too, and make it worse."""
    given = prescribed(seen.diagnosis, clinic.program.spec.depth, at_least)
    offered = [given.one, given.two, *(remedy_of(sign.finding) for sign in seen.signs)]
    found: dict[str, None] = {}
    for remedy in offered:
        if remedy is None or remedy.by_hand:
            continue
        before, after = seen.outcome.metric, clinic.outcome(remedy).metric
        if bar.made_worse(before, after):
            found[f"{remedy.words} ({before:.3g} → {after:.3g})"] = None
    return list(found)


def _remedies(case: Case, clinic: Clinic, seen: Seen, at_least: float) -> dict[str, Any]:
    """What the doctor's first remedy, and at most two together, make of an ill run."""
    depth, passed = clinic.program.spec.depth, seen.outcome.passed
    named = seen.alarms
    given = prescribed(seen.diagnosis, depth, at_least)
    one = passed if given.one is None else clinic.outcome(given.one).passed
    two = one or (given.two is not None and clinic.outcome(given.two).passed)
    cures = {
        sign.code: clinic.outcome(remedy).passed
        for sign in named
        if sign.code not in case.faults
        and (remedy := remedy_of(sign.finding)) is not None
        and remedy.edits(depth) == 1
    }
    return {
        "one": one, "one_words": "" if given.one is None else given.one.words,
        "two": two, "two_words": "" if given.two is None else given.two.words,
        "cures": cures, "prove_seconds": given.seconds, "prove_used": given.used,
        "order_proven": given.order, "raised": seen.raised or given.raised,
    }  # fmt: skip


def _cured(case: Case, runs: Sequence[Mapping[str, Any]], request: Request) -> dict[str, Any]:
    if case.healthy or not request.cures:
        return {}
    need = math.ceil(SHARE * request.seeds)
    return {f"cured_by_{name}": sum(bool(run[name]) for run in runs) >= need
            for name in ("one", "two")}  # fmt: skip
