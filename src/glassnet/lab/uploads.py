"""Files that a page sends: read within limits, kept in memory, never under a name on the disk."""

from __future__ import annotations

import secrets
import tempfile
import threading
import zlib
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from glassnet.data.cells import as_text
from glassnet.data.parquet_streams import ParquetStream
from glassnet.data.readers import kind_of_file, read_table
from glassnet.data.tables import Column, Table
from glassnet.data.targets import guess_task
from glassnet.errors import GlassnetError
from glassnet.lab.hub import Bounds
from glassnet.web.refusals import Refused

GIVEN = "given"
_TEXT, _LINES = (".csv", ".tsv"), (".jsonl", ".ndjson")
_UNPACKED = 8  # times the bytes that may be sent
_MOST_CELLS = 4_000_000
_LIKELY = ("target", "label", "class", "y", "species", "outcome", "price")


@dataclass(frozen=True, eq=False)
class Upload:
    """A table that was sent, or given on the command line."""

    name: str
    table: Table


class Uploads:
    r"""Tables by the name that the page was told; the oldest gives way to a new one.

    Parameters
    ----------
    bounds : Bounds

    Examples
    --------
    >>> uploads = Uploads(Bounds())
    >>> told = uploads.take("a.csv", b"size,kind\n1,x\n2,y\n")
    >>> told["rows"], [column["kind"] for column in told["columns"]], told["suggested"]["target"]
    (2, ['number', 'text'], 'kind')
    """

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._kept: OrderedDict[str, Upload] = OrderedDict()
        self._lock = threading.Lock()

    def __getitem__(self, name: str) -> Upload | None:
        """The upload of that name, if it is still kept."""
        with self._lock:
            return self._kept.get(name)

    def take(self, name: str, body: bytes) -> dict[str, Any]:
        """Read a file that was sent, and say what is in it.

        Raises
        ------
        Refused
            400 if it cannot be read; 413 if it is too large, packed or unpacked.
        """
        table = _read(name, body, self._bounds)
        return self.keep(secrets.token_urlsafe(9), Upload(Path(name).name, table))

    def keep(self, key: str, upload: Upload) -> dict[str, Any]:
        """Keep a table, and say what is in it."""
        with self._lock:
            self._kept[key] = upload
            while len(self._kept) > self._bounds.uploads:
                self._kept.pop(next(each for each in self._kept if each != GIVEN))
        return described(key, upload)


def described(key: str, upload: Upload) -> dict[str, Any]:
    """An upload as the page is told of it."""
    table = upload.table
    target = next((n for n in table.names if n.lower() in _LIKELY), table.names[-1])
    suggested: dict[str, Any] = {
        "target": target,
        "inputs": [name for name in table.names if name != target],
    }
    try:
        suggested["task"] = guess_task(table[target]).task
    except GlassnetError:
        suggested["task"] = None
    return {
        "upload": key,
        "name": upload.name,
        "rows": len(table),
        "columns": [_column(column) for column in table.columns],
        "suggested": suggested,
    }


def _column(column: Column) -> dict[str, Any]:
    missing = column.missing
    example = "" if missing.all() else column.values[int((~missing).argmax())]
    return {
        "name": column.name,
        "kind": "text" if column.kind == "categorical" else "number",
        "missing": int(missing.sum()),
        "example": as_text(example)[:60],
    }


def _read(name: str, body: bytes, bounds: Bounds) -> Table:
    if not body:
        raise Refused(400, "the file is empty.")
    if not name or len(name) > 255 or any(ord(sign) < 32 for sign in name):
        raise Refused(400, "?name= must be the file's name, as in ?name=my.csv.")
    try:
        suffix = kind_of_file(Path(name).name)
    except GlassnetError as error:
        raise Refused(400, str(error)) from error
    if suffix not in (*_TEXT, *_LINES, ".parquet"):
        known = ", ".join((*_TEXT, *_LINES))
        raise Refused(400, f"the lab reads {known} (also with .gz) and .parquet; got {suffix}.")
    plain = _unpacked(body, bounds) if name.lower().endswith(".gz") else body
    if suffix != ".parquet":
        _check_text(suffix, plain, bounds)
    with tempfile.TemporaryDirectory(prefix="glassnet-lab-") as folder:
        path = Path(folder) / f"upload{suffix}"
        path.write_bytes(plain)
        try:
            if suffix == ".parquet":
                _check_parquet(path, bounds)
            table = read_table(path)
        except GlassnetError as error:
            raise Refused(400, str(error).replace(str(path), Path(name).name)) from error
    _check_size(len(table), len(table.names), bounds)
    return table


def _unpacked(body: bytes, bounds: Bounds) -> bytes:
    """What gzip packed, as long as it is not a bomb."""
    most = _UNPACKED * bounds.upload
    unpacker = zlib.decompressobj(wbits=31)
    try:
        plain = unpacker.decompress(body, most)
    except zlib.error as error:
        raise Refused(400, f"the file is damaged or not gzip: {error}.") from error
    if unpacker.unconsumed_tail or unpacker.unused_data:
        raise Refused(413, f"a file may unpack to {most:,} bytes in one piece; this has more.")
    if not unpacker.eof:
        raise Refused(400, "the file is cut short.")
    return plain


def _check_text(suffix: str, plain: bytes, bounds: Bounds) -> None:
    """Count before anything is made of it: rows, columns, cells."""
    rows = plain.count(b"\n")
    if suffix in _LINES:
        _check_size(rows, _keys(plain, bounds.columns), bounds)
        return
    sign = b"\t" if suffix == ".tsv" else b","
    head = plain[: plain.find(b"\n")] if rows else plain
    _check_size(rows - 1, head.count(sign) + 1, bounds)
    if plain.count(sign) + rows > _MOST_CELLS:
        raise Refused(413, f"a file may have {_MOST_CELLS:,} cells; this has more.")


def _keys(plain: bytes, most: int) -> int:
    """Different keys of the objects; counting ends where there are too many."""
    names: set[str] = set()
    for line in plain.splitlines():
        try:
            found = orjson.loads(line) if line.strip() else {}
        except orjson.JSONDecodeError:
            continue  # the reader says where and why
        names.update(found if isinstance(found, dict) else ())
        if len(names) > most:
            break
    return len(names)


def _check_parquet(path: Path, bounds: Bounds) -> None:
    stream = ParquetStream(path, 1)
    try:
        rows, size = stream.size
        _check_size(rows, len(stream.names), bounds)
    finally:
        stream.close()
    if size > _UNPACKED * bounds.upload:
        raise Refused(413, f"a file may unpack to {_UNPACKED * bounds.upload:,} bytes.")


def _check_size(rows: int, columns: int, bounds: Bounds) -> None:
    if rows > bounds.rows:
        raise Refused(413, f"a file may have {bounds.rows:,} rows; this has {rows:,}.")
    if columns > bounds.columns:
        raise Refused(
            413, f"a file may have {bounds.columns:,} columns; this has more. Send those you need."
        )
    if rows * columns > _MOST_CELLS:
        raise Refused(413, f"a file may have {_MOST_CELLS:,} cells; this has {rows * columns:,}.")
