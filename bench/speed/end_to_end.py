"""The estimator as a user calls it, beside scikit-learn's and PyTorch: fit, predict, import.

Each pair takes turns in one process, on one thread; reported are medians, and medians of the
ratios within a round. Both fits run the same number of epochs of the same batches.

    python bench/speed/end_to_end.py [--rounds 7] [--quick] [--json FILE]

Wanted, beside scikit-learn: 20,000 x 20 rows fitted 12 times as fast, iris 10 times; one row
predicted in no more time, 100,000 rows twice as fast (and as PyTorch); the import of glassnet adds
0.15 s at most to that of scikit-learn's networks.
"""

# ruff: noqa: I001 - the harness sets the number of threads before NumPy is imported
from __future__ import annotations

import harness

import subprocess
import sys
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.datasets import load_iris
from sklearn.neural_network import MLPClassifier as TheirClassifier

from glassnet import MLPClassifier

IMPORTS = {  # names are loaded when asked for, so the estimators are asked for
    "glassnet": "sklearn.neural_network, glassnet.estimators.mlp",
    "scikit-learn": "sklearn.neural_network",
}


def two_classes(m: int, dtype: str) -> tuple[Any, Any]:
    """Rows of 20 normal columns in two classes, a tenth of the labels at random."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((m, 20)).astype(dtype)
    y = (X @ rng.standard_normal(20) > 0).astype(int)
    wrong = rng.random(m) < 0.1
    y[wrong] = rng.integers(0, 2, wrong.sum())
    return X, y


def fits(X: Any, y: Any, epochs: int) -> dict[str, Callable[[], object]]:
    """The same epochs with the parameters that both have by default."""
    # tol and n_iter_no_change: neither may end before the other.
    settings = {"max_iter": epochs, "tol": 0.0, "n_iter_no_change": epochs + 1, "random_state": 0}

    def turn(kind: Any) -> Callable[[], object]:
        return lambda: kind(**settings).fit(X, y)

    return {"glassnet": turn(MLPClassifier), "scikit-learn": turn(TheirClassifier)}


def predictions(m: int, dtype: str) -> dict[str, Callable[[], object]]:
    """Probabilities of m rows from networks of 20-100-1."""
    X, y = two_classes(2000, dtype)
    rows = two_classes(m, dtype)[0]
    models = [
        kind(max_iter=2, random_state=0).fit(X, y) for kind in (MLPClassifier, TheirClassifier)
    ]
    ours, theirs = (model.predict_proba for model in models)
    turns = {"glassnet": lambda: ours(rows), "scikit-learn": lambda: theirs(rows)}
    try:
        import torch
    except ModuleNotFoundError:
        return turns
    torch.set_num_threads(1)
    parts = [torch.nn.Linear(20, 100), torch.nn.ReLU(), torch.nn.Linear(100, 1), torch.nn.Sigmoid()]
    net = torch.nn.Sequential(*parts).to(getattr(torch, dtype))

    def pytorch() -> object:
        with torch.inference_mode():
            return net(torch.from_numpy(rows)).numpy()

    return turns | {"PyTorch": pytorch}


def import_seconds(module: str) -> float:
    """Seconds that a fresh interpreter takes to import a module."""
    clock = "time.perf_counter()"
    program = f"import time; start = {clock}; import {module}; print({clock} - start)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return float(done.stdout)


def imports(rounds: int) -> dict[str, float]:
    """Median seconds of each import, and of what glassnet adds within a round."""
    for module in IMPORTS.values():
        import_seconds(module)
    each = [[import_seconds(module) for module in IMPORTS.values()] for _ in range(rounds)]
    ours, theirs = zip(*each, strict=True)
    added = [a - b for a, b in each]
    found = zip([*IMPORTS, "added"], (ours, theirs, added), strict=True)
    return {name: float(np.median(seconds)) for name, seconds in found}


def main() -> None:
    options = harness.arguments(__doc__, rounds=7, name="end_to_end")
    warnings.simplefilter("ignore")  # of convergence, which nobody waits for here
    results: dict[str, Any] = {}

    def measure(name: str, turns: dict[str, Callable[[], object]]) -> None:
        results[name] = harness.compared(harness.interleaved(turns, options.rounds))
        ratios = results[name]["times_as_long"].items()
        seconds = results[name]["median_s"]["glassnet"]
        print(
            f"{name:32} {seconds * 1e6:12.1f} µs",
            *(f"  {k} ×{v:.2f}" for k, v in ratios),
            flush=True,
        )

    for dtype in ("float32", "float64"):
        measure(f"fit 20,000 x 20, {dtype}", fits(*two_classes(20_000, dtype), epochs=20))
        X, y = load_iris(return_X_y=True)
        measure(f"fit iris, {dtype}", fits(X.astype(dtype), y, epochs=200))
        measure(f"predict one row, {dtype}", predictions(1, dtype))
        measure(f"predict 100,000 rows, {dtype}", predictions(100_000, dtype))
    results["import"] = imports(options.rounds)
    print("import", *(f"  {name} {seconds:.3f} s" for name, seconds in results["import"].items()))
    harness.write(options.json, results)


if __name__ == "__main__":
    main()
