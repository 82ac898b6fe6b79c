"""The strict container behind model files and checkpoints: safetensors with a checked header.

The safetensors header has one more entry, ``__metadata__``, with a single text ``glassnet``: the
canonical JSON of

=====================  =====================================================================
``kind``               ``"model"``, ``"checkpoint"``, …
``format_version``     the number of this layout, 1
``min_reader_version`` the lowest such number whose reader understands the file
``writer``             the glassnet release that wrote it, for messages only
``payload_sha256``     of the arrays' bytes
``header_sha256``      of the canonical JSON of ``{"header": these fields without it and
                       "tensors": the safetensors table}``
``body``               whatever the caller keeps there
=====================  =====================================================================

Any safetensors reader can open such a file. This one also demands the canonical form and both
hashes before it looks at anything else, so no flipped bit and no missing byte goes unnoticed.
The hashes guard against damage; they are no signature, and nothing read here is ever executed.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from typing import Any, BinaryIO, cast

import numpy as np

from glassnet.errors import BadFile, InvalidValue
from glassnet.files.atomic import atomic_write
from glassnet.files.canonical import JSON, canonical_json, require_short_texts, strict_json
from glassnet.files.faults import file_fault, shown
from glassnet.files.tensors import lay_out, read_table

FORMAT_VERSION = 1
MAX_HEADER_BYTES = 4 * 2**20
MAX_FILE_BYTES = 2**40
_FIELDS = {
    "kind": str,
    "format_version": int,
    "min_reader_version": int,
    "writer": str,
    "payload_sha256": str,
    "header_sha256": str,
    "body": dict,
}


@dataclass(frozen=True, eq=False)
class Container:
    """What a container file held: the caller's ``header`` and ``arrays``, and who wrote it."""

    header: dict[str, Any]
    arrays: dict[str, np.ndarray[Any, Any]]
    writer: str
    format_version: int


def write_container(
    path: str | os.PathLike[str],
    *,
    kind: str,
    header: Mapping[str, JSON],
    arrays: Mapping[str, np.ndarray[Any, Any]],
) -> None:
    """Write ``header`` and ``arrays`` to one file, whole or not at all.

    Parameters
    ----------
    path : path-like
    kind : str
        What the file is, as in ``"model"``; the reader must ask for the same.
    header : mapping
        JSON values only; tuples come back as lists. Numbers must be finite: put others in arrays.
    arrays : mapping of str to array
        float64, float32, int64, int32, uint64, uint32, uint8 or bool, of any shape; every bit
        comes back, NaN payloads included.

    Raises
    ------
    InvalidValue
        For a header that JSON cannot hold, or an array of another dtype.
    FileFault
        If the system refuses to write.

    Examples
    --------
    >>> import numpy as np
    >>> write_container("m", kind="model", header={"classes": ["a", "b"]}, arrays={"W": np.eye(2)})
    >>> read_container("m", kind="model").header
    {'classes': ['a', 'b']}
    """
    table, parts = lay_out(arrays)
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    fields: dict[str, Any] = {
        "kind": kind,
        "format_version": FORMAT_VERSION,
        "min_reader_version": 1,
        "writer": release(),
        "payload_sha256": digest.hexdigest(),
        "body": dict(header),
    }
    tensors = {name: tensor.entry() for name, tensor in table.items()}
    try:
        require_short_texts(fields["body"])
        fields["header_sha256"] = _header_hash(fields, tensors)
        text = canonical_json(fields).decode("utf-8")
        head = canonical_json({"__metadata__": {"glassnet": text}, **tensors})
    except (TypeError, ValueError) as error:
        raise InvalidValue(
            f"the header of a {kind} must be JSON with text keys and finite numbers; {error}. "
            "Keep anything else in arrays."
        ) from error
    head += b" " * (-len(head) % 8)
    if len(head) > MAX_HEADER_BYTES:
        raise InvalidValue(
            f"the header of a {kind} must stay below {MAX_HEADER_BYTES:,} bytes; it has "
            f"{len(head):,}. Keep long lists in arrays."
        )

    def fill(file: BinaryIO) -> None:
        file.write(len(head).to_bytes(8, "little") + head)
        file.writelines(parts)

    atomic_write(path, fill)


def read_container(path: str | os.PathLike[str], *, kind: str) -> Container:
    """Read a file that :func:`write_container` wrote; refuse any other and any damage.

    Raises
    ------
    BadFile
        If the file is damaged, cut short, not a container, of another kind, or of a newer format.
    FileFault
        If there is no such file or the system refuses to read it.

    Examples
    --------
    >>> import numpy as np
    >>> write_container("run", kind="checkpoint", header={"t": 7}, arrays={"theta": np.ones(3)})
    >>> read_container("run", kind="checkpoint").arrays["theta"]
    array([1., 1., 1.])
    """
    try:
        return _decode(_bytes_of(path), kind)
    except OSError as error:
        raise file_fault(path, error, doing="read") from error
    except _Flaw as flaw:
        raise BadFile(f"{shown(path)} {flaw}") from None


class _Flaw(Exception):
    """The rest of a sentence that begins with the path."""


def _damaged(reason: object) -> _Flaw:
    return _Flaw(
        f"is damaged: {reason}. Nothing was read from it; use a backup copy or write it again."
    )


def _bytes_of(path: str | os.PathLike[str]) -> memoryview:
    status = os.stat(path)
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not stat.S_ISREG(status.st_mode):
        raise _Flaw("is a device or a pipe. Give the path of a file that glassnet wrote.")
    if status.st_size > MAX_FILE_BYTES:
        raise _Flaw(f"has {status.st_size:,} bytes, more than any file that glassnet writes.")
    with open(path, "rb") as file:
        head = file.read(9)
        if len(head) < 9 or head[8:] != b"{":
            raise _foreign()
        if int.from_bytes(head[:8], "little") > min(MAX_HEADER_BYTES, status.st_size - 8):
            raise _damaged("it ends within its header or its first bytes were changed")
        file.seek(0)
        return memoryview(file.read())


def _foreign() -> _Flaw:
    return _Flaw("is not a file that glassnet wrote, or it is damaged. Check the path.")


def _decode(data: memoryview, kind: str) -> Container:
    size = int.from_bytes(data[:8], "little")
    head, payload = bytes(data[8 : 8 + size]), data[8 + size :]
    try:
        fields, tensors = _split(head)
    except ValueError as error:
        raise _damaged(error) from None
    claimed = fields.pop("header_sha256")
    if _header_hash(fields, tensors) != claimed:
        raise _damaged("its header does not match its SHA-256")
    _require_kind_and_version(fields, kind)
    try:
        table = read_table(tensors, len(payload))
        if hashlib.sha256(payload).hexdigest() != fields["payload_sha256"]:
            raise _damaged("its arrays do not match their SHA-256")
        arrays = {name: tensor.array(payload) for name, tensor in table.items()}
    except ValueError as error:
        raise _damaged(error) from None
    return Container(fields["body"], arrays, fields["writer"], fields["format_version"])


def _split(head: bytes) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return glassnet's fields and the safetensors table of a header, or say what is wrong."""
    text = head.rstrip(b" ")
    if len(head) % 8 or len(head) - len(text) >= 8:
        raise ValueError("its header is not padded to a multiple of 8 bytes")
    if b'"glassnet":' not in text:
        raise _foreign()
    tensors = strict_json(text)
    notes: object = tensors.pop("__metadata__", None) if isinstance(tensors, dict) else None
    inner = cast("dict[str, Any]", notes) if isinstance(notes, dict) else {}
    if inner.keys() != {"glassnet"} or not isinstance(inner["glassnet"], str):
        raise ValueError("its metadata is not glassnet's header alone")
    fields = strict_json(inner["glassnet"].encode("utf-8"))
    require_short_texts([fields, tensors])
    if not isinstance(fields, dict):
        raise ValueError("its header is not an object")
    named = cast("dict[str, Any]", fields)
    for name, kind in _FIELDS.items():
        if type(named.get(name)) is not kind:
            raise ValueError(f"its header has no proper field {name!r}")
    if named.keys() != _FIELDS.keys():
        raise ValueError("its header has a field that is not known")
    return named, cast("dict[str, Any]", tensors)


def _header_hash(fields: dict[str, Any], tensors: dict[str, Any]) -> str:
    return hashlib.sha256(canonical_json({"header": fields, "tensors": tensors})).hexdigest()


def _require_kind_and_version(fields: dict[str, Any], kind: str) -> None:
    if fields["kind"] != kind:
        raise _Flaw(
            f"is a glassnet {fields['kind']}; a {kind} is needed here. Give the path of a {kind}."
        )
    if fields["min_reader_version"] > FORMAT_VERSION:
        raise _Flaw(
            f"needs glassnet {fields['writer']} or newer: it has format "
            f"{fields['format_version']} and this installation ({release()}) reads up to "
            f"{FORMAT_VERSION}. Upgrade glassnet."
        )
    if fields["min_reader_version"] < 1 or fields["format_version"] < fields["min_reader_version"]:
        raise _damaged("its format number is impossible")


def release() -> str:
    """Return the installed release, or "unknown" when the package runs from its source folder.

    Examples
    --------
    >>> isinstance(release(), str)
    True
    """
    try:
        return metadata.version("glassnet")
    except metadata.PackageNotFoundError:
        return "unknown"
