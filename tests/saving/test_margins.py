"""The numbers of intervals and sets in a model file: what comes back, and what is refused."""

import numpy as np
import pytest

import glassnet as gn
from glassnet.errors import InvalidValue
from glassnet.estimators.tables.margins import Ends, Threshold
from glassnet.saving.margins import margins_of, margins_part
from glassnet.saving.parts import Part, read_parts

RNG = np.random.default_rng(0)
X = [[k / 100, "ab"[k % 2]] for k in range(200)]
Y = [k / 100 + (k % 2) + noise for k, noise in enumerate(RNG.normal(size=200))]


@pytest.fixture(scope="module")
def reg():
    return gn.TableRegressor("fast", epochs=3, random_state=0).fit(X[::2], Y[::2])


@pytest.fixture(scope="module")
def clf():
    y = ["low" if y < 1.5 else "high" for y in Y]
    return gn.TableClassifier("fast", epochs=3, random_state=0).fit(X[::2], y[::2])


def test_a_file_has_them_again_to_the_bit_and_an_older_reader_may_leave_them(reg, tmp_path):
    made = gn.conformal(reg, X[1::2], Y[1::2], coverage=0.8)
    reg.margins_ = made.margins
    gn.save(reg, tmp_path / "m")
    again = gn.load(tmp_path / "m")

    assert again.margins_ == made.margins
    np.testing.assert_array_equal(gn.conformal(again, coverage=0.8).intervals(X), made.intervals(X))
    assert "margins" not in read_parts(tmp_path / "m").requires
    with pytest.raises(InvalidValue, match=r"calibrated for a coverage of 0\.8"):
        gn.conformal(again, coverage=0.9)


def test_sets_come_back_too(clf, tmp_path):
    y = ["low" if y < 1.5 else "high" for y in Y]
    made = gn.conformal(clf, X[1::2], y[1::2], coverage=0.9)
    clf.margins_ = made.margins
    gn.save(clf, tmp_path / "m")

    again = gn.conformal(gn.load(tmp_path / "m"), coverage=0.9)

    np.testing.assert_array_equal(again.sets(X), made.sets(X))
    assert again.rows == 100


def test_a_new_fit_forgets_them(clf):
    clf.margins_ = Threshold(0.9, 100, 0.5)
    y = ["low" if y < 1.5 else "high" for y in Y]

    clf.fit(X, y)

    assert not hasattr(clf, "margins_")


@pytest.mark.parametrize(
    ("field", "value"),
    [("coverage", 1.0), ("coverage", "0.9"), ("rows", 0), ("least", 1.5), ("least", float("nan"))],
)
def test_numbers_that_cannot_be_are_refused(clf, field, value):
    header = dict(margins_part(Threshold(0.9, 100, 0.5)).header)
    assert margins_of(Part(header), clf.head_) == Threshold(0.9, 100, 0.5)

    with pytest.raises(ValueError, match=r"."):
        margins_of(Part(header | {field: value}), clf.head_)


def test_intervals_are_not_for_classes_nor_sets_for_numbers(clf, reg):
    with pytest.raises((KeyError, ValueError)):
        margins_of(margins_part(Ends(0.9, 100, 1.0, 1.0)), clf.head_)
    with pytest.raises((KeyError, ValueError)):
        margins_of(margins_part(Threshold(0.9, 100, 0.5)), reg.head_)
