"""Several targets at once on the command line: numbers, or labels."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import glassnet as gn

Call = Callable[..., Any]
QUICK = ("--preset", "fast", "--epochs", "20", "--no-report")


@pytest.fixture
def weather(tmp_path: Path) -> pd.DataFrame:
    """A table of which two numbers and two labels follow from the same columns."""
    rng = np.random.default_rng(0)
    n = 400
    sun, wind = rng.normal(size=n), rng.choice(["north", "south"], n)
    heat = 10 + 5 * sun + 3 * (wind == "south") + 0.3 * rng.normal(size=n)
    table = pd.DataFrame({
        "sun": sun.round(3), "wind": wind, "heat": heat.round(2),
        "sales": (200 - 30 * sun).round(1), "warm": (heat > 12).astype(int), "dry": sun > 0.3,
    })  # fmt: skip
    table.to_csv(tmp_path / "weather.csv", index=False)
    return table


def _numbers(glassnet: Call, *more: str) -> Any:
    words = ("-t", "heat", "-t", "sales", "--drop", "warm", "--drop", "dry")
    return glassnet("fit", "weather.csv", *words, *QUICK, *more)


def _labels(glassnet: Call, *more: str) -> Any:
    words = ("-t", "warm", "-t", "dry", "--drop", "heat", "--drop", "sales")
    return glassnet("fit", "weather.csv", *words, *QUICK, *more)


def _predicted(glassnet: Call) -> pd.DataFrame:
    return pd.read_csv(io.StringIO(glassnet("predict", "model.glassnet", "weather.csv").out))


def test_numbers_are_scored_and_predicted_target_by_target(
    glassnet: Call, weather: pd.DataFrame
) -> None:
    done = json.loads(_numbers(glassnet, "--json").out)

    assert done["task"] == "regression"
    assert list(done["targets"]) == ["heat", "sales"]
    each = [done["targets"][name]["scores"]["r2"] for name in ("heat", "sales")]
    assert min(each) > 0.8
    assert done["scores"] == {"r2": pytest.approx(np.mean(each))}
    table = _predicted(glassnet)
    assert list(table) == ["predicted heat", "predicted sales"]
    model = gn.load("model.glassnet")
    assert model.target_names_ == ("heat", "sales")
    np.testing.assert_array_equal(table.to_numpy(), model.predict(weather[["sun", "wind"]]))


def test_rmse_is_in_the_units_of_each_target(glassnet: Call, weather: pd.DataFrame) -> None:
    found = json.loads(_numbers(glassnet, "--json").out)["targets"]

    assert found["heat"]["baseline"]["rmse"] == pytest.approx(weather["heat"].std(), rel=0.2)
    assert found["sales"]["baseline"]["rmse"] == pytest.approx(weather["sales"].std(), rel=0.2)


def test_columns_of_0_and_1_or_of_truths_are_labels(glassnet: Call, weather: pd.DataFrame) -> None:
    done = json.loads(_labels(glassnet, "--json").out)

    assert done["task"] == "multilabel"
    assert done["scores"]["accuracy"] > 0.85 > done["baseline"]["accuracy"]
    right = [pair["scores"]["accuracy"] for pair in done["targets"].values()]
    assert done["scores"]["accuracy"] == pytest.approx(np.mean(right))
    assert done["scores"]["exact"] <= min(right)
    table = _predicted(glassnet)
    assert list(table) == [
        "predicted warm", "predicted dry", "probability of warm", "probability of dry",
    ]  # fmt: skip
    chances = table[["probability of warm", "probability of dry"]].to_numpy()
    np.testing.assert_array_equal(table.to_numpy()[:, :2], chances > 0.5)
    truth = weather[["warm", "dry"]].to_numpy().astype(int)
    assert (table.to_numpy()[:, :2] == truth).mean() > 0.85


def test_labels_are_shared_out_so_that_each_part_has_its_share(
    glassnet: Call, weather: pd.DataFrame
) -> None:
    done = json.loads(_labels(glassnet, "--json").out)

    shares = weather[["warm", "dry"]].astype(int).mean()
    for name, share in shares.items():
        commoner = done["targets"][name]["baseline"]["accuracy"]
        assert commoner == pytest.approx(max(share, 1 - share), abs=0.02)


def test_quantiles_of_several_targets_have_a_column_each(
    glassnet: Call, weather: pd.DataFrame
) -> None:
    done = json.loads(_numbers(glassnet, "--quantiles", "0.1,0.9", "--json").out)
    table = _predicted(glassnet)

    assert list(done["below"]) == ["heat 0.1", "heat 0.9", "sales 0.1", "sales 0.9"]
    assert list(table)[2:] == [f"{name} quantile" for name in done["below"]]
    assert (table["heat 0.1 quantile"] <= table["heat 0.9 quantile"]).all()
    assert any("the prediction is the 0.1 quantile" in note for note in done["notes"])


def test_other_commands_know_of_both(glassnet: Call, weather: pd.DataFrame) -> None:
    for fit, names in ((_numbers, "heat, sales"), (_labels, "warm, dry")):
        assert fit(glassnet).status == 0
        told = glassnet("info", "model.glassnet")
        assert f"predicts    {names}: " in told.out
        assert "classes" not in told.out.replace("one of several classes", "")
        for command in (("diagnose",), ("trace", "--row", "3"), ("derive", "--row", "3")):
            done = glassnet(command[0], "model.glassnet", "weather.csv", *command[1:])
            assert done.status == 0, (command, done.err)


def test_the_report_has_a_figure_for_each_target(glassnet: Call, weather: pd.DataFrame) -> None:
    words = ("-t", "heat", "-t", "sales", "--drop", "warm", "--drop", "dry", "--preset", "fast")
    done = glassnet("fit", "weather.csv", *words)

    assert (done.status, done.err) == (0, "")
    text = Path("report.html").read_text(encoding="utf-8")
    assert "heat, sales from weather.csv" in text
    assert "glassnet fit weather.csv --target heat --target sales --drop warm" in text


def test_rows_need_all_their_targets(glassnet: Call, weather: pd.DataFrame) -> None:
    weather.loc[[2, 5], "heat"] = np.nan
    weather.loc[5:6, "sales"] = np.nan
    weather.to_csv("weather.csv", index=False)

    refused = _numbers(glassnet)
    done = _numbers(glassnet, "--missing-target", "drop")

    assert refused.status == 1
    assert "'heat' is in 2 of 400 rows (rows 3 and 6)" in refused.err
    assert "rows without 'heat' and 'sales', left out: 3" in done.out


def test_the_worst_rows_are_called_by_their_place_in_the_file(
    glassnet: Call, weather: pd.DataFrame
) -> None:
    weather.loc[:99, "heat"] = np.nan
    weather.to_csv("weather.csv", index=False)
    words = ("--drop", "sales", "--drop", "warm", "--drop", "dry", "--missing-target", "drop")
    done = glassnet("fit", "weather.csv", "-t", "heat", "--preset", "fast", *words)

    assert done.status == 0
    text = Path("report.html").read_text(encoding="utf-8")
    listed = text[text.index("rows it is farthest off at") :].split("<tbody>")[1]
    rows = [row.split("</t")[0].rsplit(">", 1)[-1] for row in listed.split("<tr>")[1:9]]
    assert all(101 <= int(row.replace(",", "")) <= 400 for row in rows), rows


@pytest.mark.parametrize(
    ("targets", "options", "words"),
    [
        (("heat", "heat"), (), "the target 'heat' is named twice"),
        (("heat", "snow"), (), "no column is named 'snow'"),
        (("heat,sales",), (), "For several targets write --target heat --target sales."),
        (("heat", "warm"), (), "'warm' holds 0 and 1 only, and 'heat' other numbers"),
        (("heat", "wind"), (), "'wind' holds text (as '"),
        (("heat", "sales"), ("--task", "classification"), "'heat' holds other numbers"),
        (("heat", "flat"), (), "a target must vary; 'flat' is 7 in all 400 rows"),
    ],
)
def test_targets_that_do_not_go_together_are_one_line(
    glassnet: Call,
    weather: pd.DataFrame,
    targets: tuple[str, ...],
    options: tuple[str, ...],
    words: str,
) -> None:
    weather.assign(flat=7).to_csv("weather.csv", index=False)
    named = [word for name in targets for word in ("-t", name)]

    done = glassnet("fit", "weather.csv", *named, *QUICK, *options)

    assert done.status == 1
    assert len(done.err.splitlines()) == 1
    assert words in done.err
    assert not Path("model.glassnet").exists()


@pytest.mark.parametrize(
    ("targets", "options", "words"),
    [
        (("heat", "sales"), ("--plain",), "one plain network learns one --target; 2 were given."),
        (("heat", "sales"), ("--balanced",), "'heat' and 'sales' were taken for numbers."),
        (("dry", "warm"), ("--quantiles", "0.5"), "'dry' and 'warm' were taken for classes"),
        (("heat", "sales"), ("--coverage", "0.9"), "--coverage is for one --target; 2 were given."),
    ],
)
def test_options_that_are_not_for_these_targets_are_status_2(
    glassnet: Call,
    weather: pd.DataFrame,
    targets: tuple[str, ...],
    options: tuple[str, ...],
    words: str,
) -> None:
    named = [word for name in targets for word in ("-t", name)]

    done = glassnet("fit", "weather.csv", *named, "-q", "--no-report", *options)

    assert done.status == 2
    assert words in done.err.splitlines()[-1]
    assert not Path("model.glassnet").exists()


def test_labels_are_numbers_where_that_is_asked(glassnet: Call, weather: pd.DataFrame) -> None:
    done = json.loads(_labels(glassnet, "--task", "regression", "--json").out)

    assert done["task"] == "regression"
    assert list(_predicted(glassnet)) == ["predicted warm", "predicted dry"]
