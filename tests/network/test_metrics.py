"""Metrics by hand, and against scikit-learn's of the same name."""

import numpy as np
import pytest
from sklearn import metrics as theirs

from glassnet.network.metrics import R2, Accuracy, MeanAbsoluteError, RootMeanSquaredError

EQUAL = np.full(4, 0.25)


def column(*values):
    return np.array(values, dtype=float)[:, None]


def test_accuracy_of_one_column_compares_sides_of_a_half():
    a, y = column(0.9, 0.2, 0.51, 0.5), column(1, 1, 1, 0)

    assert Accuracy().value(a, y, EQUAL) == 0.75
    assert Accuracy().value(a, y, np.array([0.1, 0.6, 0.2, 0.1])) == pytest.approx(0.4)


def test_accuracy_of_a_distribution_compares_the_largest():
    a = np.array([[0.4, 0.35, 0.25], [0.1, 0.2, 0.7]])

    assert Accuracy().value(a, np.eye(3)[[0, 1]], np.full(2, 0.5)) == 0.5


def test_accuracy_of_labels_wants_all_of_them():
    a, y = np.array([[0.9, 0.8], [0.9, 0.1]]), np.array([[1.0, 0.0], [1.0, 0.0]])

    assert Accuracy(multilabel=True).value(a, y, np.full(2, 0.5)) == 0.5
    assert Accuracy().value(a, y, np.full(2, 0.5)) == 1.0  # the largest agree


def regression():
    rng = np.random.default_rng(0)
    y = rng.normal(size=(30, 3))
    w = rng.uniform(size=30)
    return y + rng.normal(scale=0.5, size=y.shape), y, w / w.sum()


def test_r2_is_scikit_learns():
    a, y, w = regression()

    assert R2().value(a, y, w) == pytest.approx(theirs.r2_score(y, a, sample_weight=w))


def test_rmse_and_mae_are_scikit_learns_over_all_outputs():
    a, y, w = regression()

    squared = theirs.mean_squared_error(y, a, sample_weight=w)
    absolute = theirs.mean_absolute_error(y, a, sample_weight=w)

    assert RootMeanSquaredError().value(a, y, w) == pytest.approx(squared**0.5)
    assert MeanAbsoluteError().value(a, y, w) == pytest.approx(absolute)


@pytest.mark.parametrize("constant", [0.0, 0.1, 1e8 + 0.1, -3.0])
def test_r2_of_a_constant_target_is_one_if_met_and_zero_if_not(constant):
    """0.1 ten times, and its weighted mean: rounding must not count as spread."""
    for m in (1, 3, 10, 49):
        y, w = np.full((m, 1), constant), np.full(m, 1 / m)

        assert R2().value(y, y, w) == 1.0
        assert R2().value(y + 1, y, w) == 0.0


def test_rows_without_weight_do_not_count():
    a, y = column(1, 2, 3, 77), column(1, 3, 5, -5)
    w = np.array([0.5, 0.25, 0.25, 0.0])

    for metric in (R2(), RootMeanSquaredError(), MeanAbsoluteError(), Accuracy()):
        assert metric.value(a, y, w) == pytest.approx(metric.value(a[:3], y[:3], w[:3]))


def test_a_constant_target_with_a_weightless_outlier_is_constant():
    assert R2().value(column(2, 3, 9), column(2, 2, 7), np.array([0.5, 0.5, 0.0])) == 0.0


def test_which_way_is_up():
    assert Accuracy.greater_is_better
    assert R2.greater_is_better
    assert not RootMeanSquaredError.greater_is_better
    assert not MeanAbsoluteError.greater_is_better
