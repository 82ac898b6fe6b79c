"""Signals of a table's raw columns: one that gives the target away, one that names the rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.data.column_notes import identifier
from glassnet.data.tables import Column, Table
from glassnet.doctor.wording import percent

_FEW_ROWS = 60  # with fewer, a column can tell the target by chance
_FEW_TO_TELL = 40  # rows that the constant answer gets wrong
_FORGIVEN = 2  # wrong classes beside the edges of ranges, which the other half has elsewhere
_TELLS = 0.99  # of what there is to tell, by values
_TELLS_NUMBERS = 0.999  # of the variance of a number
_GAP_TELLS = 0.9  # whether a value is there cannot tell so much by itself
_FEW_GAPS = 0.02
_EMPTY = 0.95  # missing
_LONE = 0.2  # share of the columns: where more tell the target, it is easy to tell


@dataclass(frozen=True)
class Leak:
    """A column that tells the target almost alone.

    Attributes
    ----------
    column : str
    target : str
        Which of several; "" of one.
    by_gaps : bool
        Whether it is the absence of its values that tells.
    skill : float
        Of rows it was not fitted to: the share of the constant answer's wrong classes that it gets
        right, or of the variance that it explains.
    next_best : float
        The skill of the best other column.
    classes : bool
    """

    column: str
    target: str
    by_gaps: bool
    skill: float
    next_best: float
    classes: bool

    @property
    def sentence(self) -> str:
        """What was seen, with its numbers.

        Examples
        --------
        >>> Leak("boat", "", True, 0.95, 0.4, True).sentence
        "Whether 'boat' is missing tells 95 % of what there is to tell about the target, on rows \
that it was not fitted to; the best other column tells 40 %."
        """
        what = f"Whether {self.column!r} is missing tells" if self.by_gaps else (
            f"{self.column!r} alone tells"
        )  # fmt: skip
        of = f"the target {self.target!r}" if self.target else "the target"
        much = (
            f"of what there is to tell about {of}" if self.classes else f"of the variance of {of}"
        )
        other = f"the best other column tells {percent(max(0.0, self.next_best))}"
        return f"{what} {percent(self.skill)} {much}, on rows that it was not fitted to; {other}."


@dataclass(frozen=True)
class ColumnSigns:
    """What is striking about the raw columns of a table.

    Attributes
    ----------
    rows : int
    leaks : tuple of Leak
    identifiers : tuple of (str, str)
        Names of columns that number or name the rows, and a sentence about each.
    empty : tuple of (str, float)
        Names of columns that are missing in 95 % of the rows or more, but not in all, and the
        share.
    """

    rows: int
    leaks: tuple[Leak, ...] = ()
    identifiers: tuple[tuple[str, str], ...] = ()
    empty: tuple[tuple[str, float], ...] = ()


def column_signs(table: Table, targets: dict[str, Array]) -> ColumnSigns:
    """The signals of the columns.

    Parameters
    ----------
    table : Table
    targets : dict of (m,) arrays
        By name, "" where there is one: whole numbers for classes, floats for quantities.

    Examples
    --------
    >>> from glassnet.data.frames import as_column
    >>> table = Table([as_column(list(range(80)), "id"), as_column([None] * 78 + [1, 2], "rare")])
    >>> signs = column_signs(table, {})
    >>> signs.identifiers[0][0], signs.empty
    ('id', (('rare', 0.975),))
    """
    found = [(column.name, identifier(column)) for column in table.columns]
    shares = [(column.name, float(column.missing.mean())) for column in table.columns]
    return ColumnSigns(
        rows=len(table),
        leaks=tuple(leak for name, y in targets.items() for leak in leaks(table, y, name)),
        identifiers=tuple((name, sentence) for name, sentence in found if sentence),
        empty=tuple((name, share) for name, share in shares if _EMPTY <= share < 1),
    )


def leaks(table: Table, target: Array, name: str = "") -> tuple[Leak, ...]:
    """Columns that tell the target almost alone, where the others do not.

    Each column is asked by itself, by its levels or its nearest values, fitted to one half of the
    rows and judged by the other, and the other way round. It is a leak where it gets 99 % of the
    constant answer's wrong classes right (but for two rows), explains 99.9 % of the variance of a
    number, or where its gaps alone do 90 % of either; and where at most a fifth of the columns do.

    Parameters
    ----------
    table : Table
        With fewer than 60 rows or two columns nothing is said.
    target : (m,) int for classes, (m,) float64 for numbers
    name : str
        Of the target, where there are several.

    Examples
    --------
    >>> from glassnet.data.frames import as_column
    >>> rng = np.random.default_rng(0)
    >>> y = (rng.random(200) < 0.4).astype(int)
    >>> table = Table([as_column(rng.random(200), "age"), as_column(100.0 + y, "refund")])
    >>> [leak.column for leak in leaks(table, y)]
    ['refund']
    """
    m, classes = len(table), target.dtype.kind in "iub"
    values, counts = np.unique(target, return_counts=True)
    wrong = int(m - counts.max(initial=0))  # of the commonest class
    few = classes and wrong < _FEW_TO_TELL
    if m < _FEW_ROWS or len(table.columns) < 2 or len(values) < 2 or few:
        return ()
    halves = np.random.default_rng(0).permutation(m) < m // 2
    least = _TELLS if classes else _TELLS_NUMBERS
    by_value = [_skill(column, target, halves) for column in table.columns]
    by_gap = [_gap_skill(column, target, halves) for column in table.columns]
    best = np.maximum(by_value, by_gap)
    found: list[Leak] = []
    for k, column in enumerate(table.columns):
        gap = by_gap[k] >= _GAP_TELLS
        if gap or by_value[k] >= least - (_FORGIVEN / wrong if classes else 0.0):
            skill = by_gap[k] if gap else by_value[k]
            others = float(np.delete(best, k).max())
            found.append(Leak(column.name, name, gap, float(skill), others, classes))
    return tuple(found) if len(found) <= max(1, _LONE * len(table.columns)) else ()


def _skill(column: Column, target: Array, halves: Array) -> float:
    """What a column tells by itself, of rows that it was not fitted to; 1 is everything."""
    numeric = column.kind not in ("categorical", "boolean")
    if numeric:
        fit = _interpolated if target.dtype.kind == "f" else _nearest
        return _crossed(column.values, target, halves, fit)
    return _crossed(_levels(column.texts()), target, halves, _by_level)


def _gap_skill(column: Column, target: Array, halves: Array) -> float:
    missing = column.missing
    if not _FEW_GAPS <= missing.mean() <= 1 - _FEW_GAPS:
        return 0.0
    return _crossed(missing.astype(np.int64), target, halves, _by_level)


def _crossed(x: Array, y: Array, halves: Array, fit: Any) -> float:
    """1 − error / error of the constant answer, both of the half that was not fitted to."""
    error = constant = 0.0
    for own in (halves, ~halves):
        said, plain = fit(x[own], y[own], x[~own])
        if y.dtype.kind == "f":
            known = np.isfinite(said)
            error += float(((said - y[~own])[known] ** 2).sum())
            constant += float(((plain - y[~own])[known] ** 2).sum())
        else:
            error += float((said != y[~own]).sum())
            constant += float((plain != y[~own]).sum())
    return 1 - error / constant if constant > 0 else 0.0


def _by_level(codes: Array, y: Array, others: Array) -> tuple[Array, Any]:
    """The commonest class, or the mean, at each level; of a level not seen, that of all rows."""
    count = int(max(codes.max(), others.max())) + 1
    if y.dtype.kind == "f":
        sums, rows = np.bincount(codes, y, count), np.bincount(codes, minlength=count)
        plain = float(y.mean())
        means = np.where(rows > 0, sums / np.maximum(rows, 1), plain)
        return means[others], plain
    kinds = np.unique(y)
    tallies = np.zeros((count, len(kinds)))
    np.add.at(tallies, (codes, np.searchsorted(kinds, y)), 1)
    common = int(tallies.sum(axis=0).argmax())
    tallies[tallies.sum(axis=1) == 0, common] = 1
    return kinds[tallies.argmax(axis=1)][others], kinds[common]


def _nearest(x: Array, y: Array, others: Array) -> tuple[Array, Any]:
    """The class of the nearest value, the commonest there; of gaps the commonest at gaps."""
    known = np.isfinite(x)
    at, place = np.unique(x[known], return_inverse=True)
    gap = len(at)
    codes = np.full(len(x), gap)
    codes[known] = place
    asked = np.full(len(others), gap)
    there = np.isfinite(others)
    if gap:
        above = np.clip(np.searchsorted(at, others[there]), 1, max(1, gap - 1))
        below, above = above - 1, np.minimum(above, gap - 1)
        nearer = others[there] - at[below] <= at[above] - others[there]
        asked[there] = np.where(nearer, below, above)
    return _by_level(codes, y, asked)


def _interpolated(x: Array, y: Array, others: Array) -> tuple[Array, float]:
    """The line through the rows in order of x, nan beyond it; of gaps the mean of such rows."""
    plain, known = float(y.mean()), np.isfinite(x)
    if not known.any():
        return np.full(len(others), plain), plain
    at, place = np.unique(x[known], return_inverse=True)
    means = np.bincount(place, y[known]) / np.bincount(place)
    gap = float(y[~known].mean()) if (~known).any() else plain
    said = np.interp(others, at, means, left=np.nan, right=np.nan)
    return np.where(np.isfinite(others), said, gap), plain


def _levels(texts: Array) -> Array:
    numbers: dict[Any, int] = {}
    return np.array([numbers.setdefault(text, len(numbers)) for text in texts.tolist()])
