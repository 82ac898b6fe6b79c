"""The target of a regression: its columns, its loss, and the outputs that it asks for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from glassnet.arrays import Array
from glassnet.data.cells import rows_in_words
from glassnet.errors import InvalidValue
from glassnet.estimators.tables.members import Head
from glassnet.estimators.tables.spread import Spread
from glassnet.estimators.tables.targets import numbers
from glassnet.network import heads
from glassnet.network.losses import Quantile

LOSSES = ("squared_error", "absolute_error", "huber", "poisson", "quantile")


@dataclass(frozen=True)
class NumericTarget:
    """How one or several columns of numbers become the targets of a loss, and come back.

    Quantiles have an output for each column and level, the levels of a column side by side. Levels
    are estimated apart, so two may cross in a row; sorting them there undoes it, and brings them no
    farther from the true quantiles in any Lp norm over the levels.

    Attributes
    ----------
    loss : str
    spreads : tuple of Spread
        A column of y each.
    quantiles : tuple of float in (0, 1)
        Levels, increasing; none without the quantile loss.
    flat : bool
        Whether y had one axis, as predictions then do.
    target_names : tuple of str
        A column of y each.

    References
    ----------
    Chernozhukov, Fernández-Val & Galichon (2010), Quantile and probability curves without crossing.

    Examples
    --------
    >>> y = np.array([1.0, 2.0, 6.0])
    >>> target = NumericTarget.of(y, None, "quantile", (0.1, 0.9))
    >>> target.outputs, target.encoded(y).shape, target.output_names
    (2, (3, 2), ('0.1', '0.9'))
    >>> bool((np.diff(target.answers(np.array([[0.5, -0.5]]))) > 0).all())
    True
    """

    kind: ClassVar[Literal["numbers"]] = "numbers"
    classes: ClassVar[None] = None
    temperature: ClassVar[float] = 1.0

    loss: str
    spreads: tuple[Spread, ...]
    quantiles: tuple[float, ...] = ()
    flat: bool = True
    target_names: tuple[str, ...] = ("y",)

    @classmethod
    def of(
        cls,
        y: Array,
        w: Array | None,
        loss: str,
        quantiles: Sequence[float] = (),
        names: tuple[str, ...] = ("y",),
    ) -> NumericTarget:
        """Of the targets of training.

        Parameters
        ----------
        y : (m,) or (m, k)
        w : (m,), optional
        loss : str
        quantiles : sequence of float
            Counts with the quantile loss only.
        names : tuple of str

        Raises
        ------
        InvalidValue
            If y has no numbers, or no counts for the poisson loss.
        """
        found = numbers(y)
        columns = list(found.reshape(len(found), -1).T)
        if loss == "poisson":
            _require_not_negative(found)
            if not all(column.any() for column in columns):
                raise InvalidValue("y must be above 0 in some row for loss='poisson'; all is 0.")
        one = Spread.of_counts if loss == "poisson" else Spread.of
        levels = tuple(map(float, quantiles)) if loss == "quantile" else ()
        spreads = tuple(one(column, w) for column in columns)
        return cls(loss, spreads, levels, found.ndim == 1, names)

    @property
    def outputs(self) -> int:
        """n_L of each member."""
        return len(self.spreads) * self._each

    @property
    def ordered(self) -> bool:
        """Whether the answers of a column of y are sorted in each row."""
        return bool(self.quantiles)

    @property
    def output_names(self) -> tuple[str, ...]:
        """What each column of the answers is: a target, a level, or a target at a level."""
        if not self.quantiles:
            return self.target_names
        if self.flat:
            return tuple(f"{q:g}" for q in self.quantiles)
        return tuple(f"{name} {q:g}" for name in self.target_names for q in self.quantiles)

    @property
    def mean(self) -> Array:
        """What is added to each output times its scale.  -> (n_L,)"""
        return self._of_outputs("mean")

    @property
    def scale(self) -> Array:
        """What each output is multiplied by.  -> (n_L,)"""
        return self._of_outputs("scale")

    @property
    def low(self) -> Array:
        """What no answer is below.  -> (n_L,)"""
        return self._of_outputs("low")

    @property
    def high(self) -> Array:
        """What no answer is above.  -> (n_L,)"""
        return self._of_outputs("high")

    @property
    def head(self) -> Head:
        """The output layer and the loss."""
        if self.loss == "poisson":
            return Head(self.outputs, "exp", "poisson")
        if not self.quantiles:
            return Head(self.outputs, "identity", self.loss)
        share = 1 / self._each
        each = [heads.Head(1, "identity", Quantile(q), scale=share) for q in self.quantiles]
        joint = heads.JointActivation(tuple(each) * len(self.spreads))
        return Head(self.outputs, joint, heads.JointLoss(joint.heads))

    def encoded(self, y: Array) -> Array:
        """Targets as the loss takes them.  (m,) or (m, k) -> (m, n_L)

        Raises
        ------
        InvalidValue
            If y has not as many columns as in training, or is not what the loss takes.
        """
        found = numbers(y)
        columns = found.reshape(len(found), -1).T
        if len(columns) != len(self.spreads):
            raise InvalidValue(
                f"y must have {len(self.spreads)} columns, as in training; got {len(columns)}."
            )
        if self.loss == "poisson":
            _require_not_negative(found)
        pairs = zip(columns, self.spreads, strict=True)
        one = np.stack([spread.standardised(column) for column, spread in pairs], axis=1)
        return np.repeat(one, self._each, axis=1)

    def answers(self, outputs: Array) -> Array:
        """Outputs in the target's units, within its range in training; quantiles sorted.

        (m, n_L) -> (m, n_L) float64
        """
        y = np.asarray(outputs, dtype=np.float64) * self.scale + self.mean
        y = np.minimum(np.maximum(y, self.low), self.high)
        return np.sort(self._apart(y), axis=2).reshape(y.shape) if self.quantiles else y

    def decided(self, answers: Array) -> Array:
        """A number per row and column of y; of quantiles that of the level nearest to ½.

        (m, n_L) -> (m,) or (m, k)
        """
        near = int(np.argmin(np.abs(np.array(self.quantiles) - 0.5))) if self.quantiles else 0
        found = self._apart(answers)[:, :, near]
        return found[:, 0] if self.flat else found

    def levels(self, answers: Array) -> Array:
        """The quantiles of each row.  (m, n_L) -> (m, q) or (m, k, q)"""
        return answers if self.flat else self._apart(answers)

    @property
    def _each(self) -> int:
        return max(1, len(self.quantiles))

    def _apart(self, answers: Array) -> Array:
        """(m, n_L) -> (m, k, q)"""
        return answers.reshape(len(answers), len(self.spreads), self._each)

    def _of_outputs(self, name: str) -> Array:
        return np.repeat([getattr(spread, name) for spread in self.spreads], self._each)


def _require_not_negative(y: Array) -> None:
    below = (y < 0).reshape(len(y), -1).any(axis=1)
    if below.any():
        raise InvalidValue(
            f"y must be ≥ 0 for loss='poisson'; it is not at {rows_in_words(below)}. Use another "
            "loss, or repair those rows."
        )
