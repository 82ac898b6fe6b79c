"""The doctor on tables: columns that give the target away are found, honest ones are not."""

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn import datasets

import glassnet as gn
from glassnet.data.frames import as_table
from glassnet.doctor.signals.columns import column_signs, leaks

ROWS = 240
FAST = {"hidden_layer_sizes": (16,), "epochs": 20, "learning_rate": 0.01, "random_state": 0}


def honest(seed=0, rows=ROWS):
    """A frame whose columns tell something together, a class and a number."""
    rng = np.random.default_rng(seed)
    X = pd.DataFrame({"a": rng.normal(size=rows), "b": rng.normal(size=rows)})
    X["c"] = rng.choice(["x", "y", "z"], rows)
    number = X["a"] + np.sin(2 * X["b"]) + (X["c"] == "x") + 0.2 * rng.normal(size=rows)
    return X, number.to_numpy(), (number > 0.5).to_numpy().astype(int)


def planted(kind, y, rng):
    """Columns that were made from a class."""
    one_wrong = np.where(np.arange(len(y)) == 7, 1 - y, y)
    return {
        "code": np.where(y == 1, "paid", "open"),
        "number": 100.0 + y,
        "noisy number": y + 0.05 * rng.normal(size=len(y)),
        "ranges": np.where(y == 1, rng.uniform(10, 20, len(y)), rng.uniform(30, 40, len(y))),
        "all but one": one_wrong.astype(float),
        "gaps": np.where(y == 1, rng.normal(size=len(y)), np.nan),
    }[kind]


@pytest.mark.parametrize(
    "kind", ["code", "number", "noisy number", "ranges", "all but one", "gaps"]
)
def test_a_column_made_from_the_class_is_found(kind):
    X, _, y = honest()
    leaky = X.assign(given=planted(kind, y, np.random.default_rng(1)))
    (found,) = leaks(as_table(leaky), y)
    assert found.column == "given"
    assert found.by_gaps == (kind == "gaps")
    assert found.skill > 0.97 > found.next_best


@pytest.mark.parametrize(
    "made",
    [
        lambda y, rng: 2.5 * y - 3,
        lambda y, rng: np.exp(y),
        lambda y, rng: y + 0.01 * y.std() * rng.normal(size=len(y)),
        lambda y, rng: np.where(y > np.quantile(y, 0.7), np.nan, y),
    ],
    ids=["straight", "curved", "a hundredth of noise", "known below a limit"],
)
def test_a_column_made_from_the_number_is_found(made):
    X, number, _ = honest(rows=2000)
    leaky = X.assign(given=made(number, np.random.default_rng(1)))
    found = leaks(as_table(leaky), number)
    straight = not np.isnan(leaky["given"]).any()
    assert [leak.column for leak in found] == (["given"] if straight else [])


def test_among_several_classes_too():
    X, number, _ = honest(rows=600)
    kinds = np.digitize(number, [0.0, 0.5, 1.0])
    leaky = X.assign(given=number + 0.0)
    assert [leak.column for leak in leaks(as_table(leaky), kinds)] == ["given"]
    assert leaks(as_table(X), kinds) == ()


@pytest.mark.parametrize("seed", range(5))
def test_honest_columns_are_left_in_peace(seed):
    X, number, y = honest(seed)
    for target in (number, y):
        signs = column_signs(as_table(X), {"": target})
        assert (signs.leaks, signs.identifiers, signs.empty) == ((), (), ())


@pytest.mark.parametrize(
    "name", ["iris", "wine", "breast_cancer", "digits", "diabetes", "linnerud"]
)
def test_nothing_is_said_of_the_sets_that_come_with_scikit_learn(name):
    bunch = getattr(datasets, f"load_{name}")(as_frame=True)
    target = bunch.target.to_numpy()
    columns = {"": target.astype(float if name in ("diabetes", "linnerud") else int)}
    if target.ndim == 2:
        columns = {str(k): one.astype(float) for k, one in enumerate(target.T)}
    signs = column_signs(as_table(bunch.data), columns)
    assert (signs.leaks, signs.identifiers, signs.empty) == ((), (), ())


def test_few_rows_few_of_a_class_and_easy_tables_are_no_proof():
    X, _, y = honest()
    leaky = X.assign(given=y)
    assert leaks(as_table(leaky[:50]), y[:50]) == ()
    rare = np.zeros(ROWS, dtype=int)
    rare[:6] = 1
    assert leaks(as_table(X.assign(given=rare)), rare) == ()
    easy = pd.DataFrame({"p": y + 0.0, "q": 1.0 - y, "r": 3.0 * y})
    assert leaks(as_table(easy), y) == ()
    assert leaks(as_table(leaky[["given"]]), y) == ()


def fitted(Est, X, y, **more):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # that a column numbers the rows
        return Est("fast", **FAST | more).fit(X, y)


def test_the_diagnosis_of_an_estimator_names_the_column_and_what_to_do():
    X, number, y = honest()
    for Est, target in ((gn.TableClassifier, y), (gn.TableRegressor, number)):
        leaky = X.assign(refund=100 + 3.0 * target)
        first = gn.diagnose(fitted(Est, leaky, target), leaky, target).findings[0]
        assert first.code == "COLUMN_LEAK"
        assert "'refund' alone tells" in first.saw
        assert "drop=['refund']" in first.change
        assert first.severity == "harmful"


def test_without_the_column_nothing_is_left_to_say_of_it():
    X, _, y = honest()
    leaky = X.assign(refund=100 + 3.0 * y)
    clf = fitted(gn.TableClassifier, leaky, y, drop=["refund"])
    codes = [finding.code for finding in gn.diagnose(clf, leaky, y).findings]
    assert not set(codes) & {"COLUMN_LEAK", "SPLIT_LEAK"}


def test_names_of_rows_and_empty_columns_are_advice():
    X, number, _ = honest()
    odd = X.assign(id=np.arange(ROWS), rare=np.where(np.arange(ROWS) < 4, 1.0, np.nan))
    seen = gn.diagnose(fitted(gn.TableRegressor, odd, number), odd, number)
    by_code = {finding.code: finding for finding in seen.findings}
    assert "'id' numbers the rows" in by_code["COLUMN_ID"].saw
    assert "'rare' is missing in 98.3 % of 240 rows" in by_code["COLUMN_GAPS"].saw
    assert by_code["COLUMN_ID"].severity == by_code["COLUMN_GAPS"].severity == "advice"
    assert {"COLUMN_LEAK", "COLUMN_ID", "COLUMN_GAPS"} <= set(seen.checked)


def test_a_straight_line_of_the_target_is_told_by_its_name_once():
    X, number, _ = honest()
    leaky = X.assign(twice=2 * number)
    seen = gn.diagnose(fitted(gn.TableRegressor, leaky, number, bins=0), leaky, number)
    assert [f.code for f in seen.findings].count("COLUMN_LEAK") == 1
    assert "SPLIT_LEAK" not in [finding.code for finding in seen.findings]


def test_a_network_by_itself_is_asked_nothing_about_columns():
    X, number, _ = honest()
    rows = X[["a", "b"]].to_numpy()
    net = gn.Network(2, [gn.Dense(1, "identity")])
    assert not any(code.startswith("COLUMN") for code in gn.diagnose(net, rows, number).checked)


def test_epochs_after_the_one_that_was_kept_are_no_fault():
    X, _, y = honest()
    noisy = np.where(np.random.default_rng(3).random(ROWS) < 0.3, 1 - y, y)
    clf = gn.TableClassifier("fast", epochs=120, patience=100, random_state=0).fit(X, noisy)
    history = clf.history_.column("val_loss")
    assert history[-1] > 1.2 * history.min()  # it would be called overfitting
    assert "OVERFIT" not in [f.code for f in gn.diagnose(clf, X, noisy).findings]


def test_quantiles_of_one_target_are_no_labels_in_the_wrong_code():
    X, number, _ = honest()
    reg = fitted(gn.TableRegressor, X, number, loss="quantile")
    assert "LABEL_CODE" not in [f.code for f in gn.diagnose(reg, X, number).findings]


def test_rows_held_apart_may_be_a_frame():
    X, number, _ = honest()
    reg = fitted(gn.TableRegressor, X, number)
    both = gn.diagnose(reg, X, number, validation=(X[:200], number[:200]))
    assert "SPLIT_LEAK" in [finding.code for finding in both.findings]


def test_combinations_of_few_values_that_repeat_by_chance_are_no_leak():
    rng = np.random.default_rng(5)
    X = pd.DataFrame({"a": rng.integers(0, 2, ROWS), "b": rng.choice(["x", "y", "z"], ROWS)})
    number = X["a"].to_numpy() + rng.normal(size=ROWS)
    reg = fitted(gn.TableRegressor, X, number)
    seen = gn.diagnose(reg, X[:200], number[:200], validation=(X[200:], number[200:]))
    assert "SPLIT_LEAK" not in [finding.code for finding in seen.findings]
    copied = X.assign(c=rng.normal(size=ROWS))
    reg = fitted(gn.TableRegressor, copied, number)
    twice = gn.diagnose(reg, copied, number, validation=(copied[200:], number[200:]))
    assert "SPLIT_LEAK" in [finding.code for finding in twice.findings]
