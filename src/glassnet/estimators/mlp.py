"""MLPClassifier and MLPRegressor, in the place of scikit-learn's."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from functools import partial
from typing import Any

import numpy as np
from sklearn.base import ClassifierMixin, RegressorMixin
from sklearn.utils.metaestimators import available_if

from glassnet.arrays import Array
from glassnet.data.rows_on_disk import Rows
from glassnet.estimators.blueprint import output_activation
from glassnet.estimators.fitting import Task
from glassnet.estimators.labels import (
    Labels,
    check_same_classes,
    class_weights,
    known_classes,
)
from glassnet.estimators.parameters import CLASSIFIER_LOSS, REGRESSOR_LOSS, Rule
from glassnet.estimators.perceptron import Perceptron
from glassnet.estimators.streamed_scores import Explained, Right, require_targets, score_of_rows
from glassnet.network import catalogue
from glassnet.network.metrics import R2, Accuracy


def _takes_steps(estimator: Any) -> bool:
    if estimator.solver == "lbfgs":
        raise AttributeError(
            "partial_fit is only available for stochastic optimizers. lbfgs is not stochastic."
        )
    return True


@dataclass(eq=False, repr=False)
class MLPClassifier(ClassifierMixin, Perceptron):
    """A feedforward network that classifies; every parameter of scikit-learn's, and more.

    Two classes have one logistic output, more have a softmax, labels of an indicator have a
    logistic output each.

    Parameters
    ----------
    hidden_layer_sizes : int or sequence of int
        Units of each hidden layer.
    activation : str, Activation or a list of one per hidden layer
    solver : {"adam", "sgd", "lbfgs"}
    alpha : float ≥ 0
        Strength of the L2 penalty ½ alpha ΣW², divided by the sum of the batch's weights.
    batch_size : int ≥ 1 or "auto"
        "auto" is min(200, rows). lbfgs takes all rows.
    learning_rate : {"constant", "invscaling", "adaptive"}
        How sgd's rate goes; ``schedule`` says it for adam too.
    learning_rate_init : float > 0
    power_t : float ≥ 0
        Of "invscaling": η = learning_rate_init / (1 + rows seen)^power_t.
    max_iter : int ≥ 1
        Most epochs of a fit (iterations of lbfgs).
    shuffle : bool
    random_state : int, RandomState or None
    tol, n_iter_no_change : float ≥ 0, int ≥ 1 or inf
        A fit ends when the cost (the validation score with early stopping) has failed more than
        ``n_iter_no_change`` times in a row to get better by ``tol``. lbfgs: ``tol`` is for the
        largest entry of the gradient.
    verbose : bool or int
    warm_start : bool
        Go on from the last fit as if it had not ended: the optimizer's memory, the schedule, the
        order of rows and early stopping's best are kept.
    momentum, nesterovs_momentum : float in [0, 1), bool
        Of sgd.
    early_stopping : bool or EarlyStopping
        True: hold out ``validation_fraction`` of the rows (of each class), watch the score, put the
        best parameters back. An :class:`EarlyStopping` watches the loss or a metric of your own.
    validation_fraction : float in [0, 1)
    beta_1, beta_2, epsilon : float
        Of adam.
    max_fun : int ≥ 1
        Most evaluations of the cost by lbfgs.
    init, bias_init : "auto", a name, a number (biases) or an initializer
        "auto" draws by activation and puts the parameters in units of the data
        (:func:`glassnet.training.units.in_units_of`).
    batch_norm : bool, BatchNorm or a list of one per hidden layer
    dropout : float in [0, 1) or a list of one per hidden layer
    clip_norm, clip_value : float > 0, optional
        Limit of the gradient's length, and of each of its entries.
    clip_per_sample : float > 0, optional
        Limit of the length of each row's own gradient, before they are added up: no single row
        pulls harder. Not with batch norm or lbfgs.
    weight_decay : float ≥ 0
        Decoupled from the gradient: adam becomes AdamW.
    l1 : float ≥ 0
        Strength of the L1 penalty l1 Σ|W|, divided as alpha's is.
    max_norm : float > 0, optional
        No unit's weights may be longer.
    schedule : str or Schedule, optional
        In the place of ``learning_rate``, for adam and sgd. One that plans the whole run (cosine,
        one_cycle) runs to ``max_iter``.
    callbacks : list, optional
        glassnet observers and scikit-learn callbacks.
    checkpoint : path or Checkpoint, optional
        A file from which a fit that was cut off goes on, to the bit, when it is called again.
    engine : "auto", a name or an Engine
    dtype : {"auto", "float32", "float64"}
        Of the network; "auto" is float32 for float32 rows, else float64.
    threads : int ≥ 1, optional
        At most; the numbers do not depend on it.
    precision : {"full", "bf16"}
        "bf16" multiplies bfloat16 numbers in training, where the processor can; for float32.
    doctor : bool or "stop"
        True: a :class:`~glassnet.doctor.rounds.Doctor` watches each fit, and ``diagnosis_`` says
        what it found. It changes no bit of the fit, and keeps its rows until it is asked or the
        estimator is pickled. "stop": it also ends a fit in which a fault is certain and fatal.
    loss : str or Loss
        "log_loss" is the cross-entropy of the outputs; or any loss of the catalogue, or your own.
    label_smoothing : float in [0, 1)
        Of a cross-entropy.
    class_weight : dict, "balanced" or None
        A factor for the rows of each class; a list of dicts for an indicator.

    Attributes
    ----------
    classes_ : (n_classes,)
    network_ : Network
        What was trained. ``coefs_`` and ``intercepts_`` are views of its parameters.
    history_ : History
        A row per epoch, over all fits that went on from each other.
    diagnosis_ : Diagnosis
        With ``doctor``: of the last ``fit`` or ``partial_fit``, also of one that diverged.
    coefs_, intercepts_ : lists of (n_in, n_out) and (n_out,) arrays
    loss_, best_loss_, loss_curve_ : float, float or None, list of float
        The cost of the last epoch, of the best (None with early stopping), of each.
    validation_scores_, best_validation_score_ : list of float or None, float or None
        The score that early stopping watches.
    n_iter_, t_ : int
        Epochs of the last call; rows trained on in all calls.
    n_features_in_, feature_names_in_, n_layers_, n_outputs_, out_activation_

    Examples
    --------
    >>> X, y = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], ["same", "not", "not", "same"]
    >>> clf = MLPClassifier((8,), "tanh", solver="lbfgs", random_state=0).fit(X, y)
    >>> clf.predict(X).tolist()
    ['same', 'not', 'not', 'same']
    >>> clf.network_
    Network(2-8-1; tanh, logistic; binary_cross_entropy; 33 parameters)
    """

    hidden_layer_sizes: Any = (100,)
    activation: Any = "relu"
    _: KW_ONLY
    loss: Any = "log_loss"
    label_smoothing: Any = 0.0
    class_weight: Any = None

    @available_if(_takes_steps)
    def partial_fit(
        self, X: Any, y: Any = None, sample_weight: Any = None, classes: Any = None
    ) -> MLPClassifier:
        """Train for one epoch on the rows of X, on from where the last call left off.

        Parameters
        ----------
        X, y, sample_weight : as in ``fit``
        classes : (n_classes,), optional
            All classes there will be; needed at the first call.
        """
        given = (0, 1) if y is None else y  # of Rows, which name their target
        known = known_classes(vars(self).get("classes_"), given, classes)
        return self._partial_fit(X, y, sample_weight, known)

    def predict(self, X: Any) -> Array:
        """The class of each row, in memory or of Rows; an indicator row for multilabel targets."""
        return self._said(X, self._decided)

    def predict_proba(self, X: Any) -> Array:
        """P(class) of each row, (m, n_classes), classes in the order of ``classes_``."""
        return self._said(X, lambda a: self._labels.probabilities(a))

    def predict_log_proba(self, X: Any) -> Array:
        """The logarithms of ``predict_proba``."""
        p = self.predict_proba(X)
        with np.errstate(divide="ignore"):
            return np.log(p, out=p)

    def score(self, X: Any, y: Any = None, sample_weight: Any = None) -> float:
        """The share of rows, by weight, whose class is right; of several labels all of them.

        Parameters
        ----------
        X : (m, n₀) array, sparse matrix or frame, or Rows
        y : (m,) or (m, labels)
            :class:`glassnet.Rows` that name their target need none.
        sample_weight : (m,), optional
            Rows may name their weight.
        """
        if isinstance(X, Rows):
            return score_of_rows(self, X, y, sample_weight, lambda: Right(self._labels))
        return super().score(X, require_targets(y), sample_weight)

    def _decided(self, a: Array) -> Array:
        return self._labels.decode(a)

    def _loss_rules(self) -> tuple[Rule, ...]:
        return CLASSIFIER_LOSS

    def _task(self, y: Any, classes: Any, *, first: bool) -> Task:
        if first or not hasattr(self, "_labels"):
            self._labels = Labels.of(y, classes)
            self.classes_ = self._labels.classes
        elif self.warm_start:
            check_same_classes(self.classes_, y)
        labels = self._labels
        loss = self.loss
        if isinstance(loss, str) and loss == "log_loss":
            multiclass = labels.kind == "multiclass"
            loss = "cross_entropy" if multiclass else "binary_cross_entropy"
        return Task(
            labels.outputs,
            labels.activation,
            catalogue.loss(loss, label_smoothing=float(self.label_smoothing)),
            Accuracy(multilabel=labels.kind == "multilabel"),
            stratify=labels.kind in ("binary", "multiclass"),
            factors=None
            if self.class_weight is None
            else partial(class_weights, self.class_weight, labels),
        )

    def _encoded(self, y: Any, task: Task) -> Array:
        return self._labels.encode(y)

    def __sklearn_tags__(self) -> Any:
        """Say what it takes: multilabel targets too."""
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags


@dataclass(eq=False, repr=False)
class MLPRegressor(RegressorMixin, Perceptron):
    """A feedforward network that predicts numbers; every parameter of scikit-learn's, and more.

    Parameters
    ----------
    loss : str or Loss
        "squared_error" is ½ Σ(a − y)² over the outputs; "poisson" has exponential outputs;
        "absolute_error", "huber", "quantile" or an object such as ``gn.Quantile(0.9)``.
    hidden_layer_sizes : int or sequence of int
        Units of each hidden layer.
    activation : str, Activation or a list of one per hidden layer
    solver, alpha, …, doctor
        As for :class:`MLPClassifier`, which describes each.

    Attributes
    ----------
    network_, history_, coefs_, …
        As for :class:`MLPClassifier`.

    Examples
    --------
    >>> X = np.linspace(-1, 1, 20)[:, None]
    >>> reg = MLPRegressor(
    ...     hidden_layer_sizes=(8,), activation="tanh", solver="lbfgs", random_state=0
    ... )
    >>> reg.fit(X, X[:, 0] ** 2).score(X, X[:, 0] ** 2) > 0.95
    True
    """

    loss: Any = "squared_error"
    hidden_layer_sizes: Any = (100,)
    activation: Any = "relu"

    @available_if(_takes_steps)
    def partial_fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> MLPRegressor:
        """Train for one epoch on the rows of X, on from where the last call left off."""
        return self._partial_fit(X, y, sample_weight)

    def predict(self, X: Any) -> Array:
        """The prediction for each row, in memory or of Rows, (m,) or (m, outputs)."""
        return self._said(X, self._decided)

    def score(self, X: Any, y: Any = None, sample_weight: Any = None) -> float:
        """R² of the predictions, averaged over outputs.

        Parameters
        ----------
        X, y, sample_weight : as for :meth:`MLPClassifier.score`
        """
        if isinstance(X, Rows):
            return score_of_rows(
                self, X, y, sample_weight, lambda: Explained(self._network.units[-1])
            )
        return super().score(X, require_targets(y), sample_weight)

    def _decided(self, a: Array) -> Array:
        return a[:, 0] if a.shape[1] == 1 else a

    def _loss_rules(self) -> tuple[Rule, ...]:
        return REGRESSOR_LOSS

    def _task(self, y: Any, classes: Any, *, first: bool) -> Task:
        outputs = 1 if y.ndim == 1 else int(y.shape[1])
        return Task(outputs, output_activation(self.loss), catalogue.loss(self.loss), R2())

    def _encoded(self, y: Any, task: Task) -> Array:
        return np.asarray(y, dtype=np.float64).reshape(len(y), -1)

    def __sklearn_tags__(self) -> Any:
        """Say what it takes: several targets too."""
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
