"""The driver: asks Optuna for candidates, has them trained, and tells what came of them.

It owns the study; workers only compute. Every method of :mod:`glassnet.tuning.methods` goes through
it, so that all keep the same table, the same file, and go on from it in the same way.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.samplers import BaseSampler
from optuna.trial import TrialState

from glassnet.tuning.rests import forget
from glassnet.tuning.space import Between, Domain, chosen, labelled, parameters_of
from glassnet.tuning.storage import NUMBER, enqueue_again
from glassnet.tuning.trials import Begin, Material, Order, Outcome, Record
from glassnet.tuning.workers import Workers

_APART = 1_000_003  # so that the candidates of two searches are not drawn alike


@dataclass(eq=False)
class Candidate:
    """A candidate: what it is, and the trial in which the study keeps it at present.

    Attributes
    ----------
    number : int
        From 0, in the order in which they were asked. A trial that is told as failed since its
        worker was killed is asked again under another number of Optuna's; the candidate's stays.
    trial : optuna.Trial
    """

    number: int
    trial: optuna.Trial

    @property
    def params(self) -> dict[str, Any]:
        """A value for each name of the space."""
        return self.trial.params

    @property
    def user_attrs(self) -> dict[str, Any]:
        """What else the study keeps of it; ``parameters`` go over those of the space."""
        return self.trial.user_attrs

    def set_user_attr(self, name: str, value: Any) -> None:
        """Have the study keep something with it."""
        self.trial.set_user_attr(name, value)


@dataclass(frozen=True, eq=False)
class Driver:
    """One search: what a method is built from.

    Attributes
    ----------
    study : optuna.Study
    sampler : callable
        From the space in Optuna's words and a seed to who proposes candidates. Each candidate has
        a sampler of its own, seeded by the search and its number, so that a search that goes on
        asks what it would have asked.
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
    sampler: Callable[[dict[str, BaseDistribution], int], BaseSampler]
    space: Mapping[str, Domain]
    material: Material
    workers: Workers
    rungs: tuple[int, ...]
    seed: int
    until: float
    heard: Callable[[Outcome], object]
    _asked: dict[int, Candidate] = field(default_factory=dict[int, Candidate], init=False)

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

    def ask(self, count: int) -> list[Candidate]:
        """Candidates: those that were lost in an earlier run first, then new ones."""
        return [self._ask() for _ in range(count)]

    def order(
        self, candidate: Candidate, rung: int, epochs: int, begin: Begin | None = None
    ) -> Order:
        """Train a candidate for ``epochs`` more, at a rung."""
        parameters = parameters_of(chosen(self.space, candidate.params))
        parameters |= candidate.user_attrs.get("parameters", {})
        number = candidate.number
        return Order(number, rung, epochs, parameters, self.seed + number, begin)

    def compute(self, orders: Sequence[Order], found: Mapping[int, list[Outcome]]) -> None:
        """Have orders computed, and what came of each put into ``found``, by candidate.

        A candidate whose worker was killed is told as failed and asked again, once.
        """
        left = {order.number: order for order in orders}
        again: set[int] = set()
        while left:
            lost: dict[int, Order] = {}
            for outcome in self.workers.outcomes(list(left.values()), self.material):
                number = outcome.number
                if outcome.lost and number not in again:
                    again.add(number)
                    lost[number] = left[number]
                    self._ask_again(self._asked[number], outcome.failed)
                elif outcome.scores or outcome.failed:
                    found[number].append(_since(found[number], outcome))
                    self.heard(found[number][-1])
            left = lost

    def tell(self, candidate: Candidate, outcomes: Sequence[Outcome]) -> None:
        """Keep what became of a candidate in the study.

        One of which nothing is known, since the search was interrupted, is left to be asked again.
        """
        trial = candidate.trial
        trial.set_user_attr("outcomes", [asdict(each) for each in outcomes])
        for each in outcomes:
            if each.scores:
                trial.report(each.score, self.rungs[each.rung])
        if not outcomes:
            self.study.tell(trial, state=TrialState.FAIL)
            enqueue_again(self.study, trial)
        elif outcomes[-1].failed:
            self.study.tell(trial, state=TrialState.FAIL)
        elif outcomes[-1].rung < len(self.rungs) - 1:
            self.study.tell(trial, state=TrialState.PRUNED)
        else:
            self.study.tell(trial, outcomes[-1].score)

    def forget(self, candidate: Candidate) -> None:
        """Delete the networks that are kept of a candidate."""
        forget(self.material, candidate.number)

    def _ask(self) -> Candidate:
        number = 1 + max((_number(trial) for trial in self.study.get_trials(deepcopy=False)),
                         default=-1)  # fmt: skip
        self.study.sampler = self.sampler(self.distributions, self.seed * _APART + number)
        trial = self.study.ask(self.distributions)
        if NUMBER not in trial.user_attrs:
            trial.set_user_attr(NUMBER, number)
        candidate = Candidate(trial.user_attrs[NUMBER], trial)
        self._asked[candidate.number] = candidate
        return candidate

    def _ask_again(self, candidate: Candidate, why: str) -> None:
        candidate.trial.set_user_attr("failed", why)
        self.study.tell(candidate.trial, state=TrialState.FAIL)
        enqueue_again(self.study, candidate.trial)
        candidate.trial = self.study.ask(self.distributions)


def _since(before: Sequence[Outcome], outcome: Outcome) -> Outcome:
    """An outcome that knows what was before: the best so far is what counts."""
    if not before or not before[-1].scores or not outcome.scores:
        return outcome
    last = before[-1]
    if outcome.score > last.score:
        return outcome
    return replace(outcome, scores=last.scores, epoch=last.epoch, stale=True)


def _number(trial: optuna.trial.FrozenTrial) -> int:
    return int(trial.user_attrs.get(NUMBER, -1))


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


def records(study: optuna.Study) -> list[Record]:
    """What became of every candidate."""
    found: list[Record] = []
    for trial in sorted(finished(study), key=_number):
        kept: list[dict[str, Any]] = trial.user_attrs["outcomes"]
        outcomes = tuple(_outcome(each) for each in kept)
        told: dict[str, Any] = trial.user_attrs.get("parameters", {})
        epochs = outcomes[-1].epoch
        found.append(Record(_number(trial), trial.params, outcomes, epochs, told))
    return found


def _outcome(kept: dict[str, Any]) -> Outcome:
    """An outcome as it was, from what a study keeps of it."""
    curve = tuple((int(epoch), float(value)) for epoch, value in kept.get("curve", ()))
    return replace(Outcome(**kept), scores=tuple(kept["scores"]), curve=curve)
