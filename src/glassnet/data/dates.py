"""Dates as seconds since the beginning of 1970, and the calendar's parts of them.

A second is a float64: microseconds are exact from 1685 to 2255. Leap seconds are not counted, the
calendar is the Gregorian one in all years, as in ``datetime``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

import numpy as np

from glassnet.arrays import Array
from glassnet.data.cells import MISSING
from glassnet.errors import InvalidValue

FIRST, LAST = -62_135_596_800.0, 253_402_300_800.0  # of the years 1 to 9999; the last is beyond
DAY = 86_400.0
WORDS = "dates as 2024-05-31 or 2024-05-31T10:20:00"  # and, with a zone, …+02:00 or …Z
_ZONE = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(?:/[A-Za-z][A-Za-z0-9_+-]*){0,3}")
_ISO = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?)?")
_EPOCH = datetime(1970, 1, 1)
_QUARTER = 900.0  # no zone has changed its clocks but at a quarter of an hour since 1900


def seconds_of_text(text: str) -> tuple[float, bool] | None:
    """Seconds of a date in ISO 8601, and whether it names its zone; None if it is none.

    Examples
    --------
    >>> seconds_of_text("1970-01-02"), seconds_of_text("1970-01-01T01:00:00+01:00")
    ((86400.0, False), (0.0, True))
    >>> seconds_of_text("1970-02-30"), seconds_of_text("next week")
    (None, None)
    """
    found = _ISO.fullmatch(text)
    if found is None:
        return None
    try:
        return seconds_of(datetime.fromisoformat(text)), found[1] is not None
    except (ValueError, OverflowError):  # no such day
        return None


def seconds_of(moment: datetime) -> float:
    """Seconds since the beginning of 1970: of UTC where it has a zone, else of its own clock.

    Examples
    --------
    >>> seconds_of(datetime(1970, 1, 1, 0, 1, 30))
    90.0
    """
    if moment.tzinfo is not None:
        moment = moment.astimezone(UTC).replace(tzinfo=None)
    since = moment - _EPOCH
    return since.days * DAY + since.seconds + since.microseconds / 1e6


def seconds_of_ticks(ticks: Array, unit: int) -> Array:
    """Seconds of whole ticks, ``unit`` of them in each: rounded once, whatever a frame counts in.

    Examples
    --------
    >>> seconds_of_ticks(np.array([1500, -500]), 1000)
    array([ 1.5, -0.5])
    """
    return ticks // unit + (ticks % unit) / unit


def seconds_of_texts(texts: Iterable[str | None]) -> tuple[Array, Array, set[bool]]:
    """Seconds of ISO texts, which of them are no dates, and whether they name zones.

    None and the words for a missing value are nan.

    Examples
    --------
    >>> seconds_of_texts(["1970-01-02", None, "soon"])
    (array([86400.,    nan,    nan]), array([False, False,  True]), {False})
    """
    listed = list(texts)
    known = {text: seconds_of_text(text.strip()) for text in set(listed) if text is not None}
    missing = {text for text in known if text.strip() in MISSING}
    found = [None if text is None else known[text] for text in listed]
    odd = [one is None and text is not None and text not in missing
           for one, text in zip(found, listed, strict=True)]  # fmt: skip
    values = np.array([np.nan if one is None else one[0] for one in found], np.float64)
    return values, np.array(odd, dtype=bool), {one[1] for one in known.values() if one}


def texts_of_dates(values: Array, zone: str) -> list[str | None]:
    """ISO texts: a date alone where there is no time of day, with Z where there is a zone.

    Examples
    --------
    >>> texts_of_dates(np.array([86400.0, np.nan, 90.0]), "")
    ['1970-01-02', None, '1970-01-01T00:01:30']
    """
    return [None if value != value else _text(value, zone) for value in values.tolist()]


def _text(value: float, zone: str) -> str:
    moment = _EPOCH + timedelta(seconds=value)
    if zone:
        return moment.isoformat() + "Z"
    return moment.date().isoformat() if value % DAY == 0 else moment.isoformat()


def known_zone(zone: str, column: str) -> tzinfo:
    """The time zone of that name: of the tz database, or as +02:00.

    Raises
    ------
    InvalidValue
        If this machine knows none.

    Examples
    --------
    >>> known_zone("+01:30", "sent").utcoffset(None)
    datetime.timedelta(seconds=5400)
    """
    fixed = re.fullmatch(r"([+-])(\d\d):(\d\d)", zone)
    if fixed:
        sign, hours, minutes = fixed.groups()
        since = timedelta(hours=int(hours), minutes=int(minutes))
        if since < timedelta(days=1):
            return timezone(since if sign == "+" else -since)
    try:
        if _ZONE.fullmatch(zone):
            return ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        pass
    raise InvalidValue(
        f"the column {column!r} must have a time zone of the tz database, or as +02:00; got "
        f"{zone!r:.60}, which this machine does not know. Convert the column to UTC, or install "
        "tzdata."
    )


def on_the_wall(values: Array, zone: str, column: str) -> Array:
    """Seconds of UTC as those that clocks of the zone show; as they are where there is no zone.

    Examples
    --------
    >>> on_the_wall(np.array([0.0, np.nan]), "Europe/Berlin", "sent")
    array([3600.,   nan])
    """
    if not zone:
        return values
    place, found = known_zone(zone, column), values.copy()
    known = np.flatnonzero(~np.isnan(values))
    quarters, which = np.unique(np.floor(values[known] / _QUARTER), return_inverse=True)
    found[known] += np.array([_offset(q * _QUARTER, place) for q in quarters.tolist()])[which]
    return np.clip(found, FIRST, LAST - 1.0)


def _offset(seconds: float, zone: tzinfo) -> float:
    inner = min(max(seconds, FIRST + 2 * DAY), LAST - 2 * DAY)  # datetime ends where the years do
    moment = (_EPOCH + timedelta(seconds=inner)).replace(tzinfo=UTC).astimezone(zone)
    offset = moment.utcoffset()
    return 0.0 if offset is None else offset.total_seconds()


def calendar(values: Array) -> dict[str, Array]:
    """Year, month, day of the month, weekday and minute of the day, each counted from 0.

    Monday is 0; the year is as it is written.  (n,) -> five of (n,) int64

    Examples
    --------
    >>> {part: int(found[0]) for part, found in calendar(np.array([90.0])).items()}
    {'year': 1970, 'month': 0, 'day': 0, 'weekday': 3, 'minute': 1}
    """
    days = np.floor(values / DAY)
    whole = days.astype(np.int64)
    dates = whole.astype("datetime64[D]")
    months = dates.astype("datetime64[M]")
    month = months.astype(np.int64)
    return {
        "year": month // 12 + 1970,
        "month": month % 12,
        "day": (dates - months.astype("datetime64[D]")).astype(np.int64),
        "weekday": (whole + 3) % 7,
        "minute": np.floor((values - days * DAY) / 60.0).astype(np.int64),
    }
