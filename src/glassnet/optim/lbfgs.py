"""L-BFGS over a cost and its gradient, by SciPy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import minimize

from glassnet.arrays import Array
from glassnet.optim.whole_batch import LBFGS


@dataclass(frozen=True)
class Minimum:
    """Where L-BFGS ended: θ, J there, the iterations taken, and SciPy's words for why."""

    theta: Array
    J: float
    iterations: int
    converged: bool
    message: str


def minimise(
    cost: Callable[[Array], tuple[float, Array]],
    theta: Array,
    *,
    method: LBFGS,
    iterations: int,
    each: Callable[[Array, float], bool] | None = None,
) -> Minimum:
    """Walk downhill from θ for at most ``iterations`` iterations.

    Parameters
    ----------
    cost : callable
        θ, (p,) float64 -> (J, gradient (p,) float64).
    theta : (p,) array
    method : LBFGS
    iterations : int ≥ 1
    each : callable, optional
        Told θ and J after each iteration; true ends the walk.

    Examples
    --------
    >>> import numpy as np
    >>> found = minimise(lambda x: (float(x @ x), 2 * x), np.ones(3), method=LBFGS(), iterations=20)
    >>> bool(np.abs(found.theta).max() < 1e-6)
    True
    """

    def told(intermediate_result: Any) -> None:
        theta = np.array(intermediate_result.x)
        if each is not None and each(theta, float(intermediate_result.fun)):
            raise StopIteration

    options = {
        "maxfun": method.max_evaluations,
        "maxiter": iterations,
        "gtol": method.tolerance,
        "maxcor": method.history,
    }
    if method.tolerance == 0:
        options["ftol"] = 0.0  # to go as far as the numbers allow is what a tolerance of 0 asks
    start = np.asarray(theta, dtype=np.float64)
    found: Any = minimize(cost, start, method="L-BFGS-B", jac=True, options=options, callback=told)
    return Minimum(
        np.asarray(found.x),
        float(found.fun),
        int(found.nit),
        bool(found.status == 0),
        str(found.message),
    )
