"""A network's predictions for callers who ask a row at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.engine.choice import choose
from glassnet.engine.interface import Program
from glassnet.engine.native import NativeEngine
from glassnet.engine.prediction import predict
from glassnet.errors import ShapeMismatch
from glassnet.network.network import Network
from glassnet.optim.optimizers import SGD


def predictor(net: Network, *, engine: Any = "auto") -> Callable[[Any], Array]:
    """Return a light callable: ``predictor(net)(x)`` is ``predict(net, x)``, ready for one row.

    What :func:`predict` prepares at each call is prepared once, so that a row costs about a
    microsecond instead of tens. The weights are those of this moment: training ``net`` further does
    not change the callable. It may be called from several threads.

    Parameters
    ----------
    net : Network
    engine : "auto", "native", "reference" or an Engine

    Returns
    -------
    callable
        Takes one row (n₀,) and gives (n_L,), or rows (m, n₀) and gives (m, n_L): a[L], to the bit
        as :func:`predict` has it. Fastest for an array in C order of the network's dtype. Raises
        ShapeMismatch or InvalidValue for other columns, or values that are not finite.

    Examples
    --------
    >>> import numpy as np
    >>> from glassnet.network.layers import Dense
    >>> net = Network(2, [Dense(1, "logistic", init="zeros")], loss="squared_error")
    >>> ask = predictor(net)
    >>> ask(np.array([1.0, 2.0]))
    array([0.5])
    """
    chosen = choose(engine, Program(net.specification, SGD()))
    copy = Network.of(net.specification, replace(net.state, theta=np.array(net.state.theta)))
    rows = partial(_rows, copy, engine)
    return chosen.predictor(copy, rows) if isinstance(chosen, NativeEngine) else rows


def _rows(net: Network, engine: Any, x: Any) -> Array:
    """One row or several, of any dtype and order, with the errors of predict."""
    if np.ndim(x) != 1:
        return predict(net, x, engine=engine)
    row = np.asarray(x)
    if row.shape != (net.specification.inputs,):
        raise ShapeMismatch(
            f"a row must hold {net.specification.inputs} numbers, one for each input of layer 1; "
            f"got shape {row.shape}."
        )
    return predict(net, row[None], engine=engine)[0]
