"""Signals of penalties and dropout: what learning costs under them."""

from __future__ import annotations

import numpy as np

from glassnet.network.specification import Specification


def price_of_learning(spec: Specification, slope: float, rows: int) -> float:
    """The penalties of the smallest weights whose product is ``slope``: one weight in each layer.

    No network of L layers passes a signal on with that slope for less, as long as φ′ ≤ 1: for equal
    penalties the L weights are equal, slope^(1/L) each.

    Examples
    --------
    >>> from glassnet.network.layers import Dense
    >>> from glassnet.network.penalties import L2
    >>> spec = Specification(1, (Dense(3, "tanh"), Dense(1, "identity")), penalties=(L2(0.1),))
    >>> price_of_learning(spec, 4.0, 100)
    0.4
    """
    if not spec.penalties or not np.isfinite(slope) or slope <= 0:
        return 0.0
    W = np.array([[slope ** (1 / spec.depth)]])
    return float(
        sum(spec.depth * each.factor(rows) * float(each.value(W)) for each in spec.penalties)
    )


def dropout_noise(spec: Specification) -> tuple[float, int]:
    """Σ p / ((1 − p) n) over the layers, and the layer with most of it.

    A sum over n units of which each is dropped with probability p, and made up for by 1 / (1 − p),
    has a variance of p / ((1 − p) n) of its square. Of rectifiers half are off, so n is half as
    many.

    Examples
    --------
    >>> from glassnet.network.layers import Dense
    >>> dropout_noise(Specification(1, (Dense(4, "tanh", dropout=0.5), Dense(1, "identity"))))
    (0.25, 1)
    """
    most, where, total = 0.0, 1, 0.0
    for l, layer in enumerate(spec.layers, 1):
        kept = (1 - layer.dropout) * layer.units
        noise = layer.dropout / kept * (2 if spec.phi[l].name in ("relu", "leaky_relu") else 1)
        total += noise
        if noise > most:
            most, where = noise, l
    return total, where
