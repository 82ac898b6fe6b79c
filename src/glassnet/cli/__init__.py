"""The command line: parse, call, print."""

from glassnet.cli.main import main

__all__ = ["main"]
