"""The part of the C file that makes a[0] of a row: the columns of a table, or a plain array."""

from __future__ import annotations

from glassnet.data.encode import Rule
from glassnet.export.c.row import SCALED, Place, Reading
from glassnet.export.c.rules import write_rule
from glassnet.export.c.spelling import comment, doubles, identifiers, table
from glassnet.export.rules import cell_of
from glassnet.export.source import Source

_FINITE = """\
static int finite_number(float x)
{
    return fabsf(x) <= FLT_MAX;
}"""

_CELLS = {
    "number": "NAN where it is missing",
    "truth": "1 true, 0 false, NAN where it is missing",
    "text": "NULL where it is missing",
    "date": "seconds since 1970 on the clock, NAN where it is missing",
}


def reading(found: Source, prefix: str) -> Reading:
    """How rows of the source are read in C."""
    made = _of_matrix(found, prefix) if found.rules is None else _of_table(found.rules, prefix)
    if found.scaling is not None:
        center, scale = found.scaling
        made.constants += [
            table("centers", "double", doubles(center)),
            table("scales", "double", doubles(scale)),
        ]
        made.bytes += 16 * len(center)
        of = "x" if found.rules is None else "a"
        made.statements.append(
            f"for (i = 0; i < {found.inputs}; i++)\n"
            f"        if (!scaled((double){of}[i], centers[i], scales[i], &a[i])) return refuse(y);"
        )
        made.need(SCALED)
    return made


def _of_matrix(found: Source, prefix: str) -> Reading:
    made = Reading(f"const float x[{prefix.upper()}_INPUTS]")
    names = "\n".join(f"   x[{j}] {comment(name)}" for j, name in enumerate(found.names))
    made.declaration = f"/* A row, finite numbers:\n{names} */"
    if found.scaling is None:
        made.functions.append(_FINITE)
        made.statements.append(
            f"for (i = 0; i < {found.inputs}; i++) {{\n"
            "        if (!finite_number(x[i])) return refuse(y);\n"
            "        a[i] = x[i];\n    }"
        )
    return made


def _of_table(rules: tuple[Rule, ...], prefix: str) -> Reading:
    made = Reading(f"const {prefix}_row *row")
    lines: list[str] = []
    start = 0
    for j, (rule, name) in enumerate(
        zip(rules, identifiers(rule.name for rule in rules), strict=True), start=1
    ):
        cell = cell_of(rule)
        kind = "const char *" if cell == "text" else "double "
        lines.append(f"    {kind}{name}; /* {comment(rule.name)}; {_CELLS[cell]} */")
        write_rule(made, rule, Place(f"row->{name}", start, j))
        start += len(rule.outputs)
    made.declaration = "typedef struct {\n" + "\n".join(lines) + f"\n}} {prefix}_row;"
    return made
