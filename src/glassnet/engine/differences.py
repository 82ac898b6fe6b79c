"""Numerical gradients of the reported cost: the judge of every engine.

Each coordinate is moved by ±h and ±2h and the four-point rule applied:

    ∂J/∂θⱼ ≈ [8 (J(θ + h) − J(θ − h)) − (J(θ + 2h) − J(θ − 2h))] / 12h,     error O(h⁴) + O(εJ/h)

h = 10⁻⁴ keeps both parts small: of 896 small networks of every loss and activation the worst block
was off by 10⁻⁸ of its length at 10⁻⁴, by 10⁻⁴ at 10⁻³ (steep functions).

A coordinate whose move carries some z̃ (or a residual, or a weight under L1) over a kink is skipped:
there the rule mixes two slopes and proves nothing. A weight of W that is no connection is no
parameter: its derivative is 0.

Abramowitz & Stegun (1964), 25.3.6.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from glassnet.arrays import Array, to_numpy
from glassnet.data.batches import Batch
from glassnet.engine.reference import Training, cost, forward, targets
from glassnet.network.penalties import L1
from glassnet.network.specification import Specification


@dataclass(frozen=True)
class Differences:
    """Numerical derivatives, (p,) float64, 0 where skipped; and which were skipped, (p,) bool."""

    g: Array
    skipped: Array

    @property
    def skipped_count(self) -> int:
        """How many coordinates were skipped for a kink."""
        return int(self.skipped.sum())


def numerical_gradient(
    spec: Specification,
    theta: Array,
    buffers: Mapping[str, Array],
    batch: Batch,
    *,
    t: int = 0,
    seed: int = 0,
    step: float = 1e-4,
    coordinates: Array | None = None,
) -> Differences:
    """Differentiate J numerically, as in training at step t (same dropout, batch statistics).

    Parameters
    ----------
    spec, theta, buffers, batch
        θ is float64; float32 has too few digits.
    t, seed : int
        What dropout's masks are drawn with.
    step : float
        h, times max(1, |θⱼ|).
    coordinates : array of int, optional
        Entries of θ to differentiate; all by default.

    Examples
    --------
    >>> from glassnet.network.layers import Dense
    >>> spec = Specification(1, (Dense(1, "identity", bias=False),), "squared_error")
    >>> one = np.ones((1, 1))
    >>> found = numerical_gradient(spec, np.array([3.0]), {}, Batch(one, one, np.ones(1), 1.0))
    >>> float(found.g[0].round(9))
    2.0
    """
    theta = np.asarray(theta, dtype=np.float64)
    g, skipped = np.zeros(theta.size), np.zeros(theta.size, dtype=bool)
    training = Training(batch.w, t, seed)
    _, here = _cost_and_side(spec, theta, buffers, batch, training)
    wanted = np.arange(theta.size) if coordinates is None else np.asarray(coordinates)
    for j in wanted[spec.is_connected[wanted] > 0]:
        h = step * max(1.0, abs(theta[j]))
        J: dict[int, float] = {}
        for k in (-2, -1, 1, 2):
            moved = theta.copy()
            moved[j] += k * h
            J[k], side = _cost_and_side(spec, moved, buffers, batch, training)
            skipped[j] |= side != here
        g[j] = (8 * (J[1] - J[-1]) - (J[2] - J[-2])) / (12 * h)
    g[skipped] = 0.0
    return Differences(g, skipped)


def _cost_and_side(
    spec: Specification,
    theta: Array,
    buffers: Mapping[str, Array],
    batch: Batch,
    training: Training,
) -> tuple[float, bytes]:
    """J, and on which side of every kink the pass runs."""
    passed = forward(spec, theta, buffers, batch.x, training)
    parts: list[Any] = [spec.phi[l].side(passed.z_tilde[l]) for l in range(1, spec.depth + 1)]
    parts.append(spec.loss.side(passed.a[spec.depth], targets(spec, batch)[0]))
    if any(isinstance(term, L1) for term in spec.penalties):
        parts.append(np.sign(theta) * spec.is_weight)
    side = b"".join(to_numpy(part).astype(np.int8).tobytes() for part in parts)
    return sum(cost(spec, theta, passed, batch)), side


def relative_error(g: Array, other: Array) -> float:
    """‖g − ĝ‖ / (‖g‖ + ‖ĝ‖), and 0 where both are 0.

    Examples
    --------
    >>> relative_error(np.array([1.0]), np.array([3.0]))
    0.5
    """
    both = float(np.linalg.norm(g) + np.linalg.norm(other))
    return float(np.linalg.norm(g - other)) / both if both else 0.0
