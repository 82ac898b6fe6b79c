"""A source as an ONNX model, and its rows as what a runtime is fed."""

from __future__ import annotations

import json
from importlib.metadata import version
from typing import Any

import numpy as np
from onnx import ModelProto, checker, helper

from glassnet.arrays import Array
from glassnet.errors import Unsupported
from glassnet.export.layers import PlainLayer
from glassnet.export.onnx import answering, reading
from glassnet.export.onnx.activations import ACTIVATIONS
from glassnet.export.onnx.graph import Graph
from glassnet.export.rows import cells
from glassnet.export.rules import cell_of
from glassnet.export.source import Source
from glassnet.export.writing import require_dtype

_IR = 10  # the newest that runtimes of 2024 read


def onnx_model(found: Source, *, dtype: str = "float32", zipmap: bool = False) -> ModelProto:
    """The checked ONNX model of a source."""
    require_dtype(found, dtype, "float32", "float64")
    _check_zipmap(found, zipmap=zipmap)
    graph = Graph(np.dtype(dtype))
    given = reading.inputs(found, dtype, set(answering.names(found, zipmap=zipmap)))
    a, refused = reading.read(graph, found, list(given.columns))
    a = _averaged(graph, found, [_outputs(graph, layers, a) for layers in found.members])
    outputs = answering.answer(graph, found, a, refused, zipmap=zipmap)
    made = helper.make_graph(
        graph.nodes, "glassnet", given.values, outputs, list(graph.constants.values())
    )
    opsets = [helper.make_opsetid("", graph.opset)]
    opsets += [helper.make_opsetid("ai.onnx.ml", 3)] if graph.learning else []
    whole = helper.make_model(
        made, opset_imports=opsets, ir_version=_IR, producer_name="glassnet",
        producer_version=version("glassnet"), domain="glassnet",
    )  # fmt: skip
    helper.set_model_props(whole, _metadata(found, given.columns))
    checker.check_model(whole, full_check=True)
    return whole


def _outputs(graph: Graph, layers: tuple[PlainLayer, ...], a: str) -> str:
    """a[L] of a[0]."""
    for layer in layers:
        z = graph.add("Gemm", a, graph.numbers(layer.W), graph.numbers(layer.b), transB=1)
        pieces = [_applied(graph, z, len(layer.b), part) for part in layer.parts()]
        a = pieces[0] if len(pieces) == 1 else graph.add("Concat", *pieces, axis=1)
    return a


def _averaged(graph: Graph, found: Source, outputs: list[str]) -> str:
    """The mean of the members' outputs: in float64, but a single one's as they are."""
    if not found.averaged:
        return outputs[0]
    wide = [graph.cast(a, np.float64) for a in outputs]
    total = graph.add("Sum", *wide)
    return graph.add("Div", total, graph.constant(np.array(float(len(wide)))))


def _applied(graph: Graph, z: str, units: int, part: tuple[int, int, Any]) -> str:
    start, stop, phi = part
    if (start, stop) != (0, units):
        limits = (graph.constant(np.array([k], dtype=np.int64)) for k in (start, stop, 1))
        z = graph.add("Slice", z, *limits)
    return ACTIVATIONS[phi.name](graph, z, phi)


def _check_zipmap(found: Source, *, zipmap: bool) -> None:
    if not zipmap:
        return
    kind = found.answer.kind
    if not found.answer.of_classes or kind in ("multilabel", "one class"):
        raise Unsupported(f"zipmap goes with two or more classes; the model answers {kind}.")
    if isinstance(found.answer.classes[0], float):
        raise Unsupported("zipmap takes classes of text or integers; these are floats. Omit it.")


def _metadata(found: Source, columns: dict[str, str]) -> dict[str, str]:
    answer = found.answer
    about: dict[str, Any] = {
        "task": answer.kind, "target": found.target, "columns": list(found.names),
        "inputs": columns,
    }  # fmt: skip
    if answer.of_classes:
        about["classes"] = list(answer.classes)
    if answer.names:
        about["outputs"] = list(answer.names)
    return {
        f"glassnet.{key}": json.dumps(entry, ensure_ascii=False) for key, entry in about.items()
    }


def feed(found: Source, session: Any, rows: Any) -> dict[str, Array]:
    """Rows as the inputs of a session of onnxruntime."""
    given = session.get_inputs()
    if found.rules is None:
        kind = np.float64 if "double" in given[0].type else np.float32
        return {given[0].name: np.asarray(rows, dtype=kind)}
    made: dict[str, Array] = {}
    for value, rule, column in zip(
        given, found.rules, zip(*cells(found, rows), strict=True), strict=True
    ):
        text = cell_of(rule) == "text"
        filled = ["" if text and cell is None else cell for cell in column]
        made[value.name] = np.array(filled, dtype=object if text else np.float64)[:, None]
    return made
