"""scikit-learn's own tests of its perceptrons, run on ours: only the import is another.

The file is read from the installed scikit-learn and executed with the two names replaced. What
does not apply is listed here with its reason, and nothing else is left out.
"""

import importlib.util
import sys
import types
from importlib.metadata import version
from pathlib import Path

import pytest

from glassnet import MLPClassifier, MLPRegressor

PRIVATE = "reads the private attribute "
DOES_NOT_APPLY = {
    "test_gradient": PRIVATE + "_loss_grad_lbfgs; tests/engine checks our gradients",
    "test_learning_rate_warmstart": PRIVATE + "_optimizer; test_warm_start.py checks the rates",
    "test_adaptive_learning_rate": PRIVATE + "_optimizer; test_schedules.py checks the rates",
    "test_n_iter_no_change": PRIVATE + "_no_improvement_count; test_schedules.py checks patience",
    "test_n_iter_no_change_inf": PRIVATE + "_no_improvement_count; test_schedules.py checks inf",
    "test_mlp_partial_fit_after_fit": (
        "wants partial_fit with early stopping to raise; ours works, see docs/scikit-learn.md"
    ),
}

NEW_ENOUGH = tuple(map(int, version("scikit-learn").split(".")[:2])) >= (1, 9)
if not NEW_ENOUGH:
    DOES_NOT_APPLY["test_early_stopping_stratified"] = "wants the message in its older words"


def _suite():
    """Their test module, with our classes in the place of theirs."""
    spec = importlib.util.find_spec("sklearn.neural_network.tests.test_mlp")
    if spec is None or spec.origin is None:
        return None
    source = Path(spec.origin).read_text(encoding="utf-8")
    line = "from sklearn.neural_network import MLPClassifier, MLPRegressor\n"
    assert line in source, "scikit-learn's test_mlp.py imports its classes in another way now"
    module = types.ModuleType("sklearn_suite_on_glassnet")
    module.__dict__.update(MLPClassifier=MLPClassifier, MLPRegressor=MLPRegressor)
    sys.modules[module.__name__] = module
    exec(compile(source.replace(line, ""), spec.origin, "exec"), module.__dict__)
    return module


SUITE = _suite()
THEIRS = {} if SUITE is None else {n: f for n, f in vars(SUITE).items() if n.startswith("test_")}

# Their warnings are theirs to judge: the suite counts on those that it does not look for.
pytestmark = pytest.mark.filterwarnings("default")


@pytest.fixture
def global_random_seed():
    """Give the seed that scikit-learn's own runs use by default."""
    return 42


for _name, _test in THEIRS.items():
    if _name not in DOES_NOT_APPLY:
        globals()[_name] = _test


def test_every_name_on_the_list_is_a_test_of_theirs():
    if SUITE is None:
        pytest.skip("this scikit-learn was installed without its tests")
    if not NEW_ENOUGH:
        pytest.skip("the list is that of scikit-learn 1.9")

    assert set(DOES_NOT_APPLY) <= set(THEIRS)


def test_their_suite_runs_on_our_classes():
    if SUITE is None:
        pytest.skip("this scikit-learn was installed without its tests")

    assert SUITE.MLPClassifier is MLPClassifier
    assert len(THEIRS) - len(DOES_NOT_APPLY) > 30
