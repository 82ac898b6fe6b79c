"""Optimizers for whole batches: the noise of a mini-batch would mislead them.

Both size their own steps, so no schedule applies to them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from glassnet.arrays import Array, xp
from glassnet.errors import InvalidValue
from glassnet.optim.contracts import Memory, Optimizer
from glassnet.optim.ranges import AT_LEAST_1, COUNT, NOT_NEGATIVE, POSITIVE, SHARE, check


@dataclass(frozen=True)
class IRprop(Optimizer):
    """Each parameter has a step size s of its own; only the sign of g counts. For whole batches.

    Where g kept its sign, s ← min(1.2 s, ``largest_step``) and θ ← θ − s sign g. Where it changed,
    s ← max(0.5 s, ``smallest_step``), and the last change is taken back if J grew; the next step
    counts g as 0. ``learning_rate`` is the first s; no schedule applies.
    Igel & Hüsken (2000), iRprop⁺ with weight backtracking; Riedmiller & Braun (1993).

    Examples
    --------
    >>> import numpy as np
    >>> irprop, theta = IRprop(0.1), np.zeros(2)
    >>> irprop.step(theta, np.array([5.0, -0.5]), irprop.start(theta), 0.0, 1.0)[0].tolist()
    [-0.1, 0.1]
    """

    learning_rate: float = 0.0125
    increase: float = 1.2
    decrease: float = 0.5
    smallest_step: float = 1e-9
    largest_step: float = 50.0

    name = "irprop"
    uses_rate = False

    def __post_init__(self) -> None:
        check(self, learning_rate=POSITIVE, decrease=SHARE, smallest_step=NOT_NEGATIVE)
        check(self, increase=AT_LEAST_1, largest_step=POSITIVE)
        if self.smallest_step > self.largest_step:
            raise InvalidValue(
                f"smallest_step of IRprop must not be above largest_step, {self.largest_step}; "
                f"got {self.smallest_step}."
            )

    def start(self, theta: Array) -> Memory:
        zeros = xp(theta).zeros_like(theta)
        return {"s": zeros + self.learning_rate, "g": zeros, "change": zeros, "J": float("inf")}

    def step(
        self, theta: Array, g: Array, memory: Memory, rate: float, J: float, decays: Any = 1.0
    ) -> tuple[Array, Memory]:
        ns = xp(g)
        agreement = ns.sign(g) * ns.sign(memory["g"])
        grown = ns.clip(memory["s"] * self.increase, self.smallest_step, self.largest_step)
        shrunk = ns.clip(memory["s"] * self.decrease, self.smallest_step, self.largest_step)
        s = ns.where(agreement > 0, grown, ns.where(agreement < 0, shrunk, memory["s"]))
        taken_back = -memory["change"] if memory["J"] < J else ns.zeros_like(g)
        change = ns.where(agreement < 0, taken_back, -s * ns.sign(g))
        seen = ns.where(agreement < 0, ns.zeros_like(g), g)
        return change, {"s": s, "g": seen, "change": change, "J": J}


@dataclass(frozen=True)
class LBFGS(Optimizer):
    """Quasi-Newton steps with a line search, on the whole training set, by SciPy.

    Byrd, Lu, Nocedal & Zhu (1995); Nocedal & Wright (2006), algorithm 7.5. It is driven by
    :func:`glassnet.optim.lbfgs.minimise`, never step by step; an epoch is one iteration.

    Parameters
    ----------
    max_evaluations : int
        Most evaluations of J and its gradient in one training.
    tolerance : float
        It ends when the largest entry of the gradient is below this, or when an iteration lowers J
        by less than 2.2·10⁻⁹ of it (SciPy's own limit).
    history : int
        Pairs of changes kept.

    Examples
    --------
    >>> LBFGS().history
    10
    """

    learning_rate: float = 1.0
    max_evaluations: int = 15000
    tolerance: float = 1e-4
    history: int = 10

    name = "lbfgs"
    uses_rate = False

    def __post_init__(self) -> None:
        check(self, learning_rate=POSITIVE, max_evaluations=COUNT)
        check(self, tolerance=NOT_NEGATIVE, history=COUNT)

    def start(self, theta: Array) -> Memory:
        return {}

    def step(
        self, theta: Array, g: Array, memory: Memory, rate: float, J: float, decays: Any = 1.0
    ) -> tuple[Array, Memory]:
        raise InvalidValue("lbfgs takes whole runs, not single steps; train with gn.train.")
