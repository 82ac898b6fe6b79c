"""Make growth.png: growth beside the other searches, from bench/results/search_growth.json.

Run from anywhere: ``python docs/images/make_growth.py``, after ``python bench/search/growth.py``.
"""

import json
import sys
from pathlib import Path

from matplotlib.figure import Figure

from glassnet.report.look import BLUE, GREEN, ORANGE, PURPLE, look, plain_logarithms

ROOT = Path(__file__).resolve().parents[2]
INCHES_A_SET, HEIGHT, DOTS_PER_INCH = 2.5, 4.8, 120
METHODS = {
    "growth": (BLUE, "-", "o"),
    "halving": (ORANGE, (0, (5, 2)), "s"),
    "tpe": (GREEN, (0, (1.2, 1.4)), "^"),
    "random": (PURPLE, (0, (6, 2, 1.2, 2)), "D"),
}


def growth(results):
    """A column for each set: the lowest error over time, and how large the best network is."""
    with look():
        figure = Figure(figsize=(INCHES_A_SET * len(results), HEIGHT), layout="constrained")
        panels = figure.subplots(2, len(results), squeeze=False, height_ratios=(3, 2))
        for column, (name, found) in enumerate(results.items()):
            over_time(panels[0, column], found)
            sizes(panels[1, column], found)
            panels[0, column].set_title(name.replace("_", " "))
        panels[0, 0].set_ylabel("lowest validation error so far")
        panels[1, 0].set_ylabel("its validation error")
        handles, words = panels[0, 0].get_legend_handles_labels()
        figure.legend(handles, words, loc="outside upper center", ncols=len(METHODS), frameon=False)
    return figure


def over_time(ax, found):
    """The lowest error so far, as steps."""
    lowest = min(each["error"] for each in found["methods"].values())
    for method, (colour, dash, _) in METHODS.items():
        trace = found["methods"][method]["trace"]
        times = [when for when, _, _ in trace] + [found["seconds"]]
        errors = [error for _, error, _ in trace] + [trace[-1][1]]
        ax.step(times, errors, where="post", color=colour, linestyle=dash, label=method)
    ax.set_xlim(0, found["seconds"])
    ax.set_yscale("log")
    ax.set_ylim(0.97 * lowest, 2 * lowest)
    plain_logarithms(ax.yaxis)
    ax.set_xlabel("seconds")


def sizes(ax, found):
    """Error against parameters: of growth every best so far, of the others the last."""
    for method, (colour, _, marker) in METHODS.items():
        each = found["methods"][method]
        if method == "growth":
            steps = each["trace"]
            ax.plot([s[2] for s in steps], [s[1] for s in steps], color=colour, linewidth=0.8)
        ax.plot([each["parameters"]], [each["error"]], color=colour, marker=marker, markersize=6)
    lowest = min(each["error"] for each in found["methods"].values())
    worst = max(each["error"] for each in found["methods"].values())
    ax.set_ylim(lowest - 0.15 * (worst - lowest), worst + 0.5 * (worst - lowest))
    ax.set_xscale("log")
    ax.set_xlim(100, 100_000)
    ax.set_xticks([100, 1000, 10_000, 100_000], ["100", "1,000", "10,000", "100,000"])
    ax.set_xlabel("parameters of the best")


if __name__ == "__main__":
    own = ROOT / "bench" / "results" / "search_growth.json"
    source = Path(sys.argv[1]) if len(sys.argv) > 1 else own
    found = json.loads(source.read_text(encoding="utf-8"))["results"]
    growth(found).savefig(Path(__file__).with_name("growth.png"), dpi=DOTS_PER_INCH)
