"""Every public name before a batch-ensemble: it works, or says in one line what to do instead."""

import inspect

import numpy as np
import pytest

import glassnet as gn
from glassnet.errors import Unsupported

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(40, 3)), RNG.normal(size=(40, 1))


def ensemble():
    layers = [gn.Dense(5, "relu", members=3), gn.Dense(1, "identity", members=3)]
    return gn.Network(3, layers, seed=0)


WORKS = {
    "check_gradients": lambda net, _: gn.check_gradients(net, X[:5], Y[:5]),
    "influence": lambda net, _: gn.influence(net, X, Y, X[0], Y[0]),
    "ledger": lambda net, _: gn.ledger(net, X, Y).noise_scale(),
    "learning_rate_range": lambda net, _: gn.learning_rate_range(net, X, Y),
    "load": lambda net, path: (gn.save(net, path), gn.load(path)),
    "member_networks": lambda net, _: gn.member_networks(net),
    "predict": lambda net, _: gn.predict(net, X),
    "predictor": lambda net, _: gn.predictor(net)(X[0]),
    "run_many": lambda net, _: gn.run_many([net, ensemble()], X, Y, epochs=1),
    "save": lambda net, path: gn.save(net, path),
    "suspects": lambda net, _: gn.suspects(net, X, Y, epochs=1),
    "train": lambda net, _: gn.train(
        net,
        X,
        Y,
        epochs=2,
        validation=0.2,
        early_stopping=True,
        observers=[gn.MovingAverage(), gn.Trail(), gn.LayerNorms(), gn.Snapshots(), gn.Every(1)],
    ),
}
REFUSED = {
    "attributions": lambda net, _: gn.attributions(net, X[:2], baseline=X[2]),
    "bounds": lambda net, _: gn.bounds(net, X[:2].min(axis=0), X[:2].max(axis=0)),
    "check_export": lambda net, path: gn.check_export(net, path, X),
    "collapse": lambda net, _: gn.collapse(net),
    "deepen": lambda net, _: gn.deepen(net, 1),
    "derive": lambda net, _: gn.derive(net, X[0], Y[0]),
    "diagnose": lambda net, _: gn.diagnose(net, X, Y),
    "Doctor": lambda net, _: gn.train(net, X, Y, epochs=1, observers=[gn.Doctor()]),
    "export_c": lambda net, path: gn.export_c(net, path.with_suffix(".c")),
    "export_onnx": lambda net, path: gn.export_onnx(net, path),
    "export_torch": lambda net, path: gn.export_torch(net, path),
    "growth_score": lambda net, _: gn.growth_score(net, X, Y),
    "importances": lambda net, _: gn.importances(net, X, Y),
    "init_from_rows": lambda net, _: gn.init_from_rows(net, X),
    "lab": lambda net, _: gn.lab(net, X, Y[:, 0]),
    "local": lambda net, _: gn.local(net, X[0]),
    "merge_twins": lambda net, _: gn.merge_twins(net),
    "regions": lambda net, _: gn.regions(net, X[0], X[1]),
    "to_sklearn": lambda net, _: gn.to_sklearn(net),
    "to_torch": lambda net, _: gn.to_torch(net),
    "trace": lambda net, _: gn.trace(net, X, Y),
    "widen": lambda net, _: gn.widen(net, 1, 7),
}
# They take no network: descriptions, estimators that make their own, foreign models, numbers.
NO_NETWORK = {
    "TableClassifier", "TableRegressor", "conformal", "dependence", "embeddings", "from_sklearn",
    "from_torch",
    "input_scale", "output_layer", "periodic_embeddings", "preset_parameters", "privacy", "search",
    "table_report", "train_parallel",
}  # fmt: skip


OTHERWISE = {"Doctor", "check_export", "collapse", "lab"}  # want more than a network


@pytest.mark.parametrize("name", WORKS)
def test_it_works(name, tmp_path):
    WORKS[name](ensemble(), tmp_path / "made")


@pytest.mark.parametrize("name", REFUSED)
def test_it_names_the_way_in_one_line(name, tmp_path):
    net = ensemble()
    before = net.state

    with pytest.raises(Unsupported, match=r"gn\.member_networks\(net\)") as caught:
        REFUSED[name](net, tmp_path / "made")

    assert "\n" not in str(caught.value)
    np.testing.assert_array_equal(net.state.theta, before.theta)


@pytest.mark.parametrize("name", sorted(set(REFUSED) - OTHERWISE))
def test_what_is_refused_takes_a_member(name, tmp_path):
    pytest.importorskip("torch")
    pytest.importorskip("onnx")
    REFUSED[name](gn.member_networks(ensemble())[0], tmp_path / "made")


def test_every_public_function_is_among_these():
    functions = {
        name
        for name in gn.__all__
        if inspect.isfunction(getattr(gn, name)) or name.startswith("Table")
    }

    assert functions <= set(WORKS) | set(REFUSED) | NO_NETWORK
