"""What each column adds to the answer on a row: integrated gradients, told in raw columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.errors import InvalidValue, ShapeMismatch
from glassnet.inspection.attribution_forms import html_form, lines
from glassnet.inspection.averages import Average, cells_as_text
from glassnet.inspection.numerals import numeral
from glassnet.inspection.path_integrals import path_integrals
from glassnet.inspection.ranking import ranked


@dataclass(frozen=True, eq=False)
class Attributions:
    """How far each column moves the answer on each row; made by :func:`attributions`.

    Attributes
    ----------
    columns : tuple of str
        The c raw columns.
    contributions : (m, c) float64
        In units of the answer: probabilities, or those of the target.
    baseline, answers : (m,) float64
        The answer on the row of comparison, and on the row; the contributions are what lies
        between them, but for ``gaps``.
    of : tuple of str
        By row, which answer it is about.
    cells : (m, c) object
        The cells as text, None where missing.
    points : (m,) int
        Points at which the gradient of the row was taken.
    compared : str
        What the rows are compared with, in words.

    Examples
    --------
    >>> import glassnet as gn
    >>> net = gn.Network(2, [gn.Dense(1, "identity", init=gn.Constant(3.0))])
    >>> found = gn.attributions(net, [[1.0, 2.0], [0.0, -1.0]], baseline=[0.0, 0.0])
    >>> found.contributions.round(9).tolist()
    [[3.0, 6.0], [0.0, -3.0]]
    >>> print(found[0])
    y = 9: 0 on the baseline, and
        +6  x₂ = 2
        +3  x₁ = 1
    They add up to within 2·10⁻¹⁰ (16 points).
    """

    columns: tuple[str, ...]
    contributions: Array
    baseline: Array
    answers: Array
    of: tuple[str, ...]
    cells: Array
    points: Array
    compared: str

    @property
    def gaps(self) -> Array:
        """What the contributions leave unsaid: answers − baseline − their sum.  -> (m,)"""
        return self.answers - self.baseline - self.contributions.sum(axis=1)

    @property
    def sizes(self) -> dict[str, float]:
        """The mean |contribution| of each column over the rows, the largest first."""
        mean = np.abs(self.contributions).mean(axis=0)
        return {self.columns[j]: float(mean[j]) for j in ranked(mean, len(mean))}

    def __len__(self) -> int:
        """The number of rows."""
        return len(self.contributions)

    def __getitem__(self, row: int) -> Attributions:
        """One row, or several by a slice."""
        if isinstance(row, slice):
            kept = np.arange(len(self))[row]
        elif -len(self) <= row < len(self):
            kept = np.array([row % len(self)])
        else:
            raise IndexError(f"row must be from 0 to {len(self) - 1}; got {row}.")
        return Attributions(
            self.columns,
            self.contributions[kept],
            self.baseline[kept],
            self.answers[kept],
            tuple(self.of[k] for k in kept),
            self.cells[kept],
            self.points[kept],
            self.compared,
        )

    def largest(self, row: int = 0, k: int = 5) -> list[tuple[str, float]]:
        """The k columns that move a row most, either way: name and contribution."""
        own = self.contributions[row]
        return [(self.columns[j], float(own[j])) for j in ranked(np.abs(own), k)]

    def to_dict(self) -> dict[str, Array]:
        """A column per raw column, as ``pandas.DataFrame`` and ``polars.DataFrame`` take them."""
        return {name: self.contributions[:, j] for j, name in enumerate(self.columns)}

    def sentences(self) -> list[str]:
        """Of one row, what each column adds; of several, the columns by their mean size."""
        return lines(self)

    def __str__(self) -> str:
        """The sentences, a line each."""
        return "\n".join(self.sentences())

    def __repr__(self) -> str:
        """Say what it is in one line."""
        worst = numeral(float(np.abs(self.gaps).max()), 2)
        return f"Attributions({len(self)} rows of {len(self.columns)} columns; exact to {worst})"

    def __rich__(self) -> str:
        """The lines, for rich."""
        return str(self).replace("[", r"\[")

    def _repr_html_(self) -> str:
        """Bars to the left and the right, for notebooks."""
        return html_form(self)


def attributions(
    model: Any,
    X: Any,
    *,
    baseline: Any = None,
    of: Any = None,
    tolerance: float = 1e-3,
    most_points: int = 1024,
) -> Attributions:
    """What each column adds to the answer on each row, by integrated gradients.

    Between a row of comparison x′ and the row x, column j moves the answer F by

        Aⱼ = (xⱼ − xⱼ′) ∫₀¹ ∂F/∂xⱼ (x′ + t (x − x′)) dt,      Σⱼ Aⱼ = F(x) − F(x′)

    x being the encoded row; the encoded columns of a raw column are summed. F is what the model
    says: the mean of the members of a table estimator, calibrated and put back into units, not the
    first member alone. The integral is Gauss and Legendre's quadrature in float64, with as many
    points as each row needs for the sum to be right within ``tolerance``. Where that takes many and
    the networks are piecewise linear, the line is cut where a unit changes sides: each piece is
    then exact but for the output's own bend.

    Parameters
    ----------
    model : fitted estimator, Network, or a Pipeline of scalers and one
        A table estimator gives contributions of raw columns, others of their inputs.
    X : (m, n) frame or array
        As ``predict`` takes it, m ≥ 1.
    baseline : array or frame, optional
        As X; of several rows, such as those of training, their mean, encoded. By default, of a
        table estimator, the row in the middle: numbers at the median of training, the levels of a
        category in equal shares, nothing missing. Others need one.
    of : class, name or number of an answer, optional
        By default the number that is predicted (of quantiles that of the level nearest to ½); of
        two classes the second, of more the class that is predicted for the row.
    tolerance : float > 0
        Of the sum: of a probability, or of standard deviations of the target.
    most_points : int ≥ 1
        Of a line that is not cut. A row that needs more stays with a larger gap, which ``gaps``
        tells; with up to 512 no line is cut.

    Returns
    -------
    Attributions

    Raises
    ------
    InvalidValue, ShapeMismatch
        If rows or baseline do not fit the model, or ``of`` is none of its answers.

    References
    ----------
    Sundararajan, Taly & Yan (2017), Axiomatic attribution for deep networks, eq. 1 and
    proposition 1 (completeness).

    Examples
    --------
    >>> import glassnet as gn
    >>> net = gn.Network(3, [gn.Dense(8, "relu"), gn.Dense(1, "identity")], seed=0)
    >>> X = np.array([[1.0, 0.5, -2.0], [0.0, 2.0, 1.0]])
    >>> found = gn.attributions(net, X, baseline=np.zeros(3))
    >>> rise = gn.predict(net, X)[:, 0] - gn.predict(net, np.zeros((1, 3)))[0, 0]
    >>> bool(np.allclose(found.contributions.sum(axis=1), rise, atol=1e-4))
    True
    """
    _check(tolerance, most_points)
    average = Average.of(model)
    x = average.encode(X)
    if len(x) == 0:
        raise ShapeMismatch("X must have at least one row to be explained; it has none.")
    if average.table is None:
        raw = np.asarray(X, dtype=np.float64).reshape(x.shape)
        cells = np.array([[numeral(v) for v in row] for row in raw], dtype=object)
    else:
        cells = cells_as_text(average.table(X), average.columns)
    start, compared = _baseline(average, baseline)
    which = _which(average, x, of)
    return explained(average, x, cells, which, start, compared, tolerance, most_points)


def explained(
    average: Average,
    x: Array,
    cells: Array,
    which: Array,
    start: Array,
    compared: str,
    tolerance: float = 1e-3,
    most_points: int = 1024,
) -> Attributions:
    """The attributions of rows that are encoded already.  (m, d), (m, c), (m,), (d,)

    Examples
    --------
    >>> import glassnet as gn
    >>> average = Average.of(gn.Network(1, [gn.Dense(1, "identity", init=gn.Constant(3.0))]))
    >>> x, cells = np.array([[2.0]]), np.array([["2"]], dtype=object)
    >>> explained(average, x, cells, np.array([0]), np.zeros(1), "at 0").contributions.round(9)
    array([[6.]])
    """
    found = path_integrals(
        average, start, x, which, within=tolerance * average.units[which], most=most_points
    )
    by_column = np.stack([found.parts[:, block].sum(axis=1) for block in average.blocks], axis=1)
    of_rows = tuple(average.names[k] for k in which)
    return Attributions(
        average.columns, by_column, found.begin, found.end, of_rows, cells, found.points, compared
    )


def _check(tolerance: Any, most_points: Any) -> None:
    if not isinstance(tolerance, int | float) or not tolerance > 0:
        raise InvalidValue(f"tolerance must be a number above 0; got {tolerance!r}.")
    if not isinstance(most_points, int) or isinstance(most_points, bool) or most_points < 1:
        raise InvalidValue(f"most_points must be an integer from 1; got {most_points!r}.")


def _baseline(average: Average, given: Any) -> tuple[Array, str]:
    if given is not None:
        rows = average.encode(given)
        return rows.mean(axis=0), "on the baseline" if len(rows) == 1 else "on the mean row"
    if average.middle is None:
        raise InvalidValue(
            "baseline must be a row to compare with, as X has them, where the model knows no "
            "table; got None. Give X.mean(axis=0), or a usual row."
        )
    return average.middle, "in the middle of the table"


def _which(average: Average, x: Array, of: Any) -> Array:
    if of is not None:
        return np.full(len(x), average.place(of))
    if average.kind == "multiclass":
        return average.said(x).argmax(axis=1)
    return np.full(len(x), average.usual())
