"""The table that a command learns from."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence

from glassnet.data.readers import read_table
from glassnet.data.tables import Kind, Table
from glassnet.errors import InvalidValue, UnknownName


def learned_table(
    data: str,
    targets: Sequence[str],
    drop: tuple[str, ...],
    *,
    encoding: str,
    delimiter: str | None,
    kinds: Mapping[str, Kind] | None = None,
    weight: str | None = None,
) -> Table:
    """Read DATA, less the columns to drop.

    Raises
    ------
    UnknownName, InvalidValue
        If a column that is named is not there, or is named for two things.
    BadFile, FileFault
    """
    table = read_table(data, encoding=encoding, delimiter=delimiter, kinds=kinds)
    for name in (*drop, *(kinds or {}), *targets, *(() if weight is None else (weight,))):
        if name not in table:
            raise _unknown(name, table, targets)
    for k, name in enumerate(targets):
        if name in targets[:k]:
            raise InvalidValue(f"the target {name!r} is named twice. Name each target once.")
        if name in drop:
            raise InvalidValue(f"the target {name!r} cannot be dropped as well.")
        if name == weight:
            raise InvalidValue(f"the target {name!r} cannot be the weight of the rows as well.")
    if weight in drop:
        raise InvalidValue(f"the weight {weight!r} cannot be dropped as well; it is no input.")
    return table.without(*drop) if drop else table


def _unknown(name: str, table: Table, targets: Sequence[str]) -> InvalidValue | UnknownName:
    parts = name.split(",")
    if name in targets and len(parts) > 1 and all(part in table for part in parts):
        words = " ".join(f"--target {shlex.quote(part)}" for part in parts)
        return InvalidValue(f"no column is named {name!r}. For several targets write {words}.")
    return UnknownName("column", name, table.names)
