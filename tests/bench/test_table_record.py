"""The record of the benchmark of tables: what replaces what, and what ranks and ratios are."""

import json

import pandas as pd
import pytest

from bench.accuracy.table_record import (
    RIVALS,
    markdown,
    merged,
    put,
    ranks,
    ratios,
    read_runs,
    summary,
)


def row(who, name, error, log_loss=None, *, split=0, test_rows=100):
    return {
        "who": who, "set": name, "split": split, "rows": 6000, "error": error,
        "log_loss": log_loss, "test_rows": test_rows, "train_rows": 400,
    }  # fmt: skip


def frame(runs):
    return pd.DataFrame(runs).set_index(["set", "split", "who"])


def test_a_fit_measured_again_stands_in_the_place_of_the_first(tmp_path):
    put(tmp_path, row("CatBoost", "adult", 0.2))
    put(tmp_path, row("CatBoost", "titanic", 0.3))
    put(tmp_path, row("CatBoost", "adult", 0.1))
    put(tmp_path, row("RealMLP-TD", "adult", 0.4))

    assert sorted(path.name for path in tmp_path.iterdir()) == ["catboost.json", "realmlp_td.json"]
    assert [(r["set"], r["error"]) for r in read_runs(tmp_path / "catboost.json")] == [
        ("adult", 0.1),
        ("titanic", 0.3),
    ]
    assert len(read_runs(tmp_path)) == 3


def test_a_file_may_hold_several_competitors(tmp_path):
    path = tmp_path / "mine.json"
    put(path, row("glassnet fast", "adult", 0.2))
    put(path, row("glassnet best", "adult", 0.1))

    assert [r["who"] for r in json.loads(path.read_text())["runs"]] == [
        "glassnet best",
        "glassnet fast",
    ]


def test_other_rows_of_training_are_another_run():
    few = {**row("CatBoost", "adult", 0.2), "rows": 2000}

    assert len(merged([few, row("CatBoost", "adult", 0.1)])) == 2


def test_ranks_are_taken_where_all_were_measured_and_sets_count_alike():
    others = [
        row(who, name, 1.0 + place, split=split)
        for name, splits in (("a", 3), ("b", 1))
        for split in range(splits)
        for place, who in enumerate(RIVALS)
    ]
    own = [row("glassnet default", "a", 0.5, split=split) for split in range(3)]
    own += [row("glassnet default", "b", 9.0), row("glassnet default", "c", 0.1)]

    found = ranks(frame(others + own), "glassnet default")

    # First on the three splits of a, last of five on the one of b; nobody else knows c.
    assert found["sets, splits (error)"] == "2, 4"
    assert found["mean rank by error"]["glassnet default"] == pytest.approx((1 + 5) / 2)
    assert found["mean rank by error"][RIVALS[0]] == pytest.approx((2 + 1) / 2)


def test_a_ratio_is_the_geometric_mean_over_the_sets():
    runs = [
        row("own", "a", 2.0),
        row("other", "a", 1.0),
        row("own", "b", 1.0),
        row("other", "b", 8.0),
    ]

    found = ratios(frame(runs), "own", "other")

    assert found["geometric mean of error ratios"] == pytest.approx(0.5)  # √(2 · 1/8)
    assert found["error ratio of each set"] == {"b": 0.125, "a": 2.0}


def test_no_wrong_row_against_one_of_a_hundred_is_a_third():
    """(0 + ½) / (1 + ½), and for log-loss 0.005 / 0.02."""
    runs = [row("own", "a", 0.0, 0.0), row("other", "a", 0.01, 0.015)]

    found = ratios(frame(runs), "own", "other")

    assert found["geometric mean of error ratios"] == pytest.approx(1 / 3, abs=1e-4)
    assert found["geometric mean of log-loss ratios"] == pytest.approx(0.25, abs=1e-4)


def test_a_pair_that_shares_no_set_has_no_ratio():
    found = summary([row("glassnet default", "a", 0.1), row("RealMLP-TD", "b", 0.1)])

    assert found == {}


def test_of_a_set_that_was_timed_twice_the_peer_s_better_time_counts():
    runs = [row("glassnet default", "a", 1.0), row("RealMLP-TD", "a", 1.0)]
    pair = "glassnet default / RealMLP-TD"
    times = [
        {"pair": pair, "set": "a", "ratio": 0.25},
        {"pair": pair, "set": "b", "ratio": 1.0},
        {"pair": pair, "set": "b", "ratio": 0.1},
    ]

    assert summary(runs, times)[pair]["geometric mean of time ratios"] == pytest.approx(0.5)


def test_the_table_says_of_how_many_splits_a_number_is_where_others_have_more():
    runs = [row("CatBoost", "a", 1200.0, split=split) for split in range(2)]
    runs.append(row("TabM", "a", 0.25, 0.5))

    last = markdown(runs, ["CatBoost", "TabM", "nobody"]).splitlines()[-1]

    assert last == "| a, 400 | 1,200 | 0.25 · 0.500 (1) |"
