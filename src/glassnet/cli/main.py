"""``glassnet``: its commands, its exit status, and its one-line errors.

Exit status: 0 done; 1 the job failed, with one line on stderr; 2 a wrong option or argument;
130 interrupted by Ctrl-C.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import version

import click

from glassnet.cli.talk import Interrupted
from glassnet.errors import GlassnetError

_COMMANDS = (
    "bench", "demo", "derive", "diagnose", "export", "fit", "info", "lab", "plot", "predict",
    "search", "serve", "trace",
)  # fmt: skip


class Commands(click.Group):
    """Commands that are imported when they are called: a prediction needs no figures."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Their names, sorted."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name: of the file that has it."""
        if cmd_name not in _COMMANDS:
            return None
        return getattr(import_module(f"glassnet.cli.{cmd_name}"), cmd_name)


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Begin with: glassnet demo",
)
@click.version_option(version("glassnet"), message="glassnet %(version)s")
def glassnet() -> None:
    """Train feedforward networks on tables, and see every number of how they learn."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command and exit with its status."""
    warnings.showwarning = _one_line_warning
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return its exit status."""
    try:
        status = glassnet.main(arguments, prog_name="glassnet", standalone_mode=False)
    except click.UsageError as error:
        error.show()
        return 2
    except (KeyboardInterrupt, click.Abort):
        click.echo("glassnet: interrupted; nothing was written.", err=True)
        return 130
    except Interrupted:
        return 130
    except BrokenPipeError:
        # The reader of the output went away; the interpreter must not complain about it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (GlassnetError, click.ClickException) as error:
        text = error.format_message() if isinstance(error, click.ClickException) else str(error)
        click.echo(f"glassnet: {' '.join(text.split())}", err=True)
        return 1
    except MemoryError:
        click.echo(
            "glassnet: out of memory. Use fewer rows or columns, or a smaller --batch-size.",
            err=True,
        )
        return 1
    return status if isinstance(status, int) else 0  # of click's own Exit, which it does not raise


def _one_line_warning(message: Warning | str, *_: object, **__: object) -> None:
    click.echo(f"glassnet: warning: {' '.join(str(message).split())}", err=True)
