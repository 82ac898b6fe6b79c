"""The contest: many remedies replayed for a little, the better ones for longer, within a budget."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from glassnet.doctor.regimen import Regimen
from glassnet.doctor.remedies import Remedy
from glassnet.doctor.replay import Replay
from glassnet.doctor.treatment import treated
from glassnet.errors import GlassnetError

_FEWEST_STEPS = 8  # of a first replay


@dataclass(eq=False)
class Entrant:
    """A remedy in the contest, with its first replay; ``regimen`` is None where it cannot be."""

    remedy: Remedy
    regimen: Regimen | None
    replay: Replay | None
    failed: str = ""
    others: list[Replay] = field(default_factory=list[Replay])

    @classmethod
    def of(cls, remedy: Remedy, base: Regimen, seed: int) -> Entrant:
        """Carry the remedy out on the base."""
        try:
            changed = treated(base, remedy)
        except (GlassnetError, ValueError, TypeError) as error:
            return cls(remedy, None, None, str(error))
        return cls(remedy, changed, Replay(changed, seed))

    @property
    def skill(self) -> float:
        """That of its replay."""
        return -1.0 if self.replay is None else self.replay.skill

    @property
    def cost(self) -> float:
        """Of a row pass, beside one of the unchanged network."""
        return 1.0


@dataclass(eq=False)
class Purse:
    """Row passes that may be spent."""

    allowed: float
    used: float = 0.0

    @property
    def left(self) -> float:
        """What may still be spent."""
        return max(0.0, self.allowed - self.used)

    def spend(self, replay: Replay, passes: float) -> None:
        """Let a replay go on to ``passes``, as far as the purse reaches."""
        before = replay.passes
        reach = min(int(passes), before + int(self.left))
        replay.go_on(reach)
        self.used += replay.passes - before


def halving(entrants: list[Entrant], purse: Purse, allowed: float, longest: int) -> list[Entrant]:
    """Successive halving: all go on for a first length, the better half twice as long, and so on.

    Returns all of them, those that came furthest first and by skill among these.
    """
    alive = [each for each in entrants if each.replay is not None]
    if not alive:
        return entrants
    rounds = int(np.ceil(np.log2(len(alive)))) + 1
    length = max(1.0, allowed / (len(alive) * (1 + rounds / 2)))
    ranked: list[Entrant] = [each for each in entrants if each.replay is None]
    while alive and purse.left >= 1:
        for each in alive:
            if each.replay is not None:
                purse.spend(each.replay, min(length, longest))
        alive.sort(key=lambda each: -each.skill)
        if len(alive) == 1 or length >= longest:
            break
        keep = -(-len(alive) // 2)
        ranked = alive[keep:] + ranked
        alive, length = alive[:keep], 2 * length
    return alive + ranked
