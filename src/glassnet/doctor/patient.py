"""Who comes to the doctor: a network with its rows, taken as they are, however broken.

The rest of the library refuses nan in X or a target that the loss does not take. Here they are
what is looked for, so nothing but a wrong shape is refused.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.data.batches import Selection
from glassnet.errors import InvalidValue, ShapeMismatch
from glassnet.inspection.looking import network_of
from glassnet.network.ensembles import check_plain
from glassnet.network.network import Network
from glassnet.network.specification import Specification

MOST_ROWS = 4096  # evenly spaced ones are looked at where there are more


@dataclass(frozen=True, eq=False)
class Patient:
    """A network, and the rows it is looked at with.

    Attributes
    ----------
    net : Network
    x : (m, n₀) float64
        Dense; may hold nan.
    given : (m,) or (m, k) float64, or None
        y as it was given.
    y : (m, n_L) float64, or None
        y as the loss takes it; None where its width or its class numbers do not fit.
    w : (m,)
        Weights ≥ 0, not yet divided by their sum.
    rows : int
        How many rows there were before ``MOST_ROWS`` of them were chosen.
    """

    net: Network
    x: Array
    given: Array | None
    y: Array | None
    w: Array
    rows: int

    @property
    def spec(self) -> Specification:
        """The network without its numbers."""
        return self.net.specification

    @cached_property
    def sound(self) -> Array:
        """Rows whose x and y are finite and whose weight counts.  -> (m,) bool"""
        good = np.isfinite(self.x).all(axis=1) & (self.w > 0)
        return good if self.y is None else good & np.isfinite(self.y).all(axis=1)


def patient(who: Any, X: Any, y: Any = None, weights: Any = None) -> Patient:
    """The network and the rows, with as few questions asked as can be.

    Raises
    ------
    InvalidValue, ShapeMismatch
        If ``who`` holds no network, X or y are no numbers, or X does not fit the network.

    Examples
    --------
    >>> from glassnet.network.layers import Dense
    >>> odd = patient(Network(1, [Dense(3, "softmax")], loss="cross_entropy"), [[np.nan]], [7])
    >>> odd.sound.tolist(), odd.y is None
    ([False], True)
    """
    net = network_of(who)
    check_plain(net.specification, "the doctor")
    if hasattr(who, "__glassnet_rows__"):
        given_rows = who.__glassnet_rows__(X, y, weights)
    else:
        given_rows = (X, y, weights)
    rows, y, weights = given_rows
    m = int(rows.shape[0]) if hasattr(rows, "tocsr") else len(np.asarray(rows))
    if m == 0:
        raise InvalidValue("X must have at least 1 row; got none.")
    chosen = np.unique(np.linspace(0, m - 1, min(m, MOST_ROWS)).astype(np.int64))
    x = _rows(net.specification, rows, chosen)
    given = None if y is None else _targets(y, m)[chosen]
    w = np.ones(m) if weights is None else np.asarray(weights, np.float64)
    if w.shape != (m,):
        raise ShapeMismatch(f"weights must be ({m},), a number per row; got shape {w.shape}.")
    encoded = None if given is None else _encoded(net.specification, given)
    return Patient(net, x, given, encoded, np.nan_to_num(w[chosen]), m)


def patient_of_run(net: Network, rows: Selection) -> Patient:
    """The network and the rows of a run, which training has checked and encoded.

    Examples
    --------
    >>> from glassnet.data.batches import Data
    >>> from glassnet.network.layers import Dense
    >>> data = Data(np.ones((9, 1)), np.ones((9, 1)))
    >>> patient_of_run(Network(1, [Dense(1, "identity")]), Selection(data, np.arange(4))).rows
    4
    """
    check_plain(net.specification, "the doctor")
    m, data = len(rows), rows.data
    places = np.unique(np.linspace(0, m - 1, min(m, MOST_ROWS)).astype(np.int64))
    chosen = rows.at(places)
    x = data.x[chosen]
    y = np.asarray(data.y)[chosen].astype(np.float64)
    w = np.ones(len(chosen)) if data.w is None else np.asarray(data.w)[chosen].astype(np.float64)
    dense = np.asarray(x.toarray() if hasattr(x, "toarray") else x, np.float64)
    return Patient(net, dense, y, y, w, m)


def with_fewer_rows(who: Patient, most: int) -> Patient:
    """The same with at most so many of its rows, evenly spaced.

    Examples
    --------
    >>> from glassnet.network.layers import Dense
    >>> who = patient(Network(1, [Dense(1, "identity")]), [[0.0], [1.0], [2.0]], [3.0, 4.0, 5.0])
    >>> with_fewer_rows(who, 2).x.tolist()
    [[0.0], [2.0]]
    """
    if len(who.x) <= most:
        return who
    chosen = np.linspace(0, len(who.x) - 1, most).astype(np.int64)
    y = None if who.y is None else who.y[chosen]
    given = None if who.given is None else who.given[chosen]
    return replace(who, x=who.x[chosen], given=given, y=y, w=who.w[chosen])


def _rows(spec: Specification, X: Any, chosen: Array) -> Array:
    some = X.tocsr()[chosen].toarray() if hasattr(X, "tocsr") else np.asarray(X)
    if some.dtype.kind not in "biuf":
        raise InvalidValue(
            f"X must hold numbers; got dtype {some.dtype}. Encode other columns first."
        )
    if some.ndim != 2 or some.shape[1] != spec.inputs:
        raise ShapeMismatch(f"layer 1 takes {spec.inputs} inputs; X has shape {some.shape}.")
    return (some if hasattr(X, "tocsr") else some[chosen]).astype(np.float64)


def _targets(y: Any, rows: int) -> Array:
    values = np.asarray(y)
    if values.dtype.kind not in "biuf":
        raise InvalidValue(
            f"y must hold numbers; got dtype {values.dtype}. Encode class names as 0, 1, … first, "
            "or give the estimator that does."
        )
    if values.ndim not in (1, 2) or len(values) != rows:
        raise ShapeMismatch(f"y must be ({rows},) or ({rows}, k); got shape {values.shape}.")
    return values.astype(np.float64)


def _encoded(spec: Specification, given: Array) -> Array | None:
    """(m, n_L), or None where it does not fit."""
    n = spec.units[spec.depth]
    if given.ndim == 1 and spec.loss.name == "cross_entropy":
        codes = given[np.isfinite(given)]
        fits = codes.size and codes.min() >= 0 and codes.max() < n and not (codes % 1).any()
        if not fits:
            return None
        rows = np.eye(n)[np.nan_to_num(given).astype(np.int64)]
        rows[~np.isfinite(given)] = np.nan
        return rows
    columns = given[:, None] if given.ndim == 1 else given
    return columns if columns.shape[1] == n else None
