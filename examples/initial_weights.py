"""Six first weights side by side: zero, constant, 0.01 · randn, Xavier, Glorot, He.

Zero weights behind relu learn nothing but the output's bias. With one constant, all units of a
layer are one unit for ever. Small random numbers differ, but four layers of them let nothing
through. "Xavier" is 1 / n_in here, as in many courses; Glorot's paper has 2 / (n_in + n_out).

python examples/initial_weights.py [--quick] [--figure FILE]
"""

import argparse

import numpy as np
from matplotlib.figure import Figure
from sklearn.datasets import load_digits

import glassnet as gn
from glassnet.report.look import DASHES, MARKERS, SERIES, finished, look, new_figure

X, y = load_digits(return_X_y=True)
X = X / 16
FIRST_WEIGHTS = {
    "zero": gn.Zeros(),
    "constant 0.05": gn.Constant(0.05),
    "0.01 · randn": gn.Normal(0.01),
    "Xavier, 1 / n_in": gn.LecunNormal(),
    "Glorot, 2 / (n_in + n_out)": gn.GlorotNormal(),
    "He, 2 / n_in": gn.HeNormal(),
}


def trained(init: gn.Initializer, seed: int, epochs: int) -> tuple[gn.Network, np.ndarray]:
    """The network after training, and J of each epoch."""
    hidden = [gn.Dense(32, "relu", init=init) for _ in range(4)]
    layers = [*hidden, gn.Dense(10, "softmax", init=init)]
    net = gn.Network(64, layers, loss="cross_entropy", seed=seed)
    run = gn.train(net, X, y, optimizer=gn.SGD(0.05), epochs=epochs, batch_size=32)
    return net, run.history.column("J")


@look()
def draw(curves: dict[str, np.ndarray]) -> Figure:
    """J of each epoch: the median of the seeds, and all of them as a band."""
    figure = new_figure(5.6, 3.3)
    ax = figure.subplots()
    for k, (name, J) in enumerate(curves.items()):
        epochs = np.arange(1, J.shape[1] + 1)
        ax.fill_between(epochs, J.min(axis=0), J.max(axis=0), color=SERIES[k], alpha=0.15, lw=0)
        ax.plot(
            epochs, np.median(J, axis=0), color=SERIES[k], linestyle=DASHES[k % 4],
            marker=MARKERS[k], markevery=(k % 3, 3), label=name,
        )  # fmt: skip
    ax.axhline(np.log(10), color="0.45", lw=0.8, zorder=1)
    ax.annotate("log 10: ten classes, nothing known", (1, np.log(10)), (28, 8),
                textcoords="offset points", fontsize=8)  # fmt: skip
    ax.set(xlabel="epoch", ylabel="cost J (nats per sample)", ylim=(0, 2.6))
    ax.set_title("Digits, four hidden layers of 32 relu, SGD")
    figure.legend(loc="outside right upper")
    return finished(figure)


def main(quick: bool = False, figure: str | None = None) -> None:
    """Train with each, and look at what became of the units."""
    seeds, epochs = (range(3), 15) if quick else (range(8), 40)
    curves, kinds = {}, {}
    for name, init in FIRST_WEIGHTS.items():
        made = [trained(init, seed, epochs) for seed in seeds]
        curves[name] = np.array([J for _, J in made])
        # Two units of layer 1 are one if their rows of W are equal.
        kinds[name] = [len(np.unique(net.W[1].round(9), axis=0)) for net, _ in made]
        last = curves[name][:, -1]
        print(f"{name:28s} J {last.min():.3f} to {last.max():.3f}, {kinds[name][0]} kinds of unit")
    last = {name: J[:, -1] for name, J in curves.items()}
    assert kinds["zero"] == kinds["constant 0.05"] == [1] * len(seeds)
    assert last["zero"].min() > 2.29
    assert last["0.01 · randn"].min() > 2.29
    assert last["constant 0.05"].min() > 1
    assert all(last[name].max() < 0.3 for name in list(FIRST_WEIGHTS)[3:])
    print(
        "Zero and constant weights leave one unit in 32 copies, and 0.01 is too small for five "
        "layers; the three that fit the layer's width learn from the start."
    )
    if figure:
        draw(curves).savefig(figure)


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--quick", action="store_true")
    options.add_argument("--figure", metavar="FILE")
    main(**vars(options.parse_args()))
