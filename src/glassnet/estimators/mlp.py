"""MLPClassifier and MLPRegressor, in the place of scikit-learn's."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from functools import partial
from typing import Any

import numpy as np
from sklearn.base import ClassifierMixin, RegressorMixin
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import type_of_target

from glassnet.arrays import Array
from glassnet.errors import InvalidValue
from glassnet.estimators.blueprint import output_activation
from glassnet.estimators.fitting import Task
from glassnet.estimators.labels import Labels, class_weights
from glassnet.estimators.parameters import CLASSIFIER_LOSS, REGRESSOR_LOSS, Rule
from glassnet.estimators.perceptron import Perceptron
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
        self, X: Any, y: Any, sample_weight: Any = None, classes: Any = None
    ) -> MLPClassifier:
        """Train for one epoch on the rows of X, on from where the last call left off.

        Parameters
        ----------
        X, y, sample_weight : as in ``fit``
        classes : (n_classes,), optional
            All classes there will be; needed at the first call.
        """
        return self._partial_fit(X, y, sample_weight, self._known_classes(y, classes))

    def predict(self, X: Any) -> Array:
        """The class of each row; an indicator row for multilabel targets."""
        a = self._outputs(X)
        return self._labels.decode(a)

    def predict_proba(self, X: Any) -> Array:
        """P(class) of each row, (m, n_classes), classes in the order of ``classes_``."""
        a = self._outputs(X)
        return self._labels.probabilities(a)

    def predict_log_proba(self, X: Any) -> Array:
        """The logarithms of ``predict_proba``."""
        with np.errstate(divide="ignore"):
            return np.log(self.predict_proba(X))

    def _loss_rules(self) -> tuple[Rule, ...]:
        return CLASSIFIER_LOSS

    def _known_classes(self, y: Any, classes: Any) -> Any:
        if hasattr(self, "classes_"):
            if classes is not None and not np.array_equal(self.classes_, np.unique(classes)):
                raise InvalidValue(
                    f"`classes={classes!r}` is not the same as on last call to partial_fit, was: "
                    f"{self.classes_!r}"
                )
        elif classes is None and not type_of_target(y).startswith("multilabel"):
            raise InvalidValue("classes must be passed on the first call to partial_fit.")
        return classes

    def _task(self, y: Any, classes: Any, *, first: bool) -> Task:
        if first or not hasattr(self, "_labels"):
            self._labels = Labels.of(y, classes)
            self.classes_ = self._labels.classes
        elif self.warm_start:
            self._check_warm_start(y)
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

    def _check_warm_start(self, y: Any) -> None:
        classes = Labels.of(y).classes
        if set(classes) != set(self.classes_):
            raise InvalidValue(
                "warm_start can only be used where `y` has the same classes as in the previous "
                f"call to fit. Previously got {self.classes_}, `y` has {classes}"
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
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> MLPRegressor:
        """Train for one epoch on the rows of X, on from where the last call left off."""
        return self._partial_fit(X, y, sample_weight)

    def predict(self, X: Any) -> Array:
        """The prediction for each row, (m,) or (m, outputs)."""
        a = self._outputs(X)
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
