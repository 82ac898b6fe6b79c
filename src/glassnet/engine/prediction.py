"""A network's outputs for rows."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

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
_FEW = 256  # rows up to which opening a session is most of the work
_opened = threading.local()


def predict(net: Network, X: Any, *, engine: Any = "auto") -> Array:
    """a[L] of each row: running statistics, no dropout; the mean of the members' where there are k.

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
    few = x.shape[0] <= _FEW and isinstance(engine, str)
    chosen = _kept_session(net, engine) if few else _session(net, engine)
    return outputs(chosen, x, net.specification.members)


def _session(net: Network, engine: Any) -> Session:
    program, dtype = Program(net.specification, SGD()), net.state.theta.dtype
    empty = Data(np.zeros((0, net.units[0]), dtype), np.zeros((0, net.units[net.depth]), dtype))
    return choose(engine, program).open(program, net.state, empty)


@dataclass(frozen=True)
class _Kept:
    """A session, and the numbers it was opened on: they may have been written to since."""

    session: Session
    engine: str
    specification: Specification
    theta: Array
    buffers: dict[str, Array]

    @classmethod
    def of(cls, net: Network, engine: str) -> _Kept:
        buffers = {name: np.array(values) for name, values in net.state.buffers.items()}
        theta = np.array(net.state.theta)
        return cls(_session(net, engine), engine, net.specification, theta, buffers)

    def fits(self, net: Network, engine: str) -> bool:
        state = net.state
        return (
            (self.engine, self.theta.dtype) == (engine, state.theta.dtype)
            and self.specification is net.specification
            and np.array_equal(self.theta, state.theta)
            and all(np.array_equal(a, state.buffers[name]) for name, a in self.buffers.items())
        )


def _kept_session(net: Network, engine: str) -> Session:
    """A session that stays open between calls for few rows, which take less time than opening it.

    Each thread has its own: a session has one place for the numbers of a pass.
    """
    sessions: WeakKeyDictionary[Network, _Kept] = vars(_opened).setdefault(
        "sessions", WeakKeyDictionary()
    )
    kept = sessions.get(net)
    if kept is None or not kept.fits(net, engine):
        kept = sessions[net] = _Kept.of(net, engine)
    return kept.session


def outputs(session: Session, x: Array, members: int = 1) -> Array:
    """a[L] of each row of checked input, a bounded number of rows (of copies) at a time."""
    some = max(1, _CHUNK // members)
    parts = [
        session.forward(x[start : start + some]).a for start in range(0, max(1, x.shape[0]), some)
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
