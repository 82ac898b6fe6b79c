"""Predictions for rows on disk: the bits of rows in memory, in bounded memory, clear refusals."""

from __future__ import annotations

import threading
import time
import weakref

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet
from sklearn.exceptions import NotFittedError

import glassnet as gn
from glassnet.data import row_pieces
from glassnet.data.batches import Data
from glassnet.data.npy_rows import NpyRows
from glassnet.data.parquet_rows import ParquetRows
from glassnet.errors import BadFile, InvalidValue, ShapeMismatch, UnknownName
from glassnet.estimators import streamed_answers
from tests.data.row_files import break_group, numbered, write_parquet

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

SMALL = 3000  # bytes of a piece: some 250 of 1,000 rows in float32
LABELS = {
    "text": np.array(["no", "yes"]),
    "three": np.array(["c", "a", "b"]),
    "whole": np.array([10, 20, 30]),
    "truth": np.array([False, True]),
}


def frame_of(X):
    return pd.DataFrame(X, columns=[f"x{j}" for j in range(X.shape[1])])


def fitted(est, X, y, **how):
    return est(hidden_layer_sizes=(6,), max_iter=2, random_state=0, **how).fit(
        frame_of(X[:200]), y[:200]
    )


def labelled(X, labels):
    return labels[np.minimum((np.abs(X[:, 0]) * 1.3).astype(int), len(labels) - 1)]


def on_disk(folder, X, y, how, **options):
    """The same rows as one file, several, a folder, a pattern or arrays."""
    if how == "arrays":
        np.save(folder / "X.npy", X)
        np.save(folder / "y.npy", y)
        return gn.Rows(folder / "X.npy", folder / "y.npy", **options)
    files = 1 if how == "file" else 3
    write_parquet(folder, X, y, files=files, group=len(X) // 7)
    path = {
        "file": folder / "0.parquet",
        "files": [folder / f"{k}.parquet" for k in range(files)],
        "folder": folder,
        "pattern": str(folder / "*.parquet"),
    }[how]
    return gn.Rows(path, "y", **options)


@pytest.mark.filterwarnings("ignore:.*names")
@pytest.mark.parametrize("engine", ["auto", "reference"])
@pytest.mark.parametrize("dtype", ["float32", "float64", "int16"])
@pytest.mark.parametrize("how", ["file", "files", "folder", "pattern", "arrays"])
def test_a_prediction_is_that_of_the_rows_in_memory_to_the_bit(tmp_path, how, dtype, engine):
    """More rows than a piece has, so that both engines see the rows of a batch as in memory."""
    X, y = numbered(17_000)
    reg = fitted(gn.MLPRegressor, X, y, engine=engine)
    X = (20 * X).astype(dtype)
    rows = on_disk(tmp_path, X, y, how)

    found = reg.predict(rows)

    expected = reg.predict(frame_of(X))
    assert found.dtype == expected.dtype == ("float32" if dtype == "float32" else "float64")
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("fit_dtype", ["float32", "float64"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("labels", LABELS.values(), ids=LABELS)
@pytest.mark.parametrize("how", ["file", "files"])
def test_classes_and_probabilities_are_those_of_the_rows_in_memory(
    tmp_path, how, labels, dtype, fit_dtype
):
    X, _ = numbered(1000)
    y = labelled(X, labels)
    clf = fitted(gn.MLPClassifier, X.astype(fit_dtype), y)
    X = X.astype(dtype)
    rows = on_disk(tmp_path, X, y, how, buffer_bytes=SMALL)

    for ask in (clf.predict, clf.predict_proba, clf.predict_log_proba):
        found, expected = ask(rows), ask(frame_of(X))
        assert found.dtype == expected.dtype
        np.testing.assert_array_equal(found, expected)


def test_columns_of_several_types_are_those_of_a_frame(tmp_path):
    frame = pd.DataFrame(
        {
            "a": np.linspace(-1, 1, 300, dtype="float32"),
            "b": np.arange(300, dtype="int8"),
            "c": np.arange(300) % 3 == 0,
            "y": np.arange(300.0),
        }
    )
    frame.to_parquet(tmp_path / "a.parquet")
    inputs = frame[["a", "b", "c"]]
    reg = gn.MLPRegressor(hidden_layer_sizes=(5,), max_iter=2, random_state=0).fit(
        inputs, frame["y"]
    )

    found = reg.predict(gn.Rows(tmp_path, "y"))

    assert found.dtype == reg.predict(inputs).dtype
    np.testing.assert_array_equal(found, reg.predict(inputs))


@pytest.mark.parametrize("buffer_bytes", [1, 500, SMALL, 2**26])
def test_the_size_of_a_piece_changes_no_bit(tmp_path, buffer_bytes):
    X, y = numbered(600)
    reg = fitted(gn.MLPRegressor, X, np.stack([y, -y], axis=1))

    found = reg.predict(on_disk(tmp_path, X, y, "files", buffer_bytes=buffer_bytes))

    np.testing.assert_array_equal(found, reg.predict(frame_of(X)))


def test_rows_without_a_target_are_predicted(tmp_path):
    X, y = numbered(300)
    reg = fitted(gn.MLPRegressor, X, y)
    parquet.write_table(pa.table(dict(frame_of(X))), tmp_path / "a.parquet")
    np.save(tmp_path / "X.npy", X)

    np.testing.assert_array_equal(reg.predict(gn.Rows(tmp_path)), reg.predict(frame_of(X)))
    plain = gn.MLPRegressor(hidden_layer_sizes=(3,), max_iter=2).fit(X, y)
    np.testing.assert_array_equal(plain.predict(gn.Rows(tmp_path / "X.npy")), plain.predict(X))


def test_columns_are_found_by_name_and_the_target_is_not_read(tmp_path):
    X, y = numbered(300)
    reg = fitted(gn.MLPRegressor, X, y)
    frame = frame_of(X)[["x2", "x0", "x1"]].assign(y=np.nan)
    frame.to_parquet(tmp_path / "a.parquet")

    np.testing.assert_array_equal(reg.predict(gn.Rows(tmp_path, "y")), reg.predict(frame_of(X)))


def test_a_model_that_was_loaded_predicts_rows_on_disk(tmp_path):
    X, y = numbered(300)
    rows = gn.Rows(write_parquet(tmp_path / "set", X, np.where(y > 0, "up", "down")), "y")
    clf = gn.MLPClassifier((4,), random_state=0, max_iter=2).fit(rows)
    gn.save(clf, tmp_path / "m.glassnet")

    assert gn.load(tmp_path / "m.glassnet").predict(rows).tolist() == clf.predict(rows).tolist()


class CountedData(weakref.WeakSet):
    """How many pieces there were at most at a time."""

    def __init__(self):
        super().__init__()
        self.most = 0

    def add(self, item):
        super().add(item)
        self.most = max(self.most, len(self))


@pytest.mark.parametrize("how", ["files", "arrays"])
def test_no_more_than_two_pieces_are_in_memory_and_little_is_read_ahead(tmp_path, monkeypatch, how):
    X, y = numbered(3000)
    reg = fitted(gn.MLPRegressor, X, y) if how == "files" else None
    reg = reg or gn.MLPRegressor(hidden_layer_sizes=(3,), max_iter=1).fit(X[:100], y[:100])
    rows = on_disk(tmp_path, X, y, how, buffer_bytes=SMALL)
    pieces, read, asked, ahead = CountedData(), [0], [0], []
    monkeypatch.setattr(Data, "__hash__", object.__hash__)
    even, predict = row_pieces.even, streamed_answers.predict

    def counted(parts, size):
        for piece in even(parts, size):
            pieces.add(piece)
            yield piece
            del piece

    def slow(net, x, **how):
        time.sleep(0.005)
        ahead.append(read[0] - asked[0])
        asked[0] += len(x)
        return predict(net, x, **how)

    source = NpyRows if how == "arrays" else ParquetRows
    blocks = source.read

    def noted(self, group, names, most):
        for block in blocks(self, group, names, most):
            read[0] += len(block)
            yield block

    monkeypatch.setattr(row_pieces, "even", counted)
    monkeypatch.setattr(streamed_answers, "predict", slow)
    monkeypatch.setattr(source, "read", noted)

    reg.predict(rows)

    assert len(ahead) == 3000 // 250
    assert pieces.most <= 2
    assert max(ahead) <= 3 * 250  # the next piece, and the block that it ends in


def test_the_thread_that_reads_ends_with_the_prediction_and_with_an_error(tmp_path):
    X, y = numbered(600)
    reg = fitted(gn.MLPRegressor, X, y)
    rows = on_disk(tmp_path, X, y, "files", buffer_bytes=SMALL)

    reg.predict(rows)
    break_group(tmp_path / "2.parquet", 1)
    with pytest.raises(BadFile):
        reg.predict(rows)

    assert [thread.name for thread in threading.enumerate() if thread.name == "glassnet-rows"] == []


def test_a_group_that_cannot_be_read_is_named_or_left_out(tmp_path):
    X, y = numbered(600)
    reg = fitted(gn.MLPRegressor, X, y)
    on_disk(tmp_path, X, y, "files")
    break_group(tmp_path / "1.parquet", 1)  # rows 285 to 369

    with pytest.raises(BadFile, match=r"1\.parquet, row group 1 cannot be read"):
        reg.predict(gn.Rows(tmp_path, "y"))
    with pytest.warns(UserWarning, match="1 of 9 row groups, 85 rows, were left out"):
        found = reg.predict(gn.Rows(tmp_path, "y", skip_bad=True))

    kept = np.r_[0:285, 370:600]
    np.testing.assert_array_equal(found, reg.predict(frame_of(X[kept])))


def vanish(path):
    path.unlink()


def cut(path):
    path.write_bytes(path.read_bytes()[:-20])


def other(path):
    parquet.write_table(pa.table({"x0": np.zeros(9, "f4"), "y": np.zeros(9)}), path)


def fewer(path):
    parquet.write_table(parquet.read_table(path).slice(0, 50), path)


@pytest.mark.parametrize("change", [vanish, cut, other, fewer])
def test_a_file_that_changes_midway_is_named(tmp_path, monkeypatch, change):
    X, y = numbered(3000)
    reg = fitted(gn.MLPRegressor, X, y)
    rows = on_disk(tmp_path, X, y, "files", buffer_bytes=SMALL)
    predict, done = streamed_answers.predict, []

    def first_changes(net, x, **how):
        if not done:
            change(tmp_path / "2.parquet")
        done.append(len(x))
        return predict(net, x, **how)

    monkeypatch.setattr(streamed_answers, "predict", first_changes)

    with pytest.raises(BadFile, match=r"2\.parquet, row group \d cannot be read") as caught:
        reg.predict(rows)
    assert "\n" not in str(caught.value)
    assert sum(done) > 1000


def test_an_array_that_is_cut_short_midway_is_named(tmp_path, monkeypatch):
    X, y = numbered(3000)
    reg = gn.MLPRegressor(hidden_layer_sizes=(3,), max_iter=1).fit(X[:100], y[:100])
    rows = on_disk(tmp_path, X, y, "arrays")
    opened = rows.open()
    monkeypatch.setattr(gn.Rows, "open", lambda self, **how: opened)
    cut(tmp_path / "X.npy")

    with pytest.raises(BadFile, match=r"X\.npy, row group 0 cannot be read: the file was cut"):
        reg.predict(rows)


def lacking(folder, X, y):
    file = folder / "1.parquet"
    parquet.write_table(parquet.read_table(file).drop_columns(["x1"]), file)


def all_lacking(folder, X, y):
    for file in folder.glob("*.parquet"):
        parquet.write_table(parquet.read_table(file).drop_columns(["x1"]), file)


def more(folder, X, y):
    write_parquet(folder, X, y, more={"day": np.arange(len(X))})


def text(folder, X, y):
    for file in folder.glob("*.parquet"):
        table = parquet.read_table(file)
        parquet.write_table(table.set_column(0, "x0", table["x0"].cast("string")), file)


def gap(folder, X, y):
    X = X.copy()
    X[250, 1] = np.nan
    write_parquet(folder, X, y)


def empty(folder, X, y):
    (folder / "1.parquet").write_bytes(b"")


def no_rows(folder, X, y):
    write_parquet(folder, X[:0], y[:0])


@pytest.mark.parametrize(
    ("spoil", "error", "said"),
    [
        (lacking, BadFile, r"1\.parquet lacks 'x1', which .*0\.parquet has"),
        (all_lacking, InvalidValue, r"MLPRegressor was fitted to; 'x1' of 3 are not there in .*0"),
        (more, InvalidValue, r"MLPRegressor was fitted to; 'day' in .*0\.parquet was not among"),
        (text, InvalidValue, "'x0' must hold numbers; it holds string in"),
        (gap, InvalidValue, r"'x1' must hold finite numbers; it is missing or nan in .*2\.parquet"),
        (empty, BadFile, r"1\.parquet is empty"),
        (no_rows, BadFile, "has columns and no rows"),
    ],
)
def test_rows_that_are_not_like_those_of_the_fit_say_what_is_wrong(tmp_path, spoil, error, said):
    X, y = numbered(300)
    reg = fitted(gn.MLPRegressor, X, y)
    write_parquet(tmp_path, X, y)
    spoil(tmp_path, X, y)

    with pytest.raises(error, match=said) as caught:
        reg.predict(gn.Rows(tmp_path, "y"))
    assert "\n" not in str(caught.value)


def test_a_chosen_column_that_the_first_of_the_files_lacks_is_named_with_it(tmp_path):
    X, y = numbered(300)
    write_parquet(tmp_path, X, y)
    file = tmp_path / "0.parquet"
    parquet.write_table(parquet.read_table(file).drop_columns(["x1"]), file)

    with pytest.raises(UnknownName, match=r"no column of .*0\.parquet is named 'x1'"):
        fitted(gn.MLPRegressor, X, y).predict(gn.Rows(tmp_path, columns=["x0", "x1", "x2"]))


def test_another_number_of_columns_is_said_where_there_are_no_names(tmp_path):
    X, y = numbered(300)
    reg = gn.MLPRegressor(hidden_layer_sizes=(3,), max_iter=1).fit(X[:, :2], y)
    np.save(tmp_path / "X.npy", X)

    with pytest.raises(ShapeMismatch, match=r"the 2 columns that MLPRegressor .*; they have 3: 'x"):
        reg.predict(gn.Rows(tmp_path / "X.npy"))


def test_names_on_one_side_only_are_warned_of(tmp_path):
    X, y = numbered(300)
    reg = gn.MLPRegressor(hidden_layer_sizes=(3,), max_iter=1).fit(X, y)
    rows = on_disk(tmp_path, X, y, "file")
    arrays = on_disk(tmp_path, X, y, "arrays")

    with pytest.warns(UserWarning, match="have names, and MLPRegressor was fitted without"):
        np.testing.assert_array_equal(reg.predict(rows), reg.predict(X))
    with pytest.warns(UserWarning, match="have no names, and MLPRegressor was fitted with names"):
        fitted(gn.MLPRegressor, X, y).predict(arrays)


@pytest.mark.parametrize("est", [gn.MLPClassifier(), gn.MLPRegressor(), gn.TableClassifier()])
def test_an_estimator_that_is_not_fitted_says_so(tmp_path, est):
    rows = on_disk(tmp_path, *numbered(50), "file")

    with pytest.raises(NotFittedError):
        est.predict(rows)
    with pytest.raises(NotFittedError):
        est.score(rows)


@pytest.mark.parametrize(
    "look",
    [
        lambda net, rows: gn.trace(net, rows),
        lambda net, rows: gn.predict(net, rows),
        lambda net, rows: gn.ledger(net, rows, np.zeros(50)),
        lambda net, rows: gn.diagnose(net, rows, np.zeros(50)),
        lambda net, rows: gn.suspects(net, rows, np.zeros(50)),
        lambda net, rows: np.asarray(rows),
    ],
)
def test_where_rows_in_memory_are_needed_one_line_says_so(tmp_path, look):
    X, y = numbered(50)
    reg = fitted(gn.MLPRegressor, X, y)
    rows = on_disk(tmp_path, X, y, "file")

    for model in (reg.network_, reg):
        if model is reg and look.__code__.co_names[1] == "predict":
            continue
        with pytest.raises(InvalidValue, match="rows must be in memory here; got Rows") as caught:
            look(model, rows)
        assert "\n" not in str(caught.value)
