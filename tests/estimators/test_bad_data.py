"""Rows that are not what they must be, fits that diverge, and Ctrl-C."""

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.exceptions import ConvergenceWarning

import glassnet as gn
from glassnet import MLPClassifier, MLPRegressor

X, Y = load_iris(return_X_y=True)
BOTH = pytest.mark.parametrize("kind", [MLPClassifier, MLPRegressor])


class Interrupt(gn.Observer):
    """Presses Ctrl-C at the end of an epoch."""

    def __init__(self, epoch):
        self.at = epoch

    def epoch(self, end):
        if end.epoch == self.at:
            raise KeyboardInterrupt


@BOTH
@pytest.mark.parametrize(
    ("x", "y", "words"),
    [
        (np.where(X > 7, np.nan, X), Y, "Input X contains NaN"),
        (np.where(X > 7, np.inf, X), Y, "Input X contains infinity"),
        (X[:0], Y[:0], "Found array with 0 sample"),
        (X[:, 0], Y, "Expected 2D array, got 1D array"),
        (X, Y[:10], "inconsistent numbers of samples"),
        (X + 1j, Y, "Complex data not supported"),
        (X[:, :0], Y, "0 feature"),
    ],
)
def test_bad_rows_are_refused_before_anything_is_set(kind, x, y, words):
    model = kind()
    with pytest.raises(ValueError, match=words):
        model.fit(x, y)

    assert not hasattr(model, "network_")


@BOTH
def test_columns_must_be_those_of_training(kind):
    model = kind((3,) if kind is MLPClassifier else "squared_error", max_iter=1000, tol=1e3)
    model.fit(X, Y)
    with pytest.raises(ValueError, match=r"X has 3 features, but .* expecting 4 features"):
        model.predict(X[:, :3])


def test_targets_must_be_in_the_losses_domain():
    with pytest.raises(ValueError, match=r"y must lie in \[0, ∞\) for 'poisson'"):
        MLPRegressor("poisson").fit(X, Y - 1.0)
    with pytest.raises(ValueError, match="Unknown label type"):
        MLPClassifier().fit(X, X[:, 0])
    with pytest.raises(ValueError, match="Input y contains NaN"):
        MLPRegressor().fit(X, np.where(Y == 1, np.nan, Y))


@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
@BOTH
def test_one_row_constant_columns_and_tiny_numbers_train(kind):
    kind(max_iter=3).fit([[1.0, 2.0]], [1]).predict([[1.0, 2.0]])
    kind(max_iter=3).fit(np.ones((8, 2)), [0, 1] * 4).predict(np.ones((2, 2)))
    for size in (1e-310, 1e-30, 1e12):
        model = kind(max_iter=3, random_state=0).fit(X * size, Y)
        assert np.isfinite(model.loss_)


@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
def test_one_class_alone_is_predicted_for_certain():
    model = MLPClassifier(max_iter=3).fit(X, ["only"] * len(X))

    assert set(model.predict(X)) == {"only"}
    assert model.predict_proba(X).tolist() == [[1.0]] * len(X)


@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_a_diverging_fit_says_where_and_is_a_value_error(solver):
    huge = X * 1e307
    with pytest.raises(ValueError, match="non-finite parameter weights") as error:
        MLPRegressor(solver=solver, random_state=0).fit(huge, Y)

    assert isinstance(error.value, gn.errors.Diverged)


def test_divergence_names_the_layer():
    options = {"solver": "sgd", "learning_rate_init": 1e4, "random_state": 0}
    options |= {"activation": "identity"}
    with pytest.raises(ValueError, match=r"in layer [12]"):
        MLPRegressor(**options).fit(X, 1e3 * Y)


def test_with_early_stopping_the_best_parameters_outlive_divergence():
    model = MLPRegressor(
        activation="identity", solver="sgd", learning_rate_init=1, early_stopping=True,
        random_state=0, max_iter=20,
    )  # fmt: skip
    with pytest.warns(ConvergenceWarning, match="Early stopping put the best of them back"):
        model.fit(X, Y)

    assert np.isnan(model.validation_scores_[-1])
    assert len(model.validation_scores_) == len(model.loss_curve_) == model.n_iter_
    assert np.isfinite(model.predict(X)).all()


@BOTH
def test_ctrl_c_keeps_what_was_learned(kind):
    options = {"random_state": 0, "callbacks": [Interrupt(3)]}
    model = kind(**options)
    with pytest.warns(UserWarning, match="Training interrupted by user"):
        model.fit(X, Y)
    shorter = kind(random_state=0, max_iter=model.n_iter_)
    with pytest.warns(ConvergenceWarning):
        shorter.fit(X, Y)

    assert 2 <= model.n_iter_ <= 3
    assert np.array_equal(model.predict(X), shorter.predict(X))


def test_ctrl_c_with_early_stopping_keeps_the_best():
    model = MLPClassifier(early_stopping=True, random_state=0, callbacks=[Interrupt(20)])
    with pytest.warns(UserWarning, match="Training interrupted by user"):
        model.fit(X, Y)

    assert model.best_validation_score_ == max(model.validation_scores_)


def test_too_few_rows_to_hold_out_are_said_so():
    with pytest.raises(ValueError, match=r"validation set is too small.*n_samples = 3"):
        MLPRegressor(early_stopping=True).fit(X[:3], Y[:3])


@BOTH
@pytest.mark.parametrize(
    "options",
    [
        {"early_stopping": True, "validation_fraction": 0.0},
        {"solver": "lbfgs", "clip_norm": 1.0},
        {"solver": "lbfgs", "schedule": "cosine"},
        {"batch_norm": True, "batch_size": 1},
        {"activation": ["relu", "relu"]},
    ],
    ids=str,
)
def test_a_refused_fit_leaves_an_unfitted_model_unfitted_and_a_fitted_one_as_it_was(kind, options):
    model = kind(**options)
    with pytest.raises(ValueError):  # noqa: PT011 - each option has a message of its own
        model.fit(X, Y)
    assert not hasattr(model, "network_")

    fitted = kind(hidden_layer_sizes=(3,), tol=1e3, max_iter=1000, random_state=0).fit(X, Y)
    before = fitted.predict(X)
    with pytest.raises(ValueError):  # noqa: PT011 - each option has a message of its own
        fitted.set_params(**options).fit(X, Y)
    assert np.array_equal(fitted.predict(X), before)


@BOTH
@pytest.mark.parametrize(
    "rows",
    [X[:1] * np.nan, X[:1, :3], X[0], X[:0], X[:1].astype(object) + np.inf, X[:1].astype(str)[0]],
    ids=["nan", "a column short", "one dimension", "no row", "an object", "text"],
)
def test_one_row_is_refused_as_many_are(kind, rows):
    model = kind(hidden_layer_sizes=(3,), tol=1e3, max_iter=1000, random_state=0).fit(X, Y)
    many = np.tile(rows, (300, 1)) if rows.ndim == 2 else rows
    with pytest.raises(ValueError) as of_many:  # noqa: PT011
        model.predict(many)

    with pytest.raises(ValueError) as of_one:  # noqa: PT011
        model.predict(rows)

    assert str(of_one.value) == str(of_many.value)


@BOTH
@pytest.mark.parametrize("dtype", ["float32", "float64", "int64", ">f8"])
def test_one_row_is_answered_as_among_many(kind, dtype):
    model = kind(hidden_layer_sizes=(3,), tol=1e3, max_iter=1000, random_state=0).fit(X, Y)
    rows = X.round().astype(dtype)

    np.testing.assert_allclose(
        model.predict(rows[:1]), model.predict(np.tile(rows, (3, 1)))[:1], rtol=1e-6
    )
