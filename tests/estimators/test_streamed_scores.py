"""``score`` on rows on disk is scikit-learn's score of the same rows in memory."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.metrics import accuracy_score, r2_score

import glassnet as gn
from glassnet.errors import InvalidValue, ShapeMismatch
from tests.data.row_files import break_group, numbered, write_parquet
from tests.estimators.test_streamed_answers import LABELS, SMALL, fitted, frame_of, labelled

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.fixture
def weights():
    return np.random.default_rng(1).integers(0, 4, 1000) / 2


@pytest.mark.parametrize("labels", LABELS.values(), ids=LABELS)
@pytest.mark.parametrize("buffer_bytes", [SMALL, 2**26])
def test_accuracy_is_that_of_the_rows_in_memory(tmp_path, labels, buffer_bytes, weights):
    X, _ = numbered(1000)
    y = labelled(X, labels)
    clf = fitted(gn.MLPClassifier, X, y)
    folder = write_parquet(tmp_path, X, y, more={"w": weights})
    inputs, how = list(frame_of(X)), {"buffer_bytes": buffer_bytes}

    plain = clf.score(gn.Rows(folder, "y", columns=inputs, **how))
    weighted = clf.score(gn.Rows(folder, "y", weight="w", **how))

    predicted = clf.predict(frame_of(X))
    assert plain == accuracy_score(y, predicted)
    # Halves add up without rounding, in whatever order.
    assert weighted == accuracy_score(y, predicted, sample_weight=weights)
    assert clf.score(gn.Rows(folder, "y", columns=inputs), None, weights) == weighted


@pytest.mark.parametrize("outputs", [1, 3])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("buffer_bytes", [SMALL, 2**26])
def test_r2_is_that_of_the_rows_in_memory(tmp_path, outputs, dtype, buffer_bytes, weights):
    """Sums of a thousand terms, in another order: a relative 1e-12 of 1 − R² is far above it."""
    X, y = numbered(1000)
    Y = np.stack([y, 1000 + 0.1 * X[:, 0], X[:, 0] * X[:, 1]], axis=1)[:, :outputs].astype(dtype)
    reg = fitted(gn.MLPRegressor, X, Y[:, 0] if outputs == 1 else Y)
    names = [f"y{k}" for k in range(outputs)]
    more = dict(zip(names, Y.T, strict=True)) | {"w": weights}
    folder = write_parquet(tmp_path, X, y, more=more)
    options = {"columns": list(frame_of(X)), "buffer_bytes": buffer_bytes}

    plain = reg.score(gn.Rows(folder, names, **options))
    weighted = reg.score(gn.Rows(folder, names, weight="w", **options))

    exact = Y.astype(float), reg.predict(frame_of(X)).reshape(Y.shape).astype(float)
    assert 1 - plain == pytest.approx(1 - r2_score(*exact), rel=1e-12)
    assert 1 - weighted == pytest.approx(1 - r2_score(*exact, sample_weight=weights), rel=1e-12)


def test_arrays_on_disk_have_a_score_too(tmp_path):
    X, y = numbered(1000)
    w = np.linspace(0, 1, 1000)
    for name, values in (("X", X), ("y", y), ("w", w)):
        np.save(tmp_path / f"{name}.npy", values)
    reg = gn.MLPRegressor(hidden_layer_sizes=(6,), max_iter=3, random_state=0).fit(X, y)

    found = reg.score(
        gn.Rows(tmp_path / "X.npy", tmp_path / "y.npy", weight=tmp_path / "w.npy"),
    )

    assert found == pytest.approx(reg.score(X, y, w), rel=1e-5)  # that one adds in float32


def test_of_several_labels_all_must_be_right(tmp_path):
    X, _ = numbered(500)
    Y = np.stack([X[:, 0] > 0, X[:, 1] > 0], axis=1).astype(int)
    clf = fitted(gn.MLPClassifier, X, Y)
    folder = write_parquet(tmp_path, X, Y[:, 0], more={"z": Y[:, 1]})

    assert clf.score(gn.Rows(folder, ["y", "z"])) == clf.score(frame_of(X), Y)


@pytest.mark.parametrize("exact", [True, False])
def test_a_constant_target_counts_as_in_memory(tmp_path, exact):
    X, _ = numbered(200)
    y = np.full(200, 3.0)
    reg = gn.MLPRegressor(hidden_layer_sizes=(), max_iter=1, init="zeros").fit(frame_of(X), y)
    reg.network_.W[1][:], reg.network_.b[1][:] = 0.0, 3.0 if exact else 3.5
    rows = gn.Rows(write_parquet(tmp_path, X, y), "y", buffer_bytes=SMALL)

    assert reg.score(rows) == reg.score(frame_of(X), y) == (1.0 if exact else 0.0)


def test_a_single_row_has_no_r2(tmp_path):
    X, y = numbered(100)
    reg = fitted(gn.MLPRegressor, X, y)
    rows = gn.Rows(write_parquet(tmp_path, X[:1], y[:1], files=1), "y")

    with pytest.warns(UndefinedMetricWarning):
        assert np.isnan(reg.score(rows))


def test_targets_and_weights_in_memory_go_with_rows_that_name_none(tmp_path):
    X, y = numbered(400)
    classes = np.where(y > 0, "up", "down")
    frame_of(X).to_parquet(tmp_path / "a.parquet")
    rows, w = gn.Rows(tmp_path), np.linspace(0, 1, 400)

    reg, clf = fitted(gn.MLPRegressor, X, y), fitted(gn.MLPClassifier, X, classes)

    assert reg.score(rows, y) == reg.score(frame_of(X), y)
    assert clf.score(rows, classes, w) == clf.score(frame_of(X), classes, w)
    with pytest.raises(ValueError, match=r"inconsistent numbers of samples: \[399, 400\]"):
        reg.score(rows, y[:-1])


def test_a_class_that_training_did_not_have_is_never_right(tmp_path):
    X, _ = numbered(300)
    y = np.where(X[:, 0] > 0, "a", "b")
    clf = fitted(gn.MLPClassifier, X, y)
    y[250:] = "an unknown one"

    found = clf.score(gn.Rows(write_parquet(tmp_path, X, y), "y"))

    assert found == accuracy_score(y, clf.predict(frame_of(X))) <= 250 / 300


def test_groups_left_out_do_not_count(tmp_path):
    X, y = numbered(600)
    reg = fitted(gn.MLPRegressor, X, y)
    folder = write_parquet(tmp_path, X, y, group=85)
    break_group(folder / "1.parquet", 1)  # rows 285 to 369

    with pytest.warns(UserWarning, match="1 of 9 row groups"):
        found = reg.score(gn.Rows(folder, "y", skip_bad=True))

    kept = np.r_[0:285, 370:600]
    assert found == pytest.approx(reg.score(frame_of(X[kept]), y[kept]), rel=1e-4)


def set_y(values):
    return lambda folder, X, y: write_parquet(folder, X, values(y))


def with_gap(y):
    y = y.copy()
    y[250] = np.nan
    return y


@pytest.mark.parametrize(
    ("est", "spoil", "rows", "given", "error", "said"),
    [
        (
            "reg",
            None,
            {"target": None},
            {},
            InvalidValue,
            "score needs targets; the rows name none",
        ),
        ("reg", None, {}, {"y": np.zeros(300)}, InvalidValue, "name their target themselves, 'y'"),
        ("reg", None, {"weight": "x2"}, {"sample_weight": 1.0}, InvalidValue, "their weight them"),
        (
            "reg",
            None,
            {"target": None, "weight": "x2"},
            {"y": np.zeros(300)},
            InvalidValue,
            "goes with the target that they name",
        ),
        ("reg", None, {"target": "q"}, {}, InvalidValue, r"no column of .*0\.parquet is named 'q'"),
        ("reg", None, {"target": ["y", "z"]}, {}, ShapeMismatch, "1 target, as the .* 2: y, z"),
        ("clf", None, {"target": ["y", "z"]}, {}, ShapeMismatch, "must name 1 target"),
        ("labels", None, {}, {}, ShapeMismatch, "must name 2 targets, as the .* they name 1: y"),
        ("reg", set_y(lambda y: y.astype(str)), {}, {}, InvalidValue, "'y' must hold numbers"),
        ("clf", None, {}, {}, InvalidValue, r"classes as those of the fit, .*'down' 'up'.*0\.parq"),
        (
            "whole",
            set_y(lambda y: y + 0.5),
            {},
            {},
            InvalidValue,
            r"whole numbers; 'y' .*, row 1\.",
        ),
        ("whole", set_y(lambda y: y.astype(str)), {}, {}, InvalidValue, "classes as those of the"),
        ("reg", set_y(with_gap), {}, {}, InvalidValue, r"'y' is in .*2\.parquet, row 51"),
        ("reg", set_y(lambda y: y / 0), {}, {}, InvalidValue, "'y' must hold finite numbers"),
        ("reg", None, {"weight": "zero"}, {}, InvalidValue, "weights of the rows must not all be"),
        ("clf", "up", {"weight": "zero"}, {}, InvalidValue, "weights of the rows must not all be"),
        ("reg", None, {"weight": "minus"}, {}, InvalidValue, "'minus' must not be negative"),
        (
            "reg",
            None,
            {},
            {"sample_weight": [1.0]},
            ShapeMismatch,
            r"sample_weight must be \(300,\)",
        ),
    ],
)
@pytest.mark.filterwarnings("ignore:.*encountered in divide")
def test_what_cannot_be_scored_says_why(tmp_path, est, spoil, rows, given, error, said):
    X, y = numbered(300)
    model = {
        "reg": lambda: fitted(gn.MLPRegressor, X, y),
        "clf": lambda: fitted(gn.MLPClassifier, X, np.where(y > 0, "up", "down")),
        "whole": lambda: fitted(gn.MLPClassifier, X, (y > 0).astype(int)),
        "labels": lambda: fitted(gn.MLPClassifier, X, np.stack([y > 0, y < 0.5], axis=1) * 1),
    }[est]()
    more = {"z": y, "zero": 0 * y, "minus": y - 1}
    if spoil == "up":
        y = np.where(y > 0, "up", "down")
    write_parquet(tmp_path, X, y, more=more)
    if callable(spoil):
        spoil(tmp_path, X, y)
    options = {"target": "y", "columns": list(frame_of(X)), **rows}
    if options.get("weight") == "x2":
        options |= {"columns": ["x0", "x1"]}

    with pytest.raises(error, match=said) as caught:
        model.score(gn.Rows(tmp_path, **options), **given)
    assert "\n" not in str(caught.value)


def test_score_of_rows_in_memory_needs_targets():
    X, y = numbered(50)

    with pytest.raises(InvalidValue, match="score needs y"):
        fitted(gn.MLPRegressor, X, y).score(frame_of(X))
    with pytest.raises(InvalidValue, match="score needs y"):
        fitted(gn.MLPClassifier, X, y > 0).score(pd.DataFrame(X))
