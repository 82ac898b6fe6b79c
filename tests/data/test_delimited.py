"""CSV and TSV files become the columns that a person would read in them, or one clear error."""

import csv
import gzip
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glassnet.data import delimited
from glassnet.data.readers import read_table
from glassnet.errors import BadFile, FileFault, InvalidValue


@pytest.fixture
def file(tmp_path):
    def write(content, name="a.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def columns(table):
    return {column.name: (column.kind, column.values.tolist()) for column in table.columns}


def same(table, expected):
    found = columns(table)
    assert list(found) == list(expected)
    for name, (kind, values) in expected.items():
        assert found[name][0] == kind
        np.testing.assert_array_equal(found[name][1], values)


def refused(error, path, words, **options):
    with pytest.raises(error, match=words) as caught:
        read_table(path, **options)
    message = str(caught.value)
    assert message.startswith(str(path))
    assert "\n" not in message


NAN = math.nan
SAMPLE = {
    "size": ("numeric", [1.5, NAN, -3.0]),
    "shop": ("categorical", ["north, upper", None, "south"]),
}
SAMPLE_CSV = 'size,shop\n1.5,"north, upper"\nNA,\n-3e0,south\n'


@pytest.mark.parametrize(
    "content",
    [
        SAMPLE_CSV,
        SAMPLE_CSV.replace("\n", "\r\n"),
        SAMPLE_CSV.replace("\n", "\r"),
        SAMPLE_CSV.rstrip("\n"),
        "\ufeff" + SAMPLE_CSV,
        "\n\n" + SAMPLE_CSV.replace("\n", "\n\n") + "\n  \n",
        ' size , "shop"\n'.replace(' "', '"') + ' 1.5 ,"north, upper"\n NA , \n-3, south \n',
    ],
)
def test_a_file_is_read_whatever_ends_its_lines_and_pads_its_cells(file, content):
    same(read_table(file(content)), SAMPLE)


def test_tabs_other_delimiters_and_compression_are_read(file):
    content = SAMPLE_CSV.replace('"north, upper"', "north; upper").replace(",", "\t")
    expected = {**SAMPLE, "shop": ("categorical", ["north; upper", None, "south"])}
    same(read_table(file(content, "a.tsv")), expected)
    same(read_table(file(content), delimiter="\t"), expected)
    same(read_table(file(gzip.compress(SAMPLE_CSV.encode()), "a.csv.gz")), SAMPLE)
    same(read_table(file(gzip.compress(SAMPLE_CSV.encode()), "A.CSV.GZ")), SAMPLE)


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "utf-16", "utf-32", "utf-8-sig"])
def test_other_encodings_are_read_when_named(file, encoding):
    path = file("näme,x\nZoë,1\n".encode(encoding))
    same(
        read_table(path, encoding=encoding),
        {"näme": ("categorical", ["Zoë"]), "x": ("numeric", [1.0])},
    )


@pytest.mark.parametrize(
    "marker", ["", "NA", "N/A", "#N/A", "NaN", "nan", "NULL", "null", "?", " ", " NA ", '""']
)
def test_markers_of_missing_values_are_missing_in_numbers_and_in_text(file, marker):
    path = file(f"n,t\n1,a\n{marker},{marker}\n")
    same(read_table(path), {"n": ("numeric", [1.0, NAN]), "t": ("categorical", ["a", None])})


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        ("1", 1.0),
        ("+1.", 1.0),
        (".5", 0.5),
        ("-0", -0.0),
        ("\xa07\xa0", 7.0),  # padded with no-break spaces
        ("1e-320", 1e-320),
        ("0.1", 0.1),
        ("179769313486231570000" + "0" * 288, 1.7976931348623157e308),
        ("inf", math.inf),
        ("-Infinity", -math.inf),
        ("1e999", math.inf),
    ],
)
def test_numbers_are_read_exactly_on_both_routes(file, cell, number):
    for text in (f"x,y\n{cell},1\n", f'x,y\n{cell},"1"\n', f"x,y\n{cell},\n"):
        found = read_table(file(text))["x"]
        assert found.kind == "numeric"
        assert found.values.tobytes() == np.float64(number).tobytes()


@pytest.mark.parametrize(
    "cell", ["1_000", "１", "0x10", "1d3", "1,5", "12 %", "1 2", "--1", "nano"]
)
def test_what_only_looks_like_a_number_is_text(file, cell):
    for other in ("1", "a"):
        found = read_table(file(f'x,y\n"{cell}",{other}\n'))["x"]
        assert (found.kind, found.values.tolist()) == ("categorical", [cell])


def test_one_word_among_numbers_makes_a_column_text_with_its_spelling_kept(file, monkeypatch):
    monkeypatch.setattr(delimited, "BLOCK", 3)
    rows = ["007", "1.50", "", "08", "09", "word", "010"]
    path = file("code,n\n" + "".join(f"{cell},1\n" for cell in rows))
    same(
        read_table(path),
        {
            "code": ("categorical", ["007", "1.50", None, "08", "09", "word", "010"]),
            "n": ("numeric", [1.0] * 7),
        },
    )


def test_a_quoted_cell_may_cross_lines_and_blocks(file, monkeypatch):
    content = 'x,t\n1,"a\nb\n\nc"\n2,"d ""quoted"""\n3,e\n4,"f\n"\n'
    expected = {
        "x": ("numeric", [1.0, 2.0, 3.0, 4.0]),
        "t": ("categorical", ["a\nb\n\nc", 'd "quoted"', "e", "f"]),
    }
    for block in (1, 2, 3, 4, 100):
        monkeypatch.setattr(delimited, "BLOCK", block)
        same(read_table(file(content)), expected)


PLAIN = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=6)
CELLS = st.one_of(
    PLAIN,
    st.floats().map(repr),
    st.integers(-(10**20), 10**20).map(str),
    st.sampled_from(["", "NA", "1_0", " 2 ", '"', "\n", "a,b", "\r\n", "1e5", "\x1c1", "\xa01"]),
)


def meaning(cells):
    """The second algorithm: what a column means, a cell at a time, from the definition."""
    stripped = [cell.strip() for cell in cells]
    missing = [cell in delimited.MISSING for cell in stripped]

    def number(cell):
        if not cell.isascii() or "_" in cell:
            raise ValueError(cell)
        return float(cell)

    try:
        return "numeric", [
            NAN if gone else number(c) for c, gone in zip(stripped, missing, strict=True)
        ]
    except ValueError:
        texts = [None if gone else c for c, gone in zip(stripped, missing, strict=True)]
        return "categorical", texts


@given(
    rows=st.lists(st.tuples(CELLS, CELLS, st.floats().map(repr)), min_size=1, max_size=12),
    block=st.sampled_from([1, 2, 5, 20_000]),
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL, csv.QUOTE_NONNUMERIC]),
)
def test_any_table_that_was_written_is_read_back(tmp_path_factory, rows, block, quoting):
    path = tmp_path_factory.getbasetemp() / "any.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, quoting=quoting)
        writer.writerow(["a", "b", "c"])
        writer.writerows(rows)
    kept = [row for row in rows if "".join(row).strip()]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(delimited, "BLOCK", block)
        table = read_table(path)
    same(
        table, {n: meaning(cells) for n, cells in zip("abc", zip(*kept, strict=True), strict=True)}
    )


@given(
    rows=st.lists(
        st.lists(
            st.floats().map(repr) | st.sampled_from([" 1", "2 ", "-.5"]), min_size=3, max_size=3
        ),
        min_size=1,
        max_size=30,
    ),
    block=st.sampled_from([1, 7, 20_000]),
)
def test_the_fast_route_agrees_with_the_definition(tmp_path_factory, rows, block):
    path = tmp_path_factory.getbasetemp() / "fast.csv"
    path.write_text("a,b,c\n" + "".join(",".join(row) + "\n" for row in rows))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(delimited, "BLOCK", block)
        patch.setattr(delimited, "_records", None)  # the other route would fail
        table = read_table(path)
    expected = zip("abc", zip(*rows, strict=True), strict=True)
    same(table, {name: meaning(cells) for name, cells in expected})


def test_kinds_overrule_what_the_cells_look_like(file):
    path = file("zip,flag,n\n01234,1,5\n98765,0,\n")
    kinds = {"zip": "categorical", "flag": "boolean", "n": "numeric", "absent": "numeric"}
    same(
        read_table(path, kinds=kinds),
        {
            "zip": ("categorical", ["01234", "98765"]),
            "flag": ("categorical", ["1", "0"]),
            "n": ("numeric", [5.0, NAN]),
        },
    )


def test_text_in_a_column_that_must_hold_numbers_is_named_by_line(file, monkeypatch):
    path = file('t,age\n"two\nlines",31\n\nx,1 2\n')
    words = "line 5: the column 'age' must hold numbers; got '1 2'"
    for block in (1, 2, 100):
        monkeypatch.setattr(delimited, "BLOCK", block)
        refused(InvalidValue, path, words, kinds={"age": "numeric"})


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"\n \n", "has no text in it"),
        (b"a,b\n", "has a header and no rows"),
        (b"a,b\n\n\n", "has a header and no rows"),
        (b"a,b\n1,2\n1\n", "line 3 has 1 cells; the header has 2"),
        (b"a,b\n1,2,3\n", "line 2 has 3 cells; the header has 2"),
        (b'a,b\n"x\ny",2\n\n1,2,3\n', "line 5 has 3 cells"),
        (b"a,b,a\n1,2,3\n", "header: .*'a' stands twice"),
        (b"a, a \n1,2\n", "'a' stands twice"),
        (b"1.5,2\n3,4\n", "first line holds numbers"),
        (b"a;b\n1;2\n", "delimiter=';'"),
        (b"a\tb\n1\t2\n", r"delimiter='\\t'"),
        (b'a,b\n1,"cut\n2,x\n', "line 2: a quoted cell begins here and does not end"),
        (b'a,b\n1,"' + b"x" * 200_000, "line 2: a quoted cell begins here"),
        (b'a,b\n1,"x"y\n', "line 2: .* expected after"),
        (b'a,"b\n1,2\n', "header: "),
        (b"a,b\n1,caf\xe9\n", "byte 0xe9 at offset 9, line 2. .*latin-1"),
        (b"a,b\n" + b"1,2\n" * 400_000 + b"\xff,2\n", "0xff at offset 1600004, line 400002"),
        (b"\xff\xfea\x00,\x00b\x00", 'not utf-8 but utf-16. Read it with encoding="utf-16"'),
        (b"a,b\n1,\xc3", "byte 0xc3 at offset 6"),
        (b"a,b\n1,\x002\n", "no text file"),
        (b"a,b\n" + b"1,2\n" * 500 + b"1,\x00\n", "line 502 holds a zero byte"),
        (b'a,b\n"\x00"' + b" " * 2000, "no text file"),
        (b"\x1f\x8b\x08\x00" + bytes(20), "add .gz to its name"),
        (b"PK\x03\x04" + bytes(20), "Excel"),
        (b"PAR1" + bytes(20), "name it .parquet"),
        (b"\x89PNG\r\n\x1a\n" + bytes(20), "no text file"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_in_one_line(file, content, words):
    refused(BadFile, file(content), words)


def test_a_compressed_file_cut_short_is_refused_at_every_byte(file):
    rng = np.random.default_rng(0)
    text = "a,b\n" + "".join(f"{x},é{x}\n" for x in rng.normal(size=30))
    whole = gzip.compress(text.encode())
    for size in range(1, len(whole)):
        refused(BadFile, file(whole[:size], "a.csv.gz"), "not a complete gzip file|is empty")
    refused(BadFile, file(text, "a.csv.gz"), "not a complete gzip file")


@pytest.mark.parametrize("block", [1, 2, 20_000])
def test_a_file_cut_within_quotes_is_refused_at_every_byte_of_them(file, monkeypatch, block):
    monkeypatch.setattr(delimited, "BLOCK", block)
    text = 'a,b\n1,x\n2,"quoted, long\nand over lines"\n'
    start = text.index('"') + 1
    for size in range(start, len(text) - 2):
        refused(BadFile, file(text[:size]), "line 3: a quoted cell begins here")


@pytest.mark.parametrize(
    ("content", "options", "words"),
    [
        (b"\xef\xbb\xbfa,b\n1,2\n", {"encoding": "ascii"}, "not ascii: byte 0xef at offset 0"),
        (b"a,b\n1,2\n", {"encoding": "utf-16"}, "not utf-16"),
        ("a,b\n".encode("utf-16") + b"1", {"encoding": "utf-16"}, "not utf-16"),
    ],
)
def test_a_wrongly_named_encoding_is_reported(file, content, options, words):
    refused(BadFile, file(content), words, **options)


@pytest.mark.parametrize("encoding", ["utf9", "", "base64", "rot13", "utf-8\0", 8])
def test_an_encoding_that_does_not_exist_is_refused(file, encoding):
    with pytest.raises(InvalidValue, match="encoding must be one that Python knows"):
        read_table(file("a\n1\n"), encoding=encoding)


@pytest.mark.parametrize("delimiter", ["::", '"', "\n"])
def test_a_delimiter_is_one_character(file, delimiter):
    with pytest.raises(InvalidValue, match="one character"):
        read_table(file("a\n1\n"), delimiter=delimiter)


def test_files_that_are_none_are_refused(tmp_path):
    refused(FileFault, tmp_path / "absent.csv", "there is no such file")
    (tmp_path / "folder.csv").mkdir()
    refused(FileFault, tmp_path / "folder.csv", "it is a folder")


def test_names_are_given_to_columns_without(file):
    same(
        read_table(file(",b,\n1,2,\n")),
        {"column 1": ("numeric", [1.0]), "b": ("numeric", [2.0]), "column 3": ("numeric", [NAN])},
    )


def test_a_header_that_counts_the_columns_is_a_header(file):
    assert read_table(file("0,1\n5,6\n")).names == ("0", "1")


def test_equal_texts_are_one_object_however_many_cells_hold_them(file):
    values = read_table(file("t,n\n" + "some text,1\n" * 1000))["t"].values
    assert len({id(value) for value in values}) == 1


def test_progress_is_told_in_rows(file, monkeypatch):
    monkeypatch.setattr(delimited, "BLOCK", 100)
    told = []
    read_table(file("a\n" + "1\n" * 250), on_rows=told.append)
    assert told == [100, 200, 250]
