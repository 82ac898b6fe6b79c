"""Each finding has its picture, drawn from the numbers that the doctor measured."""

from __future__ import annotations

import copy
import pickle  # noqa: TID251  # a fitted estimator is pickled with its diagnosis
from functools import cache
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure

import glassnet as gn
from glassnet import report
from glassnet.doctor.causes import CAUSES
from glassnet.doctor.diagnosis import Diagnosis
from glassnet.doctor.findings import Finding
from glassnet.report.figures.evidence.figure import _DRAWINGS

RNG = np.random.default_rng(0)
X = RNG.normal(size=(120, 4))
Y = np.sin(2 * X[:, 0]) + X[:, 1]


def _net(*hidden: Any, out: str = "identity", **options: Any) -> gn.Network:
    return gn.Network(4, [*hidden, gn.Dense(1, out)], seed=0, **options)


def _nan() -> Diagnosis:
    net = _net(gn.Dense(8, "tanh"), gn.Dense(8, "tanh"))
    net.W[2][0, 0] = np.nan
    return gn.diagnose(net, X, Y)


def _with_nan(x: Any) -> Any:
    x = x.copy()
    x[3, 2] = np.nan
    return x


def _history(**more: float) -> gn.History:
    rows = [{"J": 1 / k, "step": 9.0 * k} for k in range(1, 41)]
    told = {f"val_{name}": value for name, value in more.items()}
    return gn.History(
        [row | {"val_loss": 0.5 + abs(k - 5) / 20} | told for k, row in enumerate(rows)]
    )


class Cubed:
    """A loss whose derivative has lost its sign."""

    def of_output(self, a: Any, y: Any) -> Any:
        return abs(a - y) ** 3

    def derivative(self, a: Any, y: Any) -> Any:
        return 3 * (a - y) ** 2


@cache
def _diagnosed(code: str) -> Diagnosis:
    tanh, bent = gn.Dense(16, "tanh"), (X[:, 0] > 0) * 1.0
    rare = (X[:, 0] > 1.7) * 1.0
    trained = gn.Network(
        4, [gn.Dense(4, "tanh"), gn.Dense(1, "logistic")], loss="binary_cross_entropy"
    )
    if code == "IMBALANCE":
        gn.train(trained, X, rare, optimizer=gn.SGD(0.05), epochs=10)
    told = {"optimizer": gn.SGD(3.0), "epochs": 20, "batch_size": 32}
    square = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    narrow = gn.Network(
        2, [gn.Dense(1, "tanh"), gn.Dense(1, "logistic")], loss="binary_cross_entropy"
    )
    make: dict[str, Any] = {
        "CAPACITY": lambda: gn.diagnose(narrow, square, [0, 1, 1, 0]),
        "BATCH": lambda: gn.diagnose(_net(tanh), X, Y, optimizer="adam", epochs=9, batch_size=120),
        "METRIC": lambda: gn.diagnose(_net(tanh), X, Y, history=_history(accuracy=0.0)),
        "STEP_BUG": lambda: gn.diagnose(_net(tanh, loss=Cubed()), X, Y),
        "SOFTMAX_ONE": lambda: gn.diagnose(_net(tanh), X, Y),
        "FEW_STEPS": lambda: gn.diagnose(_net(tanh), X, Y, history=_history()),
        "VANISH": lambda: gn.diagnose(_net(*[gn.Dense(10, "logistic")] * 8), X, Y),
        "EXPLODE": _nan,
        "INIT_SCALE": lambda: gn.diagnose(_net(gn.Dense(16, "tanh", init=gn.Normal(30.0))), X, Y),
        "DEAD_RELU": lambda: gn.diagnose(_net(gn.Dense(24, "relu", bias_init=-9.0)), X, Y),
        "INIT_SYMM": lambda: gn.diagnose(
            gn.Network(4, [gn.Dense(8, "tanh", init=0.1), gn.Dense(1, "identity", init=0.1)]), X, Y
        ),
        "OUT_RANGE": lambda: gn.diagnose(_net(tanh, out="logistic"), X, 3 * Y),
        "TARGET_SCALE": lambda: gn.diagnose(_net(tanh), X, 1000 + 300 * Y),
        "INPUT_SCALE": lambda: gn.diagnose(_net(tanh), X * [1, 1e3, 30, 0.1] + [0, 5e3, 0, 3], Y),
        "LR_HIGH": lambda: gn.diagnose(_net(tanh), X, Y, **told),
        "LR_LOW": lambda: gn.diagnose(_net(tanh), X, Y, **{**told, "optimizer": gn.SGD(1e-6)}),
        "OVERFIT": lambda: gn.diagnose(_net(tanh), X, Y, history=_history()),
        "OVER_REG": lambda: gn.diagnose(_net(tanh, penalties=[gn.L2(30.0)]), X, Y),
        "IMBALANCE": lambda: gn.diagnose(trained, X, rare),
        "DATA_BAD": lambda: gn.diagnose(_net(tanh), _with_nan(X), Y),
        "SPLIT_LEAK": lambda: gn.diagnose(_net(tanh), X, Y, validation=X[:30]),
        "ALL_LINEAR": lambda: gn.diagnose(_net(gn.Dense(8, "identity")), X, X[:, 0] ** 2),
        "LOSS_PAIR": lambda: gn.diagnose(
            _net(tanh, out="relu", loss="binary_cross_entropy", strict=False), X, bent
        ),
        "LABEL_CODE": lambda: gn.diagnose(
            gn.Network(4, [tanh, gn.Dense(3, "softmax")], loss="cross_entropy"),
            X,
            1 + np.digitize(X[:, 0], [-0.5, 0.5]),
        ),
    }
    return make[code]()


CODES = (
    "VANISH", "EXPLODE", "INIT_SCALE", "DEAD_RELU", "INIT_SYMM", "OUT_RANGE", "TARGET_SCALE",
    "INPUT_SCALE", "LR_HIGH", "LR_LOW", "OVERFIT", "OVER_REG", "IMBALANCE", "DATA_BAD",
    "SPLIT_LEAK", "ALL_LINEAR", "LOSS_PAIR", "LABEL_CODE", "CAPACITY", "BATCH", "METRIC",
    "STEP_BUG", "SOFTMAX_ONE", "FEW_STEPS",
)  # fmt: skip


@cache
def _broken(ill: str) -> Diagnosis:
    if ill == "one row":
        return gn.diagnose(_net(gn.Dense(3, "relu")), X[:1], Y[:1])
    if ill == "no targets":
        return gn.diagnose(_net(gn.Dense(3, "relu")), X)
    if ill == "nan":
        return gn.diagnose(_net(gn.Dense(3, "relu")), np.full_like(X, np.nan), Y)
    net = gn.Network(4, [gn.Dense(3, "softmax")], loss="cross_entropy")
    return gn.diagnose(net, X, np.full(len(X), 7))


def _drawn(code: str, diagnosis: Diagnosis | None = None) -> Any:
    """The picture of a cause, also where the rules of today would call it by another."""
    diagnosis = diagnosis or _diagnosed(code)
    known = [f for f in (*diagnosis.findings, *diagnosis.consequences) if f.code == code]
    remedy = {"batch_size": 32, "learning_rate": 0.01}
    layer = 2 if code == "STEP_BUG" else 1
    finding = known[0] if known else Finding(code, "", "", "", remedy, layer=layer)
    return report.evidence(diagnosis, finding)


@pytest.mark.parametrize("code", CODES)
def test_a_cause_is_drawn_and_told_in_one_panel(code: str) -> None:
    found = _drawn(code)

    assert isinstance(found.figure, Figure)
    assert found.caption.endswith(".")
    assert found.figure.axes[0].has_data()


def test_every_cause_has_a_drawing() -> None:
    assert {cause.code for cause in CAUSES} <= set(_DRAWINGS)


@pytest.mark.parametrize("code", sorted(_DRAWINGS))
def test_without_rows_or_chart_there_is_no_picture_and_no_error(code: str) -> None:
    diagnosis = pickle.loads(pickle.dumps(_broken("one row")))

    assert _drawn(code, diagnosis) is None


@pytest.mark.parametrize("code", sorted(_DRAWINGS))
@pytest.mark.parametrize("ill", ["one row", "no targets", "nan", "wrong labels"])
def test_broken_cases_never_raise(code: str, ill: str) -> None:
    found = _drawn(code, _broken(ill))

    assert found is None or found.caption


def test_the_lines_of_vanish_are_the_measured_sizes_by_layer() -> None:
    diagnosis = _diagnosed("VANISH")

    found = _drawn("VANISH", diagnosis)

    line = found.figure.axes[0].lines[0]
    assert list(line.get_xdata()) == list(range(1, 10))
    deltas = [signs.delta for signs in diagnosis.chart.look.layers]
    np.testing.assert_allclose(np.asarray(line.get_ydata(), float), deltas)


def test_the_dead_map_is_on_where_relu_passes_a_gradient() -> None:
    net = _net(gn.Dense(6, "relu", bias_init=-1.0))
    diagnosis = gn.diagnose(net, X, Y)
    z = X @ net.W[1].T + net.b[1]

    image = _drawn("DEAD_RELU", diagnosis).figure.axes[0].images[0]

    np.testing.assert_array_equal(np.asarray(image.get_array()), z > 0)


def test_arrows_of_steps_go_from_the_cost_before_to_the_cost_after() -> None:
    diagnosis = _diagnosed("LR_HIGH")
    steps = diagnosis.chart.steps

    axes = _drawn("LR_HIGH", diagnosis).figure.axes[0]

    ends = sorted(
        (float(a[1]), float(b[1])) for part in axes.collections for a, b in part.get_segments()
    )
    assert ends == sorted(zip(steps.before, steps.after, strict=True))


def test_the_slopes_of_a_wrong_loss_are_drawn_as_told_and_as_they_are() -> None:
    true, told = _drawn("STEP_BUG").figure.axes[0].lines

    r = np.asarray(told.get_xdata(), float)
    np.testing.assert_allclose(np.asarray(told.get_ydata(), float), 3 * r**2)
    np.testing.assert_allclose(np.asarray(true.get_ydata(), float), 3 * r * abs(r), atol=1e-4)


def test_the_classes_bars_are_shares_and_recalls() -> None:
    diagnosis = _diagnosed("IMBALANCE")

    bars = _drawn("IMBALANCE", diagnosis).figure.axes[0].patches

    widths = [bar.get_width() / 100 for bar in bars]
    np.testing.assert_allclose(widths[:2], diagnosis.chart.table.shares)
    np.testing.assert_allclose(widths[2:], diagnosis.chart.look.recalls)


def test_pairs_of_a_loss_that_broadcasts_are_all_drawn_and_the_meant_ones_marked() -> None:
    finding = Finding("LABEL_CODE", "", "", "", {}, numbers={"rows": 7, "pairs": 49})

    found = report.evidence(_broken("one row"), finding)

    assert found is not None
    every, meant = (np.asarray(part.get_offsets()) for part in found.figure.axes[0].collections)
    assert len({tuple(point) for point in every}) == 49
    assert all(across == up for across, up in meant)
    assert found.caption.startswith("49 pairs are compared where 7 are meant")


def test_it_can_be_drawn_on_axes_of_ones_own() -> None:
    figure = Figure()
    diagnosis = _diagnosed("OUT_RANGE")

    found = report.evidence(diagnosis, 1, ax=figure.subplots())

    assert found is not None
    assert found.figure is figure


def test_a_finding_that_is_not_there_is_refused() -> None:
    healthy = copy.copy(gn.diagnose(_net(gn.Dense(3, "tanh")), X))

    with pytest.raises(gn.errors.InvalidValue, match="healthy"):
        report.evidence(healthy, 1)
