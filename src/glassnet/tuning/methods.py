"""The ways to search, by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from optuna.samplers import BaseSampler, RandomSampler, TPESampler

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


def sampler(name: str, seed: int) -> BaseSampler:
    """Who proposes the candidates of a method.

    Examples
    --------
    >>> type(sampler("random", 0)).__name__
    'RandomSampler'
    """
    if name == "random":
        return RandomSampler(seed=seed)
    return TPESampler(seed=seed, constant_liar=True)
