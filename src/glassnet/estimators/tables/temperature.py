"""Probabilities made sharper or flatter by one number, found on rows that nobody trained on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from glassnet.arrays import Array
from glassnet.network.activations import ACTIVATIONS
from glassnet.network.losses import LOSSES

_MOST = 5.0  # T lies between 1/5 and 5
_EXACT = 1e-5  # of log T
_SPREAD = 0.25  # of log T, before any row is seen
_LEAST = float(np.finfo(np.float32).tiny)  # probabilities that members rounded to 0 or 1
_REST = float(np.finfo(np.float32).epsneg)


@dataclass(frozen=True)
class Temperature:
    """P = softmax(log p / T), of one logistic output expit(logit p / T): classes keep their order.

    T > 1 flattens, T < 1 sharpens.

    Examples
    --------
    >>> Temperature(2.0).applied(np.array([[0.9]])).round(3).tolist()
    [[0.75]]
    >>> Temperature(1.0).applied(np.array([[0.2, 0.8]])).tolist()
    [[0.2, 0.8]]

    References
    ----------
    Guo, Pleiss, Sun & Weinberger (2017), On calibration of modern neural networks, eq. 9.
    """

    value: float
    joint: bool = False

    @classmethod
    def of(cls, p: Array, y: Array, w: Array | None, *, loss: str) -> Temperature:
        """The T that makes the log-loss of held-out rows least, drawn towards 1.

        It is the least of Σ w ℓ(T) + (log T)² / (2 · 0.25²) with T in [1/5, 5]; the weights are
        scaled to add up to (Σ w)² / Σ w², the rows that they amount to. The second term is worth
        some tens of rows: few rows leave T near 1, none leave it 1. It is 0 at T = 1, so the
        log-loss of these rows is never above what it was.

        Parameters
        ----------
        p : (m, outputs)
            Probabilities of rows that did not train what gave them.
        y : (m, outputs)
            Their targets.
        w : (m,), optional
        loss : {"cross_entropy", "binary_cross_entropy"}

        Examples
        --------
        >>> p, y = np.full((900, 1), 0.99), np.ones((900, 1))
        >>> y[::10] = 0.0  # right in nine of ten
        >>> Temperature.of(p, y, None, loss="binary_cross_entropy").value > 1.5
        True
        """
        joint = loss == "cross_entropy"
        if len(p) == 0:
            return cls(1.0, joint)
        z = _scores(p, joint=joint)
        share = np.ones(len(p)) if w is None else w * (w.sum() / (w @ w))

        def cost(log_t: float) -> float:
            each = _log_losses(z / np.exp(log_t), y, joint=joint)
            return float(share @ each) + log_t * log_t / (2 * _SPREAD * _SPREAD)

        found = _least(cost, -np.log(_MOST), np.log(_MOST))
        return cls(float(np.exp(found)) if cost(found) < cost(0.0) else 1.0, joint)

    def applied(self, p: Array) -> Array:
        """The probabilities at this temperature; at 1 they stay the bits that they are."""
        if self.value == 1.0:
            return p
        z = _scores(p, joint=self.joint) / self.value
        return ACTIVATIONS["softmax" if self.joint else "logistic"]().value(z)

    def log_losses(self, p: Array, y: Array) -> Array:
        """The log-loss of each row at this temperature.  (m, outputs), (m, outputs) -> (m,)"""
        return _log_losses(_scores(p, joint=self.joint) / self.value, y, joint=self.joint)


def _log_losses(z: Array, y: Array, *, joint: bool) -> Array:
    kind = LOSSES["cross_entropy" if joint else "binary_cross_entropy"]()
    return kind.of_score(z, z, y).sum(axis=1)  # which asks the scores only


def _scores(p: Array, *, joint: bool) -> Array:
    p = np.asarray(p, dtype=np.float64)
    if joint:
        return np.log(np.maximum(p, _LEAST))
    p = np.clip(p, _LEAST, 1 - _REST)
    return np.log(p) - np.log1p(-p)


def _least(f: Callable[[float], float], low: float, high: float) -> float:
    """Where a function of one valley is least, by golden sections.  Kiefer (1953).

    Examples
    --------
    >>> round(_least(lambda x: (x - 0.3) ** 2, -1.0, 1.0), 4)
    0.3
    """
    share = (np.sqrt(5.0) - 1) / 2
    near, far = high - share * (high - low), low + share * (high - low)
    f_near, f_far = f(near), f(far)
    while high - low > _EXACT:
        if f_near <= f_far:
            high, far, f_far = far, near, f_near
            near = high - share * (high - low)
            f_near = f(near)
        else:
            low, near, f_near = near, far, f_far
            far = low + share * (high - low)
            f_far = f(far)
    return float((low + high) / 2)
