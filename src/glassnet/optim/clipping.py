"""Clipping of the gradient, before the optimizer sees it: the whole, or each row's part of it."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

from glassnet.arrays import Array, xp
from glassnet.errors import InvalidValue
from glassnet.optim.ranges import COUNT, POSITIVE, Range


@dataclass(frozen=True)
class Clipping:
    """Limits on the gradient: on each row's, on the length of the whole, on each of its entries.

    With ``per_sample`` = C the gradient gₙ of each row's own loss (no weight, no penalty, all
    layers that are not frozen together) is held to the length C before the rows are added up:

        g = Σₙ wₙ cₙ gₙ + ∂penalties/∂θ,   cₙ = min(1, C / ‖gₙ‖)

    With ``noise_multiplier`` = σ too, all rows weigh the same and z is standard normal:

        g = (Σₙ cₙ gₙ + σ C z) / B + ∂penalties/∂θ

    where B, ``batch_rows``, is the batch size asked for, whatever rows the batch got. ``norm`` and
    ``value`` come after.

    Parameters
    ----------
    norm : float > 0, optional
        g ← g · min(1, norm / ‖g‖₂).  Pascanu, Mikolov & Bengio (2013), algorithm 1.
    value : float > 0, optional
        Every entry is held between −value and value.
    per_sample : float > 0, optional
    noise_multiplier : float > 0, optional
    batch_rows : int ≥ 1, optional
        Given with ``noise_multiplier``, and only then.

    Raises
    ------
    InvalidValue

    References
    ----------
    Abadi et al. (2016), Deep learning with differential privacy, algorithm 1.

    Examples
    --------
    >>> import numpy as np
    >>> Clipping(norm=1.0).clip(np.array([3.0, 4.0])).round(12).tolist()
    [0.6, 0.8]
    >>> Clipping(per_sample=2.0).factors(np.array([1.0, 4.0])).tolist()
    [1.0, 0.5]
    """

    norm: float | None = None
    value: float | None = None
    per_sample: float | None = None
    noise_multiplier: float | None = None
    batch_rows: int | None = None

    def __post_init__(self) -> None:
        self._settle("clip_norm", "norm", POSITIVE)
        self._settle("clip_value", "value", POSITIVE)
        self._settle("clip_per_sample", "per_sample", POSITIVE)
        self._settle("noise_multiplier", "noise_multiplier", POSITIVE)
        self._settle("batch_rows", "batch_rows", COUNT)
        if self.noise_multiplier is not None and self.per_sample is None:
            raise InvalidValue(
                "noise_multiplier needs clip_per_sample, whose multiple the noise is; got None. "
                "Give clip_per_sample=1.0, or what most of gn.ledger(…).norms stay below."
            )
        if (self.noise_multiplier is None) != (self.batch_rows is None):
            raise InvalidValue(
                "noise_multiplier and batch_rows must be given together; got "
                f"{self.noise_multiplier!r} and {self.batch_rows!r}."
            )

    def _settle(self, name: str, field: str, allowed: Range) -> None:
        limit = getattr(self, field)
        number = None if limit is None else allowed.number(limit)
        if limit is not None and number is None:
            raise InvalidValue(f"{name} must be {allowed.words}; got {limit!r}.")
        object.__setattr__(self, field, number)

    def factors(self, lengths: Array) -> Array:
        """cₙ of rows whose gradients have these lengths.  (m,) -> (m,)"""
        if self.per_sample is None:
            return xp(lengths).ones_like(lengths)
        over = lengths > self.per_sample  # False for nan, which the sum then shows
        return xp(lengths).where(over, self.per_sample / xp(lengths).where(over, lengths, 1.0), 1.0)

    def clip(self, g: Array) -> Array:
        """The gradient within the limits of the whole.  (p,) -> (p,)"""
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
