"""The plane is coloured by what the network says there."""

import numpy as np
import pytest
from matplotlib.colors import to_rgb

import glassnet as gn
from glassnet import report
from glassnet.errors import InvalidValue, ShapeMismatch
from glassnet.report.look import SERIES
from glassnet.report.svg import inline_svg

RNG = np.random.default_rng(0)
X = RNG.normal(size=(50, 2))
LIMITS = (-2.0, 2.0, -1.0, 3.0)


def plane(side):
    left, right, bottom, top = LIMITS
    return np.stack(np.meshgrid(np.linspace(left, right, side), np.linspace(bottom, top, side)), -1)


def winners(image):
    """The number of the class whose colour each pixel has."""
    palette = np.array([to_rgb(colour) for colour in SERIES])
    return np.argmin(np.abs(image[:, :, None, :3] - palette).sum(axis=-1), axis=2)


def test_colours_are_those_of_the_most_likely_class(multiclass):
    (ax,) = report.decision_boundary(multiclass.network, limits=LIMITS).axes

    image = np.asarray(ax.images[0].get_array())
    p = gn.predict(multiclass.network, plane(len(image)).reshape(-1, 2))
    assert np.array_equal(winners(image).ravel(), p.argmax(axis=1))
    assert ax.images[0].get_extent() == list(LIMITS)
    assert ax.images[0].origin == "lower"


def test_a_colour_is_stronger_where_the_network_is_surer(binary):
    (ax,) = report.decision_boundary(binary.network, limits=LIMITS).axes

    image = np.asarray(ax.images[0].get_array())
    p = gn.predict(binary.network, plane(len(image)).reshape(-1, 2))[:, 0]
    assert np.array_equal(winners(image).ravel(), p > 0.5)
    margin, opacity = np.abs(2 * p - 1), image[:, :, 3].ravel()
    assert np.diff(opacity[np.argsort(margin)]).min() > -1e-6
    assert np.ptp(opacity) > 0.3 * np.ptp(margin)


def test_the_line_runs_where_the_probability_is_a_half(binary):
    (ax,) = report.decision_boundary(binary.network, limits=LIMITS).axes

    (contour,) = [part for part in ax.collections if hasattr(part, "levels")]
    vertices = np.concatenate([path.vertices for path in contour.get_paths()])
    p = gn.predict(binary.network, vertices)[:, 0]
    assert np.abs(p - 0.5).max() < 0.05


def test_points_stand_where_they_are_in_the_marker_of_their_class(multiclass):
    y = RNG.integers(0, 3, len(X))
    names = ["one", "two", "three"]
    (ax,) = report.decision_boundary(multiclass.network, X, y, classes=names).axes

    points = [part for part in ax.collections if part.get_label() in names]
    for k, part in enumerate(points):
        assert np.array_equal(part.get_offsets(), X[y == k])
    assert len({part.get_paths()[0].vertices.tobytes() for part in points}) == 3


def test_a_regression_is_a_surface_of_its_values(regression):
    y = RNG.normal(size=len(X))
    figure = report.decision_boundary(regression.network, X, y, limits=LIMITS)

    ax, bar = figure.axes
    mesh, points = ax.collections
    values = np.asarray(mesh.get_array())
    expected = gn.predict(regression.network, plane(len(values)).reshape(-1, 2))
    np.testing.assert_allclose(values.ravel(), expected[:, 0], rtol=1e-12)
    assert np.array_equal(points.get_offsets(), X)
    assert np.array_equal(points.get_array(), y)
    assert mesh.norm.vmin == min(values.min(), y.min())
    assert bar.get_ylabel() == "predicted"


@pytest.mark.parametrize("kind", ["binary", "regression"])
def test_points_are_stored_as_pixels_and_not_as_a_shape_per_row(kind, request):
    """A file with a shape per row would give its coordinates away."""
    net = request.getfixturevalue(kind).network

    def shapes(rows):
        figure = report.decision_boundary(net, X[:rows], np.arange(rows) % 2, limits=LIMITS)
        return inline_svg(figure, name="f", label="").count("<use")

    assert shapes(50) == shapes(10)


def test_a_function_stands_for_a_network():
    def predict_proba(rows):
        p = 1 / (1 + np.exp(-5 * rows[:, :1]))
        return np.hstack([1 - p, p])

    (ax,) = report.decision_boundary(predict_proba, limits=LIMITS).axes
    figure = report.decision_boundary(lambda rows: rows[:, 0], limits=LIMITS)

    image = np.asarray(ax.images[0].get_array())
    assert np.array_equal(winners(image), plane(len(image))[..., 0] > 0)
    assert len(figure.axes) == 2


@pytest.mark.parametrize(
    ("activation", "loss"),
    [("logistic", "binary_cross_entropy"), ("identity", "squared_error")],
)
def test_a_network_that_says_the_same_everywhere_can_be_drawn(activation, loss):
    net = gn.Network(2, [gn.Dense(1, activation, init="zeros")], loss=loss)

    assert report.decision_boundary(net, X, np.zeros(50)).axes
    assert report.decision_boundary(net, X[:1]).axes


def test_many_classes_and_one_label_of_several_can_be_drawn():
    many = gn.Network(2, [gn.Dense(12, "softmax")], loss="cross_entropy")
    labels = gn.Network(2, [gn.Dense(3, "logistic")], loss="binary_cross_entropy")

    assert report.decision_boundary(many, X, np.arange(50) % 12).axes
    assert report.decision_boundary(labels, X, np.arange(50) % 2, output=2).axes


def test_other_than_two_inputs_are_refused():
    three = gn.Network(3, [gn.Dense(1, "identity")])
    two = gn.Network(2, [gn.Dense(1, "identity")])

    with pytest.raises(InvalidValue, match="network of 2 inputs; got one of 3"):
        report.decision_boundary(three, limits=LIMITS)
    with pytest.raises(ShapeMismatch, match="no X"):
        report.decision_boundary(two)
    with pytest.raises(ShapeMismatch, match=r"\(4, 3\)"):
        report.decision_boundary(two, np.ones((4, 3)))
    with pytest.raises(ShapeMismatch, match=r"\(0, 2\)"):
        report.decision_boundary(two, np.ones((0, 2)))
