"""A trace as tables and plain data: one long table, one line per array, nested lists."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from glassnet.arrays import Array

if TYPE_CHECKING:
    from glassnet.inspection.trace import Trace

_OF_PARAMETERS = ("W", "dW")
_COLUMNS = ("layer", "quantity", "row", "unit", "input", "value")


def arrays(trace: Trace) -> Iterator[tuple[int, str, Array]]:
    """Every array of a trace with its layer and name, layer by layer; sparse ones filled in.

    Examples
    --------
    >>> import glassnet as gn
    >>> t = gn.trace(gn.Network(1, [gn.Dense(1, "tanh")]), [[1.0]])
    >>> [(l, name) for l, name, _ in arrays(t)]
    [(0, 'a'), (1, 'W'), (1, 'b'), (1, 'z'), (1, 'a')]
    """
    for l in range(trace.depth + 1):
        for name, array in trace.layer(l).items():
            yield l, name, array.toarray() if hasattr(array, "toarray") else array


def long_columns(trace: Trace) -> dict[str, Any]:
    """The columns of the long table; −1 where a quantity has no such index.

    Examples
    --------
    >>> import glassnet as gn
    >>> t = gn.trace(gn.Network(2, [gn.Dense(1, "tanh")], seed=0), [[1.0, 2.0]])
    >>> columns = long_columns(t)
    >>> columns["quantity"].tolist()
    ['a', 'a', 'W', 'W', 'b', 'z', 'a']
    >>> columns["input"].tolist()
    [-1, -1, 0, 1, -1, -1, -1]
    """
    parts: list[tuple[Array, ...]] = []
    for l, name, array in arrays(trace):
        flat = np.asarray(array).ravel()
        none = np.full(flat.size, -1)
        if array.ndim == 1:
            row, unit, below = none, np.arange(flat.size), none
        elif name in _OF_PARAMETERS:
            unit, below = (index.ravel() for index in np.indices(array.shape))
            row = none
        else:
            row, unit = (index.ravel() for index in np.indices(array.shape))
            below = none
        parts.append((np.full(flat.size, l), np.full(flat.size, name), row, unit, below, flat))
    joined = (np.concatenate(pieces) for pieces in zip(*parts, strict=True))
    columns = dict(zip(_COLUMNS, joined, strict=True))
    return columns | {"quantity": columns["quantity"].astype(object)}


def statistics(trace: Trace) -> list[dict[str, Any]]:
    """One line per array: layer, quantity, shape, norm, minimum, maximum, share of exact zeros.

    Examples
    --------
    >>> import glassnet as gn
    >>> t = gn.trace(gn.Network(1, [gn.Dense(1, "relu")], seed=0), [[3.0]])
    >>> list(statistics(t)[0].values())
    [0, 'a', (1, 1), 3.0, 3.0, 3.0, 0.0]
    """
    return [
        {
            "layer": l,
            "quantity": name,
            "shape": tuple(array.shape),
            "norm": float(np.linalg.norm(np.asarray(array, dtype=np.float64))),
            "min": float(array.min()),
            "max": float(array.max()),
            "zeros": float((array == 0).mean()),
        }
        for l, name, array in arrays(trace)
    ]


def plain(trace: Trace) -> dict[str, Any]:
    """A trace as nested lists and numbers.

    Examples
    --------
    >>> import glassnet as gn
    >>> t = gn.trace(gn.Network(1, [gn.Dense(1, "relu")], seed=0), [[3.0]])
    >>> plain(t)["layers"][0]
    {'layer': 0, 'a': [[3.0]]}
    """
    layers: list[dict[str, Any]] = [{"layer": l} for l in range(trace.depth + 1)]
    for l, name, array in arrays(trace):
        layers[l][name] = array.tolist()
    for l, layer in enumerate(layers[1:], start=1):
        layer["activation"] = trace.specification.phi[l].name
    listed = {
        name: None if (array := getattr(trace, name)) is None else array.tolist()
        for name in ("y", "w", "losses")
    }
    return {
        "samples": trace.view.samples,
        "mean": trace.view.mean,
        "training": trace.training,
        "t": trace.t,
        "J": trace.J,
        "loss": trace.loss,
        "penalty": trace.penalty,
        "weight_sum": trace.weight_sum,
        **listed,
        "layers": layers,
    }
