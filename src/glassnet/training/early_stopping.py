"""Early stopping, and the best weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import isfinite
from typing import Any

from glassnet.network import catalogue
from glassnet.network.state import State
from glassnet.optim.ranges import NOT_NEGATIVE, PATIENCE, check
from glassnet.training.evaluation import metric_name

_ROUNDING = 1e-12  # relative


@dataclass(frozen=True)
class EarlyStopping:
    """End when the watched value has not got better for more than ``patience`` epochs in a row.

    Parameters
    ----------
    metric : str or Metric
        ``"loss"``: the loss on validation rows, or the mean cost of the epoch where there are none.
        Otherwise a metric of the catalogue, or an object of your own, on validation rows.
    patience : int ≥ 0
        Epochs without improvement that are allowed.
    min_delta : float ≥ 0
        An epoch improves when it is better than the best so far by more than this.
    restore_best : bool
        Put the parameters of the best epoch back at the end. (The best is the best: an epoch that
        is better by less than ``min_delta`` too. Of equally good ones it is that with the smaller
        loss on the validation rows.)

    Raises
    ------
    InvalidValue, UnknownName

    Examples
    --------
    >>> EarlyStopping("accuracy", patience=3).greater_is_better
    True
    """

    metric: Any = "loss"
    patience: float = 10
    min_delta: float = 0.0
    restore_best: bool = True

    def __post_init__(self) -> None:
        check(self, patience=PATIENCE, min_delta=NOT_NEGATIVE)
        if not self.watches_loss:
            object.__setattr__(self, "metric", catalogue.metric(self.metric))

    @property
    def watches_loss(self) -> bool:
        """Whether it watches the loss, not a metric."""
        return isinstance(self.metric, str) and self.metric == "loss"

    @property
    def column(self) -> str:
        """The validation column it watches, without ``val_``."""
        return "loss" if self.watches_loss else metric_name(self.metric)

    @property
    def greater_is_better(self) -> bool:
        """Which way is up."""
        return not self.watches_loss and bool(self.metric.greater_is_better)

    def cost(self, value: float) -> float:
        """The watched value with its sign turned so that less is better."""
        return -value if self.greater_is_better else value


@dataclass(frozen=True)
class Watch:
    """What early stopping remembers: the best value as a cost, its epoch, its parameters.

    ``theta`` and ``buffers`` are None until an epoch was better than nothing. ``loss`` is the loss
    of that epoch: of two with the same value, as accuracies on few rows often have, the one with
    the smaller loss is the better.
    """

    best: float = float("inf")
    stale: int = 0
    best_epoch: int = 0
    theta: Any = None
    buffers: Mapping[str, Any] | None = None
    loss: float = float("inf")

    def told(
        self,
        rule: EarlyStopping,
        value: float,
        epoch: int,
        state: Callable[[], State],
        loss: float = float("inf"),
    ) -> Watch:
        """The memory after an epoch; ``state()`` is asked for only where it is the best so far.

        nan is no improvement.
        """
        cost = rule.cost(value)
        stale = 0 if cost < self.best - rule.min_delta else self.stale + 1
        # A sum of weights differs in its last bits by the order of the rows that it counts.
        alike = isfinite(self.best) and abs(cost - self.best) <= _ROUNDING * abs(self.best)
        if (alike and loss < self.loss) or (cost < self.best and not alike):
            now = state()
            return Watch(min(cost, self.best), stale, epoch, now.theta, now.buffers, loss)
        return replace(self, stale=stale)

    def says_stop(self, rule: EarlyStopping) -> bool:
        """Whether it is time to end."""
        return self.stale > rule.patience
