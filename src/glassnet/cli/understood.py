"""The columns of a table as a fit has understood them, for the screen and for JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from rich.table import Table as Screen
from rich.text import Text

from glassnet.data.encode import TableEncoder
from glassnet.data.tables import Column, Table
from glassnet.inspection.numerals import numeral

MOST = 20  # columns on the screen
_LEVELS = 6
_NAME = 30  # letters of a name
_WORDS = {
    "numeric": "number", "categorical": "category", "boolean": "truth", "ordinal": "ordered",
    "date": "date",
}  # fmt: skip


def understood(table: Table, encoder: TableEncoder) -> list[dict[str, Any]]:
    """What became of each column, as plain data.

    Examples
    --------
    >>> from glassnet.data.frames import as_column
    >>> table = Table([as_column([1.0, None, 3.0], "size"), as_column(["b", "a", "b"], "shop")])
    >>> for column in understood(table, TableEncoder.fit(table)):
    ...     print(column)
    {'name': 'size', 'kind': 'numeric', 'missing': 1, 'inputs': 2, 'values': '1 to 3, median 2'}
    {'name': 'shop', 'kind': 'categorical', 'missing': 0, 'inputs': 1, 'values': 'a, b'}
    """
    rules = {rule.name: rule for rule in encoder.rules}
    return [_column(column, rules.get(column.name)) for column in table.columns]


def _column(column: Column, rule: Any) -> dict[str, Any]:
    missing = column.missing
    known = column.take(~missing)
    found: dict[str, Any] = {"name": column.name, "kind": None, "missing": int(missing.sum())}
    if rule is None:
        return found | {"inputs": 0, "values": "left out"}
    kind = getattr(rule, "kind", "numeric")
    return found | {"kind": kind, "inputs": len(rule.outputs), "values": _values(kind, known, rule)}


def _values(kind: str, known: Column, rule: Any) -> str:
    if len(known) == 0:
        return ""
    if kind == "numeric" and known.kind in ("numeric", "boolean"):
        low, middle, high = (f(known.values) for f in (np.min, np.median, np.max))
        return f"{_number(low)} to {_number(high)}, median {_number(middle)}"
    texts = sorted(set(known.texts().tolist()))
    if kind in ("numeric", "date"):
        return f"{texts[0]} to {texts[-1]}"
    levels = list(getattr(rule, "levels", texts))
    rare = " and rare ones" if getattr(rule, "rare", False) else ""
    if len(levels) <= _LEVELS:
        return (" < " if kind == "ordinal" else ", ").join(levels) + rare
    return f"{len(levels):,} levels: {', '.join(levels[:_LEVELS])}, …{rare}"


def _number(value: float) -> str:
    """Four digits; those of large numbers all."""
    return f"{value:,.0f}".replace("-", "−") if 1e4 <= abs(value) < 1e15 else numeral(value)


def columns_screen(columns: Sequence[Mapping[str, Any]], rows: int, width: int) -> Screen:
    """The columns as a table, so wide at most; names and values are cut where they are longer."""
    shown = columns[:MOST]
    name = min(_NAME, max(len("column"), *(len(str(column["name"])) for column in shown)))
    kind = max(len("type"), *(len(_WORDS.get(column["kind"], "—")) for column in shown))
    others = kind + len("missing") + len("inputs")
    sheet = Screen(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
    for heading, room in (
        ("column", name),
        ("type", kind),
        ("missing", len("missing")),
        ("inputs", len("inputs")),
        ("values", max(20, width - name - others - 4 * 2)),
    ):
        numbers = heading in ("missing", "inputs")
        justify: Any = "right" if numbers else "left"
        sheet.add_column(
            heading, justify=justify, no_wrap=True, overflow="ellipsis", max_width=room
        )
    for column in shown:
        missing = int(column["missing"])
        share = f"{missing / rows:.0%}" if missing / rows >= 0.005 else "<1%"
        sheet.add_row(
            Text(str(column["name"])),
            _WORDS.get(column["kind"], "—"),
            share if missing else "",
            str(column["inputs"] or ""),
            Text(str(column["values"])),
        )
    if len(columns) > MOST:
        sheet.add_row(f"and {len(columns) - MOST:,} more")
    return sheet
