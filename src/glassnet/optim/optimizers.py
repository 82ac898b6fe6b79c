"""Optimizers: from a gradient g to the change of θ; each is defined here and nowhere else.

An optimizer is two pure functions. ``start(theta)`` gives its memory, a dict under the letters of
its paper; ``step(theta, g, memory, rate, J)`` gives the change to be added to θ, and the next
memory. The rate η comes from the schedule; ``learning_rate`` is its base. Decoupled weight decay
acts where ``decays`` is 1 (the weights W, not the biases).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from glassnet.arrays import Array, xp
from glassnet.errors import InvalidValue, UnknownName
from glassnet.optim.contracts import Memory, Optimizer
from glassnet.optim.ranges import NOT_NEGATIVE, POSITIVE, SHARE, check
from glassnet.optim.whole_batch import LBFGS, IRprop


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
        check(self, learning_rate=POSITIVE, weight_decay=NOT_NEGATIVE)

    def start(self, theta: Array) -> Memory:
        return {}

    def step(
        self, theta: Array, g: Array, memory: Memory, rate: float, J: float, decays: Any = 1.0
    ) -> tuple[Array, Memory]:
        return _decayed(-rate * g, theta, rate, self.weight_decay, decays), memory


@dataclass(frozen=True)
class Momentum(Optimizer):
    """v ← μ v − η g,  θ ← θ + v − η λ θ.

    Polyak (1964); in this form Sutskever et al. (2013), eq. 1-2.

    Examples
    --------
    A gradient that stays the same is followed ever faster:

    >>> import numpy as np
    >>> momentum, theta = Momentum(0.1), np.zeros(1)
    >>> change, memory = momentum.step(theta, np.ones(1), momentum.start(theta), 0.1, 0.0)
    >>> momentum.step(theta + change, np.ones(1), memory, 0.1, 0.0)[0].round(6).tolist()
    [-0.19]
    """

    learning_rate: float = 0.01
    momentum: float = 0.9
    weight_decay: float = 0.0

    name = "momentum"

    def __post_init__(self) -> None:
        check(self, learning_rate=POSITIVE, momentum=SHARE, weight_decay=NOT_NEGATIVE)

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

    Examples
    --------
    >>> import numpy as np
    >>> nesterov, theta = Nesterov(0.1), np.zeros(1)
    >>> nesterov.step(theta, np.ones(1), nesterov.start(theta), 0.1, 0.0)[0].round(6).tolist()
    [-0.19]
    """

    learning_rate: float = 0.01
    momentum: float = 0.9
    weight_decay: float = 0.0

    name = "nesterov"

    def __post_init__(self) -> None:
        check(self, learning_rate=POSITIVE, momentum=SHARE, weight_decay=NOT_NEGATIVE)

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
    """v ← ρ v + (1 − ρ) g²,  θ ← θ − η g / (√v + ε).

    Tieleman & Hinton (2012), lecture 6e, slide 29.

    Examples
    --------
    The first step has length η / √(1 − ρ) whatever the scale of g:

    >>> import numpy as np
    >>> rmsprop, theta = RMSprop(0.1, rho=0.75), np.zeros(2)
    >>> change, _ = rmsprop.step(theta, np.array([5.0, -0.5]), rmsprop.start(theta), 0.1, 0.0)
    >>> change.round(6).tolist()
    [-0.2, 0.2]
    """

    learning_rate: float = 1e-3
    rho: float = 0.9
    epsilon: float = 1e-8

    name = "rmsprop"

    def __post_init__(self) -> None:
        check(self, learning_rate=POSITIVE, rho=SHARE, epsilon=POSITIVE)

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
        check(self, learning_rate=POSITIVE, beta_1=SHARE, beta_2=SHARE, epsilon=POSITIVE)

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

    Examples
    --------
    Where g is 0 only the decay moves θ, and only where ``decays`` is 1:

    >>> import numpy as np
    >>> adamw, theta = AdamW(0.1, weight_decay=0.5), np.ones(2)
    >>> start, decays = adamw.start(theta), np.array([1.0, 0.0])
    >>> adamw.step(theta, np.zeros(2), start, 0.1, 0.0, decays)[0].round(6).tolist()
    [-0.05, 0.0]
    """

    learning_rate: float = 1e-3
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-8
    weight_decay: float = 0.01

    name = "adamw"

    def __post_init__(self) -> None:
        check(self, learning_rate=POSITIVE, beta_1=SHARE, beta_2=SHARE, epsilon=POSITIVE)
        check(self, weight_decay=NOT_NEGATIVE)

    def start(self, theta: Array) -> Memory:
        zeros = xp(theta).zeros_like(theta)
        return {"m": zeros, "v": zeros, "t": 0}

    def step(
        self, theta: Array, g: Array, memory: Memory, rate: float, J: float, decays: Any = 1.0
    ) -> tuple[Array, Memory]:
        change, memory = _adam(g, memory, rate, self.beta_1, self.beta_2, self.epsilon)
        return _decayed(change, theta, rate, self.weight_decay, decays), memory


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
    methods = all(callable(getattr(value, verb, None)) for verb in ("start", "step"))
    if methods and not isinstance(value, type):
        return value
    raise InvalidValue(f"an optimizer must be a name or an object such as Adam(); got {value!r}.")
