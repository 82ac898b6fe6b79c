"""Accuracy on MNIST of the field's two textbook networks.

Mean over seeds of the test accuracy at the last epoch. Nothing is chosen on the test rows: the
recipes were set on the validation rows of the published 50,000 / 10,000 / 10,000 split, and
training uses the 50,000 only.

    python bench/accuracy/mnist.py --data FOLDER [--seeds 5] [--network wide|narrow]
                                   [--precision full|bf16|both] [--json FILE]

To compare with: Nielsen, Neural Networks and Deep Learning (2015): 784-100-10, cross-entropy, L2,
60 epochs, 98.04 % (best epoch on validation rows); 784-30-10, quadratic cost, 95.42 % (best epoch).
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from harness import arguments, data_folder, write_json

import glassnet as gn


def rows(folder: Any) -> dict[str, Any]:
    """Images as (m, 784) float32 in [0, 1], digits as (m,)."""
    held = np.load(folder / "mnist.npz", allow_pickle=False)
    return {
        part: (
            held[f"X_{part}"].reshape(-1, 784).astype(np.float32) / 255,
            held[f"y_{part}"].astype(np.int64),
        )
        for part in ("train", "valid", "test")
    }


def wide(seed: int) -> tuple[gn.Network, dict[str, Any]]:
    """784-100-10: relu, cross-entropy, L2, 60 epochs of batches of 50."""
    layers = [gn.Dense(100, "relu"), gn.Dense(10, "softmax")]
    net = gn.Network(
        784, layers, loss="cross_entropy", penalties=[gn.L2(1e-4)], seed=seed, dtype="float32"
    )
    rate = gn.Momentum(learning_rate=0.05, momentum=0.9)
    return net, {"optimizer": rate, "schedule": "cosine", "epochs": 60, "batch_size": 50}


def narrow(seed: int) -> tuple[gn.Network, dict[str, Any]]:
    """784-30-10: logistic units, quadratic cost, 30 epochs of batches of 10."""
    layers = [gn.Dense(30, "logistic"), gn.Dense(10, "logistic")]
    net = gn.Network(784, layers, loss="squared_error", seed=seed, dtype="float32")
    rate = gn.SGD(learning_rate=3.0)
    return net, {"optimizer": rate, "schedule": "cosine", "epochs": 30, "batch_size": 10}


NETWORKS = {"wide": (wide, 0.979), "narrow": (narrow, 0.954)}


def accuracy(net: gn.Network, x: Any, y: Any) -> float:
    """The share of digits that are right."""
    return float((gn.predict(net, x).argmax(axis=1) == y).mean())


def measure(name: str, precision: str, parts: dict[str, Any], seeds: int) -> dict[str, Any]:
    """Train one network per seed."""
    make, wanted = NETWORKS[name]
    runs: list[dict[str, float]] = []
    for seed in range(seeds):
        net, settings = make(seed)
        x, y = parts["train"]
        targets = np.eye(10, dtype=np.float32)[y]
        began = time.perf_counter()
        gn.train(net, x, targets, precision=precision, **settings)
        run = {part: accuracy(net, *parts[part]) for part in ("train", "valid", "test")}
        run["seconds"] = time.perf_counter() - began
        runs.append(run)
        print(
            name,
            precision,
            seed,
            " ".join(f"{key} {value:.4f}" for key, value in run.items()),
            flush=True,
        )
    mean = float(np.mean([run["test"] for run in runs]))
    print(
        f"{name}, {precision}: test accuracy {mean:.2%}, mean of {seeds} (wanted: {wanted:.1%})",
        flush=True,
    )
    return {
        "network": name,
        "precision": precision,
        "mean_test": mean,
        "wanted": wanted,
        "runs": runs,
    }


def main() -> None:
    """Measure and write."""
    options = arguments(
        __doc__, network=("both", "wide", "narrow"), precision=("full", "bf16", "both"), seeds=5
    )
    parts = rows(data_folder(options))
    names = list(NETWORKS) if options.network == "both" else [options.network]
    precisions = ["full", "bf16"] if options.precision == "both" else [options.precision]
    pairs = [(name, precision) for name in names for precision in precisions]
    write_json(options, "mnist", [measure(*pair, parts, options.seeds) for pair in pairs])


if __name__ == "__main__":
    main()
