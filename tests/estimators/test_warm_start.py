"""Going on: warm_start and partial_fit are one run, cut in pieces."""

import pickle  # noqa: TID251 # a test of it

import numpy as np
import pytest
from sklearn.datasets import load_iris

import glassnet as gn
from glassnet import MLPClassifier, MLPRegressor

X, Y = load_iris(return_X_y=True)

OPTIONS = [
    {},
    {"batch_size": 20},
    {"batch_size": 20, "dropout": 0.3, "hidden_layer_sizes": (8, 8)},
    {"batch_norm": True, "batch_size": 30},
    {"solver": "sgd"},
    {"solver": "sgd", "learning_rate": "invscaling"},
    {"solver": "sgd", "learning_rate": "adaptive", "tol": 0.1, "n_iter_no_change": 2},
    {"schedule": "exponential"},
    {"early_stopping": True, "n_iter_no_change": 50},
    {"early_stopping": gn.EarlyStopping("loss", patience=50)},
]


def theta(model):
    return model.network_.state.theta


@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("kind", [MLPClassifier, MLPRegressor])
def test_two_warm_fits_are_one_long_fit_to_the_bit(kind, options):
    options = {"hidden_layer_sizes": (10,), "random_state": 0} | options
    whole = kind(max_iter=12, **options).fit(X, Y)
    cut = kind(max_iter=6, warm_start=True, **options).fit(X, Y).fit(X, Y)

    assert np.array_equal(theta(whole), theta(cut))
    assert whole.loss_curve_ == cut.loss_curve_
    assert whole.validation_scores_ == cut.validation_scores_


@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
@pytest.mark.parametrize("options", [*OPTIONS, {"schedule": "cosine"}], ids=str)
@pytest.mark.parametrize("kind", [MLPClassifier, MLPRegressor])
def test_partial_fits_are_one_fit_to_the_bit(kind, options):
    options = {"hidden_layer_sizes": (10,), "random_state": 0, "max_iter": 6} | options
    whole = kind(**options).fit(X, Y)
    cut = kind(**options)
    more = {"classes": [0, 1, 2]} if kind is MLPClassifier else {}
    for _ in range(6):
        cut.partial_fit(X, Y, **more)

    assert np.array_equal(theta(whole), theta(cut))
    assert (cut.n_iter_, cut.t_, len(cut.loss_curve_)) == (1, whole.t_, 6)


@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
def test_a_pickled_model_goes_on_as_if_it_had_not_been():
    options = {"max_iter": 4, "warm_start": True, "random_state": 0, "early_stopping": True}
    stays = MLPClassifier(**options).fit(X, Y)
    travels = pickle.loads(pickle.dumps(stays))

    assert np.array_equal(theta(stays.fit(X, Y)), theta(travels.fit(X, Y)))


@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
def test_n_iter_counts_the_last_call_and_the_curve_all_of_them():
    model = MLPClassifier(max_iter=3, warm_start=True, random_state=0).fit(X, Y).fit(X, Y)

    assert (model.n_iter_, len(model.loss_curve_), len(model.history_)) == (3, 6, 6)
    assert model.history_.column("epoch").tolist() == [1, 2, 3, 4, 5, 6]
    assert model.t_ == 6 * len(X)


@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
def test_parameters_changed_between_calls_take_effect():
    model = MLPClassifier(max_iter=3, warm_start=True, random_state=0).fit(X, Y)
    before = theta(model)
    model.set_params(learning_rate_init=1e-12).fit(X, Y)

    assert np.abs(theta(model) - before).max() < 1e-9


@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
def test_other_layers_cannot_go_on():
    model = MLPClassifier(max_iter=2, warm_start=True, random_state=0).fit(X, Y)
    model.set_params(hidden_layer_sizes=(7,))

    with pytest.raises(ValueError, match=r"\(4, 100, 3\) units; .* \(4, 7, 3\).*warm_start=False"):
        model.fit(X, Y)


@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
def test_weights_written_by_hand_are_what_training_goes_on_from():
    model = MLPClassifier((3,), max_iter=3, early_stopping=True, warm_start=True, random_state=0)
    model.fit(X, Y)
    model.coefs_ = [np.zeros_like(W) for W in model.coefs_]
    model.set_params(learning_rate_init=1e-12, early_stopping=False).fit(X, Y)

    assert np.abs(model.coefs_[0]).max() < 1e-9


def test_partial_fit_holds_the_rows_of_its_first_call_for_good():
    model = MLPClassifier(early_stopping=True, random_state=0)
    for start in (0, 50, 100):
        model.partial_fit(X[start::3], Y[start::3], classes=[0, 1, 2])

    assert len(model._held_out) == int(np.ceil(0.1 * len(X[::3])))
    assert len(model.validation_scores_) == 3
    assert model.best_validation_score_ == max(model.validation_scores_)


def test_partial_fit_after_a_fit_with_early_stopping_goes_on():
    model = MLPRegressor(early_stopping=True, random_state=0, max_iter=5)
    with pytest.warns(UserWarning, match="Maximum iterations"):
        model.fit(X, Y)
    model.partial_fit(X, Y)

    assert len(model.validation_scores_) == 6


def test_partial_fit_wants_the_same_classes_each_time():
    model = MLPClassifier(random_state=0).partial_fit(X, Y, classes=[0, 1, 2])

    with pytest.raises(ValueError, match="not the same as on last call"):
        model.partial_fit(X, Y, classes=[0, 1])
    with pytest.raises(ValueError, match=r"classes not in `self\.classes_`"):
        model.partial_fit(X, Y + 1)
    with pytest.raises(ValueError, match="must be passed on the first call"):
        MLPClassifier().partial_fit(X, Y)
