"""Columns of numbers in C: three ways to scale them, bins, and a mark for what is missing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from glassnet.data.binned_rule import BinnedRule
from glassnet.data.rules import NumberRule
from glassnet.data.scales import Quantile, Robust, Standard
from glassnet.export.c.row import SCALED, Place, Reading
from glassnet.export.c.spelling import double_literal, doubles, table

# From a scale and the end of the names of its tables to the expression of the scaled ``value``.
Scaler: TypeAlias = Callable[[Reading, Any, str], str]

_ROBUST = """\
/* z / sqrt(1 + (z/3)^2): within 3, however far x is from the median. */
static double robust(double x, double median, double spread)
{
    double z = (x - median) / spread;
    z = z < -1e150 ? -1e150 : z > 1e150 ? 1e150 : z;
    return z / sqrt(1.0 + (z / 3.0) * (z / 3.0));
}"""

_STANDARD = """\
/* (x - mean) / scale; NAN where it is beyond 1e30. */
static double standard(double x, double mean, double scale)
{
    double v = (x - mean) / scale;
    if (isinf(v)) v = x / scale - mean / scale;
    return fabs(v) <= 1e30 ? v : (double)NAN;
}"""

_QUANTILE = """\
/* The score of x: a straight line between the thresholds about it, the same beyond the last. */
static double by_quantiles(double x, const double *thresholds, const double *scores, int n)
{
    int low = 0, high = n - 1;
    if (x <= thresholds[0]) return scores[0];
    if (x >= thresholds[n - 1]) return scores[n - 1];
    while (high - low > 1) {
        const int middle = low + (high - low) / 2;
        if (thresholds[middle] <= x) low = middle;
        else high = middle;
    }
    x = (x - thresholds[low]) / (thresholds[low + 1] - thresholds[low]);
    return scores[low] + (scores[low + 1] - scores[low]) * x;
}"""

_BINS = """\
/* How far x has come through each bin. */
static void bins(double x, const double *edges, int n, float *a)
{
    int k;
    for (k = 0; k < n; k++) {
        const double share = (x - edges[k]) / (edges[k + 1] - edges[k]);
        a[k] = (float)(share < 0.0 ? 0.0 : share > 1.0 ? 1.0 : share);
    }
}"""


_STEPS = """\
/* Whether x is beyond each edge. */
static void steps(double x, const double *edges, int n, float *a)
{
    int k;
    for (k = 0; k < n; k++) a[k] = x > edges[k] ? 1.0f : 0.0f;
}"""


def number(made: Reading, rule: NumberRule, place: Place) -> None:
    """The columns of a number that is standardised and no more."""
    value, start = place.value, place.start
    mean, scale = double_literal(rule.mean), double_literal(rule.scale)
    missing = f"a[{start}] = 0.0f;"
    present = f"if (!scaled({value}, {mean}, {scale}, &a[{start}])) return refuse(y);"
    if rule.indicator:
        mark(made, f"isnan({value})", start + 1)
    made.statements.append(f"if (isnan({value})) {missing}\n    else {present}")
    made.bytes += 16
    made.need(SCALED)


def binned(made: Reading, rule: BinnedRule, place: Place) -> None:
    """The columns of a number with bins."""
    made.variable("double value;")
    made.statements.append(f"value = {place.value};")
    fill(made, rule, place.start, str(place.number))


def fill(made: Reading, rule: BinnedRule, start: int, own: str) -> None:
    """The columns of the variable ``value``; ``own`` ends the names of the tables."""
    missing = "!isfinite(value)" if rule.infinite else "isnan(value)"
    count = max(len(rule.edges) - 1, 0)
    inner = len(rule.stairs)
    if rule.indicator:
        mark(made, missing, start + 1 + count + inner)
    made.statements.append(f"if ({missing}) value = {double_literal(rule.scale.middle)};")
    if not rule.infinite:
        made.statements.append("if (isinf(value)) return refuse(y);")
    scaled = SCALES[type(rule.scale)](made, rule.scale, own)
    made.statements.append(f"a[{start}] = (float){scaled};")
    if isinstance(rule.scale, Standard):
        made.statements.append(f"if (isnan(a[{start}])) return refuse(y);")
    if count:
        made.need(_BINS)
        made.constants.append(table(f"edges_{own}", "double", doubles(rule.edges)))
        made.statements.append(f"bins(value, edges_{own}, {count}, &a[{start + 1}]);")
        made.bytes += 8 * len(rule.edges)
    if inner:
        made.need(_STEPS)
        made.statements.append(f"steps(value, edges_{own} + 1, {inner}, &a[{start + 1 + count}]);")
    made.bytes += 8


def mark(made: Reading, missing: str, column: int) -> None:
    """A column that is 1 where the condition holds."""
    made.statements.append(f"a[{column}] = {missing} ? 1.0f : 0.0f;")


def _robust(made: Reading, scale: Robust, own: str) -> str:
    made.need(_ROBUST)
    made.bytes += 16
    return f"robust(value, {double_literal(scale.median)}, {double_literal(scale.spread)})"


def _standard(made: Reading, scale: Standard, own: str) -> str:
    made.need(_STANDARD)
    made.bytes += 16
    return f"standard(value, {double_literal(scale.mean)}, {double_literal(scale.scale)})"


def _quantile(made: Reading, scale: Quantile, own: str) -> str:
    made.need(_QUANTILE)
    made.constants += [
        table(f"thresholds_{own}", "double", doubles(scale.thresholds)),
        table(f"scores_{own}", "double", doubles(scale.scores)),
    ]
    made.bytes += 16 * len(scale.scores)
    return f"by_quantiles(value, thresholds_{own}, scores_{own}, {len(scale.scores)})"


SCALES: Mapping[type, Scaler] = {Robust: _robust, Standard: _standard, Quantile: _quantile}
