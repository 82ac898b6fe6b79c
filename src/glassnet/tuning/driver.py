"""The driver: asks Optuna for candidates, has them trained, and tells what came of them.

Candidates come in cohorts. All of a cohort are trained for a few epochs, the best third for three
times as many, and so on (successive halving: Jamieson & Talwalkar, 2016), each going on from where
it rested. What is asked and told, and in which order, depends on the seed alone: not on how many
workers there are, or which is done first.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.trial import TrialState

from glassnet.tuning.space import Between, Domain, chosen, labelled, parameters_of
from glassnet.tuning.trials import Material, Order, Outcome, Record
from glassnet.tuning.workers import Workers

COHORT = 9
THIRD = 3


@dataclass
class Driver:
    """One search.

    Attributes
    ----------
    study : optuna.Study
    space : mapping of str to Domain
    material : Material
    workers : Workers
    rungs : tuple of int
        Epochs in all at each rung.
    seed : int
    until : float
        When to begin nothing more, as of :func:`time.monotonic`.
    heard : callable
        Told every outcome as it comes.
    """

    study: optuna.Study
    space: Mapping[str, Domain]
    material: Material
    workers: Workers
    rungs: tuple[int, ...]
    seed: int
    until: float
    heard: Callable[[Outcome], object]

    def run(self, trials: int) -> bool:
        """Try until there are so many trials; whether Ctrl-C ended it."""
        while (tried := len(finished(self.study))) < trials and time.monotonic() < self.until:
            cohort = [
                self.study.ask(self.distributions) for _ in range(min(COHORT, trials - tried))
            ]
            outcomes: dict[int, list[Outcome]] = {each.number: [] for each in cohort}
            try:
                self._halve(cohort, outcomes)
            except KeyboardInterrupt:
                self._tell(cohort, outcomes)
                return True
            self._tell(cohort, outcomes)
        return False

    @property
    def distributions(self) -> dict[str, BaseDistribution]:
        """The space in Optuna's words."""
        return {name: _distribution(domain) for name, domain in self.space.items()}

    def _halve(self, cohort: list[optuna.Trial], outcomes: dict[int, list[Outcome]]) -> None:
        alive, before = cohort, 0
        for rung, epochs in enumerate(self.rungs):
            orders = [self._order(trial, rung, epochs - before) for trial in alive]
            if rung and time.monotonic() >= self.until:
                return
            for outcome in self.workers.outcomes(orders, self.material):
                outcomes[outcome.number].append(outcome)
                self.heard(outcome)
            fit = [trial for trial in alive if _goes_on(outcomes[trial.number][-1])]
            fit.sort(key=lambda trial: (-outcomes[trial.number][-1].score, trial.number))
            alive, before = fit[: max(1, -(-len(alive) // THIRD))], epochs

    def _order(self, trial: optuna.Trial, rung: int, epochs: int) -> Order:
        parameters = parameters_of(chosen(self.space, trial.params))
        return Order(trial.number, rung, epochs, parameters, self.seed + trial.number)

    def _tell(self, cohort: list[optuna.Trial], outcomes: dict[int, list[Outcome]]) -> None:
        for trial in cohort:
            found = outcomes[trial.number]
            trial.set_user_attr("outcomes", [asdict(each) for each in found])
            for each in found:
                if each.scores:
                    trial.report(each.score, self.rungs[each.rung])
            if not found or found[-1].failed:
                self.study.tell(trial, state=TrialState.FAIL)
            elif found[-1].rung < len(self.rungs) - 1:
                self.study.tell(trial, state=TrialState.PRUNED)
            else:
                self.study.tell(trial, found[-1].score)


def _goes_on(outcome: Outcome) -> bool:
    return not (outcome.failed or outcome.fatal)


def _distribution(domain: Domain) -> BaseDistribution:
    if not isinstance(domain, Between):
        return CategoricalDistribution(tuple(labelled(domain)))
    if domain.whole:
        return IntDistribution(int(domain.low), int(domain.high), log=domain.log)
    return FloatDistribution(domain.low, domain.high, log=domain.log)


def finished(study: optuna.Study) -> list[optuna.trial.FrozenTrial]:
    """The trials that were told, with outcomes."""
    return [
        trial
        for trial in study.get_trials(deepcopy=False)
        if trial.state.is_finished() and trial.user_attrs.get("outcomes")
    ]


def records(study: optuna.Study, rungs: tuple[int, ...]) -> list[Record]:
    """What became of every candidate."""
    found: list[Record] = []
    for trial in finished(study):
        kept: list[dict[str, Any]] = trial.user_attrs["outcomes"]
        outcomes = tuple(replace(Outcome(**each), scores=tuple(each["scores"])) for each in kept)
        found.append(Record(trial.number, trial.params, outcomes, rungs[outcomes[-1].rung]))
    return found
