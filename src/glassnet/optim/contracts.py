"""What an optimizer and a schedule must offer; your own are objects of the same methods."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from glassnet.arrays import Array

Memory = Mapping[str, Any]


@dataclass(frozen=True)
class Optimizer(ABC):
    """From a gradient g to the change of θ, as two pure functions.

    ``uses_rate`` False: the optimizer sizes its steps itself, and no schedule applies.

    Examples
    --------
    An optimizer of your own keeps what it needs from step to step in its memory:

    >>> class SignDescent(Optimizer):
    ...     name = "sign_descent"
    ...
    ...     def start(self, theta):
    ...         return {}
    ...
    ...     def step(self, theta, g, memory, rate, J, decays=1.0):
    ...         return -rate * xp(g).sign(g), memory
    >>> import numpy as np
    >>> from glassnet.arrays import xp
    >>> SignDescent(0.5).step(np.zeros(2), np.array([3.0, -4.0]), {}, 0.5, 0.0)[0].tolist()
    [-0.5, 0.5]
    """

    name: ClassVar[str]
    uses_rate: ClassVar[bool] = True

    learning_rate: float

    @abstractmethod
    def start(self, theta: Array) -> Memory:
        """The memory before the first step."""

    @abstractmethod
    def step(
        self, theta: Array, g: Array, memory: Memory, rate: float, J: float, decays: Any = 1.0
    ) -> tuple[Array, Memory]:
        """The change of θ, (p,), and the next memory."""


@dataclass(frozen=True)
class Clock:
    """Where a run stands: the next step, counted from 0 over the whole run, and how long it is.

    ``total_steps`` is what the run would take if nothing ended it early.

    Examples
    --------
    >>> Clock(step=30, steps_per_epoch=10, total_steps=100).step
    30
    """

    step: int
    steps_per_epoch: int
    total_steps: int

    def shares(self, steps: int) -> Array:
        """How much of the run is over before each of the next steps, in [0, 1].  -> (steps,)"""
        return np.clip((self.step + np.arange(steps)) / max(1, self.total_steps), 0, 1)


class Schedule(ABC):
    """The learning rate η of each step.

    ``open_loop``: it is told nothing, and its rates follow from the clock alone.

    Examples
    --------
    >>> class Halved(Schedule):
    ...     name = "halved"
    ...
    ...     def rates(self, base, memory, clock, steps):
    ...         return np.full(steps, base / 2)
    >>> import numpy as np
    >>> Halved().rates(0.1, {}, Clock(0, 10, 100), 3).tolist()
    [0.05, 0.05, 0.05]
    """

    name: ClassVar[str]
    open_loop: ClassVar[bool] = True

    @abstractmethod
    def rates(self, base: float, memory: Memory, clock: Clock, steps: int) -> Array:
        """η of the next ``steps`` steps.  -> (steps,) float64"""

    def start(self) -> Memory:
        """The memory before the first epoch."""
        return {}

    def epoch_end(self, memory: Memory, J: float, rows: float) -> Memory:
        """The memory after an epoch of ``rows`` rows (their weights summed) and mean cost J."""
        return memory

    def exhausted(self, base: float, memory: Memory) -> bool:
        """Whether the rate has fallen so far that training should end."""
        return False
