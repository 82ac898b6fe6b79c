"""Layers that stand before the others: what the columns of a table become first."""

from __future__ import annotations

from collections.abc import Sequence
from math import pi, sqrt

from glassnet.network.connections import Blocks
from glassnet.network.initializers import Constant, Normal, Uniform
from glassnet.network.layers import Dense
from glassnet.network.multipliers import Multipliers


def input_scale(columns: int, *, rate: float = 6.0, decay: float = 1.0) -> Dense:
    """Return a layer that multiplies each column by a learned number, 1 at first.

    A soft choice of features: W is diagonal. With a ``rate`` well above 1 the scales of columns
    that tell nothing are soon small.

    Parameters
    ----------
    columns : int ≥ 1
    rate : float > 0
        Times the learning rate.
    decay : float ≥ 0
        Times the weight decay.

    References
    ----------
    Holzmüller, Grinsztajn & Steinwart (2024), Better by default, section 3.

    Examples
    --------
    >>> from glassnet.network.network import Network
    >>> net = Network(3, [input_scale(3), Dense(1, "identity")])
    >>> net.W[1].tolist()
    [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    """
    return Dense(
        columns,
        "identity",
        bias=False,
        init=Constant(1.0),
        connections=Blocks.alike(columns),
        multipliers=Multipliers(rate=rate, decay=decay),
    )


def embeddings(levels: Sequence[int], units: int | Sequence[int], *, std: float = 1.0) -> Dense:
    """Return a layer that gives each level of categorical columns, one-hot, a learned vector.

    The vector of a level is its column of W. A group of one input and one unit hands on a numeric
    column, times a number.

    Parameters
    ----------
    levels : sequence of int ≥ 1
        How many columns of one-hot numbers each categorical column takes; they follow each other.
    units : int ≥ 1, or one for each
        The length of the vectors.
    std : float > 0
        Their entries are drawn from N(0, std²).

    Examples
    --------
    >>> from glassnet.network.network import Network
    >>> net = Network(5, [embeddings((3, 2), 2), Dense(1, "identity")], seed=0)
    >>> net.W[1].shape, int((net.W[1] != 0).sum())
    ((4, 5), 10)
    """
    sizes = (units,) * len(levels) if isinstance(units, int) else tuple(units)
    blocks = Blocks(levels, sizes)
    return Dense(
        sum(blocks.units), "identity", bias=False, init=Normal(std=std), connections=blocks
    )


def periodic_embeddings(
    columns: int,
    *,
    frequencies: int = 16,
    units: int = 4,
    std: float = 0.1,
    rate: float = 0.1,
) -> tuple[Dense, Dense]:
    """Return two layers that give each numeric column x a learned vector, periodic in x.

    The first makes x and cos(2π fₖ x + cₖ) of it, f ~ N(0, std²) and c ~ U(−π, π); the second the
    vector, whose first entry is x at first. So fast changes along a column are within reach of the
    layers behind (PBLD: periodic, bias, linear, densely connected to x).

    Parameters
    ----------
    columns : int ≥ 1
        Of mean 0 and spread 1, or nearly.
    frequencies, units : int ≥ 1
        For each column; ``units`` is the length of its vector.
    std : float > 0
        Of the frequencies; the larger, the faster a change that can be learned.
    rate : float > 0
        Times the learning rate, in both layers.

    References
    ----------
    Gorishniy, Rubachev & Babenko (2022), On embeddings for numerical features; Holzmüller,
    Grinsztajn & Steinwart (2024), Better by default, section 3.

    Examples
    --------
    >>> from glassnet.network.network import Network
    >>> layers = periodic_embeddings(2, frequencies=3, units=2)
    >>> net = Network(2, [*layers, Dense(1, "identity")], seed=0)
    >>> net.units, net.kappa[1].tolist()
    ((2, 8, 4, 1), [0.0, 1.0, 1.0, 1.0, 0.0, 1.0, 1.0, 1.0])
    """
    each, own = frequencies + 1, Multipliers(rate=rate, bias_rate=rate, kappa_rate=0)
    waves = Dense(
        columns * each,
        "cos",
        init=Normal(2 * pi * std, passes=1),
        bias_init=Uniform(pi, zeros=1),
        connections=Blocks.alike(columns, units=each),
        kappa=(0.0, *[1.0] * frequencies) * columns,
        multipliers=own,
    )
    vectors = Dense(
        columns * units,
        "identity",
        init=Normal(1 / sqrt(3 * frequencies), passes=1),
        connections=Blocks.alike(columns, inputs=each, units=units),
        multipliers=own,
    )
    return waves, vectors
