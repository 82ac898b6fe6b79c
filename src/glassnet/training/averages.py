"""``gn.MovingAverage``: the mean of the networks that a run passes through."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.errors import InvalidValue
from glassnet.network.network import Network
from glassnet.optim.ranges import COUNT, COUNT_OR_0, FACTOR, check
from glassnet.training.observers import Observer, UnderWay


class MovingAverage(Observer):
    """The mean of θ over the steps of a run, later steps weighing more; it changes nothing.

    Every ``interval`` steps θ is taken into the mean, and at the end once more. What was taken in k
    steps before weighs ``decay``ᵏ times as much as what is taken in now; the weights sum to 1 from
    the first on, so no start is left in it. With ``decay=1`` all weigh the same: stochastic weight
    averaging, for which ``after`` leaves the first epochs out. Running statistics of batch norm are
    averaged in the same way. It costs the run a copy of θ each time.

    Parameters
    ----------
    decay : float in (0, 1]
        For each step.
    interval : int ≥ 1
        Steps.
    after : int ≥ 0
        Epochs that pass before the first.

    Raises
    ------
    InvalidValue

    References
    ----------
    Polyak & Juditsky (1992); Izmailov et al. (2018), Averaging weights leads to wider optima and
    better generalization.

    Examples
    --------
    >>> import glassnet as gn
    >>> net = gn.Network(1, [gn.Dense(1, "identity")], seed=0)
    >>> average = gn.MovingAverage(0.9, interval=1)
    >>> _ = gn.train(net, [[0.0], [1.0]], [1.0, 3.0], epochs=20, observers=[average])
    >>> average.network.units, bool((average.network.state.theta != net.state.theta).all())
    ((1, 1), True)
    """

    every_epoch = False
    between = True

    def __init__(self, decay: float = 0.999, *, interval: int = 10, after: int = 0) -> None:
        self.decay, self.interval, self.after = decay, interval, after
        check(self, decay=FACTOR, interval=COUNT, after=COUNT_OR_0)
        self._run: UnderWay | None = None
        self._means: dict[str, Array] = {}
        self._weight = 0.0
        self._first = self._seen = 0

    def meet(self, run: UnderWay) -> None:
        """Begin anew: each run has a mean of its own."""
        self._run, self._means, self._weight = run, {}, 0.0
        self._first = run.first_step + self.after * run.steps
        self._seen = self._first - self.interval

    def next(self, t: int) -> int | None:
        due = max(self._first, self._seen + self.interval)
        return max(due, t)

    def pause(self, t: int, rate: float) -> None:
        self._take(t)

    def finish(self, ended: str) -> None:
        if self._run is None or ended in ("diverged", "error"):
            return
        t = self._run.network().state.t
        if t >= self._first and t > self._seen:
            self._take(t)

    @property
    def network(self) -> Network:
        """The network of the mean, with the clock of the last one that was taken in.

        Raises
        ------
        InvalidValue
            If no step has been taken in.
        """
        if self._run is None or not self._means:
            raise InvalidValue(
                "the mean of a run is there once a step has been taken in; none was. Give the "
                f"observer to a run of more than {self.after} epochs."
            )
        net = self._run.network()
        state = net.state
        held: dict[str, Any] = {
            name: mean.astype(state.theta.dtype) for name, mean in self._means.items()
        }
        theta = held.pop("θ")
        return Network.of(net.specification, replace(state, theta=theta, buffers=held, memory={}))

    def _take(self, t: int) -> None:
        run = self._run
        if run is None:
            return
        state = run.network().state
        self._weight = 1 + self._weight * self.decay ** (t - self._seen)
        self._seen = t
        for name, values in {"θ": state.theta, **state.buffers}.items():
            value = np.asarray(values, dtype=np.float64)
            mean = self._means.get(name)
            if mean is None:
                self._means[name] = value.copy()
            else:
                mean += (value - mean) / self._weight
