"""TableClassifier and TableRegressor: a frame as it is, and good defaults."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np
from sklearn.base import ClassifierMixin, RegressorMixin

from glassnet.arrays import Array
from glassnet.errors import InvalidValue
from glassnet.estimators.labels import Labels, class_weights
from glassnet.estimators.rows import Rows, with_factors
from glassnet.estimators.tables.base import TableEstimator
from glassnet.estimators.tables.members import Head, Material
from glassnet.estimators.tables.presets import Goal
from glassnet.estimators.tables.targets import Spread, numbers


@dataclass(eq=False, repr=False)
class TableClassifier(ClassifierMixin, TableEstimator):
    """Classes of rows of a table: an average of networks on columns of any kind.

    Numbers are scaled robustly and cut into bins, categories get a column per level, gaps are
    filled and marked. Each member is a network that keeps the epoch with the least log-loss on a
    fifth of the rows, another fifth for each; their probabilities are averaged.

    Parameters
    ----------
    preset : {"fast", "default", "best"}
        Which values the parameters that are None stand for: :func:`glassnet.preset_parameters`
        shows them. One small network, four, eight.
    hidden_layer_sizes : int or sequence of int
        Units of the hidden layers of each member.
    activation : str or Activation
        Of the hidden layers.
    dropout : float in [0, 1)
    bins : int ≥ 0
        Most bins of a number.
    members : int ≥ 1
    epochs : int ≥ 1
        Most epochs; the rate falls to 0 over them as a cosine. A preset takes more on tables so
        small that a member would have fewer than 1,000 steps.
    batch_size : int ≥ 1 or "auto"
        "auto" is 64 up to 1,024 rows, 128 to 8,192, 256 to 30,000, 512 beyond.
    learning_rate : float > 0
    weight_decay : float ≥ 0
        Decoupled from the gradient (AdamW).
    patience : int ≥ 0
        Epochs without a better log-loss that are allowed.
    categorical : list of names or numbers of columns, optional
        Columns of numbers that are categories. Texts always are.
    drop : list of names or numbers of columns, optional
        Columns that are not looked at.
    min_count : int ≥ 1 or "auto"
        Levels on fewer rows share one. "auto" is a five-hundredth of the rows, from 1 to 10.
    max_levels : int ≥ 1
        A category with more is refused.
    time_budget : float > 0, optional
        Seconds that the fit may take, about: it bounds the epochs by the speed of a short probe.
        With it, the same rows need not give the same fit twice.
    max_row_visits : int ≥ 1
        Most visits to a row, by all members in all epochs; a table so large gets fewer epochs.
    random_state : int, RandomState or None
    engine : "auto", a name or an Engine
    threads : int ≥ 1, optional
        Members that are trained at a time. The numbers do not depend on it.
    class_weight : dict, "balanced" or None
        A factor for the rows of each class.

    Attributes
    ----------
    classes_ : (n_classes,)
    members_ : list of Network
        They take the rows of ``encode(X)``.
    network_ : Network
        The first member.
    history_, histories_ : History, list of History
        A row per epoch, of the first member and of each.
    encoder_ : TableEncoder
        How the columns become numbers; ``encoder_.feature_names`` names them.
    parameters_ : dict
        The plain parameters that the fit came down to.
    notes_ : tuple of str
        What a careful reader would want to know: gaps, columns left out, fewer epochs.
    n_features_in_, feature_names_in_

    Examples
    --------
    >>> X = [[1.0, "red"], [2.0, "blue"], [None, "red"], [4.0, "blue"]] * 5
    >>> y = ["yes", "no", "yes", "no"] * 5
    >>> clf = TableClassifier("fast", epochs=40, random_state=0).fit(X, y)
    >>> clf.predict([[None, "blue"], [1.5, "red"]]).tolist()
    ['no', 'yes']
    >>> clf.notes_
    ("'x0' has 5 missing values of 20.",)
    """

    preset: Any = "default"
    _: KW_ONLY
    class_weight: Any = None

    @property
    def _goal(self) -> Goal:
        return "classification"

    def _learn_target(self, y: Array, w: Array | None) -> Head:
        self._labels = Labels.of(y)
        if self._labels.kind == "multilabel":
            raise InvalidValue("y must hold one class per row; several labels are not for tables.")
        self.classes_ = self._labels.classes
        many = self._labels.kind == "multiclass"
        loss = "cross_entropy" if many else "binary_cross_entropy"
        return Head(self._labels.outputs, self._labels.activation, loss)

    def _targets(self, y: Array) -> Array:
        return self._labels.encode(y)

    def _material(self, x: Array, y: Array, w: Array | None) -> Material:
        targets = self._targets(y)
        if self.class_weight is not None:
            plain = np.ones(len(x)) if w is None else w
            factors = class_weights(self.class_weight, self._labels, targets, plain)
            w = with_factors(Rows(x, targets, plain, y), factors).w
        codes = targets.argmax(axis=1) if targets.shape[1] > 1 else targets[:, 0].astype(int)
        return Material(x, targets.astype(np.float32), w, codes)

    def predict(self, X: Any) -> Array:
        """The most probable class of each row.  -> (m,)"""
        a = self._outputs(X)
        return self._labels.decode(a)

    def predict_proba(self, X: Any) -> Array:
        """P(class) of each row, the mean of the members'.  -> (m, n_classes)"""
        a = self._outputs(X)
        return self._labels.probabilities(a)

    def predict_log_proba(self, X: Any) -> Array:
        """The logarithms of ``predict_proba``."""
        with np.errstate(divide="ignore"):
            return np.log(self.predict_proba(X))


@dataclass(eq=False, repr=False)
class TableRegressor(RegressorMixin, TableEstimator):
    """Numbers for rows of a table: an average of networks on columns of any kind.

    As :class:`TableClassifier`, which describes the columns. The target is standardised and the
    predictions are put back into its units and kept within its range in training.

    Parameters
    ----------
    preset, hidden_layer_sizes, …, threads
        As for :class:`TableClassifier`; each member keeps the epoch with the least squared error.

    Attributes
    ----------
    target_ : Spread
        Mean, scale and range of the target in training.
    members_, network_, history_, encoder_, parameters_, notes_, …
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

    @property
    def _goal(self) -> Goal:
        return "regression"

    def _learn_target(self, y: Array, w: Array | None) -> Head:
        self.target_ = Spread.of(numbers(y), w)
        return Head(1, "identity", "squared_error")

    def _targets(self, y: Array) -> Array:
        return self.target_.standardised(numbers(y))

    def _material(self, x: Array, y: Array, w: Array | None) -> Material:
        return Material(x, self._targets(y).astype(np.float32), w, None)

    def predict(self, X: Any) -> Array:
        """The prediction for each row, within the range of the target in training.  -> (m,)"""
        a = self._outputs(X)
        return self.target_.restored(a)
