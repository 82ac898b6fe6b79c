"""A file to a table, whatever its format."""

from __future__ import annotations

import errno
import math
import os
import re
import zipfile
import zlib
from collections.abc import Mapping
from typing import NoReturn

import numpy as np

from glassnet.data.delimited import read_delimited
from glassnet.data.frames import as_column, as_table
from glassnet.data.json_lines import read_json_lines
from glassnet.data.tables import Column, Kind, Table
from glassnet.data.text_files import AnyPath, Progress, in_one_line, require_file
from glassnet.errors import BadFile, InvalidValue, Unsupported
from glassnet.files import file_fault, shown

SUFFIXES = (".csv", ".tsv", ".jsonl", ".ndjson", ".parquet", ".feather", ".npz")
COMPRESSED = (".csv.gz", ".tsv.gz", ".jsonl.gz", ".ndjson.gz")
ROW_LABELS = re.compile(r"__index_level_\d+__")  # a column that pandas adds to its own


def read_table(
    path: AnyPath,
    *,
    encoding: str = "utf-8",
    delimiter: str | None = None,
    kinds: Mapping[str, Kind] | None = None,
    on_rows: Progress | None = None,
) -> Table:
    r"""Read a file of rows and named columns; its suffix says in which format.

    Parameters
    ----------
    path : path-like
        ``.csv``, ``.tsv``, ``.jsonl`` or ``.ndjson``, each also with ``.gz``; ``.parquet`` and
        ``.feather`` (with the extra ``parquet``); ``.npz`` with a one-dimensional array a column,
        or an array ``X`` of columns (``x0``, ``x1``, …; images become their pixels) and others.
    encoding : str, default "utf-8"
        Of text files; a byte order mark is skipped.
    delimiter : str, optional
        One character between the cells of a text file; "," for .csv and a tab for .tsv.
    kinds : mapping of str to {"numeric", "categorical", "boolean"}, optional
        How to type columns instead of by what is in them, as ``TableEncoder.kinds`` asks. Names
        that the file lacks are ignored.
    on_rows : callable, optional
        Called now and then with the number of rows read so far.

    Returns
    -------
    Table
        In CSV and TSV files an empty cell, NA, N/A, NaN, null and ? are missing values, a column is
        numeric if all its other cells are numbers, and categorical otherwise. Infinite numbers
        come through; an encoder refuses them.

    Raises
    ------
    FileFault
        If there is no such file or the system refuses to read it.
    BadFile
        If it is empty, cut short, wrongly encoded, not of its format, or its rows differ in length.
    InvalidValue
        If the suffix is unknown, or a column that must hold numbers holds text.
    Unsupported
        If pyarrow is needed and not installed.

    Examples
    --------
    >>> with open("iris.csv", "w") as file:
    ...     size = file.write("width,species\n0.2,setosa\n1.8,virginica\n")
    >>> read_table("iris.csv").names
    ('width', 'species')
    """
    suffix = kind_of_file(path)
    if suffix in (".csv", ".tsv"):
        sign = separator(path, delimiter)
        return read_delimited(path, delimiter=sign, encoding=encoding, kinds=kinds, on_rows=on_rows)
    require_file(path)
    try:
        if suffix in (".jsonl", ".ndjson"):
            table = read_json_lines(path, encoding=encoding, on_rows=on_rows)
        else:
            table = _read_npz(path) if suffix == ".npz" else _read_arrow(path, suffix)
    except InvalidValue as error:  # columns that no table can have
        raise BadFile(f"{shown(path)}: {error}") from error
    if len(table) == 0:
        raise BadFile(f"{shown(path)} has columns and no rows. Check that it was written.")
    if on_rows is not None:
        on_rows(len(table))
    forced = kinds or {}
    return Table([_typed(path, column, forced.get(column.name)) for column in table.columns])


def separator(path: AnyPath, delimiter: str | None) -> str:
    r"""The sign between the cells of a text file: the one given, or that of its suffix.

    Raises
    ------
    InvalidValue
        If it is not one character.

    Examples
    --------
    >>> separator("a.tsv", None), separator("a.csv", ";")
    ('\t', ';')
    """
    name = os.path.basename(os.fspath(path)).lower()
    sign = delimiter or ("\t" if name.removesuffix(".gz").endswith(".tsv") else ",")
    if len(sign) != 1 or sign in '"\r\n':
        raise InvalidValue(f"delimiter must be one character, as ';'; got {delimiter!r}.")
    return sign


def kind_of_file(path: AnyPath) -> str:
    """The suffix that says in which format a file is, in small letters and without .gz.

    Raises
    ------
    InvalidValue
        If it is none that can be read.

    Examples
    --------
    >>> kind_of_file("data/iris.CSV.gz")
    '.csv'
    """
    name = os.path.basename(os.fspath(path)).lower()
    plain = name.removesuffix(".gz") if name.endswith(COMPRESSED) else name
    suffix = os.path.splitext(plain)[1]
    if suffix not in SUFFIXES:
        raise InvalidValue(
            f"{shown(path)} must end in one of {', '.join(SUFFIXES)}, or the first four with .gz; "
            f"it ends in {os.path.splitext(name)[1] or 'none'!r}. Convert or rename it."
        )
    return suffix


def _typed(path: AnyPath, column: Column, kind: Kind | None) -> Column:
    if kind == "numeric" and column.kind == "categorical" and not column.missing.all():
        row = int(np.argmin(column.missing))
        raise InvalidValue(
            f"{shown(path)}, row {row + 1}: the column {column.name!r} must hold numbers; got "
            f"{column.values[row]!r:.40}. Correct it, or leave it empty."
        )
    if kind == "categorical" and column.kind != "categorical":
        return Column(column.name, "categorical", column.texts())
    return column


def _read_arrow(path: AnyPath, suffix: str) -> Table:
    try:
        import pyarrow
        from pyarrow import feather, parquet
    except ImportError as error:
        raise Unsupported(
            f"{shown(path)} needs pyarrow, which is not installed. "
            'Run: pip install "glassnet[parquet]".'
        ) from error
    read = parquet.read_table if suffix == ".parquet" else feather.read_table
    try:
        table = read(os.fspath(path))
        table.validate(full=True)  # its texts might be no UTF-8
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        raise_unreadable(path, error, f"a {suffix[1:]} file")
    labels = [name for name in table.column_names if ROW_LABELS.fullmatch(name)]
    return as_table(table.drop_columns(labels))


def _read_npz(path: AnyPath) -> Table:
    try:
        with open(path, "rb") as raw, np.load(raw, allow_pickle=False) as file:
            arrays = {name: np.asanyarray(file[name]) for name in file.files}
    except (ValueError, TypeError, OSError, EOFError, RuntimeError) as error:
        if "allow_pickle" in str(error):
            raise BadFile(
                f"{shown(path)} holds Python objects, which can carry code and are not read. Save "
                "plain arrays of numbers or text."
            ) from error
        raise_unreadable(path, error, "an .npz file of plain arrays")
    except (zipfile.BadZipFile, zlib.error, SyntaxError, KeyError) as error:
        raise_unreadable(path, error, "an .npz file of plain arrays")
    if "X" not in arrays:
        return Table([as_column(values, name) for name, values in arrays.items()])
    X = arrays.pop("X")
    flat = (*X.shape[:1], math.prod(X.shape[1:])) if X.ndim > 2 else X.shape  # images: their pixels
    others = [as_column(values, name) for name, values in arrays.items()]
    return Table([*as_table(X.reshape(flat)).columns, *others])


def raise_unreadable(path: AnyPath, error: Exception, format_name: str) -> NoReturn:
    """Raise what a library said of a file as FileFault, or as BadFile where the file is wrong."""
    # A damaged archive names places outside the file, and the system calls them invalid.
    if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
        raise file_fault(path, error, doing="read") from error
    raise BadFile(
        f"{shown(path)} is damaged or not {format_name} ({in_one_line(error):.120}). Check where "
        "it came from."
    ) from error
