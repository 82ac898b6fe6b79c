"""What estimators advise, in words of the command line."""

from __future__ import annotations

import re
import shlex
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from glassnet.errors import InvalidValue

_OF_OPTIONS: tuple[tuple[str, Any], ...] = (
    (r"drop=\[(['\"])(.*?)\1\]", lambda found: f"--drop {shlex.quote(found[2])}"),
    (r"(a target must not be missing;.*) Leave these rows out\.",
     r"\1 Leave these rows out with --missing-target drop."),
    (r"(must hold finite numbers;.*, or leave them empty)\.",
     r"\1; --infinite missing takes them so."),
    (r"\btime_budget[=:] ?", "--time-budget "),
    (r"\bmax_row_visits=", "--max-row-visits "),
    (r"\bmin_count\b", "--min-count"),
    (r'class_weight="balanced"', "--balanced"),
    (r"\blearning_rate\b", "--learning-rate"),
)  # fmt: skip


def in_options(note: str) -> str:
    """A note of the estimator in words of the command line.

    Examples
    --------
    >>> in_options("Leave it out with drop=['id'] if it only tells rows apart.")
    'Leave it out with --drop id if it only tells rows apart.'
    """
    for pattern, words in _OF_OPTIONS:
        note = re.sub(pattern, words, note)
    return note


@contextmanager
def in_words_of_options() -> Generator[None]:
    """Errors of the estimator say what to do on the command line."""
    try:
        yield
    except InvalidValue as error:
        raise InvalidValue(in_options(str(error))) from error
