"""A table estimator in another home answers what predict and predict_proba answer."""

import shutil
from itertools import product

import numpy as np
import pytest

import glassnet as gn
from glassnet.errors import InvalidValue, ShapeMismatch, Unsupported
from glassnet.export.agreement import agreement, exported_answers
from glassnet.export.rows import made_rows, rows_for
from glassnet.export.source import source
from tests.export.models import TARGETS, frame, strange, table_estimator

# The members compute in float32, and so do their exported twins.
LIMIT = 1e-6
FILES = {
    "m.onnx": (gn.export_onnx, {}),
    "wide.onnx": (gn.export_onnx, {"dtype": "float64"}),
    "m.c": (gn.export_c, {}),
    "wide.c": (gn.export_c, {"dtype": "float64"}),
    "module": (gn.export_torch, {}),
}
# Every value of each setting, with one and with several members; the rest of the product is long.
SHORT = {
    ("number", "fast", True, 1), ("number", "default", False, 3),
    ("class", "best", True, 3), ("two", "fast", True, 1),
}  # fmt: skip
PRODUCT = [
    pytest.param(*case, marks=() if case in SHORT else pytest.mark.long)
    for case in product(TARGETS, ["fast", "default", "best"], [True, False], [1, 3])
]


def exported(file, est, rows, folder):
    """What the exported file answers to a frame."""
    if file.endswith(".onnx"):
        pytest.importorskip("onnxruntime")
    if file == "module":
        pytest.importorskip("torch")
    if file.endswith(".c") and shutil.which("cc") is None:
        pytest.skip("there is no C compiler, cc")
    write, options = FILES[file]
    write(est, folder / file, **options)
    found = source(est)
    return exported_answers(folder / file, found, rows_for(found, rows))


def own(est, rows):
    """What the estimator answers, by the methods that users call."""
    return est.predict_proba(rows) if hasattr(est, "predict_proba") else est.predict(rows)[:, None]


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize(("target", "preset", "gaps", "members"), PRODUCT)
def test_it_answers_the_same_to_gaps_new_levels_and_numbers_far_away(
    target, preset, gaps, members, file, tmp_path
):
    est, rows = table_estimator(target, preset, gaps=gaps, members=members)

    found = exported(file, est, rows, tmp_path)

    spread = np.std(frame()[1]["number"]) if target == "number" else 1.0
    limit = 5 * LIMIT * spread if target == "number" else LIMIT
    np.testing.assert_allclose(found, own(est, rows), atol=limit, rtol=0)


@pytest.mark.parametrize("file", ["m.onnx", "m.c"])
@pytest.mark.parametrize(
    "options",
    [{"bins": 0}, {"bins": 1}, {"steps": False}, {"cuts": "quantiles"}, {"min_count": 1}],
    ids=str,
)
def test_every_setting_of_the_columns_is_written(options, file, tmp_path):
    est, rows = table_estimator(**options)

    found = exported(file, est, rows, tmp_path)

    np.testing.assert_allclose(found, own(est, rows), atol=LIMIT, rtol=0)


def test_inputs_are_the_columns_that_count_under_their_names(tmp_path):
    onnxruntime = pytest.importorskip("onnxruntime")
    est, rows = table_estimator(drop=("int",))
    gn.export_onnx(est, tmp_path / "m.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "m.onnx")

    # not "int", which was dropped, nor "constant"; "label" is an output's name
    texts = {"grade", "town", "shop", "sex"}
    assert {each.name: "string" in each.type for each in session.get_inputs()} == {
        name: name in texts for name in ("size", "far", "grade", "town", "shop", "sex", "label_")
    }

    few = rows.head(5)
    given = {}
    for name in ("size", "far", "grade", "town", "shop", "sex", "label"):
        if name in texts:  # a number that is a category is the text of it, 3 and 3.0 alike
            texts_of = few[name].map(str if name != "grade" else "{:g}".format, na_action="ignore")
            column = np.array(texts_of.fillna("").tolist(), dtype=object)
        else:
            column = few[name].to_numpy(dtype=float, na_value=np.nan)
        given["label_" if name == "label" else name] = column[:, None]
    label, probabilities = session.run(None, given)
    np.testing.assert_allclose(probabilities, est.predict_proba(few), atol=LIMIT)
    assert label.tolist() == est.predict(few).tolist()


@pytest.mark.parametrize("file", ["m.onnx", "m.c"])
def test_an_infinite_number_is_refused_although_the_scaling_bounds_it(file, tmp_path):
    est, rows = table_estimator("number")
    rows = rows.head(4).copy()
    rows.iloc[1, 0], rows.iloc[2, 2] = np.inf, -np.inf

    found = exported(file, est, rows, tmp_path)

    with pytest.raises(InvalidValue, match="must hold finite numbers"):
        est.predict(rows)
    assert np.isnan(found[1:3]).all()
    np.testing.assert_allclose(found[[0, 3], 0], est.predict(rows.iloc[[0, 3]]), atol=1e-3)


@pytest.mark.parametrize("file", ["m.onnx", "m.c", "module"])
def test_predictions_stay_within_the_range_of_training(file, tmp_path):
    est, rows = table_estimator("number")
    low, high = frame()[1]["number"].min(), frame()[1]["number"].max()
    kept = [net.state.theta.copy() for net in est.members_]
    for net in est.members_:
        net.state.theta[:] *= 3  # to leave the range

    try:
        found, wanted = exported(file, est, rows, tmp_path), est.predict(rows)
    finally:
        for net, theta in zip(est.members_, kept, strict=True):
            net.state.theta[:] = theta

    assert (found.min(), found.max()) == (low, high)
    np.testing.assert_allclose(found[:, 0], wanted, atol=1e-3)


def test_int8_takes_a_frame_and_moves_few_labels(tmp_path):
    if shutil.which("cc") is None:
        pytest.skip("there is no C compiler, cc")
    est, _ = table_estimator("two", members=3)
    X = frame()[0]
    gn.export_c(est, tmp_path / "m.c", dtype="int8", calibration=X, rows=X)
    found = source(est)
    rows = rows_for(found, X)

    seen = agreement(found, rows, exported_answers(tmp_path / "m.c", found, rows))

    assert seen.same_labels > 0.97


@pytest.mark.parametrize("file", ["m.onnx", "m.c"])
def test_a_file_is_checked_in_one_call(file, tmp_path):
    est, rows = table_estimator()
    exported(file, est, rows, tmp_path)

    given, made = gn.check_export(est, tmp_path / file, rows), gn.check_export(est, tmp_path / file)

    assert (given.rows, made.rows, given.unit) == (120, 200, "probability")
    assert max(given.largest, made.largest) < LIMIT
    assert given.same_labels == 1.0


def test_a_file_of_another_model_is_seen_to_differ(tmp_path):
    pytest.importorskip("onnxruntime")
    est, rows = table_estimator()
    gn.export_onnx(est, tmp_path / "m.onnx")
    other, _ = table_estimator(random_state=1)

    assert gn.check_export(other, tmp_path / "m.onnx", rows).largest > 1e-3


def test_made_rows_have_gaps_new_levels_and_numbers_out_of_range():
    est, _ = table_estimator()
    found = source(est)

    table = made_rows(found, 400, 0)

    towns = set(table["town"].values.tolist())
    assert None in towns
    assert any(str(town).startswith("new ") for town in towns)
    rule = next(r for r in found.rules if r.name == "size")
    assert np.nanmax(np.abs(table["size"].values)) > 50 * max(map(abs, rule.edges))
    assert np.isfinite(found.answers(table)).all()


def test_a_saved_estimator_is_exported_like_the_one_that_was_saved(tmp_path):
    pytest.importorskip("onnxruntime")
    est, rows = table_estimator("number", members=3)
    gn.save(est, tmp_path / "m.glassnet")
    loaded = gn.load(tmp_path / "m.glassnet")

    first = exported("m.onnx", est, rows, tmp_path)

    np.testing.assert_array_equal(exported("m.onnx", loaded, rows, tmp_path), first)


def test_rows_that_are_not_of_the_table_are_named():
    est, rows = table_estimator()
    found = source(est)

    with pytest.raises(ShapeMismatch, match="'town'"):
        rows_for(found, rows.drop(columns="town"))
    with pytest.raises(InvalidValue, match="at least one"):
        rows_for(found, rows.head(0))


def test_what_cannot_be_written_is_refused_with_the_remedy(tmp_path, monkeypatch):
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    from glassnet.data.binned_rule import BinnedRule
    from glassnet.export.c import rules

    est, _ = table_estimator()
    with pytest.raises(Unsupported, match=r"steps before a TableClassifier.*transformed rows"):
        gn.export_onnx(make_pipeline(StandardScaler(), est), tmp_path / "m.onnx")
    with pytest.raises(Unsupported, match=r"to_sklearn\(model\.network_\)"):
        gn.to_sklearn(est)
    kept = {kind: write for kind, write in rules.RULES.items() if kind is not BinnedRule}
    monkeypatch.setattr(rules, "RULES", kept)
    with pytest.raises(Unsupported, match=r"'size' \(BinnedRule\) cannot be written into C\. Turn"):
        gn.export_c(est, tmp_path / "m.c")
    with pytest.raises(InvalidValue, match="Call fit first"):
        gn.export_c(gn.TableRegressor(), tmp_path / "m.c")


def test_strange_rows_are_strange():
    X, _ = frame()
    rows = strange(X)

    assert "new" not in set(X["town"])
    assert "new" in set(rows["town"])
    assert np.nanmax(rows["size"]) > 1e3 * np.nanmax(X["size"])
