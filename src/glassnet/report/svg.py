"""From a figure to inline SVG that follows the colours of its page."""

from __future__ import annotations

import base64
import io
import re

from matplotlib.figure import Figure

from glassnet.report.look import (
    BLUE,
    GREEN,
    GRID,
    INK,
    MUTED,
    ORANGE,
    PAPER,
    PURPLE,
    SKY,
    VERMILION,
    look,
    readers_fonts,
)

# Colours that the page sets: one value for light, one for dark. page.css defines each.
VARIABLES = {
    INK: "--ink",
    MUTED: "--muted",
    GRID: "--grid",
    PAPER: "--paper",
    BLUE: "--blue",
    VERMILION: "--vermilion",
    GREEN: "--green",
    PURPLE: "--purple",
    ORANGE: "--orange",
    SKY: "--sky",
}

_DOTS_PER_INCH = 160  # of the parts that are pictures: points of rows, surfaces
_MOST_BYTES = 600_000  # of one SVG; a heavier one becomes a picture
_NO_METADATA = dict.fromkeys(("Creator", "Date", "Format", "Type"))


def inline_svg(figure: Figure, *, name: str, label: str) -> str:
    """The figure as an ``<svg>`` element for an HTML page.

    Text stays text, in the reader's fonts; the colours of the look become CSS variables; ids begin
    with ``name``, so that several figures share a page; nothing refers to the outside.

    Parameters
    ----------
    figure : Figure
    name : str
        Unique on the page; letters and digits.
    label : str
        What it shows, for those who cannot see it.

    Examples
    --------
    >>> text = inline_svg(Figure(figsize=(1, 1)), name="f1", label="nothing")
    >>> text[:4], "http" in text
    ('<svg', False)
    """
    raw = _saved(figure, "svg").decode()
    if len(raw) > _MOST_BYTES:
        return _as_picture(figure, label)
    body = raw[raw.index("<svg") :]
    box = re.search(r'viewBox="([^"]+)"', body)
    assert box is not None
    content = body[body.index(">") + 1 : body.rindex("</svg>")]
    content = re.sub(r"<metadata>.*?</metadata>|<style[^>]*>.*?</style>|<!--.*?-->", "", content,
                     flags=re.DOTALL)  # fmt: skip
    content = re.sub(r'\bid="', f'id="{name}-', content)
    content = re.sub(r'(?:xlink:)?href="#', f'href="#{name}-', content)
    content = content.replace("url(#", f"url(#{name}-").replace("xlink:href=", "href=")
    content = _with_variables(content)
    return f"{_opening(box[1], label)}{content.strip()}</svg>"


def _opening(box: str, label: str) -> str:
    _, _, width, height = box.split()
    escaped = label.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
    return (
        f'<svg viewBox="{box}" width="{float(width):.0f}" height="{float(height):.0f}" '
        f'role="img" aria-label="{escaped}">'
    )


def _with_variables(content: str) -> str:
    """Colours as CSS variables inside style attributes; everything else as it is."""

    def styled(found: re.Match[str]) -> str:
        return re.sub(r"#[0-9a-f]{6}", lambda c: _variable(c[0]), found[0])

    return re.sub(r'\bstyle="[^"]*"', styled, content)


def _variable(colour: str) -> str:
    return f"var({VARIABLES[colour]})" if colour in VARIABLES else colour


def _as_picture(figure: Figure, label: str) -> str:
    """The figure as pixels inside an SVG; always on light paper."""
    width, height = (72 * side for side in figure.get_size_inches())
    data = base64.b64encode(_saved(figure, "png")).decode()
    return (
        f"{_opening(f'0 0 {width:g} {height:g}', label)}"
        f'<image width="{width:g}" height="{height:g}" href="data:image/png;base64,{data}"/></svg>'
    )


def _saved(figure: Figure, kind: str) -> bytes:
    file = io.BytesIO()
    with look(), readers_fonts():
        metadata = _NO_METADATA if kind == "svg" else None
        figure.savefig(file, format=kind, dpi=_DOTS_PER_INCH, metadata=metadata)
    return file.getvalue()
