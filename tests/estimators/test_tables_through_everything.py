"""The product walked with estimators of tables: each glass box, file and page, from each frame."""

import pickle  # noqa: TID251 # a test of it
import warnings
from functools import cache

import numpy as np
import pandas as pd
import polars as pl
import pytest

import glassnet as gn

SMALL = {"hidden_layer_sizes": (12, 12), "activation": "relu", "dropout": 0.0, "epochs": 15}
TASKS = ("binary", "multiclass", "regression")
FRAMES = ("pandas", "polars", "numpy")
NAMES = ("size", "colour", "open", "floors")


def rows(count=120, seed=0):
    rng = np.random.default_rng(seed)
    size = rng.normal(50.0, 20.0, count)
    colour = rng.choice(["red", "green", "blue"], count)
    is_open, floors = rng.random(count) < 0.5, rng.integers(0, 4, count)
    y = size / 20 + 2.0 * (colour == "red") + is_open
    size[rng.random(count) < 0.1] = np.nan
    colour = [None if rng.random() < 0.1 else str(c) for c in colour]
    X = pd.DataFrame({"size": size, "colour": colour, "open": is_open, "floors": floors})
    targets = {
        "binary": np.where(y > 3, "dear", "cheap"),
        "multiclass": np.array(["low", "middle", "high"])[np.digitize(y, [2.5, 3.7])],
        "regression": y,
    }
    return X, targets


def dressed(X, frame):
    if frame == "pandas":
        return X
    return pl.from_pandas(X) if frame == "polars" else X.astype(object).to_numpy()


@cache
def made(task, members, frame):
    X, targets = rows()
    Est = gn.TableRegressor if task == "regression" else gn.TableClassifier
    est = Est("fast", members=members, random_state=0, **SMALL).fit(
        dressed(X, frame), targets[task]
    )
    fresh, others = rows(60, seed=1)
    return est, dressed(fresh, frame), others[task], frame


WALK = [(task, members, frame) for task in TASKS for members in (1, 3) for frame in FRAMES]


@pytest.fixture(params=WALK, ids=lambda p: "-".join(map(str, p)))
def fitted(request):
    return made(*request.param)


def said(est, X):
    return est.predict_proba(X) if hasattr(est, "classes_") else est.predict(X)


def test_trace_and_derive(fitted):
    est, X, y, _ = fitted
    first = est.encode(X[:3])
    t = gn.trace(est, X[:3], y[:3])
    assert np.array_equal(t.a[0], first)
    assert t.a[-1] == pytest.approx(gn.predict(est.network_, first), abs=1e-6)
    assert t.dW[1].shape == est.network_.W[1].shape
    assert str(gn.derive(est, X[:1], y[:1])) == str(gn.derive(est.network_, first[0], t.y[0]))


def test_local_is_the_formula_of_the_first_member(fitted):
    est, X, _, _ = fitted
    here = gn.local(est, X[:1])
    x = est.encode(X[:1])[0]
    z = here.W_eff @ x + here.b_eff
    if hasattr(est, "classes_"):
        assert z == pytest.approx(gn.trace(est, X[:1]).z[-1][0], abs=1e-4)
    else:
        assert z == pytest.approx(gn.predict(est.network_, x[None])[0], abs=1e-4)
    assert here.features == est.encoder_.feature_names
    assert len(here.regions(X[1:2])) >= 1


def test_ledger_and_diagnosis(fitted):
    est, X, y, _ = fitted
    book = gn.ledger(est, X, y)
    assert len(book) == len(X)
    assert np.isfinite(book.losses).all()
    seen = gn.diagnose(est, X, y)
    assert "COLUMN_LEAK" in seen.checked
    assert not [f.code for f in seen.findings if f.code.startswith("COLUMN")]


def test_attributions_importances_and_dependence(fitted):
    est, X, y, frame = fitted
    names = NAMES if frame != "numpy" else ("x0", "x1", "x2", "x3")
    found = gn.attributions(est, X[:4])
    assert found.columns == names
    assert np.abs(found.gaps).max() < 2e-3
    worth = gn.importances(est, X, y, repeats=2)
    assert set(worth.columns) == set(names)
    # the size counts, the floors tell nothing
    assert worth.columns.index(names[0]) < worth.columns.index(names[3])
    assert gn.dependence(est, X, names[1]).gap is not None


@pytest.mark.parametrize(("task", "frame"), list(zip(TASKS, FRAMES, strict=True)))
def test_the_page(task, frame, tmp_path):
    est, X, y, _ = made(task, 3, frame)
    found = gn.table_report(est, X, y, tmp_path / "page.html", source="rows.csv")
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "Columns as they were understood" in text
    assert found.rows_told == 8
    assert "http" not in text.replace("http-equiv", "")


def test_files_and_pickles(fitted, tmp_path):
    est, X, _, _ = fitted
    before = said(est, X)
    gn.save(est, tmp_path / "m.glassnet")
    there = gn.load(tmp_path / "m.glassnet")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for other in (there, pickle.loads(pickle.dumps(est))):
            assert np.array_equal(said(other, X), before)
            assert gn.attributions(other, X[:2]).contributions == pytest.approx(
                gn.attributions(est, X[:2]).contributions, abs=1e-12
            )
