"""Sentences about columns: rows numbered or named, gaps, and numbers among texts."""

import numpy as np
import pytest

from glassnet.data.column_notes import constancy, gaps, identifier
from glassnet.data.frames import as_column
from glassnet.data.tables import Column, as_objects


def test_whole_numbers_without_a_gap_number_the_rows_in_any_order():
    numbers = np.random.default_rng(0).permutation(50) + 1000.0
    assert "numbers the rows" in identifier(Column("id", "numeric", numbers))
    assert identifier(Column("id", "numeric", numbers[:19])) == ""
    for other in (numbers / 2, np.repeat(numbers, 2), np.append(numbers, np.nan)):
        assert identifier(Column("id", "numeric", other)) == ""


@pytest.mark.parametrize("far", [1e308, np.inf])
def test_numbers_at_the_ends_of_their_range_number_no_rows(far):
    column = Column("x", "numeric", np.append(np.arange(30.0), [-far, far]))
    assert identifier(column) == ""


def test_texts_of_more_than_half_of_the_rows_name_them():
    texts = [f"row {k}" for k in range(30)]
    assert "'name' has 30 different texts in 30 rows" in identifier(as_column(texts, "name"))
    assert identifier(as_column([*texts[:15]] * 2, "name")) == ""
    ordered = Column("name", "categorical", as_objects(texts), order=tuple(texts))
    assert identifier(ordered) == ""


def test_columns_that_are_alike_in_all_rows_say_in_which_way():
    assert constancy(as_column(["a", "a"], "x")) == "the same in every row"
    assert constancy(as_column([None, None], "x")) == "missing in every row"
    assert constancy(as_column([1.0, None], "x")) == ""
    assert constancy(as_column([1.0, 2.0], "x")) == ""


def test_gaps_and_infinities_are_counted():
    assert gaps(as_column([None, None, 3.0], "x")) == ["'x' has 2 missing values of 3."]
    assert gaps(as_column([1.0, -np.inf, np.inf], "x")) == [
        "'x' is infinite in 2 rows, taken as missing."
    ]
    assert gaps(as_column([1.0, 2.0], "x")) == []


def test_text_that_keeps_a_column_from_being_numbers_is_shown():
    (note,) = gaps(as_column(["1", "2.5", 3, "unknown"], "rooms"))
    assert note == (
        "'rooms' holds numbers in 3 of 4 rows and text such as 'unknown': it is taken as a "
        "category."
    )
    assert gaps(as_column(["1", "b", "c"], "rooms")) == []
    assert gaps(as_column(["1", "2"], "rooms")) == []
