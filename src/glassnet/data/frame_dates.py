"""Dates of a frame's column, a NumPy array or plain objects, as seconds since 1970."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from glassnet.arrays import Array
from glassnet.data.cells import is_missing, rows_in_words
from glassnet.data.dates import FIRST, LAST, known_zone, seconds_of, seconds_of_ticks
from glassnet.data.tables import Column
from glassnet.errors import InvalidValue

_TICKS = {"D": 1, "h": 1, "m": 1, "s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
_LENGTHS = {"D": 86_400, "h": 3_600, "m": 60}


def column_of_dates(series: nw.Series[Any], name: str) -> Column:
    """A column of the dtype Date or Datetime, with its time zone.

    Raises
    ------
    InvalidValue
        If a date is beyond the years 1 to 9999, or this machine does not know the time zone.

    Examples
    --------
    >>> import polars as pl
    >>> series = nw.from_native(pl.Series(["1970-01-02", None]).str.to_date(), series_only=True)
    >>> column_of_dates(series, "sent").values
    array([86400.,    nan])
    """
    missing = series.is_null().to_numpy()
    values = np.full(len(missing), np.nan)
    present = series.filter(~series.is_null())  # with gaps some libraries would round to float64
    if len(present):
        ticks = np.asarray(present.dt.timestamp("us").to_numpy(), dtype=np.int64)
        values[~np.asarray(missing, dtype=bool)] = seconds_of_ticks(ticks, 1_000_000)
    zone = _zone(str(getattr(series.dtype, "time_zone", None) or ""), name)
    return _within_the_calendar(Column(name, "date", values, zone))


def column_of_datetime64(values: Array, name: str) -> Column:
    """A column of a NumPy array of datetime64, which has no time zone.

    Raises
    ------
    InvalidValue
        If a date is beyond the years 1 to 9999.

    Examples
    --------
    >>> column_of_datetime64(np.array(["1970-01-02", "NaT"], "datetime64[D]"), "sent").values
    array([86400.,    nan])
    """
    unit, step = np.datetime_data(values.dtype)
    if unit not in _TICKS or step != 1:  # years, months and weeks have no fixed length, or are many
        unit = "D" if unit in ("Y", "M", "W", "generic") else "us"
        values = values.astype(f"datetime64[{unit}]")
    missing = np.isnat(values)
    ticks = np.where(missing, 0, values.astype(np.int64))
    # As float64, for the seconds of far days are beyond int64.
    seconds = seconds_of_ticks(ticks, _TICKS[unit]) * float(_LENGTHS.get(unit, 1))
    return _within_the_calendar(Column(name, "date", np.where(missing, np.nan, seconds)))


def column_of_moments(values: list[Any], name: str) -> Column:
    """A column of ``date``, ``datetime`` and their kin, None or NaT where one is missing.

    Raises
    ------
    InvalidValue
        If something else stands among them, or some have a time zone and some have not.

    Examples
    --------
    >>> column_of_moments([date(1970, 1, 2), None], "sent").values
    array([86400.,    nan])
    """
    found, zones = np.full(len(values), np.nan), set[str]()
    for row, value in enumerate(values):
        if isinstance(value, np.datetime64):
            found[row] = column_of_datetime64(np.array([value]), name).values[0]
            zones.add("")
        elif not is_missing(value):
            moment = _moment(value, name, row)
            found[row] = seconds_of(moment)
            zones.add("" if moment.tzinfo is None else str(moment.tzinfo))
    if len(zones) > 1 and "" in zones:
        raise InvalidValue(
            f"the dates of {name!r} must all have a time zone, or none of them; both stand there. "
            "Convert them to one."
        )
    return Column(name, "date", found, _zone(zones.pop(), name) if len(zones) == 1 else "UTC")


def _moment(value: Any, name: str, row: int) -> datetime:
    if not isinstance(value, date):
        raise InvalidValue(
            f"the column {name!r} must hold dates alone, or none; row {row + 1} holds "
            f"{value!r:.40}. Correct it, or leave it empty."
        )
    return value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)


def _zone(zone: str, name: str) -> str:
    """The zone's name, once this machine is seen to know it; +02:00 for libraries' UTC+02:00."""
    plain = zone[3:] if zone.startswith(("UTC+", "UTC-")) else zone
    if plain:
        known_zone(plain, name)
    return plain


def _within_the_calendar(column: Column) -> Column:
    beyond = (column.values < FIRST) | (column.values >= LAST)
    if beyond.any():
        raise InvalidValue(
            f"the dates of {column.name!r} must be of the years 1 to 9999; those at "
            f"{rows_in_words(beyond)} are not. Correct them, or leave them empty."
        )
    return column
