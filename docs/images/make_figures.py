"""Make the figures of figures.md and searching.md in a folder; the pages' build calls it.

By hand: ``python docs/images/make_figures.py FOLDER``. The seeds settle every number.
"""

import sys
from pathlib import Path

from sklearn.datasets import load_digits

import glassnet as gn
from glassnet import report
from glassnet.data.datasets import spiral
from glassnet.report.look import look


def displays():
    """Yield each figure's name and display."""
    yield "activations", report.ActivationDisplay().plot()
    some = ["logistic", "tanh", "relu", "leaky_relu", "gelu", "softplus"]
    yield "pair", report.ActivationDisplay(some).plot(kind="pair")
    X, y = spiral(400, turns=1.2, noise=0.03, seed=0)
    net = gn.Network(
        2,
        [gn.Dense(8, "relu"), gn.Dense(8, "relu"), gn.Dense(1, "logistic")],
        loss="binary_cross_entropy",
        seed=1,
    )
    watching = gn.LayerNorms()
    gn.train(
        net,
        X,
        y,
        optimizer=gn.Adam(learning_rate=0.02),
        epochs=150,
        batch_size=50,
        observers=[watching],
    )
    arms = ["inner", "outer"]
    yield "features", report.FeaturesDisplay.from_network(net, X, y, classes=arms)
    yield "boundary", report.DecisionBoundaryDisplay.from_network(net, X, y, classes=arms)
    yield "units", report.UnitMapsDisplay.from_network(net, X, layer=2)
    yield "flow", report.GradientFlowDisplay.from_observer(watching)
    yield "ledger", report.LedgerDisplay.from_network(net, X, y)


def searches():
    """Yield each figure of a search for a network of handwritten digits."""
    X, y = load_digits(return_X_y=True)
    found = gn.search(X / 16, y, trials=45, epochs=27, seed=1)
    for kind in ("sizes", "front", "settings"):
        yield f"search_{kind}", report.plot_search(found, kind)


def make(folder):
    """Write each as PNG."""
    folder.mkdir(parents=True, exist_ok=True)
    with look():
        for name, display in displays():
            display.figure_.savefig(folder / f"{name}.png", dpi=150)
        for name, figure in searches():
            figure.savefig(folder / f"{name}.png", dpi=150)


if __name__ == "__main__":
    make(Path(sys.argv[1]))
