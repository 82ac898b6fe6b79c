"""What a calibration found, as a part of a model file."""

from __future__ import annotations

from typing import Any

from glassnet.estimators.tables.class_target import ClassTarget
from glassnet.estimators.tables.margins import Ends, Margins, Threshold
from glassnet.files.fields import fields, real, whole
from glassnet.saving.parts import Part

_NUMBERS = ("coverage", "rows", "below", "above")
_CLASSES = ("coverage", "rows", "least")


def margins_part(margins: Margins) -> Part:
    """The coverage, how many rows it was calibrated on, and the numbers of its intervals or sets.

    Examples
    --------
    >>> margins_part(Threshold(0.9, 240, 0.125)).header
    {'coverage': 0.9, 'rows': 240, 'least': 0.125}
    """
    names = _CLASSES if isinstance(margins, Threshold) else _NUMBERS
    return Part({name: getattr(margins, name) for name in names})


def margins_of(part: Part, head: Any) -> Margins:
    """The numbers that :func:`margins_part` wrote down, for a head of one target.

    Raises
    ------
    KeyError, ValueError
        If they are none, or do not fit the target.
    """
    of_classes = isinstance(head, ClassTarget)
    held = fields(part.header, _CLASSES if of_classes else _NUMBERS, "the intervals")
    coverage, rows = real(held, "coverage"), whole(held, "rows", low=1)
    if not 0 < coverage < 1:
        raise ValueError(f"a coverage lies between 0 and 1; got {coverage:g}")
    if len(head.target_names) > 1 or head.kind == "one class":
        raise ValueError("intervals and sets are of one target that varies")
    if not of_classes:
        return Ends(coverage, rows, real(held, "below"), real(held, "above"))
    least = real(held, "least")
    if not 0 <= least <= 1:
        raise ValueError(f"a probability lies from 0 to 1; got {least:g}")
    return Threshold(coverage, rows, least)
