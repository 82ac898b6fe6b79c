"""A diagnosis as HTML for notebooks and on a terminal: light or dark, nothing loaded."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from glassnet.doctor.causes import TITLES
from glassnet.doctor.findings import Finding

if TYPE_CHECKING:
    from glassnet.doctor.diagnosis import Diagnosis

_EDGES = {"fatal": "#d55e00", "harmful": "#e69f00", "advice": "#56b4e9"}
# Colours of the text are the page's own; those of the edges stand out on white and on black alike.
_STYLE = """
.glassnet-diagnosis{font-size:.95em;line-height:1.45;max-width:52em}
.glassnet-diagnosis p{margin:.2em 0}
.glassnet-diagnosis section{border-left:4px solid;padding:.25em 0 .3em .9em;margin:.9em 0}
.glassnet-diagnosis h4{margin:0 0 .25em;font-size:1.05em;font-weight:600}
.glassnet-diagnosis h4 small{font-weight:400;opacity:.75;margin-left:.5em}
.glassnet-diagnosis .change{font-weight:600}
.glassnet-diagnosis .less{opacity:.75;font-size:.92em}
"""


def heading(finding: Finding) -> str:
    """The cause in words, where it is, its code and its first sign.

    Examples
    --------
    >>> heading(Finding("DEAD_RELU", "…", "…", "…", {}, layer=2))
    'Dead units, layer 2 (DEAD_RELU, static)'
    """
    place = f", {finding.place}" if finding.place else ""
    return f"{title(finding)}{place} ({finding.code}, {finding.first})"


def title(finding: Finding) -> str:
    """The cause in words, as a heading begins.

    Examples
    --------
    >>> title(Finding("DEAD_RELU", "…", "…", "…", {}))
    'Dead units'
    """
    words = TITLES.get(finding.code, finding.code)
    return words[0].upper() + words[1:]


def enumerated(items: Sequence[str]) -> str:
    """Words with commas, and the last with "and".

    Examples
    --------
    >>> enumerated(["a", "b", "c"])
    'a, b and c'
    """
    return " and ".join(filter(None, [", ".join(items[:-1]), items[-1]]))


def finite(value: Any) -> Any:
    """The value with None where JSON has no number.

    Examples
    --------
    >>> finite({"J": [1.0, float("nan")]})
    {'J': [1.0, None]}
    """
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [finite(item) for item in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value


def html_form(diagnosis: Diagnosis) -> str:
    """A part of a page: each cause with its edge by severity, then what was proven.

    Examples
    --------
    >>> import glassnet as gn
    >>> net = gn.Network(1, [gn.Dense(1, "identity")])
    >>> "<section" in html_form(gn.diagnose(net, [[0.0], [1.0]], [0.0, 1.0]))
    False
    """
    lines = diagnosis.sentences()
    parts = [f"<p><strong>{escape(lines[0])}</strong></p>"]
    parts += [_section(number, each) for number, each in enumerate(diagnosis.findings, 1)]
    if diagnosis.consequences:
        names = enumerated([TITLES.get(f.code, f.code) for f in diagnosis.consequences])
        parts.append(f'<p class="less">Seen too, and explained by the above: {escape(names)}.</p>')
    parts += [] if diagnosis.proof is None else [diagnosis.proof.to_html()]
    parts.append(f'<p class="less">{escape(lines[-1])}</p>')
    return f'<div class="glassnet-diagnosis"><style>{_STYLE}</style>{"".join(parts)}</div>'


def _section(number: int, finding: Finding) -> str:
    signs = [finding.place, finding.severity, f"first sign: {finding.first}"]
    signs += [f"{100 * finding.confidence:.0f} % sure", finding.code]
    small = escape(" · ".join(sign for sign in signs if sign))
    saw, why, change = (escape(text) for text in finding.sentences())
    return (
        f'<section style="border-color:{_EDGES[finding.severity]}">'
        f"<h4>{number}. {escape(title(finding))}<small>{small}</small></h4>"
        f'<p>{saw}</p><p>{why}</p><p class="change">{change}</p></section>'
    )


def rich_form(diagnosis: Diagnosis) -> Any:
    """On a terminal, with the remedies in bold and a table of what was proven.

    Examples
    --------
    >>> import glassnet as gn
    >>> net = gn.Network(1, [gn.Dense(1, "identity")])
    >>> rich_form(gn.diagnose(net, [[0.0], [1.0]], [0.0, 1.0])).plain[:7]
    'Healthy'
    """
    from rich.console import Group
    from rich.text import Text

    def written(lines: list[str]) -> Text:
        text = Text()
        for line in lines:
            text.append(line + "\n", style="bold" if line in strong else "")
        text.rstrip()
        return text

    told = diagnosis.sentences()
    strong = {f"   {finding.change}" for finding in diagnosis.findings} | set(told[:1])
    if diagnosis.proof is None:
        return written(told)
    shown = len(told) - len(diagnosis.proof.sentences()) - 2
    parts = written([*told[:shown], ""]), Text(), diagnosis.proof.__rich__(), written(told[-2:])
    return Group(*parts)
