"""What lies beyond scikit-learn's parameters, and how they play together."""

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.preprocessing import scale

import glassnet as gn
from glassnet import MLPClassifier, MLPRegressor

X, Y = load_iris(return_X_y=True)
SMALL = {"hidden_layer_sizes": (5,), "max_iter": 4, "random_state": 0}
pytestmark = [
    pytest.mark.filterwarnings("ignore:Stochastic Optimizer"),
    pytest.mark.filterwarnings("ignore:lbfgs failed"),
]


class Rates(gn.Observer):
    """Notes the rate of each epoch."""

    def __init__(self):
        self.seen = []

    def epoch(self, end):
        self.seen.append(end.row["rate"])


def test_each_hidden_layer_may_have_options_of_its_own():
    model = MLPClassifier(
        (6, 5), ["tanh", gn.LeakyReLU(0.2)], dropout=[0.0, 0.25], batch_norm=[True, False],
        max_iter=2, random_state=0,
    ).fit(X, Y)  # fmt: skip
    layers = model.network_.specification.layers

    assert [layer.activation.name for layer in layers] == ["tanh", "leaky_relu", "softmax"]
    assert [layer.dropout for layer in layers] == [0.0, 0.25, 0.0]
    assert [layer.batch_norm is not None for layer in layers] == [True, False, False]


def test_a_list_must_have_an_entry_per_hidden_layer():
    with pytest.raises(ValueError, match="activation must have one entry per hidden layer, 2; got"):
        MLPClassifier((6, 5), ["tanh"]).fit(X, Y)


@pytest.mark.parametrize("name", sorted(gn.network.activations.ACTIVATIONS))
def test_every_activation_trains(name):
    model = MLPClassifier((6,), name, random_state=0, max_iter=30).fit(scale(X), Y)

    assert model.loss_curve_[-1] < model.loss_curve_[0]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"activation": "rleu"}, "Got 'rleu' instead. Did you mean 'relu'?"),
        ({"activation": ["tanh", "relu6"]}, "Did you mean 'relu'?"),
        ({"schedule": "cosin"}, "Did you mean 'cosine'?"),
        ({"init": "he"}, "'init' parameter of MLPClassifier must be a str among"),
        ({"loss": "crossentropy"}, "Did you mean 'cross_entropy'?"),
        ({"dropout": 1.0}, "'dropout' parameter of MLPClassifier must be a float in the range"),
        ({"engine": "cuda"}, "'engine' parameter of MLPClassifier"),
        ({"dtype": "float16"}, "must be a str among {'auto', 'float32', 'float64'}"),
        ({"label_smoothing": 2}, "'label_smoothing' parameter of MLPClassifier"),
        ({"class_weight": "even"}, "Got 'even' instead"),
        ({"threads": 0}, "'threads' parameter of MLPClassifier must be an int"),
        ({"weight_decay": 0.1, "solver": "lbfgs"}, "weight_decay goes with solver='adam'"),
        ({"hidden_layer_sizes": (4, 0)}, "hidden_layer_sizes must be > 0"),
    ],
)
def test_a_bad_value_is_named_with_what_may_be(options, words):
    with pytest.raises(ValueError) as error:  # noqa: PT011
        MLPClassifier(**options).fit(X, Y)

    assert words in str(error.value)


def test_weight_decay_is_adams_and_alpha_the_costs():
    decayed = MLPClassifier(**SMALL, weight_decay=0.1).fit(X, Y)
    penalised = MLPClassifier(**SMALL, alpha=3.0, l1=0.5).fit(X, Y)

    assert decayed.network_.state.optimizer == "adamw"
    assert [p.name for p in penalised.network_.specification.penalties] == ["l2", "l1"]


def test_alpha_is_half_the_squares_over_the_rows():
    model = MLPRegressor(**SMALL, solver="lbfgs", alpha=2.0).fit(X, Y)
    residual = model.predict(X) - Y
    squares = sum((W**2).sum() for W in model.coefs_)

    expected = (residual**2).mean() / 2 + 2.0 / 2 * squares / len(X)
    assert model.loss_ == pytest.approx(expected, rel=1e-9)


def test_adaptive_divides_the_rate_by_5_at_a_plateau():
    rates = Rates()
    model = MLPClassifier(
        solver="sgd", learning_rate="adaptive", tol=0.5, n_iter_no_change=2, max_iter=3000,
        learning_rate_init=0.1, callbacks=[rates], random_state=0,
    ).fit(X, Y)  # fmt: skip

    falls = [after / before for before, after in zip(rates.seen, rates.seen[1:], strict=False)]
    assert {round(fall, 12) for fall in falls} == {0.2, 1.0}
    assert rates.seen[-1] <= 1e-6
    assert model.n_iter_ < 3000


def test_inverse_scaling_follows_their_formula():
    rates = Rates()
    options = {"solver": "sgd", "learning_rate": "invscaling", "power_t": 0.25}
    MLPClassifier(**SMALL, **options, callbacks=[rates], warm_start=True).fit(X, Y).fit(X, Y)

    expected = [0.001 / (1 + epoch * len(X)) ** 0.25 for epoch in range(8)]
    assert rates.seen == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("patience", [2, 5, 10])
def test_training_ends_after_so_many_epochs_without_progress(patience):
    model = MLPClassifier(tol=1e9, n_iter_no_change=patience, random_state=0).fit(X, Y)

    # The first epoch is progress, from infinity; then patience + 1 are none.
    assert model.n_iter_ == patience + 2


def test_infinite_patience_goes_to_max_iter():
    model = MLPClassifier(tol=1e9, n_iter_no_change=np.inf, max_iter=40, random_state=0)
    with pytest.warns(UserWarning, match=r"Maximum iterations \(40\) reached"):
        model.fit(X, Y)

    assert model.n_iter_ == 40


def test_a_schedule_that_plans_the_run_ends_without_a_warning(recwarn):
    MLPClassifier(**SMALL, schedule="cosine").fit(X, Y)

    assert not recwarn.list


def test_early_stopping_keeps_the_best_epoch():
    inputs, y = load_breast_cancer(return_X_y=True)
    model = MLPClassifier(early_stopping=True, random_state=1, learning_rate_init=0.02)
    model.fit(inputs, y, X_val=inputs[:100], y_val=y[:100])

    assert model.score(inputs[:100], y[:100]) == pytest.approx(model.best_validation_score_)
    assert model.best_validation_score_ == max(model.validation_scores_)
    assert model.best_loss_ is None


def test_early_stopping_on_the_loss_of_rows_of_your_own():
    rule = gn.EarlyStopping("loss", patience=3)
    options = {"hidden_layer_sizes": (50,), "learning_rate_init": 0.05, "random_state": 0}
    model = MLPClassifier(**options, early_stopping=rule, max_iter=500)
    model.fit(X[::2], Y[::2], X_val=X[1::2], y_val=Y[1::2])

    assert model.n_iter_ < 500
    assert model.best_validation_score_ == min(model.validation_scores_)
    assert model.validation_scores_ == model.history_.column("val_loss").tolist()


def test_validation_rows_alone_are_watched_and_change_nothing():
    watched = MLPRegressor(**SMALL).fit(X, Y, X_val=X[:9], y_val=Y[:9])
    alone = MLPRegressor(**SMALL).fit(X, Y)

    assert np.array_equal(watched.network_.state.theta, alone.network_.state.theta)
    assert {"val_loss", "val_r2"} <= set(watched.history_.columns)
    assert watched.validation_scores_ is None


def test_validation_arguments_come_together():
    with pytest.raises(ValueError, match="X_val and y_val must be given together"):
        MLPClassifier().fit(X, Y, X_val=X)
    with pytest.raises(ValueError, match="sample_weight_val must come with X_val"):
        MLPClassifier().fit(X, Y, sample_weight_val=np.ones(150))
    with pytest.raises(ValueError, match="has 3 features"):
        MLPClassifier().fit(X, Y, X_val=X[:, :3], y_val=Y)


def test_label_smoothing_keeps_probabilities_from_the_ends():
    options = {"solver": "lbfgs", "alpha": 0.0, "random_state": 0, "max_iter": 300}
    sharp = MLPClassifier(**options).fit(X, Y).predict_proba(X).max()
    smooth = MLPClassifier(**options, label_smoothing=0.3).fit(X, Y).predict_proba(X).max()

    assert smooth < 0.9 < sharp


def test_quantile_loss_leaves_its_share_below():
    rng = np.random.default_rng(0)
    y = rng.exponential(size=400)
    model = MLPRegressor(
        loss=gn.Quantile(0.9), hidden_layer_sizes=(4,), learning_rate_init=0.01, random_state=0
    ).fit(rng.normal(size=(400, 1)), y)

    assert 0.85 < (y < model.predict(rng.normal(size=(400, 1)))).mean() < 0.95


def test_float32_trains_and_predicts_in_float32():
    model = MLPRegressor(**SMALL).fit(X.astype("float32"), Y)
    forced = MLPRegressor(**SMALL, dtype="float32").fit(X, Y)

    assert model.predict(X.astype("float32")).dtype == np.float32
    assert {W.dtype for W in [*model.coefs_, *forced.coefs_]} == {np.dtype("float32")}
    assert np.allclose(model.predict(X), forced.predict(X), rtol=1e-4)


def test_a_checkpoint_takes_up_a_fit_that_was_cut_off(tmp_path):
    class CutOff(gn.Observer):
        def epoch(self, end):
            if end.epoch == 3:
                raise RuntimeError("the power went")

    options = {**SMALL, "max_iter": 6, "batch_size": 40, "early_stopping": True}
    path = tmp_path / "fit.checkpoint"
    with pytest.raises(RuntimeError, match="the power went"):
        MLPClassifier(**options, checkpoint=path, callbacks=[CutOff()]).fit(X, Y)
    resumed = MLPClassifier(**options, checkpoint=path).fit(X, Y)
    whole = MLPClassifier(**options).fit(X, Y)

    assert np.array_equal(resumed.network_.state.theta, whole.network_.state.theta)
    assert resumed.loss_curve_ == whole.loss_curve_


@pytest.mark.parametrize(
    ("options", "words"),
    [({"random_state": None}, "random_state to be an integer"), ({"warm_start": True}, "one run")],
)
def test_a_checkpoint_is_of_one_run_that_can_be_repeated(tmp_path, options, words):
    model = MLPClassifier(**SMALL | options, checkpoint=tmp_path / "fit.checkpoint")
    with pytest.raises(ValueError, match=words):
        model.fit(X, Y)


def test_first_weights_are_in_the_units_of_the_data():
    inputs, y = load_diabetes(return_X_y=True)
    options = {"hidden_layer_sizes": (50,), "random_state": 0, "max_iter": 1, "tol": 0.0}
    metres = MLPRegressor(**options, learning_rate_init=1e-12).fit(inputs, y)
    shifted = MLPRegressor(**options, learning_rate_init=1e-12).fit(inputs / 4 + 3, 10 * y - 5)

    # The same function of the same rows, whatever the units: inputs, targets and their origins.
    assert np.allclose(10 * metres.predict(inputs) - 5, shifted.predict(inputs / 4 + 3), rtol=1e-6)
    assert metres.intercepts_[1][0] == pytest.approx(y.mean())
