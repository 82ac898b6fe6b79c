"""What workers find in a search's folder: its rows, and the candidates that rest."""

from __future__ import annotations

import copy
from collections.abc import Generator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.saving.model_file import load, save
from glassnet.tuning.trials import Material

_LENT: dict[str, tuple[Array, Array]] = {}
_RESTING: dict[str, dict[str, Any]] = {}


def rest(material: Material, number: int, fold: int, rung: int, model: Any) -> None:
    """Keep a candidate with its training as it came to a rung."""
    name = _name(number, fold, rung)
    if material.shared:
        _RESTING[material.folder][name] = model
    else:
        save(model, Path(material.folder) / name, training=True)


def rested(material: Material, number: int, fold: int, below: int = 99) -> Any:
    """The candidate as it came to the highest rung below one; None where it was never trained.

    The rest of the rung itself is no place to start: an order that is computed again would go on
    from what it had done before its worker was killed.
    """
    for rung in reversed(range(below)):
        name = _name(number, fold, rung)
        if material.shared:
            if name in _RESTING[material.folder]:
                return copy.copy(_RESTING[material.folder][name])  # a fit sets attributes anew
        elif (place := Path(material.folder) / name).exists():
            return load(place)
    return None


def forget(material: Material, number: int) -> None:
    """Delete what is kept of a candidate."""
    if material.shared:
        kept = _RESTING[material.folder]
        for name in [name for name in kept if name.startswith(f"{number}-")]:
            del kept[name]
    for place in Path(material.folder).glob(f"{number}-*.glassnet"):
        place.unlink(missing_ok=True)


@contextmanager
def resting(folder: str) -> Generator[None]:
    """Room in this process's memory for the candidates of a folder."""
    _RESTING[folder] = {}
    try:
        yield
    finally:
        del _RESTING[folder]


@contextmanager
def lend(folder: str, x: Array, y: Array) -> Generator[None]:
    """Have rows that lie in memory already stand for the files of a folder, for a while."""
    _LENT[folder] = (x, y)
    try:
        yield
    finally:
        del _LENT[folder]


def arrays(folder: str) -> tuple[Array, Array]:
    """X and y of a folder."""
    return _LENT[folder] if folder in _LENT else _read(folder)


@lru_cache(maxsize=2)
def _read(folder: str) -> tuple[Array, Array]:
    where = Path(folder)
    return np.load(where / "X.npy", mmap_mode="r"), np.load(where / "y.npy")


def _name(number: int, fold: int, rung: int) -> str:
    return f"{number}-{fold}-{rung}.glassnet"
