"""Histograms count every weight and every gradient once."""

from itertools import pairwise

import numpy as np
import pytest

import glassnet as gn
from glassnet import report
from glassnet.errors import InvalidValue


def bars(ax):
    (patch,) = ax.patches
    counts, edges, _ = patch.get_data()
    return counts, edges


def test_bars_of_weights_count_the_entries_of_each_layer(binary):
    figure = report.weight_histograms(binary.network)

    for l, ax in enumerate(figure.axes, start=1):
        W = binary.network.W[l].ravel()
        counts, edges = bars(ax)
        assert counts.sum() == W.size
        inside = [int(((W >= low) & (W < high)).sum()) for low, high in pairwise(edges)]
        inside[-1] += int((W == edges[-1]).sum())
        assert counts.tolist() == inside
        assert f"σ {W.std():.2g}" in ax.get_title(loc="right")


def test_all_layers_stand_on_one_axis(binary):
    edges = [bars(ax)[1] for ax in report.weight_histograms(binary.network).axes]

    assert all(np.array_equal(edges[0], other) for other in edges)
    assert edges[0][0] == -edges[0][-1]


def test_bars_of_gradients_are_counts_of_logarithms_and_the_share_of_zeros_is_written():
    first = np.array([[1e-3, -1e-3, 0.0], [1e-1, 0.0, 0.0]])
    figure = report.gradient_histograms([None, first, np.full((1, 4), 10.0)])

    counts, edges = bars(figure.axes[0])
    where = edges[:-1][counts > 0]
    assert counts.sum() == 3
    assert counts[counts > 0].tolist() == [2, 1]
    assert np.allclose(where, [-3, -1], atol=edges[1] - edges[0])
    assert figure.axes[0].get_title(loc="right") == "median 0.001, 50% exactly 0"
    assert bars(figure.axes[1])[0].sum() == 4


def test_gradients_too_small_to_show_are_counted_at_the_left_end():
    figure = report.gradient_histograms([None, np.array([1.0, 0.5, 1e-300])])

    counts, edges = bars(figure.axes[0])
    assert counts.sum() == 3
    assert counts[0] == 1
    assert edges[0] == -12


def test_entries_that_are_not_finite_are_left_out_and_mentioned():
    net = gn.Network(2, [gn.Dense(2, "identity")])
    net.W[1][0, 0] = np.nan

    (weights,) = report.weight_histograms(net).axes
    (gradients,) = report.gradient_histograms([None, np.array([np.inf, 1.0])]).axes

    assert bars(weights)[0].sum() == 3
    assert "25% not finite" in weights.get_title(loc="right")
    assert "50% not finite" in gradients.get_title(loc="right")


@pytest.mark.parametrize("value", [0.0, 3.0, np.nan])
def test_layers_of_one_value_can_be_drawn(value):
    net = gn.Network(2, [gn.Dense(2, "identity")])
    net.W[1][...] = value

    assert report.weight_histograms(net).axes
    assert report.gradient_histograms([None, net.W[1]]).axes


def test_a_deep_network_shows_its_first_and_last_layers():
    figure = report.weight_histograms(gn.Network(2, [gn.Dense(2, "tanh")] * 20))

    assert [ax.get_ylabel() for ax in figure.axes][::11] == ["W[1]", "W[20]"]
    assert len(figure.axes) == 12


def test_gradients_of_no_layer_are_refused():
    with pytest.raises(InvalidValue, match="got no layer"):
        report.gradient_histograms([None])
