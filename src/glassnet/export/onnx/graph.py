"""An ONNX graph in the making: nodes, constants, and names that no column can take."""

from __future__ import annotations

from typing import Any

import numpy as np
from onnx import NodeProto, TensorProto, ValueInfoProto, helper, numpy_helper

from glassnet.arrays import Array

INSIDE = "glassnet/"  # what the names within the graph begin with


class Graph:
    """Nodes and constants; of each node one output is used.

    Parameters
    ----------
    dtype : numpy dtype
        float32 or float64: what the graph computes in.

    Examples
    --------
    >>> graph = Graph(np.dtype("float32"))
    >>> graph.add("Add", "x", graph.number(1.0))
    'glassnet/Add_1'
    """

    def __init__(self, dtype: np.dtype[Any]) -> None:
        self.dtype = dtype
        self.opset = 17
        self.learning = False  # whether an operator of ai.onnx.ml is in it
        self.nodes: list[NodeProto] = []
        self.constants: dict[str, TensorProto] = {}
        self._known: dict[tuple[Any, ...], str] = {}

    @property
    def type(self) -> int:
        """The ONNX number of the dtype."""
        return helper.np_dtype_to_tensor_dtype(self.dtype)

    def add(
        self, operator: str, *inputs: str, name: str = "", outputs: int = 1, **attributes: Any
    ) -> str:
        """Put a node in; return the name of its first output, the only one that is used."""
        made = name or f"{INSIDE}{operator}_{len(self.nodes) + 1}"
        rest = [f"{made}_{k}" for k in range(2, outputs + 1)]
        domain = attributes.pop("domain", "")
        self.learning = self.learning or bool(domain)
        own = f"{operator}_{len(self.nodes) + 1}"
        node = helper.make_node(
            operator, inputs, [made, *rest], name=own, domain=domain, **attributes
        )
        self.nodes.append(node)
        return made

    def constant(self, values: Any) -> str:
        """Put an array of any dtype in, once; return its name."""
        array = np.asarray(values)
        key = (str(array.dtype), array.shape, array.tobytes())
        if array.dtype.kind in "UO":
            key = ("text", array.shape, tuple(array.ravel().tolist()))
        if key not in self._known:
            name = f"{INSIDE}constant_{len(self.constants) + 1}"
            self._known[key] = name
            self.constants[name] = _tensor(array, name)
        return self._known[key]

    def number(self, value: float) -> str:
        """A number in the graph's dtype."""
        return self.constant(np.array(value, dtype=self.dtype))

    def numbers(self, values: Array) -> str:
        """An array in the graph's dtype."""
        return self.constant(np.ascontiguousarray(values, dtype=self.dtype))

    def cast(self, x: str, dtype: Any) -> str:
        """An array in another dtype."""
        return self.add("Cast", x, to=helper.np_dtype_to_tensor_dtype(np.dtype(dtype)))

    def own(self, x: str, of: Any) -> str:
        """An array of the dtype ``of`` in the graph's own."""
        return x if np.dtype(of) == self.dtype else self.cast(x, self.dtype)


def _tensor(array: Array, name: str) -> TensorProto:
    if array.dtype.kind in "UO":
        texts = [text.encode("utf-8") for text in array.ravel().tolist()]
        return helper.make_tensor(name, TensorProto.STRING, array.shape, texts)
    return numpy_helper.from_array(np.ascontiguousarray(array), name)


def value(name: str, dtype: Any, columns: int | str | None) -> ValueInfoProto:
    """An input or output with any number of rows; ``columns`` None is a plain vector."""
    text = dtype is str
    kind: Any = TensorProto.STRING if text else helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
    shape = ["rows"] if columns is None else ["rows", columns]
    return helper.make_tensor_value_info(name, kind, shape)
