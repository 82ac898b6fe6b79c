"""The main job on rows from disk learns what it learns of the same table in memory."""

from __future__ import annotations

import numpy as np
import pytest

import glassnet as gn
from glassnet.data.encode import TableEncoder
from glassnet.data.readers import read_table
from glassnet.data.row_shares import TEST, Shares
from glassnet.data.tables import Column, Table
from glassnet.data.targets import TargetEncoder, guess_task
from glassnet.errors import InvalidValue
from glassnet.estimators.streamed_table import fit_stream, plan_stream
from glassnet.estimators.table_plan import TableSettings
from tests.data.row_files import break_group, numbered, write_parquet

QUICK = TableSettings(hidden=(8,), epochs=30)


def shop(m=3000):
    """Numbers, texts, truth values and missing ones."""
    X, _ = numbered(m)
    rng = np.random.default_rng(3)
    X[rng.random(m) < 0.1, 1] = np.nan
    colour = rng.choice(["red", "green", "blue"], m).astype(object)
    colour[rng.random(m) < 0.05] = None
    sold = np.where(X[:, 0] + (colour == "red") > 0.3, "yes", "no")
    return X, sold, {"colour": colour, "new": rng.random(m) < 0.5}


@pytest.mark.parametrize("target", ["classes", "numbers", "whole", "truth"])
def test_the_encoders_are_those_of_the_table_in_memory(tmp_path, target):
    X, sold, more = shop()
    y = {
        "classes": sold,
        "numbers": (7 + 3 * X[:, 0]).astype("float64"),
        "whole": (np.abs(X[:, 0]) * 2).astype("int64"),
        "truth": sold == "yes",
    }[target]
    folder = write_parquet(tmp_path, X, y, more=more)

    plan = plan_stream(gn.Rows(folder, "y"), QUICK)

    tables = [read_table(folder / f"{k}.parquet") for k in range(3)]
    frame = {
        name: np.concatenate([table[name].values for table in tables]) for name in tables[0].names
    }
    learned = plan.data.shares.parts(0, len(X)) != TEST
    whole = Table([Column(c.name, c.kind, frame[c.name]) for c in tables[0].columns])
    guess, kept = guess_task(whole["y"]), whole.take(learned)
    encoder, wanted = TableEncoder.fit(kept.without("y")), TargetEncoder.fit(kept["y"], guess.task)
    assert plan.guess == guess
    assert plan.model.encoder.feature_names == encoder.feature_names
    for found, rule in zip(plan.model.encoder.rules, encoder.rules, strict=True):
        assert type(found) is type(rule)
        if hasattr(rule, "mean"):
            assert found.indicator == rule.indicator
            assert (found.mean, found.scale) == pytest.approx((rule.mean, rule.scale), rel=1e-12)
        else:
            assert found == rule
    assert plan.model.target.classes == wanted.classes
    assert plan.model.target.mean == pytest.approx(wanted.mean, rel=1e-12)
    assert plan.model.target.scale == pytest.approx(wanted.scale, rel=1e-12)


def test_it_learns_and_beats_the_constant(tmp_path):
    X, sold, more = shop()
    plan = plan_stream(
        gn.Rows(write_parquet(tmp_path, X, sold, more=more), "y", buffer_bytes=20_000), QUICK
    )

    found = fit_stream(plan)

    assert found.scores["accuracy"] > 0.9 > found.baseline["accuracy"]
    assert sum(plan.rows.values()) == 3000
    assert plan.rows["test"] == pytest.approx(600, abs=90)
    assert any("'x1' has" in note and "missing values" in note for note in plan.notes)


def test_the_score_is_that_of_rows_the_training_never_saw(tmp_path):
    """Labels drawn by coin cannot be predicted: an honest score stays near one half."""
    X, _ = numbered(2000)
    coin = np.random.default_rng(5).choice(["heads", "tails"], 2000)

    found = fit_stream(plan_stream(gn.Rows(write_parquet(tmp_path, X, coin), "y"), QUICK))

    assert found.scores["accuracy"] < 0.6  # 400 rows: the deviation is 0.025


def test_a_class_that_only_test_rows_have_is_a_class(tmp_path):
    X, _ = numbered(600)
    y = np.where(X[:, 0] > 0, "up", "down").astype(object)
    parts = Shares(QUICK.seed, validation=0.15, test=QUICK.test_size).parts(0, 600)
    y[np.flatnonzero(parts == TEST)[0]] = "sideways"
    folder = write_parquet(tmp_path, X, y.astype(str))

    found = fit_stream(plan_stream(gn.Rows(folder, "y"), QUICK))

    assert found.model.target.classes == ("down", "sideways", "up")


def test_bad_groups_are_told_among_the_notes(tmp_path):
    folder = write_parquet(tmp_path, *numbered(2000))
    break_group(folder / "1.parquet", 0)

    plan = plan_stream(gn.Rows(folder, "y", skip_bad=True), QUICK)

    assert "1 of 21 row groups, 97 rows, were left out" in plan.notes[0]
    assert sum(plan.rows.values()) == 2000 - 97


@pytest.mark.parametrize("bad", ["missing target", "infinite", "one value", "levels", "dates"])
def test_what_cannot_be_learned_from_is_named(tmp_path, bad):
    X, y = numbered(2000)
    more, said = None, {}
    if bad == "missing target":
        y[1500] = np.nan
        said = r"target must not be missing; 'y' is in .*2\.parquet, row 167"
    elif bad == "infinite":
        X[1500, 0] = np.inf
        said = r"'x0' must hold finite numbers; it is infinite.* in .*2\.parquet, row 167"
    elif bad == "one value":
        y[:] = 3
        said = "a target must vary"
    elif bad == "levels":
        more = {"id": np.array([f"a{k}" for k in range(2000)])}
        said = "a column of text may have 1000 levels; 'id' has more"
    else:
        more = {"day": np.arange(2000).astype("datetime64[s]")}
        said = "'day' must hold numbers, booleans or text; it has timestamp"
    folder = write_parquet(tmp_path, X, y, more=more)

    with pytest.raises(InvalidValue, match=said):
        plan_stream(gn.Rows(folder, "y"), QUICK)
