"""An activation, a metric and an observer of one's own, on the reference engine.

python examples/own_activation.py [--quick]
"""

import sys
from typing import Any

import numpy as np

import glassnet as gn


class Bump(gn.Elementwise):
    """a = exp(−z²), φ′ = −2 z a: a unit that answers near its plane and nowhere else."""

    name = "bump"

    def value(self, z: Any) -> Any:
        return np.exp(-z * z)

    def derivative(self, z: Any, a: Any) -> Any:
        return -2 * z * a


class WithinATenth(gn.Metric):
    """The share of rows whose prediction is off by less than 0.1."""

    name = "within_a_tenth"

    def value(self, a: Any, y: Any, w: Any) -> float:
        return float(w @ (np.abs(a - y) < 0.1).all(axis=1))


class Milestones(gn.Observer):
    """Prints an epoch whenever J has halved since the last one it printed."""

    def __init__(self) -> None:
        self.last = float("inf")

    def epoch(self, end: gn.EpochEnd) -> None:
        if end.row["J"] < self.last / 2:
            self.last = end.row["J"]
            print(f"epoch {end.epoch:4d}  J {self.last:.5f}")


def main() -> None:
    """Fit a ridge in the plane."""
    epochs = 60 if "--quick" in sys.argv else 300
    rng = np.random.default_rng(0)
    X = rng.uniform(-2, 2, size=(1000, 2))
    y = np.exp(-((X[:, 0] + X[:, 1]) ** 2))

    net = gn.Network(2, [gn.Dense(6, Bump()), gn.Dense(1, "identity")], seed=0)
    run = gn.train(
        net,
        X,
        y,
        epochs=epochs,
        optimizer=gn.Adam(learning_rate=0.02),
        validation=0.2,
        metrics=[WithinATenth()],
        observers=[Milestones()],
    )
    share = run.history[-1]["val_within_a_tenth"]
    print(f"{share:.1%} of the validation rows are within a tenth")
    assert share > 0.9


if __name__ == "__main__":
    main()
