"""``Diagnosis.prove``: replay remedies beside the unchanged network, and see which one helps."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from glassnet.doctor.canon import canonical
from glassnet.doctor.case import Case
from glassnet.doctor.contest import (
    MARGIN,
    MOVES,
    Entrant,
    Purse,
    Setting,
    Signs,
    halving,
    ladder_of,
)
from glassnet.doctor.findings import Finding
from glassnet.doctor.proof import Proof, Trial
from glassnet.doctor.regimen import Regimen, regimen_of
from glassnet.doctor.remedies import Remedy
from glassnet.doctor.replay import STEP, Replay, Split
from glassnet.doctor.second import in_order, pairs_on
from glassnet.doctor.treatment import treated
from glassnet.errors import GlassnetError, InvalidValue
from glassnet.optim.ranges import NOT_NEGATIVE, POSITIVE

AT_LEAST = 100_000.0
_SINGLES = 0.45  # share of the budget
_BEYOND = 4  # doublings of the whole training, where the budget allows them
_HEALED = 0.5
_FEWEST_STEPS = 4  # of a single remedy, for so many of them as the budget then bears


def proof_of(
    findings: list[Finding],
    others: list[Finding],
    case: Case | None,
    signs: Signs,
    *,
    budget: Any,
    at_least: Any = AT_LEAST,
    seeds: Any,
) -> Proof:
    """The proof of a diagnosis; where nothing can be tried, one that says why.

    Raises
    ------
    InvalidValue
        If budget or seeds are not above 0, or at_least is below.

    Examples
    --------
    >>> print(proof_of([], [], None, lambda regimen: (), budget=2.0, seeds=3))
    Nothing to prove: no remedy is offered to a healthy network.
    """
    allowed, count = POSITIVE.number(budget), seeds
    if allowed is None:
        raise InvalidValue(f"budget must be above 0, in trainings of the network; got {budget!r}.")
    if isinstance(count, bool) or not isinstance(count, int) or count < 1:
        raise InvalidValue(f"seeds must be a positive integer; got {seeds!r}.")
    floor = NOT_NEGATIVE.number(at_least)
    if floor is None:
        raise InvalidValue(f"at_least must be a number of row passes; got {at_least!r}.")
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
    return proved(findings, others, base, signs, budget=allowed, floor=floor, seeds=count)


def proved(
    findings: list[Finding],
    others: list[Finding],
    base: Regimen,
    signs: Signs,
    *,
    budget: float,
    floor: float,
    seeds: int,
) -> Proof:
    """Try the remedies of the findings, then the table, then pairs, within the budget."""
    split = Split.of(base.rows, base.task.labels, seed=base.seed)
    whole = _whole(base, len(split.learn))
    purse = Purse(max(floor, budget * whole))
    entrants = [Entrant.of(each, base, base.seed) for each in _asked(findings, others, base)]
    entrants = entrants[: _affordable(base, len(split.learn), _SINGLES * purse.allowed)]
    ladder, top = _ladder(entrants, _SINGLES * purse.allowed, whole)
    setting = Setting(base, signs, purse, ladder, top)
    unchanged = Replay(base, base.seed)
    first = entrants[0] if entrants and entrants[0].remedy.code else None
    ranked = halving(entrants, purse, ladder, top=top, kept=first, beside=unchanged)
    sure = bool(findings) and findings[0].confidence >= 0.9 and findings[0].first == "static"
    ranked = _preferred(setting, ranked, first, unchanged, sure=sure)
    trials: list[Trial] = []
    if ranked and ranked[0].replay is not None and ranked[0].rung >= 0:
        pairs = pairs_on(setting, ranked)
        trials = _over_seeds(setting, [ranked[0], *pairs[:1]], unchanged, seeds)
        trials = in_order(setting, ranked[0], pairs[:1], trials)
    causes = {each.code for each in findings if each.severity != "advice"}
    trials = [_examined(setting, each, causes) for each in trials]
    tried = [_trial(each, [unchanged], [each.replay]) for each in ranked[1:4] if each.rung >= 0]
    return Proof(
        trials=tuple(trials + tried),
        measure=base.task.measure,
        rows=len(split.learn),
        apart=split.apart,
        used=purse.used / whole,
        budget=purse.allowed / whole,
    )


def _whole(base: Regimen, rows: int) -> float:
    """The work of the whole training."""
    size = max(1, min(base.batch_size, rows))
    return base.epochs * (rows + STEP * float(-(-rows // size)))


def _asked(findings: list[Finding], others: list[Finding], base: Regimen) -> list[Remedy]:
    """The findings' remedies, then the table's; none twice."""
    told = [Remedy(f.remedy, f.code) for f in (*findings, *others) if f.remedy]
    kept: list[Remedy] = []
    for each in (*told, *canonical(base)):
        if not each.by_hand and not any(each.same(other) for other in kept):
            kept.append(each)
    return kept


def _affordable(base: Regimen, rows: int, allowed: float) -> int:
    """How many can take a few steps each; those that come first are more often right."""
    step = min(base.batch_size, rows) + STEP
    return max(2, int(allowed / (_FEWEST_STEPS * step)))


def _ladder(entrants: list[Entrant], allowed: float, whole: float) -> tuple[list[float], int]:
    """A ladder on which halving among so many spends about what is allowed, and its whole."""
    count = max(1, sum(each.replay is not None for each in entrants))
    rungs = int(np.ceil(np.log2(count)))
    first = allowed / (count * (1 + rungs / 2) + 2.0 ** (rungs + 1))
    ladder = ladder_of(first, whole, _BEYOND)
    return ladder, len(ladder) - 1 - _BEYOND


def _preferred(
    setting: Setting, ranked: list[Entrant], first: Entrant | None, unchanged: Replay, *, sure: bool
) -> list[Entrant]:
    """The first finding's remedy stays first, unless another promises clearly more.

    Where the cause is sure, what leaves it there can only seem better for a while: the remedy
    stays first unless the other one removes the cause too, or nothing at all moves with it.
    """
    if first is None or first.replay is None or not ranked or ranked[0] is first:
        return ranked
    code, stuck = first.remedy.code, first.rung > 0 and abs(first.progress) < MOVES
    for other in ranked[: ranked.index(first)]:
        plain = unchanged.marks[min(max(0, other.rung), len(unchanged.marks) - 1)].skill
        least = max(setting.promise(first), plain) + MARGIN
        if setting.promise(other) <= least or other.regimen is None:
            break
        if stuck or not sure or code not in setting.signs(other.regimen):
            return [other, *(each for each in ranked if each is not other)]
    return [first, *(each for each in ranked if each is not first)]


def _over_seeds(
    setting: Setting, leaders: list[Entrant], unchanged: Replay, seeds: int
) -> list[Trial]:
    """The leaders beside the unchanged network, over several seeds, as far as the purse reaches."""
    ladder, purse = setting.ladder, setting.purse
    able = [each for each in leaders if each.rung >= 0]
    first = [unchanged, *(each.replay for each in able if each.replay is not None)]
    more = max(0, seeds - 1)

    def costs(rung: int) -> float:
        further = sum(max(0.0, ladder[rung] - each.work) for each in first)
        return further + more * len(first) * ladder[rung]

    fits = [k for k in range(setting.top + 1) if costs(k) <= purse.left]
    for replay in first if fits else ():
        purse.climb(replay, ladder, fits[-1])
    plain, changed = [unchanged], [[each.replay] for each in able]
    for seed in range(unchanged.seed + 1, unchanged.seed + 1 + more) if fits else ():
        plain.append(Replay(unchanged.regimen, seed))
        purse.climb(plain[-1], ladder, fits[-1])
        for each, replays in zip(able, changed, strict=True):
            assert each.regimen is not None
            replay = Replay(each.regimen, seed)
            purse.climb(replay, ladder, fits[-1])
            replays.append(replay)
    return [_trial(each, plain, replays) for each, replays in zip(able, changed, strict=True)]


def _examined(setting: Setting, trial: Trial, causes: set[str]) -> Trial:
    """The trial, with what the rules say of the network it makes."""
    left = setting.signs(treated(setting.base, trial.remedy))
    wanted = {trial.remedy.code} if trial.remedy.code else causes
    measured = np.isnan(trial.expected) and not trial.untried
    healed = measured and trial.sure and trial.after >= _HEALED and not wanted & set(left)
    return replace(trial, signs=left, cured=bool(healed))


def _trial(entrant: Entrant, plain: list[Replay], changed: list[Any]) -> Trial:
    rung = min(len(each.marks) for each in (*plain, *changed)) - 1
    if rung < 0:
        return Trial(entrant.remedy, float("nan"), float("nan"), failed="the budget is spent")
    before = np.array([each.marks[rung].skill for each in plain[: len(changed)]])
    after = np.array([each.marks[rung].skill for each in changed])
    effects = after - before
    error = float(effects.std(ddof=1) / np.sqrt(len(effects))) if len(effects) > 1 else np.nan
    steps = changed[0].marks[rung].steps
    return Trial(entrant.remedy, float(before.mean()), float(after.mean()), error, len(effects),
                 steps, failed=changed[0].failed)  # fmt: skip
