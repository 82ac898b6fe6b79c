"""How a row of a table is declared and read in C: what the parts of a file gather in."""

from __future__ import annotations

from dataclasses import dataclass, field

SCALED = """\
/* (x - mean) / scale as a float; 0 where that is no finite float. */
static int scaled(double x, double mean, double scale, float *a)
{
    double v = (x - mean) / scale;
    if (isinf(v)) v = x / scale - mean / scale;
    if (!(fabs(v) <= (double)FLT_MAX)) return 0;
    *a = (float)v;
    return 1;
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
    variables : list of str
        Declarations that the statements need.
    bytes : int
        Of the constants.
    """

    parameter: str
    declaration: str = ""
    constants: list[str] = field(default_factory=list[str])
    functions: list[str] = field(default_factory=list[str])
    statements: list[str] = field(default_factory=list[str])
    variables: list[str] = field(default_factory=list[str])
    bytes: int = 0

    def variable(self, declaration: str) -> None:
        """Declare a variable, once."""
        if declaration not in self.variables:
            self.variables.append(declaration)

    def need(self, function: str) -> None:
        """Put a function into the file, once."""
        if function not in self.functions:
            self.functions.append(function)


@dataclass(frozen=True)
class Place:
    """Where a column stands.

    Attributes
    ----------
    value : str
        Its cell, as C.
    start : int
        The first of its encoded columns in ``a``.
    number : int
        Of the column, from 1.
    """

    value: str
    start: int
    number: int
