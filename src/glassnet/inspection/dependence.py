"""How the answers go with one column: its partial dependence, for numbers, levels and gaps."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.data.rules import Encoded
from glassnet.data.tables import Column, as_objects
from glassnet.errors import InvalidValue, UnknownName
from glassnet.inspection.averages import Average
from glassnet.inspection.numerals import aligned, column, numeral

_LEVELS = 20  # of a category, the commonest
_GAP = "missing"


@dataclass(frozen=True, eq=False)
class Dependence:
    """The mean answer if all rows had one value in a column; made by :func:`dependence`.

    Attributes
    ----------
    column : str
    of : str
        Which answer it is about.
    grid : (g,) float64 or object
        The values: numbers in order, levels as text in their order or the commonest first, dates
        as text.
    means : (g,) float64
        The mean answer over the rows, at each.
    shares : (g,) float64
        Of levels the share of rows that have them; of numbers the share of rows at or below.
    gap : (float, float) or None
        The mean answer where the column is missing, and the share of rows in which it is; None
        where it never is.
    rows : int

    Examples
    --------
    >>> found = Dependence(
    ...     "size", "y", np.array([1.0, 2.0]), np.array([0.5, 2.5]), np.array([0.0, 1.0]), None, 10
    ... )
    >>> print(found)
    Mean y over 10 rows, if all had this size:
        1  0.50
        2  2.50
    """

    column: str
    of: str
    grid: Array
    means: Array
    shares: Array
    gap: tuple[float, float] | None
    rows: int

    @property
    def numeric(self) -> bool:
        """Whether the values are numbers in order."""
        return self.grid.dtype != object

    @property
    def range(self) -> float:
        """How far the means lie apart, a gap's among them."""
        every = [*self.means.tolist(), *([] if self.gap is None else [self.gap[0]])]
        return float(max(every) - min(every))

    def to_dict(self) -> dict[str, Any]:
        """Columns of a frame: ``value``, ``mean`` and ``share``; a gap is the value None."""
        if self.gap is None:
            return {"value": self.grid.tolist(), "mean": self.means, "share": self.shares}
        return {
            "value": [*self.grid.tolist(), None],
            "mean": np.append(self.means, self.gap[0]),
            "share": np.append(self.shares, self.gap[1]),
        }

    def sentences(self) -> list[str]:
        """The mean answer at each value."""
        values = [numeral(v, 6) if self.numeric else str(v) for v in self.grid.tolist()]
        means = self.means if self.gap is None else np.append(self.means, self.gap[0])
        values += [] if self.gap is None else [_GAP]
        cells = [[value, text] for value, text in zip(values, column(means, 3), strict=True)]
        head = f"Mean {self.of} over {self.rows:,} rows, if all had this {self.column}:"
        return [head, *(f"    {line}" for line in aligned(cells))]

    def __str__(self) -> str:
        """The sentences, a line each."""
        return "\n".join(self.sentences())

    def __repr__(self) -> str:
        """Say what it is in one line."""
        return f"Dependence({self.of} on {self.column!r}; range {numeral(self.range, 3)})"

    def __rich__(self) -> str:
        """The lines, for rich."""
        return str(self).replace("[", r"\[")


def dependence(
    est: Any, X: Any, column: Any, *, of: Any = None, points: int = 20, most_rows: int = 1000
) -> Dependence:
    """Give all rows one value of a column, take the mean answer, and so on for other values.

    Parameters
    ----------
    est : fitted table estimator
    X : (m, n) frame or array
        As ``predict`` takes it: the rows over which the mean is taken.
    column : str
        The name of a raw column (of an array ``"x0"``, ``"x1"``, …).
    of : class, name or number of an answer, optional
        By default the number that is predicted, of classes the last.
    points : int ≥ 2
        Of a number, quantiles of X at most; of a category, at most 20 levels.
    most_rows : int ≥ 1
        Of more rows as many, evenly spaced.

    Returns
    -------
    Dependence

    Raises
    ------
    InvalidValue, UnknownName

    References
    ----------
    Friedman (2001), Greedy function approximation, section 8.2.

    Examples
    --------
    >>> import glassnet as gn
    >>> X = [[x / 40, "up" if x % 2 else "down"] for x in range(40)]
    >>> y = [row[0] + (row[1] == "up") for row in X]
    >>> reg = gn.TableRegressor("fast", epochs=60, random_state=0).fit(X, y)
    >>> found = gn.dependence(reg, X, "x1")
    >>> found.grid.tolist(), bool(found.means[1] > found.means[0])
    (['down', 'up'], True)
    """
    average = Average.of(est)
    if average.table is None:
        raise InvalidValue(
            f"dependence takes a fitted table estimator; got {type(est).__name__}. For others "
            "there is sklearn.inspection.partial_dependence."
        )
    if column not in average.columns:
        raise UnknownName("column of the model", str(column), average.columns)
    if not isinstance(points, int) or points < 2:
        raise InvalidValue(f"points must be an integer from 2; got {points!r}.")
    if not isinstance(most_rows, int) or most_rows < 1:
        raise InvalidValue(f"most_rows must be an integer from 1; got {most_rows!r}.")
    given = average.table(X)[column]
    x = average.encode(X)
    if len(x) > most_rows:
        x = x[np.unique(np.linspace(0, len(x) - 1, most_rows).astype(np.int64))]
    k = average.usual() if of is None else average.place(of)
    place = average.columns.index(column)
    grid, shares = _grid(given, points)
    blocks = _encoded(est.encoder_.rules[place], given, grid)
    means = np.empty(len(blocks))
    for row, block in enumerate(blocks):
        x[:, average.blocks[place]] = block
        means[row] = average.said(x)[:, k].mean()
    missing = float(given.missing.mean())
    gap = (float(means[-1]), missing) if missing else None
    if given.kind == "date":
        grid = as_objects(Column(column, "date", grid).texts().tolist())
    return Dependence(column, average.names[k], grid, means[:-1], shares, gap, len(x))


def _grid(given: Column, points: int) -> tuple[Array, Array]:
    """Values of a column that is there, and the share of rows that each stands for."""
    known = given.take(np.flatnonzero(~given.missing))
    if len(known) == 0:
        raise InvalidValue(f"{given.name!r} is missing in every row of X. Give others.")
    if known.kind not in ("categorical", "boolean"):
        values = np.unique(known.values)
        if len(values) > points:
            values = np.unique(np.quantile(known.values, np.linspace(0.01, 0.99, points)))
        return values, (known.values[:, None] <= values).mean(axis=0)
    order = getattr(known, "order", None)
    counts = Counter(known.texts().tolist())
    levels = list(order) if order else [level for level, _ in _commonest(counts)]
    levels = [level for level in levels if counts[level]][:_LEVELS]
    return as_objects(levels), np.array([counts[level] / len(given) for level in levels])


def _commonest(counts: Counter[Any]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda pair: (-pair[1], str(pair[0])))


def _encoded(rule: Any, given: Column, grid: Array) -> Array:
    """The block of encoded columns at each value, and last where it is missing.  -> (g + 1, b)"""
    if given.kind in ("categorical", "boolean"):
        cells = Column(rule.name, "categorical", as_objects([*grid.tolist(), None]))
    else:
        cells = Column(rule.name, given.kind, np.append(grid, np.nan))
    out = np.empty((len(grid) + 1, len(rule.outputs)))
    rule.fill(cells, out, Encoded(out))
    return out
