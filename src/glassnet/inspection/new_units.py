"""Units that may be put into a hidden layer without a change of what the network says."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.errors import InvalidValue
from glassnet.inspection.growth_score import gap
from glassnet.network.layers import Dense
from glassnet.network.network import Network
from glassnet.training.units import in_units_of

_SLOPES = (0.0, 0.5, 1.0)  # where a unit may stand that has no incoming weights
_SMALLEST_SLOPE = 0.1


@dataclass(frozen=True)
class NewUnits:
    """k units of a layer of n_in inputs, and what the rest of the network must change for them.

    Attributes
    ----------
    W : (k, n_in)
    b : (k,)
    gamma, beta, mean, variance : (k,)
        Of batch norm.
    outgoing : (n_out, k)
    of_others : (n_out, n_l)
        What is added to the outgoing weights of the units that are there.
    shift : (n_out,)
        What is added to the next layer's biases.
    """

    W: Array
    b: Array
    gamma: Array
    beta: Array
    mean: Array
    variance: Array
    outgoing: Array
    of_others: Array
    shift: Array


def twins(net: Network, l: int, count: int, rng: np.random.Generator) -> NewUnits:
    """Second copies of units, which take a share of their outgoing weights.

    Each outgoing weight v of a unit is parted into (½ + s) v and (½ − s) v, |s| from ½ to 1 with a
    sign of its own: twins with equal or proportional outgoing weights would stay twins for ever,
    under Adam the proportional ones too.
    """
    blocks, buffers = net.parameters, net.state.buffers
    n, W_next = net.units[l], np.asarray(blocks.W[l + 1], dtype=np.float64)
    outgoing = np.zeros((W_next.shape[0], count))
    left = W_next.copy()
    whom = np.concatenate([rng.permutation(n) for _ in range(-(-count // n))])[:count]
    for k, j in enumerate(whom):  # one after the other: a unit may be doubled twice
        share = 0.5 + rng.choice([-1.0, 1.0], len(left)) * rng.uniform(0.5, 1.0, len(left))
        outgoing[:, k] = share * left[:, j]
        left[:, j] -= outgoing[:, k]

    def copies(values: Any, otherwise: float) -> Array:
        return np.full(count, otherwise) if values is None else np.asarray(values)[whom]

    return NewUnits(
        np.asarray(blocks.W[l])[whom],
        copies(blocks.b[l], 0.0),
        copies(blocks.gamma[l], 1.0),
        copies(blocks.beta[l], 0.0),
        copies(buffers.get(f"mean[{l}]"), 0.0),
        copies(buffers.get(f"variance[{l}]"), 1.0),
        outgoing,
        left - W_next,
        np.zeros(len(left)),
    )


def idle(net: Network, l: int, count: int, rng: np.random.Generator, X: Any = None) -> NewUnits:
    """Units with drawn incoming weights, of which nobody takes notice yet: outgoing weights 0.

    Layer 1 is drawn in the units of the columns of X, where X is given.
    """
    spec = net.specification
    layer, n, n_in, n_out = spec.layer(l), spec.units[l], spec.units[l - 1], spec.units[l + 1]
    W = np.asarray(layer.init.draw(rng, n + count, n_in))[n:]
    b = np.asarray(layer.bias_init.draw(rng, n + count, n_in))[n:, 0]
    outgoing = np.zeros((n_out, count))
    if l == 1 and X is not None:
        x = X if spec.input_stage is None else spec.input_stage.forward(X)
        return _alone(*_in_units_of(W, b, x), outgoing, n)
    return _alone(W, b, outgoing, n)


def steepest(net: Network, l: int, count: int, X: Any, y: Any) -> NewUnits:
    """Units with incoming weights 0, whose gradient is the largest there can be (GradMax).

    The outgoing weights are the first left singular vectors of δ[l+1]ᵀ a[l−1], as long as the
    outgoing weights of a unit are on average. Where φ′(0) is 0 they have a bias at which the slope
    is not; the constant that they give is taken off the next layer's biases.
    """
    spec = net.specification
    n, n_in = spec.units[l], spec.units[l - 1]
    n_out, phi = spec.units[l + 1], spec.phi[l]
    _check_steepest(spec.layer(l), spec.layer(l + 1), l, count, min(n_in, n_out))
    place = _place(phi, l)
    constant = float(np.asarray(phi.value(np.array([[place]])))[0, 0])
    if constant and not spec.layer(l + 1).bias:
        raise InvalidValue(
            f'layer {l + 1} must have a bias for new units by="gradient": in layer {l} they give '
            f'the constant {constant:g} at first, which must be taken off. Use by="twins".'
        )
    length = float(np.sqrt(np.square(net.W[l + 1]).sum(axis=0)).mean())
    directions = np.linalg.svd(gap(net, X, y, l))[0][:, :count]
    outgoing = (length or 1.0) * directions
    units = _alone(np.zeros((count, n_in)), np.full(count, place), outgoing, n)
    return replace(units, shift=-constant * outgoing.sum(axis=1))


def _alone(W: Array, b: Array, outgoing: Array, others: int) -> NewUnits:
    zeros, ones = np.zeros(len(W)), np.ones(len(W))
    rest = np.zeros((len(outgoing), others))
    shift = np.zeros(len(outgoing))
    return NewUnits(W, b, ones, zeros, zeros, ones, outgoing, rest, shift)


def _in_units_of(W: Array, b: Array, x: Any) -> tuple[Array, Array]:
    k, n_in = W.shape
    drawn = Network(n_in, [Dense(k, "identity"), Dense(1, "identity")])
    drawn.W[1][:], drawn.b[1][:] = W, b
    in_units_of(drawn, x, np.zeros((x.shape[0], 1)))
    return drawn.W[1], drawn.b[1]


def _place(phi: Any, l: int) -> float:
    at = np.array([_SLOPES])
    slopes = np.abs(np.asarray(phi.derivative(at, phi.value(at)))).ravel()
    for place, slope in zip(_SLOPES, slopes, strict=True):
        if slope >= _SMALLEST_SLOPE:
            return place
    raise InvalidValue(
        f"the activation of layer {l} must have a slope at 0, ½ or 1 for new units that begin with "
        f'incoming weights 0; {phi.name!r} has none. Use by="twins".'
    )


def _check_steepest(layer: Dense, following: Dense, l: int, count: int, rank: int) -> None:
    if layer.batch_norm is not None:
        raise InvalidValue(
            f'layer {l} must have no batch norm for new units by="gradient": their z does not '
            'vary at first, and cannot be normalised. Use by="twins" or "idle".'
        )
    if count > rank:
        raise InvalidValue(
            f'units must be at most {rank} by="gradient", the rank of δ[{l + 1}]ᵀ a[{l - 1}], or '
            f'some would be alike for ever; got {count}. Use by="twins" or "idle".'
        )
