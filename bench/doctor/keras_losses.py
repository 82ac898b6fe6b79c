"""Losses by Keras's rules: means over outputs, outputs cut at 1e-7, targets as they come.

They are a user's own losses to glassnet: the reference engine trains them, and no target is
refused. Where a program needs none of these rules, the bench takes glassnet's own loss.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.network.contracts import Loss
from glassnet.network.intervals import REALS, Interval

_CUT = 1e-7


class KerasLoss(Loss):
    """ℓ of a row by the outputs alone, never by scores; summed over the batch where asked.

    A loss that is summed over the m rows of a batch is m times as large in each row, since J is a
    mean of rows here.
    """

    summed: bool = False

    def size(self, a: Array) -> float:
        """What an entry is multiplied by: 1/n for a mean over outputs, m for a sum over all."""
        return float(len(a)) if self.summed else 1 / a.shape[1]

    def value(self, phi: Any, z: Array, a: Array, y: Array) -> Array:
        return self.of_output(a, y).sum(axis=1)

    def delta(self, phi: Any, z: Array, a: Array, y: Array) -> Array:
        return phi.back(z, a, self.derivative(a, y))


@dataclass(frozen=True)
class BinaryCrossEntropy(KerasLoss):
    """ℓ = −(1/n) Σⱼ [y log c + (1 − y) log(1 − c)] with c = a cut to [cut, 1 − cut].

    Outside, the derivative is 0.
    """

    summed: bool = False
    cut: float = _CUT

    name = "keras_binary_cross_entropy"
    partner = "logistic"
    domain = Interval(0, 1)

    def of_output(self, a: Array, y: Array) -> Array:
        c = np.clip(a, self.cut, 1 - self.cut)
        return -self.size(a) * (y * np.log(c) + (1 - y) * np.log(1 - c))

    def derivative(self, a: Array, y: Array) -> Array:
        inside = (a > self.cut) & (a < 1 - self.cut)
        c = np.where(inside, a, 0.5)
        return np.where(inside, self.size(a) * (c - y) / (c * (1 - c)), 0.0)


@dataclass(frozen=True)
class CrossEntropy(KerasLoss):
    """ℓ = −Σⱼ yⱼ log c with c = p cut to [cut, 1 − cut].

    ``normalised`` "before": p = a / Σ a, as Keras does; "after": a is cut and then divided by the
    sum of what was cut, as its sparse form does; "never": p = a.
    """

    summed: bool = False
    normalised: str = "before"
    cut: float = _CUT
    top: float = 1 - _CUT

    name = "keras_cross_entropy"
    partner = "softmax"
    domain = Interval(0, 1, closed_upper=True)

    def size(self, a: Array) -> float:
        return float(len(a)) if self.summed else 1.0

    def of_output(self, a: Array, y: Array) -> Array:
        kept = np.clip(self._before(a), self.cut, self.top)
        if self.normalised == "after":
            kept = kept / kept.sum(axis=1, keepdims=True)
        return -self.size(a) * y * np.log(kept)

    def derivative(self, a: Array, y: Array) -> Array:
        p = self._before(a)
        kept, inside = np.clip(p, self.cut, self.top), (p > self.cut) & (p < self.top)
        g = -self.size(a) * y / kept
        if self.normalised == "after":
            total = kept.sum(axis=1, keepdims=True)
            g = g + self.size(a) * y.sum(axis=1, keepdims=True) / total
        g = np.where(inside, g, 0.0)
        if self.normalised != "before":
            return g
        total = _not_zero(a.sum(axis=1, keepdims=True))
        return (g - (g * p).sum(axis=1, keepdims=True)) / total

    def _before(self, a: Array) -> Array:
        if self.normalised != "before":
            return a
        return a / _not_zero(a.sum(axis=1, keepdims=True))


@dataclass(frozen=True)
class Poisson(KerasLoss):
    """ℓ = (1/n) Σⱼ a − y log(a + cut), of any y."""

    summed: bool = False
    cut: float = _CUT

    name = "keras_poisson"
    partner = "exp"
    domain = Interval(0, inf)

    def of_output(self, a: Array, y: Array) -> Array:
        return self.size(a) * (a - y * np.log(np.maximum(a + self.cut, self.cut)))

    def derivative(self, a: Array, y: Array) -> Array:
        above = np.maximum(a + self.cut, self.cut)
        return self.size(a) * (1 - np.where(a > 0, y / above, 0.0))


@dataclass(frozen=True)
class Broadcast(KerasLoss):
    """Outputs (m, 1) against targets (m,): each output against every target, and the mean."""

    inner: Loss

    partner = "identity"
    domain = REALS

    @property
    def name(self) -> str:  # pyright: ignore[reportIncompatibleVariableOverride] - a case decides it
        """That of the inner loss."""
        return self.inner.name

    def of_output(self, a: Array, y: Array) -> Array:
        A, Y = np.broadcast_arrays(a, y.T)
        return self.inner.of_output(A, Y).sum(axis=1, keepdims=True)

    def derivative(self, a: Array, y: Array) -> Array:
        A, Y = np.broadcast_arrays(a, y.T)
        return self.inner.derivative(A, Y).sum(axis=1, keepdims=True)


def _not_zero(total: Array) -> Array:
    return np.where(np.abs(total) < _CUT, _CUT, total)
