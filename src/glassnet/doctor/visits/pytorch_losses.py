"""PyTorch's loss modules in glassnet's words, with the output activation that they hold."""

# pyright: reportMissingImports=false
# torch is an extra: the types are judged where it is installed.

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from torch import nn

from glassnet.arrays import Array
from glassnet.doctor.visits.losses import NegativeScore, OfScores, Scaled
from glassnet.doctor.visits.pytorch_activations import LOG_SOFTMAX
from glassnet.errors import Unsupported
from glassnet.network.contracts import Loss
from glassnet.network.losses import (
    AbsoluteError,
    BinaryCrossEntropy,
    CrossEntropy,
    Huber,
    Poisson,
    SquaredError,
)


@dataclass(frozen=True)
class Ending:
    """The last activation and the loss of the network that does what module and loss do.

    Attributes
    ----------
    activation, loss : as of Dense and Network
    classes : bool
        Whether targets are class numbers.
    doubled : str
        The activation that the loss would have made itself and the module makes too; else empty.
    unlogged : bool
        Whether a loss that takes logarithms is given none.
    alone : bool
        Whether a softmax is taken of one output, which is then always 1.
    """

    activation: Any
    loss: Loss
    classes: bool = False
    doubled: str = ""
    unlogged: bool = False
    alone: bool = False


def ending(loss: nn.Module, last: Any, outputs: int, rows: float) -> Ending:
    """What stands at the end, given the module's last activation (None: a bare Linear).

    ``rows`` is the size of a batch, by which a sum is larger than a mean.

    Raises
    ------
    Unsupported
        If the loss is not one of those known; the message names it.

    Examples
    --------
    >>> ending(nn.CrossEntropyLoss(), None, 3, 32).activation
    'softmax'
    >>> ending(nn.MSELoss(), None, 2, 32).loss  # the mean of two squares is half of their sum
    SquaredError()
    """
    make = _KINDS.get(type(loss))
    if make is None:
        known = ", ".join(kind.__name__ for kind in _KINDS)
        raise Unsupported(
            f"{type(loss).__name__} is not among the losses that are visited: {known}."
        )
    _check_weights(loss, outputs)
    shares = isinstance(loss, nn.CrossEntropyLoss) or last in ("softmax", LOG_SOFTMAX)
    if outputs == 1 and shares:
        return Ending("identity", SquaredError(), alone=True)
    end = make(loss, last or "identity", outputs)
    factor = rows if getattr(loss, "reduction", "mean") == "sum" else 1.0
    return _scaled(end, factor)


def _scaled(end: Ending, factor: float) -> Ending:
    loss = end.loss
    if isinstance(loss, Scaled):
        loss, factor = loss.of, factor * loss.factor
    return replace(end, loss=loss if factor == 1 else Scaled(loss, factor))


def _check_weights(loss: Any, outputs: int) -> None:
    odd = isinstance(loss, nn.BCELoss | nn.BCEWithLogitsLoss) and loss.weight is not None
    many = getattr(loss, "pos_weight", None) is not None and outputs > 1
    if odd or many:
        raise Unsupported(
            f"{type(loss).__name__} has weights for {'each output' if many else 'each entry'}, "
            "which one weight per row cannot say. Leave them out to be visited."
        )


def _cross_entropy(loss: Any, last: Any, outputs: int) -> Ending:
    made = CrossEntropy(float(loss.label_smoothing))
    if last in ("identity", LOG_SOFTMAX):  # a log-softmax of a log-softmax is the same again
        return Ending("softmax", made, classes=True)
    return Ending(last, OfScores(made, "softmax"), classes=True, doubled="softmax")


def _likelihood(loss: Any, last: Any, outputs: int) -> Ending:
    if last == LOG_SOFTMAX:
        return Ending("softmax", CrossEntropy(), classes=True)
    return Ending(last, NegativeScore(), classes=True, unlogged=True)


def _binary_of_scores(loss: Any, last: Any, outputs: int) -> Ending:
    if last == "identity":
        return Ending("logistic", Scaled(BinaryCrossEntropy(), 1 / outputs))
    made = OfScores(BinaryCrossEntropy(), "logistic")
    return Ending(_plain(last, loss), Scaled(made, 1 / outputs), doubled="logistic")


def _poisson(loss: Any, last: Any, outputs: int) -> Ending:
    if loss.log_input and last == "identity":
        return Ending("exp", Scaled(Poisson(), 1 / outputs))
    if loss.log_input:
        raise Unsupported(
            "PoissonNLLLoss takes the logarithm of a rate from a bare Linear; the module ends in "
            f"{last!r}. Leave that out, or set log_input=False."
        )
    return Ending(_plain(last, loss), Scaled(Poisson(), 1 / outputs))


def _of(make: Callable[[Any], tuple[Loss, float]]) -> Callable[..., Ending]:
    """A mean over outputs of a loss that glassnet sums, times a factor."""

    def made(loss: Any, last: Any, outputs: int) -> Ending:
        ours, factor = make(loss)
        return Ending(_plain(last, loss), Scaled(ours, factor / outputs))

    return made


def _plain(last: Any, loss: Any) -> Any:
    if last == LOG_SOFTMAX:
        raise Unsupported(
            f"{type(loss).__name__} of a LogSoftmax has no twin here. A LogSoftmax goes with "
            "NLLLoss."
        )
    return last


_KINDS: dict[type[nn.Module], Callable[..., Ending]] = {
    nn.CrossEntropyLoss: _cross_entropy,
    nn.NLLLoss: _likelihood,
    nn.BCEWithLogitsLoss: _binary_of_scores,
    nn.MultiLabelSoftMarginLoss: _binary_of_scores,
    nn.BCELoss: _of(lambda loss: (BinaryCrossEntropy(), 1.0)),
    nn.MSELoss: _of(lambda loss: (SquaredError(), 2.0)),
    nn.L1Loss: _of(lambda loss: (AbsoluteError(), 1.0)),
    nn.HuberLoss: _of(lambda loss: (Huber(float(loss.delta)), 1.0)),
    nn.SmoothL1Loss: _of(
        lambda loss: (
            (Huber(float(loss.beta)), 1 / float(loss.beta))
            if loss.beta > 0
            else (AbsoluteError(), 1.0)
        )
    ),
    nn.PoissonNLLLoss: _poisson,
}


def row_weights(loss: Any, y: Array) -> Array | None:
    """The weight of each row, of class weights or ``pos_weight``; None where all are 1.  (m,)"""
    positive = getattr(loss, "pos_weight", None)
    if positive is not None:
        return np.where(y.reshape(len(y), -1)[:, 0] > 0.5, float(positive), 1.0)
    weight = getattr(loss, "weight", None)
    if weight is None or y.ndim != 1:
        return None
    each = weight.detach().cpu().double().numpy()
    known = (y >= 0) & (y < len(each))
    return np.where(known, each[np.where(known, y, 0).astype(np.int64)], 0.0)
