"""A thousand parameters: one wide layer, or several narrow ones?

Networks of 1 to 12 hidden layers, each as wide as the budget lets it be, learn two spirals and are
scored on points they have not seen.

python examples/depth_or_width.py [--quick] [--figure FILE]
"""

import argparse

import numpy as np
from matplotlib.figure import Figure

import glassnet as gn
from glassnet.data.datasets import spiral
from glassnet.report.look import BLUE, VERMILION, finished, look, new_figure

BUDGET = 1000
TURNS = 3.0


def network(depth: int, width: int, seed: int) -> gn.Network:
    """As many hidden layers of relu as asked."""
    hidden = [gn.Dense(width, "relu") for _ in range(depth)]
    layers = [*hidden, gn.Dense(1, "logistic")]
    return gn.Network(2, layers, loss="binary_cross_entropy", seed=seed, dtype="float32")


def affordable(depth: int) -> int:
    """The largest width within the budget."""
    width = 1
    while network(depth, width + 1, 0).parameter_count <= BUDGET:
        width += 1
    return width


def scores(depth: int, seeds: range, epochs: int) -> np.ndarray:
    """The share of unseen points that are right, for each seed."""
    X, y = spiral(600, turns=TURNS, noise=0.02, seed=0)
    unseen_X, unseen_y = spiral(2000, turns=TURNS, noise=0.02, seed=1)
    nets = [network(depth, affordable(depth), seed) for seed in seeds]
    settings = {"optimizer": "adam", "learning_rate": 0.01, "epochs": epochs, "batch_size": 50}
    gn.run_many(nets, X, y, schedule="cosine", **settings)
    right = [(gn.predict(net, unseen_X)[:, 0] > 0.5) == unseen_y for net in nets]
    return np.mean(right, axis=1)


@look()
def draw(depths: list[int], table: np.ndarray) -> Figure:
    """A point for each seed, a line through the means."""
    figure = new_figure(4.8, 3.2)
    ax = figure.subplots()
    for depth, row in zip(depths, table, strict=True):
        ax.plot([depth] * len(row), 100 * row, "o", color=BLUE, mfc="none", alpha=0.7)
    ax.plot(depths, 100 * table.mean(axis=1), "s--", color=VERMILION, label="mean of the seeds")
    ax.set(xlabel="hidden layers", ylabel="unseen points that are right (%)")
    ax.set_title(f"Two spirals, {BUDGET:,} parameters at most")
    top = ax.secondary_xaxis("top")
    top.set_xticks(depths, [str(affordable(depth)) for depth in depths])
    top.set_xlabel("units in each")
    ax.set_xticks(depths)
    ax.set_ylim(bottom=42)
    ax.legend(loc="lower left")
    return finished(figure)


def main(quick: bool = False, figure: str | None = None) -> None:
    """Score every depth."""
    depths = [1, 2, 3, 4, 6, 8, 12]
    seeds, epochs = (range(6), 150) if quick else (range(10), 400)
    table = np.array([scores(depth, seeds, epochs) for depth in depths])
    for depth, row in zip(depths, table, strict=True):
        print(f"{depth:2d} × {affordable(depth):3d} units: {row.mean():.1%} ± {row.std():.1%}")
    mean = dict(zip(depths, table.mean(axis=1), strict=True))
    assert mean[4] > mean[1] + 0.2
    assert mean[4] > mean[12] + 0.1
    print(
        f"On this budget 4 layers are right on {mean[4]:.0%} of the unseen points, 1 wide layer on "
        f"{mean[1]:.0%}; the 12 narrow ones, at {mean[12]:.0%}, no longer train reliably."
    )
    if figure:
        draw(depths, table).savefig(figure)


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--quick", action="store_true")
    options.add_argument("--figure", metavar="FILE")
    main(**vars(options.parse_args()))
