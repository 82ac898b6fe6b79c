"""A model in PyTorch has the same outputs and gradients, and a module read has its outputs."""

import runpy
import subprocess
import sys

import numpy as np
import pytest

import glassnet as gn
from glassnet.errors import FileFault, InvalidValue, Unsupported
from glassnet.export.torch.convert import export_torch, from_torch, to_torch
from glassnet.network.activations import ACTIVATIONS
from tests.export.models import (
    HIDDEN,
    TARGETS,
    alone,
    embedded,
    estimator,
    network,
    pipeline,
    table_model,
)

torch = pytest.importorskip("torch")
nn = torch.nn

from glassnet.export.torch.activations import ACTIVATIONS as IN_TORCH  # noqa: E402


def outputs(module, x, dtype="float64"):
    with torch.no_grad():
        return module(torch.from_numpy(np.asarray(x, dtype=dtype))).numpy()


def trained(activation, loss, last, dtype="float64"):
    """A network with everything a layer may have, that has taken a few steps."""
    layers = [
        gn.Dense(6, activation, batch_norm=True, dropout=0.25),
        gn.Dense(5, activation, bias=False),
        gn.Dense(3, last),
    ]
    net = gn.Network(4, layers, loss=loss, seed=2, dtype=dtype)
    rng = np.random.default_rng(0)
    X = rng.normal(size=(30, 4))
    y = np.eye(3)[rng.integers(0, 3, 30)] if last == "softmax" else rng.normal(size=(30, 3))
    gn.train(net, X, y, epochs=2, optimizer=gn.SGD(1e-9))
    return net, X, y


def test_every_activation_has_a_row():
    assert set(IN_TORCH) == set(ACTIVATIONS)


@pytest.mark.parametrize("activation", HIDDEN)
def test_outputs_and_gradients_are_the_same(activation):
    net, X, y = trained(activation, "squared_error", "identity")
    frozen = [
        gn.Dense(6, activation, batch_norm=True, frozen=True),
        gn.Dense(5, activation, bias=False),
        gn.Dense(3, "identity"),
    ]
    still = gn.Network(4, frozen, seed=2)  # batch norm on its running statistics, as eval() has it
    still.state = gn.Network.of(still.specification, net.state).state
    module = to_torch(net)

    J = 0.5 * ((module(torch.from_numpy(X)) - torch.from_numpy(y)) ** 2).sum() / len(X)
    J.backward()

    np.testing.assert_allclose(outputs(module, X), gn.predict(net, X), rtol=1e-10, atol=1e-12)
    seen = gn.trace(still, X, y)
    linear = [each for each in module if isinstance(each, nn.Linear)]
    for l in (2, 3):
        np.testing.assert_allclose(
            linear[l - 1].weight.grad.numpy(), seen.dW[l], rtol=1e-8, atol=1e-10
        )


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("activation", HIDDEN)
def test_an_activation_is_that_of_the_dtype_at_its_edges(activation, dtype):
    net, z = alone(activation, dtype)
    z = z[np.abs(z[:, 0]) < 1e38] if activation == "gelu" else z  # torch's own is infinite there
    loose = 1e-6 if activation == "gelu" else 1e-7  # z (1 + erf) loses digits on the left
    close = {"rtol": 2e-6, "atol": loose} if dtype == "float32" else {"rtol": 1e-13, "atol": 1e-15}

    np.testing.assert_allclose(outputs(to_torch(net), z, dtype), gn.predict(net, z), **close)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("activation", HIDDEN)
def test_a_module_and_back_is_the_network(activation, dtype):
    net, X, _ = trained(activation, "squared_error", "identity", dtype)

    again = from_torch(to_torch(net))

    assert again.units == net.units
    assert [layer.dropout for layer in again.specification.layers] == [0.25, 0.0, 0.0]
    assert [layer.activation for layer in again.specification.layers] == [
        layer.activation for layer in net.specification.layers
    ]
    assert again.state.theta.dtype == net.state.theta.dtype
    np.testing.assert_array_equal(again.state.theta, net.state.theta)
    np.testing.assert_array_equal(gn.predict(again, X), gn.predict(net, X))


def test_scaling_heads_and_batch_norm_go_there_and_back():
    net, X = network("sin", heads=True)

    module = to_torch(net)
    again = from_torch(module)

    np.testing.assert_allclose(outputs(module, X), gn.predict(net, X), rtol=1e-12)
    np.testing.assert_allclose(gn.predict(again, X), gn.predict(net, X), rtol=1e-12)
    assert [head.loss.name for head in again.specification.heads] == [
        "cross_entropy", "poisson", "squared_error",
    ]  # fmt: skip


@pytest.mark.parametrize("kind", ["binary", "multiclass", "multilabel", "numbers"])
def test_an_estimator_answers_the_same(kind):
    model, X = estimator(kind)

    found = outputs(to_torch(model), X)

    if kind == "numbers":
        np.testing.assert_allclose(found[:, 0], model.predict(X), rtol=1e-12)
    else:
        wanted = model.predict_proba(X)
        wanted = wanted[:, 1:] if kind == "binary" else wanted
        np.testing.assert_allclose(found, wanted, atol=1e-14)


def test_a_pipeline_scales_far_columns_without_loss():
    model, X = pipeline()

    np.testing.assert_allclose(outputs(to_torch(model), X), model.predict_proba(X), atol=1e-12)


@pytest.mark.parametrize("target", TARGETS)
def test_a_tables_module_takes_encoded_columns(target):
    model, rows = table_model(target)
    x = model.encoder.transform(rows)

    found = outputs(to_torch(model), x)

    wanted = model.predict(rows)[:, None] if target == "number" else model.probabilities(rows)
    np.testing.assert_allclose(found, wanted[:, -found.shape[1] :], rtol=1e-12)
    again = gn.predict(from_torch(to_torch(model)), x)
    np.testing.assert_allclose(again, found, rtol=1e-12)


def test_embeddings_and_learned_activations_answer_the_same(tmp_path):
    net, X = embedded()

    found = outputs(to_torch(net), X)

    np.testing.assert_allclose(found, gn.predict(net, X), rtol=1e-12, atol=1e-14)
    export_torch(net, tmp_path / "model")
    text = (tmp_path / "model" / "model.py").read_text(encoding="utf-8")
    assert "class Share" in text
    assert "class Cos" in text
    with pytest.raises(Unsupported, match="in forward it goes to several places"):
        from_torch(to_torch(net), loss="cross_entropy")


@pytest.mark.parametrize("activation", HIDDEN)
def test_the_file_has_whatever_an_activation_needs(activation, tmp_path):
    net, z = alone(activation, "float64")
    export_torch(net, tmp_path / "m")

    made = runpy.run_path(str(tmp_path / "m" / "model.py"))["model"]()

    np.testing.assert_array_equal(outputs(made, z), outputs(to_torch(net), z))


def test_the_folder_needs_no_glassnet_and_no_pickle(tmp_path):
    table, rows = table_model("number", "exp")
    models = [
        (table, table.encoder.transform(rows)),
        network("square", heads=True),
        estimator("multiclass", activation="softplus"),
    ]
    for k, (model, x) in enumerate(models):
        export_torch(model, tmp_path / f"m{k}")
        np.save(tmp_path / f"x{k}.npy", x)
    ask = (
        "import runpy, sys; sys.modules['glassnet'] = None\n"
        "import numpy, torch\n"
        "for k in range(3):\n"
        "    made = runpy.run_path(f'm{k}/model.py')['model']()\n"
        "    with torch.no_grad(): a = made(torch.from_numpy(numpy.load(f'x{k}.npy')))\n"
        "    numpy.save(f'a{k}.npy', a.numpy())\n"
    )

    subprocess.run([sys.executable, "-c", ask], cwd=tmp_path, check=True)

    for k, (model, x) in enumerate(models):
        names = {path.name for path in (tmp_path / f"m{k}").iterdir()}
        assert names == {"model.py", "model.safetensors"}
        found = np.load(tmp_path / f"a{k}.npy")
        np.testing.assert_allclose(found, outputs(to_torch(model), x), rtol=1e-12)


def test_a_module_of_ones_own_is_read():
    class Chain(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.last = nn.Linear(4, 3), nn.Linear(3, 2)

        def forward(self, x):
            return torch.softmax(self.last(torch.relu(self.first(x))), dim=1)

    torch.manual_seed(0)
    module, X = Chain(), np.random.default_rng(0).normal(size=(5, 4))

    found = from_torch(module)

    assert found.specification.loss.name == "cross_entropy"
    np.testing.assert_allclose(gn.predict(found, X), outputs(module, X, "float32"), atol=1e-6)


def test_what_has_no_twin_is_named():
    with pytest.raises(Unsupported, match="Conv1d '0'"):
        from_torch(nn.Sequential(nn.Conv1d(1, 1, 1), nn.Linear(2, 1)))
    with pytest.raises(Unsupported, match="LogSoftmax at the end"):
        from_torch(nn.Sequential(nn.Linear(2, 3), nn.LogSoftmax(dim=1)))
    with pytest.raises(InvalidValue, match=r"must be a torch\.nn\.Module; got int"):
        from_torch(3)
    with pytest.raises(InvalidValue, match="Call fit first"):
        to_torch(gn.MLPClassifier())


def test_without_torch_the_extra_is_named(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "torch", None)

    for ask in (lambda: to_torch(None), lambda: from_torch(None), lambda: export_torch(None, "f")):
        with pytest.raises(Unsupported, match=r'pip install "glassnet\[torch\]"'):
            ask()


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    net, _ = network()
    (tmp_path / "file").write_text("")

    with pytest.raises(FileFault, match="is a file, and a folder is to be written"):
        export_torch(net, tmp_path / "file")
    with pytest.raises(FileFault, match="its folder does not exist"):
        export_torch(net, tmp_path / "absent" / "folder")
