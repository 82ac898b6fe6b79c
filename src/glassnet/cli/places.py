"""Where a fit reads and writes."""

from __future__ import annotations

import os
import shlex
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click

from glassnet.cli.talk import Interrupted
from glassnet.errors import FileFault


@dataclass(frozen=True)
class Places:
    """The files of a fit, the columns that it is about, and the command that does it again.

    Examples
    --------
    >>> command = "glassnet fit a.csv -t price -o m.glassnet"
    >>> Places("a.csv", ("price",), "m.glassnet", None, command).onward()
    'glassnet predict m.glassnet a.csv'
    """

    data: str
    targets: tuple[str, ...]
    model: str
    report: str | None
    command: str
    checkpoint: str | None = None

    def require_writable(self) -> None:
        """Fail before the work, not after it, where a file could not be written."""
        require_writable(self.model, self.report, self.checkpoint)

    def onward(self, data: str | None = None) -> str:
        """The command that uses the model."""
        return f"glassnet predict {shlex.quote(self.model)} {shlex.quote(data or self.data)}"

    def lines(self) -> list[str]:
        """What was written."""
        written = [f"model:  {self.model}"]
        return written if self.report is None else [*written, f"report: {self.report}"]


def require_writable(*paths: str | None) -> None:
    """Fail before the work, not after it, where a file could not be written.

    Raises
    ------
    FileFault
    """
    for path in paths:
        if path is None:
            continue
        folder = Path(path).parent
        if Path(path).is_dir():
            raise FileFault(f"{path} is a folder. Give the name of a file to write.")
        if not folder.is_dir():
            raise FileFault(f"the folder {folder} is not there. Make it, or write elsewhere.")
        if not os.access(folder, os.W_OK):
            raise FileFault(f"the folder {folder} cannot be written to. Write elsewhere.")


@contextmanager
def written_without_report(places: Places) -> Generator[None]:
    """Ctrl-C while the report is drawn: the model is written by then, and the line says so.

    Raises
    ------
    Interrupted
    """
    try:
        yield
    except KeyboardInterrupt as error:
        click.echo(f"interrupted: {places.model} was written, the report was not.", err=True)
        raise Interrupted from error
