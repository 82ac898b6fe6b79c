"""What the doctor says of the columns of a table, beside what it says of a network."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from glassnet.doctor.findings import Finding
from glassnet.doctor.signals.columns import ColumnSigns
from glassnet.doctor.wording import percent

TABLE_TITLES = {
    "COLUMN_LEAK": "a column that gives the target away",
    "COLUMN_ID": "a column that names the rows",
    "COLUMN_GAPS": "a column that is hardly ever there",
}
_SHOWN = 5  # columns named in one finding


def table_findings(signs: ColumnSigns) -> list[Finding]:
    """The findings about the columns, causes before advice.

    Examples
    --------
    >>> table_findings(ColumnSigns(100, empty=(("rare", 0.97),)))[0].code
    'COLUMN_GAPS'
    """
    return [*_leaks(signs), *_identifiers(signs), *_gaps(signs)]


def with_table_findings(
    findings: Sequence[Finding], consequences: Sequence[Finding], signs: ColumnSigns, encoder: Any
) -> tuple[list[Finding], list[Finding]]:
    """A member's findings with those about the columns before them, advice last.

    Encoded columns are called by their names. A column that is a straight line of y is explained
    where it is said to give the target away.

    Examples
    --------
    >>> with_table_findings([], [], ColumnSigns(100), None)
    ([], [])
    """
    own = table_findings(signs)
    leak = any(finding.code == "COLUMN_LEAK" for finding in own)
    named = [_named(finding, encoder) for finding in findings]
    explained = [f for f in named if leak and f.code == "SPLIT_LEAK" and f.units]
    rest = [finding for finding in named if finding not in explained]
    every = sorted([*own, *rest], key=lambda finding: finding.severity == "advice")
    return every, [*explained, *(_named(finding, encoder) for finding in consequences)]


def _leaks(signs: ColumnSigns) -> Iterator[Finding]:
    for leak in signs.leaks:
        if leak.by_gaps:
            why = (
                "Whether a value is there often follows from the outcome: it was only measured, or "
                "written down, afterwards. New rows will not have that."
            )
        else:
            why = (
                "A column that was made from the target, or after it, will not be known for new "
                "rows; all that the networks learn is to read it off."
            )
        yield Finding(
            "COLUMN_LEAK",
            leak.sentence,
            why,
            f"Leave it out with drop=[{leak.column!r}], unless it is known before the target is.",
            {},  # whether it is known before is for people to say
            layer=0,
            numbers={"skill": leak.skill, "next best": leak.next_best},
            confidence=0.9,
        )


def _identifiers(signs: ColumnSigns) -> Iterator[Finding]:
    if not signs.identifiers:
        return
    sentences = [sentence.split(" Leave it out")[0] for _, sentence in signs.identifiers[:_SHOWN]]
    names = [name for name, _ in signs.identifiers]
    yield Finding(
        "COLUMN_ID",
        " ".join(sentences) + _more(len(names)),
        "Such a column tells rows apart and nothing of a new one; networks learn rows by heart "
        "with it.",
        f"Leave it out with drop={names[:_SHOWN]!r}, if it only tells rows apart.",
        {},
        layer=0,
        numbers={"columns": len(names)},
        severity="advice",
        confidence=0.7,
    )


def _gaps(signs: ColumnSigns) -> Iterator[Finding]:
    if not signs.empty:
        return
    told = [f"{name!r} is missing in {percent(share)}" for name, share in signs.empty[:_SHOWN]]
    names = [name for name, _ in signs.empty]
    yield Finding(
        "COLUMN_GAPS",
        f"{', '.join(told)} of {signs.rows:,} rows.{_more(len(names))}",
        "So few values say little, and what they say rests on few rows.",
        f"Leave it out with drop={names[:_SHOWN]!r}, or look how the values were lost.",
        {},
        layer=0,
        numbers={"columns": len(names)},
        severity="advice",
        confidence=0.8,
    )


def _more(count: int) -> str:
    return f" So do {count - _SHOWN} more." if count > _SHOWN else ""


def _named(finding: Finding, encoder: Any) -> Finding:
    """A finding about the input with names in the place of numbers of encoded columns."""
    if finding.layer != 0 or not finding.units:
        return finding
    names = encoder.feature_names

    def name(found: re.Match[str]) -> str:
        return repr(names[int(found[1])]) if int(found[1]) < len(names) else found[0]

    texts = {
        part: re.sub(r"[Cc]olumn (\d+)(?: of X)?", name, getattr(finding, part))
        for part in ("saw", "why", "change")
    }
    return replace(finding, **texts)
