"""The lessons: guided experiments, each a file of its own."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def lessons() -> list[dict[str, Any]]:
    """All lessons in their order, as the page is told of them.

    Examples
    --------
    >>> all(
    ...     {"id", "title", "question", "text", "try", "settings"} <= set(each)
    ...     for each in lessons()
    ... )
    True
    """
    folder = files("glassnet.lab").joinpath("lessons")
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".json"))
    return [json.loads(folder.joinpath(name).read_text(encoding="utf-8")) for name in names]
