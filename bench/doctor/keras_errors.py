"""Keras's losses of residuals and margins, as means over outputs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from bench.doctor.keras_losses import KerasLoss
from glassnet.arrays import Array
from glassnet.network.intervals import Interval


@dataclass(frozen=True)
class MeanError(KerasLoss):
    """(1/n) Σⱼ of the square of a − y, or of its absolute value."""

    power: int = 2
    summed: bool = False

    partner = "identity"

    @property
    def name(self) -> str:  # pyright: ignore[reportIncompatibleVariableOverride] - a case decides it
        """What it is called."""
        return "keras_squared_error" if self.power == 2 else "keras_absolute_error"

    def of_output(self, a: Array, y: Array) -> Array:
        return self.size(a) * np.abs(a - y) ** self.power

    def derivative(self, a: Array, y: Array) -> Array:
        r = a - y
        return self.size(a) * (2 * r if self.power == 2 else np.sign(r))


@dataclass(frozen=True)
class LogError(KerasLoss):
    """(1/n) Σⱼ (log(1 + a) − log(1 + y))², both cut below at 1e-7."""

    name = "mean_squared_logarithmic_error"

    def of_output(self, a: Array, y: Array) -> Array:
        return self.size(a) * self._r(a, y) ** 2

    def derivative(self, a: Array, y: Array) -> Array:
        inside = a > 1e-7
        return np.where(inside, 2 * self.size(a) * self._r(a, y) / (1 + np.maximum(a, 1e-7)), 0.0)

    def _r(self, a: Array, y: Array) -> Array:
        return np.log1p(np.maximum(a, 1e-7)) - np.log1p(np.maximum(y, 1e-7))


@dataclass(frozen=True)
class PercentageError(KerasLoss):
    """(100/n) Σⱼ |a − y| / max(|y|, 1e-7)."""

    name = "mean_absolute_percentage_error"

    def of_output(self, a: Array, y: Array) -> Array:
        return 100 * self.size(a) * np.abs(a - y) / np.maximum(np.abs(y), 1e-7)

    def derivative(self, a: Array, y: Array) -> Array:
        return 100 * self.size(a) * np.sign(a - y) / np.maximum(np.abs(y), 1e-7)


@dataclass(frozen=True)
class LogCosh(KerasLoss):
    """(1/n) Σⱼ log cosh(a − y)."""

    name = "log_cosh"
    partner = "identity"

    def of_output(self, a: Array, y: Array) -> Array:
        r = np.abs(a - y)
        return self.size(a) * (r + np.log1p(np.exp(-2 * r)) - np.log(2))

    def derivative(self, a: Array, y: Array) -> Array:
        return self.size(a) * np.tanh(a - y)


@dataclass(frozen=True)
class Hinge(KerasLoss):
    """(1/n) Σⱼ max(0, 1 − s a)ᵖ with s = ±1; y of 0 and 1 is read as −1 and 1."""

    power: int = 1

    name = "hinge"

    def of_output(self, a: Array, y: Array) -> Array:
        return self.size(a) * np.maximum(0.0, 1 - _sides(y) * a) ** self.power

    def derivative(self, a: Array, y: Array) -> Array:
        s = _sides(y)
        short = np.maximum(0.0, 1 - s * a)
        return -self.size(a) * self.power * s * short ** (self.power - 1) * (short > 0)


@dataclass(frozen=True)
class KullbackLeibler(KerasLoss):
    """Σⱼ y log(y / a), both cut to [1e-7, 1]."""

    name = "kl_divergence"
    domain = Interval(0, 1, closed_upper=True)

    def of_output(self, a: Array, y: Array) -> Array:
        y = np.clip(y, 1e-7, 1)
        return y * np.log(y / np.clip(a, 1e-7, 1))

    def derivative(self, a: Array, y: Array) -> Array:
        inside = (a > 1e-7) & (a < 1)
        return np.where(inside, -np.clip(y, 1e-7, 1) / np.where(inside, a, 1.0), 0.0)


@dataclass(frozen=True)
class RootMeanSquare(KerasLoss):
    """The root of the mean of (a − y)² over all entries of a batch, the same in each row."""

    name = "root_mean_squared_error"
    partner = "identity"

    def of_output(self, a: Array, y: Array) -> Array:
        return np.full_like(a, self.size(a) * np.sqrt(np.mean((a - y) ** 2)))

    def derivative(self, a: Array, y: Array) -> Array:
        return self.size(a) * (a - y) / max(float(np.sqrt(np.mean((a - y) ** 2))), 1e-7)


@dataclass(frozen=True)
class CategoricalHinge(KerasLoss):
    """max(0, 1 + maxⱼ (1 − y) a − Σⱼ y a), in the first column."""

    name = "categorical_hinge"

    def of_output(self, a: Array, y: Array) -> Array:
        entries = np.zeros_like(a)
        entries[:, 0] = np.maximum(0.0, self._short(a, y))
        return entries

    def derivative(self, a: Array, y: Array) -> Array:
        others = (1 - y) * a
        top = others.argmax(axis=1)[:, None] == np.arange(a.shape[1])
        return np.where(self._short(a, y)[:, None] > 0, (1 - y) * top - y, 0.0)

    def _short(self, a: Array, y: Array) -> Array:
        return 1 + ((1 - y) * a).max(axis=1) - (y * a).sum(axis=1)


@dataclass(frozen=True)
class Cosine(KerasLoss):
    """−Σⱼ y a / (‖y‖ ‖a‖)."""

    name = "cosine_similarity"

    def of_output(self, a: Array, y: Array) -> Array:
        return -_along(y) * _along(a)

    def derivative(self, a: Array, y: Array) -> Array:
        v, u, length = _along(y), _along(a), np.linalg.norm(a, axis=1, keepdims=True)
        return -(v - (v * u).sum(axis=1, keepdims=True) * u) / np.maximum(length, 1e-7)


def _along(v: Array) -> Array:
    return v / np.maximum(np.linalg.norm(v, axis=1, keepdims=True), 1e-7)


def _sides(y: Array) -> Any:
    return 2 * y - 1 if np.isin(y, (0.0, 1.0)).all() else y
