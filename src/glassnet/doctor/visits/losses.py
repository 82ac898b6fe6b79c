"""Losses of other libraries that differ from glassnet's by a factor or by what they are fed."""

from __future__ import annotations

from typing import Any

from glassnet.arrays import Array, xp
from glassnet.network.activations import Softmax
from glassnet.network.contracts import Loss
from glassnet.network.intervals import Interval
from glassnet.network.sigmoids import Logistic


class Scaled(Loss):
    """ℓ = factor · that of another loss: a mean over outputs, or a sum over the rows of a batch.

    Its partner, domain and targets are the other's, so that the rules read it as that loss; J and
    δ have the size that they have in the library where it is from.

    Examples
    --------
    >>> import numpy as np
    >>> from glassnet.network.losses import SquaredError
    >>> mean = Scaled(SquaredError(), 2.0)
    >>> mean.name, mean.of_output(np.array([[3.0]]), np.array([[1.0]])).tolist()
    ('mean_squared_error', [[4.0]])
    """

    def __init__(self, of: Loss, factor: float) -> None:
        self.of, self.factor = of, float(factor)
        vars(self).update(
            name=f"mean_{of.name}", partner=of.partner, domain=of.domain, targets=of.targets,
            kinks=of.kinks,
        )  # fmt: skip

    def of_output(self, a: Array, y: Array) -> Array:
        return self.factor * self.of.of_output(a, y)

    def derivative(self, a: Array, y: Array) -> Array:
        return self.factor * self.of.derivative(a, y)

    def of_score(self, z: Array, a: Array, y: Array) -> Array:
        return self.factor * self.of.of_score(z, a, y)

    def score_derivative(self, z: Array, a: Array, y: Array) -> Array:
        return self.factor * self.of.score_derivative(z, a, y)


class OfScores(Loss):
    """A cross-entropy that takes its argument for scores, whatever the output layer gave it.

    ℓ = CE(softmax a, y), or CE(logistic a, y): where a is already a probability, a softmax of a
    softmax, whose value lies between two close ends.

    Examples
    --------
    The best that an output in (0, 1) can reach with ten classes, where log 10 is a guess:

    >>> import numpy as np
    >>> from glassnet.network.losses import CrossEntropy
    >>> one = np.eye(10)[:1]
    >>> round(float(OfScores(CrossEntropy(), "softmax").of_output(one, one).sum()), 2)
    1.46
    """

    def __init__(self, of: Loss, partner: str) -> None:
        self.of = of
        self.phi: Any = Softmax() if partner == "softmax" else Logistic()
        vars(self).update(name=f"{of.name}_of_scores", targets=of.targets)

    def of_output(self, a: Array, y: Array) -> Array:
        return self.of.of_score(a, self.phi.value(a), y)

    def derivative(self, a: Array, y: Array) -> Array:
        return self.of.score_derivative(a, self.phi.value(a), y)


class NegativeScore(Loss):
    """ℓ = −Σⱼ yⱼ aⱼ: what a negative log-likelihood makes of outputs that are no logarithms.

    Examples
    --------
    >>> import numpy as np
    >>> NegativeScore().of_output(np.array([[5.0, 1.0]]), np.array([[1.0, 0.0]])).sum().item()
    -5.0
    """

    name = "negative_score"
    targets = Interval(0, 1, closed_lower=True, closed_upper=True)

    def of_output(self, a: Array, y: Array) -> Array:
        return -y * a

    def derivative(self, a: Array, y: Array) -> Array:
        return -y * xp(a).ones_like(a)
