"""A sheet as HTML for notebooks, light or dark: no script, nothing loaded, everything escaped."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING

from glassnet.inspection.numerals import grid

if TYPE_CHECKING:
    from glassnet.inspection.trace_print import Block, Item, Sheet

# Colours of the text are the page's own; blue and vermilion of Okabe & Ito, lightened so that they
# stand out on white and on black alike.
STYLE = """
.glassnet{font-size:.93em;line-height:1.45;max-width:100%;overflow-x:auto}
.glassnet p{margin:.15em 0}
.glassnet h4{margin:1.1em 0 .3em;font-size:1em;font-weight:600;border-bottom:1px solid #8885;
padding-bottom:.15em}
.glassnet table{border-collapse:collapse;margin:0;border:0}
.glassnet td,.glassnet th{border:0;background:none;text-align:left;vertical-align:middle}
.glassnet .items>tbody>tr>td{padding:.3em 1.1em .3em .6em}
.glassnet .items>tbody>tr>td:first-child{border-left:3px solid #3b93d0;min-width:5.2em}
.glassnet .items>tbody>tr>td:nth-child(2){min-width:21em}
.glassnet .items>tbody>tr.back>td:first-child{border-left-color:#e2733d}
.glassnet .lines>tbody>tr>td{vertical-align:baseline;padding-top:.15em;padding-bottom:.15em}
.glassnet .lines>tbody>tr>td:nth-child(2){min-width:0;padding-left:0}
.glassnet code{font-size:.92em;white-space:nowrap;background:none;color:inherit;padding:0}
.glassnet .eq{font-family:"STIX Two Text","Cambria",Georgia,serif;font-size:1.08em}
.glassnet .eq i{font-style:italic}
.glassnet sup,.glassnet sub{font-size:.7em;line-height:0}
.glassnet .shape{display:block;opacity:.65;font-size:.85em}
.glassnet .matrix{border-left:1.5px solid;border-right:1.5px solid;border-radius:5px}
.glassnet .matrix td{padding:0 .55em;text-align:right;white-space:nowrap;
font-variant-numeric:tabular-nums;font-size:.95em}
.glassnet .stats th,.glassnet .stats td{padding:.1em .9em .1em 0;white-space:nowrap}
.glassnet .stats td:nth-child(n+4),.glassnet .stats th:nth-child(n+4){text-align:right;
font-variant-numeric:tabular-nums}
"""


def sheet_html(sheet: Sheet) -> str:
    """The whole of a sheet.

    Examples
    --------
    >>> import glassnet as gn
    >>> gn.trace(gn.Network(1, [gn.Dense(1, "tanh")]), [[1.0]])._repr_html_()[:27]
    '<div class="glassnet"><styl'
    """
    parts = [f"<p><b>{escape(sheet.title)}</b></p>"]
    parts += [f"<p>{escape(line)}</p>" for line in sheet.lines]
    for block in sheet.blocks:
        parts.append(f"<h4>{escape(block.heading)}</h4>" if block.heading else "")
        parts.append(_items(block, sheet) if block.items else _rows(block))
    return page(*parts)


def page(*parts: str) -> str:
    """Parts within one element that has the style.

    Examples
    --------
    >>> page("<p>a</p>")[-14:]
    '<p>a</p></div>'
    """
    return f'<div class="glassnet"><style>{STYLE}</style>{"".join(parts)}</div>'


_NAME = re.compile(r"(∂J/∂\S̃?|[A-Za-zαβγδμσφ][²̃̂]?)\[(\d+)\](?:\[([^\]]+)\])?")
# x, y and w have no layer, so what stands in their brackets is a unit or a row.
_INDEXED = re.compile(r"((?:∂J/∂)?\b[xyw]|ỹ)\[(\w+)\]")


def typeset(text: str) -> str:
    """An equation in text as HTML: layers above, units below the letter.

    Examples
    --------
    >>> typeset("δ[2][0] < 1")
    '<i>δ</i><sup>[2]</sup><sub>0</sub> &lt; 1'
    """
    safe = escape(text)

    def name(found: re.Match[str]) -> str:
        letter, layer, unit = found.groups()
        below = f"<sub>{unit.replace(' ', '')}</sub>" if unit else ""
        return f"<i>{letter}</i><sup>[{layer}]</sup>{below}"

    spaced = _NAME.sub(name, safe).replace("  ", "&ensp;&ensp;")
    return _INDEXED.sub(r"<i>\1</i><sub>\2</sub>", spaced)


def _items(block: Block, sheet: Sheet) -> str:
    rows = "".join(_item(item, sheet) for item in block.items)
    return f'<table class="items"><tbody>{rows}</tbody></table>'


def _item(item: Item, sheet: Sheet) -> str:
    left, right = item.text
    words = typeset(f"{left} = {right}" if right else left)
    cells = grid(item.array, rows=sheet.largest, columns=sheet.largest, digits=sheet.digits)
    row = '<tr class="back">' if item.back else "<tr>"
    return (
        f"{row}<td><code>{escape(item.name)}</code></td>"
        f'<td><span class="eq">{words}</span><span class="shape">{escape(item.shape)}</span></td>'
        f"<td>{matrix(cells)}</td></tr>"
    )


def matrix(cells: list[list[str]]) -> str:
    """Rows of texts as a matrix.

    Examples
    --------
    >>> matrix([["1"]])
    '<table class="matrix"><tbody><tr><td>1</td></tr></tbody></table>'
    """
    rows = "".join(
        f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in cells
    )
    return f'<table class="matrix"><tbody>{rows}</tbody></table>'


def _rows(block: Block) -> str:
    head, *body = block.rows
    made = f"<tr>{''.join(f'<th>{escape(cell)}</th>' for cell in head)}</tr>"
    for row in body:
        cells = [typeset(row[0]), typeset(row[1]), *map(escape, row[2:])]
        made += f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"
    return f'<table class="stats"><tbody>{made}</tbody></table>'
