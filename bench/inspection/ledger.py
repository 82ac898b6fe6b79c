"""The ledger of rows: its time and memory, and how many planted wrong labels are found.

Time and memory on 100,000 random rows of a 784-512-512-10 network in float32. The time is that of
the processor (set OMP_NUM_THREADS=1), the least of several, and stands beside one epoch of training
in batches of several sizes, which is a forward and a backward pass and a step. Memory is what the
process takes at its peak beyond what it had, with the rows, before.

Wrong labels: 5 % of the labels of digits and of breast cancer are changed to another class, drawn
by seeds 0 to 9; the share of them among the first tenth of the list, over all seeds and at worst.

    python bench/inspection/ledger.py [--rows 100000] [--repeats 3] [--seeds 10] [--json FILE]

To reach: at most 1.5 times an epoch, less than 64 MB, and 80 % of the labels. Linux only.
"""

from __future__ import annotations

import argparse
import json
import platform
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.datasets import load_breast_cancer, load_digits

import glassnet as gn

RESULTS = Path(__file__).resolve().parent.parent / "results" / "ledger.json"
UNITS, CLASSES = (784, 512, 512, 10), 10
BATCHES = (32, 128, 512)


def network(*units: int, hidden: str = "relu", dtype: str = "float32") -> gn.Network:
    """A classifier of these units."""
    inputs, *between, classes = units
    last = gn.Dense(classes, "softmax") if classes > 2 else gn.Dense(1, "logistic")
    loss = "cross_entropy" if classes > 2 else "binary_cross_entropy"
    layers = [*(gn.Dense(n, hidden) for n in between), last]
    return gn.Network(inputs, layers, loss=loss, dtype=dtype)


def memory(which: str) -> float:
    """VmRSS (now) or VmHWM (at its peak) of this process, in MB of 10⁶ bytes."""
    lines = Path("/proc/self/status").read_text("utf-8").splitlines()
    return int(next(line for line in lines if line.startswith(which)).split()[1]) * 1024 / 1e6


def peak(act: Callable[[], Any]) -> float:
    """What the process takes at most while it acts, beyond what it has before, in MB."""
    Path("/proc/self/clear_refs").write_text("5", "utf-8")  # the peak begins anew
    before = memory("VmRSS")
    act()
    return memory("VmHWM") - before


def processor_time(act: Callable[[], Any]) -> float:
    """Seconds."""
    began = time.process_time()
    act()
    return time.process_time() - began


def cost(rows: int, repeats: int) -> dict[str, Any]:
    """Time and memory of the ledger."""
    rng = np.random.default_rng(0)
    X = rng.random((rows, UNITS[0]), dtype=np.float32)
    y = rng.integers(CLASSES, size=rows)
    net = network(*UNITS)
    small = gn.SGD(1e-9)  # the network is to stay as it is
    acts: dict[str, Callable[[], Any]] = {"ledger": lambda: gn.ledger(net, X, y)}
    for size in BATCHES:
        acts[f"epoch, batches of {size}"] = lambda size=size: gn.train(
            net, X, y, optimizer=small, epochs=1, batch_size=size
        )
    gn.ledger(net, X[:64], y[:64])  # imports, and the first use of the engine
    found: dict[str, Any] = {"peak_MB": peak(acts["ledger"])}
    seconds: dict[str, list[float]] = {name: [] for name in acts}
    for _ in range(repeats):  # in turn, so that what else the machine does falls on all of them
        for name, act in acts.items():
            seconds[name].append(processor_time(act))
    least = {name: min(times) for name, times in seconds.items()}
    found["seconds"] = least
    found["times_an_epoch"] = {
        name: least["ledger"] / least[name] for name in least if name != "ledger"
    }
    return found


def recall(load: Callable[..., Any], seed: int) -> dict[str, float]:
    """Share of the planted wrong labels among the first tenth of three lists."""
    X, y = load(return_X_y=True)
    X = (X - X.mean(axis=0)) / np.where(X.std(axis=0) > 0, X.std(axis=0), 1.0)
    rng, m, classes = np.random.default_rng(seed), len(y), int(y.max()) + 1
    wrong = rng.choice(m, round(0.05 * m), replace=False)
    y = y.copy()
    y[wrong] = (y[wrong] + rng.integers(1, classes, len(wrong))) % classes
    net = network(X.shape[1], 64, classes, dtype="float64")
    lists = {"suspects": gn.suspects(net, X, y, epochs=30).rows}
    model = gn.MLPClassifier((64,), solver="sgd", learning_rate_init=0.05, max_iter=1000,
                             random_state=0)  # fmt: skip
    lists["suspects of MLPClassifier"] = gn.suspects(model, X, y).rows
    gn.train(net, X, y, epochs=30)
    lists["ledger, one network"] = gn.ledger(net, X, y).suspects(m)
    return {name: float(np.isin(wrong, rows[: m // 10]).mean()) for name, rows in lists.items()}


def found_labels(seeds: int) -> list[dict[str, Any]]:
    """The share of wrong labels found, for each set and way."""
    results: list[dict[str, Any]] = []
    for load in (load_digits, load_breast_cancer):
        shares = [recall(load, seed) for seed in range(seeds)]
        for way in shares[0]:
            values = [share[way] for share in shares]
            name = load.__name__.removeprefix("load_")
            results.append(
                {"set": name, "way": way, "mean": float(np.mean(values)), "worst": min(values)}
            )
            print(f"{name}, {way}: {np.mean(values):.1%} found, {min(values):.1%} at worst")
    return results


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--json", type=Path, default=RESULTS)
    options = parser.parse_args()
    of_ledger = cost(options.rows, options.repeats)
    print(f"{options.rows} rows: {of_ledger['peak_MB']:.0f} MB beyond the data")
    for name, ratio in of_ledger["times_an_epoch"].items():
        print(f"{ratio:.2f} times one {name}")
    versions = {
        "glassnet": gn.__version__,
        "numpy": np.__version__,
        "python": platform.python_version(),
        "machine": platform.machine(),
    }
    results = {"rows": options.rows, **of_ledger, "labels": found_labels(options.seeds)}
    options.json.write_text(
        json.dumps({"versions": versions, "results": results}, indent=1) + "\n", "utf-8"
    )
    print(f"written: {options.json.name}")


if __name__ == "__main__":
    main()
