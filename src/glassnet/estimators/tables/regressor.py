"""TableRegressor: numbers, quantiles or counts for rows of a frame as it is."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.utils.validation import check_is_fitted

from glassnet.arrays import Array
from glassnet.data.rows_on_disk import Rows
from glassnet.errors import InvalidValue
from glassnet.estimators.streamed_scores import Explained, require_targets, score_of_rows
from glassnet.estimators.tables.base import TableEstimator
from glassnet.estimators.tables.members import Material
from glassnet.estimators.tables.numeric_target import NumericTarget
from glassnet.estimators.tables.presets import Goal


@dataclass(eq=False, repr=False)
class TableRegressor(RegressorMixin, TableEstimator):
    """Numbers for rows of a table: an average of networks on columns of any kind.

    As :class:`TableClassifier`, which describes the columns. Each target is standardised; the
    predictions are put back into its units and kept within its range in training. y is one column,
    or (m, k) for k targets at once, which share all hidden layers.

    Parameters
    ----------
    preset, hidden_layer_sizes, …, missing_target
        As for :class:`TableClassifier`.
    loss : {"squared_error", "absolute_error", "huber", "poisson", "quantile"}
        What the predictions are good at: the mean, the median, in between (absolute beyond one
        standard deviation of the target, squared within), the mean of counts or rates, which must
        be ≥ 0 and get predictions above 0, or quantiles.
    quantiles : list of float in (0, 1)
        With the quantile loss, the levels, increasing: an output each, of the same hidden layers.
    metric : {"loss", "rmse", "mae"}
        By which each member's best epoch is chosen on the rows that it holds out. Quantiles take
        their loss only.

    Attributes
    ----------
    head_ : NumericTarget
        Mean, scale and range of each target in training; ``head_.answers`` makes numbers of the
        mean of the members' outputs.
    members_, network_, history_, held_out_, encoder_, parameters_, notes_, …
        As for :class:`TableClassifier`.

    Examples
    --------
    >>> X = [[x / 40, "up" if x % 2 else "down"] for x in range(40)]
    >>> y = [row[0] + (row[1] == "up") for row in X]
    >>> reg = TableRegressor("fast", epochs=60, random_state=0).fit(X, y)
    >>> reg.score(X, y) > 0.9
    True
    """

    preset: Any = "default"
    _: KW_ONLY
    loss: Any = "squared_error"
    quantiles: Any = (0.1, 0.5, 0.9)
    metric: Any = "loss"

    @property
    def _goal(self) -> Goal:
        return "regression"

    def _watched(self, rows: int) -> Any:
        return self.metric

    def check(self) -> None:
        """Hold every parameter to what it may be; ``fit`` does so first.

        Raises
        ------
        InvalidValue
        """
        super().check()
        if self.loss == "quantile" and self.metric != "loss":
            raise InvalidValue(
                f"quantiles are judged by their own loss; got metric={self.metric!r}. Use 'loss'."
            )

    def _head_of(self, y: Array, w: Array | None, names: tuple[str, ...]) -> NumericTarget:
        return NumericTarget.of(y, w, self.loss, self.quantiles, names)

    def _material(self, x: Array, y: Array, w: Array | None) -> Material:
        return Material(x, self.head_.encoded(y).astype(np.float32), w, None)

    def predict(self, X: Any) -> Array:
        """The prediction for each row, within the range of the target in training.

        Of quantiles that of the level nearest to ½; of two as near, the lower.

        Returns
        -------
        (m,), or (m, k) for k targets
        """
        return self._said(X, self._decided)

    def score(self, X: Any, y: Any = None, sample_weight: Any = None) -> float:
        """R² of the predictions, averaged over targets.

        Parameters
        ----------
        X, y, sample_weight : as for :meth:`TableClassifier.score`
        """
        if isinstance(X, Rows):
            return score_of_rows(
                self, X, y, sample_weight, lambda: Explained(len(self.target_names_))
            )
        return super().score(X, require_targets(y), sample_weight)

    def predict_quantiles(self, X: Any) -> Array:
        """The quantiles of each row, in the order of ``quantiles``; they never cross.

        Returns
        -------
        (m, q), or (m, k, q) for k targets

        Raises
        ------
        InvalidValue
            If the loss was another.

        Examples
        --------
        >>> X, y = [[0.0], [1.0]] * 20, [k % 5 for k in range(40)]
        >>> reg = TableRegressor("fast", loss="quantile", epochs=5, random_state=0).fit(X, y)
        >>> reg.predict_quantiles([[0.0]]).shape
        (1, 3)
        """
        check_is_fitted(self, "members_")
        head: NumericTarget = self.head_
        if not head.quantiles:
            raise InvalidValue(
                f"predict_quantiles needs loss='quantile'; this was fitted with {head.loss!r}."
            )
        return self._said(X, head.levels)

    def __sklearn_tags__(self) -> Any:
        """Say that y may have several columns, and what counts must be."""
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        tags.target_tags.positive_only = self.loss == "poisson"
        return tags
