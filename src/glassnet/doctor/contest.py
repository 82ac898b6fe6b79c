"""The contest: many remedies replayed for a little, the better ones for longer, within a budget.

All replays climb the same ladder of lengths, each rung twice the one before, and are judged at each
rung: whatever is compared has had as much training. Jamieson & Talwalkar (2016), successive
halving.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

import numpy as np

from glassnet.doctor.regimen import Regimen
from glassnet.doctor.remedies import Remedy
from glassnet.doctor.replay import Replay
from glassnet.doctor.treatment import treated
from glassnet.errors import GlassnetError

# The causes that the rules name in a network under a regimen.
Signs: TypeAlias = Callable[[Regimen], tuple[str, ...]]

MARGIN, MOVES = 0.1, 0.005  # of skill: what is clearly better, and what is any change at all
_FADING = 0.85


@dataclass(eq=False)
class Entrant:
    """A remedy in the contest, with its replay of the first seed; None where it cannot be."""

    remedy: Remedy
    regimen: Regimen | None
    replay: Replay | None
    failed: str = ""

    @classmethod
    def of(cls, remedy: Remedy, base: Regimen, seed: int) -> Entrant:
        """Carry the remedy out on the base."""
        try:
            with np.errstate(all="ignore"):
                changed = treated(base, remedy)
        except (GlassnetError, ValueError, TypeError, ArithmeticError) as error:
            return cls(remedy, None, None, str(error))
        return cls(remedy, changed, Replay(changed, seed))

    @property
    def rung(self) -> int:
        """How far up the ladder it came; −1 at its foot."""
        return -1 if self.replay is None else len(self.replay.marks) - 1

    def rank(self, rung: int) -> float:
        """How good it was there."""
        return float("-inf") if self.replay is None else self.replay.marks[rung].rank

    def shrinks(self) -> float:
        """By what factor the last doubling brought its error down; 1 where it did not."""
        marks = [] if self.replay is None else self.replay.marks
        if len(marks) < 2 or not 1 - marks[-2].skill > 0:
            return 1.0
        return float(np.clip((1 - marks[-1].skill) / (1 - marks[-2].skill), 0.5, 1.0))

    @property
    def progress(self) -> float:
        """What one of the last two doublings added to its rank, the better one."""
        marks = [] if self.replay is None else self.replay.marks[-3:]
        added = [after.rank - before.rank for before, after in pairwise(marks)]
        return max(added, default=0.0)

    def expected(self, doublings: float) -> float:
        """Its skill after so many doublings more, each of which gains less than the one before."""
        if self.replay is None or not self.replay.marks:
            return -1.0
        gain = sum(_FADING**k for k in range(1, round(doublings) + 1))
        return 1 - (1 - self.replay.skill) * self.shrinks() ** gain


@dataclass(eq=False)
class Purse:
    """Work that may be spent, in row passes; see :attr:`Replay.work`."""

    allowed: float
    used: float = 0.0

    @property
    def left(self) -> float:
        """What may still be spent."""
        return max(0.0, self.allowed - self.used)

    def climb(self, replay: Replay, ladder: Sequence[float], rung: int) -> bool:
        """Let a replay climb to a rung; False where the purse does not reach."""
        while len(replay.marks) <= rung:
            length = ladder[len(replay.marks)]
            if max(length - replay.work, replay.least) > self.left + 1:
                return False
            before = replay.work
            replay.go_on(length)
            self.used += replay.work - before
        return True


@dataclass(eq=False)
class Setting:
    """The base, the ladder (its rung ``top`` is the whole training) and the purse of one proof."""

    base: Regimen
    signs: Signs
    purse: Purse
    ladder: list[float]
    top: int

    def left(self, entrant: Entrant) -> int:
        """Doublings from where an entrant stands to the whole training."""
        return max(0, self.top - entrant.rung)

    def expected(self, entrant: Entrant) -> float:
        """The skill that an entrant should have after the whole training."""
        if entrant.replay is not None and entrant.rung > self.top:
            return entrant.replay.marks[self.top].skill
        return entrant.expected(self.left(entrant))

    def promise(self, entrant: Entrant) -> float:
        """The same, and what its outputs tell of y already."""
        marks = [] if entrant.replay is None else entrant.replay.marks
        told = marks[-1].rank - marks[-1].skill if marks else 0.0
        return self.expected(entrant) + told


def ladder_of(first: float, whole: float, beyond: int) -> list[float]:
    """Lengths that double, from about ``first`` over ``whole`` and ``beyond`` times on.

    Examples
    --------
    >>> ladder_of(12.0, 80.0, 1)
    [10.0, 20.0, 40.0, 80.0, 160.0]
    """
    below = max(0, int(np.ceil(np.log2(max(1.0, whole / max(first, 1.0))))))
    return [whole * 2.0**k for k in range(-below, beyond + 1)]


def halving(
    entrants: list[Entrant],
    purse: Purse,
    ladder: Sequence[float],
    *,
    start: int = 0,
    top: int | None = None,
    kept: Entrant | None = None,
    beside: Replay | None = None,
) -> list[Entrant]:
    """All climb to the rung ``start``, the better half one rung further, and so on.

    Returns all of them: those that came furthest first, and by rank among these. ``kept`` is never
    sent away; none goes on beyond ``top``; ``beside`` climbs with them, out of contest.
    """
    alive = [each for each in entrants if each.replay is not None]
    ranked = [each for each in entrants if each.replay is None]
    rung = start
    while alive:
        reached = [beside is None or purse.climb(beside, ladder, rung)]
        reached += [each.replay is not None and purse.climb(each.replay, ladder, rung)
                    for each in alive]  # fmt: skip
        if not all(reached):
            break
        alive.sort(key=lambda each: -each.rank(rung))
        if len(alive) == 1 or rung >= (len(ladder) - 1 if top is None else top):
            break
        best = alive[: -(-len(alive) // 2)]
        best += [] if kept is None or kept not in alive or kept in best else [kept]
        ranked = [each for each in alive if each not in best] + ranked
        if best == alive:
            break
        alive, rung = best, rung + 1
    return sorted(alive, key=lambda each: -each.rung) + ranked
