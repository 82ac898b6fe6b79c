"""A model in C answers what the model answers, whatever it is made of, without a complaint."""

import re
import shutil
import subprocess
from dataclasses import replace

import numpy as np
import pytest

import glassnet as gn
from glassnet.data.frames import as_column
from glassnet.data.tables import Column, Table, as_objects
from glassnet.errors import FileFault, InvalidValue, Unsupported
from glassnet.estimators.table_fit import fit_table
from glassnet.estimators.table_plan import TableSettings
from glassnet.export.c.activations import ACTIVATIONS as IN_C
from glassnet.export.c.files import export_c
from glassnet.export.c.running import FLAGS, CompiledModel
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
    rows_and_labels,
    table_model,
)

CC = shutil.which("cc")
needs_compiler = pytest.mark.skipif(CC is None, reason="there is no C compiler, cc")


def compiled(model, folder, rows=None, **options):
    export_c(model, folder / "m.c", rows=rows, **options)
    return CompiledModel(source(model), folder / "m.c", folder)


def test_every_activation_has_a_row():
    assert set(IN_C) == set(ACTIVATIONS)


@needs_compiler
@pytest.mark.parametrize(("target", "activation"), PRODUCT)
def test_a_model_of_a_mixed_table_answers_the_same(target, activation, tmp_path):
    model, rows = table_model(target, activation)

    found = compiled(model, tmp_path).answers(rows)

    if target == "number":
        np.testing.assert_allclose(found[:, 0], model.predict(rows), atol=1e-5 * model.target.scale)
    else:
        np.testing.assert_allclose(found, model.probabilities(rows), atol=1e-6)


@needs_compiler
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("activation", HIDDEN)
def test_an_activation_is_that_of_the_dtype_at_its_edges(activation, dtype, tmp_path):
    net, z = alone(activation, dtype)
    close = {"rtol": 1e-6, "atol": 1e-7} if dtype == "float32" else {"rtol": 1e-12, "atol": 0}

    found = compiled(net, tmp_path, dtype=dtype).answers(z)

    np.testing.assert_allclose(found, gn.predict(net, z), **close)


@needs_compiler
def test_embeddings_and_learned_activations_answer_the_same(tmp_path):
    net, X = embedded()

    found = compiled(net, tmp_path).answers(X)

    np.testing.assert_allclose(found, gn.predict(net, X), rtol=1e-5, atol=1e-6)


@needs_compiler
@pytest.mark.parametrize("which", ["table", "binary", "multilabel", "pipeline", "heads"])
def test_float64_differs_by_the_rounding_of_float64(which, tmp_path):
    model, rows = {
        "table": lambda: table_model("class", "exp"),
        "pipeline": pipeline,
        "heads": lambda: network(heads=True),
    }.get(which, lambda: estimator(which))()

    found = compiled(model, tmp_path, dtype="float64").answers(rows)

    np.testing.assert_allclose(found, source(model).answers(rows), rtol=1e-11, atol=1e-14)
    text = (tmp_path / "m.c").read_text() + (tmp_path / "m.h").read_text()
    assert not re.search(r"\bfloat\b(?!\.h)|FLT_MAX|[0-9.]f\b|\b(exp|tanh|fabs)f\(", text)


@needs_compiler
@pytest.mark.parametrize("kind", KINDS)
def test_an_estimator_answers_the_same(kind, tmp_path):
    model, X = estimator(kind)

    found = compiled(model, tmp_path).answers(X)

    if "numbers" in kind:
        assert np.abs(found - model.predict(X).reshape(found.shape)).max() < 1e-5 * 2
    else:
        np.testing.assert_allclose(found, model.predict_proba(X), atol=1e-6)


@needs_compiler
def test_a_pipeline_scales_far_columns_without_loss(tmp_path):
    model, X = pipeline()

    found = compiled(model, tmp_path).answers(X)

    np.testing.assert_allclose(found, model.predict_proba(X), atol=1e-6)


@needs_compiler
@pytest.mark.parametrize("heads", [False, True])
def test_a_network_with_batch_norm_and_heads_answers_the_same(heads, tmp_path):
    net, X = network(heads=heads)

    found = compiled(net, tmp_path).answers(X)

    np.testing.assert_allclose(found, gn.predict(net, X), rtol=1e-5, atol=1e-6)


@needs_compiler
@pytest.mark.parametrize("which", ["table", "multilabel", "float64", "pipeline", "heads"])
def test_the_test_program_runs_clean_under_sanitizers(which, tmp_path):
    model = {
        "table": lambda: table_model("number", "softplus")[0],
        "pipeline": lambda: pipeline()[0],
        "heads": lambda: network(heads=True)[0],
        "float64": lambda: table_model("class", "selu")[0],
    }.get(which, lambda: estimator(which)[0])()
    dtype = "float64" if which == "float64" else "float32"
    made = export_c(model, tmp_path / "m.c", dtype=dtype)
    sanitizers = "-fsanitize=address,undefined,float-cast-overflow"
    sources = [path for path in made.paths if path.suffix == ".c"]

    subprocess.run(
        [CC, *FLAGS, "-Wshadow", "-Wdouble-promotion", "-g", sanitizers, "-fno-sanitize-recover",
         *sources, "-o", tmp_path / "trial", "-lm"],
        check=True,
    )  # fmt: skip
    done = subprocess.run([tmp_path / "trial"], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")
    assert "64 rows, largest difference" in done.stdout


@needs_compiler
def test_the_test_program_fails_when_a_weight_is_changed(tmp_path):
    made = export_c(estimator()[0], tmp_path / "m.c")
    text = made.paths[0].read_text()
    made.paths[0].write_text(re.sub(r"(b1\[7\] = \{\n +)\S+", r"\g<1>0.5f,", text))
    sources = [path for path in made.paths if path.suffix == ".c"]
    subprocess.run([CC, *FLAGS, *sources, "-o", tmp_path / "trial", "-lm"], check=True)

    assert subprocess.run([tmp_path / "trial"], capture_output=True, check=False).returncode == 1


@needs_compiler
@pytest.mark.parametrize("level", ["-O0", "-O2", "-O3", "-Os"])
@pytest.mark.parametrize("dtype", ["float32", "float64", "int8"])
def test_the_stack_is_no_deeper_than_said(dtype, level, tmp_path):
    model, rows = table_model("number", "mish")
    calibration = rows if dtype == "int8" else None
    made = export_c(model, tmp_path / "m.c", dtype=dtype, calibration=calibration)
    command = [CC, *FLAGS, level, "-fstack-usage", "-c", made.paths[0], "-o", tmp_path / "m.o"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip("this compiler does not tell what stack a function takes")
    uses = (tmp_path / "m.su").read_text().splitlines()
    frames = {line.split("\t")[0].rsplit(":")[-1]: int(line.split("\t")[1]) for line in uses}
    deepest = frames.pop("m_predict")

    assert deepest + max(frames.values(), default=0) <= made.stack


@needs_compiler
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_the_model_refuses_is_refused(bad, tmp_path):
    model, X = estimator()
    rows = X[:3].copy()
    rows[1, 2] = bad

    found = compiled(model, tmp_path).answers(rows)

    with pytest.raises(ValueError, match=r"NaN|infinity"):
        model.predict_proba(rows)
    assert np.isnan(found[1]).all()
    np.testing.assert_allclose(found[[0, 2]], model.predict_proba(rows[[0, 2]]), atol=1e-6)


@needs_compiler
def test_a_table_takes_missing_values_and_refuses_infinite_ones(tmp_path):
    model, rows = table_model("class", "tanh")  # which would swallow an infinity
    few = rows.take(np.arange(4))
    values = {"far": np.array([np.nan, np.inf, 1e308, few["far"].values[3]])}
    columns = [replace(c, values=values.get(c.name, c.values)) for c in few.columns]

    found = compiled(model, tmp_path).answers(replace(few, columns=columns))

    assert np.isnan(found[1:3]).all()
    good = replace(few, columns=columns).take(np.array([0, 3]))
    np.testing.assert_allclose(found[[0, 3]], model.probabilities(good), atol=1e-6)


@needs_compiler
def test_unknown_levels_are_what_they_are_to_the_model(tmp_path):
    model, rows = table_model("two")
    few = rows.take(np.arange(3))
    strange = Column("shop", "categorical", as_objects(["new", "", None]))
    columns = [strange if c.name == "shop" else c for c in few.columns]

    found = compiled(model, tmp_path).answers(replace(few, columns=columns))

    truth = model.probabilities(replace(few, columns=columns))
    np.testing.assert_allclose(found, truth, atol=1e-6)


@needs_compiler
def test_names_that_c_does_not_take_become_names_that_it_does(tmp_path):
    model, _ = estimator()
    made = export_c(model, tmp_path / "2 int*main.c")

    assert [path.name for path in made.paths[1:]] == ["x2_int_main.h", "x2_int_main_test.c"]
    with pytest.raises(InvalidValue, match="identifier of C"):
        export_c(model, tmp_path / "m.c", name="while")


@needs_compiler
def test_odd_names_of_columns_become_fields_that_differ(tmp_path):
    names = ["", "a b", "a-b", "int", "NULL", "m", "m_row", "*/ x", "tail\\", "größe", "two\nlines",
             "x" * 200, "x" * 200 + "y", "errno", "1st", "??/"]  # fmt: skip
    rng = np.random.default_rng(0)
    texts = [as_column(rng.choice(["f", "m"], 30).tolist(), name) for name in names[:3]]
    numbers = [as_column(rng.normal(size=30), name) for name in names[3:]]
    table = Table([*texts, *numbers, as_column(rng.normal(size=30), "target")])
    model = fit_table(table, "target", TableSettings(hidden=(3,), epochs=1)).model

    found = compiled(model, tmp_path, rows=table).answers(table)

    np.testing.assert_allclose(found[:, 0], model.predict(table), atol=1e-5)


def test_a_text_that_c_cannot_hold_is_named(tmp_path):
    X, y = rows_and_labels()
    with pytest.warns(UserWarning, match="hasn't converged"):
        model = gn.MLPClassifier((3,), max_iter=2).fit(X, np.array(["a", "b\0c", "d"])[y])

    with pytest.raises(InvalidValue, match=r"must have no zero byte.*'b\\x00c'"):
        export_c(model, tmp_path / "m.c")


def test_a_network_not_fitted_is_refused(tmp_path):
    with pytest.raises(InvalidValue, match="Call fit first"):
        export_c(gn.MLPClassifier(), tmp_path / "m.c")


def test_an_activation_of_a_users_own_is_named_with_its_layer(tmp_path):
    class Cube:
        name = "cube"

        def value(self, z):
            return z**3

        def derivative(self, z, a):
            return 3 * z**2

    net = gn.Network(1, [gn.Dense(2, "relu"), gn.Dense(2, Cube()), gn.Dense(1, "identity")])

    with pytest.raises(Unsupported, match="layer 2 has 'cube'"):
        export_c(net, tmp_path / "m.c")


def test_weights_beyond_float32_are_refused(tmp_path):
    net = gn.Network(1, [gn.Dense(1, "identity")])
    net.state.theta[0] = 1e39

    with pytest.raises(InvalidValue, match="layer 1 must stay within float32"):
        export_c(net, tmp_path / "m.c")


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileFault, match="its folder does not exist"):
        export_c(network()[0], tmp_path / "absent" / "m.c")
    with pytest.raises(InvalidValue, match=r"must end in \.c"):
        export_c(network()[0], tmp_path / "m.cpp")


def test_the_files_are_the_same_each_time(tmp_path):
    model, _ = table_model("class")
    first = [path.read_bytes() for path in export_c(model, tmp_path / "m.c").paths]

    assert [path.read_bytes() for path in export_c(model, tmp_path / "m.c").paths] == first
