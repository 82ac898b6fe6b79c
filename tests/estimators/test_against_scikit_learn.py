"""The same numbers as scikit-learn's own classes, from the same first weights."""

import inspect

import numpy as np
import pytest
import sklearn.neural_network as theirs
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.preprocessing import scale

import glassnet as gn

PAIRS = [
    (gn.MLPClassifier, theirs.MLPClassifier, load_iris),
    (gn.MLPClassifier, theirs.MLPClassifier, load_breast_cancer),
    (gn.MLPRegressor, theirs.MLPRegressor, load_diabetes),
]
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def fitted(pair, **options):
    """Both after the same training from the same first weights: theirs, drawn by partial_fit."""
    ours, other, load = pair
    X, y = load(return_X_y=True)
    X, y = scale(X), (scale(y) if ours is gn.MLPRegressor else y)
    options = {"hidden_layer_sizes": (6, 5), "random_state": 3, "shuffle": False} | options
    first = other(**options | {"solver": "adam", "learning_rate_init": 1e-300})
    first.partial_fit(X, y, **({"classes": np.unique(y)} if ours is gn.MLPClassifier else {}))
    them, us = other(**options, warm_start=True), ours(**options)
    for name, value in vars(first).items():
        if name.endswith("_") or name == "_label_binarizer":
            setattr(them, name, value)
    them._no_improvement_count, them.loss_curve_, them.best_loss_, them.t_ = 0, [], np.inf, 0
    us.coefs_ = [W.copy() for W in first.coefs_]
    us.intercepts_ = [b.copy() for b in first.intercepts_]
    return us.fit(X, y), them.fit(X, y), X


def assert_same_network(us, them, rtol):
    for mine, its in zip(
        [*us.coefs_, *us.intercepts_], [*them.coefs_, *them.intercepts_], strict=True
    ):
        assert np.allclose(mine, its, rtol=rtol, atol=rtol * np.abs(its).max())


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair[2].__name__)
@pytest.mark.parametrize("activation", ["identity", "logistic", "tanh", "relu"])
@pytest.mark.parametrize(
    "options",
    [
        {"solver": "sgd", "momentum": 0.0},
        {"solver": "sgd", "nesterovs_momentum": False},
        {"solver": "sgd", "learning_rate": "invscaling", "alpha": 1.0},
    ],
    ids=str,
)
def test_gradient_descent_takes_the_same_steps(pair, activation, options):
    # Rounding differs by a few ulp a step and grows over 15 of them.
    us, them, X = fitted(pair, activation=activation, max_iter=5, batch_size=60, **options)

    assert_same_network(us, them, 1e-9)
    assert np.allclose(us.loss_curve_, them.loss_curve_, rtol=1e-9)
    assert np.array_equal(us.predict(X) > 0.5, them.predict(X) > 0.5)


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair[2].__name__)
def test_adam_takes_the_same_steps_where_epsilon_is_small(pair):
    # Theirs divides by sqrt(v) + epsilon before the bias correction, ours after (as the paper).
    us, them, _ = fitted(pair, max_iter=5, batch_size=60, epsilon=1e-14)

    assert_same_network(us, them, 1e-5)


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair[2].__name__)
def test_lbfgs_takes_the_same_steps(pair):
    us, them, _ = fitted(pair, solver="lbfgs", max_iter=5, alpha=0.1, activation="tanh")

    assert_same_network(us, them, 1e-6)
    assert us.n_iter_ == them.n_iter_
    assert us.loss_ == pytest.approx(them.loss_, rel=1e-9)


@pytest.mark.parametrize("name", ["MLPClassifier", "MLPRegressor"])
def test_every_parameter_is_in_its_position_with_its_default(name):
    mine = inspect.signature(getattr(gn, name)).parameters
    its = inspect.signature(getattr(theirs, name)).parameters
    positional = inspect.Parameter.POSITIONAL_OR_KEYWORD

    assert {k: p.default for k, p in its.items()}.items() <= {
        k: p.default for k, p in mine.items()
    }.items()
    assert [k for k, p in mine.items() if p.kind is positional] == [
        k for k, p in its.items() if p.kind is positional
    ]
    assert all(p.kind is inspect.Parameter.KEYWORD_ONLY for k, p in mine.items() if k not in its)


@pytest.mark.parametrize("name", ["MLPClassifier", "MLPRegressor"])
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_every_fitted_attribute_and_method_of_theirs_is_here(name, solver):
    X, y = load_iris(as_frame=True, return_X_y=True)
    them = getattr(theirs, name)(hidden_layer_sizes=(3,), solver=solver, max_iter=3).fit(X, y)
    us = getattr(gn, name)(hidden_layer_sizes=(3,), solver=solver, max_iter=3).fit(X, y)
    public = {a for a in dir(them) if not a.startswith("_")}
    if solver == "lbfgs":  # their regressor shows it, and it then fails
        public.discard("partial_fit")

    assert {a for a in public if not hasattr(us, a)} == set()
    assert us.n_layers_ == them.n_layers_
    assert us.out_activation_ == them.out_activation_
    assert us.feature_names_in_.tolist() == them.feature_names_in_.tolist()


BAD = {
    "hidden_layer_sizes": ["a", -1, 2.5],
    "activation": [3, None],
    "solver": ["adamm", 1],
    "alpha": [-1, "a", np.nan],
    "batch_size": [0, "all"],
    "learning_rate": ["fast"],
    "learning_rate_init": [0, "a"],
    "power_t": [-1.0],
    "max_iter": [0, 1.5],
    "shuffle": ["yes", 1],
    "random_state": ["a", -1],
    "tol": [-1e-3],
    "verbose": [-1],
    "warm_start": [2],
    "momentum": [-0.1, 1.5],
    "nesterovs_momentum": ["no"],
    "early_stopping": ["yes"],
    "validation_fraction": [1.0, -0.1],
    "beta_1": [1.0],
    "beta_2": [-0.1],
    "epsilon": [0.0],
    "n_iter_no_change": [0],
    "max_fun": [0],
}


@pytest.mark.parametrize("name", ["MLPClassifier", "MLPRegressor"])
@pytest.mark.parametrize(("parameter", "value"), [(p, v) for p in BAD for v in BAD[p]])
def test_what_they_refuse_is_refused_in_the_same_form(name, parameter, value):
    X, y = load_iris(return_X_y=True)
    with pytest.raises(ValueError, match=parameter) as its:
        getattr(theirs, name)(**{parameter: value}).fit(X, y)
    with pytest.raises(ValueError, match=parameter) as mine:
        getattr(gn, name)(**{parameter: value}).fit(X, y)

    begin = str(its.value).split(" must be")[0]
    assert str(mine.value).startswith(begin)
    assert f"{value!r}" in str(mine.value)
