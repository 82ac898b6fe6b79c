"""How a run went, and what pulls at its weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from glassnet.report.figures.evidence.frame import with_room
from glassnet.report.figures.evidence.seen import Seen
from glassnet.report.figures.learning_curves import learning_curves
from glassnet.report.look import (
    BLUE,
    DASHES,
    INK,
    SERIES,
    VERMILION,
    legend_above,
    number,
    powers_of_ten,
    whole_numbers,
)


def curves(seen: Seen, ax: Axes) -> str | None:
    """The learning curves, the best epoch marked."""
    history = seen.history
    if history is None or "J" not in history.columns or not np.isfinite(history.column("J")).any():
        return None
    learning_curves(history, ax=ax)
    legend_above(ax, ncols=2)
    J = history.column("J")
    good = J[np.isfinite(J)]
    said = f"J goes from {number(float(good[0]))} to {number(float(good[-1]))}"
    if "val_loss" not in history.columns:
        return f"{said} in {len(J)} epochs."
    value = history.column("val_loss")
    best = int(np.nanargmin(value)) if np.isfinite(value).any() else 0
    return (
        f"{said}; the validation loss turns in epoch {best + 1} at {number(float(value[best]))} "
        f"and ends at {number(float(value[-1]))}."
    )


def against_constant(seen: Seen, ax: Axes) -> str | None:
    """The learning curve, beside the loss of the best constant output."""
    said = curves(seen, ax)
    look = seen.look
    if said is None or look is None or not np.isfinite(look.constant):
        return said
    ax.axhline(look.constant, color=INK, linewidth=1.0, label="a constant")
    with_room(ax, look.constant)
    legend_above(ax, ncols=2)
    return f"{said} The best constant output costs {number(look.constant)}."


def wider(seen: Seen, ax: Axes) -> str | None:
    """The loss of the network fitted anew, and of a wider copy: the trials the finding rests on."""
    chart = seen.chart
    if chart is None or chart.trials is None:
        return None
    change = "wide" if len(chart.spec.units) > 2 else "deep"
    label = "wider" if change == "wide" else "a hidden layer"
    lines = {"as it is": chart.trials.fitted(), label: chart.trials.fitted(change)}
    ends = _trials(seen, ax, lines)
    return f"Two copies fitted anew with Adam on the same rows end at {ends}." if ends else None


def batches(seen: Seen, ax: Axes) -> str | None:
    """The loss of all rows with the planned batches, and with those of the remedy."""
    chart, size = seen.chart, seen.finding.remedy.get("batch_size")
    if chart is None or chart.trials is None or not isinstance(size, int):
        return None
    told = "as planned" if chart.plan.batch_size is None else f"batches of {chart.plan.batch_size}"
    lines = {told: chart.trials.run(), f"of {size}": chart.trials.in_batches(size)}
    ends = _trials(seen, ax, lines)
    return f"Two copies see the same rows as often; they end at {ends}." if ends else None


def other_rate(seen: Seen, ax: Axes) -> str | None:
    """The loss of a short run with the planned rate, and with that of the remedy."""
    chart, rate = seen.chart, seen.finding.remedy.get("learning_rate")
    told = None if chart is None else chart.plan.learning_rate
    if chart is None or chart.trials is None or not told or not isinstance(rate, float):
        return None
    lines = {
        f"rate {number(told)}": chart.trials.run(),
        f"rate {number(rate)}": chart.trials.run(rate / told),
    }
    ends = _trials(seen, ax, lines)
    return f"Two copies take as many steps; they end at {ends}." if ends else None


def _trials(seen: Seen, ax: Axes, lines: Mapping[str, Any]) -> str:
    """The losses of short runs over their updates, and how they end; nothing where one is none."""
    if any(run is None or not np.isfinite(run.losses).all() for run in lines.values()):
        return ""
    for k, (label, run) in enumerate(lines.items()):
        part = np.linspace(0, 1, len(run.losses))
        ax.plot(
            100 * part, run.losses, color=(VERMILION, BLUE)[k], marker="os"[k],
            linestyle=DASHES[k], label=label,
        )  # fmt: skip
    constant = float("nan") if seen.look is None else seen.look.constant
    if np.isfinite(constant):
        ax.axhline(constant, color=INK, linewidth=1.0, label="a constant")
    with_room(ax, 0.0)
    ax.set_xlabel("percent of the short run")
    ax.set_ylabel("loss")
    legend_above(ax)
    return " and ".join(number(float(run.losses[-1])) for run in lines.values())


def scores(seen: Seen, ax: Axes) -> str | None:
    """The validation loss and the scores beside it, each from its lowest to its highest."""
    history = seen.history
    names = [name for name in history.columns if name.startswith("val_")] if history else []
    if history is None or "val_loss" not in names or len(names) < 2 or len(history) < 2:
        return None
    for k, name in enumerate(["val_loss", *(n for n in names if n != "val_loss")][:4]):
        values = history.column(name)
        low, high = np.nanmin(values), np.nanmax(values)
        ax.plot(
            np.arange(1, len(values) + 1), (values - low) / ((high - low) or 1.0),
            color=SERIES[k], linestyle=DASHES[k], label=name.removeprefix("val_"),
        )  # fmt: skip
    ax.set_xlabel("epoch")
    ax.set_ylabel("from lowest to highest")
    whole_numbers(ax.xaxis)
    legend_above(ax)
    return "A score that follows the loss is its mirror, or goes with it; each has its own scale."


def pulls(seen: Seen, ax: Axes) -> str | None:
    """The gradient of the penalties beside that of the loss, layer by layer; or the dropout."""
    look = seen.look
    if look is None or seen.chart is None:
        return None
    loss = np.array([signs.gradient for signs in look.layers])
    penalty = np.array([signs.penalty for signs in look.layers])
    if not (penalty > 0).any():
        return _dropouts(seen, ax)
    at = np.arange(1, len(loss) + 1)
    ax.bar(at - 0.19, loss, 0.36, color=BLUE, label="of the loss")
    ax.bar(at + 0.19, penalty, 0.36, color=VERMILION, hatch="//", edgecolor="white", linewidth=0,
           label="of the penalties")  # fmt: skip
    drawn = np.concatenate([loss, penalty])
    drawn = drawn[np.isfinite(drawn) & (drawn > 0)]
    if drawn.max() > 30 * drawn.min():
        ax.set_yscale("log")
        ax.set_ylim(drawn.min() / 3, drawn.max() * 3)
        powers_of_ten(ax.yaxis)
    ax.set_xlabel("layer l")
    ax.set_ylabel("size of ∂/∂W[l]")
    whole_numbers(ax.xaxis)
    legend_above(ax)
    return f"What pulls at the weights {seen.when}: the higher bar decides where they go."


def _dropouts(seen: Seen, ax: Axes) -> str | None:
    layers = () if seen.chart is None else seen.chart.spec.layers
    shares = [100 * layer.dropout for layer in layers]
    if not any(shares):
        return None
    ax.bar(np.arange(1, len(shares) + 1), shares, 0.5, color=VERMILION)
    ax.axhline(50, color=INK, linewidth=1.0)
    ax.set_ylim(0, 100)
    ax.set_xlabel("layer l")
    ax.set_ylabel("percent of the units dropped")
    whole_numbers(ax.xaxis)
    return "The share of each layer that a step does without; the line is at a half."
