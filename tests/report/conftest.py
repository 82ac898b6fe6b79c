"""Small networks trained once, and one figure of each kind."""

import numpy as np
import pytest

import glassnet as gn
from glassnet import report

RNG = np.random.default_rng(0)
RING = RNG.normal(size=(160, 2))
INSIDE = (np.hypot(*RING.T) < 1.1).astype(int)
SECTOR = (np.floor((np.arctan2(*RING.T) + np.pi) / (2 * np.pi / 3)) % 3).astype(int)
WAVE = np.sin(2 * RING[:, 0]) * RING[:, 1]


def trained(layers, loss, X, y, **kinds):
    net = gn.Network(X.shape[1], layers, loss=loss, seed=0)
    run = gn.train(
        net, X, y, optimizer=gn.Adam(learning_rate=0.02), epochs=15, validation=0.25, **kinds
    )
    return run


@pytest.fixture(scope="session")
def binary():
    layers = [gn.Dense(8, "tanh"), gn.Dense(8, "relu", dropout=0.1), gn.Dense(1, "logistic")]
    return trained(layers, "binary_cross_entropy", RING, INSIDE, metrics=["accuracy"])


@pytest.fixture(scope="session")
def multiclass():
    layers = [gn.Dense(8, "tanh", batch_norm=True), gn.Dense(3, "softmax")]
    return trained(layers, "cross_entropy", RING, SECTOR, schedule="cosine")


@pytest.fixture(scope="session")
def regression():
    return trained([gn.Dense(12, "tanh"), gn.Dense(1, "identity")], "squared_error", RING, WAVE)


def thirty_classes(rows=1500):
    rng = np.random.default_rng(1)
    names = [f"a rather long class name, number {k}" for k in range(30)]
    true = rng.integers(0, 30, rows)
    guessed = np.where(rng.random(rows) < 0.8, true, rng.integers(0, 30, rows))
    return [names[k] for k in true], [names[k] for k in guessed], names


def flow_rows(steps, layers=3):
    """What gn.LayerNorms would hold of a run in which each layer's error is a tenth of the next."""
    rng = np.random.default_rng(2)
    size = 10.0 ** (np.arange(layers) - layers)
    return [
        {"t": t, "J": 1.0}
        | {name: (size * rng.lognormal(sigma=0.3, size=layers)).tolist() for name in names}
        for t in range(steps)
        for names in [("a", "delta", "dW")]
    ]


def deep():
    layers = [gn.Dense(40, "leaky_relu", dropout=0.2, batch_norm=True)] * 14
    return gn.Network(900, [*layers, gn.Dense(10, "softmax")], loss="cross_entropy")


@pytest.fixture(scope="session")
def draw(binary, multiclass, regression):
    """Functions that draw one figure of each kind, by name."""
    net, history = binary.network, binary.history
    probability = gn.predict(net, RING)[:, 0]
    dW = [None, *(RNG.normal(size=(9, 9)) * 10.0**-l for l in range(3))]
    true, guessed, names = thirty_classes()
    return {
        "learning_curves": lambda: report.learning_curves(history),
        "activation": lambda: report.ActivationDisplay("relu").plot().figure_,
        "activations": lambda: report.ActivationDisplay().plot().figure_,
        "activations, pair": lambda: (
            report.ActivationDisplay(["tanh", "relu", "gelu"]).plot(kind="pair").figure_
        ),
        "features": lambda: report.FeaturesDisplay.from_network(net, RING, INSIDE).figure_,
        "features, values": lambda: (
            report.FeaturesDisplay.from_network(regression.network, RING, WAVE).figure_
        ),
        "kinks": lambda: report.DecisionBoundaryDisplay.from_network(net, RING, INSIDE).figure_,
        "kinks, values": lambda: (
            report.DecisionBoundaryDisplay.from_network(regression.network, RING, WAVE).figure_
        ),
        "unit maps": lambda: report.UnitMapsDisplay.from_network(net, RING, layer=2).figure_,
        "flow": lambda: report.GradientFlowDisplay.from_observer(flow_rows(300)).figure_,
        "flow, by layer": lambda: (
            report.GradientFlowDisplay.from_observer(
                flow_rows(300), quantities=("delta", "dW", "a"), by="layer"
            ).figure_
        ),
        "flow, 12 layers": lambda: (
            report.GradientFlowDisplay.from_observer(flow_rows(100, 12), by="layer").figure_
        ),
        "flow, one step": lambda: (
            report.GradientFlowDisplay.from_network(net, RING, INSIDE).figure_
        ),
        "ledger": lambda: report.LedgerDisplay.from_network(net, RING, INSIDE).figure_,
        "architecture": lambda: report.architecture(net),
        "architecture, deep": lambda: report.architecture(deep()),
        "weight_histograms": lambda: report.weight_histograms(net),
        "weight_histograms, deep": lambda: report.weight_histograms(deep()),
        "gradient_histograms": lambda: report.gradient_histograms(dW),
        "confusion_matrix": lambda: report.confusion_matrix(INSIDE, probability > 0.5),
        "confusion_matrix, 30": lambda: report.confusion_matrix(true, guessed, classes=names),
        "residuals": lambda: report.residuals(WAVE, WAVE + 0.1, target="wave"),
        "calibration": lambda: report.calibration(INSIDE, probability),
        "boundary, 2 classes": lambda: report.decision_boundary(net, RING, INSIDE),
        "boundary, 3 classes": lambda: report.decision_boundary(multiclass.network, RING, SECTOR),
        "boundary, surface": lambda: report.decision_boundary(regression.network, RING, WAVE),
    }


KINDS = (
    "activations, pair", "features", "features, values", "kinks", "kinks, values", "unit maps",
    "flow", "flow, by layer", "flow, 12 layers", "flow, one step",
    "ledger",
    "learning_curves", "activation", "activations", "architecture", "architecture, deep",
    "weight_histograms", "weight_histograms, deep", "gradient_histograms", "confusion_matrix",
    "confusion_matrix, 30", "residuals", "calibration", "boundary, 2 classes",
    "boundary, 3 classes", "boundary, surface",
)  # fmt: skip


@pytest.fixture(scope="session")
def drawn(draw):
    """One figure of each kind, drawn once."""
    figures = {}

    def of(kind):
        if kind not in figures:
            figures[kind] = draw[kind]()
        return figures[kind]

    return of


@pytest.fixture(scope="session", params=KINDS)
def kind(request):
    return request.param


@pytest.fixture
def figure(kind, drawn):
    return drawn(kind)


@pytest.fixture(scope="session")
def hostile_names():
    """Names of classes that would break out of HTML, of SVG, of mathtext or of a template."""
    return (
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "</svg></style><style>*{display:none}</style>",
        "$x_{1}$ \\frac{",
        "{{ 7 * 7 }} & 日本語",
    )


@pytest.fixture(scope="session")
def reports(binary, multiclass, regression, hostile_names):
    """A report of each task, and one that holds nothing."""
    rng = np.random.default_rng(3)
    narrow, wide = rng.normal(size=(120, 2)), rng.normal(size=(120, 3))
    labels = gn.Network(3, [gn.Dense(5, "logistic")], loss="binary_cross_entropy")
    joint = [gn.Head(2, "softmax", "cross_entropy"), gn.Head(1, "identity")]
    heads = gn.Network(3, [gn.output_layer(joint)])
    history = gn.History([{"J": 0.5}])
    several = np.hstack([np.eye(2)[[0, 1] * 60], wide[:, :1]])
    made = report.report_of
    return {
        "binary": made(
            binary.network, binary.history, narrow, narrow[:, 0] > 0, classes=["out", "in"]
        ),
        "multiclass": made(multiclass.network, multiclass.history, narrow, np.arange(120) % 3),
        "regression": made(
            regression.network, regression.history, narrow, narrow[:, 1], target="wave", scale=2.0
        ),
        "multilabel": made(
            labels, history, wide, (rng.random((120, 5)) < 0.4) * 1.0, classes=hostile_names
        ),
        "heads": made(heads, history, wide, several),
        "bare": report.Report("title", "task", "verdict"),
    }
