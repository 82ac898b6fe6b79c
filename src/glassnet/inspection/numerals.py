"""Numbers and arrays as they are written beside an equation: in text, in LaTeX, in columns."""

from __future__ import annotations

from math import floor, isfinite, log10
from typing import Any

import numpy as np

from glassnet.arrays import Array

_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def numeral(value: float, digits: int = 4, *, latex: bool = False) -> str:
    r"""A number with so many significant digits, powers of ten written out.

    Examples
    --------
    >>> numeral(-0.12345678), numeral(2.0), numeral(1.5e-9), numeral(1.5e-9, latex=True)
    ('−0.1235', '2', '1.5·10⁻⁹', '1.5 \\cdot 10^{-9}')
    """
    value = float(value) + 0.0  # −0 is 0
    if not isfinite(value):
        infinite = r"\infty" if latex else "∞"
        sign = ("-" if latex else "−") if value < 0 else ""
        return (r"\text{nan}" if latex else "nan") if value != value else sign + infinite
    text = f"{value:.{digits}g}"
    mantissa, _, power = text.partition("e")
    if not latex:
        mantissa = mantissa.replace("-", "−")
    if not power:
        return mantissa
    if latex:
        return rf"{mantissa} \cdot 10^{{{int(power)}}}"
    return f"{mantissa}·10{str(int(power)).translate(_RAISED)}"


def column(values: Array, digits: int = 4) -> list[str]:
    """Numbers of one array, all with as many decimals, so that the points stand in line.

    An exact 0 is written ``0``, so that it is told from what was rounded to 0.

    Examples
    --------
    >>> column(np.array([0.25, -12.5, 0.0]))
    ['0.25', '−12.50', '0']
    """
    flat = np.asarray(values, dtype=np.float64).ravel()
    sizes = np.abs(flat[np.isfinite(flat) & (flat != 0)])
    if not sizes.size:
        return [numeral(value, digits) for value in flat]
    largest = floor(log10(sizes.max()))
    if not -3 <= largest < 6:
        return [numeral(value, digits - 1) for value in flat]
    if np.array_equal(flat, np.round(flat)):
        return [numeral(value, 7) for value in flat]
    decimals = max(2, digits - 1 - max(largest, -2))
    return [_fixed(float(value), decimals) for value in flat]


def _fixed(value: float, decimals: int) -> str:
    if value == 0 or not isfinite(value):
        return numeral(value)
    return f"{value:.{decimals}f}".replace("-", "−")


def excerpt(count: int, most: int) -> list[int | None]:
    """Which of ``count`` rows or columns to show; None stands for those left out.

    Examples
    --------
    >>> excerpt(3, 6), excerpt(100, 5)
    ([0, 1, 2], [0, 1, 2, None, 99])
    """
    if count <= most:
        return list(range(count))
    return [*range(max(1, most - 2)), None, count - 1]


def grid(array: Array, *, rows: int = 8, columns: int = 8, digits: int = 4) -> list[list[str]]:
    """An array as rows of texts, at most so many of them, with ``…`` for those left out.

    A vector is one row; a sparse array is filled in where it is shown.

    Examples
    --------
    >>> grid(np.eye(2))
    [['1', '0'], ['0', '1']]
    """
    two = array if array.ndim == 2 else np.reshape(array, (1, -1))
    down, across = excerpt(two.shape[0], rows), excerpt(two.shape[1], columns)
    shown = _dense(two, [r for r in down if r is not None], [c for c in across if c is not None])
    texts = iter(column(shown, digits))
    return [["⋮" if r is None else "…" if c is None else next(texts) for c in across] for r in down]


def _dense(array: Any, rows: list[int], columns: list[int]) -> Array:
    part = array[rows][:, columns]
    return part.toarray() if hasattr(part, "toarray") else np.asarray(part)


def aligned(cells: list[list[str]]) -> list[str]:
    """Rows of texts as lines, each column flush right.

    Examples
    --------
    >>> aligned([["1", "−2"], ["10", "3"]])
    [' 1  −2', '10   3']
    """
    widths = [max(len(row[k]) for row in cells) for k in range(len(cells[0]))] if cells else []
    return [
        "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        for row in cells
    ]


def matrix_latex(cells: list[list[str]]) -> str:
    r"""Rows of texts as a LaTeX matrix.

    Examples
    --------
    >>> matrix_latex([["1", "−2"]])
    '\\begin{pmatrix} 1 & -2 \\end{pmatrix}'
    """
    body = r" \\ ".join(" & ".join(_latex_cell(cell) for cell in row) for row in cells)
    return rf"\begin{{pmatrix}} {body} \end{{pmatrix}}"


def _latex_cell(cell: str) -> str:
    if cell in ("⋮", "…"):
        return {"⋮": r"\vdots", "…": r"\cdots"}[cell]
    mantissa, _, power = cell.partition("·10")
    plain = mantissa.replace("−", "-").replace("∞", r"\infty")
    lowered = power.translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789"))
    return rf"{plain} \cdot 10^{{{lowered}}}" if power else plain
