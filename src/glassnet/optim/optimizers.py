"""Optimizers: from a gradient g to the change of θ; each is defined here and nowhere else.

An optimizer is two pure functions. ``start(theta)`` gives its memory, a dict under the letters of its
paper; ``step(theta, g, memory, rate, J)`` gives the change to be added to θ, and the next memory. The
rate η comes from the schedule; ``learning_rate`` is its base. Decoupled weight decay acts where
``decays`` is 1 (the weights W, not the biases).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from glassnet.arrays import Array, xp
from glassnet.errors import InvalidValue, UnknownName

Memory = Mapping[str, Any]


@dataclass(frozen=True)
class Optimizer(ABC):
    """What every optimizer offers."""

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

    def _check(self, **ranges: tuple[float, float]) -> None:
        for name, (low, high) in ranges.items():
            value = getattr(self, name)
            if not low <= value < high:
                raise InvalidValue(
                    f"{name} of {type(self).__name__} must be in [{low:g}, {high:g}); got {value!r}."
                )


_POSITIVE = (5e-324, float("inf"))
_NOT_NEGATIVE = (0.0, float("inf"))
_SHARE = (0.0, 1.0)


@dataclass(frozen=True)
class SGD(Optimizer):
    """θ ← θ − η g − η λ θ.  Stochastic gradient descent, Robbins & Monro (1951).

    λ is ``weight_decay``, decoupled from g as in Loshchilov & Hutter (2019).

    Examples
    --------
    >>> import numpy as np
    >>> SGD(0.1).step(np.zeros(1), np.ones(1), {}, 0.1, 0.0)[0].tolist()
    [-0.1]
    """

    learning_rate: float = 0.01
    weight_decay: float = 0.0

    name = "sgd"

    def __post_init__(self) -> None:
        self._check(learning_rate=_POSITIVE, weight_decay=_NOT_NEGATIVE)

    def start(self, theta: Array) -> Memory:
        return {}

    def step(
        self, theta: Array, g: Array, memory: Memory, rate: float, J: float, decays: Any = 1.0
    ) -> tuple[Array, Memory]:
        return _decayed(-rate * g, theta, rate, self.weight_decay, decays), memory


@dataclass(frozen=True)
class Momentum(Optimizer):
    """v ← μ v − η g,  θ ← θ + v − η λ θ.  Polyak (1964); in this form Sutskever et al. (2013), eq. 1-2."""

    learning_rate: float = 0.01
    momentum: float = 0.9
    weight_decay: float = 0.0

    name = "momentum"

    def __post_init__(self) -> None:
        self._check(learning_rate=_POSITIVE, momentum=_SHARE, weight_decay=_NOT_NEGATIVE)

    def start(self, theta: Array) -> Memory:
        return {"v": xp(theta).zeros_like(theta)}

    def step(
        self, theta: Array, g: Array, memory: Memory, rate: float, J: float, decays: Any = 1.0
    ) -> tuple[Array, Memory]:
        v = self.momentum * memory["v"] - rate * g
        return _decayed(v, theta, rate, self.weight_decay, decays), {"v": v}


@dataclass(frozen=True)
class Nesterov(Optimizer):
    """v ← μ v − η g,  θ ← θ + μ v − η g − η λ θ.

    Nesterov (1983), in the form that keeps θ at the point where g is taken: Bengio,
    Boulanger-Lewandowski & Pascanu (2013), eq. 7.
    """

    learning_rate: float = 0.01
    momentum: float = 0.9
    weight_decay: float = 0.0

    name = "nesterov"

    def __post_init__(self) -> None:
        self._check(learning_rate=_POSITIVE, momentum=_SHARE, weight_decay=_NOT_NEGATIVE)

    def start(self, theta: Array) -> Memory:
        return {"v": xp(theta).zeros_like(theta)}

    def step(
        self, theta: Array, g: Array, memory: Memory, rate: float, J: float, decays: Any = 1.0
    ) -> tuple[Array, Memory]:
        v = self.momentum * memory["v"] - rate * g
        change = self.momentum * v - rate * g
        return _decayed(change, theta, rate, self.weight_decay, decays), {"v": v}


@dataclass(frozen=True)
class RMSprop(Optimizer):
    """v ← ρ v + (1 − ρ) g²,  θ ← θ − η g / (√v + ε).  Tieleman & Hinton (2012), lecture 6e, slide 29."""

    learning_rate: float = 1e-3
    rho: float = 0.9
    epsilon: float = 1e-8

    name = "rmsprop"

    def __post_init__(self) -> None:
        self._check(learning_rate=_POSITIVE, rho=_SHARE, epsilon=_POSITIVE)

    def start(self, theta: Array) -> Memory:
        return {"v": xp(theta).zeros_like(theta)}

    def step(
        self, theta: Array, g: Array, memory: Memory, rate: float, J: float, decays: Any = 1.0
    ) -> tuple[Array, Memory]:
        v = self.rho * memory["v"] + (1 - self.rho) * g * g
        return -rate * g / (xp(v).sqrt(v) + self.epsilon), {"v": v}


@dataclass(frozen=True)
class Adam(Optimizer):
    """θ ← θ − η m̂ / (√v̂ + ε), with bias-corrected averages m̂ of g and v̂ of g².

    m ← β₁ m + (1 − β₁) g,  v ← β₂ v + (1 − β₂) g²,  m̂ = m / (1 − β₁ᵗ),  v̂ = v / (1 − β₂ᵗ).
    Kingma & Ba (2015), algorithm 1.

    Examples
    --------
    The first step has length η whatever the scale of g:

    >>> import numpy as np
    >>> adam, theta = Adam(0.1), np.zeros(2)
    >>> change, memory = adam.step(theta, np.array([5.0, -5.0]), adam.start(theta), 0.1, 0.0)
    >>> change.round(6).tolist()
    [-0.1, 0.1]
    """

    learning_rate: float = 1e-3
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-8

    name = "adam"

    def __post_init__(self) -> None:
        self._check(learning_rate=_POSITIVE, beta_1=_SHARE, beta_2=_SHARE, epsilon=_POSITIVE)

    def start(self, theta: Array) -> Memory:
        zeros = xp(theta).zeros_like(theta)
        return {"m": zeros, "v": zeros, "t": 0}

    def step(
        self, theta: Array, g: Array, memory: Memory, rate: float, J: float, decays: Any = 1.0
    ) -> tuple[Array, Memory]:
        return _adam(g, memory, rate, self.beta_1, self.beta_2, self.epsilon)


@dataclass(frozen=True)
class AdamW(Optimizer):
    """Adam's change, and − η λ θ beside it: weight decay that the averages never see.

    λ is ``weight_decay``.  Loshchilov & Hutter (2019), algorithm 2.
    """

    learning_rate: float = 1e-3
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-8
    weight_decay: float = 0.01

    name = "adamw"

    def __post_init__(self) -> None:
        self._check(learning_rate=_POSITIVE, beta_1=_SHARE, beta_2=_SHARE, epsilon=_POSITIVE)
        self._check(weight_decay=_NOT_NEGATIVE)

    def start(self, theta: Array) -> Memory:
        zeros = xp(theta).zeros_like(theta)
        return {"m": zeros, "v": zeros, "t": 0}

    def step(
        self, theta: Array, g: Array, memory: Memory, rate: float, J: float, decays: Any = 1.0
    ) -> tuple[Array, Memory]:
        change, memory = _adam(g, memory, rate, self.beta_1, self.beta_2, self.epsilon)
        return _decayed(change, theta, rate, self.weight_decay, decays), memory


@dataclass(frozen=True)
class IRprop(Optimizer):
    """Each parameter has a step size s of its own; only the sign of g counts. For whole batches.

    Where g kept its sign, s ← min(1.2 s, ``largest_step``) and θ ← θ − s sign g. Where it changed,
    s ← max(0.5 s, ``smallest_step``), and the last change is taken back if J grew; the next step counts
    g as 0. ``learning_rate`` is the first s; no schedule applies.
    Igel & Hüsken (2000), iRprop⁺ with weight backtracking; Riedmiller & Braun (1993).
    """

    learning_rate: float = 0.0125
    increase: float = 1.2
    decrease: float = 0.5
    smallest_step: float = 1e-9
    largest_step: float = 50.0

    name = "irprop"
    uses_rate = False

    def __post_init__(self) -> None:
        self._check(learning_rate=_POSITIVE, decrease=_SHARE, smallest_step=_NOT_NEGATIVE)
        self._check(increase=(1.0, float("inf")), largest_step=_POSITIVE)

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
        It ends when the largest entry of the gradient is below this.
    history : int
        Pairs of changes kept.
    """

    learning_rate: float = 1.0
    max_evaluations: int = 15000
    tolerance: float = 1e-4
    history: int = 10

    name = "lbfgs"
    uses_rate = False

    def start(self, theta: Array) -> Memory:
        return {}

    def step(
        self, theta: Array, g: Array, memory: Memory, rate: float, J: float, decays: Any = 1.0
    ) -> tuple[Array, Memory]:
        raise InvalidValue("lbfgs takes whole runs, not single steps; train with gn.train.")


def _adam(
    g: Array, memory: Memory, rate: float, beta_1: float, beta_2: float, epsilon: float
) -> tuple[Array, Memory]:
    t = memory["t"] + 1
    m = beta_1 * memory["m"] + (1 - beta_1) * g
    v = beta_2 * memory["v"] + (1 - beta_2) * (g * g)
    m_hat, v_hat = m / (1 - beta_1**t), v / (1 - beta_2**t)
    return -rate * m_hat / (xp(v).sqrt(v_hat) + epsilon), {"m": m, "v": v, "t": t}


def _decayed(change: Array, theta: Array, rate: float, weight_decay: float, decays: Any) -> Array:
    return change - rate * weight_decay * (theta * decays) if weight_decay else change


OPTIMIZERS: dict[str, type[Optimizer]] = {
    kind.name: kind for kind in (SGD, Momentum, Nesterov, RMSprop, Adam, AdamW, IRprop, LBFGS)
}


def optimizer(value: Any) -> Optimizer:
    """Return the optimizer a name or an object stands for.

    Examples
    --------
    >>> optimizer("adam").learning_rate
    0.001
    """
    if isinstance(value, str):
        if value not in OPTIMIZERS:
            raise UnknownName("optimizer", value, OPTIMIZERS)
        made: Any = OPTIMIZERS[value]
        return made()
    if callable(getattr(value, "start", None)) and callable(getattr(value, "step", None)):
        return value
    raise InvalidValue(f"an optimizer must be a name or an object such as Adam(); got {value!r}.")
