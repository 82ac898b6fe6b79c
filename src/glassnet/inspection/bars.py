"""Named bars to the left and right of 0 for notebooks, light or dark: no script, nothing loaded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from glassnet.inspection.numerals import numeral

_ROW, _NAMES, _BARS, _VALUES = 22, 270, 240, 80  # pixels, of names at most
_RIGHT, _LEFT = "#3b93d0", "#e2733d"  # of Okabe & Ito, so light that both pages carry them


@dataclass(frozen=True)
class Bar:
    """A name, its value, and how uncertain that is (0: not said).

    Examples
    --------
    >>> Bar("area", 2.0).spread
    0.0
    """

    name: str
    value: float
    spread: float = 0.0


def bars_html(bars: Sequence[Bar]) -> str:
    """The bars as an SVG that fits its page; sign by side and colour, ± spread as a line.

    Examples
    --------
    >>> bars_html([Bar("area", 2.0), Bar("floor", -1.0)]).count("<rect")
    2
    """
    if not bars:
        return ""
    low = min(0.0, *(bar.value - bar.spread for bar in bars), 0.0)
    high = max(0.0, *(bar.value + bar.spread for bar in bars), 0.0)
    scale = _BARS / ((high - low) or 1.0)
    names = min(_NAMES, 16 + 7 * max(len(bar.name) for bar in bars))
    zero = names - low * scale
    body = "".join(_drawn(bar, k, names, zero, scale) for k, bar in enumerate(bars))
    height, width = _ROW * len(bars), names + _BARS + _VALUES
    axis = f'<line x1="{zero:.1f}" x2="{zero:.1f}" y1="0" y2="{height}" stroke="#888" />'
    return (
        f'<svg viewBox="0 0 {width} {height}" width="{width}" style="max-width:100%;height:auto" '
        f'role="img" aria-label="{escape(_told(bars), quote=True)}" '
        f'font-family="sans-serif" font-size="12.5" fill="currentColor">{body}{axis}</svg>'
    )


def _drawn(bar: Bar, k: int, names: int, zero: float, scale: float) -> str:
    end, top = zero + bar.value * scale, _ROW * k
    left, wide = min(zero, end), max(abs(end - zero), 0.5)
    middle = top + _ROW / 2
    colour = _RIGHT if bar.value >= 0 else _LEFT
    name = bar.name if len(bar.name) <= 38 else f"{bar.name[:37]}…"
    doubt = ""
    if bar.spread > 0:
        ends = (end - bar.spread * scale, end + bar.spread * scale)
        doubt = (
            f'<line x1="{ends[0]:.1f}" x2="{ends[1]:.1f}" y1="{middle}" y2="{middle}" '
            'stroke="currentColor" stroke-width="1.3" />'
        )
    return (
        f'<text x="{names - 8}" y="{middle + 4.5}" text-anchor="end">{escape(name)}</text>'
        f'<rect x="{left:.1f}" y="{top + 4}" width="{wide:.1f}" height="{_ROW - 8}" '
        f'fill="{colour}" />{doubt}'
        f'<text x="{names + _BARS + 8}" y="{middle + 4.5}" '
        f'style="font-variant-numeric:tabular-nums">{numeral(bar.value, 3)}</text>'
    )


def _told(bars: Sequence[Bar]) -> str:
    return "; ".join(f"{bar.name}: {numeral(bar.value, 3)}" for bar in bars)
