"""A table estimator as exporters see it: its rows as typed columns, and its own answers to them."""

from __future__ import annotations

from typing import Any

from glassnet.arrays import Array
from glassnet.data.frames import as_table
from glassnet.data.tables import Table
from glassnet.errors import InvalidValue
from glassnet.estimators.tables.columns import encoded
from glassnet.estimators.tables.members import averaged


def is_table_estimator(model: Any) -> bool:
    """Whether it is a fitted TableClassifier or TableRegressor.

    Examples
    --------
    >>> is_table_estimator(3)
    False
    """
    return hasattr(model, "encoder_") and hasattr(model, "head_")


def estimator_rows(est: Any, rows: Any) -> Table:
    """The encoded columns of a frame or a table, found by their names.

    Raises
    ------
    InvalidValue, ShapeMismatch
        If a column of training is not there, or no row is.
    """
    table = rows if isinstance(rows, Table) else as_table(rows, leave_out=est.columns_.dropped)
    if len(table) == 0:
        raise InvalidValue("rows must be at least one; the table given has none.")
    est.encoder_.require_columns(table.names)
    return Table([table[name] for name in est.encoder_.names])


def estimator_answers(est: Any, table: Table) -> Array:
    """What ``predict_proba`` or ``predict`` answers to such rows, all quantiles.  -> (m, k)"""
    return est.head_.answers(averaged(est.members_, estimator_inputs(est, table), est.engine))


def estimator_inputs(est: Any, table: Table) -> Array:
    """a[0] of such rows.  -> (m, d) float32"""
    return encoded(est.encoder_, table)
