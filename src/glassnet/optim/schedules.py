"""Learning-rate schedules: small state machines that are told each epoch's result.

``rates(base, memory, clock, steps)`` gives η for the next steps; ``epoch_end(memory, J, rows)`` is
told the mean cost of the epoch (or the validation metric that early stopping watches, as a cost)
and gives the next memory. η depends on the clock and the memory only, so it survives a checkpoint.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.errors import InvalidValue, UnknownName
from glassnet.optim.contracts import Clock, Memory, Schedule
from glassnet.optim.cosines import Cosine, CosineLog, FlatCosine, OneCycle
from glassnet.optim.ranges import (
    COUNT,
    COUNT_OR_0,
    FACTOR,
    NOT_NEGATIVE,
    OPEN_SHARE,
    PATIENCE,
    check,
)


@dataclass(frozen=True)
class ConstantRate(Schedule):
    """η = η₀.

    Examples
    --------
    >>> ConstantRate().rates(0.1, {}, Clock(0, 10, 30), 2).tolist()
    [0.1, 0.1]
    """

    name = "constant"

    def rates(self, base: float, memory: Memory, clock: Clock, steps: int) -> Array:
        return np.full(steps, float(base))


@dataclass(frozen=True)
class StepDecay(Schedule):
    """η = η₀ · factor^⌊epoch / epochs⌋: a drop every ``epochs`` epochs.

    Examples
    --------
    >>> StepDecay(epochs=1, factor=0.5).rates(1.0, {}, Clock(0, 2, 6), 6).tolist()
    [1.0, 1.0, 0.5, 0.5, 0.25, 0.25]
    """

    epochs: int = 10
    factor: float = 0.5

    name = "step"

    def __post_init__(self) -> None:
        check(self, epochs=COUNT, factor=FACTOR)

    def rates(self, base: float, memory: Memory, clock: Clock, steps: int) -> Array:
        epoch = (clock.step + np.arange(steps)) // max(1, clock.steps_per_epoch)
        return base * self.factor ** (epoch // self.epochs)


@dataclass(frozen=True)
class ExponentialDecay(Schedule):
    """η = η₀ · factor^epoch, the epoch counted in fractions.

    Examples
    --------
    >>> ExponentialDecay(0.25).rates(1.0, {}, Clock(0, 2, 4), 4).tolist()
    [1.0, 0.5, 0.25, 0.125]
    """

    factor: float = 0.95

    name = "exponential"

    def __post_init__(self) -> None:
        check(self, factor=FACTOR)

    def rates(self, base: float, memory: Memory, clock: Clock, steps: int) -> Array:
        epoch = (clock.step + np.arange(steps)) / max(1, clock.steps_per_epoch)
        return base * self.factor**epoch


@dataclass(frozen=True)
class InverseScaling(Schedule):
    """η = η₀ / (1 + rows seen)^power, changed after each epoch; scikit-learn's ``invscaling``.

    Examples
    --------
    >>> schedule = InverseScaling(power=0.5)
    >>> memory = schedule.epoch_end(schedule.start(), J=0.7, rows=99)
    >>> schedule.rates(1.0, memory, Clock(4, 4, 12), 2).tolist()
    [0.1, 0.1]
    """

    power: float = 0.5

    name = "inverse_scaling"
    open_loop = False

    def __post_init__(self) -> None:
        check(self, power=NOT_NEGATIVE)

    def start(self) -> Memory:
        return {"rows": 0}

    def rates(self, base: float, memory: Memory, clock: Clock, steps: int) -> Array:
        return np.full(steps, base / (1 + memory["rows"]) ** self.power)

    def epoch_end(self, memory: Memory, J: float, rows: float) -> Memory:
        return {"rows": memory["rows"] + rows}


@dataclass(frozen=True)
class WarmUp(Schedule):
    """η rises in a line over the first ``steps`` steps, on top of another schedule.

    Goyal et al. (2017), section 2.2.

    Examples
    --------
    >>> WarmUp(steps=4).rates(1.0, {}, Clock(0, 10, 30), 5).tolist()
    [0.25, 0.5, 0.75, 1.0, 1.0]
    """

    steps: int = 100
    then: Schedule = field(default_factory=ConstantRate)

    name = "warm_up"

    def __post_init__(self) -> None:
        check(self, steps=COUNT_OR_0)
        object.__setattr__(self, "then", schedule(self.then))

    @property
    def open_loop(self) -> bool:  # pyright: ignore[reportIncompatibleVariableOverride] # the inner schedule decides it
        """Whether the inner schedule is told anything."""
        return self.then.open_loop

    def start(self) -> Memory:
        return self.then.start()

    def rates(self, base: float, memory: Memory, clock: Clock, steps: int) -> Array:
        ramp = np.minimum(1.0, (clock.step + 1 + np.arange(steps)) / max(1, self.steps))
        return ramp * self.then.rates(base, memory, clock, steps)

    def epoch_end(self, memory: Memory, J: float, rows: float) -> Memory:
        return self.then.epoch_end(memory, J, rows)

    def exhausted(self, base: float, memory: Memory) -> bool:
        return self.then.exhausted(base, memory)


@dataclass(frozen=True)
class Plateau(Schedule):
    """η ← η · factor when J has not fallen by ``tolerance`` for more than ``patience`` epochs.

    Training ends at the first plateau on which η is already at or below ``smallest``. With factor
    0.2 this is scikit-learn's ``adaptive``.

    Examples
    --------
    >>> schedule = Plateau(factor=0.5, patience=0)
    >>> memory = schedule.start()
    >>> for J in (0.7, 0.7):
    ...     memory = schedule.epoch_end(memory, J, rows=99)
    >>> schedule.rates(1.0, memory, Clock(8, 4, 12), 2).tolist()
    [0.5, 0.5]
    """

    factor: float = 0.2
    patience: int = 10
    tolerance: float = 1e-4
    smallest: float = 1e-6

    name = "plateau"
    open_loop = False

    def __post_init__(self) -> None:
        check(self, factor=OPEN_SHARE, patience=PATIENCE)
        check(self, tolerance=NOT_NEGATIVE, smallest=NOT_NEGATIVE)

    def start(self) -> Memory:
        return {"best": float("inf"), "stale": 0, "scale": 1.0, "plateaus": 0}

    def rates(self, base: float, memory: Memory, clock: Clock, steps: int) -> Array:
        return np.full(steps, base * memory["scale"])

    def epoch_end(self, memory: Memory, J: float, rows: float) -> Memory:
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


SCHEDULES: dict[str, type[Schedule]] = {
    kind.name: kind
    for kind in (
        ConstantRate, StepDecay, ExponentialDecay, InverseScaling, Cosine, FlatCosine, CosineLog,
        OneCycle, WarmUp, Plateau,
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
