"""Integrated gradients: complete, and what the definition says when it is summed by hand."""

import numpy as np
import pytest

import glassnet as gn
from glassnet.errors import InvalidValue, ShapeMismatch

RNG = np.random.default_rng(5)
ACTIVATIONS = ["relu", "leaky_relu", "silu", "gelu", "tanh", "elu"]
HEADS = {
    "number": (1, "identity", "squared_error"),
    "two classes": (1, "logistic", "binary_cross_entropy"),
    "three classes": (3, "softmax", "cross_entropy"),
}


def network(activation, head, **kinds):
    units, phi, loss = HEADS[head]
    layers = [gn.Dense(12, activation, **kinds), gn.Dense(9, activation), gn.Dense(units, phi)]
    net = gn.Network(4, layers, loss=loss, seed=3)
    net.state.theta[:] *= 1.7
    return net


def by_hand(net, x, start, k, points=4000):
    """The definition: slopes by central differences of the prediction, summed over midpoints."""
    t = (np.arange(points) + 0.5) / points
    line = start + t[:, None] * (x - start)
    parts = []
    for j in range(len(x)):
        step = np.zeros(len(x))
        step[j] = 1e-6
        rise = gn.predict(net, line + step)[:, k] - gn.predict(net, line - step)[:, k]
        parts.append((x[j] - start[j]) * (rise / 2e-6).mean())
    return np.array(parts)


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_parts_add_up_to_the_difference_of_the_answers(activation, head):
    net = network(activation, head)
    X, start = RNG.normal(size=(6, 4)), RNG.normal(size=4)
    right = 1e-4 if activation == "elu" else 1e-6  # whose second derivative jumps
    of = None if head == "number" else net.units[-1] - 1
    found = gn.attributions(net, X, baseline=start, of=of, tolerance=right)
    answers = gn.predict(net, X)[:, of or 0]
    begin = gn.predict(net, start[None])[0, of or 0]
    assert found.answers == pytest.approx(answers, rel=1e-12)
    assert found.baseline == pytest.approx(np.full(6, begin), rel=1e-12)
    assert found.contributions.sum(axis=1) == pytest.approx(answers - begin, abs=1.1 * right)
    assert np.abs(found.gaps).max() <= right


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("activation", ["relu", "silu", "tanh"])
def test_parts_are_those_of_the_definition(activation, head):
    net = network(activation, head)
    x, start = RNG.normal(size=4), RNG.normal(size=4)
    k = net.units[-1] - 1
    found = gn.attributions(net, [x], baseline=start, of=k, tolerance=1e-7)
    assert found.contributions[0] == pytest.approx(by_hand(net, x, start, k), abs=5e-4)


def test_a_product_is_shared_in_equal_parts():
    """F = ((x₁ + x₂)² − (x₁ − x₂)²) / 4 = x₁ x₂ from 0: each column gets half."""
    net = gn.Network(2, [gn.Dense(2, "square"), gn.Dense(1, "identity")])
    net.W[1][:], net.b[1][:] = [[1, 1], [1, -1]], 0
    net.W[2][:], net.b[2][:] = [[0.25, -0.25]], 0
    found = gn.attributions(net, [[3.0, 5.0]], baseline=[0.0, 0.0])
    assert found.contributions[0] == pytest.approx([7.5, 7.5], abs=1e-9)


def test_a_column_without_weights_and_one_that_does_not_move_get_nothing():
    net = network("silu", "number")
    net.W[1][:, 2] = 0
    x, start = RNG.normal(size=4), RNG.normal(size=4)
    start[1] = x[1]
    parts = gn.attributions(net, [x], baseline=start).contributions[0]
    assert parts[[1, 2]].tolist() == [0, 0]
    assert (parts[[0, 3]] != 0).all()


def test_a_network_that_scales_its_inputs_is_told_in_units_of_the_columns():
    plain = network("silu", "number")
    mean, scale = np.array([100.0, -5.0, 0.0, 2.0]), np.array([50.0, 0.1, 3.0, 1.0])
    spec = plain.specification
    scaled = gn.Network(
        4, list(spec.layers), loss=spec.loss, input_stage=gn.Scaling(tuple(mean), tuple(scale))
    )
    scaled.state.theta[:] = plain.state.theta
    z, start = RNG.normal(size=(3, 4)), RNG.normal(size=4)
    inside = gn.attributions(plain, z, baseline=start)
    outside = gn.attributions(scaled, z * scale + mean, baseline=start * scale + mean)
    assert outside.contributions == pytest.approx(inside.contributions, abs=1e-9)


def test_batch_norm_stands_at_its_running_statistics_and_dropout_is_out():
    X = RNG.normal(size=(80, 4))
    net = network("relu", "number", batch_norm=True, dropout=0.4)
    gn.train(net, X, X[:, 0] * X[:, 1], epochs=3)
    found = gn.attributions(net, X[:5], baseline=X.mean(axis=0), tolerance=1e-6)
    rise = gn.predict(net, X[:5])[:, 0] - gn.predict(net, X.mean(axis=0)[None])[0, 0]
    assert found.contributions.sum(axis=1) == pytest.approx(rise, abs=1.1e-6)


def test_classes_are_told_by_their_names():
    X = RNG.normal(size=(90, 4))
    labels = np.array(["low", "middle", "high"])[np.digitize(X[:, 0], [-0.5, 0.5])]
    clf = gn.MLPClassifier((8,), solver="lbfgs", alpha=1.0, random_state=0).fit(X, labels)
    found = gn.attributions(clf, X, baseline=X.mean(axis=0))
    assert found.of == tuple(f"P({label})" for label in clf.predict(X))
    assert found.answers == pytest.approx(clf.predict_proba(X).max(axis=1), abs=1e-9)
    low = gn.attributions(clf, X[:4], baseline=X.mean(axis=0), of="low")
    assert low.answers == pytest.approx(clf.predict_proba(X[:4])[:, 1], abs=1e-9)
    two = gn.MLPClassifier((8,), solver="lbfgs", alpha=1.0, random_state=0)
    two.fit(X, X[:, 0] > 0)
    assert set(gn.attributions(two, X[:3], baseline=X.mean(axis=0)).of) == {"P(True)"}
    with pytest.raises(InvalidValue, match=r"of must be one of the answers .* high, low, middle"):
        gn.attributions(clf, X[:1], baseline=X[:1], of="tall")


def test_rows_of_comparison_are_averaged():
    net = network("silu", "number")
    X = RNG.normal(size=(7, 4))
    several = gn.attributions(net, X[:2], baseline=X)
    assert np.array_equal(
        several.contributions, gn.attributions(net, X[:2], baseline=X.mean(axis=0)).contributions
    )


def test_a_row_does_not_depend_on_the_rows_beside_it():
    net = network("relu", "two classes")
    X = RNG.normal(size=(5, 4))
    together = gn.attributions(net, X, baseline=np.zeros(4))
    for k in range(5):
        alone = gn.attributions(net, X[k : k + 1], baseline=np.zeros(4))
        assert alone.contributions[0] == pytest.approx(together.contributions[k], abs=1e-12)
        assert alone.points[0] == together.points[k]


def test_what_is_left_unsaid_is_told_where_points_are_few():
    net = network("relu", "number")
    net.state.theta[:] *= 3
    X = 5 * RNG.normal(size=(4, 4))
    rough = gn.attributions(net, X, baseline=-X[:1], tolerance=1e-12, most_points=2)
    assert (rough.points == 2).all()
    assert np.abs(rough.gaps).max() > 1e-3
    assert rough.gaps == pytest.approx(
        rough.answers - rough.baseline - rough.contributions.sum(axis=1), abs=1e-12
    )


def test_text_and_html_say_the_largest_first_and_escape_names():
    net = gn.Network(12, [gn.Dense(1, "identity")])
    net.W[1][:], net.b[1][:] = [np.arange(12.0) - 3], 0
    found = gn.attributions(net, [np.ones(12)], baseline=np.zeros(12))
    words = found.sentences()
    assert words[0].startswith("y = 30: 0 on the baseline")
    assert words[1].split() == ["+8", "x₁₂", "=", "1"]
    assert found.largest(0, 2) == [("x₁₂", pytest.approx(8)), ("x₁₁", pytest.approx(7))]
    assert list(found.sizes)[:2] == ["x₁₂", "x₁₁"]
    assert found.to_dict()["x₁"] == pytest.approx([-3])
    odd = gn.Attributions(
        ("<b>",), found.contributions[:, :1], found.baseline, found.answers, ("y",),
        np.array([["<script>"]], dtype=object), found.points, found.compared,
    )  # fmt: skip
    assert "<script>" not in odd._repr_html_()
    assert "&lt;script&gt;" in odd._repr_html_()


def test_what_does_not_fit_is_said():
    net = network("relu", "number")
    X = RNG.normal(size=(2, 4))
    with pytest.raises(InvalidValue, match="baseline must be a row to compare with"):
        gn.attributions(net, X)
    with pytest.raises(InvalidValue, match="tolerance must be a number above 0"):
        gn.attributions(net, X, baseline=X[:1], tolerance=0)
    with pytest.raises(InvalidValue, match="most_points must be an integer from 1"):
        gn.attributions(net, X, baseline=X[:1], most_points=0)
    with pytest.raises(InvalidValue, match="the 4 inputs of the network"):
        gn.attributions(net, X[:, :3], baseline=X[:1])
    with pytest.raises(ShapeMismatch, match="at least one row"):
        gn.attributions(net, X[:0], baseline=X[:1])
