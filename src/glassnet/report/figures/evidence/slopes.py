"""A derivative beside the differences of its own values."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from glassnet.arrays import Array
from glassnet.network.contracts import Elementwise
from glassnet.report.figures.evidence.seen import Seen
from glassnet.report.look import BLUE, DASHES, VERMILION, legend_above

_REACH = 2.0
_STEP = 1e-5


def derivative(seen: Seen, ax: Axes) -> str | None:
    """The slope that backpropagation is told, and that of the values."""
    chart, l = seen.chart, seen.finding.layer
    if chart is None or not l or l > chart.spec.depth:
        return None
    at = np.linspace(-_REACH, _REACH, 201)[:, None]
    phi: Any = chart.spec.phi[l]
    found = _of_activation(phi, at) if isinstance(phi, Elementwise) else None
    what, axis = f"φ of {phi.name}", "z"
    if found is None and l == chart.spec.depth and len(chart.spec.heads) == 1:
        found = _of_loss(chart.spec.loss, at)
        what, axis = f"the loss {chart.spec.loss.name}", "a − y"
    if found is None:
        return None
    told, true = found
    ax.plot(at[:, 0], true, color=BLUE, label="of its values")
    ax.plot(at[:, 0], told, color=VERMILION, linestyle=DASHES[1], label="as told")
    ax.set_xlabel(axis)
    ax.set_ylabel("slope")
    legend_above(ax)
    return (
        f"The derivative of {what}: backpropagation uses the dashed line, the truth is the other."
    )


def _of_activation(phi: Any, at: Array) -> tuple[Array, Array] | None:
    with np.errstate(all="ignore"):
        told = phi.derivative(at, phi.value(at))
        true = (phi.value(at + _STEP) - phi.value(at - _STEP)) / (2 * _STEP)
    return _if_apart(told, true)


def _of_loss(loss: Any, at: Array) -> tuple[Array, Array] | None:
    """At targets of 0; of a loss with a domain of its own that says nothing."""
    if np.isfinite(loss.domain.lower) or np.isfinite(loss.domain.upper):
        return None
    y = np.zeros_like(at)
    with np.errstate(all="ignore"):
        told = loss.derivative(at, y)
        true = (loss.of_output(at + _STEP, y) - loss.of_output(at - _STEP, y)) / (2 * _STEP)
    return _if_apart(told, true)


def _if_apart(told: Array, true: Array) -> tuple[Array, Array] | None:
    """Both, unless they agree but for single places such as kinks."""
    told, true = np.ravel(np.asarray(told, np.float64)), np.ravel(np.asarray(true, np.float64))
    if told.shape != true.shape or not (np.isfinite(told).all() and np.isfinite(true).all()):
        return None
    scale = float(np.abs(true).max()) or 1.0
    apart = np.abs(told - true) > 0.01 * scale
    return (told, true) if apart.sum() > 4 else None
