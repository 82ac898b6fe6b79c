"""A model file gives back the model, whatever its kind, its labels and its parts."""

import json
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import glassnet as gn
from glassnet.data.datasets import bundled
from glassnet.errors import BadFile, FileFault, InvalidValue
from glassnet.estimators.table_fit import fit_table
from glassnet.estimators.table_plan import TableSettings
from glassnet.files.header import read_container, write_container
from tests.golden.write import predictions

X, Y = load_iris(return_X_y=True)
GOLDEN = Path(__file__).parent.parent / "golden"
pytestmark = pytest.mark.filterwarnings("ignore:Stochastic Optimizer")


def travelled(model, folder, **how):
    gn.save(model, folder / "m.glassnet", **how)
    return gn.load(folder / "m.glassnet")


def parameters(model):
    return {name: repr(value) for name, value in model.get_params(deep=False).items()}


LABELS = {
    "int8": np.array([-3, 0, 7], "i1"),
    "big-endian": np.array([1, 2, 300], ">i4"),
    "uint64": np.array([0, 1, 2**64 - 1], np.uint64),
    "float16": np.array([0, 1, 2], "f2"),
    "float64": np.array([-1.0, 0.0, 2.0**60]),
    "boolean": np.array([False, True, True]),
    "text": np.array(["a", "née", "日本 \n"]),
    "object": np.array(["a", "", "b\0c"], dtype=object),
    "dates": np.array(["2020-01-01", "2021-06-05", "1900-01-01"], "M8[D]"),
    "durations": np.array([1, 2, 3], "m8[ms]"),
    "one class": np.array([4, 4, 4]),
    "indicator": np.eye(3, dtype=int),
}


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("labels", LABELS.values(), ids=LABELS)
def test_classes_of_every_dtype_come_back(labels, training, tmp_path):
    model = gn.MLPClassifier((3,), max_iter=2, random_state=0).fit(X, labels[Y])

    loaded = travelled(model, tmp_path, training=training)

    assert loaded.classes_.dtype == model.classes_.dtype
    assert loaded.classes_.tolist() == model.classes_.tolist()
    assert loaded.predict(X).dtype == model.predict(X).dtype
    assert np.array_equal(loaded.predict(X), model.predict(X))
    assert loaded.predict_proba(X).tobytes() == model.predict_proba(X).tobytes()
    assert parameters(loaded) == parameters(model)


def test_long_doubles_are_refused_with_the_remedy(tmp_path):
    model = gn.MLPClassifier((3,), max_iter=2).fit(X, Y.astype(np.longdouble))

    with pytest.raises(InvalidValue, match=r"float128.*Convert y"):
        gn.save(model, tmp_path / "m")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("outputs", [1, 2])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_regressor_comes_back(outputs, dtype, tmp_path):
    y = X[:, 0] if outputs == 1 else X[:, :2]
    model = gn.MLPRegressor(
        hidden_layer_sizes=[4, 3], activation=["tanh", gn.LeakyReLU(0.3)], solver="lbfgs",
        loss=gn.Quantile(0.8), init=gn.Constant(0.1), bias_init=0.5, dtype=dtype, max_iter=9,
        random_state=np.random.RandomState(5), n_iter_no_change=np.inf, verbose=np.bool_(False),
    )  # fmt: skip
    with pytest.warns(UserWarning, match="lbfgs failed"):
        model.fit(X, y)

    loaded = travelled(model, tmp_path)

    assert loaded.predict(X).tobytes() == model.predict(X).tobytes()
    assert loaded.random_state.randint(2**31) == model.random_state.randint(2**31)
    loaded.random_state = model.random_state
    assert parameters(loaded) == parameters(model) | {"verbose": "False"}
    assert loaded.activation[1] == gn.LeakyReLU(0.3)
    assert loaded.loss_curve_ == model.loss_curve_
    assert list(loaded.history_) == list(model.history_)
    assert loaded.coefs_[0].tolist() == model.coefs_[0].tolist()


def test_the_names_of_a_frames_columns_come_back_and_are_checked(tmp_path):
    import pandas as pd

    frame = pd.DataFrame(X, columns=["länge", "b", "c,d", "e"])
    model = gn.MLPClassifier((3,), max_iter=2, class_weight={0: 1, 2: 2.5}).fit(frame, Y)

    loaded = travelled(model, tmp_path)

    assert loaded.feature_names_in_.tolist() == ["länge", "b", "c,d", "e"]
    assert loaded.class_weight == {0: 1, 2: 2.5}
    assert np.array_equal(loaded.predict(frame), model.predict(frame))
    with pytest.raises(ValueError, match="feature names"):
        loaded.predict(frame.rename(columns={"b": "z"}))


@pytest.mark.parametrize("training", [False, True])
def test_a_table_model_comes_back(training, tmp_path):
    model = fit_table(bundled("wine"), "target", TableSettings(hidden=(4,), epochs=3)).model

    loaded = travelled(model, tmp_path, training=training)

    assert loaded.settings == model.settings
    outputs = loaded.outputs(bundled("wine"))
    assert outputs.tobytes() == model.outputs(bundled("wine")).tobytes()
    assert (loaded.network.state.memory.keys() == {"m", "v", "t"}) is training


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("name", ["network", "heads", "classifier", "multilabel", "regressor"])
def test_a_file_that_is_loaded_and_saved_has_the_same_bytes(name, training, tmp_path):
    source = GOLDEN / "format-1" / f"{name}.glassnet"
    gn.save(gn.load(source), tmp_path / "once", training=training)
    gn.save(gn.load(tmp_path / "once"), tmp_path / "twice", training=training)

    assert (tmp_path / "twice").read_bytes() == (tmp_path / "once").read_bytes()


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*/*.glassnet")), ids=lambda path: path.stem)
def test_the_files_of_every_format_predict_as_they_did(path):
    expected = json.loads(path.with_suffix(".json").read_text("utf-8"))

    found = predictions(gn.load(path))

    def compare(one, other):
        if isinstance(other, list):
            assert len(one) == len(other)
            for each in zip(one, other, strict=True):
                compare(*each)
        elif isinstance(other, float):
            # Another instruction set may round otherwise: some 100 operations of 2⁻²⁴ (float32).
            assert one == pytest.approx(other, rel=1e-5 if path.stem == "heads" else 1e-12)
        else:
            assert one == other

    compare(found, expected)


def test_every_format_there_has_been_has_its_golden_files():
    from glassnet.files.header import FORMAT_VERSION

    formats = {path.name for path in GOLDEN.glob("format-*")}

    assert formats == {f"format-{k}" for k in range(1, FORMAT_VERSION + 1)}


def test_no_row_of_the_training_data_is_in_a_file(tmp_path):
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(60, 4)), rng.integers(0, 3, 60)
    options = {"early_stopping": True, "batch_norm": True, "max_iter": 4, "random_state": 0}
    for model in (gn.MLPClassifier((5,), **options), gn.MLPRegressor(**options)):
        gn.save(model.fit(x, y), tmp_path / "m", training=True)
        content = (tmp_path / "m").read_bytes()
        for value in x.ravel():
            assert repr(float(value)).encode() not in content
            assert value.tobytes() not in content
            assert np.float32(value).tobytes() not in content


def changed(path, **body):
    """The file with other fields in its body, its hashes made anew."""
    held = read_container(path, kind="model")
    write_container(path, kind="model", header={**held.header, **body}, arrays=held.arrays)


def with_a_later_part(path, *, required):
    held = read_container(path, kind="model")
    parts = held.header["parts"] | {"calibration": {"temperature": 1.5}}
    requires = [*held.header["requires"], *(["calibration"] if required else [])]
    write_container(
        path,
        kind="model",
        header={**held.header, "parts": parts, "requires": requires},
        arrays=held.arrays | {"calibration.curve": np.arange(3.0)},
    )


@pytest.mark.parametrize("name", ["network", "classifier", "regressor", "table"])
def test_an_unknown_part_that_is_not_required_is_kept_when_the_model_is_saved(name, tmp_path):
    path = tmp_path / "m"
    path.write_bytes((GOLDEN / "format-1" / f"{name}.glassnet").read_bytes())
    with_a_later_part(path, required=False)

    gn.save(gn.load(path), path)

    held = read_container(path, kind="model")
    assert held.header["parts"]["calibration"] == {"temperature": 1.5}
    assert held.arrays["calibration.curve"].tolist() == [0.0, 1.0, 2.0]
    assert "calibration" not in held.header["requires"]


def test_an_unknown_part_goes_once_the_parameters_have_changed(tmp_path):
    path = tmp_path / "m"
    path.write_bytes((GOLDEN / "format-1" / "network.glassnet").read_bytes())
    with_a_later_part(path, required=False)
    net = gn.load(path)
    net.W[1][0, 0] += 1

    gn.save(net, path)

    assert "calibration" not in read_container(path, kind="model").header["parts"]


def test_an_unknown_part_that_is_required_is_refused_with_the_remedy(tmp_path):
    path = tmp_path / "m"
    path.write_bytes((GOLDEN / "format-1" / "network.glassnet").read_bytes())
    with_a_later_part(path, required=True)

    with pytest.raises(BadFile, match=r"later glassnet.*'calibration'.*Upgrade"):
        gn.load(path)


def test_what_is_no_model_is_refused_with_what_to_do(tmp_path):
    fitted = gn.MLPClassifier((3,), max_iter=2).fit(X, Y)
    cases = {
        make_pipeline(StandardScaler(), fitted): "got Pipeline.*Save the glassnet model inside",
        gn.MLPClassifier: "Make and fit one",
        gn.MLPRegressor(): "must be fitted",
        StandardScaler(): "got StandardScaler",
    }
    for model, words in cases.items():
        with pytest.raises(InvalidValue, match=words):
            gn.save(model, tmp_path / "m")
    assert not list(tmp_path.iterdir())


def test_an_activation_of_ones_own_is_refused(tmp_path):
    class Own:
        name = "own"

        def value(self, z):
            return z

        def derivative(self, z, a):
            return np.ones_like(z)

    with pytest.raises(InvalidValue, match="not one of glassnet's own"):
        gn.save(gn.Network(2, [gn.Dense(2, Own()), gn.Dense(1, "identity")]), tmp_path / "m")


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileFault, match="there is no such file"):
        gn.load(tmp_path / "absent")


def test_a_subclass_is_refused_since_a_file_could_not_name_its_code(tmp_path):
    class Mine(gn.MLPClassifier):
        pass

    with pytest.raises(InvalidValue, match="got Mine"):
        gn.save(Mine((3,), max_iter=2).fit(X, Y), tmp_path / "m")
