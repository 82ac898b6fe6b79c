"""Columns of levels in C: texts and truth values, with an order or without."""

from __future__ import annotations

from collections.abc import Sequence

from glassnet.data.order_rule import OrderRule
from glassnet.data.rules import LevelRule
from glassnet.export.c.numbers import fill
from glassnet.export.c.row import Place, Reading
from glassnet.export.c.spelling import table, text_literal
from glassnet.export.rules import absent_code, codes_of, unknown_code

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


def levels(made: Reading, rule: LevelRule, place: Place) -> None:
    """The level's number, or that of a missing value; then one column per level, or −1 and +1."""
    value, start, columns = place.value, place.start, len(rule.outputs)
    if columns == 0:
        made.statements.append(f"(void)({value});")
        return
    absent, unknown = absent_code(rule), unknown_code(rule)
    if rule.kind == "boolean":
        made.need(_TRUTH)
        where = [rule.levels.index(t) if t in rule.levels else -1 for t in ("False", "True")]
        found = f"isnan({value}) ? {absent} : truth_of({value}, {where[0]}, {where[1]})"
    else:
        found = f"{value} == NULL ? {absent} : {_number(made, rule.levels, place)}"
    made.statements.append(f"level = {found};")
    if unknown != -1:
        made.statements.append(f"if (level == -1) level = {unknown};")
    if codes_of(rule) == 2:
        made.statements.append(f"a[{start}] = level < 0 ? 0.0f : level == 0 ? -1.0f : 1.0f;")
    else:
        made.statements.append(
            f"for (i = 0; i < {columns}; i++) a[{start} + i] = i == level ? 1.0f : 0.0f;"
        )


def ranks(made: Reading, rule: OrderRule, place: Place) -> None:
    """The columns of a rank; a text that is no level is missing."""
    texts, name = sorted(rule.levels), f"ranks_{place.number}"
    numbers = [str(rule.levels.index(text)) for text in texts]
    made.constants.append(table(name, "int", numbers))
    made.bytes += 4 * len(numbers)
    made.variable("double value;")
    made.statements += [
        f"level = {place.value} == NULL ? -1 : {_number(made, texts, place)};",
        f"value = level < 0 ? (double)NAN : (double){name}[level];",
    ]
    fill(made, rule.number, place.start, str(place.number))


def _number(made: Reading, texts: Sequence[str], place: Place) -> str:
    """The expression of the number of a text among sorted ones, −1 where it is none of them."""
    if not texts:
        return "-1"
    made.need(_LEVEL)
    name = f"levels_{place.number}"
    made.constants.append(table(name, "char *const", [text_literal(text) for text in texts]))
    made.bytes += sum(len(text.encode("utf-8", "surrogatepass")) + 9 for text in texts)
    return f"level_of({place.value}, {name}, {len(texts)})"
