"""What can be taken away."""

from __future__ import annotations

from glassnet.lab.run import Run


def python(run: Run) -> str:
    """Code."""
    return "import glassnet as gn\n"


def command(run: Run) -> str:
    """Command."""
    return "glassnet lab\n"
