"""The server's log: a JSON object on a line for each event."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TextIO

_SECRET = {"authorization", "token"}


def journal(stream: TextIO | None = None) -> Callable[..., None]:
    """A function that logs an event with its fields.

    Parameters
    ----------
    stream : text file, optional
        The standard error stream as it is at the time of the event.

    Examples
    --------
    >>> journal(sys.stdout)("loaded", model="m")
    {"time": "...", "event": "loaded", "model": "m"}
    """

    def log(event: str, **fields: Any) -> None:
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        told = {"time": now, "event": event} | {
            name: value for name, value in fields.items() if name not in _SECRET
        }
        where = stream or sys.stderr
        where.write(json.dumps(told, ensure_ascii=True, default=str) + "\n")
        where.flush()

    return log
