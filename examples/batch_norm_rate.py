"""Batch normalisation at a high learning rate, and the cost along the gradient with and without it.

The same deep network is trained by whole batches. At every fifth step the cost is also looked up
along the gradient, nearer and further; its spread there says how far a step can be trusted. On the
way down it shrinks faster with batch normalisation, and at the high rate there is a way down only
with it. That is no proof of a landscape that is smoother everywhere: at the first step, from the
same weights, the spread with it is the larger one.

After Santurkar et al. (2018), How does batch normalization help optimization?, figure 4 (a).

python examples/batch_norm_rate.py [--quick] [--figure FILE]
"""

import argparse

import numpy as np
from matplotlib.figure import Figure
from sklearn.datasets import load_digits

import glassnet as gn
from glassnet.report.look import BLUE, VERMILION, finished, look, new_figure, powers_of_ten

HIGH, LOW = 2.0, 0.1
RANGE = np.geomspace(0.05, 0.8, 4)  # rates at which the cost is looked up
X, y = load_digits(return_X_y=True)
X, y = X[:400] / 16, y[:400]


def network(batch_norm: bool, seed: int) -> gn.Network:
    """Six hidden layers of 30 tanh."""
    hidden = [gn.Dense(30, "tanh", batch_norm=batch_norm) for _ in range(6)]
    return gn.Network(64, [*hidden, gn.Dense(10, "softmax")], loss="cross_entropy", seed=seed)


class Along(gn.Every):
    """J along −g, at some steps: a row for each, a column for each rate."""

    needs = frozenset({"g", "theta"})

    def __init__(self, probe: gn.Network, interval: int) -> None:
        super().__init__(interval)
        self.probe, self.steps, self.costs = probe, [], []

    def see(self, moment) -> None:
        theta = self.probe.state.theta
        costs = []
        for rate in RANGE:
            theta[:] = moment.theta - rate * moment.g
            costs.append(gn.trace(self.probe, X, y).J)
        self.steps.append(moment.t)
        self.costs.append(costs)


def trained(batch_norm: bool, rate: float, seed: int, epochs: int) -> tuple[np.ndarray, Along]:
    """J of each step, and J along the gradient of some."""
    along = Along(network(batch_norm, seed), interval=5)
    run = gn.train(
        network(batch_norm, seed), X, y, optimizer=gn.SGD(rate), epochs=epochs, batch_size=len(X),
        observers=[along],
    )  # fmt: skip
    return run.history.column("J"), along


@look()
def draw(runs: dict[tuple[float, bool], tuple[np.ndarray, Along]]) -> Figure:
    """The cost, and its spread along the gradient."""
    figure = new_figure(7.4, 3.5)
    left, right = figure.subplots(1, 2)
    for (rate, norm), (J, along) in runs.items():
        style = {"color": BLUE, "marker": "o"} if norm else {"color": VERMILION, "marker": "s"}
        style["linestyle"] = "-" if rate == HIGH else "--"
        label = f"{'with' if norm else 'without'} batch norm, rate {rate:g}"
        left.plot(J, markevery=10, label=label, **style)
        right.plot(along.steps, np.ptp(along.costs, axis=1), **style)
    left.set(ylabel="cost J (nats per sample)")
    left.set_title("Cost")
    right.set(ylabel="largest − smallest J (nats per sample)")
    right.set_title(f"Spread along −g, {RANGE[0]:g} to {RANGE[-1]:g} times g")
    for ax in (left, right):
        ax.set(xlabel="step", yscale="log")
        powers_of_ten(ax.yaxis)
    handles, labels = left.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper left", ncols=2, handlelength=4)
    return finished(figure)


def main(quick: bool = False, figure: str | None = None) -> None:
    """Train with and without, at both rates."""
    seeds, epochs = (range(2), 60) if quick else (range(6), 120)
    runs = {
        (rate, norm): [trained(norm, rate, seed, epochs) for seed in seeds]
        for rate in (LOW, HIGH)
        for norm in (False, True)
    }
    last = {key: np.array([J[-1] for J, _ in each]) for key, each in runs.items()}
    spread = {
        key: np.array([np.ptp(along.costs, axis=1) for _, along in each])
        for key, each in runs.items()
    }
    for (rate, norm), J in last.items():
        print(
            f"rate {rate:<4g} {'with' if norm else 'without':8s} J {J.min():6.3f} to {J.max():6.3f}"
            f", spread along g {np.median(spread[rate, norm][:, 0]):.2f} at first, "
            f"{np.median(spread[rate, norm][:, -6:]):.3f} at last"
        )
    assert last[HIGH, False].min() > np.log(10)
    assert last[HIGH, True].max() < 0.1
    assert last[LOW, True].max() < last[LOW, False].min()
    assert np.median(spread[HIGH, True][:, -6:]) < np.median(spread[HIGH, False][:, -6:]) / 10
    assert (spread[LOW, True][:, 0] > spread[LOW, False][:, 0]).all()
    print(
        f"At rate {HIGH:g} the network learns with batch normalisation and is thrown about without "
        "it, and once it learns, the cost along its gradient spreads ever less."
    )
    if figure:
        draw({key: each[0] for key, each in runs.items()}).savefig(figure)


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--quick", action="store_true")
    options.add_argument("--figure", metavar="FILE")
    main(**vars(options.parse_args()))
