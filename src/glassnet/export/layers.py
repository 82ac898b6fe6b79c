"""Layers as exporters see them: W, b and an activation; dropout gone, batch norm folded in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.errors import InvalidValue, Unsupported
from glassnet.inspection.folded import folded
from glassnet.network.activations import ACTIVATIONS
from glassnet.network.heads import Head, JointActivation
from glassnet.network.layers import Scaling
from glassnet.network.network import Network


@dataclass(frozen=True, eq=False)
class PlainLayer:
    """a = φ(W a + b): W (n_l, n_{l−1}) and b (n_l,) in float64, batch norm folded in."""

    W: Array
    b: Array
    activation: Any

    def parts(self) -> Iterator[tuple[int, int, Any]]:
        """First unit, end and activation of each head; of all units where there is one."""
        if not isinstance(self.activation, JointActivation):
            yield 0, len(self.b), self.activation
            return
        start = 0
        for head in self.activation.heads:
            yield start, start + head.units, head.activation
            start += head.units


def plain_layers(net: Network) -> tuple[PlainLayer, ...]:
    """The layers of a network in prediction.

    Where a[l] is a sum, its terms stand side by side, and the next W sums them: a κ makes the terms
    κ φ(z) and (1 − κ) z, a residual layer hands on all terms of a[l−1] too.

    Raises
    ------
    Unsupported
        If an activation is a user's own.

    Examples
    --------
    >>> import glassnet as gn
    >>> [layer.W.shape for layer in plain_layers(gn.Network(2, [gn.Dense(3, "tanh")]))]
    [(3, 2)]
    """
    _require_known(net)
    spec, layers = net.specification, list[PlainLayer]()
    sums: Any = None  # a[l−1] = sums × what the layer before gives; None: it is that
    for l in range(1, net.depth + 1):
        weights, b = folded(spec, net.state, l)
        weights = weights if sums is None else weights @ sums
        phi, kappa, n = spec.phi[l], net.kappa[l], spec.units[l]
        residual = spec.layer(l).residual
        if kappa is None and not residual:
            layers.append(PlainLayer(weights, b, phi))
            sums = None
            continue
        own, terms = [(weights, b, phi)], [np.eye(n)]
        if kappa is not None:
            own.append((weights, b, "identity"))
            terms = [np.diag(kappa), np.diag(1 - kappa)]
        if residual:
            own.append((np.eye(n) if sums is None else sums, np.zeros(n), "identity"))
            terms.append(np.eye(n))
        stacked = [np.concatenate([part[k] for part in own]) for k in (0, 1)]
        joint = JointActivation(tuple(Head(n, each) for _, _, each in own))
        layers.append(PlainLayer(stacked[0], stacked[1], joint))
        sums = np.concatenate(terms, axis=1)
    return tuple(layers)


def input_scaling(net: Network) -> tuple[Array, Array] | None:
    """Center and scale of the network's input stage, None where it has none.

    Raises
    ------
    Unsupported
        If the stage is no Scaling.
    """
    stage: Any = net.specification.input_stage
    if stage is None:
        return None
    if not isinstance(stage, Scaling):
        raise Unsupported(
            f"an input stage must be a Scaling to be exported; got {type(stage).__name__}. "
            "Apply it to the rows, and export the network without it."
        )
    return np.array(stage.mean), np.array(stage.scale)


def require_float32(members: tuple[tuple[PlainLayer, ...], ...]) -> None:
    """Refuse numbers that float32 does not have.

    Raises
    ------
    InvalidValue
    """
    for layers in members:
        for l, layer in enumerate(layers, start=1):
            largest = max(float(np.abs(layer.W).max(initial=0.0)), float(np.abs(layer.b).max()))
            if largest > float(np.finfo(np.float32).max):
                raise InvalidValue(
                    f"the weights of layer {l} must stay within float32; the largest is "
                    f"{largest:.3g}. Train with a smaller learning_rate or a penalty."
                )


def _require_known(net: Network) -> None:
    spec = net.specification
    for l in range(1, spec.depth + 1):
        phi = spec.phi[l]
        each = [h.activation for h in phi.heads] if isinstance(phi, JointActivation) else [phi]
        for one in each:
            if ACTIVATIONS.get(one.name) is not type(one):
                raise Unsupported(
                    f"only activations of glassnet's own can be exported; layer {l} has "
                    f"{one.name!r}, a user's. Put one of these in its place: "
                    f"{', '.join(sorted(ACTIVATIONS))}."
                )
