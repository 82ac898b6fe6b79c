"""The protocol's figures over all cases, and what is printed of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import fmean, median
from typing import Any

GOALS = {
    "recall": "≥ 0.95", "false_alarms": "≤ 0.03", "top_1": "≥ 0.75", "top_3": "≥ 0.90",
    "precision": "≥ 0.75", "layer": "", "cured_by_one": "≥ 0.45", "cured_by_two": "≥ 0.60",
    "worse": "0", "first_right": "", "watching": "≤ 0.02", "prove_used": "≤ 2",
    "prove_seconds": "", "training_each": "", "doctor_each": "", "seconds": "",
}  # fmt: skip
_WORDS = {
    "recall": "faulty runs flagged in the first 10 %",
    "false_alarms": "healthy runs flagged",
    "top_1": "primary cause named first",
    "top_3": "a known cause among the first three",
    "precision": "named causes that are right",
    "layer": "the layer, where the case has one",
    "cured_by_one": "cured by the first remedy alone",
    "cured_by_two": "cured by at most two remedies",
    "worse": "remedies that make a healthy network worse",
    "first_right": "steps to the first correct alarm (median)",
    "watching": "cost of watching, of the training's processor time",
    "prove_used": "prove(): work of its replays, in trainings (most)",
    "prove_seconds": "prove(): processor seconds (median)",
    "training_each": "a training: processor seconds (median)",
    "doctor_each": "diagnoses of a run: processor seconds (mean)",
    "seconds": "seconds in all",
}


def figures(cases: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """All figures; a share is the mean over cases of the share of their runs, None of no case."""
    ran = [case for case in cases if "not_run" not in case]
    ill = [runs for case in ran if (runs := _counted([case], "ill"))]
    healthy = [runs for case in ran if (runs := _counted([case], "healthy"))]
    faulty = [case for case in ran if "cured_by_one" in case]
    checked = [run["agrees"] for case in ran for run in _runs(case) if run["agrees"] is not None]
    steps = [run["first_right"] for runs in ill for run in runs if run["first_right"] is not None]
    named = [
        right for case in ran for run in case["runs"] if run["counts"] == "ill"
        for right in _named(run, frozenset(case["known_cures"]))
    ]  # fmt: skip
    return {
        "cases": len(ran),
        "not_run": len(cases) - len(ran),
        "twins_not_run": sum(bool(case["twins_not_run"]) for case in ran),
        "faulty_cases": len(ill),
        "healthy_programs": len(healthy),
        "capped": sum(any(run["capped"] for run in _runs(case)) for case in ran),
        "agreement": fmean(checked) if checked else None,
        "recall": _share(ill, lambda run: run["flagged"]),
        "false_alarms": _share(healthy, alarmed),
        "top_1": _share(ill, lambda run: run["top_1"]),
        "top_3": _share(ill, lambda run: run["top_3"]),
        "precision": fmean(named) if named else None,
        "layer": _share([[r for r in runs if r["layer"] is not None] for runs in ill],
                        lambda run: run["layer"]),
        "cured_by_one": fmean(case["cured_by_one"] for case in faulty) if faulty else None,
        "cured_by_two": fmean(case["cured_by_two"] for case in faulty) if faulty else None,
        "worse": sum(bool(run.get("worse")) for runs in healthy for run in runs)
        if any("worse" in run for runs in healthy for run in runs) else None,
        "first_right": median(steps) if steps else None,
        "prove_used": max(_values(ill, "prove_used"), default=None),
        "training_each": _median(ill, "seconds"),
        "prove_seconds": _median(ill, "prove_seconds"),
        "doctor_each": fmean(run["doctor_seconds"] for case in ran for run in _runs(case))
        if ran else None,
        "raised": sum(bool(run["raised"]) for case in ran for run in _runs(case)),
        "training_seconds": sum(run["seconds"] for case in ran for run in _runs(case)),
        "doctor_seconds": sum(run["doctor_seconds"] for case in ran for run in _runs(case)),
    }  # fmt: skip


def alarmed(run: Mapping[str, Any]) -> bool:
    """Whether anything more than advice was found in a run."""
    return any(sign["severity"] != "advice" for sign in run["signs"])


def lines(found: Mapping[str, Any], seconds: float) -> list[str]:
    """The table: what, ours, the goal."""
    watched = found["watching"]
    told = dict(found) | {"seconds": seconds, "watching": watched and watched["overhead"]}
    rows = [("", "ours", "goal")]
    rows += [(_WORDS[key], _shown(key, told[key]), goal) for key, goal in GOALS.items()]
    width = max(len(row[0]) for row in rows)
    table = [f"{a:<{width}}  {b:>7}  {c}".rstrip() for a, b, c in rows]
    agreed = found["agreement"]
    head = (
        f"{found['cases']} cases ({found['faulty_cases']} fail, {found['healthy_programs']} "
        f"programs are healthy), {found['not_run']} not run (and "
        f"{found['twins_not_run']} twins), {found['capped']} cut short"
    )
    same = "" if agreed is None else f"; {agreed:.1%} of the runs end as the file says"
    return [head + same, "", *table]


def case_line(case: Mapping[str, Any]) -> str:
    """One case: its faults, the codes found with their first step, and what cured it."""
    if "not_run" in case:
        return f"{case['id']}: not run. {case['not_run']}"
    known = " ".join(case["faults"]) or "healthy"
    parts = [f"{case['id']}: {known} | found {_found(case['runs'])}"]
    if case["twins"]:
        parts.append(f"twin {_found(case['twins'])}")
    if case["twins_not_run"]:
        parts.append(f"twin not run: {case['twins_not_run']}")
    if "cured_by_one" in case:
        parts.append(_cure(case))
    worse = [text for run in case["runs"] + case["twins"] for text in run.get("worse", [])]
    parts += [f"made worse by {worse[0]}"] if worse else []
    raised = [run["raised"] for run in case["runs"] + case["twins"] if run["raised"]]
    parts += [f"the doctor raised {raised[0]}"] if raised else []
    return " | ".join(parts)


def _cure(case: Mapping[str, Any]) -> str:
    """What cured it, or what was tried, of the first run that was given something."""
    words = [next((run[f"{kind}_words"] for run in case["runs"] if run[f"{kind}_words"]), "nothing")
             for kind in ("one", "two")]  # fmt: skip
    if case["cured_by_one"]:
        return f"cured by {words[0]}"
    return f"cured by {words[1]}" if case["cured_by_two"] else f"not cured by {'; '.join(words)}"


def _found(runs: Sequence[Mapping[str, Any]]) -> str:
    """Codes with the step of their first sign, and in how many of the runs; advice in brackets."""
    seen: dict[str, list[int]] = {}
    for run in runs:
        for sign in run["signs"]:
            alarm = sign["severity"] != "advice"
            seen.setdefault(sign["code"] if alarm else f"({sign['code']})", []).append(sign["step"])
    count = len(runs)
    return ", ".join(
        f"{code}@{min(steps)}" + (f" {len(steps)}/{count}" if len(steps) < count else "")
        for code, steps in seen.items()
    ) or "nothing"  # fmt: skip


def _runs(case: Mapping[str, Any]) -> list[Any]:
    return [*case["runs"], *case["twins"]]


def _counted(cases: Iterable[Mapping[str, Any]], kind: str) -> list[Any]:
    return [run for case in cases for run in _runs(case) if run["counts"] == kind]


def _named(run: Mapping[str, Any], known: frozenset[str]) -> list[bool]:
    """Of each cause named, whether it is right, or its remedy a cure, tried here or by others."""
    tried = run.get("cures", {})
    edits = {sign["code"]: sign.get("edit") for sign in run["signs"]}
    return [bool(right or tried.get(code) or edits.get(code) in known)
            for code, right in run["right"].items()]  # fmt: skip


def _values(groups: Sequence[Sequence[Any]], key: str) -> list[Any]:
    return [run[key] for runs in groups for run in runs if key in run]


def _median(groups: Sequence[Sequence[Any]], key: str) -> float | None:
    values = _values(groups, key)
    return median(values) if values else None


def _share(groups: Sequence[Sequence[Any]], of: Callable[[Any], bool]) -> float | None:
    means = [fmean(bool(of(run)) for run in runs) for runs in groups if runs]
    return fmean(means) if means else None


def _shown(key: str, value: Any) -> str:
    if value is None:
        return "–"
    if key in ("worse", "first_right"):
        return f"{value:g}"
    return f"{value:.0f}" if key == "seconds" else f"{value:.3f}"
