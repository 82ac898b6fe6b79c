"""The gradient noise scale: how much rows differ, as a number of rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from glassnet.arrays import Array
from glassnet.errors import InvalidValue


@dataclass(frozen=True)
class NoiseScale:
    """B = tr Σ / ‖G‖²: the batch size at which noise and gradient are of one length.

    G is the mean of the rows' gradients and Σ their covariance. The gradient of a batch of B rows
    has the squared length ‖G‖² + tr Σ / B on average: far below the noise scale doubling the batch
    nearly doubles the progress of a step, far above it doubles the cost and little else. It
    belongs to the parameters as they stand, and grows as training goes on.

    Attributes
    ----------
    value : float
        B, in rows; infinite where no common gradient shows through the noise of these rows.
    trace : float
        tr Σ, estimated without bias.
    squared_gradient : float
        ‖G‖², estimated without bias: it may come out below 0 where G is nearly 0.
    batch_size : int
        The power of 2 next to B (by ratio), at most the number of rows.

    References
    ----------
    McCandlish, Kaplan, Amodei et al. (2018), An empirical model of large-batch training, (2.9).

    Examples
    --------
    >>> import glassnet as gn
    >>> net = gn.Network(1, [gn.Dense(1, "identity", bias=False, init="zeros")])
    >>> gn.ledger(net, [[1.0], [1.0]], [-1.0, -3.0]).noise_scale()  # gradients 1 and 3
    NoiseScale(value=0.666..., trace=2.0, squared_gradient=3.0, batch_size=1)
    """

    value: float
    trace: float
    squared_gradient: float
    batch_size: int


def noise_scale_of(squares: Array, weights: Array, mean_gradient: Array) -> NoiseScale:
    """The noise scale of rows with ‖gₙ‖² = ``squares`` under weights that sum to 1.

    A batch of rows drawn at random has the terms m wₙ gₙ, whose mean is G.

    Raises
    ------
    InvalidValue
        If there are fewer than 2 rows.
    """
    m = len(squares)
    if m < 2:
        raise InvalidValue(f"a noise scale needs at least 2 rows; got {m}.")
    length = float(mean_gradient @ mean_gradient)
    trace = float((np.square(m * weights) @ squares - m * length) / (m - 1))
    trace = max(trace, 0.0)  # of equal gradients, rounding
    gradient = length - trace / m
    value = trace / gradient if gradient > 0 else (np.inf if trace > 0 else 0.0)
    nearest = 2.0 ** np.round(np.log2(np.clip(value, 1, m)))
    return NoiseScale(float(value), trace, gradient, int(min(nearest, m)))
