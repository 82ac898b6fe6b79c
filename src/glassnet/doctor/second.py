"""The second edit: what is tried on top of the best remedy, and when more epochs are one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from glassnet.doctor.contest import MARGIN, MOVES, Entrant, Purse, Setting, halving
from glassnet.doctor.proof import Trial
from glassnet.doctor.regimen import Regimen
from glassnet.doctor.remedies import Remedy

_PAIRS, _CONTINUED = 0.25, 0.4  # shares of the budget, and of what is left then
_GOOD, _ENOUGH = 0.97, 0.95
_FEW_STEPS, _SHORT = 200, 1500  # steps of a training that is too short, and of one that may be
_SECONDS = 5
_USUAL = (("X", "standardise"), ("y", "standardise"), ("learning_rate", 1e-2))
_MOST_TIMES = 20.0


def pairs_on(setting: Setting, ranked: list[Entrant]) -> list[Entrant]:
    """The best remedy with each of the next ones on top of it."""
    best, purse = ranked[0], setting.purse
    if best.regimen is None or best.replay is None or best.replay.skill > _GOOD:
        return []
    pairs: list[Entrant] = []
    for each in _seconds(ranked[1:]):
        made = Entrant.of(each, best.regimen, best.replay.seed)
        if made.replay is not None:
            pairs.append(Entrant(best.remedy + each, made.regimen, made.replay))
    share = Purse(min(purse.left, _PAIRS * purse.allowed))
    start = min(setting.top, _start(setting.ladder, share.allowed, len(pairs)))
    pairs = halving(pairs, share, setting.ladder, start=start, top=setting.top)
    purse.used += share.used
    beyond = setting.top  # how the best goes on where the training would end
    while best.replay.skill < _GOOD and beyond + 1 < len(setting.ladder):
        if setting.ladder[beyond] - best.replay.work > _CONTINUED * purse.left:
            break
        purse.climb(best.replay, setting.ladder, beyond)
        beyond += 1
    return [each for each in pairs if each.rung >= 0]


def _seconds(ranked: list[Entrant]) -> list[Remedy]:
    """What is tried on top of the best: what was good alone, and what helps most others."""
    able = [each.remedy for each in ranked if each.regimen is not None]
    usual = [each for each in able if any(each.changes.get(k) == v for k, v in _USUAL)]
    return list(dict.fromkeys([*able[:_SECONDS], *usual]))


def _start(ladder: list[float], allowed: float, count: int) -> int:
    """The highest rung from which halving among so many spends no more than is allowed."""
    if count == 0:
        return 0
    rungs = 1 + np.log2(count) / 2
    fits = [k for k, length in enumerate(ladder) if length * count * rungs <= allowed]
    return max(fits, default=0)


def in_order(
    setting: Setting, best: Entrant, pairs: list[Entrant], trials: list[Trial]
) -> list[Trial]:
    """The smallest sufficient change first; of pairs, more epochs where time is what lacks."""
    alone = setting.expected(best)
    if not trials[0].helps and not trials[0].failed:
        trials = [replace(trials[0], expected=float(alone)), *trials[1:]]
    longer = _longer(setting, best, trials[0])
    both = setting.expected(pairs[0]) if pairs else -1.0
    seconds = trials[1:]
    short = best.regimen is not None and _steps(best.regimen) <= _SHORT
    if longer is not None and both < (_ENOUGH if short else min(_ENOUGH, longer[1] - 0.05)):
        seconds = [longer[0], *seconds]
    elif longer is not None:
        seconds = [*seconds, longer[0]]
    if alone >= _ENOUGH or not seconds or not _adds(seconds[0], trials[0]):
        return [trials[0], *seconds]
    return [seconds[0], trials[0], *seconds[1:]]


def _adds(pair: Trial, one: Trial) -> bool:
    """Whether a second remedy is worth its while."""
    promised = pair.after if np.isnan(pair.expected) else pair.expected
    return pair.untried or promised > one.after + MARGIN / 2


def _steps(regimen: Regimen) -> int:
    size = max(1, min(regimen.batch_size, regimen.rows))
    return regimen.epochs * -(-regimen.rows // size)


def _longer(setting: Setting, best: Entrant, trial: Trial) -> tuple[Trial, float] | None:
    """The best remedy with more epochs, and the skill to be expected; None where it has stopped."""
    if best.replay is None or best.regimen is None or "epochs" in best.remedy.changes:
        return None
    shrinks, few = best.shrinks(), _steps(best.regimen) <= _FEW_STEPS
    stands = shrinks > 0.97 and best.progress < MOVES
    if best.replay.failed or (stands and not few):
        return None
    doublings = np.ceil(np.log(0.02) / np.log(min(shrinks, 0.97)))
    times = min(_MOST_TIMES, 2.0 ** (max(doublings, 2.0) + 1))
    remedy = best.remedy + Remedy({"epochs": int(best.regimen.epochs * times)})
    skill = best.expected(setting.left(best) + np.log2(times))
    if few and (stands or skill < trial.before + MARGIN):
        return replace(trial, remedy=remedy, untried=True), skill
    return replace(trial, remedy=remedy, expected=float(skill)), skill
