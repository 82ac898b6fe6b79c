"""Test RMSE on six UCI regression sets with their published splits, one hidden layer of 50.

One recipe for all sets, set on none of the test rows. Mean over the 20 published splits, ± standard
error, in the target's own units; inputs and target standardised on the training rows.

    python bench/accuracy/uci.py --data FOLDER [--splits 20] [--json FILE]

To compare with: the BP column (plain back-propagation) of Hernández-Lobato & Adams (2015),
Probabilistic backpropagation for scalable learning of Bayesian neural networks.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from harness import arguments, data_folder, write_json

import glassnet as gn

PUBLISHED = {  # target column, BP test RMSE, its standard error
    "concrete": ("strength_mpa", 5.98, 0.22),
    "energy": ("heating_load", 1.10, 0.07),
    "kin8nm": ("y", 0.09, 0.005),
    "power_plant": ("PE", 4.18, 0.04),
    "wine_quality_red": ("quality", 0.65, 0.01),
    "yacht": ("resistance", 1.18, 0.16),
}
STEPS = 12_000  # about as many steps for a small set as for a large one


def standardise(train: Any, *others: Any) -> tuple[list[Any], Any, Any]:
    """Every array less the mean of the first, over its standard deviation; and both numbers."""
    mean, scale = train.mean(axis=0), train.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    return [(part - mean) / scale for part in (train, *others)], mean, scale


def split_rmse(x: Any, y: Any, test: Any, seed: int) -> float:
    """Train on the rows that are not test rows; the RMSE of the others."""
    (x_train, x_test), _, _ = standardise(x[~test], x[test])
    (y_train,), mean, scale = standardise(y[~test])
    layers = [gn.Dense(50, "relu"), gn.Dense(1, "identity")]
    net = gn.Network(x.shape[1], layers, penalties=[gn.L2(1e-3)], seed=seed, dtype="float32")
    batch = 32 if len(x_train) < 4000 else 128
    gn.train(
        net,
        x_train,
        y_train,
        optimizer=gn.Adam(learning_rate=0.01),
        schedule="cosine",
        batch_size=batch,
        epochs=max(20, STEPS * batch // len(x_train)),
    )
    predicted = gn.predict(net, x_test)[:, 0] * scale + mean
    return float(np.sqrt(np.mean((predicted - y[test]) ** 2)))


def measure(name: str, folder: Any, splits: int) -> dict[str, Any]:
    """All splits of one set."""
    target, published, error = PUBLISHED[name]
    table = pq.read_table(folder / f"{name}.parquet").to_pandas()
    marks = [column for column in table.columns if column.startswith("test_")]
    x = table.drop(columns=[target, *marks]).to_numpy(dtype=np.float64)
    y = table[target].to_numpy(dtype=np.float64)
    began = time.perf_counter()
    found = [
        split_rmse(x, y, table[mark].to_numpy(dtype=bool), seed)
        for seed, mark in enumerate(marks[:splits])
    ]
    mean, se = float(np.mean(found)), float(np.std(found, ddof=1) / np.sqrt(len(found)))
    reached = mean <= published + error
    print(
        f"{name}: {mean:.3f} ± {se:.3f}, published {published} ± {error}: "
        f"{'reached' if reached else 'missed'} ({time.perf_counter() - began:.0f} s)",
        flush=True,
    )
    return {
        "set": name, "rmse": mean, "standard_error": se, "published": published,
        "published_error": error, "reached": reached, "splits": found,
    }  # fmt: skip


def main() -> None:
    """Measure and write."""
    options = arguments(__doc__, splits=20)
    folder = data_folder(options)
    results = [measure(name, folder, options.splits) for name in PUBLISHED]
    print(f"{sum(r['reached'] for r in results)} of {len(results)} reached")
    write_json(options, "uci", results)


if __name__ == "__main__":
    main()
