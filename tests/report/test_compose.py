"""A report is made for every task, with the right words and numbers, also in poor cases."""

import numpy as np
import pytest

import glassnet as gn
from glassnet import report
from glassnet.data.datasets import bundled
from glassnet.errors import InvalidValue, ShapeMismatch
from glassnet.estimators.table_fit import fit_table
from glassnet.estimators.table_plan import TableSettings
from glassnet.report.held_out import gradients
from glassnet.report.page import page

RNG = np.random.default_rng(0)
HISTORY = gn.History([{"epoch": 1, "step": 3, "J": 0.7, "rate": 0.1, "seconds": 0.5}])


def pictures(made):
    return [picture.title for picture in made.pictures]


@pytest.fixture(scope="module")
def fits():
    settings = TableSettings(hidden=(8,), epochs=4)
    return {name: fit_table(bundled(name), "target", settings) for name in ("iris", "diabetes")}


@pytest.mark.parametrize("name", ["iris", "diabetes"])
def test_scores_in_the_report_are_those_of_the_fit(fits, name):
    found = fits[name]
    made = report.report_of_table(found, f"{name}.csv", command="glassnet fit …")

    table = {row[0]: row[1:] for row in made.scores[0].rows}
    if name == "iris":
        for key, row in (("accuracy", "accuracy"), ("log_loss", "log-loss")):
            value, constant = (float(cell.rstrip("%")) for cell in table[row])
            factor = 100 if key == "accuracy" else 1
            assert value == pytest.approx(factor * found.scores[key], abs=0.06)
            assert constant == pytest.approx(factor * found.baseline[key], abs=0.06)
    else:
        assert table["RMSE"] == tuple(
            f"{numbers['rmse']:.4g}" for numbers in (found.scores, found.baseline)
        )
        assert table["R²"][0].replace("−", "-") == f"{found.scores['r2']:.3f}"


def test_a_report_of_a_table_names_its_columns_and_counts_its_rows(fits):
    made = report.report_of_table(fits["iris"], "iris.csv", command="a", next_command="b")

    facts = dict(made.details[0].rows)
    rows = fits["iris"].plan.rows
    assert facts["source"] == "iris.csv"
    assert facts["held-out rows"] == str(rows["test"])
    assert f"{rows['training']} for training" in facts["rows"]
    assert "petal length" in facts["4 inputs"]
    assert (made.command, made.next_command, made.version) == ("a", "b", gn.__version__)


def test_a_regression_speaks_in_units_of_the_target():
    net = gn.Network(2, [gn.Dense(1, "identity", init="zeros")])
    X, y = np.zeros((4, 2)), np.array([-1.0, -1.0, 1.0, 1.0])

    made = report.report_of(net, HISTORY, X, y, mean=100.0, scale=10.0, target="price")

    assert "RMSE 10 on 4 held-out rows (the best constant answer: 10)" in made.verdict
    assert pictures(made)[:2] == ["Learning curves", "Predictions and residuals"]
    (points,) = made.pictures[1].figure.axes[0].collections
    assert points.get_offsets().tolist() == [[90, 100], [90, 100], [110, 100], [110, 100]]
    surface, points = made.pictures[2].figure.axes[0].collections
    assert set(np.unique(surface.get_array())) == {100.0}
    assert points.get_array().tolist() == [90, 90, 110, 110]


def test_each_task_has_its_figures(reports):
    kinds = {task: pictures(made) for task, made in reports.items()}
    inside = ["Architecture", "Weights by layer", "Gradients by layer",
              "Activations in this network"]  # fmt: skip
    plane = "What the network makes of the plane"

    assert kinds["binary"] == ["Learning curves", "Confusion", "Calibration", plane, *inside]
    assert kinds["multiclass"] == kinds["binary"]
    assert kinds["regression"] == ["Learning curves", "Predictions and residuals", plane, *inside]
    assert kinds["multilabel"] == ["Learning curves", "Calibration", *inside]
    assert kinds["heads"] == ["Learning curves", *inside[:3]]


def test_each_task_is_put_in_words(reports):
    assert {task: made.task for task, made in reports.items()} == {
        "binary": "classification, two classes",
        "multiclass": "classification, 3 classes",
        "regression": "regression",
        "multilabel": "classification, 5 labels that go together",
        "heads": "several heads",
        "bare": "task",
    }


def test_of_several_outputs_the_first_are_drawn():
    X, net = RNG.normal(size=(50, 3)), gn.Network(3, [gn.Dense(6, "identity")])

    made = report.report_of(net, HISTORY, X, RNG.normal(size=(50, 6)), target="pose")

    assert made.task == "regression of 6 outputs"
    assert pictures(made)[1:5] == [f"Predictions of pose {k}" for k in range(4)]


def test_the_task_can_be_told_where_the_loss_does_not_say_it():
    net = gn.Network(2, [gn.Dense(4, "logistic")], loss="squared_error")
    X, y = RNG.normal(size=(40, 2)), np.eye(4)[np.arange(40) % 4]

    made = report.report_of(net, HISTORY, X, y, task="multiclass")

    assert "Confusion" in pictures(made)
    assert "Calibration" not in pictures(made)  # its outputs are no probabilities
    assert made.task == "classification, 4 classes"
    plane = made.pictures[pictures(made).index("What the network makes of the plane")]
    assert plane.figure.axes[0].images  # of classes, not the surface of a regression


def test_several_heads_are_reported_without_scores(reports):
    assert reports["heads"].scores == ()


@pytest.mark.parametrize(("rows", "norm"), [(1, True), (2, False)])
def test_few_rows_of_one_class_and_constant_predictions_make_a_report(rows, norm, tmp_path):
    layers = [gn.Dense(3, "relu", batch_norm=norm), gn.Dense(1, "logistic", init="zeros")]
    net = gn.Network(2, layers, loss="binary_cross_entropy")

    made = report.report_of(net, HISTORY, np.zeros((rows, 2)), np.ones(rows))

    report.write_report(tmp_path / "report.html", made)
    assert any("No held-out row is of class 0" in note for note in made.notes)


def test_a_history_with_nan_and_a_network_with_nan_make_a_report():
    net = gn.Network(2, [gn.Dense(3, "relu"), gn.Dense(1, "identity")])
    history = gn.History([{"J": 1.0, "val_loss": np.nan}, {"J": np.nan, "val_loss": np.nan}])

    made = report.report_of(net, history, RNG.normal(size=(9, 2)), RNG.normal(size=9))

    assert any("1 of 2 epochs have no finite J" in note for note in made.notes)
    assert page(made)


def test_sparse_rows_make_a_report():
    scipy_sparse = pytest.importorskip("scipy.sparse")
    net = gn.Network(2, [gn.Dense(3, "relu"), gn.Dense(1, "logistic")], loss="binary_cross_entropy")
    X = RNG.normal(size=(30, 2)) * (RNG.random((30, 2)) < 0.5)

    sparse = report.report_of(net, HISTORY, scipy_sparse.csr_matrix(X), X[:, 0] > 0)

    assert sparse.verdict == report.report_of(net, HISTORY, X, X[:, 0] > 0).verdict


def test_gradients_are_those_of_the_cost_that_is_reported():
    """Against central differences of ½ Σ (a − y)² / m by hand."""
    net = gn.Network(2, [gn.Dense(1, "tanh")])
    X, y = RNG.normal(size=(5, 2)), RNG.normal(size=5)

    def cost(W):
        return 0.5 * np.mean((np.tanh(X @ W) - y) ** 2)

    W, h = net.W[1][0].copy(), 1e-6
    numeric = [(cost(W + h * e) - cost(W - h * e)) / (2 * h) for e in np.eye(2)]
    np.testing.assert_allclose(gradients(net, X, y)[1][0], numeric, rtol=1e-7)


def test_names_and_rows_that_do_not_fit_are_refused(binary):
    X, y = RNG.normal(size=(6, 2)), np.array([0, 1] * 3)
    net, history = binary.network, binary.history

    with pytest.raises(InvalidValue, match="2 different names"):
        report.report_of(net, history, X, y, classes=["one"])
    with pytest.raises(InvalidValue, match="2 different names"):
        report.report_of(net, history, X, y, classes=["same", "same"])
    with pytest.raises(InvalidValue, match="as many rows"):
        report.report_of(net, history, X, y[:5])
    with pytest.raises(InvalidValue, match="at least one"):
        report.report_of(net, history, X[:0], y[:0])
    with pytest.raises(ShapeMismatch, match="takes 2 inputs"):
        report.report_of(net, history, X[:, :1], y)
    with pytest.raises(InvalidValue, match="at least one epoch"):
        report.report_of(net, gn.History(), X, y)
