"""The networks that a run went through, kept in memory."""

from __future__ import annotations

from glassnet.network.network import Network
from glassnet.optim.ranges import COUNT, check
from glassnet.training.observers import EpochEnd, Observer


class Trail(Observer):
    """The network after every ``epochs``-th epoch, and the learning rate it had then.

    It looks at no step, so it costs nothing but p numbers for each network kept.

    Attributes
    ----------
    networks : list of Network
    rates : list of float
    epochs_kept : list of int

    Examples
    --------
    >>> import glassnet as gn
    >>> net = gn.Network(1, [gn.Dense(1, "identity")])
    >>> trail = Trail(epochs=2)
    >>> _ = gn.train(net, [[0.0], [1.0]], [0.0, 1.0], epochs=5, observers=[trail])
    >>> trail.epochs_kept, trail.rates
    ([2, 4], [0.001, 0.001])
    """

    def __init__(self, epochs: int = 1) -> None:
        self.epochs = epochs
        check(self, epochs=COUNT)
        self.networks: list[Network] = []
        self.rates: list[float] = []
        self.epochs_kept: list[int] = []

    def epoch(self, end: EpochEnd) -> None:
        if end.epoch % self.epochs == 0:
            self.networks.append(end.network())
            self.rates.append(float(end.row["rate"]))
            self.epochs_kept.append(end.epoch)
