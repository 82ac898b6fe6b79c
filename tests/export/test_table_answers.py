"""What stands behind the members of a table estimator is in the exported file as well."""

import json
import shutil
import subprocess
from functools import cache

import numpy as np
import pandas as pd
import pytest

import glassnet as gn
from glassnet.export.agreement import exported_answers
from glassnet.export.c.files import export_c
from glassnet.export.c.running import FLAGS
from glassnet.export.rows import rows_for
from glassnet.export.source import source
from tests.export.test_table_estimators import LIMIT, exported

SMALL = {"hidden_layer_sizes": (12, 6), "epochs": 5, "random_state": 0, "members": 2}


def rows_and_number(m=240):
    rng = np.random.default_rng(3)
    X = pd.DataFrame({"size": rng.normal(size=m), "shop": rng.choice(["a", "b", "c"], m)})
    return X, 2 * X["size"].to_numpy() + (X["shop"] == "b") + rng.normal(0, 0.3, m)


@cache
def fitted(case):
    """An estimator of the case, and its rows."""
    X, number = rows_and_number()
    two, both = number > 0, np.column_stack([1000 + 40 * number, number])
    classes = np.array(["few", "many", "some"])[np.digitize(number, [-1.0, 1.0])]
    labels = np.column_stack([number > 0, number > 1, X["shop"] == "a"]).astype(int)
    quantile = {"loss": "quantile", "quantiles": (0.1, 0.4, 0.6, 0.9)}
    kind, options, y = {
        "two classes": (gn.TableClassifier, {}, two),
        "two classes, tempered": (gn.TableClassifier, {"calibrate": "temperature"}, two),
        "classes, tempered": (gn.TableClassifier, {"calibrate": "temperature"}, classes),
        "labels": (gn.TableClassifier, {}, labels),
        "labels, tempered": (gn.TableClassifier, {"calibrate": "temperature"}, labels),
        "one class": (gn.TableClassifier, {}, ["only"] * len(X)),
        "whole numbers": (gn.TableClassifier, {}, np.digitize(number, [-1.0, 1.0]) + 3),
        "targets": (gn.TableRegressor, {}, both),
        "quantiles": (gn.TableRegressor, quantile, both[:, 0]),
        "quantiles of targets": (gn.TableRegressor, quantile, both),
        "counts": (gn.TableRegressor, {"loss": "poisson"}, np.floor(np.exp(number))),
        "median": (gn.TableRegressor, {"loss": "absolute_error"}, number),
    }[case]
    return kind("fast", **SMALL, **options).fit(X, y), X


CASES = [
    "two classes", "two classes, tempered", "classes, tempered", "labels", "labels, tempered",
    "one class", "whole numbers", "targets", "quantiles", "quantiles of targets", "counts",
    "median",
]  # fmt: skip


def own(est, X):
    """What the estimator answers by the methods that users call, every number of it."""
    if hasattr(est, "predict_proba"):
        return est.predict_proba(X)
    found = est.predict_quantiles(X) if est.loss == "quantile" else est.predict(X)
    return found.reshape(len(X), -1)


@pytest.mark.parametrize("file", ["m.onnx", "m.c", "module"])
@pytest.mark.parametrize("case", CASES)
def test_it_answers_the_same_whatever_the_target(case, file, tmp_path):
    est, X = fitted(case)
    if "tempered" in case:
        assert est.temperature_ != 1.0

    found = exported(file, est, X, tmp_path)

    wanted = own(est, X)
    limit = LIMIT if hasattr(est, "predict_proba") else 5 * LIMIT * wanted.std(axis=0).max()
    np.testing.assert_allclose(found, wanted, atol=limit, rtol=0)
    if "quantiles" in case:
        assert (np.diff(found.reshape(len(X), -1, 4), axis=2) >= 0).all()


def test_quantiles_that_cross_are_put_in_order(tmp_path):
    est, X = fitted.__wrapped__("quantiles of targets")
    for net in est.members_:
        W, b = net.W[net.depth], net.b[net.depth]
        W[...], b[...] = W[::-1].copy(), b[::-1].copy()

    for file in ("m.onnx", "m.c", "module"):
        found = exported(file, est, X, tmp_path)
        spread = np.tile([40.0, 1.0], (4, 1)).T.ravel()
        np.testing.assert_allclose(found / spread, own(est, X) / spread, atol=3e-5, rtol=0)


@pytest.mark.parametrize("case", ["labels", "whole numbers", "two classes, tempered"])
def test_labels_are_those_of_predict(case, tmp_path):
    onnxruntime = pytest.importorskip("onnxruntime")
    est, X = fitted(case)
    gn.export_onnx(est, tmp_path / "m.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "m.onnx")

    given = {"size": X[["size"]].to_numpy(float), "shop": X[["shop"]].to_numpy(object)}
    label = session.run(["label"], given)[0]

    assert label.tolist() == est.predict(X).tolist()


def test_the_file_names_its_outputs(tmp_path):
    onnx = pytest.importorskip("onnx")
    est, _ = fitted("quantiles of targets")
    gn.export_onnx(est, tmp_path / "m.onnx")
    made = export_c(est, tmp_path / "m.c")

    held = {each.key: each.value for each in onnx.load(tmp_path / "m.onnx").metadata_props}
    assert json.loads(held["glassnet.outputs"])[:5] == [
        "y0 0.1",
        "y0 0.4",
        "y0 0.6",
        "y0 0.9",
        "y1 0.1",
    ]
    assert "y[4] y1 0.1" in made.paths[1].read_text()


@pytest.mark.skipif(shutil.which("cc") is None, reason="there is no C compiler, cc")
@pytest.mark.parametrize(
    ("case", "dtype"),
    [
        ("classes, tempered", "int8"),
        ("labels, tempered", "float64"),
        ("quantiles of targets", "float32"),
    ],
)
def test_the_test_program_runs_clean_under_sanitizers(case, dtype, tmp_path):
    est, X = fitted(case)
    calibration = X if dtype == "int8" else None
    made = export_c(est, tmp_path / "m.c", dtype=dtype, rows=X, calibration=calibration)
    sources = [path for path in made.paths if path.suffix == ".c"]
    sanitizers = "-fsanitize=address,undefined,float-cast-overflow"

    subprocess.run(
        ["cc", *FLAGS, "-Wshadow", "-Wdouble-promotion", "-g", sanitizers, "-fno-sanitize-recover",
         *sources, "-o", tmp_path / "trial", "-lm"],
        check=True,
    )  # fmt: skip
    done = subprocess.run([tmp_path / "trial"], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")


def test_an_estimator_with_a_temperature_survives_its_file(tmp_path):
    pytest.importorskip("onnxruntime")
    est, X = fitted("classes, tempered")
    gn.save(est, tmp_path / "m.glassnet")
    loaded = gn.load(tmp_path / "m.glassnet")
    found = source(loaded)
    gn.export_onnx(loaded, tmp_path / "m.onnx")

    seen = exported_answers(tmp_path / "m.onnx", found, rows_for(found, X))

    np.testing.assert_allclose(seen, est.predict_proba(X), atol=LIMIT, rtol=0)
