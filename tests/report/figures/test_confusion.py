"""The confusion matrix counts as scikit-learn counts, and shows what it counts."""

import numpy as np
import pytest
import sklearn.metrics

from glassnet import report
from glassnet.errors import InvalidValue, ShapeMismatch

RNG = np.random.default_rng(0)


def numbers(figure):
    return [text.get_text() for text in figure.axes[0].texts]


@pytest.mark.parametrize("k", [2, 3, 7, 30])
def test_counts_are_those_of_scikit_learn(k):
    names = np.array([f"c{code:02d}" for code in range(k)])
    y, predicted = names[RNG.integers(0, k, (2, 400))]

    expected = sklearn.metrics.confusion_matrix(y, predicted, labels=names)
    assert np.array_equal(report.confusion_counts(y, predicted, names), expected)


def test_cells_show_counts_shares_and_a_shade_that_is_the_share():
    figure = report.confusion_matrix(list("aaab"), list("aabb"))

    assert numbers(figure) == ["2\n67%", "1\n33%", "0", "1\n100%"]
    (mesh, *_) = figure.axes[0].collections
    assert np.allclose(mesh.get_facecolor()[:, 3], [2 / 3, 1 / 3, 0, 1])


def test_numbers_stand_in_the_cell_of_their_row_and_column():
    figure = report.confusion_matrix(["a", "b", "b"], ["b", "b", "b"], classes=["a", "b"])

    places = {text.get_text(): text.get_position() for text in figure.axes[0].texts}
    assert places["1\n100%"] == (1, 0)  # column b, row a
    assert places["2\n100%"] == (1, 1)
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["a (1)", "b (2)"]
    assert figure.axes[0].yaxis_inverted()


def test_thirty_classes_show_counts_and_a_hundred_only_shades():
    thirty = RNG.integers(0, 30, 1000)
    hundred = RNG.integers(0, 100, 1000)

    shown = numbers(report.confusion_matrix(thirty, thirty))
    assert shown == [str(count) for count in np.bincount(thirty)]
    assert numbers(report.confusion_matrix(hundred, hundred)) == []


def test_a_class_that_no_row_has_gets_a_row_of_zeros():
    figure = report.confusion_matrix(["a"], ["b"], classes=["a", "b"])

    assert numbers(figure) == ["0", "1\n100%", "0", "0"]


def test_one_class_alone_can_be_drawn():
    assert numbers(report.confusion_matrix([1, 1], [1, 1])) == ["2\n100%"]


def test_names_are_shown_as_they_are_on_one_line():
    names = ["$x_{1}$", "a\nb", "<b>&", "x" * 60, r"\frac"]
    figure = report.confusion_matrix(names, names, classes=names)

    labels = [label.get_text() for label in figure.axes[0].get_xticklabels()]
    assert labels[:3] == ["$x_{1}$", "a b", "<b>&"]
    assert len(labels[3]) == 22
    assert not figure.axes[0].get_xticklabels()[0].get_parse_math()


def test_a_class_that_was_not_named_is_refused():
    with pytest.raises(InvalidValue, match=r"predicted must hold only the 2 classes.*'c'"):
        report.confusion_matrix(["a"], ["c"], classes=["a", "b"])


def test_columns_of_different_length_are_refused():
    with pytest.raises(ShapeMismatch, match="got 1 and 2"):
        report.confusion_matrix(["a"], ["a", "a"])
