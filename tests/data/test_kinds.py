"""What a column is said to be, and what is found in its values."""

import numpy as np
import pandas as pd
import pytest

from glassnet.data.frames import as_column
from glassnet.data.kinds import as_found, as_said, require_kind
from glassnet.errors import InvalidValue


def test_texts_that_are_all_dates_are_found_to_be_dates():
    found = as_found(as_column(["2024-05-31", None, "NA", "2024-06-01 10:00"], "sent"))
    assert found.kind == "date"
    assert found.texts().tolist() == ["2024-05-31", None, None, "2024-06-01T10:00:00"]
    assert as_found(as_column(["2024-05-31T00:00Z"], "sent")).zone == "UTC"


@pytest.mark.parametrize(
    "values",
    [["2024-05-31", "soon"], ["2024-05-31", "2024-05-31T00:00Z"], ["2024", "2025"], [None, None],
     [1.0, 2.0], [True, False], ["a", "b"]],
)  # fmt: skip
def test_other_columns_are_left_as_they_are(values):
    column = as_column(values, "x")
    assert as_found(column) is column


def test_an_order_told_by_the_frame_stands():
    ordered = pd.Series(pd.Categorical(["2024-01-02", "2024-01-01"], ordered=True))
    column = as_column(ordered, "x")
    assert as_found(column) is column
    assert as_said(column, "categorical").order == ()
    assert as_said(column, ["2024-01-02", "2024-01-01"]).order == ("2024-01-02", "2024-01-01")


def test_numbers_behind_texts_and_categories_are_numbers_when_it_is_said():
    for values in (["1", "2.5", None], pd.Categorical(["1", "2.5", None])):
        found = as_said(as_column(pd.Series(values), "x"), "numeric")
        assert found.kind == "numeric"
        np.testing.assert_array_equal(found.values, [1.0, 2.5, np.nan])
    with pytest.raises(InvalidValue, match=r"'x' must hold numbers.* row 2 \(as 'two'\)"):
        as_said(as_column(["1", "two"], "x"), "numeric")


def test_what_is_said_to_be_a_date_must_be_one():
    assert as_said(as_column(["2024-05-31", "?"], "x"), "date").kind == "date"
    with pytest.raises(InvalidValue, match=r"'x' must hold dates .*'31.5.' at row 2"):
        as_said(as_column(["2024-05-31", "31.5."], "x"), "date")
    with pytest.raises(InvalidValue, match=r"'x' must hold dates .* numbers at rows 1 and 2"):
        as_said(as_column([20240531, 20240601], "x"), "date")


@pytest.mark.parametrize("said", ["nominal", 3, None, [], ["a", "a"], {"a": 1}, [1, 1.0]])
def test_a_kind_that_is_none_is_refused_with_those_there_are(said):
    with pytest.raises(
        InvalidValue, match=r"'x' must be 'numeric', .* list of levels.* got .*\. Say"
    ):
        require_kind(said, "x")
