"""Each rule of a table's encoder in C: one row of a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from glassnet.data.binned_rule import BinnedRule
from glassnet.data.encode import Rule
from glassnet.data.rules import LevelRule, NumberRule
from glassnet.export.c.row import SCALED, Place, Reading
from glassnet.export.c.spelling import double_literal, doubles, table, text_literal
from glassnet.export.rules import codes_of, writer

Writer: TypeAlias = Callable[[Reading, Any, Place], None]

_BINNED = """\
/* z / sqrt(1 + (z/3)^2), then how far x has come through each bin; 0 where x is infinite. */
static int binned(double x, double median, double spread, const double *edges, int bins, float *a)
{
    double z = (x - median) / spread;
    int k;
    if (isinf(x)) return 0;
    z = z < -1e150 ? -1e150 : z > 1e150 ? 1e150 : z;
    a[0] = (float)(z / sqrt(1.0 + (z / 3.0) * (z / 3.0)));
    for (k = 0; k < bins; k++) {
        const double share = (x - edges[k]) / (edges[k + 1] - edges[k]);
        a[k + 1] = (float)(share < 0.0 ? 0.0 : share > 1.0 ? 1.0 : share);
    }
    return 1;
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


def write_rule(made: Reading, rule: Rule, place: Place) -> None:
    """Add to a file what fills in the encoded columns of a rule.

    Raises
    ------
    Unsupported
        If C has no row for the rule.
    """
    writer(rule, RULES, "C")(made, rule, place)


def _number(made: Reading, rule: NumberRule, place: Place) -> None:
    value, start = place.value, place.start
    mean, scale = double_literal(rule.mean), double_literal(rule.scale)
    missing = f"a[{start}] = 0.0f;"
    present = f"if (!scaled({value}, {mean}, {scale}, &a[{start}])) return refuse(y);"
    if rule.indicator:
        _mark(made, value, start + 1)
    made.statements.append(f"if (isnan({value})) {missing}\n    else {present}")
    made.bytes += 16
    made.need(SCALED)


def _binned(made: Reading, rule: BinnedRule, place: Place) -> None:
    value, start, bins = place.value, place.start, max(len(rule.edges) - 1, 0)
    median, spread = double_literal(rule.median), double_literal(rule.spread)
    edges = "NULL"
    if bins:
        edges = f"edges_{place.number}"
        made.constants.append(table(edges, "double", doubles(rule.edges)))
    if rule.indicator:
        _mark(made, value, start + bins + 1)
    given = f"isnan({value}) ? {median} : {value}"
    made.statements.append(
        f"if (!binned({given}, {median}, {spread}, {edges}, {bins}, &a[{start}]))\n"
        "        return refuse(y);"
    )
    made.bytes += 16 + 8 * len(rule.edges)
    made.need(_BINNED)


def _mark(made: Reading, value: str, column: int) -> None:
    made.statements.append(f"a[{column}] = isnan({value}) ? 1.0f : 0.0f;")


def _levels(made: Reading, rule: LevelRule, place: Place) -> None:
    """The level's number, or that of a missing value; then one column per level, or −1 and +1."""
    value, start, count, columns = place.value, place.start, len(rule.levels), len(rule.outputs)
    absent = count if rule.missing else -2
    unknown = count + rule.missing if rule.rare else -1
    if rule.kind == "boolean":
        where = [rule.levels.index(t) if t in rule.levels else -1 for t in ("False", "True")]
        found = f"isnan({value}) ? {absent} : truth_of({value}, {where[0]}, {where[1]})"
        needed = _TRUTH
    else:
        texts = [text_literal(text) for text in rule.levels]
        name = f"levels_{place.number}"
        made.constants.append(table(name, "char *const", texts) if texts else "")
        made.bytes += sum(len(text.encode("utf-8", "surrogatepass")) + 9 for text in rule.levels)
        number_of = f"level_of({value}, {name}, {count})" if texts else "-1"
        found = f"{value} == NULL ? {absent} : {number_of}"
        needed = _LEVEL if texts else ""
    if columns == 0:
        made.statements.append(f"(void)({value});")
        return
    if needed:
        made.need(needed)
    made.statements.append(f"level = {found};")
    if unknown != -1:
        made.statements.append(f"if (level == -1) level = {unknown};")
    if codes_of(rule) == 2:
        made.statements.append(f"a[{start}] = level < 0 ? 0.0f : level == 0 ? -1.0f : 1.0f;")
    else:
        made.statements.append(
            f"for (i = 0; i < {columns}; i++) a[{start} + i] = i == level ? 1.0f : 0.0f;"
        )


RULES: Mapping[type, Writer] = {NumberRule: _number, BinnedRule: _binned, LevelRule: _levels}
