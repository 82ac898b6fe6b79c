"""A drawing of the architecture as SVG, without any library."""

from __future__ import annotations

from itertools import pairwise

from glassnet.network.specification import Specification

_WIDTH, _HEIGHT, _MOST = 120, 180, 8


def network_svg(spec: Specification) -> str:
    """Return an SVG: a column of units per layer, wide layers abbreviated, connections between.

    Examples
    --------
    >>> from glassnet.network.layers import Dense
    >>> network_svg(Specification(2, (Dense(3, "tanh"), Dense(1, "identity")), "squared_error"))[:4]
    '<svg'
    """
    columns = [_positions(l, n) for l, n in enumerate(spec.units)]
    lines = [
        f'<line x1="{x1}" y1="{y1:.0f}" x2="{x2}" y2="{y2:.0f}"/>'
        for left, right in pairwise(columns)
        for x1, y1 in left
        for x2, y2 in right
    ]
    dots = [f'<circle cx="{x}" cy="{y:.0f}" r="6"/>' for column in columns for x, y in column]
    names = ["input", *(layer.activation.name for layer in spec.layers)]
    texts = [
        f'<text x="{60 + l * _WIDTH}" y="{_HEIGHT + 14}">{name}</text>'
        f'<text x="{60 + l * _WIDTH}" y="{_HEIGHT + 30}">{n}</text>'
        for l, (name, n) in enumerate(zip(names, spec.units, strict=True))
    ]
    width, height = _WIDTH * len(columns), _HEIGHT + 40
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" role="img" '
        f'aria-label="network {"-".join(map(str, spec.units))}">'
        f'<g stroke="#9aa5b1" stroke-width="0.6">{"".join(lines)}</g>'
        f'<g fill="#1f77b4" stroke="white">{"".join(dots)}</g>'
        '<g font-family="sans-serif" font-size="11" text-anchor="middle" fill="#52606d">'
        f"{''.join(texts)}</g></svg>"
    )


def _positions(l: int, n: int) -> list[tuple[int, float]]:
    """Centres of the circles drawn for a layer of n units; of a wide layer, the first and last."""
    shown = min(n, _MOST)
    step = _HEIGHT / (_MOST + 1)
    top = _HEIGHT / 2 - step * (shown - 1) / 2
    gap = step * 0.6 if n > _MOST else 0.0
    return [
        (60 + l * _WIDTH, top + step * k + (gap if k >= shown / 2 else -gap) * (n > _MOST) / 2)
        for k in range(shown)
    ]
