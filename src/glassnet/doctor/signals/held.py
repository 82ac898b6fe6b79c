"""Signals of the rows that a training holds apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from glassnet.data.batches import Selection
from glassnet.inspection.looking import Looked
from glassnet.inspection.passes import looked
from glassnet.network.network import Network

_ROWS = 4096


@dataclass(frozen=True)
class HeldSigns:
    """The validation loss of one moment, and how well it is known.

    Attributes
    ----------
    rows : int
    loss : float
        Without penalties, in prediction.
    error : float
        Standard error of that mean: what other rows of the same kind would change it by.

    Examples
    --------
    >>> HeldSigns(16, 0.4, 0.2).error
    0.2
    """

    rows: int
    loss: float
    error: float


def held_signs(net: Network, held: Selection) -> HeldSigns:
    """The signals of a network on the rows held apart, of up to 4,096 of them.

    Examples
    --------
    >>> from glassnet.data.batches import Data
    >>> from glassnet.network.layers import Dense
    >>> x, y = np.zeros((4, 1)), np.array([[0.0], [0.0], [2.0], [2.0]])
    >>> net = Network(1, [Dense(1, "identity", init="zeros")])
    >>> held_signs(net, Selection(Data(x, y)))
    HeldSigns(rows=4, loss=1.0, error=0.5773502691896257)
    """
    places = np.unique(np.linspace(0, len(held) - 1, min(len(held), _ROWS)).astype(np.int64))
    numbers, data = held.at(places), held.data
    dtype = net.state.theta.dtype
    x, y = data.x[numbers], data.y[numbers].astype(dtype)
    x = (x.toarray() if hasattr(x, "toarray") else x).astype(dtype)
    w = None if data.w is None else data.w[numbers].astype(dtype)
    with np.errstate(all="ignore"):
        losses = looked(Looked(net, x, y, w), training=False)["losses"]
        rows = np.asarray(losses, np.float64).reshape(len(places), -1).sum(axis=1)
        share = np.full(len(rows), 1 / len(rows)) if w is None else w / w.sum()
        mean = float(share @ rows)
        spread = float(share @ np.square(rows - mean)) * float(np.square(share).sum())
        few = 1 - float(np.square(share).sum())
    return HeldSigns(len(rows), mean, float(np.sqrt(spread / few)) if few > 0 else float("nan"))
