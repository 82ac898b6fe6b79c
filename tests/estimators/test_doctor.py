"""The parameter ``doctor`` of the estimators, and their ``diagnosis_``."""

from __future__ import annotations

import copy
import pickle  # noqa: TID251 # a fitted estimator is pickled with its diagnosis
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_wine
from sklearn.exceptions import ConvergenceWarning
from sklearn.preprocessing import StandardScaler

import glassnet as gn


def wine() -> tuple[Any, Any]:
    X, y = load_wine(return_X_y=True)
    return StandardScaler().fit_transform(X), y


def classifier(**more: Any) -> gn.MLPClassifier:
    given: dict[str, Any] = {"hidden_layer_sizes": (16,), "random_state": 0, "doctor": True}
    return gn.MLPClassifier(**(given | more))


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_fit_with_a_doctor_is_the_same_to_the_bit(solver: str) -> None:
    X, y = wine()
    fits = [classifier(solver=solver, doctor=each, max_iter=40).fit(X, y) for each in (False, True)]
    assert np.array_equal(fits[0].network_.state.theta, fits[1].network_.state.theta)
    assert fits[0].loss_curve_ == fits[1].loss_curve_


def test_a_healthy_fit_is_called_healthy() -> None:
    X, y = wine()
    clf = classifier(learning_rate_init=0.01, max_iter=1000).fit(X, y)
    assert clf.diagnosis_.healthy
    assert "step 0" in clf.diagnosis_.moments


def test_a_fit_that_cannot_go_well_is_diagnosed() -> None:
    X, y = wine()
    clf = classifier(solver="sgd", learning_rate_init=1e-8, batch_size=20).fit(X, y)
    assert "learning_rate" in clf.diagnosis_.findings[0].change


def test_a_regressor_has_a_doctor_too() -> None:
    X = np.random.default_rng(0).normal(size=(200, 3))
    reg = gn.MLPRegressor(
        hidden_layer_sizes=(8,), doctor=True, learning_rate_init=0.01, max_iter=2000, random_state=0
    )
    assert reg.fit(X, X[:, 0] - X[:, 1]).diagnosis_.healthy


def test_a_fit_that_diverges_leaves_its_diagnosis() -> None:
    X, y = wine()
    reg = gn.MLPRegressor(
        hidden_layer_sizes=(8,), doctor=True, solver="sgd", learning_rate_init=10.0, random_state=0
    )
    with pytest.raises(ValueError, match="non-finite"):
        reg.fit(X, 1e4 * y)
    assert not reg.diagnosis_.healthy


def test_stop_ends_a_hopeless_fit_and_warns_of_the_reason() -> None:
    X, y = wine()
    reg = gn.MLPRegressor(
        hidden_layer_sizes=(32,), activation="relu", doctor="stop", solver="sgd", momentum=0.0,
        learning_rate_init=0.9, clip_norm=10.0, random_state=0, max_iter=500,
    )  # fmt: skip
    with pytest.warns(ConvergenceWarning, match="The fit was ended after"):
        reg.fit(X, 100.0 * y)
    assert reg.n_iter_ < 50
    assert reg.diagnosis_.findings[0].severity == "fatal"


def test_without_a_doctor_there_is_no_diagnosis_and_the_error_says_what_to_do() -> None:
    X, y = wine()
    clf = classifier(doctor=False, solver="lbfgs").fit(X, y)
    assert not hasattr(clf, "diagnosis_")
    with pytest.raises(AttributeError, match="doctor=True"):
        _ = clf.diagnosis_


def test_a_second_fit_without_a_doctor_forgets_the_first() -> None:
    X, y = wine()
    clf = classifier(solver="lbfgs").fit(X, y)
    assert clf.diagnosis_.healthy
    assert not hasattr(clf.set_params(doctor=False).fit(X, y), "diagnosis_")


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_pickled_fit_has_its_diagnosis_and_none_of_its_rows() -> None:
    X, y = (np.repeat(part, 60, axis=0) for part in wine())
    clf = classifier(max_iter=3).fit(X, y)
    text = pickle.dumps(clf)
    assert len(text) < X.nbytes / 10
    assert str(pickle.loads(text).diagnosis_) == str(clf.diagnosis_)
    assert str(copy.deepcopy(clf).diagnosis_) == str(clf.diagnosis_)


def test_a_clone_has_the_parameter_and_no_diagnosis() -> None:
    X, y = wine()
    copied: Any = clone(classifier(solver="lbfgs").fit(X, y))
    assert copied.doctor is True
    assert not hasattr(copied, "diagnosis_")


@pytest.mark.parametrize("wrong", ["yes", 2, None, gn.Doctor()])
def test_other_values_are_refused(wrong: Any) -> None:
    with pytest.raises(ValueError, match="'doctor' parameter of MLPClassifier must be a str among"):
        classifier(doctor=wrong).fit(*wine())


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_partial_fit_and_warm_start_are_watched_call_by_call() -> None:
    X, y = wine()
    clf = classifier(learning_rate_init=0.01)
    for _ in range(3):
        clf.partial_fit(X, y, classes=[0, 1, 2])
    assert clf.diagnosis_.moments
    clf.set_params(warm_start=True, max_iter=5).fit(X, y).fit(X, y)
    assert clf.diagnosis_.moments
