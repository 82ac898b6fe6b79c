"""Units one by one: those that never fire, and those that are alike."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.patches import Rectangle

from glassnet.network.contracts import Elementwise
from glassnet.report.figures.evidence.seen import Seen
from glassnet.report.look import BLUE, INK, PAPER, VERMILION, legend_above, number, whole_numbers

_MOST_UNITS = 96
_AROUND_ZERO = "RdBu_r"


def dead_map(seen: Seen, ax: Axes) -> str | None:
    """Rows against units: where φ′ is not 0; columns that are empty belong to dead units."""
    l, passed = seen.finding.layer, seen.passed
    if not l or passed is None or seen.rows is None:
        return None
    phi = seen.rows.spec.phi[l]
    if not isinstance(phi, Elementwise):
        return None
    alive = phi.derivative(passed.z_tilde[l], passed.a[l]) != 0
    units = np.arange(alive.shape[1])[:_MOST_UNITS]
    shown = alive[:, units]
    ax.imshow(
        shown, aspect="auto", cmap=ListedColormap([PAPER, BLUE]), vmin=0, vmax=1, rasterized=True,
        extent=(-0.5, len(units) - 0.5, len(shown), 0),
    )  # fmt: skip
    dead = np.flatnonzero(~alive.any(axis=0))
    for unit in dead[dead < len(units)]:
        ax.add_patch(
            Rectangle((unit - 0.5, 0), 1, len(shown), facecolor=VERMILION, alpha=0.16, linewidth=0)
        )
    ax.grid(visible=False)
    ax.set_xlabel(f"unit of layer {l}")
    ax.set_ylabel("row")
    whole_numbers(ax.xaxis)
    some = f"; the first {len(units)} are drawn" if len(units) < alive.shape[1] else ""
    return (
        f"Blue where a unit of layer {l} is on, for {len(shown)} rows: {len(dead)} of "
        f"{alive.shape[1]} columns are empty (shaded){some}. Only blue entries pass a gradient on."
    )


def twin_map(seen: Seen, ax: Axes) -> str | None:
    """The weights of the layer, a row per unit: twins are rows that look the same."""
    l, who = seen.finding.layer, seen.rows
    if not l or who is None:
        return None
    W = np.asarray(who.net.W[l], np.float64)
    b = who.net.b[l]
    parts = W if b is None else np.column_stack([W, b])
    shown = parts[:_MOST_UNITS, :_MOST_UNITS]
    if not np.isfinite(shown).all():
        return None
    most = float(np.abs(shown).max()) or 1.0
    image = ax.imshow(shown, aspect="auto", cmap=_AROUND_ZERO, vmin=-most, vmax=most)
    ax.figure.colorbar(image, ax=ax, aspect=25, pad=0.02).set_label("weight")
    ax.grid(visible=False)
    ax.set_xlabel(f"input of layer {l}" + ("" if b is None else " (last: bias)"))
    ax.set_ylabel("unit")
    whole_numbers(ax.xaxis)
    whole_numbers(ax.yaxis)
    twins = len(seen.finding.units)
    return (
        f"Weights of layer {l}, a line for each unit. Of {len(parts)} lines {twins} have a double; "
        f"with the same gradient they stay alike. Weights reach from {number(float(parts.min()))} "
        f"to {number(float(parts.max()))}."
    )


def constant_outputs(seen: Seen, ax: Axes) -> str | None:
    """The outputs row by row: a level line, whatever the row."""
    passed, who = seen.passed, seen.rows
    if passed is None or who is None or who.y is None:
        return None
    a = np.ravel(passed.a[who.spec.depth][:, 0])
    y = who.y[who.sound][: len(a), 0]
    order = np.argsort(y, kind="stable")
    ax.scatter(np.arange(len(y)), y[order], s=9, color=INK, linewidths=0, label="y")
    ax.plot(np.arange(len(a)), a[order], color=VERMILION, label="output")
    ax.set_xlabel("row, in order of y")
    legend_above(ax)
    whole_numbers(ax.xaxis)
    return "The output is the same for every row, whatever y is."
