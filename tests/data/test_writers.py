"""A table that was written as CSV is read back with the same bits."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glassnet.data.cells import MISSING
from glassnet.data.frames import as_column
from glassnet.data.readers import read_table
from glassnet.data.tables import Column, Table, as_objects
from glassnet.data.writers import write_csv
from glassnet.errors import FileFault

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)


@given(
    st.lists(
        st.tuples(st.floats(), TEXT.filter(lambda t: t.strip() not in MISSING) | st.none()),
        min_size=1,
        max_size=20,
    )
)
def test_any_table_comes_back(tmp_path_factory, rows):
    numbers, texts = zip(*rows, strict=True)
    table = Table(
        [
            Column("a", "numeric", np.array(numbers)),
            Column("b,\n", "categorical", as_objects(texts)),
            Column("c", "numeric", np.arange(float(len(rows)))),  # no row is blank
        ]
    )
    path = tmp_path_factory.getbasetemp() / "table.csv"
    write_csv(path, table)
    found = read_table(path, kinds={"b,": "categorical"})
    assert found.names == ("a", "b,", "c")
    np.testing.assert_array_equal(found["a"].values, table["a"].values)
    assert found["b,"].values.tolist() == [None if t is None else t.strip() for t in texts]


def test_the_file_is_what_a_person_would_write(tmp_path):
    table = Table(
        [
            as_column([1, 2.5, None], "n"),
            as_column(["x", None, 'say "a, b"'], "t"),
            as_column([True, None, False], "f"),
        ]
    )
    write_csv(tmp_path / "a.csv", table)
    assert (tmp_path / "a.csv").read_bytes() == (b'n,t,f\n1,x,True\n2.5,,\n,"say ""a, b""",False\n')


def test_a_single_column_keeps_its_missing_rows(tmp_path):
    write_csv(tmp_path / "a.csv", Table([as_column([None, 1.5, None], "n")]))
    assert read_table(tmp_path / "a.csv")["n"].missing.tolist() == [True, False, True]


def test_a_folder_that_is_not_there_is_reported(tmp_path):
    with pytest.raises(FileFault, match="its folder does not exist"):
        write_csv(tmp_path / "absent" / "a.csv", Table([as_column([1], "n")]))
