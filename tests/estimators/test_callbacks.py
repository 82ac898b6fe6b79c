"""What watches a fit: scikit-learn's callbacks and glassnet's observers."""

import warnings

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV

import glassnet as gn
from glassnet import MLPClassifier, MLPRegressor

X, Y = load_iris(return_X_y=True)
SMALL = {"hidden_layer_sizes": (5,), "max_iter": 4, "random_state": 0}
pytestmark = [
    pytest.mark.filterwarnings("ignore:Stochastic Optimizer"),
    pytest.mark.filterwarnings("ignore:lbfgs failed"),
]
protocol = pytest.importorskip("sklearn.callback", reason="it came with scikit-learn 1.9")


class Recorder:
    """Notes every hook."""

    def __init__(self, stop_after=None):
        self.seen, self.stop_after = [], stop_after

    def setup(self, estimator, context):
        self.seen.append(("setup", context.task_name))

    def on_fit_task_begin(self, estimator, context, *, X=None, y=None, metadata=None):
        self.seen.append(("begin", context.task_name))

    def on_fit_task_end(
        self, estimator, context, *, X=None, y=None, metadata=None, fitted_estimator=None
    ):
        score = None if fitted_estimator is None else fitted_estimator.score(X, y)
        self.seen.append(("end", context.task_name, score, metadata))
        return self.stop_after is not None and len(self.ends) >= self.stop_after

    def teardown(self, estimator, context):
        self.seen.append(("teardown", context.task_name))

    @property
    def ends(self):
        """The ends of epochs."""
        return [seen for seen in self.seen if seen[:2] == ("end", "epoch") and seen[2] is not None]


@pytest.mark.parametrize("kind", [MLPClassifier, MLPRegressor])
@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
def test_every_epoch_is_a_task_with_the_estimator_as_it_stands(kind, solver):
    recorder = Recorder()
    model = kind(**SMALL, solver=solver).set_callbacks(recorder).fit(X, Y)

    names = [seen[0] for seen in recorder.seen]
    assert names[:2] == ["setup", "begin"]
    assert names[-2:] == ["end", "teardown"]
    assert names.count("begin") == names.count("end") == 1 + model.n_iter_
    assert recorder.ends[-1][2] == pytest.approx(model.score(X, Y))


def test_a_callback_can_end_the_fit():
    model = MLPClassifier(**SMALL).set_callbacks(Recorder(stop_after=2))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.fit(X, Y)

    assert model.n_iter_ == 2


def test_watching_changes_no_bit():
    watched = MLPClassifier(**SMALL, callbacks=[Recorder(), gn.LayerNorms(3)]).fit(X, Y)
    alone = MLPClassifier(**SMALL).fit(X, Y)

    assert np.array_equal(watched.network_.state.theta, alone.network_.state.theta)


def test_weights_come_as_metadata():
    recorder = Recorder()
    weight = np.linspace(0.5, 2, len(X))
    MLPClassifier(**SMALL).set_callbacks(recorder).fit(X, Y, sample_weight=weight)

    assert np.array_equal(recorder.ends[0][3]["sample_weight"], weight)


def test_scoring_monitor_logs_a_score_per_epoch():
    monitor = protocol.ScoringMonitor(scoring="accuracy")
    model = MLPClassifier(**SMALL).set_callbacks(monitor).fit(X, Y)

    rows = monitor.get_logs().data
    scores = [row["accuracy"] for row in rows if row["task_name"] == "epoch"]
    assert len(scores) == 4
    assert scores[-1] == model.score(X, Y)


def test_progress_bar_shows_a_fit_and_a_search(capsys):
    bar = protocol.ProgressBar()
    MLPClassifier(**SMALL).set_callbacks(bar).fit(X, Y)
    search = GridSearchCV(MLPClassifier(**SMALL), {"alpha": [1e-4, 1e-2]}, cv=2)
    search.set_callbacks(protocol.ProgressBar()).fit(X, Y)

    assert "MLPClassifier - fit" in capsys.readouterr().out


def test_the_parameter_takes_both_kinds_for_one_fit():
    norms, recorder = gn.LayerNorms(1), Recorder()
    model = MLPRegressor(**SMALL, callbacks=[norms, recorder]).fit(X, Y)

    assert len(norms.rows) == len(recorder.ends) == 4
    assert not hasattr(model, "_skl_callbacks")


def test_teardown_comes_when_a_callback_fails():
    class Failing(Recorder):
        def on_fit_task_end(self, estimator, context):
            raise RuntimeError("no disk")

    failing = Failing()
    with pytest.raises(RuntimeError, match="no disk"):
        MLPClassifier(**SMALL).set_callbacks(failing).fit(X, Y)

    assert failing.seen[-1] == ("teardown", "fit")


def test_what_is_neither_is_refused():
    with pytest.raises(ValueError, match=r"'callbacks' parameter .* Got 3 instead"):
        MLPClassifier(callbacks=[3]).fit(X, Y)
    with pytest.raises(ValueError, match="'callbacks' parameter"):
        MLPClassifier(callbacks=[Recorder]).fit(X, Y)


def test_a_clone_shares_the_callbacks_that_were_set():
    recorder = Recorder()
    clone(MLPClassifier(**SMALL).set_callbacks(recorder)).fit(X, Y)

    assert len(recorder.ends) == 4


def test_verbose_prints_a_line_per_epoch(capsys):
    model = MLPClassifier(**SMALL, verbose=True, early_stopping=True).fit(X, Y)

    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"Iteration 1, loss = {model.loss_curve_[0]:.8f}"
    assert lines[1] == f"Validation score: {model.validation_scores_[0]:f}"
    assert len(lines) == 8
