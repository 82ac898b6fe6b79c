"""The figures of a report, with what one sees in each and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from glassnet.arrays import Array, to_numpy
from glassnet.engine.prediction import predict
from glassnet.network.network import Network
from glassnet.report.contents import Picture
from glassnet.report.figures.activations import ActivationDisplay
from glassnet.report.figures.architecture import architecture
from glassnet.report.figures.calibration import calibration, reliability
from glassnet.report.figures.confusion import confusion_counts, confusion_matrix
from glassnet.report.figures.decision_boundary import decision_boundary
from glassnet.report.figures.histograms import gradient_histograms, weight_histograms
from glassnet.report.figures.learning_curves import learning_curves, marked_epoch
from glassnet.report.figures.residuals import residuals
from glassnet.report.held_out import HeldOut, gradients
from glassnet.report.look import number, plain, shortened
from glassnet.training.history import History

_MOST_OUTPUTS = 4  # of a regression of several outputs, those that are drawn


def pictures_of(
    network: Network,
    history: History,
    held: HeldOut,
    X: Any,
    y: Any,
    *,
    best_epoch: int,
    target: str,
    features: Sequence[str],
) -> Iterator[Picture]:
    """Draw everything that fits the task: curves, scores, then the network from the inside."""
    yield curves(history, best_epoch)
    of_classes = [confusion(held)] if held.task in ("binary", "multiclass") else []
    of_classes += [reliable(held)] if held.is_probable else []
    yield from sorted(of_classes, key=lambda picture: picture.wide)  # a pair fills a line
    if held.task == "regression":
        yield from residuals_by_output(held, target)
    if network.units[0] == 2 and held.task != "heads" and not hasattr(X, "tocsr"):
        yield boundary(network, held, X, features)
    yield drawing(network)
    yield from inside(network, X, y)


def curves(history: History, best_epoch: int) -> Picture:
    """The learning curves."""
    figure = learning_curves(history, best_epoch=best_epoch)
    J, best = history.column("J"), marked_epoch(history, best_epoch)
    text = f"J, the cost on the training rows, went from {number(J[0])} to {number(J[-1])}"
    text += f" in {len(J)} epochs." if len(J) > 1 else " in 1 epoch."
    if "val_loss" in history.columns and best:
        value = history.column("val_loss")[best - 1]
        text += f" The loss on validation rows was {number(value)} in epoch {best}, the best."
    return Picture(
        "Learning curves",
        figure,
        text,
        "Both still falling: train longer. J falls and validation rises: stop there, or add "
        "dropout or a penalty. Both high and flat: more units, or a larger learning rate. "
        "Jagged: a smaller learning rate, or larger batches.",
    )


def confusion(held: HeldOut) -> Picture:
    """The confusion matrix."""
    counts = confusion_counts(held.codes, held.guessed, range(len(held.names)))
    names = np.array(held.names, dtype=object)
    np.fill_diagonal(counts, 0)
    row, column = np.unravel_index(int(np.argmax(counts)), counts.shape)
    if counts.max():
        text = (
            f"The mistake made most often: {shortened(held.names[row])} taken for "
            f"{shortened(held.names[column])}, {_times(int(counts[row, column]))}. "
        )
    else:
        text = "No mistake was made. "
    return Picture(
        "Confusion",
        confusion_matrix(names[held.codes], names[held.guessed], classes=held.names),
        text + "A row holds the rows of one true class; its percentages add up to 100.",
        "Look at rows of the largest cell off the diagonal: are their labels right, does a column "
        "tell these two apart? A row that is pale on the diagonal needs more data or a weight.",
    )


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count:,} times"


def reliable(held: HeldOut) -> Picture:
    """The calibration curve."""
    if held.task == "multiclass":
        truth, p, event = held.codes, held.probabilities, "the predicted class"
    elif held.task == "binary":
        truth, p, event = held.codes, held.outputs[:, 0], shortened(held.names[1])
    else:
        truth, p, event = (held.y > 0.5).ravel() * 1, held.outputs.ravel(), "a label"
    found = reliability(truth, p)
    return Picture(
        "Calibration",
        calibration(truth, p, event=event),
        f"What the network says is likely, against how often it came true; they differ by "
        f"{number(100 * found.error, 2)} percentage points on average.",
        "Below the diagonal: the network is too sure. Train for fewer epochs, add a penalty or "
        "label smoothing, or correct the probabilities on rows of their own. Bars that cross the "
        "diagonal may be chance.",
    )


def residuals_by_output(held: HeldOut, target: str) -> Iterator[Picture]:
    """Predicted against true, one picture per output."""
    count = held.y.shape[1]
    for k in range(min(count, _MOST_OUTPUTS)):
        name = shortened(target if count == 1 else f"{target} {held.names[k]}")
        residual = held.predicted[:, k] - held.true[:, k]
        half = float(np.median(np.abs(residual)))
        yield Picture(
            "Predictions and residuals" if count == 1 else f"Predictions of {name}",
            residuals(held.true[:, k], held.predicted[:, k], target=name),
            f"Half of the predictions are within {plain(half, 3)} of the truth; the mean residual "
            f"is {plain(float(residual.mean()), 3)}.",
            "A bend: let the network be larger, or transform a column. A cone that widens: predict "
            "the logarithm of the target. Points far off: look whether these rows are right.",
        )


def boundary(network: Network, held: HeldOut, X: Any, features: Sequence[str]) -> Picture:
    """The plane of the two inputs; of several outputs or labels, the first."""

    def answer(plane: Array) -> Array:
        there = replace(held, outputs=to_numpy(predict(network, plane)))
        if held.task == "regression":
            return there.predicted[:, :1]
        first = there.outputs[:, :1]
        return np.hstack([1 - first, first]) if held.task == "multilabel" else there.probabilities

    told = held.task in ("binary", "multiclass")
    figure = decision_boundary(
        answer,
        np.asarray(X, dtype=np.float64),
        held.codes if told else held.true[:, 0],
        classes=held.names if told else (f"not {held.names[0]}", held.names[0]),
        features=tuple(features) or ("x₁", "x₂"),
    )
    return Picture(
        "What the network makes of the plane",
        figure,
        "Colours are the network's answers, stronger where it is surer; points are held-out rows, "
        "in the colours of the truth.",
        "A boundary that winds around single points: fewer units, or a penalty. One too straight "
        "for the points: more units, or more epochs.",
    )


def drawing(network: Network) -> Picture:
    """The architecture."""
    return Picture(
        "Architecture",
        architecture(network),
        "Circles are units; solid blue lines are positive weights, dashed red ones negative, "
        "darker where larger within a layer. Of wide layers the first and last units are drawn.",
        "More parameters than training rows call for a penalty, dropout or early stopping.",
    )


def inside(network: Network, X: Any, y: Any) -> Iterator[Picture]:
    """Weights, gradients and activations."""
    yield Picture(
        "Weights by layer",
        weight_histograms(network),
        "Entries of W[l] after training, all layers on one axis; μ is their mean, σ their standard "
        "deviation.",
        "A spike at 0: inputs or units that are not used. Long tails: a stronger penalty, or a "
        "max-norm.",
    )
    yield Picture(
        "Gradients by layer",
        gradient_histograms(gradients(network, X, y)),
        "Sizes of the entries of ∂J/∂W[l] on held-out rows, as powers of ten.",
        "Humps that move left towards layer 1: the gradient vanishes; use relu or batch norm, or "
        "fewer layers. To the right: it explodes; clip it. Many exactly 0: dead units.",
    )
    used = {layer.activation.name: layer.activation for layer in network.specification.layers}
    used.pop("joint", None)
    if used:
        yield Picture(
            "Activations in this network",
            ActivationDisplay(list(used.values())).plot().figure_,
            "φ and its derivative. Backpropagation multiplies δ by φ′ in every layer.",
            "Where φ′ is near 0, units learn slowly: keep z away from there by scaling inputs and "
            "by initial weights that fit.",
        )
