"""Calibration counts as a plain loop counts, with Wilson's intervals."""

import numpy as np
import pytest
import scipy.stats
import sklearn.calibration

from glassnet import report
from glassnet.errors import InvalidValue, ShapeMismatch
from glassnet.report.figures.calibration import wilson

RNG = np.random.default_rng(0)
P = np.round(RNG.random(500), 2)  # rounded, so that some lie on the edges of bins
Y = (RNG.random(500) < P**1.5).astype(int)


def by_loop(came, said, bins):
    """Bins by comparing every row with every edge, the last bin closed."""
    edges = [k / bins for k in range(bins + 1)]
    found = []
    for k in range(bins):
        last = k == bins - 1
        rows = [
            i for i, p in enumerate(said) if edges[k] <= p < edges[k + 1] or (last and p == 1.0)
        ]
        mean = sum(said[i] for i in rows) / len(rows) if rows else float("nan")
        share = sum(came[i] for i in rows) / len(rows) if rows else float("nan")
        found.append((len(rows), mean, share))
    return np.array(found).T


@pytest.mark.parametrize("bins", [1, 4, 5, 10])
def test_bins_are_those_of_a_plain_loop(bins):
    found = report.reliability(Y, P, bins=bins)

    counts, said, happened = by_loop(Y, P, bins)
    assert np.array_equal(found.counts, counts)
    np.testing.assert_allclose(found.said, said, rtol=1e-12)
    np.testing.assert_allclose(found.happened, happened, rtol=1e-12)


def test_filled_bins_are_those_of_scikit_learn():
    p = RNG.random(300)  # nothing on an edge, where the two differ in which side it is of
    y = (RNG.random(300) < p).astype(int)

    found = report.reliability(y, p, bins=10)

    happened, said = sklearn.calibration.calibration_curve(y, p, n_bins=10)
    np.testing.assert_allclose(found.said, said, rtol=1e-12)
    np.testing.assert_allclose(found.happened, happened, rtol=1e-12)


def test_of_several_classes_the_most_likely_counts_against_all_others():
    p = RNG.dirichlet([0.5] * 4, 400)
    y = RNG.integers(0, 4, 400)

    found = report.reliability(y, p, bins=8)

    came = [int(max(range(4), key=row.__getitem__) == k) for row, k in zip(p, y, strict=True)]
    counts, said, happened = by_loop(came, [max(row) for row in p], 8)
    assert np.array_equal(found.counts, counts)
    np.testing.assert_allclose(found.said, said, rtol=1e-12)
    np.testing.assert_allclose(found.happened, happened, rtol=1e-12)


@pytest.mark.parametrize(("k", "n"), [(0, 1), (1, 1), (0, 20), (7, 20), (20, 20), (999, 1000)])
def test_intervals_are_those_of_scipy(k, n):
    low, high = wilson(np.array([k]), np.array([n]))

    expected = scipy.stats.binomtest(k, n).proportion_ci(0.95, method="wilson")
    np.testing.assert_allclose([low[0], high[0]], [expected.low, expected.high], atol=1e-12)


def test_the_expected_calibration_error_is_the_mean_gap_over_rows():
    found = report.reliability(Y, P, bins=5)

    gap = 0.0
    for i in range(500):
        k = min(int(P[i] * 100 + 0.5) // 20, 4)
        gap += abs(found.said[k] - found.happened[k]) / 500
    assert found.error == pytest.approx(gap, rel=1e-12)


def test_the_curve_and_the_counts_are_drawn_as_found():
    figure = report.calibration(Y, P, bins=10, event="rain")
    found = report.reliability(Y, P, bins=10)

    upper, lower = figure.axes
    curve = upper.lines[1]
    assert np.array_equal(curve.get_xdata(), found.said[found.counts > 0])
    assert np.array_equal(curve.get_ydata(), found.happened[found.counts > 0])
    assert np.array_equal(lower.patches[0].get_data()[0], found.counts)
    assert lower.get_xlabel() == "probability said of rain"
    (bars,) = upper.collections
    ends = np.array([segment[:, 1] for segment in bars.get_segments()])
    np.testing.assert_allclose(ends[:, 0], found.low[found.counts > 0], atol=1e-12)
    np.testing.assert_allclose(ends[:, 1], found.high[found.counts > 0], atol=1e-12)


@pytest.mark.parametrize("p", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("y", [0, 1])
def test_constant_predictions_of_one_class_can_be_drawn(p, y):
    found = report.reliability([y] * 5, [p] * 5)

    assert found.counts.sum() == 5
    assert found.error == pytest.approx(abs(p - y))
    assert report.calibration([y] * 5, [p] * 5).axes


def test_a_single_output_column_stands_for_its_values():
    assert np.array_equal(report.reliability(Y, P[:, None]).counts, report.reliability(Y, P).counts)


def test_what_cannot_be_drawn_is_refused():
    with pytest.raises(InvalidValue, match=r"lie in \[0, 1\]"):
        report.calibration([0, 1], [0.5, np.nan])
    with pytest.raises(InvalidValue, match=r"lie in \[0, 1\]"):
        report.calibration([0, 1], [-3.0, 2.0])
    with pytest.raises(InvalidValue, match="0 and 1"):
        report.calibration([1, 2], [0.5, 0.5])
    with pytest.raises(ShapeMismatch, match=r"\(3,\)"):
        report.calibration([0, 1, 1], [0.5, 0.5])
    with pytest.raises(ShapeMismatch, match="m ≥ 1"):
        report.calibration([], [])
