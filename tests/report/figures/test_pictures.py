"""The main figures look as they did when somebody last looked at them.

Letters are left out, since fonts are drawn differently from one release of a library to the next;
what remains (lines, points, colours, places) may differ by little. After a change that is meant,
look at the new pictures and copy them to baseline/.
"""

from pathlib import Path

import numpy as np
import pytest
from matplotlib.testing.compare import compare_images
from matplotlib.testing.decorators import remove_ticks_and_titles

import glassnet as gn
from glassnet import report
from glassnet.report.look import look
from tests.report.conftest import flow_rows

BASELINE = Path(__file__).parents[1] / "baseline"
TOLERANCE = 3.0  # root mean square of 0 to 255; a line solid in place of dashed makes 6.9

RNG = np.random.default_rng(0)
ANGLE = RNG.uniform(0, 2 * np.pi, 120)
RINGS = np.stack([np.cos(ANGLE), np.sin(ANGLE)], axis=1) * RNG.choice([0.5, 1.0], (120, 1))
INNER = (np.hypot(*RINGS.T) < 0.75).astype(int)


def network():
    """Weights written down: nothing here depends on how a run rounds."""
    net = gn.Network(
        2, [gn.Dense(6, "relu"), gn.Dense(4, "relu"), gn.Dense(1, "logistic")],
        loss="binary_cross_entropy",
    )  # fmt: skip
    turn = np.linspace(0, 2 * np.pi, 6, endpoint=False)
    net.W[1][:], net.b[1][:] = np.stack([np.cos(turn), np.sin(turn)], axis=1), -0.3
    net.W[2][:] = np.sin(np.arange(24.0)).reshape(4, 6) + 0.6
    net.b[2][:] = [-0.2, -0.5, 0.1, -0.4]
    net.W[3][:], net.b[3][:] = [[-3.0, -2.0, -2.5, -1.5]], 3.0
    return net


FIGURES = {
    "activations": lambda: report.ActivationDisplay(["tanh", "relu", "gelu", "selu"]).plot(),
    "pair": lambda: report.ActivationDisplay(["tanh", "relu", "gelu"]).plot(kind="pair"),
    "features": lambda: report.FeaturesDisplay.from_network(network(), RINGS, INNER),
    "boundary": lambda: report.DecisionBoundaryDisplay.from_network(network(), RINGS, INNER),
    "units": lambda: report.UnitMapsDisplay.from_network(network(), RINGS, layer=2),
    "flow": lambda: report.GradientFlowDisplay.from_observer(flow_rows(300)),
    "ledger": lambda: report.LedgerDisplay.from_network(network(), RINGS, INNER),
}


def _without_letters(figure):
    remove_ticks_and_titles(figure)
    letters = [*figure.texts, *figure.legends]
    for ax in figure.axes:
        ax.set_title("", loc="left")
        letters += [*ax.texts, ax.get_legend(), ax.xaxis.label, ax.yaxis.label]
    for part in letters:
        if part is not None:
            part.set_visible(False)


@pytest.mark.parametrize("name", sorted(FIGURES))
def test_it_looks_as_it_did(name, tmp_path):
    figure = FIGURES[name]().figure_
    _without_letters(figure)
    drawn = tmp_path / f"{name}.png"
    with look():
        figure.savefig(drawn, dpi=50)

    difference = compare_images(str(BASELINE / f"{name}.png"), str(drawn), tol=TOLERANCE)

    assert difference is None, difference
