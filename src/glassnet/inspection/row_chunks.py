"""What a forward and backward pass leaves of a chunk of rows: each row's loss and gradient."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.engine.interface import Moment
from glassnet.network.blended import Blended
from glassnet.network.copies import copied, sums_of_copies
from glassnet.network.gram import dense
from glassnet.network.shared_gram import SharedRowGradients
from glassnet.network.specification import Parameters, Specification

_ALONE = frozenset({"fired", "delta"})
_NORMED = frozenset({"z_tilde", "x_hat", "da"})


@dataclass(frozen=True)
class Chunk:
    """What one pass leaves of some rows.

    Attributes
    ----------
    losses : (m,)
        ℓₙ.
    outputs : (m, n_L)
    layers : list of RowGradients, SharedRowGradients or None
        By layer; slot 0 is None, and so are frozen layers.
    mean : (p,)
        The mean of the rows' gradients; 0 in frozen layers.
    """

    spec: Specification
    losses: Array
    outputs: Array
    layers: list[Any]
    mean: Array

    def __len__(self) -> int:
        """The number of rows."""
        return len(self.losses)

    def squares(self) -> Array:
        """‖gₙ‖² by layer.  -> (m, L) float64"""
        columns = [
            np.zeros(len(self)) if layer is None else layer.squares() for layer in self.layers[1:]
        ]
        return np.stack(columns, axis=1).astype(np.float64)

    def summed(self, factors: Array | None) -> Array:
        """Σₙ fₙ gₙ; the plain sum for None, which the engine has added up.  -> (p,)"""
        if factors is None:
            return len(self) * self.mean
        blocks = self.spec.unpack(np.zeros_like(self.mean))
        f = factors.astype(self.mean.dtype)
        for l, layer in enumerate(self.layers):
            for name, values in {} if layer is None else layer.sums(f).items():
                getattr(blocks, name)[l] = values
        return self.spec.pack(blocks)

    def products(self, others: Chunk) -> Array:
        """⟨gₙ, gₖ⟩ with the rows of another chunk.  -> (m, k) float64"""
        found = np.zeros((len(self), len(others)))
        for layer, other in zip(self.layers, others.layers, strict=True):
            if layer is not None and other is not None:
                found += layer.products(other)
        return found


def needed(spec: Specification) -> frozenset[str]:
    """What a moment must keep for its chunk to be made."""
    normed = any(layer.batch_norm or layer.kappa is not None for layer in spec.layers)
    if spec.members > 1:
        return _ALONE | {"z_tilde", "da", "x_hat"}
    return _ALONE | _NORMED if normed else _ALONE


def chunk_of(spec: Specification, theta: Array, moment: Moment, x: Any, y: Array) -> Chunk:
    """What a moment that kept ``needed(spec)`` leaves of the rows x with the encoded targets y."""
    L, m, phi = spec.depth, len(y), spec.phi
    # Nothing is dropped, so φ(z̃) is what the next layer is given, and what a residual one was.
    a: list[Any] = [x if spec.input_stage is None else spec.input_stage.forward(x)]
    k = spec.members
    for l in range(1, L + 1):
        residual = spec.layer(l).residual
        a.append(moment.fired[l] + dense(a[l - 1]) if residual else moment.fired[l])
    z_tilde = moment.z_tilde or _last_z(spec, a[L - 1], theta)
    layers: list[Any] = [None]
    blocks = spec.unpack(theta)
    for l, layer in enumerate(spec.layers, start=1):
        into = x_hat = of_kappa = None
        fires = spec.fires(l, blocks)
        if isinstance(fires, Blended):
            of_kappa = fires.of_kappa(z_tilde[l], m * moment.da[l])
        if layer.batch_norm:
            x_hat = moment.x_hat[l]
            into = (
                spec.loss.delta(phi[L], z_tilde[L], a[L], y)
                if l == L
                else fires.back(z_tilde[l], moment.fired[l], m * moment.da[l])
            )
        delta = moment.delta[l]
        delta *= m  # the batch's δ carries the weight 1/m of each row; nobody else reads it
        if layer.members > 1:
            layers.append(_shared(spec, l, blocks, a[l - 1], delta, of_kappa))
        else:
            layers.append(layer.row_gradients(a[l - 1], delta, into, x_hat, of_kappa))
    losses = spec.loss.value(phi[L], z_tilde[L], a[L], y if k == 1 else copied(y, k))
    frozen = any(layer.frozen for layer in spec.layers)
    mean = moment.g * spec.is_trainable.astype(theta.dtype) if frozen else moment.g
    outputs = a[L]
    if k > 1:
        losses, outputs = sums_of_copies(losses, k) / k, sums_of_copies(outputs, k) / k
    return Chunk(spec, np.asarray(losses, dtype=np.float64), outputs, layers, mean)


def _shared(
    spec: Specification,
    l: int,
    blocks: Parameters,
    a: Any,
    delta: Array,
    of_kappa: Array | None,
) -> SharedRowGradients | None:
    layer, k = spec.layer(l), spec.members
    if layer.frozen:
        return None
    given = copied(a, k) if l == spec.first_shared else a
    own = blocks.W[l], blocks.r[l], blocks.s[l]
    summed = None if of_kappa is None else sums_of_copies(of_kappa, k)
    return SharedRowGradients.of(given, delta, own, bias=layer.bias, of_kappa=summed)


def _last_z(spec: Specification, a: Array, theta: Array) -> list[Any]:
    """z of the output layer alone, by layer: computed anew, since to keep all costs more."""
    blocks = spec.unpack(theta)
    z = np.asarray(a @ blocks.W[-1].T)
    return [None] * spec.depth + [z if blocks.b[-1] is None else z + blocks.b[-1]]
