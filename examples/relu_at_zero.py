"""ReLU′(0) = 0, ½ or 1: what it changes with SGD, batch norm and Adam, in float32 and float64.

It changes something only where some z is exactly 0. On the digits that happens nowhere, and the
three networks are equal to the last bit. With blank images among them, z[1] = b[1] = 0 at the first
step, and the choice counts; what it decides is how the weights wander off, not how well they do.

After Bertoin et al. (2021), Numerical influence of ReLU′(0) on backpropagation, who find larger
effects in large networks and in 16 bits, where exact zeros come from rounding.

python examples/relu_at_zero.py [--quick] [--figure FILE]
"""

import argparse

import numpy as np
from matplotlib.figure import Figure
from sklearn.datasets import load_digits

import glassnet as gn
from glassnet.report.look import BLUE, GRID, ORANGE, finished, look, new_figure

CHOICES = (0.0, 0.5, 1.0)
METHODS = {
    "SGD": (gn.SGD(0.1), False),
    "batch norm": (gn.SGD(0.1), True),
    "Adam": (gn.Adam(0.003), False),
}
DTYPES = ("float32", "float64")


class ExactZeros(gn.Every):
    """How many hidden z̃ were exactly 0 in all steps."""

    needs = frozenset({"z_tilde"})
    count = 0

    def see(self, moment) -> None:
        self.count += sum(int((z == 0).sum()) for z in moment.z_tilde[1:-1])


def rows() -> dict[bool, tuple[np.ndarray, np.ndarray]]:
    """Digits as they are, and with a tenth of them blank."""
    X, y = load_digits(return_X_y=True)
    blank = X / 16
    blank[::10] = 0
    return {False: (X / 16, y), True: (blank, y)}


def outcome(X, y, method: str, dtype: str, at_zero: float, seed: int, epochs: int):
    """The share of unseen rows that are right, how many z were 0, and θ."""
    optimizer, norm = METHODS[method]
    hidden = [gn.Dense(32, gn.ReLU(at_zero=at_zero), batch_norm=norm) for _ in range(2)]
    layers = [*hidden, gn.Dense(10, "softmax")]
    net = gn.Network(64, layers, loss="cross_entropy", seed=seed, dtype=dtype)
    zeros = ExactZeros()
    gn.train(net, X[:1200], y[:1200], optimizer=optimizer, epochs=epochs, observers=[zeros])
    right = float((gn.predict(net, X[1200:]).argmax(axis=1) == y[1200:]).mean())
    return right, zeros.count, net.state.theta


@look()
def draw(tables: dict[bool, np.ndarray]) -> Figure:
    """What ½ and 1 change against 0, seed by seed, beside what another seed changes."""
    figure = new_figure(7.4, 3.5)
    axes = figure.subplots(1, 2, sharey=True)
    places = np.arange(len(METHODS) * len(DTYPES))
    names = [f"{method}\n{dtype}" for method in METHODS for dtype in DTYPES]
    for ax, (blank, right) in zip(axes, tables.items(), strict=True):
        seeds = 100 * right[:, 0].std(axis=1)
        ax.bar(places, 2 * seeds, bottom=-seeds, color=GRID, label="± std of the seeds")
        for k, colour, marker in ((1, ORANGE, "s"), (2, BLUE, "o")):
            moved = 100 * (right[:, k] - right[:, 0])
            at = np.repeat(places + 0.2 * (2 * k - 3), moved.shape[1])
            label = f"ReLU′(0) = {CHOICES[k]:g}, one seed"
            ax.plot(at, moved.ravel(), marker, color=colour, mfc="none", label=label)
        ax.set_xticks(places, names, fontsize=7.5, rotation=90)
        ax.set_title("digits, a tenth blank" if blank else "digits")
        ax.grid(visible=False, axis="x")
    furthest = max(abs(end) for end in axes[0].get_ylim())
    axes[0].set_ylim(-furthest, furthest)
    axes[0].set_ylabel("change of accuracy against\nReLU′(0) = 0 (percentage points)")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper left", ncols=3)
    return finished(figure)


def main(quick: bool = False, figure: str | None = None) -> None:
    """Train every combination on some seeds."""
    seeds, epochs = (range(3), 4) if quick else (range(20), 20)
    tables, gaps = {}, []
    print("ReLU′(0) =                  0      ½      1     seeds")
    for blank, (X, y) in rows().items():
        table = []
        for method in METHODS:
            for dtype in DTYPES:
                found = [
                    [outcome(X, y, method, dtype, choice, seed, epochs) for seed in seeds]
                    for choice in CHOICES
                ]
                right = np.array([[each[0] for each in row] for row in found])
                zeros = sum(each[1] for row in found for each in row)
                same = all(
                    np.array_equal(found[0][k][2], row[k][2]) for row in found for k in seeds
                )
                assert same == (zeros == 0)  # without a z of 0 the choice changes no bit
                assert same or blank
                gaps.append(np.ptp(right.mean(axis=1)))
                assert gaps[-1] <= right.std(axis=1).max()
                table.append(right)
                means = "  ".join(f"{mean:.1%}" for mean in right.mean(axis=1))
                print(
                    f"{'blank' if blank else 'digits':7s}{method:11s}{dtype}  {means}"
                    f"  ± {right.std(axis=1).mean():.1%}, {zeros} z are 0"
                )
        tables[blank] = np.array(table)
    print(
        "Where no z is exactly 0, ReLU′(0) changes no bit; where some are, it moves the accuracy "
        f"by at most {max(gaps):.1%}, less than another seed does."
    )
    if figure:
        draw(tables).savefig(figure)


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--quick", action="store_true")
    options.add_argument("--figure", metavar="FILE")
    main(**vars(options.parse_args()))
