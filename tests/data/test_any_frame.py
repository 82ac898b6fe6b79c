"""Property: no library, dtype backend, unit or index of a frame changes a rule or a bit."""

import datetime as dt

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from glassnet.data.frames import as_table
from glassnet.data.kinds import as_found
from glassnet.data.rich_encoding import Encoding, rich_encoding
from glassnet.data.tables import Table

LEVELS = ["low", "mid", "high"]
DTYPES = {"real": pa.float64(), "whole": pa.int64(), "truth": pa.bool_(), "text": pa.string(),
          "grade": pa.string(), "day": pa.date32(), "moment": pa.timestamp("us"),
          "zoned": pa.timestamp("us", "Europe/Berlin")}  # fmt: skip
DATES = st.dates(dt.date(1800, 1, 1), dt.date(2200, 1, 1))
MOMENTS = st.datetimes(dt.datetime(1800, 1, 1), dt.datetime(2200, 1, 1))
ROW = st.fixed_dictionaries(
    {
        "real": st.floats(-1e9, 1e9),
        "whole": st.integers(-(2**40), 2**40),
        "truth": st.booleans(),
        "text": st.sampled_from(["a", "b", "", "ß", "x y"]),
        "grade": st.sampled_from(LEVELS),
        "day": DATES,
        "moment": MOMENTS,
        "zoned": MOMENTS.map(lambda moment: moment.replace(tzinfo=dt.UTC)),
    }
)


def in_arrow(rows):
    columns = {name: pa.array([row[name] for row in rows], kind) for name, kind in DTYPES.items()}
    ranks = [None if row["grade"] is None else LEVELS.index(row["grade"]) for row in rows]
    grades = pa.DictionaryArray.from_arrays(pa.array(ranks, pa.int8()), LEVELS, ordered=True)
    return pa.table(columns | {"grade": grades})


def in_any_clothes(rows):
    """The same rows as frames of every library and backend."""
    arrow = in_arrow(rows)
    yield "Arrow", arrow
    half = len(rows) // 2
    yield "Arrow in pieces", pa.concat_tables([arrow.slice(0, half), arrow.slice(half)])
    backed = arrow.to_pandas(types_mapper=pd.ArrowDtype)
    yield "pandas on Arrow", backed
    plain = arrow.to_pandas()
    yield "pandas", plain
    yield "pandas, nullable", plain.convert_dtypes(dtype_backend="numpy_nullable")
    yield "pandas, another index", plain.set_axis(np.arange(len(plain))[::-1] - 7)
    cells = plain.astype(object)
    cells["grade"] = plain["grade"]
    yield "pandas objects", cells
    frame = pl.from_arrow(arrow.set_column(4, "grade", arrow["grade"].cast(pa.string())))
    yield "polars", frame.with_columns(pl.col("grade").cast(pl.Enum(LEVELS)))


def typed(frame):
    return Table([as_found(column) for column in as_table(frame).columns])


@settings(max_examples=12)
@given(st.data(), st.integers(1, 12))
def test_the_library_of_a_frame_decides_nothing(data, count):
    rows = [dict(data.draw(ROW)) for _ in range(count)]
    for row in rows:
        for name in row:
            if data.draw(st.integers(0, 5)) == 0:
                row[name] = None
    how = Encoding(3, scaling=data.draw(st.sampled_from(["robust", "standard", "quantile"])))
    names, expected, first = [], None, None
    for name, frame in in_any_clothes(rows):
        table = typed(frame)
        encoder = rich_encoding(table, how).encoder
        x = encoder.transform(table)
        if first is None:
            first, expected = encoder, x
        names.append(name)
        assert encoder == first, name
        assert np.array_equal(first.transform(as_table(frame)), expected), name
        k = data.draw(st.integers(0, count - 1))
        assert np.array_equal(first.transform(as_table(frame).take(slice(k, k + 1)))[0], x[k]), name
    assert len(names) == 8
