"""The ledger against gradients of single rows by brute force, and its bad input."""

import tracemalloc

import numpy as np
import pytest
import scipy.sparse

import glassnet as gn
from glassnet.engine.native import compiled
from glassnet.errors import InvalidValue, ShapeMismatch
from glassnet.inspection import row_passes
from glassnet.network.activations import ACTIVATIONS
from glassnet.network.heads import Head, output_layer
from glassnet.network.losses import LOSSES
from tests.engine.problems import Variant, allowed
from tests.inspection.single_rows import by_layer, drawn, of_each_row

EPSILON = np.finfo(float).eps
BUILT = pytest.mark.skipif(compiled() is None, reason="the native engine was not built here")
ENGINES = [pytest.param("native", marks=BUILT), "reference"]
PAIRS = [
    (loss, out) for loss in sorted(LOSSES) for out in sorted(ACTIVATIONS) if allowed(loss, out)
]


def assert_exact(variant, engine="auto", *, statistics=None):
    """Every number of the ledger is that of the rows passed one by one."""
    found, net = drawn(variant)
    losses, g = of_each_row(found)
    spec, m = found.spec, len(found.data)

    book = gn.ledger(
        net, found.data.x, found.data.y, found.data.w, statistics=statistics, engine=engine
    )

    scale = 1e4 * EPSILON  # a few dozen terms in each sum, of either sign
    np.testing.assert_allclose(book.losses, losses, rtol=scale)
    np.testing.assert_allclose(
        book.squared_norms, by_layer(spec, g), rtol=scale, atol=scale * np.square(g).max()
    )
    lengths = np.linalg.norm(g, axis=1)
    np.testing.assert_allclose(book.norms, lengths, rtol=scale, atol=scale * lengths.max())
    gram = g @ g.T
    np.testing.assert_allclose(
        book.inner(np.arange(m), np.arange(m)), gram, rtol=scale, atol=scale * gram.max()
    )
    w = np.full(m, 1 / m) if found.data.w is None else found.data.w / found.data.w.sum()
    np.testing.assert_allclose(book.weights, w, rtol=scale)
    np.testing.assert_allclose(book.mean_gradient, w @ g, atol=scale * np.abs(g).max())


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("loss", "output"), PAIRS)
def test_every_loss_and_output_is_exact(loss, output, engine):
    assert_exact(Variant(loss, output, "tanh", 3), engine)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("hidden", sorted(ACTIVATIONS))
def test_every_hidden_activation_is_exact(hidden, weighted, engine):
    assert_exact(Variant(hidden=hidden, outputs=2, weighted=weighted, depth=3), engine)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("depth", [1, 2, 4])
def test_every_depth_is_exact_with_and_without_biases(depth, bias, engine):
    assert_exact(Variant(depth=depth, layer={"bias": bias}, last={"bias": bias}), engine)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("norm", [False, True])
@pytest.mark.parametrize("bias", [False, True])
def test_layers_that_see_their_inputs_by_groups_are_exact(bias, norm, engine):
    grouped = {"connections": gn.Blocks((1, 2), (3, 1)), "bias": bias}
    last = {"connections": gn.Blocks((1, 3), (1, 1)), "bias": bias}

    assert_exact(
        Variant(outputs=2, norm=norm, layer=grouped, last=last),
        engine,
        statistics="running" if norm else None,
    )


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("norm", [False, True])
@pytest.mark.parametrize("hidden", ["relu", "selu", "cos"])
def test_parametric_activations_are_exact(hidden, norm, engine):
    assert_exact(
        Variant(hidden=hidden, outputs=2, norm=norm, depth=3, layer={"kappa": 1.0}),
        engine,
        statistics="running" if norm else None,
    )


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("kappa", [None, 0.5])
@pytest.mark.parametrize("norm", [False, True])
def test_residual_layers_are_exact(norm, kappa, engine):
    layer = {"residual": True, "kappa": kappa}
    assert_exact(
        Variant(outputs=2, norm=norm, depth=3, units=3, layer=layer),
        engine,
        statistics="running" if norm else None,
    )


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("first", [{}, {"members": 1}])
def test_batch_ensembles_are_exact(first, bias, engine):
    layer = {"members": 3, "kappa": 0.5, "bias": bias, "dropout": 0.3}
    variant = Variant(
        "cross_entropy", "softmax", outputs=3, weighted=True, depth=4, layer=layer,
        first=first, last={"members": 3, "bias": bias},
    )  # fmt: skip

    assert_exact(variant, engine)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("last", [{}, {"batch_norm": True}])
@pytest.mark.parametrize("weighted", [False, True])
def test_batch_norm_on_running_statistics_is_exact(weighted, last, engine):
    variant = Variant(norm=True, outputs=2, weighted=weighted, depth=3, last=last)

    assert_exact(variant, engine, statistics="running")


def test_frozen_layers_are_left_out():
    assert_exact(Variant(depth=3, layer={"frozen": True}))


def test_penalties_and_dropout_are_left_out():
    assert_exact(Variant(layer={"dropout": 0.5}, network={"penalties": (gn.L2(0.3), gn.L1(0.2))}))


def test_frozen_batch_norm_couples_no_rows():
    assert_exact(Variant(norm=True, layer={"frozen": True}))


def test_several_heads_are_exact():
    found, net = drawn(Variant())
    heads = [Head(2, "softmax", "cross_entropy", scale=0.5), Head(1, "identity", "huber")]
    net = gn.Network(3, [gn.Dense(4, "tanh"), output_layer(heads)], seed=3)
    y = np.column_stack([np.eye(2)[[0, 1, 1, 0, 0, 1, 1]], found.data.y])
    alone = [gn.ledger(net, x[None], t[None]) for x, t in zip(found.data.x, y, strict=True)]

    book = gn.ledger(net, found.data.x, y)

    np.testing.assert_allclose(book.losses, [each.losses[0] for each in alone], rtol=1e-12)
    lengths = [np.linalg.norm(each.mean_gradient) for each in alone]
    np.testing.assert_allclose(book.norms, lengths, rtol=1e-12)


@pytest.mark.parametrize("engine", ENGINES)
def test_sparse_rows_give_the_numbers_of_dense_ones(engine):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(40, 9)) * (rng.random((40, 9)) < 0.2)
    y = rng.normal(size=40)
    w = rng.random(40)
    net = gn.Network(9, [gn.Dense(5, "relu"), gn.Dense(1, "identity")])

    dense, sparse = (gn.ledger(net, x, y, w, engine=engine) for x in (X, scipy.sparse.csr_array(X)))

    np.testing.assert_allclose(sparse.squared_norms, dense.squared_norms, rtol=1e-12)
    np.testing.assert_allclose(sparse.mean_gradient, dense.mean_gradient, rtol=1e-12, atol=1e-15)
    rows = np.arange(7)
    np.testing.assert_allclose(
        sparse.inner(rows, rows), dense.inner(rows, rows), rtol=1e-12, atol=1e-15
    )


def test_the_size_of_chunks_changes_nothing_but_rounding(monkeypatch):
    rng = np.random.default_rng(1)
    X, y = rng.normal(size=(101, 4)), rng.integers(3, size=101)
    net = gn.Network(4, [gn.Dense(6, "relu"), gn.Dense(3, "softmax")], loss="cross_entropy")
    whole = gn.ledger(net, X, y)
    gram, cosines = whole.inner(np.arange(101), np.arange(101)), whole.conflict().cosines

    monkeypatch.setattr(row_passes, "_CHUNK_BYTES", 1)  # the smallest chunks, 16 rows
    parts = gn.ledger(net, X, y)

    np.testing.assert_allclose(parts.squared_norms, whole.squared_norms, rtol=1e-12)
    np.testing.assert_allclose(parts.mean_gradient, whole.mean_gradient, rtol=1e-9, atol=1e-15)
    np.testing.assert_allclose(
        parts.inner(np.arange(101), np.arange(101)), gram, rtol=1e-9, atol=1e-12
    )
    np.testing.assert_allclose(parts.conflict().cosines, cosines, atol=1e-12)


def test_a_float32_network_has_the_lengths_of_its_float64_twin():
    rng = np.random.default_rng(2)
    X, y = rng.normal(size=(60, 20)), rng.integers(4, size=60)
    layers = [gn.Dense(30, "relu"), gn.Dense(4, "softmax")]
    single = gn.Network(20, layers, loss="cross_entropy", dtype="float32")
    double = gn.Network(20, layers, loss="cross_entropy")
    double.state.theta[:] = single.state.theta

    found, wanted = gn.ledger(single, X, y), gn.ledger(double, X, y)

    assert found.outputs.dtype == np.float32
    np.testing.assert_allclose(found.norms, wanted.norms, rtol=1e-4)
    np.testing.assert_allclose(found.losses, wanted.losses, rtol=1e-4)


@pytest.mark.parametrize("engine", ENGINES)
def test_its_memory_is_that_of_a_chunk(engine):
    m, inputs, hidden = 20_000, 150, 100
    rng = np.random.default_rng(3)
    X, y = rng.normal(size=(m, inputs)), rng.normal(size=m)
    net = gn.Network(inputs, [gn.Dense(hidden, "relu"), gn.Dense(1, "identity")])
    gn.ledger(net, X[:20], y[:20], engine=engine)
    everything = 8 * m * (inputs + 2 * hidden)  # a and δ of all rows

    tracemalloc.start()
    gn.ledger(net, X, y, engine=engine)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert everything > 55e6
    assert peak < 35e6


def test_it_keeps_the_network_as_it_stood():
    X, y = np.arange(6.0)[:, None], np.arange(6.0)
    net = gn.Network(1, [gn.Dense(2, "tanh"), gn.Dense(1, "identity")])
    book = gn.ledger(net, X, y)
    before = book.inner(0, 5)

    gn.train(net, X, y, epochs=3)
    net.state.theta[:] = 7.0

    assert book.inner(0, 5) == before


def test_rows_are_ranked_by_loss_and_by_length_and_equal_ones_in_order():
    net = gn.Network(1, [gn.Dense(1, "identity", init="zeros")])  # ℓ = ½ y², ‖g‖² = (x² + 1) y²
    book = gn.ledger(net, [[0.0], [3.0], [0.0], [0.0]], [2.0, 1.0, -2.0, 0.5])

    assert book.hardest(3).tolist() == [0, 2, 1]
    assert book.suspects(9).tolist() == [1, 0, 2, 3]


def test_columns_are_there_for_frames():
    net = gn.Network(1, [gn.Dense(2, "tanh"), gn.Dense(1, "identity")])
    book = gn.ledger(net, [[0.0], [3.0]], [2.0, 1.0])
    columns = book.to_dict()

    assert list(columns) == ["loss", "norm", "weight", "norm[1]", "norm[2]"]
    np.testing.assert_allclose(np.hypot(columns["norm[1]"], columns["norm[2]"]), columns["norm"])


NET = gn.Network(2, [gn.Dense(3, "relu"), gn.Dense(1, "identity")])
NORMED = gn.Network(2, [gn.Dense(3, "relu", batch_norm=True), gn.Dense(1, "identity")])
X, Y = np.ones((4, 2)), np.ones(4)


@pytest.mark.parametrize(
    ("arguments", "options", "error", "words"),
    [
        (("net", X, Y), {}, InvalidValue, "net must be a Network; got str"),
        ((NORMED, X, Y), {}, InvalidValue, "batch norm in layer 1 couples the rows"),
        ((NET, X, Y), {"statistics": "batch"}, InvalidValue, "statistics must be"),
        ((NET, np.ones((4, 3)), Y), {}, ShapeMismatch, "layer 1 takes 2 inputs"),
        ((NET, np.ones(2), Y), {}, ShapeMismatch, "X must be 2-D"),
        ((NET, X[:0], Y[:0]), {}, InvalidValue, "at least 1 row"),
        ((NET, X, Y[:3]), {}, ShapeMismatch, "as many rows; got 4 and 3"),
        ((NET, X, 1.0), {}, ShapeMismatch, "as many rows; got 4 and a single number"),
        ((NET, X * np.nan, Y), {}, InvalidValue, "X must be finite"),
        ((NET, X, Y * np.nan), {}, InvalidValue, "y must be finite"),
        ((NET, X, Y, [1, 2]), {}, ShapeMismatch, r"weights must be \(4,\)"),
        ((NET, X, Y, -Y), {}, InvalidValue, "weights must be finite and not negative"),
        ((NET, X, Y, 0 * Y), {}, InvalidValue, "with a sum above 0"),
    ],
)
def test_bad_arguments_are_named(arguments, options, error, words):
    with pytest.raises(error, match=words):
        gn.ledger(*arguments, **options)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (4, "rows must be from 0 to 3; got 4 to 4"),
        ([0, -5], "from 0 to 3; got -5 to 0"),
        (1.5, "rows must be row numbers"),
        ([], "rows must be row numbers, at least one"),
    ],
)
def test_rows_that_do_not_exist_are_named(rows, words):
    with pytest.raises(InvalidValue, match=words):
        gn.ledger(NET, X, Y).inner(0, rows)


@pytest.mark.parametrize("k", [0, 1.5, True])
def test_a_count_must_be_a_positive_integer(k):
    with pytest.raises(InvalidValue, match="k must be a positive integer"):
        gn.ledger(NET, X, Y).hardest(k)


def test_a_fitted_estimator_brings_its_labels_and_class_weights():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(30, 2)), np.array(["no", "yes"])[rng.integers(2, size=30)]
    clf = gn.MLPClassifier(
        (4,), solver="lbfgs", max_iter=20, class_weight={"no": 1, "yes": 3}, random_state=0
    )
    with pytest.warns(UserWarning, match="."):
        clf.fit(X, y)

    book = gn.ledger(clf, X, y)

    plain = gn.ledger(clf.network_, X, y == "yes", np.where(y == "yes", 3.0, 1.0))
    np.testing.assert_array_equal(book.losses, plain.losses)
    np.testing.assert_array_equal(book.weights, plain.weights)
    assert book.conflict().groups.tolist() == [0, 1]
