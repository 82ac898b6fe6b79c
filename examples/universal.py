"""One hidden layer comes as near to a function as its width allows, unless φ is a polynomial.

That such weights exist is all the theorem says, so nothing is trained here: hidden weights are
drawn, and the output layer, which is linear, is solved for. With square the network is a parabola
at every width. Without biases the others fail too: networks of tanh or sin are then odd functions,
those of logistic odd but for a constant, those of relu two rays from the origin. (Not exp, whose
powers are enough.) Each failure has a floor that no weights can pass, computed here as well.

After Cybenko (1989), Hornik (1991) and Leshno et al. (1993).

python examples/universal.py [--quick] [--figure FILE]
"""

import argparse

import numpy as np
from matplotlib.figure import Figure

import glassnet as gn
from glassnet.report.look import (
    DASHES,
    MARKERS,
    SERIES,
    finished,
    look,
    new_figure,
    powers_of_ten,
)  # fmt: skip

ACTIVATIONS = ("tanh", "logistic", "relu", "sin", "exp", "square")
WIDTHS = [1, 2, 4, 8, 16, 32, 64]
X = np.linspace(-1, 1, 401)[:, None]
x = X[:, 0]
F = np.cos(5 * x) / 2 + x * np.sin(4 * x) + x / 2 + 0.3  # neither odd nor even, and not 0 at 0


def error(activation: str, width: int, draws: int, *, bias: bool = True) -> float:
    """√ of the mean of (F − f)², the least of some draws of the hidden layer."""
    found = []
    for seed in range(draws):
        drawn = gn.Normal(4.0)
        hidden = gn.Dense(width, activation, init=drawn, bias=bias, bias_init=drawn)
        net = gn.Network(1, [hidden, gn.Dense(1, "identity", bias=bias)], seed=seed)
        A = gn.trace(net, X).a[1]
        best = np.linalg.lstsq(np.column_stack([A, x**0]) if bias else A, F, rcond=None)[0]
        net.W[2][...] = best[:width]
        if bias:
            net.b[2][...] = best[width:]
        found.append(np.sqrt(np.mean((gn.predict(net, X)[:, 0] - F) ** 2)))
    return float(min(found))


def floor(columns: list[np.ndarray]) -> float:
    """The error of the best sum of some functions: no network that is such a sum can pass it."""
    A = np.column_stack(columns)
    return float(np.sqrt(np.mean((A @ np.linalg.lstsq(A, F, rcond=None)[0] - F) ** 2)))


def floors() -> dict[str, float]:
    """Of square with biases, and of the others without."""
    even = (F + F[::-1]) / 2  # the grid is symmetric; what is odd can be nothing of this
    odd_only = float(np.sqrt(np.mean(even**2)))
    return {
        "square": floor([x**0, x, x**2]),
        "tanh": odd_only,
        "sin": odd_only,
        "logistic": float(even.std()),
        "relu": floor([np.maximum(x, 0), np.maximum(-x, 0)]),  # no unit has its kink elsewhere
    }


@look()
def draw(tables: list[dict[str, list[float]]]) -> Figure:
    """Error against width, with biases and without."""
    figure = new_figure(7.2, 3.5)
    axes = figure.subplots(1, 2, sharey=True)
    for ax, table, title in zip(axes, tables, ("with biases", "without biases"), strict=True):
        for k, (name, errors) in enumerate(table.items()):
            style = {"color": SERIES[k], "linestyle": DASHES[k % 4], "marker": MARKERS[k]}
            ax.loglog(WIDTHS, errors, label=name, **style)
        ax.set_title(title)
        ax.set_xlabel("width of the hidden layer (units)")
        ax.set_xticks(WIDTHS, [str(width) for width in WIDTHS])
        ax.minorticks_off()
    axes[0].set_ylim(1e-15, 3)
    axes[0].set_ylabel("root mean square of F − f")
    powers_of_ten(axes[0].yaxis)
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper left", ncols=6)
    return finished(figure)


def main(quick: bool = False, figure: str | None = None) -> None:
    """Fit with growing width, with biases and without."""
    draws = 5 if quick else 50
    tables = [
        {name: [error(name, n, draws, bias=bias) for n in WIDTHS] for name in ACTIVATIONS}
        for bias in (True, False)
    ]
    for table, title in zip(tables, ("with", "without"), strict=True):
        print(f"{title + ' biases':14s}", " ".join(f"{width:7d}" for width in WIDTHS), " units")
        for name, errors in table.items():
            print(f"{name:14s}", " ".join(f"{each:7.1e}" for each in errors))
    have, lack = tables
    for name in ACTIVATIONS[:-1]:
        assert have[name][6] < have[name][4] < have[name][2] / 2 < have[name][0] / 4
        assert have[name][6] < 0.005
    for name, least in floors().items():
        reached = have[name] if name == "square" else lack[name]
        assert min(reached) > least * (1 - 1e-9)
        assert np.isclose(reached[-1], least)
        print(f"floor of {name:8s} {'with' if name == 'square' else 'without'} biases {least:.6f}")
    assert lack["exp"][-1] < 1e-5
    print(
        "With biases the error falls as the layer widens, with every activation but square. "
        "Without biases tanh, sin, logistic and relu stand on their floors at any width."
    )
    if figure:
        draw(tables).savefig(figure)


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--quick", action="store_true")
    options.add_argument("--figure", metavar="FILE")
    main(**vars(options.parse_args()))
