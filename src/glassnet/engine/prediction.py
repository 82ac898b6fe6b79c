"""A network's outputs for rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.data.batches import Data
from glassnet.engine.choice import choose
from glassnet.engine.interface import Program, Session
from glassnet.errors import InvalidValue, ShapeMismatch
from glassnet.network.network import Network
from glassnet.network.specification import Specification
from glassnet.optim.optimizers import SGD

_CHUNK = 16384  # rows at a time: bounds the memory that hidden layers take


def predict(net: Network, X: Any, *, engine: Any = "auto") -> Array:
    """a[L] of each row: running statistics, no dropout.

    Parameters
    ----------
    net : Network
    X : (m, n₀), dense or CSR
    engine : "auto", "reference" or an Engine

    Returns
    -------
    (m, n_L), in the network's dtype

    Raises
    ------
    ShapeMismatch, InvalidValue
        If X has other columns than the network takes, or values that are not finite.

    Examples
    --------
    >>> from glassnet.network.layers import Dense
    >>> predict(Network(2, [Dense(1, "logistic", init="zeros")], loss="squared_error"), [[1, 2]])
    array([[0.5]])
    """
    x = checked_rows(net.specification, X, net.state.theta.dtype)
    program = Program(net.specification, SGD())
    empty = Data(x[:0], np.zeros((0, net.units[net.depth]), net.state.theta.dtype))
    session = choose(engine, program).open(program, net.state, empty)
    return outputs(session, x)


def outputs(session: Session, x: Array) -> Array:
    """a[L] of each row of checked input, a bounded number of rows at a time."""
    parts = [
        session.forward(x[start : start + _CHUNK]).a
        for start in range(0, max(1, x.shape[0]), _CHUNK)
    ]
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def checked_rows(spec: Specification, X: Any, dtype: Any) -> Array:
    """X as a finite 2-D array (or CSR) of the dtype, with the columns the network takes."""
    sparse = hasattr(X, "tocsr")
    x = X.tocsr().astype(dtype) if sparse else np.asarray(X)
    if not sparse and x.dtype.kind not in "biuf":
        raise InvalidValue(f"X must hold numbers; got dtype {x.dtype}. Encode other columns first.")
    if x.ndim != 2:
        raise ShapeMismatch(
            f"X must be 2-D, (m, {spec.inputs}); got shape {x.shape}. "
            "For one row use X.reshape(1, -1)."
        )
    if x.shape[1] != spec.inputs:
        raise ShapeMismatch(f"layer 1 takes {spec.inputs} inputs; X has shape {tuple(x.shape)}.")
    with np.errstate(over="ignore"):
        x = x if sparse else np.ascontiguousarray(x, dtype=dtype)
    if not np.isfinite(x.data if sparse else x).all():
        raise InvalidValue(
            f"X must be finite in {np.dtype(dtype)}; got nan, infinite or too large values. "
            "Impute or drop these rows, or scale the columns."
        )
    return x
