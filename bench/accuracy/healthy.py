"""Healthy random networks on scikit-learn's bundled data, watched by the doctor: false alarms.

A network is drawn at random: 1 to 4 hidden layers, widths, activation with its own init, optimizer
with a usual rate, batch size, length, now and then dropout, batch norm, penalties, a schedule or
validation rows. It is healthy by its outcome alone, on rows held apart: it closes 85 % of the gap
that the better of ridge or logistic regression and ten neighbours closes over the best constant,
and its loss there ends no more than a fifth above the lowest that an epoch had (else it has
overfitted). What is not healthy is left out, whatever the doctor said. A healthy one is flagged
where the doctor raised an alarm (more than advice) at any moment of the training.

    python -m bench.accuracy.healthy [--networks 200] [--seed 0] [--json FILE]
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import json
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from sklearn import datasets
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import accuracy_score, r2_score
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.preprocessing import StandardScaler

import glassnet as gn

SETS = ("digits", "breast_cancer", "wine", "iris", "diabetes")
CLOSED = 0.85
RISEN = 1.2
ACTIVATIONS = (
    "relu", "tanh", "leaky_relu", "elu", "selu", "silu", "gelu", "mish", "softsign", "logistic",
)  # fmt: skip


@dataclass(frozen=True)
class Rows:
    """A data set, standardised by its training part, and the score that simple methods reach."""

    x: Any
    y: Any
    x_test: Any
    y_test: Any
    classes: int
    constant: float
    simple: float

    def score(self, outputs: Any) -> float:
        """Accuracy, or R²."""
        if self.classes == 0:
            return float(r2_score(self.y_test, outputs[:, 0]))
        answers = outputs.argmax(axis=1) if self.classes > 2 else outputs[:, 0] > 0.5
        return float(accuracy_score(self.y_test, answers))

    def loss(self, net: gn.Network) -> float:
        """The mean loss on the test rows."""
        a = gn.predict(net, self.x_test)
        if self.classes == 0:
            return float(np.square(a[:, 0] - self.y_test).mean())
        if self.classes == 2:
            a = np.column_stack([1 - a, a])
        right = a[np.arange(len(a)), self.y_test.astype(int)]
        return float(-np.log(np.clip(right, 1e-12, 1)).mean())


def rows_of(name: str) -> Rows:
    """Read a bundled data set."""
    X, y = getattr(datasets, f"load_{name}")(return_X_y=True)
    numbers = name == "diabetes"
    parts = train_test_split(X, y, random_state=0, stratify=None if numbers else y)
    scaler = StandardScaler().fit(parts[0])
    x, x_test = scaler.transform(parts[0]), scaler.transform(parts[1])
    y, y_test = parts[2].astype(float), parts[3].astype(float)
    if numbers:
        y_test, y = (y_test - y.mean()) / y.std(), (y - y.mean()) / y.std()
        simple = [Ridge(), KNeighborsRegressor(10)]
        constant = 0.0
    else:
        simple = [LogisticRegression(max_iter=1000), KNeighborsClassifier(10)]
        constant = float(np.bincount(y_test.astype(int)).max() / len(y_test))
    best = max(float(each.fit(x, y).score(x_test, y_test)) for each in simple)
    classes = 0 if numbers else len(np.unique(y))
    return Rows(x, y, x_test, y_test, classes, constant, best)


class Apart(gn.Observer):
    """The loss on the test rows at some forty epochs' ends, evenly spaced."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        self.losses: list[float] = []

    def epoch(self, end: gn.EpochEnd) -> None:
        if end.epoch % max(1, end.epochs // 40) == 0:
            self.losses.append(self.rows.loss(end.network()))


@dataclass(frozen=True)
class Draw:
    """A network and how it is trained, as drawn."""

    data: str
    seed: int
    layers: tuple[gn.Dense, ...]
    optimizer: Any
    batch_size: int
    steps: int
    penalties: tuple[Any, ...] = ()
    dtype: str = "float64"
    more: dict[str, Any] = field(default_factory=dict[str, Any])

    def network(self, rows: Rows) -> gn.Network:
        """The network before its first step."""
        outputs = rows.classes if rows.classes > 2 else 1
        kind = {0: "identity", 2: "logistic"}.get(rows.classes, "softmax")
        loss = {0: "squared_error", 2: "binary_cross_entropy"}.get(rows.classes, "cross_entropy")
        return gn.Network(
            rows.x.shape[1],
            [*self.layers, gn.Dense(outputs, kind)],
            loss=loss,
            penalties=self.penalties,
            seed=self.seed,
            dtype=self.dtype,
        )

    def epochs(self, rows: Rows) -> int:
        """As many as make the steps."""
        return max(2, -(-self.steps * min(self.batch_size, len(rows.x)) // len(rows.x)))


def drawn(number: int, seed: int) -> Draw:
    """The network of that number."""
    rng = np.random.default_rng((seed, number))
    depth = int(rng.integers(1, 5))
    kinds = [kind for kind in ACTIVATIONS if depth < 3 or kind not in ("logistic", "softsign")]
    activation = str(rng.choice(kinds))
    widths = np.sort(rng.choice([12, 16, 24, 32, 48, 64, 96, 128], depth))[::-1]
    dropout = float(rng.choice([0, 0, 0, 0, 0.1, 0.2, 0.3])) if widths.min() >= 32 else 0.0
    norm = bool(rng.random() < 0.15)
    layers = tuple(
        gn.Dense(int(width), activation, dropout=dropout, batch_norm=norm) for width in widths
    )
    more: dict[str, Any] = {}
    if rng.random() < 0.2:
        more["schedule"] = "cosine"
    if rng.random() < 0.25:
        more["validation"] = 0.15
        more["early_stopping"] = bool(rng.random() < 0.5)
    if rng.random() < 0.15:
        more["clip_norm"] = 1.0
    return Draw(
        data=str(rng.choice(SETS)),
        seed=int(rng.integers(1 << 30)),
        layers=layers,
        optimizer=_optimizer(rng, depth),
        batch_size=int(rng.choice([16, 32, 64, 128, 200])),
        steps=int(rng.choice([400, 1000, 2000])),
        penalties=(gn.L2(float(10 ** rng.uniform(-5, -3))),) if rng.random() < 0.25 else (),
        dtype=str(rng.choice(["float64", "float64", "float32"])),
        more=more,
    )


def _optimizer(rng: np.random.Generator, depth: int) -> Any:
    low, high, kind = [
        (-3.3, -2.0, gn.Adam),
        (-3.3, -2.0, gn.AdamW),
        (-1.7, -0.7, gn.SGD),
        (-2.5, -1.3, gn.Momentum),
        (-2.5, -1.3, gn.Nesterov),
        (-3.5, -2.5, gn.RMSprop),
    ][int(rng.integers(6))]
    return kind(float(f"{10 ** rng.uniform(low, high - 0.1 * depth):.3g}"))


@dataclass
class Outcome:
    """What came of a healthy draw."""

    draw: Draw
    score: float
    alarm: int | None
    at_the_end: bool
    codes: list[str]
    words: list[str]
    seconds: float


def outcome(draw: Draw, rows: Rows) -> Outcome | None:
    """Train under the doctor's eyes; None where the outcome is not that of a healthy network."""
    net, doctor, apart = draw.network(rows), gn.Doctor(), Apart(rows)
    try:
        gn.train(
            net, rows.x, rows.y, optimizer=draw.optimizer, epochs=draw.epochs(rows),
            batch_size=draw.batch_size, observers=[doctor, apart], threads=1, **draw.more,
        )  # fmt: skip
    except gn.errors.Diverged:
        return None
    score = rows.score(gn.predict(net, rows.x_test))
    learned = score >= rows.constant + CLOSED * (rows.simple - rows.constant)
    if not learned or rows.loss(net) > RISEN * min(apart.losses, default=float("inf")):
        return None
    start = time.process_time()
    diagnosis, alarm = doctor.diagnosis, doctor.first_alarm
    seconds = time.process_time() - start
    ill = [each for each in diagnosis.findings if each.severity != "advice"]
    withdrawn = [each for each in doctor.withdrawn.values() if each.severity != "advice"]
    words = [f"{each.code} ({each.first}): {' '.join(each.sentences())}" for each in ill]
    words += [f"withdrawn: {each.code} ({each.first}): {each.saw}" for each in withdrawn]
    codes = [each.code for each in (*ill, *withdrawn)]
    return Outcome(draw, score, alarm, bool(ill), codes, words, seconds)


def judged(networks: int, seed: int, *, show: bool = True) -> tuple[list[Outcome], int]:
    """Outcomes of so many healthy networks, and how many unhealthy ones were drawn beside them."""
    data = {name: rows_of(name) for name in SETS}
    found: list[Outcome] = []
    number = 0
    while len(found) < networks:
        draw = drawn(number, seed)
        number += 1
        came = outcome(draw, data[draw.data])
        if came is None:
            continue
        found.append(came)
        if came.alarm is not None and show:
            print(f"\nflagged (draw {number - 1}), score {came.score:.3f}: {_described(draw)}")
            print(f"alarm at step {came.alarm}", *came.words, sep="\n  ", flush=True)
    return found, number - networks


def _described(draw: Draw) -> str:
    widths = "-".join(str(layer.units) for layer in draw.layers)
    first = draw.layers[0]
    parts = [draw.data, widths, first.activation.name, repr(draw.optimizer)]
    parts += [f"batch {draw.batch_size}", f"{draw.steps} steps", draw.dtype]
    parts += [f"dropout {first.dropout}"] if first.dropout else []
    parts += ["batch norm"] if first.batch_norm else []
    return ", ".join([*parts, *(repr(p) for p in draw.penalties), *map(str, draw.more.items())])


def main() -> None:
    import argparse

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--networks", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, default=Path("bench/results/doctor_healthy.json"))
    options = parser.parse_args()
    found, left_out = judged(options.networks, options.seed)
    flagged = [each for each in found if each.alarm is not None]
    results = {
        "healthy": len(found),
        "left out, not healthy": left_out,
        "flagged at any moment": len(flagged),
        "share flagged": len(flagged) / len(found),
        "flagged at the end": sum(each.at_the_end for each in found),
        "codes": Counter(code for each in flagged for code in each.codes),
        "by data set": {
            name: [sum(each.draw.data == name for each in some) for some in (found, flagged)]
            for name in SETS
        },
        "examination, median CPU seconds": float(np.median([each.seconds for each in found])),
        "seed": options.seed,
    }
    print(json.dumps(results, indent=1))
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
