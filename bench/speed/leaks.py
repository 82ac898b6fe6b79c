"""Does memory grow with the number of fits?  Ten thousand small ones, of several kinds in turn.

    python bench/speed/leaks.py [--fits 10000] [--json FILE]

Wanted: resident memory grows by less than 5 MB after the first 500 fits.
"""

# ruff: noqa: I001 - the harness sets the number of threads before NumPy is imported
from __future__ import annotations

import harness

import argparse
import gc
import os
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
from scipy import sparse

import glassnet as gn

FIRST = 500  # fits that fill what is kept for later: caches, arenas, imports
LOOKS = 10


def kinds() -> list[Callable[[int], object]]:
    """Small fits, each with other parts of the engine in it."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((40, 5))
    y = (X[:, 0] > 0).astype(int)
    few = sparse.csr_matrix(np.where(np.abs(X) > 1, X, 0))

    def estimator(x: object, **options: object) -> Callable[[int], object]:
        def fit(seed: int) -> object:
            model = gn.MLPClassifier((8,), max_iter=3, random_state=seed, **options)
            return model.fit(x, y).predict_proba(x[:1])

        return fit

    def network(seed: int) -> object:
        layers = [gn.Dense(8, "tanh", batch_norm=True, dropout=0.2), gn.Dense(1, "logistic")]
        net = gn.Network(5, layers, loss="binary_cross_entropy", seed=seed)
        gn.train(net, X, y, epochs=3, batch_size=16, threads=2)
        return gn.predict(net, X)

    return [
        estimator(X),
        estimator(X.astype(np.float32), early_stopping=True),
        estimator(few),
        estimator(X, solver="lbfgs"),
        network,
    ]


def resident() -> int:
    """Bytes of this process that are in memory."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def measured(fits: int) -> list[dict[str, int]]:
    """Resident bytes after the first fits, and at ten looks from there on."""
    fitted, turns = kinds(), 0
    looks: list[dict[str, int]] = []
    for k in range(FIRST + fits + 1):
        if k >= FIRST and (k - FIRST) * LOOKS >= turns * fits:
            looks.append({"fits": k - FIRST, "resident_bytes": resident()})
            print(f"{k - FIRST:6,} fits: {looks[-1]['resident_bytes'] / 2**20:.2f} MiB", flush=True)
            turns += 1
        fitted[k % len(fitted)](k)
    return looks


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--fits", type=int, default=10_000)
    parser.add_argument("--json", type=Path, default=harness.RESULTS / "leaks.json")
    options = parser.parse_args()
    warnings.simplefilter("ignore")  # of convergence, which nobody waits for here
    looks = measured(options.fits)
    growth = looks[-1]["resident_bytes"] - looks[0]["resident_bytes"]
    print(f"growth over {options.fits:,} fits: {growth / 1e6:.2f} MB")
    harness.write(options.json, {"growth_bytes": growth, "looks": looks})


if __name__ == "__main__":
    main()
