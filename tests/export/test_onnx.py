"""A model in ONNX answers what the model answers, in onnxruntime."""

import json
import sys
from dataclasses import replace

import numpy as np
import pytest

import glassnet as gn
from glassnet.data.tables import Column, as_objects
from glassnet.errors import FileFault, InvalidValue, Unsupported
from glassnet.export.source import source
from glassnet.network.activations import ACTIVATIONS
from tests.export.models import (
    HIDDEN,
    KINDS,
    PRODUCT,
    alone,
    embedded,
    estimator,
    network,
    pipeline,
    table_model,
)

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")

from glassnet.export.onnx.activations import ACTIVATIONS as IN_ONNX  # noqa: E402
from glassnet.export.onnx.files import export_onnx  # noqa: E402
from glassnet.export.onnx.model import feed, onnx_model  # noqa: E402

DTYPES = {"float32": 1e-6, "float64": 1e-13}


def session(model, **options):
    once = onnxruntime.SessionOptions()
    once.intra_op_num_threads = 1
    text = onnx_model(source(model), **options).SerializeToString()
    return onnxruntime.InferenceSession(text, once)


def answered(model, rows, **options):
    """Every output by its name."""
    run = session(model, **options)
    found = run.run(None, feed(source(model), run, rows))
    return dict(zip([each.name for each in run.get_outputs()], found, strict=True))


def test_every_activation_has_a_row():
    assert set(IN_ONNX) == set(ACTIVATIONS)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("target", "activation"), PRODUCT)
def test_a_model_of_a_mixed_table_answers_the_same(target, activation, dtype):
    model, rows = table_model(target, activation)
    limit = 1e-6 if activation == "gelu" else DTYPES[dtype]  # erf is of float32 only

    found = answered(model, rows, dtype=dtype)

    if target == "number":
        wanted = model.predict(rows)[:, None]
        np.testing.assert_allclose(found["variable"], wanted, atol=10 * limit * model.target.scale)
    else:
        np.testing.assert_allclose(found["probabilities"], model.probabilities(rows), atol=limit)
        assert found["label"].tolist() == model.predict(rows).tolist()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("activation", HIDDEN)
def test_an_activation_is_that_of_the_dtype_at_its_edges(activation, dtype):
    net, z = alone(activation, dtype)
    narrow = dtype == "float32" or activation == "gelu"

    found = answered(net, z, dtype=dtype)["outputs"]

    # An operator's e−1 and log(1 + e) lose digits of tiny results, not of the sums they go into.
    close = {"rtol": 2e-6, "atol": 3e-7} if narrow else {"rtol": 1e-13, "atol": 1e-15}
    np.testing.assert_allclose(found, gn.predict(net, z), **close)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", KINDS)
def test_an_estimator_answers_the_same(kind, dtype):
    model, X = estimator(kind)

    found = answered(model, X, dtype=dtype)

    if "numbers" in kind:
        wanted = model.predict(X).reshape(len(X), -1)
        np.testing.assert_allclose(found["variable"], wanted, atol=10 * DTYPES[dtype])
    else:
        wanted = model.predict_proba(X)
        np.testing.assert_allclose(found["probabilities"], wanted, atol=DTYPES[dtype])
        assert found["label"].tolist() == model.predict(X).tolist()
        assert found["label"].dtype.kind == model.predict(X).dtype.kind.replace("U", "O")


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_pipeline_scales_far_columns_without_loss(dtype):
    model, X = pipeline()

    found = answered(model, X, dtype=dtype)["probabilities"]

    np.testing.assert_allclose(found, model.predict_proba(X), atol=DTYPES[dtype])


def test_embeddings_and_learned_activations_answer_the_same():
    net, X = embedded()

    (found,) = answered(net, X, dtype="float64").values()

    np.testing.assert_allclose(found, gn.predict(net, X), rtol=1e-12, atol=1e-14)


def test_several_heads_are_several_outputs():
    net, X = network(heads=True)

    found = answered(net, X, dtype="float64")

    assert [found[f"outputs_{k}"].shape for k in (1, 2, 3)] == [(40, 3), (40, 2), (40, 1)]
    whole = np.concatenate([found[f"outputs_{k}"] for k in (1, 2, 3)], axis=1)
    np.testing.assert_allclose(whole, gn.predict(net, X), rtol=1e-12)


@pytest.mark.parametrize("rows", [1, 7])
def test_any_number_of_rows_is_taken(rows):
    model, X = estimator()

    assert answered(model, X[:rows])["probabilities"].shape == (rows, 3)


@pytest.mark.parametrize(("activation", "opset"), [("tanh", 17), ("mish", 17), ("gelu", 20)])
def test_the_opset_is_the_lowest_that_has_the_operators(activation, opset):
    made = onnx_model(source(network(activation)[0]))

    assert {each.domain: each.version for each in made.opset_import} == {"": opset}
    assert made.ir_version == 10


def test_metadata_says_what_is_in_the_file():
    made = onnx_model(source(table_model("class")[0]))
    held = {each.key: json.loads(each.value) for each in made.metadata_props}

    assert made.producer_name == "glassnet"
    assert held["glassnet.classes"] == ["few", "many", "some"]
    assert held["glassnet.target"] == "class"
    # a column named as an output is, gets another name, and the metadata tells which
    assert held["glassnet.inputs"]["label_"] == "label"


def test_zipmap_gives_a_dictionary_a_row():
    model, X = estimator("binary")

    found = answered(model, X, zipmap=True)

    assert list(found) == ["output_label", "output_probability"]
    first = dict(zip(model.classes_, model.predict_proba(X)[0], strict=True))
    assert found["output_probability"][0] == pytest.approx(first, abs=1e-6)
    with pytest.raises(Unsupported, match="two or more classes"):
        onnx_model(source(estimator("numbers")[0]), zipmap=True)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("activation", ["relu", "tanh", "exp"])
def test_what_the_model_refuses_becomes_nan(activation, bad):
    model, X = estimator(activation=activation)
    rows = X[:3].copy()
    rows[1, 2] = bad

    found = answered(model, rows)["probabilities"]

    with pytest.raises(ValueError, match=r"NaN|infinity"):
        model.predict_proba(rows)
    assert np.isnan(found[1]).all()
    np.testing.assert_allclose(found[[0, 2]], model.predict_proba(rows[[0, 2]]), atol=1e-6)


def test_a_table_takes_missing_and_unknown_values_and_refuses_infinite_ones():
    model, rows = table_model("class")
    few = rows.take(np.arange(5))
    values = {"far": np.array([np.nan, np.inf, 1e308, *few["far"].values[3:]])}
    columns = [replace(c, values=values.get(c.name, c.values)) for c in few.columns]
    strange = Column("shop", "categorical", as_objects([None, "b", "b", "new", "größe"]))
    columns = [strange if c.name == "shop" else c for c in columns]

    found = answered(model, replace(few, columns=columns))["probabilities"]

    assert np.isnan(found[1:3]).all()
    good = replace(few, columns=columns).take(np.array([0, 3, 4]))
    np.testing.assert_allclose(found[[0, 3, 4]], model.probabilities(good), atol=1e-6)


def test_the_file_is_written_whole(tmp_path):
    model, X = estimator()
    export_onnx(model, tmp_path / "m.onnx")
    first = (tmp_path / "m.onnx").read_bytes()
    export_onnx(model, tmp_path / "m.onnx")

    run = onnxruntime.InferenceSession(tmp_path / "m.onnx")
    found = run.run(["probabilities"], {"X": X.astype(np.float32)})[0]

    np.testing.assert_allclose(found, model.predict_proba(X), atol=1e-6)
    assert (tmp_path / "m.onnx").read_bytes() == first
    with pytest.raises(FileFault, match="the disk is full"):
        export_onnx(model, "/dev/full")
    with pytest.raises(FileFault, match="its folder does not exist"):
        export_onnx(model, tmp_path / "absent" / "m.onnx")


def test_without_onnx_the_extra_is_named(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "glassnet.export.onnx.model", None)

    with pytest.raises(Unsupported, match=r"pip install \"glassnet\[onnx\]\""):
        export_onnx(network()[0], tmp_path / "m.onnx")


def test_what_cannot_be_exported_is_named():
    with pytest.raises(InvalidValue, match="Call fit first"):
        export_onnx(gn.MLPClassifier(), "m.onnx")
    with pytest.raises(InvalidValue, match='dtype must be "float32" or "float64"'):
        export_onnx(network()[0], "m.onnx", dtype="float16")
