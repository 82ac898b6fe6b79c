"""How fast the parameters of one layer move, beside those of the others."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

from glassnet.network.hyperparameters import settle
from glassnet.network.intervals import Interval

_POSITIVE = Interval(0, inf)
_NOT_NEGATIVE = Interval(0, inf, closed_lower=True)


@dataclass(frozen=True)
class Multipliers:
    """Factors of the learning rate and of the weight decay for the parameters of one layer.

    W moves by ``rate`` times the step that the optimizer asks for; b, γ and β of batch norm, and r
    and s of members, by ``bias_rate`` times it; and κ of a parametric activation by ``kappa_rate``
    times (0: κ stays as it is). Decoupled weight decay takes η λ ``decay`` W off, whatever ``rate``
    is.
    Optimizers that size their steps themselves (``"irprop"``, ``"lbfgs"``) take no factors.

    Under Adam, ``rate`` = 1/√n with weights drawn from N(0, 1/n), n = n_{l−1}, trains as the NTK
    parametrisation z = a Wᵀ/√n + b with W from N(0, 1) does at rate 1 (Jacot et al., 2018): there W
    is √n times as large, and Adam's steps do not depend on the scale of g.

    Parameters
    ----------
    rate, bias_rate : float > 0
    decay, kappa_rate : float ≥ 0

    Raises
    ------
    InvalidValue

    Examples
    --------
    >>> Multipliers(rate=1 / 16, bias_rate=0.1)
    Multipliers(rate=0.0625, bias_rate=0.1, decay=1.0, kappa_rate=1.0)
    """

    rate: float = 1.0
    bias_rate: float = 1.0
    decay: float = 1.0
    kappa_rate: float = 1.0

    name = "multipliers"

    def __post_init__(self) -> None:
        settle(self, rate=_POSITIVE, bias_rate=_POSITIVE)
        settle(self, decay=_NOT_NEGATIVE, kappa_rate=_NOT_NEGATIVE)
