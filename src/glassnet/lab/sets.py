"""The data sets that the lab offers by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from glassnet.arrays import Array
from glassnet.data import datasets
from glassnet.data.targets import Task
from glassnet.lab import toys


@dataclass(frozen=True)
class Toy:
    """A set made by formula: how, and what it is called."""

    title: str
    task: Task
    make: Callable[..., tuple[Array, Array]]
    columns: tuple[str, ...] = ("x1", "x2")

    @property
    def source(self) -> tuple[str, str]:
        """Module and name of what makes it, for the code that is taken away."""
        return self.make.__module__, self.make.__name__

    def arguments(self, rows: int, noise: float, seed: int) -> dict[str, Any]:
        """What it is called with."""
        return {"m": rows, "noise": noise, "seed": seed}


@dataclass(frozen=True)
class Bundled:
    """A set that comes with scikit-learn."""

    title: str
    task: Task
    columns: tuple[str, ...] = ()


TOYS: Mapping[str, Toy] = {
    "moons": Toy("two moons", "binary", datasets.two_moons),
    "circles": Toy("circles", "binary", datasets.circles),
    "xor": Toy("exclusive or", "binary", datasets.xor),
    "spiral": Toy("spiral", "binary", datasets.spiral),
    "gauss": Toy("two clouds", "binary", toys.gauss),
    "flower": Toy("flower", "binary", datasets.flower),
    "checkerboard": Toy("checkerboard", "binary", toys.checkerboard),
    "line": Toy("line", "regression", datasets.linear, ("x",)),
    "plane": Toy("plane", "regression", toys.plane),
    "sine": Toy("sine", "regression", datasets.sine, ("x",)),
    "steps": Toy("stair", "regression", toys.steps, ("x",)),
}
_CELL = (
    "radius", "texture", "perimeter", "area", "smoothness", "compactness", "concavity",
    "concave points", "symmetry", "fractal dimension",
)  # fmt: skip
_WINE = (
    "alcohol", "malic_acid", "ash", "alcalinity_of_ash", "magnesium", "total_phenols",
    "flavanoids", "nonflavanoid_phenols", "proanthocyanins", "color_intensity", "hue",
    "od280/od315_of_diluted_wines", "proline",
)  # fmt: skip
# The columns are told before the sets are read, which takes a second.
BUNDLED: Mapping[str, Bundled] = {
    "iris": Bundled(
        "iris: three kinds of flowers",
        "multiclass",
        tuple(f"{part} {side} (cm)" for part in ("sepal", "petal") for side in ("length", "width")),
    ),
    "wine": Bundled("wine: three growers", "multiclass", _WINE),
    "breast_cancer": Bundled(
        "breast cancer: benign or malignant",
        "binary",
        (
            *(f"mean {name}" for name in _CELL),
            *(f"{name} error" for name in _CELL),
            *(f"worst {name}" for name in _CELL),
        ),
    ),
    "digits": Bundled(
        "digits: 8 × 8 pixels",
        "multiclass",
        tuple(f"pixel_{row}_{column}" for row in range(8) for column in range(8)),
    ),
    "diabetes": Bundled(
        "diabetes: progress after a year",
        "regression",
        ("age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6"),
    ),
}
UPLOAD = "upload"
NAMES = (*TOYS, *BUNDLED, UPLOAD)
