"""Two kinds of members: on columns with bins and steps, and on plain columns, in another recipe.

The two err in different rows, so their mean is better than either on most tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.network.initializers import LecunNormal
from glassnet.network.multipliers import Multipliers
from glassnet.network.network import Network
from glassnet.network.state import State
from glassnet.optim.optimizers import Adam, AdamW

_BETA_2, _DECAY, _BIAS_RATE = 0.95, 0.02, 0.1  # of the plain recipe


@dataclass(frozen=True, eq=False)
class Recipe:
    """How members of one kind are made and trained.

    Parameters
    ----------
    columns : (k,) int or None
        The encoded columns that they see; None for all of them, in the first recipe: AdamW as
        ``learning_rate`` and ``weight_decay`` say, and no more. With columns the second recipe:
        weights of variance 1 / n with rates divided by √n (the neural-tangent parametrisation
        under Adam), β₂ = 0.95, decay 0.02 and dropout that fade to 0 in the second half.

    References
    ----------
    Holzmüller, Grinsztajn & Steinwart (2024), Better by default: strong pre-tuned MLPs and boosted
    trees on tabular data, which the second recipe follows in these points.

    Examples
    --------
    >>> recipe = Recipe(np.array([0, 2]))
    >>> recipe.seen(np.array([[1.0, 2.0, 3.0]])).tolist()
    [[1.0, 3.0]]
    """

    columns: Array | None = None

    @property
    def plain(self) -> bool:
        """Whether it is the second recipe."""
        return self.columns is not None

    def seen(self, x: Array) -> Array:
        """The columns that a member is trained on.  (m, d) -> (m, k)"""
        return x if self.columns is None else np.ascontiguousarray(x[:, self.columns])

    def layer(self, fan_in: int) -> dict[str, Any]:
        """What a layer of so many inputs is given beside units, activation and dropout."""
        if not self.plain:
            return {}
        rates = Multipliers(rate=fan_in**-0.5, bias_rate=_BIAS_RATE)
        return {"init": LecunNormal(), "multipliers": rates}

    def optimizer(self, parameters: Mapping[str, Any]) -> Any:
        """The optimizer that parameters of a fit ask for."""
        if self.plain:
            rate = float(parameters["plain_learning_rate"])
            return AdamW(rate, beta_2=_BETA_2, weight_decay=_DECAY)
        rate, decay = float(parameters["learning_rate"]), float(parameters["weight_decay"])
        return AdamW(rate, weight_decay=decay) if decay else Adam(rate)

    @property
    def schedules(self) -> dict[str, Any]:
        """How dropout and decay change over the epochs."""
        fading = {"dropout_schedule": "flat_cosine", "decay_schedule": "flat_cosine"}
        return fading if self.plain else {}

    def whole(self, net: Network, inputs: int) -> Network:
        """The same function of all encoded columns: those it was not trained on weigh 0."""
        if self.columns is None:
            return net
        spec = replace(net.specification, inputs=inputs)
        blocks = net.parameters
        first = np.zeros((spec.units[1], inputs), dtype=net.state.theta.dtype)
        first[:, self.columns] = blocks.W[1]
        blocks.W[1] = first
        theta = spec.pack(blocks)
        return Network.of(spec, State(theta=theta, seed=net.state.seed, buffers=net.state.buffers))


CUT = Recipe()
