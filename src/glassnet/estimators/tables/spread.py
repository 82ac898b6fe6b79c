"""What is done to a numeric target before training, and undone in the predictions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from glassnet.arrays import Array
from glassnet.data.scaling import center_and_scale


@dataclass(frozen=True)
class Spread:
    """What undoes the standardising of a target: its mean, scale and range in training.

    Examples
    --------
    >>> spread = Spread.of(np.array([1.0, 3.0]), None)
    >>> spread.standardised(np.array([1.0, 3.0])).tolist()
    [-1.0, 1.0]
    """

    mean: float
    scale: float
    low: float
    high: float

    @classmethod
    def of(cls, y: Array, w: Array | None) -> Spread:
        """Of the targets of training; a weight of 2 counts as two rows."""
        mean, scale = center_and_scale(y)
        if w is not None and scale > 0:
            z, share = (y - mean) / scale, w / w.sum()
            shift = float(share @ z)
            spread = float(np.sqrt(share @ ((z - shift) * (z - shift))))
            mean, scale = mean + scale * shift, scale * spread if spread > 0 else scale
        return cls(mean, scale, float(y.min()), float(y.max()))

    @classmethod
    def of_counts(cls, y: Array, w: Array | None) -> Spread:
        """Of counts, which are divided by their mean and not shifted; predictions stay above 0.

        Examples
        --------
        >>> Spread.of_counts(np.array([0.0, 1.0, 5.0]), None).scale
        2.0
        """
        high = float(y.max())
        scale = high * float(np.average(y / high, weights=w))  # which overflows for no counts
        return cls(0.0, scale, max(float(y.min()), float(np.finfo(np.float64).tiny)), high)

    def standardised(self, y: Array) -> Array:
        """(m,) -> (m,)"""
        return (y - self.mean) / self.scale
