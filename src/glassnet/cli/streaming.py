"""``glassnet fit`` on a folder, or on a file that memory would not hold: rows from disk."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path

import click

from glassnet.cli.talk import Talk
from glassnet.data.rows_on_disk import Rows, files_of
from glassnet.errors import InvalidValue, UnknownName
from glassnet.estimators.streamed_table import StreamedPlan, plan_stream
from glassnet.estimators.table_plan import TableSettings

_COPIES = 4  # of its numbers, in float64, that a fit in memory has at its peak
_COMFORT = 0.5  # of the memory that is free
_PAUSE = 10.0  # seconds between lines that say how far the first pass is


def rows_to_stream(
    data: str, target: str, drop: tuple[str, ...], *, stream: bool | None, skip_bad: bool
) -> Rows | None:
    """The rows of DATA, where they are to be read from disk window by window; None: as a table.

    Parameters
    ----------
    data, target : str
    drop : tuple of str
        Columns to leave out.
    stream : bool or None
        As asked; None: a folder or a pattern, and a Parquet file that is large beside the memory.
    skip_bad : bool

    Raises
    ------
    click.UsageError
        If what is asked for does not go together.
    BadFile, FileFault, InvalidValue, UnknownName
    """
    several = _several(data)
    if stream is False and several:
        raise click.UsageError("--no-stream is for one file; a folder is read from disk.")
    if not (several or _is_parquet(data)):
        if stream or skip_bad:
            which = "--stream" if stream else "--skip-bad"
            raise click.UsageError(f"{which} is for Parquet files and folders of them.")
        return None
    if stream is False or (stream is None and not several and _fits(data) and not skip_bad):
        return None
    rows = Rows(data, target, skip_bad=skip_bad)
    if not drop:
        return rows
    opened = rows.open()
    for name in drop:
        if name == target:
            raise InvalidValue(f"the target {target!r} cannot be dropped as well.")
        if name not in opened.inputs:
            raise UnknownName("column", name, opened.source.names)
    kept = [name for name in opened.inputs if name not in drop]
    return Rows(data, target, columns=kept, skip_bad=skip_bad)


def require_in_memory(data: str) -> None:
    """Demand one file that a table in memory can be made of.

    Raises
    ------
    click.UsageError
    """
    if _several(data):
        raise click.UsageError(
            f"{data} is read from disk, file by file, which one plain network can; add --plain."
        )
    if _is_parquet(data) and not _fits(data):
        raise click.UsageError(
            f"{data} is large beside the memory that is free; --plain reads it from disk. Or take "
            "fewer rows."
        )


def _several(data: str) -> bool:
    """Whether DATA is a folder or a pattern."""
    return Path(data).is_dir() or (not Path(data).exists() and any(c in data for c in "*?["))


def _is_parquet(data: str) -> bool:
    return data.lower().endswith((".parquet", ".parq", ".pq"))


def planned_stream(rows: Rows, data: str, settings: TableSettings, talk: Talk) -> StreamedPlan:
    """Plan a fit, and say what is being read."""
    files, began = len(files_of(data)), time.monotonic()
    talk.say(f"{data}: {files} file{'s' * (files > 1)}, read from disk window by window")
    shown = began

    def tell(read: int) -> None:
        nonlocal shown
        if time.monotonic() - shown > _PAUSE:
            shown = time.monotonic()
            talk.say(f"learning the encoders: {read:,} rows read, {shown - began:.0f} s")

    return plan_stream(rows, settings, tell)


def _fits(path: str) -> bool:
    """Whether a table of the file is small beside the memory; one that cannot be opened is."""
    with suppress(Exception):
        from glassnet.data.parquet_rows import ParquetRows

        source = ParquetRows([Path(path)])
        cells = sum(group.rows for group in source.groups) * len(source.names)
        source.close()
        return 8 * _COPIES * cells < _COMFORT * free_memory()
    return True


def free_memory() -> float:
    """Bytes of memory that processes may still take; infinite where the system does not say.

    Examples
    --------
    >>> free_memory() > 2**20
    True
    """
    with suppress(OSError, ValueError, StopIteration):
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        return 1024.0 * int(next(line for line in lines if "MemAvailable" in line).split()[1])
    with suppress(OSError, ValueError, AttributeError):
        return 0.5 * os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return float("inf")
