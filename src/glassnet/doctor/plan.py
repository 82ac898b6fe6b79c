"""How a network is, or was, to be trained, as far as the doctor is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from glassnet.optim.optimizers import optimizer as optimizer_of


@dataclass(frozen=True)
class Plan:
    """The arguments of a training; None where nothing is known.

    Examples
    --------
    >>> Plan(learning_rate=0.1, epochs=10, batch_size=32).steps(100)
    40
    """

    optimizer: Any = None
    name: str = ""
    learning_rate: float | None = None
    epochs: int | None = None
    batch_size: int | None = None

    def steps(self, rows: int) -> int | None:
        """How many updates the whole training makes on so many rows."""
        if self.epochs is None or self.batch_size is None:
            return None
        return self.epochs * -(-rows // max(1, min(self.batch_size, rows)))


def plan_of(who: Any, optimizer: Any, epochs: int | None, batch_size: int | None) -> Plan:
    """The plan told by arguments; else an estimator's own parameters.

    Examples
    --------
    >>> plan_of(None, "adam", 50, 32).learning_rate
    0.001
    """
    if optimizer is not None:
        made = optimizer_of(optimizer)
        rate = getattr(made, "learning_rate", None)
        name = str(getattr(made, "name", type(made).__name__))
        return Plan(made, name, rate, epochs, batch_size)
    if not hasattr(who, "get_params"):
        return Plan(epochs=epochs, batch_size=batch_size)
    told = who.get_params(deep=False)
    size = told.get("batch_size", "auto")
    rate = None if told.get("solver") == "lbfgs" else told.get("learning_rate_init")
    return Plan(
        None,
        str(told.get("solver", "")),
        rate,
        epochs or told.get("max_iter"),
        batch_size or (200 if size == "auto" else int(size)),
    )
