"""Dates: read, written, and taken apart as the standard library's calendar does it."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glassnet.data.dates import (
    FIRST,
    LAST,
    calendar,
    known_zone,
    on_the_wall,
    seconds_of,
    seconds_of_text,
    seconds_of_texts,
    seconds_of_ticks,
    texts_of_dates,
)
from glassnet.errors import InvalidValue

MOMENTS = st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 29))


@given(MOMENTS)
def test_the_calendar_is_that_of_the_standard_library(moment):
    found = calendar(np.array([seconds_of(moment.replace(microsecond=0))]))
    parts = {
        "year": moment.year, "month": moment.month - 1, "day": moment.day - 1,
        "weekday": moment.weekday(), "minute": 60 * moment.hour + moment.minute,
    }  # fmt: skip
    assert {part: int(values[0]) for part, values in found.items()} == parts


@given(st.datetimes(datetime(1685, 1, 1), datetime(2254, 12, 31)))
def test_texts_come_back_to_the_microsecond(moment):
    value = seconds_of(moment)
    (text,) = texts_of_dates(np.array([value]), "")
    assert seconds_of_text(text) == (value, False)
    assert seconds_of_text(moment.isoformat(" ")) == (value, False)
    (zoned,) = texts_of_dates(np.array([value]), "UTC")
    assert seconds_of_text(zoned) == (value, True)


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Asia/Kathmandu", "UTC"])
@given(st.datetimes(datetime(1925, 1, 1), datetime(2037, 12, 31)))
def test_clocks_on_the_wall_are_those_of_the_zone(zone, moment):
    utc = moment.replace(microsecond=0, tzinfo=UTC)
    wall = seconds_of(utc.astimezone(ZoneInfo(zone)).replace(tzinfo=None))
    assert on_the_wall(np.array([seconds_of(utc)]), zone, "x")[0] == wall


def test_zones_at_the_ends_of_the_calendar_stay_within_it():
    values = np.array([FIRST, LAST - 1.0, np.nan])
    for zone in ("Asia/Tokyo", "America/New_York", "-11:00"):
        found = on_the_wall(values, zone, "x")
        assert found[0] >= FIRST
        assert found[1] < LAST
        assert np.isnan(found[2])


@pytest.mark.parametrize(
    "text",
    ["2024", "2024-13-01", "2024-02-30", "31.05.2024", "2024-05-31 25:00", "20240531", "", "now",
     "2024-05-31T10", "0000-01-01", "２０２４-05-31", "0001-01-01T00:00:00+05:00"],
)  # fmt: skip
def test_what_is_no_date_in_iso_8601_is_none(text):
    assert seconds_of_text(text) is None


def test_words_for_a_missing_value_are_missing_and_other_text_is_odd():
    values, odd, zoned = seconds_of_texts(["1970-01-01", "NA", " ", "?", None, "soon"])
    assert values[0] == 0.0
    assert np.isnan(values[1:]).all()
    assert odd.tolist() == [False] * 5 + [True]
    assert zoned == {False}


def test_offsets_are_taken_off():
    berlin = datetime(2024, 5, 31, 12, tzinfo=timezone(timedelta(hours=2)))
    for text in ("2024-05-31T12:00:00+02:00", "2024-05-31 10:00Z", "2024-05-31T12:00+0200"):
        assert seconds_of_text(text) == (berlin.timestamp(), True)


@given(st.integers(-(2**50), 2**50))
def test_a_unit_of_time_decides_no_bit(milliseconds):
    ticks = np.array([milliseconds])
    expected = seconds_of_ticks(ticks, 1000)[0]
    assert seconds_of_ticks(ticks * 1000, 1_000_000)[0] == expected


@pytest.mark.parametrize(
    "zone", ["", "Nowhere/Land", "../../etc/passwd", "Europe", "+25:00", "x" * 99]
)
def test_zones_that_nobody_knows_are_refused_with_what_to_do(zone):
    with pytest.raises(InvalidValue, match=r"'sent' must have a time zone .* Convert"):
        known_zone(zone, "sent")
