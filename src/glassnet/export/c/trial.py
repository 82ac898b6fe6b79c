"""The test program beside the C file: reference rows and what the model answers to them."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.export.c.kinds import Kind
from glassnet.export.c.spelling import comment, double_literal, doubles, table, text_literal
from glassnet.export.source import Source


def trial_text(
    found: Source, name: str, cells: list[tuple[Any, ...]], answers: Array, limits: Array,
    about: str, kind: Kind,
) -> str:  # fmt: skip
    """``name_test.c``: prints the difference that is largest beside its limit; fails beyond it."""
    upper, m = name.upper(), len(cells)
    of_table = found.rules is not None
    rows = _lines([[_cell(cell, of_table, kind) for cell in row] for row in cells])
    wanted = _lines([[double_literal(a) for a in row] for row in np.asarray(answers).tolist()])
    given = f"{name}_row rows[{m}]" if of_table else f"{kind.name} rows[{m}][{upper}_INPUTS]"
    output = "double" if found.answer.restored else kind.name
    passed = "&rows[m]" if of_table else "rows[m]"
    return f"""\
/* {name}_test.c: {comment(about)} */
#include "{name}.h"

#include <math.h>
#include <stdio.h>

static const {given} = {{
{rows}
}};

/* What the model itself answers. */
static const double answers[{m}][{upper}_OUTPUTS] = {{
{wanted}
}};

/* How far each may be from that. */
{table("limits", "double", doubles(limits))}

int main(void)
{{
    double worst = 0.0, limit = limits[0];
    int m, i, failed = 0;
    for (m = 0; m < {m}; m++) {{
        {output} y[{upper}_OUTPUTS];
        if ({name}_predict({passed}, y) != 0) {{
            printf("row %d was refused\\n", m + 1);
            return 1;
        }}
        for (i = 0; i < {upper}_OUTPUTS; i++) {{
            const double difference = fabs((double)y[i] - answers[m][i]);
            if (!(difference <= limits[i])) failed = 1;
            if (difference / limits[i] > worst / limit) {{
                worst = difference;
                limit = limits[i];
            }}
        }}
    }}
    printf("{m} rows, largest difference %.3g (limit %.3g)\\n", worst, limit);
    return failed;
}}
"""


def _lines(rows: list[list[str]]) -> str:
    return ",\n".join("    {" + ", ".join(row) + "}" for row in rows)


def _cell(cell: Any, of_table: bool, kind: Kind) -> str:
    if cell is None or isinstance(cell, str):
        return text_literal(cell)
    return double_literal(cell) if of_table else kind.number(cell)
