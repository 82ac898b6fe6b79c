"""Make cost.png: how the time of a training step grows, from bench/results/growth.json.

Run from anywhere: ``python docs/images/make_cost.py``, after ``python bench/speed/growth.py``.
"""

import json
import sys
from pathlib import Path

from matplotlib.figure import Figure

from glassnet.report.look import BLUE, GREEN, MUTED, ORANGE, PURPLE, look, plain_logarithms

ROOT = Path(__file__).resolve().parents[2]
WIDTH, HEIGHT, DOTS_PER_INCH = 9.5, 2.9, 150
PANELS = {
    "batch": ("rows in a batch", BLUE),
    "width": ("units in a layer", ORANGE),
    "depth": ("hidden layers", GREEN),
    "rows": ("rows of the data", PURPLE),
}


def cost(results):
    """A panel for each size that grows; dashed: in step with the work, from the largest back."""
    with look():
        figure = Figure(figsize=(WIDTH, HEIGHT), layout="constrained")
        panels = figure.subplots(1, len(PANELS), sharey=True)
        for ax, (axis, (words, colour)) in zip(panels, PANELS.items(), strict=True):
            points = [record for record in results if record["axis"] == axis]
            sizes = [record["size"] for record in points]
            times = [1e3 * record["median_s"] for record in points]
            rate = times[-1] / points[-1]["operations"]
            ideal = [rate * record["operations"] for record in points]
            ax.plot(sizes, ideal, color=MUTED, linewidth=1, linestyle=(0, (4, 3)))
            ax.plot(sizes, times, color=colour, marker="o", markersize=3.5)
            ax.set_xscale("log", base=2)
            ax.set_yscale("log")
            plain_logarithms(ax.yaxis)
            ax.set_xticks(sizes[::3], [f"{size:,}" for size in sizes[::3]])
            ax.set_xlabel(words)
        panels[0].set_ylabel("milliseconds a step")
    return figure


if __name__ == "__main__":
    source = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "bench" / "results" / "growth.json"
    found = json.loads(source.read_text(encoding="utf-8"))["results"]
    cost(found).savefig(Path(__file__).with_name("cost.png"), dpi=DOTS_PER_INCH)
