"""JSON lines, an object a line, to typed columns."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any, cast

from glassnet.data.frames import as_column
from glassnet.data.tables import Table
from glassnet.data.text_files import AnyPath, Progress, open_text
from glassnet.errors import BadFile
from glassnet.files import shown

_EVERY = 20_000  # lines between two reports of progress


def read_json_lines(
    path: AnyPath,
    *,
    encoding: str = "utf-8",
    on_rows: Progress | None = None,
) -> Table:
    r"""Read a file with an object of plain values on each line; see :func:`read_table`.

    Columns come in the order in which their keys first appear; an object without a key, or with
    null, has no value there.

    Examples
    --------
    >>> with open("a.jsonl", "w") as file:
    ...     size = file.write('{"size": 1.5, "new": true}\n{"size": null}\n')
    >>> read_json_lines("a.jsonl")["new"].values
    array([ 1., nan])
    """
    columns: dict[str, list[Any]] = {}
    rows = 0
    with open_text(path, encoding) as file:
        for number, line in enumerate(file, 1):
            if line.isspace():
                continue
            for name, value in _record(path, number, line).items():
                if name not in columns:
                    columns[name] = [None] * rows
                columns[name].append(value)
            rows += 1
            for values in columns.values():
                if len(values) < rows:
                    values.append(None)
            if on_rows is not None and rows % _EVERY == 0:
                on_rows(rows)
    if not columns:
        raise BadFile(f"{shown(path)} has no values in it. Check that it was written completely.")
    if on_rows is not None:
        on_rows(rows)
    return Table([as_column(values, name) for name, values in columns.items()])


def _record(path: AnyPath, number: int, line: str) -> dict[str, Any]:
    where = f"{shown(path)}, line {number}"
    try:
        record = json.loads(line, object_pairs_hook=_once)
    except _Twice as error:
        raise BadFile(f"{where}: the key {error} stands twice. Remove one.") from None
    except (ValueError, RecursionError):
        raise BadFile(f"{where} is not JSON. Each line must be one object on its own.") from None
    if not isinstance(record, dict):
        raise BadFile(f"{where} must be an object, as {{...}}; it is another value.")
    plain = cast("dict[str, Any]", record)
    for name, value in plain.items():
        if isinstance(value, list | dict):
            raise BadFile(f"{where}: {name!r} must be a number, text, true, false or null.")
    return plain


class _Twice(Exception):
    pass


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(pairs)
    if len(record) < len(pairs):
        counts = Counter(name for name, _ in pairs)
        raise _Twice(repr(counts.most_common(1)[0][0]))
    return record
