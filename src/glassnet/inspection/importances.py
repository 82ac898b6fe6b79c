"""What each column is worth: how much worse the answers are when its values are shuffled."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.errors import InvalidValue
from glassnet.inspection.averages import Average
from glassnet.inspection.bars import Bar, bars_html
from glassnet.inspection.judging import Judge, judge, rows_and_truth
from glassnet.inspection.numerals import column, numeral
from glassnet.inspection.ranking import ranked

MOST_ROWS = 4096  # evenly spaced ones are looked at where there are more
_SHOWN = 30


@dataclass(frozen=True, eq=False)
class Importances:
    """How much a measure of error rises when one column is shuffled; made by :func:`importances`.

    Attributes
    ----------
    columns : tuple of str
        The c raw columns, the most important first.
    rises : (c, repeats) float64
        Error with the column shuffled, less the error without; in the same order.
    metric : str
        "log-loss", "share of wrong answers", "RMSE", …
    error : float
        The error with no column shuffled.
    rows : int
        Rows that were looked at.

    Examples
    --------
    >>> found = Importances(("a", "b"), np.array([[0.5, 0.7], [0.0, 0.0]]), "RMSE", 1.25, 100)
    >>> print(found)
    RMSE is 1.25 on 100 rows; with one column shuffled (2 times) it rises by
        0.60 ± 0.14  a
        0            b
    """

    columns: tuple[str, ...]
    rises: Array
    metric: str
    error: float
    rows: int

    @property
    def means(self) -> Array:
        """The mean rise of each column.  -> (c,)"""
        return self.rises.mean(axis=1)

    @property
    def spreads(self) -> Array:
        """The standard deviation of each column's rises over the repeats.  -> (c,)"""
        several = self.rises.shape[1] > 1
        return self.rises.std(axis=1, ddof=1) if several else np.zeros(len(self.rises))

    def __len__(self) -> int:
        """The number of columns."""
        return len(self.columns)

    def __getitem__(self, name: str) -> float:
        """The mean rise of a column, by its name."""
        if name not in self.columns:
            raise InvalidValue(f"no column is named {name!r}. Known: {', '.join(self.columns)}.")
        return float(self.means[self.columns.index(name)])

    def to_dict(self) -> dict[str, Any]:
        """Columns of a frame: ``column``, ``importance``, ``spread``, the most important first."""
        return {
            "column": list(self.columns),
            "importance": self.means,
            "spread": self.spreads,
        }

    def sentences(self) -> list[str]:
        """The error, and the rise of each column."""
        repeats = self.rises.shape[1]
        times = "once" if repeats == 1 else f"{repeats} times"
        head = (
            f"{self.metric} is {numeral(self.error)} on {self.rows:,} rows; with one column "
            f"shuffled ({times}) it rises by"
        )
        means, spreads = self.means[:_SHOWN], self.spreads[:_SHOWN]
        texts = column(np.concatenate([means, spreads]), 3)
        rises = texts[: len(means)]
        doubts = [f" ± {text}" if text != "0" else "" for text in texts[len(means) :]]
        wide, also = (max(map(len, each), default=0) for each in (rises, doubts))
        pairs = zip(rises, doubts, self.columns, strict=False)
        lines = [
            f"    {rise.rjust(wide)}{doubt.ljust(also)}  {name}" for rise, doubt, name in pairs
        ]
        left = len(self) - _SHOWN
        return [head, *lines, *([f"    … and {left} less important columns"] if left > 0 else [])]

    def __str__(self) -> str:
        """The sentences, a line each."""
        return "\n".join(self.sentences())

    def __repr__(self) -> str:
        """Say what it is in one line."""
        first = ", ".join(self.columns[:3])
        return f"Importances({len(self)} columns by rise of {self.metric}; first {first})"

    def __rich__(self) -> str:
        """The lines, for rich."""
        return str(self).replace("[", r"\[")

    def _repr_html_(self) -> str:
        """Bars with their spread, for notebooks."""
        pairs = zip(self.columns, self.means, self.spreads, strict=True)
        bars = [Bar(name, float(mean), float(spread)) for name, mean, spread in pairs]
        head = escape(self.sentences()[0])
        return f'<div class="glassnet-bars"><p>{head}</p>{bars_html(bars[:_SHOWN])}</div>'


def importances(
    model: Any,
    X: Any,
    y: Any,
    *,
    metric: str | None = None,
    repeats: int = 5,
    most_rows: int = MOST_ROWS,
    seed: int = 0,
) -> Importances:
    """Shuffle one column at a time, and see how much worse the answers become.

    The columns are those of the table, whatever they are encoded into. On rows that the model was
    trained on this says what it uses; on others, what of that holds. Columns that tell the same
    stand in for each other, and each alone then looks unimportant.

    Parameters
    ----------
    model : fitted estimator, Network, or a Pipeline of scalers and one
    X, y : as ``fit`` takes them
    metric : str, optional
        Of classes "log_loss" (the default) or "error", the share of wrong answers; of numbers
        "rmse" (the default) or "mae", each target in its own units, or where there are several in
        standard deviations of training; of quantiles "pinball".
    repeats : int ≥ 1
        How often each column is shuffled.
    most_rows : int ≥ 1
        Of more rows as many, evenly spaced, are looked at.
    seed : int ≥ 0

    Returns
    -------
    Importances

    Raises
    ------
    InvalidValue, ShapeMismatch, UnknownName
        If rows and targets do not fit the model, or a parameter is not what it must be.

    References
    ----------
    Breiman (2001), Random forests, section 10; Fisher, Rudin & Dominici (2019), All models are
    wrong, but many are useful, section 3.

    Examples
    --------
    >>> import glassnet as gn
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(200, 3))
    >>> net = gn.Network(3, [gn.Dense(1, "identity", init="zeros")])
    >>> net.W[1][:] = [[3.0, 0.0, 1.0]]
    >>> found = gn.importances(net, X, X @ [3.0, 0.0, 1.0])
    >>> found.columns, found["x₂"]
    (('x₁', 'x₃', 'x₂'), 0.0)
    """
    _check(repeats, most_rows, seed)
    average = Average.of(model)
    measure = judge(average, metric)
    x, truth = rows_and_truth(model, average, X, y)
    if len(x) > most_rows:
        kept = np.unique(np.linspace(0, len(x) - 1, most_rows).astype(np.int64))
        x, truth = x[kept], truth[kept]
    error = measure.error(truth, average.said(x))
    rises = np.zeros((len(average.columns), repeats))
    for j, block in enumerate(average.blocks):
        rises[j] = _with_shuffled(average, measure, x, truth, block, repeats, (seed, j)) - error
    order = ranked(rises.mean(axis=1), len(rises))
    names = tuple(average.columns[j] for j in order)
    return Importances(names, rises[order], measure.name, error, len(x))


def _with_shuffled(
    average: Average,
    measure: Judge,
    x: Array,
    truth: Array,
    block: slice,
    repeats: int,
    seed: tuple[int, int],
) -> Array:
    """The error when the encoded columns of one raw column are shuffled together.  -> (repeats,)"""
    rng, shuffled = np.random.default_rng(seed), x.copy()
    found = np.empty(repeats)
    for k in range(repeats):
        shuffled[:, block] = x[rng.permutation(len(x)), block]
        found[k] = measure.error(truth, average.said(shuffled))
    return found


def _check(repeats: Any, most_rows: Any, seed: Any) -> None:
    for name, value, least in (
        ("repeats", repeats, 1),
        ("most_rows", most_rows, 1),
        ("seed", seed, 0),
    ):
        whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
        if not whole or value < least:
            raise InvalidValue(f"{name} must be an integer from {least}; got {value!r}.")
