"""Test RMSE on six UCI regression sets with their published splits, in the target's own units.

``network`` is one hidden layer of 50, one recipe for all sets, set on none of the test rows; it is
held against the BP column (plain back-propagation) of Hernández-Lobato & Adams (2015),
Probabilistic backpropagation for scalable learning of Bayesian neural networks, plus its standard
error. ``fast``, ``default`` and ``best`` are presets of ``TableRegressor``, held against the MC
dropout column of Gal & Ghahramani (2016), Dropout as a Bayesian approximation, as it is.

    python bench/accuracy/uci.py --data FOLDER [--model default] [--splits 20] [--json FILE]
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from harness import arguments, data_folder, write_json

import glassnet as gn

PUBLISHED = {  # target column; BP test RMSE, its standard error; MC dropout test RMSE
    "concrete": ("strength_mpa", 5.98, 0.22, 5.23),
    "energy": ("heating_load", 1.10, 0.07, 1.66),
    "kin8nm": ("y", 0.09, 0.005, 0.10),
    "power_plant": ("PE", 4.18, 0.04, 4.02),
    "wine_quality_red": ("quality", 0.65, 0.01, 0.62),
    "yacht": ("resistance", 1.18, 0.16, 1.11),
}
STEPS = 12_000  # about as many steps for a small set as for a large one


def standardise(train: Any, *others: Any) -> tuple[list[Any], Any, Any]:
    """Every array less the mean of the first, over its standard deviation; and both numbers."""
    mean, scale = train.mean(axis=0), train.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    return [(part - mean) / scale for part in (train, *others)], mean, scale


def network_answers(x: Any, y: Any, x_test: Any, seed: int) -> Any:
    """What one hidden layer of 50 answers to the rows of test."""
    (x_train, x_test), _, _ = standardise(x, x_test)
    (y_train,), mean, scale = standardise(y)
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
    return gn.predict(net, x_test)[:, 0] * scale + mean


def answers(model: str, x: Any, y: Any, x_test: Any, seed: int) -> Any:
    """What a model that is trained on x and y answers to the rows of test."""
    if model == "network":
        return network_answers(x, y, x_test, seed)
    return gn.TableRegressor(model, random_state=seed).fit(x, y).predict(x_test)


def measure(name: str, folder: Any, model: str, splits: int) -> dict[str, Any]:
    """All splits of one set."""
    target, *columns = PUBLISHED[name]
    published, error = columns[:2] if model == "network" else (columns[2], 0.0)
    table = pq.read_table(folder / f"{name}.parquet").to_pandas()
    marks = [column for column in table.columns if column.startswith("test_")]
    x = table.drop(columns=[target, *marks]).to_numpy(dtype=np.float64)
    y = table[target].to_numpy(dtype=np.float64)
    began, found = time.perf_counter(), []
    for seed, mark in enumerate(marks[:splits]):
        test = table[mark].to_numpy(dtype=bool)
        missed = answers(model, x[~test], y[~test], x[test], seed) - y[test]
        found.append(float(np.sqrt(np.mean(missed**2))))
    mean = float(np.mean(found))
    se = float(np.std(found, ddof=1) / np.sqrt(len(found))) if len(found) > 1 else None
    reached = mean <= published + error
    print(
        f"{name}: {mean:.3f} ± {se or float('nan'):.3f}, published {published} ± {error}: "
        f"{'reached' if reached else 'missed'} ({time.perf_counter() - began:.0f} s)",
        flush=True,
    )
    return {
        "set": name, "rmse": mean, "standard_error": se, "published": published,
        "published_error": error, "reached": reached, "splits": found,
    }  # fmt: skip


def main() -> None:
    """Measure and write; after each set, so that what was measured is not lost."""
    options = arguments(__doc__, model=("network", "fast", "default", "best"), splits=20)
    folder, results = data_folder(options), []
    for name in PUBLISHED:
        results.append(measure(name, folder, options.model, options.splits))
        write_json(
            options, "uci" if options.model == "network" else f"uci_{options.model}", results
        )
    print(f"{sum(r['reached'] for r in results)} of {len(results)} reached")


if __name__ == "__main__":
    main()
