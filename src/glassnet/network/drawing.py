"""A drawing of the architecture as SVG, without any library."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from itertools import pairwise

from glassnet.network.specification import Specification
from glassnet.network.summaries import activation_name, extras

# In pixels: between layers, between units, radius of a unit, above the units, a line of small text.
_ACROSS, _DOWN, _RADIUS, _ABOVE, _LINE = 128, 24, 7.5, 26, 13
_MOST = 8  # units drawn of one layer; a wider one shows 4, an ellipsis and 3
_LONGEST = 20  # letters of a label

_INPUT, _HIDDEN, _OUTPUT = "#8996a5", "#2a78b8", "#d9722c"

Point = tuple[float, float]


def network_svg(spec: Specification) -> str:
    """Return an SVG: a column of units per layer, connections between, names and numbers below.

    Of a layer wider than 8 the first four and last three units are drawn, with an ellipsis between.

    Examples
    --------
    >>> from glassnet.network.layers import Dense
    >>> network_svg(Specification(2, (Dense(3, "tanh"), Dense(1, "identity"))))[:4]
    '<svg'
    """
    middle = _ABOVE + _DOWN * (min(max(spec.units), _MOST) - 1) / 2 + _RADIUS
    bottom = 2 * middle - _ABOVE
    small = max(len(extras(layer)) for layer in spec.layers)
    width, height = _ACROSS * len(spec.units), bottom + 40 + _LINE * small
    columns = [_places(_across(l), middle, n) for l, n in enumerate(spec.units)]
    connections = (line for left, right in pairwise(columns) for line in _connections(left, right))
    described = f"network of {' – '.join(map(str, spec.units))} units"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height:g}" '
        f'width="{width}" height="{height:g}" style="max-width: 100%" role="img" '
        f'aria-label="{escape(described)}">'
        f'<g stroke="#8996a5" stroke-width="0.7" stroke-opacity="0.55">{"".join(connections)}</g>'
        f"{''.join(_units(spec, l, columns[l], middle) for l in range(len(columns)))}"
        '<g font-family="sans-serif" font-size="12" text-anchor="middle" fill="currentColor">'
        f"{''.join(_labels(spec, l, bottom) for l in range(len(columns)))}</g></svg>"
    )


def _across(l: int) -> float:
    return _ACROSS * (l + 0.5)


def _places(x: float, middle: float, n: int) -> list[Point]:
    """Centres of the units drawn for a layer of n; in a wide one the fifth place is left free."""
    rows = range(min(n, _MOST))
    top = middle - _DOWN * (len(rows) - 1) / 2
    return [(x, top + _DOWN * row) for row in rows if n <= _MOST or row != _MOST // 2]


def _connections(left: list[Point], right: list[Point]) -> Iterable[str]:
    """Lines from rim to rim, not to the centres, so that they never show through a unit."""
    for x1, y1 in left:
        for x2, y2 in right:
            length = ((x2 - x1) ** 2 + (y2 - y1) ** 2) ** 0.5
            dx, dy = _RADIUS * (x2 - x1) / length, _RADIUS * (y2 - y1) / length
            yield (
                f'<line x1="{x1 + dx:.1f}" y1="{y1 + dy:.1f}" '
                f'x2="{x2 - dx:.1f}" y2="{y2 - dy:.1f}"/>'
            )


def _units(spec: Specification, l: int, places: list[Point], middle: float) -> str:
    fill = _INPUT if l == 0 else _OUTPUT if l == spec.depth else _HIDDEN
    circles = [f'<circle cx="{x:g}" cy="{y:g}" r="{_RADIUS}"/>' for x, y in places]
    if spec.units[l] > _MOST:
        free = middle + _DOWN / 2  # the fifth of eight places
        circles += [
            f'<circle cx="{_across(l):g}" cy="{free + shift:g}" r="1.6"/>' for shift in (-6, 0, 6)
        ]
    return f'<g fill="{fill}">{"".join(circles)}</g>'


def _labels(spec: Specification, l: int, bottom: float) -> str:
    """Above, which layer it is; below, its activation, number of units, batch norm and dropout."""
    units = f"{spec.units[l]} unit{'s' if spec.units[l] > 1 else ''}"
    name, above, small = "input", "", list[str]()
    if l > 0:
        layer = spec.layer(l)
        name, above, small = activation_name(layer), f"layer {l}", extras(layer)
    lines = [
        (14.0, 'fill-opacity="0.6"', above),
        (bottom + 18, 'font-weight="bold"', name),
        (bottom + 34, "", units),
    ]
    lines += [
        (bottom + 36 + _LINE * k, 'font-size="10" fill-opacity="0.6"', words)
        for k, words in enumerate(small, start=1)
    ]
    return "".join(
        f'<text x="{_across(l):g}" y="{y:g}" {style}>{escape(_short(words), quote=False)}</text>'
        for y, style, words in lines
        if words
    )


def _short(words: str) -> str:
    return words if len(words) <= _LONGEST else f"{words[: _LONGEST - 1]}…"
