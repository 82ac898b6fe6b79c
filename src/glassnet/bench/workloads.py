"""The fixed cases that are timed: six trainings, and four predictions of two of their networks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from glassnet.arrays import Array
from glassnet.errors import UnknownName

_WRONG = 0.1  # share of labels drawn at random: a separable set ends in sub-normal numbers


@dataclass(frozen=True)
class Shape:
    """A network: units of the input and of each layer, hidden and output activation."""

    units: tuple[int, ...]
    hidden: Literal["tanh", "relu", "logistic"]
    output: Literal["logistic", "softmax"]

    @property
    def products(self) -> list[int]:
        """n[l] n[l−1] of each layer, from the first."""
        return [n * below for n, below in zip(self.units[1:], self.units, strict=False)]

    @property
    def labels(self) -> int:
        """How many classes its rows are of."""
        return max(2, self.units[-1])


@dataclass(frozen=True)
class Training:
    """Steps on random batches of resident rows; ``steps`` of them are one stretch.

    Examples
    --------
    >>> WORKLOADS["W1"].operations
    56320
    """

    shape: Shape
    batch: int
    rows: int
    optimizer: Literal["adam", "sgd"]
    steps: int

    @property
    def operations(self) -> int:
        """Multiplications and additions of a step: 6 m Σ n n⁻ less the gradient of the input."""
        products = self.shape.products
        return 6 * self.batch * sum(products) - 2 * self.batch * products[0]

    @property
    def rate(self) -> float:
        """The learning rate."""
        return 1e-3 if self.optimizer == "adam" else 0.05


@dataclass(frozen=True)
class Prediction:
    """Outputs for the same rows, ``steps`` times in one stretch.

    Examples
    --------
    >>> WORKLOADS["W6a"].operations
    4200
    """

    shape: Shape
    rows: int
    steps: int

    @property
    def operations(self) -> int:
        """Multiplications and additions of a step: 2 m Σ n n⁻."""
        return 2 * self.rows * sum(self.shape.products)


Workload = Training | Prediction

_SPIRAL = Shape((2, 16, 16, 1), "tanh", "logistic")
_TABLE = Shape((20, 100, 1), "relu", "logistic")
_DIGITS_30 = Shape((784, 30, 10), "logistic", "logistic")
_DIGITS_100 = Shape((784, 100, 10), "relu", "softmax")
_DIGITS_512 = Shape((784, 512, 512, 10), "relu", "softmax")
_WIDE = Shape((1024, 1024, 1024, 1024, 10), "relu", "softmax")

WORKLOADS: dict[str, Workload] = {
    "W1": Training(_SPIRAL, 32, 2000, "adam", 62),
    "W2": Training(_TABLE, 200, 20_000, "adam", 100),
    "W3a": Training(_DIGITS_30, 10, 60_000, "sgd", 600),
    "W3b": Training(_DIGITS_100, 32, 60_000, "sgd", 300),
    "W4": Training(_DIGITS_512, 128, 60_000, "adam", 20),
    "W5": Training(_WIDE, 512, 8192, "adam", 2),
    "W6a": Prediction(_TABLE, 1, 1000),
    "W6b": Prediction(_TABLE, 100_000, 1),
    "W6c": Prediction(_DIGITS_512, 1, 50),
    "W6d": Prediction(_DIGITS_512, 100_000, 1),
}


def chosen(names: str) -> list[str]:
    """Names of workloads from a list with commas; W3 stands for W3a and W3b.

    Raises
    ------
    UnknownName

    Examples
    --------
    >>> chosen("W1,w3")
    ['W1', 'W3a', 'W3b']
    """
    found: list[str] = []
    for name in names.split(","):
        wanted = name.strip().lower()
        meant = [each for each in WORKLOADS if wanted in (each.lower(), each.lower()[:2])]
        if not meant:
            raise UnknownName("workload", name.strip(), WORKLOADS)
        found += [each for each in meant if each not in found]
    return found


def sentence(work: Workload) -> str:
    """What a workload is, in one line.

    Examples
    --------
    >>> sentence(WORKLOADS["W1"])
    'train 2-16-16-1 tanh, batch 32, Adam'
    >>> sentence(WORKLOADS["W6b"])
    'predict 20-100-1 relu, 100,000 rows'
    """
    net = "-".join(map(str, work.shape.units)) + f" {work.shape.hidden}"
    if isinstance(work, Prediction):
        return f"predict {net}, " + (f"{work.rows:,} rows" if work.rows > 1 else "one row")
    return f"train {net}, batch {work.batch}, {'Adam' if work.optimizer == 'adam' else 'SGD'}"


def rows(work: Workload, dtype: str) -> tuple[Array, Array]:
    """Normal rows and the class of the largest of random projections, a tenth of it at random.

    Returns
    -------
    x : (rows, n₀) in the dtype
    y : (rows,) int64
    """
    shape, rng = work.shape, np.random.default_rng(0)
    x = rng.standard_normal((work.rows, shape.units[0]), dtype=np.float32)
    directions = rng.standard_normal((shape.units[0], shape.labels), dtype=np.float32)
    y = (x @ directions).argmax(axis=1)
    wrong = rng.random(work.rows) < _WRONG
    y[wrong] = rng.integers(0, shape.labels, wrong.sum())
    return x.astype(dtype, copy=False), y


def targets(shape: Shape, y: Array, dtype: str) -> Array:
    """The classes as an output column each, or as one column of 0 and 1.  (m,) -> (m, n_L)"""
    columns = y[:, None] if shape.units[-1] == 1 else np.eye(shape.units[-1])[y]
    return columns.astype(dtype)
