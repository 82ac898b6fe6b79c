"""Interval bounds forward through a network and back, as the two passes of backpropagation go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.inspection.subjects import Subject
from glassnet.network.enclosures import largest_size, linear, outward, product, sum_error
from glassnet.network.specification import Parameters, Specification

_KINKED = ("relu", "leaky_relu")
_DOUBLE = np.finfo(np.float64)


@dataclass(frozen=True, eq=False)
class LayerBounds:
    """Bounds of one layer, (n_l,) each; z is what enters the activation, after batch norm.

    ``dead``: a relu that is 0 on the whole box. ``open``: a relu or leaky relu that passes z on the
    whole box. ``constant``: the same number on the whole box, whatever it is.
    """

    z_lower: Array
    z_upper: Array
    a_lower: Array
    a_upper: Array
    dead: Array
    open: Array
    constant: Array


def forward(who: Subject, lower: Array, upper: Array) -> list[Any]:
    """Bounds of every layer on a box of the subject's columns; slot 0 is None."""
    net, spec = who.network, who.network.specification
    rounding = np.finfo(net.state.theta.dtype)
    blocks = spec.unpack(np.asarray(net.state.theta, dtype=np.float64))
    low, high = _input(who, lower, upper, rounding)
    same = lower == upper
    layers: list[Any] = [None]
    for l in range(1, spec.depth + 1):
        W = blocks.W[l]
        z = _weighted(low, high, W, blocks.b[l], rounding)
        z = _normalised(spec, l, blocks, net.state.buffers, z, rounding)
        phi, below, given = spec.fires(l, blocks), (low, high), same
        low, high = phi.interval(*z, rounding)
        name = phi.name
        dead = (z[1][0] <= 0) & (name == "relu")
        passes = (z[0][0] >= 0) & (name in _KINKED)
        same = dead | ~((W != 0) & ~same).any(axis=1)
        if name not in _KINKED and not hasattr(phi, "derivative"):
            same = np.full(len(same), bool(same.all()))  # softmax: each output hears every score
        if spec.layer(l).residual:
            low, high = _added((low, high), below, rounding)
            same = same & given
        layers.append(LayerBounds(z[0][0], z[1][0], low[0], high[0], dead, passes, same))
    return layers


def backward(who: Subject, layers: list[Any]) -> tuple[Array, Array]:
    """Bounds of ∂a[L]/∂x in the units of the columns.  -> (n_L, n₀), (n_L, n₀)"""
    spec = who.network.specification
    blocks = spec.unpack(np.asarray(who.network.state.theta, dtype=np.float64))
    outputs = spec.units[spec.depth]
    low = high = np.eye(outputs)
    for l in range(spec.depth, 0, -1):
        layer: LayerBounds = layers[l]
        past = (low, high)
        phi = spec.fires(l, blocks)
        low, high = phi.back_interval(layer.z_lower[None], layer.z_upper[None], low, high)
        shut = layer.dead & (layer.z_upper < 0)  # φ′ is 0 there, to the last bit
        low, high = np.where(shut, 0.0, low), np.where(shut, 0.0, high)
        factor = _factor(spec, l, blocks, who.network.state.buffers)
        if factor is not None:
            low, high = _scaled(low, high, factor)
        below = linear(low, high, blocks.W[l].T)
        low, high = _added(past, below, np.finfo(np.float64)) if spec.layer(l).residual else below
    low, high = _scaled(low, high, who.input_map[0])
    return _scaled(low, high, np.full(low.shape[1], who.target_scale))


def _added(
    one: tuple[Array, Array], other: tuple[Array, Array], rounding: Any
) -> tuple[Array, Array]:
    """Bounds of a sum of two, as computed too."""
    size = largest_size(*one) + largest_size(*other)
    with np.errstate(invalid="ignore", over="ignore"):
        return outward(one[0] + other[0], one[1] + other[1], 2 * float(rounding.eps) * size)


def _input(who: Subject, lower: Array, upper: Array, rounding: Any) -> tuple[Array, Array]:
    """Bounds of a[0].  -> (1, n₀), (1, n₀)"""
    factor, shift = who.input_map
    with np.errstate(over="ignore"):
        ends = np.stack([lower * factor + shift, upper * factor + shift])
    size = np.abs(factor) * largest_size(lower, upper) + np.abs(shift)
    plain = (factor == 1).all() and (shift == 0).all()
    # x is rounded to the dtype even where nothing is scaled; in float64 it is taken as it is.
    slack = 0.0 if plain and rounding.eps == _DOUBLE.eps else 8 * float(rounding.eps) * size
    low, high = outward(ends.min(axis=0), ends.max(axis=0), slack)
    return low[None], high[None]


def _weighted(
    low: Array, high: Array, W: Array, b: Array | None, rounding: Any
) -> tuple[Array, Array]:
    """Bounds of z = a Wᵀ + b as sums in any order could round it."""
    z_low, z_high = linear(low, high, W)
    bias: Any = np.zeros(len(W)) if b is None else b
    with np.errstate(invalid="ignore", over="ignore"):
        size = largest_size(low, high) @ np.abs(W).T + np.abs(bias)
        slack = sum_error(W.shape[1], rounding) * size + W.shape[1] * float(rounding.tiny)
        slack = np.where((W != 0).any(axis=1), slack, 0.0)  # z = b exactly
        z_low, z_high = outward(z_low + bias, z_high + bias, slack)
    top = 0.99 * float(rounding.max)  # beyond, the network's own sums overflow
    return np.where(size > top, -np.inf, z_low), np.where(size > top, np.inf, z_high)


def _factor(spec: Specification, l: int, blocks: Parameters, buffers: Any) -> Array | None:
    norm = spec.layer(l).batch_norm
    if norm is None:
        return None
    variance = np.asarray(buffers[f"variance[{l}]"], dtype=np.float64)
    return blocks.gamma[l] / np.sqrt(variance + norm.epsilon)


def _normalised(
    spec: Specification,
    l: int,
    blocks: Parameters,
    buffers: Any,
    z: tuple[Array, Array],
    rounding: Any,
) -> tuple[Array, Array]:
    """Bounds of z̃, on the running statistics."""
    factor: Any = _factor(spec, l, blocks, buffers)
    if factor is None:
        return z
    mean, beta = np.asarray(buffers[f"mean[{l}]"], dtype=np.float64), blocks.beta[l]
    ends = np.stack([(end - mean) * factor + beta for end in z])
    size = np.abs(factor) * (largest_size(*z) + np.abs(mean)) + np.abs(beta)
    slack = 16 * float(rounding.eps) * size + float(rounding.tiny)
    return outward(ends.min(axis=0), ends.max(axis=0), slack)


def _scaled(low: Array, high: Array, factor: Array) -> tuple[Array, Array]:
    each = np.broadcast_to(factor, low.shape)
    low, high = product(low, high, each, each)
    return low - 8 * _DOUBLE.eps * np.abs(low), high + 8 * _DOUBLE.eps * np.abs(high)
