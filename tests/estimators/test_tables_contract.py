"""scikit-learn's check_estimator on both estimators of tables: nothing fails.

One check gives counts below 0 to a regression of counts, which says that it takes none.
"""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from glassnet import TableClassifier, TableRegressor

BELOW_0 = "the check gives several targets below 0 to what says that it takes counts only"

# What the checks need to see is the interface, so few epochs of small networks suffice.
SMALL = {"hidden_layer_sizes": (16,), "bins": 4, "learning_rate": 0.02, "random_state": 0}
CASES = [
    TableClassifier("fast", epochs=15, **SMALL),
    TableRegressor("fast", epochs=25, **SMALL),
    TableClassifier(
        "default", members=2, epochs=15, class_weight="balanced", max_row_visits=10**5, **SMALL
    ),
    TableRegressor("default", members=2, epochs=25, min_count=3, dropout=0.1, **SMALL),
    TableClassifier(
        "fast", epochs=15, refit=True, calibrate="temperature", metric="error", **SMALL
    ),
    TableRegressor("fast", epochs=25, loss="quantile", refit=True, **SMALL),
    TableClassifier("fast", epochs=15, shared_members=4, plain_members=1, **SMALL),
    TableRegressor("fast", epochs=25, loss="poisson", missing_target="drop", **SMALL),
]


def _declared(estimator):
    of_counts = getattr(estimator, "loss", None) == "poisson"
    return {"check_regressor_multioutput": BELOW_0} if of_counts else {}


@pytest.mark.filterwarnings("ignore")
@parametrize_with_checks(CASES, expected_failed_checks=_declared)
def test_estimator_keeps_the_contract(estimator, check):
    check(estimator)
