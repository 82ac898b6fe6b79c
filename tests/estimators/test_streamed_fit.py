"""``fit`` of the estimators on rows from disk."""

from __future__ import annotations

import numpy as np
import pytest

import glassnet as gn
from glassnet.errors import BadFile, InvalidValue
from tests.data.row_files import break_group, numbered, write_parquet

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def in_memory_twin(est, X, y, **how):
    """The same estimator fitted to the rows in memory, without shuffling."""
    return est(shuffle=False, random_state=0, **how).fit(X, y)


@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_without_shuffling_a_fit_is_that_of_the_rows_in_memory(tmp_path, solver):
    """The first weights, in units of the rows, differ in the rounding of means and spreads."""
    X, y = numbered(2000)
    X[:, 0] = 300 + 20 * X[:, 0]
    y = 5 + 2 * y
    folder = write_parquet(tmp_path, X, y)
    how = {"solver": solver, "max_iter": 3, "learning_rate_init": 0.01, "hidden_layer_sizes": (8,)}

    streamed = gn.MLPRegressor(shuffle=False, random_state=0, **how).fit(gn.Rows(folder, "y"))
    memory = in_memory_twin(gn.MLPRegressor, X, y, **how)

    assert streamed.network_.state.theta.dtype == memory.network_.state.theta.dtype == np.float32
    np.testing.assert_allclose(streamed.loss_curve_, memory.loss_curve_, rtol=1e-4)
    np.testing.assert_allclose(streamed.predict(gn_frame(X)), memory.predict(X), rtol=1e-3)


def gn_frame(X):
    import pandas as pd

    return pd.DataFrame(X, columns=[f"x{j}" for j in range(X.shape[1])])


@pytest.mark.parametrize(
    "labels",
    [
        np.array(["no", "yes"]),
        np.array(["c", "a", "b"]),
        np.array([10, 20, 30]),
        np.array([False, True]),
    ],
)
@pytest.mark.parametrize("class_weight", [None, "balanced"])
def test_classes_and_their_weights_are_those_of_the_rows_in_memory(tmp_path, labels, class_weight):
    X, _ = numbered(900)
    y = labels[np.minimum((np.abs(X[:, 0]) * 1.3).astype(int), len(labels) - 1)]
    folder = write_parquet(tmp_path, X, y)
    how = {"max_iter": 3, "class_weight": class_weight, "hidden_layer_sizes": (8,)}

    streamed = gn.MLPClassifier(shuffle=False, random_state=0, **how).fit(gn.Rows(folder, "y"))
    memory = in_memory_twin(gn.MLPClassifier, X, y, **how)

    assert streamed.classes_.tolist() == memory.classes_.tolist()
    np.testing.assert_allclose(streamed.loss_curve_, memory.loss_curve_, rtol=1e-4)
    found = streamed.predict_proba(gn_frame(X))
    np.testing.assert_allclose(found, memory.predict_proba(X), atol=1e-4)


def test_weights_are_a_column(tmp_path):
    X, y = numbered(600)
    w = np.linspace(0.5, 2, 600).astype("float32")
    folder = write_parquet(tmp_path, X, y, more={"w": w})

    streamed = gn.MLPRegressor(shuffle=False, random_state=0, max_iter=3)
    streamed.fit(gn.Rows(folder, "y", weight="w"))
    memory = gn.MLPRegressor(shuffle=False, random_state=0, max_iter=3).fit(X, y, w)

    np.testing.assert_allclose(streamed.loss_curve_, memory.loss_curve_, rtol=1e-4)


def test_early_stopping_holds_rows_out_and_learns(tmp_path):
    X, y = numbered(4000)
    rows = gn.Rows(write_parquet(tmp_path, X, y), "y", buffer_bytes=20_000)

    reg = gn.MLPRegressor(early_stopping=True, random_state=0, max_iter=40).fit(rows)

    assert reg.best_validation_score_ > 0.9
    assert reg.feature_names_in_.tolist() == ["x0", "x1", "x2"]
    assert reg.n_features_in_ == 3


def test_own_validation_rows_may_be_in_memory(tmp_path):
    X, y = numbered(500)
    rows = gn.Rows(write_parquet(tmp_path, X, y), "y")

    reg = gn.MLPRegressor(random_state=0, max_iter=2).fit(
        rows, X_val=gn_frame(X[:50]), y_val=y[:50]
    )

    assert "val_loss" in reg.history_.columns


def test_a_fit_goes_on_with_warm_start(tmp_path):
    rows = gn.Rows(write_parquet(tmp_path, *numbered(500)), "y", buffer_bytes=4000)
    twice = gn.MLPRegressor(random_state=0, max_iter=2, warm_start=True).fit(rows).fit(rows)
    once = gn.MLPRegressor(random_state=0, max_iter=4).fit(rows)

    np.testing.assert_array_equal(twice.network_.state.theta, once.network_.state.theta)


def test_a_fit_that_was_cut_off_goes_on_from_its_checkpoint(tmp_path):
    rows = gn.Rows(write_parquet(tmp_path / "set", *numbered(500)), "y", buffer_bytes=4000)
    saved = gn.Checkpoint(tmp_path / "run", every_steps=3)
    how = {"random_state": 0, "max_iter": 4, "batch_size": 50}

    class Cut(gn.Every):
        def see(self, moment):
            if moment.t == 17:
                raise OSError("the power went")

    with pytest.raises(OSError, match="power"):
        gn.MLPRegressor(checkpoint=saved, callbacks=[Cut()], **how).fit(rows)
    resumed = gn.MLPRegressor(checkpoint=saved, **how).fit(rows)
    whole = gn.MLPRegressor(**how).fit(rows)

    np.testing.assert_array_equal(resumed.network_.state.theta, whole.network_.state.theta)


def test_arrays_on_disk_have_no_names(tmp_path):
    X, y = numbered(300)
    np.save(tmp_path / "X.npy", X)
    np.save(tmp_path / "y.npy", y)

    reg = gn.MLPRegressor(random_state=0, max_iter=2)
    reg.fit(gn.Rows(tmp_path / "X.npy", tmp_path / "y.npy"))

    assert not hasattr(reg, "feature_names_in_")
    assert reg.predict(X).shape == (300,)


def test_it_is_saved_and_loaded_as_any_other(tmp_path):
    X, y = numbered(300)
    rows = gn.Rows(write_parquet(tmp_path / "set", X, np.where(y > 0, "up", "down")), "y")
    clf = gn.MLPClassifier(random_state=0, max_iter=2).fit(rows)

    gn.save(clf, tmp_path / "m.glassnet")

    again = gn.load(tmp_path / "m.glassnet")
    assert again.predict(gn_frame(X)).tolist() == clf.predict(gn_frame(X)).tolist()


def test_bad_groups_are_named(tmp_path):
    folder = write_parquet(tmp_path, *numbered(500))
    break_group(folder / "2.parquet", 1)

    with pytest.raises(BadFile, match=r"2\.parquet, row group 1 cannot be read"):
        gn.MLPRegressor(max_iter=1).fit(gn.Rows(folder, "y"))
    with pytest.warns(UserWarning, match="1 of 6 row groups"):
        gn.MLPRegressor(max_iter=1).fit(gn.Rows(folder, "y", skip_bad=True))


@pytest.mark.parametrize(
    ("est", "how", "said"),
    [
        (gn.MLPRegressor(solver="lbfgs"), {}, "needs all rows at once"),
        (gn.MLPRegressor(), {"y": [1.0]}, "leave y and sample_weight out"),
        (gn.MLPRegressor(), {"sample_weight": [1.0]}, "leave y and sample_weight out"),
    ],
)
def test_what_needs_rows_in_memory_is_refused(tmp_path, est, how, said):
    rows = gn.Rows(write_parquet(tmp_path, *numbered(50)), "y")

    with pytest.raises(InvalidValue, match=said):
        est.fit(rows, **how)


def test_a_classifier_takes_one_column_of_classes(tmp_path):
    X, y = numbered(20_000)
    folder = write_parquet(tmp_path, X, y)

    with pytest.raises(InvalidValue, match="more than 10,000 different values"):
        gn.MLPClassifier().fit(gn.Rows(folder, "y"))
    with pytest.raises(InvalidValue, match="one target column"):
        gn.MLPClassifier().fit(gn.Rows(folder, ["y", "x0"]))


def test_a_regression_of_text_is_refused(tmp_path):
    X, y = numbered(50)
    rows = gn.Rows(write_parquet(tmp_path, X, np.where(y > 0, "a", "b")), "y")

    with pytest.raises(InvalidValue, match="'y' must hold numbers; it holds string"):
        gn.MLPRegressor().fit(rows)


@pytest.mark.parametrize("class_weight", [None, "balanced"])
def test_partial_fits_on_files_are_those_on_their_rows_in_memory(tmp_path, class_weight):
    """One epoch of each day's rows, the first of which has not all classes."""
    X, _ = numbered(900)
    y = np.array(["c", "a", "b"])[np.minimum((np.abs(X[:, 0]) * 1.3).astype(int), 2)]
    y[:300][y[:300] == "b"] = "a"
    write_parquet(tmp_path, X, y)
    how = {"shuffle": False, "random_state": 0, "class_weight": class_weight, "batch_size": 50}
    streamed, memory = (gn.MLPClassifier(hidden_layer_sizes=(8,), **how) for _ in range(2))

    for k in range(3):
        part = slice(300 * k, 300 * (k + 1))
        rows = gn.Rows(tmp_path / f"{k}.parquet", "y")
        streamed.partial_fit(rows, classes=["a", "b", "c"] if k == 0 else None)
        memory.partial_fit(gn_frame(X[part]), y[part], classes=["a", "b", "c"])

    assert streamed.t_ == memory.t_ == 900
    assert streamed.classes_.tolist() == ["a", "b", "c"]
    theta = memory.network_.state.theta
    np.testing.assert_allclose(streamed.network_.state.theta, theta, rtol=1e-3, atol=1e-6)


def test_partial_fit_goes_on_from_a_fit_in_memory(tmp_path):
    X, y = numbered(600)
    rows = gn.Rows(write_parquet(tmp_path, X, y), "y")
    how = {"shuffle": False, "random_state": 0, "max_iter": 2, "hidden_layer_sizes": (8,)}
    streamed, memory = (gn.MLPRegressor(**how).fit(gn_frame(X), y) for _ in range(2))

    streamed.partial_fit(rows)
    memory.partial_fit(gn_frame(X), y)

    np.testing.assert_array_equal(streamed.network_.state.theta, memory.network_.state.theta)


def test_what_partial_fit_cannot_take_is_refused(tmp_path):
    X, y = numbered(60)
    y = np.where(y > 0, "up", "down")
    rows = gn.Rows(write_parquet(tmp_path, X, y), "y")

    with pytest.raises(InvalidValue, match="classes must be passed on the first call"):
        gn.MLPClassifier().partial_fit(rows)
    with pytest.raises(InvalidValue, match="early_stopping with partial_fit"):
        gn.MLPClassifier(early_stopping=True).partial_fit(rows, classes=["down", "up"])
    with pytest.raises(InvalidValue, match="leave y and sample_weight out"):
        gn.MLPClassifier().partial_fit(rows, y, classes=["down", "up"])
    with pytest.raises(InvalidValue, match=r"0\.parquet, rows 1 to 20: .*classes not in"):
        gn.MLPClassifier().partial_fit(rows, classes=["down", "left"])
    with pytest.raises(InvalidValue, match="rows must name their target here"):
        gn.MLPClassifier().partial_fit(gn.Rows(tmp_path), classes=["down", "up"])


def test_going_on_finds_columns_by_name(tmp_path):
    """Warm starts and partial fits hold the rows to the columns of the fit."""
    X, y = numbered(500)
    frame = gn_frame(X).assign(y=y)
    frame.to_parquet(tmp_path / "a.parquet")
    frame[["x2", "y", "x0", "x1"]].to_parquet(tmp_path / "b.parquet")
    frame.rename(columns={"x1": "z"}).to_parquet(tmp_path / "c.parquet")
    a, b, c = (gn.Rows(tmp_path / f"{name}.parquet", "y") for name in "abc")
    how = {"random_state": 0, "max_iter": 2, "warm_start": True}

    same = gn.MLPRegressor(**how).fit(a).fit(a)
    other = gn.MLPRegressor(**how).fit(a).fit(b)

    np.testing.assert_array_equal(same.network_.state.theta, other.network_.state.theta)
    with pytest.raises(InvalidValue, match=r"'x1' of 3 are not there in .*c\.parquet"):
        same.fit(c)
    with pytest.raises(InvalidValue, match=r"'x1' of 3 are not there in .*c\.parquet"):
        same.partial_fit(c)


def test_validation_rows_on_disk_are_refused(tmp_path):
    X, y = numbered(100)
    rows = gn.Rows(write_parquet(tmp_path, X, y), "y")

    with pytest.raises(InvalidValue, match="rows must be in memory here"):
        gn.MLPRegressor().fit(gn_frame(X), y, X_val=rows, y_val=y)
