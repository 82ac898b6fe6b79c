"""``Diagnosis.prove``: replay remedies beside the unchanged network, and see which one helps."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.doctor.canon import canonical
from glassnet.doctor.case import Case
from glassnet.doctor.contest import Entrant, Purse, halving
from glassnet.doctor.findings import Finding
from glassnet.doctor.proof import Proof, Trial
from glassnet.doctor.regimen import Regimen, regimen_of
from glassnet.doctor.remedies import Remedy
from glassnet.doctor.replay import Replay, Split
from glassnet.errors import GlassnetError, InvalidValue
from glassnet.optim.ranges import POSITIVE

LEAST = 20_000  # row passes that are always allowed: some tenths of a second
_SINGLES, _PAIRS = 0.5, 0.25  # shares of the budget; the rest is for more seeds
_GOOD = 0.97
_NEAR = 0.02


def proof_of(
    findings: list[Finding], others: list[Finding], case: Case | None, *, budget: Any, seeds: Any
) -> Proof:
    """The proof of a diagnosis; where nothing can be tried, one that says why.

    Raises
    ------
    InvalidValue
        If budget or seeds are not above 0.

    Examples
    --------
    >>> print(proof_of([], [], None, budget=2.0, seeds=3))
    Nothing to prove: no remedy is offered to a healthy network.
    """
    allowed, count = POSITIVE.number(budget), seeds
    if allowed is None:
        raise InvalidValue(f"budget must be above 0, in trainings of the network; got {budget!r}.")
    if isinstance(count, bool) or not isinstance(count, int) or count < 1:
        raise InvalidValue(f"seeds must be a positive integer; got {seeds!r}.")
    if all(finding.severity == "advice" for finding in findings):
        return Proof(note="Nothing to prove: no remedy is offered to a healthy network.")
    if case is None:
        return Proof(note="Nothing to replay: a diagnosis that was loaded has no rows.")
    try:
        base = regimen_of(case)
    except (GlassnetError, ValueError, TypeError) as error:
        return Proof(note=f"Nothing to replay: {error}")
    if base.task.constant():
        return Proof(note=f"Nothing to compare: y is the same in all {base.rows} rows.")
    return proved(findings, others, base, budget=allowed, seeds=count)


def proved(
    findings: list[Finding], others: list[Finding], base: Regimen, *, budget: float, seeds: int
) -> Proof:
    """Try the remedies of the findings, then the table, then pairs, within the budget.

    Parameters
    ----------
    findings, others : list of Finding
        Those of the diagnosis, and what it holds for their consequences.
    base : Regimen
        The unchanged training.
    budget : float > 0
        Row passes of all replays, in units of the whole training's; ``LEAST`` are always allowed.
    seeds : int ≥ 1
    """
    split = Split.of(base.rows, base.task.labels, seed=base.seed)
    whole = base.epochs * len(split.learn)
    purse = Purse(max(float(LEAST), budget * whole))
    first = base.seed
    entrants = [Entrant.of(each, base, first) for each in _asked(findings, others, base)]
    unchanged = Replay(base, first)
    ranked = _ordered(halving(entrants, purse, _SINGLES * purse.allowed, whole))
    best = ranked[0] if ranked else None
    pairs: list[Entrant] = []
    if best is not None and best.regimen is not None and best.skill < _GOOD:
        second = [each.remedy for each in ranked[1:] if each.regimen is not None][:6]
        pairs = [_on_top(best, each, first) for each in second]
        pairs = halving(pairs, purse, _PAIRS * purse.allowed, whole)
    leaders = ranked[:3] + pairs[:1]
    trials = _compared(leaders, unchanged, base, purse, whole, seeds)
    return Proof(
        trials=tuple(trials),
        measure=base.task.measure,
        rows=len(split.learn),
        apart=split.apart,
        used=purse.used / whole,
        budget=purse.allowed / whole,
    )


def _asked(findings: list[Finding], others: list[Finding], base: Regimen) -> list[Remedy]:
    """The findings' remedies, then the table's; none twice."""
    told = [Remedy(f.remedy, f.code) for f in (*findings, *others) if f.remedy]
    kept: list[Remedy] = []
    for each in (*told, *canonical(base)):
        if not each.by_hand and not any(each.same(other) for other in kept):
            kept.append(each)
    return kept


def _ordered(entrants: list[Entrant]) -> list[Entrant]:
    """By skill; among those as good as the best, findings' remedies first, then smaller changes."""
    if not entrants:
        return []
    top = max(each.skill for each in entrants)
    near = [each for each in entrants if each.skill >= top - _NEAR]
    near.sort(key=lambda each: not each.remedy.code)
    return near + [each for each in entrants if each not in near]


def _on_top(best: Entrant, other: Remedy, seed: int) -> Entrant:
    assert best.regimen is not None
    found = Entrant.of(other, best.regimen, seed)
    return Entrant(best.remedy + other, found.regimen, found.replay, found.failed)


def _compared(
    leaders: list[Entrant], unchanged: Replay, base: Regimen, purse: Purse, whole: int, seeds: int
) -> list[Trial]:
    """Pairs of replays of the leaders and of the unchanged network, over several seeds."""
    able = [each for each in leaders if each.replay is not None]
    if not able:
        return [Trial(e.remedy, float("nan"), -1.0, failed=e.failed) for e in leaders]
    length = max(1, int(purse.left / ((len(able) + 1) * seeds)))
    length = min(whole, length)
    made: list[Trial] = []
    plain = [unchanged, *(Replay(base, base.seed + k) for k in range(1, seeds))]
    for each in plain:
        purse.spend(each, length)
    for entrant in able:
        assert entrant.regimen is not None
        pairs = [Replay(entrant.regimen, base.seed + k) for k in range(seeds)]
        for each in pairs:
            purse.spend(each, length)
        made.append(_trial(entrant, plain, pairs))
    return made


def _trial(entrant: Entrant, plain: list[Replay], changed: list[Replay]) -> Trial:
    effects = np.array([c.skill - p.skill for c, p in zip(changed, plain, strict=True)])
    error = float(effects.std(ddof=1) / np.sqrt(len(effects))) if len(effects) > 1 else np.nan
    after = float(np.mean([each.skill for each in changed]))
    before = float(np.mean([each.skill for each in plain]))
    return Trial(entrant.remedy, before, after, error, len(effects), changed[0].steps)
