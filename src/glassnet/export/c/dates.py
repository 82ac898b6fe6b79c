"""Columns of dates in C: the calendar in whole numbers, sine and cosine from tables."""

from __future__ import annotations

from glassnet.data.date_rule import PERIODS, DateRule, circle
from glassnet.data.dates import DAY, FIRST, LAST
from glassnet.export.c.numbers import fill, mark
from glassnet.export.c.row import Place, Reading
from glassnet.export.c.spelling import double_literal, doubles, table

# The places of the parts in what calendar() fills in; the year is the first.
_PLACES = {part: k for k, part in enumerate(("year", *PERIODS))}

_CALENDAR = """\
/* Year, month, day of the month, weekday and minute of the day, from 0 but the year. A year
   begins in March here: 400 have 146097 days, and the first began 719468 days before 1970. */
static void calendar(double seconds, long *part)
{
    const double days = floor(seconds / 86400.0);
    const long since = (long)days + 719468L, era = since / 146097L, of_era = since % 146097L;
    const long years = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    const long of_year = of_era - (365 * years + years / 4 - years / 100);
    const long month = (5 * of_year + 2) / 153;
    part[0] = years + 400 * era + (month >= 10);
    part[1] = month >= 10 ? month - 10 : month + 2;
    part[2] = of_year - (153 * month + 2) / 5;
    part[3] = (since + 2) % 7;
    part[4] = (long)floor((seconds - days * 86400.0) / 60.0);
}"""


def dated(made: Reading, rule: DateRule, place: Place) -> None:
    """The columns of seconds since 1970 on the clocks of the rule's zone.

    Outside the years 1 to 9999 the row is refused.
    """
    given, start = place.value, place.start
    first, last = double_literal(FIRST), double_literal(LAST)
    made.need(_CALENDAR)
    made.variable("double value;")
    made.variable("long part[5];")
    made.statements += [
        f"if ({given} < {first} || {given} >= {last}) return refuse(y);",
        f"calendar(isnan({given}) ? 0.0 : {given}, part);",
        f"value = {given} / {double_literal(DAY)};",
    ]
    fill(made, rule.days, start, f"{place.number}_days")
    start += len(rule.days.outputs)
    if rule.years is not None:
        made.statements.append(f"value = isnan({given}) ? (double)NAN : (double)part[0];")
        fill(made, rule.years, start, f"{place.number}_years")
        start += len(rule.years.outputs)
    for part in rule.parts:
        at = f"circle_of_{part}[2 * part[{_PLACES[part]}]{{}}]"
        for k, plus in enumerate(("", " + 1")):
            value = f"(float){at.format(plus)}"
            made.statements.append(f"a[{start + k}] = isnan({given}) ? 0.0f : {value};")
        _circle(made, part)
        start += 2
    if rule.indicator:
        mark(made, f"isnan({given})", start)


def _circle(made: Reading, part: str) -> None:
    """The table of a part, once in a file."""
    text = table(f"circle_of_{part}", "double", doubles(circle(part)))
    if text not in made.constants:
        made.constants.append(text)
        made.bytes += 16 * PERIODS[part]
