"""Tensors of the Open Inference Protocol, version 2, in JSON and in binary, as arrays and back."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Any, cast

import numpy as np

from glassnet.arrays import Array
from glassnet.data.tables import as_objects
from glassnet.web.refusals import Refused

DATATYPES: Mapping[str, str] = {
    "BOOL": "?",
    "INT8": "<i1", "INT16": "<i2", "INT32": "<i4", "INT64": "<i8",
    "UINT8": "<u1", "UINT16": "<u2", "UINT32": "<u4", "UINT64": "<u8",
    "FP16": "<f2", "FP32": "<f4", "FP64": "<f8",
    "BYTES": "O",
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Tensor:
    """A named array and its datatype in the protocol's words; BYTES are texts in objects."""

    name: str
    datatype: str
    values: Array

    def entry(self) -> dict[str, Any]:
        """As an output in JSON.

        Examples
        --------
        >>> Tensor("y", "FP64", np.ones(2)).entry()
        {'name': 'y', 'shape': [2], 'datatype': 'FP64', 'data': [1.0, 1.0]}
        """
        return self.head() | {"data": self.values.ravel().tolist()}

    def head(self) -> dict[str, Any]:
        """Name, shape and datatype."""
        return {
            "name": self.name,
            "shape": list(self.values.shape),
            "datatype": self.datatype,
        }

    def binary(self) -> bytes:
        r"""The values as bytes: row after row, least significant byte first; texts with lengths.

        Examples
        --------
        >>> Tensor("y", "BYTES", as_objects(["no"])).binary()
        b'\x02\x00\x00\x00no'
        """
        if self.datatype != "BYTES":
            return np.ascontiguousarray(self.values, DATATYPES[self.datatype]).tobytes()
        texts = [str(text).encode() for text in self.values.ravel()]
        return b"".join(struct.pack("<I", len(text)) + text for text in texts)


def tensor(entry: Any, raw: memoryview) -> tuple[Tensor, memoryview]:
    """An input of a request, and what is left of the bytes behind its JSON.

    Raises
    ------
    Refused
        400 if it is not of the protocol's form.

    Examples
    --------
    >>> told = {"name": "x", "shape": [1, 2], "datatype": "FP32", "data": [1.5, 2]}
    >>> tensor(told, memoryview(b""))[0].values
    array([[1.5, 2. ]], dtype=float32)
    """
    told = _object(entry)
    name, datatype, shape = told.get("name"), told.get("datatype"), told.get("shape")
    if not isinstance(name, str):
        raise Refused(400, f"an input must have a name; got {name!r:.40}.")
    if not isinstance(datatype, str) or datatype not in DATATYPES:
        known = ", ".join(DATATYPES)
        raise Refused(
            400, f"the datatype of {name!r} must be one of {known}; got {datatype!r:.20}."
        )
    sizes = _sizes(name, shape)
    size = _parameters(told).get("binary_data_size")
    if size is None:
        return Tensor(name, datatype, _from_json(name, datatype, sizes, told.get("data"))), raw
    if not isinstance(size, int) or isinstance(size, bool) or not 0 <= size <= len(raw):
        raise Refused(
            400,
            f"binary_data_size of {name!r} must be a number of the {len(raw)} bytes that follow "
            f"the JSON; got {size!r:.20}.",
        )
    return Tensor(name, datatype, _from_bytes(name, datatype, sizes, raw[:size])), raw[size:]


def _object(entry: Any) -> dict[str, Any]:
    if not isinstance(entry, dict):
        raise Refused(400, f"an input must be an object; got {entry!r:.40}.")
    return cast("dict[str, Any]", entry)


def _parameters(told: Mapping[str, Any]) -> dict[str, Any]:
    found = told.get("parameters") or {}
    if not isinstance(found, dict):
        raise Refused(400, f"parameters must be an object; got {found!r:.40}.")
    return cast("dict[str, Any]", found)


def _sizes(name: str, shape: Any) -> tuple[int, ...]:
    listed = cast("list[Any]", shape) if isinstance(shape, list) else []
    good = all(type(size) is int and size >= 0 for size in listed)
    if not 1 <= len(listed) <= 2 or not good:
        raise Refused(
            400, f"the shape of {name!r} must be one or two numbers ≥ 0; got {shape!r:.40}."
        )
    return tuple(listed)


def _from_json(name: str, datatype: str, shape: tuple[int, ...], data: Any) -> Array:
    if not isinstance(data, list):
        raise Refused(400, f"the input {name!r} must have data, a list; got {data!r:.40}.")
    flat = _flat(cast("list[Any]", data))
    if len(flat) != prod(shape):
        raise Refused(
            400, f"the data of {name!r} must have {prod(shape)} values, as its shape says; got "
            f"{len(flat)}.",
        )  # fmt: skip
    if datatype == "BYTES":
        return as_objects([_text(name, value) for value in flat]).reshape(shape)
    allowed = {bool} if datatype == "BOOL" else {int, float, type(None)}
    if not set(map(type, flat)) <= allowed or (None in flat and datatype[:2] != "FP"):
        raise Refused(400, f"the data of {name!r} must be {datatype} throughout.")
    try:
        with np.errstate(over="ignore"):
            return np.array(flat, dtype=DATATYPES[datatype]).reshape(shape)
    except (OverflowError, ValueError, TypeError):
        raise Refused(400, f"the data of {name!r} must fit into {datatype}.") from None


def _flat(data: list[Any]) -> list[Any]:
    """The values row after row: the protocol allows nested lists too."""
    if data and all(isinstance(row, list) for row in data):
        return [value for row in data for value in row]
    return data


def _text(name: str, value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    raise Refused(400, f"the data of {name!r} must be texts; got {value!r:.40}.")


def _from_bytes(name: str, datatype: str, shape: tuple[int, ...], raw: memoryview) -> Array:
    if datatype == "BYTES":
        return as_objects(_texts(name, raw, prod(shape))).reshape(shape)
    dtype = np.dtype(DATATYPES[datatype])
    if len(raw) != prod(shape) * dtype.itemsize:
        raise Refused(
            400,
            f"{name!r} must have {prod(shape) * dtype.itemsize} bytes, as shape and datatype say; "
            f"got {len(raw)}.",
        )
    return np.frombuffer(raw, dtype).reshape(shape)


def _texts(name: str, raw: memoryview, count: int) -> list[str]:
    found: list[str] = []
    at = 0
    try:
        while at < len(raw):
            (size,) = struct.unpack_from("<I", raw, at)
            if size > len(raw) - at - 4:
                raise ValueError
            found.append(bytes(raw[at + 4 : at + 4 + size]).decode())
            at += 4 + size
    except (struct.error, ValueError):
        raise Refused(
            400, f"{name!r} must be texts in UTF-8, each after its length in four bytes."
        ) from None
    if len(found) != count:
        raise Refused(
            400, f"{name!r} must have {count} texts, as its shape says; {len(found)} came."
        )
    return found
