"""The part of the C file behind the network: from its outputs to probabilities or numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from glassnet.export.answer import LEAST, REST, Answer
from glassnet.export.c.floats import Body
from glassnet.export.c.kinds import Kind
from glassnet.export.c.spelling import double_literal, doubles, table
from glassnet.export.source import Source

_JOINT = f"""\
/* The probabilities at a temperature: log p / t, and the softmax of that. */
static void tempered(double *p, int n, double t)
{{
    double most = 0.0, sum = 0.0;
    int i;
    for (i = 0; i < n; i++) {{
        p[i] = log(p[i] < {double_literal(LEAST)} ? {double_literal(LEAST)} : p[i]) / t;
        if (i == 0 || p[i] > most) most = p[i];
    }}
    for (i = 0; i < n; i++) sum += p[i] = exp(p[i] - most);
    for (i = 0; i < n; i++) p[i] /= sum;
}}"""

_APART = f"""\
/* Each probability at a temperature: the logistic function of its log-odds / t. */
static void tempered(double *p, int n, double t)
{{
    const double least = {double_literal(LEAST)}, most = {double_literal(1 - REST)};
    int i;
    for (i = 0; i < n; i++) {{
        const double q = p[i] < least ? least : p[i] > most ? most : p[i];
        p[i] = 1.0 / (1.0 + exp(-log(q / (1.0 - q)) / t));
    }}
}}"""

_ORDERED = """\
/* Puts n numbers in order. */
static void ordered(double *y, int n)
{
    int i, j;
    for (i = 1; i < n; i++) {
        const double last = y[i];
        for (j = i; j > 0 && y[j - 1] > last; j--) y[j] = y[j - 1];
        y[j] = last;
    }
}"""


@dataclass
class Ending:
    """Constants, functions and statements from a[L] to the answer y; bytes of the constants."""

    constants: list[str] = field(default_factory=list[str])
    functions: list[str] = field(default_factory=list[str])
    statements: list[str] = field(default_factory=list[str])
    bytes: int = 0


def output_type(found: Source) -> str:
    """What an answer is made of: double where it is put back into a target's units."""
    return "double" if found.answer.restored else "float"


def ending(found: Source, body: Body, kind: Kind) -> Ending:
    """From the outputs of the network, in ``body.result``, to y."""
    answer, a, n = found.answer, body.result, len(found.layers[-1].b)
    made = Ending()
    if answer.kind == "one class":
        made.statements = [f"(void){a}[0];", "y[0] = 1.0f;"]
        return made
    if answer.restored:
        _numbers(made, answer, a, n)
        return made
    if answer.tempered:
        made.functions.append(_JOINT if answer.kind == "multiclass" else _APART)
        made.statements.append(f"tempered({a}, {n}, {double_literal(answer.temperature)});")
    y = "y[i + 1]" if answer.kind == "binary" else "y[i]"
    cast = "(float)" if body.wide else ""
    made.statements.append(f"for (i = 0; i < {n}; i++) {y} = {cast}{a}[i];")
    if answer.clipped and answer.kind != "multiclass":
        tiny, near = kind.number(kind.info.tiny), kind.number(1 - kind.info.epsneg)
        made.statements.append(
            f"for (i = 0; i < {n}; i++)\n"
            f"        {y} = {y} < {tiny} ? {tiny} : {y} > {near} ? {near} : {y};"
        )
    made.statements += ["y[0] = 1.0f - y[1];"] if answer.kind == "binary" else []
    return made


def _numbers(made: Ending, answer: Answer, a: str, n: int) -> None:
    """In the units of the target, within its range, quantiles in order."""
    mean, scale, low, high = (
        _each(made, name, getattr(answer, name)) for name in ("mean", "scale", "low", "high")
    )
    lines = [f"    y[i] = (double){a}[i] * {scale} + {mean};"]
    if answer.bounded:
        lines.append(f"    y[i] = y[i] < {low} ? {low} : y[i] > {high} ? {high} : y[i];")
    made.statements += [f"for (i = 0; i < {n}; i++) {{", *lines, "}"]
    if answer.ordered:
        made.functions.append(_ORDERED)
        step = f"i += {answer.group}"
        made.statements.append(f"for (i = 0; i < {n}; {step}) ordered(y + i, {answer.group});")


def _each(made: Ending, name: str, values: Sequence[float]) -> str:
    """The number of output i: one for all, or in a table of the file."""
    if len(set(values)) == 1:
        return double_literal(values[0])
    made.constants.append(table(f"{name}s", "double", doubles(values)))
    made.bytes += 8 * len(values)
    return f"{name}s[i]"
