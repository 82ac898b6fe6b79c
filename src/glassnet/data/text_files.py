"""Opening a text file, compressed or not, so that whatever is wrong with it is said in one line."""

from __future__ import annotations

import codecs
import errno
import gzip
import io
import os
import stat
import zlib
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import NoReturn, TextIO, TypeAlias

from glassnet.errors import BadFile, InvalidValue
from glassnet.files import file_fault, shown

AnyPath: TypeAlias = "str | os.PathLike[str]"
Progress: TypeAlias = Callable[[int], object]

_BEGINNINGS = {
    b"\x1f\x8b": "is compressed with gzip; add .gz to its name",
    b"PK\x03\x04": "is a zip archive or an Excel sheet; export it as CSV",
    b"\xd0\xcf\x11\xe0": "is an Excel sheet; export it as CSV",
    b"PAR1": "is a Parquet file; name it .parquet",
    b"ARROW1": "is a Feather file; name it .feather",
    b"SQLite": "is a database; export the table as CSV",
}
_MARKS = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


def require_file(path: AnyPath) -> int:
    """Return the size of a file in bytes; FileFault or BadFile if it is none, or empty.

    Examples
    --------
    >>> require_file(".")
    Traceback (most recent call last):
    glassnet.errors.FileFault: . could not be read: it is a folder. Give the path of a file.
    """
    try:
        status = os.stat(path)
        if stat.S_ISDIR(status.st_mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    except OSError as error:
        raise file_fault(path, error, doing="read") from error
    if not stat.S_ISREG(status.st_mode):
        raise BadFile(f"{shown(path)} must be a file; it is a device or a pipe. Save it first.")
    if status.st_size == 0:
        raise BadFile(f"{shown(path)} is empty. Check that it was written completely.")
    return status.st_size


@contextmanager
def open_text(path: AnyPath, encoding: str) -> Generator[TextIO]:
    r"""Open a file for reading text; a name that ends in .gz is decompressed.

    A byte order mark is skipped. Errors of the system, of the compression and of the encoding,
    also those that come while it is read, become FileFault and BadFile.

    Parameters
    ----------
    path : path-like
    encoding : str

    Examples
    --------
    >>> with open("a.csv", "wb") as file:
    ...     size = file.write(b"caf\xc3\xa9,\xff")
    >>> with open_text("a.csv", "utf-8") as file:
    ...     text = file.read()
    Traceback (most recent call last):
    glassnet.errors.BadFile: a.csv is not utf-8: byte 0xff at offset 6, line 1. Name its encoding, as in encoding="latin-1".
    """  # noqa: E501 (an error is one line, and the example shows all of it)
    require_file(path)
    try:
        "".encode(encoding)  # some codecs are not for text
        same = codecs.lookup(encoding).name
    except (LookupError, TypeError, ValueError):
        raise InvalidValue(
            f"encoding must be one that Python knows, as 'utf-8' or 'latin-1'; got {encoding!r}."
        ) from None
    try:
        try:
            with _binary(path) as raw:
                _require_text(path, raw, same)
                encoding = "utf-8-sig" if same == "utf-8" else same
                with io.TextIOWrapper(raw, encoding=encoding, newline="") as text:
                    yield text
        except UnicodeError:
            _raise_undecodable(path, same)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise BadFile(
            f"{shown(path)} is not a complete gzip file: {in_one_line(error)}. Copy it again."
        ) from error
    except OSError as error:
        raise file_fault(path, error, doing="read") from error


def in_one_line(error: BaseException) -> str:
    r"""Return what an exception says, without line breaks and a full stop.

    Examples
    --------
    >>> in_one_line(ValueError("first line\nsecond line."))
    'first line second line'
    """
    return " ".join(str(error).split()).rstrip(".")


def _binary(path: AnyPath) -> gzip.GzipFile | io.BufferedReader:
    if os.fspath(path).lower().endswith(".gz"):
        return gzip.GzipFile(path, "rb")
    return open(path, "rb")


def _require_text(path: AnyPath, raw: gzip.GzipFile | io.BufferedReader, encoding: str) -> None:
    head = raw.peek(1024)
    if not head:
        raise BadFile(f"{shown(path)} is empty. Check that it was written completely.")
    for beginning, what in _BEGINNINGS.items():
        if head.startswith(beginning):
            raise BadFile(f"{shown(path)} {what}.")
    for mark, name in _MARKS.items():
        if head.startswith(mark) and encoding == "utf-8":
            raise BadFile(f'{shown(path)} is not utf-8 but {name}. Read it with encoding="{name}".')
    if b"\0" in head[:1024] and not encoding.startswith(("utf-16", "utf-32")):
        raise BadFile(f"{shown(path)} is no text file: it holds zero bytes. Check its format.")


def _raise_undecodable(path: AnyPath, encoding: str) -> NoReturn:
    """Find the first byte that is no text; the decoder itself knows it only within its chunk."""
    decoder = codecs.getincrementaldecoder(encoding)()
    read, lines, part = 0, 1, b""
    try:
        with _binary(path) as raw:
            while True:
                part = raw.read(2**20)
                decoder.decode(part, final=not part)
                read, lines = read + len(part), lines + part.count(b"\n")
    except UnicodeDecodeError as error:
        data = bytes(error.object)  # the part, after what the one before left over
        place = read - (len(data) - len(part)) + error.start
        line = lines + data.count(b"\n", 0, error.start)
        other = "latin-1" if encoding == "utf-8" else "utf-8"
        raise BadFile(
            f"{shown(path)} is not {encoding}: byte 0x{data[error.start]:02x} at offset {place}, "
            f'line {line}. Name its encoding, as in encoding="{other}".'
        ) from None
    except UnicodeError:  # as a file without the mark that UTF-16 needs
        raise BadFile(f"{shown(path)} is not {encoding}. Name its encoding.") from None
    raise AssertionError("the text could be decoded after all")
