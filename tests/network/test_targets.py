"""Targets: what is taken, and what is refused with a reason."""

import numpy as np
import pandas as pd
import pytest

from glassnet.errors import InvalidValue, ShapeMismatch
from glassnet.network.contracts import Loss
from glassnet.network.heads import Head, output_layer
from glassnet.network.intervals import Interval
from glassnet.network.layers import Dense
from glassnet.network.specification import Specification
from glassnet.network.targets import encode_targets


def spec(units, activation, loss):
    return Specification(4, (Dense(units, activation),), loss)


CLASSES = spec(3, "softmax", "cross_entropy")
LABELS = spec(2, "logistic", "binary_cross_entropy")
BINARY = spec(1, "logistic", "binary_cross_entropy")
COUNTS = spec(1, "exp", "poisson")
NUMBERS = spec(1, "identity", "squared_error")
PAIRS = spec(2, "identity", "squared_error")


@pytest.mark.parametrize(
    "y",
    [
        [2, 0, 1],
        (2, 0, 1),
        np.array([2, 0, 1], "uint8"),
        np.array([2.0, 0.0, 1.0], "float32"),
        pd.Series([2, 0, 1]),
        [[0, 0, 1], [1, 0, 0], [0, 1, 0]],
        pd.DataFrame([[0, 0, 1], [1, 0, 0], [0, 1, 0]]),
    ],
)
def test_class_numbers_become_one_hot_rows(y):
    encoded = encode_targets(CLASSES, y)

    assert encoded.tolist() == [[0, 0, 1], [1, 0, 0], [0, 1, 0]]
    assert encoded.dtype == np.float64


def test_two_classes_may_be_booleans():
    two = spec(2, "softmax", "cross_entropy")

    assert encode_targets(two, [True, False]).tolist() == [[0, 1], [1, 0]]


def test_a_distribution_over_the_classes_stays_as_it_is():
    y = [[0.2, 0.3, 0.5], [1.0, 0.0, 0.0]]

    assert encode_targets(CLASSES, y).tolist() == y


@pytest.mark.parametrize(
    ("of", "y", "encoded"),
    [
        (NUMBERS, [1.5, -2], [[1.5], [-2]]),
        (NUMBERS, [[1.5], [-2]], [[1.5], [-2]]),
        (NUMBERS, pd.Series([1.5, -2]), [[1.5], [-2]]),
        (PAIRS, [[1, 2]], [[1, 2]]),
        (BINARY, [True, False], [[1], [0]]),
        (BINARY, [0.25, 1], [[0.25], [1]]),
        (LABELS, [[1, 0], [1, 1]], [[1, 0], [1, 1]]),
        (COUNTS, [0, 7], [[0], [7]]),
        (NUMBERS, [], np.zeros((0, 1)).tolist()),
        (CLASSES, np.zeros(0, int), np.zeros((0, 3)).tolist()),
    ],
)
def test_a_column_stands_up(of, y, encoded):
    assert encode_targets(of, y).tolist() == encoded


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_dtype_is_the_networks(dtype):
    assert encode_targets(NUMBERS, [1, 2], dtype).dtype == dtype
    assert encode_targets(CLASSES, [1, 2], dtype).dtype == dtype


def test_several_heads_take_their_columns_side_by_side():
    heads = [Head(2, "softmax", "cross_entropy"), Head(1, "exp", "poisson"), Head(1)]
    of = Specification(4, (output_layer(heads),))

    assert encode_targets(of, [[0, 1, 7, -3]]).tolist() == [[0, 1, 7, -3]]
    with pytest.raises(InvalidValue, match=r"y must lie in \[0, ∞\) for 'poisson'; got -3 to -3"):
        encode_targets(of, [[0, 1, -3, 7]])
    with pytest.raises(InvalidValue, match=r"y must lie in \[0, 1\] for 'cross_entropy'"):
        encode_targets(of, [[0, 7, 1, -3]])


@pytest.mark.parametrize(
    ("of", "y", "error", "says"),
    [
        (NUMBERS, ["a", "b"], InvalidValue, "y must hold numbers; got dtype <U1. Encode class"),
        (NUMBERS, [None, 1], InvalidValue, "y must hold numbers; got dtype object"),
        (NUMBERS, [1 + 2j], InvalidValue, "y must hold numbers; got dtype complex128"),
        (NUMBERS, [np.nan, 1], InvalidValue, "y must be finite in float64; got nan or infinite"),
        (NUMBERS, [np.inf, 1], InvalidValue, "y must be finite"),
        (NUMBERS, [[1, 2]], ShapeMismatch, r"y must be \(m, 1\) for 1 outputs; got shape \(1, 2\)"),
        (NUMBERS, 3.0, ShapeMismatch, r"got shape \(\)"),
        (NUMBERS, np.zeros((2, 1, 1)), ShapeMismatch, r"got shape \(2, 1, 1\)"),
        (PAIRS, [1, 2], ShapeMismatch, r"y must be \(m, 2\) for 2 outputs; got shape \(2,\)"),
        (PAIRS, [[1, 2], [3]], ShapeMismatch, "the rows of y must be of one length"),
        (CLASSES, [[0], [1]], ShapeMismatch, r"y must be \(m, 3\)"),
        (CLASSES, [0, 1, 3], InvalidValue, "class numbers from 0 to 2 for 3 outputs; got 0 to 3"),
        (CLASSES, [-1, 1], InvalidValue, "class numbers from 0 to 2 for 3 outputs; got -1 to 1"),
        (CLASSES, [0.5, 1], InvalidValue, "got values that are not integers"),
        (CLASSES, [np.nan, 1], InvalidValue, "got values that are not integers"),
        (CLASSES, [np.inf, 1], InvalidValue, "got values that are not integers"),
        (CLASSES, [[0, 2, 0]], InvalidValue, r"y must lie in \[0, 1\] for 'cross_entropy'; got 0"),
        (BINARY, [0, 2], InvalidValue, r"y must lie in \[0, 1\] for 'binary_cross_entropy'; got 0"),
        (BINARY, [-0.1, 1], InvalidValue, r"got -0.1 to 1"),
        (COUNTS, [1, -1], InvalidValue, r"y must lie in \[0, ∞\) for 'poisson'; got -1 to 1"),
    ],
)
def test_what_does_not_fit_is_refused(of, y, error, says):
    with pytest.raises(error, match=says):
        encode_targets(of, y)


def test_a_number_too_large_for_float32_is_refused_there():
    assert encode_targets(NUMBERS, [1e300]).tolist() == [[1e300]]
    with pytest.raises(InvalidValue, match="y must be finite in float32"):
        encode_targets(NUMBERS, [1e300], "float32")


def test_an_open_end_of_a_users_loss_counts():
    class LogError(Loss):
        name = "log_error"
        domain = targets = Interval(0, np.inf)

        def of_output(self, a, y):
            return np.log(a / y) ** 2

        def derivative(self, a, y):
            return 2 * np.log(a / y) / a

    of = spec(1, "exp", LogError())

    assert encode_targets(of, [0.5]).tolist() == [[0.5]]
    with pytest.raises(InvalidValue, match=r"y must lie in \(0, ∞\) for 'log_error'; got 0 to 1"):
        encode_targets(of, [0, 1])
