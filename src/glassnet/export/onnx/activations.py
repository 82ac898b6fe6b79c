"""Each activation in ONNX: one row of a table."""

from __future__ import annotations

from collections.abc import Callable
from math import log, sqrt
from typing import Any, TypeAlias

import numpy as np

from glassnet.export.onnx.graph import Graph
from glassnet.network.rectifiers import SELU

Row: TypeAlias = Callable[[Graph, str, Any], str]

_SELU, _SELU_ALPHA = SELU._scale, SELU._scale_alpha  # pyright: ignore[reportPrivateUsage] # its constants


def _one(operator: str) -> Row:
    return lambda graph, z, phi: graph.add(operator, z)


def _most(graph: Graph) -> float:
    return float(np.finfo(graph.dtype).max)


def _above(graph: Graph, z: str, above: str, below: str) -> str:
    """One where z > 0, the other elsewhere."""
    return graph.add("Where", graph.add("Greater", z, graph.number(0.0)), above, below)


def _exp_minus_1(graph: Graph, z: str) -> str:
    """exp z − 1 for z ≤ 0, and 0 above."""
    return graph.add("Sub", graph.add("Exp", _not_above(graph, z, 0.0)), graph.number(1.0))


def _not_above(graph: Graph, z: str, limit: float) -> str:
    return graph.add("Min", z, graph.number(limit))


def _logistic(graph: Graph, z: str) -> str:
    """By exp of −|z|: the operator Sigmoid is a polynomial in some runtimes, good to 10⁻⁷."""
    one = graph.number(1.0)
    decay = graph.add("Exp", graph.add("Neg", graph.add("Abs", z)))
    whole = graph.add("Div", one, graph.add("Add", one, decay))
    return _above(graph, z, whole, graph.add("Mul", decay, whole))


def _softplus(graph: Graph, z: str) -> str:
    """z⁺ + log(1 + exp(−|z|)): the operator Softplus is not defined for float64 everywhere."""
    decay = graph.add("Exp", graph.add("Neg", graph.add("Abs", z)))
    rest = graph.add("Log", graph.add("Add", graph.number(1.0), decay))
    return graph.add("Add", graph.add("Max", z, graph.number(0.0)), rest)


def _leaky_relu(graph: Graph, z: str, phi: Any) -> str:
    return _above(graph, z, z, graph.add("Mul", z, graph.number(phi.slope)))


def _elu(graph: Graph, z: str, phi: Any) -> str:
    low = graph.add("Mul", _exp_minus_1(graph, z), graph.number(phi.alpha))
    return _above(graph, z, z, low)


def _selu(graph: Graph, z: str, phi: Any) -> str:
    high = graph.add("Mul", _not_above(graph, z, _most(graph) / _SELU * (1 - 1e-6)),
                     graph.number(_SELU))  # fmt: skip
    low = graph.add("Mul", _exp_minus_1(graph, z), graph.number(_SELU_ALPHA))
    return _above(graph, z, high, low)


def _gelu(graph: Graph, z: str, phi: Any) -> str:
    """In float32 whatever the graph computes in: onnxruntime has no erf of float64."""
    graph.opset = 20  # the first that has it
    if graph.dtype == np.float32:
        return graph.add("Gelu", z, approximate="none")
    narrow = graph.add("Gelu", graph.cast(z, np.float32), approximate="none")
    return graph.cast(narrow, graph.dtype)


def _silu(graph: Graph, z: str, phi: Any) -> str:
    return graph.add("Mul", z, _logistic(graph, z))


def _mish(graph: Graph, z: str, phi: Any) -> str:
    """z n / (n + 2), n = e² + 2e, e = exp z: tanh(log(1 + e)) without a logarithm of nearly 1."""
    e = graph.add("Exp", _not_above(graph, z, 20.0 if graph.dtype == np.float32 else 40.0))
    n = graph.add("Mul", e, graph.add("Add", e, graph.number(2.0)))
    share = graph.add("Div", n, graph.add("Add", n, graph.number(2.0)))
    return graph.add("Mul", z, share)


def _softsign(graph: Graph, z: str, phi: Any) -> str:
    return graph.add("Div", z, graph.add("Add", graph.number(1.0), graph.add("Abs", z)))


def _exp(graph: Graph, z: str, phi: Any) -> str:
    return graph.add("Exp", _not_above(graph, z, log(_most(graph)) * (1 - 1e-6)))


def _square(graph: Graph, z: str, phi: Any) -> str:
    size = _not_above(graph, graph.add("Abs", z), sqrt(_most(graph)) * (1 - 1e-6))
    return graph.add("Mul", size, size)


ACTIVATIONS: dict[str, Row] = {
    "identity": lambda graph, z, phi: z,
    "logistic": lambda graph, z, phi: _logistic(graph, z),
    "tanh": _one("Tanh"),
    "relu": _one("Relu"),
    "leaky_relu": _leaky_relu,
    "elu": _elu,
    "selu": _selu,
    "gelu": _gelu,
    "silu": _silu,
    "mish": _mish,
    "softplus": lambda graph, z, phi: _softplus(graph, z),
    "softsign": _softsign,
    "exp": _exp,
    "sin": _one("Sin"),
    "cos": _one("Cos"),
    "square": _square,
    "softmax": lambda graph, z, phi: graph.add("Softmax", z, axis=1),
}
