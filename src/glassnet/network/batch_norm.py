"""Batch normalisation, between the weighted input z and the activation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf

from glassnet.arrays import Array, xp
from glassnet.network.hyperparameters import settle
from glassnet.network.intervals import Interval


@dataclass(frozen=True)
class BatchNorm:
    """z̃ = γ x̂ + β with x̂ = (z − μ) / √(σ² + ε), per unit; γ = 1 and β = 0 at first, then learned.

    In training μ = Σᵢ wᵢ zᵢ and σ² = Σᵢ wᵢ (zᵢ − μ)² over the batch, under its weights (the biased
    variance). Each step moves the running statistics, which prediction uses, by

        running ← running + max(momentum, 1 / (t + 1)) (batch − running),

    t being the number of steps taken before: a plain average at first, exponential later. A frozen
    layer uses its running statistics in training too, and leaves them alone.

    Parameters
    ----------
    momentum : float in (0, 1]
        Share of the newest batch. (Some libraries call 1 − this the momentum.)
    epsilon : float > 0

    References
    ----------
    Ioffe & Szegedy (2015), Batch normalization, algorithms 1 and 2.

    Examples
    --------
    >>> BatchNorm(momentum=0.1).epsilon
    1e-05
    """

    momentum: float = 0.1
    epsilon: float = 1e-5

    def __post_init__(self) -> None:
        settle(self, momentum=Interval(0, 1, closed_upper=True), epsilon=Interval(0, inf))

    def statistics(
        self, z: Array, w: Array, total: Callable[[Array], Array] | None = None
    ) -> tuple[Array, Array]:
        """μ and σ² of a batch under weights w that sum to 1.  (m, n), (m,) -> (n,), (n,)

        ``total`` adds up over those who have the other rows of the batch.
        """
        weights = w[:, None]
        mean = xp(z).sum(weights * z, axis=0)
        if total is not None:
            mean = total(mean)
        centred = z - mean
        variance = xp(z).sum(weights * centred * centred, axis=0)
        return mean, variance if total is None else total(variance)

    def normalise(self, z: Array, mean: Array, variance: Array) -> Array:
        """x̂.  (m, n) -> (m, n)"""
        return (z - mean) / xp(z).sqrt(variance + self.epsilon)

    def back(
        self,
        g: Array,
        gamma: Array,
        x_hat: Array,
        variance: Array,
        w: Array | None,
        total: Callable[[Array], Array] | None = None,
    ) -> tuple[Array, Array, Array]:
        """∂J/∂z, ∂J/∂γ and ∂J/∂β, given g = ∂J/∂z̃.

        ``w`` None: the statistics were constants (running ones), so z does not act through them.
        With ``total``, ∂J/∂γ and ∂J/∂β are still sums over these rows alone.
        """
        d_gamma, d_beta = xp(g).sum(g * x_hat, axis=0), xp(g).sum(g, axis=0)
        d_x_hat = g * gamma
        if w is not None:
            through_mean = xp(g).sum(d_x_hat, axis=0)
            through_variance = xp(g).sum(d_x_hat * x_hat, axis=0)
            if total is not None:
                both = total(xp(g).stack([through_mean, through_variance]))
                through_mean, through_variance = both[0], both[1]
            d_x_hat = d_x_hat - w[:, None] * (through_mean + x_hat * through_variance)
        return d_x_hat / xp(g).sqrt(variance + self.epsilon), d_gamma, d_beta

    def moved(self, running: Array, batch: Array, t: int) -> Array:
        """The running statistic after step t (t steps were taken before it).  (n,) -> (n,)"""
        return running + max(self.momentum, 1 / (t + 1)) * (batch - running)


def fold(
    W: Array, b: Array, norm: BatchNorm, gamma: Array, beta: Array, mean: Array, variance: Array
) -> tuple[Array, Array]:
    """W and b of the layer without batch norm that predicts the same: for export only.

    ``b`` is zeros where the layer has no bias.

    Examples
    --------
    >>> import numpy as np
    >>> one = np.ones(1)
    >>> W, b = fold(np.ones((1, 1)), one, BatchNorm(), 2 * one, one, one, one - 1e-5)
    >>> float(W[0, 0]), float(b[0])
    (2.0, 1.0)
    """
    factor = gamma / xp(W).sqrt(variance + norm.epsilon)
    return factor[:, None] * W, factor * (b - mean) + beta
