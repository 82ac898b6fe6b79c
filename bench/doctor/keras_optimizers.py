"""Optimizers that Keras has and glassnet has not, and a step taken the wrong way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.optim.contracts import Memory, Optimizer


@dataclass(frozen=True)
class Misled(Optimizer):
    """Another optimizer, told ``times`` the gradient: −1 climbs."""

    learning_rate: float
    inner: Optimizer
    times: float = -1.0

    @property
    def name(self) -> str:  # pyright: ignore[reportIncompatibleVariableOverride] - a case decides it
        """That of the inner one: nothing gives the fault away but its steps."""
        return self.inner.name

    def start(self, theta: Array) -> Memory:
        return self.inner.start(theta)

    def step(
        self, theta: Array, g: Array, memory: Memory, rate: float, J: float, decays: Any = 1.0
    ) -> tuple[Array, Memory]:
        return self.inner.step(theta, self.times * g, memory, rate, J, decays)


@dataclass(frozen=True)
class Adagrad(Optimizer):
    """s ← s + g²,  θ ← θ − η g / √(s + ε).  Duchi, Hazan & Singer (2011); s begins at 0.1."""

    learning_rate: float = 1e-3
    epsilon: float = 1e-7

    name = "adagrad"

    def start(self, theta: Array) -> Memory:
        return {"s": np.full_like(theta, 0.1)}

    def step(
        self, theta: Array, g: Array, memory: Memory, rate: float, J: float, decays: Any = 1.0
    ) -> tuple[Array, Memory]:
        s = memory["s"] + g * g
        return -rate * g / np.sqrt(s + self.epsilon), {"s": s}


@dataclass(frozen=True)
class Adadelta(Optimizer):
    """Steps as long as the last ones were, over the length of g.  Zeiler (2012), algorithm 1."""

    learning_rate: float = 1e-3
    rho: float = 0.95
    epsilon: float = 1e-7

    name = "adadelta"

    def start(self, theta: Array) -> Memory:
        return {"s": np.zeros_like(theta), "u": np.zeros_like(theta)}

    def step(
        self, theta: Array, g: Array, memory: Memory, rate: float, J: float, decays: Any = 1.0
    ) -> tuple[Array, Memory]:
        s = self.rho * memory["s"] + (1 - self.rho) * g * g
        change = -g * np.sqrt((memory["u"] + self.epsilon) / (s + self.epsilon))
        u = self.rho * memory["u"] + (1 - self.rho) * change * change
        return rate * change, {"s": s, "u": u}


@dataclass(frozen=True)
class Adamax(Optimizer):
    """Adam with the largest |g| in place of the root mean square.  Kingma & Ba (2015), 7.1."""

    learning_rate: float = 1e-3
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-7

    name = "adamax"

    def start(self, theta: Array) -> Memory:
        return {"m": np.zeros_like(theta), "u": np.zeros_like(theta), "t": 0}

    def step(
        self, theta: Array, g: Array, memory: Memory, rate: float, J: float, decays: Any = 1.0
    ) -> tuple[Array, Memory]:
        t = memory["t"] + 1
        m = self.beta_1 * memory["m"] + (1 - self.beta_1) * g
        u = np.maximum(self.beta_2 * memory["u"], np.abs(g))
        return -rate / (1 - self.beta_1**t) * m / (u + self.epsilon), {"m": m, "u": u, "t": t}


@dataclass(frozen=True)
class Nadam(Optimizer):
    """Adam with Nesterov's look ahead.  Dozat (2016), with a constant β₁."""

    learning_rate: float = 1e-3
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-7

    name = "nadam"

    def start(self, theta: Array) -> Memory:
        return {"m": np.zeros_like(theta), "v": np.zeros_like(theta), "t": 0}

    def step(
        self, theta: Array, g: Array, memory: Memory, rate: float, J: float, decays: Any = 1.0
    ) -> tuple[Array, Memory]:
        t = memory["t"] + 1
        m = self.beta_1 * memory["m"] + (1 - self.beta_1) * g
        v = self.beta_2 * memory["v"] + (1 - self.beta_2) * g * g
        ahead = self.beta_1 * m / (1 - self.beta_1 ** (t + 1))
        ahead = ahead + (1 - self.beta_1) * g / (1 - self.beta_1**t)
        change = -rate * ahead / (np.sqrt(v / (1 - self.beta_2**t)) + self.epsilon)
        return change, {"m": m, "v": v, "t": t}
