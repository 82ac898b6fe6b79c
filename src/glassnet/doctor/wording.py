"""How the doctor writes what it measured."""

from __future__ import annotations


def percent(part: float) -> str:
    """A share as a percentage of three digits.

    Examples
    --------
    >>> percent(0.6557), percent(1.0)
    ('65.6 %', '100 %')
    """
    return f"{100 * part:.3g} %"
