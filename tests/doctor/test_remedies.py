"""Remedies: what each key does to a network, its rows and its training, and to estimators."""

from __future__ import annotations

import contextlib
import warnings
from typing import Any

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier as SklearnMLPClassifier

import glassnet as gn
from glassnet.doctor.canon import canonical
from glassnet.doctor.case import Case
from glassnet.doctor.parameters import with_remedy
from glassnet.doctor.plan import plan_of
from glassnet.doctor.regimen import Regimen, regimen_of
from glassnet.doctor.remedies import Remedy
from glassnet.doctor.treatment import treated
from glassnet.errors import Diverged, GlassnetError, InvalidValue, UnknownName
from tests.doctor.test_causes import PLANTED

RNG = np.random.default_rng(3)
X = RNG.normal(size=(60, 3)) * [1, 50, 1] + [0, 400, 0]
Y = 3 * X[:, 0] + 7
HIDDEN = [gn.Dense(8, "logistic", dropout=0.5), gn.Dense(8, "logistic")]


def _regimen(output: str = "identity", y: Any = Y, x: Any = X, **options: Any) -> Regimen:
    units = options.pop("units", 1)
    net = gn.Network(3, [*HIDDEN, gn.Dense(units, output)], seed=5, strict=False, **options)
    return regimen_of(Case(net, x, y, plan=plan_of(None, gn.SGD(0.5), 10, 8)))


def _after(changes: dict[str, Any], *given: Any, **options: Any) -> Regimen:
    return treated(_regimen(*given, **options), Remedy(changes))


@pytest.mark.parametrize("name", PLANTED)
def test_every_remedy_of_a_planted_cause_is_in_the_vocabulary_and_can_be_applied(name: str) -> None:
    net, *rows = PLANTED[name][1]()
    seen = gn.diagnose(net, *rows)

    for finding in [*seen.findings, *seen.consequences]:
        if not finding.remedy:
            continue
        remedy = Remedy(finding.remedy, finding.code)
        if remedy.by_hand:
            with pytest.raises(InvalidValue, match="left to people"):
                seen.apply(remedy)
            continue
        made, told = seen.apply(remedy), seen.training(remedy)
        told["epochs"] = 1
        alone = len(seen.findings) + len(seen.consequences) == 1
        # Where there is another cause, that one may still stand in the way of a training.
        with contextlib.suppress(Diverged if alone else GlassnetError):
            gn.train(made, **told)
        assert made.state.seed == net.state.seed


def test_a_key_or_a_value_beyond_the_vocabulary_is_refused() -> None:
    for changes, text in (
        ({"depth": 3}, "remedy"),
        ({"layers[1].colour": 1}, "remedy"),
        ({"X": "polish"}, "must be one of"),
        ({"head": "relu"}, "must be one of"),
        ({}, "must change something"),
    ):
        with pytest.raises((InvalidValue, UnknownName), match=text):
            Remedy(changes)


@pytest.mark.parametrize(
    ("changes", "edits"),
    [
        ({"layers[1].activation": "relu", "layers[2].activation": "relu"}, 1),
        ({"optimizer": "adam", "learning_rate": 0.01}, 1),
        ({"layers[3].activation": "softmax", "layers[3].units": 4, "loss": "cross_entropy",
          "y": "number the classes"}, 1),
        ({"X": "standardise", "y": "standardise"}, 2),
        ({"head": "identity", "epochs": 100}, 2),
        ({"layers[1].units": 9, "layers[1].activation": "relu"}, 2),
    ],
)  # fmt: skip
def test_edits_are_fields_not_keys(changes: dict[str, Any], edits: int) -> None:
    assert Remedy(changes).edits(3) == edits


def test_the_network_fields_are_changed_where_they_are_named() -> None:
    changed = _after({
        "layers[1].activation": "relu", "layers[2].units": 5, "layers[1].dropout": 0.0,
        "layers[2].init": 0.25, "layers[2].batch_norm": True, "penalties": [],
    }, penalties=[gn.L2(1.0)]).spec  # fmt: skip

    assert (changed.phi[1].name, changed.phi[2].name) == ("relu", "logistic")
    assert changed.units == (3, 8, 5, 1)
    assert changed.layer(1).dropout == 0
    assert changed.layer(1).init.name.startswith("he")
    assert changed.layer(2).batch_norm is not None
    assert changed.penalties == ()
    assert np.all(_after({"layers[2].init": 0.25}).network().W[2] == 0.25)


def test_the_training_arguments_are_changed_and_the_others_stay() -> None:
    told = _after({"learning_rate": 0.05, "epochs": 7, "clip_norm": 1.0}).arguments()

    assert told["optimizer"] == gn.SGD(0.05)
    assert (told["epochs"], told["batch_size"], told["clip_norm"]) == (7, 8, 1.0)
    assert _after({"optimizer": "adam"}).optimizer == gn.Adam()
    assert _after({"batch_size": 2}).arguments()["batch_size"] == 2


def test_a_rate_that_is_not_known_is_found_by_a_range_test() -> None:
    found = _after({"learning_rate": None, "X": "standardise", "y": "standardise"})

    assert Remedy({"learning_rate": None}).changes == {"learning_rate": "range test"}
    assert 0 < found.optimizer.learning_rate < 50


def test_standardised_columns_travel_with_the_network() -> None:
    changed = _after({"X": "standardise"})
    stage = changed.spec.input_stage

    assert stage is not None
    rows = stage.forward(X)
    assert np.allclose(rows.mean(axis=0), 0)
    assert np.allclose(rows.std(axis=0), 1)
    assert changed.x is not None
    assert np.array_equal(changed.x, X)


def test_a_standardised_target_is_read_back_in_its_own_units() -> None:
    changed = _after({"y": "standardise"})
    written = changed.targets()

    assert np.allclose([written.mean(), written.std()], [0, 1])
    assert np.allclose(changed.answers(written)[:, 0], Y)


def test_a_target_scaled_into_the_range_lies_inside_it() -> None:
    changed = _after({"y": "scale into the range"}, "tanh")
    written = changed.targets()

    assert -1 < written.min() < -0.8
    assert 0.8 < written.max() < 1
    assert np.allclose(changed.answers(written)[:, 0], Y)
    with pytest.raises(InvalidValue, match="reaches every number"):
        _after({"y": "scale into the range"})


def test_a_right_head_has_units_loss_and_code_of_its_own() -> None:
    kinds = RNG.integers(3, 6, 60).astype(float)
    changed = _after({"head": "softmax"}, "softmax", kinds, units=2, loss="squared_error")

    assert changed.spec.units[-1] == 3
    assert changed.spec.loss.name == "cross_entropy"
    assert set(changed.targets().tolist()) == {0, 1, 2}
    with pytest.raises(InvalidValue, match="does not fit y"):
        _after({"head": "softmax"})
    as_numbers = _after({"head": "identity"}, "softmax", kinds, units=2, loss="squared_error")
    assert as_numbers.spec.units[-1] == 1
    assert as_numbers.answers(np.array([[3.2], [4.9]])).tolist() == [0, 2]


def test_rows_that_are_not_finite_are_dropped_with_their_targets() -> None:
    broken = X.copy()
    broken[[3, 7], 0] = np.nan
    changed = _after({"X": "drop rows that are not finite"}, x=broken)

    assert changed.rows == 58
    assert np.array_equal(changed.targets(), np.delete(Y, [3, 7]))


def test_a_dropped_column_leaves_the_network_and_the_rows() -> None:
    changed = _after({"X": "drop column 1"})

    assert changed.network().units[0] == 2
    assert np.array_equal(changed.x, X[:, [0, 2]])


def test_balanced_classes_weigh_the_same() -> None:
    y = (np.arange(60) < 6).astype(float)
    w = _after({"class_weight": "balanced"}, "logistic", y, loss="binary_cross_entropy").weights()

    assert w is not None
    assert np.isclose(w[y == 1].sum(), w[y == 0].sum())
    with pytest.raises(InvalidValue, match="one class per row"):
        _after({"class_weight": "balanced"})


def test_remedies_add_up_and_a_later_one_stands() -> None:
    both = Remedy({"X": "standardise"}, "INPUT_SCALE") + Remedy({"epochs": 3})

    assert both.changes == {"X": "standardise", "epochs": 3}
    assert both.code == "INPUT_SCALE"
    assert (both + Remedy({"epochs": 9})).changes["epochs"] == 9


def test_the_table_offers_nothing_that_is_there_already() -> None:
    x = (X - X.mean(axis=0)) / X.std(axis=0)
    y = (Y - Y.mean()) / Y.std()
    net = gn.Network(3, [gn.Dense(256, "relu"), gn.Dense(1, "identity")])
    words = [
        r.words for r in canonical(regimen_of(Case(net, x, y, plan=plan_of(None, "adam", 9, 8))))
    ]

    assert words == ["adam, learning rate 0.01", "tanh in layer 1"]


def test_what_is_applied_is_new_and_what_was_brought_stays() -> None:
    net = gn.Network(3, [gn.Dense(4, "tanh"), gn.Dense(1, "logistic")], seed=2)
    before = net.state.theta.tobytes()
    seen = gn.diagnose(net, X, Y)
    made = seen.apply(1)

    assert made.specification.phi[2].name == "identity"
    assert net.specification.phi[2].name == "logistic"
    assert net.state.theta.tobytes() == before
    assert seen.apply(1, {"X": "standardise"}).specification.input_stage is not None
    with pytest.raises(InvalidValue, match="number of its finding"):
        seen.apply(99)
    with pytest.raises(InvalidValue, match="number of its finding"):
        seen.apply("first")


def _brought() -> Any:
    y = np.array(["no", "yes"])[(X[:, 0] > 0).astype(int)]
    clf = gn.MLPClassifier((4, 4), solver="lbfgs", max_iter=20, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return clf.fit(X, y), y


@pytest.mark.parametrize(
    ("changes", "parameters"),
    [
        ({"optimizer": "adam", "learning_rate": 0.02},
         {"solver": "adam", "learning_rate_init": 0.02}),
        ({"epochs": 33, "batch_size": 4}, {"max_iter": 33, "batch_size": 4}),
        ({"layers[1].activation": "tanh"}, {"activation": ["tanh", "relu"]}),
        ({"layers[1].units": 7, "layers[2].units": 9}, {"hidden_layer_sizes": (7, 9)}),
        ({"layers[1].dropout": 0.1, "layers[2].dropout": 0.1}, {"dropout": 0.1}),
        ({"penalties": []}, {"alpha": 0.0, "l1": 0.0}),
        ({"class_weight": "balanced", "early_stopping": True, "clip_norm": 1.0},
         {"class_weight": "balanced", "early_stopping": True, "clip_norm": 1.0}),
        ({"head": "logistic"}, {"loss": "log_loss"}),
        ({"layers[1].init": "auto"}, {"init": "auto", "bias_init": "auto"}),
    ],
)  # fmt: skip
def test_an_estimator_gets_the_remedy_as_its_parameters(
    changes: dict[str, Any], parameters: dict[str, Any]
) -> None:
    clf, y = _brought()
    made = gn.diagnose(clf, X, y).apply(changes)

    assert made is not clf
    assert not hasattr(made, "network_")
    told = made.get_params()
    assert {name: told[name] for name in parameters} == parameters
    assert type(made)(**{**told, **clf.get_params()}).get_params() == clf.get_params()


def test_an_estimator_is_put_behind_a_scaler_of_its_inputs_or_its_targets() -> None:
    clf, y = _brought()
    made = gn.diagnose(clf, X, y).apply({"X": "standardise", "epochs": 200})
    reg = gn.MLPRegressor(hidden_layer_sizes=(4,), solver="lbfgs", random_state=0)
    both = gn.diagnose(reg.fit(X, Y), X, Y).apply({"X": "standardise", "y": "standardise"})

    assert made.fit(X, y).score(X, y) > 0.9
    assert both.fit(X, Y).score(X, Y) > 0.99


def test_what_no_parameter_does_is_said() -> None:
    clf, y = _brought()
    seen = gn.diagnose(clf, X, y)
    with pytest.raises(InvalidValue, match="output layer follows"):
        seen.apply({"layers[3].units": 2})
    with pytest.raises(InvalidValue, match="Do it beforehand"):
        seen.apply({"X": "drop column 1"})
    theirs = SklearnMLPClassifier((4,), max_iter=5)
    base = regimen_of(seen.case)
    with pytest.raises(InvalidValue, match="has no parameter 'clip_norm'"):
        with_remedy(theirs, Remedy({"clip_norm": 1.0}), base)


def test_scikit_learns_own_estimator_comes_back_as_one() -> None:
    y = (X[:, 0] > 0).astype(int)
    seen = gn.diagnose(SklearnMLPClassifier((4,), max_iter=5, random_state=0), X, y)
    made = seen.apply({"learning_rate": 0.01, "layers[1].activation": "tanh"})

    assert isinstance(made, SklearnMLPClassifier)
    assert (made.learning_rate_init, made.activation) == (0.01, "tanh")


def test_a_watched_estimator_is_given_back_as_an_estimator() -> None:
    y = (X[:, 0] > 0).astype(int)
    clf = gn.MLPClassifier((4,), solver="sgd", learning_rate_init=1e-9, max_iter=3, random_state=0,
                           doctor=True)  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        clf.fit(X, y)

    made = clf.diagnosis_.apply({"epochs": 90})

    assert isinstance(made, gn.MLPClassifier)
    assert (made.max_iter, made.doctor, clf.max_iter) == (90, True, 3)
