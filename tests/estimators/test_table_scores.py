"""Scores of one target or several, and the task that several pose."""

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, log_loss, r2_score, root_mean_squared_error

from glassnet.data.frames import as_column
from glassnet.data.tables import Table
from glassnet.errors import InvalidValue
from glassnet.estimators.table_estimate import fit_estimate, plan_estimate
from glassnet.estimators.table_face import face_of
from glassnet.estimators.table_task import posed_task, strata

FAST = {"preset": "fast", "epochs": 3, "random_state": 0}


def table(rows=200):
    rng = np.random.default_rng(0)
    x = rng.normal(size=rows)
    other = x + rng.normal(size=rows)
    columns = {
        "x": x, "z": rng.normal(size=rows), "near": other, "far": 50 * x,
        "up": (x > 0).astype(int), "wide": (np.abs(x) > 1).astype(int),
        "word": np.where(x > 0.5, "b", "a"),
    }  # fmt: skip
    return Table([as_column(values.tolist(), name) for name, values in columns.items()])


def fitted(*targets, weight=None):
    kept = table().without(*{"near", "far", "up", "wide", "word"} - {*targets})
    found = fit_estimate(plan_estimate(kept, targets, seed=1, weight=weight), FAST)
    plan = found.plan
    face = face_of(found.model)
    rows = plan.table.take(plan.test)
    return found, face.answers(face.outputs(face.encode(rows).x)), plan.targets.take(plan.test)


@pytest.mark.parametrize("weighted", [False, True])
def test_scores_of_numbers_are_those_of_scikit_learn(weighted):
    weight = np.random.default_rng(2).integers(1, 5, 200).astype(float) if weighted else None
    found, answers, truth = fitted("near", "far", weight=weight)
    w = found.plan.weights(found.plan.test)

    got = found.weighted if weighted else found.of_rows
    for j, column in enumerate(truth.columns):
        scores, baseline = got.targets[column.name]
        pair = column.values, answers.values[:, j]
        assert scores["r2"] == pytest.approx(r2_score(*pair, sample_weight=w))
        assert scores["rmse"] == pytest.approx(root_mean_squared_error(*pair, sample_weight=w))
        known = found.plan.targets[column.name].values[found.plan.learn]
        middle = np.average(known, weights=found.plan.weights(found.plan.learn))
        constant = np.full(len(column), middle)
        assert baseline["r2"] == pytest.approx(r2_score(column.values, constant, sample_weight=w))
    assert got.scores["r2"] == pytest.approx(np.mean([s["r2"] for s, _ in got.targets.values()]))


@pytest.mark.parametrize("weighted", [False, True])
def test_scores_of_labels_are_those_of_scikit_learn(weighted):
    weight = np.random.default_rng(2).integers(1, 5, 200).astype(float) if weighted else None
    found, answers, truth = fitted("up", "wide", weight=weight)
    w = found.plan.weights(found.plan.test)
    y = np.stack([column.values for column in truth.columns], axis=1).astype(int)

    got = found.weighted if weighted else found.of_rows
    assert got.scores["exact"] == pytest.approx(accuracy_score(y, answers.values, sample_weight=w))
    each = [got.targets[name][0] for name in ("up", "wide")]
    for j, scores in enumerate(each):
        pair = y[:, j], answers.details[:, j]
        assert scores["log_loss"] == pytest.approx(log_loss(*pair, sample_weight=w, labels=[0, 1]))
        right = accuracy_score(y[:, j], answers.values[:, j], sample_weight=w)
        assert scores["accuracy"] == pytest.approx(right)
    assert got.scores["log_loss"] == pytest.approx(sum(scores["log_loss"] for scores in each))


@pytest.mark.parametrize("weighted", [False, True])
def test_scores_of_classes_are_those_of_scikit_learn(weighted):
    weight = np.random.default_rng(2).integers(1, 5, 200).astype(float) if weighted else None
    found, answers, truth = fitted("word", weight=weight)
    w = found.plan.weights(found.plan.test)
    (y,) = truth.columns

    got = found.weighted if weighted else found.of_rows
    wanted = log_loss(y.values.tolist(), answers.details, sample_weight=w, labels=["a", "b"])
    assert got.scores["log_loss"] == pytest.approx(wanted)
    commoner = y.values == "a"
    assert got.baseline["accuracy"] == pytest.approx(np.average(commoner, weights=w))


def test_the_split_gives_each_part_its_share_of_every_combination_of_labels():
    rng = np.random.default_rng(0)
    rare = np.zeros(400)
    rare[:20] = 1
    columns = [as_column(rare.tolist(), "rare"), as_column(rng.integers(0, 2, 400).tolist(), "b")]
    plan = plan_estimate(
        Table([as_column(list(range(400)), "x"), *columns]), ["rare", "b"], test_size=0.25
    )

    assert plan.targets["rare"].values[plan.test].sum() == 5
    codes = strata(columns, "multilabel")
    for code in np.unique(codes):
        held = (codes[plan.test] == code).sum()
        assert held == pytest.approx(0.25 * (codes == code).sum(), abs=1)


def test_combinations_of_labels_on_few_rows_do_not_hinder_a_split():
    labels = np.eye(6)[np.arange(24) % 6]
    columns = [as_column(labels[:, j].tolist(), f"l{j}") for j in range(6)]
    plan = plan_estimate(
        Table([as_column(list(range(24)), "x"), *columns]), [f"l{j}" for j in range(6)]
    )
    assert plan.rows == {"training": 19, "test": 5}


def test_truths_as_texts_are_labels_and_one_target_of_them_are_classes():
    wet = as_column(["true", "FALSE", "True", "false"], "wet")
    cold = as_column([0, 1, 1, 0], "cold")
    assert posed_task([wet, cold], "auto").task == "multilabel"
    assert posed_task([cold, wet], "regression").task == "regression"
    with pytest.raises(InvalidValue, match="a target must not be missing; 'wet'"):
        posed_task([cold, as_column(["true", None, "true", "false"], "wet")], "auto")
