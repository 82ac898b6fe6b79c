"""The driver: asks Optuna for candidates, has them trained, and tells what came of them.

It owns the study; workers only compute. Every method of :mod:`glassnet.tuning.methods` goes through
it, so that all keep the same table, the same file, and go on from it in the same way.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
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
from glassnet.tuning.trials import Begin, Material, Order, Outcome, Record
from glassnet.tuning.workers import Workers


@dataclass(frozen=True)
class Driver:
    """One search: what a method is built from.

    Attributes
    ----------
    study : optuna.Study
    space : mapping of str to Domain
    material : Material
    workers : Workers
    rungs : tuple of int
        Epochs in all at each rung, rising; a candidate that is trained to the end has the last.
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

    @property
    def tried(self) -> int:
        """How many candidates were told, those of earlier runs included."""
        return len(finished(self.study))

    @property
    def over(self) -> bool:
        """Whether the time is up."""
        return time.monotonic() >= self.until

    @property
    def distributions(self) -> dict[str, BaseDistribution]:
        """The space in Optuna's words."""
        return {name: _distribution(domain) for name, domain in self.space.items()}

    def ask(self, count: int) -> list[optuna.Trial]:
        """New candidates."""
        return [self.study.ask(self.distributions) for _ in range(count)]

    def order(
        self, trial: optuna.Trial, rung: int, epochs: int, begin: Begin | None = None
    ) -> Order:
        """Train a candidate for ``epochs`` more, at a rung."""
        parameters = parameters_of(chosen(self.space, trial.params))
        parameters |= trial.user_attrs.get("parameters", {})
        return Order(trial.number, rung, epochs, parameters, self.seed + trial.number, begin)

    def compute(self, orders: Sequence[Order], found: Mapping[int, list[Outcome]]) -> None:
        """Have orders computed, and what came of each put into ``found``, by trial, as it comes."""
        for outcome in self.workers.outcomes(orders, self.material):
            found[outcome.number].append(outcome)
            self.heard(outcome)

    def tell(self, trial: optuna.Trial, outcomes: Sequence[Outcome]) -> None:
        """Keep what became of a candidate in the study."""
        trial.set_user_attr("outcomes", [asdict(each) for each in outcomes])
        for each in outcomes:
            if each.scores:
                trial.report(each.score, self.rungs[each.rung])
        if not outcomes or outcomes[-1].failed:
            self.study.tell(trial, state=TrialState.FAIL)
        elif outcomes[-1].rung < len(self.rungs) - 1:
            self.study.tell(trial, state=TrialState.PRUNED)
        else:
            self.study.tell(trial, outcomes[-1].score)


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
        outcomes = tuple(_outcome(each) for each in kept)
        told: dict[str, Any] = trial.user_attrs.get("parameters", {})
        epochs = rungs[outcomes[-1].rung]
        found.append(Record(trial.number, trial.params, outcomes, epochs, told))
    return found


def _outcome(kept: dict[str, Any]) -> Outcome:
    """An outcome as it was, from what a study keeps of it."""
    curve = tuple((int(epoch), float(value)) for epoch, value in kept.get("curve", ()))
    return replace(Outcome(**kept), scores=tuple(kept["scores"]), curve=curve)
