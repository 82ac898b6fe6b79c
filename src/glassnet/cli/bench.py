"""``glassnet bench``: this machine's ceilings, and glassnet beside the peers that are installed."""

from __future__ import annotations

import json
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, get_args

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from glassnet.bench import table, workloads
from glassnet.bench.contract import Dtype, Entry
from glassnet.bench.lineup import lineup
from glassnet.bench.peers import catalogue
from glassnet.bench.peers.catalogue import OURS
from glassnet.bench.processes import processors
from glassnet.bench.race import Limits, Result, Tell, ceilings, race
from glassnet.bench.records import Record, machine, missing, records
from glassnet.cli.places import require_writable
from glassnet.cli.talk import finite
from glassnet.errors import UnknownName
from glassnet.files import atomic_write


class _Names(click.ParamType[Any]):
    """Names with commas between them, of workloads or of peers."""

    name = "names"

    def __init__(self, choose: Any) -> None:
        self._choose = choose

    def convert(self, value: Any, param: Any, ctx: Any) -> list[str]:
        if isinstance(value, list):
            return value
        try:
            return self._choose(value)
        except UnknownName as error:
            self.fail(str(error), param, ctx)


class _Threads(click.ParamType[Any]):
    """Numbers of threads with commas between them, or ``all``."""

    name = "numbers"

    def convert(self, value: Any, param: Any, ctx: Any) -> list[int]:
        most, found = len(processors()), list[int]()
        for word in value.split(","):
            count = str(most) if word.strip() == "all" else word.strip()
            if not count.isdecimal() or not 1 <= int(count) <= most:
                self.fail(f"{word.strip()!r} is not 'all' or a number from 1 to {most}.", param)
            found.append(int(count))
        return list(dict.fromkeys(found))


@click.command(context_settings={"show_default": True})
@click.option(
    "--workloads", "names", type=_Names(workloads.chosen), default="W1,W2,W3,W4,W5,W6",
    help="What is timed.",
)  # fmt: skip
@click.option("--threads", type=_Threads(), default="1,all", help="On how many threads.")
@click.option("--dtype", type=click.Choice(get_args(Dtype)), default="float32")
@click.option(
    "--peers", type=_Names(catalogue.chosen), show_default="all that are installed",
    help=f"Of {', '.join(catalogue.PEERS)}.",
)  # fmt: skip
@click.option("--rounds", type=click.IntRange(3), default=9, help="Turns of each engine.")
@click.option("--turn", type=click.FloatRange(0.001), default=0.1, help="Seconds of a turn.")
@click.option(
    "--seconds", type=click.FloatRange(0), default=120.0, help="After so many, no new round."
)
@click.option("--json", "path", type=click.Path(), help="Write the records to this file.")
@click.option("--markdown", is_flag=True, help="Print tables for a page.")
def bench(
    names: list[str],
    threads: list[int],
    dtype: Dtype,
    peers: list[str] | None,
    rounds: int,
    turn: float,
    seconds: float,
    path: str | None,
    markdown: bool,
) -> None:
    """Time glassnet and its peers on this machine.

    Each engine runs in a process of its own; they take turns, round after round. Printed are
    medians, and ratios taken within a round. Peers come with the extra glassnet[bench].
    """
    require_writable(path)
    view = _View(quiet=markdown)
    found = {count: _ceilings(count, view) for count in threads}
    view.say(*table.ceiling_lines(found))
    timed, absent = list[Record](), list[Record]()
    for name in names:
        for count in threads:
            result = _raced(name, lineup(count, dtype, peers), Limits(rounds, turn, seconds), view)
            new = records(result, {count: found[count]["fma"]})
            view.say("", table.heading(name, count, dtype), *table.lines(new, missing(result)))
            timed += [record for record in new if record["threads"] == count]
            absent += missing(result)
    about = machine(found)
    if markdown:
        click.echo(table.markdown(about, found, timed))
    if path is not None:
        _write(path, {"machine": about, "records": timed, "missing": absent})
    if not any(record["engine"] == OURS for record in timed):
        why = next(each["reason"] for each in absent if each["engine"] == OURS)
        raise click.ClickException(f"glassnet was not timed: {why}")


def _ceilings(threads: int, view: _View) -> dict[str, float]:
    with view.progress(f"ceilings of {threads} thread{'s' * (threads > 1)}") as tell:
        return ceilings(threads, tell)


def _raced(
    name: str, line: tuple[list[Entry], dict[Entry, str]], limits: Limits, view: _View
) -> Result:
    entries, absent = line
    with view.progress(
        f"{name}, {entries[0].threads} thread{'s' * (entries[0].threads > 1)}"
    ) as tell:
        result = race(name, entries, limits, tell)
    return Result(name, result.times, {**absent, **result.missing})


class _View:
    """Lines on standard output (on standard error beside a page), and progress on standard error.

    Parameters
    ----------
    quiet : bool
        Keep standard output for the page.
    """

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet

    def say(self, *lines: str) -> None:
        """Print lines."""
        for line in lines:
            click.echo(line, err=self._quiet)

    @contextmanager
    def progress(self, what: str) -> Generator[Tell]:
        """A bar while something is measured; elsewhere than on a terminal a line before it."""
        console = Console(stderr=True)
        if not console.is_terminal:
            click.echo(f"measuring {what}", err=True)
            yield lambda share, text: None
            return
        columns = (
            TextColumn("{task.description}"),
            BarColumn(24),
            TextColumn("{task.fields[text]}"),
        )
        # Gone when its race is over, so that the lines of results follow one another.
        bar = Progress(*columns, console=console, transient=True, redirect_stdout=False)
        with bar:
            task = bar.add_task(what, total=1.0, text="")
            yield lambda share, text: bar.update(task, completed=share, text=text)


def _write(path: str, values: Any) -> None:
    text = json.dumps(finite(values), indent=1, ensure_ascii=False, allow_nan=False)
    atomic_write(path, f"{text}\n".encode())
