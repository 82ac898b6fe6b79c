"""The penalties of a whole network, and what they add to the gradient of a layer."""

from __future__ import annotations

from glassnet.arrays import Array
from glassnet.network.specification import Specification


def penalty(spec: Specification, theta: Array, weight_sum: float) -> float:
    """All penalties of all layers."""
    if not spec.penalties or weight_sum <= 0:
        return 0.0
    W = spec.unpack(theta).W
    return sum(
        p.factor(weight_sum) * float(p.value(W[l]))
        for p in spec.penalties
        for l in range(1, spec.depth + 1)
    )


def with_penalties(spec: Specification, dW: Array, W: Array, weight_sum: float) -> Array:
    """∂J/∂W of a layer, given that of the losses."""
    for term in spec.penalties if weight_sum > 0 else ():  # as in the cost
        dW = dW + term.factor(weight_sum) * term.derivative(W)
    return dW
