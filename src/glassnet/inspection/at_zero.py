"""The measured influence of a convention: φ′(0) of relu and leaky relu."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from glassnet.data.batches import Data
from glassnet.engine.interface import Moment
from glassnet.inspection.looking import Looked
from glassnet.inspection.passes import gradient
from glassnet.network.specification import Specification

VALUES = (0.0, 0.5, 1.0)


@dataclass(frozen=True)
class AtZero:
    """With φ′(0) = ``value``, how far each block's gradient is from that with φ′(0) = 0.

    ``moved`` holds ‖g − g₀‖ / max(‖g‖, ‖g₀‖) by block, as in ``moved["W[1]"]``; 1 means all of it.

    Examples
    --------
    >>> AtZero(0.5, {"W[1]": 0.25}).moved["W[1]"]
    0.25
    """

    value: float
    moved: dict[str, float]


def at_zero_table(looked: Looked) -> tuple[tuple[AtZero, ...], dict[int, int]]:
    """The table for 0, ½ and 1, and how many z̃ are exactly 0 by layer; empty without a choice.

    Examples
    --------
    >>> import glassnet as gn
    >>> from glassnet.inspection.looking import look_at
    >>> net = gn.Network(1, [gn.Dense(2, "relu"), gn.Dense(1, "identity")], seed=0)
    >>> table, zeros = at_zero_table(look_at(net, [[0.0], [1.0]], [1.0, 1.0]))
    >>> zeros, [each.value for each in table]
    ({1: 2}, [0.0, 0.5, 1.0])
    """
    spec = looked.net.specification
    layers = [l for l in range(1, spec.depth + 1) if hasattr(spec.phi[l], "at_zero")]
    if not layers:
        return (), {}
    seen = [_seen(looked, _with(spec, value)) for value in VALUES]
    zeros = {l: int((seen[0].z_tilde[l] == 0).sum()) for l in layers}
    slots = [slot for slot in spec.slots if slot.name in ("W", "b") and slot.layer <= max(layers)]
    table: list[AtZero] = []
    for value, moment in zip(VALUES, seen, strict=True):
        moved: dict[str, float] = {}
        for slot in slots:
            name = f"d{slot.name}"
            now, before = (getattr(m, name)[slot.layer] for m in (moment, seen[0]))
            moved[str(slot)] = _share(now, before)
        table.append(AtZero(value, moved))
    return tuple(table), zeros


def _share(now: Any, before: Any) -> float:
    scale = max(float(np.linalg.norm(now)), float(np.linalg.norm(before)))
    return float(np.linalg.norm(now - before)) / scale if scale else 0.0


def _with(spec: Specification, value: float) -> Specification:
    """The specification with φ′(0) = value wherever there is the choice."""
    layers = tuple(
        replace(layer, activation=replace(layer.activation, at_zero=value))
        if hasattr(layer.activation, "at_zero")
        else layer
        for layer in spec.layers
    )
    return replace(spec, layers=layers)


def _seen(looked: Looked, spec: Specification) -> Moment:
    data = Data(looked.x, looked.y, looked.w)
    return gradient(spec, looked.net.state, data, training=True)
