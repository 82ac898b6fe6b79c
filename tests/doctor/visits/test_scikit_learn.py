"""scikit-learn's own estimators are judged as the equal glassnet network is."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier, MLPRegressor

import glassnet as gn
from glassnet.doctor.visits.scikit_learn import visited
from glassnet.engine.reference import forward

RNG = np.random.default_rng(7)
X = RNG.normal(size=(150, 4))
CODES = np.digitize(X[:, 0] + X[:, 1], [-0.7, 0.7])
NAMES = np.array(["low", "middle", "high"])[CODES]


def _fitted(est: Any, y: Any, x: Any = X) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return est.fit(x, y)


@pytest.mark.parametrize("activation", ["identity", "logistic", "tanh", "relu"])
@pytest.mark.parametrize(
    ("kind", "y"),
    [
        (MLPClassifier, NAMES),
        (MLPClassifier, CODES > 0),
        (MLPClassifier, np.eye(3, dtype=int)[CODES] | (X[:, :3] > 1)),
        (MLPRegressor, X[:, 0]),
        (MLPRegressor, X[:, :2]),
    ],
    ids=["classes", "binary", "labels", "regression", "two outputs"],
)
def test_the_fitted_network_predicts_what_scikit_learn_does(
    kind: Any, y: Any, activation: str
) -> None:
    est = _fitted(kind(hidden_layer_sizes=(6, 5), activation=activation, max_iter=8), y)
    net = visited(est, X, y)[1]["net"]

    a = forward(net.specification, net.state.theta, {}, X).a[3]

    expected = est.predict_proba(X) if kind is MLPClassifier else est.predict(X)
    expected = expected.reshape(len(X), -1)[:, -a.shape[1] :]
    np.testing.assert_allclose(a, expected, rtol=1e-9, atol=1e-12)


def test_the_first_weights_are_those_that_scikit_learn_draws() -> None:
    est = MLPClassifier(hidden_layer_sizes=(6, 5), random_state=11, max_iter=1, solver="sgd")
    est.set_params(learning_rate_init=1e-300, momentum=0)

    first, now = visited(_fitted(est, NAMES), X, NAMES)

    np.testing.assert_allclose(first["net"].state.theta, now["net"].state.theta, rtol=1e-12)


def test_parameters_become_the_plan_and_the_loss_curve_the_history() -> None:
    est = MLPRegressor(
        hidden_layer_sizes=(3,), solver="sgd", learning_rate_init=0.02, momentum=0.7,
        nesterovs_momentum=False, max_iter=9, batch_size=50, alpha=0.3,
    )  # fmt: skip

    first, now = visited(_fitted(est, X[:, 0]), X, X[:, 0])

    assert first["optimizer"] == gn.Momentum(0.02, 0.7)
    assert (first["epochs"], first["batch_size"]) == (9, 50)
    assert first["net"].specification.penalties == (gn.L2(0.3, per_weight_sum=True),)
    assert now["history"].column("J").tolist() == est.loss_curve_
    assert now["net"].state.t == 9 * 3


@pytest.mark.parametrize("fitted", [False, True])
@pytest.mark.parametrize(
    ("code", "options", "scale"),
    [
        ("healthy", {}, 1.0),
        ("INPUT_SCALE", {"activation": "tanh"}, 500.0),
        ("OVER_REG", {"alpha": 1e5}, 1.0),
        ("LR_HIGH", {"solver": "sgd", "learning_rate_init": 50.0, "momentum": 0.0}, 1.0),
    ],
)
def test_the_cause_is_found_before_and_after_fitting(
    code: str, options: Any, scale: float, fitted: bool
) -> None:
    est = MLPClassifier(hidden_layer_sizes=(16,), random_state=0, max_iter=300, **options)
    if fitted:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            est.fit(scale * X, NAMES)

    found = gn.diagnose(est, scale * X, NAMES)

    assert ([finding.code for finding in found.findings] or ["healthy"])[0] == code


def test_the_diagnosis_is_that_of_the_equal_network() -> None:
    est = MLPClassifier(hidden_layer_sizes=(16,), activation="tanh", random_state=0)
    net = visited(est, 500 * X, NAMES)[0]["net"]

    alone = gn.diagnose(net, 500 * X, CODES_OF_NAMES, optimizer="adam", epochs=200, batch_size=150)
    seen = gn.diagnose(est, 500 * X, NAMES)

    assert [(f.code, f.layer, f.saw) for f in seen.findings] == [
        (f.code, f.layer, f.saw) for f in alone.findings
    ]


CODES_OF_NAMES = np.searchsorted(["high", "low", "middle"], NAMES)


def test_labels_that_it_does_not_know_are_found() -> None:
    est = _fitted(MLPClassifier(hidden_layer_sizes=(4,), max_iter=3), NAMES)

    found = gn.diagnose(est, X, np.where(CODES == 0, "other", NAMES))

    assert found.findings[0].code == "LABEL_CODE"


def test_an_unfitted_estimator_without_targets_is_refused() -> None:
    with pytest.raises(gn.errors.InvalidValue, match="not fitted"):
        gn.diagnose(MLPClassifier(), X)


def test_a_subclass_is_visited_too_and_ours_is_not() -> None:
    class Mine(MLPRegressor):
        pass

    assert gn.diagnose(Mine(hidden_layer_sizes=(4,)), X, X[:, 0]).moments[1] == "step 0"
    with pytest.raises(gn.errors.InvalidValue, match="Fit it first"):
        gn.diagnose(gn.MLPRegressor(), X, X[:, 0])
