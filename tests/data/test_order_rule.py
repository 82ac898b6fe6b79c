"""Levels with an order: their rank and a step for each, from any frame."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from glassnet.data.frames import as_column
from glassnet.data.order_rule import OrderRule
from glassnet.data.rules import Encoded
from glassnet.errors import InvalidValue

ORDER = ["poor", "fair", "good", "best"]
VALUES = ["good", "poor", None, "fair", "good", "poor"]


def filled(rule, values):
    column = as_column(values, rule.name)
    out = np.empty((len(column), len(rule.outputs)))
    seen = Encoded(out)
    rule.fill(column, out, seen)
    return out, seen


def test_a_column_is_1_from_its_level_on():
    rule = OrderRule.of(as_column(VALUES, "grade"), ORDER, 16)
    assert rule.outputs == (
        "grade", "grade from poor to fair", "grade from fair to good", "grade is missing",
    )  # fmt: skip
    out, seen = filled(rule, [*ORDER, None])
    assert out[:, 1:].tolist() == [[0, 0, 0], [1, 0, 0], [1, 1, 0], [1, 1, 0], [1, 0, 1]]
    # 2, 0, 1, 2, 0: the median is 1, the quartiles are 0 and 2
    z = (np.array([0.0, 1.0, 2.0, 3.0, 1.0]) - 1.0) / 2.0
    np.testing.assert_allclose(out[:, 0], z / np.sqrt(1 + (z / 3) ** 2), rtol=1e-15)
    assert (seen.imputed, seen.unknown) == ({}, {})


def test_levels_that_are_not_of_the_order_are_refused_in_training_and_missing_after():
    with pytest.raises(
        InvalidValue, match=r"'grade' .* poor, fair; it holds 'good' at rows 1 and 5"
    ):
        OrderRule.of(as_column(VALUES, "grade"), ORDER[:2], 16)
    rule = OrderRule.of(as_column(["poor", "best"], "grade"), ORDER, 16)
    out, seen = filled(rule, ["odd", None, "best"])
    assert seen.unknown == {"grade": 1}
    assert seen.imputed == {"grade": 1}
    assert np.array_equal(out[0], out[1])


def test_frames_tell_their_order_and_no_library_changes_a_bit():
    plain = OrderRule.of(as_column(VALUES, "grade"), ORDER, 4)
    expected, _ = filled(plain, VALUES)
    ordered = pd.Series(pd.Categorical(VALUES, ORDER, ordered=True))
    dictionary = pa.DictionaryArray.from_arrays(
        pa.array([None if v is None else ORDER.index(v) for v in VALUES]), ORDER, ordered=True
    )
    clothes = [
        ordered,
        pl.Series(VALUES, dtype=pl.Enum(ORDER)),
        pa.chunked_array([dictionary]),
        pa.table({"g": dictionary}).to_pandas(types_mapper=pd.ArrowDtype)["g"],
    ]
    for values in clothes:
        column = as_column(values, "grade")
        assert column.order == tuple(ORDER)
        assert OrderRule.of(column, column.order, 4) == plain
        assert np.array_equal(filled(plain, values)[0], expected)
    for values in (ordered.astype("str"), ordered.cat.as_unordered(), pl.Series(VALUES)):
        assert as_column(values, "grade").order == ()
        assert np.array_equal(filled(plain, VALUES)[0], expected)


def test_numbers_may_be_the_levels():
    stars = pd.Series(pd.Categorical([3, 1, 2], [1, 2, 3], ordered=True))
    rule = OrderRule.of(as_column(stars, "stars"), as_column(stars).order, 4)
    assert rule.levels == ("1", "2", "3")
    assert np.array_equal(filled(rule, [3.0, 1.0, 2.0])[0], filled(rule, stars)[0])
