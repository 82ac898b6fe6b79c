"""Figures of activations show φ, its derivative, its kinks and its range."""

import numpy as np
import pytest

from glassnet import report
from glassnet.errors import UnknownName
from glassnet.network.activations import ACTIVATIONS


def curve(ax, label):
    (line,) = [line for line in ax.lines if line.get_label() == label]
    return line.get_xdata(), line.get_ydata()


@pytest.fixture(scope="module")
def grid():
    figure = report.ActivationDisplay().plot().figure_
    return dict(zip(ACTIVATIONS, figure.axes, strict=True))


@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
def test_the_dashed_line_is_the_slope_of_the_solid_one(grid, name):
    """Central differences of φ itself, away from the kinks."""
    z, slope = curve(grid[name], "φ′(z)")
    phi, h = ACTIVATIONS[name](), 1e-5

    def value(points):
        if name == "softmax":  # as the figure says: the first output for the scores (z, 0)
            return 1 / (1 + np.exp(-points))
        return phi.value(points[:, None])[:, 0]

    away = np.all([np.abs(z - kink) > 2 * h for kink in phi.kinks], axis=0) & np.isfinite(slope)
    z, slope = z[away], slope[away]
    difference = (value(z + h) - value(z - h)) / (2 * h)

    # h² |φ‴| / 6 + ε |φ| / h, and |φ| ≤ e⁴ here
    assert np.abs(slope - difference).max() < 1e-8


@pytest.mark.parametrize("name", sorted(set(ACTIVATIONS) - {"softmax"}))
def test_the_solid_line_is_the_activation(grid, name):
    z, a = curve(grid[name], "φ(z)")
    there = np.isfinite(a)

    assert np.array_equal(a[there], ACTIVATIONS[name]().value(z[there][:, None])[:, 0])
    assert (z[0], z[-1]) == (-4, 4)


@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
def test_kinks_are_marked_and_break_the_lines(grid, name):
    kinks = ACTIVATIONS[name]().kinks
    marked = [line.get_xdata()[0] for line in grid[name].lines if len(line.get_xdata()) == 2]

    assert marked == list(kinks)
    for label in ("φ(z)", "φ′(z)"):
        z, y = curve(grid[name], label)
        assert z[np.isnan(y)].tolist() == list(kinks)


@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
def test_the_title_has_the_name_and_the_range(grid, name):
    title = grid[name].get_title(loc="left")

    assert title.startswith(name)
    assert str(ACTIVATIONS[name]().range).replace("-", "−") in title


def test_an_activation_of_ones_own_is_drawn():
    class Cube:
        name = "cube"

        def value(self, z):
            return z**3

        def derivative(self, z, a):
            return 3 * z**2

    (ax,) = report.ActivationDisplay(Cube()).plot().figure_.axes

    z, slope = curve(ax, "φ′(z)")
    assert np.allclose(slope, 3 * z**2, rtol=1e-15)


def test_one_activation_in_a_grid_and_an_unknown_one():
    assert len(report.ActivationDisplay(["tanh"]).plot().figure_.axes) == 1
    with pytest.raises(UnknownName, match="relu"):
        report.ActivationDisplay("rellu")
