"""What a command says: lines for people on stdout, or one JSON object."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Mapping
from typing import Any, TextIO

import click
from rich.console import Console

_WIDTH = 100  # of tables in files and pipes


class Interrupted(Exception):
    """A command was interrupted, kept what it had, and has said so."""


class Talk:
    """Where a command's lines go.

    Parameters
    ----------
    as_json : bool
        One JSON object on stdout at the end; the lines go to stderr.
    quiet : bool
        No lines at all.
    """

    def __init__(self, *, as_json: bool, quiet: bool) -> None:
        self._as_json, self._quiet = as_json, quiet

    @property
    def stream(self) -> TextIO:
        """Where the lines go."""
        return sys.stderr if self._as_json else sys.stdout

    def say(self, *lines: str) -> None:
        """Print lines."""
        if not self._quiet:
            for line in lines:
                click.echo(line, err=self._as_json)

    @property
    def width(self) -> int:
        """Letters in a line: of the terminal, or 100."""
        console = Console(file=self.stream)
        return console.width if console.is_terminal else _WIDTH

    def sheet(self, sheet: Any) -> None:
        """Print a table of rich, without spaces at its line ends."""
        console = Console(file=self.stream, highlight=False, width=self.width)
        with console.capture() as caught:
            console.print(sheet)
        self.say(*(line.rstrip() for line in caught.get().splitlines()))

    def result(self, values: Mapping[str, Any]) -> None:
        """Print the JSON object, where that was asked for."""
        if self._as_json:
            click.echo(json.dumps(finite(values), ensure_ascii=False, allow_nan=False))


def finite(value: Any) -> Any:
    """The value with None in the place of nan and infinities, which JSON does not have.

    Examples
    --------
    >>> finite({"loss": [0.5, float("nan")]})
    {'loss': [0.5, None]}
    """
    if isinstance(value, Mapping):
        return {str(key): finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
