"""Tables hold columns of one length and different names, and give rows and columns back."""

import numpy as np
import pytest

from glassnet.data.cells import as_text, is_missing, is_number, number, rows_in_words
from glassnet.data.tables import Column, Table, as_objects
from glassnet.errors import InvalidValue, ShapeMismatch, UnknownName

NUMBERS = Column("n", "numeric", np.array([1.0, np.nan, 2.5]))
TEXTS = Column("t", "categorical", as_objects(["a", None, ""]))
FLAGS = Column("f", "boolean", np.array([1.0, 0.0, np.nan]))


@pytest.fixture
def table():
    return Table([NUMBERS, TEXTS, FLAGS])


def test_each_kind_knows_its_missing_values():
    assert NUMBERS.missing.tolist() == [False, True, False]
    assert TEXTS.missing.tolist() == [False, True, False]
    assert FLAGS.missing.tolist() == [False, False, True]
    assert all(column.missing.dtype == bool for column in (NUMBERS, TEXTS, FLAGS))


def test_texts_are_the_values_as_a_person_writes_them():
    assert NUMBERS.texts().tolist() == ["1", None, "2.5"]
    assert TEXTS.texts().tolist() == ["a", None, ""]
    assert FLAGS.texts().tolist() == ["True", "False", None]


def test_a_table_gives_its_columns_by_name(table):
    assert table.names == ("n", "t", "f")
    assert len(table) == 3
    assert table["t"] is TEXTS
    assert "t" in table
    assert "x" not in table
    with pytest.raises(UnknownName, match="Did you mean 't'"):
        table["tt"]


def test_columns_and_rows_can_be_left_out(table):
    assert table.without("t", "n").names == ("f",)
    with pytest.raises(UnknownName):
        table.without("z")
    for rows in (np.array([2, 0]), slice(None, None, -2), np.array([True, False, True])):
        part = table.take(rows)
        assert np.array_equal(part["n"].values, NUMBERS.values[rows], equal_nan=True)
        assert part["t"].values.tolist() == TEXTS.values[rows].tolist()


def test_a_table_of_nothing_or_of_unequal_columns_is_refused():
    with pytest.raises(InvalidValue, match="at least one column"):
        Table([])
    with pytest.raises(InvalidValue, match="'n' stands twice"):
        Table([NUMBERS, TEXTS, NUMBERS])
    with pytest.raises(ShapeMismatch, match="'n' has 3 and 'x' has 2"):
        Table([NUMBERS, TEXTS, Column("x", "numeric", np.ones(2))])


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3, "3"),
        (3.0, "3"),
        (np.float32(3), "3"),
        (-0.5, "-0.5"),
        (0.1, "0.1"),
        (1e300, "1e+300"),
        (2.0**53 - 1, "9007199254740991"),
        (True, "True"),
        (np.False_, "False"),
        ("3.0", "3.0"),
    ],
)
def test_a_level_has_one_text_in_every_dtype(value, text):
    assert as_text(value) == text


def test_a_number_beyond_floats_is_infinite_and_not_an_error():
    assert number(10**400) == np.inf
    assert number(-(10**400)) == -np.inf


def test_true_is_no_number_and_nan_is_no_value():
    assert [is_number(v) for v in (1, 1.5, np.int8(1), True, np.True_, "1", None, 1j)] == [
        True, True, True, False, False, False, False, False,
    ]  # fmt: skip
    assert [is_missing(v) for v in (None, np.nan, np.float64("nan"), 0, "", False)] == [
        True, True, True, False, False, False,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([0], "row 1"),
        ([0, 4], "rows 1 and 5"),
        ([0, 1, 2, 3], "rows 1, 2, 3 and 4"),
        (range(1005), "rows 1, 2, 3 and 1,002 more"),
    ],
)
def test_rows_are_counted_from_one_and_few_are_listed(rows, words):
    mask = np.zeros(1005, dtype=bool)
    mask[list(rows)] = True
    assert rows_in_words(mask) == words
