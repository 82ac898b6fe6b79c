"""A date as columns: worked out by hand, the same from any frame, and refused by name."""

import datetime as dt

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from glassnet.data.date_rule import DateRule, circle
from glassnet.data.frames import as_column, as_table
from glassnet.data.rules import Encoded
from glassnet.data.tables import Column, as_objects
from glassnet.errors import InvalidValue

MOMENTS = [
    dt.datetime(2023, 1, 2, 6, 30),
    dt.datetime(2024, 7, 4, 18, 0, 59),
    None,
    dt.datetime(1969, 12, 31, 23, 59),
    dt.datetime(2024, 2, 29),
]


def filled(rule, column):
    out = np.empty((len(column), len(rule.outputs)))
    seen = Encoded(out)
    rule.fill(column, out, seen)
    return out, seen


def column_of(values, name="sent"):
    return as_column(pd.Series(values, dtype="datetime64[us]"), name)


def test_the_columns_are_those_worked_out_by_hand():
    rule = DateRule.of(column_of(MOMENTS), 0)
    out, _ = filled(rule, column_of(MOMENTS))
    named = dict(zip(rule.outputs, out.T, strict=True))
    assert list(named) == [
        "sent", "sent year",
        "sent month, sin", "sent month, cos",
        "sent day of the month, sin", "sent day of the month, cos",
        "sent weekday, sin", "sent weekday, cos",
        "sent time of day, sin", "sent time of day, cos",
        "sent is missing",
    ]  # fmt: skip
    july = 2 * np.pi * 6 / 12
    thursday = 2 * np.pi * 3 / 7
    evening = 2 * np.pi * 18 / 24
    np.testing.assert_allclose(named["sent month, sin"][1], np.sin(july), atol=1e-15)
    np.testing.assert_allclose(named["sent month, cos"][1], np.cos(july), atol=1e-15)
    np.testing.assert_allclose(named["sent day of the month, sin"][1], np.sin(2 * np.pi * 3 / 31))
    np.testing.assert_allclose(named["sent weekday, sin"][1], np.sin(thursday))
    np.testing.assert_allclose(named["sent weekday, cos"][1], np.cos(thursday))
    np.testing.assert_allclose(named["sent time of day, sin"][1], np.sin(evening))
    days = np.array([m.timestamp() / 86400 for m in
                     (m.replace(tzinfo=dt.UTC) for m in MOMENTS if m)])  # fmt: skip
    low, middle, high = np.quantile(days, [0.25, 0.5, 0.75])
    z = (days - middle) / (high - low)
    known = [0, 1, 3, 4]
    np.testing.assert_allclose(named["sent"][known], z / np.sqrt(1 + (z / 3) ** 2), rtol=1e-12)
    assert out[2, 2:].tolist() == [0.0] * 8 + [1.0]
    assert out[2, :2].tolist() == [0.0, 0.0]


def test_parts_that_do_not_vary_are_left_out():
    days = [dt.date(2024, 5, 6), dt.date(2024, 5, 13)]  # two Mondays of one month
    assert DateRule.of(as_column(days, "day"), 0).outputs == (
        "day", "day day of the month, sin", "day day of the month, cos",
    )  # fmt: skip
    with_bins = DateRule.of(as_column([dt.date(2023, 1, 1), dt.date(2024, 1, 1)], "day"), 4)
    assert "day year from 2023 to 2024" in with_bins.outputs


def in_any_clothes(moments):
    """The same moments in every library that a frame may come from."""
    plain = pd.Series(moments, dtype="datetime64[us]")
    yield plain
    yield plain.astype("datetime64[ns]")
    yield plain.astype("object")
    yield plain.convert_dtypes(dtype_backend="pyarrow")
    yield plain.set_axis(range(5, 5 + len(plain)))
    yield pl.Series(moments)
    yield pl.Series(moments, dtype=pl.Datetime("ms"))
    yield pa.chunked_array([pa.array(moments[:2]), pa.array(moments[2:], pa.timestamp("us"))])
    yield pa.chunked_array([pa.array(moments, pa.timestamp("s"))])
    yield plain.to_numpy()
    yield plain.to_numpy().astype("datetime64[s]")
    yield list(moments)
    yield as_objects([None if m is None else m.isoformat() for m in moments])
    yield pl.Series([None if m is None else m.isoformat(" ") for m in moments])


def test_no_library_unit_or_text_changes_a_bit():
    rule = DateRule.of(column_of(MOMENTS), 4)
    expected, _ = filled(rule, column_of(MOMENTS))
    for values in in_any_clothes(MOMENTS):
        column = as_column(values, "sent")
        assert np.array_equal(filled(rule, column)[0], expected), type(values)
        assert DateRule.of(column, 4) == rule, type(values)


def test_a_row_alone_gets_the_bits_that_it_has_in_the_batch():
    column = column_of(MOMENTS)
    rule = DateRule.of(column, 3)
    out, _ = filled(rule, column)
    for k in range(len(column)):
        assert np.array_equal(filled(rule, column.take(slice(k, k + 1)))[0][0], out[k])


def test_hours_are_those_of_the_zone_of_training_in_whatever_zone_a_date_comes():
    utc = pd.Series(pd.date_range("2024-03-30", periods=60, freq="h", tz="UTC"))
    berlin = utc.dt.tz_convert("Europe/Berlin")
    rule = DateRule.of(as_column(berlin, "sent"), 0)
    assert rule.zone == "Europe/Berlin"
    out, _ = filled(rule, as_column(berlin, "sent"))
    minute = berlin.dt.hour.to_numpy() * 60
    at = rule.outputs.index("sent time of day, sin")
    assert np.array_equal(out[:, at : at + 2], circle("minute")[minute])
    others = [
        utc,
        utc.dt.tz_convert("Asia/Tokyo"),
        pl.Series(berlin.dt.tz_convert("UTC").tolist(), dtype=pl.Datetime("us", "UTC")),
        pa.chunked_array([pa.array(utc.tolist(), pa.timestamp("us", "+02:00"))]),
        [moment.isoformat() for moment in berlin],
        berlin.tolist(),
    ]
    for other in others:
        assert np.array_equal(filled(rule, as_column(other, "sent"))[0], out)


def test_a_gap_that_training_did_not_have_is_counted():
    rule = DateRule.of(column_of([MOMENTS[0], MOMENTS[1]]), 2)
    out, seen = filled(rule, column_of([None, MOMENTS[0]]))
    assert seen.imputed == {"sent": 1}
    assert np.isfinite(out).all()
    empty = Column("sent", "numeric", np.full(2, np.nan))
    assert np.array_equal(filled(rule, empty)[0], np.array([out[0], out[0]]))


def test_dates_far_beyond_training_are_bounded():
    rule = DateRule.of(column_of(MOMENTS), 4)
    far = np.array(["0001-01-01", "9999-12-31"], "datetime64[s]")
    assert np.abs(filled(rule, as_column(far, "sent"))[0]).max() <= 3.0


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([3.0, np.nan], r"must hold dates as 2024-05-31 .*numbers at row 1\. Make dates"),
        (["2024-05-31", "31 May"], r"must hold dates as .*'31 May' at row 2\. Correct"),
        (["2024-05-31", "2024-05-31T00:00Z"], "must all have a time zone, or none"),
        (["2024-05-31T00:00Z"], "must have no time zone, as in training; they have UTC"),
    ],
)
def test_what_is_no_such_date_is_refused_by_column_and_row(values, words):
    rule = DateRule.of(column_of(MOMENTS), 0)
    with pytest.raises(InvalidValue, match=rf"'sent' {words}") as caught:
        filled(rule, as_column(values, "sent"))
    assert "\n" not in str(caught.value)
    aware = DateRule.of(as_column(["2024-05-31T00:00Z", "2024-06-01T00:00Z"], "sent"), 0)
    with pytest.raises(
        InvalidValue, match=r"must have a time zone, as in training; they have none"
    ):
        filled(aware, as_column(["2024-05-31"], "sent"))


@pytest.mark.parametrize(
    "dates",
    [
        np.array(["2024-01-01", "12024-01-01"], "datetime64[s]"),
        np.array(["2024-01-01", "-0001-01-01"], "datetime64[D]"),
        np.array([0, 2**62], "datetime64[D]"),
        np.array([0, 2**50], "datetime64[h]"),
        pl.Series([0, 10**7]).cast(pl.Date),
    ],
)
def test_dates_beyond_the_calendar_are_refused_by_row(dates):
    with pytest.raises(InvalidValue, match=r"'sent' must be of the years 1 to 9999; .* row 2 "):
        as_column(dates, "sent")


def test_objects_among_dates_and_two_kinds_of_dates_are_refused():
    with pytest.raises(InvalidValue, match=r"'sent' must hold dates alone, or none; row 2 .*3"):
        as_column([dt.date(2024, 1, 1), 3], "sent")
    aware = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
    with pytest.raises(InvalidValue, match="'sent' must all have a time zone, or none"):
        as_column([aware, dt.datetime(2024, 1, 1)], "sent")


def test_the_kinds_of_dates_that_frames_hold_are_columns_of_dates():
    frame = pd.DataFrame(
        {"a": [dt.date(2024, 1, 1), None], "b": pd.to_datetime(["2024-01-01"] * 2)}
    )
    table = as_table(frame)
    assert [column.kind for column in table.columns] == ["date", "date"]
    assert table["b"].texts().tolist() == ["2024-01-01"] * 2
    assert table["a"].texts().tolist() == ["2024-01-01", None]
