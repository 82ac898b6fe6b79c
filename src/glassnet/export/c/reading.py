"""The part of the C file that makes a[0] of a row: the columns of a table, or a plain array."""

from __future__ import annotations

from dataclasses import dataclass, field

from glassnet.data.rules import LevelRule, NumberRule
from glassnet.export.c.spelling import (
    comment,
    double_literal,
    doubles,
    identifiers,
    table,
    text_literal,
)
from glassnet.export.source import Source

_SCALED = """\
/* (x - mean) / scale as a float; 0 where that is no finite float. */
static int scaled(double x, double mean, double scale, float *a)
{
    double v = (x - mean) / scale;
    if (isinf(v)) v = x / scale - mean / scale;
    if (!(fabs(v) <= (double)FLT_MAX)) return 0;
    *a = (float)v;
    return 1;
}"""

_FINITE = """\
static int finite_number(float x)
{
    return fabsf(x) <= FLT_MAX;
}"""

_LEVEL = """\
/* The number of a level among sorted ones; -1 where it is none of them. */
static int level_of(const char *text, const char *const *levels, int n)
{
    int low = 0, high = n;
    while (low < high) {
        const int middle = low + (high - low) / 2, order = strcmp(text, levels[middle]);
        if (order == 0) return middle;
        if (order < 0) high = middle;
        else low = middle + 1;
    }
    return -1;
}"""

_TRUTH = """\
/* The number of a truth value among levels; -1 where it is none of them. */
static int truth_of(double x, int number_of_false, int number_of_true)
{
    if (x == 0.0) return number_of_false;
    return x == 1.0 ? number_of_true : -1;
}"""


@dataclass
class Reading:
    """How a row is declared and read.

    Attributes
    ----------
    parameter : str
        The row in the signature of ``predict``.
    declaration : str
        What the header needs before it.
    constants, functions, statements : list of str
        Of the C file; the statements fill ``a`` and ``return`` where a number is not finite.
    bytes : int
        Of the constants.
    fields : list of (str, str)
        Name and C type of the fields of a row of a table.
    """

    parameter: str
    declaration: str = ""
    constants: list[str] = field(default_factory=list[str])
    functions: list[str] = field(default_factory=list[str])
    statements: list[str] = field(default_factory=list[str])
    bytes: int = 0
    fields: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])


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
        if _SCALED not in made.functions:
            made.functions.append(_SCALED)
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


def _of_table(rules: tuple[NumberRule | LevelRule, ...], prefix: str) -> Reading:
    made = Reading(f"const {prefix}_row *row")
    lines: list[str] = []
    start = 0
    for j, (rule, name) in enumerate(
        zip(rules, identifiers(rule.name for rule in rules), strict=True)
    ):
        kind = "const char *" if _is_text(rule) else "double"
        made.fields.append((name, kind))
        gap = "" if kind.endswith("*") else " "
        lines.append(f"    {kind}{gap}{name}; /* {_said(rule)} */")
        if isinstance(rule, NumberRule):
            _number(made, rule, f"row->{name}", start)
        else:
            _level(made, rule, f"row->{name}", start, j + 1)
        start += len(rule.outputs)
    made.declaration = "typedef struct {\n" + "\n".join(lines) + f"\n}} {prefix}_row;"
    return made


def _is_text(rule: NumberRule | LevelRule) -> bool:
    return isinstance(rule, LevelRule) and rule.kind != "boolean"


def _said(rule: NumberRule | LevelRule) -> str:
    name = comment(rule.name)
    if isinstance(rule, NumberRule):
        return f"{name}; NAN where it is missing"
    if rule.kind == "boolean":
        return f"{name}; 1 true, 0 false, NAN where it is missing"
    return f"{name}; NULL where it is missing"


def _number(made: Reading, rule: NumberRule, value: str, start: int) -> None:
    mean, scale = double_literal(rule.mean), double_literal(rule.scale)
    missing = f"a[{start}] = 0.0f;"
    present = f"if (!scaled({value}, {mean}, {scale}, &a[{start}])) return refuse(y);"
    if rule.indicator:
        made.statements.append(f"a[{start + 1}] = isnan({value}) ? 1.0f : 0.0f;")
    made.statements.append(f"if (isnan({value})) {missing}\n    else {present}")
    made.bytes += 16
    if _SCALED not in made.functions:
        made.functions.append(_SCALED)


def _level(made: Reading, rule: LevelRule, value: str, start: int, number: int) -> None:
    """The level's number, or that of a missing value; then one column per level, or −1 and +1."""
    count, columns = len(rule.levels), len(rule.outputs)
    absent = count if rule.missing else -1
    if rule.kind == "boolean":
        where = [
            rule.levels.index(text) if text in rule.levels else -1 for text in ("False", "True")
        ]
        found = f"isnan({value}) ? {absent} : truth_of({value}, {where[0]}, {where[1]})"
        needed = _TRUTH
    else:
        made.constants.append(
            table(f"levels_{number}", "char *const", [text_literal(t) for t in rule.levels])
            if rule.levels
            else ""
        )
        made.bytes += sum(len(text.encode("utf-8", "surrogatepass")) + 9 for text in rule.levels)
        number_of = f"level_of({value}, levels_{number}, {count})" if rule.levels else "-1"
        found = f"{value} == NULL ? {absent} : {number_of}"
        needed = _LEVEL if rule.levels else ""
    if needed and needed not in made.functions:
        made.functions.append(needed)
    made.statements.append(f"level = {found};")
    if columns == 0:
        made.statements[-1] = f"(void)({value});"
    elif count + rule.missing == 2:
        made.statements.append(f"a[{start}] = level < 0 ? 0.0f : level == 0 ? -1.0f : 1.0f;")
    else:
        made.statements.append(
            f"for (i = 0; i < {columns}; i++) a[{start} + i] = i == level ? 1.0f : 0.0f;"
        )
