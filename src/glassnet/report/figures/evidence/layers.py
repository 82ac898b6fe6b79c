"""Sizes from layer to layer: what vanishes, explodes, or begins too large or too small."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from glassnet.report.figures.evidence.seen import Seen
from glassnet.report.look import (
    BLUE,
    DASHES,
    GREEN,
    INK,
    MUTED,
    VERMILION,
    legend_above,
    number,
    powers_of_ten,
    whole_numbers,
)


def error_by_layer(seen: Seen, ax: Axes) -> str | None:
    """δ and the gradient of W, which should reach layer 1."""
    look = seen.look
    if look is None:
        return None
    delta = [signs.delta for signs in look.layers]
    gradient = [signs.gradient for signs in look.layers]
    if not _lines(ax, {"δ[l], per row": delta, "∂J/∂W[l]": gradient}, (VERMILION, BLUE)):
        return None
    _finish(ax, seen)
    return (
        f"Sizes {seen.when}, from the output on the right back to layer 1: δ falls from "
        f"{number(delta[-1])} to {number(delta[0])}. The axis counts powers of ten."
    )


def signal_by_layer(seen: Seen, ax: Axes) -> str | None:
    """z, and how much it differs between rows; the inputs are layer 0."""
    look = seen.look
    if look is None or seen.chart is None:
        return None
    inputs = float(np.sqrt(np.mean(seen.chart.table.deviation**2)))
    z = [inputs, *(signs.z_spread for signs in look.layers)]
    if not _lines(ax, {"spread of z[l] between rows": z}, (BLUE,), first=0):
        return None
    low, high = ax.get_ylim()
    ax.axhspan(0.1, 10.0, color=GREEN, alpha=0.12, linewidth=0, zorder=0, label="0.1 to 10: sound")
    ax.set_ylim(min(low, 0.05), max(high, 20.0))
    _finish(ax, seen, first=0)
    return (
        f"How much z differs from row to row in each layer {seen.when}; layer 0 is the input. In "
        "the green band units can tell rows apart without being saturated."
    )


def growth_by_layer(seen: Seen, ax: Axes) -> str | None:
    """z on its way up and δ on its way down."""
    look = seen.look
    if look is None:
        return None
    z, delta = [s.z for s in look.layers], [s.delta for s in look.layers]
    drawn = _lines(ax, {"z[l]": z, "δ[l], per row": delta}, (BLUE, VERMILION))
    sick = [signs.layer for signs in look.layers if not (signs.finite and np.isfinite(signs.z))]
    for l in sick:
        ax.axvspan(l - 0.4, l + 0.4, color=VERMILION, alpha=0.16, linewidth=0)
    if sick:
        ax.text(sick[0], 0.96, "not finite", transform=ax.get_xaxis_transform(), ha="center",
                va="top", color=INK, fontsize=8.5)  # fmt: skip
    if not drawn and not sick:
        return None
    _finish(ax, seen)
    if sick:
        ax.set_xlim(0.5, len(z) + 0.5)
        return f"The first layer whose numbers are not finite is layer {sick[0]}, shaded."
    return f"Sizes {seen.when}: z on its way up, δ on its way down. Level lines are sound."


def _lines(
    ax: Axes, lines: dict[str, Sequence[float]], colours: Sequence[str], first: int = 1
) -> bool:
    """Draw positive finite sizes on a logarithmic axis of a decade at least."""
    drawn: list[float] = []
    for k, (label, sizes) in enumerate(lines.items()):
        values = np.asarray(sizes, np.float64)
        good = np.isfinite(values) & (values > 0)
        drawn += values[good].tolist()
        ax.plot(
            np.arange(first, first + len(values)), np.where(good, values, np.nan),
            color=colours[k], linestyle=DASHES[k], marker="os^"[k], label=label, zorder=3,
        )  # fmt: skip
    if not drawn:
        return False
    low, high = min(drawn), max(drawn)
    pad = max(2.0, (10 * low / high) ** 0.5)
    ax.set_yscale("log")
    ax.set_ylim(low / pad, high * pad)
    return True


def _finish(ax: Axes, seen: Seen, first: int = 1) -> None:
    if ax.get_yscale() == "log":
        powers_of_ten(ax.yaxis)
    layer = seen.finding.layer
    if layer:
        ax.axvline(layer, color=MUTED, linewidth=1.1, linestyle=DASHES[2], zorder=1)
    count = len(seen.look.layers) if seen.look else 1
    ax.set_xlim(first - 0.3, count + 0.3)
    ax.set_xlabel("layer l")
    ax.set_ylabel("root mean square")
    whole_numbers(ax.xaxis)
    legend_above(ax, ncols=2)
