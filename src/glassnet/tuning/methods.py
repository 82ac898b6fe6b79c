"""The ways to search, by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler, RandomSampler, TPESampler
from optuna.study import Study
from optuna.trial import FrozenTrial

from glassnet.errors import UnknownName
from glassnet.tuning.driver import Driver
from glassnet.tuning.growth import Growth
from glassnet.tuning.halving import Halving
from glassnet.tuning.to_the_end import ToTheEnd


class Method(Protocol):
    """A way to search: which candidates are asked for, and how long each is trained."""

    def run(self, trials: int) -> bool:
        """Try until there are so many trials; whether Ctrl-C ended it."""
        ...


METHODS: dict[str, Callable[[Driver], Method]] = {
    "halving": Halving,
    "growth": Growth,
    "random": ToTheEnd,
    "tpe": ToTheEnd,
}


def method(name: str) -> Callable[[Driver], Method]:
    """The method of a name, to be built from a driver.

    Raises
    ------
    UnknownName

    Examples
    --------
    >>> method("halving").__name__
    'Halving'
    """
    if name not in METHODS:
        raise UnknownName("method of search", name, METHODS)
    return METHODS[name]


class _Tpe(TPESampler):
    """TPE that does not look for the space in all trials at each ask: it is the study's."""

    def __init__(self, seed: int, space: dict[str, BaseDistribution]) -> None:
        super().__init__(seed=seed, constant_liar=True)
        self._space = {name: each for name, each in sorted(space.items()) if not each.single()}

    def infer_relative_search_space(
        self, study: Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """The parameters that are proposed together: all that vary."""
        return self._space


def sampler(name: str, space: dict[str, BaseDistribution], seed: int) -> BaseSampler:
    """Who proposes the candidates of a method.

    Examples
    --------
    >>> type(sampler("random", {}, 0)).__name__
    'RandomSampler'
    """
    return RandomSampler(seed=seed) if name == "random" else _Tpe(seed, space)
