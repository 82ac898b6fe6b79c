"""The local formula is the network itself, up to the nearest kink and no further."""

from __future__ import annotations

import warnings
from itertools import product

import numpy as np
import pandas as pd
import pytest
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, RobustScaler, StandardScaler

import glassnet as gn
from glassnet.errors import InvalidValue, ShapeMismatch
from glassnet.network.heads import JointActivation

STAGE = gn.Scaling((1.0, -2.0, 300.0), (2.0, 0.5, 40.0))
MIDDLE, SPREAD = np.array(STAGE.mean), np.array(STAGE.scale)


def trained(names, *, last="identity", dtype="float64", norm=False, outputs=2):
    """A network of 3 inputs of different scales, trained for a moment so that nothing is 0."""
    rng = np.random.default_rng(0)
    X = MIDDLE + SPREAD * rng.normal(size=(64, 3))
    y = rng.random((64, outputs))
    hidden = [gn.Dense(7, name, batch_norm=norm) for name in names]
    net = gn.Network(
        3, [*hidden, gn.Dense(outputs, last, batch_norm=norm)], input_stage=STAGE, seed=3,
        dtype=dtype, strict=False,
    )  # fmt: skip
    gn.train(net, X, y, epochs=3, batch_size=16)
    return net, X


KINDS = [*product(["identity", "relu", gn.LeakyReLU(0.2)], repeat=2), ("relu",) * 4, ("relu",), ()]


@pytest.mark.parametrize("names", KINDS, ids=str)
@pytest.mark.parametrize("norm", [False, True])
def test_the_formula_is_the_prediction_anywhere_nearer_than_the_kink(names, norm):
    net, X = trained(names, norm=norm)
    rng = np.random.default_rng(1)
    for x in X[:6]:
        here = gn.local(net, x)
        far = min(here.distance, 1e3)
        step = rng.normal(size=(200, 3))
        step *= 0.999 * far / np.linalg.norm(step, axis=1, keepdims=True)

        rows = np.vstack([x, x + step])

        np.testing.assert_allclose(
            gn.predict(net, rows), rows @ here.W_eff.T + here.b_eff, rtol=1e-9, atol=1e-9
        )


@pytest.mark.parametrize(
    "names", [("relu",), ("relu", "relu"), (gn.LeakyReLU(0.2), "relu")], ids=str
)
def test_just_beyond_the_kink_the_unit_named_has_changed_its_side(names):
    net, X = trained(names)
    for x in X[:20]:
        here = gn.local(net, x)
        assert here.kink is not None
        kink = here.kink

        assert np.linalg.norm(kink.point - x) == pytest.approx(kink.distance, rel=1e-9)
        beyond = gn.local(net, x + (kink.point - x) * (1 + 1e-6))
        before = gn.local(net, x + (kink.point - x) * (1 - 1e-6))
        changed = [
            (l, int(i))
            for l in range(1, net.depth)
            for i in np.flatnonzero(before.pattern[l] != beyond.pattern[l])
        ]
        assert (kink.layer, kink.unit) in changed
        assert all((before.pattern[l] == here.pattern[l]).all() for l in range(1, net.depth))


def test_no_step_shorter_than_the_distance_changes_any_unit():
    net, X = trained(("relu", "relu"))
    rng = np.random.default_rng(2)
    here = gn.local(net, X[0])
    for _ in range(300):
        step = rng.normal(size=3)
        there = gn.local(net, X[0] + 0.999 * here.distance * step / np.linalg.norm(step))
        assert all((there.pattern[l] == here.pattern[l]).all() for l in (1, 2))


def test_the_distances_are_those_of_the_planes_where_z_is_zero():
    net = gn.Network(2, [gn.Dense(2, "relu"), gn.Dense(1, "identity")])
    net.state.theta[:] = [3, 4, 0, 1, 0, -7, 1, 1, 0]

    here = gn.local(net, [1.0, 1.0])

    assert here.distances[1].tolist() == [7 / 5, 6.0]
    assert (here.kink.layer, here.kink.unit, here.distance) == (1, 0, 7 / 5)
    np.testing.assert_allclose(here.kink.point, [1 - 0.84, 1 - 1.12], rtol=1e-12)


def test_an_output_activation_stands_apart():
    net, X = trained(("relu",), last="logistic")

    here = gn.local(net, X[0])

    z = here.W_eff @ X[0] + here.b_eff
    np.testing.assert_allclose(1 / (1 + np.exp(-z)), gn.predict(net, X[:1])[0], rtol=1e-12)
    np.testing.assert_allclose(z, here.z, rtol=1e-12)
    assert "then logistic" in str(here)


def test_float32_weights_are_taken_as_they_are_and_computed_in_float64():
    net, X = trained(("relu", "relu"), dtype="float32")

    here = gn.local(net, X[0])

    np.testing.assert_allclose(here.W_eff @ X[0] + here.b_eff, gn.predict(net, X[:1])[0], rtol=1e-4)
    assert here.W_eff.dtype == np.float64


def test_a_row_on_a_kink_is_said_to_be_on_it():
    net = gn.Network(1, [gn.Dense(1, "relu", init=gn.Constant(1.0)), gn.Dense(1, "identity")])

    here = gn.local(net, [0.0])

    assert here.distance == 0
    assert "x lies on a kink: z of unit 0 of layer 1 is exactly 0" in str(here)


def test_a_linear_network_is_one_region():
    net, X = trained(("identity", "identity"))

    here = gn.local(net, X[0])

    assert here.kink is None
    assert here.distance == np.inf
    np.testing.assert_allclose(here.W_eff, gn.local(net, X[1]).W_eff, rtol=1e-12)
    assert len(here.regions(X[1])) == 1


def counted(net, x0, x1, samples=400_000):
    """Patterns met by brute force, and the t at which they change."""
    t = np.linspace(0, 1, samples)
    a = (x0 + t[:, None] * (x1 - x0) - MIDDLE) / SPREAD
    on = []
    for l in range(1, net.depth):
        z = a @ net.W[l].T + net.b[l]
        on.append(z > 0)
        phi = net.specification.phi[l]
        a = phi.value(z)
    on = np.hstack(on)
    changes = np.flatnonzero((on[1:] != on[:-1]).any(axis=1))
    return len(changes) + 1, t[changes]


@pytest.mark.parametrize(
    "names", [("relu",), ("relu", "relu"), (gn.LeakyReLU(0.1), "relu", "relu")], ids=str
)
@pytest.mark.parametrize("seed", range(4))
def test_regions_are_those_that_dense_sampling_finds(names, seed):
    net, _ = trained(names)
    rng = np.random.default_rng(seed)
    x0, x1 = MIDDLE + 3 * SPREAD * rng.normal(size=(2, 3))

    found = gn.regions(net, x0, x1)
    count, t = counted(net, x0, x1)

    assert len(found) == count
    np.testing.assert_allclose(found.breaks, t, rtol=0, atol=1 / 399_999)


def test_between_breaks_the_network_is_a_line_with_the_slope_given():
    net, _ = trained(("relu", "relu"))
    x0, x1 = MIDDLE - 3 * SPREAD, MIDDLE + 3 * SPREAD
    found = gn.regions(net, x0, x1)
    assert len(found) > 3

    ends = np.concatenate([[0], found.breaks, [1]])
    for k in range(len(found)):
        t = np.linspace(ends[k], ends[k + 1], 7)[1:-1]
        y = gn.predict(net, x0 + t[:, None] * (x1 - x0))
        line = y[0] + (t - t[0])[:, None] * found.slopes[k]
        np.testing.assert_allclose(y, line, rtol=1e-9, atol=1e-9)


def test_at_each_break_the_units_named_are_at_zero():
    net, X = trained(("relu", "relu", "relu"))
    found = gn.regions(net, X[0], X[1])

    for point, units in zip(found.points, found.changes, strict=True):
        a = (point - MIDDLE) / SPREAD
        z = [None]
        for l in range(1, net.depth):
            z.append(net.W[l] @ a + net.b[l])
            a = np.maximum(z[l], 0)
        for l, unit in units:
            assert abs(z[l][unit]) < 1e-12


def test_units_that_turn_at_the_same_place_make_one_break():
    net = gn.Network(1, [gn.Dense(3, "relu", init=gn.Constant(1.0)), gn.Dense(1, "identity")])

    found = gn.regions(net, [-0.1], [0.3])

    assert len(found) == 2
    assert found.changes == [[(1, 0), (1, 1), (1, 2)]]


def test_a_segment_of_no_length_is_one_region():
    net, X = trained(("relu",))

    assert len(gn.regions(net, X[0], X[0])) == 1


@pytest.mark.parametrize(
    "scalers",
    [(StandardScaler(),), (MinMaxScaler(),), (RobustScaler(), MaxAbsScaler()), ("passthrough",)],
    ids=str,
)
def test_a_pipeline_of_scalers_is_folded_in_and_names_its_columns(scalers):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(MIDDLE + SPREAD * rng.normal(size=(60, 3)), columns=["size", "age", "pay"])
    y = frame["size"] - 0.02 * frame["pay"] + frame["age"].abs()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = make_pipeline(
            *scalers, gn.MLPRegressor(hidden_layer_sizes=(8,), max_iter=30, random_state=0)
        )
        model.fit(frame, y)
    x = frame.to_numpy()[0]

    here = gn.local(model, x)

    assert here.features == ("size", "age", "pay")
    assert here.W_eff @ x + here.b_eff == pytest.approx(model.predict(frame)[0], rel=1e-9)
    assert "size" in str(here)
    box = gn.bounds(model, frame.min(), frame.max())
    assert box.lower[0] <= model.predict(frame).min()
    assert model.predict(frame).max() <= box.upper[0]


def test_what_cannot_be_folded_in_is_named():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(30, 3))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = make_pipeline(PCA(3), gn.MLPRegressor(hidden_layer_sizes=(3,), max_iter=2)).fit(
            X, X[:, 0]
        )

    with pytest.raises(InvalidValue, match="'pca', a PCA, does not"):
        gn.local(model, X[0])


def test_classes_name_the_outputs():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 2))
    y = np.array(["a", "b", "c"])[rng.integers(0, 3, 60)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        three = gn.MLPClassifier((4,), max_iter=5, random_state=0).fit(X, y)
        two = gn.MLPClassifier((4,), max_iter=5, random_state=0).fit(X, y == "a")

    assert gn.local(three, X[0]).outputs == ("a", "b", "c")
    assert gn.local(two, X[0]).outputs == ("True",)
    assert "then softmax" in str(gn.local(three, X[0]))


def test_several_heads_are_told_apart_from_one_activation():
    joint = [gn.Head(2, "softmax", "cross_entropy"), gn.Head(1, "identity")]
    net = gn.Network(3, [gn.Dense(4, "relu"), gn.output_layer(joint)], seed=3)

    here = gn.local(net, [1.0, 2.0, 3.0])

    assert isinstance(net.specification.phi[2], JointActivation)
    assert here.W_eff.shape == (3, 3)


def test_another_activation_or_another_row_is_refused():
    net = gn.Network(2, [gn.Dense(3, "relu"), gn.Dense(3, "tanh"), gn.Dense(1, "identity")])
    good = gn.Network(2, [gn.Dense(3, "relu"), gn.Dense(1, "identity")])

    with pytest.raises(InvalidValue, match="layer 2 has 'tanh'"):
        gn.local(net, [1.0, 2.0])
    with pytest.raises(ShapeMismatch, match=r"x must be one row of the 2 inputs, \(2,\)"):
        gn.local(good, np.ones((5, 2)))
    with pytest.raises(InvalidValue, match="nan; column 'x₂'"):
        gn.local(good, [1.0, np.nan])
    with pytest.raises(ShapeMismatch, match="stop must be one row"):
        gn.regions(good, [0, 0], [1])


def test_html_escapes_the_names_of_columns():
    frame = pd.DataFrame({"<b>": [0.0, 1.0, 2.0, 3.0]})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = gn.MLPRegressor(hidden_layer_sizes=(2,), max_iter=2, random_state=0).fit(
            frame, [0.0, 1, 2, 3]
        )

    for shown in (gn.local(model, [1.0]), gn.bounds(model, 0, 1), gn.regions(model, [0], [1])):
        assert "<b>" not in shown._repr_html_()
