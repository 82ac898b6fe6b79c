"""A derivation as text, LaTeX or HTML."""

from __future__ import annotations

from html import escape
from textwrap import wrap
from typing import TYPE_CHECKING

from glassnet.inspection.derivation_lines import Line, Section
from glassnet.inspection.script import LATEX
from glassnet.inspection.trace_html import page, typeset

if TYPE_CHECKING:
    from glassnet.inspection.derive import Derivation

_HTML_WIDTH = 90
WIDTH = 96  # letters of a line before its steps go below each other


def as_text(derivation: Derivation, width: int = WIDTH) -> str:
    """Plain text, the signs of equality below each other where a line is long.

    Examples
    --------
    >>> import glassnet as gn
    >>> net = gn.Network(1, [gn.Dense(1, "identity", init="zeros")])
    >>> print(as_text(gn.derive(net, [2.0], 3.0, wrt="b[1][0]")).splitlines()[0])
    The chain rule for ∂J/∂b[1][0]
    """
    lines = [_title(derivation), *wrap(derivation.title, width), ""]
    for remark in derivation.remarks:
        lines += wrap(f"note: {remark}", width, subsequent_indent=" " * 6)
    for section in derivation.sections():
        lines += ["", section.heading]
        for line in section.lines:
            lines += _text_line(line, width)
    return "\n".join([*lines, "", *wrap(derivation.verdict(), width)])


def _title(derivation: Derivation) -> str:
    of = "all layers" if derivation.wrt == "all layers" else derivation.wrt
    return f"The chain rule for ∂J/∂{of}" if "[" in of or of == "x" else f"The chain rule for {of}"


def _text_line(line: Line, width: int) -> list[str]:
    note = [f"{' ' * (4 + len(line.left))}— {line.note}"] if line.note else []
    if not line.left:
        return [f"  {line.steps[0]} {line.note}"]
    whole = f"  {line.left} = {' = '.join(line.steps)}"
    if len(whole) <= width:
        return [whole, *note]
    pad = " " * (2 + len(line.left))
    first, *rest = line.steps
    return [f"  {line.left} = {first}", *(f"{pad} = {step}" for step in rest), *note]


def as_latex(derivation: Derivation, sections: list[Section]) -> str:
    r"""LaTeX for amsmath: an ``align*`` a section.

    Examples
    --------
    >>> import glassnet as gn
    >>> net = gn.Network(1, [gn.Dense(1, "identity", init="zeros")])
    >>> print(gn.derive(net, [2.0], 3.0, "b[1][0]", "latex").to_latex().splitlines()[1])
    \begin{align*}
    """
    made: list[str] = []
    for section in sections:
        rows: list[str] = []
        for line in section.lines:
            note = rf" && {LATEX.words(line.note)}" if line.note else ""
            if not line.left:
                rows.append(rf"& {line.steps[0]}{note}")
                continue
            first, *rest = line.steps
            rows.append(f"{line.left} &= {first}" + ("" if rest else note))
            rows += [f"&= {step}" for step in rest[:-1]]
            rows += [f"&= {rest[-1]}{note}"] if rest else []
        body = " \\\\\n".join(rows)
        made.append(f"% {section.heading}\n\\begin{{align*}}\n{body}\n\\end{{align*}}")
    return "\n".join([*made, f"% {derivation.verdict()}"])


def as_html(derivation: Derivation) -> str:
    """One element of HTML, light or dark with its page.

    Examples
    --------
    >>> import glassnet as gn
    >>> net = gn.Network(1, [gn.Dense(1, "identity", init="zeros")])
    >>> as_html(gn.derive(net, [2.0], 3.0))[:22]
    '<div class="glassnet">'
    """
    parts = [
        f"<p><b>{escape(_title(derivation))}</b></p>",
        f"<p>{escape(derivation.title)}</p>",
        *(f'<p class="remark">{escape(remark)}</p>' for remark in derivation.remarks),
    ]
    for section in derivation.sections():
        side = ' class="back"' if section.heading.startswith("back") else ""
        rows = "".join(f"<tr{side}>{_html_line(line)}</tr>" for line in section.lines)
        parts.append(f"<h4>{escape(section.heading)}</h4>")
        parts.append(f'<table class="items lines"><tbody>{rows}</tbody></table>')
    return page(*parts, f'<p class="verdict">{escape(derivation.verdict())}</p>')


def _html_line(line: Line) -> str:
    long = sum(map(len, line.steps)) > _HTML_WIDTH
    steps = ("<br>" if long else " ").join(f"= {typeset(step)}" for step in line.steps)
    steps = steps if line.left else typeset(line.steps[0])
    note = f'<span class="shape">{escape(line.note)}</span>' if line.note else ""
    return (
        f'<td><span class="eq">{typeset(line.left)}</span></td>'
        f'<td><span class="eq">{steps}</span>{note}</td>'
    )
