"""Signals of one layer in one pass: sizes, dead and twin units, saturation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.doctor.signals.sizes import rms, share, spread
from glassnet.network.blended import Blended
from glassnet.network.contracts import Elementwise
from glassnet.network.specification import Specification

_FLAT = 0.02  # of the slope at 0: |z| > 5.3 of the logistic, 2.7 of tanh


@dataclass(frozen=True)
class LayerSigns:
    """What one layer looks like in one pass over the rows.

    Attributes
    ----------
    layer, units, activation : int, int, str
    finite : bool
        Whether W and b are.
    weights, z, a, delta, gradient, penalty : float
        Root mean squares of W, z, a, δ·m, ∂loss/∂W and ∂penalty/∂W.
    z_spread, a_spread : float
        Standard deviation between rows, over the units.
    dead : tuple of int
        Units whose φ′ is 0 on every row.
    saturated : float
        Share of entries where φ′ < 2 % of its value at 0, of an activation with two ends.
    straight : float
        Share of the units of a rectifier that are on at every row.
    twins : tuple of int
        Units with the weights, the bias and the gradient of another one.
    """

    layer: int
    units: int
    activation: str
    finite: bool
    weights: float
    z: float
    a: float
    delta: float
    gradient: float
    penalty: float
    z_spread: float
    a_spread: float
    dead: tuple[int, ...]
    saturated: float
    straight: float
    twins: tuple[int, ...]


def layer_signs(spec: Specification, seen: Mapping[str, Any], l: int) -> LayerSigns:
    """The signals of layer l, from a pass with z̃, a, δ and W.

    Examples
    --------
    >>> from glassnet.network.layers import Dense
    >>> spec = Specification(1, (Dense(2, "relu"),))
    >>> z, W = np.array([[-1.0, 1.0], [-2.0, 3.0]]), np.array([[-1.0], [1.0]])
    >>> seen = {
    ...     "z_tilde": [None, z],
    ...     "a": [z[:, :1], z * (z > 0)],
    ...     "delta": None,
    ...     "W": [None, W],
    ...     "b": [None, None],
    ...     "weight_sum": 2.0,
    ... }
    >>> signs = layer_signs(spec, seen, 1)
    >>> signs.dead, signs.straight
    ((0,), 0.5)
    """
    z, a, below = seen["z_tilde"][l], seen["a"][l], seen["a"][l - 1]
    W, b = seen["W"][l], seen["b"][l]
    delta = None if seen["delta"] is None else seen["delta"][l]
    dW = None if delta is None else delta.T @ below
    mask = spec.masks[l]
    if dW is not None and mask is not None:
        dW = dW * mask
    kappa = seen["kappa"][l] if "kappa" in seen else None
    phi = spec.phi[l] if kappa is None else Blended(spec.phi[l], kappa)
    slope = _slope(phi, z, seen["fired"][l] if spec.layer(l).residual else a)
    penalties = [p.derivative(W) * p.factor(seen["weight_sum"]) for p in spec.penalties]
    return LayerSigns(
        layer=l,
        units=int(W.shape[0]),
        activation=spec.phi[l].name,
        finite=bool(np.isfinite(W).all() and (b is None or np.isfinite(b).all())),
        weights=rms(W),
        z=rms(z),
        a=rms(a),
        delta=0.0 if delta is None else rms(delta) * len(delta),
        gradient=0.0 if dW is None else rms(dW),
        penalty=rms(sum(penalties)) if penalties else 0.0,
        z_spread=spread(z),
        a_spread=spread(a),
        dead=() if slope is None else _where((slope == 0).all(axis=0)),
        saturated=_saturated(phi, slope),
        straight=_straight(phi, z),
        twins=_twins(W, b, dW),
    )


def _where(mask: Array) -> tuple[int, ...]:
    return tuple(int(k) for k in np.flatnonzero(mask))


def _slope(phi: Any, z: Array, a: Array) -> Array | None:
    return phi.derivative(z, a) if isinstance(phi, Elementwise) else None


def _saturated(phi: Any, slope: Array | None) -> float:
    """0 for one that is not bounded on both sides: the flat half of a rectifier is its work."""
    bounded = np.isfinite(phi.range.lower) and np.isfinite(phi.range.upper)
    if slope is None or not bounded or phi.name in ("sin", "cos"):
        return 0.0
    zero = np.zeros((1, 1))
    steepest = float(np.abs(phi.derivative(zero, phi.value(zero)))[0, 0])
    return share(np.abs(slope) < _FLAT * steepest)


def _straight(phi: Any, z: Array) -> float:
    return share((z > 0).all(axis=0)) if phi.name in ("relu", "leaky_relu") else 0.0


def _twins(W: Array, b: Array | None, dW: Array | None) -> tuple[int, ...]:
    """Every unit that has a double in its layer; ∂J/∂W must agree too, and need not be there."""
    if len(W) < 2 or not np.isfinite(W).all():
        return ()
    parts = [W] if b is None else [W, b[:, None]]
    if dW is not None:
        if not np.isfinite(dW).all():
            return ()
        size = rms(dW)  # equal to seven digits: sums over rows may round differently
        parts.append(np.round(dW / size, 7) + 0.0 if size > 0 else dW)
    rows = np.concatenate(parts, axis=1)
    _, which, counts = np.unique(rows, axis=0, return_inverse=True, return_counts=True)
    return _where(counts[which.ravel()] > 1)
