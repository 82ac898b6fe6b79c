"""A date as numbers: time gone by, the year, and the parts that come round again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import cos, pi, sin
from typing import Any, ClassVar

import numpy as np

from glassnet.arrays import Array
from glassnet.data.binned_rule import BinnedRule
from glassnet.data.cells import rows_in_words
from glassnet.data.dates import (
    DAY,
    WORDS,
    calendar,
    known_zone,
    on_the_wall,
    seconds_of_texts,
)
from glassnet.data.rule_numbers import RuleNumbers
from glassnet.data.rules import Encoded
from glassnet.data.tables import Column
from glassnet.errors import InvalidValue
from glassnet.files.fields import fields, flag, items, text

PERIODS: Mapping[str, int] = {"month": 12, "day": 31, "weekday": 7, "minute": 1440}
_NAMES: Mapping[str, str] = {"day": "day of the month", "minute": "time of day"}


@dataclass(frozen=True)
class DateRule:
    """Days since 1970 and the year as numbers, then sin and cos of 2π·part/period for each part.

    Parameters
    ----------
    name : str
    zone : str
        Whose clocks the parts are read from; "" where the dates have no time zone.
    days : BinnedRule
        Of the time gone by, in days.
    years : BinnedRule or None
        Of the calendar year; None where there was one only.
    parts : tuple of str
        Those of month, day (of the month), weekday and minute (of the day) that varied in training.
    indicator : bool
        Whether the last column is 1 where the date is missing. Its other columns are then those of
        the middle of days and years, and 0.

    Examples
    --------
    >>> from glassnet.data.frames import as_column
    >>> column = as_column(np.array(["2024-01-01", "2024-01-02"], "datetime64[D]"), "sent")
    >>> DateRule.of(column, 0).outputs[1:4]
    ('sent day of the month, sin', 'sent day of the month, cos', 'sent weekday, sin')
    """

    kind: ClassVar[str] = "date"

    name: str
    zone: str
    days: BinnedRule
    years: BinnedRule | None
    parts: tuple[str, ...]
    indicator: bool

    @classmethod
    def of(cls, column: Column, bins: int, *, scaling: str = "robust") -> DateRule:
        """Learn the rule of a column of dates.

        Raises
        ------
        InvalidValue
            If it holds texts that are no dates, or its time zone is not known.
        """
        column = as_dates(column)
        missing = column.missing
        wall = on_the_wall(column.values[~missing], column.zone, column.name)
        found = calendar(wall)
        numbers = [_number(column.name, x, bins, scaling) for x in (wall / DAY, found["year"])]
        days, years = numbers
        varied = {part for part, values in found.items() if len(np.unique(values)) > 1}
        return cls(
            column.name,
            column.zone,
            days,
            years if "year" in varied else None,
            tuple(part for part in PERIODS if part in varied),
            bool(missing.any()),
        )

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the encoded columns."""
        names = list(self.days.outputs)
        if self.years is not None:
            names += [f"{self.name} year{out[len(self.name) :]}" for out in self.years.outputs]
        for part in self.parts:
            names += [f"{self.name} {_NAMES.get(part, part)}, {of}" for of in ("sin", "cos")]
        return (*names, f"{self.name} is missing") if self.indicator else tuple(names)

    def fill(self, column: Column, out: Array, seen: Encoded) -> None:
        """Encode into ``out`` (n, columns), and note what had to be replaced."""
        column = as_dates(column, zoned=bool(self.zone))
        missing = column.missing
        wall = on_the_wall(column.values, self.zone, self.name)
        found = calendar(np.where(missing, 0.0, wall))
        end = len(self.days.outputs)
        self.days.put(wall / DAY, out[:, :end])
        if self.years is not None:
            begin, end = end, end + len(self.years.outputs)
            self.years.put(np.where(missing, np.nan, found["year"]), out[:, begin:end])
        for part in self.parts:
            out[:, end : end + 2] = np.where(missing[:, None], 0.0, circle(part)[found[part]])
            end += 2
        if self.indicator:
            out[:, -1] = missing
        elif missing.any():
            seen.imputed[self.name] = int(missing.sum())

    def entry(self, numbers: RuleNumbers) -> dict[str, Any]:
        """What a header says of it; its numbers go into arrays."""
        return {
            "name": self.name,
            "kind": "date",
            "zone": self.zone,
            "days": self.days.entry(numbers),
            "years": None if self.years is None else self.years.entry(numbers),
            "parts": list(self.parts),
            "indicator": self.indicator,
        }

    @classmethod
    def of_entry(cls, entry: Mapping[str, Any], numbers: RuleNumbers) -> DateRule:
        """Rebuild it; ValueError, TypeError or KeyError if it is none."""
        wanted = ("name", "kind", "zone", "days", "years", "parts", "indicator")
        held = fields(entry, wanted, "a column of dates")
        name, zone, parts = text(held, "name"), text(held, "zone"), items(held, "parts")
        days = BinnedRule.of_entry(held["days"], numbers)
        years = None if held["years"] is None else BinnedRule.of_entry(held["years"], numbers)
        inner = [days] if years is None else [days, years]
        if parts != [part for part in PERIODS if part in parts]:
            raise ValueError(f"the parts of {name!r} are none")
        if zone:
            known_zone(zone, name)
        if any(rule.name != name or rule.indicator or rule.infinite for rule in inner):
            raise ValueError(f"the numbers of {name!r} are not those of dates")
        return cls(name, zone, days, years, tuple(parts), flag(held, "indicator"))


def as_dates(column: Column, *, zoned: bool | None = None) -> Column:
    """The column as dates: those of a frame, or ISO texts.

    Parameters
    ----------
    column : Column
    zoned : bool, optional
        Whether the dates must have a time zone; None is as they come.

    Raises
    ------
    InvalidValue
        If it holds anything else, and the rows are named; or if some dates have a time zone and
        some have not.

    Examples
    --------
    >>> from glassnet.data.tables import as_objects
    >>> as_dates(Column("sent", "categorical", as_objects(["1970-01-02", None]))).values
    array([86400.,    nan])
    """
    found, missing = column, column.missing
    if missing.all():
        zone = "UTC" if zoned else column.zone
        return Column(column.name, "date", np.full(len(column), np.nan), zone)
    if column.kind == "categorical":
        found = _read(column)
    elif column.kind != "date":
        raise InvalidValue(
            f"the column {column.name!r} must hold {WORDS}; it holds numbers at "
            f"{rows_in_words(~missing)}. Make dates of them, or leave these values empty."
        )
    if zoned is not None and bool(found.zone) != zoned:
        raise InvalidValue(
            f"the dates of {column.name!r} must have {'a' if zoned else 'no'} time zone, as in "
            f"training; they have {found.zone or 'none'}. Convert them."
        )
    return found


def _read(column: Column) -> Column:
    values, odd, zoned = seconds_of_texts(column.values.tolist())
    if odd.any():
        raise InvalidValue(
            f"the column {column.name!r} must hold {WORDS}; it holds "
            f"{column.values[int(odd.argmax())]!r:.40} at {rows_in_words(odd)}. Correct these "
            "values, or leave them empty."
        )
    if len(zoned) > 1:
        raise InvalidValue(
            f"the dates of {column.name!r} must all have a time zone, or none of them; both stand "
            "there. Convert them to one."
        )
    return replace(
        column, kind="date", values=values, zone="UTC" if True in zoned else "", order=()
    )


def _number(name: str, x: Array, bins: int, scaling: str) -> BinnedRule:
    return BinnedRule.of(Column(name, "numeric", x.astype(np.float64)), bins, scaling=scaling)


def circle(part: str) -> Array:
    """sin and cos of each value of a part: looked up, so that no library's sine decides a bit.

    Examples
    --------
    >>> circle("month").shape, circle("month")[3].round(3).tolist()
    ((12, 2), [1.0, 0.0])
    """
    angles = [2 * pi * k / PERIODS[part] for k in range(PERIODS[part])]
    return np.array([(sin(angle), cos(angle)) for angle in angles])
