"""Every candidate trained to the end: random search and TPE."""

from __future__ import annotations

from dataclasses import dataclass

from glassnet.tuning.driver import Driver
from glassnet.tuning.trials import Outcome

TOGETHER = 4


@dataclass(frozen=True)
class ToTheEnd:
    """Candidates of the study's sampler, four at a time, each trained for all epochs at once.

    Four are asked before the first is told whatever the number of workers, so that what is asked
    does not depend on it.
    """

    driver: Driver

    def run(self, trials: int) -> bool:
        """Try until there are so many trials; whether Ctrl-C ended it."""
        driver = self.driver
        last = len(driver.rungs) - 1
        while (tried := driver.tried) < trials and not driver.over:
            asked = driver.ask(min(TOGETHER, trials - tried))
            orders = [driver.order(each, last, driver.rungs[-1]) for each in asked]
            outcomes: dict[int, list[Outcome]] = {each.number: [] for each in asked}
            interrupted = False
            try:
                driver.compute(orders, outcomes)
            except KeyboardInterrupt:
                interrupted = True
            for candidate in asked:
                driver.tell(candidate, outcomes[candidate.number])
                driver.forget(candidate)
            if interrupted:
                return True
        return False
