"""Every number of a trace against torch's autograd, and the views against each other.

torch computes the same cost from its own functions of its own arrays: nothing of glassnet's engine
takes part in the truth.
"""

import json
from itertools import product

import numpy as np
import pytest

import glassnet as gn
from glassnet.errors import InvalidValue, ShapeMismatch
from glassnet.network.activations import ACTIVATIONS
from glassnet.network.losses import LOSSES
from glassnet.network.state import State
from tests.engine.problems import Variant, allowed, problem

HIDDEN = sorted(ACTIVATIONS)
PARTNERED = [(loss, LOSSES[loss].partner) for loss in sorted(LOSSES)]


@pytest.fixture(scope="module")
def torch():
    """Give torch in float64, or skip."""
    found = pytest.importorskip("torch", reason="torch is not installed: pip install torch")
    found.set_num_threads(1)
    return found


def network_and_rows(variant):
    """A network as after some steps, and its rows."""
    made = problem(variant)
    net = gn.Network.of(made.spec, State(made.theta, made.seed, made.t, buffers=made.buffers))
    return net, made.data


def functions(torch):
    """The activations by torch's own functions."""
    nn = torch.nn.functional
    return {
        "identity": lambda z: z, "logistic": torch.sigmoid, "tanh": torch.tanh, "relu": nn.relu,
        "leaky_relu": nn.leaky_relu, "elu": nn.elu, "selu": nn.selu, "gelu": nn.gelu,
        "silu": nn.silu, "mish": nn.mish, "softplus": nn.softplus, "softsign": nn.softsign,
        "exp": torch.exp, "sin": torch.sin, "cos": torch.cos, "square": torch.square,
        "softmax": lambda z: torch.softmax(z, dim=-1),
    }  # fmt: skip


def losses(torch):
    """ℓ of each row from outputs and targets."""
    nn = torch.nn.functional
    return {
        "squared_error": lambda a, y: ((a - y) ** 2 / 2).sum(-1),
        "absolute_error": lambda a, y: (a - y).abs().sum(-1),
        "huber": lambda a, y: nn.huber_loss(a, y, reduction="none").sum(-1),
        "quantile": lambda a, y: torch.where(y > a, 0.5 * (y - a), 0.5 * (a - y)).sum(-1),
        "binary_cross_entropy": lambda a, y: nn.binary_cross_entropy(a, y, reduction="none").sum(
            -1
        ),
        "cross_entropy": lambda a, y: -(y * torch.log(a)).sum(-1),
        "poisson": lambda a, y: (torch.special.xlogy(y, y) - torch.special.xlogy(y, a) - y + a).sum(
            -1
        ),
    }


class Twin:
    """The network in torch, with every quantity of its pass kept for autograd."""

    def __init__(self, torch, net, data, masks):
        self.torch, self.spec = torch, net.specification
        self.blocks = {
            str(slot): torch.tensor(net.parameters.block(slot), requires_grad=True)
            for slot in self.spec.slots
        }
        self.x = torch.tensor(data.x, requires_grad=True)
        self.y = torch.tensor(data.y)
        w = np.ones(len(data)) if data.w is None else data.w
        self.w = torch.tensor(w / w.sum())
        self.masks = [None if mask is None else torch.tensor(mask) for mask in masks]
        self.kept = {}

    def forward(self, x, blocks, w):
        """The outputs; z, z̃, a and the statistics are kept."""
        phi, a = functions(self.torch), x
        for l, layer in enumerate(self.spec.layers, start=1):
            z = a @ blocks[f"W[{l}]"].T + blocks[f"b[{l}]"]
            self.kept[f"z[{l}]"] = z
            if layer.batch_norm:
                mean = (w[:, None] * z).sum(0)
                variance = (w[:, None] * (z - mean) ** 2).sum(0)
                x_hat = (z - mean) / self.torch.sqrt(variance + layer.batch_norm.epsilon)
                z = blocks[f"gamma[{l}]"] * x_hat + blocks[f"beta[{l}]"]
                self.kept |= {f"mean[{l}]": mean, f"variance[{l}]": variance}
                self.kept |= {f"x_hat[{l}]": x_hat, f"z_tilde[{l}]": z}
            a = phi[layer.activation.name](z)
            if self.masks[l] is not None:
                a = a * self.masks[l]
            self.kept[f"a[{l}]"] = a
        return a

    def compare(self, seen):
        """Hold every quantity of a trace to autograd's."""
        loss = losses(self.torch)[self.spec.loss.name]
        out = self.forward(self.x, self.blocks, self.w)
        for tensor in self.kept.values():
            tensor.retain_grad()
        each = loss(out, self.y)
        cost = (self.w * each).sum()
        cost.backward()
        close(seen.losses, each, 1e-10)
        close(seen.J, cost, 1e-10)
        for name, tensor in self.kept.items():
            kind, l = name.rstrip("]").split("[")
            close(getattr(seen, kind)[int(l)], tensor, 1e-10)
            if kind in ("z", "a"):
                into = seen.delta if kind == "z" else seen.da
                close(into[int(l)], tensor.grad, 1e-10)
        close(seen.da[0], self.x.grad, 1e-10)
        for name, tensor in self.blocks.items():
            kind, l = name.rstrip("]").split("[")
            scale = max(float(tensor.grad.abs().max()), 1e-3)
            close(getattr(seen, f"d{kind}")[int(l)], tensor.grad, 1e-10, floor=scale)


def close(mine, theirs, tolerance, floor=None):
    """Compare relative to the largest entry, as a sum's rounding is."""
    mine, theirs = np.asarray(mine), np.asarray(theirs.detach())
    scale = np.abs(theirs).max() if floor is None else floor
    assert mine.shape == theirs.shape
    np.testing.assert_allclose(mine, theirs, rtol=tolerance, atol=tolerance * scale)


def held(torch, variant, **options):
    """Compare a variant's trace with its twin."""
    net, data = network_and_rows(variant)
    seen = gn.trace(net, data.x, data.y, data.w, **options)
    Twin(torch, net, data, seen.mask).compare(seen)


def variant_of(hidden, loss, output, depth, norm, weighted):
    """A variant of the product; exponentials of exponentials are kept small."""
    units = 2 if hidden == "exp" else 4
    outputs = 3 if output == "softmax" else 2
    return Variant(loss, output, hidden, outputs, weighted, norm, depth, units=units)


@pytest.mark.parametrize("hidden", HIDDEN)
@pytest.mark.parametrize(("loss", "output"), PARTNERED)
def test_every_quantity_equals_autograd(torch, hidden, loss, output):
    turn = HIDDEN.index(hidden) + sorted(LOSSES).index(loss)
    switches = list(product((False, True), (False, True)))
    for depth in (1, 2, 3):
        norm, weighted = switches[(turn + depth) % 4]
        held(torch, variant_of(hidden, loss, output, depth, norm, weighted))


@pytest.mark.long
@pytest.mark.parametrize("hidden", HIDDEN)
@pytest.mark.parametrize(("loss", "output"), PARTNERED)
def test_every_quantity_equals_autograd_in_the_whole_product(torch, hidden, loss, output):
    for depth, norm, weighted in product((1, 2, 3, 4), (False, True), (False, True)):
        if (hidden == "exp" and depth > 2) or (hidden == "square" and depth > 3):
            continue  # its numbers are too large to be compared
        held(torch, variant_of(hidden, loss, output, depth, norm, weighted))


@pytest.mark.parametrize(
    ("loss", "output"),
    [pair for pair in product(sorted(LOSSES), HIDDEN) if allowed(*pair) and pair not in PARTNERED],
)
def test_outputs_that_are_not_the_partner_equal_autograd(torch, loss, output):
    outputs = 3 if "softmax" in output or loss == "cross_entropy" else 2
    for norm in (False, True):
        held(torch, Variant(loss, output, "tanh", outputs, weighted=norm, norm=norm))


@pytest.mark.parametrize("norm", [False, True])
def test_dropout_and_its_masks_are_those_of_the_step(torch, norm):
    held(torch, Variant(norm=norm, depth=3, layer={"dropout": 0.4}, units=8))


def test_each_rows_own_gradient_equals_torch_func(torch):
    net, data = network_and_rows(Variant("cross_entropy", "softmax", "gelu", 3, weighted=True))
    seen = gn.trace(net, data.x, data.y, data.w)
    twin = Twin(torch, net, data, seen.mask)
    loss = losses(torch)["cross_entropy"]

    def of_row(blocks, x, y):
        return loss(twin.forward(x[None], blocks, None), y[None])[0]

    each = torch.func.vmap(torch.func.grad(of_row), in_dims=(None, 0, 0))(
        {name: block.detach() for name, block in twin.blocks.items()},
        twin.x.detach(),
        twin.y,
    )

    for l in (1, 2):
        rows = seen.delta[l] / seen.w[:, None]
        close(rows[:, :, None] * seen.a[l - 1][:, None, :], each[f"W[{l}]"], 1e-10)
        close(rows, each[f"b[{l}]"], 1e-10)


@pytest.mark.parametrize("training", [True, False])
def test_in_prediction_statistics_are_constants_and_nothing_is_dropped(training):
    net, data = network_and_rows(Variant(norm=True, depth=3, layer={"dropout": 0.4}))

    seen = gn.trace(net, data.x, data.y, training=training)

    if training:
        assert seen.mask[1] is not None
        assert not np.array_equal(seen.mean[1], net.state.buffers["mean[1]"])
    else:
        np.testing.assert_allclose(seen.a[3], gn.predict(net, data.x), rtol=1e-12)
        assert seen.mask[1] is None
        np.testing.assert_array_equal(seen.mean[1], net.state.buffers["mean[1]"])
        constant = seen.delta[1] / (net.gamma[1] / np.sqrt(net.state.buffers["variance[1]"] + 1e-5))
        np.testing.assert_allclose(constant, seen.da[1] * (1 - seen.a[1] ** 2), rtol=1e-10)


def test_the_masks_are_those_that_training_uses():
    net, data = network_and_rows(Variant(depth=3, layer={"dropout": 0.5}, units=16))

    class Masks(gn.Every):
        needs = frozenset({"mask", "g"})

        def see(self, moment):
            self.mask, self.g = moment.mask, moment.g
            return True

    expected = gn.trace(net, data.x, data.y)
    watcher = Masks(interval=1)
    gn.train(
        net, data.x, data.y, optimizer="sgd", epochs=1, batch_size=len(data), shuffle=False,
        observers=[watcher], engine="reference",
    )  # fmt: skip

    np.testing.assert_array_equal(watcher.mask[1], expected.mask[1])
    flat = np.concatenate([np.ravel(expected.dW[1]), expected.db[1]])
    np.testing.assert_array_equal(watcher.g[: flat.size], flat)


PER_SAMPLE = ("a", "z", "z_tilde", "x_hat", "fired", "mask", "da", "delta")
PER_UNIT = ("b", "gamma", "beta", "mean", "variance", "db", "dgamma", "dbeta")


@pytest.mark.parametrize("weighted", [False, True])
def test_columns_are_the_rows_transposed(weighted):
    net, data = network_and_rows(
        Variant(norm=True, depth=3, weighted=weighted, layer={"dropout": 0.3}, outputs=2)
    )
    rows = gn.trace(net, data.x, data.y, data.w)
    columns = gn.trace(net, data.x, data.y, data.w, samples="columns")

    for l in range(4):
        for name in PER_SAMPLE:
            one, other = getattr(rows, name)[l], getattr(columns, name)[l]
            assert (one is None) == (other is None)
            if one is not None:
                np.testing.assert_array_equal(other, one.T)
        for name in (*PER_UNIT, "W", "dW"):
            one, other = getattr(rows, name)[l], getattr(columns, name)[l]
            if one is not None:
                np.testing.assert_array_equal(other, one if one.ndim == 2 else one[:, None])
    np.testing.assert_array_equal(columns.y, rows.y.T)
    np.testing.assert_array_equal(columns.samples("rows").z[2], rows.z[2])


@pytest.mark.parametrize("weighted", [False, True])
def test_the_columns_satisfy_the_equations_of_the_courses(weighted):
    net, data = network_and_rows(Variant(weighted=weighted, outputs=2, depth=3))

    c = gn.trace(net, data.x, data.y, data.w, samples="columns", mean="dW")

    m = len(data)
    for l in (1, 2, 3):
        np.testing.assert_allclose(c.z[l], c.W[l] @ c.a[l - 1] + c.b[l], rtol=1e-12)
        np.testing.assert_allclose(c.dW[l], c.delta[l] @ c.a[l - 1].T / m, rtol=1e-11)
        np.testing.assert_allclose(c.db[l], c.delta[l].sum(axis=1, keepdims=True) / m, rtol=1e-11)
    if not weighted:
        np.testing.assert_allclose(c.delta[3], c.a[3] - c.y, rtol=1e-10)


def test_without_targets_only_forward_quantities_are_there():
    net, data = network_and_rows(Variant(norm=True, layer={"dropout": 0.3}))

    seen, full = gn.trace(net, data.x), gn.trace(net, data.x, data.y)

    np.testing.assert_array_equal(seen.a[2], full.a[2])
    np.testing.assert_array_equal(seen.mask[1], full.mask[1])
    assert seen.J is None
    assert seen.delta is None
    assert "forward only" in str(seen)
    assert seen.samples("columns", mean="dW").delta is None


def test_cost_and_parts_add_up():
    net, data = network_and_rows(
        Variant(weighted=True, network={"penalties": (gn.L2(0.1), gn.L1(0.2, per_weight_sum=True))})
    )

    seen = gn.trace(net, data.x, data.y, data.w)

    assert seen.J == seen.loss + seen.penalty
    assert seen.loss == pytest.approx(float(seen.w @ seen.losses), rel=1e-14)
    expected = sum(0.05 * (W**2).sum() + 0.2 * abs(W).sum() / data.w.sum() for W in net.W[1:])
    assert seen.penalty == pytest.approx(float(expected), rel=1e-13)
    assert seen.weight_sum == pytest.approx(float(data.w.sum()))


def test_several_heads_have_their_derivative_by_the_outputs_too(torch):
    heads = gn.output_layer(
        [gn.Head(3, "softmax", "cross_entropy"), gn.Head(1, "identity", scale=0.5)]
    )
    net = gn.Network(2, [gn.Dense(4, "tanh"), heads], seed=0)
    X = np.array([[0.3, -1.0], [2.0, 0.1]])
    y = np.array([[0.0, 1.0, 0.0, 2.0], [1.0, 0.0, 0.0, -1.0]])

    seen = gn.trace(net, X, y)

    a = torch.tensor(seen.a[2], requires_grad=True)
    each = -(torch.tensor(y[:, :3]) * torch.log(a[:, :3])).sum(1)
    each = each + 0.25 * (a[:, 3] - torch.tensor(y[:, 3])) ** 2
    each.mean().backward()
    close(seen.da[2], a.grad, 1e-12)


def test_arrays_are_copies_that_cannot_be_written_to():
    net, data = network_and_rows(Variant())
    X = data.x.copy()
    seen = gn.trace(net, X, data.y)
    kept = seen.W[1].copy()

    net.W[1][...] += 1
    X[...] = 0

    np.testing.assert_array_equal(seen.W[1], kept)
    np.testing.assert_array_equal(seen.a[0], data.x)
    with pytest.raises(ValueError, match="read-only"):
        seen.delta[1][0, 0] = 1.0


def test_looking_changes_no_bit_of_training():
    def trained(*, look):
        net = gn.Network(3, [gn.Dense(8, "relu", dropout=0.2), gn.Dense(1, "identity")], seed=5)
        rng = np.random.default_rng(0)
        X, y = rng.normal(size=(40, 3)), rng.normal(size=40)
        for _ in range(3):
            gn.train(net, X, y, epochs=2)
            if look:
                str(gn.trace(net, X, y))
                gn.trace(net, X, y).to_frame()
        return net.state.theta

    np.testing.assert_array_equal(trained(look=True), trained(look=False))


def test_the_long_table_holds_every_number_at_its_place():
    net, data = network_and_rows(Variant(norm=True, outputs=2, layer={"dropout": 0.3}))
    seen = gn.trace(net, data.x, data.y)

    frame = seen.samples("columns").to_frame()

    assert list(frame.columns) == ["layer", "quantity", "row", "unit", "input", "value"]
    keyed = frame.set_index(["layer", "quantity", "row", "unit", "input"])["value"]
    assert keyed.index.is_unique
    assert keyed[1, "z", 4, 2, -1] == seen.z[1][4, 2]
    assert keyed[1, "dW", -1, 3, 1] == seen.dW[1][3, 1]
    assert keyed[2, "db", -1, 1, -1] == seen.db[2][1]
    assert keyed[0, "da", 5, 0, -1] == seen.da[0][5, 0]
    assert keyed[1, "mask", 0, 0, -1] == seen.mask[1][0, 0]
    assert len(frame) == sum(array.size for l in range(3) for array in seen.layer(l).values())


def test_plain_data_is_json_and_the_statistics_are_numpys():
    net, data = network_and_rows(Variant(hidden="relu"))
    seen = gn.trace(net, data.x, data.y)

    read = json.loads(json.dumps(seen.to_dict()))

    assert read["layers"][1]["delta"] == seen.delta[1].tolist()
    assert read["J"] == seen.J
    line = next(s for s in seen.statistics() if (s["layer"], s["quantity"]) == (1, "a"))
    assert line["norm"] == pytest.approx(float(np.sqrt((seen.a[1] ** 2).sum())), rel=1e-14)
    assert line["zeros"] == (seen.a[1] == 0).mean()


def test_features_are_the_values_of_the_layer():
    net, data = network_and_rows(Variant(depth=3))
    seen = gn.trace(net, data.x, training=False)

    np.testing.assert_array_equal(seen.features(2), seen.a[2])
    np.testing.assert_array_equal(seen.features(0), data.x)


def test_an_estimator_encodes_labels_and_weighs_classes_as_in_its_fit():
    X, y = np.array([[0.0, 1.0], [1.0, 0.0], [1.0, 1.0], [2.0, 0.0]]), ["b", "a", "c", "a"]
    weights = {"a": 1.0, "b": 2.0, "c": 3.0}
    clf = gn.MLPClassifier(
        (3,), "tanh", solver="lbfgs", alpha=0.1, max_iter=2000, random_state=0, class_weight=weights
    ).fit(X, y)

    seen = gn.trace(clf, X, y)

    np.testing.assert_array_equal(seen.y, [[0, 1, 0], [1, 0, 0], [0, 0, 1], [1, 0, 0]])
    np.testing.assert_allclose(seen.w, np.array([2, 1, 3, 1]) / 7)
    assert seen.J == pytest.approx(clf.loss_, rel=1e-6)
    assert np.abs(seen.dW[1]).max() < 1e-3  # lbfgs ended at a minimum of this very cost


def test_sparse_rows_stay_sparse_and_give_the_same():
    sparse = pytest.importorskip("scipy.sparse")
    net, data = network_and_rows(Variant())
    X = data.x * (data.x > 0)

    seen, dense = gn.trace(net, sparse.csr_array(X), data.y), gn.trace(net, X, data.y)

    np.testing.assert_allclose(seen.dW[1], dense.dW[1], rtol=1e-12)
    np.testing.assert_array_equal(seen.samples("columns").a[0].toarray(), X.T)
    assert str(seen) == str(dense)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"X": [[1.0, 2.0]]}, "takes 3 inputs"),
        ({"X": [1.0, 2.0, 3.0]}, "X must be 2-D"),
        ({"X": np.zeros((0, 3)), "y": None}, "at least 1 row"),
        ({"X": [[np.nan, 1.0, 2.0]]}, "must be finite"),
        ({"y": [1.0, 2.0]}, "as many rows; got 1 and 2"),
        ({"y": ["one"]}, "y must hold numbers"),
        ({"weights": [1.0, 2.0]}, r"weights must be \(1,\)"),
        ({"samples": "cols"}, 'samples must be "rows" or "columns"'),
        ({"mean": "J"}, 'mean must be "delta" or "dW"'),
        ({"net": None}, "Network or a fitted glassnet estimator; got NoneType"),
        ({"net": gn.MLPRegressor()}, "Fit it first"),
    ],
)
def test_what_cannot_be_traced_is_said_in_one_line(change, words):
    net = gn.Network(3, [gn.Dense(1, "identity")])

    with pytest.raises((InvalidValue, ShapeMismatch), match=words) as caught:
        gn.trace(**{"net": net, "X": [[1.0, 2.0, 3.0]], "y": [1.0], **change})

    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("layer", [-1, 3, 1.5, True, "1"])
def test_a_layer_that_is_not_there_is_refused(layer):
    net, data = network_and_rows(Variant())
    seen = gn.trace(net, data.x)

    for ask in (seen.features, seen.layer, seen.show):
        with pytest.raises(
            InvalidValue, match="layer must be from 0 to 2 in a network of 2 layers"
        ):
            ask(layer)


def test_the_running_statistics_are_left_open_to_training():
    net, data = network_and_rows(Variant(norm=True))

    gn.trace(net, data.x, data.y, training=False)

    assert all(array.flags.writeable for array in net.state.buffers.values())
    assert net.state.theta.flags.writeable
    assert data.x.flags.writeable
    assert data.y.flags.writeable
