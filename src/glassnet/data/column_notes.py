"""What a careful reader would want to know about the columns of a table, in sentences."""

from __future__ import annotations

import numpy as np

from glassnet.arrays import Array
from glassnet.data.delimited import numbers_of as numbers_of_texts
from glassnet.data.tables import Column

_FEW_ROWS = 20  # with fewer, any column can look like an identifier


def identifier(column: Column) -> str:
    """A sentence about a column that seems to number or name the rows; else nothing.

    Examples
    --------
    >>> identifier(Column("id", "numeric", np.arange(40.0)))
    "'id' numbers the rows. Leave it out with drop=['id'] if it only tells rows apart."
    >>> identifier(Column("size", "numeric", np.arange(40.0) ** 2))
    ''
    """
    rows = len(column)
    if rows < _FEW_ROWS or column.kind in ("boolean", "date") or column.order:
        return ""
    advice = f"Leave it out with drop=[{column.name!r}] if it only tells rows apart."
    if column.kind == "numeric":
        return f"{column.name!r} numbers the rows. {advice}" if _numbering(column.values) else ""
    different = len(set(column.values[~column.missing].tolist()))
    if different <= rows / 2:
        return ""
    return f"{column.name!r} has {different:,} different texts in {rows:,} rows. {advice}"


def constancy(column: Column) -> str:
    """In which way all rows are alike: one value, or nothing but missing ones; else nothing.

    Examples
    --------
    >>> constancy(Column("a", "numeric", np.ones(3))), constancy(Column("b", "numeric", np.ones(0)))
    ('the same in every row', '')
    """
    missing = column.missing
    if missing.any():
        return "missing in every row" if missing.all() else ""
    same = len(column) > 0 and bool((column.values == column.values[0]).all())
    return "the same in every row" if same else ""


def gaps(column: Column) -> list[str]:
    """Sentences about missing values, infinite ones, and numbers among texts.

    Examples
    --------
    >>> gaps(Column("size", "numeric", np.array([1.0, np.nan])))
    ["'size' has 1 missing value of 2."]
    """
    notes: list[str] = []
    missing = int(column.missing.sum())
    if missing:
        values = "missing value" if missing == 1 else "missing values"
        notes.append(f"{column.name!r} has {missing:,} {values} of {len(column):,}.")
    if column.kind == "numeric":
        infinite = int(np.isinf(column.values).sum())
        if infinite:
            notes.append(f"{column.name!r} is infinite in {infinite:,} rows, taken as missing.")
    elif column.kind == "categorical" and not column.order:
        notes += _numbers_among_texts(column)
    return notes


def _numbers_among_texts(column: Column) -> list[str]:
    """A sentence where most rows hold numbers, and some text keeps them from being numbers."""
    levels, counts = np.unique(column.values[~column.missing].astype(str), return_counts=True)
    numeric = np.array([numbers_of_texts([level]) is not None for level in levels.tolist()], bool)
    of_numbers = int(counts[numeric].sum())
    if numeric.all() or of_numbers <= counts.sum() / 2:
        return []
    odd = str(levels[~numeric][0])
    return [
        f"{column.name!r} holds numbers in {of_numbers:,} of {len(column):,} rows and text such as "
        f"{odd!r:.40}: it is taken as a category."
    ]


def _numbering(values: Array) -> bool:
    """Whether whole numbers follow each other without a gap, in any order."""
    if not np.isfinite(values).all():
        return False
    with np.errstate(over="ignore"):
        gapless = values.max() - values.min() == len(values) - 1
    return bool(gapless and (np.diff(np.sort(values)) == 1).all())
