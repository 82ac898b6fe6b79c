"""How one column becomes columns of numbers: plain data learned from the rows of training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from glassnet.arrays import Array
from glassnet.data.cells import rows_in_words
from glassnet.data.delimited import numbers_of as numbers_of_texts
from glassnet.data.rule_numbers import RuleNumbers
from glassnet.data.scaling import require_finite, standardised
from glassnet.data.tables import Column, Kind
from glassnet.errors import InvalidValue
from glassnet.files.fields import fields, flag, items, text

_TRUTH = {"true": "True", "false": "False", "1": "True", "0": "False"}  # as other files spell them


@dataclass(frozen=True, eq=False)
class Encoded:
    """An encoded table, and how many of its values training had not prepared for.

    Attributes
    ----------
    x : (n, d) float64
    imputed : dict of str to int
        Rows per column whose value was missing although it never was in training: the training
        mean stands there, or 0 in all columns of a category.
    unknown : dict of str to int
        Rows per column with a level that training did not have: 0 in all its columns.
    """

    x: Array
    imputed: dict[str, int] = field(default_factory=dict[str, int])
    unknown: dict[str, int] = field(default_factory=dict[str, int])


@dataclass(frozen=True)
class NumberRule:
    """x → (x − mean) / scale; with ``indicator`` a second column is 1 where x was missing."""

    kind: ClassVar[Kind] = "numeric"

    name: str
    mean: float
    scale: float
    indicator: bool

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the encoded columns."""
        return (self.name, f"{self.name} is missing") if self.indicator else (self.name,)

    def fill(self, column: Column, out: Array, seen: Encoded) -> None:
        """Encode into ``out`` (n, 1 or 2), and note what had to be replaced."""
        values = numbers_of(column)
        missing = np.isnan(values)
        require_finite(self.name, values)
        out[:, 0] = standardised(self.name, values, self.mean, self.scale)
        out[missing, 0] = 0.0  # the training mean
        if self.indicator:
            out[:, 1] = missing
        elif missing.any():
            seen.imputed[self.name] = int(missing.sum())

    def entry(self, numbers: RuleNumbers) -> dict[str, Any]:
        """What a header says of it; its numbers go into arrays."""
        numbers.add("mean", self.mean)
        numbers.add("scale", self.scale)
        return {"name": self.name, "kind": self.kind, "indicator": self.indicator}

    @classmethod
    def of_entry(cls, entry: Mapping[str, Any], numbers: RuleNumbers) -> NumberRule:
        """Rebuild it; ValueError, TypeError or KeyError if it is none."""
        held = fields(entry, ("name", "kind", "indicator"), "a column of numbers")
        (mean,), (scale,) = numbers.take("mean"), numbers.take("scale", above=0.0)
        return cls(text(held, "name"), mean, scale, flag(held, "indicator"))


@dataclass(frozen=True)
class LevelRule:
    """A column per level, 1 where it holds; two levels share one column that is −1 and +1.

    Levels are sorted texts; ``missing`` makes the absence of a value a level after them. A level
    that training did not have is 0 in every column, which is neither −1 nor +1. With ``rare`` the
    last level stands for all texts that are not named: those that were too rare in training for a
    column of their own, and those that training did not have.
    """

    name: str
    kind: Kind
    levels: tuple[str, ...]
    missing: bool
    rare: bool = False

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the encoded columns."""
        names = [f"{self.name}={level}" for level in self.levels]
        names += [f"{self.name} is missing"] if self.missing else []
        names += [f"{self.name} is rare"] if self.rare else []
        return tuple(names[1:] if len(names) == 2 else names)

    def fill(self, column: Column, out: Array, seen: Encoded) -> None:
        """Encode into ``out`` (n, columns), and note what training did not have."""
        codes = self._codes(column)
        unknown, absent = codes == -1, codes == -2
        codes[unknown] = len(self.levels) + self.missing if self.rare else -1
        out[:] = 0.0
        if len(self.levels) + self.missing + self.rare == 2:
            out[:, 0] = np.where(codes < 0, 0.0, 2.0 * codes - 1.0)
        else:
            known = np.flatnonzero(codes >= 0)
            out[known, codes[known]] = 1.0
        if unknown.any() and not self.rare:
            seen.unknown[self.name] = int(unknown.sum())
        if absent.any():
            seen.imputed[self.name] = int(absent.sum())

    def entry(self, numbers: RuleNumbers) -> dict[str, Any]:
        """What a header says of it."""
        entry = {"name": self.name, "kind": self.kind, "levels": list(self.levels)}
        entry |= {"missing": self.missing}
        return entry | {"rare": True} if self.rare else entry  # else files are as they ever were

    @classmethod
    def of_entry(cls, entry: Mapping[str, Any], numbers: RuleNumbers) -> LevelRule:
        """Rebuild it; ValueError, TypeError or KeyError if it is none."""
        whole = ("name", "kind", "levels", "missing")
        held = {"rare": False} | fields(entry, whole, "a column of levels", optional=("rare",))
        name, kind = text(held, "name"), text(held, "kind", ("categorical", "boolean"))
        levels = items(held, "levels")
        if levels != sorted(set(map(str, levels))):
            raise ValueError(f"the levels of {name!r} are not sorted texts")
        named: Kind = "boolean" if kind == "boolean" else "categorical"
        return cls(name, named, tuple(levels), flag(held, "missing"), flag(held, "rare"))

    def _codes(self, column: Column) -> Array:
        """Number of each level; −1 for a level, −2 for an absence, that training did not have."""
        number: dict[str | None, int] = {level: code for code, level in enumerate(self.levels)}
        number[None] = len(self.levels) if self.missing else -2
        texts = column.texts()
        if self.kind == "boolean":
            texts = [text and _TRUTH.get(text.lower(), text) for text in texts]
        return np.fromiter((number.get(text, -1) for text in texts), np.int64, len(texts))


def numbers_of(column: Column) -> Array:
    """The values of a column that training knew as numbers.  -> (n,) float64, nan for missing

    Texts that are numbers are read as such, so that the dtype which holds them decides nothing.

    Raises
    ------
    InvalidValue
        If it holds other text, or dates; the rows are named.

    Examples
    --------
    >>> numbers_of(Column("age", "numeric", np.array([31.0, np.nan])))
    array([31., nan])
    """
    if column.kind in ("numeric", "boolean") or column.missing.all():
        return column.values if column.kind != "categorical" else np.full(len(column), np.nan)
    texts = column.texts()
    found = numbers_of_texts(["" if one is None else one for one in texts])
    if found is not None and column.kind == "categorical":
        return found
    odd = np.array([one is not None and numbers_of_texts([one]) is None for one in texts])
    what = "dates" if column.kind == "date" else "text"
    raise InvalidValue(
        f"the column {column.name!r} must hold numbers, as in training; it holds {what} at "
        f"{rows_in_words(odd)} (as {texts[int(odd.argmax())]!r:.40}). Correct these values, or "
        "leave them empty."
    )
