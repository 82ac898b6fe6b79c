"""Rules in a model file: each comes back equal, and a header that is none is refused."""

import copy
import datetime as dt
import json

import numpy as np
import pytest

from glassnet.data.encode import RULES, TableEncoder
from glassnet.data.frames import as_column
from glassnet.data.kinds import as_said
from glassnet.data.rich_encoding import Encoding, rich_encoding
from glassnet.data.tables import Table
from glassnet.errors import BadFile

ROWS = 40
RNG = np.random.default_rng(0)
SENT = [dt.datetime(2020, 1, 1, tzinfo=dt.UTC) + dt.timedelta(hours=331 * k) for k in range(ROWS)]
GRADES = RNG.choice(["low", "mid", "high"], ROWS).tolist()
TABLE = Table(
    [
        as_column(RNG.gamma(2.0, 2.0, ROWS), "size"),
        as_column([None, *SENT[1:]], "sent"),
        as_said(as_column([None, *GRADES[1:]], "grade"), ["low", "mid", "high", "best"]),
        as_column(RNG.choice(["a", "b", "c"], ROWS).tolist(), "shop"),
        as_column((RNG.random(ROWS) < 0.5).tolist(), "new"),
    ]
)


def encoder_of(scaling="robust", *, infinite=False):
    return rich_encoding(
        TABLE, Encoding(3, scaling=scaling, infinite=infinite, steps=infinite)
    ).encoder


@pytest.mark.parametrize("infinite", [True, False])
@pytest.mark.parametrize("scaling", ["robust", "standard", "quantile"])
def test_every_rule_comes_back_equal(scaling, infinite):
    encoder = encoder_of(scaling, infinite=infinite)
    assert [rule.kind for rule in encoder.rules] == [
        "numeric", "date", "ordinal", "categorical", "boolean",
    ]  # fmt: skip
    header, arrays = encoder.to_header()
    again = TableEncoder.from_header(json.loads(json.dumps(header)), arrays)
    assert again == encoder
    assert np.array_equal(again.transform(TABLE), encoder.transform(TABLE))


def test_dates_and_orders_are_read_from_files_as_the_texts_that_they_are_there():
    assert encoder_of().kinds == {
        "size": "numeric", "sent": "categorical", "grade": "categorical", "shop": "categorical",
        "new": "boolean",
    }  # fmt: skip
    texts = Table([as_column(column.texts(), column.name) for column in TABLE.columns])
    assert np.array_equal(encoder_of().transform(texts), encoder_of().transform(TABLE))


SIZE, DATE, ORDER = (f"columns/{k}" for k in range(3))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (f"{SIZE}/kind", "numbers"),
        (f"{SIZE}/kind", "date"),
        (f"{SIZE}/kind", ["binned"]),
        (f"{SIZE}/scaling", "quantiles"),
        (f"{SIZE}/scaling", "standard"),
        (f"{SIZE}/scaling", None),
        (f"{SIZE}/thresholds", 0),
        (f"{SIZE}/thresholds", 10**12),
        (f"{SIZE}/thresholds", 3),
        (f"{SIZE}/thresholds", True),
        (f"{SIZE}/infinite", 1),
        (f"{SIZE}/steps", "yes"),
        (f"{SIZE}/edges", 2**62),
        (f"{SIZE}/more", 1),
        (f"{SIZE}/name", None),
        (f"{DATE}/zone", "Nowhere/Land"),
        (f"{DATE}/zone", "../../etc/passwd"),
        (f"{DATE}/zone", "a/" * 50_000),
        (f"{DATE}/zone", None),
        (f"{DATE}/parts", ["weekday", "month"]),
        (f"{DATE}/parts", ["month", "month"]),
        (f"{DATE}/parts", ["hour"]),
        (f"{DATE}/parts", [[]]),
        (f"{DATE}/parts", "month"),
        (f"{DATE}/days", None),
        (f"{DATE}/days", {}),
        (f"{DATE}/days/name", "other"),
        (f"{DATE}/days/indicator", True),
        (f"{DATE}/days/kind", 7),
        (f"{DATE}/years", None),
        (f"{DATE}/years/infinite", True),
        (f"{DATE}/indicator", 0),
        (f"{DATE}/more", 0),
        (f"{ORDER}/levels", []),
        (f"{ORDER}/levels", ["low", "low", "mid", "high"]),
        (f"{ORDER}/levels", ["low", 2, "high", "best"]),
        (f"{ORDER}/levels", ["low"]),
        (f"{ORDER}/levels", "lmhb"),
        (f"{ORDER}/number", []),
        (f"{ORDER}/number/name", "size"),
        (f"{ORDER}/number/edges", 1),
    ],
)
def test_a_header_that_promises_what_it_does_not_hold_is_refused(path, value):
    header, arrays = encoder_of("quantile").to_header()
    header = copy.deepcopy(header)
    *way, last = path.split("/")
    inner = header
    for key in way:
        inner = inner[int(key) if key.isdecimal() else key]
    inner[last] = value
    with pytest.raises(BadFile, match="encoder of columns is not valid") as caught:
        TableEncoder.from_header(header, arrays)
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize("scaling", ["robust", "standard", "quantile"])
def test_numbers_that_no_rule_can_have_are_refused(scaling):
    header, arrays = encoder_of(scaling).to_header()
    for name, array in arrays.items():
        if len(array) == 0:
            continue
        for changed in (
            array[:-1],
            np.append(array, 0.0),
            np.where(np.arange(len(array)) == 0, np.nan, array),
            array.astype(np.float32),
            array[:, None],
            array[::-1] * (-1.0 if name in ("scale", "spread") else 1.0),
        ):
            like = (changed.shape, changed.dtype) == (array.shape, array.dtype)
            if name in ("mean", "median") and like and np.isfinite(changed).all():
                continue  # any middle is a middle
            with pytest.raises(BadFile):
                TableEncoder.from_header(header, arrays | {name: changed})
    with pytest.raises(BadFile, match="more numbers 'stray'"):
        TableEncoder.from_header(header, arrays | {"stray": np.ones(1)})


def test_a_leaf_of_a_header_that_is_another_is_refused_or_makes_an_encoder_that_works():
    header, arrays = encoder_of("quantile", infinite=True).to_header()
    others = [None, True, -1, 0, 2**63, 1.5, "", "x", [], {}, [[]]]
    worked = 0
    for path in leaves(header):
        for other in others:
            changed = copy.deepcopy(header)
            inner = changed
            for key in path[:-1]:
                inner = inner[key]
            inner[path[-1]] = other
            if path[-1] == "zone" and other == "":
                continue  # that of another column, of dates without a zone
            try:
                encoder = TableEncoder.from_header(changed, arrays)
            except BadFile:
                continue
            worked += 1
            again = TableEncoder.from_header(*encoder.to_header())
            assert again == encoder
            renamed = Table(
                [as_column(c.texts() if c.kind == "date" else c, n)
                 for c, n in zip(TABLE.columns, encoder.names, strict=True)]
            )  # fmt: skip
            assert np.isfinite(encoder.transform(renamed.take(slice(1, 9)))).all()
    assert worked > 5


def leaves(value, way=()):
    """The paths to all values of a header."""
    pairs = enumerate(value) if isinstance(value, list) else value.items()
    for key, inner in pairs:
        yield (*way, key)
        if isinstance(inner, list | dict):
            yield from leaves(inner, (*way, key))


def test_each_word_for_a_rule_is_that_of_its_header():
    header, _ = encoder_of().to_header()
    assert {entry["kind"] for entry in header["columns"]} <= set(RULES)
