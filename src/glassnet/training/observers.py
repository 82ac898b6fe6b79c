"""Observers watch a run. They may ask for its end; they change nothing.

An observer says which quantities it ``needs`` and, through ``next``, at which step it wants to look. The
loop cuts the run into stretches between looks, so a step nobody looks at costs nothing extra.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from glassnet.engine.interface import Moment
from glassnet.network.network import Network


@dataclass(frozen=True)
class EpochEnd:
    """What an observer is told when an epoch ends.

    Attributes
    ----------
    epoch : int
        Epochs done in this run, from 1.
    epochs : int
        How many it will take at most.
    steps : int
        Steps per epoch.
    row : dict
        The row of the history.
    network : callable
        Gives the network as it stands; making it costs a copy of θ on some engines.
    """

    epoch: int
    epochs: int
    steps: int
    row: Mapping[str, float]
    network: Callable[[], Network]


class Observer:
    """Watches nothing; subclass it and define what you want to see.

    Examples
    --------
    >>> class Costs(Observer):
    ...     def __init__(self):
    ...         self.seen = []
    ...
    ...     def epoch(self, end):
    ...         self.seen.append(end.row["J"])
    """

    needs: frozenset[str] = frozenset()

    def begin(self, epochs: int, steps: int) -> None:
        """Told before the first step: how many epochs at most, of how many steps."""

    def next(self, t: int) -> int | None:
        """The first step, ``t`` or later, that it wants to see; None: none."""
        return None

    def see(self, moment: Moment) -> bool | None:
        """Look at a step. True ends training."""

    def epoch(self, end: EpochEnd) -> bool | None:
        """Told at the end of each epoch. True ends training."""

    def finish(self, ended: str) -> None:
        """Told why training ended, after the last step; also when it ends by an error."""


class Every(Observer):
    """Looks at every ``interval``-th step, beginning with step 0."""

    def __init__(self, interval: int = 1) -> None:
        self.interval = interval

    def next(self, t: int) -> int | None:
        return -(-t // self.interval) * self.interval


class LayerNorms(Every):
    """‖a[l]‖, ‖δ[l]‖ and ‖∂J/∂W[l]‖ of every layer: how signal and error travel.

    ``rows`` holds, for each step looked at, a dict with ``t`` and lists over layers 1..L.

    Examples
    --------
    >>> LayerNorms(100).next(101)
    200
    """

    needs = frozenset({"a", "delta", "dW"})

    def __init__(self, interval: int = 1) -> None:
        super().__init__(interval)
        self.rows: list[dict[str, Any]] = []

    def see(self, moment: Moment) -> None:
        row: dict[str, Any] = {"t": moment.t, "J": moment.J}
        for name in ("a", "delta", "dW"):
            layers = getattr(moment, name)[1:]
            row[name] = [float((layer * layer).sum() ** 0.5) for layer in layers]
        self.rows.append(row)
