"""``glassnet predict``: a model file and a table in, predictions out, a chunk at a time."""

from __future__ import annotations

import io
import sys
from collections.abc import Generator
from contextlib import closing, contextmanager
from typing import Any, BinaryIO

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from glassnet.cli.opened import opened
from glassnet.cli.options import text_file
from glassnet.cli.talk import Talk
from glassnet.data.row_writers import CsvRows, ParquetRows, RowWriter
from glassnet.data.streams import Stream, open_stream
from glassnet.errors import InvalidValue, UnknownName
from glassnet.estimators.table_face import TableFace
from glassnet.estimators.table_predictions import OnError, TablePredictions
from glassnet.files import atomic_write


@click.command(context_settings={"show_default": True})
@click.argument("model", type=click.Path())
@click.argument("data", type=click.Path(allow_dash=True))
@click.option(
    "--output", "-o", default="-", show_default="standard output",
    help="CSV or .parquet file to write.",
)  # fmt: skip
@click.option("--keep", multiple=True, metavar="COLUMN", help="Copy a column of DATA; repeatable.")
@click.option(
    "--on-error", type=click.Choice(["stop", "skip", "null"]), default="stop",
    help="A row that cannot be read ends the job, is left out, or has no prediction.",
)  # fmt: skip
@text_file
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object about the job.")
@click.option("--quiet", "-q", is_flag=True, help="Print nothing but predictions and errors.")
def predict(
    model: str,
    data: str,
    output: str,
    keep: tuple[str, ...],
    on_error: OnError,
    encoding: str,
    delimiter: str | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Predict the rows of the table DATA with a MODEL that glassnet fit wrote.

    DATA is read and predicted a piece at a time, so it may be larger than the memory; - is CSV from
    standard input. The output has a row for each row of DATA, in its order: the prediction and, for
    classes, the probability of each. A file is written whole or not at all.
    """
    if as_json and output == "-":
        raise click.UsageError(
            "--json goes with --output FILE, since both print to standard output."
        )
    loaded = opened(model)
    talk = _Notes(as_json=as_json, quiet=quiet)
    kinds = loaded.encoder.kinds
    stream = open_stream(data, encoding=encoding, delimiter=delimiter, kinds=kinds)
    with closing(stream):
        _check_columns(loaded, stream, keep)
        talk.about(loaded, stream)
        found = TablePredictions(loaded, data, stream.place, on_error)
        job = _Job(found, stream, keep, quiet=quiet or output == "-")
        if output == "-":
            job.write(CsvRows(sys.stdout))
        else:
            atomic_write(output, lambda file: job.write_file(file, output))
    talk.at_the_end(found, output)


def _check_columns(model: TableFace, stream: Stream, keep: tuple[str, ...]) -> None:
    """Raise before anything is read where a column is not there, or would stand twice."""
    model.encoder.require_columns(stream.names)
    for name in keep:
        if name not in stream.names:
            raise UnknownName("column", name, stream.names)
    made = model.answer_names
    twice = [name for name in keep if keep.count(name) > 1 or name in made]
    if twice:
        raise InvalidValue(
            f"the columns of the output must have different names; {twice[0]!r} stands twice. "
            "Leave it out of --keep."
        )


class _Job:
    """The way of the rows from the stream to the output."""

    def __init__(
        self, found: TablePredictions, stream: Stream, keep: tuple[str, ...], *, quiet: bool
    ) -> None:
        self._found, self._stream, self._keep, self._quiet = found, stream, keep, quiet

    def write_file(self, file: BinaryIO, name: str) -> None:
        """Write to an open file, in the format that its name asks for."""
        if name.lower().endswith(".parquet"):
            self.write(ParquetRows(file, name))
            return
        text = io.TextIOWrapper(file, encoding="utf-8", newline="")
        self.write(CsvRows(text))
        text.detach()

    def write(self, writer: RowWriter) -> None:
        """Write all rows."""
        kinds = self._found.face.encoder.kinds
        with _bar(quiet=self._quiet) as bar:
            for chunk in self._stream.chunks(kinds, self._keep):
                answer = self._found.of(chunk)
                writer.write(answer.columns, answer.absent)
                bar.update(self._found.rows)
        writer.close()


class _Bar:
    """Rows so far, on a terminal."""

    def __init__(self, progress: Progress | None) -> None:
        self._progress = progress
        self._task: Any = None if progress is None else progress.add_task("", total=None, rows="0")

    def update(self, rows: int) -> None:
        """Show how many rows are done."""
        if self._progress is not None:
            self._progress.update(self._task, rows=f"{rows:,}")


@contextmanager
def _bar(*, quiet: bool) -> Generator[_Bar]:
    if quiet or not sys.stderr.isatty():
        yield _Bar(None)
        return
    columns = (BarColumn(), TextColumn("{task.fields[rows]} rows"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        yield _Bar(progress)


class _Notes(Talk):
    """Notes on stderr, so that predictions on stdout stay clean."""

    def __init__(self, *, as_json: bool, quiet: bool) -> None:
        super().__init__(as_json=as_json, quiet=quiet)
        self._silent, self._plain = quiet, not (as_json or quiet)
        self.ignored: list[str] = []

    def about(self, model: TableFace, stream: Stream) -> None:
        """Name the columns that the model does not use."""
        used = {*model.known, *model.targets}
        self.ignored = [name for name in stream.names if name not in used]
        if self.ignored:
            self._note(f"ignored columns: {', '.join(self.ignored)}")

    def at_the_end(self, found: TablePredictions, output: str) -> None:
        """Say how many values were not as in training, and which rows could not be read."""
        for what, counts in (
            ("missing", found.imputed),
            ("of a level new to the model", found.unknown),
        ):
            if counts:
                each = ", ".join(f"{name!r} {count:,}" for name, count in counts.items())
                self._note(f"values {what}: {each}")
        self._faults(found)
        written = found.rows - (found.faulty if found.on_error == "skip" else 0)
        if self._plain and output != "-":
            click.echo(f"{written:,} predictions: {output}")
        self.result(
            {
                "rows": found.rows,
                "output": output,
                "imputed": found.imputed,
                "unknown": found.unknown,
                "ignored": self.ignored,
                "faulty": found.faulty,
                "faults": found.faults,
            }
        )

    def _faults(self, found: TablePredictions) -> None:
        if not found.faulty:
            return
        rows = "1 row" if found.faulty == 1 else f"{found.faulty:,} rows"
        done = "left out" if found.on_error == "skip" else "without prediction"
        self._note(f"{rows} {done}:")
        for words in found.faults:
            self._note(words)
        if found.faulty > len(found.faults):
            self._note(f"and {found.faulty - len(found.faults):,} more")

    def _note(self, words: str) -> None:
        if not self._silent:
            click.echo(f"note: {words}", err=True)
