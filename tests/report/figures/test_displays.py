"""Displays of a network's inside: the numbers drawn are the network's own."""

import warnings

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import glassnet as gn
from glassnet import report
from glassnet.engine.reference import forward
from glassnet.errors import InvalidValue, ShapeMismatch, UnknownName
from glassnet.report.held_out import gradients
from tests.report.conftest import INSIDE, RING, SECTOR, WAVE, flow_rows

RNG = np.random.default_rng(3)
FOUR = RNG.normal(size=(90, 4)) * [1.0, 10.0, 0.1, 1.0] + [0.0, 100.0, 0.0, -5.0]
DISPLAYS = {
    "features": report.FeaturesDisplay,
    "kinks": report.DecisionBoundaryDisplay,
    "units": report.UnitMapsDisplay,
    "flow": report.GradientFlowDisplay,
    "ledger": report.LedgerDisplay,
}


def layers(net, X):
    """a and z of every layer."""
    passed = forward(net.specification, net.state.theta, net.state.buffers, X)
    return passed.a, passed.z_tilde


@pytest.fixture(scope="module")
def classifier():
    """A fitted estimator with columns of names, and classes of names."""
    frame = pd.DataFrame(FOUR, columns=["width", "mass", "charge", "<age>"])
    y = np.where(FOUR[:, 0] + 0.1 * (FOUR[:, 1] - 100) > 0, "yes", "no").astype("<U5")
    y[FOUR[:, 3] > -4] = "maybe"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = make_pipeline(
            StandardScaler(), gn.MLPClassifier((6, 5), max_iter=30, random_state=0)
        )
        return model.fit(frame, y), frame, y


@pytest.mark.parametrize("name", sorted(DISPLAYS))
def test_every_display_takes_an_estimator_behind_a_scaler(classifier, name):
    model, frame, y = classifier

    display = DISPLAYS[name].from_estimator(model, frame, y)

    assert isinstance(display.figure_, Figure)
    axes = np.ravel(np.asarray(display.ax_, dtype=object))
    assert all(ax.figure is display.figure_ for ax in axes)


@pytest.mark.parametrize("name", sorted(DISPLAYS))
def test_every_display_draws_on_axes_of_the_users(binary, name):
    figure = Figure(figsize=(8, 8))
    axes = figure.subplots(4, 4)

    display = DISPLAYS[name].from_network(binary.network, RING, INSIDE, ax=axes)

    assert display.figure_ is figure
    drawn = np.ravel(np.asarray(display.ax_, dtype=object))
    assert drawn[0] is axes[0, 0]
    assert all(ax.has_data() for ax in drawn)


def test_a_display_can_be_drawn_again(binary):
    figure = Figure()
    display = report.LedgerDisplay.from_network(
        binary.network, RING, INSIDE, ax=figure.subplots(1, 2)
    )

    assert display.plot() is display
    assert display.figure_ is not figure


def test_too_few_axes_are_refused(binary):
    with pytest.raises(InvalidValue, match="4 panels and needs as many axes; got 1"):
        report.FeaturesDisplay.from_network(binary.network, RING, ax=Figure().subplots())


# learned features


def test_two_columns_are_drawn_as_they_are_and_more_as_principal_components(multiclass):
    net = multiclass.network
    display = report.FeaturesDisplay.from_network(net, RING, SECTOR)
    a, _ = layers(net, RING)

    assert np.array_equal(display.coordinates[0], RING)
    centred = a[1] - a[1].mean(axis=0)
    variance, vectors = np.linalg.eigh(centred.T @ centred)
    for k in range(2):
        direction = vectors[:, -1 - k]
        component = centred @ (direction * np.sign(direction[np.abs(direction).argmax()]))
        np.testing.assert_allclose(display.coordinates[1][:, k], component, rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(display.shares[1], variance[::-1][:2] / variance.sum(), rtol=1e-9)


def test_each_point_is_a_row_in_the_marker_of_its_class(multiclass):
    display = report.FeaturesDisplay.from_network(multiclass.network, RING, SECTOR)

    for ax, points in zip(display.ax_, display.coordinates, strict=True):
        drawn = [part for part in ax.collections if part.get_label() in "012"]
        assert len(drawn) == 3
        for k, part in enumerate(drawn):
            assert np.array_equal(part.get_offsets(), points[k == SECTOR])
        assert len({part.get_paths()[0].vertices.tobytes() for part in drawn}) == 3


def test_more_classes_than_colours_are_still_told_apart():
    net = gn.Network(2, [gn.Dense(3, "tanh"), gn.Dense(16, "softmax")], loss="cross_entropy")
    display = report.FeaturesDisplay.from_network(net, RING, np.arange(160) % 16, layers=[1])

    looks = {
        (part.get_facecolor().tobytes(), part.get_paths()[0].vertices.tobytes())
        for part in display.ax_.collections
    }
    assert len(looks) == 16


def test_a_regression_is_coloured_by_its_values(regression):
    display = report.FeaturesDisplay.from_network(regression.network, RING, WAVE)

    points = display.ax_[0].collections[0]
    assert np.array_equal(points.get_array(), WAVE)
    assert display.figure_.axes[-1].get_ylabel() == "target"


def test_one_unit_lies_on_the_axis_with_its_classes_in_bands(binary):
    display = report.FeaturesDisplay.from_network(binary.network, RING, INSIDE, layers=[3])

    heights = [part.get_offsets() for part in display.ax_.collections]
    output = gn.predict(binary.network, RING)[:, 0]
    for k, points in enumerate(heights):
        np.testing.assert_allclose(points[:, 0], output[k == INSIDE], rtol=1e-12)
    assert heights[0][:, 1].max() < heights[1][:, 1].min()


def test_layers_are_chosen_by_number_and_checked(binary):
    display = report.FeaturesDisplay.from_network(binary.network, RING, layers=[0, 2])

    assert [ax.get_title(loc="left") for ax in display.ax_] == ["input", "layer 2: 8 relu"]
    with pytest.raises(InvalidValue, match="from 0 to 3; got 4"):
        report.FeaturesDisplay.from_network(binary.network, RING, layers=[4])


def test_of_many_rows_evenly_spaced_ones_are_drawn(binary):
    X = RNG.normal(size=(9001, 2))

    display = report.FeaturesDisplay.from_network(binary.network, X, np.arange(9001) % 2)

    drawn = display.coordinates[0]
    assert len(drawn) == 4000
    assert np.array_equal(drawn[[0, -1]], X[[0, -1]])
    assert len(display.rows.codes) == 4000


def test_a_layer_that_says_the_same_for_all_rows_can_be_drawn():
    net = gn.Network(2, [gn.Dense(4, "relu", init="zeros"), gn.Dense(1, "identity")])

    display = report.FeaturesDisplay.from_network(net, RING)

    assert (display.coordinates[1] == 0).all()
    assert (display.shares[1] == 0).all()


# the boundary and its kinks


def test_on_every_kink_line_the_z_of_its_unit_is_zero(binary):
    net = binary.network
    display = report.DecisionBoundaryDisplay.from_network(net, RING, INSIDE)

    assert [lines.layer for lines in display.kinks] == [2]  # layer 1 is tanh, which has no kink
    contours = [part for part in display.ax_.collections if hasattr(part, "levels")]
    seen = 0
    for part in contours[1:]:  # the first is the boundary
        points = np.concatenate([path.vertices for path in part.get_paths()])
        _, z = layers(net, points)
        # Between two points of the grid the line is straight and z is not.
        assert np.abs(z[2]).min(axis=1).max() < 2e-3
        seen += 1
    heights = display.kinks[0].heights
    assert seen == sum(height.min() < 0 < height.max() for height in heights)


def test_kink_lines_can_be_left_out(binary):
    display = report.DecisionBoundaryDisplay.from_network(binary.network, RING, INSIDE, kinks=False)

    assert display.kinks == []


def test_colours_are_the_networks_classes_even_where_a_class_has_no_row(classifier):
    model, frame, y = classifier
    some = y != "maybe"

    display = report.DecisionBoundaryDisplay.from_estimator(model, frame[some], y[some])

    assert display.rows.classes == ("maybe", "no", "yes")
    assert set(display.rows.codes) == {1, 2}


def test_columns_are_chosen_by_name_and_the_others_stand_at_their_medians(classifier):
    model, frame, y = classifier

    display = report.DecisionBoundaryDisplay.from_estimator(
        model, frame, y, columns=("mass", "<age>")
    )

    assert (display.ax_.get_xlabel(), display.ax_.get_ylabel()) == ("mass", "<age>")
    rows = display.plane.rows(np.array([[1.0, 2.0]]))
    assert rows.tolist() == [[np.median(FOUR[:, 0]), 1.0, np.median(FOUR[:, 2]), 2.0]]
    assert "other columns at their medians" in [text.get_text() for text in display.ax_.texts]


def test_by_default_the_columns_that_matter_are_drawn():
    net = gn.Network(4, [gn.Dense(3, "tanh"), gn.Dense(1, "identity")], seed=0)
    net.W[1][:, [0, 2]] = 0.0

    display = report.DecisionBoundaryDisplay.from_network(net, RNG.normal(size=(50, 4)))

    assert display.plane.columns == (1, 3)


def test_columns_and_outputs_that_do_not_exist_are_refused(binary):
    with pytest.raises(InvalidValue, match="two different ones of the 2"):
        report.DecisionBoundaryDisplay.from_network(binary.network, RING, columns=(0, 2))
    with pytest.raises(InvalidValue, match="output must be from 0 to 0"):
        report.DecisionBoundaryDisplay.from_network(binary.network, RING, output=1)
    narrow = gn.Network(1, [gn.Dense(1, "identity")])
    with pytest.raises(InvalidValue, match="2 columns or more"):
        report.DecisionBoundaryDisplay.from_network(narrow, RING[:, :1])


# maps of units


def test_a_map_shows_the_units_own_answers(binary):
    net = binary.network
    display = report.UnitMapsDisplay.from_network(net, RING, layer=1)

    across, up, points = display.plane.grid(display.a.shape[1])
    a, z = layers(net, points)
    for k, unit in enumerate(display.units):
        np.testing.assert_allclose(display.a[k].ravel(), a[1][:, unit], rtol=1e-12)
        np.testing.assert_allclose(display.z[k].ravel(), z[1][:, unit], rtol=1e-12)
        image = display.ax_[k].images[0]
        assert np.array_equal(image.get_array(), display.a[k])
        assert image.origin == "lower"
        assert image.get_extent() == [across[0], across[-1], up[0], up[-1]]


def test_one_scale_serves_all_units_and_has_zero_in_its_middle_or_at_its_foot(binary):
    for layer, low in ((1, -1), (2, 0)):  # tanh, relu
        display = report.UnitMapsDisplay.from_network(binary.network, RING, layer=layer)
        norms = {(ax.images[0].norm.vmin, ax.images[0].norm.vmax) for ax in display.ax_}
        most = np.abs(display.a).max()
        assert norms == {(low * most, most)}


def test_a_unit_that_never_fires_is_said_to_be_always_zero():
    net = gn.Network(2, [gn.Dense(3, "relu"), gn.Dense(1, "identity")], seed=0)
    net.b[1][1] = -100.0

    display = report.UnitMapsDisplay.from_network(net, RING)

    assert display.ax_[1].get_title(loc="left") == "unit 1: always 0"


def test_of_many_units_those_that_vary_most_are_drawn_in_their_order():
    net = gn.Network(2, [gn.Dense(30, "tanh"), gn.Dense(1, "identity")], seed=0)
    net.W[1][5:19] *= 1e-3

    display = report.UnitMapsDisplay.from_network(net, RING)

    assert display.units.tolist() == [*range(5), *range(19, 30)]
    assert "16 of 30 tanh units" in display.figure_.get_suptitle()


# gradient flow


def test_lines_are_the_norms_that_were_seen():
    rows = flow_rows(50)

    display = report.GradientFlowDisplay.from_observer(rows)

    for l, line in enumerate(display.ax_.lines):
        assert line.get_ydata().tolist() == [row["delta"][l] for row in rows]
        assert line.get_xdata().tolist() == list(range(50))
    assert display.ax_.get_yscale() == "log"


def test_a_long_run_is_drawn_by_medians_of_neighbouring_steps():
    rows = flow_rows(8000)
    display = report.GradientFlowDisplay.from_observer(rows)

    values = np.array([row["delta"][1] for row in rows]).reshape(80, 100)
    np.testing.assert_allclose(
        display.ax_.lines[1].get_ydata(), np.median(values, axis=1), rtol=1e-12
    )


def test_one_step_of_a_network_is_that_of_its_gradient(binary):
    display = report.GradientFlowDisplay.from_network(binary.network, RING, INSIDE)

    dW = gradients(binary.network, RING, INSIDE)
    expected = [np.linalg.norm(layer) for layer in dW[1:]]
    np.testing.assert_allclose(display.norms["dW"][0], expected, rtol=1e-12)
    assert [ax.get_xlabel() for ax in display.ax_] == ["layer l"] * 3


def test_an_axis_spans_a_decade_at_least():
    rows = [{"t": 0, "delta": [1.0, 1.01, 0.99]}]

    display = report.GradientFlowDisplay.from_observer(rows, by="layer")

    low, high = display.ax_.get_ylim()
    assert high / low >= 9.9


def test_an_error_of_nothing_is_said_in_words():
    rows = [{"t": t, "delta": [0.0, 0.0]} for t in range(5)]

    display = report.GradientFlowDisplay.from_observer(rows)

    assert [text.get_text() for text in display.ax_.texts] == ["0 in every layer"]


def test_a_flow_of_nothing_seen_and_of_unknown_quantities_is_refused():
    with pytest.raises(InvalidValue, match=r"LayerNorms\(\) to gn.train"):
        report.GradientFlowDisplay.from_observer(gn.LayerNorms())
    with pytest.raises(InvalidValue, match="quantities must be among"):
        report.GradientFlowDisplay.from_observer(flow_rows(2), quantities=("z",))


# the ledger


def test_every_row_stands_at_its_loss_and_the_length_of_its_gradient(regression):
    book = gn.ledger(regression.network, RING, WAVE)

    display = report.LedgerDisplay.from_ledger(book)

    points, rings = display.ax_[0].collections
    np.testing.assert_allclose(
        points.get_offsets(), np.stack([book.losses, book.norms], axis=1), rtol=1e-12, atol=1e-7
    )
    assert len(points.get_offsets()) == len(RING)
    chosen = book.suspects(10)
    np.testing.assert_allclose(rings.get_offsets(), points.get_offsets()[chosen])


def test_layer_by_layer_the_median_of_the_rows_is_drawn(regression):
    book = gn.ledger(regression.network, RING, WAVE)

    display = report.LedgerDisplay.from_ledger(book, suspects=[3, 1])

    (line,) = display.ax_[1].lines
    np.testing.assert_allclose(
        line.get_ydata(), np.median(np.sqrt(book.squared_norms), axis=0), rtol=1e-12
    )
    text = display.ax_[0].texts[0].get_text()
    assert text.endswith("3, 1")


def test_the_ledger_of_an_estimator_has_its_labels_and_class_weights():
    y = np.where(INSIDE == 1, "in", "out")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        clf = gn.MLPClassifier(
            (5,), max_iter=5, random_state=0, class_weight={"in": 3.0, "out": 1.0}
        )
        clf.fit(RING, y)

    display = report.LedgerDisplay.from_estimator(clf, RING, y)

    book = gn.ledger(clf, RING, y)
    np.testing.assert_allclose(display.book.losses, book.losses, rtol=1e-12)
    np.testing.assert_allclose(display.book.weights, book.weights, rtol=1e-12)
    assert np.ptp(book.weights) > 0


def test_suspects_that_are_no_rows_are_refused(regression):
    book = gn.ledger(regression.network, RING, WAVE)

    with pytest.raises(InvalidValue, match="from 0 to 159"):
        report.LedgerDisplay.from_ledger(book, suspects=[160])


# rows


def test_rows_and_targets_that_do_not_fit_are_refused(binary, classifier):
    with pytest.raises(ShapeMismatch, match="as many rows; got 160 and 3"):
        report.FeaturesDisplay.from_network(binary.network, RING, [0, 1, 0])
    with pytest.raises(ShapeMismatch, match="at least one row"):
        report.FeaturesDisplay.from_network(binary.network, RING[:0])
    model, frame, y = classifier
    with pytest.raises(InvalidValue, match="classes maybe, no, yes"):
        report.FeaturesDisplay.from_estimator(model, frame, np.where(y == "no", "never", y))


def test_activations_of_a_network_are_each_drawn_once(binary):
    display = report.ActivationDisplay.from_network(binary.network)

    names = [ax.get_title(loc="left").split(":")[0] for ax in display.ax_]
    assert names == ["tanh", "relu", "logistic"]


def test_a_pair_has_one_panel_of_values_and_one_of_slopes():
    display = report.ActivationDisplay(["tanh", "square"]).plot(kind="pair")

    value, slope = display.ax_
    z = value.lines[0].get_xdata()
    np.testing.assert_allclose(value.lines[0].get_ydata(), np.tanh(z))
    np.testing.assert_allclose(slope.lines[1].get_ydata(), 2 * z)
    assert [line.get_label() for line in value.lines] == ["tanh", "square"]
    with pytest.raises(InvalidValue, match="8 activations apart; got 17"):
        report.ActivationDisplay().plot(kind="pair")
    with pytest.raises(InvalidValue, match='"panels" or "pair"'):
        report.ActivationDisplay().plot(kind="grid")
    with pytest.raises(UnknownName, match="relu"):
        report.ActivationDisplay(["rellu"])
