"""Successive halving: many candidates for a few epochs, the best of them for more."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from glassnet.tuning.driver import Candidate, Driver
from glassnet.tuning.trials import Order, Outcome

THIRD = 3


@dataclass
class Bracket:
    """Candidates that are compared with each other.

    Attributes
    ----------
    size : int
        How many there were at its start.
    alive : list of Candidate
    rung : int
        To which they are trained next.
    """

    size: int
    alive: list[Candidate]
    rung: int = 0

    @property
    def room(self) -> int:
        """How many may go on to the next rung."""
        return -(-self.size // THIRD ** (self.rung + 1))


@dataclass(frozen=True)
class Halving:
    """Brackets of TPE's candidates: all for a few epochs, the best third for three times as many, …

    Each goes on from where it rested. The first bracket has three candidates, so that one is soon
    trained to the end, the next nine, and all others 27 where there are four rungs. They follow
    each other a rung apart and are computed together: while one candidate of the oldest
    is trained for long, there are short trainings of the youngest for the other workers. What is
    asked and told, and in which order, depends on the seed alone: not on how many workers there
    are, or which is done first.

    Parameters
    ----------
    driver : Driver

    References
    ----------
    Jamieson & Talwalkar (2016), Non-stochastic best arm identification.
    """

    driver: Driver
    _found: defaultdict[int, list[Outcome]] = field(
        default_factory=lambda: defaultdict[int, list[Outcome]](list), init=False
    )

    def run(self, trials: int) -> bool:
        """Try until there are so many trials; whether Ctrl-C ended it."""
        brackets: list[Bracket] = []
        full, size = THIRD ** (len(self.driver.rungs) - 1), THIRD
        left = trials - self.driver.tried
        try:
            while (left > 0 or brackets) and not self.driver.over:
                if left > 0:
                    count = min(size, full, left)
                    brackets.append(Bracket(count, self.driver.ask(count)))
                    left, size = left - count, size * THIRD
                self._round(brackets)
                brackets = [bracket for bracket in brackets if bracket.alive]
        except KeyboardInterrupt:
            return True
        finally:
            for bracket in brackets:
                self._tell(bracket.alive)
        return False

    def _round(self, brackets: list[Bracket]) -> None:
        """Train all that are alive to their next rung, and choose who goes on."""
        orders = [order for bracket in brackets for order in self._orders(bracket)]
        self.driver.compute(orders, self._found)
        for bracket in brackets:
            known = [each for each in bracket.alive if self._found[each.number]]
            fit = [each for each in known if self._found[each.number][-1].goes_on]
            fit.sort(key=lambda each: (-self._found[each.number][-1].score, each.number))
            more = bracket.rung + 1 < len(self.driver.rungs) and not self.driver.over
            going = fit[: bracket.room] if more else []
            self._tell([each for each in bracket.alive if each not in going])
            bracket.alive, bracket.rung = going, bracket.rung + 1

    def _orders(self, bracket: Bracket) -> list[Order]:
        rungs, rung = self.driver.rungs, bracket.rung
        epochs = rungs[rung] - (rungs[rung - 1] if rung else 0)
        return [self.driver.order(each, rung, epochs) for each in bracket.alive]

    def _tell(self, candidates: list[Candidate]) -> None:
        for candidate in candidates:
            self.driver.tell(candidate, self._found.pop(candidate.number, []))
            self.driver.forget(candidate)
