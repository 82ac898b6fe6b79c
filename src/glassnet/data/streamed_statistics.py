"""Means, spreads, levels and classes of rows that are read once and in pieces."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.data.row_blocks import Block
from glassnet.data.row_sets import RowSet, require_finite_rows, row_in_words
from glassnet.data.row_shares import TEST, Shares
from glassnet.data.shuffled_rows import ShuffledRows
from glassnet.data.tables import Kind
from glassnet.errors import BadFile, InvalidValue

MOST_VALUES = 10_000  # different values of a numeric target that are remembered


@dataclass(frozen=True, eq=False)
class Moments:
    """Weight, mean, standard deviation, least and largest value of each column; nan left out.

    Parts of the rows are merged by the formulas of Chan, Golub and LeVeque, written for standard
    deviations, so that neither squares of large numbers overflow nor those of small ones vanish.

    Attributes
    ----------
    total, mean, spread, low, high : (d,) float64
        Of a column without values, 0 in the first three.

    Examples
    --------
    >>> first, rest = np.array([[1.0], [2.0]]), np.array([[6.0], [np.nan]])
    >>> both = Moments.of(first).merged(Moments.of(rest))
    >>> both.mean, both.spread.round(3), both.total
    (array([3.]), array([2.16]), array([3.]))

    References
    ----------
    Chan, Golub & LeVeque (1983), Algorithms for computing the sample variance, eq. 2.1.
    """

    total: Array
    mean: Array
    spread: Array
    low: Array
    high: Array

    @classmethod
    def of(cls, values: Array, w: Array | None = None) -> Moments:
        """Those of some rows.  (n, d), (n,) or None

        A column is first moved and shrunk to [−1, 1], as in
        :func:`~glassnet.data.scaling.center_and_scale`.
        """
        v = np.asarray(values, np.float64)
        there = ~np.isnan(v)
        weight = there * (1.0 if w is None else np.asarray(w, np.float64)[:, None])
        total = weight.sum(axis=0)
        low = np.fmin.reduce(v, axis=0, initial=np.inf)
        high = np.fmax.reduce(v, axis=0, initial=-np.inf)
        with np.errstate(invalid="ignore"):  # of a column without values
            middle = np.where(total > 0, low / 2 + high / 2, 0.0)
            half = np.where(total > 0, high / 2 - low / 2, 0.0)
        unit = (v - middle) / np.where(half > 0, half, 1.0)
        unit[~there] = 0.0
        share = weight / np.where(total > 0, total, 1.0)
        centre = (share * unit).sum(axis=0)
        spread = np.sqrt((share * np.square(unit - centre)).sum(axis=0))
        return cls(total, middle + half * centre, half * spread, low, high)

    def merged(self, other: Moments) -> Moments:
        """Those of the rows of both."""
        total = self.total + other.total
        a, b = (part.total / np.where(total > 0, total, 1.0) for part in (self, other))
        apart = other.mean / 2 - self.mean / 2  # halves, since the difference may overflow
        with np.errstate(over="ignore"):  # of the one of the two that is not taken
            mean = np.where(a >= b, self.mean + apart * (2 * b), other.mean - apart * (2 * a))
        within = np.hypot(np.sqrt(a) * self.spread, np.sqrt(b) * other.spread)
        return Moments(
            total,
            mean,
            np.hypot(within, apart * (2 * np.sqrt(a * b))),
            np.fmin(self.low, other.low),
            np.fmax(self.high, other.high),
        )

    def center_and_scale(self, j: int) -> tuple[float, float]:
        """Mean and scale of a column: (0, 1) without values, scale 1 for a constant."""
        if not self.total[j] > 0:
            return 0.0, 1.0
        low, high = float(self.low[j]), float(self.high[j])
        if low == high:
            return low, 1.0
        return float(self.mean[j]), float(self.spread[j]) or high - low


@dataclass
class Levels:
    """The different values of a column, how often each comes, and how many are missing.

    Beyond ``most`` different values no more are remembered, and ``many`` is true. ``whole`` says
    whether all numbers are.
    """

    most: int
    counts: dict[Any, int] = field(default_factory=dict[Any, int])
    missing: int = 0
    many: bool = False
    whole: bool = True

    def add(self, values: Array) -> None:
        """Count some values: numbers, or texts with None for missing."""
        if values.dtype.kind == "f":
            absent = np.isnan(values)
            values = values[~absent]
            self.whole = self.whole and bool(np.all(np.mod(values, 1) == 0))
        else:
            absent = np.array([value is None for value in values.tolist()], bool)
            values = values[~absent].astype(str) if values.dtype.kind == "O" else values
        self.missing += int(absent.sum())
        if self.many:
            return
        found, counts = np.unique(values, return_counts=True)
        for value, count in zip(found.tolist(), counts.tolist(), strict=True):
            self.counts[value] = self.counts.get(value, 0) + count
        self.many = len(self.counts) > self.most

    def merge(self, other: Levels) -> None:
        """Take in the counts of other rows."""
        self.missing, self.whole = self.missing + other.missing, self.whole and other.whole
        for value, count in other.counts.items():
            self.counts[value] = self.counts.get(value, 0) + count
        self.many = self.many or other.many or len(self.counts) > self.most


@dataclass
class TableStatistics:
    """What encoders learn from: of the inputs that hold numbers, of the others, and of the target.

    Attributes
    ----------
    kinds : mapping of str to kind
        Of every column, the target's too.
    numbers : tuple of str
        The inputs that hold numbers, in the order of ``moments``.
    levels : dict of str to Levels
        Of the other inputs.
    target : Levels
        Of all rows, those of the test too: a class that only they have is a class.
    rows, learned : int
        All rows, and those that are no test rows, of which all but ``target`` is.
    moments : Moments or None
    target_moments : Moments or None
        Of a target of numbers.
    """

    kinds: Mapping[str, Kind]
    numbers: tuple[str, ...]
    levels: dict[str, Levels]
    target: Levels
    rows: int = 0
    learned: int = 0
    moments: Moments | None = None
    target_moments: Moments | None = None

    def merge(self, other: TableStatistics) -> None:
        """Take in those of other rows."""
        self.rows += other.rows
        self.learned += other.learned
        self.moments = _both(self.moments, other.moments)
        self.target_moments = _both(self.target_moments, other.target_moments)
        self.target.merge(other.target)
        for name, levels in self.levels.items():
            levels.merge(other.levels[name])


def table_statistics(
    rows: RowSet,
    shares: Shares,
    most_levels: int,
    tell: Callable[[int], object] = lambda _: None,
) -> TableStatistics:
    """The statistics of all rows but those of the test, in one pass over the files.

    Groups that cannot be read are left out, where that is wished.

    Parameters
    ----------
    rows : RowSet
    shares : Shares
        By which test rows are told.
    most_levels : int
        That a column of text may have.
    tell : callable, optional
        Hears how many rows have been read.

    Raises
    ------
    BadFile
        If a group cannot be read.
    InvalidValue
        If a number is infinite, a target is missing, or a column of text has too many levels.
    """
    kinds: Mapping[str, Kind] = {
        name: rows.source.kind(name) for name in (*rows.inputs, *rows.targets)
    }
    whole, read = _nothing(rows, kinds, most_levels), 0
    for group in rows.groups:
        part = _nothing(rows, kinds, most_levels)
        try:
            for block in rows.source.read(group, rows.columns):
                _add(part, block, rows, shares)
        except BadFile as error:
            rows.leave_out(group, error)
            continue
        whole.merge(part)
        _check(whole, most_levels)
        read += group.rows
        tell(read)
    return whole


def _nothing(rows: RowSet, kinds: Mapping[str, Kind], most_levels: int) -> TableStatistics:
    numbers = tuple(name for name in rows.inputs if kinds[name] == "numeric")
    levels = {name: Levels(most_levels) for name in rows.inputs if name not in numbers}
    return TableStatistics(kinds, numbers, levels, Levels(MOST_VALUES))


def _add(seen: TableStatistics, block: Block, rows: RowSet, shares: Shares) -> None:
    parts = shares.parts(block.group.first + block.start, len(block))
    learned: Any = parts != TEST if shares.holds_out else slice(None)
    seen.rows += len(block)
    seen.learned += int(np.count_nonzero(parts != TEST))
    if seen.numbers:
        values = block.numbers(seen.numbers, "float64")
        require_finite_rows(block, seen.numbers, values, missing=True)
        seen.moments = _both(seen.moments, Moments.of(values[learned]))
    for name, levels in seen.levels.items():
        levels.add(block.column(name).texts()[learned])
    (target,) = rows.targets
    column = block.column(target)
    if column.missing.any():
        where = row_in_words(block, int(np.argmax(column.missing)))
        raise InvalidValue(
            f"a target must not be missing; {target!r} is in {where}. Leave such rows out."
        )
    seen.target.add(column.values)
    if column.kind == "numeric":
        values = column.values[:, None]
        require_finite_rows(block, (target,), values)
        seen.target_moments = _both(seen.target_moments, Moments.of(values[learned]))


def _check(seen: TableStatistics, most_levels: int) -> None:
    for name, levels in seen.levels.items():
        if levels.many:
            raise InvalidValue(
                f"a column of text may have {most_levels} levels; {name!r} has more in the first "
                f"{seen.rows:,} rows. Leave it out if it names rows, or turn it into numbers."
            )


def _both(one: Moments | None, other: Moments | None) -> Moments | None:
    if one is None or other is None:
        return other if one is None else one
    return one.merged(other)


def moments_of(data: ShuffledRows) -> tuple[Moments, Moments]:
    """Those of x and of y, of the rows that are trained on under their weights: one pass."""
    x: Moments | None = None
    y: Moments | None = None
    for group in data.groups:
        for part in data.training_blocks(group):
            x, y = _both(x, Moments.of(part.x, part.w)), _both(y, Moments.of(part.y, part.w))
    assert x is not None  # there is a row to train on
    assert y is not None
    return x, y


def class_counts(rows: RowSet, names: Sequence[str]) -> Levels:
    """The different values of target columns that are classes, and how often each comes.

    Raises
    ------
    InvalidValue
        If one is missing.
    """
    found = Levels(MOST_VALUES)
    for block in rows.blocks(names, lambda _: None):
        for name in names:
            values = block.values(name)
            found.add(values)
            if found.missing:
                absent = np.array([value is None or value != value for value in values.tolist()])
                where = row_in_words(block, int(np.argmax(absent)))
                raise InvalidValue(
                    f"a target must not be missing; {name!r} is in {where}. Leave such rows out."
                )
    return found
