"""The gradient before its judge: numerical differences, kinks, and what ReLU′(0) decides."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Any

from glassnet.errors import InvalidValue
from glassnet.inspection.at_zero import AtZero, at_zero_table
from glassnet.inspection.comparison import BlockCheck, compared
from glassnet.inspection.looking import look_at
from glassnet.inspection.numerals import numeral
from glassnet.inspection.trace_html import page

TOLERANCE = 1e-6


@dataclass(frozen=True)
class GradientCheck:
    """What :func:`check_gradients` found; ``print`` it.

    Attributes
    ----------
    blocks : tuple of BlockCheck
        One per parameter block, in the order of θ: its worst relative error, entries checked, rows
        left out.
    rows_left_out : tuple of int
        Rows for which some step crossed a kink.
    at_zero : tuple of AtZero
        For φ′(0) = 0, ½ and 1: how far each ∂J/∂W moves. Empty where no activation has the choice.
    exact_zeros : dict of int
        How many z̃ are exactly 0, by layer, in layers whose activation has the choice.
    J : float
        The cost of the rows.
    engine, dtype : str
        Whose gradient was checked (in float64), and the dtype in which ``at_zero`` was measured.

    Examples
    --------
    >>> import glassnet as gn
    >>> net = gn.Network(1, [gn.Dense(1, "identity")], seed=0)
    >>> gn.check_gradients(net, [[1.0], [2.0]], [0.0, 1.0]).passed
    True
    """

    blocks: tuple[BlockCheck, ...]
    rows_left_out: tuple[int, ...]
    at_zero: tuple[AtZero, ...]
    exact_zeros: dict[int, int]
    J: float
    engine: str
    dtype: str

    @property
    def worst(self) -> float:
        """The worst relative error of all entries checked; nan where none could be."""
        errors = [block.error for block in self.blocks if block.checked]
        return max(errors) if errors else float("nan")

    @property
    def passed(self) -> bool:
        """Whether some entries could be checked, and none is off by more than 10⁻⁶ of itself."""
        return self.worst <= TOLERANCE

    def verdict(self) -> str:
        """What was found, in one or two sentences."""
        checked, entries = (sum(getattr(b, name) for b in self.blocks) for name in _COUNTS)
        if not checked:
            return (
                "Nothing could be checked: every step crosses a kink. Look at other rows, or move "
                "the parameters a little."
            )
        if not self.passed:
            wrong = [block.name for block in self.blocks if block.error > TOLERANCE]
            return (
                f"WRONG: the gradient of {', '.join(wrong)} is not that of J; the worst entry is "
                f"off by {numeral(self.worst, 2)} of itself. If the function is your own, compare "
                "its derivative with its value."
            )
        part = "" if checked == entries else f" ({checked:,} of {entries:,} entries were checked)"
        return f"Right: the gradient is that of J, to {numeral(self.worst, 2)} of each entry{part}."

    def __str__(self) -> str:
        """The verdict and the tables as text."""
        lines = [self.verdict(), f"{self.engine} engine, J = {numeral(self.J, 6)}", ""]
        rows = [_HEAD, *(block.row() for block in self.blocks)]
        lines += _columns(rows)
        lines += ["", *self.kink_words()]
        if self.at_zero:
            lines += ["", *_columns(self._at_zero_rows())]
        return "\n".join(lines).rstrip()

    def kink_words(self) -> list[str]:
        """Which rows were left out, and how many z̃ are exactly 0, in sentences."""
        said: list[str] = []
        if self.rows_left_out:
            shown = ", ".join(map(str, self.rows_left_out[:10]))
            more = len(self.rows_left_out) - 10
            rest = f" and {more:,} more" if more > 0 else ""
            noun = "row" if len(self.rows_left_out) == 1 else "rows"
            said.append(
                f"Left out where a step crosses a kink: {noun} {shown}{rest} (counted from 0)."
            )
        else:
            said.append("No step crosses a kink.")
        for l, count in self.exact_zeros.items():
            said.append(f"Layer {l}: {count:,} z exactly 0, in {self.dtype}.")
        if self.at_zero and not any(self.exact_zeros.values()):
            said.append("So φ′(0) decides nothing here: the gradient is the same for each choice.")
        return said

    def _at_zero_rows(self) -> list[tuple[str, ...]]:
        names = list(self.at_zero[0].moved)
        rows = [("φ′(0)", *(f"∂J/∂{name} moves by" for name in names))]
        for each in self.at_zero:
            shares = (f"{each.moved[name]:.1%}" for name in names)
            rows += [(numeral(each.value), *shares)]
        return rows

    def _repr_html_(self) -> str:
        """Show it in a notebook."""
        tables = [_table([_HEAD, *(block.row() for block in self.blocks)])]
        if self.at_zero:
            tables.append(_table(self._at_zero_rows()))
        said = "".join(f"<p>{escape(words)}</p>" for words in self.kink_words())
        return page(f"<p><b>{escape(self.verdict())}</b></p>", tables[0], said, *tables[1:])


_HEAD = ("block", "worst relative error", "entries", "checked", "rows left out")
_COUNTS = ("checked", "entries")


def _columns(rows: list[tuple[str, ...]]) -> list[str]:
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def _table(rows: list[tuple[str, ...]]) -> str:
    kinds = ["th"] + ["td"] * (len(rows) - 1)
    lines = (
        "".join(f"<{kind}>{escape(cell)}</{kind}>" for cell in row)
        for kind, row in zip(kinds, rows, strict=True)
    )
    made = "".join(f"<tr>{line}</tr>" for line in lines)
    return f'<table class="stats"><tbody>{made}</tbody></table>'


def check_gradients(
    net: Any,
    X: Any,
    y: Any,
    weights: Any = None,
    *,
    entries: int | None = 200,
    engine: Any = "auto",
) -> GradientCheck:
    """Compare the gradient with numerical differences of J, block by block, aside from kinks.

    Each entry of θ is moved by ±h and ±2h and the four-point rule is applied, as in training at the
    network's step t (batch statistics, this step's dropout), in float64. Where the move carries a
    row's z̃ over a kink, that row is left out of both sides of the comparison for that entry; with
    batch norm, whose rows act on each other, the entry is left out. All such rows are named.

    Then the gradient is taken with φ′(0) = 0, ½ and 1 in the activations that have the choice
    (relu, leaky_relu), in the network's own dtype: how far it moves is the measured influence of
    a convention.

    Parameters
    ----------
    net : Network or fitted estimator
    X, y, weights : as for :func:`glassnet.trace`
    entries : int ≥ 1 or None
        At most so many entries of each block, drawn by the network's seed; None checks all.
    engine : "auto", "native", "reference" or an Engine
        Whose gradient is checked; "auto" is the one that trains.

    Returns
    -------
    GradientCheck

    Raises
    ------
    InvalidValue, ShapeMismatch, Unsupported

    References
    ----------
    Abramowitz & Stegun (1964), 25.3.6; Bertoin et al. (2021), Numerical influence of ReLU′(0) on
    backpropagation.

    Examples
    --------
    >>> import glassnet as gn
    >>> net = gn.Network(2, [gn.Dense(3, "relu"), gn.Dense(1, "identity")], seed=0)
    >>> found = check_gradients(net, [[1.0, 2.0], [0.0, 0.0]], [0.5, 1.0])
    >>> found.passed, found.rows_left_out, found.exact_zeros
    (True, (1,), {1: 3})
    >>> [round(each.moved["b[1]"], 3) for each in found.at_zero][0]
    0.0
    """
    if entries is not None and (
        isinstance(entries, bool) or not isinstance(entries, int) or entries < 1
    ):
        raise InvalidValue(f"entries must be a positive integer or None; got {entries!r}.")
    if y is None:
        raise InvalidValue("check_gradients needs y, since J is made with it; got None.")
    looked = look_at(net, X, y, weights, ensembles=True)
    blocks, rows, J, name = compared(looked, entries, engine)
    table, zeros = at_zero_table(looked)
    dtype = str(looked.net.state.theta.dtype)
    return GradientCheck(blocks, rows, table, zeros, J, name, dtype)
