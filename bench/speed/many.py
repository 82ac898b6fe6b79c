"""Networks side by side: ``gn.run_many`` beside the same runs one after the other.

The turns of a round, in one process: run_many on all processors and on one, K calls of gn.train,
K fits of scikit-learn, and the same fits shared out to processes by joblib. All take the same
epochs of the same rows in batches of the same size, in float32; networks differ in their seeds.

    python bench/speed/many.py [--rounds 7] [--quick] [--json FILE]
"""

# ruff: noqa: I001 - the harness sets the number of threads before NumPy is imported
from __future__ import annotations

import harness

import os
import warnings
from collections.abc import Callable
from typing import Any

import joblib
import numpy as np
from sklearn.neural_network import MLPClassifier

import glassnet as gn
from glassnet.bench.workloads import WORKLOADS, Training, rows

PROCESSORS = len(os.sched_getaffinity(0))


def network(work: Training, seed: int) -> gn.Network:
    """The workload's network with other weights."""
    shape = work.shape
    hidden = [gn.Dense(n, shape.hidden) for n in shape.units[1:-1]]
    layers = [*hidden, gn.Dense(shape.units[-1], shape.output)]
    return gn.Network(
        shape.units[0], layers, loss="binary_cross_entropy", seed=seed, dtype="float32"
    )


def turns(work: Training, count: int, epochs: int) -> dict[str, Callable[[], object]]:
    """The ways to train ``count`` networks."""
    X, y = rows(work, "float32")
    settings: dict[str, Any] = {
        "optimizer": gn.Adam(work.rate),
        "epochs": epochs,
        "batch_size": work.batch,
    }

    def side_by_side(workers: int) -> Callable[[], object]:
        return lambda: gn.run_many(
            [network(work, seed) for seed in range(count)], X, y, workers=workers, **settings
        )

    def alone() -> object:
        return [gn.train(network(work, seed), X, y, threads=1, **settings) for seed in range(count)]

    def theirs(seed: int) -> object:
        warnings.simplefilter("ignore")  # of convergence, which nobody waits for here
        return MLPClassifier(
            work.shape.units[1:-1],
            activation=work.shape.hidden,
            alpha=0.0,
            batch_size=work.batch,
            max_iter=epochs,
            tol=0.0,
            n_iter_no_change=epochs + 1,
            random_state=seed,
        ).fit(X, y)

    def shared_out() -> object:
        fits = (joblib.delayed(theirs)(seed) for seed in range(count))
        return joblib.Parallel(n_jobs=PROCESSORS)(fits)

    return {
        "run_many": side_by_side(PROCESSORS),
        "run_many, one worker": side_by_side(1),
        "one after the other": alone,
        "scikit-learn": lambda: [theirs(seed) for seed in range(count)],
        "scikit-learn, joblib": shared_out,
    }


def same_bits(work: Training) -> bool:
    """Whether a member is its solo run here too."""
    X, y = rows(work, "float32")
    nets, alone = ([network(work, seed) for seed in range(4)] for _ in range(2))
    gn.run_many(nets, X, y, epochs=2, batch_size=work.batch, workers=PROCESSORS)
    for net in alone:
        gn.train(net, X, y, epochs=2, batch_size=work.batch)
    pairs = zip(nets, alone, strict=True)
    return all(np.array_equal(a.state.theta, b.state.theta) for a, b in pairs)


def main() -> None:
    options = harness.arguments(__doc__, rounds=7, name="many")
    epochs, counts = (1, (8,)) if options.quick else (5, (8, 32))
    results: dict[str, Any] = {
        "workers": PROCESSORS,
        "epochs": epochs,
        "rounds": options.rounds,
    }
    for name in ("W1", "W2"):
        work = WORKLOADS[name]
        assert isinstance(work, Training)
        assert same_bits(work)
        for count in counts:
            times = harness.interleaved(turns(work, count, epochs), options.rounds)
            found = harness.compared(times, "run_many")
            results[f"{name}, {count} networks"] = found
            print(
                f"{name}, {count:2} networks {found['median_s']['run_many'] * 1e3:10.1f} ms",
                *(f"  {k} ×{v:.2f}" for k, v in found["times_as_long"].items()),
                flush=True,
            )
    harness.write(options.json, results)


if __name__ == "__main__":
    main()
