"""OUT_RANGE: targets that the output's activation can never give."""

from __future__ import annotations

import numpy as np

from glassnet.arrays import Array
from glassnet.doctor.chart import Chart
from glassnet.doctor.findings import Finding
from glassnet.doctor.wording import percent
from glassnet.inspection.numerals import numeral

_LEFT = 0.001  # of y's variance, out of reach for the best of all networks


def out_range(chart: Chart) -> Finding | None:
    """Compare y with the closed range of φ[L], and count what a perfect network would leave.

    Examples
    --------
    >>> import glassnet as gn
    >>> net = gn.Network(1, [gn.Dense(1, "relu")])
    >>> print(gn.diagnose(net, [[0.0], [1.0]], [-1.0, 1.0]).findings[0].saw)
    50 % of y lie outside [0, ∞), the range of relu: y goes from −1 to 1.
    """
    if chart.y is None or len(chart.spec.heads) > 1:
        return None
    phi, y, L = chart.spec.phi[chart.spec.depth], chart.y, chart.spec.depth
    nearest = np.clip(y, phi.range.lower, phi.range.upper)
    if phi.name == "softmax" and chart.spec.loss.name not in ("cross_entropy",):
        nearest = _on_simplex(nearest)
    left = float(np.square(y - nearest).sum())
    whole = float(np.square(y - y.mean(axis=0)).sum())
    out = float(np.mean(np.abs(y - nearest) > 1e-9 * (1 + np.abs(y))))
    if not left > _LEFT * whole or out == 0 or (chart.classifies and _labels(y)):
        return None
    part = min(left / whole, 1.0) if whole > 0 else 1.0
    rows = "rows that add up to 1" if phi.name == "softmax" else str(phi.range)
    return Finding(
        "OUT_RANGE",
        f"{percent(out)} of y lie outside {rows}, the range of {phi.name}: y goes from "
        f"{numeral(float(y.min()))} to {numeral(float(y.max()))}.",
        "No weights reach them: the output runs to the end of its range, where φ′ goes to 0. The "
        f"best network leaves {percent(part)} of the variance of y.",
        'Give the output layer the activation "identity"'
        + ("" if chart.spec.loss.partner in ("identity", "") else ' with "squared_error"')
        + ", or scale y into the range.",
        {"head": "identity"},
        layer=L,
        units=tuple(int(k) for k in np.flatnonzero((y != nearest).any(axis=0))),
        numbers={"outside": out, "left": part},
        severity="fatal",
        confidence=0.99,
    )


def _on_simplex(y: Array) -> Array:
    """Rows ≥ 0 divided by their sum: near enough to tell targets that are no distribution."""
    y = np.maximum(y, 0)
    total = y.sum(axis=1, keepdims=True)
    return np.where(total > 0, y / np.where(total > 0, total, 1), 1 / y.shape[1])


def _labels(y: Array) -> bool:
    return bool(np.isin(y, (0.0, 1.0)).all())
