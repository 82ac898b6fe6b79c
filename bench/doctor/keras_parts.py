"""Activations, initializers and a schedule that Keras has and glassnet spells otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.network.contracts import Activation, Elementwise
from glassnet.network.initializers import Initializer
from glassnet.network.intervals import Interval
from glassnet.optim.contracts import Clock, Memory, Schedule


@dataclass(frozen=True)
class OneUnitSoftmax(Activation):
    """exp(z) / exp(z) = 1, of the single unit that glassnet's constructor refuses."""

    name = "one_unit_softmax"
    range = Interval(1, 1, closed_lower=True, closed_upper=True)

    def value(self, z: Array) -> Array:
        return np.where(np.isfinite(z), 1.0, z * 0)

    def back(self, z: Array, a: Array, g: Array) -> Array:
        return np.zeros_like(g)


@dataclass(frozen=True)
class Piecewise(Elementwise):
    """slope · z + lift, cut to [low, high]: hard sigmoid, hard tanh, relu6."""

    name: str  # pyright: ignore[reportIncompatibleVariableOverride] - a case decides it
    slope: float
    lift: float
    low: float
    high: float

    @property
    def range(self) -> Interval:  # pyright: ignore[reportIncompatibleVariableOverride] - a case decides it
        """From low to high, both reached."""
        return Interval(self.low, self.high, closed_lower=True, closed_upper=True)

    def value(self, z: Array) -> Array:
        return np.clip(self.slope * z + self.lift, self.low, self.high)

    def derivative(self, z: Array, a: Array) -> Array:
        return self.slope * ((a > self.low) & (a < self.high)).astype(z.dtype)


@dataclass(frozen=True)
class Step(Elementwise):
    """1 where z > 0, else 0: its slope is 0 everywhere."""

    name = "step"
    range = Interval(0, 1, closed_lower=True, closed_upper=True)

    def value(self, z: Array) -> Array:
        return (z > 0).astype(z.dtype)

    def derivative(self, z: Array, a: Array) -> Array:
        return np.zeros_like(z)


@dataclass(frozen=True)
class Uniform(Initializer):
    """W ~ U(low, high)."""

    low: float = -0.05
    high: float = 0.05

    name = "uniform"

    def draw(self, rng: np.random.Generator, n_out: int, n_in: int) -> Array:
        return rng.uniform(self.low, self.high, (n_out, n_in))


@dataclass(frozen=True)
class Around(Initializer):
    """W ~ N(mean, std²), also with a standard deviation of 0; ``truncated`` at two of them."""

    mean: float = 0.0
    std: float = 0.05
    truncated: bool = False

    name = "normal"

    def draw(self, rng: np.random.Generator, n_out: int, n_in: int) -> Array:
        drawn = rng.normal(size=(n_out, n_in))
        while self.truncated and (far := np.abs(drawn) > 2).any():
            drawn = np.where(far, rng.normal(size=drawn.shape), drawn)
        return self.mean + self.std * drawn


@dataclass(frozen=True)
class Decay(Schedule):
    """η / (1 + decay · step): what the decay of Keras's first optimizers does."""

    decay: float

    name = "decay"

    def rates(self, base: float, memory: Memory, clock: Clock, steps: int) -> Array:
        return base / (1 + self.decay * (clock.step + np.arange(steps)))


def piecewise(name: str) -> Any:
    """One of the three by name."""
    return {
        "hard_sigmoid": Piecewise("hard_sigmoid", 0.2, 0.5, 0.0, 1.0),
        "hard_tanh": Piecewise("hard_tanh", 1.0, 0.0, -1.0, 1.0),
        "relu6": Piecewise("relu6", 1.0, 0.0, 0.0, 6.0),
    }[name]
