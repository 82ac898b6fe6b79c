"""Successive halving: many candidates for a few epochs, the best of them for more."""

from __future__ import annotations

from dataclasses import dataclass

from glassnet.tuning.driver import Candidate, Driver
from glassnet.tuning.trials import Outcome

THIRD = 3


@dataclass(frozen=True)
class Halving:
    """Cohorts of nine or 27 of TPE's candidates: all for a few epochs, the best third for more, …

    Each goes on from where it rested. What is asked and told, and in which order, depends on the
    seed alone: not on how many workers there are, or which is done first.

    References
    ----------
    Jamieson & Talwalkar (2016), Non-stochastic best arm identification.
    """

    driver: Driver

    def run(self, trials: int) -> bool:
        """Try until there are so many trials; whether Ctrl-C ended it."""
        driver = self.driver
        full = THIRD ** (len(driver.rungs) - 1)  # so that one is left at the last rung
        while (tried := driver.tried) < trials and not driver.over:
            cohort = driver.ask(min(full, trials - tried))
            outcomes: dict[int, list[Outcome]] = {each.number: [] for each in cohort}
            interrupted = False
            try:
                self._halve(cohort, outcomes)
            except KeyboardInterrupt:
                interrupted = True
            for candidate in cohort:
                driver.tell(candidate, outcomes[candidate.number])
                driver.forget(candidate)
            if interrupted:
                return True
        return False

    def _halve(self, cohort: list[Candidate], outcomes: dict[int, list[Outcome]]) -> None:
        alive, before = cohort, 0
        for rung, epochs in enumerate(self.driver.rungs):
            if rung and self.driver.over:
                return
            orders = [self.driver.order(each, rung, epochs - before) for each in alive]
            self.driver.compute(orders, outcomes)
            alive = [each for each in alive if outcomes[each.number]]  # else the clock cut it short
            fit = [each for each in alive if outcomes[each.number][-1].goes_on]
            fit.sort(key=lambda each: (-outcomes[each.number][-1].score, each.number))
            alive, before = fit[: -(-len(orders) // THIRD)], epochs
