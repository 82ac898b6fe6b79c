"""Clipping of the gradient, before the optimizer sees it."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

from glassnet.arrays import Array, xp
from glassnet.errors import InvalidValue
from glassnet.optim.ranges import POSITIVE


@dataclass(frozen=True)
class Clipping:
    """Limits on the gradient: its length, or each of its entries.

    Parameters
    ----------
    norm : float > 0, optional
        g ← g · min(1, norm / ‖g‖₂).  Pascanu, Mikolov & Bengio (2013), algorithm 1.
    value : float > 0, optional
        Every entry is held between −value and value.

    Examples
    --------
    >>> import numpy as np
    >>> Clipping(norm=1.0).clip(np.array([3.0, 4.0])).round(12).tolist()
    [0.6, 0.8]
    """

    norm: float | None = None
    value: float | None = None

    def __post_init__(self) -> None:
        for name in ("norm", "value"):
            limit = getattr(self, name)
            number = None if limit is None else POSITIVE.number(limit)
            if limit is not None and number is None:
                raise InvalidValue(f"clip_{name} must be {POSITIVE.words}; got {limit!r}.")
            object.__setattr__(self, name, number)

    def clip(self, g: Array) -> Array:
        """The gradient within the limits.  (p,) -> (p,)"""
        if self.value is not None:
            g = xp(g).clip(g, -self.value, self.value)
        if self.norm is not None:
            length = float(xp(g).sqrt(xp(g).sum(g * g)))
            if length == inf:  # g² overflows, in float32 from 2·10¹⁹ on; g itself need not
                g = g / float(xp(g).max(xp(g).abs(g)))
                length = float(xp(g).sqrt(xp(g).sum(g * g)))
                return g * (self.norm / length)
            if length > self.norm:
                g = g * (self.norm / length)
        return g
