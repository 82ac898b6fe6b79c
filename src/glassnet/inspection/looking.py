"""Who is looked at, and with which rows: a network or a fitted estimator, checked once.

An estimator takes part through ``network_`` and ``__glassnet_rows__(X, y, sample_weight)``, which
returns rows, targets and weights as its training takes them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.engine.prediction import checked_rows
from glassnet.errors import InvalidValue, ShapeMismatch
from glassnet.network.ensembles import check_plain
from glassnet.network.network import Network
from glassnet.network.specification import Specification
from glassnet.network.state import State
from glassnet.network.targets import encode_targets


@dataclass(frozen=True)
class Looked:
    """A network and the rows it is looked at with.

    Attributes
    ----------
    net : Network
    x : (m, n₀), dense or CSR
    y : (m, n_L) or None
    w : (m,) or None
        As given, before they are divided by their sum.
    """

    net: Network
    x: Array
    y: Array | None
    w: Array | None


def network_of(net: Any) -> Network:
    """The network itself, or that of a fitted estimator.

    Raises
    ------
    InvalidValue
        If it is neither.

    Examples
    --------
    >>> from glassnet.network.layers import Dense
    >>> network_of(Network(1, [Dense(1, "identity")])).depth
    1
    """
    found = net if isinstance(net, Network) else getattr(net, "network_", None)
    if not isinstance(found, Network):
        ours = hasattr(type(net), "__glassnet_rows__")
        remedy = "Fit it first." if ours else "Of a pipeline, give the last step and its rows."
        raise InvalidValue(
            f"net must be a Network or a fitted glassnet estimator; got {type(net).__name__}. "
            f"{remedy}"
        )
    return found


def look_at(
    net: Any, X: Any, y: Any = None, weights: Any = None, *, ensembles: bool = False
) -> Looked:
    """Check what is looked at, and bring the rows into the form that the network takes.

    ``ensembles``: batch-ensembles are taken too.

    Raises
    ------
    InvalidValue, ShapeMismatch
        If ``net`` is none, or rows, targets and weights do not fit it or each other.

    Examples
    --------
    >>> from glassnet.network.layers import Dense
    >>> look_at(Network(2, [Dense(1, "identity")]), [[1, 2]], [3]).y.tolist()
    [[3.0]]
    """
    network = network_of(net)
    if not ensembles:
        check_plain(network.specification, "this view of a network")
    spec, dtype = network.specification, network.state.theta.dtype
    given = (X, y, weights)
    if hasattr(net, "__glassnet_rows__"):
        given = net.__glassnet_rows__(*given)
    rows, y, weights = given
    x = checked_rows(spec, rows, dtype)
    if x.shape[0] == 0:
        raise InvalidValue(f"X must have at least 1 row; got shape {tuple(x.shape)}.")
    targets = None if y is None else encode_targets(spec, y, dtype)
    if targets is not None and targets.shape[0] != x.shape[0]:
        raise ShapeMismatch(
            f"X and y must have as many rows; got {x.shape[0]} and {targets.shape[0]}."
        )
    return Looked(network, x, targets, _weights(weights, x.shape[0], dtype))


def _weights(weights: Any, rows: int, dtype: Any) -> Array | None:
    if weights is None:
        return None
    given = np.asarray(weights)
    if given.dtype.kind not in "biuf" or given.shape != (rows,):
        raise ShapeMismatch(
            f"weights must be ({rows},), a number per row; got dtype {given.dtype}, shape "
            f"{given.shape}."
        )
    w = given.astype(dtype)
    if not np.isfinite(w).all() or (w < 0).any() or not w.sum() > 0:
        raise InvalidValue(
            "weights must be finite and not negative, with a sum above 0; got values from "
            f"{given.min():g} to {given.max():g}."
        )
    return w


def as_in_prediction(spec: Specification) -> Specification:
    """The same network with constant statistics and no dropout, so that a gradient can be taken.

    A frozen layer uses its running statistics as constants, which is what prediction does.

    Examples
    --------
    >>> from glassnet.network.layers import Dense
    >>> spec = Specification(1, (Dense(2, "tanh", dropout=0.5), Dense(1, "identity")))
    >>> as_in_prediction(spec).layer(1).dropout
    0.0
    """
    return replace(
        spec, layers=tuple(replace(layer, frozen=True, dropout=0.0) for layer in spec.layers)
    )


def in_float64(state: State) -> State:
    """The State with θ and the running statistics in float64, for numerical differences.

    Examples
    --------
    >>> in_float64(State(np.zeros(1, "float32"))).theta.dtype
    dtype('float64')
    """
    buffers = {name: np.asarray(array, np.float64) for name, array in state.buffers.items()}
    return replace(state, theta=np.asarray(state.theta, np.float64), buffers=buffers, memory={})


def checked_layer(spec: Specification, layer: Any, *, lowest: int = 1) -> int:
    """A layer's number, from ``lowest`` to L.

    Raises
    ------
    InvalidValue
        If it is no integer, or there is no such layer.

    Examples
    --------
    >>> from glassnet.network.layers import Dense
    >>> checked_layer(Specification(1, (Dense(1, "identity"),)), 2)
    Traceback (most recent call last):
    glassnet.errors.InvalidValue: layer must be from 1 to 1 in a network of 1 layer; got 2.
    """
    number = isinstance(layer, int | np.integer) and not isinstance(layer, bool)
    if not number or not lowest <= int(layer) <= spec.depth:
        many = "1 layer" if spec.depth == 1 else f"{spec.depth} layers"
        raise InvalidValue(
            f"layer must be from {lowest} to {spec.depth} in a network of {many}; got {layer!r}."
        )
    return int(layer)
