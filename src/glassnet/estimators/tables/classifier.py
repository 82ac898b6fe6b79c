"""TableClassifier: classes of rows of a frame as it is, with good defaults."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, replace
from typing import Any

import numpy as np
from sklearn.base import ClassifierMixin

from glassnet.arrays import Array
from glassnet.data.rows_on_disk import Rows as RowsOnDisk
from glassnet.estimators.labels import class_weights
from glassnet.estimators.rows import Rows, with_factors
from glassnet.estimators.streamed_scores import Right, require_targets, score_of_rows
from glassnet.estimators.tables.base import TableEstimator
from glassnet.estimators.tables.class_target import ClassTarget
from glassnet.estimators.tables.members import Material
from glassnet.estimators.tables.presets import ENOUGH_ROWS, Goal
from glassnet.estimators.tables.refinement import Refinement
from glassnet.estimators.tables.temperature import Temperature
from glassnet.network.metrics import Accuracy

# A held-out row hears one member or two; the mean of all is less sure of itself than they are.
# Of 0, 1/4, 1/2, 3/4 and 1 one half had the least log-loss over six sets.
_OF_A_MEAN = 0.5


@dataclass(eq=False, repr=False)
class TableClassifier(ClassifierMixin, TableEstimator):
    """Classes of rows of a table: an average of networks on columns of any kind.

    Numbers are scaled robustly and cut into bins, categories get a column per level, gaps are
    filled and marked. Each member is a network that keeps the epoch with the least log-loss on a
    tenth of the rows, another tenth for each; their probabilities are averaged.

    y holds a class per row, or is a multilabel indicator of 0 and 1 with a column per label.

    Parameters
    ----------
    preset : {"fast", "default", "best"}
        Which values the parameters that are None stand for: :func:`glassnet.preset_parameters`
        shows them. One small network, ten, twenty.
    hidden_layer_sizes : int or sequence of int
        Units of the hidden layers of each member.
    activation : str or Activation
        Of the hidden layers.
    dropout : float in [0, 1)
    bins : int ≥ 0 or "auto"
        Most bins of a number. "auto" is 16, from 2,500 rows on 24 or as many as make 480 columns.
    cuts : {"target", "quantiles", "auto"}
        Where bins end: where a small tree of the target alone cuts the number, or at quantiles.
        "auto" is the tree from 2,500 rows on: on few rows it tells members too much of the rows
        that they hold out.
    steps : bool or "auto"
        Whether a number also has a column of 0 and 1 for each cut. "auto": from 2,500 rows on.
    members : int ≥ 1
    plain_members : int ≥ 0
        More members that see numbers without bins and steps, in another recipe: weights of
        variance 1 / n with rates divided by √n, dropout and decay that fade. Members of one kind
        are used alone where they are better on held-out rows than the mean of all; ``notes_`` says
        so.
    shared_members : int ≥ 0
        k > 1: train one batch-ensemble of k members that share their weights (TabM) in the place of
        ``members`` networks. ``members_`` then holds its k plain networks, each of which counts as
        one in the mean.
    epochs : int ≥ 1
        Most epochs; the rate falls to 0 over them as a cosine. A preset takes more on tables so
        small that a member would have fewer than 1,000 steps.
    batch_size : int ≥ 1 or "auto"
        "auto" is 64 up to 1,024 rows and 128 to 8,192 (of a regression 32 up to 8,192), 256 to
        30,000, 512 beyond.
    learning_rate : float > 0
    plain_learning_rate : float > 0
        Of the plain members.
    weight_decay : float ≥ 0
        Decoupled from the gradient (AdamW).
    patience : int ≥ 0
        Epochs without a better log-loss that are allowed.
    scaling : {"robust", "standard", "quantile"}
        Of numbers: bounded smoothly about the median, standardised, or made normal.
    kinds : dict, optional
        What columns are, by their names or numbers, where their values do not tell: "numeric",
        "categorical", "date", or a list of levels from low to high.
    drop : list of str or int, optional
        Columns that are not looked at, by their names or numbers.
    infinite : {"refuse", "missing"}
        Refuse infinite numbers, or take them for missing ones.
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
    refit : bool
        Train the members again, on all rows, for as many epochs as were found best: the median of
        the members', with the schedules of the first time. It takes 2.1 times the time; row visits
        and the time budget count both. ``history_`` is then that of the second time.
    missing_target : {"error", "drop"}
        Refuse rows without a target, or leave them out with a note.
    class_weight : dict, "balanced", list of dicts for multilabel y, or None
        A factor for the rows of each class.
    metric : {"auto", "refinement", "log_loss", "error"}
        By which each member's best epoch is chosen on the rows that it holds out: by the log-loss
        at the temperature that suits them best, which lets members grow too sure of themselves and
        wants ``calibrate``; by the log-loss; or by the share of wrong classes, which moves in steps
        of a row. "auto" is "refinement" from 2,500 rows on, "log_loss" below or uncalibrated.
    calibrate : {"temperature", None}
        Put the probabilities at the temperature that makes the log-loss of held-out rows least.

    Attributes
    ----------
    classes_ : (n_classes,)
        The labels, of a multilabel y 0, 1, …
    temperature_ : float
        1 without calibration. Above, the probabilities of the members were too sure.
    head_ : ClassTarget
        ``head_.answers`` makes probabilities of the mean of the members' outputs.
    held_out_ : HeldOut
        What members say of the rows that they held out; neither files nor pickles keep it.
    target_names_ : tuple of str
        The name of y; "y" if it has none.
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
    >>> X = [[None if k == 2 else k / 4, ("red", "blue")[k % 2]] for k in range(20)]
    >>> y = ["yes", "no"] * 10
    >>> clf = TableClassifier("fast", epochs=40, random_state=0).fit(X, y)
    >>> clf.predict([[None, "blue"], [1.5, "red"]]).tolist()
    ['no', 'yes']
    >>> clf.notes_
    ("'x0' has 1 missing value of 20.",)
    """

    preset: Any = "default"
    _: KW_ONLY
    class_weight: Any = None
    metric: Any = "auto"
    calibrate: Any = "temperature"

    @property
    def _goal(self) -> Goal:
        return "classification"

    def _watched(self, rows: int) -> Any:
        enough = rows >= ENOUGH_ROWS and self.calibrate is not None
        if self.metric == "refinement" or (self.metric == "auto" and enough):
            return Refinement(str(self.head_.head.loss))
        several = self.head_.kind == "multilabel"
        return Accuracy(multilabel=several) if self.metric == "error" else "loss"

    def _head_of(self, y: Array, w: Array | None, names: tuple[str, ...]) -> ClassTarget:
        found = ClassTarget.of(y, names)
        self.classes_ = found.classes
        return found

    def _material(self, x: Array, y: Array, w: Array | None) -> Material:
        head: ClassTarget = self.head_
        targets = head.encoded(y)
        if self.class_weight is not None:
            plain = np.ones(len(x)) if w is None else w
            factors = class_weights(self.class_weight, head.labels, targets, plain)
            w = with_factors(Rows(x, targets, plain, y), factors).w
        codes = None
        if head.kind != "multilabel":
            codes = targets.argmax(axis=1) if head.outputs > 1 else targets[:, 0].astype(int)
        return Material(x, targets.astype(np.float32), w, codes)

    def _learn_from_held_out(
        self, rows: Array, outputs: Array, material: Material, *, several: bool
    ) -> None:
        if self.calibrate is not None:
            w = None if material.w is None else material.w[rows]
            loss = self.head_.head.loss
            found = Temperature.of(outputs, material.y[rows], w, loss=loss).value
            if several:
                found = found**_OF_A_MEAN
            self.head_ = replace(self.head_, temperature=found)
        self.temperature_ = self.head_.temperature

    def predict(self, X: Any) -> Array:
        """The most probable class of each row, or its labels.  -> (m,) or (m, n_labels)"""
        return self._said(X, self._decided)

    def predict_proba(self, X: Any) -> Array:
        """P(class) of each row, the mean of the members'.  -> (m, n_classes)

        Of several labels P(label), each for itself.
        """
        return self._said(X, lambda answers: answers)

    def predict_log_proba(self, X: Any) -> Array:
        """The logarithms of ``predict_proba``."""
        p = self.predict_proba(X)
        with np.errstate(divide="ignore"):
            return np.log(p, out=p)

    def score(self, X: Any, y: Any = None, sample_weight: Any = None) -> float:
        """The share of rows, by weight, whose class is right; of several labels all of them.

        Parameters
        ----------
        X : (m, n) frame or array, or Rows
        y : (m,) or (m, n_labels)
            :class:`glassnet.Rows` that name their target need none.
        sample_weight : (m,), optional
            Rows may name their weight.
        """
        if isinstance(X, RowsOnDisk):
            return score_of_rows(self, X, y, sample_weight, lambda: Right(self.head_.labels))
        return super().score(X, require_targets(y), sample_weight)

    def __sklearn_tags__(self) -> Any:
        """Say that y may hold several labels."""
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
