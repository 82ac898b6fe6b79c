"""A loop over the samples, or one product of matrices: the same gradient, and how long each takes.

The loop is backpropagation as it is first taught, one sample after the other. The matrices hold a
sample per row, and their products run the same sums. Both are held to ``gn.trace``.

python examples/vectorised.py [--quick] [--figure FILE]
"""

import argparse
from time import perf_counter

import numpy as np
from matplotlib.figure import Figure

import glassnet as gn
from glassnet.report.look import BLUE, VERMILION, finished, look, new_figure, powers_of_ten


def in_a_loop(net: gn.Network, X: np.ndarray, y: np.ndarray) -> list[np.ndarray]:
    """∂J/∂W of both layers, a sample at a time."""
    W, b, m = net.W, net.b, len(X)
    dW = [np.zeros_like(W[1]), np.zeros_like(W[2])]
    for x, target in zip(X, y, strict=True):
        a1 = np.tanh(W[1] @ x + b[1])
        a2 = 1 / (1 + np.exp(-(W[2] @ a1 + b[2])))
        delta2 = a2 - target
        delta1 = W[2].T @ delta2 * (1 - a1**2)
        dW[0] += np.outer(delta1, x) / m
        dW[1] += np.outer(delta2, a1) / m
    return dW


def in_matrices(net: gn.Network, X: np.ndarray, y: np.ndarray) -> list[np.ndarray]:
    """∂J/∂W of both layers, all samples at once."""
    W, b, m = net.W, net.b, len(X)
    a1 = np.tanh(X @ W[1].T + b[1])
    a2 = 1 / (1 + np.exp(-(a1 @ W[2].T + b[2])))
    delta2 = (a2 - y[:, None]) / m
    delta1 = delta2 @ W[2] * (1 - a1**2)
    return [delta1.T @ X, delta2.T @ a1]


def seconds(work, *arguments, repeats: int = 5) -> float:
    """The shortest of some runs: what the work takes when nothing else disturbs it."""
    times = []
    for _ in range(repeats):
        start = perf_counter()
        work(*arguments)
        times.append(perf_counter() - start)
    return min(times)


@look()
def draw(sizes: list[int], loop: list[float], matrices: list[float]) -> Figure:
    """Milliseconds against rows, both logarithmic."""
    figure = new_figure(4.8, 3.1)
    ax = figure.subplots()
    ax.loglog(sizes, 1e3 * np.array(loop), "o-", color=VERMILION, label="a loop over samples")
    ax.loglog(sizes, 1e3 * np.array(matrices), "s--", color=BLUE, label="products of matrices")
    ax.set(xlabel="samples m", ylabel="time of one gradient (ms)")
    ax.set_title("The same gradient of a 50-64-1 network")
    ax.legend(loc="upper left")
    for axis in (ax.xaxis, ax.yaxis):
        powers_of_ten(axis)
    return finished(figure)


def main(quick: bool = False, figure: str | None = None) -> None:
    """Compare the two for growing m."""
    sizes = [1, 10, 100, 1000] if quick else [1, 10, 100, 1000, 10_000, 100_000]
    rng = np.random.default_rng(0)
    layers = [gn.Dense(64, "tanh"), gn.Dense(1, "logistic")]
    net = gn.Network(50, layers, loss="binary_cross_entropy", seed=0)
    loop, matrices = [], []
    for m in sizes:
        X = rng.normal(size=(m, 50))
        y = (X[:, 0] > 0).astype(float)
        one_by_one, at_once = in_a_loop(net, X, y), in_matrices(net, X, y)
        trace = gn.trace(net, X, y).dW[1:]
        for first, second, third in zip(one_by_one, at_once, trace, strict=True):
            # Sums of m terms in another order: some ε √m apart, no more.
            scale = 1e-14 * np.sqrt(m) * np.abs(third).max()
            assert np.abs(first - third).max() < 10 * scale
            assert np.abs(second - third).max() < 10 * scale
        loop.append(seconds(in_a_loop, net, X, y, repeats=3))
        matrices.append(seconds(in_matrices, net, X, y))
        print(f"{m:7,} samples: {1e3 * loop[-1]:10.3f} ms and {1e3 * matrices[-1]:8.3f} ms")
    times = loop[3] / matrices[3]
    print(
        f"The gradients are equal; with 1,000 samples the matrices are {times:.0f} times as fast."
    )
    assert times > 3
    if figure:
        draw(sizes, loop, matrices).savefig(figure)


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--quick", action="store_true")
    options.add_argument("--figure", metavar="FILE")
    main(**vars(options.parse_args()))
