"""Make overview.png: what a network makes of two spirals, and how it came to that.

Run from anywhere: ``python docs/images/make_overview.py``. The seed settles every number.
"""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

import glassnet as gn
from glassnet import report
from glassnet.data.datasets import spiral
from glassnet.report.look import BLUE, DASHES, GREEN, VERMILION, look, plain_logarithms

EPOCHS, ROWS = 200, 400
WIDTH, HEIGHT, DOTS_PER_INCH = 11.0, 3.6, 150


def trained():
    """The network, its history, and ‖δ[l]‖ of each layer averaged over each epoch."""
    X, y = spiral(ROWS, turns=1.5, noise=0.03, seed=0)
    X_val, y_val = spiral(ROWS, turns=1.5, noise=0.03, seed=1)
    layers = [gn.Dense(16, "tanh"), gn.Dense(16, "tanh"), gn.Dense(1, "logistic")]
    stage = gn.Scaling((0.0, 0.0), (0.15, 0.15))
    net = gn.Network(2, layers, loss="binary_cross_entropy", input_stage=stage, seed=0)
    norms = gn.LayerNorms()
    run = gn.train(
        net,
        X,
        y,
        optimizer=gn.Adam(learning_rate=0.01),
        epochs=EPOCHS,
        schedule="cosine",
        validation=(X_val, y_val),
        observers=[norms],
    )
    delta = np.array([row["delta"] for row in norms.rows]).reshape(EPOCHS, -1, 3).mean(axis=1)
    return net, run.history, delta, X, y


def gradient_flow(ax, delta):
    """‖δ[l]‖ by epoch, each line named at its end."""
    epochs = np.arange(1, len(delta) + 1)
    colours = (GREEN, VERMILION, BLUE)
    for l, (colour, dash) in enumerate(zip(colours, DASHES, strict=False), start=1):
        label = f"layer {l}" + (" (output)" if l == delta.shape[1] else "")
        ax.plot(epochs, delta[:, l - 1], color=colour, linestyle=dash, linewidth=1.5, label=label)
    ax.set_yscale("log")
    plain_logarithms(ax.yaxis)
    ax.set_xlabel("epoch")
    ax.set_ylabel("‖δ[l]‖, mean of the epoch's steps")
    ax.legend(loc="lower left")


def overview():
    """The three panels."""
    net, history, delta, X, y = trained()
    with look():
        figure = Figure(figsize=(WIDTH, HEIGHT), layout="constrained")
        plane, curves, flow = figure.subplots(1, 3)
        report.decision_boundary(net, X, y, limits=(-1.2, 1.2, -1.2, 1.2), ax=plane)
        plane.get_legend().remove()
        plane.set_aspect("equal")
        plane.set_title("What it learned")
        report.learning_curves(history, ax=curves)
        curves.set_title("How the cost fell")
        gradient_flow(flow, delta)
        flow.set_title("How the error travelled back")
        return figure


if __name__ == "__main__":
    with look():
        place = Path(__file__).with_name("overview.png")
        overview().savefig(place, dpi=DOTS_PER_INCH, metadata={"Software": None})
