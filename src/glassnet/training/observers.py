"""Observers watch a run. They may ask for its end; they change nothing.

An observer says which quantities it ``needs`` and, through ``next``, at which step it wants to
look. The loop cuts the run into stretches between looks, so a step nobody looks at costs nothing
extra. L-BFGS takes whole iterations: there observers are told of epochs only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from glassnet.data.batches import Selection
from glassnet.engine.interface import Moment, Program
from glassnet.errors import InvalidValue
from glassnet.network.network import Network
from glassnet.optim.ranges import COUNT, check
from glassnet.training.history import History
from glassnet.training.settings import Settings


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


@dataclass(frozen=True, eq=False)
class UnderWay:
    """What a run is made of, for an observer that looks deeper; nothing of it may be changed.

    Attributes
    ----------
    program : Program
    rows, held : Selection, Selection or None
        What it trains and validates on.
    settings : Settings
    history : History
        Grows as epochs end.
    first_step : int
        Steps the network had taken before the run.
    steps : int
        Per epoch.
    network : callable
        Gives the network as it stands: in ``pause`` before the step, in ``see`` after it. Making
        it costs a copy of θ on some engines.

    Examples
    --------
    >>> class Size(Observer):
    ...     def meet(self, run):
    ...         self.rows = len(run.rows)
    >>> import glassnet as gn
    >>> net, size = gn.Network(1, [gn.Dense(1, "identity")]), Size()
    >>> _ = gn.train(net, [[0.0], [1.0]], [0.0, 1.0], epochs=2, observers=[size])
    >>> size.rows
    2
    """

    program: Program
    rows: Selection
    held: Selection | None
    settings: Settings
    history: History
    first_step: int
    steps: int
    network: Callable[[], Network]


class Observer:
    """Watches nothing; subclass it and define what you want to see.

    ``every_epoch`` says whether it is told of epochs' ends. Where no observer is, short epochs are
    joined, which is faster. With ``between`` it sees no step but stands before the one that
    ``next`` names, where ``pause`` is called: that costs the run no more than a copy.

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
    every_epoch: bool = True
    between: bool = False

    def __repr__(self) -> str:
        """Name the class. No address: estimators show it, and tests are named by it."""
        return f"{type(self).__name__}()"

    def prepare(self, settings: Mapping[str, Any]) -> None:
        """Told first of all how the run is set up, in numbers, texts and truth values.

        Among them are ``epochs``, ``steps_per_epoch``, and of a run that is resumed
        ``epochs_done``.
        """

    def meet(self, run: UnderWay) -> None:
        """Told, before the first step, what the run is made of."""

    def begin(self, epochs: int, steps: int) -> None:
        """Told before the first step: how many epochs at most, of how many steps."""

    def next(self, t: int) -> int | None:
        """The first step, ``t`` or later, that it wants to see; None: none."""
        return None

    def see(self, moment: Moment) -> bool | str | None:
        """Look at a step. True, or the reason in words, ends training."""

    def pause(self, t: int, rate: float) -> bool | str | None:
        """Stand before step ``t``, to be taken at that rate. True, or the reason, ends training."""

    def epoch(self, end: EpochEnd) -> bool | str | None:
        """Told at the end of each epoch. True, or the reason in words, ends training."""

    def finish(self, ended: str) -> None:
        """Told why training ended, after the last step; "diverged" or "error" where it failed."""


def due_step(observers: Sequence[Observer], t: int) -> int | None:
    """The next step, ``t`` or later, that somebody wants to see.

    Raises
    ------
    InvalidValue
        If one names a step that is past.

    Examples
    --------
    >>> due_step([Every(10), Every(4)], 5)
    8
    """
    wanted = [step for step in (observer.next(t) for observer in observers) if step is not None]
    if wanted and min(wanted) < t:
        raise InvalidValue(
            "next(t) of an observer must give None or a step that is not past; "
            f"got {min(wanted)} at step {t}."
        )
    return min(wanted, default=None)


def paused(observers: Sequence[Observer], t: int, rate: float) -> list[bool | str | None]:
    """Have observers stand before step t; say what each wishes.

    Raises
    ------
    InvalidValue
        If one then wants to stand there again, which it would for ever.
    """
    wishes = [observer.pause(t, rate) for observer in observers]
    if any(observer.next(t) == t for observer in observers):
        raise InvalidValue(
            "next(t) of an observer that stands between steps must name a later step, or None, "
            f"after pause(t); got {t} again."
        )
    return wishes


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
