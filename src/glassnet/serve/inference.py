"""The Open Inference Protocol, version 2: metadata and tensors in, tensors out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import numpy as np
import orjson

from glassnet.arrays import Array
from glassnet.data.cells import as_text
from glassnet.data.frames import as_column
from glassnet.data.tables import Column, Kind, Table, as_objects
from glassnet.errors import InvalidValue
from glassnet.estimators.table_face import Answers
from glassnet.serve.endpoints import counted, encoded_table, parsed
from glassnet.serve.servable import Servable
from glassnet.serve.shelf import Served, Shelf
from glassnet.serve.tensors import Tensor, tensor
from glassnet.web.door import Call, Reply, reply
from glassnet.web.limits import Limits
from glassnet.web.refusals import Refused

ROWS = "rows"
_HEADER = b"inference-header-content-length"
_OF_WITHIN = {"interval": "FP64", "set": "BOOL"}
_OF_KIND: Mapping[Kind, str] = {"numeric": "FP64", "boolean": "BOOL", "categorical": "BYTES"}


class Inference:
    """The protocol's endpoints.

    Parameters
    ----------
    shelf, limits, lenient : as of :class:`~glassnet.serve.endpoints.Plain`
    release : str
        Of glassnet.
    """

    def __init__(self, shelf: Shelf, limits: Limits, lenient: bool, release: str) -> None:
        self._shelf, self._limits, self._lenient = shelf, limits, lenient
        self._release = release

    async def server(self, call: Call) -> Reply:
        """``GET /v2``: what this server is."""
        return reply(
            {
                "name": "glassnet",
                "version": self._release,
                "extensions": ["binary_tensor_data", "model_repository"],
            }
        )

    async def live(self, call: Call) -> Reply:
        """``GET /v2/health/live``."""
        return reply({"live": True})

    async def ready(self, call: Call) -> Reply:
        """``GET /v2/health/ready``: every model is loaded before the first request is taken."""
        return reply({"ready": True})

    async def index(self, call: Call) -> Reply:
        """``POST /v2/repository/index``: the models there are."""
        return reply(
            [{"name": m.name, "version": m.version, "state": "READY"} for m in self._shelf]
        )

    async def model(self, call: Call) -> Reply:
        """``GET /v2/models/{name}``: its inputs and outputs."""
        return reply(metadata(self._held(call)))

    async def model_ready(self, call: Call) -> Reply:
        """``GET /v2/models/{name}/ready``."""
        return reply({"name": self._held(call).name, "ready": True})

    async def infer(self, call: Call) -> Reply:
        """``POST /v2/models/{name}/infer``."""
        held = self._held(call)
        told, raw = _split(call)
        encoded = encoded_table(held, self._table(held.face, told, raw), self._lenient)
        answers = held.face.read(await held.ask(encoded.x))
        outputs = _chosen(tensors_of(answers, held.face), told)
        head: dict[str, Any] = {"model_name": held.name, "model_version": held.version}
        if isinstance(told.get("id"), str):
            head["id"] = told["id"]
        if told_counts := counted(encoded):
            head["parameters"] = {
                f"{what}:{name}": count
                for what, counts in told_counts.items()
                for name, count in counts.items()
            }
        return _reply(head, outputs)

    def _held(self, call: Call) -> Served:
        held = self._shelf[call.path["name"]]
        version = call.path.get("version", held.version)
        if version != held.version:
            raise Refused(
                404, f"{held.name!r} has the version {held.version}; not {version!r:.40}."
            )
        return held

    def _table(self, face: Servable, told: Mapping[str, Any], raw: memoryview) -> Table:
        listed = told.get("inputs")
        if not isinstance(listed, list) or not listed:
            raise Refused(400, "inputs must be a list of at least one tensor.")
        given: dict[str, Tensor] = {}
        for entry in cast("list[Any]", listed):
            one, raw = tensor(entry, raw)
            if one.name in given:
                raise Refused(400, f"inputs must have different names; {one.name!r} stands twice.")
            given[one.name] = one
        if len(raw):
            raise Refused(400, f"{len(raw)} bytes follow the last binary tensor; none may.")
        counts = {len(one.values) for one in given.values()}
        if len(counts) > 1:
            raise Refused(400, f"inputs must have as many rows each; got {sorted(counts)}.")
        if not 0 < max(counts) <= self._limits.rows:
            many = f"1 to {self._limits.rows:,}"
            raise Refused(400, f"a request must have {many} rows; got {max(counts):,}.")
        return _table(face, given)


def metadata(held: Served) -> dict[str, Any]:
    """A model's inputs and outputs in the protocol's words.

    A model whose columns are all numbers takes one matrix, ``rows``, or a tensor a column; another
    a tensor a column.
    """
    face = held.face
    inputs: list[dict[str, Any]] = [
        {"name": ROWS, "datatype": "FP64", "shape": [-1, len(face.kinds)]}
    ]
    if not face.plain:
        inputs = [
            {"name": name, "datatype": _OF_KIND[kind], "shape": [-1]}
            for name, kind in face.kinds.items()
        ]
    shape = [-1, face.columns] if face.columns else [-1]
    outputs: list[dict[str, Any]] = [
        {"name": "prediction", "datatype": _datatype(face), "shape": shape}
    ]
    if face.within:
        datatype, width = _OF_WITHIN[face.within], len(face.names)
        shape = [-1, 2 if face.within == "interval" else width]
        outputs.append({"name": face.within, "datatype": datatype, "shape": shape})
    if face.details:
        shape = [-1, len(face.names)]
        outputs.append({"name": face.details, "datatype": "FP64", "shape": shape})
    return {
        "name": held.name,
        "versions": [held.version],
        "platform": "glassnet",
        "inputs": inputs,
        "outputs": outputs,
        "parameters": {
            "target": face.target,
            "targets": list(face.targets),
            "task": face.task,
            "columns": list(face.kinds),
            "classes": [as_text(label) for label in face.classes],
        },
    }


def tensors_of(answers: Answers, face: Servable) -> dict[str, Tensor]:
    """The answers as tensors: ``prediction``, and what is known beside it."""
    datatype = _datatype(face)
    values = answers.values
    if datatype == "BYTES":
        values = as_objects([as_text(value) for value in np.asarray(values).tolist()])
    found = {"prediction": Tensor("prediction", datatype, values)}
    if answers.within is not None:
        found[face.within] = Tensor(face.within, _OF_WITHIN[face.within], answers.within)
    if answers.details is not None:
        found[face.details] = Tensor(face.details, "FP64", answers.details)
    return found


def _datatype(face: Servable) -> str:
    if face.task != "classification":
        return "FP64"
    return "INT64" if face.columns else "BYTES"


def _split(call: Call) -> tuple[dict[str, Any], memoryview]:
    """The JSON of a request, and the bytes behind it."""
    told_size = call.headers.get(_HEADER)
    body = memoryview(call.body)
    size = len(body)
    if told_size is not None:
        if not told_size.isdigit() or int(told_size) > len(body):
            raise Refused(
                400, "Inference-Header-Content-Length must be a number of the body's bytes."
            )
        size = int(told_size)
    told = parsed(body[:size])
    if not isinstance(told, dict):
        raise Refused(400, "the body must be a JSON object with inputs.")
    return cast("dict[str, Any]", told), body[size:]


def _table(face: Servable, given: Mapping[str, Tensor]) -> Table:
    names = list(face.kinds)
    one = given.get(ROWS)
    if one is not None and len(given) == 1 and ROWS not in face.kinds:
        x = one.values
        if one.datatype == "BYTES" or not face.plain or x.ndim != 2 or x.shape[1] != len(names):
            raise Refused(
                400,
                f"{ROWS!r} must be a matrix of {len(names)} columns of numbers, for a model whose "
                f"columns all are; got {one.datatype} of shape {list(x.shape)}.",
            )
        return Table([
            Column(name, "numeric", np.ascontiguousarray(x[:, j], np.float64))
            for j, name in enumerate(names)
        ])  # fmt: skip
    absent = [name for name in names if name not in given]
    if absent:
        listed = ", ".join(map(repr, absent[:5]))
        raise Refused(400, f"inputs must have a tensor a column; {listed} are not there.")
    return Table([_column(name, kind, given[name]) for name, kind in face.kinds.items()])


def _column(name: str, kind: Kind, one: Tensor) -> Column:
    values: Array = one.values
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.ndim != 1 or (kind == "numeric" and one.datatype == "BYTES"):
        raise Refused(
            400,
            f"{name!r} must be one column of {_OF_KIND[kind]}; got {one.datatype} of shape "
            f"{list(one.values.shape)}.",
        )
    if kind == "numeric":
        return Column(name, kind, values.astype(np.float64))
    try:
        return as_column(values, name)
    except InvalidValue as error:
        raise Refused(400, str(error)) from None


def _chosen(found: Mapping[str, Tensor], told: Mapping[str, Any]) -> list[tuple[Tensor, bool]]:
    """The outputs asked for, and whether each is to be binary."""
    default = _flag(told, "binary_data_output")
    wanted = told.get("outputs")
    if wanted is None:
        return [(one, default) for one in found.values()]
    if not isinstance(wanted, list):
        raise Refused(400, "outputs must be a list of objects with a name each.")
    chosen: list[tuple[Tensor, bool]] = []
    for entry in cast("list[Any]", wanted):
        name = cast("dict[str, Any]", entry).get("name") if isinstance(entry, dict) else None
        if not isinstance(name, str) or name not in found:
            raise Refused(400, f"outputs must be of {', '.join(found)}; got {name!r:.40}.")
        chosen.append((found[name], _flag(cast("dict[str, Any]", entry), "binary_data", default)))
    return chosen


def _flag(told: Mapping[str, Any], name: str, default: bool = False) -> bool:
    parameters = told.get("parameters") or {}
    value = (
        cast("dict[str, Any]", parameters).get(name, default)
        if isinstance(parameters, dict)
        else None
    )
    if not isinstance(value, bool):
        raise Refused(400, f"the parameter {name} must be true or false.")
    return value


def _reply(head: dict[str, Any], outputs: list[tuple[Tensor, bool]]) -> Reply:
    entries: list[dict[str, Any]] = []
    parts: list[bytes] = []
    for one, binary in outputs:
        if not binary:
            entries.append(one.entry())
            continue
        parts.append(one.binary())
        size = {"binary_data_size": len(parts[-1])}
        entries.append(one.head() | {"parameters": size})
    text = orjson.dumps(head | {"outputs": entries})
    if not parts:
        return Reply(text)
    length = ((_HEADER, str(len(text)).encode()),)
    return Reply(b"".join([text, *parts]), kind=b"application/octet-stream", headers=length)
