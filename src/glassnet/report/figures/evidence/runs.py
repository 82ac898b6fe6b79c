"""How a run went, and what pulls at its weights."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from glassnet.report.figures.evidence.frame import legend_above, with_room
from glassnet.report.figures.evidence.seen import Seen
from glassnet.report.figures.learning_curves import learning_curves
from glassnet.report.look import BLUE, DASHES, INK, VERMILION, number, powers_of_ten, whole_numbers


def curves(seen: Seen, ax: Axes) -> str | None:
    """The learning curves, the best epoch marked."""
    history = seen.history
    if history is None or "J" not in history.columns or not np.isfinite(history.column("J")).any():
        return None
    learning_curves(history, ax=ax)
    legend_above(ax, columns=2)
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
    legend_above(ax, columns=2)
    return f"{said} The best constant output costs {number(look.constant)}."


def wider(seen: Seen, ax: Axes) -> str | None:
    """The loss of the network fitted anew, and of a wider copy: the trials the finding rests on."""
    chart = seen.chart
    if chart is None or chart.trials is None or chart.look is None:
        return None
    change = "wide" if len(chart.spec.units) > 2 else "deep"
    lines = (
        (chart.trials.fitted(), VERMILION, "o", "as it is"),
        (chart.trials.fitted(change), BLUE, "s", "wider" if change == "wide" else "a hidden layer"),
    )
    for k, (trial, colour, marker, label) in enumerate(lines):
        if trial is None or not np.isfinite(trial.losses).all():
            return None
        steps = np.linspace(0, trial.updates, len(trial.losses))
        ax.plot(steps, trial.losses, color=colour, marker=marker, linestyle=DASHES[k], label=label)
    if np.isfinite(chart.look.constant):
        ax.axhline(chart.look.constant, color=INK, linewidth=1.0, label="a constant")
    with_room(ax, 0.0)
    ax.set_xlabel("update")
    ax.set_ylabel("loss")
    whole_numbers(ax.xaxis)
    legend_above(ax)
    ends = [number(trial.end) for trial, *_ in lines if trial is not None]
    return f"Two copies fitted anew with Adam on the same rows end at {ends[0]} and {ends[1]}."


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
