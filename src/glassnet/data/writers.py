"""A table to a CSV file."""

from __future__ import annotations

import io
import math
import re
from typing import BinaryIO, TextIO

from glassnet.data.cells import as_text
from glassnet.data.tables import Column, Table
from glassnet.data.text_files import AnyPath
from glassnet.files import atomic_write

_SPECIAL = re.compile(r'[",\r\n]')


def write_csv(path: AnyPath, table: Table) -> None:
    r"""Write a table as UTF-8 CSV with a header line, whole or not at all.

    Numbers are written with as many digits as they need to come back the same, whole ones without
    a point; a missing value is an empty cell. A text that means a missing value (as "NA") will be
    one when it is read.

    Raises
    ------
    FileFault
        If the system refuses to write.

    Examples
    --------
    >>> from pathlib import Path
    >>> from glassnet.data.frames import as_table
    >>> write_csv("a.csv", as_table([[1.0, "x"], [None, "y, z"]], ["n", "t"]))
    >>> Path("a.csv").read_text()
    'n,t\n1,x\n,"y, z"\n'
    """

    def fill(file: BinaryIO) -> None:
        text = io.TextIOWrapper(file, encoding="utf-8", newline="")
        write_lines(text, table)
        text.detach()

    atomic_write(path, fill)


def write_lines(text: TextIO, table: Table) -> None:
    """Write a table as CSV lines to an open text stream, such as standard output.

    Examples
    --------
    >>> import sys
    >>> from glassnet.data.frames import as_table
    >>> write_lines(sys.stdout, as_table([[1.0, "x"]], ["n", "t"]))
    n,t
    1,x
    """
    alone = len(table.columns) == 1
    text.write(",".join(quoted(name, alone) for name in table.names) + "\n")
    rows = zip(*(_cells(column, alone) for column in table.columns), strict=True)
    text.writelines(",".join(row) + "\n" for row in rows)


def _cells(column: Column, alone: bool) -> list[str]:
    if column.kind == "numeric":
        texts = ["" if math.isnan(value) else as_text(value) for value in column.values.tolist()]
    else:
        texts = ["" if text is None else text for text in column.texts()]
    return [quoted(text, alone) for text in texts]


def quoted(text: str, alone: bool) -> str:
    """Quote a cell where it must be; the csv module would leave a carriage return bare.

    An empty cell that stands alone on its line is quoted too, for a blank line is no row.

    Examples
    --------
    >>> quoted("a, b", False), quoted("", True)
    ('"a, b"', '""')
    """
    if _SPECIAL.search(text) or (alone and not text):
        return '"' + text.replace('"', '""') + '"'
    return text
