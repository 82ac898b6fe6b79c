"""Contributions of columns as text and as bars."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from html import escape
from math import floor, log10
from typing import TYPE_CHECKING

import numpy as np

from glassnet.arrays import Array
from glassnet.inspection.bars import Bar, bars_html
from glassnet.inspection.numerals import column, numeral
from glassnet.inspection.ranking import ranked

if TYPE_CHECKING:
    from glassnet.inspection.attributions import Attributions

_SHOWN = 10  # columns of a row, or of all rows
_ROWS_SHOWN = 3  # of several rows, those shown one by one in a notebook
_LONGEST = 40  # letters of a cell


def lines(found: Attributions) -> list[str]:
    """The sentences of one row, or of several together.

    Examples
    --------
    >>> import glassnet as gn
    >>> net = gn.Network(1, [gn.Dense(1, "identity", init=gn.Constant(3.0))])
    >>> lines(gn.attributions(net, [[1.0], [3.0]], baseline=[0.0]))[0]
    'Mean size of the contributions over 2 rows, to y:'
    """
    head, bars = (_of_row if len(found) == 1 else _of_rows)(found)
    values = column(_rounded([bar.value for bar in bars]), 3) if bars else []
    signed = [text if text.startswith("−") or len(found) > 1 else f"+{text}" for text in values]
    width = max((len(text) for text in signed), default=0)
    body = [f"    {text.rjust(width)}  {bar.name}" for text, bar in zip(signed, bars, strict=True)]
    return [head, *body, _exactness(found)]


def html_form(found: Attributions) -> str:
    """Bars of one row; of several, bars of the mean sizes and of the first rows.

    Examples
    --------
    >>> import glassnet as gn
    >>> net = gn.Network(1, [gn.Dense(1, "identity", init=gn.Constant(3.0))])
    >>> "<svg" in html_form(gn.attributions(net, [[1.0]], baseline=[0.0]))
    True
    """
    parts = (
        [found]
        if len(found) == 1
        else [found, *(found[k] for k in range(_ROWS_SHOWN)[: len(found)])]
    )
    made = ""
    for part in parts:
        head, bars = (_of_row if len(part) == 1 else _of_rows)(part)
        made += f"<p>{escape(head)}</p>{bars_html(bars)}"
    more = len(found) - _ROWS_SHOWN
    left = f"<p>… and {more:,} more rows.</p>" if len(found) > 1 and more > 0 else ""
    return f'<div class="glassnet-bars">{made}{left}<p>{escape(_exactness(found))}</p></div>'


def _rounded(values: Sequence[float]) -> Array:
    """Without the last digits, which the quadrature leaves open and a reader cannot use."""
    largest = max(map(abs, values)) or 1.0
    return np.round(np.array(values), 6 - floor(log10(largest)))


def _of_row(found: Attributions) -> tuple[str, list[Bar]]:
    own, cells = found.contributions[0], found.cells[0]
    answer, base = numeral(found.answers[0]), numeral(found.baseline[0])
    head = f"{found.of[0]} = {answer}: {base} {found.compared}, and"
    named = [_named(name, cell) for name, cell in zip(found.columns, cells, strict=True)]
    return head, _bars(named, own.tolist())


def _of_rows(found: Attributions) -> tuple[str, list[Bar]]:
    kinds = list(dict.fromkeys(found.of))
    about = kinds[0] if len(kinds) == 1 else "the predicted class of each"
    head = f"Mean size of the contributions over {len(found):,} rows, to {about}:"
    sizes = np.abs(found.contributions).mean(axis=0)
    return head, _bars(found.columns, sizes.tolist(), together="each")


def _bars(names: Sequence[str], values: list[float], together: str = "together") -> list[Bar]:
    sizes = np.abs(np.array(values))
    order = ranked(sizes, len(sizes)).tolist()
    kept = [j for j in order[:_SHOWN] if values[j] != 0]
    bars = [Bar(str(names[j]), values[j]) for j in kept]
    rest = [j for j in order[_SHOWN:] if values[j] != 0]
    if rest:
        total = sum(values[j] for j in rest)
        if together == "each":
            total /= len(rest)
        bars.append(Bar(f"{len(rest)} more columns, {together}", total))
    still = len(names) - len(kept) - len(rest)
    if still and not rest:
        bars.append(Bar(f"{still} more column{'s' if still > 1 else ''}", 0.0))
    return bars


def _named(name: str, cell: str | None) -> str:
    if cell is None:
        return f"{name} is missing"
    text = cell if len(cell) <= _LONGEST else f"{cell[: _LONGEST - 1]}…"
    with suppress(ValueError):
        text = numeral(float(text), 6)
    return f"{name} = {text}"


def _exactness(found: Attributions) -> str:
    gap, points = float(np.abs(found.gaps).max()), int(found.points.max())
    worst = "" if len(found) == 1 else " in every row"
    return f"They add up to within {numeral(gap, 1)}{worst} ({points} points)."
