"""What a network says of rows it was not trained on, beside the truth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from glassnet.arrays import Array, to_numpy
from glassnet.data.batches import Data
from glassnet.engine.choice import choose
from glassnet.engine.interface import Program
from glassnet.engine.prediction import checked_rows, predict
from glassnet.errors import InvalidValue
from glassnet.network.network import Network
from glassnet.network.targets import encode_targets
from glassnet.optim.optimizers import SGD
from glassnet.report.tasks import Task, task_of

_ROWS_OF_GRADIENT = 2048


@dataclass(frozen=True, eq=False)
class HeldOut:
    """Outputs and targets of held-out rows.

    Attributes
    ----------
    task : Task
    outputs, y : (m, n_L)
        As the network gives and takes them.
    names : tuple of str
        Of the classes of a classification, of the labels or outputs otherwise.
    mean, scale : float
        What turns an output of a regression into units of the target: output · scale + mean.

    Examples
    --------
    >>> held = HeldOut("binary", np.array([[0.9], [0.2]]), np.array([[1.0], [1.0]]), ("no", "yes"))
    >>> held.guessed.tolist(), held.codes.tolist()
    ([1, 0], [1, 1])
    """

    task: Task
    outputs: Array
    y: Array
    names: tuple[str, ...]
    mean: float = 0.0
    scale: float = 1.0

    @property
    def rows(self) -> int:
        """m."""
        return len(self.y)

    @property
    def is_probable(self) -> bool:
        """Whether the outputs are probabilities: in [0, 1], of classes that sum to 1."""
        if self.task in ("regression", "heads"):
            return False
        p = self.probabilities
        inside = bool(((p >= 0) & (p <= 1 + 1e-6)).all())
        return inside and (self.task == "multilabel" or np.allclose(p.sum(axis=1), 1, atol=1e-4))

    @property
    def probabilities(self) -> Array:
        """A column per class of a classification.  -> (m, classes)"""
        return _one_column_per_class(self.outputs) if self.task == "binary" else self.outputs

    @property
    def guessed(self) -> Array:
        """The number of the most likely class of each row.  -> (m,)"""
        return np.argmax(self.probabilities, axis=1)

    @property
    def codes(self) -> Array:
        """The number of the true class of each row.  -> (m,)"""
        truth = _one_column_per_class(self.y) if self.task == "binary" else self.y
        return np.argmax(truth, axis=1)

    @property
    def predicted(self) -> Array:
        """Outputs of a regression in units of the target.  -> (m, n_L)"""
        return self.outputs * self.scale + self.mean

    @property
    def true(self) -> Array:
        """Targets of a regression in their units.  -> (m, n_L)"""
        return self.y * self.scale + self.mean

    @property
    def constant(self) -> HeldOut:
        """The same rows, answered by the best answer that is the same for all: their mean."""
        return replace(self, outputs=np.repeat(self.y.mean(axis=0)[None], self.rows, axis=0))


def held_out(
    network: Network,
    X: Any,
    y: Any,
    *,
    task: Task | None = None,
    names: Sequence[Any] = (),
    mean: float = 0.0,
    scale: float = 1.0,
) -> HeldOut:
    """Predict held-out rows.

    Parameters
    ----------
    network : Network
    X : (m, n₀), m ≥ 1
    y : (m,) or (m, n_L)
        As :func:`glassnet.train` takes it.
    task : Task, optional
        By default what the loss says.
    names : sequence, optional
        Of the classes, labels or outputs; their numbers by default.
    mean, scale : float

    Raises
    ------
    InvalidValue, ShapeMismatch
        If rows, targets or names do not fit the network.

    Examples
    --------
    >>> from glassnet.network.layers import Dense
    >>> net = Network(2, [Dense(3, "softmax")], loss="cross_entropy")
    >>> held_out(net, [[0.0, 1.0]], [2]).names
    ('0', '1', '2')
    """
    spec = network.specification
    outputs = np.asarray(to_numpy(predict(network, X)), dtype=np.float64)
    targets = encode_targets(spec, y)
    if len(targets) == 0 or len(targets) != len(outputs):
        raise InvalidValue(
            "X_val and y_val of a report must have as many rows, at least one; "
            f"got {len(outputs)} and {len(targets)}."
        )
    task = task or task_of(spec)
    count = 2 if task == "binary" else spec.units[spec.depth]
    shown = tuple(str(name) for name in names) or tuple(str(k) for k in range(count))
    if len(shown) != count or len(set(shown)) != count:
        raise InvalidValue(
            f"classes must be {count} different names, one per class, label or output; "
            f"got {len(shown)}, {len(set(shown))} of them different."
        )
    return HeldOut(task, outputs, targets, shown, mean, scale)


def gradients(network: Network, X: Any, y: Any) -> list[Array]:
    """∂J/∂W[l] on the first 2,048 rows, as a training step there would see it; slot 0 None.

    Examples
    --------
    >>> from glassnet.network.layers import Dense
    >>> net = Network(2, [Dense(3, "tanh"), Dense(1, "identity")])
    >>> [dW.shape for dW in gradients(net, [[0.0, 1.0]], [2.0])[1:]]
    [(3, 2), (1, 3)]
    """
    spec, dtype = network.specification, network.state.theta.dtype
    x = checked_rows(spec, X, dtype)[:_ROWS_OF_GRADIENT]
    data = Data(x, encode_targets(spec, y, dtype)[:_ROWS_OF_GRADIENT])
    program = Program(spec, SGD())
    session = choose("auto", program).open(program, network.state, data)
    return session.gradient(None, frozenset({"dW"})).dW


def _one_column_per_class(p: Array) -> Array:
    return np.hstack([1 - p, p])
