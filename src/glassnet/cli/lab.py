"""``glassnet lab``: a network in the browser, every number of it."""

from __future__ import annotations

import webbrowser

import click

from glassnet.engine.threads import thread_count
from glassnet.errors import Unsupported

_AT_LEAST_ONE = click.IntRange(1)


@click.command(context_settings={"show_default": True})
@click.argument("file", type=click.Path(), required=False)
@click.option("--port", type=click.IntRange(0, 65535), default=8899, help="0 takes a free one.")
@click.option("--no-browser", is_flag=True, help="Only print the address.")
@click.option(
    "--threads", type=_AT_LEAST_ONE, show_default="one less than there are",
    help="Runs that may compute at once, on a thread each.",
)  # fmt: skip
@click.option("--max-runs", type=_AT_LEAST_ONE, default=8, help="Runs at a time.")
@click.option("--target", help="The target column of a table.")
def lab(
    file: str | None,
    port: int,
    no_browser: bool,
    threads: int | None,
    max_runs: int,
    target: str | None,
) -> None:
    """Watch a network learn in the browser, every number of backpropagation in reach.

    FILE is a table to learn from (CSV, TSV, JSON lines, Parquet) or a model file, whose network is
    then the one to begin with. The server listens on this machine only and wants a token, which is
    in the address that is printed. Ctrl-C ends it.
    """
    try:
        from glassnet.lab.hub import Bounds
        from glassnet.lab.opening import opened
        from glassnet.lab.server import LabServer
        from glassnet.web.journal import journal
    except ImportError as error:
        raise Unsupported(
            f"the lab needs {error.name}, which is not installed. Install glassnet[lab]."
        ) from error
    bounds = Bounds(runs=max_runs, threads=threads or max(1, thread_count() - 1))
    beginning = None if file is None else opened(file, target=target)
    server = LabServer(beginning, bounds, port=port, log=journal())
    click.echo(f"The lab is at {server.url}")
    click.echo("Ctrl-C ends it.")
    if not no_browser and not webbrowser.open(server.url):
        click.echo("No browser opened: follow the address by hand.")
    server.run()
