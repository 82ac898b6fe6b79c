"""The page of a table estimator tells the truth about its columns, answers and rows."""

import re
import warnings
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

import glassnet as gn
from glassnet import report
from glassnet.data.frames import as_column, as_table
from glassnet.errors import InvalidValue
from glassnet.report.held_out import HeldOut
from glassnet.report.look import plain
from glassnet.report.page import page
from glassnet.report.table_rows import row_losses

FAST = {"hidden_layer_sizes": (12,), "epochs": 15, "learning_rate": 0.01, "random_state": 0}


def frame(rows=160, seed=0):
    rng = np.random.default_rng(seed)
    X = pd.DataFrame({"size": rng.normal(50.0, 20.0, rows), "floors": rng.integers(0, 4, rows)})
    X["colour"] = rng.choice(["red", "green", "blue"], rows)
    y = X["size"] / 20 + 2.0 * (X["colour"] == "red")
    X.loc[rng.random(rows) < 0.2, "size"] = np.nan
    X["flat"], X["extra"] = 1, rng.normal(size=rows)
    return X.set_axis([f"r{k}" for k in range(rows)]), y.to_numpy()


@pytest.fixture(scope="module")
def fits():
    X, y = frame()
    fresh, truth = frame(80, seed=1)
    kinds = np.array(["low", "middle", "high"])
    options = FAST | {"drop": ["extra"]}
    made = {
        "regression": (gn.TableRegressor("fast", members=2, **options), y, truth),
        "binary": (
            gn.TableClassifier("fast", calibrate="temperature", **options),
            y > 3,
            truth > 3,
        ),
        "multiclass": (
            gn.TableClassifier("fast", **options),
            kinds[np.digitize(y, [2.5, 3.5])],
            kinds[np.digitize(truth, [2.5, 3.5])],
        ),
        "quantiles": (gn.TableRegressor("fast", loss="quantile", **options), y, truth),
    }
    found = {}
    for task, (est, own, others) in made.items():
        est.fit(X, pd.Series(own, index=X.index, name="rent"))
        found[task] = (est, fresh, others, report.report_of_estimator(est, fresh, others))
    return found


def table(made, title):
    (found,) = [t for t in (*made.scores, *made.wide, *made.details) if t.title.startswith(title)]
    return {row[0]: row[1:] for row in found.rows}


@pytest.mark.parametrize("task", ["regression", "binary", "multiclass", "quantiles"])
def test_scores_are_those_of_the_predictions(fits, task):
    est, X, y, made = fits[task]
    scores = table(made, "Scores")
    if hasattr(est, "classes_"):
        assert scores["accuracy"][0] == f"{100 * est.score(X, y):.1f}%"
        p = est.predict_proba(X)[np.arange(len(y)), np.searchsorted(est.classes_, y)]
        assert scores["log-loss"][0] == f"{-np.log(p).mean():.3f}"
        assert f"Right in {scores['accuracy'][0]} of 80 held-out rows" in made.verdict
    else:
        rmse = np.sqrt(np.mean((est.predict(X) - y) ** 2))
        assert scores["RMSE"][0] == plain(rmse)
        assert scores["R²"][0] == f"{est.score(X, y):.3f}".replace("-", "−")


def test_columns_stand_as_they_were_understood(fits):
    est, X, _, made = fits["regression"]
    columns = table(made, "Columns")
    assert set(columns) == set(X.columns)
    assert columns["size"][0] == "number"
    assert columns["size"][1] == f"{100 * X['size'].isna().mean():.0f}%"
    low, middle, high = X["size"].quantile([0.25, 0.5, 0.75])
    assert columns["size"][2] == f"{plain(middle)} ({plain(low)} to {plain(high)})"
    assert columns["colour"][:2] == ("category", "–")
    rules = {rule.name: rule for rule in est.encoder_.rules}
    assert columns["colour"][3] == str(len(rules["colour"].outputs))
    assert columns["flat"][0] == "left out: it tells nothing"
    assert columns["extra"][0] == "left out by drop"
    assert set(list(columns)[:2]) == {"size", "colour"}  # by what they are worth
    assert any("'size' has" in note for note in made.notes)


def test_the_worst_rows_are_the_worst_and_called_by_their_names(fits):
    est, X, y, made = fits["regression"]
    error = np.abs(est.predict(X) - y)
    order = np.argsort(-error, kind="stable")[:8]
    rows = table(made, "The 8 rows")
    assert list(rows) == X.index[order].tolist()
    first = rows[X.index[order[0]]]
    assert first[0] == plain(y[order[0]])
    assert first[1] == plain(est.predict(X)[order[0]])
    assert first[2] == plain(error[order[0]], 3)
    name, value = re.findall(r"(\w+) ([+−][\d.,]+)", first[4])[0]
    parts = dict(gn.attributions(est, X.iloc[[order[0]]], tolerance=1e-2).largest(0, 3))
    assert float(value.replace("−", "-").replace(",", "")) == pytest.approx(parts[name], rel=0.01)


def test_the_worst_rows_of_classes_are_those_of_least_probability(fits):
    est, X, y, made = fits["multiclass"]
    p = est.predict_proba(X)[np.arange(len(y)), np.searchsorted(est.classes_, y)]
    rows = table(made, "The 8 rows")
    assert list(rows) == X.index[np.argsort(p, kind="stable")[:8]].tolist()
    worst = int(np.argmin(p))
    said = f"{est.predict(X)[worst]} ({est.predict_proba(X)[worst].max():.0%})"
    assert rows[X.index[worst]][:2] == (y[worst], said)


def test_parameters_say_whose_they_are(fits):
    est, _, _, made = fits["binary"]
    parameters = table(made, "Parameters")
    assert parameters["hidden_layer_sizes"] == ("12", "given")
    usual = gn.preset_parameters("fast", "classification")
    assert parameters["dropout"] == (f"{usual['dropout']:g}", "fast")
    assert parameters["batch_size"] == (str(est.parameters_["batch_size"]), "by the table")
    assert parameters["random_state"] == ("0", "given")
    if est.temperature_ != 1:
        assert parameters["temperature"][0] == f"{est.temperature_:.4g}"


def test_members_stand_with_the_epoch_that_was_kept(fits):
    est, _, _, made = fits["regression"]
    members = table(made, "Members")
    assert list(members) == ["1", "2"]
    for k, history in enumerate(est.histories_, start=1):
        best = int(np.argmin(history.column("val_loss")))
        assert members[str(k)][1] == str(best + 1)
        assert members[str(k)][3] == f"{history[best]['val_loss']:.4g}"


def test_quantiles_are_held_against_how_many_rows_lie_below(fits):
    est, X, y, made = fits["quantiles"]
    below = (y[:, None] <= est.predict_quantiles(X)).mean(axis=0)
    shown = table(made, "Quantiles")
    assert [float(row[1].rstrip("%").lstrip("<>")) for row in shown.values()] == pytest.approx(
        100 * below, abs=0.6
    )
    assert list(shown) == ["0.1", "0.5", "0.9"]


def test_residuals_stand_by_quantile(fits):
    est, X, y, made = fits["regression"]
    residual = est.predict(X) - y
    shown = table(made, "Residuals")
    assert shown["50%"] == (plain(np.median(residual), 3), plain(np.median(np.abs(residual)), 3))


def test_each_task_has_its_figures(fits):
    titles = {task: [p.title for p in made.pictures] for task, (*_, made) in fits.items()}
    assert titles["regression"][:2] == ["What each column is worth", "Predictions and residuals"]
    assert titles["binary"][:3] == ["What each column is worth", "Confusion", "Calibration"]
    for task in titles:
        assert titles[task][-1] == "Learning curves"
        assert {"The answer by size", "The answer by colour"} <= set(titles[task])


def test_tables_and_columns_are_frames_too(fits):
    est, X, y, made = fits["regression"]
    rows = as_table(X.reset_index(drop=True))
    other = report.report_of_estimator(
        est, rows, as_column(y, "rent"), row_names=X.index, source="rent.csv", command="fit"
    )
    assert other.scores == made.scores
    assert other.wide == made.wide
    assert other.title == "rent from rent.csv"
    with pytest.raises(InvalidValue, match="row_names must be one for each of the 80 rows"):
        report.report_of_estimator(est, X, y, row_names=["a"])


class _Texts(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.text = [], ""

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.tags += [name for name, _ in attrs if name.startswith("on")]

    def handle_data(self, data):
        self.text += data


def test_names_that_would_break_out_of_the_page_do_not(hostile_names, tmp_path):
    X, y = frame(100)
    odd = X[["size", "colour"]].set_axis([hostile_names[0], hostile_names[3]], axis=1)
    odd = odd.set_axis([f"{hostile_names[1]}{k}" for k in range(100)])
    odd[hostile_names[3]] = odd[hostile_names[3]].replace("red", hostile_names[2])
    labels = np.where(y > 3, hostile_names[4], hostile_names[0])
    clf = gn.TableClassifier("fast", **FAST).fit(odd, labels)
    gn.table_report(clf, odd, labels, tmp_path / "p.html", target=hostile_names[1])
    parser = _Texts()
    parser.feed((tmp_path / "p.html").read_text(encoding="utf-8"))
    assert not {"script", "img", "onerror"} & set(parser.tags)
    assert "<script>" in parser.text


def test_the_page_says_which_rows_it_holds(fits):
    est, X, y, made = fits["binary"]
    assert "the targets of the 8 rows that are listed" in page(made)
    none = report.report_of_estimator(est, X, y, worst_rows=0)
    assert "holds no rows of your data" in page(none)
    assert not any(t.title.startswith("The 8 rows") for t in none.wide)


def test_a_diagnosis_stands_on_the_page(fits):
    *_, made = fits["binary"]
    assert "COLUMN_LEAK" not in [card.code for card in made.cards]
    X, number = frame()
    y = number > 3
    leaky = X.assign(refund=100.0 + y)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # the fit warns too
        clf = gn.TableClassifier("fast", **FAST).fit(leaky, y)
    cards = report.report_of_estimator(clf, leaky, y).cards
    assert cards[0].code == "COLUMN_LEAK"
    assert "'refund'" in cards[0].saw


def test_losses_of_rows_are_those_of_their_task():
    labels = HeldOut("multilabel", np.array([[0.5, 0.25]]), np.array([[1.0, 0.0]]), ("a", "b"))
    assert row_losses(labels) == pytest.approx([-np.log(0.5) - np.log(0.75)])


def test_what_is_no_fitted_table_estimator_is_refused():
    X, y = frame(20)
    with pytest.raises(InvalidValue, match="est must be a fitted table estimator; got Network"):
        report.report_of_estimator(gn.Network(1, [gn.Dense(1, "identity")]), X, y)
    with pytest.raises(InvalidValue, match="Call fit first"):
        gn.table_report(gn.TableRegressor(), X, y)


def test_numbers_are_written_without_powers_of_ten():
    shown = [plain(v) for v in (0.0, 1234.5, 123456.0, -5e6, 2.5e-7, np.nan, np.inf)]
    assert shown == ["0", "1,234", "123,500", "−5,000,000", "2.5e−07", "nan", "inf"]
