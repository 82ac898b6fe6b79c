"""The chain rule for one sample, vector by vector: the numbers that a derivation writes out.

It is a second, independent pass: one column through the network, in float64, as in prediction, with
W as is (z = W a + b). Tests hold it to the engine's gradient.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.network.layers import Scaling
from glassnet.network.specification import Parameters, Specification
from glassnet.network.state import State


@dataclass(frozen=True, eq=False)
class Chain:
    """One sample's numbers by layer, slot 0 being the input's. Vectors are (n_l,).

    Attributes
    ----------
    x, y : (n₀,), (n_L,)
        The sample; a[0] is x behind the input stage. ``smoothed`` is y after label smoothing.
    spread : list
        √(σ² + ε) of batch norm, None without.
    fired : list
        φ(z̃); what a residual layer is given is added to it in a.
    into : list
        ∂J/∂z̃; with batch norm δ = γ / √(σ² + ε) of it.
    blocks, gradient : Parameters
        The parameters and ∂J/∂ of each.
    dx : (n₀,)
    """

    spec: Specification
    blocks: Parameters
    x: Array
    y: Array
    smoothed: Array
    loss: float
    penalty: float
    a: list[Any]
    z: list[Any]
    x_hat: list[Any]
    spread: list[Any]
    mean: list[Any]
    z_tilde: list[Any]
    fired: list[Any]
    da: list[Any] = field(default_factory=list[Any])
    into: list[Any] = field(default_factory=list[Any])
    delta: list[Any] = field(default_factory=list[Any])
    gradient: Parameters = field(default_factory=lambda: Parameters.empty(0))
    dx: Any = None

    @property
    def J(self) -> float:
        """The cost of this sample alone, penalties included."""
        return self.loss + self.penalty

    @property
    def depth(self) -> int:
        """L."""
        return self.spec.depth

    def scale(self, j: int) -> float:
        """What the input stage divides column j by; 1 without a stage."""
        stage = self.spec.input_stage
        return stage.scale[j] if isinstance(stage, Scaling) else 1.0


def chain(spec: Specification, state: State, x: Array, y: Array) -> Chain:
    """Forward and back for one sample.

    Parameters
    ----------
    spec, state
        θ in float64.
    x, y : (n₀,), (n_L,)

    Examples
    --------
    >>> from glassnet.network.layers import Dense
    >>> spec = Specification(1, (Dense(1, "identity"),))
    >>> float(chain(spec, State(np.array([2.0, 1.0])), np.ones(1), np.zeros(1)).gradient.W[1][0, 0])
    3.0
    """
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        return _back(_forward(spec, state, x, y))


def _forward(spec: Specification, state: State, x: Array, y: Array) -> Chain:
    blocks, stage = spec.unpack(state.theta), spec.input_stage
    a: list[Any] = [x if stage is None else stage.forward(x[None])[0]]
    none: list[list[Any]] = [[None] for _ in range(6)]
    z, x_hat, spread, mean, z_tilde, fired = none
    for l in range(1, spec.depth + 1):
        z.append(blocks.W[l] @ a[l - 1])
        if blocks.b[l] is not None:
            z[l] = z[l] + blocks.b[l]
        norm = spec.layer(l).batch_norm
        if norm is None:
            for kept in (x_hat, spread, mean):
                kept.append(None)
            z_tilde.append(z[l])
        else:
            mean.append(state.buffers[f"mean[{l}]"])
            spread.append(np.sqrt(state.buffers[f"variance[{l}]"] + norm.epsilon))
            x_hat.append((z[l] - mean[l]) / spread[l])
            z_tilde.append(blocks.gamma[l] * x_hat[l] + blocks.beta[l])
        fired.append(spec.fires(l, blocks).value(z_tilde[l][None])[0])
        a.append(fired[l] + a[l - 1] if spec.layer(l).residual else fired[l])
    L = spec.depth
    loss = float(spec.loss.value(spec.phi[L], z_tilde[L][None], a[L][None], y[None])[0])
    terms = [p.factor(1.0) * float(p.value(W)) for p in spec.penalties for W in blocks.W[1:]]
    smooth = smoothed(spec, y)
    seen = (a, z, x_hat, spread, mean, z_tilde, fired)
    return Chain(spec, blocks, x, y, smooth, loss, sum(terms), *seen)


def smoothed(spec: Specification, y: Array) -> Array:
    """Targets after the label smoothing of each head's loss.  (n_L,) -> (n_L,)

    Examples
    --------
    >>> from glassnet.network.layers import Dense
    >>> from glassnet.network.losses import CrossEntropy
    >>> spec = Specification(1, (Dense(2, "softmax"),), CrossEntropy(label_smoothing=0.1))
    >>> smoothed(spec, np.array([1.0, 0.0])).round(6).tolist()
    [0.95, 0.05]
    """
    parts: list[Array] = []
    start = 0
    for head in spec.heads:
        part = y[start : start + head.units]
        s = float(getattr(head.loss, "label_smoothing", 0.0))
        classes = head.units if head.loss.name == "cross_entropy" else 2
        parts.append((1 - s) * part + s / classes if s else part)
        start += head.units
    return np.concatenate(parts)


def _back(c: Chain) -> Chain:
    spec, L = c.spec, c.depth
    found = Parameters.empty(L)
    none: list[list[Any]] = [[None] * (L + 1) for _ in range(3)]
    da, into, delta = none
    for l in range(L, 0, -1):
        if l == L:
            da[L], into[L] = _of_loss(c)
        else:
            da[l] = _into(c, l, delta, da)
            phi = spec.fires(l, c.blocks)
            into[l] = phi.back(c.z_tilde[l][None], c.fired[l][None], da[l][None])[0]
            if c.blocks.kappa[l] is not None:
                found.kappa[l] = phi.of_kappa(c.z_tilde[l], da[l])
        delta[l] = into[l]
        if c.spread[l] is not None:
            found.gamma[l], found.beta[l] = into[l] * c.x_hat[l], into[l]
            delta[l] = into[l] * c.blocks.gamma[l] / c.spread[l]
        found.W[l] = np.outer(delta[l], c.a[l - 1])
        mask = spec.masks[l]
        if mask is not None:
            found.W[l] = found.W[l] * mask
        for term in spec.penalties:
            found.W[l] = found.W[l] + term.factor(1.0) * term.derivative(c.blocks.W[l])
        if c.blocks.b[l] is not None:
            found.b[l] = delta[l]
    da[0] = _into(c, 0, delta, da)
    scales = np.array([c.scale(j) for j in range(spec.inputs)])
    return replace(c, da=da, into=into, delta=delta, gradient=found, dx=da[0] / scales)


def _into(c: Chain, l: int, delta: list[Any], da: list[Any]) -> Array:
    """∂J/∂a[l]."""
    found = c.blocks.W[l + 1].T @ delta[l + 1]
    return found + da[l + 1] if c.spec.layer(l + 1).residual else found


def _of_loss(c: Chain) -> tuple[Array, Array]:
    """∂ℓ/∂a[L] and ∂ℓ/∂z̃[L], head by head."""
    L = c.depth
    z, a, y = c.z_tilde[L][None], c.a[L][None], c.y[None]
    slopes: list[Array] = []
    into: list[Array] = []
    start = 0
    for head in c.spec.heads:
        at = slice(start, start + head.units)
        slopes.append(head.scale * head.loss.derivative(a[:, at], y[:, at])[0])
        into.append(head.scale * head.loss.delta(head.activation, z[:, at], a[:, at], y[:, at])[0])
        start += head.units
    return np.concatenate(slopes), np.concatenate(into)
