"""Learning-rate schedules: small state machines that are told each epoch's result.

``rates(base, memory, clock, steps)`` gives η for the next steps; ``epoch_end(memory, J, rows)`` is told
the mean cost of the epoch (or the validation metric that early stopping watches, as a cost) and gives
the next memory. η depends on the clock and the memory only, so it survives a checkpoint.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from glassnet.arrays import Array
from glassnet.errors import InvalidValue, UnknownName

Memory = Mapping[str, Any]


@dataclass(frozen=True)
class Clock:
    """Where a run stands: the next step, counted from 0 over the whole run, and how long it is.

    ``total_steps`` is what the run would take if nothing ended it early.
    """

    step: int
    steps_per_epoch: int
    total_steps: int


class Schedule(ABC):
    """What every schedule offers. ``open_loop``: told nothing, its rates follow from the clock."""

    name: ClassVar[str]
    open_loop: ClassVar[bool] = True

    @abstractmethod
    def rates(self, base: float, memory: Memory, clock: Clock, steps: int) -> Array:
        """η of the next ``steps`` steps.  -> (steps,) float64"""

    def start(self) -> Memory:
        """The memory before the first epoch."""
        return {}

    def epoch_end(self, memory: Memory, J: float, rows: int) -> Memory:
        """The memory after an epoch that used ``rows`` rows and had the mean cost J."""
        return memory

    def exhausted(self, base: float, memory: Memory) -> bool:
        """Whether the rate has fallen so far that training should end."""
        return False


@dataclass(frozen=True)
class ConstantRate(Schedule):
    """η = η₀."""

    name = "constant"

    def rates(self, base: float, memory: Memory, clock: Clock, steps: int) -> Array:
        return np.full(steps, float(base))


@dataclass(frozen=True)
class StepDecay(Schedule):
    """η = η₀ · factor^⌊epoch / epochs⌋: a drop every ``epochs`` epochs."""

    epochs: int = 10
    factor: float = 0.5

    name = "step"

    def rates(self, base: float, memory: Memory, clock: Clock, steps: int) -> Array:
        epoch = (clock.step + np.arange(steps)) // max(1, clock.steps_per_epoch)
        return base * self.factor ** (epoch // self.epochs)


@dataclass(frozen=True)
class ExponentialDecay(Schedule):
    """η = η₀ · factor^epoch, the epoch counted in fractions."""

    factor: float = 0.95

    name = "exponential"

    def rates(self, base: float, memory: Memory, clock: Clock, steps: int) -> Array:
        epoch = (clock.step + np.arange(steps)) / max(1, clock.steps_per_epoch)
        return base * self.factor**epoch


@dataclass(frozen=True)
class InverseScaling(Schedule):
    """η = η₀ / (1 + rows seen)^power, changed after each epoch; scikit-learn's ``invscaling``."""

    power: float = 0.5

    name = "inverse_scaling"

    def start(self) -> Memory:
        return {"rows": 0}

    def rates(self, base: float, memory: Memory, clock: Clock, steps: int) -> Array:
        return np.full(steps, base / (1 + memory["rows"]) ** self.power)

    def epoch_end(self, memory: Memory, J: float, rows: int) -> Memory:
        return {"rows": memory["rows"] + rows}


@dataclass(frozen=True)
class Cosine(Schedule):
    """η = floor + (η₀ − floor) ½ (1 + cos(π step / total)).  Loshchilov & Hutter (2017), eq. 5.

    ``floor`` is a share of η₀.

    Examples
    --------
    >>> Cosine().rates(1.0, {}, Clock(0, 1, 4), 4).round(3).tolist()
    [1.0, 0.854, 0.5, 0.146]
    """

    floor: float = 0.0

    name = "cosine"

    def rates(self, base: float, memory: Memory, clock: Clock, steps: int) -> Array:
        return base * (self.floor + (1 - self.floor) * (1 + np.cos(np.pi * _share(clock, steps))) / 2)


@dataclass(frozen=True)
class OneCycle(Schedule):
    """η rises from η₀ / divisor to η₀ over the first ``rise`` of the run, then falls to almost 0.

    Both arms are cosines.  Smith & Topin (2019).
    """

    rise: float = 0.3
    divisor: float = 25.0
    last_divisor: float = 1e4

    name = "one_cycle"

    def rates(self, base: float, memory: Memory, clock: Clock, steps: int) -> Array:
        share = _share(clock, steps)
        up = np.clip(share / self.rise, 0, 1)
        down = np.clip((share - self.rise) / (1 - self.rise), 0, 1)
        first, last = base / self.divisor, base / self.last_divisor
        rising = first + (base - first) * (1 - np.cos(np.pi * up)) / 2
        falling = last + (base - last) * (1 + np.cos(np.pi * down)) / 2
        return np.where(share < self.rise, rising, falling)


@dataclass(frozen=True)
class WarmUp(Schedule):
    """η rises in a line over the first ``steps`` steps, on top of another schedule.

    Goyal et al. (2017), section 2.2.
    """

    steps: int = 100
    then: Schedule = field(default_factory=ConstantRate)

    name = "warm_up"

    @property
    def open_loop(self) -> bool:  # pyright: ignore[reportIncompatibleVariableOverride] # the inner schedule decides it
        """Whether the inner schedule is told anything."""
        return self.then.open_loop

    def start(self) -> Memory:
        return self.then.start()

    def rates(self, base: float, memory: Memory, clock: Clock, steps: int) -> Array:
        ramp = np.minimum(1.0, (clock.step + 1 + np.arange(steps)) / max(1, self.steps))
        return ramp * self.then.rates(base, memory, clock, steps)

    def epoch_end(self, memory: Memory, J: float, rows: int) -> Memory:
        return self.then.epoch_end(memory, J, rows)

    def exhausted(self, base: float, memory: Memory) -> bool:
        return self.then.exhausted(base, memory)


@dataclass(frozen=True)
class Plateau(Schedule):
    """η ← η · factor when J has not fallen by ``tolerance`` for more than ``patience`` epochs.

    Training ends at the first plateau on which η is already at or below ``smallest``. With factor 0.2
    this is scikit-learn's ``adaptive``.
    """

    factor: float = 0.2
    patience: int = 10
    tolerance: float = 1e-4
    smallest: float = 1e-6

    name = "plateau"
    open_loop = False

    def start(self) -> Memory:
        return {"best": float("inf"), "stale": 0, "scale": 1.0, "plateaus": 0}

    def rates(self, base: float, memory: Memory, clock: Clock, steps: int) -> Array:
        return np.full(steps, base * memory["scale"])

    def epoch_end(self, memory: Memory, J: float, rows: int) -> Memory:
        stale = memory["stale"] + 1 if J > memory["best"] - self.tolerance else 0
        after = {**memory, "best": min(J, memory["best"]), "stale": stale}
        if stale > self.patience:
            after |= {
                "stale": 0,
                "scale": memory["scale"] * self.factor,
                "plateaus": memory["plateaus"] + 1,
            }
        return after

    def exhausted(self, base: float, memory: Memory) -> bool:
        before = base * memory["scale"] / self.factor  # the rate the last plateau was met with
        return memory["plateaus"] > 0 and before <= self.smallest


def _share(clock: Clock, steps: int) -> Array:
    """How much of the run is over before each step, in [0, 1]."""
    return np.clip((clock.step + np.arange(steps)) / max(1, clock.total_steps), 0, 1)


SCHEDULES: dict[str, type[Schedule]] = {
    kind.name: kind
    for kind in (
        ConstantRate, StepDecay, ExponentialDecay, InverseScaling, Cosine, OneCycle, WarmUp, Plateau,
    )
}  # fmt: skip


def schedule(value: Any) -> Schedule:
    """Return the schedule a name or an object stands for.

    Examples
    --------
    >>> schedule("cosine")
    Cosine(floor=0.0)
    """
    if isinstance(value, str):
        if value not in SCHEDULES:
            raise UnknownName("schedule", value, SCHEDULES)
        return SCHEDULES[value]()
    if isinstance(value, Schedule):
        return value
    raise InvalidValue(f"a schedule must be a name or an object such as Cosine(); got {value!r}.")
