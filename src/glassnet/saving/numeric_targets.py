"""The target of a regression as a part of a model file."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from glassnet.estimators.tables.numeric_target import LOSSES, NumericTarget
from glassnet.estimators.tables.spread import Spread
from glassnet.files.fields import fields, flag, items, real, text
from glassnet.saving.parts import Part

_FIELDS = ("loss", "spreads", "quantiles", "flat")
_SPREAD = ("mean", "scale", "low", "high")


def numeric_target_part(target: NumericTarget) -> Part:
    """Losses, levels, and what undoes the standardising of each column.

    Examples
    --------
    >>> target = NumericTarget("huber", (Spread(0.0, 2.0, -1.0, 1.0),))
    >>> numeric_target_of(numeric_target_part(target), ("y",)) == target
    True
    """
    spreads = [{name: getattr(spread, name) for name in _SPREAD} for spread in target.spreads]
    return Part(
        {
            "loss": target.loss,
            "spreads": spreads,
            "quantiles": list(target.quantiles),
            "flat": target.flat,
        }
    )


def numeric_target_of(part: Part, names: tuple[str, ...]) -> NumericTarget:
    """The target that :func:`numeric_target_part` wrote down.

    Raises
    ------
    KeyError, ValueError
        If it is none.
    """
    held = fields(part.header, _FIELDS, "the target")
    spreads = tuple(_spread(spread) for spread in items(held, "spreads"))
    levels = tuple(real({"level": level}, "level") for level in items(held, "quantiles"))
    loss, flat = text(held, "loss", LOSSES), flag(held, "flat")
    if not spreads or (flat and len(spreads) > 1):
        raise ValueError(f"the target has {len(spreads)} columns")
    if bool(levels) != (loss == "quantile"):
        raise ValueError("the target has quantiles if its loss does")
    if not all(0 < level < 1 for level in levels) or any(a >= b for a, b in pairwise(levels)):
        raise ValueError("the levels of quantiles do not increase within (0, 1)")
    return NumericTarget(loss, spreads, levels, flat, names)


def _spread(header: Mapping[str, Any]) -> Spread:
    held = fields(header, _SPREAD, "a column of the target")
    spread = Spread(*(real(held, name) for name in _SPREAD))
    if not spread.scale > 0 or spread.low > spread.high:
        raise ValueError("the target has no proper scale and range")
    return spread
