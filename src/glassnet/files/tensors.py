"""Arrays as the safetensors format lays them out: a table of dtypes, shapes and byte ranges.

A safetensors file is the length of its header (8 bytes, little-endian), the header (JSON, padded
with spaces to a multiple of 8 bytes), and the payload: the arrays' bytes, one after the other,
in C order and little-endian.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from glassnet.errors import InvalidValue

DTYPES = {
    "F64": np.dtype("<f8"),
    "F32": np.dtype("<f4"),
    "I64": np.dtype("<i8"),
    "I32": np.dtype("<i4"),
    "U64": np.dtype("<u8"),
    "U32": np.dtype("<u4"),
    "U8": np.dtype("u1"),
    "BOOL": np.dtype("?"),
}
_CODES = {dtype: code for code, dtype in DTYPES.items()}
_MAX_AXES = 32
_MAX_AXIS = 2**48


@dataclass(frozen=True)
class Tensor:
    """One row of the table: the array's dtype, shape, and its bytes ``begin`` to ``end``."""

    dtype: str
    shape: tuple[int, ...]
    begin: int
    end: int

    def entry(self) -> dict[str, Any]:
        """Return the row as it stands in the header."""
        return {
            "dtype": self.dtype,
            "shape": list(self.shape),
            "data_offsets": [self.begin, self.end],
        }

    def array(self, payload: memoryview) -> np.ndarray[Any, Any]:
        """Return a copy of the array out of the payload, writable and in the machine's order."""
        dtype = DTYPES[self.dtype]
        if self.dtype == "BOOL" and payload[self.begin : self.end].tobytes().strip(b"\0\1"):
            raise ValueError("a boolean array holds a byte that is neither 0 nor 1")
        flat = np.frombuffer(payload[self.begin : self.end], dtype=dtype)
        return flat.reshape(self.shape).astype(dtype.newbyteorder("="), copy=True)


def lay_out(
    arrays: Mapping[str, np.ndarray[Any, Any]],
) -> tuple[dict[str, Tensor], list[memoryview]]:
    """Return the table of the arrays and their bytes in the order of the payload.

    Wide dtypes come first so that every array starts at a multiple of its item size; within a
    dtype the order is that of the names. The same arrays always give the same bytes.

    Raises
    ------
    InvalidValue
        For a dtype that the format does not hold.

    Examples
    --------
    >>> import numpy as np
    >>> table, parts = lay_out({"b": np.zeros(2, bool), "W": np.ones((2, 3))})
    >>> table["W"]
    Tensor(dtype='F64', shape=(2, 3), begin=0, end=48)
    >>> table["b"].begin, [len(part) for part in parts]
    (48, [48, 2])
    """
    plain = {name: _plain(name, array) for name, array in arrays.items()}
    table: dict[str, Tensor] = {}
    parts: list[memoryview] = []
    end = 0
    for name in sorted(plain, key=lambda name: (-plain[name].itemsize, name)):
        array = plain[name]
        begin, end = end, end + array.nbytes
        table[name] = Tensor(_CODES[array.dtype], array.shape, begin, end)
        parts.append(array.reshape(-1).view(np.uint8).data)
    return table, parts


def _plain(name: object, array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return the array in C order and little-endian."""
    if not isinstance(name, str) or name in ("", "__metadata__"):
        raise InvalidValue(f"an array must have a name of its own; got {name!r}.")
    array = np.asarray(array)
    dtype = array.dtype.newbyteorder("<")
    if dtype not in _CODES:
        raise InvalidValue(
            f"the array {name!r} must have one of the dtypes "
            f"{', '.join(sorted(str(known.name) for known in _CODES))}; got {array.dtype}. "
            "Convert it before saving."
        )
    return np.asarray(array, dtype=dtype, order="C")


def read_table(entries: Mapping[str, Any], payload_size: int) -> dict[str, Tensor]:
    """Return the table of a header after checking that its arrays fill the payload exactly.

    Raises
    ------
    ValueError
        Naming the array and what is wrong with it, without the name of a file.

    Examples
    --------
    >>> read_table({"b": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}, 8)
    {'b': Tensor(dtype='F32', shape=(2,), begin=0, end=8)}
    >>> read_table({"b": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}, 12)
    Traceback (most recent call last):
    ValueError: its arrays take 8 bytes and 12 follow the header
    """
    table = {name: _row(name, entry) for name, entry in entries.items()}
    end = 0
    for name, tensor in sorted(table.items(), key=lambda item: (item[1].begin, item[1].end)):
        if tensor.begin != end:
            raise ValueError(f"the array {name!r} begins at byte {tensor.begin}, not at {end}")
        end = tensor.end
    if end != payload_size:
        raise ValueError(f"its arrays take {end} bytes and {payload_size} follow the header")
    return table


def _row(name: str, entry: object) -> Tensor:
    keys = {"dtype", "shape", "data_offsets"}
    if name == "" or not isinstance(entry, dict) or cast("dict[str, Any]", entry).keys() != keys:
        raise ValueError(f"the entry of the array {name!r} is not dtype, shape and data_offsets")
    fields = cast("dict[str, Any]", entry)
    dtype, shape, offsets = fields["dtype"], fields["shape"], fields["data_offsets"]
    if not isinstance(dtype, str) or dtype not in DTYPES:
        raise ValueError(f"the array {name!r} has the unknown dtype {dtype!r}")
    if not _are_sizes(shape, limit=_MAX_AXIS) or len(shape) > _MAX_AXES:
        raise ValueError(f"the array {name!r} has an impossible shape")
    if not _are_sizes(offsets, limit=2**63) or len(offsets) != 2 or offsets[0] > offsets[1]:
        raise ValueError(f"the array {name!r} has impossible offsets")
    # The shape of an empty array is bounded too: NumPy refuses one that would overflow without
    # its zeros.
    if math.prod(size for size in shape if size) * DTYPES[dtype].itemsize >= 2**62:
        raise ValueError(f"the array {name!r} has an impossible shape")
    if math.prod(shape) * DTYPES[dtype].itemsize != offsets[1] - offsets[0]:
        raise ValueError(f"the array {name!r} does not take the bytes that its shape needs")
    return Tensor(dtype, tuple(shape), offsets[0], offsets[1])


def _are_sizes(values: Any, *, limit: int) -> bool:
    """Tell whether it is a list of whole numbers from 0 up to the limit; True is no number."""
    return isinstance(values, list) and all(
        type(value) is int and 0 <= value <= limit for value in cast("list[Any]", values)
    )
