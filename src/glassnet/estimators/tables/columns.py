"""The columns of a table estimator: which there are, of what kinds, and how they become numbers."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.data.encode import TableEncoder
from glassnet.data.frames import as_table, column_names
from glassnet.data.kinds import as_found, as_said, require_kind
from glassnet.data.rich_encoding import Encoding, rich_encoding
from glassnet.data.tables import Table
from glassnet.doctor.signals.columns import leaks
from glassnet.errors import InvalidValue, ShapeMismatch, UnknownName
from glassnet.estimators.tables.cuts import some_rows, target_edges

_ROWS_PER_COUNT, _MOST_COUNT = 500, 10
_ROWS_TO_TELL = 20_000  # that columns which give the target away are looked for in


@dataclass(frozen=True)
class Columns:
    """The columns that a fit saw.

    Attributes
    ----------
    names : tuple of str
        All of them, in order; ``x0``, ``x1``, … where they had none.
    dropped : tuple of int
        Those that are not looked at.

    Examples
    --------
    >>> columns = Columns.of([[1, "a"], [2, "b"]], drop=["x1"])
    >>> columns.learned_table([[2, "a"]], {0: "categorical"})["x0"].values.tolist()
    ['2']
    """

    names: tuple[str, ...]
    dropped: tuple[int, ...]

    @classmethod
    def of(cls, X: Any, drop: Any) -> Columns:
        """The columns of X, less those that the caller leaves out.

        Raises
        ------
        UnknownName
            If a chosen column is not there.
        InvalidValue
            If no column is left, or two have the same name.
        """
        names = column_names(X)
        if names is None:
            names = tuple(f"x{j}" for j in range(_shape(X)[1]))
        dropped = _places(drop, names, "drop")
        if len(dropped) == len(names):
            raise InvalidValue(
                f"a table must keep at least one column; drop names all {len(names)}. Keep one."
            )
        return cls(names, tuple(dropped))

    def table(self, X: Any) -> Table:
        """X as typed columns with the names that they had in training."""
        _require_real(X)
        found = as_table(X, leave_out=self.dropped)
        kept = [name for j, name in enumerate(self.names) if j not in self.dropped]
        if len(found.columns) != len(kept):
            raise ShapeMismatch(
                f"X must have the {len(self.names)} columns of training; it has "
                f"{len(found.columns) + len(self.dropped)}."
            )
        pairs = zip(found.columns, kept, strict=True)
        return Table([replace(column, name=name) for column, name in pairs])

    def learned_table(self, X: Any, kinds: Any) -> Table:
        """X of training, each column of the kind that is said, or found in its values.

        Later tables need no word about kinds: the rules that are learned know what they take.

        Parameters
        ----------
        X : frame or array
        kinds : mapping of names or numbers of columns, or None
            See :mod:`glassnet.data.kinds`.

        Raises
        ------
        UnknownName
            If a column is not there.
        InvalidValue
            If a kind is none, or a column cannot be of it.
        """
        said: dict[str, Any] = {}
        for one, kind in {} if kinds is None else kinds.items():
            (place,) = _places([one], self.names, "kinds")
            require_kind(kind, self.names[place])
            said[self.names[place]] = kind
        columns = [
            as_said(column, said[column.name]) if column.name in said else as_found(column)
            for column in self.table(X).columns
        ]
        return Table(columns)


def encoding(
    est: Any, p: Mapping[str, Any], table: Table, targets: Array, w: Array | None
) -> Encoding:
    """How the columns of an estimator's training rows are to be encoded.

    Parameters
    ----------
    est : TableEstimator
    p : mapping
        Its parameters, as the preset settles them.
    table : Table
    targets : (m, k)
        As the loss takes them; where bins end may depend on them.
    w : (m,), optional
    """
    count = est.min_count
    if count == "auto":
        count = min(_MOST_COUNT, max(1, len(table) // _ROWS_PER_COUNT))
    return Encoding(
        p["bins"],
        int(count),
        int(est.max_levels),
        p["scaling"],
        est.infinite == "missing",
        p["steps"],
        target_edges(table, targets, w, p["bins"]) if p["cuts"] == "target" else {},
    )


def learned_encoder(table: Table, how: Encoding) -> tuple[TableEncoder, list[str]]:
    """The encoder of the training rows and its notes; warns of columns that name the rows."""
    found = rich_encoding(table, how)
    for sentence in found.suspects:
        warnings.warn(sentence, UserWarning, stacklevel=3)
    return found.encoder, list(found.notes)


def given_away(table: Table, y: Array, names: Sequence[str], *, classes: bool) -> list[str]:
    """Sentences about columns that tell a target almost alone; warns of each.

    Parameters
    ----------
    table : Table
    y : (m,) or (m, k)
    names : sequence of k str
        Of the targets.
    classes : bool
        Whether y holds classes, not numbers.
    """
    rows = some_rows(len(table), _ROWS_TO_TELL)
    told, few = table.take(rows), y[rows].reshape(len(rows), -1)
    notes: list[str] = []
    for name, column in zip(names, few.T, strict=False):
        target = np.unique(column, return_inverse=True)[1] if classes else column.astype(float)
        notes += [
            f"{leak.sentence} Leave it out with drop=[{leak.column!r}] if it is known only after "
            "the target."
            for leak in leaks(told, target, name if few.shape[1] > 1 else "")
        ]
    for sentence in notes:
        warnings.warn(sentence, UserWarning, stacklevel=3)
    return notes


def encoded(encoder: TableEncoder, table: Table) -> Array:
    """The rows as the networks take them.  -> (m, d) float32"""
    return encoder.encode(table, np.float32).x


def require_cells(X: Any) -> None:
    """Demand rows and columns.

    Raises
    ------
    ShapeMismatch, InvalidValue

    Examples
    --------
    >>> require_cells(np.zeros(3))
    Traceback (most recent call last):
    glassnet.errors.ShapeMismatch: X must have two axes, rows and columns; got shape (3,). Reshape
    your data: a single column is X.reshape(-1, 1), a single row X.reshape(1, -1).
    """
    shape = _shape(X)
    if len(shape) != 2:
        raise ShapeMismatch(
            f"X must have two axes, rows and columns; got shape {shape}. Reshape your data: a "
            "single column is X.reshape(-1, 1), a single row X.reshape(1, -1)."
        )
    if shape[1] == 0:
        raise InvalidValue(f"X has 0 feature(s) (shape={shape}) while a minimum of 1 is required.")
    if shape[0] == 0:
        raise InvalidValue(f"X must have at least one row, n_samples ≥ 1; got shape {shape}.")


def _shape(X: Any) -> tuple[int, ...]:
    """The shape of a frame or an array; of nested lists that of the first row counts."""
    shape = getattr(X, "shape", None)
    if shape is None:
        shape = np.asarray(X[:1] if isinstance(X, list | tuple) else X).shape
    return tuple(map(int, shape))


def _places(chosen: Any, names: Sequence[str], parameter: str) -> list[int]:
    """Numbers of the chosen columns, each given by its name or its number."""
    if chosen is None:
        return []
    places: set[int] = set()
    for one in [chosen] if isinstance(chosen, str) else chosen:
        number = _number(one)
        if number is not None and -len(names) <= number < len(names):
            places.add(number % len(names))
        elif str(one) in names:
            places.add(names.index(str(one)))
        else:
            raise UnknownName(f"column of {parameter}", str(one), tuple(names))
    return sorted(places)


def _number(one: Any) -> int | None:
    return int(one) if isinstance(one, int | np.integer) and not isinstance(one, bool) else None


def _require_real(X: Any) -> None:
    if getattr(getattr(X, "dtype", None), "kind", "") == "c":
        raise InvalidValue("Complex data not supported: X must hold real numbers. Take X.real.")
