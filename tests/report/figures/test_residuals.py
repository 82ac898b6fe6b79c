"""Residual figures show every prediction once, and hold no values in their file."""

import io

import numpy as np
import pytest

from glassnet import report
from glassnet.errors import InvalidValue, ShapeMismatch

RNG = np.random.default_rng(0)
Y = RNG.normal(size=300)
PREDICTED = Y + 0.3 * RNG.normal(size=300) + 0.1


def test_points_are_pairs_of_true_and_predicted():
    upper, _ = report.residuals(Y, PREDICTED).axes

    (points,) = upper.collections
    assert np.array_equal(points.get_offsets(), np.column_stack([Y, PREDICTED]))


def test_bars_count_every_residual_once_around_0():
    _, lower = report.residuals(Y, PREDICTED).axes

    counts, edges, _ = lower.patches[0].get_data()
    residual = PREDICTED - Y
    assert counts.sum() == 300
    assert edges[0] == -edges[-1] == -np.abs(residual).max()
    assert counts[: len(counts) // 2].sum() == (residual < 0).sum()


def test_the_mean_residual_is_marked_and_written():
    _, lower = report.residuals([0.0, 0.0], [1.0, 2.0]).axes

    (marked,) = [line for line in lower.lines if line.get_label().startswith("mean")]
    assert marked.get_xdata()[0] == 1.5
    assert marked.get_label() == "mean 1.5"


def test_the_diagonal_reaches_as_far_as_the_points():
    upper, _ = report.residuals(Y, PREDICTED).axes

    (low, high), again = upper.get_xlim(), upper.get_ylim()
    assert (low, high) == again
    assert low < min(Y.min(), PREDICTED.min())
    assert high > max(Y.max(), PREDICTED.max())
    assert upper.lines[0].get_xdata().tolist() == upper.lines[0].get_ydata().tolist() == [low, high]


def test_an_svg_of_the_figure_holds_points_as_pixels():
    few, many = (svg_of(report.residuals(Y[:n], PREDICTED[:n])) for n in (10, 300))

    assert many.count("<image") == few.count("<image") == 1
    assert many.count("<use") <= few.count("<use") + 10


def svg_of(figure):
    file = io.BytesIO()
    figure.savefig(file, format="svg")
    return file.getvalue().decode()


@pytest.mark.parametrize(
    ("y", "predicted"), [([1.0], [1.0]), ([2.0, 2.0], [5.0, 5.0]), ([1.0, 2.0], [1.5, 1.5])]
)
def test_one_row_and_constant_values_can_be_drawn(y, predicted):
    upper, lower = report.residuals(y, predicted).axes

    assert lower.patches[0].get_data()[0].sum() == len(y)
    assert len(upper.collections[0].get_offsets()) == len(y)


def test_a_column_stands_for_its_values():
    upper, _ = report.residuals(Y[:, None], PREDICTED[:, None]).axes

    assert len(upper.collections[0].get_offsets()) == 300


def test_what_cannot_be_drawn_is_refused():
    with pytest.raises(ShapeMismatch, match=r"\(m,\)"):
        report.residuals(np.ones((3, 2)), np.ones((3, 2)))
    with pytest.raises(ShapeMismatch, match="got 2 and 3"):
        report.residuals([1.0, 2.0], [1.0, 2.0, 3.0])
    with pytest.raises(ShapeMismatch, match="at least one row"):
        report.residuals([], [])
    with pytest.raises(InvalidValue, match="predicted must be finite"):
        report.residuals([1.0], [np.inf])
