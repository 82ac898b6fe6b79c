"""The drawing of the architecture counts right, and shows the weights."""

import numpy as np
import pytest
from matplotlib.collections import LineCollection, PathCollection

import glassnet as gn
from glassnet import report
from glassnet.report.figures.architecture import shown_layers, shown_units


def circles(ax):
    return [len(part.get_offsets()) for part in ax.collections if isinstance(part, PathCollection)]


def texts(ax):
    return [text.get_text() for text in ax.texts]


def test_every_unit_of_a_narrow_network_is_a_circle():
    (ax,) = report.architecture(gn.Network(3, [gn.Dense(5, "relu"), gn.Dense(2, "identity")])).axes

    assert circles(ax) == [3, 5, 2]
    assert "⋮" not in texts(ax)


def test_a_wide_layer_is_abbreviated():
    (ax,) = report.architecture(
        gn.Network(784, [gn.Dense(10, "tanh"), gn.Dense(1, "identity")])
    ).axes

    assert circles(ax) == [8, 8, 1]
    assert texts(ax).count("⋮") == 2


def test_units_and_parameters_of_each_layer_are_written():
    net = gn.Network(4, [gn.Dense(3, "gelu", dropout=0.25, batch_norm=True), gn.Dense(1, "exp")])
    (ax,) = report.architecture(net).axes

    # (4 + 1) · 3 and γ, β; 3 + 1
    expected = ["input", "4 columns", "layer 1", "3 units", "gelu", "21 parameters", "batch norm",
                "dropout 0.25", "layer 2", "1 unit", "exp", "4 parameters"]  # fmt: skip
    assert texts(ax) == expected
    assert ax.get_title(loc="left") == "2 layers, 25 parameters"


def test_a_deep_network_says_which_layers_are_left_out():
    net = gn.Network(2, [gn.Dense(2, "tanh")] * 15)
    (ax,) = report.architecture(net).axes

    assert len(circles(ax)) == 10
    assert "layers\n5 to 10" in texts(ax)


def test_a_line_is_dashed_where_its_weight_is_negative_and_darker_where_it_is_larger():
    net = gn.Network(2, [gn.Dense(1, "identity")])
    net.W[1][...] = [[2.0, -1.0]]
    (ax,) = report.architecture(net).axes

    solid, dashed = [part for part in ax.collections if isinstance(part, LineCollection)]
    assert len(solid.get_segments()) == len(dashed.get_segments()) == 1
    assert solid.get_linestyle()[0][1] is None
    assert dashed.get_linestyle()[0][1] is not None
    assert solid.get_colors()[0, 3] > dashed.get_colors()[0, 3]


@pytest.mark.parametrize("value", [0.0, np.nan, np.inf])
def test_weights_that_are_0_or_not_finite_can_be_drawn(value):
    net = gn.Network(2, [gn.Dense(2, "identity")])
    net.W[1][...] = value

    assert report.architecture(net).axes


@pytest.mark.parametrize("n", [1, 8, 9, 10, 1000])
def test_units_shown_are_the_first_and_the_last(n):
    units = shown_units(n)

    assert units[0] == 0
    assert units[-1] == n - 1
    assert len(units) == min(n, 8 if n > 9 else 9)
    assert units == sorted(set(units))


@pytest.mark.parametrize("depth", [1, 9, 10, 11, 100])
def test_layers_shown_are_the_first_and_the_last(depth):
    layers = shown_layers(depth)

    assert layers[0] == 0
    assert layers[-1] == depth
    assert len(layers) == min(depth + 1, 10)
