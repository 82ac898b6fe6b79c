"""scikit-learn's check_estimator on both classes, plain and with each family of options on.

Only the equivalence of weights and repeated rows may fail, and only where rows are drawn: whether
3 rows of weight 1 share a batch, a mask or a hold-out with one row of weight 3 is chance.
"""

import pytest
from sklearn.utils.estimator_checks import (
    check_sample_weight_equivalence_on_dense_data,
    check_sample_weight_equivalence_on_sparse_data,
    parametrize_with_checks,
)

import glassnet as gn
from glassnet import MLPClassifier, MLPRegressor

BATCHES = "minibatches are drawn row by row"
DROPOUT = "dropout's masks are drawn row by row"
HOLD_OUT = "the rows held out are drawn row by row"
ROUNDING = "the check wants 1e-7, which is finer than float32 holds"

# What the checks need to see is the interface, so a few epochs of a small network suffice.
SMALL = {"hidden_layer_sizes": (20,), "max_iter": 20, "learning_rate_init": 0.05}
SGD = {"solver": "sgd", "learning_rate_init": 0.001, "max_iter": 300}

# Some checks fit twice and want the same result: at a minimum, to go on changes nothing.
WARM = {
    "warm_start": True,
    "solver": "lbfgs",
    "activation": "identity",
    "tol": 0.0,
    "max_iter": 900,
}

BOTH = [
    ({"early_stopping": gn.EarlyStopping("loss", patience=5)}, HOLD_OUT),
    (SGD | {"momentum": 0.5, "learning_rate_init": 0.003}, None),
    (SGD | {"learning_rate": "adaptive", "nesterovs_momentum": False}, None),
    (SGD | {"learning_rate": "invscaling", "power_t": 0.1}, None),
    ({"solver": "lbfgs"}, None),
    ({"batch_size": 5, "max_iter": 30, "learning_rate_init": 0.02}, BATCHES),
    ({"shuffle": False}, None),
    ({"dropout": 0.2}, DROPOUT),
    ({"batch_norm": True}, None),
    ({"activation": ["tanh", gn.LeakyReLU(0.1)], "hidden_layer_sizes": [10, 10]}, None),
    ({"activation": "gelu", "init": "orthogonal", "bias_init": 0.1}, None),
    ({"clip_norm": 1.0}, None),
    ({"clip_value": 0.5}, None),
    ({"clip_per_sample": 1.0}, None),
    ({"weight_decay": 0.01}, None),
    ({"l1": 0.01}, None),
    ({"max_norm": 3.0}, None),
    ({"dtype": "float32"}, ROUNDING),
    ({"callbacks": [gn.Observer()], "verbose": True}, None),
    *(
        ({"schedule": name}, None)
        for name in ("constant", "step", "exponential", "cosine", "one_cycle", "plateau")
    ),
    ({"schedule": gn.InverseScaling(0.1)}, None),
    ({"schedule": gn.WarmUp(5, "cosine")}, None),
]
OF_CLASSIFIER = [
    # A stronger penalty leaves the classes tied, and rounding chooses between them; a weaker one
    # leaves the cost so flat that L-BFGS stops 1e-7 apart, which is all that the check allows.
    (WARM | {"alpha": 0.2}, None),
    ({"class_weight": "balanced"}, None),
    ({"label_smoothing": 0.1}, None),
    ({"loss": "squared_error"}, None),
]
OF_REGRESSOR = [
    (WARM | {"alpha": 10.0}, None),
    ({"loss": "absolute_error"}, None),
    ({"loss": "huber"}, None),
    ({"loss": gn.Quantile()}, None),
]
CASES = [
    (MLPClassifier(max_iter=40), None),
    (MLPRegressor(max_iter=40), None),
    (MLPClassifier(early_stopping=True), HOLD_OUT),
    (MLPRegressor(early_stopping=True), HOLD_OUT),
    *((MLPClassifier(**SMALL | options), why) for options, why in [*BOTH, *OF_CLASSIFIER]),
    *((MLPRegressor(**SMALL | options), why) for options, why in [*BOTH, *OF_REGRESSOR]),
]
WEIGHTS_AND_ROWS = (
    check_sample_weight_equivalence_on_dense_data,
    check_sample_weight_equivalence_on_sparse_data,
)


def _declared(estimator):
    reasons = [why for case, why in CASES if case is estimator and why is not None]
    return {check.__name__: why for why in reasons for check in WEIGHTS_AND_ROWS}


@pytest.mark.filterwarnings("ignore")
@parametrize_with_checks([case for case, _ in CASES], expected_failed_checks=_declared)
def test_estimator_keeps_the_contract(estimator, check):
    check(estimator)
