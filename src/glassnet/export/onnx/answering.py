"""The part of the graph behind the network: probabilities and labels, or numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
from onnx import ValueInfoProto, helper

from glassnet.export.answer import LEAST, REST, Answer
from glassnet.export.onnx.graph import Graph, value
from glassnet.export.source import Source


def answer(graph: Graph, found: Source, a: str, refused: str, *, zipmap: bool) -> list[Any]:
    """Answers from a[L]; returns the graph's outputs.

    ``refused`` is 0, or nan where the model refuses the row: it is added to what is answered.
    """
    kind = found.answer.kind
    if kind == "outputs":
        return _outputs(graph, found, a, refused)
    if kind == "numbers":
        return _numbers(graph, found, a, refused)
    probabilities = _probabilities(graph, found, a, refused)
    if kind == "multilabel":
        return _multilabel(graph, found, probabilities)
    return _labels(graph, found, probabilities, zipmap=zipmap)


def names(found: Source, *, zipmap: bool) -> list[str]:
    """Names of the outputs, as skl2onnx has them; those of a plain network by its heads."""
    if found.answer.of_classes:
        return ["output_label", "output_probability"] if zipmap else ["label", "probabilities"]
    if found.answer.kind == "numbers":
        return ["variable"]
    heads = len(list(found.layers[-1].parts()))
    return ["outputs"] if heads == 1 else [f"outputs_{k}" for k in range(1, heads + 1)]


def _outputs(graph: Graph, found: Source, a: str, refused: str) -> list[ValueInfoProto]:
    whole = graph.add("Add", a, refused)
    named = names(found, zipmap=False)
    made: list[ValueInfoProto] = []
    for name, (start, stop, _) in zip(named, found.layers[-1].parts(), strict=True):
        limits = (graph.constant(np.array([k], dtype=np.int64)) for k in (start, stop, 1))
        graph.add("Slice", whole, *limits, name=name)
        made.append(value(name, graph.dtype, stop - start))
    return made


def _numbers(graph: Graph, found: Source, a: str, refused: str) -> list[ValueInfoProto]:
    known, n = found.answer, found.outputs
    if not known.restored:
        graph.add("Add", a, refused, name="variable")
        return [value("variable", graph.dtype, n)]
    y = graph.add("Mul", _wide(graph, found, a), graph.constant(np.array([known.scale])))
    y = graph.add("Add", y, graph.constant(np.array([known.mean])))
    if known.bounded:
        y = graph.add("Max", y, graph.constant(np.array([known.low])))
        y = graph.add("Min", y, graph.constant(np.array([known.high])))
    if known.ordered:
        y = _ordered(graph, y, n, known.group)
    graph.add("Add", y, graph.cast(refused, np.float64), name="variable")
    return [value("variable", np.float64, n)]


def _wide(graph: Graph, found: Source, a: str) -> str:
    """The outputs in float64."""
    return a if found.averaged else graph.cast(a, np.float64)


def _ordered(graph: Graph, y: str, n: int, group: int) -> str:
    """Each group of neighbours in ascending order."""
    apart, whole = (np.array(shape, dtype=np.int64) for shape in ([-1, n // group, group], [-1, n]))
    y = graph.add("Reshape", y, graph.constant(apart))
    count = graph.constant(np.array([group], dtype=np.int64))
    y = graph.add("TopK", y, count, axis=2, largest=0, sorted=1, outputs=2)
    return graph.add("Reshape", y, graph.constant(whole))


def _probabilities(graph: Graph, found: Source, a: str, refused: str) -> str:
    kind = found.answer.kind
    if kind == "one class":
        flat = graph.add("Mul", graph.own(a, _held(graph, found)), graph.number(0.0))
        return graph.add("Add", graph.add("Add", flat, graph.number(1.0)), refused)
    if found.answer.tempered:
        a = _tempered(graph, _wide(graph, found, a), found.answer)
    a = graph.own(a, _held(graph, found))
    if found.answer.clipped and kind != "multiclass":
        numbers = np.finfo(graph.dtype)
        limits = (graph.number(float(numbers.tiny)), graph.number(float(1 - numbers.epsneg)))
        a = graph.add("Clip", a, *limits)
    if kind == "binary":
        a = graph.add("Concat", graph.add("Sub", graph.number(1.0), a), a, axis=1)
    return graph.add("Add", a, refused)


def _held(graph: Graph, found: Source) -> Any:
    """The dtype of a[L]."""
    return np.float64 if found.averaged else graph.dtype


def _tempered(graph: Graph, p: str, known: Answer) -> str:
    """The probabilities at a temperature, in float64."""

    def number(x: float) -> str:
        return graph.constant(np.array(x))

    if known.kind == "multiclass":
        z = graph.add("Log", graph.add("Max", p, number(LEAST)))
        return graph.add("Softmax", graph.add("Div", z, number(known.temperature)), axis=1)
    p = graph.add("Clip", p, number(LEAST), number(1 - REST))
    z = graph.add("Log", graph.add("Div", p, graph.add("Sub", number(1.0), p)))
    z = graph.add("Div", z, number(known.temperature))
    decay = graph.add("Exp", graph.add("Neg", z))
    return graph.add("Div", number(1.0), graph.add("Add", number(1.0), decay))


def _multilabel(graph: Graph, found: Source, probabilities: str) -> list[ValueInfoProto]:
    above = graph.add("Greater", probabilities, graph.number(0.5))
    graph.add("Cast", above, to=helper.np_dtype_to_tensor_dtype(np.dtype(np.int64)), name="label")
    graph.add("Identity", probabilities, name="probabilities")
    columns = found.outputs
    return [value("label", np.int64, columns), value("probabilities", graph.dtype, columns)]


def _labels(graph: Graph, found: Source, probabilities: str, *, zipmap: bool) -> list[Any]:
    label, chances = names(found, zipmap=zipmap)
    classes = list(found.answer.classes)
    kind = type(classes[0])
    held: Any = np.array(classes, dtype=object if kind is str else None)
    code = graph.add("ArgMax", probabilities, axis=1, keepdims=0)
    graph.add("Gather", graph.constant(held), code, axis=0, name=label)
    outputs: list[Any] = [value(label, str if kind is str else held.dtype, None)]
    if not zipmap:
        graph.add("Identity", probabilities, name=chances)
        return [*outputs, value(chances, graph.dtype, found.outputs)]
    keys: dict[str, Any] = (
        {"classlabels_strings": classes}
        if kind is str
        else {"classlabels_int64s": [int(each) for each in classes]}
    )
    narrow = graph.cast(probabilities, np.float32) if graph.dtype != np.float32 else probabilities
    graph.add("ZipMap", narrow, domain="ai.onnx.ml", name=chances, **keys)
    key = helper.np_dtype_to_tensor_dtype(np.dtype(np.int64)) if kind is not str else 8
    row = helper.make_map_type_proto(key, helper.make_tensor_type_proto(1, []))
    return [*outputs, helper.make_value_info(chances, helper.make_sequence_type_proto(row))]
