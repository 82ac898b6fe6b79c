"""First parameters in the units of the data.

Initializers assume inputs and targets of mean 0 and spread 1. Here the parameters drawn are
rewritten for inputs and targets as they come; the rows themselves are left as they are, so W[1] is
in units of 1/x and the last bias in units of y.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from glassnet.arrays import Array
from glassnet.network.network import Network

_ALIKE = 3.0  # spreads up to so many times the median count as those of one unit of measurement
_NUMBERS_AT_A_TIME = 32768
_LARGEST = 10.0  # beyond, weights would be no larger than Adam's steps, 10⁻³ by default


def in_units_of(
    net: Network, x: Array, y: Array, w: Array | None = None, *, spread: bool = True
) -> None:
    """Rewrite the first parameters of a network for the rows it is to be trained on.

    Layer 1 sees (xⱼ − μⱼ) / sⱼ: W[1]ⱼ ← W[1]ⱼ / sⱼ and b[1] ← b[1] − W[1] μ. The scale s is the
    median spread of the columns for those whose spread is at most 3 times that, and a third of
    the column's own spread beyond, but never above 10. Columns of one unit of measurement so keep
    their relation, and rare columns of little spread are not blown up. A constant column keeps its
    place (μⱼ is 0) and has s = |xⱼ|: it acts as a bias.

    The outputs begin at what is best without inputs: the bias of the last layer is the mean of y,
    or its log-odds, logarithms of shares or logarithm under logistic, softmax or exp. Under
    identity W[L] is put in units of the spread of y.

    Parameters
    ----------
    net : Network
    x : (m, n₀), dense or CSR
    y : (m, n_L)
        Targets as the loss takes them.
    w : (m,), optional
        Weights of the rows.
    spread : bool
        Whether W[L] is put in units of the spread of y. Not for plain gradient descent: its steps
        for W[1] would grow with the square of those units.

    Examples
    --------
    >>> from glassnet.network.layers import Dense
    >>> net = Network(1, [Dense(2, "relu"), Dense(1, "identity")], seed=0)
    >>> in_units_of(net, np.array([[100.0], [300.0]]), np.array([[5.0], [7.0]]))
    >>> net.b[2].tolist()
    [6.0]
    """
    weight = np.full(x.shape[0], 1 / x.shape[0]) if w is None else w / w.sum(dtype=np.float64)
    with np.errstate(over="ignore", invalid="ignore"):
        inputs, mean = _mean_and_spread(x, weight), np.asarray(weight @ y, dtype=np.float64)
        unit = np.sqrt(weight @ ((y - mean) * (y - mean)))
    in_units_of_moments(net, inputs, (mean, unit), len(y), spread=spread)


def in_units_of_moments(
    net: Network,
    inputs: tuple[Array, Array],
    targets: tuple[Array, Array],
    rows: int,
    *,
    spread: bool = True,
) -> None:
    """Rewrite the first parameters for rows of which no more is known than mean and spread.

    Parameters
    ----------
    net : Network
    inputs, targets : (mean, standard deviation)
        Of each column of x, (n₀,), and of y, (n_L,).
    rows : int
        How many there are.
    spread : bool
        As for :func:`in_units_of`.

    Examples
    --------
    >>> from glassnet.network.layers import Dense
    >>> net = Network(1, [Dense(2, "relu"), Dense(1, "identity")], seed=0)
    >>> x, y = (np.array([200.0]), np.array([100.0])), (np.array([6.0]), np.array([1.0]))
    >>> in_units_of_moments(net, x, y, rows=2)
    >>> net.b[2].tolist()
    [6.0]
    """
    theta = np.array(net.state.theta)
    blocks = net.specification.unpack(theta)
    with np.errstate(over="ignore", invalid="ignore"):
        mean, scale = _centre_and_scale(*inputs)
        first = blocks.W[1] / scale
        shift = first @ mean
        if np.isfinite(first).all() and np.isfinite(shift).all():
            blocks.W[1][:] = first
            if blocks.b[1] is not None and net.specification.layer(1).batch_norm is None:
                blocks.b[1][:] -= shift
        W, b = blocks.W[net.depth], blocks.b[net.depth]
        _outputs(net, W, b, *targets, rows, spread)
    if np.isfinite(theta).all():
        net.state = replace(net.state, theta=theta)


def _mean_and_spread(x: Array, weight: Array) -> tuple[Array, Array]:
    if hasattr(x, "tocsr"):
        mean = np.asarray(x.T @ weight, dtype=np.float64)
        square = np.asarray(x.multiply(x).T @ weight, dtype=np.float64)
        variance = square - mean * mean
        variance[variance < 1e-12 * square] = 0.0
    else:
        mean, variance = _moments(x, weight)
        variance[variance < (1e-12 * mean) ** 2] = 0.0
    return mean, np.sqrt(variance)


def _centre_and_scale(mean: Array, spread: Array) -> tuple[Array, Array]:
    typical = float(np.median(spread[spread > 0])) if (spread > 0).any() else 1.0
    scale = np.minimum(np.maximum(typical, spread / _ALIKE), _LARGEST)
    constant = spread == 0
    # A constant column taken to 0 would leave rows that are alike at the kink of every relu.
    scale[constant] = np.maximum(scale, np.abs(mean))[constant]
    return np.where(constant, 0.0, mean), scale


def _moments(x: Array, weight: Array) -> tuple[Array, Array]:
    """Weighted mean and variance of each column, in float64.

    A chunk of rows at a time: copies of all rows leave the cache, and took a sixth of a short fit
    of 20,000 rows by 20.
    """
    step = max(1, _NUMBERS_AT_A_TIME // x.shape[1])
    parts = [slice(start, start + step) for start in range(0, x.shape[0], step)]
    mean, variance = np.zeros(x.shape[1]), np.zeros(x.shape[1])
    for part in parts:
        mean += weight[part] @ x[part].astype(np.float64, copy=False)
    for part in parts:
        centred = x[part] - mean
        variance += weight[part] @ np.square(centred, out=centred)
    return mean, variance


def _outputs(
    net: Network, W: Array, b: Array | None, mean: Array, unit: Array, rows: int, spread: bool
) -> None:
    name = net.specification.phi[net.depth].name
    few = 0.5 / rows  # a class without a row is taken to have half of one
    start = {
        "identity": lambda: mean,
        "logistic": lambda: _log_odds(np.clip(mean, few, 1 - few)),
        "softmax": lambda: np.log(np.maximum(mean, few)),
        "exp": lambda: np.log(np.maximum(mean, 1e-9)),
    }.get(name)
    if b is None or start is None:
        return
    b[:] = start()
    if name == "identity" and spread:
        W[:] *= np.where(unit > 0, unit, 1.0)[:, None]


def _log_odds(share: Array) -> Array:
    return np.log(share / (1 - share))
