"""From scikit-learn's estimator to ours with the same predictions."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from glassnet.arrays import Array
from glassnet.doctor.visits.scikit_learn import is_scikit_learn, visited
from glassnet.errors import InvalidValue, Unsupported
from glassnet.estimators.labels import Kind, Labels
from glassnet.estimators.mlp import MLPClassifier, MLPRegressor
from glassnet.export.scikit_learn.making import FOUND
from glassnet.network.network import Network
from glassnet.training.history import History


def from_sklearn(estimator: Any) -> Any:
    """scikit-learn's own fitted MLPClassifier or MLPRegressor as glassnet's, to rounding the same.

    The network is the one that :func:`glassnet.diagnose` looks at; ``network_`` opens it to
    ``gn.trace``, ``gn.derive`` and the rest. A pipeline becomes the pipeline of its steps with
    glassnet's estimator at the end.

    Parameters
    ----------
    estimator : sklearn.neural_network.MLPClassifier or MLPRegressor, or a Pipeline that ends in one

    Returns
    -------
    MLPClassifier or MLPRegressor, or a Pipeline

    Raises
    ------
    InvalidValue
        If it is something else.
    sklearn.exceptions.NotFittedError
        If it is not fitted.
    Unsupported
        If it knows one class only.

    Examples
    --------
    >>> from sklearn.neural_network import MLPRegressor as Theirs
    >>> X = np.linspace(-1, 1, 20)[:, None]
    >>> reg = from_sklearn(
    ...     Theirs(hidden_layer_sizes=(5,), solver="lbfgs", random_state=0).fit(X, X[:, 0])
    ... )
    >>> reg.network_
    Network(1-5-1; relu, identity; squared_error; 16 parameters)
    """
    steps = getattr(estimator, "steps", None)
    if isinstance(steps, list) and steps:
        whole = copy.copy(estimator)
        whole.steps = [*steps[:-1], (steps[-1][0], from_sklearn(steps[-1][1]))]
        return whole
    if not is_scikit_learn(estimator):
        raise InvalidValue(
            "estimator must be scikit-learn's MLPClassifier or MLPRegressor, or a pipeline that "
            f"ends in one; got {type(estimator).__name__}."
        )
    check_is_fitted(estimator)
    classifies = hasattr(estimator, "classes_")
    labels = _labels(estimator) if classifies else None
    rows = np.zeros((1, estimator.n_features_in_))
    net: Network = visited(estimator, rows, None)[-1]["net"]
    kind: Any = MLPClassifier if classifies else MLPRegressor
    known = kind().get_params(deep=False)
    given = estimator.get_params(deep=False)
    made = kind(**{name: value for name, value in given.items() if name in known})
    if labels is not None:
        made._labels, made.classes_ = labels, labels.classes
    _fitted(made, estimator, net)
    return made


def _labels(estimator: Any) -> Labels:
    classes: Array = np.asarray(estimator.classes_)
    if len(classes) < 2:
        raise Unsupported(
            "a classifier that knows one class only answers 1 here and two columns in "
            "scikit-learn. Fit it on rows of two classes."
        )
    kind: Kind = "multiclass" if estimator.out_activation_ == "softmax" else "binary"
    if estimator._label_binarizer.y_type_.startswith("multilabel"):
        kind = "multilabel"
    return Labels(classes, kind)


def _fitted(made: Any, estimator: Any, net: Network) -> None:
    """The attributes that a fit leaves."""
    dtype = estimator.coefs_[0].dtype
    state = replace(net.state, theta=net.state.theta.astype(dtype))
    made.network_ = Network.of(net.specification, state)
    made._run = None
    made.n_features_in_ = estimator.n_features_in_
    if hasattr(estimator, "feature_names_in_"):
        made.feature_names_in_ = estimator.feature_names_in_
    made.n_layers_, made.n_outputs_ = net.depth + 1, net.units[net.depth]
    made.out_activation_ = net.specification.phi[net.depth].name
    for name in FOUND:
        if hasattr(estimator, name):
            setattr(made, name, getattr(estimator, name))
    curve = getattr(estimator, "loss_curve_", None) or []
    made.loss_curve_ = list(curve)
    made.history_ = History([{"epoch": k, "J": float(J)} for k, J in enumerate(curve, start=1)])
