"""Observers watch a run. They may ask for its end; they change nothing.

An observer says which quantities it ``needs`` and, through ``next``, at which step it wants to
look. The loop cuts the run into stretches between looks, so a step nobody looks at costs nothing
extra. L-BFGS takes whole iterations: there observers are told of epochs only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from glassnet.engine.interface import Moment
from glassnet.network.network import Network
from glassnet.optim.ranges import COUNT, check


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

    Examples
    --------
    >>> end = EpochEnd(3, 10, 50, {"J": 0.25}, lambda: None)
    >>> f"{end.epoch / end.epochs:.0%} done, J = {end.row['J']}"
    '30% done, J = 0.25'
    """

    epoch: int
    epochs: int
    steps: int
    row: Mapping[str, float]
    network: Callable[[], Network]


class Observer:
    """Watches nothing; subclass it and define what you want to see.

    What it raises ends the run: the network keeps what it has learned, every observer is told of
    the end, and the error goes to the caller of :func:`glassnet.train`.

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

    def __repr__(self) -> str:
        """Name the class. No address: estimators show it, and tests are named by it."""
        return f"{type(self).__name__}()"

    def prepare(self, settings: Mapping[str, Any]) -> None:
        """Told first of all how the run is set up, in numbers, texts and truth values.

        Among them are ``epochs``, ``steps_per_epoch``, and of a run that is resumed
        ``epochs_done``.
        """

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
        """Told why training ended, after the last step; "diverged" or "error" where it failed."""


class Every(Observer):
    """Looks at every ``interval``-th step, beginning with step 0.

    Examples
    --------
    >>> class Costs(Every):
    ...     def see(self, moment):
    ...         print(moment.t, moment.J)
    >>> Costs(10).next(11)
    20
    """

    def __init__(self, interval: int = 1) -> None:
        self.interval = interval
        check(self, interval=COUNT)

    def next(self, t: int) -> int | None:
        return -(-t // self.interval) * self.interval


class LastStep(Observer):
    """Looks at the last step of every ``epochs``-th epoch.

    Examples
    --------
    >>> class LastCost(LastStep):
    ...     def see(self, moment):
    ...         self.cost = moment.J
    >>> watching = LastCost(epochs=2)
    >>> watching.begin(10, 50)
    >>> watching.next(0)
    99
    """

    def __init__(self, epochs: int = 1) -> None:
        self.epochs = epochs
        check(self, epochs=COUNT)
        self._steps = 1
        self._due: int | None = None

    def begin(self, epochs: int, steps: int) -> None:
        self._steps, self._due = steps, None

    def next(self, t: int) -> int | None:
        if self._due is None:
            self._due = t + self.epochs * self._steps - 1
        return self._due if t <= self._due else None

    def epoch(self, end: EpochEnd) -> None:
        left = self.epochs - end.epoch % self.epochs
        self._due = int(end.row["step"]) + left * self._steps - 1


class LayerNorms(Every):
    """‖a[l]‖, ‖δ[l]‖ and ‖∂J/∂W[l]‖ of every layer: how signal and error travel.

    ``rows`` holds, for each step looked at, a dict with ``t``, ``J`` and lists over layers 1..L.

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
            row[name] = [norm(layer) for layer in getattr(moment, name)[1:]]
        self.rows.append(row)


class Snapshots(LastStep):
    """∂J/∂W[l] of the last step of every ``epochs``-th epoch, and W[l] after it.

    ``rows`` holds, for each of them, a dict with ``epoch``, ``t`` and lists over layers 1..L of
    ‖W[l]‖ and ‖∂J/∂W[l]‖. ``W`` and ``dW`` keep the newest arrays themselves, for histograms; slot
    0 is None.

    Examples
    --------
    >>> import glassnet as gn
    >>> net = gn.Network(1, [gn.Dense(2, "tanh"), gn.Dense(1, "identity")])
    >>> snapshots = Snapshots(epochs=2)
    >>> _ = gn.train(net, [[0.0], [1.0]], [0.0, 1.0], epochs=4, observers=[snapshots])
    >>> [row["epoch"] for row in snapshots.rows], snapshots.dW[1].shape
    ([2, 4], (2, 1))
    """

    needs = frozenset({"dW"})

    def __init__(self, epochs: int = 1) -> None:
        super().__init__(epochs)
        self.rows: list[dict[str, Any]] = []
        self._blocks: dict[str, list[Any]] = {"W": [], "dW": []}
        self._seen: Moment | None = None

    @property
    def W(self) -> list[Any]:
        """The newest weights; slot 0 is None."""
        return self._blocks["W"]

    @property
    def dW(self) -> list[Any]:
        """The newest gradients; slot 0 is None."""
        return self._blocks["dW"]

    def see(self, moment: Moment) -> None:
        self._seen = moment

    def epoch(self, end: EpochEnd) -> None:
        super().epoch(end)
        moment, self._seen = self._seen, None
        if moment is None:
            return
        self._blocks = {"W": list(end.network().W), "dW": list(moment.dW)}
        norms = {name: [norm(layer) for layer in lists[1:]] for name, lists in self._blocks.items()}
        self.rows.append({"epoch": end.epoch, "t": moment.t, **norms})


def norm(array: Any) -> float:
    """‖array‖₂ over all entries; infinite where the squares overflow.

    Examples
    --------
    >>> norm(np.array([[3.0, 4.0]]))
    5.0
    """
    with np.errstate(over="ignore", invalid="ignore"):  # of a step that diverges
        return float(np.sqrt(np.sum(np.square(array, dtype=np.float64))))
