"""Penalties added to the cost, and the max-norm constraint; each is defined here and nowhere else.

Penalties and the constraint act on weights W only, never on biases.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from math import inf
from typing import ClassVar

from glassnet.arrays import Array, xp
from glassnet.network.hyperparameters import settle
from glassnet.network.intervals import Interval

_NOT_NEGATIVE = Interval(0, inf, closed_lower=True)


class Penalty(ABC):
    """A term of J made of the weights alone.

    With ``per_weight_sum`` the term is divided by the sum of the batch's sample weights (its number
    of rows when they are all 1), which is what scikit-learn's ``alpha`` means; without, it is the
    same for every batch.
    """

    name: ClassVar[str]
    per_weight_sum: bool

    @abstractmethod
    def value(self, W: Array) -> Array:
        """The term for one layer's W, before any division.  (n, k) -> ()"""

    @abstractmethod
    def derivative(self, W: Array) -> Array:
        """Its derivative.  (n, k) -> (n, k)"""

    def factor(self, weight_sum: float) -> float:
        """1, or 1 / weight_sum."""
        return 1 / weight_sum if self.per_weight_sum else 1.0


@dataclass(frozen=True)
class L2(Penalty):
    """½ strength Σ W²,  derivative strength · W.

    Examples
    --------
    >>> import numpy as np
    >>> float(L2(0.5).value(np.array([[1.0, 2.0]])))
    1.25
    """

    strength: float
    per_weight_sum: bool = False

    name = "l2"

    def __post_init__(self) -> None:
        settle(self, strength=_NOT_NEGATIVE)

    def value(self, W: Array) -> Array:
        return self.strength / 2 * xp(W).sum(W * W)

    def derivative(self, W: Array) -> Array:
        return self.strength * W


@dataclass(frozen=True)
class L1(Penalty):
    """strength Σ |W|,  derivative strength · sign W (0 at 0).

    Examples
    --------
    >>> import numpy as np
    >>> float(L1(0.5).value(np.array([[1.0, -2.0]])))
    1.5
    """

    strength: float
    per_weight_sum: bool = False

    name = "l1"

    def __post_init__(self) -> None:
        settle(self, strength=_NOT_NEGATIVE)

    def value(self, W: Array) -> Array:
        return self.strength * xp(W).sum(xp(W).abs(W))

    def derivative(self, W: Array) -> Array:
        return self.strength * xp(W).sign(W)


@dataclass(frozen=True)
class MaxNorm:
    """After each step, a row of W longer than ``limit`` is scaled back to it: ‖W[l]ⱼ‖₂ ≤ limit.

    Srebro & Shraibman (2005); with dropout, Srivastava et al. (2014), section 5.1.

    Examples
    --------
    >>> import numpy as np
    >>> MaxNorm(1.0).project(np.array([[3.0, 4.0], [0.3, 0.4]])).round(9).tolist()
    [[0.6, 0.8], [0.3, 0.4]]
    """

    limit: float

    name: ClassVar[str] = "max_norm"

    def __post_init__(self) -> None:
        settle(self, limit=Interval(0, inf))

    def project(self, W: Array) -> Array:
        """W with no row longer than the limit.  (n, k) -> (n, k)"""
        length = xp(W).sqrt(xp(W).sum(W * W, axis=1, keepdims=True))
        over = length > self.limit
        return W * xp(W).where(over, self.limit / xp(W).where(over, length, length * 0 + 1), 1.0)


PENALTIES: dict[str, type[Penalty]] = {kind.name: kind for kind in (L1, L2)}
