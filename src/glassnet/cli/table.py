"""The table that a command learns from."""

from __future__ import annotations

from collections.abc import Mapping

from glassnet.data.readers import read_table
from glassnet.data.tables import Kind, Table
from glassnet.errors import InvalidValue, UnknownName


def learned_table(
    data: str,
    target: str,
    drop: tuple[str, ...],
    *,
    encoding: str,
    delimiter: str | None,
    kinds: Mapping[str, Kind] | None = None,
) -> Table:
    """Read DATA, less the columns to drop.

    Raises
    ------
    UnknownName, InvalidValue
        If a column to drop, or one of ``kinds``, is not there; or the target is to be dropped.
    BadFile, FileFault
    """
    table = read_table(data, encoding=encoding, delimiter=delimiter, kinds=kinds)
    for name in (*drop, *(kinds or {})):
        if name not in table:
            raise UnknownName("column", name, table.names)
    if target in drop:
        raise InvalidValue(f"the target {target!r} cannot be dropped as well.")
    return table.without(*drop) if drop else table
