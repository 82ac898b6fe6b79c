"""Rows to try an exported model on: those given, or made ones like those of training."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.data.frames import as_table
from glassnet.data.tables import Table
from glassnet.errors import InvalidValue, ShapeMismatch
from glassnet.export.rules import cells_of, made_column
from glassnet.export.source import Source
from glassnet.export.table_estimators import estimator_rows, is_table_estimator


def rows_for(found: Source, rows: Any, *, count: int = 64, seed: int = 0) -> Any:
    """The rows given, as the model takes them, or ``count`` made ones where they are None.

    A matrix is rounded to float32, which exported models take, and kept as float64.

    Raises
    ------
    InvalidValue, ShapeMismatch
        If there is no row, or they are not like those of the model.

    Examples
    --------
    >>> import glassnet as gn
    >>> from glassnet.export.source import source
    >>> net = gn.Network(2, [gn.Dense(1, "identity")])
    >>> rows_for(source(net), None, count=5).shape
    (5, 2)
    """
    if rows is None:
        return made_rows(found, count, seed)
    if is_table_estimator(found.model):
        return estimator_rows(found.model, rows)
    if found.rules is not None:
        table = as_table(rows)
        if len(table) == 0:
            raise InvalidValue("rows must be at least one; the table given has none.")
        return table
    return _matrix(found, rows)


def _matrix(found: Source, rows: Any) -> Array:
    given = rows.to_numpy() if hasattr(rows, "to_numpy") else rows
    try:
        x = np.asarray(given, dtype=np.float64).astype(np.float32).astype(np.float64)
    except (TypeError, ValueError) as error:
        raise InvalidValue(f"rows must hold numbers; {error}.") from error
    if x.ndim != 2 or x.shape[1] != len(found.names) or len(x) == 0:
        raise ShapeMismatch(
            f"rows must be (m, {len(found.names)}) with at least one row; got shape {x.shape}."
        )
    return x


def made_rows(found: Source, count: int, seed: int) -> Any:
    """Rows about those of training: numbers within a few scales, levels known, missing, unknown."""
    rng = np.random.default_rng(seed)
    if found.rules is not None:
        return Table([made_column(rule, count, rng) for rule in found.rules])
    center, scale = found.scaling or (0.0, 1.0)
    x = rng.normal(size=(count, len(found.names))) * scale + center
    return x.astype(np.float32).astype(np.float64)


def cells(found: Source, rows: Any) -> list[tuple[Any, ...]]:
    """The cells of each row as the exported model takes them: floats, and texts or None."""
    if found.rules is None:
        return [tuple(row) for row in np.asarray(rows).tolist()]
    columns = [cells_of(rule, rows[rule.name]) for rule in found.rules]
    return list(zip(*columns, strict=True))
