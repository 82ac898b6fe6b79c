"""Time of a training step, glassnet's engines beside scikit-learn and PyTorch.

Each engine trains the same network on the same rows, a stretch of steps a turn, one engine after
the other, round after round: other load on the machine then slows all of them alike. Reported are
medians, and medians of the ratios within a round. One thread each, float32, optimizer and gathering
of rows included. Labels carry 10 % of noise, so that sub-normal numbers do not decide the race.

    python bench/speed/workloads.py --workloads W1,W4 --rounds 15 --json FILE
"""

# ruff: noqa: E402 - the number of threads is read when NumPy is imported
import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import argparse
import json
import platform
import statistics
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import numpy as np

import glassnet
from glassnet.data.batches import Data
from glassnet.engine.interface import Plan, Program
from glassnet.engine.native import NativeEngine, compiled
from glassnet.engine.reference_session import ReferenceEngine
from glassnet.network.layers import Dense
from glassnet.network.specification import Specification
from glassnet.optim.optimizers import SGD, Adam


@dataclass(frozen=True)
class Workload:
    """A network, its rows and its optimizer; ``steps`` are taken in a turn."""

    units: tuple[int, ...]
    hidden: str
    output: str
    batch: int
    rows: int
    optimizer: str
    steps: int

    @property
    def operations(self) -> int:
        """Multiplications and additions of a step: 6 m Σ n n⁻ less the gradient of the input."""
        products = [n * below for n, below in zip(self.units[1:], self.units, strict=False)]
        return 6 * self.batch * sum(products) - 2 * self.batch * products[0]

    @property
    def rate(self) -> float:
        return 1e-3 if self.optimizer == "adam" else 0.05


WORKLOADS = {
    "W1": Workload((2, 16, 16, 1), "tanh", "logistic", 32, 2000, "adam", 62),
    "W2": Workload((20, 100, 1), "relu", "logistic", 200, 20_000, "adam", 100),
    "W3a": Workload((784, 30, 10), "logistic", "logistic", 10, 60_000, "sgd", 600),
    "W3b": Workload((784, 100, 10), "relu", "softmax", 32, 60_000, "sgd", 300),
    "W4": Workload((784, 512, 512, 10), "relu", "softmax", 128, 60_000, "adam", 20),
    "W5": Workload((1024, 1024, 1024, 1024, 10), "relu", "softmax", 512, 8192, "adam", 2),
}

Turn = Callable[[], Any]


def rows(work: Workload) -> tuple[Any, Any]:
    """Normal rows and the class of the largest of random projections, a tenth of it at random."""
    rng, classes = np.random.default_rng(0), max(2, work.units[-1])
    x = rng.standard_normal((work.rows, work.units[0]), dtype=np.float32)
    y = (x @ rng.standard_normal((work.units[0], classes), dtype=np.float32)).argmax(axis=1)
    wrong = rng.random(work.rows) < 0.1
    y[wrong] = rng.integers(0, classes, wrong.sum())
    return x, y


def targets(work: Workload, y: Any) -> Any:
    one_hot = np.eye(work.units[-1], dtype=np.float32)[y] if work.units[-1] > 1 else y[:, None]
    return one_hot.astype(np.float32)


def glassnet_turn(engine: Any, work: Workload) -> Turn:
    loss = "cross_entropy" if work.output == "softmax" else "binary_cross_entropy"
    hidden = [Dense(n, work.hidden) for n in work.units[1:-1]]
    spec = Specification(work.units[0], (*hidden, Dense(work.units[-1], work.output)), loss)
    method = Adam(work.rate) if work.optimizer == "adam" else SGD(work.rate)
    x, y = rows(work)
    session = engine.open(
        Program(spec, method), spec.initial_state(0, "float32"), Data(x, targets(work, y))
    )
    rng, offsets = np.random.default_rng(1), np.arange(work.steps + 1) * work.batch
    rates = np.full(work.steps, work.rate)

    def turn() -> None:
        drawn = rng.integers(0, work.rows, work.steps * work.batch)
        session.run(Plan(drawn, offsets, rates))

    return turn


def scikit_learn_turn(work: Workload) -> Turn:
    from sklearn.neural_network import MLPClassifier

    warnings.simplefilter("ignore")
    model = MLPClassifier(
        work.units[1:-1],
        activation=work.hidden,
        solver=work.optimizer,
        batch_size=work.batch,
        learning_rate_init=work.rate,
        momentum=0,
        alpha=0,
    )
    x, y = rows(work)  # ten labels are ten classes to it; its softmax costs about the same
    classes = np.unique(y)
    rng, count = np.random.default_rng(1), work.steps * work.batch

    def turn() -> None:
        start = int(rng.integers(0, work.rows - count + 1))
        part = slice(start, start + count)
        model.partial_fit(x[part], y[part], classes=classes)

    return turn


def torch_turn(work: Workload) -> Turn:
    import torch

    torch.set_num_threads(1)
    kinds = {"tanh": torch.nn.Tanh, "relu": torch.nn.ReLU, "logistic": torch.nn.Sigmoid}
    parts: list[Any] = []
    for below, n in zip(work.units, work.units[1:], strict=False):
        parts += [torch.nn.Linear(below, n), kinds[work.hidden]()]
    net = torch.nn.Sequential(*parts[:-1])
    x, y = rows(work)
    features = torch.from_numpy(x)
    if work.output == "softmax":
        goals, loss = torch.from_numpy(y).long(), torch.nn.CrossEntropyLoss()
    else:
        goals, loss = torch.from_numpy(targets(work, y)), torch.nn.BCEWithLogitsLoss()
    kind = torch.optim.Adam if work.optimizer == "adam" else torch.optim.SGD
    method = kind(net.parameters(), lr=work.rate, fused=True)

    def turn() -> None:
        for _ in range(work.steps):
            taken = torch.randint(0, work.rows, (work.batch,))
            method.zero_grad(set_to_none=True)
            loss(net(features[taken]), goals[taken]).backward()
            method.step()

    return turn


def engines(work: Workload) -> dict[str, Turn]:
    """The engines of this machine, ready to take a turn."""
    found = {"reference": glassnet_turn(ReferenceEngine(), work)}
    if compiled() is not None:
        found = {"native": glassnet_turn(NativeEngine(), work), **found}
    found["scikit-learn"] = scikit_learn_turn(work)
    with suppress(ModuleNotFoundError):
        found["PyTorch"] = torch_turn(work)
    return found


def measured(turns: dict[str, Turn], rounds: int) -> dict[str, list[float]]:
    """Seconds of each turn, round by round; fast engines take several turns a round."""
    repeats: dict[str, int] = {}
    for name, turn in turns.items():
        turn()
        start = time.perf_counter()
        turn()
        repeats[name] = max(1, int(0.05 / (time.perf_counter() - start)))
    seconds: dict[str, list[float]] = {name: [] for name in turns}
    for _ in range(rounds):
        for name, turn in turns.items():
            start = time.perf_counter()
            for _ in range(repeats[name]):
                turn()
            seconds[name].append((time.perf_counter() - start) / repeats[name])
    return seconds


def peak() -> float:
    """Floating-point operations a second of one thread, or nan where nothing is compiled."""
    if compiled() is None:
        return float("nan")
    return max(compiled().peak(20_000_000) for _ in range(5))


def records(name: str, rounds: int, ceiling: float) -> list[dict[str, Any]]:
    """One record per engine: median seconds of a step, and ratios to the first engine."""
    work = WORKLOADS[name]
    seconds = measured(engines(work), rounds)
    first = next(iter(seconds))
    versions = {"scikit-learn": "scikit-learn", "PyTorch": "torch"}
    return [
        {
            "workload": name,
            "engine": engine,
            "version": version(versions[engine]) if engine in versions else glassnet.__version__,
            "threads": 1,
            "dtype": "float32",
            "median_s": statistics.median(times) / work.steps,
            "times_of_" + first: statistics.median(
                one / other for one, other in zip(times, seconds[first], strict=True)
            ),
            "share_of_fma_peak": work.operations * work.steps / statistics.median(times) / ceiling,
        }
        for engine, times in seconds.items()
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workloads", default=",".join(WORKLOADS))
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--json")
    chosen = parser.parse_args()
    ceiling, found = peak(), []
    isa = compiled().instruction_set() if compiled() is not None else "none"
    print(f"instruction set {isa}, multiply-add ceiling {ceiling / 1e9:.0f} GFLOP/s")
    for name in chosen.workloads.split(","):
        for record in records(name, chosen.rounds, ceiling):
            found.append(record)
            ratio = next(value for key, value in record.items() if key.startswith("times_of"))
            print(
                f"{name:4} {record['engine']:13} {record['median_s'] * 1e6:12.2f} µs a step"
                f"  ×{ratio:7.2f}  {record['share_of_fma_peak']:5.0%} of the ceiling",
                flush=True,
            )
    if chosen.json:
        machine = {"processor": platform.processor(), "isa": isa, "fma_peak": ceiling}
        with open(chosen.json, "w", encoding="utf-8") as file:
            json.dump({"machine": machine, "records": found}, file, indent=1)


if __name__ == "__main__":
    main()
