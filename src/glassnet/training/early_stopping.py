"""Early stopping, and the best weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from glassnet.errors import InvalidValue
from glassnet.network import catalogue


@dataclass(frozen=True)
class EarlyStopping:
    """End when the watched value has not improved by ``min_delta`` for more than ``patience`` epochs.

    Parameters
    ----------
    metric : str or Metric
        ``"loss"``: the loss on validation rows, or the mean cost of the epoch where there are none.
        Otherwise a metric of the catalogue, or an object of your own, on validation rows.
    patience : int
        Epochs without improvement that are allowed.
    min_delta : float ≥ 0
    restore_best : bool
        Put the parameters of the best epoch back at the end.

    Examples
    --------
    >>> EarlyStopping("accuracy", patience=3).greater_is_better
    True
    """

    metric: Any = "loss"
    patience: int = 10
    min_delta: float = 0.0
    restore_best: bool = True

    def __post_init__(self) -> None:
        if self.patience < 0 or self.min_delta < 0:
            raise InvalidValue(
                "patience and min_delta of EarlyStopping must not be negative; "
                f"got {self.patience} and {self.min_delta}."
            )
        if self.metric != "loss":
            object.__setattr__(self, "metric", catalogue.metric(self.metric))

    @property
    def column(self) -> str:
        """The validation column it watches, without ``val_``."""
        return "loss" if self.metric == "loss" else str(getattr(self.metric, "name", "metric"))

    @property
    def greater_is_better(self) -> bool:
        """Which way is up."""
        return self.metric != "loss" and bool(self.metric.greater_is_better)

    def cost(self, value: float) -> float:
        """The watched value with its sign turned so that less is better."""
        return -value if self.greater_is_better else value


@dataclass(frozen=True)
class Watch:
    """What early stopping remembers: the best value as a cost, its epoch, its parameters.

    ``theta`` and ``buffers`` are None and empty until a first epoch was judged.
    """

    best: float = float("inf")
    stale: int = 0
    best_epoch: int = 0
    theta: Any = None
    buffers: Mapping[str, Any] | None = None

    def told(self, rule: EarlyStopping, value: float, epoch: int, state: Any) -> Watch:
        """The memory after an epoch; ``state()`` is asked for only where it is the best so far."""
        cost = rule.cost(value)
        stale = self.stale + 1 if not cost < self.best - rule.min_delta else 0
        if cost < self.best:
            now = state()
            return Watch(cost, stale, epoch, now.theta, now.buffers)
        return Watch(self.best, stale, self.best_epoch, self.theta, self.buffers)

    def says_stop(self, rule: EarlyStopping) -> bool:
        """Whether it is time to end."""
        return self.stale > rule.patience
