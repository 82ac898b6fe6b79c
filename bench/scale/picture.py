"""The weak-scaling picture: what was measured, what the model says, and where machines pay."""

import matplotlib
import numpy as np

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from model import LINKS, fitted, foretold, machine, ring, speedup

COLOURS = ("#4269d0", "#efb118", "#ff725c", "#3ca951", "#a463f2")


def draw(record, path):
    """Write the picture."""
    model = fitted(record)
    figure, (sums, steps, pays) = plt.subplots(1, 3, figsize=(13, 4.1), layout="constrained")
    _sums(sums, record, model)
    _steps(steps, record, model)
    _pays(pays, record, model)
    for axes in (sums, steps, pays):
        axes.grid(alpha=0.25, linewidth=0.6)
        axes.spines[["top", "right"]].set_visible(False)
        axes.title.set_fontsize(11)
    for axes in (sums, steps):
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
        axes.yaxis.set_minor_formatter(lambda value, _: "")
    figure.savefig(path, dpi=130)


def _sums(axes, record, model):
    for colour, (ranks, link) in zip(COLOURS, model["links"].items(), strict=False):
        points = [point for point in record["sums"] if point["ranks"] == ranks]
        numbers = np.array([point["numbers"] for point in points])
        axes.loglog(numbers, [p["seconds"] * 1e3 for p in points], "o", color=colour, ms=5)
        fine = np.geomspace(numbers.min(), numbers.max(), 50)
        axes.loglog(fine, ring(ranks, fine, *link) * 1e3, color=colour, label=f"{ranks} ranks")
    axes.set(
        xlabel="numbers summed (float32)",
        ylabel="ms",
        title="A sum over the ranks: measured, fitted",
    )
    axes.set_yticks([1, 2, 5, 10, 20, 50])
    axes.legend(frameon=False)


def _steps(axes, record, model):
    rows = 128
    for colour, name in zip(COLOURS, model["per_row"], strict=False):
        points = [s for s in record["steps"] if s["network"] == name and s["rows"] == rows]
        ranks = [point["ranks"] for point in points]
        axes.loglog(ranks, [p["seconds"] * 1e3 for p in points], "o", color=colour, ms=5)
        told = [foretold(record, model, point) * 1e3 for point in points]
        axes.loglog(ranks, told, color=colour, label=name)
    axes.set(
        xlabel=f"ranks, {rows} rows each, on {record['processors']} processors",
        ylabel="ms a step",
        title="A step: measured (dots), foretold (lines)",
    )
    axes.set_xticks(ranks, [str(n) for n in ranks])
    axes.minorticks_off()
    axes.legend(frameon=False, fontsize=8)


def _pays(axes, record, model):
    kind, p = machine(model, record, 16), np.geomspace(1e4, 1e8, 200)
    for colour, (name, link) in zip(COLOURS, LINKS.items(), strict=False):
        for batch, style in ((512, ":"), (8192, "-")):
            gains = [speedup(kind, 4, batch, each, link) for each in p]
            label = name if style == "-" else None
            axes.semilogx(p, gains, style, color=colour, label=label)
    axes.plot([], [], "-", color="0.4", label="8,192 rows a batch")
    axes.plot([], [], ":", color="0.4", label="512 rows a batch")
    axes.axhline(1, color="0.4", linewidth=0.8)
    axes.set(
        xlabel="parameters",
        ylabel="times faster than one machine",
        title="Four machines of 16 cores, by the model",
        ylim=(0, 4.1),
    )
    axes.legend(frameon=False, fontsize=8)
