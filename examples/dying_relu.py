"""Relu units that die at a high learning rate, and what keeps them alive.

A unit is dead when z ≤ 0 on every row: relu has no slope there, so no error reaches the unit's
weights and nothing in its own layer can bring it back. Counted here is just that: the hidden
units with ∂J/∂z = 0 on all rows.

python examples/dying_relu.py [--quick] [--figure FILE]
"""

import argparse
from contextlib import suppress

import numpy as np
from matplotlib.figure import Figure
from sklearn.datasets import load_digits

import glassnet as gn
from glassnet.errors import Diverged
from glassnet.report.look import BLUE, VERMILION, finished, look, new_figure

X, y = load_digits(return_X_y=True)
X = X / 16
CASES = {
    "before training": {"epochs": 0},
    "relu, rate 0.5": {},
    "cure: rate 0.02": {"rate": 0.02},
    "cure: clip_norm 0.5": {"clip_norm": 0.5},
    "cure: batch norm": {"batch_norm": True},
    "cure: leaky_relu": {"activation": "leaky_relu"},
}
UNITS = 120


def outcome(
    seed: int, *, activation: str = "relu", batch_norm: bool = False,
    rate: float = 0.5, clip_norm: float | None = None, epochs: int = 8,
) -> tuple[float, float]:  # fmt: skip
    """The share of hidden units that are dead after training, and of rows that are right."""
    hidden = [gn.Dense(UNITS // 3, activation, batch_norm=batch_norm) for _ in range(3)]
    layers = [*hidden, gn.Dense(10, "softmax")]
    net = gn.Network(64, layers, loss="cross_entropy", seed=seed)
    if epochs:
        with suppress(Diverged):  # the network is then left as its last whole epoch made it
            gn.train(net, X, y, optimizer=gn.SGD(rate), epochs=epochs, clip_norm=clip_norm)
    t = gn.trace(net, X, y, training=False)
    dead = sum(int((t.delta[l] == 0).all(axis=0).sum()) for l in (1, 2, 3))
    return dead / UNITS, float((t.a[4].argmax(axis=1) == y).mean())


@look()
def draw(shares: dict[str, np.ndarray]) -> Figure:
    """A point for each seed, a bar to their median."""
    figure = new_figure(5.4, 2.9)
    ax = figure.subplots()
    for k, (name, row) in enumerate(shares.items()):
        colour = VERMILION if name.startswith("relu") else BLUE
        ax.barh(k, 100 * np.median(row), height=0.55, color=colour, alpha=0.45)
        ax.plot(100 * row, np.full(len(row), k), "o", color=colour, mfc="none")
    ax.set_yticks(range(len(shares)), list(shares))
    ax.invert_yaxis()
    ax.grid(visible=False, axis="y")
    ax.set_xlim(left=-0.3)
    ax.set_xlabel(f"dead hidden units (% of {UNITS}); a ring for each seed")
    ax.set_title("Digits, three layers of 40 units, SGD")
    return finished(figure)


def main(quick: bool = False, figure: str | None = None) -> None:
    """Train each case on some seeds and count."""
    seeds = range(5 if quick else 12)
    shares = {}
    for name, settings in CASES.items():
        found = np.array([outcome(seed, **settings) for seed in seeds])
        shares[name], right = found.T
        print(f"{name:20s} dead {np.median(shares[name]):5.1%}, right {np.median(right):.1%}")
    median = {name: float(np.median(row)) for name, row in shares.items()}
    before, sick = median["before training"], median["relu, rate 0.5"]
    assert sick > 2 * before
    assert median["cure: rate 0.02"] < 0.75 * sick
    assert max(median["cure: clip_norm 0.5"], median["cure: batch norm"]) <= before
    assert shares["cure: leaky_relu"].max() == 0
    print(
        f"{before:.0%} of the relu units are dead before training, {sick:.0%} after it at a high "
        "rate. A low rate kills few; clipping the gradient, batch norm and leaky_relu keep alive "
        "or revive."
    )
    if figure:
        draw(shares).savefig(figure)


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--quick", action="store_true")
    options.add_argument("--figure", metavar="FILE")
    main(**vars(options.parse_args()))
